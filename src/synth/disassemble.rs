//! The bits that an iCE40 is loaded with, and the Verilog that they are.
//!
//! nextpnr places the netlist on named pins, icepack makes the `.bin`. From there on nothing of the design is known but the
//! bits and which port is on which pin: iceunpack and `icebox_vlog` turn them into Verilog, look-up tables, flip-flops and
//! block RAMs with their contents. Weights in it were read out of the bitstream.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::bitstream::bitstream;
use super::error::SynthError;
use super::nextpnr::{Constraints, place};
use super::target::Target;
use super::window::declaration;
use super::yosys::Mapped;
use crate::engine::tool::{ICEBOX_VLOG, ICEUNPACK, Run, Tool, ToolFailure, Toolbox};

/// Longest run of one of icestorm's tools.
const LIMIT: Duration = Duration::from_secs(900);

/// Module that `icebox_vlog` writes, and the beginning of the names of its ports.
const CHIP: &str = "gs_chip";
const PIN: &str = "gs_pin_";

/// A bitstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bits {
    /// The `.bin` file.
    pub file: PathBuf,
    /// Port bits, each with its pin.
    pub pins: Vec<Pin>,
}

/// One bit of a port on its pin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    port: String,
    is_input: bool,
    bits: usize,
    bit: usize,
    name: &'static str,
}

impl Pin {
    /// The bit as Verilog and pin files write it.
    fn place(&self) -> String {
        match self.bits {
            1 => self.port.clone(),
            _ => format!("{}[{}]", self.port, self.bit),
        }
    }
}

/// Places a netlist with these ports (name, whether it is an input, bits) and makes its bitstream in `folder`.
///
/// # Errors
/// A device without pins that are known, too few pins, blocks that cannot be simulated from a bitstream, tools that are
/// missing or fail.
pub fn bits(
    toolbox: &Toolbox,
    folder: &Path,
    mapped: &Mapped,
    target: &'static Target,
    ports: &[(String, bool, usize)],
) -> Result<Bits, SynthError> {
    simulable(mapped, target)?;
    let pins = assigned(target, ports)?;
    std::fs::write(folder.join("pins.pcf"), listed(&pins))?;
    let constraints = Constraints {
        pins: Some(folder.join("pins.pcf")),
        ..Constraints::default()
    };
    let placed = place(toolbox, folder, &mapped.netlist, target, &constraints, 1)?;
    Ok(Bits {
        file: bitstream(toolbox, folder, target, &placed)?,
        pins,
    })
}

/// A bitstream that was made before of a netlist with these ports, on the pins of [`pin_file`], as a file of `folder`.
///
/// # Errors
/// As [`bits`], but for the tools.
pub fn given(
    folder: &Path,
    bytes: &[u8],
    mapped: &Mapped,
    target: &'static Target,
    ports: &[(String, bool, usize)],
) -> Result<Bits, SynthError> {
    simulable(mapped, target)?;
    let file = folder.join(format!("{}_given.bin", target.name));
    std::fs::write(&file, bytes)?;
    Ok(Bits {
        file,
        pins: assigned(target, ports)?,
    })
}

/// The file of pins (`.pcf`) on which [`bits`] places these ports.
///
/// # Errors
/// A device without pins that are known, or too few.
pub fn pin_file(
    target: &'static Target,
    ports: &[(String, bool, usize)],
) -> Result<String, SynthError> {
    Ok(listed(&assigned(target, ports)?))
}

/// Refuses blocks that cannot be simulated from a bitstream.
fn simulable(mapped: &Mapped, target: &Target) -> Result<(), SynthError> {
    for (what, used) in [
        ("large memories", mapped.whole.spram),
        ("multiplier blocks", mapped.whole.dsp),
    ] {
        if used > 0 {
            return Err(SynthError::NotDisassembled {
                target: target.name,
                what,
                used,
            });
        }
    }
    Ok(())
}

fn listed(pins: &[Pin]) -> String {
    let mut text = String::new();
    for pin in pins {
        let _ = writeln!(text, "set_io {} {}", pin.place(), pin.name);
    }
    text
}

/// A pin of the package for each bit of each port.
fn assigned(target: &Target, ports: &[(String, bool, usize)]) -> Result<Vec<Pin>, SynthError> {
    let unknown = || SynthError::NotDisassembled {
        target: target.name,
        what: "pins",
        used: ports.iter().map(|(_, _, bits)| bits).sum(),
    };
    let mut names = target.pins().ok_or_else(unknown)?.into_iter();
    let mut pins = Vec::new();
    for (port, is_input, bits) in ports {
        for bit in 0..*bits {
            pins.push(Pin {
                port: port.clone(),
                is_input: *is_input,
                bits: *bits,
                bit,
                name: names.next().ok_or_else(unknown)?,
            });
        }
    }
    Ok(pins)
}

/// The Verilog of a bitstream: a module `top` with the ports that its pins carry.
///
/// # Errors
/// A bitstream for another device; an output that no cell drives; tools that are missing or fail.
pub fn disassembled(
    toolbox: &Toolbox,
    folder: &Path,
    bits: &Bits,
    target: &Target,
    top: &str,
) -> Result<String, SynthError> {
    let file = bits.file.to_string_lossy();
    icestorm(toolbox, folder, ICEUNPACK, &[&file, "unpacked.asc"])?;
    let configuration = std::fs::read_to_string(folder.join("unpacked.asc"))?;
    let found = configuration
        .lines()
        .find_map(|line| line.strip_prefix(".device "))
        .unwrap_or("no known device")
        .trim();
    let expected = icestorm_device(target);
    if found != expected {
        return Err(SynthError::OtherDevice {
            file: bits.file.display().to_string(),
            expected,
            found: found.to_owned(),
        });
    }
    let mut constraints = String::new();
    for (index, pin) in bits.pins.iter().enumerate() {
        let _ = writeln!(constraints, "set_io {PIN}{index} {}", pin.name);
    }
    std::fs::write(folder.join("numbered.pcf"), constraints)?;
    let text = icestorm(
        toolbox,
        folder,
        ICEBOX_VLOG,
        &[
            "-s",
            "-c",
            "-n",
            CHIP,
            "-p",
            "numbered.pcf",
            "-d",
            target.package,
            "unpacked.asc",
        ],
    )?;
    let chip = declared_once(&text);
    let driven = outputs(&chip);
    for (index, pin) in bits.pins.iter().enumerate() {
        if !pin.is_input && !driven.contains(format!("{PIN}{index}").as_str()) {
            return Err(SynthError::Unreadable {
                file: bits.file.display().to_string(),
                what: format!("nothing drives pin {} of `{}`", pin.name, pin.place()),
            });
        }
    }
    Ok(format!("{chip}\n{}", wrapper(top, &bits.pins)))
}

/// icestorm's name of a device.
fn icestorm_device(target: &Target) -> &'static str {
    match target.name {
        "hx1k" => "1k",
        "up5k" => "5k",
        _ => "8k",
    }
}

/// Runs a tool of icestorm in `folder`; what it says.
fn icestorm(
    toolbox: &Toolbox,
    folder: &Path,
    tool: Tool,
    arguments: &[&str],
) -> Result<String, SynthError> {
    let program = toolbox.require("synth", tool)?;
    let said = Run::new(&program, folder, &format!("{}.log", tool.name))
        .args(arguments)
        .timeout(LIMIT)
        .output();
    said.map_err(|failure: ToolFailure| failure.keep_log().into())
}

/// `icebox_vlog` declares a scalar port once in the module's head and once more among the wires or registers: the second
/// is left out, and an output that is a register is declared as one in the head.
fn declared_once(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut registers = Vec::new();
    for line in text.lines() {
        let list = line.strip_suffix(';').and_then(|list| {
            let (kind, names) = list.split_once(' ')?;
            let many = |names: &str| names.split(", ").all(|name| !name.contains(['[', '(']));
            (matches!(kind, "wire" | "reg") && many(names)).then_some((kind, names))
        });
        let Some((kind, names)) = list else {
            kept.push_str(line);
            kept.push('\n');
            continue;
        };
        let (ports, others): (Vec<&str>, Vec<&str>) =
            names.split(", ").partition(|name| name.starts_with(PIN));
        if kind == "reg" {
            registers.extend(ports.iter().filter_map(|port| port.split(' ').next()));
        }
        if !others.is_empty() {
            let _ = writeln!(kept, "{kind} {};", others.join(", "));
        }
    }
    for port in registers {
        for end in [",", ")"] {
            kept = kept.replacen(
                &format!("output {port}{end}"),
                &format!("output reg {port}{end}"),
                1,
            );
        }
    }
    kept
}

/// Ports that the module's head declares as outputs.
fn outputs(chip: &str) -> BTreeSet<&str> {
    let head = chip
        .split_once(&format!("module {CHIP} ("))
        .map_or("", |(_, rest)| rest);
    let head = head.split_once(");").map_or("", |(head, _)| head);
    head.split(',')
        .filter_map(|port| port.trim().strip_prefix("output "))
        .map(|port| port.trim_start_matches("reg ").trim())
        .collect()
}

/// A module with the design's ports around the chip.
fn wrapper(top: &str, pins: &[Pin]) -> String {
    let heads: Vec<String> = pins
        .iter()
        .filter(|pin| pin.bit == 0)
        .map(|pin| declaration(&pin.port, pin.is_input, pin.bits))
        .collect();
    let connections: Vec<String> = (0..)
        .zip(pins)
        .map(|(index, pin): (usize, _)| format!(".{PIN}{index}({})", pin.place()))
        .collect();
    format!(
        "module {top} (\n    {}\n);\n    {CHIP} u_chip (\n        {}\n    );\nendmodule\n",
        heads.join(",\n    "),
        connections.join(",\n        ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::target;

    #[test]
    fn every_bit_has_a_pin_of_its_own() {
        let ports = [("clk_i".to_owned(), true, 1), ("q_o".to_owned(), false, 3)];
        let pins = assigned(target("up5k").unwrap(), &ports).unwrap();
        let places: Vec<String> = pins.iter().map(Pin::place).collect();
        assert_eq!(places, ["clk_i", "q_o[0]", "q_o[1]", "q_o[2]"]);
        let names: BTreeSet<&str> = pins.iter().map(|pin| pin.name).collect();
        assert_eq!(names.len(), 4);
        let many = [("q_o".to_owned(), false, 40)];
        assert!(assigned(target("up5k").unwrap(), &many).is_err());
        assert!(assigned(target("ecp5-25k").unwrap(), &ports).is_err());
    }

    #[test]
    fn a_port_is_declared_once_and_outputs_are_told() {
        let text = "module gs_chip (output gs_pin_1, input gs_pin_0);\n\nwire n1, gs_pin_0, n2;\nreg n4 = 0, gs_pin_1 = 0;\nassign gs_pin_1 = n3;\nendmodule\n";
        let kept = declared_once(text);
        assert_eq!(
            kept,
            "module gs_chip (output reg gs_pin_1, input gs_pin_0);\n\nwire n1, n2;\nreg n4 = 0;\nassign gs_pin_1 = n3;\nendmodule\n"
        );
        assert_eq!(outputs(&kept), BTreeSet::from(["gs_pin_1"]));
    }
}

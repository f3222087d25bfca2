//! The routed netlist as Verilog: a module with the design's ports, one instance a cell, and a value for every input that the design
//! leaves open, as the device then has it.
//!
//! - Inputs of look-up tables are 1: nextpnr ties unused ones high.
//! - Set or reset of a flip-flop is inactive.
//! - Block memories and multipliers: as nextpnr ties them, by their parameters `…MUX`.
//! - What cannot be known is refused: a flip-flop without clock, an enable that is needed and open, a carry that depends on an open
//!   input.

use std::fmt::Write as _;

use super::netlist::{Cell, Netlist};
use crate::synth::error::SynthError;
use crate::synth::window::declaration;

/// The module `top`.
///
/// # Errors
/// A cell that is not known, or a use of one that is not.
pub(super) fn verilog(netlist: &Netlist<'_>, top: &str) -> Result<String, SynthError> {
    let mut text = String::new();
    let mut heads = Vec::new();
    let mut ties = String::new();
    for (name, is_input, bits) in &netlist.ports {
        heads.push(declaration(name, *is_input, bits.len()));
        for (index, net) in bits.iter().enumerate() {
            let bit = match bits.len() {
                1 => (*name).to_owned(),
                _ => format!("{name}[{index}]"),
            };
            let _ = match is_input {
                true => writeln!(ties, "    assign n{net} = {bit};"),
                false => writeln!(ties, "    assign {bit} = n{net};"),
            };
        }
    }
    let ports = netlist.ports.iter().flat_map(|(.., bits)| bits.iter());
    let pins = netlist.cells.iter().flat_map(|cell| {
        let inputs = cell.inputs.values().flatten();
        inputs.chain(cell.outputs.values())
    });
    let nets: std::collections::BTreeSet<_> = ports.chain(pins).collect();
    let _ = writeln!(text, "module {top} (\n    {}\n);", heads.join(",\n    "));
    for net in nets {
        let _ = writeln!(text, "    wire n{net};");
    }
    text.push_str(&ties);
    for (index, cell) in netlist.cells.iter().enumerate() {
        text.push_str(&instance(index, cell, top)?);
    }
    text.push_str("endmodule\n");
    Ok(text)
}

/// A cell's instance; nothing for a cell that only keeps others away from its site.
fn instance(index: usize, cell: &Cell<'_>, top: &str) -> Result<String, SynthError> {
    let unknown = || SynthError::Unmapped {
        module: top.to_owned(),
        kind: cell.kind.to_owned(),
        family: "ECP5",
    };
    let mut found = match cell.kind {
        "TRELLIS_COMB" if cell.word("MODE") == Some("RAMW_BLOCK") => return Ok(String::new()),
        "TRELLIS_IO" => return pad(cell),
        "TRELLIS_COMB" => table(cell)?,
        "TRELLIS_FF" => register(cell)?,
        "TRELLIS_RAMW" => open(cell, |_| Some("1'b1")),
        "DCCA" => gate(cell)?,
        "DP16KD" => memory(cell)?,
        "MULT18X18D" => multiplier(cell)?,
        _ => return Err(unknown()),
    };
    let outputs = cell.outputs.iter();
    found
        .pins
        .extend(outputs.map(|(port, net)| format!(".{port}(n{net})")));
    let (x, y, site) = cell.site;
    let parameters = match found.parameters.is_empty() {
        true => String::new(),
        false => format!(" #({})", found.parameters.join(", ")),
    };
    Ok(format!(
        "    {}{parameters} c{index} ({}); // X{x}/Y{y}/{site}\n",
        cell.kind,
        found.pins.join(", ")
    ))
}

/// What an instance has between its brackets.
#[derive(Default)]
struct Instance {
    parameters: Vec<String>,
    pins: Vec<String>,
}

impl Instance {
    fn set(&mut self, name: &str, value: &str) {
        self.parameters.push(format!(".{name}({value})"));
    }
}

/// Inputs with their nets, or with what `tied` says of those that are open.
fn open(cell: &Cell<'_>, tied: impl Fn(&str) -> Option<&'static str>) -> Instance {
    let pin = |(port, net): (&&str, &Option<u64>)| match net {
        Some(net) => Some(format!(".{port}(n{net})")),
        None => tied(port).map(|value| format!(".{port}({value})")),
    };
    Instance {
        parameters: Vec::new(),
        pins: cell.inputs.iter().filter_map(pin).collect(),
    }
}

fn refused(cell: &Cell<'_>, what: &str) -> SynthError {
    let (x, y, site) = cell.site;
    SynthError::Unsettled {
        cell: cell.name.to_owned(),
        site: format!("X{x}/Y{y}/{site}"),
        what: what.to_owned(),
    }
}

/// The parameter is one of these, or left out.
fn one_of<'a>(cell: &Cell<'a>, name: &str, known: &[&'a str]) -> Result<&'a str, SynthError> {
    match cell.word(name) {
        None => Ok(known[0]),
        Some(word) if known.contains(&word) => Ok(word),
        Some(word) => Err(refused(cell, &format!("its {name} is {word}"))),
    }
}

fn is_open(cell: &Cell<'_>, port: &str) -> bool {
    cell.inputs.get(port).copied().flatten().is_none()
}

fn table(cell: &Cell<'_>) -> Result<Instance, SynthError> {
    let mode = one_of(cell, "MODE", &["LOGIC", "CCU2", "DPRAM"])?;
    let table = cell
        .table()
        .ok_or_else(|| refused(cell, "its INITVAL is no table of 16 bits"))?;
    let inject = one_of(cell, "CCU2_INJECT1", &["NO", "YES"])?;
    let upper = u8::from(cell.site.2.ends_with(".K1"));
    let drives = |port: &str| cell.outputs.contains_key(port);
    if drives("OFX") {
        let needed: &[&str] = match upper {
            0 => &["F1", "M"],
            _ => &["FXA", "FXB", "M"],
        };
        if let Some(port) = needed.iter().find(|port| is_open(cell, port)) {
            return Err(refused(cell, &format!("its multiplexer's {port} is open")));
        }
    }
    if mode == "CCU2" && is_open(cell, "FCI") {
        let inputs = ["A", "B", "C", "D"];
        let open: u16 = (0..4)
            .filter(|&pin| is_open(cell, inputs[pin]))
            .map(|pin| 1 << pin)
            .sum();
        let passes = (0..16_u16).any(|at| at & open == open && table >> at & 1 == 1);
        if (drives("FCO") && passes) || (drives("F") && inject == "NO") {
            return Err(refused(
                cell,
                "what it computes depends on a carry that is open",
            ));
        }
    }
    let mut found = open(cell, |port| match port {
        "A" | "B" | "C" | "D" => Some("1'b1"),
        "DI0" | "DI1" => None,
        _ => Some("1'b0"),
    });
    found.pins.retain(|pin| !pin.starts_with(".DI"));
    found.set("MODE", &format!("\"{mode}\""));
    found.set("INITVAL", &format!("16'h{table:04x}"));
    found.set("CCU2_INJECT1", &format!("\"{inject}\""));
    found.set("K", &upper.to_string());
    if mode == "DPRAM" {
        let written = ["WD", "WAD0", "WAD1", "WAD2", "WAD3", "WCK", "WRE"];
        if let Some(port) = written.iter().find(|port| is_open(cell, port)) {
            return Err(refused(cell, &format!("its {port} is open")));
        }
        one_of(cell, "WREMUX", &["WRE"])?;
        if one_of(cell, "WCKMUX", &["WCK", "INV"])? == "INV" {
            invert(&mut found, "WCK");
        }
    }
    Ok(found)
}

/// Inverts the net at an input.
fn invert(found: &mut Instance, port: &str) {
    let start = format!(".{port}(");
    for pin in &mut found.pins {
        if let Some(rest) = pin.strip_prefix(&start) {
            *pin = format!("{start}~{rest}");
        }
    }
}

fn register(cell: &Cell<'_>) -> Result<Instance, SynthError> {
    let select = one_of(cell, "SD", &["0", "1"])?;
    let enable = one_of(cell, "CEMUX", &["1", "CE", "INV", "0"])?;
    one_of(cell, "GSR", &["ENABLED", "DISABLED"])?;
    one_of(cell, "LSRMODE", &["LSR"])?;
    let data = if select == "1" { "DI" } else { "M" };
    let mut needed = vec!["CLK", data];
    needed.extend(matches!(enable, "CE" | "INV").then_some("CE"));
    if let Some(port) = needed.iter().find(|port| is_open(cell, port)) {
        return Err(refused(cell, &format!("its {port} is open")));
    }
    let reset = one_of(cell, "LSRMUX", &["LSR", "INV"])?;
    let mut found = open(cell, |_| Some("1'b0"));
    if is_open(cell, "LSR") {
        found.pins.retain(|pin| !pin.starts_with(".LSR("));
        found.pins.push(".LSR(1'b0)".to_owned());
    } else {
        found.set("LSRMUX", &format!("\"{reset}\""));
    }
    for (port, value) in [("CE", "1'b1"), ("DI", "1'b0"), ("M", "1'b0")] {
        if !cell.inputs.contains_key(port) {
            found.pins.push(format!(".{port}({value})"));
        }
    }
    found.set("SD", select);
    found.set("CEMUX", &format!("\"{enable}\""));
    for (name, known) in [
        ("REGSET", &["RESET", "SET"][..]),
        ("SRMODE", &["LSR_OVER_CE", "ASYNC"]),
        ("CLKMUX", &["CLK", "INV"]),
    ] {
        found.set(name, &format!("\"{}\"", one_of(cell, name, known)?));
    }
    Ok(found)
}

fn gate(cell: &Cell<'_>) -> Result<Instance, SynthError> {
    match is_open(cell, "CE") {
        true => Ok(open(cell, |_| None)),
        false => Err(refused(cell, "a clock is gated")),
    }
}

/// A pin of the package: its net and the net inside are one.
fn pad(cell: &Cell<'_>) -> Result<String, SynthError> {
    for port in ["T", "IOLDO", "IOLTO"] {
        if !is_open(cell, port) {
            return Err(refused(cell, &format!("its {port} is used")));
        }
    }
    let outside = cell.inputs.get("B").copied().flatten();
    let (inner, is_input) = match one_of(cell, "DIR", &["INPUT", "OUTPUT"])? {
        "INPUT" => (cell.outputs.get("O").copied(), true),
        _ => (cell.inputs.get("I").copied().flatten(), false),
    };
    Ok(match (outside, inner, is_input) {
        (Some(outside), Some(inner), true) => format!("    assign n{inner} = n{outside};\n"),
        (Some(outside), Some(inner), false) => format!("    assign n{outside} = n{inner};\n"),
        (Some(_), None, true) => String::new(),
        _ => return Err(refused(cell, "a pin is driven by nothing")),
    })
}

/// Clocks, enables and resets of a block memory, and its selects: with an inversion each.
fn is_control(port: &str) -> bool {
    let starts = ["CLK", "WE", "CE", "OCE", "RST", "CS"];
    starts.iter().any(|start| port.starts_with(start))
}

fn memory(cell: &Cell<'_>) -> Result<Instance, SynthError> {
    let mut found = Instance::default();
    for (port, net) in &cell.inputs {
        let setting = cell.word(&format!("{port}MUX"));
        let value = match net {
            Some(net) if !is_control(port) => format!("n{net}"),
            Some(net) => match setting {
                Some("INV") => format!("~n{net}"),
                None => format!("n{net}"),
                Some(same) if same == *port => format!("n{net}"),
                Some(other) => return Err(refused(cell, &format!("its {port}MUX is {other}"))),
            },
            None if is_control(port) => {
                let usual = if port.contains("CE") { *port } else { "INV" };
                match setting.unwrap_or(usual) {
                    "INV" | "0" => "1'b0".to_owned(),
                    same if same == *port || same == "1" => "1'b1".to_owned(),
                    other => return Err(refused(cell, &format!("its {port}MUX is {other}"))),
                }
            }
            None => match setting.unwrap_or("0") {
                "0" => "1'b0".to_owned(),
                "1" => "1'b1".to_owned(),
                other => return Err(refused(cell, &format!("its {port}MUX is {other}"))),
            },
        };
        found.pins.push(format!(".{port}({value})"));
    }
    for (name, value) in cell.parameters().filter(|(name, _)| !name.ends_with("MUX")) {
        let is_number = name.starts_with("INITVAL_") || name.starts_with("DATA_WIDTH");
        let value = match value.bytes().all(|bit| matches!(bit, b'0' | b'1')) && is_number {
            true => format!("{}'b{value}", value.len()),
            false if is_number => return Err(refused(cell, &format!("its {name} is {value}"))),
            false => format!("\"{value}\""),
        };
        found.set(name, &value);
    }
    Ok(found)
}

fn multiplier(cell: &Cell<'_>) -> Result<Instance, SynthError> {
    let registers = ["INPUTA", "INPUTB", "INPUTC", "PIPELINE", "OUTPUT"];
    for register in registers {
        let line = |kind: &str, known: &[&'static str]| {
            one_of(cell, &format!("REG_{register}_{kind}"), known)
        };
        let clock = line("CLK", &["NONE", "CLK0", "CLK1", "CLK2", "CLK3"])?;
        if clock == "NONE" {
            continue;
        }
        let enable = line("CE", &["CE0", "CE1", "CE2", "CE3"])?;
        let reset = line("RST", &["RST0", "RST1", "RST2", "RST3"])?;
        if let Some(port) = [clock, enable, reset]
            .iter()
            .find(|port| is_open(cell, port))
        {
            return Err(refused(cell, &format!("its {port} is open")));
        }
    }
    let mut found = Instance::default();
    for (port, net) in &cell.inputs {
        let value = match net {
            Some(net) => format!("n{net}"),
            None if port.starts_with("SIGNED") || port.starts_with("SOURCE") => {
                return Err(refused(cell, &format!("its {port} is open")));
            }
            None => match cell.word(&format!("{port}MUX")).unwrap_or("0") {
                "1" => "1'b1".to_owned(),
                _ => "1'b0".to_owned(),
            },
        };
        found.pins.push(format!(".{port}({value})"));
    }
    for (name, value) in cell.parameters().filter(|(name, _)| !name.ends_with("MUX")) {
        found.set(name, &format!("\"{value}\""));
    }
    Ok(found)
}

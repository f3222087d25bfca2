//! Gowin `LittleBee`: nextpnr-himbaechel and Project Apicula.
//!
//! The placer wants every pin named; without a file of pins one is written with pins of the package that have no second use.

use super::{Facts, Placing, words};
use crate::engine::tool::{GOWIN_PACK, NEXTPNR_GOWIN, YOSYS_NEW};
use crate::rtl::Fabric;
use crate::synth::cells::Counts;
use crate::synth::nextpnr::Order;

/// What both tools call the die of GW1NR-9 revision C.
const DIE: &str = "GW1N-9C";

/// A pin of QN88P that reaches the clock network.
const CLOCK: u8 = 52;

/// Pins of QN88P for anything else: those without a second use (configuration, clock networks, JTAG), by Apicula's data of
/// the package.
const OTHERS: [u8; 48] = [
    3, 11, 13, 14, 15, 16, 17, 18, 19, 20, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 37, 38, 39, 40,
    41, 42, 47, 48, 49, 50, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 79, 80, 81, 82, 83, 84, 85, 86,
];

/// How many pins a design may use without a file of pins.
pub(crate) const PINS: usize = 1 + OTHERS.len();

pub(super) const FACTS: Facts = Facts {
    name: "Gowin",
    cell: "LUT4",
    yosys: YOSYS_NEW,
    fabric: Fabric::PORTABLE,
    placing: Some(Placing {
        placer: NEXTPNR_GOWIN,
        packer: GOWIN_PACK,
        pins: "cst",
        assign: Some(assign),
        routed: "routed.json",
        bitstream: "fs",
        place,
        pack: |routed, bitstream| words(&["-d", DIE, "-o", bitstream, routed]),
        logic: "LUT4",
        words: &[
            ("LUT4", "cells (LUT4)"),
            ("DFF", "flip-flops"),
            ("ALU", "carry cells"),
            ("RAM16SDP4", "memories in look-up tables"),
            ("BSRAM", "block RAMs"),
            ("MULT9X9", "multiplier blocks of 9 x 9 bits"),
            ("MULT18X18", "multiplier blocks of 18 x 18 bits"),
            ("IOB", "pins"),
        ],
        framing: (0, 1),
    }),
    counts,
    appended: &[
        "_DFF", "_ALU_", "_MUX2_", "_LUT1", "_LUT2", "_LUT3", "_LUT4", "_RAM16", "_MULT", "_WRE",
        "_DPX9", "_SPX9", "_SDPX9",
    ],
    port_bits: 36,
};

fn place(order: &Order<'_>) -> Vec<String> {
    let mut arguments = words(&["--device", order.package(), "--write", order.routed]);
    arguments.extend(words(&["--vopt", &format!("family={DIE}")]));
    if let Some(pins) = order.pins {
        arguments.extend(words(&["--vopt", &format!("cst={pins}")]));
    }
    arguments
}

/// A file of pins for port bits of these names; `None`: there are too few pins.
fn assign(ports: &[String]) -> Option<String> {
    let is_clock = |port: &&String| port.as_str() == "clk_i";
    let others = ports.iter().filter(|port| !is_clock(port));
    let mut text = String::new();
    for port in ports.iter().filter(is_clock) {
        text.push_str(&format!("IO_LOC \"{port}\" {CLOCK};\n"));
    }
    let mut free = OTHERS.iter();
    for port in others {
        text.push_str(&format!("IO_LOC \"{port}\" {};\n", free.next()?));
    }
    Some(text)
}

fn counts(kind: &str) -> Option<Counts> {
    let mut counts = Counts::default();
    match kind {
        "LUT1" | "LUT2" | "LUT3" | "LUT4" => counts.lut4 = 1,
        "ALU" => counts.carry = 1,
        "MULT9X9" => counts.dsp = 1,
        "MULT18X18" => counts.dsp = 2,
        "MULT36X36" => counts.dsp = 8,
        "RAM16SDP1" | "RAM16SDP2" | "RAM16SDP4" | "RAM16S1" | "RAM16S2" | "RAM16S4" => {
            counts.lut_ram = 1;
        }
        "SP" | "SPX9" | "SDPB" | "SDPX9B" | "DPB" | "DPX9B" | "pROM" | "pROMX9" => counts.bram = 1,
        "MUX2_LUT5" | "MUX2_LUT6" | "MUX2_LUT7" | "MUX2_LUT8" | "GND" | "VCC" | "GSR" | "IBUF"
        | "OBUF" | "TBUF" | "IOBUF" | "BUFG" | "rPLL" => {}
        _ if kind.starts_with("DFF") => counts.ff = 1,
        _ => return None,
    }
    Some(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_port_has_a_pin_of_its_own_and_the_clock_one_of_its_network() {
        let ports: Vec<String> = (1..PINS).map(|i| format!("a[{i}]")).collect();
        let mut all = vec!["clk_i".to_owned()];
        all.extend(ports);
        let text = assign(&all).unwrap();
        let used: std::collections::BTreeSet<&str> = text
            .lines()
            .filter_map(|line| line.rsplit(' ').next())
            .collect();
        assert_eq!((used.len(), text.lines().count()), (PINS, PINS));
        assert!(text.starts_with("IO_LOC \"clk_i\" 52;\nIO_LOC \"a[1]\" 3;\n"));
        all.push("b".to_owned());
        assert_eq!(assign(&all), None);
    }
}

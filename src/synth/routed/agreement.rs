//! Whether a bitstream is the routed netlist: every switch, table and memory content of it against what the netlist says.
//!
//! The netlist's side is what the cells compute and which pins its nets join, not the text that nextpnr wrote for the packer:
//!
//! - The switches that are set are those of the nets' ways and no other that drives a wire of a net. Every way leads from the
//!   driver's pin to the pins of all readers.
//! - Each look-up table computes, with its inputs as the switches permute them and open ones at the level that the bitstream ties
//!   them to, what its cell computes; half carry cells in both of their functions. An input that is tied to nothing may not matter.
//! - Modes, registers (input, start value, enable, reset, edge) and inversions of slices.
//! - Contents, output registers and reset mode of block memories.
//!
//! Not looked at: port widths, write modes and inversions of block memories, modes of multipliers, pins.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::configuration::{BYTES, Configuration};
use super::netlist::{Cell, Net, Netlist, site};
use super::wires::{Arc, needs_no_bit, pin, pip};

/// What was found equal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Agreement {
    /// Switches of the nets' ways.
    pub switches: usize,
    /// Look-up tables, halves of carry cells and distributed memories.
    pub tables: usize,
    /// Flip-flops.
    pub registers: usize,
    /// Block memories.
    pub memories: usize,
}

/// Compares.
///
/// # Errors
/// What differs, each in a sentence.
pub(super) fn agreement(
    netlist: &Netlist<'_>,
    bits: &Configuration<'_>,
) -> Result<Agreement, Vec<String>> {
    let mut comparison = Comparison {
        bits,
        ways: HashMap::new(),
        taps: HashSet::new(),
        set: BTreeMap::new(),
        agreed: Agreement::default(),
        differences: Vec::new(),
    };
    comparison.switches(netlist);
    comparison.ends(netlist);
    for cell in &netlist.cells {
        match cell.kind {
            "TRELLIS_COMB" => comparison.table(cell),
            "TRELLIS_FF" => comparison.register(cell),
            "DP16KD" => comparison.memory(cell),
            _ => {}
        }
    }
    match comparison.differences.is_empty() {
        true => Ok(comparison.agreed),
        false => Err(comparison.differences),
    }
}

/// A wire by column, row and name.
type Place<'a> = (i32, i32, &'a str);

struct Comparison<'c, 'a> {
    bits: &'c Configuration<'c>,
    /// Each wire of a net: the net, and the switch that drives it.
    ways: HashMap<Place<'a>, (Net, Option<Arc<'a>>)>,
    /// Branches of the clock tree that are entered: row, number and net.
    taps: HashSet<(i32, &'a str, Net)>,
    /// The switch that drives a wire of a tile, in the bitstream.
    set: BTreeMap<(i32, i32, &'c str), Arc<'c>>,
    agreed: Agreement,
    differences: Vec<String>,
}

impl<'c, 'a> Comparison<'c, 'a> {
    /// The switches of all ways are those of the bitstream.
    fn switches(&mut self, netlist: &Netlist<'a>) {
        let mut written: BTreeSet<Arc<'_>> = BTreeSet::new();
        for route in &netlist.routes {
            for &(wire, switch) in &route.wires {
                let arc = switch.map(pip);
                let (Some(place), true) = (site(wire), arc != Some(None)) else {
                    self.differs(format!("wire {wire} is driven by what is no switch"));
                    continue;
                };
                let arc = arc.flatten();
                written.extend(arc);
                let tap = ["L_HPBX", "R_HPBX"]
                    .iter()
                    .find_map(|tap| place.2.strip_prefix(tap));
                self.taps
                    .extend(tap.map(|number| (place.1, number, route.net)));
                let before = self.ways.insert(place, (route.net, arc));
                if before.is_some_and(|(net, _)| net != route.net) {
                    self.differs(format!("wire {wire} belongs to two nets"));
                }
            }
        }
        for arc in &self.bits.arcs {
            let (x, y) = arc.at;
            self.set.insert((x, y, arc.to.name), *arc);
        }
        for arc in &written {
            let (x, y) = arc.at;
            let set = self.set.get(&(x, y, arc.to.name));
            let same = self.bits.arcs.contains(arc);
            let carried = set.is_some_and(|set| self.is_mode(set));
            if same {
                self.agreed.switches += 1;
            } else if !(needs_no_bit(arc) && (set.is_none() || carried)) {
                self.differs(format!("the switch {arc} is not set"));
            }
        }
        let others: Vec<Arc<'c>> = self.bits.arcs.iter().copied().collect();
        for arc in others {
            let (x, y) = (arc.at.0 + arc.to.offset.0, arc.at.1 + arc.to.offset.1);
            let drives = self.ways.contains_key(&(x, y, arc.to.name));
            if drives && !written.contains(&arc) && !self.is_mode(&arc) {
                self.differs(format!("the switch {arc} is set, and is of no net"));
            }
        }
    }

    /// Whether the bits of a switch are those of a slice's carry mode, which takes the table's output past it.
    fn is_mode(&self, arc: &Arc<'_>) -> bool {
        let slice = match (arc.to.name, arc.from.name) {
            ("F0", "F5A_SLICE") | ("F1", "FXA_SLICE") => 'A',
            ("F2", "F5B_SLICE") | ("F3", "FXB_SLICE") => 'B',
            ("F4", "F5C_SLICE") | ("F5", "FXC_SLICE") => 'C',
            ("F6", "F5D_SLICE") | ("F7", "FXD_SLICE") => 'D',
            _ => return false,
        };
        self.bits
            .value(arc.at, &format!("SLICE{slice}.MODE"), "LOGIC")
            == "CCU2"
    }

    /// Every way leads from its driver to all pins that the net joins.
    fn ends(&mut self, netlist: &Netlist<'a>) {
        let mut starts: BTreeMap<Net, Vec<String>> = BTreeMap::new();
        for cell in &netlist.cells {
            for (port, net) in &cell.outputs {
                let (x, y, name) = cell.site;
                let wire = pin(cell.kind, name, port).map(|wire| format!("X{x}/Y{y}/{wire}"));
                starts.entry(*net).or_default().extend(wire);
            }
        }
        for cell in &netlist.cells {
            let (x, y, name) = cell.site;
            for (port, net) in &cell.inputs {
                let (Some(net), Some(wire)) = (net, pin(cell.kind, name, port)) else {
                    continue;
                };
                let start = starts.get(net).map_or(&[][..], Vec::as_slice);
                if !self.leads((x, y, &wire), *net, start) {
                    self.differs(format!(
                        "{port} of {} on X{x}/Y{y}/{name} is not reached from what drives it",
                        cell.name
                    ));
                }
            }
        }
    }

    /// Whether the wire is on the way of the net, and driven, switch by switch, from one of these wires; a clock's way begins, in the
    /// tile, with a branch of the clock tree that the same net enters somewhere in the row.
    fn leads(&self, wire: Place<'_>, net: Net, starts: &[String]) -> bool {
        let mut at = wire;
        for _ in 0..=self.ways.len() {
            let Some((of, switch)) = self.ways.get(&at) else {
                return false;
            };
            let (x, y, name) = at;
            let Some(arc) = switch else {
                let begins = starts.contains(&format!("X{x}/Y{y}/{name}"));
                return *of == net
                    && (begins || (starts.is_empty() && self.branches(y, name, net)));
            };
            let (to, from) = (arc.to, arc.from);
            let driven = (arc.at.0 + to.offset.0, arc.at.1 + to.offset.1, to.name);
            if *of != net || driven != at {
                return false;
            }
            at = (
                arc.at.0 + from.offset.0,
                arc.at.1 + from.offset.1,
                from.name,
            );
        }
        false
    }

    /// Whether the net enters the branch of the clock tree with this name in this row, from the left or from the right.
    fn branches(&self, row: i32, name: &str, net: Net) -> bool {
        let number = name.strip_prefix("G_HPBX");
        number.is_some_and(|number| self.taps.contains(&(row, number, net)))
    }

    /// The table in the bitstream computes what the cell computes.
    fn table(&mut self, cell: &Cell<'a>) {
        let (x, y, name) = cell.site;
        let mode = cell.word("MODE").unwrap_or("LOGIC");
        if mode == "RAMW_BLOCK" {
            return;
        }
        let (Some((slice, half)), Some(table)) = (name.split_once(".K"), cell.table()) else {
            return self.differs(format!("{} on {name} is no table", cell.name));
        };
        let Ok(half) = half.parse::<usize>() else {
            return self.differs(format!("{} on {name} is no table", cell.name));
        };
        let word = self
            .bits
            .value((x, y), &format!("{slice}.K{half}.INIT"), ONES);
        let Ok(word) = u16::from_str_radix(word, 2) else {
            return self.differs(format!("X{x}/Y{y}/{name}: its table is {word}"));
        };
        self.setting(cell, &format!("{slice}.MODE"), "LOGIC", mode);
        if mode == "CCU2" {
            let inject = cell.word("CCU2_INJECT1").unwrap_or("NO");
            self.setting(cell, &format!("{slice}.CCU2.INJECT1_{half}"), "YES", inject);
        }
        if mode == "DPRAM" {
            let enable = cell.word("WREMUX").unwrap_or("WRE");
            self.setting(cell, "SLICEA.WREMUX", "WRE", enable);
            let clock = match cell.word("WCKMUX") {
                Some("INV") => "INV",
                _ => "CLK",
            };
            self.setting(cell, "CLK1.CLKMUX", "CLK", clock);
        }
        let physical = self.inputs(cell, slice, half);
        // Inputs of one net have one value.
        let net = |port: &str| cell.inputs.get(port).copied().flatten();
        let nets: BTreeSet<Net> = PINS.iter().filter_map(|port| net(port)).collect();
        for values in 0..1_u16 << nets.len() {
            // Open inputs of a cell are 1, as they are emitted.
            let mut logical = 0b1111_u16;
            for (bit, one) in nets.iter().enumerate() {
                let joined = (0..4).filter(|&pin| net(PINS[pin]) == Some(*one));
                let mask: u16 = joined.map(|pin| 1 << pin).sum();
                if values >> bit & 1 == 0 {
                    logical &= !mask;
                }
            }
            for loose in [0, 0b1111] {
                let mut selected = 0_u16;
                for (pin, input) in physical.iter().enumerate() {
                    let value = match input {
                        Input::From(from) => logical >> from & 1,
                        Input::High => 1,
                        Input::Loose => loose >> pin & 1,
                    };
                    selected |= value << pin;
                }
                let equal = |cell: u16, site: u16| table >> cell & 1 == word >> site & 1;
                let carry = mode != "CCU2" || equal(logical & 3, selected & 3);
                if !equal(logical, selected) || !carry {
                    return self.differs(format!(
                        "the table of {} on X{x}/Y{y}/{name} is {word:016b}: with ABCD = {:04b} it gives another value",
                        cell.name,
                        logical.reverse_bits() >> 12
                    ));
                }
            }
        }
        self.agreed.tables += 1;
    }

    /// What each input of a site's table is, A first.
    fn inputs(&self, cell: &Cell<'a>, slice: &str, half: usize) -> [Input; 4] {
        let (x, y, name) = cell.site;
        let mut inputs = [Input::Loose; 4];
        for (index, input) in inputs.iter_mut().enumerate() {
            let setting = format!("{slice}.{}{half}MUX", PINS[index]);
            if self.bits.value((x, y), &setting, PINS[index]) == "1" {
                *input = Input::High;
            }
        }
        for (logical, port) in PINS.iter().enumerate() {
            let wire = pin(cell.kind, name, port).unwrap_or_default();
            let Some((_, Some(arc))) = self.ways.get(&(x, y, wire.as_str())) else {
                continue;
            };
            let from = PINS.iter().position(|pin| arc.from.name.starts_with(pin));
            if let Some(from) = from {
                inputs[from] = Input::From(logical);
            }
        }
        inputs
    }

    fn register(&mut self, cell: &Cell<'a>) {
        let (x, y, name) = cell.site;
        let Some((slice, half)) = name.split_once(".FF") else {
            return self.differs(format!("{} on {name} is no flip-flop", cell.name));
        };
        let before = self.differences.len();
        let word = |name: &str, default: &'a str| cell.word(name).unwrap_or(default);
        for (setting, default, expected) in [
            (format!("{slice}.REG{half}.SD"), "1", word("SD", "0")),
            (
                format!("{slice}.REG{half}.REGSET"),
                "SET",
                word("REGSET", "RESET"),
            ),
            (
                format!("{slice}.REG{half}.LSRMODE"),
                "LSR",
                word("LSRMODE", "LSR"),
            ),
            (format!("{slice}.CEMUX"), "CE", word("CEMUX", "1")),
            (format!("{slice}.GSR"), "ENABLED", word("GSR", "ENABLED")),
        ] {
            self.setting(cell, &setting, default, expected);
        }
        // The tile's lines of clock and reset that the slice takes.
        for (port, line, inversion) in [("CLK", "MUXCLK", "CLKMUX"), ("LSR", "MUXLSR", "LSRMUX")] {
            if cell.inputs.get(port).copied().flatten().is_none() {
                continue;
            }
            let number = "ABCD".find(slice.chars().last().unwrap_or('A'));
            let taken = format!("{line}{}", number.unwrap_or(0));
            let Some((_, Some(arc))) = self.ways.get(&(x, y, taken.as_str())) else {
                self.differs(format!("{} on X{x}/Y{y}/{name} has no {port}", cell.name));
                continue;
            };
            let from = arc.from.name;
            self.setting(
                cell,
                &format!("{from}.{inversion}"),
                port,
                word(inversion, port),
            );
            if port == "LSR" {
                let mode = word("SRMODE", "LSR_OVER_CE");
                self.setting(cell, &format!("{from}.SRMODE"), "LSR_OVER_CE", mode);
            }
        }
        self.agreed.registers += usize::from(self.differences.len() == before);
    }

    fn memory(&mut self, cell: &Cell<'a>) {
        let (x, y, name) = cell.site;
        let before = self.differences.len();
        let tiles = [(x, y), (x + 1, y), (x + 2, y)];
        let of = |key: &str, default: &'c str| {
            let mut values = tiles.iter().map(|&tile| self.bits.value(tile, key, ""));
            values.find(|value| !value.is_empty()).unwrap_or(default)
        };
        for (parameter, default) in [
            ("REGMODE_A", "NOREG"),
            ("REGMODE_B", "NOREG"),
            ("RESETMODE", "SYNC"),
        ] {
            let found = of(&format!("{name}.{parameter}"), default);
            let expected = cell.word(parameter).unwrap_or(default);
            if found != expected {
                self.differences.push(format!(
                    "{parameter} of {} on X{x}/Y{y}/{name} is {found}, not {expected}",
                    cell.name
                ));
            }
        }
        let number = self.contents_of(cell);
        if number != cell.contents {
            self.differs(format!(
                "{} on X{x}/Y{y}/{name} has the contents number {number:?}, not {:?}",
                cell.name, cell.contents
            ));
        }
        let found = number.and_then(|number| self.bits.memories.get(&number));
        match (found, contents(cell)) {
            (Some(found), Some(expected)) => {
                let differs = (0..BYTES).find(|&at| found[at] != expected[at]);
                if let Some(at) = differs {
                    self.differs(format!(
                        "{} on X{x}/Y{y}/{name}: half {} of word {} is {:#05x}, not {:#05x}",
                        cell.name,
                        at % 2,
                        at / 2,
                        found[at],
                        expected[at]
                    ));
                }
            }
            // All zeros need no contents in the bitstream.
            (None, Some(expected)) if expected.iter().all(|&value| value == 0) => {}
            _ => self.differs(format!("{} on X{x}/Y{y}/{name} has no contents", cell.name)),
        }
        self.agreed.memories += usize::from(self.differences.len() == before);
    }

    /// The number of a block memory's contents: a word, its lowest bit first, the last half of it in a tile of its own where the
    /// memory is the last of four.
    fn contents_of(&self, cell: &Cell<'_>) -> Option<u32> {
        let (x, y, name) = cell.site;
        let key = format!("{name}.WID");
        let word = |column: i32, default| {
            u16::from_str_radix(self.bits.value((column, y), &key, default), 2).ok()
        };
        let bits = match name {
            "EBR3" => word(x + 1, "000011111")? & word(x + 2, "111100000")?,
            _ => {
                let tile = (x..=x + 2).find(|&x| !self.bits.value((x, y), &key, "").is_empty());
                tile.map_or(Some(0), |column| word(column, "000000000"))?
            }
        };
        Some(u32::from(bits.reverse_bits() >> 7))
    }

    /// A setting of the cell's tile.
    fn setting(&mut self, cell: &Cell<'_>, name: &str, default: &'c str, expected: &str) {
        let (x, y, site) = cell.site;
        let found = self.bits.value((x, y), name, default);
        if found != expected {
            self.differs(format!(
                "{name} of X{x}/Y{y} is {found}, and {} on {site} has {expected}",
                cell.name
            ));
        }
    }

    fn differs(&mut self, what: String) {
        self.differences.push(what);
    }
}

/// A table without a word in the bitstream.
const ONES: &str = "1111111111111111";

const PINS: [&str; 4] = ["A", "B", "C", "D"];

/// An input of a table on its site.
#[derive(Clone, Copy)]
enum Input {
    /// An input of the cell, by its number.
    From(usize),
    /// Tied to 1.
    High,
    /// Tied to nothing.
    Loose,
}

/// Contents of a block memory by its parameters: 16 words of 18 bits in each, 20 bits apart, in halves of 9 bits.
fn contents(cell: &Cell<'_>) -> Option<Vec<u16>> {
    let mut values = Vec::with_capacity(BYTES);
    for line in 0..BYTES / 32 {
        let text = cell.word(&format!("INITVAL_{line:02X}")).unwrap_or("0");
        let bits: Vec<u8> = text.bytes().rev().collect();
        let one = |at: usize| u16::from(bits.get(at) == Some(&b'1'));
        if !text.bytes().all(|bit| matches!(bit, b'0' | b'1')) {
            return None;
        }
        for half in 0..32 {
            let low = 20 * (half / 2) + 9 * (half % 2);
            values.push((0..9).fold(0, |value, bit| value | one(low + bit) << bit));
        }
    }
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use std::path::Path;

    /// A table with its inputs A and B exchanged on the way, open inputs C and D, and a block memory.
    fn design() -> Value {
        let pad = |site: &str, net: u64| {
            json!({"type": "TRELLIS_IO", "parameters": {}, "attributes": {"NEXTPNR_BEL": site},
                "port_directions": {"O": "output"}, "connections": {"O": [net]}})
        };
        let way = |pad: &str, from: char, to: char| {
            format!(
                "X0/Y7/{pad};;1;X4/Y7/{from}0;X4/Y7/-4_0_{pad}->0_0_{from}0;1;\
                 X4/Y7/{to}0_SLICE;X4/Y7/0_0_{from}0->0_0_{to}0_SLICE;1"
            )
        };
        let net =
            |number: u64, way: String| json!({"bits": [number], "attributes": {"ROUTING": way}});
        json!({"modules": {"top": {"ports": {},
            "cells": {
                "a": pad("X0/Y7/PIOA", 10), "b": pad("X0/Y7/PIOB", 11),
                "and": {"type": "TRELLIS_COMB", "parameters": {"INITVAL": "0010000000000000"},
                    "attributes": {"NEXTPNR_BEL": "X4/Y7/SLICEA.K0"},
                    "port_directions": {"A": "input", "B": "input", "C": "input", "D": "input", "F": "output"},
                    "connections": {"A": [10], "B": [11], "C": [], "D": [], "F": [12]}},
                "m": {"type": "DP16KD", "parameters": {"INITVAL_01": "1000000000000000000001", "REGMODE_B": "OUTREG"},
                    "attributes": {"NEXTPNR_BEL": "X8/Y9/EBR0", "WID": "00000000000000000000000000000011"},
                    "port_directions": {}, "connections": {}}},
            "netnames": {"a": net(10, way("JPADDIA_PIO", 'B', 'A')), "b": net(11, way("JPADDIB_PIO", 'A', 'B'))}}}})
    }

    const BITS: &str = ".device LFE5U-25F\n\
        .tile R7C4:PLC2\narc: A0 W4_JPADDIB_PIO\narc: B0 W4_JPADDIA_PIO\n\
        word: SLICEA.K0.INIT 0100000000000000\nenum: SLICEA.C0MUX 1\nenum: SLICEA.D0MUX 1\n\
        .tile R9C9:MIB_EBR1\nword: EBR0.WID 110000000\nenum: EBR0.REGMODE_B OUTREG\n.bram_init 3\n";

    /// What differs, with texts of the bits replaced and a value of the memory altered.
    fn compared(
        replaced: &[(&str, &str)],
        altered: Option<usize>,
    ) -> Result<Agreement, Vec<String>> {
        let mut values = vec![0_u16; BYTES];
        (values[32], values[34]) = (1, 2);
        if let Some(at) = altered {
            values[at] ^= 0x100;
        }
        let mut text = BITS.to_owned();
        for (from, to) in replaced {
            assert!(text.contains(from), "{from}");
            text = text.replace(from, to);
        }
        text.extend(values.iter().map(|value| format!("{value:03x}\n")));
        let root = design();
        let netlist = Netlist::of(&root, Path::new("routed.json")).unwrap();
        let bits = Configuration::of(&text, Path::new("unpacked.config")).unwrap();
        agreement(&netlist, &bits)
    }

    #[test]
    fn bits_are_the_design_or_each_difference_is_named() {
        let whole = Agreement {
            switches: 2,
            tables: 1,
            registers: 0,
            memories: 1,
        };
        assert_eq!(compared(&[], None), Ok(whole));
        // A switch that drives no wire of a net is no difference.
        let idle = [(".tile R9C9", "arc: H02W0701 E1_H02W0701\n.tile R9C9")];
        assert_eq!(compared(&idle, None), Ok(whole));
        for (replaced, altered, expected) in [
            (
                &[("INIT 0100", "INIT 0010")][..],
                None,
                "the table of and on X4/Y7/SLICEA.K0",
            ),
            (&[("enum: SLICEA.C0MUX 1\n", "")], None, "the table of and"),
            (
                &[("R7C4:PLC2\n", "R7C4:PLC2\nenum: SLICEA.MODE DPRAM\n")],
                None,
                "SLICEA.MODE of X4/Y7 is DPRAM",
            ),
            (
                &[("arc: A0 W4_JPADDIB_PIO\n", "")],
                None,
                "A0 (0, 0) from JPADDIB_PIO (-4, 0) is not set",
            ),
            (
                &[("arc: B0", "arc: B0 H02W0701\narc: B0")],
                None,
                "from H02W0701 (0, 0) is set, and is of no net",
            ),
            (&[], Some(35), "half 1 of word 17 is 0x100, not 0x000"),
            (
                &[("EBR0.WID 110", "EBR0.WID 010")],
                None,
                "contents number Some(2), not Some(3)",
            ),
            (
                &[("REGMODE_B OUTREG", "REGMODE_B NOREG")],
                None,
                "REGMODE_B of m on X8/Y9/EBR0 is NOREG",
            ),
        ] {
            let differences = compared(replaced, altered).unwrap_err();
            assert!(differences[0].contains(expected), "{differences:?}");
        }
        let mut other = design();
        let input = "/modules/top/cells/and/connections/A/0";
        *other.pointer_mut(input).unwrap() = 11.into();
        let netlist = Netlist::of(&other, Path::new("routed.json")).unwrap();
        let bits = Configuration::of(BITS.trim_end_matches(".bram_init 3\n"), Path::new("bits"));
        let differences = agreement(&netlist, &bits.unwrap()).unwrap_err();
        assert!(
            differences[0].starts_with("A of and on X4/Y7/SLICEA.K0 is not reached"),
            "{differences:?}"
        );
    }
}

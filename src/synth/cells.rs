//! Cells of a mapped netlist, by kind.

use std::ops::AddAssign;
use std::path::Path;

use serde_json::Value;

use super::error::SynthError;
use super::family::Family;

/// What a module holds after mapping, its own cells alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Look-up tables: with four inputs, on Xilinx 7 with six; on `GateMate` trees of two-input ones and multiplexers. Those
    /// in a carry cell of ECP5 are not among them.
    pub lut4: usize,
    /// Carry cells: one bit each on iCE40, Gowin and `GateMate`, two bits (and two look-up tables) on ECP5, four on Xilinx 7.
    pub carry: usize,
    /// Flip-flops.
    pub ff: usize,
    /// Block RAMs: of 4 kbit on iCE40, 18 on ECP5, Gowin and Xilinx 7, 20 on `GateMate`.
    pub bram: usize,
    /// Large memories of up5k.
    pub spram: usize,
    /// Memories in look-up tables: 16 x 4 bits each on ECP5 and Gowin.
    pub lut_ram: usize,
    /// Multiplier blocks; on Gowin in units of 9 x 9 bits.
    pub dsp: usize,
    /// Cells, where no placer counts them: look-up tables of Xilinx 7, those that are memories or shift registers included.
    pub cells: usize,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.lut4 += other.lut4;
        self.carry += other.carry;
        self.ff += other.ff;
        self.bram += other.bram;
        self.spram += other.spram;
        self.lut_ram += other.lut_ram;
        self.dsp += other.dsp;
        self.cells += other.cells;
    }
}

/// Modules of a netlist that Yosys wrote with `write_json`.
pub(crate) struct Netlist {
    file: String,
    root: Value,
    family: Family,
}

impl Netlist {
    pub(crate) fn read(path: &Path, family: Family) -> Result<Self, SynthError> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path)?;
        let root = serde_json::from_str(&text).map_err(|error| SynthError::Unreadable {
            file: file.clone(),
            what: error.to_string(),
        })?;
        Ok(Self { file, root, family })
    }

    /// Cells of `module`.
    ///
    /// # Errors
    /// There is no such module, or it holds a cell that the family does not have.
    pub(crate) fn count(&self, module: &str) -> Result<Counts, SynthError> {
        let cells = self.root["modules"][module]["cells"]
            .as_object()
            .ok_or_else(|| SynthError::Unreadable {
                file: self.file.clone(),
                what: format!("no module `{module}`"),
            })?;
        let mut counts = Counts::default();
        for cell in cells.values() {
            let kind = cell["type"].as_str().unwrap_or_default();
            counts += (self.family.facts().counts)(kind).ok_or_else(|| SynthError::Unmapped {
                module: module.to_owned(),
                kind: kind.to_owned(),
                family: self.family.name(),
            })?;
        }
        Ok(counts)
    }

    fn top(&self) -> Option<&Value> {
        let modules = self.root["modules"].as_object()?;
        let marked = |module: &&Value| !module["attributes"]["top"].is_null();
        modules.values().find(marked)
    }

    /// Names of the top module's port bits, as files of pins have them.
    pub(crate) fn port_bits(&self) -> Vec<String> {
        let ports = self.top().and_then(|top| top["ports"].as_object());
        let mut names = Vec::new();
        for (name, port) in ports.into_iter().flatten() {
            match port["bits"].as_array().map_or(0, Vec::len) {
                1 => names.push(name.clone()),
                bits => names.extend((0..bits).map(|bit| format!("{name}[{bit}]"))),
            }
        }
        names
    }

    /// A name of the description for what a cell of the top module drives.
    pub(crate) fn driven_by(&self, cell: &str) -> Option<&str> {
        let top = self.top()?;
        let cell = &top["cells"][cell];
        let directions = cell["port_directions"].as_object()?;
        let outputs = directions.iter().filter(|(_, way)| *way == "output");
        let bits: Vec<&Value> = outputs
            .filter_map(|(port, _)| cell["connections"][port].as_array())
            .flatten()
            .filter(|bit| bit.is_number())
            .collect();
        let nets = top["netnames"].as_object()?.iter();
        let named = nets.filter(|(name, _)| !name.starts_with('$'));
        let drives = |net: &Value| {
            let of = net["bits"].as_array();
            of.is_some_and(|of| of.iter().any(|bit| bits.contains(&bit)))
        };
        let mut names = named.filter(|(_, net)| drives(net));
        names.next().map(|(name, _)| name.as_str())
    }
}

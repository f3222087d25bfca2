//! Cells of a mapped netlist, by kind.

use std::path::Path;

use serde_json::Value;

use super::error::SynthError;
use super::target::Family;

/// What a module holds after mapping, its own cells alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Look-up tables with four inputs. Those in a carry cell of ECP5 are not among them.
    pub lut4: usize,
    /// Carry cells: one bit each on iCE40, two bits (and two look-up tables) on ECP5.
    pub carry: usize,
    /// Flip-flops.
    pub ff: usize,
    /// Block RAMs.
    pub bram: usize,
    /// Large memories of up5k.
    pub spram: usize,
    /// Memories in look-up tables of ECP5, 16 x 4 bits each.
    pub lut_ram: usize,
    /// Multiplier blocks.
    pub dsp: usize,
}

impl Counts {
    fn field(&mut self, family: Family, kind: &str) -> Option<&mut usize> {
        Some(match (family, kind) {
            (Family::Ice40, "SB_LUT4") | (Family::Ecp5, "LUT4") => &mut self.lut4,
            (Family::Ice40, "SB_CARRY") | (Family::Ecp5, "CCU2C") => &mut self.carry,
            (Family::Ecp5, "TRELLIS_FF") => &mut self.ff,
            (Family::Ice40, kind) if kind.starts_with("SB_DFF") => &mut self.ff,
            (Family::Ice40, kind) if kind.starts_with("SB_RAM40_4K") => &mut self.bram,
            (Family::Ecp5, "DP16KD" | "PDPW16KD") => &mut self.bram,
            (Family::Ice40, "SB_SPRAM256KA") => &mut self.spram,
            (Family::Ecp5, "TRELLIS_DPR16X4") => &mut self.lut_ram,
            (Family::Ice40, "SB_MAC16") | (Family::Ecp5, "MULT18X18D") => &mut self.dsp,
            _ => return None,
        })
    }
}

/// Multiplexers inside a slice, pins, clock networks: cells of the family that are not counted.
fn is_free(family: Family, kind: &str) -> bool {
    match family {
        Family::Ice40 => matches!(
            kind,
            "SB_IO" | "SB_GB" | "SB_GB_IO" | "SB_PLL40_CORE" | "SB_PLL40_PAD"
        ),
        Family::Ecp5 => matches!(
            kind,
            "PFUMX" | "L6MUX21" | "TRELLIS_IO" | "DCCA" | "EHXPLLL"
        ),
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
            if let Some(count) = counts.field(self.family, kind) {
                *count += 1;
            } else if !is_free(self.family, kind) {
                return Err(SynthError::Unmapped {
                    module: module.to_owned(),
                    kind: kind.to_owned(),
                    family: self.family.name(),
                });
            }
        }
        Ok(counts)
    }
}

//! What was measured of the units, as stored in `rtl-out/units.json`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::error::SynthError;
use super::measure::Cost;
use super::target::target;
use super::unit::Unit;
use crate::hdl::{HdlError, verilog};

/// Targets of the table.
pub const MEASURED: &[&str] = &["hx8k", "up5k", "ecp5-85k"];
/// Seeds of nextpnr.
pub const SEEDS: &[u32] = &[1, 2, 3, 4, 5];
/// Where the table is, from the root of the repository.
pub const PATH: &str = "rtl-out/units.json";

/// The stored measurements.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitTable {
    /// What each tool said of its version.
    pub tools: BTreeMap<String, String>,
    /// Width of the membrane.
    pub membrane_bits: u32,
    /// Seeds of nextpnr; clock rates are their median.
    pub seeds: Vec<u32>,
    /// By name of the unit.
    pub units: BTreeMap<String, UnitEntry>,
}

/// What was measured of one unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitEntry {
    /// Model, as in the registry.
    pub model: String,
    /// What is special about the unit.
    pub summary: String,
    /// Products in the hardware description.
    pub multipliers: usize,
    /// Register stages.
    pub latency: u32,
    /// SHA-256 of the unit's Verilog without comments: other Verilog, other costs.
    pub verilog: String,
    /// By target.
    pub costs: BTreeMap<String, Cost>,
}

impl UnitTable {
    /// The table that this version of goldspike was built with.
    ///
    /// # Errors
    /// The file does not hold a table.
    pub fn stored() -> Result<Self, SynthError> {
        Self::parse(include_str!("../../rtl-out/units.json"))
    }

    /// Reads a table.
    ///
    /// # Errors
    /// The text does not hold a table.
    pub fn parse(text: &str) -> Result<Self, SynthError> {
        serde_json::from_str(text).map_err(|error| SynthError::Unreadable {
            file: PATH.to_owned(),
            what: error.to_string(),
        })
    }

    /// The file's text; keys are sorted.
    ///
    /// # Errors
    /// A number that JSON cannot hold.
    pub fn text(&self) -> Result<String, SynthError> {
        serde_json::to_value(self)
            .and_then(|value| serde_json::to_string_pretty(&value))
            .map(|text| text + "\n")
            .map_err(|error| SynthError::Unreadable {
                file: PATH.to_owned(),
                what: error.to_string(),
            })
    }

    /// Units of a model: the one of its name first, then by name.
    pub fn of_model(&self, model: &str) -> Vec<(&str, &UnitEntry)> {
        let mut found: Vec<(&str, &UnitEntry)> = self
            .units
            .iter()
            .filter(|(_, entry)| entry.model == model)
            .map(|(name, entry)| (name.as_str(), entry))
            .collect();
        found.sort_by_key(|(name, _)| *name != model);
        found
    }

    /// The table of the README, in the order of `names`; units that were not measured are left out.
    #[must_use]
    pub fn markdown(&self, names: &[&str]) -> String {
        let mut text = String::from("| unit | what | products |");
        let mut rule = String::from("|---|---|---|");
        for name in MEASURED {
            let title = target(name).map_or(*name, |target| target.title);
            let _ = write!(text, " {title} |");
            rule.push_str("---|");
        }
        let _ = write!(text, "\n{rule}\n");
        for name in names {
            let Some(entry) = self.units.get(*name) else {
                continue;
            };
            let _ = write!(
                text,
                "| `{name}` | {} | {} |",
                entry.summary, entry.multipliers
            );
            for target in MEASURED {
                match entry.costs.get(*target) {
                    Some(cost) => {
                        let _ = write!(
                            text,
                            " {} / {} / {} / {}; {:.0} |",
                            cost.cells, cost.lut4, cost.ff, cost.dsp, cost.fmax_mhz
                        );
                    }
                    None => text.push_str(" |"),
                }
            }
            text.push('\n');
        }
        text
    }
}

/// [`UnitEntry::verilog`] of a unit.
///
/// # Errors
/// Only an internal bug of the description.
pub fn digest(unit: &Unit) -> Result<String, HdlError> {
    let file = verilog(&unit.module, "")?;
    let mut hash = Sha256::new();
    for line in file.text.lines() {
        let code = line.split("//").next().unwrap_or_default().trim_end();
        if !code.is_empty() {
            hash.update(code.as_bytes());
            hash.update(b"\n");
        }
    }
    let mut hex = String::with_capacity(64);
    for byte in hash.finalize() {
        let _ = write!(hex, "{byte:02x}");
    }
    Ok(hex)
}

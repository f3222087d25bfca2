//! What was measured of whole designs, as stored in `rtl-out/costs.json`: what a cost model is fitted to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::error::CostError;
use super::features::Features;

/// Where the table is, from the root of the repository.
pub const PATH: &str = "rtl-out/costs.json";

/// The stored measurements.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CostTable {
    /// What each tool said of its version.
    pub tools: BTreeMap<String, String>,
    /// nextpnr's seed.
    pub seed: u32,
    /// By target, then by name of the design.
    pub targets: BTreeMap<String, BTreeMap<String, Measurement>>,
}

/// One design, placed and routed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measurement {
    /// What it is made of.
    pub features: Features,
    /// Placed cells.
    pub cells: usize,
    /// Block RAMs.
    pub bram: usize,
    /// Clock rate in MHz.
    pub fmax_mhz: f64,
}

impl CostTable {
    /// The table that this version of goldspike was built with.
    ///
    /// # Errors
    /// The file does not hold a table.
    pub fn stored() -> Result<Self, CostError> {
        Self::parse(include_str!("../../rtl-out/costs.json"))
    }

    /// Reads a table.
    ///
    /// # Errors
    /// The text does not hold one.
    pub fn parse(text: &str) -> Result<Self, CostError> {
        serde_json::from_str(text).map_err(|error| CostError::Table(error.to_string()))
    }

    /// The table as text.
    ///
    /// # Errors
    /// None for this structure: the signature is `serde_json`'s.
    pub fn text(&self) -> serde_json::Result<String> {
        Ok(format!("{}\n", serde_json::to_string_pretty(self)?))
    }
}

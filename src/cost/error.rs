//! Why there is no estimate, or no design for a goal.

use thiserror::Error;

use crate::rtl::PlanError;

/// Why there is no estimate, or no design for a goal.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum CostError {
    /// The stored table is damaged: an internal bug.
    #[error("the table of measured designs cannot be read: {0}")]
    Table(String),
    /// Nothing was measured that says something of this target.
    #[error(
        "there is no cost model of {target}: {designs} designs were measured on its family, at least {needed} are needed"
    )]
    NoModel {
        /// Name of the target.
        target: &'static str,
        /// Measured designs.
        designs: usize,
        /// How many it takes.
        needed: usize,
    },
    /// No design of the lanes that are tried fits.
    #[error(
        "by the cost model no design fits on {target} with margin: the smallest takes {cells} cells of {cells_allowed} ({margin} % of {cells_available} are kept free) and {bram} block RAMs of {bram_available}"
    )]
    NothingFits {
        /// Name of the target.
        target: &'static str,
        /// Cells of the smallest design.
        cells: usize,
        /// Cells that may be taken.
        cells_allowed: usize,
        /// Cells of the device.
        cells_available: usize,
        /// Share that is kept free, in percent.
        margin: usize,
        /// Its block RAMs.
        bram: usize,
        /// Block RAMs of the device.
        bram_available: usize,
    },
    /// No design keeps up.
    #[error(
        "no design of layer `{layer}` takes a step in which every axon spikes in {allowed} cycles: the fastest that fits takes {fastest}"
    )]
    TooSlow {
        /// Layer.
        layer: String,
        /// Most cycles.
        allowed: u32,
        /// Cycles of the fastest design.
        fastest: u32,
    },
    /// A design cannot be planned.
    #[error(transparent)]
    Plan(#[from] PlanError),
}

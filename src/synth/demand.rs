//! What a design takes of a device, counted before anything is placed: fast, and of designs that do not fit as well.

use std::sync::Arc;

use super::cells::Counts;
use super::error::{Shortage, SynthError};
use super::nextpnr::{Constraints, pack_only};
use super::target::Target;
use super::whole::{laid_out, scratch};
use super::yosys::map;
use crate::engine::tool::Toolbox;
use crate::hdl::Module;

/// What a design takes of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// What it needs and what is there, cells first; kinds of which it needs none are left out.
    pub amounts: Vec<Shortage>,
}

impl Demand {
    /// Whether the device has enough of everything. The placer may still find no place, most of all for a full device.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.amounts.iter().all(|a| a.used <= a.available)
    }

    /// The amounts in words, as in `903 of 1280 logic cells, 8 of 16 block RAMs`; pins only where they are short.
    #[must_use]
    pub fn words(&self) -> String {
        let told = |a: &&Shortage| a.what != "pins" || a.used > a.available;
        let each = self.amounts.iter().filter(told);
        let each = each.map(|a| format!("{} of {} {}", a.used, a.available, a.what));
        each.collect::<Vec<_>>().join(", ")
    }
}

/// Counts what `top` takes of `target`: Yosys, and nextpnr up to packing.
///
/// # Errors
/// See [`SynthError`]; a design that does not fit is none.
pub fn demand(
    toolbox: &Toolbox,
    top: &Arc<Module>,
    target: &Target,
    constraints: &Constraints,
) -> Result<Demand, SynthError> {
    let scratch = scratch()?;
    let laid = laid_out(top, target, constraints, scratch.path())?;
    let mapped = map(toolbox, &laid.job(scratch.path(), top), target)?;
    let amounts = match target.is_placed() {
        true => pack_only(
            toolbox,
            scratch.path(),
            &mapped.netlist,
            target,
            constraints,
        )?,
        false => mapped_alone(&mapped.whole, target),
    };
    Ok(Demand {
        amounts: amounts.into_iter().filter(|a| a.used > 0).collect(),
    })
}

/// Amounts of a netlist, where no placer counts them.
pub(super) fn mapped_alone(counts: &Counts, target: &Target) -> Vec<Shortage> {
    let holds = target.holds;
    [
        ("look-up tables", counts.cells, holds.cells),
        ("flip-flops", counts.ff, holds.ff),
        ("block RAMs of 18 kbit", counts.bram, holds.bram),
        ("multiplier blocks", counts.dsp, holds.dsp),
    ]
    .into_iter()
    .map(|(what, used, available)| Shortage {
        what: what.to_owned(),
        used,
        available,
    })
    .collect()
}

//! Sums that outlive their step: a step that is as the one before takes them again.
//!
//! With one group the hand-off register does not shift out but goes around: after as many shifts as a group has rows
//! every sum is back in its place, and a repeated step does not load it. With several groups a memory holds a copy of
//! each row of sums, made as the row enters the lanes.
//!
//! Sums live within a sample: its first step is never a repeated one, so nothing here needs a reset, and weights that
//! are loaded between samples meet no sum of the old ones.

use crate::hdl::{Builder, MemInit, Sig};
use crate::rtl::handoff::Rows;
use crate::rtl::memory::{memory, read};
use crate::rtl::plan::LayerPlan;
use crate::rtl::regs::hold;

/// Whether and where a layer keeps its sums; with a signal that is true from a hand-over until the next one where the sums are
/// those of the step before.
pub(crate) enum Kept {
    /// It does not.
    Not,
    /// In the hand-off register.
    Around(Sig),
    /// In a memory.
    Stored(Sig),
}

/// A row as it enters the lanes.
pub(crate) struct Row<'a> {
    /// A row enters.
    pub(crate) active: Sig,
    /// Its number.
    pub(crate) number: Sig,
    /// Whether it enters, one cycle later.
    pub(crate) arrives: Sig,
    /// Its sums; where they are stored, one cycle later.
    pub(crate) waiting: &'a Rows,
}

impl Kept {
    /// `repeat`, where sums are kept: of those that are handed over in the cycle after `hand_next`.
    pub(crate) fn new(
        b: &mut Builder,
        plan: &LayerPlan,
        repeat: Option<Sig>,
        hand_next: Sig,
    ) -> Self {
        let Some(repeat) = repeat else {
            return Self::Not;
        };
        let repeat = hold(b, "repeat_q", repeat, hand_next);
        if plan.groups == 1 {
            Self::Around(repeat)
        } else {
            Self::Stored(repeat)
        }
    }

    /// Whether new sums are loaded as `hand` hands them over.
    pub(crate) fn loads(&self, b: &mut Builder, hand: Sig) -> Sig {
        let (Self::Around(repeat) | Self::Stored(repeat)) = *self else {
            return hand;
        };
        let new = b.not(repeat);
        let loads = b.and(hand, new);
        b.name("loads", loads)
    }

    /// From which place the sum at `place` of the hand-off register comes as it shifts by a row: that a row above, or,
    /// where sums go around, its likeness at the other end; beyond the register where there is none.
    pub(crate) fn shifted_from(&self, place: usize, plan: &LayerPlan) -> usize {
        let above = place + plan.neuron_lanes as usize;
        match self {
            Self::Around(_) => above % plan.lanes as usize,
            Self::Not | Self::Stored(_) => above,
        }
    }

    /// The sums for the lanes, [`read_cycles`](crate::rtl::Fabric::read_cycles) after the row enters.
    pub(crate) fn sums(&self, b: &mut Builder, plan: &LayerPlan, row: &Row<'_>) -> Vec<Sig> {
        let to_lane = plan.fabric.read_cycles();
        let Rows { sums, after } = row.waiting;
        let fresh: Vec<Sig> = (0..sums.len())
            .map(|lane| b.delay(&format!("lane{lane}_sum"), sums[lane], to_lane - after))
            .collect();
        let Self::Stored(repeat) = *self else {
            return fresh;
        };
        b.comment("sums of the step before, a row a word");
        let fields = vec![plan.sum; sums.len()];
        let rows = plan.rows as usize;
        let kept = memory(b, plan.fabric, "kept_sums", &fields, rows, MemInit::Zero);
        let before = read(b, plan, kept, "kept_sum", row.number, row.active);
        let arrived = b.delay("kept_row", row.number, 1);
        let repeated = b.delay("row_repeat", repeat, 1);
        let new = b.not(repeated);
        let write = b.and(row.arrives, new);
        let write = b.name("keeps", write);
        b.write(kept, write, arrived, sums);
        let takes = b.delay("takes_kept", repeated, to_lane - 1);
        before
            .into_iter()
            .zip(fresh)
            .map(|(before, fresh)| b.mux(takes, before, fresh))
            .collect()
    }
}

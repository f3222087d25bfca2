//! The hand-off register: a group's sums wait in it and go to the lanes, a row a cycle.
//!
//! *Shifted*: the register moves on by a row a cycle; the choice between its two inputs takes a look-up table a bit.
//!
//! *Chosen* ([`LayerPlan::chooses`]): the register stays. Behind it each sum has a second one, which its reset clears unless
//! the sum's row enters; the sums of a row are the OR of those, a third of a look-up table a bit. A row enters one cycle
//! later than with a shift.

use crate::hdl::{Builder, Reg, Sig, Ty};
use crate::rtl::kept::Kept;
use crate::rtl::plan::LayerPlan;
use crate::rtl::regs::hold;

/// Most sums that one cycle joins.
const JOINED: usize = 16;

/// The sums of the row that enters.
pub(crate) struct Rows {
    /// By neuron lane, [`Self::after`] cycles after the row entered.
    pub(crate) sums: Vec<Sig>,
    /// See [`Self::sums`].
    pub(crate) after: u32,
}

/// Shifts by a row a cycle from the cycle `shifts`, one after a row entered; `loads` the `sums`.
pub(crate) fn shifted(
    b: &mut Builder,
    plan: &LayerPlan,
    (loads, sums): (Sig, &[Sig]),
    shifts: Sig,
    kept: &Kept,
) -> Rows {
    b.comment("hand-off register, shifts by one row a cycle");
    let q = plan.neuron_lanes as usize;
    let waiting: Vec<Reg> = (0..sums.len())
        .map(|i| b.reg(&format!("waiting{i}_q"), plan.sum, None))
        .collect();
    let moves = b.or(loads, shifts);
    for (i, &reg) in waiting.iter().enumerate() {
        let from = waiting.get(kept.shifted_from(i, plan));
        let shifted = from.map_or(reg.q, |from| from.q);
        let next = b.mux(loads, sums[i], shifted);
        b.next_en(reg, moves, next);
    }
    Rows {
        sums: waiting[..q].iter().map(|sum| sum.q).collect(),
        after: 1,
    }
}

/// Chooses from a register that `loads` the `sums`; a group's first row enters in the cycle after `begins`, which is not
/// before `loads`.
pub(crate) fn chosen(
    b: &mut Builder,
    plan: &LayerPlan,
    (loads, sums): (Sig, &[Sig]),
    begins: Sig,
) -> Rows {
    b.comment("hand-off register; by slot, whether its sums are not those that enter");
    let q = plan.neuron_lanes as usize;
    let waiting: Vec<Sig> = sums
        .iter()
        .enumerate()
        .map(|(i, &sum)| hold(b, &format!("waiting{i}_q"), sum, loads))
        .collect();
    let mut idle = b.not(begins);
    let mut gated = Vec::with_capacity(waiting.len());
    for (slot, row) in waiting.chunks(q).enumerate() {
        let reg = b.reg(&format!("idle{slot}_q"), Ty::BIT, Some(1));
        b.next(reg, idle);
        idle = reg.q;
        for (lane, &sum) in row.iter().enumerate() {
            let reg = b.reg(&format!("entering{}_q", slot * q + lane), plan.sum, None);
            let zero = b.lit(0, plan.sum);
            let next = b.mux(idle, zero, sum);
            b.next(reg, next);
            gated.push(reg.q);
        }
    }
    b.comment("at most one row of them is not zero");
    let sums = (0..q)
        .map(|lane| {
            let of_lane: Vec<Sig> = gated.iter().skip(lane).step_by(q).copied().collect();
            let joined: Vec<Sig> = of_lane
                .chunks(JOINED)
                .enumerate()
                .map(|(part, sums)| {
                    let sum = any_of(b, sums);
                    b.delay(&format!("joined{lane}_{part}"), sum, 1)
                })
                .collect();
            any_of(b, &joined)
        })
        .collect();
    Rows { sums, after: 2 }
}

/// The OR of words.
fn any_of(b: &mut Builder, words: &[Sig]) -> Sig {
    words[1..]
        .iter()
        .fold(words[0], |any, &word| b.or(any, word))
}

//! The CubaLIF lane, pipelined.
//!
//! ```text
//! stage  0               1              2         3                      [4]    +1                +1             +1
//!        sum + bias ────► align ──────────────────► add, overflow = i' ──┐
//!        first ? 0 : i ──► × current_decay ► round ─┘     [new_current] ─┴► add ─┐
//!        first ? v_init : v ► × decay ─────► round ─► + offset [+ i] ─────────────► overflow = h ─► fire, reset ─► v
//! ```
//!
//! Current: `i' = ovf(R(current_decay·i) + x)`, never reset. Charge: `h = ovf(R(decay·v) + c + offset)` of the exact sum, where
//! the charging current `c` is `i'` after its overflow (`new_current`, one stage more) or the `i` before it (`old_current`).
//! A next-step reset uses the stored spike `r`: a hard one takes the place of the whole charge, `h = r ? v_reset : ...`.

use goldspike_golden::neuron::{CurrentOrder, Reset, ResetTiming};
use goldspike_golden::quant::QuantLayer;

use super::reset::reset_word;
use super::unit::{Kept, Unit};
use super::{Assume, Lane};
use crate::hdl::{HdlError, Sig, Ty};
use crate::rtl::pipe::Timed;

/// Describes the lane.
///
/// # Errors
/// Only an internal bug of the description.
pub(crate) fn lane(
    layer: &QuantLayer,
    module: &str,
    sum: Ty,
    assume: &Assume,
) -> Result<Lane, HdlError> {
    let modes = layer.neuron.modes;
    let new_current = modes.order == CurrentOrder::NewCurrent;
    let late = modes.reset_timing == ResetTiming::NextStep;
    let doc = format!(
        "One pipelined CubaLIF lane: current i' = ovf(R(current_decay*i) + x), charge h = ovf(R(decay*v) + {} + offset),\n\
         fire h >= fire_at, {} reset ({}).",
        if new_current { "i'" } else { "i" },
        reset_word(modes.reset),
        if late { "next step" } else { "same step" },
    );
    let mut unit = Unit::new(module, &doc, layer, sum, assume);
    let membrane = unit.membrane();
    let decay = unit.coefficient("decay");
    let current_decay = unit.coefficient("current_decay");

    unit.b.comment("bias; start of a sample");
    let current = unit.current();
    let v_init = unit.constant("v_init", membrane);
    let mut v = unit.state("v", "v_old", Some(v_init));
    let i = unit.state("i", "i_old", None);
    let stored = (late && modes.reset != Reset::None).then(|| unit.state("r", "r_old", None));
    unit.next_stage();

    unit.b.comment("both leaks, and the input in membrane LSBs");
    let current_product = unit.product("current_product", &current_decay, i.old);
    let product = unit.product("product", &decay, v.old);
    let aligned = unit.aligned(current);
    let aligned = unit.keep("aligned", aligned);
    unit.next_stage();
    unit.reach(current_product);
    unit.reach(product);

    unit.b.comment("each product rounded, once");
    let current_leaked = unit.rounded(current_product);
    let current_leaked = unit.keep("current_leaked", current_leaked);
    let leaked = unit.rounded(product);
    let leaked = unit.keep("leaked", leaked);
    let old_current = (!new_current).then(|| {
        let old = unit.at(i.old);
        let driven = with_constants(&mut unit, old, stored.as_ref());
        unit.keep("driven", driven)
    });
    unit.next_stage();

    unit.b
        .comment("current: the exact sum, then the overflow, once");
    let (decayed, x) = (unit.at(current_leaked), unit.at(aligned));
    let i_sum = unit.b.add(decayed, x);
    let i_sum = unit.b.name("i_sum", i_sum);
    let i_next = unit.overflow(i_sum);
    let i_next = unit.keep("i", i_next);
    let membrane_leaked = unit.at(leaked);
    let charge = match old_current {
        Some(driven) => {
            unit.b
                .comment("charge: the exact sum, with the old current");
            let driven = unit.at(driven);
            unit.b.add(membrane_leaked, driven)
        }
        None => {
            unit.b.comment("charge: leak and constants");
            let driven = with_constants(&mut unit, membrane_leaked, stored.as_ref());
            let driven = unit.keep("driven", driven);
            unit.next_stage();
            unit.b
                .comment("charge: the exact sum, with the new current");
            let (driven, charging) = (unit.at(driven), unit.at(i_next));
            unit.b.add(driven, charging)
        }
    };
    let charge = unit.keep("charge", charge);
    unit.next_stage();

    unit.b.comment("charge: the overflow, once");
    let charge = unit.at(charge);
    let mut h = unit.overflow(charge);
    if let (Some(stored), Reset::Hard) = (&stored, modes.reset) {
        unit.b
            .comment("hard reset of the previous step, instead of the charge");
        let v_reset = unit.constant("v_reset", membrane);
        let (r, v_reset) = (unit.at(stored.old), unit.value(&v_reset));
        h = unit.b.mux(r, v_reset, h);
    }
    let h = unit.keep("h", h);
    if let (Some(stored), true) = (&stored, layer.neuron.refractory > 0) {
        v.held = held(&mut unit, &v, stored);
    }
    unit.next_stage();

    unit.b.comment("fire");
    let compared = unit.at(h);
    let fired = unit.fired(compared);
    let spike = unit.keep("spike", fired.spike);
    let kept = if late {
        h
    } else {
        unit.b.comment("reset");
        let kept = unit.reset_by_spike(compared, fired);
        unit.keep("v", kept)
    };
    unit.next_stage();

    let mut states = vec![(v, kept), (i, i_next)];
    states.extend(stored.map(|stored| (stored, spike)));
    unit.finish(spike, h, states)
}

/// `value + offset`, and less the soft reset of the previous step where it is pending.
fn with_constants(unit: &mut Unit<'_>, value: Sig, stored: Option<&Kept>) -> Sig {
    let offset = unit.fitted("offset");
    let value = unit.plus(value, &offset);
    match stored {
        Some(stored) if unit.layer.neuron.modes.reset == Reset::Soft => {
            unit.b.comment("soft reset of the previous step");
            let r = unit.at(stored.old);
            let amount = reset_by(unit);
            let zero = unit.b.lit(0, amount.ty());
            let amount = unit.b.mux(r, amount, zero);
            unit.b.sub(value, amount)
        }
        _ => value,
    }
}

/// `v` with a pending reset and no charge.
fn held(unit: &mut Unit<'_>, v: &Kept, stored: &Kept) -> Timed {
    unit.b
        .comment("reset without a charge, for a refractory step");
    let (kept, r) = (unit.at(v.old), unit.at(stored.old));
    let after = if unit.layer.neuron.modes.reset == Reset::Hard {
        let v_reset = unit.constant("v_reset", unit.membrane());
        unit.value(&v_reset)
    } else {
        let amount = reset_by(unit);
        let less = unit.b.sub(kept, amount);
        unit.overflow(less)
    };
    let held = unit.b.mux(r, after, kept);
    unit.keep("v_held", held)
}

fn reset_by(unit: &mut Unit<'_>) -> Sig {
    let amount = unit.constant("reset_by", unit.membrane());
    unit.value(&amount)
}

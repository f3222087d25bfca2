//! The KLIF lane, pipelined.
//!
//! ```text
//! stage  0               1            +1        +1          +1                      +1             +1
//!        sum + bias ────► align ─────► + offset ──┐
//!        first ? v_init : v ─► × decay ─► round ──► add ─► ReLU, overflow = h ─► fire, reset ─► v
//! ```
//!
//! Charge: `h = ovf(max(0, R(decay·v) + R_g(sum + bias) + offset))`. The product is rounded once; the ReLU takes the exact
//! sum, the overflow what the ReLU left, once. `k` is in the constants and the weights: there is no multiplier for it. The
//! decay may be above 1.

use goldspike_golden::quant::QuantLayer;

use super::reset::reset_word;
use super::unit::Unit;
use super::{Assume, Lane};
use crate::hdl::{HdlError, Sig, Ty};

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
    let reset = layer.neuron.modes.reset;
    let doc = format!(
        "One pipelined KLIF lane: charge h = ovf(max(0, R(decay*v) + x + offset)), fire h >= fire_at, {} reset.",
        reset_word(reset),
    );
    let mut unit = Unit::new(module, &doc, layer, sum, assume);
    let membrane = unit.membrane();
    let decay = unit.coefficient("decay");
    let offset = unit.fitted("offset");

    unit.b.comment("bias; start of a sample");
    let current = unit.current();
    let v_init = unit.constant("v_init", membrane);
    let v = unit.state("v", "v_old", Some(v_init));
    unit.next_stage();

    unit.b
        .comment("charge: decay * v, and the current in membrane LSBs");
    let parts = unit.charge_parts(&decay, v.old, current);
    unit.next_stage();

    let (leaked, input) = unit.charge_rounded(parts, &offset);

    unit.b.comment("charge: the exact sum");
    let charge = unit.charge_sum(leaked, input);
    unit.next_stage();

    unit.b
        .comment("ReLU of the exact sum, then the overflow, once");
    let charge = unit.at(charge);
    let rectified = relu(&mut unit, charge);
    let h = unit.overflow(rectified);
    let h = unit.keep("h", h);
    unit.next_stage();

    unit.b.comment("fire");
    let compared = unit.at(h);
    let fired = unit.fired(compared);
    unit.b.comment("reset");
    let kept = unit.reset_by_spike(compared, fired);
    let spike = unit.keep("spike", fired.spike);
    let kept = unit.keep("v", kept);
    unit.next_stage();
    unit.finish(spike, h, vec![(v, kept)])
}

/// `max(0, charge)`.
fn relu(unit: &mut Unit<'_>, charge: Sig) -> Sig {
    let zero = unit.b.lit(0, charge.ty());
    let negative = unit.b.lt(charge, zero);
    let rectified = unit.b.mux(negative, zero, charge);
    unit.b.name("rectified", rectified)
}

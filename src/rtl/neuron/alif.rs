//! The ALIF lane, pipelined.
//!
//! ```text
//! stage  0               1              2                3      4                  5             6                7
//!        sum + bias ────► align ─────────► + offset ──┐
//!        first ? v_init : v ► × decay ───► round ─────► add ─► overflow = h ────► - b = margin ─► fire, reset ──► v
//!        first ? 0 : b ─────► × rho ─────► round ───────────────────────────────────────────────► + s·beta, overflow ► b
//! ```
//!
//! Charge: `h = ovf(R(decay·v) + R_g(sum + bias) + offset)`. The threshold is the one before this step: `h - b >= fire_at`, of the
//! exact difference. Then `b' = ovf(R(rho·b) + s·beta)`; `b` is kept times beta, in membrane LSBs.

use goldspike_golden::quant::QuantLayer;

use super::charge::Parts;
use super::reset::{Fired, reset_word};
use super::unit::Unit;
use super::{Assume, Lane};
use crate::hdl::{HdlError, Ty};

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
    let doc = format!(
        "One pipelined ALIF lane: charge h = ovf(R(decay*v) + x + offset), fire h - b >= fire_at, {} reset;\n\
         adaptation b' = ovf(R(rho*b) + s*beta), kept times beta.",
        reset_word(layer.neuron.modes.reset),
    );
    let mut unit = Unit::new(module, &doc, layer, sum, assume);
    let membrane = unit.membrane();
    let decay = unit.coefficient("decay");
    let rho = unit.coefficient("rho");
    let offset = unit.fitted("offset");
    let beta = unit.fitted("beta");

    unit.b.comment("bias; start of a sample");
    let current = unit.current();
    let v_init = unit.constant("v_init", membrane);
    let v = unit.state("v", "v_old", Some(v_init));
    let b = unit.state("b", "b_old", None);
    unit.next_stage();

    unit.b
        .comment("both leaks, and the current in membrane LSBs");
    let product = unit.product("product", &decay, v.old);
    let adapted_product = unit.product("adaptation_product", &rho, b.old);
    let aligned = unit.aligned(current);
    let aligned = unit.keep("aligned", aligned);
    let parts = Parts { product, aligned };
    unit.next_stage();
    unit.reach(adapted_product);

    unit.b.comment("adaptation: the product rounded, once");
    let retained = unit.rounded(adapted_product);
    let retained = unit.keep("adaptation_retained", retained);
    let (leaked, input) = unit.charge_rounded(parts, &offset);

    let h = unit.charged(leaked, input);

    unit.b
        .comment("the threshold has risen by b: the exact difference is compared");
    let (compared, raised) = (unit.at(h), unit.at(b.old));
    let margin = unit.b.sub(compared, raised);
    let margin = unit.keep("margin", margin);
    unit.next_stage();

    unit.b.comment("fire");
    let (margin, compared) = (unit.at(margin), unit.at(h));
    let fire = unit.fire(margin);
    unit.b.comment("reset");
    let kept = unit.reset_by_spike(compared, Fired::otherwise(fire));
    let kept = unit.keep("v", kept);
    unit.b.comment("adaptation: a spike raises the threshold");
    let retained = unit.at(retained);
    let risen = unit.plus(retained, &beta);
    let adaptation = unit.b.extend(retained, risen.ty());
    let adaptation = unit.b.mux(fire, risen, adaptation);
    let adaptation = unit.overflow(adaptation);
    let adaptation = unit.keep("b", adaptation);
    let spike = unit.keep("spike", fire);
    unit.next_stage();
    unit.finish(spike, h, vec![(v, kept), (b, adaptation)])
}

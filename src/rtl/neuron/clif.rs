//! The CLIF lane, pipelined.
//!
//! ```text
//! stage  0 .. 4          5            6 .. 8         9           10            11          12 .. 15      16       17
//!        charge, as in   fire ─────────────────────────────────► + s ─► ovf = m' ─► S2(m') ─► reset ─► overflow ─► v
//!        a LIF lane = h ─► S1(h) = retain ────────► m × ─► round ──┘    (deepen)
//!                        └► s ? h - reset_by : h ────────────────────────────────────────────┘
//! ```
//!
//! Without multiplier blocks the product, and in each table the look-up and the product, take more stages. Rounding and the
//! addition of `s` or of a knot are one sum.
//!
//! Charge: `h = ovf(R(decay·v) + R_g(sum + bias) + offset)`. The complementary potential `m` is unsigned and has a format of its
//! own, in which one spike is `2^frac`: `m' = ovf_m(R(m·S1(h)) + s·2^frac)`, of the `h` before the reset, rounded once, overflown
//! once, on the exact sum. A spike takes `v` to `ovf(h - (reset_by + S2(m')))`, or with a hard reset to `ovf(v_reset - S2(m'))`,
//! of the `m'` that has this spike; without one `v` is `h`.
//!
//! `m` is 0 until the first spike of a sample, and `S2` counts in a step with a spike alone. So the `h` that looks up `S1` is
//! held at 0 where `m` is 0 (the multiplier behind it then has two constant operands), and the `m'` that looks up `S2` where there
//! is no spike: tables and multiplier do not toggle for neurons that are silent, and no result changes. Operands are zeroed
//! rather than registers held, so that the lane stays without enables.
//!
//! `tau` costs nothing, whatever it is: it is in the knots of `S1`, whose segments are a power of two of membrane LSBs. With a
//! `tau` of `2^k` the decay `1 - 1/tau` is a literal of one subtraction, for which synthesis needs no multiplier.

use goldspike_golden::neuron::Reset;
use goldspike_golden::quant::QuantLayer;
use goldspike_golden::table::QuantTable;

use super::product::Product;
use super::unit::Unit;
use super::{Assume, Lane};
use crate::hdl::{HdlError, Sig, Ty};
use crate::rtl::pipe::Timed;

/// Describes the lane.
///
/// # Errors
/// A table that is not there, which the contract refuses; else only an internal bug of the description.
pub(crate) fn lane(
    layer: &QuantLayer,
    module: &str,
    sum: Ty,
    assume: &Assume,
) -> Result<Lane, HdlError> {
    let hard = layer.neuron.modes.reset == Reset::Hard;
    let doc = format!(
        "One pipelined CLIF lane: charge h = ovf(R(decay*v) + x + offset), fire s = h >= fire_at,\n\
         complementary m' = ovf(R(m*S1(h)) + s), S1 the table `retain`, S2 the table `deepen`,\n\
         reset v = {}.",
        match hard {
            true => "s ? ovf(v_reset - S2(m')) : h",
            false => "ovf(h - s*(reset_by + S2(m')))",
        },
    );
    let (retain, deepen) = (
        table(layer, module, "retain")?,
        table(layer, module, "deepen")?,
    );
    let mut unit = Unit::new(module, &doc, layer, sum, assume);
    let membrane = unit.membrane();
    let decay = unit.coefficient("decay");
    let offset = unit.fitted("offset");

    unit.b.comment("bias; start of a sample");
    let current = unit.current();
    let v_init = unit.constant("v_init", membrane);
    let v = unit.state("v", "v_old", Some(v_init));
    let m = unit.state("m", "m_old", None);
    unit.next_stage();

    // Where nothing fires `m` stays 0.
    let awake = assume.fires(layer, false).then(|| {
        unit.b.comment("complementary: whether m is above 0");
        let kept = unit.at(m.old);
        let awake = unit.b.any(kept);
        unit.keep("m_awake", awake)
    });
    unit.b
        .comment("charge: decay * v, and the current in membrane LSBs");
    let parts = unit.charge_parts(&decay, v.old, current);
    unit.next_stage();

    let (leaked, input) = unit.charge_rounded(parts, &offset);

    let h = unit.charged(leaked, input);

    unit.b.comment("fire");
    let compared = unit.at(h);
    let fire = unit.fire(compared);
    let spike = unit.keep("spike", fire);
    let Some(awake) = awake else {
        unit.next_stage();
        return unit.finish(spike, h, vec![(v, h), (m, m.old)]);
    };

    unit.b
        .comment("complementary: what m retains, S1(h); idle at 0 until m is above 0");
    let fire_stage = unit.pipe.stage();
    let awake = unit.at(awake);
    let asked = when(&mut unit, "retain_at", awake, compared);
    let retained = unit.table("retain", retain, asked);
    let m_next = complementary(&mut unit, m.old, retained, spike);
    let kept = (!hard).then(|| lessened(&mut unit, h, spike, fire_stage + 1));

    unit.b
        .comment("reset: the part of m' that has this spike, S2(m'); idle at 0 without a spike");
    let (fired, asked) = (unit.at(spike), unit.at(m_next));
    let asked = when(&mut unit, "deepen_at", fired, asked);
    let deepened = unit.table("deepen", deepen, asked);

    unit.b.comment("reset: the exact difference");
    let deepened = unit.at(deepened);
    let start = match kept {
        None => {
            let v_reset = unit.constant("v_reset", membrane);
            unit.value(&v_reset)
        }
        Some(kept) => unit.at(kept),
    };
    let after = unit.b.sub(start, deepened);
    let after = unit.keep("after_reset", after);
    unit.next_stage();

    unit.b
        .comment("reset: the overflow, once; only after a spike");
    let after = unit.at(after);
    let after = unit.overflow(after);
    let after = unit.b.name("after_spike", after);
    let (fired, silent) = (unit.at(spike), unit.at(kept.unwrap_or(h)));
    let silent = unit.b.wrap(silent, membrane);
    let v_next = unit.b.mux(fired, after, silent);
    let v_next = unit.keep("v", v_next);
    unit.next_stage();
    unit.finish(spike, h, vec![(v, v_next), (m, m_next)])
}

/// `s ? h - reset_by : h`, exact, registered in stage `stage`, in which `h` and the spike wait for `m'` anyway.
fn lessened(unit: &mut Unit<'_>, h: Timed, spike: Timed, stage: u32) -> Timed {
    let now = unit.pipe.stage();
    unit.pipe.back_to(stage);
    unit.b.comment("reset: the part that does not depend on m'");
    let amount = unit.constant("reset_by", unit.membrane());
    let (fired, compared) = (unit.at(spike), unit.at(h));
    let less = unit.minus(compared, &amount);
    let silent = unit.b.extend(compared, less.ty());
    let lessened = unit.b.mux(fired, less, silent);
    let lessened = unit.keep("h_lessened", lessened);
    unit.pipe.back_to(now);
    lessened
}

/// `m' = ovf_m(R(m * retained) + s * 2^frac)`; ends its stages, three with a multiplier block.
fn complementary(unit: &mut Unit<'_>, m: Timed, retained: Timed, spike: Timed) -> Timed {
    unit.b.comment("complementary: m * S1(h)");
    let format = unit.at(m).ty();
    let product = unit.multiplied("m_product", m, retained);
    unit.next_stage();
    unit.pipe.reach(product);

    unit.b.comment(
        "complementary: the product rounded, once, and the spike, which is 1 in the format of m",
    );
    let fired = unit.at(spike);
    let frac = unit.layer.neuron.formats.get("m").map_or(0, |m| m.frac);
    let one = unit.b.shl(fired, frac.max(0).unsigned_abs());
    let one = unit.b.name("m_spike", one);
    let product = Product {
        value: product,
        rounded: false,
    };
    let sum = unit.rounded_onto(one, product);
    let sum = unit.keep("m_sum", sum);
    unit.next_stage();

    unit.b.comment("complementary: the overflow, once");
    let sum = unit.at(sum);
    let next = unit.overflow_into(sum, format);
    let next = unit.keep("m", next);
    unit.next_stage();
    next
}

/// `value` where `bit` is set, else 0, as the wire `name`.
fn when(unit: &mut Unit<'_>, name: &str, bit: Sig, value: Sig) -> Sig {
    let gated = unit.masked(bit, value);
    unit.b.name(name, gated)
}

/// The layer's table `name`.
fn table<'a>(layer: &'a QuantLayer, module: &str, name: &str) -> Result<&'a QuantTable, HdlError> {
    layer.neuron.tables.get(name).ok_or_else(|| HdlError::Name {
        module: module.to_owned(),
        name: name.to_owned(),
    })
}

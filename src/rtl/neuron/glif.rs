//! The GLIF lane, pipelined.
//!
//! ```text
//! stage  0               1                [2]           +1                   +1          +1                +1
//!        sum + bias ────► align ────────► [× G] ──────► [round] ─► + B ──┐
//!        first ? v_init : v ─► [A of r] ─► × A ───────► round ──────────► add ─► overflow = h = v ─► fire = r
//! ```
//!
//! Charge: `h = ovf(R(A[r]·v) + R(G[t]·x) + B[r])`, each product rounded once, one overflow of the exact sum. There is no
//! reset after the fire: the stored spike `r` selects `A[1]` and `B[1]` in the next step's charge.
//!
//! What a layer does not need is left out: the multiplier of the current where `conduct` is in the weights; the selection of
//! `A` where both are the same. Two factors of few digits have products of their own, of which the spike selects; else one
//! multiplier serves both; where a spike erases the state (`A[1] = 0`
//! for all) it has `r ? 0 : v` and `A[0]`. Constants by step come in as columns: the lane knows no time.

use goldspike_golden::format::QFormat;
use goldspike_golden::quant::QuantLayer;

use super::product::Product;
use super::unit::{Constant, Kept, Unit};
use super::{Assume, Lane};
use crate::hdl::{HdlError, Sig, Ty};
use crate::rtl::pipe::Timed;

/// How the stored spike selects the factor of the state.
enum Gate {
    /// It does not: both factors are the same.
    None,
    /// Nothing of the state is left after a spike.
    Erases,
    /// Between two factors.
    Selects,
}

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
    let gate = if assume.fires(layer, false) {
        gate(layer, assume)
    } else {
        Gate::None
    };
    let conducts = layer.neuron.constants.contains_key("conduct");
    let doc = format!(
        "One pipelined GLIF lane: charge h = ovf(R({}*v) + {} + B[r]), fire h >= fire_at, r the spike of the step before.\n\
         A = decay, decay_after_spike; B = offset, offset_after_spike{}; the reset is in A and B of the next step.",
        match gate {
            Gate::None => "A",
            Gate::Erases => "(r ? 0 : A)",
            Gate::Selects => "A[r]",
        },
        if conducts { "R(G*x)" } else { "x" },
        if conducts { "; G = conduct" } else { "" },
    );
    let mut unit = Unit::new(module, &doc, layer, sum, assume);
    let membrane = unit.membrane();

    unit.b.comment("bias; start of a sample");
    let current = unit.current();
    let v_init = unit.constant("v_init", membrane);
    let mut v = unit.state("v", "v_old", Some(v_init));
    let stored = unit.state("r", "r_old", None);
    unit.next_stage();

    unit.b.comment("the current in membrane LSBs");
    let aligned = unit.aligned(current);
    let aligned = unit.keep("aligned", aligned);
    unit.b
        .comment("reset of the previous step: its spike selects offset and factor");
    let offset = selected_offset(&mut unit, &stored);
    let factors = factors(&mut unit, &gate, &v, &stored);
    if conducts || !matches!(gate, Gate::None) {
        unit.next_stage();
    }

    unit.b.comment("charge: the factor * v");
    let products: Vec<Product> = factors
        .iter()
        .map(|(name, factor, start)| unit.product(name, factor, *start))
        .collect();
    let conducted = conducts.then(|| {
        unit.b.comment("charge: conductance * current");
        let conduct = unit.coefficient("conduct");
        unit.product("conducted", &conduct, aligned)
    });
    unit.next_stage();

    for &product in products.iter().chain(&conducted) {
        unit.reach(product);
    }
    unit.b.comment("charge: each product rounded, once");
    let x = match conducted {
        Some(product) => unit.rounded(product),
        None => unit.at(aligned),
    };
    let input = offset.plus(&mut unit, x);
    let input = unit.keep("input", input);
    let leaked = leaked(&mut unit, &products, &stored);

    unit.b.comment("charge: the exact sum");
    let (decayed, driven) = (unit.at(leaked), unit.at(input));
    let charge = unit.b.add(decayed, driven);
    let charge = unit.keep("charge", charge);
    let refractory = layer.neuron.refractory > 0;
    let reset = refractory.then(|| {
        unit.b
            .comment("reset without a current, for a refractory step");
        let reset = offset.plus(&mut unit, decayed);
        unit.keep("reset", reset)
    });
    unit.next_stage();

    unit.b.comment("charge: the overflow, once");
    let charge = unit.at(charge);
    let h = unit.overflow(charge);
    let h = unit.keep("h", h);
    if let Some(reset) = reset {
        let (reset, r, kept) = (unit.at(reset), unit.at(stored.old), unit.at(v.old));
        let reset = unit.overflow(reset);
        let held = unit.b.mux(r, reset, kept);
        v.held = unit.keep("v_held", held);
    }
    unit.next_stage();

    unit.b.comment("fire; v = h, the reset is the next step's");
    let compared = unit.at(h);
    let fire = unit.fire(compared);
    let spike = unit.keep("spike", fire);
    unit.next_stage();
    unit.finish(spike, h, vec![(v, h), (stored, spike)])
}

fn gate(layer: &QuantLayer, assume: &Assume) -> Gate {
    if assume.loaded() {
        return Gate::Selects;
    }
    let after = layer.neuron.constant("decay_after_spike");
    if after.clone().collapsed() == layer.neuron.constant("decay").clone().collapsed() {
        Gate::None
    } else if after.values().iter().all(|&factor| factor == 0) {
        Gate::Erases
    } else {
        Gate::Selects
    }
}

/// What is multiplied, by name, so that the product is `A[r] * v`; of two products the stored spike selects one.
fn factors(
    unit: &mut Unit<'_>,
    gate: &Gate,
    v: &Kept,
    stored: &Kept,
) -> Vec<(&'static str, Constant, Timed)> {
    let decay = unit.coefficient("decay");
    match gate {
        Gate::None => vec![("product", decay, v.old)],
        Gate::Erases => {
            let (r, kept) = (unit.at(stored.old), unit.at(v.old));
            let zero = unit.b.lit(0, kept.ty());
            let start = unit.b.mux(r, zero, kept);
            vec![("product", decay, unit.keep("v_start", start))]
        }
        Gate::Selects => {
            let after = unit.coefficient("decay_after_spike");
            if unit.is_added(&decay) && unit.is_added(&after) {
                return vec![
                    ("product", decay, v.old),
                    ("product_after_spike", after, v.old),
                ];
            }
            let r = unit.at(stored.old);
            let factor = unit.select(r, &after, &decay);
            let factor = Constant::Input(unit.keep("factor", factor));
            vec![("product", factor, v.old)]
        }
    }
}

/// The rounded product that the stored spike selects; ends its stages.
fn leaked(unit: &mut Unit<'_>, products: &[Product], stored: &Kept) -> Timed {
    let rounded: Vec<Sig> = products
        .iter()
        .map(|&product| unit.rounded(product))
        .collect();
    let [silent, fired] = *rounded.as_slice() else {
        let leaked = unit.keep("leaked", rounded[0]);
        unit.next_stage();
        return leaked;
    };
    let silent = unit.keep("leaked_silent", silent);
    let fired = unit.keep("leaked_after_spike", fired);
    unit.next_stage();
    unit.b
        .comment("charge: the product that the stored spike selects");
    let (r, silent, fired) = (unit.at(stored.old), unit.at(silent), unit.at(fired));
    let ty = if silent.width() < fired.width() {
        fired.ty()
    } else {
        silent.ty()
    };
    let (silent, fired) = (unit.b.extend(silent, ty), unit.b.extend(fired, ty));
    let selected = unit.b.mux(r, fired, silent);
    let leaked = unit.keep("leaked", selected);
    unit.next_stage();
    leaked
}

/// The constant input `B`.
enum Offset {
    Same(Constant),
    Selected(Timed),
}

impl Offset {
    fn plus(&self, unit: &mut Unit<'_>, value: Sig) -> Sig {
        match self {
            Self::Same(constant) => unit.plus(value, constant),
            Self::Selected(selected) => {
                let selected = unit.at(*selected);
                unit.b.add(value, selected)
            }
        }
    }
}

/// `B[r]`.
fn selected_offset(unit: &mut Unit<'_>, stored: &Kept) -> Offset {
    let neuron = &unit.layer.neuron;
    let (silent, fired) = (
        neuron.constant("offset"),
        neuron.constant("offset_after_spike"),
    );
    let same = silent.clone().collapsed() == fired.clone().collapsed();
    let same = same && !unit.assume().loaded();
    if same || !unit.assume().fires(unit.layer, false) {
        return Offset::Same(unit.fitted("offset"));
    }
    let types = ["offset", "offset_after_spike"].map(|name| unit.fitted_type(name));
    let width = types[0].width().max(types[1].width());
    let ty = crate::rtl::plan::ty(QFormat::signed(width, 0));
    let (silent, fired) = (
        unit.constant("offset", ty),
        unit.constant("offset_after_spike", ty),
    );
    let r = unit.at(stored.old);
    let selected = unit.select(r, &fired, &silent);
    Offset::Selected(unit.keep("offset_selected", selected))
}

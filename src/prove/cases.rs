//! What is claimed of a model: one small layer for each of its mode combinations, width and form, made from its tables.
//!
//! Rounding, overflow, guard bits and refractory period go around with the combinations. The general form has every
//! constant that may differ between neurons as an input, so that the claim holds for all of their values; the cheapest form
//! has the layer's constants as literals.

use goldspike_golden::describe::Neuron;
use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::neuron::info::{Range, Shape};
use goldspike_golden::neuron::{CurrentOrder, Leak, Reset, ResetTiming, Spikes};
use goldspike_golden::neuron::{Mode, ModelId, Modes};
use goldspike_golden::quant::{Param, QuantLayer};

use super::claim::{Claim, Setting};
use super::error::ProveError;
use super::golden::Scope;
use crate::quantize::{self, Options};
use crate::rtl::neuron::{Assume, Forms};
use crate::rtl::plan::ty;

/// Smallest and largest width of a membrane that is asked for.
pub const WIDTHS: std::ops::RangeInclusive<u32> = 4..=32;

const ROUNDINGS: [Rounding; 4] = [
    Rounding::HalfUp,
    Rounding::Floor,
    Rounding::ToZero,
    Rounding::HalfEven,
];
const OVERFLOWS: [Overflow; 3] = [
    Overflow::Saturate,
    Overflow::SaturateSymmetric,
    Overflow::Wrap,
];
const GUARD_BITS: [i32; 5] = [0, 1, -1, 2, -2];
const PERIODS: [u32; 2] = [0, 3];

/// Every claim of a model with membranes of `width` bits, which is in [`WIDTHS`].
///
/// # Errors
/// Only an internal bug.
pub fn claims(model: ModelId, width: u32) -> Result<Vec<Claim>, ProveError> {
    let mut all = Vec::new();
    let combinations = model.info().modes.combinations();
    for (k, modes) in combinations.into_iter().enumerate() {
        for (forms, shift) in [(Forms::General, 0), (Forms::Cheapest, 1)] {
            let k = k + shift;
            let rounding = ROUNDINGS[k % ROUNDINGS.len()];
            let overflow = OVERFLOWS[k % OVERFLOWS.len()];
            let refractory = PERIODS[k / 2 % PERIODS.len()];
            let guard_bits = GUARD_BITS[k % GUARD_BITS.len()];
            let name = name(model, modes, width, (rounding, overflow, refractory), forms);
            let mut layer = layer(&name, model, modes, (width, guard_bits), forms)?;
            (layer.rounding, layer.overflow) = (rounding, overflow);
            layer.neuron.refractory = refractory;
            let setting = Setting {
                unit: unit(model, modes, width, forms),
                sum: ty(layer.accumulator),
                assume: &Assume::unbounded(forms),
                scope: Scope::default(),
            };
            all.push(Claim::of(&name, &layer, &setting)?);
        }
    }
    Ok(all)
}

/// What a model is switched to, where it can be.
fn switched(model: ModelId, mut modes: Modes) -> impl Iterator<Item = String> {
    fn of<M: Mode>(modes: &mut Modes) -> String {
        M::of(modes).text().to_owned()
    }
    let set = model.info().modes;
    let shown = [
        (set.reset.len(), of::<Reset>(&mut modes)),
        (set.reset_timing.len(), of::<ResetTiming>(&mut modes)),
        (set.spikes.len(), of::<Spikes>(&mut modes)),
        (set.leak.len(), of::<Leak>(&mut modes)),
        (set.order.len(), of::<CurrentOrder>(&mut modes)),
    ];
    let shown = shown.into_iter().filter(|(n, _)| *n > 1);
    shown.map(|(_, word)| word)
}

fn name(
    model: ModelId,
    modes: Modes,
    width: u32,
    (rounding, overflow, refractory): (Rounding, Overflow, u32),
    forms: Forms,
) -> String {
    let mut words = vec![model.info().name.to_owned(), format!("{width} bits")];
    words.extend(switched(model, modes));
    words.push(rounding.to_string());
    words.push(overflow.to_string());
    words.push(format!("refractory {refractory}"));
    words.push(
        match forms {
            Forms::General => "general: all constants",
            Forms::Cheapest => "cheapest products: constants of the layer",
        }
        .to_owned(),
    );
    words.join(", ")
}

/// The unit's name in Verilog, another one for each claim of a model and width.
fn unit(model: ModelId, modes: Modes, width: u32, forms: Forms) -> String {
    let mut words = vec![model.info().name.to_owned(), width.to_string()];
    words.extend(switched(model, modes));
    words.extend((forms == Forms::General).then(|| "general".to_owned()));
    words.join("_")
}

/// Two neurons with two axons each.
fn layer(
    name: &str,
    model: ModelId,
    modes: Modes,
    (width, guard_bits): (u32, i32),
    forms: Forms,
) -> Result<QuantLayer, ProveError> {
    let frac = width / 2;
    let options = Options {
        coefficient_bits: (width - 2).min(16),
        ..Options::default()
    };
    let lsb = f64::from(frac).exp2().recip();
    let described = described(model, modes, forms);
    let neuron =
        quantize::neuron(&described, 2, lsb, &options).map_err(|error| ProveError::Neuron {
            claim: name.to_owned(),
            error,
        })?;
    let membrane = QFormat::signed(width, frac.cast_signed());
    let heavy = (1 << (width.min(16) - 4)) - 1;
    Ok(QuantLayer {
        name: model.info().name.to_owned(),
        axons: 2,
        neurons: 2,
        weight_bits: width.min(16),
        weights: vec![heavy, -3, -heavy, 5],
        bias: vec![3, -2],
        accumulator: QFormat::signed(width, frac.cast_signed() - guard_bits),
        guard_bits,
        membrane,
        rounding: Rounding::default(),
        overflow: Overflow::default(),
        scale: Param::Layer(1.0),
        neuron,
    })
}

/// The model with a value of each parameter's range, by neuron where it may be and the form is the general one.
fn described(model: ModelId, modes: Modes, forms: Forms) -> Neuron {
    let mut neuron = Neuron::new(model);
    neuron.modes = modes;
    let parameters = model.info().parameters.iter();
    parameters
        .filter(|parameter| {
            !matches!(parameter.range, Range::Flag | Range::Factor) || parameter.name == "k"
        })
        .fold(neuron, |neuron, parameter| {
            let value = match parameter.range {
                Range::Unit => 0.8,
                Range::Positive => 1.0,
                Range::Any | Range::NotNegative | Range::Flag => 0.1875,
                Range::Factor => 1.5,
                Range::AboveOne => 2.0,
            };
            let by_neuron = forms == Forms::General && parameter.shape != Shape::Layer;
            let value = if by_neuron {
                Param::Neuron(vec![value, value * 0.75])
            } else {
                Param::Layer(value)
            };
            neuron.with(parameter.name, value)
        })
}

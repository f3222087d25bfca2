//! What a network and the options must satisfy before anything is computed.

use super::error::QuantizeError;
use super::width::{MAX_MEMBRANE, MIN_MEMBRANE};
use super::{GuardBits, MembraneBits, Options};
use goldspike_golden::contract::MAX_REFRACTORY;
use goldspike_golden::describe::{Layer, Network};
use goldspike_golden::encoding::Encoding;
use goldspike_golden::neuron::info::{Default, Shape};
use goldspike_golden::neuron::{Collapsed, Domain};
use goldspike_golden::quant::Param;

/// Widest weight.
pub(crate) const MAX_WEIGHT: u32 = 16;
/// Widest coefficient, the bit of decay 1 included.
pub(crate) const MAX_COEFFICIENT: u32 = 24;
/// Most guard bits, and fewest with a minus.
pub(crate) const MAX_GUARD_BITS: i32 = 60;
/// No decay with its factors reaches this: one fractional bit remains.
const LARGEST_DECAY: f64 = 8_388_608.0;

pub(crate) fn options(options: &Options) -> Result<(), QuantizeError> {
    within(
        "weight-bits",
        i64::from(options.weight_bits),
        1,
        i64::from(MAX_WEIGHT),
    )?;
    within(
        "coefficient-bits",
        i64::from(options.coefficient_bits),
        1,
        i64::from(MAX_COEFFICIENT),
    )?;
    if let MembraneBits::Fixed(bits) = options.membrane_bits {
        within(
            "membrane-bits",
            i64::from(bits),
            i64::from(MIN_MEMBRANE),
            i64::from(MAX_MEMBRANE),
        )?;
    }
    if let GuardBits::Fixed(bits) = options.guard_bits {
        let most = i64::from(MAX_GUARD_BITS);
        within("guard-bits", i64::from(bits), -most, most)?;
    }
    Ok(())
}

fn within(option: &'static str, value: i64, low: i64, high: i64) -> Result<(), QuantizeError> {
    if (low..=high).contains(&value) {
        Ok(())
    } else {
        Err(QuantizeError::Option {
            option,
            value,
            low,
            high,
        })
    }
}

pub(crate) fn network(network: &Network) -> Result<(), QuantizeError> {
    let place = || "network".to_owned();
    if network.time_steps == 0 {
        return Err(value(&place(), "time_steps", 0, 0.0, "at least 1"));
    }
    if network.layers.is_empty() {
        return Err(QuantizeError::Shape {
            place: place(),
            field: "layers",
            found: 0,
            expected: 1,
        });
    }
    if let Encoding::Direct { scale, max } | Encoding::Rows { scale, max } = network.encoding {
        if !(scale.is_finite() && scale > 0.0) {
            return Err(value(
                &place(),
                "encoding.scale",
                0,
                scale,
                "finite and above 0",
            ));
        }
        if max == 0 || max > i32::MAX.unsigned_abs() {
            return Err(value(
                &place(),
                "encoding.max",
                0,
                f64::from(max),
                "1 to 2147483647",
            ));
        }
    }
    let steps = usize::try_from(network.time_steps).unwrap_or(usize::MAX);
    let mut axons = network.axons;
    for l in &network.layers {
        length(l, "axons", l.axons, axons)?;
        layer(l, steps)?;
        axons = l.neurons;
    }
    Ok(())
}

fn layer(l: &Layer, steps: usize) -> Result<(), QuantizeError> {
    if l.axons == 0 || l.neurons == 0 {
        let field = if l.axons == 0 { "axons" } else { "neurons" };
        return Err(QuantizeError::Shape {
            place: l.name.clone(),
            field,
            found: 0,
            expected: 1,
        });
    }
    length(
        l,
        "weights",
        l.weights.len(),
        l.neurons.saturating_mul(l.axons),
    )?;
    length(l, "bias", l.bias.len(), l.neurons)?;
    finite(l, "weight", &l.weights)?;
    finite(l, "bias", &l.bias)?;
    if let Some(step) = l.weight_step
        && !(step.is_finite() && step > 0.0)
    {
        return Err(value(
            &l.name,
            "weight_quant.step",
            0,
            step,
            "finite and above 0",
        ));
    }
    if let Param::Neuron(values) = &l.amplitude {
        length(l, "amplitude", values.len(), l.neurons)?;
    }
    finite(l, "amplitude", l.amplitude.values())?;
    if let Some((n, &bad)) = l
        .amplitude
        .values()
        .iter()
        .enumerate()
        .find(|(_, a)| **a <= 0.0)
    {
        return Err(value(&l.name, "amplitude", n, bad, "above 0"));
    }
    neuron(l, steps)
}

/// Modes and parameters of the neurons, by the tables of their model.
fn neuron(l: &Layer, steps: usize) -> Result<(), QuantizeError> {
    let info = l.neuron.model.info();
    if let Some(switch) = info.modes.outside(&l.neuron.modes) {
        return Err(QuantizeError::Mode {
            layer: l.name.clone(),
            switch,
            model: info.name,
        });
    }
    if l.neuron.refractory > MAX_REFRACTORY {
        let period = f64::from(l.neuron.refractory);
        return Err(value(&l.name, "refractory", 0, period, "0 to 65535 steps"));
    }
    for row in info.parameters {
        let field = row.name;
        let Some(param) = l.neuron.parameters.get(field) else {
            if row.default == Default::Required {
                return Err(QuantizeError::Shape {
                    place: l.name.clone(),
                    field,
                    found: 0,
                    expected: 1,
                });
            }
            continue;
        };
        let most = match row.shape {
            Shape::Layer => 1,
            Shape::Neuron | Shape::Step => l.neurons,
        };
        if let Some(neurons) = param.neurons() {
            length(l, field, neurons, most)?;
        }
        if param.by_step() {
            let expected = if row.shape == Shape::Step { steps } else { 1 };
            length(l, field, param.steps(), expected)?;
        }
        finite(l, field, param.values())?;
        if let Some((n, &bad)) = param
            .values()
            .iter()
            .enumerate()
            .find(|(_, v)| !row.range.holds(**v))
        {
            return Err(value(&l.name, field, n, bad, row.range.text()));
        }
    }
    folded(l, &l.neuron.collapse())
}

/// What the parameters fold into.
fn folded(l: &Layer, real: &Collapsed) -> Result<(), QuantizeError> {
    finite(l, "input_gain", real.input_gain.values())?;
    for row in l.neuron.model.info().constants {
        let Some(param) = real.constants.get(row.name) else {
            continue;
        };
        let decay = matches!(row.domain, Domain::Decay { .. });
        for (n, &folded) in param.values().iter().enumerate() {
            if !folded.is_finite() || (decay && folded >= LARGEST_DECAY) {
                let range =
                    "small enough that what it is folded into is finite, a factor below 8388608";
                return Err(value(&l.name, row.file, n, folded, range));
            }
        }
    }
    Ok(())
}

fn length(
    l: &Layer,
    field: &'static str,
    found: usize,
    expected: usize,
) -> Result<(), QuantizeError> {
    if found == expected {
        return Ok(());
    }
    Err(QuantizeError::Shape {
        place: l.name.clone(),
        field,
        found,
        expected,
    })
}

fn finite(l: &Layer, field: &'static str, values: &[f64]) -> Result<(), QuantizeError> {
    match values.iter().position(|v| !v.is_finite()) {
        None => Ok(()),
        Some(index) => Err(value(&l.name, field, index, values[index], "finite")),
    }
}

fn value(
    layer: &str,
    field: &'static str,
    index: usize,
    value: f64,
    range: &'static str,
) -> QuantizeError {
    QuantizeError::Value {
        layer: layer.to_owned(),
        field,
        index,
        value,
        range,
    }
}

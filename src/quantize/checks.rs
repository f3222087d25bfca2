//! What a network and the options must satisfy before anything is computed.

use super::error::QuantizeError;
use super::width::{MAX_MEMBRANE, MIN_MEMBRANE};
use super::{GuardBits, MembraneBits, Options};
use goldspike_golden::describe::{Klif, Layer, Lif, Network, Neuron};
use goldspike_golden::encoding::Encoding;
use goldspike_golden::quant::Param;

/// Widest weight.
pub(crate) const MAX_WEIGHT: u32 = 16;
/// Widest coefficient, the bit of decay 1 included.
pub(crate) const MAX_COEFFICIENT: u32 = 24;
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
        within("guard-bits", i64::from(bits), -60, 60)?;
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
    let mut axons = network.axons;
    for l in &network.layers {
        length(l, "axons", l.axons, axons)?;
        layer(l)?;
        axons = l.neurons;
    }
    Ok(())
}

fn layer(l: &Layer) -> Result<(), QuantizeError> {
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
    match &l.neuron {
        Neuron::Lif(lif) => lif_parameters(l, lif),
        Neuron::Klif(klif) => klif_parameters(l, klif),
    }
}

fn klif_parameters(l: &Layer, klif: &Klif) -> Result<(), QuantizeError> {
    let Klif {
        decay,
        input_gain,
        offset,
        v_threshold,
        v_reset,
        v_init,
        k,
        scale_reset: _,
        fire: _,
        reset: _,
    } = klif;
    shared_parameters(l, [decay, input_gain, offset, v_threshold, v_reset, v_init])?;
    if !(k.is_finite() && *k > 0.0) {
        return Err(value(&l.name, "k", 0, *k, "finite and above 0"));
    }
    let scale = klif.charge_scale();
    let scaled = [decay, input_gain, offset].map(|p| p.map(|x| scale * x));
    if scaled[0].values().iter().any(|d| *d >= LARGEST_DECAY)
        || scaled
            .iter()
            .any(|p| p.values().iter().any(|x| !x.is_finite()))
    {
        let range = "small enough that k times decay is below 8388608";
        return Err(value(&l.name, "k", 0, *k, range));
    }
    Ok(())
}

fn lif_parameters(l: &Layer, lif: &Lif) -> Result<(), QuantizeError> {
    let Lif {
        decay,
        input_gain,
        offset,
        v_threshold,
        v_reset,
        v_init,
        fire: _,
        reset: _,
        reset_timing: _,
        spikes: _,
    } = lif;
    shared_parameters(l, [decay, input_gain, offset, v_threshold, v_reset, v_init])
}

/// What every model has.
fn shared_parameters(
    l: &Layer,
    [decay, input_gain, offset, v_threshold, v_reset, v_init]: [&Param<f64>; 6],
) -> Result<(), QuantizeError> {
    for (field, p) in [
        ("decay", decay),
        ("input_gain", input_gain),
        ("offset", offset),
        ("v_threshold", v_threshold),
        ("v_reset", v_reset),
        ("v_init", v_init),
    ] {
        if let Param::Neuron(values) = p {
            length(l, field, values.len(), l.neurons)?;
        }
        finite(l, field, p.values())?;
    }
    if let Some((n, &bad)) = decay
        .values()
        .iter()
        .enumerate()
        .find(|(_, d)| !(0.0..=1.0).contains(*d))
    {
        return Err(value(&l.name, "decay", n, bad, "0 to 1"));
    }
    if let Some((n, &bad)) = v_threshold
        .values()
        .iter()
        .enumerate()
        .find(|(_, th)| **th <= 0.0)
    {
        return Err(value(&l.name, "v_threshold", n, bad, "above 0"));
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

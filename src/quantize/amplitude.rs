//! The amplitude of a layer's spikes, folded into the weights that they meet: spikes stay -1, 0 and 1 in the integers.

use std::borrow::Cow;

use super::dyadic::Dyadic;
use super::error::QuantizeError;
use goldspike_golden::describe::Layer;

/// `layer` with each weight column multiplied by the amplitude of the spikes that feed it (`before`: the layer that
/// fires them). With `exact` every product must be exact.
pub(crate) fn folded<'a>(
    layer: &'a Layer,
    before: Option<&Layer>,
    exact: bool,
) -> Result<Cow<'a, Layer>, QuantizeError> {
    let Some(before) = before.filter(|before| before.amplitude.values().iter().any(|&a| a != 1.0))
    else {
        return Ok(Cow::Borrowed(layer));
    };
    let mut folded = layer.clone();
    for (i, weight) in folded.weights.iter_mut().enumerate() {
        let axon = i % layer.axons.max(1);
        let amplitude = before.amplitude.of(axon);
        let product = *weight * amplitude;
        if exact && !is_exact(*weight, amplitude, product) {
            return Err(QuantizeError::NotExact {
                layer: before.name.clone(),
                field: "amplitude",
                index: axon,
                value: amplitude,
                why: format!(
                    "its product with weight[{i}] = {weight} of layer {} is no f64",
                    layer.name
                ),
            });
        }
        *weight = product;
    }
    let amplitudes = before.amplitude.values();
    let first = before.amplitude.of(0);
    folded.weight_step = layer
        .weight_step
        .filter(|_| amplitudes.iter().all(|&a| a == first))
        .filter(|&step| is_exact(step, first, step * first))
        .map(|step| step * first);
    Ok(Cow::Owned(folded))
}

fn is_exact(a: f64, b: f64, product: f64) -> bool {
    let exact = Dyadic::from_f64(a).zip(Dyadic::from_f64(b));
    exact.and_then(|(a, b)| a.product(b)) == Dyadic::from_f64(product)
}

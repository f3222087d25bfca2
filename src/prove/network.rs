//! What is claimed of a network: of each layer's lane as it is generated, and of the states that it relies on.
//!
//! The first two claims of a layer hold for every state of the formats, every sum of the accumulator and every constant from the
//! smallest to the largest of the layer's. What a lane leaves out because of a bound is not in the step either there; the third
//! claim is that within the bound this is the same, and that the bound holds.

use goldspike_golden::format::Overflow;
use goldspike_golden::neuron::Spikes;
use goldspike_golden::quant::{Payloads, QuantLayer, QuantNetwork};

use super::claim::{Claim, Setting};
use super::error::ProveError;
use super::golden::{Scope, Silent};
use super::inductive::{self, Left};
use super::symbolic::LeftOut;
use crate::quantize::{Bounds, Span, bounds, invariants};
use crate::rtl::Fabric;
use crate::rtl::neuron::{Assume, Forms};
use crate::rtl::plan::sum_type;

const GENERATED: &str = "the lane as generated = the golden step";
const GENERAL: &str = "the lane in its general form = the golden step";

/// The claims of every layer, its lane as it is generated for `fabric`.
///
/// # Errors
/// Only an internal bug.
pub fn network_claims(network: &QuantNetwork, fabric: Fabric) -> Result<Vec<Claim>, ProveError> {
    let mut all = Vec::new();
    let mut fed = network.input.payloads();
    for (index, layer) in network.layers.iter().enumerate() {
        let known = bounds(layer, fed);
        let mut used = None;
        for forms in [Forms::Cheapest, Forms::General] {
            let (claim, left) = lane(layer, index, (fed, fabric), forms)?;
            all.push(claim);
            used = used.or(Some(left));
        }
        // A value that wraps is anywhere unless nothing wraps.
        let held = |left: &Left| left.overflows.membrane && left.overflows.own;
        if let (Some(bounds), Some(left), Some(invariants)) = (known, used, invariants(layer, fed))
            && (layer.overflow != Overflow::Wrap || held(&left))
        {
            let name = format!("{}: {}", layer.name, words(&bounds, left));
            all.push(inductive::claim(&name, layer, &invariants, &bounds, left)?);
        }
        fed = layer.payloads();
    }
    Ok(all)
}

/// The claim about one form of a layer's lane, and what that leaves out.
fn lane(
    layer: &QuantLayer,
    index: usize,
    (fed, fabric): (Payloads, Fabric),
    forms: Forms,
) -> Result<(Claim, Left), ProveError> {
    let assume = Assume::of(layer, fed, forms).on(fabric).cut();
    let ternary = layer.neuron.modes.spikes == Spikes::Ternary;
    let left = Left {
        overflows: LeftOut {
            membrane: assume.membrane_held(layer),
            own: assume.own_held(layer),
        },
        plus: !assume.fires(layer, false),
        minus: ternary && !assume.fires(layer, true),
    };
    let within = bounds(layer, fed).map(|bounds| bounds.membrane);
    let silent = within.filter(|_| left.plus || left.minus);
    let (unit, words) = match forms {
        Forms::Cheapest => (format!("l{index}"), GENERATED),
        Forms::General => (format!("l{index}_general"), GENERAL),
    };
    let setting = Setting {
        unit,
        sum: sum_type(layer, fed),
        assume: &assume,
        scope: Scope {
            left_out: left.overflows,
            actual: true,
            silent: silent.map(|within| Silent {
                within,
                plus: left.plus,
                minus: left.minus,
            }),
        },
    };
    let name = format!("{}: {words}", layer.name);
    Ok((Claim::of(&name, layer, &setting)?, left))
}

/// The claim about the lane of layer `index` as it is generated, as [`network_claims`] has it; `None` without such a layer.
///
/// # Errors
/// Only an internal bug.
pub fn lane_claim(
    network: &QuantNetwork,
    fabric: Fabric,
    index: usize,
) -> Result<Option<Claim>, ProveError> {
    let mut fed = network.input.payloads();
    for layer in network.layers.iter().take(index) {
        fed = layer.payloads();
    }
    let layer = network.layers.get(index);
    layer
        .map(|layer| Ok(lane(layer, index, (fed, fabric), Forms::Cheapest)?.0))
        .transpose()
}

/// What the bound of a layer says.
fn words(bounds: &Bounds, left: Left) -> String {
    let Span { low, high } = bounds.membrane;
    let mut text = format!("h and the states stay within their bounds, h within {low} to {high}");
    let LeftOut { membrane, own } = left.overflows;
    if membrane {
        text.push_str(", which no update overflows");
    }
    if own && !bounds.own.is_empty() {
        text.push_str(", no state of a format of its own overflows");
    }
    if left.plus {
        text.push_str(", nothing fires");
    }
    if left.minus {
        text.push_str(", no spike of -1");
    }
    text
}

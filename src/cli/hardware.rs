//! The design of a network, and how its lanes come out.

use super::console::Console;
use super::errors;
use super::options::LaneArgs;
use crate::diag::Diagnostic;
use crate::rtl::{self, Design, DesignOptions, LaneChoice, LayerPlan};
use goldspike_golden::quant::{QuantLayer, QuantNetwork};
use serde_json::{Value, json};

/// Designs with the flags' lanes, and says where a number of lanes was clamped.
///
/// # Errors
/// Lanes that do not fit the network; what this version does not have.
pub fn design(
    network: &QuantNetwork,
    lanes: &LaneArgs,
    probe: bool,
    console: &Console,
) -> Result<Design, Diagnostic> {
    let options = lanes.options(probe)?;
    for note in clamped(network, &options) {
        console.note(&note);
    }
    rtl::design(network, &options).map_err(|error| errors::plan(&error))
}

/// The same design without the probe, or with it.
///
/// # Errors
/// As [`design`].
pub fn variant(
    network: &QuantNetwork,
    lanes: &LaneArgs,
    probe: bool,
) -> Result<Design, Diagnostic> {
    rtl::design(network, &lanes.options(probe)?).map_err(|error| errors::plan(&error))
}

fn clamped(network: &QuantNetwork, options: &DesignOptions) -> Vec<String> {
    let mut notes = Vec::new();
    for (flag, choice) in [
        ("--lanes", &options.lanes),
        ("--neuron-lanes", &options.neuron_lanes),
    ] {
        let LaneChoice::All(lanes) = choice else {
            continue;
        };
        for layer in network
            .layers
            .iter()
            .filter(|layer| *lanes as usize > layer.neurons)
        {
            let (name, neurons) = (&layer.name, layer.neurons);
            notes.push(format!(
                "{flag} {lanes}: layer {name} has {neurons} neurons and gets {neurons} lanes"
            ));
        }
    }
    notes
}

/// A line for each layer.
#[must_use]
pub fn lines(network: &QuantNetwork, design: &Design) -> String {
    let line = |(layer, plan): (&QuantLayer, &LayerPlan)| {
        format!(
            "layer {:<8} {} axons, {} neurons: {} synapse lanes, {} neuron lanes, {} passes a step\n",
            layer.name, plan.axons, plan.neurons, plan.lanes, plan.neuron_lanes, plan.groups
        )
    };
    network.layers.iter().zip(&design.plans).map(line).collect()
}

/// The plan of each layer, as JSON.
#[must_use]
pub fn document(network: &QuantNetwork, design: &Design) -> Value {
    network
        .layers
        .iter()
        .zip(&design.plans)
        .map(|(layer, plan)| {
            json!({
                "name": layer.name,
                "axons": plan.axons,
                "neurons": plan.neurons,
                "lanes": plan.lanes,
                "neuron_lanes": plan.neuron_lanes,
                "groups": plan.groups,
                "banks": plan.banks,
            })
        })
        .collect()
}

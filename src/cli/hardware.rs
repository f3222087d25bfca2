//! The design of a network, and how its lanes come out.

use super::console::Console;
use super::engines::Simulation;
use super::errors;
use super::options::LaneArgs;
use crate::diag::Diagnostic;
use crate::engine::tool::Toolbox;
use crate::rtl::{self, ConstantInput, Design, Fabric, LaneChoice, LayerPlan};
use crate::synth::{Constraints, demand};
use goldspike_golden::quant::{QuantLayer, QuantNetwork};
use serde_json::{Value, json};

/// Designs with the flags' lanes for a fabric, and says where a layer gets another number of lanes.
///
/// # Errors
/// Lanes that do not fit the network.
pub fn design(
    network: &QuantNetwork,
    lanes: &LaneArgs,
    fabric: Fabric,
    probe: bool,
    console: &Console,
) -> Result<Design, Diagnostic> {
    let options = lanes.options(fabric, probe);
    let design = rtl::design(network, &options).map_err(|error| errors::plan(&error))?;
    for note in changed(network, &design) {
        console.note(&note);
    }
    Ok(design)
}

/// The design with the probe, for these engines. Its queues are as wide as the neuron lanes are many: where it does not fit the
/// device on which it is placed, and the flags name no neuron lanes, it has one a layer, and a note says so. Where the
/// tools cannot say, the engine says why.
///
/// # Errors
/// As [`design`].
pub fn probed(
    network: &QuantNetwork,
    lanes: &LaneArgs,
    fabric: Fabric,
    engines: &[Simulation],
    console: &Console,
) -> Result<Design, Diagnostic> {
    let with = |lanes: &LaneArgs| {
        rtl::design(network, &lanes.options(fabric, true)).map_err(|error| errors::plan(&error))
    };
    let usual = with(lanes)?;
    let target = engines.iter().find_map(|engine| match engine {
        Simulation::Bitstream(target) | Simulation::Routed(target) => Some(*target),
        _ => None,
    });
    let Some(target) = target.filter(|_| !lanes.names_neuron_lanes()) else {
        return Ok(usual);
    };
    let toolbox = Toolbox::from_environment();
    match demand(&toolbox, &usual.top, target, &Constraints::default()) {
        Ok(demand) if !demand.fits() => {
            console.note(&format!(
                "with the probe one neuron lane a layer: the usual ones take {}",
                demand.words()
            ));
            with(&lanes.with_neuron_lanes(1))
        }
        Ok(_) | Err(_) => Ok(usual),
    }
}

/// Where a layer gets another number of lanes than the flags say, and why; a flag that has nothing to act on.
fn changed(network: &QuantNetwork, design: &Design) -> Vec<String> {
    let asked = |choice: &LaneChoice, index: usize| match choice {
        LaneChoice::Auto => None,
        LaneChoice::All(lanes) => Some(*lanes),
        LaneChoice::PerLayer(list) => list.get(index).copied(),
    };
    let mut notes = Vec::new();
    for (index, (layer, plan)) in network.layers.iter().zip(&design.plans).enumerate() {
        let name = &layer.name;
        if let Some(lanes) = asked(&design.options.lanes, index)
            && lanes != plan.lanes
        {
            notes.push(format!(
                "--lanes {lanes}: layer {name} gets {} synapse lanes (it has {} neurons; a multiple of its {} neuron lanes)",
                plan.lanes, plan.neurons, plan.neuron_lanes
            ));
        }
        if let Some(lanes) = asked(&design.options.neuron_lanes, index)
            && lanes != plan.neuron_lanes
        {
            notes.push(format!(
                "--neuron-lanes {lanes}: layer {name} gets {} neuron lanes (at most its synapse lanes)",
                plan.neuron_lanes
            ));
        }
    }
    if design.options.constant_input == ConstantInput::Recompute && !design.input.is_analogue() {
        notes.push(
            "--constant-input recompute changes nothing: the input is spikes, and no sums of them are kept"
                .to_owned(),
        );
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
                "keeps_sums": plan.keeps,
            })
        })
        .collect()
}

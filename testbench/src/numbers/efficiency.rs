//! How much of the crossbar's work is useful: synaptic operations for each lane and cycle, simulated on B's first layer.

use goldspike::rtl::{DesignOptions, Fabric, LaneChoice, design};

use super::networks::{B, Kind, network, samples};
use super::timing::timing;

/// A crossbar, and how many of the axons have an event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load {
    /// Synapse lanes.
    pub lanes: u32,
    /// Neuron lanes.
    pub neuron_lanes: u32,
    /// Events a cycle.
    pub events: u32,
    /// Events of a step, in percent of the axons.
    pub percent: u32,
    /// Least share that is required.
    pub required: f64,
    /// Samples that are played.
    pub samples: usize,
}

/// Least share of a step in which every axon has an event.
const DENSE: f64 = 0.98;
/// Least share with a tenth of the events.
const SPARSE: f64 = 0.94;

const fn load(lanes: u32, neuron_lanes: u32, events: u32, dense: bool) -> Load {
    let (percent, required, samples) = match dense {
        true => (100, DENSE, 4),
        false => (10, SPARSE, 16),
    };
    Load {
        lanes,
        neuron_lanes,
        events,
        percent,
        required,
        samples,
    }
}

/// Those of the small design, and one that takes two events a cycle.
pub const LOADS: &[Load] = &[
    load(64, 1, 1, true),
    load(64, 1, 1, false),
    load(64, 4, 2, true),
    load(64, 4, 2, false),
];

/// Useful operations for each lane, event way and cycle: 1 is the most there can be.
///
/// # Errors
/// Whatever stops it, in words.
pub fn efficiency(load: &Load) -> Result<f64, String> {
    let mut network = network("net_b", B, Kind::Lif).map_err(|error| error.to_string())?;
    network.layers.truncate(1);
    let options = DesignOptions {
        lanes: LaneChoice::All(load.lanes),
        neuron_lanes: LaneChoice::All(load.neuron_lanes),
        events: LaneChoice::All(load.events),
        fabric: Fabric::ECP5,
        ..DesignOptions::default()
    };
    let design = design(&network, &options).map_err(|error| error.to_string())?;
    let samples = samples(network.input.axons, load.samples, load.percent);
    let timing = timing(&network, &design, &samples)?;
    let operations = timing.events * network.layers[0].neurons as f64;
    let slots = f64::from(load.lanes) * f64::from(load.events) * timing.interval;
    Ok(operations / slots)
}

//! The designs that are placed and routed, and what is required of them.

use goldspike::engine::tool::Toolbox;
use goldspike::rtl::{DesignOptions, LaneChoice, LayerPlan, Weights, design};
use goldspike::synth::{Constraints, Effort, Footprint, footprint, target};

use super::networks::{A, B, Kind, PERCENT, SAMPLES, WEIGHT_BITS, network_of, samples};
use super::timing::{Timing, timing};

/// Limits that a design must keep; `None`: there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Required {
    /// Most placed cells.
    pub cells: Option<usize>,
    /// Least clock rate in MHz.
    pub mhz: Option<f64>,
    /// Most microseconds a step.
    pub us: Option<f64>,
    /// Least share of the first layer's lanes and cycles that a synaptic operation takes.
    pub useful: Option<f64>,
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Name for people, and for choosing it alone.
    pub name: &'static str,
    /// Axons, then the neurons of each layer.
    pub sizes: &'static [usize],
    /// Which neurons.
    pub kind: Kind,
    /// Device.
    pub target: &'static str,
    /// Synapse lanes by layer.
    pub lanes: &'static [u32],
    /// Neuron lanes by layer.
    pub neuron_lanes: &'static [u32],
    /// Events a cycle by layer.
    pub events: &'static [u32],
    /// Events of a beat of the input stream.
    pub beat_events: u32,
    /// Width of a weight.
    pub weight_bits: u32,
    /// Where the weights stand.
    pub weights: Weights,
    /// What is required.
    pub required: Required,
}

const USUAL: Row = Row {
    name: "",
    sizes: A,
    kind: Kind::Lif,
    target: "hx8k",
    lanes: &[16, 5],
    neuron_lanes: &[2, 1],
    events: &[1, 1],
    beat_events: 1,
    weight_bits: WEIGHT_BITS,
    weights: Weights::Rom,
    required: NONE,
};

const NONE: Required = Required {
    cells: None,
    mhz: None,
    us: None,
    useful: None,
};

/// Every row.
pub const ROWS: &[Row] = &[
    Row {
        name: "A on HX8K, small",
        required: Required {
            cells: Some(1_500),
            mhz: Some(160.0),
            us: Some(0.105),
            ..NONE
        },
        ..USUAL
    },
    Row {
        name: "A on HX8K, fast",
        lanes: &[32, 10],
        neuron_lanes: &[4, 2],
        required: Required {
            cells: Some(2_600),
            mhz: None,
            us: Some(0.065),
            ..NONE
        },
        ..USUAL
    },
    Row {
        name: "A on UP5K, small",
        target: "up5k",
        required: Required {
            cells: Some(1_500),
            mhz: Some(70.0),
            us: Some(0.24),
            ..NONE
        },
        ..USUAL
    },
    Row {
        name: "B on ECP5-85F, small",
        sizes: B,
        target: "ecp5-85k",
        lanes: &[64, 10],
        neuron_lanes: &[1, 1],
        required: Required {
            cells: Some(2_700),
            mhz: Some(200.0),
            us: Some(0.8),
            ..NONE
        },
        ..USUAL
    },
    Row {
        name: "B on ECP5-85F, fast",
        sizes: B,
        target: "ecp5-85k",
        lanes: &[128, 5],
        neuron_lanes: &[5, 1],
        events: &[3, 1],
        beat_events: 3,
        required: Required {
            cells: Some(6_800),
            mhz: None,
            us: Some(0.21),
            ..NONE
        },
        ..USUAL
    },
    Row {
        name: "B on UP5K from SPRAM, 8-bit weights",
        sizes: B,
        target: "up5k",
        lanes: &[8, 5],
        neuron_lanes: &[1, 1],
        weight_bits: 8,
        weights: Weights::Loaded,
        required: Required {
            mhz: Some(65.0),
            useful: Some(0.95),
            ..NONE
        },
        ..USUAL
    },
    Row {
        name: "A with ternary LIF",
        kind: Kind::Ternary,
        ..USUAL
    },
    Row {
        name: "A with GLIF, binary gates",
        kind: Kind::BinaryGlif,
        ..USUAL
    },
    Row {
        name: "A with GLIF, soft gates",
        kind: Kind::Glif,
        ..USUAL
    },
    Row {
        name: "A with KLIF",
        kind: Kind::Klif,
        ..USUAL
    },
    Row {
        name: "A with CLIF",
        kind: Kind::Clif,
        ..USUAL
    },
];

/// What was measured of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Cells and clock rate.
    pub footprint: Footprint,
    /// Cycles.
    pub timing: Timing,
    /// Parts of the neuron lanes that are multipliers.
    pub multipliers: usize,
    /// Its first layer.
    pub first: LayerPlan,
}

impl Measured {
    /// Lowest, median and highest clock rate of the seeds, in MHz.
    #[must_use]
    pub fn rates(&self) -> [f64; 3] {
        let rates = self.footprint.fmax_by_seed.iter().copied();
        [
            rates.clone().fold(f64::INFINITY, f64::min),
            self.footprint.fmax_mhz.unwrap_or_default(),
            rates.fold(0.0, f64::max),
        ]
    }

    /// Microseconds of a step at the median clock rate.
    #[must_use]
    pub fn us(&self) -> f64 {
        self.timing.interval / self.footprint.fmax_mhz.unwrap_or_default()
    }

    /// Synaptic operations of the first layer for each of its lanes, event ways and cycles: 1 is the most there can be.
    #[must_use]
    pub fn useful(&self) -> f64 {
        self.timing.events * self.first.neurons as f64
            / (f64::from(self.first.lanes * self.first.events) * self.timing.interval)
    }

    /// What is required and not reached, in words.
    #[must_use]
    pub fn misses(&self, required: &Required) -> Vec<String> {
        let (cells, us) = (self.footprint.cells, self.us());
        let mhz = self.footprint.fmax_mhz.unwrap_or_default();
        let cells = required.cells.filter(|&most| cells > most);
        let slow = required.mhz.filter(|&least| mhz < least);
        // A missing clock rate makes the time infinite.
        let late = required
            .us
            .filter(|&most| us.partial_cmp(&most).is_none_or(std::cmp::Ordering::is_gt));
        let useful = self.useful();
        let idle = required.useful.filter(|&least| useful < least);
        [
            cells.map(|most| format!("{} cells > {most}", self.footprint.cells)),
            slow.map(|least| format!("{mhz:.1} MHz < {least}")),
            late.map(|most| format!("{us:.3} us > {most}")),
            idle.map(|least| format!("{useful:.4} useful < {least}")),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// Builds, simulates, places and routes a row with nextpnr's seeds 1 to `seeds`, `jobs` at a time.
///
/// # Errors
/// Whatever stops it, in words.
pub fn measured(toolbox: &Toolbox, row: &Row, seeds: u32, jobs: usize) -> Result<Measured, String> {
    let name = if row.sizes == A { "net_a" } else { "net_b" };
    let network = network_of(name, row.sizes, row.kind, row.weight_bits)
        .map_err(|error| error.to_string())?;
    let target = target(row.target).ok_or_else(|| format!("no device {}", row.target))?;
    let list = |lanes: &[u32]| LaneChoice::PerLayer(lanes.to_vec());
    let options = DesignOptions {
        lanes: list(row.lanes),
        neuron_lanes: list(row.neuron_lanes),
        events: list(row.events),
        beat_events: row.beat_events,
        fabric: target.fabric(),
        weights: row.weights,
        ..DesignOptions::default()
    };
    let design = design(&network, &options).map_err(|error| error.to_string())?;
    let samples = samples(network.input.axons, SAMPLES, PERCENT);
    let timing = timing(&network, &design, &samples)?;
    let effort = Effort {
        seeds,
        jobs,
        constraints: Constraints::default(),
        bitstream: false,
    };
    let footprint = footprint(toolbox, &design.top, target, &effort, &|| {})
        .map_err(|error| error.to_string())?;
    let parts = design.forms.iter().flatten();
    Ok(Measured {
        footprint,
        timing,
        multipliers: parts
            .filter(|form| form.form.contains("multiplier"))
            .count(),
        first: design.plans[0].clone(),
    })
}

//! Comparison of two traces, value by value.

use std::fmt;

use goldspike_golden::trace::{LayerTrace, SampleTrace};
use serde::Serialize;

/// What differed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// The spike.
    Spike,
    /// The compared value `h`.
    Membrane,
    /// The kept state of this index (LIF: 0 is `v`).
    State(usize),
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spike => f.write_str("spike"),
            Self::Membrane => f.write_str("h"),
            Self::State(0) => f.write_str("v"),
            Self::State(index) => write!(f, "state {index}"),
        }
    }
}

/// One value that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mismatch {
    /// Sample within the stimulus.
    pub sample: usize,
    /// Time step.
    pub step: usize,
    /// Layer, from 0.
    pub layer: usize,
    /// Neuron.
    pub neuron: usize,
    /// What differs.
    pub quantity: Quantity,
    /// Golden value, raw.
    pub golden: i64,
    /// The engine's value, raw.
    pub engine: i64,
}

/// How two sets of traces compare.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// Time steps in which a layer was compared.
    pub steps: u64,
    /// Spikes compared.
    pub spikes_compared: u64,
    /// Compared values `h` compared.
    pub membranes_compared: u64,
    /// Kept states compared.
    pub states_compared: u64,
    /// Values that differ.
    pub mismatches: u64,
    /// The first of them in time, then layer, then neuron.
    pub first: Option<Mismatch>,
}

impl Comparison {
    /// Equal, and something was compared.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.mismatches == 0 && self.spikes_compared > 0
    }

    fn differs(&mut self, at: Mismatch) {
        self.mismatches += 1;
        self.first.get_or_insert(at);
    }
}

/// Compares an engine's traces with the golden ones. An engine's step may hold fewer layers than the golden one: then
/// they are the last ones (an unprobed design shows its output alone). A missing sample, step, layer or neuron counts
/// as a mismatch.
#[must_use]
pub fn compare(golden: &[SampleTrace<i64>], engine: &[SampleTrace<i64>]) -> Comparison {
    let mut result = Comparison::default();
    for sample in 0..golden.len().max(engine.len()) {
        let (expected, got) = (golden.get(sample), engine.get(sample));
        let steps = |trace: Option<&SampleTrace<i64>>| trace.map_or(0, |trace| trace.steps.len());
        for step in 0..steps(expected).max(steps(got)) {
            let at = Mismatch {
                sample,
                step,
                layer: 0,
                neuron: 0,
                quantity: Quantity::Spike,
                golden: 0,
                engine: 0,
            };
            let layers = |trace: Option<&SampleTrace<i64>>| {
                trace
                    .and_then(|trace| trace.steps.get(step))
                    .map_or(0, |step| step.layers.len())
            };
            let (expected_layers, got_layers) = (layers(expected), layers(got));
            if got_layers == 0 || got_layers > expected_layers {
                result.differs(Mismatch {
                    golden: expected_layers as i64,
                    engine: got_layers as i64,
                    ..at
                });
                continue;
            }
            result.steps += 1;
            let skipped = expected_layers - got_layers;
            if let (Some(expected), Some(got)) = (expected, got) {
                for (index, layer) in got.steps[step].layers.iter().enumerate() {
                    let at = Mismatch {
                        layer: index + skipped,
                        ..at.clone()
                    };
                    compare_layer(
                        &mut result,
                        &expected.steps[step].layers[index + skipped],
                        layer,
                        &at,
                    );
                }
            }
        }
    }
    result
}

fn compare_layer(
    result: &mut Comparison,
    golden: &LayerTrace<i64>,
    engine: &LayerTrace<i64>,
    at: &Mismatch,
) {
    let spikes = |layer: &LayerTrace<i64>| {
        layer
            .spikes
            .iter()
            .map(|&spike| i64::from(spike))
            .collect::<Vec<_>>()
    };
    result.spikes_compared += compare_values(
        result,
        &spikes(golden),
        &spikes(engine),
        at,
        Quantity::Spike,
    );
    if engine.h.is_empty() && engine.states.is_empty() {
        return;
    }
    result.membranes_compared +=
        compare_values(result, &golden.h, &engine.h, at, Quantity::Membrane);
    for index in 0..golden.states.len().max(engine.states.len()) {
        let values = |layer: &LayerTrace<i64>| layer.states.get(index).cloned().unwrap_or_default();
        result.states_compared += compare_values(
            result,
            &values(golden),
            &values(engine),
            at,
            Quantity::State(index),
        );
    }
}

fn compare_values(
    result: &mut Comparison,
    golden: &[i64],
    engine: &[i64],
    at: &Mismatch,
    quantity: Quantity,
) -> u64 {
    let at = |neuron, golden, engine| Mismatch {
        neuron,
        quantity,
        golden,
        engine,
        ..at.clone()
    };
    for (neuron, (&expected, &got)) in golden.iter().zip(engine).enumerate() {
        if expected != got {
            result.differs(at(neuron, expected, got));
        }
    }
    let compared = golden.len().min(engine.len());
    if golden.len() != engine.len() {
        result.differs(at(compared, golden.len() as i64, engine.len() as i64));
    }
    compared as u64
}

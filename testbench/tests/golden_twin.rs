//! Law: on random networks of every model the integers stay within the bound that follows their roundings, beside the same
//! integers in double precision without rounding (NUMERICS, "Faithful to what", 3), until a comparison comes out differently
//! or an overflow acts. Every layer is fed the golden model's own spikes; CLIF looks up the same tables on both sides.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by a panic"
)]

use std::collections::BTreeMap;

use goldspike_golden::arith::Arith;
use goldspike_golden::network::golden;
use goldspike_golden::quant::QuantLayer;
use goldspike_golden::trace::LayerTrace;
use goldspike_testbench::strategy::{Case, generate, rng};
use goldspike_testbench::twin::{Pair, Twin};

const NETWORKS: u64 = 1500;
/// Slack for the double-precision side, in LSBs.
const SLACK: f64 = 1e-3;

#[derive(Clone, Debug, Default)]
struct Seen {
    pairs: usize,
    followed: usize,
    rounded: usize,
    spikes: usize,
    tightest: f64,
}

/// Synaptic sums of one step of layer `l`, the bias included.
fn sums(layer: &QuantLayer, events: &[(usize, i64)]) -> Vec<i64> {
    let rows = layer.weights.chunks(layer.axons).zip(&layer.bias);
    rows.map(|(row, bias)| {
        let parts = events.iter().map(|&(axon, p)| i64::from(row[axon]) * p);
        bias + parts.sum::<i64>()
    })
    .collect()
}

fn follow(case: &Case, seen: &mut BTreeMap<&'static str, Seen>) {
    let network = &case.network;
    let program = golden(network).unwrap();
    for sample in &case.samples {
        let trace = program.run(sample);
        for (l, layer) in network.layers.iter().enumerate() {
            let mut fed = sample.steps.iter().enumerate().map(|(t, events)| {
                let spikes = |before: &LayerTrace<i64>| {
                    let fired = before.spikes.iter().enumerate();
                    fired
                        .filter(|(_, spike)| **spike != 0)
                        .map(|(n, &spike)| (n, i64::from(spike)))
                        .collect::<Vec<_>>()
                };
                match l.checked_sub(1) {
                    Some(before) => spikes(&trace.steps[t].layers[before]),
                    None => events
                        .iter()
                        .map(|e| (e.address as usize, i64::from(e.payload)))
                        .collect(),
                }
            });
            let currents: Vec<Vec<i64>> = fed.by_ref().map(|events| sums(layer, &events)).collect();
            let model = layer.neuron.model.info().name;
            for n in 0..layer.neurons {
                one_neuron(
                    layer,
                    n,
                    &currents,
                    &trace,
                    l,
                    seen.entry(model).or_default(),
                );
            }
        }
    }
}

fn one_neuron(
    layer: &QuantLayer,
    n: usize,
    currents: &[Vec<i64>],
    trace: &goldspike_golden::trace::SampleTrace<i64>,
    l: usize,
    seen: &mut Seen,
) {
    let twin = Twin::of(layer);
    let cell = |t: usize| {
        layer
            .cell(n, t, Pair::state, |raw| twin.factor(raw))
            .unwrap()
    };
    let mut state = cell(0).start(&twin);
    let mut together = true;
    for (t, sums) in currents.iter().enumerate() {
        let x = twin.align(&Pair::state(sums[n]), layer.guard_bits);
        let done = cell(t).step(&twin, &state, &x);
        let here = &trace.steps[t].layers[l];
        assert_eq!(
            (done.h.raw, done.signed_spike()),
            (here.h[n], here.spikes[n]),
            "the integers are the golden model's: {layer:#?}"
        );
        seen.pairs += 1;
        together &= !twin.parted() && !twin.overflowed();
        if together {
            seen.followed += 1;
            seen.spikes += usize::from(done.signed_spike() != 0);
            for value in done.kept.iter().chain([&done.h]) {
                assert!(
                    value.error() <= value.bound / value.unit + SLACK,
                    "step {t} neuron {n}: {value:?} of {layer:#?}"
                );
                if value.bound > 0.0 {
                    seen.rounded += 1;
                    seen.tightest = seen.tightest.max(value.error() / value.bound);
                }
            }
        }
        state = done.into_state();
    }
}

#[test]
fn integers_stay_within_the_bound_of_their_roundings_for_every_model() {
    let mut seen = BTreeMap::new();
    for seed in 0..NETWORKS {
        follow(&generate::case(&mut rng(7000 + seed)), &mut seen);
    }
    for (model, seen) in &seen {
        println!("{model:8} {seen:?}");
        assert!(
            seen.followed > 2000 && seen.rounded > 1000 && seen.spikes > 200,
            "{model}: {seen:?}"
        );
        assert!(
            seen.tightest > 0.5,
            "{model}: the bound was never nearly reached, {seen:?}"
        );
    }
    assert_eq!(seen.len(), goldspike_golden::neuron::ModelId::ALL.len());
}

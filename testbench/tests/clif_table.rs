//! The quantizer's tables of CLIF: no larger than they must be for spikes that differ from the exact sigmoid's by less than
//! 0.05 %, and what the quantizer refuses of CLIF.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs)]

use goldspike::quantize::{Options, ScaleBy, quantize};
use goldspike_golden::arith::{Real, Threshold};
use goldspike_golden::describe::{Layer, Network, Neuron};
use goldspike_golden::encoding::Encoding;
use goldspike_golden::format::QFormat;
use goldspike_golden::neuron::clif::Params;
use goldspike_golden::neuron::{Model, ModelId, Reset, State};
use goldspike_golden::quant::{Param, QuantLayer};
use goldspike_golden::table::{QuantTable, Table};
use goldspike_testbench::strategy::rng;
use proptest::prelude::RngExt;

/// Neurons of each setting; each has a current of its own, uniform within -0.3 to 1.5 in every step.
const NEURONS: u32 = 100_000;
/// `(tau, time steps)`.
const SETTINGS: [(f64, u32); 4] = [(2.0, 4), (2.0, 16), (2.0, 64), (4.0, 16)];
/// Largest share of differing spikes, in percent.
const LIMIT: f64 = 0.05;

/// `weights` is a row of one weight for each neuron. The LSBs are powers of two: segments are as wide as they may be.
fn network(tau: f64, weights: &[f64]) -> Network {
    Network {
        name: "clif".to_owned(),
        time_steps: 4,
        axons: 1,
        encoding: Encoding::Events,
        layers: vec![Layer {
            synapse: "fc0".to_owned(),
            name: "n0".to_owned(),
            axons: 1,
            neurons: weights.len(),
            weights: weights.to_vec(),
            bias: vec![0.0; weights.len()],
            weight_step: Some(1.0 / 64.0),
            neuron: Neuron::new(ModelId::Clif)
                .with("decay", Param::Layer(1.0 - 1.0 / tau))
                .with("tau", Param::Layer(tau))
                .with("v_threshold", Param::Layer(1.0)),
            amplitude: Param::Layer(1.0),
        }],
    }
}

fn quantized(tau: f64) -> QuantLayer {
    let network = quantize(&network(tau, &[1.0]), &Options::default());
    network.unwrap().network.layers.remove(0)
}

/// The neuron counted in `lsb` and with an `m` of `one`.
fn neuron(tau: f64, lsb: f64, one: f64, retain: Table<f64>, deepen: Table<f64>) -> Params<f64> {
    let wide = QFormat::signed(32, 0);
    Params {
        decay: 1.0 - 1.0 / tau,
        drop: 0,
        offset: 0.0,
        fire: Threshold::at(1.0 / lsb),
        reset: Reset::Soft,
        reset_to: 1.0 / lsb,
        retain,
        deepen,
        one,
        m_init: 0.0,
        v_init: 0.0,
        membrane: wide,
        complementary: wide,
    }
}

/// With the sigmoid itself, in real units.
fn exact(tau: f64) -> Params<f64> {
    let curve = |slope| Table {
        low: 0.0,
        high: 0.0,
        shift: 0,
        knots: Vec::new(),
        slope,
    };
    neuron(tau, 1.0, 1.0, curve(1.0 / tau), curve(1.0))
}

/// With the layer's tables, `widened` by a power of two, in the layer's LSBs.
fn tabled(tau: f64, layer: &QuantLayer, widened: u32) -> Params<f64> {
    let coefficient = f64::from(layer.neuron.coefficient.frac).exp2().recip();
    let real = |raw: i64| raw as f64;
    let table = |name: &str| widen(&layer.neuron.tables[name], widened);
    let one = f64::from(layer.neuron.formats["m"].frac).exp2();
    let retain = table("retain").convert(real, |raw| raw as f64 * coefficient);
    let deepen = table("deepen").convert(real, real);
    neuron(tau, layer.lsb(0), one, retain, deepen)
}

/// Every `2^by`-th knot.
fn widen(table: &QuantTable, by: u32) -> QuantTable {
    QuantTable {
        low: table.low,
        shift: table.shift + by,
        knots: table.knots.iter().copied().step_by(1 << by).collect(),
    }
}

/// Spikes of `a` and `b` that differ, in percent; `b` is counted in `lsb`. `a` must spike.
fn differing(a: &Params<f64>, b: &Params<f64>, lsb: f64, steps: u32) -> f64 {
    let rng = &mut rng(12);
    let start = |params: &Params<f64>| State {
        kept: params.start(),
        spike: false,
        negative: false,
    };
    let (mut differ, mut fired) = (0u32, 0u32);
    for _ in 0..NEURONS {
        let (mut at_a, mut at_b) = (start(a), start(b));
        for _ in 0..steps {
            let x: f64 = rng.random_range(-0.3..1.5);
            let (of_a, of_b) = (a.step(&Real, &at_a, &x), b.step(&Real, &at_b, &(x / lsb)));
            differ += u32::from(of_a.spike != of_b.spike);
            fired += u32::from(of_a.spike);
            (at_a, at_b) = (of_a.into_state(), of_b.into_state());
        }
    }
    let all = f64::from(NEURONS * steps);
    assert!(
        (0.1..0.9).contains(&(f64::from(fired) / all)),
        "{fired} of {all}"
    );
    100.0 * f64::from(differ) / all
}

#[test]
fn the_segments_of_a_table_are_as_wide_as_spikes_allow() {
    let mut widest = 0f64;
    for (tau, steps) in SETTINGS {
        let layer = quantized(tau);
        let lsb = layer.lsb(0);
        let retain = &layer.neuron.tables["retain"];
        let segment = f64::from(retain.shift).exp2() * lsb / tau;
        assert_eq!((segment, retain.segments()), (0.125, 128));
        assert_eq!(layer.neuron.tables["deepen"].segments(), 64);
        let exact = exact(tau);
        let [default, twice] =
            [0, 1].map(|widened| differing(&exact, &tabled(tau, &layer, widened), lsb, steps));
        println!(
            "tau {tau}, {steps} steps: {default:.4} % of spikes differ, {twice:.4} % with segments twice as wide"
        );
        assert!(default < LIMIT, "tau {tau}, {steps} steps: {default} %");
        widest = widest.max(twice);
    }
    assert!(widest >= LIMIT, "half the table would do: {widest} %");
}

#[test]
fn weight_scales_of_each_neuron_are_refused() {
    let options = Options {
        scale: ScaleBy::Channel,
        ..Options::default()
    };
    let mut network = network(2.0, &[1.0, 0.3]);
    network.layers[0].weight_step = None;
    let error = quantize(&network, &options).unwrap_err();
    assert_eq!(error.code(), "GS0513");
    assert_eq!(
        error.to_string(),
        "n0: the neurons have weight scales of their own (sums with LSBs from 4.762e-3 to 1.562e-2), and the clif neuron's table serves one scale a layer"
    );
    assert!(error.help().contains("--scale layer"), "{}", error.help());
}

#[test]
fn exact_arithmetic_is_refused() {
    let options = Options {
        exact: true,
        ..Options::default()
    };
    let error = quantize(&network(2.0, &[1.0]), &options).unwrap_err();
    assert_eq!(error.code(), "GS0514");
    assert_eq!(
        error.to_string(),
        "n0: the clif neuron's sigmoid has no exact table"
    );
    assert!(error.help().contains("--exact"), "{}", error.help());
}

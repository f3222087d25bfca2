//! Planted bugs of ALIF: the emitted Verilog is altered, and verification must fail in the right place.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs)]

use goldspike::engine::tool::IVERILOG;
use goldspike::verify::{Comparison, Mismatch, Quantity};
use goldspike_golden::encoding::Encoding;
use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::neuron::ModelId;
use goldspike_golden::quant::{Param, QuantInput, QuantLayer, QuantNetwork, QuantNeuron};
use goldspike_testbench::plain::complete;
use goldspike_testbench::planted::{replaced, sample, verify_patched};
use goldspike_testbench::tools;

/// Decay 3/4, rho 1/2, beta 6, threshold 10, an event in each step. Neuron 0 is charged to 12 (fires: b 6), 12 (6 above b:
/// silent, b 3), 21 (fires, b 8), 12 (silent); neuron 1 to 5, 9, 12 (fires).
fn network() -> QuantNetwork {
    let mut neuron = QuantNeuron::new(ModelId::Alif, QFormat::unsigned(3, 2))
        .with("decay", Param::Layer(3))
        .with("rho", Param::Layer(2))
        .with("beta", Param::Layer(6));
    complete(&mut neuron, QFormat::signed(8, 0), 10);
    QuantNetwork {
        name: "planted".to_owned(),
        time_steps: 4,
        input: QuantInput {
            axons: 1,
            payload_max: 1,
            payload_scale: 1.0,
            encoding: Encoding::Events,
        },
        layers: vec![QuantLayer {
            name: "n0".to_owned(),
            axons: 1,
            neurons: 2,
            weight_bits: 5,
            weights: vec![12, 5],
            bias: vec![0; 2],
            accumulator: QFormat::signed(6, 0),
            guard_bits: 0,
            membrane: QFormat::signed(8, 0),
            rounding: Rounding::HalfUp,
            overflow: Overflow::Saturate,
            scale: Param::Layer(1.0),
            neuron,
        }],
    }
}

fn compared(from: &'static str, to: &'static str) -> Comparison {
    let bug = replaced("_l0_lane.v", from, to);
    let patch = move |emitted: &mut _| {
        if from != to {
            bug(emitted);
        }
    };
    let samples = vec![sample(&[&[0][..]; 4])];
    verify_patched(&network(), samples, patch)
        .unwrap()
        .comparison
}

fn first(from: &'static str, to: &'static str) -> Mismatch {
    compared(from, to).first.expect("the bug is seen")
}

#[test]
fn the_unaltered_network_passes() {
    if tools::missing(IVERILOG) {
        return;
    }
    let fair = compared("", "");
    assert!(fair.passed(), "{fair:?}");
    assert_eq!((fair.spikes_compared, fair.states_compared), (8, 16));
}

#[test]
fn a_threshold_that_does_not_rise_is_caught_in_the_step_after_a_spike() {
    if tools::missing(IVERILOG) {
        return;
    }
    let at = first(
        "margin_d = h_q - b_old",
        "margin_d = h_q; wire signed [7:0] lost = b_old",
    );
    assert_eq!((at.step, at.neuron), (1, 0), "{at:?}");
    assert_eq!((at.quantity, at.golden, at.engine), (Quantity::Spike, 0, 1));
}

#[test]
fn an_adaptation_that_rises_without_a_spike_is_caught_at_once() {
    if tools::missing(IVERILOG) {
        return;
    }
    let at = first("= fire ? sum", "= 1'b1 ? sum");
    assert_eq!((at.step, at.neuron), (0, 1), "{at:?}");
    assert_eq!(
        (at.quantity, at.golden, at.engine),
        (Quantity::State(1), 0, 6)
    );
}

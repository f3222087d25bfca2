//! Planted bugs of CubaLIF: the emitted Verilog is altered, and verification must fail in the right place.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs)]

use goldspike::engine::tool::IVERILOG;
use goldspike::verify::{Mismatch, Quantity};
use goldspike_golden::encoding::Encoding;
use goldspike_golden::event::Sample;
use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::neuron::{CurrentOrder, Leak, ModelId, Modes, Reset, ResetTiming, Spikes};
use goldspike_golden::quant::{Param, QuantInput, QuantLayer, QuantNetwork, QuantNeuron};
use goldspike_testbench::plain::complete;
use goldspike_testbench::planted::{replaced, sample, verify_patched};
use goldspike_testbench::tools;

const LANE: &str = "_l0_lane.v";

/// Four neurons in two rows, membrane decay 1/2, current decay 3/4, threshold 20. With an event in each step the current of
/// neuron 0 is 8, 14, 19, 22 and that of neuron 1 is 12, 21, 28, 33; the others have none. Neuron 1 is charged to 12 and 27.
fn network(modes: Modes) -> QuantNetwork {
    let mut neuron = QuantNeuron {
        modes,
        ..QuantNeuron::new(ModelId::Cubalif, QFormat::unsigned(3, 2))
    }
    .with("decay", Param::Layer(2))
    .with("current_decay", Param::Layer(3));
    complete(&mut neuron, QFormat::signed(8, 0), 20);
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
            neurons: 4,
            weight_bits: 5,
            weights: vec![8, 12, 0, 0],
            bias: vec![0; 4],
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

const OLD_CURRENT: Modes = Modes {
    order: CurrentOrder::OldCurrent,
    ..HARD
};
const NEXT_STEP: Modes = Modes {
    reset_timing: ResetTiming::NextStep,
    ..HARD
};
const NEXT_STEP_SOFT: Modes = Modes {
    reset: Reset::Soft,
    ..NEXT_STEP
};
const HARD: Modes = Modes {
    reset: Reset::Hard,
    reset_timing: ResetTiming::SameStep,
    spikes: Spikes::Binary,
    leak: Leak::LinearUnclamped,
    order: CurrentOrder::NewCurrent,
};

fn samples() -> Vec<Sample> {
    vec![sample(&[&[0][..]; 4]), sample(&[&[0], &[], &[0]])]
}

/// The first difference with `from` replaced by `to`.
fn first(modes: Modes, from: &'static str, to: &'static str) -> Mismatch {
    let report = verify_patched(&network(modes), samples(), replaced(LANE, from, to));
    let first = report.unwrap().comparison.first;
    first.expect("the bug is seen")
}

fn at(step: usize, neuron: usize, quantity: Quantity, golden: i64, engine: i64) -> Mismatch {
    Mismatch {
        sample: 0,
        step,
        layer: 0,
        neuron,
        quantity,
        golden,
        engine,
    }
}

#[test]
fn the_unaltered_networks_pass() {
    if tools::missing(IVERILOG) {
        return;
    }
    for modes in [HARD, OLD_CURRENT, NEXT_STEP, NEXT_STEP_SOFT] {
        let report = verify_patched(&network(modes), samples(), |_| {}).unwrap();
        assert!(report.comparison.passed(), "{modes:?}: {report:?}");
        assert_eq!(report.comparison.spikes_compared, 28);
    }
}

#[test]
fn the_new_current_instead_of_the_old_one_is_caught() {
    if tools::missing(IVERILOG) {
        return;
    }
    // In the first step there is no old current.
    let (from, to) = ("leaked_q + driven_q", "leaked_q + $signed(i_sum[7:0])");
    assert_eq!(
        first(OLD_CURRENT, from, to),
        at(0, 0, Quantity::Membrane, 0, 8)
    );
}

#[test]
fn a_reset_of_the_current_is_caught_in_the_step_of_the_spike() {
    if tools::missing(IVERILOG) {
        return;
    }
    let (from, to) = ("assign i_o = ", "assign i_o = spike_q ? 8'sd0 : ");
    assert_eq!(first(HARD, from, to), at(1, 1, Quantity::State(1), 21, 0));
}

#[test]
fn a_reset_one_step_early_is_caught() {
    if tools::missing(IVERILOG) {
        return;
    }
    let (from, to) = ("assign v_o = ", "assign v_o = spike_q ? 8'sd0 : ");
    assert_eq!(
        first(NEXT_STEP, from, to),
        at(1, 1, Quantity::State(0), 27, 0)
    );
}

#[test]
fn a_charge_that_a_late_reset_does_not_replace_is_caught() {
    if tools::missing(IVERILOG) {
        return;
    }
    // R(27/2) + 28 instead of v_reset.
    let (from, to) = ("h_d = r_old_s5_q ?", "h_d = 1'b0 ?");
    assert_eq!(first(NEXT_STEP, from, to), at(2, 1, Quantity::Spike, 0, 1));
}

#[test]
fn a_late_soft_reset_that_is_missing_is_caught() {
    if tools::missing(IVERILOG) {
        return;
    }
    // 14 + 28 and 14 + 28 - 20 both fire: the charge tells.
    let (from, to) = ("r_old_s3_q ?", "1'b0 ?");
    assert_eq!(
        first(NEXT_STEP_SOFT, from, to),
        at(2, 1, Quantity::Membrane, 22, 42)
    );
}

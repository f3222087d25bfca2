//! Planted bugs of GLIF: the emitted Verilog is altered, and verification must fail in the right place.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs)]

use goldspike::engine::tool::IVERILOG;
use goldspike::verify::{EngineReport, Mismatch, Quantity};
use goldspike_golden::encoding::Encoding;
use goldspike_golden::event::Sample;
use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::neuron::ModelId;
use goldspike_golden::quant::{Param, QuantInput, QuantLayer, QuantNetwork, QuantNeuron};
use goldspike_testbench::plain::complete;
use goldspike_testbench::planted::{replaced, sample, verify_patched};
use goldspike_testbench::tools;

const LANE: &str = "_l0_lane.v";
const NEURONS: &str = "_l0_neurons.v";

/// Four neurons in two rows, factors in quarters: A 3/4 and `after`, B 0 and -2, G 1, 1/2, 1, 1/4, threshold 10. With an
/// event in each step and A 1/4 after a spike neuron 0 has h 12, 7, 17, 5 and neuron 1 has 8, 10, 9, 9; the others have 0.
fn network(after: i64) -> QuantNetwork {
    let mut neuron = QuantNeuron::new(ModelId::Glif, QFormat::unsigned(3, 2))
        .with("decay", Param::Layer(3))
        .with("decay_after_spike", Param::Layer(after))
        .with("offset_after_spike", Param::Layer(-2))
        .with(
            "conduct",
            Param::Step {
                by_step: vec![4, 2, 4, 1],
            },
        );
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
            neurons: 4,
            weight_bits: 5,
            weights: vec![12, 8, 0, 0],
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

fn events(steps: usize) -> Sample {
    sample(&vec![&[0][..]; steps])
}

/// Samples of these lengths with `from` replaced by `to`.
fn with(
    after: i64,
    lengths: &[usize],
    file: &'static str,
    from: &'static str,
    to: &'static str,
) -> EngineReport {
    let samples = lengths.iter().map(|&steps| events(steps)).collect();
    verify_patched(&network(after), samples, replaced(file, from, to)).unwrap()
}

fn first(after: i64, file: &'static str, from: &'static str, to: &'static str) -> Mismatch {
    let report = with(after, &[4, 4], file, from, to);
    report.comparison.first.expect("the bug is seen")
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
    for after in [0, 1, 3] {
        let report = verify_patched(&network(after), vec![events(4), events(3)], |_| {}).unwrap();
        assert!(report.comparison.passed(), "{after}: {report:?}");
        assert_eq!(report.comparison.spikes_compared, 28);
    }
}

#[test]
fn swapped_factors_are_caught_in_the_step_after_a_spike() {
    if tools::missing(IVERILOG) {
        return;
    }
    // 3/4 of 12 instead of 1/4: 13, not 7.
    let swapped = ("leaked_d = r_old_s4_q ?", "leaked_d = ~r_old_s4_q ?");
    assert_eq!(
        first(1, LANE, swapped.0, swapped.1),
        at(1, 0, Quantity::Spike, 0, 1)
    );
    let kept = ("v_start_d = r_old_q ?", "v_start_d = 1'b0 ?");
    assert_eq!(
        first(0, LANE, kept.0, kept.1),
        at(1, 0, Quantity::Spike, 0, 1)
    );
}

#[test]
fn swapped_offsets_are_caught_in_the_first_step() {
    if tools::missing(IVERILOG) {
        return;
    }
    let (from, to) = (
        "offset_selected_d = r_old_q ?",
        "offset_selected_d = ~r_old_q ?",
    );
    assert_eq!(
        first(1, LANE, from, to),
        at(0, 0, Quantity::Membrane, 12, 10)
    );
}

#[test]
fn a_reset_in_the_step_of_the_spike_is_caught() {
    if tools::missing(IVERILOG) {
        return;
    }
    let (from, to) = ("assign v_o = ", "assign v_o = spike_q ? 8'sd0 : ");
    assert_eq!(
        first(1, LANE, from, to),
        at(0, 0, Quantity::State(0), 12, 0)
    );
}

#[test]
fn a_spike_that_is_not_stored_is_caught() {
    if tools::missing(IVERILOG) {
        return;
    }
    let (from, to) = ("assign r_o = ", "assign r_o = 1'b0 & ");
    assert_eq!(first(1, LANE, from, to), at(1, 0, Quantity::Spike, 0, 1));
}

#[test]
fn a_sample_that_starts_at_the_second_step_is_caught() {
    if tools::missing(IVERILOG) {
        return;
    }
    // 1/2 of 12 instead of 12.
    let (from, to) = ("first_q ? 2'd0 : ", "first_q ? 2'd1 : ");
    assert_eq!(first(1, NEURONS, from, to), at(0, 0, Quantity::Spike, 1, 0));
}

#[test]
fn the_conductance_of_the_wrong_step_is_caught() {
    if tools::missing(IVERILOG) {
        return;
    }
    // All of 12 in step 1 instead of 1/2.
    let (from, to) = ("(step_place == 2'd3) ? step_place", "1'b1 ? step_place");
    assert_eq!(first(1, NEURONS, from, to), at(1, 0, Quantity::Spike, 0, 1));
}

#[test]
fn a_sample_longer_than_the_constants_keeps_the_last_and_is_flagged() {
    if tools::missing(IVERILOG) {
        return;
    }
    let fair = verify_patched(&network(1), vec![events(6), events(4)], |_| {}).unwrap();
    assert!(fair.comparison.passed(), "{fair:?}");
    let wraps = with(
        1,
        &[6],
        NEURONS,
        "(step_place == 2'd3) ? step_place",
        "1'b0 ? step_place",
    );
    // R(5 * 3/4) + R(12 / 4), not 4 + 12.
    assert_eq!(
        wraps.comparison.first,
        Some(at(4, 0, Quantity::Spike, 0, 1))
    );
    let silent = with(
        1,
        &[6],
        "_guard.v",
        "assign error_o = error_q;",
        "assign error_o = 1'b0;",
    );
    assert_eq!(silent.comparison.first, None);
    assert!(!silent.comparison.passed(), "{silent:?}");
}

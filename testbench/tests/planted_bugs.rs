//! Planted bugs: the emitted Verilog of a LIF or KLIF network is altered, and verification must fail in the right place.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs)]

use goldspike::engine::EngineError;
use goldspike::engine::tool::IVERILOG;
use goldspike::verify::{EngineReport, Mismatch, Quantity, VerifyError};
use goldspike_golden::encoding::Encoding;
use goldspike_golden::event::Sample;
use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::neuron::{ModelId, Reset, ResetTiming, Spikes};
use goldspike_golden::quant::{Param, QuantInput, QuantLayer, QuantNetwork, QuantNeuron};
use goldspike_testbench::plain::complete;
use goldspike_testbench::planted::{replaced, sample, verify_patched};
use goldspike_testbench::tools;

/// Two axons, four neurons that integrate with decay 3/4. Neuron 2 stands exactly at the threshold in step 0.
fn network() -> QuantNetwork {
    QuantNetwork {
        name: "planted".to_owned(),
        time_steps: 6,
        input: QuantInput {
            axons: 2,
            payload_max: 1,
            payload_scale: 1.0,
            encoding: Encoding::Events,
        },
        layers: vec![QuantLayer {
            name: "n0".to_owned(),
            axons: 2,
            neurons: 4,
            weight_bits: 5,
            weights: vec![3, 1, 5, -2, 0, 2, -7, 9],
            bias: vec![1, 2, 20, 3],
            accumulator: QFormat::signed(6, 0),
            guard_bits: 0,
            membrane: QFormat::signed(8, 0),
            rounding: Rounding::HalfUp,
            overflow: Overflow::Saturate,
            scale: Param::Layer(1.0),
            neuron: neuron(ModelId::Lif, 3, 3),
        }],
    }
}

/// A neuron that resets to 0 at 20; the factor in quarters, of `width` bits.
fn neuron(model: ModelId, width: u32, decay: i64) -> QuantNeuron {
    let mut neuron =
        QuantNeuron::new(model, QFormat::unsigned(width, 2)).with("decay", Param::Layer(decay));
    complete(&mut neuron, QFormat::signed(8, 0), 20);
    neuron
}

/// The same synapses on KLIF neurons of factor 5/4; neuron 3 gets more inhibition than excitation.
fn klif_network() -> QuantNetwork {
    let mut network = network();
    network.layers[0].neuron = neuron(ModelId::Klif, 4, 5);
    network
}

fn samples() -> Vec<Sample> {
    vec![
        sample(&[&[], &[0, 1], &[1], &[0], &[], &[1, 0]]),
        sample(&[&[0], &[0], &[0], &[1], &[1], &[]]),
    ]
}

/// Verification of the network with `edits` in the files whose names end with `file`; every pattern must be there.
fn verify_with(
    file: &'static str,
    edits: Vec<(&'static str, &'static str)>,
) -> Result<EngineReport, VerifyError> {
    verify_network(&network(), file, edits)
}

fn verify_network(
    network: &QuantNetwork,
    file: &'static str,
    edits: Vec<(&'static str, &'static str)>,
) -> Result<EngineReport, VerifyError> {
    verify_patched(network, samples(), move |emitted| {
        for &(from, to) in &edits {
            replaced(file, from, to)(emitted);
        }
    })
}

fn first(report: Result<EngineReport, VerifyError>) -> Mismatch {
    report.unwrap().comparison.first.expect("the bug is seen")
}

#[test]
fn the_unaltered_network_passes() {
    if tools::missing(IVERILOG) {
        return;
    }
    let report = verify_with("_lane.v", vec![]).unwrap();
    assert!(report.comparison.passed(), "{report:?}");
    assert_eq!(report.comparison.spikes_compared, 48);
}

#[test]
fn firing_above_instead_of_at_the_threshold_is_caught() {
    if tools::missing(IVERILOG) {
        return;
    }
    let at = first(verify_with(
        "_l0_lane.v",
        vec![("fire = ~margin", "fire = (|margin) & ~margin")],
    ));
    // The neuron that stands at the threshold in the very first step.
    assert_eq!((at.sample, at.step, at.layer, at.neuron), (0, 0, 0, 2));
    assert_eq!((at.quantity, at.golden, at.engine), (Quantity::Spike, 1, 0));
}

#[test]
fn a_missing_rounding_constant_is_caught() {
    if tools::missing(IVERILOG) {
        return;
    }
    let at = first(verify_with(
        "_l0_lane.v",
        vec![("{v_old_q, 2'd2}", "{v_old_q, 2'd0}")],
    ));
    // v = 1 in neuron 0 after step 0: 3/4 of it rounds up to 1, and down to 0 without the constant.
    assert_eq!((at.sample, at.step, at.layer, at.neuron), (0, 1, 0, 0));
    assert_eq!(
        (at.quantity, at.engine),
        (Quantity::Membrane, at.golden - 1)
    );
}

#[test]
fn swapped_lanes_are_caught() {
    if tools::missing(IVERILOG) {
        return;
    }
    let edits = vec![
        (".sum_i(waiting0_q)", ".sum_i(SWAP)"),
        (".sum_i(waiting1_q)", ".sum_i(waiting0_q)"),
        (".sum_i(SWAP)", ".sum_i(waiting1_q)"),
    ];
    let at = first(verify_with("_l0_neurons.v", edits));
    // Without an event only the biases count, and those come with the constants: the sums differ from step 1 on.
    assert_eq!((at.sample, at.step, at.layer, at.neuron), (0, 1, 0, 0));
}

#[test]
fn a_stuck_valid_is_caught() {
    if tools::missing(IVERILOG) {
        return;
    }
    let edits = vec![(
        "assign m_valid_o = row_valid_q;",
        "assign m_valid_o = 1'b1;",
    )];
    match verify_with("_l0_spikes.v", edits) {
        Err(VerifyError::Engine(EngineError::Protocol { message, .. })) => {
            assert!(
                message.contains("stream 0") || message.contains("output"),
                "{message}"
            );
        }
        other => panic!("a stream that is always valid: {other:?}"),
    }
}

#[test]
fn a_stuck_row_valid_is_caught() {
    if tools::missing(IVERILOG) {
        return;
    }
    let edits = vec![("assign row_valid_o = ", "assign row_valid_o = 1'b1 | ")];
    match verify_with("_l0_neurons.v", edits) {
        Err(VerifyError::Engine(EngineError::Protocol { .. } | EngineError::Hang { .. })) => {}
        Ok(report) if !report.comparison.passed() => {
            assert_eq!(report.comparison.first.map(|at| at.layer), Some(0));
        }
        other => panic!("rows that are always valid: {other:?}"),
    }
}

#[test]
fn a_missing_relu_is_caught() {
    if tools::missing(IVERILOG) {
        return;
    }
    let unaltered = verify_network(&klif_network(), "_lane.v", vec![]).unwrap();
    assert!(unaltered.comparison.passed(), "{unaltered:?}");
    assert_eq!(unaltered.comparison.spikes_compared, 48);
    let edits = vec![(
        "rectified = (charge_q < ",
        "rectified = (1'b0 & charge_q < ",
    )];
    let at = first(verify_network(&klif_network(), "_l0_lane.v", edits));
    // It fires in step 2 and starts again at 0; in step 3 its charge is 3 - 7.
    assert_eq!((at.sample, at.step, at.layer, at.neuron), (0, 3, 0, 3));
    assert_eq!((at.quantity, at.golden), (Quantity::Membrane, 0));
    assert!(at.engine < 0, "{at:?}");
}

/// Ternary spikes, soft reset: neuron 3 integrates 3 to 20 and -7 to -20 and beyond.
fn ternary(timing: ResetTiming) -> QuantNetwork {
    let mut network = network();
    let neuron = &mut network.layers[0].neuron;
    neuron.modes.spikes = Spikes::Ternary;
    neuron.modes.reset = Reset::Soft;
    neuron.modes.reset_timing = timing;
    neuron
        .constants
        .insert("fire_at".to_owned(), Param::Layer(5));
    complete(neuron, QFormat::signed(8, 0), 5);
    network
}

#[test]
fn the_wrong_sign_of_a_ternary_reset_is_caught() {
    if tools::missing(IVERILOG) {
        return;
    }
    let file = "_l0_lane.v";
    for (timing, swap) in [
        (
            ResetTiming::SameStep,
            ("fired_negative_q ? -9'sd5", "fired_negative_q ? 9'sd5"),
        ),
        (ResetTiming::NextStep, ("? -9'sd5", "? 9'sd5")),
    ] {
        let fair = verify_network(&ternary(timing), file, vec![]).unwrap();
        assert!(fair.comparison.passed(), "{timing:?}: {fair:?}");
        let at = first(verify_network(&ternary(timing), file, vec![swap]));
        assert_eq!((at.layer, at.neuron), (0, 3), "{timing:?}: {at:?}");
        // 5 with the wrong sign: in the step of the spike only the kept value shows it, one step later the next spike.
        let (quantity, golden, engine) = (at.quantity, at.golden, at.engine);
        match timing {
            ResetTiming::NextStep => {
                assert_eq!((quantity, golden, engine), (Quantity::Spike, 0, -1))
            }
            _ => assert_eq!((quantity, engine), (Quantity::State(0), golden - 10)),
        }
    }
}

#[test]
fn a_lost_sign_of_a_ternary_spike_is_caught() {
    if tools::missing(IVERILOG) {
        return;
    }
    let edits = vec![("assign negative_o = ", "assign negative_o = 1'b0 & ")];
    let at = first(verify_network(
        &ternary(ResetTiming::SameStep),
        "_l0_lane.v",
        edits,
    ));
    assert_eq!(
        (at.quantity, at.golden, at.engine),
        (Quantity::Spike, -1, 1)
    );
}

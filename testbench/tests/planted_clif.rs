//! Planted bugs of CLIF: the emitted Verilog or its tables are altered, and verification must fail in the right place.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs)]

use goldspike::emit::Emitted;
use goldspike::engine::tool::IVERILOG;
use goldspike::verify::{Mismatch, Quantity};
use goldspike_golden::encoding::Encoding;
use goldspike_golden::event::Sample;
use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::neuron::ModelId;
use goldspike_golden::quant::{Param, QuantInput, QuantLayer, QuantNetwork, QuantNeuron};
use goldspike_golden::table::QuantTable;
use goldspike_testbench::plain::complete;
use goldspike_testbench::planted::{self, edit, sample, verify_patched};
use goldspike_testbench::tools;

/// Two axons, four neurons with decay 3/4. Neuron 2 alone spikes, with bias 20, in the steps 0 and 2 of the first sample: h is
/// 20, 18 and 36, m is 16, 10 and 24, as in `cases/contract/clif.case`.
fn network() -> QuantNetwork {
    let table = |low, shift, knots: &[i64]| QuantTable {
        low,
        shift,
        knots: knots.to_vec(),
    };
    let mut neuron =
        QuantNeuron::new(ModelId::Clif, QFormat::unsigned(5, 4)).with("decay", Param::Layer(12));
    neuron
        .formats
        .insert("m".to_owned(), QFormat::unsigned(8, 4));
    neuron
        .tables
        .insert("retain".to_owned(), table(-64, 5, &[0, 4, 8, 12, 16]));
    neuron
        .tables
        .insert("deepen".to_owned(), table(16, 4, &[6, 8, 10, 11, 12]));
    complete(&mut neuron, QFormat::signed(8, 0), 20);
    QuantNetwork {
        name: "planted".to_owned(),
        time_steps: 3,
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
            neuron,
        }],
    }
}

fn samples() -> Vec<Sample> {
    vec![sample(&[&[], &[0, 1], &[1]])]
}

/// The first difference after `patch`; `None` where Icarus is missing.
fn first(patch: impl Fn(&mut Emitted) + Send + 'static) -> Option<Mismatch> {
    if tools::missing(IVERILOG) {
        return None;
    }
    let report = verify_patched(&network(), samples(), patch).unwrap();
    Some(report.comparison.first.expect("the bug is seen"))
}

/// In the lane.
fn replaced(from: &'static str, to: &'static str) -> impl Fn(&mut Emitted) + Send + 'static {
    planted::replaced("_l0_lane.v", from, to)
}

/// The memory one entry late: the last one stands twice.
fn off_by_one(ending: &'static str) -> impl Fn(&mut Emitted) + Send + 'static {
    move |emitted| {
        edit(emitted, ending, |text| {
            let lines: Vec<&str> = text.lines().collect();
            let (_, words) = lines.split_first().expect("entries");
            let shifted: Vec<&str> = words.iter().chain(words.last()).copied().collect();
            shifted.join("\n") + "\n"
        });
    }
}

fn place(at: Mismatch) -> (usize, usize, usize, usize, Quantity, i64, i64) {
    let Mismatch {
        sample,
        step,
        layer,
        neuron,
        quantity,
        golden,
        engine,
    } = at;
    (sample, step, layer, neuron, quantity, golden, engine)
}

const V: Quantity = Quantity::State(0);
const M: Quantity = Quantity::State(1);

#[test]
fn the_unaltered_network_passes() {
    if tools::missing(IVERILOG) {
        return;
    }
    let report = verify_patched(&network(), samples(), |_| {}).unwrap();
    assert!(report.comparison.passed(), "{report:?}");
    assert_eq!(report.comparison.spikes_compared, 12);
}

#[test]
fn what_m_retains_from_the_next_entry_is_caught() {
    if let Some(at) = first(off_by_one("_retain.hex")) {
        // m is 0 before the first spike; then S1(18) = 12 + 2 instead of 8 + 2.
        assert_eq!(place(at), (0, 1, 0, 2, M, 10, 14));
    }
}

#[test]
fn the_depth_of_the_reset_from_the_next_entry_is_caught() {
    if let Some(at) = first(off_by_one("_deepen.hex")) {
        // The first spike: S2(1) = 8 instead of 6.
        assert_eq!(place(at), (0, 0, 0, 2, V, -6, -8));
    }
}

#[test]
fn the_sigmoid_of_h_after_the_reset_is_caught() {
    let patch = replaced(
        "m_awake_s4_q ? h_q",
        "m_awake_s4_q ? (h_q >= 8'sd20 ? h_q - 8'sd20 : h_q)",
    );
    if let Some(at) = first(patch) {
        // The first spike with an m above 0: S1(16) = 10 instead of S1(36) = 13.
        assert_eq!(place(at), (0, 2, 0, 2, M, 24, 22));
    }
}

#[test]
fn an_m_without_this_spike_in_the_reset_is_caught() {
    let patch = replaced("? m_q : ", "? m_q - 8'd16 : ");
    if let Some(at) = first(patch) {
        // At the first spike m is 1, where the table begins; at the second S2(8/16) = 6 instead of S2(24/16) = 7.
        assert_eq!(place(at), (0, 2, 0, 2, V, 9, 10));
    }
}

#[test]
fn an_m_path_that_never_wakes_is_caught() {
    let patch = replaced("m_awake_s4_q ? h_q", "1'b0 ? h_q");
    if let Some(at) = first(patch) {
        // S1(0) = 8 instead of S1(18) = 10.
        assert_eq!(place(at), (0, 1, 0, 2, M, 10, 8));
    }
}

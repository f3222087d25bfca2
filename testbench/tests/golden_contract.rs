//! What breaks the arithmetic contract is refused with the place and the exact numbers, and the accumulator's range is
//! attained at both ends.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by a panic"
)]

use goldspike_golden::contract::{ContractError, Problem, accumulator_range};
use goldspike_golden::encoding::Encoding;
use goldspike_golden::event::{Event, Sample};
use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::network::golden;
use goldspike_golden::neuron::info::Presence;
use goldspike_golden::neuron::{ModelId, Reset, ResetTiming, Spikes, registry};
use goldspike_golden::quant::{Param, Payloads, QuantInput, QuantLayer, QuantNetwork, QuantNeuron};
use goldspike_testbench::small::Small;
use goldspike_testbench::strategy::{config, quant_network};
use proptest::prelude::*;

fn lif() -> QuantNeuron {
    QuantNeuron::new(ModelId::Lif, QFormat::unsigned(9, 8))
        .with("decay", Param::Layer(230))
        .with("offset", Param::Layer(0))
        .with("fire_at", Param::Layer(20))
        .with("v_reset", Param::Layer(0))
        .with("v_init", Param::Layer(0))
}

/// Forgets everything and never resets: `h` is the sum.
fn forgets(coefficient: QFormat) -> QuantNeuron {
    let mut neuron = lif().with("decay", Param::Layer(0));
    neuron.coefficient = coefficient;
    neuron.modes.reset = Reset::None;
    neuron.constants.remove("v_reset");
    neuron
}

/// Three axons, two neurons, then two neurons, one neuron.
fn network() -> QuantNetwork {
    let layer = |name: &str, axons: usize, neurons: usize, weights: &[i32]| QuantLayer {
        name: name.to_owned(),
        axons,
        neurons,
        weight_bits: 4,
        weights: weights.to_vec(),
        bias: vec![1; neurons],
        accumulator: QFormat::signed(10, 4),
        guard_bits: 2,
        membrane: QFormat::signed(8, 6),
        rounding: Rounding::HalfUp,
        overflow: Overflow::Saturate,
        scale: Param::Layer(0.5),
        neuron: lif(),
    };
    QuantNetwork {
        name: "small".to_owned(),
        time_steps: 4,
        input: QuantInput {
            axons: 3,
            payload_max: 15,
            payload_scale: 0.0625,
            encoding: Encoding::Direct {
                scale: 0.0625,
                max: 15,
            },
        },
        layers: vec![
            layer("n0", 3, 2, &[7, -8, 3, 1, 2, -3]),
            layer("n1", 2, 1, &[5, -1]),
        ],
    }
}

fn refused(edit: impl FnOnce(&mut QuantNetwork)) -> ContractError {
    let mut network = network();
    edit(&mut network);
    let error = network.validate().expect_err("the network was accepted");
    assert_eq!(
        golden(&network).expect_err("the golden model was built"),
        error
    );
    error
}

fn in_layer(index: usize, edit: impl FnOnce(&mut QuantLayer)) -> String {
    refused(|network| edit(&mut network.layers[index])).to_string()
}

fn in_lif(edit: impl FnOnce(&mut QuantNeuron)) -> String {
    in_layer(0, |layer| edit(&mut layer.neuron))
}

fn set(neuron: &mut QuantNeuron, name: &str, value: Param<i64>) {
    neuron.constants.insert(name.to_owned(), value);
}

fn klif() -> QuantNeuron {
    let mut neuron = QuantNeuron::new(ModelId::Klif, QFormat::unsigned(6, 4))
        .with("decay", Param::Layer(21))
        .with("offset", Param::Layer(0))
        .with("fire_at", Param::Layer(40))
        .with("reset_by", Param::Layer(40))
        .with("v_init", Param::Layer(0));
    neuron.modes.reset = Reset::Soft;
    neuron.scales.insert("h".to_owned(), Param::Layer(1.25));
    neuron
}

fn in_klif(edit: impl FnOnce(&mut QuantNeuron)) -> String {
    let mut klif = klif();
    edit(&mut klif);
    in_layer(0, |layer| layer.neuron = klif)
}

#[test]
fn klif_parameters() {
    let mut legal = network();
    legal.layers[0].neuron = klif();
    assert_eq!(legal.validate(), Ok(()));
    for (message, expected) in [
        (
            in_klif(|k| k.coefficient = QFormat::unsigned(25, 4)),
            "layer `n0`: `coefficient.width` is 25, must be within 1 to 24",
        ),
        (
            in_klif(|k| k.coefficient = QFormat::unsigned(6, 6)),
            "layer `n0`: `coefficient.frac` is 6, must be within 0 to 5",
        ),
        (
            in_klif(|k| k.coefficient = QFormat::signed(6, 4)),
            "layer `n0`: `coefficient` is I2F4, must be unsigned",
        ),
        (
            in_klif(|k| set(k, "decay", Param::Layer(64))),
            "layer `n0`: `decay` is 64, must be within 0 to 63",
        ),
        (
            in_klif(|k| set(k, "fire_at", Param::Layer(0))),
            "layer `n0`: `fire_at` is 0, must be within 1 to 127",
        ),
        (
            in_klif(|k| set(k, "v_init", Param::Neuron(vec![0, -129]))),
            "layer `n0`: `v_init` entry 1 is -129, must be within -128 to 127",
        ),
        (
            in_klif(|k| {
                k.scales.insert("h".to_owned(), Param::Layer(0.0));
            }),
            "layer `n0`: `scales` is 0, must be finite and above 0",
        ),
        (
            in_klif(|k| k.modes.reset_timing = ResetTiming::NextStep),
            "layer `n0`: `reset_timing` is set to what the model `klif` does not have with its other switches",
        ),
    ] {
        assert_eq!(message, expected);
    }
}

/// A constant that the modes need is there, one that they do not need is not, and no other name is known.
#[test]
fn constants_are_there_if_they_are_read() {
    for (message, expected) in [
        (
            in_lif(|lif| {
                lif.constants.remove("v_reset");
            }),
            "layer `n0`: `v_reset` is missing",
        ),
        (
            in_lif(|lif| set(lif, "reset_by", Param::Layer(20))),
            "layer `n0`: `reset_by` is there, and nothing reads it with these switches",
        ),
        (
            in_lif(|lif| lif.modes.reset = Reset::Soft),
            "layer `n0`: `reset_by` is missing",
        ),
        (
            in_lif(|lif| set(lif, "leak", Param::Layer(1))),
            "layer `n0`: `leak` is there, and nothing reads it with these switches",
        ),
        (
            in_lif(|lif| set(lif, "decays", Param::Layer(1))),
            "layer `n0`: `constants` names \"decays\", which the model does not have",
        ),
        (
            in_lif(|lif| {
                let by_step = vec![1, 2];
                set(lif, "decay", Param::Step { by_step });
            }),
            "layer `n0`: `decay` depends on the step, which this model cannot",
        ),
        (
            in_lif(|lif| lif.refractory = 65_536),
            "layer `n0`: `refractory` is 65536, must be within 0 to 65535",
        ),
    ] {
        assert_eq!(message, expected);
    }
}

/// For every model, mode and constant of the tables: without a constant that the modes need there is no golden model.
#[test]
fn every_constant_of_every_model_is_needed() {
    let mut removed = 0;
    for &model in ModelId::ALL {
        for modes in model.info().modes.combinations() {
            let small = Small {
                model,
                modes,
                per_step: true,
                ..Small::default()
            };
            let network = small.network();
            assert_eq!(network.validate(), Ok(()), "{small:?}");
            for row in model.info().constants {
                let mut without = network.clone();
                let found = without.layers[0].neuron.constants.remove(row.name);
                let optional = matches!(row.presence, Presence::Optional);
                assert_eq!(
                    without.validate().is_ok(),
                    found.is_none() || optional,
                    "{} of {model:?} {modes:?}",
                    row.name
                );
                removed += usize::from(found.is_some());
            }
        }
    }
    assert!(removed > 100, "{removed} constants");
}

#[test]
fn the_untouched_network_is_legal() {
    assert_eq!(network().validate(), Ok(()));
    // (1 + 3) * 15 * 2^2 and the bias still fit; nothing is pending ever.
    let mut most = network();
    let lif = &mut most.layers[0].neuron;
    lif.modes.reset_timing = ResetTiming::SameStepGuarded;
    set(lif, "fire_at", Param::Layer(127));
    set(lif, "pending_at", Param::Layer(128));
    set(lif, "v_init", Param::Neuron(vec![-128, 127]));
    assert_eq!(most.validate(), Ok(()));
}

#[test]
fn errors_carry_layer_field_and_numbers() {
    let error = refused(|network| {
        let neuron = &mut network.layers[1].neuron;
        set(neuron, "fire_at", Param::Neuron(vec![128]));
    });
    let expected = ContractError {
        layer: Some("n1".to_owned()),
        field: "fire_at",
        problem: Problem::Range {
            index: Some(0),
            value: 128,
            low: 1,
            high: 127,
        },
    };
    assert_eq!(error, expected);
    assert_eq!(
        error.to_string(),
        "layer `n1`: `fire_at` entry 0 is 128, must be within 1 to 127"
    );
}

#[test]
fn the_network_and_its_input_are_checked() {
    let message = |edit: fn(&mut QuantNetwork)| refused(edit).to_string();
    assert_eq!(
        message(|network| network.name = "a b".to_owned()),
        "`name` is \"a b\", must be one or more letters, digits, `_`, `-` or `.`"
    );
    assert_eq!(
        message(|network| network.time_steps = 0),
        "`time_steps` is 0, must be within 1 to 4294967295"
    );
    assert_eq!(
        message(|network| network.input.axons = 0),
        "`input.axons` is 0, must be within 1 to 4294967295"
    );
    assert_eq!(
        message(|network| network.input.payload_max = 14),
        "`input.payload_max` is 14, must be within 15 to 2147483647"
    );
    assert_eq!(
        message(|network| network.input.payload_scale = f64::INFINITY),
        "`input.payload_scale` is inf, must be finite and above 0"
    );
    assert_eq!(
        message(|network| network.layers.clear()),
        "`layers` is 0, must be within 1 to 4294967295"
    );
    assert_eq!(
        message(|network| network.input.axons = 4),
        "layer `n0`: `axons` is 3, must be 4"
    );
    assert_eq!(
        message(|network| network.layers[1].name = "n0".to_owned()),
        "layer `n0`: `name` \"n0\" is the name of an earlier layer"
    );
}

#[test]
fn layers_are_checked() {
    assert_eq!(
        in_layer(1, |layer| layer.axons = 3),
        "layer `n1`: `axons` is 3, must be 2"
    );
    assert_eq!(
        in_layer(0, |layer| layer.weight_bits = 17),
        "layer `n0`: `weight_bits` is 17, must be within 1 to 16"
    );
    assert_eq!(
        in_layer(0, |layer| layer.weight_bits = 0),
        "layer `n0`: `weight_bits` is 0, must be within 1 to 16"
    );
    assert_eq!(
        in_layer(0, |layer| layer.weights.truncate(5)),
        "layer `n0`: `weights` has 5 entries, needs 6"
    );
    assert_eq!(
        in_layer(0, |layer| layer.bias.push(0)),
        "layer `n0`: `bias` has 3 entries, needs 2"
    );
    assert_eq!(
        in_layer(0, |layer| layer.weights[4] = 8),
        "layer `n0`: `weights` entry 4 is 8, must be within -8 to 7"
    );
    assert_eq!(
        in_layer(0, |layer| (layer.weight_bits, layer.weights) =
            (1, vec![1, -1, 1, 0, 1, 1])),
        "layer `n0`: `weights` entry 3 is 0, a 1-bit weight is -1 or 1"
    );
    assert_eq!(
        in_layer(0, |layer| layer.membrane.signed = false),
        "layer `n0`: `membrane` is U2F6, must be signed"
    );
    assert_eq!(
        in_layer(0, |layer| layer.membrane.width = 3),
        "layer `n0`: `membrane.width` is 3, must be within 4 to 32"
    );
    assert_eq!(
        in_layer(0, |layer| layer.membrane.width = 33),
        "layer `n0`: `membrane.width` is 33, must be within 4 to 32"
    );
    assert_eq!(
        in_layer(0, |layer| layer.membrane.frac = 300),
        "layer `n0`: `membrane.frac` is 300, must be within -256 to 256"
    );
    assert_eq!(
        in_layer(0, |layer| layer.scale = Param::Neuron(vec![1.0, 0.0])),
        "layer `n0`: `scale` entry 1 is 0, must be finite and above 0"
    );
    assert_eq!(
        in_layer(0, |layer| layer.scale = Param::Neuron(vec![1.0])),
        "layer `n0`: `scale` has 1 entries, needs 2"
    );
}

#[test]
fn accumulators_are_checked() {
    // Rows: 1 + 15 * (7 + 3) = 151, 1 - 15 * 8 = -119.
    assert_eq!(
        accumulator_range(&network().layers[0], Payloads::unsigned(15)),
        (-119, 151)
    );
    assert_eq!(
        in_layer(0, |layer| layer.accumulator.width = 8),
        "layer `n0`: `accumulator` I4F4 (8 bits) holds -128 to 127, the rows reach -119 to 151"
    );
    assert_eq!(
        in_layer(0, |layer| layer.accumulator.frac = 5),
        "layer `n0`: `accumulator.frac` is 5, must be 4"
    );
    assert_eq!(
        in_layer(0, |layer| layer.accumulator.signed = false),
        "layer `n0`: `accumulator` is U6F4, must be signed"
    );
    assert_eq!(
        in_layer(0, |layer| layer.accumulator.width = 62),
        "layer `n0`: `accumulator.width` is 62, must be within 1 to 61"
    );
    assert_eq!(
        in_layer(0, |layer| (layer.guard_bits, layer.accumulator.frac) =
            (62, -56)),
        "layer `n0`: `guard_bits` is 62, must be within -61 to 61"
    );
    assert_eq!(
        in_layer(0, |layer| (layer.guard_bits, layer.accumulator.frac) =
            (53, -47)),
        "layer `n0`: `guard_bits` aligns a sum to 62 bits, the limit is 61"
    );
    assert_eq!(
        in_layer(0, |layer| layer.bias[1] = i64::MAX),
        "layer `n0`: `accumulator` I6F4 (10 bits) holds -512 to 511, the rows reach -119 to 9223372036854775807"
    );
}

#[test]
fn neuron_constants_are_checked() {
    assert_eq!(
        in_lif(|lif| lif.coefficient.signed = true),
        "layer `n0`: `coefficient` is I1F8, must be unsigned"
    );
    assert_eq!(
        in_lif(|lif| lif.coefficient = QFormat::unsigned(25, 24)),
        "layer `n0`: `coefficient.width` is 25, must be within 1 to 24"
    );
    assert_eq!(
        in_lif(|lif| lif.coefficient.frac = 9),
        "layer `n0`: `coefficient.frac` is 9, must be within 0 to 8"
    );
    assert_eq!(
        in_lif(|lif| set(lif, "decay", Param::Layer(257))),
        "layer `n0`: `decay` is 257, must be within 0 to 256"
    );
    assert_eq!(
        in_lif(|lif| set(lif, "decay", Param::Layer(-1))),
        "layer `n0`: `decay` is -1, must be within 0 to 256"
    );
    assert_eq!(
        in_lif(|lif| set(lif, "fire_at", Param::Layer(0))),
        "layer `n0`: `fire_at` is 0, must be within 1 to 127"
    );
    assert_eq!(
        in_lif(|lif| {
            lif.modes.reset_timing = ResetTiming::SameStepGuarded;
            set(lif, "pending_at", Param::Layer(129));
        }),
        "layer `n0`: `pending_at` is 129, must be within -128 to 128"
    );
    assert_eq!(
        in_lif(|lif| {
            lif.modes.reset = Reset::Soft;
            set(lif, "reset_by", Param::Layer(128));
        }),
        "layer `n0`: `reset_by` is 128, must be within -128 to 127"
    );
    assert_eq!(
        in_lif(|lif| set(lif, "v_reset", Param::Layer(-129))),
        "layer `n0`: `v_reset` is -129, must be within -128 to 127"
    );
    assert_eq!(
        in_lif(|lif| set(lif, "v_init", Param::Neuron(vec![0, 200]))),
        "layer `n0`: `v_init` entry 1 is 200, must be within -128 to 127"
    );
    assert_eq!(
        in_lif(|lif| set(lif, "offset", Param::Layer(128))),
        "layer `n0`: `offset` is 128, must be within -128 to 127"
    );
    assert_eq!(
        in_lif(|lif| set(lif, "v_init", Param::Neuron(vec![]))),
        "layer `n0`: `v_init` has 0 entries, needs 2"
    );
    // A symmetric membrane never holds its lowest code.
    assert_eq!(
        in_layer(0, |layer| {
            layer.overflow = Overflow::SaturateSymmetric;
            set(&mut layer.neuron, "v_reset", Param::Layer(-128));
        }),
        "layer `n0`: `v_reset` is -128, must be within -127 to 127"
    );
}

#[test]
fn ternary_spikes_have_no_guarded_reset() {
    assert_eq!(
        in_lif(|lif| {
            lif.modes.spikes = Spikes::Ternary;
            lif.modes.reset_timing = ResetTiming::SameStepGuarded;
        }),
        "layer `n0`: `reset_timing` is set to what the model `lif` does not have with its other switches"
    );
}

/// A ternary layer's spikes reach `b +- sum of |w|` of the next one, and the contract asks for that.
#[test]
fn the_range_of_a_layer_fed_by_ternary_spikes_is_attained_at_both_ends() {
    let mut network = network();
    let row =
        |layer: &QuantLayer, n: usize| layer.weights[n * layer.axons..][..layer.axons].to_vec();
    let second = &network.layers[1];
    let reach = |n: usize| {
        row(second, n)
            .iter()
            .map(|w| i64::from(w.abs()))
            .sum::<i64>()
    };
    let low = (0..second.neurons).map(|n| second.bias[n] - reach(n)).min();
    let high = (0..second.neurons).map(|n| second.bias[n] + reach(n)).max();
    let ends = accumulator_range(second, Payloads::TERNARY);
    assert_eq!((Some(ends.0), Some(ends.1)), (low, high));
    let of_binary = accumulator_range(second, Payloads::SPIKES);
    assert!(
        ends.0 < of_binary.0,
        "a negative spike reaches further down"
    );

    // One axon drives the first layer to +1 and -1 in turn; the second forgets.
    let (axons, second_row) = (second.axons, row(second, 0));
    network.layers[1].neuron = forgets(network.layers[1].neuron.coefficient);
    network.layers[1].guard_bits = 0;
    network.layers[1].membrane = QFormat::signed(32, 0);
    network.layers[1].accumulator = QFormat::signed_for(ends.0, ends.1, 0);
    let bias = network.layers[1].bias[0];
    let expected = bias + second_row.iter().map(|w| i64::from(w.abs())).sum::<i64>();
    let first = &mut network.layers[0];
    first.weights = (0..axons)
        .flat_map(|n| {
            let sign = if second_row[n] < 0 { -1 } else { 1 };
            (0..first.axons).map(move |axon| if axon == 0 { sign } else { 0 })
        })
        .collect();
    first.bias = vec![0; axons];
    first.guard_bits = 0;
    first.accumulator = QFormat::signed(6, first.membrane.frac);
    first.neuron = forgets(first.neuron.coefficient).with("fire_at", Param::Layer(1));
    first.neuron.modes.spikes = Spikes::Ternary;
    let trace = golden(&network).unwrap().run(&Sample {
        steps: vec![vec![Event {
            address: 0,
            payload: 15,
        }]],
    });
    assert_eq!(trace.steps[0].layers[1].h[0], expected);
}

/// The tables of every model fit its step: a trace has its states, and a refractory period adds one.
#[test]
fn every_model_keeps_the_states_of_its_table() {
    for &model in ModelId::ALL {
        let info = model.info();
        for refractory in [0, 3] {
            let small = Small {
                model,
                modes: info.modes.first(),
                refractory,
                ..Small::default()
            };
            let network = small.network();
            let trace = golden(&network).unwrap().run(&silent());
            for (layer, done) in network.layers.iter().zip(&trace.steps[0].layers) {
                let states = info.states.len() + usize::from(refractory > 0);
                assert_eq!(done.states.len(), states, "{model:?}");
                assert_eq!(layer.neuron.states().count(), states, "{model:?}");
            }
        }
    }
}

#[test]
fn every_model_is_in_the_registry() {
    assert_eq!(registry().count(), ModelId::ALL.len());
    for info in registry() {
        assert!(
            !info.kinds.is_empty() && !info.parameters.is_empty() && !info.equations.is_empty()
        );
        assert!(info.kinds.iter().any(|kind| kind.name == info.name));
        assert!(info.states.first().is_some_and(|state| state.name == "v"));
    }
}

fn silent() -> Sample {
    Sample {
        steps: vec![Vec::new()],
    }
}

proptest! {
    #![proptest_config(config(300, "proptest-regressions/golden_contract.txt"))]

    /// The range is exact: the events that pick a row's positive (negative) weights at the full payload reach its end.
    #[test]
    fn the_accumulator_range_is_attained_at_both_ends(network in quant_network()) {
        let layer = &network.layers[0];
        let pmax = network.input.payload_max;
        let ends = accumulator_range(layer, network.input.payloads());
        let row = |n: usize| &layer.weights[n * layer.axons..(n + 1) * layer.axons];
        let reach = |n: usize, sign: i64| {
            let picked = row(n).iter().map(|&w| i64::from(w)).filter(|w| w * sign > 0);
            layer.bias[n] + picked.sum::<i64>() * i64::from(pmax)
        };
        prop_assert_eq!(ends.0, (0..layer.neurons).map(|n| reach(n, -1)).min().unwrap());
        prop_assert_eq!(ends.1, (0..layer.neurons).map(|n| reach(n, 1)).max().unwrap());

        // The golden crossbar gives exactly that sum: read it back as h through a membrane that forgets.
        let mut wide = network.clone();
        wide.layers.truncate(1);
        let probe = &mut wide.layers[0];
        prop_assume!(probe.accumulator.width <= 32);
        (probe.membrane, probe.guard_bits) = (QFormat::signed(32, probe.accumulator.frac), 0);
        let coefficient = QFormat::unsigned(1, 0);
        probe.neuron = forgets(coefficient);
        let program = golden(&wide).unwrap();
        for (sign, end) in [(-1, ends.0), (1, ends.1)] {
            let n = (0..layer.neurons).find(|&n| reach(n, sign) == end).unwrap();
            let events = row(n).iter().enumerate().filter(|(_, w)| i64::from(**w) * sign > 0);
            let events = events.map(|(axon, _)| Event { address: axon as u32, payload: pmax as i32 }).collect();
            let trace = program.run(&Sample { steps: vec![events] });
            prop_assert_eq!(trace.steps[0].layers[0].h[n], end);
        }
    }
}

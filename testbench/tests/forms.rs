//! The cheapest circuits compute what the general ones do, bit for bit, and leave out only what cannot act.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "helpers of tests"
)]

mod adversary;

use std::collections::BTreeMap;
use std::path::Path;

use goldspike::emit;
use goldspike::engine::{Engine, Rtl, RustHdl, Stalls, Stimulus, Subject};
use goldspike::quantize::bounds;
use goldspike::rtl::{DesignOptions, Forms, design};
use goldspike::verify::verify_engine;
use goldspike_golden::arith::{Arith, Raw};
use goldspike_golden::contract::accumulator_range;
use goldspike_golden::encoding::Encoding;
use goldspike_golden::event::{Event, Sample};
use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::neuron::{ModelId, Reset, ResetTiming, Spikes};
use goldspike_golden::quant::{Param, Payloads, QuantInput, QuantLayer, QuantNetwork, QuantNeuron};
use goldspike_testbench::designs;
use goldspike_testbench::strategy::{self, Case, generate};

const FRAC: u32 = 6;

/// Neurons without events that start at every value of an 8-bit membrane and leak by `factor`.
fn leaks(factor: i64, rounding: Rounding) -> QuantNetwork {
    let membrane = QFormat::signed(8, 0);
    let starts: Vec<i64> = (membrane.min()..=membrane.max()).collect();
    let neuron = QuantNeuron::new(ModelId::Lif, QFormat::unsigned(FRAC + 1, FRAC as i32));
    let mut neuron = neuron
        .with("decay", Param::Layer(factor))
        .with("offset", Param::Layer(0))
        .with("fire_at", Param::Layer(membrane.max()))
        .with("v_init", Param::Neuron(starts.clone()));
    neuron.modes.reset = Reset::None;
    let layer = QuantLayer {
        name: "n0".to_owned(),
        axons: 1,
        neurons: starts.len(),
        weight_bits: 2,
        weights: vec![1; starts.len()],
        bias: vec![0; starts.len()],
        accumulator: QFormat::signed(2, 0),
        guard_bits: 0,
        membrane,
        rounding,
        overflow: Overflow::Saturate,
        scale: Param::Layer(1.0),
        neuron,
    };
    network(layer)
}

fn network(mut layer: QuantLayer) -> QuantNetwork {
    let (low, high) = accumulator_range(&layer, Payloads::SPIKES);
    layer.accumulator = QFormat::signed_for(low, high, layer.membrane.frac - layer.guard_bits);
    QuantNetwork {
        name: "forms".to_owned(),
        time_steps: 1,
        input: QuantInput {
            axons: layer.axons,
            payload_max: 1,
            payload_scale: 1.0,
            encoding: Encoding::Events,
        },
        layers: vec![layer],
    }
}

fn with(forms: Forms) -> DesignOptions {
    DesignOptions {
        probe: true,
        forms,
        ..DesignOptions::default()
    }
}

/// `h` of the first step without events, on the circuit.
fn first_h(network: &QuantNetwork, forms: Forms) -> Vec<i64> {
    let design = design(network, &with(forms)).unwrap();
    let subject = Subject {
        network,
        design: &design,
    };
    let stimulus = Stimulus {
        samples: vec![Sample {
            steps: vec![Vec::new()],
        }],
        stalls: Stalls::NONE,
    };
    let outcome = Rtl(RustHdl).run(subject, &stimulus).unwrap();
    outcome.traces[0].steps[0].layers[0].h.clone()
}

/// `floor(factor * v / 2^6)` and so on, written out.
fn rounded(product: i64, rounding: Rounding) -> i64 {
    let (floor, rest) = (product >> FRAC, product & ((1 << FRAC) - 1));
    let half = 1 << (FRAC - 1);
    let up = match rounding {
        Rounding::Floor => false,
        Rounding::ToZero => product < 0 && rest > 0,
        Rounding::HalfUp => rest >= half,
        Rounding::HalfEven => rest > half || (rest == half && floor & 1 == 1),
    };
    floor + i64::from(up)
}

#[test]
fn every_factor_times_every_value_is_the_exact_product_rounded_once() {
    let mut kinds = BTreeMap::<String, u32>::new();
    let mut values = 0;
    for factor in 0..=1i64 << FRAC {
        for rounding in Rounding::ALL {
            let network = leaks(factor, rounding);
            let starts = network.layers[0]
                .neuron
                .constant("v_init")
                .values()
                .to_vec();
            let wanted: Vec<i64> = starts
                .iter()
                .map(|v| rounded(factor * v, rounding))
                .collect();
            for forms in [Forms::Cheapest, Forms::General] {
                assert_eq!(
                    first_h(&network, forms),
                    wanted,
                    "{factor} {rounding:?} {forms:?}"
                );
                values += wanted.len();
            }
            let made = design(&network, &with(Forms::Cheapest)).unwrap();
            let product = made.forms[0].iter().find(|form| form.part == "product");
            *kinds.entry(product.unwrap().form.clone()).or_default() += 1;
        }
    }
    println!("{values} values, {kinds:?}");
    assert_eq!(values, 65 * 4 * 2 * 256);
    // 0; the seven powers of two from 2^-6 to 1; no factor of 7 bits has more than four signed digits.
    let count = |form: &str| kinds.get(form).copied().unwrap_or(0);
    assert_eq!((count("nothing"), count("shift")), (4, 7 * 4), "{kinds:?}");
    assert!(
        [
            "1 shifted addition",
            "2 shifted additions",
            "3 shifted additions"
        ]
        .iter()
        .all(|form| count(form) > 0)
    );
}

/// `v - R(v 2^-k)` is another neuron than `R(v (1 - 2^-k))`: the circuit is not it.
#[test]
fn a_decay_is_not_the_value_less_its_rounded_part() {
    for (rounding, different) in [(Rounding::HalfUp, 32), (Rounding::Floor, 96)] {
        let k = 2;
        let factor = (1 << FRAC) - (1 << (FRAC - k));
        let network = leaks(factor, rounding);
        let starts = network.layers[0]
            .neuron
            .constant("v_init")
            .values()
            .to_vec();
        let h = first_h(&network, Forms::Cheapest);
        let popular = |v: i64| v - rounded(v << (FRAC - k), rounding);
        let pairs = starts.iter().zip(&h).filter(|(v, _)| **v >= 0);
        assert_eq!(
            pairs.filter(|(v, h)| popular(**v) != **h).count(),
            different,
            "{rounding:?}"
        );
    }
}

/// Everything that lifts a neuron for a time, everything that pulls it down, and both in turn.
fn adversarial(layer: &QuantLayer, payload_max: u32, steps: usize) -> Vec<Sample> {
    let rows: Vec<&[i32]> = layer.weights.chunks(layer.axons).collect();
    let extreme = |row: &[i32], up: bool| -> Vec<Event> {
        let events = (0u32..)
            .zip(row)
            .filter(|&(_, &w)| if up { w > 0 } else { w < 0 });
        let payload = payload_max.cast_signed();
        events
            .map(|(address, _)| Event { address, payload })
            .collect()
    };
    let mut samples = Vec::new();
    for row in [rows[0], rows[rows.len() - 1]] {
        for up in [false, true] {
            for period in [1, steps / 2, steps] {
                let at = |t: usize| extreme(row, up ^ ((t / period.max(1)) % 2 == 1));
                samples.push(Sample {
                    steps: (0..steps).map(at).collect(),
                });
            }
        }
    }
    samples
}

/// Constants that make the cheap circuits possible, now and then, in a network that stays legal.
fn plainer(network: &QuantNetwork, seed: u64) -> QuantNetwork {
    let mut changed = network.clone();
    for (index, layer) in changed.layers.iter_mut().enumerate() {
        let draw = (seed >> (4 * index)) & 15;
        let frac = layer.neuron.coefficient.frac.unsigned_abs();
        let one = 1i64 << frac;
        let factor = match draw {
            0 => Some(0),
            1 => Some(one),
            2 => Some(one / 2),
            3 => Some(one - (one >> 3)),
            4 => Some(one / 4 * 3),
            5 => Some(((one as u64 * 37_449) >> 16) as i64),
            _ => None,
        };
        if let Some(factor) = factor {
            for name in ["decay", "decay_after_spike", "current_decay"] {
                if let Some(values) = layer.neuron.constants.get_mut(name) {
                    *values = Param::Layer(factor);
                }
            }
        }
        if draw.is_multiple_of(3) {
            layer.membrane.width = 32;
        }
        if (draw + 4).is_multiple_of(5) {
            let most = layer.membrane.max();
            layer
                .neuron
                .constants
                .insert("fire_at".to_owned(), Param::Layer(most));
            if let Some(pending) = layer.neuron.constants.get_mut("pending_at") {
                *pending = Param::Layer(most);
            }
        }
        layer.accumulator.frac = layer.membrane.frac - layer.guard_bits;
    }
    if changed.validate().is_ok() {
        changed
    } else {
        network.clone()
    }
}

#[test]
fn both_forms_equal_the_golden_model_on_random_and_adversarial_input() {
    let mut kinds = BTreeMap::<String, u64>::new();
    let mut models = BTreeMap::<ModelId, u64>::new();
    let mut values = 0;
    let networks = goldspike_testbench::cross_check::cases(400, 2500);
    for seed in 0..u64::from(networks) {
        let case = generate::case(&mut strategy::rng(seed ^ 0xF0F0));
        let mut case = Case {
            network: plainer(&case.network, strategy_bits(seed)),
            ..case
        };
        let first = &case.network.layers[0];
        let longest = generate::longest(&case.network).unwrap_or(24).min(24);
        case.samples
            .extend(adversarial(first, case.network.input.payload_max, longest));
        for layer in &case.network.layers {
            *models.entry(layer.neuron.model).or_default() += 1;
        }
        for forms in [Forms::Cheapest, Forms::General] {
            let options = DesignOptions {
                forms,
                ..designs::options(&case, true, seed)
            };
            let made = design(&case.network, &options).unwrap();
            let stimulus = Stimulus {
                samples: case.samples.clone(),
                stalls: Stalls::NONE,
            };
            let report =
                verify_engine(&mut Rtl(RustHdl), &case.network, &made, &[stimulus], |_| {})
                    .unwrap();
            assert!(
                report.comparison.passed(),
                "seed {seed} {forms:?}: {:?}\n{:?}\n{:#?}",
                report.comparison,
                made.forms,
                case.network
            );
            values += report.comparison.membranes_compared + report.comparison.states_compared;
            for form in made.forms.iter().flatten() {
                let why = if form.why.contains("memory") {
                    " from the memory"
                } else {
                    ""
                };
                let part = if form.part.contains("product") {
                    "product"
                } else {
                    form.part.as_str()
                };
                let kind = format!("{forms:?}: {part}: {}{why}", form.form);
                *kinds.entry(kind).or_default() += 1;
            }
        }
    }
    println!("{values} values, {models:?}\n{kinds:#?}");
    assert!(values > 100_000);
    assert!(
        ModelId::ALL.iter().all(|model| models.contains_key(model)),
        "{models:?}"
    );
    for kind in [
        "Cheapest: product: nothing",
        "Cheapest: product: shift",
        "Cheapest: product: 1 shifted addition",
        "Cheapest: product: 2 shifted additions",
        "Cheapest: product: 3 shifted additions",
        "Cheapest: product: multiplier",
        "Cheapest: product: multiplier from the memory",
        "Cheapest: overflow: nothing",
        "Cheapest: overflow: saturate",
        "Cheapest: overflow: saturate_symmetric",
        "Cheapest: overflow: wrap",
        "Cheapest: fire, reset: nothing",
        "General: product: multiplier",
        "General: overflow: saturate",
    ] {
        assert!(
            kinds.get(kind).is_some_and(|&count| count > 2),
            "{kind}: {kinds:#?}"
        );
    }
    let general = kinds.keys().filter(|kind| kind.starts_with("General"));
    for kind in general {
        assert!(
            !kind.contains("nothing") && !kind.contains("shift"),
            "{kind}"
        );
    }
}

fn strategy_bits(seed: u64) -> u64 {
    (seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20
}

/// A LIF layer of one neuron and two axons.
fn small(weights: [i32; 2], fire_at: i64, bits: u32, reset: Reset) -> QuantNetwork {
    let mut neuron = QuantNeuron::new(ModelId::Lif, QFormat::unsigned(FRAC + 1, FRAC as i32))
        .with("decay", Param::Layer(48))
        .with("offset", Param::Layer(0))
        .with("fire_at", Param::Layer(fire_at))
        .with("v_init", Param::Layer(0));
    neuron.modes.reset = reset;
    neuron.modes.reset_timing = ResetTiming::SameStep;
    neuron.modes.spikes = Spikes::Binary;
    neuron = match reset {
        Reset::Hard => neuron.with("v_reset", Param::Layer(3)),
        Reset::Soft => neuron.with("reset_by", Param::Layer(fire_at)),
        Reset::None => neuron,
    };
    network(QuantLayer {
        name: "n0".to_owned(),
        axons: 2,
        neurons: 1,
        weight_bits: 8,
        weights: weights.to_vec(),
        bias: vec![0],
        accumulator: QFormat::signed(2, 0),
        guard_bits: 0,
        membrane: QFormat::signed(bits, 0),
        rounding: Rounding::HalfUp,
        overflow: Overflow::Saturate,
        scale: Param::Layer(1.0),
        neuron,
    })
}

/// The lane's Verilog without comments, and the datasheet.
fn emitted(network: &QuantNetwork, forms: Forms) -> (String, String) {
    let made = design(network, &with(forms)).unwrap();
    let emitted = emit::design(&made, network, "digest", "goldspike generate forms").unwrap();
    let lanes = emitted
        .files
        .iter()
        .filter(|(path, _)| path.to_string_lossy().contains("_lane"));
    let text: Vec<&String> = lanes.map(|(_, text)| text).collect();
    assert_eq!(text.len(), 1, "{:?}", emitted.files.keys());
    let code: Vec<&str> = text[0]
        .lines()
        .map(|line| line.split("//").next().unwrap())
        .collect();
    (
        code.join("\n"),
        emitted.files[Path::new("datasheet.md")].clone(),
    )
}

#[test]
fn what_cannot_act_is_not_emitted_and_the_forms_say_so() {
    for reset in [Reset::Hard, Reset::Soft] {
        // 4 x 10 is all that ever gathers: below the threshold of 50.
        let silent = small([10, -10], 50, 8, reset);
        let bound = bounds(&silent.layers[0], Payloads::SPIKES)
            .unwrap()
            .membrane;
        assert!(bound.high < 50 && bound.low > -50, "{bound:?}");
        let (code, said) = emitted(&silent, Forms::Cheapest);
        assert!(
            !code.contains("fire ") && !code.contains("reset_by"),
            "{code}"
        );
        assert!(
            said.contains("fire, reset | nothing | h is within"),
            "{said}"
        );
        assert!(said.contains("overflow | nothing"), "{said}");
        let (code, said) = emitted(&silent, Forms::General);
        assert!(code.contains("fire"), "{code}");
        assert!(
            said.contains("overflow | saturate | general form"),
            "{said}"
        );

        // The bound itself as threshold is reached, one above it is not.
        for (threshold, fires) in [(bound.high, true), (bound.high + 1, false)] {
            let (_, said) = emitted(&small([10, -10], threshold, 8, reset), Forms::Cheapest);
            assert_eq!(!said.contains("fire, reset"), fires, "{threshold}: {said}");
        }

        // It fires; 9 bits hold what it can gather, 8 do not.
        let fires = small([60, -10], 50, 9, reset);
        let (code, said) = emitted(&fires, Forms::Cheapest);
        assert!(
            code.contains("fire") && said.contains("overflow | nothing"),
            "{said}"
        );
        assert!(!said.contains("fire, reset"), "{said}");
        let (narrow, said) = emitted(&small([120, -10], 50, 8, reset), Forms::Cheapest);
        assert!(said.contains("overflow | saturate | no bound"), "{said}");
        assert!(narrow.lines().count() > 10);
        // Saturation compares with the ends of the format: the same lane without it is smaller.
        assert!(
            mentions_ends(&narrow, 8) && !mentions_ends(&code, 9),
            "{narrow}\n{code}"
        );
    }
}

/// Whether the largest value of a format of `bits` stands in the code.
fn mentions_ends(code: &str, bits: u32) -> bool {
    let most = (1u32 << (bits - 1)) - 1;
    [format!("h{most:x}"), format!("d{most}")]
        .iter()
        .any(|text| code.contains(text))
}

#[test]
fn a_wrapping_membrane_that_overflows_downward_still_fires() {
    // The bound is below the threshold, but what wraps comes out above it.
    let mut network = small([5, -100], 100, 8, Reset::Hard);
    network.layers[0].overflow = Overflow::Wrap;
    let layer = &network.layers[0];
    let bound = bounds(layer, Payloads::SPIKES).unwrap().membrane;
    assert!(bound.high < 100 && bound.low < -128, "{bound:?}");
    let raw = Raw {
        rounding: layer.rounding,
        overflow: layer.overflow,
    };
    assert!(raw.overflow(&-150, &layer.membrane) >= 100);
    let samples = adversarial(layer, 1, 12);
    let spikes = equal_to_golden(&network, &samples);
    assert!(spikes > 3, "{spikes}");
}

#[test]
fn constants_by_step_that_saturate_a_membrane_leave_it_where_it_fires() {
    // Two steps push the membrane below its format, the third up: from -128 it reaches the threshold, from -180 not.
    let mut network = small([5, 5], 50, 8, Reset::Soft);
    let layer = &mut network.layers[0];
    let coefficient = layer.neuron.coefficient;
    let (half, by_step) = (1 << (coefficient.frac - 1), vec![-120, -120, 115, 0]);
    layer.neuron = QuantNeuron::new(ModelId::Glif, coefficient)
        .with("decay", Param::Layer(half))
        .with("decay_after_spike", Param::Layer(half))
        .with(
            "offset",
            Param::Step {
                by_step: by_step.clone(),
            },
        )
        .with("offset_after_spike", Param::Step { by_step })
        .with("fire_at", Param::Layer(50))
        .with("v_init", Param::Layer(0));
    let samples = adversarial(&network.layers[0], 1, 12);
    let spikes = equal_to_golden(&network, &samples);
    assert!(spikes > 3, "{spikes}");
}

/// Spikes of the samples, the same on the hardware of both forms.
#[track_caller]
fn equal_to_golden(network: &QuantNetwork, samples: &[Sample]) -> i64 {
    let program = goldspike_golden::network::golden(network).unwrap();
    let wanted: Vec<_> = samples.iter().map(|sample| program.run(sample)).collect();
    for forms in [Forms::Cheapest, Forms::General] {
        let made = design(network, &with(forms)).unwrap();
        let stimulus = Stimulus {
            samples: samples.to_vec(),
            stalls: Stalls::NONE,
        };
        let subject = Subject {
            network,
            design: &made,
        };
        let outcome = Rtl(RustHdl).run(subject, &stimulus).unwrap();
        for (trace, wanted) in outcome.traces.iter().zip(&wanted) {
            assert_eq!(trace, wanted, "{forms:?}");
        }
    }
    wanted.iter().flat_map(|trace| trace.counts()).sum()
}

//! Direct-coded input that stays as it is: a step that is as the one before takes that step's sums, bit for bit, in the
//! cycles of the datasheet, and no other step does.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs)]

use goldspike::emit::lint::{LINTERS, lint};
use goldspike::emit::sources;
use goldspike::engine::beats::{BeatStimulus, traces};
use goldspike::engine::tool::Toolbox;
use goldspike::engine::{Bench, Stalls};
use goldspike::image::image;
use goldspike::rtl::{ConstantInput, Design, DesignOptions, Fabric, LaneChoice, Weights, design};
use goldspike_golden::event::Sample;
use goldspike_golden::network::golden;
use goldspike_golden::quant::QuantNetwork;
use goldspike_golden::trace::SampleTrace;
use goldspike_testbench::constant::{GRID, KINDS, full, network, options, samples, sayings};
use goldspike_testbench::small::references;
use goldspike_testbench::tools;

const FABRICS: [Fabric; 3] = [Fabric::PORTABLE, Fabric::ICE40, Fabric::ECP5];

/// Plays beats that mean `samples`, compares every spike, compared value and state, and returns them and the error flag.
fn played(
    bench: &mut Bench,
    (network, design): (&QuantNetwork, &Design),
    samples: &[Sample],
    stimulus: &BeatStimulus,
) -> (Vec<SampleTrace<i64>>, bool) {
    let result = bench.play(stimulus, |_| {}).unwrap();
    let got = traces("rust-hdl", design, samples, &result).unwrap();
    let program = golden(network).unwrap();
    let expected: Vec<_> = samples.iter().map(|sample| program.run(sample)).collect();
    assert_eq!(got, expected);
    (got, result.protocol_error)
}

#[test]
fn kept_sums_equal_sums_added_up_anew() {
    let (mut repeated, mut spikes) = ([0; 2], 0);
    for (number, lanes) in GRID.iter().enumerate() {
        let network = network(lanes);
        let samples = samples(lanes.sizes[0], &KINDS);
        let pairs = KINDS.iter().flat_map(|kinds| kinds.windows(2));
        let repeats = pairs.filter(|pair| pair[0] == pair[1]).count();
        for (fabric, events) in FABRICS.into_iter().zip([1, 2, 4]) {
            let stalls = Stalls::random(number as u64);
            for (constant_input, stalls) in [
                (ConstantInput::Keep, Stalls::NONE),
                (ConstantInput::Keep, stalls),
                (ConstantInput::Recompute, stalls),
            ] {
                let options = DesignOptions {
                    constant_input,
                    ..options(lanes, fabric, events)
                };
                let design = design(&network, &options).unwrap();
                assert_eq!(design.plans[0].groups, lanes.groups);
                let stimulus = BeatStimulus::of_samples(&design, &samples, stalls);
                let mut bench = Bench::new(&design).unwrap();
                let (traces, error) = played(&mut bench, (&network, &design), &samples, &stimulus);
                assert!(!error);
                let again = design.input.pack_repeat();
                let said = stimulus
                    .beats
                    .iter()
                    .filter(|beat| Some(beat.data) == again)
                    .count();
                assert_eq!(said, if again.is_some() { repeats } else { 0 });
                repeated[usize::from(lanes.groups > 1)] += said;
                spikes += traces
                    .iter()
                    .flat_map(|trace| &trace.steps)
                    .flat_map(|step| &step.layers[0].spikes)
                    .filter(|&&spike| spike != 0)
                    .count();
            }
        }
    }
    println!(
        "repeated steps (one group, several) {repeated:?}, spikes of the first layer {spikes}"
    );
    assert!(repeated.iter().all(|&steps| steps > 400) && spikes > 400);
}

#[test]
fn a_repeated_step_takes_the_cycles_of_the_datasheet() {
    let (mut shorter, mut compared) = (0, 0);
    for lanes in &GRID {
        for fabric in FABRICS {
            let network = network(lanes);
            // As many banks as let the events of the next step that differs arrive beside repeated ones.
            let options = DesignOptions {
                banks: 8,
                ..options(lanes, fabric, 1)
            };
            let design = design(&network, &options).unwrap();
            let plan = &design.plans[0];
            let again = plan.repeat_cycles().unwrap();
            let formula = format!("; {again} if it is as the step before");
            assert!(plan.cycles_formula().ends_with(&formula));
            let anew = plan.step_cycles(plan.axons as u32);
            assert!(again <= anew);
            let steps = |kind: fn(u32) -> u32| Sample {
                steps: (0..24).map(|t| full(plan.axons, kind(t))).collect(),
            };
            // The first step, then as it: the slower of the two layers sets the pace.
            let pace = again.max(design.plans[1].step_cycles(plan.neurons as u32));
            let same = ends(&design, steps(|_| 1));
            if again == pace {
                assert_eq!(same[8..], [again; 15], "{lanes:?} {fabric:?}");
                compared += 1;
            }
            let eighth = ends(&design, steps(|t| t / 8));
            for eight in eighth[7..].chunks(8) {
                assert_eq!(eight[0], anew, "{eighth:?}");
            }
            shorter += u32::from(again < anew);
        }
    }
    assert!(shorter > 10 && compared > 15, "{shorter} {compared}");
}

/// Cycles from the end of each of the first layer's steps to the next one's.
fn ends(design: &Design, sample: Sample) -> Vec<u32> {
    let samples = [sample];
    let mut bench = Bench::new(design).unwrap();
    let end = bench.sim().signals().iter().find(|signal| {
        signal.name == "step_done_d1_q"
            && signal.path.iter().any(|name| name == "u_layer0")
            && signal.path.last().is_some_and(|name| name == "u_crossbar")
    });
    let end = end.expect("the crossbar names the end of a step").slot;
    let stimulus = BeatStimulus::of_samples(design, &samples, Stalls::NONE);
    let (mut cycle, mut at) = (0u32, Vec::new());
    bench
        .play(&stimulus, |sim| {
            cycle += 1;
            if sim.value(end) == 1 {
                at.push(cycle);
            }
        })
        .unwrap();
    assert_eq!(at.len(), samples[0].steps.len());
    at.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[test]
fn where_it_may_not_be_said_it_is_flagged_and_says_no_more_than_silence() {
    let mut flagged = [0; 2];
    for lanes in &GRID {
        for constant_input in [ConstantInput::Keep, ConstantInput::Recompute] {
            let network = network(lanes);
            let options = DesignOptions {
                constant_input,
                ..options(lanes, Fabric::PORTABLE, 1)
            };
            let design = design(&network, &options).unwrap();
            for saying in sayings(design.input) {
                for stalls in [Stalls::NONE, Stalls::random(3)] {
                    let stimulus = BeatStimulus::with_stalls(&design, saying.sent.clone(), stalls);
                    let mut bench = Bench::new(&design).unwrap();
                    let of = (&network, &design);
                    let (_, error) = played(&mut bench, of, &saying.meant, &stimulus);
                    assert_eq!(error, saying.flagged, "{} {constant_input:?}", saying.place);
                    flagged[usize::from(error)] += 1;
                }
            }
        }
    }
    assert!(flagged.iter().all(|&count| count > 20), "{flagged:?}");
}

#[test]
fn sums_do_not_outlive_a_load() {
    for lanes in &GRID {
        let first = network(lanes);
        let mut second = first.clone();
        for weight in &mut second.layers[0].weights {
            *weight = -(*weight / 2);
        }
        let options = DesignOptions {
            weights: Weights::Writable,
            ..options(lanes, Fabric::PORTABLE, 1)
        };
        let design = design(&first, &options).unwrap();
        let mut bench = Bench::new(&design).unwrap();
        let samples = samples(lanes.sizes[0], &KINDS);
        let stimulus = BeatStimulus::of_samples(&design, &samples, Stalls::random(1));
        let before = played(&mut bench, (&first, &design), &samples, &stimulus);
        let words = image(&second, &design, 7).unwrap().words().to_vec();
        let last = words.len() - 1;
        let words = words.into_iter().enumerate();
        let state = bench
            .load(words.map(|(at, word)| (word, at == last)))
            .unwrap();
        assert_eq!((state.version, state.refused), (7, None));
        let after = played(&mut bench, (&second, &design), &samples, &stimulus);
        assert_ne!(before.0, after.0);
        assert!(!before.1 && !after.1);
    }
}

#[test]
fn designs_without_analogue_input_are_the_same_with_and_without() {
    let (mut same, mut other) = (0, 0);
    for (small, lanes, neuron_lanes) in references() {
        let emitted = |constant_input| {
            let options = DesignOptions {
                lanes: LaneChoice::All(lanes),
                neuron_lanes: LaneChoice::All(neuron_lanes),
                constant_input,
                ..DesignOptions::default()
            };
            sources(&design(&small.network(), &options).unwrap(), "").unwrap()
        };
        let equal = emitted(ConstantInput::Keep) == emitted(ConstantInput::Recompute);
        assert_eq!(equal, small.payload_max == 1, "{}", small.name);
        same += u32::from(equal);
        other += u32::from(!equal);
    }
    assert!(same > 5 && other > 0, "{same} {other}");
}

#[test]
fn designs_with_kept_sums_are_clean_for_every_linter() {
    let toolbox = Toolbox::from_environment();
    for (number, lanes) in GRID.iter().enumerate() {
        let options = options(lanes, FABRICS[number % FABRICS.len()], 1);
        let emitted = sources(&design(&network(lanes), &options).unwrap(), "").unwrap();
        for &tool in LINTERS {
            if tools::missing(tool) {
                continue;
            }
            let said = lint(&toolbox, tool, &emitted).unwrap();
            assert!(said.is_clean(), "{}: {}", said.tool, said.messages);
        }
    }
}

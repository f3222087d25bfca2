//! The real reference equals the frameworks: all networks of the workloads that run.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail the test"
)]

use goldspike::data::{self, Agreement};
use goldspike::diag::Diagnostic;
use goldspike::import;
use goldspike_golden::network;
use std::path::{Path, PathBuf};

const NETWORKS: &[(&str, Set)] = &[
    ("digits_lif_hard", Set::Digits),
    ("digits_lif_soft", Set::Digits),
    ("digits_plif", Set::Digits),
    ("digits_klif", Set::Digits),
    ("digits_glif", Set::Digits),
    ("digits_clif", Set::Digits),
    ("digits_leaky_sub", Set::Digits),
    ("digits_latency", Set::Digits),
    ("digits_q4_lif_hard", Set::Digits),
    ("digits_tlif_hard", Set::Digits),
    ("digits_tlif_soft", Set::Digits),
    ("digits_q2_tlif_soft", Set::Digits),
    ("mnist_fc_lif_direct", Set::Mnist),
    ("mnist_fc_lif_sd", Set::Mnist),
    ("mnist_fc_leaky_bern", Set::Mnist),
    ("mnist_q4_fc_if_sd", Set::Mnist),
];

#[derive(Clone, Copy)]
enum Set {
    Digits,
    Mnist,
}

fn workloads() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("workloads")
}

fn dataset(set: Set) -> data::Dataset {
    match set {
        Set::Digits => data::embedded("digits"),
        Set::Mnist => data::load(&workloads().join("data/mnist_test2000.npz")),
    }
    .unwrap()
}

fn agreement(name: &str, set: Set) -> Agreement {
    let imported = import::load(&workloads().join("nets").join(name)).unwrap();
    assert!(imported.warnings.is_empty(), "{:?}", imported.warnings);
    let network = imported.network;
    let samples = dataset(set);
    samples.check(&network).unwrap();
    let trace =
        data::load_trace(&workloads().join(format!("traces/{name}.npz")), &network).unwrap();
    for (sample, label) in trace.index.iter().zip(trace.label.as_ref().unwrap()) {
        assert_eq!(
            samples.labels.as_ref().unwrap()[*sample],
            *label,
            "{name}: label of sample {sample}"
        );
    }
    let encode = |sample: usize| {
        let raw = samples.sample(sample).unwrap();
        network
            .encoding
            .encode(raw, network.time_steps, network.axons, sample as u64)
            .unwrap()
    };
    if let Some(input) = &trace.input {
        for (position, &sample) in trace.full_index.iter().enumerate() {
            for (t, events) in encode(sample).steps.iter().enumerate() {
                let start = (t * trace.full_index.len() + position) * network.axons;
                let mut ours = vec![0; network.axons];
                events
                    .iter()
                    .for_each(|event| ours[event.address as usize] = event.payload);
                let theirs = &input[start..start + network.axons];
                assert!(
                    ours.iter().zip(theirs).all(|(a, b)| *a == i32::from(*b)),
                    "{name}: input of {sample}, step {t}"
                );
            }
        }
    }
    let program = network::reference(&network);
    let run = |sample| Ok::<_, Diagnostic>(program.run(&encode(sample)));
    Agreement::compare(&trace, run, |_, _, value: f64| value).unwrap()
}

#[test]
fn the_reference_equals_the_framework_spike_for_spike() {
    std::thread::scope(|scope| {
        let run = |&(name, set): &'static (&'static str, Set)| {
            scope.spawn(move || (name, agreement(name, set)))
        };
        let all: Vec<_> = NETWORKS.iter().map(run).collect();
        for handle in all {
            let (name, a) = handle.join().unwrap();
            println!("{name}: {a:?}");
            assert_eq!((a.samples, a.traced_samples), (200, 10), "{name}");
            assert_eq!((a.predictions_equal, a.counts_equal), (200, 200), "{name}");
            assert!(
                a.spikes_compared > 4_000 && a.membranes_compared == a.spikes_compared,
                "{name}"
            );
            assert_eq!(a.first_difference, None, "{name}");
            assert!(a.is_exact(), "{name}");
            assert!(
                a.membrane_max_error < 1e-4,
                "{name}: {}",
                a.membrane_max_error
            );
            assert!(
                a.compared_value_max_error < 1e-4,
                "{name}: {}",
                a.compared_value_max_error
            );
        }
    });
}

#[test]
fn a_changed_spike_and_a_changed_membrane_are_seen() {
    let network = import::embedded("digits").unwrap().network;
    let samples = data::embedded("digits").unwrap();
    let trace = data::embedded_trace("digits", &network).unwrap();
    let program = network::reference(&network);
    let run = |sample: usize| {
        let raw = samples.sample(sample).unwrap();
        program.run(
            &network
                .encoding
                .encode(raw, network.time_steps, network.axons, sample as u64)
                .unwrap(),
        )
    };
    let real = |_: usize, _: usize, value: f64| value;
    let same = Agreement::compare(&trace, |s| Ok::<_, Diagnostic>(run(s)), real).unwrap();
    assert!(same.is_exact());

    let spike = |sample| {
        let mut ours = run(sample);
        if sample == trace.full_index[3] {
            let spike = &mut ours.steps[5].layers[1].spikes[7];
            *spike = 1 - *spike;
        }
        Ok::<_, Diagnostic>(ours)
    };
    let changed = Agreement::compare(&trace, spike, real).unwrap();
    assert_eq!((changed.spikes_different, changed.counts_equal), (1, 199));
    let at = changed.first_difference.unwrap();
    assert_eq!(
        (at.sample, at.step, at.layer.as_str(), at.neuron),
        (trace.full_index[3], 5, "n1", 7)
    );

    let membrane = |sample| {
        let mut ours = run(sample);
        ours.steps[2].layers[0].states[0][40] += 0.5;
        ours.steps[3].layers[0].h[1] = f64::NAN;
        Ok::<_, Diagnostic>(ours)
    };
    let changed = Agreement::compare(&trace, membrane, real).unwrap();
    assert!((changed.membrane_max_error - 0.5).abs() < 1e-4);
    assert_eq!(changed.compared_value_max_error, f64::INFINITY);

    let integers = |sample| {
        let ours = run(sample);
        let raw = |values: &Vec<f64>| values.iter().map(|v| (v * 1024.0).round() as i64).collect();
        let layer = |layer: &goldspike_golden::trace::LayerTrace<f64>| {
            goldspike_golden::trace::LayerTrace {
                spikes: layer.spikes.clone(),
                h: raw(&layer.h),
                states: layer.states.iter().map(raw).collect(),
            }
        };
        let steps = ours
            .steps
            .iter()
            .map(|step| goldspike_golden::trace::StepTrace {
                layers: step.layers.iter().map(layer).collect(),
            });
        Ok::<_, Diagnostic>(goldspike_golden::trace::SampleTrace {
            steps: steps.collect(),
        })
    };
    let raw =
        Agreement::compare(&trace, integers, |_, _, value: i64| value as f64 / 1024.0).unwrap();
    assert!(
        raw.is_exact() && raw.membrane_max_error > 1e-4 && raw.membrane_max_error < 0.6 / 1024.0,
        "{raw:?}"
    );

    let short = |sample| {
        let mut ours = run(sample);
        ours.steps.pop();
        Ok::<_, Diagnostic>(ours)
    };
    assert_eq!(
        Agreement::compare(&trace, short, real).unwrap_err().code.id,
        "GS0409"
    );
}

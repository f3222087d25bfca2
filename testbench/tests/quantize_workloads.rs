//! The quantizer on trained networks: accuracy with 8-bit weights, and exactness where the network allows it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod quantize_support;

use goldspike::data::{self, Agreement};
use goldspike::diag::Diagnostic;
use goldspike::quantize::{Options, ScaleBy, quantize};
use goldspike_golden::describe::Network;
use goldspike_golden::network::{golden, reference};
use quantize_support::{NETWORKS, correct, encode, network, samples, workloads};

fn accuracies(name: &str, options: &Options) -> (f64, f64) {
    let real = network(name);
    let data = samples(name);
    let count = data.len();
    let quantized = quantize(&real, options).unwrap();
    for layer in &quantized.report.layers {
        println!(
            "{name} {}: {} acc {} g {} coef {} {:?} bound {:?} th {} clipped {} {:?} {:?}",
            layer.name,
            layer.membrane,
            layer.accumulator_bits,
            layer.guard_bits,
            layer.coefficient,
            layer.saturation,
            layer.bound,
            layer.threshold_lsbs,
            layer.clipped_weights,
            layer
                .errors
                .iter()
                .map(|e| (&e.field, e.error))
                .collect::<Vec<_>>(),
            layer.notes
        );
    }
    let float = reference(&real);
    let integers = golden(&quantized.network).unwrap();
    let share = |right: usize| right as f64 / count as f64;
    (
        share(correct(&real, &data, count, |s| float.run(s))),
        share(correct(&real, &data, count, |s| integers.run(s))),
    )
}

/// Whether a layer's neurons look into a table, which serves one scale.
fn has_table(network: &Network) -> bool {
    let mut models = network.layers.iter().map(|layer| layer.neuron.model.info());
    models.any(|model| !model.tables.is_empty())
}

#[test]
fn a_table_serves_one_scale_and_no_exactness() {
    let real = network("digits_clif");
    assert!(has_table(&real));
    let code = |options: Options| quantize(&real, &options).unwrap_err().code();
    let channel = Options {
        scale: ScaleBy::Channel,
        ..Options::default()
    };
    let exact = Options {
        exact: true,
        ..Options::default()
    };
    assert_eq!([code(channel), code(exact)], ["GS0513", "GS0514"]);
}

#[test]
fn eight_bit_weights_cost_at_most_a_point() {
    std::thread::scope(|scope| {
        let jobs: Vec<_> = NETWORKS
            .iter()
            .flat_map(|&name| [(name, ScaleBy::Layer), (name, ScaleBy::Channel)])
            .filter(|(name, scale)| {
                *scale == ScaleBy::Layer || name.starts_with("digits") && !has_table(&network(name))
            })
            .map(|(name, scale)| {
                (
                    name,
                    scale,
                    scope.spawn(move || {
                        accuracies(
                            name,
                            &Options {
                                scale,
                                ..Options::default()
                            },
                        )
                    }),
                )
            })
            .collect();
        for (name, scale, job) in jobs {
            let (float, quant) = job.join().unwrap();
            println!("{name} {scale:?}: float {float:.4} quant {quant:.4}");
            assert!(float > 0.9, "{name}: {float}");
            assert!(quant >= float - 0.01, "{name}: {quant} after {float}");
        }
    });
}

#[test]
fn exact_integers_equal_the_framework_spike_for_spike() {
    for name in [
        "digits_q4_lif_hard",
        "digits_q2_tlif_soft",
        "mnist_q4_fc_if_sd",
    ] {
        let real = network(name);
        let data = samples(name);
        let exact = quantize(
            &real,
            &Options {
                exact: true,
                ..Options::default()
            },
        )
        .unwrap();
        for layer in &exact.report.layers {
            println!(
                "{name} {}: {} {:?} {:?}",
                layer.name, layer.membrane, layer.saturation, layer.bound
            );
            assert_eq!(layer.errors, [], "{name}: something was rounded");
        }
        let program = golden(&exact.network).unwrap();
        let trace =
            data::load_trace(&workloads().join(format!("traces/{name}.npz")), &real).unwrap();
        let run = |n| Ok::<_, Diagnostic>(program.run(&encode(&real, &data, n)));
        let unit = |shown: data::Shown, raw: i64| {
            let layer = &exact.network.layers[shown.layer];
            let lsb = match shown.state.and_then(|at| layer.neuron.states().nth(at)) {
                None => layer.h_lsb(shown.neuron),
                Some(state) => layer.state_lsb(&state, shown.neuron),
            };
            raw as f64 * lsb
        };
        let a = Agreement::compare_states(&trace, run, unit).unwrap();
        println!("{name}: {a:?}");
        assert_eq!(
            (a.samples, a.predictions_equal, a.counts_equal),
            (200, 200, 200),
            "{name}"
        );
        assert!(a.is_exact() && a.spikes_compared > 4_000, "{name}");
        assert_eq!(
            (a.membrane_max_error, a.compared_value_max_error),
            (0.0, 0.0),
            "{name}"
        );
    }
}

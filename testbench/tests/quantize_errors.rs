//! What the quantizer refuses, with its exact text.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod quantize_support;

use goldspike::quantize::{GuardBits, MembraneBits, Options, QuantizeError, ScaleBy, quantize};
use goldspike_golden::describe::{Layer, Network, Neuron};
use goldspike_golden::encoding::Encoding;
use goldspike_golden::neuron::info::{Default, Range};
use goldspike_golden::neuron::{CurrentOrder, Leak, ModelId, Reset, ResetTiming, Spikes};
use goldspike_golden::quant::Param;

fn network() -> Network {
    Network {
        name: "two".to_owned(),
        time_steps: 4,
        axons: 2,
        encoding: Encoding::Events,
        layers: vec![Layer {
            synapse: "fc0".to_owned(),
            name: "n0".to_owned(),
            axons: 2,
            neurons: 2,
            weights: vec![0.5, -0.25, 0.75, 0.125],
            bias: vec![0.0, 0.125],
            weight_step: None,
            neuron: Neuron::new(ModelId::Lif)
                .with("decay", Param::Layer(0.5))
                .with("v_threshold", Param::Layer(1.0)),
            amplitude: Param::Layer(1.0),
        }],
    }
}

/// Sets a parameter of the first layer's neurons.
fn set(network: &mut Network, name: &'static str, value: Param<f64>) {
    network.layers[0].neuron.parameters.insert(name, value);
}

fn refused(change: impl FnOnce(&mut Network), options: Options) -> (&'static str, String) {
    let mut network = network();
    change(&mut network);
    let error = quantize(&network, &options).unwrap_err();
    assert!(!error.help().is_empty());
    (error.code(), error.to_string())
}

fn says(found: (&'static str, String), code: &str, text: &str) {
    assert_eq!((found.0, found.1.as_str()), (code, text));
}

#[test]
fn options_outside_their_range() {
    let d = Options::default();
    let none = |_: &mut Network| {};
    says(
        refused(
            none,
            Options {
                weight_bits: 0,
                ..d
            },
        ),
        "GS0501",
        "weight-bits is 0; it must be 1 to 16",
    );
    says(
        refused(
            none,
            Options {
                weight_bits: 17,
                ..d
            },
        ),
        "GS0501",
        "weight-bits is 17; it must be 1 to 16",
    );
    says(
        refused(
            none,
            Options {
                coefficient_bits: 25,
                ..d
            },
        ),
        "GS0501",
        "coefficient-bits is 25; it must be 1 to 24",
    );
    says(
        refused(
            none,
            Options {
                coefficient_bits: 0,
                ..d
            },
        ),
        "GS0501",
        "coefficient-bits is 0; it must be 1 to 24",
    );
    says(
        refused(
            none,
            Options {
                membrane_bits: MembraneBits::Fixed(3),
                ..d
            },
        ),
        "GS0501",
        "membrane-bits is 3; it must be 4 to 32",
    );
    says(
        refused(
            none,
            Options {
                membrane_bits: MembraneBits::Fixed(33),
                ..d
            },
        ),
        "GS0501",
        "membrane-bits is 33; it must be 4 to 32",
    );
    says(
        refused(
            none,
            Options {
                guard_bits: GuardBits::Fixed(61),
                ..d
            },
        ),
        "GS0501",
        "guard-bits is 61; it must be -60 to 60",
    );
}

#[test]
fn numbers_and_sizes_that_are_no_network() {
    let d = Options::default();
    says(
        refused(|n| n.time_steps = 0, d),
        "GS0503",
        "network: time_steps[0] is 0; it must be at least 1",
    );
    says(
        refused(|n| n.layers.clear(), d),
        "GS0502",
        "network: layers has 0 entries; 1 are needed",
    );
    says(
        refused(|n| n.axons = 3, d),
        "GS0502",
        "n0: axons has 2 entries; 3 are needed",
    );
    says(
        refused(|n| n.layers[0].weights.truncate(3), d),
        "GS0502",
        "n0: weights has 3 entries; 4 are needed",
    );
    says(
        refused(|n| n.layers[0].weights[3] = f64::NAN, d),
        "GS0503",
        "n0: weight[3] is NaN; it must be finite",
    );
    says(
        refused(|n| set(n, "decay", Param::Layer(1.5)), d),
        "GS0503",
        "n0: decay[0] is 1.5; it must be from 0 to 1",
    );
    says(
        refused(|n| set(n, "v_threshold", Param::Neuron(vec![1.0, 0.0])), d),
        "GS0503",
        "n0: v_threshold[1] is 0; it must be above 0",
    );
    says(
        refused(|n| set(n, "v_reset", Param::Neuron(vec![1.0])), d),
        "GS0502",
        "n0: v_reset has 1 entries; 2 are needed",
    );
    says(
        refused(
            |n| {
                n.encoding = Encoding::Direct {
                    scale: f64::INFINITY,
                    max: 15,
                }
            },
            d,
        ),
        "GS0503",
        "network: encoding.scale[0] is inf; it must be finite and above 0",
    );
}

/// The network's weights are multiples of 1/8, and the file says so.
fn with_step(name: &'static str, value: Param<f64>) -> impl Fn(&mut Network) {
    move |n| {
        n.layers[0].weight_step = Some(0.125);
        set(n, name, value.clone());
    }
}

#[test]
fn thresholds_and_constants_that_do_not_fit() {
    let dyadic = Options {
        exact: true,
        ..Options::default()
    };
    let step = |n: &mut Network| n.layers[0].weight_step = Some(0.125);
    says(
        refused(
            with_step("v_threshold", Param::Layer(0.0625)),
            Options {
                guard_bits: GuardBits::Fixed(0),
                ..Options::default()
            },
        ),
        "GS0505",
        "n0: v_threshold[0] is 0.0625, below one membrane LSB of 0.125 (0 guard bits)",
    );
    says(
        refused(
            with_step("offset", Param::Layer(0.0)),
            Options {
                guard_bits: GuardBits::Fixed(4),
                membrane_bits: MembraneBits::Fixed(8),
                ..Options::default()
            },
        ),
        "GS0506",
        "n0: v_threshold[0] is 1, which is 128 membrane LSBs and needs 9 bits; the membrane has 8",
    );
    says(
        refused(
            with_step("v_reset", Param::Neuron(vec![0.0, -40.0])),
            Options {
                guard_bits: GuardBits::Fixed(0),
                membrane_bits: MembraneBits::Fixed(8),
                ..Options::default()
            },
        ),
        "GS0506",
        "n0: v_reset[1] is -40, which is -320 membrane LSBs and needs 10 bits; the membrane has 8",
    );
    says(
        refused(
            with_step("v_threshold", Param::Layer(1e30)),
            Options {
                guard_bits: GuardBits::Fixed(0),
                ..Options::default()
            },
        ),
        "GS0507",
        "n0: v_threshold[0] is 1e30, more than 2^60 times its LSB of 0.125",
    );
    says(
        refused(
            with_step("v_threshold", Param::Layer(0.125)),
            Options {
                guard_bits: GuardBits::Fixed(57),
                ..Options::default()
            },
        ),
        "GS0508",
        "n0: the synaptic sum aligned to the membrane needs 62 bits; at most 61 are kept",
    );
    says(
        refused(|n| set(n, "decay", Param::Neuron(vec![0.5, 0.9])), dyadic),
        "GS0510",
        "n0: decay[1] = 0.9 cannot be exact: it has 53 fractional bits; a coefficient has at most 23",
    );
    says(
        refused(
            |n| {
                step(n);
                n.layers[0].weights[2] = 0.7;
            },
            dyadic,
        ),
        "GS0510",
        "n0: weight[2] = 0.7 cannot be exact: it is not a multiple of the step 0.125",
    );
    says(
        refused(|n| n.layers[0].weights[2] = 1.0 + 1.0 / 65536.0, dyadic),
        "GS0510",
        "n0: weight[2] = 1.0000152587890625 cannot be exact: it needs a weight step of 0.0000152587890625, and weight[0] = 0.5 is more than 32767 such steps (16 bits)",
    );
    says(
        refused(
            |n| {
                n.layers[0].weight_step = Some(0.375);
                n.layers[0].weights = vec![0.375, 0.75, 0.0, -0.375];
                set(n, "offset", Param::Layer(0.25));
            },
            dyadic,
        ),
        "GS0510",
        "n0: offset[0] = 0.25 cannot be exact: it is no multiple of the accumulator's LSB 0.375 divided by a power of two",
    );
    says(
        refused(
            |n| {
                n.time_steps = 40;
                step(n);
            },
            dyadic,
        ),
        "GS0511",
        "n0: exact arithmetic over 40 time steps needs a membrane of 41 bits; 32 are allowed (39 guard bits, decay with 1 fractional bits)",
    );
    says(
        refused(
            |n| {
                n.time_steps = 8;
                step(n);
            },
            Options {
                membrane_bits: MembraneBits::Fixed(10),
                ..dyadic
            },
        ),
        "GS0511",
        "n0: exact arithmetic over 8 time steps needs a membrane of 12 bits; 10 are allowed (7 guard bits, decay with 1 fractional bits)",
    );
    says(
        refused(
            step,
            Options {
                guard_bits: GuardBits::Fixed(2),
                ..dyadic
            },
        ),
        "GS0501",
        "guard-bits is 2; it must be 3 to 60",
    );
}

#[test]
fn weights_without_a_form() {
    let one = Options {
        weight_bits: 1,
        ..Options::default()
    };
    let zeros = |n: &mut Network| n.layers[0].weights.fill(0.0);
    says(
        refused(zeros, one),
        "GS0504",
        "n0: the layer is all zeros, and one-bit weights are -1 and +1",
    );
    says(
        refused(
            |n| n.layers[0].weights[2..].fill(0.0),
            Options {
                scale: ScaleBy::Channel,
                ..one
            },
        ),
        "GS0504",
        "n0: row 1 is all zeros, and one-bit weights are -1 and +1",
    );
    for scale in [ScaleBy::Layer, ScaleBy::Channel] {
        let mut network = network();
        zeros(&mut network);
        let quantized = quantize(
            &network,
            &Options {
                scale,
                ..Options::default()
            },
        )
        .unwrap();
        assert!(quantized.network.layers[0].weights.iter().all(|&w| w == 0));
        assert!(quantized.report.layers[0].threshold_lsbs >= 512);
    }
}

#[test]
fn the_smallest_and_largest_numbers_do_not_panic() {
    let magnitudes = [5e-324, 1e-310, 1e-300, 1e-30, 1.0, 1e30, 1e300, f64::MAX];
    let (mut done, mut refused) = (0, 0);
    for w in magnitudes {
        for th in magnitudes {
            for b in [0.0, 5e-324, -1.0, f64::MAX] {
                for options in [
                    Options::default(),
                    Options {
                        exact: true,
                        ..Options::default()
                    },
                    Options {
                        scale: ScaleBy::Channel,
                        weight_bits: 16,
                        ..Options::default()
                    },
                    Options {
                        membrane_bits: MembraneBits::Fixed(16),
                        ..Options::default()
                    },
                    Options {
                        guard_bits: GuardBits::Fixed(60),
                        ..Options::default()
                    },
                    Options {
                        guard_bits: GuardBits::Fixed(-60),
                        ..Options::default()
                    },
                    Options {
                        weight_bits: 1,
                        ..Options::default()
                    },
                ] {
                    let mut network = network();
                    network.layers[0].weights = vec![w, -w, w / 2.0, 0.0];
                    network.layers[0].bias[0] = b;
                    set(&mut network, "v_threshold", Param::Neuron(vec![th, 1.0]));
                    set(&mut network, "v_init", Param::Layer(b));
                    match quantize(&network, &options) {
                        Ok(q) => {
                            q.network.validate().unwrap();
                            done += 1;
                        }
                        Err(QuantizeError::Invalid(text)) => {
                            panic!("{w} {th} {b} {options:?}: {text}")
                        }
                        Err(_) => refused += 1,
                    }
                }
            }
        }
    }
    assert!(done > 20 && refused > 500, "{done} {refused}");
}

#[test]
fn ternary_spikes_and_their_amplitude() {
    let amplitude = |value: Param<f64>| move |n: &mut Network| n.layers[0].amplitude = value;
    let d = Options::default();
    says(
        refused(amplitude(Param::Layer(0.0)), d),
        "GS0503",
        "n0: amplitude[0] is 0; it must be above 0",
    );
    says(
        refused(amplitude(Param::Neuron(vec![1.0, -2.0])), d),
        "GS0503",
        "n0: amplitude[1] is -2; it must be above 0",
    );
    says(
        refused(amplitude(Param::Neuron(vec![1.0])), d),
        "GS0502",
        "n0: amplitude has 1 entries; 2 are needed",
    );
    let guarded = |n: &mut Network| {
        let modes = &mut n.layers[0].neuron.modes;
        modes.spikes = Spikes::Ternary;
        modes.reset_timing = ResetTiming::SameStepGuarded;
    };
    says(
        refused(guarded, d),
        "GS0512",
        "n0: reset_timing is set to what the model lif does not have with its other switches",
    );
    let inexact = |n: &mut Network| {
        n.layers.push(n.layers[0].clone());
        n.layers[1].name = "n1".to_owned();
        n.layers[0].amplitude = Param::Layer(0.1);
    };
    says(
        refused(inexact, Options { exact: true, ..d }),
        "GS0510",
        "n0: amplitude[0] = 0.1 cannot be exact: its product with weight[2] = 0.75 of layer n1 is no f64",
    );
}

/// One layer of `model` instead of the first, with the parameters that it must have.
fn of_model(model: ModelId, more: &[(&'static str, Param<f64>)]) -> impl Fn(&mut Network) {
    let mut neuron = Neuron::new(model);
    for row in model.info().parameters {
        if row.default == Default::Required {
            let value = if row.range == Range::AboveOne {
                2.0
            } else {
                1.0
            };
            neuron = neuron.with(row.name, Param::Layer(value));
        }
    }
    for (name, value) in more {
        neuron = neuron.with(name, value.clone());
    }
    move |n| n.layers[0].neuron = neuron.clone()
}

#[test]
fn switches_that_a_model_does_not_have() {
    let d = Options::default();
    for (model, change, text) in [
        (
            ModelId::Klif,
            (|n| n.layers[0].neuron.modes.reset_timing = ResetTiming::NextStep) as fn(&mut Network),
            "n0: reset_timing is set to what the model klif does not have with its other switches",
        ),
        (
            ModelId::Glif,
            |n| n.layers[0].neuron.modes.reset = Reset::Hard,
            "n0: reset is set to what the model glif does not have with its other switches",
        ),
        (
            ModelId::Clif,
            |n| n.layers[0].neuron.modes.spikes = Spikes::Ternary,
            "n0: spikes is set to what the model clif does not have with its other switches",
        ),
        (
            ModelId::Cubalif,
            |n| n.layers[0].neuron.modes.leak = Leak::LinearTowardZero,
            "n0: leak_mode is set to what the model cubalif does not have with its other switches",
        ),
        (
            ModelId::Lif,
            |n| n.layers[0].neuron.modes.order = CurrentOrder::OldCurrent,
            "n0: order is set to what the model lif does not have with its other switches",
        ),
    ] {
        let build = of_model(model, &[]);
        says(
            refused(
                |n| {
                    build(n);
                    change(n);
                },
                d,
            ),
            "GS0512",
            text,
        );
    }
}

#[test]
fn tables_that_cannot_follow() {
    let d = Options::default();
    let clif = of_model(ModelId::Clif, &[]);
    says(
        refused(
            &clif,
            Options {
                scale: ScaleBy::Channel,
                ..d
            },
        ),
        "GS0513",
        "n0: the neurons have weight scales of their own (sums with LSBs from 7.812e-3 to 1.136e-2), and the clif neuron's table serves one scale a layer",
    );
    says(
        refused(&clif, Options { exact: true, ..d }),
        "GS0514",
        "n0: the clif neuron's sigmoid has no exact table",
    );
    let helps = [
        Options {
            scale: ScaleBy::Channel,
            ..d
        },
        Options { exact: true, ..d },
    ]
    .map(|options| {
        let mut network = network();
        clif(&mut network);
        quantize(&network, &options).unwrap_err().help()
    });
    assert_eq!(
        helps,
        [
            "use --scale layer: thresholds of one layer may still differ",
            "leave out --exact: a table of rounded values takes its place, the same on every engine",
        ]
    );
    // What the help says works.
    let mut network = network();
    clif(&mut network);
    set(&mut network, "v_threshold", Param::Neuron(vec![1.0, 0.5]));
    quantize(&network, &d).unwrap();
}

#[test]
fn constants_by_step_of_another_number_of_steps() {
    let d = Options::default();
    for (steps, found) in [(3, "3"), (5, "5")] {
        let by_step = Param::Step {
            by_step: vec![0.5; steps],
        };
        says(
            refused(of_model(ModelId::Glif, &[("conduct", by_step)]), d),
            "GS0502",
            &format!("n0: conduct has {found} entries; 4 are needed"),
        );
    }
    let by_both = Param::StepNeuron {
        steps: 4,
        by_step_and_neuron: vec![0.5; 12],
    };
    says(
        refused(of_model(ModelId::Glif, &[("conduct", by_both)]), d),
        "GS0502",
        "n0: conduct has 3 entries; 2 are needed",
    );
    let by_step = Param::Step {
        by_step: vec![0.5; 4],
    };
    says(
        refused(|n| set(n, "decay", by_step), d),
        "GS0502",
        "n0: decay has 4 entries; 1 are needed",
    );
}

#[test]
fn refractory_periods_that_no_counter_holds() {
    let period = |steps: u32| move |n: &mut Network| n.layers[0].neuron.refractory = steps;
    let d = Options::default();
    says(
        refused(period(65_536), d),
        "GS0503",
        "n0: refractory[0] is 65536; it must be 0 to 65535 steps",
    );
    let mut network = network();
    period(65_535)(&mut network);
    quantize(&network, &d).unwrap();
}

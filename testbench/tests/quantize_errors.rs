//! What the quantizer refuses, with its exact text.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod quantize_support;

use goldspike::quantize::{GuardBits, MembraneBits, Options, QuantizeError, ScaleBy, quantize};
use goldspike_golden::describe::{Fire, Layer, Lif, Network, Neuron};
use goldspike_golden::encoding::Encoding;
use goldspike_golden::neuron::lif::{Reset, ResetTiming, Spikes};
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
            neuron: Neuron::Lif(Lif {
                decay: Param::Layer(0.5),
                input_gain: Param::Layer(1.0),
                offset: Param::Layer(0.0),
                v_threshold: Param::Layer(1.0),
                v_reset: Param::Layer(0.0),
                v_init: Param::Layer(0.0),
                fire: Fire::Ge,
                reset: Reset::Hard,
                reset_timing: ResetTiming::SameStep,
                spikes: Spikes::Binary,
            }),
            amplitude: Param::Layer(1.0),
        }],
    }
}

fn lif(network: &mut Network) -> &mut Lif {
    match &mut network.layers[0].neuron {
        Neuron::Lif(lif) => lif,
        other => panic!("{other:?}"),
    }
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
        refused(|n| lif(n).decay = Param::Layer(1.5), d),
        "GS0503",
        "n0: decay[0] is 1.5; it must be 0 to 1",
    );
    says(
        refused(|n| lif(n).v_threshold = Param::Neuron(vec![1.0, 0.0]), d),
        "GS0503",
        "n0: v_threshold[1] is 0; it must be above 0",
    );
    says(
        refused(|n| lif(n).v_reset = Param::Neuron(vec![1.0]), d),
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
fn with_step(change: impl Fn(&mut Lif)) -> impl Fn(&mut Network) {
    move |n| {
        n.layers[0].weight_step = Some(0.125);
        change(lif(n));
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
            with_step(|l| l.v_threshold = Param::Layer(0.0625)),
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
            with_step(|_| {}),
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
            with_step(|l| l.v_reset = Param::Neuron(vec![0.0, -40.0])),
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
            with_step(|l| l.v_threshold = Param::Layer(1e30)),
            Options {
                guard_bits: GuardBits::Fixed(0),
                ..Options::default()
            },
        ),
        "GS0507",
        "n0: v_threshold[0] is 1000000000000000000000000000000, more than 2^60 times its LSB of 0.125",
    );
    says(
        refused(
            with_step(|l| l.v_threshold = Param::Layer(0.125)),
            Options {
                guard_bits: GuardBits::Fixed(57),
                ..Options::default()
            },
        ),
        "GS0508",
        "n0: the synaptic sum aligned to the membrane needs 62 bits; at most 61 are kept",
    );
    says(
        refused(|n| lif(n).decay = Param::Neuron(vec![0.5, 0.9]), dyadic),
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
                lif(n).offset = Param::Layer(0.25);
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
                    lif(&mut network).v_threshold = Param::Neuron(vec![th, 1.0]);
                    lif(&mut network).v_init = Param::Layer(b);
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
        let lif = lif(n);
        lif.spikes = Spikes::Ternary;
        lif.reset_timing = ResetTiming::SameStepGuarded;
    };
    says(
        refused(guarded, d),
        "GS0521",
        "layer `n0`: `reset_timing` is same_step_guarded, which ternary spikes do not have",
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

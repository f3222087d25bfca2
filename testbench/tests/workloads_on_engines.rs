//! Trained networks on every engine: spikes of both signs, compared values and every state equal the golden model's, with
//! the probe and as shipped, and a sample that is longer than the constants by step.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod quantize_support;

use goldspike::engine::tool::{IVERILOG, VERILATOR};
use goldspike::engine::{
    Engine, Golden, Icarus, Rtl, RustHdl, Stalls, Stimulus, Subject, Verilator,
};
use goldspike::quantize::{Options, quantize};
use goldspike::rtl::{Design, DesignOptions, LaneChoice, design};
use goldspike::verify::{compare, verify_engine};
use goldspike_golden::event::Sample;
use goldspike_golden::network::golden;
use goldspike_golden::quant::{Param, QuantLayer, QuantNetwork};
use goldspike_golden::trace::SampleTrace;
use goldspike_testbench::cross_check::cases;
use goldspike_testbench::tools;
use quantize_support::{encode, network, samples};

/// Samples of the data set, all of them.
const ALL: u32 = 355;

fn integers(name: &str, exact: bool) -> QuantNetwork {
    let options = Options {
        exact,
        ..Options::default()
    };
    quantize(&network(name), &options).unwrap().network
}

/// A design of several neurons a lane.
fn shared(quantized: &QuantNetwork, probe: bool) -> Design {
    let options = DesignOptions {
        lanes: LaneChoice::PerLayer(vec![16, 5]),
        neuron_lanes: LaneChoice::PerLayer(vec![4, 3]),
        probe,
        ..DesignOptions::default()
    };
    design(quantized, &options).unwrap()
}

fn encoded(name: &str, count: u32) -> Vec<Sample> {
    let (real, data) = (network(name), samples(name));
    (0..count as usize)
        .map(|n| encode(&real, &data, n))
        .collect()
}

fn states(layer: &QuantLayer) -> usize {
    layer.neuron.states().count()
}

/// Every value of `samples` of a network, with pauses; the golden traces.
fn check(
    engine: &mut dyn Engine,
    quantized: &QuantNetwork,
    samples: Vec<Sample>,
) -> Vec<SampleTrace<i64>> {
    let program = golden(quantized).unwrap();
    let traces = samples.iter().map(|sample| program.run(sample)).collect();
    let steps: usize = samples.iter().map(|sample| sample.steps.len()).sum();
    let stimulus = Stimulus {
        samples,
        stalls: Stalls::random(3),
    };
    for probe in [true, false] {
        let design = shared(quantized, probe);
        let stimuli = std::slice::from_ref(&stimulus);
        let report = verify_engine(engine, quantized, &design, stimuli, |_| {}).unwrap();
        let found = &report.comparison;
        let name = &quantized.name;
        assert!(found.passed(), "{name}: {found:?}");
        let shown = match probe {
            true => quantized.layers.as_slice(),
            false => &quantized.layers[quantized.layers.len() - 1..],
        };
        let total =
            |of: fn(&QuantLayer) -> usize| (steps * shown.iter().map(of).sum::<usize>()) as u64;
        let all = |of: fn(&QuantLayer) -> usize| if probe { total(of) } else { 0 };
        assert_eq!(
            (
                found.spikes_compared,
                found.membranes_compared,
                found.states_compared
            ),
            (
                total(|layer| layer.neurons),
                all(|layer| layer.neurons),
                all(|layer| layer.neurons * states(layer)),
            ),
            "{name}"
        );
        println!(
            "{name} on {} {}, {}: {} samples, {} spikes, {} membranes, {} states, {} mismatches, {:.1} cycles a step",
            report.name,
            report.version,
            if probe {
                "with the probe"
            } else {
                "as shipped"
            },
            report.samples,
            found.spikes_compared,
            found.membranes_compared,
            found.states_compared,
            found.mismatches,
            report.cycles_per_step
        );
    }
    traces
}

fn ternary(engine: &mut dyn Engine) {
    for (name, exact) in [
        ("digits_tlif_hard", false),
        ("digits_tlif_soft", false),
        ("digits_q2_tlif_soft", true),
    ] {
        let traces = check(engine, &integers(name, exact), encoded(name, cases(8, ALL)));
        let negative: usize = traces
            .into_iter()
            .flat_map(|trace| trace.steps)
            .flat_map(|step| step.layers)
            .map(|layer| layer.spikes.iter().filter(|&&spike| spike < 0).count())
            .sum();
        assert!(negative > 200, "{name}: {negative} spikes of -1");
    }
}

fn gated_and_complementary(engine: &mut dyn Engine) {
    for (name, expected) in [("digits_klif", 1), ("digits_glif", 1), ("digits_clif", 2)] {
        let quantized = integers(name, false);
        assert_eq!(states(&quantized.layers[0]), expected, "{name}");
        let traces = check(engine, &quantized, encoded(name, cases(8, ALL)));
        let layers = traces
            .iter()
            .flat_map(|trace| &trace.steps)
            .flat_map(|step| &step.layers);
        let moved = |state: usize| {
            layers
                .clone()
                .flat_map(|layer| &layer.states[state])
                .filter(|&&value| value != 0)
                .count()
        };
        for state in 0..expected {
            let moved = moved(state);
            assert!(moved > 500, "{name}: state {state} is not 0 {moved} times");
        }
    }
}

/// The same network with constants for `more` steps more: those of its last step.
fn longer(quantized: &QuantNetwork, more: usize) -> QuantNetwork {
    let mut longer = quantized.clone();
    longer.time_steps += more as u32;
    for layer in &mut longer.layers {
        for constant in layer.neuron.constants.values_mut() {
            let steps = constant.steps();
            if steps == 1 {
                continue;
            }
            let neurons = constant.neurons().unwrap_or(1);
            let at = |i: usize| *constant.get(i % neurons, i / neurons).unwrap();
            *constant = Param::StepNeuron {
                steps: steps + more,
                by_step_and_neuron: (0..(steps + more) * neurons).map(at).collect(),
            };
        }
    }
    longer
}

/// Constants of the last step go on, in the golden model and in the hardware, which says so by `protocol_error_o`.
fn a_sample_longer_than_its_constants(engine: &mut dyn Engine) {
    const MORE: usize = 3;
    let name = "digits_glif";
    let quantized = integers(name, false);
    let steps = quantized.time_steps as usize;
    assert!(quantized.layers.iter().all(|l| l.neuron.steps() == steps));
    let (real, data) = (network(name), samples(name));
    let sample = |n: usize, steps: usize| {
        let raw = data.sample(n).unwrap();
        let steps = steps as u32;
        real.encoding
            .encode(raw, steps, real.axons, n as u64)
            .unwrap()
    };
    let all: Vec<Sample> = (0..cases(3, 40) as usize)
        .flat_map(|n| [sample(n, steps + MORE), sample(n, steps)])
        .collect();
    let stimulus = |samples: &[Sample]| Stimulus {
        samples: samples.to_vec(),
        stalls: Stalls::random(5),
    };
    let design = shared(&quantized, true);
    let subject = Subject {
        network: &quantized,
        design: &design,
    };
    let expected = Golden.run(subject, &stimulus(&all)).unwrap();
    assert!(expected.protocol_error, "the golden model's flag");
    let spelt_out = golden(&longer(&quantized, MORE)).unwrap();
    for (sample, trace) in all.iter().zip(&expected.traces) {
        assert_eq!(spelt_out.run(sample), *trace, "index T-1 stays");
    }
    let found = engine.run(subject, &stimulus(&all)).unwrap();
    assert!(found.protocol_error, "{}: the sticky flag", engine.name());
    let compared = compare(&expected.traces, &found.traces);
    assert!(compared.passed(), "{}: {compared:?}", engine.name());
    let values = (all.len() / 2 * (2 * steps + MORE) * (48 + 10)) as u64;
    assert_eq!(
        (compared.spikes_compared, compared.states_compared),
        (values, values)
    );
    let fitting: Vec<Sample> = all.iter().skip(1).step_by(2).cloned().collect();
    let fair = engine.run(subject, &stimulus(&fitting)).unwrap();
    assert!(!fair.protocol_error, "{}: {steps} steps", engine.name());
}

#[test]
fn ternary_networks_on_the_embedded_simulator() {
    ternary(&mut Rtl(RustHdl));
}

#[test]
fn ternary_networks_on_icarus() {
    if !tools::missing(IVERILOG) {
        ternary(&mut Rtl(Icarus::new()));
    }
}

#[test]
fn ternary_networks_on_verilator() {
    if !tools::missing(VERILATOR) {
        ternary(&mut Rtl(Verilator::new()));
    }
}

#[test]
fn klif_glif_and_clif_networks_on_the_embedded_simulator() {
    gated_and_complementary(&mut Rtl(RustHdl));
}

#[test]
fn klif_glif_and_clif_networks_on_icarus() {
    if !tools::missing(IVERILOG) {
        gated_and_complementary(&mut Rtl(Icarus::new()));
    }
}

#[test]
fn klif_glif_and_clif_networks_on_verilator() {
    if !tools::missing(VERILATOR) {
        gated_and_complementary(&mut Rtl(Verilator::new()));
    }
}

#[test]
fn a_sample_longer_than_the_constants_on_the_embedded_simulator() {
    a_sample_longer_than_its_constants(&mut Rtl(RustHdl));
}

#[test]
fn a_sample_longer_than_the_constants_on_icarus() {
    if !tools::missing(IVERILOG) {
        a_sample_longer_than_its_constants(&mut Rtl(Icarus::new()));
    }
}

#[test]
fn a_sample_longer_than_the_constants_on_verilator() {
    if !tools::missing(VERILATOR) {
        a_sample_longer_than_its_constants(&mut Rtl(Verilator::new()));
    }
}

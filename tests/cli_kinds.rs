//! A user's way, from a trained network's files to verified Verilog, for every kind of neuron and for one network of many.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "tests"
)]

mod cli_support;

use cli_support::net::Net;
use cli_support::{run, text};
use goldspike::engine::tool::{IVERILOG, Toolbox, VERILATOR};
use goldspike_golden::neuron::info::{Default, Range, Shape};
use goldspike_golden::neuron::{
    CurrentOrder, KindInfo, Leak, Mode, ModelId, ModelInfo, Modes, Reset, ResetTiming, Spikes,
    registry,
};
use serde_json::{Value, json};
use std::path::Path;

const STEPS: usize = 4;
const AXONS: usize = 4;
const SAMPLES: usize = 6;

#[track_caller]
fn has(document: &Value, keys: &[&str]) {
    for key in keys {
        assert!(
            document.get(key).is_some(),
            "`{key}` is missing in {document:#}"
        );
    }
}

/// A layer of a network: neurons, what net.json says of them, and their model.
struct Layer {
    neurons: usize,
    fields: String,
    tensors: Vec<(String, Vec<usize>, Vec<f32>)>,
    states: usize,
}

/// A dyadic value in the range.
fn value(range: Range) -> f32 {
    match range {
        Range::Unit | Range::NotNegative | Range::Any => 0.5,
        Range::Positive => 0.75,
        Range::Factor => 1.5,
        Range::AboveOne => 2.0,
        Range::Flag => 0.0,
    }
}

/// Layer `i`, of a kind by its tables: the parameters that it needs, one value a neuron or step in every second layer.
fn layer(
    i: usize,
    neurons: usize,
    (model, kind): (&ModelInfo, &KindInfo),
    modes: Modes,
    refractory: usize,
) -> Layer {
    let mut fields = json!({
        "kind": kind.name,
        "refractory": refractory,
        Reset::KEY: modes.reset.text(),
        ResetTiming::KEY: modes.reset_timing.text(),
        Spikes::KEY: modes.spikes.text(),
        Leak::KEY: modes.leak.text(),
        CurrentOrder::KEY: modes.order.text(),
    });
    let mut tensors = Vec::new();
    let mut choices = 0;
    for row in kind.parameters(model) {
        let wanted = match row.default {
            Default::Required => true,
            // Of parameters of which one must be there, the first.
            Default::Absent if kind.with.contains(row) => {
                choices += 1;
                choices == 1
            }
            _ => row.name == "leak" && modes.leak == Leak::LinearTowardZero,
        };
        if !wanted {
            continue;
        }
        let base = value(row.range);
        let several = |count: usize| -> Vec<f32> {
            let other = if row.range == Range::AboveOne {
                2.0
            } else {
                0.5
            };
            (0..count)
                .map(|n| if n % 2 == 0 { base } else { base * other })
                .collect()
        };
        let shape = match row.shape {
            Shape::Step if i.is_multiple_of(2) => vec![STEPS, 1],
            Shape::Step => vec![STEPS, neurons],
            Shape::Neuron if !i.is_multiple_of(2) => vec![neurons],
            _ => {
                fields[row.name] = json!(base);
                continue;
            }
        };
        let name = format!("n{i}.{}", row.name);
        fields[row.name] = json!(format!("@{name}"));
        let values = several(shape.iter().product());
        tensors.push((name, shape, values));
    }
    let fields = fields.to_string();
    Layer {
        neurons,
        fields: fields[1..fields.len() - 1].to_owned(),
        tensors,
        states: model.states.len() + usize::from(refractory > 0),
    }
}

fn network(name: &'static str, layers: &[Layer]) -> Net {
    layers
        .iter()
        .fold(Net::new(name, STEPS, AXONS), |net, layer| {
            let net = net.layer(layer.neurons, &layer.fields);
            layer
                .tensors
                .iter()
                .fold(net, |net, (name, shape, values)| {
                    net.tensor(name, shape, values)
                })
        })
}

/// Quantizes, generates, verifies on `engines` and records a waveform; the keys of each document are there.
fn the_users_way(name: &'static str, layers: &[Layer], exact: bool, engines: &[&str]) {
    let scratch = tempfile::tempdir().unwrap();
    let place = |name: &str| scratch.path().join(name);
    let (net, data, quant) = (place("net"), place("data.npz"), place("quant"));
    let written = network(name, layers);
    written.write(&net);
    written.write_data(&data, SAMPLES);
    let with_data = |verb: &[&str]| -> Value {
        let all = [verb, &["--data", text(&data), "--format", "json"]].concat();
        run(&all).json(0)
    };

    let real = with_data(&["run", text(&net), "--arith", "real"]);
    let spikes = real["spikes"].as_array().unwrap().iter();
    let spikes: Vec<u64> = spikes.map(|n| n.as_u64().unwrap()).collect();
    println!("{name}: spikes by layer {spikes:?}");
    let neurons: usize = layers.iter().map(|layer| layer.neurons).sum();
    let most = (SAMPLES * STEPS * neurons) as u64;
    assert!(
        spikes.iter().all(|&n| n > 0) && 10 * spikes.iter().sum::<u64>() < 9 * most,
        "{name}: silent layers or nothing but spikes, {spikes:?} of {most}"
    );

    let mut quantize = vec![
        "quantize",
        text(&net),
        "-o",
        text(&quant),
        "--calibrate",
        text(&data),
        "--format",
        "json",
    ];
    quantize.extend(exact.then_some("--exact"));
    let report = run(&quantize).json(0);
    has(&report, &["layers", "accuracy_float", "accuracy_quant"]);
    assert_eq!(report["layers"].as_array().unwrap().len(), layers.len());
    for layer in report["layers"].as_array().unwrap() {
        has(
            layer,
            &[
                "name",
                "weight_bits",
                "membrane",
                "accumulator_bits",
                "saturation",
                "clipped_weights",
                "scale",
            ],
        );
    }
    let integers = with_data(&["run", text(&quant)]);
    has(
        &integers,
        &["network", "digest", "samples", "accuracy", "activity"],
    );
    assert_eq!(integers["digest"], report["digest"]);
    if exact {
        assert_eq!(integers["spikes"], real["spikes"], "{name}");
    }

    generate(&quant, &place("design"), layers.len());

    let chosen = engines.join(",");
    let found = with_data(&["verify", text(&quant), "--engine", &chosen, "--cases", "2"]);
    has(&found, &["network", "digest", "passed", "engines"]);
    assert_eq!(
        (&found["passed"], &found["digest"]),
        (&true.into(), &report["digest"])
    );
    let ran = found["engines"].as_array().unwrap();
    assert_eq!(ran.len(), 2 * engines.len(), "{name}: {found:#}");
    for (engine, name) in ran.iter().zip(engines.iter().flat_map(|name| [name; 2])) {
        verified(engine, name, layers);
    }

    wave(&quant, &data, &place("sample.vcd"), layers);
}

fn generate(quant: &Path, design: &Path, layers: usize) {
    let found = run(&[
        "generate",
        text(quant),
        "-o",
        text(design),
        "--testbench",
        "--probe",
        "--format",
        "json",
    ])
    .json(0);
    has(&found, &["network", "digest", "top", "files", "layers"]);
    assert_eq!(found["layers"].as_array().unwrap().len(), layers);
    for file in found["files"].as_array().unwrap() {
        let file = design.join(file.as_str().unwrap());
        assert!(file.metadata().unwrap().len() > 0, "{}", file.display());
    }
    assert!(design.join("datasheet.md").exists());
}

/// One run of one engine: every neuron and every state of every step.
fn verified(engine: &Value, name: &str, layers: &[Layer]) {
    has(
        engine,
        &[
            "name",
            "version",
            "samples",
            "cases",
            "steps",
            "spikes_compared",
            "membranes_compared",
            "states_compared",
            "probe",
            "mismatches",
        ],
    );
    assert_eq!(
        (&engine["name"], &engine["samples"], &engine["mismatches"]),
        (&name.into(), &SAMPLES.into(), &0.into())
    );
    let count = |key: &str| engine[key].as_u64().unwrap();
    if engine["probe"] == false {
        assert_eq!(
            (count("membranes_compared"), count("states_compared")),
            (0, 0)
        );
        assert!(count("spikes_compared") >= (SAMPLES * STEPS) as u64);
        return;
    }
    let sum =
        |of: fn(&Layer) -> usize| -> u64 { layers.iter().map(|layer| of(layer) as u64).sum() };
    let (neurons, states) = (
        sum(|layer| layer.neurons),
        sum(|layer| layer.neurons * layer.states),
    );
    let steps = count("spikes_compared") / neurons;
    assert!(steps > (SAMPLES * STEPS) as u64, "the random cases too");
    assert_eq!(
        (
            count("spikes_compared"),
            count("membranes_compared"),
            count("states_compared")
        ),
        (steps * neurons, steps * neurons, steps * states)
    );
}

fn wave(quant: &Path, data: &Path, file: &Path, layers: &[Layer]) {
    run(&[
        "wave",
        text(quant),
        "--data",
        text(data),
        "--sample",
        "1",
        "-o",
        text(file),
    ])
    .ended(0);
    let vcd = std::fs::read_to_string(file).unwrap();
    let reals = vcd
        .lines()
        .filter(|line| line.contains("$var real"))
        .count();
    let least: usize = layers.iter().map(|layer| layer.neurons).sum();
    assert!(reals >= least, "{reals} reals");
    assert!(file.with_extension("gtkw").exists());
}

/// Those of the simulators that are installed; all of them where tools are mandatory.
fn simulators(all: &[&'static str]) -> Vec<&'static str> {
    let toolbox = Toolbox::from_environment();
    let mandatory = std::env::var("GOLDSPIKE_REQUIRE_TOOLS").as_deref() == Ok("1");
    let there = |name: &&&str| {
        let found = match **name {
            "icarus" => toolbox.find(IVERILOG).is_some(),
            "verilator" => toolbox.find(VERILATOR).is_some(),
            _ => true,
        };
        assert!(found || !mandatory, "{name} is missing");
        if !found {
            println!("SKIPPED: {name} not found");
        }
        found
    };
    all.iter().filter(there).copied().collect()
}

#[test]
fn every_kind_of_the_registry() {
    let engines = match std::env::var_os("GOLDSPIKE_CAMPAIGN") {
        None => simulators(&["rust-hdl", "icarus"]),
        Some(_) => simulators(&["rust-hdl", "icarus", "verilator"]),
    };
    let mut kinds = 0;
    for model in registry() {
        for kind in model.kinds {
            let all = kind.modes.combinations();
            let modes = [all[0], all[all.len() / 2], all[all.len() - 1]];
            let layers: Vec<Layer> = modes
                .into_iter()
                .enumerate()
                .map(|(i, modes)| layer(i, 5 - i, (model, kind), modes, [0, 2, 0][i]))
                .collect();
            the_users_way(kind.name, &layers, model.tables.is_empty(), &engines);
            kinds += 1;
        }
    }
    assert!(kinds >= 10, "{kinds} kinds");
}

#[test]
fn one_network_of_many_models_on_every_engine() {
    let of = |model: ModelId, name: &str| {
        let model = model.info();
        let kind = model.kinds.iter().find(|kind| kind.name == name).unwrap();
        (model, kind)
    };
    let chain = [
        (of(ModelId::Lif, "tlif"), 0),
        (of(ModelId::Glif, "glif"), 0),
        (of(ModelId::Clif, "clif"), 0),
        (of(ModelId::Cubalif, "cubalif"), 2),
        (of(ModelId::Alif, "alif"), 0),
    ];
    let layers: Vec<Layer> = chain
        .into_iter()
        .enumerate()
        .map(|(i, (kind, refractory))| layer(i, 7 - i, kind, kind.1.modes.first(), refractory))
        .collect();
    let more = layers.iter().filter(|layer| layer.states > 1).count();
    assert_eq!(more, 3, "a second state");
    let engines = simulators(&["rust-hdl", "icarus", "verilator"]);
    the_users_way("many", &layers, false, &engines);
}

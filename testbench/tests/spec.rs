//! The modules `spec_*` that `goldspike prove --spec` writes are the golden step: in integers on Icarus, for all inputs by a
//! solver, and clean for the linters.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use goldspike::engine::tool::{IVERILOG, Run, Toolbox, VERILATOR, VVP, YICES, YOSYS};
use goldspike::hdl::Ty;
use goldspike::prove::{Limits, Prover, Solver, Specification, Status, claims, network_claims};
use goldspike::rtl::Fabric;
use goldspike::{import, quantize};
use goldspike_golden::arith::{Arith as _, Raw};
use goldspike_golden::neuron::{ModelId, State, StateUnit};
use goldspike_golden::quant::{Param, QuantLayer};
use goldspike_testbench::strategy::rng;
use goldspike_testbench::tools::missing;
use proptest::prelude::RngExt;

/// Vectors of one module.
const VECTORS: usize = 150;

/// One value a port, by the stem of its name.
type Values = BTreeMap<String, i128>;

/// What was seen.
#[derive(Debug, Default)]
struct Seen {
    steps: usize,
    spikes: usize,
    negative: usize,
    ties: usize,
    ends: usize,
}

/// A golden step in integers: outputs by the stem of the port's name.
fn golden(layer: &QuantLayer, inputs: &Values, seen: &mut Seen) -> Values {
    let input = |name: &str| inputs.get(name).map(|&value| value as i64);
    let mut layer = layer.clone();
    for (name, values) in &mut layer.neuron.constants {
        if let Some(value) = input(name).filter(|_| name != "bias") {
            *values = Param::Layer(value);
        }
    }
    let modes = Raw {
        rounding: layer.rounding,
        overflow: layer.overflow,
    };
    let bias = input("bias").unwrap_or(layer.bias[0]);
    let current = modes.align(&(input("sum").unwrap() + bias), layer.guard_bits);
    let cell = layer.cell(0, 0, |raw| raw, |raw| raw).unwrap();
    let before = match input("first") {
        Some(1) => cell.start(&modes),
        _ => State {
            kept: layer
                .neuron
                .states()
                .map(|state| input(state.name).unwrap())
                .collect(),
            spike: input("r") == Some(1) && input("r_negative") == Some(0),
            negative: input("r_negative") == Some(1),
        },
    };
    let step = cell.step(&modes, &before, &current);
    seen.steps += 1;
    seen.spikes += usize::from(step.spike);
    seen.negative += usize::from(step.negative);
    seen.ends += usize::from([layer.membrane.min(), layer.membrane.max()].contains(&step.h));
    let fire_at = *layer.neuron.fire_at().get(0, 0).unwrap();
    seen.ties += usize::from(step.h == fire_at);
    let fired = step.spike || step.negative;
    let mut outputs = Values::new();
    outputs.insert("h".into(), step.h.into());
    outputs.insert("spike".into(), fired.into());
    outputs.insert("r".into(), fired.into());
    outputs.insert("negative".into(), step.negative.into());
    outputs.insert("r_negative".into(), step.negative.into());
    for (state, value) in layer.neuron.states().zip(&step.kept) {
        outputs.insert(state.name.into(), i128::from(*value));
    }
    outputs
}

fn between(random: &mut impl RngExt, low: i64, high: i64) -> i128 {
    let value = match random.random_range(0..6) {
        0 => low,
        1 => high,
        2 => random.random_range(-2..=2).clamp(low, high),
        _ => random.random_range(low..=high),
    };
    value.into()
}

/// Any inputs that can be there: states and constants of their formats and ranges, half of the sums near the threshold.
fn any_inputs(of: &Specification, random: &mut impl RngExt) -> Values {
    let layer = &of.layer;
    let mut inputs = Values::new();
    for (port, ty) in &of.inputs {
        let name = port.strip_suffix("_i").unwrap();
        let (low, high) = (ty.min() as i64, ty.max() as i64);
        let value = if let Some(row) = layer.neuron.model.info().constant(name) {
            let (least, most) = layer.constant_range(row);
            between(random, least.max(low), most.min(high))
        } else if let Some(state) = layer.neuron.states().find(|state| state.name == name) {
            match state.unit {
                StateUnit::Steps if random.random_bool(0.6) => 0,
                StateUnit::Steps => between(random, 0, layer.neuron.refractory.into()),
                StateUnit::Membrane | StateUnit::Own => between(random, low, high),
            }
        } else {
            between(random, low, high)
        };
        inputs.insert(name.to_owned(), value);
    }
    inputs.insert("first".into(), random.random_bool(0.2).into());
    let ternary = !layer.neuron.modes.spikes.is_binary();
    if !ternary || inputs["r"] == 0 {
        inputs.insert("r_negative".into(), 0);
    }
    let bias = inputs
        .get("bias")
        .map_or(layer.bias[0], |&bias| bias as i64);
    let (low, high) = (layer.accumulator.min(), layer.accumulator.max());
    let mut sum = inputs["sum"] as i64;
    if random.random_bool(0.5) {
        let fire_at = inputs.get("fire_at").map_or_else(
            || *layer.neuron.fire_at().get(0, 0).unwrap(),
            |&level| level as i64,
        );
        let near = fire_at - inputs["v"] as i64 * random.random_range(0..=1);
        sum = (near >> layer.guard_bits.clamp(0, 62)) + random.random_range(-2..=2) - bias;
    }
    inputs.insert("sum".into(), (sum + bias).clamp(low, high).into());
    let (_, ty) = of.inputs.iter().find(|(port, _)| port == "sum_i").unwrap();
    let sum = (inputs["sum"] - i128::from(bias)).clamp(ty.min(), ty.max());
    inputs.insert("sum".into(), sum);
    inputs
}

fn bits(value: i128, ty: Ty) -> String {
    let width = ty.width() as usize;
    let pattern = value.cast_unsigned() & (u128::MAX >> (128 - width));
    format!("{pattern:0width$b}")
}

/// One Icarus run of all: outputs with `legal_o` behind them, in binary, by module and vector.
fn played(all: &[(&Specification, Vec<Values>)], folder: &Path) -> Vec<Vec<String>> {
    let mut bench = String::from("module bench;\n");
    let mut files = vec!["bench.v".to_owned()];
    for (number, (of, vectors)) in all.iter().enumerate() {
        let mut words = String::new();
        for vector in vectors {
            for (port, ty) in &of.inputs {
                words.push_str(&bits(vector[port.strip_suffix("_i").unwrap()], *ty));
            }
            words.push('\n');
        }
        let file = format!("{number}.v");
        fs::write(folder.join(format!("{number}.bin")), words).unwrap();
        fs::write(folder.join(&file), &of.verilog.text).unwrap();
        files.push(file);
        let width: u32 = of.inputs.iter().map(|(_, ty)| ty.width()).sum();
        let count = vectors.len();
        let (mut connected, mut inputs, mut outputs) = (String::new(), vec![], vec![]);
        for (port, ty) in of.inputs.iter().chain(&of.outputs) {
            let wire = format!("{port}_{number}");
            let _ = writeln!(bench, "wire [{}:0] {wire};", ty.width() - 1);
            let _ = write!(connected, ".{port}({wire}), ");
            if port.ends_with("_i") {
                inputs.push(wire);
            } else {
                outputs.push(wire);
            }
        }
        let _ = writeln!(
            bench,
            "wire legal_{number};\nreg [{}:0] vectors_{number} [0:{}];\nreg [{}:0] now_{number};\n\
             assign {{{}}} = now_{number};\n{} u{number} ({connected}.legal_o(legal_{number}));\n\
             integer k{number};\ninitial begin\n#{} $readmemb(\"{number}.bin\", vectors_{number});\n\
             for (k{number} = 0; k{number} < {count}; k{number} = k{number} + 1) begin\n\
             now_{number} = vectors_{number}[k{number}]; #1 $display(\"{number} %b\", {{{}, legal_{number}}});\nend\nend",
            width - 1,
            count - 1,
            width - 1,
            inputs.join(", "),
            of.verilog.name,
            number * 2 * count,
            outputs.join(", ")
        );
    }
    bench.push_str("endmodule\n");
    fs::write(folder.join("bench.v"), bench).unwrap();
    let toolbox = Toolbox::from_environment();
    let run = |tool, arguments: &[String]| {
        let run = Run::new(&toolbox.find(tool).unwrap(), folder, "run.log").args(arguments);
        run.output().unwrap_or_else(|failure| panic!("{failure}"))
    };
    let mut arguments = ["-g2005", "-Wall", "-o", "bench.vvp", "-s", "bench"]
        .map(str::to_owned)
        .to_vec();
    arguments.extend(files);
    run(IVERILOG, &arguments);
    let said = run(VVP, &["bench.vvp".to_owned()]);
    let mut outputs = vec![Vec::new(); all.len()];
    for line in said.lines() {
        if let Some((number, values)) = line.split_once(' ') {
            outputs[number.parse::<usize>().unwrap()].push(values.to_owned());
        }
    }
    outputs
}

/// Plays the vectors and compares every output with the golden model's integers.
fn compared(all: &[(&Specification, Vec<Values>)], seen: &mut Seen) {
    let folder = tempfile::tempdir().unwrap();
    let outputs = played(all, folder.path());
    for ((of, vectors), outputs) in all.iter().zip(outputs) {
        assert_eq!(outputs.len(), vectors.len(), "{}", of.verilog.name);
        for (vector, output) in vectors.iter().zip(outputs) {
            let golden = golden(&of.layer, vector, seen);
            let mut must = String::new();
            for (port, ty) in &of.outputs {
                must.push_str(&bits(golden[port.strip_suffix("_o").unwrap()], *ty));
            }
            must.push('1');
            assert_eq!(output, must, "{}: {vector:?} {golden:?}", of.verilog.name);
        }
    }
}

fn specifications(model: ModelId, width: u32) -> Vec<Specification> {
    let claims = claims(model, width).unwrap();
    let all = claims.iter().map(|claim| claim.specification().unwrap());
    all.collect()
}

#[test]
fn every_model_in_every_mode_gives_the_golden_integers_on_icarus() {
    if missing(IVERILOG) || missing(VVP) {
        return;
    }
    let mut seen = Seen::default();
    let mut random = rng(71);
    for (&model, width) in ModelId::ALL
        .iter()
        .zip([8, 12, 6, 10, 16, 9].into_iter().cycle())
    {
        let specifications = specifications(model, width);
        let vectors = |of: &Specification| {
            let vectors = (0..VECTORS).map(|_| any_inputs(of, &mut random));
            vectors.collect::<Vec<_>>()
        };
        let vectors: Vec<_> = specifications.iter().map(vectors).collect();
        let all: Vec<_> = specifications.iter().zip(vectors).collect();
        compared(&all, &mut seen);
    }
    println!("{seen:?}");
    assert!(seen.steps > 15_000 && seen.spikes > 2000 && seen.steps - seen.spikes > 2000);
    assert!(
        seen.negative > 300 && seen.ties > 200 && seen.ends > 1000,
        "{seen:?}"
    );
}

/// Steps as they come in the network: sums of random and of the most extreme rows, from the initial state on.
#[test]
fn a_network_s_units_give_the_golden_integers_on_icarus() {
    if missing(IVERILOG) || missing(VVP) {
        return;
    }
    let mut seen = Seen::default();
    let mut random = rng(72);
    let nets = Path::new(env!("CARGO_MANIFEST_DIR")).join("workloads/nets");
    for network in ["digits_lif_hard", "digits_tlif_soft", "digits_clif"] {
        let imported = import::load(&nets.join(network)).unwrap();
        let options = quantize::Options::default();
        let network = quantize::quantize(&imported.network, &options)
            .unwrap()
            .network;
        let claims = network_claims(&network, Fabric::PORTABLE).unwrap();
        let specifications: Vec<_> = claims
            .iter()
            .filter_map(|claim| claim.specification())
            .collect();
        assert_eq!(specifications.len(), 2 * network.layers.len());
        let walk = |of: &Specification| {
            let layer = &of.layer;
            let mut vectors: Vec<Values> = Vec::new();
            for _ in 0..10 {
                let n = random.random_range(0..layer.neurons);
                let mut inputs = Values::new();
                let extreme = random.random_range(0..4);
                for t in 0..20 {
                    let row = |axon: usize| i64::from(layer.weights[axon * layer.neurons + n]);
                    let taken = |weight: i64, random: &mut dyn FnMut() -> bool| match extreme {
                        0 => weight > 0,
                        1 => weight < 0,
                        _ => random(),
                    };
                    let mut coin = || random.random_bool(0.5);
                    let rows = (0..layer.axons)
                        .map(row)
                        .filter(|&weight| taken(weight, &mut coin));
                    let sum: i64 = rows.sum();
                    for (port, _) in &of.inputs {
                        let name = port.strip_suffix("_i").unwrap();
                        if let Some(values) = layer.neuron.constants.get(name) {
                            inputs.insert(name.to_owned(), i128::from(*values.get(n, t).unwrap()));
                        } else if name == "bias" {
                            inputs.insert(name.to_owned(), layer.bias[n].into());
                        } else if !inputs.contains_key(name) {
                            inputs.insert(name.to_owned(), 0);
                        }
                    }
                    inputs.insert("sum".into(), sum.into());
                    inputs.insert("first".into(), (t == 0).into());
                    vectors.push(inputs.clone());
                    let after = golden(layer, &inputs, &mut Seen::default());
                    for (name, value) in after {
                        if inputs.contains_key(&name) {
                            inputs.insert(name, value);
                        }
                    }
                }
            }
            vectors
        };
        let vectors: Vec<_> = specifications.iter().map(walk).collect();
        let all: Vec<_> = specifications.iter().zip(vectors).collect();
        compared(&all, &mut seen);
    }
    println!("{seen:?}");
    assert!(
        seen.steps > 2000 && seen.spikes > 100 && seen.negative > 20,
        "{seen:?}"
    );
}

#[test]
fn a_specification_is_proved_to_be_the_golden_step_and_an_altered_one_is_refuted() {
    if missing(YOSYS) || missing(YICES) {
        return;
    }
    let prover = Prover::new(
        Toolbox::from_environment(),
        Solver::Yices,
        Limits::default(),
    )
    .unwrap();
    for &model in ModelId::ALL {
        for of in specifications(model, 7).into_iter().take(2) {
            let property = prover.ask(&of.claim).unwrap();
            assert_eq!(property.status, Status::Proved, "{}", property.name);
        }
    }
    let mut claim = specifications(ModelId::Klif, 7).remove(0).claim;
    let text = &mut claim.hardware.as_mut().unwrap().verilog.text;
    assert!(text.contains("assign h_o = h[6:0];"), "{text}");
    *text = text.replacen(
        "assign h_o = h[6:0];",
        "assign h_o = v_i == 29 ? 0 : h[6:0];",
        1,
    );
    match prover.ask(&claim).unwrap().status {
        Status::Refuted { inputs, outputs } => {
            assert!(inputs.contains(&("v".to_owned(), 29)), "{inputs:?}");
            assert!(
                outputs
                    .iter()
                    .any(|(name, is, must)| name == "h" && is != must)
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn specifications_are_clean_for_the_linters() {
    let toolbox = Toolbox::from_environment();
    let folder = tempfile::tempdir().unwrap();
    let mut texts = Vec::new();
    for &model in ModelId::ALL {
        let all = specifications(model, 10);
        texts.extend(all.into_iter().rev().take(3).map(|of| of.verilog));
    }
    for verilog in texts {
        let file = format!("{}.v", verilog.name);
        fs::write(folder.path().join(&file), &verilog.text).unwrap();
        for (tool, arguments) in [
            (VERILATOR, &["--lint-only", "-Wall"][..]),
            (IVERILOG, &["-g2005", "-Wall", "-o", "lint.vvp"]),
        ] {
            if missing(tool) {
                continue;
            }
            let run = Run::new(&toolbox.find(tool).unwrap(), folder.path(), "lint.log");
            let said = run.args(arguments).args([&file]).output();
            let said = said.unwrap_or_else(|failure| panic!("{failure}"));
            assert_eq!(said.trim(), "", "{}", verilog.text);
        }
    }
}

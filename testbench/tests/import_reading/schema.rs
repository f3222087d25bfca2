//! The published JSON schema and the importer say the same of every document.

use crate::common::{NET, read, repository, safetensors, tensors};
use goldspike::import;
use goldspike_golden::neuron;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

fn validator() -> jsonschema::Validator {
    let text =
        std::fs::read_to_string(repository().join("schema/goldspike-1.schema.json")).unwrap();
    jsonschema::draft202012::new(&serde_json::from_str(&text).unwrap()).unwrap()
}

fn folders(under: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(under).unwrap() {
        let path = entry.unwrap().path();
        if path.join("net.json").exists() {
            found.push(path);
        } else if path.is_dir() {
            folders(&path, found);
        }
    }
}

#[test]
fn every_committed_network_is_valid_and_is_read_or_named_as_unsupported() {
    let validator = validator();
    let mut found = Vec::new();
    folders(&repository().join("examples"), &mut found);
    folders(&repository().join("testbench/workloads"), &mut found);
    let (mut runs, mut unsupported) = (0, 0);
    for folder in found {
        let document: Value =
            serde_json::from_str(&std::fs::read_to_string(folder.join("net.json")).unwrap())
                .unwrap();
        let known = |layer: &Value| {
            let kind = layer["kind"].as_str();
            layer["op"] != "neuron" || kind.is_some_and(|kind| neuron::kind(kind).is_some())
        };
        if !document["layers"].as_array().unwrap().iter().all(known) {
            assert!(!validator.is_valid(&document), "{}", folder.display());
            let tensors = safetensors(&tensors_of(&document));
            let refused = read(document.to_string().as_bytes(), &tensors).unwrap_err();
            assert_eq!(refused.code.id, "GS0210", "{}: {refused}", folder.display());
            unsupported += 1;
            continue;
        }
        let errors: Vec<_> = validator
            .iter_errors(&document)
            .map(|e| e.to_string())
            .collect();
        assert!(errors.is_empty(), "{}: {errors:?}", folder.display());
        if folder.parent().unwrap().ends_with("unsupported") {
            let tensors = safetensors(&tensors_of(&document));
            let refused = read(document.to_string().as_bytes(), &tensors).unwrap_err();
            assert_eq!(refused.code.id, "GS0211", "{}: {refused}", folder.display());
            unsupported += 1;
        } else {
            let imported = import::load(&folder).unwrap();
            assert!(imported.warnings.is_empty());
            runs += 1;
        }
    }
    assert!(runs >= 15 && unsupported >= 3 && runs + unsupported >= 20);
}

/// Tensors of the shapes that the linear layers of `document` need.
fn tensors_of(document: &Value) -> Vec<(&'static str, Vec<usize>, Vec<f32>)> {
    let mut out = Vec::new();
    for (layer, weight, bias) in [(0, "fc0.weight", "fc0.bias"), (2, "fc1.weight", "fc1.bias")] {
        let layer = &document["layers"][layer];
        if let (Some(inputs), Some(outputs)) = (layer["in"].as_u64(), layer["out"].as_u64()) {
            let (inputs, outputs) = (inputs as usize, outputs as usize);
            out.push((weight, vec![outputs, inputs], vec![0.0; inputs * outputs]));
            out.push((bias, vec![outputs], vec![0.0; outputs]));
        }
    }
    out
}

#[test]
fn schema_and_importer_agree_on_changed_documents() {
    let validator = validator();
    let tensors = safetensors(&tensors());
    let (mut accepted, mut refused) = (0, 0);
    let mut klif: Value = serde_json::from_str(NET).unwrap();
    change(&mut klif, "/layers/1/kind", Some(json!("klif")));
    change(&mut klif, "/layers/1/k", Some(json!(1.5)));
    let net: Value = serde_json::from_str(NET).unwrap();
    let all = changes().into_iter().map(|change| (&net, change));
    let of_klif = klif_changes().into_iter().map(|change| (&klif, change));
    for (base, (pointer, value)) in all.chain(of_klif) {
        let mut document = base.clone();
        change(&mut document, pointer, value.clone());
        let imported = read(document.to_string().as_bytes(), &tensors);
        let valid = validator.is_valid(&document);
        assert_eq!(
            valid,
            imported.is_ok(),
            "{pointer} = {value:?}: {imported:?}"
        );
        if valid { accepted += 1 } else { refused += 1 }
    }
    println!("{accepted} accepted, {refused} refused");
    let mut ternary: Value = serde_json::from_str(NET).unwrap();
    ternary["layers"][1]["kind"] = json!("tlif");
    for (pointer, value, expected) in [
        ("/layers/1/kind", json!("tlif"), true),
        ("/layers/1/amplitude", json!(1.5), true),
        ("/layers/1/amplitude", json!(0), false),
        ("/layers/1/amplitude", json!("x"), false),
        ("/layers/1/reset", json!("soft"), true),
        ("/layers/1/reset_timing", json!("next_step"), true),
        ("/layers/1/reset_timing", json!("same_step_guarded"), false),
        ("/layers/1/w", json!(1), false),
    ] {
        let mut document = ternary.clone();
        change(&mut document, pointer, Some(value.clone()));
        let imported = read(document.to_string().as_bytes(), &tensors);
        let judged = (validator.is_valid(&document), imported.is_ok());
        assert_eq!(
            judged,
            (expected, expected),
            "{pointer} = {value}: {imported:?}"
        );
    }
    assert!(accepted >= 30 && refused >= 60, "{accepted} {refused}");
}

/// Sets the value at `pointer`, or removes it.
fn change(document: &mut Value, pointer: &str, value: Option<Value>) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = document
        .pointer_mut(parent)
        .unwrap()
        .as_object_mut()
        .unwrap();
    match value {
        Some(value) => drop(parent.insert(key.to_owned(), value)),
        None => assert!(parent.remove(key).is_some(), "{pointer}"),
    }
}

fn klif_changes() -> Vec<(&'static str, Option<Value>)> {
    let mut out = vec![("/layers/1/k", None), ("/layers/1/decay", None)];
    for (pointer, values) in [
        (
            "/layers/1/k",
            vec![
                json!(1),
                json!(0.25),
                json!(3),
                json!(0),
                json!(-1),
                json!("x"),
                json!(null),
            ],
        ),
        (
            "/layers/1/scale_reset",
            vec![json!(true), json!(false), json!("yes"), json!(1)],
        ),
        (
            "/layers/1/reset_timing",
            vec![json!("same_step"), json!("next_step"), json!("later")],
        ),
        ("/layers/1/reset", vec![json!("soft"), json!("none")]),
        ("/layers/1/w", vec![json!(1)]),
        ("/layers/1/decay", vec![json!(1), json!(1.5)]),
    ] {
        out.extend(values.into_iter().map(|value| (pointer, Some(value))));
    }
    out
}

fn changes() -> Vec<(&'static str, Option<Value>)> {
    let mut out = Vec::new();
    let mut all = |pointer: &'static str, values: &[Value]| {
        out.push((pointer, None));
        out.extend(values.iter().map(|value| (pointer, Some(value.clone()))));
    };
    all("/format", &[json!("goldspike/2"), json!(1)]);
    all(
        "/name",
        &[
            json!(""),
            json!("a b"),
            json!("A-z_0.9"),
            json!(null),
            json!("x".repeat(65)),
        ],
    );
    all("/dataset", &[json!(5), json!("")]);
    all(
        "/time_steps",
        &[
            json!(0),
            json!(-1),
            json!(1.5),
            json!(8.0),
            json!("8"),
            json!(65536),
            json!(65537),
            json!(1e300),
        ],
    );
    all(
        "/readout",
        &[
            json!({}),
            json!([]),
            json!(null),
            json!({"tie": "random"}),
            json!({"type": "max"}),
            json!({"signed": true}),
            json!({"sign": true}),
        ],
    );
    all(
        "/input/shape",
        &[
            json!([]),
            json!([0]),
            json!([2, 1]),
            json!([1, 1, 1, 2]),
            json!([1, 1, 1, 1, 2]),
            json!("2"),
            json!([2.5]),
            json!([true]),
        ],
    );
    all(
        "/input/encoding",
        &[
            json!({}),
            json!({"type": "events"}),
            json!({"type": "events", "scale": 1}),
            json!({"type": "sigma_delta"}),
            json!({"type": "latency"}),
            json!({"type": "latency", "levels": 0}),
            json!({"type": "latency", "levels": 4}),
            json!({"type": "bernoulli_hash", "seed": 4294967296u64}),
            json!({"type": "bernoulli_hash", "seed": 7}),
            json!({"type": "bernoulli_hash", "seed": -7}),
            json!({"type": "rows", "scale": 1}),
            json!({"type": "rows"}),
            json!({"type": "direct", "scale": 0}),
            json!({"type": "direct", "scale": -1}),
            json!({"type": "direct", "scale": 1, "max": 0}),
            json!({"type": "direct", "scale": 1, "max": 255}),
            json!({"type": "direct", "scale": 1, "max": 256}),
            json!({"type": "direct", "scale": "1"}),
            json!({"type": "poisson"}),
            json!("direct"),
        ],
    );
    all(
        "/layers/0/op",
        &[json!("neuron"), json!("dense"), json!(null)],
    );
    all("/layers/0/name", &[json!("a/b"), json!("fc_0")]);
    all("/layers/0/in", &[json!(-2), json!("2"), json!(2.0)]);
    all(
        "/layers/0/weight",
        &[json!("fc0.weight"), json!("@"), json!(1), json!([1])],
    );
    all(
        "/layers/0/bias",
        &[json!(null), json!(0), json!("@fc0.bias")],
    );
    all("/layers/1/shape", &[json!(3)]);
    all("/layers/1/kind", &[json!("IF"), json!(3)]);
    all(
        "/layers/1/decay",
        &[
            json!(0),
            json!(1),
            json!(1.01),
            json!(-0.01),
            json!(null),
            json!("0.5"),
            json!(true),
        ],
    );
    all(
        "/layers/1/v_threshold",
        &[
            json!(0),
            json!(-1),
            json!(1e-30),
            json!("@n0.decay"),
            json!(null),
        ],
    );
    all(
        "/layers/1/v_reset",
        &[json!(-2.5), json!(null), json!("@n0.decay")],
    );
    all(
        "/layers/1/fire",
        &[
            json!("ge"),
            json!("gt"),
            json!(">"),
            json!("<"),
            json!(true),
        ],
    );
    all(
        "/layers/1/reset",
        &[json!("soft"), json!("none"), json!("zero"), json!(null)],
    );
    all(
        "/layers/1/reset_timing",
        &[
            json!("next_step"),
            json!("same_step_guarded"),
            json!("later"),
        ],
    );
    all("/layers/2/op", &[json!("flat")]);
    all(
        "/layers/3/weight_quant",
        &[
            json!({}),
            json!({"step": 0.25}),
            json!({"step": 0}),
            json!({"step": 0.25, "qmax": 0}),
            json!({"step": 0.25, "bits": 4}),
            json!(4),
        ],
    );
    all("/layers/4/w", &[json!("x"), json!(-3), json!(null)]);
    out.extend([
        ("/extra", Some(json!(1))),
        ("/$schema", Some(json!("https://example.org/schema.json"))),
        ("/$schema", Some(json!(1))),
        ("/trained_with", Some(json!("by hand"))),
        ("/input/extra", Some(json!(1))),
        ("/layers/0/extra", Some(json!(1))),
        ("/layers/1/w", Some(json!(1))),
        ("/layers/1/decay_input", Some(json!(true))),
        ("/layers/2/shape", Some(json!([3]))),
        ("/layers/2/name", Some(json!("flat"))),
        ("/layers/4/decay", Some(json!(0.5))),
        ("/layers/4/decay_input", Some(json!(true))),
        ("/layers/4/decay_input", Some(json!("yes"))),
        ("/layers/4/input_gain", Some(json!(2))),
        ("/layers/4/v_init", Some(json!(0.5))),
        ("/layers/4/offset", Some(json!("@fc9"))),
    ]);
    out.pop();
    out
}

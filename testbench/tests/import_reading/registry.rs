//! Every kind of the registry is reachable from net.json: each parameter in each shape, each switch, each set of keys; and
//! the schema says the same.

use crate::common::{Named, read, repository, safetensors};
use goldspike::diag::{Diagnostic, codes};
use goldspike::import::{Imported, reference, schema};
use goldspike_golden::describe::{Fire, Neuron};
use goldspike_golden::neuron::info::{Default, Given, KindInfo, ParameterInfo, Range, Shape};
use goldspike_golden::neuron::modes::Mode;
use goldspike_golden::neuron::{
    CurrentOrder, Leak, ModelId, Modes, Reset, ResetTiming, Spikes, registry,
};
use goldspike_golden::quant::Param;
use serde_json::{Map, Value, json};
use std::path::Path;

const STEPS: usize = 4;
const NEURONS: usize = 3;

type Keys = Map<String, Value>;

fn kinds() -> Vec<(ModelId, &'static KindInfo)> {
    let of = |&model: &ModelId| model.info().kinds.iter().map(move |kind| (model, kind));
    ModelId::ALL.iter().flat_map(of).collect()
}

fn parameters((model, kind): (ModelId, &'static KindInfo)) -> Vec<&'static ParameterInfo> {
    kind.parameters(model.info()).collect()
}

/// A 2-3 network whose neurons have the kind and the keys.
fn document(kind: &KindInfo, keys: &Keys) -> Value {
    let mut neuron = json!({"op": "neuron", "name": "n0", "shape": [NEURONS], "kind": kind.name});
    neuron.as_object_mut().unwrap().extend(keys.clone());
    json!({
        "format": "goldspike/1", "name": "small", "time_steps": STEPS,
        "input": {"shape": [2], "encoding": {"type": "events"}},
        "layers": [{"op": "linear", "name": "fc0", "weight": "@w"}, neuron],
    })
}

fn import(document: &Value, more: &[Named]) -> Result<Imported, Diagnostic> {
    let mut tensors = vec![("w", vec![NEURONS, 2], vec![0.5; 2 * NEURONS])];
    tensors.extend(more.iter().cloned());
    read(document.to_string().as_bytes(), &safetensors(&tensors))
}

/// Two values of the range.
fn values(range: Range) -> [f64; 2] {
    match range {
        Range::AboveOne => [1.5, 2.5],
        Range::Flag => [1.0, 0.0],
        _ => [0.75, 0.25],
    }
}

fn literal(info: &ParameterInfo, value: f64) -> Value {
    match info.range {
        Range::Flag => json!(value != 0.0),
        _ => json!(value),
    }
}

/// The first value of each required parameter, and of at most one optional, so that `key` can stand beside them.
fn beside(of: (ModelId, &'static KindInfo), key: &str) -> Given {
    let all = parameters(of);
    let value = |info: &ParameterInfo| match info.default {
        Default::Value(default) if info.name != key => default,
        _ => values(info.range)[0],
    };
    let entry = |info: &&'static ParameterInfo| (info.name, Param::Layer(value(info)));
    let needed = |info: &&&ParameterInfo| info.default == Default::Required || info.name == key;
    let base: Given = all.iter().filter(needed).map(entry).collect();
    let one_more = all.iter().map(|info| {
        let mut given = base.clone();
        given.extend([entry(info)]);
        given
    });
    let fits = |given: &Given| (of.1.convert)(given.clone()).is_ok() || only_value(of, key);
    std::iter::once(base.clone())
        .chain(one_more)
        .find(fits)
        .unwrap()
}

/// Whether the kind takes the default of `key` and nothing else.
fn only_value(of: (ModelId, &'static KindInfo), key: &str) -> bool {
    let all = parameters(of);
    let Some(info) = all.iter().find(|info| info.name == key) else {
        return false;
    };
    let refuses = |value: f64| {
        let required = all.iter().filter(|info| info.default == Default::Required);
        let value_of =
            |info: &&'static ParameterInfo| (info.name, Param::Layer(values(info.range)[0]));
        let mut given: Given = required.map(value_of).collect();
        given.insert(info.name, Param::Layer(value));
        (of.1.convert)(given).is_err()
    };
    match info.default {
        Default::Value(value) => !refuses(value) && values(info.range).into_iter().all(refuses),
        _ => false,
    }
}

fn keys(of: (ModelId, &'static KindInfo), given: &Given) -> Keys {
    let mut out = Keys::new();
    for info in parameters(of) {
        if let Some(value) = given.get(info.name) {
            out.insert(info.name.to_owned(), literal(info, value.of(0)));
        }
    }
    out
}

/// What the golden model computes with.
fn computed(neuron: &Neuron) -> String {
    let c = neuron.collapse();
    format!("{:?}", (c.input_gain, c.constants, c.scales, c.slopes))
}

fn shapes(info: &ParameterInfo) -> Vec<(Vec<usize>, Param<f64>)> {
    let [a, b] = values(info.range);
    let alternating = |n: usize| {
        (0..n)
            .map(|i| if i % 2 == 0 { a } else { b })
            .collect::<Vec<_>>()
    };
    let mut out = vec![(vec![], Param::Layer(a)), (vec![1], Param::Layer(a))];
    if info.shape != Shape::Layer {
        out.push((vec![NEURONS], Param::Neuron(alternating(NEURONS))));
    }
    if info.shape == Shape::Step {
        let by_step = alternating(STEPS);
        for shape in [vec![STEPS], vec![STEPS, 1]] {
            let by_step = by_step.clone();
            out.push((shape, Param::Step { by_step }));
        }
        let both = Param::StepNeuron {
            steps: STEPS,
            by_step_and_neuron: alternating(STEPS * NEURONS),
        };
        out.push((vec![STEPS, NEURONS], both));
    }
    out
}

#[test]
fn every_parameter_of_every_kind_arrives_in_every_shape() {
    let mut checked = 0;
    for of in kinds() {
        for info in parameters(of) {
            if info.range == Range::Flag || only_value(of, info.name) {
                continue;
            }
            let given = beside(of, info.name);
            for (shape, param) in shapes(info) {
                let mut keys = keys(of, &given);
                keys.insert(info.name.to_owned(), json!("@p"));
                let written: Vec<f32> = param.values().iter().map(|v| *v as f32).collect();
                let imported =
                    import(&document(of.1, &keys), &[("p", shape.clone(), written)]).unwrap();
                let layer = &imported.network.layers[0];
                let mut given = given.clone();
                given.insert(info.name, param.clone());
                let mut expected = (of.1.convert)(given).unwrap();
                let amplitude = expected.remove("amplitude").unwrap_or(Param::Layer(1.0));
                let name = format!("{} {} {shape:?}", of.1.name, info.name);
                assert_eq!(layer.amplitude, amplitude, "{name}");
                assert_eq!(layer.neuron.model, of.0, "{name}");
                for (key, value) in &expected {
                    assert_eq!(layer.neuron.value(key), *value, "{name}: {key}");
                }
                if of.0.info().parameter(info.name).is_some() {
                    assert_eq!(layer.neuron.value(info.name), param, "{name}");
                }
                checked += 1;
            }
        }
    }
    assert!(checked >= 3 * 6 * kinds().len(), "{checked}");
}

#[test]
fn a_table_of_fewer_or_more_steps_than_a_sample_has_is_refused_with_the_numbers() {
    for of in kinds() {
        for info in parameters(of)
            .into_iter()
            .filter(|info| info.shape == Shape::Step)
        {
            for (steps, neurons) in [
                (STEPS - 2, 1),
                (STEPS + 1, 1),
                (1, NEURONS),
                (STEPS + 1, NEURONS),
            ] {
                let mut keys = keys(of, &beside(of, info.name));
                keys.insert(info.name.to_owned(), json!("@p"));
                let values = vec![values(info.range)[0] as f32; steps * neurons];
                let refused = import(
                    &document(of.1, &keys),
                    &[("p", vec![steps, neurons], values)],
                );
                let refused = refused.unwrap_err();
                assert_eq!(refused.code, &codes::TENSOR_SHAPE);
                let numbers = [format!("{steps} steps"), format!("has {STEPS}")];
                assert!(
                    numbers.iter().all(|n| refused.message.contains(n)),
                    "{refused}"
                );
            }
        }
    }
}

/// Whether two values of a parameter make another neuron, or another amplitude, with some modes of the kind.
fn changes_something(of: (ModelId, &'static KindInfo), info: &ParameterInfo) -> bool {
    let given = beside(of, info.name);
    let with = |value: f64| {
        let mut keys = keys(of, &given);
        keys.insert(info.name.to_owned(), literal(info, value));
        import(&document(of.1, &keys), &[]).unwrap().network.layers[0].clone()
    };
    let [a, b] = values(info.range).map(with);
    let modes = of.1.modes.combinations();
    a.amplitude != b.amplitude
        || modes.iter().any(|modes| {
            let computed = |neuron: &Neuron| {
                let modes = *modes;
                computed(&Neuron {
                    modes,
                    ..neuron.clone()
                })
            };
            computed(&a.neuron) != computed(&b.neuron)
        })
}

#[test]
fn no_parameter_is_ignored() {
    for of in kinds() {
        for info in parameters(of) {
            let name = format!("{} {}", of.1.name, info.name);
            if only_value(of, info.name) {
                let mut keys = keys(of, &beside(of, info.name));
                keys.insert(info.name.to_owned(), json!(1.0));
                let one = import(&document(of.1, &keys), &[]).unwrap();
                let neuron = &one.network.layers[0].neuron;
                assert_eq!(neuron.value(info.name), Param::Layer(1.0), "{name}");
                keys.insert(info.name.to_owned(), json!(0.5));
                let other = import(&document(of.1, &keys), &[]).unwrap_err();
                assert_eq!(other.code, &codes::CONFLICT, "{name}");
            } else {
                assert!(changes_something(of, info), "{name}");
            }
        }
    }
}

fn texts<M: Mode>() -> Vec<(&'static str, &'static str)> {
    M::ALL.iter().map(|(text, _)| (M::KEY, *text)).collect()
}

fn chosen<M: Mode>(modes: &mut Modes, keys: &Keys) {
    let text = keys[M::KEY].as_str().unwrap();
    *M::of(modes) = M::ALL.iter().find(|(name, _)| *name == text).unwrap().1;
}

fn modes_of(keys: &Keys) -> Modes {
    let mut modes = Modes::default();
    chosen::<Reset>(&mut modes, keys);
    chosen::<ResetTiming>(&mut modes, keys);
    chosen::<Spikes>(&mut modes, keys);
    chosen::<Leak>(&mut modes, keys);
    chosen::<CurrentOrder>(&mut modes, keys);
    modes
}

/// Every combination of the format's values of the switches.
fn all_switches() -> Vec<Keys> {
    let switches = [
        texts::<Reset>(),
        texts::<ResetTiming>(),
        texts::<Spikes>(),
        texts::<Leak>(),
        texts::<CurrentOrder>(),
    ];
    let mut all = vec![Keys::new()];
    for values in switches {
        let with = |keys: &Keys| {
            let keys = keys.clone();
            values.clone().into_iter().map(move |(key, text)| {
                let mut keys = keys.clone();
                keys.insert(key.to_owned(), json!(text));
                keys
            })
        };
        all = all.iter().flat_map(with).collect();
    }
    all
}

#[test]
fn every_legal_mode_of_every_kind_arrives_and_no_other_does() {
    let validator = validator();
    let (mut legal, mut illegal) = (0, 0);
    for of in kinds() {
        let base = keys(of, &beside(of, ""));
        let plain = import(&document(of.1, &base), &[]).unwrap();
        let neuron = &plain.network.layers[0].neuron;
        assert_eq!(
            (neuron.modes, neuron.fire, neuron.refractory),
            (of.1.modes.first(), Fire::Ge, 0)
        );
        let combinations = of.1.modes.combinations();
        for switches in all_switches() {
            let modes = modes_of(&switches);
            let mut keys = base.clone();
            keys.extend(switches);
            let document = document(of.1, &keys);
            let imported = import(&document, &[]);
            assert_eq!(
                validator.is_valid(&document),
                imported.is_ok(),
                "{document}"
            );
            match imported {
                Ok(imported) => {
                    assert_eq!(imported.network.layers[0].neuron.modes, modes, "{document}");
                    assert!(combinations.contains(&modes), "{document}");
                    legal += 1;
                }
                Err(refused) => {
                    assert_eq!(refused.code, &codes::CONFLICT, "{document}");
                    assert!(refused.help.is_some(), "{document}");
                    assert!(!combinations.contains(&modes), "{document}");
                    illegal += 1;
                }
            }
        }
    }
    println!("{legal} legal, {illegal} illegal");
    let all: usize = kinds()
        .iter()
        .map(|(_, kind)| kind.modes.combinations().len())
        .sum();
    assert!(legal == all && illegal > legal, "{legal} {illegal}");
}

#[test]
fn every_kind_takes_the_keys_of_all_neurons() {
    let validator = validator();
    for of in kinds() {
        let base = keys(of, &beside(of, ""));
        let with = |key: &str, value: Value| {
            let mut keys = base.clone();
            keys.insert(key.to_owned(), value);
            let document = document(of.1, &keys);
            let imported = import(&document, &[]);
            assert_eq!(
                validator.is_valid(&document),
                imported.is_ok(),
                "{document}"
            );
            imported
                .ok()
                .map(|imported| imported.network.layers[0].neuron.clone())
        };
        for (text, fire) in [
            (">=", Fire::Ge),
            ("ge", Fire::Ge),
            (">", Fire::Gt),
            ("gt", Fire::Gt),
        ] {
            assert_eq!(with("fire", json!(text)).unwrap().fire, fire);
        }
        for steps in [0, 1, 7, 65535] {
            assert_eq!(with("refractory", json!(steps)).unwrap().refractory, steps);
        }
        for bad in [
            json!(-1),
            json!(65536),
            json!(1.5),
            json!(true),
            json!("@p"),
        ] {
            assert_eq!(with("refractory", bad), None, "{}", of.1.name);
        }
        assert_eq!(with("fire", json!("<")), None);
        assert_eq!(with("unheard_of", json!(1)), None);
    }
}

#[test]
fn schema_and_importer_agree_on_every_set_of_keys_and_on_every_range() {
    let validator = validator();
    let (mut accepted, mut refused) = (0, 0);
    let mut agree = |kind: &KindInfo, keys: &Keys| {
        let document = document(kind, keys);
        let imported = import(&document, &[]);
        assert_eq!(
            validator.is_valid(&document),
            imported.is_ok(),
            "{document}: {imported:?}"
        );
        if imported.is_ok() {
            accepted += 1
        } else {
            refused += 1
        }
    };
    for of in kinds() {
        let all = parameters(of);
        assert!(all.len() < 16);
        for set in 0..1u32 << all.len() {
            let mut keys = Keys::new();
            for (i, info) in all.iter().enumerate().filter(|(i, _)| set >> i & 1 == 1) {
                let value = match info.default {
                    Default::Value(default) if info.range != Range::Flag && i % 2 == 0 => default,
                    _ if only_value(of, info.name) => 1.0,
                    _ => values(info.range)[0],
                };
                keys.insert(info.name.to_owned(), literal(info, value));
            }
            agree(of.1, &keys);
        }
        for info in all {
            let base = keys(of, &beside(of, info.name));
            for value in [
                json!(-1),
                json!(-0.5),
                json!(0),
                json!(0.5),
                json!(1),
                json!(1.5),
                json!(7),
                json!(true),
                json!(false),
                json!(null),
                json!("x"),
                json!([1]),
            ] {
                let mut keys = base.clone();
                keys.insert(info.name.to_owned(), value);
                agree(of.1, &keys);
            }
        }
    }
    println!("{accepted} accepted, {refused} refused");
    assert!(accepted > 200 && refused > 500, "{accepted} {refused}");
}

fn validator() -> jsonschema::Validator {
    let text = std::fs::read_to_string(schema_file()).unwrap();
    jsonschema::draft202012::new(&serde_json::from_str(&text).unwrap()).unwrap()
}

fn schema_file() -> std::path::PathBuf {
    repository().join("schema/goldspike-1.schema.json")
}

/// Compares `path`, or with `GOLDSPIKE_BLESS=1` rewrites it.
fn stored(path: &Path, text: &str) {
    if std::env::var("GOLDSPIKE_BLESS").as_deref() == Ok("1") {
        let new = path.with_extension("new");
        std::fs::write(&new, text).unwrap();
        std::fs::rename(&new, path).unwrap();
    }
    assert!(
        std::fs::read_to_string(path).unwrap() == text,
        "{} is not what the registry says: GOLDSPIKE_BLESS=1 stores it",
        path.display()
    );
}

#[test]
fn the_neurons_of_the_schema_are_those_of_the_registry() {
    let text = std::fs::read_to_string(schema_file()).unwrap();
    let start = text.find("  \"neuron_").unwrap();
    let mut out = Vec::new();
    let format = serde_json::ser::PrettyFormatter::with_indent(b" ");
    let mut writer = serde_json::Serializer::with_formatter(&mut out, format);
    serde::Serialize::serialize(&schema::definitions(), &mut writer).unwrap();
    let generated = String::from_utf8(out).unwrap();
    let lines = generated.lines().skip(1).map(|line| format!(" {line}\n"));
    let end: String = lines.collect();
    stored(&schema_file(), &format!("{}{end}}}\n", &text[..start]));
    let whole: Value =
        serde_json::from_str(&std::fs::read_to_string(schema_file()).unwrap()).unwrap();
    let of_neurons =
        |(key, _): &(&String, &Value)| key.starts_with("neuron_") || *key == "op_neuron";
    let defs = whole["$defs"].as_object().unwrap();
    assert_eq!(defs.iter().filter(of_neurons).count(), kinds().len() + 1);
}

#[test]
fn the_neurons_of_the_readme_are_those_of_the_registry() {
    const BEGIN: &str = "<!-- neurons: generated from the registry -->\n";
    const END: &str = "<!-- end of neurons -->";
    let path = repository().join("examples/README.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (head, rest) = text.split_once(BEGIN).unwrap();
    let (_, tail) = rest.split_once(END).unwrap();
    let tables = reference::markdown();
    stored(&path, &format!("{head}{BEGIN}\n{tables}\n{END}{tail}"));
    for model in registry() {
        for kind in model.kinds {
            let row = |info: &ParameterInfo| tables.contains(&format!("| `{}` |", info.name));
            assert!(kind.parameters(model).all(row), "{}", kind.name);
        }
    }
}

//! The neurons' part of the JSON schema of net.json, from the registry: one definition a kind, and `op_neuron` of them all.
//!
//! Keys, types, ranges, defaults and switches are the tables'. Which keys do not go together is asked of the kind's
//! conversion, with every set of optional keys. Shapes of tensors are not in it: a schema does not see them.

use super::neuron::{COMMON, FIRE, FIRES, MAX_REFRACTORY, REFRACTORY, kinds};
use super::switch::{SWITCHES, Switch};
use goldspike_golden::neuron::Modes;
use goldspike_golden::neuron::info::{Default, Given, KindInfo, ParameterInfo, Range, Shape};
use goldspike_golden::quant::Param;
use serde_json::{Map, Value, json};

/// `neuron_KIND` for every kind and `op_neuron`, as they stand in `$defs` of `schema/goldspike-1.schema.json`.
#[must_use]
pub fn definitions() -> Map<String, Value> {
    let mut out = Map::new();
    let mut references = Vec::new();
    for (model, kind) in kinds() {
        let name = format!("neuron_{}", kind.name);
        references.push(reference(&name));
        let parameters: Vec<&ParameterInfo> = kind.parameters(model.info()).collect();
        out.insert(name, definition(kind, &parameters, model.info().summary));
    }
    let op = json!({
        "description": "Neurons; all parameters are numbers for the whole layer or tensors.",
        "oneOf": references,
    });
    out.insert("op_neuron".to_owned(), op);
    out
}

fn reference(definition: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{definition}") })
}

fn definition(kind: &KindInfo, parameters: &[&ParameterInfo], summary: &str) -> Value {
    let mut properties = Map::new();
    let mut required: Vec<&str> = COMMON
        .iter()
        .copied()
        .filter(|key| ![FIRE, REFRACTORY].contains(key))
        .collect();
    let mut add = |key: &str, value: Value| drop(properties.insert(key.to_owned(), value));
    add("op", json!({"const": "neuron"}));
    add(
        "name",
        described(
            reference("name"),
            "Name of the neurons, unique among all layers; traces and generated modules carry it.",
        ),
    );
    add(
        "shape",
        described(
            reference("shape"),
            "Shape of the neurons: what the layer before gives, `[N]` or `[channels, height, width]`.",
        ),
    );
    add("kind", json!({"const": kind.name}));
    for info in parameters {
        if info.default == Default::Required {
            required.push(info.name);
        }
        add(info.name, parameter(kind, parameters, info));
    }
    let fires: Vec<&str> = FIRES.iter().map(|(text, _)| *text).collect();
    add(
        FIRE,
        json!({
            "description": "Comparison of h with the threshold: `>=` or `ge` (SpikingJelly), `>` or `gt` (snnTorch, NIR).",
            "enum": fires,
            "default": fires.first(),
        }),
    );
    for switch in SWITCHES {
        let values = (switch.values)(&kind.modes);
        let default = values.first().copied();
        add(
            switch.key,
            json!({
                "description": sentence(switch.meaning),
                "enum": values,
                "default": default,
            }),
        );
    }
    add(
        REFRACTORY,
        json!({
            "description": "Steps after a spike in which the state holds, the current is dropped and no spike is fired.",
            "type": "integer",
            "minimum": 0,
            "maximum": MAX_REFRACTORY,
            "default": 0,
        }),
    );
    add("recurrent", reference("recurrent"));
    let mut out = json!({
        "description": sentence(summary),
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": false,
    });
    let mut clauses = clauses(kind, parameters);
    clauses.extend(switches_apart(kind));
    if let (false, Some(out)) = (clauses.is_empty(), out.as_object_mut()) {
        out.insert("allOf".to_owned(), Value::Array(clauses));
    }
    out
}

fn described(mut value: Value, description: &str) -> Value {
    if let Some(object) = value.as_object_mut() {
        object.insert("description".to_owned(), json!(description));
    }
    value
}

/// A table's text with a capital and a full stop.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase);
    let mut out: String = first.into_iter().flatten().chain(chars).collect();
    if !out.ends_with('.') {
        out.push('.');
    }
    out
}

/// What a parameter may depend on, in words.
pub(super) const fn by(shape: Shape) -> &'static str {
    match shape {
        Shape::Layer => "layer",
        Shape::Neuron => "layer or neuron",
        Shape::Step => "layer, neuron, step, or step and neuron",
    }
}

/// A number as JSON, an integer without a fraction.
fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 1e9 {
        json!(value as i64)
    } else {
        json!(value)
    }
}

fn parameter(kind: &KindInfo, all: &[&ParameterInfo], info: &ParameterInfo) -> Value {
    let description = sentence(&format!("{}; one a {}", info.meaning, by(info.shape)));
    if info.range == Range::Flag {
        let default = matches!(info.default, Default::Value(value) if value != 0.0);
        return json!({"description": sentence(info.meaning), "type": "boolean", "default": default});
    }
    let bound = |key: &str, value: i64| json!({"type": "number", (key): value});
    let mut literal = match info.range {
        Range::Any | Range::Flag => json!({"type": "number"}),
        Range::Positive | Range::Factor => bound("exclusiveMinimum", 0),
        Range::NotNegative => bound("minimum", 0),
        Range::AboveOne => bound("exclusiveMinimum", 1),
        Range::Unit => json!({"type": "number", "minimum": 0, "maximum": 1}),
    };
    if let Some(value) = the_only_value(kind, all, info) {
        literal = json!({ "const": number(value) });
    }
    let mut out = json!({"description": description, "anyOf": [literal, reference("tensor")]});
    if let (Default::Value(value), Some(out)) = (info.default, out.as_object_mut()) {
        out.insert("default".to_owned(), number(value));
    }
    out
}

/// Values of the range, to ask the conversion with.
fn samples(info: &ParameterInfo) -> [f64; 2] {
    match info.range {
        Range::Flag => [1.0, 1.0],
        Range::AboveOne => [1.5, 2.0],
        _ => [0.5, 0.25],
    }
}

/// Whether the conversion refuses the required keys with `more`.
fn refuses<'a>(
    kind: &KindInfo,
    all: &[&ParameterInfo],
    more: impl Iterator<Item = (&'a ParameterInfo, f64)>,
) -> bool {
    let required = all.iter().filter(|info| info.default == Default::Required);
    let mut given: Given = required
        .map(|info| (info.name, Param::Layer(samples(info)[0])))
        .collect();
    given.extend(more.map(|(info, value)| (info.name, Param::Layer(value))));
    (kind.convert)(given).is_err()
}

/// The default, if the conversion takes no other value.
fn the_only_value(kind: &KindInfo, all: &[&ParameterInfo], info: &ParameterInfo) -> Option<f64> {
    let Default::Value(default) = info.default else {
        return None;
    };
    let refused = |value| refuses(kind, all, std::iter::once((info, value)));
    (!refused(default) && samples(info).into_iter().all(refused)).then_some(default)
}

/// A key of a clause: whether it is given (a flag: given and true).
type Literal = (usize, bool);

/// What the conversion asks of optional keys, each entry one alternative at most of two that must hold.
fn clauses(kind: &KindInfo, all: &[&ParameterInfo]) -> Vec<Value> {
    let optional: Vec<(&ParameterInfo, f64)> = all
        .iter()
        .filter(|info| info.default != Default::Required)
        .map(|info| match info.default {
            Default::Value(value) if info.range != Range::Flag => (*info, value),
            _ => (*info, samples(info)[0]),
        })
        .collect();
    let holds = |set: u32, (key, given): Literal| (set >> key & 1 == 1) == given;
    let sets = 0..1u32.checked_shl(optional.len() as u32).unwrap_or(0);
    let refused: Vec<bool> = sets
        .clone()
        .map(|set| {
            let chosen = optional.iter().enumerate();
            let chosen = chosen.filter(|(key, _)| holds(set, (*key, true)));
            refuses(kind, all, chosen.map(|(_, chosen)| *chosen))
        })
        .collect();
    let never = |literals: &[Literal]| {
        sets.clone()
            .filter(|&set| literals.iter().all(|&literal| holds(set, literal)))
            .all(|set| refused.get(set as usize) == Some(&true))
    };
    let literals: Vec<Literal> = (0..optional.len())
        .flat_map(|key| [(key, true), (key, false)])
        .collect();
    let (alone, free): (Vec<Literal>, Vec<Literal>) =
        literals.iter().partition(|&&literal| never(&[literal]));
    let mut forbidden: Vec<Vec<Literal>> = alone.into_iter().map(|literal| vec![literal]).collect();
    for (i, &first) in free.iter().enumerate() {
        let rest = free.get(i + 1..).unwrap_or_default().iter();
        let pairs = rest.filter(|second| second.0 != first.0 && never(&[first, **second]));
        forbidden.extend(pairs.map(|&second| vec![first, second]));
    }
    let negated = |&(key, given): &Literal| {
        let (info, _) = optional.get(key)?;
        let there = match info.range {
            Range::Flag => {
                json!({"required": [info.name], "properties": {(info.name): {"const": true}}})
            }
            _ => json!({"required": [info.name]}),
        };
        Some(if given {
            json!({ "not": there })
        } else {
            there
        })
    };
    forbidden
        .iter()
        .map(|literals| json!({"anyOf": literals.iter().filter_map(negated).collect::<Vec<_>>()}))
        .collect()
}

/// Values of two switches that the kind has, and not together: one entry a pair, of which one must not be.
fn switches_apart(kind: &KindInfo) -> Vec<Value> {
    let legal = kind.modes.combinations();
    let values = SWITCHES.iter().flat_map(|switch| {
        let values = (switch.values)(&kind.modes).into_iter();
        values.map(move |value| (switch, value))
    });
    let values: Vec<_> = values.collect();
    let first = kind.modes.first();
    let not = |&(switch, value): &(&Switch, &str)| {
        let mut chosen = json!({"properties": {(switch.key): {"const": value}}});
        if let (true, Some(chosen)) = ((switch.of)(first) != value, chosen.as_object_mut()) {
            chosen.insert("required".to_owned(), json!([switch.key]));
        }
        json!({ "not": chosen })
    };
    let mut out = Vec::new();
    for (i, a) in values.iter().enumerate() {
        for b in values.iter().skip(i + 1).filter(|b| b.0.key != a.0.key) {
            let both = |modes: &&Modes| (a.0.of)(**modes) == a.1 && (b.0.of)(**modes) == b.1;
            if legal.iter().find(both).is_none() {
                out.push(json!({"anyOf": [not(a), not(b)]}));
            }
        }
    }
    out
}

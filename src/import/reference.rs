//! The tables of neurons in `examples/README.md`, from the registry.

use super::schema::by;
use super::switch::SWITCHES;
use goldspike_golden::neuron::info::{Default, KindInfo, ModelInfo, ParameterInfo, Range};
use goldspike_golden::neuron::modes::ModeSet;
use goldspike_golden::neuron::registry;
use std::fmt::Write;

/// What the switches mean, then a section a model: equations, and a table of the keys with the kinds that have them.
/// Markdown.
#[must_use]
pub fn markdown() -> String {
    let mut out = "| switch | values |\n|---|---|\n".to_owned();
    for switch in SWITCHES {
        let _infallible = writeln!(out, "| `{}` | {} |", switch.key, switch.meaning);
    }
    for model in registry() {
        out += &format!("\n{}", section(model));
    }
    out
}

fn section(model: &ModelInfo) -> String {
    let kinds = model.kinds.iter().map(|kind| kind.name);
    let mut out = format!("### {}\n\n", codes(kinds));
    let _infallible = writeln!(out, "{}.\n\n```text", model.summary);
    for line in model.equations {
        let _infallible = writeln!(out, "{line}");
    }
    out +=
        "```\n\n| key | meaning | values | default | one a | kinds |\n|---|---|---|---|---|---|\n";
    for (info, kinds) in grouped(model, |kind| kind.parameters(model).collect::<Vec<_>>()) {
        row(&mut out, &parameter(model, info), &kinds);
    }
    for switch in SWITCHES {
        let chosen = |kind: &KindInfo| {
            let values = (switch.values)(&kind.modes);
            let plain = values == (switch.values)(&ModeSet::PLAIN);
            if plain { Vec::new() } else { vec![values] }
        };
        for (values, kinds) in grouped(model, chosen) {
            let default = values
                .first()
                .map_or(String::new(), |first| format!("`{first}`"));
            let cells = [
                format!("`{}`", switch.key),
                "switch".to_owned(),
                codes(values.iter().copied()),
                default,
                "layer".to_owned(),
            ];
            row(&mut out, &cells, &kinds);
        }
    }
    let _infallible = writeln!(out, "\nSources: {}.", model.source.trim_end_matches('.'));
    if !model.differences.is_empty() {
        let _infallible = writeln!(out, "{}", model.differences);
    }
    out
}

/// What `entries` gives for each kind of the model, each once, with the kinds that have it.
fn grouped<T: PartialEq>(
    model: &ModelInfo,
    entries: impl Fn(&KindInfo) -> Vec<T>,
) -> Vec<(T, Vec<&'static str>)> {
    let mut out: Vec<(T, Vec<&'static str>)> = Vec::new();
    for kind in model.kinds {
        for entry in entries(kind) {
            match out.iter_mut().find(|(known, _)| *known == entry) {
                Some((_, kinds)) => kinds.push(kind.name),
                None => out.push((entry, vec![kind.name])),
            }
        }
    }
    out
}

fn parameter(model: &ModelInfo, info: &ParameterInfo) -> [String; 5] {
    let default = match (info.default, info.range) {
        (Default::Required, _) => "required".to_owned(),
        (Default::Value(value), Range::Flag) => (value != 0.0).to_string(),
        (Default::Value(value), _) => value.to_string(),
        (Default::Absent, _) => match model.parameter(info.name).map(|own| own.default) {
            Some(Default::Value(value)) => value.to_string(),
            _ => "none".to_owned(),
        },
    };
    [
        format!("`{}`", info.name),
        info.meaning.to_owned(),
        info.range.text().to_owned(),
        default,
        by(info.shape).to_owned(),
    ]
}

fn codes(texts: impl Iterator<Item = &'static str>) -> String {
    let texts: Vec<String> = texts.map(|text| format!("`{text}`")).collect();
    texts.join(", ")
}

fn row(out: &mut String, cells: &[String; 5], kinds: &[&'static str]) {
    for cell in cells {
        let _infallible = write!(out, "| {} ", cell.replace('|', "\\|"));
    }
    let _infallible = writeln!(out, "| {} |", codes(kinds.iter().copied()));
}

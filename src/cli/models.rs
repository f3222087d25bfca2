//! `goldspike models`: the neuron models of this version, from their registry.

use super::Ending;
use super::console::Console;
use super::errors::internal;
use crate::diag::{Diagnostic, codes, did_you_mean, shown};
use crate::synth::table::{MEASURED, UnitEntry, UnitTable};
use crate::synth::{Cost, MEMBRANE_BITS, target};
use clap::Args;
use goldspike_golden::neuron::info::{self, Range, Shape};
use goldspike_golden::neuron::modes::ModeSet;
use goldspike_golden::neuron::{
    CurrentOrder, KindInfo, Leak, Mode, ModelInfo, ParameterInfo, Reset, ResetTiming, Spikes,
    registry,
};
use serde_json::{Map, Value, json};

/// The neuron models: equations, parameters with their ranges, modes, sources, cost in hardware.
#[derive(Debug, Args)]
pub struct ModelsArgs {
    /// One model or kind of neuron, in full [default: a line for each model].
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// Runs the verb.
///
/// # Errors
/// `GS0606` for an unknown name.
pub fn run(args: &ModelsArgs, console: &Console) -> Result<Ending, Diagnostic> {
    let table = UnitTable::stored().map_err(internal)?;
    let Some(name) = &args.name else {
        console.result(
            || registry().map(line).collect(),
            || json!({ "models": registry().map(|model| document(model, &table)).collect::<Vec<_>>() }),
        );
        return Ok(Ending::Done);
    };
    let known = || registry().flat_map(|model| model.kinds.iter().map(move |kind| (model, kind)));
    let Some((model, kind)) = known()
        .find(|(_, kind)| kind.name == name)
        .or_else(|| known().find(|(model, _)| model.name == name))
    else {
        let names = known().map(|(_, kind)| kind.name);
        return Err(Diagnostic::error(
            &codes::UNKNOWN_MODEL,
            format!("there is no neuron model `{}`", shown(name)),
        )
        .help(did_you_mean(name, names)));
    };
    console.result(|| text(model, kind, &table), || document(model, &table));
    Ok(Ending::Done)
}

fn names(model: &ModelInfo) -> String {
    let names: Vec<&str> = model.kinds.iter().map(|kind| kind.name).collect();
    names.join(", ")
}

fn states(model: &ModelInfo) -> Vec<&'static str> {
    model.states.iter().map(|state| state.name).collect()
}

fn line(model: &ModelInfo) -> String {
    format!(
        "{:<7} {} (kind in net.json: {})\n",
        model.name,
        model.summary,
        names(model)
    )
}

fn text(model: &ModelInfo, kind: &KindInfo, table: &UnitTable) -> String {
    let mut text = format!(
        "{}: {}\n\nkinds in net.json: {}\nstates: {}, and with a refractory period the steps left of it\n\n",
        model.name,
        model.summary,
        names(model),
        states(model).join(", ")
    );
    for equation in model.equations {
        text.push_str(&format!("  {equation}\n"));
    }
    text.push_str(&format!("\nparameters of the kind {}\n", kind.name));
    for parameter in kind.parameters(model) {
        text.push_str(&format!(
            "  {:<13} {}\n{:16}range {}; {}; {}\n",
            parameter.name,
            parameter.meaning,
            "",
            parameter.range.text(),
            default_text(parameter),
            shape(parameter.shape),
        ));
    }
    let modes = modes(&kind.modes);
    if !modes.is_empty() {
        text.push_str(&format!("\nmodes of the kind {}\n", kind.name));
    }
    for (key, values) in modes {
        text.push_str(&format!("  {key:<13} {}\n", values.join(", ")));
    }
    text.push_str(&costs(model, table));
    text.push_str(&format!("\nsource: {}\n", model.source));
    if !model.differences.is_empty() {
        text.push_str(&format!("differences: {}\n", model.differences));
    }
    text
}

/// What the model's units cost; empty without measurements.
fn costs(model: &ModelInfo, table: &UnitTable) -> String {
    let units = table.of_model(model.name);
    if units.is_empty() {
        return String::new();
    }
    let mut text = format!(
        "\ncost of one neuron unit, {MEMBRANE_BITS}-bit membrane: LUT4 / FF / DSP, placed cells, clock rate\n"
    );
    for (name, entry) in units {
        let UnitEntry {
            summary,
            multipliers,
            latency,
            costs,
            ..
        } = entry;
        let plural = if *multipliers == 1 { "" } else { "s" };
        text.push_str(&format!(
            "  {name}: {summary}; {multipliers} multiplier{plural}, {latency} register stages\n"
        ));
        for device in MEASURED {
            if let Some(cost) = costs.get(*device) {
                text.push_str(&measured(device, cost));
            }
        }
    }
    text
}

fn measured(device: &str, cost: &Cost) -> String {
    let title = target(device).map_or(device, |target| target.title);
    format!(
        "    {title:<29} {:>3} / {:>3} / {}, {:>3} cells, {:>5.1} MHz\n",
        cost.lut4, cost.ff, cost.dsp, cost.cells, cost.fmax_mhz
    )
}

fn default_text(parameter: &ParameterInfo) -> String {
    match parameter.default {
        info::Default::Required => "required".to_owned(),
        info::Default::Absent => "may be left out".to_owned(),
        info::Default::Value(value) if parameter.range == Range::Flag => {
            format!("default {}", value != 0.0)
        }
        info::Default::Value(value) => format!("default {value}"),
    }
}

const fn shape(shape: Shape) -> &'static str {
    match shape {
        Shape::Layer => "one a layer",
        Shape::Neuron => "one a layer or one a neuron",
        Shape::Step => "one a layer, a neuron, a time step, or a step and neuron",
    }
}

/// The switches that have a choice, or another value than the default; the first value is the default.
fn modes(set: &ModeSet) -> Vec<(&'static str, Vec<&'static str>)> {
    fn of<M: Mode>(values: &[M]) -> (&'static str, Vec<&'static str>) {
        (M::KEY, values.iter().map(|value| value.text()).collect())
    }
    let plain = ModeSet::PLAIN;
    [
        (of(set.reset), of::<Reset>(plain.reset)),
        (of(set.reset_timing), of::<ResetTiming>(plain.reset_timing)),
        (of(set.spikes), of::<Spikes>(plain.spikes)),
        (of(set.leak), of::<Leak>(plain.leak)),
        (of(set.order), of::<CurrentOrder>(plain.order)),
    ]
    .into_iter()
    .filter(|(values, default)| values != default)
    .map(|(values, _)| values)
    .collect()
}

fn document(model: &ModelInfo, table: &UnitTable) -> Value {
    let parameters = |rows: Vec<&ParameterInfo>| rows.into_iter().map(parameter).collect();
    let kind = |kind: &KindInfo| {
        let rows: Value = parameters(kind.parameters(model).collect());
        let modes: Map<String, Value> = modes(&kind.modes)
            .into_iter()
            .map(|(key, values)| (key.to_owned(), json!(values)))
            .collect();
        json!({ "name": kind.name, "parameters": rows, "modes": modes })
    };
    let unit = |(name, entry): (&str, &UnitEntry)| {
        json!({
            "name": name,
            "summary": entry.summary,
            "multipliers": entry.multipliers,
            "latency": entry.latency,
            "costs": entry.costs,
        })
    };
    let units: Vec<Value> = table.of_model(model.name).into_iter().map(unit).collect();
    json!({
        "name": model.name,
        "kinds": model.kinds.iter().map(kind).collect::<Vec<_>>(),
        "summary": model.summary,
        "equations": model.equations,
        "states": states(model),
        "source": model.source,
        "differences": model.differences,
        "parameters": parameters(model.parameters.iter().collect()),
        "membrane_bits": table.membrane_bits,
        "units": units,
        "tools": table.tools,
    })
}

fn parameter(parameter: &ParameterInfo) -> Value {
    let default = match parameter.default {
        info::Default::Required | info::Default::Absent => Value::Null,
        info::Default::Value(value) if parameter.range == Range::Flag => json!(value != 0.0),
        info::Default::Value(value) => json!(value),
    };
    json!({
        "name": parameter.name,
        "meaning": parameter.meaning,
        "range": parameter.range.text(),
        "required": parameter.default == info::Default::Required,
        "default": default,
        "per_neuron": parameter.shape != Shape::Layer,
        "per_step": parameter.shape == Shape::Step,
    })
}

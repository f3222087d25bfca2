//! `goldspike models`: the neuron models of this version, from their registry, with what their hardware was measured to
//! cost.

use super::Ending;
use super::console::Console;
use super::errors::internal;
use crate::diag::{Diagnostic, codes, did_you_mean, shown};
use crate::synth::table::{MEASURED, UnitEntry, UnitTable};
use crate::synth::{Cost, MEMBRANE_BITS, target};
use clap::Args;
use goldspike_golden::neuron::{ModelInfo, ParameterInfo, registry};
use serde_json::{Value, json};

/// The neuron models: equations, parameters with their ranges, sources, cost in hardware.
#[derive(Debug, Args)]
pub struct ModelsArgs {
    /// One model, in full [default: a line for each].
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
        let line = |model: &ModelInfo| {
            format!(
                "{:<6} {} (kind in net.json: {})\n",
                model.name,
                model.summary,
                model.kinds.join(", ")
            )
        };
        console.result(
            || registry().iter().map(line).collect(),
            || json!({ "models": registry().iter().map(|model| document(model, &table)).collect::<Vec<_>>() }),
        );
        return Ok(Ending::Done);
    };
    let Some(model) = registry()
        .iter()
        .find(|model| model.name == name || model.kinds.contains(&name.as_str()))
    else {
        let known = registry()
            .iter()
            .flat_map(|model| model.kinds.iter().copied());
        return Err(Diagnostic::error(
            &codes::UNKNOWN_MODEL,
            format!("there is no neuron model `{}`", shown(name)),
        )
        .help(did_you_mean(name, known)));
    };
    console.result(|| text(model, &table), || document(model, &table));
    Ok(Ending::Done)
}

fn text(model: &ModelInfo, table: &UnitTable) -> String {
    let mut text = format!(
        "{}: {}\n\nkinds in net.json: {}\nstates: {}\n\n",
        model.name,
        model.summary,
        model.kinds.join(", "),
        model.states.join(", ")
    );
    for equation in model.equations {
        text.push_str(&format!("  {equation}\n"));
    }
    text.push_str("\nparameters\n");
    for ParameterInfo {
        name,
        meaning,
        range,
        default,
        per_neuron,
    } in model.parameters
    {
        let shared = if *per_neuron {
            "one a layer or one a neuron"
        } else {
            "one a layer"
        };
        text.push_str(&format!(
            "  {name:<13} {meaning}\n{:16}range {range}; default {default}; {shared}\n",
            ""
        ));
    }
    text.push_str(&costs(model, table));
    text.push_str(&format!("\nsource: {}\n", model.source));
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
                text.push_str(&line(device, cost));
            }
        }
    }
    text
}

fn line(device: &str, cost: &Cost) -> String {
    let title = target(device).map_or(device, |target| target.title);
    format!(
        "    {title:<29} {:>3} / {:>3} / {}, {:>3} cells, {:>5.1} MHz\n",
        cost.lut4, cost.ff, cost.dsp, cost.cells, cost.fmax_mhz
    )
}

fn document(model: &ModelInfo, table: &UnitTable) -> Value {
    let parameter = |parameter: &ParameterInfo| {
        json!({
            "name": parameter.name,
            "meaning": parameter.meaning,
            "range": parameter.range,
            "default": parameter.default,
            "per_neuron": parameter.per_neuron,
        })
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
        "kinds": model.kinds,
        "summary": model.summary,
        "equations": model.equations,
        "states": model.states,
        "source": model.source,
        "parameters": model.parameters.iter().map(parameter).collect::<Vec<_>>(),
        "membrane_bits": table.membrane_bits,
        "units": units,
        "tools": table.tools,
    })
}

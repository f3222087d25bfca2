//! `goldspike models`: the neuron models of this version, from their registry.

use super::Ending;
use super::console::Console;
use crate::diag::{Diagnostic, codes, did_you_mean, shown};
use clap::Args;
use goldspike_golden::neuron::{ModelInfo, ParameterInfo, registry};
use serde_json::{Value, json};

/// The neuron models: equations, parameters with their ranges, sources.
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
            || json!({ "models": registry().iter().map(document).collect::<Vec<_>>() }),
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
    console.result(|| text(model), || document(model));
    Ok(Ending::Done)
}

fn text(model: &ModelInfo) -> String {
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
    text.push_str(&format!("\nsource: {}\n", model.source));
    text
}

fn document(model: &ModelInfo) -> Value {
    let parameter = |parameter: &ParameterInfo| {
        json!({
            "name": parameter.name,
            "meaning": parameter.meaning,
            "range": parameter.range,
            "default": parameter.default,
            "per_neuron": parameter.per_neuron,
        })
    };
    json!({
        "name": model.name,
        "kinds": model.kinds,
        "summary": model.summary,
        "equations": model.equations,
        "states": model.states,
        "source": model.source,
        "parameters": model.parameters.iter().map(parameter).collect::<Vec<_>>(),
    })
}

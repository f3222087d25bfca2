//! `goldspike prove`: the neuron unit of a model equals the golden step for all inputs.

use super::Ending;
use super::console::Console;
use super::errors;
use crate::diag::{Diagnostic, codes, did_you_mean, shown};
use crate::engine::tool::Toolbox;
use crate::prove::{Limits, Property, ProveError, Prover, Solver, Status, WIDTHS, claims};
use clap::Args;
use goldspike_golden::neuron::ModelId;
use serde_json::{Value, json};
use std::time::Duration;

/// Prove that the neuron unit of a model gives what the golden model gives, for all inputs.
///
/// One property for each combination of the model's modes, twice: with every constant as an input, and with constants as
/// literals. Needs Yosys and z3. What the solver cannot decide in time is `unknown`, which is no success: the exit code is 2
/// then, and 1 where a property is refuted.
#[derive(Debug, Args)]
pub struct ProveArgs {
    /// A model of `goldspike models`.
    #[arg(value_name = "MODEL")]
    model: String,
    /// Widths of the membrane.
    #[arg(long, value_name = "BITS", value_delimiter = ',', default_value = "8")]
    width: Vec<u32>,
    /// Longest time for one property, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    timeout: u64,
}

/// Runs the verb.
///
/// # Errors
/// An unknown model, a width that cannot be, a missing tool, or an answer `unknown`.
pub fn run(args: &ProveArgs, console: &Console) -> Result<Ending, Diagnostic> {
    let known = || ModelId::ALL.iter().copied();
    let Some(model) = known().find(|model| model.info().name == args.model) else {
        let message = format!("there is no neuron model `{}`", shown(&args.model));
        let names = known().map(|model| model.info().name);
        return Err(Diagnostic::error(&codes::UNKNOWN_MODEL, message)
            .help(did_you_mean(&args.model, names)));
    };
    if let Some(width) = args.width.iter().find(|&width| !WIDTHS.contains(width)) {
        let message = format!(
            "--width {width}: a membrane has {} to {} bits here",
            WIDTHS.start(),
            WIDTHS.end()
        );
        return Err(
            Diagnostic::error(&codes::BAD_ARGUMENTS, message).help("`--width 8` is proved fastest")
        );
    }
    let toolbox = Toolbox::from_environment();
    let solver = Solver::installed(&toolbox).map_err(|error| failed(&error))?;
    let limits = Limits {
        time: Duration::from_secs(args.timeout.max(1)),
        ..Limits::default()
    };
    let prover = Prover::new(toolbox, solver, limits).map_err(|error| failed(&error))?;
    let mut properties = Vec::new();
    for &width in &args.width {
        let claims = claims(model, width).map_err(|error| failed(&error))?;
        let told = |property: &Property| console.detail(line(property).trim_end());
        let asked = prover.ask_all(&claims, console.jobs(), told);
        properties.extend(asked.map_err(|error| failed(&error))?);
    }
    let unknown = properties
        .iter()
        .filter(|p| matches!(p.status, Status::Unknown(_)))
        .count();
    let refuted = properties
        .iter()
        .any(|p| matches!(p.status, Status::Refuted { .. }));
    console.result(
        || properties.iter().map(line).collect(),
        || {
            json!({
                "model": args.model,
                "properties": properties.iter().map(document).collect::<Vec<_>>(),
            })
        },
    );
    if refuted {
        return Ok(Ending::Mismatch);
    }
    if unknown > 0 {
        console.note(&format!(
            "{unknown} of {} properties are not decided, which is no proof: try a longer --timeout",
            properties.len()
        ));
        return Ok(Ending::Undecided);
    }
    Ok(Ending::Done)
}

fn failed(error: &ProveError) -> Diagnostic {
    match error {
        ProveError::Missing(error) => Diagnostic::error(&codes::TOOL_MISSING, error.to_string())
            .help("`goldspike doctor` lists the tools"),
        error => errors::internal(error),
    }
}

fn line(property: &Property) -> String {
    let (status, rest) = match &property.status {
        Status::Proved => ("proved", String::new()),
        Status::Unknown(why) => ("unknown", format!("         {why}\n")),
        Status::Refuted { inputs, outputs } => {
            let inputs: Vec<String> = inputs
                .iter()
                .map(|(name, value)| format!("{name} {value}"))
                .collect();
            let outputs: Vec<String> = outputs
                .iter()
                .map(|(name, rtl, golden)| {
                    format!("{name} is {rtl} in the hardware and {golden} in the golden model")
                })
                .collect();
            (
                "refuted",
                format!("         {}: {}\n", inputs.join(", "), outputs.join(", ")),
            )
        }
    };
    format!(
        "{status:<8} {} ({:.1} s)\n{rest}",
        property.name, property.seconds
    )
}

fn document(property: &Property) -> Value {
    let mut document = json!({
        "name": property.name,
        "status": match property.status {
            Status::Proved => "proved",
            Status::Refuted { .. } => "refuted",
            Status::Unknown(_) => "unknown",
        },
        "solver": property.solver,
        "seconds": property.seconds,
    });
    match &property.status {
        Status::Proved => {}
        Status::Unknown(why) => document["reason"] = json!(why),
        Status::Refuted { inputs, outputs } => {
            document["inputs"] = inputs
                .iter()
                .map(|(name, value)| (name.clone(), json!(value.to_string())))
                .collect();
            document["outputs"] = outputs.iter().map(|(name, rtl, golden)| {
                json!({ "name": name, "hardware": rtl.to_string(), "golden": golden.to_string() })
            }).collect();
        }
    }
    document
}

//! `goldspike run`: inference, as integers or in double precision.

use super::console::Console;
use super::inference::{Tally, infer};
use super::input::{Integers, Source};
use super::options::{DataArgs, QuantizeArgs};
use super::{Ending, agreement, errors};
use crate::data::Agreement;
use crate::diag::Diagnostic;
use clap::{Args, ValueEnum};
use goldspike_golden::network;
use serde_json::json;
use std::path::PathBuf;

/// Inference over a test set: accuracy, spikes, activity.
///
/// A float network is quantized first; `--arith real` runs it in double precision instead, as its framework does. Against a
/// framework's trace a difference is a mismatch (exit code 1) where nothing is rounded: with `--arith real` or `--exact`.
/// Otherwise it is a measurement.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Network folder, quantized folder or embedded name.
    #[arg(value_name = "NETWORK|QUANT")]
    network: PathBuf,
    /// Arithmetic.
    #[arg(long, value_enum, default_value_t)]
    arith: ArithArg,
    /// A framework's results (.npz) to compare with [default: the embedded ones of an embedded network].
    #[arg(long, value_name = "TRACE.npz")]
    against: Option<PathBuf>,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    quantize: QuantizeArgs,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum ArithArg {
    /// Integers: the golden model.
    #[default]
    Raw,
    /// Double precision: the reference.
    Real,
}

struct Results {
    digest: String,
    tally: Tally,
    against: Option<Agreement>,
    /// Nothing is rounded, so a difference is a mismatch.
    exact: bool,
}

/// Runs the verb.
///
/// # Errors
/// Bad input.
pub fn run(args: &RunArgs, console: &Console) -> Result<Ending, Diagnostic> {
    let source = Source::read(&args.network, console)?;
    let results = match args.arith {
        ArithArg::Raw => run_raw(args, &source, console)?,
        ArithArg::Real => run_real(args, &source, console)?,
    };
    console.result(
        || human(&source, args, &results),
        || document(&source, args, &results),
    );
    let different = results.exact
        && results
            .against
            .as_ref()
            .is_some_and(|agreement| !agreement.is_exact());
    Ok(if different {
        Ending::Mismatch
    } else {
        Ending::Done
    })
}

fn run_raw(args: &RunArgs, source: &Source, console: &Console) -> Result<Results, Diagnostic> {
    let Integers {
        network, digest, ..
    } = source.integers(&args.quantize)?;
    let samples = source.data(&args.data)?;
    let framework = source.framework_trace(args.against.as_deref())?;
    let program = network::golden(&network).map_err(|error| errors::contract(&error))?;
    let progress = console.progress(
        samples.count() + framework.as_ref().map_or(0, |f| f.samples().len()),
        "golden",
    );
    let tally = infer(&program, &samples, console.jobs(), &progress, |_, _| false)?;
    let against = framework
        .map(|framework| {
            let real = |layer: usize, neuron: usize, raw: i64| {
                raw as f64 * network.layers[layer].lsb(neuron)
            };
            agreement::compare(&framework, &program, &samples, &progress, real)
        })
        .transpose()?;
    Ok(Results {
        digest,
        tally,
        against,
        exact: args.quantize.options().exact,
    })
}

fn run_real(args: &RunArgs, source: &Source, console: &Console) -> Result<Results, Diagnostic> {
    args.quantize.require_none()?;
    let samples = source.data(&args.data)?;
    let framework = source.framework_trace(args.against.as_deref())?;
    let (program, digest) = match source.imported() {
        Some(imported) => (
            network::reference(&imported.network),
            imported.source_digest.clone(),
        ),
        None => {
            let Integers {
                network, digest, ..
            } = source.integers(&args.quantize)?;
            (
                network::dequantised(&network).map_err(|error| errors::contract(&error))?,
                digest,
            )
        }
    };
    let progress = console.progress(
        samples.count() + framework.as_ref().map_or(0, |f| f.samples().len()),
        "reference",
    );
    let tally = infer(&program, &samples, console.jobs(), &progress, |_, _| false)?;
    let against = framework
        .map(|framework| {
            agreement::compare(&framework, &program, &samples, &progress, |_, _, value| {
                value
            })
        })
        .transpose()?;
    Ok(Results {
        digest,
        tally,
        against,
        exact: source.imported().is_some(),
    })
}

fn arithmetic(args: &RunArgs, source: &Source) -> &'static str {
    match (args.arith, source.imported()) {
        (ArithArg::Raw, _) => "integers (golden model)",
        (ArithArg::Real, Some(_)) => "double precision (reference)",
        (ArithArg::Real, None) => "double precision (dequantised integers)",
    }
}

fn human(source: &Source, args: &RunArgs, results: &Results) -> String {
    let tally = &results.tally;
    let mut text = format!("{}: {}\n", source.name(), arithmetic(args, source));
    text.push_str(&format!(
        "digest    {}\nsamples   {}\n",
        results.digest, tally.samples
    ));
    if let Some(accuracy) = tally.accuracy() {
        text.push_str(&format!(
            "accuracy  {:.2} % ({} of {})\n",
            100.0 * accuracy,
            tally.correct,
            tally.labelled
        ));
    }
    let steps = tally.steps.max(1) as f64;
    text.push_str(&format!(
        "input     {:.2} events a step\n",
        tally.input_events as f64 / steps
    ));
    for ((layer, activity), name) in tally
        .layers
        .iter()
        .zip(tally.activity())
        .zip(source.layer_names())
    {
        text.push_str(&format!(
            "layer {name:<8} {} neurons, {} spikes, activity {:.2} %\n",
            layer.neurons,
            layer.spikes,
            100.0 * activity
        ));
    }
    if let Some(agreement) = &results.against {
        text.push_str(&format!(
            "against the framework's trace:\n{}",
            agreement::lines(agreement)
        ));
    }
    text
}

fn document(source: &Source, args: &RunArgs, results: &Results) -> serde_json::Value {
    let tally = &results.tally;
    let mut out = json!({
        "network": source.name(),
        "digest": results.digest,
        "arith": match args.arith { ArithArg::Raw => "raw", ArithArg::Real => "real" },
        "samples": tally.samples,
        "correct": tally.correct,
        "accuracy": tally.accuracy(),
        "activity": tally.activity(),
        "spikes": tally.layers.iter().map(|layer| layer.spikes).collect::<Vec<_>>(),
        "layers": source.layer_names(),
        "input_events": tally.input_events,
        "steps": tally.steps,
    });
    if let Some(agreement) = &results.against {
        out["against"] = json!(agreement);
    }
    out
}

//! `goldspike run`: inference, as integers or in double precision.

use super::console::Console;
use super::engines::{RunEngineArg, Simulation};
use super::inference::{Tally, infer, play};
use super::input::{Integers, Samples, Source};
use super::work::{AgainstArgs, WorkArgs};
use super::{Ending, agreement, errors, hardware};
use crate::data::{Agreement, FrameworkTrace};
use crate::diag::{Diagnostic, codes};
use crate::engine::Subject;
use clap::{Args, ValueEnum};
use goldspike_golden::network;
use serde_json::json;
use std::collections::BTreeMap;

/// Inference over a test set: accuracy, spikes, activity.
///
/// A float network is quantized first; `--arith real` runs it in double precision instead, as its framework does. Against a
/// framework's trace a difference is a mismatch (exit code 1) where nothing is rounded: with `--arith real` or `--exact`.
/// Otherwise it is a measurement.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Arithmetic.
    #[arg(long, value_enum, default_value_t)]
    arith: ArithArg,
    /// What runs the integers: the golden model or the hardware on a simulator.
    #[arg(long, value_enum, default_value_t)]
    engine: RunEngineArg,
    #[command(flatten)]
    framework: AgainstArgs,
    #[command(flatten)]
    work: WorkArgs,
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
    let simulation = args.engine.simulation()?;
    if simulation.is_some() && args.arith == ArithArg::Real {
        let message = "`--arith real` runs on no engine: the hardware computes integers";
        return Err(Diagnostic::error(&codes::NOT_APPLICABLE, message)
            .help("leave `--engine` or `--arith real` out"));
    }
    if simulation.is_none() && args.work.lanes.is_given() {
        let message = "lanes are of the hardware, and the golden model has none";
        return Err(Diagnostic::error(&codes::NOT_APPLICABLE, message)
            .help("add `--engine rust-hdl`, or leave the lanes out"));
    }
    let source = args.work.source(console)?;
    let results = match args.arith {
        ArithArg::Raw => run_raw(args, simulation, &source, console)?,
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

fn run_raw(
    args: &RunArgs,
    simulation: Option<Simulation>,
    source: &Source,
    console: &Console,
) -> Result<Results, Diagnostic> {
    let integers = args.work.integers(source)?;
    let samples = source.data(&args.work.data)?;
    let framework = source.framework_trace(args.framework.against.as_deref())?;
    let (tally, against) = match simulation {
        None => run_golden(&integers, &samples, framework.as_ref(), console)?,
        Some(engine) => run_hardware(
            engine,
            args,
            &integers,
            &samples,
            framework.as_ref(),
            console,
        )?,
    };
    Ok(Results {
        digest: integers.digest,
        tally,
        against,
        exact: args.work.quantize.options().exact,
    })
}

/// Samples of both parts of a run.
fn total(samples: &Samples, framework: Option<&FrameworkTrace>) -> usize {
    samples.count() + framework.map_or(0, |framework| framework.samples().len())
}

fn run_golden(
    integers: &Integers,
    samples: &Samples,
    framework: Option<&FrameworkTrace>,
    console: &Console,
) -> Result<(Tally, Option<Agreement>), Diagnostic> {
    let program = network::golden(&integers.network).map_err(|error| errors::contract(&error))?;
    let progress = console.progress(total(samples, framework), "golden");
    let tally = infer(&program, samples, console.jobs(), &progress, |_, _| false)?;
    let against = framework
        .map(|framework| {
            agreement::compare(framework, &program, samples, &progress, integers.real())
        })
        .transpose()?;
    Ok((tally, against))
}

fn run_hardware(
    simulation: Simulation,
    args: &RunArgs,
    integers: &Integers,
    samples: &Samples,
    framework: Option<&FrameworkTrace>,
    console: &Console,
) -> Result<(Tally, Option<Agreement>), Diagnostic> {
    let design = hardware::design(
        &integers.network,
        &args.work.lanes,
        crate::rtl::Fabric::PORTABLE,
        true,
        console,
    )?;
    let subject = Subject {
        network: &integers.network,
        design: &design,
    };
    let mut engine = simulation.engine();
    let progress = console.progress(total(samples, framework), simulation.name());
    let mut tally = Tally::default();
    let all: Vec<usize> = (0..samples.count()).collect();
    play(
        engine.as_mut(),
        subject,
        samples,
        &all,
        |index, trace, events| {
            tally.add(&trace, samples.label(index), events, |_, _| false);
            progress.add(1);
        },
    )?;
    let Some(framework) = framework else {
        return Ok((tally, None));
    };
    let mut traces = BTreeMap::new();
    play(
        engine.as_mut(),
        subject,
        samples,
        &framework.samples(),
        |index, trace, _| {
            traces.insert(index, trace);
            progress.add(1);
        },
    )?;
    let trace = |index| {
        traces
            .remove(&index)
            .ok_or_else(|| errors::internal("a sample of the trace did not run"))
    };
    Ok((
        tally,
        Some(Agreement::compare_states(
            framework,
            trace,
            integers.real(),
        )?),
    ))
}

fn run_real(args: &RunArgs, source: &Source, console: &Console) -> Result<Results, Diagnostic> {
    args.work.quantize.require_none()?;
    let samples = source.data(&args.work.data)?;
    let framework = source.framework_trace(args.framework.against.as_deref())?;
    let (program, digest) = match source.imported() {
        Some(imported) => (
            network::reference(&imported.network),
            imported.source_digest.clone(),
        ),
        None => {
            let Integers {
                network, digest, ..
            } = args.work.integers(source)?;
            (
                network::dequantised(&network).map_err(|error| errors::contract(&error))?,
                digest,
            )
        }
    };
    let progress = console.progress(total(&samples, framework.as_ref()), "reference");
    let tally = infer(&program, &samples, console.jobs(), &progress, |_, _| false)?;
    let against = framework
        .map(|framework| {
            agreement::compare(&framework, &program, &samples, &progress, |_, value| value)
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
        (ArithArg::Raw, _) => match args.engine {
            RunEngineArg::Golden => "integers (golden model)",
            RunEngineArg::RustHdl => "integers (hardware on rust-hdl)",
            RunEngineArg::Icarus => "integers (hardware on Icarus Verilog)",
            RunEngineArg::Verilator => "integers (hardware on Verilator)",
        },
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
        "engine": args.engine.to_possible_value().map(|value| value.get_name().to_owned()),
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

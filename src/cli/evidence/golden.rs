//! Levels of the golden model alone: that it may run the network and agrees with the framework, that what it computes stays
//! within the quantizer's bounds, and that the stimuli reach the corners that they must.

use super::job::Job;
use super::levels::{Outline, Planned, stopped};
use crate::cli::console::Console;
use crate::cli::options::DataArgs;
use crate::cli::{agreement, errors};
use crate::data::Agreement;
use crate::diag::Diagnostic;
use crate::engine::tool::quoted;
use crate::evidence::{Row, Status, sha256};
use crate::quantize::{Bounds, Span, bounds};
use goldspike_golden::format::Overflow;
use goldspike_golden::network::{self, Program};
use goldspike_golden::neuron::Spikes;
use goldspike_golden::neuron::info::StateUnit;
use goldspike_golden::quant::QuantLayer;
use goldspike_golden::trace::LayerTrace;
use std::time::Instant;

/// Names of the levels.
pub(super) const NAMES: [&str; 3] = ["golden", "quantizer", "coverage"];

/// The levels.
pub(super) fn planned<'a>(job: &'a Job<'a>) -> Vec<Planned<'a>> {
    let files = [&job.args.framework.against, &job.work.data.data];
    let files = files.into_iter().flatten();
    let files =
        files.map(|path| std::fs::read(path).map_or_else(|_| String::new(), |b| sha256(&b)));
    let [golden, quantizer, coverage] = NAMES;
    vec![
        Planned {
            outline: Outline {
                name: golden,
                shows: "The network obeys the arithmetic contract, and was read as the framework means it",
                tools: Vec::new(),
                depends: files.collect(),
                command: job.command().to_owned(),
            },
            run: Box::new(|console| obeys(job, console)),
        },
        Planned {
            outline: Outline {
                name: quantizer,
                shows: "The compared value and every state of the golden model stay within the bounds for which overflow is left out, on all that was played",
                tools: Vec::new(),
                depends: Vec::new(),
                command: job.command().to_owned(),
            },
            run: Box::new(|_| {
                judged(job, "states within the bounds", |program| {
                    Ok(within(job, program))
                })
            }),
        },
        Planned {
            outline: Outline {
                name: coverage,
                shows: "What was played holds the corners of spikes and steps: a comparison without them says nothing of them",
                tools: Vec::new(),
                depends: Vec::new(),
                command: job.command().to_owned(),
            },
            run: Box::new(|_| judged(job, "corners", |program| Ok(reached(job, program)))),
        },
    ]
}

/// What these levels do not show of a job.
pub(super) fn not_shown(job: &Job<'_>) -> Vec<String> {
    let mut all = Vec::new();
    if job.source.imported().is_none() {
        all.push("what quantization changed: the network came quantized".to_owned());
    } else if job.args.framework.against.is_none() && job.source.embedded().is_none() {
        all.push(
            "agreement with the framework that trained the network: no trace was named (`--against`)"
                .to_owned(),
        );
    }
    for (layer, bounds) in layers(job) {
        if bounds.is_none() {
            all.push(format!(
                "{}: bounds of its states: the quantizer has none, and the hardware relies on none",
                layer.name
            ));
        }
    }
    all
}

/// Rows that need the golden model.
fn judged(
    job: &Job<'_>,
    property: &str,
    rows: impl Fn(&Program<goldspike_golden::arith::Raw>) -> Result<Vec<Row>, Diagnostic>,
) -> Vec<Row> {
    let found = network::golden(job.network())
        .map_err(|error| errors::contract(&error))
        .and_then(|program| rows(&program));
    found.unwrap_or_else(|error| vec![stopped(property, job.command(), &error)])
}

fn obeys(job: &Job<'_>, console: &Console) -> Vec<Row> {
    let start = Instant::now();
    let valid = "the integers obey the arithmetic contract";
    let mut rows = match network::golden(job.network()) {
        Err(error) => {
            return vec![Row::new(valid, Status::Failed, job.command()).noting(error.to_string())];
        }
        Ok(_) => vec![
            Row::new(valid, Status::Passed, job.command())
                .with([("layers", job.network().layers.len() as u64)]),
        ],
    };
    let property = "double precision = the framework's trace";
    match agreed(job, console) {
        Ok(None) => {}
        Ok(Some(agreement)) => {
            let mut row = framework(job, property, &agreement);
            row.seconds = start.elapsed().as_secs_f64();
            rows.push(row);
        }
        Err(error) => rows.push(stopped(property, job.command(), &error)),
    }
    rows
}

fn framework(job: &Job<'_>, property: &str, agreement: &Agreement) -> Row {
    let equal = agreement.predictions_equal == agreement.samples
        && agreement.spikes_different == 0
        && agreement.samples > 0;
    let given = job.work.data.given().join(" ");
    let against = job.args.framework.against.as_ref();
    let against = against.map_or_else(String::new, |path| {
        format!(" --against {}", quoted(&path.display().to_string()))
    });
    let command = job.of_network("run", &format!("--arith real {given}{against}"));
    let status = if equal {
        Status::Passed
    } else {
        Status::Unknown
    };
    let row = Row::new(property, status, command.replace("  ", " ").trim_end()).with([
        ("predictions", agreement.samples as u64),
        ("spikes", agreement.spikes_compared),
    ]);
    if equal {
        row.noting(format!(
            "largest membrane error {:.3e}",
            agreement.membrane_max_error
        ))
    } else {
        row.noting(format!(
            "{} of {} predictions are equal, {} of {} spikes differ: whether the network was read right is not shown",
            agreement.predictions_equal,
            agreement.samples,
            agreement.spikes_different,
            agreement.spikes_compared
        ))
    }
}

/// Agreement of the described network with the framework's trace, where there is one.
fn agreed(job: &Job<'_>, console: &Console) -> Result<Option<Agreement>, Diagnostic> {
    let Some(imported) = job.source.imported() else {
        return Ok(None);
    };
    let trace = job.args.framework.against.as_deref();
    let Some(trace) = job.source.framework_trace(trace)? else {
        return Ok(None);
    };
    // The trace names samples of the whole data set, whatever `--samples` says.
    let samples = job.source.data(&DataArgs {
        samples: None,
        ..job.work.data.clone()
    })?;
    let progress = console.progress(trace.samples().len(), "framework's trace");
    let program = network::reference(&imported.network);
    agreement::compare(&trace, &program, &samples, &progress, |_, value| value).map(Some)
}

/// Each layer, with the bounds that the hardware may rely on.
fn layers<'a>(job: &'a Job<'_>) -> Vec<(&'a QuantLayer, Option<Bounds>)> {
    let network = job.network();
    let mut fed = network.input.payloads();
    let layers = network.layers.iter().map(|layer| {
        let known = bounds(layer, fed).filter(|bounds| {
            layer.overflow != Overflow::Wrap
                || bounds.membrane_held(layer.membrane.width, layer.overflow)
                    && bounds.own_held(&layer.neuron)
        });
        fed = layer.payloads();
        (layer, known)
    });
    layers.collect()
}

/// Calls `seen` with what each layer did in each step of all samples.
fn played(
    job: &Job<'_>,
    program: &Program<goldspike_golden::arith::Raw>,
    mut seen: impl FnMut(usize, &LayerTrace<i64>),
) {
    let stimuli = job.plan.stimuli.iter();
    for sample in stimuli.flat_map(|stimulus| &stimulus.samples) {
        for step in program.run(sample).steps {
            for (index, layer) in step.layers.iter().enumerate() {
                seen(index, layer);
            }
        }
    }
}

/// How the values of a layer lie.
#[derive(Clone, Copy, Default)]
struct Lies {
    values: u64,
    outside: u64,
    first: Option<i64>,
}

impl Lies {
    fn see(&mut self, bound: Span, values: &[i64]) {
        for &value in values {
            self.values += 1;
            if !bound.holds(Span::new(value, value)) {
                self.outside += 1;
                self.first.get_or_insert(value);
            }
        }
    }
}

fn within(job: &Job<'_>, program: &Program<goldspike_golden::arith::Raw>) -> Vec<Row> {
    let start = Instant::now();
    let layers = layers(job);
    let mut lies = vec![Lies::default(); layers.len()];
    played(job, program, |index, trace| {
        let (Some((layer, Some(bounds))), Some(lies)) = (layers.get(index), lies.get_mut(index))
        else {
            return;
        };
        lies.see(bounds.membrane, &trace.h);
        let mut own = bounds.own.iter();
        for (state, values) in layer.neuron.states().zip(&trace.states) {
            let bound = match state.unit {
                StateUnit::Membrane => Some(&bounds.membrane),
                StateUnit::Own => own.next(),
                StateUnit::Steps => None,
            };
            if let Some(&bound) = bound {
                lies.see(bound, values);
            }
        }
    });
    let seconds = start.elapsed().as_secs_f64();
    let mut rows = Vec::new();
    for ((layer, bounds), lies) in layers.iter().zip(lies) {
        let property = match bounds {
            Some(bounds) => format!(
                "{}: h from {} to {}, and every state within its bound",
                layer.name, bounds.membrane.low, bounds.membrane.high
            ),
            None => continue,
        };
        let status = if lies.outside == 0 {
            Status::Passed
        } else {
            Status::Failed
        };
        let mut row = Row::new(property, status, job.command()).with([("values", lies.values)]);
        row.seconds = seconds;
        row.seed = Some(job.args.seed);
        if let Some(first) = lies.first {
            row = row.noting(format!(
                "{} values lie outside, the first is {first}",
                lies.outside
            ));
        }
        rows.push(row);
    }
    if rows.is_empty() {
        let none = "no layer has a bound that the hardware relies on";
        let layers = layers.len() as u64;
        rows.push(Row::new(none, Status::Passed, job.command()).with([("layers", layers)]));
    }
    rows
}

fn reached(job: &Job<'_>, program: &Program<goldspike_golden::arith::Raw>) -> Vec<Row> {
    let start = Instant::now();
    let layers = &job.network().layers;
    let mut spikes = vec![[0u64; 3]; layers.len()];
    played(job, program, |index, trace| {
        if let Some(seen) = spikes.get_mut(index) {
            for &spike in &trace.spikes {
                match spike {
                    1 => seen[0] += 1,
                    0 => seen[1] += 1,
                    _ => seen[2] += 1,
                }
            }
        }
    });
    let seconds = start.elapsed().as_secs_f64();
    let mut rows: Vec<Row> = layers
        .iter()
        .zip(spikes)
        .map(|(layer, [plus, none, minus])| {
            let mut bins = vec![("spikes", plus), ("neurons without one", none)];
            if layer.neuron.modes.spikes == Spikes::Ternary {
                bins.push(("spikes of -1", minus));
            }
            corner(
                job,
                &format!("{}: neurons fire, and do not", layer.name),
                &bins,
            )
        })
        .collect();
    let samples = || {
        job.plan
            .stimuli
            .iter()
            .flat_map(|stimulus| &stimulus.samples)
    };
    let steps = || samples().flat_map(|sample| &sample.steps);
    let silent = steps().filter(|step| step.is_empty()).count() as u64;
    let events = steps().filter(|step| !step.is_empty()).count() as u64;
    let short = samples().filter(|sample| sample.steps.len() == 1).count() as u64;
    rows.push(corner(
        job,
        "the input has steps of every kind",
        &[
            ("silent steps", silent),
            ("steps with events", events),
            ("samples of one step", short),
        ],
    ));
    for row in &mut rows {
        row.seconds = seconds;
    }
    rows
}

/// A corner is unknown while one of its bins was never seen.
fn corner(job: &Job<'_>, property: &str, bins: &[(&'static str, u64)]) -> Row {
    let never: Vec<&str> = bins
        .iter()
        .filter(|(_, count)| *count == 0)
        .map(|(bin, _)| *bin)
        .collect();
    let status = if never.is_empty() {
        Status::Passed
    } else {
        Status::Unknown
    };
    let mut row = Row::new(property, status, job.command()).with(bins.iter().copied());
    row.seed = Some(job.args.seed);
    if never.is_empty() {
        row
    } else {
        row.noting(format!(
            "never seen: {}; more `--cases` may reach it",
            never.join(", ")
        ))
    }
}

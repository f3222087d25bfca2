//! `goldspike quantize`: a float network to integers, with what was lost.

use super::console::Console;
use super::inference::{Tally, infer};
use super::input::{Integers, Samples, Source};
use super::options::{DataArgs, QuantizeArgs};
use super::{Ending, errors};
use crate::diag::{Diagnostic, codes};
use crate::quantize::{self, ConstantError, LayerReport, Report, Saturation};
use clap::Args;
use goldspike_golden::format::{Overflow, QFormat};
use goldspike_golden::network;
use goldspike_golden::quant::{Param, QuantNetwork};
use serde_json::{Value, json};
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// A float network to integers, with a report of what each layer lost.
///
/// Writes quant.json and quant.safetensors. With a data set the report has the accuracy before and after, and how often a
/// membrane reached an end of its format.
#[derive(Debug, Args)]
pub struct QuantizeVerb {
    /// Network folder or embedded name.
    #[arg(value_name = "NETWORK")]
    network: PathBuf,
    /// Folder to write; made if it does not exist.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Data set that the report is measured on [default: the embedded set of an embedded network].
    #[arg(long, value_name = "X.npz")]
    calibrate: Option<PathBuf>,
    /// Only the first N samples of it.
    #[arg(long, value_name = "N")]
    samples: Option<NonZeroUsize>,
    #[command(flatten)]
    quantize: QuantizeArgs,
}

/// What the data set showed.
pub struct Measured {
    /// Run in double precision.
    pub float: Tally,
    /// Run as integers; `at_limit` counts.
    pub integers: Tally,
}

/// Runs the verb.
///
/// # Errors
/// Bad input; a folder that is not ours or cannot be written.
pub fn run(args: &QuantizeVerb, console: &Console) -> Result<Ending, Diagnostic> {
    let source = Source::read(&args.network, console)?;
    let data = DataArgs {
        data: args.calibrate.clone(),
        samples: args.samples,
    };
    let Integers {
        network, report, ..
    } = source.integers(&args.quantize)?;
    let Some(mut report) = report else {
        return Err(Diagnostic::error(
            &codes::NOT_APPLICABLE,
            format!("`{}` is quantized already", source.name()),
        )
        .help("name the folder of the float network"));
    };
    let measured = match source.data_if_any(&data)? {
        Some(samples) => Some(measure(&source, &network, &samples, console)?),
        None => None,
    };
    report.accuracy_float = measured.as_ref().and_then(|m| m.float.accuracy());
    report.accuracy_quant = measured.as_ref().and_then(|m| m.integers.accuracy());
    quantize::save(&network, &args.output).map_err(|error| errors::quantize(&error, None))?;
    console.result(
        || {
            let mut text = lines(&report, measured.as_ref());
            text.push_str(&format!("written   {}\n", args.output.display()));
            text
        },
        || {
            let mut out = document(&report, measured.as_ref());
            out["output"] = args.output.display().to_string().into();
            out
        },
    );
    Ok(Ending::Done)
}

/// Runs the data in double precision and as integers.
///
/// # Errors
/// A sample that is not of the network's encoding.
pub fn measure(
    source: &Source,
    quantized: &QuantNetwork,
    samples: &Samples,
    console: &Console,
) -> Result<Measured, Diagnostic> {
    let progress = console.progress(2 * samples.count(), "calibration");
    let float = match source.imported() {
        Some(imported) => network::reference(&imported.network),
        None => network::dequantised(quantized).map_err(|error| errors::contract(&error))?,
    };
    let float = infer(&float, samples, console.jobs(), &progress, |_, _| false)?;
    let program = network::golden(quantized).map_err(|error| errors::contract(&error))?;
    let ends: Vec<(i64, i64)> = quantized
        .layers
        .iter()
        .map(|layer| ends(layer.membrane, layer.overflow))
        .collect();
    let integers = infer(&program, samples, console.jobs(), &progress, |layer, &h| {
        ends.get(layer)
            .is_some_and(|&(low, high)| h <= low || h >= high)
    })?;
    Ok(Measured { float, integers })
}

fn ends(format: QFormat, overflow: Overflow) -> (i64, i64) {
    match overflow {
        Overflow::SaturateSymmetric => (-format.max(), format.max()),
        Overflow::Saturate | Overflow::Wrap => (format.min(), format.max()),
    }
}

/// The report, as text.
#[must_use]
pub fn lines(report: &Report, measured: Option<&Measured>) -> String {
    let mut text = format!(
        "{}: quantized\ndigest    {}\n",
        report.network, report.digest
    );
    for (index, layer) in report.layers.iter().enumerate() {
        text.push_str(&layer_lines(layer));
        if let Some(measured) = measured
            && let Some(sums) = measured.integers.layers.get(index)
        {
            let values = measured.integers.steps * sums.neurons as u64;
            text.push_str(&format!(
                "  at an end of the format on the data: {} of {values} values\n",
                sums.at_limit
            ));
        }
    }
    for (name, accuracy) in [
        ("float", report.accuracy_float),
        ("integers", report.accuracy_quant),
    ] {
        if let Some(accuracy) = accuracy {
            text.push_str(&format!("accuracy  {:.2} % ({name})\n", 100.0 * accuracy));
        }
    }
    text
}

fn layer_lines(layer: &LayerReport) -> String {
    let scale = match &layer.scale {
        Param::Layer(scale) => format!("{scale:.6e}"),
        scales => format!("{} values, one a neuron", scales.values().len()),
    };
    let saturation = match layer.saturation {
        Saturation::Unreachable => "unreachable",
        Saturation::Reachable => "reachable",
    };
    let mut text = format!(
        "layer {}\n  weights {} bits ({} clipped), accumulator {} bits, membrane {} ({} guard bits), decay {}\n  \
         scale {scale}, threshold {} LSBs, saturation {saturation}\n",
        layer.name,
        layer.weight_bits,
        layer.clipped_weights,
        layer.accumulator_bits,
        layer.membrane,
        layer.guard_bits,
        layer.coefficient,
        layer.threshold_lsbs,
    );
    for ConstantError {
        field,
        index,
        wanted,
        stored,
        error,
    } in &layer.errors
    {
        text.push_str(&format!(
            "  largest error of {field}: entry {index}, {wanted:.6} stored as {stored:.6} ({error:+.3e})\n"
        ));
    }
    for note in &layer.notes {
        text.push_str(&format!("  {note}\n"));
    }
    text
}

/// The report, as JSON.
#[must_use]
pub fn document(report: &Report, measured: Option<&Measured>) -> Value {
    let mut out = json!(report);
    if let Some(measured) = measured {
        out["samples"] = measured.integers.samples.into();
        out["steps"] = measured.integers.steps.into();
        if let Some(layers) = out["layers"].as_array_mut() {
            for (layer, sums) in layers.iter_mut().zip(&measured.integers.layers) {
                layer["at_limit"] = sums.at_limit.into();
            }
        }
    }
    out
}

//! `goldspike wave`: the hardware's signals and the golden model's values on one time axis.

use super::console::Console;
use super::input::{Integers, Source};
use super::options::{DataArgs, LaneArgs, QuantizeArgs};
use super::{Ending, errors, hardware};
use crate::diag::{Diagnostic, Place, codes};
use crate::engine::Stalls;
use crate::rtl::Design;
use crate::wave::{self, WaveReport, Window};
use clap::Args;
use goldspike_golden::event::Sample;
use goldspike_golden::quant::QuantNetwork;
use serde_json::json;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A VCD of the hardware with the golden model's spikes and membranes beside it, and a GTKWave save file.
///
/// The sample runs alone on the embedded simulator. Membranes are shown as reals.
#[derive(Debug, Args)]
pub struct WaveArgs {
    /// Network folder, quantized folder or embedded name.
    #[arg(value_name = "NETWORK|QUANT")]
    network: PathBuf,
    /// Sample of the data set, from 0.
    #[arg(long, value_name = "I")]
    sample: usize,
    /// Time steps A to B-1 [default: all].
    #[arg(long, value_name = "A..B", value_parser = window)]
    steps: Option<Range<usize>>,
    /// Waveform to write; the save file gets the same name with .gtkw.
    #[arg(short, long, value_name = "X.vcd", default_value = "goldspike.vcd")]
    output: PathBuf,
    /// Test set [default: the embedded set of an embedded network].
    #[arg(long, value_name = "X.npz")]
    data: Option<PathBuf>,
    /// Seed of random pauses on the streams [default: no pauses].
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    #[command(flatten)]
    quantize: QuantizeArgs,
    #[command(flatten)]
    lanes: LaneArgs,
}

fn window(text: &str) -> Result<Range<usize>, String> {
    let (first, end) = text.split_once("..").ok_or("give a range like 2..5")?;
    match (first.parse(), end.parse()) {
        (Ok(first), Ok(end)) if first < end => Ok(first..end),
        _ => Err("give a range A..B of whole numbers with A below B".to_owned()),
    }
}

/// Runs the verb.
///
/// # Errors
/// Bad input, a sample or steps that are not there, a file that cannot be written.
pub fn run(args: &WaveArgs, console: &Console) -> Result<Ending, Diagnostic> {
    let source = Source::read(&args.network, console)?;
    let Integers {
        network, digest, ..
    } = source.integers(&args.quantize)?;
    let samples = source.data(&DataArgs {
        data: args.data.clone(),
        samples: None,
    })?;
    let sample = samples.encode(args.sample)?;
    let design = hardware::design(&network, &args.lanes, true, console)?;
    let steps = args.steps.clone().unwrap_or(0..sample.steps.len());
    let stalls = args.seed.map_or(Stalls::NONE, Stalls::random);
    let (vcd, report) = record(&network, &design, &sample, args.sample, steps, stalls)?;
    let save = args.output.with_extension("gtkw");
    let vcd_name = args
        .output
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    replace(&args.output, &vcd)?;
    replace(&save, wave::save_file(&report, &vcd_name).as_bytes())?;
    console.result(
        || lines(&report, source.name(), &args.output, &save),
        || {
            let mut out = json!(report);
            out["network"] = source.name().into();
            out["digest"] = digest.into();
            out["sample"] = args.sample.into();
            out["output"] = args.output.display().to_string().into();
            out["save_file"] = save.display().to_string().into();
            out
        },
    );
    Ok(if report.first_mismatch.is_none() {
        Ending::Done
    } else {
        Ending::Mismatch
    })
}

fn lines(report: &WaveReport, network: &str, vcd: &Path, save: &Path) -> String {
    let mut text = format!(
        "{network}: sample {}, steps {}..{}: {} cycles, {} signals\n",
        report.sample, report.steps.start, report.steps.end, report.cycles, report.signals
    );
    if let Some(found) = &report.first_mismatch {
        let at = &found.at;
        text.push_str(&format!(
            "first mismatch at {} ns: step {}, layer {}, neuron {}: {} is {}, the golden model has {}\n",
            found.time_ns, at.step, at.layer, at.neuron, at.quantity, at.engine, at.golden
        ));
    }
    text.push_str(&format!(
        "written   {}\nopen with gtkwave {}\n",
        vcd.display(),
        save.display()
    ));
    text
}

/// The waveform of one sample, which is number `index` of its data set.
///
/// # Errors
/// Steps that the sample does not have; a design that hangs.
pub fn record(
    network: &QuantNetwork,
    design: &Design,
    sample: &Sample,
    index: usize,
    steps: Range<usize>,
    stalls: Stalls,
) -> Result<(Vec<u8>, WaveReport), Diagnostic> {
    let mut vcd = Vec::new();
    let window = Window { sample: 0, steps };
    let mut report = wave::record(
        network,
        design,
        std::slice::from_ref(sample),
        stalls,
        &window,
        &mut vcd,
    )
    .map_err(|error| errors::wave(&error))?;
    report.sample = index;
    Ok((vcd, report))
}

/// Writes a file as a whole or not at all.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), Diagnostic> {
    let failed = |error: std::io::Error| {
        Diagnostic::error(
            &codes::OUTPUT_UNWRITABLE,
            format!("the file cannot be written: {}", error.kind()),
        )
        .at(Place::file(path.display().to_string()))
        .help("choose another place with -o")
    };
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or_else(|| Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".goldspike-");
    // A temporary file is private by default; this one becomes the user's.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder).map_err(failed)?;
    std::io::Write::write_all(&mut file, bytes).map_err(failed)?;
    file.persist(path)
        .map(drop)
        .map_err(|error| failed(error.error))
}

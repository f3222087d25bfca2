//! `goldspike wave`: the hardware's signals and the golden model's values on one time axis.

use super::console::Console;
use super::input::{Integers, Source};
use super::options::{DataArgs, LaneArgs, QuantizeArgs};
use super::stimuli::{self, Pauses};
use super::{Ending, errors, hardware};
use crate::diag::{Diagnostic, Place, codes};
use crate::engine::{Stalls, Stimulus};
use crate::rtl::{Design, Fabric};
use crate::wave::{self, WaveReport, Window};
use clap::Args;
use goldspike_golden::quant::QuantNetwork;
use serde_json::json;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A VCD of the hardware with the golden model's spikes and states beside it, and a GTKWave save file.
///
/// On the embedded simulator. The sample runs alone without pauses; with --seed it runs after those before it and with
/// the pauses that `verify --seed` gave them. Membranes are shown as reals.
#[derive(Debug, Args)]
pub struct WaveArgs {
    /// Network folder, quantized folder or embedded name.
    #[arg(value_name = "NETWORK|QUANT")]
    network: PathBuf,
    /// Sample of the data set, or within the random case, from 0.
    #[arg(long, value_name = "I")]
    sample: usize,
    /// Random case of `verify --cases` instead of the data set, from 0.
    #[arg(long, value_name = "C", requires = "seed")]
    case: Option<usize>,
    /// Time steps A to B-1 [default: all].
    #[arg(long, value_name = "A..B", value_parser = window)]
    steps: Option<Range<usize>>,
    /// Waveform to write; the save file gets the same name with .gtkw.
    #[arg(short, long, value_name = "X.vcd", default_value = "goldspike.vcd")]
    output: PathBuf,
    /// Test set [default: the embedded set of an embedded network].
    #[arg(long, value_name = "X.npz")]
    data: Option<PathBuf>,
    /// Seed of a verification: its stimulus, random pauses included [default: the sample alone, no pauses].
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// The verification ran without pauses.
    #[arg(long, requires = "seed")]
    no_stalls: bool,
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
    let design = hardware::design(&network, &args.lanes, Fabric::PORTABLE, true, console)?;
    let scene = scene(args, &source, &network)?;
    let (vcd, report) = record(&network, &design, &scene, args.steps.clone())?;
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

/// What is played, and which sample of it is shown.
pub struct Scene {
    /// Samples and pauses.
    pub stimulus: Stimulus,
    /// The sample that is shown.
    pub sample: usize,
    /// It runs alone.
    pub alone: bool,
    /// Number of the first sample in its data set.
    pub number: usize,
}

/// The sample alone, or the stimulus in which a verification played it.
fn scene(args: &WaveArgs, source: &Source, network: &QuantNetwork) -> Result<Scene, Diagnostic> {
    let data = || {
        source.data(&DataArgs {
            data: args.data.clone(),
            samples: None,
        })
    };
    let Some(seed) = args.seed else {
        return Ok(Scene {
            stimulus: Stimulus {
                samples: vec![data()?.encode(args.sample)?],
                stalls: Stalls::NONE,
            },
            sample: 0,
            alone: true,
            number: args.sample,
        });
    };
    let pauses = Pauses {
        stalls: !args.no_stalls,
        seed,
    };
    let (stimulus, number) = match args.case {
        Some(case) => (stimuli::random_case(network, case, pauses), 0),
        None => stimuli::batch_of(&data()?, args.sample, pauses)?,
    };
    Ok(Scene {
        stimulus,
        sample: args.sample - number,
        alone: false,
        number,
    })
}

/// The waveform of a scene; all steps of the sample if none are named.
///
/// # Errors
/// Steps that the sample does not have; a design that hangs.
pub fn record(
    network: &QuantNetwork,
    design: &Design,
    scene: &Scene,
    steps: Option<Range<usize>>,
) -> Result<(Vec<u8>, WaveReport), Diagnostic> {
    let samples = &scene.stimulus.samples;
    let whole = samples
        .get(scene.sample)
        .map_or(0, |sample| sample.steps.len());
    let window = Window {
        sample: scene.sample,
        alone: scene.alone,
        number: scene.number,
        steps: steps.unwrap_or(0..whole),
    };
    let mut vcd = Vec::new();
    let mut report = wave::record(
        network,
        design,
        samples,
        scene.stimulus.stalls,
        &window,
        &mut vcd,
    )
    .map_err(|error| errors::wave(&error))?;
    report.sample = scene.number + scene.sample;
    Ok((vcd, report))
}

/// Writes a file as a whole or not at all.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), Diagnostic> {
    let failed = |error: std::io::Error| {
        Diagnostic::error(
            &codes::OUTPUT_UNWRITABLE,
            format!("the file cannot be written: {error}"),
        )
        .at(Place::file(path.display().to_string()))
        .help("choose another place with -o")
    };
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or_else(|| Path::new("."));
    std::fs::create_dir_all(folder).map_err(failed)?;
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

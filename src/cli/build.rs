//! `goldspike build`: the main job, from a trained network to verified Verilog with its report.

use super::check::{Again, Checks, check};
use super::console::Console;
use super::engines::{Chosen, Simulation, choose};
use super::goal::{self, GoalArgs};
use super::input::{Integers, Samples, Source};
use super::options::DataArgs;
use super::quantize::{Measured, measure};
use super::smaller::Made;
use super::stimuli::{CASES_WITHOUT_DATA, Plan};
use super::synth::{self, Attempt, PlaceArgs};
use super::target::{Aim, emitted};
use super::throughput::{play, throughput};
use super::verify::{CheckArgs, again};
use super::work::{AgainstArgs, WorkArgs};
use super::{Ending, agreement, errors, generate, hardware, wave};
use crate::diag::Diagnostic;
use crate::emit::{self, Emitted};
use crate::engine::{Stalls, Stimulus};
use crate::report;
use crate::report::{BuildReport, Framework, LayerHardware, Status, Step};
use crate::rtl::{Design, Fabric};
use crate::synth::Footprint;
use clap::Args;
use goldspike_golden::network;
use goldspike_golden::quant::QuantNetwork;
use std::path::{Path, PathBuf};

/// The main job: quantize, generate, verify, record a waveform, synthesize for a device if one is named, write the report.
///
/// Says which steps ran and which did not. Needs nothing installed with the default engine and without a device. A design that the
/// device's tools refuse is written all the same, and the command ends with 1.
#[derive(Debug, Args)]
pub struct BuildArgs {
    /// Folder to write [default: rtl-out/NAME].
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Device or board to synthesize for, as in `goldspike synth`.
    #[arg(long, value_name = "DEVICE|BOARD")]
    target: Option<String>,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    check: CheckArgs,
    #[command(flatten)]
    framework: AgainstArgs,
    #[command(flatten)]
    goal: GoalArgs,
    #[command(flatten)]
    work: WorkArgs,
}

/// Waveform inside the output folder.
const VCD: &str = "wave.vcd";

/// Save file inside the output folder.
const SAVE_FILE: &str = "wave.gtkw";

/// What a build works on.
struct Job<'a> {
    args: &'a BuildArgs,
    /// Flags of the network, with lanes that were chosen.
    work: WorkArgs,
    source: Source,
    integers: Integers,
    samples: Option<Samples>,
    shipped: Design,
    probed: Design,
    target: Option<Aim>,
    command: String,
}

/// What a build made.
struct Built {
    emitted: Emitted,
    report: BuildReport,
    /// The checks, as text.
    verification: String,
    /// How the checks ended.
    ending: Ending,
    /// Why the device has no figures.
    refused: Option<Diagnostic>,
}

/// Runs the verb.
///
/// # Errors
/// Bad input, a missing tool, a folder that is not ours or cannot be written; nothing is written then.
pub fn run(args: &BuildArgs, console: &Console) -> Result<Ending, Diagnostic> {
    let aim = args.target.as_deref().map(Aim::named).transpose()?;
    let chosen = choose(&args.check.engine, aim.as_ref().map(Aim::target))?;
    let job = Job::new(args, aim, &chosen.engines, console)?;
    let output = args
        .output
        .clone()
        .unwrap_or_else(|| Path::new("rtl-out").join(job.source.title()));
    emit::check(&output).map_err(|error| errors::emit(&error))?;
    let Built {
        emitted,
        report,
        verification,
        ending,
        refused,
    } = job.build(&chosen, console)?;
    emit::write(&output, &emitted).map_err(|error| errors::emit(&error))?;
    let mut document = report.json().map_err(errors::internal)?;
    document["output"] = output.display().to_string().into();
    if let Some(name) = document["synthesis"]["bitstream"].as_str() {
        let path = output.join(name).display().to_string();
        document["synthesis"]["bitstream"] = path.into();
    }
    console.result(|| summary(&report, &verification, &output), || document);
    if let Some(refused) = &refused {
        console.warn(refused);
    }
    Ok(match refused {
        Some(_) => Ending::Mismatch,
        None => ending,
    })
}

impl<'a> Job<'a> {
    fn new(
        args: &'a BuildArgs,
        target: Option<Aim>,
        engines: &[Simulation],
        console: &Console,
    ) -> Result<Self, Diagnostic> {
        if let Some(aim) = &target {
            synth::applies(aim.target(), &args.place)?;
        }
        let source = args.work.source(console)?;
        let integers = args.work.integers(&source)?;
        let samples = source.data_if_any(&args.work.data)?;
        let fabric = target.as_ref().map_or(Fabric::PORTABLE, Aim::fabric);
        let device = target.as_ref().map(Aim::target);
        let work = goal::chosen(args.goal, &args.work, &integers.network, device, console)?;
        let shipped = hardware::design(&integers.network, &work.lanes, fabric, false, console)?;
        let probed = hardware::probed(&integers.network, &work.lanes, fabric, engines, console)?;
        let mut command = work.command("build", source.title(), false);
        if let Some(aim) = &target {
            command.push_str(&format!(" --target {}{}", aim.name(), args.place.given()));
        }
        Ok(Self {
            args,
            work,
            source,
            integers,
            samples,
            shipped,
            probed,
            target,
            command,
        })
    }

    fn network(&self) -> &QuantNetwork {
        &self.integers.network
    }

    fn again(&self) -> Again {
        again(&self.work, &self.args.check, self.target.as_ref())
    }

    fn build(&self, chosen: &Chosen, console: &Console) -> Result<Built, Diagnostic> {
        let measured = self
            .samples
            .as_ref()
            .map(|samples| measure(&self.source, self.network(), samples, console))
            .transpose()?;
        let framework = self.framework(console)?;
        let cases = match (self.args.check.cases, &self.samples) {
            (0, None) => CASES_WITHOUT_DATA,
            (cases, _) => cases,
        };
        let plan = Plan::new(
            self.network(),
            self.samples.as_ref(),
            cases,
            self.args.check.pauses(),
        )?;
        let checks = check(
            self.network(),
            &[&self.probed, &self.shipped],
            chosen,
            &plan,
            cases,
            console,
        )?;
        let played = play(self.network(), self.samples.as_ref(), None)?;
        let paced = throughput(self.network(), &self.shipped, played.samples)?;
        let mut emitted = self.generate(&plan)?;
        let waveform = self.waveform(&plan, &mut emitted)?;
        let attempt = synth::attempt(
            self.target.as_ref(),
            &self.args.place,
            Made {
                work: &self.work,
                source: &self.source,
                network: self.network(),
                design: &self.shipped,
            },
            &emitted,
            (&paced, &played.origin),
            console,
        );
        let mut steps = self.steps(&checks, measured.is_some(), framework.is_some(), waveform);
        steps.push(synthesize(&attempt));
        steps.push(Step {
            name: "prove",
            status: Status::NotRun,
            note: "`goldspike prove NETWORK` proves its neuron units".to_owned(),
        });
        let (synthesis, refused) = match attempt {
            Attempt::Done(mut synthesis, _) => {
                emitted
                    .binaries
                    .extend(synth::take_bitstream(&mut synthesis));
                let missed = synth::missed(&synthesis);
                (Some(*synthesis), missed)
            }
            Attempt::Refused(diagnostic) => (None, Some(diagnostic)),
            Attempt::NotRun(_) => (None, None),
        };
        let report = BuildReport {
            network: self.source.name().to_owned(),
            digest: self.integers.digest.clone(),
            goldspike: env!("CARGO_PKG_VERSION"),
            command: self.command.clone(),
            passed: checks.passed(),
            steps,
            quantization: self.integers.report.clone(),
            measured: measured
                .as_ref()
                .and_then(|measured| Some(self.summed(measured, self.samples.as_ref()?))),
            framework,
            hardware: self.hardware(),
            cycles_per_step: paced.cycles_per_step,
            cycles_samples: paced.samples,
            synthesis,
            engines: checks.document(&self.again()),
        };
        let json = report.json().map_err(errors::internal)?;
        emitted
            .files
            .insert("report.json".into(), format!("{json:#}\n"));
        emitted.files.insert("report.md".into(), report.markdown());
        Ok(Built {
            emitted,
            report,
            verification: checks.lines(&self.again()),
            ending: checks.ending(),
            refused,
        })
    }

    fn summed(&self, measured: &Measured, samples: &Samples) -> report::Measured {
        let sums = &measured.integers;
        report::Measured {
            data: samples.file().to_owned(),
            samples: sums.samples,
            accuracy_float: measured.float.accuracy(),
            accuracy_quant: sums.accuracy(),
            activity: sums.activity(),
            input_events_per_step: sums.input_events as f64 / sums.steps.max(1) as f64,
            at_limit: sums.layers.iter().map(|layer| layer.at_limit).collect(),
        }
    }

    fn framework(&self, console: &Console) -> Result<Option<Framework>, Diagnostic> {
        let Some(trace) = self
            .source
            .framework_trace(self.args.framework.against.as_deref())?
        else {
            return Ok(None);
        };
        // The trace names samples of the whole data set, whatever `--samples` says.
        let Some(samples) = self.source.data_if_any(&DataArgs {
            samples: None,
            ..self.work.data.clone()
        })?
        else {
            return Ok(None);
        };
        let progress = console.progress(2 * trace.samples().len(), "framework's trace");
        let golden = network::golden(self.network()).map_err(|error| errors::contract(&error))?;
        let integers =
            agreement::compare(&trace, &golden, &samples, &progress, self.integers.real())?;
        let reference = self
            .source
            .imported()
            .map(|imported| {
                let program = network::reference(&imported.network);
                agreement::compare(&trace, &program, &samples, &progress, |_, value| value)
            })
            .transpose()?;
        Ok(Some(Framework {
            trace: trace.file,
            reference,
            integers,
        }))
    }

    fn generate(&self, plan: &Plan) -> Result<Emitted, Diagnostic> {
        let (network, digest) = (self.network(), self.integers.digest.as_str());
        let origin = (digest, self.command.as_str());
        let mut emitted = emitted(self.target.as_ref(), (&self.shipped, network), origin)?;
        generate::add_bench(&mut emitted, &self.shipped, network, plan, None, origin)?;
        Ok(emitted)
    }

    /// Adds the waveform of the first sample; whether the hardware in it equals the golden model.
    fn waveform(&self, plan: &Plan, emitted: &mut Emitted) -> Result<bool, Diagnostic> {
        let Some(sample) = plan
            .stimuli
            .first()
            .and_then(|stimulus| stimulus.samples.first())
        else {
            return Ok(false);
        };
        let scene = wave::Scene {
            stimulus: Stimulus {
                samples: vec![sample.clone()],
                stalls: Stalls::NONE,
            },
            sample: 0,
            alone: true,
            number: 0,
        };
        let (vcd, report) = wave::record(self.network(), &self.probed, &scene, None)?;
        let vcd = String::from_utf8(vcd).map_err(errors::internal)?;
        emitted.files.insert(VCD.into(), vcd);
        emitted
            .files
            .insert(SAVE_FILE.into(), crate::wave::save_file(&report, VCD));
        Ok(report.first_mismatch.is_none())
    }

    fn hardware(&self) -> Vec<LayerHardware> {
        let layers = self.network().layers.iter().zip(&self.shipped.plans);
        layers
            .map(|(layer, plan)| LayerHardware {
                name: layer.name.clone(),
                axons: plan.axons,
                neurons: plan.neurons,
                lanes: plan.lanes,
                neuron_lanes: plan.neuron_lanes,
                groups: plan.groups,
            })
            .collect()
    }

    fn steps(&self, checks: &Checks<'_>, data: bool, trace: bool, waveform: bool) -> Vec<Step> {
        let done = |name, note: &str| Step {
            name,
            status: Status::Done,
            note: note.to_owned(),
        };
        let not_run = |name, note: &str| Step {
            name,
            status: Status::NotRun,
            note: note.to_owned(),
        };
        let judged = |passed: bool| if passed { Status::Done } else { Status::Failed };
        let mut engines: Vec<&str> = checks
            .checks
            .iter()
            .map(|check| check.engine.name())
            .collect();
        engines.dedup();
        let mut steps = vec![
            match &self.integers.report {
                Some(_) => done("quantize", "float network to integers"),
                None => not_run("quantize", "the network came quantized"),
            },
            if data {
                done("measure", "accuracy and activity")
            } else {
                not_run("measure", "no data set: name one with --data")
            },
            if trace {
                done(
                    "framework",
                    "predictions, counts, spikes and membranes compared",
                )
            } else {
                not_run("framework", "no framework's trace: name one with --against")
            },
            done(
                "generate",
                "Verilog, memory contents, self-checking bench, datasheet",
            ),
            Step {
                name: "verify",
                status: judged(checks.equal()),
                note: format!("on {}", engines.join(", ")),
            },
        ];
        steps.extend(
            checks
                .missing
                .iter()
                .map(|(engine, why)| not_run("verify", &format!("{}: {why}", engine.name()))),
        );
        steps.push(Step {
            name: "waveform",
            status: judged(waveform),
            note: format!("first sample, {VCD}"),
        });
        steps
    }
}

/// The step of the report.
fn synthesize(attempt: &Attempt) -> Step {
    let (status, note) = match attempt {
        Attempt::Done(synthesis, unpacked) => {
            let Footprint {
                device,
                basis,
                bitstream,
                ..
            } = &synthesis.footprint;
            let status = match synth::missed(synthesis) {
                None => Status::Done,
                Some(_) => Status::Failed,
            };
            let bitstream = match (bitstream, unpacked) {
                (Some(_), _) => ", with a bitstream".to_owned(),
                (None, Some(why)) => format!("; no {why}"),
                (None, None) => String::new(),
            };
            (status, format!("{basis} on {device}{bitstream}"))
        }
        Attempt::Refused(diagnostic) => (
            Status::Failed,
            diagnostic
                .message
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned(),
        ),
        Attempt::NotRun(why) => (Status::NotRun, why.clone()),
    };
    Step {
        name: "synthesize",
        status,
        note,
    }
}

fn summary(report: &BuildReport, verification: &str, output: &Path) -> String {
    let mut text = format!("{}: digest {}\n", report.network, report.digest);
    if let Some(measured) = &report.measured {
        let accuracy = |share: Option<f64>| {
            share.map_or("no labels".to_owned(), |share| {
                format!("{:.2} %", 100.0 * share)
            })
        };
        let activity: Vec<String> = measured
            .activity
            .iter()
            .map(|share| format!("{:.2} %", 100.0 * share))
            .collect();
        text.push_str(&format!(
            "accuracy   {} as integers, {} in double precision ({} samples)\nactivity   {} of the neurons spike in a step, by layer\n",
            accuracy(measured.accuracy_quant),
            accuracy(measured.accuracy_float),
            measured.samples,
            activity.join(", ")
        ));
    }
    text.push_str(&format!(
        "cycles     {:.1} a time step, simulated without pauses\n",
        report.cycles_per_step
    ));
    if let Some(framework) = &report.framework {
        if let Some(reference) = &framework.reference {
            text.push_str(&format!(
                "framework  reference in double precision:\n{}",
                agreement::lines(reference)
            ));
        }
        text.push_str(&format!(
            "framework  integers:\n{}",
            agreement::lines(&framework.integers)
        ));
    }
    text.push_str("steps\n");
    for step in &report.steps {
        text.push_str(&format!(
            "  {:<10} {:<8} {}\n",
            step.name,
            step.status.words(),
            step.note
        ));
    }
    if let Some(synthesis) = &report.synthesis {
        text.push_str("synthesis\n");
        text.extend(
            synth::lines(synthesis)
                .lines()
                .map(|line| format!("  {line}\n")),
        );
    }
    let equal = match report.passed {
        true => "every compared value equals the golden model",
        false => "the hardware DIFFERS from the golden model",
    };
    text.push_str(&format!("verified   {equal}\n"));
    text.extend(verification.lines().map(|line| format!("  {line}\n")));
    text.push_str(&format!(
        "Verilog    {0}/rtl\nbench      {0}/tb\nwaveform   {0}/{VCD}\nreport     {0}/report.md\n",
        output.display()
    ));
    text
}

//! What evidence is made of: a network, its design in both forms, what is played, and the files of the folder.

use super::EvidenceArgs;
use super::placed::Placed;
use crate::cli::console::Console;
use crate::cli::engines::Simulation;
use crate::cli::input::{Integers, Source};
use crate::cli::stimuli::{Pauses, Plan};
use crate::cli::target::{Aim, emitted};
use crate::cli::verify::again_of;
use crate::cli::work::WorkArgs;
use crate::cli::{errors, generate, goal, hardware, synth};
use crate::diag::{Diagnostic, codes};
use crate::emit::{self, Emitted};
use crate::engine::tool::quoted;
use crate::evidence::{
    Bitstream, Evidence, FORMAT, Played, Program, Subject, Verilog, sha256, sha256_of,
};
use crate::rtl::{Design, Fabric};
use goldspike_golden::quant::QuantNetwork;
use std::collections::BTreeMap;

/// The arithmetic contract.
const CONTRACT: &str = include_str!("../../../docs/NUMERICS.md");

/// What evidence is made of.
pub(super) struct Job<'a> {
    pub(super) args: &'a EvidenceArgs,
    /// Flags of the network, with lanes that were chosen.
    pub(super) work: WorkArgs,
    pub(super) source: Source,
    pub(super) integers: Integers,
    pub(super) plan: Plan,
    pub(super) shipped: Design,
    pub(super) probed: Design,
    pub(super) aim: Option<Aim>,
    /// Files of the folder, without the report.
    pub(super) emitted: Emitted,
    /// The bitstream among them.
    pub(super) placed: Option<Placed>,
    subject: Subject,
}

impl<'a> Job<'a> {
    pub(super) fn new(args: &'a EvidenceArgs, console: &Console) -> Result<Self, Diagnostic> {
        let aim = args.target.as_deref().map(Aim::named).transpose()?;
        if let Some(aim) = &aim {
            synth::applies(aim.target(), &args.place)?;
        }
        let source = args.work.source(console)?;
        let integers = args.work.integers(&source)?;
        let (network, digest) = (&integers.network, integers.digest.as_str());
        let samples = source.data_if_any(&args.work.data)?;
        let plan = Plan::new(network, samples.as_ref(), args.cases, pauses(args))?;
        if plan.origins.is_empty() {
            let message = format!("`{}` has no samples, and `--cases` is 0", source.name());
            return Err(Diagnostic::error(&codes::NOTHING_RAN, message)
                .help("give it samples with `--data X.npz`, or random cases with `--cases N`"));
        }
        let device = aim.as_ref().map(Aim::target);
        let fabric = aim.as_ref().map_or(Fabric::PORTABLE, Aim::fabric);
        let work = goal::chosen(args.goal, &args.work, network, device, console)?;
        let shipped = hardware::design(network, &work.lanes, fabric, false, console)?;
        let engines = Simulation::all(device);
        let probed = hardware::probed(network, &work.lanes, fabric, &engines, console)?;
        let target = |named: String| format!(" {named}{}", args.place.given());
        let named = |aim: &Aim| target(format!("--target {}", aim.name()));
        let given = |aim: &Aim| target(aim.given());
        let command = work.command("evidence", source.title(), false)
            + &aim.as_ref().map_or_else(String::new, named);
        let origin = (digest, command.as_str());
        let mut emitted = emitted(aim.as_ref(), (&shipped, network), origin)?;
        generate::add_bench(&mut emitted, &shipped, network, &plan, None, origin)?;
        let subject = Subject {
            network: source.name().to_owned(),
            digest: digest.to_owned(),
            target: aim.as_ref().map(|aim| aim.name().to_owned()),
            command: whole(args, &work, &aim.as_ref().map_or_else(String::new, given)),
            goldspike: program(),
            contract_sha256: sha256(CONTRACT.as_bytes()),
            stimulus: Played {
                data: samples.as_ref().map(|samples| samples.file().to_owned()),
                samples: plan.data_samples(),
                cases: args.cases,
                seed: args.seed,
                pauses: true,
                sha256: sha256(format!("{:?}", plan.stimuli).as_bytes()),
            },
            verilog: Verilog {
                shipped: text_of(&shipped)?,
                probe: text_of(&probed)?,
            },
            bitstream: None,
        };
        Ok(Self {
            args,
            work,
            source,
            integers,
            plan,
            shipped,
            probed,
            aim,
            emitted,
            placed: None,
            subject,
        })
    }

    pub(super) fn network(&self) -> &QuantNetwork {
        &self.integers.network
    }

    /// The pauses of the streams.
    pub(super) fn pauses(&self) -> Pauses {
        pauses(self.args)
    }

    /// The command that makes all of it again.
    pub(super) fn command(&self) -> &str {
        &self.subject.command
    }

    /// `goldspike VERB NETWORK`, how it is quantized, and more.
    pub(super) fn of_network(&self, verb: &str, more: &str) -> String {
        let quantize = self.work.quantize.given().join(" ");
        let words = [
            format!("goldspike {verb}"),
            quoted(&self.work.path().display().to_string()),
            quantize,
            more.to_owned(),
        ];
        let words: Vec<String> = words.into_iter().filter(|word| !word.is_empty()).collect();
        words.join(" ")
    }

    /// `goldspike verify` of what is played.
    pub(super) fn verify(&self) -> String {
        let mut text = again_of(&self.work, self.aim.as_ref(), self.pauses()).verify;
        if let Some(samples) = self.work.data.samples {
            text.push_str(&format!(" --samples {samples}"));
        }
        text.push_str(&format!(" --cases {}", self.args.cases));
        text
    }

    /// `goldspike prove` of the network and its design.
    pub(super) fn of_prove(&self, more: &str) -> String {
        let target = self.aim.as_ref();
        let target = target.map(Aim::given);
        let words = [
            self.work.lanes.given(),
            target.into_iter().collect(),
            vec![more.to_owned()],
        ];
        self.of_network("prove", &words.concat().join(" "))
    }

    /// What every level depends on.
    pub(super) fn common(&self) -> Vec<String> {
        let subject = &self.subject;
        let program = &subject.goldspike;
        vec![
            program.version.clone(),
            program.sha256.clone().unwrap_or_default(),
            subject.contract_sha256.clone(),
            subject.digest.clone(),
            subject.target.clone().unwrap_or_default(),
            subject.stimulus.sha256.clone(),
            subject.verilog.shipped.clone(),
            subject.verilog.probe.clone(),
        ]
    }

    /// Puts what was placed into the folder.
    pub(super) fn take(&mut self, placed: Option<Placed>) {
        if let Some(placed) = &placed {
            let Placed { file, bytes, .. } = placed;
            let files = std::iter::once((file, bytes))
                .chain(placed.beside.iter().map(|(name, bytes)| (name, bytes)));
            let files = files.map(|(name, bytes)| (name.into(), bytes.clone()));
            self.emitted.binaries.extend(files);
            self.subject.bitstream = Some(Bitstream {
                file: file.clone(),
                sha256: sha256(bytes),
                seed: placed.seed,
            });
        }
        self.placed = placed;
    }

    /// The simulations that the target has.
    pub(super) fn simulations(&self) -> Vec<Simulation> {
        Simulation::all(self.aim.as_ref().map(Aim::target))
    }

    /// The report without a level.
    pub(super) fn evidence(&self) -> Evidence {
        let texts = self.emitted.files.iter();
        let texts = texts.map(|(path, text)| (path, text.as_bytes()));
        let binaries = self.emitted.binaries.iter();
        let all = texts.chain(binaries.map(|(path, bytes)| (path, bytes.as_slice())));
        let files: BTreeMap<String, String> = all
            .map(|(path, bytes)| {
                let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
                (parts.join("/"), sha256(bytes))
            })
            .collect();
        Evidence {
            format: FORMAT.to_owned(),
            subject: self.subject.clone(),
            files,
            needed: super::levels::needed(self),
            levels: Vec::new(),
            not_shown: super::levels::not_shown(self),
        }
    }
}

fn pauses(args: &EvidenceArgs) -> Pauses {
    Pauses {
        stalls: true,
        seed: args.seed,
    }
}

/// All that was given, for the command that makes the evidence again.
fn whole(args: &EvidenceArgs, work: &WorkArgs, target: &str) -> String {
    let mut text = format!("goldspike evidence {}{target}", work.given());
    if let Some(samples) = work.data.samples {
        text.push_str(&format!(" --samples {samples}"));
    }
    if let Some(trace) = &args.framework.against {
        text.push_str(&format!(
            " --against {}",
            quoted(&trace.display().to_string())
        ));
    }
    if let Some(count) = args.mutants {
        text.push_str(&format!(" --mutants {count}"));
    }
    text.push_str(&format!(
        " --cases {} --seed {} --timeout {}",
        args.cases, args.seed, args.timeout
    ));
    text
}

/// This program.
fn program() -> Program {
    let bytes = std::env::current_exe().and_then(std::fs::read);
    Program {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        sha256: bytes.ok().map(|bytes| sha256(&bytes)),
    }
}

/// SHA-256 of a design's Verilog and memory contents, without comments that name a command.
fn text_of(design: &Design) -> Result<String, Diagnostic> {
    let emitted = emit::sources(design, "").map_err(|error| errors::emit(&error))?;
    let files = emitted.files.iter();
    let texts: Vec<String> = files
        .flat_map(|(path, text)| [path.display().to_string(), text.clone()])
        .collect();
    Ok(sha256_of(texts.iter().map(String::as_str)))
}

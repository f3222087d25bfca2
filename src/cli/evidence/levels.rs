//! The levels: which a build needs, what none of them shows, and how one is run.
//!
//! A level is one [`Planned`], a file that lists its properties. Without one of its tools it is skipped, and the tool is named.

use super::job::Job;
use super::{emission, golden, mutants, placed, proofs, simulated};
use crate::cli::check::unavailable;
use crate::cli::console::Console;
use crate::cli::target::Aim;
use crate::diag::{Diagnostic, codes};
use crate::engine::tool::{Tool, Toolbox};
use crate::evidence::{Level, Row, Status, sha256_of};

/// How a level is run: the properties that it found.
pub(super) type Run<'a> = Box<dyn Fn(&Console) -> Vec<Row> + 'a>;

/// A level.
pub(super) struct Outline {
    pub(super) name: &'static str,
    pub(super) shows: &'static str,
    /// Tools without which it is skipped.
    pub(super) tools: Vec<Tool>,
    /// What it depends on beside what all levels do and the versions of its tools.
    pub(super) depends: Vec<String>,
    /// What repeats it.
    pub(super) command: String,
}

/// A level that can be run.
pub(super) struct Planned<'a> {
    pub(super) outline: Outline,
    pub(super) run: Run<'a>,
}

/// The levels that a sign-off needs, in the order of the report.
pub(super) fn needed(job: &Job<'_>) -> Vec<String> {
    let simulations = job.simulations();
    let names = [golden::NAMES.as_slice(), &[emission::NAME]].concat();
    let names = names
        .into_iter()
        .chain(simulations.iter().map(|simulation| simulation.name()))
        .chain(proofs::NAMES)
        .chain(job.aim.as_ref().map(|_| placed::NAME))
        .chain(job.args.mutants.map(|_| mutants::NAME));
    names.map(str::to_owned).collect()
}

/// All levels but synthesis, which comes before them.
pub(super) fn planned<'a>(job: &'a Job<'a>, toolbox: &'a Toolbox) -> Vec<Planned<'a>> {
    let mut all = golden::planned(job);
    all.push(emission::planned(job, toolbox));
    all.extend(simulated::planned(job));
    all.extend(proofs::planned(job, toolbox));
    all.extend(mutants::planned(job, toolbox));
    all
}

/// What no level shows.
pub(super) fn not_shown(job: &Job<'_>) -> Vec<String> {
    let mut all = vec![
        format!(
            "that the golden model is the arithmetic contract and the authors' equations: hand-written cases, vectors and \
             oracles are tests of goldspike {} (`make test`), not of a build",
            env!("CARGO_PKG_VERSION")
        ),
        "other stimuli than those that were played, but for what is proved".to_owned(),
        "how the parts whose control is proved work together, for all inputs: what one assumes of its neighbours is named, and \
         simulated"
            .to_owned(),
        "a loaded device: no board was used, and simulations have no timing".to_owned(),
    ];
    if job.probed.options.neuron_lanes != job.shipped.options.neuron_lanes {
        all.push(
            "membranes and states of the design with as many neuron lanes as are shipped: with the probe it does not fit the device, \
             and has one a layer"
                .to_owned(),
        );
    }
    if job.args.mutants.is_none() {
        all.push(
            "that the checks see small faults of this design: none were planted (`--mutants`)"
                .to_owned(),
        );
    }
    all.extend(golden::not_shown(job));
    all.extend(job.aim.as_ref().map_or_else(
        || vec!["a device: none was named (`--target`)".to_owned()],
        |aim| placed::not_shown(job, aim),
    ));
    let missing = |aim: &Aim| {
        let target = aim.target();
        let netlist = (!target.family.is_simulated()).then_some("netlist");
        let is_shown = target.pins().is_some() || target.family.is_compared();
        let bitstream = (!is_shown).then_some("bitstream");
        let missing: Vec<String> = netlist
            .into_iter()
            .chain(bitstream)
            .map(|level| {
                format!(
                    "the {level}: that of {} cannot be simulated here",
                    target.name
                )
            })
            .collect();
        missing
    };
    all.extend(job.aim.iter().flat_map(missing));
    all
}

impl Outline {
    /// Digest of everything that the result depends on.
    pub(super) fn key(&self, job: &Job<'_>, toolbox: &Toolbox) -> String {
        let version = |tool: &Tool| {
            let version = toolbox.version(*tool).unwrap_or_default();
            format!("{}: {version}", tool.name)
        };
        let mut parts = job.common();
        parts.push(self.name.to_owned());
        parts.extend(self.tools.iter().map(version));
        parts.extend(self.depends.iter().cloned());
        sha256_of(parts.iter().map(String::as_str))
    }

    /// The level without a tool that it needs.
    pub(super) fn skipped(&self, toolbox: &Toolbox) -> Option<Row> {
        let mut tools = self.tools.iter();
        let error = tools.find_map(|&tool| toolbox.require(self.name, tool).err())?;
        Some(Row::new("all of it", Status::Skipped, &self.command).noting(error.to_string()))
    }

    /// The level with these rows.
    pub(super) fn level(&self, job: &Job<'_>, toolbox: &Toolbox, rows: Vec<Row>) -> Level {
        Level {
            name: self.name.to_owned(),
            shows: self.shows.to_owned(),
            key: self.key(job, toolbox),
            rows,
        }
    }
}

impl Planned<'_> {
    /// Runs it.
    pub(super) fn ended(&self, job: &Job<'_>, toolbox: &Toolbox, console: &Console) -> Level {
        let rows = match self.outline.skipped(toolbox) {
            Some(row) => vec![row],
            None => (self.run)(console),
        };
        self.outline.level(job, toolbox, rows)
    }
}

/// A property of which an error is all that is known: a mismatch failed, a missing tool skips, anything else leaves it unknown.
pub(super) fn stopped(property: &str, command: &str, error: &Diagnostic) -> Row {
    let status = if error.code == &codes::TOOL_MISSING || unavailable(error) {
        Status::Skipped
    } else if error.exit_code() == 1 {
        Status::Failed
    } else {
        Status::Unknown
    };
    Row::new(property, status, command).noting(error.message.clone())
}

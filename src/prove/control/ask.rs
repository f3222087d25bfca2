//! Asking: Yosys puts text and module together, `yosys-smtbmc` shows the first cycles and the induction.
//!
//! Proved is what holds in the first cycles after a reset from any state, follows by induction, and is not vacuous: what must
//! be possible is seen. Where one of that fails, a counterexample is looked for among what is stated alone, further on.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::{Asserted, ControlClaim, Formal, trace};
use crate::engine::tool::{Run, Toolbox, YOSYS, YOSYS_SMTBMC};
use crate::prove::answer::Status;
use crate::prove::error::ProveError;
use crate::prove::prover::{Property, Prover};
use crate::prove::solver::{Limits, Solver, first_line, limited_with};

/// Cycles from a reset that are shown besides those that an induction begins with.
const FIRST_CYCLES: u32 = 2;

/// Cycles within which a counterexample is looked for.
const SEARCHED: u32 = 48;

/// Longest time for that.
const SEARCH_TIME: Duration = Duration::from_secs(240);

/// What a run of `yosys-smtbmc` says.
enum Said {
    /// And the last cycle that was asked for.
    Passed(u32),
    /// Labels of what fails, or is not seen; and in which cycle.
    Failed(Vec<String>, u32),
    Nothing(String),
}

impl Prover {
    /// Asks a claim about control: one property for each statement.
    ///
    /// # Errors
    /// A tool is missing, or a temporary file cannot be written.
    pub fn ask_control(&self, claim: &ControlClaim) -> Result<Vec<Property>, ProveError> {
        let start = Instant::now();
        let folder = tempfile::tempdir()?;
        let asked = Asked {
            claim,
            toolbox: self.toolbox(),
            limits: self.limits(),
            solver: self.solver(),
            folder: folder.path(),
        };
        let statuses = asked.statuses()?;
        let mut words: Vec<(String, Status)> = Vec::new();
        for ((_, said), status) in claim.stated().into_iter().zip(statuses) {
            match words.iter_mut().find(|(known, _)| *known == said) {
                None => words.push((said, status)),
                Some((_, known)) if *known == Status::Proved => *known = status,
                Some(_) => {}
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        let property = |(words, status): (String, Status)| Property {
            name: format!("{}: {words}", claim.name),
            status,
            solver: format!("{}, k-induction by yosys-smtbmc", self.version()),
            seconds,
            assumes: claim.assumed(),
        };
        Ok(words.into_iter().map(property).collect())
    }
}

/// Whether what is asserted goes on to hold.
enum Follows {
    /// From that many cycles before.
    From(u32),
    /// It does not, or nothing is known.
    Not(String),
    /// Yosys does not read it.
    NotAsked(String),
}

struct Asked<'a> {
    claim: &'a ControlClaim,
    toolbox: &'a Toolbox,
    limits: Limits,
    solver: Solver,
    folder: &'a Path,
}

impl Asked<'_> {
    /// By statement: how it stands.
    fn statuses(&self) -> Result<Vec<Status>, ProveError> {
        let all = |status: Status| vec![status; self.claim.stated().len()];
        let why = match self.follows()? {
            // What follows from `back` cycles before needs that many to begin with.
            Follows::From(cycles) => {
                let back = cycles + FIRST_CYCLES;
                if let Err(why) = self.describe("all", Asserted::All)? {
                    return Ok(all(Status::Unknown(why)));
                }
                match self.says("all", &["-t", &back.to_string()])? {
                    Said::Passed(_) => return Ok(all(self.seen()?)),
                    Said::Failed(labels, cycle) => {
                        format!(
                            "fails in cycle {cycle} after a reset: {}",
                            labels.join(", ")
                        )
                    }
                    Said::Nothing(why) => why,
                }
            }
            Follows::Not(why) => why,
            Follows::NotAsked(why) => return Ok(all(Status::Unknown(why))),
        };
        self.refuted(&why)
    }

    /// Whether every group of what is asserted follows from the cycles before.
    fn follows(&self) -> Result<Follows, ProveError> {
        let depth = self.claim.depth;
        let groups = self.claim.formal.iter().map(Formal::last_group).max();
        let groups = groups.unwrap_or_default();
        let mut most = 0;
        for group in 0..=groups {
            let asserted = match groups {
                0 => Asserted::All,
                _ => Asserted::Group(group),
            };
            let name = format!("follows{group}");
            if let Err(why) = self.describe(&name, asserted)? {
                return Ok(Follows::NotAsked(why));
            }
            match self.says(&name, &["-i", "-t", &depth.to_string()])? {
                Said::Passed(at) => most = most.max(depth - at.min(depth)),
                Said::Failed(labels, _) => {
                    return Ok(Follows::Not(format!(
                        "does not follow from the cycles before: {}",
                        labels.join(", ")
                    )));
                }
                Said::Nothing(why) => return Ok(Follows::Not(why)),
            }
        }
        Ok(Follows::From(most))
    }

    /// Whether what must be possible is seen: that it never happens is refuted.
    fn seen(&self) -> Result<Status, ProveError> {
        let within = self.claim.seen_within.to_string();
        for (number, label) in self.claim.seen().iter().enumerate() {
            let name = format!("never{number}");
            if let Err(why) = self.describe(&name, Asserted::Never(number))? {
                return Ok(Status::Unknown(why));
            }
            // Some solvers cannot name what fails; that it does is enough.
            match self.says(&name, &["--noinfo", "-t", &within])? {
                Said::Failed(..) => {}
                Said::Passed(_) => {
                    return Ok(Status::Unknown(format!(
                        "vacuous: {label} is not seen within {within} cycles"
                    )));
                }
                Said::Nothing(why) => {
                    return Ok(Status::Unknown(format!("whether {label} is seen: {why}")));
                }
            }
        }
        Ok(Status::Proved)
    }

    /// A counterexample of what is stated; without one nothing is known, and `why`.
    fn refuted(&self, why: &str) -> Result<Vec<Status>, ProveError> {
        let stated = self.claim.stated();
        let unknown = |why: &str| Status::Unknown(why.to_owned());
        let nothing = || vec![unknown(why); stated.len()];
        if self.describe("stated", Asserted::Stated)?.is_err() {
            return Ok(nothing());
        }
        let asked = Asked {
            limits: Limits {
                time: self.limits.time.min(SEARCH_TIME),
                ..self.limits
            },
            ..*self
        };
        let searched = SEARCHED.max(self.claim.depth).to_string();
        // Not every solver can say where: another one may.
        let mut found = asked.says("stated", &["-t", &searched])?;
        for solver in Solver::ALL {
            let installed = self.toolbox.find(solver.tool()).is_some();
            if matches!(found, Said::Nothing(_)) && solver != self.solver && installed {
                found = Asked { solver, ..asked }.says("stated", &["-t", &searched])?;
            }
        }
        let Said::Failed(labels, cycle) = found else {
            return Ok(nothing());
        };
        let failing: BTreeSet<&str> = labels.iter().map(String::as_str).collect();
        let ports = self.claim.ports.clone();
        let trace = trace::lines(&self.folder.join("stated.vcd"), &ports, cycle.into());
        let mut statuses: Vec<Status> = stated
            .iter()
            .map(|(label, _)| match failing.contains(label.as_str()) {
                true => Status::Broken {
                    cycle: cycle.into(),
                    trace: trace.clone(),
                },
                false => unknown(&format!("another property fails: {}", labels.join(", "))),
            })
            .collect();
        if statuses.is_empty() {
            statuses = nothing();
        }
        Ok(statuses)
    }

    /// `NAME.smt2`, or why Yosys has none.
    fn describe(&self, name: &str, asserted: Asserted) -> Result<Result<(), String>, ProveError> {
        let mut files = String::new();
        for (number, (file, formal)) in self
            .claim
            .modules
            .iter()
            .zip(&self.claim.formal)
            .enumerate()
        {
            let path = format!("{name}{number}.v");
            // What is seen of a child is asked where it stands alone.
            let asserted = match asserted {
                Asserted::Never(_) if number > 0 => Asserted::Never(usize::MAX),
                asserted => asserted,
            };
            let text = self.claim.with(file, &formal.text(asserted));
            fs::write(self.folder.join(&path), text)?;
            files.push_str(&format!(" {path}"));
            for (name, words) in &file.memory_files {
                fs::write(self.folder.join(name), words)?;
            }
        }
        let script = format!(
            "read_verilog -formal -sv{files}; hierarchy -check -top {}; proc; flatten; delete t:$meminit*; \
             setattr -unset init w:* w:f_* w:*.f_* %u %d; delete -output o:*; opt -keepdc -fast; \
             memory -nordff -nomap; opt_clean -purge; dffunmap; opt_clean -purge; write_smt2 -wires {name}.smt2",
            self.claim.top
        );
        let log = format!("{name}.log");
        let run = Run::new(&self.toolbox.require("prove", YOSYS)?, self.folder, &log)
            // A name that is not there is no free wire.
            .args(["-q", "-e", "implicitly declared", "-p", &script])
            .timeout(self.limits.time)
            .output();
        Ok(match run {
            Ok(_) => Ok(()),
            Err(failure) => Err(format!(
                "yosys: {}",
                first_line(&failure.last_lines, &failure.status)
            )),
        })
    }

    fn says(&self, name: &str, arguments: &[&str]) -> Result<Said, ProveError> {
        let checker = self.toolbox.require("prove", YOSYS_SMTBMC)?;
        let solver = self.toolbox.require("prove", self.solver.tool())?;
        let beside: PathBuf = solver.parent().map(Path::to_owned).unwrap_or_default();
        let limits = Limits {
            time: self.limits.time.max(Duration::from_secs(1)),
            ..self.limits
        };
        let waveform = format!("{name}.vcd");
        let description = format!("{name}.smt2");
        let run = limited_with(&checker, self.folder, limits, Some(&beside))
            .args(["-s", self.solver.name(), "--noprogress"])
            .args(match arguments.first() {
                Some(&"-t") => vec!["--dump-vcd", waveform.as_str()],
                _ => Vec::new(),
            })
            .args(arguments)
            .args([&description])
            .output();
        let (ended, text) = match run {
            Ok(text) => (None, text),
            Err(failure) => {
                let all = fs::read(&failure.log).unwrap_or_default();
                (
                    Some(failure.status),
                    String::from_utf8_lossy(&all).into_owned(),
                )
            }
        };
        Ok(read(ended, &text))
    }
}

/// What the words say, given how the run ended if not well.
fn read(ended: Option<String>, text: &str) -> Said {
    let status = text
        .lines()
        .rev()
        .find_map(|line| line.split("Status: ").nth(1));
    let after = |mark: &str| -> Vec<String> {
        let lines = text.lines().filter_map(|line| line.split(mark).nth(1));
        lines.map(label).collect()
    };
    let asked = |mark: &str| {
        let lines = text.lines().filter_map(|line| line.split(mark).nth(1));
        lines
            .filter_map(|rest| rest.trim_end_matches('.').parse().ok())
            .next_back()
    };
    let cycle = asked(" in step ").unwrap_or_default();
    match (status.map(str::trim), ended) {
        (Some("PASSED"), None) => Said::Passed(cycle),
        (Some("FAILED"), Some(_)) => {
            let labels = after("Assert failed in ");
            if labels.is_empty() && !text.contains("BMC failed!") {
                return Said::Nothing("yosys-smtbmc failed and named nothing".to_owned());
            }
            Said::Failed(labels, cycle)
        }
        (_, ended) => {
            let words = text.lines().map(|line| line.trim_start_matches("##"));
            let words: Vec<&str> = words
                .map(str::trim)
                .filter(|line| !line.is_empty())
                .collect();
            let last = words.last().copied().unwrap_or_default();
            let ended = ended.unwrap_or_else(|| "no status".to_owned());
            Said::Nothing(format!("yosys-smtbmc: {last} ({ended})"))
        }
    }
}

/// `MODULE: LABEL` or a label of its own.
fn label(words: &str) -> String {
    words.rsplit(": ").next().unwrap_or(words).trim().to_owned()
}

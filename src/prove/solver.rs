//! Asking: Yosys describes the lane, z3 looks for a counterexample.
//!
//! Only the answer `unsat` is a proof. A solver or a Yosys that fails, is ended, or says anything else leaves the claim
//! `unknown`, with its words as the reason.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use super::claim::Claim;
use super::error::ProveError;
use crate::engine::tool::{Run, Toolbox, YOSYS, Z3};

/// How a claim stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// For all inputs.
    Proved,
    /// Not for these inputs: names and values of the inputs, then name, value in the hardware and in the golden step of
    /// each output that differs.
    Refuted {
        /// Inputs of the step.
        inputs: Vec<(String, i128)>,
        /// Outputs that differ.
        outputs: Vec<(String, i128, i128)>,
    },
    /// Nobody knows, and why.
    Unknown(String),
}

/// A claim that was asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Property {
    /// What was claimed.
    pub name: String,
    /// How it stands.
    pub status: Status,
    /// The solver's name and version.
    pub solver: String,
    /// Seconds that it took, Yosys included.
    pub seconds: f64,
}

/// What proves: the tools and the time that they get for one claim.
#[derive(Clone, Debug)]
pub struct Prover {
    toolbox: Toolbox,
    limit: Duration,
    solver: String,
}

impl Prover {
    /// With the tools of `toolbox`.
    ///
    /// # Errors
    /// Yosys or z3 is not installed.
    pub fn new(toolbox: Toolbox, limit: Duration) -> Result<Self, ProveError> {
        toolbox.require("prove", YOSYS)?;
        toolbox.require("prove", Z3)?;
        let solver = toolbox.version(Z3).unwrap_or_else(|| Z3.name.to_owned());
        Ok(Self {
            toolbox,
            limit,
            solver,
        })
    }

    /// Asks.
    ///
    /// # Errors
    /// A tool is missing, or a temporary file cannot be written.
    pub fn ask(&self, claim: &Claim) -> Result<Property, ProveError> {
        let start = Instant::now();
        let folder = tempfile::tempdir()?;
        let status = match self.describe(claim, folder.path())? {
            Ok(lane) => self.solve(claim, &lane, folder.path())?,
            Err(why) => Status::Unknown(why),
        };
        Ok(Property {
            name: claim.name.clone(),
            status,
            solver: self.solver.clone(),
            seconds: start.elapsed().as_secs_f64(),
        })
    }

    /// The lane as SMT-LIB 2, or why Yosys has none.
    fn describe(&self, claim: &Claim, folder: &Path) -> Result<Result<String, String>, ProveError> {
        fs::write(folder.join("lane.v"), &claim.verilog.text)?;
        for (name, words) in &claim.verilog.memory_files {
            fs::write(folder.join(name), words)?;
        }
        let module = &claim.module;
        let script = format!(
            "read_verilog lane.v; prep -flatten -top {module}; memory_map; opt_clean; dffunmap; opt_clean; \
             write_smt2 -stbv lane.smt2"
        );
        let run = Run::new(&self.toolbox.require("prove", YOSYS)?, folder, "yosys.log")
            .args(["-q", "-p", &script])
            .timeout(self.limit)
            .output();
        Ok(match run {
            Ok(_) => Ok(fs::read_to_string(folder.join("lane.smt2"))?),
            Err(failure) => Err(format!(
                "yosys: {}",
                first_line(&failure.last_lines, &failure.status)
            )),
        })
    }

    fn solve(&self, claim: &Claim, lane: &str, folder: &Path) -> Result<Status, ProveError> {
        let states = unrolled(lane, claim);
        let premises = format!("(set-logic QF_BV)\n{lane}{states}{}", claim.premises);
        let question = format!("{premises}{}(check-sat)\n", claim.question);
        Ok(match self.z3(&question, folder)? {
            // Of contradicting premises everything follows, which proves nothing.
            Ok(said) if said.trim() == "unsat" => {
                match self.z3(&format!("{premises}(check-sat)\n"), folder)? {
                    Ok(said) if said.trim() == "sat" => Status::Proved,
                    Ok(said) => {
                        Status::Unknown(format!("the premises: {}", first_line(&said, "no answer")))
                    }
                    Err(why) => Status::Unknown(format!("the premises: {why}")),
                }
            }
            Ok(said) if said.trim() == "sat" => {
                let symbols = [&claim.inputs[..], &claim.outputs[..]].concat().join(" ");
                let question = format!("{question}(get-value ({symbols}))\n");
                match self.z3(&question, folder)? {
                    Ok(said) => counterexample(claim, &said),
                    Err(_) => None,
                }
                .unwrap_or_else(|| {
                    Status::Unknown("there is a counterexample that cannot be read".to_owned())
                })
            }
            Ok(said) => Status::Unknown(first_line(&said, "no answer")),
            Err(why) => Status::Unknown(why),
        })
    }

    /// What z3 says to a script, or why it says nothing.
    fn z3(&self, script: &str, folder: &Path) -> Result<Result<String, String>, ProveError> {
        fs::write(folder.join("claim.smt2"), script)?;
        let run = Run::new(&self.toolbox.require("prove", Z3)?, folder, "z3.log")
            .args(["-smt2", "claim.smt2"])
            .timeout(self.limit)
            .output();
        Ok(run.map_err(|failure| first_line(&failure.last_lines, &failure.status)))
    }
}

/// The lane's state in each cycle, put together from a symbol for each of its fields: a solver can then replace the register
/// of a cycle by what it was given in the one before.
fn unrolled(lane: &str, claim: &Claim) -> String {
    let module = &claim.module;
    let sort = format!("(define-sort |{module}_s| () (_ BitVec ");
    let field = format!("(define-fun |{module}#");
    let width = lane.lines().find_map(|line| line.strip_prefix(&sort));
    let width: u32 = width
        .and_then(|rest| rest.trim_end_matches(')').parse().ok())
        .unwrap_or_default();
    let mut cuts: BTreeSet<u32> = [0, width].into();
    for line in lane.lines().filter(|line| line.starts_with(&field)) {
        let ends = line.split_once("((_ extract ").and_then(|(_, rest)| {
            let (ends, what) = rest.split_once(')')?;
            let (high, low) = ends.split_once(' ')?;
            what.starts_with(" state)").then_some(())?;
            Some((high.parse::<u32>().ok()?, low.parse::<u32>().ok()?))
        });
        cuts.extend(ends.into_iter().flat_map(|(high, low)| [low, high + 1]));
    }
    let cuts: Vec<u32> = cuts.into_iter().collect();
    let mut text = String::new();
    for cycle in 0..=claim.latency {
        let mut whole = String::new();
        for cut in cuts.windows(2).rev() {
            let name = format!("s{cycle}.{}", cut[0]);
            let width = cut[1] - cut[0];
            let _ = writeln!(text, "(declare-fun {name} () (_ BitVec {width}))");
            whole = if whole.is_empty() {
                name
            } else {
                format!("(concat {whole} {name})")
            };
        }
        let _ = writeln!(text, "(define-fun s{cycle} () |{module}_s| {whole})");
    }
    text
}

/// What a tool said first, and if it said nothing how it ended.
fn first_line(said: &str, status: &str) -> String {
    let mut lines = said.lines().map(str::trim);
    match lines.find(|line| !line.is_empty()) {
        Some(line) => format!("{line} ({status})"),
        None => status.to_owned(),
    }
}

/// The numbers of an answer `sat`; `None` if it is not what was asked for, or no output differs.
fn counterexample(claim: &Claim, said: &str) -> Option<Status> {
    let values = said.trim().strip_prefix("sat")?;
    let words: Vec<&str> = values
        .split(|c: char| c.is_whitespace() || "()".contains(c))
        .filter(|word| !word.is_empty())
        .collect();
    let value = |name: &str| {
        let at = words.iter().position(|word| *word == name)?;
        number(words.get(at + 1)?)
    };
    let bare = |name: &str| {
        name.split_once('.')
            .map_or(name, |(_, bare)| bare)
            .to_owned()
    };
    let inputs = claim
        .inputs
        .iter()
        .map(|name| Some((bare(name), value(name)?)));
    let mut outputs = Vec::new();
    for pair in claim.outputs.chunks_exact(2) {
        let (rtl, golden) = (value(&pair[0])?, value(&pair[1])?);
        if rtl != golden {
            outputs.push((bare(&pair[0]), rtl, golden));
        }
    }
    (!outputs.is_empty()).then_some(Status::Refuted {
        inputs: inputs.collect::<Option<_>>()?,
        outputs,
    })
}

/// A literal of SMT-LIB 2: a truth value, or two's complement.
fn number(word: &str) -> Option<i128> {
    let (digits, radix, each) = match word {
        "true" => return Some(1),
        "false" => return Some(0),
        _ if word.starts_with("#b") => (&word[2..], 2, 1),
        _ if word.starts_with("#x") => (&word[2..], 16, 4),
        _ => return None,
    };
    let unused = 128u32.checked_sub(u32::try_from(digits.len()).ok()? * each)?;
    let pattern = u128::from_str_radix(digits, radix).ok()?;
    Some((pattern << unused).cast_signed() >> unused)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failure is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn a_literal_is_read_with_its_sign() {
        for (word, value) in [
            ("#b0", 0),
            ("#b1", -1),
            ("#x80", -128),
            ("#x7f", 127),
            ("#b011", 3),
            ("true", 1),
            ("false", 0),
        ] {
            assert_eq!(number(word), Some(value), "{word}");
        }
        assert_eq!(number("(_"), None);
        assert_eq!(number("#b"), None);
    }
}

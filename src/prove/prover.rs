//! Asking: Yosys describes the lane, a solver looks for a counterexample.
//!
//! Every question is asked with unknown products first ([`Unknown`]), with the sums as they are and in another order, and what
//! takes long case by case ([`split`]). Of a claim that holds for each function in the place of the product nothing more is
//! asked; else the products are what they are, and a counterexample is one of those. Only `unsat` is a proof, and only where the
//! premises can be met.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use super::answer::{Status, counterexample};
use super::claim::{Claim, Hardware, Question};
use super::control::ControlClaim;
use super::error::ProveError;
use super::smt::{self, Product, Unknown};
use super::solver::{Limits, Solver, first_line};
use super::split::{self, Case};
use super::sums;
use super::unrolled::{Described, cycles, described};
use crate::engine::tool::{Run, Toolbox, YOSYS};

/// A claim that was asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Property {
    /// What was claimed.
    pub name: String,
    /// How it stands.
    pub status: Status,
    /// The solver's name and version.
    pub solver: String,
    /// Seconds that it took, Yosys included; properties of one part of the control are shown together.
    pub seconds: f64,
    /// What is assumed of what is around, in words.
    pub assumes: Vec<String>,
}

/// What proves: the tools, and what they may use for one question.
#[derive(Clone, Debug)]
pub struct Prover {
    toolbox: Toolbox,
    limits: Limits,
    solver: Solver,
    version: String,
}

impl Prover {
    /// With Yosys and a solver of `toolbox`.
    ///
    /// # Errors
    /// One of them is not installed.
    pub fn new(toolbox: Toolbox, solver: Solver, limits: Limits) -> Result<Self, ProveError> {
        toolbox.require("prove", YOSYS)?;
        toolbox.require("prove", solver.tool())?;
        let version = toolbox
            .version(solver.tool())
            .unwrap_or_else(|| solver.tool().name.to_owned());
        Ok(Self {
            toolbox,
            limits,
            solver,
            version,
        })
    }

    pub(super) const fn toolbox(&self) -> &Toolbox {
        &self.toolbox
    }

    pub(super) const fn limits(&self) -> Limits {
        self.limits
    }

    pub(super) const fn solver(&self) -> Solver {
        self.solver
    }

    pub(super) fn version(&self) -> &str {
        &self.version
    }

    /// Asks all of them, `jobs` at a time; `done` hears of each as it ends. The properties come in the order of the claims.
    ///
    /// # Errors
    /// A tool is missing, or a temporary file cannot be written.
    pub fn ask_all(
        &self,
        claims: &[Claim],
        jobs: usize,
        mut done: impl FnMut(&Property),
    ) -> Result<Vec<Property>, ProveError> {
        in_parallel(claims, jobs, |claim| self.ask(claim), &mut done)
    }

    /// Asks all claims about control; the properties of each come together.
    ///
    /// # Errors
    /// As [`ask_all`](Self::ask_all).
    pub fn ask_all_control(
        &self,
        claims: &[ControlClaim],
        jobs: usize,
        mut done: impl FnMut(&Property),
    ) -> Result<Vec<Property>, ProveError> {
        let mut each = |properties: &Vec<Property>| properties.iter().for_each(&mut done);
        let asked = in_parallel(claims, jobs, |claim| self.ask_control(claim), &mut each)?;
        Ok(asked.into_iter().flatten().collect())
    }

    /// Asks.
    ///
    /// # Errors
    /// A tool is missing, or a temporary file cannot be written.
    pub fn ask(&self, claim: &Claim) -> Result<Property, ProveError> {
        let start = Instant::now();
        let folder = tempfile::tempdir()?;
        let mut status = match claim.questions.len() {
            0 => Status::Unknown("nothing was asked".to_owned()),
            _ => Status::Proved,
        };
        match self.describe(claim.hardware.as_ref(), folder.path())? {
            Err(why) => status = Status::Unknown(why),
            Ok(lane) => {
                for question in &claim.questions {
                    let lane = lane.as_ref().zip(claim.hardware.as_ref());
                    status = self.solve(question, lane, folder.path())?;
                    if status != Status::Proved {
                        break;
                    }
                }
            }
        }
        Ok(Property {
            name: claim.name.clone(),
            status,
            solver: self.version.clone(),
            seconds: start.elapsed().as_secs_f64(),
            assumes: claim.assumes.clone(),
        })
    }

    /// The questions of a claim, each as one script with the products as they are: `unsat` says that it holds. In the place of
    /// the scripts why Yosys has none.
    ///
    /// # Errors
    /// A tool is missing, or a temporary file cannot be written.
    pub fn questions(&self, claim: &Claim) -> Result<Result<Vec<String>, String>, ProveError> {
        let folder = tempfile::tempdir()?;
        Ok(self
            .describe(claim.hardware.as_ref(), folder.path())?
            .map(|lane| {
                let lane = lane.as_ref().zip(claim.hardware.as_ref());
                let script = |question: &Question| {
                    let follows: Vec<&String> = question.follows.iter().collect();
                    denied(&Scripts::of(question, lane).real, &[], &follows)
                };
                claim.questions.iter().map(script).collect()
            }))
    }

    /// The lane as SMT-LIB 2, if there is one, or why Yosys has none.
    fn describe(
        &self,
        hardware: Option<&Hardware>,
        folder: &Path,
    ) -> Result<Result<Option<Described>, String>, ProveError> {
        let Some(hardware) = hardware else {
            return Ok(Ok(None));
        };
        fs::write(folder.join("lane.v"), &hardware.verilog.text)?;
        for (name, words) in &hardware.verilog.memory_files {
            fs::write(folder.join(name), words)?;
        }
        let script = format!(
            "read_verilog lane.v; prep -flatten -top {}; memory_map; opt_clean; dffunmap; opt_clean; \
             write_smt2 -stbv lane.smt2",
            hardware.module
        );
        let run = Run::new(&self.toolbox.require("prove", YOSYS)?, folder, "yosys.log")
            .args(["-q", "-p", &script])
            .timeout(self.limits.time)
            .output();
        Ok(match run {
            Ok(_) => Ok(Some(described(&fs::read_to_string(
                folder.join("lane.smt2"),
            )?))),
            Err(failure) => Err(format!(
                "yosys: {}",
                first_line(&failure.last_lines, &failure.status)
            )),
        })
    }

    fn solve(
        &self,
        question: &Question,
        lane: Option<(&Described, &Hardware)>,
        folder: &Path,
    ) -> Result<Status, ProveError> {
        let scripts = Scripts::of(question, lane);
        let says = |script: &str, limits| self.solver.says(&self.toolbox, limits, script, folder);
        // Of contradicting premises everything follows, which proves nothing.
        match says(&format!("{}(check-sat)\n", scripts.real), self.limits)? {
            Ok(said) if said.trim() == "sat" => {}
            Ok(said) => {
                let why = first_line(&said, "no answer");
                return Ok(Status::Unknown(format!("the premises: {why}")));
            }
            Err(why) => return Ok(Status::Unknown(format!("the premises: {why}"))),
        }
        let follows: Vec<&String> = question.follows.iter().collect();
        let within = |time: Duration| Limits {
            time: self.limits.time.min(time),
            ..self.limits
        };
        let case = |script: &str, limits: Limits| -> Result<Case, ProveError> {
            let start = Instant::now();
            Ok(match says(script, limits)? {
                Ok(said) if said.trim() == "unsat" => Case::Holds,
                Ok(said) if said.trim() == "sat" => Case::Fails,
                Err(_) if start.elapsed() >= limits.time => Case::Late,
                Ok(_) | Err(_) => Case::Nothing,
            })
        };
        if let Some(first) = scripts.unknown.first()
            && case(&denied(first, &[], &follows), within(AT_ONCE))? == Case::Holds
        {
            return Ok(Status::Proved);
        }
        let bits = split::bits(&question.nodes);
        // One after the other, each with what is proved.
        'follows: for (index, asked) in follows.iter().enumerate() {
            let known = &follows[..index];
            let mut late = Vec::new();
            for unknown in &scripts.unknown {
                match case(&denied(unknown, known, &[asked]), within(split::CASE))? {
                    Case::Holds => continue 'follows,
                    Case::Late => late.push(unknown),
                    Case::Fails | Case::Nothing => {}
                }
            }
            let deadline = Instant::now() + self.limits.time;
            for unknown in late.into_iter().rev() {
                let mut ask = |assumed: &str, time: Duration| {
                    let script = format!("{unknown}{assumed}");
                    case(&denied(&script, known, &[asked]), within(time))
                };
                if split::split(&bits, deadline, &mut ask)? == Case::Holds {
                    continue 'follows;
                }
            }
            let real = denied(&scripts.real, known, &[asked]);
            let why = match says(&real, self.limits)? {
                Ok(said) if said.trim() == "unsat" => continue,
                Ok(said) if said.trim() == "sat" => {
                    let symbols = [&question.inputs[..], &question.outputs[..]].concat();
                    let symbols = symbols.join(" ");
                    let told = says(&format!("{real}(get-value ({symbols}))\n"), self.limits)?;
                    let numbers = told.ok().and_then(|said| counterexample(question, &said));
                    if let Some(status) = numbers {
                        return Ok(status);
                    }
                    "there is a counterexample that cannot be read".to_owned()
                }
                Ok(said) => first_line(&said, "no answer"),
                Err(why) => why,
            };
            return Ok(Status::Unknown(why));
        }
        Ok(Status::Proved)
    }
}

/// What `ask` says of each, `jobs` at a time, in their order; `done` hears of each as it ends.
fn in_parallel<T: Sync, R: Send>(
    all: &[T],
    jobs: usize,
    ask: impl Fn(&T) -> Result<R, ProveError> + Sync,
    done: &mut impl FnMut(&R),
) -> Result<Vec<R>, ProveError> {
    let next = AtomicUsize::new(0);
    let (sender, asked) = channel();
    let mut answers = Vec::with_capacity(all.len());
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, all.len().max(1)) {
            let (next, ask, sender) = (&next, &ask, sender.clone());
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(one) = all.get(index) else {
                        break;
                    };
                    if sender.send((index, ask(one))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        for (index, answer) in asked {
            if let Ok(answer) = &answer {
                done(answer);
            }
            answers.push((index, answer));
        }
    });
    answers.sort_by_key(|(index, _)| *index);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// A question: the premises, what is known, and that not all of what is asked holds.
fn denied(premises: &str, known: &[&String], asked: &[&String]) -> String {
    let mut text = premises.to_owned();
    for known in known {
        let _ = writeln!(text, "(assert {known})");
    }
    let asked: Vec<String> = asked.iter().map(|asked| format!("(not {asked})")).collect();
    let _ = writeln!(text, "(assert (or false {}))\n(check-sat)", asked.join(" "));
    text
}

/// Longest time for all that follows in one question, before each of it gets one of its own.
const AT_ONCE: Duration = Duration::from_millis(500);

/// Everything but what is denied: with the products as they are, and with unknown ones, the least known first, each with
/// sums as they are and regrouped.
struct Scripts {
    real: String,
    unknown: Vec<String>,
}

impl Scripts {
    fn of(question: &Question, lane: Option<(&Described, &Hardware)>) -> Self {
        let mut products: BTreeSet<Product> = smt::products_of(&question.nodes).collect();
        let mut hardware = String::new();
        // A literal's product must be one on both sides: a lane may have shifts and additions instead.
        let mut scaled = false;
        if let Some((lane, known)) = lane {
            products.extend(&lane.products);
            scaled = lane.products.iter().any(|product| product.scaled);
            hardware.clone_from(&lane.text);
            hardware.push_str(&cycles(&lane.text, &known.module, known.latency));
        }
        let sums = sums::regrouped(&question.nodes);
        let script = |unknown: Unknown, sums: &[Option<String>]| {
            let logic = match unknown {
                Unknown::Nothing => "QF_BV",
                Unknown::Products | Unknown::Everything => "QF_UFBV",
            };
            [
                "(set-option :produce-models true)\n",
                &format!("(set-logic {logic})\n"),
                &smt::products(&products, unknown),
                &hardware,
                &question.declared,
                &smt::definitions(&question.nodes, sums),
                &smt::facts(&question.nodes, unknown),
                &question.premises,
            ]
            .concat()
        };
        let mut unknown = Vec::new();
        unknown.extend(scaled.then_some(Unknown::Everything));
        if products.iter().any(|product| !product.scaled) || !scaled {
            unknown.push(Unknown::Products);
        }
        let orders = [&[][..], &sums];
        let orders = &orders[..1 + usize::from(sums.iter().any(Option::is_some))];
        Self {
            real: script(Unknown::Nothing, &[]),
            unknown: unknown
                .into_iter()
                .flat_map(|unknown| orders.iter().map(move |sums| (unknown, *sums)))
                .map(|(unknown, sums)| script(unknown, sums))
                .collect(),
        }
    }
}

//! The whole of it: list, put together, play, prove.

use goldspike_golden::quant::QuantNetwork;
use std::path::PathBuf;

use super::battery::{Play, battery, tags};
use super::equal::{Judge, Survivor};
use super::error::MutantError;
use super::list::{Mutation, Unit, list, prepare, units};
use super::netlist;
use super::report::{Fate, Mutant, Report, UnitReport};
use super::simulate::Simulation;
use crate::engine::Stimulus;
use crate::engine::compile::Workshop;
use crate::engine::text::emitted;
use crate::engine::tool::{Toolbox, YOSYS};
use crate::prove::Limits;
use crate::rtl::Design;

/// Mutants in one netlist: more are slower to put together than two netlists are to compile.
const TOGETHER: usize = 1000;

/// Bits of the guard's step tag.
const TAG_BITS: u32 = 16;

/// What is hunted.
#[derive(Clone, Debug)]
pub struct Options {
    /// Mutants of each unit.
    pub count: usize,
    /// Names or kinds of the units; empty: all.
    pub units: Vec<String>,
    /// Which mutations Yosys draws, and the random plays.
    pub seed: u64,
    /// Rounds of four random plays, for all mutants.
    pub rounds: u64,
    /// Further rounds, for those that survive.
    pub more_rounds: u64,
    /// What the solvers may use for one survivor.
    pub limits: Limits,
    /// Solvers at a time.
    pub jobs: usize,
}

impl Default for Options {
    /// 1,000 of each unit, a minute a survivor.
    fn default() -> Self {
        Self {
            count: 1000,
            units: Vec::new(),
            seed: 1,
            rounds: 2,
            more_rounds: 4,
            limits: Limits::default(),
            jobs: 1,
        }
    }
}

/// A hunt for mutants of one design.
pub struct Hunt<'a> {
    /// The network.
    pub network: &'a QuantNetwork,
    /// Its hardware, with the probe: the whole trace is compared.
    pub design: &'a Design,
    /// Stimuli besides the random ones.
    pub stimuli: &'a [Stimulus],
    /// What and how much.
    pub options: &'a Options,
}

impl Hunt<'_> {
    /// Makes the mutants, plays them, and asks the solvers about those that survive. `told` hears what is done next: a word and
    /// how many mutants there are of.
    ///
    /// # Errors
    /// A missing or failing tool, a design that fails without a mutation, no mutant at all.
    pub fn run(
        &self,
        toolbox: &Toolbox,
        cache: Option<PathBuf>,
        mut told: impl FnMut(&str),
    ) -> Result<Report, MutantError> {
        let yosys = toolbox.require("mutants", YOSYS)?;
        let mut workshop = Workshop::default();
        workshop.toolbox = toolbox.clone();
        if let Some(cache) = cache {
            workshop.set_cache(cache);
        }
        let options = self.options;
        let known = units(self.design);
        let chosen = chosen(&known, &options.units)?;
        let folder = tempfile::tempdir()?;
        let folder = folder.path();
        let text = emitted("mutants", self.design, None)?;
        prepare(&yosys, folder, &text)?;
        told(&format!("mutations of {} units", chosen.len()));
        let lists = list(&yosys, folder, &chosen, options.count, options.seed)?;
        let of: Vec<(usize, &Mutation)> = (0..)
            .zip(&lists)
            .flat_map(|(unit, list)| list.iter().map(move |mutation| (unit, mutation)))
            .collect();
        if of.is_empty() {
            return Err(MutantError::Nothing);
        }
        let (network, design, seed) = (self.network, self.design, options.seed);
        let first = battery(network, design, self.stimuli, 0..options.rounds, seed)?;
        let (low, high) = (options.rounds, options.rounds + options.more_rounds);
        let more = battery(network, design, &[], low..high, seed)?;
        let long = match chosen.iter().any(|unit| unit.kind() == "guard") {
            true => vec![tags(network, design, 12)?, tags(network, design, TAG_BITS)?],
            false => Vec::new(),
        };
        let judge = Judge::new(self, toolbox, &yosys, folder)?;
        let mut reports: Vec<UnitReport> = chosen
            .iter()
            .map(|&unit| UnitReport {
                unit: unit.clone(),
                mutants: Vec::new(),
            })
            .collect();
        for (index, chunk) in of.chunks(TOGETHER).enumerate() {
            let name = format!("mutants{index}");
            let mutations: Vec<&Mutation> = chunk.iter().map(|(_, mutation)| *mutation).collect();
            told(&format!("{} mutants into one netlist", chunk.len()));
            netlist::write(&yosys, folder, &name, &mutations)?;
            let text = netlist::emitted(folder, &name, &text.top)?;
            let mut simulation = Simulation::new(&workshop, design, text);
            told(&format!("{} mutants on Verilator", chunk.len()));
            let plays = Plays {
                first: &first,
                more: &more,
                long: &long,
            };
            let guards: Vec<bool> = chunk
                .iter()
                .map(|&(unit, _)| chosen[unit].kind() == "guard")
                .collect();
            let mut fates = played(&mut simulation, &guards, &plays)?;
            let survivors: Vec<Survivor<'_>> = chunk
                .iter()
                .zip(1..)
                .zip(&fates)
                .filter(|(_, fate)| !fate.is_done())
                .map(|((&(unit, mutation), number), _)| Survivor {
                    unit: chosen[unit],
                    mutation,
                    number,
                })
                .collect();
            told(&format!("{} survivors to the solvers", survivors.len()));
            let judged = judge.judge(&name, netlist::selector_bits(chunk.len()), &survivors)?;
            for (survivor, fate) in survivors.iter().zip(judged) {
                fates[survivor.number - 1] = fate;
            }
            for (&(unit, mutation), fate) in chunk.iter().zip(fates) {
                reports[unit].mutants.push(Mutant {
                    mutation: mutation.clone(),
                    fate,
                });
            }
        }
        let mut tools = vec![workshop.version()];
        tools.extend(toolbox.version(YOSYS));
        tools.extend(judge.solver());
        Ok(Report {
            units: reports,
            plays: first.len() + more.len(),
            tools,
        })
    }
}

/// The units that are meant; all without a name.
fn chosen<'a>(known: &'a [Unit], names: &[String]) -> Result<Vec<&'a Unit>, MutantError> {
    for name in names {
        if !known.iter().any(|unit| unit.is(name)) {
            return Err(MutantError::NoUnit {
                name: name.clone(),
                known: known.iter().map(|unit| unit.name.clone()).collect(),
            });
        }
    }
    let meant = |unit: &&Unit| names.is_empty() || names.iter().any(|name| unit.is(name));
    Ok(known.iter().filter(meant).collect())
}

/// What is played.
struct Plays<'a> {
    /// For all.
    first: &'a [Play],
    /// For those that survive it.
    more: &'a [Play],
    /// For the guard's that survive that.
    long: &'a [Play],
}

/// The fates of the mutants of a netlist after the plays; `guards` says of each whether it is one of the guard.
fn played(
    simulation: &mut Simulation<'_>,
    guards: &[bool],
    plays: &Plays<'_>,
) -> Result<Vec<Fate>, MutantError> {
    let Plays { first, more, long } = *plays;
    for plays in [first, more, long] {
        simulation.healthy(plays)?;
    }
    let mut fates = Vec::with_capacity(guards.len());
    for (number, &guard) in (1..).zip(guards) {
        let mut kill = None;
        for plays in [first, more, if guard { long } else { &[] }] {
            kill = match kill {
                None => simulation.noticed(number, plays)?,
                some => some,
            };
        }
        fates.push(match kill {
            Some(kill) => Fate::Killed(kill),
            None => Fate::Unknown("not asked".to_owned()),
        });
    }
    // What the mutants left in registers and memories must not have told for them.
    simulation.healthy(first)?;
    Ok(fates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_unit_is_refused_with_those_that_there_are() {
        let known: Vec<Unit> = ["guard", "l0_lane", "l1_lane"]
            .map(|name| Unit {
                name: name.to_owned(),
                module: String::new(),
            })
            .into();
        let names = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
            chosen(&known, &words).map(|units| {
                units
                    .iter()
                    .map(|unit| unit.name.clone())
                    .collect::<Vec<_>>()
            })
        };
        assert_eq!(names(&[]).unwrap().len(), 3);
        assert_eq!(names(&["lane"]).unwrap(), ["l0_lane", "l1_lane"]);
        assert_eq!(names(&["l1_lane", "guard"]).unwrap(), ["guard", "l1_lane"]);
        let error = names(&["lanes"]).unwrap_err().to_string();
        assert!(error.contains("`lanes`") && error.contains("guard, l0_lane, l1_lane"));
    }
}

//! Mutants that nothing noticed: equivalent, or a hole in the checks?
//!
//! A mutant of a neuron lane is asked what the lane itself is asked by `goldspike prove`: does it equal the golden step for all
//! inputs? Of everything else ABC compares mutant and original from their reset: the unit alone with any inputs; where that
//! differs, or is not decided, and its control is proved, the unit wherever its neighbours keep to what that proof assumes; and
//! then within the network with any input streams.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::control::Control;
use super::error::MutantError;
use super::hunt::Hunt;
use super::list::{BASE, Mutation, Unit, run};
use super::miter::{Compare, Miter, ask};
use super::report::{Fate, Kill};
use super::tools::{Said, Tools};
use crate::engine::tool::Toolbox;
use crate::hdl::all_modules;
use crate::prove::{
    Claim, ControlClaim, ProveError, Prover, Solver, Status, control_claims, lane_claim,
};
use crate::rtl::Fabric;
use crate::rtl::{Forms, Weights};

/// Longest time for a unit alone: what is equal there is seen at once.
const ALONE: Duration = Duration::from_secs(20);

/// The same where the unit's control has its say next.
const BEFORE_CONTROL: Duration = Duration::from_secs(5);

/// A mutant that is left, with its number in a netlist.
pub(super) struct Survivor<'a> {
    pub(super) unit: &'a Unit,
    pub(super) mutation: &'a Mutation,
    pub(super) number: usize,
}

/// Asks the solvers.
pub(super) struct Judge<'a> {
    hunt: &'a Hunt<'a>,
    yosys: PathBuf,
    abc: PathBuf,
    folder: &'a Path,
    prover: Result<(Prover, String), String>,
    /// By layer: the claim of its lane, if the lane without a mutation fulfils it.
    claims: Mutex<BTreeMap<usize, Result<Claim, String>>>,
    control: Control,
}

impl<'a> Judge<'a> {
    pub(super) fn new(
        hunt: &'a Hunt<'a>,
        toolbox: &Toolbox,
        yosys: &Path,
        folder: &'a Path,
    ) -> Result<Self, MutantError> {
        let prover = Solver::installed(toolbox).and_then(|solver| {
            let version = toolbox.version(solver.tool());
            let name = version.unwrap_or_else(|| solver.tool().name.to_owned());
            Ok((
                Prover::new(toolbox.clone(), solver, hunt.options.limits)?,
                name,
            ))
        });
        let mut control = control_claims(hunt.design)?;
        // Of a unit with parts that give anything, a mutant is told by the whole design.
        control.retain(ControlClaim::is_whole);
        Ok(Self {
            hunt,
            control: Control::new(control),
            yosys: yosys.to_owned(),
            abc: yosys.with_file_name("yosys-abc"),
            folder,
            prover: prover.map_err(|error: ProveError| error.to_string()),
            claims: Mutex::new(BTreeMap::new()),
        })
    }

    fn tools(&self) -> Tools<'_> {
        Tools {
            yosys: &self.yosys,
            abc: &self.abc,
            folder: self.folder,
        }
    }

    /// The solver of the lanes.
    pub(super) fn solver(&self) -> Option<String> {
        Some(self.prover.as_ref().ok()?.1.clone())
    }

    /// The fates of the survivors of the netlist `name`, whose selector has `bits` bits.
    pub(super) fn judge(
        &self,
        name: &str,
        bits: u32,
        survivors: &[Survivor<'_>],
    ) -> Result<Vec<Fate>, MutantError> {
        let miters = Miters {
            judge: self,
            netlist: (name, bits),
            built: Mutex::new(BTreeMap::new()),
        };
        let next = AtomicUsize::new(0);
        let fates = Mutex::new(BTreeMap::new());
        std::thread::scope(|scope| {
            for _ in 0..self.hunt.options.jobs.clamp(1, survivors.len().max(1)) {
                scope.spawn(|| {
                    while let index = next.fetch_add(1, Ordering::Relaxed)
                        && let Some(survivor) = survivors.get(index)
                    {
                        let fate = self.fate(&miters, survivor);
                        lock(&fates).insert(index, fate);
                    }
                });
            }
        });
        let fates = fates
            .into_inner()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        fates.into_values().collect()
    }

    fn fate(&self, miters: &Miters<'_>, survivor: &Survivor<'_>) -> Result<Fate, MutantError> {
        let options = &self.hunt.design.options;
        let as_proved = options.weights == Weights::Rom && options.forms == Forms::Cheapest;
        match survivor.unit.layer() {
            Some(layer) if survivor.unit.kind() == "lane" && as_proved => {
                Ok(match self.lane(layer, survivor)? {
                    Fate::Unknown(why) => match miters.fate(survivor)? {
                        Fate::Unknown(more) => Fate::Unknown(format!("{why}; {more}")),
                        fate => fate,
                    },
                    fate => fate,
                })
            }
            _ => miters.fate(survivor),
        }
    }

    /// Whether the mutated lane equals the golden step.
    fn lane(&self, layer: usize, survivor: &Survivor<'_>) -> Result<Fate, MutantError> {
        let (prover, _) = match &self.prover {
            Ok(prover) => prover,
            Err(why) => return Ok(Fate::Unknown(why.clone())),
        };
        let claim = {
            let mut claims = lock(&self.claims);
            match claims.get(&layer) {
                Some(known) => known.clone(),
                None => {
                    let claim = self.checked_claim(prover, layer, survivor.unit)?;
                    claims.insert(layer, claim.clone());
                    claim
                }
            }
        };
        let claim = match claim {
            Ok(claim) => claim,
            Err(why) => return Ok(Fate::Unknown(why)),
        };
        let name = format!("lane{layer}_{}", survivor.number);
        let mutated = self.with_lane(claim, survivor.unit, &name, Some(survivor.mutation))?;
        Ok(match prover.ask(&mutated)?.status {
            Status::Proved => Fate::Equivalent("the golden step for all inputs"),
            Status::Refuted { .. } | Status::Broken { .. } => Fate::Killed(Kill::Proof),
            Status::Unknown(why) => Fate::Unknown(why),
        })
    }

    /// The fate of a mutant as the proof of its unit's control has it.
    fn of_control(&self, survivor: &Survivor<'_>) -> Result<Option<Fate>, MutantError> {
        let hunt = self.hunt;
        let all = all_modules(&hunt.design.top);
        let module = all.iter().find(|m| m.name() == survivor.unit.module);
        match (module, &self.prover) {
            (Some(module), Ok((prover, _))) => {
                let limit = hunt.options.limits.time;
                self.control
                    .fate(self.tools(), prover, module, survivor, limit)
            }
            _ => Ok(None),
        }
    }

    /// The claim of a layer's lane, if it is proved of the lane that is mutated.
    fn checked_claim(
        &self,
        prover: &Prover,
        layer: usize,
        unit: &Unit,
    ) -> Result<Result<Claim, String>, MutantError> {
        let plan = self.hunt.design.plans.get(layer);
        let fabric = plan.map_or(Fabric::PORTABLE, |plan| plan.fabric);
        let Some(claim) = lane_claim(self.hunt.network, fabric, layer)? else {
            return Ok(Err(format!("there is no layer {layer}")));
        };
        let claim = self.with_lane(claim, unit, &format!("lane{layer}"), None)?;
        Ok(match prover.ask(&claim)?.status {
            Status::Proved => Ok(claim),
            Status::Refuted { .. } | Status::Broken { .. } => {
                return Err(MutantError::Healthy(format!(
                    "the proof of `{}`",
                    claim.name
                )));
            }
            Status::Unknown(why) => Err(format!("the lane itself is not decided: {why}")),
        })
    }

    /// The claim about the design's lane, mutated.
    fn with_lane(
        &self,
        mut claim: Claim,
        unit: &Unit,
        name: &str,
        mutation: Option<&Mutation>,
    ) -> Result<Claim, MutantError> {
        let Some(hardware) = &mut claim.hardware else {
            return Ok(claim);
        };
        let mutate = mutation.map_or_else(String::new, |mutation| {
            format!("mutate {}\n", mutation.arguments)
        });
        let script = format!(
            "read_rtlil {BASE}\n{mutate}hierarchy -top {0}\nrename {0} {1}\nwrite_verilog -noattr {name}.v\n",
            unit.module, hardware.module
        );
        run(&self.yosys, self.folder, name, &script)?;
        hardware.verilog.text = fs::read_to_string(self.folder.join(format!("{name}.v")))?;
        Ok(claim)
    }
}

/// The miters of one netlist, each built when it is first asked for.
struct Miters<'a> {
    judge: &'a Judge<'a>,
    netlist: (&'a str, u32),
    built: Mutex<BTreeMap<String, Result<std::sync::Arc<Miter>, String>>>,
}

impl Miters<'_> {
    fn fate(&self, survivor: &Survivor<'_>) -> Result<Fate, MutantError> {
        let top = self.judge.hunt.design.top.name().to_owned();
        let limit = self.judge.hunt.options.limits.time;
        let alone = survivor.unit.module != top;
        let module = &survivor.unit.module;
        let short = match self.judge.control.is_of(module) {
            true => BEFORE_CONTROL,
            false => ALONE,
        };
        if alone && self.ask(module, survivor, limit.min(short))? == Said::Equal {
            return Ok(Fate::Equivalent("the unit with any inputs"));
        }
        let unknown = match self.judge.of_control(survivor)? {
            Some(Fate::Unknown(why)) => format!("{why}; "),
            Some(fate) => return Ok(fate),
            None => String::new(),
        };
        Ok(match self.ask(&top, survivor, limit)? {
            Said::Equal => Fate::Equivalent("the network with any input streams"),
            Said::Different => Fate::Hole(
                "abc: an input tells it from the original, and nothing that was played does"
                    .to_owned(),
            ),
            Said::Nothing(why) => Fate::Unknown(format!("{unknown}{why}")),
        })
    }

    fn ask(
        &self,
        module: &str,
        survivor: &Survivor<'_>,
        limit: Duration,
    ) -> Result<Said, MutantError> {
        let miter = match self.miter(module)? {
            Ok(miter) => miter,
            Err(why) => return Ok(Said::Nothing(why)),
        };
        let name = format!("{module}_{}", survivor.number);
        ask(self.judge.tools(), &name, &miter.of(survivor.number), limit)
    }

    /// A miter that proves the original equal to itself; another one would say nothing of mutants.
    fn reflexive(
        &self,
        module: &str,
        miter: Miter,
    ) -> Result<Result<std::sync::Arc<Miter>, String>, MutantError> {
        let limit = self.judge.hunt.options.limits.time;
        let name = format!("{module}_0");
        Ok(match ask(self.judge.tools(), &name, &miter.of(0), limit)? {
            Said::Equal => Ok(std::sync::Arc::new(miter)),
            said => Err(format!("abc: the original itself: {said:?}")),
        })
    }

    fn miter(&self, module: &str) -> Result<Result<std::sync::Arc<Miter>, String>, MutantError> {
        let mut built = lock(&self.built);
        if let Some(miter) = built.get(module) {
            return Ok(miter.clone());
        }
        let Judge {
            hunt,
            yosys,
            folder,
            ..
        } = self.judge;
        let all = all_modules(&hunt.design.top);
        let found = all.iter().find(|known| known.name() == module);
        let miter = match found {
            None => Err(format!("there is no module `{module}`")),
            Some(found) => {
                let compare = match hunt.design.top.name() == module {
                    true => Compare::Streams(hunt.design.output),
                    false => Compare::Everything,
                };
                match Miter::build(yosys, folder, self.netlist, found, compare)? {
                    Ok(miter) => self.reflexive(module, miter)?,
                    Err(why) => Err(why),
                }
            }
        };
        built.insert(module.to_owned(), miter.clone());
        Ok(miter)
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

//! Verification on the chosen engines, shared by `verify` and `build`: each design with the probe (the whole trace) and as
//! shipped (the output spikes).

use super::Ending;
use super::console::Console;
use super::engines::{Chosen, Simulation};
use super::errors;
use super::input::unit;
use super::stimuli::{Origin, Plan};
use crate::diag::{Diagnostic, codes};
use crate::engine::Engine;
use crate::rtl::Design;
use crate::verify::{EngineReport, Mismatch, Quantity, verify_engine};
use goldspike_golden::quant::QuantNetwork;
use serde_json::{Value, json};

/// What one engine found on one design.
pub struct Check {
    /// Engine.
    pub engine: Simulation,
    /// The design carried the probe.
    pub probe: bool,
    /// The comparison, or why the design gave no trace (it hangs, it broke the protocol).
    pub found: Result<EngineReport, Diagnostic>,
}

/// All checks.
pub struct Checks<'a> {
    /// The network.
    pub network: &'a QuantNetwork,
    /// What was played.
    pub plan: &'a Plan,
    /// Random cases in it.
    pub cases: usize,
    /// By engine and design.
    pub checks: Vec<Check>,
    /// Engines that `all` means and that did not run, with the reason.
    pub missing: Vec<(Simulation, String)>,
}

/// How to run a check again: the command line without its engine, its number of samples and its cases.
pub struct Again {
    /// `goldspike verify NETWORK` and the flags that matter.
    pub verify: String,
    /// `goldspike wave NETWORK` and the flags that matter.
    pub wave: String,
}

/// Runs every engine on every design. Of `all` engines one that the design cannot be had for (its blocks cannot be
/// simulated, the device is too small) is missing, as one without its tools is; everything else is an error.
///
/// # Errors
/// An engine that cannot run (a refused design, a stale cache entry); an empty comparison.
pub fn check<'a>(
    network: &'a QuantNetwork,
    designs: &[&Design],
    chosen: &Chosen,
    plan: &'a Plan,
    cases: usize,
    console: &Console,
) -> Result<Checks<'a>, Diagnostic> {
    let mut checks = Vec::new();
    let mut missing = chosen.missing.clone();
    'engines: for &engine in &chosen.engines {
        let mut simulator = engine.engine();
        for design in designs {
            let probe = design.options.probe;
            let ran = played(simulator.as_mut(), network, design, plan, console);
            let found = match ran {
                Err(failed) if chosen.all && unavailable(&failed) => {
                    missing.push((engine, format!("{}: {}", kind(probe), failed.message)));
                    continue 'engines;
                }
                Err(failed) if failed.exit_code() != 1 => return Err(failed),
                found => found,
            };
            checks.push(Check {
                engine,
                probe,
                found,
            });
        }
    }
    Ok(Checks {
        network,
        plan,
        cases,
        checks,
        missing,
    })
}

/// Plays a plan on one engine and one design, with a progress bar.
///
/// # Errors
/// See [`crate::verify::VerifyError`].
pub fn played(
    simulator: &mut dyn Engine,
    network: &QuantNetwork,
    design: &Design,
    plan: &Plan,
    console: &Console,
) -> Result<EngineReport, Diagnostic> {
    let what = format!("{} {}", simulator.name(), kind(design.options.probe));
    console.detail(&format!("verifying: {what}"));
    let progress = console.progress(plan.origins.len(), &what);
    verify_engine(simulator, network, design, &plan.stimuli, |samples| {
        progress.add(samples);
    })
    .map_err(|error| errors::verify(&error))
}

/// The device does not have what the engine needs; nothing is wrong.
pub(super) fn unavailable(failed: &Diagnostic) -> bool {
    [&codes::NOT_DISASSEMBLED, &codes::TOO_LARGE]
        .iter()
        .any(|code| code.id == failed.code.id)
}

fn kind(probe: bool) -> &'static str {
    if probe { "probe" } else { "shipped" }
}

impl Check {
    /// Equal, and something was compared.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.found
            .as_ref()
            .is_ok_and(|report| report.comparison.passed())
    }
}

impl Checks<'_> {
    /// Every check passed, there was one, and no engine is missing.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.equal() && self.missing.is_empty()
    }

    /// Every check that ran passed, and there was one.
    #[must_use]
    pub fn equal(&self) -> bool {
        !self.checks.is_empty() && self.checks.iter().all(Check::passed)
    }

    /// How a command with these checks ends.
    pub(super) fn ending(&self) -> Ending {
        match (self.equal(), self.passed()) {
            (_, true) => Ending::Done,
            (true, false) => Ending::Undecided,
            (false, _) => Ending::Mismatch,
        }
    }

    /// `missing` of the command line's JSON.
    #[must_use]
    pub fn missing_document(&self) -> Value {
        let one =
            |(engine, why): &(Simulation, String)| json!({ "name": engine.name(), "message": why });
        self.missing.iter().map(one).collect()
    }

    /// A line for each check, and what is known of each mismatch.
    #[must_use]
    pub fn lines(&self, again: &Again) -> String {
        let missing = self
            .missing
            .iter()
            .map(|(engine, why)| format!("{:<10} NOT RUN  {why}\n", engine.name()));
        self.checks
            .iter()
            .map(|check| self.check_lines(check, again))
            .chain(missing)
            .collect()
    }

    fn check_lines(&self, check: &Check, again: &Again) -> String {
        let head = format!("{:<10} {:<8}", check.engine.name(), kind(check.probe));
        let report = match &check.found {
            Ok(report) => report,
            Err(failed) => return format!("{head} FAILED: {}\n", failed.message),
        };
        let sum = &report.comparison;
        let compared = match check.probe {
            true => format!(
                "{} spikes, {} membranes, {} states",
                sum.spikes_compared, sum.membranes_compared, sum.states_compared
            ),
            false => format!("{} output spikes", sum.spikes_compared),
        };
        let mut text = format!(
            "{head} {} samples, {} steps: {compared} compared, {} mismatches ({:.1} cycles a step)\n",
            report.samples, sum.steps, sum.mismatches, report.cycles_per_step
        );
        match &sum.first {
            Some(first) => text.push_str(&self.mismatch_lines(check, first, again)),
            None if sum.mismatches > 0 => text.push_str(
                "  the design raised protocol_error on a legal stream, or not on an illegal one\n",
            ),
            None => {}
        }
        text
    }

    fn mismatch_lines(&self, check: &Check, first: &Mismatch, again: &Again) -> String {
        let layer = self.network.layers.get(first.layer);
        let name = layer.map_or("?", |layer| layer.name.as_str());
        let state = match first.quantity {
            Quantity::State(index) => Some(index),
            Quantity::Spike | Quantity::Membrane => None,
        };
        let value = |raw: i64| match (first.quantity, layer) {
            (Quantity::Membrane | Quantity::State(_), Some(layer))
                if first.neuron < layer.neurons =>
            {
                let real = raw as f64 * unit(layer, first.neuron, state);
                format!("{raw} ({real:.6})")
            }
            _ => raw.to_string(),
        };
        let named = layer.zip(state);
        let quantity = named
            .and_then(|(layer, index)| layer.neuron.states().nth(index))
            .map_or(first.quantity.to_string(), |state| state.name.to_owned());
        let number = self.plan.number(first.sample);
        let wave = |of: String| {
            format!(
                "  waveform:       {} {of} --steps {}..{} (on the embedded simulator)\n",
                again.wave,
                first.step.saturating_sub(1),
                first.step + 1
            )
        };
        let (place, samples, cases, wave) = match self.plan.origins.get(first.sample) {
            Some(&Origin::Data(sample)) => {
                let wave = wave(format!("--sample {sample}"));
                (format!("sample {sample}"), sample + 1, 0, wave)
            }
            Some(&Origin::Case(case)) => {
                let wave = wave(format!("--case {case} --sample {number}"));
                (
                    format!("random case {case}, sample {number}"),
                    1,
                    case + 1,
                    wave,
                )
            }
            None => (
                "a sample that was not given".to_owned(),
                self.plan.data_samples().max(1),
                self.cases,
                String::new(),
            ),
        };
        let cases = if cases > 0 {
            format!(" --cases {cases}")
        } else {
            String::new()
        };
        let target = check
            .engine
            .target()
            .map_or(String::new(), |target| format!(" --target {}", target.name));
        format!(
            "  first mismatch: {place}, step {}, layer {name}, neuron {}: {} is {}, the golden model has {}\n  \
             again:          {} --engine {}{target} --samples {samples}{cases}\n{wave}",
            first.step,
            first.neuron,
            quantity,
            value(first.engine),
            value(first.golden),
            again.verify,
            check.engine.name(),
        )
    }

    /// `engines` of the command line's JSON.
    #[must_use]
    pub fn document(&self, again: &Again) -> Value {
        self.checks
            .iter()
            .map(|check| self.check_document(check, again))
            .collect()
    }

    fn check_document(&self, check: &Check, again: &Again) -> Value {
        let mut out = match &check.found {
            Ok(report) => json!(report),
            Err(failed) => json!({
                "version": check.engine.engine().version(),
                "steps": 0, "spikes_compared": 0, "membranes_compared": 0, "states_compared": 0, "mismatches": 1,
                "error": failed.to_json(),
            }),
        };
        out["name"] = check.engine.name().into();
        out["probe"] = check.probe.into();
        out["samples"] = self.plan.data_samples().into();
        out["cases"] = self.cases.into();
        out["passed"] = check.passed().into();
        out["target"] = check.engine.target().map(|target| target.name).into();
        if let Ok(report) = &check.found
            && let Some(first) = &report.comparison.first
        {
            out["first"]["layer_name"] = self
                .network
                .layers
                .get(first.layer)
                .map(|layer| layer.name.as_str())
                .into();
            out["first"]["text"] = self.mismatch_lines(check, first, again).into();
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import;
    use crate::quantize::{Options, quantize};
    use crate::verify::Comparison;

    fn checks<'a>(network: &'a QuantNetwork, plan: &'a Plan, first: Mismatch) -> Checks<'a> {
        let comparison = Comparison {
            steps: 8,
            spikes_compared: 464,
            membranes_compared: 464,
            states_compared: 464,
            mismatches: 3,
            first: Some(first),
        };
        let report = EngineReport {
            name: "icarus",
            version: "11".to_owned(),
            samples: plan.origins.len(),
            cases: plan.stimuli.len(),
            probe: true,
            comparison,
            cycles_per_step: 99.3,
            stalls: [1, 2, 3],
        };
        let check = Check {
            engine: Simulation::Icarus,
            probe: true,
            found: Ok(report),
        };
        Checks {
            network,
            plan,
            cases: 2,
            checks: vec![check],
            missing: Vec::new(),
        }
    }

    fn mismatch(sample: usize) -> Mismatch {
        let quantity = Quantity::Membrane;
        Mismatch {
            sample,
            step: 5,
            layer: 1,
            neuron: 7,
            quantity,
            golden: 1006,
            engine: 1005,
        }
    }

    fn again() -> Again {
        Again {
            verify: "goldspike verify digits --seed 4".to_owned(),
            wave: "goldspike wave digits".to_owned(),
        }
    }

    #[test]
    fn the_first_mismatch_has_its_place_both_values_and_the_commands() {
        let imported = import::embedded("digits").unwrap();
        let network = quantize(&imported.network, &Options::default())
            .unwrap()
            .network;
        let origins = vec![
            Origin::Data(0),
            Origin::Data(1),
            Origin::Case(0),
            Origin::Case(1),
        ];
        let plan = Plan {
            stimuli: Vec::new(),
            origins,
        };
        let found = checks(&network, &plan, mismatch(1));
        assert!(!found.passed());
        let real = |raw: i64| format!("{raw} ({:.6})", raw as f64 * network.layers[1].lsb(7));
        let lines = found.lines(&again());
        let expected = format!(
            "  first mismatch: sample 1, step 5, layer n1, neuron 7: h is {}, the golden model has {}\n  \
             again:          goldspike verify digits --seed 4 --engine icarus --samples 2\n  \
             waveform:       goldspike wave digits --sample 1 --steps 4..6 (on the embedded simulator)\n",
            real(1005),
            real(1006)
        );
        assert!(lines.ends_with(&expected), "{lines}");
        assert!(lines.contains("3 mismatches"), "{lines}");
        let document = found.document(&again());
        assert_eq!(
            (&document[0]["passed"], &document[0]["mismatches"]),
            (&false.into(), &3.into())
        );
        assert_eq!(
            (
                &document[0]["first"]["layer_name"],
                &document[0]["first"]["golden"]
            ),
            (&"n1".into(), &1006.into())
        );
        assert!(
            document[0]["first"]["text"]
                .as_str()
                .unwrap()
                .contains("--sample 1")
        );
    }

    #[test]
    fn a_mismatch_in_a_random_case_is_shown_again_by_its_case() {
        let imported = import::embedded("digits").unwrap();
        let network = quantize(&imported.network, &Options::default())
            .unwrap()
            .network;
        let plan = Plan {
            stimuli: Vec::new(),
            origins: vec![Origin::Data(0), Origin::Case(0), Origin::Case(1)],
        };
        let lines = checks(&network, &plan, mismatch(2)).lines(&again());
        assert!(lines.contains("random case 1, sample 1, step 5"), "{lines}");
        assert!(
            lines.contains("--engine icarus --samples 1 --cases 2\n"),
            "{lines}"
        );
        assert!(
            lines.contains(" --case 1 --sample 1 --steps 4..6 "),
            "{lines}"
        );
    }

    #[test]
    fn a_design_that_hangs_fails_the_check() {
        let imported = import::embedded("digits").unwrap();
        let network = quantize(&imported.network, &Options::default())
            .unwrap()
            .network;
        let plan = Plan::default();
        let mut found = checks(&network, &plan, mismatch(0));
        let failed = Diagnostic::error(&codes::HANG, "the design hangs");
        found.checks[0].found = Err(failed);
        assert!(!found.passed());
        assert!(found.lines(&again()).contains("FAILED: the design hangs"));
        let document = found.document(&again());
        assert_eq!(document[0]["error"]["code"], "GS0803");
        assert_eq!(document[0]["mismatches"], 1);
        found.checks.clear();
        assert!(!found.passed(), "no check is no pass");
    }

    #[test]
    fn a_missing_engine_is_no_pass_and_no_mismatch() {
        let imported = import::embedded("digits").unwrap();
        let network = quantize(&imported.network, &Options::default())
            .unwrap()
            .network;
        let plan = Plan::default();
        let mut found = checks(&network, &plan, mismatch(0));
        assert_eq!(found.ending(), Ending::Mismatch);
        if let Ok(report) = &mut found.checks[0].found {
            report.comparison.mismatches = 0;
        }
        assert_eq!(found.ending(), Ending::Done);
        found
            .missing
            .push((Simulation::Verilator, "no such tool".to_owned()));
        assert_eq!(found.ending(), Ending::Undecided);
        assert!(found.equal() && !found.passed());
        assert!(
            found
                .lines(&again())
                .contains("verilator  NOT RUN  no such tool")
        );
    }
}

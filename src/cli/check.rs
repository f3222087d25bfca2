//! Verification on the chosen engines, shared by `verify` and `build`: each design with the probe (the whole trace) and as
//! shipped (the output spikes).

use super::console::Console;
use super::engines::Simulation;
use super::errors;
use super::stimuli::{Origin, Plan};
use crate::diag::Diagnostic;
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
}

/// How to run a check again: the command line without its engine, its number of samples and its cases.
pub struct Again {
    /// `goldspike verify NETWORK` and the flags that matter.
    pub verify: String,
    /// `goldspike wave NETWORK` and the flags that matter.
    pub wave: String,
}

/// Runs every engine on every design.
///
/// # Errors
/// An engine that cannot run (a missing tool, a refused design); an empty comparison.
pub fn check<'a>(
    network: &'a QuantNetwork,
    designs: &[&Design],
    engines: &[Simulation],
    plan: &'a Plan,
    cases: usize,
    console: &Console,
) -> Result<Checks<'a>, Diagnostic> {
    let mut checks = Vec::new();
    for &engine in engines {
        let mut simulator = engine.engine();
        for design in designs {
            let probe = design.options.probe;
            let what = format!("{} {}", engine.name(), kind(probe));
            console.detail(&format!("verifying: {what}"));
            let progress = console.progress(plan.origins.len(), &what);
            let run = verify_engine(
                simulator.as_mut(),
                network,
                design,
                &plan.stimuli,
                |samples| progress.add(samples),
            );
            let found = match run.map_err(|error| errors::verify(&error)) {
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
    })
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
    /// Every check passed, and there was one.
    #[must_use]
    pub fn passed(&self) -> bool {
        !self.checks.is_empty() && self.checks.iter().all(Check::passed)
    }

    /// A line for each check, and what is known of each mismatch.
    #[must_use]
    pub fn lines(&self, again: &Again) -> String {
        self.checks
            .iter()
            .map(|check| self.check_lines(check, again))
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
            None if sum.mismatches > 0 => {
                text.push_str("  the design raised protocol_error on a legal stream\n")
            }
            None => {}
        }
        text
    }

    fn mismatch_lines(&self, check: &Check, first: &Mismatch, again: &Again) -> String {
        let layer = self.network.layers.get(first.layer);
        let name = layer.map_or("?", |layer| layer.name.as_str());
        let value = |raw: i64| match (first.quantity, layer) {
            (Quantity::Membrane | Quantity::State(_), Some(layer))
                if first.neuron < layer.neurons =>
            {
                format!("{raw} ({:.6})", raw as f64 * layer.lsb(first.neuron))
            }
            _ => raw.to_string(),
        };
        let (place, samples, cases, wave) = match self.plan.origins.get(first.sample) {
            Some(&Origin::Data(sample)) => {
                let steps = format!("{}..{}", first.step.saturating_sub(1), first.step + 1);
                let wave = format!(
                    "  waveform:       {} --sample {sample} --steps {steps}\n",
                    again.wave
                );
                (format!("sample {sample}"), sample + 1, 0, wave)
            }
            Some(&Origin::Case(case)) => {
                (format!("random case {case}"), 1, case + 1, String::new())
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
        format!(
            "  first mismatch: {place}, step {}, layer {name}, neuron {}: {} is {}, the golden model has {}\n  \
             again:          {} --engine {} --samples {samples}{cases}\n{wave}",
            first.step,
            first.neuron,
            first.quantity,
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

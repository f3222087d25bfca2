//! `--goal`: lanes chosen by the cost model of the device.

use super::console::Console;
use super::errors;
use super::work::WorkArgs;
use crate::cost::{self, AREA_CYCLES, Choice, Goal, LATENCY_PERCENT};
use crate::diag::{Diagnostic, codes};
use crate::rtl::DesignOptions;
use crate::synth::Target;
use clap::{Args, ValueEnum};
use goldspike_golden::quant::QuantNetwork;

/// What lanes are chosen for.
#[derive(Clone, Copy, Debug, Args)]
pub struct GoalArgs {
    /// Choose `--lanes`, `--neuron-lanes` and `--events` for the device by a model of what designs cost there [default: chosen
    /// by layer, whatever the device].
    #[arg(long, value_enum, help_heading = "Hardware")]
    goal: Option<GoalArg>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum GoalArg {
    /// The fewest cycles of a step with a tenth of the events that fit.
    Latency,
    /// The fewest cells with which a step of all events takes 12000 cycles: 1 ms at 12 MHz.
    Area,
}

/// The flags with lanes for the goal in them, and says which; as they are without a goal.
///
/// # Errors
/// No device, lanes besides the goal, no model of the device, no design that fits.
pub fn chosen(
    args: GoalArgs,
    work: &WorkArgs,
    network: &QuantNetwork,
    target: Option<&'static Target>,
    console: &Console,
) -> Result<WorkArgs, Diagnostic> {
    let Some(goal) = args.goal else {
        return Ok(work.clone());
    };
    let refused =
        |message: String, help| Err(Diagnostic::error(&codes::NOT_APPLICABLE, message).help(help));
    let Some(target) = target else {
        return refused(
            "--goal chooses lanes for a device, and none is named".to_owned(),
            "name one with `--target`, or leave the flag out",
        );
    };
    let given = work.lanes.given();
    if !given.is_empty() {
        return refused(
            format!("--goal chooses what {} sets", given.join(" ")),
            "leave one of them out",
        );
    }
    let goal = match goal {
        GoalArg::Latency => Goal::Latency,
        GoalArg::Area => Goal::Area,
    };
    let options = DesignOptions {
        fabric: target.fabric(),
        ..DesignOptions::default()
    };
    let progress = console.progress(1, "lanes by the cost model");
    progress.show();
    let choice =
        cost::choose(network, target, goal, &options).map_err(|error| errors::cost(&error))?;
    progress.add(1);
    let lanes = work
        .lanes
        .with(&choice.lanes, &choice.neuron_lanes, &choice.events);
    console.note(&note(goal, &choice, &lanes.given().join(" ")));
    Ok(work.with_lanes(lanes))
}

fn note(goal: Goal, choice: &Choice, flags: &str) -> String {
    let cycles = choice.cycles;
    let step = match goal {
        Goal::Latency => {
            format!("{cycles} cycles for a step with {LATENCY_PERCENT} % of the events")
        }
        Goal::Area => format!("{cycles} of {AREA_CYCLES} cycles for a step with all events"),
    };
    format!(
        "chosen by the cost model: {flags}: {step}, {}",
        choice.estimate
    )
}

//! report.md: the build report for people.

use super::{BuildReport, Framework, Measured, Synthesis};
use crate::data::Agreement;
use crate::quantize::{LayerReport, Saturation};
use serde_json::Value;

pub(super) fn render(report: &BuildReport) -> String {
    let verdict = match report.passed {
        true => "Every value that was compared equals the golden model.",
        false => "**The hardware differs from the golden model: see Verification.**",
    };
    let mut parts = vec![
        format!(
            "# {}\n\n{verdict}\n\ngoldspike {}, network digest `{}`\n\n```sh\n{}\n```\n",
            report.network, report.goldspike, report.digest, report.command
        ),
        steps(report),
    ];
    parts.extend(report.measured.as_ref().map(measured));
    parts.extend(report.framework.as_ref().map(framework));
    parts.extend(
        report
            .quantization
            .as_ref()
            .map(|q| quantization(&q.layers)),
    );
    parts.push(hardware(report));
    parts.extend(report.synthesis.as_ref().map(synthesis));
    parts.push(verification(&report.engines));
    parts.join("\n")
}

fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let head: Vec<String> = head.iter().map(|&cell| cell.to_owned()).collect();
    let rule: Vec<String> = head.iter().map(|_| "---".to_owned()).collect();
    let mut text = line(&head) + &line(&rule);
    text.extend(rows.into_iter().map(|row| line(&row)));
    text
}

fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

fn steps(report: &BuildReport) -> String {
    let rows = report.steps.iter().map(|step| {
        vec![
            step.name.to_owned(),
            step.status.words().to_owned(),
            step.note.clone(),
        ]
    });
    format!("## Steps\n\n{}", table(&["step", "", ""], rows))
}

fn measured(measured: &Measured) -> String {
    let accuracy = |share: Option<f64>| share.map_or("no labels".to_owned(), percent);
    let activity: Vec<String> = measured
        .activity
        .iter()
        .map(|&share| percent(share))
        .collect();
    let rows = [
        (
            "accuracy in double precision",
            accuracy(measured.accuracy_float),
        ),
        ("accuracy as integers", accuracy(measured.accuracy_quant)),
        (
            "input events a step",
            format!("{:.2}", measured.input_events_per_step),
        ),
        (
            "activity by layer (spikes by neuron and step)",
            activity.join(", "),
        ),
    ];
    let rows = rows.map(|(name, value)| vec![name.to_owned(), value]);
    format!(
        "## Data\n\n{} samples of {}\n\n{}",
        measured.samples,
        measured.data,
        table(&["", ""], rows)
    )
}

fn framework(framework: &Framework) -> String {
    let row = |name: &str, agreement: &Agreement| {
        vec![
            name.to_owned(),
            format!("{} of {}", agreement.predictions_equal, agreement.samples),
            format!("{} of {}", agreement.counts_equal, agreement.samples),
            format!(
                "{} of {}",
                agreement.spikes_different, agreement.spikes_compared
            ),
            format!("{:.3e}", agreement.membrane_max_error),
        ]
    };
    let reference = framework
        .reference
        .iter()
        .map(|agreement| row("double precision", agreement));
    let rows = reference.chain([row("integers", &framework.integers)]);
    let head = [
        "",
        "equal predictions",
        "equal output counts",
        "different spikes",
        "largest membrane error",
    ];
    format!(
        "## Against the framework\n\nIts own results, from {}. Double precision shows that the network was read right; the \
         integers show what quantization changed.\n\n{}",
        framework.trace,
        table(&head, rows)
    )
}

fn quantization(layers: &[LayerReport]) -> String {
    let rows = layers.iter().map(|layer| {
        vec![
            layer.name.clone(),
            layer.weight_bits.to_string(),
            layer.clipped_weights.to_string(),
            layer.accumulator_bits.to_string(),
            layer.membrane.clone(),
            layer.coefficient.clone(),
            match layer.saturation {
                Saturation::Unreachable => "unreachable".to_owned(),
                Saturation::Reachable => "reachable".to_owned(),
            },
        ]
    });
    let head = [
        "layer",
        "weight bits",
        "clipped weights",
        "accumulator bits",
        "membrane",
        "decay",
        "saturation",
    ];
    let mut text = format!("## Quantization\n\n{}", table(&head, rows));
    for layer in layers {
        for error in &layer.errors {
            text.push_str(&format!(
                "\n- {}: largest error of {}: entry {}, {:.6} stored as {:.6} ({:+.3e})",
                layer.name, error.field, error.index, error.wanted, error.stored, error.error
            ));
        }
        for note in &layer.notes {
            text.push_str(&format!("\n- {}: {note}", layer.name));
        }
    }
    text.push('\n');
    text
}

fn hardware(report: &BuildReport) -> String {
    let rows = report.hardware.iter().map(|layer| {
        let numbers = [
            layer.axons,
            layer.neurons,
            layer.lanes as usize,
            layer.neuron_lanes as usize,
            layer.groups as usize,
        ];
        std::iter::once(layer.name.clone())
            .chain(numbers.map(|number| number.to_string()))
            .collect()
    });
    let head = [
        "layer",
        "axons",
        "neurons",
        "synapse lanes",
        "neuron lanes",
        "passes a step",
    ];
    format!(
        "## Hardware\n\n{:.1} clock cycles a time step, simulated over {} samples back to back without pauses. \
         `datasheet.md` has the ports and the formula.\n\n{}",
        report.cycles_per_step,
        report.cycles_samples,
        table(&head, rows)
    )
}

/// With a capital letter.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

fn synthesis(synthesis: &Synthesis) -> String {
    let rows = synthesis
        .rows()
        .into_iter()
        .map(|(name, value)| vec![name.to_owned(), value]);
    let tools: Vec<&str> = synthesis
        .footprint
        .tools
        .values()
        .map(String::as_str)
        .collect();
    format!(
        "## Synthesis\n\n{}: {}.\n\n{}",
        sentence(synthesis.footprint.basis),
        tools.join(", "),
        table(&["", ""], rows)
    )
}

fn verification(engines: &Value) -> String {
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let checks = engines.as_array().map_or(&[][..], Vec::as_slice);
    let rows = checks.iter().map(|check| {
        let design = if check["probe"] == true {
            "with the probe"
        } else {
            "as shipped"
        };
        let mut row = vec![
            format!("{} {}", text(&check["name"]), text(&check["version"])),
            design.to_owned(),
        ];
        let numbers = [
            "samples",
            "cases",
            "steps",
            "spikes_compared",
            "membranes_compared",
            "states_compared",
            "mismatches",
        ];
        row.extend(numbers.map(|key| text(&check[key])));
        row
    });
    let head = [
        "engine",
        "design",
        "samples",
        "random cases",
        "steps",
        "spikes",
        "membranes",
        "states",
        "mismatches",
    ];
    let mut out = format!(
        "## Verification\n\nCompared with the golden model:\n\n{}",
        table(&head, rows)
    );
    for mismatch in checks
        .iter()
        .filter_map(|check| check["first"]["text"].as_str())
    {
        out.push_str(&format!("\n```\n{mismatch}```\n"));
    }
    out
}

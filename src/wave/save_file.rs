//! The GTKWave save file: streams, then by layer its sequencer and a handful of neurons, golden beside hardware.
//!
//! Written by GTKWave's own conventions: `@` and a set of flags in hexadecimal, then the names that they hold for. Only
//! names that the waveform declares are written.

use std::fmt::Write;

use crate::wave::dump::PERIOD_NS;
use crate::wave::{Kind, Variable, WaveReport};

/// Flags of a trace (GTKWave's `analyzer.h`).
const HEX: u32 = 0x2;
const BINARY: u32 = 0x8;
const RIGHT: u32 = 0x20;
const BLANK: u32 = 0x200;
const SIGNED: u32 = 0x400;
const ANALOG_STEP: u32 = 0x8000;
const ANALOG_STRETCH: u32 = 0x2_0000;
const GROUP_BEGIN: u32 = 0x80_0000;
const GROUP_END: u32 = 0x100_0000;

/// Neurons shown of each layer.
const NEURONS: usize = 4;

/// Width of the wave area, in pixels, that the zoom is chosen for.
const PIXELS: u64 = 1024;

/// What is shown of a layer's hardware: instance, signals.
const SEQUENCER: [(&str, &[&str]); 3] = [
    (
        "u_event_buffer",
        &["step_valid_o", "step_events_o", "banks_used_q"],
    ),
    (
        "u_crossbar",
        &[
            "active",
            "first_step_q",
            "pass_done",
            "step_done_o",
            "hand_o",
        ],
    ),
    (
        "u_neurons",
        &[
            "active_q",
            "row_q",
            "slot_q",
            "row_valid_o",
            "base_o",
            "last_o",
        ],
    ),
];

/// The save file of a recording whose waveform is called `vcd` (the path GTKWave shall open). The text depends on
/// nothing but the arguments.
#[must_use]
pub fn save_file(report: &WaveReport, vcd: &str) -> String {
    let mut save = Save {
        report,
        text: String::new(),
    };
    save.head(vcd);
    save.stream("AXI stream in", "s_axis_");
    save.stream("AXI stream out", "m_axis_t");
    for layer in 0..report.busiest.len() {
        save.layer(layer);
    }
    save.text
}

struct Save<'a> {
    report: &'a WaveReport,
    text: String,
}

impl Save<'_> {
    fn line(&mut self, line: impl std::fmt::Display) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "{line}");
    }

    fn head(&mut self, vcd: &str) {
        let WaveReport {
            sample,
            steps,
            first_cycle,
            cycles,
            first_mismatch,
            ..
        } = self.report;
        let (sample, steps, start, duration) = (
            *sample,
            steps.clone(),
            first_cycle * PERIOD_NS,
            cycles * PERIOD_NS,
        );
        let marker = first_mismatch
            .as_ref()
            .map_or("-1".to_owned(), |found| found.time_ns.to_string());
        let zoom = duration.div_ceil(PIXELS).next_power_of_two().ilog2();
        self.line("[*]");
        self.line(format_args!(
            "[*] goldspike: sample {sample}, steps {}..{}",
            steps.start, steps.end
        ));
        self.line("[*]");
        self.line(format_args!("[dumpfile] \"{vcd}\""));
        self.line(format_args!("[timestart] {start}"));
        self.line("[size] 1400 900");
        self.line("[pos] -1 -1");
        self.line(format_args!("*-{zoom}.000000 {marker}{}", " -1".repeat(26)));
    }

    fn group(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        self.line(format_args!("@{:x}\n-{name}", GROUP_BEGIN | BLANK));
        content(self);
        self.line(format_args!("@{:x}\n-{name}", GROUP_END | BLANK));
    }

    fn trace(&mut self, variable: &Variable) {
        let flags = RIGHT
            | match variable.kind {
                Kind::Bit => BINARY,
                Kind::Vector { signed: false, .. } => HEX,
                Kind::Vector { signed: true, .. } | Kind::Integer => SIGNED,
                Kind::Real { .. } => ANALOG_STEP,
            };
        self.line(format_args!("@{flags:x}\n{}", variable.full_name()));
        if matches!(variable.kind, Kind::Real { .. }) {
            self.line(format_args!("@{ANALOG_STRETCH:x}\n-\n-"));
        }
    }

    fn traces(&mut self, wanted: impl Fn(&Variable) -> bool) {
        let report = self.report;
        for variable in report.variables.iter().filter(|variable| wanted(variable)) {
            self.trace(variable);
        }
    }

    fn stream(&mut self, name: &str, prefix: &str) {
        let is_top = |variable: &Variable| variable.scope.len() == 1;
        self.group(name, |save| {
            save.traces(|v| is_top(v) && v.name == "clk_i");
            save.traces(|v| is_top(v) && v.name.starts_with(prefix));
        });
    }

    fn layer(&mut self, layer: usize) {
        let report = self.report;
        let scope = format!("layer{layer}");
        let instance = format!("u_layer{layer}");
        let beside = |v: &Variable, side: &str, name: &str| {
            v.scope == [side, scope.as_str()] && v.name == name
        };
        self.group(&scope, |save| {
            save.traces(|v| beside(v, "golden", "step"));
            save.traces(|v| beside(v, "golden", "mismatch"));
            save.group(&format!("{scope} sequencer"), |save| {
                for (unit, names) in SEQUENCER {
                    for name in names {
                        save.traces(|v| {
                            v.scope.len() == 3
                                && v.scope[1] == instance
                                && v.scope[2] == unit
                                && v.name == *name
                        });
                    }
                }
            });
            for neuron in shown(report, layer) {
                save.group(&format!("{scope} neuron {neuron}"), |save| {
                    let prefix = format!("n{neuron}_");
                    let names: Vec<&str> = report
                        .variables
                        .iter()
                        .filter(|v| {
                            v.scope == ["golden", scope.as_str()] && v.name.starts_with(&prefix)
                        })
                        .map(|v| v.name.as_str())
                        .collect();
                    for name in names {
                        for side in ["golden", "rtl"] {
                            save.traces(|v| beside(v, side, name));
                        }
                    }
                });
            }
        });
    }
}

/// The neuron that differs first, then the busiest ones.
fn shown(report: &WaveReport, layer: usize) -> Vec<usize> {
    let found = report
        .first_mismatch
        .as_ref()
        .filter(|found| found.at.layer == layer)
        .map(|found| found.at.neuron);
    let others = report.busiest[layer]
        .iter()
        .copied()
        .filter(|&neuron| Some(neuron) != found);
    found.into_iter().chain(others).take(NEURONS).collect()
}

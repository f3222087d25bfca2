//! The report of `make bench` as Markdown: the same run gives the same bytes, but for the seconds of generation.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::efficiency::Load;
use super::generation::{Generation, MOST_SECONDS, MOST_VERILOG_BYTES};
use super::networks::{MEMBRANE_BITS, PERCENT, SAMPLES, STEPS, WEIGHT_BITS};
use super::rows::{Measured, Required, Row};

/// What became of a row.
pub type Outcome = Result<Measured, String>;

/// Everything that was measured.
#[derive(Debug, Default)]
pub struct Report {
    /// The command that measures it again.
    pub command: String,
    /// nextpnr's seeds.
    pub seeds: u32,
    /// Parts that are still to be measured: the report says that it is not whole.
    pub left: usize,
    /// Designs, in the order of the table.
    pub rows: Vec<(Row, Outcome)>,
    /// Crossbars.
    pub efficiency: Vec<(Load, Result<f64, String>)>,
    /// Generation of B.
    pub generation: Option<Result<Generation, String>>,
}

impl Report {
    /// Rows that should have been measured and were not.
    #[must_use]
    pub fn failed(&self) -> usize {
        let rows = self.rows.iter();
        let rows = rows.filter(|(_, found)| found.is_err());
        let loads = self.efficiency.iter().filter(|(_, found)| found.is_err());
        let generation = self.generation.iter().filter(|found| found.is_err());
        rows.count() + loads.count() + generation.count()
    }

    /// The report as Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut out = format!(
            "# Measured designs\n\nMade by `{}`: do not edit. A = 64-32-10, B = 784-128-10, random {WEIGHT_BITS}-bit weights, \
             {MEMBRANE_BITS}-bit membranes, LIF with decay 15/16, soft reset and bias, unless the row says otherwise. \
             Thresholds are such that about {PERCENT} % of the neurons fire at {PERCENT} % of input events.\n\n\
             Cells and clock rate: after routing, nextpnr's seeds 1 to {}, the rate as lowest, **median**, highest. A step: \
             mean cycles between the ends of two steps in the embedded simulator, {SAMPLES} samples of {STEPS} steps with \
             {PERCENT} % events, without pauses, layers overlapped; the output equals the golden model's. Latency: mean \
             cycles from the last beat of a lone step at the input to its last at the output. Useful: synaptic operations of the \
             first layer for each of its lanes, event ways and cycles.\n\n",
            self.command, self.seeds
        );
        if self.left > 0 {
            let _ = writeln!(
                out,
                "**An unfinished run**: {} parts are missing.\n",
                self.left
            );
        }
        self.designs(&mut out);
        self.critical(&mut out);
        self.loads(&mut out);
        self.generated(&mut out);
        self.tools(&mut out);
        out
    }

    fn designs(&self, out: &mut String) {
        if self.rows.is_empty() {
            return;
        }
        out.push_str(
            "| design | P; Q; K | device | cells | LUT; FF; BRAM; SPRAM; DSP | Fmax (MHz) | to LIF | multipliers in a lane | cycles a step | useful | us a step | latency | required | |\n\
             |---|---|---|--:|---|---|--:|--:|--:|--:|--:|--:|---|---|\n",
        );
        for (row, outcome) in &self.rows {
            let list = |lanes: &[u32]| {
                lanes
                    .iter()
                    .map(u32::to_string)
                    .collect::<Vec<_>>()
                    .join(",")
            };
            let _ = write!(
                out,
                "| {} | {}; {}; {}{} | {} | ",
                row.name,
                list(row.lanes),
                list(row.neuron_lanes),
                list(row.events),
                match row.beat_events {
                    1 => String::new(),
                    several => format!("; {several} a beat"),
                },
                row.target
            );
            let required = words(&row.required);
            let _ = match outcome {
                Err(error) => {
                    let error = error.replace(['\n', '|'], " ");
                    writeln!(out, " | | | | | | | | | {required} | **ERROR**: {error} |")
                }
                Ok(found) => {
                    let [low, median, high] = found.rates();
                    let f = &found.footprint;
                    writeln!(
                        out,
                        "{} | {}; {}; {}; {}; {} | {low:.1}, **{median:.1}**, {high:.1} | {} | {} | {:.1} | {:.4} | {:.3} | {:.1} | {required} | {} |",
                        f.cells,
                        f.lut4,
                        f.ff,
                        f.bram,
                        f.spram,
                        f.dsp,
                        self.to_lif(row, median),
                        found.multipliers,
                        found.timing.interval,
                        found.useful(),
                        found.us(),
                        found.timing.latency,
                        verdict(&found.misses(&row.required), &row.required)
                    )
                }
            };
        }
        out.push('\n');
    }

    /// Clock rate as a ratio to that of the same design with LIF.
    fn to_lif(&self, row: &Row, mhz: f64) -> String {
        let same = self.rows.iter().find(|(lif, _)| {
            (lif.sizes, lif.target, lif.lanes) == (row.sizes, row.target, row.lanes)
                && lif.kind == super::networks::Kind::Lif
                && row.kind != lif.kind
        });
        let lif = same.and_then(|(_, found)| found.as_ref().ok()?.footprint.fmax_mhz);
        lif.map_or_else(String::new, |lif| format!("{:.2}", mhz / lif))
    }

    fn critical(&self, out: &mut String) {
        if self.rows.iter().all(|(_, found)| found.is_err()) {
            return;
        }
        out.push_str("Slowest paths between registers, of the median's seed:\n\n");
        for (row, outcome) in &self.rows {
            let path = outcome.as_ref().ok();
            let path = path.and_then(|found| found.footprint.critical_path.as_ref());
            if let Some(path) = path {
                let _ = writeln!(out, "- {}: {path}", row.name);
            }
        }
        out.push('\n');
    }

    fn loads(&self, out: &mut String) {
        if self.efficiency.is_empty() {
            return;
        }
        out.push_str(
            "Crossbar of B's first layer, simulated: useful synaptic operations for each lane, event way and cycle.\n\n\
             | P | Q | K | events | useful | required | |\n|--:|--:|--:|--:|--:|--:|---|\n",
        );
        for (load, found) in &self.efficiency {
            let (useful, verdict) = match found {
                Ok(useful) => (
                    format!("{useful:.4}"),
                    if *useful >= load.required {
                        "met"
                    } else {
                        "**not met**"
                    }
                    .to_owned(),
                ),
                Err(error) => (String::new(), format!("**ERROR**: {error}")),
            };
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} % | {useful} | {} | {verdict} |",
                load.lanes, load.neuron_lanes, load.events, load.percent, load.required
            );
        }
        out.push('\n');
    }

    fn generated(&self, out: &mut String) {
        let _ = match &self.generation {
            None => return,
            Some(Err(error)) => writeln!(out, "Generation of B: **ERROR**: {error}\n"),
            Some(Ok(found)) => {
                let peak = found.peak_kb.map_or_else(
                    || "unknown on this system".to_owned(),
                    |kb| format!("{:.0} MB", kb as f64 / 1024.0),
                );
                let met =
                    found.seconds <= MOST_SECONDS && found.verilog_bytes <= MOST_VERILOG_BYTES;
                writeln!(
                    out,
                    "Generation of B (P 64, Q 1), from integers to files: {:.2} s (required {MOST_SECONDS}), peak memory of the \
                     process {peak}, {} bytes of Verilog (required {MOST_VERILOG_BYTES}) beside {} bytes of memory contents: {}.\n",
                    found.seconds,
                    found.verilog_bytes,
                    found.hex_bytes,
                    if met { "met" } else { "**not met**" }
                )
            }
        };
    }

    fn tools(&self, out: &mut String) {
        let mut tools = BTreeMap::new();
        for found in self
            .rows
            .iter()
            .filter_map(|(_, found)| found.as_ref().ok())
        {
            tools.extend(found.footprint.tools.clone());
        }
        let _ = writeln!(out, "Tools: goldspike {}", env!("CARGO_PKG_VERSION"));
        for (name, version) in tools {
            let _ = writeln!(out, "- {name}: {version}");
        }
    }
}

fn words(required: &Required) -> String {
    let limits = [
        required.cells.map(|most| format!("<= {most} cells")),
        required.mhz.map(|least| format!(">= {least} MHz")),
        required.us.map(|most| format!("<= {most} us")),
        required.useful.map(|least| format!(">= {least} useful")),
    ];
    limits.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn verdict(misses: &[String], required: &Required) -> String {
    match misses {
        _ if *required == Required::default() => String::new(),
        [] => "met".to_owned(),
        missed => format!("**not met**: {}", missed.join(", ")),
    }
}

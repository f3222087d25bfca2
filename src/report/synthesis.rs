//! What synthesis and placement found of a design, with the time that a step takes at that clock rate.

use crate::cost::Estimate;
use crate::synth::Footprint;
use serde::Serialize;

/// A design on a device.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Synthesis {
    /// Cells and clock rate.
    #[serde(flatten)]
    pub footprint: Footprint,
    /// What the cost model says; `None`: there is none of the device.
    pub model: Option<Estimate>,
    /// Clock cycles of one time step without pauses, simulated.
    pub cycles_per_step: f64,
    /// What was simulated.
    pub stimulus: String,
    /// Microseconds of one time step at the clock rate; `None` without one.
    pub us_per_step: Option<f64>,
    /// Synaptic operations (an event at a neuron of the layer that it enters) of a cycle.
    pub useful_sop_per_cycle: f64,
    /// Bits of their weights, as a share of what one read port of each block RAM of the device gives.
    pub roofline_fraction: Option<f64>,
    /// The board; `None` for a device alone.
    pub board: Option<String>,
    /// Clock rate of the board.
    pub board_mhz: Option<f64>,
    /// The bitstream's file, in the folder that was written; `None` if none was made.
    pub bitstream: Option<String>,
    /// SHA-256 of that file, in hexadecimal.
    pub bitstream_sha256: Option<String>,
    /// Seed of nextpnr that it comes from.
    pub bitstream_seed: Option<u32>,
}

impl Synthesis {
    /// Names and values for people.
    #[must_use]
    pub fn rows(&self) -> Vec<(&'static str, String)> {
        let f = &self.footprint;
        let share = |used: usize, all: usize| 100.0 * used as f64 / all.max(1) as f64;
        let mut rows = vec![
            ("device", format!("{}, {}", f.device, f.basis)),
            (
                "cells",
                format!(
                    "{} of {} {} ({:.0} %)",
                    f.cells,
                    f.cells_available,
                    f.cell,
                    share(f.cells, f.cells_available)
                ),
            ),
            (
                "logic",
                format!(
                    "{} look-up tables, {} carry cells, {} flip-flops",
                    f.lut4, f.carry, f.ff
                ),
            ),
            ("block RAMs", format!("{} of {}", f.bram, f.bram_available)),
        ];
        if f.spram > 0 {
            rows.push(("SPRAMs", format!("{} of {}", f.spram, f.spram_available)));
        }
        if f.lut_ram > 0 {
            rows.push(("LUT memories", f.lut_ram.to_string()));
        }
        rows.push(("multipliers", format!("{} of {}", f.dsp, f.dsp_available)));
        rows.extend(clock(f).map(|clock| ("clock", clock)));
        rows.extend(
            self.model
                .as_ref()
                .map(|model| ("by model", model.to_string())),
        );
        rows.extend(f.goal.as_ref().map(|goal| ("goal", goal.to_string())));
        if let Some(path) = &f.critical_path {
            rows.push(("slowest path", path.to_string()));
        }
        let at_clock = match (self.us_per_step, self.board_mhz) {
            (Some(us), Some(mhz)) => format!("cycles, {us:.3} us at the board's {mhz} MHz"),
            (Some(us), None) => format!("cycles, {us:.3} us at that clock"),
            (None, _) => "cycles".to_owned(),
        };
        rows.push((
            "a step",
            format!(
                "{:.1} {at_clock} ({}, without pauses)",
                self.cycles_per_step, self.stimulus
            ),
        ));
        rows.push(("useful", self.useful()));
        if f.fmax_mhz.is_some() {
            rows.push(("pins", self.pins()));
            rows.extend(self.bitstream().map(|bitstream| ("bitstream", bitstream)));
        }
        rows
    }

    fn pins(&self) -> String {
        match &self.board {
            Some(board) => format!("those of the board {board}, with the serial link"),
            None => pins(&self.footprint),
        }
    }

    fn bitstream(&self) -> Option<String> {
        let f = &self.footprint;
        Some(
            match (&self.bitstream, &self.bitstream_sha256, self.bitstream_seed) {
                (Some(file), Some(sha256), Some(seed)) => {
                    format!("{file}, seed {seed}, SHA-256 {sha256}")
                }
                _ if f.frame.is_some() => "none: in a frame the ports have no pins".to_owned(),
                _ if f.goal.as_ref().is_some_and(|goal| !goal.met) => {
                    "none: the clock rate is missed".to_owned()
                }
                _ => return None,
            },
        )
    }

    fn useful(&self) -> String {
        let sop = format!("{:.2} SOP a cycle", self.useful_sop_per_cycle);
        match self.roofline_fraction {
            Some(share) => format!(
                "{sop}, {:.1} % of what one port of each block RAM of the device can deliver",
                100.0 * share
            ),
            None => sop,
        }
    }
}

fn pins(footprint: &Footprint) -> String {
    match footprint.frame {
        None => "assigned".to_owned(),
        Some(frame) => format!(
            "{} port bits, {} pins: measured in a frame of registers, whose {} cells are subtracted",
            frame.ports, frame.pins, frame.cells
        ),
    }
}

fn clock(footprint: &Footprint) -> Option<String> {
    let rates = &footprint.fmax_by_seed;
    let low = rates.iter().copied().fold(f64::INFINITY, f64::min);
    let high = rates.iter().copied().fold(0.0, f64::max);
    let fmax = footprint.fmax_mhz?;
    Some(match rates.len() {
        1 => format!("{fmax:.1} MHz between registers (one seed)"),
        seeds => format!(
            "{fmax:.1} MHz between registers, median of {seeds} seeds ({low:.1} to {high:.1})"
        ),
    })
}

//! What synthesis and placement found of a design, with the time that a step takes at that clock rate.

use crate::synth::Footprint;
use serde::Serialize;

/// A design on a device.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Synthesis {
    /// Cells and clock rate.
    #[serde(flatten)]
    pub footprint: Footprint,
    /// Clock cycles of one time step without pauses, simulated.
    pub cycles_per_step: f64,
    /// What was simulated.
    pub stimulus: String,
    /// Microseconds of one time step at the clock rate.
    pub us_per_step: f64,
    /// Synaptic operations (an event at a neuron of the layer that it enters) of a cycle.
    pub useful_sop_per_cycle: f64,
    /// Bits of their weights, as a share of what one read port of each block RAM of the device gives.
    pub roofline_fraction: Option<f64>,
    /// The bitstream's file; this version makes none.
    pub bitstream: Option<String>,
}

impl Synthesis {
    /// Names and values for people.
    #[must_use]
    pub fn rows(&self) -> Vec<(&'static str, String)> {
        let f = &self.footprint;
        let share = |used: usize, all: usize| 100.0 * used as f64 / all.max(1) as f64;
        let mut rows = vec![
            ("device", f.device.to_owned()),
            (
                "cells",
                format!(
                    "{} of {} ({:.0} %)",
                    f.cells,
                    f.cells_available,
                    share(f.cells, f.cells_available)
                ),
            ),
            (
                "logic",
                format!(
                    "{} LUT4, {} carry cells, {} flip-flops",
                    f.lut4, f.carry, f.ff
                ),
            ),
            ("block RAMs", format!("{} of {}", f.bram, f.bram_available)),
        ];
        if f.lut_ram > 0 {
            rows.push(("LUT memories", format!("{}, 16 x 4 bits each", f.lut_ram)));
        }
        rows.push(("multipliers", format!("{} of {}", f.dsp, f.dsp_available)));
        rows.push(("clock", clock(f)));
        if let Some(path) = &f.critical_path {
            rows.push((
                "slowest path",
                format!(
                    "{:.2} ns ({:.2} in wires, {} levels): {}",
                    path.ns,
                    path.routing_ns,
                    path.levels,
                    path.through.join(" > ")
                ),
            ));
        }
        rows.push((
            "a step",
            format!(
                "{:.1} cycles, {:.3} us at that clock ({}, without pauses)",
                self.cycles_per_step, self.us_per_step, self.stimulus
            ),
        ));
        rows.push(("useful", self.useful()));
        rows.push((
            "pins",
            match f.frame {
                None => "assigned by nextpnr".to_owned(),
                Some(frame) => format!(
                    "{} port bits, {} pins: measured in a frame of registers, whose {} cells are subtracted",
                    frame.ports, frame.pins, frame.cells
                ),
            },
        ));
        rows
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

fn clock(footprint: &Footprint) -> String {
    let rates = &footprint.fmax_by_seed;
    let low = rates.iter().copied().fold(f64::INFINITY, f64::min);
    let high = rates.iter().copied().fold(0.0, f64::max);
    let fmax = footprint.fmax_mhz;
    match rates.len() {
        1 => format!("{fmax:.1} MHz between registers (one seed)"),
        seeds => format!(
            "{fmax:.1} MHz between registers, median of {seeds} seeds ({low:.1} to {high:.1})"
        ),
    }
}

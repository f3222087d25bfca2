//! Lattice ECP5: nextpnr-ecp5 and Project Trellis.

use super::{Facts, Placing, words};
use crate::engine::tool::{ECPPACK, NEXTPNR_ECP5, YOSYS};
use crate::rtl::Fabric;
use crate::synth::cells::Counts;
use crate::synth::nextpnr::Order;

pub(super) const FACTS: Facts = Facts {
    name: "ECP5",
    cell: "TRELLIS_COMB",
    yosys: YOSYS,
    fabric: Fabric::ECP5,
    placing: Some(Placing {
        placer: NEXTPNR_ECP5,
        packer: ECPPACK,
        pins: "lpf",
        assign: None,
        routed: "config",
        bitstream: "bit",
        place,
        pack: |routed, bitstream| words(&["--compress", routed, bitstream]),
        logic: "TRELLIS_COMB",
        words: &[
            ("TRELLIS_COMB", "cells (TRELLIS_COMB)"),
            ("TRELLIS_FF", "flip-flops"),
            ("DP16KD", "block RAMs"),
            ("MULT18X18D", "multiplier blocks"),
            ("TRELLIS_IO", "pins"),
        ],
        framing: (0, 1),
    }),
    counts,
    appended: &[
        "_LUT4",
        "_TRELLIS_",
        "_CCU2C",
        "_PFUMX",
        "_L6MUX",
        "_MULT18",
        "_DP16KD",
    ],
    port_bits: 36,
};

/// Weight of slow paths in placing. 784-128-10 with 64 lanes reaches 175 and 184 MHz with nextpnr's 10, seeds 1 and 2, and
/// 193 and 192 with this.
const TIMING_WEIGHT: &str = "40";

fn place(order: &Order<'_>) -> Vec<String> {
    let mut arguments = words(&[
        order.target.device,
        "--package",
        order.package(),
        "--textcfg",
        order.routed,
        "--placer-heap-timingweight",
        TIMING_WEIGHT,
    ]);
    if let Some(speed) = order.target.speed {
        arguments.extend(words(&["--speed", speed]));
    }
    arguments.extend(match order.pins {
        Some(pins) => words(&["--lpf", pins]),
        None => words(&["--lpf-allow-unconstrained"]),
    });
    arguments
}

fn counts(kind: &str) -> Option<Counts> {
    let mut counts = Counts::default();
    match kind {
        "LUT4" => counts.lut4 = 1,
        "CCU2C" => counts.carry = 1,
        "TRELLIS_FF" => counts.ff = 1,
        "DP16KD" | "PDPW16KD" => counts.bram = 1,
        "TRELLIS_DPR16X4" => counts.lut_ram = 1,
        "MULT18X18D" => counts.dsp = 1,
        "PFUMX" | "L6MUX21" | "TRELLIS_IO" | "DCCA" | "EHXPLLL" => {}
        _ => return None,
    }
    Some(counts)
}

//! Cologne Chip `GateMate`: nextpnr-himbaechel and Project Peppercorn.
//!
//! It has no multiplier blocks: a `CC_MULT` is made of logic cells and is among them once placed.

use super::{Facts, Placing, words};
use crate::engine::tool::{GMPACK, NEXTPNR_GATEMATE, YOSYS_NEW};
use crate::rtl::Fabric;
use crate::synth::cells::Counts;
use crate::synth::nextpnr::Order;

pub(super) const FACTS: Facts = Facts {
    name: "GateMate",
    cell: "CPE_LT",
    yosys: YOSYS_NEW,
    fabric: Fabric::PORTABLE,
    placing: Some(Placing {
        placer: NEXTPNR_GATEMATE,
        packer: GMPACK,
        pins: "ccf",
        assign: None,
        routed: "txt",
        bitstream: "bit",
        place,
        pack: |routed, bitstream| words(&[routed, bitstream]),
        logic: "CPE_LT",
        words: &[
            ("CPE_LT", "cells (CPE_LT)"),
            ("CPE_FF", "flip-flops"),
            ("RAM_HALF", "block RAMs of 20 kbit"),
            ("GPIO", "pins"),
        ],
        framing: (1, 1),
    }),
    counts,
    appended: &[],
    port_bits: 40,
};

fn place(order: &Order<'_>) -> Vec<String> {
    let mut arguments = words(&["--device", order.package()]);
    arguments.extend(words(&["--vopt", &format!("out={}", order.routed)]));
    arguments.extend(match order.pins {
        Some(pins) => words(&["--vopt", &format!("ccf={pins}")]),
        None => words(&["--vopt", "allow-unconstrained"]),
    });
    arguments
}

fn counts(kind: &str) -> Option<Counts> {
    let mut counts = Counts::default();
    match kind {
        "CC_LUT1" | "CC_LUT2" | "CC_LUT3" | "CC_LUT4" | "CC_L2T4" | "CC_L2T5" | "CC_MX2"
        | "CC_MX4" => counts.lut4 = 1,
        "CC_ADDF" => counts.carry = 1,
        "CC_DFF" => counts.ff = 1,
        "CC_BRAM_20K" => counts.bram = 1,
        "CC_BRAM_40K" => counts.bram = 2,
        "CC_MULT" | "CC_IBUF" | "CC_OBUF" | "CC_TOBUF" | "CC_IOBUF" | "CC_BUFG" | "CC_PLL"
        | "CC_USR_RSTN" => {}
        _ => return None,
    }
    Some(counts)
}

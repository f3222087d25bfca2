//! Lattice iCE40: nextpnr-ice40 and `IceStorm`.

use super::{Facts, Placing, words};
use crate::engine::tool::{ICEPACK, NEXTPNR_ICE40, YOSYS};
use crate::rtl::Fabric;
use crate::synth::cells::Counts;
use crate::synth::nextpnr::Order;

pub(super) const FACTS: Facts = Facts {
    name: "iCE40",
    cell: "logic cells",
    yosys: YOSYS,
    fabric: Fabric::ICE40,
    placing: Some(Placing {
        placer: NEXTPNR_ICE40,
        packer: ICEPACK,
        pins: "pcf",
        assign: None,
        routed: "asc",
        bitstream: "bin",
        place,
        pack: |routed, bitstream| words(&[routed, bitstream]),
        logic: "ICESTORM_LC",
        words: &[
            ("ICESTORM_LC", "logic cells"),
            ("ICESTORM_RAM", "block RAMs"),
            ("ICESTORM_DSP", "multiplier blocks"),
            ("ICESTORM_SPRAM", "large memories"),
            ("SB_IO", "pins"),
        ],
        framing: (1, 1),
    }),
    counts,
    appended: &["_SB_", "_RDATA"],
    port_bits: 16,
};

/// How much the placer weighs timing against wire length: twice nextpnr's default, which is 3 % faster on designs whose paths
/// are wires.
const TIMING_WEIGHT: &str = "20";

fn place(order: &Order<'_>) -> Vec<String> {
    let mut arguments = words(&[
        order.target.device,
        "--package",
        order.package(),
        "--asc",
        order.routed,
        "--placer-heap-timingweight",
        TIMING_WEIGHT,
    ]);
    if let Some(pins) = order.pins {
        arguments.extend(words(&["--pcf", pins]));
    }
    arguments
}

fn counts(kind: &str) -> Option<Counts> {
    let mut counts = Counts::default();
    match kind {
        "SB_LUT4" => counts.lut4 = 1,
        "SB_CARRY" => counts.carry = 1,
        "SB_SPRAM256KA" => counts.spram = 1,
        "SB_MAC16" => counts.dsp = 1,
        "SB_IO" | "SB_GB" | "SB_GB_IO" | "SB_PLL40_CORE" | "SB_PLL40_PAD" => {}
        _ if kind.starts_with("SB_DFF") => counts.ff = 1,
        _ if kind.starts_with("SB_RAM40_4K") => counts.bram = 1,
        _ => return None,
    }
    Some(counts)
}

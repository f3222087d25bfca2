//! A design in a frame of registers is counted as it is with pins of its own.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::atomic::{AtomicU32, Ordering};

use goldspike::engine::tool::{NEXTPNR_ICE40, Toolbox, YOSYS};
use goldspike::rtl::{DesignOptions, design};
use goldspike::synth::{Constraints, Effort, Footprint, Target, footprint, target};
use goldspike_testbench::small::references;
use goldspike_testbench::tools::missing;

fn measured(target: &Target, seeds: u32) -> Footprint {
    let (small, _, _) = references().into_iter().next().unwrap();
    let design = design(&small.network(), &DesignOptions::default()).unwrap();
    let calls = AtomicU32::new(0);
    let found = footprint(
        &Toolbox::from_environment(),
        &design.top,
        target,
        &Effort {
            seeds,
            jobs: 2,
            constraints: Constraints::default(),
            bitstream: false,
        },
        &|| {
            calls.fetch_add(1, Ordering::Relaxed);
        },
    )
    .unwrap();
    assert_eq!(calls.into_inner(), 1 + seeds, "one call a piece of work");
    found
}

#[test]
fn a_frame_is_not_counted() {
    if missing(YOSYS) || missing(NEXTPNR_ICE40) {
        return;
    }
    let pinned = *target("up5k").unwrap();
    let mut narrow = pinned;
    narrow.holds.pins = 10;
    let (with_pins, framed) = (measured(&pinned, 1), measured(&narrow, 2));
    assert_eq!(with_pins.frame, None);
    let frame = framed.frame.unwrap();
    assert!(frame.pins == 10 && frame.ports > 10, "{frame:?}");
    assert_eq!(frame.cells, frame.ports - 2, "all but clock and reset");
    for (what, a, b) in [
        ("flip-flops", with_pins.ff, framed.ff),
        ("block RAMs", with_pins.bram, framed.bram),
        ("multiplier blocks", with_pins.dsp, framed.dsp),
    ] {
        assert_eq!(a, b, "{what}");
    }
    // Mapping gives a few more or less where names, order and what is known of the ports differ.
    for (what, a, b) in [
        ("look-up tables", with_pins.lut4, framed.lut4),
        ("carries", with_pins.carry, framed.carry),
    ] {
        assert!(a.abs_diff(b) * 50 <= a, "{b} {what}, {a} with pins");
    }
    // A register of the frame shares a cell with what the design has before it, where that is a lone look-up table.
    let (cells, expected) = (framed.cells as i64, with_pins.cells as i64);
    assert!(
        (cells - expected).abs() <= frame.cells as i64,
        "{cells} cells, {expected} with pins"
    );
    assert_eq!(framed.fmax_by_seed.len(), 2);
    assert!(framed.fmax_by_seed.contains(&framed.fmax_mhz.unwrap()));
}

//! Law: a leak toward zero moves the decayed state toward 0 by its amount, from both sides, and stops there. Every state,
//! leak and rounding of an 8-bit membrane.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod golden_support;

use golden_support::{brought, rounded};
use goldspike_golden::arith::Raw;
use goldspike_golden::format::{Overflow, Rounding};
use goldspike_golden::neuron::{Cell, Leak, Modes, Reset, State};
use goldspike_golden::quant::{Param, QuantLayer};
use goldspike_testbench::small::Small;

fn layer(decay: i64, leak: i64, rounding: Rounding, overflow: Overflow) -> QuantLayer {
    let small = Small {
        membrane_bits: 8,
        modes: Modes {
            reset: Reset::None,
            leak: Leak::LinearTowardZero,
            ..Modes::default()
        },
        rounding,
        overflow,
        ..Small::default()
    };
    let mut layer = small.network().layers.remove(0);
    let constants = [("decay", decay), ("leak", leak), ("offset", 0)];
    for (name, value) in constants {
        let old = layer
            .neuron
            .constants
            .insert(name.to_owned(), Param::Layer(value));
        assert!(old.is_some(), "{name}");
    }
    layer
}

fn after(a: &Raw, cell: &Cell<i64>, v: i64, x: i64) -> i64 {
    let state = State {
        kept: vec![v],
        spike: false,
        negative: false,
    };
    let done = cell.step(a, &state, &x);
    assert_eq!(done.kept, [done.h]);
    done.h
}

#[test]
fn a_leak_toward_zero_stops_at_zero() {
    let (mut steps, mut stopped, mut overflows) = (0u32, 0, 0);
    for rounding in Rounding::ALL {
        for overflow in Overflow::ALL {
            let a = Raw { rounding, overflow };
            // 0, 3/4, 61/64 and 1.
            for decay in [0, 48, 61, 64] {
                for leak in 0..=127 {
                    let layer = layer(decay, leak, rounding, overflow);
                    let cell = layer.cell(0, 0, |raw| raw, |raw| raw).unwrap();
                    for v in -128..=127 {
                        let kept = rounded(i128::from(decay * v), 6, rounding);
                        let left = (kept.abs() - i128::from(leak)).max(0) * kept.signum();
                        for x in [0, 1, -1, 100, -100] {
                            let sum = left + x;
                            let expected = brought(sum, &layer.membrane, overflow);
                            let found = after(&a, &cell, v, x as i64);
                            let place = || format!("{rounding:?} {decay} {leak} {v} {x}");
                            assert_eq!(i128::from(found), expected, "{}", place());
                            steps += 1;
                            stopped += u32::from(left == 0 && kept != 0);
                            overflows += u32::from(expected != sum);
                        }
                    }
                }
            }
        }
    }
    println!("{steps} steps, {stopped} stopped at 0, {overflows} overflows");
    assert_eq!(steps, 4 * 3 * 4 * 128 * 256 * 5);
    assert!(stopped > 100_000 && overflows > 100_000);
}

/// Without input every state comes to rest at 0 and stays there.
#[test]
fn without_input_every_state_comes_to_rest() {
    let a = Raw::default();
    for leak in 1..=127 {
        let layer = layer(64, leak, a.rounding, a.overflow);
        let cell = layer.cell(0, 0, |raw| raw, |raw| raw).unwrap();
        for start in -128..=127i64 {
            let mut v = start;
            for _ in 0..(start.abs() + leak - 1) / leak {
                assert_ne!(v, 0, "{start} leak {leak}");
                v = after(&a, &cell, v, 0);
            }
            assert_eq!((v, after(&a, &cell, v, 0)), (0, 0), "{start} leak {leak}");
        }
    }
}

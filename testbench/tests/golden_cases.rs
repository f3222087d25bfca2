//! The hand-written examples of the arithmetic contract hold for `Raw` and for the golden network.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by a panic"
)]

use std::path::Path;

use goldspike_golden::arith::{Arith, Raw, Real, Threshold};
use goldspike_golden::format::{Overflow, QFormat, Rounding, nearest};
use goldspike_golden::network::golden;
use goldspike_testbench::contract_case::{ContractFile, Operation, parse, read_folder};

fn contract() -> Vec<(String, ContractFile)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/contract");
    read_folder(&folder)
        .unwrap_or_else(|error| panic!("{error}"))
        .into_iter()
        .collect()
}

fn rounding(rounding: Rounding) -> Raw {
    Raw {
        rounding,
        overflow: Overflow::Saturate,
    }
}

fn product_form(mode: Rounding, value: i64, shift: u32) -> i64 {
    rounding(mode).product(&((1 << shift) - 1), &value, shift)
}

fn shift_form(mode: Rounding, value: i64, shift: u32) -> i64 {
    value - rounding(mode).product(&1, &value, shift)
}

fn check(operation: Operation) -> bool {
    match operation {
        Operation::Product {
            mode,
            coefficient,
            value,
            drop,
            result,
        } => rounding(mode).product(&coefficient, &value, drop) == result,
        Operation::ShiftForm {
            mode,
            value,
            shift,
            result,
        } => shift_form(mode, value, shift) == result,
        Operation::FormsDiffer {
            mode,
            shift,
            low,
            high,
            count,
        } => {
            let differ = |v: &i64| product_form(mode, *v, shift) != shift_form(mode, *v, shift);
            (low..=high).filter(differ).count() == count
        }
        Operation::Overflow {
            mode,
            bits,
            sum,
            result,
        } => {
            let raw = Raw {
                rounding: Rounding::Floor,
                overflow: mode,
            };
            raw.overflow(&sum, &QFormat::signed(bits, 0)) == result
        }
        Operation::Align {
            mode,
            guard_bits,
            sum,
            result,
        } => rounding(mode).align(&sum, guard_bits) == result,
        Operation::Threshold {
            fire,
            level,
            fire_at,
            reset_by,
        } => {
            let fires = |raw: i64| Real.at_least(&(raw as f64), &Threshold { level, fire });
            fires(fire_at) && !fires(fire_at - 1) && nearest(level, 1.0) == Some(reset_by)
        }
    }
}

#[test]
fn operations_give_the_written_results() {
    let mut count = 0;
    for (path, file) in contract() {
        for (line, operation) in file.operations {
            assert!(check(operation), "{path}:{line}: {operation:?}");
            count += 1;
        }
    }
    println!("{count} operations");
    assert!(count >= 80);
}

#[test]
fn neurons_give_the_written_traces() {
    let (mut neurons, mut steps, mut spikes) = (0, 0, 0);
    for (path, file) in contract() {
        for case in file.neurons {
            let program = golden(&case.network)
                .unwrap_or_else(|error| panic!("{path}: {}: {error}", case.name));
            let trace = program.run(&case.sample);
            assert_eq!(trace, case.trace, "{path}: {}", case.name);
            neurons += 1;
            steps += trace.steps.len();
            spikes += trace.counts()[0];
        }
    }
    println!("{neurons} neurons, {steps} steps, {spikes} spikes");
    assert!(neurons >= 30 && steps >= 70 && spikes >= 20);
}

#[test]
fn unreadable_cases_are_refused_with_their_line() {
    for (text, message) in [
        (
            "product half_up 1 * 1 >> 1",
            "line 1: `product half_up 1 * 1 >> 1` is no operation",
        ),
        (
            "\nalign half_up x 1 -> 2",
            "line 2: `x` is not a number of this place",
        ),
        (
            "neuron a\n  1 | 1 0 1\n  fire_at 1\n  fire_at 1",
            "line 4: `fire_at` stands twice",
        ),
        (
            "neuron a\n  size 3\n  1 | 1 0 1",
            "neuron a: `size` is no setting",
        ),
        ("neuron a\n  decay 1", "neuron a has no steps"),
        (
            "neuron a\n  1 | 1 0",
            "line 2: `1 | 1 0` is neither a setting nor a step",
        ),
    ] {
        assert_eq!(parse(text).expect_err(text), message);
    }
}

//! Law: the reference arithmetic reproduces what the authors' and the frameworks' own code computed, to 1e-9 and every
//! spike. The files name their convention; cases of zero margin are exact ties.
//!
//! Law: the integers of a 16-bit membrane with 10 fractional bits stay within the bound of NUMERICS ("Faithful to what", 3) of
//! the same integers without rounding, on the same vectors, until the first spike that differs or overflow; few do.
//!
//! Further files of the same families are read from the folder in `GOLDSPIKE_VECTORS`, if it is set.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by a panic"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use goldspike::quantize::{self, Options};
use goldspike_golden::arith::Real;
use goldspike_golden::format::QFormat;
use goldspike_golden::quant::{Param, QuantLayer};
use goldspike_testbench::twin::{Pair, Twin};
use goldspike_testbench::vectors::{self, Case};

const TOLERANCE: f64 = 1e-9;

#[derive(Debug, Default)]
struct Seen {
    cases: usize,
    values: usize,
    spikes: usize,
    negative_spikes: usize,
    silences: usize,
    exact_ties: usize,
    worst: f64,
}

/// Compares every step of one case with the reference, in the units of the source.
fn replay(family: &str, case: &Case, seen: &mut Seen) {
    vectors::replay(case, &Real, |value| {
        assert!(
            value.agrees(TOLERANCE),
            "{family} case {}: {value:?}",
            case.id
        );
        if value.name == "spike" {
            seen.spikes += usize::from(value.found != 0.0);
            seen.negative_spikes += usize::from(value.found < 0.0);
            seen.silences += usize::from(value.found == 0.0);
        } else {
            seen.worst = seen.worst.max((value.found - value.expected).abs());
            seen.values += 1;
        }
        true
    })
    .unwrap();
}

/// Every case of a folder; the families that were read.
fn replay_folder(folder: &Path, seen: &mut Seen) -> Vec<String> {
    let mut families = Vec::new();
    for path in vectors::files(folder).unwrap() {
        let (family, cases) = vectors::read(&path).unwrap();
        assert!(
            !cases.is_empty(),
            "{family}: a family that no model here knows"
        );
        for case in &cases {
            seen.cases += 1;
            seen.exact_ties += usize::from(case.min_margin == 0.0);
            replay(&family, case, seen);
        }
        families.push(family);
    }
    families
}

#[test]
fn reference_reproduces_the_authors_code() {
    let mut seen = Seen::default();
    let families = replay_folder(&vectors::committed(), &mut seen);
    println!("{} families: {seen:?}", families.len());
    assert_eq!((families.len(), seen.cases), (26, 26 * 16));
    assert!(seen.values > 26 * 16 * 16 * 8 * 2);
    assert!(seen.negative_spikes > 500);
    assert!(seen.spikes > 1000 && seen.silences > 1000 && seen.exact_ties > 0);
}

#[test]
fn reference_reproduces_the_vectors_folder() {
    // Without a folder the committed one stands in, so that the test always compares something.
    let folder = std::env::var_os("GOLDSPIKE_VECTORS").map_or(vectors::committed(), PathBuf::from);
    let mut seen = Seen::default();
    let families = replay_folder(&folder, &mut seen);
    println!("{} families: {seen:?}", families.len());
    assert!(seen.cases > 0 && seen.values > 0, "no case was compared");
}

/// The neurons of a case in a membrane of 16 bits, 10 of them behind the point.
fn sixteen_bits(case: &Case) -> QuantLayer {
    let neurons = case.x[0].len();
    let lsb = f64::from(10).exp2().recip();
    let options = Options::default();
    let neuron = quantize::neuron(&case.neuron, neurons, lsb, &options).unwrap();
    QuantLayer {
        name: "vectors".to_owned(),
        axons: 1,
        neurons,
        weight_bits: 2,
        weights: vec![0; neurons],
        bias: vec![0; neurons],
        accumulator: QFormat::signed(16, 10),
        guard_bits: 0,
        membrane: QFormat::signed(16, 10),
        rounding: options.rounding,
        overflow: options.overflow,
        scale: Param::Layer(1.0),
        neuron,
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Faithful {
    pairs: usize,
    before: usize,
    /// Spikes and silences that differ, the first of each neuron and what follows from it.
    different: usize,
    tightest: f64,
    /// From the first overflow of a neuron on.
    overflowed: usize,
}

/// The integers beside the same without rounding.
fn round(case: &Case) -> Faithful {
    let layer = sixteen_bits(case);
    let gain = case.neuron.collapse().input_gain;
    let mut seen = Faithful::default();
    for n in 0..layer.neurons {
        let twin = Twin::of(&layer);
        let real = layer_in_reals(&layer);
        let cell = |t: usize| {
            layer
                .cell(n, t, Pair::state, |raw| twin.factor(raw))
                .unwrap()
        };
        let mut state = cell(0).start(&twin);
        let mut apart = real(n, 0).start(&Real);
        let mut together = true;
        for (t, currents) in case.x.iter().enumerate() {
            let x = (gain.get(n, 0).unwrap() * currents[n] * 1024.0).round() as i64;
            let done = cell(t).step(&twin, &state, &Pair::state(x));
            let free = real(n, t).step(&Real, &apart, &(x as f64));
            seen.pairs += 1;
            seen.different += usize::from(done.signed_spike() != free.signed_spike());
            together &= !twin.parted() && !twin.overflowed();
            seen.overflowed += usize::from(twin.overflowed());
            if together {
                seen.before += 1;
                for value in done.kept.iter().chain([&done.h]) {
                    assert!(
                        value.error() <= value.bound + 1e-6,
                        "case {} step {t} neuron {n}: {value:?}",
                        case.id
                    );
                    if value.bound > 0.0 {
                        seen.tightest = seen.tightest.max(value.error() / value.bound);
                    }
                }
            }
            state = done.into_state();
            apart = free.into_state();
        }
    }
    seen
}

/// The same integers in double precision, without rounding.
fn layer_in_reals(
    layer: &QuantLayer,
) -> impl Fn(usize, usize) -> goldspike_golden::neuron::Cell<f64> + '_ {
    let lsb = f64::from(layer.neuron.coefficient.frac).exp2().recip();
    move |n, t| {
        layer
            .cell(n, t, |raw| raw as f64, |raw| raw as f64 * lsb)
            .unwrap()
    }
}

#[test]
fn sixteen_bit_membranes_stay_within_the_bound_of_rounding() {
    let mut all = Faithful::default();
    let mut families = BTreeMap::new();
    for path in vectors::files(&vectors::committed()).unwrap() {
        let (family, cases) = vectors::read(&path).unwrap();
        let seen: &mut Faithful = families.entry(family).or_default();
        for case in &cases {
            let one = round(case);
            for sum in [&mut *seen, &mut all] {
                sum.pairs += one.pairs;
                sum.before += one.before;
                sum.different += one.different;
                sum.overflowed += one.overflowed;
                sum.tightest = sum.tightest.max(one.tightest);
            }
        }
        println!(
            "{:45} {:6.2} % before the first difference, {:6.3} % of spikes differ, error up to {:.3} of its bound",
            path.file_stem().unwrap().to_string_lossy(),
            100.0 * seen.before as f64 / seen.pairs as f64,
            100.0 * seen.different as f64 / seen.pairs as f64,
            seen.tightest
        );
    }
    println!("{all:?}");
    assert_eq!((families.len(), all.pairs), (26, 26 * 16 * 16 * 8));
    assert!(all.tightest > 0.5, "the bound was never nearly reached");
    for (family, seen) in &families {
        assert!(
            seen.before as f64 >= 0.9 * seen.pairs as f64,
            "{family}: {seen:?}"
        );
        // A factor k * decay of 1 or more without a bound leaves the 16 bits: KLIF alone.
        assert!(
            seen.overflowed == 0 || family.starts_with("sj200_klif"),
            "{family}: {seen:?}"
        );
    }
    assert!((all.different as f64) < 0.002 * all.pairs as f64, "{all:?}");
}

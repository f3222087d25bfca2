//! Coverage bins: which corners of the arithmetic contract and of the streams a run has seen.
//!
//! [`Covered`] is the golden arithmetic that notes what it is asked; a test that promises a corner asserts its bin.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use goldspike_golden::arith::{Arith, Raw, Threshold};
use goldspike_golden::format::QFormat;
use goldspike_golden::table::Table;

/// Counters by name.
#[derive(Clone, Debug, Default)]
pub struct Bins(Rc<RefCell<BTreeMap<String, u64>>>);

impl Bins {
    /// Counts one sight of `bin`.
    pub fn see(&self, bin: &str) {
        self.add(bin, 1);
    }

    /// Counts `count` sights of `bin`.
    pub fn add(&self, bin: &str, count: u64) {
        *self.0.borrow_mut().entry(bin.to_owned()).or_default() += count;
    }

    /// How often `bin` was seen.
    #[must_use]
    pub fn count(&self, bin: &str) -> u64 {
        self.0.borrow().get(bin).copied().unwrap_or(0)
    }

    /// Those of `wanted` that were never seen.
    #[must_use]
    pub fn missing<'a>(&self, wanted: &[&'a str]) -> Vec<&'a str> {
        wanted
            .iter()
            .copied()
            .filter(|bin| self.count(bin) == 0)
            .collect()
    }
}

impl fmt::Display for Bins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .borrow()
            .iter()
            .try_for_each(|(bin, count)| writeln!(f, "  {bin}: {count}"))
    }
}

/// Bins of the arithmetic that a large enough run of random networks must see.
pub const ARITHMETIC: [&str; 15] = [
    "spike",
    "negative spike",
    "negative spike into a layer",
    "no spike",
    "tie at the threshold",
    "Saturate: above",
    "Saturate: below",
    "SaturateSymmetric: above",
    "SaturateSymmetric: below",
    "HalfUp: tie",
    "HalfEven: tie",
    "Floor: tie",
    "ToZero: tie",
    "ReLU: cut",
    "ReLU: passed",
];

/// Bins of the tables, that a large enough run must see where a model has one.
pub const TABLES: [&str; 3] = ["table: below", "table: inside", "table: above"];

/// Bins of steps that take the sums of the step before: with one group, with several.
pub const REPEATED: [&str; 2] = ["repeated step, one group", "repeated step, several groups"];

/// `Raw` that notes the corners it meets.
#[derive(Clone, Debug)]
pub struct Covered {
    /// The arithmetic.
    pub raw: Raw,
    /// Where sights are counted.
    pub bins: Bins,
}

impl Covered {
    fn compared(&self, h: i64, threshold: &Threshold<i64>) {
        let fires = self.raw.at_least(&h, threshold);
        self.bins.see(if fires { "spike" } else { "no spike" });
        if h == threshold.level {
            self.bins.see("tie at the threshold");
        }
    }

    fn rounded(&self, exact: i128, drop: u32) {
        if drop > 0 && exact & ((1 << drop) - 1) == 1 << (drop - 1) {
            self.bins.see(&format!("{:?}: tie", self.raw.rounding));
        }
    }
}

impl Arith for Covered {
    type Num = i64;
    type Bit = bool;

    fn bit(&self, value: bool) -> bool {
        self.raw.bit(value)
    }

    fn add(&self, a: &i64, b: &i64) -> i64 {
        self.raw.add(a, b)
    }

    fn sub(&self, a: &i64, b: &i64) -> i64 {
        self.raw.sub(a, b)
    }

    fn neg(&self, a: &i64) -> i64 {
        self.raw.neg(a)
    }

    fn product(&self, coefficient: &i64, value: &i64, drop: u32) -> i64 {
        self.rounded(i128::from(*coefficient) * i128::from(*value), drop);
        self.raw.product(coefficient, value, drop)
    }

    fn max_zero(&self, sum: &i64) -> i64 {
        let cut = *sum < 0;
        self.bins
            .see(if cut { "ReLU: cut" } else { "ReLU: passed" });
        self.raw.max_zero(sum)
    }

    fn lookup(&self, table: &Table<i64>, x: &i64) -> i64 {
        self.bins.see(match (*x < table.low, *x > table.high) {
            (true, _) => "table: below",
            (_, true) => "table: above",
            _ => "table: inside",
        });
        self.raw.lookup(table, x)
    }

    fn overflow(&self, sum: &i64, format: &QFormat) -> i64 {
        let brought = self.raw.overflow(sum, format);
        if brought != *sum {
            let side = if *sum > format.max() {
                "above"
            } else {
                "below"
            };
            self.bins.see(&format!("{:?}: {side}", self.raw.overflow));
        }
        brought
    }

    fn align(&self, sum: &i64, guard_bits: i32) -> i64 {
        if guard_bits < 0 {
            self.rounded(i128::from(*sum), guard_bits.unsigned_abs());
        }
        self.raw.align(sum, guard_bits)
    }

    fn accumulate(&self, sums: &mut [i64], column: &[i64], payload: &i64) {
        self.raw.accumulate(sums, column, payload);
    }

    fn at_least(&self, h: &i64, threshold: &Threshold<i64>) -> bool {
        self.compared(*h, threshold);
        self.raw.at_least(h, threshold)
    }

    fn split(
        &self,
        h: &i64,
        threshold: &Threshold<i64>,
        fired: impl FnOnce(&i64) -> i64,
        silent: impl FnOnce(&i64) -> i64,
    ) -> (bool, i64) {
        self.compared(*h, threshold);
        self.raw.split(h, threshold, fired, silent)
    }

    fn select(
        &self,
        bit: &bool,
        then: impl FnOnce() -> i64,
        otherwise: impl FnOnce() -> i64,
    ) -> i64 {
        self.raw.select(bit, then, otherwise)
    }
}

//! `Real`: double precision, in which rounding, alignment and overflow are the identity. The reference, never called
//! golden: it reproduces the frameworks' floating-point results.

use super::{Arith, Threshold};
use crate::describe::Fire;
use crate::format::QFormat;
use crate::table::Table;

/// Arithmetic of `f64`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Real;

impl Arith for Real {
    type Num = f64;
    type Bit = bool;

    fn bit(&self, value: bool) -> bool {
        value
    }

    fn add(&self, a: &f64, b: &f64) -> f64 {
        a + b
    }

    fn sub(&self, a: &f64, b: &f64) -> f64 {
        a - b
    }

    fn neg(&self, a: &f64) -> f64 {
        -a
    }

    fn product(&self, coefficient: &f64, value: &f64, _drop: u32) -> f64 {
        coefficient * value
    }

    fn max_zero(&self, sum: &f64) -> f64 {
        sum.max(0.0)
    }

    fn lookup(&self, table: &Table<f64>, x: &f64) -> f64 {
        if table.knots.is_empty() {
            return 1.0 / (1.0 + (-table.slope * x).exp());
        }
        let position = (x.max(table.low).min(table.high) - table.low)
            / f64::from(table.shift.min(1000)).exp2();
        let segment = position.floor();
        let from = |k: usize| table.knots.get(k).or(table.knots.last()).copied();
        // At most the number of knots, and not negative.
        let index = segment as usize;
        match (from(index), from(index + 1)) {
            (Some(start), Some(end)) => start + (end - start) * (position - segment),
            _ => 0.0,
        }
    }

    fn overflow(&self, sum: &f64, _format: &QFormat) -> f64 {
        *sum
    }

    fn align(&self, sum: &f64, _guard_bits: i32) -> f64 {
        *sum
    }

    fn accumulate(&self, sums: &mut [f64], weights: &[f64], payload: &f64) {
        for (sum, weight) in sums.iter_mut().zip(weights) {
            *sum += weight * payload;
        }
    }

    fn at_least(&self, h: &f64, threshold: &Threshold<f64>) -> bool {
        match threshold.fire {
            Fire::Ge => *h >= threshold.level,
            Fire::Gt => *h > threshold.level,
        }
    }

    fn split(
        &self,
        h: &f64,
        threshold: &Threshold<f64>,
        fired: impl FnOnce(&f64) -> f64,
        silent: impl FnOnce(&f64) -> f64,
    ) -> (bool, f64) {
        let spike = self.at_least(h, threshold);
        (spike, if spike { fired(h) } else { silent(h) })
    }

    fn select(
        &self,
        bit: &bool,
        then: impl FnOnce() -> f64,
        otherwise: impl FnOnce() -> f64,
    ) -> f64 {
        if *bit { then() } else { otherwise() }
    }
}

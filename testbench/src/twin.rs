//! Two arithmetics side by side: integers that round, the same integers in double precision that do not, and a bound of
//! their distance that follows every operation.
//!
//! The bound is that of NUMERICS, "Faithful to what", 3: products carry the error of their factors and add one rounding, table
//! look-ups multiply by the steepest segment and add one rounding, nothing else adds. Where a comparison comes out
//! differently, or an overflow acts, the two are no longer followed ([`Twin::parted`]).

use std::cell::Cell;

use goldspike_golden::arith::{Arith, Raw, Threshold};
use goldspike_golden::describe::Fire;
use goldspike_golden::format::{QFormat, Rounding};
use goldspike_golden::quant::QuantLayer;
use goldspike_golden::table::Table;

/// One number of both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// The integer.
    pub raw: i64,
    /// What it is without rounding, in units of `unit`.
    pub real: f64,
    /// Most that they can differ.
    pub bound: f64,
    /// Real value of the integer 1: 1 for states, the LSB for coefficients.
    pub unit: f64,
}

impl Pair {
    /// A state or constant that both have alike.
    #[must_use]
    pub fn state(raw: i64) -> Self {
        Self::exact(raw, 1.0)
    }

    fn exact(raw: i64, unit: f64) -> Self {
        Self {
            raw,
            real: raw as f64 * unit,
            bound: 0.0,
            unit,
        }
    }

    /// Distance of the two, in LSBs.
    #[must_use]
    pub fn error(&self) -> f64 {
        (self.raw as f64 * self.unit - self.real).abs() / self.unit
    }
}

/// The arithmetic of pairs.
#[derive(Debug)]
pub struct Twin {
    raw: Raw,
    factor_lsb: f64,
    parted: Cell<bool>,
    overflowed: Cell<bool>,
}

impl Twin {
    /// In the modes of a layer.
    #[must_use]
    pub fn of(layer: &QuantLayer) -> Self {
        Self {
            raw: Raw {
                rounding: layer.rounding,
                overflow: layer.overflow,
            },
            factor_lsb: f64::from(layer.neuron.coefficient.frac).exp2().recip(),
            parted: Cell::new(false),
            overflowed: Cell::new(false),
        }
    }

    /// A coefficient that both have alike.
    #[must_use]
    pub fn factor(&self, raw: i64) -> Pair {
        Pair::exact(raw, self.factor_lsb)
    }

    /// Whether a comparison came out differently since the last call.
    pub fn parted(&self) -> bool {
        self.parted.replace(false)
    }

    /// Whether an overflow has acted.
    pub fn overflowed(&self) -> bool {
        self.overflowed.get()
    }

    /// Largest rounding error of one product, in LSBs.
    fn rounding(&self) -> f64 {
        match self.raw.rounding {
            Rounding::HalfUp | Rounding::HalfEven => 0.5,
            Rounding::Floor | Rounding::ToZero => 1.0,
        }
    }
}

impl Arith for Twin {
    type Num = Pair;
    type Bit = bool;

    fn bit(&self, value: bool) -> bool {
        value
    }

    fn add(&self, a: &Pair, b: &Pair) -> Pair {
        Pair {
            raw: self.raw.add(&a.raw, &b.raw),
            real: a.real + b.real,
            bound: a.bound + b.bound,
            unit: a.unit,
        }
    }

    fn sub(&self, a: &Pair, b: &Pair) -> Pair {
        self.add(a, &self.neg(b))
    }

    fn neg(&self, a: &Pair) -> Pair {
        Pair {
            raw: -a.raw,
            real: -a.real,
            ..*a
        }
    }

    fn product(&self, coefficient: &Pair, value: &Pair, drop: u32) -> Pair {
        let (c, v) = (coefficient, value);
        let carried =
            c.real.abs() * v.bound + (v.raw.abs() as f64 * v.unit) * c.bound + c.bound * v.bound;
        Pair {
            raw: self.raw.product(&c.raw, &v.raw, drop),
            real: c.real * v.real,
            bound: carried + if drop > 0 { self.rounding() } else { 0.0 },
            unit: v.unit,
        }
    }

    fn max_zero(&self, sum: &Pair) -> Pair {
        Pair {
            raw: sum.raw.max(0),
            real: sum.real.max(0.0),
            ..*sum
        }
    }

    fn lookup(&self, table: &Table<Pair>, x: &Pair) -> Pair {
        let (Some(first), Some(last)) = (table.knots.first(), table.knots.last()) else {
            return *x;
        };
        let knots = |of: &dyn Fn(&Pair) -> f64| Table {
            low: table.low.real,
            high: table.high.real,
            shift: table.shift,
            knots: table.knots.iter().map(of).collect(),
            slope: table.slope,
        };
        let integers = Table {
            low: table.low.raw,
            high: table.high.raw,
            shift: table.shift,
            knots: table.knots.iter().map(|knot| knot.raw).collect(),
            slope: table.slope,
        };
        let steps = table
            .knots
            .windows(2)
            .map(|pair| pair[1].real - pair[0].real);
        let steepest = steps.fold(0.0, f64::max) / f64::from(table.shift).exp2();
        let half = if table.shift > 0 {
            0.5 * first.unit
        } else {
            0.0
        };
        Pair {
            raw: self.raw.lookup(&integers, &x.raw),
            real: goldspike_golden::arith::Real.lookup(&knots(&|knot| knot.real), &x.real),
            bound: steepest * x.bound + half,
            unit: last.unit,
        }
    }

    fn overflow(&self, sum: &Pair, format: &QFormat) -> Pair {
        let raw = self.raw.overflow(&sum.raw, format);
        if raw != sum.raw {
            self.overflowed.set(true);
        }
        Pair { raw, ..*sum }
    }

    fn align(&self, sum: &Pair, guard_bits: i32) -> Pair {
        Pair {
            raw: self.raw.align(&sum.raw, guard_bits),
            real: sum.real * f64::from(guard_bits).exp2(),
            bound: sum.bound + if guard_bits < 0 { self.rounding() } else { 0.0 },
            unit: sum.unit,
        }
    }

    fn at_least(&self, h: &Pair, threshold: &Threshold<Pair>) -> bool {
        let (raw, real) = match threshold.fire {
            Fire::Ge => (h.raw >= threshold.level.raw, h.real >= threshold.level.real),
            Fire::Gt => (h.raw > threshold.level.raw, h.real > threshold.level.real),
        };
        if raw != real {
            self.parted.set(true);
        }
        raw
    }

    fn split(
        &self,
        h: &Pair,
        threshold: &Threshold<Pair>,
        fired: impl FnOnce(&Pair) -> Pair,
        silent: impl FnOnce(&Pair) -> Pair,
    ) -> (bool, Pair) {
        let spike = self.at_least(h, threshold);
        (spike, if spike { fired(h) } else { silent(h) })
    }

    fn select(
        &self,
        bit: &bool,
        then: impl FnOnce() -> Pair,
        otherwise: impl FnOnce() -> Pair,
    ) -> Pair {
        if *bit { then() } else { otherwise() }
    }
}

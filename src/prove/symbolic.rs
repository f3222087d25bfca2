//! Arithmetic on expressions: a step over [`Symbolic`] is not computed but written down, as definitions of a [`Graph`].
//!
//! A number is wide enough for every value it can have, so that nothing is lost that the contract does not lose. The 64 bits
//! at which the golden integers clamp are never reached; where that is not certain, [`Graph::finish`] says so.

use std::cell::Cell;

use goldspike_golden::arith::{Arith, Threshold};
use goldspike_golden::describe::Fire;
use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::quant::QuantLayer;
use goldspike_golden::table::Table;

use super::graph::{Compare, Graph};
use super::number::{Bit, Number};

/// Which overflows of a layer are left out, because no state reaches them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// The membrane's.
    pub(super) membrane: bool,
    /// Those of the formats that states have of their own.
    pub(super) own: bool,
}

/// Arithmetic of one layer; every intermediate result is a definition.
#[derive(Debug)]
pub(super) struct Symbolic {
    rounding: Rounding,
    overflow: Overflow,
    membrane: QFormat,
    left_out: Cell<LeftOut>,
    pub(super) graph: Graph,
}

impl Symbolic {
    /// Of a layer, with every overflow as the contract says.
    pub(super) fn new(layer: &QuantLayer) -> Self {
        Self {
            rounding: layer.rounding,
            overflow: layer.overflow,
            membrane: layer.membrane,
            left_out: Cell::default(),
            graph: Graph::default(),
        }
    }

    /// From now on these overflows keep the lowest bits, whatever the layer's mode.
    pub(super) fn leave_out(&self, overflows: LeftOut) {
        self.left_out.set(overflows);
    }

    /// How a value is rounded, in words.
    const fn rule(&self) -> &'static str {
        match self.rounding {
            Rounding::HalfUp => "half_up: floor(value + 1/2)",
            Rounding::Floor => "floor",
            Rounding::ToZero => "to_zero: towards zero",
            Rounding::HalfEven => "half_even: to the nearest, from the middle to the even one",
        }
    }

    /// `value * 2^-drop` as an integer in the layer's rounding.
    fn round(&self, value: &Number, drop: u32) -> Number {
        if drop == 0 {
            return value.clone();
        }
        let graph = &self.graph;
        let floor = graph.floor(value, drop);
        let lost = graph.lowest(value, drop);
        let half = Number::literal(1 << (drop - 1));
        let up = match self.rounding {
            Rounding::Floor => return floor,
            Rounding::ToZero => {
                let zero = Number::literal(0);
                let negative = graph.is(Compare::Less, value, &zero);
                graph.all(vec![negative, graph.is(Compare::Less, &zero, &lost)])
            }
            Rounding::HalfUp => graph.is(Compare::AtMost, &half, &lost),
            Rounding::HalfEven => {
                let odd = graph.is(
                    Compare::Equal,
                    &graph.lowest(&floor, 1),
                    &Number::literal(1),
                );
                let tie = graph.is(Compare::Equal, &lost, &half);
                let more = graph.is(Compare::Less, &half, &lost);
                graph.any(vec![more, graph.all(vec![tie, odd])])
            }
        };
        let one = graph.choose(&up, &Number::literal(1), &Number::literal(0));
        graph.add(&floor, &one)
    }

    /// One of `2^k` literal values by an index that counts from 0, its highest bit first.
    fn pick(&self, index: &Number, values: &[i128]) -> Number {
        match values {
            [] => Number::literal(0),
            [value] => Number::literal(*value),
            _ => {
                let (left, right) = values.split_at(values.len() / 2);
                let bit = values.len().ilog2() - 1;
                let bit = self.graph.floor(&self.graph.lowest(index, bit + 1), bit);
                let upper = self.graph.is(Compare::Equal, &bit, &Number::literal(1));
                let (left, right) = (self.pick(index, left), self.pick(index, right));
                self.graph.choose(&upper, &right, &left)
            }
        }
    }
}

impl Arith for Symbolic {
    type Num = Number;
    type Bit = Bit;

    fn bit(&self, value: bool) -> Bit {
        Bit::Known(value)
    }

    fn add(&self, a: &Number, b: &Number) -> Number {
        self.graph.note("sum", "");
        self.graph.add(a, b)
    }

    fn sub(&self, a: &Number, b: &Number) -> Number {
        self.graph.note("difference", "");
        self.graph.sub(a, b)
    }

    fn neg(&self, a: &Number) -> Number {
        self.graph.note("negated", "");
        self.graph.sub(&Number::literal(0), a)
    }

    fn product(&self, coefficient: &Number, value: &Number, drop: u32) -> Number {
        let words = match drop {
            0 => "the exact product".to_owned(),
            drop => format!(
                "R: the exact product, its lowest bits ({drop}) rounded away once, {}",
                self.rule()
            ),
        };
        self.graph.note("product", words);
        self.round(&self.graph.mul(coefficient, value), drop)
    }

    fn max_zero(&self, sum: &Number) -> Number {
        let zero = Number::literal(0);
        self.graph.note("rectified", "max(0, sum) of the exact sum");
        let above = self.graph.is(Compare::Less, &zero, sum);
        let mut kept = self.graph.choose(&above, sum, &zero);
        (kept.low, kept.high) = (0, sum.high.max(0));
        kept
    }

    fn lookup(&self, table: &Table<Number>, x: &Number) -> Number {
        let graph = &self.graph;
        graph.note(
            "looked_up",
            format!(
                "table of {} knots from {}: i = clamp(input, low, high) - low, seg = i >> {n}, \
                 y[seg] + ((d[seg] * (i mod 2^{n}) + 2^({n} - 1)) >> {n})",
                table.knots.len(),
                table.low.low,
                n = table.shift
            ),
        );
        let inside = graph.clamp(x, table.low.low, table.high.low);
        let input = graph.sub(&inside, &table.low);
        let knots: Vec<i128> = table.knots.iter().map(|knot| knot.low).collect();
        let rises: Vec<i128> = knots.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let shift = table.shift;
        let segment = graph.floor(&input, shift);
        let start = self.pick(&segment, &knots[..rises.len()]);
        if shift == 0 {
            return start;
        }
        let part = graph.lowest(&input, shift);
        let rise = self.pick(&segment, &rises);
        let risen = graph.mul(&rise, &part);
        let biased = graph.add(&risen, &Number::literal(1 << (shift - 1)));
        graph.add(&start, &graph.floor(&biased, shift))
    }

    fn overflow(&self, sum: &Number, format: &QFormat) -> Number {
        let (min, max) = (i128::from(format.min()), i128::from(format.max()));
        let left_out = self.left_out.get();
        let left_out = if *format == self.membrane {
            left_out.membrane
        } else {
            left_out.own
        };
        let words = match self.overflow {
            Overflow::Wrap => format!("ovf, wrap: the lowest {} bits", format.width),
            _ if left_out => "ovf: left out, because no state reaches it".to_owned(),
            Overflow::Saturate => format!("ovf, saturate: the nearest from {min} to {max}"),
            Overflow::SaturateSymmetric => {
                let low = min.max(-max);
                format!("ovf, saturate_symmetric: the nearest from {low} to {max}")
            }
        };
        self.graph.note("in_format", words);
        match self.overflow {
            Overflow::Saturate if !left_out => self.graph.clamp(sum, min, max),
            Overflow::SaturateSymmetric if !left_out => self.graph.clamp(sum, min.max(-max), max),
            _ if format.signed => self.graph.wrapped(sum, format.width),
            _ => self.graph.lowest(sum, format.width),
        }
    }

    fn align(&self, sum: &Number, guard_bits: i32) -> Number {
        let words = match guard_bits {
            0 => String::new(),
            1.. => format!("to the membrane's LSB: times 2^{guard_bits}, exact"),
            _ => format!(
                "to the membrane's LSB: R, its lowest bits ({}) rounded away once, {}",
                guard_bits.unsigned_abs(),
                self.rule()
            ),
        };
        self.graph.note("aligned", words);
        if guard_bits <= 0 {
            return self.round(sum, guard_bits.unsigned_abs());
        }
        self.graph.shift(sum, guard_bits.unsigned_abs())
    }

    fn at_least(&self, h: &Number, threshold: &Threshold<Number>) -> Bit {
        self.graph
            .note("reaches", "whether the threshold is reached");
        match threshold.fire {
            Fire::Ge => self.graph.is(Compare::AtMost, &threshold.level, h),
            Fire::Gt => self.graph.is(Compare::Less, &threshold.level, h),
        }
    }

    fn split(
        &self,
        h: &Number,
        threshold: &Threshold<Number>,
        fired: impl FnOnce(&Number) -> Number,
        silent: impl FnOnce(&Number) -> Number,
    ) -> (Bit, Number) {
        let bit = self.at_least(h, threshold);
        let (fired, silent) = (fired(h), silent(h));
        self.graph.note("after", "");
        let value = self.graph.choose(&bit, &fired, &silent);
        (bit, value)
    }

    fn select(
        &self,
        bit: &Bit,
        then: impl FnOnce() -> Number,
        otherwise: impl FnOnce() -> Number,
    ) -> Number {
        let (then, otherwise) = (then(), otherwise());
        self.graph.note("chosen", "");
        self.graph.choose(bit, &then, &otherwise)
    }
}

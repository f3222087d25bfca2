//! Arithmetic on expressions: a step over [`Symbolic`] is not computed but written down, as SMT-LIB 2 bit vectors.
//!
//! A number is a two's complement bit vector that is wide enough for every value it can have, so that nothing is lost that
//! the contract does not lose. Its smallest and largest value are carried along to know the width. The 64 bits at which the
//! golden integers clamp are never reached; where that is not certain, [`Symbolic::finish`] says so.

use std::cell::{Cell, RefCell};

use goldspike_golden::arith::{Arith, Threshold};
use goldspike_golden::describe::Fire;
use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::table::Table;

use super::number::{Number, bits};

/// Arithmetic of one layer; every intermediate result is a definition with a name.
#[derive(Debug)]
pub(super) struct Symbolic {
    rounding: Rounding,
    overflow: Overflow,
    definitions: RefCell<Vec<String>>,
    beyond: Cell<bool>,
}

impl Symbolic {
    pub(super) fn new(rounding: Rounding, overflow: Overflow) -> Self {
        Self {
            rounding,
            overflow,
            definitions: RefCell::default(),
            beyond: Cell::new(false),
        }
    }

    /// The definitions, in order; `None` if a number may have more than 64 bits.
    pub(super) fn finish(self) -> Option<Vec<String>> {
        (!self.beyond.get()).then(|| self.definitions.into_inner())
    }

    /// Names a term of `width` bits whose values are from `low` to `high`.
    pub(super) fn number(&self, term: &str, width: u32, low: i128, high: i128) -> Number {
        if low < i128::from(i64::MIN) || high > i128::from(i64::MAX) {
            self.beyond.set(true);
        }
        let term = self.define(&format!("(_ BitVec {width})"), term);
        Number {
            term,
            width,
            low,
            high,
        }
    }

    /// Names a term that is true or false.
    pub(super) fn truth(&self, term: &str) -> String {
        self.define("Bool", term)
    }

    fn define(&self, sort: &str, term: &str) -> String {
        let mut definitions = self.definitions.borrow_mut();
        let name = format!("x{}", definitions.len());
        definitions.push(format!("(define-fun {name} () {sort} {term})"));
        name
    }

    fn binary(&self, operator: &str, a: &Number, b: &Number, (low, high): (i128, i128)) -> Number {
        let width = bits(low, high).max(a.width).max(b.width);
        let term = format!("({operator} {} {})", a.at(width), b.at(width));
        self.number(&term, width, low, high)
    }

    fn compare(&self, operator: &str, a: &Number, b: &Number) -> String {
        let width = a.width.max(b.width);
        self.truth(&format!("({operator} {} {})", a.at(width), b.at(width)))
    }

    fn choose(&self, bit: &str, then: &Number, otherwise: &Number) -> Number {
        let width = then.width.max(otherwise.width);
        let term = format!("(ite {bit} {} {})", then.at(width), otherwise.at(width));
        let (low, high) = (then.low.min(otherwise.low), then.high.max(otherwise.high));
        self.number(&term, width, low, high)
    }

    /// The nearest number from `low` to `high`.
    fn clamp(&self, value: &Number, low: i128, high: i128) -> Number {
        let (floor, ceiling) = (Number::literal(low), Number::literal(high));
        let below = self.compare("bvslt", value, &floor);
        let above = self.compare("bvsgt", value, &ceiling);
        let width = bits(low, high);
        let inside = value.at(width.max(value.width));
        let inside = format!("((_ extract {} 0) {inside})", width - 1);
        let term = format!(
            "(ite {below} {} (ite {above} {} {inside}))",
            floor.at(width),
            ceiling.at(width)
        );
        self.number(&term, width, low, high)
    }

    /// `value * 2^-drop` as an integer in the layer's rounding.
    fn round(&self, value: &Number, drop: u32) -> Number {
        if drop == 0 {
            return value.clone();
        }
        let width = value.width.max(drop + 1);
        let whole = value.at(width);
        let top = width - 1;
        let floor = format!("((_ extract {top} {drop}) {whole})");
        let (low, high) = (value.low >> drop, value.high >> drop);
        let floor = self.number(&floor, width - drop, low, high);
        let lost = format!("((_ extract {} 0) {whole})", drop - 1);
        let half = format!("(_ bv{} {drop})", 1u128 << (drop - 1));
        let up = match self.rounding {
            Rounding::Floor => return floor,
            Rounding::ToZero => {
                let none = format!("(_ bv0 {drop})");
                format!("(and (= ((_ extract {top} {top}) {whole}) #b1) (distinct {lost} {none}))")
            }
            Rounding::HalfUp => format!("(bvuge {lost} {half})"),
            Rounding::HalfEven => format!(
                "(or (bvugt {lost} {half}) (and (= {lost} {half}) (= ((_ extract 0 0) {}) #b1)))",
                floor.term
            ),
        };
        let up = self.truth(&up);
        let more = self.choose(&up, &Number::literal(1), &Number::literal(0));
        self.binary("bvadd", &floor, &more, (low, high + 1))
    }

    /// One of literal values by an index that counts from 0: halves, so that the term is shallow.
    fn pick(&self, index: &Number, from: usize, values: &[i128]) -> Number {
        match values {
            [] => Number::literal(0),
            [value] => Number::literal(*value),
            _ => {
                let (left, right) = values.split_at(values.len() / 2);
                let middle = from + left.len();
                let limit = Number::literal(i128::try_from(middle).unwrap_or(i128::MAX));
                let first = self.compare("bvslt", index, &limit);
                let (left, right) = (
                    self.pick(index, from, left),
                    self.pick(index, middle, right),
                );
                self.choose(&first, &left, &right)
            }
        }
    }
}

impl Arith for Symbolic {
    type Num = Number;
    type Bit = String;

    fn bit(&self, value: bool) -> String {
        value.to_string()
    }

    fn add(&self, a: &Number, b: &Number) -> Number {
        self.binary("bvadd", a, b, (a.low + b.low, a.high + b.high))
    }

    fn sub(&self, a: &Number, b: &Number) -> Number {
        self.binary("bvsub", a, b, (a.low - b.high, a.high - b.low))
    }

    fn neg(&self, a: &Number) -> Number {
        self.sub(&Number::literal(0), a)
    }

    fn product(&self, coefficient: &Number, value: &Number, drop: u32) -> Number {
        let ends = [coefficient.low, coefficient.high]
            .map(|c| [c * value.low, c * value.high])
            .concat();
        let low = ends.iter().copied().min().unwrap_or_default();
        let high = ends.iter().copied().max().unwrap_or_default();
        let exact = self.binary("bvmul", coefficient, value, (low, high));
        self.round(&exact, drop)
    }

    fn max_zero(&self, sum: &Number) -> Number {
        let zero = Number::literal(0);
        let above = self.compare("bvsgt", sum, &zero);
        let mut kept = self.choose(&above, sum, &zero);
        (kept.low, kept.high) = (0, sum.high.max(0));
        kept
    }

    fn lookup(&self, table: &Table<Number>, x: &Number) -> Number {
        let inside = self.clamp(x, table.low.low, table.high.low);
        let input = self.sub(&inside, &table.low);
        let knots: Vec<i128> = table.knots.iter().map(|knot| knot.low).collect();
        let rises: Vec<i128> = knots.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let shift = table.shift;
        let width = input.width.max(shift + 1);
        let whole = input.at(width);
        let segment = format!("((_ extract {} {shift}) {whole})", width - 1);
        let segment = self.number(&segment, width - shift, 0, input.high >> shift);
        let starts = &knots[..rises.len()];
        let start = self.pick(&segment, 0, starts);
        if shift == 0 {
            return start;
        }
        let part = format!("(concat #b0 ((_ extract {} 0) {whole}))", shift - 1);
        let part = self.number(&part, shift + 1, 0, (1 << shift) - 1);
        let rise = self.pick(&segment, 0, &rises);
        let risen = self.product(&rise, &part, 0);
        let biased = self.add(&risen, &Number::literal(1 << (shift - 1)));
        let rounded = biased.at(biased.width.max(shift + 1));
        let wide = biased.width.max(shift + 1);
        let rounded = format!("((_ extract {} {shift}) {rounded})", wide - 1);
        let (low, high) = (biased.low >> shift, biased.high >> shift);
        let rounded = self.number(&rounded, wide - shift, low, high);
        self.add(&start, &rounded)
    }

    fn overflow(&self, sum: &Number, format: &QFormat) -> Number {
        let (min, max) = (i128::from(format.min()), i128::from(format.max()));
        match self.overflow {
            Overflow::Saturate => self.clamp(sum, min, max),
            Overflow::SaturateSymmetric => self.clamp(sum, min.max(-max), max),
            Overflow::Wrap => {
                let whole = sum.at(sum.width.max(format.width));
                let kept = format!("((_ extract {} 0) {whole})", format.width - 1);
                if format.signed {
                    self.number(&kept, format.width, min, max)
                } else {
                    self.number(&format!("(concat #b0 {kept})"), format.width + 1, min, max)
                }
            }
        }
    }

    fn align(&self, sum: &Number, guard_bits: i32) -> Number {
        let by = guard_bits.unsigned_abs();
        if guard_bits <= 0 {
            return self.round(sum, by);
        }
        let term = format!("(concat {} (_ bv0 {by}))", sum.term);
        self.number(&term, sum.width + by, sum.low << by, sum.high << by)
    }

    fn at_least(&self, h: &Number, threshold: &Threshold<Number>) -> String {
        let operator = match threshold.fire {
            Fire::Ge => "bvsge",
            Fire::Gt => "bvsgt",
        };
        self.compare(operator, h, &threshold.level)
    }

    fn split(
        &self,
        h: &Number,
        threshold: &Threshold<Number>,
        fired: impl FnOnce(&Number) -> Number,
        silent: impl FnOnce(&Number) -> Number,
    ) -> (String, Number) {
        let bit = self.at_least(h, threshold);
        let value = self.choose(&bit, &fired(h), &silent(h));
        (bit, value)
    }

    fn select(
        &self,
        bit: &String,
        then: impl FnOnce() -> Number,
        otherwise: impl FnOnce() -> Number,
    ) -> Number {
        self.choose(bit, &then(), &otherwise())
    }
}

//! Expressions: definitions by index, each made of earlier ones, the same one never twice.
//!
//! The operations are few and plain, so that the printers ([`smt`](super::smt), [`spec`](super::spec)) have little to be
//! wrong about. Every number is wide enough for each of its values; nothing wraps.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use super::label::Labels;
use super::number::{Bit, Number, Term, bits};

/// How two numbers are compared, both as signed ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Compare {
    /// `a < b`.
    Less,
    /// `a <= b`.
    AtMost,
    /// `a = b`.
    Equal,
}

/// One definition.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Op {
    /// `a + b`.
    Add(Number, Number),
    /// `a - b`.
    Sub(Number, Number),
    /// `a * b`.
    Mul(Number, Number),
    /// `a` where the bit is set, else `b`.
    Choose(Bit, Number, Number),
    /// The bits `low..=high` of a number that is sign-extended as far as needed, as a two's complement number, or with a 0
    /// above them.
    Slice {
        of: Number,
        low: u32,
        high: u32,
        signed: bool,
    },
    /// The number times a power of two.
    Shift(Number, u32),
    /// A comparison: a truth value, as what follows.
    Is(Compare, Number, Number),
    /// All of them.
    All(Vec<Bit>),
    /// Some of them.
    Any(Vec<Bit>),
    /// The other value.
    Not(Bit),
}

/// A definition with the bits and the range of its number; of a truth value 0.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Node {
    pub(super) op: Op,
    pub(super) width: u32,
    pub(super) low: i128,
    pub(super) high: i128,
}

/// Definitions in order.
#[derive(Debug, Default)]
pub(super) struct Graph {
    nodes: RefCell<Vec<Node>>,
    known: RefCell<HashMap<Node, usize>>,
    beyond: Cell<bool>,
    labels: RefCell<Labels>,
}

impl Graph {
    /// The definitions; `None` if a number may have more than 64 bits, at which the golden integers would clamp.
    pub(super) fn finish(self) -> Option<Vec<Node>> {
        (!self.beyond.get()).then(|| self.nodes.into_inner())
    }

    /// The notes and names until now.
    pub(super) fn labels(&self) -> Labels {
        self.labels.borrow().clone()
    }

    /// What the definitions that follow are called after, and the rule that they are.
    pub(super) fn note(&self, stem: &'static str, words: impl Into<String>) {
        let at = self.nodes.borrow().len();
        self.labels.borrow_mut().note(at, stem, words.into());
    }

    /// Names what is a definition.
    pub(super) fn name<L>(&self, term: &Term<L>, name: &str) {
        if let Term::Node(at) = term {
            self.labels.borrow_mut().name(*at, name);
        }
    }

    fn define(&self, node: Node) -> usize {
        let mut nodes = self.nodes.borrow_mut();
        *self
            .known
            .borrow_mut()
            .entry(node.clone())
            .or_insert_with(|| {
                nodes.push(node);
                nodes.len() - 1
            })
    }

    /// Defines a number of at least `width` bits.
    pub(super) fn number(&self, op: Op, width: u32, (low, high): (i128, i128)) -> Number {
        if low < i128::from(i64::MIN) || high > i128::from(i64::MAX) {
            self.beyond.set(true);
        }
        if low == high {
            return Number::literal(low);
        }
        let width = width.max(bits(low, high));
        let term = Term::Node(self.define(Node {
            op,
            width,
            low,
            high,
        }));
        Number {
            term,
            width,
            low,
            high,
        }
    }

    /// Defines a truth value.
    pub(super) fn truth(&self, op: Op) -> Bit {
        Term::Node(self.define(Node {
            op,
            width: 0,
            low: 0,
            high: 0,
        }))
    }

    pub(super) fn is(&self, compare: Compare, a: &Number, b: &Number) -> Bit {
        if let (Term::Known(a), Term::Known(b)) = (&a.term, &b.term) {
            return Term::Known(match compare {
                Compare::Less => a < b,
                Compare::AtMost => a <= b,
                Compare::Equal => a == b,
            });
        }
        self.truth(Op::Is(compare, a.clone(), b.clone()))
    }

    /// That a number is from `low` to `high`.
    pub(super) fn within(&self, number: &Number, low: i128, high: i128) -> Bit {
        self.all(vec![
            self.is(Compare::AtMost, &Number::literal(low), number),
            self.is(Compare::AtMost, number, &Number::literal(high)),
        ])
    }

    pub(super) fn not(&self, bit: &Bit) -> Bit {
        match bit {
            Term::Known(value) => Term::Known(!value),
            bit => self.truth(Op::Not(bit.clone())),
        }
    }

    pub(super) fn all(&self, mut bits: Vec<Bit>) -> Bit {
        if bits.contains(&Term::Known(false)) {
            return Term::Known(false);
        }
        bits.retain(|bit| *bit != Term::Known(true));
        match bits.as_slice() {
            [] => Term::Known(true),
            [bit] => bit.clone(),
            _ => self.truth(Op::All(bits)),
        }
    }

    pub(super) fn any(&self, mut bits: Vec<Bit>) -> Bit {
        if bits.contains(&Term::Known(true)) {
            return Term::Known(true);
        }
        bits.retain(|bit| *bit != Term::Known(false));
        match bits.as_slice() {
            [] => Term::Known(false),
            [bit] => bit.clone(),
            _ => self.truth(Op::Any(bits)),
        }
    }

    /// Whether both are set, or none is.
    pub(super) fn same(&self, a: &Bit, b: &Bit) -> Bit {
        let both = self.all(vec![a.clone(), b.clone()]);
        let none = self.not(&self.any(vec![a.clone(), b.clone()]));
        self.any(vec![both, none])
    }

    pub(super) fn add(&self, a: &Number, b: &Number) -> Number {
        let range = (a.low + b.low, a.high + b.high);
        match (&a.term, &b.term) {
            (Term::Known(0), _) => b.clone(),
            (_, Term::Known(0)) => a.clone(),
            _ => self.number(Op::Add(a.clone(), b.clone()), a.width.max(b.width), range),
        }
    }

    pub(super) fn sub(&self, a: &Number, b: &Number) -> Number {
        let range = (a.low - b.high, a.high - b.low);
        self.number(Op::Sub(a.clone(), b.clone()), a.width.max(b.width), range)
    }

    pub(super) fn mul(&self, a: &Number, b: &Number) -> Number {
        let ends = [a.low, a.high].map(|a| [a * b.low, a * b.high]).concat();
        let low = ends.iter().copied().min().unwrap_or_default();
        let high = ends.iter().copied().max().unwrap_or_default();
        let width = a.width.max(b.width);
        self.number(Op::Mul(a.clone(), b.clone()), width, (low, high))
    }

    pub(super) fn choose(&self, bit: &Bit, then: &Number, otherwise: &Number) -> Number {
        match bit {
            Term::Known(true) => return then.clone(),
            Term::Known(false) => return otherwise.clone(),
            _ if then == otherwise => return then.clone(),
            _ => {}
        }
        let range = (then.low.min(otherwise.low), then.high.max(otherwise.high));
        let width = then.width.max(otherwise.width);
        let op = Op::Choose(bit.clone(), then.clone(), otherwise.clone());
        self.number(op, width, range)
    }

    /// `value * 2^by`.
    pub(super) fn shift(&self, value: &Number, by: u32) -> Number {
        if by == 0 {
            return value.clone();
        }
        let range = (value.low << by, value.high << by);
        self.number(Op::Shift(value.clone(), by), value.width + by, range)
    }

    /// `floor(value / 2^drop)`.
    pub(super) fn floor(&self, value: &Number, drop: u32) -> Number {
        if drop == 0 {
            return value.clone();
        }
        let high = value.width.max(drop + 1) - 1;
        let op = Op::Slice {
            of: value.clone(),
            low: drop,
            high,
            signed: true,
        };
        self.number(op, high - drop + 1, (value.low >> drop, value.high >> drop))
    }

    /// `value mod 2^bits`, 0 or above.
    pub(super) fn lowest(&self, value: &Number, bits: u32) -> Number {
        let op = Op::Slice {
            of: value.clone(),
            low: 0,
            high: bits - 1,
            signed: false,
        };
        self.number(op, bits + 1, (0, (1 << bits) - 1))
    }

    /// `value mod 2^bits` as a two's complement number.
    pub(super) fn wrapped(&self, value: &Number, bits: u32) -> Number {
        let op = Op::Slice {
            of: value.clone(),
            low: 0,
            high: bits - 1,
            signed: true,
        };
        let half = 1i128 << (bits - 1);
        self.number(op, bits, (-half, half - 1))
    }

    /// The nearest number from `low` to `high`.
    pub(super) fn clamp(&self, value: &Number, low: i128, high: i128) -> Number {
        let (floor, ceiling) = (Number::literal(low), Number::literal(high));
        let below = self.is(Compare::Less, value, &floor);
        let above = self.is(Compare::Less, &ceiling, value);
        let kept = self.wrapped(value, bits(low, high));
        let upper = self.choose(&above, &ceiling, &kept);
        let mut clamped = self.choose(&below, &floor, &upper);
        (clamped.low, clamped.high) = (low, high);
        clamped
    }
}

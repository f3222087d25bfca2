//! Inputs that push a neuron's state as far as it goes: everything up, everything down, just below the threshold, at it.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test binary uses its part, and they are tests"
)]

use goldspike::quantize::Span;
use goldspike_golden::arith::Raw;
use goldspike_golden::neuron::{Cell, State};
use goldspike_golden::quant::QuantLayer;

/// What the next input does, within the sums that events give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// The largest sum.
    Up,
    /// The smallest sum.
    Down,
    /// The largest sum that fires no spike of +1.
    Below,
    /// The smallest sum that fires a spike of +1.
    At,
    /// The smallest sum that fires no spike of -1.
    AboveNegative,
    /// The largest sum that fires a spike of -1.
    AtNegative,
    /// No sum, or the one next to it.
    Nothing,
}

/// Every move.
pub const MOVES: [Move; 7] = [
    Move::Up,
    Move::Down,
    Move::Below,
    Move::At,
    Move::AboveNegative,
    Move::AtNegative,
    Move::Nothing,
];

/// Moves and how often each is made, one after the other.
pub type Plan = Vec<(Move, usize)>;

/// Up to two moves for different lengths, then one or more steps to an end.
pub fn plans() -> Vec<Plan> {
    let mut plans = Vec::new();
    let lengths = [1, 2, 300];
    for end in [
        (Move::Up, 1),
        (Move::Down, 1),
        (Move::Up, 3),
        (Move::Down, 3),
        (Move::Up, 300),
        (Move::Down, 300),
    ] {
        plans.push(vec![end]);
        for first in MOVES {
            for length in lengths {
                plans.push(vec![(first, length), end]);
                for second in MOVES {
                    if second != first {
                        plans.push(vec![(first, length), (second, 1), end]);
                    }
                }
            }
        }
    }
    plans
}

/// One neuron of a layer in integers.
pub struct Neuron {
    raw: Raw,
    cells: Vec<Cell<i64>>,
    sums: Span,
}

impl Neuron {
    /// Neuron `n`, whose aligned sums are within `sums`.
    pub fn new(layer: &QuantLayer, n: usize, sums: Span) -> Self {
        let cell = |t| layer.cell(n, t, |raw| raw, |raw| raw).unwrap();
        Self {
            raw: Raw {
                rounding: layer.rounding,
                overflow: layer.overflow,
            },
            cells: (0..layer.neuron.steps()).map(cell).collect(),
            sums,
        }
    }

    fn sum(&self, cell: &Cell<i64>, state: &State<i64, bool>, wanted: Move) -> i64 {
        let Span { low, high } = self.sums;
        let step = |x: i64| cell.step(&self.raw, state, &x);
        // `reaches` holds from some sum on.
        let first = |reaches: &dyn Fn(i64) -> bool| {
            let (mut no, mut yes) = (low - 1, high + 1);
            while yes - no > 1 {
                let middle = no + (yes - no) / 2;
                if reaches(middle) {
                    yes = middle
                } else {
                    no = middle
                }
            }
            yes
        };
        let x = match wanted {
            Move::Up => high,
            Move::Down => low,
            Move::Nothing => 0,
            Move::At => first(&|x| step(x).spike),
            Move::Below => first(&|x| step(x).spike) - 1,
            Move::AboveNegative => first(&|x| !step(x).negative),
            Move::AtNegative => first(&|x| !step(x).negative) - 1,
        };
        x.clamp(low, high)
    }

    /// Calls `see` with `h` and the kept states of each step of `plan`; the number of steps in which something fired.
    pub fn play(&self, plan: &Plan, mut see: impl FnMut(i64, &[i64])) -> usize {
        let mut state = self.cells[0].start(&self.raw);
        let (mut t, mut spikes) = (0, 0);
        for &(wanted, length) in plan {
            for _ in 0..length {
                let cell = &self.cells[t.min(self.cells.len() - 1)];
                let x = self.sum(cell, &state, wanted);
                let out = cell.step(&self.raw, &state, &x);
                see(out.h, &out.kept);
                spikes += usize::from(out.spike || out.negative);
                state = out.into_state();
                t += 1;
            }
        }
        spikes
    }

    /// The spans of `h` with `v`, and of every kept state, over all `plans` cut to `steps`.
    pub fn reached(&self, plans: &[Plan], steps: usize) -> Vec<Span> {
        let mut spans = vec![Span::EMPTY; self.cells[0].start(&self.raw).kept.len()];
        for plan in plans {
            let mut t = 0;
            self.play(&cut(plan, steps), |h, kept| {
                for (span, &value) in spans.iter_mut().zip(kept) {
                    *span = span.hull(Span::point(value));
                }
                spans[0] = spans[0].hull(Span::point(h));
                t += 1;
            });
            assert!(t <= steps);
        }
        spans
    }
}

fn cut(plan: &Plan, mut steps: usize) -> Plan {
    let mut cut = Plan::new();
    for &(wanted, length) in plan {
        let length = length.min(steps);
        steps -= length;
        cut.push((wanted, length));
    }
    cut
}

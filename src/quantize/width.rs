//! Widths: the accumulator's from the actual rows, the membrane's from an invariant of the integer update.
//!
//! The bound of the states is a fixed point of the golden step in [`Interval`] arithmetic: a span a state that holds the
//! initial value and from which no step leads out. It covers the rounding of every product and every number of steps.
//! Without rounding it is the closed form of the model (LIF, hard reset to 0: `[-X-/(1-A), A*V + X+]`). It does not
//! look at data: inputs are any events the row's weights allow.

use super::interval::{Either, Interval, Span};
use goldspike_golden::arith::Arith;
use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::neuron::{Cell, State, StateInfo, StateUnit};
use goldspike_golden::quant::{Payloads, QuantLayer};

/// Narrowest membrane.
pub(crate) const MIN_MEMBRANE: u32 = 4;
/// Widest membrane.
pub(crate) const MAX_MEMBRANE: u32 = 32;
/// Bits of an aligned synaptic sum that are kept.
pub(crate) const MAX_SUM: u32 = 61;
/// No bound beyond this is of use: four bits above the widest membrane, and far from the ends of `i64`.
pub(crate) const NO_BOUND: Span = Span::new(-(1 << 40), 1 << 40);

/// Exact worst case of `sum(weight * payload) + bias` for payloads from 0 (signed: `-fed.max`) to `fed.max`; `None`
/// beyond 61 bits.
pub(crate) fn row_span(row: &[i32], bias: i64, fed: Payloads) -> Option<Span> {
    let (mut low, mut high) = (0i128, 0i128);
    for &w in row {
        if w < 0 {
            low += i128::from(w);
        } else {
            high += i128::from(w);
        }
    }
    if fed.signed {
        (low, high) = (low - high, high - low);
    }
    let end = |sum: i128| {
        let sum = sum * i128::from(fed.max) + i128::from(bias);
        i64::try_from(sum)
            .ok()
            .filter(|s| s.unsigned_abs() < 1 << 60)
    };
    Some(Span::new(end(low)?, end(high)?))
}

/// The sum's span in membrane LSBs; `None` beyond 61 bits.
pub(crate) fn aligned(row: Span, guard_bits: i32, rounding: Rounding) -> Option<Span> {
    let bits = QFormat::signed_for(row.low, row.high, 0).width;
    if i64::from(bits) + i64::from(guard_bits.max(0)) > i64::from(MAX_SUM) {
        return None;
    }
    Some(Interval::new(rounding).align(&row, guard_bits))
}

/// Bits of a two's complement format that holds `span` under `overflow` (symmetric saturation lacks the lowest code).
pub(crate) fn bits_for(span: Span, overflow: Overflow) -> u32 {
    let low = if overflow == Overflow::SaturateSymmetric && span.low < 0 {
        span.low - 1
    } else {
        span.low
    };
    QFormat::signed_for(low, span.high, 0).width
}

/// The update of one neuron of a layer.
pub(crate) struct Update {
    interval: Interval,
    /// By step; the last one's stay.
    cells: Vec<Cell<Span>>,
    x: Span,
    fire_at: Span,
    /// Which states are counted like the membrane.
    in_membrane: Vec<bool>,
}

/// The states of a neuron, as [`goldspike_golden::neuron::State::kept`].
type Kept = Vec<Span>;

impl Update {
    /// Neuron `n` of `layer`, with the aligned synaptic sums `x`; `None` if it lacks a constant. The layer's synapses do not
    /// matter.
    pub fn new(layer: &QuantLayer, n: usize, x: Span) -> Option<Self> {
        let neuron = &layer.neuron;
        let cells: Vec<Cell<Span>> = (0..neuron.steps())
            .map(|t| layer.cell(n, t, Span::point, Span::point))
            .collect::<Option<_>>()?;
        let fire_at = neuron.fire_at();
        let thresholds = (0..fire_at.steps()).filter_map(|t| fire_at.get(n, t));
        let in_membrane = |state: StateInfo| state.unit == StateUnit::Membrane;
        Some(Self {
            interval: Interval::new(layer.rounding),
            cells,
            x,
            fire_at: thresholds.fold(Span::EMPTY, |all, &at| all.hull(Span::point(at))),
            in_membrane: neuron.states().map(in_membrane).collect(),
        })
    }

    /// Everything that `h` and the states are in one step, `h` with `v`, and the states after it.
    fn after(
        &self,
        cell: &Cell<Span>,
        kept: Kept,
        (spike, negative): (Either, Either),
    ) -> (Kept, Kept) {
        let state = State {
            kept,
            spike,
            negative,
        };
        let out = cell.step(&self.interval, &state, &self.x);
        let mut seen = out.kept.clone();
        if let Some(v) = seen.first_mut() {
            *v = v.hull(out.h);
        }
        (seen, out.kept)
    }

    fn start(&self) -> Kept {
        let start = |cell: &Cell<Span>| cell.start(&self.interval).kept;
        self.cells.first().map_or_else(Vec::new, start)
    }

    /// The first step of a sample, before which there was no spike whatever `v_init` is.
    fn first(&self) -> Option<(Kept, Kept)> {
        let no = self.interval.bit(false);
        let (seen, next) = self.after(self.cells.first()?, self.start(), (no, no));
        Some((hull(seen, &self.start()), next))
    }

    /// One step from a state that some step has left. Where `v` tells the stored spike, it is cut there.
    fn step(&self, cell: &Cell<Span>, kept: &Kept) -> (Kept, Kept) {
        const UNKNOWN: Either = Either {
            no: true,
            yes: true,
        };
        let no = self.interval.bit(false);
        let v = kept.first().copied().unwrap_or(Span::EMPTY);
        // A refractory period forgets a spike that `v` still shows.
        let told = cell
            .model
            .tells()
            .filter(|(_, stored)| !stored || cell.refractory.is_none());
        let Some((limit, stored)) = told else {
            return self.after(cell, kept.clone(), (UNKNOWN, UNKNOWN));
        };
        let fired = self.interval.bit(stored);
        let above = limit.low.saturating_neg().saturating_add(1);
        let parts = [
            (v.below(above), (no, fired)),
            (v.from(above).below(limit.low), (no, no)),
            (v.from(limit.low), (fired, no)),
        ];
        let mut out: Option<(Kept, Kept)> = None;
        for (part, spikes) in parts {
            if part.is_empty() {
                continue;
            }
            let mut kept = kept.clone();
            kept[0] = part;
            let (seen, next) = self.after(cell, kept, spikes);
            out = Some(match out {
                None => (seen, next),
                Some((all_seen, all_next)) => (hull(all_seen, &seen), hull(all_next, &next)),
            });
        }
        out.unwrap_or_else(|| self.after(cell, kept.clone(), (no, no)))
    }

    fn within(&self, limit: Span, kept: &Kept) -> bool {
        let counted = kept.iter().zip(&self.in_membrane);
        counted
            .filter(|(_, in_membrane)| **in_membrane)
            .all(|(&span, _)| limit.holds(span))
    }

    /// Every value of `h` and the states in samples of any length, or `None` if no bound within `limit` was found.
    pub fn bound(&self, limit: Span) -> Option<Vec<Span>> {
        let (mut seen, mut kept) = self.first()?;
        let (last, before) = self.cells.split_last()?;
        for cell in before.iter().skip(1) {
            let (step_seen, next) = self.step(cell, &kept);
            seen = hull(seen, &step_seen);
            kept = next;
        }
        for _ in 0..4096 {
            let (step_seen, next) = self.step(last, &kept);
            seen = hull(seen, &step_seen);
            if !self.within(limit, &seen) {
                return None;
            }
            if holds(&kept, &next) {
                return Some(seen);
            }
            kept = hull(kept, &next);
        }
        let wide = self.invariant(last, &kept)?;
        let (step_seen, _) = self.step(last, &wide);
        let seen = hull(hull(seen, &step_seen), &wide);
        self.within(limit, &seen).then_some(seen)
    }

    /// States from which no step leads out, that hold `kept`: for a leak so slow that steps alone do not end. An end that
    /// still moves is moved on by powers of two until it rests, and back by halves.
    fn invariant(&self, cell: &Cell<Span>, kept: &Kept) -> Option<Kept> {
        let (_, next) = self.step(cell, kept);
        // By state: whether the low and the high end move.
        let moving: Vec<(bool, bool)> = next
            .iter()
            .zip(kept)
            .map(|(next, kept)| (next.low < kept.low, next.high > kept.high))
            .collect();
        let moved = |by: &[(i64, i64)]| -> Kept {
            let widen = |(span, by): (&Span, &(i64, i64))| {
                Span::new(
                    span.low.saturating_sub(by.0),
                    span.high.saturating_add(by.1),
                )
            };
            kept.iter().zip(by).map(widen).collect()
        };
        let rests = |by: &[(i64, i64)]| {
            let wide = moved(by);
            let (_, next) = self.step(cell, &wide);
            holds(&wide, &next)
        };
        let mut by = (0..42).find_map(|power| {
            let far = |moves: bool| if moves { 1i64 << power } else { 0 };
            let by: Vec<_> = moving
                .iter()
                .map(|&(low, high)| (far(low), far(high)))
                .collect();
            rests(&by).then_some(by)
        })?;
        for end in 0..2 * by.len() {
            let field = |by: &mut Vec<(i64, i64)>, value: i64| match (by.get_mut(end / 2), end % 2)
            {
                (Some(pair), 0) => core::mem::replace(&mut pair.0, value),
                (Some(pair), _) => core::mem::replace(&mut pair.1, value),
                (None, _) => 0,
            };
            let (mut low, mut high) = (0, field(&mut by, 0));
            while high - low > 1 {
                let middle = i64::midpoint(low, high);
                let mut tried = by.clone();
                field(&mut tried, middle);
                if rests(&tried) {
                    high = middle
                } else {
                    low = middle
                }
            }
            field(&mut by, high);
        }
        Some(moved(&by))
    }

    /// Every value of `h` and the states in samples of at most `steps` steps.
    pub fn reach(&self, steps: u32, limit: Span) -> Option<Vec<Span>> {
        let (mut seen, mut kept) = self.first()?;
        let last = self.cells.len().saturating_sub(1);
        for t in 1..usize::try_from(steps).unwrap_or(usize::MAX) {
            let (step_seen, next) = self.step(self.cells.get(t.min(last))?, &kept);
            seen = hull(seen, &step_seen);
            if !self.within(limit, &seen) {
                return None;
            }
            // Until the constants stay, what is kept is of this very step.
            if t < last {
                kept = next;
            } else if holds(&kept, &next) {
                break;
            } else {
                kept = hull(kept, &next);
            }
        }
        self.within(limit, &seen).then_some(seen)
    }

    /// `h` and the states after one step from a start whose `v` is within the threshold on both sides.
    pub fn one_step(&self) -> Vec<Span> {
        let threshold = self.fire_at.high;
        let mut all = self.start();
        for cell in &self.cells {
            let mut kept = self.start();
            if let Some(v) = kept.first_mut() {
                *v = Span::new(-threshold, threshold);
            }
            let no = self.interval.bit(false);
            let (seen, _) = self.after(cell, kept, (no, no));
            all = hull(all, &seen);
        }
        all
    }
}

fn hull(mut all: Kept, other: &Kept) -> Kept {
    for (all, other) in all.iter_mut().zip(other) {
        *all = all.hull(*other);
    }
    all
}

fn holds(all: &Kept, other: &Kept) -> bool {
    all.iter().zip(other).all(|(all, other)| all.holds(*other))
}

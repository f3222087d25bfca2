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

/// The model's states of a neuron, as [`State::kept`] without the refractory steps left.
type Kept = Vec<Span>;

/// The states by the spike of the step before: none, +1, -1; `None` if no step leaves such a one.
#[derive(Clone, Debug)]
pub(crate) struct Stored([Option<Kept>; 3]);

/// From which states no input leads out.
#[derive(Clone, Debug)]
pub(crate) struct Invariant {
    /// Before each step that has constants of its own; the last one leads into itself.
    pub(crate) before: Vec<Stored>,
    /// Every state is in the first class, whatever the spike of the step before.
    pub(crate) together: bool,
}

/// A spike of which nothing is known.
const UNKNOWN: Either = Either {
    no: true,
    yes: true,
};

const SILENT: usize = 0;
const FIRED: usize = 1;
const NEGATIVE: usize = 2;

impl Stored {
    const NOTHING: Self = Self([None, None, None]);

    fn silent(kept: Kept) -> Self {
        Self([Some(kept), None, None])
    }

    /// The model's states after no spike, a spike of +1, a spike of -1.
    pub(crate) fn classes(&self) -> &[Option<Vec<Span>>; 3] {
        &self.0
    }

    fn add(&mut self, class: usize, kept: Kept) {
        let known = &mut self.0[class];
        *known = Some(match known.take() {
            None => kept,
            Some(known) => hull(known, &kept),
        });
    }

    fn with(mut self, other: Self) -> Self {
        for (class, kept) in other.0.into_iter().enumerate() {
            if let Some(kept) = kept {
                self.add(class, kept);
            }
        }
        self
    }

    fn holds(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|pair| match pair {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(kept), Some(other)) => kept.iter().zip(other).all(|(a, b)| a.holds(*b)),
        })
    }

    /// Each end moved outward; `by` has the ends of each state of each class in turn.
    fn moved(&self, by: &[Moves]) -> Self {
        let mut moved = self.clone();
        for (class, kept) in moved.0.iter_mut().enumerate() {
            let Some(kept) = kept else { continue };
            let states = kept.len();
            for (span, by) in kept.iter_mut().zip(&by[class * states..]) {
                span.low = span.low.saturating_sub(by.0);
                span.high = span.high.saturating_add(by.1);
            }
        }
        moved
    }
}

/// How far a low and a high end move.
type Moves = (i64, i64);

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

    fn start(&self) -> Kept {
        self.cells
            .first()
            .map_or_else(Vec::new, |cell| cell.model.start())
    }

    /// Everything that `h` and the states are in one step, `h` with `v`, and the states after it.
    fn step(&self, cell: &Cell<Span>, stored: &Stored) -> (Kept, Stored) {
        let mut seen = vec![Span::EMPTY; self.start().len()];
        let mut next = Stored::NOTHING;
        let together = together(cell);
        let classes = stored.0.iter().enumerate();
        for (class, kept) in classes.filter_map(|(class, kept)| Some((class, kept.as_ref()?))) {
            // The steps after a spike are refractory ones, and any other may be.
            if cell.refractory.is_some() {
                let held = cell
                    .model
                    .hold(&self.interval, &self.state(class, kept.clone()));
                seen = hull(seen, &held);
                next.add(SILENT, held);
            }
            if cell.refractory.is_none() || class == SILENT {
                for part in pending_parts(cell, kept) {
                    let mut state = self.state(class, part);
                    if together {
                        (state.spike, state.negative) = (UNKNOWN, UNKNOWN);
                    }
                    self.awake(cell, state, &mut seen, &mut next);
                }
            }
        }
        (seen, next)
    }

    fn state(&self, class: usize, kept: Kept) -> State<Span, Either> {
        State {
            kept,
            spike: self.interval.bit(class == FIRED),
            negative: self.interval.bit(class == NEGATIVE),
        }
    }

    /// A step of the model, no refractory one.
    fn awake(
        &self,
        cell: &Cell<Span>,
        state: State<Span, Either>,
        seen: &mut Kept,
        next: &mut Stored,
    ) {
        let out = cell.model.step(&self.interval, &state, &self.x);
        *seen = hull(core::mem::take(seen), &out.kept);
        let Some(v) = seen.first_mut() else { return };
        *v = v.hull(out.h);
        let v = out.kept[0];
        // Where the kept `v` is the compared one, its spike is that of the part it lies in.
        let (silent, fired, negative) = match cell.model.tells() {
            Some((limit, true)) => {
                let mirrored = limit.low.saturating_neg().saturating_add(1);
                let above = match out.negative.yes {
                    true => mirrored,
                    false => i64::MIN,
                };
                (
                    v.below(limit.low).from(above),
                    v.from(limit.low),
                    v.below(mirrored),
                )
            }
            _ => (v, v, v),
        };
        if together(cell) {
            return next.add(SILENT, out.kept);
        }
        let parts = [
            (SILENT, out.spike.no, silent),
            (FIRED, out.spike.yes, fired),
            (NEGATIVE, out.negative.yes, negative),
        ];
        for (class, possible, v) in parts {
            if possible && !v.is_empty() {
                let mut kept = out.kept.clone();
                kept[0] = v;
                next.add(class, kept);
            }
        }
    }

    fn within(&self, limit: Span, kept: &Kept) -> bool {
        let counted = kept.iter().zip(&self.in_membrane);
        counted
            .filter(|(_, in_membrane)| **in_membrane)
            .all(|(&span, _)| limit.holds(span))
    }

    /// Every value of `h` and the states in samples of any length, or `None` if no bound within `limit` was found.
    pub fn bound(&self, limit: Span) -> Option<Vec<Span>> {
        self.bound_by_step(limit).map(|(seen, _)| seen)
    }

    /// The invariant that [`Self::bound`] found.
    pub fn held_by(&self, limit: Span) -> Option<Invariant> {
        let (_, before) = self.bound_by_step(limit)?;
        Some(Invariant {
            before,
            together: together(self.cells.last()?),
        })
    }

    fn bound_by_step(&self, limit: Span) -> Option<(Vec<Span>, Vec<Stored>)> {
        let mut by_step = Vec::with_capacity(self.cells.len());
        let mut seen = self.start();
        let mut stored = Stored::silent(seen.clone());
        let (last, before) = self.cells.split_last()?;
        for cell in before {
            let (step_seen, next) = self.step(cell, &stored);
            seen = hull(seen, &step_seen);
            by_step.push(core::mem::replace(&mut stored, next));
        }
        for _ in 0..4096 {
            let (step_seen, next) = self.step(last, &stored);
            seen = hull(seen, &step_seen);
            if !self.within(limit, &seen) {
                return None;
            }
            if stored.holds(&next) {
                by_step.push(stored);
                return Some((seen, by_step));
            }
            stored = stored.with(next);
        }
        let wide = self.invariant(last, &stored)?;
        let (step_seen, _) = self.step(last, &wide);
        let seen = hull(seen, &step_seen);
        by_step.push(wide);
        self.within(limit, &seen).then_some((seen, by_step))
    }

    /// States from which no step leads out, that hold `stored`: for a leak so slow that steps alone do not end. An end that
    /// still moves is moved on by powers of two until it rests, and back by halves.
    fn invariant(&self, cell: &Cell<Span>, stored: &Stored) -> Option<Stored> {
        let (_, next) = self.step(cell, stored);
        let states = self.start().len();
        // By class and state: whether the low and the high end move. A class that is still to come moves.
        let moving: Vec<(bool, bool)> = (0..3 * states)
            .map(|at| {
                let of = |all: &Stored| {
                    let kept = all.0[at / states].as_ref()?;
                    kept.get(at % states).copied()
                };
                match (of(stored), of(&next)) {
                    (Some(stored), Some(next)) => (next.low < stored.low, next.high > stored.high),
                    (Some(_), None) => (false, false),
                    (None, _) => (true, true),
                }
            })
            .collect();
        let rests = |by: &[Moves]| self.rests(cell, stored, by);
        let mut by = (0..42).find_map(|power| {
            let far = |moves: bool| if moves { 1i64 << power } else { 0 };
            let by: Vec<_> = moving
                .iter()
                .map(|&(low, high)| (far(low), far(high)))
                .collect();
            rests(&by).map(|_| by)
        })?;
        // First an end of all classes alike, since each may hold what the others leave; then each for itself.
        let alike =
            (0..2 * states).map(|end| (0..3).map(|class| 2 * class * states + end).collect());
        let alone = (0..6 * states).map(|end| vec![end]);
        for ends in alike.chain(alone).collect::<Vec<Vec<usize>>>() {
            let with = |value: i64| {
                let mut by = by.clone();
                for &end in &ends {
                    if let Some((low, high)) = by.get_mut(end / 2) {
                        let field = if end % 2 == 0 { low } else { high };
                        *field = value.min(*field);
                    }
                }
                by
            };
            let far = |&end: &usize| {
                by.get(end / 2)
                    .map_or(0, |pair| if end % 2 == 0 { pair.0 } else { pair.1 })
            };
            let (mut low, mut high) = (-1, ends.iter().map(far).max().unwrap_or(0));
            while high - low > 1 {
                let middle = i64::midpoint(low, high);
                if rests(&with(middle)).is_some() {
                    high = middle
                } else {
                    low = middle
                }
            }
            by = with(high);
        }
        rests(&by)
    }

    /// `stored` with its ends moved, if no step leads out of it; classes that come only then are moved alike.
    fn rests(&self, cell: &Cell<Span>, stored: &Stored, by: &[Moves]) -> Option<Stored> {
        let mut wide = stored.moved(by);
        for _ in 0..=wide.0.len() {
            let (_, next) = self.step(cell, &wide);
            if wide.holds(&next) {
                return Some(wide);
            }
            let come = next.moved(by);
            let mut more = false;
            for (known, come) in wide.0.iter_mut().zip(come.0) {
                if known.is_none() && come.is_some() {
                    (*known, more) = (come, true);
                }
            }
            if !more {
                return None;
            }
        }
        None
    }

    /// Every value of `h` and the states in samples of at most `steps` steps.
    pub fn reach(&self, steps: u32, limit: Span) -> Option<Vec<Span>> {
        let mut seen = self.start();
        let mut stored = Stored::silent(seen.clone());
        let mut cells = self.cells.iter();
        let mut cell = cells.next()?;
        for _ in 0..steps {
            let (step_seen, next) = self.step(cell, &stored);
            seen = hull(seen, &step_seen);
            if !self.within(limit, &seen) {
                return None;
            }
            match cells.next() {
                // Until the constants stay, what is kept is of this very step.
                Some(following) => (cell, stored) = (following, next),
                None if stored.holds(&next) => break,
                None => stored = stored.with(next),
            }
        }
        Some(seen)
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
            let (seen, _) = self.step(cell, &Stored::silent(kept));
            all = hull(all, &seen);
        }
        all
    }
}

/// Whether all states are of one class, because no class of them has a part of its own.
fn together(cell: &Cell<Span>) -> bool {
    let told = cell.model.tells().is_some_and(|(_, stored)| stored);
    cell.refractory.is_none() && !told
}

/// Where a reset is pending by the kept `v` itself, the states on each side of that level.
fn pending_parts(cell: &Cell<Span>, kept: &Kept) -> Vec<Kept> {
    let Some((limit, false)) = cell.model.tells() else {
        return vec![kept.clone()];
    };
    let v = kept.first().copied().unwrap_or(Span::EMPTY);
    let parts = [v.below(limit.low), v.from(limit.low)].into_iter();
    parts
        .filter(|part| !part.is_empty())
        .map(|part| {
            let mut kept = kept.clone();
            kept[0] = part;
            kept
        })
        .collect()
}

fn hull(mut all: Kept, other: &Kept) -> Kept {
    for (all, other) in all.iter_mut().zip(other) {
        *all = all.hull(*other);
    }
    all
}

//! Widths: the accumulator's from the actual rows, the membrane's from an invariant of the integer update.
//!
//! The bound of a membrane is a fixed point of the golden step in [`Interval`] arithmetic: a span that holds the
//! initial value and from which no step leads out. It covers the rounding of every product and every number of steps.
//! Without rounding it is the closed form of the model (LIF, hard reset to 0: `[-X-/(1-A), A*V + X+]`). It does not
//! look at data: inputs are any events the row's weights allow.

use super::interval::{Interval, Span};
use goldspike_golden::arith::{Arith, Threshold};
use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::neuron::Model;
use goldspike_golden::neuron::klif::KlifParams;
use goldspike_golden::neuron::lif::{LifParams, LifState, ResetTiming, Spikes};
use goldspike_golden::quant::{Param, Payloads, QuantNeuron};

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
    params: Params,
    x: Span,
    v_init: Span,
    decay: Span,
    drop: u32,
    fire_at: Span,
}

/// Parameters of one neuron of any model whose state is a membrane.
enum Params {
    Lif(LifParams<Span>),
    Klif(KlifParams<Span>),
}

impl Update {
    /// Neuron `n`, with the aligned synaptic sums `x`.
    pub fn new(neuron: &QuantNeuron, n: usize, x: Span, rounding: Rounding) -> Self {
        let of = |p: &Param<i64>| Span::point(p.of(n));
        let membrane = QFormat::signed(MAX_MEMBRANE, 0);
        let drop = neuron.coefficient().frac.max(0).unsigned_abs();
        let decay = of(neuron.decay());
        let fire_at = of(neuron.fire_at());
        let (v_init, params) = match neuron {
            QuantNeuron::Lif(lif) => (
                of(&lif.v_init),
                Params::Lif(LifParams {
                    decay,
                    drop,
                    offset: of(&lif.offset),
                    fire: Threshold::at(fire_at),
                    pending: Threshold::at(of(&lif.pending_at)),
                    reset_by: of(&lif.reset_by),
                    v_reset: of(&lif.v_reset),
                    v_init: of(&lif.v_init),
                    reset: lif.reset,
                    reset_timing: lif.reset_timing,
                    spikes: lif.spikes,
                    membrane,
                }),
            ),
            QuantNeuron::Klif(klif) => (
                of(&klif.v_init),
                Params::Klif(KlifParams {
                    decay,
                    drop,
                    offset: of(&klif.offset),
                    fire: Threshold::at(fire_at),
                    reset_by: of(&klif.reset_by),
                    v_reset: of(&klif.v_reset),
                    v_init: of(&klif.v_init),
                    reset: klif.reset,
                    membrane,
                }),
            ),
        };
        Self {
            interval: Interval::new(rounding),
            params,
            x,
            v_init,
            decay,
            drop,
            fire_at,
        }
    }

    /// Everything that `h` and `v` are in one step from `v` with the stored spike, and the `v` after it.
    fn after(&self, v: Span, stored: i8) -> (Span, Span) {
        let (h, v) = match &self.params {
            Params::Lif(p) => {
                let (spike, negative) =
                    (self.interval.bit(stored > 0), self.interval.bit(stored < 0));
                let state = LifState { v, spike, negative };
                let out = Model::step(p, &self.interval, &state, &self.x);
                (out.h, out.state.v)
            }
            Params::Klif(p) => {
                let out = p.step(&self.interval, &v, &self.x);
                (out.h, out.state)
            }
        };
        (h.hull(v), v)
    }

    fn first(&self) -> (Span, Span) {
        let v_init = self.v_init;
        let (seen, next) = self.after(v_init, 0);
        (seen.hull(v_init), next)
    }

    /// As `after`, for a state that some step has left: cut where a reset becomes pending, which such a state shows.
    fn step(&self, v: Span) -> (Span, Span) {
        let Params::Lif(p) = &self.params else {
            return self.after(v, 0);
        };
        let (limit, stored) = match p.reset_timing {
            ResetTiming::SameStep => return self.after(v, 0),
            ResetTiming::NextStep => (p.fire.level.low, 1),
            ResetTiming::SameStepGuarded => (p.pending.level.low, 0),
        };
        let (fell, rest) = if p.spikes == Spikes::Ternary {
            let above = limit.saturating_neg().saturating_add(1);
            (v.below(above), v.from(above))
        } else {
            (Span::EMPTY, v)
        };
        let mut out = (Span::EMPTY, Span::EMPTY);
        for (part, stored) in [
            (fell, -stored),
            (rest.below(limit), 0),
            (rest.from(limit), stored),
        ] {
            if !part.is_empty() {
                let (seen, next) = self.after(part, stored);
                out = (out.0.hull(seen), out.1.hull(next));
            }
        }
        out
    }

    /// Every value of `h` and `v` in samples of any length, or `None` if no bound within `limit` was found.
    pub fn bound(&self, limit: Span) -> Option<Span> {
        let (mut seen, mut v) = self.first();
        for _ in 0..4096 {
            let (step_seen, next) = self.step(v);
            seen = seen.hull(step_seen);
            if !limit.holds(seen) {
                return None;
            }
            if v.holds(next) {
                return Some(seen);
            }
            v = v.hull(next);
        }
        self.bound_of_slow_leak(seen, v).filter(|&b| limit.holds(b))
    }

    /// A decay close to 1: the end of the geometric series is guessed from the last step, checked to be an
    /// invariant, then narrowed while it stays one.
    fn bound_of_slow_leak(&self, seen: Span, v: Span) -> Option<Span> {
        let one = 1i128 << self.drop;
        let leak = one - i128::from(self.decay.low);
        if leak <= 0 {
            return None;
        }
        let (_, next) = self.step(v);
        let kept = self.interval.product(&self.decay, &v, self.drop);
        // An end moves as v <- R(A v) + c; it stays within (|c| + 1)/(1 - A), rounding included.
        let far = |c: i64| {
            i64::try_from((i128::from(c.unsigned_abs()) + 1) * one / leak + 1).unwrap_or(i64::MAX)
        };
        let (down, up) = (
            next.low.saturating_sub(kept.low),
            next.high.saturating_sub(kept.high),
        );
        let mut wide = v.hull(next);
        if down < 0 {
            wide = wide.hull(Span::point(-far(down)));
        }
        if up > 0 {
            wide = wide.hull(Span::point(far(up)));
        }
        let mut all = Span::EMPTY;
        for _ in 0..256 {
            let (step_seen, next) = self.step(wide);
            if !wide.holds(next) {
                break;
            }
            all = seen.hull(step_seen).hull(wide);
            let narrowed = self.first().1.hull(next);
            if narrowed == wide {
                break;
            }
            wide = narrowed;
        }
        (!all.is_empty()).then_some(all)
    }

    /// Every value of `h` and `v` in samples of at most `steps` steps.
    pub fn reach(&self, steps: u32, limit: Span) -> Option<Span> {
        let (mut seen, mut v) = self.first();
        for _ in 1..steps {
            let (step_seen, next) = self.step(v);
            seen = seen.hull(step_seen);
            if !limit.holds(seen) {
                return None;
            }
            if v.holds(next) {
                break;
            }
            v = v.hull(next);
        }
        limit.holds(seen).then_some(seen)
    }

    /// `h` and `v` after one step from any `v` within the threshold on both sides.
    pub fn one_step(&self) -> Span {
        let threshold = self.fire_at.high;
        let (seen, _) = self.after(Span::new(-threshold, threshold), 0);
        seen
    }
}

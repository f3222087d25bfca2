//! The LIF family: IF (decay 1), LIF and PLIF (decay `1 - 1/tau`, `sigmoid(-w)`).
//!
//! Charge, with the rounded product `R`, the aligned synaptic current `x`, the constant `B` (`offset`) and the
//! layer's overflow `ovf`; then the comparison `s = h >= fire_at`; then the reset:
//!
//! | timing | reset | `h` | state kept |
//! |---|---|---|---|
//! | any | none | `ovf(R(A v) + x + B)` | `h` |
//! | same step | hard | `ovf(R(A v) + x + B)` | `s ? v_reset : h` |
//! | same step | soft | `ovf(R(A v) + x + B)` | `s ? ovf(h - reset_by) : h` |
//! | next step | hard | `ovf(R(A (r ? v_reset : v)) + x + B)` | `h` |
//! | next step | soft | `ovf(R(A v) + x + B - r reset_by)` | `h` |
//! | guarded | hard | `ovf(R(A (r ? v_reset : v)) + x + B)` | `ovf(h - (s - r)(h - v_reset))` |
//! | guarded | soft | `ovf(R(A v) + x + B - r reset_by)` | `ovf(h - (s - r) reset_by)` |
//!
//! `r` is the *stored spike* of the step before (next step), or a new comparison of the state before the step,
//! `v > v_threshold` (guarded). Before the first step `v = v_init` and `r = 0`.
//!
//! A linear leak that is unclamped is part of `B`. Toward zero it takes `leak` from the rounded product, on the side where
//! that is, and not beyond 0: `max(0, u - leak) - max(0, -u - leak)` with `u = R(A v)`.
//!
//! With ternary spikes `h <= -fire_at` fires a spike of -1, the mirror image: `s` and `r` are -1, 0 or 1. A hard reset
//! takes both signs to `v_reset`, a soft one moves by `s reset_by` (SpikingJelly `TernaryIFNode`, `TernaryLIFNode`; Guo et
//! al., AAAI 2024, whose code fires at half of its `V_th`). The guarded timing has no ternary form: no source defines one,
//! and a network that asks for it is refused.
//!
//! Sources, and where they differ: SpikingJelly `IFNode`, `LIFNode`, `ParametricLIFNode` (Fang et al., ICCV 2021) fire
//! at equality and reset in the same step; with `decay_input` the current is divided by tau (folded into the weights),
//! and the leak goes toward `v_reset`, a constant input `v_reset / tau`. snnTorch `Leaky` fires above the threshold
//! only and resets in the next step; with `reset_delay=False` a state that is still above the threshold after its reset
//! counts as a pending one (guarded). The two soft forms are different neurons, not one neuron delayed.

mod info;
mod kinds;

use core::fmt::Debug;

use crate::arith::{Arith, Threshold};
use crate::describe::Neuron;
use crate::format::QFormat;
use crate::neuron::{Collapsed, Leak, Model, Modes, Reset, ResetTiming, Source, Spikes, State, Step};

pub(super) use info::INFO;

/// Parameters of one neuron, in the numbers of an arithmetic.
#[derive(Clone, Debug, PartialEq)]
pub struct Params<N> {
    /// Retained fraction `A`.
    pub decay: N,
    /// Bits of `A v` below the membrane's LSB (the coefficient's `frac`).
    pub drop: u32,
    /// Constant input `B`.
    pub offset: N,
    /// Linear leak toward zero, if there is one.
    pub leak: Option<N>,
    /// When a spike is fired.
    pub fire: Threshold<N>,
    /// When a reset is pending, with [`ResetTiming::SameStepGuarded`].
    pub pending: Option<Threshold<N>>,
    /// Amount of a soft reset, or value after a hard one; `None` without a reset.
    pub reset: Option<N>,
    /// Value before the first step.
    pub v_init: N,
    /// Switches.
    pub modes: Modes,
    /// Format of the membrane.
    pub membrane: QFormat,
}

impl<N: Clone + Debug> Params<N> {
    fn ternary(&self) -> bool {
        self.modes.spikes == Spikes::Ternary
    }

    /// `hard` or `soft` of the reset's number where a bit says so, else `kept`: of a spike of +1 or, mirrored, of -1.
    fn reset_late<A: Arith<Num = N>>(
        &self,
        a: &A,
        (positive, negative): (&A::Bit, &A::Bit),
        after: impl Fn(bool) -> N,
        kept: &N,
    ) -> N {
        let silent = || {
            if self.ternary() {
                a.select(negative, || after(false), || kept.clone())
            } else {
                kept.clone()
            }
        };
        a.select(positive, || after(true), silent)
    }
}

impl<N: Clone + Debug> Model<N> for Params<N> {
    fn build(s: &impl Source<N>) -> Option<Self> {
        let modes = *s.modes();
        let guarded = modes.reset_timing == ResetTiming::SameStepGuarded;
        Some(Self {
            decay: s.number("decay")?,
            drop: s.drop(),
            offset: s.number("offset")?,
            leak: match modes.leak {
                Leak::LinearUnclamped => None,
                Leak::LinearTowardZero => Some(s.number("leak")?),
            },
            fire: s.threshold("fire_at")?,
            pending: match guarded {
                true => Some(s.threshold("pending_at")?),
                false => None,
            },
            reset: match modes.reset {
                Reset::Hard => Some(s.number("v_reset")?),
                Reset::Soft => Some(s.number("reset_by")?),
                Reset::None => None,
            },
            v_init: s.number("v_init")?,
            modes,
            membrane: s.membrane(),
        })
    }

    fn start(&self) -> Vec<N> {
        vec![self.v_init.clone()]
    }

    fn step<A: Arith<Num = N>>(&self, a: &A, state: &State<N, A::Bit>, x: &N) -> Step<N, A::Bit> {
        let into = |sum: N| a.overflow(&sum, &self.membrane);
        let pending = match (&self.pending, self.modes.reset_timing) {
            (Some(threshold), _) => a.at_least(state.v(), threshold),
            (None, ResetTiming::NextStep) => state.spike.clone(),
            (None, _) => a.bit(false),
        };
        let late = self.modes.reset_timing != ResetTiming::SameStep;
        let (hard, soft) = match (self.modes.reset, &self.reset) {
            (Reset::Hard, Some(v)) => (Some(v), None),
            (Reset::Soft, Some(amount)) => (None, Some(amount)),
            _ => (None, None),
        };
        let by = (&pending, &state.negative);
        let v = match hard {
            Some(v_reset) if late => self.reset_late(a, by, |_| v_reset.clone(), state.v()),
            _ => state.v().clone(),
        };
        let kept = a.product(&self.decay, &v, self.drop);
        let kept = match &self.leak {
            None => kept,
            Some(leak) => a.sub(
                &a.max_zero(&a.sub(&kept, leak)),
                &a.max_zero(&a.sub(&a.neg(&kept), leak)),
            ),
        };
        let charged = a.add(&a.add(&kept, x), &self.offset);
        let sum = match soft {
            Some(amount) if late => self.reset_late(
                a,
                by,
                |up| if up { a.sub(&charged, amount) } else { a.add(&charged, amount) },
                &charged,
            ),
            _ => charged,
        };
        let h = into(sum);
        let negative = if self.ternary() {
            a.at_least(&a.neg(&h), &self.fire)
        } else {
            a.bit(false)
        };
        // What is kept without a spike of +1: `h`, or what a spike of -1 leaves.
        let below = |h: &N, reset: &dyn Fn(&N) -> N| {
            if self.ternary() {
                a.split(&a.neg(h), &self.fire, |m| reset(&a.neg(m)), |m| a.neg(m)).1
            } else {
                h.clone()
            }
        };
        let (spike, v) = match (self.modes.reset_timing, hard, soft) {
            (ResetTiming::SameStep, Some(v_reset), _) => a.split(
                &h,
                &self.fire,
                |_| v_reset.clone(),
                |h| below(h, &|_| v_reset.clone()),
            ),
            (ResetTiming::SameStep, _, Some(amount)) => a.split(
                &h,
                &self.fire,
                |h| into(a.sub(h, amount)),
                |h| below(h, &|h| into(a.add(h, amount))),
            ),
            (ResetTiming::SameStepGuarded, Some(v_reset), _) => a.split(
                &h,
                &self.fire,
                |h| a.select(&pending, || h.clone(), || v_reset.clone()),
                |h| a.select(&pending, || into(a.sub(&a.add(h, h), v_reset)), || h.clone()),
            ),
            (ResetTiming::SameStepGuarded, _, Some(amount)) => a.split(
                &h,
                &self.fire,
                |h| a.select(&pending, || h.clone(), || into(a.sub(h, amount))),
                |h| a.select(&pending, || into(a.add(h, amount)), || h.clone()),
            ),
            _ => (a.at_least(&h, &self.fire), h.clone()),
        };
        Step {
            h,
            spike,
            negative,
            kept: vec![v],
        }
    }

    fn hold<A: Arith<Num = N>>(&self, a: &A, state: &State<N, A::Bit>) -> Vec<N> {
        let v = state.v();
        let by = (&state.spike, &state.negative);
        vec![match (self.modes.reset_timing, self.modes.reset, &self.reset) {
            (ResetTiming::NextStep, Reset::Hard, Some(v_reset)) => {
                self.reset_late(a, by, |_| v_reset.clone(), v)
            }
            (ResetTiming::NextStep, Reset::Soft, Some(amount)) => {
                let after = |up| {
                    let sum = if up { a.sub(v, amount) } else { a.add(v, amount) };
                    a.overflow(&sum, &self.membrane)
                };
                self.reset_late(a, by, after, v)
            }
            _ => v.clone(),
        }]
    }

    fn tells(&self) -> Option<(&N, bool)> {
        match (&self.pending, self.modes.reset_timing) {
            (Some(pending), _) => Some((&pending.level, false)),
            (None, ResetTiming::NextStep) => Some((&self.fire.level, true)),
            (None, _) => None,
        }
    }
}

/// An unclamped leak goes into `B`.
pub(super) fn collapse(neuron: &Neuron) -> Collapsed {
    let mut c = Collapsed::new(neuron);
    let leak = c.given("leak");
    let mut offset = c.given("offset");
    match neuron.modes.leak {
        Leak::LinearUnclamped => offset = c.sum("leak", &leak.map(|leak| -leak), &offset),
        Leak::LinearTowardZero => c.set("leak", leak),
    }
    c.input_gain = c.given("input_gain");
    c.set("decay", c.given("decay"));
    c.set("offset", offset);
    c.set_reset();
    c
}

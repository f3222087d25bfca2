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

use core::fmt::Debug;

use crate::arith::{Arith, Threshold};
use crate::describe::{Fire, Lif};
use crate::format::QFormat;
use crate::neuron::{Constant, Domain, Model, Step};
use crate::quant::{Param, QuantLif};

pub(super) use info::INFO;

/// Kind of reset after a spike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Reset {
    /// `v <- v_reset`.
    Hard,
    /// `v <- h - v_threshold`.
    Soft,
    /// No reset.
    None,
}

/// Which spikes a neuron fires.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Spikes {
    /// 0 and 1.
    #[default]
    Binary,
    /// -1, 0 and 1.
    Ternary,
}

impl Spikes {
    /// Whether a spike is 0 or 1.
    #[must_use]
    pub const fn is_binary(&self) -> bool {
        matches!(self, Self::Binary)
    }
}

/// When the reset of a spike acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum ResetTiming {
    /// In the step of the spike.
    SameStep,
    /// In the next step, by the stored spike (snnTorch `reset_delay=True`).
    NextStep,
    /// In the step of the spike, unless a reset was still pending (snnTorch `reset_delay=False`).
    SameStepGuarded,
}

/// Parameters of one neuron, in the numbers of an arithmetic.
#[derive(Clone, Debug, PartialEq)]
pub struct LifParams<N> {
    /// Retained fraction `A`.
    pub decay: N,
    /// Bits of `A v` below the membrane's LSB (the coefficient's `frac`).
    pub drop: u32,
    /// Constant input `B`.
    pub offset: N,
    /// When a spike is fired.
    pub fire: Threshold<N>,
    /// When a reset is pending; read by [`ResetTiming::SameStepGuarded`] only.
    pub pending: Threshold<N>,
    /// Amount of a soft reset.
    pub reset_by: N,
    /// Value after a hard reset.
    pub v_reset: N,
    /// Value before the first step.
    pub v_init: N,
    /// Kind of reset.
    pub reset: Reset,
    /// When the reset acts.
    pub reset_timing: ResetTiming,
    /// Which spikes are fired.
    pub spikes: Spikes,
    /// Format of the membrane.
    pub membrane: QFormat,
}

/// What a neuron keeps from one step to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifState<N, B> {
    /// Membrane potential.
    pub v: N,
    /// Spike of +1 in the step before.
    pub spike: B,
    /// Spike of -1 in the step before; never with binary spikes.
    pub negative: B,
}

/// Outcome of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifStep<N, B> {
    /// The value compared with the threshold.
    pub h: N,
    /// State after the step; its `spike` is this step's.
    pub state: LifState<N, B>,
}

impl<N: Clone> LifParams<N> {
    /// State before the first step of a sample.
    pub fn start<A: Arith<Num = N>>(&self, a: &A) -> LifState<N, A::Bit> {
        LifState {
            v: self.v_init.clone(),
            spike: a.bit(false),
            negative: a.bit(false),
        }
    }
}

/// One time step with the aligned synaptic current `x` (the bias included). The equations are the table above.
pub fn step<A: Arith>(
    a: &A,
    p: &LifParams<A::Num>,
    state: &LifState<A::Num, A::Bit>,
    x: &A::Num,
) -> LifStep<A::Num, A::Bit> {
    let pending = match p.reset_timing {
        ResetTiming::SameStep => a.bit(false),
        ResetTiming::NextStep => state.spike.clone(),
        ResetTiming::SameStepGuarded => a.at_least(&state.v, &p.pending),
    };
    let late = p.reset_timing != ResetTiming::SameStep;
    let ternary = p.spikes == Spikes::Ternary;
    let v = if late && p.reset == Reset::Hard {
        let kept = || {
            if ternary {
                a.select(&state.negative, || p.v_reset.clone(), || state.v.clone())
            } else {
                state.v.clone()
            }
        };
        a.select(&pending, || p.v_reset.clone(), kept)
    } else {
        state.v.clone()
    };
    let charged = a.add(&a.add(&a.product(&p.decay, &v, p.drop), x), &p.offset);
    let sum = if late && p.reset == Reset::Soft {
        a.select(
            &pending,
            || a.sub(&charged, &p.reset_by),
            || {
                if ternary {
                    a.select(
                        &state.negative,
                        || a.add(&charged, &p.reset_by),
                        || charged.clone(),
                    )
                } else {
                    charged.clone()
                }
            },
        )
    } else {
        charged
    };
    let h = a.overflow(&sum, &p.membrane);
    let into = |sum| a.overflow(&sum, &p.membrane);
    let negative = if ternary {
        a.at_least(&a.neg(&h), &p.fire)
    } else {
        a.bit(false)
    };
    // What is kept without a spike of +1: `h`, or what a spike of -1 leaves.
    let below = |h: &A::Num, reset: &dyn Fn(&A::Num) -> A::Num| {
        if ternary {
            a.split(&a.neg(h), &p.fire, |m| reset(&a.neg(m)), |m| a.neg(m))
                .1
        } else {
            h.clone()
        }
    };
    let (spike, v) = match (p.reset_timing, p.reset) {
        (ResetTiming::NextStep, _) | (_, Reset::None) => (a.at_least(&h, &p.fire), h.clone()),
        (ResetTiming::SameStep, Reset::Hard) => a.split(
            &h,
            &p.fire,
            |_| p.v_reset.clone(),
            |h| below(h, &|_| p.v_reset.clone()),
        ),
        (ResetTiming::SameStep, Reset::Soft) => a.split(
            &h,
            &p.fire,
            |h| into(a.sub(h, &p.reset_by)),
            |h| below(h, &|h| into(a.add(h, &p.reset_by))),
        ),
        (ResetTiming::SameStepGuarded, Reset::Hard) => a.split(
            &h,
            &p.fire,
            |h| a.select(&pending, || h.clone(), || p.v_reset.clone()),
            |h| {
                a.select(
                    &pending,
                    || into(a.sub(&a.add(h, h), &p.v_reset)),
                    || h.clone(),
                )
            },
        ),
        (ResetTiming::SameStepGuarded, Reset::Soft) => a.split(
            &h,
            &p.fire,
            |h| a.select(&pending, || h.clone(), || into(a.sub(h, &p.reset_by))),
            |h| a.select(&pending, || into(a.add(h, &p.reset_by)), || h.clone()),
        ),
    };
    LifStep {
        h,
        state: LifState { v, spike, negative },
    }
}

impl<N: Clone + Debug> Model<N> for LifParams<N> {
    type State<B: Clone + Debug> = LifState<N, B>;

    fn start<A: Arith<Num = N>>(&self, a: &A) -> LifState<N, A::Bit> {
        Self::start(self, a)
    }

    fn step<A: Arith<Num = N>>(
        &self,
        a: &A,
        state: &LifState<N, A::Bit>,
        x: &N,
    ) -> Step<N, A::Bit, LifState<N, A::Bit>> {
        let LifStep { h, state } = step(a, self, state, x);
        Step {
            h,
            spike: state.spike.clone(),
            negative: state.negative.clone(),
            state,
        }
    }

    fn kept<B: Clone + Debug>(state: &LifState<N, B>) -> Vec<N> {
        vec![state.v.clone()]
    }
}

fn constants<P>(
    [
        decay,
        offset,
        fire_at,
        pending_at,
        reset_by,
        v_reset,
        v_init,
    ]: [P; 7],
) -> Vec<Constant<P>> {
    let constant = |name, file, domain, values| Constant {
        name,
        file,
        domain,
        values,
    };
    vec![
        constant("decay", "decay", Domain::Coefficient, decay),
        constant("offset", "offset", Domain::Membrane, offset),
        constant("fire_at", "v_threshold", Domain::Membrane, fire_at),
        constant("pending_at", "v_threshold", Domain::Membrane, pending_at),
        constant("reset_by", "v_threshold", Domain::Membrane, reset_by),
        constant("v_reset", "v_reset", Domain::Membrane, v_reset),
        constant("v_init", "v_init", Domain::Membrane, v_init),
    ]
}

impl QuantLif {
    /// Every integer parameter.
    pub(super) fn constants(&self) -> Vec<Constant<&Param<i64>>> {
        let Self {
            coefficient: _,
            decay,
            offset,
            fire_at,
            pending_at,
            reset_by,
            v_reset,
            v_init,
            reset: _,
            reset_timing: _,
            spikes: _,
        } = self;
        constants([
            decay, offset, fire_at, pending_at, reset_by, v_reset, v_init,
        ])
    }

    /// Every integer parameter, to be changed.
    pub(super) fn constants_mut(&mut self) -> Vec<Constant<&mut Param<i64>>> {
        constants([
            &mut self.decay,
            &mut self.offset,
            &mut self.fire_at,
            &mut self.pending_at,
            &mut self.reset_by,
            &mut self.v_reset,
            &mut self.v_init,
        ])
    }

    /// Parameters of neuron `n` in the numbers of an arithmetic: `state` converts raw values of the membrane,
    /// `coefficient` those of the coefficients. `None` if a parameter has no such entry.
    pub fn params<N>(
        &self,
        n: usize,
        membrane: QFormat,
        state: impl Fn(i64) -> N,
        coefficient: impl Fn(i64) -> N,
    ) -> Option<LifParams<N>> {
        Some(LifParams {
            decay: coefficient(*self.decay.get(n)?),
            drop: self.coefficient.frac.max(0).unsigned_abs(),
            offset: state(*self.offset.get(n)?),
            fire: Threshold::at(state(*self.fire_at.get(n)?)),
            pending: Threshold::at(state(*self.pending_at.get(n)?)),
            reset_by: state(*self.reset_by.get(n)?),
            v_reset: state(*self.v_reset.get(n)?),
            v_init: state(*self.v_init.get(n)?),
            reset: self.reset,
            reset_timing: self.reset_timing,
            spikes: self.spikes,
            membrane,
        })
    }
}

impl Lif {
    /// Real parameters of neuron `n`; `None` if a parameter has no such entry. The caller multiplies the synaptic
    /// current by `input_gain`. A guarded reset is pending while `v > v_threshold`, whatever `fire` is (snnTorch).
    #[must_use]
    pub fn params(&self, n: usize) -> Option<LifParams<f64>> {
        let v_threshold = *self.v_threshold.get(n)?;
        Some(LifParams {
            decay: *self.decay.get(n)?,
            drop: 0,
            offset: *self.offset.get(n)?,
            fire: Threshold {
                level: v_threshold,
                fire: self.fire,
            },
            pending: Threshold {
                level: v_threshold,
                fire: Fire::Gt,
            },
            reset_by: v_threshold,
            v_reset: *self.v_reset.get(n)?,
            v_init: *self.v_init.get(n)?,
            reset: self.reset,
            reset_timing: self.reset_timing,
            spikes: self.spikes,
            membrane: QFormat::signed(63, 0),
        })
    }
}

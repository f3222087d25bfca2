//! CubaLIF: a leaky neuron that is charged by a synaptic current with a leak of its own (current-based, "synaptic").
//!
//! `i' = ovf(R(A_i i) + x)`; `c` is `i'`, or with the order `old_current` the `i` before it:
//!
//! | timing | reset | `h` | `v` kept |
//! |---|---|---|---|
//! | any | none | `ovf(R(A v) + c + B)` | `h` |
//! | same step | hard | `ovf(R(A v) + c + B)` | `s ? v_reset : h` |
//! | same step | soft | `ovf(R(A v) + c + B)` | `s ? ovf(h - reset_by) : h` |
//! | next step | hard | `r ? v_reset : ovf(R(A v) + c + B)` | `h` |
//! | next step | soft | `ovf(R(A v) + c + B - r reset_by)` | `h` |
//!
//! `i` is never reset. A factor of the current where it charges the membrane (`current_gain`) is in the weights, and `i` is
//! shown without it.
//!
//! Sources, and where they differ: SpikingJelly `CUBALIFNode` (same step); snnTorch `Synaptic` (next step; its "zero" drops the
//! current of that step, unlike `Leaky`); NIR `CubaLIF`, whose semi-implicit rule takes the new current and whose reference
//! simulator the old one, with a reset by subtraction.

mod info;

use core::fmt::Debug;

use crate::arith::{Arith, Threshold};
use crate::describe::Neuron;
use crate::format::QFormat;
use crate::neuron::reset::ResetBy;
use crate::neuron::{Collapsed, CurrentOrder, Model, ResetTiming, Source, State, Step};

pub(super) use info::INFO;

/// Parameters of one neuron, in the numbers of an arithmetic.
#[derive(Clone, Debug, PartialEq)]
pub struct Params<N> {
    /// Retained fraction `A` of the membrane.
    pub decay: N,
    /// Retained fraction `A_i` of the current.
    pub current_decay: N,
    /// Bits of a product below the membrane's LSB (the coefficient's `frac`).
    pub drop: u32,
    /// Constant input `B` of the membrane.
    pub offset: N,
    /// When a spike is fired.
    pub fire: Threshold<N>,
    /// The reset.
    pub reset: ResetBy<N>,
    /// Whether it acts in the next step.
    pub late: bool,
    /// Whether the current before this step charges the membrane.
    pub old_current: bool,
    /// Membrane before the first step.
    pub v_init: N,
    /// Current before the first step.
    pub i_init: N,
    /// Format of `h`, `v` and `i`.
    pub membrane: QFormat,
}

impl<N: Clone + Debug> Params<N> {
    fn current<'a, B>(&'a self, state: &'a State<N, B>) -> &'a N {
        state.kept.get(1).unwrap_or(&self.i_init)
    }
}

impl<N: Clone + Debug> Model<N> for Params<N> {
    fn build(s: &impl Source<N>) -> Option<Self> {
        Some(Self {
            decay: s.number("decay")?,
            current_decay: s.number("current_decay")?,
            drop: s.drop(),
            offset: s.number("offset")?,
            fire: s.threshold("fire_at")?,
            reset: ResetBy::of(s)?,
            late: s.modes().reset_timing == ResetTiming::NextStep,
            old_current: s.modes().order == CurrentOrder::OldCurrent,
            v_init: s.number("v_init")?,
            i_init: s.integer(0),
            membrane: s.membrane(),
        })
    }

    fn start(&self) -> Vec<N> {
        vec![self.v_init.clone(), self.i_init.clone()]
    }

    fn step<A: Arith<Num = N>>(&self, a: &A, state: &State<N, A::Bit>, x: &N) -> Step<N, A::Bit> {
        let into = |sum: &N| a.overflow(sum, &self.membrane);
        let old = self.current(state);
        let i = into(&a.add(&a.product(&self.current_decay, old, self.drop), x));
        let charging = if self.old_current { old } else { &i };
        let leaked = a.product(&self.decay, state.v(), self.drop);
        let sum = a.add(&a.add(&leaked, charging), &self.offset);
        let r = &state.spike;
        let h = match &self.reset {
            ResetBy::Hard(v_reset) if self.late => a.select(r, || v_reset.clone(), || into(&sum)),
            ResetBy::Soft(amount) if self.late => {
                into(&a.select(r, || a.sub(&sum, amount), || sum.clone()))
            }
            _ => into(&sum),
        };
        let (spike, v) = if self.late {
            (a.at_least(&h, &self.fire), h.clone())
        } else {
            self.reset.same_step(a, &h, &self.fire, &self.membrane)
        };
        Step {
            h,
            spike,
            negative: a.bit(false),
            kept: vec![v, i],
        }
    }

    fn hold<A: Arith<Num = N>>(&self, a: &A, state: &State<N, A::Bit>) -> Vec<N> {
        let v = state.v();
        let held = match &self.reset {
            ResetBy::Hard(v_reset) if self.late => {
                a.select(&state.spike, || v_reset.clone(), || v.clone())
            }
            ResetBy::Soft(amount) if self.late => a.select(
                &state.spike,
                || a.overflow(&a.sub(v, amount), &self.membrane),
                || v.clone(),
            ),
            _ => v.clone(),
        };
        vec![held, self.current(state).clone()]
    }

    fn tells(&self) -> Option<(&N, bool)> {
        self.late.then_some((&self.fire.level, true))
    }
}

/// `current_gain` goes into the input gain; `i` is shown divided by it.
pub(super) fn collapse(neuron: &Neuron) -> Collapsed {
    let mut c = Collapsed::new(neuron);
    let gain = c.given("input_gain");
    let current_gain = c.given("current_gain");
    c.input_gain = c.product("current_gain", &current_gain, &gain);
    if current_gain.values().iter().any(|&gain| gain != 1.0) {
        let shown = current_gain.map(|&gain| 1.0 / gain);
        c.scales.insert("i", shown);
    }
    c.set("decay", c.given("decay"));
    c.set("current_decay", c.given("current_decay"));
    c.set("offset", c.given("offset"));
    c.set_reset();
    c
}

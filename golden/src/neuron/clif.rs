//! CLIF: a leaky neuron with a complementary potential `m` that remembers its spikes and deepens their reset.
//!
//! | phase | |
//! |---|---|
//! | charge | `h = ovf(R(A v) + x + B)` |
//! | fire | `s = h >= fire_at` |
//! | complementary | `m' = ovf_m(R_m(m S1(h)) + s)`, `S1(h) = sigmoid(h / tau)`, of `h` before the reset |
//! | reset soft | `v = ovf(h - s (reset_by + S2(m')))`, `S2 = sigmoid`, of the `m'` that has this spike |
//! | reset hard | `v = ovf(s ? v_reset - S2(m') : h)` |
//!
//! `m` starts at 0 and stays there until the first spike. It has a format of its own, of which 1 is `2^frac`. The sigmoids are
//! tables with linear interpolation (`crate::table`); `S1` is counted in LSBs of the coefficients, `S2` in those of the membrane.
//!
//! Sources, and where they differ: Huang et al., ICML 2024; this follows the authors' `ComplementaryLIFNeuron` and
//! `MultiStepCLIFNeuron`, which train.py uses, and SpikingJelly 2.0.0 `ComplementaryLIFNode` (soft reset only). The authors'
//! class `CLIFSpike` replaces `m` by `sigmoid(m)` at every step, in place: another neuron, not supported.

mod info;

use core::fmt::Debug;

use crate::arith::{Arith, Threshold};
use crate::describe::Neuron;
use crate::format::QFormat;
use crate::neuron::{Collapsed, Model, Reset, Source, State, Step};
use crate::table::Table;

pub(super) use info::INFO;

/// Parameters of one neuron, in the numbers of an arithmetic.
#[derive(Clone, Debug, PartialEq)]
pub struct Params<N> {
    /// Retained fraction `A`.
    pub decay: N,
    /// Bits of a product with a factor below the LSB of its other operand (the coefficient's `frac`).
    pub drop: u32,
    /// Constant input `B`.
    pub offset: N,
    /// When a spike is fired.
    pub fire: Threshold<N>,
    /// Kind of reset.
    pub reset: Reset,
    /// Value after a hard reset, or amount of a soft one, without the part of `m`.
    pub reset_to: N,
    /// `S1`: what `m` retains.
    pub retain: Table<N>,
    /// `S2`: the part of `m` in a reset.
    pub deepen: Table<N>,
    /// 1 in the format of `m`.
    pub one: N,
    /// `m` before the first step.
    pub m_init: N,
    /// `v` before the first step.
    pub v_init: N,
    /// Format of `h` and `v`.
    pub membrane: QFormat,
    /// Format of `m`.
    pub complementary: QFormat,
}

impl<N: Clone + Debug> Model<N> for Params<N> {
    fn build(s: &impl Source<N>) -> Option<Self> {
        let reset = s.modes().reset;
        Some(Self {
            decay: s.number("decay")?,
            drop: s.drop(),
            offset: s.number("offset")?,
            fire: s.threshold("fire_at")?,
            reset,
            reset_to: match reset {
                Reset::Hard => s.number("v_reset")?,
                Reset::Soft | Reset::None => s.number("reset_by")?,
            },
            retain: s.table("retain")?,
            deepen: s.table("deepen")?,
            one: s.one("m"),
            m_init: s.integer(0),
            v_init: s.number("v_init")?,
            membrane: s.membrane(),
            complementary: s.format("m"),
        })
    }

    fn start(&self) -> Vec<N> {
        vec![self.v_init.clone(), self.m_init.clone()]
    }

    fn step<A: Arith<Num = N>>(&self, a: &A, state: &State<N, A::Bit>, x: &N) -> Step<N, A::Bit> {
        let m = state.kept.get(1).unwrap_or(&self.m_init);
        let leaked = a.product(&self.decay, state.v(), self.drop);
        let h = a.overflow(&a.add(&a.add(&leaked, x), &self.offset), &self.membrane);
        // Each branch looks up its own `h`, so that a bound of `m` knows it.
        let retained = |h: &N| a.product(&a.lookup(&self.retain, h), m, self.drop);
        let with_spike = |h: &N| {
            a.overflow(&a.add(&retained(h), &self.one), &self.complementary)
        };
        let without = |h: &N| a.overflow(&retained(h), &self.complementary);
        let (spike, v) = a.split(
            &h,
            &self.fire,
            |h| {
                let deepened = a.lookup(&self.deepen, &with_spike(h));
                let after = match self.reset {
                    Reset::Hard => a.sub(&self.reset_to, &deepened),
                    Reset::Soft | Reset::None => {
                        a.sub(h, &a.add(&self.reset_to, &deepened))
                    }
                };
                a.overflow(&after, &self.membrane)
            },
            Clone::clone,
        );
        let (_, m) = a.split(&h, &self.fire, with_spike, without);
        Step {
            h,
            spike,
            negative: a.bit(false),
            kept: vec![v, m],
        }
    }
}

/// `tau` is in the slope of `S1`; the threshold is the amount of a soft reset.
pub(super) fn collapse(neuron: &Neuron) -> Collapsed {
    let mut c = Collapsed::new(neuron);
    c.input_gain = c.given("input_gain");
    c.set("decay", c.given("decay"));
    c.set("offset", c.given("offset"));
    c.set_reset();
    c.slopes.insert("retain", 1.0 / c.given("tau").of(0));
    c.slopes.insert("deepen", 1.0);
    c
}

//! ALIF: a leaky neuron whose threshold rises with each of its spikes and falls back slowly.
//!
//! | phase | |
//! |---|---|
//! | charge | `h = ovf(R(A v) + x + B)` |
//! | fire | `s = h >= fire_at + b`, of the `b` before this step: `h >= v_threshold + beta b` |
//! | adaptation | `b' = ovf(R(rho b) + s beta)` |
//! | reset hard, soft, none | `v = s ? v_reset : h`, `s ? ovf(h - reset_by) : h`, `h` |
//!
//! Kept and shown is `beta b`, in LSBs of the membrane like the threshold that it raises: there is no product with `beta`.
//!
//! Sources, and where they differ: Bellec et al., Nature Communications 2020 (e-prop), which this follows, reset by `v_threshold`;
//! their LSNN (NeurIPS 2018) resets by the risen threshold.

use core::fmt::Debug;

use crate::arith::{Arith, Threshold};
use crate::describe::Neuron;
use crate::format::QFormat;
use crate::neuron::common::{
    DECAY, FIRE_AT, INPUT_GAIN, OFFSET, RESET_BY, V_INIT, V_INIT_RAW, V_RESET, V_RESET_RAW,
    V_THRESHOLD, always, parameter,
};
use crate::neuron::info::{
    Default, Domain, KindInfo, ModelInfo, Range, StateInfo, StateUnit, V, as_given,
};
use crate::neuron::modes::ModeSet;
use crate::neuron::reset::ResetBy;
use crate::neuron::{Collapsed, Model, Reset, Source, State, Step};

const MODES: ModeSet = ModeSet {
    reset: &[Reset::Hard, Reset::Soft, Reset::None],
    ..ModeSet::PLAIN
};

/// The registry's entry.
pub(super) const INFO: ModelInfo = ModelInfo {
    name: "alif",
    kinds: &[KindInfo {
        name: "alif",
        without: &[],
        with: &[],
        modes: MODES,
        convert: as_given,
    }],
    summary: "ALIF: a leaky neuron with an adaptive threshold that its spikes raise",
    equations: &[
        "h = ovf(R(decay * v) + x + offset)            x = W s + b, input_gain folded into W and b",
        "s = h >= v_threshold + beta * b  (fire \">=\")  or  h > v_threshold + beta * b  (fire \">\")",
        "b' = ovf(R(rho * b) + s)                      kept and shown as beta * b; b starts at 0",
        "hard v = s ? v_reset : h                      soft v = ovf(h - s * v_threshold)",
    ],
    parameters: &[
        DECAY,
        parameter(
            "rho",
            "retained fraction of the adaptation b",
            Range::Unit,
            Default::Required,
        ),
        parameter(
            "beta",
            "what a spike adds to the threshold; without adaptation the kind is lif",
            Range::Positive,
            Default::Required,
        ),
        INPUT_GAIN,
        OFFSET,
        V_THRESHOLD,
        V_RESET,
        V_INIT,
    ],
    modes: MODES,
    constants: &[
        always("decay", "decay", Domain::Decay { above_one: false }),
        always("rho", "rho", Domain::Decay { above_one: false }),
        always("beta", "beta", Domain::Leak),
        always("offset", "offset", Domain::Offset { with_current: true }),
        FIRE_AT,
        RESET_BY,
        V_RESET_RAW,
        V_INIT_RAW,
    ],
    tables: &[],
    states: &[
        V,
        StateInfo {
            name: "b",
            unit: StateUnit::Membrane,
        },
    ],
    source: "Bellec et al., Nature Communications 2020 (e-prop): ALIF",
    differences: "Bellec et al. 2020 reset by v_threshold, which is followed; their LSNN of 2018 by the risen threshold.",
};

/// Parameters of one neuron, in the numbers of an arithmetic.
#[derive(Clone, Debug, PartialEq)]
pub struct Params<N> {
    /// Retained fraction `A` of the membrane.
    pub decay: N,
    /// Retained fraction `rho` of the adaptation.
    pub rho: N,
    /// What a spike adds to it.
    pub beta: N,
    /// Bits of a product below the membrane's LSB (the coefficient's `frac`).
    pub drop: u32,
    /// Constant input `B`.
    pub offset: N,
    /// When a spike is fired, before `b` raises it.
    pub fire: Threshold<N>,
    /// The reset in the step of a spike.
    pub reset: ResetBy<N>,
    /// `v` before the first step.
    pub v_init: N,
    /// `b` before the first step.
    pub b_init: N,
    /// Format of `h`, `v` and `b`.
    pub membrane: QFormat,
}

impl<N: Clone + Debug> Model<N> for Params<N> {
    fn build(s: &impl Source<N>) -> Option<Self> {
        Some(Self {
            decay: s.number("decay")?,
            rho: s.number("rho")?,
            beta: s.number("beta")?,
            drop: s.drop(),
            offset: s.number("offset")?,
            fire: s.threshold("fire_at")?,
            reset: ResetBy::of(s)?,
            v_init: s.number("v_init")?,
            b_init: s.integer(0),
            membrane: s.membrane(),
        })
    }

    fn start(&self) -> Vec<N> {
        vec![self.v_init.clone(), self.b_init.clone()]
    }

    fn step<A: Arith<Num = N>>(&self, a: &A, state: &State<N, A::Bit>, x: &N) -> Step<N, A::Bit> {
        let b = state.kept.get(1).unwrap_or(&self.b_init);
        let into = |sum: N| a.overflow(&sum, &self.membrane);
        let leaked = a.product(&self.decay, state.v(), self.drop);
        let h = into(a.add(&a.add(&leaked, x), &self.offset));
        let risen = Threshold {
            level: a.add(&self.fire.level, b),
            fire: self.fire.fire,
        };
        let (spike, v) = self.reset.same_step(a, &h, &risen, &self.membrane);
        let kept = a.product(&self.rho, b, self.drop);
        let adapted = a.select(&spike, || a.add(&kept, &self.beta), || kept.clone());
        Step {
            h,
            spike,
            negative: a.bit(false),
            kept: vec![v, into(adapted)],
        }
    }
}

/// Nothing is folded but the input gain: `b` is kept times `beta` by the step itself.
pub(super) fn collapse(neuron: &Neuron) -> Collapsed {
    let mut c = Collapsed::new(neuron);
    c.input_gain = c.given("input_gain");
    for name in ["decay", "rho", "beta", "offset"] {
        c.set(name, c.given(name));
    }
    c.set_reset();
    c
}

//! KLIF: a leaky neuron whose charge is multiplied by a learned `k` and rectified before it is compared and kept.
//!
//! `h = ovf(max(0, R(A v) + x + B))`: the ReLU acts on the exact sum, the overflow after it. Then `s = h >= fire_at`, and in
//! the same step:
//!
//! | reset | state kept |
//! |---|---|
//! | none | `h` |
//! | hard | `s ? v_reset : h` |
//! | soft | `s ? ovf(h - reset_by) : h` |
//!
//! `k > 0` stands in the constants: `relu(k c) = k relu(c)`. Without `scale_reset`, `A = k decay`, and `k` is folded into the
//! synaptic current and `B`; `A` may be above 1. With it `h / k` is compared and kept: `A = decay`, and the threshold is
//! divided by `k`.
//!
//! Sources: Jiang and Zhang, arXiv 2302.09238, of which no code by the authors is known; SpikingJelly 2.0.0 `KLIFNode`, which
//! this follows (its `k` may become negative in training; here that is refused).

mod info;

use core::fmt::Debug;

use crate::arith::{Arith, Threshold};
use crate::describe::Neuron;
use crate::format::QFormat;
use crate::neuron::reset::ResetBy;
use crate::neuron::{Collapsed, Model, Source, State, Step};
use crate::param::Param;

pub(super) use info::INFO;

/// Parameters of one neuron, in the numbers of an arithmetic.
#[derive(Clone, Debug, PartialEq)]
pub struct Params<N> {
    /// Factor `A` of the state.
    pub decay: N,
    /// Bits of `A v` below the membrane's LSB (the coefficient's `frac`).
    pub drop: u32,
    /// Constant input `B`.
    pub offset: N,
    /// When a spike is fired.
    pub fire: Threshold<N>,
    /// The reset in the step of a spike.
    pub reset: ResetBy<N>,
    /// Value before the first step.
    pub v_init: N,
    /// Format of the membrane.
    pub membrane: QFormat,
}

impl<N: Clone + Debug> Model<N> for Params<N> {
    fn build(s: &impl Source<N>) -> Option<Self> {
        Some(Self {
            decay: s.number("decay")?,
            drop: s.drop(),
            offset: s.number("offset")?,
            fire: s.threshold("fire_at")?,
            reset: ResetBy::of(s)?,
            v_init: s.number("v_init")?,
            membrane: s.membrane(),
        })
    }

    fn start(&self) -> Vec<N> {
        vec![self.v_init.clone()]
    }

    fn step<A: Arith<Num = N>>(&self, a: &A, state: &State<N, A::Bit>, x: &N) -> Step<N, A::Bit> {
        let kept = a.product(&self.decay, state.v(), self.drop);
        let sum = a.add(&a.add(&kept, x), &self.offset);
        let h = a.overflow(&a.max_zero(&sum), &self.membrane);
        let (spike, v) = self.reset.same_step(a, &h, &self.fire, &self.membrane);
        Step {
            h,
            spike,
            negative: a.bit(false),
            kept: vec![v],
        }
    }
}

/// `k` goes into decay, gain and offset, or with `scale_reset` into the threshold.
pub(super) fn collapse(neuron: &Neuron) -> Collapsed {
    let mut c = Collapsed::new(neuron);
    let k = c.given("k");
    let scale_reset = c.given("scale_reset").values().first() == Some(&1.0);
    let (charge, h) = if scale_reset {
        (Param::Layer(1.0), k)
    } else {
        (k, Param::Layer(1.0))
    };
    for name in ["decay", "offset"] {
        let given = c.given(name);
        let folded = c.product(name, &given, &charge);
        c.set(name, folded);
    }
    let gain = c.given("input_gain");
    c.input_gain = c.product("input_gain", &gain, &charge);
    if h.of(0) != 1.0 {
        c.scales.insert("h", h);
    }
    c.set_reset();
    c
}

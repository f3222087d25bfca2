//! GLIF, the gated neuron, collapsed to two constants a state of the stored spike and one a step.
//!
//! `h = ovf(R(A[r] v) + R(G[t] x) + B[r])`, `s = h >= fire_at`, and `h` is kept: the reset of a spike is in `A[1]` and `B[1]` of
//! the next step (`r` is the stored spike). A conductance `G` that is the same at every step is in the weights, and there is
//! no product with the current. Every constant may depend on the step ("time-wise").
//!
//! With the paper's gates (Yao et al., NeurIPS 2022, eq. 4 to 10; alpha, beta, gamma in 0 to 1, or exactly 0 and 1):
//!
//! | constant | value |
//! |---|---|
//! | `A[0]` | `1 - alpha (1 - tau_exp)`: what the exponential leak retains |
//! | `A[1]` | `(1 - gamma) A[0]`: a hard reset takes the leaked part, not the linear leak |
//! | `B[0]` | `-(1 - alpha) tau_lin`: linear leak, not clamped |
//! | `B[1]` | `B[0] - (1 - gamma) v_re`: soft reset by its own amount |
//! | `G[t]` | `1 - beta (1 - g_t)` |
//!
//! Sources, and where they differ: the authors' `LIFSpike` and `LIFSpike_CW` fire above the threshold only, SpikingJelly
//! 2.0.0 `GatedLIFNode` at it: `fire` says which. The authors' layer-wise class has hard gates, the channel-wise one soft or
//! hard; their `softsimple` class is another neuron that no gates give.

mod info;
mod kinds;

use core::fmt::Debug;

use crate::arith::{Arith, Threshold};
use crate::describe::Neuron;
use crate::format::QFormat;
use crate::neuron::{Collapsed, Model, Source, State, Step};

pub(super) use info::INFO;

/// Parameters of one neuron, in the numbers of an arithmetic.
#[derive(Clone, Debug, PartialEq)]
pub struct Params<N> {
    /// Factors `A` of the state, without and with a stored spike.
    pub decay: [N; 2],
    /// Constant inputs `B`, without and with a stored spike.
    pub offset: [N; 2],
    /// Factor `G` of the current; `None` where it is in the weights.
    pub conduct: Option<N>,
    /// Bits of a product below the membrane's LSB (the coefficient's `frac`).
    pub drop: u32,
    /// When a spike is fired.
    pub fire: Threshold<N>,
    /// Value before the first step.
    pub v_init: N,
    /// Format of the membrane.
    pub membrane: QFormat,
}

impl<N: Clone + Debug> Params<N> {
    fn leaked<A: Arith<Num = N>>(&self, a: &A, state: &State<N, A::Bit>) -> (N, N) {
        let [silent, fired] = &self.decay;
        let decay = a.select(&state.spike, || fired.clone(), || silent.clone());
        let [silent, fired] = &self.offset;
        let offset = a.select(&state.spike, || fired.clone(), || silent.clone());
        (a.product(&decay, state.v(), self.drop), offset)
    }
}

impl<N: Clone + Debug> Model<N> for Params<N> {
    fn build(s: &impl Source<N>) -> Option<Self> {
        Some(Self {
            decay: [s.number("decay")?, s.number("decay_after_spike")?],
            offset: [s.number("offset")?, s.number("offset_after_spike")?],
            conduct: match s.has("conduct") {
                true => Some(s.number("conduct")?),
                false => None,
            },
            drop: s.drop(),
            fire: s.threshold("fire_at")?,
            v_init: s.number("v_init")?,
            membrane: s.membrane(),
        })
    }

    fn start(&self) -> Vec<N> {
        vec![self.v_init.clone()]
    }

    fn step<A: Arith<Num = N>>(&self, a: &A, state: &State<N, A::Bit>, x: &N) -> Step<N, A::Bit> {
        let (leaked, offset) = self.leaked(a, state);
        let input = match &self.conduct {
            Some(conduct) => a.product(conduct, x, self.drop),
            None => x.clone(),
        };
        let sum = a.add(&a.add(&leaked, &input), &offset);
        let h = a.overflow(&sum, &self.membrane);
        Step {
            spike: a.at_least(&h, &self.fire),
            negative: a.bit(false),
            kept: vec![h.clone()],
            h,
        }
    }

    /// After a spike its reset, which is the charge without input; then the value stays.
    fn hold<A: Arith<Num = N>>(&self, a: &A, state: &State<N, A::Bit>) -> Vec<N> {
        let (leaked, offset) = self.leaked(a, state);
        let reset = a.overflow(&a.add(&leaked, &offset), &self.membrane);
        vec![a.select(&state.spike, || reset, || state.v().clone())]
    }

    fn tells(&self) -> Option<(&N, bool)> {
        Some((&self.fire.level, true))
    }
}

/// From `decay`, `gate_reset`, `leak`, `sub_reset` and `conduct`; see the table above.
pub(super) fn collapse(neuron: &Neuron) -> Collapsed {
    let mut c = Collapsed::new(neuron);
    let decay = c.given("decay");
    let remains = c.given("gate_reset").map(|gate| 1.0 - gate);
    let after = c.product("gate_reset", &remains, &decay);
    c.set("decay_after_spike", after);
    c.set("decay", decay);
    let offset = c.given("leak").map(|leak| -leak);
    let sub_reset = c.given("sub_reset").map(|amount| -amount);
    let after = c.sum("sub_reset", &sub_reset, &offset);
    c.set("offset_after_spike", after);
    c.set("offset", offset);
    let gain = c.given("input_gain");
    match c.given("conduct").collapsed() {
        steps if steps.by_step() => {
            c.input_gain = gain;
            c.set("conduct", steps);
        }
        constant => c.input_gain = c.product("conduct", &constant, &gain),
    }
    c.set("fire_at", c.given("v_threshold"));
    c.set("v_init", c.given("v_init"));
    c
}

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
use crate::contract::{ContractError, Place};
use crate::describe::Klif;
use crate::format::{Overflow, QFormat};
use crate::neuron::lif::Reset;
use crate::neuron::{Constant, Domain, Model, Step};
use crate::quant::{Param, QuantKlif, QuantLayer};

pub(super) use info::INFO;

/// Parameters of one neuron, in the numbers of an arithmetic.
#[derive(Clone, Debug, PartialEq)]
pub struct KlifParams<N> {
    /// Factor `A` of the state.
    pub decay: N,
    /// Bits of `A v` below the membrane's LSB (the coefficient's `frac`).
    pub drop: u32,
    /// Constant input `B`.
    pub offset: N,
    /// When a spike is fired.
    pub fire: Threshold<N>,
    /// Amount of a soft reset.
    pub reset_by: N,
    /// Value after a hard reset.
    pub v_reset: N,
    /// Value before the first step.
    pub v_init: N,
    /// Kind of reset.
    pub reset: Reset,
    /// Format of the membrane.
    pub membrane: QFormat,
}

impl<N: Clone + Debug> Model<N> for KlifParams<N> {
    /// The membrane potential.
    type State<B: Clone + Debug> = N;

    fn start<A: Arith<Num = N>>(&self, _a: &A) -> N {
        self.v_init.clone()
    }

    fn step<A: Arith<Num = N>>(&self, a: &A, v: &N, x: &N) -> Step<N, A::Bit, N> {
        let sum = a.add(
            &a.add(&a.product(&self.decay, v, self.drop), x),
            &self.offset,
        );
        let h = a.overflow(&a.max_zero(&sum), &self.membrane);
        let (spike, state) = match self.reset {
            Reset::None => (a.at_least(&h, &self.fire), h.clone()),
            Reset::Hard => a.split(&h, &self.fire, |_| self.v_reset.clone(), Clone::clone),
            Reset::Soft => a.split(
                &h,
                &self.fire,
                |h| a.overflow(&a.sub(h, &self.reset_by), &self.membrane),
                Clone::clone,
            ),
        };
        Step {
            h,
            spike,
            negative: a.bit(false),
            state,
        }
    }

    fn kept<B: Clone + Debug>(v: &N) -> Vec<N> {
        vec![v.clone()]
    }
}

impl QuantKlif {
    /// Parameters of neuron `n` in the numbers of an arithmetic: `state` converts raw values of the membrane,
    /// `coefficient` those of the coefficients. `None` if a parameter has no such entry.
    pub fn params<N>(
        &self,
        n: usize,
        membrane: QFormat,
        state: impl Fn(i64) -> N,
        coefficient: impl Fn(i64) -> N,
    ) -> Option<KlifParams<N>> {
        Some(KlifParams {
            decay: coefficient(*self.decay.get(n)?),
            drop: self.coefficient.frac.max(0).unsigned_abs(),
            offset: state(*self.offset.get(n)?),
            fire: Threshold::at(state(*self.fire_at.get(n)?)),
            reset_by: state(*self.reset_by.get(n)?),
            v_reset: state(*self.v_reset.get(n)?),
            v_init: state(*self.v_init.get(n)?),
            reset: self.reset,
            membrane,
        })
    }

    /// Every integer parameter.
    pub(super) fn constants(&self) -> Vec<Constant<&Param<i64>>> {
        let Self {
            coefficient: _,
            decay,
            offset,
            fire_at,
            reset_by,
            v_reset,
            v_init,
            reset: _,
            h_scale: _,
        } = self;
        constants([decay, offset, fire_at, reset_by, v_reset, v_init])
    }

    /// Every integer parameter, to be changed.
    pub(super) fn constants_mut(&mut self) -> Vec<Constant<&mut Param<i64>>> {
        constants([
            &mut self.decay,
            &mut self.offset,
            &mut self.fire_at,
            &mut self.reset_by,
            &mut self.v_reset,
            &mut self.v_init,
        ])
    }

    /// The rules of the contract for this model's part of `layer`.
    pub(crate) fn validate(
        &self,
        layer: &QuantLayer,
        place: Place<'_>,
    ) -> Result<(), ContractError> {
        place.unsigned("coefficient", self.coefficient)?;
        let width = i64::from(self.coefficient.width);
        place.range("coefficient.width", width, 1, 24)?;
        let frac = i64::from(self.coefficient.frac);
        place.range("coefficient.frac", frac, 0, width - 1)?;
        let (min, max) = (layer.membrane.min(), layer.membrane.max());
        let symmetric = layer.overflow == Overflow::SaturateSymmetric;
        let state = (if symmetric { -max } else { min }, max);
        let neurons = layer.neurons;
        let coefficient = (0, self.coefficient.max());
        place.param("decay", &self.decay, neurons, coefficient)?;
        place.param("offset", &self.offset, neurons, (min, max))?;
        place.param("fire_at", &self.fire_at, neurons, (1, max))?;
        place.param("reset_by", &self.reset_by, neurons, (min, max))?;
        place.param("v_reset", &self.v_reset, neurons, state)?;
        place.param("v_init", &self.v_init, neurons, state)?;
        place.scale("h_scale", &Param::Layer(self.h_scale), 1)
    }
}

fn constants<P>([decay, offset, fire_at, reset_by, v_reset, v_init]: [P; 6]) -> Vec<Constant<P>> {
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
        constant("reset_by", "v_threshold", Domain::Membrane, reset_by),
        constant("v_reset", "v_reset", Domain::Membrane, v_reset),
        constant("v_init", "v_init", Domain::Membrane, v_init),
    ]
}

impl Klif {
    /// Real value of a compared `h` over that of the same number kept as `v`.
    #[must_use]
    pub const fn h_scale(&self) -> f64 {
        if self.scale_reset { self.k } else { 1.0 }
    }

    /// Factor that is folded into decay, current and offset.
    #[must_use]
    pub const fn charge_scale(&self) -> f64 {
        if self.scale_reset { 1.0 } else { self.k }
    }

    /// Real parameters of neuron `n`, in units of the kept state; `None` if a parameter has no such entry. The caller
    /// multiplies the synaptic current by `input_gain` and [`Self::charge_scale`].
    #[must_use]
    pub fn params(&self, n: usize) -> Option<KlifParams<f64>> {
        let level = *self.v_threshold.get(n)? / self.h_scale();
        Some(KlifParams {
            decay: self.charge_scale() * *self.decay.get(n)?,
            drop: 0,
            offset: self.charge_scale() * *self.offset.get(n)?,
            fire: Threshold {
                level,
                fire: self.fire,
            },
            reset_by: level,
            v_reset: *self.v_reset.get(n)?,
            v_init: *self.v_init.get(n)?,
            reset: self.reset,
            membrane: QFormat::signed(63, 0),
        })
    }
}

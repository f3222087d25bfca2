//! Refractory period, of every model: in the `R` steps after a spike the state holds, the input is dropped, no spike.
//!
//! A reset that is pending after the spike (next-step timing) acts in the first of these steps, without its charge. All
//! states of a model hold, not the membrane alone; `h` shows the held `v`. The count of steps left is a state: `R` after a
//! spike, then one less in each step.

use core::fmt::Debug;

use crate::arith::{Arith, Threshold};
use crate::neuron::Params;
use crate::neuron::model::{State, Step};

/// One neuron: its model and its refractory period.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell<N> {
    /// The model.
    pub model: Params<N>,
    /// The period; `None` without one.
    pub refractory: Option<Refractory<N>>,
}

/// A refractory period.
#[derive(Clone, Debug, PartialEq)]
pub struct Refractory<N> {
    /// Its steps.
    pub steps: N,
    /// One step.
    pub one: N,
    /// No step.
    pub zero: N,
}

impl<N: Clone + Debug> Cell<N> {
    /// State before the first step of a sample.
    pub fn start<A: Arith<Num = N>>(&self, a: &A) -> State<N, A::Bit> {
        let mut kept = self.model.start();
        kept.extend(self.refractory.as_ref().map(|r| r.zero.clone()));
        State {
            kept,
            spike: a.bit(false),
            negative: a.bit(false),
        }
    }

    /// One time step with the aligned synaptic current `x` (the bias included).
    pub fn step<A: Arith<Num = N>>(
        &self,
        a: &A,
        state: &State<N, A::Bit>,
        x: &N,
    ) -> Step<N, A::Bit> {
        let mut done = self.model.step(a, state, x);
        let Some((period, left)) = self.refractory.as_ref().zip(state.kept.last()) else {
            return done;
        };
        let first = Threshold::at(period.one.clone());
        let waits = a.at_least(left, &first);
        let held = self.model.hold(a, state);
        let awake = |bit: &A::Bit| {
            let fired = a.select(bit, || period.one.clone(), || period.zero.clone());
            a.at_least(&a.select(&waits, || period.zero.clone(), || fired), &first)
        };
        done.spike = awake(&done.spike);
        done.negative = awake(&done.negative);
        for (next, held) in done.kept.iter_mut().zip(&held) {
            *next = a.select(&waits, || held.clone(), || next.clone());
        }
        if let Some(v) = held.first() {
            done.h = a.select(&waits, || v.clone(), || done.h.clone());
        }
        let less = a.max_zero(&a.sub(left, &period.one));
        let after_negative = a.select(&done.negative, || period.steps.clone(), || less);
        let left = a.select(&done.spike, || period.steps.clone(), || after_negative);
        done.kept.push(left);
        done
    }
}

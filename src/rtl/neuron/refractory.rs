//! The refractory period of every lane: one stage more, and a state that counts the steps left.
//!
//! In the `R` steps after a spike the model's states hold, with a reset that is still pending; `h` shows the held `v`; there is
//! no spike, and bits that only the hardware keeps (the stored spike) are 0. The count is `R` after a spike, then one less in
//! each step, and is traced after the model's states.

use goldspike_golden::neuron::info::REFRACTORY;

use super::State;
use super::unit::{Done, Unit};
use crate::hdl::{Sig, Ty};
use crate::rtl::pipe::Timed;
use crate::rtl::plan::ty;

impl Unit<'_> {
    /// `done` with the period; `held` is what each of its states is while it waits.
    pub(super) fn pauses(&mut self, done: Done, held: &[Timed]) -> Done {
        let period = self.layer.neuron.refractory;
        let format = ty(self.layer.state_format(&REFRACTORY));
        self.b.comment("refractory period");
        let read = self.b.input("refractory_i", format);
        let read = self.pipe.input("refractory_i", read);
        let (read, first) = (self.at(read), self.at(self.first));
        let zero = self.b.lit(0, format);
        let left = self.b.mux(first, zero, read);
        let left = self.b.name("steps_left", left);
        let waits = self.b.ne(left, zero);
        let waits = self.b.name("waits", waits);

        let awake = self.b.not(waits);
        let spike = self.b.and(done.spike, awake);
        let negative = done.negative.map(|negative| self.b.and(negative, awake));
        let mut h = done.h;
        let mut states = Vec::with_capacity(done.states.len() + 1);
        let mut hidden = Vec::new();
        for ((state, value), &held) in done.states.into_iter().zip(held) {
            if !state.traced {
                let value = self.b.and(value, awake);
                hidden.push((state, self.last(state.name, value)));
                continue;
            }
            let held = self.at(held);
            if states.is_empty() {
                h = self.b.mux(waits, held, h);
            }
            let value = self.b.mux(waits, held, value);
            states.push((state, self.last(state.name, value)));
        }
        let one = self.b.lit(1, Ty::BIT);
        let less = self.b.sub(left, one);
        let less = self.b.saturate(less, format);
        let whole = self.b.lit(i128::from(period), format);
        let next = self.b.mux(spike, whole, less);
        let count = State {
            name: REFRACTORY.name,
            ty: format,
            traced: true,
        };
        states.push((count, self.last(count.name, next)));
        states.extend(hidden);
        let done = Done {
            spike: self.last("spike", spike),
            negative: negative.map(|negative| self.last("negative", negative)),
            h: self.last("h", h),
            states,
        };
        self.next_stage();
        done
    }

    /// The register of an output.
    fn last(&mut self, name: &str, value: Sig) -> Sig {
        let reg = self.b.reg(&format!("{name}_out_q"), value.ty(), None);
        self.b.next(reg, value);
        reg.q
    }
}

//! A short queue in registers: the oldest entry is always at place 0.

use crate::hdl::{Builder, Reg, Sig, Ty};
use crate::rtl::regs::occupancy;

/// The control of a queue, shared by all its fields.
pub(crate) struct ShiftQueue {
    /// By place: whether the pushed entry goes there.
    here: Vec<Sig>,
    pop: Sig,
    /// Whether there is an entry.
    pub(crate) valid: Sig,
}

impl ShiftQueue {
    /// A queue of `places`; whoever pushes knows that one is free, and pops only a valid entry.
    pub(crate) fn new(b: &mut Builder, name: &str, places: u32, push: Sig, pop: Sig) -> Self {
        let stored = occupancy(b, name, (0, places), push, pop);
        let here = stored
            .windows(2)
            .map(|around| {
                let end = b.mux(pop, around[1], around[0]);
                b.and(push, end)
            })
            .collect();
        let valid = b.not(stored[0]);
        Self { here, pop, valid }
    }

    /// One field of the entries: `value` is pushed, the oldest is given.
    pub(crate) fn field(&self, b: &mut Builder, name: &str, value: Sig) -> Sig {
        let ty: Ty = value.ty();
        let places: Vec<Reg> = (0..self.here.len())
            .map(|place| b.reg(&format!("{name}{place}_q"), ty, None))
            .collect();
        for (place, (&reg, &here)) in places.iter().zip(&self.here).enumerate() {
            let moves = b.or(self.pop, here);
            let above = places.get(place + 1).map_or(value, |above| above.q);
            let next = b.mux(here, value, above);
            b.next_en(reg, moves, next);
        }
        places[0].q
    }
}

//! The comparison with the threshold, and the reset in the step of the spike, of the lanes that have no other kind of it.

use goldspike_golden::neuron::Reset;

use super::unit::Unit;
use crate::hdl::{Sig, Ty};

/// A kind of reset in the words of a lane's head.
pub(super) const fn reset_word(reset: Reset) -> &'static str {
    match reset {
        Reset::Hard => "hard",
        Reset::Soft => "soft",
        Reset::None => "no",
    }
}

impl Unit<'_> {
    /// Whether `h` fires; nothing is compared where it never does.
    pub(super) fn fire(&mut self, h: Sig) -> Sig {
        if !self.fires() {
            return self.b.lit(0, Ty::BIT);
        }
        let threshold = self.constant("fire_at", self.membrane());
        let threshold = self.value(&threshold);
        let fire = self.b.ge(h, threshold);
        self.b.name("fire", fire)
    }

    /// What is kept of `h` in its own step: `v_reset` or `ovf(h - reset_by)` after a spike, else `h`.
    pub(super) fn reset_by_spike(&mut self, h: Sig, spike: Sig) -> Sig {
        let membrane = self.membrane();
        if !self.fires() {
            return h;
        }
        let after = match self.layer.neuron.modes.reset {
            Reset::None => return h,
            Reset::Hard => {
                let v_reset = self.constant("v_reset", membrane);
                self.value(&v_reset)
            }
            Reset::Soft => {
                let amount = self.constant("reset_by", membrane);
                let amount = self.value(&amount);
                let less = self.b.sub(h, amount);
                self.overflow(less)
            }
        };
        self.b.mux(spike, after, h)
    }
}

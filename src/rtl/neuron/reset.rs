//! The comparison with the threshold, and the reset in the step of the spike, of the lanes that have no other kind of it.

use goldspike_golden::neuron::Reset;

use super::forms::Forms;
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

/// A comparison with the threshold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fired {
    /// Whether there is a spike.
    pub(super) spike: Sig,
    /// `h - fire_at`, where that is what a soft reset leaves: one adder does both.
    pub(super) margin: Option<Sig>,
    /// Whether a spike says that `h` is at its threshold or above.
    pub(super) by_h: bool,
}

impl Fired {
    /// A spike that says nothing of `h` alone.
    pub(super) const fn otherwise(spike: Sig) -> Self {
        Self {
            spike,
            margin: None,
            by_h: false,
        }
    }
}

impl Unit<'_> {
    /// Whether `h` fires; nothing is compared where it never does.
    pub(super) fn fire(&mut self, h: Sig) -> Sig {
        if !self.fires() {
            return self.b.lit(0, Ty::BIT);
        }
        let margin = self.margin(h);
        let below = self.b.bit(margin, margin.width() - 1);
        let fire = self.b.not(below);
        self.b.name("fire", fire)
    }

    /// `h - fire_at`, whose sign says whether `h` fires: the sum's last bit is a level of logic less than a carry is.
    fn margin(&mut self, h: Sig) -> Sig {
        let threshold = self.constant("fire_at", self.membrane());
        let margin = self.minus(h, &threshold);
        self.b.name("margin", margin)
    }

    /// Whether `h` fires, for a reset in the same step.
    pub(super) fn fired(&mut self, h: Sig) -> Fired {
        if !self.fires() || !self.resets_to_margin() {
            return Fired {
                spike: self.fire(h),
                margin: None,
                by_h: true,
            };
        }
        self.note(
            "reset",
            "the difference that is compared",
            "reset_by is fire_at",
        );
        let margin = self.margin(h);
        let below = self.b.bit(margin, margin.width() - 1);
        let fire = self.b.not(below);
        Fired {
            spike: self.b.name("fire", fire),
            margin: Some(margin),
            by_h: true,
        }
    }

    /// Whether a soft reset takes off just the threshold.
    fn resets_to_margin(&self) -> bool {
        let layer = self.layer;
        let constants = &layer.neuron.constants;
        let modes = layer.neuron.modes;
        self.assume().forms == Forms::Cheapest
            && modes.reset == Reset::Soft
            && modes.spikes.is_binary()
            && constants.get("fire_at") == constants.get("reset_by")
    }

    /// `ovf(value)` of `value = h - reset_by` after a spike, `h + reset_by` after one of -1: nothing, where it fits.
    pub(super) fn overflow_of_reset(&mut self, value: Sig) -> Sig {
        if !self.reset_fits() {
            return self.overflow(value);
        }
        let why = "a spike's threshold less reset_by is within the format";
        self.note("overflow of the reset", "nothing", why);
        self.b.wrap(value, self.membrane())
    }

    /// Whether, after a spike, `h - reset_by` is within the membrane's format, and its mirror image after one of -1.
    fn reset_fits(&self) -> bool {
        if self.assume().forms == Forms::General {
            return false;
        }
        let constants = &self.layer.neuron.constants;
        let ends = |name: &str| {
            let values = constants.get(name)?.values();
            Some((*values.iter().min()?, *values.iter().max()?))
        };
        let (Some((lowest, _)), Some((least, most))) = (ends("fire_at"), ends("reset_by")) else {
            return false;
        };
        let format = self.membrane();
        let (least, most) = (i128::from(least), i128::from(most));
        // The lower end is not the format's where it is symmetric.
        least >= 0 && i128::from(lowest) - most >= -format.max()
    }

    /// What is kept of `h` in its own step: `v_reset` or `ovf(h - reset_by)` after a spike, else `h`.
    pub(super) fn reset_by_spike(&mut self, h: Sig, fired: Fired) -> Sig {
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
                let less = fired.margin.unwrap_or_else(|| {
                    let amount = self.constant("reset_by", membrane);
                    self.minus(h, &amount)
                });
                if fired.by_h {
                    self.overflow_of_reset(less)
                } else {
                    self.overflow(less)
                }
            }
        };
        self.b.mux(fired.spike, after, h)
    }
}

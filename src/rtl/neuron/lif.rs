//! The LIF lane (IF, LIF, PLIF), pipelined.
//!
//! ```text
//! stage  0               1              [2]           +1        +1          +1            +1             +1
//!        sum + bias ──────────────────────► align ─► + offset ──┐
//!        first ? v_init : v ─► [pending reset] ─► × decay ─► round ─► add ─► overflow = h ─► fire, reset ─► v
//! ```
//!
//! Charge: `h = ovf(R(decay·v) + R_g(sum + bias) + offset)`. The product is rounded once, the overflow happens once, on
//! the exact sum. A next-step reset uses the stored spike `r`; a guarded one asks whether the kept `v` is still above
//! the threshold. A ternary lane also fires at `h <= -fire_at`, a spike of -1, which a soft reset moves up. A leak toward zero
//! takes one stage after the rounding: `u - clamp(u, -leak, leak)`. Nothing here knows of time: the surroundings keep one
//! neuron's visits apart.

use goldspike_golden::neuron::{Leak, Modes, Reset, ResetTiming, Spikes};
use goldspike_golden::quant::QuantLayer;

use super::charge::Parts;
use super::reset::{Fired, reset_word};
use super::unit::{Constant, Kept, Unit};
use super::{Assume, Lane};
use crate::hdl::{HdlError, Sig, Ty};
use crate::rtl::pipe::Timed;

/// Describes the lane.
///
/// # Errors
/// Only an internal bug of the description.
pub(crate) fn lane(
    layer: &QuantLayer,
    module: &str,
    sum: Ty,
    assume: &Assume,
) -> Result<Lane, HdlError> {
    let modes = layer.neuron.modes;
    let doc = format!(
        "One pipelined LIF lane: charge h = ovf({} + x + offset), fire h >= fire_at{}, {} reset ({}).",
        match modes.leak {
            Leak::LinearUnclamped => "R(decay*v)",
            Leak::LinearTowardZero => "u - clamp(u, -leak, leak)",
        },
        match modes.spikes {
            Spikes::Binary => "",
            Spikes::Ternary => " or h <= -fire_at (ternary)",
        },
        reset_word(modes.reset),
        match modes.reset_timing {
            ResetTiming::SameStep => "same step",
            ResetTiming::NextStep => "next step",
            ResetTiming::SameStepGuarded => "same step, guarded",
        },
    );
    let mut unit = Unit::new(module, &doc, layer, sum, assume);
    let fires = unit.fires();
    let falls = modes.spikes == Spikes::Ternary && unit.falls();
    // What the lane needs: a reset that cannot act is none.
    let modes = Modes {
        reset: if fires || falls {
            modes.reset
        } else {
            Reset::None
        },
        ..modes
    };
    LifLane { unit, modes, falls }.describe()
}

struct LifLane<'a> {
    unit: Unit<'a>,
    modes: Modes,
    /// Whether spikes of -1 can be fired.
    falls: bool,
}

impl LifLane<'_> {
    fn describe(mut self) -> Result<Lane, HdlError> {
        let modes = self.modes;
        let membrane = self.unit.membrane();
        let decay = self.unit.coefficient("decay");
        let offset = self.unit.fitted("offset");

        self.unit.b.comment("bias; start of a sample");
        let current = self.unit.current();
        let v_init = self.unit.constant("v_init", membrane);
        let mut v = self.unit.state("v", "v_old", Some(v_init));
        let stored = self
            .stores_spike()
            .then(|| self.unit.state("r", "r_old", None));
        let stored_sign = self
            .stores_sign()
            .then(|| self.unit.state("r_negative", "r_negative_old", None));
        self.unit.next_stage();

        let r_negative = stored_sign.map(|stored| stored.old);
        let (start, r) = self.pending_reset(&mut v, stored.map(|stored| stored.old), r_negative);

        self.unit
            .b
            .comment("charge: decay * v, and the current in membrane LSBs");
        let parts = self.unit.charge_parts(&decay, start, current);
        self.unit.next_stage();

        let pending = r.filter(|_| modes.reset == Reset::Soft);
        let (leaked, input) = match pending {
            None if modes.leak == Leak::LinearUnclamped => self.unit.charge_rounded(parts, &offset),
            _ => self.rounded_and_reset(parts, &offset, pending, r_negative),
        };
        let h = self.unit.charged(leaked, input);

        self.unit.b.comment("fire");
        let compared = self.unit.at(h);
        let fired = if modes.reset_timing == ResetTiming::SameStep {
            self.unit.fired(compared)
        } else {
            Fired::otherwise(self.unit.fire(compared))
        };
        let mut fire = fired.spike;
        let mut falls = None;
        if modes.spikes == Spikes::Ternary {
            let mut below = self.unit.b.lit(0, Ty::BIT);
            if self.falls {
                let fire_at = self.unit.constant("fire_at", membrane);
                let threshold = self.unit.mirrored(&fire_at);
                below = self.unit.b.le(compared, threshold);
                below = self.unit.b.name("fire_negative", below);
                let any = self.unit.b.or(fire, below);
                fire = self.unit.b.name("fire_any", any);
            }
            falls = Some(below);
        }
        let (compared, fire, falls) = if self.unit.assume().loaded() || self.falls {
            self.in_next_stage(h, fire, falls)
        } else {
            (compared, fire, falls)
        };
        self.unit.b.comment("reset");
        let kept = self.reset(compared, (fire, fired.margin), falls, r);
        let spike = self.unit.keep("spike", fire);
        let negative = falls.map(|falls| self.unit.keep("negative", falls));
        let kept = self.unit.keep("v", kept);
        self.unit.next_stage();

        let mut states = vec![(v, kept)];
        states.extend(stored.map(|stored| (stored, spike)));
        if let Some(negative) = negative {
            self.unit.signed_by(negative);
            states.extend(stored_sign.map(|stored| (stored, negative)));
        }
        self.unit.finish(spike, h, states)
    }

    /// The compared value and the spike one stage later, where the reset's adder stands behind that of the comparison: a
    /// threshold that is loaded, a reset whose direction is the spike's sign.
    fn in_next_stage(
        &mut self,
        h: Timed,
        fire: Sig,
        falls: Option<Sig>,
    ) -> (Sig, Sig, Option<Sig>) {
        let fire = self.unit.keep("fired", fire);
        let falls = falls.map(|falls| self.unit.keep("fired_negative", falls));
        self.unit.next_stage();
        let falls = falls.map(|falls| self.unit.at(falls));
        (self.unit.at(h), self.unit.at(fire), falls)
    }

    /// The product rounded, once, and the current with its offset and the soft reset of the previous step; ends its stages.
    fn rounded_and_reset(
        &mut self,
        parts: Parts,
        offset: &Constant,
        pending: Option<Timed>,
        r_negative: Option<Timed>,
    ) -> (Timed, Timed) {
        self.unit.reach(parts.product);
        self.unit.b.comment("charge: the product rounded, once");
        let x = self.unit.at(parts.aligned);
        let mut input = self.unit.plus(x, offset);
        if let Some(r) = pending {
            self.unit.b.comment("soft reset of the previous step");
            let r = self.unit.at(r);
            let sign = r_negative.map(|sign| self.unit.at(sign));
            let amount = self.reset_by(sign);
            let zero = self.unit.b.lit(0, amount.ty());
            let amount = self.unit.b.mux(r, amount, zero);
            input = self.unit.b.sub(input, amount);
        }
        let input = self.unit.keep("input", input);
        let leaked = self.unit.rounded(parts.product);
        let leaked = self.toward_zero(leaked);
        let leaked = self.unit.keep("leaked", leaked);
        self.unit.next_stage();
        (leaked, input)
    }

    fn stores_spike(&self) -> bool {
        self.modes.reset_timing == ResetTiming::NextStep && self.modes.reset != Reset::None
    }

    /// Whether the reset of the next step depends on the spike's sign.
    fn stores_sign(&self) -> bool {
        self.stores_spike()
            && self.modes.reset == Reset::Soft
            && self.modes.spikes == Spikes::Ternary
    }

    /// A linear leak toward zero: `u - clamp(u, -leak, leak)`, one stage more.
    fn toward_zero(&mut self, decayed: Sig) -> Sig {
        if self.modes.leak == Leak::LinearUnclamped {
            return decayed;
        }
        let decayed = self.unit.keep("decayed", decayed);
        self.unit.next_stage();
        self.unit.b.comment("linear leak, not beyond 0");
        let leak = self.unit.fitted("leak");
        let u = self.unit.at(decayed);
        let (amount, mirrored) = (self.unit.value(&leak), self.unit.mirrored(&leak));
        let (above, below) = (self.unit.b.gt(u, amount), self.unit.b.lt(u, mirrored));
        let (less, more) = (self.unit.b.sub(u, amount), self.unit.b.add(u, amount));
        let zero = self.unit.b.lit(0, more.ty());
        let inside = self.unit.b.mux(below, more, zero);
        self.unit.b.mux(above, less, inside)
    }

    /// The reset of an earlier step that acts on this charge: `(v after a hard one, whether there is one)`. What a refractory
    /// step keeps of `v` has the reset of a stored spike too.
    fn pending_reset(
        &mut self,
        v: &mut Kept,
        r: Option<Timed>,
        sign: Option<Timed>,
    ) -> (Timed, Option<Timed>) {
        match (self.modes.reset_timing, self.modes.reset) {
            (ResetTiming::SameStep, _) | (_, Reset::None) => return (v.old, None),
            (ResetTiming::NextStep, Reset::Soft) => {
                if self.unit.layer.neuron.refractory > 0 {
                    v.held = self.soft_reset_held(v.old, r, sign);
                }
                return (v.old, r);
            }
            (ResetTiming::NextStep | ResetTiming::SameStepGuarded, _) => {}
        }
        let kept = self.unit.at(v.old);
        let acts = match r {
            Some(r) => self.unit.at(r),
            None => {
                self.unit
                    .b
                    .comment("guard: a reset is still pending where v is above the threshold");
                let wide = Ty::s(self.unit.membrane().width() + 1);
                let pending_at = self.unit.constant("pending_at", wide);
                let level = self.unit.value(&pending_at);
                self.unit.b.ge(kept, level)
            }
        };
        let start = if self.modes.reset == Reset::Hard {
            self.unit.b.comment("hard reset of an earlier step");
            let v_reset = self.v_reset();
            self.unit.b.mux(acts, v_reset, kept)
        } else {
            kept
        };
        let start = self.unit.keep("v_start", start);
        let r = self.unit.keep("r", acts);
        self.unit.next_stage();
        if self.modes.reset_timing == ResetTiming::NextStep {
            v.held = start;
        }
        (start, Some(r))
    }

    /// `ovf(v - r * reset_by)`, mirrored after a spike of -1.
    fn soft_reset_held(&mut self, v: Timed, r: Option<Timed>, sign: Option<Timed>) -> Timed {
        let Some(r) = r else {
            return v;
        };
        self.unit
            .b
            .comment("soft reset without a charge, for a refractory step");
        let (kept, acts) = (self.unit.at(v), self.unit.at(r));
        let sign = sign.map(|sign| self.unit.at(sign));
        let after = self.after_reset(kept, sign);
        let held = self.unit.b.mux(acts, after, kept);
        self.unit.keep("v_held", held)
    }

    /// The state to keep; `falls` where the spike is -1.
    fn reset(
        &mut self,
        h: Sig,
        (fire, margin): (Sig, Option<Sig>),
        falls: Option<Sig>,
        r: Option<Timed>,
    ) -> Sig {
        match (self.modes.reset, self.modes.reset_timing, r) {
            (Reset::None, _, _) | (_, ResetTiming::NextStep, _) => h,
            (_, ResetTiming::SameStepGuarded, Some(r)) => {
                let r = self.unit.at(r);
                let (not_r, not_fire) = (self.unit.b.not(r), self.unit.b.not(fire));
                let resets = self.unit.b.and(fire, not_r);
                let undoes = self.unit.b.and(r, not_fire);
                let after = self.after_reset(h, None);
                let undone = self.undone_reset(h);
                let kept = self.unit.b.mux(undoes, undone, h);
                self.unit.b.mux(resets, after, kept)
            }
            (_, ResetTiming::SameStep | ResetTiming::SameStepGuarded, _) => {
                let after = match (self.modes.reset, margin) {
                    (Reset::Soft, Some(margin)) => self.unit.overflow_of_reset(margin),
                    (Reset::Soft, None) => {
                        let v = self.less_reset(h, falls);
                        self.unit.overflow_of_reset(v)
                    }
                    _ => self.v_reset(),
                };
                self.unit.b.mux(fire, after, h)
            }
        }
    }

    /// `v_reset`, or `ovf(h - reset_by)`, with a negative spike `ovf(h + reset_by)`.
    fn after_reset(&mut self, h: Sig, negative: Option<Sig>) -> Sig {
        if self.modes.reset == Reset::Hard {
            return self.v_reset();
        }
        let v = self.less_reset(h, negative);
        self.unit.overflow(v)
    }

    /// `h - reset_by`, with a negative spike `h + reset_by`, exact.
    fn less_reset(&mut self, h: Sig, negative: Option<Sig>) -> Sig {
        if negative.is_none() {
            let amount = self.unit.constant("reset_by", self.unit.membrane());
            return self.unit.minus(h, &amount);
        }
        let amount = self.reset_by(negative);
        self.unit.b.sub(h, amount)
    }

    /// snnTorch's `mem -= (spk - r) * …` where a reset was pending and no spike came: `ovf(h + (h - v_reset))`, or
    /// `ovf(h + reset_by)`.
    fn undone_reset(&mut self, h: Sig) -> Sig {
        let v = if self.modes.reset == Reset::Hard {
            let v_reset = self.v_reset();
            let twice = self.unit.b.shl(h, 1);
            self.unit.b.sub(twice, v_reset)
        } else {
            let amount = self.reset_by(None);
            self.unit.b.add(h, amount)
        };
        self.unit.overflow(v)
    }

    fn v_reset(&mut self) -> Sig {
        let constant = self.unit.constant("v_reset", self.unit.membrane());
        self.unit.value(&constant)
    }

    /// The amount of a soft reset, mirrored where the spike is negative.
    fn reset_by(&mut self, negative: Option<Sig>) -> Sig {
        let constant = self.unit.constant("reset_by", self.unit.membrane());
        let amount = self.unit.value(&constant);
        let Some(negative) = negative else {
            return amount;
        };
        let mirrored = self.unit.mirrored(&constant);
        let amount = self.unit.b.extend(amount, mirrored.ty());
        self.unit.b.mux(negative, mirrored, amount)
    }
}

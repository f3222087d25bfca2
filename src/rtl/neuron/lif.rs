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
//! the threshold. A ternary lane also fires at `h <= -fire_at`, a spike of -1, which a soft reset moves up. Nothing here knows of time: the surroundings keep one neuron's visits apart.

use goldspike_golden::neuron::lif::{Reset, ResetTiming, Spikes};
use goldspike_golden::quant::{QuantLayer, QuantLif};

use super::unit::{Constant, Unit, fit};
use super::{Lane, State};
use crate::hdl::{HdlError, Sig, Ty};
use crate::rtl::pipe::Timed;
use crate::rtl::plan::ty;

/// Describes the lane.
///
/// # Errors
/// Only an internal bug of the description.
pub(crate) fn lane(
    layer: &QuantLayer,
    lif: &QuantLif,
    module: &str,
    sum: Ty,
) -> Result<Lane, HdlError> {
    let doc = format!(
        "One pipelined LIF lane: charge h = ovf(R(decay*v) + x + offset), fire h >= fire_at{}, {} reset ({}).",
        match lif.spikes {
            Spikes::Binary => "",
            Spikes::Ternary => " or h <= -fire_at (ternary)",
        },
        match lif.reset {
            Reset::Hard => "hard",
            Reset::Soft => "soft",
            Reset::None => "no",
        },
        match lif.reset_timing {
            ResetTiming::SameStep => "same step",
            ResetTiming::NextStep => "next step",
            ResetTiming::SameStepGuarded => "same step, guarded",
        },
    );
    LifLane {
        unit: Unit::new(module, &doc, layer, sum),
        lif,
    }
    .describe()
}

struct LifLane<'a> {
    unit: Unit<'a>,
    lif: &'a QuantLif,
}

impl LifLane<'_> {
    fn describe(mut self) -> Result<Lane, HdlError> {
        let lif = self.lif;
        let frac = lif.coefficient.frac.unsigned_abs();
        let membrane = self.unit.membrane();
        let decay = self.unit.constant("decay", ty(lif.coefficient), &lif.decay);
        let offset = self.unit.constant("offset", fit(&lif.offset), &lif.offset);
        let fire_at = self.unit.constant("fire_at", membrane, &lif.fire_at);

        self.unit.b.comment("bias; start of a sample");
        let current = self.unit.current();
        let v_init = self.unit.constant("v_init", membrane, &lif.v_init);
        let v = self.unit.state("v_old", "v_i", membrane, Some(v_init));
        let r = self
            .stores_spike()
            .then(|| self.unit.state("r_old", "r_i", Ty::BIT, None));
        let r_negative = self.stores_sign().then(|| {
            self.unit
                .state("r_negative_old", "r_negative_i", Ty::BIT, None)
        });
        self.unit.next_stage();

        let (v, r) = self.pending_reset(v, r);

        self.unit
            .b
            .comment("charge: decay * v, and the current in membrane LSBs");
        let product = self.unit.product("product", &decay, frac, v);
        let aligned = self.unit.aligned(current);
        let aligned = self.unit.keep("aligned", aligned);
        self.unit.next_stage();

        self.unit.b.comment("charge: the product rounded, once");
        let x = self.unit.at(aligned);
        let mut input = self.unit.plus(x, &offset);
        if let (Some(r), Reset::Soft) = (r, lif.reset) {
            self.unit.b.comment("soft reset of the previous step");
            let r = self.unit.at(r);
            let sign = r_negative.map(|sign| self.unit.at(sign));
            let amount = self.reset_by(sign);
            let zero = self.unit.b.lit(0, amount.ty());
            let amount = self.unit.b.mux(r, amount, zero);
            input = self.unit.b.sub(input, amount);
        }
        let input = self.unit.keep("input", input);
        let leaked = self.unit.rounded(product, frac);
        let leaked = self.unit.keep("leaked", leaked);
        self.unit.next_stage();

        self.unit
            .b
            .comment("charge: the exact sum, then the overflow, once");
        let (leaked, input) = (self.unit.at(leaked), self.unit.at(input));
        let charge = self.unit.b.add(leaked, input);
        let charge = self.unit.keep("charge", charge);
        self.unit.next_stage();
        let charge = self.unit.at(charge);
        let h = self.unit.overflow(charge);
        let h = self.unit.keep("h", h);
        self.unit.next_stage();

        self.unit.b.comment("fire");
        let compared = self.unit.at(h);
        let threshold = self.unit.value(&fire_at);
        let fire = self.unit.b.ge(compared, threshold);
        let mut fire = self.unit.b.name("fire", fire);
        let mut falls = None;
        if lif.spikes == Spikes::Ternary {
            let threshold = self.unit.mirrored(&fire_at);
            let below = self.unit.b.le(compared, threshold);
            let below = self.unit.b.name("fire_negative", below);
            let any = self.unit.b.or(fire, below);
            fire = self.unit.b.name("fire_any", any);
            falls = Some(below);
        }
        self.unit.b.comment("reset");
        let kept = self.reset(compared, fire, falls, r);
        let spike = self.unit.keep("spike", fire);
        let negative = falls.map(|falls| self.unit.keep("negative", falls));
        let v = self.unit.keep("v", kept);
        self.unit.next_stage();

        let mut states = vec![(
            State {
                name: "v",
                ty: membrane,
                traced: true,
            },
            v,
        )];
        if self.stores_spike() {
            let stored = State {
                name: "r",
                ty: Ty::BIT,
                traced: false,
            };
            states.push((stored, spike));
        }
        if let Some(negative) = negative {
            self.unit.signed_by(negative);
            if self.stores_sign() {
                let stored = State {
                    name: "r_negative",
                    ty: Ty::BIT,
                    traced: false,
                };
                states.push((stored, negative));
            }
        }
        self.unit.finish(spike, h, states)
    }

    fn stores_spike(&self) -> bool {
        self.lif.reset_timing == ResetTiming::NextStep && self.lif.reset != Reset::None
    }

    /// Whether the reset of the next step depends on the spike's sign.
    fn stores_sign(&self) -> bool {
        self.stores_spike() && self.lif.reset == Reset::Soft && self.lif.spikes == Spikes::Ternary
    }

    /// The reset of an earlier step that acts on this charge: `(v after a hard one, whether there is one)`.
    fn pending_reset(&mut self, v: Timed, r: Option<Timed>) -> (Timed, Option<Timed>) {
        let lif = self.lif;
        match (lif.reset_timing, lif.reset) {
            (ResetTiming::SameStep, _) | (_, Reset::None) => return (v, None),
            (ResetTiming::NextStep, Reset::Soft) => return (v, r),
            (ResetTiming::NextStep | ResetTiming::SameStepGuarded, _) => {}
        }
        let kept = self.unit.at(v);
        let acts = match r {
            Some(r) => self.unit.at(r),
            None => {
                self.unit
                    .b
                    .comment("guard: a reset is still pending where v is above the threshold");
                let wide = Ty::s(self.unit.membrane().width() + 1);
                let pending_at = self.unit.constant("pending_at", wide, &lif.pending_at);
                let level = self.unit.value(&pending_at);
                self.unit.b.ge(kept, level)
            }
        };
        let start = if lif.reset == Reset::Hard {
            self.unit.b.comment("hard reset of an earlier step");
            let v_reset = self.v_reset();
            self.unit.b.mux(acts, v_reset, kept)
        } else {
            kept
        };
        let v = self.unit.keep("v_start", start);
        let r = self.unit.keep("r", acts);
        self.unit.next_stage();
        (v, Some(r))
    }

    /// The state to keep; `falls` where the spike is -1.
    fn reset(&mut self, h: Sig, fire: Sig, falls: Option<Sig>, r: Option<Timed>) -> Sig {
        match (self.lif.reset, self.lif.reset_timing, r) {
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
                let after = self.after_reset(h, falls);
                self.unit.b.mux(fire, after, h)
            }
        }
    }

    /// `v_reset`, or `ovf(h - reset_by)`, with a negative spike `ovf(h + reset_by)`.
    fn after_reset(&mut self, h: Sig, negative: Option<Sig>) -> Sig {
        if self.lif.reset == Reset::Hard {
            return self.v_reset();
        }
        let amount = self.reset_by(negative);
        let v = self.unit.b.sub(h, amount);
        self.unit.overflow(v)
    }

    /// snnTorch's `mem -= (spk - r) * …` where a reset was pending and no spike came: `ovf(h + (h - v_reset))`, or
    /// `ovf(h + reset_by)`.
    fn undone_reset(&mut self, h: Sig) -> Sig {
        let v = if self.lif.reset == Reset::Hard {
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
        let constant: Constant =
            self.unit
                .constant("v_reset", self.unit.membrane(), &self.lif.v_reset);
        self.unit.value(&constant)
    }

    /// The amount of a soft reset, mirrored where the spike is negative.
    fn reset_by(&mut self, negative: Option<Sig>) -> Sig {
        let constant = self
            .unit
            .constant("reset_by", self.unit.membrane(), &self.lif.reset_by);
        let amount = self.unit.value(&constant);
        let Some(negative) = negative else {
            return amount;
        };
        let mirrored = self.unit.mirrored(&constant);
        let amount = self.unit.b.extend(amount, mirrored.ty());
        self.unit.b.mux(negative, mirrored, amount)
    }
}

//! The LIF lane (IF, LIF, PLIF), pipelined.
//!
//! ```text
//! stage  0          1               2             3                4            5            6
//!        sum ─►(+bias)─► align ─►(+offset [- r·reset_by])─► delay ─►(+)─► overflow ─► h ─► fire, reset ─► v'
//!        v ──►(first ? v_init)─►(r ? v_reset)─► × decay ─► round ──┘
//! ```
//!
//! Charge: `h = ovf(R(decay·v) + R_g(sum + bias) + offset)`. The product is rounded once, the overflow happens once, on
//! the exact sum. A next-step reset uses the stored spike `r`; a guarded one asks whether the kept `v` is still above
//! the threshold. Nothing here knows of time: the surroundings keep one neuron's visits apart.

use goldspike_golden::format::{Overflow, QFormat};
use goldspike_golden::neuron::lif::{Reset, ResetTiming};
use goldspike_golden::quant::{Param, QuantLayer, QuantLif};

use super::{Column, Lane, State};
use crate::hdl::{Builder, HdlError, Sig, Ty};
use crate::rtl::pipe::{Pipe, Timed};
use crate::rtl::plan::ty;

/// A constant of the lane: a literal, or an input fed from the constant memory.
enum Constant {
    Literal(i64, Ty),
    Input(&'static str, Timed),
}

/// The lane under construction.
struct LifLane<'a> {
    b: Builder,
    pipe: Pipe,
    layer: &'a QuantLayer,
    columns: Vec<Column>,
    inputs: Vec<Sig>,
}

/// Which value of the stored spike or pending reset acts on the charge.
fn charge_needs_reset(lif: &QuantLif) -> bool {
    lif.reset != Reset::None && lif.reset_timing != ResetTiming::SameStep
}

/// Describes the lane.
///
/// # Errors
/// Only an internal bug of the description.
pub(crate) fn lane(
    layer: &QuantLayer,
    lif: &QuantLif,
    module_name: &str,
    sum: Ty,
) -> Result<Lane, HdlError> {
    let doc = format!(
        "One pipelined LIF lane: charge h = ovf(R(decay*v) + x + offset), fire h >= fire_at, {} reset ({}).\n\
         Membrane {} ({:?} rounding, {:?} overflow), sum {} bits, guard bits {}.",
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
        layer.membrane,
        layer.rounding,
        layer.overflow,
        sum.width(),
        layer.guard_bits,
    );
    let mut unit = LifLane {
        b: Builder::new(module_name, doc),
        pipe: Pipe::default(),
        layer,
        columns: Vec::new(),
        inputs: Vec::new(),
    };
    let membrane = ty(layer.membrane);
    let stored_spike = lif.reset_timing == ResetTiming::NextStep && lif.reset != Reset::None;

    let sum = Timed::input(unit.b.input("sum_i", sum));
    let first = Timed::input(unit.b.input("first_i", Ty::BIT));
    let v = Timed::input(unit.b.input("v_i", membrane));
    let r = stored_spike.then(|| Timed::input(unit.b.input("r_i", Ty::BIT)));
    unit.b.port_doc("sum_i", "synaptic sum, accumulator LSBs");
    unit.b
        .port_doc("first_i", "first step of a sample: start from v_init");
    unit.b
        .port_doc("v_i", "membrane potential after the previous step");
    let out = unit.describe(lif, sum, first, v, r);
    unit.b.output("spike_o", out.spike);
    unit.b.output("h_o", out.h);
    unit.b.output("v_o", out.v);
    unit.b.port_doc("h_o", "compared value");
    unit.b.port_doc("v_o", "membrane potential to keep");
    let mut states = vec![State {
        name: "v",
        ty: membrane,
        traced: true,
    }];
    if stored_spike {
        unit.b.output("r_o", out.spike);
        states.push(State {
            name: "r",
            ty: Ty::BIT,
            traced: false,
        });
    }
    let latency = unit.pipe.stage();
    Ok(Lane {
        module: unit.b.finish()?,
        latency,
        states,
        columns: unit.columns,
    })
}

/// What the lane gives, all in its last stage.
struct Outputs {
    spike: Sig,
    h: Sig,
    v: Sig,
}

impl LifLane<'_> {
    fn describe(
        &mut self,
        lif: &QuantLif,
        sum: Timed,
        first: Timed,
        v: Timed,
        r: Option<Timed>,
    ) -> Outputs {
        let membrane = ty(self.layer.membrane);
        let coefficient = ty(lif.coefficient);
        let accumulator = ty(self.layer.accumulator);
        let bias_param = Param::Neuron(self.layer.bias.clone());
        let bias = self.constant("bias", fit(&bias_param), &bias_param);
        let decay = self.constant("decay", coefficient, &lif.decay);
        let offset = self.constant("offset", fit(&lif.offset), &lif.offset);
        let fire_at = self.constant("fire_at", membrane, &lif.fire_at);

        self.b.comment("stage 0: bias, start of a sample");
        let x = self.plus(sum, &bias);
        let x = self.b.wrap(x, accumulator);
        let x = self.pipe.register(&mut self.b, "current", x);
        let v = self.init(lif, first, v);
        let r = r.map(|r| self.cleared_if(first, r));
        self.pipe.next_stage();

        let (v, r) = self.pending_reset(lif, v, r);

        self.b.comment("charge: decay of v, rounded once");
        let product = self.decayed(lif, &decay, v);
        let x_here = self.pipe.here(&mut self.b, "current", x);
        let aligned = self.aligned(x_here);
        let aligned = self.pipe.register(&mut self.b, "aligned", aligned);
        self.pipe.next_stage();

        let x_here = self.pipe.here(&mut self.b, "aligned", aligned);
        let mut input = self.plus_sig(x_here, &offset);
        if let (Some(r), Reset::Soft) = (r, lif.reset) {
            self.b.comment("soft reset of the previous step");
            let r = self.pipe.here(&mut self.b, "r", r);
            let amount = self.gated_amount(lif, r);
            input = self.b.sub(input, amount);
        }
        let input = self.pipe.register(&mut self.b, "input", input);
        let leaked = self.rounded(lif, product);
        self.pipe.next_stage();

        let input = self.pipe.here(&mut self.b, "input", input);
        let leaked = self.pipe.here(&mut self.b, "leaked", leaked);
        let charge = self.b.add(leaked, input);
        let charge = self.pipe.register(&mut self.b, "charge", charge);
        self.pipe.next_stage();

        self.b.comment("charge: overflow, once");
        let charge = self.pipe.here(&mut self.b, "charge", charge);
        let h = self.overflow(charge);
        let h = self.pipe.register(&mut self.b, "h", h);
        self.pipe.next_stage();

        self.b.comment("fire");
        let h_here = self.pipe.here(&mut self.b, "h", h);
        let threshold = self.value(&fire_at);
        let spike = self.b.ge(h_here, threshold);
        let spike = self.b.name("fire", spike);
        self.b.comment("reset");
        let kept = self.reset(lif, h_here, spike, r);
        let spike = self.pipe.register(&mut self.b, "spike", spike);
        let kept = self.pipe.register(&mut self.b, "v", kept);
        self.pipe.next_stage();
        Outputs {
            spike: self.pipe.here(&mut self.b, "spike", spike),
            h: self.pipe.here(&mut self.b, "h", h),
            v: self.pipe.here(&mut self.b, "v", kept),
        }
    }

    /// `first ? v_init : v`, registered.
    fn init(&mut self, lif: &QuantLif, first: Timed, v: Timed) -> Timed {
        let v_init = self.constant("v_init", ty(self.layer.membrane), &lif.v_init);
        let first = self.pipe.here(&mut self.b, "first", first);
        let v = self.pipe.here(&mut self.b, "v_in", v);
        let init = self.value(&v_init);
        let v = self.b.mux(first, init, v);
        self.pipe.register(&mut self.b, "v_old", v)
    }

    fn cleared_if(&mut self, first: Timed, r: Timed) -> Timed {
        let first = self.pipe.here(&mut self.b, "first", first);
        let r = self.pipe.here(&mut self.b, "r_in", r);
        let not_first = self.b.not(first);
        let r = self.b.and(r, not_first);
        self.pipe.register(&mut self.b, "r", r)
    }

    /// The reset of the previous step that acts on this charge: `(v after a hard one, r)`.
    fn pending_reset(
        &mut self,
        lif: &QuantLif,
        v: Timed,
        r: Option<Timed>,
    ) -> (Timed, Option<Timed>) {
        if !charge_needs_reset(lif) {
            return (v, None);
        }
        if r.is_some() && lif.reset == Reset::Soft {
            return (v, r);
        }
        let v_here = self.pipe.here(&mut self.b, "v_old", v);
        let r_here = match r {
            Some(r) => self.pipe.here(&mut self.b, "r", r),
            None => {
                self.b
                    .comment("guard: a reset is still pending where v is above the threshold");
                let wide = Ty::s(self.layer.membrane.width + 1);
                let pending_at = self.constant("pending_at", wide, &lif.pending_at);
                let level = self.value(&pending_at);
                self.b.ge(v_here, level)
            }
        };
        let v = if lif.reset == Reset::Hard {
            self.b.comment("hard reset of the previous step");
            let v_reset = self.constant("v_reset", ty(self.layer.membrane), &lif.v_reset);
            let v_reset = self.value(&v_reset);
            self.b.mux(r_here, v_reset, v_here)
        } else {
            v_here
        };
        let v = self.pipe.register(&mut self.b, "v_reset", v);
        let r = self.pipe.register(&mut self.b, "r_acts", r_here);
        self.pipe.next_stage();
        (v, Some(r))
    }

    /// `decay * v`, exact, registered; only its `frac` lowest bits are to be rounded away.
    fn decayed(&mut self, lif: &QuantLif, decay: &Constant, v: Timed) -> Timed {
        let v = self.pipe.here(&mut self.b, "v_charge", v);
        let product = match decay {
            Constant::Literal(raw, _) if *raw == 1i64 << lif.coefficient.frac => {
                self.b.shl(v, lif.coefficient.frac.unsigned_abs())
            }
            _ => {
                let decay = self.value(decay);
                self.b.mul(v, decay)
            }
        };
        self.pipe.register(&mut self.b, "product", product)
    }

    /// `R(decay * v)`, registered.
    fn rounded(&mut self, lif: &QuantLif, product: Timed) -> Timed {
        let product = self.pipe.here(&mut self.b, "product", product);
        let leaked = self.b.round_shr(
            product,
            lif.coefficient.frac.unsigned_abs(),
            self.layer.rounding,
        );
        self.pipe.register(&mut self.b, "leaked", leaked)
    }

    /// The sum in membrane LSBs.
    fn aligned(&mut self, x: Sig) -> Sig {
        let guard = self.layer.guard_bits;
        if guard >= 0 {
            self.b.shl(x, guard.unsigned_abs())
        } else {
            self.b
                .round_shr(x, guard.unsigned_abs(), self.layer.rounding)
        }
    }

    /// `r ? reset_by : 0`.
    fn gated_amount(&mut self, lif: &QuantLif, r: Sig) -> Sig {
        let reset_by = self.constant("reset_by", ty(self.layer.membrane), &lif.reset_by);
        let amount = self.value(&reset_by);
        let zero = self.b.lit(0, amount.ty());
        self.b.mux(r, amount, zero)
    }

    fn reset(&mut self, lif: &QuantLif, h: Sig, spike: Sig, r: Option<Timed>) -> Sig {
        match (lif.reset, lif.reset_timing) {
            (Reset::None, _) | (_, ResetTiming::NextStep) => h,
            (reset, ResetTiming::SameStep) => {
                let after = self.after_reset(lif, reset, h);
                self.b.mux(spike, after, h)
            }
            (reset, ResetTiming::SameStepGuarded) => {
                let Some(r) = r else { return h };
                let r = self.pipe.here(&mut self.b, "r", r);
                let (not_r, not_spike) = (self.b.not(r), self.b.not(spike));
                let resets = self.b.and(spike, not_r);
                let undoes = self.b.and(r, not_spike);
                let after = self.after_reset(lif, reset, h);
                let undone = self.undone_reset(lif, reset, h);
                let kept = self.b.mux(undoes, undone, h);
                self.b.mux(resets, after, kept)
            }
        }
    }

    /// `v_reset`, or `ovf(h - reset_by)`.
    fn after_reset(&mut self, lif: &QuantLif, reset: Reset, h: Sig) -> Sig {
        let membrane = ty(self.layer.membrane);
        if reset == Reset::Hard {
            let v_reset = self.constant("v_reset", membrane, &lif.v_reset);
            return self.value(&v_reset);
        }
        let reset_by = self.constant("reset_by", membrane, &lif.reset_by);
        let amount = self.value(&reset_by);
        let v = self.b.sub(h, amount);
        self.overflow(v)
    }

    /// snnTorch's `mem -= (spk - r) * …` where a reset was pending and no spike came: `ovf(h + (h - v_reset))`, or
    /// `ovf(h + reset_by)`.
    fn undone_reset(&mut self, lif: &QuantLif, reset: Reset, h: Sig) -> Sig {
        let membrane = ty(self.layer.membrane);
        let v = if reset == Reset::Hard {
            let v_reset = self.constant("v_reset", membrane, &lif.v_reset);
            let v_reset = self.value(&v_reset);
            let twice = self.b.shl(h, 1);
            self.b.sub(twice, v_reset)
        } else {
            let reset_by = self.constant("reset_by", membrane, &lif.reset_by);
            let amount = self.value(&reset_by);
            self.b.add(h, amount)
        };
        self.overflow(v)
    }

    fn overflow(&mut self, value: Sig) -> Sig {
        let membrane = ty(self.layer.membrane);
        match self.layer.overflow {
            Overflow::Saturate => self.b.saturate(value, membrane),
            Overflow::SaturateSymmetric => self.b.clamp_symmetric(value, membrane),
            Overflow::Wrap => self.b.wrap(value, membrane),
        }
    }

    /// The constant `name`: a literal, or a column of the constant memory.
    fn constant(&mut self, name: &'static str, ty: Ty, param: &Param<i64>) -> Constant {
        let Some(column) = Column::of(name, ty, param) else {
            return Constant::Literal(param.values().first().copied().unwrap_or(0), ty);
        };
        let known = self.columns.iter().position(|known| known.name == name);
        let sig = match known {
            Some(index) => self.inputs[index],
            None => {
                let sig = self.b.input(&format!("{name}_i"), ty);
                self.columns.push(column);
                self.inputs.push(sig);
                sig
            }
        };
        Constant::Input(name, Timed::input(sig))
    }

    /// A constant as it is in this stage.
    fn value(&mut self, constant: &Constant) -> Sig {
        match constant {
            Constant::Literal(raw, ty) => self.b.lit(i128::from(*raw), *ty),
            Constant::Input(name, value) => self.pipe.here(&mut self.b, name, *value),
        }
    }

    fn plus(&mut self, value: Timed, constant: &Constant) -> Sig {
        let value = self.pipe.here(&mut self.b, "sum", value);
        self.plus_sig(value, constant)
    }

    fn plus_sig(&mut self, value: Sig, constant: &Constant) -> Sig {
        match constant {
            Constant::Literal(0, _) => value,
            _ => {
                let constant = self.value(constant);
                self.b.add(value, constant)
            }
        }
    }
}

/// Smallest signed type of a parameter's values.
fn fit(param: &Param<i64>) -> Ty {
    let low = param.values().iter().copied().min().unwrap_or(0);
    let high = param.values().iter().copied().max().unwrap_or(0);
    ty(QFormat::signed_for(low, high, 0))
}

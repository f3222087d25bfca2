//! What every neuron lane is made of: ports, constants, the current, states, products and the overflow, in pipeline
//! stages. A model's file says only what is its own.

use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::quant::{Param, QuantLayer};

use super::forms::{Assume, Form, Forms};
use super::product::Product;
use super::{Column, Lane, State};
use crate::hdl::{Builder, HdlError, Sig, Ty};
use crate::rtl::any;
use crate::rtl::pipe::{Pipe, Timed};
use crate::rtl::plan::ty;

/// A constant of a lane.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Constant {
    /// The same for every neuron of the layer, in every step.
    Literal(i64, Ty),
    /// An input fed from a constant memory.
    Input(Timed),
}

/// A kept state as the lane reads it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept {
    /// What is written back.
    state: State,
    /// As kept by the step before, or the initial one.
    pub(crate) old: Timed,
    /// What a refractory step keeps: [`Self::old`], with a reset that is still pending.
    pub(crate) held: Timed,
}

/// A lane under construction.
pub(crate) struct Unit<'a> {
    /// The module.
    pub(crate) b: Builder,
    /// The layer whose neurons it serves.
    pub(crate) layer: &'a QuantLayer,
    pub(super) pipe: Pipe,
    pub(super) module: String,
    sum: Timed,
    pub(super) first: Timed,
    columns: Vec<Column>,
    inputs: Vec<(&'static str, Constant)>,
    complements: Vec<(Timed, Timed)>,
    negative: Option<Timed>,
    assume: &'a Assume,
    pub(super) forms: Vec<Form>,
    /// Adder trees so far.
    pub(super) trees: usize,
}

impl<'a> Unit<'a> {
    /// A lane with the ports that every model has.
    pub(crate) fn new(
        module: &str,
        doc: &str,
        layer: &'a QuantLayer,
        sum: Ty,
        assume: &'a Assume,
    ) -> Self {
        let doc = format!(
            "{doc}\nMembrane {} ({} rounding, {} overflow), sum {} bits, guard bits {}.",
            layer.membrane,
            layer.rounding,
            layer.overflow,
            sum.width(),
            layer.guard_bits,
        );
        let mut b = Builder::new(module, doc);
        let mut pipe = Pipe::default();
        let sum = pipe.input("sum_i", b.input("sum_i", sum));
        let first = pipe.input("first_i", b.input("first_i", Ty::BIT));
        b.port_doc("sum_i", "synaptic sum, accumulator LSBs");
        b.port_doc(
            "first_i",
            "first step of a sample: start from the initial state",
        );
        Self {
            b,
            layer,
            module: module.to_owned(),
            pipe,
            sum,
            first,
            columns: Vec::new(),
            inputs: Vec::new(),
            complements: Vec::new(),
            negative: None,
            assume,
            forms: Vec::new(),
            trees: 0,
        }
    }

    /// What the lane may assume.
    pub(crate) fn assume(&self) -> &'a Assume {
        self.assume
    }

    /// Whether a spike of +1 can be fired.
    pub(crate) fn fires(&mut self) -> bool {
        let fires = self.assume.fires(self.layer, false);
        if !fires {
            let why = format!("h is within {}, below every threshold", self.assume.range());
            self.note("fire, reset", "nothing", &why);
        }
        fires
    }

    /// Whether a spike of -1 can be fired.
    pub(crate) fn falls(&mut self) -> bool {
        let falls = self.assume.fires(self.layer, true);
        if !falls {
            let why = format!(
                "h is within {}, above every negative threshold",
                self.assume.range()
            );
            self.note("fire, reset of spikes of -1", "nothing", &why);
        }
        falls
    }

    /// Type of `h` and `v`.
    pub(crate) fn membrane(&self) -> Ty {
        ty(self.layer.membrane)
    }

    /// Ends the stage.
    pub(crate) fn next_stage(&mut self) {
        self.pipe.next_stage();
    }

    /// Registers `value` at the end of this stage.
    pub(crate) fn keep(&mut self, name: &str, value: Sig) -> Timed {
        self.pipe.register(&mut self.b, name, value)
    }

    /// `value` as it is in this stage.
    pub(crate) fn at(&mut self, value: Timed) -> Sig {
        self.pipe.here(&mut self.b, value)
    }

    /// Bits behind the point of the coefficients: the lowest bits of a product with one.
    pub(crate) fn frac(&self) -> u32 {
        self.layer.neuron.coefficient.frac.max(0).unsigned_abs()
    }

    /// Stage 0: `sum + bias`, registered, in accumulator LSBs.
    pub(crate) fn current(&mut self) -> Timed {
        let layer = self.layer;
        let param = Param::Neuron(layer.bias.clone());
        let ty_of_bias = self.assume.bias().unwrap_or_else(|| fit(&param));
        let bias = self.column("bias", ty_of_bias, &param);
        let sum = self.at(self.sum);
        let current = self.plus(sum, &bias);
        let current = self.b.wrap(current, ty(layer.accumulator));
        self.keep("current", current)
    }

    /// Stage 0: the state `name` as kept, or in the first step of a sample `init` (0 without), registered as `old`. A state
    /// that is not the model's is one bit that only the hardware keeps: it is 0 after a refractory step.
    pub(crate) fn state(
        &mut self,
        name: &'static str,
        old: &'static str,
        init: Option<Constant>,
    ) -> Kept {
        let layer = self.layer;
        let states = layer.neuron.model.info().states;
        let row = states.iter().find(|state| state.name == name);
        let state = State {
            name,
            ty: row.map_or(Ty::BIT, |row| ty(layer.state_format(row))),
            traced: row.is_some(),
        };
        let kept = self.b.input(&format!("{name}_i"), state.ty);
        let init = match init {
            Some(constant) => self.value(&constant),
            None => self.b.lit(0, state.ty),
        };
        let first = self.at(self.first);
        let value = self.b.mux(first, init, kept);
        let old = self.keep(old, value);
        Kept {
            state,
            old,
            held: old,
        }
    }

    /// A synaptic current in membrane LSBs.
    pub(crate) fn aligned(&mut self, current: Timed) -> Sig {
        let current = self.at(current);
        let guard = self.layer.guard_bits;
        if guard >= 0 {
            self.b.shl(current, guard.unsigned_abs())
        } else {
            self.b
                .round_shr(current, guard.unsigned_abs(), self.layer.rounding)
        }
    }

    /// Ends stages until the product is there.
    pub(crate) fn reach(&mut self, product: Product) {
        self.pipe.reach(product.value);
    }

    /// `value - constant`, exact. A constant that is an input is complemented on its way: an adder that subtracts what a
    /// register holds needs a level of logic for that.
    pub(crate) fn minus(&mut self, value: Sig, constant: &Constant) -> Sig {
        let subtrahend = match constant {
            Constant::Literal(..) => self.value(constant),
            Constant::Input(input) => {
                let complement = self.complement(*input);
                let complement = self.at(complement);
                self.b.not(complement)
            }
        };
        self.b.sub(value, subtrahend)
    }

    /// The complement of an input of the lane.
    fn complement(&mut self, input: Timed) -> Timed {
        if let Some((_, known)) = self.complements.iter().find(|(known, _)| *known == input) {
            return *known;
        }
        let (name, plain) = self.pipe.first(input);
        let complement = self.b.not(plain);
        let complement = self.pipe.input(&format!("not_{name}"), complement);
        self.complements.push((input, complement));
        complement
    }

    /// A product with a coefficient, rounded to the LSB of the other factor, once.
    pub(crate) fn rounded(&mut self, product: Product) -> Sig {
        let value = self.at(product.value);
        if product.rounded {
            return value;
        }
        let frac = self.frac();
        self.b.round_shr(value, frac, self.layer.rounding)
    }

    /// `value + R(product)` of an unsigned value: one sum rounds and adds where half an LSB can stand below the value.
    pub(crate) fn rounded_onto(&mut self, value: Sig, product: Product) -> Sig {
        let frac = self.frac();
        let half = match self.layer.rounding {
            Rounding::HalfUp => 1i128.checked_shl(frac).unwrap_or(0) >> 1,
            Rounding::Floor => 0,
            Rounding::ToZero | Rounding::HalfEven => {
                let rounded = self.rounded(product);
                return self.b.add(rounded, value);
            }
        };
        if frac == 0 || product.rounded {
            let rounded = self.rounded(product);
            return self.b.add(rounded, value);
        }
        let half = self.b.lit(half, Ty::u(frac));
        let above = self.b.cat(&[value, half]);
        let product = self.at(product.value);
        let sum = self.b.add(product, above);
        self.b.shr_floor(sum, frac)
    }

    /// The layer's overflow into the membrane.
    pub(crate) fn overflow(&mut self, value: Sig) -> Sig {
        let held = self.assume.membrane_held(self.layer);
        self.overflow_noted("overflow", held, value, self.membrane())
    }

    /// The layer's overflow into the own format of a state. An unsigned format has no lower end to be symmetric with.
    pub(crate) fn overflow_into(&mut self, value: Sig, format: Ty) -> Sig {
        let held = self.assume.own_held(self.layer);
        self.overflow_noted("overflow of the own format", held, value, format)
    }

    fn overflow_noted(&mut self, part: &str, held: bool, value: Sig, format: Ty) -> Sig {
        let mode = self.layer.overflow;
        if held {
            let why = format!("h and the states are within {}", self.assume.range());
            self.note(part, "nothing", &why);
            return self.b.wrap(value, format);
        }
        let why = match self.assume.forms {
            Forms::General => "general form",
            Forms::Cheapest => "no bound of the states fits into the format",
        };
        self.note(part, &mode.to_string(), why);
        match mode {
            Overflow::SaturateSymmetric if format.is_signed() => {
                self.b.clamp_symmetric(value, format)
            }
            Overflow::Saturate | Overflow::SaturateSymmetric => self.b.saturate(value, format),
            Overflow::Wrap => self.b.wrap(value, format),
        }
    }

    /// The layer's constant `name`.
    pub(crate) fn constant(&mut self, name: &'static str, ty: Ty) -> Constant {
        let layer = self.layer;
        self.column(name, ty, layer.neuron.constant(name))
    }

    /// The layer's constant `name` in the smallest signed type of its values, or of any where it is loaded.
    pub(crate) fn fitted(&mut self, name: &'static str) -> Constant {
        let layer = self.layer;
        let param = layer.neuron.constant(name);
        self.column(name, self.fitted_type(name), param)
    }

    /// Smallest signed type of the values of the constant `name`, or of any where it is loaded.
    pub(crate) fn fitted_type(&self, name: &str) -> Ty {
        let neuron = &self.layer.neuron;
        match neuron.model.info().constant(name) {
            Some(row) if self.assume.loaded() => any::constant_type(self.layer, row),
            _ => fit(neuron.constant(name)),
        }
    }

    /// A factor: the layer's constant `name` in the coefficients' format.
    pub(crate) fn coefficient(&mut self, name: &'static str) -> Constant {
        self.constant(name, ty(self.layer.neuron.coefficient))
    }

    /// A literal where one value serves every neuron and step and is not loaded, else a column of a constant memory.
    fn column(&mut self, name: &'static str, ty: Ty, param: &Param<i64>) -> Constant {
        let values = match param.clone().collapsed() {
            _ if self.assume.loaded() => param.clone(),
            Param::Layer(value) => return Constant::Literal(value, ty),
            values => values,
        };
        if let Some((_, known)) = self.inputs.iter().find(|(known, _)| *known == name) {
            return *known;
        }
        let sig = self.b.input(&format!("{name}_i"), ty);
        let constant = Constant::Input(self.pipe.input(name, sig));
        self.inputs.push((name, constant));
        self.columns.push(Column { name, ty, values });
        constant
    }

    /// `one` where `bit` is set, else `other`; both of one type.
    pub(crate) fn select(&mut self, bit: Sig, one: &Constant, other: &Constant) -> Sig {
        let (one, other) = (self.value(one), self.value(other));
        self.b.mux(bit, one, other)
    }

    /// A constant as it is in this stage.
    pub(crate) fn value(&mut self, constant: &Constant) -> Sig {
        match constant {
            Constant::Literal(raw, ty) => self.b.lit(i128::from(*raw), *ty),
            Constant::Input(value) => self.at(*value),
        }
    }

    /// `-constant`, one bit wider.
    pub(crate) fn mirrored(&mut self, constant: &Constant) -> Sig {
        match constant {
            Constant::Literal(raw, ty) => self.b.lit(-i128::from(*raw), Ty::s(ty.width() + 1)),
            Constant::Input(value) => {
                let value = self.at(*value);
                self.b.neg(value)
            }
        }
    }

    /// Makes the spikes ternary: `negative` is 1 with a spike of -1.
    pub(crate) fn signed_by(&mut self, negative: Timed) {
        self.negative = Some(negative);
    }

    /// `value + constant`, exact.
    pub(crate) fn plus(&mut self, value: Sig, constant: &Constant) -> Sig {
        match constant {
            Constant::Literal(0, _) => value,
            _ => {
                let constant = self.value(constant);
                self.b.add(value, constant)
            }
        }
    }

    /// The finished lane. `states` are kept, the model's in the order of the trace.
    ///
    /// # Errors
    /// Only an internal bug of the description.
    pub(crate) fn finish(
        mut self,
        spike: Timed,
        h: Timed,
        states: Vec<(Kept, Timed)>,
    ) -> Result<Lane, HdlError> {
        let mut done = Done {
            spike: self.at(spike),
            negative: self.negative.map(|negative| self.at(negative)),
            h: self.at(h),
            states: Vec::with_capacity(states.len() + 1),
        };
        for (known, value) in &states {
            let value = self.at(*value);
            done.states.push((known.state, value));
        }
        if self.layer.neuron.refractory > 0 {
            let held: Vec<Timed> = states.iter().map(|(known, _)| known.held).collect();
            done = self.pauses(done, &held);
        }
        self.b.output("spike_o", done.spike);
        if let Some(negative) = done.negative {
            self.b.output("negative_o", negative);
            self.b
                .port_doc("negative_o", "with spike_o: the spike is -1");
        }
        self.b.output("h_o", done.h);
        self.b.port_doc("h_o", "compared value");
        for (state, value) in &done.states {
            self.b.output(&format!("{}_o", state.name), *value);
        }
        Ok(Lane {
            module: self.b.finish()?,
            ternary: self.negative.is_some(),
            latency: self.pipe.stage(),
            states: done.states.into_iter().map(|(state, _)| state).collect(),
            columns: self.columns,
            forms: self.forms,
            trees: self.trees,
        })
    }
}

/// What a lane gives, in its last stage.
pub(super) struct Done {
    pub(super) spike: Sig,
    pub(super) negative: Option<Sig>,
    pub(super) h: Sig,
    pub(super) states: Vec<(State, Sig)>,
}

/// Smallest signed type of a parameter's values.
pub(crate) fn fit(param: &Param<i64>) -> Ty {
    let low = param.values().iter().copied().min().unwrap_or(0);
    let high = param.values().iter().copied().max().unwrap_or(0);
    ty(QFormat::signed_for(low, high, 0))
}

//! What every neuron lane is made of: ports, constants, the current, states, products and the overflow, in pipeline
//! stages. A model's file says only what is its own.

use goldspike_golden::format::{Overflow, QFormat};
use goldspike_golden::quant::{Param, QuantLayer};

use super::{Column, Lane, State};
use crate::hdl::{Builder, HdlError, Sig, Ty};
use crate::rtl::pipe::{Pipe, Timed};
use crate::rtl::plan::ty;

/// A constant of a lane.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Constant {
    /// The same for every neuron of the layer.
    Literal(i64, Ty),
    /// An input fed from the constant memory.
    Input(Timed),
}

/// A lane under construction.
pub(crate) struct Unit<'a> {
    /// The module.
    pub(crate) b: Builder,
    /// The layer whose neurons it serves.
    pub(crate) layer: &'a QuantLayer,
    pipe: Pipe,
    sum: Timed,
    first: Timed,
    columns: Vec<Column>,
    inputs: Vec<(&'static str, Constant)>,
    negative: Option<Timed>,
}

impl<'a> Unit<'a> {
    /// A lane with the ports that every model has.
    pub(crate) fn new(module: &str, doc: &str, layer: &'a QuantLayer, sum: Ty) -> Self {
        let doc = format!(
            "{doc}\nMembrane {} ({:?} rounding, {:?} overflow), sum {} bits, guard bits {}.",
            layer.membrane,
            layer.rounding,
            layer.overflow,
            sum.width(),
            layer.guard_bits,
        );
        let mut b = Builder::new(module, doc);
        let sum = Timed::input("sum_i", b.input("sum_i", sum));
        let first = Timed::input("first_i", b.input("first_i", Ty::BIT));
        b.port_doc("sum_i", "synaptic sum, accumulator LSBs");
        b.port_doc(
            "first_i",
            "first step of a sample: start from the initial state",
        );
        Self {
            b,
            layer,
            pipe: Pipe::default(),
            sum,
            first,
            columns: Vec::new(),
            inputs: Vec::new(),
            negative: None,
        }
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
    pub(crate) fn keep(&mut self, name: &'static str, value: Sig) -> Timed {
        self.pipe.register(&mut self.b, name, value)
    }

    /// `value` as it is in this stage.
    pub(crate) fn at(&mut self, value: Timed) -> Sig {
        self.pipe.here(&mut self.b, value)
    }

    /// Stage 0: `sum + bias`, registered, in accumulator LSBs.
    pub(crate) fn current(&mut self) -> Timed {
        let param = Param::Neuron(self.layer.bias.clone());
        let bias = self.constant("bias", fit(&param), &param);
        let sum = self.at(self.sum);
        let current = self.plus(sum, &bias);
        let current = self.b.wrap(current, ty(self.layer.accumulator));
        self.keep("current", current)
    }

    /// Stage 0: the state `name` as kept, or in the first step of a sample `init` (0 without); registered.
    pub(crate) fn state(
        &mut self,
        name: &'static str,
        port: &'static str,
        state: Ty,
        init: Option<Constant>,
    ) -> Timed {
        let kept = self.b.input(port, state);
        let init = match init {
            Some(constant) => self.value(&constant),
            None => self.b.lit(0, state),
        };
        let first = self.at(self.first);
        let value = self.b.mux(first, init, kept);
        self.keep(name, value)
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

    /// `coefficient * v`, exact, registered as `name`; its `frac` lowest bits are to be rounded away.
    pub(crate) fn product(
        &mut self,
        name: &'static str,
        coefficient: &Constant,
        frac: u32,
        v: Timed,
    ) -> Timed {
        let v = self.at(v);
        let product = match coefficient {
            Constant::Literal(raw, _) if *raw == 1i64 << frac => self.b.shl(v, frac),
            _ => {
                let coefficient = self.value(coefficient);
                self.b.mul(v, coefficient)
            }
        };
        self.keep(name, product)
    }

    /// A product rounded to the membrane's LSB, once.
    pub(crate) fn rounded(&mut self, product: Timed, frac: u32) -> Sig {
        let product = self.at(product);
        self.b.round_shr(product, frac, self.layer.rounding)
    }

    /// The layer's overflow into the membrane.
    pub(crate) fn overflow(&mut self, value: Sig) -> Sig {
        let membrane = self.membrane();
        match self.layer.overflow {
            Overflow::Saturate => self.b.saturate(value, membrane),
            Overflow::SaturateSymmetric => self.b.clamp_symmetric(value, membrane),
            Overflow::Wrap => self.b.wrap(value, membrane),
        }
    }

    /// The constant `name`: a literal where one serves every neuron, else a column of the constant memory.
    pub(crate) fn constant(&mut self, name: &'static str, ty: Ty, param: &Param<i64>) -> Constant {
        let values = param.values();
        if values.iter().all(|value| *value == values[0]) {
            return Constant::Literal(values.first().copied().unwrap_or(0), ty);
        }
        if let Some((_, known)) = self.inputs.iter().find(|(known, _)| *known == name) {
            return *known;
        }
        let sig = self.b.input(&format!("{name}_i"), ty);
        let constant = Constant::Input(Timed::input(name, sig));
        self.inputs.push((name, constant));
        self.columns.push(Column {
            name,
            ty,
            values: values.to_vec(),
        });
        constant
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

    /// The finished lane. `states` are kept: the traced ones in the order of the trace, then the others.
    ///
    /// # Errors
    /// Only an internal bug of the description.
    pub(crate) fn finish(
        mut self,
        spike: Timed,
        h: Timed,
        states: Vec<(State, Timed)>,
    ) -> Result<Lane, HdlError> {
        let (spike, h) = (self.at(spike), self.at(h));
        self.b.output("spike_o", spike);
        if let Some(negative) = self.negative {
            let negative = self.at(negative);
            self.b.output("negative_o", negative);
            self.b
                .port_doc("negative_o", "with spike_o: the spike is -1");
        }
        self.b.output("h_o", h);
        self.b.port_doc("h_o", "compared value");
        let mut kept = Vec::with_capacity(states.len());
        for (state, value) in states {
            let value = self.at(value);
            self.b.output(&format!("{}_o", state.name), value);
            kept.push(state);
        }
        Ok(Lane {
            module: self.b.finish()?,
            ternary: self.negative.is_some(),
            latency: self.pipe.stage(),
            states: kept,
            columns: self.columns,
        })
    }
}

/// Smallest signed type of a parameter's values.
pub(crate) fn fit(param: &Param<i64>) -> Ty {
    let low = param.values().iter().copied().min().unwrap_or(0);
    let high = param.values().iter().copied().max().unwrap_or(0);
    ty(QFormat::signed_for(low, high, 0))
}

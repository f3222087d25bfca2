//! One claim: the lane of a layer gives, at its stated latency, what the golden step gives. As an SMT-LIB 2 script that is
//! satisfiable only by a counterexample.
//!
//! The lane is unrolled from a state in which every register may hold anything, with any inputs in the cycles after the one
//! that is looked at. That cycle's sum, states and constants that are inputs have any value of their formats and ranges.

use std::fmt::Write as _;

use goldspike_golden::arith::Arith as _;
use goldspike_golden::neuron::State;
use goldspike_golden::quant::{Param, QuantLayer};

use super::error::ProveError;
use super::number::Number;
use super::symbolic::Symbolic;
use crate::hdl::{Ty, VerilogFile, verilog};
use crate::rtl::neuron::{Assume, Forms, Lane, lane};
use crate::rtl::plan::ty;

/// Stands for the first column's constant while the golden cell is built, and one more for each further: beyond every number
/// of a layer.
const MARK: i64 = 1 << 60;

/// A claim, ready for the solver.
#[derive(Clone, Debug)]
pub struct Claim {
    /// What is claimed.
    pub name: String,
    /// Name of the lane's module.
    pub module: String,
    /// The lane's Verilog and the contents of its tables.
    pub verilog: VerilogFile,
    /// Register stages of the lane.
    pub latency: u32,
    /// Symbols that a counterexample shows: inputs, then the outputs of both sides.
    pub(super) inputs: Vec<String>,
    pub(super) outputs: Vec<String>,
    /// What follows the lane's description: symbols, the golden step, and what is assumed.
    pub(super) premises: String,
    /// That some output differs.
    pub(super) question: String,
}

impl Claim {
    /// That the lane of `layer` equals the golden step. It assumes no bounds of the states: no overflow is left out.
    ///
    /// # Errors
    /// An internal bug of the lane's description, or numbers of more than 64 bits.
    pub fn of(name: &str, layer: &QuantLayer, forms: Forms) -> Result<Self, ProveError> {
        let assume = Assume::unbounded(forms);
        let module = "gs_lane".to_owned();
        let lane = lane(layer, &module, ty(layer.accumulator), &assume)?;
        let verilog = verilog(&lane.module, "")?;
        let mut draft = Draft::new(layer, &lane, &module);
        draft.write().ok_or_else(|| ProveError::NotExpressed {
            claim: name.to_owned(),
        })?;
        let Draft {
            inputs,
            outputs,
            declared,
            asserted,
            question,
            arith,
            ..
        } = draft;
        let defined = arith.finish().ok_or_else(|| ProveError::NotExpressed {
            claim: name.to_owned(),
        })?;
        let mut premises = declared;
        for line in defined {
            let _ = writeln!(premises, "{line}");
        }
        premises.push_str(&asserted);
        Ok(Self {
            name: name.to_owned(),
            module,
            verilog,
            latency: lane.latency,
            inputs,
            outputs,
            premises,
            question,
        })
    }
}

struct Draft<'a> {
    layer: &'a QuantLayer,
    lane: &'a Lane,
    module: &'a str,
    arith: Symbolic,
    declared: String,
    asserted: String,
    question: String,
    inputs: Vec<String>,
    outputs: Vec<String>,
}

impl<'a> Draft<'a> {
    fn new(layer: &'a QuantLayer, lane: &'a Lane, module: &'a str) -> Self {
        let mut asserted = String::new();
        for cycle in 0..lane.latency {
            let _ = writeln!(asserted, "(assert (|{module}_t| s{cycle} s{}))", cycle + 1);
        }
        Self {
            layer,
            lane,
            module,
            arith: Symbolic::new(layer.rounding, layer.overflow),
            declared: String::new(),
            asserted,
            question: String::new(),
            inputs: Vec::new(),
            outputs: Vec::new(),
        }
    }

    /// Everything; `None` if a constant or a state of the lane is not one of the model.
    fn write(&mut self) -> Option<()> {
        let layer = self.layer;
        let sum = self.input("sum_i", ty(layer.accumulator));
        let columns: Vec<Number> = self
            .lane
            .columns
            .iter()
            .map(|column| self.input(&format!("{}_i", column.name), column.ty))
            .collect();
        let first = self.flag("first_i");
        let bias = self.column("bias", &columns).unwrap_or_else(|| {
            let value = layer.bias.first().copied().unwrap_or_default();
            Number::literal(i128::from(value))
        });
        let mut kept = Vec::new();
        for state in layer.neuron.states() {
            let known = self.lane.states.iter().find(|s| s.name == state.name)?;
            kept.push(self.input(&format!("{}_i", state.name), known.ty));
        }
        let stored = self.stored("r");
        let negative = self.stored("r_negative");
        self.scope(&columns, &kept, (&stored, &negative));

        let current = self.arith.add(&sum, &bias);
        self.within(&current, ty(layer.accumulator));
        let current = self.arith.align(&current, layer.guard_bits);
        let cell = self.cell(&columns)?;
        let start = cell.start(&self.arith);
        let kept = kept
            .iter()
            .zip(&start.kept)
            .map(|(kept, start)| self.arith.select(&first, || start.clone(), || kept.clone()));
        // The hardware keeps whether there was a spike, and which sign it had.
        let positive = format!("(and (not {first}) {stored} (not {negative}))");
        let before = State {
            kept: kept.collect(),
            spike: self.arith.truth(&positive),
            negative: self.arith.truth(&format!("(and (not {first}) {negative})")),
        };
        let step = cell.step(&self.arith, &before, &current);

        let any = self
            .arith
            .truth(&format!("(or {} {})", step.spike, step.negative));
        let mut equal = vec![self.same_flag("spike_o", &any)];
        if self.lane.ternary {
            equal.push(self.same_flag("negative_o", &step.negative));
        } else {
            equal.push(format!("(not {})", step.negative));
        }
        equal.push(self.same("h_o", ty(layer.membrane), &step.h));
        let traced = self.lane.states.iter().filter(|state| state.traced);
        let traced: Vec<_> = traced.copied().collect();
        if traced.len() != step.kept.len() {
            return None;
        }
        for (state, golden) in traced.iter().zip(&step.kept) {
            equal.push(self.same(&format!("{}_o", state.name), state.ty, golden));
        }
        for state in self.lane.states.iter().filter(|state| !state.traced) {
            let golden = match state.name {
                "r" => any.clone(),
                "r_negative" => step.negative.clone(),
                _ => return None,
            };
            equal.push(self.same_flag(&format!("{}_o", state.name), &golden));
        }
        self.question = format!("(assert (not (and {})))\n", equal.join(" "));
        Some(())
    }

    /// The golden neuron with the columns' symbols for its constants.
    fn cell(&self, columns: &[Number]) -> Option<goldspike_golden::neuron::Cell<Number>> {
        let mut marked = self.layer.clone();
        for (column, mark) in self.lane.columns.iter().zip(MARK..) {
            if column.name != "bias" {
                let constant = marked.neuron.constants.get_mut(column.name)?;
                *constant = Param::Layer(mark);
            }
        }
        let number = |raw: i64| {
            let index = raw.checked_sub(MARK).and_then(|i| usize::try_from(i).ok());
            match index.and_then(|index| columns.get(index)) {
                Some(symbol) => symbol.clone(),
                None => Number::literal(i128::from(raw)),
            }
        };
        marked.cell(0, 0, number, number)
    }

    fn column(&self, name: &str, columns: &[Number]) -> Option<Number> {
        let index = self.lane.columns.iter().position(|c| c.name == name)?;
        columns.get(index).cloned()
    }

    /// The stored spike: what the lane keeps of it, or where it keeps none a bit of its own, which then must not matter.
    fn stored(&mut self, name: &'static str) -> String {
        if self.lane.states.iter().any(|state| state.name == name) {
            return self.flag(&format!("{name}_i"));
        }
        let _ = writeln!(self.declared, "(declare-fun in.{name} () Bool)");
        self.inputs.push(format!("in.{name}"));
        format!("in.{name}")
    }

    /// What may be assumed of the inputs.
    fn scope(&mut self, columns: &[Number], kept: &[Number], (spike, negative): (&str, &str)) {
        let layer = self.layer;
        self.assert(&format!("(=> {negative} {spike})"));
        for (state, number) in layer.neuron.states().zip(kept) {
            if state.name == goldspike_golden::neuron::info::REFRACTORY.name {
                self.between(number, 0, i128::from(layer.neuron.refractory));
            }
        }
        if layer.neuron.modes.spikes.is_binary() {
            self.assert(&format!("(not {negative})"));
        }
        for (column, number) in self.lane.columns.iter().zip(columns) {
            if let Some(info) = layer.neuron.model.info().constant(column.name) {
                let (low, high) = layer.constant_range(info);
                self.between(number, i128::from(low), i128::from(high));
            }
        }
    }

    fn assert(&mut self, term: &str) {
        let _ = writeln!(self.asserted, "(assert {term})");
    }

    fn between(&mut self, number: &Number, low: i128, high: i128) {
        self.assert(&inside(number, low, high));
    }

    fn within(&mut self, number: &Number, ty: Ty) {
        self.between(number, ty.min(), ty.max());
    }

    /// Input `port` of the first cycle.
    fn input(&mut self, port: &str, ty: Ty) -> Number {
        let number = self.port(port, ty, "in", 0);
        self.inputs.push(number.term.clone());
        number
    }

    fn flag(&mut self, port: &str) -> String {
        let name = format!("in.{}", stem(port));
        let _ = writeln!(
            self.declared,
            "(define-fun {name} () Bool (|{}_n {port}| s0))",
            self.module
        );
        self.inputs.push(name.clone());
        name
    }

    /// A port as a signed number.
    fn port(&mut self, port: &str, ty: Ty, side: &str, cycle: u32) -> Number {
        let name = format!("{side}.{}", stem(port));
        let mut term = format!("(|{}_n {port}| s{cycle})", self.module);
        if ty.width() == 1 {
            term = format!("(ite {term} #b1 #b0)");
        }
        let width = if ty.is_signed() {
            ty.width()
        } else {
            term = format!("(concat #b0 {term})");
            ty.width() + 1
        };
        let _ = writeln!(
            self.declared,
            "(define-fun {name} () (_ BitVec {width}) {term})"
        );
        Number {
            term: name,
            width,
            low: ty.min(),
            high: ty.max(),
        }
    }

    /// That the output `port` is `golden`.
    fn same(&mut self, port: &str, ty: Ty, golden: &Number) -> String {
        let rtl = self.port(port, ty, "rtl", self.lane.latency);
        let name = format!("golden.{}", stem(port));
        let _ = writeln!(
            self.asserted,
            "(define-fun {name} () (_ BitVec {}) {})",
            golden.width, golden.term
        );
        let width = rtl.width.max(golden.width);
        let term = format!("(= {} {})", rtl.at(width), golden.at(width));
        self.outputs.extend([rtl.term, name]);
        term
    }

    fn same_flag(&mut self, port: &str, golden: &str) -> String {
        let (rtl, name) = (
            format!("rtl.{}", stem(port)),
            format!("golden.{}", stem(port)),
        );
        let _ = writeln!(
            self.declared,
            "(define-fun {rtl} () Bool (|{}_n {port}| s{}))",
            self.module, self.lane.latency
        );
        let _ = writeln!(self.asserted, "(define-fun {name} () Bool {golden})");
        let term = format!("(= {rtl} {name})");
        self.outputs.extend([rtl, name]);
        term
    }
}

/// A port's name without what says its direction.
fn stem(port: &str) -> &str {
    port.rsplit_once('_').map_or(port, |(stem, _)| stem)
}

/// That a number is from `low` to `high`.
fn inside(number: &Number, low: i128, high: i128) -> String {
    let (low, high) = (Number::literal(low), Number::literal(high));
    let width = number.width.max(low.width).max(high.width);
    let value = number.at(width);
    format!(
        "(and (bvsle {} {value}) (bvsle {value} {}))",
        low.at(width),
        high.at(width)
    )
}

//! The golden step of a layer as an expression, with the ports of a lane: what goes in, what must come out.

use goldspike_golden::arith::Arith as _;
use goldspike_golden::neuron::info::{REFRACTORY, StateUnit};
use goldspike_golden::neuron::{Cell, State};
use goldspike_golden::quant::{Param, QuantLayer};

use super::graph::{Graph, Node};
use super::label::Labels;
use super::number::{Bit, Number, Term};
use super::symbolic::{LeftOut, Symbolic};
use crate::hdl::Ty;
use crate::quantize::Span;
use crate::rtl::neuron::Lane;
use crate::rtl::plan::ty;

/// Stands for the first column's constant while the golden cell is built, and one more for each further: beyond every number
/// of a layer.
const MARK: i64 = 1 << 60;

/// What is known of a lane's surroundings.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scope {
    /// Overflows that the lane does not have.
    pub(super) left_out: LeftOut,
    /// The constants that are inputs have only values from the layer's smallest to its largest, not every legal one.
    pub(super) actual: bool,
    /// Some spikes cannot be fired, and the lane has neither them nor their reset.
    pub(super) silent: Option<Silent>,
}

/// Why spikes cannot be fired.
#[derive(Clone, Copy, Debug)]
pub(super) struct Silent {
    /// Where `h` and what is kept like it stay.
    pub(super) within: Span,
    /// There are none of +1.
    pub(super) plus: bool,
    /// There are none of -1.
    pub(super) minus: bool,
}

/// What a port carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A number.
    Number(Ty),
    /// A truth value.
    Flag,
}

/// What a port must be.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Number(Ty, Number),
    Flag(Bit),
}

/// A golden step.
#[derive(Clone, Debug)]
pub(super) struct Golden {
    /// Definitions.
    pub(super) nodes: Vec<Node>,
    /// Their names, and the rules that they are.
    pub(super) labels: Labels,
    /// Inputs by the stem of the port's name, and whether the lane has such a port.
    pub(super) inputs: Vec<(String, Kind, bool)>,
    /// Outputs by the stem of the port's name.
    pub(super) outputs: Vec<(String, Value)>,
    /// What is assumed of the inputs.
    pub(super) premises: Vec<Bit>,
    /// What must hold besides.
    pub(super) conditions: Vec<Bit>,
}

impl Golden {
    /// The step of the layer's neurons with the ports of `lane`; `None` if a constant or a state of the lane is not one of the
    /// model, or a number may have more than 64 bits.
    pub(super) fn of(layer: &QuantLayer, lane: &Lane, sum: Ty, scope: Scope) -> Option<Self> {
        let arith = Symbolic::new(layer);
        arith.leave_out(scope.left_out);
        let mut draft = Draft {
            layer,
            lane,
            scope,
            arith,
            inputs: Vec::new(),
            premises: Vec::new(),
        };
        let (outputs, conditions) = draft.step(sum)?;
        Some(Self {
            labels: draft.arith.graph.labels(),
            nodes: draft.arith.graph.finish()?,
            inputs: draft.inputs,
            outputs,
            premises: draft.premises,
            conditions,
        })
    }
}

struct Draft<'a> {
    layer: &'a QuantLayer,
    lane: &'a Lane,
    scope: Scope,
    arith: Symbolic,
    inputs: Vec<(String, Kind, bool)>,
    premises: Vec<Bit>,
}

impl Draft<'_> {
    fn graph(&self) -> &Graph {
        &self.arith.graph
    }

    fn input(&mut self, name: &str, ty: Ty) -> Number {
        self.inputs.push((name.to_owned(), Kind::Number(ty), true));
        number(name, ty)
    }

    fn flag(&mut self, name: &str, known: bool) -> Bit {
        self.inputs.push((name.to_owned(), Kind::Flag, known));
        Term::Input(name.to_owned())
    }

    /// A spike that was stored: what the lane keeps of it, or where it keeps none a bit of its own, which then must not matter.
    fn stored(&mut self, name: &'static str) -> Bit {
        let known = self.lane.states.iter().any(|state| state.name == name);
        self.flag(name, known)
    }

    fn within(&mut self, number: &Number, low: i128, high: i128) {
        if number.low < low || number.high > high {
            self.graph().note("legal", "");
            let premise = self.graph().within(number, low, high);
            self.premises.push(premise);
        }
    }

    #[allow(clippy::type_complexity, reason = "outputs and conditions, once")]
    fn step(&mut self, sum: Ty) -> Option<(Vec<(String, Value)>, Vec<Bit>)> {
        let layer = self.layer;
        let sum = self.input("sum", sum);
        let columns: Vec<Number> = self
            .lane
            .columns
            .iter()
            .map(|column| self.input(column.name, column.ty))
            .collect();
        let first = self.flag("first", true);
        let mut kept = Vec::new();
        for state in layer.neuron.states() {
            let known = self.lane.states.iter().find(|s| s.name == state.name)?;
            kept.push(self.input(state.name, known.ty));
        }
        let (stored, negative) = (self.stored("r"), self.stored("r_negative"));
        self.scope(&columns, &kept, (&stored, &negative));

        let bias = self
            .lane
            .columns
            .iter()
            .position(|column| column.name == "bias");
        let bias = match bias {
            Some(index) => columns.get(index)?.clone(),
            None => Number::literal(i128::from(layer.bias.first().copied().unwrap_or_default())),
        };
        self.graph()
            .note("current", "the synaptic sum and the bias, exact");
        let current = self.graph().add(&sum, &bias);
        let accumulator = ty(layer.accumulator);
        self.within(&current, accumulator.min(), accumulator.max());
        let current = self.arith.align(&current, layer.guard_bits);
        self.graph().name(&current.term, "x");
        let cell = self.cell(&columns)?;
        let start = cell.start(&self.arith);
        let mut before = Vec::new();
        for (state, (kept, start)) in layer.neuron.states().zip(kept.iter().zip(&start.kept)) {
            self.graph()
                .note("before", "the first step begins with the initial state");
            let number = self.graph().choose(&first, start, kept);
            let name = format!("{}_before", state.name);
            self.graph().name(&number.term, &name);
            before.push(number);
        }
        let kept = before;
        // The hardware keeps whether there was a spike, and which sign it had.
        let graph = self.graph();
        graph.note("stored_spike", "the spike of the step before");
        let later = graph.not(&first);
        let plus = graph.all(vec![later.clone(), stored.clone(), graph.not(&negative)]);
        let before = State {
            kept,
            spike: plus,
            negative: graph.all(vec![later, negative]),
        };
        let step = cell.step(&self.arith, &before, &current);
        self.graph().name(&step.h.term, "h");
        for (state, number) in layer.neuron.states().zip(&step.kept) {
            let name = format!("{}_after", state.name);
            self.graph().name(&number.term, &name);
        }
        if let Some(silent) = self.scope.silent {
            let (low, high) = (
                i128::from(silent.within.low),
                i128::from(silent.within.high),
            );
            for (state, value) in layer.neuron.states().zip(before.kept.clone()) {
                if state.unit == StateUnit::Membrane {
                    self.within(&value, low, high);
                }
            }
            self.within(&step.h, low, high);
            for (never, bit) in [
                (silent.plus, &before.spike),
                (silent.minus, &before.negative),
            ] {
                let premise = never.then(|| self.graph().not(bit));
                self.premises.extend(premise);
            }
        }
        let graph = self.graph();
        graph.note("spike", "a spike of either sign");
        let any = graph.any(vec![step.spike.clone(), step.negative.clone()]);
        // The value that the others follow from comes first: what is proved is known in the next question.
        let mut outputs = vec![
            (
                "h".to_owned(),
                Value::Number(ty(layer.membrane), step.h.clone()),
            ),
            ("spike".to_owned(), Value::Flag(any.clone())),
        ];
        let mut conditions = Vec::new();
        if self.lane.ternary {
            outputs.push(("negative".to_owned(), Value::Flag(step.negative.clone())));
        } else {
            conditions.push(graph.not(&step.negative));
        }
        let mut golden = step.kept.iter();
        for state in &self.lane.states {
            let value = match (state.traced, state.name) {
                (true, _) => Value::Number(state.ty, golden.next()?.clone()),
                (false, "r") => Value::Flag(any.clone()),
                (false, "r_negative") => Value::Flag(step.negative.clone()),
                _ => return None,
            };
            outputs.push((state.name.to_owned(), value));
        }
        golden.next().is_none().then_some((outputs, conditions))
    }

    /// The golden neuron with the columns' symbols for its constants.
    fn cell(&self, columns: &[Number]) -> Option<Cell<Number>> {
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

    /// What may be assumed of the inputs.
    fn scope(&mut self, columns: &[Number], kept: &[Number], (spike, negative): (&Bit, &Bit)) {
        let layer = self.layer;
        let graph = self.graph();
        graph.note("legal", "");
        let signed = graph.any(vec![graph.not(negative), spike.clone()]);
        let binary = layer.neuron.modes.spikes.is_binary();
        let sign = binary.then(|| graph.not(negative));
        self.premises.push(signed);
        self.premises.extend(sign);
        for (state, number) in layer.neuron.states().zip(kept) {
            if state.name == REFRACTORY.name {
                self.within(number, 0, i128::from(layer.neuron.refractory));
            }
        }
        for (column, number) in self.lane.columns.iter().zip(columns) {
            if self.scope.actual {
                let values = column.values.values();
                let (low, high) = (values.iter().min(), values.iter().max());
                if let (Some(&low), Some(&high)) = (low, high) {
                    self.within(number, i128::from(low), i128::from(high));
                }
            } else if let Some(info) = layer.neuron.model.info().constant(column.name) {
                let (low, high) = layer.constant_range(info);
                self.within(number, i128::from(low), i128::from(high));
            }
        }
    }
}

/// An input as a two's complement number.
fn number(name: &str, ty: Ty) -> Number {
    let width = ty.width() + u32::from(!ty.is_signed());
    Number::input(name.to_owned(), width, ty.min(), ty.max())
}

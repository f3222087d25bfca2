//! Claims: that a lane gives, at its stated latency, what the golden step gives; that states stay where the quantizer says.
//! As questions in SMT-LIB 2 that are satisfiable only by a counterexample.
//!
//! A lane is unrolled from a state in which every register may hold anything, with any inputs in the cycles after the one
//! that is looked at. That cycle's sum, states and constants that are inputs have any value of their formats and ranges.

use std::fmt::Write as _;

use goldspike_golden::quant::QuantLayer;

use super::error::ProveError;
use super::golden::{Golden, Kind, Scope, Value};
use super::graph::{Graph, Node};
use super::number::{Bit, Number, bits};
use super::smt;
use super::spec::{self, Specification};
use crate::hdl::{Ty, VerilogFile, verilog};
use crate::quantize::Span;
use crate::rtl::neuron::{Assume, Lane, lane};

/// Name of every lane's module.
const MODULE: &str = "gs_lane";

/// Assumed of lanes without multiplier blocks.
const ADDER_TREES: &str =
    "an adder tree is the product of its operands: multipliers stand in the place of the trees";

/// The Verilog that a claim is about.
#[derive(Clone, Debug)]
pub struct Hardware {
    /// Name of the lane's module.
    pub module: String,
    /// The lane's Verilog and the contents of its tables.
    pub verilog: VerilogFile,
    /// Register stages of the lane.
    pub latency: u32,
}

/// A claim, ready for the solver: it holds if no question has a counterexample.
#[derive(Clone, Debug)]
pub struct Claim {
    /// What is claimed.
    pub name: String,
    /// The lane; `None` where the claim is of the golden step alone.
    pub hardware: Option<Hardware>,
    /// What is assumed of the lane's parts, in words.
    pub assumes: Vec<String>,
    pub(super) questions: Vec<Question>,
    /// The step that a lane must equal.
    step: Option<Step>,
}

/// A golden step, and how its specification is called.
#[derive(Clone, Debug)]
struct Step {
    unit: String,
    layer: QuantLayer,
    golden: Golden,
}

/// One question.
#[derive(Clone, Debug, Default)]
pub(super) struct Question {
    /// Symbols that a counterexample shows: inputs, then what is in the hardware and in the golden step of each output.
    pub(super) inputs: Vec<String>,
    pub(super) outputs: Vec<String>,
    /// Input symbols.
    pub(super) declared: String,
    /// Definitions.
    pub(super) nodes: Vec<Node>,
    /// What follows the definitions: what is assumed.
    pub(super) premises: String,
    /// What follows if the claim holds: truth values.
    pub(super) follows: Vec<String>,
}

/// What a claim about a lane says.
pub(super) struct Setting<'a> {
    /// Name of the unit, of letters, digits and `_`.
    pub(super) unit: String,
    /// Type of the synaptic sum.
    pub(super) sum: Ty,
    /// What the lane assumes.
    pub(super) assume: &'a Assume,
    /// What the step may assume.
    pub(super) scope: Scope,
}

/// The lane of a layer and the step that it must equal.
pub(super) fn pair(
    name: &str,
    layer: &QuantLayer,
    setting: &Setting<'_>,
) -> Result<(Lane, Golden), ProveError> {
    let lane = lane(layer, MODULE, setting.sum, setting.assume)?;
    let golden = Golden::of(layer, &lane, setting.sum, setting.scope).ok_or_else(|| {
        ProveError::NotExpressed {
            claim: name.to_owned(),
        }
    })?;
    Ok((lane, golden))
}

impl Claim {
    /// That the lane of `layer` equals the golden step.
    ///
    /// # Errors
    /// An internal bug of the lane's description, or numbers of more than 64 bits.
    pub(super) fn of(
        name: &str,
        layer: &QuantLayer,
        setting: &Setting<'_>,
    ) -> Result<Self, ProveError> {
        let (lane, golden) = pair(name, layer, setting)?;
        let inputs = golden.inputs.iter();
        let inputs = inputs.map(|(name, kind, known)| (name.as_str(), known.then_some(*kind)));
        let outputs = golden.outputs.iter();
        let outputs = outputs.map(|(name, value)| match value {
            Value::Flag(_) => (name.as_str(), Kind::Flag),
            Value::Number(ty, _) => (name.as_str(), Kind::Number(*ty)),
        });
        let ports = Ports {
            module: MODULE,
            latency: lane.latency,
            inputs: inputs.collect(),
            outputs: outputs.collect(),
        };
        let question = Question::of(&golden, &ports);
        Ok(Self {
            name: name.to_owned(),
            hardware: Some(Hardware {
                module: MODULE.to_owned(),
                verilog: verilog(&lane.module, "")?,
                latency: lane.latency,
            }),
            assumes: (lane.trees > 0)
                .then(|| ADDER_TREES.to_owned())
                .into_iter()
                .collect(),
            questions: vec![question],
            step: Some(Step {
                unit: setting.unit.clone(),
                layer: layer.clone(),
                golden,
            }),
        })
    }

    /// Of the golden step alone.
    pub(super) fn without_hardware(name: &str, questions: Vec<Question>) -> Self {
        Self {
            name: name.to_owned(),
            hardware: None,
            assumes: Vec::new(),
            questions,
            step: None,
        }
    }

    /// The step that the lane must equal, as Verilog; `None` where the claim is of no lane.
    #[must_use]
    pub fn specification(&self) -> Option<Specification> {
        let Step {
            unit,
            layer,
            golden,
        } = self.step.as_ref()?;
        let (of, _) = self.name.split_once(" = ").unwrap_or((&self.name, ""));
        let title = format!("the golden step of {of}");
        let verilog = spec::module(unit, &title, layer, golden);
        let inputs = golden.inputs.iter();
        let inputs = inputs.map(|(name, kind, _)| (name.as_str(), Some(*kind)));
        let outputs = golden.outputs.iter();
        let outputs = outputs.map(|(name, value)| match value {
            Value::Flag(_) => (name.as_str(), Kind::Flag),
            Value::Number(..) => (name.as_str(), Kind::Number(spec::port_type(value))),
        });
        let ports = Ports {
            module: &verilog.name,
            latency: 0,
            inputs: inputs.collect(),
            outputs: outputs.collect(),
        };
        let mut question = Question::of(golden, &ports);
        let legal = format!("(|{}_n {}| s0)", verilog.name, spec::LEGAL);
        question.follows.push(legal);
        let claim = Self {
            name: format!("{} = the golden step of {of}", verilog.name),
            hardware: Some(Hardware {
                module: verilog.name.clone(),
                verilog: verilog.clone(),
                latency: 0,
            }),
            assumes: Vec::new(),
            questions: vec![question],
            step: None,
        };
        let typed = |kind: Kind| match kind {
            Kind::Number(ty) => ty,
            Kind::Flag => Ty::u(1),
        };
        let port = |(name, kind): (&str, Kind), end: &str| (format!("{name}{end}"), typed(kind));
        let inputs = golden.inputs.iter();
        let inputs = inputs.map(|(name, kind, _)| port((name, *kind), "_i"));
        let outputs = ports.outputs.iter().map(|&known| port(known, "_o"));
        Some(Specification {
            inputs: inputs.collect(),
            outputs: outputs.collect(),
            layer: layer.clone(),
            claim,
            verilog,
        })
    }
}

/// Ports of a module that is compared with a golden step.
struct Ports<'a> {
    module: &'a str,
    /// Cycles from the inputs to the outputs.
    latency: u32,
    /// By the stem of the name: what the port carries; `None` without one.
    inputs: Vec<(&'a str, Option<Kind>)>,
    /// By the stem of the name, in the order of the step's.
    outputs: Vec<(&'a str, Kind)>,
}

impl Question {
    /// Whether a module gives what the golden step gives.
    fn of(golden: &Golden, ports: &Ports<'_>) -> Self {
        let (module, latency) = (ports.module, ports.latency);
        let mut question = Self::default();
        for cycle in 0..latency {
            let _ = writeln!(
                question.premises,
                "(assert (|{module}_t| s{cycle} s{}))",
                cycle + 1
            );
        }
        for (name, kind) in &ports.inputs {
            let symbol = format!("in.{name}");
            let text = match kind {
                Some(kind) => port(module, &format!("{name}_i"), *kind, &symbol, 0),
                None => format!("(declare-fun {symbol} () Bool)\n"),
            };
            question.declared.push_str(&text);
            question.inputs.push(symbol);
        }
        question.follows = golden.conditions.iter().map(smt::bit).collect();
        for ((name, value), (_, kind)) in golden.outputs.iter().zip(&ports.outputs) {
            let (rtl, symbol) = (format!("rtl.{name}"), format!("golden.{name}"));
            let (width, term) = match value {
                Value::Flag(bit) => (0, smt::bit(bit)),
                Value::Number(ty, number) => {
                    let width = signed_width(*ty).max(number.width);
                    (width, smt::number(number, width))
                }
            };
            let ported = port(module, &format!("{name}_o"), *kind, &rtl, latency);
            question.declared.push_str(&ported);
            let _ = writeln!(
                question.premises,
                "(define-fun {symbol} () {} {term})",
                sort(width)
            );
            let more = match kind {
                Kind::Number(ty) => width - signed_width(*ty),
                Kind::Flag => 0,
            };
            question.follows.push(match more {
                0 => format!("(= {rtl} {symbol})"),
                more => format!("(= ((_ sign_extend {more}) {rtl}) {symbol})"),
            });
            question.outputs.extend([rtl, symbol]);
        }
        question.assume(&golden.premises);
        question.nodes.clone_from(&golden.nodes);
        question
    }

    /// Declares a number from `low` to `high`.
    pub(super) fn declare(&mut self, graph: &Graph, name: &str, span: Span) -> Number {
        let (low, high) = (i128::from(span.low), i128::from(span.high));
        let number = Number::input(name.to_owned(), bits(low, high), low, high);
        self.symbol(name, number.width);
        self.assume(&[graph.within(&number, low, high)]);
        number
    }

    /// Declares a truth value.
    pub(super) fn declare_flag(&mut self, name: &str) -> Bit {
        self.symbol(name, 0);
        Bit::Input(name.to_owned())
    }

    fn symbol(&mut self, name: &str, width: u32) {
        let symbol = format!("in.{name}");
        let _ = writeln!(self.declared, "(declare-fun {symbol} () {})", sort(width));
        self.inputs.push(symbol);
    }

    /// Shows two numbers that must be the same, if they are not.
    pub(super) fn show(&mut self, name: &str, is: &Number, must: &Number) {
        let width = is.width.max(must.width);
        for (side, number) in [("rtl", is), ("golden", must)] {
            let symbol = format!("{side}.{name}");
            let term = smt::number(number, width);
            let _ = writeln!(
                self.premises,
                "(define-fun {symbol} () {} {term})",
                sort(width)
            );
            self.outputs.push(symbol);
        }
    }

    /// Assumes.
    pub(super) fn assume(&mut self, premises: &[Bit]) {
        for premise in premises {
            let _ = writeln!(self.premises, "(assert {})", smt::bit(premise));
        }
    }
}

fn signed_width(ty: Ty) -> u32 {
    ty.width() + u32::from(!ty.is_signed())
}

fn sort(width: u32) -> String {
    match width {
        0 => "Bool".to_owned(),
        width => format!("(_ BitVec {width})"),
    }
}

/// A port of the lane in a cycle as a truth value or a two's complement number.
fn port(module: &str, port: &str, kind: Kind, symbol: &str, cycle: u32) -> String {
    let mut term = format!("(|{module}_n {port}| s{cycle})");
    let width = match kind {
        Kind::Flag => 0,
        Kind::Number(ty) => {
            if ty.width() == 1 {
                term = format!("(ite {term} #b1 #b0)");
            }
            if !ty.is_signed() {
                term = format!("(concat #b0 {term})");
            }
            signed_width(ty)
        }
    };
    format!("(define-fun {symbol} () {} {term})\n", sort(width))
}

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
use crate::hdl::{Ty, VerilogFile, verilog};
use crate::quantize::Span;
use crate::rtl::neuron::{Assume, Lane, lane};

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
    let lane = lane(layer, "gs_lane", setting.sum, setting.assume)?;
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
        let module = "gs_lane".to_owned();
        let mut question = Question::default();
        for cycle in 0..lane.latency {
            let _ = writeln!(
                question.premises,
                "(assert (|{module}_t| s{cycle} s{}))",
                cycle + 1
            );
        }
        for (name, kind, known) in &golden.inputs {
            let symbol = format!("in.{name}");
            let text = match (known, kind) {
                (true, kind) => port(&module, &format!("{name}_i"), *kind, &symbol, 0),
                (false, _) => format!("(declare-fun {symbol} () Bool)\n"),
            };
            question.declared.push_str(&text);
            question.inputs.push(symbol);
        }
        question.follows = golden.conditions.iter().map(smt::bit).collect();
        for (name, value) in &golden.outputs {
            let (rtl, symbol) = (format!("rtl.{name}"), format!("golden.{name}"));
            let (kind, width, term) = match value {
                Value::Flag(bit) => (Kind::Flag, 0, smt::bit(bit)),
                Value::Number(ty, number) => {
                    let width = signed_width(*ty).max(number.width);
                    (Kind::Number(*ty), width, smt::number(number, width))
                }
            };
            let ported = port(&module, &format!("{name}_o"), kind, &rtl, lane.latency);
            question.declared.push_str(&ported);
            let _ = writeln!(
                question.premises,
                "(define-fun {symbol} () {} {term})",
                sort(width)
            );
            let more = match kind {
                Kind::Number(ty) => width - signed_width(ty),
                Kind::Flag => 0,
            };
            question.follows.push(match more {
                0 => format!("(= {rtl} {symbol})"),
                more => format!("(= ((_ sign_extend {more}) {rtl}) {symbol})"),
            });
            question.outputs.extend([rtl, symbol]);
        }
        question.assume(&golden.premises);
        question.nodes = golden.nodes;
        Ok(Self {
            name: name.to_owned(),
            hardware: Some(Hardware {
                module,
                verilog: verilog(&lane.module, "")?,
                latency: lane.latency,
            }),
            assumes: (lane.trees > 0)
                .then(|| ADDER_TREES.to_owned())
                .into_iter()
                .collect(),
            questions: vec![question],
        })
    }
}

impl Question {
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

//! The golden step for readers: one combinational Verilog module `spec_UNIT` with the ports of a lane, printed from the expression
//! that the solver compares with the lane, not from the lane.
//!
//! Every number is a signed integer of one width, that of the widest, so that each line reads as the equation that it is: nothing
//! wraps and nothing is extended but at the ports. Where bits are lost stands the rule of NUMERICS.md. The module is no
//! circuit to build: it has one output more, `legal_o`, which says whether the inputs are such as can be there.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;

use goldspike_golden::quant::{Param, QuantLayer};

use super::claim::Claim;
use super::golden::{Golden, Kind, Value};
use super::graph::{Compare, Node, Op};
use super::number::{Bit, Number, Term};
use super::sums::before;
use crate::hdl::{Ty, VerilogFile};

/// The output that says whether the inputs are such as can be there.
pub(super) const LEGAL: &str = "legal_o";

/// A unit's golden step as Verilog.
#[derive(Clone, Debug)]
pub struct Specification {
    /// The module, with its name.
    pub verilog: VerilogFile,
    /// Input ports; a truth value is one bit without a sign.
    pub inputs: Vec<(String, Ty)>,
    /// Output ports but `legal_o`.
    pub outputs: Vec<(String, Ty)>,
    /// The layer whose step it is; what is a port stands in the place of its constants.
    pub layer: QuantLayer,
    /// That the module is the golden step of the claim that it belongs to, by Yosys and a solver.
    pub claim: Claim,
}

/// What a port that shows a value is: the lane's type if that holds every value of it.
pub(super) fn port_type(value: &Value) -> Ty {
    match value {
        Value::Flag(_) => Ty::u(1),
        Value::Number(ty, number) if ty.min() <= number.low && number.high <= ty.max() => *ty,
        Value::Number(ty, number) => {
            Ty::s(number.width.max(ty.width() + u32::from(!ty.is_signed())))
        }
    }
}

/// The type of an input port.
const fn input_type(kind: Kind) -> Ty {
    match kind {
        Kind::Number(ty) => ty,
        Kind::Flag => Ty::u(1),
    }
}

/// The module `spec_UNIT` of a golden step; `title` says of what.
pub(super) fn module(unit: &str, title: &str, layer: &QuantLayer, golden: &Golden) -> VerilogFile {
    let name = format!("spec_{unit}");
    let mut printer = Printer::new(golden);
    let body = printer.body();
    let text = format!(
        "{}`default_nettype none\n\nmodule {name} (\n{}\n);\n\n{body}\nendmodule\n`default_nettype wire\n",
        head(&name, title, layer, printer.wide),
        ports(golden, layer),
    );
    VerilogFile {
        name,
        text,
        memory_files: Vec::new(),
    }
}

fn head(name: &str, title: &str, layer: &QuantLayer, wide: u32) -> String {
    let info = layer.neuron.model.info();
    let constants = layer.neuron.constants.iter();
    let constants: Vec<String> = constants
        .map(|(name, values)| match values {
            Param::Layer(value) => format!("{name} {value}"),
            _ => format!("{name} by neuron or step"),
        })
        .collect();
    let mut equations = String::new();
    for line in info.equations {
        let _ = writeln!(equations, "//   {line}");
    }
    format!(
        "// Printed by goldspike {}. DO NOT EDIT: print it again with `goldspike prove ... --spec DIR`.\n\
         // {name}: {title}.\n\
         // Model {}, {}; membrane {}, {} rounding, {} overflow; factors of {} fraction bits.\n\
         {equations}\
         // Raw constants: {}.\n\
         // The golden step by the rules of NUMERICS.md, for readers, not for synthesis: no clock, no pipeline. Every number\n\
         // is a signed integer of {wide} bits, which hold each of its values: nothing wraps but where `wrap` stands.\n",
        env!("CARGO_PKG_VERSION"),
        info.name,
        info.summary,
        layer.membrane,
        layer.rounding,
        layer.overflow,
        layer.neuron.coefficient.frac,
        constants.join(", "),
    )
}

fn ports(golden: &Golden, layer: &QuantLayer) -> String {
    let mut lines = Vec::new();
    for (name, kind, _) in &golden.inputs {
        let words = match name.as_str() {
            "sum" => "synaptic sum, accumulator LSBs",
            "first" => "first step of a sample",
            "r" => "whether there was a spike in the step before",
            "r_negative" => "whether that was one of -1",
            name if layer.neuron.states().any(|state| state.name == name) => {
                "state before the step"
            }
            _ => "constant",
        };
        let port = format!("{name}_i");
        lines.push(declaration("input", &port, input_type(*kind), words));
    }
    for (name, value) in &golden.outputs {
        let words = match name.as_str() {
            "h" => "compared value",
            "spike" => "a spike is fired",
            "negative" => "it is one of -1",
            _ => "state after the step",
        };
        let port = format!("{name}_o");
        lines.push(declaration("output", &port, port_type(value), words));
    }
    lines.push(declaration(
        "output",
        LEGAL,
        Ty::u(1),
        "the inputs are such as can be there",
    ));
    let last = lines.len() - 1;
    let lines = lines.into_iter().enumerate();
    let lines = lines.map(|(at, (port, words))| {
        let comma = if at < last { "," } else { "" };
        format!("    {port}{comma}  // {words}")
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn declaration(direction: &str, name: &str, ty: Ty, words: &'static str) -> (String, &'static str) {
    let sign = if ty.is_signed() { "signed " } else { "" };
    let range = match ty.width() {
        1 => String::new(),
        width => format!("[{}:0] ", width - 1),
    };
    (format!("{direction:<6} wire {sign}{range}{name}"), words)
}

struct Printer<'a> {
    golden: &'a Golden,
    /// Bits of every number.
    wide: u32,
    /// By definition: its name, if it is needed.
    names: Vec<Option<String>>,
    /// What was read, and whether a line had all of its bits.
    read: HashMap<String, bool>,
}

impl<'a> Printer<'a> {
    fn new(golden: &'a Golden) -> Self {
        let widths = golden.nodes.iter().map(|node| match &node.op {
            Op::Is(_, a, b) => a.width.max(b.width),
            Op::Slice { high, of, .. } => (high + 1).max(of.width).max(node.width),
            _ => node.width,
        });
        let ports = golden.inputs.iter().map(|(_, kind, _)| input_type(*kind));
        let ports = ports.chain(golden.outputs.iter().map(|(_, value)| port_type(value)));
        let ports = ports.map(|ty| ty.width() + u32::from(!ty.is_signed()));
        let wide = widths.chain(ports).max().unwrap_or(1);
        let mut printer = Self {
            golden,
            wide,
            names: Vec::new(),
            read: HashMap::new(),
        };
        printer.names = printer.named();
        printer
    }

    /// Definitions that an output or the premises depend on.
    fn needed(&self) -> Vec<bool> {
        fn node<L>(term: &Term<L>) -> Option<usize> {
            match term {
                Term::Node(at) => Some(*at),
                Term::Known(_) | Term::Input(_) => None,
            }
        }
        let mut needed = vec![false; self.golden.nodes.len()];
        let outputs = self
            .golden
            .outputs
            .iter()
            .filter_map(|(_, value)| match value {
                Value::Number(_, number) => node(&number.term),
                Value::Flag(bit) => node(bit),
            });
        for at in outputs.chain(self.golden.premises.iter().filter_map(node)) {
            needed[at] = true;
        }
        for (at, definition) in self.golden.nodes.iter().enumerate().rev() {
            if needed[at] {
                for from in before(&definition.op) {
                    needed[from] = true;
                }
            }
        }
        needed
    }

    /// The definitions of each note, in order.
    fn blocks(&self) -> Vec<(&'static str, &'a str, std::ops::Range<usize>)> {
        let notes = &self.golden.labels.notes;
        let ends = notes.iter().skip(1).map(|note| note.at);
        let ends = ends.chain([self.golden.nodes.len()]);
        let blocks = notes.iter().zip(ends);
        let mut blocks: Vec<_> = blocks
            .map(|(note, end)| (note.stem, note.words.as_str(), note.at..end))
            .collect();
        let first = notes
            .first()
            .map_or(self.golden.nodes.len(), |note| note.at);
        if first > 0 {
            blocks.insert(0, ("value", "", 0..first));
        }
        blocks
    }

    fn named(&self) -> Vec<Option<String>> {
        let needed = self.needed();
        let mut taken: HashSet<String> = HashSet::new();
        for (name, ..) in &self.golden.inputs {
            taken.extend([name.clone(), format!("{name}_i")]);
        }
        taken.extend(
            self.golden
                .outputs
                .iter()
                .map(|(name, _)| format!("{name}_o")),
        );
        let mut names = vec![None; needed.len()];
        let mut unique = |wanted: &str, always: bool| {
            let plain = (!always).then(|| wanted.to_owned());
            let numbered = (1..).map(|n| format!("{wanted}{n}"));
            let mut free = plain.into_iter().chain(numbered);
            let free = free.find(|name| !taken.contains(name));
            let free = free.unwrap_or_else(|| wanted.to_owned());
            taken.insert(free.clone());
            free
        };
        for (at, name) in BTreeMap::from_iter(&self.golden.labels.names) {
            if needed.get(*at) == Some(&true) {
                names[*at] = Some(unique(name, false));
            }
        }
        for (stem, _, block) in self.blocks() {
            let open = block.filter(|at| needed[*at] && names[*at].is_none());
            let open: Vec<usize> = open.collect();
            let Some((&last, parts)) = open.split_last() else {
                continue;
            };
            let whole = unique(stem, true);
            for &at in parts {
                let part = format!("{whole}_{}", role(&self.golden.nodes[at].op));
                names[at] = Some(unique(&part, false));
            }
            names[last] = Some(whole);
        }
        names
    }

    fn body(&mut self) -> String {
        let mut text = String::new();
        let mut apart = false;
        for (_, words, block) in self.blocks() {
            let mut lines = String::new();
            for at in block {
                let (Some(name), Some(node)) = (self.names[at].clone(), self.golden.nodes.get(at))
                else {
                    continue;
                };
                let value = self.value(node);
                let _ = match node.width {
                    0 => writeln!(lines, "    wire {name} = {value};"),
                    _ => writeln!(lines, "    {} = {value};", self.wire(&name)),
                };
            }
            if lines.is_empty() {
                continue;
            }
            if apart || !words.is_empty() {
                text.push('\n');
            }
            apart = !words.is_empty();
            if apart {
                let _ = writeln!(text, "    // {words}");
            }
            text.push_str(&lines);
        }
        let mut outputs = String::from("\n");
        for (name, value) in &self.golden.outputs {
            let _ = match value {
                Value::Flag(bit) => {
                    let bit = self.bit(bit);
                    writeln!(outputs, "    assign {name}_o = {bit};")
                }
                Value::Number(_, number) => {
                    let number = self.cut(number, 0, port_type(value).width() - 1);
                    writeln!(outputs, "    assign {name}_o = {number};")
                }
            };
        }
        let premises: Vec<String> = self
            .golden
            .premises
            .iter()
            .map(|bit| self.bit(bit))
            .collect();
        let legal = match premises.is_empty() {
            true => "1'b1".to_owned(),
            false => premises.join(" && "),
        };
        let _ = writeln!(outputs, "    assign {LEGAL} = {legal};");
        format!("{}{text}{outputs}{}", self.inputs(), self.unused())
    }

    /// Inputs as numbers of the common width.
    fn inputs(&mut self) -> String {
        let mut text = String::new();
        for (name, kind, _) in &self.golden.inputs {
            let port = format!("{name}_i");
            let Kind::Number(ty) = kind else {
                self.read.entry(port).or_insert(false);
                continue;
            };
            if !self.read.contains_key(name) {
                self.read.insert(port, false);
                continue;
            }
            let sign = match (ty.is_signed(), ty.width()) {
                (false, _) => "1'b0".to_owned(),
                (true, 1) => port.clone(),
                (true, width) => format!("{port}[{}]", width - 1),
            };
            let value = match self.wide - ty.width() {
                0 => port,
                more => format!("{{{{{more}{{{sign}}}}}, {port}}}"),
            };
            let _ = writeln!(text, "    {} = {value};", self.wire(name));
        }
        text
    }

    fn unused(&self) -> String {
        let mut unused: Vec<&str> = self
            .read
            .iter()
            .filter(|(_, whole)| !**whole)
            .map(|(name, _)| name.as_str())
            .collect();
        unused.sort_unstable();
        match unused.is_empty() {
            true => String::new(),
            false => format!(
                "\n    // Of these not every bit matters.\n    wire _unused_ok = &{{1'b0, {}}};\n",
                unused.join(", ")
            ),
        }
    }

    fn wire(&self, name: &str) -> String {
        match self.wide {
            1 => format!("wire signed {name}"),
            wide => format!("wire signed [{}:0] {name}", wide - 1),
        }
    }

    fn value(&mut self, node: &Node) -> String {
        let wide = self.wide;
        match &node.op {
            Op::Add(a, b) => format!("{} + {}", self.number(a), self.number(b)),
            Op::Sub(a, b) => format!("{} - {}", self.number(a), self.number(b)),
            Op::Mul(a, b) => format!("{} * {}", self.number(a), self.number(b)),
            Op::Choose(bit, a, b) => {
                format!(
                    "{} ? {} : {}",
                    self.bit(bit),
                    self.number(a),
                    self.number(b)
                )
            }
            Op::Shift(value, by) => format!("{} <<< {by}", self.number(value)),
            Op::Slice {
                of,
                low,
                high,
                signed,
            } => match &of.term {
                Term::Known(value) => {
                    let kept = Ty::u(high - low + 1).wrap(value >> low);
                    let ty = if *signed { Ty::s } else { Ty::u };
                    literal(ty(high - low + 1).wrap(kept), wide)
                }
                _ if *signed && *low > 0 && high + 1 >= of.width => {
                    format!("{} >>> {low}", self.number(of))
                }
                _ if *signed && high - low + 1 == wide => self.number(of),
                _ => {
                    let bits = self.cut(of, *low, *high);
                    let sign = match signed {
                        true => self.cut(of, *high, *high),
                        false => "1'b0".to_owned(),
                    };
                    format!("{{{{{}{{{sign}}}}}, {bits}}}", wide - (high - low + 1))
                }
            },
            Op::Is(compare, a, b) => {
                let sign = match compare {
                    Compare::Less => "<",
                    Compare::AtMost => "<=",
                    Compare::Equal => "==",
                };
                format!("{} {sign} {}", self.number(a), self.number(b))
            }
            Op::All(bits) => self.joined(bits, " && "),
            Op::Any(bits) => self.joined(bits, " || "),
            Op::Not(bit) => format!("!{}", self.bit(bit)),
        }
    }

    fn joined(&mut self, bits: &[Bit], between: &str) -> String {
        let bits: Vec<String> = bits.iter().map(|bit| self.bit(bit)).collect();
        bits.join(between)
    }

    /// A number of the common width.
    fn number(&mut self, number: &Number) -> String {
        match self.named_term(&number.term) {
            Ok(name) => {
                self.read.insert(name.clone(), true);
                name
            }
            Err(value) => literal(value, self.wide),
        }
    }

    /// The bits `low..=high` of a number.
    fn cut(&mut self, number: &Number, low: u32, high: u32) -> String {
        match self.named_term(&number.term) {
            Ok(name) if (low, high + 1) == (0, self.wide) => {
                self.read.insert(name.clone(), true);
                name
            }
            Ok(name) => {
                self.read.entry(name.clone()).or_insert(false);
                match low == high {
                    true => format!("{name}[{low}]"),
                    false => format!("{name}[{high}:{low}]"),
                }
            }
            Err(value) => {
                let width = high - low + 1;
                format!("{width}'h{:x}", Ty::u(width).wrap(value >> low))
            }
        }
    }

    /// A name, or what is known.
    fn named_term<L: Copy>(&self, term: &Term<L>) -> Result<String, L> {
        match term {
            Term::Known(value) => Err(*value),
            Term::Input(name) => Ok(name.clone()),
            Term::Node(at) => {
                let name = self.names.get(*at).cloned().flatten();
                Ok(name.unwrap_or_else(|| format!("x{at}")))
            }
        }
    }

    fn bit(&mut self, bit: &Bit) -> String {
        let name = match bit {
            Term::Input(name) => Ok(format!("{name}_i")),
            other => self.named_term(other),
        };
        match name {
            Ok(name) => {
                self.read.insert(name.clone(), true);
                name
            }
            Err(value) => format!("1'b{}", u8::from(value)),
        }
    }
}

/// What a definition within an operation is called.
const fn role(op: &Op) -> &'static str {
    match op {
        Op::Add(..) => "sum",
        Op::Sub(..) => "difference",
        Op::Mul(..) => "exact",
        Op::Choose(..) => "choice",
        Op::Slice { low: 1.., .. } => "floor",
        Op::Slice { signed: false, .. } => "lost",
        Op::Slice { .. } => "lowest",
        Op::Shift(..) => "shifted",
        Op::Is(Compare::Less, a, _) if matches!(a.term, Term::Known(_)) => "above",
        Op::Is(Compare::AtMost, a, _) if matches!(a.term, Term::Known(_)) => "at_least",
        Op::Is(Compare::Less, ..) => "below",
        Op::Is(Compare::AtMost, ..) => "at_most",
        Op::Is(Compare::Equal, ..) => "equal",
        Op::All(_) => "both",
        Op::Any(_) => "either",
        Op::Not(_) => "not",
    }
}

/// A signed literal.
fn literal(value: i128, width: u32) -> String {
    let magnitude = value.unsigned_abs();
    if magnitude < 1 << 31 && magnitude >> (width - 1) == 0 {
        let sign = if value < 0 { "-" } else { "" };
        return format!("{sign}{width}'sd{magnitude}");
    }
    format!("{width}'sh{:x}", Ty::u(width).wrap(value))
}

//! Lowering of tape nodes to rust-hdl's Verilog AST, and its printing.
//!
//! Rules that keep Verilog's context-dependent widths and signs out: one operator a statement; both operands of an
//! operator have one type; widening is spelled as a concatenation. An operand is a name, a sized literal, a bit range, a
//! concatenation or `$signed(..)` of these: all self-determined, so they may stand anywhere.
//!
//! rust-hdl's AST has no concatenation, conditional operator or sized literal, so these are written as the text of a
//! `Signal`; its printer takes brackets in such a text for a loop index, so they travel as U+27E6 and U+27E7.

use rust_hdl::core::ast::{VerilogExpression, VerilogOp, VerilogOpUnary, VerilogStatement};
use rust_hdl::core::verilog_gen::verilog_combinatorial;

use super::tape::{Bin, Module, NodeId, Op, Un};
use super::ty::Ty;

/// Text of a constant of type `ty`.
pub(crate) fn literal(value: i128, ty: Ty) -> String {
    let (width, sign) = (ty.width(), if ty.is_signed() { "s" } else { "" });
    if width <= 32 && value >= 0 {
        format!("{width}'{sign}d{value}")
    } else if width <= 32 && value > ty.min() {
        format!("-{width}'sd{}", -value)
    } else {
        format!("{width}'{sign}h{:x}", Ty::u(width).wrap(value))
    }
}

/// `[7:0] `, or nothing for one bit.
pub(crate) fn range(bits: usize) -> String {
    if bits == 1 {
        String::new()
    } else {
        format!("[{}:0] ", bits - 1)
    }
}

/// `signed [7:0] `.
pub(crate) fn declared(ty: Ty) -> String {
    format!(
        "{}{}",
        if ty.is_signed() { "signed " } else { "" },
        range(ty.width() as usize)
    )
}

/// Bits `low..low + width` of `name`, which has `of` bits in all.
pub(crate) fn part(name: &str, of: usize, low: usize, width: usize) -> String {
    if width == of {
        name.to_owned()
    } else if width == 1 {
        format!("{name}[{low}]")
    } else {
        format!("{name}[{}:{low}]", low + width - 1)
    }
}

/// `{a, b, c}`, broken into lines that stay readable.
pub(crate) fn concatenation(parts: &[String]) -> String {
    if let [one] = parts {
        return one.clone();
    }
    let (mut text, mut column) = (String::from("{"), 1);
    for (i, p) in parts.iter().enumerate() {
        if i > 0 {
            text.push(',');
            if column + p.len() > 100 {
                text.push_str("\n    ");
                column = 4;
            } else {
                text.push(' ');
                column += 2;
            }
        }
        text.push_str(p);
        column += p.len();
    }
    text.push('}');
    text
}

/// Text as an operand of rust-hdl's AST.
pub(crate) fn raw(text: &str) -> VerilogExpression {
    VerilogExpression::Signal(text.replace('[', "\u{27e6}").replace(']', "\u{27e7}"))
}

pub(crate) fn boxed(text: &str) -> Box<VerilogExpression> {
    Box::new(raw(text))
}

/// rust-hdl's print of one assignment, without the block around it: `x = a + b;`.
pub(crate) fn print(statement: VerilogStatement) -> String {
    let text = verilog_combinatorial(&vec![statement]);
    let lines: Vec<&str> = text.trim_end().lines().collect();
    let body = lines.get(1..lines.len().saturating_sub(1)).unwrap_or(&[]);
    let body: Vec<&str> = body
        .iter()
        .map(|l| l.strip_prefix("    ").unwrap_or(l))
        .collect();
    body.join("\n")
        .replace('\u{27e6}', "[")
        .replace('\u{27e7}', "]")
}

fn print_expression(expression: VerilogExpression) -> String {
    let text = print(VerilogStatement::Assignment(raw("x"), expression));
    text.trim_start_matches("x = ")
        .trim_end_matches(';')
        .to_owned()
}

pub(crate) const fn binary(op: Bin) -> VerilogOp {
    match op {
        Bin::Add => VerilogOp::Add,
        Bin::Sub => VerilogOp::Sub,
        Bin::Mul => VerilogOp::Mul,
        Bin::Eq => VerilogOp::Eq,
        Bin::Ne => VerilogOp::Ne,
        Bin::Lt => VerilogOp::Lt,
        Bin::Le => VerilogOp::Le,
        Bin::Gt => VerilogOp::Gt,
        Bin::Ge => VerilogOp::Ge,
        Bin::And => VerilogOp::BitAnd,
        Bin::Or => VerilogOp::BitOr,
        Bin::Xor => VerilogOp::BitXor,
    }
}

pub(crate) const fn unary(op: Un) -> VerilogOpUnary {
    match op {
        Un::Neg => VerilogOpUnary::Neg,
        Un::Not => VerilogOpUnary::Not,
        Un::Any => VerilogOpUnary::Any,
        Un::All => VerilogOpUnary::All,
    }
}

/// The types both operands of `op` are brought to.
pub(crate) fn operand_types(op: Bin, a: Ty, b: Ty) -> (Ty, Ty) {
    if op == Bin::Mul {
        let each = |t: Ty| {
            if a.is_signed() || b.is_signed() {
                Ty::s(t.signed_width())
            } else {
                t
            }
        };
        return (each(a), each(b));
    }
    (a.join(b), a.join(b))
}

/// Operands of one module in the printed form, with a record of what they refer to.
pub(crate) struct Operands<'m> {
    pub(crate) module: &'m Module,
    /// Whether the node is declared under its name.
    local: Vec<bool>,
    /// How often each node is an operand.
    uses: Vec<u32>,
    /// The bits of each declared node that something reads.
    pub(crate) read: Vec<u128>,
}

impl<'m> Operands<'m> {
    pub(crate) fn new(module: &'m Module) -> Self {
        let uses = uses(module);
        let local = module.nodes.iter().enumerate().map(|(id, node)| {
            let inlined = match node.op {
                Op::Lit(_) | Op::Slice(..) | Op::Resize(_) | Op::Shr(..) => true,
                Op::Cat(ref parts) => uses[id] == 1 && parts.len() <= 4,
                _ => false,
            };
            node.name.is_some() || !inlined
        });
        Self {
            module,
            local: local.collect(),
            read: vec![0; module.nodes.len()],
            uses,
        }
    }

    pub(crate) fn is_local(&self, id: NodeId) -> bool {
        self.local[id as usize]
    }

    fn note(&mut self, id: NodeId, low: u32, width: u32) {
        let mask = if width >= 128 {
            u128::MAX
        } else {
            (1u128 << width) - 1
        };
        self.read[id as usize] |= mask << low.min(127);
    }

    /// The declared node that holds bits `low..low + width` of `id`, and where. Makes one if there is none.
    fn holder(&mut self, id: NodeId, low: u32, width: u32) -> (NodeId, u32) {
        let (mut id, mut low) = (id, low);
        while !self.local[id as usize] {
            match self.module.node(id).op {
                Op::Slice(a, l) => (id, low) = (a, low + l),
                Op::Shr(a, k) if low + width + k <= self.module.ty(a).width() => {
                    (id, low) = (a, low + k)
                }
                Op::Resize(a) if low + width <= self.module.ty(a).width() => id = a,
                _ => self.local[id as usize] = true,
            }
        }
        (id, low)
    }

    /// Bits of a node, as an unsigned operand (`$unsigned` only matters, and is only written, for a whole signed name).
    fn bits(&mut self, id: NodeId, low: u32, width: u32) -> String {
        let (holder, low) = self.holder(id, low, width);
        self.note(holder, low, width);
        let ty = self.module.ty(holder);
        let name = self.module.name_of(holder);
        if width == ty.width() && ty.is_signed() {
            return format!("$unsigned({name})");
        }
        part(name, ty.width() as usize, low as usize, width as usize)
    }

    /// The node as a self-determined operand of exactly its type.
    pub(crate) fn operand(&mut self, id: NodeId) -> String {
        if self.local[id as usize] {
            self.note(id, 0, self.module.ty(id).width());
            return self.module.name_of(id).to_owned();
        }
        self.value(id)
    }

    /// What an inlined node stands for; also the right-hand side of a named one.
    fn value(&mut self, id: NodeId) -> String {
        let node = self.module.node(id);
        let ty = node.ty;
        match node.op {
            Op::Lit(v) => literal(v, ty),
            Op::Slice(a, low) => self.bits(a, low, ty.width()),
            Op::Shr(a, k) => {
                let from = self.module.ty(a);
                if k >= from.width() && !from.is_signed() {
                    return literal(0, ty);
                }
                let text = self.bits(a, k.min(from.width() - 1), ty.width());
                signed_if(ty, text)
            }
            Op::Resize(a) => self.resized(a, ty),
            Op::Cat(ref parts) => {
                let parts: Vec<String> = parts.iter().map(|&p| self.bare(p)).collect();
                concatenation(&parts)
            }
            _ => self.module.name_of(id).to_owned(),
        }
    }

    /// The node's bits where neither sign nor context matters: in a concatenation or a port connection.
    pub(crate) fn bare(&mut self, id: NodeId) -> String {
        bare(self.operand(id))
    }

    /// The node modulo 2^width of `ty`, as an operand of that type.
    pub(crate) fn resized(&mut self, id: NodeId, ty: Ty) -> String {
        let from = self.module.ty(id);
        if from == ty {
            return self.operand(id);
        }
        if let Op::Lit(v) = self.module.node(id).op {
            return literal(ty.wrap(v), ty);
        }
        if ty.width() <= from.width() {
            if ty.width() == from.width() && self.local[id as usize] && ty.is_signed() {
                return format!("$signed({})", self.operand(id));
            }
            let text = self.bits(id, 0, ty.width());
            return signed_if(ty, text);
        }
        let more = ty.width() - from.width();
        let text = if from.is_signed() {
            let sign = self.bits(id, from.width() - 1, 1);
            let sign = sign
                .strip_prefix("$unsigned(")
                .and_then(|s| s.strip_suffix(')'))
                .unwrap_or(&sign)
                .to_owned();
            format!("{{{{{more}{{{sign}}}}}, {}}}", self.bare(id))
        } else {
            format!("{{{more}'d0, {}}}", self.bare(id))
        };
        signed_if(ty, text)
    }

    /// A one-bit operand of a boolean operator, a condition or an enable. Logic that has no name and no other reader
    /// stands here in parentheses: one bit in a one-bit context needs no local to be exact.
    pub(crate) fn condition(&mut self, id: NodeId) -> String {
        let node = self.module.node(id);
        let plain = node.name.is_none() && node.helps.is_none() && self.uses[id as usize] == 1;
        let logic = match node.op {
            Op::Un(Un::Not | Un::Any | Un::All, _) => true,
            Op::Bin(op, ..) => op.is_comparison() || matches!(op, Bin::And | Bin::Or | Bin::Xor),
            _ => false,
        };
        if plain && logic && node.ty == Ty::BIT {
            let text = print_expression(self.expression(id));
            if text.len() <= LONGEST_CONDITION && !text.contains('\n') {
                return format!("({text})");
            }
        }
        self.operand(id)
    }

    /// The node as the right-hand side of an assignment to something of its width.
    pub(crate) fn source(&mut self, id: NodeId) -> String {
        if self.module.ty(id) != Ty::BIT {
            return self.bare(id);
        }
        let text = self.condition(id);
        match text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
            Some(inner) => inner.to_owned(),
            None => text,
        }
    }

    /// The operation of a computed node.
    fn expression(&mut self, id: NodeId) -> VerilogExpression {
        let node = self.module.node(id);
        let ty = node.ty;
        match node.op {
            Op::Un(op @ Un::Not, a) if ty == Ty::BIT => {
                VerilogExpression::Unary(unary(op), boxed(&self.condition(a)))
            }
            Op::Un(op, a) => VerilogExpression::Unary(unary(op), boxed(&self.operand(a))),
            Op::Bin(op, a, b) => {
                let (ta, tb) = operand_types(op, self.module.ty(a), self.module.ty(b));
                let (a, b) = if (ta, tb) == (Ty::BIT, Ty::BIT) && ty == Ty::BIT {
                    (self.condition(a), self.condition(b))
                } else {
                    let (a, b) = (self.resized(a, ta), self.resized(b, tb));
                    if op == Bin::Mul {
                        (insulated(a), insulated(b))
                    } else {
                        (a, b)
                    }
                };
                VerilogExpression::Binary(boxed(&a), binary(op), boxed(&b))
            }
            Op::Mux(c, a, b) => {
                let (c, a, b) = (self.condition(c), self.operand(a), self.operand(b));
                raw(&format!("{c} ? {a} : {b}"))
            }
            Op::Shl(a, k) => raw(&format!("{{{}, {k}'d0}}", self.bare(a))),
            Op::Wire(Some(d)) => raw(&self.source(d)),
            Op::Resize(a) if ty.width() == self.module.ty(a).width() => raw(&self.bare(a)),
            _ => raw(&bare(self.value(id))),
        }
    }

    /// The statement that drives a declared, computed node.
    pub(crate) fn statement(&mut self, id: NodeId) -> VerilogStatement {
        VerilogStatement::Assignment(raw(self.module.name_of(id)), self.expression(id))
    }
}

/// A negative constant whose sign is not widened with a product: linters take that for a mistake.
fn insulated(operand: String) -> String {
    if operand.starts_with('-') {
        format!("$signed({operand})")
    } else {
        operand
    }
}

/// Longer logic gets a local of its own.
const LONGEST_CONDITION: usize = 60;

/// How often each node is an operand of anything that is used.
fn uses(module: &Module) -> Vec<u32> {
    let mut uses = vec![0u32; module.nodes.len()];
    let mut count = |nodes: &[NodeId]| nodes.iter().for_each(|&id| uses[id as usize] += 1);
    for &id in &module.order {
        count(&module.node(id).op.operands());
    }
    for port in module.ports.iter().filter(|p| !p.is_input) {
        count(&port.nodes);
    }
    for reg in &module.regs {
        count(reg.d.as_slice());
        count(reg.enable.as_slice());
    }
    for mem in &module.mems {
        if let Some(read) = &mem.read {
            count(&[read.address]);
            count(read.enable.as_slice());
        }
        if let Some(write) = &mem.write {
            count(&[write.enable, write.address]);
            count(&write.data);
        }
    }
    for instance in &module.instances {
        for (port, nodes) in instance.module.ports.iter().zip(&instance.connections) {
            if port.is_input {
                count(nodes);
            }
        }
    }
    uses
}

/// An operand without a sign conversion around it: for concatenations, ports and assignments of one width.
fn bare(text: String) -> String {
    let inner = text
        .strip_prefix("$signed(")
        .or_else(|| text.strip_prefix("$unsigned("));
    match inner.and_then(|t| t.strip_suffix(')')) {
        Some(inner) => inner.to_owned(),
        None => text,
    }
}

fn signed_if(ty: Ty, text: String) -> String {
    if !ty.is_signed() {
        return text;
    }
    match text
        .strip_prefix("$unsigned(")
        .and_then(|t| t.strip_suffix(')'))
    {
        // A whole signed name.
        Some(name) => name.to_owned(),
        None => format!("$signed({text})"),
    }
}

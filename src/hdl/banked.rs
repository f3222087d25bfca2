//! The second lowering, for rust-hdl's own checks: registers and memories are child blocks as rust-hdl's `DFF` and `RAM`
//! are, and every node is a local written in rust-hdl's one combinational block. Nothing hides in raw text but constants,
//! so the checks see every read and every write.
//!
//! Widening is assignment to a wider local (exact in Verilog); a conditional is an `if`; a concatenation is a sequence
//! of slice assignments. Children are addressed rust-hdl's way: `child$port`.

use rust_hdl::core::ast::{
    VerilogBlock, VerilogBlockOrConditional, VerilogConditional, VerilogExpression, VerilogOp,
    VerilogStatement,
};

use super::lower::{binary, literal, operand_types, unary};
use super::tape::{MemDef, MemInit, Module, NodeId, Op, Port, RegDef};
use super::ty::Ty;
use super::verilog::first_word;

/// A local of the combinational block.
#[derive(Clone, Debug)]
pub(crate) struct Local {
    pub(crate) name: String,
    pub(crate) ty: Ty,
    /// The node whose value it holds, if it is not a helper.
    pub(crate) node: Option<NodeId>,
}

/// Name of the child block of a register.
pub(crate) fn register_block(module: &Module, reg: &RegDef) -> String {
    format!("{}$ff", module.name_of(reg.q))
}

/// Name of the child block of a memory.
pub(crate) fn memory_block(module: &Module, index: usize) -> String {
    format!("{}$ram", module.mem_names[index])
}

pub(crate) fn used_regs(module: &Module) -> impl Iterator<Item = &RegDef> {
    module.regs.iter().filter(|r| module.used[r.q as usize])
}

pub(crate) fn used_mems(module: &Module) -> impl Iterator<Item = (usize, &MemDef)> {
    let is_used = |m: &MemDef| {
        m.read
            .iter()
            .flat_map(|r| &r.fields)
            .any(|&f| module.used[f as usize])
    };
    module
        .mems
        .iter()
        .enumerate()
        .filter(move |(_, m)| is_used(m))
}

/// The combinational block of a module and its locals.
pub(crate) struct Banked<'m> {
    module: &'m Module,
    pub(crate) locals: Vec<Local>,
    pub(crate) block: VerilogBlock,
}

fn signal(name: &str) -> VerilogExpression {
    VerilogExpression::Signal(name.to_owned())
}

fn number(value: usize) -> VerilogExpression {
    VerilogExpression::Signal(value.to_string())
}

/// `width` bits of `name` from `low`; `of` is the width of `name`.
fn slice(name: &str, of: usize, low: usize, width: usize) -> VerilogExpression {
    if of == width {
        return signal(name);
    }
    VerilogExpression::Slice(Box::new(signal(name)), width, Box::new(number(low)))
}

impl<'m> Banked<'m> {
    pub(crate) fn new(module: &'m Module) -> Self {
        let mut banked = Self {
            module,
            locals: vec![],
            block: vec![],
        };
        banked.sources();
        for &id in &module.order {
            banked.node(id);
        }
        banked.state_inputs();
        banked.instance_inputs();
        for port in module.ports.iter().filter(|p| !p.is_input) {
            banked.pack(&port.name, port.bits(), &port.nodes);
        }
        banked
    }

    fn assign(&mut self, target: &str, value: VerilogExpression) {
        self.block
            .push(VerilogStatement::Assignment(signal(target), value));
    }

    fn local(&mut self, id: NodeId) -> String {
        let name = self.module.name_of(id).to_owned();
        self.locals.push(Local {
            name: name.clone(),
            ty: self.module.ty(id),
            node: Some(id),
        });
        name
    }

    /// Elements of packed inputs, register and memory outputs, instance outputs.
    fn sources(&mut self) {
        let module = self.module;
        for &id in &module.order {
            let width = module.ty(id).width() as usize;
            let from_port = |name: &str, port: &Port, element: u32| {
                slice(name, port.bits(), element as usize * width, width)
            };
            let value = match module.node(id).op {
                Op::Input { port, element } => {
                    let port = &module.ports[port as usize];
                    if port.packed.is_none() {
                        continue;
                    }
                    from_port(&port.name, port, element)
                }
                Op::Reg(r) => signal(&format!(
                    "{}$q",
                    register_block(module, &module.regs[r as usize])
                )),
                Op::Read { mem, field } => {
                    let def = &module.mems[mem as usize];
                    let low = def.fields[..field as usize]
                        .iter()
                        .map(|f| f.width() as usize)
                        .sum();
                    slice(
                        &format!("{}$rdata", memory_block(module, mem as usize)),
                        def.bits(),
                        low,
                        width,
                    )
                }
                Op::Out {
                    instance,
                    port,
                    element,
                } => {
                    let child = &module.instances[instance as usize].module.ports[port as usize];
                    let name = format!(
                        "{}${}",
                        module.instance_names[instance as usize], child.name
                    );
                    from_port(&name, child, element)
                }
                _ => continue,
            };
            let name = self.local(id);
            self.assign(&name, value);
        }
    }

    /// The node as an operand: its name, or its constant.
    fn operand(&self, id: NodeId) -> VerilogExpression {
        match self.module.node(id).op {
            Op::Lit(v) => signal(&literal(v, self.module.ty(id))),
            _ => signal(self.module.name_of(id)),
        }
    }

    /// The operand in a type that holds it, through a local of that type where it is not its own.
    fn widened(&mut self, id: NodeId, ty: Ty, for_local: &str) -> VerilogExpression {
        if self.module.ty(id) == ty {
            return self.operand(id);
        }
        if let Op::Lit(v) = self.module.node(id).op {
            return signal(&literal(v, ty));
        }
        let value = self.operand(id);
        self.locals.push(Local {
            name: for_local.to_owned(),
            ty,
            node: None,
        });
        self.assign(for_local, value);
        signal(for_local)
    }

    fn node(&mut self, id: NodeId) {
        let module = self.module;
        let node = module.node(id);
        if node.op.operands().is_empty() {
            return;
        }
        let name = self.local(id);
        let width = node.ty.width() as usize;
        let bits = |a: NodeId, low: u32| {
            slice(
                module.name_of(a),
                module.ty(a).width() as usize,
                low as usize,
                width,
            )
        };
        let value = match node.op {
            Op::Un(op, a) => VerilogExpression::Unary(unary(op), Box::new(self.operand(a))),
            Op::Bin(op, a, b) => {
                let (ta, tb) = operand_types(op, module.ty(a), module.ty(b));
                let left = self.widened(a, ta, &format!("{name}$a"));
                let right = self.widened(b, tb, &format!("{name}$b"));
                VerilogExpression::Binary(Box::new(left), binary(op), Box::new(right))
            }
            Op::Mux(c, a, b) => {
                let set = |value: VerilogExpression| {
                    vec![VerilogStatement::Assignment(signal(&name), value)]
                };
                self.block.push(VerilogStatement::If(VerilogConditional {
                    test: self.operand(c),
                    then: set(self.operand(a)),
                    otherwise: VerilogBlockOrConditional::Block(set(self.operand(b))),
                }));
                return;
            }
            Op::Shl(a, k) => VerilogExpression::Binary(
                Box::new(self.operand(a)),
                VerilogOp::Shl,
                Box::new(number(k as usize)),
            ),
            Op::Shr(a, k) => {
                let from = module.ty(a);
                if k >= from.width() && !from.is_signed() {
                    signal(&literal(0, node.ty))
                } else {
                    bits(a, k.min(from.width() - 1))
                }
            }
            Op::Slice(a, low) => bits(a, low),
            Op::Resize(a) if width < module.ty(a).width() as usize => bits(a, 0),
            Op::Cat(ref parts) => {
                let parts: Vec<NodeId> = parts.iter().rev().copied().collect();
                self.pack(&name, width, &parts);
                return;
            }
            Op::Resize(a) | Op::Wire(Some(a)) => self.operand(a),
            _ => return,
        };
        self.assign(&name, value);
    }

    /// Puts nodes side by side into `target`, the first in the low bits.
    fn pack(&mut self, target: &str, bits: usize, nodes: &[NodeId]) {
        let mut low = 0;
        for &id in nodes {
            let width = self.module.ty(id).width() as usize;
            let value = self.operand(id);
            if width == bits {
                self.assign(target, value);
            } else {
                self.block.push(VerilogStatement::SliceAssignment {
                    base: signal(target),
                    width,
                    offset: number(low),
                    replacement: value,
                });
            }
            low += width;
        }
    }

    fn state_inputs(&mut self) {
        let module = self.module;
        for reg in used_regs(module) {
            let cell = register_block(module, reg);
            self.assign(&format!("{cell}$clk_i"), signal("clk_i"));
            if reg.reset.is_some() {
                self.assign(&format!("{cell}$rst_i"), signal("rst_i"));
            }
            for (pin, node) in [("enable", reg.enable), ("d", reg.d)] {
                if let Some(node) = node {
                    let value = self.operand(node);
                    self.assign(&format!("{cell}${pin}"), value);
                }
            }
        }
        for (index, mem) in used_mems(module) {
            let cell = memory_block(module, index);
            self.assign(&format!("{cell}$clk_i"), signal("clk_i"));
            if let Some(read) = &mem.read {
                self.address(&format!("{cell}$raddr"), mem, read.address);
                if let Some(enable) = read.enable {
                    let value = self.operand(enable);
                    self.assign(&format!("{cell}$re"), value);
                }
            }
            if let Some(write) = &mem.write {
                self.address(&format!("{cell}$waddr"), mem, write.address);
                let value = self.operand(write.enable);
                self.assign(&format!("{cell}$we"), value);
                self.pack(&format!("{cell}$wdata"), mem.bits(), &write.data);
            }
        }
    }

    fn address(&mut self, target: &str, mem: &MemDef, node: NodeId) {
        let (has, needs) = (self.module.ty(node).width(), mem.address_bits());
        let value = match self.module.node(node).op {
            Op::Lit(v) => signal(&literal(Ty::u(needs).wrap(v), Ty::u(needs))),
            _ if has > needs => slice(self.module.name_of(node), has as usize, 0, needs as usize),
            _ => self.operand(node),
        };
        self.assign(target, value);
    }

    fn instance_inputs(&mut self) {
        let module = self.module;
        for (instance, name) in module.instances.iter().zip(&module.instance_names) {
            if instance.module.is_clocked() {
                for pin in ["clk_i", "rst_i"] {
                    self.assign(&format!("{name}${pin}"), signal(pin));
                }
            }
            for (port, nodes) in instance.module.ports.iter().zip(&instance.connections) {
                if port.is_input {
                    self.pack(&format!("{name}${}", port.name), port.bits(), nodes);
                }
            }
        }
    }
}

/// The body of a register's block.
pub(crate) fn register_text(module: &Module, reg: &RegDef) -> String {
    let ty = module.ty(reg.q);
    let start = literal(reg.reset.unwrap_or(0), ty);
    let reset = if reg.reset.is_some() {
        format!("if (rst_i) q <= {start}; else ")
    } else {
        String::new()
    };
    let enable = if reg.enable.is_some() {
        "if (enable) "
    } else {
        ""
    };
    format!("initial q = {start};\nalways @(posedge clk_i) {reset}{enable}q <= d;\n")
}

/// The body of a memory's block.
pub(crate) fn memory_text(mem: &MemDef) -> String {
    let (bits, depth) = (mem.bits(), mem.depth);
    let fill = match &mem.init {
        _ if depth == 1 => format!("initial words[0] = {bits}'h{};\n", first_word(mem)),
        MemInit::Words { file, .. } => format!("initial $readmemh(\"{file}\", words);\n"),
        MemInit::Unknown => String::new(),
        MemInit::Zero => format!(
            "integer i;\ninitial for (i = 0; i < {depth}; i = i + 1) words[i] = {bits}'d0;\n"
        ),
    };
    let enable = if mem.read.as_ref().is_some_and(|r| r.enable.is_some()) {
        "if (re) "
    } else {
        ""
    };
    let write = if mem.write.is_some() {
        "    if (we) words[waddr] <= wdata;\n"
    } else {
        ""
    };
    format!(
        "reg [{}:0] words [0:{}];\n{fill}always @(posedge clk_i) begin\n    {enable}rdata <= words[raddr];\n{write}end\n",
        bits - 1,
        depth - 1
    )
}

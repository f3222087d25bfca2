//! The builder: ports, names, wires, state and instances. The operators are in `ops.rs`.
//!
//! Errors are sticky: the first wrong use is kept and returned by [`Builder::finish`]; after it every method still
//! returns some signal, so a description needs no error handling of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::error::HdlError;
use super::finish;
use super::names::{is_identifier, local_stem};
use super::tape::{
    InstDef, MemDef, MemInit, Module, Node, NodeId, Op, Port, ReadPort, RegDef, WritePort,
};
use super::ty::Ty;

/// Handle of one signal of one builder.
#[derive(Clone, Copy, Debug)]
pub struct Sig {
    pub(crate) id: NodeId,
    pub(crate) ty: Ty,
    /// The builder it belongs to; 0 belongs to none.
    owner: u32,
}

impl Sig {
    /// Its type.
    #[must_use]
    pub const fn ty(self) -> Ty {
        self.ty
    }

    /// Its width in bits.
    #[must_use]
    pub const fn width(self) -> u32 {
        self.ty.width()
    }

    /// Two's complement if true.
    #[must_use]
    pub const fn is_signed(self) -> bool {
        self.ty.is_signed()
    }
}

/// Handle of a register; `q` is its present value.
#[derive(Clone, Copy, Debug)]
pub struct Reg {
    /// The present value.
    pub q: Sig,
    index: u32,
}

/// Handle of a memory.
#[derive(Clone, Copy, Debug)]
pub struct Mem {
    index: u32,
    owner: u32,
}

/// Handle of an instance: its outputs.
#[derive(Clone, Debug)]
pub struct Instance {
    outputs: Vec<(String, Vec<Sig>)>,
    nothing: Sig,
}

impl Instance {
    /// A single output. An unknown name gives a signal whose use is an error.
    #[must_use]
    pub fn out(&self, port: &str) -> Sig {
        match self.outputs.iter().find(|(n, _)| n == port) {
            Some((_, s)) if s.len() == 1 => s[0],
            _ => self.nothing,
        }
    }

    /// All elements of an output. An unknown name gives a signal whose use is an error.
    #[must_use]
    pub fn out_vec(&self, port: &str) -> Vec<Sig> {
        self.outputs
            .iter()
            .find(|(n, _)| n == port)
            .map_or_else(|| vec![self.nothing], |(_, s)| s.clone())
    }
}

/// The most words of a memory and the most elements of a packed port.
const MAX_ELEMENTS: usize = 1 << 24;

static OWNERS: AtomicU32 = AtomicU32::new(1);

/// Describes one module. See the module documentation of [`crate::hdl`] for an example.
#[derive(Debug)]
pub struct Builder {
    pub(crate) name: String,
    pub(crate) doc: String,
    pub(crate) nodes: Vec<Node>,
    pub(crate) ports: Vec<Port>,
    pub(crate) regs: Vec<RegDef>,
    pub(crate) mems: Vec<MemDef>,
    pub(crate) instances: Vec<InstDef>,
    pub(crate) comments: Vec<(NodeId, String)>,
    pub(crate) port_docs: Vec<(String, String)>,
    pub(crate) error: Option<HdlError>,
    owner: u32,
}

impl Builder {
    /// A module `name`; `doc` becomes the comment block above it.
    pub fn new(name: impl Into<String>, doc: impl Into<String>) -> Self {
        let name = name.into();
        let error = (!is_identifier(&name)).then(|| HdlError::Name {
            module: name.clone(),
            name: name.clone(),
        });
        Self {
            name,
            doc: doc.into(),
            nodes: vec![],
            ports: vec![],
            regs: vec![],
            mems: vec![],
            instances: vec![],
            comments: vec![],
            port_docs: vec![],
            error,
            owner: OWNERS.fetch_add(1, Ordering::Relaxed).max(1),
        }
    }

    /// A single input.
    pub fn input(&mut self, name: &str, ty: Ty) -> Sig {
        let node = self.push(
            Op::Input {
                port: self.ports.len() as u32,
                element: 0,
            },
            ty,
            "input",
        );
        self.add_port(name, true, ty, None, vec![node.id]);
        node
    }

    /// `n` inputs in one packed Verilog port, element 0 in the low bits.
    pub fn input_vec(&mut self, name: &str, ty: Ty, n: usize) -> Vec<Sig> {
        self.check_count(&format!("port `{name}`"), n);
        let made = if n > MAX_ELEMENTS { 1 } else { n };
        let port = self.ports.len() as u32;
        let nodes: Vec<Sig> = (0..made)
            .map(|i| {
                self.push(
                    Op::Input {
                        port,
                        element: i as u32,
                    },
                    ty,
                    "input_vec",
                )
            })
            .collect();
        if n == 0 {
            self.fail(HdlError::Count {
                module: self.name.clone(),
                what: format!("port `{name}`"),
                found: 0,
                expected: 1,
            });
        }
        self.add_port(
            name,
            true,
            ty,
            Some(n),
            nodes.iter().map(|s| s.id).collect(),
        );
        nodes
    }

    /// A single output driven by `s`.
    pub fn output(&mut self, name: &str, s: Sig) {
        let id = self.arg(s, "output");
        self.add_port(name, false, s.ty, None, vec![id]);
    }

    /// Signals of one type in one packed Verilog port, element 0 in the low bits.
    pub fn output_vec(&mut self, name: &str, s: &[Sig]) {
        let Some(first) = s.first() else {
            let what = format!("port `{name}`");
            self.fail(HdlError::Count {
                module: self.name.clone(),
                what,
                found: 0,
                expected: 1,
            });
            return;
        };
        let nodes: Vec<NodeId> = s.iter().map(|&e| self.arg(e, "output_vec")).collect();
        for e in s {
            self.same_type("output_vec", e.ty, first.ty);
        }
        self.add_port(name, false, first.ty, Some(s.len()), nodes);
    }

    fn add_port(
        &mut self,
        name: &str,
        is_input: bool,
        ty: Ty,
        packed: Option<usize>,
        nodes: Vec<NodeId>,
    ) {
        if !is_identifier(name) {
            self.fail(HdlError::Name {
                module: self.name.clone(),
                name: name.into(),
            });
        }
        if name == "clk_i" || name == "rst_i" || self.ports.iter().any(|p| p.name == name) {
            self.fail(HdlError::Duplicate {
                module: self.name.clone(),
                name: name.into(),
            });
        }
        self.ports.push(Port {
            name: name.into(),
            is_input,
            ty,
            packed,
            doc: None,
            nodes,
        });
    }

    /// The note on the line of port `name` (unit, range, meaning). The port may be declared later.
    pub fn port_doc(&mut self, name: &str, doc: &str) {
        self.port_docs.push((name.into(), doc.into()));
    }

    /// A comment in the Verilog body at this place.
    pub fn comment(&mut self, text: &str) {
        self.comments
            .push((self.nodes.len() as NodeId, text.into()));
    }

    /// Gives a local its name (made unique if it is taken). Sources (ports, registers) and signals that have a name
    /// already get an alias. Use the returned signal from here on.
    pub fn name(&mut self, name: &str, s: Sig) -> Sig {
        let id = self.arg(s, "name");
        if !is_identifier(name) {
            self.fail(HdlError::Name {
                module: self.name.clone(),
                name: name.into(),
            });
            return s;
        }
        let Some(node) = self.nodes.get_mut(id as usize) else {
            return s;
        };
        let is_source = node.op.operands().is_empty() && !matches!(node.op, Op::Lit(_))
            || matches!(node.op, Op::Wire(_));
        if node.name.is_none() && !is_source {
            node.name = Some(name.into());
            return s;
        }
        let alias = self.push(Op::Resize(id), s.ty, "name");
        if let Some(node) = self.nodes.last_mut() {
            node.name = Some(name.into());
        }
        alias
    }

    /// A constant.
    pub fn lit(&mut self, value: i128, ty: Ty) -> Sig {
        if ty.is_valid() && !ty.holds(value) {
            self.fail(HdlError::Value {
                module: self.name.clone(),
                what: "lit".into(),
                value,
                ty,
            });
        }
        self.push(Op::Lit(ty.wrap(value)), ty, "lit")
    }

    /// A signal that is assigned later: feedback between instances.
    pub fn wire(&mut self, name: &str, ty: Ty) -> Sig {
        let wire = self.push(Op::Wire(None), ty, "wire");
        self.name_source(name);
        wire
    }

    /// Drives a wire, once.
    pub fn assign(&mut self, wire: Sig, value: Sig) {
        let (target, source) = (self.arg(wire, "assign"), self.arg(value, "assign"));
        self.same_type("assign", value.ty, wire.ty);
        let error = match self.nodes.get_mut(target as usize) {
            Some(Node {
                op: Op::Wire(driver @ None),
                ..
            }) => {
                *driver = Some(source);
                return;
            }
            Some(Node {
                op: Op::Wire(Some(_)),
                name,
                ..
            }) => HdlError::DrivenTwice {
                module: self.name.clone(),
                what: format!("wire `{}`", name.as_deref().unwrap_or("")),
            },
            _ => HdlError::Unknown {
                module: self.name.clone(),
                what: "wire to assign: the target is no wire".into(),
            },
        };
        self.fail(error);
    }

    /// A register. `reset`: its value under `rst_i`, which is also its initial value; `None`: not reset, starts at 0.
    pub fn reg(&mut self, name: &str, ty: Ty, reset: Option<i128>) -> Reg {
        if let Some(value) = reset
            && ty.is_valid()
            && !ty.holds(value)
        {
            self.fail(HdlError::Value {
                module: self.name.clone(),
                what: format!("reset of `{name}`"),
                value,
                ty,
            });
        }
        let index = self.regs.len() as u32;
        let q = self.push(Op::Reg(index), ty, "reg");
        self.name_source(name);
        self.regs.push(RegDef {
            q: q.id,
            d: None,
            enable: None,
            reset: reset.map(|v| ty.wrap(v)),
        });
        Reg { q, index }
    }

    /// The value of `r` after the next rising edge.
    pub fn next(&mut self, r: Reg, d: Sig) {
        self.drive(r, None, d);
    }

    /// The value of `r` after the next rising edge at which `enable` is 1; it holds otherwise. Reset wins.
    pub fn next_en(&mut self, r: Reg, enable: Sig, d: Sig) {
        let enable = self.bit_arg(enable, "next_en: enable");
        self.drive(r, Some(enable), d);
    }

    fn drive(&mut self, r: Reg, enable: Option<NodeId>, d: Sig) {
        self.arg(r.q, "next");
        let d_id = self.arg(d, "next");
        self.same_type("next", d.ty, r.q.ty);
        let Some(reg) = self.regs.get_mut(r.index as usize) else {
            return;
        };
        if reg.d.is_some() {
            let what = format!("register `{}`", self.node_name(r.q.id));
            self.fail(HdlError::DrivenTwice {
                module: self.name.clone(),
                what,
            });
            return;
        }
        reg.d = Some(d_id);
        reg.enable = enable;
    }

    /// `s` delayed by `cycles` through registers without reset, named `name_d1`, `name_d2`, ...
    pub fn delay(&mut self, name: &str, s: Sig, cycles: u32) -> Sig {
        let mut last = s;
        for i in 1..=cycles {
            let r = self.reg(&format!("{name}_d{i}"), s.ty, None);
            self.next(r, last);
            last = r.q;
        }
        last
    }

    /// A memory of `depth` words, each the `fields` packed with field 0 in the low bits.
    pub fn mem(&mut self, name: &str, fields: &[Ty], depth: usize, init: MemInit) -> Mem {
        let module = self.name.clone();
        if !is_identifier(name) {
            self.fail(HdlError::Name {
                module: module.clone(),
                name: name.into(),
            });
        }
        self.check_count(&format!("memory `{name}`"), depth);
        if fields.is_empty() || depth == 0 {
            let found = fields.len().min(depth);
            self.fail(HdlError::Count {
                module: module.clone(),
                what: format!("memory `{name}`"),
                found,
                expected: 1,
            });
        }
        for ty in fields {
            self.check_width(*ty, "mem");
        }
        if let MemInit::Words { file, words } = &init {
            self.check_words(name, fields, depth, file, words);
        }
        let index = self.mems.len() as u32;
        self.mems.push(MemDef {
            name: name.into(),
            fields: fields.to_vec(),
            depth,
            init,
            block: false,
            large: false,
            apart: false,
            read: None,
            write: None,
        });
        Mem {
            index,
            owner: self.owner,
        }
    }

    /// As [`Self::read`] without an enable, of which a word is looked at where `wanted` was 1: the others may meet a write.
    pub fn read_always(&mut self, m: Mem, address: Sig, wanted: Sig) -> Vec<Sig> {
        let words = self.read(m, address, None);
        let wanted = self.bit_arg(wanted, "read_always: wanted");
        if let Some(port) = self
            .mems
            .get_mut(m.index as usize)
            .and_then(|mem| mem.read.as_mut())
        {
            port.wanted = Some(wanted);
        }
        words
    }

    /// Says that no enabled read of `m` meets a write of the same word in the same cycle, so that a block memory that
    /// gives anything there needs no logic around it. A simulation counts a read that does as lost.
    pub fn reads_apart(&mut self, m: Mem) {
        if let Some(mem) = self.mems.get_mut(m.index as usize) {
            mem.apart = true;
        }
    }

    /// Asks for block memory whatever the size of `m`.
    pub fn in_block_memory(&mut self, m: Mem) {
        if let Some(mem) = self.mems.get_mut(m.index as usize) {
            mem.block = true;
        }
    }

    /// Asks for a large memory, which has one port: see [`Self::one_port`].
    pub fn in_large_memory(&mut self, m: Mem) {
        if let Some(mem) = self.mems.get_mut(m.index as usize) {
            mem.large = true;
        }
    }

    /// Both ports of `m` at one `address`: a cycle with `write` writes `data`, else one with `read` reads the fields of the
    /// word, one cycle later. A cycle that writes does not read.
    pub fn one_port(
        &mut self,
        m: Mem,
        address: Sig,
        (write, data): (Sig, &[Sig]),
        read: Sig,
    ) -> Vec<Sig> {
        let no_write = self.not(write);
        let reads = self.and(read, no_write);
        let word = self.read(m, address, Some(reads));
        self.write(m, write, address, data);
        word
    }

    fn check_words(
        &mut self,
        name: &str,
        fields: &[Ty],
        depth: usize,
        file: &str,
        words: &[Vec<i128>],
    ) {
        let module = self.name.clone();
        if file.is_empty()
            || !file
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c))
        {
            self.fail(HdlError::Name {
                module: module.clone(),
                name: file.into(),
            });
        }
        if words.len() > depth {
            let what = format!("contents of memory `{name}`");
            self.fail(HdlError::Count {
                module: module.clone(),
                what,
                found: words.len(),
                expected: depth,
            });
        }
        for word in words {
            if word.len() != fields.len() {
                let what = format!("a word of memory `{name}`");
                let (found, expected) = (word.len(), fields.len());
                self.fail(HdlError::Count {
                    module: module.clone(),
                    what,
                    found,
                    expected,
                });
            }
            for (&value, &ty) in word.iter().zip(fields) {
                if !ty.holds(value) {
                    let what = format!("a word of memory `{name}`");
                    self.fail(HdlError::Value {
                        module: module.clone(),
                        what,
                        value,
                        ty,
                    });
                }
            }
        }
    }

    /// The read port (one a memory): the fields of the word at `address`, one cycle later; held when `enable` is 0.
    ///
    /// A word written in the same cycle reads as it was. Before the first read the outputs are 0 in the interpreter and
    /// undefined in Verilog; so is a word beyond the depth (the interpreter counts those, see `Sim`).
    pub fn read(&mut self, m: Mem, address: Sig, enable: Option<Sig>) -> Vec<Sig> {
        let address = self.address_arg(address, "read");
        let enable = enable.map(|e| self.bit_arg(e, "read: enable"));
        let Some((name, fields)) = self.mem_parts(m) else {
            return vec![];
        };
        let many = fields.len() > 1;
        let mut outs = vec![];
        for (i, ty) in fields.into_iter().enumerate() {
            outs.push(self.push(
                Op::Read {
                    mem: m.index,
                    field: i as u32,
                },
                ty,
                "read",
            ));
            self.name_source(&if many {
                format!("{name}_rdata_{i}")
            } else {
                format!("{name}_rdata")
            });
        }
        let port = ReadPort {
            address,
            enable,
            wanted: None,
            fields: outs.iter().map(|s| s.id).collect(),
        };
        if self.mems[m.index as usize].read.replace(port).is_some() {
            let what = format!("the read port of memory `{name}`");
            self.fail(HdlError::DrivenTwice {
                module: self.name.clone(),
                what,
            });
        }
        outs
    }

    /// The write port (at most one a memory): `data[field]` into the word at `address` when `enable` is 1.
    pub fn write(&mut self, m: Mem, enable: Sig, address: Sig, data: &[Sig]) {
        let enable = self.bit_arg(enable, "write: enable");
        let address = self.address_arg(address, "write");
        let Some((name, fields)) = self.mem_parts(m) else {
            return;
        };
        if data.len() != fields.len() {
            let what = format!("data of memory `{name}`");
            let (found, expected) = (data.len(), fields.len());
            self.fail(HdlError::Count {
                module: self.name.clone(),
                what,
                found,
                expected,
            });
            return;
        }
        for (d, ty) in data.iter().zip(fields) {
            self.same_type("write", d.ty, ty);
        }
        let data = data.iter().map(|&d| self.arg(d, "write")).collect();
        if self.mems[m.index as usize]
            .write
            .replace(WritePort {
                enable,
                address,
                data,
            })
            .is_some()
        {
            let what = format!("the write port of memory `{name}`");
            self.fail(HdlError::DrivenTwice {
                module: self.name.clone(),
                what,
            });
        }
    }

    fn mem_parts(&mut self, m: Mem) -> Option<(String, Vec<Ty>)> {
        match self.mems.get(m.index as usize) {
            Some(def) if m.owner == self.owner => Some((def.name.clone(), def.fields.clone())),
            _ => {
                self.fail(HdlError::Foreign {
                    module: self.name.clone(),
                    what: "memory".into(),
                });
                None
            }
        }
    }

    /// An instance of a finished module. Every input is connected by name; `clk_i` and `rst_i` connect themselves.
    pub fn instance(
        &mut self,
        name: &str,
        module: &Arc<Module>,
        inputs: &[(&str, &[Sig])],
    ) -> Instance {
        let nothing = Sig {
            id: 0,
            ty: Ty::BIT,
            owner: 0,
        };
        if !is_identifier(name) {
            self.fail(HdlError::Name {
                module: self.name.clone(),
                name: name.into(),
            });
        }
        for (i, (port, _)) in inputs.iter().enumerate() {
            if !module.ports.iter().any(|p| p.is_input && p.name == *port) {
                let what = format!("input `{port}` of module `{}`", module.name);
                self.fail(HdlError::Unknown {
                    module: self.name.clone(),
                    what,
                });
            }
            if inputs[..i].iter().any(|(p, _)| p == port) {
                let what = format!("input `{port}` of instance `{name}`");
                self.fail(HdlError::DrivenTwice {
                    module: self.name.clone(),
                    what,
                });
            }
        }
        let instance = self.instances.len() as u32;
        let (mut connections, mut outputs) = (vec![], vec![]);
        for (index, port) in module.ports.iter().enumerate() {
            if port.is_input {
                connections.push(self.connect(name, port, inputs));
                continue;
            }
            let mut signals = vec![];
            for element in 0..port.nodes.len() as u32 {
                let op = Op::Out {
                    instance,
                    port: index as u32,
                    element,
                };
                signals.push(self.push(op, port.ty, "instance"));
                let base = format!("{name}_{}", local_stem(&port.name));
                self.name_source(&if port.packed.is_some() {
                    format!("{base}_{element}")
                } else {
                    base
                });
            }
            connections.push(signals.iter().map(|s| s.id).collect());
            outputs.push((port.name.clone(), signals));
        }
        self.instances.push(InstDef {
            name: name.into(),
            module: Arc::clone(module),
            connections,
        });
        Instance { outputs, nothing }
    }

    fn connect(&mut self, name: &str, port: &Port, inputs: &[(&str, &[Sig])]) -> Vec<NodeId> {
        let what = format!("input `{}` of instance `{name}`", port.name);
        let Some((_, signals)) = inputs.iter().find(|(n, _)| *n == port.name) else {
            self.fail(HdlError::Undriven {
                module: self.name.clone(),
                what,
            });
            return vec![];
        };
        if signals.len() != port.nodes.len() {
            let (found, expected) = (signals.len(), port.nodes.len());
            self.fail(HdlError::Count {
                module: self.name.clone(),
                what,
                found,
                expected,
            });
            return vec![];
        }
        for s in *signals {
            self.same_type(&what, s.ty, port.ty);
        }
        signals.iter().map(|&s| self.arg(s, &what)).collect()
    }

    /// Checks the whole description and freezes it.
    ///
    /// # Errors
    /// The first wrong use, or what only the whole shows: a wire or register without driver, a combinational loop
    /// inside the module.
    pub fn finish(self) -> Result<Arc<Module>, HdlError> {
        finish::finish(self).map(Arc::new)
    }

    pub(crate) fn fail(&mut self, error: HdlError) {
        self.error.get_or_insert(error);
    }

    fn check_count(&mut self, what: &str, found: usize) {
        if found > MAX_ELEMENTS {
            let (module, what) = (self.name.clone(), what.to_owned());
            self.fail(HdlError::Count {
                module,
                what,
                found,
                expected: MAX_ELEMENTS,
            });
        }
    }

    pub(crate) fn check_width(&mut self, ty: Ty, what: &str) {
        if !ty.is_valid() {
            let width = u64::from(ty.width());
            self.fail(HdlError::Width {
                module: self.name.clone(),
                what: what.into(),
                width,
            });
        }
    }

    /// A new node; an invalid width is an error.
    pub(crate) fn push(&mut self, op: Op, ty: Ty, what: &str) -> Sig {
        self.check_width(ty, what);
        let id = self.nodes.len() as NodeId;
        self.nodes.push(Node {
            op,
            ty,
            name: None,
            helps: None,
        });
        Sig {
            id,
            ty,
            owner: self.owner,
        }
    }

    /// The node of an operand; a signal of another builder is an error.
    pub(crate) fn arg(&mut self, s: Sig, what: &str) -> NodeId {
        if s.owner != self.owner {
            self.fail(HdlError::Foreign {
                module: self.name.clone(),
                what: what.into(),
            });
            return 0;
        }
        s.id
    }

    pub(crate) fn bit_arg(&mut self, s: Sig, what: &str) -> NodeId {
        self.same_type(what, s.ty, Ty::BIT);
        self.arg(s, what)
    }

    fn address_arg(&mut self, s: Sig, what: &str) -> NodeId {
        if s.is_signed() {
            let (module, what) = (self.name.clone(), format!("{what}: address"));
            self.fail(HdlError::Type {
                module,
                what,
                left: s.ty,
                right: Ty::u(s.width()),
            });
        }
        self.arg(s, what)
    }

    pub(crate) fn same_type(&mut self, what: &str, left: Ty, right: Ty) {
        if left != right {
            self.fail(HdlError::Type {
                module: self.name.clone(),
                what: what.into(),
                left,
                right,
            });
        }
    }

    fn name_source(&mut self, name: &str) {
        if !is_identifier(name) {
            self.fail(HdlError::Name {
                module: self.name.clone(),
                name: name.into(),
            });
        }
        if let Some(node) = self.nodes.last_mut() {
            node.name = Some(name.into());
        }
    }

    fn node_name(&self, id: NodeId) -> String {
        self.nodes
            .get(id as usize)
            .and_then(|n| n.name.clone())
            .unwrap_or_default()
    }
}

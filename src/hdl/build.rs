//! The builder: ports, names, wires and registers. The operators are in `ops.rs`, memories in `memories.rs`, instances in
//! `instances.rs`.
//!
//! Errors are sticky: the first wrong use is kept and returned by [`Builder::finish`]; after it every method still
//! returns some signal, so a description needs no error handling of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::error::HdlError;
use super::finish;
use super::names::is_identifier;
use super::tape::{InstDef, MemDef, Module, Node, NodeId, Op, Port, RegDef};
use super::ty::Ty;

/// Handle of one signal of one builder.
#[derive(Clone, Copy, Debug)]
pub struct Sig {
    pub(crate) id: NodeId,
    pub(crate) ty: Ty,
    /// The builder it belongs to; 0 belongs to none.
    pub(super) owner: u32,
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
    pub(super) owner: u32,
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

    pub(super) fn check_count(&mut self, what: &str, found: usize) {
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

    pub(super) fn name_source(&mut self, name: &str) {
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

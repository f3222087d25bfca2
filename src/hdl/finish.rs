//! Freezing a builder: drivers present, what is used, evaluation order, loops inside the module, final names.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::build::Builder;
use super::error::HdlError;
use super::names::{is_identifier, local_stem};
use super::order::topological;
use super::tape::{Bin, Module, NodeId, Op, Un};
use super::verilog::{all_modules, verilog};

pub(super) fn finish(mut b: Builder) -> Result<Module, HdlError> {
    if let Some(error) = b.error.take() {
        return Err(error);
    }
    check_drivers(&b)?;
    check_module_names(&b)?;
    for (port, doc) in std::mem::take(&mut b.port_docs) {
        let Some(p) = b.ports.iter_mut().find(|p| p.name == port) else {
            return Err(HdlError::Unknown {
                module: b.name,
                what: format!("port `{port}` to document"),
            });
        };
        p.doc = Some(doc);
    }
    let used = mark_used(&b);
    let names = Names::assign(&b, &used);
    let roots = (0..b.nodes.len() as NodeId).filter(|&id| used[id as usize]);
    let operands = |id: NodeId| b.nodes[id as usize].op.operands();
    let order = topological(b.nodes.len(), roots, operands).map_err(|cycle| {
        HdlError::CombinationalLoop {
            module: b.name.clone(),
            signals: cycle
                .into_iter()
                .map(|id| names.nodes[id as usize].clone())
                .collect(),
        }
    })?;
    Ok(Module {
        name: b.name,
        doc: b.doc,
        ports: b.ports,
        nodes: b.nodes,
        regs: b.regs,
        mems: b.mems,
        instances: b.instances,
        comments: b.comments,
        order,
        used,
        names: names.nodes,
        mem_names: names.mems,
        instance_names: names.instances,
        taken: names.taken,
    })
}

fn check_drivers(b: &Builder) -> Result<(), HdlError> {
    let undriven = |what: String| {
        Err(HdlError::Undriven {
            module: b.name.clone(),
            what,
        })
    };
    for node in &b.nodes {
        if matches!(node.op, Op::Wire(None)) {
            return undriven(format!("wire `{}`", node.name.as_deref().unwrap_or("")));
        }
    }
    for reg in &b.regs {
        if reg.d.is_none() {
            let name = b.nodes[reg.q as usize].name.as_deref().unwrap_or("");
            return undriven(format!("register `{name}` (no next value)"));
        }
    }
    for mem in &b.mems {
        if mem.read.is_none() {
            return undriven(format!("the read port of memory `{}`", mem.name));
        }
    }
    Ok(())
}

/// One module name means one Verilog text. Building the same module twice is fine, two different ones are not.
fn check_module_names(b: &Builder) -> Result<(), HdlError> {
    let mut known: BTreeMap<String, Arc<Module>> = BTreeMap::new();
    let below = b.instances.iter().flat_map(|i| all_modules(&i.module));
    for module in below {
        let same = match known.get(&module.name) {
            None => true,
            Some(other) => {
                Arc::ptr_eq(other, &module) || verilog(other, "")? == verilog(&module, "")?
            }
        };
        if !same || module.name == b.name {
            return Err(HdlError::Duplicate {
                module: b.name.clone(),
                name: module.name.clone(),
            });
        }
        known.entry(module.name.clone()).or_insert(module);
    }
    Ok(())
}

/// What reaches an output or an instance.
fn mark_used(b: &Builder) -> Vec<bool> {
    let mut used = vec![false; b.nodes.len()];
    let mut work: Vec<NodeId> = vec![];
    for port in b.ports.iter().filter(|p| !p.is_input) {
        work.extend(&port.nodes);
    }
    for instance in &b.instances {
        for (port, nodes) in instance.module.ports.iter().zip(&instance.connections) {
            if port.is_input {
                work.extend(nodes);
            }
        }
    }
    while let Some(id) = work.pop() {
        if std::mem::replace(&mut used[id as usize], true) {
            continue;
        }
        let op = &b.nodes[id as usize].op;
        work.extend(op.operands());
        match op {
            Op::Reg(r) => {
                let reg = &b.regs[*r as usize];
                work.extend(reg.d.iter().chain(&reg.enable));
            }
            Op::Read { mem, .. } => {
                let mem = &b.mems[*mem as usize];
                if let Some(read) = &mem.read {
                    work.push(read.address);
                    work.extend(read.enable.iter().chain(&read.wanted));
                }
                if let Some(write) = &mem.write {
                    work.extend([write.enable, write.address]);
                    work.extend(&write.data);
                }
            }
            _ => {}
        }
    }
    used
}

struct Names {
    nodes: Vec<String>,
    mems: Vec<String>,
    instances: Vec<String>,
    taken: HashSet<String>,
    /// How often a name was asked for again.
    repeats: BTreeMap<String, u32>,
}

impl Names {
    fn assign(b: &Builder, used: &[bool]) -> Self {
        let taken = ["clk_i", "rst_i"]
            .into_iter()
            .map(String::from)
            .chain(b.ports.iter().map(|p| p.name.clone()));
        let mut names = Self {
            nodes: vec![String::new(); b.nodes.len()],
            mems: vec![],
            instances: vec![],
            taken: taken.collect(),
            repeats: BTreeMap::new(),
        };
        names.mems = b.mems.iter().map(|m| names.unique(&m.name)).collect();
        names.instances = b.instances.iter().map(|i| names.unique(&i.name)).collect();
        for (id, node) in b.nodes.iter().enumerate() {
            if let Some(name) = &node.name {
                names.nodes[id] = names.unique(name);
            } else if let Op::Input { port, element } = node.op {
                let port = &b.ports[port as usize];
                names.nodes[id] = match port.packed {
                    None => port.name.clone(),
                    Some(_) => names.unique(&format!("{}_{element}", local_stem(&port.name))),
                };
            }
        }
        names.after_what_they_drive(b, used);
        let mut counts = BTreeMap::new();
        for (id, node) in b.nodes.iter().enumerate() {
            if used[id] && names.nodes[id].is_empty() && node.helps.is_none() {
                let stem = stem(&node.op);
                let count = counts.entry(stem).or_insert(0u32);
                *count += 1;
                names.nodes[id] = names.unique(&format!("{stem}_{count}"));
            }
        }
        for (id, node) in b.nodes.iter().enumerate().rev() {
            if let Some((served, suffix)) = node.helps
                && names.nodes[id].is_empty()
                && used[id]
            {
                let base = names
                    .nodes
                    .get(served as usize)
                    .filter(|n| !n.is_empty())
                    .map_or("t", |n| n.as_str());
                let name = format!("{base}_{suffix}");
                names.nodes[id] = names.unique(&name);
            }
        }
        names
    }

    /// Names results that have none after the register, output, memory port or instance port that they drive: `tag_d`
    /// for what `tag_q` takes, `weights_address` for a memory, `u_queue_push` for an instance.
    fn after_what_they_drive(&mut self, b: &Builder, used: &[bool]) {
        for reg in &b.regs {
            let q = &self.nodes[reg.q as usize];
            let stem = q.strip_suffix("_q").unwrap_or(q).to_owned();
            self.offer(b, used, reg.d, &format!("{stem}_d"));
            self.offer(b, used, reg.enable, &format!("{stem}_en"));
        }
        for port in b.ports.iter().filter(|p| !p.is_input && p.packed.is_none()) {
            self.offer(b, used, port.nodes.first().copied(), local_stem(&port.name));
        }
        for mem in &b.mems {
            let name = &mem.name;
            if let Some(read) = &mem.read {
                self.offer(b, used, Some(read.address), &format!("{name}_raddr"));
                self.offer(b, used, read.enable, &format!("{name}_ren"));
                self.offer(b, used, read.wanted, &format!("{name}_wanted"));
            }
            if let Some(write) = &mem.write {
                self.offer(b, used, Some(write.address), &format!("{name}_waddr"));
                self.offer(b, used, Some(write.enable), &format!("{name}_wen"));
                for (field, &data) in write.data.iter().enumerate() {
                    self.offer(b, used, Some(data), &format!("{name}_wdata_{field}"));
                }
            }
        }
        for instance in &b.instances {
            let ports = instance.module.ports.iter().zip(&instance.connections);
            for (port, nodes) in ports.filter(|(p, _)| p.is_input && p.packed.is_none()) {
                let name = format!("{}_{}", instance.name, local_stem(&port.name));
                self.offer(b, used, nodes.first().copied(), &name);
            }
        }
    }

    /// Gives a name to a result without one.
    fn offer(&mut self, b: &Builder, used: &[bool], node: Option<NodeId>, name: &str) {
        let Some(id) = node.map(|id| id as usize) else {
            return;
        };
        let is_result = !b.nodes[id].op.operands().is_empty() && b.nodes[id].helps.is_none();
        if used[id] && self.nodes[id].is_empty() && is_result && is_identifier(name) {
            self.nodes[id] = self.unique(name);
        }
    }

    fn unique(&mut self, name: &str) -> String {
        if self.taken.insert(name.to_owned()) {
            return name.to_owned();
        }
        loop {
            let count = self.repeats.entry(name.to_owned()).or_insert(1);
            *count += 1;
            let candidate = format!("{name}_{count}");
            if self.taken.insert(candidate.clone()) {
                return candidate;
            }
        }
    }
}

const fn stem(op: &Op) -> &'static str {
    match op {
        Op::Lit(_) => "constant",
        Op::Input { .. } | Op::Reg(_) | Op::Read { .. } | Op::Out { .. } | Op::Wire(_) => "signal",
        Op::Un(Un::Neg, _) => "neg",
        Op::Un(Un::Not, _) => "not",
        Op::Un(Un::Any, _) => "any",
        Op::Un(Un::All, _) => "all",
        Op::Bin(Bin::Add, ..) => "sum",
        Op::Bin(Bin::Sub, ..) => "difference",
        Op::Bin(Bin::Mul, ..) => "product",
        Op::Bin(Bin::Eq, ..) => "equal",
        Op::Bin(Bin::Ne, ..) => "differs",
        Op::Bin(Bin::Lt, ..) => "less",
        Op::Bin(Bin::Le, ..) => "at_most",
        Op::Bin(Bin::Gt, ..) => "greater",
        Op::Bin(Bin::Ge, ..) => "at_least",
        Op::Bin(Bin::And, ..) => "and",
        Op::Bin(Bin::Or, ..) => "or",
        Op::Bin(Bin::Xor, ..) => "xor",
        Op::Mux(..) => "choice",
        Op::Shl(..) => "scaled_up",
        Op::Shr(..) => "scaled_down",
        Op::Slice(..) => "bits",
        Op::Cat(_) => "joined",
        Op::Resize(_) => "resized",
    }
}

//! Elaboration: a top module with all its instances becomes one list of instructions over value slots.
//!
//! Wires, instance ports and value-preserving casts disappear: they share the slot of their source. Sources (inputs,
//! registers, memory outputs) come first, then the instructions in evaluation order. A loop through any number of
//! instances is found here and named.

use std::sync::Arc;

use super::error::HdlError;
use super::instruction::{Instruction, Wide};
use super::order::topological;
use super::tape::{MemInit, Module, NodeId, Op};
use super::ty::Ty;

/// Index into the values of a simulation.
pub(crate) type Slot = u32;

/// Types whose values an `i64` holds run on the fast path.
pub(crate) fn is_narrow(ty: Ty) -> bool {
    Ty::s(64).holds_type(ty)
}

#[derive(Debug)]
pub(crate) struct FlatReg {
    pub(crate) q: Slot,
    pub(crate) d: Slot,
    pub(crate) enable: Option<Slot>,
    pub(crate) reset: Option<i128>,
}

#[derive(Debug)]
pub(crate) struct FlatMem {
    pub(crate) depth: usize,
    pub(crate) fields: usize,
    pub(crate) init: Vec<i128>,
    pub(crate) apart: bool,
    pub(crate) read_address: Slot,
    pub(crate) read_enable: Option<Slot>,
    /// When the word is looked at, if not always.
    pub(crate) read_wanted: Option<Slot>,
    /// `(field, slot)` of the fields that are used.
    pub(crate) read_data: Vec<(usize, Slot)>,
    /// `(enable, address, data)`.
    pub(crate) write: Option<(Slot, Slot, Vec<Slot>)>,
}

/// One signal a waveform can show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignalInfo {
    /// Instance names from the top's inside to the signal's module; empty for the top itself.
    pub path: Vec<String>,
    /// Its Verilog name.
    pub name: String,
    /// Its type.
    pub ty: Ty,
    /// Where `Sim::value` finds it.
    pub slot: u32,
}

/// A port of the top: one slot an element.
#[derive(Debug)]
pub(crate) struct FlatPort {
    pub(crate) name: String,
    pub(crate) is_input: bool,
    pub(crate) ty: Ty,
    pub(crate) slots: Vec<Slot>,
}

/// One instance of a module; the top is the first.
#[derive(Debug)]
pub(crate) struct FlatPlace {
    pub(crate) module: Arc<Module>,
    /// The slot of each of its nodes; [`NO_SLOT`] if it is not used.
    pub(crate) slots: Vec<Slot>,
    /// The places of its instances.
    pub(crate) children: Vec<usize>,
}

#[derive(Debug)]
pub(crate) struct Flat {
    pub(crate) places: Vec<FlatPlace>,
    /// The type of each slot.
    pub(crate) types: Vec<Ty>,
    pub(crate) constants: Vec<(Slot, i128)>,
    pub(crate) code: Vec<Instruction>,
    pub(crate) wide: Vec<Wide>,
    /// The instructions that depend on an input of the top.
    pub(crate) input_code: Vec<u32>,
    pub(crate) regs: Vec<FlatReg>,
    pub(crate) mems: Vec<FlatMem>,
    pub(crate) ports: Vec<FlatPort>,
    pub(crate) signals: Vec<SignalInfo>,
}

/// One instance of a module; the top is the first.
struct Place<'a> {
    module: &'a Arc<Module>,
    path: Vec<String>,
    /// Where its nodes start in the global numbering.
    base: u32,
    parent: Option<(usize, u32)>,
    children: Vec<usize>,
}

struct Elaboration<'a> {
    places: Vec<Place<'a>>,
    /// The place of each global node.
    place_of: Vec<u32>,
}

impl<'a> Elaboration<'a> {
    fn new(top: &'a Arc<Module>) -> Result<Self, HdlError> {
        let mut e = Self {
            places: vec![],
            place_of: vec![],
        };
        e.add(top, vec![], None)?;
        Ok(e)
    }

    fn add(
        &mut self,
        module: &'a Arc<Module>,
        path: Vec<String>,
        parent: Option<(usize, u32)>,
    ) -> Result<usize, HdlError> {
        let index = self.places.len();
        let base = self.place_of.len();
        if base + module.nodes.len() > u32::MAX as usize / 2 {
            return Err(HdlError::Internal(
                "a design of more than 2^31 nodes".into(),
            ));
        }
        self.place_of
            .resize(base + module.nodes.len(), index as u32);
        self.places.push(Place {
            module,
            path: path.clone(),
            base: base as u32,
            parent,
            children: vec![],
        });
        for (i, (name, child)) in module.children().enumerate() {
            let mut path = path.clone();
            path.push(name.to_owned());
            let child = self.add(child, path, Some((index, i as u32)))?;
            self.places[index].children.push(child);
        }
        Ok(index)
    }

    fn place(&self, global: u32) -> (&Place<'a>, NodeId) {
        let place = &self.places[self.place_of[global as usize] as usize];
        (place, global - place.base)
    }

    fn ty(&self, global: u32) -> Ty {
        let (place, id) = self.place(global);
        place.module.ty(id)
    }

    fn op(&self, global: u32) -> &Op {
        let (place, id) = self.place(global);
        &place.module.node(id).op
    }

    /// The node whose value this one has without any operation, if there is one.
    fn alias(&self, global: u32) -> Option<u32> {
        let (place, id) = self.place(global);
        match &place.module.node(id).op {
            Op::Wire(d) => d.map(|d| place.base + d),
            Op::Resize(a) if place.module.ty(id).holds_type(place.module.ty(*a)) => {
                Some(place.base + a)
            }
            Op::Input { port, element } => {
                let (parent, instance) = place.parent?;
                let parent = &self.places[parent];
                let nodes = &parent.module.instances[instance as usize].connections[*port as usize];
                nodes.get(*element as usize).map(|n| parent.base + n)
            }
            Op::Out {
                instance,
                port,
                element,
            } => {
                let child = &self.places[*place.children.get(*instance as usize)?];
                child.module.ports[*port as usize]
                    .nodes
                    .get(*element as usize)
                    .map(|n| child.base + n)
            }
            _ => None,
        }
    }

    fn operands(&self, global: u32) -> Vec<u32> {
        match self.alias(global) {
            Some(source) => vec![source],
            None => {
                let (place, id) = self.place(global);
                place
                    .module
                    .node(id)
                    .op
                    .operands()
                    .into_iter()
                    .map(|o| place.base + o)
                    .collect()
            }
        }
    }

    fn label(&self, global: u32) -> String {
        let (place, id) = self.place(global);
        let mut parts = place.path.clone();
        parts.push(place.module.name_of(id).to_owned());
        parts.join(".")
    }
}

pub(crate) fn flatten(top: &Arc<Module>) -> Result<Flat, HdlError> {
    let e = Elaboration::new(top)?;
    let roots = e
        .places
        .iter()
        .flat_map(|p| p.module.order.iter().map(|&id| p.base + id));
    // The inputs of the top are values even where nothing uses them.
    let top_inputs = top
        .ports
        .iter()
        .filter(|p| p.is_input)
        .flat_map(|p| p.nodes.iter().copied());
    let order = topological(e.place_of.len(), top_inputs.chain(roots), |g| e.operands(g)).map_err(
        |cycle| HdlError::CombinationalLoop {
            module: top.name.clone(),
            signals: cycle.into_iter().map(|g| e.label(g)).collect(),
        },
    )?;
    Layout::new(&e, &order).build(top)
}

struct Layout<'e, 'a> {
    e: &'e Elaboration<'a>,
    order: &'e [u32],
    slots: Vec<Slot>,
    types: Vec<Ty>,
}

/// No value.
pub(crate) const NO_SLOT: Slot = Slot::MAX;

impl<'e, 'a> Layout<'e, 'a> {
    /// Sources get the first slots, computed nodes the next ones in evaluation order, aliases none of their own.
    fn new(e: &'e Elaboration<'a>, order: &'e [u32]) -> Self {
        let mut layout = Self {
            e,
            order,
            slots: vec![NO_SLOT; e.place_of.len()],
            types: vec![],
        };
        for computed in [false, true] {
            for &g in order {
                if e.alias(g).is_none() && e.operands(g).is_empty() != computed {
                    layout.slots[g as usize] = layout.types.len() as Slot;
                    layout.types.push(e.ty(g));
                }
            }
        }
        for &g in order {
            if let Some(source) = e.alias(g) {
                layout.slots[g as usize] = layout.slots[source as usize];
            }
        }
        layout
    }

    fn slot(&self, place: &Place<'_>, id: NodeId) -> Result<Slot, HdlError> {
        match self.slots[(place.base + id) as usize] {
            NO_SLOT => Err(HdlError::Internal(format!(
                "`{}` has no slot",
                place.module.name_of(id)
            ))),
            slot => Ok(slot),
        }
    }

    fn build(self, top: &Arc<Module>) -> Result<Flat, HdlError> {
        let mut flat = Flat {
            places: vec![],
            types: self.types.clone(),
            constants: vec![],
            code: vec![],
            wide: vec![],
            input_code: vec![],
            regs: vec![],
            mems: vec![],
            ports: vec![],
            signals: vec![],
        };
        let literals: std::collections::HashMap<Slot, i128> = self
            .order
            .iter()
            .filter_map(|&g| match self.e.op(g) {
                Op::Lit(v) => Some((self.slots[g as usize], *v)),
                _ => None,
            })
            .collect();
        flat.constants = literals.iter().map(|(&s, &v)| (s, v)).collect();
        for &g in self.order {
            let operands = self.e.operands(g);
            if self.e.alias(g).is_some() || operands.is_empty() {
                continue;
            }
            let slots: Vec<Slot> = operands.iter().map(|&o| self.slots[o as usize]).collect();
            // The declared operand types: an alias may have a wider type than its slot, the value is the same.
            let types: Vec<Ty> = operands.iter().map(|&o| self.e.ty(o)).collect();
            let target = self.slots[g as usize];
            let instruction = Instruction::new(
                self.e.op(g),
                self.e.ty(g),
                target,
                &slots,
                &types,
                &literals,
                &mut flat.wide,
            );
            flat.code.push(instruction);
        }
        for place in &self.e.places {
            let nodes = place.base as usize..place.base as usize + place.module.nodes.len();
            flat.places.push(FlatPlace {
                module: Arc::clone(place.module),
                slots: self.slots[nodes].to_vec(),
                children: place.children.clone(),
            });
            self.state(place, &mut flat)?;
            self.signals(place, &mut flat);
        }
        for port in &top.ports {
            let slots = port
                .nodes
                .iter()
                .map(|&n| self.slot(&self.e.places[0], n))
                .collect::<Result<_, _>>()?;
            flat.ports.push(FlatPort {
                name: port.name.clone(),
                is_input: port.is_input,
                ty: port.ty,
                slots,
            });
        }
        flat.input_code = self.input_cone(&flat);
        Ok(flat)
    }

    fn state(&self, place: &Place<'_>, flat: &mut Flat) -> Result<(), HdlError> {
        let module = place.module;
        for reg in module.regs.iter().filter(|r| module.used[r.q as usize]) {
            let d = reg
                .d
                .ok_or_else(|| HdlError::Internal("a register without next value".into()))?;
            flat.regs.push(FlatReg {
                q: self.slot(place, reg.q)?,
                d: self.slot(place, d)?,
                enable: reg.enable.map(|n| self.slot(place, n)).transpose()?,
                reset: reg.reset,
            });
        }
        for mem in &module.mems {
            let Some(read) = &mem.read else { continue };
            let mut read_data = vec![];
            for (i, &n) in read
                .fields
                .iter()
                .enumerate()
                .filter(|(_, n)| module.used[**n as usize])
            {
                read_data.push((i, self.slot(place, n)?));
            }
            if read_data.is_empty() {
                continue;
            }
            let write = match &mem.write {
                None => None,
                Some(w) => {
                    let data = w
                        .data
                        .iter()
                        .map(|&n| self.slot(place, n))
                        .collect::<Result<_, _>>()?;
                    Some((
                        self.slot(place, w.enable)?,
                        self.slot(place, w.address)?,
                        data,
                    ))
                }
            };
            let mut init = vec![0; mem.depth.saturating_mul(mem.fields.len())];
            match &mem.init {
                MemInit::Zero => {}
                MemInit::Unknown => {
                    for (place, (slot, ty)) in
                        init.iter_mut().zip(mem.fields.iter().cycle()).enumerate()
                    {
                        *slot = ty.wrap(anything(place));
                    }
                }
                MemInit::Words { words, .. } => {
                    for (slot, value) in init.iter_mut().zip(words.iter().flatten()) {
                        *slot = *value;
                    }
                }
            }
            flat.mems.push(FlatMem {
                depth: mem.depth,
                fields: mem.fields.len(),
                init,
                apart: mem.apart,
                read_address: self.slot(place, read.address)?,
                read_enable: read.enable.map(|n| self.slot(place, n)).transpose()?,
                read_wanted: read
                    .wanted
                    .filter(|&n| module.used[n as usize])
                    .map(|n| self.slot(place, n))
                    .transpose()?,
                read_data,
                write,
            });
        }
        Ok(())
    }

    fn signals(&self, place: &Place<'_>, flat: &mut Flat) {
        let module = place.module;
        let mut add = |name: String, ty: Ty, id: NodeId| {
            let slot = self.slots[(place.base + id) as usize];
            if slot != NO_SLOT {
                flat.signals.push(SignalInfo {
                    path: place.path.clone(),
                    name,
                    ty,
                    slot,
                });
            }
        };
        for port in &module.ports {
            for (i, &id) in port.nodes.iter().enumerate() {
                let name = match (port.packed, port.is_input) {
                    (None, _) => port.name.clone(),
                    (Some(_), true) => module.name_of(id).to_owned(),
                    (Some(_), false) => format!("{}_{i}", port.name),
                };
                add(name, port.ty, id);
            }
        }
        for (id, node) in module.nodes.iter().enumerate() {
            let is_local = node.name.is_some() && !matches!(node.op, Op::Input { .. });
            if module.used[id] && is_local {
                add(module.names[id].clone(), node.ty, id as NodeId);
            }
        }
    }

    fn input_cone(&self, flat: &Flat) -> Vec<u32> {
        let mut depends = vec![false; flat.types.len()];
        for port in flat.ports.iter().filter(|p| p.is_input) {
            for &slot in &port.slots {
                depends[slot as usize] = true;
            }
        }
        let (mut cone, mut index) = (vec![], 0u32);
        for &g in self.order {
            let operands = self.e.operands(g);
            if self.e.alias(g).is_some() || operands.is_empty() {
                continue;
            }
            if operands
                .iter()
                .any(|&o| depends[self.slots[o as usize] as usize])
            {
                depends[self.slots[g as usize] as usize] = true;
                cone.push(index);
            }
            index += 1;
        }
        cone
    }
}

/// The number at a place of a memory that starts with anything: the same in each run, and no number that a design could
/// take for a word of its own.
fn anything(place: usize) -> i128 {
    i128::from(
        (place as u64)
            .wrapping_add(1)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .rotate_right(29),
    )
}

//! A simulation as a tree of rust-hdl blocks: what its Verilog generator, checks and VCD writer walk over.
//!
//! Ports and locals are atoms with their present values; instances, registers and memories are child blocks. The code
//! of a block is the one of `banked.rs`. Whether an atom is connected is read off that code: its block or, for an input
//! of a child, the parent's block writes it.

use std::collections::HashSet;

use rust_hdl::core::ast::{Verilog, VerilogExpression, VerilogLiteral};
use rust_hdl::core::atom::{Atom, AtomKind};
use rust_hdl::core::check_error::CheckError;
use rust_hdl::core::constraint::PinConstraint;
use rust_hdl::core::prelude::{Block, Logic, ModuleDefines, Probe, VCDValue, check_all};
use rust_hdl::core::type_descriptor::{TypeDescriptor, TypeKind};
use rust_hdl::core::verilog_visitor::VerilogVisitor;

use super::banked::{
    Banked, memory_block, memory_text, register_block, register_text, used_mems, used_regs,
};
use super::error::HdlError;
use super::sim::Sim;
use super::tape::{MemDef, Module, NodeId, RegDef};
use super::ty::Ty;

impl Logic for Sim {
    fn update(&mut self) {
        self.advance();
    }

    fn hdl(&self) -> Verilog {
        Verilog::Combinatorial(Banked::new(&self.top).block)
    }
}

impl Block for Sim {
    /// Nothing to do: a finished module is connected.
    fn connect_all(&mut self) {}

    fn update_all(&mut self) {
        self.update();
    }

    fn has_changed(&self) -> bool {
        self.has_advanced()
    }

    fn accept(&self, name: &str, probe: &mut dyn Probe) {
        Scope::new(self, 0, None).walk(name, self, probe);
    }
}

impl Sim {
    /// rust-hdl's checks over all instances: every input driven, no local read before it is written, no input written.
    ///
    /// # Errors
    /// The first check that fails. As [`super::Builder::finish`] refuses such modules, this is a bug of this layer.
    pub fn check(&self) -> Result<(), HdlError> {
        check_all(self).map_err(|e| {
            let text = match e {
                CheckError::OpenSignal(open) => {
                    let mut names: Vec<String> = open
                        .values()
                        .map(|n| format!("{}.{}", n.path, n.name))
                        .collect();
                    names.sort();
                    format!("not driven: {}", names.join(", "))
                }
                CheckError::LogicLoops(names) => format!("read before written: {names:?}"),
                CheckError::WritesToInputs(names) => format!("inputs written: {names:?}"),
            };
            HdlError::Internal(format!("module `{}`: {text}", self.top.name()))
        })
    }

    /// The whole design as rust-hdl's own generator prints it, each instance a module. The printed form of a release is
    /// [`super::verilog`]; this one is for comparing the two lowerings.
    #[must_use]
    pub fn rust_hdl_verilog(&self) -> String {
        let mut defines = ModuleDefines::default();
        self.accept(self.top.name(), &mut defines);
        defines.defines()
    }
}

/// One instance of a module.
struct Scope<'s> {
    sim: &'s Sim,
    place: usize,
    code: Banked<'s>,
    /// What the own combinational block writes.
    writes: HashSet<String>,
    /// What the parent writes of this block's inputs; `None` for the top.
    driven: Option<HashSet<String>>,
}

impl<'s> Scope<'s> {
    fn new(sim: &'s Sim, place: usize, driven: Option<HashSet<String>>) -> Self {
        let code = Banked::new(sim.place(place).0);
        let mut writes = Writes::default();
        writes.visit_block(&code.block);
        Self {
            sim,
            place,
            code,
            writes: writes.names,
            driven,
        }
    }

    fn module(&self) -> &'s Module {
        self.sim.place(self.place).0
    }

    fn value(&self, id: NodeId) -> i128 {
        self.sim.place_value(self.place, id)
    }

    fn is_driven(&self, input: &str) -> bool {
        self.driven.as_ref().is_none_or(|d| d.contains(input))
    }

    /// The part of `writes` that goes to the child `name`.
    fn writes_to(&self, name: &str) -> HashSet<String> {
        let prefix = format!("{name}$");
        self.writes
            .iter()
            .filter_map(|w| w.strip_prefix(&prefix))
            .map(str::to_owned)
            .collect()
    }

    fn walk(&self, name: &str, block: &dyn Block, probe: &mut dyn Probe) {
        let module = self.module();
        probe.visit_start_scope(name, block);
        let mut pins = self.pins();
        for (number, pin) in pins.iter_mut().enumerate() {
            pin.id = self.place << 32 | number;
            probe.visit_atom(&pin.name, pin);
        }
        let mut number = pins.len();
        for reg in used_regs(module) {
            let name = register_block(module, reg);
            let text = register_text(module, reg);
            self.cell(&name, text, self.register_pins(reg), &mut number, probe);
        }
        for (index, mem) in used_mems(module) {
            let name = memory_block(module, index);
            self.cell(
                &name,
                memory_text(mem),
                self.memory_pins(mem),
                &mut number,
                probe,
            );
        }
        for (child, &place) in module
            .instance_names
            .iter()
            .zip(self.sim.place(self.place).1)
        {
            let scope = Scope::new(self.sim, place, Some(self.writes_to(child)));
            scope.walk(child, &scope, probe);
        }
        probe.visit_end_scope(name, block);
    }

    /// Ports and locals.
    fn pins(&self) -> Vec<Pin> {
        let module = self.module();
        let mut pins = vec![];
        if module.is_clocked() {
            for (name, value) in [
                ("clk_i", self.sim.clock_level()),
                ("rst_i", self.sim.reset_level()),
            ] {
                let elements = vec![(i128::from(value), Ty::BIT)];
                pins.push(Pin::new(
                    name,
                    AtomKind::InputParameter,
                    elements,
                    self.is_driven(name),
                ));
            }
        }
        for port in &module.ports {
            let (kind, connected) = if port.is_input {
                (AtomKind::InputParameter, self.is_driven(&port.name))
            } else {
                (AtomKind::OutputParameter, self.writes.contains(&port.name))
            };
            let elements = port
                .nodes
                .iter()
                .map(|&n| (self.value(n), port.ty))
                .collect();
            let mut pin = Pin::new(&port.name, kind, elements, connected);
            pin.signed = port.packed.is_none() && port.ty.is_signed();
            pins.push(pin);
        }
        for local in &self.code.locals {
            let value = match local.node {
                Some(id) => self.value(id),
                None => 0,
            };
            let connected = self.writes.contains(&local.name);
            pins.push(Pin::new(
                &local.name,
                AtomKind::LocalSignal,
                vec![(value, local.ty)],
                connected,
            ));
        }
        pins
    }

    fn register_pins(&self, reg: &RegDef) -> Vec<Pin> {
        let ty = self.module().ty(reg.q);
        let mut pins = vec![self.clock_pin()];
        if reg.reset.is_some() {
            pins.push(Pin::input(
                "rst_i",
                vec![(i128::from(self.sim.reset_level()), Ty::BIT)],
            ));
        }
        if let Some(enable) = reg.enable {
            pins.push(Pin::input("enable", vec![(self.value(enable), Ty::BIT)]));
        }
        if let Some(d) = reg.d {
            pins.push(Pin::input("d", vec![(self.value(d), ty)]));
        }
        pins.push(Pin::new(
            "q",
            AtomKind::OutputParameter,
            vec![(self.value(reg.q), ty)],
            true,
        ));
        pins
    }

    fn memory_pins(&self, mem: &MemDef) -> Vec<Pin> {
        let mut pins = vec![self.clock_pin()];
        let address = Ty::u(mem.address_bits());
        let packed = |nodes: &[NodeId]| {
            nodes
                .iter()
                .zip(&mem.fields)
                .map(|(&n, &ty)| (self.value(n), ty))
                .collect()
        };
        if let Some(read) = &mem.read {
            pins.push(Pin::input(
                "raddr",
                vec![(self.value(read.address), address)],
            ));
            if let Some(enable) = read.enable {
                pins.push(Pin::input("re", vec![(self.value(enable), Ty::BIT)]));
            }
            pins.push(Pin::new(
                "rdata",
                AtomKind::OutputParameter,
                packed(&read.fields),
                true,
            ));
        }
        if let Some(write) = &mem.write {
            pins.push(Pin::input(
                "waddr",
                vec![(self.value(write.address), address)],
            ));
            pins.push(Pin::input("we", vec![(self.value(write.enable), Ty::BIT)]));
            pins.push(Pin::input("wdata", packed(&write.data)));
        }
        pins
    }

    fn clock_pin(&self) -> Pin {
        Pin::input("clk_i", vec![(i128::from(self.sim.clock_level()), Ty::BIT)])
    }

    fn cell(
        &self,
        name: &str,
        text: String,
        pins: Vec<Pin>,
        number: &mut usize,
        probe: &mut dyn Probe,
    ) {
        let driven = self.writes_to(name);
        let cell = Cell { text };
        probe.visit_start_scope(name, &cell);
        for mut pin in pins {
            pin.id = self.place << 32 | *number;
            *number += 1;
            pin.connected |= driven.contains(&pin.name);
            probe.visit_atom(&pin.name, &pin);
        }
        probe.visit_end_scope(name, &cell);
    }
}

/// Probes only look at children; a child's values move with its simulation.
impl Logic for Scope<'_> {
    fn update(&mut self) {}

    fn hdl(&self) -> Verilog {
        Verilog::Combinatorial(self.code.block.clone())
    }
}

impl Block for Scope<'_> {
    fn connect_all(&mut self) {}

    fn update_all(&mut self) {}

    fn has_changed(&self) -> bool {
        false
    }

    fn accept(&self, name: &str, probe: &mut dyn Probe) {
        self.walk(name, self, probe);
    }
}

/// A register or a memory.
struct Cell {
    text: String,
}

impl Logic for Cell {
    fn update(&mut self) {}

    fn hdl(&self) -> Verilog {
        Verilog::Custom(self.text.clone())
    }
}

impl Block for Cell {
    fn connect_all(&mut self) {}

    fn update_all(&mut self) {}

    fn has_changed(&self) -> bool {
        false
    }

    fn accept(&self, name: &str, probe: &mut dyn Probe) {
        probe.visit_start_scope(name, self);
        probe.visit_end_scope(name, self);
    }
}

/// One port or local.
struct Pin {
    name: String,
    kind: AtomKind,
    /// Value and type of each element, element 0 in the low bits.
    elements: Vec<(i128, Ty)>,
    signed: bool,
    connected: bool,
    id: usize,
}

impl Pin {
    fn new(name: &str, kind: AtomKind, elements: Vec<(i128, Ty)>, connected: bool) -> Self {
        let signed = matches!(elements.as_slice(), [(_, ty)] if ty.is_signed());
        Self {
            name: name.to_owned(),
            kind,
            elements,
            signed,
            connected,
            id: 0,
        }
    }

    /// An input of a cell; connected if the parent writes it.
    fn input(name: &str, elements: Vec<(i128, Ty)>) -> Self {
        Self::new(name, AtomKind::InputParameter, elements, false)
    }
}

impl Atom for Pin {
    fn bits(&self) -> usize {
        self.elements
            .iter()
            .map(|(_, ty)| ty.width() as usize)
            .sum()
    }

    fn connected(&self) -> bool {
        self.connected
    }

    fn changed(&self) -> bool {
        true
    }

    fn kind(&self) -> AtomKind {
        self.kind
    }

    fn descriptor(&self) -> TypeDescriptor {
        let bits = self.bits();
        let (name, kind) = if self.signed {
            (format!("Signed::<{bits}>"), TypeKind::Signed(bits))
        } else {
            (format!("Bits::<{bits}>"), TypeKind::Bits(bits))
        };
        TypeDescriptor { name, kind }
    }

    fn vcd(&self) -> VCDValue {
        let mut bits = vec![];
        for (value, ty) in self.elements.iter().rev() {
            for bit in (0..ty.width()).rev() {
                if let VCDValue::Single(b) = VCDValue::from(value >> bit & 1 == 1) {
                    bits.push(b);
                }
            }
        }
        match bits.as_slice() {
            [one] => VCDValue::Single(*one),
            _ => VCDValue::Vector(bits),
        }
    }

    fn id(&self) -> usize {
        self.id
    }

    /// Only constants have one; these atoms are none.
    fn verilog(&self) -> VerilogLiteral {
        VerilogLiteral::from(false)
    }

    fn constraints(&self) -> Vec<PinConstraint> {
        vec![]
    }
}

/// Collects what a combinational block writes.
#[derive(Default)]
struct Writes {
    names: HashSet<String>,
}

impl VerilogVisitor for Writes {
    fn visit_assignment(&mut self, left: &VerilogExpression, _: &VerilogExpression) {
        if let VerilogExpression::Signal(name) = left {
            self.names.insert(name.clone());
        }
    }

    fn visit_slice_assignment(
        &mut self,
        base: &VerilogExpression,
        _: &usize,
        _: &VerilogExpression,
        _: &VerilogExpression,
    ) {
        if let VerilogExpression::Signal(name) = base {
            self.names.insert(name.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rust_hdl::core::prelude::{Simulation, write_vcd_change, write_vcd_dump, write_vcd_header};
    use rust_hdl::core::simulate::{Sim as Endpoint, SimError};

    use super::super::build::Builder;
    use super::super::tape::MemInit;
    use super::*;

    fn counter() -> Arc<Module> {
        let mut b = Builder::new("counter", "");
        let step = b.input("step_i", Ty::s(4));
        b.input("spare_i", Ty::BIT);
        let count = b.reg("count_q", Ty::s(8), Some(-3));
        let sum = b.add(count.q, step);
        let sum = b.wrap(sum, Ty::s(8));
        let sum = b.name("count_d", sum);
        b.next(count, sum);
        let mem = b.mem("history", &[Ty::s(8), Ty::BIT], 4, MemInit::Zero);
        let (address, one) = (b.slice(count.q, 0, 2), b.lit(1, Ty::BIT));
        b.write(mem, one, address, &[count.q, one]);
        let old = b.read(mem, address, None);
        b.output("old_o", old[0]);
        b.output("count_o", count.q);
        b.finish().unwrap()
    }

    fn edited(edit: impl FnOnce(&mut Module)) -> String {
        let mut module = Arc::try_unwrap(counter()).unwrap();
        edit(&mut module);
        Sim::new(&Arc::new(module))
            .unwrap()
            .check()
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn checks_pass_on_what_the_builder_makes() {
        Sim::new(&counter()).unwrap().check().unwrap();
    }

    #[test]
    fn checks_find_a_missing_driver_a_wrong_order_and_a_written_input() {
        let open = edited(|m| m.mems[0].write.as_mut().unwrap().data.clear());
        assert!(open.contains("not driven: uut$history$ram.wdata"), "{open}");
        let order = edited(|m| m.order.reverse());
        assert!(order.contains("read before written"), "{order}");
        let input = edited(|m| m.ports[2].name = "spare_i".into());
        assert!(input.contains("inputs written"), "{input}");
    }

    #[test]
    fn rust_hdl_simulates_it_with_its_own_clock_and_testbench() {
        let mut simulation: Simulation<Sim> = Simulation::new();
        simulation.add_clock(5, |sim: &mut Box<Sim>| {
            let level = !sim.clock_level();
            sim.set_clock(level);
        });
        simulation.add_testbench(|mut end: Endpoint<Sim>| {
            let mut sim = end.init()?;
            let step = sim.input("step_i").map_err(|_| SimError::SimHalted)?;
            let count = sim.output("count_o").map_err(|_| SimError::SimHalted)?;
            sim.set(step, 5);
            for cycle in 1..=20 {
                sim = end.watch(|s| s.clock_level(), sim)?;
                let expected = Ty::s(8).wrap(-3 + 5 * cycle);
                if (sim.get(count), sim.cycle()) != (expected, cycle as u64) {
                    return end.halt(sim);
                }
                sim = end.watch(|s| !s.clock_level(), sim)?;
            }
            end.done(sim)
        });
        simulation
            .run(Box::new(Sim::new(&counter()).unwrap()), 10_000)
            .unwrap();
    }

    #[test]
    fn rust_hdl_writes_its_waveform() {
        let mut sim = Sim::new(&counter()).unwrap();
        let mut text = vec![];
        let mut vcd = write_vcd_dump(write_vcd_header(&mut text, &sim), &sim);
        let step = sim.input("step_i").unwrap();
        sim.set(step, -1);
        sim.clock();
        vcd.timestamp(10).unwrap();
        drop(write_vcd_change(vcd, &sim));
        let text = String::from_utf8(text).unwrap();
        for part in [
            "$scope module uut",
            "count_d",
            "history$ram",
            "b11111101 ",
            "#10",
            "b11111100 ",
        ] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
    }
}

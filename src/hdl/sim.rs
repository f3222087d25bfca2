//! The interpreter: a flattened design whose values advance through rust-hdl's `update_all`/`has_changed` loop.
//!
//! One pass in evaluation order settles everything, so `has_changed` is true once after a change and the loop's second
//! round finds nothing to do. All values are mathematical integers of their types. Registers start at their reset value
//! (0 without one), memory outputs at 0.
//!
//! A read beyond the depth of a memory gives 0 here and is undefined in Verilog: [`Sim::out_of_range_reads`] counts such
//! reads, so that a test can assert that there were none. A write beyond the depth does nothing in either; it is counted
//! by [`Sim::out_of_range_writes`].

use std::sync::Arc;

use rust_hdl::core::prelude::simulate;

use super::error::HdlError;
use super::flatten::{Flat, FlatMem, NO_SLOT, SignalInfo, Slot, flatten};
use super::instruction::Values;
use super::tape::{Module, NodeId};

/// Handle of a port of a simulation's top.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PortId(u32);

/// A running design.
#[derive(Debug)]
pub struct Sim {
    pub(crate) top: Arc<Module>,
    flat: Flat,
    values: Values,
    memories: Vec<Vec<i128>>,
    reset: Slot,
    /// What the next update sees on `clk_i`, and what the last one saw.
    clock_next: bool,
    clock: bool,
    inputs_changed: bool,
    state_changed: bool,
    changed: bool,
    cycle: u64,
    lost_reads: u64,
    lost_writes: u64,
    /// Next values of the registers, kept to save allocations.
    next: Vec<i128>,
    next_words: Vec<Vec<i128>>,
}

/// The reset input is an extra narrow slot behind the others.
const fn reset_slot(flat: &Flat) -> Slot {
    flat.types.len() as Slot
}

impl Sim {
    /// Elaborates `top` and settles it with all inputs at 0.
    ///
    /// # Errors
    /// A combinational loop, which may run through several instances.
    pub fn new(top: &Arc<Module>) -> Result<Self, HdlError> {
        let flat = flatten(top)?;
        let mut types = flat.types.clone();
        types.push(super::ty::Ty::BIT);
        let mut values = Values::new(&types);
        for &(slot, value) in &flat.constants {
            values.set(slot, value);
        }
        for reg in &flat.regs {
            values.set(reg.q, reg.reset.unwrap_or(0));
        }
        let memories = flat.mems.iter().map(|m| m.init.clone()).collect();
        let next = vec![0; flat.regs.len()];
        let next_words = flat
            .mems
            .iter()
            .map(|m| vec![0; m.read_data.len()])
            .collect();
        let mut sim = Self {
            top: Arc::clone(top),
            reset: reset_slot(&flat),
            flat,
            values,
            memories,
            clock_next: false,
            clock: false,
            inputs_changed: true,
            state_changed: true,
            changed: false,
            cycle: 0,
            lost_reads: 0,
            lost_writes: 0,
            next,
            next_words,
        };
        sim.settle();
        Ok(sim)
    }

    fn port(&self, name: &str, is_input: bool) -> Result<PortId, HdlError> {
        if is_input && name == "rst_i" && self.top.is_clocked() {
            return Ok(PortId(u32::MAX));
        }
        let found = self
            .flat
            .ports
            .iter()
            .position(|p| p.name == name && p.is_input == is_input);
        found
            .map(|i| PortId(i as u32))
            .ok_or_else(|| HdlError::Unknown {
                module: self.top.name.clone(),
                what: format!("{} `{name}`", if is_input { "input" } else { "output" }),
            })
    }

    /// The input `name` of the top; `rst_i` is one if the top is clocked.
    ///
    /// # Errors
    /// There is no such input.
    pub fn input(&self, name: &str) -> Result<PortId, HdlError> {
        self.port(name, true)
    }

    /// The output `name` of the top.
    ///
    /// # Errors
    /// There is no such output.
    pub fn output(&self, name: &str) -> Result<PortId, HdlError> {
        self.port(name, false)
    }

    fn slots(&self, port: PortId) -> &[Slot] {
        if port.0 == u32::MAX {
            return std::slice::from_ref(&self.reset);
        }
        self.flat
            .ports
            .get(port.0 as usize)
            .map_or(&[], |p| p.slots.as_slice())
    }

    /// Sets an input (its element 0), modulo 2^width. Seen by the next [`Self::settle`] or [`Self::clock`]. Setting an
    /// output does nothing.
    pub fn set(&mut self, port: PortId, value: i128) {
        self.set_element(port, 0, value);
    }

    /// Sets the elements of a packed input; missing ones keep their value.
    pub fn set_vec(&mut self, port: PortId, elements: &[i128]) {
        for (i, &value) in elements.iter().enumerate() {
            self.set_element(port, i, value);
        }
    }

    /// Sets one element of a packed input.
    pub fn set_element(&mut self, port: PortId, element: usize, value: i128) {
        let (slot, ty) = if port.0 == u32::MAX {
            (self.reset, super::ty::Ty::BIT)
        } else {
            match self.flat.ports.get(port.0 as usize) {
                Some(p) if p.is_input && element < p.slots.len() => (p.slots[element], p.ty),
                _ => return,
            }
        };
        let value = ty.wrap(value);
        if self.values.get(slot) != value {
            self.values.set(slot, value);
            self.inputs_changed = true;
        }
    }

    /// The value of a port (its element 0) as last settled.
    #[must_use]
    pub fn get(&self, port: PortId) -> i128 {
        self.slots(port).first().map_or(0, |&s| self.values.get(s))
    }

    /// The elements of a packed port as last settled.
    #[must_use]
    pub fn get_vec(&self, port: PortId) -> Vec<i128> {
        self.slots(port)
            .iter()
            .map(|&s| self.values.get(s))
            .collect()
    }

    /// Lets the combinational logic follow the inputs.
    pub fn settle(&mut self) {
        simulate(self, 3);
    }

    /// One rising edge of `clk_i`, then [`Self::settle`].
    pub fn clock(&mut self) {
        self.settle();
        self.clock_next = true;
        simulate(self, 3);
        self.clock_next = false;
        simulate(self, 3);
    }

    /// Rising edges so far.
    #[must_use]
    pub const fn cycle(&self) -> u64 {
        self.cycle
    }

    /// Enabled reads beyond the depth of a memory so far, or of a word that is being written where [`super::Builder::reads_apart`]
    /// excludes that; hardware gives undefined words for these.
    #[must_use]
    pub const fn out_of_range_reads(&self) -> u64 {
        self.lost_reads
    }

    /// Enabled writes beyond the depth of a memory so far; they do nothing.
    #[must_use]
    pub const fn out_of_range_writes(&self) -> u64 {
        self.lost_writes
    }

    /// All ports, registers and named locals of all instances, for waveforms.
    #[must_use]
    pub fn signals(&self) -> &[SignalInfo] {
        &self.flat.signals
    }

    /// The value in a slot of [`Self::signals`]; 0 for a slot that does not exist.
    #[must_use]
    pub fn value(&self, slot: u32) -> i128 {
        if (slot as usize) < self.flat.types.len() {
            self.values.get(slot)
        } else {
            0
        }
    }

    /// How many operations one pass evaluates.
    #[must_use]
    pub fn operations(&self) -> usize {
        self.flat.code.len()
    }

    /// What rust-hdl calls when anything may have changed: the rising edge, then the logic behind what changed.
    pub(crate) fn advance(&mut self) {
        let rising = self.clock_next && !self.clock;
        self.clock = self.clock_next;
        if rising {
            // The values before the edge must be settled; a caller that toggles the clock itself may have skipped that.
            self.evaluate();
            self.edge();
        }
        self.changed = rising || self.inputs_changed || self.state_changed;
        self.evaluate();
    }

    pub(crate) const fn has_advanced(&self) -> bool {
        self.changed
    }

    /// The level of `clk_i` the next update sees.
    pub const fn set_clock(&mut self, level: bool) {
        self.clock_next = level;
    }

    /// The level of `clk_i` the last update saw.
    #[must_use]
    pub const fn clock_level(&self) -> bool {
        self.clock
    }

    /// The module of a place and the places of its instances; place 0 is the top.
    pub(crate) fn place(&self, place: usize) -> (&Module, &[usize]) {
        let place = &self.flat.places[place];
        (&place.module, &place.children)
    }

    /// The value of a node of a place; 0 if it is not used.
    pub(crate) fn place_value(&self, place: usize, id: NodeId) -> i128 {
        match self.flat.places[place].slots[id as usize] {
            NO_SLOT => 0,
            slot => self.values.get(slot),
        }
    }

    pub(crate) fn reset_level(&self) -> bool {
        self.values.get(self.reset) != 0
    }

    fn evaluate(&mut self) {
        let (flat, values) = (&self.flat, &mut self.values);
        if self.state_changed {
            for instruction in &flat.code {
                instruction.run(values, &flat.wide);
            }
        } else if self.inputs_changed {
            for &i in &flat.input_code {
                flat.code[i as usize].run(values, &flat.wide);
            }
        }
        self.state_changed = false;
        self.inputs_changed = false;
    }

    fn edge(&mut self) {
        let reset = self.values.get(self.reset) != 0;
        for (reg, next) in self.flat.regs.iter().zip(&mut self.next) {
            *next = match (reset, reg.reset, reg.enable) {
                (true, Some(value), _) => value,
                (_, _, Some(enable)) if self.values.get(enable) == 0 => self.values.get(reg.q),
                _ => self.values.get(reg.d),
            };
        }
        for ((mem, words), next) in self
            .flat
            .mems
            .iter()
            .zip(&mut self.memories)
            .zip(&mut self.next_words)
        {
            self.lost_reads += u64::from(read(mem, words, &self.values, next));
            self.lost_writes += u64::from(write(mem, words, &self.values));
        }
        for (reg, next) in self.flat.regs.iter().zip(&self.next) {
            self.values.set(reg.q, *next);
        }
        for (mem, next) in self.flat.mems.iter().zip(&self.next_words) {
            for (&(_, slot), &value) in mem.read_data.iter().zip(next) {
                self.values.set(slot, value);
            }
        }
        self.cycle += 1;
        self.state_changed = true;
    }
}

/// The start of the word at `address`, if there is one.
fn word(mem: &FlatMem, values: &Values, address: Slot) -> Option<usize> {
    usize::try_from(values.get(address))
        .ok()
        .filter(|&a| a < mem.depth)
        .map(|a| a * mem.fields)
}

/// Puts the next outputs of the read port into `next`; true if an enabled read had no
/// word, or met a write where it must not.
fn read(mem: &FlatMem, words: &[i128], values: &Values, next: &mut [i128]) -> bool {
    let enabled = mem.read_enable.is_none_or(|e| values.get(e) != 0);
    let start = word(mem, values, mem.read_address);
    for (&(field, slot), next) in mem.read_data.iter().zip(next) {
        *next = if enabled {
            start.map_or(0, |s| words[s + field])
        } else {
            values.get(slot)
        };
    }
    let wanted = mem.read_wanted.is_none_or(|w| values.get(w) != 0);
    enabled && wanted && (start.is_none() || mem.apart && collides(mem, values, start))
}

/// Whether the word at `start` is written in this cycle.
fn collides(mem: &FlatMem, values: &Values, start: Option<usize>) -> bool {
    mem.write.as_ref().is_some_and(|(enable, address, _)| {
        values.get(*enable) != 0 && word(mem, values, *address) == start
    })
}

/// Writes an enabled word; true if it has no place.
fn write(mem: &FlatMem, words: &mut [i128], values: &Values) -> bool {
    let Some((enable, address, data)) = &mem.write else {
        return false;
    };
    if values.get(*enable) == 0 {
        return false;
    }
    match word(mem, values, *address) {
        None => true,
        Some(start) => {
            for (i, &slot) in data.iter().enumerate() {
                words[start + i] = values.get(slot);
            }
            false
        }
    }
}

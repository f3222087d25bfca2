//! What a design holds: memories and registers, counted over all instances.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::hdl::Module;

/// Memories of one module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Memory {
    /// Module that holds it.
    pub(crate) module: String,
    /// Name in the module.
    pub(crate) name: String,
    /// Words.
    pub(crate) depth: usize,
    /// Bits of a word.
    pub(crate) bits: usize,
    /// Instances of the module in the design.
    pub(crate) instances: usize,
}

impl Memory {
    pub(crate) fn total(&self) -> usize {
        self.depth * self.bits * self.instances
    }
}

/// Memories by module, and the number of register bits outside them.
pub(crate) fn cost(top: &Arc<Module>) -> (Vec<Memory>, usize) {
    let mut instances = BTreeMap::new();
    count(top, &mut instances);
    let mut memories = Vec::new();
    let mut registers = 0;
    for (module, instances) in instances.into_values() {
        let bits: usize = module
            .regs
            .iter()
            .map(|register| module.ty(register.q).width() as usize)
            .sum();
        registers += instances * bits;
        memories.extend(
            module
                .mems
                .iter()
                .zip(&module.mem_names)
                .map(|(memory, name)| Memory {
                    module: module.name().to_owned(),
                    name: name.clone(),
                    depth: memory.depth,
                    bits: memory.bits(),
                    instances,
                }),
        );
    }
    (memories, registers)
}

fn count<'m>(module: &'m Arc<Module>, instances: &mut BTreeMap<String, (&'m Arc<Module>, usize)>) {
    instances
        .entry(module.name().to_owned())
        .or_insert((module, 0))
        .1 += 1;
    for (_, child) in module.children() {
        count(child, instances);
    }
}

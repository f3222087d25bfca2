//! Memories as the fabric wants them.

use crate::hdl::{Builder, Mem, MemInit, Sig, Ty};
use crate::rtl::fabric::Fabric;
use crate::rtl::plan::LayerPlan;

/// A memory of `depth` words of `fields`. No cycle reads the word that it writes: whoever describes it sees to that.
pub(crate) fn memory(
    b: &mut Builder,
    fabric: Fabric,
    name: &str,
    fields: &[Ty],
    depth: usize,
    init: MemInit,
) -> Mem {
    let memory = b.mem(name, fields, depth, init);
    b.reads_apart(memory);
    let bits: u32 = fields.iter().map(|field| field.width()).sum();
    if fabric
        .block_bits
        .is_some_and(|least| bits as usize * depth >= least)
    {
        b.in_block_memory(memory);
    }
    memory
}

/// The word at `address`, [`Fabric::read_cycles`] later.
pub(crate) fn read(
    b: &mut Builder,
    plan: &LayerPlan,
    memory: Mem,
    name: &str,
    address: Sig,
    enable: Sig,
) -> Vec<Sig> {
    // An output register inside a block memory is not to be stopped by the port's enable.
    let word = match plan.fabric.memory_stages {
        0 => b.read(memory, address, Some(enable)),
        _ => b.read_always(memory, address, enable),
    };
    let stages = plan.fabric.memory_stages;
    word.into_iter()
        .enumerate()
        .map(|(field, value)| b.delay(&format!("{name}{field}"), value, stages))
        .collect()
}

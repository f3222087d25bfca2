//! Block RAMs that the memories of a description take.

use crate::hdl::{MemoryShape, Module};
use crate::synth::Family;

/// Shapes of a block RAM, words and bits, and the least bits of a memory that goes into one unless it must.
const ICE40: (&[(usize, usize)], usize) = (&[(256, 16), (512, 8), (1024, 4), (2048, 2)], 256);
/// Smaller ones go into look-up tables.
const ECP5: (&[(usize, usize)], usize) = (
    &[
        (512, 36),
        (1024, 18),
        (2048, 9),
        (4096, 4),
        (8192, 2),
        (16384, 1),
    ],
    2048,
);

/// Block RAMs of a module and everything in it; `None` for a family that is not known here.
pub(crate) fn block_rams(module: &Module, family: Family) -> Option<usize> {
    let (shapes, least) = match family {
        Family::Ice40 => ICE40,
        Family::Ecp5 => ECP5,
        Family::Gowin | Family::GateMate | Family::Xilinx7 => return None,
    };
    let of = |memory: MemoryShape| {
        let blocks = |&(depth, bits): &(usize, usize)| {
            memory.depth.div_ceil(depth) * memory.bits.div_ceil(bits)
        };
        match !memory.large && (memory.block || memory.depth * memory.bits >= least) {
            true => shapes.iter().map(blocks).min().unwrap_or(0),
            false => 0,
        }
    };
    let own: usize = module.memories().map(of).sum();
    let mut children = module.children();
    children.try_fold(own, |sum, (_, child)| {
        Some(sum + block_rams(child, family)?)
    })
}

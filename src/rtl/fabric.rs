//! What the cells of an FPGA family want of a design. None of it changes a bit of a result; some of it changes cycles.

use serde::{Deserialize, Serialize};

/// How a design is fitted to a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fabric {
    /// Registers behind the read register of the memories on the way of the data, 0 to 2. Block memory with a slow output
    /// wants one that it can take into itself, and one beside what uses the word.
    pub memory_stages: u32,
    /// Accumulators are cleared in a cycle of their own, after which the pass has no event. Otherwise the first event of a
    /// pass is loaded, not added; that costs nothing where the look-up table of an adder has an input to spare.
    pub clears_apart: bool,
    /// Memories of at least this many bits go into block memory; `None`: the tools choose.
    pub block_bits: Option<usize>,
}

impl Fabric {
    /// For any family: no assumption.
    pub const PORTABLE: Self = Self {
        memory_stages: 0,
        clears_apart: false,
        block_bits: None,
    };
    /// Lattice iCE40: an adder's look-up table has two inputs to spare, logic cells are few, block memories are many.
    pub const ICE40: Self = Self {
        memory_stages: 0,
        clears_apart: false,
        block_bits: Some(256),
    };
    /// Lattice ECP5: block memory with an output register; the carry cell has no input to spare.
    pub const ECP5: Self = Self {
        memory_stages: 2,
        clears_apart: true,
        block_bits: None,
    };

    /// Cycles of a pass in which no event is added.
    #[must_use]
    pub const fn clear_cycles(self) -> u32 {
        self.clears_apart as u32
    }

    /// Cycles from an address to the word of a memory on the way of the data.
    #[must_use]
    pub const fn read_cycles(self) -> u32 {
        1 + self.memory_stages
    }
}

impl Default for Fabric {
    fn default() -> Self {
        Self::PORTABLE
    }
}

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
    /// Sums that wait are chosen by the resets of registers, not shifted. A flip-flop that takes its input past the look-up
    /// table and has a reset that few others share makes the choice for nothing.
    #[serde(default)]
    pub chooses: bool,
    /// Beats pass registers between the pins and the design, in both directions: where pins are far from everything, no way from
    /// or to one holds back what stands behind it.
    #[serde(default)]
    pub registers_ports: bool,
    /// Memories of at least this many bits go into block memory; `None`: the tools choose.
    pub block_bits: Option<usize>,
    /// Memories of at least this many bits are spread so far over the device that their address takes a cycle on its way;
    /// `None`: there are none.
    #[serde(default)]
    pub spread_bits: Option<usize>,
    /// There are no multiplier blocks: products are additions, one a pipeline stage.
    #[serde(default)]
    pub adds_products: bool,
    /// The large memories of the device, for weights that are loaded; `None`: it has none.
    #[serde(default)]
    pub large: Option<LargeMemories>,
}

/// Memories with one port whose contents are not part of a bitstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LargeMemories {
    /// How many.
    pub count: usize,
    /// Words of each.
    pub depth: usize,
    /// Bits of a word.
    pub bits: usize,
    /// Memories of fewer bits stay out.
    pub least: usize,
    /// Registers behind the read register of one.
    pub stages: u32,
}

impl LargeMemories {
    /// iCE40 UltraPlus: four of 16,384 words of 16 bits. A memory of less than four block memories stays in those.
    pub const ICE40_ULTRA_PLUS: Self = Self {
        count: 4,
        depth: 16_384,
        bits: 16,
        least: 4 * 4_096,
        stages: 1,
    };

    /// How many of them a memory of `depth` words of `bits` takes.
    #[must_use]
    pub const fn taken(self, depth: usize, bits: usize) -> usize {
        depth.div_ceil(self.depth) * bits.div_ceil(self.bits)
    }
}

impl Fabric {
    /// For any family: no assumption.
    pub const PORTABLE: Self = Self {
        memory_stages: 0,
        clears_apart: false,
        chooses: false,
        registers_ports: false,
        block_bits: None,
        spread_bits: None,
        adds_products: false,
        large: None,
    };
    /// Lattice iCE40: an adder's look-up table has two inputs to spare, logic cells are few, block memories are many.
    pub const ICE40: Self = Self {
        memory_stages: 0,
        clears_apart: false,
        chooses: false,
        registers_ports: false,
        block_bits: Some(256),
        spread_bits: None,
        adds_products: false,
        large: None,
    };
    /// Lattice ECP5: block memory with an output register; the carry cell has no input to spare, and a
    /// flip-flop an input of its own. Sixteen block memories are far from each other.
    pub const ECP5: Self = Self {
        memory_stages: 2,
        clears_apart: true,
        chooses: true,
        registers_ports: true,
        block_bits: Some(256),
        spread_bits: Some(16 * 18_432),
        adds_products: false,
        large: None,
    };

    /// Whether block memory is far from what stands beside it, so that what goes there comes out of a register.
    #[must_use]
    pub const fn is_far(self) -> bool {
        self.memory_stages > 0
    }

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

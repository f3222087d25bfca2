//! How large a module is as described, before any tool has looked at it. Its instances are not counted.

use super::tape::{Bin, Module, NodeId, Op, Un};

/// Bits of each kind of circuit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Registers outside memories.
    pub registers: usize,
    /// Adders, subtracters and comparisons of order, by the width of the result or of the wider operand.
    pub adders: usize,
    /// Two-way selections.
    pub selects: usize,
    /// Gates, and comparisons for equality.
    pub gates: usize,
    /// Products: the width of one factor times that of the other.
    pub products: usize,
}

/// A memory as described.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryShape {
    /// Words.
    pub depth: usize,
    /// Bits of a word.
    pub bits: usize,
    /// Kept in block memory whatever its size.
    pub block: bool,
    /// Kept in a large memory.
    pub large: bool,
}

impl Module {
    /// What the module itself is made of.
    #[must_use]
    pub fn size(&self) -> Size {
        let mut size = Size {
            registers: self
                .regs
                .iter()
                .filter(|register| self.used[register.q as usize])
                .map(|register| self.bits_of(register.q))
                .sum(),
            ..Size::default()
        };
        for &id in &self.order {
            let own = self.bits_of(id);
            match self.node(id).op {
                Op::Bin(Bin::Add | Bin::Sub, ..) | Op::Un(Un::Neg, _) => size.adders += own,
                Op::Bin(Bin::Lt | Bin::Le | Bin::Gt | Bin::Ge, a, b) => {
                    size.adders += self.bits_of(a).max(self.bits_of(b));
                }
                Op::Bin(Bin::Mul, a, b) => size.products += self.bits_of(a) * self.bits_of(b),
                Op::Bin(Bin::Eq | Bin::Ne, a, b) => {
                    size.gates += self.bits_of(a).max(self.bits_of(b));
                }
                Op::Bin(Bin::And | Bin::Or | Bin::Xor, ..) => size.gates += own,
                Op::Un(Un::Any | Un::All, a) => size.gates += self.bits_of(a),
                Op::Mux(..) => size.selects += own,
                _ => {}
            }
        }
        size
    }

    /// The module's own memories.
    pub fn memories(&self) -> impl Iterator<Item = MemoryShape> {
        self.mems.iter().map(|memory| MemoryShape {
            depth: memory.depth,
            bits: memory.bits(),
            block: memory.block,
            large: memory.large,
        })
    }

    fn bits_of(&self, id: NodeId) -> usize {
        self.ty(id).width() as usize
    }
}

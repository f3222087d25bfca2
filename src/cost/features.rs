//! What a circuit is made of, counted in its description: the quantities that a cost model multiplies.

use crate::hdl::{Module, Size};

/// Numbers of features of a fit: those of [`Features::vector`].
pub(crate) const FEATURES: usize = 5;

/// A circuit in numbers, over all instances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Features {
    /// Bits of registers.
    pub registers: usize,
    /// Bits of adders, subtracters and comparisons of order.
    pub adders: usize,
    /// Bits of two-way selections.
    pub selects: usize,
    /// Bits of gates and of comparisons for equality.
    pub gates: usize,
    /// Partial products: bits of one factor times bits of the other.
    pub products: usize,
}

impl Features {
    /// Of a module and everything in it.
    #[must_use]
    pub fn of(module: &Module) -> Self {
        let Size {
            registers,
            adders,
            selects,
            gates,
            products,
        } = module.size();
        let own = Self {
            registers,
            adders,
            selects,
            gates,
            products,
        };
        let children = module.children();
        children.fold(own, |sum, (_, child)| sum.plus(&Self::of(child)))
    }

    /// Both circuits.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            registers: self.registers + other.registers,
            adders: self.adders + other.adders,
            selects: self.selects + other.selects,
            gates: self.gates + other.gates,
            products: self.products + other.products,
        }
    }

    /// A constant, then the features; selections and gates as one.
    pub(crate) fn vector(&self) -> [f64; FEATURES] {
        [
            1.0,
            self.registers as f64,
            self.adders as f64,
            (self.selects + self.gates) as f64,
            self.products as f64,
        ]
    }
}

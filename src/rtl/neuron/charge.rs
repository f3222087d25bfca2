//! The charge of a leaky membrane, `ovf(R(decay·v) + x + offset)`, in the stages that most lanes go through.

use super::product::Product;
use super::unit::{Constant, Unit};
use crate::rtl::pipe::Timed;

/// Both parts of a charge, one stage after `v` and the current.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts {
    /// `decay * v`.
    pub(super) product: Product,
    /// The current in membrane LSBs.
    pub(super) aligned: Timed,
}

impl Unit<'_> {
    /// In this stage: `decay * v`, and the current in membrane LSBs.
    pub(super) fn charge_parts(&mut self, decay: &Constant, v: Timed, current: Timed) -> Parts {
        let product = self.product("product", decay, v);
        let aligned = self.aligned(current);
        let aligned = self.keep("aligned", aligned);
        Parts { product, aligned }
    }

    /// Whether both parts can be added as they are.
    pub(super) fn is_rounded(parts: Parts, offset: &Constant) -> bool {
        parts.product.rounded && matches!(offset, Constant::Literal(0, _))
    }

    /// The product rounded, once, and the current with its `offset`; ends the stage, if it takes one.
    pub(super) fn charge_rounded(&mut self, parts: Parts, offset: &Constant) -> (Timed, Timed) {
        self.reach(parts.product);
        if Self::is_rounded(parts, offset) {
            return (parts.product.value, parts.aligned);
        }
        self.b.comment("charge: the product rounded, once");
        let x = self.at(parts.aligned);
        let input = self.plus(x, offset);
        let input = self.keep("input", input);
        let leaked = self.rounded(parts.product);
        let leaked = self.keep("leaked", leaked);
        self.next_stage();
        (leaked, input)
    }

    /// In this stage: the exact sum.
    pub(super) fn charge_sum(&mut self, leaked: Timed, input: Timed) -> Timed {
        let (leaked, input) = (self.at(leaked), self.at(input));
        let charge = self.b.add(leaked, input);
        self.keep("charge", charge)
    }

    /// Ends this stage and the next: the exact sum, then the overflow, once.
    pub(super) fn charged(&mut self, leaked: Timed, input: Timed) -> Timed {
        self.b
            .comment("charge: the exact sum, then the overflow, once");
        let charge = self.charge_sum(leaked, input);
        self.next_stage();
        let charge = self.at(charge);
        let h = self.overflow(charge);
        let h = self.keep("h", h);
        self.next_stage();
        h
    }
}

//! A product of two varying operands: one multiplier, or an adder tree where the family has no multiplier blocks.
//!
//! The tree, for `a` times the bits of the narrower operand `m`, lowest first:
//!
//! ```text
//! stage      0                       1            2      3               (groups of 3 bits here)
//! group 0    m0 ? a : 0, m1 ? +a ──► m2 ? +a ──┐
//! group 1    m3 ? a : 0, m4 ? +a ──► m5 ? +a ──┴─► + ──┐
//! group 2    m6 ? a : 0, m7 ? +a ──► m8 ? +a ──────────┴─► + ─► a * m
//! ```
//!
//! One adder a stage. An adder that a bit switches on or passes by needs one look-up table a bit; the bits below it are
//! final and pass by, so that each adder of a group is as wide as `a`. The highest bit of a signed `m` counts negative: it
//! subtracts. Every sum is exact.

use super::unit::Unit;
use crate::hdl::{Sig, Ty};
use crate::rtl::pipe::Timed;

/// `a` times some bits of `m`.
#[derive(Clone, Copy, Debug)]
struct Part {
    value: Timed,
    /// How many bits.
    bits: u32,
}

impl Unit<'_> {
    /// How a product of two varying operands is made.
    pub(super) fn multiplier_form(&self) -> &'static str {
        match self.assume().adds() {
            true => "multiplier as an adder tree",
            false => "multiplier",
        }
    }

    /// `a * m`, exact, registered as `name`. It may take several stages: see [`reach`](crate::rtl::pipe::Pipe::reach).
    pub(super) fn multiplied(&mut self, name: &str, a: Timed, m: Timed) -> Timed {
        let (of_a, of_m) = (self.at(a).ty(), self.at(m).ty());
        if !self.assume().adds() {
            let (a, m) = (self.at(a), self.at(m));
            let product = self.b.mul(a, m);
            return self.keep(name, product);
        }
        let start = self.pipe.stage();
        self.trees += 1;
        let (a, m) = if of_m.width() <= of_a.width() {
            (a, m)
        } else {
            (m, a)
        };
        let value = if self.assume().cut {
            let width = of_a.width().min(of_m.width());
            self.pipe.back_to(start + stages(width) - 1);
            let (a, m) = (self.at(a), self.at(m));
            let product = self.b.mul(a, m);
            self.keep(name, product)
        } else {
            self.tree(name, a, m)
        };
        self.pipe.back_to(start);
        value
    }

    /// `a * m`, `m` the narrower; leaves the stage before the one in which it is there.
    fn tree(&mut self, name: &str, a: Timed, m: Timed) -> Timed {
        let start = self.pipe.stage();
        let (width, of_m) = (self.at(a).width(), self.at(m).ty());
        let size = group(of_m.width());
        let mut parts = Vec::new();
        let mut low = 0;
        while low < of_m.width() {
            self.pipe.back_to(start);
            let bits = size.min(of_m.width() - low);
            parts.push(self.group(name, a, m, (low, bits)));
            low += bits;
        }
        self.pipe.back_to(start + steps(size) - 1);
        while parts.len() > 1 {
            self.next_stage();
            let mut low = 0;
            parts = parts
                .chunks(2)
                .map(|pair| match *pair {
                    [below, above] => {
                        let bits = below.bits + above.bits;
                        let sum = self.above(below, above, width);
                        let name = part_name(name, (low, bits), of_m.width());
                        low += bits;
                        Part {
                            value: self.keep(&name, sum),
                            bits,
                        }
                    }
                    _ => pair[0],
                })
                .collect();
        }
        parts[0].value
    }

    /// `a` times the `bits` bits of `m` from bit `low`: two in the first stage, then one a stage.
    fn group(&mut self, name: &str, a: Timed, m: Timed, (low, bits): (u32, u32)) -> Part {
        let of_m = self.at(m).ty();
        let whole = self.at(m);
        let first = self.b.bit(whole, low);
        let negative = |index| of_m.is_signed() && index + 1 == of_m.width();
        let mut sum = self.switched(a, None, first, negative(low));
        let mut later = Vec::new();
        for index in low + 1..low + bits {
            let bit = self.b.bit(whole, index);
            if index == low + 1 {
                sum = self.switched(a, Some((sum, 1)), bit, negative(index));
            } else {
                later.push((index, self.keep(&format!("{name}_bit{index}"), bit)));
            }
        }
        if of_m.width() == 1 {
            let exact = typed(sum.is_signed(), self.at(a).width() + 1);
            sum = self.b.extend(sum, exact);
        }
        let mut value = self.keep(&part_name(name, (low, bits.min(2)), of_m.width()), sum);
        for (index, bit) in later {
            self.next_stage();
            let (sum, bit) = (self.at(value), self.at(bit));
            let sum = self.switched(a, Some((sum, index - low)), bit, negative(index));
            value = self.keep(&part_name(name, (low, index - low + 1), of_m.width()), sum);
        }
        Part { value, bits }
    }

    /// The sum of the bits so far, plus or, where `negative`, less `a` at its upper end if `bit` is set.
    fn switched(&mut self, a: Timed, sum: Option<(Sig, u32)>, bit: Sig, negative: bool) -> Sig {
        let a = self.at(a);
        let Some((sum, done)) = sum else {
            let value = if negative { self.b.neg(a) } else { a };
            let zero = self.b.lit(0, value.ty());
            return self.b.mux(bit, value, zero);
        };
        let low = self.b.slice(sum, 0, done);
        let high = self.b.shr_floor(sum, done);
        let next = if negative {
            self.b.sub(high, a)
        } else {
            self.b.add(high, a)
        };
        let next = self.b.wrap(next, typed(next.is_signed(), a.width() + 1));
        let next = if next.is_signed() {
            let high = self.b.extend(high, next.ty());
            self.b.mux(bit, next, high)
        } else {
            self.passed(bit, next, high)
        };
        self.joined(next, low)
    }

    /// `bit ? next : high` of two unsigned values. The bits that only `next` has are not chosen but masked: of a choice
    /// between them and 0 Yosys makes registers with a reset, and a carry chain that ends in such is cut in two.
    fn passed(&mut self, bit: Sig, next: Sig, high: Sig) -> Sig {
        let chosen = self.b.slice(next, 0, high.width());
        let chosen = self.b.mux(bit, chosen, high);
        let more = next.width() - high.width();
        let top = self.b.slice(next, high.width(), more);
        let mask = self.b.cat(&vec![bit; more as usize]);
        let top = self.b.and(top, mask);
        self.b.cat(&[top, chosen])
    }

    /// `below + (above << bits of below)` of parts of an operand of `width` bits.
    fn above(&mut self, below: Part, above: Part, width: u32) -> Sig {
        let (low, high) = (self.at(below.value), self.at(above.value));
        let done = self.b.slice(low, 0, below.bits);
        let carried = self.b.shr_floor(low, below.bits);
        let sum = self.b.add(carried, high);
        let ty = typed(sum.is_signed(), width + above.bits);
        let sum = self.b.wrap(sum, ty);
        self.joined(sum, done)
    }

    /// `high` with the bits `low` below it.
    fn joined(&mut self, high: Sig, low: Sig) -> Sig {
        let unsigned = self.b.as_unsigned(high);
        let all = self.b.cat(&[unsigned, low]);
        if high.is_signed() {
            self.b.as_signed(all)
        } else {
            all
        }
    }
}

/// Name of `a` times the bits `low` to `low + bits` of `width`: that of the product where they are all.
fn part_name(name: &str, (low, bits): (u32, u32), width: u32) -> String {
    if bits == width {
        name.to_owned()
    } else {
        format!("{name}_bits{low}_{}", low + bits - 1)
    }
}

fn typed(signed: bool, width: u32) -> Ty {
    if signed { Ty::s(width) } else { Ty::u(width) }
}

/// Stages of a group: one adder each.
fn steps(size: u32) -> u32 {
    size.max(2) - 1
}

/// Stages of a tree for an operand of `width` bits.
fn stages(width: u32) -> u32 {
    let size = group(width);
    steps(size) + levels(width, size)
}

/// Levels of sums of groups of `size` bits.
fn levels(width: u32, size: u32) -> u32 {
    width.div_ceil(size).next_power_of_two().ilog2()
}

/// Bits of a group for the fewest stages, and among those for the fewest registers: those that `a` waits in and the adders
/// of the tree.
fn group(width: u32) -> u32 {
    let cost = |size: &u32| {
        let registers = size + width.div_ceil(*size);
        (steps(*size) + levels(width, *size), registers, *size)
    };
    (1..=width).min_by_key(cost).unwrap_or(1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failure is a failed test")]
mod tests {
    use super::super::test_layer::layer;
    use super::*;
    use crate::hdl::Sim;
    use crate::rtl::fabric::Fabric;
    use crate::rtl::neuron::Assume;

    #[test]
    fn a_tree_is_the_product_of_all_operands() {
        let layer = layer();
        let assume = Assume::default().on(Fabric {
            adds_products: true,
            ..Fabric::PORTABLE
        });
        let mut stages_seen = [false; 4];
        for (of_a, of_m) in (1..=6).flat_map(|a| (1..=9).map(move |m| (a, m))) {
            for (a_signed, m_signed) in [(false, false), (false, true), (true, false), (true, true)]
            {
                let types = (typed(a_signed, of_a), typed(m_signed, of_m));
                let mut unit = Unit::new("gs_product", "A product.", &layer, Ty::s(2), &assume);
                let a = unit.b.input("a_i", types.0);
                let m = unit.b.input("m_i", types.1);
                let (a, m) = (unit.pipe.input("a", a), unit.pipe.input("m", m));
                let product = unit.multiplied("product", a, m);
                unit.next_stage();
                unit.pipe.reach(product);
                let latency = unit.pipe.stage();
                assert_eq!(latency, stages(of_a.min(of_m)));
                stages_seen[latency as usize] = true;
                let value = unit.at(product);
                assert_eq!(value.ty(), typed(a_signed || m_signed, of_a + of_m));
                unit.b.output("p_o", value);
                let module = unit.b.finish().unwrap();
                assert_eq!(module.products(), 0);
                let mut sim = Sim::new(&module).unwrap();
                let ports = (sim.input("a_i").unwrap(), sim.input("m_i").unwrap());
                let out = sim.output("p_o").unwrap();
                let mut expected = std::collections::VecDeque::new();
                let mut compared = 0;
                let all = (types.0.min()..=types.0.max())
                    .flat_map(|a| (types.1.min()..=types.1.max()).map(move |m| (a, m)));
                let drain = (0..latency).map(|_| (0, 0));
                for (a, m) in all.chain(drain) {
                    sim.set(ports.0, a);
                    sim.set(ports.1, m);
                    expected.push_back((a, m));
                    if expected.len() > latency as usize {
                        let (a, m) = expected.pop_front().unwrap();
                        assert_eq!(sim.get(out), a * m, "{types:?}: {a} * {m}");
                        compared += 1;
                    }
                    sim.clock();
                }
                assert_eq!(compared, 1 << (of_a + of_m));
            }
        }
        assert_eq!(stages_seen, [false, true, true, true]);
    }

    #[test]
    fn groups_are_those_of_the_fewest_stages() {
        let of = |width: u32| {
            let sizes = 1..=width;
            let of_size = |size: u32| steps(size) + levels(width, size);
            sizes.map(of_size).min()
        };
        for width in 1..=32 {
            assert_eq!(Some(stages(width)), of(width), "{width}");
        }
        assert_eq!([8, 9, 12, 16].map(group), [2, 3, 3, 2]);
        assert_eq!([8, 9, 12, 16].map(stages), [3, 4, 4, 4]);
    }
}

//! A product of two varying operands: one multiplier, or an adder tree where the family has no multiplier blocks.
//!
//! The tree, for `a` times the bits of the narrower operand `m`, lowest first:
//!
//! ```text
//! stage      0             1                 2                         (groups of 3 bits here)
//! group 0    m0 ? a : 0 ─► m1 ? +a ────────► m2 ? +a ──┐
//! group 1    m3 ? a : 0 ─► m4 ? +a ────────► m5 ? +a ──┴─► + ──┐
//! group 2    m6 ? a : 0 ─► m7 ? +a ────────► m8 ? +a ──────────┴─► + ─► a * m
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
        match self.assume().adds {
            true => "multiplier as an adder tree",
            false => "multiplier",
        }
    }

    /// `a * m`, exact, registered as `name`. It may take several stages: see [`reach`](crate::rtl::pipe::Pipe::reach).
    pub(super) fn multiplied(&mut self, name: &str, a: Timed, m: Timed) -> Timed {
        let (of_a, of_m) = (self.at(a).ty(), self.at(m).ty());
        if !self.assume().adds {
            let (a, m) = (self.at(a), self.at(m));
            let product = self.b.mul(a, m);
            return self.keep(name, product);
        }
        let start = self.pipe.stage();
        let value = if of_m.width() <= of_a.width() {
            self.tree(name, a, m)
        } else {
            self.tree(name, m, a)
        };
        self.pipe.back_to(start);
        value
    }

    /// `a * m`, `m` the narrower; leaves the stage before the one in which it is there.
    fn tree(&mut self, name: &str, a: Timed, m: Timed) -> Timed {
        let start = self.pipe.stage();
        let of_m = self.at(m).ty();
        let size = group(of_m.width());
        let mut parts = Vec::new();
        let mut low = 0;
        while low < of_m.width() {
            self.pipe.back_to(start);
            let bits = size.min(of_m.width() - low);
            parts.push(self.group(name, a, m, (low, bits)));
            low += bits;
        }
        self.pipe.back_to(start + size - 1);
        while parts.len() > 1 {
            self.next_stage();
            let mut low = 0;
            parts = parts
                .chunks(2)
                .map(|pair| match *pair {
                    [below, above] => {
                        let bits = below.bits + above.bits;
                        let sum = self.above(below, above);
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

    /// `a` times the `bits` bits of `m` from bit `low`, one bit a stage.
    fn group(&mut self, name: &str, a: Timed, m: Timed, (low, bits): (u32, u32)) -> Part {
        let of_m = self.at(m).ty();
        let whole = self.at(m);
        let first = self.b.bit(whole, low);
        let mut later = Vec::new();
        for index in low + 1..low + bits {
            let bit = self.b.bit(whole, index);
            later.push(self.keep(&format!("{name}_bit{index}"), bit));
        }
        let mut sum = None;
        for index in 0..bits {
            let bit = match index.checked_sub(1) {
                None => first,
                Some(before) => {
                    self.next_stage();
                    self.at(later[before as usize])
                }
            };
            let top = of_m.is_signed() && low + index + 1 == of_m.width();
            let value = self.switched(a, sum.map(|sum| (sum, index)), bit, top);
            let name = part_name(name, (low, index + 1), of_m.width());
            sum = Some(self.keep(&name, value));
        }
        Part {
            value: sum.unwrap_or(a),
            bits,
        }
    }

    /// The sum of the bits so far, plus or, where `negative`, less `a` at its upper end if `bit` is set.
    fn switched(&mut self, a: Timed, sum: Option<(Timed, u32)>, bit: Sig, negative: bool) -> Sig {
        let a = self.at(a);
        let (high, low) = match sum {
            None => (self.b.lit(0, Ty::BIT), None),
            Some((sum, done)) => {
                let sum = self.at(sum);
                let low = self.b.slice(sum, 0, done);
                (self.b.shr_floor(sum, done), Some(low))
            }
        };
        let signed = a.is_signed() || high.is_signed() || negative;
        let ty = typed(signed, a.width() + 1);
        let next = match (negative, low) {
            (true, _) => self.b.sub(high, a),
            (false, None) => a,
            (false, Some(_)) => self.b.add(high, a),
        };
        let (next, high) = (self.b.wrap(next, ty), self.b.extend(high, ty));
        let next = self.b.mux(bit, next, high);
        self.joined(next, low)
    }

    /// `below + (above << bits of below)`.
    fn above(&mut self, below: Part, above: Part) -> Sig {
        let (low, high) = (self.at(below.value), self.at(above.value));
        let done = self.b.slice(low, 0, below.bits);
        let carried = self.b.shr_floor(low, below.bits);
        let sum = self.b.add(carried, high);
        let ty = typed(sum.is_signed(), high.width());
        let sum = self.b.wrap(sum, ty);
        self.joined(sum, Some(done))
    }

    /// `high` with the bits `low` below it.
    fn joined(&mut self, high: Sig, low: Option<Sig>) -> Sig {
        let Some(low) = low else {
            return high;
        };
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

/// Bits of a group for the fewest stages, and among those for the fewest registers: those that `a` waits in and the adders
/// of the tree.
fn group(width: u32) -> u32 {
    let cost = |size: &u32| {
        let groups = width.div_ceil(*size);
        let levels = u32::BITS - (groups - 1).leading_zeros();
        (size + levels, size + groups, *size)
    };
    (1..=width).min_by_key(cost).unwrap_or(1)
}

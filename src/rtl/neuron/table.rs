//! Curves as tables: knots and rises in a read-only memory, with linear interpolation between the knots.

use goldspike_golden::format::QFormat;
use goldspike_golden::table::QuantTable;

use super::unit::Unit;
use crate::hdl::{MemInit, Sig, Ty};
use crate::rtl::memory::memory;
use crate::rtl::pipe::Timed;

/// Most bits of an input above the zeros at the end of the table's low end for which each bit of the difference and what it saturates to
/// is a look-up table, or two.
const MOST_UPPER: u32 = 3;

impl Unit<'_> {
    /// The curve `table`, named `name`, at `x`: unsigned; ends its stages, four with a multiplier block.
    ///
    /// With `i = clamp(x, low, high) - low`, whose upper bits are the segment and whose lower `shift` bits are `f`:
    /// `y[seg] + ((d[seg] * f + 2^(shift-1)) >> shift)`.
    pub(crate) fn table(&mut self, name: &str, table: &QuantTable, x: Sig) -> Timed {
        let segments = table.segments().max(1);
        let (shift, index_bits) = (table.shift, segments.trailing_zeros());
        let inside = if self.assume().adds() {
            match self.in_one_level(name, table, x) {
                Some(inside) => inside,
                None => {
                    // No multiplier is slower: a difference and what it saturates to are a stage each.
                    let from_low = self.beyond_low(table, x);
                    let kept = self.keep(&format!("{name}_from_low"), from_low);
                    self.next_stage();
                    let from_low = self.at(kept);
                    self.b.saturate(from_low, Ty::u(index_bits + shift))
                }
            }
        } else {
            let from_low = self.beyond_low(table, x);
            let from_low = self.b.name(&format!("{name}_from_low"), from_low);
            self.b.saturate(from_low, Ty::u(index_bits + shift))
        };
        let inside = self.keep(&format!("{name}_input"), inside);
        self.next_stage();

        let inside = self.at(inside);
        let segment = self.b.slice(inside, shift, index_bits);
        let (knot, rise) = self.segment(name, table, segment);
        let part = (shift > 0).then(|| {
            let part = self.b.slice(inside, 0, shift);
            self.keep(&format!("{name}_part"), part)
        });
        self.next_stage();
        if self.assume().adds() {
            // No multiplier is slower either: what comes out of the memory is a stage old before it is added.
            self.next_stage();
        }

        let risen = part.map(|part| self.multiplied(&format!("{name}_risen"), rise, part));
        self.next_stage();
        if let Some(risen) = risen {
            self.pipe.reach(risen);
        }

        let knot = self.at(knot);
        let value = match risen {
            None => knot,
            Some(risen) => {
                // Half an LSB stands below the knot: one sum rounds and adds.
                let risen = self.at(risen);
                let half = self.b.lit(1 << (shift - 1), Ty::u(shift));
                let knot = self.b.cat(&[knot, half]);
                let sum = self.b.add(knot, risen);
                self.b.shr_floor(sum, shift)
            }
        };
        let value = self
            .b
            .wrap(value, holds(table.knots.iter().copied().map(i128::from)));
        let value = self.keep(name, value);
        self.next_stage();
        value
    }

    /// `x - low`, exact.
    fn beyond_low(&mut self, table: &QuantTable, x: Sig) -> Sig {
        let low = QFormat::signed_for(table.low, table.low, 0).width;
        let low = self.b.lit(i128::from(table.low), Ty::s(low));
        self.b.sub(x, low)
    }

    /// `clamp(x, low, high) - low` without a carry, if few bits of `x` stand above the zeros at the end of `low`: each value of them
    /// says whether `x` is below, above or inside, and the upper bits of the difference.
    fn in_one_level(&mut self, name: &str, table: &QuantTable, x: Sig) -> Option<Sig> {
        let bits = table.segments().max(1).trailing_zeros() + table.shift;
        let zeros = table.low.trailing_zeros().min(bits).min(x.width() - 1);
        let upper = x.width() - zeros;
        if upper > MOST_UPPER {
            return None;
        }
        let sign = if x.is_signed() {
            1i64 << (upper - 1)
        } else {
            0
        };
        let blocks: Vec<(i64, i64)> = (0..1i64 << upper)
            .map(|block| (block, (((block ^ sign) - sign) << zeros) - table.low))
            .collect();
        let top = self.b.slice(x, zeros, upper);
        let top = self.b.name(&format!("{name}_block"), top);
        let mut one_of = |what: &str, holds: &dyn Fn(i64) -> bool| {
            let held: Vec<i64> = blocks
                .iter()
                .filter(|(_, from_low)| holds(*from_low))
                .map(|&(block, _)| block)
                .collect();
            let held = if held.len() == blocks.len() {
                self.b.lit(1, Ty::BIT)
            } else {
                let mut either = None;
                for block in held {
                    let block = self.b.lit(i128::from(block), top.ty());
                    let is = self.b.eq(top, block);
                    either = Some(either.map_or(is, |either| self.b.or(either, is)));
                }
                either.unwrap_or_else(|| self.b.lit(0, Ty::BIT))
            };
            self.b.name(&format!("{name}_{what}"), held)
        };
        let inside = one_of("inside", &|from_low| (0..1i64 << bits).contains(&from_low));
        let above = one_of("above", &|from_low| from_low >= 1i64 << bits);
        let mut parts: Vec<Sig> = (zeros..bits)
            .rev()
            .map(|bit| {
                one_of(&format!("input_bit{bit}"), &|from_low| {
                    from_low >= 0 && (from_low.min((1 << bits) - 1) >> bit) & 1 == 1
                })
            })
            .collect();
        if zeros > 0 {
            let low = self.b.slice(x, 0, zeros);
            let low = self.masked(inside, low);
            let all = self.b.cat(&vec![above; zeros as usize]);
            parts.push(self.b.or(low, all));
        }
        Some(self.b.cat(&parts))
    }

    /// `value` where `bit` is set, else 0. Where a lane is all look-up tables this is no choice: Yosys makes registers with a reset of
    /// such, and of the bit a slow wire to all of them.
    pub(super) fn masked(&mut self, bit: Sig, value: Sig) -> Sig {
        if !self.assume().adds() {
            let zero = self.b.lit(0, value.ty());
            return self.b.mux(bit, value, zero);
        }
        let mask = self.b.cat(&vec![bit; value.width() as usize]);
        let unsigned = self.b.as_unsigned(value);
        let masked = self.b.and(unsigned, mask);
        if value.is_signed() {
            self.b.as_signed(masked)
        } else {
            masked
        }
    }

    /// Knot and rise of a segment, from the memory at the end of this stage.
    fn segment(&mut self, name: &str, table: &QuantTable, segment: Sig) -> (Timed, Timed) {
        let words: Vec<Vec<i128>> = table
            .knots
            .windows(2)
            .map(|pair| {
                let knot = i128::from(pair[0]);
                vec![knot, i128::from(pair[1]) - knot]
            })
            .collect();
        let types = [0, 1].map(|field| holds(words.iter().map(|word| word[field])));
        let words = MemInit::Words {
            file: format!("{}_{name}.hex", self.module),
            words,
        };
        let knots = format!("{name}_knots");
        let depth = table.segments();
        let memory = match self.assume().fabric {
            fabric if fabric.adds_products => {
                memory(&mut self.b, fabric, &knots, &types, depth, words)
            }
            _ => self.b.mem(&knots, &types, depth, words),
        };
        let read = self.b.read(memory, segment, None);
        let mut field = |what: &str, index: usize| match read.get(index) {
            Some(&value) => self.pipe.registered(&format!("{name}_{what}"), value),
            None => self.first,
        };
        (field("knot", 0), field("rise", 1))
    }
}

/// Smallest unsigned type of `values`, which are 0 or above.
fn holds(values: impl Iterator<Item = i128>) -> Ty {
    let largest = values.max().unwrap_or(0);
    Ty::u((i128::BITS - largest.leading_zeros()).max(1))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failure is a failed test")]
mod tests {
    use super::super::Assume;
    use super::super::test_layer::layer;
    use super::super::unit::Unit;
    use super::*;
    use crate::hdl::Sim;
    use crate::rtl::fabric::Fabric;

    /// The formula of the contract, written out.
    fn formula(table: &QuantTable, x: i64) -> i64 {
        let inputs = ((table.knots.len() - 1) as i64) << table.shift;
        let i = x.clamp(table.low, table.low + inputs - 1) - table.low;
        let (segment, part) = ((i >> table.shift) as usize, i & ((1 << table.shift) - 1));
        let half = (1 << table.shift) / 2;
        let rise = table.knots[segment + 1] - table.knots[segment];
        table.knots[segment] + ((rise * part + half) >> table.shift)
    }

    #[test]
    fn a_table_equals_its_formula_for_every_input() {
        let layer = layer();
        let of = |adds_products| {
            Assume::default().on(Fabric {
                adds_products,
                ..Fabric::ICE40
            })
        };
        let tables = [
            (-20, 2, vec![0, 1, 5, 12, 13, 40, 41, 41, 60]),
            (3, 0, vec![7, 9, 9]),
            (-7, 3, vec![0, 0, 1]),
            (-300, 7, vec![0, 0, 0, 90, 255]),
            (-64, 4, vec![0, 4, 9, 25, 31]),
            (-64, 6, vec![0, 4, 9, 25, 31]),
            (64, 5, vec![1, 8, 9]),
            (-256, 7, vec![0, 90, 120, 121, 255]),
        ];
        let mut differences = [0; 2];
        for (assume, (low, shift, knots)) in [false, true]
            .into_iter()
            .flat_map(|adds| tables.clone().map(|table| (of(adds), table)))
        {
            let table = QuantTable { low, shift, knots };
            for input in [Ty::s(9), Ty::u(6)] {
                let mut unit = Unit::new("gs_table", "A table.", &layer, Ty::s(2), &assume);
                let x = unit.b.input("x_i", input);
                let value = unit.table("curve", &table, x);
                let stages = unit.pipe.stage();
                let value = unit.at(value);
                unit.b.output("y_o", value);
                let mut sim = Sim::new(&unit.b.finish().unwrap()).unwrap();
                let signals = sim.signals();
                let is_kept = signals.iter().any(|one| one.name == "curve_from_low_q");
                differences[usize::from(is_kept)] += u32::from(assume.adds());
                let (x, y) = (sim.input("x_i").unwrap(), sim.output("y_o").unwrap());
                let (low, high) = (input.min() as i64, input.max() as i64);
                for raw in low..=high {
                    sim.set(x, raw.into());
                    (0..stages).for_each(|_| sim.clock());
                    assert_eq!(
                        sim.get(y),
                        i128::from(formula(&table, raw)),
                        "{table:?} at {raw}"
                    );
                }
            }
        }
        assert!(
            differences.iter().all(|&units| units > 3),
            "{differences:?}"
        );
    }
}

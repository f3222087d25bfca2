//! Curves as tables: knots and rises in a read-only memory, with linear interpolation between the knots.

use goldspike_golden::format::QFormat;
use goldspike_golden::table::QuantTable;

use super::unit::Unit;
use crate::hdl::{MemInit, Sig, Ty};
use crate::rtl::pipe::Timed;

impl Unit<'_> {
    /// The curve `table`, named `name`, at `x`: unsigned; ends its stages, four with a multiplier block.
    ///
    /// With `i = clamp(x, low, high) - low`, whose upper bits are the segment and whose lower `shift` bits are `f`:
    /// `y[seg] + ((d[seg] * f + 2^(shift-1)) >> shift)`.
    pub(crate) fn table(&mut self, name: &str, table: &QuantTable, x: Sig) -> Timed {
        let segments = table.segments().max(1);
        let (shift, index_bits) = (table.shift, segments.trailing_zeros());
        let low = QFormat::signed_for(table.low, table.low, 0).width;
        let low = self.b.lit(i128::from(table.low), Ty::s(low));
        let from_low = self.b.sub(x, low);
        let from_low_name = format!("{name}_from_low");
        let from_low = if self.assume().adds {
            // No multiplier is slower: a difference and what it saturates to are a stage each.
            let kept = self.keep(&from_low_name, from_low);
            self.next_stage();
            self.at(kept)
        } else {
            self.b.name(&from_low_name, from_low)
        };
        let inside = self.b.saturate(from_low, Ty::u(index_bits + shift));
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
        let memory = format!("{name}_knots");
        let memory = self.b.mem(&memory, &types, table.segments(), words);
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
        for (low, shift, knots) in [
            (-20, 2, vec![0, 1, 5, 12, 13, 40, 41, 41, 60]),
            (3, 0, vec![7, 9, 9]),
            (-7, 3, vec![0, 0, 1]),
            (-300, 7, vec![0, 0, 0, 90, 255]),
        ] {
            let table = QuantTable { low, shift, knots };
            for input in [Ty::s(9), Ty::u(6)] {
                let assume = Assume::default();
                let mut unit = Unit::new("gs_table", "A table.", &layer, Ty::s(2), &assume);
                let x = unit.b.input("x_i", input);
                let value = unit.table("curve", &table, x);
                let stages = unit.pipe.stage();
                let value = unit.at(value);
                unit.b.output("y_o", value);
                let mut sim = Sim::new(&unit.b.finish().unwrap()).unwrap();
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
    }
}

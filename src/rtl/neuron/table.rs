//! Curves as tables: knots and rises in a read-only memory, with linear interpolation between the knots.

use goldspike_golden::format::{QFormat, Rounding};
use goldspike_golden::table::QuantTable;

use super::unit::Unit;
use crate::hdl::{MemInit, Sig, Ty};
use crate::rtl::pipe::Timed;

impl Unit<'_> {
    /// The curve `table`, named `name`, at `x`: unsigned, valid four stages later.
    ///
    /// With `i = clamp(x, low, high) - low`, whose upper bits are the segment and whose lower `shift` bits are `f`:
    /// `y[seg] + ((d[seg] * f + 2^(shift-1)) >> shift)`.
    pub(crate) fn table(&mut self, name: &str, table: &QuantTable, x: Sig) -> Timed {
        let segments = table.segments().max(1);
        let (shift, index_bits) = (table.shift, segments.trailing_zeros());
        let low = QFormat::signed_for(table.low, table.low, 0).width;
        let low = self.b.lit(i128::from(table.low), Ty::s(low));
        let from_low = self.b.sub(x, low);
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

        let risen = part.map(|part| {
            let (rise, part) = (self.at(rise), self.at(part));
            let risen = self.b.mul(rise, part);
            self.keep(&format!("{name}_risen"), risen)
        });
        self.next_stage();

        let knot = self.at(knot);
        let value = match risen {
            None => knot,
            Some(risen) => {
                let risen = self.at(risen);
                let risen = self.b.round_shr(risen, shift, Rounding::HalfUp);
                self.b.add(knot, risen)
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

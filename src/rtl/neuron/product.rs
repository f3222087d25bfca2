//! A factor times a value, exact, in the cheapest circuit: nothing, a shift, a few shifted additions, or a multiplier.
//!
//! Shifted additions follow the canonical signed digits of the factor (Reitwiesner 1960): no two neighbours are non-zero, and
//! no other signed representation has fewer non-zero digits. `1 - 2^-k` is two of them. This is the whole product; the
//! rounding comes after it: `v - R(v 2^-k)` would be another neuron.

use super::forms::{Form, Forms};
use super::unit::{Constant, Unit};
use crate::hdl::{Sig, Ty};
use crate::rtl::pipe::Timed;

/// Most non-zero digits for which additions are taken: three adders in a row.
const MOST_DIGITS: usize = 4;

/// One non-zero signed digit: its power of two, and whether it counts negative.
type Digit = (u32, bool);

/// The non-zero canonical signed digits of a factor of 0 or above, the lowest first.
pub(super) fn signed_digits(factor: i64) -> Vec<Digit> {
    let mut digits = Vec::new();
    let (mut rest, mut power) = (i128::from(factor), 0);
    while rest != 0 {
        if rest & 1 == 1 {
            // 1 where the next bit is 0, -1 where it is 1.
            let digit = 2 - (rest & 3);
            digits.push((power, digit < 0));
            rest -= digit;
        }
        rest >>= 1;
        power += 1;
    }
    digits
}

impl Unit<'_> {
    /// `coefficient * v`, exact, registered as `name`.
    pub(crate) fn product(&mut self, name: &str, coefficient: &Constant, v: Timed) -> Timed {
        let v = self.at(v);
        let product = match *coefficient {
            Constant::Literal(factor, ty) => self.constant_product(name, factor, ty, v),
            Constant::Input(_) => {
                self.note(
                    name,
                    "multiplier",
                    "the factor is read from the memory of constants",
                );
                let coefficient = self.value(coefficient);
                self.b.mul(v, coefficient)
            }
        };
        self.keep(name, product)
    }

    /// `factor * v` of a factor that is the same for all neurons and steps.
    fn constant_product(&mut self, name: &str, factor: i64, ty: Ty, v: Sig) -> Sig {
        let frac = self.frac();
        let digits = signed_digits(factor);
        if self.assume().forms == Forms::General || digits.len() > MOST_DIGITS {
            let why = match self.assume().forms {
                Forms::General => "general form".to_owned(),
                Forms::Cheapest => format!(
                    "{} / 2^{frac} has {} signed digits, additions are taken for up to {MOST_DIGITS}",
                    factor,
                    digits.len()
                ),
            };
            self.note(name, "multiplier", &why);
            let factor = self.b.lit(i128::from(factor), ty);
            return self.b.mul(v, factor);
        }
        let Some((&(first, negative), rest)) = digits.split_last() else {
            self.note(name, "nothing", "the factor is 0");
            return self.b.lit(0, v.ty());
        };
        if rest.is_empty() {
            self.note(
                name,
                "shift",
                &format!("the factor is 2^{}", i64::from(first) - i64::from(frac)),
            );
            return self.b.shl(v, first);
        }
        let plural = if rest.len() == 1 { "" } else { "s" };
        let form = format!("{} shifted addition{plural}", rest.len());
        let why = format!("{factor} / 2^{frac} has {} signed digits", digits.len());
        self.note(name, &form, &why);
        let top = self.b.shl(v, first);
        debug_assert!(!negative, "the highest digit of a positive factor is 1");
        let mut sum = top;
        for &(power, negative) in rest.iter().rev() {
            let part = self.b.shl(v, power);
            sum = if negative {
                self.b.sub(sum, part)
            } else {
                self.b.add(sum, part)
            };
        }
        // The exact product needs no more bits than a multiplier gives.
        let bits = 64 - factor.leading_zeros();
        self.b.wrap(sum, Ty::s(v.width() + bits))
    }

    /// Which form a part has.
    pub(crate) fn note(&mut self, part: &str, form: &str, why: &str) {
        let form = Form {
            part: part.to_owned(),
            form: form.to_owned(),
            why: why.to_owned(),
        };
        if !self.forms.contains(&form) {
            self.forms.push(form);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::signed_digits;

    #[test]
    fn signed_digits_are_the_factor_without_neighbours() {
        for factor in 0..4096i64 {
            let digits = signed_digits(factor);
            let sum: i64 = digits
                .iter()
                .map(|&(power, negative)| if negative { -(1 << power) } else { 1 << power })
                .sum();
            assert_eq!(sum, factor);
            assert!(
                digits.windows(2).all(|pair| pair[1].0 > pair[0].0 + 1),
                "{factor}: {digits:?}"
            );
            assert!(digits.last().is_none_or(|&(_, negative)| !negative));
        }
    }
}

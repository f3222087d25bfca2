//! A factor times a value, exact, in the cheapest circuit: nothing, a shift, a few shifted additions, or a multiplier.
//!
//! Shifted additions follow the canonical signed digits of the factor (Reitwiesner 1960): no two neighbours are non-zero, and
//! no other signed representation has fewer non-zero digits. `1 - 2^-k` is two of them. This is the whole product; the
//! rounding comes after it: `v - R(v 2^-k)` would be another neuron.

use goldspike_golden::format::{QFormat, Rounding};

use super::forms::{Form, Forms};
use super::unit::{Constant, Unit};
use crate::hdl::{Sig, Ty};
use crate::rtl::pipe::Timed;
use crate::rtl::plan::ty;
use crate::rtl::regs::resized;

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

/// A registered product with a coefficient.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Product {
    pub(super) value: Timed,
    /// Already rounded to the LSB of the other factor; else exact.
    pub(super) rounded: bool,
}

/// Smallest type of `R(factor * v)`, `factor` of 0 or above.
fn rounded_type(factor: i64, frac: u32, half: bool, v: Ty) -> Ty {
    let half = if half && frac > 0 {
        1i128 << (frac - 1)
    } else {
        0
    };
    let rounded = |v: i128| ((i128::from(factor) * v + half) >> frac) as i64;
    ty(QFormat::signed_for(rounded(v.min()), rounded(v.max()), 0))
}

impl Unit<'_> {
    /// `coefficient * v`, registered as `name`: rounded where that costs no adder of its own, else exact. It may take several
    /// stages: see [`reach`](crate::rtl::pipe::Pipe::reach).
    pub(crate) fn product(&mut self, name: &str, coefficient: &Constant, value: Timed) -> Product {
        let v = self.at(value);
        if let Constant::Literal(factor, _) = *coefficient
            && let Some(rounded) = self.rounded_product(name, factor, v)
        {
            return Product {
                value: self.keep(name, rounded),
                rounded: true,
            };
        }
        let value = match *coefficient {
            Constant::Literal(factor, ty) => self.constant_product(name, (factor, ty), value),
            Constant::Input(coefficient) => {
                self.note(
                    name,
                    self.multiplier_form(),
                    "the factor is read from the memory of constants",
                );
                self.multiplied(name, value, coefficient)
            }
        };
        Product {
            value,
            rounded: false,
        }
    }

    /// `R(factor * v)` with one adder at most. Half an LSB needs none where the lowest bits of the first digit's term are
    /// zeros.
    fn rounded_product(&mut self, name: &str, factor: i64, v: Sig) -> Option<Sig> {
        let half = match self.layer.rounding {
            Rounding::HalfUp => true,
            Rounding::Floor => false,
            Rounding::ToZero | Rounding::HalfEven => return None,
        };
        if self.assume().forms == Forms::General {
            return None;
        }
        let frac = self.frac();
        let digits = signed_digits(factor);
        let result = rounded_type(factor, frac, half, v.ty());
        let value = match *digits.as_slice() {
            [(first, _)] if first >= frac => self.b.shl(v, first - frac),
            [(first, _)] => self.b.round_shr(v, frac - first, self.layer.rounding),
            [(power, negative), (first, _)] if first >= frac && frac > 0 => {
                let high = self.b.shl(v, first - frac);
                let high = self.b.as_unsigned(high);
                let low = if half { 1 << (frac - 1) } else { 0 };
                let low = self.b.lit(low, Ty::u(frac));
                let top = self.b.cat(&[high, low]);
                let top = if v.is_signed() {
                    self.b.as_signed(top)
                } else {
                    top
                };
                let part = self.b.shl(v, power);
                let sum = if negative {
                    self.b.sub(top, part)
                } else {
                    self.b.add(top, part)
                };
                self.b.shr_floor(sum, frac)
            }
            _ => return None,
        };
        let (form, why) = match digits.len() {
            1 => (
                "shift",
                format!(
                    "the factor is 2^{}",
                    i64::from(digits[0].0) - i64::from(frac)
                ),
            ),
            _ => (
                "1 shifted addition",
                format!("{factor} / 2^{frac} has 2 signed digits"),
            ),
        };
        self.note(name, form, &why);
        Some(if value.is_signed() == result.is_signed() {
            resized(&mut self.b, value, result)
        } else {
            self.b.wrap(value, result)
        })
    }

    /// Whether the product with `constant` is made of additions.
    pub(super) fn is_added(&self, constant: &Constant) -> bool {
        match *constant {
            Constant::Literal(factor, _) => {
                self.assume().forms == Forms::Cheapest
                    && (self.assume().adds() || signed_digits(factor).len() <= MOST_DIGITS)
            }
            Constant::Input(_) => false,
        }
    }

    /// `factor * v` of a factor that is the same for all neurons and steps, registered as `name`: one adder a stage.
    fn constant_product(&mut self, name: &str, (factor, ty): (i64, Ty), value: Timed) -> Timed {
        let frac = self.frac();
        let v = self.at(value);
        let digits = signed_digits(factor);
        if !self.is_added(&Constant::Literal(factor, ty)) {
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
            let product = self.b.mul(v, factor);
            return self.keep(name, product);
        }
        let Some((&(first, negative), rest)) = digits.split_last() else {
            self.note(name, "nothing", "the factor is 0");
            let zero = self.b.lit(0, v.ty());
            return self.keep(name, zero);
        };
        let top = self.b.shl(v, first);
        if rest.is_empty() {
            self.note(
                name,
                "shift",
                &format!("the factor is 2^{}", i64::from(first) - i64::from(frac)),
            );
            return self.keep(name, top);
        }
        let plural = if rest.len() == 1 { "" } else { "s" };
        let form = format!("{} shifted addition{plural}", rest.len());
        let why = format!("{factor} / 2^{frac} has {} signed digits", digits.len());
        self.note(name, &form, &why);
        debug_assert!(!negative, "the highest digit of a positive factor is 1");
        // The exact product needs no more bits than a multiplier gives.
        let exact = Ty::s(v.width() + 64 - factor.leading_zeros());
        let start = self.pipe.stage();
        let mut sum = top;
        for (left, &(power, negative)) in rest.iter().rev().enumerate() {
            let v = self.at(value);
            let part = self.b.shl(v, power);
            let next = if negative {
                self.b.sub(sum, part)
            } else {
                self.b.add(sum, part)
            };
            if left + 1 == rest.len() {
                sum = next;
                break;
            }
            let partial = self.keep(&format!("{name}_of_{}", left + 2), next);
            self.next_stage();
            sum = self.at(partial);
        }
        let sum = self.b.wrap(sum, exact);
        let product = self.keep(name, sum);
        self.pipe.back_to(start);
        product
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

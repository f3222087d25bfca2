//! Law: every operation of `Raw` equals the `fixed` crate, which shares no code with it. Exhaustive for operands of up
//! to 8 bits, random beyond (16, 32 and 64-bit formats), every rounding and overflow mode.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

use fixed::traits::Fixed;
use fixed::types::extra::{
    LeEqU128, U0, U1, U2, U3, U4, U5, U6, U7, U8, U12, U15, U16, U23, U24, U31, U40, U63,
};
use fixed::types::{I4F12, I16F16, I24F8, I64F64, U4F4, U8F8};
use fixed::{FixedI8, FixedI16, FixedI32, FixedI64, FixedI128, FixedU8, FixedU16, FixedU32};
use goldspike_golden::arith::{Arith, Raw};
use goldspike_golden::format::{Overflow, QFormat, Rounding, nearest};
use goldspike_golden::typed::NotRepresentable;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

/// `bits * 2^-Frac` rounded to an integer by the `fixed` crate.
fn rounded<Frac: LeEqU128>(bits: i128, mode: Rounding) -> i128 {
    let value = FixedI128::<Frac>::from_bits(bits);
    let result = match mode {
        Rounding::Floor => value.floor(),
        Rounding::ToZero => value.round_to_zero(),
        Rounding::HalfEven => value.round_ties_even(),
        // Without fractional bits 1/2 is not representable, and nothing is to be rounded.
        Rounding::HalfUp => (value + FixedI128::<Frac>::from_num(0.5)).floor(),
    };
    result.to_num::<i128>()
}

fn raw(rounding: Rounding, overflow: Overflow) -> Raw {
    Raw { rounding, overflow }
}

fn saturated(value: i128) -> i64 {
    FixedI64::<U0>::saturating_from_num(FixedI128::<U0>::from_bits(value)).to_bits()
}

#[derive(Default)]
struct Seen {
    cases: u64,
    ties: u64,
    negative_ties: u64,
}

impl Seen {
    fn product<Frac: LeEqU128>(&mut self, exact: i128, coefficient: i64, value: i64) {
        let unit = 1i128 << Frac::U32;
        let tie = Frac::U32 > 0 && exact & (unit - 1) == unit / 2;
        self.ties += u64::from(tie);
        self.negative_ties += u64::from(tie && exact < 0);
        for mode in Rounding::ALL {
            let expected = saturated(rounded::<Frac>(exact, mode));
            let found = raw(mode, Overflow::Wrap).product(&coefficient, &value, Frac::U32);
            assert_eq!(
                found,
                expected,
                "{coefficient} * {value} >> {} {mode:?}",
                Frac::U32
            );
            self.cases += 1;
        }
    }
}

/// Both operand formats of one width, for each listed number of dropped bits.
macro_rules! products {
    ($seen:expr, $Fixed:ident, $a:expr, $b:expr, [$($Frac:ident),*]) => {
        $({
            let wide = $Fixed::<U0>::from_bits($a).wide_mul($Fixed::<$Frac>::from_bits($b));
            $seen.product::<$Frac>(i128::from(wide.to_bits()), i64::from($a), i64::from($b));
        })*
    };
}

#[test]
fn products_of_8_bit_operands() {
    let mut seen = Seen::default();
    for value in i8::MIN..=i8::MAX {
        for coefficient in i8::MIN..=i8::MAX {
            products!(
                seen,
                FixedI8,
                coefficient,
                value,
                [U0, U1, U2, U3, U4, U5, U6, U7, U8]
            );
        }
        for coefficient in 0..=u8::MAX {
            let (c, v) = (i16::from(coefficient), i16::from(value));
            products!(seen, FixedI16, c, v, [U0, U1, U2, U3, U4, U5, U6, U7, U8]);
        }
    }
    assert_eq!(seen.cases, 512 * 256 * 9 * 4);
    assert!(seen.ties > 10_000 && seen.negative_ties > 5_000);
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct("proptest-regressions/raw_equals_fixed.txt"))),
        ..ProptestConfig::with_cases(20_000)
    })]

    #[test]
    fn products_of_wide_operands(a in any::<i64>(), b in any::<i64>(), low in 0u32..64, high in 0u32..64) {
        let (a, b) = (a >> low, b >> high);
        let mut seen = Seen::default();
        products!(seen, FixedI16, a as i16, b as i16, [U1, U5, U12, U15, U16]);
        products!(seen, FixedI32, a as i32, b as i32, [U1, U8, U23, U24, U31]);
        products!(seen, FixedI64, a, b, [U1, U12, U24, U40, U63]);
        prop_assert_eq!(seen.cases, 15 * 4);
    }

    #[test]
    fn alignments(sum in any::<i64>(), shift in 0u32..64) {
        let sum = sum >> shift;
        for mode in Rounding::ALL {
            let a = raw(mode, Overflow::Wrap);
            let bits = i128::from(sum);
            prop_assert_eq!(a.align(&sum, 0), sum);
            prop_assert_eq!(a.align(&sum, -1), saturated(rounded::<U1>(bits, mode)));
            prop_assert_eq!(a.align(&sum, -7), saturated(rounded::<U7>(bits, mode)));
            prop_assert_eq!(a.align(&sum, -24), saturated(rounded::<U24>(bits, mode)));
            prop_assert_eq!(a.align(&sum, -63), saturated(rounded::<U63>(bits, mode)));
            for left in [1, 5, 20] {
                prop_assert_eq!(a.align(&sum, left), saturated(bits << left));
            }
        }
    }

    #[test]
    fn sums_are_exact(a in -(1i64 << 61)..1 << 61, b in -(1i64 << 61)..1 << 61) {
        let oracle = |x: i64| FixedI64::<U0>::from_bits(x);
        prop_assert_eq!(Raw::default().add(&a, &b), (oracle(a) + oracle(b)).to_bits());
        prop_assert_eq!(Raw::default().sub(&a, &b), (oracle(a) - oracle(b)).to_bits());
    }

    #[test]
    fn overflow_of_wide_formats(sum in any::<i64>(), shift in 0u32..64) {
        let sum = sum >> shift;
        let value = FixedI64::<U0>::from_bits(sum);
        overflows::<FixedI16<U0>>(sum, value.wrapping_to_num(), value.saturating_to_num());
        overflows::<FixedU16<U0>>(sum, value.wrapping_to_num(), value.saturating_to_num());
        overflows::<FixedI32<U0>>(sum, value.wrapping_to_num(), value.saturating_to_num());
        overflows::<FixedU32<U0>>(sum, value.wrapping_to_num(), value.saturating_to_num());
        overflows::<FixedI64<U0>>(sum, value.wrapping_to_num(), value.saturating_to_num());
    }

    #[test]
    fn every_operation_is_total(a in any::<i64>(), b in any::<i64>(), drop in any::<u32>(), guard in any::<i32>(),
        width in any::<u32>(), signed in any::<bool>())
    {
        for (rounding, overflow) in Rounding::ALL.into_iter().flat_map(|r| Overflow::ALL.map(|o| (r, o))) {
            let arith = raw(rounding, overflow);
            let _ = (arith.add(&a, &b), arith.sub(&a, &b), arith.product(&a, &b, drop), arith.align(&a, guard));
            let _ = arith.overflow(&a, &QFormat { width, frac: guard, signed });
            arith.accumulate(&mut [a], &[b], &a);
        }
    }
}

fn overflows<F: Fixed>(sum: i64, wrapped: F, clamped: F) {
    let format = QFormat::of::<F>();
    let bits = |value: F| value.to_num::<i64>();
    assert_eq!(
        raw(Rounding::Floor, Overflow::Wrap).overflow(&sum, &format),
        bits(wrapped),
        "{sum} wrap {format}"
    );
    assert_eq!(
        raw(Rounding::Floor, Overflow::Saturate).overflow(&sum, &format),
        bits(clamped),
        "{sum} {format}"
    );
    let least = if F::IS_SIGNED { -bits(F::MAX) } else { 0 };
    let symmetric = raw(Rounding::Floor, Overflow::SaturateSymmetric).overflow(&sum, &format);
    assert_eq!(
        symmetric,
        bits(clamped).max(least),
        "{sum} symmetric {format}"
    );
}

#[test]
fn overflow_of_8_bit_formats() {
    for sum in i16::MIN..=i16::MAX {
        let value = FixedI16::<U0>::from_bits(sum);
        overflows::<FixedI8<U0>>(
            i64::from(sum),
            value.wrapping_to_num(),
            value.saturating_to_num(),
        );
        overflows::<FixedU8<U0>>(
            i64::from(sum),
            value.wrapping_to_num(),
            value.saturating_to_num(),
        );
    }
}

/// Widths that the `fixed` crate does not have, against the definition: the value of the same residue modulo 2^width,
/// the nearest value.
#[test]
fn overflow_of_odd_widths() {
    for width in 1..=12u32 {
        for signed in [false, true] {
            let format = QFormat {
                width,
                frac: 0,
                signed,
            };
            let range = (format.min()..=format.max()).collect::<Vec<_>>();
            assert_eq!(range.len(), 1 << width);
            for sum in -9000i64..9000 {
                let residue = |value: i64| value.rem_euclid(1 << width);
                let wrapped = range
                    .iter()
                    .find(|value| residue(**value) == residue(sum))
                    .unwrap();
                assert_eq!(
                    raw(Rounding::Floor, Overflow::Wrap).overflow(&sum, &format),
                    *wrapped
                );
                let closest = range
                    .iter()
                    .min_by_key(|value| value.abs_diff(sum))
                    .unwrap();
                assert_eq!(
                    raw(Rounding::Floor, Overflow::Saturate).overflow(&sum, &format),
                    *closest
                );
            }
        }
    }
}

#[test]
fn formats_are_those_of_the_types() {
    assert_eq!(QFormat::of::<I4F12>(), QFormat::signed(16, 12));
    assert_eq!(QFormat::of::<I4F12>().to_string(), "I4F12");
    assert_eq!(QFormat::of::<U8F8>(), QFormat::unsigned(16, 8));
    assert_eq!(
        (QFormat::of::<I16F16>().min(), QFormat::of::<I16F16>().max()),
        (-(1 << 31), (1 << 31) - 1)
    );
    assert_eq!(QFormat::signed_for(-8, 7, 0).width, 4);
    assert_eq!(QFormat::signed_for(-9, 7, 0).width, 5);
    assert_eq!(QFormat::signed_for(0, 8, 0).width, 5);
    assert_eq!(
        (QFormat::unsigned(63, 0).max(), QFormat::signed(63, 0).min()),
        (i64::MAX, -(1 << 62))
    );
}

#[test]
fn typed_values_convert_exactly_or_not_at_all() {
    let format = QFormat::signed(10, 8);
    assert_eq!(format.from_fixed(I4F12::from_num(-1.5)), Ok(-384));
    assert_eq!(format.to_fixed::<I4F12>(-384), Ok(I4F12::from_num(-1.5)));
    assert_eq!(format.from_fixed(U4F4::from_num(1.9375)), Ok(496));
    let refused = |format: QFormat, value: &str| {
        Err(NotRepresentable {
            value: value.to_owned(),
            format,
        })
    };
    assert_eq!(format.from_fixed(I4F12::from_num(2)), refused(format, "2"));
    assert_eq!(
        format.from_fixed(I4F12::DELTA),
        refused(format, &I4F12::DELTA.to_string())
    );
    assert_eq!(
        format.from_fixed(I64F64::MIN),
        refused(format, &I64F64::MIN.to_string())
    );
    assert_eq!(
        format.to_fixed::<U4F4>(-16).unwrap_err().format,
        QFormat::unsigned(8, 4)
    );
    assert_eq!(
        format.to_fixed::<U4F4>(1).unwrap_err().to_string(),
        "1 * 2^-8 is not representable in U4F4"
    );
    assert_eq!(format.to_fixed::<I24F8>(512).unwrap_err().format, format);
    let coarse = QFormat::signed(8, -3);
    assert_eq!(coarse.to_fixed::<I16F16>(5), Ok(I16F16::from_num(40)));
    assert_eq!(coarse.from_fixed(I16F16::from_num(40)), Ok(5));
    assert!(coarse.from_fixed(I16F16::from_num(41)).is_err());
    for raw in format.min()..=format.max() {
        assert_eq!(
            format.from_fixed(format.to_fixed::<I24F8>(raw).unwrap()),
            Ok(raw)
        );
    }
}

#[test]
fn reals_go_to_the_nearest_raw_value_ties_away_from_zero() {
    assert_eq!(nearest(0.5, 1.0), Some(1));
    assert_eq!(nearest(-0.5, 1.0), Some(-1));
    assert_eq!(nearest(2.5, 1.0), Some(3));
    assert_eq!(nearest(-0.49, 1.0), Some(0));
    assert_eq!(nearest(0.375, 0.25), Some(2));
    assert_eq!(nearest(1e300, 1e-300), None);
    assert_eq!(nearest(f64::NAN, 1.0), None);
    assert_eq!(nearest(f64::INFINITY, 1.0), None);
    assert_eq!(nearest(1.0, 0.0), None);
    assert_eq!(nearest(1.0, -1.0), None);
    assert_eq!(
        nearest(9.223372036854775e18, 1.0),
        Some(9_223_372_036_854_774_784)
    );
    assert_eq!(nearest(9.3e18, 1.0), None);
}

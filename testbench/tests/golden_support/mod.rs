//! Rounding and overflow by their definitions, in plain integers: what golden tests compare the arithmetic with.
#![allow(dead_code, reason = "each test includes what it needs")]

use goldspike_golden::format::{Overflow, QFormat, Rounding};

/// `value / 2^drop` by the definitions of the modes.
pub fn rounded(value: i128, drop: u32, mode: Rounding) -> i128 {
    let unit = 1i128 << drop;
    let (floor, lost) = (value.div_euclid(unit), value.rem_euclid(unit));
    match mode {
        Rounding::Floor => floor,
        Rounding::ToZero => value / unit,
        Rounding::HalfUp => (2 * value + unit).div_euclid(2 * unit),
        Rounding::HalfEven if 2 * lost == unit => floor + floor.rem_euclid(2),
        Rounding::HalfEven => (2 * value + unit).div_euclid(2 * unit),
    }
}

/// `sum` in `format` by the definitions of the modes.
pub fn brought(sum: i128, format: &QFormat, mode: Overflow) -> i128 {
    let (least, most) = (i128::from(format.min()), i128::from(format.max()));
    match mode {
        Overflow::Saturate => sum.max(least).min(most),
        Overflow::SaturateSymmetric => sum.max(-most).min(most),
        Overflow::Wrap => (sum - least).rem_euclid(most - least + 1) + least,
    }
}

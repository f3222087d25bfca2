//! The weight step: the real value of weight 1, chosen by least squared error.
//!
//! Minimises `sum (|w| - s * min(rint(|w| / s), q))^2` over `s > 0` for the largest raw weight `q`. For a fixed
//! assignment of integers the best `s` is `sum |w| k / sum k^2`; the error has many local minima, so a grid of starts is
//! refined by that rule. One bit has the weights `-s` and `+s`; the best `s` is `mean |w|`.
//!
//! Only `+ - * /` and comparisons of `f64` in a fixed order: the same bits on every machine. The result has 24
//! significant bits, so that its product with an input scale stays exact.

use super::dyadic::pow2;

/// Largest raw weight of a width: `2^(bits-1) - 1`, the lowest code is not used; 1 for one bit.
pub(crate) fn largest_raw(bits: u32) -> i32 {
    if bits == 1 { 1 } else { (1 << (bits - 1)) - 1 }
}

/// The raw weight of `w`: nearest (ties away) and clipped; at one bit its sign, zero counting as positive.
pub(crate) fn raw_weight(w: f64, step: f64, bits: u32) -> i32 {
    if bits == 1 {
        return if w < 0.0 { -1 } else { 1 };
    }
    let largest = largest_raw(bits);
    (w / step)
        .round()
        .clamp(-f64::from(largest), f64::from(largest)) as i32
}

/// Whether `w` lies outside the largest raw weight by more than half a step (it is clipped, not rounded).
pub(crate) fn is_clipped(w: f64, step: f64, bits: u32) -> bool {
    bits > 1 && (w / step).abs().round() > f64::from(largest_raw(bits))
}

/// The least-squares step for weights of `bits` bits; `None` if all are zero. `known_step`: a step of which the
/// weights are multiples (the file's own), taken if all of them fit.
#[must_use]
pub fn least_squares_step(weights: &[f64], bits: u32, known_step: Option<f64>) -> Option<f64> {
    let magnitudes: Vec<f64> = weights
        .iter()
        .map(|w| w.abs())
        .filter(|&w| w > 0.0)
        .collect();
    let largest = magnitudes.iter().copied().fold(0.0, f64::max);
    if magnitudes.is_empty() {
        return None;
    }
    if bits == 1 {
        let sum: f64 = magnitudes.iter().sum();
        return Some(short(sum / weights.len() as f64)).filter(|&s| s > 0.0);
    }
    let q = f64::from(largest_raw(bits));
    if let Some(step) = known_step.filter(|&s| s > 0.0 && largest <= s * q)
        && magnitudes.iter().all(|&w| (w / step).round() * step == w)
    {
        return Some(step);
    }
    Some(search(&magnitudes, largest, q)).filter(|&s| s > 0.0)
}

/// A grid over (0, 2] times the step that clips nothing, then finer ones around its best points; each point is
/// improved once, the best ones until they rest.
fn search(magnitudes: &[f64], largest: f64, q: f64) -> f64 {
    let unclipped = largest / q;
    let points = ((1usize << 19) / magnitudes.len()).clamp(128, 2048);
    let spacing = 2.0 * unclipped / points as f64;
    let scan = |centre: f64, spacing: f64, from: i32, to: i32| -> Vec<(f64, f64)> {
        (from..=to)
            .map(|i| centre + spacing * f64::from(i))
            .filter(|&s| s > 0.0)
            .map(|s| {
                let s = refined(magnitudes, s, q);
                (squared_error(magnitudes, s, q), s)
            })
            .collect()
    };
    let mut found = scan(0.0, spacing, 1, points as i32);
    found.push((squared_error(magnitudes, unclipped, q), unclipped));
    let finer = (points / 16) as i32;
    for zoom in 1..=2 {
        best_first(&mut found);
        let spacing = 2.0 * spacing / f64::from(finer.pow(zoom));
        let centres: Vec<f64> = found.iter().take(3).map(|&(_, s)| s).collect();
        for centre in centres {
            found.extend(scan(centre, spacing, -finer, finer));
        }
    }
    best_first(&mut found);
    let mut best = (f64::INFINITY, unclipped);
    for &(start_error, start) in found.iter().take(8) {
        let mut at = (start_error, start);
        for _ in 0..100 {
            let s = refined(magnitudes, at.1, q);
            let error = squared_error(magnitudes, s, q);
            if error >= at.0 {
                break;
            }
            at = (error, s);
        }
        if at.0 < best.0 {
            best = at;
        }
    }
    short(best.1)
}

fn best_first(found: &mut [(f64, f64)]) {
    found.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.total_cmp(&a.1)));
}

fn nearest(w: f64, reciprocal: f64, q: f64) -> f64 {
    // Below 2^15 the cast is the floor.
    f64::from(((w * reciprocal).min(q) + 0.5) as i32).min(q)
}

/// `sum |w| k / sum k^2` for the integers `k` that `s` gives; `s` itself if all are zero.
fn refined(magnitudes: &[f64], s: f64, q: f64) -> f64 {
    let reciprocal = 1.0 / s;
    let (mut product, mut square) = (0.0, 0.0);
    for &w in magnitudes {
        let k = nearest(w, reciprocal, q);
        product += w * k;
        square += k * k;
    }
    if square > 0.0 && product > 0.0 {
        product / square
    } else {
        s
    }
}

fn squared_error(magnitudes: &[f64], s: f64, q: f64) -> f64 {
    let reciprocal = 1.0 / s;
    let mut sum = 0.0;
    for &w in magnitudes {
        let error = w - s * nearest(w, reciprocal, q);
        sum += error * error;
    }
    sum
}

/// `x` rounded to 24 significant bits (values below the normal range are left alone).
fn short(x: f64) -> f64 {
    if !x.is_normal() {
        return x;
    }
    let exponent = ((x.to_bits() >> 52) & 0x7ff) as i32 - 1023;
    if !(-900..=900).contains(&exponent) {
        return x;
    }
    (x * pow2(23 - exponent)).round() * pow2(exponent - 23)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_multiples_keep_their_step() {
        let weights = [0.125, -0.875, 0.0, 0.375];
        assert_eq!(least_squares_step(&weights, 4, Some(0.125)), Some(0.125));
        assert_eq!(least_squares_step(&weights, 8, Some(0.125)), Some(0.125));
        assert_eq!(least_squares_step(&[0.0; 4], 8, Some(0.125)), None);
        assert_eq!(least_squares_step(&[1.0, -2.0, 0.0], 1, None), Some(1.0));
    }

    #[test]
    fn a_step_that_does_not_fit_is_not_taken() {
        let step = least_squares_step(&[0.875, -0.125], 3, Some(0.125)).unwrap();
        assert!(step > 0.2, "{step}");
    }

    #[test]
    fn one_bit_has_no_zero_and_wider_ones_are_symmetric() {
        assert_eq!(raw_weight(0.0, 1.0, 1), 1);
        assert_eq!(raw_weight(-0.1, 1.0, 1), -1);
        assert_eq!(raw_weight(-9.0, 1.0, 3), -3);
        assert_eq!(raw_weight(2.5, 1.0, 8), 3);
        assert_eq!(raw_weight(-2.5, 1.0, 8), -3);
        assert!(is_clipped(-9.0, 1.0, 3) && !is_clipped(3.4, 1.0, 3));
    }
}

//! Least squares of relative errors, with coefficients of 0 or above.

/// A coefficient for each feature.
pub(crate) type Weights<const N: usize> = [f64; N];

/// The coefficients for which the sum of squared relative errors is least, those of 0 or above: of those that come out
/// negative the most negative is left out, and the others are sought again. `None` if the rows say too little.
pub(crate) fn fitted<const N: usize>(rows: &[([f64; N], f64)]) -> Option<Weights<N>> {
    let used = |feature: usize| rows.iter().any(|(x, _)| x[feature] != 0.0);
    let mut kept: Vec<usize> = (0..N).filter(|&feature| used(feature)).collect();
    loop {
        let solution = solved(&normal(rows, &kept))?;
        let least = solution
            .iter()
            .enumerate()
            .min_by(|a, b| a.1.total_cmp(b.1))
            .filter(|(_, value)| **value < 0.0);
        let Some((worst, _)) = least else {
            let mut weights = [0.0; N];
            for (&feature, value) in kept.iter().zip(solution) {
                weights[feature] = value;
            }
            return Some(weights);
        };
        kept.remove(worst);
    }
}

/// The value of a fit.
pub(crate) fn value<const N: usize>(weights: &Weights<N>, x: &[f64; N]) -> f64 {
    weights.iter().zip(x).map(|(weight, x)| weight * x).sum()
}

/// Normal equations of the relative errors, the right side as the last column.
fn normal<const N: usize>(rows: &[([f64; N], f64)], kept: &[usize]) -> Vec<Vec<f64>> {
    let mut matrix = vec![vec![0.0; kept.len() + 1]; kept.len()];
    for (x, y) in rows {
        for (line, &i) in matrix.iter_mut().zip(kept) {
            for (cell, &j) in line.iter_mut().zip(kept) {
                *cell += x[i] * x[j] / (y * y);
            }
            if let Some(cell) = line.last_mut() {
                *cell += x[i] / y;
            }
        }
    }
    matrix
}

/// Gaussian elimination with the largest pivot; `None` for a singular system.
fn solved(matrix: &[Vec<f64>]) -> Option<Vec<f64>> {
    let mut m = matrix.to_vec();
    let n = m.len();
    for column in 0..n {
        let pivot =
            (column..n).max_by(|&a, &b| m[a][column].abs().total_cmp(&m[b][column].abs()))?;
        m.swap(column, pivot);
        let line = m[column].clone();
        let scale: f64 = matrix[column][column].abs();
        if line[column].abs() <= scale * 1e-12 {
            return None;
        }
        for other in m.iter_mut().skip(column + 1) {
            let factor = other[column] / line[column];
            for (cell, value) in other.iter_mut().zip(&line) {
                *cell -= factor * value;
            }
        }
    }
    let mut solution = vec![0.0; n];
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|j| m[row][j] * solution[j]).sum();
        solution[row] = (m[row][n] - known) / m[row][row];
    }
    Some(solution)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failure is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn a_fit_finds_the_weights_that_made_the_rows() {
        let rows: Vec<([f64; 3], f64)> = (1..8u32)
            .map(|n| {
                let n = f64::from(n);
                let x = [1.0, n, n * n];
                (x, 5.0 + 3.0 * n + 0.5 * n * n)
            })
            .collect();
        let weights = fitted(&rows).unwrap();
        for (found, made) in weights.iter().zip([5.0, 3.0, 0.5]) {
            assert!((found - made).abs() < 1e-6, "{weights:?}");
        }
        assert!((value(&weights, &[1.0, 10.0, 100.0]) - 85.0).abs() < 1e-6);
    }

    #[test]
    fn no_weight_is_negative_and_too_few_rows_give_none() {
        let rows: Vec<([f64; 2], f64)> = (1..6u32)
            .map(|n| ([1.0, f64::from(n)], 20.0 - 2.0 * f64::from(n)))
            .collect();
        let weights = fitted(&rows).unwrap();
        assert!(weights[0] > 0.0 && weights[1] == 0.0, "{weights:?}");
        assert_eq!(fitted::<2>(&[([1.0, 2.0], 3.0)]), None);
    }
}

//! A curve as a table of knots with linear interpolation, or the curve itself for the reference.
//!
//! `i = clamp(x, low, high) - low`, `seg = i >> shift`, `y = y[seg] + ((d[seg] (i mod 2^shift) + 2^(shift-1)) >> shift)` with
//! `d[seg] = y[seg+1] - y[seg]`: `2^k + 1` knots, `high = low + 2^(k + shift) - 1`.

/// A table in the numbers of an arithmetic. Without knots it is the sigmoid itself, which integers do not have.
#[derive(Clone, Debug, PartialEq)]
pub struct Table<N> {
    /// Input of the first knot.
    pub low: N,
    /// Largest input; above it the curve stays as it is there.
    pub high: N,
    /// Inputs from one knot to the next, as a power of two.
    pub shift: u32,
    /// Values at the knots.
    pub knots: Vec<N>,
    /// Without knots: the curve is `sigmoid(slope x)`.
    pub slope: f64,
}

/// A table as integers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct QuantTable {
    /// Input of the first knot.
    pub low: i64,
    /// Inputs from one knot to the next, as a power of two; at most 40.
    pub shift: u32,
    /// `2^k + 1` values that never fall, k at least 1.
    pub knots: Vec<i64>,
}

impl QuantTable {
    /// Segments: one less than the knots.
    #[must_use]
    pub fn segments(&self) -> usize {
        self.knots.len().saturating_sub(1)
    }

    /// Largest input that is told from larger ones.
    #[must_use]
    pub fn high(&self) -> i64 {
        let inputs = i64::try_from(self.segments()).unwrap_or(i64::MAX) << self.shift.min(40);
        self.low.saturating_add(inputs.saturating_sub(1))
    }

    /// In the numbers of an arithmetic: `input` converts raw inputs, `output` raw values.
    pub fn convert<N>(&self, input: impl Fn(i64) -> N, output: impl Fn(i64) -> N) -> Table<N> {
        Table {
            low: input(self.low),
            high: input(self.high()),
            shift: self.shift,
            knots: self.knots.iter().map(|&knot| output(knot)).collect(),
            slope: 1.0,
        }
    }
}

//! Input encodings of `goldspike/1`: how a sample of unsigned bytes becomes events, bit for bit.

/// How a data set's sample becomes events (meaning: `examples/README.md`, the format's page).
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(tag = "type", rename_all = "snake_case", deny_unknown_fields))]
pub enum Encoding {
    /// The same analogue value `x * scale` at every step.
    Direct {
        /// Real value of one unit of `x`.
        scale: f64,
        /// Largest `x` (default 255).
        max: u32,
    },
    /// `floor((t+1)x/256) - floor(t x/256)` spikes at step t.
    SigmaDelta,
    /// A spike where `lowbias32(seed + (n*T + t)*P + p) % 256 < x`, n the sample's number in the data set.
    BernoulliHash {
        /// Seed of the counter.
        seed: u32,
    },
    /// One spike at `t = T-1 - floor(x T / levels)`, if `x > 0`.
    Latency {
        /// Number of levels.
        levels: u32,
    },
    /// The sample is `T` rows; step t shows row t, `x * scale`.
    Rows {
        /// Real value of one unit of `x`.
        scale: f64,
        /// Largest `x` (default 255).
        max: u32,
    },
    /// The sample is a `[T, axons]` array of 0 and 1.
    Events,
}

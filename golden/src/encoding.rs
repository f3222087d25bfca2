//! Input encodings of `goldspike/1`: how a sample of unsigned bytes becomes events, bit for bit.
//!
//! Integers throughout; the real value of a payload is the caller's business ([`Encoding::payload_scale`]).

use core::fmt;

use crate::event::{Event, Sample};

/// How a data set's sample becomes events (meaning: `examples/README.md`, the format's page).
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)
)]
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

/// A sample that is not of the encoding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EncodingError {
    /// The sample has another number of values.
    Length {
        /// Values of the sample.
        found: usize,
        /// Values that the encoding reads.
        expected: usize,
    },
    /// A value is above the encoding's largest.
    Value {
        /// Index in the flattened sample.
        position: usize,
        /// The value.
        value: u8,
        /// The largest legal value.
        limit: u32,
    },
    /// A sample needs at least one time step.
    NoSteps,
    /// Latency coding needs at least one level.
    NoLevels,
}

impl fmt::Display for EncodingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { found, expected } => write!(
                f,
                "the sample has {found} values, the encoding reads {expected}"
            ),
            Self::Value {
                position,
                value,
                limit,
            } => {
                write!(
                    f,
                    "value {position} of the sample is {value}, the largest legal one is {limit}"
                )
            }
            Self::NoSteps => f.write_str("a sample needs at least one time step"),
            Self::NoLevels => f.write_str("latency coding needs at least one level"),
        }
    }
}

impl core::error::Error for EncodingError {}

/// The 32-bit mixer `lowbias32` (Wellons, hash-prospector).
fn lowbias32(mut x: u32) -> u32 {
    x ^= x >> 16;
    x = x.wrapping_mul(0x7FEB_352D);
    x ^= x >> 15;
    x = x.wrapping_mul(0x846C_A68B);
    x ^ (x >> 16)
}

impl Encoding {
    /// Largest payload of an event.
    #[must_use]
    pub const fn payload_max(&self) -> u32 {
        match self {
            Self::Direct { max, .. } | Self::Rows { max, .. } => *max,
            Self::SigmaDelta | Self::BernoulliHash { .. } | Self::Latency { .. } | Self::Events => {
                1
            }
        }
    }

    /// Real value of payload 1.
    #[must_use]
    pub const fn payload_scale(&self) -> f64 {
        match self {
            Self::Direct { scale, .. } | Self::Rows { scale, .. } => *scale,
            Self::SigmaDelta | Self::BernoulliHash { .. } | Self::Latency { .. } | Self::Events => {
                1.0
            }
        }
    }

    /// Number of values in a flattened sample.
    #[must_use]
    pub const fn input_len(&self, time_steps: u32, axons: usize) -> usize {
        match self {
            Self::Rows { .. } | Self::Events => axons.saturating_mul(time_steps as usize),
            Self::Direct { .. }
            | Self::SigmaDelta
            | Self::BernoulliHash { .. }
            | Self::Latency { .. } => axons,
        }
    }

    /// Events of one sample, by ascending address in each step.
    ///
    /// `raw`: the flattened sample, [`Self::input_len`] values; `sample_index`: its number in the data set, which
    /// `BernoulliHash` counts with. A latency-coded value of `levels` or more never spikes.
    ///
    /// # Errors
    /// [`EncodingError`] if the sample is not of this encoding.
    pub fn encode(
        &self,
        raw: &[u8],
        time_steps: u32,
        axons: usize,
        sample_index: u64,
    ) -> Result<Sample, EncodingError> {
        if time_steps == 0 {
            return Err(EncodingError::NoSteps);
        }
        let expected = self.input_len(time_steps, axons);
        if raw.len() != expected {
            return Err(EncodingError::Length {
                found: raw.len(),
                expected,
            });
        }
        let limit = match self {
            Self::Direct { max, .. } | Self::Rows { max, .. } => *max,
            Self::Events => 1,
            Self::SigmaDelta | Self::BernoulliHash { .. } | Self::Latency { .. } => {
                u32::from(u8::MAX)
            }
        };
        if let Some((position, &value)) = raw
            .iter()
            .enumerate()
            .find(|&(_, &value)| u32::from(value) > limit)
        {
            return Err(EncodingError::Value {
                position,
                value,
                limit,
            });
        }
        if matches!(self, Self::Latency { levels: 0 }) {
            return Err(EncodingError::NoLevels);
        }
        let steps = (0..u64::from(time_steps))
            .map(|t| {
                let shown = match self {
                    Self::Rows { .. } | Self::Events => {
                        raw.chunks(axons.max(1)).nth(t as usize).unwrap_or_default()
                    }
                    _ => raw,
                };
                let payload = |p: u64, x: u8| {
                    self.payload(
                        t,
                        u64::from(time_steps),
                        p,
                        x,
                        raw.len() as u64,
                        sample_index,
                    )
                };
                (0u32..)
                    .zip(shown)
                    .map(|(address, &x)| Event {
                        address,
                        payload: payload(u64::from(address), x),
                    })
                    .filter(|event| event.payload != 0)
                    .collect()
            })
            .collect();
        Ok(Sample { steps })
    }

    /// Payload (0: no event) of value `x` at position `p` of `count` in step `t` of `steps`.
    fn payload(&self, t: u64, steps: u64, p: u64, x: u8, count: u64, sample_index: u64) -> i32 {
        let value = u64::from(x);
        match self {
            Self::Direct { .. } | Self::Rows { .. } | Self::Events => i32::from(x),
            Self::SigmaDelta => i32::from((t + 1) * value / 256 != t * value / 256),
            Self::BernoulliHash { seed } => {
                let row = sample_index
                    .wrapping_mul(steps)
                    .wrapping_add(t)
                    .wrapping_mul(count);
                let counter = u64::from(*seed).wrapping_add(row).wrapping_add(p);
                i32::from(lowbias32(counter as u32) & 0xFF < u32::from(x))
            }
            Self::Latency { levels } => {
                i32::from(x > 0 && value * steps / u64::from((*levels).max(1)) == steps - 1 - t)
            }
        }
    }
}

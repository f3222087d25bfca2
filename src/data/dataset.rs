//! Test sets: samples of unsigned bytes and their labels.

use super::npz::Archive;
use crate::diag::{Diagnostic, Place, codes};
use goldspike_golden::describe::Network;
use goldspike_golden::encoding::Encoding;

/// A test set.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// File it came from.
    pub file: String,
    /// Shape of one sample.
    pub shape: Vec<usize>,
    /// Bytes of one sample.
    pub sample_len: usize,
    /// Class of each sample, if the file has `y_test`.
    pub labels: Option<Vec<i64>>,
    samples: Vec<u8>,
}

/// Largest byte that an encoding takes.
fn largest(encoding: &Encoding) -> u32 {
    match encoding {
        Encoding::Direct { max, .. } | Encoding::Rows { max, .. } => *max,
        Encoding::Latency { levels } => levels.saturating_sub(1),
        Encoding::Events => 1,
        Encoding::SigmaDelta | Encoding::BernoulliHash { .. } => 255,
    }
}

impl Dataset {
    /// Reads the arrays of `bytes`; `file` is its name in messages.
    ///
    /// # Errors
    /// `GS0401` to `GS0405` for a damaged file or wrong arrays, `GS0408` without samples.
    pub fn read(file: &str, bytes: &[u8]) -> Result<Self, Diagnostic> {
        let mut archive = Archive::new(file, bytes)?;
        let (shape, samples) = if archive.has("x_test_bits") && !archive.has("x_test") {
            packed(&mut archive)?
        } else {
            plain(&mut archive)?
        };
        let (count, shape) = match shape.split_first() {
            Some((&count, shape)) if count > 0 => (count, shape.to_vec()),
            _ => {
                return Err(
                    Diagnostic::error(&codes::NO_SAMPLES, "the data set has no samples")
                        .at(Place::file(file)),
                );
            }
        };
        let labels = archive
            .has("y_test")
            .then(|| archive.read("y_test"))
            .transpose()?;
        if let Some(labels) = labels.as_ref().filter(|labels| labels.shape != [count]) {
            let message = format!(
                "`y_test` has the shape {:?}, the {count} samples take [{count}]",
                labels.shape
            );
            return Err(labels.error(&codes::ARRAY_SHAPE, message));
        }
        let labels = labels.map(|labels| labels.integers()).transpose()?;
        Ok(Self {
            file: file.to_owned(),
            shape,
            sample_len: samples.len() / count,
            labels,
            samples,
        })
    }

    /// Number of samples, at least 1.
    #[must_use]
    pub fn len(&self) -> usize {
        self.samples.len() / self.sample_len
    }

    /// Always false: a data set without samples is not read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// Bytes of sample `index`, `None` at or above [`Self::len`].
    #[must_use]
    pub fn sample(&self, index: usize) -> Option<&[u8]> {
        self.samples.chunks_exact(self.sample_len).nth(index)
    }

    /// All samples, in the order of the file.
    pub fn samples(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.samples.chunks_exact(self.sample_len)
    }

    /// Can `network` take every sample?
    ///
    /// # Errors
    /// `GS0406` for samples of another length, `GS0407` for a value above the encoding's maximum.
    pub fn check(&self, network: &Network) -> Result<(), Diagnostic> {
        let error = |code, message: String| {
            Diagnostic::error(code, message).at(Place::file(self.file.clone()))
        };
        if network
            .encoding
            .input_len(network.time_steps, network.axons)
            != self.sample_len
        {
            let wanted = match network.encoding {
                Encoding::Rows { .. } | Encoding::Events => {
                    format!("{} steps of {} values", network.time_steps, network.axons)
                }
                _ => format!("{} values", network.axons),
            };
            let (len, shape) = (self.sample_len, &self.shape);
            let message = format!(
                "a sample has {len} values (shape {shape:?}), `{}` takes {wanted}",
                network.name
            );
            return Err(error(&codes::DATA_SHAPE, message)
                .help("give the data that the network was trained for"));
        }
        let max = largest(&network.encoding);
        if let Some(i) = self
            .samples
            .iter()
            .position(|&value| u32::from(value) > max)
        {
            let (sample, at, value) = (i / self.sample_len, i % self.sample_len, self.samples[i]);
            let message = format!(
                "value {at} of sample {sample} is {value}, the encoding of `{}` ends at {max}",
                network.name
            );
            return Err(error(&codes::DATA_RANGE, message).help(
                "correct `max` or `levels` of the encoding in net.json, or give other data",
            ));
        }
        Ok(())
    }
}

/// `x_test`: its shape and elements.
fn plain(archive: &mut Archive<'_>) -> Result<(Vec<usize>, Vec<u8>), Diagnostic> {
    let array = archive.read("x_test")?;
    if array.shape.len() < 2 || array.shape[1..].contains(&0) {
        let message = format!(
            "`x_test` has the shape {:?}, it must be [samples, ...]",
            array.shape
        );
        return Err(array.error(&codes::ARRAY_SHAPE, message));
    }
    let bytes = array.bytes()?;
    Ok((array.shape, bytes))
}

/// `x_test_bits` and `shape`: the shape and one byte (0 or 1) a bit.
fn packed(archive: &mut Archive<'_>) -> Result<(Vec<usize>, Vec<u8>), Diagnostic> {
    let array = archive.read("shape")?;
    let shape = array.indices()?;
    let bits = shape
        .iter()
        .skip(1)
        .try_fold(1usize, |product, &length| product.checked_mul(length));
    let packed = archive.read("x_test_bits")?;
    let bits = match bits {
        Some(bits)
            if shape.len() >= 2
                && bits > 0
                && packed.shape.len() == 2
                && packed.shape[0] == shape[0] =>
        {
            bits
        }
        _ => {
            let message = format!(
                "`shape` is {shape:?}, `x_test_bits` has the shape {:?}",
                packed.shape
            );
            return Err(array.error(&codes::ARRAY_SHAPE, message));
        }
    };
    Ok((shape, packed.unpacked(bits)?))
}

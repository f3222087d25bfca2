//! What of a network and a board decides the link's hardware.

use thiserror::Error;

use super::uart::LEAST_CLOCKS_PER_BIT;
use crate::rtl::Design;
use crate::rtl::stream::Layout;

/// Version of the protocol, first byte of the greeting.
const VERSION: u8 = 1;

/// Most beats of a buffer: they are counted in 16 bits.
const MOST_BEATS: usize = 65_535;

/// The largest difference between the rate that is asked for and the one that the clock gives, in parts of a thousand.
/// Sender and receiver together may differ by 2 %, at 12 clocks a bit and more by 3 %.
const MOST_PER_MILLE: u64 = 10;

/// The link's dimensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Layout of the network's input.
    pub input: Layout,
    /// Layout of the network's output.
    pub output: Layout,
    /// Beats of the largest frame of events.
    pub input_beats: usize,
    /// Beats of the largest output frame.
    pub output_beats: usize,
    /// Clocks of one bit on the line.
    pub clocks_per_bit: u32,
    /// First bytes of the network's digest.
    pub digest: [u8; 4],
}

/// Why there is no link for a board.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ShapeError {
    /// The clock is too slow for the rate, or meets it badly.
    #[error(
        "a clock of {clock_hz} Hz gives {} Hz in {clocks} clocks a bit, where {baud} baud are asked for",
        clock_hz / u64::from((*clocks).max(1))
    )]
    Baud {
        /// The clock.
        clock_hz: u64,
        /// The rate.
        baud: u64,
        /// The nearest number of clocks.
        clocks: u32,
    },
    /// A buffer without room, or with more than can be counted.
    #[error("a buffer of {beats} beats: 2 to {MOST_BEATS} can be counted")]
    Beats {
        /// Beats asked for.
        beats: usize,
    },
    /// A design with a load port.
    #[error(
        "a board's link carries no images, so the load port of the weights would be out of reach"
    )]
    LoadPort,
    /// A design whose beats have several slots.
    #[error("a board's link carries one event a beat, the design takes {slots}")]
    Slots {
        /// Events of a beat.
        slots: u32,
    },
}

impl ShapeError {
    /// Refuses a number of beats that a buffer cannot have.
    ///
    /// # Errors
    /// [`ShapeError::Beats`].
    pub fn beats(beats: usize) -> Result<(), Self> {
        if (2..=MOST_BEATS).contains(&beats) {
            Ok(())
        } else {
            Err(Self::Beats { beats })
        }
    }

    /// The edit that fixes it.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::Baud { clock_hz, .. } => format!(
                "a rate of at most {} baud that divides the clock to within 1 %",
                clock_hz / u64::from(LEAST_CLOCKS_PER_BIT)
            ),
            Self::Beats { .. } => format!("a number from 2 to {MOST_BEATS}"),
            Self::LoadPort => {
                "leave `--weights` out, or name a device in the place of the board".to_owned()
            }
            Self::Slots { .. } => {
                "leave `--beat-events` out, or name a device in the place of the board".to_owned()
            }
        }
    }
}

/// Clocks of one bit.
///
/// # Errors
/// Fewer than 8, or a rate that is missed by more than 1 %.
pub fn clocks_per_bit(clock_hz: u64, baud: u64) -> Result<u32, ShapeError> {
    let rounded = (clock_hz + baud / 2) / baud.max(1);
    let clocks = u32::try_from(rounded).unwrap_or(u32::MAX);
    let made = u64::from(clocks).saturating_mul(baud);
    if clocks < LEAST_CLOCKS_PER_BIT || made.abs_diff(clock_hz) * 1000 > clock_hz * MOST_PER_MILLE {
        return Err(ShapeError::Baud {
            clock_hz,
            baud,
            clocks,
        });
    }
    Ok(clocks)
}

impl Shape {
    /// The link of a design; `digest` is the network's, in hexadecimal.
    ///
    /// # Errors
    /// A rate that the clock cannot give, or buffers that cannot be counted.
    pub fn new(
        design: &Design,
        digest: &str,
        (clock_hz, baud): (u64, u64),
        (input_beats, output_beats): (usize, usize),
    ) -> Result<Self, ShapeError> {
        for beats in [input_beats, output_beats] {
            ShapeError::beats(beats)?;
        }
        if design.load.is_some() {
            return Err(ShapeError::LoadPort);
        }
        if design.input.slots > 1 {
            let slots = design.input.slots;
            return Err(ShapeError::Slots { slots });
        }
        let mut first = [0; 4];
        for (byte, digits) in first.iter_mut().zip(digest.as_bytes().chunks(2)) {
            let text = std::str::from_utf8(digits).unwrap_or_default();
            *byte = u8::from_str_radix(text, 16).unwrap_or_default();
        }
        Ok(Self {
            input: design.input,
            output: design.output,
            input_beats,
            output_beats,
            clocks_per_bit: clocks_per_bit(clock_hz, baud)?,
            digest: first,
        })
    }

    /// Bits below TLAST in an input beat.
    pub(crate) fn input_flags(&self) -> u32 {
        self.input.address + self.input.payload + 1
    }

    /// Bits below TLAST in an output beat.
    pub(crate) fn output_flags(&self) -> u32 {
        self.output.address + self.output.payload + 1
    }

    /// Bits of an input beat that mean something.
    pub(crate) fn input_word(&self) -> u32 {
        self.input_flags() + 2
    }

    /// Bits of an output beat that mean something.
    pub(crate) fn output_word(&self) -> u32 {
        self.output_flags() + 2
    }

    /// Bytes of an input beat.
    #[must_use]
    pub fn input_bytes(&self) -> u32 {
        self.input_word().div_ceil(8)
    }

    /// Bytes of an output beat.
    #[must_use]
    pub fn output_bytes(&self) -> u32 {
        self.output_word().div_ceil(8)
    }

    /// Payload of the greeting.
    #[must_use]
    pub fn greeting(&self) -> Vec<u8> {
        let byte = |bits: u32| u8::try_from(bits).unwrap_or(u8::MAX);
        let beats = |beats: usize| u16::try_from(beats).unwrap_or(u16::MAX).to_le_bytes();
        let mut greeting = vec![
            VERSION,
            byte(self.input.address),
            byte(self.input.payload),
            byte(self.output.address),
            byte(self.output.payload),
        ];
        greeting.extend(beats(self.input_beats));
        greeting.extend(beats(self.output_beats));
        greeting.extend(self.digest);
        greeting
    }
}

#[cfg(test)]
mod tests {
    use super::clocks_per_bit;

    #[test]
    fn a_rate_is_met_to_a_hundredth_or_refused() {
        assert_eq!(clocks_per_bit(12_000_000, 1_000_000), Ok(12));
        assert_eq!(clocks_per_bit(12_000_000, 115_200), Ok(104));
        assert_eq!(clocks_per_bit(27_000_000, 115_200), Ok(234));
        assert_eq!(clocks_per_bit(27_000_000, 1_000_000), Ok(27));
        assert!(
            clocks_per_bit(27_000_000, 921_600).is_err(),
            "29 clocks: 1.02 % too fast"
        );
        assert!(clocks_per_bit(12_000_000, 2_000_000).is_err());
        assert!(clocks_per_bit(12_000_000, 0).is_err());
    }
}

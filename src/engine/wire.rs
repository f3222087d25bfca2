//! Beats as simulators of Verilog text print them: bits, some of which may be unknown, to [`OutputBeat`].
//!
//! Unknown bits are an error where they matter. They do not matter in the address of a beat without an event, in the
//! probe elements of lanes beyond the last neuron, and in TUSER away from TLAST: those are set to 0, on every engine
//! that reads this form.

use crate::emit::Stream;
use crate::engine::beats::{BeatResult, BeatStimulus, OutputBeat};
use crate::engine::{EngineError, StallCounts};
use crate::rtl::Design;
use crate::rtl::load_map::Refusal;

/// The bits of one word: the lowest first; `None` is unknown.
pub(crate) type Bits = Vec<Option<bool>>;

/// Bits of a binary number as Verilog's `%b` prints it.
pub(crate) fn binary(text: &str) -> Option<Bits> {
    text.bytes()
        .rev()
        .map(|digit| match digit {
            b'0' => Some(Some(false)),
            b'1' => Some(Some(true)),
            b'x' | b'X' | b'z' | b'Z' => Some(None),
            _ => None,
        })
        .collect()
}

/// The lowest `width` bits of a hexadecimal number.
pub(crate) fn hexadecimal(text: &str, width: usize) -> Option<Bits> {
    let mut bits = Vec::with_capacity(text.len() * 4);
    for digit in text.bytes().rev() {
        let value = char::from(digit).to_digit(16)?;
        bits.extend((0..4).map(|bit| Some(value >> bit & 1 == 1)));
    }
    bits.resize(width, Some(false));
    Some(bits)
}

/// A simulation's lines, in the one form that every simulator of Verilog text writes:
///
/// ```text
/// B stream valid last user data                               a beat that was taken, bits as 0, 1 or x
/// H taken steps                                               no progress for the stimulus's `hang` cycles
/// L reason                                                    the image was refused
/// W words                                                     the load port takes no more than these words
/// E cycles protocol_error input_stalls output_stalls probe_stalls   the end
/// ```
pub(crate) struct Transcript<'a> {
    collector: Collector<'a>,
    stimulus: &'a BeatStimulus,
    /// Bits of the word at the end of a line `B`, which has as many as the stream is wide.
    data: fn(&str, usize) -> Option<Bits>,
    widths: Vec<usize>,
}

impl<'a> Transcript<'a> {
    pub(crate) fn new(
        engine: &'static str,
        design: &'a Design,
        stimulus: &'a BeatStimulus,
        data: fn(&str, usize) -> Option<Bits>,
    ) -> Self {
        Self {
            collector: Collector::new(engine, design),
            stimulus,
            data,
            widths: Stream::all(design)
                .iter()
                .map(|stream| stream.bits)
                .collect(),
        }
    }

    /// Takes a line; the result with the last one.
    ///
    /// # Errors
    /// A line that is not of the form, a hang, an unknown bit that matters.
    pub(crate) fn line(&mut self, line: &str) -> Result<Option<BeatResult>, EngineError> {
        let engine = self.collector.engine;
        let unreadable = || EngineError::Build {
            engine,
            message: format!("unreadable line of the simulation: {line:.80}"),
        };
        let (kind, words) = line.split_once(' ').ok_or_else(unreadable)?;
        match kind {
            "B" => {
                let (stream, [valid, last, user], data) =
                    self.beat(words).ok_or_else(unreadable)?;
                if valid != Some(true) {
                    return Err(self.broken(&format!("stream {stream}: TVALID is unknown (X)")));
                }
                self.collector.beat(stream, last, user, &data)?;
                Ok(None)
            }
            "H" => {
                let [taken, steps] = numbers(words.split(' ')).ok_or_else(unreadable)?;
                Err(EngineError::Hang {
                    engine,
                    idle: self.stimulus.hang,
                    taken: taken as usize,
                    beats: self.stimulus.beats.len(),
                    steps: steps as usize,
                    expected: self.stimulus.steps(),
                })
            }
            "L" => {
                let reason = words.parse().ok().and_then(Refusal::of_code);
                let reason = reason.map_or("without a reason", Refusal::text);
                Err(self.broken(&format!("the image was refused: {reason}")))
            }
            "W" => Err(self.broken(&format!("the load port does not take word {words}"))),
            "E" => {
                let (cycles, rest) = words.split_once(' ').ok_or_else(unreadable)?;
                let (error, stalls) = rest.split_once(' ').ok_or_else(unreadable)?;
                let [cycles] = numbers(std::iter::once(cycles)).ok_or_else(unreadable)?;
                let [input, output, probe] = numbers(stalls.split(' ')).ok_or_else(unreadable)?;
                let error = binary(error).ok_or_else(unreadable)?;
                let Some(&[Some(protocol_error)]) = error.first_chunk() else {
                    return Err(self.broken("protocol_error_o is unknown (X) at the end"));
                };
                Ok(Some(BeatResult {
                    streams: std::mem::take(&mut self.collector.streams),
                    cycles,
                    protocol_error,
                    stalls: StallCounts {
                        input,
                        output,
                        probe,
                    },
                }))
            }
            _ => Err(unreadable()),
        }
    }

    fn beat(&self, words: &str) -> Option<(usize, [Option<bool>; 3], Bits)> {
        let mut words = words.split(' ');
        let stream: usize = words.next()?.parse().ok()?;
        let width = *self.widths.get(stream)?;
        let mut bit = || binary(words.next()?)?.first().copied();
        let flags = [bit()?, bit()?, bit()?];
        Some((stream, flags, (self.data)(words.next()?, width)?))
    }

    fn broken(&self, message: &str) -> EngineError {
        EngineError::Protocol {
            engine: self.collector.engine,
            message: message.to_owned(),
        }
    }
}

/// Puts together what came out of one stream, beat by beat.
struct Collector<'a> {
    engine: &'static str,
    design: &'a Design,
    /// Beats by stream.
    streams: Vec<Vec<OutputBeat>>,
    /// By probe: elements seen in the current step.
    seen: Vec<usize>,
}

impl<'a> Collector<'a> {
    fn new(engine: &'static str, design: &'a Design) -> Self {
        let probes = design.probes.len();
        Self {
            engine,
            design,
            streams: vec![Vec::new(); probes + 1],
            seen: vec![0; probes],
        }
    }

    /// Takes a beat of stream `stream`.
    fn beat(
        &mut self,
        stream: usize,
        last: Option<bool>,
        user: Option<bool>,
        data: &[Option<bool>],
    ) -> Result<(), EngineError> {
        let number = self.streams.get(stream).map_or(0, Vec::len);
        let unknown = |what: &str| EngineError::Protocol {
            engine: self.engine,
            message: format!("stream {stream} beat {number}: {what} is unknown (X)"),
        };
        let last = last.ok_or_else(|| unknown("TLAST"))?;
        let user = if last {
            user.ok_or_else(|| unknown("TUSER"))?
        } else {
            false
        };
        let elements = if stream == 0 {
            vec![self.output_element(data).ok_or_else(|| unknown("TDATA"))?]
        } else {
            let layer = stream - 1;
            let width = self.design.probes[layer].width() as usize;
            let left = self.design.plans[layer]
                .neurons
                .saturating_sub(self.seen[layer]);
            let element = |(lane, bits): (usize, &[Option<bool>])| {
                if lane < left {
                    number_of(bits)
                } else {
                    Some(0)
                }
            };
            let elements: Option<Vec<u128>> = data.chunks(width).enumerate().map(element).collect();
            let elements = elements.ok_or_else(|| unknown("TDATA"))?;
            self.seen[layer] = if last {
                0
            } else {
                self.seen[layer] + elements.len()
            };
            elements
        };
        self.streams[stream].push(OutputBeat {
            data: elements,
            last,
            user,
        });
        Ok(())
    }

    fn output_element(&self, data: &[Option<bool>]) -> Option<u128> {
        let layout = self.design.output;
        let null = layout.address + layout.payload;
        if data.get(null as usize).copied().flatten()? {
            Some(u128::from(layout.pack_null()))
        } else {
            number_of(data)
        }
    }
}

/// Exactly `N` decimal numbers.
fn numbers<'a, const N: usize>(words: impl Iterator<Item = &'a str>) -> Option<[u64; N]> {
    let parsed: Option<Vec<u64>> = words.map(|word| word.parse().ok()).collect();
    parsed?.try_into().ok()
}

/// The result with every bit that carries no meaning at 0, as the engines of Verilog text give it: two engines agree
/// when these are equal.
#[must_use]
pub fn meaning(design: &Design, result: &BeatResult) -> BeatResult {
    let null = design.output.pack_null();
    let mut result = result.clone();
    for (stream, beats) in result.streams.iter_mut().enumerate() {
        let mut seen = 0;
        for beat in beats {
            beat.user &= beat.last;
            if stream == 0 {
                beat.data
                    .iter_mut()
                    .filter(|data| **data as u64 & null != 0)
                    .for_each(|data| *data = u128::from(null));
                continue;
            }
            let left = design.plans[stream - 1].neurons.saturating_sub(seen);
            beat.data.iter_mut().skip(left).for_each(|data| *data = 0);
            seen = if beat.last { 0 } else { seen + beat.data.len() };
        }
    }
    result
}

fn number_of(bits: &[Option<bool>]) -> Option<u128> {
    bits.iter()
        .rev()
        .try_fold(0u128, |value, bit| Some(value << 1 | u128::from((*bit)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_number_forms_give_the_lowest_bit_first() {
        assert_eq!(binary("1x0"), Some(vec![Some(false), None, Some(true)]));
        assert_eq!(binary("12"), None);
        assert_eq!(hexadecimal("a5", 6), binary("100101"));
        assert_eq!(hexadecimal("1", 6), binary("000001"));
        assert_eq!(number_of(&binary("1101").unwrap()), Some(13));
        assert_eq!(number_of(&binary("1x01").unwrap()), None);
    }
}

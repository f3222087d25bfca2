//! Frames as the host sees them: encoding, decoding, and what is in them. The reference of the protocol in
//! [`crate::link`]; written apart from the hardware.

use super::Shape;
use crate::engine::beats::{InputBeat, OutputBeat};

/// Begins and ends each frame, and stands nowhere in it.
pub const END: u8 = 0xC0;
/// Announces one of the next two.
pub const ESCAPE: u8 = 0xDB;
/// After [`ESCAPE`]: a byte [`END`] of the frame.
pub const ESCAPED_END: u8 = 0xDC;
/// After [`ESCAPE`]: a byte [`ESCAPE`] of the frame.
pub const ESCAPED_ESCAPE: u8 = 0xDD;

/// Bits of a status' third byte that have a meaning.
pub(crate) const FLAGS: u32 = 3;

/// Bytes of header and checksum.
const OVERHEAD: usize = 8;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// To the device: input beats.
    Events,
    /// To the device: the output frame of this number has arrived.
    Received,
    /// To the device: a status is wanted, and the output that there is, again if need be.
    Poll,
    /// To the device: start again as after power-up.
    Reset,
    /// From the device, after each reset: what it is.
    Hello,
    /// From the device: which frame is expected next, and what was wrong.
    Status,
    /// From the device: output beats.
    Output,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Events,
        Self::Received,
        Self::Poll,
        Self::Reset,
        Self::Hello,
        Self::Status,
        Self::Output,
    ];

    /// First byte of the frame.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Events => 0x01,
            Self::Received => 0x02,
            Self::Poll => 0x03,
            Self::Reset => 0x04,
            Self::Hello => 0x80,
            Self::Status => 0x81,
            Self::Output => 0x82,
        }
    }
}

/// Why the device dropped a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// A character had no stop bit.
    Framing,
    /// A byte after [`ESCAPE`] is neither of the two.
    Escape,
    /// The checksum does not agree.
    Checksum,
    /// The frame is not as long as its header says, or a frame without beats has some.
    Length,
    /// There is no such kind of frame.
    Kind,
    /// More beats than the buffer holds.
    Large,
    /// Another number than the expected one.
    Sequence,
    /// The beats of the frame before were not played yet.
    Busy,
}

impl Fault {
    /// Every fault, by bit.
    pub const ALL: [Self; 8] = [
        Self::Framing,
        Self::Escape,
        Self::Checksum,
        Self::Length,
        Self::Kind,
        Self::Large,
        Self::Sequence,
        Self::Busy,
    ];

    /// Bit of a status' first byte.
    #[must_use]
    pub const fn bit(self) -> u8 {
        self as u8
    }

    /// One word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Framing => "framing",
            Self::Escape => "escape",
            Self::Checksum => "checksum",
            Self::Length => "length",
            Self::Kind => "kind",
            Self::Large => "large",
            Self::Sequence => "sequence",
            Self::Busy => "busy",
        }
    }
}

/// A frame without its stuffing and checksum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// First byte, see [`Kind::code`].
    pub kind: u8,
    /// Number of the frame; of a status, the number that is expected next.
    pub seq: u8,
    /// Beats of `payload`; its bytes in a greeting and a status.
    pub count: u16,
    /// The rest.
    pub payload: Vec<u8>,
}

impl Frame {
    /// A frame of input beats, each in the bytes of [`Shape::input_bytes`].
    #[must_use]
    pub fn events(shape: &Shape, seq: u8, beats: &[InputBeat]) -> Self {
        let payload = beats
            .iter()
            .flat_map(|beat| {
                let flags = u64::from(beat.last) | u64::from(beat.user) << 1;
                let word = beat.data | flags << shape.input_flags();
                word.to_le_bytes()
                    .into_iter()
                    .take(shape.input_bytes() as usize)
            })
            .collect();
        Self {
            kind: Kind::Events.code(),
            seq,
            count: u16::try_from(beats.len()).unwrap_or(u16::MAX),
            payload,
        }
    }

    /// A frame of header and checksum alone.
    #[must_use]
    pub fn bare(kind: Kind, seq: u8) -> Self {
        Self {
            kind: kind.code(),
            seq,
            count: 0,
            payload: Vec::new(),
        }
    }

    /// The characters on the line, with END at both sides.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut body = vec![self.kind, self.seq];
        body.extend(self.count.to_le_bytes());
        body.extend(&self.payload);
        let sum = crc32fast::hash(&body);
        body.extend(sum.to_le_bytes());
        let mut line = vec![END];
        for byte in body {
            match byte {
                END => line.extend([ESCAPE, ESCAPED_END]),
                ESCAPE => line.extend([ESCAPE, ESCAPED_ESCAPE]),
                _ => line.push(byte),
            }
        }
        line.push(END);
        line
    }

    /// The output beats of an output frame; `None` if it is no whole number of beats.
    #[must_use]
    pub fn output_beats(&self, shape: &Shape) -> Option<Vec<OutputBeat>> {
        let bytes = shape.output_bytes() as usize;
        if self.kind != Kind::Output.code() || self.payload.len() != bytes * self.count as usize {
            return None;
        }
        let flags = shape.output_flags();
        let beat = |chunk: &[u8]| {
            let word = chunk
                .iter()
                .rev()
                .fold(0u128, |word, &byte| word << 8 | u128::from(byte));
            OutputBeat {
                data: vec![word & ((1 << flags) - 1)],
                last: word >> flags & 1 == 1,
                user: word >> (flags + 1) & 1 == 1,
            }
        };
        Some(self.payload.chunks(bytes).map(beat).collect())
    }

    /// What a status says; `None` if it is none.
    #[must_use]
    pub fn status(&self) -> Option<Status> {
        match (self.kind == Kind::Status.code(), self.payload.as_slice()) {
            (true, &[faults, count, flags]) => Some(Status {
                expected: self.seq,
                faults: Fault::ALL
                    .into_iter()
                    .filter(|fault| faults >> fault.bit() & 1 == 1)
                    .collect(),
                fault_count: count,
                protocol_error: flags & 1 == 1,
                playing: flags & 2 != 0,
                output_waits: flags & 4 != 0,
            }),
            _ => None,
        }
    }
}

/// What the device says of the link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Number of the frame of events that it expects next: all before are with the network.
    pub expected: u8,
    /// Faults since the status before.
    pub faults: Vec<Fault>,
    /// Frames dropped since reset, modulo 256.
    pub fault_count: u8,
    /// The network's `protocol_error_o`.
    pub protocol_error: bool,
    /// Beats are still going to the network: a frame of events would be dropped.
    pub playing: bool,
    /// Output waits to be confirmed.
    pub output_waits: bool,
}

/// The most bytes between two ENDs: those of a frame whose count says as many of the widest beats as it can.
const MOST_BYTES: usize = OVERHEAD + u16::MAX as usize * 16;

/// Takes characters and gives out frames; anything between two ENDs that is no frame gives the fault that it shows. What is
/// longer than a frame can be is not kept.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    body: Vec<u8>,
    escaped: bool,
    fault: Option<Fault>,
}

impl Decoder {
    /// The next character. A frame, or a fault, at each END that follows something else.
    pub fn push(&mut self, byte: u8) -> Option<Result<Frame, Fault>> {
        match (byte, self.escaped) {
            (END, _) => return self.end(),
            (ESCAPE, false) => self.escaped = true,
            (ESCAPED_END, true) => self.data(END),
            (ESCAPED_ESCAPE, true) => self.data(ESCAPE),
            (_, true) => {
                self.fault.get_or_insert(Fault::Escape);
                self.escaped = false;
            }
            (byte, false) => self.data(byte),
        }
        None
    }

    /// A character without its stop bit.
    pub fn framing_error(&mut self) {
        self.fault = Some(Fault::Framing);
    }

    fn data(&mut self, byte: u8) {
        self.escaped = false;
        if self.body.len() < MOST_BYTES {
            self.body.push(byte);
        } else {
            self.fault.get_or_insert(Fault::Large);
        }
    }

    fn end(&mut self) -> Option<Result<Frame, Fault>> {
        let Self {
            body,
            escaped,
            fault,
        } = std::mem::take(self);
        if body.is_empty() && !escaped && fault.is_none() {
            return None;
        }
        if let Some(fault) = fault {
            return Some(Err(fault));
        }
        if escaped {
            return Some(Err(Fault::Escape));
        }
        Some(frame(&body))
    }
}

fn frame(body: &[u8]) -> Result<Frame, Fault> {
    if body.len() < OVERHEAD {
        return Err(Fault::Checksum);
    }
    let (message, sum) = body.split_at(body.len() - 4);
    if crc32fast::hash(message).to_le_bytes() != sum {
        return Err(Fault::Checksum);
    }
    Ok(Frame {
        kind: message[0],
        seq: message[1],
        count: u16::from_le_bytes([message[2], message[3]]),
        payload: message[4..].to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtl::stream::Layout;
    use goldspike_golden::quant::Payloads;

    #[test]
    fn the_frame_of_the_page_is_the_encoders() {
        let layout = |addresses| Layout::new(addresses, Payloads::SPIKES);
        let shape = Shape {
            input: layout(64),
            output: layout(10),
            input_beats: 512,
            output_beats: 256,
            clocks_per_bit: 12,
            digest: [0; 4],
        };
        let event = |address, last| InputBeat {
            data: shape.input.pack_event(address, 1),
            last,
            user: false,
            gap: 0,
        };
        let line = Frame::events(&shape, 0, &[event(3, false), event(17, true)]).encode();
        let shown: Vec<String> = line.iter().map(|byte| format!("{byte:02X}")).collect();
        let page = include_str!("../../docs/LINK.md").replace('\n', " ");
        assert!(
            page.contains(&format!("`{}`", shown.join(" "))),
            "{shown:?}"
        );
    }

    #[test]
    fn a_line_without_ends_fills_no_memory() {
        let mut decoder = Decoder::default();
        for _ in 0..2 * MOST_BYTES {
            assert_eq!(decoder.push(0), None);
        }
        assert_eq!(decoder.body.len(), MOST_BYTES);
        assert_eq!(decoder.push(END), Some(Err(Fault::Large)));
        let line = Frame::bare(Kind::Poll, 1).encode();
        let said: Vec<_> = line.iter().filter_map(|&byte| decoder.push(byte)).collect();
        assert_eq!(said, [Ok(Frame::bare(Kind::Poll, 1))]);
    }

    #[test]
    fn what_is_encoded_is_decoded_whatever_came_before() {
        let frame = Frame {
            kind: END,
            seq: ESCAPE,
            count: 0xC0DB,
            payload: (0..=255).collect(),
        };
        let line = frame.encode();
        assert_eq!(line.iter().filter(|&&byte| byte == END).count(), 2);
        let mut decoder = Decoder::default();
        for garbage in [vec![], vec![1, 2, 3], vec![ESCAPE], vec![ESCAPE, 7, 9]] {
            let said: Vec<_> = garbage
                .iter()
                .chain(&line)
                .filter_map(|&byte| decoder.push(byte))
                .collect();
            let found: Vec<_> = said.iter().filter_map(|said| said.as_ref().ok()).collect();
            assert_eq!(found, [&frame]);
            assert_eq!(said.len(), 1 + usize::from(!garbage.is_empty()));
        }
    }
}

//! The serial link of a board: events of a network over a UART, so that no sample is lost, doubled or half applied.
//!
//! ```text
//! rx ─► receiver ─► decoder ─► inbox ─► network ─► outbox ─► encoder ─► transmitter ─► tx
//!                      └────────► control ◄───────────┘         ▲
//!                                    └──────────────────────────┘
//! ```
//!
//! 8N1, least significant bit first. A frame on the line, in both directions:
//!
//! | bytes | what |
//! |---|---|
//! | 1 | END, `C0` |
//! | 1 | kind |
//! | 1 | number of the frame, counted modulo 256 |
//! | 2 | count: beats of the payload, or its bytes in a greeting and a status; low byte first |
//! | … | payload |
//! | 4 | CRC-32/ISO-HDLC (`crc32` of zlib) of everything from the kind on; low byte first |
//! | 1 | END, `C0` |
//!
//! Between the two ENDs a byte `C0` is sent as `DB DC`, a byte `DB` as `DB DD`. END stands nowhere else, so whatever was
//! lost or added before, a receiver that sees an END is at the border of a frame. Two ENDs with nothing between them are
//! no frame.
//!
//! | kind | direction | number | payload |
//! |---|---|---|---|
//! | `01` events | to the device | 0, 1, 2 … since reset | input beats |
//! | `02` received | to the device | that of the output frame | none |
//! | `03` poll | to the device | any | none |
//! | `04` reset | to the device | any | none |
//! | `80` greeting | from the device | 0 | version 1; bits of input address, input payload, output address, output payload; beats of the input and the output buffer (2 bytes each); first 4 bytes of the network's digest |
//! | `81` status | from the device | that of the events expected next | faults since the last status (a bit each); frames dropped since reset, modulo 256; flags: bit 0 `protocol_error_o`, bit 1 events are still played, bit 2 output waits |
//! | `82` output | from the device | 0, 1, 2 … since reset | output beats |
//!
//! A beat is `{zeros, TUSER, TLAST, null, payload, address}` in as few bytes as hold it, low byte first. Faults by bit: 0
//! framing, 1 escape, 2 checksum, 3 length, 4 kind, 5 large, 6 sequence, 7 busy, see [`Fault`].
//!
//! Rules. The device takes a frame of events when it is whole and carries the number that is expected, plays its beats
//! to the network, and then sends a status with the next number: the host may send the next frame. Every other frame is
//! dropped as a whole and reported. A host that gets no status polls, and sends the frame again if its number is still
//! expected; a frame that came twice is played once. The device sends an output frame when a sample ends or the buffer
//! is full, keeps it until the host has confirmed its number, and sends it again on each poll; a poll also closes what
//! has been collected so far. Meanwhile the network waits, and with it the input: nothing is dropped for lack of room.
//! A reset starts everything as after power-up, the network too; the greeting says when.

mod control;
mod crc;
mod decoder;
mod encoder;
pub mod frame;
mod inbox;
mod outbox;
mod shape;
mod system;
mod uart;
mod wires;

pub use frame::{Decoder, Fault, Frame, Kind, Status};
pub use shape::{Shape, ShapeError, clocks_per_bit};
pub use system::{SYSTEM, System, system};
pub use uart::LEAST_CLOCKS_PER_BIT;

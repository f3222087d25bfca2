//! The serial link of a board.
//!
//! ```text
//! rx ─► receiver ─► decoder ─► inbox ─► network ─► outbox ─► encoder ─► transmitter ─► tx
//!                      └────────► control ◄───────────┘         ▲
//!                                    └──────────────────────────┘
//! ```
//!
//! One file each; [`frame`] is the other side. The protocol:
#![doc = include_str!("../../docs/LINK.md")]

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

/// The protocol, for those who hold a design's folder alone.
pub(crate) const PROTOCOL: &str = include_str!("../../docs/LINK.md");

pub use frame::{Decoder, Fault, Frame, Kind, Status};
pub use shape::{Shape, ShapeError, clocks_per_bit};
pub use system::{SYSTEM, System, system};
pub use uart::LEAST_CLOCKS_PER_BIT;

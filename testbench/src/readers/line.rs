//! Characters of the serial link, as the host reads them.

use goldspike::link::{Decoder, Fault, Frame, Shape};
use goldspike::rtl::stream::Layout;
use goldspike_golden::quant::Payloads;

use super::{Read, promised};

/// A link between a network of 64 axons with payloads and one of 10 ternary neurons.
fn shape() -> Shape {
    Shape {
        input: Layout::new(64, Payloads::unsigned(15)),
        output: Layout::new(10, Payloads::TERNARY),
        input_beats: 512,
        output_beats: 256,
        clocks_per_bit: 12,
        digest: [0; 4],
    }
}

/// Every frame of the characters is what its encoder makes of it, and its beats are read whole or not at all; the rest are
/// faults. Refused: the first fault, if there is one and no
/// frame at all.
pub(super) fn link_frames(data: &[u8]) -> Result<Read, String> {
    let shape = shape();
    let mut decoder = Decoder::default();
    let (mut whole, mut fault) = (false, None);
    for &byte in data {
        match decoder.push(byte) {
            None => {}
            Some(Err(found)) => {
                fault.get_or_insert(found);
            }
            Some(Ok(frame)) => {
                whole = true;
                checked(&shape, &frame)?;
            }
        }
    }
    match (whole, fault) {
        (true, _) => Ok(Read::Whole),
        (false, Some(fault)) => Ok(Read::Refused(fault.word())),
        (false, None) => Ok(Read::Refused("no frame")),
    }
}

fn checked(shape: &Shape, frame: &Frame) -> Result<(), String> {
    let mut again = Decoder::default();
    let said: Vec<Result<Frame, Fault>> = frame
        .encode()
        .iter()
        .filter_map(|&byte| again.push(byte))
        .collect();
    promised(
        said == [Ok(frame.clone())],
        format!("{frame:?} is not what its encoder makes"),
    )?;
    if let Some(beats) = frame.output_beats(shape) {
        promised(beats.len() == usize::from(frame.count), "half the beats")?;
    }
    if let Some(status) = frame.status() {
        promised(
            status.expected == frame.seq && frame.payload.len() == 3,
            "half a status",
        )?;
    }
    Ok(())
}

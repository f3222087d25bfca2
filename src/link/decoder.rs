//! The frame decoder: characters of the line to header fields, beats, and a verdict at the end of the frame.
//!
//! ```text
//! END  kind seq count count  beat … beat  crc crc crc crc  END
//! ```
//!
//! END stands nowhere else: whatever came before, the next END begins a frame that is judged on its own. Beats are given
//! out as they come, before it is known whether the frame is whole; the verdict says whether to keep them.

use std::sync::Arc;

use super::Shape;
use super::frame::{END, ESCAPE, ESCAPED_END, ESCAPED_ESCAPE};
use super::wires::{every, flag, is, some, without};
use crate::hdl::{Builder, HdlError, Module, Reg, Sig, Ty};
use crate::rtl::plan::index_bits;
use crate::rtl::regs::{hold, stepped};

/// Bytes of the checksum.
const CRC_BYTES: i128 = 4;

/// Ports: `valid_i`, `data_i`, `framing_error_i` from the receiver; `write_o` with `index_o` and `word_o` for each beat
/// that has a place in the buffer; at the end `frame_o` for one cycle, with `kind_o`, `seq_o`, `beats_o` (those that were
/// given out), `large_o` (more than the buffer holds) and at most one of `framing_o`, `escape_o`, `crc_o`, `length_o`.
pub(crate) fn decoder(
    name: &str,
    crc: &Arc<Module>,
    shape: &Shape,
) -> Result<Arc<Module>, HdlError> {
    let mut b = Builder::new(
        name,
        format!(
            "Frame decoder: byte stuffing, header, beats of {} bytes, checksum.",
            shape.input_bytes()
        ),
    );
    let valid = b.input("valid_i", Ty::BIT);
    let data = b.input("data_i", Ty::u(8));
    let framing_error = b.input("framing_error_i", Ty::BIT);

    b.comment("byte stuffing");
    let is_end = is(&mut b, data, i128::from(END));
    let end = b.and(valid, is_end);
    let end = b.name("end_of_frame", end);
    let is_escape = is(&mut b, data, i128::from(ESCAPE));
    let other = without(&mut b, valid, is_end);
    let prefix = b.and(other, is_escape);
    let plain = without(&mut b, other, is_escape);
    let after = b.or(end, plain);
    let escaped = flag(&mut b, "escaped_q", prefix, after);
    let stands_end = is(&mut b, data, i128::from(ESCAPED_END));
    let stands_escape = is(&mut b, data, i128::from(ESCAPED_ESCAPE));
    let known = b.or(stands_end, stands_escape);
    let unknown = without(&mut b, plain, known);
    let twice = b.or(prefix, unknown);
    let bad_pair = b.and(escaped, twice);
    let end_byte = b.lit(i128::from(END), Ty::u(8));
    let escape_byte = b.lit(i128::from(ESCAPE), Ty::u(8));
    let meant = b.mux(stands_end, end_byte, escape_byte);
    let byte = b.mux(escaped, meant, data);
    let byte = b.name("octet", byte);

    b.comment("since the last END: any character, a bad stop bit, a bad pair");
    let character = b.or(other, framing_error);
    let some_q = flag(&mut b, "some_q", character, end);
    let framing_q = flag(&mut b, "framing_q", framing_error, end);
    let escape_q = flag(&mut b, "escape_q", bad_pair, end);

    b.comment("header");
    let place = b.reg("header_q", Ty::u(3), Some(0));
    let in_header = {
        let done = is(&mut b, place.q, 4);
        b.not(done)
    };
    let header_byte = b.and(plain, in_header);
    advance(&mut b, place, header_byte, end);
    let field = |b: &mut Builder, name: &str, index: i128| {
        let here = is(b, place.q, index);
        let take = b.and(header_byte, here);
        (hold(b, name, byte, take), take)
    };
    let (kind, _) = field(&mut b, "kind_q", 0);
    let (seq, _) = field(&mut b, "seq_q", 1);
    let (count_low, _) = field(&mut b, "count_low_q", 2);
    let is_last_field = is(&mut b, place.q, 3);
    let counted = b.and(header_byte, is_last_field);

    b.comment("beats that are still to come, by the header");
    let body = without(&mut b, plain, in_header);
    let left = b.reg("beats_left_q", Ty::u(16), Some(0));
    let no_more = is(&mut b, left.q, 0);
    let beat_byte = without(&mut b, body, no_more);
    let (word, beat) = assemble(&mut b, shape, byte, beat_byte, end);
    let beat = b.name("beat", beat);
    let one = b.lit(1, left.q.ty());
    let fewer = b.sub(left.q, one);
    let fewer = b.wrap(fewer, left.q.ty());
    let kept = b.mux(beat, fewer, left.q);
    let total = b.cat(&[byte, count_low]);
    let left_next = b.mux(counted, total, kept);
    let zero = b.lit(0, left.q.ty());
    let left_next = b.mux(end, zero, left_next);
    b.next(left, left_next);

    b.comment("place of the beat in the buffer");
    let index = b.reg("index_q", Ty::u(index_bits(shape.input_beats + 1)), Some(0));
    let full = is(&mut b, index.q, shape.input_beats as i128);
    let write = without(&mut b, beat, full);
    let surplus = b.and(beat, full);
    let large = flag(&mut b, "large_q", surplus, end);
    advance(&mut b, index, write, end);

    b.comment("checksum, and whatever comes behind it");
    let tail = b.reg("tail_q", Ty::u(3), Some(0));
    let tail_byte = b.and(body, no_more);
    let over = is(&mut b, tail.q, CRC_BYTES + 1);
    let tail_step = without(&mut b, tail_byte, over);
    advance(&mut b, tail, tail_step, end);
    let sum = b.instance(
        "u_crc",
        crc,
        &[
            ("clear_i", &[end]),
            ("valid_i", &[plain]),
            ("data_i", &[byte]),
        ],
    );

    b.comment("verdict");
    let whole_tail = is(&mut b, tail.q, CRC_BYTES);
    let has_header = b.not(in_header);
    let complete = every(&mut b, &[has_header, no_more, whole_tail]);
    let bad_escape = b.or(escape_q, escaped);
    let good = sum.out("good_o");
    let bad_crc = b.not(good);
    let bad_length = b.not(complete);
    let frame = b.and(end, some_q);
    let mut worse = framing_q;
    let mut verdicts = vec![("framing_o", framing_q)];
    for (port, fault) in [
        ("escape_o", bad_escape),
        ("crc_o", bad_crc),
        ("length_o", bad_length),
    ] {
        let first = without(&mut b, fault, worse);
        verdicts.push((port, first));
        worse = some(&mut b, &[worse, fault]);
    }

    b.output("write_o", write);
    b.output("word_o", word);
    b.output("index_o", index.q);
    b.output("frame_o", frame);
    b.output("kind_o", kind);
    b.output("seq_o", seq);
    b.output("large_o", large);
    for (port, fault) in verdicts {
        b.output(port, fault);
    }
    b.port_doc(
        "index_o",
        "place of the beat; with frame_o, number of beats",
    );
    b.port_doc("frame_o", "end of a frame that held a character");
    b.finish()
}

/// Counts `step`, from 0 after `restart`.
fn advance(b: &mut Builder, counter: Reg, step: Sig, restart: Sig) {
    let next = stepped(b, counter.q, 1);
    let kept = b.mux(step, next, counter.q);
    let zero = b.lit(0, counter.q.ty());
    let next = b.mux(restart, zero, kept);
    b.next(counter, next);
}

/// Puts the bytes of a beat together, the low one first: `(the beat's bits, whether this byte is its last)`.
fn assemble(b: &mut Builder, shape: &Shape, byte: Sig, step: Sig, restart: Sig) -> (Sig, Sig) {
    let bytes = shape.input_bytes() as usize;
    let width = shape.input_word();
    if bytes == 1 {
        let word = b.slice(byte, 0, width);
        return (word, step);
    }
    let place = b.reg("beat_byte_q", Ty::u(index_bits(bytes)), Some(0));
    let last = is(b, place.q, bytes as i128 - 1);
    let beat = b.and(step, last);
    let over = b.or(beat, restart);
    advance(b, place, step, over);
    let kept = b.reg("beat_q", Ty::u(8 * (bytes as u32 - 1)), None);
    let word = b.cat(&[byte, kept.q]);
    let upper = b.slice(word, 8, kept.q.width());
    b.next_en(kept, step, upper);
    let word = b.slice(word, 0, width);
    (word, beat)
}

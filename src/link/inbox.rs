//! The frame buffer at the network's input: beats are written while a frame comes in, and played to the network once
//! the frame is known to be whole. What is played is never overwritten: a beat that comes meanwhile is lost, and its frame with it.

use std::sync::Arc;

use super::Shape;
use super::wires::{flag, without};
use crate::hdl::{Builder, HdlError, MemInit, Module, Ty};
use crate::rtl::plan::index_bits;
use crate::rtl::regs::{counted, hold};

/// Ports: `write_i`, `index_i`, `word_i` of the decoder and its `frame_i`; `play_i` plays the first
/// `index_i` beats; `playing_o` until the network has taken them; `done_o` for one cycle then; `lost_o`: a beat of the
/// present frame had no place. Stream: `valid_o`, `word_o`, `ready_i`.
pub(crate) fn inbox(name: &str, shape: &Shape) -> Result<Arc<Module>, HdlError> {
    let mut b = Builder::new(
        name,
        format!(
            "Frame buffer of {} beats, played to the network.",
            shape.input_beats
        ),
    );
    let depth = shape.input_beats;
    let count_ty = Ty::u(index_bits(depth + 1));
    let word_ty = Ty::u(shape.input_word());
    let write = b.input("write_i", Ty::BIT);
    let index = b.input("index_i", count_ty);
    let word = b.input("word_i", word_ty);
    let frame = b.input("frame_i", Ty::BIT);
    let play = b.input("play_i", Ty::BIT);
    let ready = b.input("ready_i", Ty::BIT);

    let done = b.wire("done", Ty::BIT);
    let playing = flag(&mut b, "playing_q", play, done);
    let beats = hold(&mut b, "beats_q", index, play);

    b.comment("replay through the memory's output register");
    let place = b.reg("place_q", count_ty, Some(0));
    let more = b.ne(place.q, beats);
    let valid = b.reg("valid_q", Ty::BIT, Some(0));
    let taken = b.and(valid.q, ready);
    let not_valid = b.not(valid.q);
    let free = b.or(not_valid, taken);
    let wanted = b.and(playing, more);
    let fetch = b.and(wanted, free);
    let fetch = b.name("fetch", fetch);
    let idle = b.not(playing);
    let advanced = counted(&mut b, place.q, 1, idle);
    let moves = b.or(fetch, idle);
    b.next_en(place, moves, advanced);
    let stays = without(&mut b, valid.q, taken);
    let valid_next = b.or(fetch, stays);
    b.next(valid, valid_next);
    let over = without(&mut b, playing, more);
    let ended = b.and(over, free);
    b.assign(done, ended);

    let address = b.wrap(index, Ty::u(index_bits(depth)));
    let write_now = without(&mut b, write, playing);
    let read_address = b.wrap(place.q, Ty::u(index_bits(depth)));
    let memory = b.mem("beats", &[word_ty], depth, MemInit::Zero);
    let head = b.read(memory, read_address, Some(fetch))[0];
    b.write(memory, write_now, address, &[word]);
    let shut_out = b.and(write, playing);
    let lost = flag(&mut b, "lost_q", shut_out, frame);

    b.output("playing_o", playing);
    b.output("done_o", ended);
    b.output("lost_o", lost);
    b.output("valid_o", valid.q);
    b.output("word_o", head);
    b.finish()
}

//! The buffer at the network's output: beats are collected until a sample ends, the buffer is full or the host asks;
//! then the frame stands until the host has said that it has it. Meanwhile the network waits.

use std::sync::Arc;

use super::Shape;
use super::wires::{every, flag, is};
use crate::hdl::{Builder, HdlError, MemInit, Module, Ty};
use crate::rtl::plan::index_bits;
use crate::rtl::regs::stepped;

/// Ports: stream `valid_i`, `word_i`, `ends_sample_i`, `ready_o`; `flush_i` closes what there is; `closed_o` with
/// `count_o` and `seq_o` until `release_i`; `index_i`, one cycle later `word_o`.
pub(crate) fn outbox(name: &str, shape: &Shape) -> Result<Arc<Module>, HdlError> {
    let mut b = Builder::new(
        name,
        format!(
            "Collects up to {} output beats into a frame.",
            shape.output_beats
        ),
    );
    let depth = shape.output_beats;
    let word_ty = Ty::u(shape.output_word());
    let count_ty = Ty::u(index_bits(depth + 1));
    let address_ty = Ty::u(index_bits(depth));
    let valid = b.input("valid_i", Ty::BIT);
    let word = b.input("word_i", word_ty);
    let ends_sample = b.input("ends_sample_i", Ty::BIT);
    let flush = b.input("flush_i", Ty::BIT);
    let release = b.input("release_i", Ty::BIT);
    let index = b.input("index_i", address_ty);

    let closes = b.wire("closes", Ty::BIT);
    let closed = flag(&mut b, "closed_q", closes, release);
    let ready = b.not(closed);
    let accept = b.and(valid, ready);
    let accept = b.name("accept", accept);
    let count = b.reg("count_q", count_ty, Some(0));
    let grown = stepped(&mut b, count.q, 1);
    let kept = b.mux(accept, grown, count.q);
    let zero = b.lit(0, count_ty);
    let count_next = b.mux(release, zero, kept);
    b.next(count, count_next);
    let last_place = is(&mut b, count.q, depth as i128 - 1);
    let ends = b.or(ends_sample, last_place);
    let full = b.and(accept, ends);
    let empty = is(&mut b, count.q, 0);
    let filled = b.not(empty);
    let asked = every(&mut b, &[flush, filled, ready]);
    let close = b.or(full, asked);
    b.assign(closes, close);
    let seq = b.reg("seq_q", Ty::u(8), Some(0));
    let next_seq = stepped(&mut b, seq.q, 1);
    b.next_en(seq, release, next_seq);

    let memory = b.mem("beats", &[word_ty], depth, MemInit::Zero);
    let head = b.read(memory, index, None)[0];
    let place = b.wrap(count.q, address_ty);
    b.write(memory, accept, place, &[word]);
    b.output("ready_o", ready);
    b.output("closed_o", closed);
    b.output("count_o", count.q);
    b.output("seq_o", seq.q);
    b.output("word_o", head);
    b.finish()
}

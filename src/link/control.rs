//! The rules of the link: which frames are taken, what is answered, and when.
//!
//! A frame of events is taken if it is whole, fits, carries the number that is expected and finds the buffer free; the
//! number is counted up when the network has taken all its beats, so that the status that says so allows the next.
//! The frame before comes again when its status was lost: it is confirmed again and not played. Every other frame is
//! dropped as a whole, counted, and its fault reported in the next status.

use std::sync::Arc;

use super::frame::{Fault, Kind};
use super::wires::{every, flag, is, some, without};
use super::{Shape, frame};
use crate::hdl::{Builder, HdlError, Module, Sig, Ty};
use crate::rtl::plan::index_bits;
use crate::rtl::regs::stepped;

/// Ports: the decoder's verdict (`frame_i` …), the inbox (`playing_i`, `done_i`, `lost_i`, `play_o`), the outbox
/// (`closed_i`, `output_seq_i`, `flush_o`, `release_o`), the encoder (`*_o` requests, `*_taken_i`, `sending_output_i`), the
/// network's `protocol_error_i`; `restart_o` for one cycle asks the board for a reset; `fault_o`: a fault since reset.
pub(crate) fn control(name: &str, shape: &Shape) -> Result<Arc<Module>, HdlError> {
    let mut b = Builder::new(
        name,
        "Rules of the link: sequence numbers, faults, what is sent.",
    );
    let frame_end = b.input("frame_i", Ty::BIT);
    let kind = b.input("kind_i", Ty::u(8));
    let seq = b.input("seq_i", Ty::u(8));
    let beats = b.input("beats_i", Ty::u(index_bits(shape.input_beats + 1)));
    let large = b.input("large_i", Ty::BIT);
    let damage = [
        (Fault::Framing, b.input("framing_i", Ty::BIT)),
        (Fault::Escape, b.input("escape_i", Ty::BIT)),
        (Fault::Checksum, b.input("crc_i", Ty::BIT)),
        (Fault::Length, b.input("length_i", Ty::BIT)),
    ];
    let playing = b.input("playing_i", Ty::BIT);
    let done = b.input("done_i", Ty::BIT);
    let lost = b.input("lost_i", Ty::BIT);
    let closed = b.input("closed_i", Ty::BIT);
    let output_seq = b.input("output_seq_i", Ty::u(8));
    let sending_output = b.input("sending_output_i", Ty::BIT);
    let hello_taken = b.input("hello_taken_i", Ty::BIT);
    let status_taken = b.input("status_taken_i", Ty::BIT);
    let output_taken = b.input("output_taken_i", Ty::BIT);
    let protocol_error = b.input("protocol_error_i", Ty::BIT);

    b.comment("a whole frame, by its kind");
    let damaged = some(&mut b, &damage.map(|(_, fault)| fault));
    let whole = without(&mut b, frame_end, damaged);
    let whole = b.name("whole", whole);
    let [events, received, poll, reset] = [Kind::Events, Kind::Received, Kind::Poll, Kind::Reset]
        .map(|of| is(&mut b, kind, i128::from(of.code())));
    let no_beats = is(&mut b, beats, 0);
    let has_beats = b.not(no_beats);
    let control = some(&mut b, &[received, poll, reset]);
    let with_payload = every(&mut b, &[whole, control, has_beats]);
    let short = without(&mut b, whole, has_beats);
    let known = b.or(events, control);
    let unknown_kind = without(&mut b, whole, known);

    b.comment("events: too many, out of turn, or while the last are still played");
    let expected = b.reg("expected_q", Ty::u(8), Some(0));
    let started = flag_forever(&mut b, "started_q", done);
    let given = b.and(whole, events);
    let too_large = b.and(given, large);
    let fits = without(&mut b, given, large);
    let in_turn = b.eq(seq, expected.q);
    let following = stepped(&mut b, seq, 1);
    let is_previous = b.eq(following, expected.q);
    let again = every(&mut b, &[fits, is_previous, started]);
    let again = b.name("again", again);
    let next = b.and(fits, in_turn);
    let occupied = b.or(playing, lost);
    let busy = b.and(next, occupied);
    let play = without(&mut b, next, occupied);
    let play = b.name("play", play);
    let stray = without(&mut b, fits, in_turn);
    let stray = without(&mut b, stray, again);
    let counted = stepped(&mut b, expected.q, 1);
    b.next_en(expected, done, counted);

    b.comment("output: confirmed, or asked for again");
    let confirmation = b.and(short, received);
    let same = b.eq(seq, output_seq);
    let sent = b.wire("sent", Ty::BIT);
    let confirmed = every(&mut b, &[confirmation, same, sent]);
    let unasked = without(&mut b, confirmation, confirmed);
    let released = b.wire("released", Ty::BIT);
    let waiting = flag(&mut b, "confirmed_q", confirmed, released);
    let release = without(&mut b, waiting, sending_output);
    b.assign(released, release);
    let sent_flag = flag(&mut b, "sent_q", output_taken, release);
    b.assign(sent, sent_flag);
    let polled = b.and(short, poll);
    let polled = b.name("polled", polled);
    let open = b.not(closed);
    let was_open = b.reg("was_open_q", Ty::BIT, Some(1));
    b.next(was_open, open);
    let closes = without(&mut b, was_open.q, open);
    let asked = b.and(polled, closed);
    let offered = b.or(closes, asked);
    let gone = b.or(output_taken, release);
    let output = flag(&mut b, "output_q", offered, gone);
    let output = every(&mut b, &[output, closed]);
    let output = without(&mut b, output, waiting);

    b.comment("faults since the last status, and their number since reset");
    let stray = b.or(stray, unasked);
    let mut faults: Vec<(Fault, Sig)> = damage
        .iter()
        .map(|&(fault, raised)| (fault, b.and(frame_end, raised)))
        .collect();
    for (fault, raised) in [
        (Fault::Length, with_payload),
        (Fault::Kind, unknown_kind),
        (Fault::Large, too_large),
        (Fault::Sequence, stray),
        (Fault::Busy, busy),
    ] {
        match faults.iter_mut().find(|(known, _)| *known == fault) {
            Some((_, signal)) => *signal = b.or(*signal, raised),
            None => faults.push((fault, raised)),
        }
    }
    let raised: Vec<Sig> = faults.iter().map(|&(_, raised)| raised).collect();
    let any = some(&mut b, &raised);
    let any = b.name("any_fault", any);
    faults.sort_by_key(|(fault, _)| std::cmp::Reverse(fault.bit()));
    let kept: Vec<Sig> = faults
        .iter()
        .map(|&(fault, raised)| flag(&mut b, &format!("{}_q", fault.word()), raised, status_taken))
        .collect();
    let mask = b.cat(&kept);
    let fault_count = b.reg("fault_count_q", Ty::u(8), Some(0));
    let more = stepped(&mut b, fault_count.q, 1);
    b.next_en(fault_count, any, more);
    let seen = flag_forever(&mut b, "fault_seen_q", any);
    let error_before = b.reg("protocol_error_before_q", Ty::BIT, Some(0));
    b.next(error_before, protocol_error);
    let new_error = without(&mut b, protocol_error, error_before.q);

    b.comment("what is to be sent");
    let due = some(&mut b, &[done, again, any, polled, new_error]);
    let status = flag(&mut b, "status_q", due, status_taken);
    let greet = b.reg("hello_q", Ty::BIT, Some(1));
    let greet_next = without(&mut b, greet.q, hello_taken);
    b.next(greet, greet_next);
    let restart = b.reg("restart_q", Ty::BIT, Some(0));
    let asked_reset = b.and(short, reset);
    b.next(restart, asked_reset);
    let zeros = b.lit(0, Ty::u(8 - frame::FLAGS));
    let flags = b.cat(&[zeros, closed, playing, protocol_error]);
    let fault = b.or(seen, protocol_error);

    b.output("play_o", play);
    b.output("flush_o", polled);
    b.output("release_o", release);
    b.output("hello_o", greet.q);
    b.output("status_o", status);
    b.output("output_o", output);
    b.output("expected_o", expected.q);
    b.output("faults_o", mask);
    b.output("fault_count_o", fault_count.q);
    b.output("flags_o", flags);
    b.output("restart_o", restart.q);
    b.output("fault_o", fault);
    b.finish()
}

/// A flag that only a reset clears.
fn flag_forever(b: &mut Builder, name: &str, set: Sig) -> Sig {
    let never = b.lit(0, Ty::BIT);
    flag(b, name, set, never)
}

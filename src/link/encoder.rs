//! The frame encoder: one frame at a time of the three that the device sends, each with its checksum, to the
//! transmitter.
//!
//! A greeting goes first, then a status, then output beats; a frame that has begun is not interrupted. What a status
//! says is as it was when it began.

use std::sync::Arc;

use super::Shape;
use super::frame::{END, ESCAPE, ESCAPED_END, ESCAPED_ESCAPE, Kind};
use super::wires::{every, first_of, is, nth, some, without};
use crate::hdl::{Builder, HdlError, Module, Sig, Ty};
use crate::rtl::plan::index_bits;
use crate::rtl::regs::{counted, hold};

/// Where in a frame the encoder is.
const IDLE: i128 = 0;
const BEGIN: i128 = 1;
const HEADER: i128 = 2;
const PAYLOAD: i128 = 3;
const SUM: i128 = 4;
const FINISH: i128 = 5;

/// Ports: `hello_i`, `status_i`, `output_i` ask for a frame; `hello_taken_o` … say for one cycle that it begins.
/// `expected_i`, `faults_i`, `fault_count_i`, `flags_i` of a status; `count_i`, `seq_i`, `word_i` of output beats, with
/// `index_o` the beat that is needed; `sending_output_o` while it goes out. `valid_o`, `data_o`, `ready_i` of the transmitter.
pub(crate) fn encoder(
    name: &str,
    crc: &Arc<Module>,
    shape: &Shape,
) -> Result<Arc<Module>, HdlError> {
    let mut b = Builder::new(
        name,
        format!(
            "Frame encoder: greeting, status, output beats of {} bytes; header, byte stuffing, checksum.",
            shape.output_bytes()
        ),
    );
    let byte_ty = Ty::u(8);
    let hello = b.input("hello_i", Ty::BIT);
    let status = b.input("status_i", Ty::BIT);
    let output = b.input("output_i", Ty::BIT);
    let expected = b.input("expected_i", byte_ty);
    let faults = b.input("faults_i", byte_ty);
    let fault_count = b.input("fault_count_i", byte_ty);
    let flags = b.input("flags_i", byte_ty);
    let count = b.input("count_i", Ty::u(index_bits(shape.output_beats + 1)));
    let seq = b.input("seq_i", byte_ty);
    let word = b.input("word_i", Ty::u(shape.output_word()));
    let ready = b.input("ready_i", Ty::BIT);

    let phase = b.reg("phase_q", Ty::u(3), Some(IDLE));
    let [idle, begin, header, payload, sum, finish] =
        [IDLE, BEGIN, HEADER, PAYLOAD, SUM, FINISH].map(|at| is(&mut b, phase.q, at));

    b.comment("the frame that begins");
    let take_hello = b.and(idle, hello);
    let take_hello = b.name("take_hello", take_hello);
    let other = without(&mut b, idle, hello);
    let take_status = b.and(other, status);
    let take_status = b.name("take_status", take_status);
    let other = without(&mut b, other, status);
    let take_output = b.and(other, output);
    let take_output = b.name("take_output", take_output);
    let take = some(&mut b, &[take_hello, take_status, take_output]);
    let take = b.name("take", take);
    let is_hello = hold(&mut b, "is_hello_q", take_hello, take);
    let is_status = hold(&mut b, "is_status_q", take_status, take);
    let is_output = hold(&mut b, "is_output_q", take_output, take);
    let said = [
        hold(&mut b, "faults_q", faults, take_status),
        hold(&mut b, "fault_count_q", fault_count, take_status),
        hold(&mut b, "flags_q", flags, take_status),
    ];
    let said_expected = hold(&mut b, "expected_q", expected, take_status);

    b.comment("the byte at this place");
    let step = b.reg("step_q", Ty::u(2), Some(0));
    let item = b.reg("item_q", Ty::u(16), Some(0));
    let part = b.reg(
        "part_q",
        Ty::u(index_bits(shape.output_bytes() as usize)),
        Some(0),
    );
    let constant = |b: &mut Builder, value: u8| b.lit(i128::from(value), byte_ty);
    let [kind_hello, kind_status, kind_output] =
        [Kind::Hello, Kind::Status, Kind::Output].map(|kind| constant(&mut b, kind.code()));
    let kind = first_of(
        &mut b,
        &[(is_hello, kind_hello), (is_status, kind_status)],
        kind_output,
    );
    let greeting = shape.greeting();
    let zero = constant(&mut b, 0);
    let number = first_of(&mut b, &[(is_hello, zero), (is_status, said_expected)], seq);
    let count_ty = Ty::u(16);
    let wide = b.extend(count, count_ty);
    let hello_bytes = b.lit(greeting.len() as i128, count_ty);
    let status_bytes = b.lit(said.len() as i128, count_ty);
    let items = first_of(
        &mut b,
        &[(is_hello, hello_bytes), (is_status, status_bytes)],
        wide,
    );
    let items = b.name("items", items);
    let (low, high) = (b.slice(items, 0, 8), b.slice(items, 8, 8));
    let header_byte = nth(&mut b, step.q, &[kind, number, low, high]);
    let greeting: Vec<Sig> = greeting
        .iter()
        .map(|&byte| constant(&mut b, byte))
        .collect();
    let hello_byte = nth(&mut b, item.q, &greeting);
    let status_byte = nth(&mut b, item.q, &said);
    let whole = b.extend(word, Ty::u(8 * shape.output_bytes()));
    let parts: Vec<Sig> = (0..shape.output_bytes())
        .map(|index| b.slice(whole, 8 * index, 8))
        .collect();
    let output_byte = nth(&mut b, part.q, &parts);
    let payload_byte = first_of(
        &mut b,
        &[(is_hello, hello_byte), (is_status, status_byte)],
        output_byte,
    );
    let register = b.wire("sum", Ty::u(32));
    let checksum = b.not(register);
    let sums: Vec<Sig> = (0..4)
        .map(|index| b.slice(checksum, 8 * index, 8))
        .collect();
    let sum_byte = nth(&mut b, step.q, &sums);
    let byte = first_of(
        &mut b,
        &[(header, header_byte), (payload, payload_byte)],
        sum_byte,
    );
    // Between two characters there are many clocks: a register here shortens the paths.
    let octet = b.reg("octet_q", byte_ty, None);
    b.next(octet, byte);
    let byte = octet.q;

    b.comment("byte stuffing");
    let is_end = is(&mut b, byte, i128::from(END));
    let is_escape = is(&mut b, byte, i128::from(ESCAPE));
    let special = b.or(is_end, is_escape);
    let edge = b.or(begin, finish);
    let stuffed = without(&mut b, special, edge);
    let half_done = b.reg("half_done_q", Ty::BIT, Some(0));
    let prefix = without(&mut b, stuffed, half_done.q);
    let [end, escape, for_end, for_escape] =
        [END, ESCAPE, ESCAPED_END, ESCAPED_ESCAPE].map(|value| constant(&mut b, value));
    let stands = b.mux(is_end, for_end, for_escape);
    let sent = first_of(
        &mut b,
        &[(edge, end), (prefix, escape), (half_done.q, stands)],
        byte,
    );
    let active = b.not(idle);
    let character = b.and(active, ready);
    b.next_en(half_done, character, prefix);
    let done = without(&mut b, character, prefix);
    let done = b.name("byte_done", done);

    b.comment("the next place");
    let counts = b.or(header, sum);
    let steps = b.and(done, counts);
    let never = b.lit(0, Ty::BIT);
    let step_next = counted(&mut b, step.q, 1, never);
    b.next_en(step, steps, step_next);
    let last_step = is(&mut b, step.q, 3);
    let one = b.lit(1, count_ty);
    let last_item = b.sub(items, one);
    let last_item = b.wrap(last_item, count_ty);
    let at_last_item = b.eq(item.q, last_item);
    let at_last_part = {
        let last = is(&mut b, part.q, i128::from(shape.output_bytes()) - 1);
        let single = b.not(is_output);
        b.or(last, single)
    };
    let in_payload = b.and(done, payload);
    let item_done = b.and(in_payload, at_last_part);
    let part_next = counted(&mut b, part.q, 1, at_last_part);
    let part_next = {
        let zero = b.lit(0, part.q.ty());
        b.mux(take, zero, part_next)
    };
    let part_moves = b.or(in_payload, take);
    b.next_en(part, part_moves, part_next);
    let item_next = counted(&mut b, item.q, 1, take);
    let forward = without(&mut b, item_done, at_last_item);
    let item_moves = b.or(forward, take);
    b.next_en(item, item_moves, item_next);
    let ends_payload = b.and(item_done, at_last_item);
    let ends_header = every(&mut b, &[done, header, last_step]);
    let ends_sum = every(&mut b, &[done, sum, last_step]);
    let begun = b.and(done, begin);
    let finished = b.and(done, finish);
    let [to_begin, to_header, to_payload, to_sum, to_finish, to_idle] =
        [BEGIN, HEADER, PAYLOAD, SUM, FINISH, IDLE].map(|at| b.lit(at, phase.q.ty()));
    let phase_next = first_of(
        &mut b,
        &[
            (take, to_begin),
            (begun, to_header),
            (ends_header, to_payload),
            (ends_payload, to_sum),
            (ends_sum, to_finish),
            (finished, to_idle),
        ],
        phase.q,
    );
    b.next(phase, phase_next);
    let summed = {
        let inside = b.or(header, payload);
        b.and(done, inside)
    };
    let crc = b.instance(
        "u_crc",
        crc,
        &[
            ("clear_i", &[take]),
            ("valid_i", &[summed]),
            ("data_i", &[byte]),
        ],
    );
    b.assign(register, crc.out("crc_o"));

    let index = b.wrap(item.q, Ty::u(index_bits(shape.output_beats)));
    let sending_output = b.and(active, is_output);
    b.output("hello_taken_o", take_hello);
    b.output("status_taken_o", take_status);
    b.output("output_taken_o", take_output);
    b.output("sending_output_o", sending_output);
    b.output("index_o", index);
    b.output("valid_o", active);
    b.output("data_o", sent);
    b.finish()
}

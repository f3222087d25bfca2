//! The loader: takes images from the load port, checks them, and writes the memories.
//!
//! Where a memory has two banks it writes the one that is not read, and exchanges the banks when a whole image was right.
//! Where it has one, the first word of a payload ends what was loaded, and the last word of a right image begins what is.
//!
//! A word takes eight cycles, in which the CRC-32 takes its half bytes, and an image's last one a ninth, in which the CRC-32
//! begins anew. Four cycles later its verdict acts, before the next
//! word is judged:
//!
//! ```text
//! accept ─► 8 half bytes ─► compared ─► judged ─► verdict ─► acts: next place, or refused ─► written
//! ```
//!
//! While an image is taken samples wait (`hold_o`), with one bank also while nothing is loaded. An image that begins while a
//! sample is in flight is refused. What is refused is taken to its end, TLAST; with two banks it has no effect, with one
//! none if it is refused for its header. The memories that are read are never written. A reset forgets an image that is on
//! its way, not the ones that were applied: which bank is read, and whether anything is loaded, is kept in a memory of one
//! word, which no reset clears.

use std::sync::Arc;

use crate::hdl::{Builder, HdlError, MemInit, Module, Sig, Ty};
use crate::rtl::crc::{RESIDUE, crc};
use crate::rtl::load::{PIECE_BITS, Size, largest};
use crate::rtl::load_map::{FORMAT, HEADER_WORDS, LoadMap, MAGIC, Refusal};
use crate::rtl::plan::index_bits;
use crate::rtl::regs::{counted, delay_control, hold, stepped};

/// Bits of a reason.
const REASON_BITS: u32 = 4;

/// Bits of a word that the CRC-32 takes in a cycle: more would be more levels between its registers.
const TAKEN_AT_ONCE: u32 = 4;

/// Cycles from the last word of a good image to the first read of the other bank.
const EXCHANGE_CYCLES: u32 = 3;

/// The pieces of an image in their order, and what is taken without effect.
struct Places {
    header: Vec<Sig>,
    payload: Sig,
    check: Sig,
    drain: Sig,
}

/// Ports: the load stream `s`; `accepted_i` (a beat of a sample was accepted), `ends_i` (with it: the last of the sample),
/// `left_i` (the last beat of a sample left the design), of which `most` samples can be between; `hold_o` (no beat of a
/// sample may be accepted); the ports that memories of the map's sizes take; the state of the load port.
pub(crate) fn loader(name: &str, map: &LoadMap, most: usize) -> Result<Arc<Module>, HdlError> {
    let doc = format!(
        "Loader: images of {} words of 32 bits, {} of them payload, shape word {:08x}.",
        map.words(),
        map.payload_words(),
        map.shape()
    );
    let mut b = Builder::new(name, doc);
    let valid = b.input("s_valid_i", Ty::BIT);
    let data = b.input("s_data_i", Ty::u(PIECE_BITS));
    let last = b.input("s_last_i", Ty::BIT);
    let accepted = b.input("accepted_i", Ty::BIT);
    let ends = b.input("ends_i", Ty::BIT);
    let left = b.input("left_i", Ty::BIT);
    let busy = samples_in_flight(&mut b, most, accepted, ends, left);

    b.comment("a word, half a byte a cycle");
    let have = b.reg("have_q", Ty::BIT, Some(0));
    let steps = PIECE_BITS / TAKEN_AT_ONCE;
    let step = b.reg("step_q", Ty::u(index_bits(steps as usize)), Some(0));
    let next_to_last = b.lit(i128::from(steps) - 2, step.q.ty());
    let next_to_last = b.eq(step.q, next_to_last);
    let nearly_done = b.and(have.q, next_to_last);
    let done = delay_control(&mut b, "done", nearly_done, 1);
    let empty = b.not(have.q);
    let of_last = b.wire("word_is_last", Ty::BIT);
    let goes_on = b.not(of_last);
    let next_fits = b.and(done, goes_on);
    let ready = b.or(empty, next_fits);
    let accept = b.and(valid, ready);
    let not_done = b.not(done);
    let stays = b.and(have.q, not_done);
    let have_next = b.or(accept, stays);
    b.next(have, have_next);
    let step_next = stepped(&mut b, step.q, 1);
    b.next_en(step, have.q, step_next);
    let word = b.reg("word_q", data.ty(), None);
    let low = b.slice(word.q, 0, TAKEN_AT_ONCE);
    let high = b.slice(word.q, TAKEN_AT_ONCE, PIECE_BITS - TAKEN_AT_ONCE);
    let rotated = b.cat(&[low, high]);
    let word_next = b.mux(accept, data, rotated);
    b.next(word, word_next);
    let last = hold(&mut b, "last_q", last, accept);
    b.assign(of_last, last);

    b.comment("the whole word, and the CRC-32 of all words so far");
    let compare = delay_control(&mut b, "compare", done, 1);
    let whole = hold(&mut b, "whole_q", rotated, done);
    let is_last = hold(&mut b, "is_last_q", last, done);
    let begins = b.and(done, last);
    let begins = delay_control(&mut b, "crc_begins", begins, 1);
    let crc = crc(&mut b, low, have.q, begins);

    b.comment("what it is compared with");
    let judge = delay_control(&mut b, "judge", compare, 1);
    let is_magic = equal(&mut b, "is_magic", whole, MAGIC);
    let is_format = equal(&mut b, "is_format", whole, FORMAT);
    let is_shape = equal(&mut b, "is_shape", whole, map.shape());
    let length = u32::try_from(map.payload_words()).unwrap_or(u32::MAX);
    let is_length = equal(&mut b, "is_length", whole, length);
    let is_crc = equal(&mut b, "is_crc", crc, RESIDUE);

    b.comment("judgement: what is wrong with the word, if anything");
    let next_place = b.wire("next_place", Ty::BIT);
    let restart = b.wire("restart", Ty::BIT);
    let refused = b.wire("refused", Ty::BIT);
    let payload_done = b.wire("payload_done", Ty::BIT);
    let acts = delay_control(&mut b, "acts", judge, 2);
    let moves = [next_place, restart, refused, payload_done];
    let places = places(&mut b, acts, moves);
    let not_last = b.not(is_last);
    let mut wrong = Vec::new();
    let mut check = |b: &mut Builder, place: Sig, right: Sig, reason: Refusal| {
        let not_right = b.not(right);
        let here = b.and(place, not_right);
        let name = format!("wrong{}", reason as u8);
        wrong.push((b.delay(&name, here, 1), reason));
    };
    let idle = b.not(busy);
    check(&mut b, places.header[0], is_magic, Refusal::Magic);
    let busy_here = b.and(places.header[0], is_magic);
    check(&mut b, busy_here, idle, Refusal::Busy);
    check(&mut b, places.header[1], is_format, Refusal::Format);
    check(&mut b, places.header[3], is_shape, Refusal::Shape);
    check(&mut b, places.header[4], is_length, Refusal::Length);
    check(&mut b, places.check, is_crc, Refusal::Crc);
    let more = b.not(places.check);
    let short = b.and(is_last, more);
    let short = b.delay("short", short, 1);
    let long = b.and(places.check, not_last);
    let long = b.delay("long", long, 1);
    let listens = b.not(places.drain);
    let judged = b.and(judge, listens);
    let judged = delay_control(&mut b, "judged", judged, 1);

    b.comment("verdict");
    let fails = wrong.iter().map(|(wrong, _)| *wrong);
    let fails = any(&mut b, fails.chain([short, long]));
    let refuse = b.and(judged, fails);
    let refuse = delay_control(&mut b, "refuse", refuse, 1);
    let passes = b.not(fails);
    let passes = b.and(judged, passes);
    let passes = delay_control(&mut b, "passes", passes, 1);
    let none = b.lit(0, Ty::u(REASON_BITS));
    // A length that is wrong is said of a word that is right otherwise.
    let lengths = [(short, Refusal::Short), (long, Refusal::Long)];
    let said = lengths
        .into_iter()
        .chain(wrong)
        .fold(none, |said, (wrong, reason)| {
            let code = b.lit(i128::from(reason as u8), said.ty());
            b.mux(wrong, code, said)
        });
    let said = b.delay("said", said, 1);
    let ends_here = b.and(acts, is_last);
    let drains = b.and(refuse, not_last);
    b.assign(restart, ends_here);
    b.assign(refused, drains);
    b.assign(next_place, passes);
    let applies = b.and(passes, places.check);
    let applies = b.name("applies", applies);

    b.comment("the reason of the last refusal, until an image is applied");
    let reason = b.reg("reason_q", Ty::u(REASON_BITS), Some(0));
    let moves = b.or(refuse, applies);
    b.next_en(reason, moves, said);
    let error = b.any(reason.q);

    b.comment("what was applied: no reset forgets it");
    let version_here = b.and(passes, places.header[2]);
    let version = hold(&mut b, "version_q", whole, version_here);
    let Known {
        bank,
        loaded,
        version,
    } = if map.banked {
        exchanged(&mut b, applies, version)
    } else {
        let begins = b.and(passes, places.header[HEADER_WORDS - 1]);
        replaced(&mut b, applies, begins, version)
    };

    b.comment("payload: the last pieces, and the word that they make");
    let sizes = map.sizes();
    let piece_comes = b.and(passes, places.payload);
    let pieces = pieces(&mut b, &sizes, piece_comes, whole);
    let fresh = b.and(judge, places.header[0]);
    let fresh = delay_control(&mut b, "fresh", fresh, 1);
    let (write, address, all_done) = walk(&mut b, &sizes, piece_comes, fresh);
    b.assign(payload_done, all_done);

    b.comment("samples wait from the first word on, until the banks are exchanged");
    let exchanging = exchange(&mut b, applies);
    let first_word = [have.q, compare, judge, judged, acts];
    let first_word = any(&mut b, first_word.into_iter());
    let begins = b.and(places.header[0], first_word);
    // Behind the last word of an image that is refused the first one of the next image may follow at once.
    let next_image = b.and(restart, have.q);
    let later = places.header[1..HEADER_WORDS].iter().copied();
    let nothing = (!map.banked).then(|| b.not(loaded));
    let waits = any(
        &mut b,
        later
            .chain([begins, next_image, places.payload, places.check, exchanging])
            .chain(nothing),
    );
    let hold = b.reg("hold_q", Ty::BIT, Some(i128::from(!map.banked)));
    b.next(hold, waits);

    b.output("s_ready_o", ready);
    b.output("hold_o", hold.q);
    if let Some(bank) = bank {
        b.output("bank_o", bank);
    }
    b.output("loaded_o", loaded);
    b.output("version_o", version);
    b.output("error_o", error);
    b.output("reason_o", reason.q);
    b.output_vec("write_o", &write);
    b.output("address_o", address);
    b.output_vec("pieces_o", &pieces);
    b.port_doc("hold_o", "no beat of a sample may be accepted");
    b.port_doc("loaded_o", loaded_doc(map.banked));
    b.finish()
}

/// What `loaded_o` says.
pub(crate) const fn loaded_doc(banked: bool) -> &'static str {
    if banked {
        "an image was applied since the device started"
    } else {
        "the memories hold a whole image: samples are accepted"
    }
}

/// What is applied.
struct Known {
    /// The bank that is read, where there are two.
    bank: Option<Sig>,
    loaded: Sig,
    version: Sig,
}

/// With two banks: the other one is read as soon as an image `applies`.
fn exchanged(b: &mut Builder, applies: Sig, version: Sig) -> Known {
    let fields = [Ty::BIT, Ty::BIT, Ty::u(PIECE_BITS)];
    let applied = b.mem("applied", &fields, 1, MemInit::Zero);
    let only = b.lit(0, Ty::BIT);
    let known = b.read(applied, only, None);
    let other_bank = b.not(known[0]);
    let yes = b.lit(1, Ty::BIT);
    b.write(applied, applies, only, &[other_bank, yes, version]);
    Known {
        bank: Some(known[0]),
        loaded: known[1],
        version: known[2],
    }
}

/// With one bank: nothing is loaded from where a payload `begins`, until an image `applies`.
fn replaced(b: &mut Builder, applies: Sig, begins: Sig, version: Sig) -> Known {
    let fields = [Ty::BIT, Ty::u(PIECE_BITS)];
    let applied = b.mem("applied", &fields, 1, MemInit::Zero);
    let only = b.lit(0, Ty::BIT);
    let known = b.read(applied, only, None);
    let none = b.lit(0, version.ty());
    let shown = b.mux(applies, version, none);
    let changes = b.or(applies, begins);
    b.write(applied, changes, only, &[applies, shown]);
    Known {
        bank: None,
        loaded: known[0],
        version: known[1],
    }
}

/// Whether a sample is between the first beat that was accepted and the last one that left.
fn samples_in_flight(b: &mut Builder, most: usize, accepted: Sig, ends: Sig, left: Sig) -> Sig {
    b.comment("samples in flight: one that is not whole yet, and whole ones");
    let open = b.reg("open_q", Ty::BIT, Some(0));
    let goes_on = b.not(ends);
    b.next_en(open, accepted, goes_on);
    let whole = b.and(accepted, ends);
    let whole = delay_control(b, "whole_sample", whole, 1);
    let left = delay_control(b, "left", left, 1);
    let count = b.reg("in_flight_q", Ty::u(index_bits(most + 1)), Some(0));
    let more = stepped(b, count.q, 1);
    let one = b.lit(1, Ty::BIT);
    let fewer = b.sub(count.q, one);
    let fewer = b.as_unsigned(fewer);
    let fewer = b.wrap(fewer, count.q.ty());
    let next = b.mux(whole, more, fewer);
    let moves = b.xor(whole, left);
    b.next_en(count, moves, next);
    let some = b.any(count.q);
    let busy = any(b, [open.q, whole, some].into_iter());
    delay_control(b, "busy", busy, 1)
}

/// Whether `value` is `to`, in the next cycle.
fn equal(b: &mut Builder, name: &str, value: Sig, to: u32) -> Sig {
    const AT_ONCE: u32 = 8;
    let parts = (0..PIECE_BITS / AT_ONCE).map(|part| {
        let low = part * AT_ONCE;
        let own = b.slice(value, low, AT_ONCE);
        let to = b.lit(i128::from(to >> low & 0xFF), own.ty());
        let same = b.eq(own, to);
        b.delay(&format!("{name}{part}"), same, 1)
    });
    let parts: Vec<Sig> = parts.collect();
    let parts = b.cat(&parts);
    b.all(parts)
}

/// One register a place of an image, of which one is 1; they move when a verdict `acts`.
fn places(b: &mut Builder, acts: Sig, [next, restart, refused, payload_done]: [Sig; 4]) -> Places {
    let names = (0..HEADER_WORDS).map(|word| format!("header{word}_q"));
    let names: Vec<String> = names
        .chain(["payload_q", "check_q", "drain_q"].map(str::to_owned))
        .collect();
    let registers: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(place, name)| b.reg(name, Ty::BIT, Some(i128::from(place == 0))))
        .collect();
    let (payload, check, drain) = (HEADER_WORDS, HEADER_WORDS + 1, HEADER_WORDS + 2);
    let goes_on = b.not(restart);
    let forward = b.and(next, goes_on);
    let more_payload = b.not(payload_done);
    for (place, &register) in registers.iter().enumerate() {
        let before = if place == 0 {
            restart
        } else if place == drain {
            let drains = b.and(registers[drain].q, goes_on);
            b.or(refused, drains)
        } else if place == payload {
            let enters = b.and(forward, registers[payload - 1].q);
            let stays = b.and(registers[payload].q, more_payload);
            let stays = b.and(forward, stays);
            b.or(enters, stays)
        } else if place == check {
            let enters = b.and(registers[payload].q, payload_done);
            b.and(forward, enters)
        } else {
            b.and(forward, registers[place - 1].q)
        };
        b.next_en(register, acts, before);
    }
    Places {
        header: registers[..HEADER_WORDS].iter().map(|reg| reg.q).collect(),
        payload: registers[payload].q,
        check: registers[check].q,
        drain: registers[drain].q,
    }
}

/// The last pieces that came, the latest first.
fn pieces(b: &mut Builder, sizes: &[Size], comes: Sig, piece: Sig) -> Vec<Sig> {
    let mut before = piece;
    (0..largest(sizes).pieces)
        .map(|number| {
            before = hold(b, &format!("piece{number}_q"), before, comes);
            before
        })
        .collect()
}

/// Walks through the words of all memories: which memory is written, where, and whether the piece that comes is the last of
/// all. `fresh` goes back to the first one.
fn walk(b: &mut Builder, sizes: &[Size], comes: Sig, fresh: Sig) -> (Vec<Sig>, Sig, Sig) {
    b.comment("the memory, the word and the piece that come next");
    let most = largest(sizes);
    let memories: Vec<_> = (0..sizes.len())
        .map(|number| {
            let start = Some(i128::from(number == 0));
            b.reg(&format!("memory{number}_q"), Ty::BIT, start)
        })
        .collect();
    let piece = b.reg("piece_q", Ty::u(index_bits(most.pieces)), Some(0));
    let address = b.reg("address_q", Ty::u(index_bits(most.depth)), Some(0));
    // A place stands for three cycles before anything moves on: whether it is an end of a memory is known in the second,
    // of any memory in the third.
    let mut at_end = |name: &str, value: Sig, ends: Vec<usize>| {
        let here: Vec<Sig> = (0..)
            .zip(memories.iter().zip(ends))
            .map(|(number, (memory, end)): (usize, _)| {
                let end = b.lit(end as i128 - 1, value.ty());
                let same = b.eq(value, end);
                let here = b.and(memory.q, same);
                b.delay(&format!("{name}{number}"), here, 1)
            })
            .collect();
        let of_last = here[here.len() - 1];
        let of_any = any(b, here.into_iter());
        (b.delay(name, of_any, 1), of_last)
    };
    let pieces = sizes.iter().map(|size| size.pieces).collect();
    let (whole, last_whole) = at_end("at_piece_end", piece.q, pieces);
    let depths = sizes.iter().map(|size| size.depth).collect();
    let (at_last, last_at_last) = at_end("at_last_word", address.q, depths);
    let all_done = b.and(last_whole, last_at_last);
    let all_done = b.delay("all_done", all_done, 1);
    let word_comes = b.and(comes, whole);
    let restart = b.or(fresh, whole);
    let next = counted(b, piece.q, 1, restart);
    let moves = b.or(comes, fresh);
    b.next_en(piece, moves, next);

    b.comment(
        "a word is written one cycle after its last piece came, and then the next one is due",
    );
    let write: Vec<Sig> = memories
        .iter()
        .enumerate()
        .map(|(number, memory)| {
            let here = b.and(word_comes, memory.q);
            delay_control(b, &format!("write{number}"), here, 1)
        })
        .collect();
    let written = delay_control(b, "written", word_comes, 1);
    let restart = b.or(fresh, at_last);
    let following = stepped(b, address.q, 1);
    let following = b.delay("following", following, 1);
    let first = b.lit(0, following.ty());
    let next = b.mux(restart, first, following);
    let moves = b.or(written, fresh);
    b.next_en(address, moves, next);
    let next_memory = b.and(written, at_last);
    let moves = b.or(next_memory, fresh);
    for (number, &memory) in memories.iter().enumerate() {
        let before = match number.checked_sub(1) {
            Some(before) => {
                let continues = b.not(fresh);
                b.and(continues, memories[before].q)
            }
            None => fresh,
        };
        b.next_en(memory, moves, before);
    }
    (write, address.q, all_done)
}

/// 1 from `applies` until the other bank is read.
fn exchange(b: &mut Builder, applies: Sig) -> Sig {
    let mut stages = vec![applies];
    for stage in 1..=EXCHANGE_CYCLES {
        let before = stages[stages.len() - 1];
        stages.push(delay_control(b, &format!("exchange{stage}"), before, 1));
    }
    any(b, stages.into_iter())
}

/// Whether any of the bits is 1.
fn any(b: &mut Builder, bits: impl Iterator<Item = Sig>) -> Sig {
    let bits: Vec<Sig> = bits.collect();
    let joined: Vec<Sig> = bits
        .chunks(64)
        .map(|some| {
            let joined = b.cat(some);
            b.any(joined)
        })
        .collect();
    match *joined.as_slice() {
        [one] => one,
        _ => any(b, joined.into_iter()),
    }
}

//! The loader behind the load port: an image is applied as a whole or not at all, its payload words are counted and written
//! once each, in order, and neither a memory is written nor a bank exchanged while a sample is in flight.
//!
//! Every word is followed from the stream to its verdict, by a description of the protocol of its own: the place in the image, the
//! CRC-32 of the bytes, the memory and the address that are due. The contents of images, of any length, are open.

use std::fmt::Write as _;

use super::formal::{Formal, counter_bits};
use crate::hdl::Module;
use crate::rtl::load::{PIECE_BITS, largest};
use crate::rtl::load_map::{FORMAT, HEADER_WORDS, LoadMap, MAGIC, Refusal};

/// Cycles from an accepted word to the one in which its verdict acts.
const TO_VERDICT: u32 = 12;

/// Cycles in which the CRC-32 takes a word, half a byte each.
const TAKEN: u32 = 8;

/// What is asked of the loader of `map`; `most`: samples that can be in flight.
pub(super) fn formal(module: &Module, map: &LoadMap, most: usize) -> Formal {
    let mut f = Formal::new(module);
    f.wire("f_accept", 1, "s_valid_i && s_ready_o");
    f.delays("f_valid", 1, "f_accept", TO_VERDICT);
    f.delays("f_data", PIECE_BITS, "s_data_i", TO_VERDICT);
    f.delays("f_last", 1, "s_last_i", TO_VERDICT);
    let before = (1..TAKEN).map(|n| format!("f_valid_{n} || "));
    let before = before.collect::<String>();
    f.state(
        "p_ready",
        "AXI4-Stream: the load port waits for no TVALID, and takes a word at least every eight cycles, behind an image's last one every nine",
        &format!("s_ready_o == !({before}(f_valid_{TAKEN} && f_last_{TAKEN}))"),
    );
    samples(&mut f, most);
    crc(&mut f);
    verdict(&mut f, map);
    applied(&mut f, map.banked);
    written(&mut f, map);
    held(&mut f, map.banked);
    pipeline(&mut f);
    f.see("c_refused", "f_refuse && !f_last_12 && f_why == 1");
    f.see(
        "c_begun",
        &format!("f_pass && f_place == {} && f_reason != 0", HEADER_WORDS - 1),
    );
    f
}

/// Samples in flight, and what is known of them.
fn samples(f: &mut Formal, most: usize) {
    let bits = counter_bits(most);
    f.registers(
        &[("f_open", 1), ("f_flight", bits)],
        "if (accepted_i) f_open <= !ends_i;\n\
         f_flight <= f_flight + (accepted_i && ends_i) - left_i;",
    );
    f.wire("f_flying", 1, "f_open || f_flight != 0");
    f.delays("f_whole", 1, "accepted_i && ends_i", 1);
    f.delays("f_left", 1, "left_i", 1);
    // One that left is known of a cycle later.
    f.wire("f_busy", 1, "f_flying || f_left_1");
    f.delays("f_busy", 1, "f_busy", 3);
    f.assume(
        "a_accepted",
        "beats of samples are accepted only where the loader does not hold them",
        "!accepted_i || !hold_o",
    );
    f.assume(
        "a_left",
        "a sample leaves only after its last beat was accepted",
        "!left_i || f_flight != 0",
    );
    f.assume(
        "a_most",
        "the design holds no more samples than it has banks and credits for",
        &format!("!(accepted_i && ends_i) || f_flight < {most}"),
    );
    f.need(
        "i_flight",
        &format!(
            "{{1'b0, in_flight_q}} + f_whole_1 == {{1'b0, f_flight}} + f_left_1 && whole_sample_d1_q == f_whole_1 && \
             left_d1_q == f_left_1 && (!f_whole_1 || f_flight != 0) && open_q == f_open && busy_d1_q == f_busy_1 && f_flight <= {most}"
        ),
    );
}

/// CRC-32/ISO-HDLC of the half bytes that came, in a register that is inverted so that it begins with 0.
fn crc(f: &mut Formal) {
    f.verilog(
        "function [31:0] f_crc_of(input [31:0] crc, input [3:0] value);\n\
         integer n;\n\
         begin\n\
           f_crc_of = crc ^ value;\n\
           for (n = 0; n < 4; n = n + 1) f_crc_of = f_crc_of[0] ? (f_crc_of >> 1) ^ 32'hedb88320 : f_crc_of >> 1;\n\
         end\nendfunction",
    );
    let some: Vec<String> = (1..=TAKEN).map(|n| format!("f_valid_{n}")).collect();
    f.wire("f_takes", 1, &some.join(" || "));
    let half = (1..=TAKEN).map(|n| format!("f_valid_{n} ? f_data_{n}[{} +: 4] : ", 4 * (n - 1)));
    f.wire("f_half", 4, &format!("{}4'd0", half.collect::<String>()));
    f.registers(
        &[("f_not_crc", 32)],
        "f_not_crc <= f_valid_9 && f_last_9 ? 0 : f_takes ? ~f_crc_of(~f_not_crc, f_half) : f_not_crc;",
    );
    // What is left of a packet that ends with its own CRC-32.
    f.delays("f_right", 1, "~f_not_crc == 32'hdebb20e3", 3);
    f.need("i_crc", "crc_q == ~f_not_crc");
}

/// What each word is found to be, and the place in its image.
fn verdict(f: &mut Formal, map: &LoadMap) {
    let words = map.words();
    let (last, payload) = (words - 1, map.payload_words());
    f.wire("f_check", 1, &format!("f_place == {last}"));
    f.wire(
        "f_payload",
        1,
        &format!("f_place >= {HEADER_WORDS} && f_place < {last}"),
    );
    f.wire("f_now", 1, "f_valid_12 && !f_drain");
    let mut why = String::new();
    for (wrong, reason) in [
        (
            format!("f_place == 0 && f_data_12 != 32'd{MAGIC}"),
            Refusal::Magic,
        ),
        ("f_place == 0 && f_busy_3".to_owned(), Refusal::Busy),
        (
            format!("f_place == 1 && f_data_12 != {FORMAT}"),
            Refusal::Format,
        ),
        (
            format!("f_place == 3 && f_data_12 != 32'd{}", map.shape()),
            Refusal::Shape,
        ),
        (
            format!("f_place == 4 && f_data_12 != {payload}"),
            Refusal::Length,
        ),
        ("f_check && !f_right_3".to_owned(), Refusal::Crc),
        ("f_check && !f_last_12".to_owned(), Refusal::Long),
        ("!f_check && f_last_12".to_owned(), Refusal::Short),
    ] {
        let _ = write!(why, "{wrong} ? {} : ", reason as u8);
    }
    f.wire("f_why", 4, &format!("{why}0"));
    f.wire("f_refuse", 1, "f_now && f_why != 0");
    f.wire("f_pass", 1, "f_now && f_why == 0");
    f.wire("f_applies", 1, "f_pass && f_check");
    f.registers(
        &[
            ("f_place", counter_bits(words)),
            ("f_drain", 1),
            ("f_reason", 4),
            ("f_version", PIECE_BITS),
        ],
        "if (f_valid_12) begin f_place <= f_last_12 ? 0 : f_place + f_pass; f_drain <= !f_last_12 && (f_drain || f_refuse); end\n\
         if (f_refuse || f_applies) f_reason <= f_applies ? 0 : f_why;\n\
         if (f_pass && f_place == 2) f_version <= f_data_12;",
    );
    f.state(
        "p_reason",
        "a wrong word refuses its image, with its reason, thirteen cycles after it was accepted; the reason stays until another one or until an image is applied",
        "reason_o == f_reason && error_o == (f_reason != 0)",
    );
    f.need(
        "i_verdict",
        "passes_d1_q == f_pass && refuse_d1_q == f_refuse",
    );
    f.need("i_place", &format!("f_place < {words}"));
    let header: Vec<String> = (0..HEADER_WORDS)
        .rev()
        .map(|word| format!("header{word}_q"))
        .collect();
    f.need(
        "i_places",
        &format!(
            "{{drain_q, check_q, payload_q, {}}} == \
             (f_drain ? 8'h80 : f_check ? 8'h40 : f_payload ? 8'h20 : 8'h01 << f_place)",
            header.join(", ")
        ),
    );
    f.need(
        "i_version",
        "f_place <= 2 || f_drain || version_q == f_version",
    );
}

/// What is applied. Its memory has no reset: what it holds is compared with what it held.
fn applied(f: &mut Formal, banked: bool) {
    f.wire(
        "f_begins",
        1,
        &format!("f_pass && f_place == {}", HEADER_WORDS - 1),
    );
    let bank = if banked { "bank_o" } else { "1'b0" };
    f.verilog(&format!(
        "reg f_reset_1, f_reset_2, f_applies_1, f_applies_2, f_begins_1, f_begins_2, f_bank_1, f_loaded_1;\n\
         reg [31:0] f_version_1, f_version_2, f_known_1;\n\
         always @(posedge clk_i) begin\n\
           f_reset_1 <= rst_i; f_reset_2 <= f_reset_1; f_applies_1 <= f_applies; f_applies_2 <= f_applies_1;\n\
           f_begins_1 <= f_begins; f_begins_2 <= f_begins_1; f_version_1 <= f_version; f_version_2 <= f_version_1;\n\
           f_bank_1 <= {bank}; f_loaded_1 <= loaded_o; f_known_1 <= version_o;\n\
         end\n\
         wire f_settled = !f_reset_1 && !f_reset_2;"
    ));
    let (words, holds) = if banked {
        (
            "the banks are exchanged, and the version is another one, once for each image that was right to its last word, and at no other time",
            "bank_o == (f_bank_1 ^ f_applies_2) && loaded_o == (f_loaded_1 || f_applies_2) && \
             version_o == (f_applies_2 ? f_version_2 : f_known_1)",
        )
    } else {
        (
            "an image is loaded from its last word on if it was right to that word, and none from the first word of a payload on",
            "loaded_o == (f_applies_2 || (f_loaded_1 && !f_begins_2)) && \
             version_o == (f_applies_2 ? f_version_2 : f_begins_2 ? 0 : f_known_1)",
        )
    };
    f.state("p_applied", words, &format!("!f_settled || ({holds})"));
    let exchanged = if banked {
        " && (!f_settled || bank_o == f_bank_1)"
    } else {
        ""
    };
    f.state(
        "p_flight",
        "while a sample is in flight no word is written, no image applied and no bank exchanged",
        &format!("!f_flying || (write_o == 0 && !f_applies{exchanged})"),
    );
}

/// The words of the payload: which memory is due, which of its words, which piece of it.
fn written(f: &mut Formal, map: &LoadMap) {
    let sizes = map.sizes();
    let (most, memories) = (largest(&sizes), sizes.len());
    let mut of = [String::new(), String::new(), String::new()];
    let mut before = 0;
    for (number, size) in sizes.iter().enumerate() {
        let counted = format!(
            "{before} + f_address * {} + (f_write ? {} : f_piece)",
            size.pieces, size.pieces
        );
        for (text, value) in
            of.iter_mut()
                .zip([size.pieces.to_string(), size.depth.to_string(), counted])
        {
            let _ = write!(text, "f_memory == {number} ? {value} : ");
        }
        before += size.pieces * size.depth;
    }
    let [pieces, depth, counted] = of;
    let pieces_bits = counter_bits(most.pieces);
    let count_bits = counter_bits(map.words());
    f.wire("f_pieces", pieces_bits, &format!("{pieces}1"));
    f.wire("f_depth", counter_bits(most.depth), &format!("{depth}1"));
    f.wire("f_counted", count_bits, &format!("{counted}{before}"));
    f.wire("f_full", 1, "f_piece == f_pieces - 1");
    f.wire("f_comes", 1, "f_pass && f_payload");
    let latest = PIECE_BITS * u32::try_from(most.pieces).unwrap_or(1);
    f.registers(
        &[
            ("f_memory", counter_bits(memories)),
            ("f_address", counter_bits(most.depth)),
            ("f_piece", pieces_bits),
            ("f_write", 1),
            ("f_latest", latest),
        ],
        "f_write <= f_comes && f_full;\n\
         if (f_comes) f_latest <= {f_latest, f_data_12};\n\
         if (f_pass && f_place == 0) begin f_memory <= 0; f_address <= 0; f_piece <= 0; end else begin\n\
           if (f_comes) f_piece <= f_full ? 0 : f_piece + 1;\n\
           if (f_write) f_address <= f_address == f_depth - 1 ? 0 : f_address + 1;\n\
           if (f_write && f_address == f_depth - 1) f_memory <= f_memory + 1;\n\
         end",
    );
    let mut same = String::new();
    for piece in 0..most.pieces {
        let bits = format!("{} +: {PIECE_BITS}", piece * PIECE_BITS as usize);
        let equal = format!("pieces_o[{bits}] == f_latest[{bits}]");
        let _ = write!(same, " && (f_pieces <= {piece} || {equal})");
        f.need(
            &format!("i_piece{piece}"),
            &format!(
                "f_place < {HEADER_WORDS} || f_drain || (f_write ? f_pieces : f_piece) <= {piece} || {equal}"
            ),
        );
    }
    f.state(
        "p_write",
        "each word of a memory is written once, at its address, from the words of the image that hold it, and nothing else is written",
        &format!(
            "write_o == (f_write ? 1 << f_memory : 0) && (!f_write || (f_memory < {memories} && address_o == f_address{same}))"
        ),
    );
    f.state(
        "p_count",
        "each word is counted once: the payload begins behind the header and ends with its last word, behind which the CRC-32 is due",
        "payload_q == (f_payload && !f_drain) && check_q == (f_check && !f_drain)",
    );
    f.need(
        "i_count",
        &format!("f_place < {HEADER_WORDS} || f_drain || f_counted + {HEADER_WORDS} == f_place"),
    );
    let walked: Vec<String> = (0..memories)
        .rev()
        .map(|number| format!("memory{number}_q"))
        .collect();
    f.need(
        "i_walk",
        &format!(
            "f_place == 0 || f_drain || ({{{}}} == (f_memory < {memories} ? 1 << f_memory : 0) && f_memory <= {memories} && \
             piece_q == f_piece && address_q == f_address && f_piece < f_pieces && f_address < f_depth)",
            walked.join(", ")
        ),
    );
    f.need(
        "i_start",
        &format!(
            "f_place == 0 || f_place >= {HEADER_WORDS} || f_drain || (f_memory == 0 && f_address == 0 && f_piece == 0 && !f_write)"
        ),
    );
    f.need(
        "i_writes",
        &format!("!f_write || (f_place >= {HEADER_WORDS} && f_piece == 0)"),
    );
}

/// When samples wait.
fn held(f: &mut Formal, banked: bool) {
    f.delays("f_exchange", 1, "f_applies", 3);
    f.wire(
        "f_exchange",
        1,
        "f_applies || f_exchange_1 || f_exchange_2 || f_exchange_3",
    );
    let behind = (TAKEN + 1..=TO_VERDICT).map(|n| format!(" || f_valid_{n}"));
    let behind = behind.collect::<String>();
    f.wire("f_judged", 1, &format!("f_takes{behind}"));
    // With the last word of an image that was refused, the first one of the next one may be on its way.
    f.wire("f_next", 1, "f_valid_12 && f_last_12 && f_takes");
    let waits = "f_exchange || (!f_drain && (f_place != 0 || f_judged)) || f_next";
    let held = if banked {
        f.registers(&[("f_hold", 1)], &format!("f_hold <= {waits};"));
        "hold_o == f_hold"
    } else {
        f.registers(
            &[("f_goes", 1)],
            &format!("f_goes <= loaded_o && !({waits});"),
        );
        "hold_o == !f_goes"
    };
    f.state(
        "p_hold",
        "samples wait exactly while an image is taken that was not refused, until its banks are exchanged; with one bank while nothing is loaded, too",
        held,
    );
    f.state(
        "p_alone",
        "while an image is taken that was not refused no sample is in flight, and none begins",
        "f_drain || f_place == 0 || (!f_flying && hold_o)",
    );
    f.need("i_exchanging", "!f_exchange || (!f_flying && hold_o)");
    f.need(
        "i_begun",
        "f_drain || f_place != 0 || !(f_valid_10 || f_valid_11 || f_valid_12) || hold_o",
    );
}

/// Where the words stand on their way.
fn pipeline(f: &mut Formal) {
    for first in 1..=TO_VERDICT - TAKEN + 1 {
        let some: Vec<String> = (first..first + TAKEN)
            .map(|n| format!("f_valid_{n}"))
            .collect();
        f.need(
            &format!("i_spaced{first}"),
            &format!("{{3'b0, {}}} + {} <= 1", some[0], some[1..].join(" + ")),
        );
    }
    for next in 1..=TO_VERDICT - TAKEN {
        let before = next + TAKEN;
        f.need(
            &format!("i_ended{next}"),
            &format!("!(f_valid_{next} && f_valid_{before} && f_last_{before})"),
        );
    }
    let step = (2..=TAKEN).map(|n| format!("f_valid_{n} ? {} : ", n - 1));
    f.need(
        "i_step",
        &format!(
            "have_q == f_takes && done_d1_q == f_valid_8 && step_q == ({}0)",
            step.collect::<String>()
        ),
    );
    for n in 1..=TAKEN {
        let taken = 4 * (n - 1);
        let word = match taken {
            0 => "f_data_1".to_owned(),
            _ => format!("{{f_data_{n}[{}:0], f_data_{n}[31:{taken}]}}", taken - 1),
        };
        f.need(
            &format!("i_word{n}"),
            &format!("!f_valid_{n} || (word_q == {word} && last_q == f_last_{n})"),
        );
    }
    for n in TAKEN + 1..=TO_VERDICT {
        f.need(
            &format!("i_whole{n}"),
            &format!("!f_valid_{n} || (whole_q == f_data_{n} && is_last_q == f_last_{n})"),
        );
    }
    f.need(
        "i_stages",
        "compare_d1_q == f_valid_9 && judge_d1_q == f_valid_10 && acts_d1_q == f_valid_11 && acts_d2_q == f_valid_12 && \
         judged_d1_q == (f_valid_11 && !f_drain) && crc_begins_d1_q == (f_valid_9 && f_last_9)",
    );
}

//! The event buffer: every event that is written is read back in its step at its place, and every step is told once, with its
//! number of events.
//!
//! One event and one step, which ones are open, are followed; and one word of the memory, whether it was written for the step
//! that reads it.

use std::fmt::Write as _;

use super::formal::{Formal, counter_bits};
use crate::hdl::Module;
use crate::hdl::banked::used_regs;
use crate::rtl::LayerPlan;
use crate::rtl::plan::index_bits;
use crate::rtl::stream::Layout;

/// What is asked of an event buffer.
pub(super) fn formal(module: &Module, plan: &LayerPlan) -> Formal {
    let layout = Layout::into_layer(plan);
    let (banks, axons, ways) = (plan.banks, plan.axons, plan.events as usize);
    let (bank_bits, way_bits) = (index_bits(banks as usize), plan.way_bits());
    let place_bits = plan.place_bits();
    let few = counter_bits(banks as usize);
    // Events are counted as the plan does: how many times all memories took one, and in the low bits how many took one more.
    let (most, radix) = (plan.count_of(axons), 1usize << way_bits);
    let many = counter_bits(most + radix).max(place_bits + way_bits + 1);
    let slots = layout.slots as usize;
    let dealt = slots > 1 || !plan.events.is_power_of_two();
    let after = |f: &mut Formal, name: &str, before: &str, more: &str| {
        f.wire(
            &format!("{name}_turn"),
            many,
            &format!("({before} & {}) + {more}", radix - 1),
        );
        f.wire(
            name,
            many,
            &format!(
                "{before} + {more} + ({name}_turn >= {ways} ? {} : 0)",
                radix - ways
            ),
        );
    };
    let event_bits = layout.address + layout.payload;
    let cycles = plan.fabric.read_cycles();
    let mut f = Formal::new(module);

    // The beat that is written: where events are dealt, the one of the cycle before.
    let mut beat = |name: &str, bits: u32| {
        let port = format!("s_{name}_i");
        if dealt {
            f.delays(&format!("f_s_{name}"), bits, &port, 1);
            format!("f_s_{name}_1")
        } else {
            port
        }
    };
    let (valid, last) = (beat("valid", 1), beat("last", 1));
    let (user, null) = (beat("user", 1), beat("null", layout.slots));
    let address = beat("address", layout.slots * layout.address);
    let payload = (layout.payload > 0).then(|| beat("payload", layout.slots * layout.payload));
    let of_slot = |name: &str, slot: usize, bits: u32| match slots {
        1 => name.to_owned(),
        _ => format!("{name}[{} +: {bits}]", slot * bits as usize),
    };
    let (ends, shows) = if layout.repeats {
        let repeat = beat("repeat", 1);
        (
            format!("{{{repeat}, {user}}}"),
            "{step_repeat_o, step_user_o}",
        )
    } else {
        (user, "step_user_o")
    };
    f.wire("f_ends", 2, &ends);
    f.wire("f_shows", 2, shows);
    f.wire("f_push", 1, &format!("{valid} && {last}"));
    for slot in 0..slots {
        let null = of_slot(&null, slot, 1);
        f.wire(&format!("f_write{slot}"), 1, &format!("{valid} && !{null}"));
        let mut event = of_slot(&address, slot, layout.address);
        if let Some(payload) = &payload {
            event = format!("{{{}, {event}}}", of_slot(payload, slot, layout.payload));
        }
        f.wire(&format!("f_in{slot}"), event_bits, &event);
    }
    let events_before = |slot: usize| {
        let before: Vec<String> = (0..slot).map(|slot| format!(" + f_write{slot}")).collect();
        format!("{many}'d0{}", before.concat())
    };
    f.wire("f_writes", many, &events_before(slots));
    f.verilog(&format!("reg [{}:0] f_written;", many - 1));
    after(&mut f, "f_after", "f_written", "f_writes");
    f.registers(
        &[
            ("f_claimed", few),
            ("f_claim", 1),
            ("f_full", 1),
            ("f_stored", few),
            ("f_told", few),
            ("f_pushed", 1),
        ],
        &format!(
            "f_claimed <= f_claimed + claim_i - step_done_i;\n\
         f_claim <= claim_i; f_full <= f_claimed + claim_i >= {banks};\n\
         f_stored <= f_stored + f_push - step_done_i;\n\
         f_pushed <= f_push; f_told <= f_told + f_pushed - step_done_i;"
        ),
    );
    f.verilog("always @(posedge clk_i) if (rst_i) f_written <= 0; else f_written <= f_push ? 0 : f_after;");
    f.assume(
        "a_claim",
        "a bank is claimed only while the buffer is ready",
        "!claim_i || s_ready_o",
    );
    f.assume(
        "a_owed",
        "the last beat of a step was claimed before it comes",
        "!f_push || f_claimed + claim_i > f_stored",
    );
    f.assume(
        "a_place",
        "a beat was accepted while a bank was free",
        &format!("!{valid} || f_stored < {banks}"),
    );
    f.assume(
        "a_fits",
        "a step has no more events than axons",
        &format!("f_after <= {most}"),
    );
    f.assume(
        "a_done",
        "a step is freed only after it was told",
        "!step_done_i || f_told != 0",
    );
    f.assume(
        "a_read",
        "events are read only of a step that was told",
        "!read_i || f_told != 0",
    );

    f.verilog("// one event");
    f.any_bit("f_pick");
    f.any_constant("f_slot", counter_bits(slots));
    let chosen = |f: &mut Formal, name: &str, bits: u32, of: &dyn Fn(usize) -> String| {
        let mut value = of(0);
        for slot in 1..slots {
            value = format!("f_slot == {slot} ? {} : {value}", of(slot));
        }
        f.wire(name, bits, &value);
    };
    chosen(&mut f, "f_here", 1, &|slot| format!("f_write{slot}"));
    chosen(&mut f, "f_in", event_bits, &|slot| format!("f_in{slot}"));
    chosen(&mut f, "f_before", many, &events_before);
    after(&mut f, "f_here_index", "f_written", "f_before");
    f.registers(
        &[
            ("f_track", 1),
            ("f_open", 1),
            ("f_ahead", few),
            ("f_index", many),
            ("f_event", event_bits),
        ],
        "if (!f_track && f_pick && f_here) begin\n\
           f_track <= 1; f_open <= !f_push; f_ahead <= f_stored - step_done_i; f_index <= f_here_index; f_event <= f_in;\n\
         end else if (f_track) begin\n\
           if (f_push) f_open <= 0;\n\
           if (step_done_i) begin if (f_ahead == 0) f_track <= 0; else f_ahead <= f_ahead - 1; end\n\
         end",
    );
    let bank = |f: &mut Formal, name: &str, ahead: &str| {
        let bits = bank_bits + 1;
        f.wire(
            &format!("{name}_sum"),
            bits.max(few) + 1,
            &format!("read_bank_q + {ahead}"),
        );
        f.wire(
            name,
            bank_bits,
            &format!("{name}_sum >= {banks} ? {name}_sum - {banks} : {name}_sum"),
        );
    };
    bank(&mut f, "f_bank", "f_ahead");
    f.wire("f_place", place_bits, &format!("f_index >> {way_bits}"));
    f.wire("f_word", place_bits + bank_bits, "{f_place, f_bank}");
    f.wire(
        "f_due",
        1,
        "read_i && f_track && !f_open && f_ahead == 0 && f_told != 0 && index_i == f_place",
    );
    f.delays("f_due_then", 1, "f_due", cycles);
    f.delays("f_event_then", event_bits, "f_event", cycles);
    f.delays("f_index_then", many, "f_index", cycles);
    let (mut right, mut stored) = (String::from("1'b1"), Vec::new());
    for way in 0..ways {
        let of = |name: &str, bits: u32| match ways {
            1 => name.to_owned(),
            _ => format!("{name}[{} +: {bits}]", way * bits as usize),
        };
        let mut out = of("event_address_o", layout.address);
        if layout.payload > 0 {
            out = format!("{{{}, {out}}}", of("event_payload_o", layout.payload));
        }
        let this = |index: &str| format!("({index} & {}) == {way}", radix - 1);
        let _ = write!(
            right,
            " && (!({}) || {out} == f_event_then_{cycles})",
            this(&format!("f_index_then_{cycles}"))
        );
        let memory = match ways {
            1 => "events_mem".to_owned(),
            _ => format!("events_mem{way}"),
        };
        stored.push((this("f_index"), memory));
    }
    f.state(
        "p_event",
        "each event is read back unchanged, in its step and at its place, until its step is done",
        &format!("!f_due_then_{cycles} || ({right})"),
    );
    f.need(
        "i_track",
        "!f_track || (f_open ? f_ahead == f_stored && f_index < f_written : f_ahead < f_stored)",
    );
    for (way, (this, memory)) in stored.iter().enumerate() {
        f.need(
            &format!("i_event{way}"),
            &format!("!(f_track && {this}) || {memory}[f_word] == f_event"),
        );
    }

    f.verilog("// one step");
    f.any_bit("f_pick_step");
    f.registers(
        &[
            ("f_step", 1),
            ("f_steps_ahead", few),
            ("f_events", many),
            ("f_user", 2),
            ("f_last_events", many),
        ],
        "if (f_push) f_last_events <= f_after;\n\
         if (!f_step && f_pick_step && f_push) begin\n\
           f_step <= 1; f_steps_ahead <= f_stored - step_done_i; f_events <= f_after; f_user <= f_ends;\n\
         end else if (f_step && step_done_i) begin\n\
           if (f_steps_ahead == 0) f_step <= 0; else f_steps_ahead <= f_steps_ahead - 1;\n\
         end",
    );
    f.state(
        "p_step",
        "each step is shown, in order, with its number of events, whether it ends its sample, and whether it is as the one before",
        "!(f_step && f_steps_ahead == 0 && f_told != 0) || (step_events_o == f_events && f_shows == f_user)",
    );
    f.state(
        "p_told",
        if dealt {
            "each step is told exactly once, two cycles after its last beat"
        } else {
            "each step is told exactly once, in the cycle after its last beat"
        },
        "pushed_o == f_pushed",
    );
    f.state(
        "p_ready",
        "the buffer is ready exactly while a bank is not claimed, one that was freed a cycle later: it waits for no beat",
        &format!("s_ready_o == !f_full && (!s_ready_o || f_claimed < {banks})"),
    );
    f.registers(
        &[("f_shown", 1), ("f_events_shown", many), ("f_user_shown", 2)],
        "f_shown <= f_told != 0 && !step_done_i; f_events_shown <= step_events_o; f_user_shown <= f_shows;",
    );
    f.state(
        "p_steady",
        "the number of events of the oldest step stays until the step is done, and is at most that of the axons",
        &format!(
            "(!f_shown || (step_events_o == f_events_shown && f_shows == f_user_shown)) && (f_told == 0 || step_events_o <= {most})"
        ),
    );
    f.need("i_step", "!f_step || f_steps_ahead < f_stored");

    f.verilog("// one word of the memory");
    f.any_constant("f_watch_place", place_bits);
    f.any_constant("f_watch_bank", bank_bits);
    f.any_constant("f_watch_way", way_bits.max(1));
    f.assume(
        "a_watched",
        "the word that is followed is one of the memory's",
        &format!("f_watch_bank < {banks} && f_watch_way < {ways}"),
    );
    f.wire(
        "f_watch",
        many + 1,
        &format!("f_watch_place * {radix} + f_watch_way"),
    );
    f.registers(
        &[("f_fresh_word", 1)],
        "if (write_bank_q == f_watch_bank && f_written <= f_watch && f_watch < f_after) f_fresh_word <= 1;\n\
         else if (step_done_i && read_bank_q == f_watch_bank) f_fresh_word <= 0;",
    );
    f.state(
        "p_written",
        "no event of a step is read from a word that was not written in that step, and none from one that is being written",
        "!read_i || (write_bank_q != read_bank_q || f_writes == 0) && \
         (read_bank_q != f_watch_bank || index_i != f_watch_place || f_watch >= step_events_o || f_fresh_word)",
    );
    f.wire("f_steps_to_watch", few, &format!(
        "f_watch_bank >= read_bank_q ? f_watch_bank - read_bank_q : f_watch_bank + {banks} - read_bank_q"
    ));
    f.need(
        "i_watch_writing",
        "f_steps_to_watch != f_stored || f_fresh_word == (f_watch < f_written)",
    );
    f.need(
        "i_watch_pushed",
        "!(f_pushed && f_steps_to_watch == f_told) || f_fresh_word == (f_watch < f_last_events)",
    );
    f.need(
        "i_watch_free",
        "f_steps_to_watch <= f_stored || !f_fresh_word",
    );
    f.need("i_last_events", &format!("f_last_events <= {most}"));

    f.need(
        "i_counts",
        &format!("f_claimed <= {banks} && f_stored <= f_claimed && f_told <= f_stored"),
    );
    f.need(
        "i_stored",
        "f_stored == f_told + f_pushed && f_claim <= f_claimed && claim_d1_q == f_claim",
    );
    f.need("i_full", &format!("f_stored < {banks} || f_written == 0"));
    f.need("i_most", &format!("f_written <= {most}"));
    f.need("i_turns", &format!("(f_written & {}) < {ways}", radix - 1));
    if dealt {
        // Behind the most events of a step a memory's count may be 0 again.
        let places = (1u64 << (plan.count_bits() - way_bits)) - 1;
        f.wire(
            "f_turn",
            many,
            &format!("f_push ? 0 : f_after & {}", radix - 1),
        );
        for way in 0..ways {
            f.need(
                &format!("i_turn{way}"),
                &format!("turn{way}_q == (f_turn == {way})"),
            );
            f.need(
                &format!("i_written{way}"),
                &format!(
                    "written{way}_q == (((f_written >> {way_bits}) + ((f_written & {}) > {way})) & {places})",
                    radix - 1
                ),
            );
        }
    } else {
        f.need("i_written", "written_q == f_written");
    }
    f.need(
        "i_banks",
        &format!("read_bank_q < {banks} && write_bank_q < {banks}"),
    );
    for bank in ["read_bank_q", "write_bank_q"] {
        let last = format!("{bank}_last");
        let there = used_regs(module).any(|reg| module.names[reg.q as usize] == last);
        if there {
            let is_last = format!("{last} == ({bank} == {})", banks - 1);
            f.need(&format!("i_{last}"), &is_last);
        }
    }
    bank(&mut f, "f_write_bank", "f_stored");
    f.need("i_write_bank", "write_bank_q == f_write_bank");
    for n in 0..=banks {
        f.need(
            &format!("i_claimed{n}"),
            &format!("claimed{n}_q == (f_claimed == {n} + f_claim)"),
        );
        f.need(
            &format!("i_told{n}"),
            &format!("stored{n}_q == (f_told == {n})"),
        );
    }
    for n in 0..banks {
        let of_user = if layout.repeats {
            format!("{{step_repeat{n}_q, step_user{n}_q}}")
        } else {
            format!("step_user{n}_q")
        };
        f.need(
            &format!("i_step{n}"),
            &format!(
                "!(f_step && f_steps_ahead == {n} && {n} < f_told) || (step_events{n}_q == f_events && {of_user} == f_user)"
            ),
        );
        f.need(
            &format!("i_step_events{n}"),
            &format!("{n} >= f_told || step_events{n}_q <= {most}"),
        );
        f.need(
            &format!("i_watch{n}"),
            &format!(
                "!({n} < f_told && f_steps_to_watch == {n}) || f_fresh_word == (f_watch < step_events{n}_q)"
            ),
        );
    }
    f.see(
        "c_read",
        &format!(
            "f_due_then_{cycles} && f_index_then_{cycles} == {} && f_claimed == {banks}",
            plan.count_of(axons.min(2) - 1)
        ),
    );
    f
}

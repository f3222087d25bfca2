//! The guard: each beat goes through once, in order, after a fixed number of cycles; an event stays an event exactly if it is
//! legal.
//!
//! One address, which one is open, is followed: whether it was seen in the step, and in which slot. Where a beat has several
//! slots, what is packed has an element for each.

use super::formal::{Formal, counter_bits};
use super::guard_stages::{Slots, Stages, clearing};
use crate::hdl::Module;
use crate::rtl::LayerPlan;
use crate::rtl::stream::Layout;

/// Cycles from an accepted beat to the one in which its tag is written.
const TO_MARK: u32 = 2;

/// Most axons of a guard of which it is shown that its claims are not vacuous.
const SEEN_AXONS: usize = 20;

/// What is asked of a guard; `steps`: the most that a sample may have.
pub(super) fn formal(module: &Module, plan: &LayerPlan, steps: Option<usize>) -> Formal {
    let layout = Layout::into_layer(plan);
    let (axons, most) = (plan.axons, plan.fed.max);
    let judging = TO_MARK + plan.fabric.read_cycles();
    let cycles = judging + 1;
    let bits = counter_bits(axons + 8);
    let slots = Slots(layout.slots as usize);
    let stages = Stages {
        module,
        plan,
        layout,
        slots,
    };
    let mut f = Formal::new(module);

    f.wire("f_accept", 1, "s_valid_i && s_ready_o");
    f.delays("f_valid", 1, "f_accept", cycles);
    f.delays("f_null", layout.slots, "s_null_i", cycles);
    f.delays("f_last", 1, "s_last_i", cycles);
    f.delays("f_user", 1, "s_user_i", cycles);
    f.delays(
        "f_address",
        layout.slots * layout.address,
        "s_address_i",
        cycles,
    );
    if layout.payload > 0 {
        f.delays(
            "f_payload",
            layout.slots * layout.payload,
            "s_payload_i",
            cycles,
        );
    }
    f.state(
        "p_ready",
        "a beat is accepted only where there is room, and the last one of a step claims its bank",
        "(!s_ready_o || m_ready_i) && claim_o == (f_accept && s_last_i)",
    );
    f.state(
        "p_order",
        &format!("each accepted beat comes out once, {cycles} cycles later, with its step's end and its sample's"),
        &format!(
            "m_valid_o == f_valid_{cycles} && (!m_valid_o || (m_last_o == f_last_{cycles} && m_user_o == f_user_{cycles}))"
        ),
    );
    f.state(
        "p_unchanged",
        "address and payload of an event stay",
        &slots.every(&|slot| {
            let same = |name: &str, bits: u32| {
                let (out, was) = (format!("m_{name}_o"), format!("f_{name}_{cycles}"));
                format!(
                    "{} == {}",
                    slots.of(&out, slot, bits),
                    slots.of(&was, slot, bits)
                )
            };
            let mut unchanged = same("address", layout.address);
            if layout.payload > 0 {
                unchanged = format!("{unchanged} && {}", same("payload", layout.payload));
            }
            let null = slots.of("m_null_o", slot, 1);
            format!("(!m_valid_o || {null} || ({unchanged}))")
        }),
    );

    f.verilog("// one address");
    f.any_constant("f_watch", layout.address);
    f.assume(
        "a_watched",
        "the address that is followed is an axon's",
        &format!("f_watch < {axons}"),
    );
    for slot in 0..slots.0 {
        let null = slots.of(&format!("f_null_{TO_MARK}"), slot, 1);
        let address = slots.of(&format!("f_address_{TO_MARK}"), slot, layout.address);
        let mut hit = format!("!{null} && {address} == f_watch");
        if layout.payload > 0 {
            let payload = slots.of(&format!("f_payload_{TO_MARK}"), slot, layout.payload);
            hit = format!("{hit} && {payload} <= {most}");
        }
        f.wire(&format!("f_hit{slot}"), 1, &hit);
        let mut new = format!("f_hit{slot} && !f_seen");
        for before in 0..slot {
            new.push_str(&format!(" && !f_hit{before}"));
        }
        f.wire(&format!("f_new{slot}"), 1, &new);
    }
    let hit = slots.any(&|slot| format!("f_hit{slot}"));
    f.registers(
        &[("f_seen", 1)],
        &format!("if (f_valid_{TO_MARK}) f_seen <= f_last_{TO_MARK} ? 0 : f_seen || {hit};"),
    );
    let judged = cycles - TO_MARK;
    let new: Vec<String> = (0..slots.0)
        .rev()
        .map(|slot| format!("f_new{slot}"))
        .collect();
    let new = format!("{{{}}}", new.join(", "));
    f.delays("f_legal", layout.slots, &new, judged);
    f.state(
        "p_legal",
        "an event goes through exactly if its address is an axon's, its payload is in range, and its address is new in its step",
        &slots.every(&|slot| {
            let address = slots.of(&format!("f_address_{cycles}"), slot, layout.address);
            let (null, legal) = (
                slots.of("m_null_o", slot, 1),
                slots.of(&format!("f_legal_{judged}"), slot, 1),
            );
            format!(
                "(!m_valid_o || ({address} != f_watch && {address} < {axons}) || \
                 {null} == !({address} == f_watch && {legal}))"
            )
        }),
    );
    f.wire("f_out_ends", 1, "m_valid_o && m_last_o");
    let mut illegal = format!(
        "m_valid_o && (|(~f_null_{cycles} & m_null_o) || (&f_null_{cycles} && !f_last_{cycles}))"
    );
    if let Some(steps) = steps {
        let bits = counter_bits(steps);
        let next = format!("m_user_o ? 0 : f_steps == {steps} ? {steps} : f_steps + 1");
        f.verilog(&format!("wire [{}:0] f_steps_next;", bits - 1));
        f.registers(&[("f_steps", bits)], "f_steps <= f_steps_next;");
        f.verilog(&format!(
            "assign f_steps_next = f_out_ends ? ({next}) : f_steps;"
        ));
        illegal = format!("({illegal}) || (f_out_ends && f_steps == {steps})");
        f.need(
            "i_steps",
            &format!("steps_q == f_steps_next && f_steps <= {steps}"),
        );
    }
    if layout.is_analogue() {
        f.registers(
            &[("f_later", 1), ("f_own", 1)],
            "if (m_valid_o) begin f_own <= !m_last_o && (f_own || !m_null_o); if (m_last_o) f_later <= !m_user_o; end",
        );
        f.wire(
            "f_asks",
            1,
            &format!("f_out_ends && f_null_{cycles} && f_payload_{cycles}[0]"),
        );
        if plan.keeps {
            f.state(
                "p_repeat",
                "a step is as the one before exactly if it says so, is not the first one of its sample and has no event",
                "!m_valid_o || m_repeat_o == (f_asks && f_later && !f_own)",
            );
            f.need(
                "i_repeat",
                "first_step_q == !(f_out_ends ? !m_user_o : f_later) && \
                 has_event_q == (m_valid_o ? !m_last_o && (f_own || !m_null_o) : f_own)",
            );
            illegal = format!("({illegal}) || (f_asks && !(f_later && !f_own))");
        } else {
            illegal = format!("({illegal}) || f_asks");
        }
    }
    f.wire("f_illegal", 1, &illegal);
    f.registers(&[("f_error", 1)], "f_error <= f_error || f_illegal;");
    f.state(
        "p_error",
        "the error flag is set by an illegal beat alone, by each of them as it comes out, and stays",
        "error_o == (f_error || f_illegal)",
    );

    f.verilog("// clearing of the tags");
    f.registers(
        &[("f_clearing", bits)],
        "f_clearing <= clearing_q ? f_clearing + 1 : 0;",
    );
    f.state(
        "p_prompt",
        &format!(
            "where there is room, the guard is ready after at most {} cycles",
            axons + 3
        ),
        &format!("clearing_q ? f_clearing < {axons} + 4 : s_ready_o == m_ready_i"),
    );
    f.state(
        "p_written",
        "no tag is read while it is written",
        &slots.every(&|from| {
            slots.every(&|to| {
                let address = slots.of("f_address_1", to, layout.address);
                let (meets, mark) = (slots.of_pair("meets", from, to), slots.named("mark", from));
                let place = slots.place(from);
                format!(
                    "(!(f_valid_1 && {address} < {axons} && !{meets}) || !((sweep_q || {mark}) && {place} == {address}))"
                )
            })
        }),
    );
    let places = slots.every(&|slot| format!("{} == f_clearing - 4", slots.place(slot)));
    f.need(
        "i_sweep",
        &format!(
            "clearing_q ? sweep_q == (f_clearing >= 4) && (!sweep_q || ({places})) : !sweep_q"
        ),
    );
    let tag = |from: usize, to: usize| format!("{}[f_watch]", slots.of_pair("seen_tag", from, to));
    let cleared = slots.every(&|from| slots.every(&|to| format!("{} == 0", tag(from, to))));
    let place = slots.place(0);
    f.need(
        "i_swept",
        &format!("!(clearing_q && f_clearing >= 4 && f_watch < {place}) || ({cleared})"),
    );
    f.need("i_place", &format!("!sweep_q || {place} < {axons}"));
    if axons > 1 {
        f.need(
            "i_last_place",
            &format!("clear_last_q == (sweep_q && {place} == {})", axons - 1),
        );
    }
    f.wire("f_counts", 1, "!clearing_q || f_valid_1 || f_valid_2");
    f.wire(
        "f_tags",
        17,
        "tag_q + (f_valid_1 && f_last_1) + (f_valid_2 && f_last_2)",
    );
    f.need(
        "i_tag",
        "clearing_q ? (f_clearing < 4 || tag_q == 0) && f_tags <= 17'h10000 : tag_q != 0 && f_tags <= 17'hffff",
    );
    f.need(
        "i_none_seen",
        "!(clearing_q && !f_valid_1 && !f_valid_2) || !f_seen",
    );
    clearing(&mut f);
    stages.hold_beats(&mut f);
    stages.judge(&mut f);
    // The first beat comes after as many cycles as there are axons.
    if axons <= SEEN_AXONS {
        f.see(
            "c_twice",
            &format!(
                "m_valid_o && {} && {} == f_watch && !{} && f_seen && !f_valid_1",
                slots.of("m_null_o", 0, 1),
                slots.of(&format!("f_address_{cycles}"), 0, layout.address),
                slots.of(&format!("f_null_{cycles}"), 0, 1)
            ),
        );
        if slots.0 > 1 {
            let last = slots.0 - 1;
            f.see(
                "c_twice_at_once",
                &format!(
                    "m_valid_o && !{} && {} && !{} && {} == {}",
                    slots.of("m_null_o", 0, 1),
                    slots.of("m_null_o", last, 1),
                    slots.of(&format!("f_null_{cycles}"), last, 1),
                    slots.of(&format!("f_address_{cycles}"), 0, layout.address),
                    slots.of(&format!("f_address_{cycles}"), last, layout.address)
                ),
            );
        }
    }
    stages.hold_tags(&mut f);
    f
}

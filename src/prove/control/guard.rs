//! The guard: each beat goes through once, in order, after a fixed number of cycles; an event stays an event exactly if it is
//! legal.
//!
//! One address, which one is open, is followed: whether it was seen in the step.

use super::formal::{Formal, counter_bits};
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
    let mut f = Formal::new(module);

    f.wire("f_accept", 1, "s_valid_i && s_ready_o");
    f.delays("f_valid", 1, "f_accept", cycles);
    f.delays("f_null", 1, "s_null_i", cycles);
    f.delays("f_last", 1, "s_last_i", cycles);
    f.delays("f_user", 1, "s_user_i", cycles);
    f.delays("f_address", layout.address, "s_address_i", cycles);
    if layout.payload > 0 {
        f.delays("f_payload", layout.payload, "s_payload_i", cycles);
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
        &format!(
            "!m_valid_o || m_null_o || (m_address_o == f_address_{cycles}{})",
            if layout.payload > 0 {
                format!(" && m_payload_o == f_payload_{cycles}")
            } else {
                String::new()
            }
        ),
    );

    f.verilog("// one address");
    f.any_constant("f_watch", layout.address);
    f.assume(
        "a_watched",
        "the address that is followed is an axon's",
        &format!("f_watch < {axons}"),
    );
    let payload_ok = if layout.payload > 0 {
        format!("f_payload_{TO_MARK} <= {most}")
    } else {
        "1'b1".to_owned()
    };
    f.wire(
        "f_new",
        1,
        &format!("!f_null_{TO_MARK} && f_address_{TO_MARK} == f_watch && {payload_ok} && !f_seen"),
    );
    f.registers(
        &[("f_seen", 1)],
        &format!("if (f_valid_{TO_MARK}) f_seen <= f_last_{TO_MARK} ? 0 : f_seen || f_new;"),
    );
    let judged = cycles - TO_MARK;
    f.delays("f_legal", 1, "f_new", judged);
    f.state(
        "p_legal",
        "an event goes through exactly if its address is an axon's, its payload is in range, and its address is new in its step",
        &format!(
            "!m_valid_o || (f_address_{cycles} != f_watch && f_address_{cycles} < {axons}) || \
             m_null_o == !(f_address_{cycles} == f_watch && f_legal_{judged})"
        ),
    );
    f.wire("f_out_ends", 1, "m_valid_o && m_last_o");
    let mut illegal = format!(
        "m_valid_o && ((!f_null_{cycles} && m_null_o) || (f_null_{cycles} && !f_last_{cycles}))"
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
        &format!("!(f_valid_1 && f_address_1 < {axons} && !meets) || !((sweep_q || mark) && place_q == f_address_1)"),
    );
    f.need(
        "i_sweep",
        "clearing_q ? sweep_q == (f_clearing >= 4) && (!sweep_q || place_q == f_clearing - 4) : !sweep_q",
    );
    f.need(
        "i_swept",
        "!(clearing_q && f_clearing >= 4 && f_watch < place_q) || seen_tag[f_watch] == 0",
    );
    f.need("i_place", &format!("!sweep_q || place_q < {axons}"));
    if axons > 1 {
        f.need(
            "i_last_place",
            &format!("clear_last_q == (sweep_q && place_q == {})", axons - 1),
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
        "i_seen",
        "!f_counts || (seen_tag[f_watch] <= tag_q && (seen_tag[f_watch] == tag_q) == f_seen)",
    );
    f.need(
        "i_none_seen",
        "!(clearing_q && !f_valid_1 && !f_valid_2) || !f_seen",
    );
    // The first beat comes after as many cycles as there are axons.
    if axons <= SEEN_AXONS {
        f.see(
            "c_twice",
            &format!("m_valid_o && m_null_o && f_address_{cycles} == f_watch && !f_null_{cycles} && f_seen && !f_valid_1"),
        );
    }
    f
}

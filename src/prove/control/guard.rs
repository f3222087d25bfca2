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
    let layout = Layout::new(plan.axons, plan.fed);
    let (axons, most) = (plan.axons, plan.fed.max);
    let cycles = TO_MARK + plan.fabric.read_cycles();
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
    let mut illegal = format!(
        "(f_valid_{cycles} && ((!f_null_{cycles} && m_null_o) || (f_null_{cycles} && !f_last_{cycles})))"
    );
    if let Some(steps) = steps {
        f.registers(
            &[("f_steps", counter_bits(steps))],
            &format!(
                "if (f_valid_{cycles} && f_last_{cycles}) f_steps <= f_user_{cycles} ? 0 : f_steps == {steps} ? {steps} : f_steps + 1;"
            ),
        );
        illegal =
            format!("({illegal} || (f_valid_{cycles} && f_last_{cycles} && f_steps == {steps}))");
        f.need(
            "i_steps",
            &format!("steps_q == f_steps && f_steps <= {steps}"),
        );
    }
    f.registers(
        &[("f_error", 1)],
        &format!("f_error <= f_error || {illegal};"),
    );
    f.state(
        "p_error",
        "the error flag is set by an illegal beat alone, by each of them, and stays",
        "error_o == f_error",
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
        &format!("clearing_q ? f_clearing < {axons} + 3 : s_ready_o == m_ready_i"),
    );
    f.state(
        "p_written",
        "no tag is read while it is written",
        &format!("!(f_valid_1 && f_address_1 < {axons} && !meets) || !((sweep || mark) && seen_tag_waddr == f_address_1)"),
    );
    f.need(
        "i_sweep",
        "clearing_q ? clear_row_q == (f_clearing < 3 ? 0 : f_clearing - 3) : clear_row_q == 0",
    );
    f.need(
        "i_swept",
        "!(clearing_q && f_clearing >= 3 && f_watch < clear_row_q) || seen_tag[f_watch] == 0",
    );
    f.wire("f_counts", 1, "!clearing_q || f_valid_1 || f_valid_2");
    f.wire(
        "f_tags",
        17,
        "tag_q + (f_valid_1 && f_last_1) + (f_valid_2 && f_last_2)",
    );
    f.need(
        "i_tag",
        "clearing_q ? (f_clearing < 4 || tag_q == 1) && f_tags <= 17'h10000 : tag_q != 0 && f_tags <= 17'hffff",
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

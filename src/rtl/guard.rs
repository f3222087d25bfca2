//! The guard in front of the first layer: what is not a legal event stream is dropped and flagged, and never stops the
//! stream.
//!
//! Illegal are an address or payload out of range, an address twice in one step, and a beat without an event that does
//! not end a step. Where constants depend on the time step, a sample of more steps than they have is flagged too, and
//! passes. A memory holds for each address the tag of the step in which it was last seen; the tag counts steps
//! and skips 0. After reset, and each time that the tag runs out, the memory is cleared, one address a cycle, during
//! which TREADY is low.

use std::sync::Arc;

use crate::hdl::{Builder, HdlError, MemInit, Module, Sig, Ty};
use crate::rtl::plan::{LayerPlan, index_bits};
use crate::rtl::regs::{hold, ring, stepped};
use crate::rtl::stream::{Beat, Layout};

/// Bits of the step tag: one clearing in 65,535 steps.
const TAG_BITS: u32 = 16;

/// Ports: stream `s` in, stream `m` out, `error_o` (sticky). `steps`: the most that a sample may have.
pub(crate) fn guard(
    name: &str,
    plan: &LayerPlan,
    steps: Option<usize>,
) -> Result<Arc<Module>, HdlError> {
    let layout = Layout::new(plan.axons, plan.fed);
    let payloads = if layout.payload > 0 {
        format!(" payloads above {},", plan.fed.max)
    } else {
        String::new()
    };
    let doc = format!(
        "Stream guard: drops and flags addresses above {},{payloads} addresses seen twice in a step, and\n\
         beats without an event that do not end a step.",
        plan.axons - 1
    );
    let mut b = Builder::new(name, doc);
    let beat = Beat::inputs(&mut b, "s", layout);
    let m_ready = b.input("m_ready_i", Ty::BIT);

    b.comment("clearing of the tag memory: after reset and when the tag has run out");
    let clearing = b.reg("clearing_q", Ty::BIT, Some(1));
    let row_ty = Ty::u(index_bits(plan.axons));
    let rows = (1, plan.axons - 1);
    let (row, at_last_row) = ring(&mut b, "clear_row_q", row_ty, rows, clearing.q);
    let tag = b.reg("tag_q", Ty::u(TAG_BITS), Some(1));

    b.comment("held beat: its tag arrives from the memory with it");
    let held = b.reg("held_valid_q", Ty::BIT, Some(0));
    let ready = b.wire("ready", Ty::BIT);
    let accept = b.and(beat.valid, ready);
    let accept = b.name("accept", accept);
    let null = hold(&mut b, "held_null_q", beat.null, accept);
    let address = hold(&mut b, "held_address_q", beat.address, accept);
    let payload = beat
        .payload
        .map(|payload| hold(&mut b, "held_payload_q", payload, accept));
    let last = hold(&mut b, "held_last_q", beat.last, accept);
    let user = hold(&mut b, "held_user_q", beat.user, accept);

    let incoming_ok = below(&mut b, beat.address, plan.axons as i128);
    let look_up = incoming_ok.map_or(accept, |ok| b.and(accept, ok));
    let seen_mem = b.mem("seen_tag", &[Ty::u(TAG_BITS)], plan.axons, MemInit::Zero);
    let seen_tag = b.read(seen_mem, beat.address, Some(look_up))[0];
    let forwarded = b.reg("seen_just_now_q", Ty::BIT, Some(0));

    b.comment("judgement");
    let same_tag = b.eq(seen_tag, tag.q);
    let seen = b.or(same_tag, forwarded.q);
    let mut legal = b.not(seen);
    let payload_ok =
        payload.and_then(|payload| below(&mut b, payload, i128::from(plan.fed.max) + 1));
    for ok in [below(&mut b, address, plan.axons as i128), payload_ok]
        .into_iter()
        .flatten()
    {
        legal = b.and(legal, ok);
    }
    let has_event = b.not(null);
    let event = b.and(has_event, legal);
    let event = b.name("legal_event", event);
    let no_event = b.not(event);
    let dropped_event = b.and(has_event, no_event);
    let not_last = b.not(last);
    let idle_beat = b.and(null, not_last);
    let illegal = b.or(dropped_event, idle_beat);

    b.comment("hand-over");
    let wanted = b.or(event, last);
    let m_valid = b.and(held.q, wanted);
    let unwanted = b.not(wanted);
    let gone = b.or(m_ready, unwanted);
    let leave = b.and(held.q, gone);
    let leave = b.name("leave", leave);
    let ends_step = b.and(leave, last);
    let full_tag = b.all(tag.q);
    let held_last = b.and(held.q, last);
    let tag_runs_out = b.and(held_last, full_tag);

    let not_clearing = b.not(clearing.q);
    let not_held = b.not(held.q);
    let free = b.or(not_held, leave);
    let not_running_out = b.not(tag_runs_out);
    let open = b.and(not_clearing, not_running_out);
    let ready_value = b.and(open, free);
    b.assign(ready, ready_value);

    let not_leave = b.not(leave);
    let stays = b.and(held.q, not_leave);
    let held_next = b.or(accept, stays);
    b.next(held, held_next);
    let one_tag = b.lit(1, tag.q.ty());
    let tag_plus = stepped(&mut b, tag.q, 1);
    let tag_next = b.mux(full_tag, one_tag, tag_plus);
    b.next_en(tag, ends_step, tag_next);
    let start_clearing = b.and(ends_step, full_tag);
    let not_at_last = b.not(at_last_row);
    let keep_clearing = b.and(clearing.q, not_at_last);
    let clearing_next = b.or(start_clearing, keep_clearing);
    b.next(clearing, clearing_next);

    let mark = b.and(leave, event);
    let same_address = b.eq(beat.address, address);
    let mark_now = b.and(mark, not_last);
    let just_now = b.and(mark_now, same_address);
    b.next_en(forwarded, accept, just_now);
    let write = b.or(clearing.q, mark);
    let write_address = b.mux(clearing.q, row, address);
    let zero_tag = b.lit(0, tag.q.ty());
    let write_tag = b.mux(clearing.q, zero_tag, tag.q);
    b.write(seen_mem, write, write_address, &[write_tag]);

    let error = b.reg("error_q", Ty::BIT, Some(0));
    let mut flagged = b.and(leave, illegal);
    if let Some(steps) = steps {
        let too_long = too_long(&mut b, steps, ends_step, user);
        flagged = b.or(flagged, too_long);
    }
    let error_next = b.or(error.q, flagged);
    b.next(error, error_next);

    let out = Beat {
        valid: m_valid,
        null: no_event,
        payload,
        address,
        last,
        user,
    };
    out.outputs(&mut b, "m");
    b.output("s_ready_o", ready);
    b.output("error_o", error.q);
    b.port_doc("error_o", &error_doc("sticky: an illegal beat", steps));
    b.finish()
}

/// What the error flag says of `beat`.
pub(crate) fn error_doc(beat: &str, steps: Option<usize>) -> String {
    match steps {
        None => format!("{beat} was dropped"),
        Some(steps) => {
            format!("{beat} was dropped, or a sample had more than {steps} steps")
        }
    }
}

/// A step ends that its sample has no constants for.
fn too_long(b: &mut Builder, steps: usize, ends_step: Sig, user: Sig) -> Sig {
    b.comment("finished steps of the sample, as far as there are constants for them");
    let count = b.reg("steps_q", Ty::u(index_bits(steps + 1)), Some(0));
    let all = b.lit(steps as i128, count.q.ty());
    let at_end = b.eq(count.q, all);
    let one = b.lit(1, count.q.ty());
    let next = b.add(count.q, one);
    let next = b.wrap(next, count.q.ty());
    let next = b.mux(at_end, all, next);
    let zero = b.lit(0, count.q.ty());
    let next = b.mux(user, zero, next);
    b.next_en(count, ends_step, next);
    b.and(ends_step, at_end)
}

/// `value < limit`; `None` where the width alone says so.
fn below(b: &mut Builder, value: Sig, limit: i128) -> Option<Sig> {
    (limit <= value.ty().max()).then(|| {
        let limit = b.lit(limit, value.ty());
        b.lt(value, limit)
    })
}

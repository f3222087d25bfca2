//! The event buffer of a layer: a ring of banks, each holding the events of one time step.
//!
//! The writer fills a bank while the crossbar replays the oldest one; a bank is handed over by the beat with `last`.
//! `ready` is low only while every bank is in use, so it never waits for a `last` that cannot arrive.

use std::sync::Arc;

use crate::hdl::{Builder, HdlError, MemInit, Module, Sig, Ty};
use crate::rtl::plan::{LayerPlan, index_bits};
use crate::rtl::regs::ring;
use crate::rtl::stream::{Beat, Layout};

/// Ports: stream `s` in; `step_valid_o`, `step_events_o` (number of events), `step_user_o` (last step of the sample)
/// of the oldest step; `read_i`, `index_i`, one cycle later `event_address_o`, `event_payload_o`; `step_done_i` frees it.
pub(crate) fn event_buffer(name: &str, plan: &LayerPlan) -> Result<Arc<Module>, HdlError> {
    let layout = Layout::new(plan.axons, plan.fed);
    let depth = plan.axons * plan.banks as usize;
    let pointer = Ty::u(index_bits(depth));
    let count = Ty::u(index_bits(plan.axons + 1));
    let doc = format!(
        "Event buffer: {} banks of {} events, one time step a bank.",
        plan.banks, plan.axons
    );
    let mut b = Builder::new(name, doc);
    let beat = Beat::inputs(&mut b, "s", layout);
    let done = b.input("step_done_i", Ty::BIT);
    let read = b.input("read_i", Ty::BIT);
    let index = b.input("index_i", Ty::u(index_bits(plan.axons)));

    b.comment("writing");
    let banks_used = b.reg(
        "banks_used_q",
        Ty::u(index_bits(plan.banks as usize + 1)),
        Some(0),
    );
    let all_banks = b.lit(i128::from(plan.banks), banks_used.q.ty());
    let ready = b.ne(banks_used.q, all_banks);
    let accept = b.and(beat.valid, ready);
    let has_event = b.not(beat.null);
    let write = b.and(accept, has_event);
    let write = b.name("write", write);
    let push = b.and(accept, beat.last);
    let push = b.name("push", push);
    let write_base = bank_base(&mut b, "write_base_q", plan, pointer, push);
    let written = b.reg("written_q", count, Some(0));
    let with_this = b.add(written.q, write);
    let with_this = b.wrap(with_this, count);
    let with_this = b.name("events", with_this);
    let zero = b.lit(0, count);
    let written_next = b.mux(push, zero, with_this);
    b.next_en(written, accept, written_next);
    let write_address = b.add(write_base, written.q);
    let write_address = b.wrap(write_address, pointer);

    b.comment("replay");
    let mut types = vec![Ty::u(layout.address)];
    let mut data = vec![beat.address];
    if let Some(payload) = beat.payload {
        types.push(Ty::u(layout.payload));
        data.push(payload);
    }
    let events = b.mem("events_mem", &types, depth, MemInit::Zero);
    let read_base = bank_base(&mut b, "read_base_q", plan, pointer, done);
    let read_address = b.add(read_base, index);
    let read_address = b.wrap(read_address, pointer);
    let event = b.read(events, read_address, Some(read));
    b.write(events, write, write_address, &data);

    b.comment("finished steps, the oldest first: number of events, last step of the sample");
    let not_done = b.not(done);
    let not_push = b.not(push);
    let grows = b.and(push, not_done);
    let shrinks = b.and(done, not_push);
    let one = b.lit(1, banks_used.q.ty());
    let more = b.add(banks_used.q, one);
    let more = b.wrap(more, banks_used.q.ty());
    let fewer = b.sub(banks_used.q, one);
    let fewer = b.wrap(fewer, banks_used.q.ty());
    let used = b.mux(shrinks, fewer, banks_used.q);
    let used = b.mux(grows, more, used);
    b.next(banks_used, used);
    let step_events = shift_queue(
        &mut b,
        "step_events",
        plan,
        banks_used.q,
        push,
        done,
        with_this,
    );
    let step_user = shift_queue(
        &mut b,
        "step_user",
        plan,
        banks_used.q,
        push,
        done,
        beat.user,
    );
    let none = b.lit(0, banks_used.q.ty());
    let step_valid = b.ne(banks_used.q, none);

    b.output("s_ready_o", ready);
    b.output("step_valid_o", step_valid);
    b.output("step_events_o", step_events);
    b.output("step_user_o", step_user);
    b.output("event_address_o", event[0]);
    if let Some(&payload) = event.get(1) {
        b.output("event_payload_o", payload);
    }
    b.finish()
}

/// First word of the current bank; `advance` moves to the next bank.
fn bank_base(b: &mut Builder, name: &str, plan: &LayerPlan, pointer: Ty, advance: Sig) -> Sig {
    let last = (plan.banks as usize - 1) * plan.axons;
    ring(b, name, pointer, (plan.axons, last), advance).0
}

/// A queue in registers, one place a bank: the oldest entry is at place 0.
fn shift_queue(
    b: &mut Builder,
    name: &str,
    plan: &LayerPlan,
    used: Sig,
    push: Sig,
    pop: Sig,
    value: Sig,
) -> Sig {
    let places: Vec<_> = (0..plan.banks)
        .map(|place| b.reg(&format!("{name}{place}_q"), value.ty(), None))
        .collect();
    for place in 0..plan.banks {
        let here = b.lit(i128::from(place), used.ty());
        let behind = b.lit(i128::from(place) + 1, used.ty());
        let free_here = b.eq(used, here);
        let free_behind = b.eq(used, behind);
        let free = b.mux(pop, free_behind, free_here);
        let takes = b.and(push, free);
        let own = places[place as usize].q;
        let shifted = places.get(place as usize + 1).map_or(own, |next| next.q);
        let kept = b.mux(pop, shifted, own);
        let next = b.mux(takes, value, kept);
        b.next(places[place as usize], next);
    }
    places[0].q
}

//! The event buffer of a layer: a ring of banks, each holding the events of one time step.
//!
//! The writer fills a bank while the crossbar replays the oldest one; a bank is handed over by the beat with `last`.
//! Whoever sends a beat claims the next bank with the last beat of a step, at the moment it is accepted; `ready` is low
//! only while every bank is claimed, so it never waits for a `last` that cannot arrive.
//!
//! Bank and place are interleaved: event `i` of bank `k` is word `i * banks + k`, so an address needs no adder. With `K`
//! events a cycle there are `K` memories, and event `i` is in memory `i mod K`.

use std::sync::Arc;

use crate::hdl::{Builder, HdlError, MemInit, Module, Sig, Ty};
use crate::rtl::memory::{memory, read};
use crate::rtl::plan::{LayerPlan, index_bits};
use crate::rtl::regs::{counted, delay_control, occupancy, resized, ring};
use crate::rtl::shift_queue::ShiftQueue;
use crate::rtl::stream::{Beat, Layout};

/// Ports: stream `s` in, without a ready of its own; `claim_i`, `s_ready_o`; `pushed_o`: a finished step was stored;
/// `step_events_o` (number of events), `step_user_o` (last step of the sample) and, where sums are kept, `step_repeat_o` (as the step before: it has no events here) of the oldest step; `read_i` (a step is
/// replayed), `index_i` (place within the step, beyond its events at times), [`read_cycles`](crate::rtl::fabric::Fabric::read_cycles) later `event_address_o`,
/// `event_payload_o`; `step_done_i` frees the oldest step's bank.
pub(crate) fn event_buffer(name: &str, plan: &LayerPlan) -> Result<Arc<Module>, HdlError> {
    let layout = Layout::into_layer(plan);
    let count = Ty::u(index_bits(plan.axons + 1));
    let at_once = plan.events as usize;
    let doc = format!(
        "Event buffer: {} banks of {} events, one time step a bank; {at_once} read a cycle.",
        plan.banks, plan.axons
    );
    let mut b = Builder::new(name, doc);
    let beat = Beat::inputs(&mut b, "s", layout);
    let claim = b.input("claim_i", Ty::BIT);
    let done = b.input("step_done_i", Ty::BIT);
    let read_step = b.input("read_i", Ty::BIT);
    let index = b.input("index_i", Ty::u(plan.place_bits()));

    b.comment("claimed banks: a claim counts from the cycle after it");
    let most = plan.banks as usize;
    let counts = delay_control(&mut b, "claim", claim, 1);
    let claimed = occupancy(&mut b, "claimed", (0, plan.banks), counts, done);
    b.comment("whether one is free, from a register, which learns of a freed bank a cycle late");
    let ready = b.reg("ready_q", Ty::BIT, Some(1));
    let fills = b.and(counts, claimed[most - 1]);
    let full = b.or(claimed[most], fills);
    let nearly = b.and(counts, claimed[most - 2]);
    let one_left = b.or(claimed[most - 1], nearly);
    let takes_last = b.and(claim, one_left);
    let none_free = b.or(full, takes_last);
    let ready_next = b.not(none_free);
    b.next(ready, ready_next);
    let ready = ready.q;

    b.comment("writing");
    let has_event = b.not(beat.null);
    let write = b.and(beat.valid, has_event);
    let write = b.name("write", write);
    let push = b.and(beat.valid, beat.last);
    let push = b.name("push", push);
    let bank_ty = Ty::u(index_bits(plan.banks as usize));
    let last_bank = (1, plan.banks as usize - 1);
    let write_bank = ring(&mut b, "write_bank_q", bank_ty, last_bank, push).0;
    let written = b.reg("written_q", count, Some(0));
    let written_next = counted(&mut b, written.q, 1, push);
    let moves = b.or(write, push);
    b.next_en(written, moves, written_next);

    b.comment("replay");
    let mut types = vec![Ty::u(layout.address)];
    let mut data = vec![beat.address];
    if let Some(payload) = beat.payload {
        types.push(Ty::u(layout.payload));
        data.push(payload);
    }
    let read_bank = ring(&mut b, "read_bank_q", bank_ty, last_bank, done).0;
    let read_address = b.cat(&[index, read_bank]);
    let way_bits = at_once.trailing_zeros();
    let place = b.slice(written.q, way_bits, count.width() - way_bits);
    let place = resized(&mut b, place, index.ty());
    let write_address = b.cat(&[place, write_bank]);
    let depth = plan.places() << bank_ty.width();
    let mut events = Vec::with_capacity(at_once);
    for way in 0..at_once {
        let name = if at_once == 1 {
            "events_mem".to_owned()
        } else {
            format!("events_mem{way}")
        };
        let stored = memory(&mut b, plan.fabric, &name, &types, depth, MemInit::Zero);
        let delayed = format!("event{way}_word");
        events.push(read(
            &mut b,
            plan,
            stored,
            &delayed,
            read_address,
            read_step,
        ));
        let mut here = write;
        if way_bits > 0 {
            let turn = b.slice(written.q, 0, way_bits);
            let this = b.lit(way as i128, turn.ty());
            let is_turn = b.eq(turn, this);
            here = b.and(write, is_turn);
        }
        b.write(stored, here, write_address, &data);
    }

    b.comment("finished steps, the oldest first: number of events, last step of the sample");
    let pushed = delay_control(&mut b, "pushed", push, 1);
    let before = b.delay("written_before", written.q, 1);
    let one_more = b.delay("one_more", write, 1);
    let events_of_step = b.add(before, one_more);
    let count = b.wrap(events_of_step, count);
    let count = b.name("events", count);
    let user = b.delay("user", beat.user, 1);
    let steps = ShiftQueue::new(&mut b, "stored", plan.banks, pushed, done);
    let step_events = steps.field(&mut b, "step_events", count);
    let step_user = steps.field(&mut b, "step_user", user);
    let step_repeat = beat.repeat.map(|repeat| {
        let repeat = b.delay("repeat", repeat, 1);
        steps.field(&mut b, "step_repeat", repeat)
    });

    b.output("s_ready_o", ready);
    b.output("pushed_o", pushed);
    b.output("step_events_o", step_events);
    b.output("step_user_o", step_user);
    if let Some(repeat) = step_repeat {
        b.output("step_repeat_o", repeat);
    }
    let addresses: Vec<Sig> = events.iter().map(|event| event[0]).collect();
    b.output_vec("event_address_o", &addresses);
    let payloads: Vec<Sig> = events
        .iter()
        .filter_map(|event| event.get(1).copied())
        .collect();
    if !payloads.is_empty() {
        b.output_vec("event_payload_o", &payloads);
    }
    b.finish()
}

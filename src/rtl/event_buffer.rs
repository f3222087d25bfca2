//! The event buffer of a layer: a ring of banks, each holding the events of one time step.
//!
//! The writer fills a bank while the crossbar replays the oldest one; a bank is handed over by the beat with `last`.
//! Whoever sends a beat claims the next bank with the last beat of a step, at the moment it is accepted; `ready` is low
//! only while every bank is claimed, so it never waits for a `last` that cannot arrive.
//!
//! Bank and place are interleaved: event `i` of bank `k` is word `i * banks + k`, so an address needs no adder. With `K`
//! events a cycle there are `K` memories, and event `i` is in memory `i mod K`. Events of a beat of several, and those of a
//! `K` that is no power of two, are [`dealt`](crate::rtl::deal) to the memories.

use std::sync::Arc;

use crate::hdl::{Builder, HdlError, MemInit, Module, Sig, Ty};
use crate::rtl::deal::{Dealt, Taken};
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
    let count = Ty::u(plan.count_bits());
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
    let (beat, dealt) = if layout.slots == 1 && plan.events.is_power_of_two() {
        (beat, None)
    } else {
        let dealt = Dealt::new(&mut b, plan, &beat);
        (beat.delayed(&mut b, "_dealt", 1), Some(dealt))
    };
    let write = match dealt {
        Some(_) => beat.valid,
        None => {
            let has_event = b.not(beat.slots[0].null);
            let write = b.and(beat.valid, has_event);
            b.name("write", write)
        }
    };
    let push = b.and(beat.valid, beat.last);
    let push = b.name("push", push);
    let bank_ty = Ty::u(index_bits(plan.banks as usize));
    let last_bank = (1, plan.banks as usize - 1);
    let write_bank = ring(&mut b, "write_bank_q", bank_ty, last_bank, push).0;
    let written = match dealt {
        Some(dealt) => Written::Dealt(dealt.taken(&mut b, plan, &beat, push)),
        None => Written::InTurn {
            events: in_turn(&mut b, count, write, push),
            write,
        },
    };

    b.comment("replay");
    let mut types = vec![Ty::u(layout.address)];
    types.extend((layout.payload > 0).then(|| Ty::u(layout.payload)));
    let read_bank = ring(&mut b, "read_bank_q", bank_ty, last_bank, done).0;
    let read_address = b.cat(&[index, read_bank]);
    let places = written.places(&mut b, plan);
    let write_addresses: Vec<Sig> = places
        .into_iter()
        .map(|place| {
            let place = resized(&mut b, place, index.ty());
            b.cat(&[place, write_bank])
        })
        .collect();
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
        let (here, data) = written.of_way(&mut b, plan, &beat, way);
        let write_address = write_addresses[way % write_addresses.len()];
        b.write(stored, here, write_address, &data);
    }

    b.comment("finished steps, the oldest first: number of events, last step of the sample");
    let pushed = delay_control(&mut b, "pushed", push, 1);
    let count = written.count(&mut b, plan);
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

/// How the events of beats come into the memories.
enum Written {
    /// One a beat, in turn: events of the step so far, and whether there is one more.
    InTurn { events: Sig, write: Sig },
    /// As they are dealt.
    Dealt(Taken),
}

impl Written {
    /// The place in the bank that each memory is written at, or the one of all of them.
    fn places(&self, b: &mut Builder, plan: &LayerPlan) -> Vec<Sig> {
        match self {
            Self::InTurn { events, .. } => {
                let (way_bits, bits) = (plan.way_bits(), events.width());
                vec![b.slice(*events, way_bits, bits - way_bits)]
            }
            Self::Dealt(taken) => taken.ways.iter().map(|way| way.place).collect(),
        }
    }

    /// Whether memory `way` takes something, and what.
    fn of_way(
        &self,
        b: &mut Builder,
        plan: &LayerPlan,
        beat: &Beat,
        way: usize,
    ) -> (Sig, Vec<Sig>) {
        match self {
            Self::InTurn { events, write } => {
                let mut here = *write;
                if plan.way_bits() > 0 {
                    let turn = b.slice(*events, 0, plan.way_bits());
                    let this = b.lit(way as i128, turn.ty());
                    let is_turn = b.eq(turn, this);
                    here = b.and(*write, is_turn);
                }
                (here, beat.slots[0].fields().collect())
            }
            Self::Dealt(taken) => {
                let way = &taken.ways[way];
                (way.write, way.data.clone())
            }
        }
    }

    /// The number of events of a step, the cycle after its end is pushed.
    fn count(&self, b: &mut Builder, plan: &LayerPlan) -> Sig {
        match self {
            Self::InTurn { events, write } => {
                let before = b.delay("written_before", *events, 1);
                let one_more = b.delay("one_more", *write, 1);
                let count = b.add(before, one_more);
                b.wrap(count, events.ty())
            }
            Self::Dealt(taken) => taken.count(b, plan),
        }
    }
}

/// Events of the step that is written.
fn in_turn(b: &mut Builder, count: Ty, write: Sig, push: Sig) -> Sig {
    let written = b.reg("written_q", count, Some(0));
    let written_next = counted(b, written.q, 1, push);
    let moves = b.or(write, push);
    b.next_en(written, moves, written_next);
    written.q
}

//! The guard in front of the first layer: what is not a legal event stream is dropped and flagged, and never stops the
//! stream.
//!
//! Illegal are an address or payload out of range, an address twice in one step, and a beat without an event that does
//! not end a step. Where constants depend on the time step, a sample of more steps than they have is flagged too, and
//! passes. Where payloads are analogue, a step that says to be as the one before is illegal in the first place of a sample,
//! after an event of its own, and wherever sums are not kept; it is then the step that it would be without saying so.
//!
//! A memory holds for each address the tag of the step in which it was last seen; the tag counts steps and skips 0.
//! After reset, and each time that the tag runs out, the memory is cleared, one address a cycle, during which TREADY is
//! low. It goes low with the last beat of a step: no step is taken in part before the tags are cleared.
//!
//! ```text
//! accept ─► 1: in range? tag read ─► 2: tag written, compared ─► 3: judged ─► 4: out
//! ```
//!
//! Where a beat has `N` slots, each slot writes `N` memories of its own, and each slot reads one of every writer's: an address
//! was seen where any of the tags is the step's. Slots of one beat are compared with each other, and the first one counts.
//!
//! Nothing waits between the two ends: whoever takes the beats has room for them when it is ready.

use std::sync::Arc;

use crate::hdl::{Builder, HdlError, Mem, MemInit, Module, Reg, Sig, Ty};
use crate::rtl::memory::{memory, read};
use crate::rtl::plan::{LayerPlan, index_bits};
use crate::rtl::regs::{counted, delay_control, stepped};
use crate::rtl::stream::{Beat, Layout, Slot};

/// Bits of the step tag: one clearing in about 65,530 steps.
const TAG_BITS: u32 = 16;

/// The lowest bits of the tag, which are not looked at when it is asked whether the tag runs out: beats that are accepted
/// before the answer takes effect have tags of their own.
const IN_FLIGHT_BITS: u32 = 2;

/// Bits that are compared at once.
const COMPARED_AT_ONCE: u32 = 4;

/// Ports: stream `s` in; stream `m` out, without `m_ready_i` for each beat: `m_ready_i` says that the beats of a step may
/// come, `claim_o` that the last one of a step was accepted; `error_o` (sticky). `steps`: the most that a sample may have.
pub(crate) fn guard(
    name: &str,
    plan: &LayerPlan,
    steps: Option<usize>,
) -> Result<Arc<Module>, HdlError> {
    let layout = Layout {
        repeats: false,
        ..Layout::into_layer(plan)
    };
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

    let clearing = b.reg("clearing_q", Ty::BIT, Some(1));
    let not_clearing = b.not(clearing.q);
    let ready = b.and(m_ready, not_clearing);
    let accept = b.and(beat.valid, ready);
    let accept = b.name("accept", accept);
    let claim = b.and(accept, beat.last);

    b.comment("1: the accepted beat; the tag of its address is read");
    let accepted = Beat {
        valid: accept,
        ..beat.clone()
    };
    let beat1 = accepted.delayed(&mut b, "1", 1);
    let several = beat.slots.len();
    let named = |name: &str, slot: usize| match several {
        1 => name.to_owned(),
        _ => format!("{name}_{slot}"),
    };
    let of_pair = |name: &str, from: usize, to: usize| match several {
        1 => name.to_owned(),
        _ => format!("{name}_{from}_{to}"),
    };
    let in_range: Vec<Option<Sig>> = (beat.slots.iter().enumerate())
        .map(|(number, slot)| {
            below(&mut b, slot.address, plan.axons as i128)
                .map(|ok| b.delay(&named("in_range", number), ok, 1))
        })
        .collect();
    let same_address: Vec<Vec<Sig>> = (beat1.slots.iter().enumerate())
        .map(|(from, before)| {
            let to = beat.slots.iter().enumerate();
            to.map(|(to, slot)| {
                let same = b.eq(slot.address, before.address);
                b.delay(&of_pair("same_address", from, to), same, 1)
            })
            .collect()
        })
        .collect();
    let look_up: Vec<Sig> = in_range
        .iter()
        .map(|in_range| in_range.map_or(beat1.valid, |ok| b.and(beat1.valid, ok)))
        .collect();
    let tags: Vec<Vec<Mem>> = (0..several)
        .map(|from| {
            (0..several)
                .map(|to| {
                    let name = of_pair("seen_tag", from, to);
                    let tag = [Ty::u(TAG_BITS)];
                    memory(&mut b, plan.fabric, &name, &tag, plan.axons, MemInit::Zero)
                })
                .collect()
        })
        .collect();

    b.comment("2: the tag arrives, and the step's is written");
    let places: Vec<Reg> = (beat.slots.iter().enumerate())
        .map(|(number, slot)| {
            let name = format!("{}_q", named("place", number));
            b.reg(&name, slot.address.ty(), None)
        })
        .collect();
    let place = places[0];
    let addresses: Vec<Sig> = places.iter().map(|place| place.q).collect();
    let beat2 = beat1.delayed_with(&mut b, "2", 1, &addresses);
    let in_range2: Vec<Option<Sig>> = (in_range.iter().enumerate())
        .map(|(number, in_range)| in_range.map(|ok| b.delay(&named("in_range2", number), ok, 1)))
        .collect();
    let seen_now: Vec<Sig> = beat2
        .slots
        .iter()
        .map(|slot| {
            let has_event = b.not(slot.null);
            b.and(beat2.valid, has_event)
        })
        .collect();
    let payload_ok: Vec<Option<Sig>> = (beat1.slots.iter().enumerate())
        .map(|(number, slot)| {
            slot.payload
                .and_then(|payload| below(&mut b, payload, i128::from(plan.fed.max) + 1))
                .map(|ok| b.delay(&named("payload_ok", number), ok, 1))
        })
        .collect();
    // Far memories are told to write by a register, which knows it a cycle ahead. A payload takes that cycle to be compared.
    let ahead = plan.fabric.is_far() && payload_ok.iter().all(Option::is_none);
    let mark_next: Vec<Sig> = (beat1.slots.iter().zip(&look_up))
        .filter(|_| ahead)
        .map(|(slot, &look_up)| {
            let has_event = b.not(slot.null);
            b.and(look_up, has_event)
        })
        .collect();
    let mark: Vec<Sig> = (0..several)
        .map(|slot| {
            let mark = match mark_next.get(slot) {
                Some(&next) => delay_control(&mut b, &named("mark", slot), next, 1),
                None => {
                    let oks = in_range2[slot].into_iter().chain(payload_ok[slot]);
                    oks.fold(seen_now[slot], |mark, ok| b.and(mark, ok))
                }
            };
            b.name(&named("mark", slot), mark)
        })
        .collect();
    b.comment("the address of the beat before: its tag is being written, so it is not read");
    let meets: Vec<Vec<Sig>> = (0..several)
        .map(|from| {
            (0..several)
                .map(|to| {
                    let meets = b.and(mark[from], same_address[from][to]);
                    b.name(&of_pair("meets", from, to), meets)
                })
                .collect()
        })
        .collect();
    let not_last2 = b.not(beat2.last);
    let again: Vec<Sig> = (0..several)
        .map(|to| {
            let meets = any_of(&mut b, &column(&meets, to));
            b.and(meets, not_last2)
        })
        .collect();
    let mut seen_tag: Vec<Vec<Sig>> = Vec::new();
    let mut fresh: Vec<Vec<Sig>> = Vec::new();
    for from in 0..several {
        let (mut read_tags, mut not_read) = (Vec::new(), Vec::new());
        for to in 0..several {
            not_read.push(b.and(meets[from][to], beat2.last));
            let apart = b.not(meets[from][to]);
            let look_up = b.and(look_up[to], apart);
            let name = format!("{}_d", of_pair("seen_tag", from, to));
            let address = beat1.slots[to].address;
            read_tags.push(read(&mut b, plan, tags[from][to], &name, address, look_up)[0]);
        }
        seen_tag.push(read_tags);
        fresh.push(not_read);
    }
    let again: Vec<Sig> = (again.into_iter().enumerate())
        .map(|(slot, again)| b.delay(&named("again", slot), again, 1))
        .collect();
    let not_fresh: Vec<Vec<Sig>> = (fresh.iter().enumerate())
        .map(|(from, fresh)| {
            let of_writer = fresh.iter().enumerate();
            of_writer
                .map(|(to, &fresh)| {
                    let name = of_pair("fresh", from, to);
                    let fresh = b.delay(&name, fresh, plan.fabric.read_cycles());
                    b.not(fresh)
                })
                .collect()
        })
        .collect();
    let tag = b.reg("tag_q", Ty::u(TAG_BITS), Some(0));
    let ends_step = b.and(beat2.valid, beat2.last);

    b.comment("clearing of the tags, once no accepted beat is on its way");
    let high = b.slice(tag.q, IN_FLIGHT_BITS, TAG_BITS - IN_FLIGHT_BITS);
    let runs_out = b.all(high);
    let runs_out = b.delay("runs_out", runs_out, 1);
    let drained = delay_control(&mut b, "clearing", clearing.q, 3);
    let drained = b.and(clearing.q, drained);
    let drained = b.name("drained", drained);
    let sweep = b.reg("sweep_q", Ty::BIT, Some(0));
    let at_last = (plan.axons > 1).then(|| {
        let at_last = b.reg("clear_last_q", Ty::BIT, Some(0));
        let before = b.lit(plan.axons as i128 - 2, place.q.ty());
        let next_is_last = b.eq(place.q, before);
        let next_is_last = b.and(sweep.q, next_is_last);
        b.next(at_last, next_is_last);
        at_last.q
    });
    let swept = at_last.map_or(sweep.q, |at_last| b.and(sweep.q, at_last));
    let not_swept = b.not(swept);
    // While tags are cleared nothing is accepted: the late bit decides last.
    let last_room = b.and(beat.last, m_ready);
    let asked = b.and(beat.valid, last_room);
    let start_clearing = b.and(asked, runs_out);
    let clearing_next = b.mux(clearing.q, not_swept, start_clearing);
    b.next(clearing, clearing_next);
    let sweep_next = b.and(drained, not_swept);
    b.next(sweep, sweep_next);
    b.comment("the address of the beat, or the place that is cleared: no beat is here then");
    let begins = b.not(sweep.q);
    let cleared = counted(&mut b, place.q, 1, begins);
    for (slot, place) in beat1.slots.iter().zip(&places) {
        let place_next = b.mux(sweep_next, cleared, slot.address);
        b.next(*place, place_next);
    }
    b.comment("the tag is 0 while the memory is cleared with it, and counts from 1 after that");
    let zero_tag = b.lit(0, tag.q.ty());
    let tag_plus = stepped(&mut b, tag.q, 1);
    let stays_zero = b.and(drained, not_swept);
    let tag_next = b.mux(stays_zero, zero_tag, tag_plus);
    let tag_moves = b.or(drained, ends_step);
    b.next_en(tag, tag_moves, tag_next);
    for (from, place) in places.iter().enumerate() {
        let write = match mark_next.get(from) {
            Some(&next) => {
                let write = b.or(sweep_next, next);
                delay_control(&mut b, &named("write", from), write, 1)
            }
            None => b.or(sweep.q, mark[from]),
        };
        for &memory in &tags[from] {
            b.write(memory, write, place.q, &[tag.q]);
        }
    }
    let twice = twice(&mut b, &beat, &mark);
    let legal: Vec<Sig> = (0..several)
        .map(|slot| {
            let mut legal = b.not(again[slot]);
            if let Some(twice) = twice[slot] {
                let once = b.not(twice);
                legal = b.and(legal, once);
            }
            for ok in in_range2[slot].into_iter().chain(payload_ok[slot]) {
                legal = b.and(legal, ok);
            }
            legal
        })
        .collect();

    let asks = layout.is_analogue().then(|| asks_to_repeat(&mut b, &beat2));

    b.comment("3: judgement");
    let cycles = plan.fabric.read_cycles();
    let beat3 = beat2.delayed(&mut b, "3", cycles);
    let mut legal: Vec<Sig> = (legal.into_iter().enumerate())
        .map(|(slot, legal)| b.delay(&named("legal", slot), legal, cycles))
        .collect();
    let tag_then = b.delay("tag_then", tag.q, cycles - 1);
    for to in 0..several {
        let seen: Vec<Sig> = (0..several)
            .map(|from| {
                let name = |part| of_pair(&format!("same{part}"), from, to);
                let not_fresh = not_fresh[from][to];
                same_tag(&mut b, name, (seen_tag[from][to], tag_then), not_fresh)
            })
            .collect();
        let seen = any_of(&mut b, &seen);
        let new = b.not(seen);
        legal[to] = b.and(legal[to], new);
    }
    let mut events = Vec::new();
    let mut dropped_event = None;
    for (number, (slot, &legal)) in beat3.slots.iter().zip(&legal).enumerate() {
        let has_event = b.not(slot.null);
        let event = b.and(has_event, legal);
        let event = b.name(&named("legal_event", number), event);
        let no_event = b.not(event);
        let dropped = b.and(has_event, no_event);
        dropped_event = Some(dropped_event.map_or(dropped, |others| b.or(others, dropped)));
        events.push((event, no_event));
    }
    let not_last = b.not(beat3.last);
    let empty = no_event(&mut b, &beat3);
    let idle_beat = b.and(empty, not_last);
    let mut illegal = dropped_event.map_or(idle_beat, |dropped| b.or(dropped, idle_beat));
    let mut repeat = None;
    if let Some(asks) = asks {
        let asks = b.delay("asks", asks, cycles);
        let refused = if plan.keeps {
            let may = may_repeat(&mut b, &beat3, events[0].0);
            repeat = Some(b.and(asks, may));
            let not_may = b.not(may);
            b.and(asks, not_may)
        } else {
            asks
        };
        illegal = b.or(illegal, refused);
    }
    let error = b.reg("error_q", Ty::BIT, Some(0));
    let mut flagged = b.and(beat3.valid, illegal);
    if let Some(steps) = steps {
        let ends_step = b.and(beat3.valid, beat3.last);
        let too_long = too_long(&mut b, steps, ends_step, beat3.user);
        flagged = b.or(flagged, too_long);
    }
    let error_next = b.or(error.q, flagged);
    b.next(error, error_next);

    let slots = beat3.slots.iter().zip(&events);
    let judged = Beat {
        slots: slots
            .map(|(slot, &(_, null))| Slot { null, ..*slot })
            .collect(),
        repeat,
        ..beat3
    };
    judged.delayed(&mut b, "4", 1).outputs(&mut b, "m");
    b.output("s_ready_o", ready);
    b.output("claim_o", claim);
    b.output("error_o", error.q);
    b.port_doc("claim_o", "the last beat of a step was accepted");
    b.port_doc("error_o", &error_doc("sticky: an illegal beat", steps));
    b.finish()
}

/// What `sigs` are together: one of them, at least one of which there is.
fn any_of(b: &mut Builder, sigs: &[Sig]) -> Sig {
    sigs[1..].iter().fold(sigs[0], |any, &sig| b.or(any, sig))
}

/// By writer: what it is for slot `to`.
fn column(of_pairs: &[Vec<Sig>], to: usize) -> Vec<Sig> {
    of_pairs.iter().map(|of_writer| of_writer[to]).collect()
}

/// No slot of a beat has an event.
fn no_event(b: &mut Builder, beat: &Beat) -> Sig {
    let slots = &beat.slots;
    slots[1..]
        .iter()
        .fold(slots[0].null, |none, slot| b.and(none, slot.null))
}

/// By slot, two cycles after the beat: a slot before it has its address, and marks it; `None` for the first.
fn twice(b: &mut Builder, beat: &Beat, mark: &[Sig]) -> Vec<Option<Sig>> {
    let mut all = Vec::with_capacity(beat.slots.len());
    for (number, slot) in beat.slots.iter().enumerate() {
        let mut twice = None;
        for (before, first) in beat.slots[..number].iter().enumerate() {
            let same = b.eq(first.address, slot.address);
            let same = b.delay(&format!("same_beat_{before}_{number}"), same, 2);
            let twin = b.and(same, mark[before]);
            twice = Some(twice.map_or(twin, |others| b.or(others, twin)));
        }
        all.push(twice);
    }
    all
}

/// Whether the tag that was `seen` is that of `now`, and was read at all; the cycle after.
fn same_tag(
    b: &mut Builder,
    name: impl Fn(u32) -> String,
    (seen, now): (Sig, Sig),
    was_read: Sig,
) -> Sig {
    let parts: Vec<Sig> = (0..TAG_BITS / COMPARED_AT_ONCE)
        .map(|part| {
            let of = |b: &mut Builder, tag| b.slice(tag, part * COMPARED_AT_ONCE, COMPARED_AT_ONCE);
            let (seen, now) = (of(b, seen), of(b, now));
            let same = b.eq(seen, now);
            let same = match part {
                0 => b.and(same, was_read),
                _ => same,
            };
            b.delay(&name(part), same, 1)
        })
        .collect();
    parts[1..]
        .iter()
        .fold(parts[0], |all, &part| b.and(all, part))
}

/// Whether a beat ends a step that says to be as the one before.
fn asks_to_repeat(b: &mut Builder, beat: &Beat) -> Sig {
    let no_event = b.and(beat.slots[0].null, beat.last);
    match beat.slots[0].payload {
        Some(payload) => {
            let says = b.bit(payload, 0);
            b.and(no_event, says)
        }
        None => b.lit(0, Ty::BIT),
    }
}

/// Whether the step of this judged beat may be as the one before: there is one, and the step has no event of its own.
fn may_repeat(b: &mut Builder, beat: &Beat, event: Sig) -> Sig {
    b.comment("first step of a sample; a legal event of the step was seen");
    let first = b.reg("first_step_q", Ty::BIT, Some(1));
    let ends_step = b.and(beat.valid, beat.last);
    b.next_en(first, ends_step, beat.user);
    let own = b.reg("has_event_q", Ty::BIT, Some(0));
    let not_last = b.not(beat.last);
    let seen = b.or(own.q, event);
    let own_next = b.and(not_last, seen);
    b.next_en(own, beat.valid, own_next);
    let refuses = b.or(first.q, own.q);
    let may = b.not(refuses);
    b.name("may_repeat", may)
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

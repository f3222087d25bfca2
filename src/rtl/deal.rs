//! Events of one beat, dealt to the memories of an event buffer: event `i` of a step goes to memory `i mod K`, whichever slot of
//! its beat it is in.
//!
//! Whose turn it is stands in a ring of `K` registers, of which one is 1, and so does the number of events in a beat's slots up
//! to one: no carry stands between a beat and the next one's turns. A memory counts its own words. A cycle after the beat each
//! memory takes what is dealt to it.

use crate::hdl::{Builder, Reg, Sig, Ty};
use crate::rtl::plan::LayerPlan;
use crate::rtl::regs::{counted, delay_control};
use crate::rtl::stream::Beat;

/// What a memory of an event buffer takes in a cycle.
pub(crate) struct Way {
    /// It takes something.
    pub(crate) write: Sig,
    /// Its place in the bank, as many words of this step as it took before.
    pub(crate) place: Sig,
    /// Address, and payload where there is one.
    pub(crate) data: Vec<Sig>,
}

/// Which memory each slot's event goes to, the cycle after the beat.
pub(crate) struct Dealt {
    /// By memory, by slot: it takes that slot's event.
    takes: Vec<Vec<Sig>>,
    /// Number of the memory whose turn it is after the beat.
    turn: Sig,
}

impl Dealt {
    /// Deals the events of `beat`.
    pub(crate) fn new(b: &mut Builder, plan: &LayerPlan, beat: &Beat) -> Self {
        let ways = plan.events as usize;
        b.comment("whose turn it is: one of these");
        let turns: Vec<Reg> = (0..ways)
            .map(|way| b.reg(&format!("turn{way}_q"), Ty::BIT, Some(i128::from(way == 0))))
            .collect();
        let at = |way: usize, before: usize| turns[(way + ways - before) % ways].q;
        // By number: whether the slots so far have that many events; empty while there is none for sure.
        let mut events = Vec::new();
        let mut takes = vec![Vec::new(); ways];
        for (number, slot) in beat.slots.iter().enumerate() {
            let has_event = b.not(slot.null);
            let here = b.and(beat.valid, has_event);
            let here = b.name(&format!("event{number}"), here);
            for (way, takes) in takes.iter_mut().enumerate() {
                let its_turn = after(b, &events, |before| at(way, before));
                let take = b.and(here, its_turn);
                takes.push(delay_control(b, &format!("take{way}_{number}"), take, 1));
            }
            events = one_more_if(b, &events, here);
        }
        b.comment("a step begins with the first memory");
        let ends = b.and(beat.valid, beat.last);
        let goes_on = b.not(ends);
        let mut numbers = Vec::new();
        for (way, &turn) in turns.iter().enumerate() {
            let next = after(b, &events, |before| at(way, before));
            let next_of_step = match way {
                0 => b.or(next, ends),
                _ => b.and(next, goes_on),
            };
            b.next(turn, next_of_step);
            numbers.push(next);
        }
        let turn = encoded(b, &numbers, plan.way_bits());
        Self {
            takes,
            turn: b.delay("turn", turn, 1),
        }
    }

    /// What each memory takes of `beat`, which is the dealt one, a cycle later; with `push` it ends its step.
    pub(crate) fn taken(self, b: &mut Builder, plan: &LayerPlan, beat: &Beat, push: Sig) -> Taken {
        let written = Ty::u(plan.count_bits() - plan.way_bits());
        let mut ways = Vec::with_capacity(self.takes.len());
        for (way, takes) in self.takes.iter().enumerate() {
            let write = takes[1..]
                .iter()
                .fold(takes[0], |any, &take| b.or(any, take));
            let write = b.name(&format!("write{way}"), write);
            let fields = |slot: usize| beat.slots[slot].fields();
            let last = takes.len() - 1;
            let mut data: Vec<Sig> = fields(last).collect();
            for slot in (0..last).rev() {
                for (chosen, field) in data.iter_mut().zip(fields(slot)) {
                    *chosen = b.mux(takes[slot], field, *chosen);
                }
            }
            let place = b.reg(&format!("written{way}_q"), written, Some(0));
            let next = counted(b, place.q, 1, push);
            let moves = b.or(write, push);
            b.next_en(place, moves, next);
            ways.push(Way {
                write,
                place: place.q,
                data,
            });
        }
        Taken {
            ways,
            turn: self.turn,
        }
    }
}

/// What the memories of an event buffer take in a cycle.
pub(crate) struct Taken {
    /// By memory.
    pub(crate) ways: Vec<Way>,
    turn: Sig,
}

impl Taken {
    /// The number of events of a step, the cycle after its end is pushed: how many the last memory took, which is how many
    /// times all of them did, and in the low bits how many memories took one more.
    pub(crate) fn count(&self, b: &mut Builder, plan: &LayerPlan) -> Sig {
        let last = &self.ways[self.ways.len() - 1];
        let before = b.delay("written_before", last.place, 1);
        let one_more = b.delay("one_more", last.write, 1);
        let times = b.add(before, one_more);
        let times = b.wrap(times, last.place.ty());
        let turn = b.delay("turn_before", self.turn, 1);
        if plan.way_bits() == 0 {
            times
        } else {
            b.cat(&[times, turn])
        }
    }
}

/// What `value` is after as many events as there are: `events` says by number whether it is that; empty: there is none.
fn after(b: &mut Builder, events: &[Sig], value: impl Fn(usize) -> Sig) -> Sig {
    let mut any = None;
    for (number, &is) in events.iter().enumerate() {
        let this = b.and(is, value(number));
        any = Some(any.map_or(this, |others| b.or(others, this)));
    }
    any.unwrap_or_else(|| value(0))
}

/// By number: whether there are that many events, with one more if it is `here`.
fn one_more_if(b: &mut Builder, events: &[Sig], here: Sig) -> Vec<Sig> {
    if events.is_empty() {
        return vec![b.not(here), here];
    }
    let none = b.lit(0, Ty::BIT);
    (0..=events.len())
        .map(|number| {
            let more = number.checked_sub(1).map_or(none, |less| events[less]);
            let same = events.get(number).copied().unwrap_or(none);
            b.mux(here, more, same)
        })
        .collect()
}

/// Number, in `bits` bits, of the one of `all` that is 1.
fn encoded(b: &mut Builder, all: &[Sig], bits: u32) -> Sig {
    let parts: Vec<Sig> = (0..bits)
        .rev()
        .filter_map(|bit| {
            let with = all
                .iter()
                .enumerate()
                .filter(|(number, _)| number >> bit & 1 == 1);
            with.map(|(_, &is)| is).reduce(|any, is| b.or(any, is))
        })
        .collect();
    b.cat(&parts)
}

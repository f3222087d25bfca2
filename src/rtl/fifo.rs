//! A queue in a memory. There is no full flag: whoever pushes holds a credit for the place.
//!
//! The memory's registered read port is the queue's output register, or, where a word takes several cycles, a short queue
//! in registers is. The head stays until it is popped. One entry a cycle.

use std::sync::Arc;

use crate::hdl::{Builder, HdlError, MemInit, Module, Sig, Ty};
use crate::rtl::fabric::Fabric;
use crate::rtl::memory::memory;
use crate::rtl::plan::index_bits;
use crate::rtl::regs::{delay_control, occupancy, stepped};
use crate::rtl::shift_queue::ShiftQueue;

/// Bits of a pointer from which on its carry is long.
const LONG_POINTER_BITS: u32 = 7;

/// Ports: `push_i`, `FIELD_i`…; `valid_o`, `FIELD_o`…, `pop_i` (only while `valid_o`). A field is `(name, type, count)`;
/// more than one makes a packed vector. Holds at least `depth` entries.
pub(crate) fn fifo(
    name: &str,
    doc: &str,
    fields: &[(&str, Ty, usize)],
    depth: usize,
    fabric: Fabric,
) -> Result<Arc<Module>, HdlError> {
    let depth = depth.max(2).next_power_of_two();
    let pointer = Ty::u(index_bits(depth));
    let mut b = Builder::new(
        name,
        format!("{doc}\nQueue of {depth} entries; the pusher holds a credit for each."),
    );
    let push = b.input("push_i", Ty::BIT);
    let pop = b.input("pop_i", Ty::BIT);
    let mut data = Vec::new();
    let mut types = Vec::new();
    for &(field, ty, count) in fields {
        data.extend(b.input_vec(&format!("{field}_i"), ty, count));
        types.extend(std::iter::repeat_n(ty, count));
    }
    let fetch = b.wire("fetch", Ty::BIT);
    let far = fabric.is_far();
    let start = ("read_pointer_q", pointer, 0);
    let (read_pointer, read_ahead) = pointer_of(&mut b, start, far, fetch);
    let before_first = ("newest_q", pointer, pointer.max());
    let keeps = far || pointer.width() >= LONG_POINTER_BITS;
    let (newest, write_pointer) = pointer_of(&mut b, before_first, keeps, push);
    let memory = memory(&mut b, fabric, "entries", &types, depth, MemInit::Zero);
    // An output register inside a block memory is not to be stopped by the port's enable.
    let read = match fabric.memory_stages {
        0 => b.read(memory, read_pointer, Some(fetch)),
        _ => b.read_always(memory, read_pointer, fetch),
    };
    b.write(memory, push, write_pointer, &data);
    let (head, valid, place) = match fabric.memory_stages {
        0 => held_by_memory(&mut b, read, fetch, pop),
        stages => held_in_registers(&mut b, &read, stages, fetch, pop),
    };
    let some_waiting = b.reg("any_waiting_q", Ty::BIT, Some(0));
    let fetch_value = b.and(some_waiting.q, place);
    b.assign(fetch, fetch_value);
    b.comment("whether entries were not read yet: the one that is read may be the newest");
    let single = if far {
        let single = b.reg("single_q", Ty::BIT, Some(0));
        let was_empty = b.not(some_waiting.q);
        let two = b.eq(read_ahead, newest);
        let next = b.mux(push, was_empty, two);
        let moves = b.xor(push, fetch);
        b.next_en(single, moves, next);
        single.q
    } else {
        b.eq(read_pointer, newest)
    };
    let empties = b.and(fetch, single);
    let stays = b.not(empties);
    let left = b.and(some_waiting.q, stays);
    let some_next = b.or(left, push);
    b.next(some_waiting, some_next);

    b.output("valid_o", valid);
    let mut rest = head.as_slice();
    for &(field, _, count) in fields {
        let (these, others) = rest.split_at(count.min(rest.len()));
        b.output_vec(&format!("{field}_o"), these);
        rest = others;
    }
    b.finish()
}

/// A place in the memory that moves on with `step`, and the one after it; a name, a type and the place after a reset. Where
/// it is `kept` the one after it has a register of its own: from there the memory is far away already.
fn pointer_of(
    b: &mut Builder,
    (name, ty, start): (&str, Ty, i128),
    kept: bool,
    step: Sig,
) -> (Sig, Sig) {
    let pointer = b.reg(name, ty, Some(start));
    if !kept {
        let next = stepped(b, pointer.q, 1);
        b.next_en(pointer, step, next);
        return (pointer.q, next);
    }
    let after = b.reg(&format!("{name}_after"), ty, Some((start + 1) & ty.max()));
    b.next_en(pointer, step, after.q);
    let next = stepped(b, after.q, 1);
    b.next_en(after, step, next);
    (pointer.q, after.q)
}

/// The memory's read register is the head: `(head, whether it is valid, whether the next may be fetched)`.
fn held_by_memory(b: &mut Builder, read: Vec<Sig>, fetch: Sig, pop: Sig) -> (Vec<Sig>, Sig, Sig) {
    let valid = b.reg("valid_q", Ty::BIT, Some(0));
    let not_pop = b.not(pop);
    let stays = b.and(valid.q, not_pop);
    let valid_next = b.or(fetch, stays);
    b.next(valid, valid_next);
    let not_valid = b.not(valid.q);
    let place = b.or(not_valid, pop);
    (read, valid.q, place)
}

/// Where the word of a memory takes several cycles: a short queue behind it, with a place for each word on its way.
fn held_in_registers(
    b: &mut Builder,
    read: &[Sig],
    stages: u32,
    fetch: Sig,
    pop: Sig,
) -> (Vec<Sig>, Sig, Sig) {
    // One word a cycle: those on their way, one that is popped, and one whose place is known to be free a cycle later.
    let places = stages + 3;
    let arrived = delay_control(b, "arrived", fetch, 1 + stages);
    let queue = ShiftQueue::new(b, "ahead", places, arrived, pop);
    let head = read
        .iter()
        .enumerate()
        .map(|(field, &word)| {
            let word = b.delay(&format!("word{field}"), word, stages);
            queue.field(b, &format!("ahead_word{field}_"), word)
        })
        .collect();
    let claimed = occupancy(b, "claimed", (0, places), fetch, pop);
    let place = b.not(claimed[places as usize]);
    (head, queue.valid, place)
}

//! A queue in a memory. There is no full flag: whoever pushes holds a credit for the place.
//!
//! The memory's registered read port is the queue's output register: the head is valid one cycle after it could be
//! read, and stays until it is popped. One entry a cycle.

use std::sync::Arc;

use crate::hdl::{Builder, HdlError, MemInit, Module, Ty};
use crate::rtl::fabric::Fabric;
use crate::rtl::memory::memory;
use crate::rtl::plan::index_bits;
use crate::rtl::regs::stepped;

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
    let write_pointer = b.reg("write_pointer_q", pointer, Some(0));
    let read_pointer = b.reg("read_pointer_q", pointer, Some(0));
    let valid = b.reg("valid_q", Ty::BIT, Some(0));
    let waiting = b.reg("waiting_q", Ty::u(index_bits(depth + 1)), Some(0));

    let some_waiting = b.reg("any_waiting_q", Ty::BIT, Some(0));
    let not_valid = b.not(valid.q);
    let place = b.or(not_valid, pop);
    let fetch = b.and(some_waiting.q, place);
    let fetch = b.name("fetch", fetch);
    let memory = memory(&mut b, fabric, "entries", &types, depth, MemInit::Zero);
    let head = b.read(memory, read_pointer.q, Some(fetch));
    b.write(memory, push, write_pointer.q, &data);

    for (reg, step) in [(write_pointer, push), (read_pointer, fetch)] {
        let next = stepped(&mut b, reg.q, 1);
        b.next_en(reg, step, next);
    }
    let not_pop = b.not(pop);
    let stays = b.and(valid.q, not_pop);
    let valid_next = b.or(fetch, stays);
    b.next(valid, valid_next);
    b.comment("entries that were not read yet; what decides late moves nothing but an enable");
    let one = b.lit(1, waiting.q.ty());
    let more = b.add(waiting.q, one);
    let fewer = b.sub(waiting.q, one);
    let (more, fewer) = (b.wrap(more, one.ty()), b.wrap(fewer, one.ty()));
    let waiting_next = b.mux(push, more, fewer);
    let moves = b.xor(push, fetch);
    b.next_en(waiting, moves, waiting_next);
    let single = b.eq(waiting.q, one);
    let several = b.gt(waiting.q, one);
    let not_fetch = b.not(fetch);
    let stays = b.and(single, not_fetch);
    let left = b.or(several, stays);
    let some_next = b.or(left, push);
    b.next(some_waiting, some_next);

    b.output("valid_o", valid.q);
    let mut rest = head.as_slice();
    for &(field, _, count) in fields {
        let (these, others) = rest.split_at(count.min(rest.len()));
        b.output_vec(&format!("{field}_o"), these);
        rest = others;
    }
    b.finish()
}

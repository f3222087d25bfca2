//! Spikes leave a layer: rows of spikes wait in a queue and become events, one a beat.
//!
//! Only rows with a spike and the last row of a step enter the queue. A step ends with one beat with `last`, which
//! carries the last row's last spike, or no event. The queue holds whole steps; `credit_o` gives a step's place back.

use std::sync::Arc;

use crate::hdl::{Builder, HdlError, Instance, Module, Reg, Sig, Ty};
use crate::rtl::fifo::fifo;
use crate::rtl::neurons::base_type;
use crate::rtl::plan::{LayerPlan, index_bits};
use crate::rtl::regs::{delay_control, hold, resized};
use crate::rtl::stream::{Beat, Layout, Slot};

/// Ports: `row_valid_i`, `mask_i`, `negative_i` (ternary spikes only: of -1), `base_i`, `last_i`, `user_i`; stream `m` out; `credit_o`.
pub(crate) fn spikes(name: &str, plan: &LayerPlan) -> Result<Arc<Module>, HdlError> {
    let q = plan.neuron_lanes as usize;
    let layout = Layout::new(plan.neurons, plan.fires);
    let address = Ty::u(layout.address);
    let mut fields = vec![("mask", Ty::BIT, q)];
    if layout.signed {
        fields.push(("negative", Ty::BIT, q));
    }
    fields.extend([
        ("base", base_type(plan), 1),
        ("last", Ty::BIT, 1),
        ("user", Ty::BIT, 1),
    ]);
    let queue = fifo(
        &format!("{name}_queue"),
        "Rows of spikes on their way out of a layer.",
        &fields,
        (plan.rows * plan.credits) as usize,
        plan.fabric,
    )?;
    let mut b = Builder::new(name, "Spikes of a layer, serialised to one event a beat.");
    let row_valid = b.input("row_valid_i", Ty::BIT);
    let mask = b.input_vec("mask_i", Ty::BIT, q);
    let negative = layout.signed.then(|| b.input_vec("negative_i", Ty::BIT, q));
    let base = b.input("base_i", base_type(plan));
    let last = b.input("last_i", Ty::BIT);
    let user = b.input("user_i", Ty::BIT);
    let m_ready = b.input("m_ready_i", Ty::BIT);

    let any = or_all(&mut b, &mask);
    let wanted = b.or(any, last);
    let push = b.and(row_valid, wanted);
    let late = u32::from(plan.fabric.is_far());
    let push = delay_control(&mut b, "push", push, late);
    let mut pushed = |name: &str, value| b.delay(&format!("pushed_{name}"), value, late);
    let mut by_lane = |name: &str, of_row: &[Sig]| -> Vec<Sig> {
        let lanes = of_row.iter().enumerate();
        lanes
            .map(|(lane, &bit)| pushed(&format!("{name}{lane}"), bit))
            .collect()
    };
    let mask = by_lane("mask", &mask);
    let negative = negative.map(|of_row| by_lane("negative", &of_row));
    let [base, last, user] =
        [("base", base), ("last", last), ("user", user)].map(|(name, value)| pushed(name, value));
    let pop = b.wire("pop", Ty::BIT);
    let mut ports: Vec<(&str, &[Sig])> = vec![
        ("push_i", std::slice::from_ref(&push)),
        ("pop_i", std::slice::from_ref(&pop)),
        ("mask_i", &mask),
    ];
    ports.extend(negative.as_deref().map(|negative| ("negative_i", negative)));
    ports.extend([
        ("base_i", std::slice::from_ref(&base)),
        ("last_i", std::slice::from_ref(&last)),
        ("user_i", std::slice::from_ref(&user)),
    ]);
    let head = b.instance("u_queue", &queue, &ports);

    b.comment("the row that is sent");
    let load = b.wire("load", Ty::BIT);
    let take = b.wire("take", Ty::BIT);
    let row = hold_row(&mut b, &head, layout.signed, load);
    let row_valid = b.reg("row_valid_q", Ty::BIT, Some(0));
    let (left, finishes) = left_to_send(&mut b, &head, load, take);
    let lowest = lowest(&mut b, &left);
    let any_left = or_all(&mut b, &left);
    let neuron = neuron(&mut b, row.base, &lowest, address);
    let sign = row.negative.map(|of_row| {
        let of_this: Vec<Sig> = of_row
            .iter()
            .zip(&lowest)
            .map(|(&negative, &this)| b.and(negative, this))
            .collect();
        or_all(&mut b, &of_this)
    });
    let take_value = b.and(row_valid.q, m_ready);
    b.assign(take, take_value);
    let finished = b.and(take, finishes);
    let no_row = b.not(row_valid.q);
    let room = b.or(no_row, finished);
    let load_value = b.and(head.out("valid_o"), room);
    b.assign(load, load_value);
    b.assign(pop, load_value);
    b.next_en(row_valid, room, head.out("valid_o"));
    let null = b.not(any_left);
    let ends = b.and(row.last, finishes);
    let credit = b.and(take, ends);
    let credit = delay_control(&mut b, "credit", credit, 1);
    let out = Beat {
        valid: row_valid.q,
        slots: vec![Slot {
            null,
            payload: sign,
            address: neuron,
        }],
        last: ends,
        user: row.user,
        repeat: None,
    };
    out.outputs(&mut b, "m");
    b.output("credit_o", credit);
    b.finish()
}

/// The neuron of the lane in `lowest`, of the row at `base`.
fn neuron(b: &mut Builder, base: Sig, lowest: &[Sig], address: Ty) -> Sig {
    if lowest.len() == 1 {
        return resized(b, base, address);
    }
    let lane = encode(b, lowest);
    let neuron = if lowest.len().is_power_of_two() {
        b.cat(&[base, lane])
    } else {
        b.add(base, lane)
    };
    resized(b, neuron, address)
}

/// What is known of the row that is sent.
struct Row {
    base: Sig,
    last: Sig,
    user: Sig,
    negative: Option<Vec<Sig>>,
}

fn hold_row(b: &mut Builder, head: &Instance, signed: bool, load: Sig) -> Row {
    let mut field = |name: &str| {
        hold(
            b,
            &format!("row_{name}_q"),
            head.out(&format!("{name}_o")),
            load,
        )
    };
    let (base, last, user) = (field("base"), field("last"), field("user"));
    let negative = signed.then(|| {
        let of_row = head.out_vec("negative_o");
        of_row
            .iter()
            .enumerate()
            .map(|(lane, &negative)| hold(b, &format!("row_negative{lane}_q"), negative, load))
            .collect()
    });
    Row {
        base,
        last,
        user,
        negative,
    }
}

/// The row's spikes that were not sent yet, and whether at most one is left; both from registers.
fn left_to_send(b: &mut Builder, head: &Instance, load: Sig, take: Sig) -> (Vec<Sig>, Sig) {
    let mask = head.out_vec("mask_o");
    let left: Vec<Reg> = (0..mask.len())
        .map(|lane| b.reg(&format!("left{lane}_q"), Ty::BIT, None))
        .collect();
    let now: Vec<Sig> = left.iter().map(|reg| reg.q).collect();
    let lowest = lowest(b, &now);
    let moves = b.or(load, take);
    let mut next = Vec::with_capacity(mask.len());
    for ((&reg, &this), &new) in left.iter().zip(&lowest).zip(&mask) {
        let not_this = b.not(this);
        let rest = b.and(reg.q, not_this);
        let value = b.mux(load, new, rest);
        b.next_en(reg, moves, value);
        next.push(value);
    }
    if mask.len() == 1 {
        let one = b.lit(1, Ty::BIT);
        return (now, one);
    }
    let single = b.reg("at_most_one_q", Ty::BIT, None);
    let several = several(b, &next);
    let at_most_one = b.not(several);
    b.next_en(single, moves, at_most_one);
    (now, single.q)
}

/// One-hot: the lowest bit that is set.
fn lowest(b: &mut Builder, bits: &[Sig]) -> Vec<Sig> {
    let mut lowest = vec![bits[0]];
    let mut below = bits[0];
    for &bit in &bits[1..] {
        let none_below = b.not(below);
        lowest.push(b.and(bit, none_below));
        below = b.or(below, bit);
    }
    lowest
}

/// Whether two bits or more are set.
fn several(b: &mut Builder, bits: &[Sig]) -> Sig {
    let mut any = bits[0];
    let mut several = b.lit(0, Ty::BIT);
    for &bit in &bits[1..] {
        let second = b.and(bit, any);
        several = b.or(several, second);
        any = b.or(any, bit);
    }
    several
}

fn or_all(b: &mut Builder, bits: &[Sig]) -> Sig {
    let mut any = bits[0];
    for &bit in &bits[1..] {
        any = b.or(any, bit);
    }
    any
}

/// Number of the bit that is set; 0 if none is.
fn encode(b: &mut Builder, one_hot: &[Sig]) -> Sig {
    let parts: Vec<Sig> = (0..index_bits(one_hot.len()))
        .rev()
        .map(|bit| {
            let set: Vec<Sig> = one_hot
                .iter()
                .enumerate()
                .filter(|(index, _)| index >> bit & 1 == 1)
                .map(|(_, &hot)| hot)
                .collect();
            or_all(b, &set)
        })
        .collect();
    b.cat(&parts)
}

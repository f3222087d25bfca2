//! Spikes leave a layer: rows of spikes wait in a queue and become events, one a beat.
//!
//! Only rows with a spike and the last row of a step enter the queue. A step ends with one beat with `last`, which
//! carries the last row's last spike, or no event. The queue holds whole steps; `credit_o` gives a step's place back.

use std::sync::Arc;

use crate::hdl::{Builder, HdlError, Module, Sig, Ty};
use crate::rtl::fifo::fifo;
use crate::rtl::plan::{LayerPlan, index_bits};
use crate::rtl::regs::hold;
use crate::rtl::stream::{Beat, Layout};

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
        ("base", address, 1),
        ("last", Ty::BIT, 1),
        ("user", Ty::BIT, 1),
    ]);
    let queue = fifo(
        &format!("{name}_queue"),
        "Rows of spikes on their way out of a layer.",
        &fields,
        (plan.rows * plan.credits) as usize,
    )?;
    let mut b = Builder::new(name, "Spikes of a layer, serialised to one event a beat.");
    let row_valid = b.input("row_valid_i", Ty::BIT);
    let mask = b.input_vec("mask_i", Ty::BIT, q);
    let negative = layout.signed.then(|| b.input_vec("negative_i", Ty::BIT, q));
    let base = b.input("base_i", address);
    let last = b.input("last_i", Ty::BIT);
    let user = b.input("user_i", Ty::BIT);
    let m_ready = b.input("m_ready_i", Ty::BIT);

    let any = or_all(&mut b, &mask);
    let wanted = b.or(any, last);
    let push = b.and(row_valid, wanted);
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
    let head_valid = head.out("valid_o");
    let head_base = head.out("base_o");
    let head_last = head.out("last_o");
    let head_user = head.out("user_o");
    let head_mask = head.out_vec("mask_o");

    b.comment("the lowest spike of the row that was not sent yet");
    let take = b.wire("take", Ty::BIT);
    let (left, sent) = if q == 1 {
        (head_mask.clone(), Vec::new())
    } else {
        let sent: Vec<_> = (0..q)
            .map(|i| b.reg(&format!("sent{i}_q"), Ty::BIT, Some(0)))
            .collect();
        let left = head_mask
            .iter()
            .zip(&sent)
            .map(|(&spike, sent)| {
                let unsent = b.not(sent.q);
                b.and(spike, unsent)
            })
            .collect();
        (left, sent)
    };
    let mut below = left[0];
    let mut lowest = vec![left[0]];
    let mut others: Option<Sig> = None;
    for &spike in &left[1..] {
        let none_below = b.not(below);
        lowest.push(b.and(spike, none_below));
        let second = b.and(spike, below);
        others = Some(others.map_or(second, |others| b.or(others, second)));
        below = b.or(below, spike);
    }
    let any_left = if q == 1 {
        below
    } else {
        b.name("any_left", below)
    };
    let others = others.map(|others| b.name("others_left", others));
    for (reg, &this) in sent.iter().zip(&lowest) {
        let now = b.or(reg.q, this);
        let not_pop = b.not(pop);
        let next = b.and(now, not_pop);
        b.next_en(*reg, take, next);
    }
    let neuron = if q == 1 {
        head_base
    } else {
        let offset = encode(&mut b, &lowest);
        let neuron = b.add(head_base, offset);
        b.wrap(neuron, address)
    };
    let sign = layout.signed.then(|| {
        let of_row = head.out_vec("negative_o");
        if q == 1 {
            return of_row[0];
        }
        let of_this: Vec<Sig> = of_row
            .iter()
            .zip(&lowest)
            .map(|(&negative, &this)| b.and(negative, this))
            .collect();
        or_all(&mut b, &of_this)
    });
    let finishes = others.map(|others| b.not(others));
    let ends = finishes.map_or(head_last, |finishes| b.and(head_last, finishes));

    b.comment("output register");
    let valid = b.reg("valid_q", Ty::BIT, Some(0));
    let not_valid = b.not(valid.q);
    let free = b.or(not_valid, m_ready);
    let take_value = b.and(head_valid, free);
    b.assign(take, take_value);
    let pop_value = finishes.map_or(take, |finishes| b.and(take, finishes));
    b.assign(pop, pop_value);
    b.next_en(valid, free, head_valid);
    let null = b.not(any_left);
    let null = hold(&mut b, "null_q", null, take);
    let payload = sign.map(|sign| hold(&mut b, "sign_q", sign, take));
    let address = hold(&mut b, "address_q", neuron, take);
    let last = hold(&mut b, "last_q", ends, take);
    let user = hold(&mut b, "user_q", head_user, take);
    let credit = b.and(pop, head_last);
    let out = Beat {
        valid: valid.q,
        null,
        payload,
        address,
        last,
        user,
    };
    out.outputs(&mut b, "m");
    b.output("credit_o", credit);
    b.finish()
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

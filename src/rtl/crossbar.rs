//! The crossbar: output-stationary passes over the events of a step.
//!
//! For each group of `P` neurons the step's events are replayed, one a cycle; each lane adds its weight to its own
//! accumulator register. A pass lasts `max(1, events, spacing)` cycles and ends with a hand-off of the `P` sums.
//!
//! ```text
//! cycle  0: issue (index)  1: event read  2: weight address  3: weight read [4: × payload]  +1: add  +1: hand-off
//! ```
//!
//! A ternary spike of -1 subtracts the weight in the cycle in which one of +1 adds it.
//!
//! A step begins only with a credit, which says that the layer's output queue has room for all its spikes: from here to
//! the queue nothing waits, so the pipeline has no enable.

use std::sync::Arc;

use goldspike_golden::quant::QuantLayer;

use crate::hdl::{Builder, HdlError, MemInit, Module, Reg, Sig, Ty};
use crate::rtl::plan::{LayerPlan, index_bits};
use crate::rtl::regs::{delay_control, ring};
use crate::rtl::stream::Layout;

/// Ports: the reading side of the event buffer; `credit_i` one pulse a finished step, by output queue; `hand_o` with
/// `sums_o`, `first_o` (first step of a sample) and `user_o` (last step of a sample).
pub(crate) fn crossbar(
    name: &str,
    plan: &LayerPlan,
    layer: &QuantLayer,
    credits: usize,
    weight_file: &str,
) -> Result<Arc<Module>, HdlError> {
    let layout = Layout::new(plan.axons, plan.fed);
    let doc = format!(
        "Crossbar: {} axons x {} neurons, {}-bit weights, {} synapse lanes, {} passes a step.\n\
         Cycles of a step: {} * max(events, {}).",
        plan.axons,
        plan.neurons,
        layer.weight_bits,
        plan.lanes,
        plan.groups,
        plan.groups,
        plan.spacing
    );
    let mut b = Builder::new(name, doc);
    let step_valid = b.input("step_valid_i", Ty::BIT);
    let step_events = b.input("step_events_i", Ty::u(index_bits(plan.axons + 1)));
    let step_user = b.input("step_user_i", Ty::BIT);
    let address = b.input("event_address_i", Ty::u(layout.address));
    let payload = (layout.payload > 0).then(|| b.input("event_payload_i", Ty::u(layout.payload)));
    let returned = b.input_vec("credit_i", Ty::BIT, credits);

    let issue = issue(&mut b, plan, step_valid, step_events, &returned);
    b.comment("first step of a sample: after reset, and after a step with user");
    let first = b.reg("first_step_q", Ty::BIT, Some(1));
    b.next_en(first, issue.step_done, step_user);

    b.comment("cycle 1: the event arrives; cycle 2: weight address");
    let event1 = delay_control(&mut b, "event1", issue.event, 1);
    let base1 = b.delay("weight_base1", issue.weight_base, 1);
    let depth = plan.axons * plan.groups as usize;
    let weight_address = b.add(base1, address);
    let weight_address = b.wrap(weight_address, Ty::u(index_bits(depth)));
    let weight_address = b.delay("weight_address2", weight_address, 1);
    let event2 = delay_control(&mut b, "event2", event1, 1);
    let payload3 = payload.map(|payload| b.delay("payload3", payload, 2));

    b.comment("cycle 3: the weights arrive");
    let weights = weight_memory(&mut b, plan, layer, weight_file, weight_address, event2);
    let mut event = delay_control(&mut b, "event3", event2, 1);
    let mut terms = weights;
    let mut add_cycle = 3;
    let negative = payload3.filter(|_| layout.signed);
    if let Some(payload) = payload3.filter(|_| !layout.signed) {
        b.comment("cycle 4: analogue input, weight times payload");
        for (lane, term) in terms.iter_mut().enumerate() {
            let product = b.mul(*term, payload);
            *term = b.delay(&format!("product{lane}"), product, 1);
        }
        event = delay_control(&mut b, "event4", event, 1);
        add_cycle = 4;
    }

    b.comment(
        "the sums: cleared as they are handed off, which is when the next pass may already add",
    );
    let hand = delay_control(&mut b, "hand", issue.last, add_cycle + 1);
    let sums: Vec<Reg> = (0..terms.len())
        .map(|lane| b.reg(&format!("sum{lane}_q"), plan.sum, Some(0)))
        .collect();
    for (&sum, &term) in sums.iter().zip(&terms) {
        let zero = b.lit(0, plan.sum);
        let kept = b.mux(hand, zero, sum.q);
        let added = b.add(kept, term);
        let mut added = b.wrap(added, plan.sum);
        if let Some(negative) = negative {
            let subtracted = b.sub(kept, term);
            let subtracted = b.wrap(subtracted, plan.sum);
            added = b.mux(negative, subtracted, added);
        }
        let next = b.mux(event, added, kept);
        b.next(sum, next);
    }
    let first_at_hand = b.delay("first_at_hand", first.q, add_cycle + 1);
    let user_at_hand = b.delay("user_at_hand", step_user, add_cycle + 1);
    let sum_sigs: Vec<Sig> = sums.iter().map(|sum| sum.q).collect();
    b.output("read_o", issue.event);
    b.output("index_o", issue.index);
    b.output("step_done_o", issue.step_done);
    b.output("hand_o", hand);
    b.output_vec("sums_o", &sum_sigs);
    b.output("first_o", first_at_hand);
    b.output("user_o", user_at_hand);
    b.port_doc(
        "credit_i",
        "one pulse for each step whose spikes left the layer",
    );
    b.port_doc("hand_o", "the sums of a group are complete");
    b.finish()
}

/// What the pass controller issues in a cycle.
struct Issue {
    /// An event is read.
    event: Sig,
    /// Its number within the step.
    index: Sig,
    /// First weight word of the group.
    weight_base: Sig,
    /// Last cycle of a pass.
    last: Sig,
    /// Last cycle of a step.
    step_done: Sig,
}

fn issue(
    b: &mut Builder,
    plan: &LayerPlan,
    step_valid: Sig,
    step_events: Sig,
    returned: &[Sig],
) -> Issue {
    b.comment("pass controller");
    let in_step = b.reg("in_step_q", Ty::BIT, Some(0));
    let mut may_start = step_valid;
    let start = b.wire("start", Ty::BIT);
    for (queue, &returned) in returned.iter().enumerate() {
        let credits = credit_counter(
            b,
            &format!("credits{queue}_q"),
            plan.credits,
            start,
            returned,
        );
        may_start = b.and(may_start, credits);
    }
    let not_in_step = b.not(in_step.q);
    let start_value = b.and(may_start, not_in_step);
    b.assign(start, start_value);
    let active = b.or(in_step.q, start);
    let active = b.name("active", active);

    let longest = plan.axons.max(plan.spacing as usize);
    let cycle = b.reg("pass_cycle_q", Ty::u(index_bits(longest)), Some(0));
    let one = b.lit(1, Ty::BIT);
    let after = b.add(cycle.q, one);
    let event_here = b.lt(cycle.q, step_events);
    let event = b.and(active, event_here);
    let event = b.name("issue_event", event);
    let all_events = b.ge(after, step_events);
    let spacing = b.lit(
        i128::from(plan.spacing),
        Ty::u(index_bits(plan.spacing as usize + 1)),
    );
    let spaced = b.ge(after, spacing);
    let complete = b.and(all_events, spaced);
    let last = b.and(active, complete);
    let last = b.name("pass_done", last);
    let zero = b.lit(0, cycle.q.ty());
    let after = b.wrap(after, cycle.q.ty());
    let next = b.mux(last, zero, after);
    b.next_en(cycle, active, next);

    let base_ty = Ty::u(index_bits(plan.axons * plan.groups as usize));
    let (weight_base, step_done) = if plan.groups == 1 {
        (b.lit(0, base_ty), last)
    } else {
        let final_base = (plan.groups as usize - 1) * plan.axons;
        let (base, at_final) = ring(b, "weight_base_q", base_ty, (plan.axons, final_base), last);
        let step_done = b.and(last, at_final);
        (base, step_done)
    };
    let step_done = b.name("step_done", step_done);
    let not_done = b.not(step_done);
    let in_step_next = b.and(active, not_done);
    b.next(in_step, in_step_next);
    let index = b.wrap(cycle.q, Ty::u(index_bits(plan.axons)));
    Issue {
        event,
        index,
        weight_base,
        last,
        step_done,
    }
}

/// Counts free places for whole steps; true while there is one.
fn credit_counter(b: &mut Builder, name: &str, places: u32, take: Sig, give: Sig) -> Sig {
    let ty = Ty::u(index_bits(places as usize + 1));
    let credits = b.reg(name, ty, Some(i128::from(places)));
    let given = b.add(credits.q, give);
    let left = b.sub(given, take);
    let left = b.wrap(left, ty);
    b.next(credits, left);
    let zero = b.lit(0, ty);
    b.ne(credits.q, zero)
}

/// The weights of `P` neurons for one axon: word `group * axons + axon`, lane `p` in field `p`. A lane without a
/// neuron in the last group reads weight 0 (or +1 at one bit), and its sum is not looked at.
fn weight_memory(
    b: &mut Builder,
    plan: &LayerPlan,
    layer: &QuantLayer,
    file: &str,
    address: Sig,
    enable: Sig,
) -> Vec<Sig> {
    let one_bit = layer.weight_bits == 1;
    let field = if one_bit {
        Ty::BIT
    } else {
        Ty::s(layer.weight_bits)
    };
    let lanes = plan.lanes as usize;
    let words = (0..plan.groups as usize * plan.axons)
        .map(|word| {
            let (group, axon) = (word / plan.axons, word % plan.axons);
            (0..lanes)
                .map(|lane| {
                    let neuron = group * lanes + lane;
                    let weight = if neuron < plan.neurons {
                        layer.weights[neuron * plan.axons + axon]
                    } else {
                        0
                    };
                    i128::from(if one_bit {
                        i32::from(weight < 0)
                    } else {
                        weight
                    })
                })
                .collect()
        })
        .collect();
    let memory = b.mem(
        "weights",
        &vec![field; lanes],
        plan.groups as usize * plan.axons,
        MemInit::Words {
            file: file.to_owned(),
            words,
        },
    );
    let read = b.read(memory, address, Some(enable));
    if !one_bit {
        return read;
    }
    b.comment("one-bit weights: 0 is +1, 1 is -1");
    read.into_iter()
        .map(|minus| {
            let one = b.lit(1, Ty::BIT);
            let weight = b.cat(&[minus, one]);
            b.as_signed(weight)
        })
        .collect()
}

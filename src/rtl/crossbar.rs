//! The crossbar: output-stationary passes over the events of a step.
//!
//! For each group of `P` neurons the step's events are replayed, `K` a cycle; each lane adds its weights to its own
//! accumulator register. A pass ends with a hand-off of the `P` sums.
//!
//! ```text
//! place ─► event read ─► [weight address] ─► weight read ─► [x payload] ─► [± in two] ─► [sum of K] ─► add ─► hand-off
//! ```
//!
//! A ternary spike of -1 subtracts the weight in the cycle in which one of +1 adds it. Where there are such, a weight is complemented
//! as it comes out of the memory, and gets its 1 a stage later: the slowest output has one look-up table behind it.

use std::sync::Arc;

use goldspike_golden::quant::QuantLayer;

use crate::hdl::{Builder, HdlError, Module, Reg, Sig, Ty};
use crate::rtl::load::{Load, Size};
use crate::rtl::passes::passes;
use crate::rtl::plan::LayerPlan;
use crate::rtl::regs::{delay_control, resized};
use crate::rtl::stream::Layout;
use crate::rtl::weights::{group_part, weight_cycles, weights};

/// Ports: the reading side of the event buffer; `credit_i` one pulse a finished step, by output queue; `hand_o` with
/// `sums_o`, and one cycle before `hand_next_o` with `first_o` (first step of a sample), `user_o` (last step of one) and, where sums
/// are kept, `repeat_o` (the sums are those of the step before, and `sums_o` is not). `sizes`: of the weight memory, where it is loaded;
/// `banked`: it has two banks.
pub(crate) fn crossbar(
    name: &str,
    plan: &LayerPlan,
    layer: &QuantLayer,
    credits: usize,
    weight_file: &str,
    (sizes, banked): (&[Size], bool),
) -> Result<Arc<Module>, HdlError> {
    let layout = Layout::into_layer(plan);
    let at_once = plan.events as usize;
    let doc = format!(
        "Crossbar: {} axons x {} neurons, {}-bit weights, {} synapse lanes, {at_once} events a cycle, {} passes a step.\n\
         Cycles of a step: {}.",
        plan.axons,
        plan.neurons,
        layer.weight_bits,
        plan.lanes,
        plan.groups,
        plan.cycles_formula()
    );
    let mut b = Builder::new(name, doc);
    let pushed = b.input("pushed_i", Ty::BIT);
    let step_events = b.input("step_events_i", Ty::u(plan.count_bits()));
    let step_user = b.input("step_user_i", Ty::BIT);
    let step_repeat = (layout.repeats).then(|| b.input("step_repeat_i", Ty::BIT));
    let addresses = b.input_vec("event_address_i", Ty::u(layout.address), at_once);
    let payloads = if layout.payload > 0 {
        b.input_vec("event_payload_i", Ty::u(layout.payload), at_once)
    } else {
        Vec::new()
    };
    let returned = b.input_vec("credit_i", Ty::BIT, credits);
    let load = (!sizes.is_empty()).then(|| Load::inputs(&mut b, sizes, banked));

    let issue = passes(&mut b, plan, pushed, step_events, &returned);
    b.comment("first step of a sample: after reset, and after a step with user");
    let first = b.reg("first_step_q", Ty::BIT, Some(1));
    b.next_en(first, issue.step_done, step_user);

    b.comment("the events arrive, then their weights");
    let to_event = plan.fabric.read_cycles();
    let to_weights = weight_cycles(plan);
    let group = group_part(&mut b, plan, issue.group);
    let group = group.map(|group| b.delay("group", group, to_event));
    let mut stage = to_event + to_weights;
    let mut ways: Vec<Way> = (0..at_once)
        .map(|way| {
            let arrived = issue.arrived[way];
            let read = (arrived, issue.arrived[0], addresses[way], group);
            let terms = weights(&mut b, plan, layer, (weight_file, load.as_ref()), way, read);
            let event = format!("weighed{way}");
            Way {
                event: delay_control(&mut b, &event, arrived, to_weights),
                payload: payloads
                    .get(way)
                    .map(|&payload| b.delay(&format!("payload{way}"), payload, to_weights)),
                terms,
            }
        })
        .collect();
    if layout.is_analogue() {
        b.comment("analogue input, weight times payload");
        for (way, one) in ways.iter_mut().enumerate() {
            one.multiply(&mut b, way);
        }
        stage += 1;
    }
    let (event, terms, stages) = added(&mut b, ways, plan, layout.signed);
    stage += stages;

    let apart = plan.fabric.clears_apart;
    b.comment(if apart {
        "the sums: cleared as they are handed off, in a cycle without an event"
    } else {
        "the sums: loaded by the next pass's first event as they are handed off, cleared if there is none"
    });
    b.comment("after a reset they are cleared like that too: a reset of their own would cost the look-up tables' last input");
    let to_hand = stage + 1 - plan.fabric.clear_cycles();
    let before_hand = delay_control(&mut b, "hand", issue.last, to_hand - 1);
    let hand = delay_control(&mut b, "hand_over", before_hand, 1);
    let clear = b.reg("clear_q", Ty::BIT, Some(1));
    b.next(clear, before_hand);
    let sums: Vec<Reg> = (0..terms.len())
        .map(|lane| b.reg(&format!("sum{lane}_q"), plan.sum, None))
        .collect();
    let moves = if apart {
        // Far from what it moves, it comes out of a register.
        let event = delay_control(&mut b, "adds", issue.arrived[0], stage - 1 - to_event);
        let moves = b.reg("moves_q", Ty::BIT, Some(1));
        let next = b.or(before_hand, event);
        b.next(moves, next);
        moves.q
    } else {
        b.or(clear.q, event)
    };
    let no_event = b.not(event);
    let clears = if apart {
        clear.q
    } else {
        b.and(clear.q, no_event)
    };
    for (&sum, &term) in sums.iter().zip(&terms) {
        let added = b.add(sum.q, term);
        let added = b.wrap(added, plan.sum);
        let zero = b.lit(0, plan.sum);
        if apart {
            // What clears also moves: a reset that asks nobody has no look-up table on its way to all the lanes.
            let moved = b.mux(moves, added, sum.q);
            let next = b.mux(clears, zero, moved);
            b.next(sum, next);
        } else {
            let alone = resized(&mut b, term, plan.sum);
            let next = b.mux(clear.q, alone, added);
            let next = b.mux(clears, zero, next);
            b.next_en(sum, moves, next);
        }
    }
    let first_at_hand = b.delay("first_at_hand", first.q, to_hand - 1);
    let user_at_hand = b.delay("user_at_hand", step_user, to_hand - 1);
    let repeat_at_hand = step_repeat.map(|repeat| b.delay("repeat_at_hand", repeat, to_hand - 1));
    let sum_sigs: Vec<Sig> = sums.iter().map(|sum| sum.q).collect();
    b.output("read_o", issue.running);
    b.output("index_o", issue.place);
    b.output("step_done_o", issue.step_done);
    b.output("hand_next_o", before_hand);
    b.output("hand_o", hand);
    b.output_vec("sums_o", &sum_sigs);
    b.output("first_o", first_at_hand);
    b.output("user_o", user_at_hand);
    if let Some(repeat) = repeat_at_hand {
        b.output("repeat_o", repeat);
        b.port_doc("repeat_o", "the sums are those of the step before");
    }
    b.port_doc(
        "credit_i",
        "one pulse for each step whose spikes left the layer",
    );
    b.port_doc("hand_o", "the sums of a group are complete");
    b.port_doc("hand_next_o", "they are in the next cycle");
    b.finish()
}

/// One of the `K` events of a cycle.
struct Way {
    event: Sig,
    payload: Option<Sig>,
    /// By lane: what the event adds.
    terms: Vec<Sig>,
}

impl Way {
    fn multiply(&mut self, b: &mut Builder, way: usize) {
        let Some(payload) = self.payload else {
            return;
        };
        for (lane, term) in self.terms.iter_mut().enumerate() {
            let product = b.mul(*term, payload);
            *term = b.delay(&format!("product{way}_{lane}"), product, 1);
        }
        self.event = delay_control(b, &format!("multiplied{way}"), self.event, 1);
    }

    /// Takes what the event adds to 0 without one, in this stage; the first of a cycle's events is there whenever one is.
    fn gate(&mut self, b: &mut Builder, signed: bool) {
        for term in &mut self.terms {
            let zero = b.lit(0, term.ty());
            *term = b.mux(self.event, *term, zero);
        }
        let payload = self.payload.filter(|_| signed);
        self.payload = payload.map(|payload| b.and(payload, self.event));
    }

    /// Negates what a spike of -1 adds, in two stages: the complement comes out of a memory, and 1 out of a register.
    fn negate(&mut self, b: &mut Builder, way: usize) {
        let Some(negative) = self.payload else {
            return;
        };
        let one = b.delay(&format!("negative{way}"), negative, 1);
        for (lane, term) in self.terms.iter_mut().enumerate() {
            let complement = b.not(*term);
            let either = b.mux(negative, complement, *term);
            let either = b.delay(&format!("either{way}_{lane}"), either, 1);
            let signed = b.add(either, one);
            *term = b.delay(&format!("signed{way}_{lane}"), signed, 1);
        }
    }
}

/// What a cycle adds, by lane: `(whether it adds, the terms, stages that this takes)`. Weights of negative events are negated
/// in two stages; the terms of several events are added two at a time, a stage each.
fn added(
    b: &mut Builder,
    mut ways: Vec<Way>,
    plan: &LayerPlan,
    signed: bool,
) -> (Sig, Vec<Sig>, u32) {
    let event = ways[0].event;
    if ways.len() > 1 || signed {
        b.comment("what the events of a cycle add together");
    }
    for way in ways.iter_mut().skip(1).filter(|_| !plan.zero_word) {
        way.gate(b, signed);
    }
    let mut stages = 0;
    if signed {
        for (number, way) in ways.iter_mut().enumerate() {
            way.negate(b, number);
        }
        stages += 2;
    }
    let mut levels: Vec<Vec<Sig>> = ways.into_iter().map(|way| way.terms).collect();
    while levels.len() > 1 {
        levels = levels
            .chunks(2)
            .enumerate()
            .map(|(pair, both)| {
                (0..both[0].len())
                    .map(|lane| {
                        let sum = match both {
                            [one, other] => b.add(one[lane], other[lane]),
                            _ => both[0][lane],
                        };
                        let sum = if sum.width() > plan.sum.width() {
                            b.wrap(sum, plan.sum)
                        } else {
                            sum
                        };
                        b.delay(&format!("joined{stages}_{pair}_{lane}"), sum, 1)
                    })
                    .collect()
            })
            .collect();
        stages += 1;
    }
    let event = delay_control(b, "joined_event", event, stages);
    (event, levels.remove(0), stages)
}

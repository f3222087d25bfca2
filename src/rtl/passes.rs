//! The pass controller: which event is read in which cycle, and where passes and steps end.
//!
//! A pass of `n` events lasts `max(ceil(n / K) + c, spacing)` cycles, `c` the cycles in which the accumulators are cleared.
//! Whether the next step may begin is known one cycle before it can: a step follows the last one without a gap. A step
//! begins only with a credit, which says that the layer's output queue has room for all its spikes: from here to the queue
//! nothing waits, so the pipeline has no enable.

use crate::hdl::{Builder, Sig, Ty};
use crate::rtl::plan::{LayerPlan, SHORTEST_PASS, index_bits};
use crate::rtl::regs::{counted, delay_control, occupancy, resized, ring};
use crate::rtl::weights::addressed_apart;

/// Bits from which on numbers are compared in two halves.
const HALVED_BITS: u32 = 8;

/// What the pass controller issues in a cycle.
pub(crate) struct Issue {
    /// A step is replayed.
    pub(crate) running: Sig,
    /// There is an event, [`read_cycles`](crate::rtl::fabric::Fabric::read_cycles) later, one bit for each that is read at
    /// once.
    pub(crate) arrived: Vec<Sig>,
    /// Its place within the step.
    pub(crate) place: Sig,
    /// Number of the group, where there are several.
    pub(crate) group: Option<Sig>,
    /// Last cycle of a pass.
    pub(crate) last: Sig,
    /// Last cycle of a step.
    pub(crate) step_done: Sig,
}

/// `pushed`: one more step is waiting; `step_events`: events of the oldest, counted as
/// [`count_bits`](LayerPlan::count_bits) says; `credits`: a pulse for each step that left.
pub(crate) fn passes(
    b: &mut Builder,
    plan: &LayerPlan,
    pushed: Sig,
    step_events: Sig,
    credits: &[Sig],
) -> Issue {
    b.comment("pass controller: steps that may begin");
    let start = b.wire("start", Ty::BIT);
    let mut may_start = counter(b, "waiting", (0, plan.banks), pushed, start);
    for (queue, &returned) in credits.iter().enumerate() {
        let places = (plan.credits, plan.credits);
        let credit = counter(b, &format!("credits{queue}"), places, returned, start);
        may_start = b.and(may_start, credit);
    }
    let running = b.reg("running_q", Ty::BIT, Some(0));
    let last = b.reg("pass_done_q", Ty::BIT, Some(0));
    let (group, at_final) = group(b, plan, last.q);
    let step_done_next = b.wire("step_done_next", Ty::BIT);
    let step_done = delay_control(b, "step_done", step_done_next, 1);
    let not_running = b.not(running.q);
    let free = b.or(not_running, step_done);
    let start_value = b.and(may_start, free);
    b.assign(start, start_value);
    let not_done = b.not(step_done);
    let stays = b.and(running.q, not_done);
    let running_next = b.or(start, stays);
    b.next(running, running_next);

    b.comment("place within the pass");
    let cycle = b.reg("pass_cycle_q", Ty::u(plan.place_bits()), Some(0));
    let restart = b.or(not_running, last.q);
    let next = counted(b, cycle.q, 1, restart);
    b.next(cycle, next);
    let at_end = before_last(b, plan, step_events, stays, cycle.q);
    let not_last = b.not(last.q);
    let ends = b.and(at_end, not_last);
    let last_next = b.and(running.q, ends);
    b.next(last, last_next);
    let ends_step = at_final.map_or(last_next, |at_final| b.and(last_next, at_final));
    b.assign(step_done_next, ends_step);

    let way_bits = plan.way_bits();
    let arrived = (0..plan.events)
        .map(|way| {
            let number = if way_bits == 0 {
                cycle.q
            } else {
                let way = b.lit(i128::from(way), Ty::u(way_bits));
                b.cat(&[cycle.q, way])
            };
            arrives(b, plan, way, (number, step_events), running.q)
        })
        .collect();
    Issue {
        arrived,
        running: running.q,
        place: cycle.q,
        group,
        last: last.q,
        step_done,
    }
}

/// Whether event `number` of a step that is replayed is one of its `events`, when it is read. It is compared in two halves
/// where a memory is far, and where the answer only goes on into a register.
fn arrives(
    b: &mut Builder,
    plan: &LayerPlan,
    way: u32,
    (number, events): (Sig, Sig),
    running: Sig,
) -> Sig {
    let cycles = plan.fabric.read_cycles();
    let far = plan.fabric.is_far();
    if !(far || addressed_apart(plan)) || number.width() < HALVED_BITS {
        let here = b.lt(number, events);
        let here = b.and(running, here);
        return delay_control(b, &format!("event{way}"), here, cycles);
    }
    let compared = if far { 1 } else { cycles };
    let wide = Ty::u(number.width().max(events.width()));
    let low = number.width() / 2;
    let both = [number, events].map(|value| resized(b, value, wide));
    let of_low = both.map(|value| b.slice(value, 0, low));
    let of_high = both.map(|value| b.slice(value, low, wide.width() - low));
    let below = b.lt(of_low[0], of_low[1]);
    let same = b.eq(of_high[0], of_high[1]);
    let above = b.lt(of_high[0], of_high[1]);
    let [below, same, above] = [
        ("low_below", below),
        ("high_same", same),
        ("high_below", above),
    ]
    .map(|(name, value)| b.delay(&format!("{name}{way}"), value, compared));
    let running = delay_control(b, &format!("event{way}_running"), running, compared);
    let by_low = b.and(same, below);
    let here = b.or(above, by_low);
    let here = b.and(running, here);
    delay_control(b, &format!("event{way}_here"), here, cycles - compared)
}

/// Whether `cycle` is the one before a pass's last, `max(ceil(events / K) + c, spacing) - 2`. That number is in a register,
/// from the second cycle of a step on: a pass is long enough that the first of a step is not over by then.
///
/// Where no pass is of the shortest, three registers stand between the step's events and the answer. Whether the events or
/// the spacing decide is in one of its own, and only while the step `stays`: until then it is the spacing, which ends nothing
/// in the first two cycles, and neither does what the step before left.
fn before_last(b: &mut Builder, plan: &LayerPlan, step_events: Sig, stays: Sig, cycle: Sig) -> Sig {
    debug_assert!(plan.spacing >= SHORTEST_PASS);
    let early = plan.spacing > SHORTEST_PASS + 1;
    let ahead = if early { 3 } else { 2 };
    let clear = plan.fabric.clear_cycles();
    let at_once = 1 << plan.way_bits();
    b.comment("the cycle before a pass's last");
    let longer = plan.spacing.saturating_sub(clear) * at_once;
    let limit = b.lit(i128::from(longer), Ty::u(index_bits(longer as usize + 1)));
    let mut is_longer = b.gt(step_events, limit);
    if early {
        let of_this_step = b.and(is_longer, stays);
        is_longer = delay_control(b, "is_longer", of_this_step, 1);
    }
    let round_up = b.lit(i128::from(at_once - 1), Ty::u(index_bits(at_once as usize)));
    let whole = if at_once == 1 {
        step_events
    } else {
        let raised = b.add(step_events, round_up);
        let way_bits = plan.way_bits();
        b.slice(raised, way_bits, raised.width() - way_bits)
    };
    let less = b.lit(i128::from(ahead - clear), Ty::u(2));
    let of_events = b.sub(whole, less);
    let of_events = b.as_unsigned(of_events);
    let of_events = resized(b, of_events, cycle.ty());
    let of_spacing = b.lit(i128::from(plan.spacing - ahead), cycle.ty());
    let value = b.mux(is_longer, of_events, of_spacing);
    let value = b.delay("before_last", value, 1);
    if !early {
        return b.eq(cycle, value);
    }
    if !plan.fabric.is_far() || cycle.width() < HALVED_BITS {
        let at_end = b.eq(cycle, value);
        return delay_control(b, "at_end", at_end, 1);
    }
    let low = cycle.width() / 2;
    let [low_same, high_same] =
        [("low", 0, low), ("high", low, cycle.width() - low)].map(|(name, from, bits)| {
            let of = [cycle, value].map(|value| b.slice(value, from, bits));
            let same = b.eq(of[0], of[1]);
            delay_control(b, &format!("at_end_{name}"), same, 1)
        });
    b.and(low_same, high_same)
}

/// The group that is summed, and whether it is the step's last; one group needs no register.
fn group(b: &mut Builder, plan: &LayerPlan, pass_done: Sig) -> (Option<Sig>, Option<Sig>) {
    let ty = Ty::u(index_bits(plan.groups as usize));
    if plan.groups == 1 {
        return (None, None);
    }
    let last = plan.groups as usize - 1;
    let (group, at_final) = ring(b, "group_q", ty, (1, last), pass_done);
    (Some(group), Some(at_final))
}

/// Counts `(now, most)` places up with `give` and down with `take`; true, from a register, while there is one.
fn counter(b: &mut Builder, name: &str, places: (u32, u32), give: Sig, take: Sig) -> Sig {
    let free = occupancy(b, name, places, give, take);
    b.not(free[0])
}

//! The neurons of a layer: `Q` lanes, the state memory, the constants, and the sequencer that takes a handed-off group
//! through the lanes row by row.
//!
//! The sums wait in the hand-off register; where they are kept, a repeated step takes those of the step before. Row `r` holds neurons `r*Q` to `r*Q + Q - 1`.
//! The spacing of the passes keeps two visits of a row further apart than the lanes are deep.

use std::sync::Arc;

use goldspike_golden::quant::QuantLayer;

use crate::hdl::{Builder, HdlError, MemInit, Module, Sig, Ty};
use crate::rtl::constants::{Place, constants};
use crate::rtl::handoff::{chosen, shifted};
use crate::rtl::kept::{Kept, Row};
use crate::rtl::load::{Load, Size};
use crate::rtl::memory::{memory, read};
use crate::rtl::neuron::{Lane, State};
use crate::rtl::plan::{LayerPlan, index_bits};
use crate::rtl::regs::{counted, delay_control, hold, ring};

/// Ports: `hand_i`, `sums_i`, `first_i`, `user_i`, where sums are kept `repeat_i`; a cycle with `row_valid_o` gives the spikes of a row (`mask_o`, bit
/// `q` is lane `q`; where they are ternary `negative_o`: of -1), `base_o` its first neuron as [`base_type`] has it, `last_o` (last row of the step), `user_o`; with the probe `h_o` and
/// `NAME_o` of every traced state. `sizes`: of the memories of constants, where they are loaded; `banked`: each has two banks.
pub(crate) fn neurons(
    name: &str,
    plan: &LayerPlan,
    layer: &QuantLayer,
    lane: &Lane,
    probe: bool,
    constants_files: &str,
    (sizes, banked): (&[Size], bool),
) -> Result<Arc<Module>, HdlError> {
    let q = plan.neuron_lanes as usize;
    let doc = format!(
        "{} neurons of layer {}: {} neuron lanes, {} rows of state, {} register stages a lane.",
        plan.neurons, layer.name, q, plan.rows, plan.lane_latency
    );
    let mut b = Builder::new(name, doc);
    let hand_next = b.input("hand_next_i", Ty::BIT);
    let hand = b.input("hand_i", Ty::BIT);
    let sums = b.input_vec("sums_i", plan.sum, plan.lanes as usize);
    let first = b.input("first_i", Ty::BIT);
    let user = b.input("user_i", Ty::BIT);
    let repeat = plan.keeps.then(|| b.input("repeat_i", Ty::BIT));
    let load = (!sizes.is_empty()).then(|| Load::inputs(&mut b, sizes, banked));

    let kept = Kept::new(&mut b, plan, repeat, hand_next);
    let loads = kept.loads(&mut b, hand);
    let (begins, first, user) = if plan.chooses() {
        let late = |b: &mut Builder, name: &str, value| b.delay(&format!("{name}_in"), value, 1);
        (
            hand,
            late(&mut b, "first", first),
            late(&mut b, "user", user),
        )
    } else {
        (hand_next, first, user)
    };
    let sequence = sequence(&mut b, plan, begins, first);
    let shifts = delay_control(&mut b, "shifts", sequence.active, 1);
    let waiting = if plan.chooses() {
        chosen(&mut b, plan, (loads, &sums), begins)
    } else {
        shifted(&mut b, plan, (loads, &sums), shifts, &kept)
    };

    b.comment("state and constants of the row");
    let rows = plan.rows as usize;
    let state_types: Vec<Ty> = (0..q)
        .flat_map(|_| lane.states.iter().map(|state| state.ty))
        .collect();
    let state_memory = memory(
        &mut b,
        plan.fabric,
        "states",
        &state_types,
        rows,
        MemInit::Zero,
    );
    let to_lane = plan.fabric.read_cycles();
    let state = read(
        &mut b,
        plan,
        state_memory,
        "state",
        sequence.row,
        sequence.active,
    );
    let files = (constants_files, load.as_ref());
    let constants = constants(&mut b, plan, &lane.columns, files, &sequence);

    let row = Row {
        active: sequence.active,
        number: sequence.row,
        arrives: shifts,
        waiting: &waiting,
    };
    let sums = kept.sums(&mut b, plan, &row);

    b.comment("lanes");
    let first = b.delay("first_row", sequence.first, to_lane);
    let mut results = Vec::with_capacity(q);
    for index in 0..q {
        let mut ports = vec![
            ("sum_i".to_owned(), vec![sums[index]]),
            ("first_i".to_owned(), vec![first]),
        ];
        for (i, known) in lane.states.iter().enumerate() {
            ports.push((
                format!("{}_i", known.name),
                vec![state[index * lane.states.len() + i]],
            ));
        }
        for (i, column) in lane.columns.iter().enumerate() {
            ports.push((format!("{}_i", column.name), vec![constants[index][i]]));
        }
        results.push(b.instance(
            &format!("u_lane{index}"),
            &lane.module,
            &crate::rtl::stream::connections(&ports),
        ));
    }

    b.comment("results: write back, and out");
    let valid = delay_control(&mut b, "row_valid", sequence.active, lane.latency + to_lane);
    let row_ty = sequence.row.ty();
    let (row, last_row) = ring(&mut b, "result_row_q", row_ty, (1, rows - 1), valid);
    let new_state: Vec<Sig> = results
        .iter()
        .flat_map(|result| {
            lane.states
                .iter()
                .map(|state| result.out(&format!("{}_o", state.name)))
        })
        .collect();
    b.write(state_memory, valid, row, &new_state);
    let mask: Vec<Sig> = results
        .iter()
        .enumerate()
        .map(|(index, result)| {
            let spike = result.out("spike_o");
            if (rows - 1) * q + index < plan.neurons {
                return spike;
            }
            let exists = b.not(last_row);
            b.and(spike, exists)
        })
        .collect();
    let base = if q.is_power_of_two() {
        row
    } else {
        let base = b.reg("result_base_q", base_type(plan), Some(0));
        let next = counted(&mut b, base.q, q, last_row);
        b.next_en(base, valid, next);
        base.q
    };
    b.comment("last step of the sample, taken over while the step's last row is on its way");
    let user = hold(&mut b, "user_q", user, begins);
    let user = b.delay("row_user", user, lane.latency + to_lane);

    b.output("row_valid_o", valid);
    b.output_vec("mask_o", &mask);
    if lane.ternary {
        let negative: Vec<Sig> = results
            .iter()
            .zip(&mask)
            .map(|(result, &spike)| b.and(result.out("negative_o"), spike))
            .collect();
        b.output_vec("negative_o", &negative);
    }
    b.output("base_o", base);
    b.output("last_o", last_row);
    b.output("user_o", user);
    if probe {
        let h: Vec<Sig> = results.iter().map(|result| result.out("h_o")).collect();
        b.output_vec("h_o", &h);
        for State { name, .. } in lane.states.iter().filter(|state| state.traced) {
            let values: Vec<Sig> = results
                .iter()
                .map(|result| result.out(&format!("{name}_o")))
                .collect();
            b.output_vec(&format!("{name}_o"), &values);
        }
    }
    b.finish()
}

/// Type of the first neuron of a row; where `Q` is a power of two without the zeros at its end, which is the row's number.
pub(crate) fn base_type(plan: &LayerPlan) -> Ty {
    if plan.neuron_lanes.is_power_of_two() {
        Ty::u(index_bits(plan.rows as usize))
    } else {
        Ty::u(plan.neuron_bits())
    }
}

fn sequence(b: &mut Builder, plan: &LayerPlan, hand: Sig, first: Sig) -> Place {
    b.comment("sequencer: a handed-off group enters the lanes, a row a cycle");
    let active = b.reg("active_q", Ty::BIT, Some(0));
    let rows = plan.rows as usize;
    let (row, last_row) = ring(b, "row_q", Ty::u(index_bits(rows)), (1, rows - 1), active.q);
    let mut ends = last_row;
    if plan.slots > 1 {
        let slot = b.reg("slot_q", Ty::u(index_bits(plan.slots as usize)), Some(0));
        let last_slot = b.lit(i128::from(plan.slots) - 1, slot.q.ty());
        let at_last_slot = b.eq(slot.q, last_slot);
        let next = counted(b, slot.q, 1, hand);
        b.next(slot, next);
        ends = b.or(ends, at_last_slot);
        let goes_on = b.not(ends);
        let goes_on = b.and(active.q, goes_on);
        let active_next = b.or(hand, goes_on);
        b.next(active, active_next);
    } else {
        b.next(active, hand);
    }
    let first = hold(b, "first_q", first, hand);
    Place {
        active: active.q,
        row,
        last_row,
        first,
    }
}

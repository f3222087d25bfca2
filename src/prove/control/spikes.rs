//! The serialiser: each row of spikes becomes its beats, one a spike, in order, and each step ends with one beat.
//!
//! Every row is followed from the head of its queue to the stream; that the queue loses none is claimed of the queue.

use std::fmt::Write as _;

use super::formal::{Formal, counter_bits, has};
use super::queue;
use crate::hdl::Module;
use crate::rtl::LayerPlan;
use crate::rtl::base_type;
use crate::rtl::stream::Layout;

/// What is asked of a serialiser whose queue has `f_queue_entries` entries.
pub(super) fn formal(module: &Module, plan: &LayerPlan) -> Formal {
    let layout = Layout::new(plan.neurons, plan.fires);
    let lanes = plan.neuron_lanes;
    let rows = counter_bits(((plan.rows * plan.credits) as usize).next_power_of_two() + 4);
    let (address, sign) = (layout.address, layout.signed);
    let base = base_type(plan).width();
    let mut f = Formal::new(module);

    f.registers(
        &[
            ("f_rest", lanes),
            ("f_negative", lanes),
            ("f_base", base),
            ("f_last", 1),
            ("f_user", 1),
        ],
        &format!(
            "if (load) begin f_rest <= u_queue_mask; f_base <= u_queue_base; f_last <= u_queue_last; f_user <= u_queue_user; {}end\n\
             else if (take) f_rest <= f_rest & (f_rest - 1'b1);",
            if sign { "f_negative <= u_queue_negative; " } else { "" }
        ),
    );
    // Number of the lowest spike that is left, and how many there are.
    let mut lowest = "0".to_owned();
    let mut left = "0".to_owned();
    for lane in (0..lanes).rev() {
        lowest = format!("f_rest[{lane}] ? {lane} : ({lowest})");
        let _ = write!(left, " + f_rest[{lane}]");
    }
    f.wire("f_lane", address.max(8), &lowest);
    f.wire("f_left", counter_bits(lanes as usize), &left);
    f.wire("f_ends", 1, "f_left <= 1");
    let neuron = if lanes.is_power_of_two() {
        format!("f_base * {lanes} + f_lane")
    } else {
        "f_base + f_lane".to_owned()
    };
    f.wire("f_neuron", address, &neuron);
    f.wire("f_sign", 1, "f_negative >> f_lane");
    f.registers(
        &[
            ("f_row", 1),
            ("f_credit", 1),
            ("f_rows", rows),
            ("f_idle", 8),
        ],
        "f_row <= load || (f_row && !(take && f_ends));\n\
         f_credit <= take && f_ends && f_last;\n\
         f_rows <= f_rows + (row_valid_i && (mask_i != 0 || last_i)) - (take && f_ends);\n\
         f_idle <= f_rows != 0 && !m_valid_o ? f_idle + 1 : 0;",
    );
    let (late, pushed) = if has(module, "push_d1_q") {
        (1, " + push_d1_q")
    } else {
        (0, "")
    };
    let fields = if sign {
        "{m_payload_o, m_address_o, m_user_o, m_last_o, m_null_o}"
    } else {
        "{m_address_o, m_user_o, m_last_o, m_null_o}"
    };
    let width = address + 3 + u32::from(sign);
    f.wire("f_out", width, fields);
    f.registers(
        &[("f_held", 1), ("f_before", width)],
        "f_held <= m_valid_o && !m_ready_i; f_before <= f_out;",
    );
    f.state(
        "p_stable",
        "AXI4-Stream: a beat that is not taken stays, valid and unchanged",
        "!f_held || (m_valid_o && f_out == f_before)",
    );
    let idle = queue::idle(plan.fabric) + 1 + late;
    f.state(
        "p_valid",
        &format!(
            "AXI4-Stream: TVALID does not wait for TREADY: with a row inside there is a beat within {} cycles",
            idle + 1
        ),
        &format!("f_idle <= {idle}"),
    );
    f.state(
        "p_beat",
        "each spike of a row leaves as one beat, the lowest first, with its address and sign",
        &format!(
            "m_valid_o == f_row && (!f_row || (m_null_o == (f_left == 0) && (m_null_o || (m_address_o == f_neuron{}))))",
            if sign { " && m_payload_o == f_sign" } else { "" }
        ),
    );
    f.state(
        "p_step",
        "each step ends with exactly one beat: the last spike of its last row, or one without an event",
        "!f_row || (m_last_o == (f_last && f_ends) && (!m_last_o || m_user_o == f_user) && (m_last_o || !m_null_o))",
    );
    f.state(
        "p_row",
        "a row is taken from the queue only where there is one, and only after the one before it was sent whole",
        "(!load || (u_queue_valid && (!f_row || (take && f_ends)))) && take == (f_row && m_ready_i)",
    );
    f.state(
        "p_credit",
        "each step gives its credit back exactly once, after its last row left the queue",
        "credit_o == f_credit",
    );
    f.need("i_row", "row_valid_q == f_row");
    f.need(
        "i_rows",
        &format!("f_rows == f_queue_entries + f_row{pushed}"),
    );
    let mut same =
        "row_base_q == f_base && row_last_q == f_last && row_user_q == f_user".to_owned();
    for lane in 0..lanes {
        let _ = write!(same, " && left{lane}_q == f_rest[{lane}]");
        if sign {
            let _ = write!(same, " && row_negative{lane}_q == f_negative[{lane}]");
        }
    }
    if lanes > 1 {
        same.push_str(" && at_most_one_q == f_ends");
    }
    f.need("i_same", &format!("!f_row || ({same})"));
    f.need("i_last", "!f_row || f_left != 0 || f_last");
    f.assume(
        "a_row",
        "only rows with a spike and last rows are in the queue, as they were pushed",
        "!u_queue_valid || u_queue_mask != 0 || u_queue_last",
    );
    f.see("c_credit", "f_credit && f_row && f_rows > 1");
    f.see("c_held", "f_held && m_last_o && !m_null_o && f_rows > 0");
    f
}

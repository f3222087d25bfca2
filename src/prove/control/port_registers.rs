//! The registers at the pins of a stream: what is taken is offered, once, in order, unchanged, and nobody waits for ever.
//!
//! One beat, which one is open, is followed from when it is taken to when it leaves: its place is the number of beats before it.

use super::formal::Formal;
use crate::hdl::Module;

/// Most beats inside.
const MOST: u32 = 3;

/// What is asked of the registers.
pub(super) fn formal(module: &Module) -> Formal {
    let mut f = Formal::new(module);
    let data = module.ports().find(|port| port.name == "s_data_i");
    let width = data.map_or(0, |port| port.ty.width()) + 2;
    let beat = |start: &str, end: &str| {
        format!("{{{start}user{end}, {start}last{end}, {start}data{end}}}")
    };
    f.wire("f_in", width, &beat("s_", "_i"));
    f.wire("f_out", width, &beat("m_", "_o"));
    f.wire("f_arrived", width, &beat("arrived_", "_q"));
    f.wire("f_overtaken", width, &beat("overtaken_", "_q"));
    f.wire("f_push", 1, "s_valid_i && s_ready_o");
    f.wire("f_pop", 1, "m_valid_o && m_ready_i");
    f.any_bit("f_pick");
    f.registers(
        &[
            ("f_count", 3),
            ("f_track", 1),
            ("f_place", 3),
            ("f_beat", width),
            ("f_idle", 3),
            ("f_free", 2),
            ("f_held", 1),
            ("f_before", width),
        ],
        "f_count <= f_count + f_push - f_pop;\n\
         f_idle <= f_count == 0 || m_valid_o ? 0 : &f_idle ? f_idle : f_idle + 1;\n\
         f_free <= !m_ready_i ? 0 : f_free == 2 ? 2 : f_free + 1;\n\
         f_held <= m_valid_o && !m_ready_i; f_before <= f_out;\n\
         if (!f_track && f_pick && f_push) begin f_track <= 1; f_place <= f_count - f_pop; f_beat <= f_in; end\n\
         else if (f_track && f_pop) begin if (f_place == 0) f_track <= 0; else f_place <= f_place - 1; end",
    );
    f.state(
        "p_order",
        "each beat that is taken leaves once, in order and unchanged",
        "!(f_track && f_place == 0 && m_valid_o) || f_out == f_beat",
    );
    f.state(
        "p_nothing_else",
        "nothing leaves that was not taken",
        "!m_valid_o || f_count != 0",
    );
    f.state(
        "p_stable",
        "AXI4-Stream: a beat that is not taken stays, valid and unchanged",
        "!f_held || (m_valid_o && f_out == f_before)",
    );
    f.state(
        "p_flow",
        "AXI4-Stream: TVALID does not wait for TREADY: a beat inside is offered in the next cycle",
        "f_idle <= 1",
    );
    f.state(
        "p_ready",
        "where beats are taken for two cycles, the registers take one",
        "f_free < 2 || s_ready_o",
    );
    f.need("i_full", "ready_q || offered_q");
    f.need(
        "i_count",
        &format!("f_count == offered_q + !ready_q + arrived_q && f_count <= {MOST}"),
    );
    f.need("i_idle", "f_idle == 0 || offered_q || f_count == 0");
    f.need("i_free", "f_free <= 2 && (f_free == 0 || ready_q)");
    f.wire("f_last", 3, "offered_q + !ready_q");
    f.need(
        "i_stored",
        "!f_track || (offered_q && f_place == 0 && f_out == f_beat) \
         || (!ready_q && f_place == offered_q && f_overtaken == f_beat) \
         || (arrived_q && f_place == f_last && f_arrived == f_beat)",
    );
    f.see("c_full", &format!("f_count == {MOST}"));
    f.see("c_leaves", "f_track && f_place == 0 && f_pop");
    f
}

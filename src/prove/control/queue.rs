//! The queue in a memory: what is pushed is popped, once, in order, unchanged.
//!
//! One entry, which one is open, is followed from its push to its pop: its place is the number of entries before it.

use super::formal::{Formal, counter_bits, has};
use crate::hdl::Module;
use crate::rtl::Fabric;

/// What is asked of a queue; `None` if the module has no entries.
pub(super) fn formal(module: &Module, fabric: Fabric) -> Option<Formal> {
    let at = module.mems.iter().position(|mem| mem.name == "entries")?;
    let memory = &module.mems[at];
    let entries = &module.mem_names[at];
    let (depth, width) = (memory.depth, u32::try_from(memory.bits()).ok()?);
    let stages = fabric.memory_stages;
    let bits = counter_bits(depth);
    let address = memory.address_bits();
    let mut f = Formal::new(module);

    let fields = |is_input: bool, not: &[&str]| {
        let names = module.ports().filter(|port| port.is_input == is_input);
        let names = names.map(|port| port.name.to_owned());
        let mut names: Vec<String> = names.filter(|name| !not.contains(&name.as_str())).collect();
        names.reverse();
        format!("{{{}}}", names.join(", "))
    };
    f.wire("f_in", width, &fields(true, &["push_i", "pop_i"]));
    f.wire("f_out", width, &fields(false, &["valid_o"]));
    f.any_bit("f_pick");
    f.registers(
        &[
            ("f_count", bits),
            ("f_waiting", bits),
            ("f_track", 1),
            ("f_place", bits),
            ("f_entry", width),
            ("f_idle", 8),
            ("f_held", 1),
            ("f_before", width),
        ],
        "f_count <= f_count + push_i - pop_i;\n\
         f_waiting <= f_waiting + push_i - fetch;\n\
         f_idle <= f_count != 0 && !valid_o ? f_idle + 1 : 0;\n\
         f_held <= valid_o && !pop_i; f_before <= f_out;\n\
         if (!f_track && f_pick && push_i) begin f_track <= 1; f_place <= f_count - pop_i; f_entry <= f_in; end\n\
         else if (f_track && pop_i) begin if (f_place == 0) f_track <= 0; else f_place <= f_place - 1; end",
    );
    f.assume(
        "a_room",
        "whoever pushes into a queue holds a credit for the place",
        &format!("!push_i || f_count < {depth}"),
    );
    f.assume(
        "a_pop",
        "a queue is popped only while it is valid",
        "!pop_i || valid_o",
    );
    f.state(
        "p_order",
        "each entry of the queue comes out once, in order and unchanged",
        "!(f_track && f_place == 0 && valid_o) || f_out == f_entry",
    );
    f.state(
        "p_nothing_else",
        "nothing comes out of the queue that was not pushed",
        "!valid_o || f_count != 0",
    );
    f.state(
        "p_stable",
        "the head of the queue stays until it is taken",
        "!f_held || (valid_o && f_out == f_before)",
    );
    f.wire("f_next", address, "newest_q + 1");
    f.state(
        "p_written",
        "the queue reads no word that was not written, and none that is being written",
        "!fetch || (f_waiting != 0 && !(push_i && read_pointer_q == f_next))",
    );
    f.state(
        "p_prompt",
        &format!(
            "an entry of an empty queue comes out within {} cycles",
            idle(fabric) + 1
        ),
        &format!("f_idle <= {}", idle(fabric)),
    );
    f.need(
        "i_count",
        &format!("f_count <= {depth} && f_waiting <= f_count"),
    );
    f.need("i_track", "!f_track || f_place < f_count");
    f.need("i_any", "any_waiting_q == (f_waiting != 0)");
    f.wire("f_end", address, "read_pointer_q + f_waiting");
    f.need("i_end", "f_next == f_end");
    if has(module, "newest_q_after") {
        f.need("i_next", "newest_q_after == f_next");
    }
    if stages == 0 {
        f.need("i_places", "f_count == f_waiting + valid_q");
        f.wire("f_at", address, "read_pointer_q + f_place - valid_q");
        f.need(
            "i_stored",
            &format!("!f_track || (valid_q && f_place == 0) || {entries}[f_at] == f_entry"),
        );
    } else {
        let places = stages + 3;
        let flight: Vec<String> = (1..=1 + stages)
            .map(|n| format!("arrived_d{n}_q"))
            .collect();
        let stored: Vec<String> = (1..=places).map(|n| format!("ahead{n}_q * {n}")).collect();
        f.wire("f_read_after", address, "read_pointer_q + 1");
        f.wire("f_flight", 8, &flight.join(" + "));
        f.wire("f_ahead", 8, &stored.join(" + "));
        for n in 0..=places {
            f.need(
                &format!("i_ahead{n}"),
                &format!("ahead{n}_q == (f_ahead == {n})"),
            );
            f.need(
                &format!("i_claimed{n}"),
                &format!("claimed{n}_q == (f_ahead + f_flight == {n})"),
            );
        }
        f.need("i_single", "single_q == (f_waiting == 1)");
        f.need("i_read_after", "read_pointer_q_after == f_read_after");
        f.need(
            "i_places",
            &format!("f_count == f_waiting + f_ahead + f_flight && f_ahead + f_flight <= {places}"),
        );
        f.wire(
            "f_at",
            address,
            "read_pointer_q + f_place - f_ahead - f_flight",
        );
        f.need(
            "i_stored",
            &format!("!f_track || f_place < f_ahead + f_flight || {entries}[f_at] == f_entry"),
        );
        for place in 0..places {
            let words = (0..memory.fields.len()).rev();
            let words: Vec<String> = words
                .map(|field| format!("ahead_word{field}_{place}_q"))
                .collect();
            f.need(
                &format!("i_ahead_word{place}"),
                &format!(
                    "!(f_track && f_place == {place} && f_place < f_ahead) || {{{}}} == f_entry",
                    words.join(", ")
                ),
            );
        }
    }
    f.see(
        "c_taken",
        "f_track && f_place == 0 && pop_i && f_count > 1 && f_held",
    );
    f.taps
        .push(("entries".to_owned(), "f_count".to_owned(), bits));
    Some(f)
}

/// Most cycles in a row in which there are entries and none is at the output.
pub(super) const fn idle(fabric: Fabric) -> u32 {
    match fabric.memory_stages {
        0 => 1,
        stages => stages + 2,
    }
}

//! On what each assumption about a neighbour rests: the statements that are proved of that neighbour, or how the layer or the top
//! level joins the two.
//!
//! The table says which; a test keeps it complete. That an assumption follows from its statements where both are worded apart
//! is an argument, not a proof, but for event buffer and pass controller: [`meeting_claims`](super::meeting_claims).

/// On what an assumption rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// On nothing: it only says what is looked at.
    Choice,
    /// On statements of units: the unit, the label.
    Stated(&'static [(&'static str, &'static str)]),
    /// On how the units are joined.
    Joined(&'static str),
}

/// One assumption: the unit that makes it, its label without a number, its ground.
pub type Assumption = (&'static str, &'static str, Ground);

use Ground::{Choice, Joined, Stated};

/// Every assumption of every unit.
pub const ASSUMPTIONS: &[Assumption] = &[
    ("guard", "a_watched", Choice),
    ("event_buffer", "a_claim", Stated(&[("guard", "p_ready")])),
    (
        "event_buffer",
        "a_owed",
        Stated(&[("guard", "p_ready"), ("guard", "p_order")]),
    ),
    (
        "event_buffer",
        "a_place",
        Stated(&[
            ("guard", "p_ready"),
            ("guard", "p_order"),
            ("event_buffer", "p_ready"),
        ]),
    ),
    (
        "event_buffer",
        "a_fits",
        Stated(&[("guard", "p_legal"), ("spikes", "p_beat")]),
    ),
    ("event_buffer", "a_done", Stated(&[("crossbar", "p_done")])),
    ("event_buffer", "a_read", Stated(&[("crossbar", "p_start")])),
    ("event_buffer", "a_watched", Choice),
    (
        "crossbar",
        "a_told",
        Stated(&[("event_buffer", "p_told"), ("event_buffer", "p_ready")]),
    ),
    (
        "crossbar",
        "a_steady",
        Stated(&[("event_buffer", "p_steady"), ("event_buffer", "p_step")]),
    ),
    (
        "crossbar",
        "a_events",
        Stated(&[("event_buffer", "p_steady")]),
    ),
    (
        "crossbar",
        "a_credit",
        Stated(&[("spikes", "p_credit"), ("probe_queue", "p_order")]),
    ),
    ("neurons", "a_watched", Choice),
    ("neurons", "a_hand", Stated(&[("crossbar", "p_hand")])),
    (
        "neurons",
        "a_spacing",
        Stated(&[("crossbar", "p_hand"), ("crossbar", "p_done")]),
    ),
    ("neurons", "a_first", Stated(&[("crossbar", "p_sample")])),
    (
        "neurons",
        "a_repeat",
        Stated(&[
            ("guard", "p_repeat"),
            ("event_buffer", "p_step"),
            ("crossbar", "p_sample"),
        ]),
    ),
    (
        "spikes_queue",
        "a_room",
        Stated(&[("crossbar", "p_credits"), ("spikes", "p_credit")]),
    ),
    ("spikes_queue", "a_pop", Stated(&[("spikes", "p_row")])),
    (
        "probe_queue",
        "a_room",
        Stated(&[("crossbar", "p_credits")]),
    ),
    (
        "probe_queue",
        "a_pop",
        Joined("the layer pops the queue of the probe where it is valid and the stream is ready"),
    ),
    (
        "spikes",
        "a_row",
        Stated(&[
            ("spikes_queue", "p_order"),
            ("spikes_queue", "p_nothing_else"),
        ]),
    ),
    (
        "loader",
        "a_accepted",
        Joined("the top level accepts a beat only where the loader lets it go"),
    ),
    (
        "loader",
        "a_left",
        Stated(&[("event_buffer", "p_step"), ("spikes", "p_step")]),
    ),
    (
        "loader",
        "a_most",
        Stated(&[("event_buffer", "p_ready"), ("crossbar", "p_credits")]),
    ),
];

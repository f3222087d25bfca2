//! Address events: what crosses a layer boundary in one time step.

/// One spike (payload 1, or -1 for a negative ternary spike) or one analogue value (direct-coded input).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Event {
    /// Axon (row of the crossbar), from 0.
    pub address: u32,
    /// Payload; never 0.
    pub payload: i32,
}

impl Event {
    /// A binary spike of `address`.
    #[must_use]
    pub const fn spike(address: u32) -> Self {
        Self {
            address,
            payload: 1,
        }
    }
}

/// One inference: for each time step the events, each address at most once, in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Sample {
    /// Events by time step; at least one step.
    pub steps: Vec<Vec<Event>>,
}

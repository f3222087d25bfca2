//! Why a design cannot be planned or built, and what to do about it.

use thiserror::Error;

use crate::hdl::HdlError;
use crate::rtl::options::most_events;
use crate::rtl::stream::MOST_TDATA_BITS;

/// Why a design cannot be planned or built.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum PlanError {
    /// Lane list of another length than the network.
    #[error("{flag} names {given} numbers, the network has {layers} layers")]
    LaneCount {
        /// Flag at fault.
        flag: &'static str,
        /// Numbers given.
        given: usize,
        /// Layers of the network.
        layers: usize,
    },
    /// A lane number that is 0 or, given for this layer alone, above its neurons.
    #[error("{flag} gives {given} lanes to layer `{layer}`, which has {neurons} neurons")]
    LaneRange {
        /// Flag at fault.
        flag: &'static str,
        /// Layer.
        layer: String,
        /// Lanes given.
        given: u32,
        /// Neurons of the layer.
        neurons: usize,
    },
    /// No events a cycle, or too many.
    #[error("--events gives {given} events a cycle to layer `{layer}`, which has {axons} axons")]
    Events {
        /// Layer.
        layer: String,
        /// Events given.
        given: u32,
        /// Axons of the layer.
        axons: usize,
    },
    /// No events in a beat, or more than the first layer takes in a cycle.
    #[error("a beat of {given} events, and the first layer takes {events} events a cycle")]
    BeatEvents {
        /// Events of a beat given.
        given: u32,
        /// Events a cycle of the first layer.
        events: u32,
    },
    /// Several events of a beat with payloads that are numbers.
    #[error(
        "a beat of {given} events, and the input's payloads are analogue: they come one a beat"
    )]
    BeatPayloads {
        /// Events of a beat given.
        given: u32,
    },
    /// A beat that is wider than TDATA may be.
    #[error("a beat of {given} events needs {bits} bits, TDATA has at most {most}", most = MOST_TDATA_BITS)]
    BeatWidth {
        /// Events of a beat given.
        given: u32,
        /// Bits that they need.
        bits: u32,
        /// Events of a beat that fit.
        fit: u32,
    },
    /// Fewer than two banks.
    #[error("an event buffer needs at least 2 banks, {0} given")]
    Banks(u32),
    /// Sums of any weights that are wider than the contract allows.
    #[error(
        "layer `{layer}`: with weights that are loaded a sum aligned to the membrane needs {bits} bits, the limit is {limit}"
    )]
    AnySum {
        /// Layer.
        layer: String,
        /// Bits needed.
        bits: i64,
        /// Bits allowed.
        limit: i64,
    },
    /// The hardware description itself was refused: an internal bug, reported as one.
    #[error("internal error in the generated hardware (please report it): {0}")]
    Hdl(#[from] HdlError),
}

impl PlanError {
    /// The edit that fixes it.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::LaneCount { flag, .. } => {
                format!("give {flag} one number, or one a layer separated by commas")
            }
            Self::LaneRange { flag, neurons, .. } => {
                format!("give {flag} a number from 1 to {neurons} here")
            }
            Self::Events { axons, .. } => {
                format!("give --events a number from 1 to {}", most_events(*axons))
            }
            Self::BeatEvents { events: 1, .. } => {
                "leave --beat-events out, or give the first layer more --events".to_owned()
            }
            Self::BeatEvents { events, .. } => {
                format!(
                    "give --beat-events a number from 1 to {events}, or the first layer more --events"
                )
            }
            Self::BeatPayloads { .. } => "leave --beat-events out".to_owned(),
            Self::BeatWidth { fit, .. } => {
                format!("give --beat-events a number from 1 to {fit}")
            }
            Self::Banks(_) => "4 banks let short steps overlap".to_owned(),
            Self::AnySum { .. } => "give fewer weight or guard bits, or `--weights rom`".to_owned(),
            Self::Hdl(_) => "this is a bug of goldspike, not of your network".to_owned(),
        }
    }
}

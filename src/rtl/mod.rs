//! Hardware description: from a [`QuantNetwork`](goldspike_golden::quant::QuantNetwork) to a tree of hardware modules.
//!
//! Written from the arithmetic contract, apart from the golden model: nothing here calls the golden arithmetic.
//! The way of the data (one box a file):
//!
//! ```text
//! AXI4-Stream ─► guard ─► event_buffer ─► crossbar ─► neurons ─► spikes ─► next layer's event_buffer … ─► AXI4-Stream
//!                 top      └──────────────── layer ───────────────┘
//! ```
//!
//! The crossbar's parts are `passes` (which event in which cycle) and `weights`; `fabric` says what a family's cells want; where
//! it wants registers at the pins, `port_registers` stand before the guard and behind the last layer.
//! Where weights are writable or loaded a `loader` behind the `load_port` writes the memories of `weights` and `constants`,
//! which are double where they are writable (`load`), in the order of the `load_map`; `any` has the widths.

mod any;
mod constants;
pub(crate) mod crc;
mod crossbar;
mod deal;
mod event_buffer;
pub mod fabric;
mod fifo;
mod guard;
mod handoff;
mod kept;
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failure is a failed test")]
mod laws;
mod layer;
pub(crate) mod load;
pub mod load_map;
pub(crate) mod load_port;
mod loader;
mod memory;
pub mod neuron;
mod neurons;
pub mod options;
mod passes;
mod pipe;
pub mod plan;
pub mod plan_error;
mod port_registers;
pub(crate) mod regs;
mod shift_queue;
mod spikes;
pub mod stream;
mod top;
mod weights;

pub use fabric::{Fabric, LargeMemories};
pub use layer::ProbeLayout;
pub use load_map::LoadMap;
pub use neuron::{Form, Forms};
pub(crate) use neurons::base_type;
pub use options::{ConstantInput, DesignOptions, LaneChoice, Weights};
pub use plan::LayerPlan;
pub use plan_error::PlanError;
pub(crate) use top::longest_sample;
pub use top::{Design, design};

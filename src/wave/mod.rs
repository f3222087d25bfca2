//! Waveforms: the hardware's signals and, beside them on the same time axis, the golden model's spikes and membranes.
//!
//! [`record`] runs one sample on the embedded simulator and streams a window of its steps as VCD; [`save_file`] gives
//! the GTKWave save file that groups the interesting signals. What the file holds (1 ns timescale, 10 ns clock period,
//! time 0 is the first cycle after reset):
//!
//! ```text
//! golden.layerK   step, mismatch, nI_spike, nI_h, nI_STATE   the golden model, membranes as reals
//! rtl.layerK                      nI_spike, nI_h, nI_STATE   the same, as the hardware's neurons unit writes them back
//! gs_NETWORK…     clk_i, rst_i, every named signal           the module hierarchy, signed signals in two's complement
//! ```
//!
//! Golden values and hardware values of one neuron and step appear in the same cycle: the one in which the hardware's
//! result is written back (`row_valid_o` of the layer's neurons unit). `mismatch` is 1 while any of a layer's values
//! differ. Before a neuron's first result its values are 0; `step` is -1 before a layer's first row.
//!
//! The design needs the probe: without it the compared values are not outputs. Memories' contents are not shown.

mod dump;
mod error;
mod layer_pair;
mod record;
mod report;
mod save_file;
mod variables;
mod window;

pub use error::WaveError;
pub use record::record;
pub use report::{WaveMismatch, WaveReport};
pub use save_file::save_file;
pub use variables::{Kind, Variable};
pub use window::Window;

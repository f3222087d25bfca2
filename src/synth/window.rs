//! A frame around a design with more ports than its package has pins: inputs have pins, outputs are looked at through a
//! window, one slice at a time.
//!
//! ```text
//! inputs ─────────────────► design ─► outputs ─► ┌ slice 0
//!                                                ├ slice 1 ─► window_o
//! window_select_i ─────────────────────────────► └ …
//! ```
//!
//! There is no register in it: a simulation that walks through the slices between two edges of the clock sees every output
//! of that cycle, and the design cannot tell that it is looked at. It is for checks of the placed design, not for a board.

use std::fmt::Write as _;

use super::error::{Shortage, SynthError};
use super::target::Target;
use crate::hdl::Module;

/// How the outputs of a design are cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Bits of `window_select_i`.
    pub select: usize,
    /// Bits of `window_o`.
    pub width: usize,
    /// Slices: `width` bits each, the last one filled up.
    pub slices: usize,
    /// The design's outputs with their bits, the first in the lowest bits of slice 0.
    pub outputs: Vec<(String, usize)>,
    /// The design's inputs with their bits, clock and reset first.
    inputs: Vec<(String, usize)>,
    inner: String,
}

/// The window that a design needs on a device; `None`: every port has a pin.
///
/// # Errors
/// [`SynthError::TooLarge`]: there are too few pins for the inputs, a window of one bit and its selection.
pub fn window(top: &Module, target: &Target) -> Result<Option<Window>, SynthError> {
    let (inputs, outputs): (Vec<_>, Vec<_>) = ports(top)
        .into_iter()
        .partition(|(_, is_input, _)| *is_input);
    let named = |ports: Vec<(String, bool, usize)>| -> Vec<(String, usize)> {
        ports
            .into_iter()
            .map(|(name, _, bits)| (name, bits))
            .collect()
    };
    let (inputs, outputs) = (named(inputs), named(outputs));
    let bits = |ports: &[(String, usize)]| ports.iter().map(|(_, bits)| bits).sum::<usize>();
    let (pins, total) = (target.holds.pins, bits(&outputs));
    if bits(&inputs) + total <= pins {
        return Ok(None);
    }
    let left = pins.saturating_sub(bits(&inputs));
    let fitting = (1..left).find_map(|select| {
        let width = left - select;
        let slices = total.div_ceil(width);
        (select >= usize::BITS as usize || slices <= 1 << select).then_some((select, width, slices))
    });
    let (select, width, slices) = fitting.ok_or_else(|| SynthError::TooLarge {
        target: target.name,
        shortages: vec![Shortage {
            what: "pins, with its outputs behind a window".to_owned(),
            used: bits(&inputs) + 1 + total.next_power_of_two().trailing_zeros() as usize,
            available: pins,
        }],
    })?;
    Ok(Some(Window {
        select,
        width,
        slices,
        outputs,
        inputs,
        inner: top.name().to_owned(),
    }))
}

/// Ports of a module with clock and reset: name, whether it is an input, bits.
#[must_use]
pub fn ports(top: &Module) -> Vec<(String, bool, usize)> {
    let clocks = ["clk_i", "rst_i"].map(|name| (name.to_owned(), true, 1));
    let others = top
        .ports()
        .map(|port| (port.name.to_owned(), port.is_input, port.bits()));
    clocks.into_iter().chain(others).collect()
}

impl Window {
    /// Name of the frame's module.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}_window", self.inner)
    }

    /// Ports of the frame with their bits: inputs, then outputs.
    #[must_use]
    pub fn ports(&self) -> Vec<(String, bool, usize)> {
        let inputs = self
            .inputs
            .iter()
            .map(|(name, bits)| (name.clone(), true, *bits));
        inputs
            .chain([
                ("window_select_i".to_owned(), true, self.select),
                ("window_o".to_owned(), false, self.width),
            ])
            .collect()
    }

    /// The frame as Verilog.
    #[must_use]
    pub fn verilog(&self) -> String {
        let ports: Vec<String> = self
            .ports()
            .into_iter()
            .map(|(name, is_input, bits)| declaration(&name, is_input, bits))
            .collect();
        let mut text = format!(
            "`default_nettype none\n\n// Outputs of {} behind a window, for checks.\nmodule {} (\n    {}\n);\n\n",
            self.inner,
            self.name(),
            ports.join(",\n    ")
        );
        let mut line = |arguments: std::fmt::Arguments<'_>| {
            let _ = writeln!(text, "    {arguments}");
        };
        for (name, bits) in &self.outputs {
            line(format_args!("wire [{}:0] {name};", bits - 1));
        }
        let total = self.width * self.slices;
        let used: usize = self.outputs.iter().map(|(_, bits)| bits).sum();
        let mut parts: Vec<String> = self
            .outputs
            .iter()
            .rev()
            .map(|(name, _)| name.clone())
            .collect();
        if total > used {
            parts.insert(0, format!("{}'d0", total - used));
        }
        line(format_args!(
            "wire [{}:0] all = {{{}}};",
            total - 1,
            parts.join(", ")
        ));
        let select = |slice: usize| {
            let low = slice * self.width;
            format!("all[{}:{low}]", low + self.width - 1)
        };
        let last = select(self.slices - 1);
        let chain: String = (0..self.slices - 1)
            .map(|slice| {
                format!(
                    "window_select_i == {}'d{slice} ? {} : ",
                    self.select,
                    select(slice)
                )
            })
            .collect();
        line(format_args!("assign window_o = {chain}{last};"));
        let names = self.inputs.iter().chain(&self.outputs);
        let connections: Vec<String> = names.map(|(name, _)| format!(".{name}({name})")).collect();
        line(format_args!(
            "{} u_inner ({});",
            self.inner,
            connections.join(", ")
        ));
        text.push_str("endmodule\n\n`default_nettype wire\n");
        text
    }
}

/// A port in a module's head; wires, one bit wide where `bits` is 1.
pub(super) fn declaration(name: &str, is_input: bool, bits: usize) -> String {
    let direction = if is_input { "input " } else { "output" };
    match bits {
        1 => format!("{direction} wire {name}"),
        _ => format!("{direction} wire [{}:0] {name}", bits - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hdl::{Builder, Ty};
    use crate::synth::target;
    use std::sync::Arc;

    fn module(inputs: u32, outputs: &[u32]) -> Arc<Module> {
        let mut b = Builder::new("gs_wide".to_owned(), "wide".to_owned());
        b.input("a_i", Ty::u(inputs));
        for (index, &bits) in outputs.iter().enumerate() {
            let register = b.reg(&format!("q{index}"), Ty::u(bits), None);
            b.next(register, register.q);
            b.output(&format!("o{index}_o"), register.q);
        }
        b.finish().unwrap()
    }

    #[test]
    fn every_output_bit_is_in_one_slice_and_every_pin_is_there() {
        let up5k = target("up5k").unwrap();
        assert_eq!(window(&module(20, &[17]), up5k).unwrap(), None);
        for outputs in [vec![18], vec![60, 60, 60], vec![90; 12]] {
            let found = window(&module(20, &outputs), up5k).unwrap().unwrap();
            let total: u32 = outputs.iter().sum();
            assert!(found.width * found.slices >= total as usize);
            assert!(found.slices <= 1 << found.select, "{found:?}");
            let pins: usize = found.ports().iter().map(|(_, _, bits)| bits).sum();
            assert_eq!(pins, 39);
        }
    }

    #[test]
    fn inputs_that_do_not_fit_are_refused() {
        let error = window(&module(40, &[8]), target("up5k").unwrap()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the design does not fit on up5k: it needs 46 pins, with its outputs behind a window, 39 are there (7 too many)"
        );
    }
}

//! What Yosys leaves undone in a netlist for ECP5: registers that belong into block memories and multipliers, and carry chains that begin
//! and end dearly; and registers that address memories all over the device. The netlist computes the same in every cycle.

use std::collections::HashMap;
use std::path::Path;

use serde_json::{Map, Value};

use super::absorb::absorb;
use super::carry::shorten;
use super::copies::copy_addresses;
use super::error::SynthError;
use super::multipliers::take_in;

/// Cells by name.
pub(super) type Cells = Map<String, Value>;

/// Who reads each net: a cell and its port, or a port of the module as `None`.
pub(super) type Sinks = HashMap<u64, Vec<Option<(String, String)>>>;

/// Refines module `top` of a netlist that Yosys wrote; gives how many ports of block memories took registers.
///
/// # Errors
/// The file is no such netlist, or cannot be written.
pub(super) fn refine(path: &Path, top: &str) -> Result<usize, SynthError> {
    let unreadable = |what: String| SynthError::Unreadable {
        file: path.display().to_string(),
        what,
    };
    let text = std::fs::read_to_string(path)?;
    let mut root: Value =
        serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
    let module = &mut root["modules"][top];
    let ports = module["ports"].clone();
    let mut names = module["netnames"].take();
    let cells = module["cells"]
        .as_object_mut()
        .ok_or_else(|| unreadable(format!("no module `{top}`")))?;
    let sinks = sinks(cells, &ports);
    let taken = absorb(cells, &sinks);
    let shortened = shorten(cells, &sinks);
    let sinks = self::sinks(cells, &ports);
    let multiplied = take_in(cells, &sinks);
    let copied = copy_addresses(cells, &mut names);
    module["netnames"] = names;
    if taken + shortened + multiplied + copied > 0 {
        std::fs::write(path, root.to_string())?;
    }
    Ok(taken)
}

/// Who reads each net of a module with these cells and ports.
pub(super) fn sinks(cells: &Cells, ports: &Value) -> Sinks {
    let mut sinks = Sinks::new();
    for (name, cell) in cells {
        for (port, bits) in cell["connections"].as_object().into_iter().flatten() {
            if cell["port_directions"][port] != "output" {
                for bit in bits
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_u64)
                {
                    let sink = Some((name.clone(), port.clone()));
                    sinks.entry(bit).or_default().push(sink);
                }
            }
        }
    }
    for (_, port) in ports.as_object().into_iter().flatten() {
        if port["direction"] != "input" {
            let bits = port["bits"].as_array().into_iter().flatten();
            for bit in bits.filter_map(Value::as_u64) {
                sinks.entry(bit).or_default().push(None);
            }
        }
    }
    sinks
}

/// Whether a cell is a flip-flop of `clock` that takes its input in every cycle and starts at 0.
pub(super) fn is_plain(cell: &Value, clock: u64) -> bool {
    let (parameters, at) = (&cell["parameters"], |port: &str| {
        &cell["connections"][port][0]
    });
    cell["type"] == "TRELLIS_FF"
        && at("CLK").as_u64() == Some(clock)
        && parameters["CLKMUX"] == "CLK"
        && parameters["REGSET"] == "RESET"
        && parameters["GSR"] == "DISABLED"
        && at("LSR") == "0"
        && (parameters["CEMUX"].as_str().map(str::trim) == Some("1") || at("CE") == "1")
}

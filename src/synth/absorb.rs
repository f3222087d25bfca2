//! Registers that a block memory takes into itself.
//!
//! Yosys never uses the output register of ECP5's block memory: a design's register behind a read port stays in the fabric,
//! and the slow output drives it over a long wire. Here the register moves into the memory, bit for bit: the netlist
//! computes the same in every cycle. A port is left as it is unless all of this holds: each of its used data outputs drives
//! one flip-flop and nothing else, of the port's clock, without enable and reset, starting at 0; and the port itself is
//! always enabled, so that nothing depends on whether its enable stops the register too.

use std::collections::HashMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::error::SynthError;

/// Cells by name.
type Cells = Map<String, Value>;

/// Moves registers into the block memories of module `top` of a netlist that Yosys wrote; gives how many ports took one.
///
/// # Errors
/// The file is no such netlist, or cannot be written.
pub(crate) fn output_registers(path: &Path, top: &str) -> Result<usize, SynthError> {
    let unreadable = |what: String| SynthError::Unreadable {
        file: path.display().to_string(),
        what,
    };
    let text = std::fs::read_to_string(path)?;
    let mut root: Value =
        serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
    let module = &mut root["modules"][top];
    let ports = module["ports"].clone();
    let cells = module["cells"]
        .as_object_mut()
        .ok_or_else(|| unreadable(format!("no module `{top}`")))?;
    let taken = absorb(cells, &ports);
    if taken > 0 {
        std::fs::write(path, root.to_string())?;
    }
    Ok(taken)
}

fn absorb(cells: &mut Cells, ports: &Value) -> usize {
    let sinks = sinks(cells, ports);
    let memories: Vec<String> = cells
        .iter()
        .filter(|(_, cell)| cell["type"] == "DP16KD")
        .map(|(name, _)| name.clone())
        .collect();
    let mut taken = 0;
    for name in &memories {
        for side in ['A', 'B'] {
            if let Some(moved) = registers(cells, &sinks, name, side) {
                take(cells, name, side, &moved);
                taken += 1;
            }
        }
    }
    taken
}

/// Who reads each net: a cell and its port, or a port of the module as `None`.
fn sinks(cells: &Cells, ports: &Value) -> HashMap<u64, Vec<Option<(String, String)>>> {
    let mut sinks: HashMap<u64, Vec<Option<(String, String)>>> = HashMap::new();
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

/// The flip-flops behind the used outputs of a port: `(data port, flip-flop)`; `None` if the port keeps what it has.
fn registers(
    cells: &Cells,
    sinks: &HashMap<u64, Vec<Option<(String, String)>>>,
    memory: &str,
    side: char,
) -> Option<Vec<(String, String)>> {
    let cell = &cells[memory];
    let at = |port: &str| &cell["connections"][port][0];
    let clock = at(&format!("CLK{side}")).as_u64()?;
    let always = at(&format!("CE{side}")) == "1" && at(&format!("OCE{side}")) == "1";
    let plain = cell["parameters"][format!("REGMODE_{side}")] == "NOREG";
    if !always || !plain || at(&format!("RST{side}")) != "0" {
        return None;
    }
    let mut moved = Vec::new();
    for bit in 0..18 {
        let port = format!("DO{side}{bit}");
        let Some(readers) = at(&port).as_u64().and_then(|net| sinks.get(&net)) else {
            continue;
        };
        let [Some((register, input))] = readers.as_slice() else {
            return None;
        };
        if input != "DI" || !is_plain(&cells[register], clock) {
            return None;
        }
        moved.push((port, register.clone()));
    }
    (!moved.is_empty()).then_some(moved)
}

/// Whether a cell is a flip-flop of `clock` that takes its input in every cycle and starts at 0.
fn is_plain(cell: &Value, clock: u64) -> bool {
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

/// Moves the flip-flops into the memory.
fn take(cells: &mut Cells, memory: &str, side: char, moved: &[(String, String)]) {
    for (port, register) in moved {
        if let Some(register) = cells.remove(register) {
            cells[memory]["connections"][port] = register["connections"]["Q"].clone();
        }
    }
    cells[memory]["parameters"][format!("REGMODE_{side}")] = json!("OUTREG");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(enable: Value) -> Value {
        json!({"type": "DP16KD", "parameters": {"REGMODE_A": "NOREG", "REGMODE_B": "NOREG"},
            "port_directions": {"CLKA": "input", "CEA": "input", "OCEA": "input", "RSTA": "input", "DOA0": "output", "DOA1": "output"},
            "connections": {"CLKA": [2], "CEA": [enable], "OCEA": ["1"], "RSTA": ["0"], "DOA0": [10], "DOA1": [11]}})
    }

    fn register(d: u64, q: u64) -> Value {
        json!({"type": "TRELLIS_FF", "parameters": {"CEMUX": "1 ", "CLKMUX": "CLK", "GSR": "DISABLED", "LSRMUX": "LSR", "REGSET": "RESET"},
            "port_directions": {"CLK": "input", "DI": "input", "LSR": "input", "Q": "output"},
            "connections": {"CLK": [2], "DI": [d], "LSR": ["0"], "Q": [q]}})
    }

    fn cells(named: &[(&str, Value)]) -> Cells {
        named
            .iter()
            .map(|(name, cell)| ((*name).to_owned(), cell.clone()))
            .collect()
    }

    #[test]
    fn a_register_behind_every_used_output_moves_into_the_memory() {
        let mut all = cells(&[
            ("m", memory(json!("1"))),
            ("r0", register(10, 20)),
            ("r1", register(11, 21)),
        ]);
        assert_eq!(absorb(&mut all, &json!({})), 1);
        assert_eq!(all.len(), 1);
        assert_eq!(all["m"]["connections"]["DOA1"], json!([21]));
        assert_eq!(all["m"]["parameters"]["REGMODE_A"], "OUTREG");
        assert_eq!(all["m"]["parameters"]["REGMODE_B"], "NOREG");
    }

    #[test]
    fn a_port_that_anything_else_depends_on_stays() {
        let reset = |key: &str, value: Value| {
            let mut cell = register(11, 21);
            cell[if key == "LSR" {
                "connections"
            } else {
                "parameters"
            }][key] = value;
            cell
        };
        let two = |second: Value| {
            cells(&[
                ("m", memory(json!("1"))),
                ("r0", register(10, 20)),
                ("r1", second),
            ])
        };
        let mut gated = two(register(11, 21));
        gated["m"] = memory(json!(7));
        let mut shared = two(register(11, 21));
        shared.insert("r2".to_owned(), register(11, 22));
        let mut bare = two(register(11, 21));
        bare.remove("r1");
        let seen = json!({"out": {"direction": "output", "bits": [11]}});
        let cases = [
            (gated, json!({})),
            (shared, json!({})),
            (two(register(11, 21)), seen),
            (two(reset("LSR", json!([5]))), json!({})),
            (two(reset("REGSET", json!("SET"))), json!({})),
            (two(reset("CEMUX", json!("CE"))), json!({})),
        ];
        for (mut all, ports) in cases {
            let before = all.clone();
            assert_eq!(absorb(&mut all, &ports), 0);
            assert_eq!(all, before);
        }
        assert_eq!(
            absorb(&mut bare, &json!({})),
            1,
            "an output that nothing reads"
        );
    }
}

//! Registers that a block memory takes into itself.
//!
//! Yosys never uses the output register of ECP5's block memory: a design's register behind a read port stays in the fabric,
//! and the slow output drives it over a long wire. Here the register moves into the memory, bit for bit: the netlist
//! computes the same in every cycle. A port is left as it is unless all of this holds: each of its used data outputs drives
//! one flip-flop and nothing else, of the port's clock, without enable and reset, starting at 0; and the port itself is
//! always enabled, so that nothing depends on whether its enable stops the register too. At 36 bits port B reads, and its word
//! is on the outputs of both sides: A's clock and enables are those of the writing port, and both sides get the register, as
//! nextpnr sets them for `PDPW16KD`.

use serde_json::{Value, json};

use super::refine::{Cells, Sinks, is_plain};

/// Moves registers into block memories; gives how many ports took one.
pub(super) fn absorb(cells: &mut Cells, sinks: &Sinks) -> usize {
    let memories: Vec<String> = cells
        .iter()
        .filter(|(_, cell)| cell["type"] == "DP16KD")
        .map(|(name, _)| name.clone())
        .collect();
    let mut taken = 0;
    for name in &memories {
        for port in Port::of(&cells[name]) {
            if let Some(moved) = registers(cells, sinks, name, &port) {
                take(cells, name, &port, &moved);
                taken += 1;
            }
        }
    }
    taken
}

/// A port that reads: its side, and the sides whose outputs it drives.
struct Port {
    side: char,
    outputs: &'static [char],
}

impl Port {
    /// Those of a memory. At 36 bits side B reads, and its word is on the outputs of both sides.
    fn of(memory: &Value) -> Vec<Self> {
        let width = &memory["parameters"]["DATA_WIDTH_B"];
        let bits = match width {
            Value::String(digits) => u64::from_str_radix(digits, 2).ok(),
            other => other.as_u64(),
        };
        match bits {
            Some(36) => vec![Self {
                side: 'B',
                outputs: &['A', 'B'],
            }],
            _ => vec![
                Self {
                    side: 'A',
                    outputs: &['A'],
                },
                Self {
                    side: 'B',
                    outputs: &['B'],
                },
            ],
        }
    }
}

/// The flip-flops behind the used outputs of a port: `(data port, flip-flop)`; `None` if the port keeps what it has.
fn registers(
    cells: &Cells,
    sinks: &Sinks,
    memory: &str,
    &Port { side, outputs }: &Port,
) -> Option<Vec<(String, String)>> {
    let cell = &cells[memory];
    let at = |port: &str| &cell["connections"][port][0];
    let clock = at(&format!("CLK{side}")).as_u64()?;
    let always = at(&format!("CE{side}")) == "1" && at(&format!("OCE{side}")) == "1";
    let plain = outputs
        .iter()
        .all(|output| cell["parameters"][format!("REGMODE_{output}")] == "NOREG");
    if !always || !plain || at(&format!("RST{side}")) != "0" {
        return None;
    }
    let mut moved = Vec::new();
    let ports = outputs
        .iter()
        .flat_map(|output| (0..18).map(move |bit| format!("DO{output}{bit}")));
    for port in ports {
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

/// Moves the flip-flops into the memory.
fn take(cells: &mut Cells, memory: &str, port: &Port, moved: &[(String, String)]) {
    for (output, register) in moved {
        if let Some(register) = cells.remove(register) {
            cells[memory]["connections"][output] = register["connections"]["Q"].clone();
        }
    }
    for output in port.outputs {
        cells[memory]["parameters"][format!("REGMODE_{output}")] = json!("OUTREG");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::refine::sinks;

    fn absorb_all(cells: &mut Cells, ports: &Value) -> usize {
        let sinks = sinks(cells, ports);
        absorb(cells, &sinks)
    }

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
        assert_eq!(absorb_all(&mut all, &json!({})), 1);
        assert_eq!(all.len(), 1);
        assert_eq!(all["m"]["connections"]["DOA1"], json!([21]));
        assert_eq!(all["m"]["parameters"]["REGMODE_A"], "OUTREG");
        assert_eq!(all["m"]["parameters"]["REGMODE_B"], "NOREG");
    }

    #[test]
    fn at_36_bits_both_sides_are_the_word_of_port_b() {
        let wide = |width: Value| {
            json!({"type": "DP16KD", "parameters": {"DATA_WIDTH_A": width, "DATA_WIDTH_B": width, "REGMODE_A": "NOREG", "REGMODE_B": "NOREG"},
                "port_directions": {"CLKB": "input", "DOA0": "output", "DOB0": "output"},
                "connections": {"CLKA": ["0"], "CEA": ["0"], "OCEA": ["0"], "RSTA": ["0"], "CLKB": [2], "CEB": ["1"], "OCEB": ["1"],
                    "RSTB": ["0"], "DOA0": [10], "DOB0": [11]}})
        };
        for width in [json!(36), json!(format!("{:032b}", 36))] {
            let mut all = cells(&[
                ("m", wide(width.clone())),
                ("r0", register(10, 20)),
                ("r1", register(11, 21)),
            ]);
            assert_eq!(absorb_all(&mut all, &json!({})), 1);
            assert_eq!(all["m"]["connections"]["DOA0"], json!([20]));
            assert_eq!(all["m"]["connections"]["DOB0"], json!([21]));
            for side in ["REGMODE_A", "REGMODE_B"] {
                assert_eq!(all["m"]["parameters"][side], "OUTREG");
            }
            let mut half = cells(&[("m", wide(width)), ("r1", register(11, 21))]);
            let seen = json!({"out": {"direction": "output", "bits": [10]}});
            assert_eq!(
                absorb_all(&mut half, &seen),
                0,
                "a low half without registers"
            );
        }
        let mut narrow = cells(&[("m", wide(json!(18))), ("r0", register(10, 20))]);
        assert_eq!(
            absorb_all(&mut narrow, &json!({})),
            0,
            "port A is not enabled"
        );
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
            assert_eq!(absorb_all(&mut all, &ports), 0);
            assert_eq!(all, before);
        }
        assert_eq!(
            absorb_all(&mut bare, &json!({})),
            1,
            "an output that nothing reads"
        );
    }
}

//! Registers that a multiplier block takes into itself.
//!
//! Yosys never uses the registers of ECP5's `MULT18X18D`: those before and behind a product stay in the fabric, a long wire
//! from the block. Here they move into it, bit for bit: the netlist computes the same in every cycle. The operands' registers
//! move if each bit of both is constant or comes from a flip-flop of the block's clock, without enable and reset, starting at
//! 0, and nothing reads one of these flip-flops but operands that take it in: one of several multipliers moves into each of
//! them. Both operands or none: nextpnr has no timing of a block with one. (In the first cycle the register of a constant is 0;
//! so is the other operand, and the product.) The product's registers move if each of its used bits drives one such flip-flop
//! and nothing else.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};

use super::refine::{Cells, Sinks, is_plain};

/// Bits of an operand.
const BITS: usize = 18;
/// The operands.
const PORTS: [char; 2] = ['A', 'B'];

/// Flip-flops next to a multiplier, with the ports where they are.
type Beside = Vec<(String, String)>;

/// Moves registers into multipliers; gives how many pairs of operands and products took theirs.
pub(super) fn take_in(cells: &mut Cells, sinks: &Sinks) -> usize {
    let drivers = drivers(cells);
    let clocks = clocks(cells, sinks, &drivers);
    let operands = operands(cells, sinks, &drivers, &clocks);
    let products: BTreeMap<&String, Beside> = clocks
        .iter()
        .filter_map(|(block, &clock)| Some((block, product(cells, sinks, block, clock)?)))
        .collect();
    let mut moved = BTreeSet::new();
    for (block, registers) in &operands {
        for (port, register) in registers {
            cells[*block]["connections"][port] = cells[register]["connections"]["DI"].clone();
            moved.insert(register);
        }
        switch_on(&mut cells[*block], &["INPUTA", "INPUTB"], clocks[*block]);
    }
    for (block, registers) in &products {
        for (port, register) in registers {
            cells[*block]["connections"][port] = cells[register]["connections"]["Q"].clone();
            moved.insert(register);
        }
        switch_on(&mut cells[*block], &["OUTPUT"], clocks[*block]);
    }
    for register in moved {
        cells.remove(register);
    }
    operands.len() + products.len()
}

/// The flip-flop that drives each net that one does.
fn drivers(cells: &Cells) -> HashMap<u64, String> {
    cells
        .iter()
        .filter(|(_, cell)| cell["type"] == "TRELLIS_FF")
        .filter_map(|(name, cell)| Some((cell["connections"]["Q"][0].as_u64()?, name.clone())))
        .collect()
}

/// Multipliers without registers, with the clock of a flip-flop next to them.
fn clocks(cells: &Cells, sinks: &Sinks, drivers: &HashMap<u64, String>) -> BTreeMap<String, u64> {
    let unused = |cell: &Value| {
        ["INPUTA", "INPUTB", "INPUTC", "PIPELINE", "OUTPUT"]
            .iter()
            .filter_map(|name| cell["parameters"].get(format!("REG_{name}_CLK")))
            .all(|clock| clock == "NONE")
            && cell["connections"].get("CLK0").is_none()
    };
    let clock = |cell: &Value| {
        let at = |port: String| cell["connections"][&port][0].as_u64();
        let before = (0..BITS).find_map(|bit| drivers.get(&at(format!("A{bit}"))?));
        let behind = || {
            let readers = (0..2 * BITS).find_map(|bit| sinks.get(&at(format!("P{bit}"))?))?;
            readers.iter().flatten().map(|(name, _)| name).next()
        };
        cells[before.or_else(behind)?]["connections"]["CLK"][0].as_u64()
    };
    cells
        .iter()
        .filter(|(_, cell)| cell["type"] == "MULT18X18D" && unused(cell))
        .filter_map(|(name, cell)| Some((name.clone(), clock(cell)?)))
        .collect()
}

/// The multipliers that take the registers of their operands in.
fn operands<'a>(
    cells: &Cells,
    sinks: &Sinks,
    drivers: &HashMap<u64, String>,
    clocks: &'a BTreeMap<String, u64>,
) -> BTreeMap<&'a String, Beside> {
    let mut taking: BTreeMap<&String, Beside> = clocks
        .iter()
        .filter_map(|(block, &clock)| Some((block, before(cells, drivers, block, clock)?)))
        .collect();
    loop {
        let moves = |register: &String| {
            let q = cells[register]["connections"]["Q"][0].as_u64();
            let mut readers = q.and_then(|net| sinks.get(&net)).into_iter().flatten();
            readers.all(|reader| {
                let is_operand = |port: &str| PORTS.iter().any(|side| is_bit(port, *side));
                let reader = reader.as_ref().filter(|(_, port)| is_operand(port));
                reader.is_some_and(|(block, _)| taking.contains_key(block))
            })
        };
        let keeping: Vec<&String> = taking
            .iter()
            .filter(|(_, registers)| !registers.iter().all(|(_, register)| moves(register)))
            .map(|(&block, _)| block)
            .collect();
        if keeping.is_empty() {
            return taking;
        }
        for block in keeping {
            taking.remove(block);
        }
    }
}

/// Whether a port is a bit of `side`.
fn is_bit(port: &str, side: char) -> bool {
    port.strip_prefix(side)
        .is_some_and(|number| number.parse::<usize>().is_ok())
}

/// The flip-flops before both operands; `None` if a bit that varies has none.
fn before(
    cells: &Cells,
    drivers: &HashMap<u64, String>,
    block: &String,
    clock: u64,
) -> Option<Beside> {
    let at = |port: &str| &cells[block]["connections"][port][0];
    let constant = |net: &Value| net == "0" || net == "1";
    let mut found = Vec::new();
    for side in PORTS {
        if !constant(at(&format!("SIGNED{side}"))) || at(&format!("SOURCE{side}")) != "0" {
            return None;
        }
        for bit in 0..BITS {
            let port = format!("{side}{bit}");
            let net = at(&port);
            if !constant(net) {
                let register = drivers.get(&net.as_u64()?)?;
                if !is_plain(&cells[register], clock) {
                    return None;
                }
                found.push((port, register.clone()));
            }
        }
    }
    (!found.is_empty()).then_some(found)
}

/// The flip-flops behind the used bits of a product; `None` if one of them has none of its own.
fn product(cells: &Cells, sinks: &Sinks, block: &str, clock: u64) -> Option<Beside> {
    let ports = cells[block]["port_directions"].as_object()?.iter();
    let mut moved = Vec::new();
    for (port, _) in ports.filter(|(_, direction)| *direction == "output") {
        let net = cells[block]["connections"][port][0].as_u64();
        let Some(readers) = net.and_then(|net| sinks.get(&net)) else {
            continue;
        };
        let [Some((register, input))] = readers.as_slice() else {
            return None;
        };
        if input != "DI" || !is_bit(port, 'P') || !is_plain(&cells[register], clock) {
            return None;
        }
        moved.push((port.clone(), register.clone()));
    }
    (!moved.is_empty()).then_some(moved)
}

/// Switches registers of a block on.
fn switch_on(block: &mut Value, registers: &[&str], clock: u64) {
    let ports = [
        ("CLK", json!(clock)),
        ("CE", json!("1")),
        ("RST", json!("0")),
    ];
    for (kind, bit) in ports {
        let port = format!("{kind}0");
        block["port_directions"][&port] = json!("input");
        block["connections"][&port] = json!([bit]);
        for register in registers {
            block["parameters"][format!("REG_{register}_{kind}")] = json!(port);
        }
    }
    block["parameters"]["GSR"] = json!("DISABLED");
    block["parameters"]["RESETMODE"] = json!("SYNC");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::refine::sinks;

    const CLOCK: u64 = 2;

    /// A block whose lowest bits are these nets and whose others are 0.
    fn block(a: &[u64], b: &[u64], p: &[u64]) -> Value {
        let mut cell = json!({"type": "MULT18X18D", "parameters": {},
            "port_directions": {"SIGNEDA": "input", "SIGNEDB": "input", "SOURCEA": "input", "SOURCEB": "input"},
            "connections": {"SIGNEDA": ["1"], "SIGNEDB": ["0"], "SOURCEA": ["0"], "SOURCEB": ["0"]}});
        for (side, nets) in [('A', a), ('B', b)] {
            for bit in 0..BITS {
                let port = format!("{side}{bit}");
                let net = nets.get(bit).map_or(json!("0"), |net| json!(net));
                cell["port_directions"][&port] = json!("input");
                cell["connections"][&port] = json!([net]);
            }
        }
        for (bit, net) in p.iter().enumerate() {
            let port = format!("P{bit}");
            cell["port_directions"][&port] = json!("output");
            cell["connections"][&port] = json!([net]);
        }
        cell
    }

    fn register(d: u64, q: u64) -> Value {
        json!({"type": "TRELLIS_FF", "parameters": {"CEMUX": "1 ", "CLKMUX": "CLK", "GSR": "DISABLED", "LSRMUX": "LSR", "REGSET": "RESET"},
            "port_directions": {"CLK": "input", "DI": "input", "LSR": "input", "Q": "output"},
            "connections": {"CLK": [CLOCK], "DI": [d], "LSR": ["0"], "Q": [q]}})
    }

    fn named<const N: usize>(cells: [(&str, Value); N]) -> Cells {
        cells
            .into_iter()
            .map(|(name, cell)| (name.to_owned(), cell))
            .collect()
    }

    /// Two multipliers of a shared operand.
    fn pair() -> Cells {
        named([
            ("m0", block(&[10], &[11], &[30])),
            ("m1", block(&[10], &[12], &[31])),
            ("shared", register(20, 10)),
            ("own0", register(21, 11)),
            ("own1", register(22, 12)),
            ("p0", register(30, 40)),
            ("p1", register(31, 41)),
        ])
    }

    fn taken(cells: &mut Cells, ports: &Value) -> usize {
        let sinks = sinks(cells, ports);
        take_in(cells, &sinks)
    }

    #[test]
    fn registers_before_and_behind_move_into_every_multiplier_that_reads_them() {
        let mut cells = pair();
        assert_eq!(taken(&mut cells, &json!({})), 4);
        assert_eq!(cells.len(), 2);
        for (name, b, p) in [("m0", 21, 40), ("m1", 22, 41)] {
            let at = |port: &str| cells[name]["connections"][port][0].clone();
            assert_eq!(
                (at("A0"), at("B0"), at("P0")),
                (json!(20), json!(b), json!(p))
            );
            assert_eq!(
                (at("CLK0"), at("CE0"), at("RST0")),
                (json!(CLOCK), json!("1"), json!("0"))
            );
            for stage in ["INPUTA", "INPUTB", "OUTPUT"] {
                assert_eq!(
                    cells[name]["parameters"][format!("REG_{stage}_CLK")],
                    "CLK0"
                );
            }
        }
    }

    #[test]
    fn an_operand_that_anything_else_reads_keeps_the_registers_of_all() {
        let mut cells = pair();
        let seen = json!({"out": {"direction": "output", "bits": [12]}});
        assert_eq!(taken(&mut cells, &seen), 2, "the products alone");
        assert!(
            ["shared", "own0", "own1"]
                .iter()
                .all(|name| cells.contains_key(*name))
        );
        assert_eq!(cells["m1"]["connections"]["A0"][0], 10);
        assert_eq!(cells["m1"]["parameters"].get("REG_INPUTA_CLK"), None);
    }

    #[test]
    fn registers_of_other_kinds_stay() {
        let other = |name: &str, group: &str, key: &str, value: Value| {
            let mut cells = pair();
            cells[name][group][key] = value;
            cells
        };
        let cases = [
            (other("own0", "connections", "LSR", json!([5])), 2),
            (other("own0", "parameters", "CEMUX", json!("CE")), 2),
            (other("own0", "parameters", "REGSET", json!("SET")), 2),
            (other("own0", "connections", "CLK", json!([6])), 2),
            (other("p0", "connections", "LSR", json!([5])), 3),
            (other("m0", "connections", "SIGNEDB", json!([7])), 2),
            (
                other("m0", "parameters", "REG_PIPELINE_CLK", json!("CLK1")),
                1,
            ),
        ];
        for (mut cells, expected) in cases {
            assert_eq!(taken(&mut cells, &json!({})), expected, "{cells:#?}");
        }
    }
}

//! Copies of the registers that address many block memories.
//!
//! A memory of many blocks lies all over the device, and one register that addresses all of them is far from most. Here each few
//! blocks get a copy of it, whose input comes out of a register too, and the placer puts each copy beside its blocks. A copy holds
//! what the register holds in every cycle.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::refine::{Cells, is_plain};

/// Block memories that share a copy.
const SHARING: usize = 6;

/// Fewer of them than this keep one register.
const MANY: usize = 2 * SHARING;

/// Address bits of a port.
const ADDRESS_BITS: usize = 14;

/// What addresses block memories at a port: the nets, by address bit; and those memories, `(cell, side)`.
type Addressed = BTreeMap<Vec<Option<u64>>, Vec<(String, char)>>;

/// Gives each few of the block memories that share an address registers of their own; gives how many registers that takes.
/// `names`: those of the module's nets.
pub(super) fn copy_addresses(cells: &mut Cells, names: &mut Value) -> usize {
    let drivers: HashMap<u64, String> = cells
        .iter()
        .filter(|(_, cell)| cell["type"] == "TRELLIS_FF")
        .filter_map(|(name, cell)| Some((cell["connections"]["Q"][0].as_u64()?, name.clone())))
        .collect();
    let mut next = 1 + last_net(cells);
    let mut made = 0;
    for (address, mut memories) in addressed(cells) {
        if memories.len() < MANY {
            continue;
        }
        let registers: Vec<(u64, String)> = address
            .into_iter()
            .flatten()
            .filter_map(|net| {
                let register = drivers.get(&net)?;
                is_between_registers(cells, &drivers, register).then(|| (net, register.clone()))
            })
            .collect();
        memories.sort_by_key(|(name, _)| by_number(name));
        for (number, sharing) in memories.chunks(SHARING).enumerate().skip(1) {
            let copies: HashMap<u64, u64> = (next..)
                .zip(&registers)
                .map(|(copy, (net, register))| {
                    let name = format!("{register}_copy{number}");
                    let mut cell = cells[register].clone();
                    cell["connections"]["Q"] = json!([copy]);
                    cells.insert(name.clone(), cell);
                    names[format!("{name}_q")] =
                        json!({"hide_name": 0, "bits": [copy], "attributes": {}});
                    (*net, copy)
                })
                .collect();
            next += registers.len() as u64;
            made += registers.len();
            for (memory, side) in sharing {
                take_copies(cells, memory, *side, &copies);
            }
        }
    }
    made
}

/// Addresses one side of `memory` by the copies of the nets that do.
fn take_copies(cells: &mut Cells, memory: &str, side: char, copies: &HashMap<u64, u64>) {
    let Some(ports) = cells
        .get_mut(memory)
        .and_then(|cell| cell["connections"].as_object_mut())
    else {
        return;
    };
    for bit in 0..ADDRESS_BITS {
        if let Some(port) = ports.get_mut(&format!("AD{side}{bit}"))
            && let Some(copy) = port[0].as_u64().and_then(|net| copies.get(&net))
        {
            *port = json!([copy]);
        }
    }
}

/// The ports of block memories, by what addresses them.
fn addressed(cells: &Cells) -> Addressed {
    let mut all = Addressed::new();
    for (name, cell) in cells.iter().filter(|(_, cell)| cell["type"] == "DP16KD") {
        for side in ['A', 'B'] {
            let address: Vec<Option<u64>> = (0..ADDRESS_BITS)
                .map(|bit| cell["connections"][format!("AD{side}{bit}")][0].as_u64())
                .collect();
            all.entry(address).or_default().push((name.clone(), side));
        }
    }
    all
}

/// Whether a register is plain and takes what another register gives.
fn is_between_registers(cells: &Cells, drivers: &HashMap<u64, String>, register: &str) -> bool {
    let cell = &cells[register];
    let clock = cell["connections"]["CLK"][0].as_u64();
    let fed = cell["connections"]["DI"][0].as_u64();
    clock.is_some_and(|clock| is_plain(cell, clock))
        && fed.is_some_and(|net| drivers.contains_key(&net))
}

/// The highest net of a module.
fn last_net(cells: &Cells) -> u64 {
    let ports = cells
        .values()
        .filter_map(|cell| cell["connections"].as_object());
    ports
        .flat_map(|ports| ports.values())
        .filter_map(|bits| bits.as_array())
        .flatten()
        .filter_map(Value::as_u64)
        .max()
        .unwrap_or_default()
}

/// A key by which `m10` comes after `m9`: each run of digits as a number.
fn by_number(name: &str) -> Vec<(String, u64)> {
    let mut parts = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let digits = rest
            .find(|at: char| at.is_ascii_digit())
            .unwrap_or(rest.len());
        let (word, after) = rest.split_at(digits);
        let end = after
            .find(|at: char| !at.is_ascii_digit())
            .unwrap_or(after.len());
        let (number, after) = after.split_at(end);
        parts.push((word.to_owned(), number.parse().unwrap_or_default()));
        rest = after;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn register(from: Value, to: u64) -> Value {
        json!({"type": "TRELLIS_FF", "connections": {"CLK": [1], "DI": from, "LSR": ["0"], "Q": [to]},
            "parameters": {"CLKMUX": "CLK", "REGSET": "RESET", "GSR": "DISABLED", "CEMUX": "1 "}})
    }

    /// `many` memories whose address is net 20, out of the register `of`.
    fn memories(many: usize, of: Value) -> Cells {
        let mut cells = Cells::from_iter([
            ("fed".to_owned(), register(json!([5]), 10)),
            ("address".to_owned(), of),
        ]);
        for number in 0..many {
            let ports = json!({"ADA4": [20], "ADA0": ["0"], "DOA0": [100 + number]});
            let memory = json!({"type": "DP16KD", "connections": ports, "parameters": {}});
            cells.insert(format!("m.{number}"), memory);
        }
        cells
    }

    #[test]
    fn each_few_memories_get_a_copy_that_takes_what_the_register_takes() {
        for many in [MANY - 1, MANY, 3 * SHARING + 1, 43] {
            let mut cells = memories(many, register(json!([10]), 20));
            let mut names = json!({});
            let copies = copy_addresses(&mut cells, &mut names);
            let expected = if many < MANY {
                0
            } else {
                many.div_ceil(SHARING) - 1
            };
            assert_eq!(copies, expected);
            assert_eq!(names.as_object().unwrap().len(), copies);
            assert_eq!(cells.len(), many + 2 + copies);
            let mut shared: HashMap<u64, usize> = HashMap::new();
            for number in 0..many {
                let ports = &cells[&format!("m.{number}")]["connections"];
                assert_eq!(ports["ADA0"], json!(["0"]));
                *shared
                    .entry(ports["ADA4"][0].as_u64().unwrap())
                    .or_default() += 1;
            }
            assert_eq!(shared.len(), copies + 1);
            assert!(many < MANY || shared.values().all(|&ports| ports <= SHARING));
            for net in shared.keys().filter(|&&net| net != 20) {
                let mut all = cells.iter();
                let copy = all.find(|(_, cell)| cell["connections"]["Q"] == json!([net]));
                let (name, copy) = copy.unwrap();
                assert!(names.get(format!("{name}_q")).is_some());
                assert_eq!(copy["connections"]["DI"], json!([10]));
                assert!(is_plain(copy, 1));
            }
        }
    }

    #[test]
    fn what_is_no_plain_register_behind_another_has_no_copy() {
        let plain = register(json!([10]), 20);
        let mut reset = plain.clone();
        reset["connections"]["LSR"] = json!([7]);
        let behind_logic = register(json!([6]), 20);
        for kept in [
            reset,
            behind_logic,
            json!({"type": "LUT4", "connections": {"Z": [20]}}),
        ] {
            let mut cells = memories(43, kept);
            let before = cells.clone();
            assert_eq!(copy_addresses(&mut cells, &mut json!({})), 0);
            assert_eq!(cells, before);
        }
    }

    #[test]
    fn numbers_in_names_are_in_order() {
        let mut names = ["w1.0.10", "w1.0.9", "w0.0.40", "w"];
        names.sort_by_key(|name| by_number(name));
        assert_eq!(names, ["w", "w0.0.40", "w1.0.9", "w1.0.10"]);
    }
}

//! The ends of carry chains on ECP5.
//!
//! nextpnr starts a chain whose first carry is a constant with a carry cell of its own, and ends one with another where the
//! last carry has a net, even one that nobody reads. Here the first half of the first carry cell makes the carry out of the
//! lowest bit by itself, whatever comes in, and the lowest bit of the sum is a look-up table of two inputs; a last carry that
//! nobody reads has no net.
//!
//! Each half of a `CCU2C` has a look-up table `p` of four inputs, whose lowest four bits are a table `g` of two:
//! the sum is `p ^ carry` and the next carry `p ? carry : g` (Yosys, `ecp5/cells_sim.v`).

use serde_json::{Value, json};

use super::refine::{Cells, Sinks};

/// Rewrites the chains' ends; gives how many.
pub(super) fn shorten(cells: &mut Cells, sinks: &Sinks) -> usize {
    let chained: Vec<String> = cells
        .iter()
        .filter(|(_, cell)| cell["type"] == "CCU2C")
        .map(|(name, _)| name.clone())
        .collect();
    let mut ends = 0;
    for name in &chained {
        if let Some(cell) = cells.get_mut(name) {
            ends += usize::from(close(cell, sinks));
            let Some(half) = Half::of_chain(cell) else {
                continue;
            };
            let sum = half.open(cell, sinks);
            ends += 1;
            if let Some(sum) = sum {
                cells.insert(format!("{name}_LUT4"), sum);
            }
        }
    }
    ends
}

/// Takes the net off a carry that nobody reads.
fn close(cell: &mut Value, sinks: &Sinks) -> bool {
    let carry = &mut cell["connections"]["COUT"];
    let unread = carry[0]
        .as_u64()
        .is_some_and(|net| !sinks.contains_key(&net));
    if unread {
        *carry = json!(["x"]);
    }
    unread
}

/// The first half of a chain: the truth tables of its sum and of its carry, by `A0 + 2 * B0`.
#[derive(Debug, PartialEq)]
struct Half {
    sum: [bool; 4],
    carry: [bool; 4],
}

impl Half {
    /// That of a cell whose carry in and other inputs are constants.
    fn of_chain(cell: &Value) -> Option<Self> {
        let constant = |port: &str| match cell["connections"][port][0].as_str()? {
            "0" => Some(false),
            "1" => Some(true),
            _ => None,
        };
        let (carry, c, d) = (constant("CIN")?, constant("C0")?, constant("D0")?);
        let table = cell["parameters"]["INIT0"].as_str()?;
        let table = u16::from_str_radix(table, 2).ok()?;
        if cell["parameters"]["INJECT1_0"] != "NO" {
            return None;
        }
        let others = usize::from(d) << 3 | usize::from(c) << 2;
        let bit = |at: usize| table >> at & 1 == 1;
        Some(Self {
            sum: std::array::from_fn(|ab| bit(others | ab) != carry),
            carry: std::array::from_fn(|ab| if bit(others | ab) { carry } else { bit(ab) }),
        })
    }

    /// Lets the half make its carry whatever comes in; gives the look-up table of the sum where somebody reads it.
    fn open(&self, cell: &mut Value, sinks: &Sinks) -> Option<Value> {
        cell["parameters"]["INIT0"] = json!(format!("{:016b}", word(self.carry, 1)));
        let ports = &mut cell["connections"];
        let sum = std::mem::replace(&mut ports["S0"], json!(["x"]));
        ports["CIN"] = json!(["x"]);
        ports["C0"] = json!(["1"]);
        ports["D0"] = json!(["1"]);
        let read = sum[0].as_u64().is_some_and(|net| sinks.contains_key(&net));
        read.then(|| {
            json!({
                "hide_name": 0,
                "type": "LUT4",
                "parameters": {"INIT": format!("{:016b}", word(self.sum, 4))},
                "attributes": {},
                "port_directions": {"A": "input", "B": "input", "C": "input", "D": "input", "Z": "output"},
                "connections": {"A": ports["A0"], "B": ports["B0"], "C": ["0"], "D": ["0"], "Z": sum},
            })
        })
    }
}

/// A truth table of two inputs, `times` over.
fn word(table: [bool; 4], times: u32) -> u16 {
    let once = (0..4).fold(0u16, |word, at| word | u16::from(table[at]) << at);
    (0..times).fold(0, |word, time| word | once << (4 * time))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sum and carry of the first half of a cell.
    fn half(cell: &Value, a: bool, b: bool, carry: bool) -> (bool, bool) {
        let table = cell["parameters"]["INIT0"].as_str().unwrap();
        let table = u16::from_str_radix(table, 2).unwrap();
        let input = |port: &str| usize::from(cell["connections"][port][0] == "1");
        let ab = usize::from(b) << 1 | usize::from(a);
        let p = table >> (input("D0") << 3 | input("C0") << 2 | ab) & 1 == 1;
        let g = table >> ab & 1 == 1;
        (p != carry, if p { carry } else { g })
    }

    fn cell(init: u16, c: &str, d: &str, carry: &str) -> Value {
        json!({"type": "CCU2C",
            "parameters": {"INIT0": format!("{init:016b}"), "INIT1": "1001011010101010", "INJECT1_0": "NO", "INJECT1_1": "NO"},
            "port_directions": {"A0": "input", "B0": "input", "C0": "input", "D0": "input", "CIN": "input", "COUT": "output", "S0": "output"},
            "connections": {"A0": [2], "B0": [3], "C0": [c], "D0": [d], "CIN": [carry], "COUT": [4], "S0": [5]}})
    }

    fn read_by_all() -> Sinks {
        (2..6).map(|net| (net, vec![None])).collect()
    }

    #[test]
    fn an_opened_half_gives_the_same_whatever_comes_in() {
        let mut seen = 0;
        for init in (0..=u16::MAX)
            .step_by(7)
            .chain([0b1001_0110_1010_1010, u16::MAX])
        {
            for (c, d, carry) in [
                ("0", "1", "0"),
                ("1", "1", "1"),
                ("0", "0", "1"),
                ("1", "0", "0"),
            ] {
                let before = cell(init, c, d, carry);
                let mut cells = Cells::from_iter([("m".to_owned(), before.clone())]);
                assert_eq!(shorten(&mut cells, &read_by_all()), 1);
                let (after, sum) = (&cells["m"], &cells["m_LUT4"]);
                assert_eq!(after["connections"]["CIN"], json!(["x"]));
                assert_eq!(sum["connections"]["Z"], json!([5]));
                let table = sum["parameters"]["INIT"].as_str().unwrap();
                let table = u16::from_str_radix(table, 2).unwrap();
                for ab in 0..4 {
                    let (a, b) = (ab & 1 == 1, ab >> 1 == 1);
                    let expected = half(&before, a, b, carry == "1");
                    for any in [false, true] {
                        assert_eq!(half(after, a, b, any).1, expected.1);
                    }
                    for others in 0..4 {
                        assert_eq!(table >> (others << 2 | ab) & 1 == 1, expected.0);
                    }
                }
                seen += 1;
            }
        }
        assert!(seen > 30_000);
    }

    #[test]
    fn a_carry_that_nobody_reads_has_no_net_and_a_sum_that_nobody_reads_no_cell() {
        let sinks: Sinks = [(2, vec![None]), (3, vec![None])].into();
        let mut cells = Cells::from_iter([("m".to_owned(), cell(0x96AA, "0", "1", "0"))]);
        assert_eq!(shorten(&mut cells, &sinks), 2);
        assert_eq!(cells.len(), 1);
        assert_eq!(cells["m"]["connections"]["COUT"], json!(["x"]));
        assert_eq!(cells["m"]["connections"]["S0"], json!(["x"]));
    }

    #[test]
    fn what_is_not_a_constant_stays() {
        let fed = |port: &str| {
            let mut fed = cell(0x96AA, "0", "1", "0");
            fed["connections"][port] = json!([3]);
            fed
        };
        let mut injected = cell(0x96AA, "0", "1", "0");
        injected["parameters"]["INJECT1_0"] = json!("YES");
        let mut open = cell(0x96AA, "0", "1", "0");
        open["connections"]["CIN"] = json!(["x"]);
        for kept in [fed("CIN"), fed("C0"), fed("D0"), injected, open] {
            let mut cells = Cells::from_iter([("m".to_owned(), kept.clone())]);
            assert_eq!(shorten(&mut cells, &read_by_all()), 0);
            assert_eq!(cells["m"], kept);
            assert_eq!(cells.len(), 1);
        }
    }
}

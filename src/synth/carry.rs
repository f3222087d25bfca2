//! The ends of carry chains on ECP5.
//!
//! nextpnr starts a chain whose first carry is a constant with a carry cell of its own, and ends one with another where the
//! last carry has a net, even one that nobody reads. Here the first half of the first carry cell makes the carry out of the
//! lowest bit by itself, whatever comes in, and the lowest bit of the sum is a look-up table of two inputs; a last carry that
//! nobody reads has no net. A chain of an odd number of bits leaves a half of its last cell idle: there all bits move on by a
//! half, the first half makes the constant carry, and the lowest bit needs no look-up table of its own.
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
        }
        if let Some(chain) = odd_chain(cells, sinks, name) {
            move_on(cells, &chain);
            ends += 1;
            continue;
        }
        if let Some(cell) = cells.get_mut(name) {
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

/// The cells of the chain that begins with cell `head`, in order, if it begins with a constant carry, its lowest sum is read, and
/// nothing of the last half is.
fn odd_chain(cells: &Cells, sinks: &Sinks, head: &str) -> Option<Vec<String>> {
    let readers = |cell: &Value, port: &str| -> &[Option<(String, String)>] {
        let net = cell["connections"][port][0].as_u64();
        net.and_then(|net| sinks.get(&net))
            .map_or(&[], Vec::as_slice)
    };
    let first = &cells[head];
    if !["0", "1"]
        .map(|carry| first["connections"]["CIN"] == json!([carry]))
        .contains(&true)
        || readers(first, "S0").is_empty()
    {
        return None;
    }
    let mut chain = vec![head.to_owned()];
    loop {
        let cell = &cells[&chain[chain.len() - 1]];
        let injects = |half| cell["parameters"][format!("INJECT1_{half}")] != "NO";
        if injects(0) || injects(1) {
            return None;
        }
        match readers(cell, "COUT") {
            [] => return readers(cell, "S1").is_empty().then_some(chain),
            [Some((next, port))] if port == "CIN" && cells[next]["type"] == "CCU2C" => {
                chain.push(next.clone());
            }
            _ => return None,
        }
    }
}

/// Ports of half a cell, without the number of the half.
const HALF: [&str; 5] = ["A", "B", "C", "D", "S"];

/// Moves the bits of an [`odd_chain`] on by a half, the last one into the half that was idle.
fn move_on(cells: &mut Cells, chain: &[String]) {
    for (at, name) in chain.iter().enumerate().rev() {
        let before = at
            .checked_sub(1)
            .map(|before| cells[&chain[before]].clone());
        let Some(cell) = cells.get_mut(name) else {
            continue;
        };
        let carry = cell["connections"]["CIN"][0] == "1";
        for port in HALF {
            cell["connections"][format!("{port}1")] =
                cell["connections"][format!("{port}0")].clone();
        }
        cell["parameters"]["INIT1"] = cell["parameters"]["INIT0"].clone();
        if let Some(before) = before {
            for port in HALF {
                cell["connections"][format!("{port}0")] =
                    before["connections"][format!("{port}1")].clone();
            }
            cell["parameters"]["INIT0"] = before["parameters"]["INIT1"].clone();
        } else {
            cell["parameters"]["INIT0"] = json!(format!("{:016b}", word([carry; 4], 1)));
            for port in ["A0", "B0", "C0", "D0"] {
                cell["connections"][port] = json!(["1"]);
            }
            for port in ["S0", "CIN"] {
                cell["connections"][port] = json!(["x"]);
            }
        }
    }
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

    /// What two cells with these carries in and out, nets from 10 on, add of five bits each: `(sums by bit, the net of each)`.
    fn sums(cells: &Cells, a: u32, b: u32) -> Vec<(u64, bool)> {
        let value = |at: &Value, carries: &[bool]| match at[0].as_u64() {
            Some(net @ 10..15) => a >> (net - 10) & 1 == 1,
            Some(net @ 20..25) => b >> (net - 20) & 1 == 1,
            Some(net) => carries[net as usize - 40],
            None => at[0] == "1",
        };
        let mut carries = Vec::new();
        let mut sums = Vec::new();
        for name in ["c0", "c1", "c2"] {
            let cell = &cells[name];
            let mut carry = value(&cell["connections"]["CIN"], &carries);
            for half in 0..2 {
                let at = |port: &str| {
                    usize::from(value(&cell["connections"][format!("{port}{half}")], &[]))
                };
                let table = cell["parameters"][format!("INIT{half}")].as_str().unwrap();
                let table = u16::from_str_radix(table, 2).unwrap();
                let ab = at("B") << 1 | at("A");
                let p = table >> (at("D") << 3 | at("C") << 2 | ab) & 1 == 1;
                if let Some(net) = cell["connections"][format!("S{half}")][0].as_u64() {
                    sums.push((net, p != carry));
                }
                carry = if p { carry } else { table >> ab & 1 == 1 };
            }
            carries.push(carry);
        }
        sums.retain(|(net, _)| *net < 35);
        sums.sort_unstable();
        sums
    }

    /// Five bits in three cells, subtracted with `carry` "1", added with "0".
    fn five_bits(carry: &str) -> Cells {
        (0..3u64)
            .map(|cell| {
                let net = |first: u64, half: u64| match 2 * cell + half {
                    bit @ 0..5 => json!([first + bit]),
                    _ => json!(["0"]),
                };
                let from = match cell {
                    0 => json!([carry]),
                    _ => json!([40 + cell - 1]),
                };
                let ports = json!({"A0": net(10, 0), "A1": net(10, 1), "B0": net(20, 0), "B1": net(20, 1),
                    "C0": [carry], "C1": [carry], "D0": ["1"], "D1": ["1"], "CIN": from, "COUT": [40 + cell],
                    "S0": [30 + 2 * cell], "S1": [31 + 2 * cell]});
                let table = "1001011010101010";
                let cell_json = json!({"type": "CCU2C", "connections": ports,
                    "parameters": {"INIT0": table, "INIT1": table, "INJECT1_0": "NO", "INJECT1_1": "NO"}});
                (format!("c{cell}"), cell_json)
            })
            .collect()
    }

    #[test]
    fn an_odd_chain_moves_on_by_a_half_and_adds_the_same() {
        let mut sinks: Sinks = (30..35).map(|sum| (sum, vec![None])).collect();
        for carry in [40, 41] {
            let next = (format!("c{}", carry - 39), "CIN".to_owned());
            sinks.insert(carry, vec![Some(next)]);
        }
        for carry in ["0", "1"] {
            let before = five_bits(carry);
            let mut after = before.clone();
            // The last carry loses its net, and the chain moves.
            assert_eq!(shorten(&mut after, &sinks), 2);
            assert_eq!(after.len(), 3);
            for ab in 0..1024 {
                let expected = sums(&before, ab & 31, ab >> 5);
                assert_eq!(expected.len(), 5);
                assert_eq!(sums(&after, ab & 31, ab >> 5), expected, "{ab}");
            }
            let mut wider = sinks.clone();
            wider.insert(35, vec![None]);
            let mut even = before.clone();
            shorten(&mut even, &wider);
            assert_eq!(even["c0"]["connections"]["A1"], json!([11]));
            let mut read = sinks.clone();
            read.insert(40, vec![None]);
            assert!(odd_chain(&before, &read, "c0").is_none());
        }
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

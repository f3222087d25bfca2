//! Equality register by register.
//!
//! Of two copies of a module each register of the second is taken for the one of the same name in the first, and it is asked
//! whether the values that both would take next are the same. If they always are, and the outputs are, the copies are equal: by
//! induction over the cycles. Pairs whose next values can differ become two registers again, and all is asked anew. What is left
//! of a mutant's copy is what the mutation touches.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::error::MutantError;
use super::tools::{Said, Tools};

/// A register of a copy and its partner: names, and the signals that they take next.
#[derive(Clone)]
struct Pair {
    gold: String,
    gold_next: String,
    gate: String,
    gate_next: String,
}

/// Asks ABC whether the copies `gold` and `gate` in `gates` (BLIF) are equal: `differs_o` is never 1, and no pair differs while
/// `kept_o` is 1.
pub(super) fn ask(
    tools: Tools<'_>,
    name: &str,
    gates: &str,
    limit: Duration,
) -> Result<Said, MutantError> {
    let start = Instant::now();
    let mut pairs = pairs(gates);
    loop {
        let left = limit.saturating_sub(start.elapsed());
        if left.is_zero() {
            return Ok(Said::Nothing(format!(
                "abc: undecided after {} s, register by register",
                limit.as_secs()
            )));
        }
        let steps = format!("scorr; pdr -a -T {}", left.as_secs().max(1));
        let limit = left + Duration::from_secs(5);
        let said = match tools.told(name, &shared(gates, &pairs), &steps, limit)? {
            Ok(said) => said,
            Err(nothing) => return Ok(nothing),
        };
        let differ = asserted(&said);
        let apart: BTreeSet<usize> = differ.iter().filter_map(|n| n.checked_sub(1)).collect();
        if apart.is_empty() {
            return Ok(match (differ.is_empty(), proved(&said, 1 + pairs.len())) {
                (true, Some(0)) => Said::Equal,
                (false, Some(1)) => Said::Different,
                _ => Said::Nothing("abc: undecided, register by register".to_owned()),
            });
        }
        let together = (0..).zip(pairs).filter(|(n, _)| !apart.contains(n));
        pairs = together.map(|(_, pair)| pair).collect();
    }
}

/// The pairs: registers of the same name with the same first value.
fn pairs(gates: &str) -> Vec<Pair> {
    let mut registers = BTreeMap::new();
    for line in gates.lines().filter(|line| line.starts_with(".latch")) {
        if let [_, next, name, .., first] = line.split(' ').collect::<Vec<_>>()[..] {
            registers.insert(name, (next, first));
        }
    }
    let partner = |(&gold, &(gold_next, first)): (&&str, &(&str, &str))| {
        let gate = format!("gate.{}", gold.strip_prefix("gold.")?);
        let &(gate_next, other) = registers.get(gate.as_str())?;
        (first == other).then(|| Pair {
            gold: gold.to_owned(),
            gold_next: gold_next.to_owned(),
            gate_next: gate_next.to_owned(),
            gate,
        })
    };
    registers.iter().filter_map(partner).collect()
}

/// The gates with the registers of each pair as one; the outputs are `differs_o`, and for each pair whether the values differ
/// that both would take next.
fn shared(gates: &str, pairs: &[Pair]) -> String {
    let partners: BTreeMap<&str, &str> = pairs
        .iter()
        .map(|pair| (pair.gate.as_str(), pair.gold.as_str()))
        .collect();
    let mut text = String::with_capacity(gates.len());
    for line in gates.lines() {
        let mut words = line.split(' ');
        let _ = match (words.next(), words.nth(1)) {
            (Some(".outputs"), _) => {
                let apart: String = (0..pairs.len()).map(|n| format!(" apart{n}")).collect();
                writeln!(text, ".outputs differs_o{apart}")
            }
            (Some(".latch"), Some(register)) if partners.contains_key(register) => {
                writeln!(text, ".names {} {register}\n1 1", partners[register])
            }
            (Some(".end"), _) => break,
            _ => writeln!(text, "{line}"),
        };
    }
    for (n, pair) in pairs.iter().enumerate() {
        let _ = writeln!(
            text,
            ".names kept_o {} {} apart{n}\n101 1\n110 1",
            pair.gold_next, pair.gate_next
        );
    }
    text.push_str(".end\n");
    text
}

/// Numbers of the outputs that can be 1.
fn asserted(said: &str) -> BTreeSet<usize> {
    let lines = said
        .lines()
        .filter(|line| line.contains("was asserted in frame"));
    lines
        .filter_map(|line| {
            let number = line.split("Output").nth(1)?.split_whitespace().next()?;
            number.parse().ok()
        })
        .collect()
}

/// How many of the outputs can be 1, if that is known of each of them.
fn proved(said: &str, outputs: usize) -> Option<usize> {
    let summary = said.lines().find(|line| line.starts_with("Properties:"))?;
    let value = |name: &str| -> Option<usize> {
        let rest = summary.split(name).nth(1)?.trim_start();
        let rest = rest.strip_prefix('=')?.trim_start();
        rest.split('.').next()?.parse().ok()
    };
    let (all, undecided) = (value("All")?, value("Undecided")?);
    let (can, never) = (value("Disproved")?, value("Proved")?);
    (all == outputs && undecided == 0 && can + never == all).then_some(can)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GATES: &str = ".model miter\n.inputs clk_i a\n.outputs differs_o kept_o\n.names $true\n1\n\
        .latch x gold.q re clk_i 0\n.latch y gate.q re clk_i 0\n.latch z gold.r re clk_i 0\n.latch z gate.r re clk_i 1\n.end\n";

    #[test]
    fn registers_of_a_name_and_a_first_value_are_one() {
        let pairs = pairs(GATES);
        assert_eq!(pairs.len(), 1);
        assert_eq!(
            shared(GATES, &pairs),
            ".model miter\n.inputs clk_i a\n.outputs differs_o apart0\n.names $true\n1\n.latch x gold.q re clk_i 0\n\
             .names gold.q gate.q\n1 1\n.latch z gold.r re clk_i 0\n.latch z gate.r re clk_i 1\n.names kept_o x y apart0\n101 1\n110 1\n.end\n"
        );
    }

    #[test]
    fn only_what_is_known_of_all_outputs_counts() {
        let summary = |proved, undecided| {
            format!(
                "Properties:  All = 3. Proved = {proved}. Disproved = 1. Undecided = {undecided}.   Time = 0.01 sec"
            )
        };
        assert_eq!(proved(&summary(2, 0), 3), Some(1));
        assert_eq!(proved(&summary(1, 1), 3), None);
        assert_eq!(proved(&summary(2, 0), 4), None);
        assert_eq!(proved("Property proved.", 1), None);
        let said = "Output 12 of miter \"miter\" was asserted in frame 3.\nOutput 0 of miter \"miter\" was asserted in frame 58.  Time";
        assert_eq!(asserted(said), BTreeSet::from([0, 12]));
    }
}

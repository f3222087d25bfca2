//! The trace of a counterexample: what stands at the ports, cycle by cycle.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// Time units of a cycle in the solver's waveform.
const CYCLE: u64 = 10;

/// One line a cycle in which something changes, up to `last`; a number that is not one is left out. Empty if there is no
/// waveform.
pub(super) fn lines(waveform: &Path, ports: &[String], last: u64) -> Vec<String> {
    let Ok(file) = File::open(waveform) else {
        return Vec::new();
    };
    let mut parser = vcd::Parser::new(BufReader::new(file));
    let Ok(header) = parser.parse_header() else {
        return Vec::new();
    };
    let scope = header.items.iter().find_map(|item| match item {
        vcd::ScopeItem::Scope(scope) => Some(scope),
        _ => None,
    });
    let mut names = BTreeMap::new();
    for item in scope.map_or(&[][..], |scope| &scope.items) {
        if let vcd::ScopeItem::Var(var) = item
            && ports.contains(&var.reference)
        {
            names.insert(var.code, var.reference.clone());
        }
    }
    let mut values: BTreeMap<String, u128> = BTreeMap::new();
    let mut changed: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    let mut time = 0;
    for command in parser.flatten() {
        match command {
            vcd::Command::Timestamp(now) => time = now,
            vcd::Command::ChangeVector(code, bits) if time % CYCLE == 0 => {
                let value = bits.iter().try_fold(0u128, |value, bit| match bit {
                    vcd::Value::V0 => value.checked_mul(2),
                    vcd::Value::V1 => value.checked_mul(2)?.checked_add(1),
                    _ => None,
                });
                if let (Some(name), Some(value)) = (names.get(&code), value)
                    && values.insert(name.clone(), value) != Some(value)
                {
                    let line = changed.entry(time / CYCLE).or_default();
                    line.push(format!("{name} {value}"));
                }
            }
            _ => {}
        }
    }
    changed
        .into_iter()
        .filter(|(cycle, _)| *cycle <= last)
        .map(|(cycle, changes)| format!("cycle {cycle}: {}", changes.join(", ")))
        .collect()
}

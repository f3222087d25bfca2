//! The slowest path of a placed design, by the names of the description.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::cells::Netlist;

/// The slowest path between two registers, by the netlist's names, which begin with the design's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CriticalPath {
    /// Delay in ns.
    pub ns: f64,
    /// Part of it that is spent in wires.
    pub routing_ns: f64,
    /// Look-up tables, carries and blocks in it.
    pub levels: usize,
    /// What it goes through: the design's names, from the register at its start to the one at its end; one that stands for
    /// several wires in a row is named once.
    pub through: Vec<String>,
}

impl fmt::Display for CriticalPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            ns,
            routing_ns,
            levels,
            through,
        } = self;
        let through = through.join(" > ");
        write!(
            f,
            "{ns:.2} ns ({routing_ns:.2} in wires, {levels} levels): {through}"
        )
    }
}

/// The slowest of the report's paths that begins and ends at a clock; `names` reads the netlist, where it is needed.
pub(crate) fn critical(
    report: &Value,
    appended: &[&str],
    names: impl Fn() -> Option<Netlist>,
) -> Option<CriticalPath> {
    let clocked = |path: &Value, end: &str| {
        path[end]
            .as_str()
            .is_some_and(|event| event.contains("edge "))
    };
    let paths = report["critical_paths"].as_array()?.iter();
    let slowest = paths
        .filter(|path| clocked(path, "from") && clocked(path, "to"))
        .filter_map(|path| path["path"].as_array())
        .max_by(|a, b| delay(a, false).total_cmp(&delay(b, false)))?;
    let nets = slowest.iter().filter_map(|part| part["net"].as_str());
    let mut nets: Vec<String> = nets.map(|net| described(net, appended)).collect();
    let end = slowest.last()?["to"]["cell"].as_str()?;
    if is_made(end) {
        nets.extend(names().and_then(|names| names.driven_by(end).map(str::to_owned)));
    } else {
        nets.push(described(end, appended));
    }
    let mut through: Vec<String> = nets.iter().filter(|net| !is_made(net)).cloned().collect();
    if through.is_empty() {
        through = nets;
    }
    through.dedup();
    Some(CriticalPath {
        ns: delay(slowest, false),
        routing_ns: delay(slowest, true),
        levels: slowest
            .iter()
            .filter(|part| part["type"] == "logic")
            .count(),
        through,
    })
}

/// Delay of a path in ns, or that of its wires.
fn delay(parts: &[Value], routing_alone: bool) -> f64 {
    let counted = parts
        .iter()
        .filter(|part| !routing_alone || part["type"] == "routing");
    let ns: f64 = counted.filter_map(|part| part["delay"].as_f64()).sum();
    (ns * 100.0).round() / 100.0
}

/// Whether a name was made up by mapping altogether.
fn is_made(name: &str) -> bool {
    name.starts_with('$')
}

/// A netlist's name without what mapping appended to it: the name of the description that it was made from.
fn described(name: &str, appended: &[&str]) -> String {
    let marks = appended.iter().chain(&["$"]);
    let end = marks.filter_map(|mark| name.find(mark)).min();
    match end {
        Some(end) if end > 0 => name[..end].to_owned(),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_critical_path_is_one_between_registers() {
        let part = |kind: &str, delay: f64, net: &str, to: &str| serde_json::json!({"type": kind, "delay": delay, "net": net, "to": {"cell": to, "port": "I0"}});
        let path = |from: &str, delay: f64, net: &str| serde_json::json!({"from": from, "to": "posedge clk", "path": [part("routing", delay, net, "x"), part("logic", 0.5, net, "end")]});
        let report = serde_json::json!({"critical_paths": [
            path("<async>", 30.0, "pin"), path("posedge clk", 3.25, "u_a.q_SB_LUT4_I1_O[2]"), path("posedge clk", 2.0, "u_b.q")]});
        let found = critical(&report, &["_SB_", "_RDATA"], || None).unwrap();
        assert_eq!((found.ns, found.routing_ns, found.levels), (3.75, 3.25, 1));
        assert_eq!(found.through, ["u_a.q", "end"]);
        assert_eq!(
            described(
                "u_guard.seen_tag.0.0_RDATA_2_SB_LUT4_I1_O[3]",
                &["_SB_", "_RDATA"]
            ),
            "u_guard.seen_tag.0.0"
        );
        assert_eq!(described("$abc$1234", &[]), "$abc$1234");
        assert_eq!(critical(&serde_json::json!({}), &[], || None), None);
    }
}

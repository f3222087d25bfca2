//! nextpnr: places and routes a netlist, on pins of its own choice.

use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::error::{Shortage, SynthError};
use super::target::{Family, Target};
use crate::engine::tool::{Run, ToolFailure, Toolbox};

/// Longest run of nextpnr.
const LIMIT: Duration = Duration::from_secs(3600);

/// A placed and routed design.
#[derive(Clone, Debug, PartialEq)]
pub struct Placement {
    /// Logic cells of iCE40, `TRELLIS_COMB` of ECP5.
    pub cells: usize,
    /// How many of them the device has.
    pub available: usize,
    /// Block RAMs.
    pub bram: usize,
    /// Multiplier blocks.
    pub dsp: usize,
    /// Clock rate of the slowest clock in MHz; `None` for a design without a register to register path.
    pub fmax_mhz: Option<f64>,
    /// The slowest path between two registers.
    pub critical: Option<CriticalPath>,
}

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

/// Places and routes `netlist`, one file of `folder`.
///
/// # Errors
/// nextpnr is missing or fails (a design that does not fit fails), or its report is not understood.
pub fn place(
    toolbox: &Toolbox,
    folder: &Path,
    netlist: &Path,
    target: &Target,
    seed: u32,
) -> Result<Placement, SynthError> {
    let stem = format!("{}_{seed}", target.name);
    let report = format!("{stem}_report.json");
    let extra = ["--seed", &seed.to_string(), "--report", &report].map(str::to_owned);
    nextpnr(toolbox, folder, netlist, target, (&stem, &extra))?;
    read(&folder.join(&report), target.family)
}

/// One run of nextpnr with `extra` arguments; its log is `STEM_nextpnr.log`.
pub(super) fn nextpnr(
    toolbox: &Toolbox,
    folder: &Path,
    netlist: &Path,
    target: &Target,
    (stem, extra): (&str, &[String]),
) -> Result<(), SynthError> {
    let program = toolbox.require("synth", target.family.placer())?;
    let mut arguments = vec![
        target.device.to_owned(),
        "--package".to_owned(),
        target.package.to_owned(),
        "--json".to_owned(),
        netlist
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default(),
        "--timing-allow-fail".to_owned(),
    ];
    arguments.extend_from_slice(extra);
    if let Some(speed) = target.speed {
        arguments.extend(["--speed".to_owned(), speed.to_owned()]);
    }
    if target.family == Family::Ecp5 {
        arguments.push("--lpf-allow-unconstrained".to_owned());
    }
    Run::new(&program, folder, &format!("{stem}_nextpnr.log"))
        .args(&arguments)
        .timeout(LIMIT)
        .output()
        .map_err(|failure| refused(failure, target))?;
    Ok(())
}

/// A run that failed: because of the device's size, or for another reason.
fn refused(failure: ToolFailure, target: &Target) -> SynthError {
    let log = std::fs::read_to_string(&failure.log).unwrap_or_default();
    let shortages = shortages(&log, target.family);
    if shortages.is_empty() {
        return failure.keep_log().into();
    }
    SynthError::TooLarge {
        target: target.name,
        shortages,
    }
}

/// What nextpnr's table of utilisation counts more of than there is.
fn shortages(log: &str, family: Family) -> Vec<Shortage> {
    let rows = log
        .lines()
        .skip_while(|line| !line.contains("Device utilisation"))
        .skip(1);
    rows.map_while(|line| {
        let (kind, numbers) = line.strip_prefix("Info:")?.trim().split_once(':')?;
        let (used, rest) = numbers.split_once('/')?;
        let used = used.trim().parse().ok()?;
        let available = rest.split_whitespace().next()?.parse().ok()?;
        Some((kind.trim(), used, available))
    })
    .filter(|(_, used, available): &(&str, usize, usize)| used > available)
    .map(|(kind, used, available)| Shortage {
        what: resource(kind, family),
        used,
        available,
    })
    .collect()
}

/// A kind of nextpnr's table in words.
fn resource(kind: &str, family: Family) -> String {
    match kind {
        "ICESTORM_LC" => "logic cells",
        "ICESTORM_RAM" | "DP16KD" => "block RAMs",
        "ICESTORM_DSP" | "MULT18X18D" => "multiplier blocks",
        "ICESTORM_SPRAM" => "large memories",
        "TRELLIS_COMB" => "cells (TRELLIS_COMB)",
        "TRELLIS_FF" => "flip-flops",
        "SB_IO" | "TRELLIS_IO" => "pins",
        other => return format!("{other} of {}", family.name()),
    }
    .to_owned()
}

fn read(path: &Path, family: Family) -> Result<Placement, SynthError> {
    let unreadable = |what: String| SynthError::Unreadable {
        file: path.display().to_string(),
        what,
    };
    let text = std::fs::read_to_string(path)?;
    let root: Value = serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
    let number = |cell: &str, column: &str| {
        root["utilization"][cell][column]
            .as_u64()
            .and_then(|count| usize::try_from(count).ok())
    };
    let (logic, bram, dsp) = match family {
        Family::Ice40 => ("ICESTORM_LC", "ICESTORM_RAM", "ICESTORM_DSP"),
        Family::Ecp5 => ("TRELLIS_COMB", "DP16KD", "MULT18X18D"),
    };
    let logic = |column: &str| {
        number(logic, column).ok_or_else(|| unreadable(format!("no utilization.{logic}.{column}")))
    };
    let clocks = root["fmax"]
        .as_object()
        .into_iter()
        .flat_map(|map| map.values());
    Ok(Placement {
        cells: logic("used")?,
        available: logic("available")?,
        bram: number(bram, "used").unwrap_or(0),
        dsp: number(dsp, "used").unwrap_or(0),
        fmax_mhz: clocks
            .filter_map(|clock| clock["achieved"].as_f64())
            .reduce(f64::min),
        critical: critical(&root),
    })
}

/// The slowest of the report's paths that begins and ends at a clock.
fn critical(report: &Value) -> Option<CriticalPath> {
    let clocked = |path: &Value, end: &str| {
        path[end]
            .as_str()
            .is_some_and(|event| event.contains("edge "))
    };
    let paths = report["critical_paths"].as_array()?.iter();
    paths
        .filter(|path| clocked(path, "from") && clocked(path, "to"))
        .filter_map(|path| one_path(path["path"].as_array()?))
        .max_by(|a, b| a.ns.total_cmp(&b.ns))
}

fn one_path(parts: &[Value]) -> Option<CriticalPath> {
    let sum = |routing_alone: bool| -> f64 {
        let counted = parts
            .iter()
            .filter(|part| !routing_alone || part["type"] == "routing");
        let ns: f64 = counted.filter_map(|part| part["delay"].as_f64()).sum();
        (ns * 100.0).round() / 100.0
    };
    let nets = parts.iter().filter_map(|part| part["net"].as_str());
    let end = parts.last()?["to"]["cell"].as_str()?;
    let mut through: Vec<String> = nets.chain([end]).map(described).collect();
    through.dedup();
    Some(CriticalPath {
        ns: sum(false),
        routing_ns: sum(true),
        levels: parts.iter().filter(|part| part["type"] == "logic").count(),
        through,
    })
}

/// A netlist's name without what mapping appended to it: the name of the description that it was made from.
fn described(name: &str) -> String {
    const APPENDED: &[&str] = &[
        "_SB_",
        "_LUT4",
        "_TRELLIS_",
        "_CCU2C",
        "_PFUMX",
        "_L6MUX",
        "_MULT18",
        "_DP16KD",
        "_RDATA",
        "$",
    ];
    let end = APPENDED.iter().filter_map(|mark| name.find(mark)).min();
    match end {
        Some(end) if end > 0 => name[..end].to_owned(),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_utilisation_says_what_is_short() {
        let log = "Info: constraining clock net\n\
                   Info: Device utilisation:\n\
                   Info: \t         ICESTORM_LC:  4121/ 1280   321%\n\
                   Info: \t        ICESTORM_RAM:    17/   16   106%\n\
                   Info: \t               SB_IO:    33/  112    29%\n\
                   \n\
                   Info: SB_GB: 9/ 8\n\
                   ERROR: Unable to place cell 'x', no BELs remaining to implement cell type 'ICESTORM_LC'\n";
        let found = shortages(log, Family::Ice40);
        let said: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "4121 logic cells, 1280 are there (2841 too many)",
                "17 block RAMs, 16 are there (1 too many)"
            ]
        );
        assert_eq!(shortages("ERROR: no such file", Family::Ecp5), []);
    }

    #[test]
    fn the_critical_path_is_one_between_registers() {
        let part = |kind: &str, delay: f64, net: &str, to: &str| serde_json::json!({"type": kind, "delay": delay, "net": net, "to": {"cell": to, "port": "I0"}});
        let path = |from: &str, delay: f64, net: &str| serde_json::json!({"from": from, "to": "posedge clk", "path": [part("routing", delay, net, "x"), part("logic", 0.5, net, "end")]});
        let report = serde_json::json!({"critical_paths": [
            path("<async>", 30.0, "pin"), path("posedge clk", 3.25, "u_a.q_SB_LUT4_I1_O[2]"), path("posedge clk", 2.0, "u_b.q")]});
        let found = critical(&report).unwrap();
        assert_eq!((found.ns, found.routing_ns, found.levels), (3.75, 3.25, 1));
        assert_eq!(found.through, ["u_a.q", "end"]);
        assert_eq!(
            described("u_guard.seen_tag.0.0_RDATA_2_SB_LUT4_I1_O[3]"),
            "u_guard.seen_tag.0.0"
        );
        assert_eq!(described("$abc$1234"), "$abc$1234");
        assert_eq!(critical(&serde_json::json!({})), None);
    }
}

//! The netlist of a neuron unit is its Verilog, for every sequence of inputs: a miter of both, proved by ABC.
//!
//! Both sides start with every register at 0, as an iCE40 does. Multipliers have the same structure on both sides, so that
//! equivalent points are found inside them; those of more than about 16 by 8 bits are not tractable this way, and simulation of
//! the netlist stands for them. ABC ends with status 0 whatever it finds: its words count.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use goldspike::engine::tool::{Run, Toolbox, YOSYS};
use goldspike::hdl::{Module, all_modules, verilog};
use goldspike::rtl::{DesignOptions, Fabric, LaneChoice, design};
use goldspike::synth::{Family, Job, map, simulated, target, units};
use goldspike_testbench::small::references;
use goldspike_testbench::tools::missing;

/// Seconds that ABC is given.
const LIMIT: u64 = 300;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Proved,
    Refuted,
    Unknown,
}

/// Verilog and memory contents of a unit in `folder`; the files of the Verilog.
fn laid_out(unit: &Arc<Module>, folder: &Path) -> Vec<PathBuf> {
    let mut sources = Vec::new();
    for module in all_modules(unit) {
        let file = verilog(&module, "").unwrap();
        let name = PathBuf::from(format!("{}.v", file.name));
        fs::write(folder.join(&name), file.text).unwrap();
        for (name, words) in file.memory_files {
            fs::write(folder.join(name), words).unwrap();
        }
        sources.push(name);
    }
    sources
}

/// The unit as it is described, altered by `alter`, against the netlist of the unit.
fn compared(unit: &Arc<Module>, alter: impl Fn(String) -> String) -> Verdict {
    let toolbox = Toolbox::from_environment();
    let yosys = toolbox.find(YOSYS).unwrap();
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let sources = laid_out(unit, folder);
    let top = unit.name();
    let job = Job {
        folder,
        sources: &sources,
        top,
        apart: None,
    };
    let mapped = map(&toolbox, &job, target("hx8k").unwrap()).unwrap();
    let (text, _) = simulated(&toolbox, &mapped, Family::Ice40).unwrap();
    fs::write(folder.join("netlist.v"), text).unwrap();
    let described = folder.join(format!("{top}.v"));
    fs::write(&described, alter(fs::read_to_string(&described).unwrap())).unwrap();
    let files: Vec<String> = sources
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let script = format!(
        "read_verilog {}; hierarchy -top {top}; proc; flatten; opt -full; memory_map; rename {top} gold; design -stash gold; \
         read_verilog -D NO_ICE40_DEFAULT_ASSIGNMENTS -D EQUIV netlist.v {}; hierarchy -check -top {top}; proc; flatten; opt_clean; \
         rename {top} gate; design -stash gate; \
         design -copy-from gold -as gold gold; design -copy-from gate -as gate gate; \
         miter -equiv -flatten gold gate miter; hierarchy -top miter; opt; alumacc; techmap; opt; async2sync; \
         dfflegalize -cell $_DFF_P_ 01; opt_expr; opt_clean; aigmap; opt_clean; write_aiger -zinit miter.aig",
        files.join(" "),
        mapped.models().unwrap().display()
    );
    Run::new(&yosys, folder, "miter.log")
        .args(["-p", &script])
        .output()
        .unwrap();
    let abc = yosys.with_file_name("yosys-abc");
    assert!(abc.is_file(), "{} is a part of Yosys", abc.display());
    let said = Run::new(&abc, folder, "abc.log")
        .args([
            "-c",
            "read_aiger miter.aig; strash; scorr -F 1 -C 200000; dprove",
        ])
        .timeout(Duration::from_secs(LIMIT))
        .output();
    said.map_or(Verdict::Unknown, |said| verdict(&said))
}

/// What ABC's words say.
fn verdict(said: &str) -> Verdict {
    let has = |words: &str| said.contains(words);
    if has("was asserted in frame")
        || has("Networks are NOT EQUIVALENT")
        || said.lines().any(|line| line.starts_with("SATISFIABLE"))
    {
        Verdict::Refuted
    } else if said.lines().any(|line| line.starts_with("UNSATISFIABLE"))
        || has("Networks are equivalent")
    {
        Verdict::Proved
    } else {
        println!("{said}");
        Verdict::Unknown
    }
}

/// Lanes of 12-bit membranes and 7-bit factors, of every model.
fn models() -> Vec<(String, Arc<Module>)> {
    let lane_of = |top: &Arc<Module>| {
        let mut modules = all_modules(top).into_iter();
        modules
            .find(|module| module.name().ends_with("_l0_lane"))
            .expect("a lane")
    };
    let lanes = references().into_iter().map(|(small, synapse, neuron)| {
        let options = DesignOptions {
            lanes: LaneChoice::All(synapse),
            neuron_lanes: LaneChoice::All(neuron),
            fabric: Fabric::ICE40,
            ..DesignOptions::default()
        };
        let design = design(&small.network(), &options).unwrap();
        (small.name.to_owned(), lane_of(&design.top))
    });
    lanes.collect()
}

/// Lanes of 16-bit membranes that have no product.
fn without_products() -> Vec<(String, Arc<Module>)> {
    let units = units().unwrap().into_iter();
    units
        .filter(|unit| unit.multipliers == 0)
        .map(|unit| (format!("unit {}", unit.name), unit.module))
        .collect()
}

fn proved(lanes: &[(String, Arc<Module>)], at_least: usize) {
    if missing(YOSYS) {
        return;
    }
    assert!(lanes.len() >= at_least, "{}", lanes.len());
    for (name, lane) in lanes {
        assert_eq!(compared(lane, |text| text), Verdict::Proved, "{name}");
    }
}

/// Two products in a row, which takes ABC as long as all the others.
const LONGEST: &str = "glif";

#[test]
fn the_netlist_of_the_lane_of_each_model_is_its_verilog_for_all_inputs() {
    let mut lanes = models();
    lanes.retain(|(name, _)| name != LONGEST);
    proved(&lanes, 9);
}

#[test]
fn the_netlist_of_the_longest_lane_is_its_verilog_for_all_inputs() {
    let mut lanes = models();
    lanes.retain(|(name, _)| name == LONGEST);
    proved(&lanes, 1);
}

#[test]
fn the_netlist_of_a_lane_without_products_is_its_verilog_for_all_inputs() {
    proved(&without_products(), 7);
}

#[test]
fn a_lane_of_another_threshold_is_refuted() {
    if missing(YOSYS) {
        return;
    }
    let (_, lane) = models().remove(0);
    let altered = compared(&lane, |text| {
        let altered = text.replace("fire = ~margin", "fire = (|margin) & ~margin");
        assert_ne!(text, altered);
        altered
    });
    assert_eq!(altered, Verdict::Refuted);
}

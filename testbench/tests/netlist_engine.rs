//! The engine `netlist`: what Yosys maps the design to, on each family, equals the golden model; and what is wrong with a
//! netlist or with a compiled one in the cache is said, and nothing passes then.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs)]

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use goldspike::engine::tool::Toolbox;
use goldspike::engine::{EngineError, Netlist};
use goldspike::rtl::{DesignOptions, LaneChoice};
use goldspike::synth::{SynthError, Target, simulated};
use goldspike::verify::{EngineReport, VerifyError};
use goldspike_golden::neuron::ModelId;
use goldspike_testbench::on_device::{device, hardware, lanes, mapped, verified};
use goldspike_testbench::planted::replaced;
use goldspike_testbench::small::Small;
use goldspike_testbench::tools::missing;

fn tools() -> bool {
    !Netlist::tools().any(missing)
}

fn options(on: &Target, probe: bool) -> DesignOptions {
    DesignOptions {
        probe,
        fabric: on.fabric(),
        ..lanes(2, 1)
    }
}

/// The network's samples with pauses, in the form of the device's cells, on an engine.
fn verify(
    small: &Small,
    probe: bool,
    on: &'static Target,
    altered: impl FnOnce(Netlist) -> Netlist,
) -> Result<EngineReport, VerifyError> {
    verified(small, &options(on, probe), altered(Netlist::new(on)))
}

fn error(result: Result<EngineReport, VerifyError>) -> EngineError {
    match result {
        Err(VerifyError::Engine(error)) => error,
        other => panic!("an engine's error: {other:?}"),
    }
}

/// Products in crossbar and neurons: multiplier blocks where the device has them.
fn multiplying() -> Small {
    Small {
        name: "products",
        model: ModelId::Lif,
        payload_max: 9,
        per_neuron: true,
        ..Small::default()
    }
}

/// Two products in a row, constants by step.
fn conducting() -> Small {
    Small {
        name: "conducting",
        model: ModelId::Glif,
        modes: ModelId::Glif.info().modes.first(),
        per_step: true,
        ..Small::default()
    }
}

#[test]
fn a_netlist_of_each_family_equals_the_golden_model() {
    if !tools() {
        return;
    }
    for (small, probe, name) in [
        (Small::default(), true, "hx1k"),
        (conducting(), true, "hx8k"),
        (multiplying(), true, "up5k"),
        (multiplying(), true, "ecp5-25k"),
    ] {
        let report = verify(&small, probe, device(name), |engine| engine).unwrap();
        let compared = &report.comparison;
        assert!(compared.passed(), "{name}: {compared:?}");
        let steps: usize = small
            .samples()
            .iter()
            .map(|sample| sample.steps.len())
            .sum();
        let neurons = if probe { 5 } else { 2 };
        assert_eq!(compared.spikes_compared, (steps * neurons) as u64, "{name}");
        assert_eq!(compared.membranes_compared > 0, probe, "{name}");
        assert!(report.version.starts_with(name), "{}", report.version);
    }
}

/// A network whose first layer's weights, 32 words, go into block memory in ports of 36 bits, with these lanes.
fn absorbed(small: &Small, on: &'static Target, lanes: u32) -> String {
    let options = DesignOptions {
        lanes: LaneChoice::All(lanes),
        ..options(on, false)
    };
    let folder = tempfile::tempdir().unwrap();
    let mapped = mapped(&hardware(small, &options), folder.path(), on).unwrap();
    assert!(mapped.output_registers > 0, "{mapped:?}");
    let (text, _) = simulated(&Toolbox::from_environment(), &mapped, on.family).unwrap();
    let report = verified(small, &options, Netlist::new(on)).unwrap();
    assert!(report.comparison.passed(), "{report:?}");
    assert!(report.comparison.spikes_compared > 0);
    text
}

/// Parameters of the weights' memories in a netlist.
fn weight_memories(text: &str) -> Vec<&str> {
    text.split("DP16KD #(")
        .skip(1)
        .filter_map(|cell| cell.split(");").next())
        .filter(|cell| cell.contains("u_crossbar.weights"))
        .collect()
}

#[test]
fn registers_of_ecp5_multipliers_are_in_the_simulated_netlist() {
    if !tools() {
        return;
    }
    let products = Small {
        sizes: vec![64, 16, 2],
        payload_max: 255,
        weight_bits: 8,
        membrane_bits: 24,
        ..Small::default()
    };
    let text = absorbed(&products, device("ecp5-25k"), 2);
    let multipliers: Vec<&str> = text
        .split(';')
        .filter(|cell| cell.contains("MULT18X18D #("))
        .collect();
    for register in ["INPUTA", "INPUTB", "OUTPUT"] {
        let on = format!(".REG_{register}_CLK(\"CLK0\")");
        assert!(multipliers.iter().any(|cell| cell.contains(&on)), "{on}");
    }
}

#[test]
fn output_registers_of_ecp5_are_in_the_simulated_netlist() {
    if !tools() {
        return;
    }
    let wide = Small {
        sizes: vec![64, 16, 2],
        ..Small::default()
    };
    let on = device("ecp5-25k");
    let narrow = absorbed(&wide, on, 2);
    assert!(narrow.contains("\"OUTREG\""));
    let text = absorbed(&wide, on, 16);
    let memories = weight_memories(&text);
    let pseudo = memories
        .iter()
        .filter(|cell| cell.contains(".DATA_WIDTH_B(32'd36)"));
    let mut seen = 0;
    for cell in pseudo {
        assert!(cell.contains(".REGMODE_A(\"OUTREG\")"), "{cell}");
        assert!(cell.contains(".REGMODE_B(\"OUTREG\")"), "{cell}");
        seen += 1;
    }
    assert!(seen > 0, "no weights in ports of 36 bits");
}

#[test]
fn copies_of_addresses_on_ecp5_are_in_the_simulated_netlist() {
    if !tools() {
        return;
    }
    let far = Small {
        sizes: vec![1024, 36, 2],
        weight_bits: 8,
        ..Small::default()
    };
    let text = absorbed(&far, device("ecp5-25k"), 18);
    let mut sharing: HashMap<[&str; 2], usize> = HashMap::new();
    for memory in weight_memories(&text) {
        let address = [".ADA13(", ".ADB13("].map(|port| {
            let (_, net) = memory.split_once(port).unwrap();
            net.split_once(')').unwrap().0
        });
        *sharing.entry(address).or_default() += 1;
    }
    let mut sharing: Vec<usize> = sharing.into_values().collect();
    sharing.sort_unstable();
    assert_eq!(
        sharing,
        [1, 4, 6, 6],
        "that of the second layer; 16 of the first, six at a register"
    );
}

#[test]
fn a_bug_in_the_netlist_is_seen() {
    if !tools() {
        return;
    }
    let engine =
        |engine: Netlist| engine.patched(replaced("_l0_lane.v", "fire = ~margin", "fire = margin"));
    let report = verify(&Small::default(), false, device("hx8k"), engine).unwrap();
    assert!(report.comparison.mismatches > 0, "{report:?}");
}

#[test]
fn a_cell_that_the_family_does_not_have_is_refused() {
    if !tools() {
        return;
    }
    let engine = |engine: Netlist| {
        engine.patched(replaced(
            "gs_small.v",
            "assign protocol_error_o = ",
            "assign protocol_error_o = rst_i ? 1'bz : ",
        ))
    };
    let error = error(verify(&Small::default(), false, device("hx8k"), engine));
    let EngineError::Synth { engine, error } = &error else {
        panic!("{error}");
    };
    assert!(
        matches!(error.error(), SynthError::Unmapped { kind, .. } if kind == "$_TBUF_"),
        "{error}"
    );
    assert_eq!(*engine, "netlist");
}

#[test]
fn a_cell_that_nobody_knows_is_refused() {
    if !tools() {
        return;
    }
    let engine = |engine: Netlist| {
        engine.patched(replaced(
            "_guard.v",
            "endmodule",
            "GS_UNKNOWN u_unknown (.A(1'b1));\nendmodule",
        ))
    };
    let error = error(verify(&Small::default(), false, device("hx8k"), engine));
    assert!(matches!(error, EngineError::Synth { .. }), "{error}");
    assert!(error.to_string().contains("GS_UNKNOWN"), "{error}");
}

/// The entries of a cache.
fn entries(cache: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(cache)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let named = |path: &std::path::PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.starts_with("verilator-")
    };
    entries.filter(named).collect()
}

#[test]
fn a_stale_cache_entry_is_refused_and_a_whole_one_is_used() {
    if !tools() {
        return;
    }
    let cache = tempfile::tempdir().unwrap();
    let run = || {
        let engine = |engine: Netlist| engine.with_cache(cache.path().to_owned());
        verify(&Small::default(), false, device("hx8k"), engine)
    };
    let first = run().unwrap();
    assert!(first.comparison.passed());
    let [entry] = entries(cache.path()).try_into().unwrap();
    let before = fs::metadata(entry.join("sim")).unwrap().modified().unwrap();
    assert_eq!(run().unwrap().comparison, first.comparison);
    let after = fs::metadata(entry.join("sim")).unwrap().modified().unwrap();
    assert_eq!(before, after, "built once");
    // A program that answers, but is another one.
    fs::write(entry.join("sim"), "#!/bin/sh\nexit 0\n").unwrap();
    let error = error(run());
    assert!(
        matches!(&error, EngineError::Stale { engine: "netlist", file, .. } if file == "sim"),
        "{error}"
    );
    assert!(error.to_string().contains(&entry.display().to_string()));
}

#[test]
fn a_missing_tool_is_named() {
    let engine = |engine: Netlist| engine.with_tools(Toolbox::of([]));
    let error = error(verify(&Small::default(), false, device("ecp5-25k"), engine));
    assert!(
        matches!(&error, EngineError::Missing { engine: "netlist", message } if message.contains("yosys")),
        "{error}"
    );
}

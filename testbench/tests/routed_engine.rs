//! The engine `routed`: a design as nextpnr-ecp5 placed and routed it equals the golden model, and its bitstream equals it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs)]

use std::fs;
use std::path::Path;

use goldspike::engine::tool::{ECPPACK, Run, Toolbox};
use goldspike::engine::{EngineError, Routed};
use goldspike::rtl::DesignOptions;
use goldspike::synth::{Files, SynthError, Target, route, routed, window};
use goldspike::verify::VerifyError;
use goldspike_golden::neuron::ModelId;
use goldspike_testbench::on_device::{self, hardware, lanes, mapped, verified};
use goldspike_testbench::small::Small;
use goldspike_testbench::tools::missing;
use serde_json::Value;

fn tools() -> bool {
    !Routed::tools().any(missing)
}

fn device() -> &'static Target {
    on_device::device("ecp5-25k")
}

/// In the form of the device's cells, with the probe.
fn options((synapses, neurons): (u32, u32)) -> DesignOptions {
    DesignOptions {
        probe: true,
        fabric: device().fabric(),
        ..lanes(synapses, neurons)
    }
}

/// Products in crossbar and neurons, and enough synapses for block memories of 36 bits.
fn multiplying() -> Small {
    Small {
        name: "products",
        model: ModelId::Lif,
        sizes: vec![64, 8, 2],
        payload_max: 9,
        per_neuron: true,
        ..Small::default()
    }
}

/// Lanes of synapses and of neurons.
const WIDE: (u32, u32) = (8, 1);

#[test]
fn a_routed_design_behind_a_window_equals_the_golden_model() {
    if !tools() {
        return;
    }
    let small = Small {
        sizes: vec![4, 4, 4],
        ..Small::default()
    };
    let options = options((4, 4));
    let design = hardware(&small, &options);
    let frame = window(&design.top, device()).unwrap();
    assert!(frame.is_some(), "{} pins are enough", device().holds.pins);
    let report = verified(&small, &options, Routed::new(device())).unwrap();
    let compared = &report.comparison;
    assert!(compared.passed(), "{compared:?}");
    assert!(compared.spikes_compared > 0 && compared.states_compared > 0);
    assert!(report.version.starts_with("ecp5-25k"), "{}", report.version);
}

/// The network with the probe, placed, routed and packed in the folder.
fn placed(small: &Small, folder: &Path) -> Files {
    let design = hardware(small, &options(WIDE));
    assert!(window(&design.top, device()).unwrap().is_none());
    let mapped = mapped(&design, folder, device()).unwrap();
    let toolbox = Toolbox::from_environment();
    route(&toolbox, folder, &mapped, device()).unwrap()
}

/// The netlist as it is in the file, altered.
fn altered(files: &Files, alter: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut root: Value = serde_json::from_slice(&fs::read(&files.netlist).unwrap()).unwrap();
    let (_, module) = root["modules"]
        .as_object_mut()
        .unwrap()
        .iter_mut()
        .next()
        .unwrap();
    alter(module);
    root.to_string().into_bytes()
}

/// The cell of a kind that has all that is asked of it.
fn cell<'a>(
    module: &'a mut Value,
    kind: &str,
    is: impl Fn(&str, &Value) -> bool,
) -> (&'a String, &'a mut Value) {
    let cells = module["cells"].as_object_mut().unwrap().iter_mut();
    let mut found = cells.filter(|(name, cell)| cell["type"] == kind && is(name, cell));
    found.next().unwrap_or_else(|| panic!("no such {kind}"))
}

/// A table of four inputs in a neuron's lane.
fn of_lane(name: &str, cell: &Value) -> bool {
    let connected = |port: &str| cell["connections"][port][0].is_u64();
    name.contains("u_layer0.u_neurons.u_lane0")
        && cell["parameters"]["MODE"].is_null()
        && ["A", "B", "C", "D"].into_iter().all(connected)
}

/// A block memory with weights that are not all zero.
fn of_weights(name: &str, cell: &Value) -> bool {
    let first = cell["parameters"]["INITVAL_00"].as_str().unwrap_or("");
    name.contains("u_layer0") && name.contains("weights") && first.contains('1')
}

/// The other digit of a word of bits, so many places from its lowest.
fn flip(bits: &mut Value, bit: usize) {
    let mut text = bits.as_str().unwrap().to_owned();
    let at = text.len() - 1 - bit;
    let digit = if &text[at..=at] == "1" { "0" } else { "1" };
    text.replace_range(at..=at, digit);
    *bits = text.into();
}

/// Packs a configuration of the folder.
fn packed(folder: &Path, configuration: &str) -> Vec<u8> {
    fs::write(folder.join("altered.config"), configuration).unwrap();
    let program = Toolbox::from_environment().find(ECPPACK).unwrap();
    Run::new(&program, folder, "pack.log")
        .args(["altered.config", "altered.bit"])
        .output()
        .unwrap();
    fs::read(folder.join("altered.bit")).unwrap()
}

/// Row, column and name of a site.
fn site(cell: &Value) -> (String, String) {
    let site = cell["attributes"]["NEXTPNR_BEL"].as_str().unwrap();
    let parts: Vec<&str> = site.split('/').collect();
    let tile = format!("R{}C{}:", &parts[1][1..], &parts[0][1..]);
    (tile, parts[2].to_owned())
}

#[test]
fn a_routed_design_equals_the_golden_model_and_faults_in_it_are_seen() {
    if !tools() {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let small = multiplying();
    let files = placed(&small, folder);
    let toolbox = Toolbox::from_environment();
    let read = |files: &Files| routed(&toolbox, folder, files, device(), "gs_top");
    let whole = read(&files).unwrap();
    let agreed = whole.agreement;
    assert!(agreed.switches > 1000 && agreed.tables > 100, "{agreed:?}");
    assert!(agreed.registers > 100 && agreed.memories > 0, "{agreed:?}");
    let wide = ".DATA_WIDTH_B(32'b00000000000000000000000000100100)";
    let mut memories = whole.verilog.lines().filter(|line| line.contains(wide));
    assert!(memories.any(|line| line.contains(".REGMODE_A(\"OUTREG\")")));
    assert!(whole.verilog.contains("MULT18X18D"));

    let netlist = fs::read(&files.netlist).unwrap();
    let bitstream = fs::read(&files.bitstream).unwrap();
    let simulated = |netlist: &[u8], bitstream: &[u8]| {
        let engine = Routed::of_files(device(), netlist.to_vec(), bitstream.to_vec());
        verified(&small, &options(WIDE), engine).map(|report| report.comparison)
    };
    let own = simulated(&netlist, &bitstream).unwrap();
    assert!(own.passed() && own.states_compared > 0, "{own:?}");

    // A fault in the netlist alone or in the bitstream alone: the two differ, and nothing is simulated.
    let configuration = fs::read_to_string(folder.join("ecp5-25k_1.config")).unwrap();
    // One bit of a table: with all inputs 0, or all 1, the order of the inputs does not matter. The table of the constant 0 has no
    // inputs, and holds the multipliers' operands.
    let tables = [
        (of_lane as fn(&str, &Value) -> bool, 0),
        (|name: &str, _: &Value| name == "$PACKER_GND", 15),
    ]
    .map(|(is, bit)| {
        let mut found = (String::new(), String::new());
        let netlist = altered(&files, |module| {
            let (name, cell) = cell(module, "TRELLIS_COMB", is);
            let (tile, bel) = site(cell);
            let start = configuration.find(&format!(".tile {tile}PLC2")).unwrap();
            let line = format!("word: {bel}.INIT ");
            let at = start + configuration[start..].find(&line).unwrap() + line.len() + 15 - bit;
            let mut bits = configuration.clone();
            let digit = if &bits[at..=at] == "1" { "0" } else { "1" };
            bits.replace_range(at..=at, digit);
            found = (name.clone(), bits);
            flip(&mut cell["parameters"]["INITVAL"], bit);
        });
        (found.0, netlist, packed(folder, &found.1))
    });
    // One bit of the weights of an axon with an event.
    let samples = small.samples();
    let mut events = samples
        .iter()
        .flat_map(|sample| sample.steps.iter().flatten());
    let word = 2 * events.next().unwrap().address as usize;
    let mut word_bits = configuration.clone();
    let another_word = altered(&files, |module| {
        let (_, cell) = cell(module, "DP16KD", of_weights);
        let bits = cell["attributes"]["WID"].as_str().unwrap();
        let number = u32::from_str_radix(bits, 2).unwrap();
        let contents = format!(".bram_init {number}\n");
        // Eight values of 9 bits a line.
        let at = configuration.find(&contents).unwrap() + contents.len() + 4 * (2 * word) + 2;
        let digit = u8::from_str_radix(&configuration[at..=at], 16).unwrap() ^ 1;
        word_bits.replace_range(at..=at, &format!("{digit:x}"));
        let line = format!("INITVAL_{:02X}", word / 16);
        flip(&mut cell["parameters"][line], 20 * (word % 16));
    });
    let word_bits = packed(folder, &word_bits);
    let [lane, constant] = &tables;
    let in_memory = format!("half 0 of word {word} ");
    for (netlist, bitstream, what) in [
        (&lane.1, &bitstream, lane.0.as_str()),
        (&netlist, &lane.2, &lane.0),
        (&constant.1, &bitstream, &constant.0),
        (&another_word, &bitstream, &in_memory),
        (&netlist, &word_bits, &in_memory),
    ] {
        let refused = simulated(netlist, bitstream);
        let Err(VerifyError::Engine(EngineError::Synth { error, .. })) = &refused else {
            panic!("{what}: {refused:?}");
        };
        let SynthError::Differs { differences, .. } = error.error() else {
            panic!("{error}");
        };
        assert_eq!(differences.len(), 1, "{differences:?}");
        assert!(differences[0].contains(what), "{differences:?}");
    }
    // In both: the routed design is another one, and its simulation is not the golden model.
    for (netlist, bitstream) in [(&constant.1, &constant.2), (&another_word, &word_bits)] {
        let found = simulated(netlist, bitstream).unwrap();
        assert!(found.mismatches > 0, "{found:?}");
    }

    // What nobody knows, another device, no bitstream.
    let with = |name: &str, netlist: Vec<u8>, bitstream: &[u8]| {
        let files = Files {
            netlist: folder.join(format!("{name}.json")),
            bitstream: folder.join(format!("{name}.bit")),
        };
        fs::write(&files.netlist, netlist).unwrap();
        fs::write(&files.bitstream, bitstream).unwrap();
        files
    };
    let kind = altered(&files, |module| {
        cell(module, "TRELLIS_FF", |_, _| true).1["type"] = "OSCG".into();
    });
    let error = read(&with("kind", kind, &bitstream)).unwrap_err();
    assert!(
        matches!(&error, SynthError::Unmapped { kind, .. } if kind == "OSCG"),
        "{error}"
    );
    let clockless = altered(&files, |module| {
        let cell = cell(module, "TRELLIS_FF", |_, _| true).1;
        cell["connections"]["CLK"] = serde_json::json!([]);
    });
    let error = read(&with("open", clockless, &bitstream)).unwrap_err();
    assert!(matches!(&error, SynthError::Unsettled { what, .. } if what == "its CLK is open"));
    let cut = netlist[..netlist.len() / 2].to_vec();
    let error = read(&with("cut", cut, &bitstream)).unwrap_err();
    assert!(matches!(&error, SynthError::Unreadable { file, .. } if file.ends_with("cut.json")));
    let error = read(&with("text", netlist.clone(), b"not a bitstream")).unwrap_err();
    assert!(matches!(&error, SynthError::Tool(_)), "{error}");
    let other = on_device::device("ecp5-85k");
    let error = routed(&toolbox, folder, &files, other, "gs_top").unwrap_err();
    assert!(
        matches!(&error, SynthError::OtherDevice { expected: "LFE5U-85F", found, .. } if found == "LFE5U-25F"),
        "{error}"
    );
}

//! Each verb on the embedded network: exit code, the keys that scripts rely on, what is written.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "tests"
)]

mod cli_support;

use cli_support::{names, repository, run, text};
use serde_json::Value;

#[track_caller]
fn has(document: &Value, keys: &[&str]) {
    for key in keys {
        assert!(
            document.get(key).is_some(),
            "`{key}` is missing in {document:#}"
        );
    }
}

#[test]
fn run_as_integers() {
    let found = run(&["run", "digits", "--format", "json"]).json(0);
    has(
        &found,
        &[
            "network", "digest", "samples", "accuracy", "activity", "against",
        ],
    );
    has(
        &found["against"],
        &[
            "samples",
            "predictions_equal",
            "counts_equal",
            "traced_samples",
            "spikes_compared",
            "spikes_different",
            "membrane_max_error",
        ],
    );
    assert_eq!(found["samples"], 355);
    assert_eq!(found["digest"].as_str().unwrap().len(), 64);
    // 8-bit weights cost less than a point of the 96.34 % in double precision.
    assert!(found["accuracy"].as_f64().unwrap() > 0.9534);
    let activity: Vec<f64> = found["activity"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| a.as_f64().unwrap())
        .collect();
    assert!(
        activity.len() == 2 && activity.iter().all(|&share| share > 0.05 && share < 0.5),
        "{activity:?}"
    );
}

#[test]
fn run_in_double_precision_equals_the_framework() {
    let found = run(&["run", "digits", "--arith", "real", "--format", "json"]).json(0);
    let against = &found["against"];
    assert_eq!(against["samples"], 200);
    assert_eq!(
        (&against["predictions_equal"], &against["counts_equal"]),
        (&200.into(), &200.into())
    );
    assert!(against["spikes_compared"].as_u64().unwrap() > 4000);
    assert_eq!(against["spikes_different"], 0);
    assert!(against["membrane_max_error"].as_f64().unwrap() < 1e-4);
    assert!((found["accuracy"].as_f64().unwrap() - 0.963_380_281_690_140_9).abs() < 1e-12);
}

#[test]
fn a_dyadic_network_as_exact_integers_equals_the_framework() {
    let net = repository("testbench/workloads/nets/digits_q4_lif_hard");
    let data = repository("examples/digits/data.npz");
    let trace = repository("testbench/workloads/traces/digits_q4_lif_hard.npz");
    let arguments = [
        "run",
        text(&net),
        "--exact",
        "--data",
        text(&data),
        "--against",
        text(&trace),
        "--format",
        "json",
    ];
    let found = run(&arguments).json(0);
    let against = &found["against"];
    assert_eq!(
        (&against["samples"], &against["counts_equal"]),
        (&200.into(), &200.into())
    );
    assert!(against["spikes_compared"].as_u64().unwrap() > 1000);
    assert_eq!(
        (&against["spikes_different"], &against["membrane_max_error"]),
        (&0.into(), &0.0.into())
    );
}

#[test]
fn a_difference_where_nothing_is_rounded_is_a_mismatch() {
    // The trace of another network of the same shape.
    let trace = repository("testbench/workloads/traces/digits_lif_soft.npz");
    let different = [
        "run",
        "digits",
        "--arith",
        "real",
        "--samples",
        "5",
        "--against",
        text(&trace),
    ];
    let ran = run(&different);
    assert!(ran.stdout.contains("first difference"), "{}", ran.stdout);
    ran.ended(1);
}

#[test]
fn threads_do_not_change_a_result() {
    let one = run(&["run", "digits", "--jobs", "1", "--format", "json"]).ended(0);
    let many = run(&["run", "digits", "--jobs", "5", "--format", "json"]).ended(0);
    assert_eq!(one, many);
}

#[test]
fn run_on_the_hardware_equals_the_golden_model() {
    let mut golden = run(&["run", "digits", "--samples", "40", "--format", "json"]).json(0);
    let mut hardware = run(&[
        "run",
        "digits",
        "--samples",
        "40",
        "--engine",
        "rust-hdl",
        "--format",
        "json",
    ])
    .json(0);
    assert_eq!(
        (golden["engine"].take(), hardware["engine"].take()),
        ("golden".into(), "rust-hdl".into())
    );
    assert_eq!(golden, hardware);
}

#[test]
fn quantize_then_run_is_run() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("quant");
    let report = run(&[
        "quantize",
        "digits",
        "-o",
        text(&folder),
        "--format",
        "json",
    ])
    .json(0);
    has(&report, &["layers", "accuracy_float", "accuracy_quant"]);
    for layer in report["layers"].as_array().unwrap() {
        has(
            layer,
            &[
                "name",
                "weight_bits",
                "membrane",
                "accumulator_bits",
                "saturation",
                "clipped_weights",
                "scale",
                "at_limit",
            ],
        );
        assert!(["reachable", "unreachable"].contains(&layer["saturation"].as_str().unwrap()));
        assert!(layer["membrane"].as_str().unwrap().starts_with('I'));
    }
    assert_eq!(
        names(&folder),
        [".goldspike", "quant.json", "quant.safetensors"]
    );
    let data = repository("examples/digits/data.npz");
    let stored = run(&[
        "run",
        text(&folder),
        "--data",
        text(&data),
        "--format",
        "json",
    ])
    .json(0);
    let direct = run(&["run", "digits", "--format", "json"]).json(0);
    for key in ["digest", "accuracy", "activity", "spikes", "samples"] {
        assert_eq!(stored[key], direct[key], "{key}");
    }
    assert_eq!(
        (&stored["digest"], &stored["accuracy"]),
        (&report["digest"], &report["accuracy_quant"])
    );
    let file = folder.join("quant.json");
    assert_eq!(
        run(&[
            "run",
            text(&file),
            "--data",
            text(&data),
            "--format",
            "json"
        ])
        .json(0),
        stored
    );
}

#[test]
fn generate_twice_gives_the_same_bytes() {
    let scratch = tempfile::tempdir().unwrap();
    let write = |name: &str| {
        let folder = scratch.path().join(name);
        let arguments = [
            "generate",
            "digits",
            "-o",
            text(&folder),
            "--lanes",
            "64",
            "--probe",
            "--testbench",
            "--samples",
            "2",
        ];
        let ran = run(&arguments);
        assert!(
            ran.stderr
                .contains("layer n1 gets 10 synapse lanes (it has 10 neurons"),
            "{}",
            ran.stderr
        );
        ran.ended(0);
        let rtl = names(&folder.join("rtl"));
        let tb = names(&folder.join("tb"));
        assert!(rtl.contains(&"gs_digits_lif_hard.v".to_owned()), "{rtl:?}");
        assert!(tb.contains(&"tb_gs_digits_lif_hard.v".to_owned()), "{tb:?}");
        rtl.iter()
            .map(|name| std::fs::read(folder.join("rtl").join(name)).unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(write("a"), write("b"));
    assert_eq!(write("a"), write("b"), "over the first ones");
    assert_eq!(names(scratch.path()), ["a", "b"]);
}

#[test]
fn the_bench_plays_as_much_as_there_is_to_play() {
    let scratch = tempfile::tempdir().unwrap();
    let data_less = repository("testbench/workloads/nets/digits_latency");
    let folder = scratch.path().join("out");
    let plays = |network: &str, flags: &[&str]| -> [usize; 3] {
        let mut arguments = vec!["generate", network, "-o", text(&folder), "--testbench"];
        arguments.extend(flags);
        run(&arguments).ended(0);
        let bench = names(&folder.join("tb"))
            .into_iter()
            .find(|name| name.ends_with(".v"))
            .unwrap();
        let bench = std::fs::read_to_string(folder.join("tb").join(bench)).unwrap();
        let line = bench
            .lines()
            .find(|line| line.contains("Self-checking bench"))
            .unwrap();
        let counts = line.split_once(": ").unwrap().1;
        let numbers: Vec<usize> = counts
            .split([' ', ','])
            .filter_map(|word| word.parse().ok())
            .collect();
        numbers.try_into().unwrap()
    };
    let [samples, steps, beats] = plays("digits", &["--constant-input", "recompute"]);
    assert!(
        samples >= 8 && steps >= 64,
        "{samples} samples, {steps} steps"
    );
    assert!((8192..9000).contains(&beats), "{beats} beats");
    // A step that repeats the one before is one beat; as many are played.
    let kept = plays("digits", &[]);
    assert_eq!(kept[..2], [samples, steps]);
    assert!(kept[2] < beats / 2, "{} beats", kept[2]);
    assert_eq!(plays("digits", &["--samples", "3"])[..2], [3, 24]);
    assert_eq!(plays("digits", &["--samples", "50"])[..2], [50, 400]);
    let [samples, steps, _] = plays(text(&data_less), &[]);
    assert!(
        samples >= 8 && steps >= 64,
        "{samples} samples, {steps} steps"
    );
}

#[test]
fn verify_compares_everything() {
    let found = run(&[
        "verify",
        "digits",
        "--samples",
        "12",
        "--cases",
        "3",
        "--seed",
        "9",
        "--format",
        "json",
    ])
    .json(0);
    has(&found, &["network", "digest", "passed", "engines"]);
    assert_eq!(found["passed"], true);
    let engines = found["engines"].as_array().unwrap();
    assert_eq!(engines.len(), 2);
    for engine in engines {
        has(
            engine,
            &[
                "name",
                "version",
                "samples",
                "cases",
                "steps",
                "spikes_compared",
                "membranes_compared",
                "states_compared",
                "probe",
                "mismatches",
            ],
        );
        assert_eq!(
            (&engine["name"], &engine["samples"], &engine["cases"]),
            (&"rust-hdl".into(), &12.into(), &3.into())
        );
        assert_eq!(engine["mismatches"], 0);
        let compared = |key: &str| engine[key].as_u64().unwrap();
        assert!(compared("spikes_compared") > 500);
        assert_eq!(compared("membranes_compared") > 0, engine["probe"] == true);
        assert_eq!(compared("states_compared"), compared("membranes_compared"));
        let waits: Vec<u64> = engine["stalls"]
            .as_array()
            .unwrap()
            .iter()
            .map(|w| w.as_u64().unwrap())
            .collect();
        assert!(
            waits[0] > 0 && waits[1] > 0,
            "every interface waited: {waits:?}"
        );
    }
}

#[test]
fn verify_without_data_runs_random_cases() {
    let net = repository("testbench/workloads/nets/digits_latency");
    let found = run(&["verify", text(&net), "--cases", "4", "--format", "json"]).json(0);
    assert_eq!(
        (
            &found["engines"][0]["samples"],
            &found["engines"][0]["cases"]
        ),
        (&0.into(), &4.into())
    );
    assert!(found["engines"][0]["spikes_compared"].as_u64().unwrap() > 100);
    let quiet = run(&[
        "verify",
        text(&net),
        "--cases",
        "4",
        "--no-stalls",
        "--format",
        "json",
    ])
    .json(0);
    assert_eq!(quiet["stalls"], false);
    assert_eq!(
        quiet["engines"][0]["spikes_compared"],
        found["engines"][0]["spikes_compared"]
    );
}

#[test]
fn build_does_the_main_job() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("out");
    let found = run(&[
        "build",
        "digits",
        "-o",
        text(&folder),
        "--samples",
        "20",
        "--format",
        "json",
    ])
    .json(0);
    has(
        &found,
        &[
            "network",
            "digest",
            "passed",
            "steps",
            "measured",
            "framework",
            "hardware",
            "cycles_per_step",
            "engines",
        ],
    );
    assert_eq!(found["passed"], true);
    assert_eq!(found["framework"]["reference"]["spikes_different"], 0);
    assert!(found["cycles_per_step"].as_f64().unwrap() > 1.0);
    let step = |name: &str| {
        let steps = found["steps"].as_array().unwrap();
        steps
            .iter()
            .find(|step| step["name"] == name)
            .unwrap_or_else(|| panic!("no step {name}"))
            .clone()
    };
    for name in [
        "quantize",
        "measure",
        "framework",
        "generate",
        "verify",
        "waveform",
    ] {
        assert_eq!(step(name)["status"], "done", "{name}");
    }
    assert_eq!(step("synthesize")["status"], "not_run");
    assert!(
        step("synthesize")["note"]
            .as_str()
            .unwrap()
            .contains("name one with --target")
    );
    let files = names(&folder);
    for file in [
        ".goldspike",
        "datasheet.md",
        "report.json",
        "report.md",
        "rtl",
        "tb",
        "wave.gtkw",
        "wave.vcd",
    ] {
        assert!(
            files.contains(&file.to_owned()),
            "{file} is not in {files:?}"
        );
    }
    let report: Value =
        serde_json::from_slice(&std::fs::read(folder.join("report.json")).unwrap()).unwrap();
    assert_eq!(report["digest"], found["digest"]);
    let human = run(&["build", "digits", "-o", text(&folder), "--samples", "20"]).ended(0);
    for words in [
        "accuracy",
        "activity",
        "cycles",
        "equals the golden model",
        "200 of 200",
        "rtl",
        "wave.vcd",
        "report.md",
    ] {
        assert!(human.contains(words), "`{words}` is not in\n{human}");
    }
    let again: Value =
        serde_json::from_slice(&std::fs::read(folder.join("report.json")).unwrap()).unwrap();
    assert_eq!(again, report, "the same build gives the same report");
}

#[test]
fn build_of_a_quantized_network_without_data() {
    let scratch = tempfile::tempdir().unwrap();
    let (quant, out) = (scratch.path().join("quant"), scratch.path().join("out"));
    run(&["quantize", "digits", "--samples", "1", "-o", text(&quant)]).ended(0);
    let found = run(&["build", text(&quant), "-o", text(&out), "--format", "json"]).json(0);
    assert_eq!(
        (&found["passed"], &found["measured"], &found["framework"]),
        (&true.into(), &Value::Null, &Value::Null)
    );
    assert!(found["engines"][0]["cases"].as_u64().unwrap() > 0);
}

#[test]
fn wave_writes_both_files() {
    let scratch = tempfile::tempdir().unwrap();
    let vcd = scratch.path().join("a.vcd");
    let found = run(&[
        "wave",
        "digits",
        "--sample",
        "3",
        "--steps",
        "1..3",
        "-o",
        text(&vcd),
        "--format",
        "json",
    ])
    .json(0);
    assert_eq!(
        (&found["sample"], &found["first_mismatch"]),
        (&3.into(), &Value::Null)
    );
    assert!(found["cycles"].as_u64().unwrap() > 10);
    assert_eq!(names(scratch.path()), ["a.gtkw", "a.vcd"]);
    assert!(
        std::fs::read_to_string(&vcd)
            .unwrap()
            .contains("$enddefinitions")
    );
    assert!(
        std::fs::read_to_string(scratch.path().join("a.gtkw"))
            .unwrap()
            .contains("\"a.vcd\"")
    );
}

#[test]
fn models_come_from_the_registry() {
    let all = run(&["models", "--format", "json"]).json(0);
    let models = all["models"].as_array().unwrap();
    assert_eq!(models.len(), goldspike_golden::neuron::registry().count());
    let lif = run(&["models", "lif", "--format", "json"]).json(0);
    has(
        &lif,
        &["name", "equations", "parameters", "source", "states"],
    );
    assert!(lif["parameters"].as_array().unwrap().len() > 5);
    let human = run(&["models", "plif"]).ended(0);
    assert!(
        human.contains("v_threshold") && human.contains("range"),
        "{human}"
    );
    for model in models {
        let units = model["units"].as_array().unwrap();
        assert_eq!(units[0]["name"], model["name"]);
        for device in ["hx8k", "up5k", "ecp5-85k"] {
            let cost = &units[0]["costs"][device];
            has(cost, &["lut4", "ff", "dsp", "cells", "fmax_mhz"]);
            let shown = format!(
                "{:>3} / {:>3} / {}",
                cost["lut4"].as_u64().unwrap(),
                cost["ff"].as_u64().unwrap(),
                cost["dsp"].as_u64().unwrap()
            );
            let text = run(&["models", model["name"].as_str().unwrap()]).ended(0);
            assert!(text.contains(&shown), "{shown} in {text}");
        }
    }
    assert!(human.contains("1 multiplier, "), "{human}");
}

#[test]
fn doctor_names_every_tool() {
    let found = run(&["doctor", "--format", "json"]).json(0);
    let tools = found["tools"].as_array().unwrap();
    assert!(tools.len() > 3);
    for tool in tools {
        has(tool, &["name", "found", "version", "needed_for", "install"]);
    }
    let human = run(&["doctor"]).ended(0);
    for name in ["verilator", "nextpnr-ice40", "nextpnr-ecp5"] {
        assert!(human.contains(name), "{human}");
    }
}

#[test]
fn an_image_of_another_network_for_a_writable_design() {
    let scratch = tempfile::tempdir().unwrap();
    let (folder, file) = (scratch.path().join("rtl"), scratch.path().join("x.img"));
    let lanes = ["--lanes", "16,10"];
    let writable = ["--weights", "writable"];
    let generate = [
        "generate",
        "digits",
        "-o",
        text(&folder),
        "--testbench",
        "--samples",
        "2",
    ];
    run(&[&generate[..], &lanes, &writable].concat()).ended(0);
    let sheet = std::fs::read_to_string(folder.join("datasheet.md")).unwrap();
    let image = [
        "image",
        "digits",
        "--for",
        "digits",
        "-o",
        text(&file),
        "--format",
        "json",
    ];
    let version = ["--image-version", "7"];
    let made = run(&[&image[..], &lanes, &version].concat()).json(0);
    has(
        &made,
        &[
            "network",
            "digest",
            "design",
            "design_digest",
            "image_digest",
            "shape",
            "words",
        ],
    );
    assert_eq!(made["digest"], made["design_digest"]);
    assert!(sheet.contains(made["shape"].as_str().unwrap()), "{sheet}");
    assert!(sheet.contains(&format!("packets of {} words", made["words"])));
    let bytes = std::fs::read(&file).unwrap();
    assert_eq!(bytes.len() as u64, 4 * made["words"].as_u64().unwrap());
    assert_eq!((&bytes[..4], bytes[8]), (&b"MISG"[..], 7));
    let hex = std::fs::read_to_string(scratch.path().join("x.img.hex")).unwrap();
    let words: Vec<u8> = hex
        .lines()
        .flat_map(|line| u32::from_str_radix(line, 16).unwrap().to_le_bytes())
        .collect();
    assert_eq!(words, bytes);
    let verify = ["verify", "digits", "--samples", "3", "--format", "json"];
    let found = run(&[&verify[..], &writable].concat()).json(0);
    assert_eq!(found["passed"], true);
}

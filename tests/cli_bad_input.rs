//! Bad input on the command line: exit code 2, the stored message, nothing written.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "tests"
)]

mod cli_support;

use cli_support::{finished, names, program, repository, run, run_in, stored, text};
use safetensors::tensor::{Dtype, TensorView};
use std::path::Path;

/// A network of two neurons on two axons.
struct Small {
    weight: [f32; 4],
    threshold: &'static str,
    v_reset: &'static str,
    scale: &'static str,
}

impl Default for Small {
    fn default() -> Self {
        Self {
            weight: [0.5, -0.25, 0.75, 1.0],
            threshold: "1.0",
            v_reset: "0.0",
            scale: "0.125",
        }
    }
}

impl Small {
    fn write(&self, folder: &Path) {
        let Self {
            weight,
            threshold,
            v_reset,
            scale,
        } = self;
        let json = format!(
            r#"{{
  "format": "goldspike/1",
  "name": "small",
  "time_steps": 4,
  "input": {{"shape": [2], "encoding": {{"type": "direct", "scale": {scale}, "max": 15}}}},
  "readout": {{"type": "spike_count", "tie": "lowest_index", "signed": false}},
  "layers": [
    {{"op": "linear", "name": "fc0", "in": 2, "out": 2, "weight": "@fc0.weight"}},
    {{"op": "neuron", "name": "n0", "shape": [2], "kind": "lif", "decay": 0.5, "v_threshold": {threshold},
     "fire": ">=", "reset": "hard", "v_reset": {v_reset}, "reset_timing": "same_step"}}
  ]
}}
"#
        );
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join("net.json"), json).unwrap();
        let bytes: Vec<u8> = weight
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        let view = TensorView::new(Dtype::F32, vec![2, 2], &bytes).unwrap();
        let data = safetensors::serialize([("fc0.weight", view)], None).unwrap();
        std::fs::write(folder.join("net.safetensors"), data).unwrap();
    }
}

/// Runs `quantize` on a network with `flags`; the message is `name`'s and no output folder appears.
fn refused(name: &str, network: &Small, flags: &[&str]) {
    let scratch = tempfile::tempdir().unwrap();
    let (net, out) = (scratch.path().join("net"), scratch.path().join("out"));
    network.write(&net);
    let mut arguments = vec!["quantize", text(&net), "-o", text(&out)];
    arguments.extend(flags);
    let ran = run(&arguments);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
    stored(name, scratch.path(), &ran.stderr);
    assert!(!out.exists(), "{name}: something was written");
}

#[test]
fn quantization_that_cannot_be() {
    let small = Small::default;
    refused("quantize-weight-bits", &small(), &["--weight-bits", "17"]);
    refused(
        "quantize-one-bit-zeros",
        &Small {
            weight: [0.0; 4],
            ..small()
        },
        &["--weight-bits", "1"],
    );
    refused(
        "quantize-threshold-below-lsb",
        &Small {
            threshold: "0.001",
            ..small()
        },
        &["--guard-bits", "-8"],
    );
    refused(
        "quantize-membrane-too-narrow",
        &small(),
        &["--membrane-bits", "4", "--guard-bits", "2"],
    );
    refused(
        "quantize-reset-out-of-scale",
        &Small {
            v_reset: "1e30",
            ..small()
        },
        &[],
    );
    refused(
        "quantize-sum-too-wide",
        &Small {
            threshold: "1e-15",
            ..small()
        },
        &["--guard-bits", "60"],
    );
    refused(
        "quantize-no-lsb",
        &Small {
            weight: [1e-30; 4],
            scale: "1e-290",
            ..small()
        },
        &[],
    );
    refused(
        "quantize-not-exact",
        &Small {
            weight: [0.1, -0.25, 0.75, 1.0],
            ..small()
        },
        &["--exact"],
    );
    refused(
        "quantize-exact-too-wide",
        &small(),
        &["--exact", "--membrane-bits", "6"],
    );
}

#[test]
fn an_output_folder_that_is_not_ours() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("thesis");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("thesis.tex"), "years of work").unwrap();
    for (verb, name) in [
        ("quantize", "quantize-foreign-folder"),
        ("generate", "generate-foreign-folder"),
        ("build", "build-foreign-folder"),
    ] {
        let ran = run(&[verb, "digits", "--samples", "2", "-o", text(&folder)]);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (2, ""),
            "{verb}: {}",
            ran.stderr
        );
        stored(name, scratch.path(), &ran.stderr);
        assert_eq!(names(&folder), ["thesis.tex"], "{verb}");
    }
    assert_eq!(names(scratch.path()), ["thesis"]);
}

#[test]
fn a_folder_that_goldspike_made_for_something_else() {
    let scratch = tempfile::tempdir().unwrap();
    let quant = scratch.path().join("quant");
    let design = scratch.path().join("design");
    run(&["quantize", "digits", "--samples", "2", "-o", text(&quant)]).ended(0);
    run(&["generate", text(&quant), "-o", text(&design)]).ended(0);
    let before = (names(&quant), names(&design));
    let onto_itself = run(&["generate", text(&quant), "-o", text(&quant)]);
    assert_eq!(onto_itself.code, 2);
    stored(
        "generate-onto-its-network",
        scratch.path(),
        &onto_itself.stderr,
    );
    let ran = run(&["quantize", "digits", "--samples", "2", "-o", text(&design)]);
    assert_eq!(ran.code, 2);
    stored("quantize-onto-a-design", scratch.path(), &ran.stderr);
    assert_eq!((names(&quant), names(&design)), before);
    std::fs::write(design.join("sim.vvp"), "the user's").unwrap();
    run(&["generate", text(&quant), "-o", text(&design)]).ended(0);
    assert_eq!(
        std::fs::read_to_string(design.join("sim.vvp")).unwrap(),
        "the user's"
    );
}

#[test]
fn an_output_path_that_cannot_be_written() {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let below = file.join("out");
    let cases: [(&str, Vec<&str>); 4] = [
        (
            "quantize-below-a-file",
            vec!["quantize", "digits", "--samples", "1", "-o", text(&below)],
        ),
        (
            "generate-on-a-file",
            vec!["generate", "digits", "-o", text(&file)],
        ),
        (
            "generate-below-a-file",
            vec!["generate", "digits", "-o", text(&below)],
        ),
        (
            "wave-below-a-file",
            vec!["wave", "digits", "--sample", "0", "-o", text(&below)],
        ),
    ];
    for (name, arguments) in cases {
        let ran = run(&arguments);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (2, ""),
            "{name}: {}",
            ran.stderr
        );
        stored(name, scratch.path(), &ran.stderr);
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "x");
    assert_eq!(names(scratch.path()), ["file"]);
}

#[test]
fn a_stored_network_that_was_damaged_or_edited() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("quant");
    run(&["quantize", "digits", "--samples", "1", "-o", text(&folder)]).ended(0);
    let path = folder.join("quant.json");
    let good = std::fs::read_to_string(&path).unwrap();
    let data = repository("examples/digits/data.npz");
    let say = |name: &str, json: &str| {
        std::fs::write(&path, json).unwrap();
        let ran = run(&["run", text(&folder), "--data", text(&data)]);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (2, ""),
            "{name}: {}",
            ran.stderr
        );
        stored(name, scratch.path(), &ran.stderr);
    };
    say("quant-truncated", &good[..good.len() / 2]);
    let edited = good.replacen("\"half_up\"", "\"floor\"", 1);
    assert_ne!(edited, good, "the edit found its place");
    say("quant-edited", &edited);
}

#[test]
fn flags_that_do_not_fit_what_is_given() {
    let scratch = tempfile::tempdir().unwrap();
    let quant = scratch.path().join("quant");
    run(&["quantize", "digits", "--samples", "1", "-o", text(&quant)]).ended(0);
    let out = scratch.path().join("out");
    let cases: &[(&str, &[&str])] = &[
        (
            "run-quantized-with-weight-bits",
            &["run", text(&quant), "--weight-bits", "4", "--exact"],
        ),
        ("run-quantized-without-data", &["run", text(&quant)]),
        (
            "quantize-quantized",
            &["quantize", text(&quant), "-o", text(&out)],
        ),
        (
            "run-real-on-an-engine",
            &["run", "digits", "--arith", "real", "--engine", "rust-hdl"],
        ),
        ("run-golden-with-lanes", &["run", "digits", "--lanes", "4"]),
        ("models-unknown", &["models", "lift"]),
        (
            "lanes-count",
            &["generate", "digits", "-o", text(&out), "--lanes", "8,4,2"],
        ),
        (
            "lanes-above-the-neurons",
            &["generate", "digits", "-o", text(&out), "--lanes", "48,11"],
        ),
        ("lanes-zero", &["verify", "digits", "--lanes", "0"]),
        (
            "neuron-lanes-zero",
            &["build", "digits", "-o", text(&out), "--neuron-lanes", "1,0"],
        ),
        (
            "events-two",
            &["generate", "digits", "-o", text(&out), "--events", "2"],
        ),
        (
            "weights-writable",
            &[
                "generate",
                "digits",
                "-o",
                text(&out),
                "--weights",
                "writable",
            ],
        ),
        (
            "wave-no-such-sample",
            &["wave", "digits", "--sample", "355", "-o", text(&out)],
        ),
        (
            "wave-no-such-steps",
            &[
                "wave",
                "digits",
                "--sample",
                "0",
                "--steps",
                "5..9",
                "-o",
                text(&out),
            ],
        ),
        ("network-unknown", &["build", "digit", "-o", text(&out)]),
        ("network-is-nowhere", &["verify", "no/such/folder"]),
    ];
    for (name, arguments) in cases {
        let ran = run(arguments);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (2, ""),
            "{name}: {}",
            ran.stderr
        );
        stored(name, scratch.path(), &ran.stderr);
        assert_eq!(
            names(scratch.path()),
            ["quant"],
            "{name}: something was written"
        );
    }
}

#[test]
fn what_is_planned_is_named_as_not_there() {
    let scratch = tempfile::tempdir().unwrap();
    let cases: &[(&str, &[&[&str]])] = &[
        (
            "later-prove",
            &[&["prove", "lif", "--width", "8"], &["-q", "prove"]],
        ),
        (
            "later-target",
            &[
                &["generate", "digits", "--target=ecp5-25k", "-o", "out"],
                &["verify", "--target", "up5k", "digits"],
            ],
        ),
        (
            "later-goal",
            &[
                &["generate", "digits", "--goal", "area"],
                &["build", "digits", "--goal=latency"],
            ],
        ),
        ("later-mutants", &[&["verify", "digits", "--mutants", "9"]]),
        (
            "later-netlist",
            &[&["verify", "digits", "--engine", "rust-hdl,netlist"]],
        ),
        ("later-routed", &[&["build", "digits", "--engine=routed"]]),
        (
            "later-bitstream",
            &[&["run", "digits", "--engine", "bitstream"]],
        ),
    ];
    for (name, lines) in cases {
        for arguments in *lines {
            let ran = run_in(scratch.path(), arguments);
            assert_eq!(
                (ran.code, ran.stdout.as_str()),
                (2, ""),
                "{name}: {}",
                ran.stderr
            );
            stored(name, scratch.path(), &ran.stderr);
        }
    }
    let found = run(&["prove", "digits", "--format", "json"]).json(2);
    assert_eq!(found["error"]["code"], "GS0603");
    assert_eq!(names(scratch.path()), [""; 0]);
}

#[test]
fn an_engine_whose_tool_is_missing() {
    let scratch = tempfile::tempdir().unwrap();
    let out = scratch.path().join("out");
    for engine in ["icarus", "verilator"] {
        for verb in [
            &["verify", "digits"][..],
            &["run", "digits"],
            &["build", "digits", "-o", text(&out)],
        ] {
            let mut command = program();
            command
                .args(verb)
                .args(["--engine", engine])
                .env("PATH", "")
                .current_dir(scratch.path());
            let ran = finished(command.output().unwrap());
            assert_eq!(
                (ran.code, ran.stdout.as_str()),
                (2, ""),
                "{verb:?}: {}",
                ran.stderr
            );
            stored(&format!("no-{engine}"), scratch.path(), &ran.stderr);
        }
    }
    assert_eq!(names(scratch.path()), [""; 0]);
    let mut command = program();
    command.args([
        "verify",
        "digits",
        "--samples",
        "1",
        "--engine",
        "all",
        "--format",
        "json",
    ]);
    let found = finished(
        command
            .env("PATH", "")
            .current_dir(scratch.path())
            .output()
            .unwrap(),
    )
    .json(0);
    assert_eq!(
        found["engines"].as_array().unwrap().len(),
        2,
        "the embedded engine, with the probe and as shipped"
    );
    let missing: Vec<_> = found["missing"]
        .as_array()
        .unwrap()
        .iter()
        .map(|engine| engine["name"].clone())
        .collect();
    assert_eq!(missing, ["icarus", "verilator"]);
}

#[test]
fn arguments_that_clap_refuses() {
    let cases: &[&[&str]] = &[
        &["nonsense"],
        &["run"],
        &["run", "digits", "--samples", "0"],
        &["run", "digits", "--weight-bits", "many"],
        &["run", "digits", "--membrane-bits", "wide"],
        &["run", "digits", "--rounding", "half-up"],
        &["run", "digits", "--jobs", "0"],
        &["verify", "digits", "--engine", "modelsim"],
        &["verify", "digits", "--engine", "golden"],
        &["wave", "digits"],
        &["wave", "digits", "--sample", "1", "--steps", "4..4"],
        &["wave", "digits", "--sample", "1", "--steps", "4"],
        &["generate", "digits"],
        &["generate", "digits", "-o", "x", "--lanes", "four"],
        &["synthesize", "digits"],
        &["generate", "digits", "--targets", "hx8k"],
        &["wave", "digits", "--sample", "netlist"],
        &["-q", "-v", "models"],
        &["--color", "sometimes", "models"],
    ];
    let scratch = tempfile::tempdir().unwrap();
    for arguments in cases {
        let ran = run_in(scratch.path(), arguments);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (2, ""),
            "{arguments:?}: {}",
            ran.stderr
        );
        assert!(
            ran.stderr.starts_with("error: "),
            "{arguments:?}: {}",
            ran.stderr
        );
    }
    assert_eq!(names(scratch.path()), [""; 0]);
}

#[test]
fn an_error_is_the_one_json_document() {
    let found = run(&["run", "digits", "--format", "json", "--samples", "none"]).json(2);
    stored(
        "arguments-as-json",
        Path::new("/nowhere"),
        &format!("{found:#}"),
    );
    let found = run(&["--format=json", "run", "digit"]).json(2);
    assert_eq!(found["error"]["code"], "GS0107");
    assert!(found["error"]["help"].as_str().unwrap().contains("digits"));
    assert_eq!(run(&["--format=json"]).json(2)["error"]["code"], "GS0601");
}

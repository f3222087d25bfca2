//! Bad input on the command line: exit code 2, the stored message, nothing written.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "tests"
)]

mod cli_support;

use cli_support::net::Net;
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
        "quantize-threshold-next-to-nothing",
        &Small {
            threshold: "1e-30",
            ..small()
        },
        &[],
    );
    refused(
        "quantize-beyond-every-membrane",
        &Small {
            threshold: "1e30",
            ..small()
        },
        &[],
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

const LIF: &str = r#""kind": "lif", "decay": 0.5, "v_threshold": 1.0"#;
const GLIF: &str =
    r#""kind": "glif", "decay": 0.5, "gate_reset": 0.5, "conduct": 1.0, "v_threshold": 1.0"#;
const GATED: &str = r#""kind": "glif_gated", "alpha": 0.5, "beta": 0.5, "gamma": 0.5, "tau_exp": 0.5, "tau_lin": 0.25, "v_re": 1.0, "g": 0.5, "v_threshold": 1.0"#;
const KLIF: &str = r#""kind": "klif", "decay": 0.5, "k": 1.5, "v_threshold": 1.0"#;
const CLIF: &str = r#""kind": "clif", "decay": 0.5, "tau": 2.0, "v_threshold": 1.0"#;
const CUBALIF: &str =
    r#""kind": "cubalif", "decay": 0.5, "current_decay": 0.5, "v_threshold": 1.0"#;
const ALIF: &str = r#""kind": "alif", "decay": 0.5, "rho": 0.75, "beta": 0.25, "v_threshold": 1.0"#;
const TLIF: &str = r#""kind": "tlif", "decay": 0.5, "v_threshold": 1.0"#;

/// A layer of two such neurons, in samples of four steps.
fn two(fields: &str) -> Net {
    Net::new("two", 4, 3).layer(2, fields)
}

/// The same with the text `old` replaced.
fn changed(fields: &str, old: &str, new: &str) -> Net {
    assert_eq!(fields.matches(old).count(), 1, "{fields}: {old}");
    two(&fields.replace(old, new))
}

/// Every verb that takes a network refuses it with `name`'s message, and writes nothing.
fn net_refused(name: &str, code: &str, net: &Net, flags: &[&str]) {
    let scratch = tempfile::tempdir().unwrap();
    let (folder, out) = (scratch.path().join("net"), scratch.path().join("out"));
    net.write(&folder);
    for verb in ["quantize", "generate", "build"] {
        let mut arguments = vec![verb, text(&folder), "-o", text(&out)];
        arguments.extend(flags);
        let ran = run(&arguments);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (2, ""),
            "{name}: {verb}: {}",
            ran.stderr
        );
        assert!(ran.stderr.contains(code), "{name}: {}", ran.stderr);
        stored(name, scratch.path(), &ran.stderr);
        assert_eq!(names(scratch.path()), ["net"], "{name}: {verb}");
    }
}

#[test]
fn the_networks_of_these_tests_are_accepted_as_they_are() {
    for fields in [LIF, GLIF, GATED, KLIF, CLIF, CUBALIF, ALIF, TLIF] {
        let scratch = tempfile::tempdir().unwrap();
        let (folder, out) = (scratch.path().join("net"), scratch.path().join("out"));
        two(fields).write(&folder);
        run(&["quantize", text(&folder), "-o", text(&out)]).ended(0);
    }
}

#[test]
fn parameters_outside_the_range_of_their_model() {
    for (name, fields, old, new) in [
        (
            "glif-decay-above-one",
            GLIF,
            "\"decay\": 0.5",
            "\"decay\": 1.25",
        ),
        (
            "glif-conduct-negative",
            GLIF,
            "\"conduct\": 1.0",
            "\"conduct\": -0.5",
        ),
        (
            "glif-gated-alpha-above-one",
            GATED,
            "\"alpha\": 0.5",
            "\"alpha\": 1.5",
        ),
        (
            "glif-gated-v-re-negative",
            GATED,
            "\"v_re\": 1.0",
            "\"v_re\": -1.0",
        ),
        ("klif-k-negative", KLIF, "\"k\": 1.5", "\"k\": -1.5"),
        ("clif-tau-one", CLIF, "\"tau\": 2.0", "\"tau\": 1.0"),
        ("clif-tau-negative", CLIF, "\"tau\": 2.0", "\"tau\": -2.0"),
        (
            "cubalif-current-decay-above-one",
            CUBALIF,
            "\"current_decay\": 0.5",
            "\"current_decay\": 1.5",
        ),
        (
            "cubalif-current-gain-zero",
            CUBALIF,
            "\"current_decay\": 0.5",
            "\"current_decay\": 0.5, \"current_gain\": 0",
        ),
        ("alif-rho-above-one", ALIF, "\"rho\": 0.75", "\"rho\": 1.5"),
        ("alif-beta-zero", ALIF, "\"beta\": 0.25", "\"beta\": 0"),
        (
            "tlif-amplitude-zero",
            TLIF,
            "\"decay\": 0.5",
            "\"decay\": 0.5, \"amplitude\": 0",
        ),
        (
            "tlif-amplitude-negative",
            TLIF,
            "\"decay\": 0.5",
            "\"decay\": 0.5, \"amplitude\": -1",
        ),
        (
            "refractory-negative",
            ALIF,
            "\"rho\": 0.75",
            "\"rho\": 0.75, \"refractory\": -1",
        ),
        (
            "refractory-above-its-counter",
            CUBALIF,
            "\"decay\": 0.5, ",
            "\"decay\": 0.5, \"refractory\": 65536, ",
        ),
    ] {
        net_refused(name, "GS0206", &changed(fields, old, new), &[]);
    }
    let by_neuron = changed(ALIF, "\"beta\": 0.25", "\"beta\": \"@beta\"");
    let by_neuron = by_neuron.tensor("beta", &[2], &[0.25, -0.25]);
    net_refused("alif-beta-of-a-neuron", "GS0206", &by_neuron, &[]);
}

#[test]
fn constants_of_another_number_of_steps_than_a_sample() {
    let table = |steps: usize, columns: usize| {
        changed(GLIF, "\"conduct\": 1.0", "\"conduct\": \"@g\"").tensor(
            "g",
            &[steps, columns],
            &vec![0.5; steps * columns],
        )
    };
    net_refused("glif-conduct-too-short", "GS0303", &table(3, 2), &[]);
    net_refused("glif-conduct-too-long", "GS0303", &table(5, 1), &[]);
    let gated = changed(GATED, "\"g\": 0.5", "\"g\": \"@g\"").tensor("g", &[3], &[0.5; 3]);
    net_refused("glif-gated-g-too-short", "GS0303", &gated, &[]);
    let fixed = changed(
        CUBALIF,
        "\"current_decay\": 0.5",
        "\"current_decay\": \"@d\"",
    );
    let fixed = fixed.tensor("d", &[4, 2], &[0.5; 8]);
    net_refused("cubalif-decay-by-step", "GS0303", &fixed, &[]);
}

/// Synapses of every layer take signed events; what cannot take them is a read-out that counts spikes without their sign.
#[test]
fn negative_spikes_where_nothing_takes_them() {
    let unsigned = r#"{"type": "spike_count", "signed": false}"#;
    net_refused(
        "ternary-readout-unsigned",
        "GS0214",
        &two(TLIF).readout(unsigned),
        &[],
    );
    for behind in [LIF, GLIF, GATED, KLIF, CLIF, CUBALIF, ALIF] {
        let scratch = tempfile::tempdir().unwrap();
        let (folder, out) = (scratch.path().join("net"), scratch.path().join("out"));
        two(TLIF).layer(2, behind).readout(unsigned).write(&folder);
        run(&["quantize", text(&folder), "-o", text(&out)]).ended(0);
    }
}

#[test]
fn switches_that_a_model_does_not_have() {
    for (name, fields, switch) in [
        ("glif-hard-reset", GLIF, "\"reset\": \"hard\""),
        ("klif-ternary", KLIF, "\"spikes\": \"ternary\""),
        ("clif-no-reset", CLIF, "\"reset\": \"none\""),
        ("clif-next-step", CLIF, "\"reset_timing\": \"next_step\""),
        (
            "cubalif-leak-toward-zero",
            CUBALIF,
            "\"leak_mode\": \"linear_toward_zero\"",
        ),
        ("alif-old-current", ALIF, "\"order\": \"old_current\""),
        ("lif-old-current", LIF, "\"order\": \"old_current\""),
    ] {
        net_refused(name, "GS0214", &two(&format!("{fields}, {switch}")), &[]);
    }
    let key = changed(CLIF, "\"tau\": 2.0", "\"tau\": 2.0, \"beta\": 0.5");
    net_refused("clif-beta", "GS0202", &key, &[]);
}

#[test]
fn quantization_that_a_model_cannot_have() {
    net_refused(
        "clif-scale-channel",
        "GS0513",
        &two(CLIF),
        &["--scale", "channel"],
    );
    net_refused("clif-exact", "GS0514", &two(CLIF), &["--exact"]);
    let narrow = &["--membrane-bits", "8", "--guard-bits", "-5"];
    let far = changed(
        GLIF,
        "\"conduct\": 1.0",
        "\"conduct\": 1.0, \"sub_reset\": 40.0",
    );
    net_refused("glif-reset-beyond-the-membrane", "GS0506", &far, narrow);
    let far = changed(ALIF, "\"beta\": 0.25", "\"beta\": 40.0");
    net_refused("alif-beta-beyond-the-membrane", "GS0506", &far, narrow);
    let far = changed(
        CUBALIF,
        "\"decay\": 0.5, ",
        "\"decay\": 0.5, \"v_reset\": -40.0, ",
    );
    net_refused("cubalif-reset-beyond-the-membrane", "GS0506", &far, narrow);
    let exact = changed(ALIF, "\"rho\": 0.75", "\"rho\": 0.9");
    net_refused("alif-not-exact", "GS0510", &exact, &["--exact"]);
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
    let (out, narrow) = (scratch.path().join("out"), scratch.path().join("narrow"));
    let nowhere = scratch.path().join("nowhere").join("x.img");
    let spikes = repository("testbench/workloads/nets/mnist_q4_fc_if_sd");
    let of_four = ["quantize", "digits", "--samples", "1", "--weight-bits", "4"];
    run(&[&of_four[..], &["-o", text(&narrow)]].concat()).ended(0);
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
            "events-nine",
            &["generate", "digits", "-o", text(&out), "--events", "9"],
        ),
        (
            "beat-events-zero",
            &["verify", "digits", "--beat-events", "0"],
        ),
        (
            "beat-events-above-the-events",
            &[
                "build",
                "digits",
                "-o",
                text(&out),
                "--events",
                "2,1",
                "--beat-events",
                "3",
            ],
        ),
        (
            "beat-events-of-analogue-input",
            &[
                "generate",
                "digits",
                "-o",
                text(&out),
                "--events",
                "2",
                "--beat-events",
                "2",
            ],
        ),
        (
            "beat-events-wider-than-tdata",
            &[
                "generate",
                text(&spikes),
                "-o",
                text(&out),
                "--events",
                "8",
                "--beat-events",
                "8",
            ],
        ),
        (
            "beat-events-on-a-board",
            &[
                "build",
                text(&spikes),
                "-o",
                text(&out),
                "--target",
                "icebreaker",
                "--events",
                "2",
                "--beat-events",
                "2",
            ],
        ),
        (
            "image-of-another-width",
            &["image", text(&narrow), "--for", "digits", "-o", text(&out)],
        ),
        (
            "image-without-a-folder",
            &["image", "digits", "--for", "digits", "-o", text(&nowhere)],
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
            ["narrow", "quant"],
            "{name}: something was written"
        );
    }
}

#[test]
fn what_is_planned_is_named_as_not_there() {
    let scratch = tempfile::tempdir().unwrap();
    let cases: &[(&str, &[&[&str]])] = &[
        (
            "later-target",
            &[
                &["wave", "--target", "up5k", "digits", "--sample", "0"],
                &["run", "--target", "up5k", "digits"],
            ],
        ),
        (
            "later-goal",
            &[
                &["wave", "digits", "--goal", "area"],
                &["verify", "digits", "--goal=latency"],
            ],
        ),
        (
            "later-netlist",
            &[&["run", "digits", "--engine", "netlist"]],
        ),
        ("later-routed", &[&["run", "digits", "--engine=routed"]]),
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
    let found = run(&["verify", "digits", "--goal", "area", "--format", "json"]).json(2);
    assert_eq!(found["error"]["code"], "GS0603");
    assert_eq!(names(scratch.path()), [""; 0]);
}

#[test]
fn a_goal_without_what_it_needs() {
    let scratch = tempfile::tempdir().unwrap();
    let cases: &[(&str, &[&str])] = &[
        ("goal-without-device", &["--goal", "area"]),
        (
            "goal-with-lanes",
            &["--goal", "latency", "--target", "hx8k", "--lanes", "4"],
        ),
        (
            "goal-without-model",
            &["--goal", "area", "--target", "gw1nr-9"],
        ),
    ];
    for (name, flags) in cases {
        let arguments = [&["build", "digits"], *flags].concat();
        let ran = run_in(scratch.path(), &arguments);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (2, ""),
            "{name}: {}",
            ran.stderr
        );
        stored(name, scratch.path(), &ran.stderr);
    }
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
    .json(2);
    assert_eq!(
        found["engines"].as_array().unwrap().len(),
        2,
        "the embedded engine, with the probe and as shipped"
    );
    assert_eq!(missing_of(&found), ["icarus", "verilator"]);
    assert_eq!(found["passed"], false, "not every engine ran");
    assert_eq!(found["engines"][0]["passed"], true);
}

/// Names of the engines that a report calls missing.
fn missing_of(report: &serde_json::Value) -> Vec<serde_json::Value> {
    let missing = report["missing"].as_array().unwrap().iter();
    missing.map(|engine| engine["name"].clone()).collect()
}

#[test]
fn an_engine_of_a_device() {
    let scratch = tempfile::tempdir().unwrap();
    let verify = ["verify", "digits", "--samples", "1"];
    for (name, more, path) in [
        ("engine-without-device", &["--engine", "netlist"][..], true),
        (
            "bitstream-of-ecp5",
            &["--engine", "bitstream", "--target", "ecp5-25k"],
            true,
        ),
        (
            "routed-of-ice40",
            &["--engine", "routed", "--target", "hx8k"],
            true,
        ),
        (
            "no-routed",
            &["--engine", "routed", "--target", "ecp5-25k"],
            false,
        ),
        (
            "verify-unknown-device",
            &["--engine", "netlist", "--target", "hx8"],
            true,
        ),
        (
            "no-netlist",
            &["--engine", "netlist", "--target", "hx1k"],
            false,
        ),
        (
            "no-bitstream",
            &["--engine", "bitstream", "--target", "up5k"],
            false,
        ),
    ] {
        let mut command = program();
        command.args(verify).args(more).current_dir(scratch.path());
        if !path {
            command.env("PATH", "");
        }
        let ran = finished(command.output().unwrap());
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{name}");
        stored(name, scratch.path(), &ran.stderr);
    }
    for (device, expected) in [
        ("hx8k", &["icarus", "verilator", "netlist", "bitstream"][..]),
        ("ecp5-85k", &["icarus", "verilator", "netlist", "routed"]),
    ] {
        let mut command = program();
        command
            .args(verify)
            .args(["--engine", "all", "--target", device, "--format", "json"])
            .env("PATH", "")
            .current_dir(scratch.path());
        let found = finished(command.output().unwrap()).json(2);
        assert_eq!(missing_of(&found), expected);
        assert_eq!(
            (&found["passed"], &found["target"]),
            (&false.into(), &device.into())
        );
    }
    assert_eq!(names(scratch.path()), [""; 0]);
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

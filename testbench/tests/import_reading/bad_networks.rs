//! Networks that are refused.

use crate::common::{NET, Named, safetensors, tensors, with_header, write};
use crate::stored::check;
use goldspike::diag::{Diagnostic, Severity};
use goldspike::import;
use std::path::Path;

fn refused(path: &Path) -> Diagnostic {
    match import::load(path) {
        Ok(_) => panic!("{} was accepted", path.display()),
        Err(diagnostic) => diagnostic,
    }
}

/// The message for [`NET`] with `old` replaced by `new`.
fn edited(name: &str, code: &str, old: &str, new: &str) {
    assert_eq!(NET.matches(old).count(), 1, "{name}: `{old}`");
    files(
        name,
        code,
        NET.replace(old, new).as_bytes(),
        &safetensors(&tensors()),
    );
}

fn with_tensors(name: &str, code: &str, change: impl FnOnce(&mut Vec<Named>)) {
    let mut all = tensors();
    change(&mut all);
    files(name, code, NET.as_bytes(), &safetensors(&all));
}

fn files(name: &str, code: &str, json: &[u8], tensors: &[u8]) {
    let scratch = tempfile::tempdir().unwrap();
    write(&scratch.path().join("small"), json, tensors);
    let diagnostic = refused(&scratch.path().join("small"));
    assert_eq!(
        (diagnostic.code.id, diagnostic.exit_code()),
        (code, 2),
        "{name}: {diagnostic}"
    );
    check(name, scratch.path(), &diagnostic);
}

fn at(name: &str, code: &str, prepare: impl FnOnce(&Path), path: &str) {
    let scratch = tempfile::tempdir().unwrap();
    prepare(scratch.path());
    let diagnostic = refused(&scratch.path().join(path));
    assert_eq!(
        (diagnostic.code.id, diagnostic.exit_code()),
        (code, 2),
        "{name}: {diagnostic}"
    );
    check(name, scratch.path(), &diagnostic);
}

#[test]
fn files_and_names() {
    let whole = |folder: &Path| {
        write(
            &folder.join("net"),
            NET.as_bytes(),
            &safetensors(&tensors()),
        )
    };
    at("no-such-path", "GS0101", |_| {}, "elsewhere/net");
    at(
        "no-net-json",
        "GS0101",
        |d| std::fs::create_dir(d.join("empty")).unwrap(),
        "empty",
    );
    let remove = |d: &Path| {
        whole(d);
        std::fs::remove_file(d.join("net/net.safetensors")).unwrap();
    };
    at("no-safetensors", "GS0101", remove, "net");
    let folder = |d: &Path| std::fs::create_dir_all(d.join("net/net.json")).unwrap();
    at("net-json-is-a-folder", "GS0102", folder, "net");
    let large = |d: &Path| {
        whole(d);
        std::fs::File::create(d.join("net/net.json"))
            .unwrap()
            .set_len((16 << 20) + 1)
            .unwrap();
    };
    at("net-json-too-large", "GS0103", large, "net");
    at(
        "nir-file",
        "GS0108",
        |d| std::fs::write(d.join("net.nir"), b"HDF").unwrap(),
        "net.nir",
    );
    at(
        "file-is-not-a-network",
        "GS0106",
        |d| std::fs::write(d.join("data.npz"), b"PK").unwrap(),
        "data.npz",
    );
    let name = Path::new("digit");
    check("unknown-example", Path::new("/none"), &refused(name));
}

#[test]
fn the_text() {
    let tensors = safetensors(&tensors());
    files(
        "net-json-not-utf8",
        "GS0104",
        b"{\"format\": \"\xff\"}",
        &tensors,
    );
    files("net-json-empty", "GS0105", b"", &tensors);
    files(
        "net-json-truncated",
        "GS0105",
        &NET.as_bytes()[..NET.len() / 2],
        &tensors,
    );
    files(
        "net-json-trailing-comma",
        "GS0105",
        NET.replace("\"time_steps\": 4,", "\"time_steps\": 4,,")
            .as_bytes(),
        &tensors,
    );
    files(
        "net-json-comment",
        "GS0105",
        NET.replace("  \"name\"", "  // no\n  \"name\"").as_bytes(),
        &tensors,
    );
    files(
        "net-json-leading-zero",
        "GS0105",
        NET.replace("\"time_steps\": 4", "\"time_steps\": 04")
            .as_bytes(),
        &tensors,
    );
    files("net-json-is-a-list", "GS0201", b"[1, 2]\n", &tensors);
    edited(
        "format-of-another-version",
        "GS0106",
        "goldspike/1",
        "goldspike/2",
    );
}

/// Ternary neurons in both layers of [`NET`], the first with `more` keys.
fn ternary(more: &str) -> String {
    NET.replace("\"signed\": false", "\"signed\": true")
        .replace("\"lif\"", &format!("\"tlif\"{more}"))
        .replace("\"plif\", \"w\": 0.5", "\"tlif\", \"decay\": 0.5")
}

#[test]
fn ternary_neurons() {
    let tensors = safetensors(&tensors());
    let refused = |name, code, text: String| files(name, code, text.as_bytes(), &tensors);
    refused("amplitude-zero", "GS0206", ternary(", \"amplitude\": 0"));
    refused(
        "amplitude-negative",
        "GS0206",
        ternary(", \"amplitude\": -0.5"),
    );
    refused(
        "amplitude-of-binary-spikes",
        "GS0202",
        NET.replace("\"lif\"", "\"lif\", \"amplitude\": 2"),
    );
    refused(
        "spikes-ternary-of-lif",
        "GS0214",
        NET.replace("\"lif\"", "\"lif\", \"spikes\": \"ternary\""),
    );
    refused(
        "guarded-ternary",
        "GS0214",
        ternary("").replace("same_step", "same_step_guarded"),
    );
    refused(
        "readout-without-negative-spikes",
        "GS0214",
        ternary("").replace("\"signed\": true", "\"signed\": false"),
    );
}

#[test]
fn keys_types_and_values() {
    edited("unknown-key-top", "GS0202", "\"dataset\"", "\"data_set\"");
    edited(
        "unknown-key-neuron",
        "GS0202",
        "\"reset_timing\"",
        "\"reset_time\"",
    );
    edited(
        "unknown-key-lif-w",
        "GS0202",
        "\"fire\": \">=\"",
        "\"w\": 0.5",
    );
    edited(
        "unknown-key-linear",
        "GS0202",
        "\"weight\": \"@fc1.weight\"",
        "\"weights\": \"@fc1.weight\"",
    );
    edited(
        "unknown-key-encoding",
        "GS0202",
        "\"max\": 15",
        "\"levels\": 15",
    );
    edited("missing-time-steps", "GS0203", "  \"time_steps\": 4,\n", "");
    edited("missing-threshold", "GS0203", ", \"v_threshold\": 0.5", "");
    edited("missing-decay", "GS0203", "\"decay\": \"@n0.decay\", ", "");
    edited("missing-plif-decay", "GS0203", "\"w\": 0.5, ", "");
    edited(
        "key-given-twice",
        "GS0204",
        "\"name\": \"small\",",
        "\"name\": \"small\", \"name\": \"large\",",
    );
    edited(
        "time-steps-text",
        "GS0201",
        "\"time_steps\": 4",
        "\"time_steps\": \"4\"",
    );
    edited(
        "time-steps-fraction",
        "GS0201",
        "\"time_steps\": 4",
        "\"time_steps\": 4.5",
    );
    edited(
        "time-steps-zero",
        "GS0206",
        "\"time_steps\": 4",
        "\"time_steps\": 0",
    );
    edited("weight-is-a-number", "GS0201", "\"@fc1.weight\"", "0.5");
    edited(
        "tensor-without-at",
        "GS0201",
        "\"@fc1.weight\"",
        "\"fc1.weight\"",
    );
    edited(
        "shape-is-a-number",
        "GS0201",
        "{\"shape\": [2]",
        "{\"shape\": 2",
    );
    edited(
        "signed-is-a-number",
        "GS0201",
        "\"signed\": false",
        "\"signed\": 0",
    );
    edited("unknown-encoding", "GS0205", "\"direct\"", "\"rate\"");
    edited("unknown-reset", "GS0205", "\"hard\"", "\"subtract\"");
    edited("unknown-fire", "GS0205", "\">=\"", "\"=>\"");
    edited(
        "unknown-readout",
        "GS0205",
        "\"spike_count\"",
        "\"membrane\"",
    );
    edited(
        "unknown-op",
        "GS0209",
        "\"linear\", \"name\": \"fc1\"",
        "\"liner\", \"name\": \"fc1\"",
    );
    edited("unknown-kind", "GS0210", "\"lif\"", "\"izhikevich\"");
    edited(
        "name-with-a-slash",
        "GS0207",
        "\"name\": \"small\"",
        "\"name\": \"../small\"",
    );
    edited(
        "layer-name-twice",
        "GS0208",
        "\"name\": \"n1\"",
        "\"name\": \"n0\"",
    );
}

#[test]
fn numbers_out_of_range() {
    edited(
        "threshold-zero",
        "GS0206",
        "\"v_threshold\": 1.0",
        "\"v_threshold\": 0",
    );
    edited(
        "threshold-negative",
        "GS0206",
        "\"v_threshold\": 1.0",
        "\"v_threshold\": -0.25",
    );
    edited(
        "decay-above-one",
        "GS0206",
        "\"decay\": \"@n0.decay\"",
        "\"decay\": 1.0625",
    );
    edited(
        "decay-negative",
        "GS0206",
        "\"decay\": \"@n0.decay\"",
        "\"decay\": -1e-9",
    );
    with_tensors("decay-tensor-above-one", "GS0206", |t| t[2].2[1] = 1.5);
    edited(
        "number-too-large",
        "GS0206",
        "\"v_reset\": 0.0",
        "\"v_reset\": 1e999",
    );
    edited("scale-zero", "GS0206", "\"scale\": 0.125", "\"scale\": 0");
    edited("max-too-large", "GS0206", "\"max\": 15", "\"max\": 256");
    edited(
        "shape-absurd",
        "GS0206",
        "{\"shape\": [2]",
        "{\"shape\": [1000000, 1000000, 1000000, 1000000]",
    );
    edited("step-zero", "GS0206", "\"step\": 0.25", "\"step\": 0");
}

#[test]
fn contradictions_and_what_this_version_cannot_run() {
    edited(
        "if-with-a-decay",
        "GS0214",
        "\"kind\": \"lif\"",
        "\"kind\": \"if\"",
    );
    edited(
        "plif-with-w-and-decay",
        "GS0214",
        "\"w\": 0.5",
        "\"w\": 0.5, \"decay\": 0.5",
    );
    edited(
        "decay-input-and-input-gain",
        "GS0214",
        "\"w\": 0.5",
        "\"w\": 0.5, \"decay_input\": true, \"input_gain\": 1",
    );
    edited("klif-k-zero", "GS0206", "\"lif\"", "\"klif\", \"k\": 0");
    let next_step = NET
        .replace("\"lif\"", "\"klif\", \"k\": 1.5")
        .replace("\"same_step\"", "\"next_step\"");
    files(
        "klif-next-step",
        "GS0214",
        next_step.as_bytes(),
        &safetensors(&tensors()),
    );
    edited(
        "refractory-too-long",
        "GS0206",
        "\"lif\"",
        "\"lif\", \"refractory\": 65536",
    );
    edited(
        "leak-negative",
        "GS0206",
        "\"lif\"",
        "\"lif\", \"leak\": -0.125",
    );
    edited(
        "klif-k-per-neuron",
        "GS0303",
        "\"lif\"",
        "\"klif\", \"k\": \"@n0.decay\"",
    );
    for (op, name) in [
        ("conv2d", "op-conv2d"),
        ("avgpool2d", "op-avgpool2d"),
        ("maxpool2d", "op-maxpool2d"),
    ] {
        edited(name, "GS0211", "\"flatten\"", &format!("\"{op}\""));
    }
    let recurrent = "\"w\": 0.5, \"recurrent\": {\"weight\": \"@a\", \"bias\": \"@b\"}";
    edited("recurrent", "GS0211", "\"w\": 0.5", recurrent);
    let (head, tail) = NET
        .split_once(",\n    {\"op\": \"neuron\", \"name\": \"n1\"")
        .unwrap();
    let end = tail.split_once('\n').unwrap().1;
    files(
        "linear-at-the-end",
        "GS0211",
        format!("{head}\n{end}").as_bytes(),
        &safetensors(&tensors()),
    );
    let layer = NET.lines().find(|line| line.contains("\"fc1\"")).unwrap();
    edited("linear-missing", "GS0211", &format!("{layer}\n"), "");
    let twice = layer.replace("fc1\"", "fc2\"");
    edited(
        "linear-twice",
        "GS0211",
        layer,
        &format!("{layer}\n{twice}"),
    );
}

#[test]
fn shapes() {
    edited(
        "input-shape",
        "GS0212",
        "{\"shape\": [2]",
        "{\"shape\": [1, 3]",
    );
    edited("neuron-shape", "GS0212", "\"shape\": [3]", "\"shape\": [4]");
    edited(
        "reshape-size",
        "GS0212",
        "{\"op\": \"flatten\"}",
        "{\"op\": \"reshape\", \"shape\": [2, 2]}",
    );
    with_tensors("layer-shape", "GS0212", |t| {
        t[3] = ("fc1.weight", vec![2, 4], vec![0.25; 8])
    });
    edited("out-differs", "GS0303", "\"out\": 3", "\"out\": 4");
    with_tensors("weight-one-axis", "GS0303", |t| t[3].1 = vec![6]);
    with_tensors("bias-shape", "GS0303", |t| {
        t[1] = ("fc0.bias", vec![2], vec![0.0; 2])
    });
    with_tensors("decay-shape", "GS0303", |t| {
        t[2] = ("n0.decay", vec![2], vec![0.5; 2])
    });
    let (head, tail) = NET.split_once("\"layers\": [").unwrap();
    let after = tail.rsplit_once(']').unwrap().1;
    files(
        "no-layers",
        "GS0213",
        format!("{head}\"layers\": []{after}").as_bytes(),
        &safetensors(&tensors()),
    );
    with_tensors("no-neurons", "GS0213", |t| {
        t[3] = ("fc1.weight", vec![0, 3], vec![])
    });
}

#[test]
fn the_tensors() {
    let whole = safetensors(&tensors());
    let json = NET.as_bytes();
    files("safetensors-empty", "GS0301", json, b"");
    files("safetensors-truncated-header", "GS0301", json, &whole[..40]);
    files(
        "safetensors-truncated-data",
        "GS0301",
        json,
        &whole[..whole.len() - 5],
    );
    files(
        "safetensors-surplus",
        "GS0301",
        json,
        &[whole.as_slice(), b"more"].concat(),
    );
    files("safetensors-absurd-header", "GS0301", json, &[0xff; 64]);
    files(
        "safetensors-not-a-table",
        "GS0301",
        json,
        &with_header("[1]", b""),
    );
    let absurd = |offsets: &str, shape: &str| {
        with_header(
            &format!(
                "{{\"fc0.weight\":{{\"dtype\":\"F64\",\"shape\":{shape},\"data_offsets\":{offsets}}}}}"
            ),
            b"",
        )
    };
    files(
        "safetensors-absurd-offsets",
        "GS0301",
        json,
        &absurd("[0, 18446744073709551608]", "[2305843009213693951]"),
    );
    files(
        "safetensors-absurd-shape",
        "GS0301",
        json,
        &absurd("[0, 0]", "[4294967296, 4294967296, 4294967296]"),
    );
    edited(
        "tensor-not-there",
        "GS0302",
        "\"@fc1.weight\"",
        "\"@fc1.weights\"",
    );
    let long = with_header(
        "{\"fc0.weight\":{\"dtype\":\"I64\",\"shape\":[3,2],\"data_offsets\":[0,48]}}",
        &[0; 48],
    );
    files("tensor-of-64-bit-integers", "GS0304", json, &long);
    with_tensors("weight-nan", "GS0305", |t| {
        t[0].2[3] = f32::NAN;
        t[0].2[5] = f32::INFINITY;
    });
    with_tensors("bias-infinite", "GS0305", |t| t[1].2[2] = f32::NEG_INFINITY);
    with_tensors("decay-nan", "GS0305", |t| t[2].2[0] = f32::NAN);
    with_tensors("weight-off-the-grid", "GS0307", |t| t[3].2[4] = 1.8);
    edited("weight-above-qmax", "GS0307", "\"qmax\": 7", "\"qmax\": 6");
}

#[test]
fn an_unused_tensor_is_a_warning() {
    let scratch = tempfile::tempdir().unwrap();
    let mut all = tensors();
    all.push(("fc1.bias", vec![2], vec![0.5, 0.5]));
    write(scratch.path(), NET.as_bytes(), &safetensors(&all));
    let imported = import::load(scratch.path()).unwrap();
    let [warning] = imported.warnings.as_slice() else {
        panic!("{:?}", imported.warnings)
    };
    assert_eq!(
        (warning.code.id, warning.severity, warning.exit_code()),
        ("GS0306", Severity::Warning, 0)
    );
    check("tensor-unused", scratch.path(), warning);
}

#[test]
fn a_document_in_one_line_and_one_with_control_characters() {
    let line = NET.replace('\n', " ").replace("\"hard\"", "\"hart\"");
    files(
        "net-json-in-one-line",
        "GS0205",
        line.as_bytes(),
        &safetensors(&tensors()),
    );
    let control = NET.replace("\"small\"", "\"\u{1b}[31msmall\u{9b}\"");
    files(
        "name-with-control-characters",
        "GS0105",
        control.as_bytes(),
        &safetensors(&tensors()),
    );
}

#[test]
fn the_same_as_json_and_in_one_line() {
    let scratch = tempfile::tempdir().unwrap();
    write(
        scratch.path(),
        NET.replace("\"hard\"", "\"hart\"").as_bytes(),
        &safetensors(&tensors()),
    );
    let diagnostic = refused(scratch.path());
    let file = scratch.path().join("net.json").display().to_string();
    let json = diagnostic.to_json();
    assert_eq!(json["code"], "GS0205");
    assert_eq!(json["severity"], "error");
    assert_eq!(json["file"], file.as_str());
    assert_eq!(
        (json["line"].as_u64(), json["column"].as_u64()),
        (Some(11), Some(29))
    );
    assert_eq!(json["field"], "layers[1].reset");
    assert!(
        json["help"]
            .as_str()
            .unwrap()
            .contains("did you mean `hard`?")
    );
    assert_eq!(
        diagnostic.to_string(),
        format!("GS0205: `reset` cannot be `hart` ({file}:11:29, layers[1].reset)")
    );
}

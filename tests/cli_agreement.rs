//! Agreement with a trace of the network's own integers: what is reported is in the units of the trace.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "tests"
)]

mod cli_support;

use cli_support::{run, text};
use goldspike::quantize;
use goldspike_golden::network::dequantised;
use goldspike_golden::trace::SampleTrace;
use npyz::WriterBuilder;
use npyz::npz::NpzWriter;
use safetensors::tensor::{Dtype, TensorView};
use std::io::Cursor;
use std::path::Path;

const STEPS: usize = 8;
const SAMPLES: usize = 12;
const AXONS: usize = 4;
const NEURONS: usize = 3;

/// A layer of KLIF neurons that keep `h / k`.
const NET: &str = r#"{
  "format": "goldspike/1",
  "name": "scaled",
  "time_steps": 8,
  "input": {"shape": [4], "encoding": {"type": "direct", "scale": 0.125, "max": 15}},
  "readout": {"type": "spike_count", "tie": "lowest_index", "signed": false},
  "layers": [
    {"op": "linear", "name": "fc0", "in": 4, "out": 3, "weight": "@fc0.weight"},
    {"op": "neuron", "name": "n0", "shape": [3], "kind": "klif", "decay": 0.5, "v_threshold": 1.0, "fire": ">=",
     "reset": "soft", "reset_timing": "same_step", "k": 3.0, "scale_reset": true}
  ]
}
"#;

const WEIGHTS: [f32; AXONS * NEURONS] = [
    0.3, -0.21, 0.17, 0.05, -0.4, 0.33, 0.11, 0.26, 0.09, -0.07, 0.02, 0.13,
];

fn npz() -> NpzWriter<Cursor<Vec<u8>>> {
    NpzWriter::new(Cursor::new(Vec::new()))
}

fn array<T: npyz::Serialize + npyz::AutoSerialize + Copy>(
    file: &mut NpzWriter<Cursor<Vec<u8>>>,
    name: &str,
    shape: &[usize],
    values: &[T],
) {
    let shape: Vec<u64> = shape.iter().map(|&n| n as u64).collect();
    let array = file.array(name, Default::default()).unwrap();
    let mut writer = array.default_dtype().shape(&shape).begin_nd().unwrap();
    writer.extend(values.iter().copied()).unwrap();
    writer.finish().unwrap();
}

fn written(mut file: NpzWriter<Cursor<Vec<u8>>>, path: &Path) {
    let bytes = file.zip_writer().finish().unwrap().into_inner();
    std::fs::write(path, bytes).unwrap();
}

/// The traces as a framework stores them.
fn stored(traces: &[SampleTrace<f64>], path: &Path) {
    let numbers: Vec<i64> = (0..traces.len() as i64).collect();
    let predictions: Vec<i64> = traces
        .iter()
        .map(|trace| trace.prediction().unwrap() as i64)
        .collect();
    let counts: Vec<i64> = traces.iter().flat_map(SampleTrace::counts).collect();
    let (mut spikes, mut v, mut h) = (Vec::new(), Vec::<f64>::new(), Vec::<f64>::new());
    for t in 0..STEPS {
        for trace in traces {
            let layer = &trace.steps[t].layers[0];
            let bits = layer.spikes.iter().enumerate();
            spikes.push(bits.fold(0u8, |byte, (n, &spike)| byte | (spike as u8) << (7 - n)));
            v.extend(&layer.states[0]);
            h.extend(&layer.h);
        }
    }
    let n = traces.len();
    let mut file = npz();
    array(&mut file, "index", &[n], &numbers);
    array(&mut file, "pred", &[n], &predictions);
    array(&mut file, "out_count", &[n, NEURONS], &counts);
    array(&mut file, "full_index", &[n], &numbers);
    array(&mut file, "s_n0", &[STEPS, n, 1], &spikes);
    array(&mut file, "v_n0", &[STEPS, n, NEURONS], &v);
    array(&mut file, "h_n0", &[STEPS, n, NEURONS], &h);
    written(file, path);
}

#[test]
fn integers_equal_their_own_trace_in_membranes_and_compared_values() {
    let scratch = tempfile::tempdir().unwrap();
    let place = |name: &str| scratch.path().join(name);
    let (net, quant) = (place("net"), place("quant"));
    std::fs::create_dir(&net).unwrap();
    std::fs::write(net.join("net.json"), NET).unwrap();
    let bytes: Vec<u8> = WEIGHTS.iter().flat_map(|w| w.to_le_bytes()).collect();
    let view = TensorView::new(Dtype::F32, vec![NEURONS, AXONS], &bytes).unwrap();
    let tensors = safetensors::serialize([("fc0.weight", view)], None).unwrap();
    std::fs::write(net.join("net.safetensors"), tensors).unwrap();
    let inputs: Vec<u8> = (0..SAMPLES * AXONS).map(|i| (i * 7 % 16) as u8).collect();
    let mut file = npz();
    array(&mut file, "x_test", &[SAMPLES, AXONS], &inputs);
    array(&mut file, "y_test", &[SAMPLES], &[0i64; SAMPLES]);
    written(file, &place("data.npz"));
    run(&["quantize", text(&net), "-o", text(&quant)]).ended(0);

    let network = quantize::load(&quant).unwrap();
    assert!(
        network.layers[0].h_lsb(0) > 2.5 * network.layers[0].lsb(0),
        "h and v share a unit: nothing would be shown"
    );
    let program = dequantised(&network).unwrap();
    let encoding = &network.input.encoding;
    let traces: Vec<_> = inputs
        .chunks(AXONS)
        .enumerate()
        .map(|(n, raw)| {
            let sample = encoding.encode(raw, STEPS as u32, AXONS, n as u64).unwrap();
            program.run(&sample)
        })
        .collect();
    let spikes = traces.iter().flat_map(|trace| trace.counts()).sum::<i64>();
    assert!(spikes > 20, "{spikes} spikes");
    stored(&traces, &place("trace.npz"));

    for engine in ["golden", "rust-hdl"] {
        let found = run(&[
            "run",
            text(&quant),
            "--engine",
            engine,
            "--data",
            text(&place("data.npz")),
            "--against",
            text(&place("trace.npz")),
            "--format",
            "json",
        ])
        .json(0);
        let against = &found["against"];
        let error = |key: &str| against[key].as_f64().unwrap();
        assert_eq!(against["traced_samples"], SAMPLES, "{against:#}");
        assert_eq!(against["spikes_different"], 0, "{against:#}");
        // Half an LSB is lost each step and halved by the decay.
        let (v, h) = (network.layers[0].lsb(0), network.layers[0].h_lsb(0));
        assert!(error("membrane_max_error") <= 2.0 * v, "{against:#}");
        assert!(error("compared_value_max_error") <= 2.0 * h, "{against:#}");
    }
}

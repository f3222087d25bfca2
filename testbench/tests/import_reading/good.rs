//! Networks and data sets that are accepted, and what comes out.

use crate::common::{NET, Npz, read, repository, safetensors, tensors, with_header, write};
use goldspike::data;
use goldspike::diag::codes;
use goldspike::import::{self, Imported};
use goldspike_golden::describe::{Fire, Neuron};
use goldspike_golden::encoding::Encoding;
use goldspike_golden::neuron::{ModelId, Modes, Reset, ResetTiming, Spikes};
use goldspike_golden::quant::Param;
use std::path::Path;

fn load(json: &str, tensors: &[u8]) -> Imported {
    let scratch = tempfile::tempdir().unwrap();
    write(scratch.path(), json.as_bytes(), tensors);
    import::load(scratch.path()).unwrap()
}

fn neuron(imported: &Imported, layer: usize) -> &Neuron {
    &imported.network.layers[layer].neuron
}

#[test]
fn the_small_network_comes_out_as_it_was_written() {
    let imported = load(NET, &safetensors(&tensors()));
    let network = &imported.network;
    assert_eq!(
        (network.name.as_str(), network.time_steps, network.axons),
        ("small", 4, 2)
    );
    assert_eq!(
        network.encoding,
        Encoding::Direct {
            scale: 0.125,
            max: 15
        }
    );
    assert_eq!(imported.dataset.as_deref(), Some("points"));
    assert!(
        !imported.readout_signed && imported.embedded.is_none() && imported.warnings.is_empty()
    );
    let [a, b] = network.layers.as_slice() else {
        panic!()
    };
    assert_eq!(
        (a.synapse.as_str(), a.name.as_str(), a.axons, a.neurons),
        ("fc0", "n0", 2, 3)
    );
    assert_eq!(a.weights, [1.0, -0.5, 0.25, 2.0, -1.5, 0.75]);
    assert_eq!(
        (a.bias.as_slice(), a.weight_step),
        ([0.0, 0.5, -0.25].as_slice(), None)
    );
    assert_eq!(
        (b.axons, b.neurons, b.bias.as_slice(), b.weight_step),
        (3, 2, [0.0; 2].as_slice(), Some(0.25))
    );
    let first = neuron(&imported, 0);
    assert_eq!(first.value("decay"), Param::Neuron(vec![0.5, 0.75, 1.0]));
    let second = neuron(&imported, 1);
    let Param::Layer(decay) = second.value("decay") else {
        panic!()
    };
    assert!((decay - (1.0 - 1.0 / (1.0 + (-0.5f64).exp()))).abs() < 1e-15);
    assert_eq!(second.model, ModelId::Lif);
    assert_eq!((second.fire, second.refractory), (Fire::Ge, 0));
    assert_eq!(second.modes, Modes::default());
    for (key, value) in [
        ("input_gain", 1.0),
        ("offset", 0.0),
        ("leak", 0.0),
        ("v_threshold", 0.5),
        ("v_reset", 0.0),
        ("v_init", 0.0),
    ] {
        assert_eq!(second.value(key), Param::Layer(value), "{key}");
    }
    let place = imported.place(0, "v_threshold").unwrap();
    assert_eq!(place.field.as_deref(), Some("layers[1].v_threshold"));
    assert_eq!(place.span.as_ref().unwrap().line_column(), (10, 102));
    assert!(
        imported.place(0, "weight").is_some()
            && imported.place(1, "bias").is_none()
            && imported.place(2, "w").is_none()
    );
}

#[test]
fn every_spelling_of_the_neurons() {
    let with = |old: &str, new: &str| {
        assert!(NET.contains(old), "{old}");
        load(&NET.replace(old, new), &safetensors(&tensors()))
    };
    assert_eq!(neuron(&with("\">=\"", "\"gt\""), 0).fire, Fire::Gt);
    assert_eq!(neuron(&with("\">=\"", "\">\""), 0).fire, Fire::Gt);
    assert_eq!(neuron(&with("\">=\"", "\"ge\""), 0).fire, Fire::Ge);
    assert_eq!(
        neuron(&with("\"hard\"", "\"soft\""), 0).modes.reset,
        Reset::Soft
    );
    assert_eq!(
        neuron(&with("\"hard\"", "\"none\""), 0).modes.reset,
        Reset::None
    );
    assert_eq!(
        neuron(&with("\"same_step\"", "\"next_step\""), 0)
            .modes
            .reset_timing,
        ResetTiming::NextStep
    );
    assert_eq!(
        neuron(&with("\"same_step\"", "\"same_step_guarded\""), 0)
            .modes
            .reset_timing,
        ResetTiming::SameStepGuarded
    );
    let integrate = with(
        "\"kind\": \"lif\", \"decay\": \"@n0.decay\"",
        "\"kind\": \"if\"",
    );
    assert_eq!(neuron(&integrate, 0).value("decay"), Param::Layer(1.0));
    assert_eq!(integrate.warnings.len(), 1);
    assert_eq!(
        neuron(
            &with("\"w\": 0.5", "\"decay\": 0.75, \"decay_input\": true"),
            1
        )
        .value("input_gain"),
        Param::Layer(0.25)
    );
    let gained = with("\"w\": 0.5", "\"w\": 0.5, \"decay_input\": true");
    let (Param::Layer(gain), Param::Layer(decay)) = (
        neuron(&gained, 1).value("input_gain"),
        neuron(&gained, 1).value("decay"),
    ) else {
        panic!()
    };
    assert!(
        (gain - 1.0 / (1.0 + (-0.5f64).exp())).abs() < 1e-15 && (gain + decay - 1.0).abs() < 1e-15
    );
    let all = with(
        "\"w\": 0.5",
        "\"w\": 0, \"v_init\": -0.5, \"v_reset\": 0.25, \"offset\": 0.125, \"input_gain\": 2",
    );
    let all = neuron(&all, 1);
    assert_eq!(all.value("v_init"), Param::Layer(-0.5));
    assert_eq!(all.value("v_reset"), Param::Layer(0.25));
    assert_eq!(all.value("offset"), Param::Layer(0.125));
    assert_eq!(all.value("input_gain"), Param::Layer(2.0));
}

#[test]
fn klif_comes_out_as_it_was_written() {
    let with = |new: &str| {
        let json = NET.replace("\"kind\": \"lif\"", &format!("\"kind\": \"klif\", {new}"));
        load(&json, &safetensors(&tensors())).network.layers[0]
            .neuron
            .clone()
    };
    let plain = Neuron::new(ModelId::Klif)
        .with("decay", Param::Neuron(vec![0.5, 0.75, 1.0]))
        .with("v_threshold", Param::Layer(1.0))
        .with("v_reset", Param::Layer(0.0))
        .with("k", Param::Layer(1.25));
    assert_eq!(with("\"k\": 1.25"), plain);
    let all =
        "\"k\": 0.5, \"scale_reset\": true, \"input_gain\": 2, \"offset\": 0.125, \"v_init\": -0.5";
    let scaled = plain
        .with("k", Param::Layer(0.5))
        .with("scale_reset", Param::Layer(1.0))
        .with("input_gain", Param::Layer(2.0))
        .with("offset", Param::Layer(0.125))
        .with("v_init", Param::Layer(-0.5));
    assert_eq!(with(all), scaled);
}

#[test]
fn one_parameter_a_channel_is_repeated_over_its_neurons() {
    let json = NET
        .replace("\"name\": \"n0\", \"shape\": [3]", "\"name\": \"n0\", \"shape\": [2, 1, 2]")
        .replace("    {\"op\": \"neuron\", \"name\": \"n0\"", "    {\"op\": \"reshape\", \"shape\": [2, 1, 2]},\n    {\"op\": \"neuron\", \"name\": \"n0\"")
        .replace("\"out\": 3", "\"out\": 4");
    let tensors = safetensors(&[
        ("fc0.weight", vec![4, 2], vec![0.5; 8]),
        ("fc0.bias", vec![4], vec![0.0; 4]),
        ("n0.decay", vec![2], vec![0.25, 0.75]),
        ("fc1.weight", vec![2, 4], vec![0.25; 8]),
    ]);
    assert_eq!(
        neuron(&load(&json, &tensors), 0).value("decay"),
        Param::Neuron(vec![0.25, 0.25, 0.75, 0.75])
    );
}

#[test]
fn every_encoding() {
    for (text, encoding) in [
        (
            "{\"type\": \"direct\", \"scale\": 0.5}",
            Encoding::Direct {
                scale: 0.5,
                max: 255,
            },
        ),
        ("{\"type\": \"sigma_delta\"}", Encoding::SigmaDelta),
        (
            "{\"type\": \"bernoulli_hash\", \"seed\": 4294967295}",
            Encoding::BernoulliHash { seed: u32::MAX },
        ),
        (
            "{\"type\": \"latency\", \"levels\": 17}",
            Encoding::Latency { levels: 17 },
        ),
        (
            "{\"type\": \"rows\", \"scale\": 0.5, \"max\": 16}",
            Encoding::Rows {
                scale: 0.5,
                max: 16,
            },
        ),
        ("{\"type\": \"events\"}", Encoding::Events),
    ] {
        let json = NET.replace(
            "{\"type\": \"direct\", \"scale\": 0.125, \"max\": 15}",
            text,
        );
        assert_eq!(
            load(&json, &safetensors(&tensors())).network.encoding,
            encoding
        );
    }
}

#[test]
fn every_element_type_reads_as_the_same_numbers() {
    let of = |dtype: &str, size: usize, element: &dyn Fn(i8) -> Vec<u8>| {
        let values: Vec<u8> = [1i8, -2, 3, 0, -1, 2]
            .iter()
            .flat_map(|&v| element(v))
            .collect();
        let mut header = format!(
            "{{\"w\":{{\"dtype\":\"{dtype}\",\"shape\":[3,2],\"data_offsets\":[0,{}]}}",
            6 * size
        );
        header += &format!(
            ",\"fc1.weight\":{{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[{},{}]}}}}",
            6 * size,
            6 * size + 24
        );
        let json = NET
            .replace(
                "\"@fc0.weight\", \"bias\": \"@fc0.bias\"",
                "\"@w\", \"bias\": null",
            )
            .replace("\"@n0.decay\"", "0.5");
        let imported = load(
            &json,
            &with_header(&header, &[values, vec![0; 24]].concat()),
        );
        assert_eq!(
            imported.network.layers[0].weights,
            [1.0, -2.0, 3.0, 0.0, -1.0, 2.0],
            "{dtype}"
        );
        assert_eq!(imported.network.layers[0].bias, [0.0; 3]);
    };
    of("F64", 8, &|v| f64::from(v).to_le_bytes().to_vec());
    of("F32", 4, &|v| f32::from(v).to_le_bytes().to_vec());
    of("BF16", 2, &|v| {
        ((f32::from(v).to_bits() >> 16) as u16)
            .to_le_bytes()
            .to_vec()
    });
    let half = |v: i8| match v {
        1 => 0x3c00u16,
        -2 => 0xc000,
        3 => 0x4200,
        -1 => 0xbc00,
        2 => 0x4000,
        _ => 0,
    };
    of("F16", 2, &|v| half(v).to_le_bytes().to_vec());
    of("I8", 1, &|v| v.to_le_bytes().to_vec());
    of("I16", 2, &|v| i16::from(v).to_le_bytes().to_vec());
    of("I32", 4, &|v| i32::from(v).to_le_bytes().to_vec());
}

#[test]
fn the_embedded_example_is_the_workload_with_the_largest_pixel() {
    let embedded = import::embedded("digits").unwrap();
    assert_eq!(embedded.embedded, Some("digits"));
    assert_eq!(import::embedded_names().collect::<Vec<_>>(), ["digits"]);
    let by_path = import::load(Path::new("digits")).unwrap();
    assert_eq!(by_path.network, embedded.network);
    let in_folder = import::load(&repository().join("examples/digits")).unwrap();
    assert_eq!(
        (in_folder.network, in_folder.source_digest),
        (embedded.network.clone(), embedded.source_digest.clone())
    );
    let json = import::load(&repository().join("examples/digits/net.json")).unwrap();
    assert_eq!(json.source_digest, embedded.source_digest);
    assert_eq!(embedded.source_digest.len(), 64);
    let workload =
        import::load(&repository().join("testbench/workloads/nets/digits_lif_hard")).unwrap();
    assert_ne!(workload.source_digest, embedded.source_digest);
    let mut network = workload.network;
    assert_eq!(
        network.encoding,
        Encoding::Direct {
            scale: 0.0625,
            max: 255
        }
    );
    network.encoding = Encoding::Direct {
        scale: 0.0625,
        max: 16,
    };
    assert_eq!(network, embedded.network);
    assert_eq!(
        import::embedded("mnist").unwrap_err().code,
        &codes::UNKNOWN_EXAMPLE
    );
    assert_eq!(
        data::embedded("mnist").unwrap_err().code,
        &codes::UNKNOWN_EXAMPLE
    );

    let set = data::embedded("digits").unwrap();
    assert_eq!(
        (set.len(), set.sample_len, set.shape.as_slice()),
        (355, 64, [64].as_slice())
    );
    assert_eq!(set.labels.as_ref().unwrap().len(), 355);
    assert_eq!(
        set.samples()
            .map(|sample| sample.iter().copied().max().unwrap())
            .max(),
        Some(16)
    );
    assert_eq!(
        (set.sample(354).map(<[u8]>::len), set.sample(355)),
        (Some(64), None)
    );
    set.check(&embedded.network).unwrap();
}

#[test]
fn data_sets_of_every_kind() {
    let read = |npz: Npz| {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("x.npz");
        std::fs::write(&path, npz.bytes()).unwrap();
        data::load(&path).unwrap()
    };
    let plain = read(
        Npz::new()
            .with("x_test", &[2, 1, 3], &[1u8, 2, 3, 4, 5, 6])
            .with("y_test", &[2], &[7i64, -1]),
    );
    assert_eq!(
        (plain.len(), plain.shape.as_slice(), plain.labels.as_deref()),
        (2, [1, 3].as_slice(), Some([7, -1].as_slice()))
    );
    assert_eq!(plain.sample(1), Some([4, 5, 6].as_slice()));
    let wide = read(Npz::new().with("x_test", &[1, 2], &[0i32, 255]));
    assert_eq!(
        (wide.sample(0), wide.labels.as_deref()),
        (Some([0, 255].as_slice()), None)
    );
    let bits = read(
        Npz::new()
            .with("x_test_bits", &[2, 2], &[0x80u8, 0x40, 0x01, 0xc0])
            .with("shape", &[3], &[2i64, 2, 5]),
    );
    assert_eq!((bits.len(), bits.shape.as_slice()), (2, [2, 5].as_slice()));
    assert_eq!(
        bits.sample(0),
        Some([1, 0, 0, 0, 0, 0, 0, 0, 0, 1].as_slice())
    );
    assert_eq!(
        bits.sample(1),
        Some([0, 0, 0, 0, 0, 0, 0, 1, 1, 1].as_slice())
    );
}

#[test]
fn ternary_neurons_have_signed_spikes_an_amplitude_and_a_signed_readout() {
    let text = NET
        .replace("\"lif\"", "\"tlif\", \"amplitude\": \"@n0.decay\"")
        .replace(", \"signed\": false", "")
        .replace("\"plif\", \"w\": 0.5", "\"tlif\", \"decay\": 0.5");
    let imported = read(text.as_bytes(), &safetensors(&tensors())).unwrap();
    assert!(imported.readout_signed);
    for layer in 0..2 {
        assert_eq!(neuron(&imported, layer).modes.spikes, Spikes::Ternary);
    }
    let layers = &imported.network.layers;
    assert_eq!(layers[0].amplitude, Param::Neuron(vec![0.5, 0.75, 1.0]));
    assert_eq!(layers[1].amplitude, Param::Layer(1.0));
    let place = imported.place(0, "amplitude").unwrap();
    assert_eq!(place.field.as_deref(), Some("layers[1].amplitude"));
}

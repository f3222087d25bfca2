//! Storing, loading and naming quantized networks.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod quantize_support;

use goldspike::quantize::{Options, QuantizeError, ScaleBy, digest, load, quantize, save};
use goldspike_golden::format::{Overflow, Rounding};
use goldspike_golden::quant::{Param, QuantNetwork};
use goldspike_testbench::strategy::real::{reads_a_table, real_network};
use quantize_support::network;
use std::fs;
use std::path::Path;

/// Changes only with the arithmetic, the quantizer's choices, or the serialisation: each is a changelog entry.
const DIGITS_LIF_HARD: &str = "70290ded23b7d8052d5b603ba565f51b4d67e283178168e94ffaa7a0c7ce55d2";

fn digits() -> QuantNetwork {
    quantize(&network("digits_lif_hard"), &Options::default())
        .unwrap()
        .network
}

#[test]
fn modes_are_printed_as_they_are_stored() {
    let stored = |mode: serde_json::Value| mode.as_str().unwrap().to_owned();
    for mode in Rounding::ALL {
        assert_eq!(mode.to_string(), stored(serde_json::json!(mode)));
    }
    for mode in Overflow::ALL {
        assert_eq!(mode.to_string(), stored(serde_json::json!(mode)));
    }
}

#[test]
fn the_digest_is_the_same_everywhere() {
    assert_eq!(digest(&digits()), digest(&digits()));
    assert_eq!(digest(&digits()), DIGITS_LIF_HARD);
}

#[test]
fn the_digest_names_the_arithmetic_and_nothing_else() {
    let network = digits();
    let name = digest(&network);
    let mut same = network.clone();
    same.name = "other".to_owned();
    same.layers[0].name = "other".to_owned();
    same.layers[0].scale = Param::Layer(3.0);
    same.layers[0].membrane.frac += 1;
    same.layers[0].accumulator.frac += 1;
    let neuron = &mut same.layers[0].neuron;
    let fire_at = neuron.fire_at().of(0);
    neuron
        .constants
        .insert("fire_at".to_owned(), Param::Neuron(vec![fire_at; 48]));
    assert_eq!(digest(&same), name);

    let changes: [fn(&mut QuantNetwork); 10] = [
        |n| n.layers[1].weights[7] += 1,
        |n| n.layers[0].bias[3] -= 1,
        |n| n.layers[0].membrane.width += 1,
        |n| n.layers[0].accumulator.width += 1,
        |n| n.layers[0].guard_bits += 1,
        |n| n.layers[0].rounding = Rounding::Floor,
        |n| n.layers[1].overflow = Overflow::Wrap,
        |n| n.time_steps += 1,
        |n| {
            let neuron = &mut n.layers[1].neuron;
            let fire_at = neuron.fire_at().map(|th| th + 1);
            neuron.constants.insert("fire_at".to_owned(), fire_at);
        },
        |n| {
            let neuron = &mut n.layers[0].neuron;
            neuron.modes.spikes = goldspike_golden::neuron::Spikes::Ternary;
        },
    ];
    for (i, change) in changes.into_iter().enumerate() {
        let mut other = network.clone();
        change(&mut other);
        assert_ne!(digest(&other), name, "change {i}");
    }
}

fn bytes(dir: &Path) -> (Vec<u8>, Vec<u8>) {
    (
        fs::read(dir.join("quant.json")).unwrap(),
        fs::read(dir.join("quant.safetensors")).unwrap(),
    )
}

#[test]
fn what_is_saved_is_loaded_and_saved_again_to_the_same_bytes() {
    let scratch = tempfile::tempdir().unwrap();
    let mut networks = vec![
        digits(),
        quantize(
            &network("digits_plif"),
            &Options {
                scale: ScaleBy::Channel,
                ..Options::default()
            },
        )
        .unwrap()
        .network,
    ];
    for seed in 0..40 {
        let real = real_network(seed);
        networks.push(
            quantize(
                &real,
                &Options {
                    weight_bits: 16,
                    scale: match reads_a_table(&real) {
                        true => ScaleBy::Layer,
                        false => ScaleBy::Channel,
                    },
                    ..Options::default()
                },
            )
            .unwrap()
            .network,
        );
    }
    for (i, network) in networks.iter().enumerate() {
        let (a, b) = (
            scratch.path().join(format!("deep/a{i}")),
            scratch.path().join(format!("b{i}")),
        );
        save(network, &a).unwrap();
        let back = load(&a).unwrap();
        assert_eq!(&back, network);
        save(&back, &b).unwrap();
        assert_eq!(bytes(&a), bytes(&b));
        // Over itself, too.
        save(&back, &a).unwrap();
        assert_eq!(bytes(&a), bytes(&b));
        let mut names: Vec<_> = fs::read_dir(&a)
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .collect();
        names.sort();
        assert_eq!(names, [".goldspike", "quant.json", "quant.safetensors"]);
    }
    let left: Vec<_> = fs::read_dir(scratch.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(left.len(), networks.len() + 1, "{left:?}");
}

#[test]
fn a_foreign_folder_is_left_alone() {
    let scratch = tempfile::tempdir().unwrap();
    fs::write(scratch.path().join("thesis.tex"), "years").unwrap();
    let error = save(&digits(), scratch.path()).unwrap_err();
    assert_eq!(error.code(), "GS0525");
    assert!(
        error
            .to_string()
            .ends_with("the folder is not empty and was not made by goldspike")
    );
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 1);

    let file = scratch.path().join("thesis.tex");
    assert_eq!(save(&digits(), &file).unwrap_err().code(), "GS0526");
    assert_eq!(fs::read_to_string(file).unwrap(), "years");

    let empty = scratch.path().join("empty");
    fs::create_dir(&empty).unwrap();
    save(&digits(), &empty).unwrap();
    load(&empty).unwrap();
}

#[test]
fn damage_is_an_error_and_never_a_panic() {
    let scratch = tempfile::tempdir().unwrap();
    let network = quantize(
        &real_network(3),
        &Options {
            scale: ScaleBy::Channel,
            ..Options::default()
        },
    )
    .unwrap()
    .network;
    let dir = scratch.path().join("q");
    save(&network, &dir).unwrap();
    let (json, tensors) = bytes(&dir);
    let (mut damaged, mut survived) = (0, 0);
    let mut check = |name: &str, good: &[u8], bad: &[u8]| {
        fs::write(dir.join(name), bad).unwrap();
        match load(&dir) {
            // What the digest does not cover (names, scales) may change unseen.
            Ok(other) => {
                assert_eq!(digest(&other), digest(&network));
                survived += 1;
            }
            Err(QuantizeError::Damaged { .. } | QuantizeError::Digest { .. }) => damaged += 1,
            Err(e) => panic!("{e}"),
        }
        fs::write(dir.join(name), good).unwrap();
    };
    for (name, good) in [("quant.json", &json), ("quant.safetensors", &tensors)] {
        for length in (0..good.len() - 1).step_by(17) {
            check(name, good, &good[..length]);
        }
        for at in (0..good.len()).step_by(11) {
            for flip in [1, 0x80] {
                let mut bad = good.clone();
                bad[at] ^= flip;
                check(name, good, &bad);
            }
        }
    }
    println!("{damaged} refused, {survived} of equal arithmetic");
    assert!(damaged > 300 && survived < damaged / 2);
    assert_eq!(load(&dir).unwrap(), network);

    fs::remove_file(dir.join("quant.safetensors")).unwrap();
    assert_eq!(load(&dir).unwrap_err().code(), "GS0522");
    assert_eq!(
        load(&scratch.path().join("nowhere")).unwrap_err().code(),
        "GS0522"
    );
}

#[test]
fn an_edited_integer_is_found_by_its_digest() {
    let scratch = tempfile::tempdir().unwrap();
    let dir = scratch.path().join("q");
    save(&digits(), &dir).unwrap();
    let path = dir.join("quant.json");
    let text = fs::read_to_string(&path).unwrap();
    let edited = text.replace("\"time_steps\": 8", "\"time_steps\": 9");
    assert_ne!(text, edited);
    fs::write(&path, edited).unwrap();
    match load(&dir).unwrap_err() {
        QuantizeError::Digest {
            stored, computed, ..
        } => {
            assert_eq!(stored, digest(&digits()));
            assert_ne!(stored, computed);
        }
        e => panic!("{e}"),
    }
}

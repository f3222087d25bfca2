//! The engine `bitstream`: the bits that an iCE40 is loaded with, taken apart, equal the golden model, weights included.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs)]

use std::fs;
use std::path::Path;

use goldspike::emit::Emitted;
use goldspike::engine::tool::Toolbox;
use goldspike::engine::{Bitstream, EngineError};
use goldspike::rtl::DesignOptions;
use goldspike::synth::{Bits, Mapped, SynthError, Target, bits, disassembled, ports, window};
use goldspike::verify::{EngineReport, VerifyError};
use goldspike_testbench::on_device::{self, device, hardware, mapped, verified};
use goldspike_testbench::small::Small;
use goldspike_testbench::tools::missing;

fn tools() -> bool {
    !Bitstream::tools().any(missing)
}

fn options(lanes: u32, probe: bool) -> DesignOptions {
    DesignOptions {
        probe,
        ..on_device::lanes(lanes, 1)
    }
}

fn verify(
    small: &Small,
    lanes: u32,
    probe: bool,
    engine: Bitstream,
) -> Result<EngineReport, VerifyError> {
    verified(small, &options(lanes, probe), engine)
}

/// What hx1k has room for.
fn one_layer() -> Small {
    Small {
        name: "one_layer",
        sizes: vec![4, 3],
        ..Small::default()
    }
}

/// Without products, so that up5k has no use for its multiplier blocks.
fn integrating() -> Small {
    Small {
        name: "integrating",
        leaky: false,
        ..Small::default()
    }
}

#[test]
fn a_bitstream_equals_the_golden_model_with_and_without_a_window() {
    if !tools() {
        return;
    }
    for (small, probe, name, windowed) in [
        (one_layer(), false, "hx1k", false),
        (integrating(), true, "up5k", true),
    ] {
        let design = hardware(&small, &options(2, probe));
        let frame = window(&design.top, device(name)).unwrap();
        assert_eq!(frame.is_some(), windowed, "{name}: {frame:?}");
        let report = verify(&small, 2, probe, Bitstream::new(device(name))).unwrap();
        let compared = &report.comparison;
        assert!(compared.passed(), "{name}: {compared:?}");
        let steps: usize = small
            .samples()
            .iter()
            .map(|sample| sample.steps.len())
            .sum();
        let neurons = if probe { 5 } else { 3 };
        assert_eq!(compared.spikes_compared, (steps * neurons) as u64, "{name}");
        assert_eq!(compared.states_compared > 0, probe, "{name}");
    }
}

/// Enough synapses for block RAM.
fn many_synapses() -> Small {
    Small {
        name: "synapses",
        sizes: vec![128, 8],
        weight_bits: 8,
        membrane_bits: 16,
        leaky: false,
        ..Small::default()
    }
}

/// Changes the lowest bit of a weight of the first axon.
fn another_weight(emitted: &mut Emitted) {
    let (_, text) = emitted
        .files
        .iter_mut()
        .find(|(path, _)| path.to_string_lossy().ends_with("_weights.hex"))
        .expect("a file of weights");
    let end = text.find('\n').unwrap();
    let digit = char::from(text.as_bytes()[end - 1]).to_digit(16).unwrap() ^ 1;
    text.replace_range(end - 1..end, &format!("{digit:x}"));
}

#[test]
fn weights_are_read_out_of_the_bitstream() {
    if !tools() {
        return;
    }
    let small = many_synapses();
    let report = verify(&small, 8, true, Bitstream::new(device("hx8k"))).unwrap();
    assert!(report.comparison.passed(), "{:?}", report.comparison);
    let other = Bitstream::new(device("hx8k")).patched(another_weight);
    let report = verify(&small, 8, true, other).unwrap();
    let first = report.comparison.first.expect("another weight is seen");
    assert_eq!((first.layer, first.neuron), (0, 0), "{first:?}");
    // One LSB of the sum, behind the guard bit.
    assert_eq!((first.golden - first.engine).abs(), 2, "{first:?}");
}

/// The netlist and the bits of the network without the probe, in the folder.
fn made(small: &Small, lanes: u32, on: &'static Target, folder: &Path) -> (Mapped, Bits) {
    let design = hardware(small, &options(lanes, false));
    let mapped = mapped(&design, folder, on).unwrap();
    let toolbox = Toolbox::from_environment();
    let bits = bits(&toolbox, folder, &mapped, on, &ports(&design.top)).unwrap();
    (mapped, bits)
}

#[test]
fn a_bitstream_that_is_given_is_the_one_that_is_simulated() {
    if !tools() {
        return;
    }
    let small = one_layer();
    let other = Small {
        leaky: false,
        ..one_layer()
    };
    let given = |bits: &Small| {
        let place = tempfile::tempdir().unwrap();
        let hx1k = device("hx1k");
        let (_, bits) = made(bits, 2, hx1k, place.path());
        let engine = Bitstream::of_bytes(hx1k, fs::read(bits.file).unwrap());
        verify(&small, 2, false, engine).unwrap().comparison
    };
    let own = given(&small);
    assert!(own.passed(), "{own:?}");
    let foreign = given(&other);
    assert!(foreign.mismatches > 0, "{foreign:?}");
}

#[test]
fn a_bitstream_is_block_rams_and_is_refused_for_another_device() {
    if !tools() {
        return;
    }
    let small = many_synapses();
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let toolbox = Toolbox::from_environment();
    let hx1k = device("hx1k");
    let (mapped, bits) = made(&small, 8, hx1k, folder);
    let text = disassembled(&toolbox, folder, &bits, hx1k, "gs_top").unwrap();
    let blocks = text.matches("SB_RAM40_4K").count();
    assert_eq!(blocks, mapped.whole.bram, "block RAMs in the bitstream");
    assert!(
        blocks >= 4,
        "{blocks} block RAMs hold 128 x 64 bits of weights"
    );
    assert!(text.contains("module gs_top (") && !text.contains(small.name));

    let error = disassembled(&toolbox, folder, &bits, device("hx8k"), "gs_top").unwrap_err();
    assert!(
        matches!(&error, SynthError::OtherDevice { expected: "8k", found, .. } if found == "1k"),
        "{error}"
    );
    // A file that is no bitstream.
    fs::write(&bits.file, b"not a bitstream").unwrap();
    let error = disassembled(&toolbox, folder, &bits, hx1k, "gs_top").unwrap_err();
    assert!(
        matches!(error, SynthError::Tool(_) | SynthError::OtherDevice { .. }),
        "{error}"
    );
}

#[test]
fn blocks_that_cannot_be_taken_apart_are_refused() {
    if !tools() {
        return;
    }
    let small = Small {
        name: "products",
        per_neuron: true,
        ..Small::default()
    };
    let refused = verify(&small, 2, false, Bitstream::new(device("up5k")));
    let Err(VerifyError::Engine(EngineError::Synth { error, .. })) = &refused else {
        panic!("{refused:?}");
    };
    let SynthError::NotDisassembled { target, what, used } = error.error() else {
        panic!("{error}");
    };
    assert_eq!((*target, *what), ("up5k", "multiplier blocks"));
    assert!(*used > 0);
}

//! Designs whose weights and constants are rewritten over the load port: they equal the golden model of whatever was
//! loaded, and keep what they had when an image is refused.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    missing_docs,
    reason = "a failure is a failed test"
)]

mod writable_support;

use goldspike::engine::tool::IVERILOG;
use goldspike::engine::{Bench, Icarus, LoadState};
use goldspike::image::{Image, ImageError, image};
use goldspike::rtl::load_map::Refusal;
use goldspike::rtl::{Design, DesignOptions, Weights};
use goldspike_golden::event::Sample;
use goldspike_golden::quant::QuantNetwork;
use goldspike_testbench::cross_check::cases;
use goldspike_testbench::strategy::{Case, rng};
use goldspike_testbench::{designs, tools};
use writable_support::checks::{
    clean_for_every_linter, equal_golden_on, samples_meet_whole_networks,
    whatever_is_loaded_equals_golden,
};
use writable_support::loading::{ended, load, plays};
use writable_support::{another, small, with_load_port};

fn writable(case: &Case, probe: bool, draw: u64) -> Design {
    with_load_port(Weights::Writable, case, probe, draw)
}

#[test]
fn a_loaded_network_equals_its_own_golden_model() {
    whatever_is_loaded_equals_golden(41, |case, draw| writable(case, true, draw));
}

/// A small design that has an image applied already, so that the bank that is read is the second one.
struct Applied {
    design: Design,
    bench: Bench,
    /// What is applied.
    now: QuantNetwork,
    /// The image of another network.
    next: (QuantNetwork, Image),
    samples: Vec<Sample>,
}

const VERSION: u32 = 0xC0FF_EE01;

impl Applied {
    fn new(draw: u64) -> Self {
        let rng = &mut rng(draw);
        let case = small(rng);
        let design = writable(&case, true, draw);
        let (now, next) = (another(rng, &case.network), another(rng, &case.network));
        let mut bench = Bench::new(&design).unwrap();
        let state = load(&mut bench, &image(&now, &design, VERSION).unwrap());
        assert_eq!(state.refused, None);
        let image = image(&next, &design, 9).unwrap();
        Self {
            design,
            bench,
            now,
            next: (next, image),
            samples: case.samples,
        }
    }

    /// What is applied still computes its own trace.
    fn still_plays(&mut self) {
        plays(&mut self.bench, &self.design, &self.now, &self.samples);
    }

    fn refuses(&mut self, words: impl IntoIterator<Item = (u32, bool)>, reason: Refusal) {
        let expected = LoadState {
            loaded: true,
            version: VERSION,
            refused: Some(reason),
        };
        assert_eq!(self.bench.load(words).unwrap(), expected);
        self.still_plays();
    }

    /// A good image works.
    fn takes_the_next(mut self) {
        let (network, image) = self.next.clone();
        let state = load(&mut self.bench, &image);
        assert_eq!((state.version, state.refused), (9, None));
        plays(&mut self.bench, &self.design, &network, &self.samples);
    }
}

#[test]
fn every_bit_error_of_an_image_is_refused_and_changes_nothing() {
    let mut applied = Applied::new(3);
    let words = applied.next.1.words().to_vec();
    let mut errors = 0;
    for place in 0..words.len() {
        for bit in 0..32 {
            let mut words = words.clone();
            words[place] ^= 1 << bit;
            let reason = match place {
                0 => Refusal::Magic,
                1 => Refusal::Format,
                3 => Refusal::Shape,
                4 => Refusal::Length,
                _ => Refusal::Crc,
            };
            applied.refuses(ended(&words), reason);
            errors += 1;
        }
    }
    println!("{errors} bit errors");
    assert!(errors > 32 * 8);
    applied.takes_the_next();
}

#[test]
fn an_image_of_another_length_is_refused_and_changes_nothing() {
    let mut applied = Applied::new(3);
    let words = applied.next.1.words().to_vec();
    for length in 1..words.len() {
        applied.refuses(ended(&words[..length]), Refusal::Short);
    }
    for surplus in 1..40 {
        let more = [words.clone(), vec![0xFFFF_FFFF; surplus]].concat();
        applied.refuses(ended(&more), Refusal::Long);
    }
    let twice = [words.clone(), words.clone()].concat();
    applied.refuses(ended(&twice), Refusal::Long);
    applied.takes_the_next();
}

#[test]
fn an_image_for_another_shape_is_refused() {
    let mut applied = Applied::new(3);
    let other = Applied::new(4);
    assert_ne!(
        applied.design.load.as_ref().unwrap().description(),
        other.design.load.as_ref().unwrap().description()
    );
    applied.refuses(ended(other.next.1.words()), Refusal::Shape);
    let mut lies = applied.next.1.words().to_vec();
    lies[4] += 1;
    let sealed = Image::sealed(lies);
    applied.refuses(ended(sealed.words()), Refusal::Length);
    applied.takes_the_next();
}

#[test]
fn a_reset_in_the_middle_of_an_image_keeps_what_was_applied() {
    let mut applied = Applied::new(5);
    let words = applied.next.1.words().to_vec();
    for taken in 0..words.len() {
        let cut = words[..taken].iter().map(|&word| (word, false));
        applied.bench.load(cut).unwrap();
        // Playing begins with a reset.
        applied.still_plays();
        applied.refuses(ended(&words[taken.max(1)..]), Refusal::Magic);
    }
    applied.takes_the_next();
}

#[test]
fn a_reset_at_any_cycle_of_the_exchange_leaves_a_whole_network() {
    let (mut before, mut after) = (0, 0);
    for cycles in 0..16 {
        let mut applied = Applied::new(6);
        let words = applied.next.1.words().to_vec();
        let state = applied.bench.load_and_wait(ended(&words), cycles).unwrap();
        applied.bench.reset();
        let settled = applied.bench.load([]).unwrap();
        assert_eq!(settled.refused, None, "{state:?}");
        let network = if settled.version == VERSION {
            before += 1;
            applied.now.clone()
        } else {
            after += 1;
            assert_eq!(settled.version, 9);
            applied.next.0.clone()
        };
        plays(
            &mut applied.bench,
            &applied.design,
            &network,
            &applied.samples,
        );
    }
    assert!(before > 0 && after > 0, "{before} {after}");
}

#[test]
fn images_and_samples_at_any_time() {
    samples_meet_whole_networks(50, |case, draw| writable(case, false, draw));
}

#[test]
fn a_loaded_network_equals_its_own_golden_model_on_icarus() {
    if tools::missing(IVERILOG) {
        return;
    }
    equal_golden_on(
        cases(5, 40),
        |case, draw| writable(case, true, draw),
        || Box::new(Icarus::new()),
    );
}

#[test]
fn a_network_of_another_shape_has_no_image() {
    type Change = fn(&mut QuantNetwork);
    let rng = &mut rng(7);
    let case = small(rng);
    let design = writable(&case, false, 1);
    let fields: [(&str, Change); 7] = [
        ("layers", |n| n.layers.truncate(1)),
        ("guard_bits", |n| n.layers[0].guard_bits += 1),
        ("membrane", |n| n.layers[0].membrane.width += 1),
        ("rounding", |n| {
            n.layers[0].rounding = goldspike_golden::format::Rounding::ToZero;
        }),
        ("weight_bits", |n| n.layers[0].weight_bits += 1),
        ("refractory", |n| n.layers[0].neuron.refractory += 1),
        ("coefficient", |n| {
            n.layers[0].neuron.coefficient.width += 1;
        }),
    ];
    for (field, change) in fields {
        let mut other = case.network.clone();
        change(&mut other);
        for layer in &mut other.layers {
            layer.accumulator.frac = layer.membrane.frac - layer.guard_bits;
        }
        match image(&other, &design, 1) {
            Err(ImageError::Differs { field: found, .. }) => assert_eq!(found, field),
            other => panic!("{field}: {other:?}"),
        }
    }
    let mut far = case.network.clone();
    far.layers[0].bias[0] = 1 << 40;
    far.layers[0].accumulator =
        goldspike_golden::format::QFormat::signed(50, far.layers[0].accumulator.frac);
    assert!(matches!(
        image(&far, &design, 1),
        Err(ImageError::Range {
            constant: "bias",
            ..
        })
    ));
    let rom = DesignOptions {
        weights: Weights::Rom,
        ..designs::options(&case, false, 1)
    };
    let rom = goldspike::rtl::design(&case.network, &rom).unwrap();
    assert_eq!(image(&case.network, &rom, 1), Err(ImageError::NotWritable));
}

#[test]
fn writable_designs_are_clean_for_every_linter() {
    clean_for_every_linter(|case, draw| writable(case, draw % 2 == 0, draw));
}

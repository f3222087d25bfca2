//! Designs that hold no weights before an image is loaded: they accept no sample until a whole image came, equal the golden
//! model of what was loaded, and are never half of anything.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    missing_docs,
    reason = "a failure is a failed test"
)]

mod writable_support;

use goldspike::engine::beats::{BeatStimulus, Simulator};
use goldspike::engine::tool::{
    CXX, IVERILOG, MAKE, NEXTPNR_ICE40, Tool, Toolbox, VERILATOR, VVP, YOSYS,
};
use goldspike::engine::{
    Bench, Bitstream, EngineError, Icarus, LoadState, Loaded, Netlist, Rtl, RustHdl, Stalls,
    Stimulus, Verilator,
};
use goldspike::image::{Image, first, image};
use goldspike::rtl::load_map::{HEADER_WORDS, Refusal};
use goldspike::rtl::{Design, DesignOptions, Fabric, LaneChoice, LargeMemories, Weights, design};
use goldspike::synth::{Constraints, SynthError, Target, demand, target};
use goldspike::verify::{VerifyError, verify_engine};
use goldspike_golden::event::Sample;
use goldspike_golden::quant::QuantNetwork;
use goldspike_testbench::cross_check::cases;
use goldspike_testbench::numbers::networks::{B, Kind, network_of, samples};
use goldspike_testbench::strategy::{Case, rng};
use goldspike_testbench::tools;
use writable_support::checks::{
    clean_for_every_linter, equal_golden_on, samples_meet_whole_networks,
    whatever_is_loaded_equals_golden,
};
use writable_support::loading::{beats_alone, ended, load, plays};
use writable_support::{another, small, with_load_port};

fn loaded(case: &Case, probe: bool, draw: u64) -> Design {
    with_load_port(Weights::Loaded, case, probe, draw)
}

fn up5k() -> &'static Target {
    target("up5k").unwrap()
}

/// A design for up5k with a layer in large memories, however small it is.
fn in_spram(network: &QuantNetwork, probe: bool) -> Design {
    let options = DesignOptions {
        weights: Weights::Loaded,
        lanes: LaneChoice::All(4),
        neuron_lanes: LaneChoice::All(1),
        probe,
        fabric: Fabric {
            large: Some(LargeMemories {
                least: 0,
                ..LargeMemories::ICE40_ULTRA_PLUS
            }),
            ..up5k().fabric()
        },
        ..DesignOptions::default()
    };
    let design = design(network, &options).unwrap();
    assert!(design.plans.iter().any(|plan| plan.large_memories > 0));
    design
}

/// Every other design in large memories.
fn every_other_in_spram(case: &Case, probe: bool, draw: u64) -> Design {
    if draw.is_multiple_of(2) {
        in_spram(&case.network, probe)
    } else {
        loaded(case, probe, draw)
    }
}

/// Whether samples are refused, by what the play says.
fn waits(bench: &mut Bench, design: &Design, samples: &[Sample]) -> bool {
    let beats = BeatStimulus {
        hang: 400,
        ..beats_alone(design, samples)
    };
    match bench.play(&beats, |_| {}) {
        Ok(_) => false,
        Err(EngineError::Hang { taken: 0, .. }) => true,
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn whatever_is_loaded_equals_its_own_golden_model() {
    let (mut large, mut small, mut several) = (0, 0, 0);
    whatever_is_loaded_equals_golden(61, |case, draw| {
        let design = loaded(case, true, draw);
        for plan in &design.plans {
            large += usize::from(plan.large_memories > 0);
            small += usize::from(plan.large_memories == 0);
            several += usize::from(
                plan.large()
                    .is_some_and(|of| plan.weight_words() > of.depth),
            );
        }
        design
    });
    println!("{large} layers large ({several} deep), {small} not");
    assert!(large > 20 && small > 20 && several > 5);
}

/// A small design, with nothing loaded.
struct Fresh {
    case: Case,
    design: Design,
    bench: Bench,
    /// Another network and its image.
    next: (QuantNetwork, Image),
}

const VERSION: u32 = 0xC0FF_EE01;

impl Fresh {
    fn new(draw: u64) -> Self {
        let rng = &mut rng(draw);
        let case = small(rng);
        let design = in_spram(&case.network, true);
        let network = another(rng, &case.network);
        let image = image(&network, &design, VERSION).unwrap();
        Self {
            bench: Bench::new(&design).unwrap(),
            case,
            design,
            next: (network, image),
        }
    }

    fn with_first(draw: u64) -> Self {
        let mut fresh = Self::new(draw);
        fresh.takes_the_first();
        fresh
    }

    fn takes_the_first(&mut self) {
        let state = load(&mut self.bench, &first(&self.design).unwrap());
        assert_eq!(
            (state.loaded, state.version, state.refused),
            (true, 1, None)
        );
        let network = self.case.network.clone();
        plays(&mut self.bench, &self.design, &network, &self.case.samples);
    }

    fn takes_the_next(&mut self) {
        let (network, image) = self.next.clone();
        let state = load(&mut self.bench, &image);
        assert_eq!(
            (state.loaded, state.version, state.refused),
            (true, VERSION, None)
        );
        plays(&mut self.bench, &self.design, &network, &self.case.samples);
    }

    fn waits(&mut self) -> bool {
        waits(&mut self.bench, &self.design, &self.case.samples)
    }
}

#[test]
fn no_sample_is_accepted_before_a_whole_image_came() {
    let mut fresh = Fresh::new(3);
    assert!(fresh.waits());
    assert_eq!(fresh.bench.load([]).unwrap(), LoadState::default());
    let words = ended(fresh.next.1.words());
    for taken in 0..words.len() {
        // Playing begins with a reset.
        let state = fresh.bench.load(words[..taken].iter().copied()).unwrap();
        assert_eq!(state, LoadState::default(), "{taken} words");
        assert!(fresh.waits(), "{taken} words");
    }
    fresh.takes_the_next();
}

#[test]
fn a_beat_that_is_offered_all_the_time_is_taken_after_the_last_word_alone() {
    for draw in 3..8 {
        let fresh = Fresh::new(draw);
        let mut bench = fresh.bench;
        let sim = bench.sim_mut();
        let input = |sim: &goldspike::hdl::Sim, name: &str| sim.input(name).unwrap();
        let [rst, offered, load_valid, load_data, load_last] = [
            "rst_i",
            "s_axis_tvalid",
            "s_load_tvalid",
            "s_load_tdata",
            "s_load_tlast",
        ]
        .map(|name| input(sim, name));
        let [ready, load_ready, loaded] =
            ["s_axis_tready", "s_load_tready", "loaded_o"].map(|name| sim.output(name).unwrap());
        sim.set(offered, 1);
        sim.set(rst, 1);
        sim.clock();
        sim.set(rst, 0);
        let (mut word, mut taken) = (0, false);
        let words = ended(fresh.next.1.words());
        for _ in 0..16 * words.len() + 2_000 {
            sim.set(load_valid, i128::from(word < words.len()));
            if let Some(&(data, last)) = words.get(word) {
                sim.set(load_data, data.into());
                sim.set(load_last, last.into());
            }
            sim.settle();
            let whole = sim.get(loaded) == 1;
            taken |= sim.get(ready) == 1;
            assert!(
                !taken || whole,
                "word {word}: a beat is taken, and nothing is loaded"
            );
            assert!(!whole || word == words.len(), "loaded after {word} words");
            word += usize::from(word < words.len() && sim.get(load_ready) == 1);
            sim.clock();
        }
        assert!(taken);
    }
}

#[test]
fn every_bit_error_of_an_image_leaves_a_whole_network_or_none() {
    let mut fresh = Fresh::with_first(3);
    let words = fresh.next.1.words().to_vec();
    let (mut kept, mut none) = (0, 0);
    for place in 0..words.len() {
        for bit in 0..32 {
            let mut words = words.clone();
            words[place] ^= 1 << bit;
            let (refused, keeps) = match place {
                0 => (Refusal::Magic, true),
                1 => (Refusal::Format, true),
                3 => (Refusal::Shape, true),
                4 => (Refusal::Length, true),
                _ => (Refusal::Crc, false),
            };
            let expected = LoadState {
                loaded: keeps,
                version: u32::from(keeps),
                refused: Some(refused),
            };
            let state = fresh.bench.load(ended(&words)).unwrap();
            assert_eq!(state, expected, "bit {bit} of word {place}");
            if bit % 8 == 0 && !keeps {
                assert!(fresh.waits());
            }
            if keeps {
                kept += 1;
            } else {
                none += 1;
                fresh.takes_the_first();
            }
        }
    }
    println!("{kept} errors in a header, {none} behind it");
    assert!(kept == 4 * 32 && none > 200);
    fresh.takes_the_next();
}

#[test]
fn an_image_of_another_length_leaves_a_whole_network_or_none() {
    let mut fresh = Fresh::with_first(3);
    let words = fresh.next.1.words().to_vec();
    let all = words.len();
    let surplus = [words.clone(), vec![0xFFFF_FFFF; 20]].concat();
    for length in (1..all).chain(all + 1..surplus.len()) {
        let state = fresh.bench.load(ended(&surplus[..length])).unwrap();
        let refused = if length < all {
            Refusal::Short
        } else {
            Refusal::Long
        };
        let keeps = length <= HEADER_WORDS;
        let expected = LoadState {
            loaded: keeps,
            version: u32::from(keeps),
            refused: Some(refused),
        };
        assert_eq!(state, expected, "{length} of {all} words");
        assert_eq!(fresh.waits(), !keeps, "{length} of {all} words");
        fresh.takes_the_first();
    }
    fresh.takes_the_next();
}

#[test]
fn a_reset_at_any_cycle_leaves_a_whole_network_or_none() {
    let words = ended(Fresh::new(6).next.1.words());
    let (mut before, mut none, mut after) = (0, 0, 0);
    for cycles in (0..4 * words.len())
        .step_by(3)
        .chain(4 * words.len()..4 * words.len() + 16)
    {
        let mut fresh = Fresh::with_first(6);
        let whole = (cycles / 4).min(words.len());
        let rest = cycles - 4 * whole;
        fresh
            .bench
            .load_and_wait(words[..whole].iter().copied(), rest as u32)
            .unwrap();
        fresh.bench.reset();
        let state = fresh.bench.load([]).unwrap();
        assert_eq!(state.refused, None);
        match (state.loaded, state.version) {
            (true, 1) => {
                before += 1;
                let network = fresh.case.network.clone();
                plays(
                    &mut fresh.bench,
                    &fresh.design,
                    &network,
                    &fresh.case.samples,
                );
            }
            (true, VERSION) => {
                after += 1;
                let network = fresh.next.0.clone();
                plays(
                    &mut fresh.bench,
                    &fresh.design,
                    &network,
                    &fresh.case.samples,
                );
            }
            (false, 0) => {
                none += 1;
                assert!(fresh.waits());
                fresh.takes_the_first();
            }
            other => panic!("{other:?}"),
        }
    }
    println!("{before} with the first network, {none} with none, {after} with the second");
    assert!(before > 3 && none > 10 && after > 2);
}

#[test]
fn images_and_samples_at_any_time_meet_whole_networks_alone() {
    samples_meet_whole_networks(70, |case, draw| every_other_in_spram(case, false, draw));
}

fn without(wanted: &[Tool]) -> bool {
    wanted.iter().any(|&tool| tools::missing(tool))
}

#[test]
fn a_loaded_network_equals_its_own_golden_model_on_icarus() {
    if !without(&[IVERILOG, VVP]) {
        let design = |case: &Case, draw| every_other_in_spram(case, true, draw);
        equal_golden_on(cases(6, 40), design, || Box::new(Icarus::new()));
    }
}

#[test]
fn a_loaded_network_equals_its_own_golden_model_on_verilator() {
    if !without(&[VERILATOR, CXX, MAKE]) {
        let design = |case: &Case, draw| every_other_in_spram(case, true, draw);
        equal_golden_on(cases(3, 20), design, || Box::new(Verilator::new()));
    }
}

#[test]
fn a_netlist_with_spram_equals_the_golden_model_of_what_was_loaded() {
    if without(&[YOSYS, VERILATOR, CXX, MAKE, NEXTPNR_ICE40]) {
        return;
    }
    let rng = &mut rng(12);
    let case = small(rng);
    let design = in_spram(&case.network, true);
    let toolbox = Toolbox::from_environment();
    let needs = demand(&toolbox, &design.top, up5k(), &Constraints::default()).unwrap();
    assert!(
        needs.words().contains("of 4 large memories"),
        "{}",
        needs.words()
    );
    let second = another(rng, &case.network);
    let image = image(&second, &design, 5).unwrap();
    let stimulus = [Stimulus {
        samples: case.samples.clone(),
        stalls: Stalls::random(9),
    }];
    let loaded = Loaded {
        simulator: Netlist::new(up5k()),
        image: &image,
        stalls: Stalls::random(10),
    };
    let report = verify_engine(&mut Rtl(loaded), &second, &design, &stimulus, |_| {}).unwrap();
    assert!(report.comparison.passed(), "{:?}", report.comparison);
    assert!(report.comparison.spikes_compared > 0);
    let mut bitstream = Rtl(Bitstream::new(up5k()));
    match verify_engine(&mut bitstream, &second, &design, &stimulus, |_| {}) {
        Err(VerifyError::Engine(EngineError::Synth { error, .. })) => assert!(
            matches!(
                error.error(),
                SynthError::NotDisassembled {
                    what: "large memories",
                    ..
                }
            ),
            "{error}"
        ),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_refused_image_is_an_error_of_every_engine() {
    let rng = &mut rng(5);
    let case = small(rng);
    let design = in_spram(&case.network, false);
    let mut words = first(&design).unwrap().words().to_vec();
    words[HEADER_WORDS] ^= 1;
    let mut engines: Vec<Box<dyn Simulator>> = vec![Box::new(RustHdl)];
    if !without(&[VERILATOR, CXX, MAKE]) {
        engines.push(Box::new(Verilator::new()));
    }
    for engine in &mut engines {
        let stimulus = BeatStimulus {
            image: words.clone(),
            ..BeatStimulus::of_samples(&design, &case.samples, Stalls::NONE)
        };
        let said = engine.play(&design, &stimulus).unwrap_err().to_string();
        assert!(said.contains("the image was refused: the CRC-32"), "{said}");
    }
}

#[test]
fn loaded_designs_are_clean_for_every_linter() {
    clean_for_every_linter(|case, draw| loaded(case, draw % 2 == 0, draw));
}

/// B = 784-128-10 with 8-bit weights, eight lanes in the first layer.
fn b_for_up5k() -> (QuantNetwork, Design) {
    let network = network_of("net_b", B, Kind::Lif, 8).unwrap();
    let options = DesignOptions {
        weights: Weights::Loaded,
        lanes: LaneChoice::PerLayer(vec![8, 5]),
        neuron_lanes: LaneChoice::All(1),
        fabric: up5k().fabric(),
        ..DesignOptions::default()
    };
    let design = design(&network, &options).unwrap();
    (network, design)
}

#[test]
fn the_largest_layer_takes_the_large_memories_and_the_others_stay_in_block_memory() {
    let (_, design) = b_for_up5k();
    let large: Vec<usize> = design
        .plans
        .iter()
        .map(|plan| plan.large_memories)
        .collect();
    assert_eq!(large, [4, 0]);
    assert_eq!(LargeMemories::ICE40_ULTRA_PLUS.taken(12_544, 64), 4);
    assert_eq!(LargeMemories::ICE40_ULTRA_PLUS.taken(16_385, 17), 4);
}

#[test]
#[ignore = "of the campaign: two minutes"]
fn a_network_that_only_spram_holds_equals_its_golden_model_as_a_netlist() {
    if without(&[YOSYS, VERILATOR, CXX, MAKE, IVERILOG, VVP]) {
        return;
    }
    let (network, design) = b_for_up5k();
    let second = another(&mut rng(3), &network);
    let image = image(&second, &design, 2).unwrap();
    let stimulus = [Stimulus {
        samples: samples(network.input.axons, 4, 10),
        stalls: Stalls::random(1),
    }];
    let engines: [Box<dyn Simulator>; 4] = [
        Box::new(RustHdl),
        Box::new(Icarus::new()),
        Box::new(Verilator::new()),
        Box::new(Netlist::new(up5k())),
    ];
    for simulator in engines {
        let name = simulator.name();
        let mut loaded = Rtl(Loaded {
            simulator,
            image: &image,
            stalls: Stalls::random(2),
        });
        let report = verify_engine(&mut loaded, &second, &design, &stimulus, |_| {}).unwrap();
        println!("{name}: {:?}", report.comparison);
        assert!(
            report.comparison.passed(),
            "{name}: {:?}",
            report.comparison
        );
    }
}

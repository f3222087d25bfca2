//! What holds of every design with a load port, whichever way it keeps its weights.

use std::collections::BTreeSet;

use goldspike::emit::lint::{LINTERS, lint};
use goldspike::emit::sources;
use goldspike::engine::beats::Simulator;
use goldspike::engine::tool::Toolbox;
use goldspike::engine::{Bench, LoadState, Loaded, Rtl, Stalls, Stimulus};
use goldspike::image::{Image, first, image};
use goldspike::rtl::{Design, Weights};
use goldspike::verify::verify_engine;
use goldspike_golden::neuron::registry;
use goldspike_golden::quant::QuantNetwork;
use goldspike_testbench::coverage::Bins;
use goldspike_testbench::cross_check::{cases, seed};
use goldspike_testbench::strategy::{Case, generate, rng};
use goldspike_testbench::tools;

use super::loading::{load, plays};
use super::traffic::{LOADING, traffic};
use super::{another, extreme, small};

/// Random designs play their own network, another one, all of the smallest and all of the largest values, and their own again:
/// each as its own golden model, with models of every kind.
pub fn whatever_is_loaded_equals_golden(
    first_seed: u64,
    mut design: impl FnMut(&Case, u64) -> Design,
) {
    let rng = &mut rng(seed(first_seed));
    let mut models = BTreeSet::new();
    let mut spikes = [0; 5];
    for draw in 0..u64::from(cases(200, 600)) {
        let case = generate::case(rng);
        let design = design(&case, draw);
        let networks = [
            another(rng, &case.network),
            extreme(&case.network, false),
            extreme(&case.network, true),
            case.network.clone(),
        ];
        let mut bench = Bench::new(&design).unwrap();
        if design.options.weights == Weights::Loaded {
            assert_eq!(load(&mut bench, &first(&design).unwrap()).version, 1);
        }
        spikes[4] += plays(&mut bench, &design, &case.network, &case.samples);
        for (number, network) in networks.iter().enumerate() {
            let version = 100 * draw as u32 + number as u32 + 2;
            let image = image(network, &design, version).unwrap();
            assert_eq!(image.words().len(), design.load.as_ref().unwrap().words());
            let expected = LoadState {
                loaded: true,
                version,
                refused: None,
            };
            assert_eq!(load(&mut bench, &image), expected, "{network:?}");
            spikes[number] += plays(&mut bench, &design, network, &case.samples);
        }
        let layers = case.network.layers.iter();
        models.extend(layers.map(|layer| layer.neuron.model.info().name));
    }
    println!("spikes by image {spikes:?}");
    assert!(spikes.iter().all(|&spikes| spikes > 100), "{spikes:?}");
    assert_eq!(models.len(), registry().count());
}

/// Images and samples are offered at any time; each sample is computed by one whole network.
pub fn samples_meet_whole_networks(first_seed: u64, design: impl Fn(&Case, u64) -> Design) {
    let bins = Bins::default();
    for draw in 0..u64::from(cases(6, 60)) {
        let rng = &mut rng(seed(first_seed) + draw);
        let case = small(rng);
        let design = design(&case, draw);
        let networks: Vec<QuantNetwork> = std::iter::once(case.network.clone())
            .chain((0..3).map(|_| another(rng, &case.network)))
            .collect();
        let images: Vec<Image> = networks
            .iter()
            .zip(0..)
            .map(|(network, version)| image(network, &design, version).unwrap())
            .collect();
        traffic(rng, &design, &networks, &images, &case.samples, &bins);
    }
    println!("{bins}");
    assert_eq!(bins.missing(&LOADING), Vec::<&str>::new());
    for (bin, least) in [
        ("image applied", 20),
        ("image refused: a sample was in flight", 5),
        ("image refused: damaged", 5),
        ("sample waits", 100),
        ("samples", 100),
        ("networks", 12),
        ("spikes", 100),
    ] {
        assert!(bins.count(bin) > least, "{bin}:\n{bins}");
    }
}

/// Random designs on one simulator each: with a second network loaded, and with their own.
pub fn equal_golden_on(
    count: u32,
    design: impl Fn(&Case, u64) -> Design,
    simulator: impl Fn() -> Box<dyn Simulator>,
) {
    let rng = &mut rng(seed(43));
    for draw in 0..u64::from(count) {
        let case = generate::case(rng);
        let design = design(&case, draw);
        let second = another(rng, &case.network);
        let stimulus = [Stimulus {
            samples: case.samples.clone(),
            stalls: Stalls::random(draw),
        }];
        let image = image(&second, &design, 1).unwrap();
        let loaded = Loaded {
            simulator: simulator(),
            image: &image,
            stalls: Stalls::random(draw + 1),
        };
        let report = verify_engine(&mut Rtl(loaded), &second, &design, &stimulus, |_| {}).unwrap();
        assert!(report.comparison.passed(), "{:?}", report.comparison);
        let mut own = Rtl(simulator());
        let report = verify_engine(&mut own, &case.network, &design, &stimulus, |_| {}).unwrap();
        assert!(report.comparison.passed(), "{:?}", report.comparison);
    }
}

/// No linter says anything of random designs.
pub fn clean_for_every_linter(design: impl Fn(&Case, u64) -> Design) {
    let toolbox = Toolbox::from_environment();
    let rng = &mut rng(seed(11));
    for draw in 0..u64::from(cases(4, 40)) {
        let case = generate::case(rng);
        let emitted = sources(&design(&case, draw), "lint").unwrap();
        for &tool in LINTERS {
            if tools::missing(tool) {
                continue;
            }
            let said = lint(&toolbox, tool, &emitted).unwrap();
            assert!(said.is_clean(), "{}: {}", said.tool, said.messages);
        }
    }
}

//! What holds of every design with a load port, whichever way it keeps its weights.

use goldspike::emit::lint::{LINTERS, lint};
use goldspike::emit::sources;
use goldspike::engine::beats::Simulator;
use goldspike::engine::tool::Toolbox;
use goldspike::engine::{Loaded, Rtl, Stalls, Stimulus};
use goldspike::image::{Image, image};
use goldspike::rtl::Design;
use goldspike::verify::verify_engine;
use goldspike_golden::quant::QuantNetwork;
use goldspike_testbench::coverage::Bins;
use goldspike_testbench::cross_check::{cases, seed};
use goldspike_testbench::strategy::{Case, generate, rng};
use goldspike_testbench::tools;

use super::traffic::{LOADING, traffic};
use super::{another, small};

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

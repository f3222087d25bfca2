//! Operators of the golden model changed one by one, at each place of its source where one is called: what the authors' code
//! computed, the hand-written traces of the contract, or the generated hardware must differ from each mutant.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by a panic"
)]

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;
use std::rc::Rc;

use goldspike::engine::{Engine as _, Rtl, RustHdl, Subject};
use goldspike::rtl::design;
use goldspike_golden::arith::Real;
use goldspike_golden::event::Sample;
use goldspike_golden::network::golden;
use goldspike_golden::neuron::{Reset, ResetTiming};
use goldspike_golden::quant::QuantNetwork;
use goldspike_golden::trace::SampleTrace;
use goldspike_testbench::contract_case::read_folder;
use goldspike_testbench::designs;
use goldspike_testbench::mutated::{Change, Mutated, Site};
use goldspike_testbench::strategy::{Case, generate, rng};
use goldspike_testbench::vectors;

/// Random networks whose hardware is run.
const NETWORKS: usize = 300;
/// Those with a reset that is pending in a refractory period, further ones.
const PENDING: usize = 60;
const TOLERANCE: f64 = 1e-9;

type Sites = Rc<RefCell<BTreeSet<Site>>>;
type Mutation = Option<(Site, Change)>;

/// A network, samples, and what must come of them.
struct Traced {
    network: QuantNetwork,
    samples: Vec<Sample>,
    traces: Vec<SampleTrace<i64>>,
}

impl Traced {
    fn differs(&self, mutation: Mutation, sites: &Sites) -> bool {
        let program = golden(&self.network).unwrap();
        let program = program.over(|raw| Mutated::new(raw, mutation, sites));
        let mut pairs = self.samples.iter().zip(&self.traces);
        pairs.any(|(sample, trace)| program.run(sample) != *trace)
    }
}

/// The hand-written neurons.
fn contract() -> Vec<Traced> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/contract");
    let files = read_folder(&folder).unwrap();
    files
        .into_values()
        .flat_map(|file| file.neurons)
        .map(|case| Traced {
            network: case.network,
            samples: vec![case.sample],
            traces: vec![case.trace],
        })
        .collect()
}

/// Random networks of every model with the traces of their hardware, which is described apart from the golden model.
fn hardware() -> Vec<Traced> {
    let drawn = |seed| (seed, generate::case(&mut rng(seed)));
    let pending = |(_, case): &(u64, Case)| {
        case.network.layers.iter().any(|layer| {
            let neuron = &layer.neuron;
            neuron.refractory > 1
                && neuron.modes.reset_timing == ResetTiming::NextStep
                && neuron.modes.reset == Reset::Soft
        })
    };
    let usual = (90_000..).map(drawn).take(NETWORKS);
    usual
        .chain((200_000..).map(drawn).filter(pending).take(PENDING))
        .map(|(seed, case)| {
            let design = design(&case.network, &designs::options(&case, true, seed)).unwrap();
            let subject = Subject {
                network: &case.network,
                design: &design,
            };
            let stimulus = designs::stimulus(&case, seed);
            let outcome = Rtl(RustHdl).run(subject, &stimulus).unwrap();
            Traced {
                network: case.network,
                samples: case.samples,
                traces: outcome.traces,
            }
        })
        .collect()
}

/// Whether what the authors' code computed tells the mutant.
fn vectors_differ(cases: &[vectors::Case], mutation: Mutation, sites: &Sites) -> bool {
    let arith = Mutated::new(Real, mutation, sites);
    cases.iter().any(|case| {
        let mut differs = false;
        vectors::replay(case, &arith, |value| {
            differs = !value.agrees(TOLERANCE);
            !differs
        })
        .unwrap();
        differs
    })
}

#[test]
fn every_changed_operator_of_the_golden_model_is_noticed() {
    let cases: Vec<_> = vectors::files(&vectors::committed())
        .unwrap()
        .iter()
        .flat_map(|path| vectors::read(path).unwrap().1)
        .collect();
    let (contract, hardware) = (contract(), hardware());
    let sites = Sites::default();
    assert!(!vectors_differ(&cases, None, &sites));
    for traced in contract.iter().chain(&hardware) {
        assert!(!traced.differs(None, &sites), "{:?}", traced.network);
    }
    let sites: Vec<Site> = sites.take().into_iter().collect();
    let none = Sites::default();
    let (mut by, mut left) = ([0; 3], Vec::new());
    for &site in &sites {
        for change in site.operator.changes() {
            let mutation = Some((site, change));
            let noticed = [
                contract
                    .iter()
                    .any(|traced| traced.differs(mutation, &none)),
                vectors_differ(&cases, mutation, &none),
            ];
            match noticed.iter().position(|&noticed| noticed) {
                Some(first) => by[first] += 1,
                None if hardware
                    .iter()
                    .any(|traced| traced.differs(mutation, &none)) =>
                {
                    by[2] += 1
                }
                None => left.push((site, change)),
            }
        }
    }
    println!(
        "{} places, {} mutants: {} noticed by the contract's cases, {} by the vectors, {} by the hardware alone",
        sites.len(),
        by.iter().sum::<usize>() + left.len(),
        by[0],
        by[1],
        by[2]
    );
    for (site, change) in &left {
        println!(
            "LEFT {}:{}:{} {:?} {change:?}",
            site.file, site.line, site.column, site.operator
        );
    }
    assert!(sites.len() > 50, "{}", sites.len());
    assert_eq!(left, [], "nothing notices these");
}

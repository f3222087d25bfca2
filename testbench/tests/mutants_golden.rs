//! Operators of the golden model changed one by one, at each place of its source where one is called: what the authors' code
//! computed, the hand-written traces of the contract, or the generated hardware must differ from each mutant.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by a panic"
)]

use std::cell::RefCell;
use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use std::rc::Rc;

use goldspike::engine::{Engine as _, Rtl, RustHdl, Subject};
use goldspike::rtl::design;
use goldspike_golden::arith::{Arith as _, Raw, Real};
use goldspike_golden::event::Sample;
use goldspike_golden::format::{Overflow, Rounding};
use goldspike_golden::network::golden;
use goldspike_golden::neuron::{ModelId, Reset, ResetTiming, State};
use goldspike_golden::quant::{Param, QuantLayer, QuantNetwork};
use goldspike_golden::trace::SampleTrace;
use goldspike_testbench::contract_case::read_folder;
use goldspike_testbench::designs;
use goldspike_testbench::mutated::{Change, Mutated, Site};
use goldspike_testbench::small::Small;
use goldspike_testbench::strategy::{Case, generate, rng};
use goldspike_testbench::vectors;

/// Random networks whose hardware is run.
const NETWORKS: usize = 300;
/// Those with a reset that is pending in a refractory period, further ones.
const PENDING: usize = 120;
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
        .chain(
            (200_000..)
                .map(drawn)
                .filter(pending)
                .take(PENDING)
                .map(far),
        )
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

/// With an amount of the reset that leaves every membrane.
fn far((seed, mut case): (u64, Case)) -> (u64, Case) {
    for layer in &mut case.network.layers {
        if let Some(amount) = layer.neuron.constants.get_mut("reset_by") {
            *amount = Param::Layer(layer.membrane.min());
        }
    }
    (seed, case)
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

/// Mutants that are no other model, by the end of the file's name and what stands in the line; why is shown by
/// [`equivalent`].
const SAME: [(&str, &str); 4] = [
    // The amplitude of an input is 1 in integers, and nothing is dropped.
    (
        "network.rs",
        "layer.arith.product(&self.amplitude, &payload, 0)",
    ),
    // `m` times at most 1 is not more than `m`.
    ("clif.rs", "let without = |h: &N| a.overflow(&retained(h)"),
    // Away since the step after a spike, the membrane is at the value of the reset already.
    (
        "cubalif.rs",
        "a.select(&state.spike, || v_reset.clone(), || v.clone())",
    ),
    // Nobody asks whether a reset is pending where none can be.
    ("lif.rs", "(None, _) => a.bit(false)"),
];

/// Whether a mutant is one of [`SAME`] and does the same: of a product every 8-bit value in every rounding; of a neuron every
/// step from every state that a small layer reaches, with every sum, in every mode.
fn equivalent(site: Site, change: Change) -> bool {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let source = std::fs::read_to_string(root.join(site.file)).unwrap();
    let line = source.lines().nth(site.line as usize - 1).unwrap();
    let known = |(file, text): &&(&str, &str)| site.file.ends_with(file) && line.contains(text);
    let Some((file, _)) = SAME.iter().find(known) else {
        return false;
    };
    let model = ModelId::ALL
        .iter()
        .find(|model| file.strip_suffix(".rs") == Some(model.info().name));
    match model {
        Some(&model) => same_steps(model, (site, change)),
        None => same_products(change),
    }
}

fn same_products(change: Change) -> bool {
    ROUNDINGS.iter().all(|&rounding| {
        let raw = Raw {
            rounding,
            ..Raw::default()
        };
        (-128..128).all(|value| match change {
            Change::Second | Change::DropLess => raw.product(&1, &value, 0) == value,
            Change::Rounded(_) => raw.product(&1, &value, 0) == value,
            _ => false,
        })
    })
}

const ROUNDINGS: [Rounding; 4] = [
    Rounding::HalfUp,
    Rounding::Floor,
    Rounding::ToZero,
    Rounding::HalfEven,
];

fn same_steps(model: ModelId, mutation: (Site, Change)) -> bool {
    let mut steps = 0usize;
    let combinations = model.info().modes.combinations();
    for modes in combinations {
        for (overflow, rounding) in [
            (Overflow::Saturate, Rounding::HalfUp),
            (Overflow::SaturateSymmetric, Rounding::HalfEven),
            (Overflow::Wrap, Rounding::ToZero),
            (Overflow::Saturate, Rounding::Floor),
        ] {
            for refractory in [0, 3] {
                let small = Small {
                    model,
                    modes,
                    overflow,
                    rounding,
                    refractory,
                    sizes: vec![1, 1],
                    membrane_bits: 5,
                    ..Small::default()
                };
                let layer = &small.network().layers[0];
                match search(layer, mutation) {
                    Some(count) => steps += count,
                    None => return false,
                }
            }
        }
    }
    println!("{mutation:?}: the same in {steps} steps");
    steps > 1000
}

/// Steps from every state that the layer reaches; `None` if one of them differs.
fn search(layer: &QuantLayer, mutation: (Site, Change)) -> Option<usize> {
    let raw = Raw {
        rounding: layer.rounding,
        overflow: layer.overflow,
    };
    let sites = Sites::default();
    let mutant = Mutated::new(raw, Some(mutation), &sites);
    let cell = layer.cell(0, 0, |raw| raw, |raw| raw).unwrap();
    let start = cell.start(&raw);
    let key = |state: &State<i64, bool>| (state.kept.clone(), state.spike, state.negative);
    let mut seen = HashSet::from([key(&start)]);
    let mut open = vec![start];
    let mut steps = 0;
    while let Some(state) = open.pop() {
        for x in -40..=40 {
            let done = cell.step(&raw, &state, &x);
            if done != cell.step(&mutant, &state, &x) {
                return None;
            }
            steps += 1;
            let next = done.into_state();
            if seen.insert(key(&next)) {
                open.push(next);
            }
        }
    }
    Some(steps)
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
    let (mut by, mut same, mut left) = ([0; 3], 0, Vec::new());
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
                None if equivalent(site, change) => same += 1,
                None => left.push((site, change)),
            }
        }
    }
    println!(
        "{} places, {} mutants: {} noticed by the contract's cases, {} by the vectors, {} by the hardware alone, {same} equivalent",
        sites.len(),
        by.iter().sum::<usize>() + same + left.len(),
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

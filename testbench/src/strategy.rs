//! Random legal networks and stimuli, for property tests and campaigns.
//!
//! [`generate`] is plain functions of a seeded generator; here they become `proptest` strategies whose failures are
//! shrunk by `shrink`: fewer layers, neurons, axons, steps and events, then simpler parameters, always a legal network.

pub mod generate;
mod neuron;
pub mod real;
mod shrink;

use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::{Config, FileFailurePersistence, RngAlgorithm, TestRng, TestRunner};

use goldspike_golden::event::Sample;
use goldspike_golden::quant::QuantNetwork;

/// A network and samples for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// A network that validates.
    pub network: QuantNetwork,
    /// Samples of its axons and payloads, each of its own number of steps.
    pub samples: Vec<Sample>,
}

/// A generator of random numbers that repeats from its seed on every machine.
#[must_use]
pub fn rng(seed: u64) -> TestRng {
    let mut bytes = [0; 32];
    for (byte, value) in bytes.iter_mut().zip(seed.to_le_bytes()) {
        *byte = value;
    }
    TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
}

/// A configuration of `cases` cases that keeps the seeds of failures in `file` (committed, in `proptest-regressions/`).
#[must_use]
pub fn config(cases: u32, file: &'static str) -> Config {
    let persistence = FileFailurePersistence::Direct(file);
    Config {
        cases,
        failure_persistence: Some(Box::new(persistence)),
        ..Config::default()
    }
}

/// Networks of 1 to 3 layers of 1 to 40 neurons over every mode and width of the contract.
pub fn quant_network() -> impl Strategy<Value = QuantNetwork> {
    Shrinking {
        generate: generate::network,
        simpler: shrink::networks,
    }
}

/// One to four samples for `axons` axons with payloads of up to `payload_max`: silent ones, one-step ones, dense ones.
pub fn samples(axons: usize, payload_max: u32) -> impl Strategy<Value = Vec<Sample>> {
    Shrinking {
        generate: move |rng: &mut TestRng| generate::samples(rng, axons, payload_max),
        simpler: |samples: &Vec<Sample>| shrink::samples(samples),
    }
}

/// A network together with samples for it. Shrinks both at once, which a flat map cannot.
pub fn quant_case() -> impl Strategy<Value = Case> {
    Shrinking {
        generate: generate::case,
        simpler: shrink::cases,
    }
}

/// A generator with a list of simpler values for each value, the boldest first.
#[derive(Clone)]
struct Shrinking<G, S> {
    generate: G,
    simpler: S,
}

impl<G, S> core::fmt::Debug for Shrinking<G, S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Shrinking")
    }
}

impl<T, G, S> Strategy for Shrinking<G, S>
where
    T: Clone + core::fmt::Debug,
    G: Fn(&mut TestRng) -> T + Clone,
    S: Fn(&T) -> Vec<T> + Clone,
{
    type Tree = Greedy<T, S>;
    type Value = T;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let current = (self.generate)(runner.rng());
        Ok(Greedy {
            failing: current.clone(),
            current,
            candidates: Vec::new().into_iter(),
            simpler: self.simpler.clone(),
        })
    }
}

/// Tries the simpler values of the last failing one in turn; the first that fails too takes its place.
#[derive(Debug)]
struct Greedy<T, S> {
    failing: T,
    current: T,
    candidates: std::vec::IntoIter<T>,
    simpler: S,
}

impl<T, S> ValueTree for Greedy<T, S>
where
    T: Clone + core::fmt::Debug,
    S: Fn(&T) -> Vec<T>,
{
    type Value = T;

    fn current(&self) -> T {
        self.current.clone()
    }

    fn simplify(&mut self) -> bool {
        self.failing = self.current.clone();
        self.candidates = (self.simpler)(&self.failing).into_iter();
        self.complicate()
    }

    fn complicate(&mut self) -> bool {
        let next = self.candidates.next();
        let more = next.is_some();
        self.current = next.unwrap_or_else(|| self.failing.clone());
        more
    }
}

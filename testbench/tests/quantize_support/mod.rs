//! What the quantizer's tests share: the workloads and their samples.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test binary uses its part, and they are tests"
)]

use goldspike::data::Dataset;
use goldspike::{data, import};
use goldspike_golden::describe::Network;
use goldspike_golden::event::Sample;
use goldspike_golden::trace::SampleTrace;
use std::path::{Path, PathBuf};

/// Every fully connected network of the workloads that runs.
pub const NETWORKS: [&str; 16] = [
    "digits_lif_hard",
    "digits_lif_soft",
    "digits_plif",
    "digits_klif",
    "digits_glif",
    "digits_clif",
    "digits_leaky_sub",
    "digits_latency",
    "digits_q4_lif_hard",
    "digits_tlif_hard",
    "digits_tlif_soft",
    "digits_q2_tlif_soft",
    "mnist_fc_lif_direct",
    "mnist_fc_lif_sd",
    "mnist_fc_leaky_bern",
    "mnist_q4_fc_if_sd",
];

/// The folder of networks, data and traces.
pub fn workloads() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("workloads")
}

/// A network of the workloads.
pub fn network(name: &str) -> Network {
    import::load(&workloads().join("nets").join(name))
        .unwrap()
        .network
}

/// The test set of a network.
pub fn samples(name: &str) -> Dataset {
    if name.starts_with("digits") {
        data::embedded("digits").unwrap()
    } else {
        data::load(&workloads().join("data/mnist_test2000.npz")).unwrap()
    }
}

/// The events of sample `n`.
pub fn encode(network: &Network, samples: &Dataset, n: usize) -> Sample {
    let raw = samples.sample(n).unwrap();
    network
        .encoding
        .encode(raw, network.time_steps, network.axons, n as u64)
        .unwrap()
}

/// Correct predictions among the first `count` samples.
pub fn correct<N>(
    network: &Network,
    samples: &Dataset,
    count: usize,
    run: impl Fn(&Sample) -> SampleTrace<N>,
) -> usize {
    let labels = samples.labels.as_ref().unwrap();
    (0..count)
        .filter(|&n| {
            run(&encode(network, samples, n)).prediction() == usize::try_from(labels[n]).ok()
        })
        .count()
}

//! Random networks on one engine against the golden model, shrunk on the golden side when they differ.

use goldspike::engine::Engine;
use goldspike::rtl::design;
use goldspike::verify::verify_engine;
use goldspike_golden::network;
use proptest::prelude::any;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};

use crate::coverage::{Bins, Covered, REPEATED};
use crate::{designs, strategy};

/// Networks of a run: `few` in the ordinary tests, `many` in the campaign (`GOLDSPIKE_CAMPAIGN=1`).
#[must_use]
pub fn cases(few: u32, many: u32) -> u32 {
    if std::env::var_os("GOLDSPIKE_CAMPAIGN").is_some() {
        many
    } else {
        few
    }
}

/// Seed of a run: `GOLDSPIKE_SEED`, or `default`.
#[must_use]
pub fn seed(default: u64) -> u64 {
    std::env::var("GOLDSPIKE_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

/// A runner whose cases are a function of the seed.
#[must_use]
pub fn runner(cases: u32, seed: u64) -> TestRunner {
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 400,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, strategy::rng(seed))
}

/// Runs `cases` random networks and returns what was seen: bins of the arithmetic and of the streams, and under
/// `networks`, `values` how much was compared.
///
/// # Errors
/// The smallest network found that differs, and how.
pub fn cross_check(
    engine: impl Fn() -> Box<dyn Engine>,
    cases: u32,
    seed: u64,
) -> Result<Bins, String> {
    let bins = Bins::default();
    let run = runner(cases, seed).run(&(strategy::quant_case(), any::<u64>()), |(case, draw)| {
        let probe = draw % 8 != 7;
        let options = designs::options(&case, probe, draw);
        let design = design(&case.network, &options)
            .map_err(|error| TestCaseError::fail(error.to_string()))?;
        let stimulus = designs::stimulus(&case, draw);
        let report = verify_engine(
            engine().as_mut(),
            &case.network,
            &design,
            &[stimulus],
            |_| {},
        )
        .map_err(|error| TestCaseError::fail(error.to_string()))?;
        if !report.comparison.passed() {
            return Err(TestCaseError::fail(format!(
                "{options:?}: {:?}",
                report.comparison
            )));
        }
        let covered = network::golden(&case.network)
            .map_err(|error| TestCaseError::fail(error.to_string()))?
            .over(|raw| Covered {
                raw,
                bins: bins.clone(),
            });
        let first = &design.plans[0];
        for sample in case.samples.iter().filter(|_| first.keeps) {
            let pairs = sample.steps.windows(2);
            let repeated = pairs.filter(|pair| pair[0] == pair[1]).count() as u64;
            bins.add(REPEATED[usize::from(first.groups > 1)], repeated);
        }
        for sample in &case.samples {
            let trace = covered.run(sample);
            for layers in trace.steps.iter().map(|step| &step.layers) {
                for (l, layer) in layers.iter().enumerate() {
                    let negative = layer.spikes.iter().filter(|&&spike| spike < 0).count() as u64;
                    bins.add("negative spike", negative);
                    if l + 1 < layers.len() {
                        bins.add("negative spike into a layer", negative);
                    }
                }
            }
        }
        bins.see("networks");
        let comparison = &report.comparison;
        bins.add(
            "values",
            comparison.spikes_compared + comparison.membranes_compared + comparison.states_compared,
        );
        for (bin, count) in ["input stall", "output stall", "probe stall"]
            .iter()
            .zip(report.stalls)
        {
            bins.add(bin, count);
        }
        Ok(())
    });
    match run {
        Ok(()) => Ok(bins),
        Err(TestError::Fail(reason, (case, draw))) => Err(format!(
            "{reason}\nsmallest case found, draw {draw}: {case:#?}"
        )),
        Err(TestError::Abort(reason)) => Err(format!("no case could be made: {reason}")),
    }
}

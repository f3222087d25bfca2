//! The whole way of a random network: written as a user would, read, quantized, generated, simulated, compared.

use goldspike::emit::{lint::lint, sources};
use goldspike::engine::tool::{Tool, Toolbox};
use goldspike::engine::{Engine, Rtl, RustHdl};
use goldspike::quantize::{GuardBits, MembraneBits, Options, ScaleBy, quantize};
use goldspike::rtl::{PlanError, design};
use goldspike::verify::verify_engine;
use goldspike_golden::describe::{Network, Neuron};
use goldspike_golden::format::{Overflow, Rounding};
use proptest::prelude::RngExt;
use proptest::test_runner::TestRng;

use super::promised;
use crate::designs;
use crate::strategy::real::real_network;
use crate::strategy::{Case, generate, rng};
use crate::written::Written;

/// How far a network came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The file format has no words for it.
    Unwritten,
    /// The quantizer or the planner refused it, with a remedy.
    Refused,
    /// It equals the golden model in so many values.
    Equal(u64),
}

/// The network of a seed on its whole way; `linters` are asked about its Verilog.
///
/// # Errors
/// What went wrong.
pub fn network(seed: u64, linters: &[Tool]) -> Result<Seen, String> {
    let described = real_network(seed);
    let Some(written) = Written::new(&described) else {
        return Ok(Seen::Unwritten);
    };
    let read = written
        .read()
        .map_err(|error| format!("{error}\n{}", written.json))?;
    same(&described, &read.network)?;
    let rng = &mut rng(seed ^ 0x57A9);
    let quantized = match quantize(&read.network, &options(rng)) {
        Ok(quantized) => quantized.network,
        Err(error) => {
            promised(!error.help().is_empty(), "a refusal without a remedy")?;
            return Ok(Seen::Refused);
        }
    };
    let mut samples = generate::samples(rng, quantized.input.axons, quantized.input.payload_max);
    if let Some(steps) = generate::longest(&quantized) {
        for sample in &mut samples {
            sample.steps.truncate(steps);
        }
    }
    let case = Case {
        network: quantized,
        samples,
    };
    let draw = rng.random();
    let options = designs::options(&case, rng.random_bool(0.8), draw);
    let design = match design(&case.network, &options) {
        Ok(design) => design,
        Err(PlanError::Hdl(error)) => return Err(error.to_string()),
        Err(error) => {
            promised(!error.help().is_empty(), "a refusal without a remedy")?;
            return Ok(Seen::Refused);
        }
    };
    let emitted = sources(&design, "fuzzed").map_err(|error| error.to_string())?;
    for &tool in linters {
        let said = lint(&Toolbox::from_environment(), tool, &emitted)
            .map_err(|error| error.to_string())?;
        promised(said.is_clean(), format!("{}: {}", said.tool, said.messages))?;
    }
    let engine: &mut dyn Engine = &mut Rtl(RustHdl);
    let stimulus = designs::stimulus(&case, draw);
    let report = verify_engine(engine, &case.network, &design, &[stimulus], |_| {})
        .map_err(|error| error.to_string())?;
    let comparison = &report.comparison;
    promised(
        comparison.passed(),
        format!("{options:?}: {comparison:?}\n{}", written.json),
    )?;
    Ok(Seen::Equal(
        comparison.spikes_compared + comparison.membranes_compared + comparison.states_compared,
    ))
}

/// Whether what was read is what was described, in everything that is computed with.
fn same(described: &Network, read: &Network) -> Result<(), String> {
    let heads = |network: &Network| {
        (
            network.name.clone(),
            network.time_steps,
            network.axons,
            network.encoding.clone(),
            network.layers.len(),
        )
    };
    promised(
        heads(described) == heads(read),
        format!("{:?} was read as {:?}", heads(described), heads(read)),
    )?;
    for (wanted, found) in described.layers.iter().zip(&read.layers) {
        let parameters = wanted.neuron.model.info().parameters.iter();
        let equal = wanted.weights == found.weights
            && wanted.bias == found.bias
            && wanted.name == found.name
            && wanted.synapse == found.synapse
            && wanted.amplitude.clone().collapsed() == found.amplitude.clone().collapsed()
            && wanted.neuron.model == found.neuron.model
            && wanted.neuron.fire == found.neuron.fire
            && wanted.neuron.modes == found.neuron.modes
            && wanted.neuron.refractory == found.neuron.refractory
            && parameters.clone().all(|info| {
                let value = |neuron: &Neuron| neuron.value(info.name).collapsed();
                value(&wanted.neuron) == value(&found.neuron)
            });
        promised(equal, format!("{wanted:?}\nwas read as\n{found:?}"))?;
    }
    Ok(())
}

fn options(rng: &mut TestRng) -> Options {
    Options {
        weight_bits: rng.random_range(1..=16),
        membrane_bits: if rng.random_bool(0.6) {
            MembraneBits::Auto
        } else {
            MembraneBits::Fixed(rng.random_range(4..=32))
        },
        guard_bits: if rng.random_bool(0.7) {
            GuardBits::Auto
        } else {
            GuardBits::Fixed(rng.random_range(-6..=6))
        },
        coefficient_bits: rng.random_range(1..=24),
        scale: if rng.random_bool(0.7) {
            ScaleBy::Layer
        } else {
            ScaleBy::Channel
        },
        rounding: Rounding::ALL[rng.random_range(0..Rounding::ALL.len())],
        overflow: Overflow::ALL[rng.random_range(0..Overflow::ALL.len())],
        exact: rng.random_bool(0.1),
    }
}

//! Small networks on the engines of a device: designed, verified, mapped.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]

use std::path::Path;

use goldspike::emit::sources;
use goldspike::engine::beats::Simulator;
use goldspike::engine::tool::Toolbox;
use goldspike::engine::{Rtl, Stalls, Stimulus};
use goldspike::rtl::{Design, DesignOptions, LaneChoice, design};
use goldspike::synth::{Job, Mapped, SynthError, Target, map, target};
use goldspike::verify::{EngineReport, VerifyError, verify_engine};

use crate::small::Small;

/// The device of a name.
///
/// # Panics
/// No device has it.
#[must_use]
pub fn device(name: &str) -> &'static Target {
    target(name).expect("the name of a device")
}

/// So many synapse and neuron lanes in every layer.
#[must_use]
pub fn lanes(synapses: u32, neurons: u32) -> DesignOptions {
    DesignOptions {
        lanes: LaneChoice::All(synapses),
        neuron_lanes: LaneChoice::All(neurons),
        ..DesignOptions::default()
    }
}

/// The hardware of the network.
///
/// # Panics
/// The network has no hardware with these options.
#[must_use]
pub fn hardware(small: &Small, options: &DesignOptions) -> Design {
    design(&small.network(), options).unwrap_or_else(|error| panic!("{}: {error}", small.name))
}

/// The network's samples with random pauses on an engine, beside the golden model.
///
/// # Errors
/// What the engine fails with.
pub fn verified(
    small: &Small,
    options: &DesignOptions,
    simulator: impl Simulator,
) -> Result<EngineReport, VerifyError> {
    let stimulus = Stimulus {
        samples: small.samples(),
        stalls: Stalls::random(5),
    };
    let (network, design) = (small.network(), hardware(small, options));
    verify_engine(&mut Rtl(simulator), &network, &design, &[stimulus], |_| {})
}

/// The design's files in `folder`, mapped to the device's cells.
///
/// # Errors
/// A tool that is missing or fails, a design that is refused.
pub fn mapped(design: &Design, folder: &Path, target: &Target) -> Result<Mapped, SynthError> {
    let emitted = sources(design, "a test").expect("Verilog of a design");
    emitted.lay_out(folder)?;
    let files: Vec<_> = emitted.rtl().map(Path::to_owned).collect();
    let job = Job {
        folder,
        sources: &files,
        top: &emitted.top,
        apart: None,
    };
    map(&Toolbox::from_environment(), &job, target)
}

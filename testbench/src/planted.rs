//! Planted bugs: verification of a network on Icarus whose emitted files were altered before.

use goldspike::emit::Emitted;
use goldspike::engine::{EngineError, Icarus, Rtl, Stalls, Stimulus};
use goldspike::rtl::{DesignOptions, LaneChoice, design};
use goldspike::verify::{EngineReport, VerifyError, verify_engine};
use goldspike_golden::event::{Event, Sample};
use goldspike_golden::quant::QuantNetwork;

/// A sample of unit payloads: the addresses of each step.
#[must_use]
pub fn sample(steps: &[&[u32]]) -> Sample {
    let step = |addresses: &&[u32]| addresses.iter().copied().map(Event::spike).collect();
    Sample {
        steps: steps.iter().map(step).collect(),
    }
}

/// The network with `patch` done to its emitted files, against the golden model, with random stalls.
///
/// # Errors
/// The design or the engine fails.
pub fn verify_patched(
    network: &QuantNetwork,
    samples: Vec<Sample>,
    patch: impl Fn(&mut Emitted) + Send + 'static,
) -> Result<EngineReport, VerifyError> {
    let options = DesignOptions {
        lanes: LaneChoice::All(4),
        neuron_lanes: LaneChoice::All(2),
        probe: true,
        ..DesignOptions::default()
    };
    let design = design(network, &options).map_err(|error| EngineError::Build {
        engine: "icarus",
        message: error.to_string(),
    })?;
    let stimulus = Stimulus {
        samples,
        stalls: Stalls::random(9),
    };
    let mut engine = Rtl(Icarus::new().patched(patch));
    verify_engine(&mut engine, network, &design, &[stimulus], |_| {})
}

/// Changes the files whose names end with `ending`; how many there are.
///
/// # Panics
/// There is none, or nothing changes.
pub fn edit(emitted: &mut Emitted, ending: &str, change: impl Fn(&str) -> String) -> usize {
    let mut found = 0;
    for (path, text) in &mut emitted.files {
        if path.to_string_lossy().ends_with(ending) {
            let changed = change(text);
            assert!(
                *text != changed,
                "nothing changes in {}:\n{text}",
                path.display()
            );
            *text = changed;
            found += 1;
        }
    }
    assert!(
        found > 0,
        "no file ends with {ending}: {:?}",
        emitted.files.keys()
    );
    found
}

/// Replaces `from` by `to` in the one file whose name ends with `ending`; it must be there.
///
/// # Panics
/// It is not.
pub fn replaced(
    ending: &'static str,
    from: &'static str,
    to: &'static str,
) -> impl Fn(&mut Emitted) + Send + 'static {
    move |emitted| {
        let files = edit(emitted, ending, |text| {
            assert!(text.contains(from), "`{from}` is not in\n{text}");
            text.replace(from, to)
        });
        assert_eq!(files, 1, "`{from}` in one file `{ending}`");
    }
}

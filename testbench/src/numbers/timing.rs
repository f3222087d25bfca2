//! Cycles of a design on the embedded simulator, beat by beat, and whether what came out equals the golden model.

use goldspike::engine::beats::{BeatResult, BeatStimulus, Simulator};
use goldspike::engine::{Bench, EngineError, Rtl, RustHdl, Stalls, Stimulus};
use goldspike::rtl::Design;
use goldspike::verify::{VerifyError, verify_engine};
use goldspike_golden::event::Sample;
use goldspike_golden::quant::QuantNetwork;

/// Steps at the start that are left out of the steady state.
const WARM_UP: usize = 16;

/// Idle cycles before a step whose latency is measured, over what the design needs to finish the step before.
const REST: u32 = 4_000;

/// What a time step takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timing {
    /// Mean cycles between the ends of two steps at the output, without pauses, layers overlapped, the first steps left
    /// out.
    pub interval: f64,
    /// Mean cycles from the last beat of a step at the input to its last beat at the output, both included, of a step
    /// that comes alone.
    pub latency: f64,
    /// Input events of a step, mean over the steps of the interval.
    pub events: f64,
    /// Output spikes compared with the golden model's; none differs.
    pub compared: u64,
}

/// Cycles in which a step's last beat was taken.
#[derive(Default)]
struct Watched {
    taken: Vec<u64>,
    given: Vec<u64>,
}

impl Simulator for Watched {
    fn name(&self) -> &'static str {
        RustHdl.name()
    }

    fn version(&self) -> String {
        RustHdl.version()
    }

    fn play(
        &mut self,
        design: &Design,
        stimulus: &BeatStimulus,
    ) -> Result<BeatResult, EngineError> {
        let build = |error: goldspike::hdl::HdlError| EngineError::Build {
            engine: "rust-hdl",
            message: error.to_string(),
        };
        let mut bench = Bench::new(design).map_err(build)?;
        let input = |name| bench.sim().input(name).map_err(build);
        let output = |name| bench.sim().output(name).map_err(build);
        let in_ports = [
            input("s_axis_tvalid")?,
            output("s_axis_tready")?,
            input("s_axis_tlast")?,
        ];
        let out_ports = [
            output("m_axis_tvalid")?,
            input("m_axis_tready")?,
            output("m_axis_tlast")?,
        ];
        let mut cycle = 0;
        bench.play(stimulus, |sim| {
            cycle += 1;
            if in_ports.iter().all(|&port| sim.get(port) == 1) {
                self.taken.push(cycle);
            }
            if out_ports.iter().all(|&port| sim.get(port) == 1) {
                self.given.push(cycle);
            }
        })
    }
}

/// Plays the samples back to back, then the steps of the first one alone.
///
/// # Errors
/// A design that hangs, or whose output differs from the golden model's; too few steps.
pub fn timing(
    network: &QuantNetwork,
    design: &Design,
    samples: &[Sample],
) -> Result<Timing, String> {
    let stimulus = Stimulus {
        samples: samples.to_vec(),
        stalls: Stalls::NONE,
    };
    let mut engine = Rtl(Watched::default());
    let report = verify_engine(&mut engine, network, design, &[stimulus], |_| {})
        .map_err(|error: VerifyError| error.to_string())?;
    let comparison = &report.comparison;
    if comparison.mismatches > 0 {
        return Err(format!(
            "{} of {} output spikes differ from the golden model's",
            comparison.mismatches, comparison.spikes_compared
        ));
    }
    let given = engine.0.given;
    let steady = given.get(WARM_UP..).unwrap_or_default();
    let (Some(first), Some(last)) = (steady.first(), steady.last().filter(|_| steady.len() > 1))
    else {
        return Err(format!("{} steps are too few", given.len()));
    };
    let steps = samples.iter().flat_map(|sample| &sample.steps);
    let counted: Vec<usize> = steps.map(Vec::len).skip(WARM_UP + 1).collect();
    let events: usize = counted.iter().sum();
    Ok(Timing {
        interval: (last - first) as f64 / (steady.len() - 1) as f64,
        latency: latency(design, samples)?,
        events: events as f64 / counted.len().max(1) as f64,
        compared: comparison.spikes_compared,
    })
}

fn latency(design: &Design, samples: &[Sample]) -> Result<f64, String> {
    let first = samples.get(..1).unwrap_or_default();
    let mut stimulus = BeatStimulus::of_samples(design, first, Stalls::NONE);
    let mut begins = true;
    for beat in &mut stimulus.beats {
        if begins {
            beat.gap = REST;
        }
        begins = beat.last;
    }
    stimulus.hang += u64::from(REST);
    let mut watched = Watched::default();
    let played = watched.play(design, &stimulus);
    played.map_err(|error| error.to_string())?;
    let pairs = watched.taken.iter().zip(&watched.given);
    let cycles: u64 = pairs.map(|(taken, given)| given - taken + 1).sum();
    Ok(cycles as f64 / watched.taken.len().max(1) as f64)
}

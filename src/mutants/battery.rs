//! What every mutant plays: the stimuli at hand, random ones with pauses of several kinds, and streams with illegal beats.

use goldspike_golden::event::Sample;
use goldspike_golden::quant::QuantNetwork;

use super::error::MutantError;
use super::report::Kill;
use crate::engine::beats::{BeatResult, BeatStimulus, InputBeat, Simulator, hang_cycles, traces};
use crate::engine::draw::{SAMPLES_PER_CASE, random_samples, step};
use crate::engine::random::SplitMix;
use crate::engine::{
    Engine as _, EngineError, Golden, Outcome, RustHdl, Stalls, Stimulus, Subject, meaning,
};
use crate::rtl::{Design, longest_sample};
use crate::verify::compare;

/// Cycles that a design may pause beyond what its slowest step takes: a mutant that hangs is to be seen soon.
const PATIENCE: u64 = 2_000;
/// What [`hang_cycles`] gives beyond the slowest step.
const MARGIN: u64 = 20_000;

/// One play and what must come of it.
pub(super) struct Play {
    samples: Vec<Sample>,
    pub(super) beats: BeatStimulus,
    golden: Outcome,
    /// Of the design as described, on the embedded simulator.
    described: BeatResult,
    flagged: bool,
}

impl Play {
    fn new(
        subject: Subject<'_>,
        stimulus: &Stimulus,
        spoil: Option<&mut SplitMix>,
    ) -> Result<Self, MutantError> {
        let design = subject.design;
        let golden = Golden.run(subject, stimulus)?;
        let mut beats = BeatStimulus::of_samples(design, &stimulus.samples, stimulus.stalls);
        let mut flagged = golden.protocol_error;
        if let Some(random) = spoil {
            let (spoiled, faults) = spoiled(subject, random, &beats.beats);
            beats = BeatStimulus::with_stalls(design, spoiled, stimulus.stalls);
            flagged |= faults > 0;
        }
        beats.hang = hang_cycles(design).saturating_sub(MARGIN) + PATIENCE;
        let described = meaning(design, &RustHdl.play(design, &beats)?);
        let play = Self {
            samples: stimulus.samples.clone(),
            beats,
            golden,
            described,
            flagged,
        };
        match play.noticed(design, Ok(play.described.clone()))? {
            None => Ok(play),
            Some(kill) => Err(MutantError::Healthy(format!(
                "the embedded simulator, {kill:?}"
            ))),
        }
    }

    /// Cycles that it takes.
    pub(super) fn cycles(&self) -> u64 {
        self.described.cycles
    }

    /// What is noticed of an outcome of this play; `None` if it is as it must be.
    ///
    /// # Errors
    /// A simulator that failed, which notices nothing.
    pub(super) fn noticed(
        &self,
        design: &Design,
        outcome: Result<BeatResult, EngineError>,
    ) -> Result<Option<Kill>, EngineError> {
        let result = match outcome {
            Ok(result) => result,
            Err(EngineError::Hang { .. }) => return Ok(Some(Kill::Hang)),
            Err(EngineError::Protocol { .. }) => return Ok(Some(Kill::Protocol)),
            // Verilator gives up on a loop of gates that does not come to rest.
            Err(EngineError::Build { message, .. }) if message.contains("did not converge") => {
                return Ok(Some(Kill::Hang));
            }
            Err(error) => return Err(error),
        };
        let Ok(found) = traces("mutant", design, &self.samples, &result) else {
            return Ok(Some(Kill::Protocol));
        };
        Ok(if !compare(&self.golden.traces, &found).passed() {
            Some(Kill::Trace)
        } else if result.protocol_error != self.flagged {
            Some(Kill::Protocol)
        } else {
            (meaning(design, &result) != self.described).then_some(Kill::Cycles)
        })
    }
}

/// The plays of `stimuli`, each once as it is and once with illegal beats, and `rounds` times four random ones; shortest first.
pub(super) fn battery(
    network: &QuantNetwork,
    design: &Design,
    stimuli: &[Stimulus],
    rounds: std::ops::Range<u64>,
    seed: u64,
) -> Result<Vec<Play>, MutantError> {
    let subject = Subject { network, design };
    let mut plays = Vec::new();
    for stimulus in stimuli {
        plays.push(Play::new(subject, stimulus, None)?);
    }
    for round in rounds {
        for (kind, stalls) in (0..).zip(pauses(seed ^ round)) {
            let random = &mut SplitMix::stream(seed, (round << 8) + kind);
            let mut samples = random_samples(network, random);
            samples.push(longest(network, kind, random));
            let stimulus = Stimulus { samples, stalls };
            let spoil = (kind % 2 == 1).then_some(random);
            plays.push(Play::new(subject, &stimulus, spoil)?);
        }
    }
    plays.sort_by_key(Play::cycles);
    Ok(plays)
}

/// None, random ones, a slow sink, a slow source.
fn pauses(seed: u64) -> [Stalls; 4] {
    let slow = |input_gap, output_stall| Stalls {
        seed,
        input_gap,
        output_stall,
    };
    [
        Stalls::NONE,
        Stalls::random(seed),
        slow(0, 220),
        slow(200, 0),
    ]
}

/// As many steps as the constants by step have, or one beyond the network's; all events, few or half of them.
fn longest(network: &QuantNetwork, kind: u64, random: &mut SplitMix) -> Sample {
    let usual = network.time_steps.max(1) as usize + SAMPLES_PER_CASE;
    let steps = longest_sample(network).map_or(usual, |steps| steps + usize::from(kind == 3));
    let share = [256, 128, 16, 200][kind as usize % 4];
    Sample {
        steps: (0..steps)
            .map(|_| step(network, random, |random| random.below(256) < share))
            .collect(),
    }
}

/// The beats with illegal ones between them, and how many.
fn spoiled(
    subject: Subject<'_>,
    random: &mut SplitMix,
    clean: &[InputBeat],
) -> (Vec<InputBeat>, usize) {
    let (mut beats, mut faults, mut step) = (Vec::new(), 0, Vec::new());
    for beat in clean {
        let (null, _, address) = subject.design.input.unpack(beat.data);
        while random.below(4) == 0 {
            faults += 1;
            beats.push(InputBeat {
                data: illegal(subject, random, &step, false).unwrap_or(beat.data),
                last: false,
                user: random.below(2) == 0,
                gap: 0,
            });
        }
        if !null {
            step.push(address);
        }
        // An illegal event that ends the step is dropped, and ends it all the same.
        let end = (beat.last && random.below(2) == 0)
            .then(|| illegal(subject, random, &step, true))
            .flatten();
        if let Some(data) = end {
            if !null {
                beats.push(InputBeat {
                    last: false,
                    user: random.below(2) == 0,
                    ..*beat
                });
            }
            faults += 1;
            beats.push(InputBeat { data, ..*beat });
        } else {
            beats.push(*beat);
        }
        if beat.last {
            step.clear();
        }
    }
    (beats, faults)
}

/// TDATA of an illegal beat after the events `step`; `None` if there is none. A beat without an event is legal where it ends
/// the step.
fn illegal(
    subject: Subject<'_>,
    random: &mut SplitMix,
    step: &[u32],
    last: bool,
) -> Option<u64> {
    let layout = subject.design.input;
    let axons = u64::try_from(subject.network.input.axons).ok()?;
    let most = u64::from(subject.network.input.payload_max);
    let (addresses, payloads) = (1u64 << layout.address, 1u64 << layout.payload);
    let drawn = |random: &mut SplitMix, low: u64, high: u64| {
        u32::try_from(low + random.below(high - low)).unwrap_or_default()
    };
    let mut kinds: Vec<u64> = Vec::new();
    if !step.is_empty() {
        let again = step[random.below(step.len() as u64) as usize];
        kinds.push(layout.pack_event(again, drawn(random, 1, most + 1)));
    }
    if axons < addresses {
        let address = drawn(random, axons, addresses);
        kinds.push(layout.pack_event(address, drawn(random, 1, most + 1)));
    }
    if layout.payload > 0 {
        let address = drawn(random, 0, axons);
        kinds.push(layout.pack_event(address, 0));
        if most + 1 < payloads {
            kinds.push(layout.pack_event(address, drawn(random, most + 1, payloads)));
        }
    }
    if !last {
        kinds.push(layout.pack_null());
    }
    let count = kinds.len() as u64;
    (count > 0).then(|| kinds[random.below(count) as usize])
}

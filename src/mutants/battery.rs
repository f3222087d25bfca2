//! What every mutant plays: the stimuli at hand, random ones with pauses of several kinds, streams with illegal beats, and resets
//! in the middle.

use goldspike_golden::event::{Event, Sample};
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
/// Input beats above which a play is not run on the embedded simulator.
const LONG: usize = 50_000;

/// One play and what must come of it.
pub(super) struct Play {
    samples: Vec<Sample>,
    pub(super) beats: BeatStimulus,
    golden: Outcome,
    /// Of the design as described, on the embedded simulator; a play that is too long for it has none.
    described: Option<BeatResult>,
    flagged: bool,
    /// Cycles after which it is first interrupted by a reset.
    pub(super) cut: u64,
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
        let mut play = Self {
            samples: stimulus.samples.clone(),
            beats,
            golden,
            described: None,
            flagged,
            cut: 0,
        };
        if play.beats.beats.len() > LONG {
            return Ok(play);
        }
        let described = meaning(design, &RustHdl.play(design, &play.beats)?);
        match play.noticed(design, Ok(described.clone()))? {
            None => {
                play.described = Some(described);
                Ok(play)
            }
            Some(kill) => Err(MutantError::Healthy(format!(
                "the embedded simulator, {kill:?}"
            ))),
        }
    }

    /// The same with one output stream that waits long, again and again: everything before it fills up.
    fn blocked(
        &mut self,
        design: &Design,
        stream: usize,
        random: &mut SplitMix,
    ) -> Result<(), MutantError> {
        if let Some(ready) = self.beats.ready.get_mut(stream) {
            ready.clear();
            for _ in 0..4 {
                ready.extend(std::iter::repeat_n(false, 150 + random.below(300) as usize));
                ready.extend(std::iter::repeat_n(true, 1 + random.below(40) as usize));
            }
        }
        let described = meaning(design, &RustHdl.play(design, &self.beats)?);
        match self.noticed_values(design, &described) {
            None => {
                self.described = Some(described);
                Ok(())
            }
            Some(kill) => Err(MutantError::Healthy(format!(
                "the embedded simulator with a blocked stream, {kill:?}"
            ))),
        }
    }

    /// Cycles that it takes.
    pub(super) fn cycles(&self) -> u64 {
        self.described
            .as_ref()
            .map_or(u64::MAX, |result| result.cycles)
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
        Ok(self.noticed_values(design, &result).or_else(|| {
            let described = self.described.as_ref();
            described
                .is_some_and(|described| meaning(design, &result) != *described)
                .then_some(Kill::Cycles)
        }))
    }

    /// What is noticed of the beats, whatever their cycles.
    fn noticed_values(&self, design: &Design, result: &BeatResult) -> Option<Kill> {
        let Ok(found) = traces("mutant", design, &self.samples, result) else {
            return Some(Kill::Protocol);
        };
        if !compare(&self.golden.traces, &found).passed() {
            return Some(Kill::Trace);
        }
        (result.protocol_error != self.flagged).then_some(Kill::Protocol)
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
            let spoil = (kind % 2 == 1).then_some(&mut *random);
            let mut play = Play::new(subject, &stimulus, spoil)?;
            if kind > 0 {
                play.cut = random.below(play.cycles().max(1));
            }
            plays.push(play);
        }
        for stream in 0..=design.probes.len() {
            let random = &mut SplitMix::stream(seed, (round << 8) + 128 + stream as u64);
            let kind = (round + stream as u64) % 4;
            let samples = (0..2).map(|_| longest(network, kind, random)).collect();
            let stalls = Stalls {
                seed: round,
                ..Stalls::NONE
            };
            let mut play = Play::new(subject, &Stimulus { samples, stalls }, None)?;
            play.blocked(design, stream, random)?;
            // With everything full a reset has most to clear.
            play.cut = random.below(play.cycles().clamp(1, 2_000));
            plays.push(play);
        }
    }
    plays.sort_by_key(Play::cycles);
    Ok(plays)
}

/// As many steps as tags of `bits` bits, and some more: events of an address whose tags differ in a single bit, for each of its
/// bits, and a usual stream at the end, when the guard's tag runs out if these are all of its bits.
pub(super) fn tags(
    network: &QuantNetwork,
    design: &Design,
    bits: u32,
) -> Result<Play, MutantError> {
    let axons = network.input.axons.max(1) as u64;
    let around = 1usize << bits;
    let mut addresses: Vec<Vec<u32>> = vec![Vec::new(); around + 64];
    let mut next = vec![0usize; axons as usize];
    for bit in (0..bits).rev() {
        // The address that is free first.
        let axon = (0..next.len())
            .min_by_key(|&axon| next[axon])
            .unwrap_or_default();
        let first = next[axon];
        let second = first + (1 << bit);
        if second < around {
            for step in [first, second] {
                if let Ok(address) = u32::try_from(axon)
                    && !addresses[step].contains(&address)
                {
                    addresses[step].push(address);
                }
            }
            next[axon] = second;
        }
    }
    for (step, list) in addresses.iter_mut().enumerate().skip(around - 8) {
        *list = (0..axons)
            .filter(|axon| !(axon + step as u64).is_multiple_of(3))
            .filter_map(|axon| u32::try_from(axon).ok())
            .collect();
    }
    let steps: Vec<Vec<Event>> = addresses
        .iter()
        .map(|list| {
            list.iter()
                .map(|&address| Event {
                    address,
                    payload: 1,
                })
                .collect()
        })
        .collect();
    let longest = longest_sample(network).unwrap_or(8).max(1);
    let samples = steps
        .chunks(longest)
        .map(|steps| Sample {
            steps: steps.to_vec(),
        })
        .collect();
    let stimulus = Stimulus {
        samples,
        stalls: Stalls::NONE,
    };
    Play::new(Subject { network, design }, &stimulus, None)
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
        let slots = subject.design.input.unpack_slots(beat.data);
        let events: Vec<u32> = slots
            .filter(|&(null, _, _)| !null)
            .map(|(_, _, address)| address)
            .collect();
        while random.below(4) == 0 {
            faults += 1;
            beats.push(InputBeat {
                data: illegal(subject, random, &step, false).unwrap_or(beat.data),
                last: false,
                user: random.below(2) == 0,
                gap: 0,
            });
        }
        step.extend(&events);
        // An illegal event that ends the step is dropped, and ends it all the same.
        let end = (beat.last && random.below(2) == 0)
            .then(|| illegal(subject, random, &step, true))
            .flatten();
        if let Some(data) = end {
            if !events.is_empty() {
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
fn illegal(subject: Subject<'_>, random: &mut SplitMix, step: &[u32], last: bool) -> Option<u64> {
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
    if layout.payload > 0 && most + 1 < payloads {
        let address = drawn(random, 0, axons);
        kinds.push(layout.pack_event(address, drawn(random, most + 1, payloads)));
    }
    if !last {
        kinds.push(layout.pack_null());
    }
    let count = kinds.len() as u64;
    (count > 0).then(|| kinds[random.below(count) as usize])
}

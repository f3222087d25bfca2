//! Beats: what simulators play on the AXI4-Stream ports of a design, and how traces become beats and beats traces.

use goldspike_golden::event::Sample;
use goldspike_golden::trace::{LayerTrace, SampleTrace, StepTrace};

use crate::engine::stimulus::Stalls;
use crate::engine::{EngineError, StallCounts};
use crate::image::{Image, first};
use crate::rtl::stream::Layout;
use crate::rtl::{Design, LayerPlan};

/// Cycles without progress after which a design counts as hanging: sixteen times what its slowest step takes without
/// pauses, and a margin. Progress is an input beat taken, or the end of an expected step on an output stream; a stream
/// that shows beats for ever makes none.
#[must_use]
pub fn hang_cycles(design: &Design) -> u64 {
    let step = |plan: &LayerPlan| {
        u64::from(plan.step_cycles(u32::try_from(plan.axons).unwrap_or(u32::MAX)))
    };
    let slowest: u64 = design
        .plans
        .iter()
        .map(|plan| step(plan) + plan.neurons as u64)
        .sum();
    20_000 + 16 * slowest
}

/// One beat on the input stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputBeat {
    /// TDATA.
    pub data: u64,
    /// TLAST.
    pub last: bool,
    /// TUSER.
    pub user: bool,
    /// Cycles with TVALID low before this beat is offered.
    pub gap: u32,
}

impl InputBeat {
    /// A beat that ends nothing.
    const fn of(data: u64) -> Self {
        Self {
            data,
            last: false,
            user: false,
            gap: 0,
        }
    }
}

/// A word on the load port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageWord {
    /// TDATA.
    pub word: u32,
    /// Cycles with TVALID low before it is offered.
    pub gap: u32,
    /// TLAST.
    pub last: bool,
}

/// What a simulator plays.
#[derive(Clone, Debug, PartialEq)]
pub struct BeatStimulus {
    /// Input beats in order.
    pub beats: Vec<InputBeat>,
    /// Readiness by output stream (the output, then each probe), repeated for ever; entry `cycle % len` counts from
    /// the first cycle after reset.
    pub ready: Vec<Vec<bool>>,
    /// Cycles without progress that count as a hang, see [`hang_cycles`].
    pub hang: u64,
    /// Words of an image that is loaded after the reset, before the first beat; empty: none.
    pub image: Vec<u32>,
    /// Cycles with TVALID low before each of these words is offered.
    pub image_gaps: Vec<u32>,
}

impl BeatStimulus {
    /// Steps that must come out: one for each TLAST that goes in.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.beats.iter().filter(|beat| beat.last).count()
    }

    /// Beats of samples, back to back. A step with the events of the one before is one beat where the design keeps sums.
    #[must_use]
    pub fn of_samples(design: &Design, samples: &[Sample], stalls: Stalls) -> Self {
        let mut beats = Vec::new();
        for sample in samples {
            let mut before = None;
            for (t, step) in sample.steps.iter().enumerate() {
                match design.input.pack_repeat() {
                    Some(repeat) if before == Some(step) => beats.push(InputBeat::of(repeat)),
                    _ => step_beats(
                        &mut beats,
                        design.input,
                        step.iter().map(|e| (e.address, e.payload.unsigned_abs())),
                    ),
                }
                before = Some(step);
                if let Some(beat) = beats.last_mut() {
                    beat.last = true;
                    beat.user = t + 1 == sample.steps.len();
                }
            }
        }
        Self::with_stalls(design, beats, stalls)
    }

    /// The same with another image; `stalls` are those of the load port.
    #[must_use]
    pub fn with_image(mut self, image: &Image, stalls: Stalls) -> Self {
        self.image = image.words().to_vec();
        self.image_gaps = stalls.gaps(self.image.len());
        self
    }

    /// Words of the image, each with the pause before it and its TLAST.
    pub fn image_words(&self) -> impl Iterator<Item = ImageWord> {
        let gaps = self.image_gaps.iter().copied().chain(std::iter::repeat(0));
        let words = self.image.iter().zip(gaps).enumerate();
        words.map(|(place, (&word, gap))| ImageWord {
            word,
            gap,
            last: place + 1 == self.image.len(),
        })
    }

    /// Any beats, legal or not, with pauses; a design that holds no weights loads those of the network that it was made
    /// for.
    #[must_use]
    pub fn with_stalls(design: &Design, mut beats: Vec<InputBeat>, stalls: Stalls) -> Self {
        let gaps = stalls.gaps(beats.len());
        for (beat, gap) in beats.iter_mut().zip(gaps) {
            beat.gap = gap;
        }
        let ready = (0..=design.probes.len())
            .map(|stream| stalls.ready_pattern(stream))
            .collect();
        Self {
            beats,
            ready,
            hang: hang_cycles(design),
            image: Vec::new(),
            image_gaps: Vec::new(),
        }
        .with_first(design, stalls)
    }

    fn with_first(self, design: &Design, stalls: Stalls) -> Self {
        match first(design) {
            Some(image) => self.with_image(&image, stalls),
            None => self,
        }
    }
}

fn step_beats(
    beats: &mut Vec<InputBeat>,
    layout: Layout,
    events: impl Iterator<Item = (u32, u32)>,
) {
    let events: Vec<(u32, u32)> = events.collect();
    if events.is_empty() {
        beats.push(InputBeat::of(layout.pack_null()));
    }
    let of_beats = events.chunks(layout.slots as usize);
    beats.extend(of_beats.map(|events| InputBeat::of(layout.pack_events(events))));
}

/// One beat on an output stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputBeat {
    /// TDATA: one element on the output stream, one a neuron lane on a probe stream.
    pub data: Vec<u128>,
    /// TLAST.
    pub last: bool,
    /// TUSER.
    pub user: bool,
}

/// What a simulator saw.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BeatResult {
    /// Beats by output stream (the output, then each probe).
    pub streams: Vec<Vec<OutputBeat>>,
    /// Cycles from the first beat offered to the last beat taken.
    pub cycles: u64,
    /// `protocol_error_o` at the end.
    pub protocol_error: bool,
    /// Waiting cycles.
    pub stalls: StallCounts,
}

/// A simulator of the hardware. One file each.
pub trait Simulator {
    /// Name on the command line.
    fn name(&self) -> &'static str;

    /// Version of the tool.
    fn version(&self) -> String;

    /// Resets the design, plays the beats, and returns once every output stream has shown as many TLAST as went in.
    ///
    /// # Errors
    /// A design that the tool refuses or that hangs.
    fn play(&mut self, design: &Design, stimulus: &BeatStimulus)
    -> Result<BeatResult, EngineError>;
}

impl<S: Simulator + ?Sized> Simulator for Box<S> {
    fn name(&self) -> &'static str {
        (**self).name()
    }

    fn version(&self) -> String {
        (**self).version()
    }

    fn play(
        &mut self,
        design: &Design,
        stimulus: &BeatStimulus,
    ) -> Result<BeatResult, EngineError> {
        (**self).play(design, stimulus)
    }
}

/// Traces of what came out.
///
/// # Errors
/// An output that breaks the event protocol: bad or repeated address, a step of the wrong length, TUSER at the wrong
/// step.
pub fn traces(
    engine: &'static str,
    design: &Design,
    samples: &[Sample],
    result: &BeatResult,
) -> Result<Vec<SampleTrace<i64>>, EngineError> {
    let fault = |message: String| EngineError::Protocol { engine, message };
    let shape: Vec<usize> = samples.iter().map(|sample| sample.steps.len()).collect();
    let total: usize = shape.iter().sum();
    let spikes = output_spikes(design, &result.streams[0]).map_err(fault)?;
    let mut layers: Vec<Vec<LayerTrace<i64>>> = Vec::new();
    for (layer, layout) in design.probes.iter().enumerate() {
        let steps =
            probe_steps(design, layer, layout, &result.streams[layer + 1]).map_err(fault)?;
        layers.push(steps);
    }
    let last = design.plans.len() - 1;
    if design.probes.is_empty() {
        layers.push(
            spikes
                .iter()
                .map(|step| LayerTrace {
                    spikes: step.spikes.clone(),
                    ..LayerTrace::default()
                })
                .collect(),
        );
    } else if let Some(step) = (0..total.min(spikes.len())).find(|&t| {
        layers[last]
            .get(t)
            .is_some_and(|l| l.spikes != spikes[t].spikes)
    }) {
        return Err(fault(format!(
            "step {step}: the output stream and the last layer's probe disagree"
        )));
    }
    let mut ends = vec![false; total];
    let mut end = 0;
    for steps in &shape {
        end += steps;
        ends[end - 1] = true;
    }
    if let Some(step) = (0..total.min(spikes.len())).find(|&t| spikes[t].user != ends[t]) {
        return Err(fault(format!(
            "step {step}: TUSER is {}, expected {}",
            spikes[step].user, ends[step]
        )));
    }
    if let Some(short) = layers
        .iter()
        .position(|steps| steps.len() != total)
        .or((spikes.len() != total).then_some(last))
    {
        return Err(fault(format!(
            "stream {short}: {} steps came out, {total} went in",
            layers[short.min(layers.len() - 1)].len()
        )));
    }
    let mut rest: Vec<_> = layers.into_iter().map(Vec::into_iter).collect();
    Ok(shape
        .iter()
        .map(|&steps| SampleTrace {
            steps: (0..steps)
                .map(|_| StepTrace {
                    layers: rest.iter_mut().filter_map(Iterator::next).collect(),
                })
                .collect(),
        })
        .collect())
}

struct OutputStep {
    spikes: Vec<i8>,
    user: bool,
}

fn output_spikes(design: &Design, beats: &[OutputBeat]) -> Result<Vec<OutputStep>, String> {
    let neurons = design.plans[design.plans.len() - 1].neurons;
    let mut steps = Vec::new();
    let mut spikes = vec![0i8; neurons];
    for (number, beat) in beats.iter().enumerate() {
        let (null, payload, address) = design
            .output
            .unpack(beat.data.first().copied().unwrap_or_default() as u64);
        if null && !beat.last {
            return Err(format!("output beat {number}: null without TLAST"));
        }
        if !null {
            match spikes.get_mut(address as usize) {
                None => {
                    return Err(format!(
                        "output beat {number}: address {address}, the layer has {neurons} neurons"
                    ));
                }
                Some(spike) if *spike != 0 => {
                    return Err(format!(
                        "output beat {number}: address {address} twice in one step"
                    ));
                }
                Some(spike) => *spike = payload as i8,
            }
        }
        if beat.last {
            steps.push(OutputStep {
                spikes: std::mem::replace(&mut spikes, vec![0; neurons]),
                user: beat.user,
            });
        }
    }
    Ok(steps)
}

fn probe_steps(
    design: &Design,
    layer: usize,
    layout: &crate::rtl::ProbeLayout,
    beats: &[OutputBeat],
) -> Result<Vec<LayerTrace<i64>>, String> {
    let plan = &design.plans[layer];
    let empty = || LayerTrace {
        states: vec![Vec::new(); layout.states.len()],
        ..LayerTrace::default()
    };
    let mut steps = Vec::new();
    let mut step = empty();
    for (number, beat) in beats.iter().enumerate() {
        let left = plan.neurons.saturating_sub(step.spikes.len());
        for &element in beat.data.iter().take(left) {
            let (spike, h, states) = layout.unpack(element);
            step.spikes.push(spike);
            step.h.push(h);
            for (kept, value) in step.states.iter_mut().zip(states) {
                kept.push(value);
            }
        }
        if beat.last != (step.spikes.len() == plan.neurons) {
            return Err(format!(
                "probe {layer} beat {number}: TLAST is {} after {} of {} neurons",
                beat.last,
                step.spikes.len(),
                plan.neurons
            ));
        }
        if beat.last {
            steps.push(std::mem::replace(&mut step, empty()));
        }
    }
    Ok(steps)
}

//! The embedded simulator: rust-hdl's simulation of the very modules that are emitted. Needs nothing installed.

use crate::engine::beats::{BeatResult, BeatStimulus, ImageWord, OutputBeat, Simulator};
use crate::engine::{EngineError, StallCounts};
use crate::hdl::{HdlError, PortId, Sim};
use crate::rtl::Design;
use crate::rtl::load_map::Refusal;

mod ports;

use ports::{LoadPorts, SampleStream};

/// The embedded simulator.
pub struct RustHdl;

const NAME: &str = "rust-hdl";

impl Simulator for RustHdl {
    fn name(&self) -> &'static str {
        NAME
    }

    fn version(&self) -> String {
        format!("0.46.0 (goldspike {})", env!("CARGO_PKG_VERSION"))
    }

    fn play(
        &mut self,
        design: &Design,
        stimulus: &BeatStimulus,
    ) -> Result<BeatResult, EngineError> {
        let mut bench = Bench::new(design).map_err(build_error)?;
        bench.play(stimulus, |_| {})
    }
}

fn build_error(error: HdlError) -> EngineError {
    EngineError::Build {
        engine: NAME,
        message: error.to_string(),
    }
}

/// A design on the bench: its simulation and the handles of its ports.
pub struct Bench {
    sim: Sim,
    rst: PortId,
    input: SampleStream,
    error: PortId,
    outputs: Vec<SampleStream>,
    load: Option<LoadPorts>,
}

/// What the load port shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoadState {
    /// An image was applied since the device started; where memories have one bank, and none was begun since.
    pub loaded: bool,
    /// Its version word.
    pub version: u32,
    /// Why the last one was refused.
    pub refused: Option<Refusal>,
}

/// Cycles from the last word taken to the end of what it causes.
const LOAD_SETTLES: u32 = 16;

impl Bench {
    /// Elaborates the design.
    ///
    /// # Errors
    /// Only an internal bug of the description.
    pub fn new(design: &Design) -> Result<Self, HdlError> {
        let sim = Sim::new(&design.top)?;
        let mut outputs = vec![SampleStream::given(&sim, "m_axis")?];
        for layer in 0..design.probes.len() {
            outputs.push(SampleStream::given(&sim, &format!("m_axis_probe{layer}"))?);
        }
        Ok(Self {
            rst: sim.input("rst_i")?,
            input: SampleStream::taken(&sim, "s_axis")?,
            error: sim.output("protocol_error_o")?,
            outputs,
            load: match design.load {
                Some(_) => Some(LoadPorts::of(&sim)?),
                None => None,
            },
            sim,
        })
    }

    /// The simulation, for waveforms.
    #[must_use]
    pub fn sim(&self) -> &Sim {
        &self.sim
    }

    /// The simulation, to drive it by hand.
    pub fn sim_mut(&mut self) -> &mut Sim {
        &mut self.sim
    }

    /// One cycle of synchronous reset.
    pub fn reset(&mut self) {
        self.sim.set(self.input.beat.valid, 0);
        if let Some(load) = &self.load {
            self.sim.set(load.beat.valid, 0);
        }
        for output in &self.outputs {
            self.sim.set(output.beat.ready, 0);
        }
        self.sim.set(self.rst, 1);
        self.sim.clock();
        self.sim.set(self.rst, 0);
    }

    /// Plays words on the load port, each with its TLAST, and waits until they have had their effect; nothing else happens
    /// at the other ports.
    ///
    /// # Errors
    /// A design without a load port, or one that does not take the words.
    pub fn load(
        &mut self,
        words: impl IntoIterator<Item = (u32, bool)>,
    ) -> Result<LoadState, EngineError> {
        self.load_and_wait(words, LOAD_SETTLES)
    }

    /// [`Self::load`] that looks at what the load port shows `cycles` after the last word was taken.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn load_and_wait(
        &mut self,
        words: impl IntoIterator<Item = (u32, bool)>,
        cycles: u32,
    ) -> Result<LoadState, EngineError> {
        let words = words.into_iter();
        self.load_words(
            words.map(|(word, last)| ImageWord { word, gap: 0, last }),
            cycles,
        )
    }

    fn load_words(
        &mut self,
        words: impl Iterator<Item = ImageWord>,
        cycles: u32,
    ) -> Result<LoadState, EngineError> {
        let Some(load) = &self.load else {
            return Err(EngineError::Build {
                engine: NAME,
                message: "the design has no load port".to_owned(),
            });
        };
        for (taken, one) in words.enumerate() {
            self.sim.set(load.beat.valid, 0);
            (0..one.gap).for_each(|_| self.sim.clock());
            self.sim.set(load.beat.valid, 1);
            self.sim.set(load.beat.data, one.word.into());
            self.sim.set(load.beat.last, one.last.into());
            self.sim.settle();
            let mut waited = 0;
            while self.sim.get(load.beat.ready) == 0 {
                if waited > LOAD_SETTLES {
                    let message = format!("the load port does not take word {taken}");
                    return Err(EngineError::Protocol {
                        engine: NAME,
                        message,
                    });
                }
                self.sim.clock();
                waited += 1;
            }
            self.sim.clock();
        }
        self.sim.set(load.beat.valid, 0);
        (0..cycles).for_each(|_| self.sim.clock());
        let reason = self.sim.get(load.reason) as u8;
        if (self.sim.get(load.error) == 1) != (reason != 0) {
            return Err(EngineError::Protocol {
                engine: NAME,
                message: format!("load_error_o and load_reason_o {reason} disagree"),
            });
        }
        Ok(LoadState {
            loaded: self.sim.get(load.loaded) == 1,
            version: self.sim.get(load.version) as u32,
            refused: Refusal::of_code(reason),
        })
    }

    /// Resets, loads the image if there is one, plays the beats, and calls `watch` in each cycle when every signal has settled.
    ///
    /// # Errors
    /// A design that hangs, or leaves its memories.
    pub fn play(
        &mut self,
        stimulus: &BeatStimulus,
        mut watch: impl FnMut(&Sim),
    ) -> Result<BeatResult, EngineError> {
        self.reset();
        if !stimulus.image.is_empty() {
            let state = self.load_words(stimulus.image_words(), LOAD_SETTLES)?;
            if let Some(reason) = state.refused {
                return Err(EngineError::Protocol {
                    engine: NAME,
                    message: format!("the image was refused: {}", reason.text()),
                });
            }
        }
        let expected = stimulus.steps();
        let mut result = BeatResult {
            streams: vec![Vec::new(); self.outputs.len()],
            ..BeatResult::default()
        };
        let mut steps = vec![0usize; self.outputs.len()];
        let mut next = 0;
        let mut gap = stimulus.beats.first().map_or(0, |beat| beat.gap);
        let mut cycle = 0u64;
        let mut first_offer = None;
        let mut last_activity = 0;
        let mut last_progress = 0;
        while steps.iter().any(|&done| done < expected) || next < stimulus.beats.len() {
            let offered = stimulus.beats.get(next).filter(|_| gap == 0);
            self.sim
                .set(self.input.beat.valid, i128::from(offered.is_some()));
            if let Some(beat) = offered {
                first_offer.get_or_insert(cycle);
                self.sim.set(self.input.beat.data, i128::from(beat.data));
                self.sim.set(self.input.beat.last, i128::from(beat.last));
                self.sim.set(self.input.user, i128::from(beat.user));
            }
            for (output, ready) in self.outputs.iter().zip(&stimulus.ready) {
                self.sim.set(
                    output.beat.ready,
                    i128::from(ready[(cycle % ready.len() as u64) as usize]),
                );
            }
            self.sim.settle();
            watch(&self.sim);
            if offered.is_some() {
                if self.sim.get(self.input.beat.ready) == 1 {
                    next += 1;
                    gap = stimulus.beats.get(next).map_or(0, |beat| beat.gap);
                    last_activity = cycle;
                    last_progress = cycle;
                } else {
                    result.stalls.input += 1;
                }
            } else {
                gap = gap.saturating_sub(1);
            }
            for (index, output) in self.outputs.iter().enumerate() {
                if self.sim.get(output.beat.valid) == 0 {
                    continue;
                }
                if self.sim.get(output.beat.ready) == 0 {
                    count_stall(&mut result.stalls, index);
                    continue;
                }
                let last = self.sim.get(output.beat.last) == 1;
                let data = self
                    .sim
                    .get_vec(output.beat.data)
                    .iter()
                    .map(|&element| element as u128)
                    .collect();
                result.streams[index].push(OutputBeat {
                    data,
                    last,
                    user: self.sim.get(output.user) == 1,
                });
                steps[index] += usize::from(last);
                if last && steps[index] <= expected {
                    last_progress = cycle;
                }
                last_activity = cycle;
            }
            result.cycles = last_activity + 1 - first_offer.unwrap_or(0).min(last_activity);
            if cycle - last_progress > stimulus.hang {
                return Err(EngineError::Hang {
                    engine: NAME,
                    idle: stimulus.hang,
                    taken: next,
                    beats: stimulus.beats.len(),
                    steps: steps[0],
                    expected,
                });
            }
            self.sim.clock();
            cycle += 1;
        }
        self.sim.settle();
        result.protocol_error = self.sim.get(self.error) == 1;
        let (reads, writes) = (
            self.sim.out_of_range_reads(),
            self.sim.out_of_range_writes(),
        );
        if reads + writes > 0 {
            let message = format!(
                "internal error (please report it): {reads} reads and {writes} writes beyond the end of a memory"
            );
            return Err(EngineError::Protocol {
                engine: NAME,
                message,
            });
        }
        Ok(result)
    }
}

fn count_stall(stalls: &mut StallCounts, stream: usize) {
    if stream == 0 {
        stalls.output += 1;
    } else {
        stalls.probe += 1;
    }
}

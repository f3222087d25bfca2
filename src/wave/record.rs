//! Records a window of one sample: the embedded simulator runs, the golden model walks beside it.
//!
//! The sample runs alone, right after reset, or after the samples before it, as a verification played them (samples are
//! independent of each other, a faulty design need not be). Cycles before and after the window are simulated and not
//! written. The window opens in the cycle that takes the first beat of its first step and closes
//! with the last cycle in which its last step leaves on an output or probe stream.

use std::io::{self, Write};
use std::ops::Range;

use goldspike_golden::event::Sample;
use goldspike_golden::network::golden;
use goldspike_golden::quant::QuantNetwork;
use goldspike_golden::trace::SampleTrace;

use crate::engine::beats::BeatStimulus;
use crate::engine::{Bench, Stalls};

use crate::hdl::{HdlError, PortId, Sim};
use crate::rtl::Design;
use crate::verify::Mismatch;
use crate::wave::dump::{Dump, PERIOD_NS};
use crate::wave::layer_pair::LayerPair;
use crate::wave::variables::{LayerValues, Source, Variables};
use crate::wave::{WaveError, WaveMismatch, WaveReport, Window};

/// Runs the window's sample on `design`, a design with the probe, and writes the window to `out` as VCD, cycle by
/// cycle. The golden side is `network`'s; normally `design` was made of it. The bytes depend on nothing but the
/// arguments.
///
/// # Errors
/// [`WaveError`]. After [`WaveError::Engine`], `out` holds a readable waveform up to the failure; after any other,
/// nothing of use.
pub fn record(
    network: &QuantNetwork,
    design: &Design,
    samples: &[Sample],
    stalls: Stalls,
    window: &Window,
    out: impl Write,
) -> Result<WaveReport, WaveError> {
    window.of(samples)?;
    same_shape(network, design)?;
    let first = if window.alone { window.sample } else { 0 };
    let played = &samples[first..=window.sample];
    let run = Run::new(network, played, first, window)?;
    let mut bench = Bench::new(design)?;
    let mut recorder = Recorder::new(network, design, bench.sim(), &run, stalls, window, out)?;
    let beats = BeatStimulus::of_samples(design, played, stalls);
    let played = bench.play(&beats, |sim| recorder.watch(sim));
    let report = recorder.finish()?;
    played?;
    Ok(report)
}

/// The samples that are played, as one row of steps.
struct Run {
    /// Golden trace of all steps.
    golden: SampleTrace<i64>,
    /// Steps of the window in it.
    steps: Range<usize>,
    /// Number of the first played sample, and the first step of each.
    first: usize,
    starts: Vec<usize>,
}

impl Run {
    fn new(
        network: &QuantNetwork,
        samples: &[Sample],
        first: usize,
        window: &Window,
    ) -> Result<Self, WaveError> {
        let program = golden(network)?;
        let mut trace = SampleTrace::default();
        let mut starts = Vec::with_capacity(samples.len());
        for sample in samples {
            starts.push(trace.steps.len());
            trace.steps.extend(program.run(sample).steps);
        }
        let start = starts.last().copied().unwrap_or(0);
        Ok(Self {
            golden: trace,
            steps: start + window.steps.start..start + window.steps.end,
            first,
            starts,
        })
    }

    /// Sample and step within it of a step of the run.
    fn place(&self, step: usize) -> (usize, usize) {
        let index = self
            .starts
            .partition_point(|&start| start <= step)
            .saturating_sub(1);
        (
            self.first + index,
            step - self.starts.get(index).copied().unwrap_or(0),
        )
    }
}

fn same_shape(network: &QuantNetwork, design: &Design) -> Result<(), WaveError> {
    if design.probes.is_empty() {
        return Err(WaveError::NoProbe);
    }
    let axons = design.plans.iter().take(1).map(|plan| plan.axons);
    let of_design: Vec<usize> = axons
        .chain(design.plans.iter().map(|plan| plan.neurons))
        .collect();
    let neurons = network.layers.iter().map(|layer| layer.neurons);
    let of_network: Vec<usize> = std::iter::once(network.input.axons)
        .chain(neurons)
        .collect();
    if of_design != of_network {
        return Err(WaveError::Shape {
            network: of_network,
            design: of_design,
        });
    }
    Ok(())
}

/// Whether a stream moves, and whether a step ends with that.
struct StreamPorts {
    valid: PortId,
    ready: PortId,
    last: PortId,
}

impl StreamPorts {
    fn new(sim: &Sim, prefix: &str, input: bool) -> Result<Self, HdlError> {
        let name = |field: &str| format!("{prefix}_{field}");
        let forward = |field| {
            if input {
                sim.input(&name(field))
            } else {
                sim.output(&name(field))
            }
        };
        let ready = name("tready");
        Ok(Self {
            valid: forward("tvalid")?,
            ready: if input {
                sim.output(&ready)?
            } else {
                sim.input(&ready)?
            },
            last: forward("tlast")?,
        })
    }

    fn moves(&self, sim: &Sim) -> bool {
        sim.get(self.valid) == 1 && sim.get(self.ready) == 1
    }

    fn ends_step(&self, sim: &Sim) -> bool {
        self.moves(sim) && sim.get(self.last) == 1
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Before,
    Inside { first_cycle: u64 },
    After { first_cycle: u64, end: u64 },
}

struct Recorder<'a, W: Write> {
    run: &'a Run,
    window: &'a Window,
    variables: Variables,
    dump: Dump<W>,
    pairs: Vec<LayerPair>,
    input: StreamPorts,
    outputs: Vec<StreamPorts>,
    /// Steps that went in, and that came out of each output stream.
    steps_in: usize,
    steps_out: Vec<usize>,
    cycle: u64,
    phase: Phase,
    first_mismatch: Option<WaveMismatch>,
    failed: Option<io::Error>,
}

impl<'a, W: Write> Recorder<'a, W> {
    fn new(
        network: &QuantNetwork,
        design: &Design,
        sim: &Sim,
        run: &'a Run,
        stalls: Stalls,
        window: &'a Window,
        out: W,
    ) -> Result<Self, WaveError> {
        let mut layers = Vec::new();
        let mut pairs = Vec::new();
        for (index, (layer, plan)) in network.layers.iter().zip(&design.plans).enumerate() {
            let states = layer.neuron.states().map(|state| state.name.to_owned());
            let names: Vec<String> = std::iter::once("h".to_owned()).chain(states).collect();
            pairs.push(LayerPair::new(
                sim.signals(),
                index,
                layer.neurons,
                plan.neuron_lanes,
                &names,
            )?);
            layers.push(LayerValues {
                names,
                ternary: !layer.neuron.modes.spikes.is_binary(),
                lsb: (0..layer.neurons)
                    .map(|n| {
                        let states = layer.neuron.states();
                        std::iter::once(layer.h_lsb(n))
                            .chain(states.map(|state| layer.state_lsb(&state, n)))
                            .collect()
                    })
                    .collect(),
            });
        }
        let variables = Variables::new(design, sim, sim.input("rst_i")?, &layers);
        let clock = variables
            .values
            .iter()
            .position(|(source, _)| matches!(source, Source::Clock));
        let clock = clock.ok_or_else(|| WaveError::NoSignal("clk_i".to_owned()))?;
        let mut outputs = vec![StreamPorts::new(sim, "m_axis", false)?];
        for layer in 0..design.probes.len() {
            outputs.push(StreamPorts::new(
                sim,
                &format!("m_axis_probe{layer}"),
                false,
            )?);
        }
        Ok(Self {
            run,
            window,
            dump: Dump::new(out, &variables, clock, &comment(network, stalls, window))?,
            variables,
            pairs,
            input: StreamPorts::new(sim, "s_axis", true)?,
            steps_in: 0,
            steps_out: vec![0; outputs.len()],
            outputs,
            cycle: 0,
            phase: Phase::Before,
            first_mismatch: None,
            failed: None,
        })
    }

    /// One settled cycle.
    fn watch(&mut self, sim: &Sim) {
        if self.failed.is_some() || matches!(self.phase, Phase::After { .. }) {
            return;
        }
        self.compare(sim);
        if self.phase == Phase::Before
            && self.steps_in == self.run.steps.start
            && self.input.moves(sim)
        {
            self.phase = Phase::Inside {
                first_cycle: self.cycle,
            };
        }
        self.steps_in += usize::from(self.input.ends_step(sim));
        for (steps, output) in self.steps_out.iter_mut().zip(&self.outputs) {
            *steps += usize::from(output.ends_step(sim));
        }
        if let Phase::Inside { first_cycle } = self.phase {
            let values = self
                .variables
                .values
                .iter()
                .map(|(source, _)| source.value(sim, &self.pairs));
            self.failed = self.dump.cycle(self.cycle, values).err();
            if self
                .steps_out
                .iter()
                .all(|&steps| steps >= self.run.steps.end)
            {
                self.phase = Phase::After {
                    first_cycle,
                    end: self.cycle + 1,
                };
            }
        }
        self.cycle += 1;
    }

    fn compare(&mut self, sim: &Sim) {
        for (layer, pair) in self.pairs.iter_mut().enumerate() {
            let Some(found) = pair.watch(sim, &self.run.golden) else {
                continue;
            };
            let (sample, step) = self.run.place(found.step);
            self.first_mismatch.get_or_insert_with(|| WaveMismatch {
                cycle: self.cycle,
                time_ns: self.cycle * PERIOD_NS,
                at: Mismatch {
                    sample,
                    step,
                    layer,
                    neuron: found.neuron,
                    quantity: found.quantity,
                    golden: found.golden,
                    engine: found.rtl,
                },
            });
        }
    }

    fn finish(mut self) -> Result<WaveReport, WaveError> {
        if let Some(error) = self.failed {
            return Err(error.into());
        }
        let (first_cycle, end) = match self.phase {
            Phase::Before => (self.cycle, self.cycle),
            Phase::Inside { first_cycle } => (first_cycle, self.cycle),
            Phase::After { first_cycle, end } => (first_cycle, end),
        };
        self.dump.finish(end)?;
        Ok(WaveReport {
            sample: self.window.sample,
            steps: self.window.steps.clone(),
            first_cycle,
            cycles: end - first_cycle,
            signals: self.variables.variables.len(),
            first_mismatch: self.first_mismatch,
            busiest: busiest(self.run),
            variables: self
                .variables
                .variables
                .into_iter()
                .map(|(variable, _)| variable)
                .collect(),
        })
    }
}

fn comment(network: &QuantNetwork, stalls: Stalls, window: &Window) -> String {
    let layers: Vec<String> = network
        .layers
        .iter()
        .enumerate()
        .map(|(index, layer)| format!("layer{index} = {}", layer.name))
        .collect();
    format!(
        "network {}, sample {}, steps {}..{}; {}, time 0 is the first cycle after reset\n    \
         pauses: seed {}, input {}/256, output {}/256; {}",
        network.name,
        window.number + window.sample,
        window.steps.start,
        window.steps.end,
        if window.alone {
            "the sample runs alone"
        } else {
            "the sample runs after those before it"
        },
        stalls.seed,
        stalls.input_gap,
        stalls.output_stall,
        layers.join(", ")
    )
}

/// Neurons of each layer by their golden spikes in the window, the most first, the lowest index first among equals.
fn busiest(run: &Run) -> Vec<Vec<usize>> {
    let mut counts: Vec<Vec<u32>> = Vec::new();
    for step in &run.golden.steps[run.steps.clone()] {
        counts.resize(step.layers.len(), Vec::new());
        for (counts, layer) in counts.iter_mut().zip(&step.layers) {
            counts.resize(layer.spikes.len(), 0);
            for (count, &spike) in counts.iter_mut().zip(&layer.spikes) {
                *count += u32::from(spike != 0);
            }
        }
    }
    let order = |counts: Vec<u32>| {
        let mut order: Vec<usize> = (0..counts.len()).collect();
        order.sort_by_key(|&neuron| std::cmp::Reverse(counts[neuron]));
        order
    };
    counts.into_iter().map(order).collect()
}

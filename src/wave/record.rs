//! Records a window of one sample: the embedded simulator runs, the golden model walks beside it.
//!
//! The sample runs alone, right after reset: samples are independent of each other. Cycles before and after the window
//! are simulated and not written. The window opens in the cycle that takes the first beat of its first step and closes
//! with the last cycle in which its last step leaves on an output or probe stream.

use std::io::{self, Write};
use std::slice;

use goldspike_golden::event::Sample;
use goldspike_golden::network::golden;
use goldspike_golden::quant::QuantNetwork;
use goldspike_golden::trace::SampleTrace;

use crate::engine::beats::BeatStimulus;
use crate::engine::{Bench, Stalls};

use crate::hdl::{HdlError, PortId, Sim};
use crate::rtl::{Design, neuron};
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
    let sample = window.of(samples)?;
    same_shape(network, design)?;
    let trace = golden(network)?.run(sample);
    let mut bench = Bench::new(design)?;
    let mut recorder = Recorder::new(network, design, bench.sim(), &trace, stalls, window, out)?;
    let beats = BeatStimulus::of_samples(design, slice::from_ref(sample), stalls);
    let played = bench.play(&beats, |sim| recorder.watch(sim));
    let report = recorder.finish()?;
    played?;
    Ok(report)
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
    golden: &'a SampleTrace<i64>,
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
        golden: &'a SampleTrace<i64>,
        stalls: Stalls,
        window: &'a Window,
        out: W,
    ) -> Result<Self, WaveError> {
        let mut layers = Vec::new();
        let mut pairs = Vec::new();
        for (index, (layer, plan)) in network.layers.iter().zip(&design.plans).enumerate() {
            let lane = neuron::lane(layer, "gs_wave", plan.sum)?;
            let states = lane
                .states
                .iter()
                .filter(|state| state.traced)
                .map(|state| state.name.to_owned());
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
                ternary: lane.ternary,
                lsb: (0..layer.neurons).map(|n| layer.lsb(n)).collect(),
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
            golden,
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
            && self.steps_in == self.window.steps.start
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
                .all(|&steps| steps >= self.window.steps.end)
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
            let Some(found) = pair.watch(sim, self.golden) else {
                continue;
            };
            self.first_mismatch.get_or_insert_with(|| WaveMismatch {
                cycle: self.cycle,
                time_ns: self.cycle * PERIOD_NS,
                at: Mismatch {
                    sample: self.window.sample,
                    step: found.step,
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
            busiest: busiest(self.golden, self.window),
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
        "network {}, sample {}, steps {}..{}; the sample runs alone, time 0 is the first cycle after reset\n    \
         pauses: seed {}, input {}/256, output {}/256; {}",
        network.name,
        window.sample,
        window.steps.start,
        window.steps.end,
        stalls.seed,
        stalls.input_gap,
        stalls.output_stall,
        layers.join(", ")
    )
}

/// Neurons of each layer by their golden spikes in the window, the most first, the lowest index first among equals.
fn busiest(golden: &SampleTrace<i64>, window: &Window) -> Vec<Vec<usize>> {
    let mut counts: Vec<Vec<u32>> = Vec::new();
    for step in &golden.steps[window.steps.clone()] {
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

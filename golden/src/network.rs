//! A network run step by step: crossbar, alignment, neurons, layer after layer.
//!
//! A spike crosses the whole network within its step. [`golden`] is the bit-exact model that hardware must equal;
//! [`fn@reference`] is the described network in double precision; [`dequantised`] runs the quantized integers in double
//! precision without rounding or overflow, which bounds what rounding did.
//!
//! Events outside the contract are dropped, as the hardware drops them: an address without an axon, a payload that is
//! not within 1 to `payload_max`. A repeated address in a step is counted twice here and is a protocol error there.

use core::fmt::Debug;
use core::iter::zip;

use num_traits::{FromPrimitive, Zero};

use crate::arith::{Arith, Raw, Real};
use crate::contract::ContractError;
use crate::crossbar::Crossbar;
use crate::describe::Network;
use crate::event::{Event, Sample};
use crate::neuron::{self, Cell};
use crate::param::Param;
use crate::quant::{QuantLayer, QuantNetwork};
use crate::trace::{LayerTrace, SampleTrace, StepTrace};

/// A network ready to run in arithmetic `A`.
#[derive(Clone, Debug)]
pub struct Program<A: Arith> {
    payload_max: u32,
    amplitude: A::Num,
    layers: Vec<Layer<A>>,
}

/// Everything that a running sample keeps between two steps.
#[derive(Clone, Debug)]
pub struct State<A: Arith> {
    layers: Vec<LayerState<A>>,
}

#[derive(Clone, Debug)]
struct Layer<A: Arith> {
    arith: A,
    crossbar: Crossbar<A::Num>,
    guard_bits: i32,
    /// Factor of the sum; `None` where it is folded into the weights, as in every quantized network.
    gain: Option<Vec<A::Num>>,
    /// Factors from the program's numbers to the trace's; `None` where they are the same.
    units: Option<Units<A::Num>>,
    /// By step, then neuron; the last step's stay.
    cells: Vec<Vec<Cell<A::Num>>>,
    /// What a spike is to the next layer, by neuron; `None` where it is 1, as in every quantized network.
    amplitude: Option<Vec<A::Num>>,
}

/// Factors of a layer's trace, one a neuron.
#[derive(Clone, Debug)]
struct Units<N> {
    h: Vec<N>,
    /// By state.
    states: Vec<Vec<N>>,
}

#[derive(Clone, Debug)]
struct LayerState<A: Arith> {
    step: usize,
    neurons: Vec<neuron::State<A::Num, A::Bit>>,
}

impl<A> Layer<A>
where
    A: Arith<Bit = bool>,
    A::Num: Zero,
{
    fn start(&self) -> LayerState<A> {
        let first = self.cells.first().map_or(&[][..], Vec::as_slice);
        LayerState {
            step: 0,
            neurons: first.iter().map(|cell| cell.start(&self.arith)).collect(),
        }
    }

    /// A step of every neuron with the synaptic sums `currents`.
    fn advance(&self, state: &mut LayerState<A>, currents: &[A::Num]) -> LayerTrace<A::Num> {
        let a = &self.arith;
        let count = currents.len();
        let mut trace = LayerTrace {
            spikes: Vec::with_capacity(count),
            h: Vec::with_capacity(count),
            states: Vec::new(),
        };
        let cells = self.cells.get(state.step).or(self.cells.last());
        let cells = cells.map_or(&[][..], Vec::as_slice);
        for ((cell, state), x) in zip(cells, &mut state.neurons).zip(currents) {
            let done = cell.step(a, state, &a.align(x, self.guard_bits));
            trace.spikes.push(done.signed_spike());
            trace.h.push(done.h.clone());
            trace
                .states
                .resize_with(done.kept.len(), || Vec::with_capacity(count));
            for (values, value) in zip(&mut trace.states, &done.kept) {
                values.push(value.clone());
            }
            *state = done.into_state();
        }
        state.step += 1;
        trace
    }

    fn step(
        &self,
        state: &mut LayerState<A>,
        events: impl Iterator<Item = (usize, A::Num)>,
    ) -> LayerTrace<A::Num> {
        let a = &self.arith;
        let mut currents = self.crossbar.sums(a, &A::Num::zero(), events);
        if let Some(gains) = &self.gain {
            for (x, gain) in currents.iter_mut().zip(gains) {
                *x = a.product(gain, x, 0);
            }
        }
        let mut trace = self.advance(state, &currents);
        if let Some(units) = &self.units {
            let scale = |values: &mut Vec<A::Num>, units: &[A::Num]| {
                for (value, unit) in zip(values, units) {
                    *value = a.product(unit, value, 0);
                }
            };
            scale(&mut trace.h, &units.h);
            for (values, units) in zip(&mut trace.states, &units.states) {
                scale(values, units);
            }
        }
        trace
    }
}

impl<A> Layer<A>
where
    A: Arith,
    A::Num: FromPrimitive,
{
    /// What the spike of neuron `n` is to the next layer.
    fn payload(&self, n: usize, spike: i8) -> Option<A::Num> {
        let spike = A::Num::from_i8(spike)?;
        match &self.amplitude {
            None => Some(spike),
            Some(amplitudes) => Some(self.arith.product(amplitudes.get(n)?, &spike, 0)),
        }
    }
}

impl<A> Program<A>
where
    A: Arith<Bit = bool>,
    A::Num: Zero + FromPrimitive,
{
    /// The state before the first step of a sample.
    #[must_use]
    pub fn start(&self) -> State<A> {
        State {
            layers: self.layers.iter().map(Layer::start).collect(),
        }
    }

    /// One time step: `events` of the input, what every layer did. `state` is [`Self::start`]'s or an earlier step's.
    pub fn step(&self, state: &mut State<A>, events: &[Event]) -> StepTrace<A::Num> {
        let mut layers: Vec<LayerTrace<A::Num>> = Vec::with_capacity(self.layers.len());
        for (l, (layer, state)) in self.layers.iter().zip(&mut state.layers).enumerate() {
            let before = l.checked_sub(1).and_then(|l| self.layers.get(l));
            let trace = match before.zip(layers.last()) {
                None => layer.step(
                    state,
                    events.iter().filter_map(|event| self.input(layer, event)),
                ),
                Some((before, trace)) => {
                    let fired = trace
                        .spikes
                        .iter()
                        .enumerate()
                        .filter(|(_, spike)| **spike != 0);
                    layer.step(
                        state,
                        fired.filter_map(|(axon, spike)| {
                            Some((axon, before.payload(axon, *spike)?))
                        }),
                    )
                }
            };
            layers.push(trace);
        }
        StepTrace { layers }
    }

    /// One sample from a fresh state.
    #[must_use]
    pub fn run(&self, sample: &Sample) -> SampleTrace<A::Num> {
        let mut state = self.start();
        SampleTrace {
            steps: sample
                .steps
                .iter()
                .map(|events| self.step(&mut state, events))
                .collect(),
        }
    }

    fn input(&self, layer: &Layer<A>, event: &Event) -> Option<(usize, A::Num)> {
        let legal = u32::try_from(event.payload)
            .is_ok_and(|payload| (1..=self.payload_max).contains(&payload));
        let payload = A::Num::from_i32(event.payload).filter(|_| legal)?;
        Some((
            usize::try_from(event.address).ok()?,
            layer.arith.product(&self.amplitude, &payload, 0),
        ))
    }
}

impl<A: Arith> Program<A> {
    /// The same program over another arithmetic on the same numbers: one that counts or checks what it is asked.
    #[must_use]
    pub fn over<B: Arith<Num = A::Num>>(self, arith: impl Fn(A) -> B) -> Program<B> {
        let layers = self
            .layers
            .into_iter()
            .map(|layer| Layer {
                arith: arith(layer.arith),
                crossbar: layer.crossbar,
                guard_bits: layer.guard_bits,
                gain: layer.gain,
                units: layer.units,
                cells: layer.cells,
                amplitude: layer.amplitude,
            })
            .collect();
        Program {
            payload_max: self.payload_max,
            amplitude: self.amplitude,
            layers,
        }
    }
}

/// The golden model of a quantized network.
///
/// # Errors
/// [`ContractError`] if the network breaks the arithmetic contract.
pub fn golden(network: &QuantNetwork) -> Result<Program<Raw>, ContractError> {
    network.validate()?;
    let layers = network
        .layers
        .iter()
        .map(|layer| Layer {
            arith: Raw {
                rounding: layer.rounding,
                overflow: layer.overflow,
            },
            crossbar: Crossbar::new(
                layer.axons,
                &layer
                    .weights
                    .iter()
                    .map(|&w| i64::from(w))
                    .collect::<Vec<_>>(),
                layer.bias.clone(),
            ),
            guard_bits: layer.guard_bits,
            gain: None,
            units: None,
            cells: quantized(layer, |raw| raw, |raw| raw),
            amplitude: None,
        })
        .collect();
    Ok(Program {
        payload_max: network.input.payload_max,
        amplitude: 1,
        layers,
    })
}

/// The quantized network in double precision: each constant is its raw value times its LSB, nothing rounds, nothing
/// saturates. The trace is in real units.
///
/// Computed in LSBs and multiplied by the LSB at the end, so that a sum that equals the threshold in integers does so
/// here whatever the scale.
///
/// # Errors
/// [`ContractError`] if the network breaks the arithmetic contract.
pub fn dequantised(network: &QuantNetwork) -> Result<Program<Real>, ContractError> {
    network.validate()?;
    let layers = network
        .layers
        .iter()
        .map(|layer| {
            let lsb = 2f64.powi(layer.guard_bits);
            Layer {
                arith: Real,
                crossbar: Crossbar::new(
                    layer.axons,
                    &layer
                        .weights
                        .iter()
                        .map(|&w| f64::from(w) * lsb)
                        .collect::<Vec<_>>(),
                    layer.bias.iter().map(|&b| b as f64 * lsb).collect(),
                ),
                guard_bits: 0,
                gain: None,
                units: Some(Units {
                    h: (0..layer.neurons).map(|n| layer.h_lsb(n)).collect(),
                    states: layer
                        .neuron
                        .states()
                        .map(|state| {
                            let each = 0..layer.neurons;
                            each.map(|n| layer.state_lsb(&state, n)).collect()
                        })
                        .collect(),
                }),
                cells: quantized(
                    layer,
                    |raw| raw as f64,
                    |raw| raw as f64 * coefficient_lsb(layer),
                ),
                amplitude: None,
            }
        })
        .collect();
    Ok(Program {
        payload_max: network.input.payload_max,
        amplitude: 1.0,
        layers,
    })
}

/// The described network in double precision, as its framework computes it.
///
/// A parameter vector that is shorter than the layer cuts the layer short; importers refuse such a network before.
#[must_use]
pub fn reference(network: &Network) -> Program<Real> {
    let layers = network
        .layers
        .iter()
        .map(|layer| {
            let collapsed = layer.neuron.collapse();
            let each = 0..layer.neurons;
            let factors = |param: Option<&Param<f64>>| -> Vec<f64> {
                let one = Param::Layer(1.0);
                let param = param.unwrap_or(&one);
                each.clone()
                    .map_while(|n| param.get(n, 0).copied())
                    .collect()
            };
            let states = layer.neuron.model.info().states.iter();
            Layer {
                arith: Real,
                crossbar: Crossbar::new(layer.axons, &layer.weights, layer.bias.clone()),
                guard_bits: 0,
                gain: Some(factors(Some(&collapsed.input_gain))),
                units: (!collapsed.scales.is_empty()).then(|| Units {
                    h: factors(collapsed.scales.get("h")),
                    states: states
                        .map(|state| factors(collapsed.scales.get(state.name)))
                        .collect(),
                }),
                cells: (0..collapsed.steps())
                    .map(|t| each.clone().map_while(|n| collapsed.cell(n, t)).collect())
                    .collect(),
                amplitude: Some(factors(Some(&layer.amplitude))),
            }
        })
        .collect();
    Program {
        payload_max: network.encoding.payload_max(),
        amplitude: network.encoding.payload_scale(),
        layers,
    }
}

fn coefficient_lsb(layer: &QuantLayer) -> f64 {
    2f64.powi(-layer.neuron.coefficient.frac)
}

/// The layer's neurons by step, with states and coefficients turned into the arithmetic's numbers. `layer` is validated.
fn quantized<N: Clone + Debug>(
    layer: &QuantLayer,
    state: impl Fn(i64) -> N,
    coefficient: impl Fn(i64) -> N,
) -> Vec<Vec<Cell<N>>> {
    (0..layer.neuron.steps())
        .map(|t| {
            (0..layer.neurons)
                .map_while(|n| layer.cell(n, t, &state, &coefficient))
                .collect()
        })
        .collect()
}

//! A network run step by step: crossbar, alignment, neurons, layer after layer.
//!
//! A spike crosses the whole network within its step. [`golden`] is the bit-exact model that hardware must equal;
//! [`fn@reference`] is the described network in double precision; [`dequantised`] runs the quantized integers in double
//! precision without rounding or overflow, which bounds what rounding did.
//!
//! Events outside the contract are dropped, as the hardware drops them: an address without an axon, a payload that is
//! not within 1 to `payload_max`. A repeated address in a step is counted twice here and is a protocol error there.

use core::iter::zip;

use num_traits::{FromPrimitive, Zero};

use crate::arith::{Arith, Raw, Real};
use crate::contract::ContractError;
use crate::crossbar::Crossbar;
use crate::describe::{Network, Neuron};
use crate::event::{Event, Sample};
use crate::neuron::Model;
use crate::neuron::klif::KlifParams;
use crate::neuron::lif::LifParams;
use crate::quant::{QuantLayer, QuantNetwork, QuantNeuron};
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
    neurons: Neurons<A::Num>,
    /// What a spike is to the next layer, by neuron; `None` where it is 1, as in every quantized network.
    amplitude: Option<Vec<A::Num>>,
}

/// Factors of a layer's trace, one a neuron.
#[derive(Clone, Debug)]
struct Units<N> {
    h: Vec<N>,
    states: Vec<N>,
}

#[derive(Clone, Debug)]
enum Neurons<N> {
    Lif(Vec<LifParams<N>>),
    Klif(Vec<KlifParams<N>>),
}

type States<M, A> = Vec<<M as Model<<A as Arith>::Num>>::State<<A as Arith>::Bit>>;

#[derive(Clone, Debug)]
enum LayerState<A: Arith> {
    Lif(States<LifParams<A::Num>, A>),
    Klif(States<KlifParams<A::Num>, A>),
}

impl<A> Layer<A>
where
    A: Arith<Bit = bool>,
    A::Num: Zero,
{
    fn start(&self) -> LayerState<A> {
        match &self.neurons {
            Neurons::Lif(params) => LayerState::Lif(self.states(params)),
            Neurons::Klif(params) => LayerState::Klif(self.states(params)),
        }
    }

    fn states<M: Model<A::Num>>(&self, params: &[M]) -> States<M, A> {
        params.iter().map(|p| p.start(&self.arith)).collect()
    }

    fn advance_all(&self, state: &mut LayerState<A>, currents: &[A::Num]) -> LayerTrace<A::Num> {
        match (&self.neurons, &mut *state) {
            (Neurons::Lif(params), LayerState::Lif(states)) => {
                self.advance(params, states, currents)
            }
            (Neurons::Klif(params), LayerState::Klif(states)) => {
                self.advance(params, states, currents)
            }
            // A state of another program's layer counts as none.
            (Neurons::Lif(_) | Neurons::Klif(_), _) => {
                *state = self.start();
                self.advance_all(state, currents)
            }
        }
    }

    /// A step of every neuron with the synaptic sums `currents`.
    fn advance<M: Model<A::Num>>(
        &self,
        params: &[M],
        states: &mut States<M, A>,
        currents: &[A::Num],
    ) -> LayerTrace<A::Num> {
        let a = &self.arith;
        let count = currents.len();
        let mut trace = LayerTrace {
            spikes: Vec::with_capacity(count),
            h: Vec::with_capacity(count),
            states: Vec::new(),
        };
        for ((p, state), x) in zip(params, states).zip(currents) {
            let done = p.step(a, state, &a.align(x, self.guard_bits));
            trace.spikes.push(done.signed_spike());
            trace.h.push(done.h);
            let kept = M::kept::<A::Bit>(&done.state);
            trace
                .states
                .resize_with(kept.len(), || Vec::with_capacity(count));
            for (values, value) in zip(&mut trace.states, kept) {
                values.push(value);
            }
            *state = done.state;
        }
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
        let mut trace = self.advance_all(state, &currents);
        if let Some(units) = &self.units {
            let scale = |values: &mut Vec<A::Num>, units: &[A::Num]| {
                for (value, unit) in zip(values, units) {
                    *value = a.product(unit, value, 0);
                }
            };
            scale(&mut trace.h, &units.h);
            for values in &mut trace.states {
                scale(values, &units.states);
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
                neurons: layer.neurons,
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
            neurons: quantized_neurons(layer, |raw| raw, |raw| raw),
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
                    states: (0..layer.neurons).map(|n| layer.lsb(n)).collect(),
                }),
                neurons: quantized_neurons(
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
            let each = 0..layer.neurons;
            let (gain, h_scale, neurons): (Vec<f64>, _, _) = match &layer.neuron {
                Neuron::Lif(lif) => (
                    each.clone()
                        .map_while(|n| lif.input_gain.get(n).copied())
                        .collect(),
                    1.0,
                    Neurons::Lif(each.map_while(|n| lif.params(n)).collect()),
                ),
                Neuron::Klif(klif) => (
                    each.clone()
                        .map_while(|n| Some(klif.charge_scale() * klif.input_gain.get(n)?))
                        .collect(),
                    klif.h_scale(),
                    Neurons::Klif(each.map_while(|n| klif.params(n)).collect()),
                ),
            };
            Layer {
                arith: Real,
                crossbar: Crossbar::new(layer.axons, &layer.weights, layer.bias.clone()),
                guard_bits: 0,
                gain: Some(gain),
                units: (h_scale != 1.0).then(|| Units {
                    h: vec![h_scale; layer.neurons],
                    states: vec![1.0; layer.neurons],
                }),
                neurons,
                amplitude: Some(
                    (0..layer.neurons)
                        .map_while(|n| layer.amplitude.get(n).copied())
                        .collect(),
                ),
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
    2f64.powi(-layer.neuron.coefficient().frac)
}

/// The layer's neurons, with states and coefficients turned into the arithmetic's numbers. `layer` is validated.
fn quantized_neurons<N>(
    layer: &QuantLayer,
    state: impl Fn(i64) -> N,
    coefficient: impl Fn(i64) -> N,
) -> Neurons<N> {
    let neurons = 0..layer.neurons;
    match &layer.neuron {
        QuantNeuron::Lif(lif) => Neurons::Lif(
            neurons
                .map_while(|n| lif.params(n, layer.membrane, &state, &coefficient))
                .collect(),
        ),
        QuantNeuron::Klif(klif) => Neurons::Klif(
            neurons
                .map_while(|n| klif.params(n, layer.membrane, &state, &coefficient))
                .collect(),
        ),
    }
}

impl QuantLayer {
    /// Real value of the membrane's LSB of neuron `n` (must be below the layer's number of neurons).
    #[must_use]
    pub fn lsb(&self, n: usize) -> f64 {
        2f64.powi(-self.membrane.frac) * self.scale.of(n)
    }

    /// Real value of 1 in a compared `h` of neuron `n` (must be below the layer's number of neurons).
    #[must_use]
    pub fn h_lsb(&self, n: usize) -> f64 {
        self.lsb(n) * self.neuron.h_scale()
    }
}

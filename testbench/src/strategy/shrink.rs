//! Simpler neighbours of a case: the boldest cuts first, every one a legal network with samples that fit it.

use goldspike_golden::contract::accumulator_range;
use goldspike_golden::encoding::Encoding;
use goldspike_golden::event::{Event, Sample};
use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::neuron::info::{Domain, Presence};
use goldspike_golden::neuron::{CurrentOrder, Leak, ModelId, Reset, ResetTiming, Spikes};
use goldspike_golden::quant::{Param, QuantLayer, QuantNetwork};

use super::Case;
use super::neuron::nearest_modes;
use crate::plain::complete;

/// Simpler networks.
pub(super) fn networks(network: &QuantNetwork) -> Vec<QuantNetwork> {
    let case = Case {
        network: network.clone(),
        samples: Vec::new(),
    };
    cases(&case).into_iter().map(|case| case.network).collect()
}

/// Simpler lists of samples, never empty ones.
pub(super) fn samples(list: &[Sample]) -> Vec<Vec<Sample>> {
    let mut simpler: Vec<Vec<Sample>> = Vec::new();
    if list.len() > 1 {
        simpler.extend(list.iter().map(|sample| vec![sample.clone()]));
        simpler.extend((0..list.len()).map(|cut| without(list, cut)));
    }
    for (at, sample) in list.iter().enumerate() {
        simpler.extend(
            steps(&sample.steps)
                .into_iter()
                .map(|steps| with(list, at, Sample { steps })),
        );
    }
    simpler
}

fn steps(list: &[Vec<Event>]) -> Vec<Vec<Vec<Event>>> {
    let mut simpler: Vec<Vec<Vec<Event>>> = Vec::new();
    let count = list.len();
    if count > 1 {
        simpler.push(list.iter().take(count / 2).cloned().collect());
        simpler.push(list.iter().take(count - 1).cloned().collect());
        simpler.extend((0..count - 1).map(|cut| without(list, cut)));
    }
    for (at, events) in list
        .iter()
        .enumerate()
        .filter(|(_, events)| !events.is_empty())
    {
        simpler.push(with(list, at, Vec::new()));
        if events.len() > 1 {
            simpler.push(with(
                list,
                at,
                events.iter().take(events.len() / 2).copied().collect(),
            ));
            simpler.push(with(
                list,
                at,
                events.iter().skip(events.len() / 2).copied().collect(),
            ));
        }
        if events.len() <= 8 {
            simpler.extend((0..events.len()).map(|cut| with(list, at, without(events, cut))));
        }
        if events.iter().any(|event| event.payload != 1) {
            simpler.push(with(
                list,
                at,
                events
                    .iter()
                    .map(|event| Event::spike(event.address))
                    .collect(),
            ));
        }
        if !events.is_sorted() {
            let mut sorted = events.clone();
            sorted.sort();
            simpler.push(with(list, at, sorted));
        }
    }
    simpler
}

fn without<T: Clone>(list: &[T], cut: usize) -> Vec<T> {
    list.iter()
        .enumerate()
        .filter(|(at, _)| *at != cut)
        .map(|(_, item)| item.clone())
        .collect()
}

fn with<T: Clone>(list: &[T], at: usize, item: T) -> Vec<T> {
    list.iter()
        .enumerate()
        .map(|(i, old)| if i == at { item.clone() } else { old.clone() })
        .collect()
}

/// Simpler cases.
pub(super) fn cases(case: &Case) -> Vec<Case> {
    let mut simpler: Vec<Case> = Vec::new();
    let layers = &case.network.layers;
    if layers.len() > 1 {
        simpler.push(edited(case, |network| network.layers.truncate(1)));
        simpler.push(edited(case, |network| {
            network.layers.truncate(layers.len() - 1)
        }));
    }
    let fewer = samples(&case.samples).into_iter();
    simpler.extend(fewer.map(|samples| Case {
        network: case.network.clone(),
        samples,
    }));
    for (l, layer) in layers.iter().enumerate() {
        for keep in cuts(layer.neurons) {
            simpler.push(edited(case, |network| keep_neurons(network, l, &keep)));
        }
    }
    simpler.extend(
        cuts(case.network.input.axons)
            .iter()
            .map(|keep| keep_axons(case, keep)),
    );
    for l in 0..layers.len() {
        for plain in PLAIN_LAYER {
            simpler.push(edited(case, |network| {
                network.layers.iter_mut().skip(l).take(1).for_each(plain)
            }));
        }
    }
    simpler.push(edited(case, |network| network.time_steps = 1));
    simpler.push(spikes_only(case));
    simpler.retain(|candidate| candidate != case && candidate.network.validate().is_ok());
    simpler
}

/// Subsets of `0..count` to keep: each half, and all but one where they are few.
fn cuts(count: usize) -> Vec<Vec<usize>> {
    let mut keeps: Vec<Vec<usize>> = Vec::new();
    if count > 1 {
        keeps.push((0..count / 2).collect());
        keeps.push((count / 2..count).collect());
        if count <= 8 {
            keeps.extend((0..count).map(|cut| (0..count).filter(|n| *n != cut).collect()));
        }
    }
    keeps
}

fn edited(case: &Case, edit: impl FnOnce(&mut QuantNetwork)) -> Case {
    let mut case = case.clone();
    edit(&mut case.network);
    let mut fed = case.network.input.payloads();
    for layer in &mut case.network.layers {
        let (low, high) = accumulator_range(layer, fed);
        layer.accumulator = QFormat::signed_for(low, high, layer.membrane.frac - layer.guard_bits);
        fed = layer.payloads();
    }
    case
}

fn spikes_only(case: &Case) -> Case {
    let mut case = edited(case, |network| {
        network.input.encoding = Encoding::Events;
        (network.input.payload_max, network.input.payload_scale) = (1, 1.0);
    });
    for event in case
        .samples
        .iter_mut()
        .flat_map(|sample| &mut sample.steps)
        .flatten()
    {
        event.payload = 1;
    }
    case
}

fn keep_columns(layer: &mut QuantLayer, keep: &[usize]) {
    let rows = layer.weights.chunks(layer.axons.max(1));
    layer.weights = rows
        .flat_map(|row| keep.iter().filter_map(|axon| row.get(*axon).copied()))
        .collect();
    layer.axons = keep.len();
}

fn keep_values<T: Clone>(param: &mut Param<T>, keep: &[usize]) {
    let Some(neurons) = param.neurons() else {
        return;
    };
    let kept = |values: &[T]| -> Vec<T> {
        let rows = values.chunks(neurons.max(1));
        rows.flat_map(|row| keep.iter().filter_map(|n| row.get(*n).cloned()))
            .collect()
    };
    match param {
        Param::Neuron(values) => *values = kept(values),
        Param::StepNeuron {
            by_step_and_neuron, ..
        } => *by_step_and_neuron = kept(by_step_and_neuron),
        Param::Layer(_) | Param::Step { .. } => {}
    }
}

fn keep_neurons(network: &mut QuantNetwork, l: usize, keep: &[usize]) {
    if let Some(layer) = network.layers.get_mut(l) {
        let rows: Vec<&[i32]> = layer.weights.chunks(layer.axons.max(1)).collect();
        layer.weights = keep
            .iter()
            .filter_map(|n| rows.get(*n))
            .flat_map(|row| row.iter().copied())
            .collect();
        layer.bias = keep
            .iter()
            .filter_map(|n| layer.bias.get(*n).copied())
            .collect();
        layer.neurons = keep.len();
        keep_values(&mut layer.scale, keep);
        for values in layer.neuron.constants.values_mut() {
            keep_values(values, keep);
        }
        for scale in layer.neuron.scales.values_mut() {
            keep_values(scale, keep);
        }
    }
    if let Some(next) = network.layers.get_mut(l + 1) {
        keep_columns(next, keep);
    }
}

fn keep_axons(case: &Case, keep: &[usize]) -> Case {
    let mut case = edited(case, |network| {
        network.input.axons = keep.len();
        if let Some(first) = network.layers.first_mut() {
            keep_columns(first, keep);
        }
    });
    for events in case.samples.iter_mut().flat_map(|sample| &mut sample.steps) {
        let moved = events.iter().filter_map(|event| {
            let place = keep
                .iter()
                .position(|axon| u32::try_from(*axon) == Ok(event.address))?;
            Some(Event {
                address: u32::try_from(place).ok()?,
                payload: event.payload,
            })
        });
        *events = moved.collect();
    }
    case
}

/// Sets the constants of the domains that `which` picks, where the model has them.
fn set(layer: &mut QuantLayer, which: impl Fn(Domain) -> bool, values: &Param<i64>) {
    let info = layer.neuron.model.info();
    for (name, found) in &mut layer.neuron.constants {
        let row = info.constant(name);
        if row.is_some_and(|row| which(row.domain) && (row.by_step || !values.by_step())) {
            *found = values.clone();
        }
    }
}

/// The first model of the registry with the integers that it knows.
fn plainest_model(layer: &mut QuantLayer) {
    let Some(&first) = ModelId::ALL.first() else {
        return;
    };
    let neuron = &mut layer.neuron;
    if neuron.model != first {
        neuron.modes = nearest_modes(first, &neuron.modes);
        neuron.model = first;
        neuron.scales.clear();
        completed(layer);
    }
}

/// After a change of the modes.
fn completed(layer: &mut QuantLayer) {
    let fire_at = layer.neuron.fire_at().of(0);
    let membrane = layer.membrane;
    complete(&mut layer.neuron, membrane, fire_at);
}

fn no_leak(layer: &mut QuantLayer) {
    let above = layer.neuron.coefficient.width > 1;
    if above && layer.neuron.tables.is_empty() {
        layer.neuron.coefficient = QFormat::unsigned(1, 0);
        set(layer, factors, &Param::Layer(1));
    }
}

const fn factors(domain: Domain) -> bool {
    !domain.is_membrane()
}

fn first_only<T: Clone>(param: &mut Param<T>) {
    if let Some(first) = param.values().first().cloned() {
        *param = Param::Layer(first);
    }
}

/// Edits toward the plainest layer. None undoes another, so that shrinking ends.
const PLAIN_LAYER: &[fn(&mut QuantLayer)] = &[
    |layer| layer.neuron.constants.values_mut().for_each(first_only),
    |layer| layer.bias.fill(0),
    |layer| {
        layer
            .weights
            .fill(if layer.weight_bits == 1 { 1 } else { 0 })
    },
    |layer| {
        if layer.weights.iter().any(|weight| weight.unsigned_abs() > 1) {
            layer.weights.fill(1);
        }
    },
    |layer| layer.weights.iter_mut().for_each(|weight| *weight /= 2),
    |layer| {
        layer.weight_bits = if layer.weight_bits > 2 {
            layer.weight_bits.div_ceil(2)
        } else {
            layer.weight_bits
        }
    },
    |layer| layer.bias.iter_mut().for_each(|bias| *bias /= 2),
    |layer| layer.guard_bits = 0,
    |layer| layer.guard_bits /= 2,
    |layer| layer.scale = Param::Layer(1.0),
    |layer| layer.neuron.scales.clear(),
    |layer| layer.rounding = Rounding::Floor,
    |layer| layer.overflow = Overflow::Saturate,
    |layer| layer.membrane.frac = 0,
    plainest_model,
    |layer| layer.neuron.refractory = 0,
    |layer| layer.neuron.refractory /= 2,
    |layer| {
        layer.neuron.modes.spikes = Spikes::default();
        completed(layer);
    },
    |layer| {
        layer.neuron.modes.reset_timing = ResetTiming::default();
        completed(layer);
    },
    |layer| {
        if layer.neuron.modes.reset == Reset::Soft {
            layer.neuron.modes.reset = Reset::Hard;
            completed(layer);
        }
    },
    |layer| {
        layer.neuron.modes.reset = Reset::None;
        completed(layer);
    },
    |layer| {
        layer.neuron.modes.leak = Leak::default();
        completed(layer);
    },
    |layer| {
        layer.neuron.modes.order = CurrentOrder::default();
        completed(layer);
    },
    |layer| {
        let optional = layer.neuron.model.info().constants.iter();
        let optional = optional.filter(|row| matches!(row.presence, Presence::Optional));
        for row in optional {
            layer.neuron.constants.remove(row.name);
        }
    },
    |layer| {
        for table in layer.neuron.tables.values_mut() {
            table.knots.fill(0);
        }
    },
    |layer| {
        for table in layer.neuron.tables.values_mut() {
            table.knots.truncate(3);
        }
    },
    |layer| {
        let zero = |domain| matches!(domain, Domain::Offset { .. } | Domain::Leak | Domain::State);
        set(layer, zero, &Param::Layer(0));
    },
    |layer| {
        set(
            layer,
            |domain| matches!(domain, Domain::Offset { .. }),
            &Param::Layer(0),
        )
    },
    |layer| set(layer, |domain| domain == Domain::Leak, &Param::Layer(0)),
    |layer| set(layer, |domain| domain == Domain::State, &Param::Layer(0)),
    |layer| {
        let at = layer.neuron.fire_at().clone();
        let about = |domain| matches!(domain, Domain::Pending | Domain::Amount);
        set(layer, about, &at);
    },
    |layer| {
        let one = 1 << layer.neuron.coefficient.frac.clamp(0, 23);
        set(layer, factors, &Param::Layer(one));
    },
    no_leak,
];

//! Simpler neighbours of a case: the boldest cuts first, every one a legal network with samples that fit it.

use goldspike_golden::contract::accumulator_range;
use goldspike_golden::encoding::Encoding;
use goldspike_golden::event::{Event, Sample};
use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::neuron::lif::{Reset, ResetTiming, Spikes};
use goldspike_golden::quant::{Param, QuantLayer, QuantLif, QuantNetwork, QuantNeuron};

use super::Case;

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
    if let Param::Neuron(values) = param {
        *values = keep
            .iter()
            .filter_map(|n| values.get(*n).cloned())
            .collect();
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
        for constant in layer.neuron.constants_mut() {
            keep_values(constant.values, keep);
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

/// Sets the integer parameter `name`, where the model has it.
fn set(layer: &mut QuantLayer, name: &str, values: Param<i64>) {
    for constant in layer.neuron.constants_mut() {
        if constant.name == name {
            *constant.values = values.clone();
        }
    }
}

fn reset(layer: &mut QuantLayer) -> &mut Reset {
    match &mut layer.neuron {
        QuantNeuron::Lif(lif) => &mut lif.reset,
        QuantNeuron::Klif(klif) => &mut klif.reset,
    }
}

/// The model of the fewest parts with the same integers.
fn plainest_model(layer: &mut QuantLayer) {
    let klif = match &layer.neuron {
        QuantNeuron::Lif(_) => return,
        QuantNeuron::Klif(klif) => klif.clone(),
    };
    layer.neuron = QuantNeuron::Lif(QuantLif {
        coefficient: klif.coefficient,
        decay: klif.decay,
        offset: klif.offset,
        pending_at: klif.fire_at.clone(),
        fire_at: klif.fire_at,
        reset_by: klif.reset_by,
        v_reset: klif.v_reset,
        v_init: klif.v_init,
        reset: klif.reset,
        reset_timing: ResetTiming::SameStep,
        spikes: Spikes::Binary,
    });
}

fn no_leak(layer: &mut QuantLayer) {
    let coefficient = match &mut layer.neuron {
        QuantNeuron::Lif(lif) => &mut lif.coefficient,
        QuantNeuron::Klif(klif) => &mut klif.coefficient,
    };
    *coefficient = QFormat::unsigned(1, 0);
    set(layer, "decay", Param::Layer(1));
}

fn first_only<T: Clone>(param: &mut Param<T>) {
    if let Some(first) = param.values().first().cloned() {
        *param = Param::Layer(first);
    }
}

/// Edits toward the plainest layer. None undoes another, so that shrinking ends.
const PLAIN_LAYER: &[fn(&mut QuantLayer)] = &[
    |layer| {
        for constant in layer.neuron.constants_mut() {
            first_only(constant.values);
        }
    },
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
    |layer| layer.rounding = Rounding::Floor,
    |layer| layer.overflow = Overflow::Saturate,
    |layer| layer.membrane.frac = 0,
    plainest_model,
    |layer| {
        if let QuantNeuron::Lif(lif) = &mut layer.neuron {
            lif.spikes = Spikes::Binary;
        }
    },
    |layer| {
        if let QuantNeuron::Lif(lif) = &mut layer.neuron {
            lif.reset_timing = ResetTiming::SameStep;
        }
    },
    |layer| {
        if *reset(layer) == Reset::Soft {
            *reset(layer) = Reset::Hard;
        }
    },
    |layer| *reset(layer) = Reset::None,
    |layer| set(layer, "offset", Param::Layer(0)),
    |layer| set(layer, "v_init", Param::Layer(0)),
    |layer| set(layer, "v_reset", Param::Layer(0)),
    |layer| set(layer, "reset_by", layer.neuron.fire_at().clone()),
    |layer| set(layer, "pending_at", layer.neuron.fire_at().clone()),
    |layer| {
        let one = 1 << layer.neuron.coefficient().frac.clamp(0, 23);
        set(layer, "decay", Param::Layer(one));
    },
    no_leak,
];

//! Direct-coded networks, samples whose steps often stay as they are, and streams that say so where they may and where
//! they may not.

use goldspike::engine::beats::InputBeat;
use goldspike::rtl::stream::Layout;
use goldspike::rtl::{DesignOptions, Fabric, LaneChoice};
use goldspike_golden::event::{Event, Sample};
use goldspike_golden::quant::QuantNetwork;

use crate::small::Small;

/// Sizes of a network of two layers, and the lanes of its first one.
#[derive(Clone, Copy, Debug)]
pub struct Lanes {
    /// Axons, of which there are fewer than addresses, and neurons of the first layer.
    pub sizes: [usize; 2],
    /// Synapse lanes.
    pub lanes: u32,
    /// Neuron lanes.
    pub neuron_lanes: u32,
    /// Groups that come of them.
    pub groups: u32,
}

const fn lanes(axons: usize, neurons: usize, lanes: u32, neuron_lanes: u32, groups: u32) -> Lanes {
    Lanes {
        sizes: [axons, neurons],
        lanes,
        neuron_lanes,
        groups,
    }
}

/// One group and several, a last one that is whole or not, one row a group and several.
pub const GRID: [Lanes; 8] = [
    lanes(30, 7, 7, 1, 1),
    lanes(30, 7, 7, 3, 1),
    lanes(28, 6, 6, 6, 1),
    lanes(14, 1, 1, 1, 1),
    lanes(30, 8, 4, 2, 2),
    lanes(26, 7, 4, 1, 2),
    lanes(30, 8, 3, 3, 3),
    lanes(24, 11, 2, 1, 6),
];

/// Largest payload of [`network`].
pub const MOST: u32 = 12;

/// The network.
#[must_use]
pub fn network(lanes: &Lanes) -> QuantNetwork {
    let small = Small {
        name: "constant",
        sizes: vec![lanes.sizes[0], lanes.sizes[1], 3],
        payload_max: MOST,
        membrane_bits: 14,
        guard_bits: 0,
        ..Small::default()
    };
    small.network()
}

/// Its design: lanes of the first layer, `events` of it a cycle; with the probe.
#[must_use]
pub fn options(lanes: &Lanes, fabric: Fabric, events: u32) -> DesignOptions {
    DesignOptions {
        lanes: LaneChoice::PerLayer(vec![lanes.lanes, 3]),
        neuron_lanes: LaneChoice::PerLayer(vec![lanes.neuron_lanes, 1]),
        events: LaneChoice::PerLayer(vec![events, 1]),
        probe: true,
        fabric,
        ..DesignOptions::default()
    }
}

/// Events at all of `axons` axons; each `kind` has other payloads.
#[must_use]
pub fn full(axons: usize, kind: u32) -> Vec<Event> {
    let axons = u32::try_from(axons).unwrap_or(u32::MAX);
    (0..axons)
        .map(|address| {
            let payload = 1 + (address * 5 + kind * 7) % MOST;
            Event {
                address,
                payload: i32::try_from(payload).unwrap_or(1),
            }
        })
        .collect()
}

/// Samples by the kinds of their steps, 0 a silent one.
#[must_use]
pub fn samples(axons: usize, kinds: &[&[u32]]) -> Vec<Sample> {
    let step = |&kind: &u32| match kind {
        0 => Vec::new(),
        kind if kind % 2 == 1 => full(axons, kind),
        kind => full(axons, kind).into_iter().step_by(3).collect(),
    };
    kinds
        .iter()
        .map(|kinds| Sample {
            steps: kinds.iter().map(step).collect(),
        })
        .collect()
}

/// Steps that stay, change, fall silent and come back, over the borders of samples too.
pub const KINDS: [&[u32]; 8] = [
    &[1, 1, 1, 1, 1, 1, 1, 1],
    &[1, 1, 1],
    &[2, 2, 3, 3, 3, 2, 2],
    &[0, 0, 0, 1, 1, 0, 0, 1, 1],
    &[3],
    &[3, 3, 3, 3, 4, 4],
    &[5, 0, 0, 5, 5],
    &[5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5],
];

/// A stream and what it means.
#[derive(Clone, Debug)]
pub struct Saying {
    /// Where "as the step before" is said.
    pub place: &'static str,
    /// What is sent.
    pub sent: Vec<InputBeat>,
    /// What the network must make of it.
    pub meant: Vec<Sample>,
    /// Whether it is an error.
    pub flagged: bool,
}

/// Beats of a stream under construction.
struct Stream {
    layout: Layout,
    sent: Vec<InputBeat>,
}

impl Stream {
    fn beat(mut self, data: u64, last: bool) -> Self {
        self.sent.push(InputBeat {
            data,
            last,
            user: false,
            gap: 0,
        });
        self
    }

    fn step(mut self, events: &[Event]) -> Self {
        let number = events.len();
        for (at, event) in events.iter().enumerate() {
            let data = self
                .layout
                .pack_event(event.address, event.payload.unsigned_abs());
            self = self.beat(data, at + 1 == number);
        }
        self
    }

    fn silent(self) -> Self {
        let null = self.layout.pack_null();
        self.beat(null, true)
    }

    fn again(self) -> Self {
        let again = again(self.layout);
        self.beat(again, true)
    }

    fn end(mut self) -> Self {
        if let Some(beat) = self.sent.last_mut() {
            beat.user = true;
        }
        self
    }
}

/// TDATA that says that a step is as the one before, whether or not it may be said.
#[must_use]
pub fn again(layout: Layout) -> u64 {
    layout.pack_null() | layout.pack_event(0, 1)
}

/// Streams for an input of at least 8 axons, in which it is said where it may be (if sums are kept) and where it may not.
#[must_use]
pub fn sayings(layout: Layout) -> Vec<Saying> {
    let event = |address, payload| Event { address, payload };
    let a = vec![event(0, 3), event(2, 12), event(5, 1)];
    let b = vec![event(1, 7), event(2, 2)];
    let keeps = layout.repeats;
    let kept = |events: &[Event]| {
        if keeps { events.to_vec() } else { Vec::new() }
    };
    let silent = Vec::new;
    let stream = || Stream {
        layout,
        sent: Vec::new(),
    };
    let null = layout.pack_null();
    let own = InputBeat {
        data: layout.pack_event(1, 7),
        last: false,
        user: false,
        gap: 0,
    };
    let saying = |place, stream: Stream, meant: Vec<Vec<Vec<Event>>>, flagged| Saying {
        place,
        sent: stream.sent,
        meant: meant.into_iter().map(|steps| Sample { steps }).collect(),
        flagged,
    };
    vec![
        saying(
            "after a step",
            stream().step(&a).again().step(&b).end(),
            vec![vec![a.clone(), kept(&a), b.clone()]],
            !keeps,
        ),
        saying(
            "after a silent step, twice",
            stream().step(&a).silent().again().again().end(),
            vec![vec![a.clone(), silent(), silent(), silent()]],
            !keeps,
        ),
        saying(
            "in the first step after reset",
            stream().again().step(&a).again().end(),
            vec![vec![silent(), a.clone(), kept(&a)]],
            true,
        ),
        saying(
            "in the first step of the next sample, and again after that",
            stream().step(&a).end().again().again().step(&b).end(),
            vec![vec![a.clone()], vec![silent(), silent(), b.clone()]],
            true,
        ),
        saying(
            "after an event of the step",
            Stream {
                sent: [stream().step(&a).sent, vec![own]].concat(),
                ..stream()
            }
            .again()
            .again()
            .end(),
            vec![vec![a.clone(), vec![event(1, 7)], kept(&[event(1, 7)])]],
            true,
        ),
        saying(
            "after a dropped beat of the step",
            stream().step(&a).beat(null, false).again().end(),
            vec![vec![a.clone(), kept(&a)]],
            true,
        ),
        saying(
            "after an event of the step that is dropped",
            stream()
                .step(&a)
                .beat(layout.pack_event(3, MOST + 1), false)
                .again()
                .end(),
            vec![vec![a.clone(), kept(&a)]],
            true,
        ),
        saying(
            "where no step ends",
            stream()
                .step(&a)
                .beat(again(layout), false)
                .step(&b)
                .again()
                .end(),
            vec![vec![a.clone(), b.clone(), kept(&b)]],
            true,
        ),
        saying(
            "with bits that carry no meaning",
            stream()
                .step(&a)
                .beat(null | layout.pack_event(7, 15), true)
                .beat(null | layout.pack_event(7, 14), true)
                .end(),
            vec![vec![a.clone(), kept(&a), silent()]],
            !keeps,
        ),
    ]
}

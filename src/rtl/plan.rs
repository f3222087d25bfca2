//! The plan of a design: how many lanes, groups, rows and banks each layer gets, and what a step costs in cycles.
//!
//! Words: `P` synapse lanes add one weight each in a cycle; a *group* is `P` neurons that are summed in one pass;
//! `Q` neuron lanes update `Q` neurons in a cycle; a *row* is what the `Q` lanes read from the state memory at once.
//! `K` events of a step are added in a cycle, each with weights of its own.

use goldspike_golden::format::QFormat;
use goldspike_golden::quant::{Payloads, QuantLayer, QuantNetwork};

use crate::hdl::Ty;
use crate::rtl::any;
use crate::rtl::fabric::{Fabric, LargeMemories};
use crate::rtl::options::{
    ConstantInput, DesignOptions, LaneChoice, MOST_EVENTS, Weights, most_events,
};
use crate::rtl::plan_error::PlanError;
use crate::rtl::stream::{Layout, MOST_TDATA_BITS};

/// Banks of the event buffer where steps are long and block memory is short: one being written, one being replayed.
const LONG_STEP_BANKS: u32 = 2;

/// Cycles of the shortest of long steps: far more than a bank needs to change from written to replayed.
const LONG_STEP_CYCLES: u32 = 64;

/// Cycles of the shortest pass: the controller knows a pass's end two cycles ahead, the first's one cycle later.
pub(crate) const SHORTEST_PASS: u32 = 3;

/// Cycles from the end of a pass to its step's credit, the lane, the rows and the memories left out.
const CREDIT_LOOP: u32 = 14;

/// Memories on the way from the end of a pass to its last spike.
const MEMORIES_IN_LOOP: u32 = 3;

/// What one layer's hardware looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerPlan {
    /// Axons (addresses of the input stream).
    pub axons: usize,
    /// Neurons.
    pub neurons: usize,
    /// Synapse lanes `P`, a multiple of `Q`.
    pub lanes: u32,
    /// Neuron lanes `Q`.
    pub neuron_lanes: u32,
    /// Events a cycle `K`.
    pub events: u32,
    /// Events of a beat that comes in, at most `K`.
    pub beat_events: u32,
    /// Whether a word of zeros follows the weights, for a cycle's places without an event.
    pub zero_word: bool,
    /// Whether the address of its weights takes a cycle on its way to their [memories](Fabric::spread_bits).
    pub spread: bool,
    /// What the cells of the target want.
    pub fabric: Fabric,
    /// Large memories of the device that its weights take; 0: they stand in others.
    pub large_memories: usize,
    /// Groups `G = ceil(N/P)`: passes of one step.
    pub groups: u32,
    /// Rows of a whole group, `P/Q`.
    pub slots: u32,
    /// Rows of the layer, `ceil(N/Q)`.
    pub rows: u32,
    /// Banks of the event buffer.
    pub banks: u32,
    /// What the events that come in carry.
    pub fed: Payloads,
    /// What the spikes that go out carry.
    pub fires: Payloads,
    /// Whether the sums of a step are kept for steps that are as it.
    pub keeps: bool,
    /// Type of a synaptic sum without the bias.
    pub sum: Ty,
    /// Type of a synaptic sum with the bias.
    pub accumulator: Ty,
    /// Type of `h` and `v`.
    pub membrane: Ty,
    /// Register stages from the state memory's output to its input.
    pub lane_latency: u32,
    /// Shortest pass in cycles, `max(P/Q, ceil(revisit/G), 3)`: a state is read again only after it was written.
    pub spacing: u32,
    /// Steps under way or waiting in the output queue: enough that the shortest steps follow each other without a gap.
    pub credits: u32,
}

impl LayerPlan {
    /// Cycles of one step with `events` events, in the steady state and without stalls.
    #[must_use]
    pub fn step_cycles(&self, events: u32) -> u32 {
        let adding = events.div_ceil(self.events) + self.fabric.clear_cycles();
        self.groups * adding.max(self.spacing)
    }

    /// Cycles of a step that is as the one before, where the sums are kept: as many as of a step without events.
    #[must_use]
    pub fn repeat_cycles(&self) -> Option<u32> {
        self.keeps.then(|| self.step_cycles(0))
    }

    /// Cycles of a step with `events` events, in words.
    #[must_use]
    pub fn cycles_formula(&self) -> String {
        let shared = match self.events {
            1 => "events".to_owned(),
            several => format!("ceil(events / {several})"),
        };
        let clear = match self.fabric.clear_cycles() {
            0 => String::new(),
            cycles => format!(" + {cycles}"),
        };
        let repeated = self
            .repeat_cycles()
            .map(|cycles| format!("; {cycles} if it is as the step before"))
            .unwrap_or_default();
        format!(
            "{} * max({shared}{clear}, {}){repeated}",
            self.groups, self.spacing
        )
    }

    /// Cycles from a read of a state to the first cycle in which the written one can be read.
    #[must_use]
    pub fn revisit(&self) -> u32 {
        revisit(self.lane_latency, self.fabric)
    }

    /// Whether the sums of a row are [chosen](Fabric::chooses) from the hand-off register. Sums that are kept in a memory
    /// are written to it as they shift.
    #[must_use]
    pub fn chooses(&self) -> bool {
        let stays = !self.keeps || self.groups == 1;
        self.fabric.chooses && self.fabric.memory_stages > 1 && self.slots > 2 && stays
    }

    /// Whether a step is written to the event buffer in less than the time that the one before is replayed in, so that
    /// more banks than [`LONG_STEP_BANKS`] gain nothing.
    fn steps_are_long(&self) -> bool {
        self.groups >= 2 * self.events && self.groups * self.spacing >= LONG_STEP_CYCLES
    }

    /// Words of the weight memory.
    #[must_use]
    pub fn weight_words(&self) -> usize {
        self.axons * self.groups as usize
    }

    /// The large memories that its weights stand in; `None`: they do not.
    #[must_use]
    pub fn large(&self) -> Option<LargeMemories> {
        self.fabric.large.filter(|_| self.large_memories > 0)
    }

    /// Places of a bank of the event buffer, `K` events each: those of a step of every axon, and as many as the shortest
    /// pass has cycles.
    #[must_use]
    pub fn places(&self) -> usize {
        let adding = self.axons.div_ceil(self.events as usize);
        (adding + self.fabric.clear_cycles() as usize).max(self.spacing as usize)
    }

    /// Bits that number the events of a cycle.
    #[must_use]
    pub fn way_bits(&self) -> u32 {
        self.events.next_power_of_two().trailing_zeros()
    }

    /// How a number of events is counted in [`count_bits`](Self::count_bits).
    #[must_use]
    pub fn count_of(&self, events: usize) -> usize {
        let at_once = self.events as usize;
        (events / at_once) << self.way_bits() | (events % at_once)
    }

    /// Bits of the number of a step's events: how many times `K`, and in the low [`way_bits`](Self::way_bits) how many more.
    #[must_use]
    pub fn count_bits(&self) -> u32 {
        self.way_bits() + index_bits(self.axons / self.events as usize + 1)
    }

    /// Bits of the place of a cycle's events within a step.
    #[must_use]
    pub fn place_bits(&self) -> u32 {
        index_bits(self.places())
    }

    /// Address bits of the output stream.
    #[must_use]
    pub fn neuron_bits(&self) -> u32 {
        index_bits(self.neurons)
    }
}

fn revisit(lane_latency: u32, fabric: Fabric) -> u32 {
    lane_latency + 1 + fabric.read_cycles()
}

/// Bits of an index below `n`, at least 1.
#[must_use]
pub fn index_bits(n: usize) -> u32 {
    (usize::BITS - n.saturating_sub(1).leading_zeros()).max(1)
}

/// Bits of a payload: none for binary spikes, whose payload is always 1; one for ternary spikes, 1 for -1.
#[must_use]
pub fn payload_bits(payloads: Payloads) -> u32 {
    match payloads {
        Payloads::TERNARY => 1,
        Payloads::SPIKES | Payloads { max: 0, .. } => 0,
        Payloads { max, .. } => u32::BITS - max.leading_zeros(),
    }
}

/// The hardware type of a format.
#[must_use]
pub fn ty(format: QFormat) -> Ty {
    if format.signed {
        Ty::s(format.width)
    } else {
        Ty::u(format.width)
    }
}

/// Plans every layer; `latencies` are the register stages of each layer's neuron lane.
///
/// # Errors
/// Lane numbers that do not fit the network.
pub(crate) fn plan(
    network: &QuantNetwork,
    options: &DesignOptions,
    latencies: &[u32],
) -> Result<Vec<LayerPlan>, PlanError> {
    if options.banks < 2 {
        return Err(PlanError::Banks(options.banks));
    }
    let mut fed = network.input.payloads();
    let mut plans = Vec::with_capacity(network.layers.len());
    for (index, layer) in network.layers.iter().enumerate() {
        let size = u32::try_from(layer.neurons).unwrap_or(u32::MAX);
        let wanted = pick(&options.lanes, "--lanes", network, index, size.min(16))?;
        let neuron_lanes = pick(
            &options.neuron_lanes,
            "--neuron-lanes",
            network,
            index,
            wanted.div_ceil(8),
        )?
        .min(wanted);
        let lanes = wanted.next_multiple_of(neuron_lanes);
        let groups = size.div_ceil(lanes);
        let lane_latency = latencies[index];
        let slots = lanes / neuron_lanes;
        let fabric = options.fabric;
        let events = events(&options.events, network, index)?;
        let spacing = slots
            .max(revisit(lane_latency, fabric).div_ceil(groups))
            .max(SHORTEST_PASS);
        plans.push(LayerPlan {
            axons: layer.axons,
            neurons: layer.neurons,
            lanes,
            neuron_lanes,
            events,
            beat_events: match index {
                0 => beat_events(options.beat_events, events, layer.axons, fed)?,
                _ => 1,
            },
            zero_word: events > 1 && zero_word(layer, groups, options),
            spread: spread(layer, lanes, groups, options),
            fabric,
            large_memories: 0,
            groups,
            slots,
            rows: size.div_ceil(neuron_lanes),
            banks: options.banks,
            fed,
            fires: layer.payloads(),
            keeps: index == 0
                && options.constant_input == ConstantInput::Keep
                && Layout::new(layer.axons, fed).is_analogue(),
            sum: match options.weights {
                Weights::Rom => sum_type(layer, fed),
                Weights::Writable | Weights::Loaded => any::sum_type(layer, fed),
            },
            accumulator: ty(layer.accumulator),
            membrane: ty(layer.membrane),
            lane_latency,
            spacing,
            credits: 0,
        });
        fed = layer.payloads();
    }
    if options.weights == Weights::Loaded
        && let Some(large) = options.fabric.large
    {
        let bits: Vec<u32> = network.layers.iter().map(|l| l.weight_bits).collect();
        use_large(&mut plans, &bits, large);
    }
    for plan in &mut plans {
        plan.credits = credits(plan);
    }
    Ok(plans)
}

/// Puts weights into large memories, those of the largest layers first, as long as there are some.
fn use_large(plans: &mut [LayerPlan], weight_bits: &[u32], large: LargeMemories) {
    let mut layers: Vec<(usize, &mut LayerPlan)> = plans
        .iter_mut()
        .zip(weight_bits)
        .map(|(plan, &bits)| (plan.lanes as usize * bits as usize, plan))
        .collect();
    layers.sort_by_key(|(bits, plan)| std::cmp::Reverse(bits * plan.weight_words()));
    let mut left = large.count;
    for (bits, plan) in layers {
        let depth = plan.weight_words();
        let taken = large.taken(depth, bits) * plan.events as usize;
        if depth * bits >= large.least && taken <= left {
            plan.large_memories = taken;
            if plan.steps_are_long() {
                plan.banks = plan.banks.min(LONG_STEP_BANKS);
            }
            left -= taken;
        }
    }
}

/// Steps that may be under way so that the shortest ones follow each other without a gap.
fn credits(plan: &LayerPlan) -> u32 {
    let memories = MEMORIES_IN_LOOP * plan.fabric.memory_stages;
    let large = plan.large().map_or(0, |large| 1 + large.stages);
    let late = [plan.chooses(), plan.fabric.is_far(), plan.spread];
    let late: u32 = late.into_iter().map(u32::from).sum();
    let way = plan.slots + plan.lane_latency + CREDIT_LOOP + memories + large + late;
    2 + way.div_ceil(plan.groups * plan.spacing)
}

/// Events a cycle of a layer; a single number is clamped to a power of two that the layer can use.
fn events(choice: &LaneChoice, network: &QuantNetwork, index: usize) -> Result<u32, PlanError> {
    let layer = &network.layers[index];
    let most = most_events(layer.axons);
    let given = match choice {
        LaneChoice::Auto => 1,
        LaneChoice::All(events) => *events,
        LaneChoice::PerLayer(list) if list.len() != network.layers.len() => {
            return Err(PlanError::LaneCount {
                flag: "--events",
                given: list.len(),
                layers: network.layers.len(),
            });
        }
        LaneChoice::PerLayer(list) => list[index],
    };
    let clamps = matches!(choice, LaneChoice::All(_)) && given <= MOST_EVENTS;
    if given == 0 || (given > most && !clamps) {
        return Err(PlanError::Events {
            layer: layer.name.clone(),
            given,
            axons: layer.axons,
        });
    }
    Ok(if given > most {
        1 << most.ilog2()
    } else {
        given
    })
}

/// Whether a word of zeros after the weights takes no more memory than they do, and can stay there. Where memories are
/// registered its address is chosen in a cycle of its own, and no lane has to clear what it adds.
fn zero_word(layer: &QuantLayer, groups: u32, options: &DesignOptions) -> bool {
    let words = layer.axons * groups as usize;
    let free = index_bits(words + 1) == index_bits(words);
    // A one-bit weight is never 0.
    free && layer.weight_bits > 1
        && options.weights == Weights::Rom
        && options.fabric.memory_stages > 0
}

/// Whether the weights of an event of a cycle stand in a memory that is spread far over the device.
fn spread(layer: &QuantLayer, lanes: u32, groups: u32, options: &DesignOptions) -> bool {
    let word = lanes as usize * layer.weight_bits as usize;
    let bits = word * layer.axons * groups as usize;
    let fabric = options.fabric;
    fabric.is_far() && fabric.spread_bits.is_some_and(|least| bits >= least)
}

/// Events of a beat of the first layer, which takes `events` a cycle.
fn beat_events(given: u32, events: u32, axons: usize, fed: Payloads) -> Result<u32, PlanError> {
    if given == 0 || given > events {
        return Err(PlanError::BeatEvents { given, events });
    }
    let layout = Layout::new(axons, fed);
    if given > 1 && layout.is_analogue() {
        return Err(PlanError::BeatPayloads { given });
    }
    let fit = (MOST_TDATA_BITS / layout.slot_bits()).max(1);
    if given > fit {
        let bits = given * layout.slot_bits();
        return Err(PlanError::BeatWidth { given, bits, fit });
    }
    Ok(given)
}

fn pick(
    choice: &LaneChoice,
    flag: &'static str,
    network: &QuantNetwork,
    index: usize,
    auto: u32,
) -> Result<u32, PlanError> {
    let layer = &network.layers[index];
    let neurons = u32::try_from(layer.neurons).unwrap_or(u32::MAX);
    let range = |given| PlanError::LaneRange {
        flag,
        layer: layer.name.clone(),
        given,
        neurons: layer.neurons,
    };
    match choice {
        LaneChoice::Auto => Ok(auto),
        LaneChoice::All(0) => Err(range(0)),
        LaneChoice::All(lanes) => Ok((*lanes).min(neurons)),
        LaneChoice::PerLayer(list) if list.len() != network.layers.len() => {
            Err(PlanError::LaneCount {
                flag,
                given: list.len(),
                layers: network.layers.len(),
            })
        }
        LaneChoice::PerLayer(list) => match list[index] {
            lanes if lanes == 0 || lanes > neurons => Err(range(lanes)),
            lanes => Ok(lanes),
        },
    }
}

/// Smallest signed type that holds every synaptic sum of the actual rows, the bias left out.
pub(crate) fn sum_type(layer: &QuantLayer, fed: Payloads) -> Ty {
    let mut low = 0i64;
    let mut high = 0i64;
    for row in layer.weights.chunks(layer.axons) {
        let negative: i64 = row.iter().filter(|&&w| w < 0).map(|&w| i64::from(w)).sum();
        let positive: i64 = row.iter().filter(|&&w| w > 0).map(|&w| i64::from(w)).sum();
        let (down, up) = if fed.signed {
            (negative - positive, positive - negative)
        } else {
            (negative, positive)
        };
        low = low.min(down * i64::from(fed.max));
        high = high.max(up * i64::from(fed.max));
    }
    ty(QFormat::signed_for(low, high, 0))
}

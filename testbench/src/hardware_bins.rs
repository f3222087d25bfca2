//! Coverage bins of the circuit: what its buffers, passes, queues and streams went through, by the signals of the embedded
//! simulator.

use goldspike::engine::Bench;
use goldspike::engine::EngineError;
use goldspike::engine::beats::{BeatResult, BeatStimulus, Simulator};
use goldspike::hdl::Sim;
use goldspike::rtl::stream::Layout;
use goldspike::rtl::{Design, LayerPlan};

use crate::coverage::Bins;

/// Bins that an ordinary run of random networks must see.
pub const HARDWARE: [&str; 34] = [
    "input waits",
    "output waits",
    "probe waits",
    "stream between layers waits",
    "input waits for cleared tags",
    "event buffer: every bank claimed",
    "event buffer: no bank claimed",
    "event buffer: writes while it replays",
    "steps stored: as many as there are banks",
    "step waits for a credit",
    "credits: none left",
    "probe credits: none left",
    "queue of spikes: empty",
    "queue of spikes: a row waits behind the one that is sent",
    "first of several groups",
    "middle group",
    "last of several groups",
    "one group",
    "pass as long as its events",
    "pass longer than its events",
    "step after a step without a gap",
    "step without events",
    "step of one event",
    "step of every axon",
    "first step of a sample",
    "last step of a sample",
    "only step of a sample",
    "step out without a spike",
    "step out with every neuron",
    "step as the one before: one group",
    "step as the one before: several groups",
    "beat of two events",
    "beat of three events",
    "beat with an event and without one",
];

/// The embedded simulator, watched.
pub struct Watched {
    bins: Bins,
}

impl Watched {
    /// Counts in `bins`.
    #[must_use]
    pub const fn new(bins: Bins) -> Self {
        Self { bins }
    }
}

impl Simulator for Watched {
    fn name(&self) -> &'static str {
        "rust-hdl"
    }

    fn version(&self) -> String {
        "watched".to_owned()
    }

    fn play(
        &mut self,
        design: &Design,
        stimulus: &BeatStimulus,
    ) -> Result<BeatResult, EngineError> {
        let fault = |message: String| EngineError::Build {
            engine: "rust-hdl",
            message,
        };
        let mut bench = Bench::new(design).map_err(|error| fault(error.to_string()))?;
        let mut watch = Watch::new(design, bench.sim()).map_err(fault)?;
        bench.play(stimulus, |sim| watch.cycle(sim, &self.bins))
    }
}

/// A signal's place in the simulation.
#[derive(Clone, Copy)]
struct Signal(u32);

impl Signal {
    fn find(sim: &Sim, path: &[&str], name: &str) -> Option<Self> {
        let found = sim
            .signals()
            .iter()
            .find(|signal| signal.name == name && signal.path == path);
        found.map(|signal| Self(signal.slot))
    }

    fn new(sim: &Sim, path: &[&str], name: &str) -> Result<Self, String> {
        Self::find(sim, path, name).ok_or_else(|| format!("no signal {}.{name}", path.join(".")))
    }

    fn is(self, sim: &Sim) -> bool {
        sim.value(self.0) == 1
    }

    fn value(self, sim: &Sim) -> usize {
        usize::try_from(sim.value(self.0)).unwrap_or(0)
    }
}

/// A stream of the top.
struct Stream {
    valid: Signal,
    ready: Signal,
    waits: &'static str,
}

impl Stream {
    fn new(sim: &Sim, prefix: &str, waits: &'static str) -> Result<Self, String> {
        let signal = |name: &str| Signal::new(sim, &[], &format!("{prefix}_{name}"));
        Ok(Self {
            valid: signal("tvalid")?,
            ready: signal("tready")?,
            waits,
        })
    }
}

/// A layer's signals.
struct Layer {
    plan: LayerPlan,
    valid: Signal,
    ready: Signal,
    all_claimed: Signal,
    none_claimed: Signal,
    write: Signal,
    all_stored: Option<Signal>,
    events: Signal,
    user: Signal,
    repeat: Option<Signal>,
    running: Signal,
    start: Signal,
    step_done: Signal,
    none_waiting: Signal,
    no_credit: Signal,
    no_probe_credit: Option<Signal>,
    group: Option<Signal>,
    first: Signal,
    sends: Signal,
    queued: Signal,
}

impl Layer {
    fn new(sim: &Sim, index: usize, plan: &LayerPlan, probe: bool) -> Result<Self, String> {
        let layer = format!("u_layer{index}");
        let of = |instance: &str, name: &str| Signal::new(sim, &[&layer, instance], name);
        let (buffer, sums, out) = ("u_event_buffer", "u_crossbar", "u_spikes");
        let probe = probe.then(|| of(sums, "credits10_q")).transpose()?;
        let group = (plan.groups > 1).then(|| of(sums, "group_q")).transpose()?;
        let repeat = plan
            .keeps
            .then(|| of(buffer, "step_repeat0_q"))
            .transpose()?;
        Ok(Self {
            plan: plan.clone(),
            valid: Signal::new(sim, &[&layer], "s_valid_i")?,
            ready: Signal::new(sim, &[&layer], "s_ready_o")?,
            all_claimed: of(buffer, &format!("claimed{}_q", plan.banks))?,
            none_claimed: of(buffer, "claimed0_q")?,
            write: of(buffer, "write").or_else(|_| of(buffer, "write0"))?,
            all_stored: Signal::find(sim, &[&layer, buffer], &format!("stored{}_q", plan.banks)),
            events: of(buffer, "step_events0_q")?,
            user: of(buffer, "step_user0_q")?,
            repeat,
            running: of(sums, "running_q")?,
            start: of(sums, "start")?,
            step_done: of(sums, "step_done_d1_q")?,
            none_waiting: of(sums, "waiting0_q")?,
            no_credit: of(sums, "credits00_q")?,
            no_probe_credit: probe,
            group,
            first: of(sums, "first_step_q")?,
            sends: of(out, "row_valid_q")?,
            queued: Signal::new(sim, &[&layer, out, "u_queue"], "valid_o")?,
        })
    }

    fn cycle(&self, sim: &Sim, bins: &Bins, index: usize) {
        let see = |bin: &str, seen: bool| {
            if seen {
                bins.see(bin);
            }
        };
        let running = self.running.is(sim);
        let waiting = !self.none_waiting.is(sim);
        let no_credit = self.no_credit.is(sim);
        let no_probe_credit = self.no_probe_credit.is_some_and(|none| none.is(sim));
        see(
            "stream between layers waits",
            index > 0 && self.valid.is(sim) && !self.ready.is(sim),
        );
        see("event buffer: every bank claimed", self.all_claimed.is(sim));
        see("event buffer: no bank claimed", self.none_claimed.is(sim));
        see(
            "event buffer: writes while it replays",
            running && self.write.is(sim),
        );
        see(
            "steps stored: as many as there are banks",
            self.all_stored.is_some_and(|all| all.is(sim)),
        );
        see("credits: none left", no_credit);
        see("probe credits: none left", no_probe_credit);
        see(
            "step waits for a credit",
            waiting && !running && (no_credit || no_probe_credit),
        );
        let (sends, queued) = (self.sends.is(sim), self.queued.is(sim));
        see("queue of spikes: empty", !sends && !queued);
        see(
            "queue of spikes: a row waits behind the one that is sent",
            sends && queued,
        );
        if running {
            let last = self.plan.groups as usize - 1;
            match self.group.map(|group| group.value(sim)) {
                None => bins.see("one group"),
                Some(0) => bins.see("first of several groups"),
                Some(group) if group == last => bins.see("last of several groups"),
                Some(_) => bins.see("middle group"),
            }
        }
        let ends = self.step_done.is(sim);
        see(
            "step after a step without a gap",
            ends && self.start.is(sim),
        );
        if ends {
            self.step(sim, bins);
        }
    }

    /// What is known of a step as it ends.
    fn step(&self, sim: &Sim, bins: &Bins) {
        let plan = &self.plan;
        let counted = self.events.value(sim);
        let (times, more) = (
            counted >> plan.way_bits(),
            counted & ((1 << plan.way_bits()) - 1),
        );
        let events = times * plan.events as usize + more;
        let adding = events.div_ceil(plan.events as usize) + plan.fabric.clear_cycles() as usize;
        bins.see(if adding >= plan.spacing as usize {
            "pass as long as its events"
        } else {
            "pass longer than its events"
        });
        let repeated = self.repeat.is_some_and(|repeat| repeat.is(sim));
        match (repeated, events) {
            (true, _) if plan.groups == 1 => bins.see("step as the one before: one group"),
            (true, _) => bins.see("step as the one before: several groups"),
            (false, 0) => bins.see("step without events"),
            (false, 1) => bins.see("step of one event"),
            (false, _) => {}
        }
        if events == plan.axons {
            bins.see("step of every axon");
        }
        match (self.first.is(sim), self.user.is(sim)) {
            (true, true) => bins.see("only step of a sample"),
            (true, false) => bins.see("first step of a sample"),
            (false, true) => bins.see("last step of a sample"),
            (false, false) => {}
        }
    }
}

/// What is looked at in each cycle.
struct Watch {
    streams: Vec<Stream>,
    clearing: Signal,
    layers: Vec<Layer>,
    input: (Layout, Signal),
    data: Signal,
    last: Signal,
    /// Bit of TDATA that says that a beat carries no event.
    null: u32,
    neurons: usize,
    /// Events of the step that comes out.
    spikes: usize,
}

impl Watch {
    fn new(design: &Design, sim: &Sim) -> Result<Self, String> {
        let mut streams = vec![
            Stream::new(sim, "s_axis", "input waits")?,
            Stream::new(sim, "m_axis", "output waits")?,
        ];
        for layer in 0..design.probes.len() {
            let prefix = format!("m_axis_probe{layer}");
            streams.push(Stream::new(sim, &prefix, "probe waits")?);
        }
        let plans = design.plans.iter().enumerate();
        let layers = plans
            .map(|(index, plan)| Layer::new(sim, index, plan, design.options.probe))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            streams,
            clearing: Signal::new(sim, &["u_guard"], "clearing_q")?,
            layers,
            input: (design.input, Signal::new(sim, &[], "s_axis_tdata")?),
            data: Signal::new(sim, &[], "m_axis_data0")?,
            last: Signal::new(sim, &[], "m_axis_tlast")?,
            null: design.output.address + design.output.payload,
            neurons: design.plans.last().map_or(0, |plan| plan.neurons),
            spikes: 0,
        })
    }

    fn cycle(&mut self, sim: &Sim, bins: &Bins) {
        for stream in &self.streams {
            if stream.valid.is(sim) && !stream.ready.is(sim) {
                bins.see(stream.waits);
            }
        }
        if self.streams[0].valid.is(sim) && self.clearing.is(sim) {
            bins.see("input waits for cleared tags");
        }
        for (index, layer) in self.layers.iter().enumerate() {
            layer.cycle(sim, bins, index);
        }
        if self.streams[0].valid.is(sim) && self.streams[0].ready.is(sim) {
            self.taken(sim, bins);
        }
        let out = &self.streams[1];
        if !(out.valid.is(sim) && out.ready.is(sim)) {
            return;
        }
        self.spikes += usize::from(self.data.value(sim) >> self.null & 1 == 0);
        if self.last.is(sim) {
            if self.spikes == 0 {
                bins.see("step out without a spike");
            }
            if self.spikes == self.neurons {
                bins.see("step out with every neuron");
            }
            self.spikes = 0;
        }
    }

    /// A beat that goes in.
    fn taken(&self, sim: &Sim, bins: &Bins) {
        let (layout, data) = self.input;
        let slots = layout.unpack_slots(data.value(sim) as u64);
        let events = slots.filter(|&(null, _, _)| !null).count();
        match events {
            2 => bins.see("beat of two events"),
            3 => bins.see("beat of three events"),
            _ => {}
        }
        if events > 0 && events < layout.slots as usize {
            bins.see("beat with an event and without one");
        }
    }
}

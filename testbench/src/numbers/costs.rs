//! `make costs`: the designs that cost models are fitted to, one seed of nextpnr each.
//!
//! They differ in size, lanes, events a cycle and neuron; the largest are near a third of an HX8K.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use goldspike::cost::Features;
use goldspike::cost::table::{CostTable, Measurement};
use goldspike::engine::tool::Toolbox;
use goldspike::rtl::{Design, DesignOptions, LaneChoice, design};
use goldspike::synth::{self, Constraints, Effort, Target, footprint, target};

use super::networks::{A, Kind, network};

/// Targets that are measured; others of the same cells and speed borrow.
pub const TARGETS: &[&str] = &["hx8k", "ecp5-25k", "up5k"];

/// A design that is measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Name, unique.
    pub name: &'static str,
    /// Axons, then the neurons of each layer.
    pub sizes: &'static [usize],
    /// Which neurons.
    pub kind: Kind,
    /// Synapse lanes by layer.
    pub lanes: &'static [u32],
    /// Neuron lanes by layer.
    pub neuron_lanes: &'static [u32],
    /// Events a cycle.
    pub events: u32,
}

const fn lif(
    name: &'static str,
    sizes: &'static [usize],
    lanes: &'static [u32],
    neuron_lanes: &'static [u32],
    events: u32,
) -> Point {
    Point {
        name,
        sizes,
        kind: Kind::Lif,
        lanes,
        neuron_lanes,
        events,
    }
}

const fn of(kind: Kind, point: Point) -> Point {
    Point { kind, ..point }
}

/// Every design.
pub const POINTS: &[Point] = &[
    lif("one lane", &[16, 8], &[1], &[1], 1),
    lif("few lanes", A, &[4, 2], &[1, 1], 1),
    lif("some lanes", A, &[16, 5], &[2, 1], 1),
    lif("all lanes", A, &[32, 10], &[4, 2], 1),
    lif("neuron lanes", A, &[8, 5], &[4, 1], 1),
    lif("two events", A, &[8, 5], &[1, 1], 2),
    lif("four events", &[128, 24], &[12], &[2], 4),
    of(Kind::Klif, lif("klif", A, &[16, 5], &[2, 1], 1)),
    of(Kind::Clif, lif("clif", &[32, 16, 8], &[4, 4], &[1, 1], 1)),
    of(Kind::Clif, lif("clif wide", &[32, 16], &[8], &[2], 1)),
    of(
        Kind::Ternary,
        lif("ternary", &[64, 24, 16, 10], &[8, 4, 2], &[1, 1, 1], 1),
    ),
];

impl Point {
    /// The design for a target.
    ///
    /// # Errors
    /// Whatever stops it, in words.
    pub fn design(&self, target: &Target) -> Result<Design, String> {
        let network = network("net_cost", self.sizes, self.kind).map_err(|e| e.to_string())?;
        let options = DesignOptions {
            lanes: LaneChoice::PerLayer(self.lanes.to_vec()),
            neuron_lanes: LaneChoice::PerLayer(self.neuron_lanes.to_vec()),
            events: LaneChoice::All(self.events),
            fabric: target.fabric(),
            ..DesignOptions::default()
        };
        design(&network, &options).map_err(|error| error.to_string())
    }
}

/// Places and routes a design with seed 1.
///
/// # Errors
/// Whatever stops it, in words.
pub fn measurement(
    toolbox: &Toolbox,
    design: &Design,
    target: &Target,
) -> Result<Measurement, String> {
    let effort = Effort {
        seeds: 1,
        jobs: 1,
        constraints: Constraints::default(),
        bitstream: false,
    };
    let found = footprint(toolbox, &design.top, target, &effort, &|| {})
        .map_err(|error| error.to_string())?;
    Ok(Measurement {
        features: Features::of(&design.top),
        cells: found.cells,
        bram: found.bram,
        fmax_mhz: found.fmax_mhz.ok_or("no clock rate")?,
    })
}

/// What each tool of the targets says of its version.
#[must_use]
pub fn versions(toolbox: &Toolbox) -> BTreeMap<String, String> {
    let tools = TARGETS.iter().filter_map(|name| target(name));
    tools
        .flat_map(synth::tools)
        .filter_map(|tool| Some((tool.name.to_owned(), toolbox.version(tool)?)))
        .collect()
}

/// `old` with every design of today; one whose description is the same keeps its numbers while the tools are the same.
/// `done` is told each measurement.
///
/// # Errors
/// Whatever stops it, in words.
pub fn measured_anew(
    toolbox: &Toolbox,
    old: &CostTable,
    jobs: usize,
    done: &(dyn Fn(&str) + Sync),
) -> Result<CostTable, String> {
    let tools = versions(toolbox);
    let known = |name: &str, point: &Point, features: Features| {
        let known = old.targets.get(name)?.get(point.name)?;
        (known.features == features && old.tools == tools).then(|| known.clone())
    };
    let measured = |name: &str, point: &Point| -> Result<Measurement, String> {
        let target = target(name).ok_or_else(|| format!("no device {name}"))?;
        let design = point.design(target)?;
        if let Some(known) = known(name, point, Features::of(&design.top)) {
            return Ok(known);
        }
        let measured = measurement(toolbox, &design, target);
        done(&format!("{} on {name}: {measured:?}", point.name));
        measured
    };
    let pairs: Vec<(&str, &Point)> = TARGETS
        .iter()
        .flat_map(|name| POINTS.iter().map(move |point| (*name, point)))
        .collect();
    let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some(&(name, point)) = pairs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let measured = measured(name, point);
            if let Ok(mut found) = found.lock() {
                found.push((name, point, measured));
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            scope.spawn(work);
        }
    });
    let mut table = CostTable {
        seed: 1,
        targets: BTreeMap::new(),
        tools: tools.clone(),
    };
    let found = found.into_inner().map_err(|error| error.to_string())?;
    for (name, point, measured) in found {
        let measured = measured.map_err(|error| format!("{} on {name}: {error}", point.name))?;
        let of = table.targets.entry(name.to_owned()).or_default();
        of.insert(point.name.to_owned(), measured);
    }
    Ok(table)
}

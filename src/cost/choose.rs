//! Lanes for a goal: the designs of a grid of lanes, each layer's part of the cost by the model, its cycles by the plan.
//!
//! *Latency*: the fewest cycles of a step in which a tenth of each layer's axons spike. Below the beats of that step at the
//! input nothing is gained, since it takes one a cycle. *Area*: the fewest cells with which every layer takes a step in which
//! all its axons spike in [`AREA_CYCLES`] cycles: a millisecond at 12 MHz. Both must leave [`Model::margin_percent`] of
//! the device's cells free. Of designs that are equal by the goal, that with the fewest cells, then with the fewest cycles.
//!
//! The layers' parts add up, and a step takes as long as its slowest layer: so each layer is chosen apart, for every number of
//! cycles that a step may take.

use std::collections::BTreeSet;

use goldspike_golden::quant::QuantNetwork;

use super::error::CostError;
use super::features::Features;
use super::memory::block_rams;
use super::model::{Estimate, Model};
use crate::hdl::Module;
use crate::rtl::{Design, DesignOptions, LaneChoice, LayerPlan, design};
use crate::synth::Target;

/// Events of a step for which latency is sought, in percent of a layer's axons.
pub const LATENCY_PERCENT: u32 = 10;
/// Most cycles of a step in which every axon spikes, for area.
pub const AREA_CYCLES: u32 = 12_000;

/// Numbers of groups that are tried, as far as a layer has neurons, besides one neuron a group.
const GROUPS: &[usize] = &[1, 2, 3, 4, 6, 8, 12, 16, 32, 64, 128];
/// Neuron lanes that are tried.
const NEURON_LANES: &[u32] = &[1, 2, 4, 8];
/// Events a cycle that are tried.
const EVENTS: &[u32] = &[1, 2, 4];

/// What lanes are chosen for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// The fewest cycles of a step.
    Latency,
    /// The fewest cells that keep up.
    Area,
}

/// Lanes by layer, and what the model says of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// Synapse lanes.
    pub lanes: Vec<u32>,
    /// Neuron lanes.
    pub neuron_lanes: Vec<u32>,
    /// Events a cycle.
    pub events: Vec<u32>,
    /// Cells and clock rate.
    pub estimate: Estimate,
    /// Block RAMs, counted from the memories' shapes.
    pub bram: usize,
    /// Cycles of a step: for latency with a tenth of the events, for area with all of them.
    pub cycles: u32,
    /// Designs that were looked at, by layer.
    pub looked_at: Vec<usize>,
}

/// One layer with its lanes.
#[derive(Clone, Debug, PartialEq)]
struct Candidate {
    lanes: u32,
    neuron_lanes: u32,
    events: u32,
    cells: f64,
    bram: usize,
    cycles: u32,
}

/// Lanes for a goal on a target; `base` says everything else of the design.
///
/// # Errors
/// No model; no design that fits, or that keeps up.
pub fn choose(
    network: &QuantNetwork,
    target: &'static Target,
    goal: Goal,
    base: &DesignOptions,
) -> Result<Choice, CostError> {
    let model = Model::of(target)?;
    chosen(network, target, goal, base, &model)
}

fn chosen(
    network: &QuantNetwork,
    target: &'static Target,
    goal: Goal,
    base: &DesignOptions,
    model: &Model,
) -> Result<Choice, CostError> {
    let search = Search {
        network,
        target,
        goal,
        base,
        model,
    };
    let (layers, rest) = search.candidates()?;
    let best = search.best(&layers, &rest)?;
    let list = |of: fn(&Candidate) -> u32| best.iter().map(of).collect::<Vec<_>>();
    let (lanes, neuron_lanes) = (list(|c| c.lanes), list(|c| c.neuron_lanes));
    let events = list(|c| c.events);
    let built = search.built(&lanes, &neuron_lanes, &events)?;
    Ok(Choice {
        estimate: model.estimate(&Features::of(&built.top)),
        bram: block_rams(&built.top, target.family).unwrap_or(0),
        cycles: search.step(&best),
        looked_at: layers.iter().map(Vec::len).collect(),
        lanes,
        neuron_lanes,
        events,
    })
}

/// What every design has besides its layers.
struct Rest {
    cells: f64,
    bram: usize,
}

struct Search<'a> {
    network: &'a QuantNetwork,
    target: &'static Target,
    goal: Goal,
    base: &'a DesignOptions,
    model: &'a Model,
}

impl Search<'_> {
    fn built(&self, lanes: &[u32], rows: &[u32], events: &[u32]) -> Result<Design, CostError> {
        let list = |values: &[u32]| LaneChoice::PerLayer(values.to_vec());
        let options = DesignOptions {
            lanes: list(lanes),
            neuron_lanes: list(rows),
            events: list(events),
            ..self.base.clone()
        };
        Ok(design(self.network, &options)?)
    }

    /// The grid of each layer, with costs, and what is around the layers.
    fn candidates(&self) -> Result<(Vec<Vec<Candidate>>, Rest), CostError> {
        let layers = &self.network.layers;
        let grids: Vec<Vec<(u32, u32, u32)>> = layers
            .iter()
            .map(|layer| grid(layer.neurons, layer.axons))
            .collect();
        let most = grids.iter().map(Vec::len).max().unwrap_or(0);
        let mut found: Vec<Vec<Candidate>> = vec![Vec::new(); layers.len()];
        let mut rest = None;
        for index in 0..most {
            // A layer with fewer designs waits with its last.
            let picked: Vec<(u32, u32, u32)> = grids
                .iter()
                .filter_map(|grid| grid.get(index).or(grid.last()).copied())
                .collect();
            let list = |of: fn(&(u32, u32, u32)) -> u32| picked.iter().map(of).collect::<Vec<_>>();
            let built = self.built(&list(|p| p.0), &list(|p| p.1), &list(|p| p.2))?;
            rest.get_or_insert(self.around(&built));
            for (layer, plan) in built.plans.iter().enumerate() {
                if index < grids[layer].len()
                    && let Some(module) = layer_of(&built, layer)
                {
                    found[layer].push(self.candidate(plan, module));
                }
            }
        }
        let rest = rest.unwrap_or(Rest {
            cells: 0.0,
            bram: 0,
        });
        Ok((found, rest))
    }

    fn candidate(&self, plan: &LayerPlan, module: &Module) -> Candidate {
        let axons = u32::try_from(plan.axons).unwrap_or(u32::MAX);
        let events = match self.goal {
            Goal::Latency => tenth(axons),
            Goal::Area => axons,
        };
        Candidate {
            lanes: plan.lanes,
            neuron_lanes: plan.neuron_lanes,
            events: plan.events,
            cells: self.model.share(&Features::of(module)),
            bram: block_rams(module, self.target.family).unwrap_or(0),
            cycles: plan.step_cycles(events),
        }
    }

    fn around(&self, built: &Design) -> Rest {
        let whole = Features::of(&built.top);
        let blocks = |module: &Module| block_rams(module, self.target.family).unwrap_or(0);
        let layers = (0..built.plans.len()).filter_map(|layer| layer_of(built, layer));
        let (mut cells, mut bram) = (self.model.cells(&whole), blocks(&built.top));
        for module in layers {
            cells -= self.model.share(&Features::of(module));
            bram -= blocks(module);
        }
        Rest { cells, bram }
    }

    fn allowed(&self) -> usize {
        self.target.holds.cells * (100 - self.model.margin_percent()) / 100
    }

    /// Beats of a step at the input, below which no cycle is gained.
    fn floor(&self) -> u32 {
        match self.goal {
            Goal::Latency => tenth(u32::try_from(self.network.input.axons).unwrap_or(u32::MAX)),
            Goal::Area => AREA_CYCLES,
        }
    }

    /// Cycles of a step: the slowest layer's, or the input's.
    fn step(&self, picked: &[Candidate]) -> u32 {
        let slowest = picked.iter().map(|one| one.cycles).max().unwrap_or(0);
        match self.goal {
            Goal::Latency => slowest.max(self.floor()),
            Goal::Area => slowest,
        }
    }

    fn best(&self, layers: &[Vec<Candidate>], rest: &Rest) -> Result<Vec<Candidate>, CostError> {
        let floor = self.floor();
        let limits: BTreeSet<u32> = match self.goal {
            Goal::Area => [floor].into(),
            Goal::Latency => layers
                .iter()
                .flatten()
                .map(|one| one.cycles.max(floor))
                .collect(),
        };
        let mut smallest: Option<(f64, usize)> = None;
        for &limit in &limits {
            let Some(picked) = smallest_within(layers, limit) else {
                continue;
            };
            let cells = rest.cells + picked.iter().map(|one| one.cells).sum::<f64>();
            let bram = rest.bram + picked.iter().map(|one| one.bram).sum::<usize>();
            if cells <= self.allowed() as f64 && bram <= self.target.holds.bram {
                return Ok(picked);
            }
            if smallest.is_none_or(|(least, _)| cells < least) {
                smallest = Some((cells, bram));
            }
        }
        Err(match smallest {
            Some((cells, bram)) => CostError::NothingFits {
                target: self.target.name,
                cells: cells.round() as usize,
                cells_allowed: self.allowed(),
                cells_available: self.target.holds.cells,
                margin: self.model.margin_percent(),
                bram,
                bram_available: self.target.holds.bram,
            },
            None => self.too_slow(layers),
        })
    }

    fn too_slow(&self, layers: &[Vec<Candidate>]) -> CostError {
        let fastest = |layer: &Vec<Candidate>| layer.iter().map(|one| one.cycles).min();
        let slowest = self
            .network
            .layers
            .iter()
            .zip(layers)
            .filter_map(|(layer, grid)| Some((fastest(grid)?, layer.name.clone())))
            .max();
        let (fastest, layer) = slowest.unwrap_or_default();
        CostError::TooSlow {
            layer,
            allowed: self.floor(),
            fastest,
        }
    }
}

/// Of each layer the fewest cells within `limit` cycles, then the fewest cycles; `None` if a layer has none.
fn smallest_within(layers: &[Vec<Candidate>], limit: u32) -> Option<Vec<Candidate>> {
    let smallest = |grid: &Vec<Candidate>| {
        grid.iter()
            .filter(|one| one.cycles <= limit)
            .min_by(|a, b| {
                let cells = a.cells.total_cmp(&b.cells);
                cells.then(a.cycles.cmp(&b.cycles))
            })
            .cloned()
    };
    layers.iter().map(smallest).collect()
}

fn tenth(axons: u32) -> u32 {
    (axons.saturating_mul(LATENCY_PERCENT)).div_ceil(100).max(1)
}

/// Synapse lanes, neuron lanes and events a cycle that are tried for a layer.
fn grid(neurons: usize, axons: usize) -> Vec<(u32, u32, u32)> {
    let groups = GROUPS.iter().copied().filter(|&groups| groups < neurons);
    let lanes: BTreeSet<u32> = groups
        .chain([neurons])
        .map(|groups| u32::try_from(neurons.div_ceil(groups.max(1))).unwrap_or(u32::MAX))
        .collect();
    let mut all = BTreeSet::new();
    for &lanes in &lanes {
        for &rows in NEURON_LANES.iter().filter(|&&rows| rows <= lanes) {
            let rounded = lanes.next_multiple_of(rows);
            if rounded as usize > neurons && rows > 1 {
                continue;
            }
            for &events in EVENTS.iter().filter(|&&events| events as usize <= axons) {
                all.insert((rounded, rows, events));
            }
        }
    }
    all.into_iter().collect()
}

/// The module of a layer.
fn layer_of(built: &Design, layer: usize) -> Option<&Module> {
    let name = format!("u_layer{layer}");
    let mut children = built.top.children();
    children.find_map(|(instance, module)| (instance == name).then_some(&**module))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failure is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn a_grid_holds_one_group_and_one_lane_and_nothing_that_a_plan_refuses() {
        for neurons in [1, 2, 10, 37, 128] {
            let grid = grid(neurons, 64);
            assert!(grid.contains(&(1, 1, 1)), "{neurons}");
            assert!(grid.contains(&(neurons as u32, 1, 1)), "{neurons}");
            assert!(
                grid.iter()
                    .all(|&(lanes, rows, _)| lanes as usize <= neurons && lanes % rows == 0)
            );
        }
        assert!(grid(4, 1).iter().all(|&(_, _, events)| events == 1));
    }

    #[test]
    fn of_equal_cells_the_fewer_cycles_are_taken() {
        let one = |lanes, cells, cycles| Candidate {
            lanes,
            neuron_lanes: 1,
            events: 1,
            cells,
            bram: 0,
            cycles,
        };
        let layers = vec![vec![one(1, 10.0, 90), one(2, 10.0, 50), one(4, 20.0, 20)]];
        let lanes = |limit| smallest_within(&layers, limit).map(|picked| picked[0].lanes);
        assert_eq!(lanes(100), Some(2));
        assert_eq!(lanes(30), Some(4));
        assert_eq!(lanes(10), None);
    }
}

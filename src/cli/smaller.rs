//! What would fit, when a design does not: fewer lanes, then narrower weights, each counted by the tools.
//!
//! Counted is what Yosys and nextpnr need before placing ([`demand`]); that more lanes or wider weights take more of a device is
//! assumed, so that few designs must be counted.

use super::console::Console;
use super::input::Source;
use super::work::WorkArgs;
use crate::engine::tool::Toolbox;
use crate::rtl::{self, Design, LaneChoice};
use crate::synth::{Capacity, Constraints, Demand, TARGETS, Target, demand};
use goldspike_golden::quant::QuantNetwork;

/// A design, and what it was made of.
#[derive(Clone, Copy)]
pub struct Made<'a> {
    /// Flags of the network.
    pub work: &'a WorkArgs,
    /// The network as it was read.
    pub source: &'a Source,
    /// Its integers.
    pub network: &'a QuantNetwork,
    /// Its hardware.
    pub design: &'a Design,
}

/// A design that is too large for a device.
pub struct TooLarge<'a> {
    /// The design.
    pub made: Made<'a>,
    /// Where the tools are.
    pub toolbox: &'a Toolbox,
    /// The device.
    pub target: &'a Target,
}

/// A smaller design, as flags, and what it takes.
struct Candidate {
    flags: String,
    demand: Demand,
}

/// Narrowest weights that are tried.
const NARROWEST: u32 = 2;

impl TooLarge<'_> {
    /// What fits, or how far the smallest design is from it, and larger devices of the family.
    pub fn help(&self, console: &Console) -> String {
        let progress = console.progress(1, &format!("what fits on {}", self.target.name));
        progress.show();
        let found = self.fewer_lanes();
        progress.add(1);
        [found, self.larger_devices()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join("; ")
    }

    /// The most lanes that fit, else the widest weights that fit with one lane a layer.
    fn fewer_lanes(&self) -> Option<String> {
        let tried = self.halvings();
        let fewest = tried.last()?.clone();
        let least = self.with_lanes(self.made.network, &fewest)?;
        if !least.demand.fits() {
            return Some(self.narrower(&fewest, &least));
        }
        let fits = |index: usize| {
            let candidate = self.with_lanes(self.made.network, tried.get(index)?)?;
            candidate.demand.fits().then_some(candidate)
        };
        let most = first_that_fits(tried.len().saturating_sub(1), fits).unwrap_or(least);
        Some(said(&most))
    }

    /// With the fewest lanes the design is still too large: narrower weights.
    fn narrower(&self, lanes: &[(u32, u32)], least: &Candidate) -> String {
        let bits = self
            .made
            .network
            .layers
            .iter()
            .map(|layer| layer.weight_bits);
        let bits = bits.max().unwrap_or(NARROWEST);
        let widths: Vec<u32> = (NARROWEST..bits).rev().collect();
        let with_bits = |bits: u32| {
            let flags = self.made.work.quantize.with_weight_bits(bits);
            let network = self.made.source.integers(&flags).ok()?.network;
            let candidate = self.with_lanes(&network, lanes)?;
            Some(Candidate {
                flags: format!("{} --weight-bits {bits}", candidate.flags),
                demand: candidate.demand,
            })
        };
        let fits = |index: usize| with_bits(*widths.get(index)?).filter(|c| c.demand.fits());
        let smallest = widths.last().and_then(|&bits| with_bits(bits));
        let too_large = |candidate: &Candidate| {
            format!(
                "the smallest design that was counted (`{}`) takes {}",
                candidate.flags,
                candidate.demand.words()
            )
        };
        match smallest {
            None => too_large(least),
            Some(smallest) if !smallest.demand.fits() => too_large(&smallest),
            Some(smallest) => {
                let widest = first_that_fits(widths.len().saturating_sub(1), fits);
                said(&widest.unwrap_or(smallest))
            }
        }
    }

    /// Lanes and neuron lanes by layer, halved again and again, down to one each.
    fn halvings(&self) -> Vec<Vec<(u32, u32)>> {
        let plans = self.made.design.plans.iter();
        let mut now: Vec<(u32, u32)> = plans.map(|plan| (plan.lanes, plan.neuron_lanes)).collect();
        let mut all = Vec::new();
        while now.iter().any(|lanes| *lanes != (1, 1)) {
            let half = |lanes: u32| lanes.div_ceil(2);
            for (lanes, neuron_lanes) in &mut now {
                (*lanes, *neuron_lanes) = (half(*lanes), half(*neuron_lanes));
            }
            all.push(now.clone());
        }
        if all.is_empty() {
            all.push(now);
        }
        all
    }

    /// The network with these lanes; `None` if it cannot be planned or counted.
    fn with_lanes(&self, network: &QuantNetwork, lanes: &[(u32, u32)]) -> Option<Candidate> {
        let options = rtl::DesignOptions {
            lanes: LaneChoice::PerLayer(lanes.iter().map(|lanes| lanes.0).collect()),
            neuron_lanes: LaneChoice::PerLayer(lanes.iter().map(|lanes| lanes.1).collect()),
            ..self.made.design.options.clone()
        };
        let design = rtl::design(network, &options).ok()?;
        let list = |of: fn(&rtl::LayerPlan) -> u32| {
            let each = design.plans.iter().map(|plan| of(plan).to_string());
            each.collect::<Vec<_>>().join(",")
        };
        let flags = format!(
            "--lanes {} --neuron-lanes {}",
            list(|plan| plan.lanes),
            list(|plan| plan.neuron_lanes)
        );
        let constraints = Constraints::default();
        let demand = demand(self.toolbox, &design.top, self.target, &constraints).ok()?;
        Some(Candidate { flags, demand })
    }

    fn larger_devices(&self) -> Option<String> {
        let larger = TARGETS.iter().filter(|other| {
            other.family == self.target.family && other.holds.cells > self.target.holds.cells
        });
        let names: Vec<String> = larger
            .map(|other| {
                let Capacity { cells, bram, .. } = other.holds;
                format!("{} ({cells} cells, {bram} block RAMs)", other.name)
            })
            .collect();
        (!names.is_empty()).then(|| format!("larger devices of the family: {}", names.join(", ")))
    }
}

fn said(candidate: &Candidate) -> String {
    format!(
        "`{}` fits, by count: {}",
        candidate.flags,
        candidate.demand.words()
    )
}

/// The first of `0..end` that fits, if all after one that fits fit too; `None` if none of them does.
fn first_that_fits<T>(end: usize, fits: impl Fn(usize) -> Option<T>) -> Option<T> {
    let (mut low, mut high, mut found) = (0, end, None);
    while low < high {
        let middle = low + (high - low) / 2;
        match fits(middle) {
            Some(candidate) => (high, found) = (middle, Some(candidate)),
            None => low = middle + 1,
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::first_that_fits;
    use std::cell::Cell;

    #[test]
    fn the_first_that_fits_is_found_in_few_steps() {
        for end in 0..20 {
            for first in 0..=end {
                let steps = Cell::new(0);
                let found = first_that_fits(end, |index| {
                    steps.set(steps.get() + 1);
                    (index >= first).then_some(index)
                });
                assert_eq!(found, (first < end).then_some(first));
                assert!(steps.get() <= 5, "{} steps for {end}", steps.get());
            }
        }
    }
}

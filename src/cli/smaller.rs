//! What would fit, when a design does not: fewer lanes, then narrower weights, each counted by the tools.
//!
//! Counted is what Yosys and nextpnr need before placing ([`demand`](crate::synth::demand)); that more lanes or wider weights take more of a device is
//! assumed, so that few designs must be counted.

use super::input::Source;
use super::work::WorkArgs;
use crate::rtl::{self, Design, LaneChoice};
use crate::synth::{Capacity, Demand, TARGETS, Target};
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
    /// The device.
    pub target: &'a Target,
    /// Counts what a network's design takes of it; `None` if a tool fails.
    pub count: &'a dyn Fn(&QuantNetwork, &Design) -> Option<Demand>,
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
    pub fn help(&self) -> String {
        [self.fewer_lanes(), self.larger_devices()]
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
        let demand = (self.count)(network, &design)?;
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
    use super::*;
    use crate::cli::console::{Console, ConsoleArgs};
    use crate::rtl::Fabric;
    use crate::synth::{Shortage, target};
    use clap::Parser;
    use std::cell::Cell;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        work: WorkArgs,
    }

    /// The help for `digits` on hx1k, if a lane takes `lane` cells and a weight bit `bit` cells; and how many designs were counted.
    fn help(flags: &str, lane: usize, bit: usize) -> (String, usize) {
        let line = Line::try_parse_from(format!("x digits {flags}").split(' ')).unwrap();
        let source = line
            .work
            .source(&Console::new(&ConsoleArgs::unread(false)))
            .unwrap();
        let network = line.work.integers(&source).unwrap().network;
        let options = line.work.lanes.options(Fabric::PORTABLE, false);
        let design = rtl::design(&network, &options).unwrap();
        let counted = Cell::new(0);
        let count = |network: &QuantNetwork, design: &Design| {
            counted.set(counted.get() + 1);
            let lanes: u32 = design.plans.iter().map(|plan| plan.lanes).sum();
            let bits = network.layers[0].weight_bits;
            Some(Demand {
                amounts: vec![Shortage {
                    what: "logic cells".to_owned(),
                    used: lanes as usize * lane + bits as usize * bit,
                    available: 1_280,
                }],
            })
        };
        let large = TooLarge {
            made: Made {
                work: &line.work,
                source: &source,
                network: &network,
                design: &design,
            },
            target: target("hx1k").unwrap(),
            count: &count,
        };
        (large.help(), counted.get())
    }

    #[test]
    fn the_most_lanes_that_fit_are_named() {
        let flags = "--lanes 16,8 --neuron-lanes 2,1 --weight-bits 8";
        let (said, counted) = help(flags, 200, 10);
        assert!(
            said.starts_with(
                "`--lanes 4,2 --neuron-lanes 1,1` fits, by count: 1280 of 1280 logic cells; larger devices of the family: hx8k ("
            ),
            "{said}"
        );
        assert!(counted <= 4, "{counted}");
    }

    #[test]
    fn with_one_lane_a_layer_the_widest_weights_that_fit_are_named() {
        let (said, counted) = help("--lanes 1 --neuron-lanes 1 --weight-bits 8", 400, 96);
        assert!(
            said.starts_with(
                "`--lanes 1,1 --neuron-lanes 1,1 --weight-bits 5` fits, by count: 1280 of 1280 logic cells"
            ),
            "{said}"
        );
        assert!(counted <= 6, "{counted}");
        let (said, _) = help("--lanes 4 --neuron-lanes 2 --weight-bits 8", 640, 1);
        assert!(
            said.starts_with(
                "the smallest design that was counted (`--lanes 1,1 --neuron-lanes 1,1 --weight-bits 2`) takes 1282 of 1280 logic cells"
            ),
            "{said}"
        );
    }

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

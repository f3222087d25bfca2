//! The cost model: its measurements are those of today's designs, its stated error is kept, and what it chooses fits and is
//! not beaten by its neighbours.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use goldspike::cost::table::CostTable;
use goldspike::cost::{
    AREA_CYCLES, Choice, CostError, Features, Goal, LATENCY_PERCENT, Model, choose,
};
use goldspike::rtl::{Design, DesignOptions, LaneChoice, design};
use goldspike::synth::{Target, target};
use goldspike_golden::quant::QuantNetwork;
use goldspike_testbench::numbers::costs::{POINTS, TARGETS};
use goldspike_testbench::numbers::networks::{A, B, Kind, network};

#[test]
fn todays_designs_are_within_the_models_error_of_those_that_were_measured() {
    let table = CostTable::stored().unwrap();
    for name in TARGETS {
        let target = target(name).unwrap();
        let model = Model::fit(&table, target).unwrap();
        let stored = &table.targets[*name];
        assert_eq!(stored.len(), POINTS.len(), "{name}");
        for point in POINTS {
            let design = point.design(target).unwrap();
            let then = model.cells(&stored[point.name].features);
            let percent = 100.0 * (model.cells(&Features::of(&design.top)) / then - 1.0).abs();
            assert!(
                percent <= model.cells_error.worst_percent,
                "{} on {name}: {percent:.1} % more or less than measured: `make costs` measures it again",
                point.name
            );
        }
    }
}

#[test]
fn models_keep_their_error() {
    for name in ["hx1k", "hx8k", "up5k", "ecp5-25k", "ecp5-85k"] {
        let model = Model::of(target(name).unwrap()).unwrap();
        let (cells, fmax) = (model.cells_error, model.fmax_error);
        println!("{name}: cells {cells:?}, clock rate {fmax:?}");
        assert!(cells.designs >= 8, "{name}");
        assert!(
            cells.mean_percent <= 20.0 && fmax.mean_percent <= 20.0,
            "{name}"
        );
        assert!(cells.worst_percent <= 50.0, "{name}: {cells:?}");
    }
}

fn base(target: &Target) -> DesignOptions {
    DesignOptions {
        fabric: target.fabric(),
        ..DesignOptions::default()
    }
}

fn built(network: &QuantNetwork, target: &Target, lanes: [&[u32]; 3]) -> Option<Design> {
    let list = |values: &[u32]| LaneChoice::PerLayer(values.to_vec());
    let options = DesignOptions {
        lanes: list(lanes[0]),
        neuron_lanes: list(lanes[1]),
        events: list(lanes[2]),
        ..base(target)
    };
    design(network, &options).ok()
}

/// Cycles of a step by the goal.
fn cycles(design: &Design, goal: Goal) -> u32 {
    let events = |axons: usize| match goal {
        Goal::Latency => (axons as u32 * LATENCY_PERCENT).div_ceil(100),
        Goal::Area => axons as u32,
    };
    let slowest = design
        .plans
        .iter()
        .map(|plan| plan.step_cycles(events(plan.axons)));
    let slowest = slowest.max().unwrap();
    match goal {
        Goal::Latency => slowest.max(events(design.plans[0].axons)),
        Goal::Area => slowest,
    }
}

fn is_not_beaten(network: &QuantNetwork, target: &'static Target, goal: Goal) -> Choice {
    let model = Model::of(target).unwrap();
    let choice = choose(network, target, goal, &base(target)).unwrap();
    let chosen = [&choice.lanes[..], &choice.neuron_lanes, &choice.events];
    let design = built(network, target, chosen).unwrap();
    let cells = |design: &Design| model.cells(&Features::of(&design.top));
    let allowed = (target.holds.cells * (100 - model.margin_percent()) / 100) as f64;
    let (own, own_cycles) = (cells(&design), cycles(&design, goal));
    assert!(
        own <= allowed && choice.bram <= target.holds.bram,
        "{choice:?}"
    );
    assert_eq!(own_cycles, choice.cycles);
    assert!(goal == Goal::Latency || own_cycles <= AREA_CYCLES);
    let mut compared = 0;
    for knob in 0..3 {
        for layer in 0..network.layers.len() {
            for doubled in [false, true] {
                let mut lanes = chosen.map(<[u32]>::to_vec);
                let value = &mut lanes[knob][layer];
                *value = if doubled { *value * 2 } else { *value / 2 };
                let lanes = [&lanes[0][..], &lanes[1], &lanes[2]];
                let Some(other) = built(network, target, lanes) else {
                    continue;
                };
                compared += 1;
                let (its, its_cycles) = (cells(&other), cycles(&other, goal));
                let better = match goal {
                    Goal::Latency => {
                        its_cycles < own_cycles || its_cycles == own_cycles && its < own - 0.5
                    }
                    Goal::Area => its_cycles <= AREA_CYCLES && its < own - 0.5,
                };
                assert!(
                    !better || its > allowed,
                    "{lanes:?}: {its:.0} cells, {its_cycles} cycles; chosen {choice:?}"
                );
            }
        }
    }
    assert!(compared > 2, "{compared} neighbours");
    choice
}

#[test]
fn a_choice_fits_and_no_neighbour_beats_it() {
    let a = network("net_a", A, Kind::Lif).unwrap();
    for name in ["hx8k", "up5k", "ecp5-85k"] {
        let target = target(name).unwrap();
        let fast = is_not_beaten(&a, target, Goal::Latency);
        let small = is_not_beaten(&a, target, Goal::Area);
        println!("{name}: {fast:?}\n{small:?}");
        assert!(small.estimate.cells < fast.estimate.cells, "{name}");
    }
    // With a ninth of the cells latency takes longer.
    let (large, little) = (target("hx8k").unwrap(), target("hx1k").unwrap());
    let step = |target| choose(&a, target, Goal::Latency, &base(target)).map(|c| c.cycles);
    match step(little) {
        Ok(cycles) => assert!(cycles > step(large).unwrap()),
        Err(error) => assert!(matches!(error, CostError::NothingFits { .. }), "{error}"),
    }
}

#[test]
fn what_has_no_model_does_not_fit_or_is_too_slow_is_refused_with_numbers() {
    let refused = |network: &QuantNetwork, name, goal| {
        let target = target(name).unwrap();
        choose(network, target, goal, &base(target)).unwrap_err()
    };
    let a = network("net_a", A, Kind::Lif).unwrap();
    assert!(matches!(
        refused(&a, "gw1nr-9", Goal::Area),
        CostError::NoModel {
            target: "gw1nr-9",
            designs: 0,
            ..
        }
    ));
    // 600 kbit of weights, 64 kbit of memory.
    let b = network("net_b", B, Kind::Lif).unwrap();
    let CostError::NothingFits {
        bram,
        bram_available,
        ..
    } = refused(&b, "hx1k", Goal::Area)
    else {
        panic!("B fits on hx1k");
    };
    assert!(bram > bram_available && bram_available == 16);
    let wide = network("wide", &[50_000, 1], Kind::Lif).unwrap();
    let CostError::TooSlow {
        allowed, fastest, ..
    } = refused(&wide, "ecp5-85k", Goal::Area)
    else {
        panic!("50000 axons in {AREA_CYCLES} cycles");
    };
    assert_eq!(allowed, AREA_CYCLES);
    assert!(fastest > AREA_CYCLES);
}

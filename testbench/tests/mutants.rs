//! Mutants of the generated Verilog: each is killed or proved equivalent. `GOLDSPIKE_CAMPAIGN=1`: 1,000 of each unit, every
//! model.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by a panic"
)]

use std::time::Duration;

use goldspike::engine::tool::Toolbox;
use goldspike::engine::{Netlist, Stalls, Stimulus};
use goldspike::mutants::{Hunt, Kill, MutantError, Options, Report};
use goldspike::prove::{Limits, Solver};
use goldspike::rtl::{Design, DesignOptions, LaneChoice, design};
use goldspike_golden::neuron::ModelId;
use goldspike_golden::quant::QuantNetwork;
use goldspike_testbench::cross_check::{cases, seed};
use goldspike_testbench::small::Small;
use goldspike_testbench::tools::missing;

/// A network in which every layer fires, and steps have more events than a pass has cycles.
fn lively(model: ModelId) -> Small {
    let small = Small {
        name: model.info().name,
        model,
        modes: model.info().modes.first(),
        sizes: vec![9, 5, 3],
        membrane_bits: 10,
        per_step: true,
        ..Small::default()
    };
    // Of two products by variables in a row a solver knows only few bits.
    match model {
        ModelId::Glif => Small {
            weight_bits: 3,
            membrane_bits: 6,
            guard_bits: 0,
            ..small
        },
        _ => small,
    }
}

/// One layer of few bits, which ABC can compare within its network.
fn compact() -> Small {
    Small {
        name: "compact",
        sizes: vec![7, 4],
        weight_bits: 4,
        membrane_bits: 6,
        guard_bits: 0,
        ..Small::default()
    }
}

fn designed(network: &QuantNetwork) -> Design {
    let options = DesignOptions {
        lanes: LaneChoice::All(2),
        neuron_lanes: LaneChoice::All(1),
        probe: true,
        ..DesignOptions::default()
    };
    design(network, &options).unwrap()
}

fn options(count: u32, units: &[&str]) -> Options {
    Options {
        count: count as usize,
        units: units.iter().map(|&unit| unit.to_owned()).collect(),
        seed: seed(1),
        limits: Limits {
            // Machines share their cores: the longest question takes a minute on one of its own.
            time: Duration::from_secs(cases(60, 300).into()),
            ..Limits::default()
        },
        jobs: 2,
        ..Options::default()
    }
}

fn hunt(small: &Small, options: &Options) -> Result<Report, MutantError> {
    let network = small.network();
    let hunt = Hunt {
        network: &network,
        design: &designed(&network),
        stimuli: &[Stimulus {
            samples: small.samples(),
            stalls: Stalls::random(3),
        }],
        options,
    };
    let report = hunt.run(&Toolbox::from_environment(), None, |told| {
        println!("{told}")
    })?;
    println!("{}: {report}", small.name);
    Ok(report)
}

fn no_tools() -> bool {
    let solver =
        Solver::installed(&Toolbox::from_environment()).is_err() && missing(Solver::Yices.tool());
    Netlist::tools().any(missing) || solver
}

#[test]
fn mutants_of_the_neuron_units_are_killed_or_equivalent() {
    if no_tools() {
        return;
    }
    let models = [ModelId::Lif, ModelId::Alif];
    let models = if cases(0, 1) == 1 {
        ModelId::ALL
    } else {
        &models
    };
    let reports: Vec<Report> = models
        .iter()
        .map(|&model| hunt(&lively(model), &options(cases(40, 1000), &["l0_lane"])).unwrap())
        .collect();
    for report in &reports {
        assert!(report.passed());
        assert!(report.units[0].killed(Kill::Trace) * 2 > report.mutants());
    }
}

/// Units besides the lane; the campaign has those that `GOLDSPIKE_UNITS` names, or all.
fn units_around_the_lane() -> Vec<String> {
    let all = [
        "l0_crossbar",
        "l0",
        "l0_event_buffer",
        "l0_neurons",
        "l0_spikes",
        "l0_spikes_queue",
        "l0_probe_queue",
        "guard",
        "top",
    ];
    let named = std::env::var("GOLDSPIKE_UNITS").ok();
    match (cases(0, 1), named) {
        (0, _) => all[..2].iter().map(|&unit| unit.to_owned()).collect(),
        (_, Some(units)) => units.split(',').map(str::to_owned).collect(),
        (_, None) => all.iter().map(|&unit| unit.to_owned()).collect(),
    }
}

#[test]
fn mutants_of_the_units_around_the_lane_are_killed_or_equivalent() {
    if no_tools() {
        return;
    }
    let units = units_around_the_lane();
    let units: Vec<&str> = units.iter().map(String::as_str).collect();
    let report = hunt(&compact(), &options(cases(40, 1000), &units)).unwrap();
    assert!(report.passed());
    assert_eq!(report.units.len(), units.len());
    for unit in &report.units {
        assert!(unit.killed(Kill::Trace) > 5);
        // Faults of the other units need not stop a stream.
        let hangs = ["l0_crossbar", "l0"].contains(&unit.unit.name.as_str());
        assert!(!hangs || unit.killed(Kill::Hang) > 1);
    }
}

#[test]
fn the_proof_of_the_lane_kills_what_nothing_was_played_to() {
    if no_tools() {
        return;
    }
    let unplayed = Options {
        rounds: 0,
        more_rounds: 0,
        ..options(20, &["l0_lane"])
    };
    let network = lively(ModelId::Lif).network();
    let design = designed(&network);
    let hunt = |options: &Options| {
        let hunt = Hunt {
            network: &network,
            design: &design,
            stimuli: &[],
            options,
        };
        hunt.run(&Toolbox::from_environment(), None, |_| {})
    };
    let report = hunt(&unplayed).unwrap();
    println!("unplayed: {report}");
    let lane = &report.units[0];
    assert!(
        report.passed() && lane.killed(Kill::Proof) >= 15,
        "the proof alone"
    );
    assert_eq!(lane.killed(Kill::Trace), 0);
    let named = Options {
        units: vec!["l0_lanes".to_owned()],
        ..unplayed.clone()
    };
    let Err(MutantError::NoUnit { known, .. }) = hunt(&named) else {
        panic!("there is no such unit");
    };
    assert!(known.iter().any(|unit| unit == "l0_lane"));
    // What no play shows and no proof is about is not killed.
    let layer = Options {
        units: vec!["l1_neurons".to_owned()],
        count: 3,
        limits: Limits {
            time: Duration::from_secs(5),
            ..Limits::default()
        },
        ..unplayed
    };
    let report = hunt(&layer).unwrap();
    println!("unplayed: {report}");
    assert!(!report.passed());
}

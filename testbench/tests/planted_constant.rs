//! Planted bugs where sums are kept: the emitted Verilog of a direct-coded network is altered, and the run must fail in
//! the step that takes the wrong sums.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs)]

use goldspike::engine::beats::{BeatStimulus, Simulator, traces};
use goldspike::engine::tool::IVERILOG;
use goldspike::engine::{Icarus, Rtl, Stalls, Stimulus};
use goldspike::rtl::{Fabric, design};
use goldspike::verify::verify_engine;
use goldspike_golden::network::golden;
use goldspike_testbench::constant::{GRID, KINDS, Lanes, network, options, samples, sayings};
use goldspike_testbench::planted::replaced;
use goldspike_testbench::tools;

const ONE_GROUP: Lanes = GRID[1];
const GROUPS: Lanes = GRID[4];

type Edit = (&'static str, &'static str, &'static str);

fn altered((file, from, to): Edit) -> Icarus {
    Icarus::new().patched(replaced(file, from, to))
}

/// Sample and step of the first difference on [`KINDS`]; `None`: all is equal.
fn first(lanes: &Lanes, bug: Option<Edit>) -> Option<(usize, usize)> {
    let network = network(lanes);
    let design = design(&network, &options(lanes, Fabric::PORTABLE, 1)).unwrap();
    let stimulus = Stimulus {
        samples: samples(lanes.sizes[0], &KINDS),
        stalls: Stalls::random(9),
    };
    let mut engine = Rtl(bug.map_or_else(Icarus::new, altered));
    let report = verify_engine(&mut engine, &network, &design, &[stimulus], |_| {}).unwrap();
    let first = report.comparison.first;
    first.map(|at| {
        assert_eq!(at.layer, 0, "{at:?}");
        (at.sample, at.step)
    })
}

/// Whether the error flag and the trace are what the stream said in `place` means.
fn heard(lanes: &Lanes, place: &str, bug: Option<Edit>) -> (bool, bool) {
    let network = network(lanes);
    let design = design(&network, &options(lanes, Fabric::PORTABLE, 1)).unwrap();
    let saying = sayings(design.input)
        .into_iter()
        .find(|saying| saying.place == place)
        .unwrap();
    let stimulus = BeatStimulus::with_stalls(&design, saying.sent, Stalls::random(2));
    let mut icarus = bug.map_or_else(Icarus::new, altered);
    let result = icarus.play(&design, &stimulus).unwrap();
    let got = traces("icarus", &design, &saying.meant, &result).unwrap();
    let program = golden(&network).unwrap();
    let meant: Vec<_> = saying
        .meant
        .iter()
        .map(|sample| program.run(sample))
        .collect();
    (result.protocol_error == saying.flagged, got == meant)
}

const NEURONS: &str = "_l0_neurons.v";
const GUARD: &str = "_guard.v";
const NEXT_SAMPLE: &str = "in the first step of the next sample, and again after that";
const OWN_EVENT: &str = "after an event of the step";

#[test]
fn the_unaltered_networks_pass() {
    if tools::missing(IVERILOG) {
        return;
    }
    for lanes in [&ONE_GROUP, &GROUPS] {
        assert_eq!(first(lanes, None), None);
        for place in [NEXT_SAMPLE, OWN_EVENT, "in the first step after reset"] {
            assert_eq!(heard(lanes, place, None), (true, true), "{place}");
        }
    }
}

#[test]
fn sums_that_are_not_kept_are_caught() {
    if tools::missing(IVERILOG) {
        return;
    }
    let bug = (NEURONS, "loads = hand_i & (~repeat_q)", "loads = hand_i");
    assert_eq!(first(&ONE_GROUP, Some(bug)), Some((0, 1)));
    let bug = (NEURONS, "kept_sums[kept_row_d1] <=", "kept_sums[0] <=");
    assert_eq!(first(&GROUPS, Some(bug)), Some((0, 1)));
}

#[test]
fn sums_that_go_around_out_of_place_are_caught() {
    if tools::missing(IVERILOG) {
        return;
    }
    let bug = (
        NEURONS,
        "loads ? sums_8 : waiting2_q",
        "loads ? sums_8 : waiting1_q",
    );
    assert_eq!(first(&ONE_GROUP, Some(bug)), Some((0, 1)));
}

#[test]
fn kept_sums_that_a_repeated_step_writes_are_caught() {
    if tools::missing(IVERILOG) {
        return;
    }
    // The first repeated step is right, the second one is not.
    let bug = (
        NEURONS,
        "keeps = shifts_d1_q & (~row_repeat_d1)",
        "keeps = shifts_d1_q",
    );
    assert_eq!(first(&GROUPS, Some(bug)), Some((0, 2)));
}

#[test]
fn sums_of_an_earlier_step_are_caught() {
    if tools::missing(IVERILOG) {
        return;
    }
    // Kept in the first step of a sample alone: wrong where a changed step is repeated.
    let bug = (
        NEURONS,
        "keeps = shifts_d1_q &",
        "keeps = first_row_d1 & shifts_d1_q &",
    );
    assert_eq!(first(&GROUPS, Some(bug)), Some((2, 3)));
}

#[test]
fn silent_steps_that_repeat_the_step_before_are_caught() {
    if tools::missing(IVERILOG) {
        return;
    }
    let bug = (
        GUARD,
        "repeat4_d1 <= asks_d1 &",
        "repeat4_d1 <= null3_d1 & last3_d1 &",
    );
    for lanes in [&ONE_GROUP, &GROUPS] {
        // Three silent steps, two of events, and then the first silent one that has a step with events before it.
        assert_eq!(first(lanes, Some(bug)), Some((3, 5)));
    }
}

#[test]
fn repeats_of_silent_steps_that_take_older_sums_are_caught() {
    if tools::missing(IVERILOG) {
        return;
    }
    // The silent first step itself is right; the sums that were kept are of the sample before.
    let bug = (
        NEURONS,
        "keeps = shifts_d1_q &",
        "keeps = (|{waiting1_q, waiting0_q}) & shifts_d1_q &",
    );
    assert_eq!(first(&GROUPS, Some(bug)), Some((3, 1)));
}

#[test]
fn sums_of_the_sample_before_are_caught() {
    if tools::missing(IVERILOG) {
        return;
    }
    for lanes in [&ONE_GROUP, &GROUPS] {
        for bug in [
            (
                GUARD,
                "may_repeat = ~(first_step_q | has_event_q)",
                "may_repeat = ~has_event_q",
            ),
            (GUARD, "first_step_q <= user3_d1;", "first_step_q <= 1'b0;"),
        ] {
            assert_eq!(heard(lanes, NEXT_SAMPLE, Some(bug)), (false, false));
        }
    }
}

#[test]
fn a_repeat_beside_events_of_its_own_is_caught() {
    if tools::missing(IVERILOG) {
        return;
    }
    let bug = (
        GUARD,
        "may_repeat = ~(first_step_q | has_event_q)",
        "may_repeat = ~first_step_q",
    );
    for lanes in [&ONE_GROUP, &GROUPS] {
        assert_eq!(heard(lanes, OWN_EVENT, Some(bug)), (false, false));
    }
}

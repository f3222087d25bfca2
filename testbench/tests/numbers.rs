//! `make bench` in short: one row with one seed, a crossbar, generation; a row that cannot be built is an error in the table.
#![allow(clippy::unwrap_used, missing_docs)]

use goldspike::engine::tool::Toolbox;
use goldspike::synth::{target, tools};
use goldspike_testbench::numbers::efficiency::{LOADS, efficiency};
use goldspike_testbench::numbers::generation::generation;
use goldspike_testbench::numbers::networks::Kind;
use goldspike_testbench::numbers::rows::{ROWS, Required, Row, measured};
use goldspike_testbench::numbers::table::Report;
use goldspike_testbench::tools::missing;

/// A small design of network A.
fn short() -> Row {
    Row {
        name: "short",
        lanes: &[4, 2],
        neuron_lanes: &[1, 1],
        required: Required {
            cells: Some(1),
            mhz: Some(1.0),
            us: Some(0.001),
            useful: Some(0.5),
        },
        ..ROWS[0].clone()
    }
}

#[test]
fn a_row_is_built_simulated_placed_and_judged() {
    let row = short();
    if tools(target(row.target).unwrap()).into_iter().any(missing) {
        return;
    }
    let found = measured(&Toolbox::from_environment(), &row, 1, 1).unwrap();
    let misses = found.misses(&row.required);
    assert_eq!(misses.len(), 2, "{misses:?}: the clock rate alone is met");
    assert!(found.timing.compared > 1000 && found.footprint.cells > 100);
    let by_formula = 8.0 * 6.4;
    assert!(
        (found.timing.interval / by_formula - 1.0).abs() < 0.2,
        "{} cycles a step, about {by_formula} by the formula",
        found.timing.interval
    );
    let report = Report {
        seeds: 1,
        rows: vec![(row, Ok(found.clone()))],
        ..Report::default()
    };
    let text = report.markdown();
    for part in [
        "**not met**",
        &found.footprint.cells.to_string(),
        "Slowest paths",
        "nextpnr-ice40",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert_eq!(report.failed(), 0);
}

#[test]
fn what_cannot_be_built_is_an_error_in_the_table() {
    let impossible = Row {
        lanes: &[99, 1],
        ..short()
    };
    let error = measured(&Toolbox::of([]), &impossible, 1, 1).unwrap_err();
    assert!(error.contains("99"), "{error}");
    let report = Report {
        rows: vec![(impossible, Err(error))],
        ..Report::default()
    };
    let text = report.markdown();
    assert!(text.contains("**ERROR**"), "{text}");
    assert_eq!(report.failed(), 1);
}

#[test]
fn every_kind_of_neuron_and_every_device_of_the_table_has_a_row() {
    for kind in [
        Kind::Ternary,
        Kind::Klif,
        Kind::Glif,
        Kind::BinaryGlif,
        Kind::Clif,
    ] {
        assert!(ROWS.iter().any(|row| row.kind == kind), "{kind:?}");
    }
    for row in ROWS {
        assert!(target(row.target).is_some(), "{}", row.target);
        let layers = row.sizes.len() - 1;
        assert_eq!(
            [row.lanes.len(), row.neuron_lanes.len(), row.events.len()],
            [layers; 3],
            "{}",
            row.name
        );
    }
}

#[test]
fn the_crossbar_and_generation_are_measured() {
    let useful = efficiency(&LOADS[1]).unwrap();
    assert!((0.94..=1.0).contains(&useful), "{useful}");
    let folder = tempfile::tempdir().unwrap();
    let found = generation(&folder.path().join("net_b")).unwrap();
    assert!(
        found.verilog_bytes > 10_000 && found.hex_bytes > 50_000,
        "{found:?}"
    );
    assert!(found.seconds > 0.0);
}

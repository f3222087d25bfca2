//! Line and toggle coverage of the emitted Verilog. `make coverage` measures many designs and writes
//! `testbench/coverage.md`; the ordinary run measures one, so that the measurement itself is known to work.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::fs;
use std::path::Path;

use goldspike::engine::Verilator;
use goldspike::engine::tool::{Toolbox, VERILATOR};
use goldspike_testbench::tools::missing;
use goldspike_testbench::verilog_coverage::{Coverage, What, coverage, read};

/// First design of a measurement.
const SEED: u64 = 1;

#[test]
fn a_line_of_the_file_is_a_point_with_its_place() {
    let text = "# SystemC::Coverage-3\n\
        C '\u{1}f\u{2}rtl/gs_a.v\u{1}l\u{2}17\u{1}n\u{2}9\u{1}t\u{2}toggle\u{1}page\u{2}v_toggle/gs_a_guard\u{1}o\u{2}tag_q[3]\u{1}h\u{2}top.x' 42\n\
        C '\u{1}f\u{2}rtl/gs_a.v\u{1}l\u{2}20\u{1}n\u{2}9\u{1}t\u{2}branch\u{1}page\u{2}v_branch/gs_a\u{1}o\u{2}if\u{1}h\u{2}top' 0\n";
    let points = read(text).unwrap();
    assert_eq!(points.len(), 2);
    assert_eq!(
        (points[0].what, points[0].line, points[0].count),
        (What::Toggle, 17, 42)
    );
    assert_eq!(
        (points[1].what, points[1].module.as_str(), points[1].count),
        (What::Line, "gs_a", 0)
    );
    assert!(read("C 'nothing\n").is_err());
}

#[test]
fn random_designs_are_measured_and_what_is_never_seen_is_listed() {
    if Verilator::tools().any(missing) {
        return;
    }
    let whole = std::env::var_os("GOLDSPIKE_COVERAGE").is_some();
    let designs = match std::env::var("GOLDSPIKE_COVERAGE").map(|count| count.parse()) {
        Ok(count) => count.unwrap_or(100),
        Err(_) => 1,
    };
    let size = (designs, if whole { usize::MAX } else { 8 });
    let toolbox = Toolbox::from_environment();
    let all: Coverage = coverage(&toolbox, SEED, size, |done| {
        eprintln!("{done} of {designs} designs")
    })
    .unwrap();
    let (lines, signals) = (all.count(What::Line), all.count(What::Toggle));
    println!("lines {lines:?}, signals {signals:?}, of {designs} designs");
    assert_eq!(all.designs, designs);
    for (points, seen) in [lines, signals] {
        assert!(points > 20 && seen * 2 > points, "{seen} of {points}");
    }
    let listed = all
        .to_string()
        .lines()
        .filter(|line| line.contains("| design "))
        .count();
    assert_eq!(listed, all.unseen().count());
    if whole {
        let text = format!(
            "# Coverage of the emitted Verilog\n\n\
             `make coverage`: {designs} random designs from seed {SEED}, {}, on their own self-checking benches, each of which\n\
             passed. A point is known by the kind of its module and, for a line, its text, for a toggle, the name of its\n\
             signal, without numbers; it was seen if it was seen in some design. Of {} lines {} were seen, of {} signals {}.\n\n{all}",
            toolbox.version(VERILATOR).unwrap(),
            lines.0,
            lines.1,
            signals.0,
            signals.1
        );
        fs::write(
            Path::new(env!("CARGO_MANIFEST_DIR")).join("coverage.md"),
            text,
        )
        .unwrap();
    }
}

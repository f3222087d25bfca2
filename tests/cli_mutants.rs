//! `verify --mutants` as a user types it.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod cli_support;

use cli_support::run;
use goldspike::engine::tool::{CXX, MAKE, Toolbox, VERILATOR, YICES, YOSYS};

fn no_tools() -> bool {
    let toolbox = Toolbox::from_environment();
    let missing = [YOSYS, VERILATOR, CXX, MAKE, YICES]
        .into_iter()
        .find(|&tool| toolbox.find(tool).is_none());
    let Some(tool) = missing else {
        return false;
    };
    assert!(
        std::env::var_os("GOLDSPIKE_REQUIRE_TOOLS").is_none_or(|value| value != "1"),
        "{} is missing",
        tool.name
    );
    println!("SKIPPED: {} not found", tool.name);
    true
}

/// What `verify digits` says as JSON, with these flags.
fn hunted(flags: &[&str]) -> cli_support::Ran {
    run(&[&["verify", "digits", "--format", "json"], flags].concat())
}

#[test]
fn mutants_of_a_unit_are_counted_and_each_has_a_fate() {
    if no_tools() {
        return;
    }
    let found = hunted(&["--samples", "2", "--mutants", "12", "--unit", "l1_lane"]).json(0);
    let mutants = &found["mutants"];
    assert_eq!(
        (&found["passed"], &mutants["passed"]),
        (&true.into(), &true.into())
    );
    assert_eq!(found["engines"][0]["mismatches"], 0);
    let unit = &mutants["units"][0];
    assert_eq!(
        (&unit["name"], &unit["mutants"]),
        (&"l1_lane".into(), &12.into())
    );
    let killed = unit["killed"].as_object().unwrap();
    let killed: u64 = killed.values().filter_map(serde_json::Value::as_u64).sum();
    assert!(killed > 6, "{unit}");
    assert_eq!(killed + unit["equivalent"].as_u64().unwrap(), 12);
    assert_eq!(unit["left"], serde_json::json!([]));
}

#[test]
fn a_unit_that_is_not_there_is_refused() {
    if no_tools() {
        return;
    }
    let found = hunted(&["--samples", "1", "--mutants", "1", "--unit", "lanes"]).json(2);
    assert_eq!(found["error"]["code"], "GS0604");
    let message = found["error"]["message"].as_str().unwrap_or_default();
    assert!(
        message.contains("`lanes`") && message.contains("l1_lane"),
        "{found}"
    );
    let alone = run(&["verify", "digits", "--unit", "lane"]);
    assert_eq!(alone.code, 2);
    assert!(alone.stderr.contains("--mutants"), "{}", alone.stderr);
}

//! Every model's lane equals the golden step for all inputs; what is not so is refuted with its numbers, and what is not
//! decided is not proved.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use goldspike::engine::tool::{Toolbox, YOSYS, Z3};
use goldspike::prove::{Claim, Prover, Status, claims};
use goldspike_golden::neuron::ModelId;
use goldspike_testbench::tools::missing;

fn prover() -> Option<Prover> {
    if missing(YOSYS) || missing(Z3) {
        return None;
    }
    let limit = Duration::from_secs(120);
    Some(Prover::new(Toolbox::from_environment(), limit).unwrap())
}

fn proved(model: ModelId, width: u32, most: usize) {
    let Some(prover) = prover() else { return };
    let mut claims = claims(model, width).unwrap();
    assert_eq!(claims.len(), 2 * model.info().modes.combinations().len());
    claims.truncate(most);
    for claim in &claims {
        let property = prover.ask(claim).unwrap();
        println!("{:.2} s {}", property.seconds, property.name);
        assert_eq!(property.status, Status::Proved, "{}", property.name);
    }
}

#[test]
fn lif_is_proved_in_every_mode() {
    proved(ModelId::Lif, 6, usize::MAX);
}

#[test]
fn klif_is_proved_in_every_mode() {
    proved(ModelId::Klif, 8, usize::MAX);
}

#[test]
fn glif_is_proved_in_every_mode() {
    proved(ModelId::Glif, 8, usize::MAX);
}

/// About 25 s each: one of the four, all of them in the campaign.
#[test]
fn clif_is_proved() {
    let campaign = std::env::var_os("GOLDSPIKE_CAMPAIGN").is_some();
    proved(ModelId::Clif, 6, if campaign { usize::MAX } else { 1 });
}

#[test]
fn cubalif_is_proved_in_every_mode() {
    proved(ModelId::Cubalif, 6, usize::MAX);
}

#[test]
fn alif_is_proved_in_every_mode() {
    proved(ModelId::Alif, 6, usize::MAX);
}

/// KLIF without a reset, every constant an input.
fn klif() -> Claim {
    let mut claims = claims(ModelId::Klif, 8).unwrap();
    claims.retain(|claim| claim.name.contains("none") && claim.name.contains("general"));
    claims.remove(0)
}

/// The claim with what follows `before` in a line of the lane wrapped.
fn planted(before: &str, wrapped: impl Fn(&str) -> String) -> Claim {
    let mut claim = klif();
    let text = claim.verilog.text;
    let start = text.find(before).unwrap_or_else(|| panic!("{text}")) + before.len();
    let end = start + text[start..].find(';').unwrap();
    let wrapped = wrapped(&text[start..end]);
    claim.verilog.text = format!("{}{wrapped}{}", &text[..start], &text[end..]);
    claim
}

/// Inputs; outputs that differ, in the hardware and in the golden step.
type Numbers = (Vec<(String, i128)>, Vec<(String, i128, i128)>);

fn refuted(claim: &Claim) -> Option<Numbers> {
    match prover()?.ask(claim).unwrap().status {
        Status::Refuted { inputs, outputs } => Some((inputs, outputs)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_wrong_result_at_one_value_is_refuted_with_that_value() {
    let claim = planted("assign h_o = ", |h| {
        format!("({h} == 8'sd77) ? 8'sd78 : {h}")
    });
    let Some((_, outputs)) = refuted(&claim) else {
        return;
    };
    assert_eq!(outputs, [("h".to_owned(), 78, 77)]);
}

#[test]
fn one_state_that_is_read_wrong_is_refuted_with_that_state() {
    let claim = planted("v_old_d = ", |v| {
        format!("(v_i == 8'sd93 && !first_i && bias_i == -1) ? 8'sd61 : ({v})")
    });
    let Some((inputs, outputs)) = refuted(&claim) else {
        return;
    };
    let input = |name: &str| inputs.iter().find(|(input, _)| input == name).unwrap().1;
    assert_eq!((input("v"), input("first"), input("bias")), (93, 0, -1));
    assert!(!outputs.is_empty());
}

#[test]
fn what_is_not_decided_is_not_proved() {
    if missing(YOSYS) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let real = Toolbox::from_environment().find(YOSYS).unwrap();
    std::os::unix::fs::symlink(real, folder.path().join("yosys")).unwrap();
    for (script, reason) in [
        ("echo unknown", "unknown"),
        ("echo unsat", "the premises: unsat"),
        ("echo unsat; echo 'out of memory'; exit 101", "101"),
        ("echo unsat; kill -9 $$", "signal"),
        ("sleep 30", "without an answer"),
        ("echo sat", "cannot be read"),
        ("true", "no answer"),
    ] {
        let z3 = folder.path().join("z3");
        let version = "[ \"$1\" = --version ] && exit 0";
        fs::write(&z3, format!("#!/bin/sh\n{version}\n{script}\n")).unwrap();
        fs::set_permissions(&z3, fs::Permissions::from_mode(0o755)).unwrap();
        let toolbox = Toolbox::of([folder.path().to_owned(), "/bin".into()]);
        let prover = Prover::new(toolbox, Duration::from_secs(3)).unwrap();
        match prover.ask(&klif()).unwrap().status {
            Status::Unknown(why) => assert!(why.contains(reason), "{script}: {why}"),
            other => panic!("{script}: {other:?}"),
        }
    }
}

#[test]
fn a_lane_that_yosys_refuses_is_not_proved() {
    let Some(prover) = prover() else { return };
    let mut claim = klif();
    claim.verilog.text.push_str("module broken (\n");
    let status = prover.ask(&claim).unwrap().status;
    assert!(
        matches!(&status, Status::Unknown(why) if why.contains("yosys")),
        "{status:?}"
    );
}

//! Every model's lane equals the golden step for all inputs; what is not so is refuted with its numbers, and what is not
//! decided is not proved.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use goldspike::engine::tool::{Toolbox, YOSYS};
use goldspike::prove::{Claim, Limits, Property, Prover, Solver, Status, claims, network_claims};
use goldspike::rtl::Fabric;
use goldspike::synth::target;
use goldspike::{import, quantize};
use goldspike_golden::neuron::ModelId;
use goldspike_golden::quant::QuantNetwork;
use goldspike_testbench::small::references;
use goldspike_testbench::tools::missing;

fn campaign() -> bool {
    std::env::var_os("GOLDSPIKE_CAMPAIGN").is_some()
}

fn prover_with(solver: Solver, seconds: u64) -> Option<Prover> {
    if missing(YOSYS) || missing(solver.tool()) {
        return None;
    }
    let limits = Limits {
        time: Duration::from_secs(seconds),
        ..Limits::default()
    };
    Some(Prover::new(Toolbox::from_environment(), solver, limits).unwrap())
}

fn prover() -> Option<Prover> {
    prover_with(Solver::Yices, 120)
}

fn jobs() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Asks the claims and shows what is not proved.
fn asked(prover: &Prover, claims: &[Claim]) -> Vec<Property> {
    assert!(!claims.is_empty());
    let start = Instant::now();
    let properties = prover.ask_all(claims, jobs(), |_| ()).unwrap();
    assert_eq!(properties.len(), claims.len());
    println!(
        "{} claims in {:.1} s: {} ..",
        claims.len(),
        start.elapsed().as_secs_f64(),
        claims[0].name
    );
    for property in &properties {
        if property.status != Status::Proved {
            println!("{:?} {}", property.status, property.name);
        }
    }
    properties
}

fn all_proved(prover: &Prover, claims: &[Claim]) {
    for property in asked(prover, claims) {
        assert_eq!(property.status, Status::Proved, "{}", property.name);
    }
}

fn claims_of(model: ModelId, width: u32) -> Vec<Claim> {
    let claims = claims(model, width).unwrap();
    assert_eq!(claims.len(), 2 * model.info().modes.combinations().len());
    claims
}

/// Every claim of the model at these widths.
fn proved(model: ModelId, widths: &[u32]) {
    let Some(prover) = prover() else { return };
    for &width in widths {
        all_proved(&prover, &claims_of(model, width));
    }
}

#[test]
fn klif_is_proved_in_every_mode_from_4_to_24_bits() {
    proved(ModelId::Klif, &[4, 6, 8, 10, 12, 16, 20, 24]);
}

#[test]
fn glif_is_proved_in_every_mode_from_4_to_24_bits() {
    proved(ModelId::Glif, &[4, 6, 8, 10, 12, 16, 20, 24]);
}

#[test]
fn clif_is_proved_with_its_tables_from_4_to_24_bits() {
    proved(ModelId::Clif, &[4, 6, 8, 10, 12, 16, 20, 24]);
}

#[test]
fn alif_is_proved_in_every_mode_from_4_to_24_bits() {
    proved(ModelId::Alif, &[4, 6, 8, 10, 12, 16, 20, 24]);
}

#[test]
fn lif_is_proved_in_every_mode_to_10_bits() {
    proved(ModelId::Lif, &[4, 6, 8, 10]);
}

#[test]
fn lif_is_proved_in_every_mode_from_12_to_24_bits() {
    proved(ModelId::Lif, &[12, 16, 20, 24]);
}

#[test]
fn cubalif_is_proved_in_every_mode_from_4_to_24_bits() {
    proved(ModelId::Cubalif, &[4, 6, 8, 10, 12, 16, 20, 24]);
}

/// The two solvers are programs of different people: neither contradicts the other.
#[test]
fn both_solvers_say_the_same() {
    let (Some(yices), Some(z3)) = (prover_with(Solver::Yices, 60), prover_with(Solver::Z3, 60))
    else {
        return;
    };
    let mut compared = 0;
    for &model in ModelId::ALL {
        let widths: &[u32] = if campaign() { &[4, 6, 8, 12] } else { &[4] };
        for &width in widths {
            let mut claims = claims_of(model, width);
            claims.truncate(if campaign() { usize::MAX } else { 2 });
            let (first, second) = (asked(&yices, &claims), asked(&z3, &claims));
            for (first, second) in first.iter().zip(&second) {
                assert_ne!(first.solver, second.solver);
                match (&first.status, &second.status) {
                    (Status::Unknown(_), _) | (_, Status::Unknown(_)) => {}
                    (first, second) => {
                        assert_eq!(first, second);
                        compared += 1;
                    }
                }
            }
        }
    }
    println!("{compared} claims decided by both");
    assert!(compared >= 2 * ModelId::ALL.len() - 2);
}

fn quantized(network: &str) -> QuantNetwork {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("workloads/nets");
    let imported = import::load(&path.join(network)).unwrap();
    let options = quantize::Options::default();
    quantize::quantize(&imported.network, &options)
        .unwrap()
        .network
}

/// Units as generated, their general forms, and the bounds that they rely on.
#[test]
fn trained_networks_are_proved() {
    let Some(prover) = prover() else { return };
    let few = [
        "digits_lif_hard",
        "digits_tlif_soft",
        "digits_leaky_sub",
        "digits_clif",
    ];
    let more = [
        "digits_latency",
        "digits_lif_soft",
        "digits_plif",
        "digits_q2_tlif_soft",
        "digits_q4_lif_hard",
        "digits_tlif_hard",
        "mnist_fc_leaky_bern",
        "mnist_fc_lif_direct",
        "mnist_fc_lif_sd",
        "mnist_q4_fc_if_sd",
    ];
    let more = if campaign() { &more[..] } else { &[] };
    let mut unreachable = 0;
    for network in few.iter().chain(more) {
        let claims = network_claims(&quantized(network), Fabric::PORTABLE).unwrap();
        all_proved(&prover, &claims);
        let held = |claim: &&Claim| claim.name.contains("which no update overflows");
        unreachable += claims.iter().filter(held).count();
    }
    assert!(unreachable >= 4, "{unreachable}");
}

/// With multipliers in the place of adder trees, which is said; lanes of constants alone have none.
#[test]
fn lanes_of_a_family_without_multiplier_blocks_are_proved() {
    let Some(prover) = prover() else { return };
    let fabric = target("hx8k").unwrap().fabric();
    assert!(fabric.adds_products);
    let mut trees = 0;
    // Of GLIF's products of inputs yices says nothing in two minutes at these widths, on any family.
    let decided = |model: ModelId| model != ModelId::Glif;
    for (small, _, _) in references() {
        if !decided(small.model) {
            continue;
        }
        let claims = network_claims(&small.network(), fabric).unwrap();
        let assumed = |property: &&Property| !property.assumes.is_empty();
        let properties = asked(&prover, &claims);
        trees += properties.iter().filter(assumed).count();
        let all = properties.iter().all(|p| p.status == Status::Proved);
        assert!(all, "{}: {properties:?}", small.name);
    }
    assert!(trees >= 3, "{trees}");
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
    let hardware = claim.hardware.as_mut().unwrap();
    let text = &hardware.verilog.text;
    let start = text.find(before).unwrap_or_else(|| panic!("{text}")) + before.len();
    let end = start + text[start..].find(';').unwrap();
    let wrapped = wrapped(&text[start..end]);
    hardware.verilog.text = format!("{}{wrapped}{}", &text[..start], &text[end..]);
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
    // What the program says of the premises alone, of everything with what is denied, and why that is no proof.
    for (premises, question, reason) in [
        ("echo unknown", "echo unsat", "the premises: unknown"),
        ("echo unsat", "echo unsat", "the premises: unsat"),
        ("echo sat", "echo unknown", "unknown"),
        ("echo sat", "echo 'out of memory'; exit 101", "101"),
        ("echo sat", "echo unsat; kill -9 $$", "signal"),
        ("echo sat", "sleep 30", "without an answer"),
        ("echo sat", "echo sat", "cannot be read"),
        (
            "echo sat",
            "ulimit -v | grep -qx 204800 && echo limited",
            "limited",
        ),
        ("echo sat", "true", "no answer"),
    ] {
        for solver in Solver::ALL {
            let program = folder.path().join(solver.tool().name);
            let version = "[ \"$1\" = --version ] && exit 0";
            let said = format!(
                "#!/bin/sh\n{version}\nif grep -q 'assert (or false' question.smt2; then\n{question}\nelse\n{premises}\nfi\n"
            );
            fs::write(&program, said).unwrap();
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
            let toolbox = Toolbox::of([folder.path().to_owned(), "/bin".into()]);
            let limits = Limits {
                time: Duration::from_millis(1500),
                memory: 200,
            };
            let prover = Prover::new(toolbox, solver, limits).unwrap();
            match prover.ask(&klif()).unwrap().status {
                Status::Unknown(why) => assert!(why.contains(reason), "{question}: {why}"),
                other => panic!("{question}: {other:?}"),
            }
        }
    }
}

#[test]
fn a_lane_that_yosys_refuses_is_not_proved() {
    let Some(prover) = prover() else { return };
    let mut claim = klif();
    let hardware = claim.hardware.as_mut().unwrap();
    hardware.verilog.text.push_str("module broken (\n");
    let status = prover.ask(&claim).unwrap().status;
    assert!(
        matches!(&status, Status::Unknown(why) if why.contains("yosys")),
        "{status:?}"
    );
}

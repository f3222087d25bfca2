//! The engines that run Verilog text see what the embedded simulator sees, beat for beat, legal streams or not.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod emit_support;

use std::path::{Path, PathBuf};
use std::time::Instant;

use emit_support::{hardware, tools};
use goldspike::engine::beats::{BeatResult, BeatStimulus, InputBeat, Simulator};
use goldspike::engine::tool::{CXX, IVERILOG, MAKE, Tool, Toolbox, VERILATOR, VVP};
use goldspike::engine::{EngineError, Icarus, RustHdl, Stalls, Verilator, meaning};
use goldspike::rtl::{Design, design};
use goldspike_testbench::cross_check::{cases, seed};
use goldspike_testbench::designs;
use goldspike_testbench::small::{Small, references};
use goldspike_testbench::strategy::{generate, rng};
use proptest::prelude::RngExt;

const ICARUS: &[Tool] = &[IVERILOG, VVP];
const VERILATED: &[Tool] = &[VERILATOR, CXX, MAKE];

fn embedded(design: &Design, beats: &BeatStimulus) -> BeatResult {
    meaning(design, &RustHdl.play(design, beats).unwrap())
}

/// Number of beats compared.
fn agree(
    simulator: &mut impl Simulator,
    design: &Design,
    beats: &BeatStimulus,
    what: &str,
) -> usize {
    let expected = embedded(design, beats);
    let seen = simulator
        .play(design, beats)
        .unwrap_or_else(|error| panic!("{what}: {error}"));
    if let Some(stream) =
        (0..expected.streams.len()).find(|&s| seen.streams[s] != expected.streams[s])
    {
        let (a, b) = (&expected.streams[stream], &seen.streams[stream]);
        let at = (0..a.len().max(b.len()))
            .find(|&n| a.get(n) != b.get(n))
            .unwrap();
        panic!(
            "{what}: stream {stream} beat {at}: rust-hdl {:?}, {} {:?}",
            a.get(at),
            simulator.name(),
            b.get(at)
        );
    }
    assert_eq!(seen, expected, "{what}");
    expected.streams.iter().map(Vec::len).sum()
}

#[test]
fn icarus_equals_the_embedded_simulator_on_random_networks() {
    if !tools(ICARUS) {
        return;
    }
    let rng = &mut rng(seed(11));
    let mut beats = 0;
    for n in 0..u64::from(cases(20, 200)) {
        let case = generate::case(rng);
        let design = design(&case.network, &designs::options(&case, n % 8 != 7, n)).unwrap();
        let stimulus = designs::stimulus(&case, n);
        let stimulus = BeatStimulus::of_samples(&design, &stimulus.samples, stimulus.stalls);
        beats += agree(
            &mut Icarus::new(),
            &design,
            &stimulus,
            &format!("network {n}"),
        );
    }
    println!("{beats} beats equal");
    assert!(beats > 500);
}

#[test]
fn verilator_equals_the_embedded_simulator_play_after_play() {
    if !tools(VERILATED) {
        return;
    }
    let rng = &mut rng(seed(12));
    let mut beats = 0;
    for n in 0..u64::from(cases(2, 20)) {
        let case = generate::case(rng);
        let design = design(&case.network, &designs::options(&case, true, n)).unwrap();
        let mut verilator = Verilator::new();
        for play in 0..10 {
            let samples = generate::samples(rng, design.plans[0].axons, design.plans[0].fed.max);
            let stimulus = BeatStimulus::of_samples(&design, &samples, Stalls::random(play));
            beats += agree(
                &mut verilator,
                &design,
                &stimulus,
                &format!("network {n} play {play}"),
            );
        }
    }
    println!("{beats} beats equal");
    assert!(beats > 200);
}

/// Beats of any kind: surplus and repeated events, bad addresses and payloads, idle beats. The last one ends a step.
fn illegal(design: &Design, draw: u64) -> BeatStimulus {
    let rng = &mut rng(draw);
    let mask = u64::MAX >> (64 - design.input.tdata_bits());
    let mut beats: Vec<InputBeat> = (0..200)
        .map(|_| InputBeat {
            data: rng.random::<u64>() & mask,
            last: rng.random_bool(0.1),
            user: rng.random_bool(0.3),
            gap: 0,
        })
        .collect();
    beats.push(InputBeat {
        data: design.input.pack_null(),
        last: true,
        user: true,
        gap: 0,
    });
    BeatStimulus::with_stalls(design, beats, Stalls::random(draw))
}

#[test]
fn illegal_streams_are_flagged_and_do_not_hang_on_any_engine() {
    let network = Small {
        sizes: vec![5, 3, 2],
        payload_max: 11,
        ..Small::default()
    }
    .network();
    let design = hardware(&network, 2, 1, true);
    let mut verilator = Verilator::new();
    for draw in 0..5 {
        let beats = illegal(&design, draw);
        let result = embedded(&design, &beats);
        assert!(result.protocol_error);
        assert_eq!(
            result.streams[0].iter().filter(|beat| beat.last).count(),
            beats.steps()
        );
        if tools(ICARUS) {
            agree(&mut Icarus::new(), &design, &beats, "illegal stream");
        }
        if tools(VERILATED) {
            agree(&mut verilator, &design, &beats, "illegal stream");
            let legal = BeatStimulus::of_samples(
                &design,
                &Small {
                    sizes: vec![5],
                    payload_max: 11,
                    ..Small::default()
                }
                .samples(),
                Stalls::NONE,
            );
            agree(
                &mut verilator,
                &design,
                &legal,
                "a legal stream after an illegal one",
            );
        }
    }
}

fn stuck_ready(emitted: &mut goldspike::emit::Emitted) {
    let text = emitted
        .files
        .get_mut(Path::new("rtl/gs_lif_hard.v"))
        .unwrap();
    let line = text
        .lines()
        .find(|line| line.contains("assign s_axis_tready"))
        .unwrap()
        .to_owned();
    *text = text.replace(&line, "    assign s_axis_tready = 1'b0;");
}

#[test]
fn a_patched_design_that_hangs_is_an_error_on_both() {
    let (small, lanes, neuron_lanes) = references().remove(0);
    let design = hardware(&small.network(), lanes, neuron_lanes, false);
    let beats = BeatStimulus::of_samples(&design, &small.samples(), Stalls::NONE);
    let mut seen = Vec::new();
    if tools(ICARUS) {
        seen.push(Icarus::new().patched(stuck_ready).play(&design, &beats));
    }
    if tools(VERILATED) {
        let mut verilator = Verilator::new().patched(stuck_ready);
        seen.push(verilator.play(&design, &beats));
        seen.push(verilator.play(&design, &beats));
    }
    for result in seen {
        assert!(
            matches!(
                result,
                Err(EngineError::Hang {
                    taken: 0,
                    steps: 0,
                    ..
                })
            ),
            "{result:?}"
        );
    }
}

#[test]
fn text_that_the_tool_refuses_is_an_error_with_the_command_and_the_first_message() {
    let (small, lanes, neuron_lanes) = references().remove(0);
    let design = hardware(&small.network(), lanes, neuron_lanes, false);
    let beats = BeatStimulus::of_samples(&design, &small.samples(), Stalls::NONE);
    let spoil = |emitted: &mut goldspike::emit::Emitted| {
        let text = emitted
            .files
            .get_mut(Path::new("rtl/gs_lif_hard_guard.v"))
            .unwrap();
        text.push_str("syntax error here\n");
    };
    let cache = tempfile::tempdir().unwrap();
    let mut seen = Vec::new();
    if tools(ICARUS) {
        seen.push(Icarus::new().patched(spoil).play(&design, &beats));
    }
    if tools(VERILATED) {
        seen.push(
            Verilator::new()
                .with_cache(cache.path().to_owned())
                .patched(spoil)
                .play(&design, &beats),
        );
    }
    for result in seen {
        let text = result.unwrap_err().to_string();
        for part in [
            "gs_lif_hard_guard.v",
            "exit status",
            "log: ",
            "rtl/gs_lif_hard.v",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}

fn entries(cache: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(cache)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with("verilator-")
        })
        .collect();
    entries.sort();
    entries
}

#[test]
fn verilator_compiles_a_design_once_and_never_uses_a_partial_entry() {
    if !tools(VERILATED) {
        return;
    }
    let cache = tempfile::tempdir().unwrap();
    let (small, lanes, neuron_lanes) = references().remove(3);
    let design = hardware(&small.network(), lanes, neuron_lanes, false);
    let samples = small.samples();
    let beats = BeatStimulus::of_samples(&design, &samples, Stalls::NONE);
    let start = || Verilator::new().with_cache(cache.path().to_owned());
    let timed = |what: &str| {
        let clock = Instant::now();
        agree(&mut start(), &design, &beats, what);
        println!("{what}: {:?}", clock.elapsed());
    };
    timed("first build");
    let first = entries(cache.path());
    assert_eq!(first.len(), 1);
    timed("from the cache");
    assert_eq!(entries(cache.path()), first);
    std::fs::remove_file(first[0].join("sim")).unwrap();
    timed("an entry that lost its program");
    assert_eq!(entries(cache.path()), first);

    let wider = hardware(
        &Small {
            membrane_bits: 9,
            ..small
        }
        .network(),
        lanes,
        neuron_lanes,
        false,
    );
    agree(&mut start(), &wider, &beats, "another design");
    assert_eq!(entries(cache.path()).len(), 2);
}

#[test]
fn verilator_is_fast_on_many_beats() {
    if !tools(VERILATED) {
        return;
    }
    let (small, lanes, neuron_lanes) = references().remove(0);
    let design = hardware(&small.network(), lanes, neuron_lanes, true);
    let samples: Vec<_> = small.samples().into_iter().cycle().take(6000).collect();
    let beats = BeatStimulus::of_samples(&design, &samples, Stalls::NONE);
    let mut verilator = Verilator::new();
    verilator
        .play(
            &design,
            &BeatStimulus::of_samples(&design, &samples[..1], Stalls::NONE),
        )
        .unwrap();
    let clock = Instant::now();
    let result = verilator.play(&design, &beats).unwrap();
    let seconds = clock.elapsed().as_secs_f64();
    println!(
        "{} cycles, {} beats in, {} out: {:.0} cycles/s",
        result.cycles,
        beats.beats.len(),
        result.streams.iter().map(Vec::len).sum::<usize>(),
        result.cycles as f64 / seconds
    );
    assert!(seconds < 30.0, "{seconds} s");
}

#[test]
fn a_missing_simulator_names_its_package() {
    let nothing = tempfile::tempdir().unwrap();
    let toolbox = || Toolbox::of([nothing.path().to_owned()]);
    let (small, lanes, neuron_lanes) = references().remove(0);
    let design = hardware(&small.network(), lanes, neuron_lanes, false);
    let beats = BeatStimulus::of_samples(&design, &small.samples(), Stalls::NONE);
    let message = |result: Result<BeatResult, EngineError>| match result {
        Err(EngineError::Missing { message, .. }) => message,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        message(Icarus::with_tools(toolbox()).play(&design, &beats)),
        "`iverilog` was not found on PATH; on Debian and Ubuntu: apt-get install iverilog"
    );
    assert_eq!(
        message(Verilator::new().with_tools(toolbox()).play(&design, &beats)),
        "`verilator` was not found on PATH; on Debian and Ubuntu: apt-get install verilator"
    );
}

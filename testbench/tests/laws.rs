//! Laws of the hardware, each a property over random designs on the embedded simulator.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs)]

use std::cell::Cell;

use goldspike::engine::beats::{BeatResult, BeatStimulus, InputBeat, traces};
use goldspike::engine::{Bench, Stalls};
use goldspike::hdl::Sim;
use goldspike::rtl::options::DEFAULT_BANKS;
use goldspike::rtl::stream::Layout;
use goldspike::rtl::{Design, DesignOptions, LaneChoice, design};
use goldspike_golden::encoding::Encoding;
use goldspike_golden::event::{Event, Sample};
use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::network::golden;
use goldspike_golden::neuron::{ModelId, Spikes};
use goldspike_golden::quant::{Param, QuantInput, QuantLayer, QuantNetwork, QuantNeuron};
use goldspike_golden::trace::{LayerTrace, SampleTrace};
use goldspike_testbench::cross_check::{cases, runner, seed};
use goldspike_testbench::plain::complete;
use goldspike_testbench::strategy::{self, Case};
use goldspike_testbench::{designs, strategy::rng};
use proptest::prelude::{RngExt, any};
use proptest::test_runner::{TestCaseError, TestError, TestRng};

/// Runs a law over random cases and panics with the smallest one that breaks it.
fn law(few: u32, law: impl Fn(&Case, u64) -> Result<(), String>) {
    let cases = cases(few, few * 10);
    let run = Cell::new(0);
    let strategy = (strategy::quant_case(), any::<u64>());
    let outcome = runner(cases, seed(2)).run(&strategy, |(case, draw)| {
        run.set(run.get() + 1);
        law(&case, draw).map_err(TestCaseError::fail)
    });
    match outcome {
        Ok(()) => assert!(run.get() >= cases, "{} of {cases} cases ran", run.get()),
        Err(TestError::Fail(reason, (case, draw))) => {
            panic!("{reason}\nsmallest case found, draw {draw}: {case:#?}")
        }
        Err(error) => panic!("{error}"),
    }
}

fn build(case: &Case, probe: bool, draw: u64) -> Design {
    design(&case.network, &designs::options(case, probe, draw)).unwrap()
}

fn play(design: &Design, samples: &[Sample], stalls: Stalls) -> BeatResult {
    let beats = BeatStimulus::of_samples(design, samples, stalls);
    Bench::new(design).unwrap().play(&beats, |_| {}).unwrap()
}

fn traced(design: &Design, samples: &[Sample], result: &BeatResult) -> Vec<SampleTrace<i64>> {
    traces("rust-hdl", design, samples, result).unwrap()
}

fn equal<T: PartialEq + std::fmt::Debug>(what: &str, a: &T, b: &T) -> Result<(), String> {
    if a == b {
        Ok(())
    } else {
        Err(format!("{what}: {a:?} and {b:?}"))
    }
}

#[test]
fn stalls_do_not_change_the_trace() {
    law(60, |case, draw| {
        let design = build(case, true, draw);
        let free = play(&design, &case.samples, Stalls::NONE);
        let stalled = play(&design, &case.samples, Stalls::random(draw));
        equal("streams", &free.streams, &stalled.streams)
    });
}

#[test]
fn lanes_and_banks_do_not_change_the_trace() {
    law(60, |case, draw| {
        let (one, other) = (build(case, true, draw), build(case, true, draw ^ 0xABCD));
        let of = |design: &Design| {
            traced(
                design,
                &case.samples,
                &play(design, &case.samples, Stalls::random(draw)),
            )
        };
        equal("traces", &of(&one), &of(&other))
    });
}

#[test]
fn the_probe_does_not_change_the_output() {
    law(60, |case, draw| {
        let options = designs::options(case, true, draw);
        let probed = design(&case.network, &options).unwrap();
        let shipped = design(
            &case.network,
            &DesignOptions {
                probe: false,
                ..options
            },
        )
        .unwrap();
        let with = play(&probed, &case.samples, Stalls::random(draw));
        let without = play(&shipped, &case.samples, Stalls::random(draw));
        equal("output streams", &with.streams[0], &without.streams[0])
    });
}

#[test]
fn samples_back_to_back_equal_samples_apart() {
    law(60, |case, draw| {
        let design = build(case, true, draw);
        let together = traced(
            &design,
            &case.samples,
            &play(&design, &case.samples, Stalls::random(draw)),
        );
        for (sample, trace) in case.samples.iter().zip(&together) {
            let alone = std::slice::from_ref(sample);
            let apart = traced(&design, alone, &play(&design, alone, Stalls::NONE));
            equal("traces", &apart[0], trace)?;
        }
        Ok(())
    });
}

#[test]
fn reset_midstream_equals_fresh_start() {
    law(60, |case, draw| {
        let design = build(case, true, draw);
        let beats = BeatStimulus::of_samples(&design, &case.samples, Stalls::random(draw));
        let fresh = Bench::new(&design).unwrap().play(&beats, |_| {}).unwrap();
        let mut bench = Bench::new(&design).unwrap();
        disturb(bench.sim_mut(), &design, draw);
        let after = bench.play(&beats, |_| {}).unwrap();
        equal("results", &fresh, &after)
    });
}

/// Some cycles of legal and illegal beats with random READY, left in the middle.
fn disturb(sim: &mut Sim, design: &Design, draw: u64) {
    let rng = &mut rng(draw);
    let input = |sim: &Sim, name: &str| sim.input(name).unwrap();
    let (valid, data) = (input(sim, "s_axis_tvalid"), input(sim, "s_axis_tdata"));
    let (last, user) = (input(sim, "s_axis_tlast"), input(sim, "s_axis_tuser"));
    let ready = input(sim, "m_axis_tready");
    let probes: Vec<_> = (0..design.probes.len())
        .map(|l| input(sim, &format!("m_axis_probe{l}_tready")))
        .collect();
    for _ in 0..rng.random_range(0..400) {
        sim.set(valid, i128::from(rng.random_bool(0.8)));
        sim.set(
            data,
            i128::from(rng.random::<u64>() & (u64::MAX >> (64 - design.input.tdata_bits()))),
        );
        sim.set(last, i128::from(rng.random_bool(0.2)));
        sim.set(user, i128::from(rng.random_bool(0.3)));
        sim.set(ready, i128::from(rng.random_bool(0.5)));
        for &probe in &probes {
            sim.set(probe, i128::from(rng.random_bool(0.5)));
        }
        sim.clock();
    }
}

#[test]
fn output_streams_hold_valid_and_payload_until_ready() {
    law(40, |case, draw| {
        let design = build(case, true, draw);
        let beats = BeatStimulus::of_samples(&design, &case.samples, Stalls::random(draw));
        let mut bench = Bench::new(&design).unwrap();
        let prefixes: Vec<String> = std::iter::once("m_axis".to_owned())
            .chain((0..design.probes.len()).map(|layer| format!("m_axis_probe{layer}")))
            .collect();
        let sim = bench.sim();
        let ports: Vec<_> = prefixes
            .iter()
            .map(|prefix| {
                let out = |name: &str| sim.output(&format!("{prefix}_{name}")).unwrap();
                let ready = sim.input(&format!("{prefix}_tready")).unwrap();
                (
                    out("tvalid"),
                    ready,
                    out("tdata"),
                    out("tlast"),
                    out("tuser"),
                )
            })
            .collect();
        let mut waiting: Vec<Option<(Vec<i128>, i128, i128)>> = vec![None; ports.len()];
        let mut broken = None;
        bench
            .play(&beats, |sim| {
                for (stream, &(valid, ready, data, last, user)) in ports.iter().enumerate() {
                    let beat = (sim.get_vec(data), sim.get(last), sim.get(user));
                    let is_valid = sim.get(valid) == 1;
                    if let Some(before) = &waiting[stream]
                        && (!is_valid || *before != beat)
                    {
                        broken = Some(format!("{}: {before:?} became {beat:?}", prefixes[stream]));
                    }
                    waiting[stream] = (is_valid && sim.get(ready) == 0).then_some(beat);
                }
            })
            .unwrap();
        broken.map_or(Ok(()), Err)
    });
}

/// What the guard makes of a beat.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fault {
    Duplicate,
    BadAddress,
    BadPayload,
    IdleBeat,
    Repeat,
}

#[test]
fn illegal_streams_are_flagged_and_never_hang() {
    let (seen, beside) = (Cell::new([[0u32; 5]; 2]), Cell::new(0u32));
    law(120, |case, draw| {
        let design = build(case, true, draw);
        let rng = &mut rng(draw);
        let clean = BeatStimulus::of_samples(&design, &case.samples, Stalls::NONE);
        let (beats, faults) = spoil(rng, &design, case, &clean.beats, &beside);
        let stimulus = BeatStimulus::with_stalls(&design, beats, Stalls::random(draw));
        let result = Bench::new(&design)
            .unwrap()
            .play(&stimulus, |_| {})
            .map_err(|e| e.to_string())?;
        equal(
            "flag and faults",
            &result.protocol_error,
            &!faults.is_empty(),
        )?;
        let mut counts = seen.get();
        for (fault, last) in faults {
            counts[usize::from(last)][fault as usize] += 1;
        }
        seen.set(counts);
        let golden = golden(&case.network).unwrap();
        let expected: Vec<_> = case
            .samples
            .iter()
            .map(|sample| golden.run(sample))
            .collect();
        equal(
            "trace without the illegal beats",
            &traced(&design, &case.samples, &result),
            &expected,
        )
    });
    let [within, ends] = seen.get();
    println!(
        "faults (duplicate, address, payload, idle, repeat): {within:?}, on TLAST beats {ends:?}"
    );
    println!("{} beside an event in its beat", beside.get());
    assert!(beside.get() > 0);
    assert!(within[..4].iter().all(|&count| count > 0), "{within:?}");
    for kind in [0, 1, 2, Fault::Repeat as usize] {
        assert!(ends[kind] > 0, "{ends:?}");
    }
}

/// A payload as it stands in its bits, a sign among them.
fn bits_of(payload: i64) -> u32 {
    match payload {
        -1 => 1,
        payload => u32::try_from(payload).unwrap(),
    }
}

/// Puts illegal beats between legal ones and in the place of beats that end a step: each kind, as it can be drawn there.
fn spoil(
    rng: &mut TestRng,
    design: &Design,
    case: &Case,
    clean: &[InputBeat],
    beside: &Cell<u32>,
) -> (Vec<InputBeat>, Vec<(Fault, bool)>) {
    let (mut beats, mut faults, mut step) = (Vec::new(), Vec::new(), Vec::new());
    let mut first_step = true;
    for beat in clean {
        let (null, payload, _) = design.input.unpack(beat.data);
        let repeats = design.input.is_analogue() && null && payload == 1;
        let slots: Vec<_> = design.input.unpack_slots(beat.data).collect();
        let events: Vec<(u32, u32)> = slots
            .iter()
            .filter(|&&(null, _, _)| !null)
            .map(|&(_, payload, address)| (address, bits_of(payload)))
            .collect();
        while rng.random_bool(0.25) {
            let place = Place {
                step: &step,
                last: false,
                first_step,
            };
            let (fault, data) = illegal(rng, design, case, place).expect("an idle beat");
            faults.push((fault, false));
            beats.push(InputBeat {
                data,
                last: false,
                user: rng.random_bool(0.5),
                gap: 0,
            });
        }
        step.extend(events.iter().map(|&(address, _)| address));
        // An event that was there before, or out of range, in a slot that is not filled.
        if !events.is_empty() && events.len() < slots.len() && rng.random_bool(0.5) {
            let place = Place {
                step: &step,
                last: true,
                first_step,
            };
            if let Some((fault, data)) = illegal(rng, design, case, place) {
                let (_, payload, address) = design.input.unpack(data);
                let mut spoiled = events.clone();
                spoiled.push((address, bits_of(payload)));
                faults.push((fault, beat.last));
                beats.push(InputBeat {
                    data: design.input.pack_events(&spoiled),
                    ..*beat
                });
                beside.set(beside.get() + 1);
                if beat.last {
                    step.clear();
                    first_step = beat.user;
                }
                continue;
            }
        }
        // An illegal event that ends the step is dropped, and ends it all the same. One in the place of a beat that says
        // that the step is as the one before would leave a silent step.
        let place = Place {
            step: &step,
            last: true,
            first_step,
        };
        let end = (beat.last && !repeats && rng.random_bool(0.5))
            .then(|| illegal(rng, design, case, place))
            .flatten();
        if let Some((fault, data)) = end {
            if !null {
                beats.push(InputBeat {
                    last: false,
                    user: rng.random_bool(0.5),
                    ..*beat
                });
            }
            faults.push((fault, true));
            beats.push(InputBeat { data, ..*beat });
        } else {
            beats.push(*beat);
        }
        if beat.last {
            step.clear();
            first_step = beat.user;
        }
    }
    (beats, faults)
}

/// Where an illegal beat goes: after these events of its step, at its end, in the first step of a sample.
#[derive(Clone, Copy)]
struct Place<'a> {
    step: &'a [u32],
    last: bool,
    first_step: bool,
}

/// An illegal beat: its kind and TDATA; `None` if no kind can be drawn there. A beat without an event is legal where it
/// ends the step; one that says that the step is as the one before, where there is one and the step has no event.
fn illegal(
    rng: &mut TestRng,
    design: &Design,
    case: &Case,
    place: Place<'_>,
) -> Option<(Fault, u64)> {
    let Place {
        step,
        last,
        first_step,
    } = place;
    let layout = design.input;
    let axons = u32::try_from(case.network.input.axons).unwrap();
    let payload_max = case.network.input.payload_max;
    let (addresses, payloads) = (1 << layout.address, 1 << layout.payload);
    let kinds: Vec<Fault> = [
        (Fault::Duplicate, !step.is_empty()),
        (Fault::BadAddress, axons < addresses),
        (
            Fault::BadPayload,
            layout.payload > 0 && payload_max + 1 < payloads,
        ),
        (Fault::IdleBeat, !last),
        (
            Fault::Repeat,
            last && layout.is_analogue() && (!layout.repeats || first_step || !step.is_empty()),
        ),
    ]
    .into_iter()
    .filter_map(|(fault, possible)| possible.then_some(fault))
    .collect();
    if kinds.is_empty() {
        return None;
    }
    let fault = kinds[rng.random_range(0..kinds.len())];
    let payload = rng.random_range(1..=payload_max);
    let data = match fault {
        Fault::Duplicate => layout.pack_event(step[rng.random_range(0..step.len())], payload),
        Fault::BadAddress => layout.pack_event(rng.random_range(axons..addresses), payload),
        Fault::BadPayload => layout.pack_event(
            rng.random_range(0..axons),
            rng.random_range(payload_max + 1..payloads),
        ),
        Fault::IdleBeat if layout.is_analogue() && rng.random_bool(0.5) => repeat(layout),
        Fault::IdleBeat => layout.pack_null(),
        Fault::Repeat => repeat(layout),
    };
    Some((fault, data))
}

/// TDATA that says that a step is as the one before, whether or not that is allowed.
fn repeat(layout: Layout) -> u64 {
    layout.pack_null() | layout.pack_event(0, 1)
}

/// Cycles in which the crossbar of the layer `index` ends a step.
fn step_ends(design: &Design, stimulus: &BeatStimulus, index: usize) -> Vec<u64> {
    let layer = format!("u_layer{index}");
    let mut bench = Bench::new(design).unwrap();
    let crossbar = bench.sim().signals().iter().find(|signal| {
        let of_layer = signal.path.contains(&layer);
        let of_crossbar = signal.path.last().is_some_and(|name| name == "u_crossbar");
        signal.name == "step_done_d1_q" && of_layer && of_crossbar
    });
    let step_done = crossbar.expect("the crossbar names the end of a step").slot;
    let (mut cycle, mut ends) = (0u64, Vec::new());
    bench
        .play(stimulus, |sim| {
            cycle += 1;
            if sim.value(step_done) == 1 {
                ends.push(cycle);
            }
        })
        .unwrap();
    ends
}

#[test]
fn steady_steps_take_the_cycles_of_the_datasheet() {
    let (compared, silent) = (Cell::new(0), Cell::new(0));
    let paced_by_slots = Cell::new(0);
    law(60, |case, draw| {
        let mut network = case.network.clone();
        network.layers.truncate(1);
        let axons = u32::try_from(network.input.axons).unwrap();
        let events = match draw >> 24 & 3 {
            0 => 0,
            _ => (draw % u64::from(axons + 1)) as u32,
        };
        let changes = network.input.payload_max > 1 && events > 0 && draw >> 32 & 1 == 0;
        let step = |t: usize| -> Vec<Event> {
            let payload = if changes && t % 2 == 1 { 2 } else { 1 };
            (0..events)
                .map(|address| Event { address, payload })
                .collect()
        };
        let samples = |steps: usize| {
            vec![Sample {
                steps: (0..steps).map(step).collect(),
            }]
        };
        let drawn = designs::options(case, false, draw);
        // With fewer banks a short step waits for a free one: the way from there to the next step's events is longer.
        let options = DesignOptions {
            lanes: LaneChoice::All(1 + (draw >> 8 & 7) as u32),
            neuron_lanes: LaneChoice::All(1 + (draw >> 16 & 3) as u32),
            banks: drawn.banks.max(DEFAULT_BANKS),
            ..drawn
        };
        let design = design(&network, &options).unwrap();
        let plan = &design.plans[0];
        let repeats = plan.repeat_cycles().filter(|_| !changes);
        let compute = u64::from(repeats.unwrap_or(plan.step_cycles(events)));
        // Beats in and out run at one a cycle: they set the pace where they are as many as the passes' cycles. Going in, a
        // beat has as many events as it has slots, or those that are left.
        let trace = golden(&network).unwrap().run(&samples(32)[0]);
        let spikes = |layer: &LayerTrace<i64>| layer.spikes.iter().filter(|&&s| s != 0).count();
        let most = trace.steps.iter().map(|step| spikes(&step.layers[0]));
        let slots = design.input.slots;
        let beats_in = match repeats {
            Some(_) => 1,
            None => events.div_ceil(slots).max(1),
        };
        let clean = BeatStimulus::of_samples(&design, &samples(2), Stalls::NONE);
        if repeats.is_none() {
            equal(
                "beats of two steps",
                &clean.beats.len(),
                &(2 * beats_in as usize),
            )?;
        }
        let beats = u64::from(beats_in).max(most.max().unwrap_or(0) as u64 + 1);
        if compute <= beats {
            return Ok(());
        }
        silent.set(silent.get() + u32::from(events == 0));
        let stimulus = BeatStimulus::of_samples(&design, &samples(32), Stalls::NONE);
        let ends = step_ends(&design, &stimulus, 0);
        compared.set(compared.get() + 1);
        if u64::from(events) >= compute {
            paced_by_slots.set(paced_by_slots.get() + 1);
        }
        equal("steps", &ends.len(), &32)?;
        let steady: Vec<u64> = ends[12..]
            .windows(2)
            .map(|pair| pair[1] - pair[0])
            .collect();
        equal(
            "cycles of each steady step",
            &steady,
            &vec![compute; steady.len()],
        )
    });
    assert!(silent.get() > 3, "{} silent ones", silent.get());
    let slots = paced_by_slots.get();
    println!("{slots} designs would wait for beats of one event");
    assert!(slots > 0);
    assert!(
        compared.get() > 10,
        "only {} designs were compared",
        compared.get()
    );
}

/// Axon `i` makes neuron `i` of the first layer fire, upwards where `i` is even; those of the second never fire.
fn fed_with_signs(axons: usize, neurons: usize) -> QuantNetwork {
    let layer = |index: usize, neurons: usize, weights: Vec<i32>, spikes: Spikes| {
        let membrane = QFormat::signed(16, 0);
        let mut neuron = QuantNeuron::new(ModelId::Lif, QFormat::unsigned(2, 1));
        neuron.modes.spikes = spikes;
        complete(&mut neuron, membrane, if index == 0 { 1 } else { 1 << 14 });
        QuantLayer {
            name: format!("n{index}"),
            axons,
            neurons,
            weight_bits: 3,
            weights,
            bias: vec![0; neurons],
            accumulator: QFormat::signed(8, 0),
            guard_bits: 0,
            membrane,
            rounding: Rounding::HalfUp,
            overflow: Overflow::Saturate,
            scale: Param::Layer(1.0),
            neuron,
        }
    };
    let sign = |axon: usize| if axon.is_multiple_of(2) { 1 } else { -1 };
    let own = |at: usize| match (at / axons, at % axons) {
        (neuron, axon) if neuron == axon => sign(axon),
        _ => 0,
    };
    let first = (0..axons * axons).map(own).collect();
    let second = (0..axons * neurons).map(|at| at as i32 % 8 - 4).collect();
    QuantNetwork {
        name: "signs".to_owned(),
        time_steps: 8,
        input: QuantInput {
            axons,
            payload_max: 1,
            payload_scale: 1.0,
            encoding: Encoding::Events,
        },
        layers: vec![
            layer(0, axons, first, Spikes::Ternary),
            layer(1, neurons, second, Spikes::Binary),
        ],
    }
}

/// Steps follow each other without a gap too where weights are negated on their way.
#[test]
fn steady_steps_of_ternary_spikes_take_the_cycles_of_the_datasheet() {
    let (compared, negating) = (Cell::new(0), Cell::new(0));
    law(120, |case, draw| {
        let axons = 2 + (draw >> 40 & 7) as usize;
        let network = fed_with_signs(axons, 1 + (draw >> 43 & 15) as usize);
        let events = (draw >> 48) as u32 % (axons as u32 + 1);
        let step = || -> Vec<Event> {
            let event = |address| Event {
                address,
                payload: 1,
            };
            (0..events).map(event).collect()
        };
        let sample = Sample {
            steps: (0..32).map(|_| step()).collect(),
        };
        let trace = golden(&network).unwrap().run(&sample);
        for step in &trace.steps {
            let fired = &step.layers[0].spikes;
            let negative = fired.iter().filter(|&&spike| spike < 0).count();
            equal("spikes of -1", &negative, &(events as usize / 2))?;
        }
        let drawn = designs::options(case, false, draw);
        let options = DesignOptions {
            lanes: LaneChoice::PerLayer(vec![axons as u32, 1 + (draw >> 8 & 3) as u32]),
            neuron_lanes: LaneChoice::PerLayer(vec![axons as u32, 1]),
            banks: drawn.banks.max(DEFAULT_BANKS),
            ..drawn
        };
        let Ok(design) = design(&network, &options) else {
            return Ok(());
        };
        let [first, second] = &design.plans[..] else {
            return Err("two layers".to_owned());
        };
        let compute = second.step_cycles(events);
        // Beats run at one a cycle between the layers, with one for the end of a step.
        if compute <= first.step_cycles(events).max(events + 1) {
            return Ok(());
        }
        compared.set(compared.get() + 1);
        let several = events > 1 && second.events > 1;
        negating.set(negating.get() + u32::from(several));
        let stimulus = BeatStimulus::of_samples(&design, &[sample], Stalls::NONE);
        let ends = step_ends(&design, &stimulus, 1);
        equal("steps", &ends.len(), &32)?;
        let steady: Vec<u64> = ends[12..].windows(2).map(|two| two[1] - two[0]).collect();
        equal(
            "cycles of each steady step",
            &steady,
            &vec![u64::from(compute); steady.len()],
        )
    });
    let (compared, negating) = (compared.get(), negating.get());
    println!("{compared} designs, {negating} of them negate several weights a cycle");
    assert!(compared > 20 && negating > 5, "{compared}, {negating}");
}

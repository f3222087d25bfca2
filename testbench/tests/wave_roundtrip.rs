//! Waveforms read back by an independent reader hold the golden trace, cycle by cycle.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs)]

use std::collections::{HashMap, HashSet};
use std::io::{self, Cursor, Write};

use goldspike::engine::Stalls;
use goldspike::rtl::{Design, DesignOptions, LaneChoice, LayerPlan, design};
use goldspike::verify::Quantity;
use goldspike::wave::{Kind, WaveError, WaveReport, Window, record, save_file};
use goldspike_golden::encoding::Encoding;
use goldspike_golden::event::{Event, Sample};
use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::network::golden;
use goldspike_golden::neuron::ModelId;
use goldspike_golden::quant::{Param, QuantInput, QuantLayer, QuantNetwork, QuantNeuron};
use goldspike_testbench::cross_check::{cases, runner, seed};
use goldspike_testbench::{designs, strategy};
use proptest::strategy::{Strategy, ValueTree};
use wellen::simple::Waveform;
use wellen::{SignalRef, SignalValueRef};

/// A waveform as `wellen` reads it.
struct Reader {
    waveform: Waveform,
    names: HashMap<String, SignalRef>,
}

impl Reader {
    fn new(vcd: Vec<u8>) -> Self {
        let mut waveform = wellen::simple::read_from_reader(Cursor::new(vcd)).unwrap();
        let hierarchy = waveform.hierarchy();
        let names: HashMap<String, SignalRef> = hierarchy
            .all_vars()
            .map(|var| {
                (
                    hierarchy[var].full_name(hierarchy),
                    hierarchy[var].signal_ref(),
                )
            })
            .collect();
        let all: HashSet<SignalRef> = names.values().copied().collect();
        waveform.load_signals(&all.into_iter().collect::<Vec<_>>());
        Self { waveform, names }
    }

    fn at(&self, name: &str, time: usize) -> SignalValueRef<'_> {
        let signal = *self.names.get(name).unwrap_or_else(|| panic!("no {name}"));
        let signal = self.waveform.get_signal(signal).unwrap();
        let offset = signal.get_offset(u32::try_from(time).unwrap()).unwrap();
        signal.get_value_at(&offset, offset.elements - 1)
    }

    fn real(&self, name: &str, time: usize) -> f64 {
        match self.at(name, time) {
            SignalValueRef::Real(value) => value,
            other => panic!("{name} is {other:?}"),
        }
    }

    /// The value of a vector as an unsigned number.
    fn bits(&self, name: &str, time: usize) -> u64 {
        let text = self.at(name, time).to_bit_string().unwrap();
        u64::from_str_radix(&text, 2).unwrap_or_else(|_| panic!("{name} is {text}"))
    }

    /// Indices of the times at which a cycle begins.
    fn cycles(&self) -> impl Iterator<Item = usize> + '_ {
        let times = self.waveform.time_table();
        (0..times.len() - 1).filter(|&index| times[index].is_multiple_of(10))
    }
}

struct Recorded {
    report: WaveReport,
    vcd: Vec<u8>,
}

fn recorded(
    network: &QuantNetwork,
    design: &Design,
    samples: &[Sample],
    stalls: Stalls,
    window: &Window,
) -> Recorded {
    let mut vcd = Vec::new();
    let report = record(network, design, samples, stalls, window, &mut vcd).unwrap();
    Recorded { report, vcd }
}

/// The first neuron of the row that is written back: the unit gives the row's number where the lanes are a power of two.
fn base(read: &Reader, unit: &str, plan: &LayerPlan, time: usize) -> usize {
    let shown = read.bits(&format!("{unit}.base_o"), time) as usize;
    let lanes = plan.neuron_lanes as usize;
    if lanes.is_power_of_two() {
        shown * lanes
    } else {
        shown
    }
}

/// Every result of the window's steps, found by the hardware's own write-back signals, equals the golden trace on both
/// sides. Gives the number of values compared.
fn check(
    network: &QuantNetwork,
    design: &Design,
    samples: &[Sample],
    window: &Window,
    read: &Reader,
) -> usize {
    let trace = golden(network).unwrap().run(&samples[window.sample]);
    let mut compared = 0;
    for (index, (layer, plan)) in network.layers.iter().zip(&design.plans).enumerate() {
        let unit = format!("{}.u_layer{index}.u_neurons", design.top.name());
        let mut seen = HashSet::new();
        for time in read.cycles() {
            assert_eq!(read.bits(&format!("golden.layer{index}.mismatch"), time), 0);
            if read.bits(&format!("{unit}.row_valid_o"), time) == 0 {
                continue;
            }
            let step = read.bits(&format!("golden.layer{index}.step"), time) as usize;
            let base = base(read, &unit, plan, time);
            let expected = &trace.steps[step].layers[index];
            for neuron in base..layer.neurons.min(base + plan.neuron_lanes as usize) {
                assert!(
                    seen.insert((step, neuron)),
                    "layer {index} step {step} neuron {neuron} twice"
                );
                for side in ["golden", "rtl"] {
                    let name = |what: &str| format!("{side}.layer{index}.n{neuron}_{what}");
                    assert_eq!(
                        read.bits(&name("spike"), time),
                        // -1 is shown in two bits.
                        expected.spikes[neuron] as u64 & 3,
                        "{}",
                        name("spike")
                    );
                    assert_eq!(
                        read.real(&name("h"), time),
                        expected.h[neuron] as f64 * layer.h_lsb(neuron),
                        "{}",
                        name("h")
                    );
                    for (number, state) in layer.neuron.states().enumerate() {
                        let name = name(state.name);
                        let raw = expected.states[number][neuron];
                        let shown = raw as f64 * layer.state_lsb(&state, neuron);
                        assert_eq!(read.real(&name, time), shown, "{name}");
                    }
                    compared += 2 + expected.states.len();
                }
            }
        }
        for step in window.steps.clone() {
            for neuron in 0..layer.neurons {
                assert!(
                    seen.contains(&(step, neuron)),
                    "layer {index} step {step} neuron {neuron} missing"
                );
            }
        }
    }
    compared
}

/// Times rise, cover the cycles of the report, and every name is declared once.
fn check_frame(read: &Reader, report: &WaveReport) {
    assert_eq!(read.names.len(), report.signals);
    let times = read.waveform.time_table();
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
    assert_eq!(times[0], report.first_cycle * 10);
    assert_eq!(times.len() as u64, 2 * report.cycles + 1);
    assert_eq!(
        times[times.len() - 1],
        (report.first_cycle + report.cycles) * 10
    );
}

#[test]
fn waveform_equals_the_golden_trace_for_every_network() {
    let mut runner = runner(1, seed(7));
    let mut compared = 0;
    for draw in 0..u64::from(cases(25, 250)) {
        let case = strategy::quant_case()
            .new_tree(&mut runner)
            .unwrap()
            .current();
        let design = design(&case.network, &designs::options(&case, true, draw)).unwrap();
        let stimulus = designs::stimulus(&case, draw);
        let sample = draw as usize % case.samples.len();
        let steps = case.samples[sample].steps.len();
        let start = draw as usize * 7 % steps;
        let window = Window {
            sample,
            alone: true,
            number: 0,
            steps: start..steps.min(start + 1 + draw as usize % 4),
        };
        let wave = recorded(
            &case.network,
            &design,
            &case.samples,
            stimulus.stalls,
            &window,
        );
        assert_eq!(wave.report.first_mismatch, None, "draw {draw}");
        let read = Reader::new(wave.vcd);
        check_frame(&read, &wave.report);
        compared += check(&case.network, &design, &case.samples, &window, &read);
        let as_played = Window {
            alone: false,
            ..window.clone()
        };
        let wave = recorded(
            &case.network,
            &design,
            &case.samples,
            stimulus.stalls,
            &as_played,
        );
        assert_eq!(wave.report.first_mismatch, None, "draw {draw}, as played");
        assert_eq!(
            (wave.report.sample, &wave.report.steps),
            (sample, &window.steps)
        );
        check_frame(&Reader::new(wave.vcd), &wave.report);
    }
    assert!(compared > 100, "{compared} values compared");
}

/// Three axons, three neurons, two neurons; per-neuron scales, negative membranes, spikes in both layers.
fn small() -> (QuantNetwork, Vec<Sample>) {
    let layer = |name: &str, axons: usize, weights: Vec<i32>, scale: Param<f64>| QuantLayer {
        name: name.to_owned(),
        axons,
        neurons: weights.len() / axons,
        weight_bits: 6,
        bias: vec![0; weights.len() / axons],
        weights,
        accumulator: QFormat::signed(10, 4),
        guard_bits: 0,
        membrane: QFormat::signed(10, 4),
        rounding: Rounding::Floor,
        overflow: Overflow::Saturate,
        scale,
        neuron: QuantNeuron::new(ModelId::Lif, QFormat::unsigned(5, 4))
            .with("decay", Param::Layer(12))
            .with("offset", Param::Layer(0))
            .with("fire_at", Param::Layer(16))
            .with("v_reset", Param::Layer(-2))
            .with("v_init", Param::Layer(3)),
    };
    let network = QuantNetwork {
        name: "small.net-1".to_owned(),
        time_steps: 6,
        input: QuantInput {
            axons: 3,
            payload_max: 1,
            payload_scale: 1.0,
            encoding: Encoding::Events,
        },
        layers: vec![
            layer(
                "first",
                3,
                vec![20, 5, -9, -12, 18, 3, 7, 7, 7],
                Param::Neuron(vec![1.0, 0.75, 0.3]),
            ),
            layer("second", 3, vec![17, -4, 9, 3, 16, 1], Param::Layer(0.5)),
        ],
    };
    let step = |addresses: &[u32]| addresses.iter().map(|&a| Event::spike(a)).collect();
    let sample = Sample {
        steps: vec![
            step(&[0, 1]),
            step(&[2]),
            step(&[]),
            step(&[0, 1, 2]),
            step(&[1]),
            step(&[0]),
        ],
    };
    (
        network,
        vec![
            Sample {
                steps: vec![step(&[2])],
            },
            sample,
        ],
    )
}

fn small_design(network: &QuantNetwork, probe: bool) -> Design {
    let options = DesignOptions {
        lanes: LaneChoice::All(2),
        neuron_lanes: LaneChoice::All(2),
        probe,
        ..DesignOptions::default()
    };
    design(network, &options).unwrap()
}

fn whole() -> Window {
    Window {
        sample: 1,
        alone: true,
        number: 0,
        steps: 0..6,
    }
}

#[test]
fn small_network_shows_both_sides_and_the_ports() {
    let (network, samples) = small();
    let design = small_design(&network, true);
    let wave = recorded(&network, &design, &samples, Stalls::NONE, &whole());
    let read = Reader::new(wave.vcd.clone());
    check_frame(&read, &wave.report);
    assert_eq!(
        check(&network, &design, &samples, &whole(), &read),
        6 * 5 * 2 * 3
    );
    let trace = golden(&network).unwrap().run(&samples[1]);
    let spikes = |layer: usize| {
        trace
            .steps
            .iter()
            .flat_map(|step| &step.layers[layer].spikes)
            .filter(|&&spike| spike == 1)
            .count()
    };
    assert!(spikes(0) > 0 && spikes(1) > 0);
    assert!(
        trace
            .steps
            .iter()
            .any(|step| step.layers[0].h.iter().any(|&h| h < 0))
    );

    let top = design.top.name();
    let ends = read
        .cycles()
        .filter(|&time| {
            ["tvalid", "tready", "tlast"]
                .iter()
                .all(|port| read.bits(&format!("{top}.m_axis_{port}"), time) == 1)
        })
        .count();
    assert_eq!(ends, 6, "steps that left on the output stream");
    for time in read.cycles() {
        assert_eq!(read.bits(&format!("{top}.clk_i"), time), 1);
        assert_eq!(read.bits(&format!("{top}.clk_i"), time + 1), 0);
    }
    let header = String::from_utf8_lossy(&wave.vcd[..400]).into_owned();
    assert!(header.contains("sample 1, steps 0..6"), "{header}");
}

#[test]
fn signed_signals_are_two_s_complement() {
    let (network, samples) = small();
    let design = small_design(&network, true);
    let wave = recorded(&network, &design, &samples, Stalls::NONE, &whole());
    let read = Reader::new(wave.vcd);
    let mut negative = 0;
    for time in read.cycles() {
        let unit = format!("{}.u_layer0.u_neurons", design.top.name());
        if read.bits(&format!("{unit}.row_valid_o"), time) == 0 {
            continue;
        }
        let base = base(&read, &unit, &design.plans[0], time);
        for lane in 0..2.min(network.layers[0].neurons - base) {
            let name = format!("{unit}.h_o_{lane}");
            let text = read.at(&name, time).to_bit_string().unwrap();
            let unsigned = i64::from_str_radix(&text, 2).unwrap();
            let sign = if text.starts_with('1') {
                1 << text.len()
            } else {
                0
            };
            let raw = unsigned - sign;
            negative += usize::from(raw < 0);
            let neuron = base + lane;
            let shown = read.real(&format!("rtl.layer0.n{neuron}_h"), time);
            assert_eq!(shown, raw as f64 * network.layers[0].lsb(neuron));
        }
    }
    assert!(negative > 0, "no negative membrane was seen");
}

#[test]
fn window_shows_its_steps_alone() {
    let (network, samples) = small();
    let design = small_design(&network, true);
    let window = Window {
        sample: 1,
        alone: true,
        number: 0,
        steps: 2..4,
    };
    let all = recorded(&network, &design, &samples, Stalls::random(3), &whole());
    let part = recorded(&network, &design, &samples, Stalls::random(3), &window);
    assert!(part.report.first_cycle > all.report.first_cycle);
    assert!(part.report.cycles < all.report.cycles);
    let (all_read, part_read) = (Reader::new(all.vcd), Reader::new(part.vcd));
    check(&network, &design, &samples, &window, &part_read);
    let shift = 2 * (part.report.first_cycle - all.report.first_cycle) as usize;
    for time in part_read.cycles() {
        for name in part_read.names.keys() {
            let (part, all) = (part_read.at(name, time), all_read.at(name, time + shift));
            assert_eq!(format!("{part:?}"), format!("{all:?}"), "{name}");
        }
    }
}

#[test]
fn another_network_on_the_golden_side_is_seen() {
    let (network, samples) = small();
    let design = small_design(&network, true);
    let mut other = network.clone();
    other.layers[0].weights[6] += 1;
    let wave = recorded(&other, &design, &samples, Stalls::random(5), &whole());
    let found = wave.report.first_mismatch.clone().unwrap();
    assert_eq!(
        (
            found.at.sample,
            found.at.step,
            found.at.layer,
            found.at.neuron,
            found.at.quantity
        ),
        (1, 0, 0, 2, Quantity::Membrane)
    );
    let (right, wrong) = (
        golden(&network).unwrap().run(&samples[1]),
        golden(&other).unwrap().run(&samples[1]),
    );
    assert_eq!(found.at.engine, right.steps[0].layers[0].h[2]);
    assert_eq!(found.at.golden, wrong.steps[0].layers[0].h[2]);
    assert_eq!(found.time_ns, found.cycle * 10);

    let read = Reader::new(wave.vcd);
    let first = read
        .cycles()
        .find(|&time| read.bits("golden.layer0.mismatch", time) == 1)
        .unwrap();
    assert_eq!(read.waveform.time_table()[first], found.time_ns);
    let lsb = network.layers[0].lsb(2);
    assert_eq!(
        read.real("golden.layer0.n2_h", first),
        found.at.golden as f64 * lsb
    );
    assert_eq!(
        read.real("rtl.layer0.n2_h", first),
        found.at.engine as f64 * lsb
    );
    let save = save_file(&wave.report, "other.vcd");
    assert!(
        save.contains(&format!(" {} -1", found.time_ns)),
        "the marker stands at the mismatch"
    );
}

#[test]
fn bytes_depend_on_the_arguments_alone() {
    let (network, samples) = small();
    let runs: Vec<(Vec<u8>, String)> = (0..2)
        .map(|_| {
            let design = small_design(&network, true);
            let wave = recorded(&network, &design, &samples, Stalls::random(9), &whole());
            let save = save_file(&wave.report, "small.vcd");
            (wave.vcd, save)
        })
        .collect();
    assert!(runs[0] == runs[1], "two recordings of the same run differ");
}

#[test]
fn save_file_names_what_the_waveform_declares() {
    let (network, samples) = small();
    let design = small_design(&network, true);
    let wave = recorded(&network, &design, &samples, Stalls::NONE, &whole());
    let save = save_file(&wave.report, "small.vcd");
    let declared: HashSet<String> = wave
        .report
        .variables
        .iter()
        .map(|variable| variable.full_name())
        .collect();
    let shown: Vec<&str> = save
        .lines()
        .filter(|line| !line.starts_with(['[', '*', '@', '-']))
        .collect();
    for name in &shown {
        assert!(declared.contains(*name), "{name} is not in the waveform");
    }
    let top = design.top.name();
    for name in [
        format!("{top}.clk_i"),
        format!("{top}.s_axis_tvalid"),
        format!("{top}.m_axis_tready"),
        format!("{top}.u_layer1.u_crossbar.hand_o"),
        format!("{top}.u_layer1.u_neurons.row_valid_o"),
        "golden.layer0.step[31:0]".to_owned(),
        "golden.layer1.mismatch".to_owned(),
        "golden.layer0.n0_v".to_owned(),
        "rtl.layer0.n0_v".to_owned(),
    ] {
        assert!(
            shown.contains(&name.as_str()),
            "{name} is not shown:\n{save}"
        );
    }
    let count = |flags: &str| save.lines().filter(|line| *line == flags).count();
    assert_eq!(count("@800200"), count("@1000200"), "groups are closed");
    let reals = shown
        .iter()
        .filter(|name| name.ends_with("_h") || name.ends_with("_v"))
        .count();
    assert_eq!(count("@8020"), reals, "membranes are analog step traces");
    assert!(
        wave.report
            .variables
            .iter()
            .any(|v| matches!(v.kind, Kind::Vector { signed: true, .. }))
    );
}

#[test]
fn bad_windows_and_designs_are_refused() {
    let (network, samples) = small();
    let design = small_design(&network, true);
    let attempt = |network: &QuantNetwork, design: &Design, sample, steps| {
        let window = Window {
            sample,
            alone: true,
            number: 0,
            steps,
        };
        record(network, design, &samples, Stalls::NONE, &window, io::sink()).unwrap_err()
    };
    let text = |error: WaveError| format!("{error}. {}", error.help());
    assert_eq!(
        text(attempt(&network, &design, 2, 0..1)),
        "sample 2 is not there: the data has 2 samples, counted from 0. give --sample a number from 0 to 1"
    );
    assert_eq!(
        text(attempt(&network, &design, 1, 4..7)),
        "steps 4..7 are not a window of sample 1, which has 6 steps: 0..6 is all of it. \
         give --steps A..B with A below B and B at most 6"
    );
    assert!(matches!(
        attempt(&network, &design, 1, 3..3),
        WaveError::Steps { .. }
    ));
    assert!(matches!(
        attempt(&network, &small_design(&network, false), 1, 0..6),
        WaveError::NoProbe
    ));
    let mut shorter = network.clone();
    shorter.layers.pop();
    assert!(matches!(
        attempt(&shorter, &design, 1, 0..6),
        WaveError::Shape { network, design } if network == [3, 3] && design == [3, 3, 2]
    ));
    let mut broken = network.clone();
    broken.layers[1].bias.pop();
    assert!(matches!(
        attempt(&broken, &design, 1, 0..6),
        WaveError::Network(_)
    ));
}

/// A disk that is full after some bytes.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self
            .0
            .checked_sub(bytes.len())
            .ok_or_else(|| io::Error::from(io::ErrorKind::StorageFull))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn full_disk_is_an_error() {
    let (network, samples) = small();
    let design = small_design(&network, true);
    let size = recorded(&network, &design, &samples, Stalls::NONE, &whole())
        .vcd
        .len();
    for room in [0, size / 2, size - 1] {
        let result = record(
            &network,
            &design,
            &samples,
            Stalls::NONE,
            &whole(),
            Full(room),
        );
        assert!(
            matches!(result, Err(WaveError::Write(_))),
            "room for {room} of {size}"
        );
    }
}

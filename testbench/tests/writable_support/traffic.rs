//! Samples and images offered at random times: each sample must be computed by the network whose version the design shows
//! when the sample's first beat is accepted.

use std::collections::BTreeSet;

use goldspike::engine::Stalls;
use goldspike::engine::beats::{BeatResult, BeatStimulus, OutputBeat, traces};
use goldspike::hdl::Sim;
use goldspike::image::Image;
use goldspike::rtl::Design;
use goldspike_golden::event::Sample;
use goldspike_golden::network::golden;
use goldspike_golden::quant::QuantNetwork;
use goldspike_testbench::coverage::Bins;
use proptest::prelude::RngExt;
use proptest::test_runner::TestRng;

/// Samples offered one after the other.
const SAMPLES: usize = 40;

/// Bins of the load port that the traffic of some designs must see.
pub const LOADING: [&str; 6] = [
    "image word while idle",
    "image word while a sample is in flight",
    "image applied",
    "image refused: a sample was in flight",
    "image refused: damaged",
    "sample waits",
];

/// Cycles after which the design hangs.
const CYCLES: usize = 2_000_000;

/// Words of an image that is offered: whole and right, or with one bit flipped behind the header.
fn offered(rng: &mut TestRng, image: &Image) -> Vec<u32> {
    let mut words = image.words().to_vec();
    if rng.random_bool(0.3) {
        let place = rng.random_range(5..words.len());
        words[place] ^= 1 << rng.random_range(0..32);
    }
    words
}

/// Runs one design and counts in `bins` what happened: those of [`LOADING`], samples, spikes, and networks that computed a sample.
/// `images[i]` is that of `networks[i]` and has the version `i`.
pub fn traffic(
    rng: &mut TestRng,
    design: &Design,
    networks: &[QuantNetwork],
    images: &[Image],
    samples: &[Sample],
    bins: &Bins,
) {
    let samples: Vec<Sample> = samples.iter().cycle().take(SAMPLES).cloned().collect();
    let beats = BeatStimulus::of_samples(design, &samples, Stalls::NONE).beats;
    let steps: usize = samples.iter().map(|sample| sample.steps.len()).sum();
    let mut sim = Sim::new(&design.top).unwrap();
    let input = |sim: &Sim, name: &str| sim.input(name).unwrap();
    let output = |sim: &Sim, name: &str| sim.output(name).unwrap();
    let rst = input(&sim, "rst_i");
    let [s_valid, s_data, s_last, s_user, m_ready] = [
        "s_axis_tvalid",
        "s_axis_tdata",
        "s_axis_tlast",
        "s_axis_tuser",
        "m_axis_tready",
    ]
    .map(|name| input(&sim, name));
    let [l_valid, l_data, l_last] =
        ["s_load_tvalid", "s_load_tdata", "s_load_tlast"].map(|name| input(&sim, name));
    let [s_ready, l_ready, version, reason] = [
        "s_axis_tready",
        "s_load_tready",
        "image_version_o",
        "load_reason_o",
    ]
    .map(|name| output(&sim, name));
    let [m_valid, m_data, m_last, m_user] = [
        "m_axis_tvalid",
        "m_axis_tdata",
        "m_axis_tlast",
        "m_axis_tuser",
    ]
    .map(|name| output(&sim, name));
    sim.set(rst, 1);
    sim.clock();
    sim.set(rst, 0);

    let (mut next, mut first, mut versions) = (0, true, Vec::new());
    let mut samples_out = 0;
    let (mut sample_gap, mut load_gap) = (0u32, 20u32);
    let mut words: Vec<u32> = Vec::new();
    let mut word = 0;
    let mut judged = None;
    let mut out: Vec<OutputBeat> = Vec::new();
    let mut done = 0;
    for cycle in 0.. {
        assert!(cycle < CYCLES, "the design hangs:\n{bins}");
        if done == steps && word == words.len() && judged.is_none() {
            break;
        }
        if word == words.len() && load_gap == 0 && judged.is_none() && done < steps {
            let chosen = rng.random_range(0..images.len());
            words = offered(rng, &images[chosen]);
            word = 0;
        }
        let offers = sample_gap == 0 && next < beats.len();
        sim.set(s_valid, offers.into());
        if offers {
            sim.set(s_data, beats[next].data.into());
            sim.set(s_last, beats[next].last.into());
            sim.set(s_user, beats[next].user.into());
        }
        let sends = word < words.len() && rng.random_bool(0.8);
        sim.set(l_valid, sends.into());
        if sends {
            sim.set(l_data, words[word].into());
            sim.set(l_last, (word + 1 == words.len()).into());
        }
        let takes = rng.random_bool(0.7);
        sim.set(m_ready, takes.into());
        sim.settle();
        if offers && sim.get(s_ready) == 1 {
            if first {
                versions.push(sim.get(version) as usize);
            }
            let beat = beats[next];
            first = beat.last && beat.user;
            next += 1;
            if first {
                sample_gap = rng.random_range(0..400);
            }
        } else if offers {
            bins.see("sample waits");
        } else {
            sample_gap = sample_gap.saturating_sub(1);
        }
        if sends && sim.get(l_ready) == 1 {
            word += 1;
            bins.see(if versions.len() > samples_out {
                "image word while a sample is in flight"
            } else {
                "image word while idle"
            });
            if word == words.len() {
                judged = Some(16);
            }
        }
        if word == words.len() {
            load_gap = load_gap.saturating_sub(1);
        }
        if let Some(left) = judged {
            judged = (left > 0).then(|| left - 1);
            if judged.is_none() {
                match sim.get(reason) {
                    0 => bins.see("image applied"),
                    1 => bins.see("image refused: a sample was in flight"),
                    6 => bins.see("image refused: damaged"),
                    other => panic!("refused for reason {other}"),
                }
                load_gap = rng.random_range(0..300);
            }
        }
        if takes && sim.get(m_valid) == 1 {
            let last = sim.get(m_last) == 1;
            out.push(OutputBeat {
                data: vec![sim.get(m_data) as u128],
                last,
                user: sim.get(m_user) == 1,
            });
            done += usize::from(last);
            samples_out += usize::from(last && sim.get(m_user) == 1);
        }
        sim.clock();
    }
    assert_eq!(sim.out_of_range_reads() + sim.out_of_range_writes(), 0);
    let result = BeatResult {
        streams: vec![out],
        ..BeatResult::default()
    };
    let got = traces("rust-hdl", design, &samples, &result).unwrap();
    assert_eq!(versions.len(), samples.len());
    for ((sample, got), &version) in samples.iter().zip(&got).zip(&versions) {
        let expected = golden(&networks[version]).unwrap().run(sample);
        for (step, expected) in got.steps.iter().zip(&expected.steps) {
            let expected = &expected.layers[expected.layers.len() - 1].spikes;
            assert_eq!(step.layers[0].spikes, *expected, "version {version}");
            let spikes = expected.iter().filter(|&&spike| spike != 0).count();
            bins.add("spikes", spikes as u64);
        }
        bins.see("samples");
    }
    let networks = versions.iter().collect::<BTreeSet<_>>().len();
    bins.add("networks", networks as u64);
}

//! Law: the reference arithmetic reproduces what the authors' and the frameworks' own code computed, to 1e-9 and every
//! spike. The files name their convention; cases of zero margin are exact ties.
//!
//! Further files of the same families are read from the folder in `GOLDSPIKE_VECTORS`, if it is set.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by a panic"
)]

use std::path::{Path, PathBuf};

use goldspike_golden::arith::Real;
use goldspike_golden::describe::{Fire, Neuron};
use goldspike_golden::neuron::{ModelId, Reset, ResetTiming, Spikes};
use goldspike_golden::param::Param;
use serde::Deserialize;

const TOLERANCE: f64 = 1e-9;

#[derive(Deserialize)]
struct VectorFile {
    family: String,
    cases: Vec<Case>,
}

/// One neuron layer without synapses: `[step][neuron]` of current, compared value, kept value, spike.
#[derive(Deserialize)]
struct Case {
    id: u32,
    params: Params,
    x: Vec<Vec<f64>>,
    h: Vec<Vec<f64>>,
    v: Vec<Vec<f64>>,
    s: Vec<Vec<f64>>,
    min_margin: f64,
}

/// Parameters as the sources name them.
#[derive(Deserialize)]
struct Params {
    v_threshold: Option<f64>,
    threshold: Option<f64>,
    v_reset: Option<f64>,
    tau: Option<f64>,
    w: Option<f64>,
    decay_input: Option<bool>,
    beta: Option<f64>,
    reset_mechanism: Option<String>,
    reset_delay: Option<bool>,
    k: Option<f64>,
    scale_reset: Option<bool>,
    decay: Option<f64>,
    fire_ratio: Option<f64>,
    effective_threshold: Option<f64>,
}

#[derive(Clone, Copy, PartialEq)]
enum Source {
    SpikingJelly,
    SpikingJellyTernary,
    SnnTorch,
    SpikingJellyKlif,
    /// `decay` and `effective_threshold`, hard reset to 0; the binary branch fires above the threshold only.
    TernarySpike,
}

/// The families of the models here; `None`: of another one.
fn source(family: &str) -> Option<Source> {
    match family {
        "sj12_if" | "sj12_lif" | "sj12_plif" | "sj200_if" | "sj200_lif" | "sj200_plif"
        | "plif_official" => Some(Source::SpikingJelly),
        "sj200_ternary_if" | "sj200_ternary_lif" => Some(Source::SpikingJellyTernary),
        "ternary_official_ternary" | "ternary_official_ternary_amp" | "ternary_official_binary" => {
            Some(Source::TernarySpike)
        }
        "snntorch_leaky" | "snntorch_leaky_nodelay" => Some(Source::SnnTorch),
        "sj200_klif" | "sj200_klif_scale_reset" => Some(Source::SpikingJellyKlif),
        _ => None,
    }
}

/// SpikingJelly's `KLIFNode` is its `LIFNode` with a factor.
fn klif(family: &str, p: &Params) -> Neuron {
    let mut neuron = lif(Source::SpikingJelly, family, p);
    neuron.model = ModelId::Klif;
    let scale_reset = f64::from(u8::from(p.scale_reset.unwrap()));
    neuron
        .with("k", Param::Layer(p.k.unwrap()))
        .with("scale_reset", Param::Layer(scale_reset))
}

fn lif(source: Source, family: &str, p: &Params) -> Neuron {
    let (decay, gain, threshold, v_reset, fire, reset, reset_timing) = match source {
        Source::SpikingJelly | Source::SpikingJellyTernary | Source::SpikingJellyKlif => {
            let rate = match (p.tau, p.w) {
                (Some(tau), None) => Some(1.0 / tau),
                (None, Some(w)) => Some(1.0 / (1.0 + (-w).exp())),
                _ => None,
            };
            let reset = if p.v_reset.is_some() {
                Reset::Hard
            } else {
                Reset::Soft
            };
            let gain = if p.decay_input == Some(true) {
                rate.unwrap()
            } else {
                1.0
            };
            let decay = rate.map_or(1.0, |rate| 1.0 - rate);
            let v_reset = p.v_reset.unwrap_or(0.0);
            (
                decay,
                gain,
                p.v_threshold.unwrap(),
                v_reset,
                Fire::Ge,
                reset,
                ResetTiming::SameStep,
            )
        }
        Source::TernarySpike => (
            p.decay.unwrap(),
            1.0,
            p.effective_threshold.unwrap(),
            0.0,
            if family == "ternary_official_binary" {
                Fire::Gt
            } else {
                Fire::Ge
            },
            Reset::Hard,
            ResetTiming::SameStep,
        ),
        Source::SnnTorch => {
            let reset = match p.reset_mechanism.as_deref() {
                Some("subtract") => Reset::Soft,
                Some("zero") => Reset::Hard,
                Some("none") => Reset::None,
                other => panic!("reset mechanism {other:?}"),
            };
            let late = p.reset_delay.unwrap();
            let timing = if late {
                ResetTiming::NextStep
            } else {
                ResetTiming::SameStepGuarded
            };
            (
                p.beta.unwrap(),
                1.0,
                p.threshold.unwrap(),
                0.0,
                Fire::Gt,
                reset,
                timing,
            )
        }
    };
    let mut neuron = Neuron::new(ModelId::Lif)
        .with("decay", Param::Layer(decay))
        .with("input_gain", Param::Layer(gain))
        .with("offset", Param::Layer((1.0 - decay) * v_reset))
        .with("v_threshold", Param::Layer(threshold))
        .with("v_reset", Param::Layer(v_reset))
        .with("v_init", Param::Layer(v_reset));
    neuron.fire = fire;
    neuron.modes.reset = reset;
    neuron.modes.reset_timing = reset_timing;
    if family.contains("ternary_if")
        || family.contains("ternary_lif")
        || family.starts_with("ternary_official_ternary")
    {
        neuron.modes.spikes = Spikes::Ternary;
    }
    neuron
}

#[derive(Default)]
struct Seen {
    cases: usize,
    values: usize,
    spikes: usize,
    negative_spikes: usize,
    silences: usize,
    exact_ties: usize,
    worst: f64,
}

/// Compares every step of one case with a model's, in the units of the sources.
fn replay(neuron: &Neuron, family: &str, case: &Case, seen: &mut Seen) {
    let constants = neuron.collapse();
    let gain = constants.input_gain.of(0);
    let shown = |what: &str| constants.scales.get(what).map_or(1.0, |scale| scale.of(0));
    let cell = |t: usize| constants.cell(0, t).unwrap();
    let neurons = case.x[0].len();
    let mut states: Vec<_> = (0..neurons).map(|_| cell(0).start(&Real)).collect();
    for (t, currents) in case.x.iter().enumerate() {
        for (n, x) in currents.iter().enumerate() {
            let done = cell(t).step(&Real, &states[n], &(gain * x));
            let place = format!("{family} case {} step {t} neuron {n}", case.id);
            let spike = done.signed_spike();
            let amplitude = case.params.fire_ratio.unwrap_or(1.0);
            assert_eq!(f64::from(spike) * amplitude, case.s[t][n], "spike, {place}");
            let v = shown("v") * done.kept[0];
            for (name, found, expected) in [
                ("h", shown("h") * done.h, case.h[t][n]),
                ("v", v, case.v[t][n]),
            ] {
                let error = (found - expected).abs();
                assert!(
                    error <= TOLERANCE,
                    "{name}, {place}: {found} is not {expected}"
                );
                seen.worst = seen.worst.max(error);
                seen.values += 1;
            }
            seen.spikes += usize::from(spike != 0);
            seen.negative_spikes += usize::from(spike == -1);
            seen.silences += usize::from(spike == 0);
            states[n] = done.into_state();
        }
    }
}

fn check(path: &Path, seen: &mut Seen) -> bool {
    let text = std::fs::read_to_string(path).unwrap();
    let file: VectorFile = match serde_json::from_str(&text) {
        Ok(file) => file,
        Err(error) => {
            let family =
                serde_json::from_str::<serde_json::Value>(&text).unwrap()["family"].clone();
            let known = family
                .as_str()
                .is_some_and(|family| source(family).is_some());
            assert!(!known, "{}: {error}", path.display());
            return false;
        }
    };
    let Some(source) = source(&file.family) else {
        return false;
    };
    for case in &file.cases {
        seen.cases += 1;
        seen.exact_ties += usize::from(case.min_margin == 0.0);
        let neuron = if source == Source::SpikingJellyKlif {
            klif(&file.family, &case.params)
        } else {
            lif(source, &file.family, &case.params)
        };
        replay(&neuron, &file.family, case, seen);
    }
    true
}

fn json_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    files
}

#[test]
fn reference_reproduces_the_authors_code() {
    let mut seen = Seen::default();
    for path in json_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")) {
        if !check(&path, &mut seen) {
            println!("{}: a family of another model", path.display());
        }
    }
    println!(
        "{} cases, {} values, {} spikes of which {} are -1, {} silences, {} cases with an exact tie, worst error {:e}",
        seen.cases,
        seen.values,
        seen.spikes,
        seen.negative_spikes,
        seen.silences,
        seen.exact_ties,
        seen.worst
    );
    assert_eq!(seen.cases, 16 * 16);
    assert_eq!(seen.values, 16 * 16 * 16 * 8 * 2);
    assert!(seen.negative_spikes > 500);
    assert!(seen.spikes > 1000 && seen.silences > 1000 && seen.exact_ties > 0);
}

#[test]
fn reference_reproduces_the_vectors_folder() {
    // Without a folder the committed one stands in, so that the test always compares something.
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let folder = std::env::var_os("GOLDSPIKE_VECTORS").map_or(committed, PathBuf::from);
    let mut seen = Seen::default();
    for path in json_files(&folder) {
        if !check(&path, &mut seen) {
            println!("{}: a family that no model here knows", path.display());
        }
    }
    println!(
        "{} cases, {} values, worst error {:e}",
        seen.cases, seen.values, seen.worst
    );
    assert!(seen.cases > 0 && seen.values > 0, "no case was compared");
}

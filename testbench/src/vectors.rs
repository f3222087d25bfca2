//! What the authors' and the frameworks' own code computed (`testbench/vectors`), as neurons of the tables here.
//!
//! A file is one family: 16 cases of one layer without synapses. The parameters stand as the sources name them.

use std::path::{Path, PathBuf};

use goldspike_golden::arith::Arith;
use goldspike_golden::describe::{Fire, Neuron};
use goldspike_golden::neuron::info::Given;
use goldspike_golden::neuron::{CurrentOrder, ModelId, Reset, ResetTiming, Spikes, kind};
use goldspike_golden::param::Param;
use serde_json::Value;

/// One layer over time; values are `[step][neuron]`.
#[derive(Clone, Debug)]
pub struct Case {
    /// Number in the file.
    pub id: u64,
    /// The neurons.
    pub neuron: Neuron,
    /// Real value of a spike.
    pub amplitude: f64,
    /// Synaptic current.
    pub x: Vec<Vec<f64>>,
    /// Compared value.
    pub h: Vec<Vec<f64>>,
    /// Kept states that the source shows, by name.
    pub states: Vec<(String, Vec<Vec<f64>>)>,
    /// Spikes times their amplitude.
    pub s: Vec<Vec<f64>>,
    /// Smallest distance of an `h` from the threshold; 0 is an exact tie.
    pub min_margin: f64,
}

/// The committed folder.
#[must_use]
pub fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

/// The `.json` files of a folder, by name.
///
/// # Errors
/// A folder that cannot be read.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let wrong = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(wrong)? {
        let path = entry.map_err(wrong)?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Family and cases of a file; no cases for a family of no model here.
///
/// # Errors
/// A file that cannot be read, or lacks something of its family.
pub fn read(path: &Path) -> Result<(String, Vec<Case>), String> {
    let wrong = |what: &dyn std::fmt::Display| format!("{}: {what}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| wrong(&error))?;
    let file: Value = serde_json::from_str(&text).map_err(|error| wrong(&error))?;
    let family = file["family"].as_str().unwrap_or_default().to_owned();
    let mut cases = Vec::new();
    for value in file["cases"].as_array().into_iter().flatten() {
        let id = value["id"].as_u64().unwrap_or_default();
        let params = Params(&value["params"]);
        let neuron = match neuron(&family, &params) {
            Ok(Some(neuron)) => neuron,
            Ok(None) => return Ok((family, Vec::new())),
            Err(error) => return Err(wrong(&format!("case {id}: {error}"))),
        };
        let rows = |key: &str| -> Result<Vec<Vec<f64>>, String> {
            serde_json::from_value(value[key].clone())
                .map_err(|error| wrong(&format!("case {id}: {key}: {error}")))
        };
        let mut states = Vec::new();
        for name in ["v", "m", "i"] {
            if value.get(name).is_some() {
                states.push((name.to_owned(), rows(name)?));
            }
        }
        cases.push(Case {
            id,
            neuron,
            amplitude: params.optional("fire_ratio").unwrap_or(1.0),
            x: rows("x")?,
            h: rows("h")?,
            states,
            s: rows("s")?,
            min_margin: value["min_margin"].as_f64().unwrap_or(f64::INFINITY),
        });
    }
    Ok((family, cases))
}

/// One value of a case beside the source's, in the units of the source.
#[derive(Clone, Copy, Debug)]
pub struct Compared<'a> {
    /// Step.
    pub step: usize,
    /// Neuron.
    pub neuron: usize,
    /// `spike` (times its amplitude), `h`, or the name of a state.
    pub name: &'a str,
    /// What the step gives.
    pub found: f64,
    /// What the source gave.
    pub expected: f64,
}

impl Compared<'_> {
    /// Whether spikes are the same and other values closer than `tolerance`.
    #[must_use]
    pub fn agrees(&self, tolerance: f64) -> bool {
        match self.name {
            "spike" => self.found == self.expected,
            _ => (self.found - self.expected).abs() <= tolerance,
        }
    }
}

/// Runs a case in an arithmetic on doubles; `each` hears of every value and says whether to go on.
///
/// # Errors
/// A neuron whose constants are incomplete, a state that the model does not have.
pub fn replay<A: Arith<Num = f64, Bit = bool>>(
    case: &Case,
    arith: &A,
    mut each: impl FnMut(Compared<'_>) -> bool,
) -> Result<(), String> {
    let constants = case.neuron.collapse();
    let one = Param::Layer(1.0);
    let shown = |what: &str, n: usize| constants.scales.get(what).unwrap_or(&one).of(n);
    let known = case.neuron.model.info().states;
    let missing = || format!("case {}: a constant or a state is missing", case.id);
    for n in 0..case.x.first().map_or(0, Vec::len) {
        let gain = *constants.input_gain.get(n, 0).ok_or_else(missing)?;
        let mut state = constants.cell(n, 0).ok_or_else(missing)?.start(arith);
        for (t, currents) in case.x.iter().enumerate() {
            let cell = constants.cell(n, t).ok_or_else(missing)?;
            let done = cell.step(arith, &state, &(gain * currents[n]));
            let spike = f64::from(done.signed_spike()) * case.amplitude;
            let mut values = vec![
                ("spike", spike, case.s[t][n]),
                ("h", shown("h", n) * done.h, case.h[t][n]),
            ];
            for (name, rows) in &case.states {
                let index = known.iter().position(|known| known.name == name);
                let found = done.kept[index.ok_or_else(missing)?];
                values.push((name, shown(name, n) * found, rows[t][n]));
            }
            for (name, found, expected) in values {
                let compared = Compared {
                    step: t,
                    neuron: n,
                    name,
                    found,
                    expected,
                };
                if !each(compared) {
                    return Ok(());
                }
            }
            state = done.into_state();
        }
    }
    Ok(())
}

/// Parameters of a case.
struct Params<'a>(&'a Value);

impl Params<'_> {
    fn optional(&self, key: &str) -> Option<f64> {
        self.0.get(key)?.as_f64()
    }

    fn number(&self, key: &str) -> Result<f64, String> {
        self.optional(key)
            .ok_or_else(|| format!("there is no number `{key}`"))
    }

    /// A number, one a neuron, one a step, or one a step and neuron.
    fn param(&self, key: &str, by_step: bool) -> Result<Param<f64>, String> {
        let value = &self.0[key];
        let wrong = |error| format!("`{key}`: {error}");
        if let Some(number) = value.as_f64() {
            return Ok(Param::Layer(number));
        }
        if value[0].is_array() {
            let rows: Vec<Vec<f64>> = serde_json::from_value(value.clone()).map_err(wrong)?;
            return Ok(Param::StepNeuron {
                steps: rows.len(),
                by_step_and_neuron: rows.concat(),
            });
        }
        let list: Vec<f64> = serde_json::from_value(value.clone()).map_err(wrong)?;
        Ok(if by_step {
            Param::Step { by_step: list }
        } else {
            Param::Neuron(list)
        })
    }
}

/// The neuron of a family; `None`: of no model here.
fn neuron(family: &str, p: &Params<'_>) -> Result<Option<Neuron>, String> {
    let neuron = match family {
        "sj12_if" | "sj200_if" => spiking_jelly(1.0, 1.0, p)?,
        "sj12_lif" | "sj200_lif" | "sj12_plif" | "sj200_plif" | "plif_official" => {
            leaky(ModelId::Lif, p)?
        }
        "sj200_ternary_if" => ternary(spiking_jelly(1.0, 1.0, p)?),
        "sj200_ternary_lif" => ternary(leaky(ModelId::Lif, p)?),
        "sj200_klif" | "sj200_klif_scale_reset" => {
            let scale_reset = p.0["scale_reset"].as_bool().unwrap_or_default();
            leaky(ModelId::Klif, p)?
                .with("k", Param::Layer(p.number("k")?))
                .with(
                    "scale_reset",
                    Param::Layer(f64::from(u8::from(scale_reset))),
                )
        }
        "sj200_clif"
        | "clif_official_ComplementaryLIFNeuron"
        | "clif_official_ComplementaryLIFNeuron_hard" => {
            let tau = p.number("tau")?;
            leaky(ModelId::Clif, p)?.with("tau", Param::Layer(tau))
        }
        "sj200_cubalif" => {
            let mut neuron = spiking_jelly(p.number("v_decay")?, 1.0, p)?;
            neuron.model = ModelId::Cubalif;
            neuron.with("current_decay", Param::Layer(p.number("c_decay")?))
        }
        "ternary_official_ternary" | "ternary_official_ternary_amp" => ternary(guo(p)?),
        "ternary_official_binary" => {
            let mut neuron = guo(p)?;
            neuron.fire = Fire::Gt;
            neuron
        }
        "snntorch_leaky" | "snntorch_leaky_nodelay" => {
            let delayed = p.0["reset_delay"].as_bool().unwrap_or_default();
            let mut neuron = snntorch(ModelId::Lif, p)?;
            if !delayed {
                neuron.modes.reset_timing = ResetTiming::SameStepGuarded;
            }
            neuron
        }
        "snntorch_synaptic" => {
            snntorch(ModelId::Cubalif, p)?.with("current_decay", Param::Layer(p.number("alpha")?))
        }
        "nir_cubalif_reference" => nir(p)?,
        "glif_official_LIFSpike_CW_hard"
        | "glif_official_LIFSpike_CW_soft"
        | "glif_official_LIFSpike_soft" => glif(
            &Params(&p.0["effective"]),
            ["tau", "leak", "v_re", "g", "vth"],
            Fire::Gt,
        )?,
        "sj200_glif_cw" => glif(
            &Params(&p.0["effective"]),
            [
                "tau",
                "linear_decay",
                "v_subreset",
                "conduct",
                "v_threshold",
            ],
            Fire::Ge,
        )?,
        _ => return Ok(None),
    };
    Ok(Some(neuron))
}

/// SpikingJelly's reset and threshold; the leak goes toward `v_reset`.
fn spiking_jelly(decay: f64, gain: f64, p: &Params<'_>) -> Result<Neuron, String> {
    let v_reset = p.optional("v_reset");
    let rest = v_reset.unwrap_or(0.0);
    let mut neuron = Neuron::new(ModelId::Lif)
        .with("decay", Param::Layer(decay))
        .with("input_gain", Param::Layer(gain))
        .with("offset", Param::Layer((1.0 - decay) * rest))
        .with("v_threshold", Param::Layer(p.number("v_threshold")?))
        .with("v_reset", Param::Layer(rest))
        .with("v_init", Param::Layer(rest));
    neuron.modes.reset = match v_reset {
        Some(_) => Reset::Hard,
        None => Reset::Soft,
    };
    Ok(neuron)
}

/// `tau`, or `w` with `1/tau = sigmoid(w)`; with `decay_input` the current is divided by tau.
fn leaky(model: ModelId, p: &Params<'_>) -> Result<Neuron, String> {
    let rate = match (p.optional("tau"), p.optional("w")) {
        (Some(tau), _) => 1.0 / tau,
        (None, Some(w)) => 1.0 / (1.0 + (-w).exp()),
        (None, None) => return Err("there is neither `tau` nor `w`".to_owned()),
    };
    let decay_input = p.0["decay_input"].as_bool() == Some(true);
    let mut neuron = spiking_jelly(1.0 - rate, if decay_input { rate } else { 1.0 }, p)?;
    neuron.model = model;
    Ok(neuron)
}

fn ternary(mut neuron: Neuron) -> Neuron {
    neuron.modes.spikes = Spikes::Ternary;
    neuron
}

/// Guo et al.: `decay` and the threshold that is compared, hard reset to 0.
fn guo(p: &Params<'_>) -> Result<Neuron, String> {
    Ok(Neuron::new(ModelId::Lif)
        .with("decay", Param::Layer(p.number("decay")?))
        .with(
            "v_threshold",
            Param::Layer(p.number("effective_threshold")?),
        ))
}

/// snnTorch: above the threshold, reset in the next step.
fn snntorch(model: ModelId, p: &Params<'_>) -> Result<Neuron, String> {
    let mut neuron = Neuron::new(model)
        .with("decay", Param::Layer(p.number("beta")?))
        .with("v_threshold", Param::Layer(p.number("threshold")?));
    neuron.fire = Fire::Gt;
    neuron.modes.reset_timing = ResetTiming::NextStep;
    neuron.modes.reset = match p.0["reset_mechanism"].as_str() {
        Some("subtract") => Reset::Soft,
        Some("zero") => Reset::Hard,
        Some("none") => Reset::None,
        other => return Err(format!("reset mechanism {other:?}")),
    };
    Ok(neuron)
}

/// NIR's reference simulator: forward Euler, the old current, reset by subtraction.
fn nir(p: &Params<'_>) -> Result<Neuron, String> {
    let rate = |tau: &str| Ok::<_, String>(p.number("dt")? / p.number(tau)?);
    let (current, membrane) = (rate("tau_syn")?, rate("tau_mem")?);
    let mut neuron = Neuron::new(ModelId::Cubalif)
        .with("decay", Param::Layer(1.0 - membrane))
        .with("current_decay", Param::Layer(1.0 - current))
        .with("input_gain", Param::Layer(current * p.number("w_in")?))
        .with("current_gain", Param::Layer(membrane * p.number("r")?))
        .with("offset", Param::Layer(membrane * p.number("v_leak")?))
        .with("v_threshold", Param::Layer(p.number("v_threshold")?));
    neuron.fire = Fire::Gt;
    neuron.modes.reset = Reset::Soft;
    neuron.modes.order = CurrentOrder::OldCurrent;
    Ok(neuron)
}

/// The paper's gates, through the kind that has them.
fn glif(
    p: &Params<'_>,
    [tau, leak, v_re, g, threshold]: [&str; 5],
    fire: Fire,
) -> Result<Neuron, String> {
    let (model, kind) = kind("glif_gated").ok_or("there is no kind `glif_gated`")?;
    let given: Given = [
        ("alpha", p.param("alpha", false)?),
        ("beta", p.param("beta", false)?),
        ("gamma", p.param("gamma", false)?),
        ("tau_exp", p.param(tau, false)?),
        ("tau_lin", p.param(leak, false)?),
        ("v_re", p.param(v_re, false)?),
        ("g", p.param(g, true)?),
        ("v_threshold", p.param(threshold, false)?),
    ]
    .into();
    let mut neuron = Neuron::new(model);
    neuron.parameters = (kind.convert)(given).map_err(|conflict| conflict.message)?;
    neuron.fire = fire;
    Ok(neuron)
}

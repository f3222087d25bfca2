//! `"op": "neuron"`: the parameters of the LIF family (kinds `if`, `lif`, `plif`, `tlif`) and of `klif`.

use super::json::Fields;
use super::param::{Params, Range};
use super::tensors::Tensors;
use crate::diag::{Diagnostic, codes, did_you_mean, shown};
use goldspike_golden::describe::{Fire, Klif, Lif, Neuron};
use goldspike_golden::neuron::lif::{Reset, ResetTiming, Spikes};
use goldspike_golden::quant::Param;

const KINDS: &[&str] = &["if", "lif", "plif", "tlif", "klif"];
const LATER_KINDS: &[&str] = &["clif", "glif"];
const COMMON: &[&str] = &[
    "op",
    "name",
    "shape",
    "kind",
    "decay",
    "input_gain",
    "offset",
    "v_threshold",
    "v_reset",
    "v_init",
    "fire",
    "reset",
    "reset_timing",
];
const PLIF: &[&str] = &["w", "decay_input"];
const TLIF: &[&str] = &["amplitude"];
const KLIF: &[&str] = &["k", "scale_reset"];

/// The neurons of a layer of shape `shape`.
pub fn read(
    fields: &Fields<'_>,
    tensors: &Tensors<'_>,
    shape: &[usize],
) -> Result<Neuron, Diagnostic> {
    let kind = kind(fields)?;
    if let Some(field) = fields.get("recurrent") {
        return Err(field.error(
            &codes::UNSUPPORTED,
            "recurrent synapses are not supported by this version",
        ));
    }
    let own = match kind {
        "plif" => PLIF,
        "tlif" => TLIF,
        "klif" => KLIF,
        _ => &[],
    };
    fields.only(&[COMMON, own].concat())?;
    let params = Params {
        fields,
        tensors,
        shape,
    };
    if kind == "klif" {
        return klif(&params).map(Neuron::Klif);
    }
    let (decay, input_gain) = if kind == "plif" {
        plif_factors(&params)?
    } else {
        lif_factors(&params)?
    };
    let reset_timing = reset_timing(fields)?;
    let spikes = spikes(kind, fields, reset_timing)?;
    Ok(Neuron::Lif(Lif {
        decay,
        input_gain,
        offset: params.optional("offset", 0.0, Range::Any)?,
        v_threshold: params.required("v_threshold", Range::Positive)?,
        v_reset: params.optional("v_reset", 0.0, Range::Any)?,
        v_init: params.optional("v_init", 0.0, Range::Any)?,
        fire: fire(fields)?,
        reset: reset(fields)?,
        reset_timing,
        spikes,
    }))
}

/// The spikes of a kind of the LIF family.
fn spikes(kind: &str, fields: &Fields<'_>, timing: ResetTiming) -> Result<Spikes, Diagnostic> {
    if kind != "tlif" {
        return Ok(Spikes::Binary);
    }
    if let (ResetTiming::SameStepGuarded, Some(field)) = (timing, fields.get("reset_timing")) {
        return Err(field
            .error(
                &codes::CONFLICT,
                "the kind `tlif` has no guarded reset: no source says what a pending reset of a negative spike is",
            )
            .help("use `same_step` or `next_step`"));
    }
    Ok(Spikes::Ternary)
}

fn klif(params: &Params<'_, '_>) -> Result<Klif, Diagnostic> {
    let fields = params.fields;
    let reset_timing = reset_timing(fields)?;
    if let (true, Some(field)) = (
        reset_timing != ResetTiming::SameStep,
        fields.get("reset_timing"),
    ) {
        let message = "neurons of kind `klif` are reset in the step of the spike";
        return Err(field
            .error(&codes::UNSUPPORTED, message)
            .help("use \"same_step\", or remove the key"));
    }
    Ok(Klif {
        decay: params.required("decay", Range::Unit)?,
        input_gain: params.optional("input_gain", 1.0, Range::Any)?,
        offset: params.optional("offset", 0.0, Range::Any)?,
        v_threshold: params.required("v_threshold", Range::Positive)?,
        v_reset: params.optional("v_reset", 0.0, Range::Any)?,
        v_init: params.optional("v_init", 0.0, Range::Any)?,
        k: params.one_a_layer("k", Range::Factor)?,
        scale_reset: fields
            .get("scale_reset")
            .map_or(Ok(false), |field| field.boolean())?,
        fire: fire(fields)?,
        reset: reset(fields)?,
    })
}

fn fire(fields: &Fields<'_>) -> Result<Fire, Diagnostic> {
    let choices = [
        (">=", Fire::Ge),
        ("ge", Fire::Ge),
        (">", Fire::Gt),
        ("gt", Fire::Gt),
    ];
    fields
        .get("fire")
        .map_or(Ok(Fire::Ge), |field| field.choice(&choices))
}

fn reset(fields: &Fields<'_>) -> Result<Reset, Diagnostic> {
    let choices = [
        ("hard", Reset::Hard),
        ("soft", Reset::Soft),
        ("none", Reset::None),
    ];
    fields
        .get("reset")
        .map_or(Ok(Reset::Hard), |field| field.choice(&choices))
}

fn reset_timing(fields: &Fields<'_>) -> Result<ResetTiming, Diagnostic> {
    let choices = [
        ("same_step", ResetTiming::SameStep),
        ("next_step", ResetTiming::NextStep),
        ("same_step_guarded", ResetTiming::SameStepGuarded),
    ];
    fields
        .get("reset_timing")
        .map_or(Ok(ResetTiming::SameStep), |field| field.choice(&choices))
}

/// The real value of a spike: 1, or what a ternary neuron's `amplitude` says.
pub fn amplitude(
    fields: &Fields<'_>,
    tensors: &Tensors<'_>,
    shape: &[usize],
) -> Result<Param<f64>, Diagnostic> {
    let params = Params {
        fields,
        tensors,
        shape,
    };
    params.optional("amplitude", 1.0, Range::Positive)
}

fn kind<'a>(fields: &Fields<'a>) -> Result<&'a str, Diagnostic> {
    let field = fields.required("kind")?;
    let kind = field.text()?;
    if LATER_KINDS.contains(&kind) {
        let message = format!("neurons of kind `{kind}` are not supported by this version");
        let help = format!("this version runs the kinds {}", KINDS.join(", "));
        return Err(field.error(&codes::UNSUPPORTED, message).help(help));
    }
    if !KINDS.contains(&kind) {
        let message = format!("there is no neuron kind `{}`", shown(kind));
        let known = KINDS.iter().chain(LATER_KINDS).copied();
        return Err(field
            .error(&codes::UNKNOWN_KIND, message)
            .help(did_you_mean(kind, known)));
    }
    Ok(kind)
}

/// Decay and input gain of `if`, `lif` and `tlif`.
fn lif_factors(params: &Params<'_, '_>) -> Result<(Param<f64>, Param<f64>), Diagnostic> {
    let integrate = params.fields.required("kind")?.text()? == "if";
    let decay = if integrate {
        let decay = params.optional("decay", 1.0, Range::Unit)?;
        if let (true, Some(field)) = (
            decay.values().iter().any(|&d| d != 1.0),
            params.fields.get("decay"),
        ) {
            return Err(field
                .error(
                    &codes::CONFLICT,
                    "the kind `if` has the decay 1, this is another one",
                )
                .help("use the kind `lif`, or remove the key"));
        }
        Param::Layer(1.0)
    } else {
        params.required("decay", Range::Unit)?
    };
    Ok((decay, params.optional("input_gain", 1.0, Range::Any)?))
}

/// Decay and input gain of `plif`: `decay = 1 - sigmoid(w)`, or as given; with `decay_input` the current is
/// multiplied by `1 - decay` (Fang et al. 2021).
fn plif_factors(params: &Params<'_, '_>) -> Result<(Param<f64>, Param<f64>), Diagnostic> {
    let fields = params.fields;
    let decay = match (fields.get("w"), fields.get("decay")) {
        (Some(_), Some(decay)) => {
            return Err(decay
                .error(&codes::CONFLICT, "both `w` and `decay` are given")
                .help("remove one of them"));
        }
        (Some(_), None) => params.required("w", Range::Any)?.map(|&w| sigmoid(-w)),
        (None, Some(_)) => params.required("decay", Range::Unit)?,
        (None, None) => {
            let message = "the kind `plif` needs the key `decay` or the key `w`";
            return Err(fields.field.error(&codes::MISSING_KEY, message));
        }
    };
    if !fields
        .get("decay_input")
        .map_or(Ok(false), |field| field.boolean())?
    {
        return Ok((decay, params.optional("input_gain", 1.0, Range::Any)?));
    }
    if let Some(field) = fields.get("input_gain") {
        let message = "`decay_input` sets the input gain, and it is given here too";
        return Err(field
            .error(&codes::CONFLICT, message)
            .help("remove one of the two keys"));
    }
    let gain = match fields.get("w") {
        Some(_) => params.required("w", Range::Any)?.map(|&w| sigmoid(w)),
        None => decay.map(|&d| 1.0 - d),
    };
    Ok((decay, gain))
}

fn sigmoid(w: f64) -> f64 {
    1.0 / (1.0 + (-w).exp())
}

//! `"op": "neuron"`: a neuron of any kind of the registry, by the tables of its model.
//!
//! Known keys: those of every neuron, the kind's parameters, and the switches, each with the values that the kind has.

use super::json::Fields;
use super::param::Params;
use super::switch::{SWITCHES, Switch};
use crate::diag::{Diagnostic, codes, did_you_mean, shown};
use goldspike_golden::describe::{Fire, Neuron};
use goldspike_golden::neuron::info::{Conflict, Default, Given, KindInfo};
use goldspike_golden::neuron::modes::Mode;
use goldspike_golden::neuron::{self, ModelId, Modes, ResetTiming, Spikes};
use goldspike_golden::quant::Param;

/// Keys of every neuron, besides parameters and switches.
pub const COMMON: &[&str] = &["op", "name", "shape", "kind", FIRE, REFRACTORY];
/// Key of the comparison.
pub const FIRE: &str = "fire";
/// Key of the refractory period.
pub const REFRACTORY: &str = "refractory";
/// Longest refractory period, in steps.
pub const MAX_REFRACTORY: u64 = 65535;
/// Spellings of the comparison, the default first.
pub const FIRES: &[(&str, Fire)] = &[
    (">=", Fire::Ge),
    ("ge", Fire::Ge),
    (">", Fire::Gt),
    ("gt", Fire::Gt),
];
/// Parameter of a kind that belongs to the layer's spikes and not to its model.
const AMPLITUDE: &str = "amplitude";

/// Every kind of the registry with its model.
pub fn kinds() -> impl Iterator<Item = (ModelId, &'static KindInfo)> {
    ModelId::ALL
        .iter()
        .flat_map(|&model| model.info().kinds.iter().map(move |kind| (model, kind)))
}

/// The neurons that `params` are of, and the real value of their spikes.
pub fn read(params: &Params<'_, '_>) -> Result<(Neuron, Param<f64>), Diagnostic> {
    let fields = params.fields;
    let (model, kind) = kind(fields)?;
    if let Some(field) = fields.get("recurrent") {
        return Err(field.error(
            &codes::UNSUPPORTED,
            "recurrent synapses are not supported by this version",
        ));
    }
    known_keys(fields, model, kind)?;
    let mut given = Given::new();
    for info in kind.parameters(model.info()) {
        match fields.get(info.name) {
            Some(field) => drop(given.insert(info.name, params.read(&field, info)?)),
            None if info.default == Default::Required => {
                fields.required(info.name)?;
            }
            None => {}
        }
    }
    let mut parameters = (kind.convert)(given).map_err(|conflict| at_key(fields, conflict))?;
    for info in kind.with {
        if let (Default::Value(value), Some(_)) = (info.default, model.info().parameter(info.name))
        {
            parameters.entry(info.name).or_insert(Param::Layer(value));
        }
    }
    let amplitude = parameters.remove(AMPLITUDE).unwrap_or(Param::Layer(1.0));
    let refractory = fields
        .get(REFRACTORY)
        .map_or(Ok(0), |field| field.integer(0, MAX_REFRACTORY))?;
    let neuron = Neuron {
        model,
        fire: fields
            .get(FIRE)
            .map_or(Ok(Fire::Ge), |field| field.choice(FIRES))?,
        modes: modes(fields, kind)?,
        refractory: refractory as u32,
        parameters,
    };
    Ok((neuron, amplitude))
}

fn kind(fields: &Fields<'_>) -> Result<(ModelId, &'static KindInfo), Diagnostic> {
    let field = fields.required("kind")?;
    let name = field.text()?;
    neuron::kind(name).ok_or_else(|| {
        let message = format!("there is no neuron kind `{}`", shown(name));
        field
            .error(&codes::UNKNOWN_KIND, message)
            .help(did_you_mean(name, kinds().map(|(_, kind)| kind.name)))
    })
}

/// An error at the first key that the kind does not have.
fn known_keys(fields: &Fields<'_>, model: ModelId, kind: &KindInfo) -> Result<(), Diagnostic> {
    let mut known = COMMON.to_vec();
    known.extend(kind.parameters(model.info()).map(|info| info.name));
    known.extend(SWITCHES.iter().map(|switch| switch.key));
    fields.only(&known).map_err(|error| {
        let key = fields
            .iter()
            .map(|(key, _)| key)
            .find(|key| !known.contains(key));
        let others = names(kinds().filter(|(model, kind)| {
            kind.parameters(model.info())
                .any(|info| Some(info.name) == key)
        }));
        if others.is_empty() {
            return error;
        }
        error.help(format!(
            "the kind `{}` does not have it; it is a key of {others}",
            kind.name
        ))
    })
}

fn names(kinds: impl Iterator<Item = (ModelId, &'static KindInfo)>) -> String {
    let names: Vec<String> = kinds.map(|(_, kind)| format!("`{}`", kind.name)).collect();
    names.join(", ")
}

/// The switches: the kind's first modes, and what the file says.
fn modes(fields: &Fields<'_>, kind: &KindInfo) -> Result<Modes, Diagnostic> {
    let mut modes = kind.modes.first();
    for switch in SWITCHES {
        let Some(field) = fields.get(switch.key) else {
            continue;
        };
        let all: Vec<(&str, &str)> = (switch.all)()
            .into_iter()
            .map(|text| (text, text))
            .collect();
        let value = field.choice(&all)?;
        if !(switch.values)(&kind.modes).contains(&value) {
            let (message, help) = refusal(kind, switch, value);
            return Err(field.error(&codes::CONFLICT, message).help(help));
        }
        (switch.set)(&mut modes, value);
    }
    match kind.modes.outside(&modes).and_then(|key| fields.get(key)) {
        None => Ok(modes),
        Some(field) => Err(field.error(
            &codes::CONFLICT,
            format!(
                "the kind `{}` has not all of these switches together: {PENDING}",
                kind.name
            ),
        )),
    }
}

/// Why no kind of ternary spikes has the guarded timing.
const PENDING: &str = "no source says what a pending reset of a negative spike is";

/// Why the kind does not have the value, and the nearest that works.
fn refusal(kind: &KindInfo, switch: &Switch, value: &str) -> (String, String) {
    let key = switch.key;
    let pending = kind.modes.spikes.contains(&Spikes::Ternary)
        && value == ResetTiming::SameStepGuarded.text();
    let why = if pending {
        format!(": {PENDING}")
    } else {
        String::new()
    };
    let own: Vec<String> = (switch.values)(&kind.modes)
        .iter()
        .map(|own| format!("`{own}`"))
        .collect();
    let others = names(kinds().filter(|(_, other)| (switch.values)(&other.modes).contains(&value)));
    let mut help = format!("use {}", own.join(" or "));
    if !others.is_empty() {
        help += &format!(", or a kind that has `{value}`: {others}");
    }
    (
        format!("the kind `{}` has no `{key}` `{value}`{why}", kind.name),
        help,
    )
}

fn at_key(fields: &Fields<'_>, conflict: Conflict) -> Diagnostic {
    let field = conflict.key.and_then(|key| fields.get(key));
    let error = match (conflict.key, field) {
        (Some(_), Some(field)) => field.error(&codes::CONFLICT, conflict.message),
        (Some(_), None) => fields.field.error(&codes::CONFLICT, conflict.message),
        (None, _) => fields.field.error(&codes::MISSING_KEY, conflict.message),
    };
    if conflict.help.is_empty() {
        error
    } else {
        error.help(conflict.help)
    }
}

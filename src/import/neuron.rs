//! `"op": "neuron"`: a neuron of any kind of the registry, by the tables of its model.
//!
//! Known keys: those of every neuron, the kind's parameters, and the switches, each with the values that the kind has.

use super::json::{Field, Fields};
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
        let has = |model: ModelId, kind: &KindInfo| {
            kind.parameters(model.info())
                .any(|info| Some(info.name) == key)
        };
        match nearest(kind, has) {
            None => error,
            Some(other) => error.help(format!(
                "the kind `{}` does not have it; it is a key of `{other}`",
                kind.name
            )),
        }
    })
}

/// A kind that `has` it: of the same model, or else the first of the registry.
fn nearest(kind: &KindInfo, has: impl Fn(ModelId, &KindInfo) -> bool) -> Option<&'static str> {
    let own = neuron::kind(kind.name).map(|(model, _)| model);
    let sibling = kinds().filter(|(model, _)| Some(*model) == own);
    sibling
        .chain(kinds())
        .find(|(model, kind)| has(*model, kind))
        .map(|(_, kind)| kind.name)
}

/// The switches: the kind's first modes, and what the file says.
fn modes(fields: &Fields<'_>, kind: &KindInfo) -> Result<Modes, Diagnostic> {
    let mut modes = kind.modes.first();
    for switch in SWITCHES {
        let Some(field) = fields.get(switch.key) else {
            continue;
        };
        let all = (switch.all)();
        let all: Vec<(&str, &str)> = all.into_iter().map(|text| (text, text)).collect();
        let value = field.choice(&all)?;
        if !(switch.values)(&kind.modes).contains(&value) {
            return Err(refused(&field, kind, switch, value, None));
        }
        (switch.set)(&mut modes, value);
    }
    let outside = kind.modes.outside(&modes);
    match SWITCHES.iter().find(|switch| Some(switch.key) == outside) {
        None => Ok(modes),
        Some(switch) => {
            let field = fields.get(switch.key);
            let field = field.as_ref().unwrap_or(&fields.field);
            Err(refused(
                field,
                kind,
                switch,
                (switch.of)(modes),
                Some(modes),
            ))
        }
    }
}

/// The kind does not have the value, or not `with` these switches; and the nearest that works.
fn refused(
    field: &Field<'_>,
    kind: &KindInfo,
    switch: &Switch,
    value: &str,
    with: Option<Modes>,
) -> Diagnostic {
    let ternary = with.map_or(kind.modes.spikes == [Spikes::Ternary], |modes| {
        modes.spikes == Spikes::Ternary
    });
    let why = if ternary && value == ResetTiming::SameStepGuarded.text() {
        ": no source says what a pending reset of a negative spike is"
    } else {
        ""
    };
    let beside = with.map_or("", |_| " beside the other switches here");
    let legal = |own: &&str| {
        with.is_none_or(|mut modes| {
            (switch.set)(&mut modes, own);
            kind.modes.outside(&modes).is_none()
        })
    };
    let own = (switch.values)(&kind.modes).into_iter().filter(legal);
    let own: Vec<String> = own.map(|own| format!("`{own}`")).collect();
    let mut help = format!("use {}", own.join(" or "));
    let has = |_, other: &KindInfo| (switch.values)(&other.modes).contains(&value);
    if let (None, Some(other)) = (with, nearest(kind, has)) {
        help += &format!(", or the kind `{other}`, which has `{value}`");
    }
    let message = format!(
        "the kind `{}` has no `{}` `{value}`{beside}{why}",
        kind.name, switch.key
    );
    field.error(&codes::CONFLICT, message).help(help)
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

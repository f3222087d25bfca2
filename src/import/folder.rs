//! net.json and net.safetensors together.

use super::json::{self, Field};
use super::tensors::Tensors;
use super::{Imported, encoding, layers};
use crate::diag::{Diagnostic, Place, SourceText, codes, shown};
use goldspike_golden::describe::{Layer, Network};
use goldspike_golden::neuron::Spikes;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::sync::Arc;

/// A file that was read.
#[derive(Clone, Debug)]
pub struct File<'a> {
    /// Name for messages.
    pub name: String,
    /// All bytes.
    pub bytes: &'a [u8],
}

const KEYS: &[&str] = &[
    "$schema",
    "format",
    "name",
    "trained_with",
    "dataset",
    "time_steps",
    "input",
    "readout",
    "layers",
];
const MAX_TIME_STEPS: u64 = 65536;

/// The network of the two files, net.json and net.safetensors.
///
/// # Errors
/// A [`Diagnostic`] with the place for everything that is damaged, unknown, contradictory or out of range.
pub fn from_files(json: File<'_>, tensors: File<'_>) -> Result<Imported, Diagnostic> {
    let source_digest = digest(json.bytes, tensors.bytes);
    let text = std::str::from_utf8(json.bytes).map_err(|e| {
        let message = format!("the text is not UTF-8 from byte {} on", e.valid_up_to());
        Diagnostic::error(&codes::NOT_UTF8, message)
            .at(Place::file(json.name.clone()))
            .help("save the file as UTF-8")
    })?;
    let source = Arc::new(SourceText {
        file: json.name,
        text: text.to_owned(),
    });
    let value = json::parse(&source)?;
    let root = Field::root(&source, &value).object()?;
    let format = root.required("format")?;
    if format.text()? != "goldspike/1" {
        let message = format!(
            "the format is `{}`, this version reads `goldspike/1`",
            shown(format.text()?)
        );
        return Err(format.error(&codes::WRONG_FORMAT, message));
    }
    root.only(KEYS)?;
    let text = |key: &str| {
        root.get(key)
            .map(|field| field.text().map(str::to_owned))
            .transpose()
    };
    text("$schema")?;
    let tensors = Tensors::new(&tensors.name, tensors.bytes)?;

    let name = layers::read_name(&root.required("name")?)?;
    let time_steps = root.required("time_steps")?.integer(1, MAX_TIME_STEPS)? as u32;
    let input = root.required("input")?.object()?;
    input.only(&["shape", "encoding"])?;
    let shape = layers::read_shape(&input.required("shape")?)?;
    let axons = layers::size(&shape);
    let encoding = encoding::read(&input.required("encoding")?.object()?)?;
    let signed = readout(root.get("readout"))?;
    let (layers, places) = layers::read(&root.required("layers")?, &tensors, shape, time_steps)?;
    let readout_signed = readout_signed(signed, &layers)?;
    Ok(Imported {
        network: Network {
            name,
            time_steps,
            axons,
            encoding,
            layers,
        },
        dataset: text("dataset")?,
        trained_with: text("trained_with")?,
        readout_signed,
        embedded: None,
        source_digest,
        warnings: tensors.unused(),
        places,
    })
}

/// The field that says whether a negative spike counts -1.
fn readout(field: Option<Field<'_>>) -> Result<Option<(Field<'_>, bool)>, Diagnostic> {
    let Some(field) = field else { return Ok(None) };
    let fields = field.object()?;
    fields.only(&["type", "tie", "signed"])?;
    fields
        .get("type")
        .map_or(Ok(()), |field| field.choice(&[("spike_count", ())]))?;
    fields
        .get("tie")
        .map_or(Ok(()), |field| field.choice(&[("lowest_index", ())]))?;
    let signed = fields.get("signed");
    signed
        .map(|field| field.boolean().map(|signed| (field, signed)))
        .transpose()
}

/// Whether a negative spike counts -1: it does wherever the last layer has one.
fn readout_signed(given: Option<(Field<'_>, bool)>, layers: &[Layer]) -> Result<bool, Diagnostic> {
    let ternary = layers
        .last()
        .is_some_and(|layer| layer.neuron.modes.spikes == Spikes::Ternary);
    match given {
        None => Ok(ternary),
        Some((field, false)) if ternary => {
            let message =
                "the last layer fires negative spikes, which this read-out does not count";
            Err(field
                .error(&codes::CONFLICT, message)
                .help("set `signed` to true: a negative spike counts -1"))
        }
        Some((_, signed)) => Ok(signed),
    }
}

fn digest(json: &[u8], tensors: &[u8]) -> String {
    let mut hash = Sha256::new();
    for bytes in [json, tensors] {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    }
    hash.finalize().iter().fold(String::new(), |mut out, byte| {
        let _infallible = write!(out, "{byte:02x}");
        out
    })
}

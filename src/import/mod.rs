//! A trained network in: `goldspike/1` (net.json + net.safetensors) to [`Network`].
//!
//! The format is defined by `schema/goldspike-1.schema.json` and `examples/README.md`. Everything is checked here,
//! once: a [`Network`] that comes out has matching shapes, finite weights and parameters in range. Flatten and
//! reshape disappear; each `linear` layer and the `neuron` layer behind it become one layer. This module does not
//! quantize and does not run anything.

mod encoding;
mod file;
mod folder;
mod json;
mod layers;
mod neuron;
mod param;
pub mod reference;
pub mod schema;
mod switch;
mod tensors;

use crate::diag::{Diagnostic, Place, codes, did_you_mean};
use goldspike_golden::describe::Network;
use std::collections::BTreeMap;
use std::path::Path;

pub(crate) use file::read_limited;
pub use folder::{File, from_files};

/// A network with what the file says besides the arithmetic.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The network in real numbers.
    pub network: Network,
    /// Name of the data set it was trained for, if given.
    pub dataset: Option<String>,
    /// Framework and version it was trained with, if given.
    pub trained_with: Option<String>,
    /// The read-out counts a negative spike as -1.
    pub readout_signed: bool,
    /// Name of the embedded example, if it is one.
    pub embedded: Option<&'static str>,
    /// SHA-256 of net.json and net.safetensors, in hexadecimal digits.
    pub source_digest: String,
    /// What is probably not meant.
    pub warnings: Vec<Diagnostic>,
    places: Vec<BTreeMap<String, Place>>,
}

impl Imported {
    /// Place of the field `key` of layer `layer` (`decay`, `v_threshold`, `weight`, `weight_quant` ...) in net.json, for
    /// errors found later; `None` if the file does not give the key.
    #[must_use]
    pub fn place(&self, layer: usize, key: &str) -> Option<&Place> {
        self.places.get(layer)?.get(key)
    }
}

/// A network that is part of the program.
struct Example {
    name: &'static str,
    json: &'static [u8],
    tensors: &'static [u8],
}

static EXAMPLES: &[Example] = &[Example {
    name: "digits",
    json: include_bytes!("../../examples/digits/net.json"),
    tensors: include_bytes!("../../examples/digits/net.safetensors"),
}];

/// Names of the embedded networks.
pub fn embedded_names() -> impl Iterator<Item = &'static str> {
    EXAMPLES.iter().map(|example| example.name)
}

/// The embedded network `name`.
///
/// # Errors
/// `GS0107` if there is none of this name.
pub fn embedded(name: &str) -> Result<Imported, Diagnostic> {
    let Some(example) = EXAMPLES.iter().find(|example| example.name == name) else {
        return Err(unknown(name));
    };
    let place = |file: &str| format!("embedded:{}/{file}", example.name);
    let mut imported = from_files(
        File {
            name: place("net.json"),
            bytes: example.json,
        },
        File {
            name: place("net.safetensors"),
            bytes: example.tensors,
        },
    )?;
    imported.embedded = Some(example.name);
    Ok(imported)
}

/// The network at `path`: a folder with net.json and net.safetensors, that net.json itself, or the name of an
/// embedded network if there is no such folder.
///
/// # Errors
/// A [`Diagnostic`] with the place for everything that is missing, damaged, unknown, contradictory or out of range.
pub fn load(path: &Path) -> Result<Imported, Diagnostic> {
    let shown = path.display().to_string();
    if path.is_dir() {
        let name = path
            .to_str()
            .filter(|name| !path.join("net.json").exists() && embedded_names().any(|e| e == *name));
        return name.map_or_else(|| load_folder(path), embedded);
    }
    if path.extension().is_some_and(|extension| extension == "nir") && path.exists() {
        return Err(Diagnostic::error(
            &codes::NIR_UNSUPPORTED,
            "NIR files are not supported by this version",
        )
        .at(Place::file(shown))
        .help(
            "export the network as a folder with net.json and net.safetensors (examples/README.md)",
        ));
    }
    if path.is_file() {
        if path.file_name().is_some_and(|name| name == "net.json") {
            return load_folder(path.parent().unwrap_or_else(|| Path::new("")));
        }
        return Err(
            Diagnostic::error(&codes::WRONG_FORMAT, "this file is not a network")
                .at(Place::file(shown))
                .help("a network is a folder with net.json and net.safetensors"),
        );
    }
    if path.components().count() == 1 && path.extension().is_none() {
        return embedded(&shown);
    }
    Err(
        Diagnostic::error(&codes::FILE_MISSING, "there is no such file or folder")
            .at(Place::file(shown)),
    )
}

fn load_folder(folder: &Path) -> Result<Imported, Diagnostic> {
    let read = |name: &str, limit| {
        read_limited(&folder.join(name), limit)
            .map_err(|error| error.help("a network is a folder with net.json and net.safetensors"))
    };
    let json = read("net.json", file::MAX_JSON)?;
    let tensors = read("net.safetensors", file::MAX_TENSORS)?;
    let name = |name: &str| folder.join(name).display().to_string();
    from_files(
        File {
            name: name("net.json"),
            bytes: &json,
        },
        File {
            name: name("net.safetensors"),
            bytes: &tensors,
        },
    )
}

fn unknown(name: &str) -> Diagnostic {
    let message = format!(
        "there is no folder and no embedded network `{}`",
        crate::diag::shown(name)
    );
    Diagnostic::error(&codes::UNKNOWN_EXAMPLE, message).help(did_you_mean(name, embedded_names()))
}

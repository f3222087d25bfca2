//! Every reader of bytes that a user, a file or a line can bring, behind one shape: bytes in, and either what was read,
//! which must be whole, or a refusal that says what, where and what to do.
//!
//! The fuzz targets of `fuzz/` call these functions; so does the test that replays their corpora.

mod files;
mod image;
mod line;
mod whole;

use std::fmt::Display;

use goldspike::diag::{Diagnostic, Severity, Style, codes};

/// What became of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// It was read, and what was read is whole.
    Whole,
    /// It was refused for this reason: the code of a message, or the word of a fault.
    Refused(&'static str),
}

/// A reader.
#[derive(Clone, Copy)]
pub struct Reader {
    /// Name of the fuzz target, and of its corpus.
    pub name: &'static str,
    /// Reads bytes; the text says which promise was broken.
    pub read: fn(&[u8]) -> Result<Read, String>,
}

/// Every reader.
pub const READERS: [Reader; 9] = [
    Reader {
        name: "net_json",
        read: files::net_json,
    },
    Reader {
        name: "net_safetensors",
        read: files::net_safetensors,
    },
    Reader {
        name: "data_npz",
        read: files::data_npz,
    },
    Reader {
        name: "trace_npz",
        read: files::trace_npz,
    },
    Reader {
        name: "quant_json",
        read: files::quant_json,
    },
    Reader {
        name: "quant_safetensors",
        read: files::quant_safetensors,
    },
    Reader {
        name: "board_toml",
        read: files::board_toml,
    },
    Reader {
        name: "link_frames",
        read: line::link_frames,
    },
    Reader {
        name: "load_image",
        read: image::load_image,
    },
];

pub use image::images;
pub use whole::{Seen, network};

/// Reads `data` by the reader `name`, for a fuzz target.
///
/// # Panics
/// There is none, or it broke a promise: what a fuzzer looks for.
pub fn fuzz(name: &str, data: &[u8]) {
    let reader = READERS.iter().find(|reader| reader.name == name);
    let said = reader.map(|reader| (reader.read)(data));
    assert!(matches!(said, Some(Ok(_))), "{name}: {said:?}");
}

/// Codes whose sentence is the edit itself: what a field, number, key, tensor or array is, and what it must be.
const SAID: [&codes::Code; 15] = [
    &codes::WRONG_FORMAT,
    &codes::WRONG_TYPE,
    &codes::MISSING_KEY,
    &codes::DUPLICATE_KEY,
    &codes::OUT_OF_RANGE,
    &codes::BAD_NAME,
    &codes::DUPLICATE_NAME,
    &codes::UNSUPPORTED,
    &codes::LAYER_SHAPE,
    &codes::NO_LAYERS,
    &codes::TENSOR_SHAPE,
    &codes::ARRAY_SHAPE,
    &codes::ARRAY_VALUE,
    &codes::NO_SAMPLES,
    &codes::TRACE_MISMATCH,
];

/// A refusal must have a code of the table, the exit code of bad input, a sentence, a place, a remedy where the sentence is none, and must be printable in every
/// way.
fn refused(diagnostic: &Diagnostic) -> Result<Read, String> {
    let broken = |what: &str| Err(format!("{what}: {diagnostic:?}"));
    let code = diagnostic.code;
    if codes::find(code.id) != Some(code) || code == &codes::INTERNAL {
        return broken("no code for bad input");
    }
    if diagnostic.severity != Severity::Error || diagnostic.exit_code() != 2 {
        return broken("not the exit code of bad input");
    }
    if diagnostic.message.is_empty() || diagnostic.message.contains('\n') {
        return broken("not one sentence");
    }
    if diagnostic.place.is_none() {
        return broken("no place");
    }
    let helps = diagnostic
        .help
        .as_ref()
        .is_some_and(|help| !help.is_empty());
    if !helps && !SAID.contains(&code) {
        return broken("no help");
    }
    let colours = Style {
        colour: true,
        unicode: true,
        width: Some(80),
    };
    let printed = [Style::default(), colours].map(|style| diagnostic.render(style));
    if !printed[0].contains(code.id) || printed[1].is_empty() {
        return broken("not printed");
    }
    if diagnostic.to_json()["code"] != code.id {
        return broken("not as JSON");
    }
    Ok(Read::Refused(code.id))
}

/// `Ok` if `holds`, else what was promised.
fn promised(holds: bool, what: impl Display) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what.to_string()) }
}

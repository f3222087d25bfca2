//! Flags and engines that are planned and not part of this version: each is named as such, with the nearest thing
//! that works. None of them stands in the help.

use crate::diag::{Diagnostic, codes};
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// What is not there yet.
struct Later {
    /// What clap did not know there.
    kind: ErrorKind,
    /// The word as it is typed.
    word: &'static str,
    /// Why it does nothing.
    message: &'static str,
    /// The nearest thing that works.
    help: &'static str,
}

const fn flag(word: &'static str, message: &'static str, help: &'static str) -> Later {
    Later {
        kind: ErrorKind::UnknownArgument,
        word,
        message,
        help,
    }
}

const fn engine(word: &'static str, message: &'static str, help: &'static str) -> Later {
    Later {
        kind: ErrorKind::InvalidValue,
        word,
        message,
        help,
    }
}

/// Where an engine of a device runs.
const VERIFIED: &str =
    "`goldspike verify NETWORK --engine netlist,bitstream --target hx8k` runs it";

const ALL: [Later; 5] = [
    flag(
        "--target",
        "this verb plays the portable form of a design, which computes what every other form computes",
        "leave the flag out; `generate`, `build`, `verify` and `synth` take it",
    ),
    flag(
        "--goal",
        "lanes are chosen by a goal for a device alone",
        "`goldspike generate`, `build` and `synth` take it with `--target DEVICE`, and say which `--lanes`, `--neuron-lanes` and `--events` they choose",
    ),
    engine(
        "netlist",
        "`run` has no device, and this is an engine of one",
        VERIFIED,
    ),
    engine(
        "routed",
        "`run` has no device, and this is an engine of one",
        "`goldspike verify NETWORK --engine routed --target ecp5-25k` runs it",
    ),
    engine(
        "bitstream",
        "`run` has no device, and this is an engine of one",
        VERIFIED,
    ),
];

/// What is to be said if clap stopped at something that is not there yet.
pub fn refused(error: &clap::Error) -> Option<Diagnostic> {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(word)) => Some(word.as_str()),
        _ => None,
    };
    let word = match error.kind() {
        ErrorKind::InvalidSubcommand => context(ContextKind::InvalidSubcommand),
        ErrorKind::UnknownArgument => context(ContextKind::InvalidArg),
        ErrorKind::InvalidValue if context(ContextKind::InvalidArg)?.starts_with("--engine ") => {
            context(ContextKind::InvalidValue)
        }
        _ => None,
    }?;
    let Later {
        kind,
        message,
        help,
        ..
    } = ALL
        .iter()
        .find(|later| later.kind == error.kind() && later.word == word)?;
    let typed = match kind {
        ErrorKind::InvalidValue => format!("--engine {word}"),
        _ => word.to_owned(),
    };
    let message = format!("{typed}: {message}");
    Some(Diagnostic::error(&codes::NOT_IN_THIS_VERSION, message).help(*help))
}

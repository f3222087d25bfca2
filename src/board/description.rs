//! `board.toml`: reading it, and everything that can be wrong with it, at its line and field.

use std::ops::Range;
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use super::folder::Folder;
use super::{Board, Ports, TOP, Uart};
use crate::diag::{Diagnostic, Place, SourceText, codes, did_you_mean, shown};
use crate::link::{ShapeError, clocks_per_bit};
use crate::synth::{self, TARGETS};

/// The file.
const FILE: &str = "board.toml";

/// Where the format is described.
const KEYS: &str = "every key of board.toml is in constraints/README.md";

/// As it stands in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    title: String,
    target: Spanned<String>,
    package: Option<String>,
    clock_hz: Spanned<u64>,
    top: Spanned<String>,
    pins: Spanned<String>,
    #[serde(rename = "source")]
    _source: String,
    ports: Spanned<Ports>,
    uart: UartText,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UartText {
    baud: Spanned<u64>,
    input_beats: Spanned<usize>,
    output_beats: Spanned<usize>,
}

/// Something that is wrong, with its place.
struct Wrong<'a> {
    source: &'a Arc<SourceText>,
}

impl Wrong<'_> {
    fn at(&self, span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        let field = field(&self.source.text, span.start);
        Diagnostic::error(&codes::BOARD, message).at(Place::text(self.source, span, field))
    }

    /// What the parser says; it names a key that is missing, and shows its table.
    fn parsing(&self, span: Range<usize>, message: String) -> Diagnostic {
        let missing = message
            .strip_prefix("missing field `")
            .and_then(|rest| rest.strip_suffix('`'));
        let Some(key) = missing else {
            return self.at(span, message).help(KEYS);
        };
        let table = field(&self.source.text, span.start).filter(|_| span.start > 0);
        let field = table.map_or_else(|| key.to_owned(), |table| format!("{table}.{key}"));
        let line = self.source.text[span.start.min(self.source.text.len())..].find('\n');
        let end = line.map_or(span.end, |line| span.start + line);
        let place = Place::text(self.source, span.start..end, Some(field));
        Diagnostic::error(&codes::BOARD, message)
            .at(place)
            .help(KEYS)
    }
}

/// The board of a folder.
///
/// # Errors
/// `GS1101` with line and field.
pub(super) fn read(folder: &Folder) -> Result<Board, Diagnostic> {
    let Some(text) = folder.text(FILE) else {
        return Err(
            Diagnostic::error(&codes::FILE_MISSING, "there is no such file")
                .at(Place::file(folder.path(FILE)))
                .help("a board is a folder with board.toml, its pins and its top level: constraints/README.md"),
        );
    };
    let source = Arc::new(SourceText {
        file: folder.path(FILE),
        text: text.to_owned(),
    });
    let wrong = Wrong { source: &source };
    let parsed: Text = toml::from_str(text).map_err(|error| {
        let message = error.message().lines().collect::<Vec<_>>().join("; ");
        wrong.parsing(error.span().unwrap_or(0..0), message)
    })?;

    let name = parsed.target.get_ref();
    let target = synth::target(name).ok_or_else(|| {
        wrong
            .at(
                parsed.target.span(),
                format!("there is no device `{}`", shown(name)),
            )
            .help(did_you_mean(name, TARGETS.iter().map(|target| target.name)))
    })?;
    let clock_hz = *parsed.clock_hz.get_ref();
    if !(1_000_000..=1_000_000_000).contains(&clock_hz) {
        return Err(wrong
            .at(
                parsed.clock_hz.span(),
                format!("a clock of {clock_hz} Hz: 1 MHz to 1 GHz are meant"),
            )
            .help("give `clock_hz` in Hz: 12 MHz are 12000000"));
    }
    clocks_per_bit(clock_hz, *parsed.uart.baud.get_ref())
        .map_err(|error| shape(&wrong, parsed.uart.baud.span(), &error))?;
    for beats in [&parsed.uart.input_beats, &parsed.uart.output_beats] {
        ShapeError::beats(*beats.get_ref()).map_err(|error| shape(&wrong, beats.span(), &error))?;
    }
    for file in [&parsed.top, &parsed.pins] {
        if folder.text(file.get_ref()).is_none() {
            let message = format!(
                "there is no file `{}` in this folder",
                shown(file.get_ref())
            );
            let known = folder.files.iter().map(|(name, _)| name.as_str());
            return Err(wrong
                .at(file.span(), message)
                .help(did_you_mean(file.get_ref(), known)));
        }
    }
    let board = Board {
        name: folder.name.clone(),
        title: parsed.title,
        target,
        package: parsed.package,
        clock_hz,
        top: parsed.top.into_inner(),
        pins: parsed.pins.into_inner(),
        uart: Uart {
            baud: *parsed.uart.baud.get_ref(),
            input_beats: *parsed.uart.input_beats.get_ref(),
            output_beats: *parsed.uart.output_beats.get_ref(),
        },
        ports: parsed.ports.into_inner(),
        files: folder.files.clone(),
    };
    pinned(folder, &board)?;
    Ok(board)
}

fn shape(wrong: &Wrong<'_>, span: Range<usize>, error: &ShapeError) -> Diagnostic {
    wrong.at(span, error.to_string()).help(error.help())
}

/// Refuses a board whose files do not go together: a top level of another name, a port without a pin.
fn pinned(folder: &Folder, board: &Board) -> Result<(), Diagnostic> {
    let words = |text: &str| -> Vec<String> {
        text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .map(str::to_owned)
            .collect()
    };
    let top = words(board.file(&board.top));
    if !top
        .windows(2)
        .any(|pair| pair[0] == "module" && pair[1] == TOP)
    {
        return Err(Diagnostic::error(
            &codes::BOARD,
            format!("the top level has no module `{TOP}`"),
        )
        .at(Place::file(folder.path(&board.top)))
        .help(format!(
            "`module {TOP} (...)` instantiates `goldspike_system`"
        )));
    }
    for port in board.ports.all() {
        if !top.contains(&port) {
            return Err(Diagnostic::error(
                &codes::BOARD,
                format!("`{TOP}` has no port `{}`", shown(&port)),
            )
            .at(Place::file(folder.path(&board.top)))
            .help("the names in [ports] of board.toml are those of the top level's ports"));
        }
    }
    let missing = synth::unnamed(board.file(&board.pins), &board.ports.all());
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!(
        "{} has no pin for {} of the ports: {}",
        board.pins,
        missing.len(),
        missing.join(", ")
    );
    Err(Diagnostic::error(&codes::BOARD, message)
        .at(Place::file(folder.path(&board.pins)))
        .help("name a pin for each port in [ports] of board.toml"))
}

/// The key of the line at `offset`, with its table: `uart.baud`.
fn field(text: &str, offset: usize) -> Option<String> {
    let end = text[offset.min(text.len())..]
        .find('\n')
        .map_or(text.len(), |line| offset + line);
    let mut lines = text[..end].lines().rev();
    let line = lines.next()?.trim();
    let table = |line: &str| Some(line.strip_prefix('[')?.strip_suffix(']')?.trim().to_owned());
    if let Some(table) = table(line) {
        return Some(table);
    }
    let key = line.split_once('=').map(|(key, _)| key.trim().to_owned())?;
    match lines.find_map(|line| table(line.trim())) {
        Some(table) => Some(format!("{table}.{key}")),
        None => Some(key),
    }
}

//! Diagnostics: the one error type of everything that a user's input can reach.
//!
//! A [`Diagnostic`] has a code (the table is [`codes`]), one sentence with exact numbers, the place (file, line,
//! column, field) and, where there is one, the edit that fixes it. It is printed for people or as JSON by
//! [`Diagnostic::render`]. It does not decide where it is printed.

pub mod codes;
mod render;

use std::ops::Range;
use std::sync::Arc;

pub use codes::Code;
pub use render::Style;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Severity {
    /// The input is refused.
    Error,
    /// The input is used; something in it is probably not meant.
    Warning,
}

/// A text file as it was read, kept for its lines in a message.
#[derive(Debug, PartialEq, Eq)]
pub struct SourceText {
    /// Name as the user gave it.
    pub file: String,
    /// The whole text.
    pub text: String,
}

/// Where something is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// File or folder, as the user gave it.
    pub file: String,
    /// Field inside the file: a JSON path (`layers[1].decay`), a tensor or an array.
    pub field: Option<String>,
    /// For text files: the text and the bytes meant.
    pub span: Option<Span>,
}

/// Bytes of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The text.
    pub source: Arc<SourceText>,
    /// Byte range, inside the text.
    pub bytes: Range<usize>,
}

impl Span {
    /// Line and column of the first byte, both from 1; columns count characters.
    #[must_use]
    pub fn line_column(&self) -> (usize, usize) {
        let text = self.source.text.as_str();
        let mut start = self.bytes.start.min(text.len());
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        let before = &text[..start];
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        (
            before.matches('\n').count() + 1,
            before[line_start..].chars().count() + 1,
        )
    }
}

impl Place {
    /// A whole file or folder.
    #[must_use]
    pub fn file(file: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            field: None,
            span: None,
        }
    }

    /// A named part (tensor, array) of a binary file.
    #[must_use]
    pub fn field(file: impl Into<String>, field: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            field: Some(field.into()),
            span: None,
        }
    }

    /// Bytes of a text file.
    #[must_use]
    pub fn text(source: &Arc<SourceText>, bytes: Range<usize>, field: Option<String>) -> Self {
        Self {
            file: source.file.clone(),
            field,
            span: Some(Span {
                source: Arc::clone(source),
                bytes,
            }),
        }
    }
}

/// One error or warning.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// What kind, from the table.
    pub code: &'static Code,
    /// How bad.
    pub severity: Severity,
    /// One sentence with exact numbers, without a full stop.
    pub message: String,
    /// Where.
    pub place: Option<Box<Place>>,
    /// The edit that fixes it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error.
    #[must_use]
    pub fn error(code: &'static Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            place: None,
            help: None,
        }
    }

    /// A warning.
    #[must_use]
    pub fn warning(code: &'static Code, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, message)
        }
    }

    /// With a place.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(Box::new(place));
        self
    }

    /// With the edit that fixes it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Exit code of a command that stops here: the code's (2 for input), 0 for a warning.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self.severity {
            Severity::Error => self.code.exit,
            Severity::Warning => 0,
        }
    }
}

impl std::fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code.id, self.message)?;
        if let Some(place) = &self.place {
            write!(f, " ({}", place.file)?;
            if let Some(span) = &place.span {
                let (line, column) = span.line_column();
                write!(f, ":{line}:{column}")?;
            }
            if let Some(field) = &place.field {
                write!(f, ", {field}")?;
            }
            write!(f, ")")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostic {}

/// `name` with the nearest of `known` as a help text: `did you mean ...?`, or the whole list if none is near.
#[must_use]
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let nearest = known
        .iter()
        .map(|k| (strsim::jaro_winkler(name, k), *k))
        .filter(|(similarity, _)| *similarity >= 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match nearest {
        Some((_, nearest)) => format!("did you mean `{nearest}`? Known here: {}", known.join(", ")),
        None => format!("known here: {}", known.join(", ")),
    }
}

/// A real number as it is shown in messages: the shortest text that reads back as the same number.
#[must_use]
pub fn shown_number(value: f64) -> String {
    if value == 0.0 || (1e-5..1e16).contains(&value.abs()) {
        format!("{value}")
    } else {
        format!("{value:e}")
    }
}

/// `text` of a user's file as it may appear in a message: control characters escaped, at most 60 characters.
#[must_use]
pub fn shown(text: &str) -> String {
    let mut out = String::new();
    for (i, c) in text.chars().enumerate() {
        if i == 60 {
            out.push_str("...");
            break;
        }
        if c.is_control() {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

//! Printing of a diagnostic: for people (through `miette`) or as JSON.

use super::{Diagnostic, Severity, Span};
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode, ThemeCharacters,
    ThemeStyles,
};

/// How a diagnostic is drawn for people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// ANSI colours.
    pub colour: bool,
    /// Box-drawing characters; otherwise ASCII.
    pub unicode: bool,
    /// Wrap at this many columns; no wrapping if `None`.
    pub width: Option<usize>,
}

impl Diagnostic {
    /// The diagnostic for people: several lines, the last one ended.
    #[must_use]
    pub fn render(&self, style: Style) -> String {
        let theme = GraphicalTheme {
            characters: if style.unicode {
                ThemeCharacters::unicode()
            } else {
                ThemeCharacters::ascii()
            },
            styles: if style.colour {
                ThemeStyles::ansi()
            } else {
                ThemeStyles::none()
            },
        };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_links(false)
            .with_width(style.width.unwrap_or(100))
            .with_wrap_lines(style.width.is_some())
            .with_context_lines(1);
        let mut out = String::new();
        match handler.render_report(&mut out, &View::new(self)) {
            Ok(()) => out,
            Err(_) => format!("{self}\n"),
        }
    }

    /// The diagnostic as one JSON object: `code`, `severity`, `message`, `meaning`, and where known `file`, `line`,
    /// `column`, `field`, `help`.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let mut out = serde_json::json!({
            "code": self.code.id,
            "severity": match self.severity { Severity::Error => "error", Severity::Warning => "warning" },
            "message": self.message,
            "meaning": self.code.meaning,
        });
        if let Some(place) = &self.place {
            out["file"] = place.file.as_str().into();
            if let Some(field) = &place.field {
                out["field"] = field.as_str().into();
            }
            if let Some(span) = &place.span {
                let (line, column) = span.line_column();
                out["line"] = line.into();
                out["column"] = column.into();
            }
        }
        if let Some(help) = &self.help {
            out["help"] = help.as_str().into();
        }
        out
    }
}

/// Longest line that is shown; net.json without line breaks is one line.
const MAX_LINE: usize = 240;

/// What `miette` asks of a diagnostic.
#[derive(Debug)]
struct View<'a> {
    diagnostic: &'a Diagnostic,
    source: Option<NamedSource<String>>,
}

impl<'a> View<'a> {
    fn new(diagnostic: &'a Diagnostic) -> Self {
        let span = diagnostic
            .place
            .as_ref()
            .and_then(|place| place.span.as_ref());
        let source = span
            .filter(|span| lines_are_short(span))
            .map(|span| NamedSource::new(&span.source.file, printable(&span.source.text)));
        Self { diagnostic, source }
    }
}

/// Are the line of the place and its neighbours short enough to be shown?
fn lines_are_short(span: &Span) -> bool {
    let (line, _) = span.line_column();
    let lines = span
        .source
        .text
        .lines()
        .skip(line.saturating_sub(2))
        .take(3);
    lines.into_iter().all(|line| line.len() <= MAX_LINE)
}

/// `text` with control characters replaced by as many bytes, so that a file cannot steer the terminal.
fn printable(text: &str) -> String {
    let replaced = text.chars().flat_map(|c| {
        let control = c.is_control() && !matches!(c, '\n' | '\r' | '\t');
        let count = if control { c.len_utf8() } else { 1 };
        std::iter::repeat_n(if control { '?' } else { c }, count)
    });
    replaced.collect()
}

impl std::fmt::Display for View<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.diagnostic.message)?;
        let Some(place) = self
            .diagnostic
            .place
            .as_ref()
            .filter(|_| self.source.is_none())
        else {
            return Ok(());
        };
        write!(f, "\nin {}", place.file)?;
        if let Some(span) = &place.span {
            let (line, column) = span.line_column();
            write!(f, ":{line}:{column}")?;
        }
        place
            .field
            .as_ref()
            .map_or(Ok(()), |field| write!(f, ": {field}"))
    }
}

impl std::error::Error for View<'_> {}

impl miette::Diagnostic for View<'_> {
    fn code<'b>(&'b self) -> Option<Box<dyn std::fmt::Display + 'b>> {
        Some(Box::new(self.diagnostic.code.id))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'b>(&'b self) -> Option<Box<dyn std::fmt::Display + 'b>> {
        self.diagnostic
            .help
            .as_ref()
            .map(|help| Box::new(help) as Box<dyn std::fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = self
            .diagnostic
            .place
            .as_ref()
            .filter(|_| self.source.is_some())?;
        let span = place.span.as_ref()?;
        let label = LabeledSpan::new(place.field.clone(), span.bytes.start, span.bytes.len());
        Some(Box::new(std::iter::once(label)))
    }
}

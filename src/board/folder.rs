//! The text files of a board's folder, from the program or from the disk.

use std::io::ErrorKind;
use std::path::Path;

use include_dir::{Dir, include_dir};

use crate::diag::{Diagnostic, Place, codes};
use crate::import::read_limited;

/// The folders of the repository.
static BOARDS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/constraints");

/// Largest file of a board, in bytes.
const MOST_BYTES: u64 = 1 << 20;

/// A board's files.
pub(super) struct Folder {
    /// Name of the folder.
    pub(super) name: String,
    /// Where it is, for messages.
    pub(super) shown: String,
    /// Text by name.
    pub(super) files: Vec<(String, String)>,
}

/// The boards that are part of the program, by name.
pub(super) fn embedded() -> impl Iterator<Item = (&'static str, &'static Dir<'static>)> {
    BOARDS
        .dirs()
        .filter_map(|dir| Some((dir.path().file_name()?.to_str()?, dir)))
}

impl Folder {
    /// One that is part of the program.
    pub(super) fn of_program(name: &str, dir: &Dir<'_>) -> Result<Self, Diagnostic> {
        let shown = format!("embedded:{name}");
        let mut files = Vec::new();
        for file in dir.files() {
            let Some(name) = file.path().file_name().and_then(|name| name.to_str()) else {
                continue;
            };
            let text = file
                .contents_utf8()
                .ok_or_else(|| not_utf8(&format!("{shown}/{name}")))?;
            files.push((name.to_owned(), text.to_owned()));
        }
        Ok(Self {
            name: name.to_owned(),
            shown,
            files,
        })
    }

    /// One of the disk: its regular files, and nothing below.
    pub(super) fn of_disk(folder: &Path) -> Result<Self, Diagnostic> {
        let shown = folder.display().to_string();
        let unreadable = |error: std::io::Error| {
            let diagnostic = match error.kind() {
                ErrorKind::NotFound => {
                    Diagnostic::error(&codes::FILE_MISSING, "there is no such folder").help(
                        "the name of a board, or a folder as constraints/README.md describes it",
                    )
                }
                _ => Diagnostic::error(
                    &codes::FILE_UNREADABLE,
                    format!("the folder cannot be read: {error}"),
                ),
            };
            diagnostic.at(Place::file(shown.clone()))
        };
        let whole = folder.canonicalize().map_err(unreadable)?;
        let name = whole.file_name().unwrap_or_default().to_string_lossy();
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
                continue;
            };
            if path.is_file() && !name.starts_with('.') {
                let text = String::from_utf8(read_limited(&path, MOST_BYTES)?)
                    .map_err(|_| not_utf8(&path.display().to_string()))?;
                files.push((name.to_owned(), text));
            }
        }
        files.sort();
        Ok(Self {
            name: name.into_owned(),
            shown,
            files,
        })
    }

    /// Path of a file, for messages.
    pub(super) fn path(&self, file: &str) -> String {
        format!("{}/{file}", self.shown)
    }

    /// Text of a file.
    pub(super) fn text(&self, file: &str) -> Option<&str> {
        let found = self.files.iter().find(|(name, _)| name == file);
        found.map(|(_, text)| text.as_str())
    }
}

fn not_utf8(file: &str) -> Diagnostic {
    Diagnostic::error(&codes::NOT_UTF8, "the file is not UTF-8")
        .at(Place::file(file))
        .help("save the file as UTF-8; a file that is no text does not belong to a board")
}

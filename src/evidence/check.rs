//! Whether evidence still holds: of the files beside it, of itself, and of what it says.

use super::{Evidence, FORMAT, JSON, PAGE, seal, sha256};
use crate::folder::MARKER;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Largest report that is read, in bytes.
const MOST_BYTES: u64 = 64 << 20;

/// Why a folder has no evidence.
#[derive(Debug, Error)]
pub enum EvidenceError {
    /// There is none, or it cannot be read.
    #[error("there is no evidence: {0}")]
    Missing(std::io::Error),
    /// It is too large to be one.
    #[error("the file has {0} bytes, a report has at most {MOST_BYTES}")]
    TooLarge(u64),
    /// It is none, or one of another version.
    #[error("this is no report of evidence: {0}")]
    Unreadable(String),
}

/// The report of a folder, and its document.
///
/// # Errors
/// There is none, or it is none.
pub fn read(folder: &Path) -> Result<(Evidence, Value), EvidenceError> {
    let path = folder.join(JSON);
    let size = std::fs::metadata(&path)
        .map_err(EvidenceError::Missing)?
        .len();
    if size > MOST_BYTES {
        return Err(EvidenceError::TooLarge(size));
    }
    let bytes = std::fs::read(&path).map_err(EvidenceError::Missing)?;
    let unreadable = |error: serde_json::Error| EvidenceError::Unreadable(error.to_string());
    let document: Value = serde_json::from_slice(&bytes).map_err(unreadable)?;
    match document["format"].as_str() {
        Some(FORMAT) => {}
        found => {
            let found = found.unwrap_or("none");
            let what = format!("`format` is {found}, and {FORMAT} is expected");
            return Err(EvidenceError::Unreadable(what));
        }
    }
    let evidence = serde_json::from_value(document.clone()).map_err(unreadable)?;
    Ok((evidence, document))
}

/// Whether the report of a folder has another digest than it says.
///
/// # Errors
/// No report.
pub fn altered(folder: &Path) -> Result<bool, EvidenceError> {
    let (_, document) = read(folder)?;
    Ok(document[seal::KEY] != seal::of(&document))
}

/// What keeps the evidence of a folder from being true now, each in a sentence; empty: it is signed off and nothing changed.
///
/// # Errors
/// No report.
pub fn check(folder: &Path) -> Result<Vec<String>, EvidenceError> {
    let (evidence, document) = read(folder)?;
    let mut open = Vec::new();
    if document[seal::KEY] != seal::of(&document) {
        open.push(format!(
            "{JSON}: the report was altered: it has another digest than it says"
        ));
    }
    if document["signed_off"] != evidence.is_signed_off() {
        open.push(format!("{JSON}: `signed_off` is not what its rows say"));
    }
    match std::fs::read_to_string(folder.join(PAGE)) {
        Ok(page) if page == evidence.markdown() => {}
        Ok(_) => open.push(format!("{PAGE}: it says something else than {JSON}")),
        Err(error) => open.push(format!("{PAGE}: {error}")),
    }
    if evidence.files.is_empty() {
        open.push(format!("{JSON}: it speaks of no file"));
    }
    for (name, expected) in &evidence.files {
        match std::fs::read(folder.join(name)) {
            Ok(bytes) if sha256(&bytes) == *expected => {}
            Ok(bytes) => open.push(format!(
                "{name}: changed since: its SHA-256 is {}, and {expected} is expected",
                sha256(&bytes)
            )),
            Err(error) => open.push(format!("{name}: {error}")),
        }
    }
    if let Some(bitstream) = &evidence.subject.bitstream
        && evidence.files.get(&bitstream.file) != Some(&bitstream.sha256)
    {
        open.push(format!("{JSON}: the bitstream is not one of its files"));
    }
    let known: BTreeSet<&str> = evidence.files.keys().map(String::as_str).collect();
    for name in sources(folder) {
        if !known.contains(name.as_str()) {
            open.push(format!("{name}: a source that the evidence does not know"));
        }
    }
    open.extend(evidence.open());
    Ok(open)
}

/// Verilog, memory contents, file lists and bitstreams below a folder, paths with `/`.
fn sources(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(inner) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(folder.join(&inner)) else {
            continue;
        };
        for entry in entries.flatten() {
            let path = inner.join(entry.file_name());
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(path);
                continue;
            }
            let ending = path.extension().unwrap_or_default().to_string_lossy();
            let source = ["v", "sv", "vh", "hex", "f", "bin", "bit", "fs"];
            if source.contains(&&*ending) && path != Path::new(MARKER) {
                let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
                found.insert(parts.join("/"));
            }
        }
    }
    found
}

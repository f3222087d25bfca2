//! Output folders: only goldspike's own are written to, and a reader never sees half a file.
//!
//! A folder made here holds a `.goldspike` marker. A folder that exists, is not empty and has no marker is refused.
//! Nothing is ever deleted.

use super::error::QuantizeError;
use std::fs;
use std::path::{Path, PathBuf};

/// Name of the marker.
pub(crate) const MARKER: &str = ".goldspike";
const MARKER_TEXT: &[u8] = b"Made by goldspike, which may overwrite the files of this folder.\n";

pub(crate) fn file_error(path: &Path) -> impl FnOnce(std::io::Error) -> QuantizeError {
    let path = path.to_path_buf();
    move |e| QuantizeError::File {
        path,
        reason: e.to_string(),
    }
}

/// Writes `files` into `folder`, in their order: a new folder appears complete or not at all, in an existing one each
/// file is replaced as a whole.
pub(crate) fn write(folder: &Path, files: &[(&str, &[u8])]) -> Result<(), QuantizeError> {
    let place = |path: PathBuf| {
        move |e: std::io::Error| QuantizeError::File {
            path,
            reason: e.to_string(),
        }
    };
    if folder.exists() {
        require_ours(folder)?;
        let scratch = scratch_in(folder)?;
        for (name, bytes) in marked(files) {
            put(&scratch.path().join(name), bytes)?;
        }
        for (name, _) in marked(files) {
            let target = folder.join(name);
            fs::rename(scratch.path().join(name), &target).map_err(place(target))?;
        }
        return Ok(());
    }
    let parent = match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(parent).map_err(file_error(parent))?;
    let scratch = scratch_in(parent)?;
    let inner = scratch.path().join("folder");
    fs::create_dir(&inner).map_err(file_error(&inner))?;
    for (name, bytes) in marked(files) {
        put(&inner.join(name), bytes)?;
    }
    fs::rename(&inner, folder).map_err(file_error(folder))
}

fn marked<'a>(files: &'a [(&'a str, &'a [u8])]) -> impl Iterator<Item = (&'a str, &'a [u8])> {
    std::iter::once((MARKER, MARKER_TEXT)).chain(files.iter().copied())
}

fn require_ours(folder: &Path) -> Result<(), QuantizeError> {
    let mut entries = fs::read_dir(folder).map_err(file_error(folder))?;
    if entries.next().is_none() || folder.join(MARKER).is_file() {
        return Ok(());
    }
    Err(QuantizeError::NotOurs {
        path: folder.to_path_buf(),
    })
}

fn scratch_in(folder: &Path) -> Result<tempfile::TempDir, QuantizeError> {
    tempfile::Builder::new()
        .prefix(".goldspike-")
        .tempdir_in(folder)
        .map_err(file_error(folder))
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), QuantizeError> {
    fs::write(path, bytes).map_err(file_error(path))
}

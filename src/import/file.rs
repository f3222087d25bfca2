//! Reading of whole files with an upper limit, so that a wrong path (a device, a disk image) is an error and not an
//! exhausted memory.

use crate::diag::{Diagnostic, Place, codes};
use std::io::{ErrorKind, Read};
use std::path::Path;

/// Largest net.json, in bytes.
pub const MAX_JSON: u64 = 16 << 20;
/// Largest net.safetensors, in bytes.
pub const MAX_TENSORS: u64 = 1 << 30;

/// All bytes of the regular file `path`, at most `limit`.
///
/// # Errors
/// `GS0101` missing, `GS0102` not readable or not a regular file, `GS0103` larger than `limit`.
pub(crate) fn read_limited(path: &Path, limit: u64) -> Result<Vec<u8>, Diagnostic> {
    let place = || Place::file(path.display().to_string());
    let failed = |error: &std::io::Error| match error.kind() {
        ErrorKind::NotFound => {
            Diagnostic::error(&codes::FILE_MISSING, "there is no such file").at(place())
        }
        _ => Diagnostic::error(
            &codes::FILE_UNREADABLE,
            format!("the file cannot be read: {error}"),
        )
        .at(place()),
    };
    let metadata = std::fs::metadata(path).map_err(|e| failed(&e))?;
    if !metadata.is_file() {
        return Err(
            Diagnostic::error(&codes::FILE_UNREADABLE, "this is not a regular file").at(place()),
        );
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(|e| failed(&e))?;
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| failed(&e))?;
    if bytes.len() as u64 > limit {
        let message = format!(
            "the file has {} bytes, at most {limit} are read",
            metadata.len()
        );
        return Err(Diagnostic::error(&codes::FILE_TOO_LARGE, message).at(place()));
    }
    Ok(bytes)
}

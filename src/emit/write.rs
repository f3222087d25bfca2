//! Emitted files on disk: all or nothing.
//!
//! The files go to a new folder beside the target, which then takes the target's place by a rename. A folder is
//! replaced only if it is empty or holds the marker file [`MARKER`]; anything else is refused and left alone. When the
//! last rename fails, the old folder is put back.

use std::fs;
use std::path::{Path, PathBuf};

use crate::emit::{EmitError, Emitted};

/// Name of the file that says "goldspike made this folder and may replace it".
pub const MARKER: &str = ".goldspike";

const MARKER_TEXT: &str =
    "goldspike made this folder and replaces all of it when it generates again.\n";

/// Writes the files to `dir`, in place of what goldspike wrote there before.
///
/// # Errors
/// A foreign or unwritable folder; the disk is then as it was.
pub fn write(dir: &Path, emitted: &Emitted) -> Result<(), EmitError> {
    let replaces = ours_or_absent(dir)?;
    let parent = match dir.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    fs::create_dir_all(&parent)
        .map_err(|error| EmitError::io(&parent, "create the folder", &error))?;
    let fresh = tempfile::Builder::new()
        .prefix(".goldspike-new-")
        .permissions_like_a_folder()
        .tempdir_in(&parent)
        .map_err(|error| EmitError::io(&parent, "write there", &error))?;
    for (path, text) in emitted
        .files
        .iter()
        .map(|(path, text)| (path.as_path(), text.as_str()))
        .chain([(Path::new(MARKER), MARKER_TEXT)])
    {
        put(&fresh.path().join(path), text)?;
    }
    if !replaces {
        return fs::rename(fresh.path(), dir)
            .map(|()| drop(fresh.keep()))
            .map_err(|error| EmitError::io(dir, "create the folder", &error));
    }
    let old = tempfile::Builder::new()
        .prefix(".goldspike-old-")
        .tempdir_in(&parent)
        .map_err(|error| EmitError::io(&parent, "write there", &error))?;
    let aside = old.path().join("replaced");
    fs::rename(dir, &aside).map_err(|error| EmitError::io(dir, "replace the folder", &error))?;
    match fs::rename(fresh.path(), dir) {
        Ok(()) => {
            drop(fresh.keep());
            Ok(())
        }
        Err(error) => {
            if fs::rename(&aside, dir).is_err() {
                drop(old.keep());
            }
            Err(EmitError::io(dir, "replace the folder", &error))
        }
    }
}

/// Whether there is a folder to replace; an error if it is not ours.
fn ours_or_absent(dir: &Path) -> Result<bool, EmitError> {
    match fs::symlink_metadata(dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(EmitError::io(dir, "look at it", &error)),
        Ok(found) if !found.is_dir() => {
            return Err(EmitError::NotAFolder {
                path: dir.to_owned(),
            });
        }
        Ok(_) => {}
    }
    let mut entries =
        fs::read_dir(dir).map_err(|error| EmitError::io(dir, "read the folder", &error))?;
    if entries.next().is_some() && !dir.join(MARKER).is_file() {
        return Err(EmitError::Foreign {
            path: dir.to_owned(),
        });
    }
    Ok(true)
}

fn put(path: &Path, text: &str) -> Result<(), EmitError> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)
            .map_err(|error| EmitError::io(parent, "create the folder", &error))?;
    }
    fs::write(path, text).map_err(|error| EmitError::io(path, "write the file", &error))
}

/// A temporary folder is private by default; one that becomes the user's has a folder's usual permissions.
trait Permissions {
    fn permissions_like_a_folder(&mut self) -> &mut Self;
}

impl Permissions for tempfile::Builder<'_, '_> {
    #[cfg(unix)]
    fn permissions_like_a_folder(&mut self) -> &mut Self {
        use std::os::unix::fs::PermissionsExt as _;
        self.permissions(fs::Permissions::from_mode(0o777))
    }

    #[cfg(not(unix))]
    fn permissions_like_a_folder(&mut self) -> &mut Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn emitted(text: &str) -> Emitted {
        Emitted {
            top: "gs_x".to_owned(),
            files: [("rtl/gs_x.v".into(), text.to_owned())].into(),
        }
    }

    fn tree(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_folder_of_ours_is_replaced_as_a_whole() {
        let place = tempfile::tempdir().unwrap();
        let dir = place.path().join("a/out");
        write(&dir, &emitted("one")).unwrap();
        fs::write(dir.join("left-over.v"), "x").unwrap();
        write(&dir, &emitted("two")).unwrap();
        assert_eq!(tree(&dir), [".goldspike", "rtl"]);
        assert_eq!(fs::read_to_string(dir.join("rtl/gs_x.v")).unwrap(), "two");
        assert_eq!(
            tree(&place.path().join("a")),
            ["out"],
            "no temporary folder stays"
        );
    }

    #[test]
    fn an_empty_folder_is_used() {
        let place = tempfile::tempdir().unwrap();
        write(place.path(), &emitted("one")).unwrap();
        assert!(place.path().join(MARKER).is_file());
    }

    #[test]
    fn a_foreign_folder_is_refused_and_left_alone() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("thesis.tex"), "years of work").unwrap();
        let error = write(place.path(), &emitted("one")).unwrap_err();
        assert_eq!(error.code(), "emit::foreign_folder");
        assert!(error.help().contains(MARKER));
        assert_eq!(tree(place.path()), ["thesis.tex"]);
    }

    #[test]
    fn a_file_or_a_link_in_the_way_is_refused() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("out");
        fs::write(&file, "x").unwrap();
        assert_eq!(
            write(&file, &emitted("one")).unwrap_err().code(),
            "emit::not_a_folder"
        );
        let below = file.join("below");
        assert_eq!(
            write(&below, &emitted("one")).unwrap_err().code(),
            "emit::io"
        );
        assert_eq!(fs::read_to_string(&file).unwrap(), "x");
    }
}

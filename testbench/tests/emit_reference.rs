//! Emission is a pure function, and the committed designs in `rtl-out/reference/` are what it gives.
//! `GOLDSPIKE_BLESS=1` writes them again.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod emit_support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use emit_support::generated;
use goldspike::emit;
use goldspike::folder::MARKER;
use goldspike_testbench::small::references;

fn read(folder: &Path, below: &Path, files: &mut BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(folder.join(below)).unwrap() {
        let entry = entry.unwrap();
        let path = below.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            read(folder, &path, files);
        } else {
            files.insert(path, fs::read_to_string(entry.path()).unwrap());
        }
    }
}

#[test]
fn two_emissions_are_byte_identical() {
    for (small, lanes, neuron_lanes) in references() {
        let emitted = generated(&small, lanes, neuron_lanes, true);
        assert_eq!(emitted, generated(&small, lanes, neuron_lanes, true));
        for (path, text) in &emitted.files {
            assert!(
                text.ends_with('\n') && !text.contains('\r'),
                "{}",
                path.display()
            );
            let generated = path.extension().is_some_and(|extension| extension == "v");
            assert!(
                !generated || text.contains("DO NOT EDIT"),
                "{} has no header",
                path.display()
            );
        }
    }
}

#[test]
fn committed_designs_are_what_is_emitted() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rtl-out/reference");
    let mut compared = 0;
    for (small, lanes, neuron_lanes) in references() {
        let emitted = generated(&small, lanes, neuron_lanes, true);
        let folder = root.join(small.name);
        if std::env::var("GOLDSPIKE_BLESS").as_deref() == Ok("1") {
            emit::write(&folder, &emitted).unwrap();
        }
        let mut committed = BTreeMap::new();
        read(&folder, Path::new(""), &mut committed);
        assert!(committed.remove(Path::new(MARKER)).is_some());
        let names = |files: &BTreeMap<PathBuf, String>| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(
            names(&committed),
            names(&emitted.files),
            "{}: GOLDSPIKE_BLESS=1 writes them again",
            small.name
        );
        for (path, text) in &emitted.files {
            assert!(
                *text == committed[path],
                "{}/{}: GOLDSPIKE_BLESS=1 writes it again",
                small.name,
                path.display()
            );
            compared += 1;
        }
    }
    assert!(compared > 60, "{compared} files compared");
}

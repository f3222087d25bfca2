//! Stored messages: `testbench/bad-input/NAME.txt`. `GOLDSPIKE_BLESS=1` rewrites them.

use goldspike::diag::{Diagnostic, Style, codes};
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("bad-input")
}

/// Compares the message with the stored one; `scratch` is shown as `<dir>`.
pub fn check(name: &str, scratch: &Path, diagnostic: &Diagnostic) {
    let rendered = diagnostic
        .render(Style::default())
        .replace(&scratch.display().to_string(), "<dir>");
    let lines: Vec<&str> = rendered
        .trim_matches('\n')
        .lines()
        .map(str::trim_end)
        .collect();
    let text = format!("{}\n", lines.join("\n"));
    assert!(text.is_ascii(), "{name}: {text}");
    let path = folder().join(format!("{name}.txt"));
    if std::env::var("GOLDSPIKE_BLESS").as_deref() == Ok("1") {
        std::fs::write(&path, &text).unwrap();
    }
    let stored = std::fs::read_to_string(&path)
        .unwrap_or_else(|e| panic!("{}: {e}\n{text}", path.display()));
    assert_eq!(
        text, stored,
        "{name}: GOLDSPIKE_BLESS=1 stores the new message"
    );
}

#[test]
fn every_code_is_in_the_table_once_and_has_a_stored_message() {
    let mut stored = String::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        stored += &std::fs::read_to_string(entry.unwrap().path()).unwrap();
    }
    assert!(codes::ALL.len() > 30);
    for pair in codes::ALL.windows(2) {
        assert!(
            pair[0].id < pair[1].id,
            "{} after {}",
            pair[1].id,
            pair[0].id
        );
    }
    for code in codes::ALL {
        assert!(
            code.id.len() == 6 && code.id.starts_with("GS"),
            "{}",
            code.id
        );
        assert!(
            !code.meaning.is_empty()
                && !code.meaning.ends_with('.')
                && !code.meaning.contains('\n'),
            "{}",
            code.id
        );
        assert!(
            stored.contains(code.id),
            "{} ({}) has no stored message",
            code.id,
            code.meaning
        );
    }
}

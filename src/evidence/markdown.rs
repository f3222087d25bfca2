//! evidence.md: the evidence for people.

use super::{Cases, Evidence, Level, Row, Status, Subject};

pub(super) fn render(evidence: &Evidence) -> String {
    let subject = &evidence.subject;
    let mut text = format!(
        "# Evidence: {}\n\n{}{}",
        subject.network,
        verdict(evidence),
        told(subject)
    );
    for level in &evidence.levels {
        text.push_str(&section(level));
    }
    text.push_str("\n## Not shown\n\n");
    for line in &evidence.not_shown {
        text.push_str(&format!("- {line}\n"));
    }
    text.push_str("\n## Files\n\n| file | SHA-256 |\n|---|---|\n");
    for (name, digest) in &evidence.files {
        text.push_str(&format!("| `{name}` | `{digest}` |\n"));
    }
    text
}

fn verdict(evidence: &Evidence) -> String {
    let counts: Vec<String> = Status::ALL
        .into_iter()
        .map(|status| (evidence.count(status), status.word()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    let counts = counts.join(", ");
    let open = evidence.open();
    if open.is_empty() {
        return format!(
            "**Signed off**: {counts}; no property failed, is unknown or was skipped.\n"
        );
    }
    let mut text = format!("**NOT SIGNED OFF**: {counts}.\n\n");
    for why in open {
        text.push_str(&format!("- {}\n", plain(&why)));
    }
    text
}

fn told(subject: &Subject) -> String {
    let played = &subject.stimulus;
    let data = match &played.data {
        Some(data) => format!("{} samples of {data}", played.samples),
        None => "no data set".to_owned(),
    };
    let pauses = if played.pauses {
        "pauses on every stream"
    } else {
        "no pauses"
    };
    let mut rows = vec![
        ("network", format!("`{}`", subject.digest)),
        (
            "device",
            subject
                .target
                .clone()
                .unwrap_or_else(|| "none: the portable form".to_owned()),
        ),
        (
            "Verilog as shipped, without comments",
            format!("`{}`", subject.verilog.shipped),
        ),
        (
            "Verilog with the probe",
            format!("`{}`", subject.verilog.probe),
        ),
    ];
    if let Some(bitstream) = &subject.bitstream {
        let text = format!(
            "`{}`: `{}`, nextpnr's seed {}",
            bitstream.file, bitstream.sha256, bitstream.seed
        );
        rows.push(("bitstream", text));
    }
    rows.extend([
        (
            "played",
            format!(
                "{data}, {} random cases, seed {}, {pauses}: `{}`",
                played.cases, played.seed, played.sha256
            ),
        ),
        (
            "arithmetic contract",
            format!("`{}`", subject.contract_sha256),
        ),
        (
            "goldspike",
            match &subject.goldspike.sha256 {
                Some(digest) => format!("{}: `{digest}`", subject.goldspike.version),
                None => subject.goldspike.version.clone(),
            },
        ),
    ]);
    let mut text = format!(
        "\n```sh\n{}\n```\n\n| of | SHA-256 |\n|---|---|\n",
        subject.command
    );
    for (name, value) in rows {
        text.push_str(&format!("| {name} | {} |\n", plain(&value)));
    }
    text
}

fn section(level: &Level) -> String {
    let mut text = format!(
        "\n## {}\n\n{}.\n\n| property | | cases | seed | seconds |\n|---|---|---|---|---|\n",
        level.name, level.shows
    );
    for row in &level.rows {
        let seed = row.seed.map_or_else(String::new, |seed| seed.to_string());
        text.push_str(&format!(
            "| {} | {} | {} | {seed} | {:.1} |\n",
            plain(&row.property),
            row.status.word(),
            cases(&row.cases),
            row.seconds
        ));
    }
    let mut said: Vec<(&str, Vec<&Row>)> = Vec::new();
    for row in &level.rows {
        if let Some(words) = row.note.as_deref() {
            match said.iter_mut().find(|(known, _)| *known == words) {
                Some((_, rows)) => rows.push(row),
                None => said.push((words, vec![row])),
            }
        }
    }
    text.extend(said.iter().map(|(words, rows)| note(words, rows)));
    let mut tools: Vec<&str> = level
        .rows
        .iter()
        .flat_map(|row| &row.tools)
        .map(String::as_str)
        .collect();
    tools.sort_unstable();
    tools.dedup();
    if !tools.is_empty() {
        text.push_str(&format!("\nTools: {}.\n", tools.join("; ")));
    }
    let mut commands: Vec<&str> = level.rows.iter().map(|row| row.command.as_str()).collect();
    commands.dedup();
    text.push_str(&format!("\n```sh\n{}\n```\n", commands.join("\n")));
    text
}

/// What is said of these rows.
fn note(words: &str, rows: &[&Row]) -> String {
    let of = match rows {
        [one] => plain(&one.property),
        [first, others @ ..] => format!("{}, and {} more", plain(&first.property), others.len()),
        [] => String::new(),
    };
    let words = words.trim_end();
    if words.contains('\n') {
        format!("\n{of}:\n\n```\n{}\n```\n", words.replace("```", "'''"))
    } else {
        format!("\n{of}: {}\n", plain(words))
    }
}

fn cases(cases: &Cases) -> String {
    let each: Vec<String> = cases
        .iter()
        .map(|(what, count)| format!("{count} {what}"))
        .collect();
    each.join(", ")
}

/// Text that stays in its cell.
fn plain(text: &str) -> String {
    text.replace(['\n', '\r'], " ").replace('|', "\\|")
}

//! One property of one level, and how it ended.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a property stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// For all inputs.
    Proved,
    /// On everything that was run.
    Passed,
    /// There is a case in which it does not hold.
    Failed,
    /// It was asked, and nobody knows.
    Unknown,
    /// It was not asked.
    Skipped,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 5] = [
        Self::Proved,
        Self::Passed,
        Self::Failed,
        Self::Unknown,
        Self::Skipped,
    ];

    /// In a word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Passed => "passed",
            Self::Failed => "FAILED",
            Self::Unknown => "UNKNOWN",
            Self::Skipped => "SKIPPED",
        }
    }

    /// Whether it lets a build be signed off.
    #[must_use]
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Proved | Self::Passed)
    }
}

/// How many of what were run, by their names (`samples`, `spikes`, ...).
pub type Cases = BTreeMap<String, u64>;

/// A property.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// What is said to hold.
    pub property: String,
    /// How it stands.
    pub status: Status,
    /// What was run; nothing of a proof but the questions.
    pub cases: Cases,
    /// Seed of what is random in it.
    pub seed: Option<u64>,
    /// Tools, with their versions.
    pub tools: Vec<String>,
    /// Time that it took.
    pub seconds: f64,
    /// The command that repeats it.
    pub command: String,
    /// What is to be said of it; always something unless it passed or is proved.
    pub note: Option<String>,
}

impl Row {
    /// A property that stands so, with nothing else said of it yet.
    #[must_use]
    pub fn new(property: impl Into<String>, status: Status, command: impl Into<String>) -> Self {
        Self {
            property: property.into(),
            status,
            cases: Cases::new(),
            seed: None,
            tools: Vec::new(),
            seconds: 0.0,
            command: command.into(),
            note: None,
        }
    }

    /// With what is to be said of it.
    #[must_use]
    pub fn noting(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// With so many cases.
    #[must_use]
    pub fn with(mut self, cases: impl IntoIterator<Item = (&'static str, u64)>) -> Self {
        let cases = cases.into_iter();
        self.cases
            .extend(cases.map(|(what, count)| (what.to_owned(), count)));
        self
    }

    /// What keeps it from being good.
    fn open(&self) -> Option<String> {
        if !self.status.is_good() {
            let note = self.note.as_deref().unwrap_or("no reason is given");
            let first = note.lines().next().unwrap_or_default().trim();
            let word = self.status.word().to_lowercase();
            return Some(format!("{}: {word}: {first}", self.property));
        }
        let ran = self.cases.values().any(|&count| count > 0);
        (!ran).then(|| format!("{}: unknown: 0 cases ran", self.property))
    }
}

/// A level: properties that the same engine or tool shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// Its name.
    pub name: String,
    /// What it shows.
    pub shows: String,
    /// Digest of everything that its result depends on: network, design, stimulus, program, tools, limits.
    pub key: String,
    /// Its properties.
    pub rows: Vec<Row>,
}

impl Level {
    /// Whether every property is good, and there is one.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.open().is_empty()
    }

    /// What keeps it from being good.
    pub(super) fn open(&self) -> Vec<String> {
        if self.rows.is_empty() {
            return vec![format!("{}: unknown: it has no properties", self.name)];
        }
        let open = self.rows.iter().filter_map(Row::open);
        open.map(|why| format!("{}: {why}", self.name)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(rows: Vec<Row>) -> Level {
        Level {
            name: "icarus".to_owned(),
            shows: String::new(),
            key: String::new(),
            rows,
        }
    }

    #[test]
    fn only_what_passed_or_is_proved_with_a_case_is_good() {
        for status in Status::ALL {
            let row = Row::new("as shipped", status, "x").with([("samples", 3)]);
            assert_eq!(level(vec![row]).is_good(), status.is_good(), "{status:?}");
        }
        assert!(!level(Vec::new()).is_good());
        let none = Row::new("as shipped", Status::Passed, "x");
        assert_eq!(
            level(vec![none.clone()]).open(),
            ["icarus: as shipped: unknown: 0 cases ran"]
        );
        assert!(!level(vec![none.with([("samples", 0)])]).is_good());
        let failed = Row::new("as shipped", Status::Failed, "x").noting("first\nsecond");
        assert_eq!(
            level(vec![failed]).open(),
            ["icarus: as shipped: failed: first"]
        );
    }
}

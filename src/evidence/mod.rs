//! The evidence of a build: for each level and each property what was run, how it ended, and the command that repeats it.
//!
//! [`Evidence`] is one structure, as evidence.json and, for people, as evidence.md; it lies in the folder of the files that it
//! speaks of, with the digest of each. It is signed off ([`Evidence::open`] is empty) only if every level is there and every row
//! of it passed or is proved: nothing failed, is unknown or was skipped. [`check`] says later whether that still holds: a byte of
//! a file or of the report that was changed is found. Nothing is run here.

mod check;
mod markdown;
mod row;
mod seal;

pub use check::{EvidenceError, altered, check, read};
pub use row::{Cases, Level, Row, Status};
pub use seal::{sha256, sha256_of};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The report in the folder.
pub const JSON: &str = "evidence.json";

/// The same for people.
pub const PAGE: &str = "evidence.md";

/// Its format.
pub const FORMAT: &str = "goldspike-evidence/1";

/// Everything that is known of a build.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// [`FORMAT`].
    pub format: String,
    /// What it speaks of.
    pub subject: Subject,
    /// SHA-256 by file of the folder, paths with `/`.
    pub files: BTreeMap<String, String>,
    /// Levels that a sign-off needs, in their order.
    pub needed: Vec<String>,
    /// Levels that ended.
    pub levels: Vec<Level>,
    /// What none of the levels shows, whatever they say.
    pub not_shown: Vec<String>,
}

/// What evidence speaks of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Subject {
    /// Name of the network.
    pub network: String,
    /// Digest of its integers.
    pub digest: String,
    /// Device or board; `None`: the portable form of the design.
    pub target: Option<String>,
    /// The command that makes all of it again.
    pub command: String,
    /// The program that ran.
    pub goldspike: Program,
    /// SHA-256 of the arithmetic contract that golden model and hardware follow (docs/NUMERICS.md).
    pub contract_sha256: String,
    /// What was played.
    pub stimulus: Played,
    /// SHA-256 of the Verilog and memory contents, comments left out: as shipped, and with the probe.
    pub verilog: Verilog,
    /// The bitstream in the folder, if one was made.
    pub bitstream: Option<Bitstream>,
}

/// A program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// Its version.
    pub version: String,
    /// SHA-256 of the executable; `None` if it could not be read.
    pub sha256: Option<String>,
}

/// What was played.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Played {
    /// The data set; `None`: random cases alone.
    pub data: Option<String>,
    /// Samples of it.
    pub samples: usize,
    /// Random cases.
    pub cases: usize,
    /// Seed of cases and pauses.
    pub seed: u64,
    /// Whether the streams pause.
    pub pauses: bool,
    /// SHA-256 of all events and pauses.
    pub sha256: String,
}

/// Digests of the two forms of a design.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verilog {
    /// That in the folder.
    pub shipped: String,
    /// With the probe.
    pub probe: String,
}

/// A bitstream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bitstream {
    /// The file in the folder.
    pub file: String,
    /// Its SHA-256.
    pub sha256: String,
    /// Seed of nextpnr that it comes from.
    pub seed: u32,
}

impl Evidence {
    /// What keeps the build from being signed off, each in a sentence; empty: it is signed off.
    #[must_use]
    pub fn open(&self) -> Vec<String> {
        let mut open = Vec::new();
        if self.needed.is_empty() {
            open.push("no level is needed, which shows nothing".to_owned());
        }
        for name in &self.needed {
            match self.levels.iter().find(|level| level.name == *name) {
                Some(level) => open.extend(level.open()),
                None => open.push(format!("{name}: skipped: it did not run")),
            }
        }
        let other = |level: &&Level| !self.needed.contains(&level.name);
        open.extend(self.levels.iter().filter(other).flat_map(Level::open));
        open
    }

    /// Whether nothing is open.
    #[must_use]
    pub fn is_signed_off(&self) -> bool {
        self.open().is_empty()
    }

    /// Rows of this status.
    #[must_use]
    pub fn count(&self, status: Status) -> usize {
        let rows = self.levels.iter().flat_map(|level| &level.rows);
        rows.filter(|row| row.status == status).count()
    }

    /// evidence.json: the report, the verdict, and the digest of both.
    ///
    /// # Errors
    /// None for this structure: the signature is `serde_json`'s.
    pub fn json(&self) -> serde_json::Result<Value> {
        let mut document = serde_json::to_value(self)?;
        document["signed_off"] = self.is_signed_off().into();
        document["open"] = self.open().into();
        Ok(seal::sealed(document))
    }

    /// evidence.md.
    #[must_use]
    pub fn markdown(&self) -> String {
        markdown::render(self)
    }
}

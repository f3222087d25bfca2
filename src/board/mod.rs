//! Boards: what of a board a network needs to run on it, as data.
//!
//! A board is a folder: `board.toml`, its pins in the form of the place-and-route tool, its top level in Verilog, and
//! whatever else should lie beside a design for it. Those of `constraints/` are part of the program; any other is named
//! by its path. Nothing here knows a particular board.
//!
//! The top level is a module `board_top` that instantiates `goldspike_system` ([`crate::link::system()`]): it brings the clock, makes
//! the reset, and leads the serial line to the pins.

mod description;
mod emit;
mod folder;

pub use emit::{FOLDER, add, hardware, sources};

use std::path::Path;

use crate::diag::Diagnostic;
use crate::synth::Target;

use folder::Folder;

/// Name of the top module of every board.
pub const TOP: &str = "board_top";

/// A board.
#[derive(Clone, Debug, PartialEq)]
pub struct Board {
    /// Name of its folder.
    pub name: String,
    /// Name for people.
    pub title: String,
    /// Its device.
    pub target: &'static Target,
    /// Package, by the placer's name.
    pub package: Option<String>,
    /// Clock of the link and the network.
    pub clock_hz: u64,
    /// File of the top level, one of [`Self::files`].
    pub top: String,
    /// File of the pins, one of [`Self::files`].
    pub pins: String,
    /// Ports of the top level.
    pub ports: Ports,
    /// The serial line.
    pub uart: Uart,
    /// Every file of the folder, by name.
    pub files: Vec<(String, String)>,
}

/// Names of the top level's ports.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ports {
    /// Clock, in.
    pub clock: String,
    /// Serial line, in.
    pub rx: String,
    /// Serial line, out.
    pub tx: String,
    /// Light that shows a fault.
    pub led: Option<String>,
    /// Button that resets.
    pub reset: Option<String>,
    /// Whatever else has a pin.
    #[serde(default)]
    pub other: Vec<String>,
}

impl Ports {
    /// All of them.
    #[must_use]
    pub fn all(&self) -> Vec<String> {
        [&self.clock, &self.rx, &self.tx]
            .into_iter()
            .chain(&self.led)
            .chain(&self.reset)
            .chain(&self.other)
            .cloned()
            .collect()
    }
}

/// The serial line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uart {
    /// Bits a second.
    pub baud: u64,
    /// Beats of the largest frame of events.
    pub input_beats: usize,
    /// Beats of the largest output frame.
    pub output_beats: usize,
}

impl Board {
    /// A file of the folder; empty if it is not there.
    #[must_use]
    pub fn file(&self, name: &str) -> &str {
        let found = self.files.iter().find(|(file, _)| file == name);
        found.map_or("", |(_, text)| text.as_str())
    }

    /// Clock in MHz.
    #[must_use]
    pub fn mhz(&self) -> f64 {
        self.clock_hz as f64 / 1e6
    }
}

/// Names of the boards that are part of the program.
#[must_use]
pub fn names() -> Vec<&'static str> {
    folder::embedded().map(|(name, _)| name).collect()
}

/// A board that is part of the program; `None`: there is none of this name.
///
/// # Errors
/// Its description is broken.
pub fn find(name: &str) -> Option<Result<Board, Diagnostic>> {
    let (_, folder) = folder::embedded().find(|(known, _)| *known == name)?;
    Some(Folder::of_program(name, folder).and_then(|folder| description::read(&folder)))
}

/// The board of text files by name; `shown` is the folder that messages say they are in.
///
/// # Errors
/// A file is missing; the description is broken; a port has no pin.
pub fn read(shown: &str, files: Vec<(String, String)>) -> Result<Board, Diagnostic> {
    description::read(&Folder {
        name: shown.to_owned(),
        shown: shown.to_owned(),
        files,
    })
}

/// The board of a folder.
///
/// # Errors
/// A file is missing or cannot be read; the description is broken; a port has no pin.
pub fn open(folder: &Path) -> Result<Board, Diagnostic> {
    Folder::of_disk(folder).and_then(|folder| description::read(&folder))
}

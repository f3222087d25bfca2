//! What `--target` names: a device, or a board with its pins, its clock and its top level.

use std::path::Path;
use std::sync::Arc;

use super::errors;
use crate::board::{self, Board, TOP};
use crate::diag::{Diagnostic, codes, did_you_mean, shown};
use crate::emit::{self, Emitted};
use crate::engine::tool::{Toolbox, quoted};
use crate::hdl::Module;
use crate::rtl::{Design, Fabric};
use crate::synth::{self, Effort, Footprint, Job, SynthError, TARGETS, Target};
use goldspike_golden::quant::QuantNetwork;

/// What a design is made for.
#[derive(Clone, Debug)]
pub enum Aim {
    /// A device: pins are assigned.
    Device(&'static Target),
    /// A board, and how it was named.
    Board(Box<Board>, String),
}

impl Aim {
    /// What a name means: a device, a board that is part of the program, or the folder of another.
    ///
    /// # Errors
    /// `GS1001` with the nearest name; whatever is wrong with the folder.
    pub fn named(name: &str) -> Result<Self, Diagnostic> {
        if let Some(target) = synth::target(name) {
            return Ok(Self::Device(target));
        }
        if let Some(board) = board::find(name) {
            return board.map(|board| Self::Board(Box::new(board), name.to_owned()));
        }
        let path = Path::new(name);
        if path.is_dir() || name.contains(['/', '\\']) {
            return board::open(path).map(|board| Self::Board(Box::new(board), name.to_owned()));
        }
        let message = format!("there is no device and no board `{}`", shown(name));
        let devices = TARGETS.iter().map(|target| target.name);
        Err(Diagnostic::error(&codes::UNKNOWN_TARGET, message)
            .help(did_you_mean(name, devices.chain(board::names()))))
    }

    /// What its cells want of a design.
    #[must_use]
    pub fn fabric(&self) -> Fabric {
        self.target().fabric()
    }

    /// The device.
    #[must_use]
    pub fn target(&self) -> &'static Target {
        match self {
            Self::Device(target) => target,
            Self::Board(board, _) => board.target,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Device(target) => target.name,
            Self::Board(board, _) => &board.name,
        }
    }

    /// The words of a command that name it again.
    #[must_use]
    pub fn given(&self) -> String {
        let name = match self {
            Self::Device(target) => target.name,
            Self::Board(_, given) => given,
        };
        format!("--target {}", quoted(name))
    }

    /// The board, if it is one.
    #[must_use]
    pub fn as_board(&self) -> Option<&Board> {
        match self {
            Self::Device(_) => None,
            Self::Board(board, _) => Some(board),
        }
    }

    /// The module that takes the device's cells: the design, or on a board the design with its link; `None` if it has none.
    #[must_use]
    pub fn whole(&self, design: &Design) -> Option<Arc<Module>> {
        match self {
            Self::Device(_) => Some(Arc::clone(&design.top)),
            Self::Board(board, _) => Some(board::hardware(board, design, "").ok()?.ok()?.top),
        }
    }

    /// Places a design whose files are given; of a board with its pins, at its clock.
    ///
    /// # Errors
    /// See [`SynthError`].
    pub fn place(
        &self,
        toolbox: &Toolbox,
        (design, emitted): (&Design, &Emitted),
        effort: &Effort,
        done: &(dyn Fn() + Sync),
    ) -> Result<Footprint, SynthError> {
        let board = match self {
            Self::Device(target) => {
                return synth::footprint(toolbox, &design.top, target, effort, done);
            }
            Self::Board(board, _) => board,
        };
        let scratch = tempfile::Builder::new()
            .prefix("goldspike-board-")
            .tempdir()?;
        let folder = scratch.path();
        emitted.lay_out(folder)?;
        let sources = board::sources(emitted);
        let job = Job {
            folder,
            sources: &sources,
            top: TOP,
            apart: None,
        };
        let mut effort = effort.clone();
        let constraints = &mut effort.constraints;
        constraints.pins = Some(folder.join(board::FOLDER).join(&board.pins));
        constraints.package.clone_from(&board.package);
        let asked = constraints.mhz.unwrap_or(0.0);
        constraints.mhz = Some(asked.max(board.mhz()));
        synth::implement(toolbox, &job, board.target, &effort, done)
    }
}

/// The files of a design, with those of the board that is aimed at, if one is; `origin` is digest and command.
///
/// # Errors
/// A link that the board cannot have; names that collide.
pub fn emitted(
    aim: Option<&Aim>,
    (design, network): (&Design, &QuantNetwork),
    (digest, command): (&str, &str),
) -> Result<Emitted, Diagnostic> {
    let mut emitted =
        emit::design(design, network, digest, command).map_err(|error| errors::emit(&error))?;
    let Some(board) = aim.and_then(Aim::as_board) else {
        return Ok(emitted);
    };
    let system = board::hardware(board, design, digest)
        .map_err(|error| Diagnostic::error(&codes::BOARD, error.to_string()).help(error.help()))?
        .map_err(|error| errors::emit(&error))?;
    let header = emit::header(&network.name, digest, command);
    board::add(&mut emitted, board, &system, &header).map_err(|error| errors::emit(&error))?;
    Ok(emitted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_board_s_folder_is_named_again_as_it_was() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/constraints/icebreaker");
        let aim = Aim::named(folder).expect("a board");
        assert_eq!(aim.name(), "icebreaker");
        assert_eq!(aim.given(), format!("--target {}", quoted(folder)));
        let device = Aim::named("hx8k").expect("a device");
        assert_eq!(device.given(), "--target hx8k");
    }
}

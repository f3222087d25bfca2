//! Mutants on Verilator: one program for all of them, one play after the other until one notices.

use super::battery::Play;
use super::error::MutantError;
use super::netlist::SELECTOR;
use super::report::Kill;
use crate::emit::Emitted;
use crate::engine::EngineError;
use crate::engine::compile::{Recipe, Workshop};
use crate::engine::player::{Player, Turn, mutants_program};
use crate::engine::text::identity;
use crate::rtl::Design;

const NAME: &str = "mutants";

/// Yosys' Verilog has its own manners.
const FLAGS: &[&str] = &[
    "-Wno-fatal",
    "-Wno-lint",
    "-Wno-style",
    "-Wno-UNOPTFLAT",
    "-Wno-MULTIDRIVEN",
];

/// A netlist of mutants, ready to be played.
pub(super) struct Simulation<'a> {
    workshop: &'a Workshop,
    design: &'a Design,
    emitted: Emitted,
    player: Player,
}

impl<'a> Simulation<'a> {
    pub(super) fn new(workshop: &'a Workshop, design: &'a Design, emitted: Emitted) -> Self {
        Self {
            workshop,
            design,
            emitted,
            player: Player::default(),
        }
    }

    /// That the plays notice nothing where nothing is mutated.
    pub(super) fn healthy(&mut self, plays: &[Play]) -> Result<(), MutantError> {
        match self.noticed(0, plays)? {
            None => Ok(()),
            Some(kill) => Err(MutantError::Healthy(format!("the netlist, {kill:?}"))),
        }
    }

    /// What the first play that notices mutant `number` notices; `None` if none does.
    pub(super) fn noticed(
        &mut self,
        number: usize,
        plays: &[Play],
    ) -> Result<Option<Kill>, MutantError> {
        let Self {
            workshop,
            design,
            emitted,
            player,
        } = self;
        for play in plays {
            let compiled = || {
                workshop.compiled(&Recipe {
                    engine: NAME,
                    identity: identity(emitted),
                    program: mutants_program(design, SELECTOR),
                    flags: FLAGS,
                    verilog: &|_| Ok(emitted.clone()),
                })
            };
            let turn = Turn {
                mutant: number,
                cut: play.cut,
            };
            let outcome: Result<_, EngineError> =
                player.play_turn(NAME, design, &play.beats, turn, compiled);
            if let Some(kill) = play.noticed(design, outcome)? {
                return Ok(Some(kill));
            }
        }
        Ok(None)
    }
}

//! The engines by their names on the command line.

use super::errors;
use crate::diag::Diagnostic;
use crate::engine::tool::{CXX, IVERILOG, MAKE, Tool, Toolbox, VERILATOR, VVP};
use crate::engine::{Engine, Icarus, Rtl, RustHdl, Verilator};
use clap::ValueEnum;

/// A value of `--engine`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EngineArg {
    /// The embedded simulator: needs nothing installed.
    RustHdl,
    /// Icarus Verilog on the emitted text.
    Icarus,
    /// Verilator on the emitted text.
    Verilator,
    /// Every engine whose tools are installed.
    All,
}

/// An engine that simulates the hardware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Simulation {
    /// The embedded simulator.
    RustHdl,
    /// Icarus Verilog.
    Icarus,
    /// Verilator.
    Verilator,
}

/// A value of `run --engine`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum RunEngineArg {
    /// The golden model.
    #[default]
    Golden,
    /// The hardware on the embedded simulator.
    RustHdl,
    /// The hardware on Icarus Verilog.
    Icarus,
    /// The hardware on Verilator.
    Verilator,
}

impl RunEngineArg {
    /// The simulation of the hardware that is meant; `None` for the golden model.
    ///
    /// # Errors
    /// `GS0802` if its tool is missing.
    pub fn simulation(self) -> Result<Option<Simulation>, Diagnostic> {
        let argument = match self {
            Self::Golden => return Ok(None),
            Self::RustHdl => EngineArg::RustHdl,
            Self::Icarus => EngineArg::Icarus,
            Self::Verilator => EngineArg::Verilator,
        };
        Ok(choose(&[argument])?.engines.first().copied())
    }
}

/// Engines to use, and those that `all` left out because a tool is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// To use, each once, in the order of the command line.
    pub engines: Vec<Simulation>,
    /// Left out, with what is missing.
    pub missing: Vec<(Simulation, String)>,
}

impl Simulation {
    const ALL: [Self; 3] = [Self::RustHdl, Self::Icarus, Self::Verilator];

    /// Name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::RustHdl => "rust-hdl",
            Self::Icarus => "icarus",
            Self::Verilator => "verilator",
        }
    }

    fn tools(self) -> &'static [Tool] {
        match self {
            Self::RustHdl => &[],
            Self::Icarus => &[IVERILOG, VVP],
            Self::Verilator => &[VERILATOR, CXX, MAKE],
        }
    }

    /// The engine.
    #[must_use]
    pub fn engine(self) -> Box<dyn Engine> {
        match self {
            Self::RustHdl => Box::new(Rtl(RustHdl)),
            Self::Icarus => Box::new(Rtl(Icarus::new())),
            Self::Verilator => Box::new(Rtl(Verilator::new())),
        }
    }
}

/// The engines of a command line.
///
/// # Errors
/// `GS0802` for a named engine whose tool is missing.
pub fn choose(arguments: &[EngineArg]) -> Result<Chosen, Diagnostic> {
    let toolbox = Toolbox::from_environment();
    let mut chosen = Chosen {
        engines: Vec::new(),
        missing: Vec::new(),
    };
    for argument in arguments {
        let named: &[Simulation] = match argument {
            EngineArg::RustHdl => &[Simulation::RustHdl],
            EngineArg::Icarus => &[Simulation::Icarus],
            EngineArg::Verilator => &[Simulation::Verilator],
            EngineArg::All => &Simulation::ALL,
        };
        for &engine in named {
            let needed = engine
                .tools()
                .iter()
                .try_for_each(|&tool| toolbox.require(engine.name(), tool).map(|_| ()));
            match needed {
                Ok(()) if chosen.engines.contains(&engine) => {}
                Ok(()) => chosen.engines.push(engine),
                Err(error) if *argument == EngineArg::All => {
                    chosen.missing.push((engine, error.to_string()))
                }
                Err(error) => return Err(errors::engine(&error)),
            }
        }
    }
    Ok(chosen)
}

//! The engines by their names on the command line.

use super::errors;
use crate::diag::{Diagnostic, codes};
use crate::engine::tool::{IVERILOG, Tool, Toolbox, VVP};
use crate::engine::{Bitstream, Engine, Icarus, Netlist, Routed, Rtl, RustHdl, Verilator};
use crate::synth::Target;
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
    /// Yosys' netlist of the device (`--target`), on Verilator.
    Netlist,
    /// The bitstream of the device (`--target`, iCE40), taken apart, on Verilator.
    Bitstream,
    /// The placed and routed design of the device (`--target`, ECP5), equal to its bitstream, on Verilator.
    Routed,
    /// Every engine; with `--target` those of the device, too. A missing tool is named, and is no pass.
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
    /// The netlist of a device.
    Netlist(&'static Target),
    /// The bitstream of a device.
    Bitstream(&'static Target),
    /// The placed and routed design of a device.
    Routed(&'static Target),
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
        Ok(choose(&[argument], None)?.engines.first().copied())
    }
}

/// Engines to use, and those that `all` cannot use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// To use, each once, in the order of the command line.
    pub engines: Vec<Simulation>,
    /// Left out, with what is missing.
    pub missing: Vec<(Simulation, String)>,
    /// Every engine was asked for.
    pub all: bool,
}

impl Simulation {
    /// Every engine there is; with a device those of the device, too.
    pub fn all(target: Option<&'static Target>) -> Vec<Self> {
        let mut all = vec![Self::RustHdl, Self::Icarus, Self::Verilator];
        if let Some(target) = target {
            all.extend(
                target
                    .family
                    .is_simulated()
                    .then_some(Self::Netlist(target)),
            );
            all.extend(target.pins().map(|_| Self::Bitstream(target)));
            all.extend(target.family.is_compared().then_some(Self::Routed(target)));
        }
        all
    }

    /// Name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::RustHdl => "rust-hdl",
            Self::Icarus => "icarus",
            Self::Verilator => "verilator",
            Self::Netlist(_) => "netlist",
            Self::Bitstream(_) => "bitstream",
            Self::Routed(_) => "routed",
        }
    }

    /// The device, for engines of a device.
    #[must_use]
    pub fn target(self) -> Option<&'static Target> {
        match self {
            Self::RustHdl | Self::Icarus | Self::Verilator => None,
            Self::Netlist(target) | Self::Bitstream(target) | Self::Routed(target) => Some(target),
        }
    }

    /// Tools that it needs.
    #[must_use]
    pub fn tools(self) -> Vec<Tool> {
        match self {
            Self::RustHdl => Vec::new(),
            Self::Icarus => vec![IVERILOG, VVP],
            Self::Verilator => Verilator::tools().collect(),
            Self::Netlist(_) => Netlist::tools().collect(),
            Self::Bitstream(_) => Bitstream::tools().collect(),
            Self::Routed(_) => Routed::tools().collect(),
        }
    }

    /// The engine.
    #[must_use]
    pub fn engine(self) -> Box<dyn Engine> {
        match self {
            Self::RustHdl => Box::new(Rtl(RustHdl)),
            Self::Icarus => Box::new(Rtl(Icarus::new())),
            Self::Verilator => Box::new(Rtl(Verilator::new())),
            Self::Netlist(target) => Box::new(Rtl(Netlist::new(target))),
            Self::Bitstream(target) => Box::new(Rtl(Bitstream::new(target))),
            Self::Routed(target) => Box::new(Rtl(Routed::new(target))),
        }
    }
}

/// The engines of a command line.
///
/// # Errors
/// `GS0802` for a named engine whose tool is missing; `GS0604` for an engine of a device without a device that has it.
pub fn choose(
    arguments: &[EngineArg],
    target: Option<&'static Target>,
) -> Result<Chosen, Diagnostic> {
    let toolbox = Toolbox::from_environment();
    let mut chosen = Chosen {
        engines: Vec::new(),
        missing: Vec::new(),
        all: false,
    };
    for argument in arguments {
        let named = match argument {
            EngineArg::RustHdl => vec![Simulation::RustHdl],
            EngineArg::Icarus => vec![Simulation::Icarus],
            EngineArg::Verilator => vec![Simulation::Verilator],
            EngineArg::Netlist => vec![Simulation::Netlist(mapped(target)?)],
            EngineArg::Bitstream => vec![Simulation::Bitstream(configurable(target)?)],
            EngineArg::Routed => vec![Simulation::Routed(compared(target)?)],
            EngineArg::All => Simulation::all(target),
        };
        chosen.all |= *argument == EngineArg::All;
        for engine in named {
            let needed = engine
                .tools()
                .into_iter()
                .try_for_each(|tool| toolbox.require(engine.name(), tool).map(|_| ()));
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

/// The device that an engine needs.
fn device(engine: &str, target: Option<&'static Target>) -> Result<&'static Target, Diagnostic> {
    target.ok_or_else(|| {
        let message = format!("--engine {engine}: it is one of a device, and none is named");
        let help = match engine {
            "routed" => "name the device: `--target ecp5-25k`",
            _ => "name the device: `--target hx8k`",
        };
        Diagnostic::error(&codes::NOT_APPLICABLE, message).help(help)
    })
}

/// The device whose netlist can be simulated.
fn mapped(target: Option<&'static Target>) -> Result<&'static Target, Diagnostic> {
    let target = device("netlist", target)?;
    if target.family.is_simulated() {
        return Ok(target);
    }
    let message = format!(
        "--engine netlist: there are no checked models of the cells of {} ({}), those of iCE40 and ECP5 are there",
        target.name,
        target.family.name()
    );
    Err(Diagnostic::error(&codes::NOT_APPLICABLE, message)
        .help("`--engine verilator` runs the Verilog that is mapped"))
}

/// The device whose bitstream can be taken apart.
fn configurable(target: Option<&'static Target>) -> Result<&'static Target, Diagnostic> {
    let target = device("bitstream", target)?;
    if target.pins().is_some() {
        return Ok(target);
    }
    let message = format!(
        "--engine bitstream: the bits of {} ({}) cannot be turned into Verilog, those of iCE40 can",
        target.name,
        target.family.name()
    );
    let help = match target.family.is_compared() {
        true => "`--engine routed` runs what place and route makes, equal to its bitstream",
        false => "`--engine netlist` runs what place and route gets",
    };
    Err(Diagnostic::error(&codes::NOT_APPLICABLE, message).help(help))
}

/// The device whose routed design can be simulated and compared with its bitstream.
fn compared(target: Option<&'static Target>) -> Result<&'static Target, Diagnostic> {
    let target = device("routed", target)?;
    if target.family.is_compared() {
        return Ok(target);
    }
    let message = format!(
        "--engine routed: there are no models of the routed cells of {} ({}), those of ECP5 are there",
        target.name,
        target.family.name()
    );
    let help = match target.pins() {
        Some(_) => "`--engine bitstream` runs what the device is loaded with",
        None => "`--engine verilator` runs the Verilog that is mapped",
    };
    Err(Diagnostic::error(&codes::NOT_APPLICABLE, message).help(help))
}

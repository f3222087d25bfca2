//! Why there is no number.

use std::fmt;

use thiserror::Error;

use crate::engine::EngineError;
use crate::engine::tool::ToolFailure;
use crate::hdl::HdlError;

/// Why a circuit was not measured.
#[derive(Debug, Error)]
pub enum SynthError {
    /// A tool is not installed.
    #[error(transparent)]
    Missing(#[from] EngineError),
    /// A tool failed; its command line, status and last lines.
    #[error(transparent)]
    Tool(#[from] Box<ToolFailure>),
    /// Yosys went on with another circuit than the described one.
    #[error(
        "yosys warns that `{top}` is not the circuit that was described:\n{}",
        shown(warnings)
    )]
    Deadly {
        /// Top module.
        top: String,
        /// The warnings, each once.
        warnings: Vec<String>,
    },
    /// A cell that the family does not have: a black box, or something that was not mapped.
    #[error("`{module}` holds a cell `{kind}`, which is no cell of {family}")]
    Unmapped {
        /// Module of the netlist.
        module: String,
        /// Type of the cell.
        kind: String,
        /// Family.
        family: &'static str,
    },
    /// The device is too small.
    #[error("the design does not fit on {target}: it needs {}", listed(shortages))]
    TooLarge {
        /// Name of the target.
        target: &'static str,
        /// What there is too little of.
        shortages: Vec<Shortage>,
    },
    /// No open tool places designs of this family.
    #[error(
        "nothing here places for {target}: figures of {family} are estimates from Yosys' netlist"
    )]
    NotPlaced {
        /// Name of the target.
        target: &'static str,
        /// Family.
        family: &'static str,
    },
    /// A file of pins leaves ports without one.
    #[error("{file} names no pin for {}", counted(ports))]
    Unpinned {
        /// The file.
        file: String,
        /// Port bits without a pin.
        ports: Vec<String>,
    },
    /// A bitstream was made for another device.
    #[error("{file} is a bitstream for {found}, and {expected} is expected")]
    OtherDevice {
        /// The bitstream.
        file: String,
        /// Device as icestorm names it.
        expected: &'static str,
        /// What the bitstream says.
        found: String,
    },
    /// The design uses blocks whose configuration the disassembler does not turn into Verilog.
    #[error(
        "the design uses {used} {what} of {target}, and icebox_vlog does not give them: its bitstream cannot be simulated"
    )]
    NotDisassembled {
        /// Name of the target.
        target: &'static str,
        /// Blocks, plural.
        what: &'static str,
        /// How many the design uses.
        used: usize,
    },
    /// What a cell of the routed design does is not known.
    #[error("cell `{cell}` on {site}: {what}, and what the device does then is not known")]
    Unsettled {
        /// Name of the cell.
        cell: String,
        /// Its site.
        site: String,
        /// What is open or set.
        what: String,
    },
    /// A bitstream is not the routed design that it should be.
    #[error(
        "{file} is not the routed design, in {} places:\n{}",
        differences.len(),
        shown(differences)
    )]
    Differs {
        /// The bitstream.
        file: String,
        /// What differs, each in a sentence.
        differences: Vec<String>,
    },
    /// A file of a tool does not say what it should.
    #[error("{file}: {what}")]
    Unreadable {
        /// The file.
        file: String,
        /// What is wrong.
        what: String,
    },
    /// The scan frame holds other cells than its ports make: nothing can be said of the module in it.
    #[error(
        "the frame of `{module}` should hold {expected} {what}, and the netlist has {found} beside the module's"
    )]
    Frame {
        /// Module in the frame.
        module: String,
        /// Which cells.
        what: &'static str,
        /// By the number of ports.
        expected: usize,
        /// By the netlist.
        found: i64,
    },
    /// A file cannot be read or written.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// An internal bug of the description.
    #[error(transparent)]
    Description(#[from] HdlError),
}

/// Something that a device has too little of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortage {
    /// In words, plural.
    pub what: String,
    /// How many the design needs.
    pub used: usize,
    /// How many the device has.
    pub available: usize,
}

impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what,
            used,
            available,
        } = self;
        match used.saturating_sub(*available) {
            0 => write!(
                f,
                "{used} {what}, {available} are there (too full to place)"
            ),
            excess => write!(
                f,
                "{used} {what}, {available} are there ({excess} too many)"
            ),
        }
    }
}

fn listed(shortages: &[Shortage]) -> String {
    let each: Vec<String> = shortages.iter().map(ToString::to_string).collect();
    each.join("; ")
}

impl From<ToolFailure> for SynthError {
    fn from(failure: ToolFailure) -> Self {
        Self::Tool(Box::new(failure))
    }
}

fn counted(ports: &[String]) -> String {
    let plural = if ports.len() == 1 { "port" } else { "ports" };
    let mut text = format!("{} {plural}: ", ports.len());
    text.push_str(&ports[..ports.len().min(SHOWN)].join(", "));
    if ports.len() > SHOWN {
        text.push_str(", …");
    }
    text
}

/// Warnings, or ports, that a message shows; one conflict is a line a bit.
const SHOWN: usize = 8;

fn shown(warnings: &[String]) -> String {
    let mut text = warnings[..warnings.len().min(SHOWN)].join("\n");
    if warnings.len() > SHOWN {
        text.push_str(&format!("\n[{} more]", warnings.len() - SHOWN));
    }
    text
}

//! A design on an ECP5 as nextpnr placed and routed it, as Verilog, and the bitstream that it is equal to.
//!
//! What is simulated is the netlist that nextpnr writes after routing: look-up tables, halves of carry cells, flip-flops,
//! distributed and block memories and multipliers on their sites, and the nets that the routing joins ([`Routed::verilog`]). That the
//! bitstream is this netlist is compared with the bitstream's own bits, unpacked by Project Trellis ([`Agreement`]): the nets
//! by their switches, the tables in the order in which the routing permuted their inputs, the contents of block memories.
//!
//! Taken from the tools, and not shown: which wires of the device are joined without a switch, and which columns a branch of the
//! clock tree reaches.

mod agreement;
mod configuration;
mod netlist;
mod verilog;
mod wires;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::bitstream::bitstream;
use super::error::SynthError;
use super::nextpnr::{Constraints, placed};
use super::simulated::Cells;
use super::target::Target;
use super::yosys::Mapped;
use crate::engine::tool::{ECPUNPACK, Run, ToolFailure, Toolbox};

pub use agreement::Agreement;
use configuration::Configuration;
use netlist::Netlist;

/// Longest run of the unpacker.
const LIMIT: Duration = Duration::from_secs(600);

/// Files of a placed and routed design.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// nextpnr's netlist after routing.
    pub netlist: PathBuf,
    /// The bitstream.
    pub bitstream: PathBuf,
}

/// A routed design that its bitstream agrees with.
#[derive(Clone, Debug)]
pub struct Routed {
    /// Its Verilog: one module.
    pub verilog: String,
    /// Models of its cells.
    pub models: Cells,
    /// What of the bitstream was compared with it.
    pub agreement: Agreement,
}

/// Models of the cells that nextpnr makes of Yosys', and of those that it leaves.
const MODELS: [(&str, &str); 6] = [
    ("trellis_comb.v", include_str!("../cells/trellis_comb.v")),
    ("trellis_ff.v", include_str!("../cells/trellis_ff.v")),
    ("trellis_ramw.v", include_str!("../cells/trellis_ramw.v")),
    ("dcca.v", include_str!("../cells/dcca.v")),
    ("dp16kd.v", include_str!("../cells/dp16kd.v")),
    ("mult18x18d.v", include_str!("../cells/mult18x18d.v")),
];

/// Models of the cells of routed designs, by file name.
#[must_use]
pub fn routed_models() -> Cells {
    let each = MODELS.iter();
    Cells {
        sources: each
            .map(|(name, text)| ((*name).into(), (*text).to_owned()))
            .collect(),
        included: BTreeMap::new(),
    }
}

/// Places and routes a netlist, and packs it: files of `folder`.
///
/// # Errors
/// Tools that are missing or fail; a device that is too small.
pub fn route(
    toolbox: &Toolbox,
    folder: &Path,
    mapped: &Mapped,
    target: &'static Target,
) -> Result<Files, SynthError> {
    let constraints = Constraints::default();
    let placement = placed(
        toolbox,
        folder,
        &mapped.netlist,
        target,
        &constraints,
        1,
        true,
    )?;
    let bitstream = bitstream(toolbox, folder, target, &placement)?;
    let netlist = placement.netlist.unwrap_or_default();
    Ok(Files { netlist, bitstream })
}

/// The Verilog of a routed design as a module `top`, whose bitstream is unpacked in `folder` and compared with it.
///
/// # Errors
/// A bitstream for another device, or of another design ([`SynthError::Differs`]); a cell that is not known
/// ([`SynthError::Unmapped`]); files that cannot be read; the unpacker is missing or fails.
pub fn routed(
    toolbox: &Toolbox,
    folder: &Path,
    files: &Files,
    target: &'static Target,
    top: &str,
) -> Result<Routed, SynthError> {
    let program = toolbox.require("synth", ECPUNPACK)?;
    let json = std::fs::read_to_string(&files.netlist)?;
    let root = serde_json::from_str(&json).map_err(|error| SynthError::Unreadable {
        file: files.netlist.display().to_string(),
        what: error.to_string(),
    })?;
    let netlist = Netlist::of(&root, &files.netlist)?;
    let verilog = verilog::verilog(&netlist, top)?;
    // Tools may see this folder alone.
    let (packed, unpacked) = (format!("{}_read.bit", target.name), "unpacked.config");
    std::fs::copy(&files.bitstream, folder.join(&packed))?;
    Run::new(&program, folder, "ecpunpack.log")
        .args([packed.as_str(), unpacked])
        .timeout(LIMIT)
        .output()
        .map_err(ToolFailure::keep_log)?;
    let text = std::fs::read_to_string(folder.join(unpacked))?;
    let bits = Configuration::of(&text, &folder.join(unpacked))?;
    let expected = device(target);
    if bits.device != expected {
        return Err(SynthError::OtherDevice {
            file: files.bitstream.display().to_string(),
            expected,
            found: bits.device.to_owned(),
        });
    }
    let agreement =
        agreement::agreement(&netlist, &bits).map_err(|differences| SynthError::Differs {
            file: files.bitstream.display().to_string(),
            differences,
        })?;
    Ok(Routed {
        verilog,
        models: routed_models(),
        agreement,
    })
}

/// Project Trellis' name of a device.
fn device(target: &Target) -> &'static str {
    match target.device {
        "--12k" => "LFE5U-12F",
        "--25k" => "LFE5U-25F",
        "--45k" => "LFE5U-45F",
        _ => "LFE5U-85F",
    }
}

//! What it takes to generate network B's Verilog, from integers to files.

use std::path::Path;
use std::time::Instant;

use goldspike::emit;
use goldspike::quantize::digest;
use goldspike::rtl::{DesignOptions, Fabric, LaneChoice, design};
use serde::{Deserialize, Serialize};

use super::networks::{B, Kind, network};

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Generation {
    /// Seconds from the integers to the files on disk.
    pub seconds: f64,
    /// Most memory that this process ever held, in kB; `None` where the system does not say it.
    pub peak_kb: Option<u64>,
    /// Bytes of Verilog.
    pub verilog_bytes: usize,
    /// Bytes of memory contents.
    pub hex_bytes: usize,
}

/// Most seconds.
pub const MOST_SECONDS: f64 = 1.0;
/// Most bytes of Verilog.
pub const MOST_VERILOG_BYTES: usize = 200_000;

/// Generates B small for ECP5 into `folder`.
///
/// # Errors
/// Whatever stops it, in words.
pub fn generation(folder: &Path) -> Result<Generation, String> {
    let network = network("net_b", B, Kind::Lif).map_err(|error| error.to_string())?;
    let options = DesignOptions {
        lanes: LaneChoice::PerLayer(vec![64, 10]),
        neuron_lanes: LaneChoice::All(1),
        fabric: Fabric::ECP5,
        ..DesignOptions::default()
    };
    let start = Instant::now();
    let design = design(&network, &options).map_err(|error| error.to_string())?;
    let files = emit::design(&design, &network, &digest(&network), "goldspike generate")
        .map_err(|error| error.to_string())?;
    emit::write(folder, &files).map_err(|error| error.to_string())?;
    let seconds = start.elapsed().as_secs_f64();
    let bytes = |path: &Path| files.files.get(path).map_or(0, String::len);
    Ok(Generation {
        seconds,
        peak_kb: peak_kb(),
        verilog_bytes: files.rtl().map(bytes).sum(),
        hex_bytes: files.memories().map(bytes).sum(),
    })
}

fn peak_kb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

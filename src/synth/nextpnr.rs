//! nextpnr: places and routes a netlist, on pins of its own choice.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::error::SynthError;
use super::target::{Family, Target};
use crate::engine::tool::{Run, ToolFailure, Toolbox};

/// Longest run of nextpnr.
const LIMIT: Duration = Duration::from_secs(900);

/// A placed and routed design.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placement {
    /// Logic cells of iCE40, `TRELLIS_COMB` of ECP5.
    pub cells: usize,
    /// How many of them the device has.
    pub available: usize,
    /// Block RAMs.
    pub bram: usize,
    /// Multiplier blocks.
    pub dsp: usize,
    /// Clock rate of the slowest clock in MHz; `None` for a design without a register to register path.
    pub fmax_mhz: Option<f64>,
}

/// Places and routes `netlist`, one file of `folder`.
///
/// # Errors
/// nextpnr is missing or fails (a design that does not fit fails), or its report is not understood.
pub fn place(
    toolbox: &Toolbox,
    folder: &Path,
    netlist: &Path,
    target: &Target,
    seed: u32,
) -> Result<Placement, SynthError> {
    let program = toolbox.require("synth", target.family.placer())?;
    let stem = format!("{}_{seed}", target.name);
    let report = format!("{stem}_report.json");
    let mut arguments = vec![
        target.device.to_owned(),
        "--package".to_owned(),
        target.package.to_owned(),
        "--json".to_owned(),
        netlist
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default(),
        "--seed".to_owned(),
        seed.to_string(),
        "--report".to_owned(),
        report.clone(),
        "--timing-allow-fail".to_owned(),
    ];
    if let Some(speed) = target.speed {
        arguments.extend(["--speed".to_owned(), speed.to_owned()]);
    }
    if target.family == Family::Ecp5 {
        arguments.push("--lpf-allow-unconstrained".to_owned());
    }
    Run::new(&program, folder, &format!("{stem}_nextpnr.log"))
        .args(&arguments)
        .timeout(LIMIT)
        .output()
        .map_err(ToolFailure::keep_log)?;
    read(&folder.join(&report), target.family)
}

fn read(path: &Path, family: Family) -> Result<Placement, SynthError> {
    let unreadable = |what: String| SynthError::Unreadable {
        file: path.display().to_string(),
        what,
    };
    let text = std::fs::read_to_string(path)?;
    let root: Value = serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
    let number = |cell: &str, column: &str| {
        root["utilization"][cell][column]
            .as_u64()
            .and_then(|count| usize::try_from(count).ok())
    };
    let (logic, bram, dsp) = match family {
        Family::Ice40 => ("ICESTORM_LC", "ICESTORM_RAM", "ICESTORM_DSP"),
        Family::Ecp5 => ("TRELLIS_COMB", "DP16KD", "MULT18X18D"),
    };
    let logic = |column: &str| {
        number(logic, column).ok_or_else(|| unreadable(format!("no utilization.{logic}.{column}")))
    };
    let clocks = root["fmax"]
        .as_object()
        .into_iter()
        .flat_map(|map| map.values());
    Ok(Placement {
        cells: logic("used")?,
        available: logic("available")?,
        bram: number(bram, "used").unwrap_or(0),
        dsp: number(dsp, "used").unwrap_or(0),
        fmax_mhz: clocks
            .filter_map(|clock| clock["achieved"].as_f64())
            .reduce(f64::min),
    })
}

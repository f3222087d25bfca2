//! nextpnr: places and routes a netlist, on pins of its own choice or on those of a file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::cells::Netlist;
use super::error::{Shortage, SynthError};
use super::family::Placing;
use super::path::{CriticalPath, critical};
use super::pins::unpinned;
use super::target::Target;
use crate::engine::tool::{Run, ToolFailure, Toolbox};

/// Longest run of nextpnr.
const LIMIT: Duration = Duration::from_secs(3600);

/// What placing must keep to. The default leaves pins and package to goldspike and sets no clock rate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Constraints {
    /// File of pins in the family's format (`.pcf`, `.lpf`, `.cst`, `.ccf`), with a pin for every port bit. Without it pins
    /// are assigned.
    pub pins: Option<PathBuf>,
    /// Package in place of the target's, by nextpnr's name.
    pub package: Option<String>,
    /// Clock rate in MHz that nextpnr works for. A design that misses it is placed all the same: compare it with
    /// [`Placement::fmax_mhz`].
    pub mhz: Option<f64>,
}

/// A placed and routed design.
#[derive(Clone, Debug, PartialEq)]
pub struct Placement {
    /// Seed of nextpnr.
    pub seed: u32,
    /// Logic cells of iCE40, `TRELLIS_COMB` of ECP5, `LUT4` of Gowin, `CPE_LT` of `GateMate`.
    pub cells: usize,
    /// How many of them the device has.
    pub available: usize,
    /// Clock rate of the slowest clock in MHz; `None` for a design without a register to register path.
    pub fmax_mhz: Option<f64>,
    /// The slowest path between two registers.
    pub critical: Option<CriticalPath>,
    /// What the packer makes a bitstream of, in the folder of the netlist.
    pub routed: PathBuf,
    /// The netlist after routing, beside it, where it was kept.
    pub netlist: Option<PathBuf>,
}

/// What a family's part of the command line depends on. Files are named relative to the folder: `YoWASP` builds do not see
/// all of the disk.
pub(crate) struct Order<'a> {
    pub target: &'a Target,
    package: Option<&'a str>,
    /// File of pins.
    pub pins: Option<&'a str>,
    /// What nextpnr leaves for the packer.
    pub routed: &'a str,
}

impl Order<'_> {
    pub(crate) fn package(&self) -> &str {
        self.package.unwrap_or(self.target.package)
    }
}

/// Places and routes `netlist`, one file of `folder`. A design that misses the clock rate is not an error.
///
/// # Errors
/// nextpnr is missing or fails (a design that does not fit fails), a port without a pin, or a report that is not understood.
/// [`SynthError::NotPlaced`] where no open tool places for the target.
pub fn place(
    toolbox: &Toolbox,
    folder: &Path,
    netlist: &Path,
    target: &Target,
    constraints: &Constraints,
    seed: u32,
) -> Result<Placement, SynthError> {
    placed(toolbox, folder, netlist, target, constraints, seed, false)
}

/// [`place`], which keeps the netlist after routing if it is asked to.
pub(super) fn placed(
    toolbox: &Toolbox,
    folder: &Path,
    netlist: &Path,
    target: &Target,
    constraints: &Constraints,
    seed: u32,
    keeps: bool,
) -> Result<Placement, SynthError> {
    let placing = placing(target)?;
    let stem = format!("{}_{seed}", target.name);
    let (report, routed) = (
        format!("{stem}_report.json"),
        format!("{stem}.{}", placing.routed),
    );
    let after = keeps.then(|| format!("{stem}_routed.json"));
    let netlist = folder.join(netlist);
    let mut run = Call {
        toolbox,
        folder,
        netlist: &netlist,
        target,
        constraints,
        stem: &stem,
        routed: &routed,
    }
    .run()?
    .args(["--seed", &seed.to_string(), "--report", &report])
    .args(["--timing-allow-fail"]);
    if let Some(after) = &after {
        run = run.args(["--write", after]);
    }
    if let Some(mhz) = constraints.mhz {
        run = run.args(["--freq", &mhz.to_string()]);
    }
    run.output()
        .map_err(|failure| refused(failure, target, placing))?;
    let report = Report::read(&folder.join(&report))?;
    let placement = report.placement(placing, seed, folder.join(routed))?;
    let names = || Netlist::read(&netlist, target.family).ok();
    Ok(Placement {
        netlist: after.map(|name| folder.join(name)),
        critical: critical(&report.root, target.family.facts().appended, names),
        ..placement
    })
}

/// What a netlist takes of a device, by nextpnr's table before placing, cells first.
///
/// # Errors
/// nextpnr is missing or fails, or says nothing of cells; not a design that does not fit.
pub(crate) fn pack_only(
    toolbox: &Toolbox,
    folder: &Path,
    netlist: &Path,
    target: &Target,
    constraints: &Constraints,
) -> Result<Vec<Shortage>, SynthError> {
    let placing = placing(target)?;
    let stem = format!("{}_packed", target.name);
    let log = Call {
        toolbox,
        folder,
        netlist: &folder.join(netlist),
        target,
        constraints,
        stem: &stem,
        routed: &format!("{stem}.{}", placing.routed),
    }
    .run()?
    .args(["--pack-only"])
    .output()
    .map_err(ToolFailure::keep_log)?;
    let rows: Vec<(&str, usize, usize)> = utilisation(&log).collect();
    let amounts: Vec<Shortage> = placing
        .words
        .iter()
        .filter_map(|(kind, words)| {
            let (_, used, available) = rows.iter().find(|(row, ..)| row == kind)?;
            Some(Shortage {
                what: (*words).to_owned(),
                used: *used,
                available: *available,
            })
        })
        .collect();
    if amounts.is_empty() {
        return Err(SynthError::Unreadable {
            file: format!("{stem}_nextpnr.log"),
            what: "no table of utilisation".to_owned(),
        });
    }
    Ok(amounts)
}

/// A call of nextpnr, as far as placing and packing alone have it in common.
struct Call<'a> {
    toolbox: &'a Toolbox,
    folder: &'a Path,
    netlist: &'a Path,
    target: &'a Target,
    constraints: &'a Constraints,
    /// Beginning of the names of its files.
    stem: &'a str,
    routed: &'a str,
}

impl Call<'_> {
    fn run(&self) -> Result<Run, SynthError> {
        let placing = placing(self.target)?;
        let program = self.toolbox.require("synth", placing.placer)?;
        let pins = self.pins(placing)?;
        let arguments = (placing.place)(&Order {
            target: self.target,
            package: self.constraints.package.as_deref(),
            pins: pins.as_deref(),
            routed: self.routed,
        });
        let netlist = self.netlist.file_name().unwrap_or_default();
        Ok(
            Run::new(&program, self.folder, &format!("{}_nextpnr.log", self.stem))
                .args(arguments)
                .args(["--json".as_ref(), netlist])
                .timeout(LIMIT),
        )
    }

    /// The file of pins as a file of the folder, where there is one or the placer wants one.
    fn pins(&self, placing: &Placing) -> Result<Option<String>, SynthError> {
        let ports =
            || Ok::<_, SynthError>(Netlist::read(self.netlist, self.target.family)?.port_bits());
        let text = match &self.constraints.pins {
            Some(path) => {
                let text =
                    std::fs::read_to_string(path).map_err(|error| SynthError::Unreadable {
                        file: path.display().to_string(),
                        what: error.to_string(),
                    })?;
                unpinned(path, &text, &ports()?)?;
                text
            }
            None => {
                let Some(assign) = placing.assign else {
                    return Ok(None);
                };
                let ports = ports()?;
                assign(&ports).ok_or_else(|| SynthError::TooLarge {
                    target: self.target.name,
                    shortages: vec![Shortage {
                        what: "pins".to_owned(),
                        used: ports.len(),
                        available: self.target.holds.pins,
                    }],
                })?
            }
        };
        let name = format!("{}.{}", self.stem, placing.pins);
        std::fs::write(self.folder.join(&name), text)?;
        Ok(Some(name))
    }
}

/// How a target is placed.
pub(crate) fn placing(target: &Target) -> Result<&'static Placing, SynthError> {
    let placing = target.family.facts().placing.as_ref();
    placing.ok_or(SynthError::NotPlaced {
        target: target.name,
        family: target.family.name(),
    })
}

/// A run that failed: because of the device's size, or for another reason.
fn refused(failure: ToolFailure, target: &Target, placing: &Placing) -> SynthError {
    let log = std::fs::read_to_string(&failure.log).unwrap_or_default();
    let shortages = shortages(&log, target.family.name(), placing);
    if shortages.is_empty() {
        return failure.keep_log().into();
    }
    SynthError::TooLarge {
        target: target.name,
        shortages,
    }
}

/// What nextpnr says when there are enough of every kind, and still no place for all of them.
const NO_PLACE: &str = "Unable to find legal placement for all cells";

/// What nextpnr's table of utilisation counts more of than there is, or, where it found no place for all, nearly as many of.
fn shortages(log: &str, family: &str, placing: &Placing) -> Vec<Shortage> {
    let of = |kind: &str| match placing.words.iter().find(|(name, _)| *name == kind) {
        Some((_, words)) => (*words).to_owned(),
        None => format!("{kind} of {family}"),
    };
    utilisation(log)
        .filter(|(_, used, available)| {
            used > available || (log.contains(NO_PLACE) && 10 * used >= 9 * available)
        })
        .map(|(kind, used, available)| Shortage {
            what: of(kind),
            used,
            available,
        })
        .collect()
}

/// Rows of nextpnr's table of utilisation: kind, how many the design needs, how many there are.
fn utilisation(log: &str) -> impl Iterator<Item = (&str, usize, usize)> {
    let rows = log
        .lines()
        .skip_while(|line| !line.contains("Device utilisation"))
        .skip(1);
    rows.map_while(|line| {
        let (kind, numbers) = line.strip_prefix("Info:")?.trim().split_once(':')?;
        let (used, rest) = numbers.split_once('/')?;
        let used = used.trim().parse().ok()?;
        let available = rest.split_whitespace().next()?.parse().ok()?;
        Some((kind.trim(), used, available))
    })
}

/// nextpnr's report.
struct Report {
    file: String,
    root: Value,
}

impl Report {
    fn read(path: &Path) -> Result<Self, SynthError> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path)?;
        match serde_json::from_str(&text) {
            Ok(root) => Ok(Self { file, root }),
            Err(error) => Err(SynthError::Unreadable {
                file,
                what: error.to_string(),
            }),
        }
    }

    fn placement(
        &self,
        placing: &Placing,
        seed: u32,
        routed: PathBuf,
    ) -> Result<Placement, SynthError> {
        let logic = |column: &str| {
            let count = self.root["utilization"][placing.logic][column].as_u64();
            count
                .and_then(|count| usize::try_from(count).ok())
                .ok_or_else(|| SynthError::Unreadable {
                    file: self.file.clone(),
                    what: format!("no utilization.{}.{column}", placing.logic),
                })
        };
        let clocks = self.root["fmax"].as_object().into_iter();
        Ok(Placement {
            seed,
            cells: logic("used")?,
            available: logic("available")?,
            fmax_mhz: clocks
                .flat_map(|map| map.values())
                .filter_map(|clock| clock["achieved"].as_f64())
                .reduce(f64::min),
            critical: None,
            routed,
            netlist: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placing(target: &str) -> &'static Placing {
        super::placing(crate::synth::target(target).unwrap()).unwrap()
    }

    #[test]
    fn a_table_of_utilisation_says_what_is_short() {
        let log = "Info: constraining clock net\n\
                   Info: Device utilisation:\n\
                   Info: \t         ICESTORM_LC:  4121/ 1280   321%\n\
                   Info: \t        ICESTORM_RAM:    17/   16   106%\n\
                   Info: \t               SB_IO:    33/  112    29%\n\
                   \n\
                   Info: SB_GB: 9/ 8\n\
                   ERROR: Unable to place cell 'x', no BELs remaining to implement cell type 'ICESTORM_LC'\n";
        let found = shortages(log, "iCE40", placing("hx1k"));
        let said: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "4121 logic cells, 1280 are there (2841 too many)",
                "17 block RAMs, 16 are there (1 too many)"
            ]
        );
        let full = "Info: Device utilisation:\n\
                    Info: \t         ICESTORM_LC:  1250/ 1280    97%\n\
                    Info: \t        ICESTORM_RAM:     7/   16    43%\n\
                    \n\
                    ERROR: Unable to find legal placement for all cells, design is probably at utilisation limit.\n";
        let said: Vec<String> = shortages(full, "iCE40", placing("hx1k"))
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            said,
            ["1250 logic cells, 1280 are there (too full to place)"]
        );
        assert_eq!(
            shortages("ERROR: no such file", "ECP5", placing("ecp5-25k")),
            []
        );
    }
}

//! One unit on one target: cells counted on the unit, clock rate of the unit in its frame.
//!
//! Look-up tables, flip-flops, carries and blocks are those of Yosys' netlist of the unit alone, mapped apart from the
//! frame around it ([`scan`](super::scan())). Placed cells are nextpnr's, less the frame's, whose size is known. The
//! clock rate is the median over nextpnr's seeds of the slowest path between registers, in a device that holds nothing else.

use serde::{Deserialize, Serialize};

use super::cells::Counts;
use super::error::SynthError;
use super::nextpnr::{Constraints, place, placing};
use super::scan::{Scan, scan};
use super::sources::lay_out;
use super::target::Target;
use super::unit::Unit;
use super::yosys::{Job, Mapped, map};
use crate::engine::tool::Toolbox;

/// What a unit costs on a target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// Placed cells: logic cells of iCE40, `TRELLIS_COMB` of ECP5. Lone flip-flops and carries are among them on iCE40,
    /// two for each carry cell on ECP5.
    pub cells: usize,
    /// Look-up tables with four inputs, as Yosys counts them (those inside ECP5's carry cells are not among them).
    pub lut4: usize,
    /// Carry cells.
    pub carry: usize,
    /// Flip-flops outside multiplier blocks.
    pub ff: usize,
    /// Block RAMs.
    pub bram: usize,
    /// Multiplier blocks.
    pub dsp: usize,
    /// Clock rate in MHz, median of the seeds, to 0.1.
    pub fmax_mhz: f64,
}

/// Measures a unit on a target, once for each of nextpnr's seeds.
///
/// # Errors
/// See [`SynthError`].
pub fn measure(
    toolbox: &Toolbox,
    unit: &Unit,
    target: &Target,
    seeds: &[u32],
) -> Result<Cost, SynthError> {
    let place_dir = tempfile::Builder::new()
        .prefix("goldspike-synth-")
        .tempdir()?;
    let folder = place_dir.path();
    let frame = scan(&unit.module)?;
    let sources = lay_out(&frame.module, folder)?;
    let job = Job {
        folder,
        sources: &sources,
        top: frame.module.name(),
        apart: Some(unit.module.name()),
    };
    let mapped = map(toolbox, &job, target)?;
    let counts = alone(&mapped, &frame, unit.name)?;
    let framing = framing(&frame, target)?;
    let (mut cells, mut rates) = (0, Vec::new());
    for &seed in seeds {
        let placed = place(
            toolbox,
            folder,
            &mapped.netlist,
            target,
            &Constraints::default(),
            seed,
        )?;
        cells = cells.max(placed.cells.saturating_sub(framing));
        rates.extend(placed.fmax_mhz);
    }
    let fmax_mhz = median(&rates).ok_or_else(|| SynthError::Unreadable {
        file: format!("{} on {}", unit.name, target.name),
        what: "nextpnr reports no clock rate".to_owned(),
    })?;
    Ok(Cost {
        cells,
        lut4: counts.lut4,
        carry: counts.carry,
        ff: counts.ff,
        bram: counts.bram,
        dsp: counts.dsp,
        fmax_mhz: (fmax_mhz * 10.0).round() / 10.0,
    })
}

/// Placed cells of a frame.
pub(crate) fn framing(frame: &Scan, target: &Target) -> Result<usize, SynthError> {
    let (input, output) = placing(target)?.framing;
    Ok(input * frame.inputs + output * frame.outputs)
}

/// The cells of the module in a frame, after a check that the frame is what it should be.
pub(crate) fn alone(mapped: &Mapped, frame: &Scan, module: &str) -> Result<Counts, SynthError> {
    let counts = mapped.apart.unwrap_or_default();
    let whole = mapped.whole;
    for (what, expected, whole, own) in [
        (
            "flip-flops",
            frame.inputs + frame.outputs,
            whole.ff,
            counts.ff,
        ),
        ("look-up tables", frame.outputs, whole.lut4, counts.lut4),
    ] {
        let found = difference(whole, own);
        if i64::try_from(expected) != Ok(found) {
            return Err(SynthError::Frame {
                module: module.to_owned(),
                what,
                expected,
                found,
            });
        }
    }
    Ok(counts)
}

fn difference(a: usize, b: usize) -> i64 {
    let signed = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    signed(a) - signed(b)
}

/// The middle value; of an even number, the lower middle. `None` without values.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len().checked_sub(1)? / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_is_a_measured_value() {
        assert_eq!(median(&[5.0, 1.0, 3.0, 2.0, 4.0]), Some(3.0));
        assert_eq!(median(&[2.0, 1.0]), Some(1.0));
        assert_eq!(median(&[]), None);
    }
}

//! Xilinx 7 series: no open tool places it here, so its figures are those of Yosys' netlist.

use super::Facts;
use crate::engine::tool::YOSYS;
use crate::rtl::Fabric;
use crate::synth::cells::Counts;

pub(super) const FACTS: Facts = Facts {
    name: "Xilinx 7",
    cell: "LUT6",
    yosys: YOSYS,
    fabric: Fabric::PORTABLE,
    placing: None,
    counts,
    appended: &[],
    port_bits: 36,
};

/// A block RAM is one of 18 kbit. `cells` are look-up tables, those that are memories and shift registers included.
fn counts(kind: &str) -> Option<Counts> {
    let mut counts = Counts::default();
    let look_up = |counts: &mut Counts, tables: usize| counts.cells = tables;
    match kind {
        "LUT1" | "LUT2" | "LUT3" | "LUT4" | "LUT5" | "LUT6" | "INV" => {
            counts.lut4 = 1;
            look_up(&mut counts, 1);
        }
        "SRL16E" | "SRLC32E" => look_up(&mut counts, 1),
        "RAM32X1D" | "RAM64X1D" => {
            counts.lut_ram = 1;
            look_up(&mut counts, 2);
        }
        "RAM32M" | "RAM64M" | "RAM128X1D" => {
            counts.lut_ram = 1;
            look_up(&mut counts, 4);
        }
        "CARRY4" => counts.carry = 1,
        "FDRE" | "FDSE" | "FDCE" | "FDPE" => counts.ff = 1,
        "RAMB18E1" => counts.bram = 1,
        "RAMB36E1" => counts.bram = 2,
        "DSP48E1" => counts.dsp = 1,
        "MUXF7" | "MUXF8" | "IBUF" | "OBUF" | "BUFG" | "GND" | "VCC" => {}
        _ => return None,
    }
    Some(counts)
}

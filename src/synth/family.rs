//! Families of FPGAs: what differs between them, one file a family.
//!
//! A family has its tools, its cells, and the words that its placer uses. To add one: a file here with its [`Facts`], a
//! variant of [`Family`], and its devices in `target.rs`.

mod ecp5;
mod gatemate;
mod gowin;
mod ice40;
mod xilinx7;

pub(crate) use gowin::PINS as GOWIN_PINS;

use super::cells::Counts;
use super::nextpnr::Order;
use crate::engine::tool::Tool;
use crate::rtl::Fabric;

/// A family of FPGAs, with one place-and-route tool and one set of cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Lattice iCE40.
    Ice40,
    /// Lattice ECP5.
    Ecp5,
    /// Gowin `LittleBee`.
    Gowin,
    /// Cologne Chip `GateMate`.
    GateMate,
    /// Xilinx 7 series: mapped by Yosys, not placed.
    Xilinx7,
}

/// What differs between families.
pub(crate) struct Facts {
    /// Name in messages.
    pub name: &'static str,
    /// What a placed cell is called.
    pub cell: &'static str,
    /// The Yosys that its placer takes netlists from.
    pub yosys: Tool,
    /// What its cells want of a design, the large memories of a device left out.
    pub fabric: Fabric,
    /// What places, routes and packs; `None`: a netlist is all there is.
    pub placing: Option<Placing>,
    /// What a cell of a netlist counts as; `None`: the family has no such cell.
    pub counts: fn(&str) -> Option<Counts>,
    /// What mapping appends to the names of the description.
    pub appended: &'static [&'static str],
    /// Bits that a block RAM gives in a cycle through one read port.
    pub port_bits: usize,
}

/// A file of pins for port bits of these names; `None`: there are too few pins.
pub(crate) type Assign = fn(&[String]) -> Option<String>;

/// How a family is placed, routed and packed.
pub(crate) struct Placing {
    /// nextpnr.
    pub placer: Tool,
    /// What makes the bitstream.
    pub packer: Tool,
    /// Ending of the file of pins.
    pub pins: &'static str,
    /// Only where nextpnr does not assign pins.
    pub assign: Option<Assign>,
    /// Ending of what nextpnr leaves for the packer.
    pub routed: &'static str,
    /// Ending of the bitstream.
    pub bitstream: &'static str,
    /// Arguments of nextpnr besides those that all families have.
    pub place: fn(&Order<'_>) -> Vec<String>,
    /// Arguments of the packer, for the routed design and the bitstream.
    pub pack: fn(&str, &str) -> Vec<String>,
    /// nextpnr's name of the placed cell.
    pub logic: &'static str,
    /// nextpnr's names of what a device can have too little of, in words.
    pub words: &'static [(&'static str, &'static str)],
    /// Cells that the flip-flop of an input bit and the flip-flop and look-up table of an output bit of a scan frame take.
    pub framing: (usize, usize),
}

impl Family {
    pub(crate) const fn facts(self) -> &'static Facts {
        match self {
            Self::Ice40 => &ice40::FACTS,
            Self::Ecp5 => &ecp5::FACTS,
            Self::Gowin => &gowin::FACTS,
            Self::GateMate => &gatemate::FACTS,
            Self::Xilinx7 => &xilinx7::FACTS,
        }
    }

    /// Name in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.facts().name
    }

    /// Whether there are models of its cells that are checked against the vendor's documents or Yosys' own.
    #[must_use]
    pub const fn is_simulated(self) -> bool {
        matches!(self, Self::Ice40 | Self::Ecp5)
    }

    /// Whether there are models of its cells after routing, and its bitstream can be compared with them.
    #[must_use]
    pub const fn is_compared(self) -> bool {
        matches!(self, Self::Ecp5)
    }

    /// The Yosys that maps to its cells.
    #[must_use]
    pub const fn yosys(self) -> Tool {
        self.facts().yosys
    }

    /// Its place-and-route tool; `None` where figures are estimates from a netlist.
    #[must_use]
    pub fn placer(self) -> Option<Tool> {
        self.facts().placing.as_ref().map(|placing| placing.placer)
    }

    /// What makes its bitstreams.
    #[must_use]
    pub fn packer(self) -> Option<Tool> {
        self.facts().placing.as_ref().map(|placing| placing.packer)
    }
}

/// Arguments as nextpnr takes them.
fn words(arguments: &[&str]) -> Vec<String> {
    arguments.iter().map(|&word| word.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cells of one kind each, by family, and what they count as.
    #[test]
    fn cells_are_counted_by_kind() {
        let counted = |family: Family, kind: &str| (family.facts().counts)(kind);
        let one = |set: fn(&mut Counts)| {
            let mut counts = Counts::default();
            set(&mut counts);
            Some(counts)
        };
        for (family, kind, expected) in [
            (Family::Ice40, "SB_LUT4", one(|c| c.lut4 = 1)),
            (Family::Ice40, "SB_DFFESR", one(|c| c.ff = 1)),
            (Family::Ice40, "SB_SPRAM256KA", one(|c| c.spram = 1)),
            (Family::Ecp5, "CCU2C", one(|c| c.carry = 1)),
            (Family::Ecp5, "TRELLIS_DPR16X4", one(|c| c.lut_ram = 1)),
            (Family::Gowin, "LUT3", one(|c| c.lut4 = 1)),
            (Family::Gowin, "DFFRE", one(|c| c.ff = 1)),
            (Family::Gowin, "DPX9B", one(|c| c.bram = 1)),
            (Family::Gowin, "MULT18X18", one(|c| c.dsp = 2)),
            (Family::GateMate, "CC_L2T5", one(|c| c.lut4 = 1)),
            (Family::GateMate, "CC_BRAM_40K", one(|c| c.bram = 2)),
            (
                Family::Xilinx7,
                "RAM64M",
                one(|c| {
                    c.lut_ram = 1;
                    c.cells = 4;
                }),
            ),
            (
                Family::Xilinx7,
                "LUT6",
                one(|c| {
                    c.lut4 = 1;
                    c.cells = 1;
                }),
            ),
            (Family::Xilinx7, "RAMB36E1", one(|c| c.bram = 2)),
            (Family::Xilinx7, "DSP48E1", one(|c| c.dsp = 1)),
        ] {
            assert_eq!(counted(family, kind), expected, "{kind} of {family:?}");
        }
        for (family, kind) in [
            (Family::Ice40, "SB_IO"),
            (Family::Ecp5, "PFUMX"),
            (Family::Gowin, "MUX2_LUT8"),
            (Family::GateMate, "CC_BUFG"),
            (Family::Xilinx7, "MUXF8"),
        ] {
            assert_eq!(counted(family, kind), Some(Counts::default()), "{kind}");
        }
        for family in [
            Family::Ice40,
            Family::Ecp5,
            Family::Gowin,
            Family::GateMate,
            Family::Xilinx7,
        ] {
            for kind in ["thing", "$_DFF_P_", "$lut", ""] {
                assert_eq!(counted(family, kind), None, "{kind} of {family:?}");
            }
        }
    }
}

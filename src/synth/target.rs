//! FPGAs as data: family, package, and what the tools must be told.

use super::family::{Family, GOWIN_PINS};
use crate::rtl::{Fabric, LargeMemories};

/// One FPGA in one package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Name on the command line and in tables.
    pub name: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// Family.
    pub family: Family,
    /// nextpnr's flag of the device, where it has one.
    pub(crate) device: &'static str,
    /// Yosys' command that maps a design to it.
    pub(crate) synth: &'static str,
    /// Package, which decides the pins; on Gowin and `GateMate` the part.
    pub package: &'static str,
    /// Speed grade, where the family has several.
    pub speed: Option<&'static str>,
    /// What it holds.
    pub holds: Capacity,
}

/// What a device holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Logic cells of iCE40, `TRELLIS_COMB` of ECP5, `LUT4` of Gowin, `CPE_LT` of `GateMate`, look-up tables of Xilinx 7.
    pub cells: usize,
    /// Flip-flops, where they are not part of the cells.
    pub ff: usize,
    /// Block RAMs, in the units of [`Counts`](super::Counts).
    pub bram: usize,
    /// Large memories, whose contents are not part of a bitstream.
    pub spram: usize,
    /// Multiplier blocks, in the units of [`Counts`](super::Counts); hx1k and hx8k have none, and nextpnr refuses them there.
    pub dsp: usize,
    /// Pins of the package that a design may use without a file of pins.
    pub pins: usize,
}

impl Target {
    /// The package's pins by name, for devices whose bitstream can be simulated.
    #[must_use]
    pub fn pins(&self) -> Option<Vec<&'static str>> {
        let names = match self.name {
            "hx1k" => include_str!("pins/tq144.txt"),
            "hx8k" => include_str!("pins/ct256.txt"),
            "up5k" => include_str!("pins/sg48.txt"),
            _ => return None,
        };
        Some(names.split_whitespace().collect())
    }

    /// What its cells want of a design.
    #[must_use]
    pub const fn fabric(&self) -> Fabric {
        let fabric = Fabric {
            adds_products: self.holds.dsp == 0,
            ..self.family.facts().fabric
        };
        match self.holds.spram {
            0 => fabric,
            count => Fabric {
                large: Some(LargeMemories {
                    count,
                    ..LargeMemories::ICE40_ULTRA_PLUS
                }),
                ..fabric
            },
        }
    }

    /// Bits that all its block RAMs together give in a cycle through one read port each.
    #[must_use]
    pub const fn memory_bits_per_cycle(&self) -> usize {
        self.holds.bram * self.family.facts().port_bits
    }

    /// Whether nextpnr places and routes for it; its figures are estimates from Yosys' netlist otherwise.
    #[must_use]
    pub fn is_placed(&self) -> bool {
        self.family.placer().is_some()
    }
}

// ABC9 knows the delays of carries; without it Yosys 0.23 builds wide multiplexers on ECP5 that cost a neuron twice the cells.
const HX: &str = "synth_ice40 -abc9 -device hx";
const UP: &str = "synth_ice40 -abc9 -device u -dsp";
const ECP5: &str = "synth_ecp5 -abc9";
const GOWIN: &str = "synth_gowin";
// The placer takes trees of look-up tables, and no multiplexers with eight inputs.
const GATEMATE: &str = "synth_gatemate -luttree -nomx8";
const XILINX7: &str = "synth_xilinx -family xc7 -flatten";

/// Every target.
pub const TARGETS: &[Target] = &[
    Target {
        name: "hx1k",
        title: "iCE40 HX1K (TQ144)",
        family: Family::Ice40,
        device: "--hx1k",
        synth: HX,
        package: "tq144",
        speed: None,
        holds: Capacity {
            cells: 1_280,
            ff: 1_280,
            bram: 16,
            spram: 0,
            dsp: 0,
            pins: 96,
        },
    },
    Target {
        name: "hx8k",
        title: "iCE40 HX8K (CT256)",
        family: Family::Ice40,
        device: "--hx8k",
        synth: HX,
        package: "ct256",
        speed: None,
        holds: Capacity {
            cells: 7_680,
            ff: 7_680,
            bram: 32,
            spram: 0,
            dsp: 0,
            pins: 206,
        },
    },
    Target {
        name: "up5k",
        title: "iCE40 UP5K (SG48)",
        family: Family::Ice40,
        device: "--up5k",
        synth: UP,
        package: "sg48",
        speed: None,
        holds: Capacity {
            cells: 5_280,
            ff: 5_280,
            bram: 30,
            spram: 4,
            dsp: 8,
            pins: 39,
        },
    },
    Target {
        name: "ecp5-25k",
        title: "ECP5-25F (CABGA381, speed 6)",
        family: Family::Ecp5,
        device: "--25k",
        synth: ECP5,
        package: "CABGA381",
        speed: Some("6"),
        holds: Capacity {
            cells: 24_288,
            ff: 24_288,
            bram: 56,
            spram: 0,
            dsp: 28,
            pins: 197,
        },
    },
    Target {
        name: "ecp5-85k",
        title: "ECP5-85F (CABGA756, speed 6)",
        family: Family::Ecp5,
        device: "--85k",
        synth: ECP5,
        package: "CABGA756",
        speed: Some("6"),
        holds: Capacity {
            cells: 83_640,
            ff: 83_640,
            bram: 208,
            spram: 0,
            dsp: 156,
            pins: 365,
        },
    },
    Target {
        name: "gw1nr-9",
        title: "GW1NR-9 (QN88P, C6/I5)",
        family: Family::Gowin,
        device: "",
        synth: GOWIN,
        package: "GW1NR-LV9QN88PC6/I5",
        speed: None,
        holds: Capacity {
            cells: 8_640,
            ff: 6_480,
            bram: 26,
            spram: 0,
            dsp: 40,
            pins: GOWIN_PINS,
        },
    },
    Target {
        name: "gatemate",
        title: "GateMate A1 (CCGM1A1)",
        family: Family::GateMate,
        device: "",
        synth: GATEMATE,
        package: "CCGM1A1",
        speed: None,
        holds: Capacity {
            cells: 40_960,
            ff: 40_960,
            bram: 64,
            spram: 0,
            dsp: 0,
            pins: 162,
        },
    },
    Target {
        name: "xc7",
        title: "Xilinx 7 (XC7Z020)",
        family: Family::Xilinx7,
        device: "",
        synth: XILINX7,
        package: "clg400",
        speed: None,
        holds: Capacity {
            cells: 53_200,
            ff: 106_400,
            bram: 280,
            spram: 0,
            dsp: 220,
            pins: 125,
        },
    },
];

/// The target of a name.
#[must_use]
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

#[cfg(test)]
mod tests {
    use super::TARGETS;
    use std::collections::BTreeSet;

    #[test]
    fn a_package_has_as_many_pins_as_the_device_says() {
        for target in TARGETS {
            let Some(pins) = target.pins() else { continue };
            assert_eq!(pins.len(), target.holds.pins, "{}", target.name);
            assert_eq!(pins.iter().collect::<BTreeSet<_>>().len(), pins.len());
        }
        assert_eq!(TARGETS.iter().filter(|t| t.pins().is_some()).count(), 3);
    }
}

//! FPGAs as data: family, package, and what the tools must be told.

use crate::engine::tool::{NEXTPNR_ECP5, NEXTPNR_ICE40, Tool};

/// A family of FPGAs, with one place-and-route tool and one set of cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Lattice iCE40.
    Ice40,
    /// Lattice ECP5.
    Ecp5,
}

impl Family {
    /// Name in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ice40 => "iCE40",
            Self::Ecp5 => "ECP5",
        }
    }

    /// Its place-and-route tool.
    #[must_use]
    pub const fn placer(self) -> Tool {
        match self {
            Self::Ice40 => NEXTPNR_ICE40,
            Self::Ecp5 => NEXTPNR_ECP5,
        }
    }
}

/// One FPGA in one package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Name on the command line and in tables.
    pub name: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// Family.
    pub family: Family,
    /// nextpnr's flag of the device.
    pub(crate) device: &'static str,
    /// Package, which decides the pins.
    pub package: &'static str,
    /// Speed grade, where the family has several.
    pub speed: Option<&'static str>,
    /// What it holds.
    pub holds: Capacity,
}

/// What a device holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Logic cells of iCE40, `TRELLIS_COMB` of ECP5.
    pub cells: usize,
    /// Block RAMs.
    pub bram: usize,
    /// Multiplier blocks; hx1k and hx8k have none, and nextpnr refuses them there.
    pub dsp: usize,
    /// Pins of the package that a design may use.
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

    /// Bits that all its block RAMs together give in a cycle through one read port each.
    #[must_use]
    pub const fn memory_bits_per_cycle(&self) -> usize {
        self.holds.bram
            * match self.family {
                Family::Ice40 => 16,
                Family::Ecp5 => 36,
            }
    }

    /// Yosys' command that maps a design to it. ABC9 knows the delays of carries; without it Yosys 0.23 builds wide
    /// multiplexers on ECP5 that cost a neuron twice the cells.
    pub(crate) const fn synth(&self) -> &'static str {
        match (self.family, self.holds.dsp > 0) {
            (Family::Ice40, true) => "synth_ice40 -abc9 -device u -dsp",
            (Family::Ice40, false) => "synth_ice40 -abc9 -device hx",
            (Family::Ecp5, true) => "synth_ecp5 -abc9",
            (Family::Ecp5, false) => "synth_ecp5 -abc9 -nodsp",
        }
    }
}

const fn ice40(
    name: &'static str,
    title: &'static str,
    device: &'static str,
    package: &'static str,
    holds: Capacity,
) -> Target {
    Target {
        name,
        title,
        family: Family::Ice40,
        device,
        package,
        speed: None,
        holds,
    }
}

const fn ecp5(
    name: &'static str,
    title: &'static str,
    device: &'static str,
    package: &'static str,
    holds: Capacity,
) -> Target {
    Target {
        name,
        title,
        family: Family::Ecp5,
        device,
        package,
        speed: Some("6"),
        holds,
    }
}

const fn holds(cells: usize, bram: usize, dsp: usize, pins: usize) -> Capacity {
    Capacity {
        cells,
        bram,
        dsp,
        pins,
    }
}

/// Every target.
pub const TARGETS: &[Target] = &[
    ice40(
        "hx1k",
        "iCE40 HX1K (TQ144)",
        "--hx1k",
        "tq144",
        holds(1_280, 16, 0, 96),
    ),
    ice40(
        "hx8k",
        "iCE40 HX8K (CT256)",
        "--hx8k",
        "ct256",
        holds(7_680, 32, 0, 206),
    ),
    ice40(
        "up5k",
        "iCE40 UP5K (SG48)",
        "--up5k",
        "sg48",
        holds(5_280, 30, 8, 39),
    ),
    ecp5(
        "ecp5-25k",
        "ECP5-25F (CABGA381, speed 6)",
        "--25k",
        "CABGA381",
        holds(24_288, 56, 28, 197),
    ),
    ecp5(
        "ecp5-85k",
        "ECP5-85F (CABGA756, speed 6)",
        "--85k",
        "CABGA756",
        holds(83_640, 208, 156, 365),
    ),
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

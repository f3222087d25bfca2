//! Errors of the library's stages as diagnostics: each gets its code of the table, its place and its remedy here.

use crate::cost::CostError;
use crate::diag::{Diagnostic, Place, codes};
use crate::emit::EmitError;
use crate::engine::EngineError;
use crate::folder::FolderError;
use crate::image::ImageError;
use crate::import::Imported;
use crate::quantize::QuantizeError;
use crate::rtl::PlanError;
use crate::synth::{Goal, SynthError};
use crate::verify::VerifyError;
use crate::wave::WaveError;
use goldspike_golden::contract::ContractError;
use goldspike_golden::encoding::EncodingError;

/// An internal bug, reported as one.
pub fn internal(what: impl std::fmt::Display) -> Diagnostic {
    Diagnostic::error(&codes::INTERNAL, format!("internal error: {what}")).help(
        "this is a bug of goldspike, not of your network: please report it with the command line",
    )
}

/// A refusal of the quantizer; with the imported network the place is the field in net.json.
pub fn quantize(error: &QuantizeError, imported: Option<&Imported>) -> Diagnostic {
    let code = codes::find(error.code()).unwrap_or(&codes::INTERNAL);
    let diagnostic = Diagnostic::error(code, error.to_string()).help(error.help());
    match quantize_place(error, imported) {
        Some(place) => diagnostic.at(place),
        None => diagnostic,
    }
}

fn quantize_place(error: &QuantizeError, imported: Option<&Imported>) -> Option<Place> {
    let (layer, field) = match error {
        QuantizeError::Value { layer, field, .. }
        | QuantizeError::MembraneTooNarrow { layer, field, .. }
        | QuantizeError::OutOfScale { layer, field, .. }
        | QuantizeError::NotExact { layer, field, .. } => (layer, *field),
        QuantizeError::Mode { layer, switch, .. } => (layer, *switch),
        QuantizeError::ThresholdBelowLsb { layer, .. } => (layer, "v_threshold"),
        QuantizeError::NoBinaryForm { layer, .. } => (layer, "weight"),
        QuantizeError::TableScales { layer, .. } | QuantizeError::NoExactTable { layer, .. } => {
            (layer, "kind")
        }
        QuantizeError::File { path, .. }
        | QuantizeError::Damaged { path, .. }
        | QuantizeError::Digest { path, .. }
        | QuantizeError::Folder(
            FolderError::Foreign { path, .. }
            | FolderError::NotAFolder { path }
            | FolderError::Io { path, .. },
        ) => return Some(Place::file(path.display().to_string())),
        QuantizeError::Option { .. }
        | QuantizeError::Shape { .. }
        | QuantizeError::SumTooWide { .. }
        | QuantizeError::NoLsb { .. }
        | QuantizeError::ExactTooWide { .. }
        | QuantizeError::Invalid(_) => return None,
    };
    let imported = imported?;
    let index = imported
        .network
        .layers
        .iter()
        .position(|described| described.name == *layer)?;
    imported.place(index, field).cloned()
}

/// A design that cannot be planned.
pub fn plan(error: &PlanError) -> Diagnostic {
    let code = match error {
        PlanError::LaneCount { .. } => &codes::LANE_COUNT,
        PlanError::LaneRange { .. }
        | PlanError::Events { .. }
        | PlanError::BeatEvents { .. }
        | PlanError::BeatWidth { .. } => &codes::LANE_RANGE,
        PlanError::BeatPayloads { .. } => &codes::NOT_APPLICABLE,
        PlanError::Banks(_) => &codes::BANKS,
        PlanError::AnySum { .. } => &codes::SUM_TOO_WIDE,
        PlanError::Hdl(_) => &codes::INTERNAL,
    };
    Diagnostic::error(code, error.to_string()).help(error.help())
}

/// A network without an image for a design.
pub fn image(error: &ImageError) -> Diagnostic {
    let code = match error {
        ImageError::Contract(_) => &codes::QUANT_INVALID,
        ImageError::NotWritable => &codes::NOT_APPLICABLE,
        _ => &codes::NO_IMAGE,
    };
    Diagnostic::error(code, error.to_string()).help(error.help())
}

/// No estimate, or no lanes for a goal.
pub fn cost(error: &CostError) -> Diagnostic {
    let (code, help) = match error {
        CostError::Plan(error) => return plan(error),
        CostError::Table(_) => (
            &codes::INTERNAL,
            "this is a bug of goldspike, not of your network",
        ),
        CostError::NoModel { .. } => (
            &codes::NOT_APPLICABLE,
            "set `--lanes`, `--neuron-lanes` and `--events` by hand, or name a device of iCE40 or ECP5",
        ),
        CostError::NothingFits { .. } => (
            &codes::TOO_LARGE,
            "name a larger device or give fewer `--weight-bits`; without `--goal`, `--lanes 1 --neuron-lanes 1` is what the tools are asked to fit",
        ),
        CostError::TooSlow { .. } => (
            &codes::NOT_APPLICABLE,
            "`--goal latency` takes the fewest cycles there are",
        ),
    };
    Diagnostic::error(code, error.to_string()).help(help)
}

/// An engine without an outcome.
pub fn engine(error: &EngineError) -> Diagnostic {
    let (code, help) = match error {
        EngineError::Build { .. } => (
            &codes::ENGINE_BUILD,
            "this is a bug of goldspike or a version of the tool that it does not know: `goldspike doctor` shows the versions",
        ),
        EngineError::Missing { .. } => (
            &codes::TOOL_MISSING,
            "`goldspike doctor` lists the tools; `--engine rust-hdl` needs none",
        ),
        EngineError::Hang { .. } => (
            &codes::HANG,
            "this is a bug of goldspike: please report it with the command line",
        ),
        EngineError::Protocol { .. } => (
            &codes::PROTOCOL,
            "this is a bug of goldspike: please report it with the command line",
        ),
        EngineError::Stimulus { .. } => (&codes::STIMULUS, "quantize the network again"),
        EngineError::Stale { entry, .. } => {
            return Diagnostic::error(&codes::STALE_ENTRY, error.to_string()).help(format!(
                "nothing was simulated; remove the folder and run again: rm -r {}",
                entry.display()
            ));
        }
        EngineError::Synth { engine, error } => {
            let mut diagnostic = synth(error.error());
            diagnostic.message = format!("{engine}: {}", diagnostic.message);
            return diagnostic;
        }
    };
    Diagnostic::error(code, error.to_string()).help(help)
}

/// No figures of a device.
pub fn synth(error: &SynthError) -> Diagnostic {
    let (code, help) = match error {
        SynthError::Missing(_) => (
            &codes::TOOL_MISSING,
            "`goldspike doctor` lists the tools; `goldspike generate` needs none",
        ),
        SynthError::TooLarge { .. } => (
            &codes::TOO_LARGE,
            "fewer lanes (`--lanes`, `--neuron-lanes`) take less of the device",
        ),
        SynthError::Deadly { .. } | SynthError::Unmapped { .. } => (
            &codes::OTHER_CIRCUIT,
            "this is a bug of goldspike or of this version of Yosys: please report it with the command line",
        ),
        SynthError::Differs { .. } => (
            &codes::OTHER_CIRCUIT,
            "this is a bug of goldspike or a version of nextpnr or Project Trellis that it does not know: `goldspike doctor` shows the versions",
        ),
        SynthError::Unsettled { .. } => (
            &codes::SYNTH_TOOL,
            "`--engine netlist` runs what goes into place and route; `goldspike doctor` shows the versions of the tools",
        ),
        SynthError::Unpinned { .. } => (
            &codes::UNPINNED,
            "name a pin for each port bit, as `NAME` or `NAME[BIT]`; without a file of pins they are assigned",
        ),
        SynthError::OtherDevice { .. } => (
            &codes::OTHER_DEVICE,
            "name the device that it was made for with `--target`",
        ),
        SynthError::NotDisassembled { .. } => (
            &codes::NOT_DISASSEMBLED,
            "`--engine netlist` simulates these blocks",
        ),
        SynthError::Tool(_) | SynthError::Unreadable { .. } => (
            &codes::SYNTH_TOOL,
            "`goldspike doctor` shows the versions of the tools",
        ),
        SynthError::Io(_) => (
            &codes::SYNTH_TOOL,
            "a temporary folder is needed that can be written: `TMPDIR` names its place",
        ),
        SynthError::Frame { .. } | SynthError::Description(_) | SynthError::NotPlaced { .. } => {
            return internal(error);
        }
    };
    Diagnostic::error(code, error.to_string()).help(help)
}

/// A clock rate that none of `seeds` seeds reaches.
pub fn timing(goal: &Goal, target: &str, seeds: usize) -> Diagnostic {
    let path = goal.critical_path.as_ref();
    let path = path.map_or_else(String::new, |path| {
        format!("\nthe slowest path between registers takes {path}")
    });
    let best = match seeds {
        1 => "the one seed that was tried".to_owned(),
        _ => format!("seed {}, the best of {seeds},", goal.seed),
    };
    let message = format!(
        "{} MHz are not reached on {target}: {best} reaches {:.1} MHz{path}",
        goal.mhz, goal.reached_mhz
    );
    Diagnostic::error(&codes::TIMING, message).help(
        "no bitstream was made; a lower `--mhz`, more `--seeds`, fewer lanes or narrower weights may do",
    )
}

/// A verification without an answer.
pub fn verify(error: &VerifyError) -> Diagnostic {
    match error {
        VerifyError::Engine(error) => engine(error),
        VerifyError::Nothing(_) => Diagnostic::error(&codes::NOTHING_RAN, error.to_string())
            .help("give it samples or `--cases N`"),
    }
}

/// Files that were not written.
pub fn emit(error: &EmitError) -> Diagnostic {
    let (code, place) = match error {
        EmitError::Hdl(_) | EmitError::Silent(_) | EmitError::Trace(_) => (&codes::INTERNAL, None),
        EmitError::Folder(FolderError::Foreign { path, .. }) => (&codes::NOT_OURS, Some(path)),
        EmitError::Folder(FolderError::NotAFolder { path }) => (&codes::NOT_A_FOLDER, Some(path)),
        EmitError::Folder(FolderError::Io { path, .. }) => (&codes::FOLDER_FILE, Some(path)),
        EmitError::NoSteps => (&codes::NOTHING_RAN, None),
    };
    let diagnostic = Diagnostic::error(code, error.to_string()).help(error.help());
    match place {
        Some(path) => diagnostic.at(Place::file(path.display().to_string())),
        None => diagnostic,
    }
}

/// A folder that is not written, which `flag` names.
pub fn folder(error: &FolderError, flag: &str) -> Diagnostic {
    let (code, path) = match error {
        FolderError::Foreign { path, .. } => (&codes::NOT_OURS, path),
        FolderError::NotAFolder { path } => (&codes::NOT_A_FOLDER, path),
        FolderError::Io { path, .. } => (&codes::FOLDER_FILE, path),
    };
    Diagnostic::error(code, error.to_string())
        .help(error.help().replace("-o", flag))
        .at(Place::file(path.display().to_string()))
}

/// No waveform.
pub fn wave(error: &WaveError) -> Diagnostic {
    let code = match error {
        WaveError::Sample { .. } | WaveError::Steps { .. } => &codes::NO_SUCH_WINDOW,
        WaveError::NoProbe
        | WaveError::Shape { .. }
        | WaveError::NoSignal(_)
        | WaveError::Design(_) => &codes::INTERNAL,
        WaveError::Network(error) => return contract(error),
        WaveError::Engine(error) => return engine(error),
        WaveError::Write(_) => &codes::OUTPUT_UNWRITABLE,
    };
    Diagnostic::error(code, error.to_string()).help(error.help())
}

/// A sample that is not of the network's encoding.
pub fn encoding(error: &EncodingError, file: &str, sample: usize) -> Diagnostic {
    let code = match error {
        EncodingError::Value { .. } => &codes::DATA_RANGE,
        EncodingError::Length { .. } | EncodingError::NoSteps | EncodingError::NoLevels => {
            &codes::DATA_SHAPE
        }
    };
    Diagnostic::error(code, format!("sample {sample}: {error}")).at(Place::file(file))
}

/// A network that breaks the arithmetic contract.
pub fn contract(error: &ContractError) -> Diagnostic {
    Diagnostic::error(&codes::QUANT_INVALID, error.to_string())
        .help("quantize the network again: `goldspike quantize NETWORK -o DIR`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Style;
    use crate::hdl::HdlError;
    use crate::synth::{CriticalPath, Shortage};
    use goldspike_golden::contract::Problem;
    use std::path::Path;

    /// Compares the message with `testbench/bad-input/NAME.txt`, as the tests of the command line do: for errors that no
    /// file and no flag reaches.
    fn stored(name: &str, diagnostic: &Diagnostic) {
        let rendered = diagnostic.render(Style::default());
        let lines: Vec<&str> = rendered
            .trim_matches('\n')
            .lines()
            .map(str::trim_end)
            .collect();
        let text = format!("{}\n", lines.join("\n"));
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("testbench/bad-input")
            .join(format!("{name}.txt"));
        if std::env::var("GOLDSPIKE_BLESS").as_deref() == Ok("1") {
            std::fs::write(&path, &text).unwrap();
        }
        let kept = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}\n{text}", path.display()));
        assert_eq!(
            text, kept,
            "{name}: GOLDSPIKE_BLESS=1 stores the new message"
        );
    }

    #[test]
    fn descriptions_that_no_file_gives() {
        let shape = QuantizeError::Shape {
            place: "n0".to_owned(),
            field: "bias",
            found: 3,
            expected: 2,
        };
        stored("description-shape", &quantize(&shape, None));
        let range = "finite";
        let value = QuantizeError::Value {
            layer: "n0".to_owned(),
            field: "bias",
            index: 1,
            value: f64::NAN,
            range,
        };
        stored("description-value", &quantize(&value, None));
        let mode = QuantizeError::Mode {
            layer: "n0".to_owned(),
            switch: "reset",
            model: "glif",
        };
        stored("description-mode", &quantize(&mode, None));
        stored(
            "contract-in-the-quantizer",
            &quantize(
                &QuantizeError::Invalid("`layers` is empty".to_owned()),
                None,
            ),
        );
        let problem = Problem::Length {
            found: 3,
            expected: 2,
        };
        stored(
            "contract",
            &contract(&ContractError {
                layer: Some("n0".to_owned()),
                field: "bias",
                problem,
            }),
        );
    }

    #[test]
    fn engines_that_fail() {
        let told = |text: &str| text.to_owned();
        let build = EngineError::Build {
            engine: "icarus",
            message: told("`iverilog x.v`: exit status: 1"),
        };
        stored("engine-build", &engine(&build));
        let hang = EngineError::Hang {
            engine: "rust-hdl",
            idle: 200_000,
            taken: 3,
            beats: 9,
            steps: 1,
            expected: 4,
        };
        assert_eq!(engine(&hang).exit_code(), 1, "a finding");
        stored("engine-hang", &engine(&hang));
        let protocol = EngineError::Protocol {
            engine: "verilator",
            message: told("output beat 3: null without TLAST"),
        };
        assert_eq!(
            verify(&VerifyError::Engine(protocol.clone())).exit_code(),
            1,
            "a finding"
        );
        stored("engine-protocol", &engine(&protocol));
        stored(
            "engine-stimulus",
            &engine(&EngineError::Stimulus {
                engine: "golden",
                message: told("`layers` is empty"),
            }),
        );
        stored(
            "engine-compared-nothing",
            &verify(&VerifyError::Nothing("rust-hdl")),
        );
    }

    #[test]
    fn engines_of_a_device_that_fail() {
        let stale = EngineError::Stale {
            engine: "netlist",
            entry: "cache/verilator-0123".into(),
            file: "sim".to_owned(),
            expected: "aa".repeat(32),
            found: "bb".repeat(32),
        };
        stored("engine-stale", &engine(&stale));
        let of = |error: SynthError| EngineError::Synth {
            engine: "bitstream",
            error: error.into(),
        };
        let device = of(SynthError::OtherDevice {
            file: "design.bin".to_owned(),
            expected: "8k",
            found: "1k".to_owned(),
        });
        stored("engine-other-device", &engine(&device));
        let blocks = of(SynthError::NotDisassembled {
            target: "up5k",
            what: "multiplier blocks",
            used: 3,
        });
        stored("engine-not-disassembled", &engine(&blocks));
        let cell = of(SynthError::Unmapped {
            module: "gs_small".to_owned(),
            kind: "SB_HFOSC".to_owned(),
            family: "iCE40",
        });
        assert_eq!(engine(&cell).exit_code(), 1, "a finding");
        stored("engine-unknown-cell", &engine(&cell));
        let of = |error: SynthError| EngineError::Synth {
            engine: "routed",
            error: error.into(),
        };
        let unsettled = of(SynthError::Unsettled {
            cell: "u_layer0.valid_q_TRELLIS_FF_Q".to_owned(),
            site: "X16/Y10/SLICED.FF1".to_owned(),
            what: "its CLK is open".to_owned(),
        });
        assert_eq!(engine(&unsettled).exit_code(), 2, "no finding");
        stored("engine-unsettled", &engine(&unsettled));
        let differs = of(SynthError::Differs {
            file: "design.bit".to_owned(),
            differences: vec![
                "the switch X23/Y9: A1 (0, 0) from H02W0701 (0, 0) is not set".to_owned(),
                "SLICED.REG0.SD of X15/Y4 is 1, and clear_q on SLICED.FF0 has 0".to_owned(),
            ],
        });
        assert_eq!(engine(&differs).exit_code(), 1, "a finding");
        stored("engine-differs", &engine(&differs));
    }

    #[test]
    fn devices_without_figures() {
        let short = |what: &str, used, available| Shortage {
            what: what.to_owned(),
            used,
            available,
        };
        let large = SynthError::TooLarge {
            target: "hx1k",
            shortages: vec![
                short("logic cells", 4_799, 1_280),
                short("block RAMs", 17, 16),
            ],
        };
        stored("synth-too-large", &synth(&large));
        let deadly = SynthError::Deadly {
            top: "gs_small".to_owned(),
            warnings: vec!["Warning: Wire gs_small.\\x [0] is used but has no driver.".to_owned()],
        };
        assert_eq!(synth(&deadly).exit_code(), 1, "a finding");
        stored("synth-deadly", &synth(&deadly));
        let unreadable = SynthError::Unreadable {
            file: "hx8k_1_report.json".to_owned(),
            what: "no utilization.ICESTORM_LC.used".to_owned(),
        };
        stored("synth-report", &synth(&unreadable));
        let unpinned = SynthError::Unpinned {
            file: "board.pcf".to_owned(),
            ports: vec!["rst_i".to_owned(), "s_axis_tdata[3]".to_owned()],
        };
        stored("synth-unpinned", &synth(&unpinned));
        let goal = Goal {
            mhz: 100.0,
            reached_mhz: 77.1,
            met: false,
            seed: 3,
            critical_path: Some(CriticalPath {
                ns: 12.97,
                routing_ns: 8.07,
                levels: 8,
                through: vec!["u_guard.seen_tag".to_owned(), "u_guard.error_q".to_owned()],
            }),
        };
        let missed = timing(&goal, "hx8k", 5);
        assert_eq!(missed.exit_code(), 1, "a finding");
        stored("synth-timing", &missed);
        let frame = SynthError::Frame {
            module: "gs_small".to_owned(),
            what: "flip-flops",
            expected: 44,
            found: 43,
        };
        assert_eq!(synth(&frame).code.id, codes::INTERNAL.id);
    }

    #[test]
    fn internal_errors_say_that_they_are() {
        stored("internal", &internal("a thread stopped"));
        stored("too-few-banks", &plan(&PlanError::Banks(1)));
        stored("bench-without-steps", &emit(&EmitError::NoSteps));
        let hdl = || HdlError::Internal("no such port".to_owned());
        for diagnostic in [
            plan(&PlanError::Hdl(hdl())),
            emit(&EmitError::Hdl(hdl())),
            wave(&WaveError::NoProbe),
        ] {
            assert_eq!(
                (diagnostic.code.id, diagnostic.exit_code()),
                (codes::INTERNAL.id, 2)
            );
        }
    }
}

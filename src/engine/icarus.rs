//! Icarus Verilog: the emitted text, compiled and run once for each play.
//!
//! Compiling is cheap (a tenth of a second) and running is slow (about 10^4 to 10^5 cycles a second): the engine of
//! choice for many small designs.

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use crate::emit::{Bench, Emitted, Sink, Stream, sources};
use crate::engine::beats::{BeatResult, BeatStimulus, HANG_CYCLES, Simulator};
use crate::engine::tool::{IVERILOG, Run, ToolFailure, Toolbox, VVP};
use crate::engine::wire::{Collector, binary, numbers};
use crate::engine::{EngineError, StallCounts};
use crate::rtl::Design;

const NAME: &str = "icarus";

/// The longest simulation of one play.
const TIMEOUT: Duration = Duration::from_secs(1800);

/// Changes the emitted text before it is compiled.
pub type Patch = Box<dyn Fn(&mut Emitted) + Send>;

/// Icarus Verilog.
#[derive(Default)]
pub struct Icarus {
    toolbox: Toolbox,
    patch: Option<Patch>,
}

impl Icarus {
    /// With the tools of the environment.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With tools from elsewhere.
    #[must_use]
    pub fn with_tools(toolbox: Toolbox) -> Self {
        Self {
            toolbox,
            patch: None,
        }
    }

    /// Runs other Verilog than the design's own: `patch` alters the emitted files before each play. For planted bugs.
    #[must_use]
    pub fn patched(mut self, patch: impl Fn(&mut Emitted) + Send + 'static) -> Self {
        self.patch = Some(Box::new(patch));
        self
    }
}

impl Simulator for Icarus {
    fn name(&self) -> &'static str {
        NAME
    }

    fn version(&self) -> String {
        self.toolbox
            .version(IVERILOG)
            .unwrap_or_else(|| "not installed".to_owned())
    }

    fn play(
        &mut self,
        design: &Design,
        stimulus: &BeatStimulus,
    ) -> Result<BeatResult, EngineError> {
        let iverilog = self.toolbox.require(NAME, IVERILOG)?;
        let vvp = self.toolbox.require(NAME, VVP)?;
        let mut emitted = sources(design, "simulated by goldspike").map_err(build)?;
        if let Some(patch) = &self.patch {
            patch(&mut emitted);
        }
        let place = tempfile::Builder::new()
            .prefix("goldspike-icarus-")
            .tempdir()
            .map_err(build)?;
        let kept = |failure: ToolFailure| build(failure.keep_log());
        emitted.lay_out(place.path()).map_err(build)?;
        let bench = Bench {
            name: "gs_bench".to_owned(),
            header: "",
            design,
            stimulus,
            folder: "",
        };
        for (name, text) in bench.data() {
            fs::write(place.path().join(name), text).map_err(build)?;
        }
        fs::write(place.path().join("gs_bench.v"), bench.text(&Record)).map_err(build)?;
        Run::new(&iverilog, place.path(), "iverilog.log")
            .args(["-g2005", "-s", "gs_bench", "-o", "sim.vvp", "gs_bench.v"])
            .args(emitted.rtl())
            .output()
            .map_err(kept)?;
        let said = Run::new(&vvp, place.path(), "vvp.log")
            .args(["-n", "sim.vvp"])
            .timeout(TIMEOUT)
            .output()
            .map_err(kept)?;
        let text = fs::read_to_string(place.path().join("result.txt")).map_err(build)?;
        parse(design, stimulus, &text).map_err(|error| match error {
            EngineError::Build { engine, message } => EngineError::Build {
                engine,
                message: format!("{message}; vvp said: {}", said.trim()),
            },
            other => other,
        })
    }
}

fn build(error: impl std::fmt::Display) -> EngineError {
    EngineError::Build {
        engine: NAME,
        message: error.to_string(),
    }
}

/// Writes every beat as a line `B stream valid last user data`; ends with `E …` or `H …`.
struct Record;

impl Sink for Record {
    fn declarations(&self, _: &[Stream]) -> String {
        "integer result;  // file of what was seen\n".to_owned()
    }

    fn setup(&self) -> String {
        "result = $fopen(\"result.txt\", \"w\");\n".to_owned()
    }

    fn beat(&self, index: usize, stream: &Stream) -> String {
        let p = &stream.prefix;
        format!(
            "$fwrite(result, \"B {index} %b %b %b %b\\n\", {p}_tvalid, {p}_tlast, {p}_tuser, {p}_tdata);\n"
        )
    }

    fn hang(&self) -> String {
        "$fwrite(result, \"H %0d %0d\\n\", beat, step0);\n$finish;\n".to_owned()
    }

    fn end(&self, _: &[Stream]) -> String {
        "$fwrite(result, \"E %0d %b %0d %0d %0d\\n\", first_offer < 0 ? 0 : last_activity + 1 - first_offer,\n\
         \x20   protocol_error_o, stalls_input, stalls_output, stalls_probe);\n$finish;\n"
            .to_owned()
    }
}

fn parse(design: &Design, stimulus: &BeatStimulus, text: &str) -> Result<BeatResult, EngineError> {
    let mut collector = Collector::new(NAME, design);
    for line in text.lines() {
        let mut words = line.split(' ');
        match words.next() {
            Some("B") => {
                let (stream, valid, last, user, data) =
                    beat_line(words).ok_or_else(|| unreadable(line))?;
                if valid != Some(true) {
                    let message = format!("stream {stream}: TVALID is unknown (X)");
                    return Err(EngineError::Protocol {
                        engine: NAME,
                        message,
                    });
                }
                collector.beat(stream, last, user, &data)?;
            }
            Some("H") => {
                let [taken, steps] = numbers(words).ok_or_else(|| unreadable(line))?;
                return Err(EngineError::Hang {
                    engine: NAME,
                    idle: HANG_CYCLES,
                    taken: taken as usize,
                    beats: stimulus.beats.len(),
                    steps: steps as usize,
                    expected: stimulus.steps(),
                });
            }
            Some("E") => {
                let words: Vec<&str> = words.collect();
                let (Some(&error), 5) = (words.get(1), words.len()) else {
                    return Err(unreadable(line));
                };
                let [cycles, input, output, probe] =
                    numbers([words[0], words[2], words[3], words[4]].into_iter())
                        .ok_or_else(|| unreadable(line))?;
                let protocol_error = match error {
                    "0" => false,
                    "1" => true,
                    _ => {
                        let message = "protocol_error_o is unknown (X) at the end".to_owned();
                        return Err(EngineError::Protocol {
                            engine: NAME,
                            message,
                        });
                    }
                };
                let stalls = StallCounts {
                    input,
                    output,
                    probe,
                };
                return Ok(BeatResult {
                    streams: collector.streams,
                    cycles,
                    protocol_error,
                    stalls,
                });
            }
            _ => return Err(unreadable(line)),
        }
    }
    Err(build("the simulation ended without its last line"))
}

fn unreadable(line: &str) -> EngineError {
    let mut shown = String::new();
    let _ = write!(shown, "unreadable line of the simulation: {line:.80}");
    build(shown)
}

type BeatLine = (
    usize,
    Option<bool>,
    Option<bool>,
    Option<bool>,
    Vec<Option<bool>>,
);

fn beat_line<'a>(mut words: impl Iterator<Item = &'a str>) -> Option<BeatLine> {
    let stream = words.next()?.parse().ok()?;
    let mut bit = || binary(words.next()?)?.first().copied();
    let (valid, last, user) = (bit()?, bit()?, bit()?);
    Some((stream, valid, last, user, binary(words.next()?)?))
}

//! Icarus Verilog: the emitted text, compiled and run once for each play.
//!
//! Compiling is cheap (a tenth of a second) and running is slow (about 10^4 to 10^5 cycles a second): the engine of
//! choice for many small designs.

use std::fs;
use std::time::Duration;

use crate::emit::{Bench, Emitted, Sink, Stream};
use crate::engine::EngineError;
use crate::engine::beats::{BeatResult, BeatStimulus, Simulator};
use crate::engine::text::{Patch, emitted};
use crate::engine::tool::{IVERILOG, Run, ToolFailure, Toolbox, VVP};
use crate::engine::wire::{Transcript, binary};
use crate::rtl::Design;

const NAME: &str = "icarus";

/// The longest simulation of one play.
const TIMEOUT: Duration = Duration::from_secs(1800);

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
        let emitted = emitted(NAME, design, self.patch.as_ref())?;
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

/// Writes the lines of a [`Transcript`], the bits of a beat as `%b` prints them.
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
    let mut transcript = Transcript::new(NAME, design, stimulus, |word, _| binary(word));
    for line in text.lines() {
        if let Some(result) = transcript.line(line)? {
            return Ok(result);
        }
    }
    Err(build("the simulation ended without its last line"))
}

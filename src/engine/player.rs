//! Plays on a compiled simulation that stays open, and the C++ program that plays them.

use std::io::Write as _;
use std::sync::Arc;

use crate::emit::Stream;
use crate::engine::EngineError;
use crate::engine::beats::{BeatResult, BeatStimulus};
use crate::engine::child::Child;
use crate::engine::compile::Compiled;
use crate::engine::wire::{Transcript, hexadecimal};
use crate::hdl::Module;
use crate::rtl::Design;
use crate::synth::Window;

/// The simulation of the design that was played last.
#[derive(Default)]
pub(crate) struct Player {
    running: Option<Running>,
}

/// How a stimulus is played.
#[derive(Clone, Copy, Default)]
pub(crate) struct Turn {
    /// Number of the mutant, of a design that holds some; 0 is the design itself.
    pub(crate) mutant: usize,
    /// Cycles of the same stimulus that are played before, unseen, and ended by a reset.
    pub(crate) cut: u64,
}

/// The program of a design, waiting for its next play.
struct Running {
    top: Arc<Module>,
    child: Child,
}

impl Player {
    /// Plays `stimulus` on `design`; `compiled` is asked for its program where another design was played before.
    ///
    /// # Errors
    /// Those of `compiled`; a simulation that fails, hangs or breaks the protocol.
    pub(crate) fn play(
        &mut self,
        engine: &'static str,
        design: &Design,
        stimulus: &BeatStimulus,
        compiled: impl FnOnce() -> Result<Compiled, EngineError>,
    ) -> Result<BeatResult, EngineError> {
        self.play_turn(engine, design, stimulus, Turn::default(), compiled)
    }

    /// As [`Self::play`], of a mutant or after an interrupted play.
    ///
    /// # Errors
    /// Those of [`Self::play`].
    pub(crate) fn play_turn(
        &mut self,
        engine: &'static str,
        design: &Design,
        stimulus: &BeatStimulus,
        turn: Turn,
        compiled: impl FnOnce() -> Result<Compiled, EngineError>,
    ) -> Result<BeatResult, EngineError> {
        let mut running = match self.running.take() {
            Some(running) if Arc::ptr_eq(&running.top, &design.top) => running,
            _ => {
                let Compiled { program, folder } = compiled()?;
                Running {
                    top: Arc::clone(&design.top),
                    child: Child::start(engine, &program, &folder)?,
                }
            }
        };
        running.child.send(&request(engine, stimulus, turn)?)?;
        let mut transcript = Transcript::new(engine, design, stimulus, hexadecimal);
        let result = loop {
            match transcript.line(&running.child.line()?) {
                Ok(None) => {}
                Ok(Some(result)) => break Ok(result),
                Err(error) => break Err(error),
            }
        };
        if matches!(result, Ok(_) | Err(EngineError::Hang { .. })) {
            self.running = Some(running);
        }
        result
    }
}

/// One play as text; see `verilator_main.cpp`.
fn request(
    engine: &'static str,
    stimulus: &BeatStimulus,
    turn: Turn,
) -> Result<Vec<u8>, EngineError> {
    let mut text = Vec::with_capacity(stimulus.beats.len() * 12 + 64);
    let mut line = |arguments: std::fmt::Arguments<'_>| {
        text.write_fmt(arguments)
            .map_err(|error| EngineError::Build {
                engine,
                message: error.to_string(),
            })
    };
    line(format_args!(
        "P {} {} {} {} {} {}
",
        stimulus.beats.len(),
        stimulus.steps(),
        stimulus.hang,
        stimulus.image.len(),
        turn.mutant,
        turn.cut
    ))?;
    for pattern in &stimulus.ready {
        let bits: String = pattern
            .iter()
            .map(|&ready| if ready { '1' } else { '0' })
            .collect();
        line(format_args!("{} {bits}\n", pattern.len()))?;
    }
    for beat in &stimulus.beats {
        line(format_args!(
            "{:x} {} {:x}\n",
            beat.gap,
            u8::from(beat.user) << 1 | u8::from(beat.last),
            beat.data
        ))?;
    }
    for one in stimulus.image_words() {
        line(format_args!("{:x} {:x}\n", one.gap, one.word))?;
    }
    Ok(text)
}

/// The C++ program: the fixed part, and what depends on the ports. With a window the design's outputs are looked at through
/// it, slice by slice, before each edge of the clock.
pub(crate) fn program(design: &Design, window: Option<&Window>) -> String {
    text(design, window, "(void)top;\n    (void)mutant;")
}

/// The C++ program of a design with mutants, of which the input `port` selects one.
pub(crate) fn mutants_program(design: &Design, port: &str) -> String {
    text(design, None, &format!("top.{port} = mutant;"))
}

fn text(design: &Design, window: Option<&Window>, select: &str) -> String {
    let streams = Stream::all(design);
    let mut ready = String::new();
    let mut beats = String::new();
    for (index, Stream { prefix: p, bits }) in streams.iter().enumerate() {
        ready.push_str(&format!(
            "    top.{p}_tready = pattern[{index}].at(cycle);\n"
        ));
        beats.push_str(&format!(
            "    if (top.{p}_tvalid) take(play, {index}, top.{p}_tready, top.{p}_tlast, top.{p}_tuser, top.{p}_tdata, {bits});\n"
        ));
    }
    include_str!("verilator_main.cpp")
        .replace("@STREAMS@", &streams.len().to_string())
        .replace("@READY@", ready.trim_end())
        .replace("@BEATS@", beats.trim_end())
        .replace(
            "@LOAD@",
            match design.load {
                Some(_) => include_str!("verilator_load.cpp").trim_end(),
                None => {
                    "static void idle(Top&) {}\n\nstatic bool load(Top&, const Play&) { return true; }"
                },
            },
        )
        .replace("@CHIP@", chip(design, window).trim_end())
        .replace("@SELECT@", select)
        .replace("@TOP@", design.top.name())
}

/// The type `Top` with the design's ports, and `settle`, after which its outputs are those of its inputs.
fn chip(design: &Design, window: Option<&Window>) -> String {
    let Some(window) = window else {
        return "using Top = Vgs;\n\nstatic void settle(Top& top) { top.eval(); }\n".to_owned();
    };
    let inputs = ["clk_i", "rst_i"].into_iter().map(|name| (name, 1)).chain(
        design
            .top
            .ports()
            .filter(|p| p.is_input)
            .map(|p| (p.name, p.bits())),
    );
    let mut members = String::new();
    for (name, bits) in inputs {
        members.push_str(&format!("    {}& {name} = chip.{name};\n", variable(bits)));
    }
    let mut copies = String::new();
    let mut low = 0;
    for (name, bits) in &window.outputs {
        members.push_str(&format!("    {} {name}{{}};\n", variable(*bits)));
        copies.push_str(&format!("    copy(seen, {low}, {bits}, top.{name});\n"));
        low += bits;
    }
    include_str!("verilator_window.cpp")
        .replace("@MEMBERS@", members.trim_end())
        .replace("@COPIES@", copies.trim_end())
        .replace("@BITS@", &low.to_string())
        .replace("@WIDTH@", &window.width.to_string())
        .replace("@SLICES@", &window.slices.to_string())
}

/// Verilator's type of a port.
fn variable(bits: usize) -> String {
    match bits {
        0..=8 => "CData".to_owned(),
        9..=16 => "SData".to_owned(),
        17..=32 => "IData".to_owned(),
        33..=64 => "QData".to_owned(),
        _ => format!("VlWide<{}>", bits.div_ceil(32)),
    }
}

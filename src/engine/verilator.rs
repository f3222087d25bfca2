//! Verilator: one generated C++ program a design, compiled once, kept in a cache, fed play after play.
//!
//! The cache lies in `GOLDSPIKE_CACHE`, else `$XDG_CACHE_HOME/goldspike`, else `~/.cache/goldspike`, else in a temporary
//! folder. Its key is the digest of every emitted file, of the program, of the flags and of Verilator's version; an
//! entry is built elsewhere and renamed into place, so that a partial one is never used. Registers without a reset and
//! memory outputs start with random values, as in a device.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::emit::{Emitted, Stream, sources};
use crate::engine::beats::{BeatResult, BeatStimulus, Simulator};
use crate::engine::child::Child;
use crate::engine::tool::{CXX, MAKE, Run, ToolFailure, Toolbox, VERILATOR};
use crate::engine::wire::{Collector, hexadecimal, numbers};
use crate::engine::{EngineError, Patch, StallCounts};
use crate::hdl::Module;
use crate::rtl::Design;

const NAME: &str = "verilator";

/// Flags of the translation and of the compilation: a build of a few seconds counts more than the last cycle per second.
const FLAGS: &[&str] = &[
    "--cc",
    "--exe",
    "--x-initial",
    "unique",
    "--prefix",
    "Vgs",
    "-Mdir",
    "obj",
    "-O3",
];
const MAKE_FLAGS: &[&str] = &["-j", "OPT_FAST=-O1", "OPT_SLOW=-O0", "OPT_GLOBAL=-O1"];

/// Entries that stay in the cache; the oldest go first.
const CACHE_ENTRIES: usize = 128;

/// The folder in an entry that holds the program and the memory contents.
const PROGRAM: &str = "sim";

/// Verilator.
#[derive(Default)]
pub struct Verilator {
    toolbox: Toolbox,
    cache: Option<PathBuf>,
    patch: Option<Patch>,
    running: Option<Running>,
}

/// The program of a design, waiting for its next play.
struct Running {
    top: Arc<Module>,
    streams: Vec<Stream>,
    child: Child,
}

impl Verilator {
    /// With the tools and the cache of the environment.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With tools from elsewhere.
    #[must_use]
    pub fn with_tools(toolbox: Toolbox) -> Self {
        Self {
            toolbox,
            ..Self::default()
        }
    }

    /// With another cache folder.
    #[must_use]
    pub fn with_cache(mut self, folder: PathBuf) -> Self {
        self.cache = Some(folder);
        self
    }

    /// Runs other Verilog than the design's own: `patch` alters the emitted files before they are compiled. For
    /// planted bugs.
    #[must_use]
    pub fn patched(mut self, patch: impl Fn(&mut Emitted) + Send + 'static) -> Self {
        self.patch = Some(Box::new(patch));
        self
    }

    fn start(&self, design: &Design) -> Result<Running, EngineError> {
        let verilator = self.toolbox.require(NAME, VERILATOR)?;
        let mut emitted = sources(design, "simulated by goldspike").map_err(build)?;
        if let Some(patch) = &self.patch {
            patch(&mut emitted);
        }
        let streams = Stream::all(design);
        let program = program(design, &streams);
        let version = self.version();
        let key = key(&emitted, &program, &version);
        let cache = self.cache.clone().unwrap_or_else(cache_folder);
        let entry = cache.join(format!("verilator-{key}"));
        if !entry.join(PROGRAM).is_file() {
            self.toolbox.require(NAME, CXX)?;
            let tools = Tools {
                verilator,
                make: self.toolbox.require(NAME, MAKE)?,
            };
            compile(&tools, &cache, &entry, &emitted, &program, &version)?;
            trim(&cache, &entry);
        }
        let child = Child::start(NAME, &entry.join(PROGRAM), &entry)?;
        Ok(Running {
            top: Arc::clone(&design.top),
            streams,
            child,
        })
    }
}

impl Simulator for Verilator {
    fn name(&self) -> &'static str {
        NAME
    }

    fn version(&self) -> String {
        self.toolbox
            .version(VERILATOR)
            .unwrap_or_else(|| "not installed".to_owned())
    }

    fn play(
        &mut self,
        design: &Design,
        stimulus: &BeatStimulus,
    ) -> Result<BeatResult, EngineError> {
        if !stimulus.image.is_empty() {
            return Err(EngineError::Build {
                engine: NAME,
                message: "this engine loads no image: rust-hdl and icarus do".to_owned(),
            });
        }
        let mut running = match self.running.take() {
            Some(running) if Arc::ptr_eq(&running.top, &design.top) => running,
            _ => self.start(design)?,
        };
        running.child.send(&request(stimulus)?)?;
        let result = answer(design, stimulus, &mut running);
        if matches!(result, Ok(_) | Err(EngineError::Hang { .. })) {
            self.running = Some(running);
        }
        result
    }
}

fn build(error: impl std::fmt::Display) -> EngineError {
    EngineError::Build {
        engine: NAME,
        message: error.to_string(),
    }
}

fn cache_folder() -> PathBuf {
    let variable = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    variable("GOLDSPIKE_CACHE")
        .or_else(|| variable("XDG_CACHE_HOME").map(|folder| folder.join("goldspike")))
        .or_else(|| variable("HOME").map(|folder| folder.join(".cache/goldspike")))
        .filter(|folder| {
            fs::create_dir_all(folder).is_ok() && tempfile::tempfile_in(folder).is_ok()
        })
        .unwrap_or_else(|| std::env::temp_dir().join("goldspike-cache"))
}

fn key(emitted: &Emitted, program: &str, version: &str) -> String {
    let mut digest = Sha256::new();
    let mut part = |text: &str| {
        digest.update((text.len() as u64).to_le_bytes());
        digest.update(text.as_bytes());
    };
    part(version);
    part(program);
    FLAGS.iter().chain(MAKE_FLAGS).for_each(|flag| part(flag));
    for (path, text) in &emitted.files {
        part(&path.to_string_lossy());
        part(text);
    }
    digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Where the tools of a build are.
struct Tools {
    verilator: PathBuf,
    make: PathBuf,
}

fn compile(
    tools: &Tools,
    cache: &Path,
    entry: &Path,
    emitted: &Emitted,
    program: &str,
    version: &str,
) -> Result<(), EngineError> {
    fs::create_dir_all(cache).map_err(|error| build(format!("{}: {error}", cache.display())))?;
    let place = tempfile::Builder::new()
        .prefix("build-")
        .tempdir_in(cache)
        .map_err(build)?;
    let folder = place.path();
    emitted.lay_out(folder).map_err(build)?;
    fs::write(folder.join("main.cpp"), program).map_err(build)?;
    let failed = |failure: ToolFailure| build(failure.keep_log());
    Run::new(&tools.verilator, folder, "verilator.log")
        .args(FLAGS)
        .args([
            "--top-module",
            &emitted.top,
            "-o",
            "../sim.built",
            "main.cpp",
        ])
        .args(emitted.rtl())
        .output()
        .map_err(failed)?;
    let library = Library::of(cache, version);
    let objects = folder.join("obj");
    library.lend(&objects);
    Run::new(&tools.make, &objects, "make.log")
        .args(MAKE_FLAGS)
        .args(["-f", "Vgs.mk"])
        .output()
        .map_err(failed)?;
    library.keep(&objects);
    let fresh = tempfile::Builder::new()
        .prefix("entry-")
        .tempdir_in(cache)
        .map_err(build)?;
    for memory in emitted.memories() {
        fs::copy(folder.join(memory), fresh.path().join(memory)).map_err(build)?;
    }
    fs::rename(folder.join("sim.built"), fresh.path().join(PROGRAM)).map_err(build)?;
    match fs::rename(fresh.path(), entry) {
        Ok(()) => {
            drop(fresh.keep());
            Ok(())
        }
        // Another process was faster with the same key, or an entry lost its program: the finished one wins.
        Err(_) if entry.join(PROGRAM).is_file() => Ok(()),
        Err(_) => fs::rename(fresh.path().join(PROGRAM), entry.join(PROGRAM)).map_err(build),
    }
}

/// Verilator's run-time library, compiled: two thirds of a build, and the same for every design. Without it the build
/// makes its own.
struct Library {
    folder: PathBuf,
}

const LIBRARY: [&str; 2] = ["verilated.o", "verilated_threads.o"];

impl Library {
    fn of(cache: &Path, version: &str) -> Self {
        Self {
            folder: cache.join(format!("library-{}", key(&Emitted::default(), "", version))),
        }
    }

    /// Puts the objects where make looks for them, younger than everything that they are made of.
    fn lend(&self, objects: &Path) {
        for name in LIBRARY {
            if fs::copy(self.folder.join(name), objects.join(name)).is_err() {
                let _ = fs::remove_file(objects.join(name));
            }
        }
    }

    /// Keeps the objects of a successful build.
    fn keep(&self, objects: &Path) {
        let Some(cache) = self.folder.parent().filter(|_| !self.folder.is_dir()) else {
            return;
        };
        let Ok(fresh) = tempfile::Builder::new().prefix("entry-").tempdir_in(cache) else {
            return;
        };
        let copied = LIBRARY
            .iter()
            .all(|name| fs::copy(objects.join(name), fresh.path().join(name)).is_ok());
        if copied && fs::rename(fresh.path(), &self.folder).is_ok() {
            drop(fresh.keep());
        }
    }
}

/// Removes the oldest entries; a program that still runs keeps its file.
fn trim(cache: &Path, keep: &Path) {
    let Ok(folders) = fs::read_dir(cache) else {
        return;
    };
    let mut entries: Vec<_> = folders
        .filter_map(Result::ok)
        .filter(|entry| {
            entry
                .file_name()
                .to_string_lossy()
                .starts_with("verilator-")
                && entry.path() != keep
        })
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    entries.sort();
    let surplus = (entries.len() + 1).saturating_sub(CACHE_ENTRIES);
    for (_, path) in entries.into_iter().take(surplus) {
        let _ = fs::remove_dir_all(path);
    }
}

/// One play as text; see `verilator_main.cpp`.
fn request(stimulus: &BeatStimulus) -> Result<Vec<u8>, EngineError> {
    let mut text = Vec::with_capacity(stimulus.beats.len() * 12 + 64);
    let mut line = |arguments: std::fmt::Arguments<'_>| text.write_fmt(arguments).map_err(build);
    line(format_args!(
        "P {} {} {}\n",
        stimulus.beats.len(),
        stimulus.steps(),
        stimulus.hang
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
    Ok(text)
}

fn answer(
    design: &Design,
    stimulus: &BeatStimulus,
    running: &mut Running,
) -> Result<BeatResult, EngineError> {
    let mut collector = Collector::new(NAME, design);
    loop {
        let line = running.child.line()?;
        let unreadable = || build(format!("unreadable line of the simulation: {line:.80}"));
        let mut words = line.split(' ');
        match words.next() {
            Some("B") => {
                let [stream, flags] = numbers((&mut words).take(2)).ok_or_else(unreadable)?;
                let stream = stream as usize;
                let bits = running.streams.get(stream).ok_or_else(unreadable)?.bits;
                let data =
                    hexadecimal(words.next().unwrap_or_default(), bits).ok_or_else(unreadable)?;
                collector.beat(stream, Some(flags & 1 == 1), Some(flags & 2 == 2), &data)?;
            }
            Some("H") => {
                let [taken, steps] = numbers(words).ok_or_else(unreadable)?;
                return Err(EngineError::Hang {
                    engine: NAME,
                    idle: stimulus.hang,
                    taken: taken as usize,
                    beats: stimulus.beats.len(),
                    steps: steps as usize,
                    expected: stimulus.steps(),
                });
            }
            Some("E") => {
                let [cycles, error, input, output, probe] =
                    numbers(words).ok_or_else(unreadable)?;
                return Ok(BeatResult {
                    streams: collector.streams,
                    cycles,
                    protocol_error: error == 1,
                    stalls: StallCounts {
                        input,
                        output,
                        probe,
                    },
                });
            }
            _ => return Err(unreadable()),
        }
    }
}

/// The C++ program: the fixed part, and what depends on the ports.
fn program(design: &Design, streams: &[Stream]) -> String {
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
        .replace("@TOP@", design.top.name())
}

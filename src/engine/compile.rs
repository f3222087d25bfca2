//! Verilator's part of an engine: Verilog and a C++ program to an executable in the cache.

use std::fs;
use std::path::{Path, PathBuf};

use crate::emit::Emitted;
use crate::engine::EngineError;
use crate::engine::cache::{Cache, digest};
use crate::engine::tool::{CXX, MAKE, Run, ToolFailure, Toolbox, VERILATOR};

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

/// The program in an entry, beside the memory contents that it reads.
pub(crate) const PROGRAM: &str = "sim";

/// What an engine wants to have compiled.
pub(crate) struct Recipe<'a> {
    /// Engine.
    pub(crate) engine: &'static str,
    /// Everything that decides what `verilog` gives: the design, versions and commands of the tools.
    pub(crate) identity: Vec<String>,
    /// The C++ program around it.
    pub(crate) program: String,
    /// Verilator's flags beside the common ones.
    pub(crate) flags: &'a [&'a str],
    /// The Verilog, made in a scratch folder; only asked for if the cache does not hold the program.
    pub(crate) verilog: &'a dyn Fn(&Path) -> Result<Emitted, EngineError>,
}

/// Tools and cache of the engines that use Verilator.
#[derive(Debug, Default)]
pub(crate) struct Workshop {
    pub(crate) toolbox: Toolbox,
    cache: Option<Cache>,
}

/// A compiled program and the folder that it runs in.
pub(crate) struct Compiled {
    pub(crate) program: PathBuf,
    pub(crate) folder: PathBuf,
}

impl Workshop {
    pub(crate) fn set_cache(&mut self, folder: PathBuf) {
        self.cache = Some(Cache::at(folder));
    }

    /// What Verilator says of its version.
    pub(crate) fn version(&self) -> String {
        self.toolbox
            .version(VERILATOR)
            .unwrap_or_else(|| "not installed".to_owned())
    }

    /// The program of a recipe, from the cache or made now.
    ///
    /// # Errors
    /// A missing or failing tool; a stale entry; what `verilog` says.
    pub(crate) fn compiled(&self, recipe: &Recipe<'_>) -> Result<Compiled, EngineError> {
        let engine = recipe.engine;
        let verilator = self.toolbox.require(engine, VERILATOR)?;
        let version = self.version();
        let cache = self.cache.clone().unwrap_or_else(Cache::from_environment);
        let flags = FLAGS.iter().chain(MAKE_FLAGS).chain(recipe.flags);
        let key = digest(
            [engine, &version, &recipe.program]
                .into_iter()
                .chain(flags.copied())
                .chain(recipe.identity.iter().map(String::as_str)),
        );
        if !cache.holds(engine, &key, PROGRAM)? {
            self.toolbox.require(engine, CXX)?;
            let make = self.toolbox.require(engine, MAKE)?;
            let library = Library::of(&cache, &version);
            let fresh = compile(&verilator, &make, &cache, &library, recipe)?;
            cache.keep(engine, &key, PROGRAM, fresh)?;
        }
        let folder = cache.entry(&key);
        Ok(Compiled {
            program: folder.join(PROGRAM),
            folder,
        })
    }
}

/// Builds the files of an entry.
fn compile(
    verilator: &Path,
    make: &Path,
    cache: &Cache,
    library: &Library,
    recipe: &Recipe<'_>,
) -> Result<tempfile::TempDir, EngineError> {
    let fault = |error: std::io::Error| EngineError::Build {
        engine: recipe.engine,
        message: format!("{}: {error}", cache.folder().display()),
    };
    let failed = |failure: ToolFailure| EngineError::Build {
        engine: recipe.engine,
        message: failure.keep_log().to_string(),
    };
    let place = cache.scratch("build-").map_err(fault)?;
    let folder = place.path().join("verilator");
    let tools = place.path().join("tools");
    fs::create_dir(&folder).map_err(fault)?;
    fs::create_dir(&tools).map_err(fault)?;
    let emitted = (recipe.verilog)(&tools)?;
    emitted.lay_out(&folder).map_err(fault)?;
    fs::write(folder.join("main.cpp"), &recipe.program).map_err(fault)?;
    Run::new(verilator, &folder, "verilator.log")
        .args(FLAGS)
        .args(recipe.flags)
        .args(["--top-module", &emitted.top])
        .args(["-o", "../sim.built", "main.cpp"])
        .args(emitted.rtl())
        .output()
        .map_err(failed)?;
    let objects = folder.join("obj");
    library.lend(&objects);
    Run::new(make, &objects, "make.log")
        .args(MAKE_FLAGS)
        .args(["-f", "Vgs.mk"])
        .output()
        .map_err(failed)?;
    library.keep(&objects, cache);
    let fresh = cache.scratch("entry-").map_err(fault)?;
    for memory in emitted.memories() {
        fs::copy(folder.join(memory), fresh.path().join(memory)).map_err(fault)?;
    }
    fs::rename(folder.join("sim.built"), fresh.path().join(PROGRAM)).map_err(fault)?;
    Ok(fresh)
}

/// Verilator's run-time library, compiled: two thirds of a small build, and the same for every design. Without it the
/// build makes its own.
struct Library {
    folder: PathBuf,
}

const LIBRARY: [&str; 2] = ["verilated.o", "verilated_threads.o"];

impl Library {
    fn of(cache: &Cache, version: &str) -> Self {
        let key = digest([version].into_iter().chain(MAKE_FLAGS.iter().copied()));
        Self {
            folder: cache.folder().join(format!("library-{key}")),
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
    fn keep(&self, objects: &Path, cache: &Cache) {
        if self.folder.is_dir() {
            return;
        }
        let Ok(fresh) = cache.scratch("entry-") else {
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

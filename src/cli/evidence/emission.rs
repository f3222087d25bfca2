//! The level of the files: they are what the engines ran, no linter has anything to say, and the self-checking bench passes on
//! the very files of the folder.

use super::job::Job;
use super::levels::{Outline, Planned, stopped};
use crate::cli::errors;
use crate::diag::Diagnostic;
use crate::emit::{self, Emitted, lint};
use crate::engine::tool::{IVERILOG, Run, Tool, Toolbox, VERILATOR, VVP};
use crate::evidence::{Row, Status, sha256_of};
use std::time::Instant;

/// Name of the level.
pub(super) const NAME: &str = "emission";

/// The level.
pub(super) fn planned<'a>(job: &'a Job<'a>, toolbox: &'a Toolbox) -> Planned<'a> {
    let files = job.emitted.files.iter();
    let texts: Vec<String> = files
        .flat_map(|(path, text)| [path.display().to_string(), text.clone()])
        .collect();
    let versions = [lint::LINTERS, &[VVP]].concat();
    let versions = versions.iter().map(|&tool| version(toolbox, tool));
    Planned {
        outline: Outline {
            name: NAME,
            shows: "The Verilog of the folder is what the engines ran, is clean, and passes its own bench, which needs no goldspike",
            tools: Vec::new(),
            depends: versions
                .chain([sha256_of(texts.iter().map(String::as_str))])
                .collect(),
            command: job.command().to_owned(),
        },
        run: Box::new(move |_| {
            let mut rows = vec![same(job)];
            rows.extend(lint::LINTERS.iter().map(|&tool| linted(job, toolbox, tool)));
            rows.push(benched(job, toolbox));
            rows
        }),
    }
}

fn version(toolbox: &Toolbox, tool: Tool) -> String {
    toolbox
        .version(tool)
        .unwrap_or_else(|| format!("no {}", tool.name))
}

/// Verilog and memory contents without the comments at the head.
fn bare(emitted: &Emitted) -> Vec<(String, String)> {
    let sources = emitted.rtl().chain(emitted.memories());
    sources
        .map(|path| {
            let text = emitted.files.get(path).map_or("", String::as_str);
            let code = text.lines().filter(|line| !line.starts_with("//"));
            (
                path.display().to_string(),
                code.collect::<Vec<_>>().join("\n"),
            )
        })
        .collect()
}

fn same(job: &Job<'_>) -> Row {
    let property = "the Verilog and memory contents of the folder are those that the engines run";
    match emit::sources(&job.shipped, "") {
        Err(error) => stopped(property, job.command(), &errors::emit(&error)),
        Ok(ran) => {
            let (ours, theirs) = (bare(&job.emitted), bare(&ran));
            let other = ours.iter().find(|file| !theirs.contains(file));
            let equal = other.is_none() && ours.len() == theirs.len();
            let status = if equal {
                Status::Passed
            } else {
                Status::Failed
            };
            let row =
                Row::new(property, status, job.command()).with([("files", ours.len() as u64)]);
            match other {
                None if equal => row,
                other => row.noting(format!(
                    "{} differs",
                    other.map_or("the number of files", |(path, _)| path)
                )),
            }
        }
    }
}

fn linted(job: &Job<'_>, toolbox: &Toolbox, tool: Tool) -> Row {
    let property = format!("{} has nothing to say", tool.name);
    let top = &job.emitted.top;
    let command = if tool == VERILATOR {
        format!("verilator --lint-only -Wall --top-module {top} -f files.f")
    } else if tool == IVERILOG {
        format!("iverilog -g2005 -Wall -o lint.vvp -s {top} -f files.f")
    } else {
        format!(
            "yosys -q -p 'read_verilog rtl/*.v; hierarchy -check -top {top}; proc; check -assert'"
        )
    };
    let start = Instant::now();
    let mut row = match lint::lint(toolbox, tool, &job.emitted) {
        Err(error) => stopped(&property, &command, &errors::engine(&error)),
        Ok(said) if said.is_clean() => Row::new(property, Status::Passed, command)
            .with([("modules", job.emitted.rtl().count() as u64)]),
        Ok(said) => Row::new(property, Status::Failed, command).noting(said.messages),
    };
    row.tools = vec![version(toolbox, tool)];
    row.seconds = start.elapsed().as_secs_f64();
    row
}

fn benched(job: &Job<'_>, toolbox: &Toolbox) -> Row {
    let property = "the self-checking bench passes on the files of the folder";
    let bench = format!("tb_{}", job.emitted.top);
    let flags = ["-g2005", "-s", &bench, "-o", "tb.vvp", "-f", "tb.f"];
    let command = format!("iverilog {} && vvp tb.vvp", flags.join(" "));
    let start = Instant::now();
    let mut row = match passes(job, toolbox, &flags) {
        Err(error) => stopped(property, &command, &error),
        Ok(said) => {
            let mut lines = said.lines();
            let verdict = lines.find(|line| line.starts_with("PASS") || line.starts_with("FAIL"));
            match verdict {
                Some(line) if line.starts_with("PASS") => {
                    Row::new(property, Status::Passed, &command)
                        .with([("benches", 1)])
                        .noting(line)
                }
                Some(line) => Row::new(property, Status::Failed, &command).noting(line),
                None => Row::new(property, Status::Unknown, &command)
                    .noting(format!("the bench gave no verdict\n{said}")),
            }
        }
    };
    row.tools = [IVERILOG, VVP].map(|tool| version(toolbox, tool)).to_vec();
    row.seconds = start.elapsed().as_secs_f64();
    row
}

/// What the bench says.
fn passes(job: &Job<'_>, toolbox: &Toolbox, flags: &[&str]) -> Result<String, Diagnostic> {
    let find = |tool| {
        toolbox
            .require(NAME, tool)
            .map_err(|error| errors::engine(&error))
    };
    let (compiler, runner) = (find(IVERILOG)?, find(VVP)?);
    let fault = |error: std::io::Error| errors::internal(format!("a temporary folder: {error}"));
    let place = tempfile::Builder::new()
        .prefix("goldspike-bench-")
        .tempdir()
        .map_err(fault)?;
    job.emitted.lay_out(place.path()).map_err(fault)?;
    let run = |program, arguments: &[&str]| {
        Run::new(program, place.path(), "bench.log")
            .args(arguments)
            .output()
    };
    let built = run(&compiler, flags);
    // A bench that fails ends with another status, and its verdict stands in what it said.
    match built.and_then(|_| run(&runner, &["-N", "tb.vvp"])) {
        Ok(said) => Ok(said),
        Err(failure) => Ok(format!("{}\n{}", failure.last_lines, failure.status)),
    }
}

//! `make bench`: builds every design of the README's table, prints the report and writes `testbench/benches/results.md`.
//!
//! `GOLDSPIKE_BENCH_SEEDS` (default 5) and `GOLDSPIKE_BENCH_ROWS` (parts of the names, separated by semicolons) make a shorter
//! run, which prints and writes nothing. Exit status 1: something could not be measured.

use std::path::Path;
use std::process::{Command, ExitCode};

use goldspike::engine::tool::Toolbox;
use goldspike_testbench::numbers::efficiency::{LOADS, efficiency};
use goldspike_testbench::numbers::generation::{Generation, generation};
use goldspike_testbench::numbers::rows::{ROWS, measured};
use goldspike_testbench::numbers::table::Report;

const SEEDS: u32 = 5;
const RESULTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/results.md");
/// Argument of the child that generates alone, so that its memory is that of generation.
const GENERATE: &str = "--generate-into";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let at = arguments.iter().position(|word| word == GENERATE);
    if let Some(folder) = at.and_then(|at| arguments.get(at + 1)) {
        return generate(Path::new(folder));
    }
    let given = |name| std::env::var(name).ok();
    let (rows, seeds) = (
        given("GOLDSPIKE_BENCH_ROWS"),
        given("GOLDSPIKE_BENCH_SEEDS"),
    );
    let whole = rows.is_none() && seeds.is_none();
    let seeds = match seeds.map(|text| text.parse()).transpose() {
        Ok(seeds) => seeds.unwrap_or(SEEDS),
        Err(error) => {
            eprintln!("GOLDSPIKE_BENCH_SEEDS: {error}");
            return ExitCode::FAILURE;
        }
    };
    let report = Report {
        command: "make bench".to_owned(),
        seeds,
        ..Report::default()
    };
    let report = run(report, rows.as_deref(), |report| {
        whole
            .then(|| std::fs::write(RESULTS, report.markdown()))
            .transpose()
    });
    let report = match report {
        Ok(report) => report,
        Err(error) => {
            eprintln!("{RESULTS}: {error}");
            return ExitCode::FAILURE;
        }
    };
    println!("{}", report.markdown());
    match report.failed() {
        0 => ExitCode::SUCCESS,
        failed => {
            eprintln!("{failed} of the numbers could not be measured");
            ExitCode::FAILURE
        }
    }
}

/// Measures what `only` names; `done` is called after each part.
fn run(
    mut report: Report,
    only: Option<&str>,
    done: impl Fn(&Report) -> std::io::Result<Option<()>>,
) -> std::io::Result<Report> {
    let toolbox = Toolbox::from_environment();
    let chosen =
        |name: &str| only.is_none_or(|only| only.split(';').any(|part| name.contains(part)));
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    let rows: Vec<_> = ROWS.iter().filter(|row| chosen(row.name)).collect();
    let loads: Vec<_> = LOADS.iter().filter(|_| chosen("crossbar")).collect();
    let generates = chosen("generation");
    report.left = rows.len() + loads.len() + usize::from(generates);
    if generates {
        report.generation = Some(generated());
        report.left -= 1;
        done(&report)?;
    }
    for load in loads {
        eprintln!("crossbar, {} % of the events ...", load.percent);
        report.efficiency.push((*load, efficiency(load)));
        report.left -= 1;
        done(&report)?;
    }
    for row in rows {
        eprintln!("{} ...", row.name);
        let outcome = measured(&toolbox, row, report.seeds, jobs);
        match &outcome {
            Ok(found) => eprintln!("  {} cells, {:?} MHz", found.footprint.cells, found.rates()),
            Err(error) => eprintln!("  {error}"),
        }
        report.rows.push((row.clone(), outcome));
        report.left -= 1;
        done(&report)?;
    }
    Ok(report)
}

fn generate(folder: &Path) -> ExitCode {
    match generation(folder).map(|found| serde_json::to_string(&found)) {
        Ok(Ok(text)) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Ok(Err(error)) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Generation in a process of its own.
fn generated() -> Result<Generation, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let ran = Command::new(this)
        .arg(GENERATE)
        .arg(folder.path().join("net_b"))
        .output()
        .map_err(|error| error.to_string())?;
    if !ran.status.success() {
        return Err(String::from_utf8_lossy(&ran.stderr).trim().to_owned());
    }
    serde_json::from_slice(&ran.stdout).map_err(|error| error.to_string())
}

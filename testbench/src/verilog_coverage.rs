//! Line and toggle coverage of the emitted Verilog, as Verilator counts it over self-checking benches, merged over designs.
//!
//! A design's modules are named after it, and the same kind of module has other lines and widths in another design. So a
//! point is known by the kind of its module and, for a line, the text of its line, for a toggle, the name of its signal;
//! numbers in both are left out, as are the bits of a signal. A point was seen if it was seen in some design.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use goldspike::emit::testbench::{Expectation, add};
use goldspike::emit::{self, Emitted};
use goldspike::engine::tool::{Run, Toolbox, VERILATOR};
use goldspike::quantize::digest;
use goldspike::rtl::{Design, design};
use goldspike_golden::network;
use goldspike_golden::quant::QuantNetwork;

use crate::designs;
use crate::strategy::{Case, generate, rng};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// A branch of a procedure was taken.
    Line,
    /// A bit of a signal changed.
    Toggle,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Line => "line",
            Self::Toggle => "toggle",
        })
    }
}

/// A point of one design, as Verilator wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// What.
    pub what: What,
    /// File, as Verilator was given it.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Module.
    pub module: String,
    /// Signal and bit, or the kind of branch.
    pub object: String,
    /// How often.
    pub count: u64,
}

/// The points of Verilator's `coverage.dat`.
///
/// # Errors
/// A line that is none of its format.
pub fn read(text: &str) -> Result<Vec<Counted>, String> {
    let lines = text.lines().filter(|line| line.starts_with("C "));
    lines.filter_map(|line| point(line).transpose()).collect()
}

fn point(line: &str) -> Result<Option<Counted>, String> {
    let strange = || format!("not a line of coverage.dat: {}", line.escape_debug());
    let rest = line.strip_prefix("C '").ok_or_else(strange)?;
    let (fields, count) = rest.rsplit_once("' ").ok_or_else(strange)?;
    let fields: BTreeMap<&str, &str> = fields
        .split('\u{1}')
        .filter_map(|field| field.split_once('\u{2}'))
        .collect();
    let field = |key: &str| fields.get(key).copied().ok_or_else(strange);
    let (page, module) = field("page")?.split_once('/').ok_or_else(strange)?;
    let what = match page {
        "v_toggle" => What::Toggle,
        "v_line" | "v_branch" => What::Line,
        _ => return Ok(None),
    };
    Ok(Some(Counted {
        what,
        file: field("f")?.to_owned(),
        line: field("l")?.parse().map_err(|_| strange())?,
        module: module.to_owned(),
        object: field("o")?.to_owned(),
        count: count.trim().parse().map_err(|_| strange())?,
    }))
}

/// Counts the points of a case's design, whose bench must pass; the design's Verilog too.
///
/// # Errors
/// A tool that fails, a bench that does not pass.
pub fn counted(
    toolbox: &Toolbox,
    case: &Case,
    draw: u64,
) -> Result<(Design, Emitted, Vec<Counted>), String> {
    let options = designs::options(case, draw % 8 != 7, draw);
    let design = design(&case.network, &options).map_err(|error| error.to_string())?;
    let emitted = benched(case, &design, draw)?;
    let place = tempfile::tempdir().map_err(|error| error.to_string())?;
    let folder = place.path();
    emitted.lay_out(folder).map_err(|error| error.to_string())?;
    std::fs::write(
        folder.join("main.cpp"),
        include_str!("verilog_coverage.cpp"),
    )
    .map_err(|error| error.to_string())?;
    let verilator = toolbox
        .require("coverage", VERILATOR)
        .map_err(|error| error.to_string())?;
    let bench = format!("tb_{}", emitted.top);
    Run::new(&verilator, folder, "verilator.log")
        .args(["--cc", "--exe", "--build", "--timing", "--prefix", "Vbench"])
        .args(["-O0", "-MAKEFLAGS"])
        .args(["OPT_FAST=-O0 OPT_SLOW=-O0 OPT_GLOBAL=-O0"])
        .args(["--coverage-line", "--coverage-toggle"])
        .args(["--top-module", &bench, "-f", "tb.f", "main.cpp"])
        .output()
        .map_err(|failure| failure.to_string())?;
    let program = folder.join("obj_dir/Vbench");
    let said = Run::new(&program, folder, "bench.log")
        .output()
        .map_err(|failure| failure.to_string())?;
    if !said.lines().any(|line| line.starts_with("PASS ")) {
        return Err(format!("the bench does not pass: {said}"));
    }
    let text = std::fs::read_to_string(folder.join("coverage.dat"))
        .map_err(|error| format!("no coverage.dat: {error}"))?;
    let mut points = read(&text)?;
    points.retain(|point| point.module.starts_with(&emitted.top));
    Ok((design, emitted, points))
}

fn benched(case: &Case, design: &Design, draw: u64) -> Result<Emitted, String> {
    let network = &case.network;
    let digest = digest(network);
    let mut emitted =
        emit::design(design, network, &digest, "coverage").map_err(|error| error.to_string())?;
    let golden = network::golden(network).map_err(|error| error.to_string())?;
    let traces: Vec<_> = case
        .samples
        .iter()
        .map(|sample| golden.run(sample))
        .collect();
    let expectation = Expectation {
        samples: &case.samples,
        traces: &traces,
        stalls: designs::stimulus(case, draw).stalls,
    };
    add(
        &mut emitted,
        design,
        &expectation,
        (&network.name, &digest, "coverage"),
    )
    .map_err(|error| error.to_string())?;
    Ok(emitted)
}

/// What is known of a point over all designs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// Designs that have it.
    pub designs: usize,
    /// Designs that it was seen in.
    pub seen: usize,
    /// Of the last design that did not see it: number, file, line.
    pub unseen_at: Option<(u64, String, usize)>,
}

/// Coverage over designs.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// Designs.
    pub designs: usize,
    /// By kind of module, what, and text.
    pub points: BTreeMap<(String, What, String), Merged>,
}

impl Coverage {
    /// Adds the design of number `draw`.
    pub fn add(
        &mut self,
        draw: u64,
        network: &QuantNetwork,
        emitted: &Emitted,
        points: &[Counted],
    ) {
        self.designs += 1;
        let mut of_design: BTreeMap<(String, What, String), (bool, &Counted)> = BTreeMap::new();
        for point in points {
            let text = match point.what {
                What::Toggle => point.object.split('[').next().unwrap_or_default(),
                What::Line => line(emitted, point),
            };
            let key = (
                kind(&point.module, &emitted.top, network),
                point.what,
                without_numbers(text),
            );
            let (seen, example) = of_design.entry(key).or_insert((false, point));
            *seen |= point.count > 0;
            if point.count == 0 {
                *example = point;
            }
        }
        for (key, (seen, example)) in of_design {
            let merged = self.points.entry(key).or_insert(Merged {
                designs: 0,
                seen: 0,
                unseen_at: None,
            });
            merged.designs += 1;
            merged.seen += usize::from(seen);
            if !seen {
                merged.unseen_at = Some((draw, example.file.clone(), example.line));
            }
        }
    }

    /// Points that no design saw.
    pub fn unseen(&self) -> impl Iterator<Item = (&(String, What, String), &Merged)> {
        self.points.iter().filter(|(_, merged)| merged.seen == 0)
    }

    /// Points, and those that were seen.
    #[must_use]
    pub fn count(&self, what: What) -> (usize, usize) {
        let of = self.points.iter().filter(|((_, kind, _), _)| *kind == what);
        let seen = of.clone().filter(|(_, merged)| merged.seen > 0);
        (of.count(), seen.count())
    }
}

/// The report: numbers by kind of module, and every point that was never seen, where it stands.
impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| module | lines | seen | signals | seen |\n|---|---|---|---|---|"
        )?;
        let mut kinds: Vec<&str> = self
            .points
            .keys()
            .map(|(kind, _, _)| kind.as_str())
            .collect();
        kinds.dedup();
        for kind in kinds {
            write!(f, "| {kind} ")?;
            for what in [What::Line, What::Toggle] {
                let of = self
                    .points
                    .iter()
                    .filter(|((other, also, _), _)| other == kind && *also == what);
                let seen = of.clone().filter(|(_, merged)| merged.seen > 0).count();
                write!(f, "| {} | {seen} ", of.count())?;
            }
            writeln!(f, "|")?;
        }
        writeln!(
            f,
            "\n## Never seen\n\n| module | what | line of Verilog, or signal | designs with it | for example |\n|---|---|---|---|---|"
        )?;
        for ((kind, what, text), merged) in self.unseen() {
            let example = merged.unseen_at.as_ref();
            let example = example.map_or_else(String::new, |(draw, file, line)| {
                format!("design {draw}, {file}:{line}")
            });
            writeln!(
                f,
                "| {kind} | {what} | `{}` | {} | {example} |",
                text.replace('|', "\\|"),
                merged.designs
            )?;
        }
        Ok(())
    }
}

/// `crossbar` for `gs_random_l1_crossbar`; a lane by its model.
fn kind(module: &str, top: &str, network: &QuantNetwork) -> String {
    let rest = module
        .strip_prefix(top)
        .unwrap_or(module)
        .trim_start_matches('_');
    let layer = rest.strip_prefix('l').and_then(|rest| {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let index: usize = rest[..digits].parse().ok()?;
        Some((index, rest[digits..].trim_start_matches('_')))
    });
    match layer {
        None if rest.is_empty() => "top".to_owned(),
        None => without_numbers(rest),
        Some((_, "")) => "layer".to_owned(),
        Some((index, part)) if part.starts_with("lane") => {
            let model = network
                .layers
                .get(index)
                .map(|layer| layer.neuron.model.info().name);
            format!("{part} of {}", model.unwrap_or_default())
        }
        Some((_, part)) => without_numbers(part),
    }
}

fn line<'a>(emitted: &'a Emitted, point: &Counted) -> &'a str {
    let text = emitted.files.get(Path::new(&point.file));
    let line = text.and_then(|text| text.lines().nth(point.line.saturating_sub(1)));
    line.unwrap_or_default().trim()
}

/// Each number as `#`.
fn without_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '0'..='9' if out.ends_with('#') => {}
            '0'..='9' => out.push('#'),
            _ => out.push(c),
        }
    }
    out
}

/// Coverage of so many random designs from a seed, of networks with at most `weights` weights; `progress` is called after each.
///
/// # Errors
/// The first design that fails, with its number.
pub fn coverage(
    toolbox: &Toolbox,
    seed: u64,
    (designs, weights): (usize, usize),
    mut progress: impl FnMut(usize),
) -> Result<Coverage, String> {
    let rng = &mut rng(seed);
    let mut all = Coverage::default();
    for number in 0..designs {
        let small = |case: &Case| {
            let layers = case.network.layers.iter();
            layers.map(|layer| layer.weights.len()).sum::<usize>() <= weights
        };
        let mut case = generate::case(rng);
        while !small(&case) {
            case = generate::case(rng);
        }
        let draw = seed + number as u64;
        let (_, emitted, points) =
            counted(toolbox, &case, draw).map_err(|error| format!("design {draw}: {error}"))?;
        all.add(draw, &case.network, &emitted, &points);
        progress(number + 1);
    }
    Ok(all)
}

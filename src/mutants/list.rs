//! Which mutants there are: the units of a design, and Yosys' list of mutations of each.

use std::fs;
use std::path::Path;

use super::error::MutantError;
use crate::emit::Emitted;
use crate::engine::tool::Run;
use crate::hdl::all_modules;
use crate::rtl::Design;

/// The design in Yosys' form, before any mutation.
pub(super) const BASE: &str = "base.il";

/// The same with every name of the Verilog.
pub(super) const NAMED: &str = "named.il";

/// A module of a design that is mutated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// The module's name without the network's: `guard`, `l0`, `l0_lane`; `top` is the network itself.
    pub name: String,
    /// Name of the module.
    pub module: String,
}

impl Unit {
    /// What it is, whatever its layer: `lane`, `crossbar`; `layer` for what is around the units of a layer.
    #[must_use]
    pub fn kind(&self) -> &str {
        match self.layer() {
            None => &self.name,
            Some(_) => self.name.split_once('_').map_or("layer", |(_, kind)| kind),
        }
    }

    /// Its layer, from 0; `None` outside of one.
    #[must_use]
    pub fn layer(&self) -> Option<usize> {
        let digits = self.name.strip_prefix('l')?.split('_').next()?;
        digits.parse().ok()
    }

    /// Whether `name` means it: its name or its kind.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        name == self.name || name == self.kind()
    }
}

/// The units of a design: each of its modules.
#[must_use]
pub fn units(design: &Design) -> Vec<Unit> {
    let top = design.top.name();
    let name = |module: &str| match module.strip_prefix(top) {
        Some(rest) if !rest.is_empty() => rest.trim_start_matches('_').to_owned(),
        Some(_) => "top".to_owned(),
        None => module.to_owned(),
    };
    all_modules(&design.top)
        .iter()
        .map(|module| Unit {
            name: name(module.name()),
            module: module.name().to_owned(),
        })
        .collect()
}

/// One mutation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutation {
    /// `inv`, `const0`, `const1`, `cnot0` or `cnot1`: inverted, constant, inverted where another bit is 0 or 1.
    pub mode: String,
    /// Type of the cell and its port and bit.
    pub what: String,
    /// The named signal at it, if it is one.
    pub signal: Option<String>,
    /// Place in the Verilog: file, line and column.
    pub place: String,
    /// Yosys' command without its first word.
    pub(super) arguments: String,
}

impl Mutation {
    /// A line of Yosys' list; `None` where the clock or a port that must be constant is mutated.
    fn read(line: &str) -> Result<Option<Self>, MutantError> {
        let wrong = || MutantError::Unreadable(line.to_owned());
        let arguments = line.trim().strip_prefix("mutate ").ok_or_else(wrong)?;
        let words: Vec<&str> = arguments.split_whitespace().collect();
        let value = |flag: &str| {
            let pair = words.chunks_exact(2).rfind(|pair| pair[0] == flag)?;
            Some(pair[1])
        };
        let (Some(mode), Some(cell), Some(port), Some(bit)) = (
            value("-mode"),
            value("-cell"),
            value("-port"),
            value("-portbit"),
        ) else {
            return Err(wrong());
        };
        let port = port.trim_start_matches('\\');
        let fixed = ["CLK", "RD_EN", "RD_CLK", "RD_ARST", "RD_SRST", "WR_CLK"];
        if value("-wire") == Some("clk_i") || port == "clk_i" || fixed.contains(&port) {
            return Ok(None);
        }
        let signal = value("-wire").map(|wire| {
            let bit = value("-wirebit").unwrap_or_default();
            format!("{}[{bit}]", wire.trim_start_matches('\\'))
        });
        Ok(Some(Self {
            mode: mode.to_owned(),
            what: format!("{}.{port}[{bit}]", operator(cell)),
            signal,
            place: value("-src").unwrap_or_default().to_owned(),
            arguments: arguments.to_owned(),
        }))
    }
}

/// What a cell does, of its name: Yosys names it after its operator and its place.
fn operator(cell: &str) -> &str {
    let name = cell.trim_start_matches(['\\', '$']);
    name.split('$').next().unwrap_or(name)
}

/// Writes [`BASE`] and [`NAMED`] into `folder`: the modules, processes and memories resolved, nothing flattened.
pub(super) fn prepare(yosys: &Path, folder: &Path, emitted: &Emitted) -> Result<(), MutantError> {
    emitted.lay_out(folder)?;
    let files: Vec<String> = emitted
        .rtl()
        .map(|path| path.display().to_string())
        .collect();
    let script = format!(
        "read_verilog {}\nhierarchy -check -top {}\nproc\nopt_expr\nmemory_collect\nopt_clean\nwrite_rtlil {NAMED}\nopt_clean -purge\nwrite_rtlil {BASE}\n",
        files.join(" "),
        emitted.top
    );
    run(yosys, folder, "prepare", &script)
}

/// Up to `count` mutations of each unit, as Yosys spreads them over cells, wires and lines; drawn by `seed`.
pub(super) fn list(
    yosys: &Path,
    folder: &Path,
    units: &[&Unit],
    count: usize,
    seed: u64,
) -> Result<Vec<Vec<Mutation>>, MutantError> {
    let mut script = format!("read_rtlil {BASE}\n");
    // Some are left out afterwards.
    let asked = count + count / 2 + 64;
    for (index, unit) in units.iter().enumerate() {
        script.push_str(&format!(
            "cd {}\nmutate -list {asked} -seed {} -o list{index}\ncd ..\n",
            unit.module,
            seed & 0x3FFF_FFFF
        ));
    }
    run(yosys, folder, "list", &script)?;
    (0..units.len())
        .map(|index| {
            let text = fs::read_to_string(folder.join(format!("list{index}")))?;
            let mut mutations = Vec::new();
            for line in text.lines() {
                mutations.extend(Mutation::read(line)?);
            }
            mutations.truncate(count);
            Ok(mutations)
        })
        .collect()
}

/// Runs a script of Yosys.
pub(super) fn run(
    yosys: &Path,
    folder: &Path,
    name: &str,
    script: &str,
) -> Result<(), MutantError> {
    let file = format!("{name}.ys");
    fs::write(folder.join(&file), script)?;
    Run::new(yosys, folder, &format!("{name}.log"))
        .args(["-q", &file])
        .output()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "mutate -mode cnot0 -module gs_x_l0_lane -cell $procdff$1968 -port D -portbit 12 -ctrlbit 5 \
                        -wire leaked_d_biased -wirebit 18 -src rtl/a.v:60.24-60.39 -src rtl/a.v:71.5-83.8";

    #[test]
    fn a_line_of_the_list_has_its_place() {
        let mutation = Mutation::read(LINE).unwrap().unwrap();
        assert_eq!(
            (
                mutation.mode.as_str(),
                mutation.what.as_str(),
                mutation.signal.as_deref(),
                mutation.place.as_str()
            ),
            (
                "cnot0",
                "procdff.D[12]",
                Some("leaked_d_biased[18]"),
                "rtl/a.v:71.5-83.8"
            )
        );
        assert!(matches!(
            Mutation::read(&LINE.replace("leaked_d_biased", "clk_i")),
            Ok(None)
        ));
        assert!(matches!(
            Mutation::read("mutate -mode inv"),
            Err(MutantError::Unreadable(_))
        ));
    }

    #[test]
    fn a_unit_is_meant_by_its_name_and_by_its_kind() {
        let unit = |name: &str| Unit {
            name: name.to_owned(),
            module: String::new(),
        };
        assert_eq!(
            ["guard", "l0", "l12_event_buffer", "top"]
                .map(|name| (unit(name).kind().to_owned(), unit(name).layer())),
            [
                ("guard".to_owned(), None),
                ("layer".to_owned(), Some(0)),
                ("event_buffer".to_owned(), Some(12)),
                ("top".to_owned(), None)
            ]
        );
        assert!(unit("l1_lane").is("lane") && unit("l1_lane").is("l1_lane"));
        assert!(!unit("l1_lane").is("l0_lane") && !unit("loader").is("layer"));
    }
}

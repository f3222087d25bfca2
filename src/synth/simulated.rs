//! The cells of a netlist as Verilog that a simulator can run: Yosys' models, and goldspike's where Yosys has black boxes.
//!
//! Own models are in `cells/`, each with the documents that it was written from. A model is taken for the cells that the
//! netlist holds alone; Yosys' module of the same name is then left out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::error::SynthError;
use super::family::Family;
use super::yosys::{LIMIT, Mapped};
use crate::engine::tool::{Run, ToolFailure, Toolbox};

/// Verilog beside a netlist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cells {
    /// Verilog files by name.
    pub sources: BTreeMap<PathBuf, String>,
    /// Files that the sources include, by name.
    pub included: BTreeMap<PathBuf, String>,
}

/// Own models of a family.
const fn own(family: Family) -> &'static [(&'static str, &'static str)] {
    match family {
        Family::Ice40 | Family::Gowin | Family::GateMate | Family::Xilinx7 => &[],
        Family::Ecp5 => &[
            ("DP16KD", include_str!("cells/dp16kd.v")),
            ("MULT18X18D", include_str!("cells/mult18x18d.v")),
        ],
    }
}

/// The text of goldspike's own models of a family.
#[must_use]
pub fn own_models(family: Family) -> Vec<String> {
    own(family)
        .iter()
        .map(|(_, text)| (*text).to_owned())
        .collect()
}

/// The netlist as place and route takes it, as Verilog with one wire a bit, and models of its cells.
///
/// # Errors
/// Yosys is missing or fails; a file that cannot be read.
pub fn simulated(
    toolbox: &Toolbox,
    mapped: &Mapped,
    family: Family,
) -> Result<(String, Cells), SynthError> {
    let program = toolbox.require("synth", family.yosys())?;
    let verilog = mapped.netlist.with_extension("v");
    let folder = mapped.netlist.parent().unwrap_or(Path::new(""));
    let name = |path: &Path| {
        path.file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default()
    };
    let script = format!(
        "read_json {}; splitnets; write_verilog -noattr {}",
        name(&mapped.netlist),
        name(&verilog)
    );
    Run::new(&program, folder, "netlist_yosys.log")
        .args(["-p", &script])
        .timeout(LIMIT)
        .output()
        .map_err(ToolFailure::keep_log)?;
    // An output without a net is unknown to nextpnr, and open in Verilog.
    let text = std::fs::read_to_string(&verilog)?;
    let text = ["COUT", "S0"].iter().fold(text, |text, output| {
        text.replace(&format!(".{output}(1'hx)"), &format!(".{output}()"))
    });
    Ok((text, Cells::of(mapped.models()?, family)?))
}

impl Cells {
    /// Models of a family; `models` is Yosys' file of them.
    ///
    /// # Errors
    /// A file that cannot be read, or that does not hold what is to be left out.
    pub fn of(models: &Path, family: Family) -> Result<Self, SynthError> {
        let mut cells = Self::default();
        let mut theirs = readable(&std::fs::read_to_string(models)?);
        for (name, text) in own(family) {
            theirs = without(&theirs, name);
            let file = format!("{}.v", name.to_lowercase());
            cells.sources.insert(file.into(), (*text).to_owned());
        }
        cells.sources.insert("cells_sim.v".into(), theirs);
        let folder = models.parent().unwrap_or(Path::new(""));
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|end| end == "vh")
                && let Some(name) = path.file_name()
            {
                let text = std::fs::read_to_string(&path)?;
                cells.included.insert(name.into(), text);
            }
        }
        Ok(cells)
    }
}

/// Without the lines that stop an elaboration with `$error`, which Icarus 11 does not know.
fn readable(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.contains("$error("));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// Without the module of this name, if there is one.
fn without(text: &str, module: &str) -> String {
    let mut inside = false;
    let mut kept = String::with_capacity(text.len());
    for line in text.lines() {
        let head = line
            .trim_start()
            .strip_prefix("module ")
            .map(str::trim_start);
        inside |= head.is_some_and(|head| {
            head.strip_prefix(module)
                .is_some_and(|rest| rest.trim_start().starts_with(['(', '#', ';']))
        });
        if !inside {
            kept.push_str(line);
            kept.push('\n');
        }
        inside &= !line.trim_start().starts_with("endmodule");
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::{readable, without};

    #[test]
    fn one_module_is_left_out() {
        let text = "module A(input a);\nendmodule\nmodule AB (input a);\nendmodule\n  module A2;\nendmodule\n";
        assert_eq!(
            without(text, "A"),
            "module AB (input a);\nendmodule\n  module A2;\nendmodule\n"
        );
        assert_eq!(without(text, "B"), text);
        assert_eq!(readable("a\n  $error(\"x\");\nb\n"), "a\nb\n");
    }
}

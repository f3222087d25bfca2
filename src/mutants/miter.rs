//! Two copies of a module, one of them with a mutant, and the one output that is 1 when they differ: as BLIF, in which the
//! selector's inputs are replaced by the number of a mutant.
//!
//! Both start with a reset and may be reset at any later time; before it registers hold 0, and so do memories that are written.
//! Of the network's streams only what a receiver may look at is compared: the payload while TVALID is 1, TUSER with TLAST, no
//! address beside a null beat.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

use super::error::MutantError;
use super::netlist::SELECTOR;
use super::tools::{Said, Tools};
use crate::engine::tool::{Run, ToolFailure};
use crate::hdl::Module;
use crate::prove::KEPT;
use crate::rtl::stream::Layout;

/// Longest time for Yosys to make the gates: once a netlist.
const GATES: Duration = Duration::from_secs(300);

/// Name of the original that watches its environment.
pub(super) const WATCHED: &str = "watched";

/// The gates of a miter.
pub(super) struct Miter {
    text: String,
    /// Where the list of inputs is.
    inputs: std::ops::Range<usize>,
    bits: u32,
}

/// What is compared.
#[derive(Clone, Copy)]
pub(super) enum Compare {
    /// Every output in every cycle.
    Everything,
    /// Of the network with this output stream what a receiver may look at.
    Streams(Layout),
}

impl Miter {
    /// Of `module` in the netlist `name`, whose selector has `bits` bits; why there is none in `Err` of the inner result.
    pub(super) fn build(
        yosys: &Path,
        folder: &Path,
        (name, bits): (&str, u32),
        module: &Module,
        compare: Compare,
    ) -> Result<Result<Self, String>, MutantError> {
        let own = format!("miter_{}_{name}", module.name());
        let text = verilog(module, compare, Copies::Selected(bits));
        let text = match gates(yosys, folder, &own, &format!("read_rtlil {name}.il"), &text)? {
            Ok(text) => text,
            Err(why) => return Ok(Err(why)),
        };
        let start = text.find(".inputs");
        let inputs = start.and_then(|start| Some(start..start + text[start..].find('\n')?));
        Ok(inputs
            .map(|inputs| Self { text, inputs, bits })
            .ok_or_else(|| "yosys wrote no inputs".to_owned()))
    }

    /// The gates with mutant `number`, for ABC.
    pub(super) fn of(&self, number: usize) -> String {
        let (before, rest) = self.text.split_at(self.inputs.start);
        let (inputs, rest) = rest.split_at(self.inputs.len());
        let selector = format!("{SELECTOR}[");
        let mut text = before.to_owned();
        for word in inputs.split_whitespace() {
            if !word.starts_with(&selector) && word != SELECTOR {
                text.push_str(word);
                text.push(' ');
            }
        }
        let (logic, end) = rest.split_at(rest.rfind(".end").unwrap_or(rest.len()));
        text.push_str(logic);
        for bit in 0..self.bits {
            let name = match self.bits {
                1 => SELECTOR.to_owned(),
                _ => format!("{SELECTOR}[{bit}]"),
            };
            let value = if number >> bit & 1 == 1 { "1\n" } else { "" };
            let _ = write!(text, ".names {name}\n{value}");
        }
        text.push_str(end);
        text
    }
}

/// The gates of a miter, `verilog`, of modules that `read` reads; why there are none in `Err` of the inner result.
pub(super) fn gates(
    yosys: &Path,
    folder: &Path,
    own: &str,
    read: &str,
    verilog: &str,
) -> Result<Result<String, String>, MutantError> {
    fs::write(folder.join(format!("{own}.v")), verilog)?;
    let script = format!(
        "{read}\nread_verilog {own}.v\nhierarchy -top miter\nproc\nflatten\nsetattr -unset init w:* w:started %d\nopt_expr\nopt_clean\n\
         memory_map\nopt_expr\nopt_clean\ntechmap\nopt_expr\nopt_merge\nopt_clean\nasync2sync\nsetundef -zero\n\
         setundef -init -zero\ndfflegalize -cell $_DFF_P_ 01\nopt_expr\nopt_clean\naigmap\nopt_clean\nwrite_blif {own}.blif\n"
    );
    Ok(match scripted(yosys, folder, own, &script)? {
        Ok(()) => Ok(fs::read_to_string(folder.join(format!("{own}.blif")))?),
        Err(why) => Err(why),
    })
}

/// Runs a script of Yosys that may fail; why it did in `Err` of the inner result.
pub(super) fn scripted(
    yosys: &Path,
    folder: &Path,
    name: &str,
    script: &str,
) -> Result<Result<(), String>, MutantError> {
    let file = format!("{name}.ys");
    fs::write(folder.join(&file), script)?;
    let ran = Run::new(yosys, folder, &format!("{name}.log"))
        .args(["-q", &file])
        .timeout(GATES)
        .output();
    Ok(match ran {
        Ok(_) => Ok(()),
        Err(ToolFailure {
            status, last_lines, ..
        }) => Err(format!("yosys makes no gates: {status} {last_lines}")),
    })
}

/// Which two copies are compared.
#[derive(Clone, Copy)]
pub(super) enum Copies {
    /// Of a module with a selector of so many bits: 0, and the miter's input.
    Selected(u32),
    /// The original as [`WATCHED`], whose output says whether its environment counts, and the module.
    Watched,
}

/// Two copies of a module, and what tells them apart.
pub(super) fn verilog(module: &Module, compare: Compare, copies: Copies) -> String {
    let range = |bits: usize| format!("[{}:0]", bits.saturating_sub(1));
    let name = module.name();
    let (head, gold, gate, counts) = match copies {
        Copies::Selected(bits) => (
            format!(
                "input {} {SELECTOR}, output differs_o",
                range(bits as usize)
            ),
            (name, format!(".{SELECTOR}({bits}'d0)")),
            format!(".{SELECTOR}({SELECTOR})"),
            "",
        ),
        Copies::Watched => (
            "output differs_o, output kept_o".to_owned(),
            (WATCHED, format!(".{KEPT}(kept_o)")),
            String::new(),
            " & kept_o",
        ),
    };
    let mut text = format!("module miter(input clk_i, input rst_i, {head}");
    for port in module.ports().filter(|port| port.is_input) {
        let _ = write!(text, ", input {} {}", range(port.bits()), port.name);
    }
    text.push_str(
        ");\nreg started = 1'b0;\nalways @(posedge clk_i) started <= 1'b1;\nwire rst = rst_i | ~started;\n",
    );
    for (side, (module_name, own)) in [("gold", gold), ("gate", (name, gate))] {
        let mut ports = vec![".clk_i(clk_i)".to_owned(), ".rst_i(rst)".to_owned()];
        if !own.is_empty() {
            ports.push(own);
        }
        for port in module.ports() {
            if port.is_input {
                ports.push(format!(".{0}({0})", port.name));
            } else {
                let _ = writeln!(text, "wire {} {side}_{};", range(port.bits()), port.name);
                ports.push(format!(".{0}({side}_{0})", port.name));
            }
        }
        let _ = writeln!(text, "{module_name} {side}({});", ports.join(", "));
    }
    let differences: Vec<String> = module
        .ports()
        .filter(|port| !port.is_input)
        .map(|port| difference(port.name, compare))
        .collect();
    let _ = writeln!(
        text,
        "assign differs_o = started{counts} & ({});\nendmodule",
        differences.join(" | ")
    );
    text
}

/// That a port differs where it matters.
fn difference(name: &str, compare: Compare) -> String {
    let differs = |slice: &str| format!("(gold_{name}{slice} != gate_{name}{slice})");
    let Compare::Streams(output) = compare else {
        return differs("");
    };
    let Some((stream, field)) = name.rsplit_once('_').filter(|_| name.starts_with("m_axis")) else {
        return differs("");
    };
    let valid = format!("gold_{stream}_tvalid");
    match field {
        "tdata" if stream == "m_axis" => {
            let null = format!("[{}]", output.address + output.payload);
            format!(
                "({valid} & ({} | (~gold_{name}{null} & {})))",
                differs(&null),
                differs("")
            )
        }
        "tdata" | "tlast" => format!("({valid} & {})", differs("")),
        "tuser" => format!("({valid} & gold_{stream}_tlast & {})", differs("")),
        _ => differs(""),
    }
}

/// Asks ABC whether `differs_o` is ever 1.
pub(super) fn ask(
    tools: Tools<'_>,
    name: &str,
    gates: &str,
    limit: Duration,
) -> Result<Said, MutantError> {
    let seconds = limit.as_secs().max(1);
    let steps = format!("lcorr; scorr -F 2; dprove -T {seconds}");
    Ok(match tools.told(name, gates, &steps, limit)? {
        Ok(said) => verdict(&said),
        Err(nothing) => nothing,
    })
}

/// What the words mean: the exit status is 0 either way.
fn verdict(said: &str) -> Said {
    let has = |words: &str| said.contains(words);
    let line = |word: &str| said.lines().any(|line| line.starts_with(word));
    if has("was asserted in frame")
        || has("Networks are NOT EQUIVALENT")
        || has("not equivalent")
        || line("SATISFIABLE")
    {
        Said::Different
    } else if line("UNSATISFIABLE") || has("Networks are equivalent") {
        Said::Equal
    } else {
        Said::Nothing("abc: undecided".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_words_of_a_proof_are_one() {
        for (said, expected) in [
            ("Networks are equivalent.  Time = 0.04 sec", Said::Equal),
            ("UNSATISFIABLE  Time = 0.01 sec", Said::Equal),
            ("Networks are not equivalent.", Said::Different),
            ("SATISFIABLE    Time = 0.00 sec", Said::Different),
            (
                "Output 0 of miter \"miter\" was asserted in frame 34.\nNetworks are equivalent",
                Said::Different,
            ),
        ] {
            assert_eq!(verdict(said), expected, "{said}");
        }
        assert!(matches!(verdict("UNDECIDED"), Said::Nothing(_)));
        assert!(matches!(verdict(""), Said::Nothing(_)));
    }

    #[test]
    fn a_number_takes_the_place_of_the_selector() {
        let text = ".model miter\n.inputs clk_i mutant_i[0] mutant_i[1] a\n.outputs o\n.names a o\n1 1\n.end\n";
        let start = text.find(".inputs").unwrap();
        let miter = Miter {
            inputs: start..start + text[start..].find('\n').unwrap(),
            text: text.to_owned(),
            bits: 2,
        };
        assert_eq!(
            miter.of(2),
            ".model miter\n.inputs clk_i a \n.outputs o\n.names a o\n1 1\n.names mutant_i[0]\n.names mutant_i[1]\n1\n.end\n"
        );
    }
}

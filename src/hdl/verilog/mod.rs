//! The Verilog file of a module: Verilog-2005, one module a file, clean under the usual linters without waivers.
//!
//! Contract: printing is a function of the module and the header only. Registers start at their reset value, memories
//! at their contents; memory outputs are undefined until the first read, so that block RAM can be inferred. What the
//! description drops on purpose (low bits of a rounding, unused ports) is gathered in `_unused_ok`.
//!
//! Expressions are printed by rust-hdl. They stand in continuous assignments and not in its one `always @(*)` block:
//! constants then need no event to appear, and handshakes through several instances are no loop to a simulator.

mod bundles;
mod memory;
mod registers;
mod unused;

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::Arc;

use self::bundles::Bundle;
pub(crate) use self::memory::first_word;
use super::error::HdlError;
use super::lower::{Operands, declared, literal, part, print, range};
use super::tape::{InstDef, MemInit, Module, NodeId, Op};

/// A printed module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerilogFile {
    /// The module name; the file should be `<name>.v`.
    pub name: String,
    /// The Verilog text.
    pub text: String,
    /// `$readmemh` files: the file name used in the text, and its contents (one word a line, first word first).
    pub memory_files: Vec<(String, String)>,
}

/// `top` and all modules below it, children first; each name once (a builder refuses two different modules of a name).
#[must_use]
pub fn all_modules(top: &Arc<Module>) -> Vec<Arc<Module>> {
    fn visit(module: &Arc<Module>, seen: &mut HashSet<String>, out: &mut Vec<Arc<Module>>) {
        if !seen.insert(module.name.clone()) {
            return;
        }
        for (_, child) in module.children() {
            visit(child, seen, out);
        }
        out.push(Arc::clone(module));
    }
    let mut out = vec![];
    visit(top, &mut HashSet::new(), &mut out);
    out
}

/// Prints a module. Each line of `header` becomes a comment line at the head of the file.
///
/// # Errors
/// Two memories read different contents from one file name.
pub fn verilog(module: &Module, header: &str) -> Result<VerilogFile, HdlError> {
    let printer = Printer {
        module,
        operands: Operands::new(module),
        taken: module.taken.clone(),
        packed: HashMap::new(),
        files: vec![],
    };
    let memory_files = memory::files(module)?;
    Ok(VerilogFile {
        name: module.name.clone(),
        text: printer.print(header),
        memory_files,
    })
}

struct Printer<'m> {
    module: &'m Module,
    operands: Operands<'m>,
    taken: HashSet<String>,
    /// Names of the bundles that are not ports.
    packed: HashMap<Bundle, String>,
    /// The file parameter of each memory.
    files: Vec<String>,
}

impl Printer<'_> {
    fn print(mut self, header: &str) -> String {
        self.name_bundles();
        // From the sinks backwards: what nothing reads in the printed text is not declared.
        let outputs = self.outputs();
        let clocked = self.clocked();
        let instances = self.instances();
        let body = self.body();
        let state = self.state();
        let unused = self.unused();
        let mut text = String::new();
        for line in header.lines() {
            let line = line.trim_start_matches('/').trim();
            text.push_str(format!("// {line}").trim_end());
            text.push('\n');
        }
        text.push_str("`default_nettype none\n\n");
        text.push_str(&comment("", &self.module.doc));
        text.push_str(&self.interface());
        for section in [state, body, instances, clocked, outputs, unused] {
            if !section.is_empty() {
                text.push('\n');
                text.push_str(&section);
            }
        }
        text.push_str("endmodule\n\n`default_nettype wire\n");
        text
    }

    fn unique(&mut self, name: &str) -> String {
        let (mut candidate, mut n) = (name.to_owned(), 2);
        while !self.taken.insert(candidate.clone()) {
            candidate = format!("{name}_{n}");
            n += 1;
        }
        candidate
    }

    fn interface(&self) -> String {
        let mut text = format!("module {}", self.module.name);
        let files: Vec<String> = self
            .used_mems()
            .filter_map(|(i, m)| match &m.init {
                MemInit::Words { file, .. } if m.depth > 1 => {
                    Some(format!("    parameter {} = \"{file}\"", self.files[i]))
                }
                _ => None,
            })
            .collect();
        if !files.is_empty() {
            let _ = write!(text, " #(\n{}\n)", files.join(",\n"));
        }
        let mut lines = vec![];
        if self.module.is_clocked() {
            lines.push(("    input  wire clk_i".to_owned(), None));
            lines.push((
                "    input  wire rst_i".to_owned(),
                Some("synchronous, active high"),
            ));
        }
        for p in &self.module.ports {
            let kind = if p.is_input {
                "input  wire "
            } else {
                "output wire "
            };
            let range = match p.packed {
                None => declared(p.ty),
                Some(_) => range(p.bits()),
            };
            lines.push((format!("    {kind}{range}{}", p.name), p.doc.as_deref()));
        }
        let count = lines.len();
        text.push_str(" (\n");
        for (i, (line, doc)) in lines.into_iter().enumerate() {
            let comma = if i + 1 < count { "," } else { "" };
            let doc = doc.map_or(String::new(), |d| format!("  // {}", one_line(d)));
            let _ = writeln!(text, "{line}{comma}{doc}");
        }
        text.push_str(");\n");
        text
    }

    /// The combinational locals in evaluation order, with the section comments.
    fn body(&mut self) -> String {
        let module = self.module;
        let mut lines: Vec<(NodeId, String)> = vec![];
        for &id in module.order.iter().rev() {
            if !self.operands.is_local(id) || self.operands.read[id as usize] == 0 {
                continue;
            }
            if let Some(line) = self.local(id) {
                lines.push((id, line));
            }
        }
        lines.reverse();
        let mut text = String::new();
        let mut comments = module.comments.iter().peekable();
        for (id, line) in lines {
            while let Some((_, note)) = comments.next_if(|(at, _)| *at <= id) {
                if comments.peek().is_some_and(|(at, _)| *at <= id) {
                    continue;
                }
                if !text.is_empty() {
                    text.push('\n');
                }
                text.push_str(&comment("    ", note));
            }
            text.push_str(&line);
        }
        text
    }

    fn local(&mut self, id: NodeId) -> Option<String> {
        let module = self.module;
        let (node, name) = (module.node(id), module.name_of(id));
        if let Some((bundle, _, element)) = self.bundle_of(id) {
            let (low, width, of) = self.cut(bundle, element);
            let source = part(&self.bundle_name(bundle), of, low, width);
            return Some(format!(
                "    wire {}{name} = {source};\n",
                declared(node.ty)
            ));
        }
        match node.op {
            Op::Input { .. } | Op::Reg(_) | Op::Read { .. } | Op::Out { .. } => None,
            Op::Lit(v) => Some(format!(
                "    localparam {}{name} = {};\n",
                declared(node.ty),
                literal(v, node.ty)
            )),
            _ => {
                let printed = print(self.operands.statement(id));
                Some(format!(
                    "    wire {}{}\n",
                    declared(node.ty),
                    indent(&printed)
                ))
            }
        }
    }

    fn instances(&mut self) -> String {
        let mut text = String::new();
        for (i, instance) in self.module.instances.iter().enumerate() {
            text.push_str(&self.instance(i, instance));
        }
        text
    }

    fn instance(&mut self, index: usize, instance: &InstDef) -> String {
        let mut pins = vec![];
        if instance.module.is_clocked() {
            pins.extend([
                "        .clk_i(clk_i)".to_owned(),
                "        .rst_i(rst_i)".to_owned(),
            ]);
        }
        for (p, port) in instance.module.ports.iter().enumerate() {
            let nodes = &instance.connections[p];
            let text = match (
                port.is_input,
                self.packed.get(&Bundle::Out(index as u32, p as u32)),
            ) {
                (true, _) => self.bundled(nodes),
                (false, Some(name)) => name.clone(),
                (false, None) => self.module.name_of(nodes[0]).to_owned(),
            };
            pins.push(format!(
                "        .{}({})",
                port.name,
                text.replace('\n', "\n        ")
            ));
        }
        let name = &self.module.instance_names[index];
        format!(
            "    {} {name} (\n{}\n    );\n",
            instance.module.name,
            pins.join(",\n")
        )
    }

    fn outputs(&mut self) -> String {
        let mut text = String::new();
        for port in self.module.ports.iter().filter(|p| !p.is_input) {
            let right = match (port.packed, port.nodes.as_slice()) {
                (None, [one]) => self.operands.source(*one),
                (_, nodes) => self.bundled(nodes),
            };
            let _ = writeln!(text, "    assign {} = {};", port.name, indent(&right));
        }
        text
    }
}

fn comment(margin: &str, text: &str) -> String {
    text.lines()
        .map(|l| format!("{}\n", format!("{margin}// {}", l.trim_end()).trim_end()))
        .collect()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn indent(text: &str) -> String {
    text.replace('\n', "\n    ")
}

fn parenthesized(condition: &str) -> String {
    if condition.starts_with('(') {
        condition.to_owned()
    } else {
        format!("({condition})")
    }
}

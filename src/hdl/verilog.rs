//! The Verilog file of a module: Verilog-2005, one module a file, clean under the usual linters without waivers.
//!
//! Contract: printing is a function of the module and the header only. Registers start at their reset value, memories
//! at their contents; memory outputs are undefined until the first read, so that block RAM can be inferred. What the
//! description drops on purpose (low bits of a rounding, unused ports) is gathered in `_unused_ok`.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::Arc;

use super::error::HdlError;
use super::lower::{Operands, concatenation, declared, literal, part, print, range};
use super::tape::{InstDef, MemDef, MemInit, Module, NodeId, Op, Port, RegDef};
use super::ty::Ty;

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

/// `top` and all modules below it, each once, children first.
#[must_use]
pub fn all_modules(top: &Arc<Module>) -> Vec<Arc<Module>> {
    fn visit(module: &Arc<Module>, seen: &mut HashSet<*const Module>, out: &mut Vec<Arc<Module>>) {
        if !seen.insert(Arc::as_ptr(module)) {
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
    };
    let memory_files = memory_files(module)?;
    Ok(VerilogFile {
        name: module.name.clone(),
        text: printer.print(header),
        memory_files,
    })
}

/// A packed Verilog vector that is cut into elements: an input port, an instance output or a memory word.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Bundle {
    Port(u32),
    Out(u32, u32),
    Word(u32),
}

struct Printer<'m> {
    module: &'m Module,
    operands: Operands<'m>,
    taken: HashSet<String>,
    /// Names of the bundles that are not ports.
    packed: HashMap<Bundle, String>,
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

    fn name_bundles(&mut self) {
        let module = self.module;
        for (i, instance) in module.instances.iter().enumerate() {
            for (p, port) in instance.module.ports.iter().enumerate() {
                if !port.is_input && port.packed.is_some() {
                    let stem = super::build::local_stem(&port.name);
                    let name = self.unique(&format!("{}_{stem}", module.instance_names[i]));
                    self.packed.insert(Bundle::Out(i as u32, p as u32), name);
                }
            }
        }
        for (i, mem) in module.mems.iter().enumerate() {
            if mem.fields.len() > 1 {
                let name = self.unique(&format!("{}_rdata", module.mem_names[i]));
                self.packed.insert(Bundle::Word(i as u32), name);
            }
        }
    }

    fn bundle_name(&self, bundle: Bundle) -> String {
        match bundle {
            Bundle::Port(p) => self.module.ports[p as usize].name.clone(),
            _ => self.packed.get(&bundle).cloned().unwrap_or_default(),
        }
    }

    /// The elements, element 0 in the low bits. All elements of one bundle in order are the bundle.
    fn bundled(&mut self, nodes: &[NodeId]) -> String {
        if let Some(whole) = self.whole(nodes) {
            return whole;
        }
        let parts: Vec<String> = nodes.iter().rev().map(|&n| self.operands.bare(n)).collect();
        concatenation(&parts)
    }

    fn whole(&self, nodes: &[NodeId]) -> Option<String> {
        let (first, count, _) = self.bundle_of(*nodes.first()?)?;
        let same = nodes
            .iter()
            .enumerate()
            .all(|(i, &n)| matches!(self.bundle_of(n), Some((b, _, e)) if b == first && e == i));
        // Elements read on their own are declared anyway; only a full, untouched pass-through is worth it.
        (same && count == nodes.len()).then(|| self.bundle_name(first))
    }

    /// The bundle a node is cut from, its number of elements, and which it is.
    fn bundle_of(&self, id: NodeId) -> Option<(Bundle, usize, usize)> {
        match self.module.node(id).op {
            Op::Input { port, element } => {
                let n = self.module.ports[port as usize].packed?;
                Some((Bundle::Port(port), n, element as usize))
            }
            Op::Out {
                instance,
                port,
                element,
            } => {
                let n =
                    self.module.instances[instance as usize].module.ports[port as usize].packed?;
                Some((Bundle::Out(instance, port), n, element as usize))
            }
            Op::Read { mem, field } => {
                let n = self.module.mems[mem as usize].fields.len();
                (n > 1).then_some((Bundle::Word(mem), n, field as usize))
            }
            _ => None,
        }
    }

    /// Offset and width of an element of a bundle, and the bundle's width.
    fn cut(&self, bundle: Bundle, element: usize) -> (usize, usize, usize) {
        let of_port = |p: &Port| {
            (
                element * p.ty.width() as usize,
                p.ty.width() as usize,
                p.bits(),
            )
        };
        match bundle {
            Bundle::Port(p) => of_port(&self.module.ports[p as usize]),
            Bundle::Out(i, p) => {
                of_port(&self.module.instances[i as usize].module.ports[p as usize])
            }
            Bundle::Word(m) => {
                let mem = &self.module.mems[m as usize];
                let low = mem.fields[..element]
                    .iter()
                    .map(|f| f.width() as usize)
                    .sum();
                (low, mem.fields[element].width() as usize, mem.bits())
            }
        }
    }

    fn interface(&self) -> String {
        let mut text = format!("module {}", self.module.name);
        let files: Vec<String> = self
            .used_mems()
            .filter_map(|(i, m)| match &m.init {
                MemInit::Words { file, .. } => Some(format!(
                    "    parameter {} = \"{file}\"",
                    self.file_parameter(i)
                )),
                MemInit::Zero => None,
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

    fn file_parameter(&self, mem: usize) -> String {
        format!("{}_FILE", self.module.mem_names[mem].to_ascii_uppercase())
    }

    fn used_regs(&self) -> impl Iterator<Item = &RegDef> {
        self.module
            .regs
            .iter()
            .filter(|r| self.module.used[r.q as usize])
    }

    fn used_mems(&self) -> impl Iterator<Item = (usize, &MemDef)> {
        self.module.mems.iter().enumerate().filter(|(_, m)| {
            m.read
                .iter()
                .flat_map(|r| &r.fields)
                .any(|&f| self.module.used[f as usize])
        })
    }

    /// Declarations of registers, memories and instance outputs, with their initial values.
    fn state(&mut self) -> String {
        let (module, mut text, mut initial) = (self.module, String::new(), String::new());
        for reg in self.used_regs() {
            let ty = module.ty(reg.q);
            let name = module.name_of(reg.q);
            let _ = writeln!(text, "    reg {}{name};", declared(ty));
            let _ = writeln!(
                initial,
                "        {name} = {};",
                literal(reg.reset.unwrap_or(0), ty)
            );
        }
        if !initial.is_empty() {
            let _ = write!(text, "    initial begin\n{initial}    end\n");
        }
        let mems: Vec<(usize, MemDef)> = self.used_mems().map(|(i, m)| (i, m.clone())).collect();
        for (i, mem) in mems {
            text.push_str(&self.memory_declaration(i, &mem));
        }
        for (i, instance) in module.instances.iter().enumerate() {
            for (p, port) in instance
                .module
                .ports
                .iter()
                .enumerate()
                .filter(|(_, p)| !p.is_input)
            {
                let line = match self.packed.get(&Bundle::Out(i as u32, p as u32)) {
                    Some(name) => format!("    wire {}{name};\n", range(port.bits())),
                    None => format!(
                        "    wire {}{};\n",
                        declared(port.ty),
                        module.name_of(instance.connections[p][0])
                    ),
                };
                text.push_str(&line);
            }
        }
        text
    }

    fn memory_declaration(&mut self, index: usize, mem: &MemDef) -> String {
        let name = &self.module.mem_names[index];
        let mut text = format!(
            "    reg {}{name} [0:{}];\n",
            range(mem.bits()),
            mem.depth - 1
        );
        let (ty, output) = match (self.packed.get(&Bundle::Word(index as u32)), &mem.read) {
            (None, Some(read)) => (
                declared(mem.fields[0]),
                self.module.name_of(read.fields[0]).to_owned(),
            ),
            (word, _) => (range(mem.bits()), word.cloned().unwrap_or_default()),
        };
        let _ = writeln!(text, "    reg {ty}{output};");
        match &mem.init {
            MemInit::Words { .. } => {
                let _ = writeln!(
                    text,
                    "    initial $readmemh({}, {name});",
                    self.file_parameter(index)
                );
            }
            MemInit::Zero => {
                let name = name.clone();
                let (block, i) = (
                    self.unique(&format!("{name}_clear")),
                    self.unique(&format!("{name}_index")),
                );
                let _ = writeln!(text, "    initial begin : {block}");
                let _ = writeln!(text, "        integer {i};");
                let _ = writeln!(
                    text,
                    "        for ({i} = 0; {i} < {}; {i} = {i} + 1) begin",
                    mem.depth
                );
                let _ = writeln!(
                    text,
                    "            {name}[{i}] = {}'d0;\n        end\n    end",
                    mem.bits()
                );
            }
        }
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
            let right = self.bundled(&port.nodes);
            let _ = writeln!(text, "    assign {} = {};", port.name, indent(&right));
        }
        text
    }

    fn clocked(&mut self) -> String {
        let regs: Vec<RegDef> = self.used_regs().cloned().collect();
        let (with, without): (Vec<_>, Vec<_>) = regs.into_iter().partition(|r| r.reset.is_some());
        let mut text = String::new();
        if !with.is_empty() {
            text.push_str("    always @(posedge clk_i) begin\n        if (rst_i) begin\n");
            for r in &with {
                let value = literal(r.reset.unwrap_or(0), self.module.ty(r.q));
                let _ = writeln!(text, "            {} <= {value};", self.module.name_of(r.q));
            }
            text.push_str("        end else begin\n");
            text.push_str(&self.transfers(&with, "            "));
            text.push_str("        end\n    end\n");
        }
        if !without.is_empty() {
            text.push_str("    always @(posedge clk_i) begin\n");
            text.push_str(&self.transfers(&without, "        "));
            text.push_str("    end\n");
        }
        let mems: Vec<(usize, MemDef)> = self.used_mems().map(|(i, m)| (i, m.clone())).collect();
        for (i, mem) in mems {
            text.push_str(&self.memory_ports(i, &mem));
        }
        text
    }

    /// `q <= d;` of each register; neighbours with one enable share its `if`.
    fn transfers(&mut self, regs: &[RegDef], margin: &str) -> String {
        let (mut text, mut open) = (String::new(), None);
        for r in regs {
            if r.enable != open {
                if open.is_some() {
                    let _ = writeln!(text, "{margin}end");
                }
                if let Some(enable) = r.enable {
                    let _ = writeln!(text, "{margin}if ({}) begin", self.operands.operand(enable));
                }
                open = r.enable;
            }
            let inner = if open.is_some() { "    " } else { "" };
            let Some(d) = r.d else { continue };
            let d = self
                .operands
                .operand(d)
                .replace('\n', &format!("\n{margin}{inner}"));
            let _ = writeln!(text, "{margin}{inner}{} <= {d};", self.module.name_of(r.q));
        }
        if open.is_some() {
            let _ = writeln!(text, "{margin}end");
        }
        text
    }

    fn memory_ports(&mut self, index: usize, mem: &MemDef) -> String {
        let name = self.module.mem_names[index].clone();
        let mut text = String::from("    always @(posedge clk_i) begin\n");
        if let Some(read) = &mem.read {
            let output = match self.packed.get(&Bundle::Word(index as u32)) {
                Some(word) => word.clone(),
                None => self.module.name_of(read.fields[0]).to_owned(),
            };
            let address = self.address(mem, read.address);
            let enable = read
                .enable
                .map(|e| format!("if ({}) ", self.operands.operand(e)))
                .unwrap_or_default();
            let _ = writeln!(text, "        {enable}{output} <= {name}[{address}];");
        }
        if let Some(write) = &mem.write {
            let address = self.address(mem, write.address);
            let enable = self.operands.operand(write.enable);
            let data = self.bundled(&write.data).replace('\n', "\n        ");
            let _ = writeln!(text, "        if ({enable}) {name}[{address}] <= {data};");
        }
        text.push_str("    end\n");
        text
    }

    fn address(&mut self, mem: &MemDef, node: NodeId) -> String {
        if mem.depth == 1 {
            "0".to_owned()
        } else {
            self.operands.resized(node, Ty::u(mem.address_bits()))
        }
    }

    /// Gathers what the text declares and never reads.
    fn unused(&mut self) -> String {
        let module = self.module;
        let mut scalars: Vec<NodeId> = vec![];
        for port in module
            .ports
            .iter()
            .filter(|p| p.is_input && p.packed.is_none())
        {
            scalars.extend(&port.nodes);
        }
        for &id in &module.order {
            let computed = !matches!(
                module.node(id).op,
                Op::Lit(_) | Op::Input { .. } | Op::Out { .. }
            );
            let declared_always = matches!(module.node(id).op, Op::Reg(_) | Op::Read { .. });
            let cut = self.bundle_of(id).is_some();
            let read = self.operands.read[id as usize] != 0;
            if (self.operands.is_local(id) && computed || cut) && (read || declared_always && !cut)
            {
                scalars.push(id);
            }
        }
        for instance in &module.instances {
            for (port, nodes) in instance.module.ports.iter().zip(&instance.connections) {
                if !port.is_input && port.packed.is_none() {
                    scalars.extend(nodes);
                }
            }
        }
        let mut unused = vec![];
        for id in scalars {
            let width = module.ty(id).width() as usize;
            let read = self.operands.read[id as usize];
            push_gaps(&mut unused, module.name_of(id), width, |bit| {
                read >> bit & 1 == 1
            });
        }
        let whole = self.passed_whole();
        for bundle in self.bundles() {
            if !whole.contains(&bundle) {
                let (name, ranges, bits) = self.unread_elements(bundle);
                push_gaps(&mut unused, &name, bits, |bit| {
                    !ranges.iter().any(|r| r.contains(&bit))
                });
            }
        }
        if module.is_clocked() {
            let clocked = self.used_regs().next().is_some()
                || self.used_mems().next().is_some()
                || module.instances.iter().any(|i| i.module.is_clocked());
            let reset = self.used_regs().any(|r| r.reset.is_some())
                || module.instances.iter().any(|i| i.module.is_clocked());
            unused.extend((!clocked).then(|| "clk_i".to_owned()));
            unused.extend((!reset).then(|| "rst_i".to_owned()));
        }
        if unused.is_empty() {
            return String::new();
        }
        let name = self.unique("_unused_ok");
        unused.insert(0, "1'b0".into());
        let list = indent(&concatenation(&unused));
        format!("    // Bits that are dropped on purpose.\n    wire {name} = &{list};\n")
    }

    fn bundles(&self) -> Vec<Bundle> {
        let ports = self
            .module
            .ports
            .iter()
            .enumerate()
            .filter(|(_, p)| p.is_input && p.packed.is_some());
        let mut all: Vec<Bundle> = ports.map(|(i, _)| Bundle::Port(i as u32)).collect();
        for (i, instance) in self.module.instances.iter().enumerate() {
            let outs = instance
                .module
                .ports
                .iter()
                .enumerate()
                .filter(|(_, p)| !p.is_input && p.packed.is_some());
            all.extend(outs.map(|(p, _)| Bundle::Out(i as u32, p as u32)));
        }
        all.extend(
            self.used_mems()
                .filter(|(_, m)| m.fields.len() > 1)
                .map(|(i, _)| Bundle::Word(i as u32)),
        );
        all
    }

    /// Bundles that are passed on under their own name.
    fn passed_whole(&self) -> HashSet<Bundle> {
        let mut sinks: Vec<&[NodeId]> = vec![];
        sinks.extend(
            self.module
                .ports
                .iter()
                .filter(|p| !p.is_input)
                .map(|p| p.nodes.as_slice()),
        );
        for instance in &self.module.instances {
            let ports = instance.module.ports.iter().zip(&instance.connections);
            sinks.extend(ports.filter(|(p, _)| p.is_input).map(|(_, n)| n.as_slice()));
        }
        for (_, mem) in self.used_mems() {
            sinks.extend(mem.write.iter().map(|w| w.data.as_slice()));
        }
        let whole = sinks
            .into_iter()
            .filter(|nodes| self.whole(nodes).is_some());
        whole
            .filter_map(|nodes| self.bundle_of(nodes[0]).map(|(b, ..)| b))
            .collect()
    }

    /// Name of a bundle, the bit ranges of its elements that nothing reads, its width.
    fn unread_elements(&self, bundle: Bundle) -> (String, Vec<std::ops::Range<usize>>, usize) {
        let nodes: &[NodeId] = match bundle {
            Bundle::Port(p) => &self.module.ports[p as usize].nodes,
            Bundle::Out(i, p) => &self.module.instances[i as usize].connections[p as usize],
            Bundle::Word(m) => self.module.mems[m as usize]
                .read
                .as_ref()
                .map_or(&[], |r| r.fields.as_slice()),
        };
        let mut ranges = vec![];
        let mut bits = 0;
        for (i, &id) in nodes.iter().enumerate() {
            let (low, width, of) = self.cut(bundle, i);
            bits = of;
            if self.operands.read[id as usize] == 0 {
                ranges.push(low..low + width);
            }
        }
        (self.bundle_name(bundle), ranges, bits)
    }
}

/// Adds the maximal ranges of bits for which `is_read` is false.
fn push_gaps(out: &mut Vec<String>, name: &str, bits: usize, is_read: impl Fn(usize) -> bool) {
    let mut low = 0;
    while low < bits {
        if is_read(low) {
            low += 1;
            continue;
        }
        let end = (low..bits).find(|&b| is_read(b)).unwrap_or(bits);
        out.push(part(name, bits, low, end - low));
        low = end;
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

fn memory_files(module: &Module) -> Result<Vec<(String, String)>, HdlError> {
    let mut files: Vec<(String, String)> = vec![];
    for mem in &module.mems {
        let MemInit::Words { file, words } = &mem.init else {
            continue;
        };
        let mut text = String::new();
        let zero = vec![0; mem.fields.len()];
        for i in 0..mem.depth {
            text.push_str(&hex_word(words.get(i).unwrap_or(&zero), &mem.fields));
            text.push('\n');
        }
        match files.iter().find(|(name, _)| name == file) {
            None => files.push((file.clone(), text)),
            Some((_, other)) if *other == text => {}
            Some(_) => {
                return Err(HdlError::Duplicate {
                    module: module.name.clone(),
                    name: file.clone(),
                });
            }
        }
    }
    Ok(files)
}

/// A memory word in hexadecimal, most significant digit first.
fn hex_word(word: &[i128], fields: &[Ty]) -> String {
    let mut bits: Vec<bool> = vec![];
    for (&value, ty) in word.iter().zip(fields) {
        bits.extend((0..ty.width()).map(|b| value >> b & 1 == 1));
    }
    let digit = |nibble: &[bool]| {
        nibble
            .iter()
            .rev()
            .fold(0u32, |d, &b| d << 1 | u32::from(b))
    };
    bits.chunks(4)
        .rev()
        .filter_map(|n| char::from_digit(digit(n), 16))
        .collect()
}

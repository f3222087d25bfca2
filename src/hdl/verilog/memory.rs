//! Memories: declarations, contents, ports, and the `$readmemh` files.

use std::fmt::Write as _;

use super::super::error::HdlError;
use super::super::lower::{declared, range};
use super::super::tape::{MemDef, MemInit, Module, NodeId};
use super::super::ty::Ty;
use super::bundles::Bundle;
use super::{Printer, parenthesized};

impl Printer<'_> {
    pub(super) fn used_mems(&self) -> impl Iterator<Item = (usize, &MemDef)> {
        self.module.mems.iter().enumerate().filter(|(_, m)| {
            m.read
                .iter()
                .flat_map(|r| &r.fields)
                .any(|&f| self.module.used[f as usize])
        })
    }

    /// A memory of one word is a register: tools warn about an array of one.
    pub(super) fn memory_declaration(&mut self, index: usize, mem: &MemDef) -> String {
        let name = &self.module.mem_names[index];
        let words = if mem.depth == 1 {
            String::new()
        } else {
            format!(" [0:{}]", mem.depth - 1)
        };
        let mut text = format!(
            "    {}reg {}{name}{words};\n",
            attributes(mem),
            range(mem.bits())
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
            _ if mem.depth == 1 => {
                let word = first_word(mem);
                let _ = writeln!(text, "    initial {name} = {}'h{word};", mem.bits());
            }
            MemInit::Words { .. } => {
                let _ = writeln!(
                    text,
                    "    initial $readmemh({}, {name});",
                    self.files[index]
                );
            }
            MemInit::Unknown => {}
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

    pub(super) fn memory_ports(&mut self, index: usize, mem: &MemDef) -> String {
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
                .map(|e| format!("if {} ", parenthesized(&self.operands.condition(e))))
                .unwrap_or_default();
            let _ = writeln!(text, "        {enable}{output} <= {name}{address};");
        }
        if let Some(write) = &mem.write {
            let address = self.address(mem, write.address);
            let enable = parenthesized(&self.operands.condition(write.enable));
            let data = self.bundled(&write.data).replace('\n', "\n        ");
            let _ = writeln!(text, "        if {enable} {name}{address} <= {data};");
        }
        text.push_str("    end\n");
        text
    }

    /// The index behind the memory's name.
    fn address(&mut self, mem: &MemDef, node: NodeId) -> String {
        if mem.depth == 1 {
            String::new()
        } else {
            format!(
                "[{}]",
                self.operands.resized(node, Ty::u(mem.address_bits()))
            )
        }
    }
}

/// Name and contents of each file the text reads.
pub(super) fn files(module: &Module) -> Result<Vec<(String, String)>, HdlError> {
    let mut files: Vec<(String, String)> = vec![];
    for mem in module.mems.iter().filter(|m| m.depth > 1) {
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

/// What synthesis is told of a memory.
fn attributes(mem: &MemDef) -> String {
    let known = [
        (mem.large, "ram_style = \"huge\""),
        (mem.block && !mem.large, "ram_style = \"block\""),
        (mem.apart && mem.write.is_some(), "no_rw_check"),
    ];
    let told: Vec<&str> = known
        .iter()
        .filter(|(holds, _)| *holds && mem.depth > 1)
        .map(|(_, text)| *text)
        .collect();
    if told.is_empty() {
        return String::new();
    }
    format!("(* {} *) ", told.join(", "))
}

/// The only word of a memory of one, in hexadecimal.
pub(crate) fn first_word(mem: &MemDef) -> String {
    match &mem.init {
        MemInit::Words { words, .. } if !words.is_empty() => hex_word(&words[0], &mem.fields),
        _ => "0".to_owned(),
    }
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

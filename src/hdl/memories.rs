//! Memories of the builder: one read port, at most one write port.

use super::build::{Builder, Sig};
use super::error::HdlError;
use super::names::is_identifier;
use super::tape::{MemDef, MemInit, NodeId, Op, ReadPort, WritePort};
use super::ty::Ty;

/// Handle of a memory.
#[derive(Clone, Copy, Debug)]
pub struct Mem {
    index: u32,
    owner: u32,
}

impl Builder {
    /// A memory of `depth` words, each the `fields` packed with field 0 in the low bits.
    pub fn mem(&mut self, name: &str, fields: &[Ty], depth: usize, init: MemInit) -> Mem {
        let module = self.name.clone();
        if !is_identifier(name) {
            self.fail(HdlError::Name {
                module: module.clone(),
                name: name.into(),
            });
        }
        self.check_count(&format!("memory `{name}`"), depth);
        if fields.is_empty() || depth == 0 {
            let found = fields.len().min(depth);
            self.fail(HdlError::Count {
                module: module.clone(),
                what: format!("memory `{name}`"),
                found,
                expected: 1,
            });
        }
        for ty in fields {
            self.check_width(*ty, "mem");
        }
        if let MemInit::Words { file, words } = &init {
            self.check_words(name, fields, depth, file, words);
        }
        let index = self.mems.len() as u32;
        self.mems.push(MemDef {
            name: name.into(),
            fields: fields.to_vec(),
            depth,
            init,
            block: false,
            large: false,
            apart: false,
            read: None,
            write: None,
        });
        Mem {
            index,
            owner: self.owner,
        }
    }

    /// As [`Self::read`] without an enable, of which a word is looked at where `wanted` was 1: the others may meet a write.
    pub fn read_always(&mut self, m: Mem, address: Sig, wanted: Sig) -> Vec<Sig> {
        let words = self.read(m, address, None);
        let wanted = self.bit_arg(wanted, "read_always: wanted");
        if let Some(port) = self
            .mems
            .get_mut(m.index as usize)
            .and_then(|mem| mem.read.as_mut())
        {
            port.wanted = Some(wanted);
        }
        words
    }

    /// Says that no enabled read of `m` meets a write of the same word in the same cycle, so that a block memory that
    /// gives anything there needs no logic around it. A simulation counts a read that does as lost.
    pub fn reads_apart(&mut self, m: Mem) {
        if let Some(mem) = self.mems.get_mut(m.index as usize) {
            mem.apart = true;
        }
    }

    /// Asks for block memory whatever the size of `m`.
    pub fn in_block_memory(&mut self, m: Mem) {
        if let Some(mem) = self.mems.get_mut(m.index as usize) {
            mem.block = true;
        }
    }

    /// Asks for a large memory, which has one port: see [`Self::one_port`].
    pub fn in_large_memory(&mut self, m: Mem) {
        if let Some(mem) = self.mems.get_mut(m.index as usize) {
            mem.large = true;
        }
    }

    /// Both ports of `m` at one `address`: a cycle with `write` writes `data`, else one with `read` reads the fields of the
    /// word, one cycle later. A cycle that writes does not read.
    pub fn one_port(
        &mut self,
        m: Mem,
        address: Sig,
        (write, data): (Sig, &[Sig]),
        read: Sig,
    ) -> Vec<Sig> {
        let no_write = self.not(write);
        let reads = self.and(read, no_write);
        let word = self.read(m, address, Some(reads));
        self.write(m, write, address, data);
        word
    }

    fn check_words(
        &mut self,
        name: &str,
        fields: &[Ty],
        depth: usize,
        file: &str,
        words: &[Vec<i128>],
    ) {
        let module = self.name.clone();
        if file.is_empty()
            || !file
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c))
        {
            self.fail(HdlError::Name {
                module: module.clone(),
                name: file.into(),
            });
        }
        if words.len() > depth {
            let what = format!("contents of memory `{name}`");
            self.fail(HdlError::Count {
                module: module.clone(),
                what,
                found: words.len(),
                expected: depth,
            });
        }
        for word in words {
            if word.len() != fields.len() {
                let what = format!("a word of memory `{name}`");
                let (found, expected) = (word.len(), fields.len());
                self.fail(HdlError::Count {
                    module: module.clone(),
                    what,
                    found,
                    expected,
                });
            }
            for (&value, &ty) in word.iter().zip(fields) {
                if !ty.holds(value) {
                    let what = format!("a word of memory `{name}`");
                    self.fail(HdlError::Value {
                        module: module.clone(),
                        what,
                        value,
                        ty,
                    });
                }
            }
        }
    }

    /// The read port (one a memory): the fields of the word at `address`, one cycle later; held when `enable` is 0.
    ///
    /// A word written in the same cycle reads as it was. Before the first read the outputs are 0 in the interpreter and
    /// undefined in Verilog; so is a word beyond the depth (the interpreter counts those, see `Sim`).
    pub fn read(&mut self, m: Mem, address: Sig, enable: Option<Sig>) -> Vec<Sig> {
        let address = self.address_arg(address, "read");
        let enable = enable.map(|e| self.bit_arg(e, "read: enable"));
        let Some((name, fields)) = self.mem_parts(m) else {
            return vec![];
        };
        let many = fields.len() > 1;
        let mut outs = vec![];
        for (i, ty) in fields.into_iter().enumerate() {
            outs.push(self.push(
                Op::Read {
                    mem: m.index,
                    field: i as u32,
                },
                ty,
                "read",
            ));
            self.name_source(&if many {
                format!("{name}_rdata_{i}")
            } else {
                format!("{name}_rdata")
            });
        }
        let port = ReadPort {
            address,
            enable,
            wanted: None,
            fields: outs.iter().map(|s| s.id).collect(),
        };
        if self.mems[m.index as usize].read.replace(port).is_some() {
            let what = format!("the read port of memory `{name}`");
            self.fail(HdlError::DrivenTwice {
                module: self.name.clone(),
                what,
            });
        }
        outs
    }

    /// The write port (at most one a memory): `data[field]` into the word at `address` when `enable` is 1.
    pub fn write(&mut self, m: Mem, enable: Sig, address: Sig, data: &[Sig]) {
        let enable = self.bit_arg(enable, "write: enable");
        let address = self.address_arg(address, "write");
        let Some((name, fields)) = self.mem_parts(m) else {
            return;
        };
        if data.len() != fields.len() {
            let what = format!("data of memory `{name}`");
            let (found, expected) = (data.len(), fields.len());
            self.fail(HdlError::Count {
                module: self.name.clone(),
                what,
                found,
                expected,
            });
            return;
        }
        for (d, ty) in data.iter().zip(fields) {
            self.same_type("write", d.ty, ty);
        }
        let data = data.iter().map(|&d| self.arg(d, "write")).collect();
        if self.mems[m.index as usize]
            .write
            .replace(WritePort {
                enable,
                address,
                data,
            })
            .is_some()
        {
            let what = format!("the write port of memory `{name}`");
            self.fail(HdlError::DrivenTwice {
                module: self.name.clone(),
                what,
            });
        }
    }

    fn mem_parts(&mut self, m: Mem) -> Option<(String, Vec<Ty>)> {
        match self.mems.get(m.index as usize) {
            Some(def) if m.owner == self.owner => Some((def.name.clone(), def.fields.clone())),
            _ => {
                self.fail(HdlError::Foreign {
                    module: self.name.clone(),
                    what: "memory".into(),
                });
                None
            }
        }
    }

    fn address_arg(&mut self, s: Sig, what: &str) -> NodeId {
        if s.is_signed() {
            let (module, what) = (self.name.clone(), format!("{what}: address"));
            self.fail(HdlError::Type {
                module,
                what,
                left: s.ty,
                right: Ty::u(s.width()),
            });
        }
        self.arg(s, what)
    }
}

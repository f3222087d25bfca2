//! Memories that are loaded while the design runs. A writable one has two banks, of which one is read and the other one
//! written; one that is loaded before anything runs has one, and no word of it is read while words are written.
//!
//! A word comes in pieces of 32 bits, the lowest first. A memory takes it from the last pieces that came, all at once.

use crate::hdl::{Builder, MemInit, Sig, Ty};
use crate::rtl::fabric::LargeMemories;
use crate::rtl::memory::{memory, read};
use crate::rtl::plan::{LayerPlan, index_bits};
use crate::rtl::regs::delay_control;

/// Bits of a piece: a word of the load port.
pub(crate) const PIECE_BITS: u32 = 32;

/// A memory of constants: what stands in it at first.
#[derive(Clone, Debug)]
pub(crate) struct Contents {
    /// What it holds, and its name in a design.
    pub(crate) name: String,
    /// Fields of a word, the first in the low bits.
    pub(crate) fields: Vec<Ty>,
    /// Words by address.
    pub(crate) words: Vec<Vec<i128>>,
}

/// The size of a memory that is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    /// Pieces of a word.
    pub(crate) pieces: usize,
    /// Words.
    pub(crate) depth: usize,
}

impl Contents {
    /// Pieces of a word, and words.
    pub(crate) fn size(&self) -> Size {
        let bits: u32 = self.fields.iter().map(|field| field.width()).sum();
        Size {
            pieces: bits.div_ceil(PIECE_BITS) as usize,
            depth: self.words.len(),
        }
    }

    /// The words as they are loaded.
    pub(crate) fn pieces(&self) -> Vec<u32> {
        let pieces = self.size().pieces;
        let mut all = Vec::with_capacity(pieces * self.words.len());
        for word in &self.words {
            let start = all.len();
            all.resize(start + pieces, 0u32);
            let mut place = 0;
            for (&value, field) in word.iter().zip(&self.fields) {
                for bit in 0..field.width() {
                    let at = (place + bit) as usize;
                    all[start + at / 32] |= ((value >> bit & 1) as u32) << (at % 32);
                }
                place += field.width();
            }
        }
        all
    }
}

/// The largest of several sizes, in each direction.
pub(crate) fn largest(sizes: &[Size]) -> Size {
    Size {
        pieces: sizes.iter().map(|size| size.pieces).max().unwrap_or(1),
        depth: sizes.iter().map(|size| size.depth).max().unwrap_or(1),
    }
}

/// What writes the memories of a module, and which of their banks is read.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    /// The bank that is read, where there are two.
    pub(crate) bank: Option<Sig>,
    /// By memory: its word is written.
    pub(crate) write: Vec<Sig>,
    /// Which word.
    pub(crate) address: Sig,
    /// The last pieces that came, the latest first.
    pub(crate) pieces: Vec<Sig>,
}

impl Load {
    /// The input ports of a module with memories of these sizes; `banked`: of two banks each.
    pub(crate) fn inputs(b: &mut Builder, sizes: &[Size], banked: bool) -> Self {
        let most = largest(sizes);
        let load = Self {
            bank: banked.then(|| b.input("bank_i", Ty::BIT)),
            write: b.input_vec("load_write_i", Ty::BIT, sizes.len()),
            address: b.input("load_address_i", Ty::u(index_bits(most.depth))),
            pieces: b.input_vec("load_pieces_i", Ty::u(PIECE_BITS), most.pieces),
        };
        if banked {
            b.port_doc("bank_i", "the bank that is read; the other one is written");
        }
        b.port_doc(
            "load_pieces_i",
            "the last words of the load port, the latest first",
        );
        load
    }

    /// Connections to the ports of an instance that has the memories `first` and following, of these sizes.
    pub(crate) fn connect(
        &self,
        b: &mut Builder,
        first: usize,
        sizes: &[Size],
    ) -> Vec<(String, Vec<Sig>)> {
        let most = largest(sizes);
        let address = b.wrap(self.address, Ty::u(index_bits(most.depth)));
        let bank = self.bank.map(|bank| ("bank_i".to_owned(), vec![bank]));
        let others = [
            (
                "load_write_i".to_owned(),
                self.write[first..first + sizes.len()].to_vec(),
            ),
            ("load_address_i".to_owned(), vec![address]),
            (
                "load_pieces_i".to_owned(),
                self.pieces[..most.pieces].to_vec(),
            ),
        ];
        bank.into_iter().chain(others).collect()
    }

    /// The word that the last pieces make, field by field.
    fn word(&self, b: &mut Builder, contents: &Contents) -> Vec<Sig> {
        let pieces = contents.size().pieces;
        let mut place = 0;
        contents
            .fields
            .iter()
            .map(|field| {
                let (low, high) = (place, place + field.width());
                place = high;
                let mut parts = Vec::new();
                let mut at = low;
                while at < high {
                    let piece = self.pieces[pieces - 1 - (at / PIECE_BITS) as usize];
                    let end = high.min((at / PIECE_BITS + 1) * PIECE_BITS);
                    parts.push(b.slice(piece, at % PIECE_BITS, end - at));
                    at = end;
                }
                parts.reverse();
                let value = match *parts.as_slice() {
                    [one] => one,
                    _ => b.cat(&parts),
                };
                if field.is_signed() {
                    b.as_signed(value)
                } else {
                    value
                }
            })
            .collect()
    }
}

/// Where a memory stands in a module: its plan, what writes it if anything does, and the file of its first contents.
pub(crate) struct Place<'a> {
    pub(crate) plan: &'a LayerPlan,
    /// What writes, and the memory's number there.
    pub(crate) load: Option<(&'a Load, usize)>,
    pub(crate) file: String,
}

/// The word at `address` of a memory of constants, [`Fabric::read_cycles`](crate::rtl::Fabric::read_cycles) later, in registers named `word`. No address is
/// beyond the memory's end.
pub(crate) fn read_constants(
    b: &mut Builder,
    place: &Place<'_>,
    contents: &Contents,
    word: &str,
    (address, enable): (Sig, Sig),
) -> Vec<Sig> {
    let depth = contents.words.len();
    let bits = index_bits(depth);
    let bank = place.load.and_then(|(load, _)| load.bank);
    let (banked, init) = match (place.load, bank) {
        (Some(_), None) => (depth, MemInit::Unknown),
        (_, bank) => {
            let init = MemInit::Words {
                file: place.file.clone(),
                words: contents.words.clone(),
            };
            (depth + bank.map_or(0, |_| 1 << bits), init)
        }
    };
    let fabric = place.plan.fabric;
    let stored = memory(b, fabric, &contents.name, &contents.fields, banked, init);
    let mut address = address;
    if let Some((load, number)) = place.load {
        let mut target = b.wrap(load.address, Ty::u(bits));
        if let Some(bank) = bank {
            let other = b.not(bank);
            target = b.cat(&[other, target]);
            let within = b.wrap(address, Ty::u(bits));
            address = b.cat(&[bank, within]);
        }
        let data = load.word(b, contents);
        b.write(stored, load.write[number], target, &data);
    }
    read(b, place.plan, stored, word, address, enable)
}

/// The word at `address` of memory `number` of what `load` writes, in large memories, `2 + stages` cycles later: one to
/// choose the address.
pub(crate) fn read_large(
    b: &mut Builder,
    (load, number): (&Load, usize),
    contents: &Contents,
    large: LargeMemories,
    (address, enable): (Sig, Sig),
) -> Vec<Sig> {
    let name = &contents.name;
    let depth = contents.words.len();
    let ty = Ty::u(index_bits(depth));
    b.comment("one port: the word that is written, or the one that is read");
    let stored = b.mem(name, &contents.fields, depth, MemInit::Unknown);
    b.in_large_memory(stored);
    let target = b.wrap(load.address, ty);
    let address = b.mux(load.write[number], target, address);
    let address = b.delay(&format!("{name}_address"), address, 1);
    let write = delay_control(b, &format!("{name}_write"), load.write[number], 1);
    let wanted = delay_control(b, &format!("{name}_wanted"), enable, 1);
    // The pieces stay until the next one comes, eight cycles later.
    let data = load.word(b, contents);
    let word = b.one_port(stored, address, (write, &data), wanted);
    (0..)
        .zip(word)
        .map(|(field, value): (usize, _)| {
            b.delay(&format!("{name}_word{field}"), value, large.stages)
        })
        .collect()
}

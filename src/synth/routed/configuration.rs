//! What a bitstream of ECP5 holds, as Project Trellis' unpacker writes it: switches, words and settings by tile, and the contents of
//! block memories.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::wires::{Arc, local};
use crate::synth::error::SynthError;

/// Values of 9 bits in a block memory.
pub(super) const BYTES: usize = 2048;

/// Tiles of slices and switches, in which every bit has a known meaning. The settings of pins and blocks are spread over several
/// tiles, and the unpacker looks at one: it leaves bits of them over.
const FABRIC: [&str; 3] = ["PLC2", "CIB", "TAP_DRIVE"];

/// A bitstream, unpacked.
pub(super) struct Configuration<'a> {
    /// Name of the device.
    pub(super) device: &'a str,
    /// Words and settings by column and row, under their names; those of all tiles of the place together.
    pub(super) tiles: BTreeMap<(i32, i32), BTreeMap<&'a str, &'a str>>,
    /// Switches that are set.
    pub(super) arcs: BTreeSet<Arc<'a>>,
    /// Contents of block memories by number: values of 9 bits.
    pub(super) memories: BTreeMap<u32, Vec<u16>>,
}

impl<'a> Configuration<'a> {
    /// Out of the unpacker's text. `file` is what errors name.
    ///
    /// # Errors
    /// Something is not as the unpacker writes it, or is unknown to it.
    pub(super) fn of(text: &'a str, file: &Path) -> Result<Self, SynthError> {
        let mut found = Self {
            device: "no known device",
            tiles: BTreeMap::new(),
            arcs: BTreeSet::new(),
            memories: BTreeMap::new(),
        };
        let mut place = None;
        let mut kind = "";
        let mut memory = None;
        for (index, line) in text.lines().enumerate() {
            let wrong = |what: &str| SynthError::Unreadable {
                file: file.display().to_string(),
                what: format!("line {}: {what}: `{line}`", index + 1),
            };
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            match word {
                "" | ".comment" | ".sysconfig" => {}
                ".device" => found.device = rest.trim(),
                ".tile" => {
                    memory = None;
                    place = at(rest);
                    kind = rest.split_once(':').map_or("", |(_, kind)| kind);
                }
                ".bram_init" => {
                    let number = rest.trim().parse().map_err(|_| wrong("no number"))?;
                    memory = Some(found.memories.entry(number).or_default());
                }
                "arc:" => {
                    let arc = place
                        .zip(rest.split_once(' '))
                        .and_then(|(at, (to, from))| {
                            Some(Arc {
                                at,
                                to: local(to)?,
                                from: local(from)?,
                            })
                        });
                    found.arcs.extend([arc.ok_or_else(|| wrong("no switch"))?]);
                }
                "word:" | "enum:" => {
                    let (name, value) = rest.split_once(' ').ok_or_else(|| wrong("no value"))?;
                    if let Some(place) = place {
                        found.tiles.entry(place).or_default().insert(name, value);
                    }
                }
                "unknown:" if FABRIC.iter().any(|start| kind.starts_with(start)) => {
                    let what = format!("a bit of {kind} that Project Trellis does not know");
                    return Err(wrong(&what));
                }
                "unknown:" => {}
                _ => {
                    let memory = memory.as_deref_mut().ok_or_else(|| wrong("not known"))?;
                    for value in line.split_whitespace() {
                        let value = u16::from_str_radix(value, 16);
                        memory.push(value.map_err(|_| wrong("no memory contents"))?);
                    }
                }
            }
        }
        match found
            .memories
            .iter()
            .find(|(_, memory)| memory.len() != BYTES)
        {
            Some((number, memory)) => Err(SynthError::Unreadable {
                file: file.display().to_string(),
                what: format!("memory {number} has {} values, not {BYTES}", memory.len()),
            }),
            None => Ok(found),
        }
    }

    /// A word or setting at a place; the default of the database where the bitstream leaves it out.
    pub(super) fn value(&self, place: (i32, i32), name: &str, default: &'a str) -> &'a str {
        let tile = self.tiles.get(&place);
        tile.and_then(|tile| tile.get(name))
            .copied()
            .unwrap_or(default)
    }
}

/// Column and row of a tile `R10C23:PLC2`, `CIB_R10C1:CIB_LR`, …
fn at(tile: &str) -> Option<(i32, i32)> {
    let name = tile.split(':').next()?;
    let place = name.rsplit('_').find(|part| part.starts_with('R'))?;
    let (row, column) = place.strip_prefix('R')?.split_once('C')?;
    Some((column.parse().ok()?, row.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Configuration<'_>, String> {
        Configuration::of(text, Path::new("a.config")).map_err(|error| error.to_string())
    }

    #[test]
    fn tiles_and_contents_are_read_and_what_is_unknown_is_refused() {
        let memory = "000 1ff 003 004 005 006 007 008\n".repeat(BYTES / 8);
        let text = format!(
            ".device LFE5U-25F\n\n.comment x y\n\n.tile MIB_R25C20:MIB_EBR7\nword: EBR3.WID 110011111\n\n\
             .tile R4C7:PLC2\narc: A0 N1E2_F3\nenum: SLICEA.MODE CCU2\n\n.bram_init 3\n{memory}"
        );
        let found = read(&text).unwrap();
        assert_eq!(found.device, "LFE5U-25F");
        assert_eq!(found.value((7, 4), "SLICEA.MODE", "LOGIC"), "CCU2");
        assert_eq!(found.value((7, 4), "SLICEB.MODE", "LOGIC"), "LOGIC");
        assert_eq!(found.value((20, 25), "EBR3.WID", ""), "110011111");
        assert_eq!(found.memories[&3][..3], [0, 0x1ff, 3]);
        let arc = found.arcs.first().unwrap();
        assert_eq!(
            (arc.at, arc.from.name, arc.from.offset),
            ((7, 4), "F3", (2, -1))
        );
        for (bad, what) in [
            (".tile R4C7:PLC2\nunknown: F1B2\n", "does not know"),
            (".bram_init 3\n000 001\n", "memory 3 has 2 values"),
            ("arc: A0 F3\n", "line 1: no switch"),
            ("nonsense\n", "line 1: not known"),
        ] {
            let error = read(bad).map(|_| ()).unwrap_err();
            assert!(error.contains(what), "{error}");
        }
    }
}

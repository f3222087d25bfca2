//! Mutants behind a selector, in one netlist.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::error::MutantError;
use super::list::{BASE, Mutation, run};
use crate::emit::Emitted;

/// The input of the top module that selects a mutant; 0 is none.
pub(super) const SELECTOR: &str = "mutant_i";

/// Bits of the selector of `count` mutants.
pub(super) fn selector_bits(count: usize) -> u32 {
    (count + 1).next_power_of_two().trailing_zeros()
}

/// The design with `mutations`, of which [`SELECTOR`] selects one, as Yosys' form (`NAME.il`) in `folder`.
pub(super) fn write(
    yosys: &Path,
    folder: &Path,
    name: &str,
    mutations: &[&Mutation],
) -> Result<(), MutantError> {
    let bits = selector_bits(mutations.len());
    let mut script = format!("read_rtlil {BASE}\n");
    for (number, mutation) in mutations.iter().enumerate() {
        script.push_str(&format!(
            "mutate -ctrl {SELECTOR} {bits} {} {}\n",
            number + 1,
            mutation.arguments
        ));
    }
    script.push_str(&format!(
        "write_rtlil {name}.il\nwrite_verilog -noattr {name}.v\n"
    ));
    run(yosys, folder, name, &script)
}

/// The Verilog of [`write()`] as files of a design; contents of memories are part of it.
pub(super) fn emitted(folder: &Path, name: &str, top: &str) -> Result<Emitted, MutantError> {
    let text = fs::read_to_string(folder.join(format!("{name}.v")))?;
    Ok(Emitted {
        top: top.to_owned(),
        files: BTreeMap::from([("rtl/gs_mutants.v".into(), text)]),
        binaries: BTreeMap::new(),
    })
}

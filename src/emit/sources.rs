//! The Verilog of a design: one module a file, memory contents beside it.

use crate::emit::{EmitError, Emitted};
use crate::hdl::{all_modules, verilog};
use crate::rtl::Design;

/// Verilog and memory contents alone; each line of `header` becomes a comment line above every module.
///
/// # Errors
/// Only an internal bug of the hardware description.
pub fn sources(design: &Design, header: &str) -> Result<Emitted, EmitError> {
    let mut emitted = Emitted {
        top: design.top.name().to_owned(),
        ..Emitted::default()
    };
    for module in all_modules(&design.top) {
        let file = verilog(&module, header)?;
        emitted
            .files
            .insert(format!("rtl/{}.v", file.name).into(), file.text);
        for (name, text) in file.memory_files {
            emitted.files.insert(name.into(), text);
        }
    }
    Ok(emitted)
}

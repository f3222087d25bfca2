//! What a design needs on a board, as files.
//!
//! ```text
//! board/goldspike_system.v  board/gs_NAME_link*.v    the network with its link
//! board/files.f                                      all Verilog files, the network's too
//! board/…                                            the board's folder as it is
//! ```

use std::path::PathBuf;

use super::{Board, TOP};
use crate::emit::{EmitError, Emitted};
use crate::hdl::{all_modules, verilog};
use crate::link::{PROTOCOL, Shape, ShapeError, System, system};
use crate::rtl::Design;
use crate::rtl::stream::Layout;

/// Folder of a board inside a design's.
pub const FOLDER: &str = "board";

/// The system of a design on a board; `digest` is the network's.
///
/// # Errors
/// The outer one: a link that the board cannot have. The inner one: an internal bug of the description.
pub fn hardware(
    board: &Board,
    design: &Design,
    digest: &str,
) -> Result<Result<System, EmitError>, ShapeError> {
    let uart = board.uart;
    let shape = Shape::new(
        design,
        digest,
        (board.clock_hz, uart.baud),
        (uart.input_beats, uart.output_beats),
    )?;
    Ok(system(design, &shape).map_err(EmitError::from))
}

/// Adds the board's files to those of a design; each line of `header` becomes a comment line above every generated module.
///
/// # Errors
/// Only an internal bug of the hardware description.
pub fn add(
    emitted: &mut Emitted,
    board: &Board,
    system: &System,
    header: &str,
) -> Result<(), EmitError> {
    let mut list: Vec<String> = emitted
        .rtl()
        .map(|path| path.display().to_string())
        .collect();
    let known: Vec<String> = list.clone();
    for module in all_modules(&system.top) {
        if known.contains(&format!("rtl/{}.v", module.name())) {
            continue;
        }
        let file = verilog(&module, header)?;
        let path = format!("{FOLDER}/{}.v", file.name);
        list.push(path.clone());
        emitted.files.insert(path.into(), file.text);
    }
    for (name, text) in &board.files {
        let path = PathBuf::from(FOLDER).join(name);
        emitted.files.insert(path, text.clone());
    }
    list.push(format!("{FOLDER}/{}", board.top));
    emitted
        .files
        .insert(format!("{FOLDER}/LINK.md").into(), link_page(board, system));
    let mut text = format!(
        "// Verilog-2005 sources for {}, top module {TOP}. The .hex files are read from the folder in which the tool runs.\n",
        board.title
    );
    for path in list {
        text.push_str(&path);
        text.push('\n');
    }
    emitted.files.insert(list_path(), text);
    Ok(())
}

/// The link of this design, and the protocol.
fn link_page(board: &Board, system: &System) -> String {
    let shape = &system.shape;
    let layout = |layout: Layout, bytes: u32| {
        let payload = match layout.payload {
            0 => String::new(),
            bits => format!(", {bits} payload bits"),
        };
        format!(
            "{} address bits{payload}: {bytes} bytes a beat",
            layout.address
        )
    };
    format!(
        "`{}` on {}: {} baud ({} clocks of {} Hz a bit). Input: {}, {} beats in the largest frame. Output: {}, {} beats in the largest \
         frame.\n\n{}",
        system.network(),
        board.title,
        board.uart.baud,
        shape.clocks_per_bit,
        board.clock_hz,
        layout(shape.input, shape.input_bytes()),
        shape.input_beats,
        layout(shape.output, shape.output_bytes()),
        shape.output_beats,
        PROTOCOL
    )
}

/// The Verilog files of a design on its board, relative to the design's folder.
#[must_use]
pub fn sources(emitted: &Emitted) -> Vec<PathBuf> {
    let list = emitted.files.get(&list_path());
    let lines = list.into_iter().flat_map(|text| text.lines());
    lines
        .filter(|line| !line.starts_with("//"))
        .map(PathBuf::from)
        .collect()
}

fn list_path() -> PathBuf {
    PathBuf::from(FOLDER).join("files.f")
}

//! `goldspike image`: a network's weights and constants for the load port of another one's design.

use super::console::Console;
use super::input::{Integers, Source};
use super::options::{LaneArgs, QuantizeArgs};
use super::{Ending, errors, hardware};
use crate::diag::{Diagnostic, Place, codes};
use crate::image::image;
use crate::rtl::Fabric;
use clap::Args;
use serde_json::json;
use std::path::{Path, PathBuf};

/// The weights and constants of a network as the load port of a design with `--weights writable` or `--weights loaded` takes them.
///
/// Writes the words as bytes, the lowest byte of a word first, and beside them as text in FILE.hex. The design's network
/// and its hardware flags are those that the design was generated with.
#[derive(Debug, Args)]
pub struct ImageArgs {
    /// Network whose weights and constants are loaded: folder, quantized folder or embedded name.
    #[arg(value_name = "NETWORK|QUANT")]
    network: PathBuf,
    /// Network that the design was generated from.
    #[arg(long = "for", value_name = "NETWORK|QUANT")]
    design: PathBuf,
    /// File to write.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Version word that the design shows when the image is applied.
    #[arg(long, value_name = "N", default_value_t = 1)]
    image_version: u32,
    #[command(flatten)]
    quantize: QuantizeArgs,
    #[command(flatten)]
    lanes: LaneArgs,
}

/// Runs the verb.
///
/// # Errors
/// Bad input, a network of another shape, a file that cannot be written.
pub fn run(args: &ImageArgs, console: &Console) -> Result<Ending, Diagnostic> {
    let integers = |path: &Path| -> Result<(String, Integers), Diagnostic> {
        let source = Source::read(path, console)?;
        // What is quantized already is taken as it is.
        let flags = if source.imported().is_some() {
            args.quantize.clone()
        } else {
            QuantizeArgs::default()
        };
        Ok((source.name().to_owned(), source.integers(&flags)?))
    };
    let (design_name, made) = integers(&args.design)?;
    let (name, loaded) = integers(&args.network)?;
    let lanes = args.lanes.with_port();
    let design = hardware::design(&made.network, &lanes, Fabric::PORTABLE, false, console)?;
    let image = image(&loaded.network, &design, args.image_version)
        .map_err(|error| errors::image(&error))?;
    let mut hex = args.output.clone().into_os_string();
    hex.push(".hex");
    let hex = PathBuf::from(hex);
    write(&args.output, &image.bytes())?;
    write(&hex, image.hex().as_bytes())?;
    let shape = design.load.as_ref().map_or(0, |map| map.shape());
    console.result(
        || {
            format!(
                "{name} for the design of {design_name}: {} words, shape {shape:08x}, version {}\n\
                 network   digest {}\nimage     digest {}\nwritten   {} and {}\n",
                image.words().len(),
                args.image_version,
                loaded.digest,
                image.digest(),
                args.output.display(),
                hex.display(),
            )
        },
        || {
            json!({
                "network": name,
                "digest": loaded.digest,
                "design": design_name,
                "design_digest": made.digest,
                "image_digest": image.digest(),
                "image_version": args.image_version,
                "shape": format!("{shape:08x}"),
                "words": image.words().len(),
                "output": args.output.display().to_string(),
                "hex": hex.display().to_string(),
            })
        },
    );
    Ok(Ending::Done)
}

/// Writes a file as a whole: a temporary one takes its name.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Diagnostic> {
    let folder = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let written = tempfile::NamedTempFile::new_in(folder).and_then(|mut file| {
        std::io::Write::write_all(&mut file, bytes)?;
        file.persist(path).map_err(|error| error.error)
    });
    written.map(drop).map_err(|error| {
        Diagnostic::error(
            &codes::OUTPUT_UNWRITABLE,
            format!("cannot be written: {}", error.kind()),
        )
        .at(Place::file(path.display().to_string()))
        .help("name a file in a folder that is there and can be written")
    })
}

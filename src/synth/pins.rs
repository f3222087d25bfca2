//! Files of pins: whether every port has a pin.

use std::collections::BTreeSet;
use std::path::Path;

use super::error::SynthError;

/// The port bits that a file of pins does not name. The formats differ (`.pcf`, `.lpf`, `.cst`, `.ccf`), and in all of them a
/// port's name is a word of its own.
pub(crate) fn unnamed(text: &str, ports: &[String]) -> Vec<String> {
    let code = text.lines().map(|line| {
        let end = line.find('#').into_iter().chain(line.find("//")).min();
        &line[..end.unwrap_or(line.len())]
    });
    let words: BTreeSet<&str> = code
        .flat_map(|line| line.split(|c: char| c.is_whitespace() || "\",;=".contains(c)))
        .collect();
    let missing = ports.iter().filter(|port| !words.contains(port.as_str()));
    missing.cloned().collect()
}

/// Refuses a file of pins that does not name every port bit.
///
/// # Errors
/// [`SynthError::Unpinned`].
pub(crate) fn unpinned(file: &Path, text: &str, ports: &[String]) -> Result<(), SynthError> {
    let missing = unnamed(text, ports);
    if missing.is_empty() {
        return Ok(());
    }
    Err(SynthError::Unpinned {
        file: file.display().to_string(),
        ports: missing,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_without_a_pin_is_named_in_every_format() {
        let ports = ["clk_i", "a[0]", "a[1]"].map(str::to_owned);
        for (file, text) in [
            ("x.pcf", "set_io clk_i 35 # a[1]\nset_io a[0] 3\n"),
            (
                "x.lpf",
                "LOCATE COMP \"clk_i\" SITE \"P3\"; // a[1]\nLOCATE COMP \"a[0]\" SITE \"A4\";\n",
            ),
            ("x.cst", "IO_LOC \"clk_i\" 52;\nIO_LOC \"a[0]\" 3;\n"),
            (
                "x.ccf",
                "Pin_in \"clk_i\" Loc = \"IO_SB_A8\";\nPin_in \"a[0]\" Loc=\"IO_SB_A7\";\n",
            ),
        ] {
            let error = unpinned(Path::new(file), text, &ports).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("{file} names no pin for 1 port: a[1]")
            );
            unpinned(Path::new(file), text, &ports[..2]).unwrap();
        }
    }
}

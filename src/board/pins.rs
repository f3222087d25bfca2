//! Files of pins: whether every port has one.

/// The ports that a file of pins does not name. The formats differ (`.pcf`, `.lpf`, `.cst`, `.ccf`), and in all of them a
/// port's name is a word of its own.
pub(super) fn missing(text: &str, ports: &[String]) -> Vec<String> {
    let code = text.lines().map(|line| {
        let end = line.find('#').into_iter().chain(line.find("//")).min();
        &line[..end.unwrap_or(line.len())]
    });
    let words: Vec<&str> = code
        .flat_map(|line| line.split(|c: char| c.is_whitespace() || "\",;=".contains(c)))
        .collect();
    let unknown = ports.iter().filter(|port| !words.contains(&port.as_str()));
    unknown.cloned().collect()
}

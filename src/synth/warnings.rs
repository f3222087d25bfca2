//! Messages of Yosys after which the netlist is not the circuit that was described, though the exit status is 0.

/// Parts of such messages, in any of the supported versions.
///
/// - a driver conflict: two outputs on one wire; also what is left when `synth_ice40 -dsp` folds a product with two output
///   registers into a block that has one, and the product is gone;
/// - a wire without driver, which mapping may set to anything;
/// - a latch, and a loop: state that nobody described;
/// - a memory or instance that was given up.
const DEADLY: &[&str] = &[
    "driver-driver conflict",
    "multiple conflicting drivers",
    "conflicting with a constant",
    "is used but has no driver",
    "found logic loop",
    "logic loop in module",
    "latch inferred",
    "black box",
    "blackbox",
    "is not part of the design",
];

/// The deadly messages of a log, each once, in their order.
pub(crate) fn deadly(log: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in log.lines().map(str::trim) {
        let lower = line.to_lowercase();
        // `proc_dlatch` reports a latch without the word "Warning"; its `No latch inferred` is the good news.
        let candidate = lower.starts_with("warning:") || lower.starts_with("latch inferred");
        if candidate
            && DEADLY.iter().any(|part| lower.contains(part))
            && !found.iter().any(|known| known == line)
        {
            found.push(line.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::deadly;

    #[test]
    fn warnings_of_another_circuit_are_told_from_harmless_lines() {
        let log = "Warning: Driver-driver conflict for \\p [3] between cell a.Q and constant 1'x in t: Resolved.\n\
                   No latch inferred for signal `\\t.\\q' from process `\\t.$proc'.\n\
                   Latch inferred for signal `\\t.\\q' from process `\\t.$proc': $auto$1\n\
                   Warning: Wire t.\\x [0] is used but has no driver.\n\
                   Warning: Wire t.\\x [0] is used but has no driver.\n\
                   Warning: Replacing memory \\m with list of registers.\n\
                   Found and reported 1 problems.\n";
        let found = deadly(log);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].contains("Driver-driver") && found[1].starts_with("Latch inferred"));
        assert!(deadly("No latch inferred for signal `\\t.\\q'\n").is_empty());
    }
}

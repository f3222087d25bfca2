//! A report of mutants in words: a row a unit, and each mutant that is open.

use std::fmt;

use super::report::{Kill, Mutant, Report, UnitReport};

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "mutants: {} in {} units, {} plays each at most",
            self.mutants(),
            self.units.len(),
            self.plays
        )?;
        writeln!(
            f,
            "  {:<22}{:>8}{:>8}{:>9}{:>7}{:>8}{:>7}{:>12}{:>7}{:>9}",
            "unit",
            "mutants",
            "values",
            "protocol",
            "hangs",
            "cycles",
            "proof",
            "equivalent",
            "holes",
            "unknown"
        )?;
        for unit in &self.units {
            writeln!(
                f,
                "  {:<22}{:>8}{:>8}{:>9}{:>7}{:>8}{:>7}{:>12}{:>7}{:>9}",
                unit.unit.name,
                unit.mutants.len(),
                unit.killed(Kill::Trace),
                unit.killed(Kill::Protocol),
                unit.killed(Kill::Hang),
                unit.killed(Kill::Cycles),
                unit.killed(Kill::Proof),
                unit.equivalent(),
                unit.holes(),
                unit.unknown()
            )?;
        }
        for unit in &self.units {
            for mutant in unit.left() {
                open(f, unit, mutant)?;
            }
        }
        Ok(())
    }
}

fn open(f: &mut fmt::Formatter<'_>, unit: &UnitReport, mutant: &Mutant) -> fmt::Result {
    let mutation = &mutant.mutation;
    write!(
        f,
        "  NOT KILLED {}: {} of {}",
        unit.unit.name, mutation.mode, mutation.what
    )?;
    if let Some(signal) = &mutation.signal {
        write!(f, " at {signal}")?;
    }
    writeln!(f, ", {}: {}", mutation.place, mutant.fate.why())
}

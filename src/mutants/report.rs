//! What became of each mutant.

use super::list::{Mutation, Unit};

/// What noticed a mutant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kill {
    /// A spike, compared value or state is not the golden model's.
    Trace,
    /// The event protocol or AXI4-Stream was broken, or the error flag is not what it must be.
    Protocol,
    /// No end of a step for too long.
    Hang,
    /// Every value is right; the cycles are not those of the design as described.
    Cycles,
    /// The proof that the lane equals the golden step is refuted.
    Proof,
}

/// How a mutant stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Something noticed it.
    Killed(Kill),
    /// No input tells it from the original, proved; by what.
    Equivalent(&'static str),
    /// There is an input that tells it from the original, and nothing that was played does.
    Hole(String),
    /// Nobody knows, and why.
    Unknown(String),
}

impl Fate {
    /// Killed, or proved equivalent.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        matches!(self, Self::Killed(_) | Self::Equivalent(_))
    }

    /// Why it is open; nothing where it is not.
    #[must_use]
    pub fn why(&self) -> &str {
        match self {
            Self::Hole(why) | Self::Unknown(why) => why,
            Self::Killed(_) | Self::Equivalent(_) => "",
        }
    }
}

/// A mutation and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutant {
    /// The mutation.
    pub mutation: Mutation,
    /// Its fate.
    pub fate: Fate,
}

/// The mutants of a unit.
#[derive(Clone, Debug)]
pub struct UnitReport {
    /// The unit.
    pub unit: Unit,
    /// Each mutant; fewer than were asked for where the unit has no more.
    pub mutants: Vec<Mutant>,
}

impl UnitReport {
    /// Mutants that `is` says of.
    fn count(&self, is: impl Fn(&Fate) -> bool) -> usize {
        self.mutants
            .iter()
            .filter(|mutant| is(&mutant.fate))
            .count()
    }

    /// Mutants that were killed by this.
    #[must_use]
    pub fn killed(&self, by: Kill) -> usize {
        self.count(|fate| matches!(fate, Fate::Killed(kill) if *kill == by))
    }

    /// Mutants that are proved equivalent.
    #[must_use]
    pub fn equivalent(&self) -> usize {
        self.count(|fate| matches!(fate, Fate::Equivalent(_)))
    }

    /// Mutants that an input tells from the original, and nothing noticed.
    #[must_use]
    pub fn holes(&self) -> usize {
        self.count(|fate| matches!(fate, Fate::Hole(_)))
    }

    /// Mutants of which nobody knows.
    #[must_use]
    pub fn unknown(&self) -> usize {
        self.count(|fate| matches!(fate, Fate::Unknown(_)))
    }

    /// Mutants that are neither killed nor proved equivalent.
    pub fn left(&self) -> impl Iterator<Item = &Mutant> {
        self.mutants.iter().filter(|mutant| !mutant.fate.is_done())
    }
}

/// The mutants of a design.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// By unit.
    pub units: Vec<UnitReport>,
    /// Plays that each survivor of the simulation has seen.
    pub plays: usize,
    /// Tools and their versions.
    pub tools: Vec<String>,
}

impl Report {
    /// Each mutant is killed or proved equivalent, and there are some in each unit.
    #[must_use]
    pub fn passed(&self) -> bool {
        !self.units.is_empty()
            && self
                .units
                .iter()
                .all(|unit| !unit.mutants.is_empty() && unit.left().next().is_none())
    }

    /// Mutants in all.
    #[must_use]
    pub fn mutants(&self) -> usize {
        self.units.iter().map(|unit| unit.mutants.len()).sum()
    }
}

//! What the definitions of an expression are called, and which rule of the contract they follow: for readers alone.

use std::collections::HashMap;

/// An operation of the golden step: the definitions from `at` to the next one's are its.
#[derive(Clone, Debug)]
pub(super) struct Note {
    /// Number of the first definition.
    pub(super) at: usize,
    /// What its definitions are called after.
    pub(super) stem: &'static str,
    /// The rule; empty where nothing is to be said.
    pub(super) words: String,
}

/// Notes in the order of the definitions, and names of quantities.
#[derive(Clone, Debug, Default)]
pub(super) struct Labels {
    /// The operations.
    pub(super) notes: Vec<Note>,
    /// Names by definition.
    pub(super) names: HashMap<usize, String>,
}

impl Labels {
    /// What the definitions from `at` on are.
    pub(super) fn note(&mut self, at: usize, stem: &'static str, words: String) {
        if self.notes.last().is_some_and(|last| last.at == at) {
            self.notes.pop();
        }
        self.notes.push(Note { at, stem, words });
    }

    /// A name for a definition; the first one stays.
    pub(super) fn name(&mut self, at: usize, name: &str) {
        self.names.entry(at).or_insert_with(|| name.to_owned());
    }
}

//! Balanced pipelines: every value knows in which register stage it is valid, and is delayed to where it is used.

use std::collections::HashMap;

use crate::hdl::{Builder, Sig};

/// A named value that is valid `stage` register stages after the unit's inputs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timed {
    name: &'static str,
    sig: Sig,
    stage: u32,
}

impl Timed {
    /// A value at stage 0: an input of the unit.
    pub(crate) fn input(name: &'static str, sig: Sig) -> Self {
        Self {
            name,
            sig,
            stage: 0,
        }
    }
}

/// The delay registers of one unit; a value that is used in several stages is delayed by one shared chain. Names of
/// values are unique within a unit.
#[derive(Default)]
pub(crate) struct Pipe {
    stage: u32,
    chains: HashMap<&'static str, Vec<Sig>>,
}

impl Pipe {
    /// The stage that is being described.
    pub(crate) fn stage(&self) -> u32 {
        self.stage
    }

    /// Ends the stage: everything from here on happens one register later.
    pub(crate) fn next_stage(&mut self) {
        self.stage += 1;
    }

    /// Registers `value` at the end of this stage; it is valid in the next.
    pub(crate) fn register(&self, b: &mut Builder, name: &'static str, value: Sig) -> Timed {
        Timed {
            name,
            sig: register(b, &format!("{name}_q"), value),
            stage: self.stage + 1,
        }
    }

    /// `value` as it is in this stage.
    pub(crate) fn here(&mut self, b: &mut Builder, value: Timed) -> Sig {
        let chain = self
            .chains
            .entry(value.name)
            .or_insert_with(|| vec![value.sig]);
        let wanted = self.stage.saturating_sub(value.stage) as usize;
        while chain.len() <= wanted {
            let stage = value.stage as usize + chain.len();
            let last = chain[chain.len() - 1];
            chain.push(register(b, &format!("{}_s{stage}_q", value.name), last));
        }
        chain[wanted]
    }
}

/// `value` one cycle later.
fn register(b: &mut Builder, name: &str, value: Sig) -> Sig {
    let reg = b.reg(name, value.ty(), None);
    b.next(reg, value);
    reg.q
}

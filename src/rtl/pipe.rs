//! Balanced pipelines: every value knows in which register stage it is valid, and is delayed to where it is used.

use crate::hdl::{Builder, Sig};

/// A named value that is valid some register stages after the unit's inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timed {
    chain: usize,
}

/// A value in the stage in which it is valid first, then one stage later each.
struct Chain {
    name: String,
    stage: u32,
    values: Vec<Sig>,
}

/// The delay registers of one unit; a value that is used in several stages is delayed by one shared chain. Names of
/// values are unique within a unit.
#[derive(Default)]
pub(crate) struct Pipe {
    stage: u32,
    chains: Vec<Chain>,
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

    /// Describes an earlier stage again, beside what is there.
    pub(crate) fn back_to(&mut self, stage: u32) {
        self.stage = stage;
    }

    /// Ends stages until `value` is there.
    pub(crate) fn reach(&mut self, value: Timed) {
        self.stage = self.stage.max(self.chains[value.chain].stage);
    }

    /// A value at stage 0: an input of the unit.
    pub(crate) fn input(&mut self, name: &str, value: Sig) -> Timed {
        self.start(name, value, 0)
    }

    /// Name of an input of the unit, and the value as it comes in.
    pub(crate) fn first(&self, input: Timed) -> (String, Sig) {
        let chain = &self.chains[input.chain];
        (chain.name.clone(), chain.values[0])
    }

    /// Registers `value` at the end of this stage; it is valid in the next.
    pub(crate) fn register(&mut self, b: &mut Builder, name: &str, value: Sig) -> Timed {
        let value = register(b, &format!("{name}_q"), value);
        self.registered(name, value)
    }

    /// A value that comes out of a register at the end of this stage.
    pub(crate) fn registered(&mut self, name: &str, value: Sig) -> Timed {
        self.start(name, value, self.stage + 1)
    }

    fn start(&mut self, name: &str, value: Sig, stage: u32) -> Timed {
        self.chains.push(Chain {
            name: name.to_owned(),
            stage,
            values: vec![value],
        });
        Timed {
            chain: self.chains.len() - 1,
        }
    }

    /// `value` as it is in this stage.
    pub(crate) fn here(&mut self, b: &mut Builder, value: Timed) -> Sig {
        let Chain {
            name,
            stage,
            values,
        } = &mut self.chains[value.chain];
        debug_assert!(*stage <= self.stage, "{name} is not there yet");
        let wanted = self.stage.saturating_sub(*stage) as usize;
        while values.len() <= wanted {
            let reached = *stage as usize + values.len();
            let last = values[values.len() - 1];
            values.push(register(b, &format!("{name}_s{reached}_q"), last));
        }
        values[wanted]
    }
}

/// `value` one cycle later.
fn register(b: &mut Builder, name: &str, value: Sig) -> Sig {
    let reg = b.reg(name, value.ty(), None);
    b.next(reg, value);
    reg.q
}

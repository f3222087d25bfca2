//! The VCD file as it is written: declarations once, then only what changes.
//!
//! Every value is an integer here; a real one is multiplied by its LSB as it is written. Nothing of the past is kept
//! but the last value of each variable.

use std::io::{self, BufWriter, Write};

use vcd::{IdCode, ReferenceIndex, SimulationCommand, TimescaleUnit, Value, VarType, Writer};

use crate::wave::variables::{Kind, Variable, Variables};

/// Clock period in ns; the clock rises where a cycle begins.
pub(super) const PERIOD_NS: u64 = 10;

/// A VCD file under way.
pub(super) struct Dump<W: Write> {
    writer: Writer<BufWriter<W>>,
    shown: Vec<(IdCode, Kind, i128)>,
    clock: usize,
    started: bool,
}

impl<W: Write> Dump<W> {
    /// Writes the declarations; `clock` is the index of the clock among the values.
    pub(super) fn new(
        out: W,
        variables: &Variables,
        clock: usize,
        comment: &str,
    ) -> io::Result<Self> {
        let mut writer = Writer::new(BufWriter::new(out));
        writer.comment(comment)?;
        writer.version(concat!("goldspike ", env!("CARGO_PKG_VERSION")))?;
        writer.timescale(1, TimescaleUnit::NS)?;
        let code = |value: usize| IdCode::from(value as u64);
        let mut open: &[String] = &[];
        for (variable, value) in &variables.variables {
            enter(&mut writer, open, &variable.scope)?;
            open = &variable.scope;
            declare(&mut writer, variable, code(*value))?;
        }
        enter(&mut writer, open, &[])?;
        writer.enddefinitions()?;
        let shown = variables
            .values
            .iter()
            .enumerate()
            .map(|(value, (_, kind))| (code(value), *kind, 0))
            .collect();
        Ok(Self {
            writer,
            shown,
            clock,
            started: false,
        })
    }

    /// One cycle: the values, in the order of the variables, from its rising edge on; all of them the first time.
    pub(super) fn cycle(
        &mut self,
        cycle: u64,
        values: impl Iterator<Item = i128>,
    ) -> io::Result<()> {
        self.writer.timestamp(cycle * PERIOD_NS)?;
        if !self.started {
            self.writer.begin(SimulationCommand::Dumpvars)?;
        }
        for ((code, kind, last), value) in self.shown.iter_mut().zip(values) {
            if !self.started || *last != value {
                *last = value;
                change(&mut self.writer, *code, *kind, value)?;
            }
        }
        if !self.started {
            self.writer.end()?;
            self.started = true;
        }
        self.writer.timestamp(cycle * PERIOD_NS + PERIOD_NS / 2)?;
        let (code, kind, last) = &mut self.shown[self.clock];
        *last = 0;
        change(&mut self.writer, *code, *kind, 0)
    }

    /// Ends the file where cycle `end` would begin.
    pub(super) fn finish(&mut self, end: u64) -> io::Result<()> {
        self.writer.timestamp(end * PERIOD_NS)?;
        self.writer.flush()
    }
}

/// Closes and opens scopes.
fn enter<W: Write>(writer: &mut Writer<W>, from: &[String], to: &[String]) -> io::Result<()> {
    let common = from
        .iter()
        .zip(to)
        .take_while(|(from, to)| from == to)
        .count();
    for _ in common..from.len() {
        writer.upscope()?;
    }
    to[common..]
        .iter()
        .try_for_each(|scope| writer.add_module(scope))
}

fn declare<W: Write>(writer: &mut Writer<W>, variable: &Variable, code: IdCode) -> io::Result<()> {
    let (kind, width) = match variable.kind {
        Kind::Bit => (VarType::Wire, 1),
        Kind::Vector { width, .. } => (VarType::Wire, width),
        Kind::Integer => (VarType::Integer, 32),
        Kind::Real { .. } => (VarType::Real, 64),
    };
    let range = variable
        .kind
        .range()
        .map(|(high, low)| ReferenceIndex::Range(high as i32, low as i32));
    writer.var_def(kind, width, code, &variable.name, range)
}

fn change<W: Write>(
    writer: &mut Writer<W>,
    code: IdCode,
    kind: Kind,
    value: i128,
) -> io::Result<()> {
    let mut vector = |width: u32| {
        writer.change_vector(
            code,
            (0..width)
                .rev()
                .map(|bit| Value::from(value >> bit.min(127) & 1 == 1)),
        )
    };
    match kind {
        Kind::Bit => writer.change_scalar(code, value != 0),
        Kind::Vector { width, .. } => vector(width),
        Kind::Integer => vector(32),
        Kind::Real { lsb } => writer.change_real(code, value as f64 * lsb),
    }
}

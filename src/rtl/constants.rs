//! The constant memories of a layer's neurons: one of a word a row, and where constants depend on the time step a second
//! one of a word a step, or a step and row.
//!
//! The place in the second one is the first word of the step: 0 in the first step of a sample, one step further after
//! each finished step, and at the last step that has constants of its own it stays.

use goldspike_golden::quant::Param;

use crate::hdl::{Builder, Sig, Ty};
use crate::rtl::load::{self, Contents, Load, read_constants};
use crate::rtl::neuron::Column;
use crate::rtl::plan::{LayerPlan, index_bits};

/// The row that enters the lanes in the next cycle.
pub(crate) struct Place {
    /// Whether there is one.
    pub(crate) active: Sig,
    /// Its number.
    pub(crate) row: Sig,
    /// Whether it is the last of the step.
    pub(crate) last_row: Sig,
    /// Whether the step is the first of a sample.
    pub(crate) first: Sig,
}

/// The constants of the row's neurons by lane and column, [`read_cycles`](crate::rtl::Fabric::read_cycles) after `at`. Files are named `files`, with an ending.
pub(crate) fn constants(
    b: &mut Builder,
    plan: &LayerPlan,
    columns: &[Column],
    (files, load): (&str, Option<&Load>),
    at: &Place,
) -> Vec<Vec<Sig>> {
    let lanes = plan.neuron_lanes as usize;
    let (rows, steps) = tables(plan, columns);
    let stands = |number: usize, file: String| load::Place {
        plan,
        load: load.map(|load| (load, number)),
        file,
    };
    let rows_read = rows.read(b, &stands(0, format!("{files}.hex")), (at.row, at.active));
    let steps_read = if steps.columns.is_empty() {
        Vec::new()
    } else {
        let address = steps.address(b, at);
        let number = usize::from(!rows.columns.is_empty());
        let file = format!("{files}_by_step.hex");
        steps.read(b, &stands(number, file), (address, at.active))
    };
    (0..lanes)
        .map(|index| {
            let mut row = rows.of_lane(&rows_read, index).iter();
            let mut step = steps.of_lane(&steps_read, index).iter();
            columns
                .iter()
                .filter_map(|column| {
                    let from = if column.values.by_step() {
                        &mut step
                    } else {
                        &mut row
                    };
                    from.next().copied()
                })
                .collect()
        })
        .collect()
}

/// What the memories of constants hold that there are: by row, then by step.
pub(crate) fn constant_contents(plan: &LayerPlan, columns: &[Column]) -> Vec<Contents> {
    let (rows, steps) = tables(plan, columns);
    [rows, steps]
        .iter()
        .filter(|table| !table.columns.is_empty())
        .map(Table::contents)
        .collect()
}

/// The constants by row, and those by step.
fn tables<'a>(plan: &LayerPlan, columns: &'a [Column]) -> (Table<'a>, Table<'a>) {
    let lanes = plan.neuron_lanes as usize;
    let (by_step, by_row): (Vec<&Column>, Vec<&Column>) =
        columns.iter().partition(|column| column.values.by_step());
    let rows = Table {
        name: "constants",
        columns: by_row,
        lanes,
        rows: plan.rows as usize,
        steps: 1,
    };
    let by_neuron = by_step
        .iter()
        .any(|column| column.values.neurons().is_some());
    let steps = Table {
        name: "step_constants",
        lanes: if by_neuron { lanes } else { 1 },
        rows: if by_neuron { plan.rows as usize } else { 1 },
        steps: steps(columns),
        columns: by_step,
    };
    (rows, steps)
}

/// Steps that have constants of their own; 1 where the step does not matter.
fn steps(columns: &[Column]) -> usize {
    let steps = columns.iter().map(|column| column.values.steps());
    steps.max().unwrap_or(1)
}

struct Table<'a> {
    name: &'static str,
    columns: Vec<&'a Column>,
    /// Lanes with values of their own.
    lanes: usize,
    /// Rows with values of their own.
    rows: usize,
    steps: usize,
}

impl Table<'_> {
    fn read(&self, b: &mut Builder, stands: &load::Place<'_>, at: (Sig, Sig)) -> Vec<Sig> {
        if self.columns.is_empty() {
            return Vec::new();
        }
        read_constants(b, stands, &self.contents(), self.name, at)
    }

    fn contents(&self) -> Contents {
        Contents {
            name: self.name.to_owned(),
            fields: (0..self.lanes)
                .flat_map(|_| self.columns.iter().map(|column| column.ty))
                .collect(),
            words: (0..self.steps)
                .flat_map(|step| (0..self.rows).map(move |row| (step, row)))
                .map(|(step, row)| self.word(step, row))
                .collect(),
        }
    }

    fn word(&self, step: usize, row: usize) -> Vec<i128> {
        let value = |values: &Param<i64>, neuron| values.get(neuron, step).copied().unwrap_or(0);
        (0..self.lanes)
            .flat_map(|index| {
                let neuron = row * self.lanes + index;
                self.columns
                    .iter()
                    .map(move |column| i128::from(value(&column.values, neuron)))
            })
            .collect()
    }

    fn of_lane<'s>(&self, read: &'s [Sig], index: usize) -> &'s [Sig] {
        let at = index.min(self.lanes - 1) * self.columns.len();
        read.get(at..at + self.columns.len()).unwrap_or_default()
    }

    /// Word of the step and row that enter the lanes.
    fn address(&self, b: &mut Builder, at: &Place) -> Sig {
        b.comment("constants by step: first word of the step");
        let place = Ty::u(index_bits(self.steps * self.rows));
        let after = b.reg("step_place_q", place, Some(0));
        let zero = b.lit(0, place);
        let start = b.mux(at.first, zero, after.q);
        let start = b.name("step_place", start);
        let last = (self.steps - 1) * self.rows;
        let last = b.lit(last as i128, place);
        let at_last = b.eq(start, last);
        let stride = b.lit(self.rows as i128, Ty::u(index_bits(self.rows + 1)));
        let next = b.add(start, stride);
        let next = b.wrap(next, place);
        let next = b.mux(at_last, start, next);
        let step_ends = b.and(at.active, at.last_row);
        b.next_en(after, step_ends, next);
        if self.rows == 1 {
            return start;
        }
        let address = b.add(start, at.row);
        b.wrap(address, place)
    }
}

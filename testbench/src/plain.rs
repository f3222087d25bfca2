//! Completes a neuron by the tables of its model: what its modes need and nobody set gets the plainest legal value.

use goldspike_golden::format::QFormat;
use goldspike_golden::neuron::info::{Domain, StateUnit, TableInfo, TableOutput};
use goldspike_golden::quant::{Param, QuantNeuron};
use goldspike_golden::table::QuantTable;

/// Format of a state of its own that nobody chose.
pub const OWN: QFormat = QFormat::unsigned(8, 4);

/// Sets what is missing and removes what nothing reads: factors 1, reset and pending level as the threshold, which is
/// `fire_at` where it is missing, everything else 0; tables that are a line. Optional constants stay as they are.
pub fn complete(neuron: &mut QuantNeuron, membrane: QFormat, fire_at: i64) {
    let info = neuron.model.info();
    let threshold = info
        .constants
        .iter()
        .find(|row| row.domain == Domain::Threshold)
        .and_then(|row| neuron.constants.get(row.name).cloned())
        .unwrap_or(Param::Layer(fire_at));
    for row in info.constants {
        let found = neuron.constants.contains_key(row.name);
        match neuron.needs(row) {
            Some(false) => {
                neuron.constants.remove(row.name);
            }
            Some(true) if !found => {
                let value = match row.domain {
                    Domain::Decay { .. } | Domain::Conductance => {
                        Param::Layer(1 << neuron.coefficient.frac.clamp(0, 23))
                    }
                    Domain::Threshold | Domain::Pending | Domain::Amount => {
                        fit(&threshold, row.by_step)
                    }
                    Domain::Offset { .. } | Domain::Leak | Domain::State => Param::Layer(0),
                };
                neuron.constants.insert(row.name.to_owned(), value);
            }
            Some(true) | None => {}
        }
    }
    neuron
        .constants
        .retain(|name, _| info.constant(name).is_some());
    neuron.formats.retain(|name, _| own(info.states, name));
    for state in info.states.iter().filter(|s| s.unit == StateUnit::Own) {
        neuron.formats.entry(state.name.to_owned()).or_insert(OWN);
    }
    neuron
        .tables
        .retain(|name, _| info.tables.iter().any(|table| table.name == name));
    for table in info.tables {
        if !neuron.tables.contains_key(table.name) {
            let made = line(neuron, table, membrane);
            neuron.tables.insert(table.name.to_owned(), made);
        }
    }
}

fn own(states: &[goldspike_golden::neuron::StateInfo], name: &str) -> bool {
    states
        .iter()
        .any(|state| state.name == name && state.unit == StateUnit::Own)
}

/// The values of the first step where the shape may not depend on the step.
#[must_use]
pub fn fit<T: Clone>(param: &Param<T>, by_step: bool) -> Param<T> {
    if by_step || !param.by_step() {
        return param.clone();
    }
    match param.neurons() {
        None => Param::Layer(param.of(0)),
        Some(neurons) => Param::Neuron((0..neurons).map(|n| param.of(n)).collect()),
    }
}

/// Largest value of a table.
#[must_use]
pub const fn table_max(info: &TableInfo, coefficient: QFormat, membrane: QFormat) -> i64 {
    match info.output {
        TableOutput::Coefficient => 1 << coefficient.frac,
        TableOutput::Membrane => membrane.max(),
    }
}

/// Format of what a table is read at: the membrane's, or the first of a state's own.
#[must_use]
pub fn table_input(info: &TableInfo, neuron: &QuantNeuron, membrane: QFormat) -> QFormat {
    match info.input {
        StateUnit::Own => neuron.formats.values().next().copied().unwrap_or(OWN),
        StateUnit::Membrane | StateUnit::Steps => membrane,
    }
}

/// From 0 to the quarter of the largest value over the whole range of its input.
fn line(neuron: &QuantNeuron, info: &TableInfo, membrane: QFormat) -> QuantTable {
    const SEGMENTS: u32 = 3;
    let input = table_input(info, neuron, membrane);
    let most = table_max(info, neuron.coefficient, membrane);
    let knots = (0..=1i64 << SEGMENTS).map(|k| (most * k) >> (SEGMENTS + 2));
    QuantTable {
        low: input.min(),
        shift: input.width.saturating_sub(SEGMENTS),
        knots: knots.collect(),
    }
}

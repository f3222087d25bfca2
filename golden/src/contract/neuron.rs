//! The part of the contract that is a neuron's: modes, constants, tables, formats, by the tables of its model.

use crate::format::{Overflow, QFormat};
use crate::neuron::info::{ConstantInfo, Domain, StateUnit, TableInfo, TableOutput};
use crate::param::Param;
use crate::quant::{QuantLayer, QuantNeuron};

use super::{ContractError, Place, Problem};

/// Longest refractory period.
pub const MAX_REFRACTORY: u32 = 65_535;
/// Most segments of a table, as a power of two.
const MAX_SEGMENTS: u32 = 12;

impl QuantNeuron {
    pub(super) fn validate(
        &self,
        layer: &QuantLayer,
        place: Place<'_>,
    ) -> Result<(), ContractError> {
        let info = self.model.info();
        if let Some(switch) = info.modes.outside(&self.modes) {
            return Err(place.error(switch, Problem::Mode { model: info.name }));
        }
        let limit = i64::from(MAX_REFRACTORY);
        place.range("refractory", i64::from(self.refractory), 0, limit)?;
        place.unsigned("coefficient", self.coefficient)?;
        let width = i64::from(self.coefficient.width);
        place.range("coefficient.width", width, 1, 24)?;
        let frac = i64::from(self.coefficient.frac);
        place.range("coefficient.frac", frac, 0, width - 1)?;
        for row in info.constants {
            match (self.needs(row), self.constants.get(row.name)) {
                (Some(true), None) => return Err(place.error(row.name, Problem::Missing)),
                (Some(false), Some(_)) => return Err(place.error(row.name, Problem::Unread)),
                (_, None) => {}
                (_, Some(param)) => self.constant_row(layer, place, row, param)?,
            }
        }
        let unknown = |name: &String| info.constant(name).is_none();
        if let Some(name) = self.constants.keys().find(|name| unknown(name)) {
            return Err(place.error(
                "constants",
                Problem::Unknown {
                    found: name.clone(),
                },
            ));
        }
        self.own_formats(place)?;
        self.own_tables(layer, place)?;
        for scale in self.scales.values() {
            place.scale("scales", scale, layer.neurons)?;
        }
        Ok(())
    }

    fn constant_row(
        &self,
        layer: &QuantLayer,
        place: Place<'_>,
        row: &ConstantInfo,
        param: &Param<i64>,
    ) -> Result<(), ContractError> {
        if param.by_step() && !row.by_step {
            return Err(place.error(row.name, Problem::ByStep));
        }
        let range = layer.constant_range(row);
        place.param(row.name, param, layer.neurons, range)
    }

    fn own_formats(&self, place: Place<'_>) -> Result<(), ContractError> {
        let states = self.model.info().states;
        for state in states.iter().filter(|s| s.unit == StateUnit::Own) {
            let Some(format) = self.formats.get(state.name) else {
                return Err(place.error("formats", Problem::Missing));
            };
            place.unsigned("formats", *format)?;
            place.range("formats.width", i64::from(format.width), 2, 32)?;
            let width = i64::from(format.width);
            place.range("formats.frac", i64::from(format.frac), 0, width - 1)?;
        }
        let own = |name: &String| {
            states
                .iter()
                .any(|state| state.name == name && state.unit == StateUnit::Own)
        };
        match self.formats.keys().find(|name| !own(name)) {
            None => Ok(()),
            Some(name) => Err(place.error(
                "formats",
                Problem::Unknown {
                    found: name.clone(),
                },
            )),
        }
    }

    fn own_tables(&self, layer: &QuantLayer, place: Place<'_>) -> Result<(), ContractError> {
        let tables = self.model.info().tables;
        for &TableInfo { name, output, .. } in tables {
            let Some(table) = self.tables.get(name) else {
                return Err(place.error(name, Problem::Missing));
            };
            let segments = table.segments();
            let power = segments.is_power_of_two() && (2..=1 << MAX_SEGMENTS).contains(&segments);
            if !power {
                let found = table.knots.len();
                return Err(place.error(name, Problem::Knots { found }));
            }
            place.range(name, i64::from(table.shift), 0, 40)?;
            place.range(name, table.low, -(1 << 40), 1 << 40)?;
            let format = match output {
                TableOutput::Coefficient => self.coefficient,
                TableOutput::Membrane => QFormat::signed(layer.membrane.width, 0),
            };
            let knots = Param::Neuron(table.knots.clone());
            place.param(name, &knots, table.knots.len(), (0, format.max()))?;
            if let Some(at) = table.knots.windows(2).position(|pair| pair[1] < pair[0]) {
                return Err(place.error(name, Problem::Falls { index: at + 1 }));
            }
        }
        let known = |name: &String| tables.iter().any(|table| table.name == name);
        match self.tables.keys().find(|name| !known(name)) {
            None => Ok(()),
            Some(name) => Err(place.error(
                "tables",
                Problem::Unknown {
                    found: name.clone(),
                },
            )),
        }
    }
}

impl QuantLayer {
    /// Smallest and largest value that a constant of that table row may have in this layer.
    #[must_use]
    pub fn constant_range(&self, row: &ConstantInfo) -> (i64, i64) {
        let coefficient = self.neuron.coefficient;
        let (min, max) = (self.membrane.min(), self.membrane.max());
        let symmetric = self.overflow == Overflow::SaturateSymmetric;
        let one = 1i64 << coefficient.frac.clamp(0, 23);
        match row.domain {
            Domain::Decay { above_one: false } | Domain::Conductance => (0, one),
            Domain::Decay { above_one: true } => (0, coefficient.max()),
            Domain::Threshold => (1, max),
            Domain::Pending => (min, max + 1),
            Domain::Amount | Domain::Offset { .. } => (min, max),
            Domain::Leak => (0, max),
            Domain::State => (if symmetric { -max } else { min }, max),
        }
    }
}

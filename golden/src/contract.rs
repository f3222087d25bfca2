//! Whether a `QuantNetwork` obeys the arithmetic contract: lengths, widths, ranges.
//!
//! A network that passes can be run by every engine: no index is out of range, no sum leaves its accumulator, no
//! constant is cut. Behaviour (does it spike, does it saturate) is not judged here.

mod neuron;

use core::fmt;

use crate::format::QFormat;
use crate::param::Param;
use crate::quant::{Payloads, QuantLayer, QuantNetwork};

pub use neuron::MAX_REFRACTORY;

/// Widest aligned sum; leaves room for the product, the offset and the reset in 64 bits.
const SUM_BITS: u32 = 61;

/// Largest magnitude of a binary point, so that every LSB is a normal double.
const MAX_FRAC: i64 = 256;

/// The rule that a network breaks, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct ContractError {
    /// Name of the layer; `None` for the network itself or its input.
    pub layer: Option<String>,
    /// Field of [`QuantNetwork`], [`QuantLayer`] or the neuron.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    /// A vector has another number of entries.
    Length {
        /// Entries found.
        found: usize,
        /// Entries needed.
        expected: usize,
    },
    /// A number is outside of its range.
    Range {
        /// Index in a vector; `None` for a value of the whole layer.
        index: Option<usize>,
        /// The number.
        value: i64,
        /// The smallest legal one.
        low: i64,
        /// The largest legal one.
        high: i64,
    },
    /// A number must equal another one.
    Mismatch {
        /// The number.
        found: i64,
        /// What it must be.
        expected: i64,
    },
    /// A one-bit weight is neither -1 nor +1.
    Binary {
        /// Index in the weights.
        index: usize,
        /// The weight.
        value: i32,
    },
    /// A scale is not a finite number above 0.
    Scale {
        /// Index in a vector; `None` for a value of the whole layer.
        index: Option<usize>,
        /// The scale.
        value: f64,
    },
    /// A format has the wrong signedness.
    Sign {
        /// The format.
        found: QFormat,
        /// Whether it must be signed.
        signed: bool,
    },
    /// The accumulator does not hold the worst-case sums of its rows.
    Sums {
        /// Smallest possible sum.
        low: i64,
        /// Largest possible sum.
        high: i64,
        /// The accumulator.
        accumulator: QFormat,
    },
    /// An aligned sum needs more bits than the contract allows.
    AlignedSum {
        /// Bits needed.
        bits: i64,
        /// Bits allowed.
        limit: i64,
    },
    /// A name is empty or has other characters than letters, digits, `_`, `-`, `.`.
    Name {
        /// The name.
        found: String,
    },
    /// A switch that the model does not have, or not with its other ones.
    Mode {
        /// Name of the model.
        model: &'static str,
    },
    /// A constant, format or table of the model that is not there.
    Missing,
    /// A constant that nothing reads with these modes.
    Unread,
    /// A name that the model does not have.
    Unknown {
        /// The name.
        found: String,
    },
    /// A constant that may not depend on the step.
    ByStep,
    /// Another number of knots than a power of two plus 1.
    Knots {
        /// The number.
        found: usize,
    },
    /// A knot below the one before it.
    Falls {
        /// Its index.
        index: usize,
    },
    /// A layer's name was already taken.
    Repeated {
        /// The name.
        found: String,
    },
}

impl fmt::Display for ContractError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(layer) = &self.layer {
            write!(f, "layer `{layer}`: ")?;
        }
        write!(f, "`{}` ", self.field)?;
        let at = |f: &mut fmt::Formatter<'_>, index: Option<usize>| match index {
            Some(index) => write!(f, "entry {index} "),
            None => Ok(()),
        };
        match &self.problem {
            Problem::Length { found, expected } => {
                write!(f, "has {found} entries, needs {expected}")
            }
            Problem::Range {
                index,
                value,
                low,
                high,
            } => {
                at(f, *index)?;
                write!(f, "is {value}, must be within {low} to {high}")
            }
            Problem::Mismatch { found, expected } => write!(f, "is {found}, must be {expected}"),
            Problem::Binary { index, value } => {
                write!(f, "entry {index} is {value}, a 1-bit weight is -1 or 1")
            }
            Problem::Scale { index, value } => {
                at(f, *index)?;
                write!(f, "is {value}, must be finite and above 0")
            }
            Problem::Sign { found, signed } => {
                write!(
                    f,
                    "is {found}, must be {}",
                    if *signed { "signed" } else { "unsigned" }
                )
            }
            Problem::Sums {
                low,
                high,
                accumulator,
            } => write!(
                f,
                "{accumulator} ({} bits) holds {} to {}, the rows reach {low} to {high}",
                accumulator.width,
                accumulator.min(),
                accumulator.max()
            ),
            Problem::AlignedSum { bits, limit } => {
                write!(f, "aligns a sum to {bits} bits, the limit is {limit}")
            }
            Problem::Name { found } => {
                write!(
                    f,
                    "is {found:?}, must be one or more letters, digits, `_`, `-` or `.`"
                )
            }
            Problem::Mode { model } => {
                write!(
                    f,
                    "is set to what the model `{model}` does not have with its other switches"
                )
            }
            Problem::Missing => f.write_str("is missing"),
            Problem::Unread => f.write_str("is there, and nothing reads it with these switches"),
            Problem::Unknown { found } => {
                write!(f, "names {found:?}, which the model does not have")
            }
            Problem::ByStep => f.write_str("depends on the step, which this model cannot"),
            Problem::Knots { found } => write!(
                f,
                "has {found} knots, must have a power of two plus 1, from 3 to 4097"
            ),
            Problem::Falls { index } => write!(f, "falls at knot {index}, must never fall"),
            Problem::Repeated { found } => write!(f, "{found:?} is the name of an earlier layer"),
        }
    }
}

impl core::error::Error for ContractError {}

/// Smallest and largest synaptic sum, bias included, that any step's events can give any neuron of the layer:
/// `[b - pmax * sum of w-, b + pmax * sum of w+]` over the rows, each address at most once with a payload of 0 to
/// `pmax`; `b +- pmax * sum of |w|` for signed payloads of `-pmax` to `pmax`. Ends beyond 64 bits are clamped to them. Exact ends are attained by a step's events.
#[must_use]
pub fn accumulator_range(layer: &QuantLayer, fed: Payloads) -> (i64, i64) {
    let payload = i128::from(fed.max);
    let ends = layer.bias.iter().enumerate().map(|(n, &bias)| {
        let start = n.saturating_mul(layer.axons);
        let row = layer
            .weights
            .get(start..start.saturating_add(layer.axons))
            .unwrap_or_default();
        let (mut low, mut high) = (i128::from(bias), i128::from(bias));
        for &weight in row {
            let part = i128::from(weight) * payload;
            low += if fed.signed { -part.abs() } else { part.min(0) };
            high += if fed.signed { part.abs() } else { part.max(0) };
        }
        (low, high)
    });
    let (low, high) = ends
        .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
        .unwrap_or_default();
    let clamp = |end: i128| i64::try_from(end).unwrap_or(if end < 0 { i64::MIN } else { i64::MAX });
    (clamp(low), clamp(high))
}

/// Where a check stands: makes the errors.
#[derive(Clone, Copy)]
struct Place<'a> {
    layer: Option<&'a str>,
}

impl Place<'_> {
    fn error(self, field: &'static str, problem: Problem) -> ContractError {
        ContractError {
            layer: self.layer.map(str::to_owned),
            field,
            problem,
        }
    }

    fn require(
        self,
        holds: bool,
        field: &'static str,
        problem: Problem,
    ) -> Result<(), ContractError> {
        if holds {
            Ok(())
        } else {
            Err(self.error(field, problem))
        }
    }

    fn length(
        self,
        field: &'static str,
        found: usize,
        expected: usize,
    ) -> Result<(), ContractError> {
        self.require(
            found == expected,
            field,
            Problem::Length { found, expected },
        )
    }

    fn range(
        self,
        field: &'static str,
        value: i64,
        low: i64,
        high: i64,
    ) -> Result<(), ContractError> {
        self.require(
            (low..=high).contains(&value),
            field,
            Problem::Range {
                index: None,
                value,
                low,
                high,
            },
        )
    }

    fn unsigned(self, field: &'static str, found: QFormat) -> Result<(), ContractError> {
        let signed = false;
        self.require(!found.signed, field, Problem::Sign { found, signed })
    }

    fn at_least_one(self, field: &'static str, count: usize) -> Result<(), ContractError> {
        self.range(
            field,
            i64::try_from(count).unwrap_or(i64::MAX),
            1,
            i64::from(u32::MAX),
        )
    }

    fn name(self, name: &str) -> Result<(), ContractError> {
        let legal = !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
        self.require(
            legal,
            "name",
            Problem::Name {
                found: name.to_owned(),
            },
        )
    }

    /// Length and range of a parameter.
    fn param(
        self,
        field: &'static str,
        param: &Param<i64>,
        neurons: usize,
        (low, high): (i64, i64),
    ) -> Result<(), ContractError> {
        let many = self.entries(field, param, neurons)?;
        match param
            .values()
            .iter()
            .enumerate()
            .find(|(_, value)| !(low..=high).contains(*value))
        {
            None => Ok(()),
            Some((n, &value)) => Err(self.error(
                field,
                Problem::Range {
                    index: many.then_some(n),
                    value,
                    low,
                    high,
                },
            )),
        }
    }

    fn scale(
        self,
        field: &'static str,
        param: &Param<f64>,
        neurons: usize,
    ) -> Result<(), ContractError> {
        let many = self.entries(field, param, neurons)?;
        match param
            .values()
            .iter()
            .enumerate()
            .find(|(_, value)| !(value.is_finite() && **value > 0.0))
        {
            None => Ok(()),
            Some((n, &value)) => Err(self.error(
                field,
                Problem::Scale {
                    index: many.then_some(n),
                    value,
                },
            )),
        }
    }

    /// Checks the number of entries; whether there is one a neuron.
    fn entries<T>(
        self,
        field: &'static str,
        param: &Param<T>,
        neurons: usize,
    ) -> Result<bool, ContractError> {
        match param {
            Param::Layer(_) => Ok(false),
            Param::Neuron(values) => self.length(field, values.len(), neurons).map(|()| true),
            Param::Step { by_step } => {
                let expected = by_step.len().max(1);
                self.length(field, by_step.len(), expected).map(|()| true)
            }
            Param::StepNeuron {
                steps,
                by_step_and_neuron,
            } => {
                let expected = steps.saturating_mul(neurons).max(1);
                self.length(field, by_step_and_neuron.len(), expected)
                    .map(|()| true)
            }
        }
    }
}

impl QuantNetwork {
    /// Checks the whole contract.
    ///
    /// # Errors
    /// The first broken rule: the network and its input before the layers, in their order.
    pub fn validate(&self) -> Result<(), ContractError> {
        let place = Place { layer: None };
        place.name(&self.name)?;
        place.range(
            "time_steps",
            i64::from(self.time_steps),
            1,
            i64::from(u32::MAX),
        )?;
        let input = &self.input;
        place.at_least_one("input.axons", input.axons)?;
        let least = i64::from(input.encoding.payload_max().max(1));
        place.range(
            "input.payload_max",
            i64::from(input.payload_max),
            least,
            i64::from(i32::MAX),
        )?;
        place.scale("input.payload_scale", &Param::Layer(input.payload_scale), 1)?;
        place.at_least_one("layers", self.layers.len())?;
        let (mut axons, mut fed) = (input.axons, input.payloads());
        for (l, layer) in self.layers.iter().enumerate() {
            let place = Place {
                layer: Some(&layer.name),
            };
            let taken = self
                .layers
                .iter()
                .take(l)
                .any(|before| before.name == layer.name);
            place.require(
                !taken,
                "name",
                Problem::Repeated {
                    found: layer.name.clone(),
                },
            )?;
            let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
            let mismatch = Problem::Mismatch {
                found: count(layer.axons),
                expected: count(axons),
            };
            place.require(layer.axons == axons, "axons", mismatch)?;
            layer.validate(fed)?;
            (axons, fed) = (layer.neurons, layer.payloads());
        }
        Ok(())
    }
}

impl QuantLayer {
    /// Checks one layer that is fed `fed`.
    ///
    /// # Errors
    /// The first broken rule.
    pub fn validate(&self, fed: Payloads) -> Result<(), ContractError> {
        let place = Place {
            layer: Some(&self.name),
        };
        place.name(&self.name)?;
        place.at_least_one("axons", self.axons)?;
        place.at_least_one("neurons", self.neurons)?;
        place.range("weight_bits", i64::from(self.weight_bits), 1, 16)?;
        place.length(
            "weights",
            self.weights.len(),
            self.neurons.saturating_mul(self.axons),
        )?;
        place.length("bias", self.bias.len(), self.neurons)?;
        self.validate_weights(place)?;
        place.require(
            self.membrane.signed,
            "membrane",
            Problem::Sign {
                found: self.membrane,
                signed: true,
            },
        )?;
        place.range("membrane.width", i64::from(self.membrane.width), 4, 32)?;
        place.range(
            "membrane.frac",
            i64::from(self.membrane.frac),
            -MAX_FRAC,
            MAX_FRAC,
        )?;
        place.scale("scale", &self.scale, self.neurons)?;
        self.validate_accumulator(place, fed)?;
        self.neuron.validate(self, place)
    }

    fn validate_weights(&self, place: Place<'_>) -> Result<(), ContractError> {
        let mut weights = self.weights.iter().enumerate();
        if self.weight_bits == 1 {
            return match weights.find(|(_, weight)| weight.abs_diff(0) != 1) {
                None => Ok(()),
                Some((index, &value)) => {
                    Err(place.error("weights", Problem::Binary { index, value }))
                }
            };
        }
        let format = QFormat::signed(self.weight_bits, 0);
        match weights.find(|(_, weight)| !format.holds(i64::from(**weight))) {
            None => Ok(()),
            Some((index, &weight)) => Err(place.error(
                "weights",
                Problem::Range {
                    index: Some(index),
                    value: i64::from(weight),
                    low: format.min(),
                    high: format.max(),
                },
            )),
        }
    }

    fn validate_accumulator(&self, place: Place<'_>, fed: Payloads) -> Result<(), ContractError> {
        let accumulator = self.accumulator;
        place.require(
            accumulator.signed,
            "accumulator",
            Problem::Sign {
                found: accumulator,
                signed: true,
            },
        )?;
        place.range(
            "accumulator.width",
            i64::from(accumulator.width),
            1,
            i64::from(SUM_BITS),
        )?;
        place.range(
            "guard_bits",
            i64::from(self.guard_bits),
            -i64::from(SUM_BITS),
            i64::from(SUM_BITS),
        )?;
        let found = i64::from(accumulator.frac);
        let expected = i64::from(self.membrane.frac) - i64::from(self.guard_bits);
        place.require(
            found == expected,
            "accumulator.frac",
            Problem::Mismatch { found, expected },
        )?;
        let (low, high) = accumulator_range(self, fed);
        let holds = accumulator.holds(low) && accumulator.holds(high);
        place.require(
            holds,
            "accumulator",
            Problem::Sums {
                low,
                high,
                accumulator,
            },
        )?;
        let bits = i64::from(QFormat::signed_for(low, high, 0).width) + i64::from(self.guard_bits);
        let limit = i64::from(SUM_BITS);
        place.require(
            bits <= limit,
            "guard_bits",
            Problem::AlignedSum { bits, limit },
        )
    }
}

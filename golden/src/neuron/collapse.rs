//! A layer's real parameters as the hardware computes with them: products folded, one number a constant of the model.
//!
//! What is folded, and where, is each model's `collapse`. The reference runs on the result; the quantizer turns it into
//! integers.

use std::collections::BTreeMap;

use crate::arith::Threshold;
use crate::describe::{Fire, Neuron};
use crate::format::QFormat;
use crate::neuron::info::Domain;
use crate::neuron::modes::{Modes, Reset, ResetTiming};
use crate::neuron::refractory::Refractory;
use crate::neuron::{Cell, Source};
use crate::param::Param;
use crate::table::Table;

/// Real constants of a layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Collapsed {
    /// The neuron they are of.
    pub neuron: Neuron,
    /// Factor of the synaptic current, folded into weights and bias.
    pub input_gain: Param<f64>,
    /// Values by name of the constant: factors, or real units of `v` ([`Domain::Threshold`] and [`Domain::Amount`]: of `h`).
    pub constants: BTreeMap<&'static str, Param<f64>>,
    /// Real value of 1 in `h` (key `h`) or in a state, over that of 1 in `v`, where it is not 1.
    pub scales: BTreeMap<&'static str, Param<f64>>,
    /// Slopes of the sigmoids, by table.
    pub slopes: BTreeMap<&'static str, f64>,
    /// The first folded number that is not exact as a double: key of the file, entry, value there.
    pub inexact: Option<(&'static str, usize, f64)>,
}

impl Collapsed {
    /// Nothing folded yet.
    #[must_use]
    pub fn new(neuron: &Neuron) -> Self {
        Self {
            neuron: neuron.clone(),
            input_gain: Param::Layer(1.0),
            constants: BTreeMap::new(),
            scales: BTreeMap::new(),
            slopes: BTreeMap::new(),
            inexact: None,
        }
    }

    /// The parameter `key` as it stands.
    #[must_use]
    pub fn given(&self, key: &'static str) -> Param<f64> {
        self.neuron.value(key)
    }

    /// The constant `name`, which the model has with these modes.
    pub fn set(&mut self, name: &'static str, value: Param<f64>) {
        self.constants.insert(name, value);
    }

    /// `a b`, and whether it is exact is kept; `key` is where `a` comes from.
    pub fn product(&mut self, key: &'static str, a: &Param<f64>, b: &Param<f64>) -> Param<f64> {
        // The fused residual of a product is 0 only if the product was exact.
        self.exactly(key, a, b, |a, b| (a * b, a.mul_add(b, -(a * b)) == 0.0))
    }

    /// `a + b`, and whether it is exact is kept; `key` is where `a` comes from.
    pub fn sum(&mut self, key: &'static str, a: &Param<f64>, b: &Param<f64>) -> Param<f64> {
        // Knuth's two-sum: the residual is 0 only if the sum was exact.
        self.exactly(key, a, b, |a, b| {
            let sum = a + b;
            let part = sum - a;
            (sum, (a - (sum - part)) + (b - part) == 0.0)
        })
    }

    fn exactly(
        &mut self,
        key: &'static str,
        a: &Param<f64>,
        b: &Param<f64>,
        f: impl Fn(f64, f64) -> (f64, bool),
    ) -> Param<f64> {
        let file = self.given(key);
        let neurons = a.neurons().or(b.neurons()).unwrap_or(1).max(1);
        let mut index = 0;
        let inexact = &mut self.inexact;
        a.zip(b, |&a, &b| {
            let (value, exact) = f(a, b);
            if !exact {
                let there = file.get(index % neurons, index / neurons);
                inexact.get_or_insert((key, index, there.copied().unwrap_or(a)));
            }
            index += 1;
            value
        })
    }

    /// Real value of 1 in `h` over that of 1 in `v`.
    #[must_use]
    pub fn h_scale(&self) -> f64 {
        self.scales.get("h").map_or(1.0, |scale| scale.of(0))
    }

    /// Largest number of steps that have constants of their own.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.constants.values().map(Param::steps).max().unwrap_or(1)
    }

    /// The neuron `n` in step `t`; `None` if a constant is missing or has no such entry.
    #[must_use]
    pub fn cell(&self, n: usize, t: usize) -> Option<Cell<f64>> {
        let period = self.neuron.refractory;
        let model = self.neuron.model.build(&RealSource { of: self, n, t })?;
        Some(Cell {
            model,
            refractory: (period > 0).then(|| Refractory {
                steps: f64::from(period),
                one: 1.0,
                zero: 0.0,
            }),
        })
    }
}

/// The real constants of one neuron in one step.
struct RealSource<'a> {
    of: &'a Collapsed,
    n: usize,
    t: usize,
}

impl Source<f64> for RealSource<'_> {
    fn modes(&self) -> &Modes {
        &self.of.neuron.modes
    }

    fn has(&self, name: &'static str) -> bool {
        self.of.constants.contains_key(name)
    }

    fn number(&self, name: &'static str) -> Option<f64> {
        let value = *self.of.constants.get(name)?.get(self.n, self.t)?;
        let info = self.of.neuron.model.info().constant(name)?;
        Some(match info.domain {
            Domain::Threshold | Domain::Amount | Domain::Pending => value / self.of.h_scale(),
            _ => value,
        })
    }

    fn threshold(&self, name: &'static str) -> Option<Threshold<f64>> {
        let info = self.of.neuron.model.info().constant(name)?;
        Some(Threshold {
            level: self.number(name)?,
            fire: match info.domain {
                Domain::Pending => Fire::Gt,
                _ => self.of.neuron.fire,
            },
        })
    }

    fn drop(&self) -> u32 {
        0
    }

    fn membrane(&self) -> QFormat {
        QFormat::signed(63, 0)
    }

    fn format(&self, _state: &'static str) -> QFormat {
        QFormat::signed(63, 0)
    }

    fn integer(&self, value: i64) -> f64 {
        value as f64
    }

    fn one(&self, _state: &'static str) -> f64 {
        1.0
    }

    fn table(&self, name: &'static str) -> Option<Table<f64>> {
        Some(Table {
            low: f64::NEG_INFINITY,
            high: f64::INFINITY,
            shift: 0,
            knots: Vec::new(),
            slope: *self.of.slopes.get(name)?,
        })
    }
}

/// Constants that most models have.
impl Collapsed {
    /// `fire_at`, and what the modes need for the reset: `pending_at`, `reset_by`, `v_reset`; `v_init`.
    pub fn set_reset(&mut self) {
        let Modes {
            reset,
            reset_timing,
            ..
        } = self.neuron.modes;
        let threshold = self.given("v_threshold");
        if reset_timing == ResetTiming::SameStepGuarded {
            self.set("pending_at", threshold.clone());
        }
        match reset {
            Reset::Hard => self.set("v_reset", self.given("v_reset")),
            Reset::Soft => self.set("reset_by", threshold.clone()),
            Reset::None => {}
        }
        self.set("fire_at", threshold);
        self.set("v_init", self.given("v_init"));
    }
}

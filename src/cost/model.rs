//! A cost model of a target: placed cells and clock rate, linear in the [`Features`], fitted to measured designs.
//!
//! The error that is stated is that of designs that were left out of the fit, each in turn. Clock rates are a fit of the
//! period to the logarithm of the cells, for the wires, and to the square root of the products' bits, for the multipliers.

use std::fmt;

use serde::Serialize;

use super::error::CostError;
use super::features::{FEATURES, Features};
use super::fit::{Weights, fitted, value};
use super::table::{CostTable, Measurement};
use crate::synth::Target;

/// Least share of a device's cells that a chosen design leaves free, in percent.
pub const LEAST_MARGIN: usize = 15;

/// Fewest designs for a model.
const FEWEST: usize = FEATURES + 2;

/// Mean and largest relative error, of designs that were left out of the fit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Accuracy {
    /// Designs.
    pub designs: usize,
    /// Mean, in percent.
    pub mean_percent: f64,
    /// Largest, in percent.
    pub worst_percent: f64,
}

/// A fitted model.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The target on which its designs were measured.
    pub measured_on: String,
    cells: Weights<FEATURES>,
    period: Weights<PACE>,
    /// Error of the cells.
    pub cells_error: Accuracy,
    /// Error of the clock rate.
    pub fmax_error: Accuracy,
}

/// What a model says of a design.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// Placed cells.
    pub cells: usize,
    /// Clock rate in MHz.
    pub fmax_mhz: f64,
    /// Error of the cells.
    pub cells_error: Accuracy,
    /// Error of the clock rate.
    pub fmax_error: Accuracy,
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (cells, fmax) = (self.cells_error, self.fmax_error);
        write!(
            f,
            "about {} cells (error {} % in the mean, {} % at most), {:.0} MHz (error {} %, {} %)",
            self.cells,
            cells.mean_percent,
            cells.worst_percent,
            self.fmax_mhz,
            fmax.mean_percent,
            fmax.worst_percent
        )
    }
}

/// The target whose measurements hold for another of the same cells and speed.
fn stand_in(target: &Target) -> &'static str {
    match target.name {
        "hx1k" => "hx8k",
        "ecp5-85k" => "ecp5-25k",
        name => name,
    }
}

impl Model {
    /// The model of a target, of the stored measurements.
    ///
    /// # Errors
    /// Too few designs were measured.
    pub fn of(target: &Target) -> Result<Self, CostError> {
        Self::fit(&CostTable::stored()?, target)
    }

    /// The model of a target, of a table.
    ///
    /// # Errors
    /// Too few designs were measured.
    pub fn fit(table: &CostTable, target: &Target) -> Result<Self, CostError> {
        let measured_on = stand_in(target);
        let designs: Vec<&Measurement> = table
            .targets
            .get(measured_on)
            .into_iter()
            .flat_map(|designs| designs.values())
            .collect();
        let none = || CostError::NoModel {
            target: target.name,
            designs: designs.len(),
            needed: FEWEST,
        };
        if designs.len() < FEWEST {
            return Err(none());
        }
        let cells: Vec<_> = designs
            .iter()
            .map(|design| (design.features.vector(), design.cells as f64))
            .collect();
        let periods: Vec<_> = designs
            .iter()
            .map(|design| {
                (
                    pace(design.cells as f64, &design.features),
                    1000.0 / design.fmax_mhz,
                )
            })
            .collect();
        Ok(Self {
            measured_on: measured_on.to_owned(),
            cells: fitted(&cells).ok_or_else(none)?,
            period: fitted(&periods).ok_or_else(none)?,
            cells_error: left_out(&cells).ok_or_else(none)?,
            fmax_error: left_out(&periods).ok_or_else(none)?,
        })
    }

    /// Share of the device's cells that a chosen design leaves free, in percent: at least [`LEAST_MARGIN`], and the largest
    /// error.
    #[must_use]
    pub fn margin_percent(&self) -> usize {
        let worst = self.cells_error.worst_percent.ceil() as usize;
        worst.clamp(LEAST_MARGIN, 90)
    }

    /// Placed cells.
    #[must_use]
    pub fn cells(&self, features: &Features) -> f64 {
        value(&self.cells, &features.vector())
    }

    /// What a part of a design adds to its cells.
    #[must_use]
    pub fn share(&self, part: &Features) -> f64 {
        self.cells(part) - self.cells(&Features::default())
    }

    /// Cells and clock rate.
    #[must_use]
    pub fn estimate(&self, features: &Features) -> Estimate {
        let cells = self.cells(features);
        let mhz = 1000.0 / value(&self.period, &pace(cells, features));
        Estimate {
            cells: cells.round() as usize,
            fmax_mhz: (mhz * 10.0).round() / 10.0,
            cells_error: self.cells_error,
            fmax_error: self.fmax_error,
        }
    }
}

/// Features of a period.
const PACE: usize = 3;

fn pace(cells: f64, features: &Features) -> [f64; PACE] {
    let products = features.products as f64;
    [1.0, cells.max(1.0).ln(), products.sqrt()]
}

/// The errors of each row by a fit of the others.
fn left_out<const N: usize>(rows: &[([f64; N], f64)]) -> Option<Accuracy> {
    let mut errors = Vec::with_capacity(rows.len());
    for (left, (x, y)) in rows.iter().enumerate() {
        let mut others = rows.to_vec();
        others.remove(left);
        errors.push(100.0 * (value(&fitted(&others)?, x) / y - 1.0).abs());
    }
    let tenths = |percent: f64| (percent * 10.0).round() / 10.0;
    Some(Accuracy {
        designs: rows.len(),
        mean_percent: tenths(errors.iter().sum::<f64>() / errors.len().max(1) as f64),
        worst_percent: tenths(errors.iter().copied().fold(0.0, f64::max)),
    })
}

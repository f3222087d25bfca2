//! What the quantizer did to a network, layer by layer, for people and for `--format json`.
//!
//! The accuracies are filled by whoever runs the network. The field names are read by scripts: they stay.

use super::constants::unit;
use super::draft::Draft;
use super::folded::{moves, table};
use super::interval::Span;
use super::membrane::Membrane;
use super::scale::raw_weight;
use goldspike_golden::arith::Raw;
use goldspike_golden::describe::Layer;
use goldspike_golden::format::{Overflow, Rounding};
use goldspike_golden::neuron::{Collapsed, Domain};
use goldspike_golden::quant::{Param, QuantLayer, QuantNeuron};
use serde::{Deserialize, Serialize};

/// Report of one quantization.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Name of the network.
    pub network: String,
    /// Digest of the integers.
    pub digest: String,
    /// By layer, the first layer first.
    pub layers: Vec<LayerReport>,
    /// Accuracy of the network in real numbers, 0 to 1, if it was run.
    pub accuracy_float: Option<f64>,
    /// Accuracy of the integers, 0 to 1, if they were run.
    pub accuracy_quant: Option<f64>,
}

/// Whether a state update can overflow the membrane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Saturation {
    /// The membrane holds every value that any input of any length gives.
    Unreachable,
    /// It may not.
    Reachable,
}

/// One layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerReport {
    /// Name of the neuron layer.
    pub name: String,
    /// Weight width.
    pub weight_bits: u32,
    /// Format of the membrane, as `fixed` prints it.
    pub membrane: String,
    /// Format of the decay.
    pub coefficient: String,
    /// Width of the synaptic sum.
    pub accumulator_bits: u32,
    /// Bits of the membrane below the accumulator's LSB.
    pub guard_bits: i32,
    /// Whether the overflow mode can act.
    pub saturation: Saturation,
    /// All values of `h` and `v` in membrane LSBs for samples of any length; none if there is no finite bound.
    pub bound: Option<Bound>,
    /// Weights beyond the largest raw weight by more than half a step.
    pub clipped_weights: usize,
    /// Real value of 2^frac membrane LSBs, one a layer or one a neuron.
    pub scale: Param<f64>,
    /// Smallest threshold in membrane LSBs.
    pub threshold_lsbs: i64,
    /// The worst error of each kind of constant; kinds without an error are left out.
    pub errors: Vec<ConstantError>,
    /// What leak and rounding do that real numbers do not.
    pub notes: Vec<String>,
}

/// Smallest and largest value, in membrane LSBs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bound {
    /// Smallest.
    pub low: i64,
    /// Largest.
    pub high: i64,
}

/// The constant of a kind that lost most.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConstantError {
    /// Field of the network's file, with `input_gain` and `k` folded in.
    pub field: String,
    /// Entry, from 0 (weights: row-major).
    pub index: usize,
    /// Real value asked for.
    pub wanted: f64,
    /// Real value of the integer.
    pub stored: f64,
    /// `stored - wanted`.
    pub error: f64,
}

pub(crate) fn layer(
    layer: &Layer,
    charge: &Collapsed,
    draft: &Draft,
    membrane: &Membrane,
    quant: &QuantLayer,
) -> LayerReport {
    let raw = &membrane.neuron;
    let bound = membrane.bound.as_ref();
    let membrane_held = bound.is_some_and(|b| b.membrane_held(membrane.width, quant.overflow));
    let own_held = bound.is_some_and(|b| b.own_held(raw));
    let held = membrane_held && own_held;
    let mut notes = notes(raw, quant, held);
    if membrane_held && !own_held {
        let own = raw.formats.iter();
        let own: Vec<_> = own.map(|(name, f)| format!("{name} ({f})")).collect();
        notes.push(format!(
            "no membrane can overflow; of the other states {} can",
            own.join(", ")
        ));
    }
    LayerReport {
        name: layer.name.clone(),
        weight_bits: quant.weight_bits,
        membrane: quant.membrane.to_string(),
        coefficient: raw.coefficient.to_string(),
        accumulator_bits: quant.accumulator.width,
        guard_bits: quant.guard_bits,
        saturation: if held {
            Saturation::Unreachable
        } else {
            Saturation::Reachable
        },
        bound: membrane.bound.as_ref().map(|bounds| Bound {
            low: bounds.membrane.low,
            high: bounds.membrane.high,
        }),
        clipped_weights: draft.clipped,
        scale: quant.scale.clone(),
        threshold_lsbs: raw.fire_at().values().iter().copied().min().unwrap_or(0),
        errors: errors(layer, charge, draft, membrane),
        notes,
    }
}

fn errors(
    layer: &Layer,
    charge: &Collapsed,
    draft: &Draft,
    membrane: &Membrane,
) -> Vec<ConstantError> {
    let raw = &membrane.neuron;
    let neurons = 0..layer.neurons;
    let gain = |n: usize| charge.input_gain.of(n);
    let mut found = Vec::new();
    found.extend(worst(
        "weight",
        layer.weights.iter().enumerate().map(|(i, w)| {
            let n = i / layer.axons;
            (w * gain(n), f64::from(draft.weights[i]) * draft.step[n])
        }),
    ));
    // A bias that moved to the constant input is counted there.
    let moved = |n: usize| !draft.moved[n].is_zero();
    found.extend(worst(
        "bias",
        neurons.clone().map(|n| {
            let wanted = layer.bias[n] * gain(n);
            (
                wanted,
                if moved(n) {
                    wanted
                } else {
                    draft.bias[n] as f64 * draft.lsb[n]
                },
            )
        }),
    ));
    let factor_lsb = f64::from(raw.coefficient.frac).exp2().recip();
    for (row, wanted) in table(charge) {
        // The comparison itself is exact; only the amount of a reset is rounded.
        if matches!(row.domain, Domain::Threshold | Domain::Pending) {
            continue;
        }
        let stored = raw.constant(row.name);
        let entries = (0..wanted.steps()).flat_map(|t| neurons.clone().map(move |n| (n, t)));
        let pairs = entries.filter_map(|(n, t)| {
            let (mut wanted, stored) = (*wanted.get(n, t)?, *stored.get(n, t)? as f64);
            let lsb = if row.domain.is_membrane() {
                unit(draft, charge, row.domain, n, membrane.guard_bits).to_f64()
            } else {
                factor_lsb
            };
            if moves(row) {
                wanted += draft.moved[n].to_f64();
            }
            Some((wanted, stored * lsb))
        });
        found.extend(worst(row.file, pairs));
    }
    found
}

fn worst(field: &str, pairs: impl Iterator<Item = (f64, f64)>) -> Option<ConstantError> {
    pairs
        .enumerate()
        .map(|(index, (wanted, stored))| ConstantError {
            field: field.to_owned(),
            index,
            wanted,
            stored,
            error: stored - wanted,
        })
        .max_by(|a, b| {
            a.error
                .abs()
                .total_cmp(&b.error.abs())
                .then(b.index.cmp(&a.index))
        })
        .filter(|e| e.error != 0.0)
}

fn notes(raw: &QuantNeuron, quant: &QuantLayer, held: bool) -> Vec<String> {
    let mut notes = Vec::new();
    let threshold = raw.fire_at().values().iter().copied().min().unwrap_or(1);
    let frac = raw.coefficient.frac.max(0).unsigned_abs();
    let factors: Vec<i64> = raw
        .table()
        .filter(|(row, _)| row.name == "decay")
        .flat_map(|(_, values)| values.values().to_vec())
        .collect();
    let zone = factors
        .iter()
        .map(|&d| dead_zone(d, frac, quant.rounding))
        .fold(Span::point(0), Span::hull);
    let decays = factors.iter().any(|&d| d < 1 << frac);
    if decays && zone != Span::point(0) {
        let share = 100.0 * zone.high.max(-zone.low) as f64 / threshold as f64;
        notes.push(format!(
            "dead zone: without input a membrane of {} to {} LSBs no longer decays ({share:.2} % of the threshold)",
            zone.low, zone.high
        ));
    }
    if !held && quant.overflow == Overflow::Wrap {
        notes.push(
            "overflow wraps and is reachable: a membrane beyond its format changes sign".to_owned(),
        );
    }
    notes
}

/// The values that a decay below 1 keeps as they are. The leak `v -> R(decay v)` is monotone and moves toward
/// zero, so it has no limit cycles: without input every membrane ends in this zone.
fn dead_zone(decay: i64, frac: u32, rounding: Rounding) -> Span {
    if decay >= 1 << frac {
        return Span::point(0);
    }
    let raw = Raw {
        rounding,
        overflow: Overflow::Saturate,
    };
    let stuck = |v: i64| raw.round(i128::from(decay) * i128::from(v), frac) == i128::from(v);
    let reach = |sign: i64| {
        let (mut inside, mut outside) = (0i64, 1i64 << 33);
        while outside - inside > 1 {
            let middle = i64::midpoint(inside, outside);
            if stuck(sign * middle) {
                inside = middle
            } else {
                outside = middle
            }
        }
        sign * inside
    };
    Span::new(reach(-1), reach(1))
}

/// Squared error of `weights` at a step: what the least-squares choice minimises.
#[must_use]
pub fn squared_error(weights: &[f64], step: f64, bits: u32) -> f64 {
    weights
        .iter()
        .map(|&w| {
            let error = w - step * f64::from(raw_weight(w, step, bits));
            error * error
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dead_zones_of_the_rounding_modes() {
        // decay 15/16: nearest keeps 2^(k-1) - 1 or 2^(k-1) LSBs, floor all negative ones down to -15, to_zero none.
        assert_eq!(dead_zone(15, 4, Rounding::HalfUp), Span::new(-7, 8));
        assert_eq!(dead_zone(15, 4, Rounding::HalfEven), Span::new(-8, 8));
        assert_eq!(dead_zone(15, 4, Rounding::Floor), Span::new(-15, 0));
        assert_eq!(dead_zone(15, 4, Rounding::ToZero), Span::point(0));
        assert_eq!(dead_zone(16, 4, Rounding::HalfUp), Span::point(0));
    }
}

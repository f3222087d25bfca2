//! The real constants of a layer's neurons as the hardware will compute with them: `h = A v + gain x + B`, a threshold, a reset.
//!
//! Each model is brought into this form by its `From`-like function here (what is folded, and where), and its integers
//! back into its own variant by the function in [`Charge::build`]. Choosing formats, rounding and bounds are the same for all.

use super::constants::Constants;
use goldspike_golden::describe::{Fire, Klif, Lif, Neuron};
use goldspike_golden::neuron::lif::{Reset, ResetTiming, Spikes};
use goldspike_golden::quant::{Param, QuantKlif, QuantLif, QuantNeuron};

/// A layer's neurons with every factor folded in.
#[derive(Clone, Debug)]
pub(crate) struct Charge {
    /// Factor of `v`.
    pub decay: Param<f64>,
    /// Factor of the synaptic current, folded into weights and bias.
    pub input_gain: Param<f64>,
    /// Constant input.
    pub offset: Param<f64>,
    /// Threshold, in units of the compared value.
    pub v_threshold: Param<f64>,
    /// Value after a hard reset.
    pub v_reset: Param<f64>,
    /// Value before the first step.
    pub v_init: Param<f64>,
    /// Comparison with the threshold.
    pub fire: Fire,
    /// Kind of reset.
    pub reset: Reset,
    /// When it acts.
    pub reset_timing: ResetTiming,
    /// Which spikes are fired.
    pub spikes: Spikes,
    /// Units of the compared value in one unit of the kept one.
    pub h_scale: f64,
    /// The first folded product that is not exact as a double: key of the file, entry, value there.
    pub inexact: Option<(&'static str, usize, f64)>,
    build: fn(&Self, Constants) -> QuantNeuron,
}

impl Charge {
    /// The form of a described model.
    pub fn of(neuron: &Neuron) -> Self {
        match neuron {
            Neuron::Lif(lif) => of_lif(lif),
            Neuron::Klif(klif) => of_klif(klif),
        }
    }

    /// The model with its integers.
    pub fn model(&self, constants: Constants) -> QuantNeuron {
        (self.build)(self, constants)
    }

    /// Threshold of neuron `n` in units of the kept value (one rounding, for choices that need no exactness).
    pub fn level(&self, n: usize) -> f64 {
        self.v_threshold.of(n) / self.h_scale
    }
}

fn of_lif(lif: &Lif) -> Charge {
    Charge {
        decay: lif.decay.clone(),
        input_gain: lif.input_gain.clone(),
        offset: lif.offset.clone(),
        v_threshold: lif.v_threshold.clone(),
        v_reset: lif.v_reset.clone(),
        v_init: lif.v_init.clone(),
        fire: lif.fire,
        reset: lif.reset,
        reset_timing: lif.reset_timing,
        spikes: lif.spikes,
        h_scale: 1.0,
        inexact: None,
        build: |charge, c| {
            QuantNeuron::Lif(QuantLif {
                coefficient: c.coefficient,
                decay: c.decay,
                offset: c.offset,
                fire_at: c.fire_at,
                pending_at: c.pending_at,
                reset_by: c.reset_by,
                v_reset: c.v_reset,
                v_init: c.v_init,
                reset: charge.reset,
                reset_timing: charge.reset_timing,
                spikes: charge.spikes,
            })
        },
    }
}

/// `relu(k c) = k relu(c)` for `k > 0`: `k` goes into decay, gain and offset, or with `scale_reset` into the threshold.
fn of_klif(klif: &Klif) -> Charge {
    let k = klif.charge_scale();
    let mut inexact = None;
    let mut folded = |key: &'static str, p: &Param<f64>| {
        for (n, &value) in p.values().iter().enumerate() {
            // The fused residual of a product is 0 only if the product was exact.
            if k.mul_add(value, -(k * value)) != 0.0 {
                inexact.get_or_insert((key, n, value));
            }
        }
        p.map(|&value| k * value)
    };
    Charge {
        decay: folded("decay", &klif.decay),
        input_gain: folded("input_gain", &klif.input_gain),
        offset: folded("offset", &klif.offset),
        v_threshold: klif.v_threshold.clone(),
        v_reset: klif.v_reset.clone(),
        v_init: klif.v_init.clone(),
        fire: klif.fire,
        reset: klif.reset,
        reset_timing: ResetTiming::SameStep,
        spikes: Spikes::Binary,
        h_scale: klif.h_scale(),
        inexact,
        build: |charge, c| {
            QuantNeuron::Klif(QuantKlif {
                coefficient: c.coefficient,
                decay: c.decay,
                offset: c.offset,
                fire_at: c.fire_at,
                reset_by: c.reset_by,
                v_reset: c.v_reset,
                v_init: c.v_init,
                reset: charge.reset,
                h_scale: charge.h_scale,
            })
        },
    }
}

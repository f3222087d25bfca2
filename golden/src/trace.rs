//! What a network did: for each layer, neuron and step the spike, the compared value `h` and every kept state.
//!
//! Two engines agree when their traces are equal. `N` is `i64` (raw) for bit-exact engines and `f64` for the reference.

/// One layer in one time step; each vector has one entry a neuron.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerTrace<N> {
    /// Spikes: 0, 1, or -1 for a negative ternary spike.
    pub spikes: Vec<i8>,
    /// Value compared with the threshold.
    pub h: Vec<N>,
    /// Kept states after the step, by state index of the model (LIF: `[v]`), each of one entry a neuron.
    pub states: Vec<Vec<N>>,
}

/// All layers in one time step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepTrace<N> {
    /// By layer, the first layer first.
    pub layers: Vec<LayerTrace<N>>,
}

/// One sample.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SampleTrace<N> {
    /// By time step.
    pub steps: Vec<StepTrace<N>>,
}

impl<N> SampleTrace<N> {
    /// Sum of the last layer's spikes over the steps, by neuron (the `spike_count` read-out).
    #[must_use]
    pub fn counts(&self) -> Vec<i64> {
        let mut counts = Vec::new();
        for layer in self.steps.iter().filter_map(|step| step.layers.last()) {
            counts.resize(layer.spikes.len(), 0);
            for (count, &spike) in counts.iter_mut().zip(&layer.spikes) {
                *count += i64::from(spike);
            }
        }
        counts
    }

    /// Neuron of the largest count; the lowest index wins a tie. `None` without neurons.
    #[must_use]
    pub fn prediction(&self) -> Option<usize> {
        let counts = self.counts();
        (0..counts.len()).min_by_key(|&i| (core::cmp::Reverse(counts[i]), i))
    }
}

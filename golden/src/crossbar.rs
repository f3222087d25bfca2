//! The crossbar: exact sums of weights over the events of a step.
//!
//! No rounding and no overflow happens here: the accumulator holds every sum of the actual rows.

use crate::arith::Arith;

/// Weights, stored so that the weights of one axon lie side by side.
#[derive(Clone, Debug, PartialEq)]
pub struct Crossbar<N> {
    neurons: usize,
    /// Axon after axon, one weight a neuron.
    rows: Vec<N>,
    bias: Vec<N>,
}

impl<N: Clone> Crossbar<N> {
    /// From weights `[neurons][axons]`, the axon counting fastest, and one bias a neuron (their number is that of the
    /// neurons). Axons whose weights are missing add nothing.
    pub fn new(axons: usize, weights: &[N], bias: Vec<N>) -> Self {
        let rows = (0..axons)
            .flat_map(|axon| weights.iter().skip(axon).step_by(axons).cloned())
            .collect();
        Self {
            neurons: bias.len(),
            rows,
            bias,
        }
    }

    /// Number of neurons.
    pub const fn neurons(&self) -> usize {
        self.neurons
    }

    /// `sum of weight * payload, + bias`, by neuron. An address without an axon adds nothing.
    pub fn sums<A: Arith<Num = N>>(
        &self,
        a: &A,
        zero: &N,
        events: impl Iterator<Item = (usize, N)>,
    ) -> Vec<N> {
        let mut sums = vec![zero.clone(); self.neurons];
        for (address, payload) in events {
            let start = address.saturating_mul(self.neurons);
            if let Some(row) = self.rows.get(start..start.saturating_add(self.neurons)) {
                a.accumulate(&mut sums, row, &payload);
            }
        }
        sums.iter()
            .zip(&self.bias)
            .map(|(sum, bias)| a.add(sum, bias))
            .collect()
    }
}

//! Every value that the states of a layer can have, whatever the events and however long the sample.

use super::constants::held_span;
use super::interval::Span;
use super::width::{Invariant, NO_BOUND, Update, aligned, bits_for, row_span};
use goldspike_golden::format::Overflow;
use goldspike_golden::neuron::StateUnit;
use goldspike_golden::quant::{Payloads, QuantLayer, QuantNeuron};

/// The bounds of a quantized layer that is fed `fed`, as if no update overflowed; `None` if some state has none that is of
/// use. Where overflow saturates they hold all the same, where it wraps only if every state fits.
#[must_use]
pub fn bounds(layer: &QuantLayer, fed: Payloads) -> Option<Bounds> {
    of_updates(layer, fed, |update| update.bound(NO_BOUND))
}

/// As [`bounds`], of samples of at most `steps` steps: a neuron without a leak has no others.
#[must_use]
pub fn bounds_within(layer: &QuantLayer, fed: Payloads, steps: u32) -> Option<Bounds> {
    of_updates(layer, fed, |update| update.reach(steps, NO_BOUND))
}

fn of_updates(
    layer: &QuantLayer,
    fed: Payloads,
    states: impl Fn(&Update) -> Option<Vec<Span>>,
) -> Option<Bounds> {
    let neurons = updates(layer, fed).map(|update| states(&update?.1));
    Bounds::of(&layer.neuron, neurons)
}

/// For each neuron its synaptic sums, the bias included, in accumulator LSBs, and the invariant that the bounds rest on; `None`
/// where there are no bounds.
pub(crate) fn invariants(layer: &QuantLayer, fed: Payloads) -> Option<Vec<(Span, Invariant)>> {
    let of = |(sums, update): (Span, Update)| Some((sums, update.held_by(NO_BOUND)?));
    updates(layer, fed).map(|update| of(update?)).collect()
}

/// Each neuron's sums and update.
fn updates(layer: &QuantLayer, fed: Payloads) -> impl Iterator<Item = Option<(Span, Update)>> + '_ {
    let rows = layer.weights.chunks(layer.axons.max(1)).zip(&layer.bias);
    rows.enumerate().map(move |(n, (row, &bias))| {
        let sums = row_span(row, bias, fed)?;
        let x = aligned(sums, layer.guard_bits, layer.rounding)?;
        Some((sums, Update::new(layer, n, x)?))
    })
}

/// Every value of a layer's states.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// `h`, `v` and every state counted like them.
    pub membrane: Span,
    /// The states of a format of their own, by their order.
    pub own: Vec<Span>,
}

impl Bounds {
    /// Over the neurons of a layer; `None` if one has none.
    pub(crate) fn of(
        neuron: &QuantNeuron,
        neurons: impl Iterator<Item = Option<Vec<Span>>>,
    ) -> Option<Self> {
        let units: Vec<StateUnit> = neuron.states().map(|state| state.unit).collect();
        let own = units.iter().filter(|unit| **unit == StateUnit::Own);
        let mut all = Self {
            membrane: Span::EMPTY,
            own: vec![Span::EMPTY; own.count()],
        };
        for states in neurons {
            let mut own = all.own.iter_mut();
            for (unit, span) in units.iter().zip(states?) {
                match unit {
                    StateUnit::Membrane => all.membrane = all.membrane.hull(span),
                    StateUnit::Own => {
                        if let Some(own) = own.next() {
                            *own = own.hull(span);
                        }
                    }
                    StateUnit::Steps => {}
                }
            }
        }
        Some(all)
    }

    /// With the constants that the membrane's format must hold.
    pub(crate) fn with_constants(mut self, neuron: &QuantNeuron) -> Self {
        self.membrane = self.membrane.hull(held_span(neuron));
        self
    }

    /// Whether `bits` bits hold every state that is counted like the membrane.
    #[must_use]
    pub fn membrane_held(&self, bits: u32, overflow: Overflow) -> bool {
        bits_for(self.membrane, overflow) <= bits
    }

    /// Whether every state of a format of its own fits into it.
    #[must_use]
    pub fn own_held(&self, neuron: &QuantNeuron) -> bool {
        let states = neuron.states().filter(|state| state.unit == StateUnit::Own);
        states.zip(&self.own).all(|(state, span)| {
            let format = neuron.formats.get(state.name);
            format.is_some_and(|format| format.holds(span.low) && format.holds(span.high))
        })
    }
}

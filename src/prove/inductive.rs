//! The claim that the states of a layer stay where the quantizer says: of the golden step alone, with the constants, the synaptic
//! sums and the states of each neuron.
//!
//! From every state of the invariant, with every sum that the neuron's weights and bias can give, the step leads into the
//! invariant again; its `h` and its states are within the layer's bound; the overflows that the lane leaves out change nothing;
//! spikes that it leaves out are not fired. With the initial state, which is in the invariant, this holds for every sample.

use std::collections::HashSet;

use goldspike_golden::neuron::State;
use goldspike_golden::neuron::info::StateUnit;
use goldspike_golden::quant::{Param, QuantLayer};

use super::claim::{Claim, Question};
use super::error::ProveError;
use super::graph::Compare;
use super::number::{Bit, Number};
use super::smt;
use super::symbolic::{LeftOut, Symbolic};
use crate::quantize::{Bounds, Invariant, Span, Stored};

/// Neurons and steps of one question.
const TOGETHER: usize = 4;

/// What the lane leaves out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Left {
    /// Overflows.
    pub(super) overflows: LeftOut,
    /// Spikes of +1.
    pub(super) plus: bool,
    /// Spikes of -1.
    pub(super) minus: bool,
}

/// The claim of a layer; `invariants` are those of its neurons, `bounds` theirs together.
///
/// # Errors
/// Numbers of more than 64 bits.
pub(super) fn claim(
    name: &str,
    layer: &QuantLayer,
    invariants: &[(Span, Invariant)],
    bounds: &Bounds,
    left: Left,
) -> Result<Claim, ProveError> {
    let mut asked = HashSet::new();
    let mut steps = Vec::new();
    for (n, (sums, invariant)) in invariants.iter().enumerate() {
        let by_step = |param: &Param<i64>| -> Vec<Option<i64>> {
            let steps = 0..layer.neuron.steps();
            steps.map(|t| param.get(n, t).copied()).collect()
        };
        let constants: Vec<_> = layer.neuron.constants.values().map(by_step).collect();
        if asked.insert(format!("{constants:?} {sums:?} {invariant:?}")) {
            steps.extend((0..invariant.before.len()).map(|t| (n, t)));
        }
    }
    let questions = steps.chunks(TOGETHER).map(|steps| {
        let draft = Draft {
            layer,
            bounds,
            left,
            arith: Symbolic::new(layer),
            question: Question::default(),
        };
        draft
            .write(steps, invariants)
            .ok_or_else(|| ProveError::NotExpressed {
                claim: name.to_owned(),
            })
    });
    let questions = questions.collect::<Result<_, _>>()?;
    Ok(Claim::without_hardware(name, questions))
}

struct Draft<'a> {
    layer: &'a QuantLayer,
    bounds: &'a Bounds,
    left: Left,
    arith: Symbolic,
    question: Question,
}

impl Draft<'_> {
    fn write(
        mut self,
        steps: &[(usize, usize)],
        invariants: &[(Span, Invariant)],
    ) -> Option<Question> {
        for &(n, t) in steps {
            let (sums, invariant) = invariants.get(n)?;
            self.step(n, t, *sums, invariant)?;
        }
        self.question.nodes = self.arith.graph.finish()?;
        Some(self.question)
    }

    fn step(&mut self, n: usize, t: usize, sums: Span, invariant: &Invariant) -> Option<()> {
        let layer = self.layer;
        let place = format!("n{n}.t{t}");
        let before = invariant.before.get(t)?;
        let after = invariant.before.get(t + 1).or(invariant.before.last())?;
        let graph = &self.arith.graph;
        let sum = self.question.declare(graph, &format!("{place}.sum"), sums);
        let current = goldspike_golden::arith::Arith::align(&self.arith, &sum, layer.guard_bits);
        let cell = layer.cell(
            n,
            t,
            |raw| Number::literal(raw.into()),
            |raw| Number::literal(raw.into()),
        )?;
        let period = i64::from(layer.neuron.refractory);
        let mut kept = Vec::new();
        for (index, state) in layer.neuron.states().enumerate() {
            let span = match state.unit {
                StateUnit::Steps => Span::new(0, period),
                StateUnit::Membrane | StateUnit::Own => before
                    .classes()
                    .iter()
                    .flatten()
                    .filter_map(|kept| kept.get(index))
                    .fold(Span::EMPTY, |all, span| all.hull(*span)),
            };
            let name = format!("{place}.{}", state.name);
            kept.push(self.question.declare(graph, &name, span));
        }
        let spike = self.question.declare_flag(&format!("{place}.r"));
        let negative = self.question.declare_flag(&format!("{place}.r_negative"));
        let state = State {
            kept,
            spike,
            negative,
        };
        let premise = self.inside(before, invariant.together, &state);
        let mut premises = vec![premise, graph_not_both(&self.arith, &state)];
        if layer.neuron.modes.spikes.is_binary() {
            premises.push(self.arith.graph.not(&state.negative));
        }
        self.question.assume(&premises);

        self.arith.leave_out(LeftOut::default());
        let step = cell.step(&self.arith, &state, &current);
        self.arith.leave_out(self.left.overflows);
        let without = cell.step(&self.arith, &state, &current);

        let graph = &self.arith.graph;
        let mut follows = Vec::new();
        let bound =
            |value: &Number, span: Span| graph.clamp(value, span.low.into(), span.high.into());
        let mut own = self.bounds.own.iter();
        let values = std::iter::once(("h", StateUnit::Membrane, &step.h, &without.h)).chain(
            layer
                .neuron
                .states()
                .zip(step.kept.iter().zip(&without.kept))
                .map(|(state, (value, without))| (state.name, state.unit, value, without)),
        );
        for (name, unit, value, without) in values {
            let span = match unit {
                StateUnit::Membrane => self.bounds.membrane,
                StateUnit::Own => *own.next()?,
                StateUnit::Steps => Span::new(0, period),
            };
            let within = bound(value, span);
            follows.push(graph.is(Compare::Equal, value, &within));
            follows.push(graph.is(Compare::Equal, without, value));
            self.question
                .show(&format!("{place}.{name}.bound"), value, &within);
            self.question
                .show(&format!("{place}.{name}"), without, value);
        }
        for (bit, other) in [
            (&step.spike, &without.spike),
            (&step.negative, &without.negative),
        ] {
            follows.push(graph.same(bit, other));
        }
        for (never, bit) in [
            (self.left.plus, &step.spike),
            (self.left.minus, &step.negative),
        ] {
            follows.extend(never.then(|| graph.not(bit)));
        }
        let state = step.into_state();
        follows.push(self.inside(after, invariant.together, &state));
        self.question.follows.extend(
            follows
                .iter()
                .filter(|bit| **bit != Bit::Known(true))
                .map(smt::bit),
        );
        Some(())
    }

    /// That a state is one of an invariant.
    fn inside(&self, stored: &Stored, together: bool, state: &State<Number, Bit>) -> Bit {
        let graph = &self.arith.graph;
        let silent = graph.not(&graph.any(vec![state.spike.clone(), state.negative.clone()]));
        let classes = [silent, state.spike.clone(), state.negative.clone()];
        let mut parts = Vec::new();
        for (index, (spans, class)) in stored.classes().iter().zip(classes).enumerate() {
            let Some(spans) = spans else { continue };
            let mut part = if together { Vec::new() } else { vec![class] };
            for (span, value) in spans.iter().zip(&state.kept) {
                part.push(graph.within(value, span.low.into(), span.high.into()));
            }
            // After a spike the whole period is left.
            let left = (self.layer.neuron.refractory > 0).then(|| state.kept.last());
            if let Some(left) = left.flatten() {
                let period = i128::from(self.layer.neuron.refractory);
                let least = if index == 0 { 0 } else { period };
                part.push(graph.within(left, least, period));
            }
            parts.push(graph.all(part));
        }
        graph.any(parts)
    }
}

fn graph_not_both(arith: &Symbolic, state: &State<Number, Bit>) -> Bit {
    let graph = &arith.graph;
    graph.not(&graph.all(vec![state.spike.clone(), state.negative.clone()]))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failure is a failed test")]
mod tests {
    use std::path::Path;

    use super::super::{Limits, Prover, Solver, Status};
    use super::*;
    use crate::engine::tool::{Toolbox, YOSYS};
    use crate::quantize::{self, Options, bounds, invariants};

    #[test]
    fn a_bound_that_does_not_hold_is_refuted() {
        let toolbox = Toolbox::from_environment();
        let solver = Solver::installed(&toolbox).ok();
        let Some(solver) = solver.filter(|_| toolbox.find(YOSYS).is_some()) else {
            assert!(
                std::env::var_os("GOLDSPIKE_REQUIRE_TOOLS").is_none_or(|value| value != "1"),
                "yosys or a solver is missing"
            );
            println!("SKIPPED: yosys or a solver not found");
            return;
        };
        let prover = Prover::new(toolbox, solver, Limits::default()).unwrap();
        let network = crate::import::load(Path::new("digits")).unwrap().network;
        let network = quantize::quantize(&network, &Options::default())
            .unwrap()
            .network;
        let (layer, fed) = (&network.layers[0], network.input.payloads());
        let invariants = invariants(layer, fed).unwrap();
        let mut known = bounds(layer, fed).unwrap();
        let left = Left {
            overflows: LeftOut {
                membrane: true,
                own: true,
            },
            plus: false,
            minus: false,
        };
        let ask = |bounds: &Bounds, left| {
            let claim = claim("n0", layer, &invariants, bounds, left).unwrap();
            prover.ask(&claim).unwrap().status
        };
        assert_eq!(ask(&known, left), Status::Proved);
        let silent = Left { plus: true, ..left };
        assert!(matches!(
            ask(&known, silent),
            Status::Refuted { .. } | Status::Unknown(_)
        ));
        known.membrane.high -= 1;
        let Status::Refuted { outputs, .. } = ask(&known, left) else {
            unreachable!("the bound is attained");
        };
        assert!(
            outputs
                .iter()
                .any(|(name, is, must)| name.contains("bound") && is > must)
        );
    }
}

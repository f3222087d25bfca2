//! A parameter of a layer: one value, one a neuron, one a time step, or one a step and neuron.

/// Values of one parameter.
///
/// Where they depend on the step, the last ones stay for samples of more steps.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(untagged))]
pub enum Param<T> {
    /// The same for every neuron and step.
    Layer(T),
    /// One entry a neuron.
    Neuron(Vec<T>),
    /// One entry a time step, the same for every neuron.
    Step {
        /// By step.
        by_step: Vec<T>,
    },
    /// One entry a time step and neuron.
    StepNeuron {
        /// Number of steps.
        steps: usize,
        /// `[steps][neurons]`, the neuron counting fastest.
        by_step_and_neuron: Vec<T>,
    },
}

impl<T: Clone> Param<T> {
    /// Value of neuron `n` (must be below the layer's number of neurons) in the first step.
    #[must_use]
    pub fn of(&self, n: usize) -> T {
        match self {
            Self::Layer(value) => value.clone(),
            Self::Neuron(values) => values[n].clone(),
            Self::Step { by_step } => by_step[0].clone(),
            Self::StepNeuron {
                by_step_and_neuron, ..
            } => by_step_and_neuron[n].clone(),
        }
    }

    /// Value of neuron `n` in step `t`; `None` beyond the end of the neurons.
    #[must_use]
    pub fn get(&self, n: usize, t: usize) -> Option<&T> {
        match self {
            Self::Layer(value) => Some(value),
            Self::Neuron(values) => values.get(n),
            Self::Step { by_step } => by_step.get(t).or(by_step.last()),
            Self::StepNeuron {
                steps,
                by_step_and_neuron,
            } => {
                let neurons = by_step_and_neuron.len().checked_div(*steps)?;
                let t = t.min(steps.checked_sub(1)?);
                by_step_and_neuron
                    .get(t * neurons..(t + 1) * neurons)?
                    .get(n)
            }
        }
    }

    /// `f` of every value.
    #[must_use]
    pub fn map<U>(&self, mut f: impl FnMut(&T) -> U) -> Param<U> {
        match self {
            Self::Layer(value) => Param::Layer(f(value)),
            Self::Neuron(values) => Param::Neuron(values.iter().map(f).collect()),
            Self::Step { by_step } => Param::Step {
                by_step: by_step.iter().map(f).collect(),
            },
            Self::StepNeuron {
                steps,
                by_step_and_neuron,
            } => Param::StepNeuron {
                steps: *steps,
                by_step_and_neuron: by_step_and_neuron.iter().map(f).collect(),
            },
        }
    }

    /// `f` of the values of two parameters, in the finer shape of the two; where one has too few values, so has the result.
    #[must_use]
    pub fn zip<U: Clone, V: Clone>(
        &self,
        other: &Param<U>,
        mut f: impl FnMut(&T, &U) -> V,
    ) -> Param<V> {
        let neurons = match (self.neurons(), other.neurons()) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        let steps = self.steps().max(other.steps());
        let mut values = Vec::new();
        for t in 0..steps {
            for n in 0..neurons.unwrap_or(1) {
                values.extend(self.get(n, t).zip(other.get(n, t)).map(|(a, b)| f(a, b)));
            }
        }
        let by_step = self.by_step() || other.by_step();
        match (by_step, neurons, values.first()) {
            (true, Some(_), _) => Param::StepNeuron {
                steps,
                by_step_and_neuron: values,
            },
            (true, None, _) => Param::Step { by_step: values },
            (false, None, Some(value)) => Param::Layer(value.clone()),
            (false, _, _) => Param::Neuron(values),
        }
    }

    /// All stored values.
    #[must_use]
    pub fn values(&self) -> &[T] {
        match self {
            Self::Layer(value) => core::slice::from_ref(value),
            Self::Neuron(values) => values,
            Self::Step { by_step } => by_step,
            Self::StepNeuron {
                by_step_and_neuron, ..
            } => by_step_and_neuron,
        }
    }

    /// All stored values, to be changed.
    pub fn values_mut(&mut self) -> &mut [T] {
        match self {
            Self::Layer(value) => core::slice::from_mut(value),
            Self::Neuron(values) => values,
            Self::Step { by_step } => by_step,
            Self::StepNeuron {
                by_step_and_neuron, ..
            } => by_step_and_neuron,
        }
    }

    /// Whether the values depend on the step.
    #[must_use]
    pub const fn by_step(&self) -> bool {
        matches!(self, Self::Step { .. } | Self::StepNeuron { .. })
    }

    /// Steps that have values of their own; 1 where the step does not matter.
    #[must_use]
    pub fn steps(&self) -> usize {
        match self {
            Self::Layer(_) | Self::Neuron(_) => 1,
            Self::Step { by_step } => by_step.len(),
            Self::StepNeuron { steps, .. } => *steps,
        }
    }

    /// Neurons that have values of their own; `None` where the neuron does not matter.
    #[must_use]
    pub fn neurons(&self) -> Option<usize> {
        match self {
            Self::Layer(_) | Self::Step { .. } => None,
            Self::Neuron(values) => Some(values.len()),
            Self::StepNeuron {
                steps,
                by_step_and_neuron,
            } => Some(
                by_step_and_neuron
                    .len()
                    .checked_div(*steps)
                    .unwrap_or_default(),
            ),
        }
    }
}

impl<T: Clone + PartialEq> Param<T> {
    /// The same values in the coarsest shape that has them all.
    #[must_use]
    pub fn collapsed(self) -> Self {
        let (steps, neurons) = (self.steps(), self.neurons().unwrap_or(1));
        let values = self.values();
        let Some(first) = values.first() else {
            return self;
        };
        if values.iter().all(|value| value == first) {
            return Self::Layer(first.clone());
        }
        if values.len() != steps * neurons {
            return self;
        }
        let same_steps = values
            .chunks(neurons)
            .all(|step| Some(step) == values.get(..neurons));
        let same_neurons = values
            .chunks(neurons)
            .all(|step| step.iter().all(|value| Some(value) == step.first()));
        if same_steps {
            Self::Neuron(values.iter().take(neurons).cloned().collect())
        } else if same_neurons {
            Self::Step {
                by_step: values.iter().step_by(neurons).cloned().collect(),
            }
        } else {
            self
        }
    }
}

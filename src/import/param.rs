//! Parameters of neurons: a number for the whole layer, or a tensor with one for each neuron, step, or step and neuron.

use super::json::{Field, Fields};
use super::tensors::{Tensor, Tensors};
use crate::diag::{Diagnostic, codes};
use goldspike_golden::neuron::info::{ParameterInfo, Range, Shape};
use goldspike_golden::quant::Param;

/// What the parameters of one layer are read from.
pub struct Params<'a, 'b> {
    /// The layer's fields.
    pub fields: &'b Fields<'a>,
    /// The tensors.
    pub tensors: &'b Tensors<'b>,
    /// Shape of the layer: `[N]` or `[channels, height, width]`.
    pub shape: &'b [usize],
    /// Steps of a sample.
    pub time_steps: usize,
}

impl Params<'_, '_> {
    /// The value of `field`, a parameter of that description.
    ///
    /// # Errors
    /// `GS0201` another JSON type, `GS0206` out of range, with step and neuron, `GS0303` a tensor of another shape, and
    /// those of the tensor.
    pub fn read(&self, field: &Field<'_>, info: &ParameterInfo) -> Result<Param<f64>, Diagnostic> {
        if info.range == Range::Flag {
            return Ok(Param::Layer(f64::from(u8::from(field.boolean()?))));
        }
        let param = match field.tensor_name()? {
            None => Param::Layer(field.number()?),
            Some(name) => self.shaped(field, name, info, self.tensors.get(field, name)?)?,
        };
        let outside = |(_, value): &(usize, &f64)| !info.range.holds(**value);
        match param.values().iter().enumerate().find(outside) {
            None => Ok(param),
            Some((i, &value)) => {
                Err(field.out_of_range(value, &entry(&param, i), info.range.text()))
            }
        }
    }

    /// A tensor as a parameter. A tensor \[k\] with k neurons is one a neuron, also where there are k steps.
    fn shaped(
        &self,
        field: &Field<'_>,
        name: &str,
        info: &ParameterInfo,
        tensor: Tensor,
    ) -> Result<Param<f64>, Diagnostic> {
        let Tensor { shape, values } = tensor;
        let steps = self.time_steps;
        let (entries, repeat) = match *self.shape {
            [neurons] => (neurons, 1),
            [channels, height, width] => (channels, height * width),
            _ => (1, 0),
        };
        let spread = |values: &[f64]| -> Vec<f64> {
            let repeat = |&value| std::iter::repeat_n(value, repeat);
            values.iter().flat_map(repeat).collect()
        };
        match (shape.as_slice(), info.shape) {
            ([] | [1], _) => Ok(Param::Layer(values.first().copied().unwrap_or_default())),
            (_, Shape::Layer) => {
                let message = format!(
                    "`{}` has {} values, a layer has one",
                    info.name,
                    values.len()
                );
                Err(field.error(&codes::TENSOR_SHAPE, message))
            }
            (&[n], _) if repeat > 0 && n == entries => Ok(Param::Neuron(spread(&values))),
            (&[t] | &[t, 1], Shape::Step) if t == steps => Ok(Param::Step { by_step: values }),
            (&[t, n], Shape::Step) if t == steps && repeat > 0 && n == entries => {
                Ok(Param::StepNeuron {
                    steps,
                    by_step_and_neuron: spread(&values),
                })
            }
            (&[t, n], Shape::Step) if n == 1 || (repeat > 0 && n == entries) => {
                let message = format!(
                    "the tensor `{name}` has values of {t} steps, a sample has {steps} (`time_steps`)"
                );
                Err(field.error(&codes::TENSOR_SHAPE, message))
            }
            (found, by) => {
                let mut wanted = Vec::new();
                if repeat > 0 {
                    wanted.push(format!("[{entries}]"));
                }
                if by == Shape::Step {
                    wanted.push(format!("[{steps}] (one a step)"));
                    wanted.push(format!("[{steps}, 1]"));
                    if repeat > 0 {
                        wanted.push(format!("[{steps}, {entries}]"));
                    }
                }
                wanted.push("a scalar".to_owned());
                let message = format!(
                    "the tensor `{name}` has the shape {found:?}, it must be {}",
                    wanted.join(" or ")
                );
                Err(field.error(&codes::TENSOR_SHAPE, message))
            }
        }
    }
}

/// ` in step 2 for neuron 1`: where the stored value `i` of a parameter is.
fn entry(param: &Param<f64>, i: usize) -> String {
    match param {
        Param::Layer(_) => String::new(),
        Param::Neuron(_) => format!(" for neuron {i}"),
        Param::Step { .. } => format!(" in step {i}"),
        Param::StepNeuron { .. } => {
            let neurons = param.neurons().unwrap_or(1).max(1);
            format!(" in step {} for neuron {}", i / neurons, i % neurons)
        }
    }
}

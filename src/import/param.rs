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
                let help = format!(
                    "give it the shape [{steps}, {n}], or a scalar where all steps have the same value"
                );
                Err(field.error(&codes::TENSOR_SHAPE, message).help(help))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::SourceText;
    use crate::import::json;
    use goldspike_golden::neuron::info::Default;
    use std::sync::Arc;

    const BY_STEP: ParameterInfo = ParameterInfo {
        name: "g",
        meaning: "",
        range: Range::Unit,
        default: Default::Required,
        shape: Shape::Step,
    };

    /// The parameter `g` of a layer of that shape in 4 steps, from a tensor of that shape with the values 0, 1/16, ...
    fn read(layer: &[usize], shape: &[usize], info: &ParameterInfo) -> Result<Param<f64>, String> {
        let count = shape.iter().product::<usize>();
        let header = format!(
            "{{\"g\":{{\"dtype\":\"F64\",\"shape\":{shape:?},\"data_offsets\":[0,{}]}}}}",
            8 * count
        );
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.extend_from_slice(header.as_bytes());
        file.extend((0..count).flat_map(|i| (i as f64 / 16.0).to_le_bytes()));
        let source = Arc::new(SourceText {
            file: "net.json".to_owned(),
            text: "{\"g\": \"@g\"}".to_owned(),
        });
        let value = json::parse(&source).unwrap();
        let fields = Field::root(&source, &value).object().unwrap();
        let params = Params {
            fields: &fields,
            tensors: &Tensors::new("net.safetensors", &file).unwrap(),
            shape: layer,
            time_steps: 4,
        };
        params
            .read(&fields.get("g").unwrap(), info)
            .map_err(|error| error.message)
    }

    fn sixteenths(values: impl Iterator<Item = usize>) -> Vec<f64> {
        values.map(|value| value as f64 / 16.0).collect()
    }

    #[test]
    fn a_parameter_by_step_comes_in_every_shape() {
        let read = |layer: &[usize], shape: &[usize]| read(layer, shape, &BY_STEP).unwrap();
        let by_step = || Param::Step {
            by_step: sixteenths(0..4),
        };
        assert_eq!(read(&[3], &[]), Param::Layer(0.0));
        assert_eq!(read(&[3], &[1]), Param::Layer(0.0));
        assert_eq!(read(&[3], &[3]), Param::Neuron(sixteenths(0..3)));
        assert_eq!(read(&[3], &[4]), by_step());
        assert_eq!(read(&[3], &[4, 1]), by_step());
        assert_eq!(read(&[4], &[4]), Param::Neuron(sixteenths(0..4)));
        assert_eq!(read(&[4], &[4, 1]), by_step());
        let both = |values| Param::StepNeuron {
            steps: 4,
            by_step_and_neuron: values,
        };
        assert_eq!(read(&[3], &[4, 3]), both(sixteenths(0..12)));
        let repeated = (0..8).flat_map(|value| [value; 6]);
        assert_eq!(read(&[2, 3, 2], &[4, 2]), both(sixteenths(repeated)));
    }

    #[test]
    fn another_number_of_steps_is_refused_with_the_numbers() {
        let refused = |shape: &[usize]| read(&[3], shape, &BY_STEP).unwrap_err();
        for (shape, steps) in [([2, 3], 2), ([5, 3], 5), ([3, 1], 3), ([6, 1], 6)] {
            assert_eq!(
                refused(&shape),
                format!(
                    "the tensor `g` has values of {steps} steps, a sample has 4 (`time_steps`)"
                )
            );
        }
        for shape in [&[2][..], &[5], &[4, 2], &[4, 3, 1]] {
            assert_eq!(
                refused(shape),
                format!(
                    "the tensor `g` has the shape {shape:?}, it must be [3] or [4] (one a step) or [4, 1] or [4, 3] or a scalar"
                )
            );
        }
        let by_neuron = ParameterInfo {
            shape: Shape::Neuron,
            ..BY_STEP
        };
        assert_eq!(
            read(&[3], &[4, 1], &by_neuron).unwrap_err(),
            "the tensor `g` has the shape [4, 1], it must be [3] or a scalar"
        );
    }

    #[test]
    fn a_value_out_of_range_is_named_by_step_and_neuron() {
        let small = ParameterInfo {
            range: Range::AboveOne,
            ..BY_STEP
        };
        let refused = |shape: &[usize]| read(&[3], shape, &small).unwrap_err();
        assert_eq!(refused(&[4]), "`g` is 0 in step 0, it must be above 1");
        assert_eq!(refused(&[3]), "`g` is 0 for neuron 0, it must be above 1");
        assert_eq!(
            refused(&[4, 3]),
            "`g` is 0 in step 0 for neuron 0, it must be above 1"
        );
        let values = Param::StepNeuron {
            steps: 4,
            by_step_and_neuron: vec![0.0; 12],
        };
        assert_eq!(entry(&values, 7), " in step 2 for neuron 1");
    }
}

//! Parameters of neurons: a number for the whole layer or a tensor with one for each neuron.

use super::json::{Field, Fields};
use super::tensors::Tensors;
use crate::diag::{Diagnostic, codes};
use goldspike_golden::quant::Param;

/// What the parameters of one layer are read from.
pub struct Params<'a, 'b> {
    /// The layer's fields.
    pub fields: &'b Fields<'a>,
    /// The tensors.
    pub tensors: &'b Tensors<'b>,
    /// Shape of the layer: `[N]` or `[channels, height, width]`.
    pub shape: &'b [usize],
}

/// Range of a parameter.
#[derive(Clone, Copy, Debug)]
pub enum Range {
    /// Every finite number.
    Any,
    /// Above 0.
    Positive,
    /// Above 0: a factor that would otherwise silence or invert the neuron.
    Factor,
    /// 0 to 1, both included.
    Unit,
}

impl Range {
    fn holds(self, value: f64) -> bool {
        match self {
            Self::Any => true,
            Self::Positive | Self::Factor => value > 0.0,
            Self::Unit => (0.0..=1.0).contains(&value),
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Any => "finite",
            Self::Positive => "above 0",
            Self::Factor => {
                "above 0: with 0 the neuron never fires, below 0 the ReLU takes the other side of the charge"
            }
            Self::Unit => "from 0 to 1",
        }
    }
}

impl Params<'_, '_> {
    /// The parameter `key`, or `default` if it is not given.
    pub fn optional(
        &self,
        key: &str,
        default: f64,
        range: Range,
    ) -> Result<Param<f64>, Diagnostic> {
        self.fields
            .get(key)
            .map_or(Ok(Param::Layer(default)), |field| self.read(&field, range))
    }

    /// The parameter `key`.
    pub fn required(&self, key: &str, range: Range) -> Result<Param<f64>, Diagnostic> {
        self.read(&self.fields.required(key)?, range)
    }

    /// The parameter `key`, of which a layer has one.
    pub fn one_a_layer(&self, key: &str, range: Range) -> Result<f64, Diagnostic> {
        let field = self.fields.required(key)?;
        match self.read(&field, range)? {
            Param::Layer(value) => Ok(value),
            Param::Neuron(values) => {
                let message = format!("`{key}` has {} values, a layer has one", values.len());
                Err(field.error(&codes::TENSOR_SHAPE, message))
            }
        }
    }

    fn read(&self, field: &Field<'_>, range: Range) -> Result<Param<f64>, Diagnostic> {
        let param = match field.tensor_name()? {
            None => Param::Layer(field.number()?),
            Some(name) => self.tensor(field, name)?,
        };
        if let Some((i, &value)) = param
            .values()
            .iter()
            .enumerate()
            .find(|(_, v)| !range.holds(**v))
        {
            let which = match &param {
                Param::Layer(_) => String::new(),
                Param::Neuron(_) => format!(" for neuron {i}"),
            };
            return Err(field.out_of_range(value, &which, range.text()));
        }
        Ok(param)
    }

    fn tensor(&self, field: &Field<'_>, name: &str) -> Result<Param<f64>, Diagnostic> {
        let tensor = self.tensors.get(field, name)?;
        match (tensor.shape.as_slice(), self.shape) {
            ([] | [1], _) => Ok(Param::Layer(tensor.values[0])),
            ([n], [neurons]) if n == neurons => Ok(Param::Neuron(tensor.values)),
            ([c], [channels, height, width]) if c == channels => {
                let repeat = |&value| std::iter::repeat_n(value, height * width);
                Ok(Param::Neuron(
                    tensor.values.iter().flat_map(repeat).collect(),
                ))
            }
            (found, wanted) => {
                let wanted = wanted.first().copied().unwrap_or(1);
                let message = format!(
                    "the tensor `{name}` has the shape {found:?}, it must be [{wanted}] or a scalar"
                );
                Err(field.error(&codes::TENSOR_SHAPE, message))
            }
        }
    }
}

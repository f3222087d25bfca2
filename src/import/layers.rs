//! `layers`: pairs of `linear` and `neuron` become layers; flatten and reshape only change the shape that follows.

use super::json::{Field, Fields};
use super::neuron;
use super::param::Params;
use super::tensors::{Tensors, index_text};
use crate::diag::{Diagnostic, Place, codes, did_you_mean, shown, shown_number};
use goldspike_golden::describe::Layer;
use std::collections::{BTreeMap, BTreeSet};

const LATER_OPS: &[&str] = &["conv2d", "avgpool2d", "maxpool2d"];
const OPS: &[&str] = &[
    "linear",
    "neuron",
    "flatten",
    "reshape",
    "conv2d",
    "avgpool2d",
    "maxpool2d",
];

/// The layers, and for each the places of its fields.
pub type Layers = (Vec<Layer>, Vec<BTreeMap<String, Place>>);

/// Reads the array `field`; `shape` is the input's, a sample has `time_steps`.
pub fn read(
    field: &Field<'_>,
    tensors: &Tensors<'_>,
    shape: Vec<usize>,
    time_steps: u32,
) -> Result<Layers, Diagnostic> {
    let mut reader = Reader {
        tensors,
        shape,
        time_steps: time_steps as usize,
        pending: None,
        names: BTreeSet::new(),
        out: (Vec::new(), Vec::new()),
    };
    for layer in field.array()? {
        reader.layer(&layer.object()?)?;
    }
    if let Some(synapses) = &reader.pending {
        return Err(synapses.place.clone().unfollowed("ends the network"));
    }
    if reader.out.0.is_empty() {
        return Err(field.error(&codes::NO_LAYERS, "the network has no layers"));
    }
    Ok(reader.out)
}

/// A `linear` layer that waits for its neurons.
struct Synapses<'a> {
    place: Opener<'a>,
    name: String,
    axons: usize,
    neurons: usize,
    weights: Vec<f64>,
    bias: Vec<f64>,
    weight_step: Option<f64>,
    places: BTreeMap<String, Place>,
}

/// The field of the op that opened a layer.
#[derive(Clone)]
struct Opener<'a>(Field<'a>);

impl Opener<'_> {
    fn unfollowed(self, how: &str) -> Diagnostic {
        let message = format!(
            "this linear layer {how} without neurons, which is not supported by this version"
        );
        self.0
            .error(&codes::UNSUPPORTED, message)
            .help("put a layer with \"op\": \"neuron\" behind it")
    }
}

struct Reader<'a, 'b> {
    tensors: &'b Tensors<'b>,
    shape: Vec<usize>,
    time_steps: usize,
    pending: Option<Synapses<'a>>,
    names: BTreeSet<String>,
    out: Layers,
}

impl<'a> Reader<'a, '_> {
    fn layer(&mut self, fields: &Fields<'a>) -> Result<(), Diagnostic> {
        let op = fields.required("op")?;
        match op.text()? {
            "linear" => self.linear(fields, op),
            "neuron" => self.neuron(fields, &op),
            "flatten" => {
                fields.only(&["op", "name"])?;
                self.optional_name(fields)?;
                self.shape = vec![size(&self.shape)];
                Ok(())
            }
            "reshape" => self.reshape(fields),
            later if LATER_OPS.contains(&later) => {
                let message = format!("layers of op `{later}` are not supported by this version");
                let help = "this version runs the ops linear, neuron, flatten, reshape";
                Err(op.error(&codes::UNSUPPORTED, message).help(help))
            }
            unknown => Err(op
                .error(
                    &codes::UNKNOWN_OP,
                    format!("there is no op `{}`", shown(unknown)),
                )
                .help(did_you_mean(unknown, OPS.iter().copied()))),
        }
    }

    fn reshape(&mut self, fields: &Fields<'a>) -> Result<(), Diagnostic> {
        fields.only(&["op", "name", "shape"])?;
        self.optional_name(fields)?;
        let field = fields.required("shape")?;
        let shape = read_shape(&field)?;
        if size(&shape) != size(&self.shape) {
            let message = format!(
                "{} values come in as {:?}, {shape:?} are {}",
                size(&self.shape),
                self.shape,
                size(&shape)
            );
            return Err(field.error(&codes::LAYER_SHAPE, message));
        }
        self.shape = shape;
        Ok(())
    }

    fn linear(&mut self, fields: &Fields<'a>, op: Field<'a>) -> Result<(), Diagnostic> {
        fields.only(&["op", "name", "in", "out", "weight", "bias", "weight_quant"])?;
        if let Some(before) = self.pending.take() {
            return Err(before.place.unfollowed("is followed by another one"));
        }
        let name = self.name(fields)?;
        let axons = size(&self.shape);
        let field = fields.required("weight")?;
        let weight = self.tensor(&field)?;
        let &[neurons, columns] = weight.shape.as_slice() else {
            let message = format!(
                "the weights have the shape {:?}, it must be [out, in]",
                weight.shape
            );
            return Err(field.error(&codes::TENSOR_SHAPE, message));
        };
        for (key, length) in [("out", neurons), ("in", columns)] {
            let Some(given) = fields.get(key) else {
                continue;
            };
            let number = given.integer(0, u32::MAX.into())?;
            if number != length as u64 {
                let message = format!(
                    "`{key}` is {number}, the weights have the shape [{neurons}, {columns}]"
                );
                return Err(given.error(&codes::TENSOR_SHAPE, message));
            }
        }
        if columns != axons {
            let message = format!(
                "this layer takes {columns} values, {axons} come in (shape {:?})",
                self.shape
            );
            return Err(field.error(&codes::LAYER_SHAPE, message));
        }
        if neurons == 0 {
            return Err(field.error(&codes::NO_LAYERS, "this layer has no neurons"));
        }
        let bias = match fields.get("bias").filter(|bias| !bias.is_null()) {
            None => vec![0.0; neurons],
            Some(field) => {
                let bias = self.tensor(&field)?;
                if bias.shape != [neurons] {
                    let message = format!(
                        "the bias has the shape {:?}, it must be [{neurons}]",
                        bias.shape
                    );
                    return Err(field.error(&codes::TENSOR_SHAPE, message));
                }
                bias.values
            }
        };
        let weight_step = match fields.get("weight_quant") {
            None => None,
            Some(quant) => Some(grid(&quant, &weight.values, &weight.shape)?),
        };
        self.shape = vec![neurons];
        self.pending = Some(Synapses {
            place: Opener(op),
            name,
            axons,
            neurons,
            weights: weight.values,
            bias,
            weight_step,
            places: places(fields),
        });
        Ok(())
    }

    fn neuron(&mut self, fields: &Fields<'a>, op: &Field<'a>) -> Result<(), Diagnostic> {
        let name = self.name(fields)?;
        let field = fields.required("shape")?;
        let shape = read_shape(&field)?;
        let Some(synapses) = self.pending.take() else {
            let message =
                "neurons without a linear layer before them are not supported by this version";
            return Err(op
                .error(&codes::UNSUPPORTED, message)
                .help("put a layer with \"op\": \"linear\" before it"));
        };
        if shape != self.shape {
            let message = format!(
                "the neurons have the shape {shape:?}, {:?} comes in",
                self.shape
            );
            return Err(field.error(&codes::LAYER_SHAPE, message));
        }
        let (neuron, amplitude) = neuron::read(&Params {
            fields,
            tensors: self.tensors,
            shape: &shape,
            time_steps: self.time_steps,
        })?;
        let mut all = synapses.places;
        all.extend(places(fields));
        self.out.1.push(all);
        self.out.0.push(Layer {
            synapse: synapses.name,
            name,
            axons: synapses.axons,
            neurons: synapses.neurons,
            weights: synapses.weights,
            bias: synapses.bias,
            weight_step: synapses.weight_step,
            neuron,
            amplitude,
        });
        Ok(())
    }

    fn tensor(&self, field: &Field<'_>) -> Result<super::tensors::Tensor, Diagnostic> {
        match field.tensor_name()? {
            Some(name) => self.tensors.get(field, name),
            None => Err(field.wrong_type("a tensor's name (\"@NAME\")")),
        }
    }

    fn name(&mut self, fields: &Fields<'_>) -> Result<String, Diagnostic> {
        let field = fields.required("name")?;
        let name = read_name(&field)?;
        if !self.names.insert(name.clone()) {
            let message = format!("another layer has the name `{name}` already");
            return Err(field.error(&codes::DUPLICATE_NAME, message));
        }
        Ok(name)
    }

    fn optional_name(&mut self, fields: &Fields<'_>) -> Result<(), Diagnostic> {
        if fields.get("name").is_some() {
            self.name(fields)?;
        }
        Ok(())
    }
}

/// Places of all fields of a layer.
fn places(fields: &Fields<'_>) -> BTreeMap<String, Place> {
    fields
        .iter()
        .map(|(key, field)| (key.to_owned(), field.place()))
        .collect()
}

/// A name: 1 to 64 letters, digits, `_`, `-` and `.`.
pub fn read_name(field: &Field<'_>) -> Result<String, Diagnostic> {
    let name = field.text()?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.is_empty() || name.len() > 64 || !name.chars().all(allowed) {
        let message = format!(
            "`{}` is not a name of 1 to 64 letters, digits, `_`, `-` and `.`",
            shown(name)
        );
        return Err(field.error(&codes::BAD_NAME, message));
    }
    Ok(name.to_owned())
}

/// A shape: 1 to 4 lengths of at least 1, at most 2^32 values.
pub fn read_shape(field: &Field<'_>) -> Result<Vec<usize>, Diagnostic> {
    let lengths = field.array()?;
    if lengths.is_empty() || lengths.len() > 4 {
        let message = format!("the shape has {} axes, it must have 1 to 4", lengths.len());
        return Err(field.error(&codes::OUT_OF_RANGE, message));
    }
    let mut shape = Vec::with_capacity(lengths.len());
    for length in &lengths {
        shape.push(length.integer(1, 1 << 20)? as usize);
    }
    let values = shape
        .iter()
        .try_fold(1usize, |product, &length| product.checked_mul(length));
    if values.is_none_or(|values| values > 1 << 32) {
        return Err(field.error(
            &codes::OUT_OF_RANGE,
            format!("the shape {shape:?} has more than 4294967296 values"),
        ));
    }
    Ok(shape)
}

/// Values of a shape that [`read_shape`] accepted.
pub fn size(shape: &[usize]) -> usize {
    shape.iter().product()
}

/// The step of `weight_quant`, of which every weight is a multiple of at most `qmax`.
fn grid(field: &Field<'_>, weights: &[f64], shape: &[usize]) -> Result<f64, Diagnostic> {
    /// Distance from the grid, in steps, that 32-bit weights may have.
    const TOLERANCE: f64 = 1e-3;
    let fields = field.object()?;
    fields.only(&["step", "qmax"])?;
    let step = fields.required("step")?.positive()?;
    let qmax = fields
        .get("qmax")
        .map(|field| field.integer(1, 1 << 31))
        .transpose()?;
    let off = |&(_, w): &(usize, &f64)| {
        let steps = w / step;
        (steps - steps.round()).abs() > TOLERANCE
            || qmax.is_some_and(|qmax| steps.abs() > qmax as f64 + TOLERANCE)
    };
    if let Some((i, &weight)) = weights.iter().enumerate().find(off) {
        let limit = qmax.map_or_else(String::new, |qmax| format!(" and at most {qmax} times it"));
        let message = format!(
            "the weight {} at {} is not a multiple of the step {}{limit}",
            shown_number(weight),
            index_text(i, shape),
            shown_number(step)
        );
        return Err(field
            .error(&codes::NOT_ON_GRID, message)
            .help("correct `weight_quant`, or remove it"));
    }
    Ok(step)
}

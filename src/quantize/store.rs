//! A quantized network on disk: `quant.json` with everything small, `quant.safetensors` with weights, biases and
//! parameters of one value a neuron.
//!
//! In quant.json a list that lives in the tensor file is the text `@name`. The digest is stored and compared on
//! loading, and the network is checked against the contract: what `load` returns can be run by every engine.

use super::digest::digest;
use super::error::QuantizeError;
use crate::folder::{self, Kind};
use goldspike_golden::quant::QuantNetwork;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde_json::{Map, Value};
use std::path::Path;

const FORMAT: &str = "goldspike-quant/1";
const JSON: &str = "quant.json";
const TENSORS: &str = "quant.safetensors";

/// A list of numbers on its way into the tensor file.
struct Tensor {
    name: String,
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

/// Writes `network` into the folder `dir`, which is made if it does not exist.
///
/// # Errors
/// A folder that goldspike did not make, or one that cannot be written. Nothing is written then.
pub fn save(network: &QuantNetwork, dir: &Path) -> Result<(), QuantizeError> {
    let internal = |e: &dyn std::fmt::Display| {
        QuantizeError::Invalid(format!(
            "internal error: the network cannot be written: {e}"
        ))
    };
    network
        .validate()
        .map_err(|e| QuantizeError::Invalid(e.to_string()))?;
    let mut value = serde_json::to_value(network).map_err(|e| internal(&e))?;
    let mut tensors = Vec::new();
    if let Some(layers) = value.get_mut("layers").and_then(Value::as_array_mut) {
        for (index, (layer, quant)) in layers.iter_mut().zip(&network.layers).enumerate() {
            let shape = [quant.neurons, quant.axons];
            move_lists(
                layer,
                &format!("{index}.{}", quant.name),
                &shape,
                &mut tensors,
            );
        }
    }
    let mut document = Map::new();
    document.insert("format".to_owned(), Value::from(FORMAT));
    document.insert("digest".to_owned(), Value::from(digest(network)));
    document.insert("network".to_owned(), value);
    let mut json = serde_json::to_vec_pretty(&document).map_err(|e| internal(&e))?;
    json.push(b'\n');
    let mut views = Vec::with_capacity(tensors.len());
    for t in &tensors {
        views.push((
            t.name.as_str(),
            TensorView::new(t.dtype, t.shape.clone(), &t.bytes).map_err(|e| internal(&e))?,
        ));
    }
    let bytes = safetensors::serialize(views, None).map_err(|e| internal(&e))?;
    let files = [
        (Path::new(TENSORS), bytes.as_slice()),
        (Path::new(JSON), json.as_slice()),
    ];
    Ok(folder::write(dir, Kind::Quantized, files.into_iter())?)
}

fn file_error(path: &Path) -> impl FnOnce(std::io::Error) -> QuantizeError {
    let path = path.to_path_buf();
    move |error| QuantizeError::File {
        path,
        reason: error.to_string(),
    }
}

/// Replaces every list of numbers of one layer by the name of a tensor.
fn move_lists(
    value: &mut Value,
    name: &str,
    weights_shape: &[usize; 2],
    tensors: &mut Vec<Tensor>,
) {
    let Value::Object(fields) = value else { return };
    for (key, field) in fields {
        let name = format!("{name}.{key}");
        match field {
            Value::Array(list) => {
                let shape = if key == "weights" {
                    weights_shape.to_vec()
                } else {
                    vec![list.len()]
                };
                let (dtype, bytes) = packed(list);
                tensors.push(Tensor {
                    name: name.clone(),
                    dtype,
                    shape,
                    bytes,
                });
                *field = Value::from(format!("@{name}"));
            }
            Value::Object(_) => move_lists(field, &name, weights_shape, tensors),
            _ => {}
        }
    }
}

/// The narrowest integers that hold the list, or `f64`.
fn packed(list: &[Value]) -> (Dtype, Vec<u8>) {
    let Some(ints) = list.iter().map(Value::as_i64).collect::<Option<Vec<i64>>>() else {
        let floats = list.iter().filter_map(Value::as_f64);
        return (Dtype::F64, floats.flat_map(f64::to_le_bytes).collect());
    };
    let fits = |low: i64, high: i64| ints.iter().all(|i| (low..=high).contains(i));
    if fits(i8::MIN.into(), i8::MAX.into()) {
        (
            Dtype::I8,
            ints.iter().flat_map(|&i| (i as i8).to_le_bytes()).collect(),
        )
    } else if fits(i16::MIN.into(), i16::MAX.into()) {
        (
            Dtype::I16,
            ints.iter()
                .flat_map(|&i| (i as i16).to_le_bytes())
                .collect(),
        )
    } else if fits(i32::MIN.into(), i32::MAX.into()) {
        (
            Dtype::I32,
            ints.iter()
                .flat_map(|&i| (i as i32).to_le_bytes())
                .collect(),
        )
    } else {
        (
            Dtype::I64,
            ints.iter().flat_map(|&i| i.to_le_bytes()).collect(),
        )
    }
}

fn unpacked(tensor: &TensorView<'_>) -> Option<Value> {
    let data = tensor.data();
    let ints = |size: usize, f: &dyn Fn(&[u8]) -> Option<i64>| -> Option<Value> {
        data.chunks(size)
            .map(|c| f(c).map(Value::from))
            .collect::<Option<Vec<_>>>()
            .map(Value::from)
    };
    match tensor.dtype() {
        Dtype::I8 => ints(1, &|c| Some(i8::from_le_bytes(c.try_into().ok()?).into())),
        Dtype::I16 => ints(2, &|c| Some(i16::from_le_bytes(c.try_into().ok()?).into())),
        Dtype::I32 => ints(4, &|c| Some(i32::from_le_bytes(c.try_into().ok()?).into())),
        Dtype::I64 => ints(8, &|c| Some(i64::from_le_bytes(c.try_into().ok()?))),
        Dtype::F64 => data
            .chunks(8)
            .map(|c| {
                serde_json::Number::from_f64(f64::from_le_bytes(c.try_into().ok()?))
                    .map(Value::from)
            })
            .collect::<Option<Vec<_>>>()
            .map(Value::from),
        _ => None,
    }
}

/// Reads the network that [`save`] wrote into `dir`.
///
/// # Errors
/// A missing, truncated or edited file; a network that breaks the contract; a digest that is not that of the content.
pub fn load(dir: &Path) -> Result<QuantNetwork, QuantizeError> {
    let file = |name: &str| {
        let path = dir.join(name);
        std::fs::read(&path).map_err(file_error(&path))
    };
    read(dir, &file(JSON)?, &file(TENSORS)?)
}

/// The network of the two files of a folder, quant.json and quant.safetensors; `dir` is where messages say that they are.
///
/// # Errors
/// As [`load`], of what is in the files.
pub fn read(dir: &Path, json: &[u8], tensors: &[u8]) -> Result<QuantNetwork, QuantizeError> {
    let (json_path, tensor_path) = (dir.join(JSON), dir.join(TENSORS));
    let in_json = |reason: String| QuantizeError::Damaged {
        path: json_path.clone(),
        reason,
    };
    let in_tensors = |reason: String| QuantizeError::Damaged {
        path: tensor_path.clone(),
        reason,
    };
    let mut document: Map<String, Value> =
        serde_json::from_slice(json).map_err(|e| in_json(e.to_string()))?;
    let format = document
        .get("format")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if format != FORMAT {
        return Err(in_json(format!(
            "format is {format:?}; this version reads {FORMAT:?}"
        )));
    }
    let stored = document
        .get("digest")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let Some(mut value) = document.remove("network") else {
        return Err(in_json("there is no `network`".to_owned()));
    };
    let tensors = SafeTensors::deserialize(tensors).map_err(|e| in_tensors(e.to_string()))?;
    let mut used = 0;
    if let Some(layers) = value.get_mut("layers").and_then(Value::as_array_mut) {
        for layer in layers {
            used += fetch_lists(layer, &tensors).map_err(in_tensors)?;
        }
    }
    if used != tensors.len() {
        return Err(in_tensors(format!(
            "it has {} tensors, and quant.json uses {used}",
            tensors.len()
        )));
    }
    let network: QuantNetwork =
        serde_json::from_value(value).map_err(|e| in_json(e.to_string()))?;
    network.validate().map_err(|e| in_json(e.to_string()))?;
    let computed = digest(&network);
    if computed != stored {
        return Err(QuantizeError::Digest {
            path: json_path,
            stored,
            computed,
        });
    }
    Ok(network)
}

/// Puts the tensors back where their names stand; how many.
fn fetch_lists(value: &mut Value, tensors: &SafeTensors<'_>) -> Result<usize, String> {
    let Value::Object(fields) = value else {
        return Ok(0);
    };
    let mut used = 0;
    for field in fields.values_mut() {
        match field {
            Value::Object(_) => used += fetch_lists(field, tensors)?,
            Value::String(text) => {
                if let Some(name) = text.strip_prefix('@') {
                    let tensor = tensors.tensor(name).map_err(|e| e.to_string())?;
                    *field = unpacked(&tensor).ok_or_else(|| {
                        format!("tensor {name} is of type {:?}, or damaged", tensor.dtype())
                    })?;
                    used += 1;
                }
            }
            _ => {}
        }
    }
    Ok(used)
}

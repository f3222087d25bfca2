//! net.safetensors as 64-bit numbers, with everything checked before it is allocated.

use super::json::Field;
use crate::diag::{Diagnostic, Place, codes, did_you_mean, shown};
use safetensors::tensor::{Dtype, SafeTensorError, SafeTensors};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// One tensor, C order.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Lengths of the axes; empty for a scalar.
    pub shape: Vec<usize>,
    /// Elements, all finite.
    pub values: Vec<f64>,
}

/// The tensors of a file.
pub struct Tensors<'a> {
    file: String,
    parsed: SafeTensors<'a>,
    used: RefCell<BTreeSet<String>>,
}

impl<'a> Tensors<'a> {
    /// Reads the table of `bytes`.
    ///
    /// # Errors
    /// `GS0301` if the file is damaged or ends too early.
    pub fn new(file: &str, bytes: &'a [u8]) -> Result<Self, Diagnostic> {
        let damaged = |why: String| {
            Diagnostic::error(&codes::TENSORS_UNREADABLE, why)
                .at(Place::file(file))
                .help("export the network again, with `safetensors.numpy.save_file`")
        };
        check_offsets(bytes).map_err(damaged)?;
        let parsed = SafeTensors::deserialize(bytes).map_err(|e| damaged(why(&e)))?;
        Ok(Self {
            file: file.to_owned(),
            parsed,
            used: RefCell::default(),
        })
    }

    /// The tensor `name`, which `field` of net.json asks for.
    ///
    /// # Errors
    /// `GS0302` missing, `GS0304` not of real numbers, `GS0305` NaN or infinity, with the first index.
    pub fn get(&self, field: &Field<'_>, name: &str) -> Result<Tensor, Diagnostic> {
        let view = self.parsed.tensor(name).map_err(|_| {
            let mut names = self.parsed.names();
            names.sort_unstable();
            field
                .error(
                    &codes::TENSOR_MISSING,
                    format!("the tensor `{}` is not in net.safetensors", shown(name)),
                )
                .help(did_you_mean(name, names))
        })?;
        self.used.borrow_mut().insert(name.to_owned());
        let place = || Place::field(self.file.clone(), name);
        let values = numbers(view.dtype(), view.data()).ok_or_else(|| {
            let message = format!(
                "the tensor has elements of type {:?}, which are not read",
                view.dtype()
            );
            Diagnostic::error(&codes::TENSOR_TYPE, message)
                .at(place())
                .help("store it as F32 or F64 (also read: F16, BF16, I8, U8, I16, U16, I32, U32)")
        })?;
        if let Some(first) = values.iter().position(|v| !v.is_finite()) {
            let count = values.iter().filter(|v| !v.is_finite()).count();
            let message = format!(
                "{count} of {} elements are NaN or infinite, the first is {} at {}",
                values.len(),
                values[first],
                index_text(first, view.shape())
            );
            return Err(Diagnostic::error(&codes::TENSOR_NOT_FINITE, message)
                .at(place())
                .help("export the network again; a training that diverged leaves such weights"));
        }
        Ok(Tensor {
            shape: view.shape().to_vec(),
            values,
        })
    }

    /// A warning for each tensor that was never asked for, by name.
    pub fn unused(&self) -> Vec<Diagnostic> {
        let used = self.used.borrow();
        let names: BTreeSet<&str> = self
            .parsed
            .names()
            .into_iter()
            .filter(|name| !used.contains(*name))
            .collect();
        let warn = |name: &str| {
            let message = format!("net.json does not use the tensor `{}`", shown(name));
            Diagnostic::warning(&codes::TENSOR_UNUSED, message)
                .at(Place::field(self.file.clone(), shown(name)))
        };
        names.into_iter().map(warn).collect()
    }
}

/// `[1, 5]` for a flat index into `shape`.
pub fn index_text(flat: usize, shape: &[usize]) -> String {
    let mut rest = flat;
    let mut indices: Vec<String> = Vec::new();
    for &length in shape.iter().rev() {
        indices.push((rest % length.max(1)).to_string());
        rest /= length.max(1);
    }
    indices.reverse();
    format!("[{}]", indices.join(", "))
}

/// Every tensor's bytes lie inside the file. Asked before the table is read, because the reader adds the offsets up.
fn check_offsets(bytes: &[u8]) -> Result<(), String> {
    let Some((length, rest)) = bytes.split_first_chunk::<8>() else {
        return Err(format!(
            "the file ends inside its header, after {} bytes",
            bytes.len()
        ));
    };
    let length = u64::from_le_bytes(*length);
    let Some(header) = usize::try_from(length)
        .ok()
        .and_then(|length| rest.get(..length))
    else {
        return Err(format!(
            "the header should have {length} bytes, the file has {} after it starts",
            rest.len()
        ));
    };
    let available = rest.len() - header.len();
    let Ok(serde_json::Value::Object(table)) = serde_json::from_slice(header) else {
        return Ok(());
    };
    for (name, info) in &table {
        let end = info
            .get("data_offsets")
            .and_then(|o| o.get(1))
            .and_then(serde_json::Value::as_u64);
        if let Some(end) = end.filter(|&end| end > available as u64) {
            let name = shown(name);
            return Err(format!(
                "the tensor `{name}` should end at data byte {end}, the file has {available} data bytes"
            ));
        }
    }
    Ok(())
}

fn why(error: &SafeTensorError) -> String {
    match error {
        SafeTensorError::InvalidHeader(_) => "the header is not UTF-8".to_owned(),
        SafeTensorError::InvalidHeaderDeserialization(_) => {
            "the header is not a table of tensors".to_owned()
        }
        SafeTensorError::HeaderTooLarge => "the header is too large".to_owned(),
        SafeTensorError::InvalidOffset(name) => {
            format!(
                "the bytes of the tensor `{}` do not follow the tensor before it",
                shown(name)
            )
        }
        SafeTensorError::TensorInvalidInfo => "a tensor's shape does not fit its bytes".to_owned(),
        SafeTensorError::MetadataIncompleteBuffer => {
            "the file has bytes that belong to no tensor".to_owned()
        }
        SafeTensorError::ValidationOverflow => "a tensor's shape is absurdly large".to_owned(),
        other => format!("the file is damaged: {other}"),
    }
}

fn numbers(dtype: Dtype, data: &[u8]) -> Option<Vec<f64>> {
    fn each<const N: usize>(data: &[u8], number: impl Fn([u8; N]) -> f64) -> Vec<f64> {
        data.as_chunks::<N>()
            .0
            .iter()
            .map(|bytes| number(*bytes))
            .collect()
    }
    Some(match dtype {
        Dtype::F64 => each(data, f64::from_le_bytes),
        Dtype::F32 => each(data, |b| f32::from_le_bytes(b).into()),
        Dtype::BF16 => each(data, |b| {
            f32::from_bits(u32::from(u16::from_le_bytes(b)) << 16).into()
        }),
        Dtype::F16 => each(data, |b| half_to_f64(u16::from_le_bytes(b))),
        Dtype::I8 => each(data, |b| i8::from_le_bytes(b).into()),
        Dtype::U8 => each(data, |b| u8::from_le_bytes(b).into()),
        Dtype::I16 => each(data, |b| i16::from_le_bytes(b).into()),
        Dtype::U16 => each(data, |b| u16::from_le_bytes(b).into()),
        Dtype::I32 => each(data, |b| i32::from_le_bytes(b).into()),
        Dtype::U32 => each(data, |b| u32::from_le_bytes(b).into()),
        _ => return None,
    })
}

/// IEEE 754 binary16, exactly.
fn half_to_f64(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let exponent = i32::from(bits >> 10 & 0x1f);
    let fraction = f64::from(bits & 0x3ff);
    sign * match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * 2f64.powi(exponent - 25),
    }
}

#[cfg(test)]
mod tests {
    use super::half_to_f64;

    #[test]
    fn half_precision_has_the_values_of_the_standard() {
        for (bits, value) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0400, 2f64.powi(-14)),
            (0x0001, 2f64.powi(-24)),
            (0x03ff, 1023.0 * 2f64.powi(-24)),
            (0x3555, 0.333_251_953_125),
            (0x0000, 0.0),
        ] {
            assert_eq!(half_to_f64(bits), value, "{bits:#06x}");
        }
        assert!(half_to_f64(0x7e00).is_nan());
        assert_eq!(half_to_f64(0xfc00), f64::NEG_INFINITY);
    }
}

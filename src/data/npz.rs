//! Arrays of an `.npz` file, with every size checked before it is allocated or multiplied.

use crate::diag::{Code, Diagnostic, Place, codes, did_you_mean, shown};
use npyz::npz::NpzArchive;
use npyz::{DType, NpyFile, Order, TypeChar};
use std::io::{Cursor, Read};

/// Largest array that is read, in bytes after decompression.
const MAX_ARRAY: u64 = 1 << 28;

/// What to do with a damaged file.
const WRITE_AGAIN: &str = "write the file again, with `numpy.savez`";

/// Elements of an array, C order.
#[derive(Clone, Debug, PartialEq)]
pub enum Elements {
    /// Unsigned bytes and booleans.
    Bytes(Vec<u8>),
    /// Other integers.
    Integers(Vec<i64>),
    /// Floating point.
    Reals(Vec<f64>),
}

/// One array.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    place: Place,
    /// Lengths of the axes.
    pub shape: Vec<usize>,
    /// As many elements as the shape says.
    pub elements: Elements,
}

impl Array {
    /// An error about the array.
    pub fn error(&self, code: &'static Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, message).at(self.place.clone())
    }

    /// Elements as integers.
    pub fn integers(&self) -> Result<Vec<i64>, Diagnostic> {
        match &self.elements {
            Elements::Bytes(bytes) => Ok(bytes.iter().map(|&b| b.into()).collect()),
            Elements::Integers(integers) => Ok(integers.clone()),
            Elements::Reals(_) => Err(self.error(
                &codes::ARRAY_TYPE,
                "the array holds floating-point numbers, it must hold integers",
            )),
        }
    }

    /// Elements as finite real numbers.
    pub fn reals(&self) -> Result<Vec<f64>, Diagnostic> {
        let reals: Vec<f64> = match &self.elements {
            Elements::Reals(reals) => reals.clone(),
            Elements::Bytes(bytes) => bytes.iter().map(|&b| b.into()).collect(),
            Elements::Integers(integers) => integers.iter().map(|&i| i as f64).collect(),
        };
        match reals.iter().position(|r| !r.is_finite()) {
            Some(i) => Err(self.error(
                &codes::ARRAY_VALUE,
                format!("element {i} (C order) is {}", reals[i]),
            )),
            None => Ok(reals),
        }
    }

    /// Elements as unsigned bytes.
    pub fn bytes(&self) -> Result<Vec<u8>, Diagnostic> {
        match &self.elements {
            Elements::Bytes(bytes) => Ok(bytes.clone()),
            Elements::Integers(integers) => {
                let byte = |(i, &value): (usize, &i64)| {
                    u8::try_from(value).map_err(|_| {
                        let message =
                            format!("element {i} (C order) is {value}, it must be 0 to 255");
                        self.error(&codes::ARRAY_VALUE, message)
                    })
                };
                integers.iter().enumerate().map(byte).collect()
            }
            Elements::Reals(_) => Err(self
                .error(
                    &codes::ARRAY_TYPE,
                    "the array holds floating-point numbers, it must hold unsigned bytes",
                )
                .help("store the samples as uint8, the network's encoding scales them")),
        }
    }

    /// Elements as indices (integers from 0).
    pub fn indices(&self) -> Result<Vec<usize>, Diagnostic> {
        let index = |(i, value): (usize, i64)| {
            usize::try_from(value).map_err(|_| {
                self.error(
                    &codes::ARRAY_VALUE,
                    format!("element {i} (C order) is {value}, it must be an index from 0"),
                )
            })
        };
        self.integers()?
            .into_iter()
            .enumerate()
            .map(index)
            .collect()
    }

    /// Bits of the last axis (`numpy.packbits`: most significant first), cut to `bits`: rows of `bits` entries 0 or 1.
    pub fn unpacked(&self, bits: usize) -> Result<Vec<u8>, Diagnostic> {
        let width = self.shape.last().copied().unwrap_or(0);
        if width != bits.div_ceil(8) {
            let message = format!(
                "the last axis has {width} bytes, {bits} bits take {}",
                bits.div_ceil(8)
            );
            return Err(self.error(&codes::ARRAY_SHAPE, message));
        }
        let bytes = self.bytes()?;
        let row = |row: &[u8]| {
            (0..bits)
                .map(|i| row[i / 8] >> (7 - i % 8) & 1)
                .collect::<Vec<u8>>()
        };
        Ok(bytes.chunks_exact(width.max(1)).flat_map(row).collect())
    }
}

/// An open file.
pub struct Archive<'a> {
    file: String,
    zip: NpzArchive<Cursor<&'a [u8]>>,
}

impl<'a> Archive<'a> {
    /// Opens `bytes`.
    ///
    /// # Errors
    /// `GS0401` if it is not a zip archive or ends too early.
    pub fn new(file: &str, bytes: &'a [u8]) -> Result<Self, Diagnostic> {
        let zip = NpzArchive::new(Cursor::new(bytes)).map_err(|e| {
            let message = format!(
                "this is not a whole .npz file of {} bytes: {}",
                bytes.len(),
                first_line(&e)
            );
            Diagnostic::error(&codes::NPZ_UNREADABLE, message)
                .at(Place::file(file))
                .help(WRITE_AGAIN)
        })?;
        Ok(Self {
            file: file.to_owned(),
            zip,
        })
    }

    /// Is there an array `name`?
    pub fn has(&self, name: &str) -> bool {
        self.zip.array_names().any(|array| array == name)
    }

    /// The array `name`.
    ///
    /// # Errors
    /// `GS0402` missing, `GS0401` damaged, `GS0404` not numbers or in Fortran order.
    pub fn read(&mut self, name: &str) -> Result<Array, Diagnostic> {
        if !self.has(name) {
            let mut names: Vec<String> = self.zip.array_names().map(shown).collect();
            names.sort_unstable();
            return Err(Diagnostic::error(
                &codes::ARRAY_MISSING,
                format!("there is no array `{name}`"),
            )
            .at(Place::file(self.file.clone()))
            .help(did_you_mean(name, names.iter().map(String::as_str))));
        }
        let place = Place::field(self.file.clone(), name);
        let damaged = |why: &dyn std::fmt::Display| {
            let message = format!("the array `{name}` is damaged: {}", first_line(why));
            Diagnostic::error(&codes::NPZ_UNREADABLE, message)
                .at(place.clone())
                .help(WRITE_AGAIN)
        };
        let entry = self
            .zip
            .zip_archive()
            .by_name(&npyz::npz::file_name_from_array_name(name));
        let mut bytes = Vec::new();
        entry
            .map_err(|e| damaged(&e))?
            .take(MAX_ARRAY + 1)
            .read_to_end(&mut bytes)
            .map_err(|e| damaged(&e))?;
        if bytes.len() as u64 > MAX_ARRAY {
            let message = format!("the array `{name}` has more than {MAX_ARRAY} bytes");
            return Err(Diagnostic::error(&codes::FILE_TOO_LARGE, message).at(place));
        }
        let header = check_header(&bytes).map_err(|e| damaged(&e))?;
        let npy = NpyFile::new(bytes.as_slice()).map_err(|e| damaged(&e))?;
        let wrong_type = |why: String| Diagnostic::error(&codes::ARRAY_TYPE, why).at(place.clone());
        let shape: Vec<usize> = npy.shape().iter().map(|&length| length as usize).collect();
        if npy.order() == Order::Fortran && shape.len() > 1 {
            return Err(
                wrong_type(format!("the array `{name}` is stored in Fortran order"))
                    .help("save numpy.ascontiguousarray(array)"),
            );
        }
        let dtype = npy.dtype();
        let element = dtype.num_bytes().unwrap_or(0) as u64;
        let found = (bytes.len() - header) as u64;
        if element.checked_mul(npy.len()) != Some(found) {
            return Err(damaged(&format!(
                "{found} bytes of data, the shape {shape:?} takes {element} bytes an element"
            )));
        }
        let elements = elements(&dtype, npy)
            .ok_or_else(|| {
                wrong_type(format!(
                    "the elements of `{name}` are of type {}, which is not read",
                    dtype.descr()
                ))
            })?
            .map_err(|e| damaged(&e))?;
        Ok(Array {
            place,
            shape,
            elements,
        })
    }
}

/// What a library says, without the drawing below it.
fn first_line(why: &dyn std::fmt::Display) -> String {
    let text = why.to_string();
    let line = text.lines().next().unwrap_or_default();
    let line = line.split(" --> ").next().unwrap_or_default();
    line.trim_end_matches([' ', ':']).to_owned()
}

/// Length of the header of an `.npy` file; an error text if it is not one that numpy writes for an array of numbers.
///
/// Asked before the reader, which parses nested Python literals without a depth limit and multiplies the shape
/// without looking for overflow.
fn check_header(bytes: &[u8]) -> Result<usize, String> {
    let ended = || "it ends inside its header".to_owned();
    let head = bytes.first_chunk::<12>().ok_or_else(ended)?;
    if !head.starts_with(b"\x93NUMPY") {
        return Err("it is not an .npy array".to_owned());
    }
    let (start, length): (usize, usize) = match head[6] {
        1 => (10, usize::from(u16::from_le_bytes([head[8], head[9]]))),
        _ => (
            12,
            u32::from_le_bytes([head[8], head[9], head[10], head[11]]) as usize,
        ),
    };
    let text = bytes
        .get(start..start.saturating_add(length))
        .ok_or_else(ended)?;
    let nesting = text.iter().filter(|c| b"([{".contains(c)).count();
    if length > 4096 || nesting > 8 {
        return Err("its header is not one of an array of numbers".to_owned());
    }
    let mut size = 1u64;
    let mut rest = text;
    while let Some(digit) = rest.iter().position(u8::is_ascii_digit) {
        rest = &rest[digit..];
        let length = rest
            .iter()
            .position(|c| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let (digits, behind) = rest.split_at(length);
        let number = std::str::from_utf8(digits)
            .ok()
            .and_then(|digits| digits.parse::<u64>().ok());
        let plain = behind
            .first()
            .is_none_or(|c| !c.is_ascii_alphanumeric() && *c != b'_');
        let product = number
            .filter(|_| plain)
            .and_then(|number| size.checked_mul(number.max(1)));
        size = product
            .filter(|&size| size < 1 << 53)
            .ok_or_else(|| "its shape is absurdly large".to_owned())?;
        rest = behind;
    }
    Ok(start + length)
}

/// The elements, `None` for a type that is not read.
fn elements(dtype: &DType, npy: NpyFile<&[u8]>) -> Option<std::io::Result<Elements>> {
    fn integers<T: npyz::Deserialize + Into<i64>>(
        npy: NpyFile<&[u8]>,
    ) -> std::io::Result<Elements> {
        Ok(Elements::Integers(
            npy.into_vec::<T>()?.into_iter().map(Into::into).collect(),
        ))
    }
    let DType::Plain(plain) = dtype else {
        return None;
    };
    Some(match (plain.type_char(), plain.size_field()) {
        (TypeChar::Uint, 1) => npy.into_vec().map(Elements::Bytes),
        (TypeChar::Bool, 1) => npy
            .into_vec::<bool>()
            .map(|bits| Elements::Bytes(bits.into_iter().map(u8::from).collect())),
        (TypeChar::Uint, 2) => integers::<u16>(npy),
        (TypeChar::Uint, 4) => integers::<u32>(npy),
        (TypeChar::Int, 1) => integers::<i8>(npy),
        (TypeChar::Int, 2) => integers::<i16>(npy),
        (TypeChar::Int, 4) => integers::<i32>(npy),
        (TypeChar::Int, 8) => integers::<i64>(npy),
        (TypeChar::Float, 4) => npy
            .into_vec::<f32>()
            .map(|v| Elements::Reals(v.into_iter().map(f64::from).collect())),
        (TypeChar::Float, 8) => npy.into_vec().map(Elements::Reals),
        _ => return None,
    })
}

//! Why a network has no image for a design.

use std::fmt::Display;

use goldspike_golden::contract::ContractError;
use thiserror::Error;

/// Why a network has no image for a design.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum ImageError {
    /// The design has no load port.
    #[error("the design has no load port: its weights are part of it")]
    NotWritable,
    /// The network breaks the arithmetic contract.
    #[error(transparent)]
    Contract(#[from] ContractError),
    /// Something that the circuits are made of is another.
    #[error("{place}`{field}` is {found}, the design's is {expected}", place = place(.layer.as_deref()))]
    Differs {
        /// Layer; `None` for the network.
        layer: Option<String>,
        /// Field of the quantized network.
        field: &'static str,
        /// The network's.
        found: String,
        /// The design's.
        expected: String,
    },
    /// A table is another; tables are part of the design.
    #[error("layer `{layer}`: its table `{table}` is not the design's, and tables are not loaded")]
    Table {
        /// Layer.
        layer: String,
        /// Table.
        table: String,
    },
    /// A constant depends on more than its memory does.
    #[error(
        "layer `{layer}`: `{constant}` has values that the design's memory has no words for: it holds {steps} steps, {}",
        if *.by_neuron { "a value a neuron" } else { "one value for all neurons" }
    )]
    Shape {
        /// Layer.
        layer: String,
        /// Constant.
        constant: &'static str,
        /// Steps that the memory holds.
        steps: usize,
        /// Whether it holds a value a neuron.
        by_neuron: bool,
    },
    /// A constant is beyond its memory's width.
    #[error("layer `{layer}`: `{constant}` is {value}, the design's memory holds {low} to {high}")]
    Range {
        /// Layer.
        layer: String,
        /// Constant.
        constant: &'static str,
        /// Its value.
        value: i64,
        /// Smallest value held.
        low: i64,
        /// Largest value held.
        high: i64,
    },
    /// More payload words than a header can say.
    #[error("an image of {words} payload words, a header counts up to 4294967295")]
    TooLong {
        /// Words.
        words: usize,
    },
}

impl ImageError {
    /// What to do.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::NotWritable => "make the design with `--weights writable` or `--weights loaded`",
            Self::Contract(_) => "quantize the network anew",
            Self::Differs { .. } => {
                "quantize both networks with the same flags, or make a design for this one"
            }
            Self::Table { .. } => {
                "give both networks the same table, or make a design for this one"
            }
            Self::Shape { .. } => {
                "make the design from a network whose constants depend on as much as these"
            }
            Self::Range { .. } => "make the design from a network with as large a bias",
            Self::TooLong { .. } => "make the layers smaller",
        }
    }
}

fn place(layer: Option<&str>) -> String {
    layer.map_or_else(String::new, |layer| format!("layer `{layer}`: "))
}

/// Checks that two things are the same.
pub(super) fn differs<T: PartialEq + Display>(
    layer: Option<&str>,
    field: &'static str,
    found: T,
    expected: T,
) -> Result<(), ImageError> {
    if found == expected {
        return Ok(());
    }
    Err(ImageError::Differs {
        layer: layer.map(str::to_owned),
        field,
        found: found.to_string(),
        expected: expected.to_string(),
    })
}

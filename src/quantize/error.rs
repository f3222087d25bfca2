//! What the quantizer refuses, with the exact numbers, the place and the remedy.

use super::dyadic::pow2;
use crate::diag::codes;
use crate::folder::FolderError;
use std::path::PathBuf;
use thiserror::Error;

/// A network, an option or a stored folder that the quantizer cannot take.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum QuantizeError {
    /// An option is outside its range.
    #[error("{option} is {value}; it must be {low} to {high}")]
    Option {
        /// Flag without dashes (`weight-bits`).
        option: &'static str,
        /// What was given.
        value: i64,
        /// Smallest value.
        low: i64,
        /// Largest value.
        high: i64,
    },
    /// The description is not a network: sizes that do not match.
    #[error("{place}: {field} has {found} entries; {expected} are needed")]
    Shape {
        /// Layer, or `network`.
        place: String,
        /// Field.
        field: &'static str,
        /// Entries there.
        found: usize,
        /// Entries needed.
        expected: usize,
    },
    /// A number is outside its range, NaN or infinite.
    #[error("{layer}: {field}[{index}] is {value}; it must be {range}")]
    Value {
        /// Layer, or `network`.
        layer: String,
        /// Field.
        field: &'static str,
        /// Entry, from 0 (0 for a layer's single value).
        index: usize,
        /// The number.
        value: f64,
        /// Its range in words.
        range: &'static str,
    },
    /// A switch that the model does not have, or not with its other ones.
    #[error(
        "{layer}: {switch} is set to what the model {model} does not have with its other switches"
    )]
    Mode {
        /// Layer.
        layer: String,
        /// Key of the switch.
        switch: &'static str,
        /// Model.
        model: &'static str,
    },
    /// A table of a layer whose neurons have scales of their own.
    #[error(
        "{layer}: the neurons have weight scales of their own (sums with LSBs from {least:.3e} to {most:.3e}), and the {model} neuron's table serves one scale a layer"
    )]
    TableScales {
        /// Layer.
        layer: String,
        /// Model.
        model: &'static str,
        /// Smallest LSB of a neuron's synaptic sum.
        least: f64,
        /// Largest one.
        most: f64,
    },
    /// `exact`: a curve that no table holds exactly.
    #[error("{layer}: the {model} neuron's sigmoid has no exact table")]
    NoExactTable {
        /// Layer.
        layer: String,
        /// Model.
        model: &'static str,
    },
    /// One-bit weights of a layer or row that is all zeros.
    #[error("{layer}: {what} is all zeros, and one-bit weights are -1 and +1")]
    NoBinaryForm {
        /// Layer.
        layer: String,
        /// `the layer` or `row 3`.
        what: String,
    },
    /// A threshold is smaller than one LSB of the membrane.
    #[error(
        "{layer}: v_threshold[{neuron}] is {threshold}, below one membrane LSB of {lsb} ({guard_bits} guard bits)"
    )]
    ThresholdBelowLsb {
        /// Layer.
        layer: String,
        /// Neuron, from 0.
        neuron: usize,
        /// Real threshold.
        threshold: f64,
        /// Real membrane LSB.
        lsb: f64,
        /// Guard bits in force.
        guard_bits: i32,
    },
    /// A constant does not fit into the membrane's format.
    #[error(
        "{layer}: {field}[{neuron}] is {value}, which is {raw} membrane LSBs and needs {needed} bits; the membrane has {bits}"
    )]
    MembraneTooNarrow {
        /// Layer.
        layer: String,
        /// Field.
        field: &'static str,
        /// Neuron, from 0.
        neuron: usize,
        /// Real value.
        value: f64,
        /// In membrane LSBs.
        raw: i64,
        /// Bits the value needs.
        needed: u32,
        /// Bits the membrane has.
        bits: u32,
    },
    /// A constant divided by its LSB is beyond any integer the hardware keeps.
    #[error("{layer}: {field}[{index}] is {value}, more than 2^60 times its LSB of {lsb}")]
    OutOfScale {
        /// Layer.
        layer: String,
        /// Field.
        field: &'static str,
        /// Entry, from 0.
        index: usize,
        /// Real value.
        value: f64,
        /// Real LSB.
        lsb: f64,
    },
    /// The synaptic sum, aligned to the membrane's LSB, does not fit.
    #[error(
        "{layer}: the synaptic sum aligned to the membrane needs {bits} bits; at most 61 are kept"
    )]
    SumTooWide {
        /// Layer.
        layer: String,
        /// Bits needed.
        bits: u32,
    },
    /// Weights, bias and input scale are so small or large that their LSB is no normal number.
    #[error(
        "{layer}: the LSB of the synaptic sum would be {lsb}, which is not a normal positive number"
    )]
    NoLsb {
        /// Layer.
        layer: String,
        /// The LSB.
        lsb: f64,
    },
    /// `exact`: a value has no exact integer.
    #[error("{layer}: {field}[{index}] = {value} cannot be exact: {why}")]
    NotExact {
        /// Layer.
        layer: String,
        /// Field.
        field: &'static str,
        /// Entry, from 0.
        index: usize,
        /// The value.
        value: f64,
        /// The reason, with numbers.
        why: String,
    },
    /// `exact`: the format that rounds nothing is wider than allowed.
    #[error(
        "{layer}: exact arithmetic over {steps} time steps needs a membrane of {needed} bits; {allowed} are allowed ({guard_bits} guard bits, decay with {decay_bits} fractional bits)"
    )]
    ExactTooWide {
        /// Layer.
        layer: String,
        /// Time steps of a sample.
        steps: u32,
        /// Bits needed.
        needed: u32,
        /// Bits allowed.
        allowed: u32,
        /// Guard bits needed.
        guard_bits: i32,
        /// Fractional bits of the decay.
        decay_bits: u32,
    },
    /// An integer network breaks the contract (a stored one was edited, or this is an internal error).
    #[error("{0}")]
    Invalid(String),
    /// A file of a stored network cannot be read or written.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        reason: String,
    },
    /// A stored network is damaged.
    #[error("{}: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column or tensor.
        reason: String,
    },
    /// The stored digest is not that of the stored integers.
    #[error("{}: the digest is {stored}, but the integers have {computed}", path.display())]
    Digest {
        /// quant.json.
        path: PathBuf,
        /// Digest in the file.
        stored: String,
        /// Digest of the content.
        computed: String,
    },
    /// The output folder was not written.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

impl QuantizeError {
    /// Code of the message; a code is never used again for another meaning.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Option { .. } => codes::QUANT_OPTION.id,
            Self::Shape { .. } => codes::QUANT_SHAPE.id,
            Self::Value { .. } => codes::QUANT_VALUE.id,
            Self::NoBinaryForm { .. } => codes::NO_BINARY_FORM.id,
            Self::ThresholdBelowLsb { .. } => codes::THRESHOLD_BELOW_LSB.id,
            Self::MembraneTooNarrow { .. } => codes::MEMBRANE_TOO_NARROW.id,
            Self::OutOfScale { .. } => codes::OUT_OF_SCALE.id,
            Self::SumTooWide { .. } => codes::SUM_TOO_WIDE.id,
            Self::NoLsb { .. } => codes::NO_LSB.id,
            Self::NotExact { .. } => codes::NOT_EXACT.id,
            Self::ExactTooWide { .. } => codes::EXACT_TOO_WIDE.id,
            Self::Mode { .. } => codes::QUANT_MODE.id,
            Self::TableScales { .. } => codes::TABLE_SCALES.id,
            Self::NoExactTable { .. } => codes::NO_EXACT_TABLE.id,
            Self::Invalid(_) => codes::QUANT_INVALID.id,
            Self::File { .. } => codes::FOLDER_FILE.id,
            Self::Damaged { .. } => codes::QUANT_DAMAGED.id,
            Self::Digest { .. } => codes::QUANT_DIGEST.id,
            Self::Folder(FolderError::Foreign { .. }) => codes::NOT_OURS.id,
            Self::Folder(FolderError::NotAFolder { .. }) => codes::NOT_A_FOLDER.id,
            Self::Folder(FolderError::Io { .. }) => codes::FOLDER_FILE.id,
        }
    }

    /// What to change.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::Option { option, low, high, .. } => format!("give --{option} a value from {low} to {high}"),
            Self::Shape { field, expected, .. } => format!("make {field} {expected} entries long"),
            Self::Value { field, range, .. } => format!("correct {field}: it must be {range}"),
            Self::NoBinaryForm { .. } => "use --weight-bits 2 or more, or --scale layer".to_owned(),
            Self::ThresholdBelowLsb { guard_bits, threshold, lsb, .. } => {
                let missing = (1..2200).find(|&k| threshold * pow2(k / 2) * pow2(k - k / 2) >= *lsb).unwrap_or(1);
                format!("use --guard-bits {} or more, or --guard-bits auto with a wider membrane", guard_bits.saturating_add(missing))
            }
            Self::MembraneTooNarrow { needed, .. } if *needed <= 32 => {
                format!("use --membrane-bits {needed} or more, or fewer guard bits")
            }
            Self::MembraneTooNarrow { .. } | Self::SumTooWide { .. } => "use fewer guard bits, or --guard-bits auto".to_owned(),
            Self::OutOfScale { .. } | Self::NoLsb { .. } => {
                "rescale the layer: multiply its weights, bias, threshold, offset and reset by the same number".to_owned()
            }
            Self::NotExact { .. } => {
                "make the value a multiple of a power of two that the layer's weights share, or leave out --exact".to_owned()
            }
            Self::ExactTooWide { .. } => {
                "use fewer time steps, a decay with fewer fractional bits or coarser weights, or leave out --exact".to_owned()
            }
            Self::Mode { switch, .. } => format!("choose another {switch}; `goldspike models` lists what a model has"),
            Self::TableScales { .. } => "use --scale layer: thresholds of one layer may still differ".to_owned(),
            Self::NoExactTable { .. } => {
                "leave out --exact: a table of rounded values takes its place, the same on every engine".to_owned()
            }
            Self::Invalid(_) | Self::Damaged { .. } | Self::Digest { .. } => {
                "quantize the network again: `goldspike quantize NETWORK -o DIR`".to_owned()
            }
            Self::File { .. } => "check the path and its permissions".to_owned(),
            Self::Folder(error) => error.help().to_owned(),
        }
    }
}

//! Flags that several verbs share: how to quantize, which data.

use crate::diag::{Diagnostic, codes};
use crate::engine::tool::quoted;
use crate::quantize::{GuardBits, MembraneBits, Options, ScaleBy};
use crate::rtl::{ConstantInput, DesignOptions, Fabric, LaneChoice, Weights};
use clap::{Args, ValueEnum};
use goldspike_golden::format::{Overflow, Rounding};
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// How a float network is quantized.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Quantization (of a float network)")]
pub struct QuantizeArgs {
    /// Bits of a weight, 1 to 16 [default: 8].
    #[arg(long, value_name = "BITS")]
    weight_bits: Option<u32>,
    /// Bits of a membrane potential, 4 to 32, or `auto`: what its bound needs [default: auto].
    #[arg(long, value_name = "BITS", value_parser = number_or_auto::<u32>)]
    membrane_bits: Option<NumberOrAuto<u32>>,
    /// Bits of the membrane below the accumulator's LSB, of any sign, or `auto` [default: auto].
    #[arg(long, value_name = "BITS", value_parser = number_or_auto::<i32>, allow_hyphen_values = true)]
    guard_bits: Option<NumberOrAuto<i32>>,
    /// Fractional bits of a decay, 1 to 24 [default: 12].
    #[arg(long, value_name = "BITS")]
    coefficient_bits: Option<u32>,
    /// What shares a weight scale [default: layer].
    #[arg(long, value_enum)]
    scale: Option<ScaleArg>,
    /// Rounding of products [default: half_up].
    #[arg(long, value_enum)]
    rounding: Option<RoundingArg>,
    /// Overflow of a state update [default: saturate].
    #[arg(long, value_enum)]
    overflow: Option<OverflowArg>,
    /// Choose formats in which nothing is rounded, or say which value cannot be exact.
    #[arg(long)]
    exact: bool,
}

/// A number or `auto`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NumberOrAuto<T> {
    Auto,
    Number(T),
}

fn number_or_auto<T: std::str::FromStr>(text: &str) -> Result<NumberOrAuto<T>, String> {
    match text {
        "auto" => Ok(NumberOrAuto::Auto),
        _ => text
            .parse()
            .map(NumberOrAuto::Number)
            .map_err(|_| "give a whole number or `auto`".to_owned()),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ScaleArg {
    /// One scale for all neurons of a layer.
    Layer,
    /// One scale a neuron.
    Channel,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum RoundingArg {
    /// floor(x + 1/2).
    HalfUp,
    /// Toward minus infinity.
    Floor,
    /// Toward zero.
    ToZero,
    /// To nearest, ties to the even one.
    HalfEven,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum OverflowArg {
    /// To the nearest end of the format.
    Saturate,
    /// As saturate, with -max as the lower end.
    SaturateSymmetric,
    /// Modulo 2^width.
    Wrap,
}

impl QuantizeArgs {
    /// The same with weights of this width.
    #[must_use]
    pub fn with_weight_bits(&self, bits: u32) -> Self {
        Self {
            weight_bits: Some(bits),
            ..self.clone()
        }
    }

    /// The quantizer's options.
    #[must_use]
    pub fn options(&self) -> Options {
        let default = Options::default();
        Options {
            weight_bits: self.weight_bits.unwrap_or(default.weight_bits),
            membrane_bits: match self.membrane_bits {
                Some(NumberOrAuto::Number(bits)) => MembraneBits::Fixed(bits),
                Some(NumberOrAuto::Auto) | None => MembraneBits::Auto,
            },
            guard_bits: match self.guard_bits {
                Some(NumberOrAuto::Number(bits)) => GuardBits::Fixed(bits),
                Some(NumberOrAuto::Auto) | None => GuardBits::Auto,
            },
            coefficient_bits: self.coefficient_bits.unwrap_or(default.coefficient_bits),
            scale: match self.scale {
                Some(ScaleArg::Channel) => ScaleBy::Channel,
                Some(ScaleArg::Layer) | None => ScaleBy::Layer,
            },
            rounding: self
                .rounding
                .map_or(default.rounding, |rounding| match rounding {
                    RoundingArg::HalfUp => Rounding::HalfUp,
                    RoundingArg::Floor => Rounding::Floor,
                    RoundingArg::ToZero => Rounding::ToZero,
                    RoundingArg::HalfEven => Rounding::HalfEven,
                }),
            overflow: self
                .overflow
                .map_or(default.overflow, |overflow| match overflow {
                    OverflowArg::Saturate => Overflow::Saturate,
                    OverflowArg::SaturateSymmetric => Overflow::SaturateSymmetric,
                    OverflowArg::Wrap => Overflow::Wrap,
                }),
            exact: self.exact,
        }
    }

    /// The flags as they were given, for a command that does the same again.
    #[must_use]
    pub fn given(&self) -> Vec<String> {
        fn number<T: std::fmt::Display>(value: NumberOrAuto<T>) -> String {
            match value {
                NumberOrAuto::Auto => "auto".to_owned(),
                NumberOrAuto::Number(number) => number.to_string(),
            }
        }
        fn named<T: ValueEnum>(value: Option<T>) -> Option<String> {
            Some(value?.to_possible_value()?.get_name().to_owned())
        }
        let values = [
            (
                "--weight-bits",
                self.weight_bits.map(|bits| bits.to_string()),
            ),
            ("--membrane-bits", self.membrane_bits.map(number)),
            ("--guard-bits", self.guard_bits.map(number)),
            (
                "--coefficient-bits",
                self.coefficient_bits.map(|bits| bits.to_string()),
            ),
            ("--scale", named(self.scale)),
            ("--rounding", named(self.rounding)),
            ("--overflow", named(self.overflow)),
        ];
        let mut given: Vec<String> = values
            .into_iter()
            .filter_map(|(flag, value)| Some([flag.to_owned(), value?]))
            .flatten()
            .collect();
        given.extend(self.exact.then(|| "--exact".to_owned()));
        given
    }

    /// Refuses flags that would do nothing because the network is quantized already.
    ///
    /// # Errors
    /// `GS0604` naming the flags.
    pub fn require_none(&self) -> Result<(), Diagnostic> {
        let flags: Vec<String> = self
            .given()
            .into_iter()
            .filter(|word| word.starts_with("--"))
            .collect();
        if flags.is_empty() {
            return Ok(());
        }
        let message = format!(
            "{} cannot change a network that is quantized already",
            flags.join(", ")
        );
        Err(Diagnostic::error(&codes::NOT_APPLICABLE, message)
            .help("leave the flags out, or name the folder of the float network"))
    }
}

/// Which samples.
#[derive(Clone, Debug, Default, Args)]
pub struct DataArgs {
    /// Test set: .npz with x_test (or x_test_bits and shape) and y_test [default: the embedded set of an embedded network].
    #[arg(long, value_name = "X.npz")]
    pub data: Option<PathBuf>,
    /// Only the first N samples.
    #[arg(long, value_name = "N")]
    pub samples: Option<NonZeroUsize>,
}

/// What the hardware looks like; none of it changes a result.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Hardware")]
pub struct LaneArgs {
    /// Synapse lanes: one number, or one a layer; a single number above a layer's neurons is clamped [default: chosen by
    /// layer].
    #[arg(long, value_name = "P,..", value_delimiter = ',')]
    lanes: Vec<u32>,
    /// Neuron lanes: one number, or one a layer [default: chosen by layer].
    #[arg(long, value_name = "Q,..", value_delimiter = ',')]
    neuron_lanes: Vec<u32>,
    /// Events that a layer takes in a cycle, 1 to 8: one number, or one a layer [default: 1].
    #[arg(long, value_name = "K,..", value_delimiter = ',')]
    events: Vec<u32>,
    /// Events that a beat of the input stream carries, at most the first layer's --events [default: 1].
    #[arg(long, value_name = "N")]
    beat_events: Option<u32>,
    /// Weights, thresholds and all other constants of neurons: part of the design, rewritten over a load port, or loaded
    /// over it before anything runs [default: rom].
    #[arg(long, value_enum)]
    weights: Option<WeightsArg>,
    /// Sums of a first layer with analogue input: kept for time steps whose input is that of the step before, or added up
    /// anew [default: keep].
    #[arg(long, value_enum)]
    constant_input: Option<ConstantInputArg>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ConstantInputArg {
    /// Kept.
    Keep,
    /// Added up in every step.
    Recompute,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum WeightsArg {
    /// Part of the design.
    Rom,
    /// Rewritten while it runs, by images that `goldspike image` makes.
    Writable,
    /// Not part of the design: such an image is loaded before the first sample; up5k keeps it in its SPRAM.
    Loaded,
}

impl WeightsArg {
    const fn name(self) -> &'static str {
        match self {
            Self::Rom => "rom",
            Self::Writable => "writable",
            Self::Loaded => "loaded",
        }
    }
}

fn choice(lanes: &[u32]) -> LaneChoice {
    match lanes {
        [] => LaneChoice::Auto,
        [one] => LaneChoice::All(*one),
        many => LaneChoice::PerLayer(many.to_vec()),
    }
}

impl LaneArgs {
    /// Whether any of the flags was given.
    #[must_use]
    pub fn is_given(&self) -> bool {
        !self.lanes.is_empty()
            || !self.neuron_lanes.is_empty()
            || !self.events.is_empty()
            || self.beat_events.is_some()
            || self.weights.is_some()
            || self.constant_input.is_some()
    }

    /// The flags for a design with a load port; writable and loaded ones take the same images.
    #[must_use]
    pub fn with_port(&self) -> Self {
        let given = self.weights.filter(|&weights| weights != WeightsArg::Rom);
        Self {
            weights: given.or(Some(WeightsArg::Writable)),
            ..self.clone()
        }
    }

    /// The generator's options for a fabric.
    #[must_use]
    pub fn options(&self, fabric: Fabric, probe: bool) -> DesignOptions {
        DesignOptions {
            lanes: choice(&self.lanes),
            neuron_lanes: choice(&self.neuron_lanes),
            events: choice(&self.events),
            beat_events: self.beat_events.unwrap_or(1),
            probe,
            fabric,
            weights: match self.weights {
                Some(WeightsArg::Writable) => Weights::Writable,
                Some(WeightsArg::Loaded) => Weights::Loaded,
                Some(WeightsArg::Rom) | None => Weights::Rom,
            },
            constant_input: match self.constant_input {
                Some(ConstantInputArg::Recompute) => ConstantInput::Recompute,
                Some(ConstantInputArg::Keep) | None => ConstantInput::Keep,
            },
            ..DesignOptions::default()
        }
    }

    /// Whether `--neuron-lanes` was given.
    #[must_use]
    pub fn names_neuron_lanes(&self) -> bool {
        !self.neuron_lanes.is_empty()
    }

    /// The same with this many neuron lanes in every layer.
    #[must_use]
    pub fn with_neuron_lanes(&self, lanes: u32) -> Self {
        Self {
            neuron_lanes: vec![lanes],
            ..self.clone()
        }
    }

    /// The same with these lanes by layer.
    #[must_use]
    pub fn with(&self, lanes: &[u32], neuron_lanes: &[u32], events: &[u32]) -> Self {
        Self {
            lanes: lanes.to_vec(),
            neuron_lanes: neuron_lanes.to_vec(),
            events: events.to_vec(),
            ..self.clone()
        }
    }

    /// The flags as they were given.
    #[must_use]
    pub fn given(&self) -> Vec<String> {
        let list = |lanes: &[u32]| {
            lanes
                .iter()
                .map(u32::to_string)
                .collect::<Vec<_>>()
                .join(",")
        };
        let mut given: Vec<String> = [
            ("--lanes", &self.lanes),
            ("--neuron-lanes", &self.neuron_lanes),
            ("--events", &self.events),
        ]
        .into_iter()
        .filter(|(_, lanes)| !lanes.is_empty())
        .flat_map(|(flag, lanes)| [flag.to_owned(), list(lanes)])
        .collect();
        if let Some(events) = self.beat_events.filter(|&events| events != 1) {
            given.extend(["--beat-events".to_owned(), events.to_string()]);
        }
        if let Some(weights) = self.weights.filter(|&weights| weights != WeightsArg::Rom) {
            given.extend(["--weights", weights.name()].map(str::to_owned));
        }
        if self.constant_input == Some(ConstantInputArg::Recompute) {
            given.extend(["--constant-input", "recompute"].map(str::to_owned));
        }
        given
    }
}

impl DataArgs {
    /// The data flag as it was given; without `--samples`, which the caller may change.
    #[must_use]
    pub fn given(&self) -> Vec<String> {
        self.data
            .iter()
            .flat_map(|path| ["--data".to_owned(), quoted(&path.display().to_string())])
            .collect()
    }
}

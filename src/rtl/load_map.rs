//! What an image holds, in which order, and the word that tells designs of different shapes apart.
//!
//! An image is a packet of 32-bit words:
//!
//! ```text
//! 0  MAGIC
//! 1  FORMAT
//! 2  version, given by whoever makes the image
//! 3  shape: CRC-32 of the text of widths and sizes (LoadMap::description)
//! 4  number of payload words
//! 5  payload: by layer its weights, its constants by row, its constants by step; by memory its words in the order of their
//!    addresses; by word its bits in pieces of 32, the lowest first, the last one filled up with zeros
//! …  CRC-32 of everything before it, with TLAST
//! ```
//!
//! The CRC-32 is CRC-32/ISO-HDLC (polynomial 0x04C11DB7 reflected, start and final exclusive-or 0xFFFFFFFF) of the bytes of
//! the words, the lowest byte of a word first. A word of the weight memory is the weights of `P` neurons of one axon; with
//! groups whose number is a power of two its address is `axon * groups + group`, else `group * axons + axon`. One-bit
//! weights are 0 for +1 and 1 for -1.

use std::fmt::Write as _;

use goldspike_golden::neuron::{Mode, Modes};
use goldspike_golden::quant::{Param, Payloads, QuantLayer};

use crate::rtl::constants::constant_contents;
use crate::rtl::load::{Contents, Size};
use crate::rtl::neuron::Column;
use crate::rtl::plan::LayerPlan;
use crate::rtl::weights::weight_contents;

/// First word of an image: `GSIM`.
pub const MAGIC: u32 = 0x4753_494D;

/// Version of this layout.
pub const FORMAT: u32 = 1;

/// Words before the payload.
pub const HEADER_WORDS: usize = 5;

/// Why the load port refused an image: the values of `load_reason_o`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Refusal {
    /// A sample was in flight when the image began.
    Busy = 1,
    /// The first word is not [`MAGIC`].
    Magic = 2,
    /// The second word is not [`FORMAT`].
    Format = 3,
    /// The image is for a design of another shape.
    Shape = 4,
    /// The header gives another number of payload words than the shape has.
    Length = 5,
    /// The CRC-32 is not that of the words.
    Crc = 6,
    /// TLAST came before the last word.
    Short = 7,
    /// The last word came without TLAST.
    Long = 8,
}

impl Refusal {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Busy,
        Self::Magic,
        Self::Format,
        Self::Shape,
        Self::Length,
        Self::Crc,
        Self::Short,
        Self::Long,
    ];

    /// What `load_reason_o` says; `None` for 0, no refusal, and for what it never says.
    #[must_use]
    pub fn of_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| *reason as u8 == code)
    }

    /// In words.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Busy => "a sample was in flight when the image began",
            Self::Magic => "the first word is not GSIM",
            Self::Format => "another version of the image format",
            Self::Shape => "an image for a design of another shape",
            Self::Length => "another number of payload words than the shape has",
            Self::Crc => "the CRC-32 is not that of the words",
            Self::Short => "TLAST before the last word",
            Self::Long => "no TLAST with the last word",
        }
    }
}

/// One layer of an image.
#[derive(Clone, Debug)]
pub(crate) struct LoadedLayer {
    /// The layer that the design was made for; its weights only where the design does not hold them.
    pub(crate) layer: QuantLayer,
    /// Its hardware.
    pub(crate) plan: LayerPlan,
    /// Its constants as the memories hold them.
    pub(crate) columns: Vec<Column>,
    /// Its memories: weights, constants by row, constants by step.
    pub(crate) sizes: Vec<Size>,
}

/// What an image for a design holds.
#[derive(Clone, Debug)]
pub struct LoadMap {
    /// What arrives at the first layer.
    pub(crate) fed: Payloads,
    /// By layer.
    pub(crate) layers: Vec<LoadedLayer>,
    /// Whether each memory has two banks, of which the design's first contents stand in one.
    pub(crate) banked: bool,
}

impl LoadMap {
    /// The map of layers with widths for any weights, which are fed `fed` first; see [`Self::banked`].
    pub(crate) fn new(
        fed: Payloads,
        layers: &[QuantLayer],
        plans: &[LayerPlan],
        columns: Vec<Vec<Column>>,
        banked: bool,
    ) -> Self {
        let layers = layers.iter().zip(plans).zip(columns);
        let layers = layers.map(|((layer, plan), columns)| {
            let all = contents(plan, layer, &columns);
            LoadedLayer {
                sizes: all.iter().map(Contents::size).collect(),
                layer: if banked {
                    QuantLayer {
                        weights: Vec::new(),
                        bias: Vec::new(),
                        ..layer.clone()
                    }
                } else {
                    layer.clone()
                },
                plan: plan.clone(),
                columns,
            }
        });
        Self {
            fed,
            layers: layers.collect(),
            banked,
        }
    }

    /// Memories in the order of the payload.
    pub(crate) fn sizes(&self) -> Vec<Size> {
        let layers = self.layers.iter();
        layers.flat_map(|layer| layer.sizes.clone()).collect()
    }

    /// Payload words of an image.
    #[must_use]
    pub fn payload_words(&self) -> usize {
        let sizes = self.sizes();
        sizes.iter().map(|size| size.pieces * size.depth).sum()
    }

    /// Words of an image, header and CRC-32 included.
    #[must_use]
    pub fn words(&self) -> usize {
        HEADER_WORDS + self.payload_words() + 1
    }

    /// Names of the layers.
    pub(crate) fn layer_names(&self) -> impl Iterator<Item = &str> {
        self.layers.iter().map(|one| one.layer.name.as_str())
    }

    /// The shape word.
    #[must_use]
    pub fn shape(&self) -> u32 {
        crc32fast::hash(self.description().as_bytes())
    }

    /// Every width and size that an image depends on, a line a layer.
    #[must_use]
    pub fn description(&self) -> String {
        let mut text = format!("payloads {} {}\n", self.fed.max, self.fed.signed);
        for one in &self.layers {
            let (layer, plan) = (&one.layer, &one.plan);
            let neuron = &layer.neuron;
            let _ = write!(
                text,
                "axons {} neurons {} lanes {} {} {} weights {} guard {} membrane {} {} {} {} {} refractory {} coefficient {} {}",
                layer.axons,
                layer.neurons,
                plan.lanes,
                plan.neuron_lanes,
                plan.events,
                layer.weight_bits,
                layer.guard_bits,
                layer.membrane.width,
                layer.rounding,
                layer.overflow,
                neuron.model.info().name,
                modes(&neuron.modes),
                neuron.refractory,
                neuron.coefficient.width,
                neuron.coefficient.frac,
            );
            for column in &one.columns {
                let (steps, each) = shape(&column.values);
                let _ = write!(
                    text,
                    " {} {} {} {steps} {each}",
                    column.name,
                    column.ty.width(),
                    column.ty.is_signed()
                );
            }
            for (name, format) in &neuron.formats {
                let _ = write!(text, " {name} {} {}", format.width, format.frac);
            }
            for (name, table) in &neuron.tables {
                let _ = write!(text, " {name} {} {}", table.low, table.shift);
                for knot in &table.knots {
                    let _ = write!(text, " {knot}");
                }
            }
            text.push('\n');
        }
        text
    }
}

/// What the memories of a layer hold, in the order of an image.
pub(crate) fn contents(plan: &LayerPlan, layer: &QuantLayer, columns: &[Column]) -> Vec<Contents> {
    let mut all = vec![weight_contents(plan, layer)];
    all.extend(constant_contents(plan, columns));
    all
}

/// What a model is switched to, in words.
pub(crate) fn modes(modes: &Modes) -> String {
    [
        modes.reset.text(),
        modes.reset_timing.text(),
        modes.spikes.text(),
        modes.leak.text(),
        modes.order.text(),
    ]
    .join(" ")
}

/// Steps with words of their own, 0 without, and whether neurons have values of their own: what the layout depends on.
fn shape(values: &Param<i64>) -> (usize, bool) {
    if values.by_step() {
        (values.steps(), values.neurons().is_some())
    } else {
        (0, true)
    }
}

//! Images: the weights and constants of a network as the load port of another one's design takes them.
//!
//! [`LoadMap`] says what stands where. An image is made for one shape: widths, sizes, lanes, modes and
//! tables are the design's, whatever was trained is the network's.

mod error;

use goldspike_golden::quant::{Param, QuantLayer, QuantNetwork};
use sha2::{Digest, Sha256};

pub use error::ImageError;

use crate::rtl::Design;
use crate::rtl::load_map::{FORMAT, LoadMap, LoadedLayer, MAGIC, contents, modes};
use crate::rtl::neuron::Column;
use error::differs;

/// The words of an image, which end with TLAST.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    words: Vec<u32>,
}

impl Image {
    /// The words in the order in which they are sent.
    #[must_use]
    pub fn words(&self) -> &[u32] {
        &self.words
    }

    /// The words as bytes, the lowest byte of a word first.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.words
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect()
    }

    /// The words in hexadecimal, one a line.
    #[must_use]
    pub fn hex(&self) -> String {
        self.words
            .iter()
            .map(|word| format!("{word:08x}\n"))
            .collect()
    }

    /// SHA-256 of [`Self::bytes`], in hexadecimal.
    #[must_use]
    pub fn digest(&self) -> String {
        let digest = Sha256::digest(self.bytes());
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The words as they are, with the CRC-32 of all but the last in the place of the last: for those who make images of
    /// their own.
    #[must_use]
    pub fn sealed(mut words: Vec<u32>) -> Self {
        let crc = words.split_last_mut().map(|(last, rest)| {
            let bytes: Vec<u8> = rest.iter().flat_map(|word| word.to_le_bytes()).collect();
            *last = crc32fast::hash(&bytes);
        });
        debug_assert!(crc.is_some() || words.is_empty());
        Self { words }
    }
}

/// The image of `network` for `design`, with the version word that the design shows once it is applied.
///
/// # Errors
/// A design whose weights are not writable, a network that breaks the contract, or one of another shape.
pub fn image(network: &QuantNetwork, design: &Design, version: u32) -> Result<Image, ImageError> {
    let map = design.load.as_ref().ok_or(ImageError::NotWritable)?;
    network.validate()?;
    same_network(network, map)?;
    let length = u32::try_from(map.payload_words()).map_err(|_| ImageError::TooLong {
        words: map.payload_words(),
    })?;
    let mut words = header(map, version, length);
    for (layer, loaded) in network.layers.iter().zip(&map.layers) {
        let columns = columns(layer, loaded)?;
        append(&mut words, loaded, layer, &columns);
    }
    words.push(0);
    Ok(Image::sealed(words))
}

/// The image of the network that a design was made for, version 1, where the design holds no weights before it is loaded:
/// what whoever runs the design must load first. `None` where a design starts with its weights.
#[must_use]
pub fn first(design: &Design) -> Option<Image> {
    let map = design.load.as_ref().filter(|map| !map.banked)?;
    let length = u32::try_from(map.payload_words()).ok()?;
    let mut words = header(map, 1, length);
    for loaded in &map.layers {
        append(&mut words, loaded, &loaded.layer, &loaded.columns);
    }
    words.push(0);
    Some(Image::sealed(words))
}

fn header(map: &LoadMap, version: u32, length: u32) -> Vec<u32> {
    vec![MAGIC, FORMAT, version, map.shape(), length]
}

/// Adds the memories of a layer.
fn append(words: &mut Vec<u32>, loaded: &LoadedLayer, layer: &QuantLayer, columns: &[Column]) {
    for memory in contents(&loaded.plan, layer, columns) {
        words.extend(memory.pieces());
    }
}

/// Checks what all layers have in common with the design's.
fn same_network(network: &QuantNetwork, map: &LoadMap) -> Result<(), ImageError> {
    let fed = network.input.payloads();
    differs(None, "layers", network.layers.len(), map.layers.len())?;
    differs(None, "input.payload_max", fed.max, map.fed.max)?;
    for (layer, loaded) in network.layers.iter().zip(&map.layers) {
        same_layer(layer, &loaded.layer)?;
    }
    Ok(())
}

/// Checks that the circuits of `made` are those of `layer`.
fn same_layer(layer: &QuantLayer, made: &QuantLayer) -> Result<(), ImageError> {
    let name = Some(layer.name.as_str());
    let (neuron, other) = (&layer.neuron, &made.neuron);
    let keys = |layer: &QuantLayer| {
        let keys: Vec<&str> = layer.neuron.constants.keys().map(String::as_str).collect();
        keys.join(", ")
    };
    differs(name, "axons", layer.axons, made.axons)?;
    differs(name, "neurons", layer.neurons, made.neurons)?;
    differs(name, "weight_bits", layer.weight_bits, made.weight_bits)?;
    differs(name, "guard_bits", layer.guard_bits, made.guard_bits)?;
    differs(name, "membrane", layer.membrane.width, made.membrane.width)?;
    differs(name, "rounding", layer.rounding, made.rounding)?;
    differs(name, "overflow", layer.overflow, made.overflow)?;
    differs(
        name,
        "model",
        neuron.model.info().name,
        other.model.info().name,
    )?;
    differs(name, "modes", modes(&neuron.modes), modes(&other.modes))?;
    differs(name, "refractory", neuron.refractory, other.refractory)?;
    differs(name, "coefficient", neuron.coefficient, other.coefficient)?;
    differs(name, "constants", keys(layer), keys(made))?;
    for (state, format) in &other.formats {
        let found = neuron.formats.get(state).copied().unwrap_or(layer.membrane);
        differs(name, "formats", found, *format)?;
    }
    match other
        .tables
        .iter()
        .find(|(table, made)| neuron.tables.get(*table) != Some(*made))
    {
        None => Ok(()),
        Some((table, _)) => Err(ImageError::Table {
            layer: layer.name.clone(),
            table: table.clone(),
        }),
    }
}

/// The layer's constants in the shapes of the design's memories.
fn columns(layer: &QuantLayer, loaded: &LoadedLayer) -> Result<Vec<Column>, ImageError> {
    let made = loaded.columns.iter();
    made.map(|column| {
        let own = match column.name {
            "bias" => &Param::Neuron(layer.bias.clone()),
            name => layer.neuron.constant(name),
        };
        let values = shaped(own, column, layer)?;
        let beyond = values
            .values()
            .iter()
            .find(|&&v| !column.ty.holds(v.into()));
        if let Some(&value) = beyond {
            return Err(ImageError::Range {
                layer: layer.name.clone(),
                constant: column.name,
                value,
                low: column.ty.min() as i64,
                high: column.ty.max() as i64,
            });
        }
        Ok(Column {
            values,
            ..column.clone()
        })
    })
    .collect()
}

/// `own` in the shape of the memory that holds `column`.
fn shaped(own: &Param<i64>, column: &Column, layer: &QuantLayer) -> Result<Param<i64>, ImageError> {
    let own = own.clone().collapsed();
    let (steps, by_neuron) = (column.values.steps(), column.values.neurons().is_some());
    let coarser = if column.values.by_step() {
        own.steps() <= steps && (by_neuron || own.neurons().is_none())
    } else {
        !own.by_step()
    };
    if !coarser {
        return Err(ImageError::Shape {
            layer: layer.name.clone(),
            constant: column.name,
            steps,
            by_neuron: by_neuron || !column.values.by_step(),
        });
    }
    let get = |n: usize, t: usize| own.get(n, t).copied().unwrap_or(0);
    Ok(match (column.values.by_step(), by_neuron) {
        (false, _) => Param::Neuron((0..layer.neurons).map(|n| get(n, 0)).collect()),
        (true, false) => Param::Step {
            by_step: (0..steps).map(|t| get(0, t)).collect(),
        },
        (true, true) => Param::StepNeuron {
            steps,
            by_step_and_neuron: (0..steps)
                .flat_map(|t| (0..layer.neurons).map(move |n| (n, t)))
                .map(|(n, t)| get(n, t))
                .collect(),
        },
    })
}

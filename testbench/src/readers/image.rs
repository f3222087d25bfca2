//! The load port: the reader of weight images that is hardware, on the embedded simulator.

use std::cell::RefCell;

use goldspike::engine::beats::{BeatStimulus, traces};
use goldspike::engine::{Bench, LoadState, Stalls};
use goldspike::image::{Image, image};
use goldspike::rtl::{Design, DesignOptions, LaneChoice, Weights, design};
use goldspike_golden::event::Sample;
use goldspike_golden::network;
use goldspike_golden::quant::QuantNetwork;

use super::{Read, promised};
use crate::small::Small;

/// The version of the image that is loaded before each input.
const VERSION: u32 = 7;

/// Set in the byte behind the last whole word: the CRC is made right, so that what is behind it is reached.
const SEALED: u8 = 1;

/// Set there: the last word has no TLAST.
const OPEN: u8 = 2;

struct Device {
    network: QuantNetwork,
    samples: Vec<Sample>,
    design: Design,
    image: Image,
    bench: Bench,
}

thread_local! {
    static DEVICE: RefCell<Option<Device>> = const { RefCell::new(None) };
}

impl Device {
    fn new() -> Result<Self, String> {
        let small = Small {
            name: "loaded",
            weight_bits: 4,
            ..Small::default()
        };
        let network = small.network();
        let samples = small.samples().split_off(6);
        let options = DesignOptions {
            lanes: LaneChoice::All(2),
            neuron_lanes: LaneChoice::All(1),
            weights: Weights::Writable,
            ..DesignOptions::default()
        };
        let design = design(&network, &options).map_err(|error| error.to_string())?;
        let image = image(&network, &design, VERSION).map_err(|error| error.to_string())?;
        let bench = Bench::new(&design).map_err(|error| error.to_string())?;
        Ok(Self {
            network,
            samples,
            design,
            image,
            bench,
        })
    }

    fn load(&mut self, words: &[u32], closed: bool) -> Result<LoadState, String> {
        let last = words.len().saturating_sub(1);
        let words = words.iter().enumerate();
        self.bench
            .load(words.map(|(place, &word)| (word, closed && place == last)))
            .map_err(|error| error.to_string())
    }

    /// Loads the network's own image; whatever came before must not matter.
    fn known(&mut self) -> Result<(), String> {
        let words = self.image.words().to_vec();
        let state = self.load(&words, true)?;
        let wanted = LoadState {
            loaded: true,
            version: VERSION,
            refused: None,
        };
        promised(state == wanted, format!("the good image gives {state:?}"))
    }

    /// Whether the design computes what its own image says.
    fn computes_its_network(&mut self) -> Result<(), String> {
        let samples = &self.samples;
        let stimulus = BeatStimulus {
            image: Vec::new(),
            ..BeatStimulus::of_samples(&self.design, samples, Stalls::NONE)
        };
        let result = self
            .bench
            .play(&stimulus, |_| {})
            .map_err(|error| error.to_string())?;
        let found = traces("rust-hdl", &self.design, samples, &result)
            .map_err(|error| error.to_string())?;
        let golden = network::golden(&self.network).map_err(|error| error.to_string())?;
        for (sample, found) in samples.iter().zip(&found) {
            for (step, wanted) in found.steps.iter().zip(&golden.run(sample).steps) {
                let spikes = |layers: &[goldspike_golden::trace::LayerTrace<i64>]| {
                    layers.last().map(|layer| layer.spikes.clone())
                };
                promised(
                    spikes(&step.layers) == spikes(&wanted.layers),
                    "a refused image changed what is computed",
                )?;
            }
        }
        Ok(())
    }
}

/// Words of an image, the lowest byte first; a byte behind the last whole word is [`SEALED`] and [`OPEN`].
///
/// What is refused changes nothing; what is applied has the header and the CRC of an image; whatever came, the next image is
/// taken.
pub(super) fn load_image(data: &[u8]) -> Result<Read, String> {
    let (words, flags) = data.as_chunks::<4>();
    let flags = flags.first().copied().unwrap_or(0);
    let mut words: Vec<u32> = words.iter().map(|word| u32::from_le_bytes(*word)).collect();
    if flags & SEALED != 0 {
        words = Image::sealed(words).words().to_vec();
    }
    words.truncate(4096);
    if words.is_empty() {
        return Ok(Read::Refused("nothing"));
    }
    DEVICE.with_borrow_mut(|device| {
        let device = match device {
            Some(device) => device,
            None => device.insert(Device::new()?),
        };
        device.known()?;
        let closed = flags & OPEN == 0;
        let state = device.load(&words, closed)?;
        let read = match state.refused {
            Some(reason) => {
                promised(
                    state.loaded && state.version == VERSION,
                    format!("a refused image gives {state:?}"),
                )?;
                Read::Refused(reason.text())
            }
            None if state.version == VERSION && !closed => Read::Refused("not ended"),
            None => {
                let sealed = Image::sealed(words.clone());
                let own = device.image.words();
                promised(
                    closed && words.len() == own.len() && sealed.words() == words,
                    "an image of another length or CRC is applied",
                )?;
                promised(
                    words[..2] == own[..2] && words[3..5] == own[3..5] && state.version == words[2],
                    "an image of another header is applied",
                )?;
                Read::Whole
            }
        };
        if !closed {
            device.load(&[0], true)?;
        }
        if matches!(read, Read::Refused(_)) {
            device.computes_its_network()?;
        }
        device.known()?;
        Ok(read)
    })
}

/// The images that the corpus begins with: one that is applied, by name.
///
/// # Errors
/// Only an internal bug.
pub fn images() -> Result<Vec<(&'static str, Vec<u8>)>, String> {
    let device = Device::new()?;
    let whole = device.image.bytes();
    let with = |flags: u8| {
        let mut bytes = whole.clone();
        bytes.push(flags);
        bytes
    };
    Ok(vec![
        ("whole", whole.clone()),
        ("sealed", with(SEALED)),
        ("without-end", with(SEALED | OPEN)),
        ("short", whole[..whole.len() - 8].to_vec()),
    ])
}

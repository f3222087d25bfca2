//! What a command works on: the network that was named, its integers, its data.

use super::console::Console;
use super::errors;
use super::options::{DataArgs, QuantizeArgs};
use crate::data::{self, Dataset, FrameworkTrace, Unit};
use crate::diag::{Diagnostic, Place, codes};
use crate::import::{self, Imported};
use crate::quantize::{self, Report};
use goldspike_golden::describe::{Fire, Layer, Lif, Network, Neuron};
use goldspike_golden::event::Sample;
use goldspike_golden::neuron::lif::{Reset, ResetTiming, Spikes};
use goldspike_golden::quant::{Param, QuantNetwork};
use std::borrow::Cow;
use std::path::Path;

/// The network that was named.
#[derive(Debug)]
pub struct Source {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Float(Box<Imported>),
    Quant(Box<QuantNetwork>),
}

/// The integers of a source.
#[derive(Debug)]
pub struct Integers {
    /// The network.
    pub network: QuantNetwork,
    /// What quantization lost; `None` if the network came quantized.
    pub report: Option<Report>,
    /// Its digest.
    pub digest: String,
}

impl Integers {
    /// Real value of a raw number of (layer, neuron).
    pub fn real(&self) -> impl Fn(Unit, usize, usize, i64) -> f64 {
        |unit, layer, neuron, raw| {
            let layer = &self.network.layers[layer];
            let lsb = match unit {
                Unit::Membrane => layer.lsb(neuron),
                Unit::Compared => layer.h_lsb(neuron),
            };
            raw as f64 * lsb
        }
    }
}

impl Source {
    /// Reads the network at `argument`: a folder with net.json or quant.json, such a file, or an embedded name.
    ///
    /// # Errors
    /// Whatever is wrong with it.
    pub fn read(argument: &Path, console: &Console) -> Result<Self, Diagnostic> {
        let folder = if argument
            .file_name()
            .is_some_and(|name| name == "quant.json")
            && argument.is_file()
        {
            Some(
                argument
                    .parent()
                    .filter(|p| !p.as_os_str().is_empty())
                    .unwrap_or_else(|| Path::new(".")),
            )
        } else {
            Some(argument).filter(|folder| {
                folder.join("quant.json").is_file() && !folder.join("net.json").is_file()
            })
        };
        let kind = match folder {
            Some(folder) => Kind::Quant(Box::new(
                quantize::load(folder).map_err(|error| errors::quantize(&error, None))?,
            )),
            None => {
                let imported = import::load(argument)?;
                for warning in &imported.warnings {
                    console.warn(warning);
                }
                Kind::Float(Box::new(imported))
            }
        };
        Ok(Self { kind })
    }

    /// The imported float network, if it is one.
    #[must_use]
    pub fn imported(&self) -> Option<&Imported> {
        match &self.kind {
            Kind::Float(imported) => Some(imported),
            Kind::Quant(_) => None,
        }
    }

    /// Name of the network.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.kind {
            Kind::Float(imported) => &imported.network.name,
            Kind::Quant(network) => &network.name,
        }
    }

    /// The shortest name that the command line takes for it wherever it is typed: of an embedded example its own, else the
    /// network's.
    #[must_use]
    pub fn title(&self) -> &str {
        self.embedded().unwrap_or_else(|| self.name())
    }

    /// Names of the neuron layers.
    #[must_use]
    pub fn layer_names(&self) -> Vec<&str> {
        match &self.kind {
            Kind::Float(imported) => imported
                .network
                .layers
                .iter()
                .map(|layer| layer.name.as_str())
                .collect(),
            Kind::Quant(network) => network
                .layers
                .iter()
                .map(|layer| layer.name.as_str())
                .collect(),
        }
    }

    /// Name of the embedded example, if it is one.
    #[must_use]
    pub fn embedded(&self) -> Option<&'static str> {
        self.imported()?.embedded
    }

    /// The integers: quantized here, or as stored.
    ///
    /// # Errors
    /// Those of the quantizer; flags that a quantized network ignores.
    pub fn integers(&self, flags: &QuantizeArgs) -> Result<Integers, Diagnostic> {
        match &self.kind {
            Kind::Float(imported) => {
                let done = quantize::quantize(&imported.network, &flags.options())
                    .map_err(|error| errors::quantize(&error, Some(imported)))?;
                let digest = done.report.digest.clone();
                Ok(Integers {
                    network: done.network,
                    report: Some(done.report),
                    digest,
                })
            }
            Kind::Quant(network) => {
                flags.require_none()?;
                let network = (**network).clone();
                let digest = quantize::digest(&network);
                Ok(Integers {
                    network,
                    report: None,
                    digest,
                })
            }
        }
    }

    /// Names, sizes and encoding; of a quantized network with empty weights and constants of no meaning.
    fn outline(&self) -> Cow<'_, Network> {
        match &self.kind {
            Kind::Float(imported) => Cow::Borrowed(&imported.network),
            Kind::Quant(network) => Cow::Owned(outline(network)),
        }
    }

    /// The data set that was asked for, or the embedded one; `None` if there is neither.
    ///
    /// # Errors
    /// A damaged file, or one that does not fit the network.
    pub fn data_if_any(&self, args: &DataArgs) -> Result<Option<Samples>, Diagnostic> {
        let set = match (&args.data, self.embedded()) {
            (Some(path), _) => data::load(path)?,
            (None, Some(name)) => data::embedded(name)?,
            (None, None) => return Ok(None),
        };
        let outline = self.outline();
        set.check(&outline)?;
        let count = args
            .samples
            .map_or(set.len(), |samples| samples.get().min(set.len()));
        Ok(Some(Samples {
            set,
            count,
            outline: Outline::of(&outline),
        }))
    }

    /// The data set that was asked for, or the embedded one.
    ///
    /// # Errors
    /// `GS0602` if there is neither; a damaged file, or one that does not fit the network.
    pub fn data(&self, args: &DataArgs) -> Result<Samples, Diagnostic> {
        self.data_if_any(args)?.ok_or_else(|| {
            let message = format!("`{}` has no embedded data set", self.name());
            Diagnostic::error(&codes::NO_DATA, message).help("name one with `--data X.npz`")
        })
    }

    /// The framework's trace that was asked for, or the embedded one; `None` if there is neither.
    ///
    /// # Errors
    /// A damaged file, or a trace of another network.
    pub fn framework_trace(
        &self,
        path: Option<&Path>,
    ) -> Result<Option<FrameworkTrace>, Diagnostic> {
        let outline = self.outline();
        match (path, self.embedded()) {
            (Some(path), _) => data::load_trace(path, &outline).map(Some),
            (None, Some(name)) => data::embedded_trace(name, &outline).map(Some),
            (None, None) => Ok(None),
        }
    }
}

fn outline(network: &QuantNetwork) -> Network {
    let unused = || Param::Layer(1.0);
    let layers = network.layers.iter().map(|layer| Layer {
        synapse: layer.name.clone(),
        name: layer.name.clone(),
        axons: layer.axons,
        neurons: layer.neurons,
        weights: Vec::new(),
        bias: Vec::new(),
        weight_step: None,
        neuron: Neuron::Lif(Lif {
            decay: unused(),
            input_gain: unused(),
            offset: unused(),
            v_threshold: unused(),
            v_reset: unused(),
            v_init: unused(),
            fire: Fire::Ge,
            reset: Reset::None,
            reset_timing: ResetTiming::SameStep,
            spikes: Spikes::Binary,
        }),
        amplitude: unused(),
    });
    Network {
        name: network.name.clone(),
        time_steps: network.time_steps,
        axons: network.input.axons,
        encoding: network.input.encoding.clone(),
        layers: layers.collect(),
    }
}

/// What encoding a sample takes of a network.
#[derive(Debug)]
struct Outline {
    encoding: goldspike_golden::encoding::Encoding,
    time_steps: u32,
    axons: usize,
}

impl Outline {
    fn of(network: &Network) -> Self {
        Self {
            encoding: network.encoding.clone(),
            time_steps: network.time_steps,
            axons: network.axons,
        }
    }
}

/// A data set that fits the network.
#[derive(Debug)]
pub struct Samples {
    set: Dataset,
    count: usize,
    outline: Outline,
}

impl Samples {
    /// Samples asked for, at least 1.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Where they came from.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.set.file
    }

    /// Class of sample `index`, if the data set says.
    #[must_use]
    pub fn label(&self, index: usize) -> Option<i64> {
        self.set.labels.as_ref()?.get(index).copied()
    }

    /// Sample `index` as events.
    ///
    /// # Errors
    /// An index beyond the data set; a sample that is not of the encoding.
    pub fn encode(&self, index: usize) -> Result<Sample, Diagnostic> {
        let place = || Place::file(self.set.file.clone());
        let raw = self.set.sample(index).ok_or_else(|| {
            let message = format!(
                "sample {index} is asked for, the data set has {}",
                self.set.len()
            );
            Diagnostic::error(&codes::NO_SAMPLES, message).at(place())
        })?;
        let Outline {
            encoding,
            time_steps,
            axons,
        } = &self.outline;
        encoding
            .encode(raw, *time_steps, *axons, index as u64)
            .map_err(|error| errors::encoding(&error, &self.set.file, index))
    }
}

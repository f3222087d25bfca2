//! What a framework computed for a network: predictions, output counts, and for some samples every spike and
//! membrane.
//!
//! Arrays of the file: `index` [n] sample numbers, `pred` [n], `out_count` [n, classes], `label` [n] (optional);
//! `full_index` [k], and for each layer `s_NAME` [T, k, bits] packed spikes, `sneg_NAME` the negative ones (optional),
//! `v_NAME` [T, j, N] kept membranes, `h_NAME` compared values (optional) and `STATE_NAME` of each further state of the model
//! (optional; CLIF: `m_NAME`) of the first j <= k samples of `full_index`.

use super::npz::{Archive, Array};
use crate::diag::{Diagnostic, codes};
use goldspike_golden::describe::Network;

/// A framework's results.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameworkTrace {
    /// File it came from.
    pub file: String,
    /// Sample numbers in the test set, n of them.
    pub index: Vec<usize>,
    /// Class of each of the n samples.
    pub label: Option<Vec<i64>>,
    /// Predicted class of each of the n samples.
    pub pred: Vec<i64>,
    /// Spikes of the last layer by neuron, for each of the n samples.
    pub out_count: Vec<Vec<i64>>,
    /// Numbers of the k samples with a full trace.
    pub full_index: Vec<usize>,
    /// Time steps.
    pub time_steps: usize,
    /// Layers of the network.
    pub layers: Vec<FrameworkLayer>,
    /// Encoded input spikes `[T][k][axons]` (0 or 1), flat, if the file has `input_bits`.
    pub input: Option<Vec<u8>>,
}

/// Full traces of one layer.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameworkLayer {
    /// Name of the neuron layer.
    pub name: String,
    /// Neurons.
    pub neurons: usize,
    spikes: Vec<i8>,
    samples: usize,
    /// By state of the model, the membrane potential first.
    states: Vec<Option<Membranes>>,
    h: Option<Membranes>,
}

#[derive(Clone, Debug, PartialEq)]
struct Membranes {
    values: Vec<f64>,
    samples: usize,
}

impl FrameworkLayer {
    /// Spikes of all neurons at `step` for the sample at `position` of `full_index`.
    #[must_use]
    pub fn spikes(&self, step: usize, position: usize) -> Option<&[i8]> {
        if position >= self.samples {
            return None;
        }
        self.spikes
            .chunks_exact(self.neurons.max(1))
            .nth(step * self.samples + position)
    }

    /// Kept membranes of all neurons, as [`Self::spikes`]; `None` if the file has none for this sample.
    #[must_use]
    pub fn v(&self, step: usize, position: usize) -> Option<&[f64]> {
        let v = self.states.first()?.as_ref()?;
        v.row(self.neurons, step, position)
    }

    /// Index and values of every kept state that the file has, as [`Self::v`].
    pub fn states(&self, step: usize, position: usize) -> impl Iterator<Item = (usize, &[f64])> {
        let states = self.states.iter().enumerate();
        states.filter_map(move |(index, values)| {
            Some((index, values.as_ref()?.row(self.neurons, step, position)?))
        })
    }

    /// Compared values of all neurons, as [`Self::v`].
    #[must_use]
    pub fn h(&self, step: usize, position: usize) -> Option<&[f64]> {
        self.h.as_ref()?.row(self.neurons, step, position)
    }
}

impl Membranes {
    fn row(&self, neurons: usize, step: usize, position: usize) -> Option<&[f64]> {
        if position >= self.samples {
            return None;
        }
        self.values
            .chunks_exact(neurons.max(1))
            .nth(step * self.samples + position)
    }

    fn read(
        archive: &mut Archive<'_>,
        name: &str,
        steps: usize,
        samples: usize,
        neurons: usize,
    ) -> Result<Self, Diagnostic> {
        let array = archive.read(name)?;
        match *array.shape.as_slice() {
            [t, j, n] if t == steps && j <= samples && n == neurons => Ok(Self {
                values: array.reals()?,
                samples: j,
            }),
            _ => Err(mismatch(
                &array,
                name,
                &format!("[{steps}, 1 to {samples}, {neurons}]"),
            )),
        }
    }
}

impl FrameworkTrace {
    /// Reads the arrays of `bytes` for `network`; `file` is the name in messages.
    ///
    /// # Errors
    /// `GS0401` to `GS0405` for a damaged file or wrong arrays, `GS0409` for a trace of another network.
    pub fn read(file: &str, bytes: &[u8], network: &Network) -> Result<Self, Diagnostic> {
        let mut archive = Archive::new(file, bytes)?;
        let index = archive.read("index")?.indices()?;
        let classes = network.layers.last().map_or(0, |layer| layer.neurons);
        let pred = of_shape(&mut archive, "pred", &[index.len()])?.integers()?;
        let counts = of_shape(&mut archive, "out_count", &[index.len(), classes])?.integers()?;
        let label = if archive.has("label") {
            Some(of_shape(&mut archive, "label", &[index.len()])?.integers()?)
        } else {
            None
        };
        let full_index = archive.read("full_index")?.indices()?;
        let (steps, samples) = (network.time_steps as usize, full_index.len());
        let mut layers = Vec::with_capacity(network.layers.len());
        for layer in &network.layers {
            let neurons = layer.neurons;
            let spikes = signed_spikes(&mut archive, &layer.name, steps, samples, neurons)?;
            let mut read = |what: &str, required: bool| {
                let name = format!("{what}_{}", layer.name);
                if !required && !archive.has(&name) {
                    return Ok(None);
                }
                Membranes::read(&mut archive, &name, steps, samples, neurons).map(Some)
            };
            let states = layer.neuron.model.info().states.iter().enumerate();
            let states = states
                .map(|(index, state)| read(state.name, index == 0))
                .collect::<Result<_, _>>()?;
            let h = read("h", false)?;
            layers.push(FrameworkLayer {
                name: layer.name.clone(),
                neurons,
                spikes,
                samples,
                states,
                h,
            });
        }
        let input = if archive.has("input_bits") {
            let wanted = [steps, samples, network.axons.div_ceil(8)];
            Some(of_shape(&mut archive, "input_bits", &wanted)?.unpacked(network.axons)?)
        } else {
            None
        };
        Ok(Self {
            file: file.to_owned(),
            out_count: counts.chunks(classes.max(1)).map(<[i64]>::to_vec).collect(),
            index,
            label,
            pred,
            full_index,
            time_steps: steps,
            layers,
            input,
        })
    }

    /// Sample numbers of the trace, each once: those of `index`, then those of `full_index` that are not among them.
    #[must_use]
    pub fn samples(&self) -> Vec<usize> {
        let mut seen = std::collections::BTreeSet::new();
        self.index
            .iter()
            .chain(&self.full_index)
            .copied()
            .filter(|sample| seen.insert(*sample))
            .collect()
    }
}

fn mismatch(array: &Array, name: &str, wanted: &str) -> Diagnostic {
    let message = format!(
        "`{name}` has the shape {:?}, a trace of this network has {wanted}",
        array.shape
    );
    array.error(&codes::TRACE_MISMATCH, message)
}

fn of_shape(archive: &mut Archive<'_>, name: &str, shape: &[usize]) -> Result<Array, Diagnostic> {
    let array = archive.read(name)?;
    if array.shape != shape {
        Err(mismatch(&array, name, &format!("{shape:?}")))
    } else {
        Ok(array)
    }
}

fn signed_spikes(
    archive: &mut Archive<'_>,
    layer: &str,
    steps: usize,
    samples: usize,
    neurons: usize,
) -> Result<Vec<i8>, Diagnostic> {
    let shape = [steps, samples, neurons.div_ceil(8)];
    let positive = of_shape(archive, &format!("s_{layer}"), &shape)?.unpacked(neurons)?;
    let name = format!("sneg_{layer}");
    if !archive.has(&name) {
        return Ok(positive.into_iter().map(|bit| bit as i8).collect());
    }
    let negative = of_shape(archive, &name, &shape)?.unpacked(neurons)?;
    // `s_NAME` marks every spike, `sneg_NAME` the negative ones among them.
    Ok(positive
        .into_iter()
        .zip(negative)
        .map(|(spike, negative)| spike as i8 - 2 * negative as i8)
        .collect())
}

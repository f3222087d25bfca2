//! A described network as the files that a user would have: net.json and net.safetensors.

use goldspike::import::{File, Imported, from_files};
use goldspike_golden::describe::{Fire, Layer, Network, Neuron};
use goldspike_golden::encoding::Encoding;
use goldspike_golden::neuron::info::{Default, Given, KindInfo, Range};
use goldspike_golden::neuron::modes::Mode;
use goldspike_golden::neuron::{CurrentOrder, Leak, Reset, ResetTiming, Spikes};
use goldspike_golden::quant::Param;
use serde_json::{Map, Value, json};

/// The two files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// net.json.
    pub json: String,
    /// net.safetensors.
    pub tensors: Vec<u8>,
}

/// Tensors in the making: the header, and the bytes behind it.
#[derive(Default)]
struct Tensors {
    header: Map<String, Value>,
    data: Vec<u8>,
}

impl Tensors {
    /// Stores 64-bit numbers; how net.json names them.
    fn add(&mut self, name: &str, shape: &[usize], values: &[f64]) -> String {
        let start = self.data.len();
        self.data
            .extend(values.iter().flat_map(|value| value.to_le_bytes()));
        let info =
            json!({"dtype": "F64", "shape": shape, "data_offsets": [start, self.data.len()]});
        self.header.insert(name.to_owned(), info);
        format!("@{name}")
    }

    fn bytes(self) -> Vec<u8> {
        let header = Value::Object(self.header).to_string();
        let mut out = (header.len() as u64).to_le_bytes().to_vec();
        out.extend_from_slice(header.as_bytes());
        out.extend(self.data);
        out
    }
}

impl Written {
    /// The files of a network; `None` where the format has no words for it (a kind without such a parameter).
    #[must_use]
    pub fn new(network: &Network) -> Option<Self> {
        let mut tensors = Tensors::default();
        let mut layers = Vec::new();
        for layer in &network.layers {
            layers.push(synapses(layer, &mut tensors));
            layers.push(neurons(layer, &mut tensors)?);
        }
        let document = json!({
            "format": "goldspike/1",
            "name": network.name,
            "time_steps": network.time_steps,
            "input": {"shape": [network.axons], "encoding": encoding(&network.encoding)},
            "layers": layers,
        });
        Some(Self {
            json: format!("{document:#}\n"),
            tensors: tensors.bytes(),
        })
    }

    /// The network that is read from them.
    ///
    /// # Errors
    /// A refusal: of what [`Self::new`] wrote there is none.
    pub fn read(&self) -> Result<Imported, String> {
        let file = |name: &str, bytes| File {
            name: name.to_owned(),
            bytes,
        };
        let json = file("net.json", self.json.as_bytes());
        from_files(json, file("net.safetensors", &self.tensors)).map_err(|error| error.to_string())
    }
}

fn encoding(encoding: &Encoding) -> Value {
    match encoding {
        Encoding::Direct { scale, max } => json!({"type": "direct", "scale": scale, "max": max}),
        Encoding::Rows { scale, max } => json!({"type": "rows", "scale": scale, "max": max}),
        Encoding::SigmaDelta => json!({"type": "sigma_delta"}),
        Encoding::BernoulliHash { seed } => json!({"type": "bernoulli_hash", "seed": seed}),
        Encoding::Latency { levels } => json!({"type": "latency", "levels": levels}),
        Encoding::Events => json!({"type": "events"}),
    }
}

fn synapses(layer: &Layer, tensors: &mut Tensors) -> Value {
    let name = &layer.synapse;
    let weight = tensors.add(
        &format!("{name}.weight"),
        &[layer.neurons, layer.axons],
        &layer.weights,
    );
    let bias = tensors.add(&format!("{name}.bias"), &[layer.neurons], &layer.bias);
    json!({"op": "linear", "name": name, "weight": weight, "bias": bias})
}

fn neurons(layer: &Layer, tensors: &mut Tensors) -> Option<Value> {
    let neuron = &layer.neuron;
    let kinds = neuron.model.info().kinds;
    let (kind, given) = kinds
        .iter()
        .find_map(|kind| Some((kind, given(kind, neuron, &layer.amplitude)?)))?;
    let modes = neuron.modes;
    let mut fields = json!({
        "op": "neuron",
        "name": layer.name,
        "shape": [layer.neurons],
        "kind": kind.name,
        "fire": match neuron.fire { Fire::Ge => ">=", Fire::Gt => ">" },
        "refractory": neuron.refractory,
        (Reset::KEY): modes.reset.text(),
        (ResetTiming::KEY): modes.reset_timing.text(),
        (Spikes::KEY): modes.spikes.text(),
        (Leak::KEY): modes.leak.text(),
        (CurrentOrder::KEY): modes.order.text(),
    });
    for info in kind.parameters(neuron.model.info()) {
        if let (Some(value), Value::Object(fields)) = (given.get(info.name), &mut fields) {
            let name = format!("{}.{}", layer.name, info.name);
            let written = match value {
                Param::Layer(value) if info.range == Range::Flag => json!(*value != 0.0),
                Param::Layer(value) => json!(value),
                Param::Neuron(values) => json!(tensors.add(&name, &[values.len()], values)),
                Param::Step { by_step } => json!(tensors.add(&name, &[by_step.len(), 1], by_step)),
                Param::StepNeuron {
                    steps,
                    by_step_and_neuron,
                } => json!(tensors.add(
                    &name,
                    &[*steps, by_step_and_neuron.len() / steps],
                    by_step_and_neuron
                )),
            };
            fields.insert(info.name.to_owned(), written);
        }
    }
    Some(fields)
}

/// What a file of this kind says of the neurons; `None` if it cannot say it.
fn given(kind: &KindInfo, neuron: &Neuron, amplitude: &Param<f64>) -> Option<Given> {
    if kind.modes.outside(&neuron.modes).is_some() {
        return None;
    }
    let mut given = neuron.parameters.clone();
    if *amplitude != Param::Layer(1.0) {
        given.insert("amplitude", amplitude.clone());
    }
    let known = |name: &str| {
        kind.parameters(neuron.model.info())
            .any(|info| info.name == name)
    };
    if !given.keys().all(|name| known(name)) {
        return None;
    }
    let mut read = (kind.convert)(given.clone()).ok()?;
    for info in kind.with {
        if let (Default::Value(value), Some(_)) =
            (info.default, neuron.model.info().parameter(info.name))
        {
            read.entry(info.name).or_insert(Param::Layer(value));
        }
    }
    read.remove("amplitude");
    let same = |name: &'static str| {
        let found = Neuron {
            parameters: read.clone(),
            ..neuron.clone()
        };
        found.value(name) == neuron.value(name)
    };
    let all = neuron.model.info().parameters.iter();
    all.map(|info| info.name).all(same).then_some(given)
}

//! A network of any kinds of neuron as a user writes it: net.json, net.safetensors, and samples for it in data.npz.

use npyz::WriterBuilder;
use npyz::npz::NpzWriter;
use safetensors::tensor::{Dtype, TensorView};
use std::io::Cursor;
use std::path::Path;

/// Layers `n0`, `n1`, ... of neurons, each behind a linear layer whose weights and biases are multiples of 1/8.
pub struct Net {
    name: &'static str,
    steps: usize,
    axons: usize,
    readout: &'static str,
    layers: Vec<(usize, String)>,
    tensors: Vec<(String, Vec<usize>, Vec<f32>)>,
}

impl Net {
    /// Without layers yet.
    pub fn new(name: &'static str, steps: usize, axons: usize) -> Self {
        Self {
            name,
            steps,
            axons,
            readout: r#"{"type": "spike_count"}"#,
            layers: Vec::new(),
            tensors: Vec::new(),
        }
    }

    /// With a layer of neurons more; `fields` is what net.json says of them from `kind` on.
    pub fn layer(mut self, neurons: usize, fields: &str) -> Self {
        self.layers.push((neurons, fields.to_owned()));
        self
    }

    /// With a tensor that a field names.
    pub fn tensor(mut self, name: &str, shape: &[usize], values: &[f32]) -> Self {
        self.tensors
            .push((name.to_owned(), shape.to_vec(), values.to_vec()));
        self
    }

    /// With this read-out.
    pub fn readout(mut self, text: &'static str) -> Self {
        self.readout = text;
        self
    }

    /// Neurons by layer.
    pub fn neurons(&self) -> impl Iterator<Item = usize> + '_ {
        self.layers.iter().map(|(neurons, _)| *neurons)
    }

    /// Writes the network's folder.
    pub fn write(&self, folder: &Path) {
        let mut lines = Vec::new();
        let mut tensors = self.tensors.clone();
        let mut axons = self.axons;
        for (i, (neurons, fields)) in self.layers.iter().enumerate() {
            let (weight, bias) = (format!("fc{i}.weight"), format!("fc{i}.bias"));
            lines.push(format!(
                r#"    {{"op": "linear", "name": "fc{i}", "weight": "@{weight}", "bias": "@{bias}"}}"#
            ));
            lines.push(format!(
                r#"    {{"op": "neuron", "name": "n{i}", "shape": [{neurons}], {fields}}}"#
            ));
            tensors.push((weight, vec![*neurons, axons], eighths(i, neurons * axons)));
            tensors.push((bias, vec![*neurons], eighths(i + 5, *neurons)));
            axons = *neurons;
        }
        let json = format!(
            r#"{{
  "format": "goldspike/1",
  "name": "{}",
  "time_steps": {},
  "input": {{"shape": [{}], "encoding": {{"type": "direct", "scale": 0.125, "max": 15}}}},
  "readout": {},
  "layers": [
{}
  ]
}}
"#,
            self.name,
            self.steps,
            self.axons,
            self.readout,
            lines.join(",\n")
        );
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join("net.json"), json).unwrap();
        let bytes: Vec<Vec<u8>> = tensors
            .iter()
            .map(|(_, _, values)| values.iter().flat_map(|v| v.to_le_bytes()).collect())
            .collect();
        let views = tensors.iter().zip(&bytes).map(|((name, shape, _), bytes)| {
            let view = TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap();
            (name, view)
        });
        let data = safetensors::serialize(views, None).unwrap();
        std::fs::write(folder.join("net.safetensors"), data).unwrap();
    }

    /// Writes `samples` labelled samples; the classes are the neurons of the last layer, one after the other.
    pub fn write_data(&self, file: &Path, samples: usize) {
        let classes = self.neurons().last().unwrap_or(1);
        let inputs: Vec<u8> = (0..samples * self.axons)
            .map(|i| (i * i * 5 % 16) as u8)
            .collect();
        let labels: Vec<i64> = (0..samples).map(|i| (i % classes) as i64).collect();
        let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
        array(&mut npz, "x_test", &[samples, self.axons], &inputs);
        array(&mut npz, "y_test", &[samples], &labels);
        let bytes = npz.zip_writer().finish().unwrap().into_inner();
        std::fs::write(file, bytes).unwrap();
    }
}

/// Numbers from -5/8 to 7/8, more of them above 0: neurons fire, and not in every step.
fn eighths(seed: usize, count: usize) -> Vec<f32> {
    (0..count)
        .map(|i| ((i * i * 3 + 7 * i + 11 * seed) % 13) as f32 / 8.0 - 0.625)
        .collect()
}

fn array<T: npyz::Serialize + npyz::AutoSerialize + Copy>(
    npz: &mut NpzWriter<Cursor<Vec<u8>>>,
    name: &str,
    shape: &[usize],
    values: &[T],
) {
    let shape: Vec<u64> = shape.iter().map(|&n| n as u64).collect();
    let array = npz.array(name, Default::default()).unwrap();
    let mut writer = array.default_dtype().shape(&shape).begin_nd().unwrap();
    writer.extend(values.iter().copied()).unwrap();
    writer.finish().unwrap();
}

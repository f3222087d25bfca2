//! A small network and small files for the tests of reading.

use goldspike::diag::Diagnostic;
use goldspike::import::{self, File, Imported};
use npyz::WriterBuilder;
use std::path::{Path, PathBuf};

/// A 2-3-2 network; the lines and columns of the stored messages refer to it.
pub const NET: &str = r#"{
  "format": "goldspike/1",
  "name": "small",
  "dataset": "points",
  "time_steps": 4,
  "input": {"shape": [2], "encoding": {"type": "direct", "scale": 0.125, "max": 15}},
  "readout": {"type": "spike_count", "tie": "lowest_index", "signed": false},
  "layers": [
    {"op": "linear", "name": "fc0", "in": 2, "out": 3, "weight": "@fc0.weight", "bias": "@fc0.bias"},
    {"op": "neuron", "name": "n0", "shape": [3], "kind": "lif", "decay": "@n0.decay", "v_threshold": 1.0,
     "fire": ">=", "reset": "hard", "v_reset": 0.0, "reset_timing": "same_step"},
    {"op": "flatten"},
    {"op": "linear", "name": "fc1", "weight": "@fc1.weight", "weight_quant": {"step": 0.25, "qmax": 7}},
    {"op": "neuron", "name": "n1", "shape": [2], "kind": "plif", "w": 0.5, "v_threshold": 0.5}
  ]
}
"#;

/// A tensor as it is written: name, shape, values.
pub type Named = (&'static str, Vec<usize>, Vec<f32>);

/// The tensors of [`NET`].
pub fn tensors() -> Vec<Named> {
    vec![
        (
            "fc0.weight",
            vec![3, 2],
            vec![1.0, -0.5, 0.25, 2.0, -1.5, 0.75],
        ),
        ("fc0.bias", vec![3], vec![0.0, 0.5, -0.25]),
        ("n0.decay", vec![3], vec![0.5, 0.75, 1.0]),
        (
            "fc1.weight",
            vec![2, 3],
            vec![0.5, -0.25, 1.0, 0.0, 1.75, -1.5],
        ),
    ]
}

/// A safetensors file of 32-bit numbers.
pub fn safetensors(tensors: &[Named]) -> Vec<u8> {
    let mut header = serde_json::Map::new();
    let mut data = Vec::new();
    for (name, shape, values) in tensors {
        let start = data.len();
        data.extend(values.iter().flat_map(|v| v.to_le_bytes()));
        let info = serde_json::json!({"dtype": "F32", "shape": shape, "data_offsets": [start, data.len()]});
        header.insert((*name).to_owned(), info);
    }
    with_header(&serde_json::Value::Object(header).to_string(), &data)
}

/// A safetensors file of any header and data.
pub fn with_header(header: &str, data: &[u8]) -> Vec<u8> {
    let mut out = (header.len() as u64).to_le_bytes().to_vec();
    out.extend_from_slice(header.as_bytes());
    out.extend_from_slice(data);
    out
}

/// Writes a network folder.
pub fn write(folder: &Path, json: &[u8], tensors: &[u8]) {
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("net.json"), json).unwrap();
    std::fs::write(folder.join("net.safetensors"), tensors).unwrap();
}

/// The network of two files in memory.
pub fn read(json: &[u8], tensors: &[u8]) -> Result<Imported, Diagnostic> {
    let file = |name: &str, bytes| File {
        name: name.to_owned(),
        bytes,
    };
    import::from_files(file("net.json", json), file("net.safetensors", tensors))
}

/// An `.npz` file in the making.
pub struct Npz(npyz::npz::NpzWriter<std::io::Cursor<Vec<u8>>>);

impl Npz {
    /// An empty one.
    pub fn new() -> Self {
        Self(npyz::npz::NpzWriter::new(std::io::Cursor::new(Vec::new())))
    }

    /// With an array more.
    pub fn with<T: npyz::Serialize + npyz::AutoSerialize + Copy>(
        mut self,
        name: &str,
        shape: &[u64],
        values: &[T],
    ) -> Self {
        let array = self.0.array(name, Default::default()).unwrap();
        let mut writer = array.default_dtype().shape(shape).begin_nd().unwrap();
        writer.extend(values.iter().copied()).unwrap();
        writer.finish().unwrap();
        self
    }

    /// With an entry of any bytes more.
    pub fn with_entry(mut self, file: &str, bytes: &[u8]) -> Self {
        let zip = self.0.zip_writer();
        zip.start_file(file, Default::default()).unwrap();
        std::io::Write::write_all(zip, bytes).unwrap();
        self
    }

    /// The bytes.
    pub fn bytes(mut self) -> Vec<u8> {
        self.0.zip_writer().finish().unwrap().into_inner()
    }
}

/// The repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}

//! Files: networks, tensors, data sets, traces, quantized networks, boards.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use goldspike::board;
use goldspike::data::{Dataset, FrameworkTrace};
use goldspike::diag::{Diagnostic, codes};
use goldspike::import::{File, Imported, from_files};
use goldspike::quantize::{self, Options, QuantizeError};
use goldspike_golden::describe::Network;

use super::{Read, promised, refused};
use crate::written::Written;

/// The files of a small network of two layers: the other file of a pair of which one is fuzzed.
static PAIR: LazyLock<Written> = LazyLock::new(|| Written {
    json: include_str!("../../../fuzz/corpus/net_json/small.json").to_owned(),
    tensors: include_bytes!("../../../fuzz/corpus/net_safetensors/small.safetensors").to_vec(),
});

/// What a data set is checked against.
static NETWORK: LazyLock<Option<Network>> =
    LazyLock::new(|| PAIR.read().ok().map(|imported| imported.network));

/// A small quantized network on disk.
static QUANTIZED: LazyLock<(Vec<u8>, Vec<u8>)> = LazyLock::new(|| {
    (
        include_bytes!("../../../fuzz/corpus/quant_json/small.json").to_vec(),
        include_bytes!("../../../fuzz/corpus/quant_safetensors/small.safetensors").to_vec(),
    )
});

fn imported(json: &[u8], tensors: &[u8]) -> Result<Imported, Diagnostic> {
    let file = |name: &str, bytes| File {
        name: name.to_owned(),
        bytes,
    };
    from_files(file("net.json", json), file("net.safetensors", tensors))
}

/// A network that came out has all of its vectors, in their shapes, and the quantizer says something of it.
fn whole(imported: &Imported) -> Result<Read, String> {
    let network = &imported.network;
    let mut axons = network.axons;
    promised(
        network.time_steps > 0 && axons > 0 && !network.layers.is_empty(),
        "an empty network",
    )?;
    for layer in &network.layers {
        let sizes = [
            (layer.axons, axons),
            (layer.weights.len(), layer.axons * layer.neurons),
            (layer.bias.len(), layer.neurons),
        ];
        promised(
            sizes.iter().all(|(found, wanted)| found == wanted),
            format!("half a layer: {sizes:?}"),
        )?;
        let values = layer.neuron.parameters.values().chain([&layer.amplitude]);
        let numbers = values
            .clone()
            .flat_map(|param| param.values())
            .chain(&layer.weights)
            .chain(&layer.bias);
        promised(
            numbers.copied().all(f64::is_finite),
            "a number is not finite",
        )?;
        for param in values {
            promised(
                param
                    .neurons()
                    .is_none_or(|neurons| neurons == layer.neurons),
                "half a parameter",
            )?;
        }
        axons = layer.neurons;
    }
    // A handful of numbers is a handful of milliseconds; an absurd shape of no weights would be hours.
    let numbers: usize = network
        .layers
        .iter()
        .map(|layer| layer.weights.len() + layer.neurons)
        .sum();
    if numbers <= 1 << 12 {
        match quantize::quantize(network, &Options::default()) {
            Ok(quantized) => promised(
                quantized.network.validate().is_ok(),
                "what was quantized breaks the contract",
            )?,
            Err(error) => promised(
                !error.to_string().is_empty() && !error.help().is_empty(),
                "a refusal of the quantizer without a word",
            )?,
        }
    }
    Ok(Read::Whole)
}

fn judged(result: Result<Imported, Diagnostic>) -> Result<Read, String> {
    match result {
        Ok(network) => whole(&network),
        Err(diagnostic) => refused(&diagnostic),
    }
}

/// net.json, with tensors of a small network.
pub(super) fn net_json(data: &[u8]) -> Result<Read, String> {
    judged(imported(data, &PAIR.tensors))
}

/// net.safetensors, with the net.json of a small network.
pub(super) fn net_safetensors(data: &[u8]) -> Result<Read, String> {
    judged(imported(PAIR.json.as_bytes(), data))
}

/// The archive with the checksums that its stored entries should have, so that what is behind them is reached.
fn mended(data: &[u8]) -> Vec<u8> {
    let mut archive = data.to_vec();
    let number = |at: usize, bytes: usize| {
        let bytes = data.get(at..at + bytes)?;
        Some(
            bytes
                .iter()
                .rev()
                .fold(0, |n, &byte| n << 8 | usize::from(byte)),
        )
    };
    for (at, four) in data.windows(4).enumerate() {
        // By PKWARE's APPNOTE 4.3.7 and 4.3.12: where the checksum is, and the entry's local header.
        let (place, local) = match four {
            b"PK\x03\x04" => (at + 14, Some(at)),
            b"PK\x01\x02" => (at + 16, number(at + 42, 4)),
            _ => continue,
        };
        let checksum = local.and_then(|local| {
            let size = number(local + 18, 4)?;
            let start = local + 30 + number(local + 26, 2)? + number(local + 28, 2)?;
            data.get(start..start + size).map(crc32fast::hash)
        });
        if let (Some(sum), Some(found)) = (checksum, archive.get_mut(place..place + 4)) {
            found.copy_from_slice(&sum.to_le_bytes());
        }
    }
    archive
}

/// A data set, as it is and mended.
pub(super) fn data_npz(data: &[u8]) -> Result<Read, String> {
    data_set(data)?;
    data_set(&mended(data))
}

/// A framework's trace, as it is and mended.
pub(super) fn trace_npz(data: &[u8]) -> Result<Read, String> {
    trace(data)?;
    trace(&mended(data))
}

/// A data set, checked against a small network.
fn data_set(data: &[u8]) -> Result<Read, String> {
    let set = match Dataset::read("data.npz", data) {
        Ok(set) => set,
        Err(diagnostic) => return refused(&diagnostic),
    };
    let labels = set.labels.as_ref().map_or(set.len(), Vec::len);
    promised(
        !set.is_empty() && labels == set.len() && set.samples().len() == set.len(),
        "half a data set",
    )?;
    let Some(network) = NETWORK.as_ref() else {
        return Err("the small network is not read".to_owned());
    };
    if let Err(diagnostic) = set.check(network) {
        return refused(&diagnostic);
    }
    for (index, raw) in set.samples().enumerate().take(4) {
        let events = network
            .encoding
            .encode(raw, network.time_steps, network.axons, index as u64);
        promised(events.is_ok(), "a sample that was checked is not encoded")?;
    }
    Ok(Read::Whole)
}

/// A framework's trace of a small network.
fn trace(data: &[u8]) -> Result<Read, String> {
    let Some(network) = NETWORK.as_ref() else {
        return Err("the small network is not read".to_owned());
    };
    let trace = match FrameworkTrace::read("trace.npz", data, network) {
        Ok(trace) => trace,
        Err(diagnostic) => return refused(&diagnostic),
    };
    let samples = trace.index.len();
    promised(
        trace.pred.len() == samples && trace.out_count.len() == samples,
        "half a trace",
    )?;
    promised(
        trace.layers.len() == network.layers.len(),
        "a layer is missing",
    )?;
    for (layer, described) in trace.layers.iter().zip(&network.layers) {
        for position in 0..trace.full_index.len() {
            for step in 0..trace.time_steps {
                let row = layer.spikes(step, position);
                promised(
                    row.is_some_and(|row| row.len() == described.neurons),
                    "half a layer's spikes",
                )?;
                let rows = [layer.v(step, position), layer.h(step, position)];
                let states = layer.states(step, position).map(|(_, row)| row);
                promised(
                    rows.into_iter()
                        .flatten()
                        .chain(states)
                        .all(|row| row.len() == described.neurons),
                    "half a layer's membranes",
                )?;
            }
        }
    }
    Ok(Read::Whole)
}

fn stored(json: &[u8], tensors: &[u8]) -> Result<Read, String> {
    let error = match quantize::read(Path::new("quant"), json, tensors) {
        Ok(network) => {
            promised(
                network.validate().is_ok(),
                "what was read breaks the contract",
            )?;
            return Ok(Read::Whole);
        }
        Err(error) => error,
    };
    let path = match &error {
        QuantizeError::Damaged { path, .. } | QuantizeError::Digest { path, .. } => path,
        other => return Err(format!("a refusal of another kind: {other:?}")),
    };
    promised(path.starts_with("quant"), "no place")?;
    promised(!error.help().is_empty(), "no help")?;
    let code = codes::find(error.code()).ok_or("no code")?;
    promised(code.exit == 2, "not the exit code of bad input")?;
    Ok(Read::Refused(code.id))
}

/// quant.json, with the tensors of a small quantized network.
pub(super) fn quant_json(data: &[u8]) -> Result<Read, String> {
    stored(data, &QUANTIZED.1)
}

/// quant.safetensors, with the quant.json of a small quantized network.
pub(super) fn quant_safetensors(data: &[u8]) -> Result<Read, String> {
    stored(&QUANTIZED.0, data)
}

/// board.toml, in a folder with the other files of every board of the program.
pub(super) fn board_toml(data: &[u8]) -> Result<Read, String> {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for name in board::names() {
        match board::find(name) {
            Some(Ok(board)) => files.extend(board.files),
            _ => return Err(format!("the board {name} is not read")),
        }
    }
    // What is not UTF-8 is refused before: the folder is read as text.
    files.insert(
        "board.toml".to_owned(),
        String::from_utf8_lossy(data).into_owned(),
    );
    let board = match board::read("board", files.into_iter().collect()) {
        Ok(board) => board,
        Err(diagnostic) => return refused(&diagnostic),
    };
    promised(
        !board.file(&board.top).is_empty() && !board.file(&board.pins).is_empty(),
        "a board without its files",
    )?;
    promised(board.mhz() >= 1.0, "a board without a clock")?;
    Ok(Read::Whole)
}

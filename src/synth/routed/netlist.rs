//! The netlist that nextpnr-ecp5 writes after routing: ports, cells on their sites, and the way of every net.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::synth::error::SynthError;

/// A placed and routed netlist.
pub(super) struct Netlist<'a> {
    /// Name, whether it is an input, and the net of each bit.
    pub(super) ports: Vec<(&'a str, bool, Vec<Net>)>,
    /// Cells by name.
    pub(super) cells: Vec<Cell<'a>>,
    /// Ways of the nets that are routed.
    pub(super) routes: Vec<Route<'a>>,
}

/// Number of a net.
pub(super) type Net = u64;

/// A cell on its site.
pub(super) struct Cell<'a> {
    pub(super) name: &'a str,
    pub(super) kind: &'a str,
    /// Column, row and name of the site in its tile.
    pub(super) site: (i32, i32, &'a str),
    /// Block memories: the number of their contents in the bitstream.
    pub(super) contents: Option<u32>,
    parameters: &'a serde_json::Map<String, Value>,
    /// Inputs with their net, where they have one.
    pub(super) inputs: BTreeMap<&'a str, Option<Net>>,
    /// Outputs that drive a net.
    pub(super) outputs: BTreeMap<&'a str, Net>,
}

/// A net's way: each wire with the switch that drives it; none: the wire is where the net begins, or a branch of the clock tree.
pub(super) struct Route<'a> {
    pub(super) net: Net,
    pub(super) wires: Vec<(&'a str, Option<&'a str>)>,
}

impl<'a> Netlist<'a> {
    /// Out of the file's text, parsed. `file` is what errors name.
    ///
    /// # Errors
    /// Something is not as nextpnr writes it.
    pub(super) fn of(root: &'a Value, file: &Path) -> Result<Self, SynthError> {
        let wrong = |what: String| SynthError::Unreadable {
            file: file.display().to_string(),
            what,
        };
        let module = root["modules"]
            .as_object()
            .and_then(|modules| modules.values().next())
            .ok_or_else(|| wrong("no module".to_owned()))?;
        let entries = |key: &str| {
            module[key]
                .as_object()
                .ok_or_else(|| wrong(format!("no {key}")))
        };
        let mut ports = Vec::new();
        for (name, port) in entries("ports")? {
            let is_input = match port["direction"].as_str() {
                Some("input") => true,
                Some("output") => false,
                _ => return Err(wrong(format!("port {name} is no input and no output"))),
            };
            let bits = port["bits"].as_array().into_iter().flatten();
            let bits: Option<Vec<Net>> = bits.map(Value::as_u64).collect();
            let bits = bits.ok_or_else(|| wrong(format!("port {name} has a bit without a net")))?;
            ports.push((name.as_str(), is_input, bits));
        }
        let mut cells = Vec::new();
        for (name, cell) in entries("cells")? {
            cells.push(Cell::of(name, cell).map_err(|what| wrong(format!("cell {name}: {what}")))?);
        }
        let mut routes = Vec::new();
        for (name, net) in entries("netnames")? {
            let way = net["attributes"]["ROUTING"].as_str().unwrap_or_default();
            let (Some(number), false) = (net["bits"][0].as_u64(), way.trim().is_empty()) else {
                continue;
            };
            let words: Vec<&str> = way.trim().split(';').collect();
            if !words.len().is_multiple_of(3) {
                return Err(wrong(format!("net {name}: its way is cut off")));
            }
            let wires = words
                .chunks(3)
                .map(|step| (step[0], Some(step[1]).filter(|pip| !pip.is_empty())));
            routes.push(Route {
                net: number,
                wires: wires.collect(),
            });
        }
        Ok(Self {
            ports,
            cells,
            routes,
        })
    }
}

impl<'a> Cell<'a> {
    fn of(name: &'a str, cell: &'a Value) -> Result<Self, String> {
        let told = |what: &str| what.to_owned();
        let kind = cell["type"].as_str().ok_or_else(|| told("no type"))?;
        let site = cell["attributes"]["NEXTPNR_BEL"]
            .as_str()
            .and_then(site)
            .ok_or_else(|| told("no site"))?;
        let parameters = cell["parameters"]
            .as_object()
            .ok_or_else(|| told("no parameters"))?;
        let connections = cell["connections"]
            .as_object()
            .ok_or_else(|| told("no connections"))?;
        let mut inputs = BTreeMap::new();
        let mut outputs = BTreeMap::new();
        for (port, bits) in connections {
            let net = match bits.as_array().map(Vec::as_slice) {
                Some([]) => None,
                Some([bit]) => Some(bit.as_u64().ok_or_else(|| format!("{port} is no net"))?),
                _ => return Err(format!("{port} is not one bit")),
            };
            match cell["port_directions"][port].as_str() {
                Some("output") => outputs.extend(net.map(|net| (port.as_str(), net))),
                _ => drop(inputs.insert(port.as_str(), net)),
            }
        }
        let contents = cell["attributes"]["WID"].as_str();
        Ok(Self {
            name,
            kind,
            site,
            contents: contents.and_then(|bits| u32::from_str_radix(bits.trim(), 2).ok()),
            parameters,
            inputs,
            outputs,
        })
    }

    /// A parameter that is a word; nextpnr pads some with a space.
    pub(super) fn word(&self, name: &str) -> Option<&'a str> {
        self.parameters.get(name)?.as_str().map(str::trim)
    }

    /// All parameters.
    pub(super) fn parameters(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let each = |(name, value): (&'a String, &'a Value)| {
            Some((name.as_str(), value.as_str().map(str::trim)?))
        };
        self.parameters.iter().filter_map(each)
    }

    /// The table of a `TRELLIS_COMB`, lowest bit first; a cell without one has zeros.
    pub(super) fn table(&self) -> Option<u16> {
        u16::from_str_radix(self.word("INITVAL").unwrap_or("0"), 2).ok()
    }
}

/// `X14/Y8/SLICEA.K0` as column, row and name; also of wires.
pub(super) fn site(text: &str) -> Option<(i32, i32, &str)> {
    let mut parts = text.splitn(3, '/');
    let x = parts.next()?.strip_prefix('X')?.parse().ok()?;
    let y = parts.next()?.strip_prefix('Y')?.parse().ok()?;
    Some((x, y, parts.next()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(root: &Value) -> Result<usize, String> {
        let read = Netlist::of(root, Path::new("routed.json"));
        read.map(|netlist| netlist.cells.len())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_that_is_cut_or_another_one_is_refused() {
        let whole = json!({"modules": {"top": {
            "ports": {"q_o": {"direction": "output", "bits": [5]}},
            "cells": {"c": {"type": "TRELLIS_COMB", "parameters": {"INITVAL": "0000000000000010"},
                "attributes": {"NEXTPNR_BEL": "X4/Y7/SLICED.K1"}, "port_directions": {"A": "input", "F": "output"},
                "connections": {"A": [], "F": [5]}}},
            "netnames": {"n": {"bits": [5], "attributes": {"ROUTING": "X4/Y7/F7_SLICE;;1;X4/Y7/F7;X4/Y7/0_0_F7_SLICE->0_0_F7;1"}}}}}});
        let netlist = Netlist::of(&whole, Path::new("routed.json")).unwrap();
        let cell = &netlist.cells[0];
        assert_eq!((cell.site, cell.table()), ((4, 7, "SLICED.K1"), Some(2)));
        assert_eq!(cell.inputs["A"], None);
        assert_eq!(cell.outputs["F"], 5);
        assert_eq!(netlist.routes[0].wires.len(), 2);
        let altered = |pointer: &str, value: Value| {
            let mut altered = whole.clone();
            *altered.pointer_mut(pointer).unwrap() = value;
            read(&altered).unwrap_err()
        };
        assert!(altered("/modules", json!({})).contains("no module"));
        assert!(altered("/modules/top/cells", json!(3)).contains("no cells"));
        let site = "/modules/top/cells/c/attributes/NEXTPNR_BEL";
        assert!(altered(site, json!("SLICED")).contains("cell c: no site"));
        let way = "/modules/top/netnames/n/attributes/ROUTING";
        assert!(altered(way, json!("X4/Y7/F7;")).contains("its way is cut off"));
        let bits = "/modules/top/ports/q_o/bits";
        assert!(altered(bits, json!(["x"])).contains("port q_o"));
    }
}

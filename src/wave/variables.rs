//! What a waveform shows: names and types in their scopes, and where each value comes from.

use std::collections::HashMap;

use crate::hdl::{PortId, Sim, Ty};
use crate::rtl::Design;
use crate::wave::layer_pair::{LayerPair, Side};

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// One bit.
    Bit,
    /// A vector of bits.
    Vector {
        /// Bits.
        width: u32,
        /// Two's complement.
        signed: bool,
    },
    /// An integer of 32 bits.
    Integer,
    /// A real number: the raw value times the LSB.
    Real {
        /// Real value of raw 1.
        lsb: f64,
    },
}

/// One name in the waveform.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// Scopes from the root.
    pub scope: Vec<String>,
    /// Name without a bit range.
    pub name: String,
    /// How it is written.
    pub kind: Kind,
}

impl Variable {
    /// `scope.name`, with the bit range of a vector: the name in GTKWave.
    #[must_use]
    pub fn full_name(&self) -> String {
        let range = self
            .kind
            .range()
            .map_or(String::new(), |(high, low)| format!("[{high}:{low}]"));
        format!("{}.{}{range}", self.scope.join("."), self.name)
    }
}

impl Kind {
    fn of(ty: Ty) -> Self {
        if ty.width() == 1 {
            Self::Bit
        } else {
            Self::Vector {
                width: ty.width(),
                signed: ty.is_signed(),
            }
        }
    }

    /// Highest and lowest bit of a vector.
    pub(super) fn range(self) -> Option<(u32, u32)> {
        match self {
            Self::Vector { width, .. } => Some((width - 1, 0)),
            Self::Integer => Some((31, 0)),
            Self::Bit | Self::Real { .. } => None,
        }
    }
}

/// Where a value comes from, as an integer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    /// The clock, which a dump drives itself.
    Clock,
    Port(PortId),
    Slot(u32),
    Step {
        layer: usize,
    },
    Mismatch {
        layer: usize,
    },
    Spike {
        side: Side,
        layer: usize,
        neuron: usize,
    },
    Value {
        side: Side,
        layer: usize,
        neuron: usize,
        value: usize,
    },
}

impl Source {
    pub(super) fn value(self, sim: &Sim, pairs: &[LayerPair]) -> i128 {
        match self {
            Self::Clock => 1,
            Self::Port(port) => sim.get(port),
            Self::Slot(slot) => sim.value(slot),
            Self::Step { layer } => i128::from(pairs[layer].step()),
            Self::Mismatch { layer } => i128::from(pairs[layer].mismatch()),
            Self::Spike {
                side,
                layer,
                neuron,
            } => i128::from(pairs[layer].spike(side, neuron)),
            Self::Value {
                side,
                layer,
                neuron,
                value,
            } => i128::from(pairs[layer].value(side, neuron, value)),
        }
    }
}

/// The variables of a waveform; several may show one value.
#[derive(Default)]
pub(super) struct Variables {
    /// Each with the index of its value; those of a scope stand together.
    pub(super) variables: Vec<(Variable, usize)>,
    /// The values, each with the way it is written.
    pub(super) values: Vec<(Source, Kind)>,
}

/// What one layer's neurons show besides the spike.
pub(super) struct LayerValues {
    /// `h`, then the names of the traced states.
    pub(super) names: Vec<String>,
    /// Whether spikes are ternary.
    pub(super) ternary: bool,
    /// LSB of each of them, by neuron.
    pub(super) lsb: Vec<Vec<f64>>,
}

impl Variables {
    /// Golden and hardware results of every layer, then the whole hierarchy.
    pub(super) fn new(design: &Design, sim: &Sim, reset: PortId, layers: &[LayerValues]) -> Self {
        let mut this = Self::default();
        for (root, side) in [("golden", Side::Golden), ("rtl", Side::Rtl)] {
            for (layer, shown) in layers.iter().enumerate() {
                this.layer(
                    &[root.to_owned(), format!("layer{layer}")],
                    side,
                    layer,
                    shown,
                );
            }
        }
        this.hierarchy(design, sim, reset);
        this
    }

    fn add(&mut self, scope: &[String], name: &str, kind: Kind, source: Source) -> usize {
        self.values.push((source, kind));
        let value = self.values.len() - 1;
        self.alias(scope, name, value);
        value
    }

    fn alias(&mut self, scope: &[String], name: &str, value: usize) {
        let kind = self.values[value].1;
        self.variables.push((
            Variable {
                scope: scope.to_vec(),
                name: name.to_owned(),
                kind,
            },
            value,
        ));
    }

    fn layer(&mut self, scope: &[String], side: Side, layer: usize, shown: &LayerValues) {
        if side == Side::Golden {
            self.add(scope, "step", Kind::Integer, Source::Step { layer });
            self.add(scope, "mismatch", Kind::Bit, Source::Mismatch { layer });
        }
        let spike = if shown.ternary {
            Kind::Vector {
                width: 2,
                signed: true,
            }
        } else {
            Kind::Bit
        };
        for (neuron, lsb) in shown.lsb.iter().enumerate() {
            self.add(
                scope,
                &format!("n{neuron}_spike"),
                spike,
                Source::Spike {
                    side,
                    layer,
                    neuron,
                },
            );
            for (value, (name, &lsb)) in shown.names.iter().zip(lsb).enumerate() {
                let source = Source::Value {
                    side,
                    layer,
                    neuron,
                    value,
                };
                self.add(
                    scope,
                    &format!("n{neuron}_{name}"),
                    Kind::Real { lsb },
                    source,
                );
            }
        }
    }

    fn hierarchy(&mut self, design: &Design, sim: &Sim, reset: PortId) {
        let root = vec![design.top.name.clone()];
        self.add(&root, "clk_i", Kind::Bit, Source::Clock);
        self.add(&root, "rst_i", Kind::Bit, Source::Port(reset));
        let mut known: HashMap<(u32, Ty), usize> = HashMap::new();
        for signal in sim.signals() {
            let scope: Vec<String> = root.iter().chain(&signal.path).cloned().collect();
            match known.get(&(signal.slot, signal.ty)) {
                Some(&value) => self.alias(&scope, &signal.name, value),
                None => {
                    let value = self.add(
                        &scope,
                        &signal.name,
                        Kind::of(signal.ty),
                        Source::Slot(signal.slot),
                    );
                    known.insert((signal.slot, signal.ty), value);
                }
            }
        }
    }
}

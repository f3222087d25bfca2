//! SHA-256 of a network's arithmetic: two networks with one digest have the same integers in every trace.
//!
//! Covered: shapes, weights, constants, widths, modes, and how samples become events. Left out: names, real scales and
//! binary points (they only say how a trace is shown in real units), lanes, targets, paths. A parameter that is the same
//! for all neurons or steps counts the same in every of its forms. Every number is written as a little-endian `i64`, every list
//! with its length first, so the bytes are the same on every machine.

use goldspike_golden::encoding::Encoding;
use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::neuron::{Mode, Modes};
use goldspike_golden::quant::{Param, QuantLayer, QuantNetwork, QuantNeuron};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// A change of the serialisation changes this.
const DOMAIN: &[u8] = b"goldspike arithmetic 2\n";

struct Canonical(Sha256);

impl Canonical {
    fn int(&mut self, value: impl Into<i64>) {
        self.0.update(value.into().to_le_bytes());
    }

    fn size(&mut self, value: usize) {
        self.0.update((value as u64).to_le_bytes());
    }

    fn ints(&mut self, values: impl ExactSizeIterator<Item = i64>) {
        self.size(values.len());
        for value in values {
            self.int(value);
        }
    }

    fn param(&mut self, param: &Param<i64>) {
        let param = param.clone().collapsed();
        self.size(param.steps());
        self.ints(param.values().iter().copied());
    }

    fn width(&mut self, format: QFormat) {
        self.int(format.width);
        self.int(i64::from(format.signed));
    }

    fn encoding(&mut self, encoding: &Encoding) {
        match *encoding {
            Encoding::Direct { scale: _, max } => self.ints([0, i64::from(max)].into_iter()),
            Encoding::SigmaDelta => self.ints([1].into_iter()),
            Encoding::BernoulliHash { seed } => self.ints([2, i64::from(seed)].into_iter()),
            Encoding::Latency { levels } => self.ints([3, i64::from(levels)].into_iter()),
            Encoding::Rows { scale: _, max } => self.ints([4, i64::from(max)].into_iter()),
            Encoding::Events => self.ints([5].into_iter()),
        }
    }

    fn layer(&mut self, layer: &QuantLayer) {
        self.size(layer.axons);
        self.size(layer.neurons);
        self.int(layer.weight_bits);
        self.ints(layer.weights.iter().map(|&w| i64::from(w)));
        self.ints(layer.bias.iter().copied());
        self.width(layer.accumulator);
        self.int(layer.guard_bits);
        self.width(layer.membrane);
        self.int(match layer.rounding {
            Rounding::HalfUp => 0,
            Rounding::Floor => 1,
            Rounding::ToZero => 2,
            Rounding::HalfEven => 3,
        });
        self.int(match layer.overflow {
            Overflow::Saturate => 0,
            Overflow::SaturateSymmetric => 1,
            Overflow::Wrap => 2,
        });
        self.neuron(&layer.neuron);
    }

    fn neuron(&mut self, neuron: &QuantNeuron) {
        let QuantNeuron {
            model,
            modes,
            refractory,
            coefficient,
            constants: _,
            formats,
            tables,
            scales: _,
        } = neuron;
        self.text(model.info().name);
        let Modes {
            reset,
            reset_timing,
            spikes,
            leak,
            order,
        } = modes;
        for switch in [
            reset.text(),
            reset_timing.text(),
            spikes.text(),
            leak.text(),
            order.text(),
        ] {
            self.text(switch);
        }
        self.int(*refractory);
        self.width(*coefficient);
        self.int(coefficient.frac);
        for (row, values) in neuron.table() {
            self.text(row.name);
            self.param(values);
        }
        for (name, format) in formats {
            self.text(name);
            self.width(*format);
            self.int(format.frac);
        }
        for (name, table) in tables {
            self.text(name);
            self.int(table.low);
            self.int(table.shift);
            self.ints(table.knots.iter().copied());
        }
    }

    fn text(&mut self, text: &str) {
        self.size(text.len());
        self.0.update(text.as_bytes());
    }
}

/// 64 lower-case hexadecimal digits.
#[must_use]
pub fn digest(network: &QuantNetwork) -> String {
    let mut canonical = Canonical(Sha256::new_with_prefix(DOMAIN));
    canonical.int(network.time_steps);
    canonical.size(network.input.axons);
    canonical.int(network.input.payload_max);
    canonical.encoding(&network.input.encoding);
    canonical.size(network.layers.len());
    for layer in &network.layers {
        canonical.layer(layer);
    }
    canonical
        .0
        .finalize()
        .iter()
        .fold(String::with_capacity(64), |mut hex, byte| {
            // Writing to a `String` cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

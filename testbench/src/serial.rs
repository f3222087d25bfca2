//! A serial line in software: characters to levels and back, at any rate, with any damage.

use std::collections::VecDeque;

/// Levels of a line, each with how long it lasts, in clocks of the hardware.
pub type Levels = Vec<(bool, f64)>;

/// One character, 8N1, each bit `bit` clocks long; `flipped`: which of the ten bits are inverted, the start bit is 0.
#[must_use]
pub fn character(byte: u8, bit: f64, flipped: Option<usize>) -> Levels {
    let data = (0..8).map(|place| byte >> place & 1 == 1);
    std::iter::once(false)
        .chain(data)
        .chain([true])
        .enumerate()
        .map(|(place, level)| (level ^ (flipped == Some(place)), bit))
        .collect()
}

/// Characters back to back.
#[must_use]
pub fn characters(bytes: &[u8], bit: f64) -> Levels {
    bytes
        .iter()
        .flat_map(|&byte| character(byte, bit, None))
        .collect()
}

/// What drives a line: levels one after the other, then idle.
#[derive(Clone, Debug, Default)]
pub struct Driver {
    waiting: VecDeque<(bool, f64)>,
    /// Time that is left of the first.
    left: f64,
}

impl Driver {
    /// Adds levels behind those that are waiting.
    pub fn send(&mut self, levels: Levels) {
        if self.waiting.is_empty() {
            self.left = levels.first().map_or(0.0, |(_, clocks)| *clocks);
        }
        self.waiting.extend(levels);
    }

    /// Whether everything was sent.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The level now; one clock passes.
    pub fn clock(&mut self) -> bool {
        let level = self.waiting.front().is_none_or(|(level, _)| *level);
        self.left -= 1.0;
        while self.left <= 0.0 {
            self.waiting.pop_front();
            match self.waiting.front() {
                Some((_, clocks)) => self.left += clocks,
                None => {
                    self.left = 0.0;
                    break;
                }
            }
        }
        level
    }
}

/// A receiver: samples the middle of each bit, counted from the edge of the start bit.
#[derive(Clone, Debug)]
pub struct Receiver {
    bit: f64,
    /// Clocks since the edge, while a character comes.
    since: Option<f64>,
    bits: Vec<bool>,
    before: bool,
}

impl Receiver {
    /// For bits of `bit` clocks.
    #[must_use]
    pub fn new(bit: f64) -> Self {
        Self {
            bit,
            since: None,
            bits: Vec::new(),
            before: true,
        }
    }

    /// The level in this clock; a character, or none for want of a stop bit, at its end.
    pub fn clock(&mut self, level: bool) -> Option<Option<u8>> {
        let falling = self.before && !level;
        self.before = level;
        let Some(since) = &mut self.since else {
            if falling {
                self.since = Some(0.0);
                self.bits.clear();
            }
            return None;
        };
        *since += 1.0;
        if *since < self.bit * (self.bits.len() as f64 + 0.5) {
            return None;
        }
        self.bits.push(level);
        if self.bits.len() < 10 {
            return None;
        }
        self.since = None;
        let byte = self.bits[1..9]
            .iter()
            .rev()
            .fold(0, |byte, &bit| byte << 1 | u8::from(bit));
        Some((self.bits[9] && !self.bits[0]).then_some(byte))
    }
}

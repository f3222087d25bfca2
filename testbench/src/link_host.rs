//! A host at the other end of a board's link, on the embedded simulator: it keeps the protocol's rules, and a test may
//! make it break them.
#![allow(clippy::expect_used, reason = "what cannot be built fails the test")]

use goldspike::engine::Stalls;
use goldspike::engine::beats::{BeatResult, BeatStimulus, InputBeat, OutputBeat, traces};
use goldspike::hdl::{PortId, Sim};
use goldspike::link::{Decoder, Fault, Frame, Kind, Shape, Status, System, system};
use goldspike::rtl::{Design, DesignOptions, design};
use goldspike_golden::event::Sample;
use goldspike_golden::network;
use goldspike_golden::quant::QuantNetwork;

use proptest::prelude::RngExt;
use proptest::test_runner::TestRng;

use crate::serial::{Driver, Levels, Receiver, characters};
use crate::strategy::rng;

/// Clocks that the board's top level holds the reset.
pub const RESET_CLOCKS: u32 = 16;

/// A network with a link around it.
#[derive(Clone, Debug)]
pub struct Board {
    /// The network.
    pub network: QuantNetwork,
    /// Its hardware.
    pub design: Design,
    /// Both.
    pub system: System,
}

impl Board {
    /// A network behind a line of `clocks` clocks a bit, with buffers of these numbers of beats.
    ///
    /// # Panics
    /// The network has no hardware, or the link none.
    #[must_use]
    pub fn new(network: &QuantNetwork, clocks: u32, beats: (usize, usize)) -> Self {
        let design = design(network, &DesignOptions::default()).expect("a design");
        let shape = Shape::new(&design, "c0db00ff", (u64::from(clocks), 1), beats).expect("a link");
        let system = system(&design, &shape).expect("a system");
        Self {
            network: network.clone(),
            design,
            system,
        }
    }

    /// The link's dimensions.
    #[must_use]
    pub fn shape(&self) -> &Shape {
        &self.system.shape
    }

    /// Input beats of samples.
    #[must_use]
    pub fn beats(&self, samples: &[Sample]) -> Vec<InputBeat> {
        BeatStimulus::of_samples(&self.design, samples, Stalls::NONE).beats
    }

    /// Whether the output beats are the golden model's spikes of the samples, and how not.
    ///
    /// # Errors
    /// The first difference.
    pub fn equals_golden(&self, samples: &[Sample], output: &[OutputBeat]) -> Result<(), String> {
        let result = BeatResult {
            streams: vec![output.to_vec()],
            ..BeatResult::default()
        };
        let found =
            traces("link", &self.design, samples, &result).map_err(|error| error.to_string())?;
        let golden = network::golden(&self.network).map_err(|error| error.to_string())?;
        for (number, (sample, found)) in samples.iter().zip(&found).enumerate() {
            let expected = golden.run(sample);
            for (t, (expected, found)) in expected.steps.iter().zip(&found.steps).enumerate() {
                let of = |layers: &[goldspike_golden::trace::LayerTrace<i64>]| {
                    layers.last().map(|layer| layer.spikes.clone())
                };
                let (expected, found) = (of(&expected.layers), of(&found.layers));
                if expected != found {
                    return Err(format!(
                        "sample {number}, step {t}: {found:?}, golden {expected:?}"
                    ));
                }
            }
        }
        if found.len() == samples.len() {
            Ok(())
        } else {
            Err(format!("{} of {} samples", found.len(), samples.len()))
        }
    }
}

/// The ports of a system, for some clocks.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    /// How many.
    pub clocks: u64,
    /// From the host.
    pub rx: bool,
    /// Reset.
    pub rst: bool,
    /// To the host.
    pub tx: bool,
}

/// The host, and the simulated board.
pub struct Host {
    /// The line to the board.
    pub to_board: Driver,
    /// Clocks of a bit that the host sends.
    pub bit: f64,
    /// What the board said of itself after each reset.
    pub greetings: Vec<Frame>,
    /// Every status.
    pub statuses: Vec<Status>,
    /// Output beats of confirmed frames, in their order.
    pub output: Vec<OutputBeat>,
    /// Output frames that came again.
    pub repeated: usize,
    /// What came that was no frame.
    pub damaged: usize,
    /// Number of the next frame of events.
    pub next: u8,
    /// Confirm output frames as they come.
    pub confirms: bool,
    /// Every frame that came, in its order.
    pub frames: Vec<Frame>,
    /// What was on the ports, if it is recorded.
    pub recorded: Option<Vec<Ports>>,
    shape: Shape,
    sim: Sim,
    ports: [PortId; 4],
    from_board: Receiver,
    decoder: Decoder,
    next_output: u8,
    reset: u32,
    /// Generator, probability a character, clocks that are still inverted on each line.
    noise: Option<(TestRng, f64, [u32; 2])>,
}

impl Host {
    /// A host whose rate is off by `skew` (0.02: its bits are 2 % longer), at a board after power-up.
    ///
    /// # Panics
    /// The system cannot be simulated.
    #[must_use]
    pub fn new(board: &Board, skew: f64) -> Self {
        let sim = Sim::new(&board.system.top).expect("a simulation");
        let ports = [
            sim.input("rx_i"),
            sim.input("rst_i"),
            sim.output("tx_o"),
            sim.output("restart_o"),
        ]
        .map(|port| port.expect("a port"));
        let bit = f64::from(board.shape().clocks_per_bit) * (1.0 + skew);
        Self {
            to_board: Driver::default(),
            bit,
            greetings: Vec::new(),
            statuses: Vec::new(),
            output: Vec::new(),
            repeated: 0,
            damaged: 0,
            next: 0,
            confirms: true,
            frames: Vec::new(),
            recorded: None,
            shape: board.shape().clone(),
            sim,
            ports,
            from_board: Receiver::new(bit),
            decoder: Decoder::default(),
            next_output: 0,
            reset: RESET_CLOCKS,
            noise: None,
        }
    }

    /// Clocks of `characters` characters.
    #[must_use]
    pub fn clocks(&self, characters: usize) -> u64 {
        (self.bit * 10.0 * characters as f64) as u64
    }

    /// One clock.
    pub fn clock(&mut self) {
        let [rx, rst, tx, restart] = self.ports;
        let level = self.to_board.clock();
        let level = self.disturbed(0, level);
        self.sim.set(rx, i128::from(level));
        let in_reset = self.reset > 0;
        self.sim.set(rst, i128::from(in_reset));
        self.sim.clock();
        self.reset = self.reset.saturating_sub(1);
        if self.sim.get(restart) == 1 {
            self.reset = RESET_CLOCKS;
        }
        let sent = self.sim.get(tx) == 1;
        let answer = self.disturbed(1, sent);
        if let Some(recorded) = &mut self.recorded {
            let now = Ports {
                clocks: 1,
                rx: level,
                rst: in_reset,
                tx: sent,
            };
            match recorded.last_mut() {
                Some(last) if (last.rx, last.rst, last.tx) == (level, in_reset, sent) => {
                    last.clocks += 1;
                }
                _ => recorded.push(now),
            }
        }
        let said = match self.from_board.clock(answer) {
            Some(Some(byte)) => self.decoder.push(byte),
            Some(None) => {
                self.decoder.framing_error();
                None
            }
            None => None,
        };
        match said {
            Some(Ok(frame)) => self.take(frame),
            Some(Err(_)) => self.damaged += 1,
            None => {}
        }
    }

    /// Clocks until `enough`, at most as long as `characters` characters take; whether it came to that.
    pub fn until(&mut self, characters: usize, enough: impl Fn(&Self) -> bool) -> bool {
        for _ in 0..self.clocks(characters) {
            if enough(self) {
                return true;
            }
            self.clock();
        }
        enough(self)
    }

    /// Sends characters as they are.
    pub fn raw(&mut self, bytes: &[u8]) {
        let levels = characters(bytes, self.bit);
        self.to_board.send(levels);
    }

    /// Sends levels as they are.
    pub fn levels(&mut self, levels: Levels) {
        self.to_board.send(levels);
    }

    /// Sends a frame.
    pub fn send(&mut self, frame: &Frame) {
        self.raw(&frame.encode());
    }

    /// Waits for the greeting.
    ///
    /// # Panics
    /// It does not come, or says something else.
    pub fn greeted(&mut self) {
        let before = self.greetings.len();
        assert!(self.until(60, |host| host.greetings.len() > before));
        assert_eq!(
            self.greetings.last().map(|frame| &frame.payload),
            Some(&self.shape.greeting())
        );
    }

    /// Delivers beats in frames of at most `most` beats, as the protocol says: sends, waits, polls, sends again.
    ///
    /// # Errors
    /// A frame is not taken after twenty attempts.
    pub fn deliver(&mut self, beats: &[InputBeat], most: usize) -> Result<(), String> {
        for beats in beats.chunks(most) {
            let frame = Frame::events(&self.shape, self.next, beats);
            self.delivered(&frame)?;
        }
        Ok(())
    }

    /// Delivers a frame of events.
    ///
    /// # Errors
    /// It is not taken after twenty attempts.
    pub fn delivered(&mut self, frame: &Frame) -> Result<(), String> {
        let wanted = self.next.wrapping_add(1);
        let accepted = |host: &Self| {
            host.statuses
                .last()
                .is_some_and(|status| status.expected == wanted)
        };
        for _ in 0..20 {
            self.send(frame);
            let seen = self.statuses.len();
            self.until(2000, |host| host.to_board.is_idle());
            if !self.until(150, |host| {
                host.statuses.len() > seen && (accepted(host) || host.refused(seen))
            }) {
                let seen = self.statuses.len();
                self.send(&Frame::bare(Kind::Poll, 0));
                self.until(150, |host| host.statuses.len() > seen);
            }
            if accepted(self) {
                self.next = wanted;
                return Ok(());
            }
        }
        Err(format!(
            "frame {} is not taken: {:?}",
            self.next, self.statuses
        ))
    }

    fn refused(&self, seen: usize) -> bool {
        self.statuses[seen..]
            .iter()
            .any(|status| !status.faults.is_empty())
    }

    /// Clocks until the line has been sent and has been quiet for long enough to see every answer.
    pub fn settle(&mut self) {
        self.until(2000, |host| host.to_board.is_idle());
        self.until(80, |_| false);
        self.until(2000, |host| host.to_board.is_idle());
    }

    /// Waits, polls and waits again until the ends of `samples` samples have come out; whether they have.
    pub fn collected(&mut self, samples: usize) -> bool {
        for _ in 0..40 {
            if self.until(100, |host| host.samples_out() >= samples) {
                return true;
            }
            self.send(&Frame::bare(Kind::Poll, 0));
        }
        false
    }

    /// From now on one bit in a character is inverted with this probability, on both lines.
    pub fn noise(&mut self, seed: u64, probability: f64) {
        self.noise = Some((rng(seed), probability, [0; 2]));
    }

    /// Inverts the level of a line now and then, for a bit.
    fn disturbed(&mut self, line: usize, level: bool) -> bool {
        let Some((rng, probability, left)) = &mut self.noise else {
            return level;
        };
        if left[line] > 0 {
            left[line] -= 1;
            return !level;
        }
        if rng.random_bool(*probability / (40.0 * self.bit)) {
            left[line] = self.bit as u32;
        }
        level
    }

    /// Number that the last status expects.
    #[must_use]
    pub fn expected(&self) -> Option<u8> {
        self.statuses.last().map(|status| status.expected)
    }

    /// Faults since reset, by the last status.
    #[must_use]
    pub fn fault_count(&self) -> u8 {
        self.statuses.last().map_or(0, |status| status.fault_count)
    }

    /// Faults of all statuses.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.statuses
            .iter()
            .flat_map(|status| status.faults.clone())
            .collect()
    }

    /// Samples of which the end has come out.
    #[must_use]
    pub fn samples_out(&self) -> usize {
        self.output.iter().filter(|beat| beat.user).count()
    }

    fn take(&mut self, frame: Frame) {
        self.frames.push(frame.clone());
        if let Some(status) = frame.status() {
            self.statuses.push(status);
        } else if let Some(beats) = frame.output_beats(&self.shape) {
            if frame.seq == self.next_output {
                self.output.extend(beats);
                self.next_output = self.next_output.wrapping_add(1);
            } else {
                self.repeated += 1;
            }
            if self.confirms {
                self.send(&Frame::bare(Kind::Received, frame.seq));
            }
        } else if frame.kind == Kind::Hello.code() {
            self.next = 0;
            self.next_output = 0;
            self.greetings.push(frame);
        } else {
            self.damaged += 1;
        }
    }
}

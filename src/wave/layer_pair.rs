//! One layer as the golden model and as the hardware have it, and where they differ.
//!
//! Follows the neurons unit: each row that it writes back brings the hardware's results and the golden values of the
//! same neurons and step.

use goldspike_golden::trace::{LayerTrace, SampleTrace};

use crate::hdl::{SignalInfo, Sim};
use crate::verify::Quantity;
use crate::wave::WaveError;

/// A neuron's spike, its compared value and its traced states, raw; 0 before the first result.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown {
    spike: i64,
    values: Vec<i64>,
}

/// Where one neuron lane's results are found.
struct LanePort {
    spike: u32,
    /// Where spikes are ternary: 1 with a spike of -1.
    negative: Option<u32>,
    values: Vec<u32>,
}

/// A value that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) step: usize,
    pub(super) neuron: usize,
    pub(super) quantity: Quantity,
    pub(super) golden: i64,
    pub(super) rtl: i64,
}

/// One layer of both.
pub(super) struct LayerPair {
    layer: usize,
    valid: u32,
    lanes: Vec<LanePort>,
    golden: Vec<Shown>,
    rtl: Vec<Shown>,
    /// Step and first neuron of the row to come.
    step: usize,
    neuron: usize,
    /// Step of the row last written back.
    shown_step: i64,
    differing: usize,
}

impl LayerPair {
    /// `values` names what a neuron has besides its spike: `h`, then its traced states.
    pub(super) fn new(
        signals: &[SignalInfo],
        layer: usize,
        neurons: usize,
        neuron_lanes: u32,
        values: &[String],
    ) -> Result<Self, WaveError> {
        let scope = [format!("u_layer{layer}"), "u_neurons".to_owned()];
        let unit: Vec<&SignalInfo> = signals
            .iter()
            .filter(|signal| signal.path == scope)
            .collect();
        let slot = |name: &str| {
            let found = unit.iter().find(|signal| signal.name == name);
            found
                .map(|signal| signal.slot)
                .ok_or_else(|| WaveError::NoSignal(format!("{}.{name}", scope.join("."))))
        };
        let lanes = (0..neuron_lanes)
            .map(|lane| {
                let values = values
                    .iter()
                    .map(|name| slot(&format!("{name}_o_{lane}")))
                    .collect::<Result<_, _>>()?;
                Ok(LanePort {
                    spike: slot(&format!("mask_o_{lane}"))?,
                    negative: slot(&format!("negative_o_{lane}")).ok(),
                    values,
                })
            })
            .collect::<Result<_, WaveError>>()?;
        let nothing = vec![
            Shown {
                spike: 0,
                values: vec![0; values.len()]
            };
            neurons
        ];
        Ok(Self {
            layer,
            valid: slot("row_valid_o")?,
            lanes,
            golden: nothing.clone(),
            rtl: nothing,
            step: 0,
            neuron: 0,
            shown_step: -1,
            differing: 0,
        })
    }

    /// Takes over what this cycle writes back; gives the first value of it that differs. Rows beyond the golden
    /// trace's steps change nothing.
    pub(super) fn watch(&mut self, sim: &Sim, golden: &SampleTrace<i64>) -> Option<Difference> {
        if sim.value(self.valid) == 0 {
            return None;
        }
        let expected = golden.steps.get(self.step)?.layers.get(self.layer)?;
        let mut first = None;
        self.shown_step = self.step as i64;
        for (lane, neuron) in self.lanes.iter().zip(self.neuron..self.golden.len()) {
            self.differing -= usize::from(self.golden[neuron] != self.rtl[neuron]);
            self.golden[neuron] = of_trace(expected, neuron);
            self.rtl[neuron] = of_lane(lane, sim);
            self.differing += usize::from(self.golden[neuron] != self.rtl[neuron]);
            first = first.or_else(|| self.difference(neuron));
        }
        self.neuron += self.lanes.len();
        if self.neuron >= self.golden.len() {
            self.neuron = 0;
            self.step += 1;
        }
        first
    }

    fn difference(&self, neuron: usize) -> Option<Difference> {
        let (golden, rtl) = (&self.golden[neuron], &self.rtl[neuron]);
        let pairs = std::iter::once((golden.spike, rtl.spike)).chain(
            golden
                .values
                .iter()
                .copied()
                .zip(rtl.values.iter().copied()),
        );
        let (index, (golden, rtl)) = pairs.enumerate().find(|(_, (golden, rtl))| golden != rtl)?;
        let quantity = match index {
            0 => Quantity::Spike,
            1 => Quantity::Membrane,
            state => Quantity::State(state - 2),
        };
        Some(Difference {
            step: self.step,
            neuron,
            quantity,
            golden,
            rtl,
        })
    }

    /// Whether any value shown differs.
    pub(super) fn mismatch(&self) -> bool {
        self.differing > 0
    }

    /// Step of the row last written back; -1 before the first.
    pub(super) fn step(&self) -> i64 {
        self.shown_step
    }

    /// The spike shown.
    pub(super) fn spike(&self, side: Side, neuron: usize) -> i64 {
        self.side(side)[neuron].spike
    }

    /// The compared value (0) or a traced state (from 1) shown, raw.
    pub(super) fn value(&self, side: Side, neuron: usize, value: usize) -> i64 {
        self.side(side)[neuron].values[value]
    }

    fn side(&self, side: Side) -> &[Shown] {
        match side {
            Side::Golden => &self.golden,
            Side::Rtl => &self.rtl,
        }
    }
}

/// Whose value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// The golden model's.
    Golden,
    /// The hardware's.
    Rtl,
}

fn of_trace(trace: &LayerTrace<i64>, neuron: usize) -> Shown {
    Shown {
        spike: i64::from(trace.spikes[neuron]),
        values: std::iter::once(&trace.h)
            .chain(&trace.states)
            .map(|values| values[neuron])
            .collect(),
    }
}

fn of_lane(lane: &LanePort, sim: &Sim) -> Shown {
    Shown {
        spike: match lane.negative {
            Some(negative) if sim.value(negative) != 0 => -1,
            _ => sim.value(lane.spike) as i64,
        },
        values: lane
            .values
            .iter()
            .map(|&slot| sim.value(slot) as i64)
            .collect(),
    }
}

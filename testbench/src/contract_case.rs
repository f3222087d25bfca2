//! Reader of `cases/contract/*.case`: hand-written examples of the arithmetic contract (the format: its README).
//!
//! A neuron's block becomes a network of one neuron, a sample and the trace that every bit-exact engine must give: its
//! two axons of weight +1 and -1 bring any sum as the payload of one event.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::str::FromStr;

use goldspike_golden::describe::Fire;
use goldspike_golden::encoding::Encoding;
use goldspike_golden::event::{Event, Sample};
use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::neuron::lif::{Reset, ResetTiming, Spikes};
use goldspike_golden::quant::{
    Param, QuantInput, QuantKlif, QuantLayer, QuantLif, QuantNetwork, QuantNeuron,
};
use goldspike_golden::trace::{LayerTrace, SampleTrace, StepTrace};

/// One operation and its result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Operation {
    /// Rounded product.
    Product {
        /// Rounding mode.
        mode: Rounding,
        /// One factor.
        coefficient: i64,
        /// The other factor.
        value: i64,
        /// Bits rounded away.
        drop: u32,
        /// Result.
        result: i64,
    },
    /// `v - R(v * 2^-k)`.
    ShiftForm {
        /// Rounding mode.
        mode: Rounding,
        /// `v`.
        value: i64,
        /// `k`.
        shift: u32,
        /// Result.
        result: i64,
    },
    /// Number of values on which the two forms of decay `1 - 2^-k` differ.
    FormsDiffer {
        /// Rounding mode.
        mode: Rounding,
        /// `k`.
        shift: u32,
        /// First value.
        low: i64,
        /// Last value.
        high: i64,
        /// Result.
        count: usize,
    },
    /// Overflow of a sum.
    Overflow {
        /// Overflow mode.
        mode: Overflow,
        /// Width of the signed format.
        bits: u32,
        /// The sum.
        sum: i64,
        /// Result.
        result: i64,
    },
    /// Alignment of a sum.
    Align {
        /// Rounding mode.
        mode: Rounding,
        /// Guard bits.
        guard_bits: i32,
        /// The sum.
        sum: i64,
        /// Result.
        result: i64,
    },
    /// Integers of a real threshold.
    Threshold {
        /// Comparison.
        fire: Fire,
        /// Real threshold in LSBs.
        level: f64,
        /// Smallest raw value that fires.
        fire_at: i64,
        /// Nearest raw value.
        reset_by: i64,
    },
}

/// One neuron, its input and its trace.
#[derive(Clone, Debug, PartialEq)]
pub struct NeuronCase {
    /// Name of the block.
    pub name: String,
    /// Network of that one neuron.
    pub network: QuantNetwork,
    /// Its input.
    pub sample: Sample,
    /// What it must do.
    pub trace: SampleTrace<i64>,
}

/// Everything in one file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ContractFile {
    /// Operations in their order, with line numbers.
    pub operations: Vec<(usize, Operation)>,
    /// Neurons in their order.
    pub neurons: Vec<NeuronCase>,
}

/// The files of a folder, by name.
///
/// # Errors
/// A message with file and line.
pub fn read_folder(folder: &Path) -> Result<BTreeMap<String, ContractFile>, String> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))? {
        let path = entry.map_err(|error| error.to_string())?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "case")
        {
            let text = fs::read_to_string(&path)
                .map_err(|error| format!("{}: {error}", path.display()))?;
            let file = parse(&text).map_err(|error| format!("{}: {error}", path.display()))?;
            files.insert(path.display().to_string(), file);
        }
    }
    Ok(files)
}

/// One file's text.
///
/// # Errors
/// A message with the line.
pub fn parse(text: &str) -> Result<ContractFile, String> {
    let mut file = ContractFile::default();
    let mut block: Option<Block> = None;
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let line = line.split('#').next().unwrap_or_default();
        let words: Vec<&str> = line.split_whitespace().collect();
        let read = match (&mut block, words.as_slice()) {
            (_, []) => Ok(()),
            (_, ["neuron", name]) => {
                let done = block.replace(Block::new(name));
                done.map_or(Ok(()), |done| {
                    done.finish().map(|case| file.neurons.push(case))
                })
            }
            (Some(block), words) if line.starts_with(' ') => block.read(words),
            (_, words) => {
                operation(words).map(|operation| file.operations.push((number, operation)))
            }
        };
        read.map_err(|error| format!("line {number}: {error}"))?;
    }
    if let Some(done) = block {
        file.neurons.push(done.finish()?);
    }
    Ok(file)
}

fn number<T: FromStr>(word: &str) -> Result<T, String> {
    word.parse()
        .map_err(|_| format!("`{word}` is not a number of this place"))
}

/// A mode by its name in quantized networks.
fn named<T: serde::de::DeserializeOwned>(word: &str) -> Result<T, String> {
    serde_json::from_value(serde_json::Value::from(word)).map_err(|error| error.to_string())
}

fn operation(words: &[&str]) -> Result<Operation, String> {
    Ok(match words {
        ["product", mode, c, "*", v, ">>", drop, "->", r] => Operation::Product {
            mode: named(mode)?,
            coefficient: number(c)?,
            value: number(v)?,
            drop: number(drop)?,
            result: number(r)?,
        },
        ["shift_form", mode, v, ">>", shift, "->", r] => Operation::ShiftForm {
            mode: named(mode)?,
            value: number(v)?,
            shift: number(shift)?,
            result: number(r)?,
        },
        ["forms_differ", mode, shift, "over", low, high, "->", n] => Operation::FormsDiffer {
            mode: named(mode)?,
            shift: number(shift)?,
            low: number(low)?,
            high: number(high)?,
            count: number(n)?,
        },
        ["overflow", mode, bits, sum, "->", r] => Operation::Overflow {
            mode: named(mode)?,
            bits: number(bits)?,
            sum: number(sum)?,
            result: number(r)?,
        },
        ["align", mode, g, sum, "->", r] => Operation::Align {
            mode: named(mode)?,
            guard_bits: number(g)?,
            sum: number(sum)?,
            result: number(r)?,
        },
        ["threshold", fire, level, "->", fire_at, reset_by] => Operation::Threshold {
            fire: match *fire {
                "ge" => Fire::Ge,
                "gt" => Fire::Gt,
                other => return Err(format!("`{other}` is neither ge nor gt")),
            },
            level: number(level)?,
            fire_at: number(fire_at)?,
            reset_by: number(reset_by)?,
        },
        _ => return Err(format!("`{}` is no operation", words.join(" "))),
    })
}

#[derive(Default)]
struct Block {
    name: String,
    settings: BTreeMap<String, String>,
    steps: Vec<(i64, i64, i8, i64)>,
}

impl Block {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    fn read(&mut self, words: &[&str]) -> Result<(), String> {
        match words {
            [sum, "|", h, spike, v] => {
                self.steps
                    .push((number(sum)?, number(h)?, number(spike)?, number(v)?));
                Ok(())
            }
            [key, value] => match self.settings.insert((*key).to_owned(), (*value).to_owned()) {
                None => Ok(()),
                Some(_) => Err(format!("`{key}` stands twice")),
            },
            _ => Err(format!(
                "`{}` is neither a setting nor a step",
                words.join(" ")
            )),
        }
    }

    fn setting<T: FromStr>(&mut self, key: &str, default: T) -> Result<T, String> {
        self.settings
            .remove(key)
            .map_or(Ok(default), |word| number(&word))
    }

    fn mode<T: serde::de::DeserializeOwned>(&mut self, key: &str, default: T) -> Result<T, String> {
        self.settings
            .remove(key)
            .map_or(Ok(default), |word| named(&word))
    }

    /// The settings of the neuron itself.
    fn model(&mut self, frac: i32, fire_at: i64) -> Result<QuantNeuron, String> {
        let decay = Param::Layer(self.setting("decay", 1)?);
        let offset = Param::Layer(self.setting("offset", 0)?);
        let reset_by = Param::Layer(self.setting("reset_by", fire_at)?);
        let v_reset = Param::Layer(self.setting("v_reset", 0)?);
        let v_init = Param::Layer(self.setting("v_init", 0)?);
        let reset = self.mode("reset", Reset::Hard)?;
        let width = frac.unsigned_abs() + 1;
        match self.setting("model", "lif".to_owned())?.as_str() {
            "lif" => Ok(QuantNeuron::Lif(QuantLif {
                coefficient: QFormat::unsigned(width, frac),
                decay,
                offset,
                fire_at: Param::Layer(fire_at),
                pending_at: Param::Layer(self.setting("pending_at", fire_at)?),
                reset_by,
                v_reset,
                v_init,
                reset,
                reset_timing: self.mode("timing", ResetTiming::SameStep)?,
                spikes: self.mode("spikes", Spikes::Binary)?,
            })),
            "klif" => Ok(QuantNeuron::Klif(QuantKlif {
                coefficient: QFormat::unsigned(self.setting("coefficient_width", width)?, frac),
                decay,
                offset,
                fire_at: Param::Layer(fire_at),
                reset_by,
                v_reset,
                v_init,
                reset,
                h_scale: 1.0,
            })),
            other => Err(format!("neuron {}: `{other}` is no model", self.name)),
        }
    }

    fn finish(mut self) -> Result<NeuronCase, String> {
        let largest = self.steps.iter().map(|step| step.0.unsigned_abs()).max();
        let largest = largest
            .ok_or_else(|| format!("neuron {} has no steps", self.name))?
            .max(1);
        let payload_max = u32::try_from(largest).map_err(|error| error.to_string())?;
        let bias: i64 = self.setting("bias", 0)?;
        let guard_bits = self.setting("guard_bits", 0)?;
        let frac: i32 = self.setting("coefficient_frac", 0)?;
        let fire_at: i64 = self.setting("fire_at", 20)?;
        let ends = i64::from(payload_max);
        let layer = QuantLayer {
            name: self.name.clone(),
            axons: 2,
            neurons: 1,
            weight_bits: 2,
            weights: vec![1, -1],
            bias: vec![bias],
            accumulator: QFormat::signed_for(bias - ends, bias + ends, -guard_bits),
            guard_bits,
            membrane: QFormat::signed(self.setting("membrane", 8)?, 0),
            rounding: self.mode("rounding", Rounding::HalfUp)?,
            overflow: self.mode("overflow", Overflow::Saturate)?,
            scale: Param::Layer(1.0),
            neuron: self.model(frac, fire_at)?,
        };
        if let Some(key) = self.settings.keys().next() {
            return Err(format!("neuron {}: `{key}` is no setting", self.name));
        }
        let events = |sum: i64| -> Result<Vec<Event>, String> {
            let payload = i32::try_from(sum.abs()).map_err(|error| error.to_string())?;
            let address = u32::from(sum < 0);
            Ok(if sum == 0 {
                Vec::new()
            } else {
                vec![Event { address, payload }]
            })
        };
        let steps = self
            .steps
            .iter()
            .map(|step| events(step.0))
            .collect::<Result<_, _>>()?;
        let traced = |&(_, h, spike, v): &(i64, i64, i8, i64)| StepTrace {
            layers: vec![LayerTrace {
                spikes: vec![spike],
                h: vec![h],
                states: vec![vec![v]],
            }],
        };
        Ok(NeuronCase {
            network: QuantNetwork {
                name: self.name.clone(),
                time_steps: u32::try_from(self.steps.len()).map_err(|error| error.to_string())?,
                input: QuantInput {
                    axons: 2,
                    payload_max,
                    payload_scale: 1.0,
                    encoding: Encoding::Direct {
                        scale: 1.0,
                        max: payload_max,
                    },
                },
                layers: vec![layer],
            },
            sample: Sample { steps },
            trace: SampleTrace {
                steps: self.steps.iter().map(traced).collect(),
            },
            name: self.name,
        })
    }
}

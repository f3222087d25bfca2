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
use goldspike_golden::neuron::info::StateUnit;
use goldspike_golden::neuron::{
    CurrentOrder, Leak, Mode, ModelId, Modes, Reset, ResetTiming, Spikes,
};
use goldspike_golden::quant::{Param, QuantInput, QuantLayer, QuantNetwork, QuantNeuron};
use goldspike_golden::table::QuantTable;
use goldspike_golden::trace::{LayerTrace, SampleTrace, StepTrace};

use crate::plain::complete;

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
    settings: BTreeMap<String, Vec<String>>,
    steps: Vec<Step>,
}

/// One line of a block: the sum and what the neuron does.
struct Step {
    sum: i64,
    h: i64,
    spike: i8,
    states: Vec<i64>,
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
            [sum, "|", h, spike, states @ ..] if !states.is_empty() => {
                self.steps.push(Step {
                    sum: number(sum)?,
                    h: number(h)?,
                    spike: number(spike)?,
                    states: states
                        .iter()
                        .map(|word| number(word))
                        .collect::<Result<_, _>>()?,
                });
                Ok(())
            }
            [key, values @ ..] if !values.is_empty() && !values.contains(&"|") => {
                let values = values.iter().map(|&word| word.to_owned()).collect();
                match self.settings.insert((*key).to_owned(), values) {
                    None => Ok(()),
                    Some(_) => Err(format!("`{key}` stands twice")),
                }
            }
            _ => Err(format!(
                "`{}` is neither a setting nor a step",
                words.join(" ")
            )),
        }
    }

    /// The only word of a setting.
    fn word(&mut self, key: &str) -> Result<Option<String>, String> {
        match self.settings.remove(key) {
            None => Ok(None),
            Some(mut words) if words.len() == 1 => Ok(words.pop()),
            Some(_) => Err(format!("neuron {}: `{key}` takes one value", self.name)),
        }
    }

    fn setting<T: FromStr>(&mut self, key: &str, default: T) -> Result<T, String> {
        self.word(key)?.map_or(Ok(default), |word| number(&word))
    }

    fn named<T: serde::de::DeserializeOwned>(
        &mut self,
        key: &str,
        default: T,
    ) -> Result<T, String> {
        self.word(key)?.map_or(Ok(default), |word| named(&word))
    }

    /// One switch of the model.
    fn mode<M: Mode>(&mut self, modes: &mut Modes) -> Result<(), String> {
        if let Some(word) = self.word(M::KEY)? {
            let found = M::ALL.iter().find(|(text, _)| *text == word);
            let (_, mode) = found.ok_or_else(|| format!("`{word}` is no {}", M::KEY))?;
            *M::of(modes) = *mode;
        }
        Ok(())
    }

    fn numbers<T: FromStr>(&mut self, key: &str) -> Result<Option<Vec<T>>, String> {
        let words = self.settings.remove(key);
        words
            .map(|words| words.iter().map(|word| number(word)).collect())
            .transpose()
    }

    /// The settings of the neuron itself.
    fn neuron(&mut self, membrane: QFormat) -> Result<QuantNeuron, String> {
        let name: String = self.setting("model", "lif".to_owned())?;
        let model = ModelId::ALL.iter().find(|model| model.info().name == name);
        let &model = model.ok_or_else(|| format!("neuron {}: `{name}` is no model", self.name))?;
        let frac: i32 = self.setting("coefficient_frac", 0)?;
        let width = self.setting("coefficient_width", frac.unsigned_abs() + 1)?;
        let mut neuron = QuantNeuron::new(model, QFormat::unsigned(width, frac));
        self.mode::<Reset>(&mut neuron.modes)?;
        self.mode::<ResetTiming>(&mut neuron.modes)?;
        self.mode::<Spikes>(&mut neuron.modes)?;
        self.mode::<Leak>(&mut neuron.modes)?;
        self.mode::<CurrentOrder>(&mut neuron.modes)?;
        neuron.refractory = self.setting("refractory", 0)?;
        let info = model.info();
        for row in info.constants {
            if let Some(values) = self.numbers(row.name)? {
                let values = match values.as_slice() {
                    [value] => Param::Layer(*value),
                    _ => Param::Step { by_step: values },
                };
                neuron.constants.insert(row.name.to_owned(), values);
            }
        }
        for state in info.states.iter().filter(|s| s.unit == StateUnit::Own) {
            let key = format!("{}_format", state.name);
            let Some(numbers) = self.numbers::<u32>(&key)? else {
                continue;
            };
            let [width, frac] = numbers.as_slice() else {
                return Err(format!(
                    "neuron {}: `{key}` takes width and frac",
                    self.name
                ));
            };
            let frac = i32::try_from(*frac).map_err(|error| error.to_string())?;
            let format = QFormat::unsigned(*width, frac);
            neuron.formats.insert(state.name.to_owned(), format);
        }
        for row in info.tables {
            let Some(numbers) = self.numbers::<i64>(row.name)? else {
                continue;
            };
            let [low, shift, knots @ ..] = numbers.as_slice() else {
                let key = row.name;
                return Err(format!(
                    "neuron {}: `{key}` takes low, shift and knots",
                    self.name
                ));
            };
            let table = QuantTable {
                low: *low,
                shift: u32::try_from(*shift).map_err(|error| error.to_string())?,
                knots: knots.to_vec(),
            };
            neuron.tables.insert(row.name.to_owned(), table);
        }
        for key in neuron.constants.keys() {
            let row = info.constants.iter().find(|row| row.name == key);
            if row.is_some_and(|row| neuron.needs(row) == Some(false)) {
                return Err(format!(
                    "neuron {}: nothing reads `{key}` with these switches",
                    self.name
                ));
            }
        }
        complete(&mut neuron, membrane, 20);
        Ok(neuron)
    }

    fn finish(mut self) -> Result<NeuronCase, String> {
        let largest = self.steps.iter().map(|step| step.sum.unsigned_abs()).max();
        let largest = largest
            .ok_or_else(|| format!("neuron {} has no steps", self.name))?
            .max(1);
        let payload_max = u32::try_from(largest).map_err(|error| error.to_string())?;
        let bias: i64 = self.setting("bias", 0)?;
        let guard_bits = self.setting("guard_bits", 0)?;
        let membrane = QFormat::signed(self.setting("membrane", 8)?, 0);
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
            membrane,
            rounding: self.named("rounding", Rounding::HalfUp)?,
            overflow: self.named("overflow", Overflow::Saturate)?,
            scale: Param::Layer(1.0),
            neuron: self.neuron(membrane)?,
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
            .map(|step| events(step.sum))
            .collect::<Result<_, _>>()?;
        let traced = |step: &Step| StepTrace {
            layers: vec![LayerTrace {
                spikes: vec![step.spike],
                h: vec![step.h],
                states: step.states.iter().map(|&value| vec![value]).collect(),
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

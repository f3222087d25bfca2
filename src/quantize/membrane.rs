//! The choice of guard bits and membrane width for a rounded layer.
//!
//! Precision: the smallest threshold gets at least 2^9 LSBs, and more if the roundings of one sample could add up to
//! more than 1/64 of it. Range: the proved bound, so that saturation is unreachable; where no bound is finite or it
//! needs more than 32 bits, eight thresholds (or one step's inputs, if larger) and saturation stays reachable.

use super::bounds::Bounds;
use super::checks::MAX_GUARD_BITS;
use super::constants::{self, held_span, must_fit, unit};
use super::draft::Draft;
use super::dyadic::{Dyadic, Quotient};
use super::error::QuantizeError;
use super::folded::{decays, level, table};
use super::interval::Span;
use super::width::{MAX_MEMBRANE, MIN_MEMBRANE, NO_BOUND, Update, aligned, bits_for};
use super::{GuardBits, MembraneBits, Options};
use goldspike_golden::format::{Overflow, QFormat, Rounding};
use goldspike_golden::neuron::{Collapsed, Domain};
use goldspike_golden::quant::{Param, QuantLayer, QuantNeuron};

/// LSBs that the smallest threshold has at least.
const THRESHOLD_LSBS: f64 = 512.0;

/// A membrane and what was found about it.
pub(crate) struct Membrane {
    pub guard_bits: i32,
    pub width: u32,
    pub neuron: QuantNeuron,
    /// All values of `h` and the states for samples of any length, if finite.
    pub bound: Option<Bounds>,
}

/// One layer with everything but its membrane.
pub(crate) struct Candidate<'a> {
    pub layer: &'a str,
    pub draft: &'a Draft,
    pub real: &'a Collapsed,
    pub rounding: Rounding,
    pub overflow: Overflow,
}

impl<'a> Candidate<'a> {
    /// A layer of that name in the modes of `options`.
    pub fn new(layer: &'a str, draft: &'a Draft, real: &'a Collapsed, options: &Options) -> Self {
        Self {
            layer,
            draft,
            real,
            rounding: options.rounding,
            overflow: options.overflow,
        }
    }
}

impl Candidate<'_> {
    fn updates(&self, neuron: &QuantNeuron, guard_bits: i32) -> Result<Vec<Update>, QuantizeError> {
        let layer = self.neurons_alone(neuron);
        let mut updates: Vec<Update> = Vec::with_capacity(self.draft.rows.len());
        for (n, &row) in self.draft.rows.iter().enumerate() {
            let Some(x) = aligned(row, guard_bits, self.rounding) else {
                let bits = QFormat::signed_for(row.low, row.high, 0)
                    .width
                    .saturating_add(guard_bits.max(0).unsigned_abs());
                return Err(QuantizeError::SumTooWide {
                    layer: self.layer.to_owned(),
                    bits,
                });
            };
            let update = Update::new(&layer, n, x).ok_or_else(|| {
                QuantizeError::Invalid(format!(
                    "internal error: a constant of layer {} is missing",
                    self.layer
                ))
            })?;
            updates.push(update);
        }
        Ok(updates)
    }

    /// A layer whose states are bounded: nothing of it but its neurons is read.
    fn neurons_alone(&self, neuron: &QuantNeuron) -> QuantLayer {
        QuantLayer {
            name: self.layer.to_owned(),
            axons: 0,
            neurons: self.draft.rows.len(),
            weight_bits: self.draft.weight_bits,
            weights: Vec::new(),
            bias: Vec::new(),
            accumulator: QFormat::signed(1, 0),
            guard_bits: 0,
            membrane: QFormat::signed(MAX_MEMBRANE, 0),
            rounding: self.rounding,
            overflow: self.overflow,
            scale: Param::Layer(1.0),
            neuron: neuron.clone(),
        }
    }

    /// The constants at `guard_bits`.
    pub fn constants(&self, guard_bits: i32) -> Result<QuantNeuron, QuantizeError> {
        constants::model(self.layer, self.draft, self.real, guard_bits, self.overflow)
    }

    /// All values of all neurons in samples of any length, the constants included.
    pub fn bound(
        &self,
        neuron: &QuantNeuron,
        guard_bits: i32,
        limit: Span,
    ) -> Result<Option<Bounds>, QuantizeError> {
        let updates = self.updates(neuron, guard_bits)?;
        let bounds = Bounds::of(neuron, updates.iter().map(|u| u.bound(limit)));
        Ok(bounds.map(|bounds| bounds.with_constants(neuron)))
    }

    /// As `bound`, for samples of at most `steps` steps.
    pub fn reach(
        &self,
        neuron: &QuantNeuron,
        guard_bits: i32,
        steps: u32,
    ) -> Result<Option<Bounds>, QuantizeError> {
        let updates = self.updates(neuron, guard_bits)?;
        let bounds = Bounds::of(neuron, updates.iter().map(|u| u.reach(steps, NO_BOUND)));
        Ok(bounds.map(|bounds| bounds.with_constants(neuron)))
    }

    /// `times` the largest threshold, on both sides, and what one step can reach from below it.
    fn usual(
        &self,
        neuron: &QuantNeuron,
        guard_bits: i32,
        times: i64,
    ) -> Result<Span, QuantizeError> {
        let around = around_threshold(neuron, times);
        let updates = self.updates(neuron, guard_bits)?;
        let one_step = Bounds::of(neuron, updates.iter().map(|u| Some(u.one_step())));
        Ok(around.hull(one_step.map_or(around, |bounds| bounds.membrane)))
    }
}

fn around_threshold(neuron: &QuantNeuron, times: i64) -> Span {
    let largest = neuron
        .fire_at()
        .values()
        .iter()
        .copied()
        .max()
        .unwrap_or(1)
        .saturating_mul(times);
    held_span(neuron).hull(Span::new(-largest, largest))
}

/// The membrane of a rounded layer.
pub(crate) fn choose(
    c: &Candidate<'_>,
    steps: u32,
    options: &Options,
) -> Result<Membrane, QuantizeError> {
    let guard_bits = match (options.guard_bits, options.membrane_bits) {
        (GuardBits::Fixed(g), _) => g,
        (GuardBits::Auto, MembraneBits::Auto) => precise(c, steps),
        (GuardBits::Auto, MembraneBits::Fixed(bits)) => fitting(c, bits, steps, options)?,
    };
    let neuron = c.constants(guard_bits)?;
    let bound = c.bound(&neuron, guard_bits, NO_BOUND)?;
    let width = match options.membrane_bits {
        MembraneBits::Fixed(bits) => bits,
        MembraneBits::Auto => {
            let needed = |span| bits_for(span, options.overflow).max(MIN_MEMBRANE);
            match bound
                .as_ref()
                .map(|b| needed(b.membrane))
                .filter(|&bits| bits <= MAX_MEMBRANE)
            {
                Some(bits) => bits,
                None => needed(c.usual(&neuron, guard_bits, 8)?).min(MAX_MEMBRANE),
            }
        }
    };
    must_fit(
        c.layer,
        c.draft,
        &neuron,
        guard_bits,
        width,
        options.overflow,
    )?;
    Ok(Membrane {
        guard_bits,
        width,
        neuron,
        bound,
    })
}

/// Fewest guard bits (of any sign) that give the precision above.
fn precise(c: &Candidate<'_>, steps: u32) -> i32 {
    let wanted = (0..c.draft.lsb.len())
        .map(|n| wanted_guard_bits(c, n, steps))
        .max()
        .unwrap_or(0);
    if wanted > 0 && sums_are_all(c) {
        0
    } else {
        wanted
    }
}

fn wanted_guard_bits(c: &Candidate<'_>, n: usize, steps: u32) -> i32 {
    // Every coefficient's product is rounded, and so is every constant.
    let points = table(c.real)
        .filter(|(row, values)| match row.domain {
            Domain::Decay { .. } | Domain::Conductance => {
                each_step(values, n).any(|factor| factor.fract() != 0.0)
            }
            Domain::Offset { .. } | Domain::Leak => {
                each_step(values, n).any(|value| value != 0.0) || !c.draft.moved[n].is_zero()
            }
            _ => false,
        })
        .count();
    let per_point = match c.rounding {
        Rounding::HalfUp | Rounding::HalfEven => 0.5,
        Rounding::Floor | Rounding::ToZero => 1.0,
    };
    let decay = decays(c.real).flat_map(|values| each_step(values, n));
    let decay = decay.fold(0.0, f64::max);
    // Without a leak an error lasts; one that grows is soon cleared, since the membrane that grows with it fires.
    let memory = if decay < 1.0 {
        (1.0 / (1.0 - decay)).min(f64::from(steps))
    } else {
        f64::from(steps)
    };
    let wanted = (64.0 * points as f64 * per_point * memory).max(THRESHOLD_LSBS);
    // 2^g >= wanted * lsb / threshold
    let ratio = wanted * (c.draft.lsb[n] / level(c.real, n));
    let Some(exact) = Dyadic::from_f64(ratio) else {
        return 0;
    };
    let floor = exact.floor_log2().unwrap_or(0);
    let power_of_two = exact.trailing() == Some(floor);
    (if power_of_two { floor } else { floor + 1 }).clamp(-MAX_GUARD_BITS, MAX_GUARD_BITS)
}

/// Whether every value of the membrane is a sum of integers as it is, so that a guard bit would always be 0.
fn sums_are_all(c: &Candidate<'_>) -> bool {
    let whole = |value: Dyadic, unit: Dyadic| value.over(unit).and_then(Quotient::exact).is_some();
    table(c.real).all(|(row, values)| {
        (0..c.draft.lsb.len()).all(|n| {
            let lsb = unit(c.draft, c.real, row.domain, n, 0);
            each_step(values, n).all(|value| {
                let exact = Dyadic::from_f64(value).unwrap_or(Dyadic::ZERO);
                match row.domain {
                    Domain::Decay { .. } | Domain::Conductance => value.fract() == 0.0,
                    Domain::Threshold => exact.over(lsb).is_some_and(|q| q.floor >= 1),
                    Domain::Pending => true,
                    Domain::Offset { .. } => exact
                        .sum(c.draft.moved[n])
                        .is_some_and(|sum| whole(sum, lsb)),
                    Domain::Amount | Domain::Leak | Domain::State => whole(exact, lsb),
                }
            })
        })
    }) && c.real.slopes.is_empty()
}

/// The values of neuron `n`, step by step.
fn each_step(values: &Param<f64>, n: usize) -> impl Iterator<Item = f64> + '_ {
    (0..values.steps()).filter_map(move |t| values.get(n, t).copied())
}

/// Most guard bits with which `bits` bits hold the bound, or eight thresholds; four or two where eight would leave
/// the threshold less than 2^5 LSBs.
fn fitting(
    c: &Candidate<'_>,
    bits: u32,
    steps: u32,
    options: &Options,
) -> Result<i32, QuantizeError> {
    let start = precise(c, steps);
    let most = if sums_are_all(c) {
        start.max(0)
    } else {
        start.saturating_add(32).min(MAX_GUARD_BITS)
    };
    let room = Span::new(-(1i64 << (bits - 1)), (1i64 << (bits - 1)) - 1);
    let fits = |g: i32, times: i64| -> Option<QuantNeuron> {
        let neuron = c.constants(g).ok()?;
        let holds = |span| bits_for(span, options.overflow) <= bits;
        let held = holds(around_threshold(&neuron, times))
            || (holds(held_span(&neuron))
                && c.bound(&neuron, g, room)
                    .ok()
                    .flatten()
                    .is_some_and(|b| holds(b.membrane)));
        (held && c.updates(&neuron, g).is_ok()).then_some(neuron)
    };
    for (times, least) in [(8, 32), (4, 32), (2, 1)] {
        for g in (start.saturating_sub(64)..=most).rev() {
            if let Some(neuron) = fits(g, times) {
                if neuron
                    .fire_at()
                    .values()
                    .iter()
                    .min()
                    .is_some_and(|&th| th >= least)
                {
                    return Ok(g);
                }
                break;
            }
        }
    }
    // Nothing fits: the error of the precise choice says which constant and how many bits would do.
    Ok(start)
}

//! The choice of guard bits and membrane width for a rounded layer.
//!
//! Precision: the smallest threshold gets at least 2^9 LSBs, and more if the roundings of one sample could add up to
//! more than 1/64 of it. Range: the proved bound, so that saturation is unreachable; where no bound is finite or it
//! needs more than 32 bits, eight thresholds (or one step's inputs, if larger) and saturation stays reachable.

use super::charge::Charge;
use super::constants::{self, held_span, must_fit};
use super::draft::Draft;
use super::dyadic::Dyadic;
use super::error::QuantizeError;
use super::interval::Span;
use super::width::{MAX_MEMBRANE, MIN_MEMBRANE, NO_BOUND, Update, aligned, bits_for};
use super::{GuardBits, MembraneBits, Options};
use goldspike_golden::format::{QFormat, Rounding};
use goldspike_golden::neuron::lif::Reset;
use goldspike_golden::quant::QuantNeuron;

/// LSBs that the smallest threshold has at least.
const THRESHOLD_LSBS: f64 = 512.0;

/// A membrane and what was found about it.
pub(crate) struct Membrane {
    pub guard_bits: i32,
    pub width: u32,
    pub neuron: QuantNeuron,
    /// All values of `h` and `v` for samples of any length, if finite.
    pub bound: Option<Span>,
}

/// One layer with everything but its membrane.
pub(crate) struct Candidate<'a> {
    pub layer: &'a str,
    pub draft: &'a Draft,
    pub real: &'a Charge,
    pub rounding: Rounding,
}

impl Candidate<'_> {
    fn updates(&self, neuron: &QuantNeuron, guard_bits: i32) -> Result<Vec<Update>, QuantizeError> {
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
            updates.push(Update::new(neuron, n, x, self.rounding));
        }
        Ok(updates)
    }

    /// The constants at `guard_bits`.
    pub fn constants(&self, guard_bits: i32) -> Result<QuantNeuron, QuantizeError> {
        constants::model(self.layer, self.draft, self.real, guard_bits)
    }

    /// All values of all neurons in samples of any length, the constants included.
    pub fn bound(
        &self,
        neuron: &QuantNeuron,
        guard_bits: i32,
        limit: Span,
    ) -> Result<Option<Span>, QuantizeError> {
        Ok(hull(
            neuron,
            self.updates(neuron, guard_bits)?
                .iter()
                .map(|u| u.bound(limit)),
        ))
    }

    /// As `bound`, for samples of at most `steps` steps.
    pub fn reach(
        &self,
        neuron: &QuantNeuron,
        guard_bits: i32,
        steps: u32,
    ) -> Result<Option<Span>, QuantizeError> {
        Ok(hull(
            neuron,
            self.updates(neuron, guard_bits)?
                .iter()
                .map(|u| u.reach(steps, NO_BOUND)),
        ))
    }

    /// `times` the largest threshold, on both sides, and what one step can reach from below it.
    fn usual(
        &self,
        neuron: &QuantNeuron,
        guard_bits: i32,
        times: i64,
    ) -> Result<Span, QuantizeError> {
        let around = around_threshold(neuron, times);
        Ok(self
            .updates(neuron, guard_bits)?
            .iter()
            .fold(around, |span, u| span.hull(u.one_step())))
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

fn hull(neuron: &QuantNeuron, mut spans: impl Iterator<Item = Option<Span>>) -> Option<Span> {
    spans.try_fold(held_span(neuron), |all, span| span.map(|s| all.hull(s)))
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
            match bound.map(needed).filter(|&bits| bits <= MAX_MEMBRANE) {
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
    let decay =
        c.draft.decay[n] as f64 / (1u64 << c.draft.coefficient.frac.max(0).unsigned_abs()) as f64;
    let rounds = decay.fract() != 0.0;
    let points = f64::from(u32::from(rounds) + u32::from(!c.draft.offset[n].is_zero()));
    let per_point = match c.rounding {
        Rounding::HalfUp | Rounding::HalfEven => 0.5,
        Rounding::Floor | Rounding::ToZero => 1.0,
    };
    // Without a leak an error lasts; one that grows is soon cleared, since the membrane that grows with it fires.
    let memory = if decay < 1.0 {
        (1.0 / (1.0 - decay)).min(f64::from(steps))
    } else {
        f64::from(steps)
    };
    let wanted = (64.0 * points * per_point * memory).max(THRESHOLD_LSBS);
    // 2^g >= wanted * lsb / threshold
    let ratio = wanted * (c.draft.lsb[n] / c.real.level(n));
    let Some(exact) = Dyadic::from_f64(ratio) else {
        return 0;
    };
    let floor = exact.floor_log2().unwrap_or(0);
    let power_of_two = exact.trailing() == Some(floor);
    (if power_of_two { floor } else { floor + 1 }).clamp(-60, 60)
}

/// Whether every value of the membrane is a sum of integers as it is, so that a guard bit would always be 0.
fn sums_are_all(c: &Candidate<'_>) -> bool {
    let one = 1i64 << c.draft.coefficient.frac.max(0);
    let real = c.real;
    (0..c.draft.lsb.len()).all(|n| {
        let lsb = Dyadic::from_f64(c.draft.lsb[n]).unwrap_or(Dyadic::ZERO);
        let whole = |value: Option<Dyadic>| {
            value
                .and_then(|v| v.over(lsb))
                .and_then(super::dyadic::Quotient::exact)
                .is_some()
        };
        let level = Dyadic::from_f64(real.v_threshold.of(n))
            .and_then(|v| v.over(constants::h_lsb(c.draft, real, n, 0)));
        c.draft.decay[n] % one == 0
            && whole(Some(c.draft.offset[n]))
            && whole(Dyadic::from_f64(real.v_init.of(n)))
            && match real.reset {
                Reset::Hard => whole(Dyadic::from_f64(real.v_reset.of(n))),
                Reset::Soft => level.and_then(super::dyadic::Quotient::exact).is_some(),
                Reset::None => true,
            }
            && level.is_some_and(|q| q.floor >= 1)
    })
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
        start.saturating_add(32).min(60)
    };
    let room = Span::new(-(1i64 << (bits - 1)), (1i64 << (bits - 1)) - 1);
    let fits = |g: i32, times: i64| -> Option<QuantNeuron> {
        let neuron = c.constants(g).ok()?;
        let holds = |span| bits_for(span, options.overflow) <= bits;
        let held = holds(around_threshold(&neuron, times))
            || (holds(held_span(&neuron))
                && c.bound(&neuron, g, room).ok().flatten().is_some_and(holds));
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

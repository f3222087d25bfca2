//! Common registers and counters.

use crate::hdl::{Builder, Reg, Sig, Ty};
use crate::rtl::plan::index_bits;

/// Register that takes `value` while `enable`, and has no reset: what it holds is looked at only together with a valid
/// bit that has one.
pub(crate) fn hold(b: &mut Builder, name: &str, value: Sig, enable: Sig) -> Sig {
    let reg = b.reg(name, value.ty(), None);
    b.next_en(reg, enable, value);
    reg.q
}

/// `value`, `cycles` later, cleared by reset: the delay of a control bit, so that nothing that was in flight before a
/// reset acts after it.
pub(crate) fn delay_control(b: &mut Builder, name: &str, value: Sig, cycles: u32) -> Sig {
    (1..=cycles).fold(value, |value, cycle| {
        let reg = b.reg(&format!("{name}_d{cycle}_q"), value.ty(), Some(0));
        b.next(reg, value);
        reg.q
    })
}

/// `value` in `ty`, whose sign it shares: its low bits, or extended.
pub(crate) fn resized(b: &mut Builder, value: Sig, ty: Ty) -> Sig {
    match value.width().cmp(&ty.width()) {
        std::cmp::Ordering::Less => b.extend(value, ty),
        std::cmp::Ordering::Equal => value,
        std::cmp::Ordering::Greater => b.wrap(value, ty),
    }
}

/// How many of `most` places are taken, one register a count, of which one is 1: `now` after a reset, one more in a cycle
/// with `up`, one less in one with `down`. Whoever moves it stays within 0 and `most`. No carry stands between it and a
/// decision.
pub(crate) fn occupancy(
    b: &mut Builder,
    name: &str,
    (now, most): (u32, u32),
    up: Sig,
    down: Sig,
) -> Vec<Sig> {
    let counts: Vec<Reg> = (0..=most)
        .map(|count| {
            let start = Some(i128::from(count == now));
            b.reg(&format!("{name}{count}_q"), Ty::BIT, start)
        })
        .collect();
    let moves = b.xor(up, down);
    let none = b.lit(0, Ty::BIT);
    for (count, &reg) in counts.iter().enumerate() {
        let below = count.checked_sub(1).map_or(none, |below| counts[below].q);
        let above = counts.get(count + 1).map_or(none, |above| above.q);
        let next = b.mux(up, below, above);
        b.next_en(reg, moves, next);
    }
    counts.into_iter().map(|reg| reg.q).collect()
}

/// `value + step` modulo the range of `value`.
pub(crate) fn stepped(b: &mut Builder, value: Sig, step: usize) -> Sig {
    let step = b.lit(step as i128, Ty::u(index_bits(step + 1)));
    let sum = b.add(value, step);
    b.wrap(sum, value.ty())
}

/// What follows `value` in a counter: 0 with `restart`, else `value + step`.
pub(crate) fn counted(b: &mut Builder, value: Sig, step: usize, restart: Sig) -> Sig {
    let next = stepped(b, value, step);
    let zero = b.lit(0, value.ty());
    b.mux(restart, zero, next)
}

/// Register that goes through 0, `step`, 2 `step`, … `last` and starts again, one place in each cycle with `advance`:
/// `(its value, whether it is the last, from a register too)`. `ty` must hold `last`.
pub(crate) fn ring(
    b: &mut Builder,
    name: &str,
    ty: Ty,
    (step, last): (usize, usize),
    advance: Sig,
) -> (Sig, Sig) {
    let reg = b.reg(name, ty, Some(0));
    let at_last = b.reg(
        &format!("{name}_last"),
        Ty::BIT,
        Some(i128::from(last == 0)),
    );
    let before = b.lit(last.saturating_sub(step) as i128, ty);
    let next_is_last = b.eq(reg.q, before);
    b.next_en(at_last, advance, next_is_last);
    let next = if last as i128 == ty.max() && step == 1 {
        stepped(b, reg.q, step)
    } else {
        counted(b, reg.q, step, at_last.q)
    };
    b.next_en(reg, advance, next);
    (reg.q, at_last.q)
}

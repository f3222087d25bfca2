//! Common registers and counters.

use crate::hdl::{Builder, Sig, Ty};
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
/// `(its value, whether it is the last)`. `ty` must hold `last`.
pub(crate) fn ring(
    b: &mut Builder,
    name: &str,
    ty: Ty,
    (step, last): (usize, usize),
    advance: Sig,
) -> (Sig, Sig) {
    let reg = b.reg(name, ty, Some(0));
    let last = b.lit(last as i128, ty);
    let at_last = b.eq(reg.q, last);
    let next = counted(b, reg.q, step, at_last);
    b.next_en(reg, advance, next);
    (reg.q, at_last)
}

//! Two common registers.

use crate::hdl::{Builder, Sig};

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

//! Small words of the link's descriptions: comparisons with constants, conjunctions, flags that are set and cleared.

use crate::hdl::{Builder, Sig, Ty};

/// `value == constant`.
pub(crate) fn is(b: &mut Builder, value: Sig, constant: i128) -> Sig {
    let constant = b.lit(constant, value.ty());
    b.eq(value, constant)
}

/// All of `parts`.
pub(crate) fn every(b: &mut Builder, parts: &[Sig]) -> Sig {
    let one = b.lit(1, Ty::BIT);
    parts.iter().fold(one, |all, &part| b.and(all, part))
}

/// One of `parts`.
pub(crate) fn some(b: &mut Builder, parts: &[Sig]) -> Sig {
    let zero = b.lit(0, Ty::BIT);
    parts.iter().fold(zero, |any, &part| b.or(any, part))
}

/// `a` and not `b`.
pub(crate) fn without(b: &mut Builder, a: Sig, not: Sig) -> Sig {
    let not = b.not(not);
    b.and(a, not)
}

/// A flag: set by `set`, else cleared by `clear`; 0 after reset.
pub(crate) fn flag(b: &mut Builder, name: &str, set: Sig, clear: Sig) -> Sig {
    let reg = b.reg(name, Ty::BIT, Some(0));
    let kept = without(b, reg.q, clear);
    let next = b.or(set, kept);
    b.next(reg, next);
    reg.q
}

/// The first of `choices` whose condition holds, else `otherwise`.
pub(crate) fn first_of(b: &mut Builder, choices: &[(Sig, Sig)], otherwise: Sig) -> Sig {
    choices
        .iter()
        .rev()
        .fold(otherwise, |rest, &(when, value)| b.mux(when, value, rest))
}

/// The value that `index` names; the last one for an index beyond.
pub(crate) fn nth(b: &mut Builder, index: Sig, values: &[Sig]) -> Sig {
    let Some((&last, others)) = values.split_last() else {
        return index;
    };
    let choices: Vec<(Sig, Sig)> = others
        .iter()
        .enumerate()
        .map(|(place, &value)| (is(b, index, place as i128), value))
        .collect();
    first_of(b, &choices, last)
}

//! One operation of the interpreter on value slots: `i64` arithmetic where all types fit, `i128` otherwise.

use std::collections::HashMap;

use super::eval::eval;
use super::flatten::{Slot, is_narrow};
use super::tape::{Bin, Op, Un};
use super::ty::Ty;

/// An operation with a type wider than 64 bits somewhere.
#[derive(Clone, Debug)]
pub(crate) struct Wide {
    op: Op,
    ty: Ty,
    target: Slot,
    args: Vec<(Slot, Ty)>,
}

/// The values: narrow slots in `narrow`, the others in `wide` (both as long as there are slots).
#[derive(Clone, Debug, Default)]
pub(crate) struct Values {
    pub(crate) narrow: Vec<i64>,
    pub(crate) wide: Vec<i128>,
    pub(crate) is_wide: Vec<bool>,
}

impl Values {
    pub(crate) fn new(types: &[Ty]) -> Self {
        let is_wide: Vec<bool> = types.iter().map(|&t| !is_narrow(t)).collect();
        let wide = if is_wide.contains(&true) {
            vec![0; types.len()]
        } else {
            vec![]
        };
        Self {
            narrow: vec![0; types.len()],
            wide,
            is_wide,
        }
    }

    pub(crate) fn get(&self, slot: Slot) -> i128 {
        let slot = slot as usize;
        if self.is_wide[slot] {
            self.wide[slot]
        } else {
            i128::from(self.narrow[slot])
        }
    }

    pub(crate) fn set(&mut self, slot: Slot, value: i128) {
        let slot = slot as usize;
        if self.is_wide[slot] {
            self.wide[slot] = value;
        } else {
            self.narrow[slot] = value as i64;
        }
    }
}

/// `t` is the target slot; a name ending in `K` has a constant operand.
#[derive(Clone, Debug)]
pub(crate) enum Instruction {
    Add {
        t: Slot,
        a: Slot,
        b: Slot,
    },
    AddK {
        t: Slot,
        a: Slot,
        k: i64,
    },
    Sub {
        t: Slot,
        a: Slot,
        b: Slot,
    },
    Mul {
        t: Slot,
        a: Slot,
        b: Slot,
    },
    MulK {
        t: Slot,
        a: Slot,
        k: i64,
    },
    Neg {
        t: Slot,
        a: Slot,
    },
    Eq {
        t: Slot,
        a: Slot,
        b: Slot,
    },
    EqK {
        t: Slot,
        a: Slot,
        k: i64,
    },
    Ne {
        t: Slot,
        a: Slot,
        b: Slot,
    },
    NeK {
        t: Slot,
        a: Slot,
        k: i64,
    },
    Lt {
        t: Slot,
        a: Slot,
        b: Slot,
    },
    Le {
        t: Slot,
        a: Slot,
        b: Slot,
    },
    And {
        t: Slot,
        a: Slot,
        b: Slot,
    },
    Or {
        t: Slot,
        a: Slot,
        b: Slot,
    },
    Xor {
        t: Slot,
        a: Slot,
        b: Slot,
    },
    XorK {
        t: Slot,
        a: Slot,
        k: i64,
    },
    Mux {
        t: Slot,
        c: Slot,
        a: Slot,
        b: Slot,
    },
    Shl {
        t: Slot,
        a: Slot,
        k: u32,
    },
    Shr {
        t: Slot,
        a: Slot,
        k: u32,
    },
    /// Shift right, then keep the bits of `mask`.
    Field {
        t: Slot,
        a: Slot,
        low: u32,
        mask: i64,
    },
    /// Keep the low bits with sign: shift left, then right by `shift`.
    Signed {
        t: Slot,
        a: Slot,
        shift: u32,
    },
    Cat {
        t: Slot,
        parts: Box<[(Slot, u32, i64)]>,
    },
    Wide(u32),
}

impl Instruction {
    pub(crate) fn new(
        op: &Op,
        ty: Ty,
        t: Slot,
        args: &[Slot],
        types: &[Ty],
        literals: &HashMap<Slot, i128>,
        wide: &mut Vec<Wide>,
    ) -> Self {
        let narrow = is_narrow(ty) && types.iter().all(|&x| is_narrow(x));
        let fast = if narrow {
            Self::fast(op, ty, t, args, types, literals)
        } else {
            None
        };
        fast.unwrap_or_else(|| {
            wide.push(Wide {
                op: op.clone(),
                ty,
                target: t,
                args: args.iter().copied().zip(types.iter().copied()).collect(),
            });
            Self::Wide(wide.len() as u32 - 1)
        })
    }

    fn fast(
        op: &Op,
        ty: Ty,
        t: Slot,
        args: &[Slot],
        types: &[Ty],
        literals: &HashMap<Slot, i128>,
    ) -> Option<Self> {
        let a = *args.first()?;
        let constant = |i: usize| args.get(i).and_then(|s| literals.get(s)).map(|&v| v as i64);
        let mask = |w: u32| if w >= 64 { -1 } else { (1i64 << w) - 1 };
        Some(match op {
            Op::Un(Un::Neg, _) => Self::Neg { t, a },
            Op::Un(Un::Not, _) => Self::XorK {
                t,
                a,
                k: if ty.is_signed() { -1 } else { mask(ty.width()) },
            },
            Op::Un(Un::Any, _) => Self::NeK { t, a, k: 0 },
            Op::Un(Un::All, _) => Self::EqK {
                t,
                a,
                k: if types.first()?.is_signed() {
                    -1
                } else {
                    mask(types.first()?.width())
                },
            },
            Op::Bin(bin, ..) => {
                let b = *args.get(1)?;
                match (bin, constant(0), constant(1)) {
                    (Bin::Add, _, Some(k)) => Self::AddK { t, a, k },
                    (Bin::Add, Some(k), _) => Self::AddK { t, a: b, k },
                    (Bin::Add, ..) => Self::Add { t, a, b },
                    (Bin::Sub, ..) => Self::Sub { t, a, b },
                    (Bin::Mul, _, Some(k)) => Self::MulK { t, a, k },
                    (Bin::Mul, Some(k), _) => Self::MulK { t, a: b, k },
                    (Bin::Mul, ..) => Self::Mul { t, a, b },
                    (Bin::Eq, _, Some(k)) => Self::EqK { t, a, k },
                    (Bin::Eq, ..) => Self::Eq { t, a, b },
                    (Bin::Ne, _, Some(k)) => Self::NeK { t, a, k },
                    (Bin::Ne, ..) => Self::Ne { t, a, b },
                    (Bin::Lt, ..) => Self::Lt { t, a, b },
                    (Bin::Le, ..) => Self::Le { t, a, b },
                    (Bin::Gt, ..) => Self::Lt { t, a: b, b: a },
                    (Bin::Ge, ..) => Self::Le { t, a: b, b: a },
                    (Bin::And, ..) => Self::And { t, a, b },
                    (Bin::Or, ..) => Self::Or { t, a, b },
                    (Bin::Xor, ..) => Self::Xor { t, a, b },
                }
            }
            Op::Mux(..) => Self::Mux {
                t,
                c: a,
                a: *args.get(1)?,
                b: *args.get(2)?,
            },
            Op::Shl(_, k) => Self::Shl { t, a, k: *k },
            Op::Shr(_, k) => Self::Shr {
                t,
                a,
                k: (*k).min(63),
            },
            Op::Slice(_, low) => Self::Field {
                t,
                a,
                low: *low,
                mask: mask(ty.width()),
            },
            Op::Resize(_) if ty.is_signed() => Self::Signed {
                t,
                a,
                shift: 64 - ty.width(),
            },
            Op::Resize(_) => Self::Field {
                t,
                a,
                low: 0,
                mask: mask(ty.width()),
            },
            Op::Cat(_) => {
                let mut shift = 0;
                let mut parts: Vec<(Slot, u32, i64)> = vec![];
                for (&slot, part) in args.iter().zip(types).rev() {
                    parts.push((slot, shift, mask(part.width())));
                    shift += part.width();
                }
                Self::Cat {
                    t,
                    parts: parts.into(),
                }
            }
            _ => return None,
        })
    }

    #[inline]
    pub(crate) fn run(&self, values: &mut Values, wide: &[Wide]) {
        let v = &mut values.narrow;
        let (t, result) = match *self {
            Self::Add { t, a, b } => (t, v[a as usize].wrapping_add(v[b as usize])),
            Self::AddK { t, a, k } => (t, v[a as usize].wrapping_add(k)),
            Self::Sub { t, a, b } => (t, v[a as usize].wrapping_sub(v[b as usize])),
            Self::Mul { t, a, b } => (t, v[a as usize].wrapping_mul(v[b as usize])),
            Self::MulK { t, a, k } => (t, v[a as usize].wrapping_mul(k)),
            Self::Neg { t, a } => (t, v[a as usize].wrapping_neg()),
            Self::Eq { t, a, b } => (t, i64::from(v[a as usize] == v[b as usize])),
            Self::EqK { t, a, k } => (t, i64::from(v[a as usize] == k)),
            Self::Ne { t, a, b } => (t, i64::from(v[a as usize] != v[b as usize])),
            Self::NeK { t, a, k } => (t, i64::from(v[a as usize] != k)),
            Self::Lt { t, a, b } => (t, i64::from(v[a as usize] < v[b as usize])),
            Self::Le { t, a, b } => (t, i64::from(v[a as usize] <= v[b as usize])),
            Self::And { t, a, b } => (t, v[a as usize] & v[b as usize]),
            Self::Or { t, a, b } => (t, v[a as usize] | v[b as usize]),
            Self::Xor { t, a, b } => (t, v[a as usize] ^ v[b as usize]),
            Self::XorK { t, a, k } => (t, v[a as usize] ^ k),
            Self::Mux { t, c, a, b } => (
                t,
                if v[c as usize] != 0 {
                    v[a as usize]
                } else {
                    v[b as usize]
                },
            ),
            Self::Shl { t, a, k } => (t, v[a as usize].wrapping_shl(k)),
            Self::Shr { t, a, k } => (t, v[a as usize] >> k),
            Self::Field { t, a, low, mask } => (t, (v[a as usize] >> low) & mask),
            Self::Signed { t, a, shift } => (t, (v[a as usize] << shift) >> shift),
            Self::Cat { t, ref parts } => (
                t,
                parts.iter().fold(0, |word, &(s, shift, mask)| {
                    word | ((v[s as usize] & mask) << shift)
                }),
            ),
            Self::Wide(i) => {
                if let Some(w) = wide.get(i as usize) {
                    w.run(values);
                }
                return;
            }
        };
        v[t as usize] = result;
    }
}

impl Wide {
    fn run(&self, values: &mut Values) {
        let args: Vec<(i128, Ty)> = self
            .args
            .iter()
            .map(|&(s, ty)| (values.get(s), ty))
            .collect();
        if let Some(value) = eval(&self.op, self.ty, &args) {
            values.set(self.target, value);
        }
    }
}

//! What each operator means, on mathematical integers. The reference of the interpreter's fast path and of constant
//! folding.

use super::tape::{Bin, Op, Un};
use super::ty::Ty;

/// The low `width` bits of `value`, as an unsigned number.
pub(crate) const fn bits(value: i128, width: u32) -> i128 {
    Ty::u(width).wrap(value)
}

/// Value of a combinational node of type `ty`; `args` are `(value, type)` of its operands in order.
///
/// `None` for nodes that are no function of operands (inputs, registers, reads, instance outputs).
pub(crate) fn eval(op: &Op, ty: Ty, args: &[(i128, Ty)]) -> Option<i128> {
    let a = args.first().copied();
    let value = |i: usize| args.get(i).map(|x: &(i128, Ty)| x.0);
    Some(match op {
        Op::Lit(v) => *v,
        Op::Input { .. } | Op::Reg(_) | Op::Read { .. } | Op::Out { .. } => return None,
        Op::Wire(_) => value(0)?,
        Op::Un(un, _) => {
            let (x, t) = a?;
            match un {
                Un::Neg => -x,
                Un::Not => ty.wrap(!x),
                Un::Any => i128::from(x != 0),
                Un::All => i128::from(bits(x, t.width()) == Ty::u(t.width()).max()),
            }
        }
        Op::Bin(bin, ..) => {
            let (x, y) = (value(0)?, value(1)?);
            match bin {
                Bin::Add => x + y,
                Bin::Sub => x - y,
                Bin::Mul => x * y,
                Bin::Eq => i128::from(x == y),
                Bin::Ne => i128::from(x != y),
                Bin::Lt => i128::from(x < y),
                Bin::Le => i128::from(x <= y),
                Bin::Gt => i128::from(x > y),
                Bin::Ge => i128::from(x >= y),
                Bin::And => x & y,
                Bin::Or => x | y,
                Bin::Xor => x ^ y,
            }
        }
        Op::Mux(..) => {
            if value(0)? != 0 {
                value(1)?
            } else {
                value(2)?
            }
        }
        Op::Shl(_, k) => value(0)? << k,
        Op::Shr(_, k) => value(0)? >> (*k).min(127),
        Op::Slice(_, low) => bits(value(0)? >> low, ty.width()),
        Op::Cat(_) => args
            .iter()
            .fold(0, |high, (x, t)| (high << t.width()) | bits(*x, t.width())),
        Op::Resize(_) => ty.wrap(value(0)?),
    })
}

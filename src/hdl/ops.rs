//! The operators of the builder. Arithmetic is exact: only `wrap`, `saturate`, `clamp_symmetric`, `round_shr` and
//! `shr_floor` lose anything. Operators that need more than one node are composed here, so all readings agree on them.

use goldspike_golden::format::Rounding;

use super::build::{Builder, Sig};
use super::error::HdlError;
use super::eval::eval;
use super::tape::{Bin, NodeId, Op, Un};
use super::ty::{MAX_WIDTH, Ty};

impl Builder {
    /// `a + b`. Unsigned operands: one bit wider than the wider; otherwise signed and wide enough.
    pub fn add(&mut self, a: Sig, b: Sig) -> Sig {
        let joint = a.ty.join(b.ty);
        self.bin(Bin::Add, a, b, grow(joint, 1), "add")
    }

    /// `a - b`, signed.
    pub fn sub(&mut self, a: Sig, b: Sig) -> Sig {
        let joint = a.ty.join(b.ty);
        self.bin(Bin::Sub, a, b, Ty::s(grow(joint, 1).width()), "sub")
    }

    /// `a * b`. The widths add; signed if one operand is.
    pub fn mul(&mut self, a: Sig, b: Sig) -> Sig {
        let width = a.width().saturating_add(b.width());
        let ty = if a.is_signed() || b.is_signed() {
            Ty::s(width)
        } else {
            Ty::u(width)
        };
        self.bin(Bin::Mul, a, b, ty, "mul")
    }

    /// `-a`, signed.
    pub fn neg(&mut self, a: Sig) -> Sig {
        self.un(Un::Neg, a, Ty::s(grow(a.ty, 1).width()), "neg")
    }

    /// `a * 2^k`; grows by `k`.
    pub fn shl(&mut self, a: Sig, k: u32) -> Sig {
        if k == 0 {
            return a;
        }
        let id = self.arg(a, "shl");
        self.fold(Op::Shl(id, k), grow(a.ty, k), "shl")
    }

    /// `floor(a / 2^k)`; narrows by `k`, to one bit at least.
    pub fn shr_floor(&mut self, a: Sig, k: u32) -> Sig {
        if k == 0 {
            return a;
        }
        let id = self.arg(a, "shr_floor");
        if !a.is_signed() && k >= a.width() {
            return self.lit(0, Ty::BIT);
        }
        self.fold(Op::Shr(id, k), shrunk(a.ty, k), "shr_floor")
    }

    /// `a == b`, as values.
    pub fn eq(&mut self, a: Sig, b: Sig) -> Sig {
        self.bin(Bin::Eq, a, b, Ty::BIT, "eq")
    }

    /// `a != b`, as values.
    pub fn ne(&mut self, a: Sig, b: Sig) -> Sig {
        self.bin(Bin::Ne, a, b, Ty::BIT, "ne")
    }

    /// `a < b`, as values.
    pub fn lt(&mut self, a: Sig, b: Sig) -> Sig {
        self.bin(Bin::Lt, a, b, Ty::BIT, "lt")
    }

    /// `a <= b`, as values.
    pub fn le(&mut self, a: Sig, b: Sig) -> Sig {
        self.bin(Bin::Le, a, b, Ty::BIT, "le")
    }

    /// `a > b`, as values.
    pub fn gt(&mut self, a: Sig, b: Sig) -> Sig {
        self.bin(Bin::Gt, a, b, Ty::BIT, "gt")
    }

    /// `a >= b`, as values.
    pub fn ge(&mut self, a: Sig, b: Sig) -> Sig {
        self.bin(Bin::Ge, a, b, Ty::BIT, "ge")
    }

    /// Bitwise and of equal types.
    pub fn and(&mut self, a: Sig, b: Sig) -> Sig {
        self.same_type("and", b.ty, a.ty);
        self.bin(Bin::And, a, b, a.ty, "and")
    }

    /// Bitwise or of equal types.
    pub fn or(&mut self, a: Sig, b: Sig) -> Sig {
        self.same_type("or", b.ty, a.ty);
        self.bin(Bin::Or, a, b, a.ty, "or")
    }

    /// Bitwise exclusive or of equal types.
    pub fn xor(&mut self, a: Sig, b: Sig) -> Sig {
        self.same_type("xor", b.ty, a.ty);
        self.bin(Bin::Xor, a, b, a.ty, "xor")
    }

    /// Bitwise complement.
    pub fn not(&mut self, a: Sig) -> Sig {
        self.un(Un::Not, a, a.ty, "not")
    }

    /// 1 if any bit of `a` is 1.
    pub fn any(&mut self, a: Sig) -> Sig {
        self.un(Un::Any, a, Ty::BIT, "any")
    }

    /// 1 if all bits of `a` are 1.
    pub fn all(&mut self, a: Sig) -> Sig {
        self.un(Un::All, a, Ty::BIT, "all")
    }

    /// `cond ? then : otherwise`, for one bit and two equal types.
    pub fn mux(&mut self, cond: Sig, then: Sig, otherwise: Sig) -> Sig {
        self.same_type("mux", otherwise.ty, then.ty);
        let c = self.bit_arg(cond, "mux: condition");
        let (t, e) = (self.arg(then, "mux"), self.arg(otherwise, "mux"));
        if let Some(value) = self.literal(c) {
            return if value != 0 { then } else { otherwise };
        }
        if t == e {
            return then;
        }
        self.fold(Op::Mux(c, t, e), then.ty, "mux")
    }

    /// `width` bits of `a` from bit `low`, unsigned.
    pub fn slice(&mut self, a: Sig, low: u32, width: u32) -> Sig {
        let id = self.arg(a, "slice");
        if low.saturating_add(width) > a.width() {
            let (module, what) = (
                self.name.clone(),
                format!("slice of {width} bits from bit {low}"),
            );
            self.fail(HdlError::Type {
                module,
                what,
                left: Ty::u(low.saturating_add(width)),
                right: a.ty,
            });
            return self.push(Op::Lit(0), Ty::u(width.clamp(1, MAX_WIDTH)), "slice");
        }
        if low == 0 && width == a.width() {
            return self.as_unsigned(a);
        }
        let op = match self
            .nodes
            .get(id as usize)
            .map(|n| (&n.op, n.name.is_some()))
        {
            Some((Op::Slice(inner, base), false)) => Op::Slice(*inner, base + low),
            _ => Op::Slice(id, low),
        };
        self.fold(op, Ty::u(width), "slice")
    }

    /// Bit `i` of `a`.
    pub fn bit(&mut self, a: Sig, i: u32) -> Sig {
        self.slice(a, i, 1)
    }

    /// The parts side by side, `parts[0]` in the most significant place; unsigned.
    pub fn cat(&mut self, parts: &[Sig]) -> Sig {
        let ids: Vec<NodeId> = parts.iter().map(|&p| self.arg(p, "cat")).collect();
        let width = parts.iter().fold(0u32, |w, p| w.saturating_add(p.width()));
        if let [one] = parts {
            return self.as_unsigned(*one);
        }
        self.fold(Op::Cat(ids), Ty::u(width), "cat")
    }

    /// The same bits, read as two's complement.
    pub fn as_signed(&mut self, a: Sig) -> Sig {
        self.wrap(a, Ty::s(a.width()))
    }

    /// The same bits, read as an unsigned number.
    pub fn as_unsigned(&mut self, a: Sig) -> Sig {
        self.wrap(a, Ty::u(a.width()))
    }

    /// The same value in a type that holds every value of `a`; an error if `ty` does not.
    pub fn extend(&mut self, a: Sig, ty: Ty) -> Sig {
        if ty.is_valid() && !ty.holds_type(a.ty) {
            self.fail(HdlError::Type {
                module: self.name.clone(),
                what: "extend".into(),
                left: a.ty,
                right: ty,
            });
        }
        self.wrap(a, ty)
    }

    /// `a` modulo 2^width of `ty`.
    pub fn wrap(&mut self, a: Sig, ty: Ty) -> Sig {
        let id = self.arg(a, "wrap");
        if ty == a.ty {
            return a;
        }
        self.fold(Op::Resize(id), ty, "wrap")
    }

    /// `a` clamped to the range of `ty`. Where the range can be left, the top bits decide: no wide comparison.
    pub fn saturate(&mut self, a: Sig, ty: Ty) -> Sig {
        if !ty.is_valid() || !a.ty.is_valid() || ty.holds_type(a.ty) {
            return self.extend(a, ty);
        }
        let start = self.nodes.len();
        let (wa, wt) = (a.width(), ty.width());
        let max = self.lit(ty.max(), ty);
        let out = match (a.is_signed(), ty.is_signed()) {
            (true, true) => {
                let top = self.slice(a, wt - 1, wa - wt + 1);
                let (ones, some) = (self.all(top), self.any(top));
                let zeros = self.not(some);
                let fits = self.or(ones, zeros);
                self.help(fits, "fits");
                let (sign, min) = (self.bit(a, wa - 1), self.lit(ty.min(), ty));
                let end = self.mux(sign, min, max);
                self.help(end, "end");
                let low = self.wrap(a, ty);
                self.mux(fits, low, end)
            }
            (true, false) => {
                let sign = self.bit(a, wa - 1);
                let zero = self.lit(0, ty);
                let clipped = if wt < wa - 1 {
                    let top = self.slice(a, wt, wa - 1 - wt);
                    let (over, low) = (self.any(top), self.wrap(a, ty));
                    self.help(over, "over");
                    self.mux(over, max, low)
                } else {
                    self.wrap(a, ty)
                };
                self.help(clipped, "clipped");
                self.mux(sign, zero, clipped)
            }
            (false, _) => {
                let kept = if ty.is_signed() { wt - 1 } else { wt };
                let top = self.slice(a, kept, wa - kept);
                let (over, low) = (self.any(top), self.wrap(a, ty));
                self.help(over, "over");
                self.mux(over, max, low)
            }
        };
        self.adopt(start, out);
        out
    }

    /// `a` clamped to `[-max, max]` of the signed type `ty`.
    pub fn clamp_symmetric(&mut self, a: Sig, ty: Ty) -> Sig {
        if !ty.is_signed() {
            let (module, what) = (self.name.clone(), "clamp_symmetric".into());
            self.fail(HdlError::Type {
                module,
                what,
                left: ty,
                right: Ty::s(ty.width()),
            });
        }
        let reaches_min = a.ty.min() <= ty.min();
        let start = self.nodes.len();
        let limited = self.saturate(a, ty);
        if !reaches_min || !ty.is_valid() {
            return limited;
        }
        let (min, low) = (self.lit(ty.min(), ty), self.lit(-ty.max(), ty));
        let is_min = self.eq(limited, min);
        self.help(limited, "limited");
        self.help(is_min, "is_min");
        let out = self.mux(is_min, low, limited);
        self.adopt(start, out);
        out
    }

    /// `a / 2^k` rounded to an integer by `mode`; the type holds every result.
    pub fn round_shr(&mut self, a: Sig, k: u32, mode: Rounding) -> Sig {
        if k == 0 || mode == Rounding::Floor {
            return self.shr_floor(a, k);
        }
        if k > MAX_WIDTH {
            self.fail(HdlError::Width {
                module: self.name.clone(),
                what: "round_shr".into(),
                width: u64::from(k),
            });
            return a;
        }
        let start = self.nodes.len();
        let biased = match mode {
            Rounding::Floor => a,
            Rounding::HalfUp => {
                let half = self.lit(1 << (k - 1), Ty::u(k));
                self.add(a, half)
            }
            Rounding::ToZero if !a.is_signed() => a,
            Rounding::ToZero => {
                let sign = self.bit(a, a.width() - 1);
                let (bias, zero) = (self.lit((1 << k) - 1, Ty::u(k)), self.lit(0, Ty::u(k)));
                let bias = self.mux(sign, bias, zero);
                self.help(bias, "bias");
                self.add(a, bias)
            }
            Rounding::HalfEven => {
                let odd = if k < a.width() {
                    self.bit(a, k)
                } else if a.is_signed() {
                    self.bit(a, a.width() - 1)
                } else {
                    self.lit(0, Ty::BIT)
                };
                let below_half = self.lit((1 << (k - 1)) - 1, Ty::u(k));
                let bias = self.add(below_half, odd);
                self.help(bias, "bias");
                let bias = self.wrap(bias, Ty::u(k));
                self.add(a, bias)
            }
        };
        if biased.id != a.id {
            self.help(biased, "biased");
        }
        let out = self.shr_floor(biased, k);
        self.adopt(start, out);
        out
    }

    fn un(&mut self, op: Un, a: Sig, ty: Ty, what: &str) -> Sig {
        let id = self.arg(a, what);
        if matches!(op, Un::Any | Un::All) && a.width() == 1 {
            return self.as_unsigned(a);
        }
        self.fold(Op::Un(op, id), ty, what)
    }

    fn bin(&mut self, op: Bin, a: Sig, b: Sig, ty: Ty, what: &str) -> Sig {
        let (x, y) = (self.arg(a, what), self.arg(b, what));
        if op.is_comparison()
            && let Some(value) = decided(op, self.range(x, a.ty), self.range(y, b.ty))
        {
            return self.push(Op::Lit(i128::from(value)), ty, what);
        }
        if x == y && matches!(op, Bin::And | Bin::Or) {
            return a;
        }
        match self.known(op, x, y, ty) {
            Some(value) if ty.is_valid() => self.push(Op::Lit(value), ty, what),
            _ => self.fold(Op::Bin(op, x, y), ty, what),
        }
    }

    /// The result that one operand, or their being the same, decides.
    fn known(&self, op: Bin, x: NodeId, y: NodeId, ty: Ty) -> Option<i128> {
        let either = |value: i128| self.literal(x) == Some(value) || self.literal(y) == Some(value);
        match op {
            Bin::Eq | Bin::Le | Bin::Ge if x == y => Some(1),
            Bin::Ne | Bin::Lt | Bin::Gt | Bin::Sub | Bin::Xor if x == y => Some(0),
            Bin::And | Bin::Mul if either(0) => Some(0),
            Bin::Or if either(ty.wrap(-1)) => Some(ty.wrap(-1)),
            _ => None,
        }
    }

    /// The values a signal can have, as far as its type or its being a constant tells.
    fn range(&self, id: NodeId, ty: Ty) -> (i128, i128) {
        self.literal(id).map_or((ty.min(), ty.max()), |v| (v, v))
    }

    fn literal(&self, id: NodeId) -> Option<i128> {
        match self.nodes.get(id as usize)?.op {
            Op::Lit(v) => Some(v),
            _ => None,
        }
    }

    /// Pushes the node, or its value if all operands are constants.
    fn fold(&mut self, op: Op, ty: Ty, what: &str) -> Sig {
        let operands = op.operands();
        let values: Option<Vec<(i128, Ty)>> = operands
            .iter()
            .map(|&id| Some((self.literal(id)?, self.nodes.get(id as usize)?.ty)))
            .collect();
        let value = match values {
            Some(args) if self.error.is_none() && ty.is_valid() && !operands.is_empty() => {
                eval(&op, ty, &args)
            }
            _ => None,
        };
        self.push(value.map_or(op, Op::Lit), ty, what)
    }

    /// Marks a node as a helper; [`Self::adopt`] says of which node.
    fn help(&mut self, s: Sig, suffix: &'static str) {
        if let Some(node) = self.nodes.get_mut(s.id as usize)
            && node.name.is_none()
            && node.helps.is_none()
        {
            node.helps = Some((NodeId::MAX, suffix));
        }
    }

    /// The helpers made since `start` serve `of`.
    fn adopt(&mut self, start: usize, of: Sig) {
        for (i, node) in self.nodes.iter_mut().enumerate().skip(start) {
            if let Some((served, _)) = &mut node.helps
                && *served == NodeId::MAX
                && i as NodeId != of.id
            {
                *served = of.id;
            }
        }
    }
}

/// One type, `k` bits wider.
fn grow(ty: Ty, k: u32) -> Ty {
    let width = ty.width().saturating_add(k);
    if ty.is_signed() {
        Ty::s(width)
    } else {
        Ty::u(width)
    }
}

fn shrunk(ty: Ty, k: u32) -> Ty {
    let width = ty.width().saturating_sub(k).max(1);
    if ty.is_signed() {
        Ty::s(width)
    } else {
        Ty::u(width)
    }
}

/// The result of a comparison that the ranges `(min, max)` decide alone.
fn decided(op: Bin, a: (i128, i128), b: (i128, i128)) -> Option<bool> {
    let ((a_min, a_max), (b_min, b_max)) = (a, b);
    let pick = |yes: bool, no: bool| if yes { Some(true) } else { no.then_some(false) };
    let apart = a_max < b_min || a_min > b_max;
    match op {
        Bin::Eq => pick(false, apart),
        Bin::Ne => pick(apart, false),
        Bin::Lt => pick(a_max < b_min, a_min >= b_max),
        Bin::Le => pick(a_max <= b_min, a_min > b_max),
        Bin::Gt => pick(a_min > b_max, a_max <= b_min),
        Bin::Ge => pick(a_min >= b_max, a_max < b_min),
        _ => None,
    }
}

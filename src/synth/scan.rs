//! A frame of registers around a module that has more ports than a package has pins.
//!
//! ```text
//! scan_i ─► in_0 ─► in_1 ─► … ─► in_N-1 ─► ⊕ ─► out_0 ─► ⊕ ─► out_1 … ─► scan_o
//!             │       │             │      ▲             ▲
//!             └───────┴── module ───┴──────┴─────────────┘
//! ```
//!
//! Every input bit comes from a register and every output bit ends, one XOR further, in one: nothing of the module can be
//! removed, every path is one between registers, and the frame's size follows from the number of bits alone, so it can be
//! subtracted: N + M flip-flops and M look-up tables for N input and M output bits.

use std::sync::Arc;

use crate::hdl::{Builder, HdlError, Module, Sig, Ty};

/// A module in its frame.
#[derive(Clone, Debug)]
pub struct Scan {
    /// The frame, with the ports `scan_i` and `scan_o`.
    pub module: Arc<Module>,
    /// Input bits of the module.
    pub inputs: usize,
    /// Output bits of the module.
    pub outputs: usize,
}

/// Puts a module with clock and single (not packed) ports into a frame.
///
/// # Errors
/// Only an internal bug of the description.
pub fn scan(inner: &Arc<Module>) -> Result<Scan, HdlError> {
    let doc = format!(
        "Scan frame around `{}`, for measurements only.",
        inner.name()
    );
    let mut b = Builder::new(format!("{}_frame", inner.name()), doc);
    let mut last = b.input("scan_i", Ty::BIT);
    let mut inputs = 0;
    let mut values: Vec<(String, Sig)> = Vec::new();
    for port in inner.ports().filter(|port| port.is_input) {
        let mut bits = Vec::new();
        for _ in 0..port.bits() {
            last = shift(&mut b, &format!("in_{inputs}_q"), last);
            bits.push(last);
            inputs += 1;
        }
        let value = b.cat(&bits);
        let value = b.wrap(value, port.ty);
        values.push((port.name.to_owned(), value));
    }
    let connections: Vec<(&str, &[Sig])> = values
        .iter()
        .map(|(name, value)| (name.as_str(), std::slice::from_ref(value)))
        .collect();
    let instance = b.instance("u_inner", inner, &connections);
    let mut outputs = 0;
    for port in inner.ports().filter(|port| !port.is_input) {
        let value = instance.out(port.name);
        for bit in 0..port.ty.width() {
            let bit = b.bit(value, bit);
            let mixed = b.xor(bit, last);
            last = shift(&mut b, &format!("out_{outputs}_q"), mixed);
            outputs += 1;
        }
    }
    b.output("scan_o", last);
    Ok(Scan {
        module: b.finish()?,
        inputs,
        outputs,
    })
}

/// `value`, one cycle later.
fn shift(b: &mut Builder, name: &str, value: Sig) -> Sig {
    let register = b.reg(name, Ty::BIT, None);
    b.next(register, value);
    register.q
}

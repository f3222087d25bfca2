//! The checksum: CRC-32/ISO-HDLC, that of zlib, Ethernet and PNG (reflected polynomial `EDB88320`, start and final
//! exclusive or all ones), one bit a cycle. A character on the line takes at least 80 cycles, a byte takes 8 here.

use std::sync::Arc;

use super::wires::is;
use crate::hdl::{Builder, HdlError, Module, Ty};
use crate::rtl::crc::{RESIDUE, with_bit};

/// Ports: `clear_i` starts a message, `valid_i` with `data_i` adds a byte; 9 cycles later `crc_o` is the register, whose
/// complement is the checksum, and `good_o` says that the message ended with its checksum.
pub(crate) fn crc(name: &str) -> Result<Arc<Module>, HdlError> {
    let mut b = Builder::new(
        name,
        "CRC-32/ISO-HDLC of a sequence of bytes, one bit a cycle.\nThe checksum is the complement of crc_o.",
    );
    let clear = b.input("clear_i", Ty::BIT);
    let valid = b.input("valid_i", Ty::BIT);
    let data = b.input("data_i", Ty::u(8));
    let ones = i128::from(u32::MAX);
    let crc = b.reg("crc_q", Ty::u(32), Some(ones));
    let bits = b.reg("bits_q", Ty::u(8), None);
    let left = b.reg("left_q", Ty::u(4), Some(0));

    let idle = is(&mut b, left.q, 0);
    let busy = b.not(idle);
    let next_bit = b.bit(bits.q, 0);
    let stepped = with_bit(&mut b, crc.q, next_bit);
    let kept = b.mux(busy, stepped, crc.q);
    let start = b.lit(ones, crc.q.ty());
    let crc_next = b.mux(clear, start, kept);
    b.next(crc, crc_next);

    let rest = b.shr_floor(bits.q, 1);
    let rest = b.extend(rest, bits.q.ty());
    let bits_next = b.mux(valid, data, rest);
    b.next(bits, bits_next);
    let one = b.lit(1, left.q.ty());
    let fewer = b.sub(left.q, one);
    let fewer = b.wrap(fewer, left.q.ty());
    let left_next = b.mux(busy, fewer, left.q);
    let eight = b.lit(8, left.q.ty());
    let left_next = b.mux(valid, eight, left_next);
    b.next(left, left_next);

    let good = is(&mut b, crc.q, i128::from(RESIDUE));
    b.output("crc_o", crc.q);
    b.output("good_o", good);
    b.finish()
}

//! UART characters, 8N1: start bit, 8 bits from the least significant, stop bit.
//!
//! ```text
//! line ‾‾\_start_/ b0 X b1 X … X b7 /‾stop‾‾
//! ```
//!
//! The receiver brings the line through two flip-flops, finds the middle of each bit from the falling edge of the start
//! bit, and takes the majority of three samples there: at the middle and an eighth of a bit to both sides. A start bit
//! that is over at its middle was a glitch. A stop bit that is low is a framing error; the next start bit is looked for
//! when the line was high again. Sender and receiver may differ in their rates by 2 % at 8 clocks a bit, by 3 % from 12 on.

use std::sync::Arc;

use super::wires::{every, is, some, without};
use crate::hdl::{Builder, HdlError, Module, Sig, Ty};
use crate::rtl::plan::index_bits;
use crate::rtl::regs::{counted, ring, stepped};

/// The fewest clocks of a bit.
pub const LEAST_CLOCKS_PER_BIT: u32 = 8;

/// Receiver. Ports: `rx_i`, asynchronous; `valid_o` with `data_o` for one cycle, or `framing_error_o` for one cycle.
pub(crate) fn receiver(name: &str, clocks: u32) -> Result<Arc<Module>, HdlError> {
    let doc = format!("UART receiver, 8N1, {clocks} clocks a bit, majority of three samples.");
    let mut b = Builder::new(name, doc);
    let rx = b.input("rx_i", Ty::BIT);
    let sync0 = b.reg("sync0_q", Ty::BIT, Some(1));
    b.next(sync0, rx);
    let sync1 = b.reg("sync1_q", Ty::BIT, Some(1));
    b.next(sync1, sync0.q);
    let line = sync1.q;

    b.comment("place in the character: clock of the bit, bit (0 start, 1 to 8 data, 9 stop)");
    let busy_next = b.wire("busy_d", Ty::BIT);
    let busy = b.reg("busy_q", Ty::BIT, Some(0));
    b.next(busy, busy_next);
    let idle = b.not(busy.q);
    let clock = b.reg("clock_q", Ty::u(index_bits(clocks as usize)), Some(0));
    let last_clock = is(&mut b, clock.q, i128::from(clocks) - 1);
    let restart = b.or(idle, last_clock);
    let clock_next = counted(&mut b, clock.q, 1, restart);
    b.next(clock, clock_next);
    let bit = b.reg("bit_q", Ty::u(4), Some(0));
    let next_bit = stepped(&mut b, bit.q, 1);
    let kept_bit = b.mux(last_clock, next_bit, bit.q);
    let zero = b.lit(0, bit.q.ty());
    let bit_next = b.mux(idle, zero, kept_bit);
    b.next(bit, bit_next);

    b.comment("majority of the samples around the middle");
    // The edge is seen one clock after it, and up to one clock after that.
    let (middle, apart) = ((clocks / 2).max(2) - 1, (clocks / 8).max(1));
    let samples: Vec<Sig> = [middle - apart, middle, middle + apart]
        .into_iter()
        .map(|place| is(&mut b, clock.q, i128::from(place)))
        .collect();
    let decide = b.and(busy.q, samples[2]);
    let decide = b.name("decide", decide);
    let early = sampled(&mut b, "early_q", samples[0], line);
    let center = sampled(&mut b, "center_q", samples[1], line);
    let pairs = [(early, center), (early, line), (center, line)];
    let pairs = pairs.map(|(x, y)| b.and(x, y));
    let level = some(&mut b, &pairs);
    let level = b.name("level", level);

    b.comment("what the bit means");
    let low = b.not(level);
    let is_start = is(&mut b, bit.q, 0);
    let is_stop = is(&mut b, bit.q, 9);
    let glitch = every(&mut b, &[decide, is_start, level]);
    let stop = b.and(decide, is_stop);
    let good = b.and(stop, level);
    let bad = b.and(stop, low);
    let shift = b.reg("data_q", Ty::u(8), None);
    let upper = b.slice(shift.q, 1, 7);
    let shifted = b.cat(&[level, upper]);
    let is_edge = b.or(is_start, is_stop);
    let takes = without(&mut b, decide, is_edge);
    b.next_en(shift, takes, shifted);

    b.comment("armed: the line was high since the last framing error");
    let was_high = b.reg("armed_q", Ty::BIT, Some(0));
    let armed = b.or(was_high.q, line);
    let armed = without(&mut b, armed, bad);
    b.next(was_high, armed);
    let falling = without(&mut b, was_high.q, line);
    let starts = b.and(idle, falling);
    let ends = b.or(glitch, stop);
    let stays = without(&mut b, busy.q, ends);
    let value = b.or(starts, stays);
    b.assign(busy_next, value);

    let valid = b.reg("valid_q", Ty::BIT, Some(0));
    b.next(valid, good);
    let framing = b.reg("framing_error_q", Ty::BIT, Some(0));
    b.next(framing, bad);
    b.output("valid_o", valid.q);
    b.output("data_o", shift.q);
    b.output("framing_error_o", framing.q);
    b.finish()
}

/// The line as it was at `when`.
fn sampled(b: &mut Builder, name: &str, when: Sig, line: Sig) -> Sig {
    let sample = b.reg(name, Ty::BIT, None);
    b.next_en(sample, when, line);
    sample.q
}

/// Idle bits that the transmitter sends after reset, so that a character which the reset cut off is over at the other
/// side.
const QUIET_BITS: i128 = 13;

/// Transmitter. Ports: `valid_i`, `data_i`, `ready_o`; `tx_o`. A character goes out in the cycle with `valid_i` and
/// `ready_o`.
pub(crate) fn transmitter(name: &str, clocks: u32) -> Result<Arc<Module>, HdlError> {
    let doc = format!(
        "UART transmitter, 8N1, {clocks} clocks a bit; the line idles for {QUIET_BITS} bits after reset."
    );
    let mut b = Builder::new(name, doc);
    let valid = b.input("valid_i", Ty::BIT);
    let data = b.input("data_i", Ty::u(8));
    let left = b.reg("bits_left_q", Ty::u(4), Some(QUIET_BITS));
    let ready = is(&mut b, left.q, 0);
    let busy = b.not(ready);
    let start = b.and(valid, ready);
    let start = b.name("start", start);
    let clock = Ty::u(index_bits(clocks as usize));
    let (_, last_clock) = ring(&mut b, "clock_q", clock, (1, clocks as usize - 1), busy);
    let next_bit = b.and(busy, last_clock);
    let bits = b.reg("bits_q", Ty::u(9), Some(0x1FF));
    let (one, zero) = (b.lit(1, Ty::BIT), b.lit(0, Ty::BIT));
    let upper = b.slice(bits.q, 1, 8);
    let shifted = b.cat(&[one, upper]);
    let kept = b.mux(next_bit, shifted, bits.q);
    let loaded = b.cat(&[data, zero]);
    let bits_next = b.mux(start, loaded, kept);
    b.next(bits, bits_next);
    let unit = b.lit(1, left.q.ty());
    let fewer = b.sub(left.q, unit);
    let fewer = b.wrap(fewer, left.q.ty());
    let kept = b.mux(next_bit, fewer, left.q);
    let ten = b.lit(10, left.q.ty());
    let left_next = b.mux(start, ten, kept);
    b.next(left, left_next);
    let level = b.bit(bits.q, 0);
    b.output("ready_o", ready);
    b.output("tx_o", level);
    b.finish()
}

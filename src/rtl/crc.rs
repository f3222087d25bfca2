//! CRC-32/ISO-HDLC, some bits a cycle.

use crate::hdl::{Builder, Sig, Ty};

/// Bits of the register.
const CRC_BITS: u32 = 32;

/// CRC-32/ISO-HDLC, reflected.
const POLYNOMIAL: u32 = 0xEDB8_8320;

/// The register after a packet that ends with its own CRC-32.
pub(crate) const RESIDUE: u32 = 0xDEBB_20E3;

/// The CRC-32 register; it takes `bits`, the lowest first, in each cycle with `takes`, and begins anew in one with `begins`, which takes none.
pub(crate) fn crc(b: &mut Builder, bits: Sig, takes: Sig, begins: Sig) -> Sig {
    let ty = Ty::u(CRC_BITS);
    let crc = b.reg("crc_q", ty, Some(ty.max()));
    let ones = b.lit(ty.max(), ty);
    let mut state = crc.q;
    for bit in 0..bits.width() {
        let incoming = b.bit(bits, bit);
        state = with_bit(b, state, incoming);
    }
    let next = b.mux(begins, ones, state);
    let moves = b.or(begins, takes);
    b.next_en(crc, moves, next);
    crc.q
}

/// The register after one bit more.
pub(crate) fn with_bit(b: &mut Builder, state: Sig, incoming: Sig) -> Sig {
    let ty = state.ty();
    let (polynomial, zero) = (b.lit(POLYNOMIAL.into(), ty), b.lit(0, ty));
    let lowest = b.bit(state, 0);
    let feeds = b.xor(lowest, incoming);
    let shifted = b.shr_floor(state, 1);
    let shifted = b.extend(shifted, ty);
    let taps = b.mux(feeds, polynomial, zero);
    b.xor(shifted, taps)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failure is a failed test")]
mod tests {
    use super::*;
    use crate::hdl::Sim;

    #[test]
    fn the_register_is_the_crc_of_the_bytes_and_the_residue_after_their_crc() {
        let mut b = Builder::new("gs_crc", "CRC.");
        let half = b.input("half_i", Ty::u(4));
        let takes = b.input("takes_i", Ty::BIT);
        let begins = b.input("begins_i", Ty::BIT);
        let value = crc(&mut b, half, takes, begins);
        b.output("crc_o", value);
        let mut sim = Sim::new(&b.finish().unwrap()).unwrap();
        let [half, takes, begins] =
            ["half_i", "takes_i", "begins_i"].map(|name| sim.input(name).unwrap());
        let register = sim.output("crc_o").unwrap();
        for text in [&b"123456789"[..], b"", b"\0", b"goldspike"] {
            let mut start = 1;
            let mut feed = |sim: &mut Sim, value: Option<u8>| {
                sim.set(begins, std::mem::take(&mut start));
                sim.set(takes, value.is_some().into());
                for shift in [0, 4] {
                    sim.set(half, (value.unwrap_or(0xA5) >> shift & 15).into());
                    sim.clock();
                }
                sim.get(register)
            };
            let mut crc = feed(&mut sim, None);
            for &value in text {
                crc = feed(&mut sim, Some(value));
                assert_eq!(feed(&mut sim, None), crc);
            }
            let expected = crc32fast::hash(text);
            assert_eq!(crc, i128::from(!expected));
            for value in expected.to_le_bytes() {
                crc = feed(&mut sim, Some(value));
            }
            assert_eq!(crc, i128::from(RESIDUE));
        }
        assert_eq!(crc32fast::hash(b"123456789"), 0xCBF4_3926);
    }
}

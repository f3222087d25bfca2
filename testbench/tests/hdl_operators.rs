//! Every operator means the same in the interpreter and in the printed Verilog: random types, random values, the ends
//! of the ranges, and random compositions (which exercise what the printer inlines).

#![allow(clippy::unwrap_used, clippy::panic, reason = "test code")]

mod hdl_support;

use goldspike::engine::tool::IVERILOG;
use goldspike::hdl::{Builder, Reg, Sig, Ty};
use goldspike_golden::format::Rounding;
use goldspike_testbench::tools;
use hdl_support::{Random, assert_equal_from, assert_lints_clean, random_stimulus};

/// The widest result that still lets every operator be applied once more.
const WIDEST: u32 = 50;

fn rounding(random: &mut Random) -> Rounding {
    Rounding::ALL[random.below(Rounding::ALL.len())]
}

/// Operator number `which` on operands of any type.
fn apply(b: &mut Builder, random: &mut Random, which: usize, x: Sig, y: Sig) -> Sig {
    let k = random.below(9) as u32;
    match which {
        0 => b.add(x, y),
        1 => b.sub(x, y),
        2 => b.mul(x, y),
        3 => b.neg(x),
        4 => b.shl(x, k),
        5 => b.shr_floor(x, k),
        6 => b.eq(x, y),
        7 => b.ne(x, y),
        8 => b.lt(x, y),
        9 => b.le(x, y),
        10 => b.gt(x, y),
        11 => b.ge(x, y),
        12..=14 => {
            let y = b.wrap(y, x.ty());
            match which {
                12 => b.and(x, y),
                13 => b.or(x, y),
                _ => b.xor(x, y),
            }
        }
        15 => b.not(x),
        16 => b.any(x),
        17 => b.all(x),
        18 => {
            let cond = b.bit(y, random.below(y.width() as usize) as u32);
            let other = b.wrap(y, x.ty());
            b.mux(cond, x, other)
        }
        19 => {
            let low = random.below(x.width() as usize) as u32;
            let width = 1 + random.below((x.width() - low) as usize) as u32;
            b.slice(x, low, width)
        }
        20 => b.bit(x, random.below(x.width() as usize) as u32),
        21 => b.cat(&[x, y]),
        22 => b.as_signed(x),
        23 => b.as_unsigned(x),
        24 => {
            let wider = Ty::s(x.width() + 1 + k);
            b.extend(x, wider)
        }
        25 => b.wrap(x, random.ty(24)),
        26 => b.saturate(x, random.ty(24)),
        27 => {
            let width = 1 + random.below(24) as u32;
            b.clamp_symmetric(x, Ty::s(width))
        }
        28 => {
            let ty = random.ty(16);
            let value = random.value(ty);
            let constant = b.lit(value, ty);
            let operator = random.below(12);
            if random.below(2) == 0 {
                apply(b, random, operator, x, constant)
            } else {
                apply(b, random, operator, constant, x)
            }
        }
        _ => {
            let mode = rounding(random);
            b.round_shr(x, k, mode)
        }
    }
}

const OPERATORS: usize = 32;

#[test]
fn operators_equal_icarus_for_random_types() {
    if tools::missing(IVERILOG) {
        return;
    }
    for seed in 0..12 {
        let mut random = Random::new(seed);
        let widest = if seed % 4 == 3 { 58 } else { 14 };
        let mut b = Builder::new("operators", "Each operator on inputs of its own.");
        for i in 0..OPERATORS * 4 {
            let (tx, ty) = (random.ty(widest), random.ty(widest));
            let (x, y) = (
                b.input(&format!("x{i}_i"), tx),
                b.input(&format!("y{i}_i"), ty),
            );
            let out = apply(&mut b, &mut random, i % OPERATORS, x, y);
            b.output(&format!("out{i}_o"), out);
        }
        let module = b.finish().unwrap();
        assert_equal_from(&module, &random_stimulus(&module, 300, seed), 0);
    }
}

#[test]
fn compositions_equal_icarus() {
    if tools::missing(IVERILOG) {
        return;
    }
    for seed in 100..125 {
        let mut random = Random::new(seed);
        let module = composition(&mut random).finish().unwrap();
        assert_equal_from(&module, &random_stimulus(&module, 200, seed), 0);
    }
}

#[test]
fn compositions_lint_clean() {
    for seed in 200..212 {
        let module = composition(&mut Random::new(seed)).finish().unwrap();
        assert_lints_clean(&module);
    }
}

/// Operators on results of operators and of registers, which feed back.
fn composition(random: &mut Random) -> Builder {
    let mut b = Builder::new("composition", "Operators on results of operators.");
    let mut pool: Vec<Sig> = (0..6)
        .map(|i| b.input(&format!("x{i}_i"), random.ty(16)))
        .collect();
    pool.extend(b.input_vec("packed_i", random.ty(9), 5));
    let registers: Vec<Reg> = (0..8)
        .map(|i| {
            let ty = random.ty(18);
            let reset = random.value(ty);
            let reset = (random.below(3) > 0).then_some(reset);
            b.reg(&format!("r{i}_q"), ty, reset)
        })
        .collect();
    pool.extend(registers.iter().map(|r| r.q));
    for i in 0..60 {
        compose(&mut b, random, &mut pool, i);
    }
    for r in registers {
        let d = pool[random.below(pool.len())];
        let d = if random.below(2) == 0 {
            b.wrap(d, r.q.ty())
        } else {
            b.saturate(d, r.q.ty())
        };
        if random.below(2) == 0 {
            let enable = pool[random.below(pool.len())];
            let enable = b.bit(enable, 0);
            b.next_en(r, enable, d);
        } else {
            b.next(r, d);
        }
    }
    for (i, &s) in pool.iter().rev().take(30).enumerate() {
        b.output(&format!("out{i}_o"), s);
    }
    b
}

fn compose(b: &mut Builder, random: &mut Random, pool: &mut Vec<Sig>, i: usize) {
    let (x, y) = (
        pool[random.below(pool.len())],
        pool[random.below(pool.len())],
    );
    let which = random.below(OPERATORS);
    let mut out = apply(b, random, which, x, y);
    if random.below(4) == 0 {
        out = b.name(&format!("named_{i}"), out);
    }
    if out.width() <= WIDEST {
        pool.push(out);
    }
}

/// Two instances of one random module in another, with all outputs of the first among the operands of the second.
fn hierarchy(random: &mut Random) -> Builder {
    let child = composition(random).finish().unwrap();
    let mut b = Builder::new("parent", "Two instances.");
    let mut pool: Vec<Sig> = (0..6)
        .map(|i| b.input(&format!("x{i}_i"), random.ty(16)))
        .collect();
    for name in ["u_first", "u_second"] {
        let mut inputs = vec![];
        for port in child.ports().filter(|p| p.is_input) {
            let elements: Vec<Sig> = (0..port.packed.unwrap_or(1))
                .map(|_| b.wrap(pool[random.below(pool.len())], port.ty))
                .collect();
            inputs.push((port.name, elements));
        }
        let inputs: Vec<(&str, &[Sig])> = inputs.iter().map(|(n, e)| (*n, e.as_slice())).collect();
        let instance = b.instance(name, &child, &inputs);
        for port in child.ports().filter(|p| !p.is_input) {
            pool.push(instance.out(port.name));
        }
        for i in 0..10 {
            compose(&mut b, random, &mut pool, i);
        }
    }
    for (i, &s) in pool.iter().rev().take(30).enumerate() {
        b.output(&format!("out{i}_o"), s);
    }
    b
}

#[test]
fn random_hierarchies_equal_icarus_and_lint_clean() {
    for seed in 300..310 {
        let mut random = Random::new(seed);
        let module = hierarchy(&mut random).finish().unwrap();
        assert_lints_clean(&module);
        if !tools::missing(IVERILOG) {
            assert_equal_from(&module, &random_stimulus(&module, 200, seed), 0);
        }
    }
}

type Definition = Box<dyn Fn(i128) -> i128>;

/// All values of all narrow types: nothing is left to chance at the ends and ties.
#[test]
fn rounding_and_saturation_equal_their_definition_exhaustively() {
    for width in 1..=6 {
        for from in [Ty::u(width), Ty::s(width)] {
            let mut b = Builder::new("exhaustive", "");
            let x = b.input("x_i", from);
            let mut expected: Vec<(String, Definition)> = vec![];
            for k in 0..=7u32 {
                for mode in Rounding::ALL {
                    let name = format!("round_{k}_{mode:?}_o");
                    let out = b.round_shr(x, k, mode);
                    b.output(&name, out);
                    expected.push((name, Box::new(move |v| round(v, k, mode))));
                }
            }
            for to_width in 1..=7 {
                for to in [Ty::u(to_width), Ty::s(to_width)] {
                    let out = b.saturate(x, to);
                    let name = format!("saturate_{to}_o");
                    b.output(&name, out);
                    expected.push((name, Box::new(move |v| v.clamp(to.min(), to.max()))));
                }
                let to = Ty::s(to_width);
                let out = b.clamp_symmetric(x, to);
                assert!(out.ty() == to);
                let name = format!("symmetric_{to}_o");
                b.output(&name, out);
                expected.push((name, Box::new(move |v| v.clamp(-to.max(), to.max()))));
            }
            let module = b.finish().unwrap();
            let mut sim = goldspike::hdl::Sim::new(&module).unwrap();
            let port = sim.input("x_i").unwrap();
            for v in from.min()..=from.max() {
                sim.set(port, v);
                sim.settle();
                for (name, f) in &expected {
                    assert_eq!(
                        sim.get(sim.output(name).unwrap()),
                        f(v),
                        "{name} of {v} in {from}"
                    );
                }
            }
            if !tools::missing(IVERILOG) {
                let stimulus: Vec<_> = (from.min()..=from.max())
                    .map(|v| (vec![vec![v]], false))
                    .collect();
                assert_equal_from(&module, &stimulus, 0);
            }
        }
    }
}

fn round(v: i128, k: u32, mode: Rounding) -> i128 {
    let (floor, rest, one) = (v >> k, v & ((1 << k) - 1), 1 << k);
    match mode {
        Rounding::Floor => floor,
        Rounding::ToZero => v / one,
        Rounding::HalfUp => floor + i128::from(2 * rest >= one),
        Rounding::HalfEven => {
            floor + i128::from(2 * rest > one || (2 * rest == one && floor % 2 != 0))
        }
    }
}

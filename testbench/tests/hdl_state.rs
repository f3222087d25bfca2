//! Registers, memories and instances: random stimulus gives the same outputs in the interpreter and in Icarus.

#![allow(clippy::unwrap_used, clippy::panic, reason = "test code")]

mod hdl_support;

use std::sync::Arc;

use goldspike::engine::tool::IVERILOG;
use goldspike::hdl::{Builder, MemInit, Module, Sig, Sim, Ty, all_modules, verilog};
use goldspike_testbench::tools;
use hdl_support::{Random, assert_equal_from, assert_lints_clean, random_stimulus};

fn registers() -> Arc<Module> {
    let mut b = Builder::new("registers", "Every kind of register.\nA second line.");
    b.port_doc("x_i", "sample, -2^10 to 2^10 - 1");
    let x = b.input("x_i", Ty::s(11));
    let enable = b.input("enable_i", Ty::BIT);
    b.comment("Plain registers.");
    let plain = b.reg("plain_q", Ty::s(11), None);
    b.next(plain, x);
    let held = b.reg("held_q", Ty::s(11), None);
    b.next_en(held, enable, x);
    b.comment("Registers with reset.");
    let count = b.reg("count_q", Ty::u(5), Some(21));
    let one = b.lit(1, Ty::u(1));
    let sum = b.add(count.q, one);
    let sum = b.wrap(sum, Ty::u(5));
    b.next(count, sum);
    let acc = b.reg("acc_q", Ty::s(14), Some(-100));
    let sum = b.add(acc.q, x);
    let sum = b.saturate(sum, Ty::s(14));
    let sum = b.name("acc_d", sum);
    b.next_en(acc, enable, sum);
    let wide = b.reg("wide_q", Ty::s(100), Some(Ty::s(100).min()));
    let product = b.mul(acc.q, x);
    let product = b.extend(product, Ty::s(99));
    let rotated = b.slice(wide.q, 0, 70);
    let rotated = b.extend(rotated, Ty::s(99));
    let mixed = b.add(product, rotated);
    b.next(wide, mixed);
    let late = b.delay("late", x, 3);
    for (name, s) in [
        ("plain_o", plain.q),
        ("held_o", held.q),
        ("count_o", count.q),
        ("acc_o", acc.q),
        ("wide_o", wide.q),
        ("late_o", late),
    ] {
        b.output(name, s);
    }
    b.finish().unwrap()
}

/// `depth` words of three fields; the address is kept inside the depth.
fn memory(name: &str, depth: usize, init: MemInit) -> Arc<Module> {
    let mut b = Builder::new(name, "A memory of three fields.");
    let fields = [Ty::s(9), Ty::BIT, Ty::u(70)];
    let bits = (usize::BITS - (depth - 1).leading_zeros()).max(1);
    let inside = |b: &mut Builder, address: Sig| {
        let (limit, zero) = (b.lit(depth as i128, Ty::u(bits + 1)), b.lit(0, Ty::u(bits)));
        let fits = b.lt(address, limit);
        b.mux(fits, address, zero)
    };
    let mem = b.mem("words", &fields, depth, init);
    let read_address = b.input("read_address_i", Ty::u(bits));
    let read_address = inside(&mut b, read_address);
    let write_address = b.input("write_address_i", Ty::u(bits));
    let write_address = inside(&mut b, write_address);
    let (read_enable, write_enable) = (
        b.input("read_enable_i", Ty::BIT),
        b.input("write_enable_i", Ty::BIT),
    );
    let data: Vec<Sig> = fields
        .iter()
        .enumerate()
        .map(|(i, &ty)| b.input(&format!("data{i}_i"), ty))
        .collect();
    let out = b.read(mem, read_address, Some(read_enable));
    b.write(mem, write_enable, write_address, &data);
    for (i, &s) in out.iter().enumerate() {
        b.output(&format!("data{i}_o"), s);
    }
    // The same address in both ports often: the old word must come out.
    let same = b.eq(read_address, write_address);
    b.output("same_o", same);
    // A second memory of one signed field, always reading.
    let single = b.mem("single", &[Ty::s(13)], 16, MemInit::Zero);
    let address = b.slice(data[2], 3, 4);
    let value = b.slice(data[2], 10, 13);
    let value = b.as_signed(value);
    let out = b.read(single, address, None);
    b.write(single, write_enable, address, &[value]);
    b.output("single_o", out[0]);
    b.finish().unwrap()
}

fn contents(depth: usize) -> MemInit {
    let mut random = Random::new(5);
    let word = |r: &mut Random| vec![r.value(Ty::s(9)), r.value(Ty::BIT), r.value(Ty::u(70))];
    MemInit::Words {
        file: "words.hex".into(),
        words: (0..depth - 1).map(|_| word(&mut random)).collect(),
    }
}

/// A lane of a wide datapath: packed ports on both sides, a valid/ready handshake that feeds back combinationally.
fn lane() -> Arc<Module> {
    let mut b = Builder::new("lane", "One lane.");
    let x = b.input_vec("x_i", Ty::s(7), 40);
    let bias = b.input("bias_i", Ty::u(5));
    let valid = b.input("valid_i", Ty::BIT);
    let ready = b.input("ready_i", Ty::BIT);
    let full = b.reg("full_q", Ty::BIT, Some(0));
    let data: Vec<_> = (0..40)
        .map(|i| b.reg(&format!("data_q_{i}"), Ty::s(9), None))
        .collect();
    let not_full = b.not(full.q);
    let accept = b.or(not_full, ready);
    let take = b.and(accept, valid);
    let keep = b.not(ready);
    let stay = b.and(full.q, keep);
    let next = b.or(take, stay);
    b.next(full, next);
    for (r, &x) in data.iter().zip(&x) {
        let sum = b.add(x, bias);
        let sum = b.saturate(sum, Ty::s(9));
        b.next_en(*r, take, sum);
    }
    let q: Vec<Sig> = data.iter().map(|r| r.q).collect();
    b.output_vec("x_o", &q);
    b.output("ready_o", accept);
    b.output("valid_o", full.q);
    b.output("first_o", q[0]);
    b.finish().unwrap()
}

fn pipeline() -> Arc<Module> {
    let lane = lane();
    let mut b = Builder::new(
        "pipeline",
        "Two lanes in a row; ready runs against the data.",
    );
    let x = b.input_vec("x_i", Ty::s(7), 40);
    let (bias, valid, ready) = (
        b.input("bias_i", Ty::u(5)),
        b.input("valid_i", Ty::BIT),
        b.input("ready_i", Ty::BIT),
    );
    let back = b.wire("second_ready", Ty::BIT);
    let first = b.instance(
        "u_first",
        &lane,
        &[
            ("x_i", &x),
            ("bias_i", &[bias]),
            ("valid_i", &[valid]),
            ("ready_i", &[back]),
        ],
    );
    let narrowed: Vec<Sig> = first
        .out_vec("x_o")
        .into_iter()
        .map(|s| b.saturate(s, Ty::s(7)))
        .collect();
    let second = b.instance(
        "u_second",
        &lane,
        &[
            ("x_i", &narrowed),
            ("bias_i", &[bias]),
            ("valid_i", &[first.out("valid_o")]),
            ("ready_i", &[ready]),
        ],
    );
    b.assign(back, second.out("ready_o"));
    b.output_vec("x_o", &second.out_vec("x_o"));
    b.output_vec("early_o", &second.out_vec("x_o")[3..9]);
    b.output("ready_o", first.out("ready_o"));
    b.output("valid_o", second.out("valid_o"));
    b.finish().unwrap()
}

fn designs() -> Vec<Arc<Module>> {
    vec![
        registers(),
        memory("zeroed", 16, MemInit::Zero),
        memory("odd_depth", 13, contents(13)),
        memory("one_word", 1, MemInit::Zero),
        memory("filled", 32, contents(32)),
        lane(),
        pipeline(),
    ]
}

#[test]
fn state_equals_icarus() {
    if tools::missing(IVERILOG) {
        return;
    }
    for (seed, module) in designs().into_iter().enumerate() {
        let mut stimulus = random_stimulus(&module, 200, seed as u64);
        // The first edge reads every memory: before it, Verilog's memory outputs are undefined.
        for (port, info) in module.ports().filter(|p| p.is_input).enumerate() {
            if info.name == "read_enable_i" {
                stimulus[0].0[port][0] = 1;
            }
        }
        assert_equal_from(&module, &stimulus, 1);
    }
}

#[test]
fn every_design_lints_clean() {
    for module in designs() {
        assert_lints_clean(&module);
    }
}

#[test]
fn printing_is_deterministic() {
    let print = |m: &Arc<Module>| -> Vec<_> {
        all_modules(m)
            .iter()
            .map(|m| verilog(m, "head\n\nof file").unwrap())
            .collect()
    };
    for (a, b) in designs().iter().zip(&designs()) {
        assert_eq!(print(a), print(b));
        assert!(
            print(a)
                .iter()
                .all(|f| f.text.lines().all(|l| l.len() < 8192))
        );
    }
}

#[test]
fn a_module_is_listed_once_and_children_come_first() {
    let names: Vec<String> = all_modules(&pipeline())
        .iter()
        .map(|m| m.name().to_owned())
        .collect();
    assert_eq!(names, ["lane", "pipeline"]);
}

#[test]
fn reads_beyond_the_depth_are_counted() {
    let mut b = Builder::new("short", "");
    let address = b.input("address_i", Ty::u(6));
    let enable = b.input("enable_i", Ty::BIT);
    let mem = b.mem(
        "words",
        &[Ty::u(8)],
        5,
        MemInit::Words {
            file: "w.hex".into(),
            words: vec![vec![7]; 5],
        },
    );
    let out = b.read(mem, address, Some(enable));
    b.write(mem, enable, address, &[out[0]]);
    b.output("word_o", out[0]);
    let module = b.finish().unwrap();
    let mut sim = Sim::new(&module).unwrap();
    let (address, enable, word) = (
        sim.input("address_i").unwrap(),
        sim.input("enable_i").unwrap(),
        sim.output("word_o").unwrap(),
    );
    for (a, e, lost, value) in [
        (4, 1, 0, 7),
        (5, 0, 0, 7),
        (5, 1, 1, 0),
        (63, 1, 2, 0),
        (0, 1, 2, 7),
    ] {
        sim.set(address, a);
        sim.set(enable, e);
        sim.clock();
        assert_eq!(
            (sim.out_of_range_reads(), sim.get(word)),
            (lost, value),
            "address {a}"
        );
    }
    assert_eq!((sim.out_of_range_writes(), sim.cycle()), (2, 5));
}

#[test]
fn waveform_signals_have_paths_names_and_values() {
    let sim = Sim::new(&pipeline()).unwrap();
    let find = |path: &[&str], name: &str| {
        sim.signals()
            .iter()
            .find(|s| s.path == path && s.name == name)
            .unwrap_or_else(|| panic!("{path:?} {name}"))
    };
    assert_eq!(find(&["u_second"], "full_q").ty, Ty::BIT);
    assert_eq!(sim.value(find(&["u_first"], "ready_o").slot), 1);
    assert_eq!(find(&[], "x_3").ty, Ty::s(7));
    assert_eq!(sim.value(u32::MAX), 0);
}

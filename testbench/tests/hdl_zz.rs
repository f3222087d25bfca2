use goldspike::hdl::*;
#[test]
fn speed() {
    let mut b = Builder::new("m", "doc");
    let x = b.input("x_i", Ty::s(9));
    for i in 0..100 {
        let v = b.reg(&format!("v{i}"), Ty::s(16), Some(0));
        let c = b.lit(i as i128 + 100, Ty::u(9));
        let p = b.mul(v.q, c);
        let p = b.round_shr(p, 9, goldspike_golden::format::Rounding::HalfEven);
        let s = b.add(p, x);
        let s = b.saturate(s, Ty::s(16));
        let t = b.lit(1000, Ty::s(16));
        let f = b.ge(s, t);
        let z = b.lit(0, Ty::s(16));
        let n = b.mux(f, z, s);
        b.next(v, n);
        b.output(&format!("s{i}"), f);
    }
    let m = b.finish().unwrap();
    if std::env::var("DUMP").is_ok() {
        println!("{}", verilog(&m, "head").unwrap().text);
        return;
    }
    let mut sim = Sim::new(&m).unwrap();
    let p = sim.input("x_i").unwrap();
    let t = std::time::Instant::now();
    let n = 50000;
    for i in 0..n {
        sim.set(p, (i * 37 % 200) as i128);
        sim.clock();
    }
    let e = t.elapsed().as_secs_f64();
    println!(
        "{} ops, {:.0} cycles/s, {:.2} ns/op",
        sim.operations(),
        n as f64 / e,
        e * 1e9 / n as f64 / sim.operations() as f64
    );
}

use goldspike::hdl::*;
#[test]
fn dump() {
    let mut b = Builder::new("m", "doc");
    let x = b.input("x_i", Ty::s(9));
    let y = b.input("y_i", Ty::u(5));
    let s = b.add(x, y);
    let s = b.saturate(s, Ty::s(6));
    let r = b.round_shr(s, 2, goldspike_golden::format::Rounding::HalfEven);
    b.output("r_o", r);
    println!("{}", verilog(&b.finish().unwrap(), "head").unwrap().text);
}

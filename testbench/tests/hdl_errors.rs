//! Every misuse is an error that names the place; nothing panics.

#![allow(clippy::unwrap_used, clippy::panic, reason = "test code")]

mod hdl_support;

use std::sync::Arc;

use goldspike::hdl::{Builder, HdlError, MemInit, Module, Sim, Ty};
use goldspike_golden::format::Rounding;

fn error_of<T>(f: impl FnOnce(&mut Builder) -> T) -> HdlError {
    let mut b = Builder::new("wrong", "");
    f(&mut b);
    b.finish().unwrap_err()
}

fn inverter() -> Arc<Module> {
    let mut b = Builder::new("inverter", "");
    let x = b.input("x_i", Ty::BIT);
    let y = b.not(x);
    b.output("y_o", y);
    b.finish().unwrap()
}

#[test]
fn wrong_types_are_errors() {
    let mux = error_of(|b| {
        let (c, x, y) = (
            b.input("c", Ty::BIT),
            b.input("x", Ty::s(4)),
            b.input("y", Ty::u(4)),
        );
        let m = b.mux(c, x, y);
        b.output("m", m);
    });
    assert_eq!(mux.to_string(), "module `wrong`: mux: u4 does not fit s4");
    let is_type = |e: HdlError| assert!(matches!(e, HdlError::Type { .. }), "{e}");
    is_type(error_of(|b| {
        let x = b.input("x", Ty::s(4));
        b.extend(x, Ty::u(9));
    }));
    is_type(error_of(|b| {
        let (x, y) = (b.input("x", Ty::s(4)), b.input("y", Ty::s(5)));
        b.and(x, y);
    }));
    is_type(error_of(|b| {
        let x = b.input("x", Ty::s(4));
        b.slice(x, 2, 3);
    }));
    is_type(error_of(|b| {
        let x = b.input("x", Ty::s(4));
        b.bit(x, u32::MAX);
    }));
    is_type(error_of(|b| {
        let (x, y) = (b.input("x", Ty::s(4)), b.input("y", Ty::s(5)));
        b.mux(x, y, y);
    }));
    is_type(error_of(|b| {
        let (x, r) = (b.input("x", Ty::s(4)), b.reg("r", Ty::s(5), None));
        b.next(r, x);
    }));
    is_type(error_of(|b| {
        let (x, y) = (b.input("x", Ty::s(4)), b.input("y", Ty::s(5)));
        b.output_vec("o", &[x, y]);
    }));
    is_type(error_of(|b| {
        let x = b.input("x", Ty::s(4));
        b.clamp_symmetric(x, Ty::u(3));
    }));
    is_type(error_of(|b| {
        let x = b.input("x", Ty::s(4));
        let m = b.mem("m", &[Ty::u(3)], 16, MemInit::Zero);
        b.read(m, x, None);
    }));
}

#[test]
fn widths_outside_1_to_120_are_errors() {
    let is_width = |e: HdlError, w: u64| {
        assert!(
            matches!(e, HdlError::Width { width, .. } if width == w),
            "{e}"
        )
    };
    is_width(error_of(|b| b.input("x", Ty::u(0))), 0);
    is_width(error_of(|b| b.input("x", Ty::s(121))), 121);
    is_width(
        error_of(|b| b.input("x", Ty::s(u32::MAX))),
        u64::from(u32::MAX),
    );
    is_width(
        error_of(|b| {
            let x = b.input("x", Ty::u(100));
            b.mul(x, x);
        }),
        200,
    );
    is_width(
        error_of(|b| {
            let x = b.input("x", Ty::u(100));
            b.shl(x, u32::MAX);
        }),
        u64::from(u32::MAX),
    );
    is_width(
        error_of(|b| {
            let x = b.lit(1, Ty::u(100));
            b.shl(x, 100);
        }),
        200,
    );
    is_width(
        error_of(|b| {
            let x = b.input("x", Ty::u(4));
            b.slice(x, 0, 0);
        }),
        0,
    );
    is_width(
        error_of(|b| {
            let x = b.input("x", Ty::u(4));
            b.saturate(x, Ty::s(0));
        }),
        0,
    );
    is_width(
        error_of(|b| {
            let x = b.input("x", Ty::u(4));
            b.clamp_symmetric(x, Ty::s(0));
        }),
        0,
    );
    is_width(
        error_of(|b| {
            let x = b.input("x", Ty::u(4));
            b.round_shr(x, 4000, Rounding::HalfEven);
        }),
        4000,
    );
    is_width(error_of(|b| b.cat(&[])), 0);
    is_width(error_of(|b| b.reg("r", Ty::s(0), Some(3))), 0);
    is_width(error_of(|b| b.mem("m", &[Ty::u(0)], 4, MemInit::Zero)), 0);
}

#[test]
fn constants_outside_their_type_are_errors() {
    let is_value = |e: HdlError| assert!(matches!(e, HdlError::Value { .. }), "{e}");
    is_value(error_of(|b| b.lit(8, Ty::s(4))));
    is_value(error_of(|b| b.lit(i128::MIN, Ty::s(4))));
    is_value(error_of(|b| b.reg("r", Ty::u(3), Some(-1))));
    let words = vec![vec![1], vec![2]];
    is_value(error_of(|b| {
        b.mem(
            "m",
            &[Ty::BIT],
            4,
            MemInit::Words {
                file: "f".into(),
                words,
            },
        )
    }));
}

#[test]
fn missing_and_double_drivers_are_errors() {
    let wire = error_of(|b| {
        let w = b.wire("w", Ty::BIT);
        b.output("o", w);
    });
    assert_eq!(wire.to_string(), "module `wrong`: wire `w` has no driver");
    let reg = error_of(|b| {
        let r = b.reg("r", Ty::BIT, None);
        b.output("o", r.q);
    });
    assert_eq!(
        reg.to_string(),
        "module `wrong`: register `r` (no next value) has no driver"
    );
    let twice = error_of(|b| {
        let (r, x) = (b.reg("r", Ty::BIT, None), b.input("x", Ty::BIT));
        b.next(r, x);
        b.next(r, x);
    });
    assert_eq!(
        twice.to_string(),
        "module `wrong`: register `r` is driven twice"
    );
    let twice = error_of(|b| {
        let (w, x) = (b.wire("w", Ty::BIT), b.input("x", Ty::BIT));
        b.assign(w, x);
        b.assign(w, x);
    });
    assert!(matches!(twice, HdlError::DrivenTwice { .. }));
    let no_wire = error_of(|b| {
        let x = b.input("x", Ty::BIT);
        b.assign(x, x);
    });
    assert!(matches!(no_wire, HdlError::Unknown { .. }));
    let ports = error_of(|b| {
        let (x, m) = (
            b.input("x", Ty::BIT),
            b.mem("m", &[Ty::BIT], 2, MemInit::Zero),
        );
        b.read(m, x, None);
        b.read(m, x, None);
    });
    assert!(matches!(ports, HdlError::DrivenTwice { .. }));
    assert!(matches!(
        error_of(|b| b.mem("m", &[Ty::BIT], 2, MemInit::Zero)),
        HdlError::Undriven { .. }
    ));
}

#[test]
fn names_are_checked() {
    let is_name = |e: HdlError| assert!(matches!(e, HdlError::Name { .. }), "{e}");
    is_name(Builder::new("1st", "").finish().unwrap_err());
    is_name(error_of(|b| b.input("reg", Ty::BIT)));
    is_name(error_of(|b| b.input("a.b", Ty::BIT)));
    is_name(error_of(|b| b.input("", Ty::BIT)));
    is_name(error_of(|b| {
        let x = b.input("x", Ty::BIT);
        b.name("a b", x);
    }));
    is_name(error_of(|b| {
        let words = vec![vec![1]];
        b.mem(
            "m",
            &[Ty::BIT],
            4,
            MemInit::Words {
                file: "a\"b".into(),
                words,
            },
        );
    }));
    let duplicate = |e: HdlError| assert!(matches!(e, HdlError::Duplicate { .. }), "{e}");
    duplicate(error_of(|b| {
        b.input("x", Ty::BIT);
        b.input("x", Ty::BIT);
    }));
    duplicate(error_of(|b| b.input("clk_i", Ty::BIT)));
    assert!(matches!(
        error_of(|b| b.port_doc("nowhere", "text")),
        HdlError::Unknown { .. }
    ));
    duplicate(error_of(|b| {
        let mut other = Builder::new("inverter", "A different one.");
        let x = other.input("x_i", Ty::BIT);
        other.output("y_o", x);
        let other = other.finish().unwrap();
        let x = b.input("x", Ty::BIT);
        b.instance("u_a", &inverter(), &[("x_i", &[x])]);
        b.instance("u_b", &inverter(), &[("x_i", &[x])]);
        b.instance("u_c", &other, &[("x_i", &[x])]);
    }));
}

#[test]
fn instances_are_checked() {
    let missing = error_of(|b| b.instance("u", &inverter(), &[]));
    assert_eq!(
        missing.to_string(),
        "module `wrong`: input `x_i` of instance `u` has no driver"
    );
    let unknown = error_of(|b| {
        let x = b.input("x", Ty::BIT);
        b.instance("u", &inverter(), &[("x_i", &[x]), ("z_i", &[x])]);
    });
    assert_eq!(
        unknown.to_string(),
        "module `wrong`: there is no input `z_i` of module `inverter`"
    );
    let count = error_of(|b| {
        let x = b.input("x", Ty::BIT);
        b.instance("u", &inverter(), &[("x_i", &[x, x])]);
    });
    assert!(matches!(
        count,
        HdlError::Count {
            found: 2,
            expected: 1,
            ..
        }
    ));
    let ty = error_of(|b| {
        let x = b.input("x", Ty::u(2));
        b.instance("u", &inverter(), &[("x_i", &[x])]);
    });
    assert!(matches!(ty, HdlError::Type { .. }));
    let output = error_of(|b| {
        let x = b.input("x", Ty::BIT);
        let u = b.instance("u", &inverter(), &[("x_i", &[x])]);
        b.output("o", u.out("nowhere_o"));
    });
    assert!(matches!(output, HdlError::Foreign { .. }));
    let other = error_of(|b| {
        let stranger = Builder::new("other", "").input("x", Ty::BIT);
        b.output("o", stranger);
    });
    assert!(matches!(other, HdlError::Foreign { .. }));
}

#[test]
fn absurd_sizes_are_errors() {
    let is_count = |e: HdlError| {
        assert!(
            matches!(
                e,
                HdlError::Count {
                    found: usize::MAX,
                    ..
                }
            ),
            "{e}"
        )
    };
    is_count(error_of(|b| {
        b.mem("m", &[Ty::BIT], usize::MAX, MemInit::Zero)
    }));
    is_count(error_of(|b| b.input_vec("x", Ty::BIT, usize::MAX)));
    assert!(matches!(
        error_of(|b| b.input_vec("x", Ty::BIT, 0)),
        HdlError::Count { found: 0, .. }
    ));
}

#[test]
fn loops_are_named() {
    let inside = error_of(|b| {
        let w = b.wire("w", Ty::BIT);
        let n = b.not(w);
        let n = b.name("flipped", n);
        b.assign(w, n);
        b.output("o", w);
    });
    assert_eq!(
        inside.to_string(),
        "module `wrong`: combinational loop: w -> flipped -> w"
    );

    let mut b = Builder::new("ring", "");
    let w = b.wire("w", Ty::BIT);
    let module = inverter();
    let first = b.instance("u_first", &module, &[("x_i", &[w])]);
    let second = b.instance("u_second", &module, &[("x_i", &[first.out("y_o")])]);
    b.assign(w, second.out("y_o"));
    b.output("o", w);
    let ring = b.finish().unwrap();
    let message = Sim::new(&ring).unwrap_err().to_string();
    for part in ["module `ring`", "w", "u_first.x_i", "u_second.y"] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn ports_of_a_simulation_are_checked() {
    let mut sim = Sim::new(&inverter()).unwrap();
    assert!(matches!(sim.input("y_o"), Err(HdlError::Unknown { .. })));
    assert!(matches!(sim.output("x_i"), Err(HdlError::Unknown { .. })));
    assert!(sim.input("rst_i").is_err());
    let (x, y) = (sim.input("x_i").unwrap(), sim.output("y_o").unwrap());
    sim.set(x, 7);
    sim.settle();
    assert_eq!((sim.get(x), sim.get(y)), (1, 0));
    sim.set(y, 1);
    sim.set_vec(x, &[0, 1, 1]);
    sim.settle();
    assert_eq!((sim.get(x), sim.get(y)), (0, 1));
}

#[test]
fn the_first_error_is_kept() {
    let e = error_of(|b| {
        b.lit(99, Ty::BIT);
        b.input("reg", Ty::BIT);
        let x = b.mul_chain();
        b.output("o", x);
    });
    assert!(matches!(e, HdlError::Value { value: 99, .. }));
}

/// After an error everything still returns signals.
trait MulChain {
    fn mul_chain(&mut self) -> goldspike::hdl::Sig;
}

impl MulChain for Builder {
    fn mul_chain(&mut self) -> goldspike::hdl::Sig {
        let mut x = self.lit(3, Ty::u(2));
        for _ in 0..40 {
            x = self.mul(x, x);
            x = self.round_shr(x, 1, Rounding::HalfEven);
            x = self.saturate(x, Ty::s(0));
            x = self.shl(x, u32::MAX);
        }
        x
    }
}

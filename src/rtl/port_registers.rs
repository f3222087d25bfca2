//! Registers between the pins of a stream and the design: no signal goes through, in either direction.
//!
//! ```text
//! s ─► arrived ─┬───────────────┐
//!               └─► overtaken ──┴─► offered ─► m
//! ```
//!
//! While `s` is ready every beat is taken into `arrived`, and what was there moves on: into `offered` where that has room, else it
//! waits in `overtaken` and `s` stops, one cycle late. A beat a cycle, two cycles later; none is lost or passes another.

use std::sync::Arc;

use crate::hdl::{Builder, HdlError, Module, Sig, Ty};
use crate::rtl::regs::hold;
use crate::rtl::stream::Forward;

/// Ports: `s_valid_i`, `s_data_i` of type `data`, `s_last_i`, `s_user_i`, `s_ready_o`, and the like out of `m`.
fn port_registers(name: &str, data: Ty) -> Result<Arc<Module>, HdlError> {
    let mut b = Builder::new(
        name,
        "Registers at a stream's pins, in both directions: a beat a cycle, two cycles later.",
    );
    let valid = b.input("s_valid_i", Ty::BIT);
    let fields = [("data", data), ("last", Ty::BIT), ("user", Ty::BIT)]
        .map(|(field, ty)| (field, b.input(&format!("s_{field}_i"), ty)));
    let m_ready = b.input("m_ready_i", Ty::BIT);

    let ready = b.reg("ready_q", Ty::BIT, Some(1));
    let arrived = b.reg("arrived_q", Ty::BIT, Some(0));
    b.next_en(arrived, ready.q, valid);
    let offered = b.reg("offered_q", Ty::BIT, Some(0));
    let none_offered = b.not(offered.q);
    let room = b.or(none_offered, m_ready);
    b.comment("a beat waits in `overtaken` exactly while no other is taken");
    let overtaken = b.not(ready.q);
    let some = b.or(arrived.q, overtaken);
    b.next_en(offered, room, some);
    let none = b.not(some);
    let ready_next = b.or(none, room);
    b.next(ready, ready_next);

    b.output("s_ready_o", ready.q);
    b.output("m_valid_o", offered.q);
    for (field, value) in fields {
        let arrived = hold(&mut b, &format!("arrived_{field}_q"), value, ready.q);
        let overtaken = hold(&mut b, &format!("overtaken_{field}_q"), arrived, ready.q);
        let next = b.mux(ready.q, arrived, overtaken);
        let offered = hold(&mut b, &format!("offered_{field}_q"), next, room);
        b.output(&format!("m_{field}_o"), offered);
    }
    b.finish()
}

/// Puts registers, a module of this name and its instance, behind `from`: what comes out of them while `ready`, and whether
/// they take a beat.
///
/// # Errors
/// Only an internal bug of the description.
pub(crate) fn registered(
    b: &mut Builder,
    (module, instance): (&str, &str),
    from: Forward,
    ready: Sig,
) -> Result<(Forward, Sig), HdlError> {
    let module = port_registers(module, from.data.ty())?;
    let ports = [
        ("s_valid_i", from.valid),
        ("s_data_i", from.data),
        ("s_last_i", from.last),
        ("s_user_i", from.user),
        ("m_ready_i", ready),
    ];
    let ports = ports
        .each_ref()
        .map(|(name, sig)| (*name, std::slice::from_ref(sig)));
    let out = b.instance(instance, &module, &ports);
    let to = Forward {
        valid: out.out("m_valid_o"),
        data: out.out("m_data_o"),
        last: out.out("m_last_o"),
        user: out.out("m_user_o"),
    };
    Ok((to, out.out("s_ready_o")))
}

//! Link and network together: what a board's top level instantiates.

use std::sync::Arc;

use super::Shape;
use super::control::control;
use super::crc::crc;
use super::decoder::decoder;
use super::encoder::encoder;
use super::inbox::inbox;
use super::outbox::outbox;
use super::uart::{receiver, transmitter};
use crate::hdl::{Builder, HdlError, Module, Sig, Ty};
use crate::rtl::Design;

/// Name of the module, the same for every network. The modules of a network begin with `gs_`.
pub const SYSTEM: &str = "goldspike_system";

/// A network with its link.
#[derive(Clone, Debug)]
pub struct System {
    /// Ports: `clk_i`, `rst_i` (synchronous, active high), `rx_i` (asynchronous), `tx_o`, `restart_o` (for one cycle: the
    /// host asks for a reset), `fault_o` (since reset a frame was dropped or the network saw an illegal event).
    pub top: Arc<Module>,
    /// The link's dimensions.
    pub shape: Shape,
    network: String,
}

impl System {
    /// Name of the network's module.
    #[must_use]
    pub fn network(&self) -> &str {
        &self.network
    }
}

/// Describes a network with its link.
///
/// # Errors
/// Only an internal bug of the description.
pub fn system(design: &Design, shape: &Shape) -> Result<System, HdlError> {
    let prefix = design.top.name();
    let link = link(&format!("{prefix}_link"), shape)?;
    let mut b = Builder::new(
        SYSTEM,
        format!(
            "{prefix} with its link, {} clocks a bit.\n\
             restart_o goes back into rst_i, stretched or not: the host asked for a reset.",
            shape.clocks_per_bit
        ),
    );
    let rx = b.input("rx_i", Ty::BIT);
    let s_ready = b.wire("s_ready", Ty::BIT);
    let m_valid = b.wire("m_valid", Ty::BIT);
    let m_data = b.wire("m_data", Ty::u(shape.output.tdata_bits()));
    let m_last = b.wire("m_last", Ty::BIT);
    let m_user = b.wire("m_user", Ty::BIT);
    let error = b.wire("protocol_error", Ty::BIT);
    let link = b.instance(
        "u_link",
        &link,
        &[
            ("rx_i", &[rx]),
            ("m_axis_tready", &[s_ready]),
            ("s_axis_tvalid", &[m_valid]),
            ("s_axis_tdata", &[m_data]),
            ("s_axis_tlast", &[m_last]),
            ("s_axis_tuser", &[m_user]),
            ("protocol_error_i", &[error]),
        ],
    );
    let of_link = |port: &str| [link.out(port)];
    let network = b.instance(
        "u_network",
        &design.top,
        &[
            ("s_axis_tvalid", &of_link("m_axis_tvalid")),
            ("s_axis_tdata", &of_link("m_axis_tdata")),
            ("s_axis_tlast", &of_link("m_axis_tlast")),
            ("s_axis_tuser", &of_link("m_axis_tuser")),
            ("m_axis_tready", &of_link("s_axis_tready")),
        ],
    );
    for (wire, port) in [
        (s_ready, "s_axis_tready"),
        (m_valid, "m_axis_tvalid"),
        (m_last, "m_axis_tlast"),
        (m_user, "m_axis_tuser"),
        (error, "protocol_error_o"),
    ] {
        b.assign(wire, network.out(port));
    }
    b.assign(m_data, network.out("m_axis_tdata"));
    for port in ["tx_o", "restart_o", "fault_o"] {
        b.output(port, link.out(port));
    }
    b.port_doc("rx_i", "UART 8N1 from the host, asynchronous");
    b.port_doc("tx_o", "UART 8N1 to the host");
    b.port_doc("restart_o", "for one cycle: the host asks for a reset");
    b.port_doc(
        "fault_o",
        "since reset: a frame was dropped, or an illegal event",
    );
    Ok(System {
        top: b.finish()?,
        shape: shape.clone(),
        network: prefix.to_owned(),
    })
}

/// The link alone: UART on one side, AXI4-Streams on the other.
fn link(name: &str, shape: &Shape) -> Result<Arc<Module>, HdlError> {
    let part = |suffix: &str| format!("{name}_{suffix}");
    let crc = crc(&part("crc"))?;
    let receiver = receiver(&part("rx"), shape.clocks_per_bit)?;
    let transmitter = transmitter(&part("tx"), shape.clocks_per_bit)?;
    let decoder = decoder(&part("decoder"), &crc, shape)?;
    let encoder = encoder(&part("encoder"), &crc, shape)?;
    let inbox = inbox(&part("inbox"), shape)?;
    let outbox = outbox(&part("outbox"), shape)?;
    let control = control(&part("control"), shape)?;

    let mut b = Builder::new(
        name,
        format!(
            "Serial link: frames of events in, frames of spikes out; input beats of {} bytes, output beats of {}.",
            shape.input_bytes(),
            shape.output_bytes()
        ),
    );
    let rx = b.input("rx_i", Ty::BIT);
    let m_ready = b.input("m_axis_tready", Ty::BIT);
    let s_valid = b.input("s_axis_tvalid", Ty::BIT);
    let s_data = b.input("s_axis_tdata", Ty::u(shape.output.tdata_bits()));
    let s_last = b.input("s_axis_tlast", Ty::BIT);
    let s_user = b.input("s_axis_tuser", Ty::BIT);
    let protocol_error = b.input("protocol_error_i", Ty::BIT);

    let receiver = b.instance("u_rx", &receiver, &[("rx_i", &[rx])]);
    let decoder = b.instance(
        "u_decoder",
        &decoder,
        &[
            ("valid_i", &[receiver.out("valid_o")]),
            ("data_i", &[receiver.out("data_o")]),
            ("framing_error_i", &[receiver.out("framing_error_o")]),
        ],
    );
    let back = |b: &mut Builder, name: &str| b.wire(name, Ty::BIT);
    let play = back(&mut b, "play");
    let flush = back(&mut b, "flush_output");
    let release = back(&mut b, "release_output");
    let [hello_taken, status_taken, output_taken, sending_output] = [
        "hello_taken",
        "status_taken",
        "output_taken",
        "sending_output",
    ]
    .map(|name| back(&mut b, name));
    let inbox = b.instance(
        "u_inbox",
        &inbox,
        &[
            ("write_i", &[decoder.out("write_o")]),
            ("index_i", &[decoder.out("index_o")]),
            ("word_i", &[decoder.out("word_o")]),
            ("frame_i", &[decoder.out("frame_o")]),
            ("play_i", &[play]),
            ("ready_i", &[m_ready]),
        ],
    );
    let flags = shape.output_flags();
    let used = b.slice(s_data, 0, flags);
    let ends_sample = b.and(s_last, s_user);
    let word = b.cat(&[ends_sample, s_last, used]);
    let item = b.wire(
        "item",
        Ty::u(crate::rtl::plan::index_bits(shape.output_beats)),
    );
    let outbox = b.instance(
        "u_outbox",
        &outbox,
        &[
            ("valid_i", &[s_valid]),
            ("word_i", &[word]),
            ("ends_sample_i", &[ends_sample]),
            ("flush_i", &[flush]),
            ("release_i", &[release]),
            ("index_i", &[item]),
        ],
    );
    let verdict: Vec<(&str, Sig)> = [
        ("frame_i", "frame_o"),
        ("kind_i", "kind_o"),
        ("seq_i", "seq_o"),
        ("beats_i", "index_o"),
        ("large_i", "large_o"),
        ("framing_i", "framing_o"),
        ("escape_i", "escape_o"),
        ("crc_i", "crc_o"),
        ("length_i", "length_o"),
    ]
    .map(|(to, from)| (to, decoder.out(from)))
    .into();
    let others = [
        ("playing_i", inbox.out("playing_o")),
        ("done_i", inbox.out("done_o")),
        ("lost_i", inbox.out("lost_o")),
        ("closed_i", outbox.out("closed_o")),
        ("output_seq_i", outbox.out("seq_o")),
        ("sending_output_i", sending_output),
        ("hello_taken_i", hello_taken),
        ("status_taken_i", status_taken),
        ("output_taken_i", output_taken),
        ("protocol_error_i", protocol_error),
    ];
    let ports: Vec<(&str, &[Sig])> = verdict
        .iter()
        .chain(&others)
        .map(|(port, sig)| (*port, std::slice::from_ref(sig)))
        .collect();
    let control = b.instance("u_control", &control, &ports);
    b.assign(play, control.out("play_o"));
    b.assign(flush, control.out("flush_o"));
    b.assign(release, control.out("release_o"));
    let ready = back(&mut b, "ready");
    let requests = [
        ("hello_i", control.out("hello_o")),
        ("status_i", control.out("status_o")),
        ("output_i", control.out("output_o")),
        ("expected_i", control.out("expected_o")),
        ("faults_i", control.out("faults_o")),
        ("fault_count_i", control.out("fault_count_o")),
        ("flags_i", control.out("flags_o")),
        ("count_i", outbox.out("count_o")),
        ("seq_i", outbox.out("seq_o")),
        ("word_i", outbox.out("word_o")),
        ("ready_i", ready),
    ];
    let ports: Vec<(&str, &[Sig])> = requests
        .iter()
        .map(|(port, sig)| (*port, std::slice::from_ref(sig)))
        .collect();
    let encoder = b.instance("u_encoder", &encoder, &ports);
    for (wire, port) in [
        (hello_taken, "hello_taken_o"),
        (status_taken, "status_taken_o"),
        (output_taken, "output_taken_o"),
        (sending_output, "sending_output_o"),
    ] {
        b.assign(wire, encoder.out(port));
    }
    b.assign(item, encoder.out("index_o"));
    let transmitter = b.instance(
        "u_tx",
        &transmitter,
        &[
            ("valid_i", &[encoder.out("valid_o")]),
            ("data_i", &[encoder.out("data_o")]),
        ],
    );
    b.assign(ready, transmitter.out("ready_o"));

    let word = inbox.out("word_o");
    let flags = shape.input_flags();
    let used = b.slice(word, 0, flags);
    let data = b.extend(used, Ty::u(shape.input.tdata_bits()));
    let last = b.bit(word, flags);
    let user = b.bit(word, flags + 1);
    b.output("tx_o", transmitter.out("tx_o"));
    b.output("m_axis_tvalid", inbox.out("valid_o"));
    b.output("m_axis_tdata", data);
    b.output("m_axis_tlast", last);
    b.output("m_axis_tuser", user);
    b.output("s_axis_tready", outbox.out("ready_o"));
    b.output("restart_o", control.out("restart_o"));
    b.output("fault_o", control.out("fault_o"));
    b.finish()
}

//! A layer: event buffer, crossbar, neurons, spikes, and with the probe the queue of compared values and states.

use std::sync::Arc;

use goldspike_golden::quant::QuantLayer;

use crate::hdl::{Builder, HdlError, Module, Sig, Ty};
use crate::rtl::crossbar::crossbar;
use crate::rtl::event_buffer::event_buffer;
use crate::rtl::fifo::fifo;
use crate::rtl::load::{Load, Size};
use crate::rtl::neuron::{self, Assume, Lane};
use crate::rtl::neurons::neurons;
use crate::rtl::plan::{LayerPlan, ty};
use crate::rtl::regs::delay_control;
use crate::rtl::spikes::spikes;
use crate::rtl::stream::{Beat, Layout, connections};

/// Ports: streams `s` in and `m` out; where a guard accepts the beats (`guarded`) it also claims their bank, `s_claim_i`; with the probe `probe_valid_o`, `probe_ready_i`, `probe_data_o` (one element a
/// lane, see [`ProbeLayout`]), `probe_last_o`, `probe_user_o`; where memories of these `sizes` are loaded, `banked` ones of two banks each, those of [`Load`].
pub(crate) fn layer(
    name: &str,
    plan: &LayerPlan,
    quant: &QuantLayer,
    guarded: bool,
    probe: bool,
    assume: &Assume,
    (sizes, banked): (&[Size], bool),
) -> Result<Arc<Module>, HdlError> {
    let input = Layout::into_layer(plan);
    let output = Layout::new(plan.neurons, plan.fires);
    let lane = neuron::lane(quant, &format!("{name}_lane"), plan.sum, assume)?;
    let (of_weights, of_constants) = sizes.split_at(sizes.len().min(1));
    let buffer = event_buffer(&format!("{name}_event_buffer"), plan)?;
    let weights_file = format!("{name}_weights.hex");
    let sums = crossbar(
        &format!("{name}_crossbar"),
        plan,
        quant,
        1 + usize::from(probe),
        &weights_file,
        (of_weights, banked),
    )?;
    let cells = neurons(
        &format!("{name}_neurons"),
        plan,
        quant,
        &lane,
        probe,
        &format!("{name}_constants"),
        (of_constants, banked),
    )?;
    let out = spikes(&format!("{name}_spikes"), plan)?;

    let mut b = Builder::new(
        name,
        format!(
            "Layer {}: {} axons, {} neurons.",
            quant.name, plan.axons, plan.neurons
        ),
    );
    let beat = Beat::inputs(&mut b, "s", input);
    let m_ready = b.input("m_ready_i", Ty::BIT);
    let load = (!sizes.is_empty()).then(|| Load::inputs(&mut b, sizes, banked));

    let read = b.wire("read", Ty::BIT);
    let index = b.wire("index", Ty::u(plan.place_bits()));
    let step_done = b.wire("step_done", Ty::BIT);
    let ready = b.wire("ready", Ty::BIT);
    let (accepted, claim) = if guarded {
        (beat, b.input("s_claim_i", Ty::BIT))
    } else {
        let valid = b.and(beat.valid, ready);
        let valid = b.name("accept", valid);
        let claim = b.and(valid, beat.last);
        b.comment("an accepted beat has its bank: nothing stops it any more");
        (Beat { valid, ..beat }.delayed(&mut b, "_in", 1), claim)
    };
    let mut ports = accepted.connect("s");
    ports.extend([
        ("claim_i".to_owned(), vec![claim]),
        ("read_i".to_owned(), vec![read]),
        ("index_i".to_owned(), vec![index]),
        ("step_done_i".to_owned(), vec![step_done]),
    ]);
    let buffer = b.instance("u_event_buffer", &buffer, &connections(&ports));

    let credits: Vec<Sig> = ["spike_credit", "probe_credit"][..1 + usize::from(probe)]
        .iter()
        .map(|name| b.wire(name, Ty::BIT))
        .collect();
    let mut wanted = vec!["pushed", "step_events", "step_user", "event_address"];
    if input.repeats {
        wanted.push("step_repeat");
    }
    if input.payload > 0 {
        wanted.push("event_payload");
    }
    let mut ports: Vec<(String, Vec<Sig>)> = wanted
        .iter()
        .map(|name| (format!("{name}_i"), buffer.out_vec(&format!("{name}_o"))))
        .collect();
    ports.push(("credit_i".to_owned(), credits.clone()));
    if let Some(load) = &load {
        ports.extend(load.connect(&mut b, 0, of_weights));
    }
    let sums = b.instance("u_crossbar", &sums, &connections(&ports));
    b.assign(read, sums.out("read_o"));
    b.assign(index, sums.out("index_o"));
    b.assign(step_done, sums.out("step_done_o"));

    let mut wanted = vec!["hand_next", "hand", "sums", "first", "user"];
    if input.repeats {
        wanted.push("repeat");
    }
    let mut ports: Vec<(String, Vec<Sig>)> = wanted
        .iter()
        .map(|name| (format!("{name}_i"), sums.out_vec(&format!("{name}_o"))))
        .collect();
    if let Some(load) = &load {
        ports.extend(load.connect(&mut b, 1, of_constants));
    }
    let cells = b.instance("u_neurons", &cells, &connections(&ports));
    let mut ports = vec![
        ("row_valid_i".to_owned(), vec![cells.out("row_valid_o")]),
        ("mask_i".to_owned(), cells.out_vec("mask_o")),
    ];
    if lane.ternary {
        ports.push(("negative_i".to_owned(), cells.out_vec("negative_o")));
    }
    ports.extend([
        ("base_i".to_owned(), vec![cells.out("base_o")]),
        ("last_i".to_owned(), vec![cells.out("last_o")]),
        ("user_i".to_owned(), vec![cells.out("user_o")]),
        ("m_ready_i".to_owned(), vec![m_ready]),
    ]);
    let out = b.instance("u_spikes", &out, &connections(&ports));
    b.assign(credits[0], out.out("credit_o"));
    Beat::of_instance(&out, "m", output).outputs(&mut b, "m");
    b.assign(ready, buffer.out("s_ready_o"));
    b.output("s_ready_o", ready);
    if probe {
        let layout = ProbeLayout::of(quant);
        let queue = fifo(
            &format!("{name}_probe_queue"),
            "Compared values and states on their way to the probe.",
            &[
                ("data", Ty::u(layout.width()), plan.neuron_lanes as usize),
                ("last", Ty::BIT, 1),
                ("user", Ty::BIT, 1),
            ],
            (plan.rows * plan.credits) as usize,
            plan.fabric,
        )?;
        let ready = b.input("probe_ready_i", Ty::BIT);
        let data = probe_words(&mut b, &cells, &lane, plan.neuron_lanes as usize);
        let pop = b.wire("probe_pop", Ty::BIT);
        let queue = b.instance(
            "u_probe_queue",
            &queue,
            &[
                ("push_i", &[cells.out("row_valid_o")]),
                ("pop_i", &[pop]),
                ("data_i", &data),
                ("last_i", &[cells.out("last_o")]),
                ("user_i", &[cells.out("user_o")]),
            ],
        );
        let valid = queue.out("valid_o");
        let last = queue.out("last_o");
        let pop_value = b.and(valid, ready);
        b.assign(pop, pop_value);
        let credit = b.and(pop, last);
        let credit = delay_control(&mut b, "probe_credit", credit, 1);
        b.assign(credits[1], credit);
        b.output("probe_valid_o", valid);
        b.output_vec("probe_data_o", &queue.out_vec("data_o"));
        b.output("probe_last_o", last);
        b.output("probe_user_o", queue.out("user_o"));
    }
    b.finish()
}

/// One element of a probe beat, from the low bits: spike (1 bit, or 2 in two's complement where spikes are ternary), h,
/// then each traced state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeLayout {
    /// Width of the spike.
    pub spike: Ty,
    /// Width of `h`.
    pub h: Ty,
    /// Widths of the traced states.
    pub states: Vec<Ty>,
}

impl ProbeLayout {
    /// The layout of a layer's probe.
    pub(crate) fn of(quant: &QuantLayer) -> Self {
        let neuron = &quant.neuron;
        Self {
            spike: if neuron.modes.spikes.is_binary() {
                Ty::BIT
            } else {
                Ty::s(2)
            },
            h: ty(quant.membrane),
            states: neuron
                .states()
                .map(|state| ty(quant.state_format(&state)))
                .collect(),
        }
    }

    /// Bits of one element.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.spike.width()
            + self.h.width()
            + self.states.iter().map(|state| state.width()).sum::<u32>()
    }

    /// `(spike, h, states)` of one element.
    #[must_use]
    pub fn unpack(&self, element: u128) -> (i8, i64, Vec<i64>) {
        let mut low = 0;
        let mut field = |ty: Ty| {
            let raw = (element >> low) & ((1u128 << ty.width()) - 1);
            low += ty.width();
            let sign = ty.is_signed() && raw >> (ty.width() - 1) == 1;
            raw as i64 - if sign { 1i64 << ty.width() } else { 0 }
        };
        let spike = field(self.spike) as i8;
        let h = field(self.h);
        (
            spike,
            h,
            self.states.iter().map(|&state| field(state)).collect(),
        )
    }
}

/// The probe elements of a row; the spikes are those that leave the layer.
fn probe_words(b: &mut Builder, cells: &crate::hdl::Instance, lane: &Lane, q: usize) -> Vec<Sig> {
    let mask = cells.out_vec("mask_o");
    let negative = if lane.ternary {
        cells.out_vec("negative_o")
    } else {
        Vec::new()
    };
    let h = cells.out_vec("h_o");
    let states: Vec<Vec<Sig>> = lane
        .states
        .iter()
        .filter(|state| state.traced)
        .map(|state| cells.out_vec(&format!("{}_o", state.name)))
        .collect();
    (0..q)
        .map(|index| {
            let mut parts: Vec<Sig> = states.iter().rev().map(|state| state[index]).collect();
            parts.push(h[index]);
            parts.extend(negative.get(index));
            parts.push(mask[index]);
            let parts: Vec<Sig> = parts.into_iter().map(|part| b.as_unsigned(part)).collect();
            b.cat(&parts)
        })
        .collect()
}

//! The network: guard, layers in a row, AXI4-Stream on both sides.

use std::sync::Arc;

use goldspike_golden::quant::QuantNetwork;

use crate::hdl::{Builder, Module, Sig, Ty};
use crate::rtl::any;
use crate::rtl::guard::{error_doc, guard};
use crate::rtl::layer::{ProbeLayout, layer};
use crate::rtl::load_map::LoadMap;
use crate::rtl::load_port::LoadPort;
use crate::rtl::neuron::{self, Assume, Form};
use crate::rtl::options::{DesignOptions, Weights};
use crate::rtl::plan::{LayerPlan, plan, sum_type};
use crate::rtl::plan_error::PlanError;
use crate::rtl::port_registers::registered;
use crate::rtl::stream::{Beat, Forward, Layout, connections};

/// A complete design.
#[derive(Clone, Debug)]
pub struct Design {
    /// The top module; it reaches every other one.
    pub top: Arc<Module>,
    /// One plan a layer.
    pub plans: Vec<LayerPlan>,
    /// Steps of the longest sample without a protocol error; `None`: any number.
    pub longest_sample: Option<usize>,
    /// What was asked for.
    pub options: DesignOptions,
    /// Layout of the input stream.
    pub input: Layout,
    /// Layout of the output stream.
    pub output: Layout,
    /// Layout of each layer's probe stream; empty without the probe.
    pub probes: Vec<ProbeLayout>,
    /// By layer: which circuits its lanes are made of.
    pub forms: Vec<Vec<Form>>,
    /// What an image for the load port holds; `None` where weights are part of the design.
    pub load: Option<LoadMap>,
}

/// Describes the hardware of a network. Top-level ports: `clk_i`, `rst_i` (synchronous, active high), `s_axis_*`,
/// `m_axis_*`, `protocol_error_o`, with the probe `m_axis_probeL_*` for each layer L, and where weights are loaded
/// `s_load_*`, `loaded_o`, `image_version_o`, `load_error_o`, `load_reason_o` ([`LoadMap`]).
///
/// # Errors
/// Lane numbers that do not fit the network.
pub fn design(network: &QuantNetwork, options: &DesignOptions) -> Result<Design, PlanError> {
    let mut fed = network.input.payloads();
    let (mut latencies, mut forms, mut assumed) = (Vec::new(), Vec::new(), Vec::new());
    let (mut layers, mut columns) = (Vec::new(), Vec::new());
    for quant in &network.layers {
        let (quant, assume, sum) = match options.weights {
            Weights::Rom => {
                let assume = Assume::of(quant, fed, options.forms).on(options.fabric);
                (quant.clone(), assume, sum_type(quant, fed))
            }
            Weights::Writable | Weights::Loaded => {
                let assume = Assume::nothing(any::bias_type(quant, fed)).on(options.fabric);
                (any::layer(quant, fed)?, assume, any::sum_type(quant, fed))
            }
        };
        let lane = neuron::lane(&quant, "gs_plan", sum, &assume)?;
        latencies.push(lane.latency);
        forms.push(lane.forms);
        columns.push(lane.columns);
        assumed.push(assume);
        fed = quant.payloads();
        layers.push(quant);
    }
    let network = &QuantNetwork {
        layers,
        name: network.name.clone(),
        input: network.input.clone(),
        ..*network
    };
    let plans = plan(network, options, &latencies)?;
    let banked = options.weights == Weights::Writable;
    let load = options.weights.has_port().then(|| {
        let fed = network.input.payloads();
        LoadMap::new(fed, &network.layers, &plans, columns, banked)
    });
    let prefix = format!("gs_{}", identifier(&network.name));
    let input = Layout::into_layer(&plans[0]);
    let output = Layout::new(plans[plans.len() - 1].neurons, plans[plans.len() - 1].fires);

    let steps = longest_sample(network);
    let guard = guard(&format!("{prefix}_guard"), &plans[0], steps)?;
    let mut b = Builder::new(
        prefix.clone(),
        format!(
            "Spiking network {}: {} axons in, {} neurons out, {} layers.\n\
             TDATA = {{zeros, null, payload, address}}: in {}{} address and {} payload bits, out {} address{} bits.\n\
             TLAST ends a time step; TUSER with TLAST: last step of the sample; a null beat carries no event.",
            network.name,
            plans[0].axons,
            plans[plans.len() - 1].neurons,
            plans.len(),
            match input.slots {
                1 => String::new(),
                slots => format!("{slots} slots of "),
            },
            input.address,
            input.payload,
            output.address,
            if output.signed { " and 1 sign" } else { "" }
        ),
    );
    let valid = b.input("s_axis_tvalid", Ty::BIT);
    let s_ready = b.wire("input_ready", Ty::BIT);
    b.output("s_axis_tready", s_ready);
    let mut taken = Forward {
        valid,
        data: b.input("s_axis_tdata", Ty::u(input.tdata_bits())),
        last: b.input("s_axis_tlast", Ty::BIT),
        user: b.input("s_axis_tuser", Ty::BIT),
    };
    b.port_doc(
        "s_axis_tdata",
        if input.slots > 1 {
            "{zeros, slots}, the first in the low bits, each {null, payload, address}"
        } else if input.repeats {
            "{zeros, null, payload, address}; with null and tlast, payload bit 0: the step is as the one before"
        } else {
            "{zeros, null, payload, address}"
        },
    );
    b.port_doc("s_axis_tlast", "last beat of the time step");
    b.port_doc("s_axis_tuser", "with tlast: last step of the sample");
    let registered_ports = options.fabric.registers_ports && load.is_none();
    let mut accepted = s_ready;
    if registered_ports {
        accepted = b.wire("input_taken", Ty::BIT);
        let module = format!("{prefix}_input");
        let (forward, ready) = registered(&mut b, (&module, "u_input"), taken, accepted)?;
        taken = forward;
        b.assign(s_ready, ready);
    }
    let mut beat = taken.unpacked(&mut b, input);

    let mut load_port = match &load {
        Some(map) => Some(LoadPort::new(&mut b, &prefix, map, &plans)?),
        None => None,
    };
    if let Some(port) = &load_port {
        beat.valid = b.and(beat.valid, port.goes);
    }

    let out = OutputPorts::declare(&mut b, "m_axis", &[Ty::u(output.tdata_bits())]);
    b.port_doc(
        "m_axis_tdata",
        if output.signed {
            "{zeros, null, sign, address}; sign 1: a spike of -1"
        } else {
            "{zeros, null, address}"
        },
    );
    let error = b.wire("error", Ty::BIT);
    b.output("protocol_error_o", error);
    b.port_doc(
        "protocol_error_o",
        &error_doc("sticky until reset: an illegal input beat", steps),
    );

    let mut ready = b.wire("guard_ready", Ty::BIT);
    let mut ports = beat.connect("s");
    ports.push(("m_ready_i".to_owned(), vec![ready]));
    let guard = b.instance("u_guard", &guard, &connections(&ports));
    let mut accepts = guard.out("s_ready_o");
    if let Some(port) = &load_port {
        accepts = b.and(accepts, port.goes);
        let accepted = b.and(beat.valid, accepts);
        let ends = b.and(beat.last, beat.user);
        port.accepted(&mut b, accepted, ends);
    }
    b.assign(accepted, accepts);
    b.assign(error, guard.out("error_o"));
    beat = Beat::of_instance(&guard, "m", input);

    let mut probes = Vec::new();
    for (index, (plan, quant)) in plans.iter().zip(&network.layers).enumerate() {
        let sizes: &[_] = load_port.as_ref().map_or(&[], |port| &port.sizes[index]);
        let module = layer(
            &format!("{prefix}_l{index}"),
            plan,
            quant,
            index == 0,
            options.probe,
            &assumed[index],
            (sizes, banked),
        )?;
        let next_ready = if index + 1 == plans.len() && !registered_ports {
            out.ready
        } else {
            b.wire(&format!("layer{index}_ready"), Ty::BIT)
        };
        let mut ports = beat.connect("s");
        if index == 0 {
            ports.push(("s_claim_i".to_owned(), vec![guard.out("claim_o")]));
        }
        ports.push(("m_ready_i".to_owned(), vec![next_ready]));
        if let Some(port) = &mut load_port {
            ports.extend(port.connect(&mut b, index));
        }
        let mut probe_ports = None;
        if options.probe {
            let layout = ProbeLayout::of(quant);
            let elements = vec![Ty::u(layout.width()); plan.neuron_lanes as usize];
            let stream = OutputPorts::declare(&mut b, &format!("m_axis_probe{index}"), &elements);
            ports.push(("probe_ready_i".to_owned(), vec![stream.ready]));
            probes.push(layout);
            probe_ports = Some(stream);
        }
        let instance = b.instance(&format!("u_layer{index}"), &module, &connections(&ports));
        b.assign(ready, instance.out("s_ready_o"));
        if let Some(stream) = probe_ports {
            stream.drive(
                &mut b,
                instance.out("probe_valid_o"),
                &instance.out_vec("probe_data_o"),
                instance.out("probe_last_o"),
                instance.out("probe_user_o"),
            );
        }
        beat = Beat::of_instance(&instance, "m", Layout::new(plan.neurons, plan.fires));
        ready = next_ready;
    }
    if let Some(port) = &load_port {
        let leaves = [out.ready, beat.last, beat.user]
            .into_iter()
            .fold(beat.valid, |all, bit| b.and(all, bit));
        b.assign(port.left, leaves);
    }
    let mut leaving = beat.packed(&mut b, output);
    if registered_ports {
        let module = format!("{prefix}_output");
        let (forward, taken) = registered(&mut b, (&module, "u_output"), leaving, out.ready)?;
        leaving = forward;
        b.assign(ready, taken);
    }
    let (data, last, user) = (leaving.data, leaving.last, leaving.user);
    out.drive(&mut b, leaving.valid, &[data], last, user);
    Ok(Design {
        top: b.finish()?,
        plans,
        longest_sample: steps,
        options: options.clone(),
        input,
        output,
        probes,
        forms,
        load,
    })
}

/// Steps of the longest sample that every layer has constants for; `None` where no layer's depend on the step.
pub(crate) fn longest_sample(network: &QuantNetwork) -> Option<usize> {
    let neurons = network.layers.iter().map(|layer| &layer.neuron);
    let by_step = neurons.filter(|neuron| neuron.by_step());
    by_step.map(|neuron| neuron.steps()).min()
}

/// One AXI4-Stream output of the top, declared before it is driven so that its ports stand together.
struct OutputPorts {
    valid: Sig,
    ready: Sig,
    data: Vec<Sig>,
    last: Sig,
    user: Sig,
}

impl OutputPorts {
    fn declare(b: &mut Builder, prefix: &str, elements: &[Ty]) -> Self {
        let valid = b.wire(&format!("{prefix}_valid"), Ty::BIT);
        b.output(&format!("{prefix}_tvalid"), valid);
        let ready = b.input(&format!("{prefix}_tready"), Ty::BIT);
        let data: Vec<Sig> = elements
            .iter()
            .enumerate()
            .map(|(index, &ty)| b.wire(&format!("{prefix}_data{index}"), ty))
            .collect();
        b.output_vec(&format!("{prefix}_tdata"), &data);
        let last = b.wire(&format!("{prefix}_last"), Ty::BIT);
        b.output(&format!("{prefix}_tlast"), last);
        let user = b.wire(&format!("{prefix}_user"), Ty::BIT);
        b.output(&format!("{prefix}_tuser"), user);
        Self {
            valid,
            ready,
            data,
            last,
            user,
        }
    }

    fn drive(self, b: &mut Builder, valid: Sig, data: &[Sig], last: Sig, user: Sig) {
        b.assign(self.valid, valid);
        for (&wire, &value) in self.data.iter().zip(data) {
            b.assign(wire, value);
        }
        b.assign(self.last, last);
        b.assign(self.user, user);
    }
}

/// A Verilog identifier part made of a network's name.
fn identifier(name: &str) -> String {
    name.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .collect()
}

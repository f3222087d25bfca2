//! `datasheet.md`: what was generated, what it costs in cycles and bits, and how to put it into a design.
//!
//! All numbers come from the plan, from the modules themselves, and one from the embedded simulator (the latency of a
//! silent step); nothing here is estimated. Area and clock frequency belong to the synthesis report.

use std::fmt::Write as _;

use goldspike_golden::quant::{QuantLayer, QuantNetwork};

use crate::emit::{EmitError, Stream, cost, one_line};
use crate::engine::Bench;
use crate::engine::Stalls;
use crate::engine::beats::{BeatStimulus, InputBeat};
use crate::rtl::load_map::{FORMAT, MAGIC, Refusal};
use crate::rtl::stream::Layout;
use crate::rtl::{Design, Form};

/// Text of the datasheet.
pub(crate) fn datasheet(
    design: &Design,
    network: &QuantNetwork,
    digest: &str,
    command: &str,
) -> Result<String, EmitError> {
    let mut out = String::new();
    let top = design.top.name();
    let _ = write!(
        out,
        "# {top}\n\n\
         Spiking neural network `{}`: {} axons in, {} neurons out, {} layer{}. One clock, one synchronous reset, \
         AXI4-Stream on both sides. For every legal input it gives the spikes of the golden model of this digest, bit \
         for bit.\n\n\
         | | |\n|---|---|\n| generator | goldspike {} |\n| digest | `{}` |\n| command | `{}` |\n\
         | trained for | {} time steps a sample; the circuit takes any number |\n\n",
        one_line(&network.name),
        design.plans[0].axons,
        design.plans[design.plans.len() - 1].neurons,
        design.plans.len(),
        if design.plans.len() == 1 { "" } else { "s" },
        env!("CARGO_PKG_VERSION"),
        one_line(digest),
        one_line(command),
        network.time_steps,
    );
    layers(&mut out, design, network);
    forms(&mut out, design, network);
    timing(&mut out, design, silent_latency(design)?);
    storage(&mut out, design);
    ports(&mut out, design);
    events(&mut out, design, network);
    protocol(&mut out, design);
    load_port(&mut out, design);
    instantiation(&mut out, design);
    Ok(out)
}

fn layers(out: &mut String, design: &Design, network: &QuantNetwork) {
    out.push_str(
        "## Layers\n\n\
         P synapse lanes add one weight each in a cycle; Q neuron lanes update Q neurons in a cycle; G = ceil(neurons / P) \
         groups are summed one after the other; S is the shortest pass over a group in cycles. Formats are written as \
         integer bits (sign included) and fraction bits.\n\n\
         | layer | model | axons | neurons | P | Q | G | S | banks | weight | sum | membrane | rounding | overflow | lane stages |\n\
         |---|---|--:|--:|--:|--:|--:|--:|--:|---|---|---|---|---|--:|\n",
    );
    for (plan, layer) in design.plans.iter().zip(&network.layers) {
        let QuantLayer {
            name,
            weight_bits,
            accumulator,
            membrane,
            rounding,
            overflow,
            neuron,
            ..
        } = layer;
        let _ = writeln!(
            out,
            "| {name} | {} | {} | {} | {} | {} | {} | {} | {} | {weight_bits} bit | {accumulator} ({} bit) | {membrane} ({} bit) | {rounding} | {overflow} | {} |",
            neuron.model.info().name,
            plan.axons,
            plan.neurons,
            plan.lanes,
            plan.neuron_lanes,
            plan.groups,
            plan.spacing,
            plan.banks,
            accumulator.width,
            membrane.width,
            plan.lane_latency,
        );
    }
    out.push('\n');
}

fn forms(out: &mut String, design: &Design, network: &QuantNetwork) {
    out.push_str(
        "## Neuron lanes\n\nWhat the lanes are made of. No form changes a bit; what is left out cannot act, whatever the events.\n\n\
         | layer | part | circuit | why |\n|---|---|---|---|\n",
    );
    for (forms, layer) in design.forms.iter().zip(&network.layers) {
        for Form { part, form, why } in forms {
            let _ = writeln!(out, "| {} | {part} | {form} | {why} |", layer.name);
        }
    }
    out.push('\n');
}

fn timing(out: &mut String, design: &Design, latency: u64) {
    let beats = match design.input.slots {
        1 => String::new(),
        slots => format!(", ceil(events / {slots}) for a step"),
    };
    let _ = write!(
        out,
        "## Cycles\n\n\
         What a layer takes for a time step, by its events, in the steady state and without stalls; the input takes one beat a cycle{beats}. The layers work on different time steps at the same time, so \
         a step costs as much as its slowest layer:\n\n| layer | cycles of a step | silent step | every axon spikes |\n|---|---|--:|--:|\n",
    );
    for (index, plan) in design.plans.iter().enumerate() {
        let _ = writeln!(
            out,
            "| {index} | {} | {} | {} |",
            plan.cycles_formula(),
            plan.step_cycles(0),
            plan.step_cycles(u32::try_from(plan.axons).unwrap_or(u32::MAX)),
        );
    }
    let _ = write!(
        out,
        "\nLatency: {latency} cycles from the beat that ends a silent first step to the beat that ends it at the output, \
         both included (measured in the embedded simulator). After a reset `s_axis_tready` stays low for about {} cycles \
         while the address memory is cleared, and again once in 65,535 steps.\n\n",
        design.plans[0].axons
    );
}

/// Cycles from TLAST in to TLAST out of one silent step, both included, the clearing after the reset left out.
fn silent_latency(design: &Design) -> Result<u64, EmitError> {
    let gap = u32::try_from(design.plans[0].axons)
        .unwrap_or(u32::MAX)
        .saturating_add(8);
    let beat = InputBeat {
        data: design.input.pack_null(),
        last: true,
        user: true,
        gap,
    };
    let mut stimulus = BeatStimulus::with_stalls(design, vec![beat], Stalls::NONE);
    stimulus.beats[0].gap = gap;
    stimulus.hang += u64::from(gap);
    let outcome = Bench::new(design)?
        .play(&stimulus, |_| {})
        .map_err(|error| EmitError::Silent(error.to_string()))?;
    Ok(outcome.cycles)
}

fn storage(out: &mut String, design: &Design) {
    let (memories, registers) = cost::cost(&design.top);
    out.push_str("## Memory\n\n| module | memory | words | bits a word | instances | bits |\n|---|---|--:|--:|--:|--:|\n");
    for memory in &memories {
        let cost::Memory {
            module,
            name,
            depth,
            bits,
            instances,
        } = memory;
        let _ = writeln!(
            out,
            "| {module} | {name} | {depth} | {bits} | {instances} | {} |",
            memory.total()
        );
    }
    let total: usize = memories.iter().map(cost::Memory::total).sum();
    let _ = write!(
        out,
        "\nIn all {total} memory bits and {registers} register bits as described; synthesis may remove some. Each memory \
         has one registered read port and at most one write port on the same clock. The `.hex` files hold the initial \
         contents; tools look for them in the folder they run in, or where the module parameter `*_FILE` points.\n\n"
    );
}

fn ports(out: &mut String, design: &Design) {
    out.push_str("## Ports\n\n| port | direction | bits | meaning |\n|---|---|--:|---|\n");
    out.push_str("| clk_i | in | 1 | clock, rising edge |\n| rst_i | in | 1 | synchronous reset, active high, one cycle is enough |\n");
    for port in design.top.ports() {
        let direction = if port.is_input { "in" } else { "out" };
        let _ = writeln!(
            out,
            "| {} | {direction} | {} | {} |",
            port.name,
            port.bits(),
            port.doc.unwrap_or_else(|| meaning(port.name))
        );
    }
    out.push('\n');
}

fn meaning(port: &str) -> &'static str {
    let stem = port.rsplit('_').next().unwrap_or_default();
    match stem {
        "tvalid" => "the beat is there",
        "tready" => "the beat is taken",
        "tdata" if port.contains("probe") => "one row of the probe",
        "tdata" => "{zeros, null, payload, address}",
        "tlast" => "last beat of the time step",
        "tuser" => "with tlast: last step of the sample",
        _ => "",
    }
}

fn events(out: &mut String, design: &Design, network: &QuantNetwork) {
    out.push_str("## Events\n\n");
    match design.input.slots {
        1 => out.push_str("A beat carries at most one event."),
        slots => {
            let bits = design.input.slot_bits();
            let _ = write!(
                out,
                "A beat of s_axis has {slots} slots of {bits} bits, the first in the low bits of TDATA and each as the table has it \
                 for bits {}:0; a slot with null = 1 carries no event. Below, a null beat is one whose slots are all null. A beat of \
                 m_axis carries at most one event.",
                bits - 1
            );
        }
    }
    out.push_str("\n\n| stream | TDATA | address | payload | null |\n|---|--:|---|---|---|\n");
    let mut row = |stream: &str, layout: Layout, addresses: usize| {
        let Layout {
            address,
            payload,
            signed,
            ..
        } = layout;
        let payload_field = if payload == 0 {
            "none: a spike".to_owned()
        } else if signed {
            format!("bit {address}, sign: 0 is a spike of 1, 1 of -1")
        } else {
            format!(
                "bits {}:{address}, 1 to {}",
                address + payload - 1,
                design.plans[0].fed.max
            )
        };
        let _ = writeln!(
            out,
            "| {stream} | {} bits | bits {}:0, 0 to {} | {payload_field} | bit {} |",
            layout.tdata_bits(),
            address - 1,
            addresses - 1,
            address + payload
        );
    };
    row("s_axis", design.input, design.plans[0].axons);
    row(
        "m_axis",
        design.output,
        design.plans[design.plans.len() - 1].neurons,
    );
    out.push_str("\nBits above null are 0 at the output and ignored at the input.\n\n");
    if let Some(repeat) = design.input.pack_repeat() {
        let _ = write!(
            out,
            "A step with the events of the step before it in the sample may be sent as one beat on s_axis: TLAST, null, and \
             the payload's bit 0 (TDATA {repeat:#x}; {:#x} is a step without events). The first layer then takes the sums of \
             the step before. As the first step of a sample, or after an event in the step, such a beat is illegal and \
             says no more than the null beat does.\n\n",
            design.input.pack_null()
        );
    } else if design.input.is_analogue() {
        out.push_str(
            "A beat on s_axis with TLAST, null and the payload's bit 0 is illegal: sums are not kept (`--constant-input \
             recompute`).\n\n",
        );
    }
    if design.probes.is_empty() {
        return;
    }
    out.push_str(
        "Each probe stream gives one beat a row of Q neurons, in ascending order; neuron `row * Q + lane` is element \
         `lane`, element 0 in the low bits. Elements beyond the last neuron carry nothing. Each probe must be read: one \
         that is never ready stops the network.\n\n\
         | probe | bits of an element | from the low bits | beats a step |\n|---|--:|---|--:|\n",
    );
    let layers = design.probes.iter().zip(&design.plans).zip(&network.layers);
    for (index, ((layout, plan), layer)) in layers.enumerate() {
        let states: Vec<String> = layout
            .states
            .iter()
            .zip(layer.neuron.states())
            .map(|(ty, state)| format!("{} {ty}", state.name))
            .collect();
        let _ = writeln!(
            out,
            "| m_axis_probe{index} | {} | spike {}, h {}, {} | {} |",
            layout.width(),
            layout.spike,
            layout.h,
            states.join(", "),
            plan.rows
        );
    }
    out.push('\n');
}

fn protocol(out: &mut String, design: &Design) {
    let _ = write!(
        out,
        "## Protocol\n\n\
         - Every time step ends with exactly one beat with TLAST. It carries the step's last event, or null = 1 and no \
         event; a silent step is one beat with null and TLAST.\n\
         - TUSER counts only with TLAST: last step of the sample. The next step starts from the initial state. A sample has \
         at least one step.\n\
         - Events of a step may come in any order, each address at most once.\n\
         - TVALID, once high, stays high with the same TDATA, TLAST and TUSER until TREADY. TREADY may fall at any time; a \
         pause anywhere loses and repeats nothing.\n\
         - An address above {}, {}an address twice in a step, or a null beat without TLAST is accepted and dropped, and sets \
         `protocol_error_o` until the next reset. TLAST and TUSER of such a beat still count. The stream goes on.\n\
         {}- Every step that goes in comes out, silent ones included, with its TUSER.\n\n\
         One step with the events 3 and 1, then a silent step that ends the sample; an output neuron fires in the first \
         step (addresses and times are an example, not this design's):\n\n```text\n\
         clk_i          _/~\\_/~\\_/~\\_/~\\_/~\\_ ... _/~\\_/~\\_/~\\_/~\\_\n\
         s_axis_tvalid  ____/~~~~~~~~~~~\\____ ... __________________\n\
         s_axis_tready  ~~~~~~~~~~~~~~~~~~~~~ ... ~~~~~~~~~~~~~~~~~~\n\
         s_axis_tdata   ----< 3 >< 1 ><null>- ... ------------------\n\
         s_axis_tlast   ________/~~~~~~~\\____ ... __________________\n\
         s_axis_tuser   ____________/~~~\\____ ... __________________\n\
         m_axis_tvalid  _____________________ ... _/~~~\\____/~~~\\___\n\
         m_axis_tdata   --------------------- ... -< 2 >----<null>--\n\
         m_axis_tlast   _____________________ ... _/~~~\\____/~~~\\___\n\
         m_axis_tuser   _____________________ ... __________/~~~\\___\n\
         ```\n\n",
        design.plans[0].axons - 1,
        if design.input.payload > 0 {
            format!("a payload above {}, ", design.plans[0].fed.max)
        } else {
            String::new()
        },
        design.longest_sample.map_or_else(String::new, |steps| format!(
            "- A sample of more than {steps} steps sets `protocol_error_o` too: neurons have constants for {steps} steps, and \
             from there on the last ones stay.\n"
        )),
    );
}

/// What an image does where memories have two banks.
const BANKED: &str = "\
- Every memory of weights and constants has two banks. An image is written into the bank that is not read; the \
banks of all layers are exchanged in one cycle, once the whole image came and its CRC-32 was right.
- While an image is taken, samples wait: `s_axis_tready` is low from its first word to the exchange. An image that \
begins while a sample is in flight, from its first beat in to its last beat out, is refused. \
Whoever sends the image must send all of it.
- What is refused is taken to its TLAST, changes nothing, and is shown by `load_error_o` and `load_reason_o` until \
an image is applied, or a reset.
- A reset forgets an image that is on its way. It does not forget those that were applied.
";

/// What it does where they have one, and nothing stands in it at first.
const LOADED_FIRST: &str = "\
- The design holds no weights and constants of its own. Samples wait, `s_axis_tready` is low, until a whole image came and \
its CRC-32 was right: `loaded_o` is 1 from then on.
- Every memory of weights and constants is there once. A later image is taken when no sample is in flight, from its first \
beat in to its last beat out; one that begins earlier is refused. Behind its fifth word nothing is loaded, and samples \
wait, until all of it came. Whoever sends the image must send all of it.
- What is refused is taken to its TLAST, and is shown by `load_error_o` and `load_reason_o` until an image is applied, or a \
reset. Refused for its first five words it changes nothing; refused later it leaves nothing loaded, and samples wait for \
the next one.
- A reset forgets an image that is on its way, and what that one had begun to replace. It does not forget one that was whole.
";

fn load_port(out: &mut String, design: &Design) {
    let Some(map) = &design.load else {
        return;
    };
    let _ = write!(
        out,
        "## Load port\n\n\
         `s_load_*` takes images: packets of {} words of 32 bits, TLAST with the last one. An image rewrites every weight, \
         bias and constant of every neuron; tables, widths and modes stay. `goldspike image` makes one.\n\n\
         | word | holds |\n|--:|---|\n\
         | 0 | `{MAGIC:08x}` |\n| 1 | {FORMAT}, the format |\n| 2 | version, shown as `image_version_o` |\n\
         | 3 | `{:08x}`, the shape of this design |\n| 4 | {}, the payload's words |\n\
         | 5 … {} | payload |\n| {} | CRC-32/ISO-HDLC of the words before, the lowest byte of a word first |\n\n\
         The payload is, by layer, the weights, the constants by row and the constants by step; of each memory its words in \
         the order of their addresses, each in pieces of 32 bits, the lowest first.\n\n\
         {}\
         - A word takes eight cycles, the last one of an image nine.\n\n\
         | load_reason_o | |\n|--:|---|\n",
        map.words(),
        map.shape(),
        map.payload_words(),
        map.words() - 2,
        map.words() - 1,
        if map.banked { BANKED } else { LOADED_FIRST },
    );
    for reason in Refusal::ALL {
        let _ = writeln!(out, "| {} | {} |", reason as u8, reason.text());
    }
    out.push_str(
        "\nWidths are those of any weights and constants, so nothing is left out of a lane because of a bound:\n\n\
         | layer | sum of any weights | with any bias |\n|---|--:|--:|\n",
    );
    for (name, plan) in map.layer_names().zip(&design.plans) {
        let _ = writeln!(
            out,
            "| {name} | {} bit | {} bit |",
            plan.sum.width(),
            plan.accumulator.width()
        );
    }
    out.push('\n');
}

fn instantiation(out: &mut String, design: &Design) {
    let _ = writeln!(
        out,
        "## Instantiation\n\nAdd the files of `files.f` (Verilog-2005) and run the tools in this folder, or copy the \
         `.hex` files to where they run.\n\n```verilog\n{} u_snn (",
        design.top.name()
    );
    let mut names = vec!["clk_i", "rst_i"];
    names.extend(design.top.ports().map(|port| port.name));
    let width = names.iter().map(|name| name.len()).max().unwrap_or(0);
    let lines: Vec<String> = names
        .iter()
        .map(|name| format!("    .{name:width$} ({name})"))
        .collect();
    let _ = writeln!(
        out,
        "{}\n);\n```\n\nStreams of this design: {}.",
        lines.join(",\n"),
        stream_names(design)
    );
}

fn stream_names(design: &Design) -> String {
    let outputs = Stream::all(design).into_iter().map(|stream| stream.prefix);
    std::iter::once("s_axis".to_owned())
        .chain(outputs)
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

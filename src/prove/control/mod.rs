//! Control is proved: what moves events, steps and credits loses, repeats and reorders none, whatever stalls.
//!
//! A claim is about one module of a design as it is emitted: text with assertions is put before its `endmodule`, Yosys reads both,
//! and `yosys-smtbmc` shows that they hold after a reset from any state (for the first cycles) and that they go on to hold (by
//! induction). Memories are arrays of any size, widths those of the plan, so that a claim is about the design itself and not
//! about a smaller one. What is told apart by following it — an event, an entry of a queue, an address — is any one.
//!
//! A claim about a module assumes what its neighbours keep to; it says so, and their claims state it.

mod ask;
mod buffer;
mod formal;
mod guard;
mod guard_stages;
mod loader;
mod meeting;
mod neighbours;
mod neurons;
mod passes;
mod port_registers;
mod queue;
mod shapes;
mod spikes;
mod trace;
mod waiting;

use std::fmt::Write as _;
use std::sync::Arc;

pub(crate) use self::formal::KEPT;
use self::formal::{Asserted, Formal};
use super::error::ProveError;
use crate::hdl::{Module, VerilogFile, all_modules, verilog};
use crate::rtl::load_port::samples_in_flight;
use crate::rtl::{Design, LayerPlan};

pub use meeting::meeting_claims;
pub use neighbours::{ASSUMPTIONS, Assumption, Ground};
pub use shapes::control_shapes;

/// Properties of one module of a design.
#[derive(Clone, Debug)]
pub struct ControlClaim {
    /// The module, in words.
    pub name: String,
    /// Its Verilog name.
    pub top: String,
    /// It, and what is in it, as they are emitted.
    pub modules: Vec<VerilogFile>,
    /// By module: what is asked.
    formal: Vec<Formal>,
    /// Ports of the module.
    ports: Vec<String>,
    /// Most cycles of an induction.
    depth: u32,
    /// Cycles within which what must be possible is seen.
    seen_within: u32,
    /// Whether what is in the module, or around it, gives anything.
    cut: bool,
}

impl ControlClaim {
    /// What is claimed: a label for each, and words.
    #[must_use]
    pub fn stated(&self) -> Vec<(String, String)> {
        let stated = self.formal.first().into_iter().flat_map(Formal::stated);
        stated
            .map(|(label, words)| (label.to_owned(), words.to_owned()))
            .collect()
    }

    /// Labels of what is assumed of what is around the module.
    #[must_use]
    pub fn assumptions(&self) -> Vec<String> {
        let own = self.formal.first().into_iter();
        own.flat_map(Formal::assumptions)
            .map(str::to_owned)
            .collect()
    }

    /// What is assumed, in words.
    #[must_use]
    pub fn assumed(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for words in self.formal.iter().flat_map(Formal::assumed) {
            if all.iter().all(|known| known != words) {
                all.push(words.to_owned());
            }
        }
        all
    }

    /// Whether every module of the claim is as it is emitted.
    pub(crate) const fn is_whole(&self) -> bool {
        !self.cut
    }

    /// Labels of what must be possible.
    fn seen(&self) -> Vec<String> {
        let seen = self.formal.first().into_iter().flat_map(Formal::seen);
        seen.map(str::to_owned).collect()
    }

    /// The module, and what is in it, with one more output, [`KEPT`]: whether its environment keeps to what is assumed.
    pub(crate) fn watched(&self) -> Vec<VerilogFile> {
        let parts = self.modules.iter().zip(&self.formal).enumerate();
        let texts = parts.map(|(number, (file, formal))| match number {
            0 => {
                let text = self.with(file, &formal.text(Asserted::Nothing));
                with_output(&text, &file.name, KEPT, "")
            }
            // What a child assumes is its parent's to keep.
            _ => self.with(file, &formal.text(Asserted::Never(usize::MAX))),
        });
        let files = self.modules.iter().zip(texts);
        files
            .map(|(file, text)| VerilogFile {
                text,
                ..file.clone()
            })
            .collect()
    }

    /// The same claim about modules that have other texts, by their names.
    pub(crate) fn with_texts(&self, text: impl Fn(&str) -> String) -> Self {
        let mut claim = self.clone();
        for file in &mut claim.modules {
            file.text = text(&file.name);
        }
        claim
    }

    /// A module's text with what is asked of it; a child shows its parent what is known of it.
    fn with(&self, file: &VerilogFile, asked: &str) -> String {
        let (mut text, mut asked) = (file.text.clone(), asked.to_owned());
        for (child, formal) in self.modules.iter().zip(&self.formal).skip(1) {
            for (name, register, bits) in &formal.taps {
                let range = format!("[{}:0]", bits - 1);
                let tap = format!("f_{name}");
                if file.name == child.name {
                    text = with_output(&text, &child.name, &tap, &range);
                    asked.push_str(&format!("assign {tap} = {register};\n"));
                }
                for instance in instances_of(&text, &child.name) {
                    let place = format!("{} u_{instance} (", child.name);
                    let wire = format!("f_{instance}_{name}");
                    let known = format!("wire {range} {wire};\n{place}\n        .{tap}({wire}),");
                    text = text.replacen(&place, &known, 1);
                }
            }
        }
        match text.rfind("endmodule") {
            Some(end) => format!("{}{asked}{}", &text[..end], &text[end..]),
            None => text,
        }
    }
}

/// The claims of a design: registers at the pins, guard, load port, and of each layer event buffer, pass controller,
/// sequencer of the neurons, queues and serialiser.
///
/// # Errors
/// Only an internal bug.
pub fn control_claims(design: &Design) -> Result<Vec<ControlClaim>, ProveError> {
    let modules = all_modules(&design.top);
    let prefix = design.top.name();
    let find = |name: String| modules.iter().find(|module| module.name() == name);
    let mut all = Vec::new();
    for side in ["input", "output"] {
        if let Some(module) = find(format!("{prefix}_{side}")) {
            let formal = port_registers::formal(module);
            all.push(claim(
                format!("registers at the {side}'s pins"),
                &[(module, formal)],
                4,
                10,
            )?);
        }
    }
    if let Some(module) = find(format!("{prefix}_guard")) {
        let plan = &design.plans[0];
        let formal = guard::formal(module, plan, design.longest_sample);
        let name = format!(
            "guard of {} axons{}",
            plan.axons,
            events_a_beat(plan.beat_events)
        );
        all.push(claim(name, &[(module, formal)], 10, 18 + size(plan.axons))?);
    }
    if let (Some(module), Some(map)) = (find(format!("{prefix}_loader")), &design.load) {
        let formal = loader::formal(module, map, samples_in_flight(&design.plans));
        let banks = if map.banked { "two banks" } else { "one bank" };
        let name = format!("loader of {banks}, {} words", map.words());
        all.push(claim(name, &[(module, formal)], 24, 70)?);
    }
    for (index, plan) in design.plans.iter().enumerate() {
        let of = |unit: &str| find(format!("{prefix}_l{index}_{unit}"));
        let stages = plan.fabric.memory_stages;
        if let Some(module) = of("event_buffer") {
            let name = format!(
                "layer {index}: event buffer of {} banks, {} axons, {} events a cycle{}",
                plan.banks,
                plan.axons,
                plan.events,
                events_a_beat(plan.beat_events)
            );
            let formal = buffer::formal(module, plan);
            all.push(claim(
                name,
                &[(module, formal)],
                5 + stages,
                12 + plan.banks + stages,
            )?);
        }
        if let Some(module) = of("crossbar") {
            let name = format!(
                "layer {index}: pass controller of {} groups, {} credits, {} events a cycle",
                plan.groups, plan.credits, plan.events
            );
            let queues = 1 + usize::from(design.options.probe);
            let (formal, to_hand) = passes::formal(module, plan, queues);
            let seen = 8 + plan.groups * plan.spacing;
            all.push(claim(name, &[(module, formal)], to_hand + 3, seen)?);
        }
        if let (Some(module), Some(lane)) = (of("neurons"), of("lane")) {
            all.push(of_neurons(index, plan, module, lane)?);
        }
        for unit in ["spikes_queue", "probe_queue"] {
            if let Some(module) = of(unit)
                && let Some(formal) = queue::formal(module, plan.fabric)
            {
                let name = format!("layer {index}: {}", unit.replace('_', " "));
                all.push(claim(name, &[(module, formal)], 4 + stages, 12 + stages)?);
            }
        }
        if let (Some(module), Some(inner)) = (of("spikes"), of("spikes_queue"))
            && let Some(of_queue) = queue::formal(inner, plan.fabric)
        {
            let name = format!(
                "layer {index}: serialiser of {} rows of {} spikes",
                plan.rows, plan.neuron_lanes
            );
            let formal = spikes::formal(module, plan);
            all.push(claim(
                name,
                &[(module, formal), (inner, of_queue)],
                10 + stages,
                16 + stages,
            )?);
        }
    }
    Ok(all)
}

/// The claim about the neurons of a layer, whose lanes give anything.
fn of_neurons(
    index: usize,
    plan: &LayerPlan,
    module: &Arc<Module>,
    lane: &Arc<Module>,
) -> Result<ControlClaim, ProveError> {
    let name = format!(
        "layer {index}: sequencer of {} rows of {} neurons, {} groups",
        plan.rows, plan.neuron_lanes, plan.groups
    );
    let text = verilog(module, "")?.text;
    let formal = neurons::formal(module, lane, plan, &text);
    let rounds = 3 * plan.groups * plan.spacing;
    let seen = rounds + plan.revisit() + 10;
    let mut claim = claim(name, &[(module, formal)], 4, seen)?;
    claim.modules.push(anything(&verilog(lane, "")?));
    claim.formal.push(neurons::of_lane(lane));
    claim.cut = true;
    Ok(claim)
}

/// Of a unit that takes beats of this many events.
fn events_a_beat(events: u32) -> String {
    match events {
        1 => String::new(),
        several => format!(", {several} events a beat"),
    }
}

/// What the instances of a module are called in a text, without their `u_`.
fn instances_of(text: &str, module: &str) -> Vec<String> {
    let names = text.lines().map(str::trim).filter_map(|line| {
        let name = line.strip_prefix(module)?.strip_prefix(" u_")?;
        name.strip_suffix(" (").map(str::to_owned)
    });
    names.collect()
}

/// The text of a module with one more output: where ports are declared in the list, or, as Yosys writes it, in the body.
fn with_output(text: &str, module: &str, output: &str, range: &str) -> String {
    let in_list = (format!("module {module} ("), format!("module {module} #("));
    let declared = format!("output wire {range} {output}");
    let in_body = format!("module {module}(");
    if text.contains(&in_body) {
        let text = text.replacen(&in_body, &format!("{in_body}{output}, "), 1);
        return match text.rfind("endmodule") {
            Some(end) => format!("{}{declared};\n{}", &text[..end], &text[end..]),
            None => text,
        };
    }
    let head = if text.contains(&in_list.1) {
        "\n) ("
    } else {
        &in_list.0
    };
    text.replacen(head, &format!("{head}\n    {declared},"), 1)
}

/// A size as cycles, where it is small enough to wait for.
fn size(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX).min(1 << 12)
}

fn claim(
    name: String,
    parts: &[(&Arc<Module>, Formal)],
    depth: u32,
    seen_within: u32,
) -> Result<ControlClaim, ProveError> {
    let (modules, formal) = parts.iter().cloned().unzip::<_, _, Vec<_>, Vec<_>>();
    let top = modules.first().map(|module| module.name().to_owned());
    let ports = modules
        .first()
        .into_iter()
        .flat_map(|module| module.ports());
    let mut ports: Vec<String> = ports.map(|port| port.name.to_owned()).collect();
    ports.push("rst_i".to_owned());
    let modules = modules.iter().map(|module| verilog(module, ""));
    Ok(ControlClaim {
        name,
        top: top.unwrap_or_default(),
        modules: modules.collect::<Result<_, _>>()?,
        formal,
        ports,
        depth,
        seen_within,
        cut: false,
    })
}

/// A module of the same ports whose outputs are anything in every cycle.
fn anything(file: &VerilogFile) -> VerilogFile {
    let end = file.text.find("\n);").map_or(file.text.len(), |at| at + 3);
    let mut text = file.text[..end].to_owned();
    text.push('\n');
    for line in file.text[..end].lines() {
        let line = line.split("//").next().unwrap_or_default().trim();
        if let Some(port) = line.strip_prefix("output wire ") {
            let port = port.trim_end_matches(',');
            let (range, name) = port.rsplit_once(' ').unwrap_or(("", port));
            let _ = writeln!(
                text,
                "(* anyseq *) wire {range} f_any_{name};\nassign {name} = f_any_{name};"
            );
        }
    }
    text.push_str("endmodule\n`default_nettype wire\n");
    VerilogFile {
        name: file.name.clone(),
        text,
        memory_files: Vec::new(),
    }
}

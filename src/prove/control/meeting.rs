//! Where event buffer and pass controller meet, in the layer as it is emitted: what each assumes of the other is shown of both
//! together, with all that is stated of them; neurons, serialiser and queues around them give anything.

use std::sync::Arc;

use super::formal::Formal;
use super::{ControlClaim, anything, buffer, passes, size};
use crate::hdl::{Module, all_modules, verilog};
use crate::prove::error::ProveError;
use crate::rtl::{Design, LayerPlan};

/// What the event buffer assumes of the pass controller.
const OF_CONTROLLER: [&str; 2] = ["a_done", "a_read"];

/// What the pass controller assumes of the event buffer.
const OF_BUFFER: [&str; 3] = ["a_told", "a_steady", "a_events"];

/// One claim a layer.
///
/// # Errors
/// Only an internal bug.
pub fn meeting_claims(design: &Design) -> Result<Vec<ControlClaim>, ProveError> {
    let modules = all_modules(&design.top);
    let prefix = design.top.name();
    let mut all = Vec::new();
    for (index, plan) in design.plans.iter().enumerate() {
        let layer = format!("{prefix}_l{index}");
        let of = |name: &str| modules.iter().find(|module| module.name() == name);
        let unit = |name: &str| of(&format!("{layer}_{name}"));
        let (Some(whole), Some(buffer), Some(controller)) =
            (of(&layer), unit("event_buffer"), unit("crossbar"))
        else {
            continue;
        };
        let queues = 1 + usize::from(design.options.probe);
        let around = ["neurons", "spikes", "probe_queue"].into_iter();
        let around: Vec<_> = around.filter_map(unit).collect();
        all.push(claim(
            format!("layer {index}: event buffer and pass controller"),
            plan,
            queues,
            [whole, buffer, controller],
            &around,
        )?);
    }
    Ok(all)
}

fn claim(
    name: String,
    plan: &LayerPlan,
    queues: usize,
    [whole, buffer, controller]: [&Arc<Module>; 3],
    around: &[&Arc<Module>],
) -> Result<ControlClaim, ProveError> {
    let mut of_buffer = buffer::formal(buffer, plan);
    of_buffer.show(&OF_CONTROLLER);
    let (mut of_controller, to_hand) = passes::formal(controller, plan, queues);
    of_controller.show(&OF_BUFFER);
    for formal in [&mut of_buffer, &mut of_controller] {
        for (tap, register, bits) in [
            ("told_there", "f_told", 16),
            ("shown_there", "f_shown", 1),
            ("events_there", "f_events_shown", 16),
            ("user_there", "f_user_shown", 2),
        ] {
            formal
                .taps
                .push((tap.to_owned(), register.to_owned(), bits));
        }
    }
    let mut f = Formal::new(whole);
    f.state(
        "p_together",
        "event buffer and pass controller count the same steps, and each keeps to what the other assumes of it",
        "f_event_buffer_told_there == f_crossbar_told_there",
    );
    f.need(
        "i_shown",
        "f_event_buffer_shown_there == f_crossbar_shown_there && (!f_crossbar_shown_there || \
         (f_event_buffer_events_there == f_crossbar_events_there && f_event_buffer_user_there == f_crossbar_user_there))",
    );
    f.see("c_done", "f_crossbar_told_there > 1 && step_done");

    let mut modules = Vec::new();
    for module in [whole, buffer, controller] {
        modules.push(verilog(module, "")?);
    }
    for module in around {
        modules.push(anything(&verilog(module, "")?));
    }
    let mut formal = vec![f, of_buffer, of_controller];
    formal.resize_with(modules.len(), Formal::default);
    let ports = whole.ports().map(|port| port.name.to_owned());
    let stages = plan.fabric.memory_stages;
    Ok(ControlClaim {
        name,
        top: whole.name().to_owned(),
        modules,
        formal,
        ports: ports.chain(["rst_i".to_owned()]).collect(),
        depth: (to_hand + 3).max(5 + stages),
        seen_within: 20 + plan.groups * plan.spacing + size(plan.axons),
        cut: true,
    })
}

//! The pass controller in the crossbar: every step that was told is replayed once, in passes of the plan's length, each event
//! once a pass, and no step begins without a credit.

use std::fmt::Write as _;

use super::formal::{Formal, counter_bits, has};
use crate::hdl::Module;
use crate::hdl::banked::used_regs;
use crate::rtl::LayerPlan;

/// What is asked of a crossbar, and the cycles from the end of a pass to its hand-over.
pub(super) fn formal(module: &Module, plan: &LayerPlan, queues: usize) -> (Formal, u32) {
    let (banks, credits, groups) = (plan.banks, plan.credits, plan.groups);
    let (spacing, clear, at_once) = (plan.spacing, plan.fabric.clear_cycles(), plan.events);
    let few = counter_bits(banks.max(credits) as usize);
    let (most, radix) = (plan.count_of(plan.axons), 1 << plan.way_bits());
    let many = counter_bits((most + 16).max(spacing as usize * 2));
    let passes = counter_bits(groups as usize);
    let mut f = Formal::new(module);

    let credit = |queue: usize| match queues {
        1 => "credit_i".to_owned(),
        _ => format!("credit_i[{queue}]"),
    };
    f.wire(
        "f_ends",
        2,
        if plan.keeps {
            "{step_repeat_i, step_user_i}"
        } else {
            "step_user_i"
        },
    );
    f.wire(
        "f_adding",
        many,
        &format!("((step_events_i + {}) / {radix}) + {clear}", radix - 1),
    );
    f.wire(
        "f_length",
        many,
        &format!("f_adding > {spacing} ? f_adding : {spacing}"),
    );
    f.verilog("reg f_run;\nwire f_last;\nwire f_done;\nwire f_start;");
    let mut may = String::from("f_waiting != 0");
    let mut counts = vec![
        ("f_waiting".to_owned(), few),
        ("f_told".to_owned(), few),
        ("f_cycle".to_owned(), many),
        ("f_pass".to_owned(), passes),
    ];
    let mut next = "f_waiting <= f_waiting + pushed_i - f_start;\n\
         f_told <= f_told + pushed_i - f_done;\n\
         f_cycle <= !f_run || f_last ? 0 : f_cycle + 1;\n\
         f_pass <= !f_run || f_done ? 0 : f_pass + f_last;\n"
        .to_owned();
    for queue in 0..queues {
        let _ = write!(may, " && f_out{queue} < {credits}");
        let _ = writeln!(
            next,
            "f_out{queue} <= f_out{queue} + f_start - {};",
            credit(queue)
        );
        counts.push((format!("f_out{queue}"), few));
    }
    let counts: Vec<(&str, u32)> = counts
        .iter()
        .map(|(name, bits)| (name.as_str(), *bits))
        .collect();
    f.registers(&counts, &next);
    f.verilog(&format!(
        "always @(posedge clk_i) if (rst_i) f_run <= 0; else f_run <= f_start || (f_run && !f_done);\n\
         assign f_last = f_run && f_cycle + 1 == f_length;\n\
         assign f_done = f_last && f_pass == {};\n\
         assign f_start = {may} && (!f_run || f_done);",
        groups - 1
    ));
    f.registers(
        &[("f_shown", 1), ("f_events_shown", many), ("f_user_shown", 2)],
        "f_shown <= f_told != 0 && !f_done; f_events_shown <= step_events_i; f_user_shown <= f_ends;",
    );

    f.assume(
        "a_told",
        "no more steps are told than there are banks",
        &format!("!pushed_i || f_told < {banks}"),
    );
    f.assume(
        "a_steady",
        "the number of events of the oldest step, and whether it ends its sample, stay until it is done",
        "!f_shown || (step_events_i == f_events_shown && f_ends == f_user_shown)",
    );
    f.assume(
        "a_events",
        "a step has no more events than axons",
        &format!("f_told == 0 || step_events_i <= {most}"),
    );
    for queue in 0..queues {
        f.assume(
            &format!("a_credit{queue}"),
            "a credit comes back only for a step that began",
            &format!("!{} || f_out{queue} > f_run", credit(queue)),
        );
    }

    f.state(
        "p_start",
        "a step begins in the first cycle in which it may: told, with a credit, and the one before it done",
        "read_o == f_run",
    );
    f.state(
        "p_done",
        &format!(
            "each step ends exactly once, after {groups} passes of max(ceil(events / {at_once}) + {clear}, {spacing}) cycles"
        ),
        "step_done_o == f_done && (!step_done_o || f_told != 0)",
    );
    f.state(
        "p_place",
        "each place of a step is read once a pass, in order",
        "!f_run || index_o == f_cycle",
    );
    let mut events = String::from("1'b1");
    for way in 0..at_once {
        let here = format!("f_here{way}");
        let wanted = format!("f_run && f_cycle * {radix} + {way} < step_events_i");
        f.delays(&here, 1, &wanted, 1);
        let arrives = if has(module, &format!("event{way}_d1_q")) {
            format!("event{way}_d1_q")
        } else {
            format!(
                "(event{way}_running_d1_q && (high_below{way}_d1 || (high_same{way}_d1 && low_below{way}_d1)))"
            )
        };
        let _ = write!(events, " && {arrives} == {here}_1");
    }
    f.state(
        "p_event",
        "what is read counts as an event exactly where the step has one: no event is lost or taken twice",
        &events,
    );
    let mut kept = String::from("1'b1");
    for queue in 0..queues {
        let _ = write!(kept, " && f_out{queue} <= {credits}");
    }
    f.state(
        "p_credits",
        &format!("no more than {credits} steps are under way"),
        &kept,
    );
    if groups > 1 {
        f.state(
            "p_group",
            "the passes of a step are those of its groups, in order",
            "!f_run || group_q == f_pass",
        );
    }

    // The hand-over is the end of a pass, some cycles later.
    let later = used_regs(module)
        .filter(|reg| {
            let name = &module.names[reg.q as usize];
            name.starts_with("hand_d") && name.ends_with("_q")
        })
        .count();
    let later = u32::try_from(later).unwrap_or(u32::MAX);
    f.verilog("reg f_first;\nalways @(posedge clk_i) if (rst_i) f_first <= 1; else if (f_done) f_first <= step_user_i;");
    // The end of a pass is registered: `later` cycles from there.
    f.delays("f_handed", 1, "f_last", later + 1);
    f.delays("f_first_then", 1, "f_first", later.max(1));
    f.delays("f_user_then", 2, "f_ends", later.max(1));
    let handed = if plan.keeps {
        "{repeat_o, user_o}"
    } else {
        "user_o"
    };
    let then = |name: &str, cycles: u32| match cycles {
        0 => name.to_owned(),
        cycles => format!("{name}_{cycles}"),
    };
    f.state(
        "p_hand",
        "each pass hands its sums over once",
        &format!(
            "hand_next_o == {} && hand_o == {}",
            then("f_handed", later).replace("f_handed_0", "f_last"),
            then("f_handed", later + 1)
        ),
    );
    f.state(
        "p_sample",
        "the first step after a reset or after the last step of a sample, and no other one, is handed over as a first one",
        &format!(
            "!hand_next_o || (first_o == {} && {handed} == {})",
            then("f_first_then", later).replace("f_first_then_0", "f_first"),
            then("f_user_then", later).replace("f_user_then_0", "f_ends"),
        ),
    );

    f.need(
        "i_run",
        "running_q == f_run && pass_done_q == f_last && first_step_q == f_first",
    );
    f.need(
        "i_told",
        &format!("f_told == f_waiting + f_run && f_told <= {banks} && f_waiting <= {banks}"),
    );
    f.need(
        "i_cycle",
        "f_run ? f_cycle < f_length && pass_cycle_q == f_cycle : f_cycle == 0 && f_pass == 0",
    );
    f.need("i_pass", &format!("f_pass < {groups}"));
    let halved = has(module, "at_end_low_d1_q");
    if halved || has(module, "at_end_d1_q") {
        f.need(
            "i_longer",
            &format!(
                "is_longer_d1_q == (f_run && (f_cycle > 0 || f_pass > 0) && f_adding > {spacing})"
            ),
        );
        f.need(
            "i_before_last",
            &format!(
                "f_run && (f_cycle > 1 || f_pass > 0) ? before_last_d1 + 3 == f_length : \
                 (!f_run && f_waiting == 0) || before_last_d1 >= {}",
                spacing - 3
            ),
        );
        f.need(
            "i_at_end",
            if halved {
                "!f_run || (at_end_low_d1_q && at_end_high_d1_q) == (f_cycle + 2 == f_length)"
            } else {
                "!f_run || at_end_d1_q == (f_cycle + 2 == f_length)"
            },
        );
    } else {
        f.need(
            "i_before_last",
            "f_run && f_cycle > 0 ? before_last_d1 + 2 == f_length : !f_run || before_last_d1 != 0",
        );
    }
    if groups > 1 {
        f.need(
            "i_group",
            &format!(
                "group_q == f_pass && group_q_last == (f_pass == {})",
                groups - 1
            ),
        );
    }
    for n in 0..=banks {
        f.need(
            &format!("i_waiting{n}"),
            &format!("waiting{n}_q == (f_waiting == {n})"),
        );
    }
    for queue in 0..queues {
        for n in 0..=credits {
            f.need(
                &format!("i_credits{queue}_{n}"),
                &format!("credits{queue}{n}_q == (f_out{queue} + {n} == {credits})"),
            );
        }
        f.need(&format!("i_out{queue}"), &format!("f_out{queue} >= f_run"));
    }
    f.see("c_next", "f_done && f_start && step_events_i > 0");
    (f, later + 1)
}

//! The control of many shapes is proved; planted bugs that random stalls are unlikely to meet are refuted, with the cycle.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs)]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use goldspike::engine::tool::{Toolbox, YOSYS, YOSYS_SMTBMC};
use goldspike::hdl::{Sim, all_modules};
use goldspike::prove::{
    ASSUMPTIONS, ControlClaim, Ground, Limits, Prover, Solver, Status, control_claims,
    control_shapes, meeting_claims,
};
use goldspike::rtl::{DesignOptions, Fabric, LaneChoice, Weights, design};
use goldspike_testbench::small::references;
use goldspike_testbench::tools::missing;

fn prover() -> Option<Prover> {
    if missing(YOSYS) || missing(YOSYS_SMTBMC) || missing(Solver::Yices.tool()) {
        return None;
    }
    let limits = Limits {
        time: Duration::from_secs(240),
        ..Limits::default()
    };
    Some(Prover::new(Toolbox::from_environment(), Solver::Yices, limits).unwrap())
}

fn shapes() -> Vec<(&'static str, Vec<ControlClaim>)> {
    let designs = control_shapes().unwrap().into_iter();
    designs
        .map(|(name, design)| (name, control_claims(&design).unwrap()))
        .collect()
}

#[test]
fn the_control_of_every_shape_is_proved() {
    let Some(prover) = prover() else { return };
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    let mut units = BTreeSet::new();
    let start = Instant::now();
    for (name, claims) in shapes() {
        let properties = prover.ask_all_control(&claims, jobs, |_| ()).unwrap();
        assert!(properties.len() > 5 * claims.len());
        for property in &properties {
            assert_eq!(property.status, Status::Proved, "{name}: {}", property.name);
        }
        units.extend(claims.iter().map(|claim| claim.top.replace(['0', '1'], "")));
    }
    println!("{:.1} s: {units:?}", start.elapsed().as_secs_f64());
    for unit in [
        "guard",
        "event_buffer",
        "crossbar",
        "neurons",
        "spikes",
        "spikes_queue",
        "probe_queue",
        "loader",
        "input",
        "output",
    ] {
        assert!(
            units.iter().any(|top| top.ends_with(unit)),
            "{unit}: {units:?}"
        );
    }
}

/// Each assumption has its row and each row its assumption; a row names statements that are proved.
#[test]
fn every_assumption_about_a_neighbour_rests_on_what_is_stated_of_it() {
    let (mut assumed, mut stated) = (BTreeSet::new(), BTreeSet::new());
    for claim in shapes().iter().flat_map(|(_, claims)| claims) {
        let units = [
            "spikes_queue",
            "probe_queue",
            "event_buffer",
            "crossbar",
            "neurons",
            "spikes",
            "guard",
            "loader",
            "input",
            "output",
        ];
        let unit = units.into_iter().find(|unit| claim.top.ends_with(unit));
        let unit = unit.unwrap_or_else(|| panic!("{} is no unit of the table", claim.top));
        let bare = |label: &str| {
            label
                .trim_end_matches(|c: char| c.is_ascii_digit())
                .to_owned()
        };
        assumed.extend(claim.assumptions().iter().map(|label| (unit, bare(label))));
        stated.extend(claim.stated().into_iter().map(|(label, _)| (unit, label)));
    }
    let rows = ASSUMPTIONS.iter();
    let rows: BTreeSet<_> = rows
        .map(|(unit, label, _)| (*unit, (*label).to_owned()))
        .collect();
    assert_eq!(rows, assumed);
    assert_eq!(rows.len(), ASSUMPTIONS.len(), "a row twice");
    for (unit, label, ground) in ASSUMPTIONS {
        match ground {
            Ground::Stated(statements) => {
                assert!(!statements.is_empty(), "{unit} {label}");
                for (of, statement) in *statements {
                    let known = stated.contains(&(*of, (*statement).to_owned()));
                    assert!(
                        known,
                        "{unit} {label}: nothing is stated as {of} {statement}"
                    );
                }
            }
            Ground::Joined(words) => assert!(!words.is_empty(), "{unit} {label}"),
            Ground::Choice => assert_eq!(*label, "a_watched", "{unit}"),
        }
    }
}

/// What event buffer and pass controller assume of each other holds where they meet; a step that is freed twice is refused.
#[test]
fn event_buffer_and_pass_controller_keep_to_what_each_assumes_of_the_other() {
    let Some(prover) = prover() else { return };
    let (_, design) = control_shapes().unwrap().remove(0);
    let claim = meeting_claims(&design).unwrap().remove(0);
    for property in prover.ask_control(&claim).unwrap() {
        assert_eq!(property.status, Status::Proved, "{}", property.name);
    }
    let mut claim = claim;
    let text = &mut claim.modules[0].text;
    let old = ".step_done_i(step_done)";
    assert!(text.contains(old), "{text}");
    *text = text.replacen(
        old,
        ".step_done_i(step_done | (read & s_user_i & s_claim_i))",
        1,
    );
    for property in prover.ask_control(&claim).unwrap() {
        assert_ne!(property.status, Status::Proved, "{}", property.name);
    }
}

/// Layers of one row, whose memories are registers, and of two, whose last row is told by the row's number.
#[test]
fn the_sequencer_of_few_rows_is_proved() {
    let Some(prover) = prover() else { return };
    let (small, _, _) = references().remove(0);
    let mut rows = BTreeSet::new();
    for fabric in [Fabric::PORTABLE, Fabric::ECP5] {
        for (lanes, neuron_lanes) in [(1, 1), (2, 1), (64, 64)] {
            for weights in [Weights::Rom, Weights::Writable] {
                let options = DesignOptions {
                    lanes: LaneChoice::All(lanes),
                    neuron_lanes: LaneChoice::All(neuron_lanes),
                    fabric,
                    weights,
                    ..DesignOptions::default()
                };
                let design = design(&small.network(), &options).unwrap();
                rows.extend(design.plans.iter().map(|plan| plan.rows));
                let claims = control_claims(&design).unwrap();
                let neurons = claims
                    .iter()
                    .filter(|claim| claim.top.ends_with("_neurons"));
                for claim in neurons {
                    let properties = prover.ask_control(claim).unwrap();
                    assert!(properties.len() > 5);
                    for property in properties {
                        assert_eq!(property.status, Status::Proved, "{}", property.name);
                    }
                }
            }
        }
    }
    assert!(rows.contains(&1) && rows.contains(&2), "{rows:?}");
}

/// With hand-overs that may come a cycle sooner than the plan's shortest pass, a state is read before it is written.
#[test]
fn a_pass_that_is_shorter_than_planned_reads_a_state_before_it_is_written() {
    let Some(prover) = prover() else { return };
    let (_, mut design) = control_shapes().unwrap().remove(0);
    design.plans[0].spacing -= 1;
    let claims = control_claims(&design).unwrap();
    let neurons = claims
        .iter()
        .find(|claim| claim.top.ends_with("l0_neurons"));
    let properties = prover.ask_control(neurons.unwrap()).unwrap();
    let broken = |words: &str| {
        let of = properties
            .iter()
            .find(|property| property.name.contains(words));
        matches!(of.unwrap().status, Status::Broken { .. })
    };
    assert!(
        broken("no state is read again before it is written"),
        "{properties:?}"
    );
}

/// The unit of the first shape, or of the one of this number.
fn unit(shape: usize, ending: &str) -> ControlClaim {
    let (_, claims) = shapes().remove(shape);
    let found = claims.into_iter().find(|claim| claim.top.ends_with(ending));
    found.unwrap_or_else(|| panic!("no {ending}"))
}

/// With `old` replaced in its Verilog.
fn planted(shape: usize, ending: &str, old: &str, new: &str) -> ControlClaim {
    let mut claim = unit(shape, ending);
    let text = &mut claim.modules[0].text;
    assert!(text.contains(old), "{old} is not in\n{text}");
    *text = text.replacen(old, new, 1);
    claim
}

/// Eight cycles of pushes and of stalls: one pattern of 65,536.
#[test]
fn an_entry_lost_after_one_pattern_of_pushes_and_stalls_is_found() {
    let mut claim = planted(
        0,
        "l0_spikes_queue",
        "valid_q <= fetch | (valid_q & (~pop_i));",
        "stalls_q <= {stalls_q[6:0], valid_q & ~pop_i};\n            \
         pushes_q <= {pushes_q[6:0], push_i};\n            \
         valid_q <= (fetch | (valid_q & (~pop_i))) & ({pushes_q, stalls_q} != 16'b11010010_00101101);",
    );
    let text = &mut claim.modules[0].text;
    let declared = "    reg valid_q;\n    reg [7:0] stalls_q;\n    reg [7:0] pushes_q;";
    *text = text.replacen("    reg valid_q;", declared, 1);
    let reset = "            valid_q <= 1'd0;\n            stalls_q <= 8'd0;\n            pushes_q <= 8'd0;";
    *text = text.replacen("            valid_q <= 1'd0;", reset, 1);
    let Some(prover) = prover() else { return };
    let properties = prover.ask_control(&claim).unwrap();
    let broken = properties
        .iter()
        .find_map(|property| match &property.status {
            Status::Broken { cycle, trace } => Some((property, *cycle, trace)),
            _ => None,
        });
    let Some((property, cycle, trace)) = broken else {
        panic!("{properties:?}")
    };
    println!(
        "{}: not so in cycle {cycle}\n{}",
        property.name,
        trace.join("\n")
    );
    assert!((9..=16).contains(&cycle), "{cycle}");
    let changes = |port: &str| trace.iter().filter(|line| line.contains(port)).count();
    assert!(changes("push_i ") >= 5 && changes("pop_i ") >= 2);
}

/// One planted bug a statement, in a row: shape, unit, text, its replacement, words of what it breaks.
const PLANTED: &[(usize, &str, &str, &str, &str)] = &[
    (
        2,
        "input",
        "ready_q ? arrived_data_q : overtaken_data_q",
        "arrived_data_q",
        "each beat that is taken leaves once",
    ),
    (
        2,
        "input",
        "offered_q <= offered_d;",
        "offered_q <= offered_d | ~(s_valid_i | offered_q);",
        "nothing leaves that was not taken",
    ),
    (
        2,
        "input",
        "        if (offered_en) begin\n            offered_data_q",
        "        if (1'd1) begin\n            offered_data_q",
        "a beat that is not taken stays",
    ),
    (
        2,
        "input",
        "offered_q <= offered_d;",
        "offered_q <= offered_d & m_ready_i;",
        "TVALID does not wait for TREADY",
    ),
    (
        2,
        "input",
        "(~offered_d) | offered_en;",
        "(~offered_d) & offered_en;",
        "the registers take one",
    ),
    (
        LOADER,
        "loader",
        "hold_q <= |joined_12;",
        "hold_q <= (|joined_12) & ~(header1_q & s_valid_i & ends_i);",
        "no sample is in flight, and none begins",
    ),
    (
        LOADER,
        "loader",
        "write0_d1_q <= written_d1_d &",
        "write0_d1_q <= (written_d1_d | (passes_d1_q & header1_q & s_valid_i & ends_i)) &",
        "each word of a memory is written once",
    ),
    (
        0,
        "spikes_queue",
        "            any_waiting_q <= 1'd0;\n",
        "",
        "a reset from any state",
    ),
    (
        0,
        "spikes_queue",
        "if (fetch) entries_rdata <=",
        "if (fetch | (newest_q[1:0] == 2'd2)) entries_rdata <=",
        "stays until it is taken",
    ),
    (
        0,
        "spikes_queue",
        "entries[read_pointer_q]",
        "entries[{read_pointer_q[3] ^ (&newest_q[2:0]), read_pointer_q[2:0]}]",
        "once, in order and unchanged",
    ),
    (
        0,
        "spikes_queue",
        "wire fetch = any_waiting_q &",
        "wire fetch = (any_waiting_q | (newest_q[1:0] == 2'd2)) &",
        "reads no word that was not written",
    ),
    (
        0,
        "spikes_queue",
        "wire fetch = any_waiting_q &",
        "wire fetch = any_waiting_q & (newest_q != 4'd2) &",
        "comes out within",
    ),
    (
        0,
        "l0_event_buffer",
        "write_bank_q}] <= s_address_i;",
        "write_bank_q}] <= s_address_i & {3{~(&write_bank_q)}};",
        "each event is read back",
    ),
    (
        0,
        "l0_event_buffer",
        "pushed_d1_q <= push;",
        "pushed_d1_q <= push & (write_bank_q != 2'd3);",
        "each step is told exactly once",
    ),
    (
        0,
        "l0_event_buffer",
        "assign s_ready_o = ready_q;",
        "assign s_ready_o = ready_q | (claimed4_q & s_last_i);",
        "the buffer is ready exactly",
    ),
    (
        0,
        "l0_event_buffer",
        "step_user0_q <= step_user0_d;",
        "step_user0_q <= step_user0_d & ~stored3_q;",
        "each step is shown",
    ),
    (
        0,
        "l0_crossbar",
        "assign step_done_o = ",
        "assign step_done_o = (step_events_i != 3'd6) & ",
        "each step ends exactly once",
    ),
    (
        0,
        "l0_crossbar",
        "assign index_o = ",
        "assign index_o = step_events_i[2] & step_events_i[1] ? 3'd0 : ",
        "each place of a step is read once",
    ),
    (
        0,
        "l0_crossbar",
        "assign hand_o = ",
        "assign hand_o = ~step_user_i & ",
        "hands its sums over once",
    ),
    (
        0,
        "l0_crossbar",
        "assign first_o = ",
        "assign first_o = step_events_i[2] | ",
        "is handed over as a first one",
    ),
    (
        0,
        "guard",
        "assign m_valid_o = ",
        "assign m_valid_o = (tag_q[1:0] != 2'd3) & ",
        "each accepted beat comes out once",
    ),
    (
        0,
        "guard",
        "wire mark = ",
        "wire mark = (place_q != 3'd3) & ",
        "its address is new in its step",
    ),
    (
        0,
        "guard",
        "assign error_o = error_q",
        "assign error_o = error_q & s_valid_i",
        "the error flag",
    ),
    (
        0,
        "guard",
        "assign claim_o = ",
        "assign claim_o = (tag_q != 16'd2) & ",
        "claims its bank",
    ),
    (
        0,
        "guard",
        "wire drained = clearing_q & ",
        "wire drained = clearing_q & ~(s_valid_i & (&place_q[1:0])) & ",
        "ready after at most",
    ),
    (
        7,
        "guard",
        "same_beat_0_1_d2 & mark_0",
        "same_beat_0_1_d2 & 1'd0",
        "its address is new in its step",
    ),
    (
        7,
        "guard",
        "if (seen_tag_0_0_wen) seen_tag_0_1[",
        "if (sweep_q) seen_tag_0_1[",
        "its address is new in its step",
    ),
    (
        7,
        "guard",
        "again_0_d1 <= (meets_0_0 | meets_1_0) &",
        "again_0_d1 <= meets_0_0 &",
        "its address is new in its step",
    ),
    (
        7,
        "guard",
        "wire meets_1_0 = mark_1 & ",
        "wire meets_1_0 = 1'd0 & ",
        "no tag is read while it is written",
    ),
    (
        7,
        "l0_event_buffer",
        "take1_0_d1_q ? ",
        "(take1_0_d1_q & ~take0_1_d1_q) ? ",
        "each event is read back unchanged",
    ),
    (
        8,
        "l0_event_buffer",
        "wire event2 = ",
        "wire event2 = (s_address_i[4:0] != 5'd3) & ",
        "with its number of events",
    ),
    (
        8,
        "l0_crossbar",
        "assign index_o = ",
        "assign index_o = step_user_i ? 0 : ",
        "each place of a step is read once",
    ),
    (
        1,
        "l0_spikes",
        "wire row_valid_en = (~row_valid_q) | (take & at_most_one_q);",
        "wire row_valid_en = (~row_valid_q) | (take & (at_most_one_q | row_user_q));",
        "a row is taken from the queue",
    ),
    (
        1,
        "l0_spikes",
        "assign m_user_o = row_user_q;",
        "assign m_user_o = row_user_q ^ (m_ready_i & ~m_last_o);",
        "a beat that is not taken stays",
    ),
    (
        1,
        "l0_spikes",
        "wire row_valid_en = ",
        "wire row_valid_en = (m_ready_i | row_valid_q) & ",
        "TVALID does not wait",
    ),
    (
        1,
        "l0_spikes",
        "assign m_address_o = ",
        "assign m_address_o = row_user_q & row_last_q ? 3'd0 : ",
        "each spike of a row",
    ),
    (
        1,
        "l0_spikes",
        "assign m_last_o = ",
        "assign m_last_o = ~(left1_q & row_user_q) & ",
        "each step ends with exactly one beat",
    ),
    (
        1,
        "l0_spikes",
        "credit_d1_q <= take",
        "credit_d1_q <= ~row_user_q & take",
        "gives its credit back",
    ),
    (
        0,
        "l0_crossbar",
        "assign read_o = ",
        "assign read_o = (step_user_i | ~step_events_i[0]) & ",
        "a step begins in the first cycle",
    ),
    (
        2,
        "guard",
        "assign m_repeat_o = ",
        "assign m_repeat_o = (m_address_o != 4'd3) & ",
        "is as the one before exactly",
    ),
    (
        0,
        "guard",
        "assign m_address_o = ",
        "assign m_address_o = m_user_o ? 3'd0 : ",
        "address and payload of an event stay",
    ),
    (
        0,
        "l0_neurons",
        "(~(row_q_last | (slot_q == 1'd1)))",
        "(~(slot_q == 1'd1))",
        "each row of a layer enters the lanes exactly once",
    ),
    (
        7,
        "l0_neurons",
        "assign user_o = row_user_d7;",
        "assign user_o = row_user_d6;",
        "the results of each row leave exactly once",
    ),
    (
        4,
        "l1_neurons",
        "u_lane2_spike & (~result_row_q_last)",
        "u_lane2_spike",
        "the spikes of a row are those that its lanes give",
    ),
    (
        7,
        "l0_neurons",
        ".first_i(first_row_d1)",
        ".first_i(first_q)",
        "whether its step is the first one of a sample",
    ),
    (
        0,
        "l0_neurons",
        "wire waiting0_en = hand_i | shifts_d1_q;",
        "wire waiting0_en = hand_i | (shifts_d1_q & ~user_q);",
        "the sums that were handed over for it",
    ),
    (
        STORED,
        "l0_neurons",
        "kept_sums[kept_row_d1] <= ",
        "kept_sums[row_q] <= ",
        "those of the step before where a step is as it",
    ),
    (
        AROUND,
        "l0_neurons",
        "wire loads = hand_i & (~repeat_q)",
        "wire loads = hand_i & (~(repeat_q & ~user_q))",
        "those of the step before where a step is as it",
    ),
    (
        0,
        "l0_neurons",
        "if (row_valid_d7_q) states[",
        "if (row_valid_d7_q & (~user_o | row_valid_d6_q)) states[",
        "the state that its lanes gave last for it",
    ),
    (
        LOADER,
        "l0_neurons",
        "constants_rdata <= constants[{bank_i, row_q}]",
        "constants_rdata <= constants[{bank_i & ~row_q_last, row_q}]",
        "with the constants that are its own",
    ),
    (
        0,
        "l0_spikes_queue",
        "assign valid_o = valid_q",
        "assign valid_o = valid_q | (read_pointer_q == sum_2[3:0] & read_pointer_q == 4'd2)",
        "nothing comes out",
    ),
    (
        0,
        "l0_event_buffer",
        "assign step_events_o = ",
        "assign step_events_o = read_i & stored2_q ? 3'd0 : ",
        "stays until the step is done",
    ),
    (
        0,
        "l0_event_buffer",
        "write_bank_q <= sum_1[1:0];",
        "write_bank_q <= s_user_i ? write_bank_q : sum_1[1:0];",
        "is read from a word that was not written",
    ),
    (
        LOADER,
        "loader",
        "            drain_q <= 1'd0;\n",
        "",
        "a reset from any state",
    ),
    (
        LOADER,
        "loader",
        "assign s_ready_o = s_ready;",
        "assign s_ready_o = s_ready & s_valid_i;",
        "waits for no TVALID",
    ),
    (
        LOADER,
        "loader",
        "is_format2_d1 <= whole_q[23:16] == 8'd0;",
        "is_format2_d1 <= whole_q[23:17] == 7'd0;",
        "a wrong word refuses its image",
    ),
    (
        LOADER,
        "loader",
        "if (applies) applied <= ",
        "if (applies | (refuse_d1_q & said_d1 == 4'd3)) applied <= ",
        "the banks are exchanged",
    ),
    (
        LOADER,
        "loader",
        "if (applies) applied <= ",
        "if (applies | (refuse_d1_q & said_d1 == 4'd1)) applied <= ",
        "while a sample is in flight",
    ),
    (
        LOADER,
        "loader",
        "wire payload_d = (and_3 & header4_q) |",
        "wire payload_d = (and_3 & (header4_q | (header2_q & (whole_q == 32'd77)))) |",
        "each word is counted once",
    ),
    (
        LOADER,
        "loader",
        "wire and_14 = restart & have_q",
        "wire and_14 = restart & have_q & ~word_q[3]",
        "samples wait exactly while",
    ),
];

/// The shape with writable weights.
const LOADER: usize = 5;

/// Those that keep sums in a memory, and in the hand-off register.
const STORED: usize = 10;
const AROUND: usize = 11;

/// Every planted bug is refuted with its cycle, and together they break every statement that they name.
#[test]
fn each_statement_can_fail() {
    let Some(prover) = prover() else { return };
    let mut holding: Vec<&str> = Vec::new();
    for (shape, ending, old, new, words) in PLANTED {
        let claim = planted(*shape, ending, old, new);
        let properties = prover.ask_control(&claim).unwrap();
        let proved = properties.iter().any(|p| p.status == Status::Proved);
        assert!(!proved, "{old} is not noticed");
        let broken = properties.iter().filter_map(|p| match &p.status {
            Status::Broken { cycle, trace } => Some((p, cycle, trace)),
            _ => None,
        });
        let broken: Vec<_> = broken.collect();
        println!(
            "{ending}: {words}: {:?}",
            broken
                .iter()
                .map(|(p, cycle, _)| (cycle, p.name.rsplit(": ").next()))
                .collect::<Vec<_>>()
        );
        for (property, cycle, trace) in &broken {
            assert!(**cycle > 0 && trace[0].contains("rst_i 1"), "{property:?}");
        }
        if !broken
            .iter()
            .any(|(property, ..)| property.name.contains(words))
        {
            println!("NOT BROKEN: {:?}", properties[0].status);
            holding.push(words);
        }
    }
    assert!(holding.is_empty(), "{holding:?}");
}

/// The tags of a guard run out after 65,532 steps, and are cleared; a step that has begun before knows its addresses then.
#[test]
fn an_address_that_comes_again_around_the_clearing_of_the_tags_is_flagged() {
    let (_, design) = control_shapes().unwrap().remove(0);
    let modules = all_modules(&design.top);
    let guard = modules
        .iter()
        .find(|module| module.name().ends_with("_guard"))
        .unwrap();
    // Beats that end steps until the guard waits for the second time, but for the last `events` before it.
    let run = |beats: usize, then: usize| {
        let mut sim = Sim::new(guard).unwrap();
        let input = |name: &str| sim.input(name).unwrap();
        let [valid, null, address, last, room] = [
            "s_valid_i",
            "s_null_i",
            "s_address_i",
            "s_last_i",
            "m_ready_i",
        ]
        .map(input);
        let (ready, error) = (
            sim.output("s_ready_o").unwrap(),
            sim.output("error_o").unwrap(),
        );
        sim.set(room, 1);
        sim.set(address, 2);
        let (mut accepted, mut began) = (0, false);
        for _ in 0..70_000 {
            let offered = accepted < beats.saturating_add(then);
            sim.set(valid, i128::from(offered));
            let event = accepted >= beats;
            sim.set(null, i128::from(!event));
            sim.set(last, i128::from(!event));
            sim.settle();
            let goes = sim.get(ready) == 1;
            if began && !goes && beats == usize::MAX {
                return (accepted, sim.get(error) == 1);
            }
            began |= goes;
            accepted += usize::from(goes && offered);
            sim.clock();
        }
        (accepted, sim.get(error) == 1)
    };
    let (most, flagged) = run(usize::MAX, 0);
    assert!(!flagged && (65_000..66_000).contains(&most), "{most}");
    for beats in most - 6..most + 2 {
        assert_eq!(run(beats, 1), (beats + 1, false), "{beats} of {most}");
        assert_eq!(run(beats, 2), (beats + 2, true), "{beats} of {most}");
    }
}

/// What the checker or its solver cannot say is not proved.
#[test]
fn a_checker_that_fails_proves_nothing() {
    if missing(YOSYS) {
        return;
    }
    for said in [
        "echo '## Status: PASSED'; exit 1",
        "echo 'Status: UNKNOWN'",
        "echo Killed; exit 137",
        "echo '## Status: FAILED'; exit 1",
        "sleep 60",
    ] {
        let folder = tempfile::tempdir().unwrap();
        for name in ["yosys-smtbmc", "yices-smt2"] {
            let path = folder.path().join(name);
            fs::write(&path, format!("#!/bin/sh\n{said}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let yosys = Toolbox::from_environment().find(YOSYS).unwrap();
        let beside = yosys.parent().unwrap().to_owned();
        let toolbox = Toolbox::of([folder.path().to_owned(), beside]);
        let limits = Limits {
            time: Duration::from_secs(1),
            ..Limits::default()
        };
        let Ok(prover) = Prover::new(toolbox, Solver::Yices, limits) else {
            panic!("{said}")
        };
        for property in prover.ask_control(&unit(0, "l0_spikes_queue")).unwrap() {
            assert!(
                matches!(property.status, Status::Unknown(_)),
                "{property:?}"
            );
        }
    }
}

//! The sequencer of the neurons: each row of a layer enters the lanes once a step and leaves them once, in order, with its own
//! sums, and with the state that the lanes gave last for it.
//!
//! The lanes give anything. One row, which one is open, is followed; where it is, is known from the cycles since its group was
//! handed over, and that its state was written before it is read again from those since it entered.

use super::formal::{Formal, counter_bits, has};
use super::waiting;
use crate::hdl::Module;
use crate::rtl::LayerPlan;
use crate::rtl::plan::index_bits;

/// The neurons of a layer.
pub(super) struct Unit<'a> {
    pub(super) module: &'a Module,
    pub(super) plan: &'a LayerPlan,
    /// Its Verilog.
    text: &'a str,
    /// Names of the states of a lane, and bits of each.
    states: Vec<(String, u32)>,
    /// Inputs of a lane.
    inputs: Vec<String>,
    /// Cycles from a row's entrance to the lanes, and to its results.
    pub(super) to_lane: u32,
    through: u32,
}

/// What is asked of the neurons, whose Verilog is `text`; `lane` is what their lanes are, which give anything.
pub(super) fn formal(module: &Module, lane: &Module, plan: &LayerPlan, text: &str) -> Formal {
    let ports: Vec<_> = lane.ports().collect();
    let states = ports
        .iter()
        .filter(|port| port.is_input)
        .filter_map(|port| {
            let name = port.name.strip_suffix("_i")?;
            let given = format!("{name}_o");
            let back = ports
                .iter()
                .any(|port| !port.is_input && port.name == given);
            back.then(|| (name.to_owned(), port.ty.width()))
        });
    let inputs = ports.iter().filter(|port| port.is_input);
    let inputs = inputs.map(|port| port.name.to_owned());
    let to_lane = plan.fabric.read_cycles();
    let unit = Unit {
        module,
        plan,
        text,
        states: states.collect(),
        inputs: inputs.collect(),
        to_lane,
        through: plan.lane_latency + to_lane,
    };
    let mut f = Formal::new(module);
    unit.hand_overs(&mut f);
    unit.rows(&mut f);
    unit.ages(&mut f);
    waiting::sums(&unit, &mut f);
    unit.state_memory(&mut f);
    unit.constants(&mut f);
    f.see("c_again", "f_hit && f_known && !f_first && f_user");
    f
}

/// What a lane shows of its ports, as they are joined.
pub(super) fn of_lane(lane: &Module) -> Formal {
    let mut f = Formal::default();
    f.taps.extend(lane.ports().map(|port| {
        let name = port.name.to_owned();
        (name.clone(), name, port.ty.width())
    }));
    f
}

/// A term some cycles ago, as [`Formal::delays`] names it.
pub(super) fn ago(name: &str, now: &str, cycles: u32) -> String {
    match cycles {
        0 => now.to_owned(),
        cycles => format!("{name}_{cycles}"),
    }
}

impl Unit<'_> {
    /// Terms of each lane in one word, the first lane in the low bits.
    pub(super) fn packed(&self, of_lane: impl Fn(u32) -> String) -> String {
        let lanes: Vec<String> = (0..self.plan.neuron_lanes).rev().map(of_lane).collect();
        format!("{{{}}}", lanes.join(", "))
    }

    /// A port of a lane, as [`of_lane`] shows it.
    pub(super) fn port(lane: u32, port: &str) -> String {
        format!("f_lane{lane}_{port}")
    }

    /// Whether an input of the lanes comes from the constants by row.
    fn is_constant(&self, port: &str) -> bool {
        self.text.contains(&format!(".{port}(constants"))
    }

    /// Rows of the last group.
    fn last_rows(&self) -> u32 {
        self.plan.rows - (self.plan.groups - 1) * self.plan.slots
    }

    /// Groups as they are handed over, rows as they enter the lanes.
    fn hand_overs(&self, f: &mut Formal) {
        let plan = self.plan;
        let (groups, slots, rows, spacing) = (plan.groups, plan.slots, plan.rows, plan.spacing);
        let (rest, round) = (self.last_rows(), groups * spacing);
        f.any_constant("f_of", index_bits(groups as usize));
        f.any_constant("f_at", index_bits(slots as usize));
        f.wire(
            "f_watch",
            index_bits(rows as usize),
            &format!("f_of * {slots} + f_at"),
        );
        f.assume(
            "a_watched",
            "the row that is followed is one of the layer",
            &format!("f_of < {groups} && f_at < {slots} && f_of * {slots} + f_at < {rows}"),
        );
        f.delays("f_next", 1, "hand_next_i", 1);
        f.delays("f_told", 2, "{user_i, first_i}", 1);
        let (begins, said) = match plan.chooses() {
            true => ("f_next_1", "f_told_1"),
            false => ("hand_next_i", "{user_i, first_i}"),
        };
        f.wire("f_begin", 1, begins);
        f.wire("f_said", 2, said);
        let age = counter_bits(round as usize + 2);
        f.verilog("wire f_hit;");
        f.registers(
            &[
                ("f_group", counter_bits(groups as usize)),
                ("f_round", 1),
                ("f_left", counter_bits(slots as usize)),
                ("f_rest", counter_bits(spacing as usize)),
                ("f_row", index_bits(rows as usize)),
                ("f_first", 1),
                ("f_user", 1),
                ("f_begun", 1),
                ("f_age", age),
                ("f_met", 1),
                ("f_gone", age),
            ],
            &format!(
                "if (f_begin) begin f_group <= f_group == {last} ? 0 : f_group + 1; f_round <= f_round || f_group == {last};\n\
                 f_left <= f_group == {last} ? {rest} : {slots}; f_rest <= {spacing}; {{f_user, f_first}} <= f_said; end\n\
                 else begin f_left <= f_left - (f_left != 0); f_rest <= f_rest - (f_rest != 0); end\n\
                 if (f_left != 0) f_row <= f_row == {} ? 0 : f_row + 1;\n\
                 if (f_begin && f_group == f_of) begin f_begun <= 1; f_age <= 1; end else f_age <= f_age + (f_age <= {round});\n\
                 if (f_hit) begin f_met <= 1; f_gone <= 1; end else f_gone <= f_gone + (f_gone <= {round});",
                rows - 1,
                last = groups - 1
            ),
        );
        f.wire("f_enters", 1, "f_left != 0");
        f.verilog("assign f_hit = f_enters && f_row == f_watch;");
        f.assume(
            "a_hand",
            "the sums are there in the cycle after a hand-over is told, and in no other one",
            "hand_i == f_next_1",
        );
        f.assume(
            "a_spacing",
            &format!("a hand-over is told {spacing} cycles after the one before at the earliest"),
            match plan.chooses() {
                true => "!hand_next_i || (f_rest <= 2 && !f_next_1)",
                false => "!hand_next_i || f_rest <= 1",
            },
        );
        f.assume(
            "a_first",
            "the groups of the first step after a reset are handed over as those of a first step",
            "!hand_next_i || f_round || first_i",
        );
    }

    /// Rows enter and leave in order.
    fn rows(&self, f: &mut Formal) {
        let plan = self.plan;
        let (rows, through, to_lane) = (plan.rows, self.through, self.to_lane);
        let bits = index_bits(rows as usize);
        f.delays("f_entered", 1, "f_enters", through);
        f.delays("f_rows", bits, "f_row", through);
        f.delays("f_hits", 1, "f_hit", through);
        f.delays("f_users", 1, "f_user", through);
        f.delays("f_firsts", 1, "f_first", to_lane);
        f.state(
            "p_enter",
            "each row of a layer enters the lanes exactly once a step, in order, a row a cycle once its group is handed over",
            "active_q == f_enters && (!f_enters || row_q == f_row)",
        );
        let base = match plan.neuron_lanes.is_power_of_two() {
            true => format!("f_rows_{through}"),
            false => format!("f_rows_{through} * {}", plan.neuron_lanes),
        };
        f.state(
            "p_leave",
            &format!(
                "the results of each row leave exactly once, {through} cycles after it entered, with its number, its step's end \
                 and its sample's"
            ),
            &format!(
                "row_valid_o == f_entered_{through} && (!row_valid_o || (base_o == {base} && \
                 last_o == (f_rows_{through} == {}) && user_o == f_users_{through}))",
                rows - 1
            ),
        );
        let exists = |lane: u32| match (rows - 1) * plan.neuron_lanes + lane < self.neurons() {
            true => Self::port(lane, "spike_o"),
            false => format!(
                "({} && f_rows_{through} != {})",
                Self::port(lane, "spike_o"),
                rows - 1
            ),
        };
        f.state(
            "p_spikes",
            "the spikes of a row are those that its lanes give, and there are none of neurons beyond the last",
            &format!("!row_valid_o || mask_o == {}", self.packed(exists)),
        );
        let first = self.packed(|lane| Self::port(lane, "first_i"));
        f.state(
            "p_first",
            "the lanes are told of each row whether its step is the first one of a sample",
            &format!(
                "!f_entered_{to_lane} || {first} == {{{}{{f_firsts_{to_lane}}}}}",
                plan.neuron_lanes
            ),
        );

        f.need("i_active", "active_q == f_enters && row_q == f_row");
        if has(self.module, "row_q_last") {
            f.need("i_last", &format!("row_q_last == (f_row == {})", rows - 1));
        }
        f.need("i_row", &format!("f_row < {rows}"));
        f.need(
            "i_user",
            "!f_enters || (user_q == f_user && first_q == f_first)",
        );
        let next = |row: &str| format!("({row} == {} ? 0 : {row} + 1)", rows - 1);
        for stage in 1..=through {
            let (entered, row) = (format!("f_entered_{stage}"), format!("f_rows_{stage}"));
            let after = ago("f_rows", "f_row", stage - 1);
            f.need(
                &format!("i_stage{stage}"),
                &format!(
                    "row_valid_d{stage}_q == {entered} && {row} < {rows} && {after} == ({entered} ? {} : {row}) && \
                     (!{entered} || row_user_d{stage} == f_users_{stage})",
                    next(&row)
                ),
            );
            f.need(
                &format!("i_hit{stage}"),
                &format!("f_hits_{stage} == ({entered} && {row} == f_watch) && f_hits_{stage} == (f_met && f_gone == {stage})"),
            );
        }
        for stage in 1..=to_lane {
            f.need(
                &format!("i_first{stage}"),
                &format!("!f_entered_{stage} || first_row_d{stage} == f_firsts_{stage}"),
            );
        }
        f.need(
            "i_result",
            &format!(
                "result_row_q == f_rows_{through} && result_row_q_last == (f_rows_{through} == {})",
                rows - 1
            ),
        );
        if has(self.module, "result_base_q") {
            f.need(
                "i_base",
                &format!("result_base_q == f_rows_{through} * {}", plan.neuron_lanes),
            );
        }
        if plan.chooses() {
            f.need(
                "i_told",
                "!f_next_1 || {user_in_d1, first_in_d1} == f_told_1",
            );
        }
    }

    fn neurons(&self) -> u32 {
        u32::try_from(self.plan.neurons).unwrap_or(u32::MAX)
    }

    /// Where the followed row is, by the cycles since its group was handed over; that its state was written when it comes again.
    fn ages(&self, f: &mut Formal) {
        let plan = self.plan;
        let (groups, slots, spacing) = (plan.groups, plan.slots, plan.spacing);
        let (round, rest, rows) = (groups * spacing, self.last_rows(), plan.rows);
        let bits = counter_bits(groups as usize);
        f.wire(
            "f_behind",
            bits,
            &format!("f_group > f_of ? f_group - f_of - 1 : f_group + {groups} - f_of - 1"),
        );
        f.wire("f_pending", 1, "f_begun && f_age <= f_at + 1");
        let sizes = counter_bits(slots as usize);
        f.wire("f_size", sizes, &format!("f_group == 0 ? {rest} : {slots}"));
        f.wire(
            "f_end",
            counter_bits(rows as usize),
            &format!("f_group == 0 ? {rows} : f_group * {slots}"),
        );
        f.need(
            "i_group",
            &format!("f_group < {groups} && f_rest <= {spacing}"),
        );
        f.need(
            "i_left",
            &format!("f_left == (f_size + f_rest > {spacing} ? f_size + f_rest - {spacing} : 0)"),
        );
        f.need(
            "i_place",
            &format!("f_left != 0 ? f_row + f_left == f_end : f_row == f_group * {slots}"),
        );
        if slots > 1 {
            f.need("i_slot", "f_left == 0 || slot_q + f_left == f_size");
        }
        f.need(
            "i_begun",
            "f_begun == (f_round || f_group > f_of) && (f_rest == 0 || f_round || f_group != 0)",
        );
        f.need(
            "i_age",
            &format!(
                "!f_begun || (f_age >= 1 && f_age <= {round} + 1 && f_age + f_rest >= (f_behind + 1) * {spacing} + 1 && \
                 (f_behind != 0 || f_rest == 0 || f_age + f_rest == {spacing} + 1))"
            ),
        );
        f.need("i_hit", "f_hit == (f_begun && f_age == f_at + 1)");
        f.need(
            "i_past",
            &format!(
                "f_gone <= {round} + 1 && (!f_begun || f_pending || f_met) && (!f_met || (f_begun && (f_pending ? \
                 f_gone + f_at + 1 >= {round} + f_age : f_gone + f_at + 1 >= f_age)))"
            ),
        );
        f.need("i_again", "!f_pending || f_first || f_met");
        f.need(
            "i_told_apart",
            &match plan.chooses() {
                true => "!f_next_1 || f_rest <= 1".to_owned(),
                false => format!("f_next_1 == (f_rest == {spacing})"),
            },
        );
    }

    /// The state that the lanes get of a row is the one that they gave.
    fn state_memory(&self, f: &mut Formal) {
        let (through, to_lane) = (self.through, self.to_lane);
        let bits: u32 = self.states.iter().map(|(_, bits)| bits).sum();
        let word = bits * self.plan.neuron_lanes;
        let each = |of: &dyn Fn(u32, &str) -> String| {
            self.packed(|lane| {
                let states = self.states.iter().rev();
                let states: Vec<String> = states.map(|(name, _)| of(lane, name)).collect();
                states.join(", ")
            })
        };
        let given = each(&|lane, name| Self::port(lane, &format!("{name}_o")));
        let taken = each(&|lane, name| Self::port(lane, &format!("{name}_i")));
        f.registers(
            &[("f_known", 1), ("f_state", word)],
            &format!("if (f_hits_{through}) begin f_known <= 1; f_state <= {given}; end"),
        );
        f.state(
            "p_state",
            "a row enters with the state that its lanes gave last for it, unless its step is the first one of a sample",
            &format!("!(f_hits_{to_lane} && !f_firsts_{to_lane}) || (f_known && {taken} == f_state)"),
        );
        let flight: Vec<String> = (1..=through)
            .map(|stage| format!("f_hits_{stage}"))
            .collect();
        f.state(
            "p_hazard",
            "no state is read again before it is written",
            &format!(
                "!(active_q && row_q == f_watch) || !({})",
                flight.join(" || ")
            ),
        );
        f.need(
            "i_known",
            &format!("!f_met || f_gone <= {through} || f_known"),
        );
        let stored = match self.plan.rows {
            1 => "states",
            _ => "states[f_watch]",
        };
        f.need("i_stored", &format!("!f_known || {stored} == f_state"));
        let fields = self.states.len() as u32 * self.plan.neuron_lanes;
        for stage in 1..=to_lane {
            let read = self.read("state", fields, stage);
            f.need(
                &format!("i_read{stage}"),
                &format!(
                    "!(f_hits_{stage} && !f_firsts_{stage}) || (f_known && {read} == f_state)"
                ),
            );
        }
    }

    /// Each row has its own constants, where they do not depend on the step.
    fn constants(&self, f: &mut Formal) {
        let to_lane = self.to_lane;
        let Some(memory) = self
            .module
            .mems
            .iter()
            .find(|memory| memory.name == "constants")
        else {
            return;
        };
        let banked = self.module.ports().any(|port| port.name == "bank_i");
        let own = match (banked, memory.depth) {
            (true, _) => "constants[{bank_i, f_row}]",
            // A memory of one word is a register.
            (false, 1) => "constants",
            (false, _) => "constants[f_row]",
        };
        let bits = u32::try_from(memory.bits()).unwrap_or(u32::MAX);
        f.wire("f_constant", bits, own);
        f.delays("f_constants", bits, "f_constant", to_lane);
        let taken = self.packed(|lane| {
            let inputs = self.inputs.iter().rev();
            let constants = inputs.filter(|port| self.is_constant(port));
            let constants: Vec<String> = constants.map(|port| Self::port(lane, port)).collect();
            constants.join(", ")
        });
        f.state(
            "p_constants",
            "a row enters with the constants that are its own",
            &format!("!f_entered_{to_lane} || {taken} == f_constants_{to_lane}"),
        );
        for stage in 1..to_lane {
            let read = self.read("constants", memory.fields.len() as u32, stage);
            f.need(
                &format!("i_constants{stage}"),
                &format!("!f_entered_{stage} || {read} == f_constants_{stage}"),
            );
        }
    }

    /// What was read, some cycles later: first as the memory gives it, then by field.
    fn read(&self, name: &str, fields: u32, stage: u32) -> String {
        let words = (0..fields).rev();
        let words = words.map(|field| format!("{name}{field}_d{}", stage - 1));
        match stage {
            1 if name == "state" => "states_rdata".to_owned(),
            1 => format!("{name}_rdata"),
            _ => format!("{{{}}}", words.collect::<Vec<_>>().join(", ")),
        }
    }
}

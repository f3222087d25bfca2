//! Sums on their way from the hand-over to the lanes: those of the followed row wait in the hand-off register, at a place that is
//! known from the shifts since; where sums are kept, they are those of the step before if the step says so.

use super::formal::{Formal, counter_bits};
use super::neurons::Unit;

/// What is asked of the sums, where the followed row and its group are known.
pub(super) fn sums(unit: &Unit<'_>, f: &mut Formal) {
    let plan = unit.plan;
    let (to_lane, chooses) = (unit.to_lane, plan.chooses());
    let word = plan.sum.width() * plan.neuron_lanes;
    let row = Rows { unit, word };

    if plan.keeps {
        row.repeats(f);
    }
    f.wire(
        "f_takes",
        1,
        match chooses {
            true => "hand_i && f_group == f_of",
            false => "hand_i && f_begun && f_behind == 0",
        },
    );
    let loads = match plan.keeps {
        true => "f_takes && !f_repeats_1",
        false => "f_takes",
    };
    f.wire("f_loads", 1, loads);
    let handed = format!("sums_i[f_at * {word} +: {word}]");
    f.registers(
        &[("f_has", 1), ("f_sum", word)],
        &format!("if (f_loads) begin f_has <= 1; f_sum <= {handed}; end"),
    );
    f.wire(
        "f_sum_now",
        word,
        &match chooses {
            true => "f_sum".to_owned(),
            false => format!("f_loads ? {handed} : f_sum"),
        },
    );
    f.delays("f_sums", word, "f_sum_now", to_lane);
    f.state(
        "p_sums",
        match plan.keeps {
            true => {
                "the lanes get of each row the sums that were handed over for it, those of the step before where a step is as it"
            }
            false => "the lanes get of each row the sums that were handed over for it",
        },
        &format!(
            "!f_hits_{to_lane} || {} == f_sums_{to_lane}",
            unit.packed(|lane| Unit::port(lane, "sum_i"))
        ),
    );
    f.need("i_sum", "!f_hits_1 || f_sums_1 == f_sum");
    f.need(
        "i_has",
        match chooses {
            true => "!f_begun || f_has",
            false => "!f_begun || f_has || f_loads",
        },
    );
    let stored = plan.keeps && plan.groups > 1;
    let after = match (chooses, plan.keeps && !stored) {
        (true, _) => row.chosen(f),
        (false, true) => row.shifted_around(f),
        (false, false) => row.shifted(f, stored),
    };
    let kept = |stage: u32| match stored {
        true => format!("f_row_repeats_{stage} || "),
        false => String::new(),
    };
    for stage in after + 1..=to_lane {
        let fresh = unit.packed(|lane| format!("lane{lane}_sum_d{}", stage - after));
        f.need(
            &format!("i_fresh{stage}"),
            &format!(
                "!f_hits_{stage} || {}{fresh} == f_sums_{stage}",
                kept(stage)
            ),
        );
    }
    if stored {
        row.stored(f);
    }
}

struct Rows<'a, 'u> {
    unit: &'a Unit<'u>,
    word: u32,
}

impl Rows<'_, '_> {
    /// The sums of a slot, in registers of this name and ending.
    fn slot(&self, name: &str, slot: u32) -> String {
        let lanes = self.unit.plan.neuron_lanes;
        self.unit
            .packed(|lane| format!("{name}{}_q", slot * lanes + lane))
    }

    /// The followed sums stand at the place `at` of the hand-off register.
    fn waits_at(&self, f: &mut Formal, when: &str, at: &str) {
        for slot in 0..self.unit.plan.slots {
            let waiting = self.slot("waiting", slot);
            f.need(
                &format!("i_waiting{slot}"),
                &format!("!({when} && {at} == {slot}) || {waiting} == f_sum"),
            );
        }
    }

    fn place_bits(&self) -> u32 {
        counter_bits(self.unit.plan.slots as usize)
    }

    /// Which hand-overs are of sums that are those of the step before.
    fn repeats(&self, f: &mut Formal) {
        f.assume(
            "a_repeat",
            "the first step of a sample is not as the one before",
            "!hand_next_i || !(first_i && repeat_i)",
        );
        f.delays("f_repeats", 1, "repeat_i", 1);
        f.need("i_repeats", "!f_next_1 || repeat_q == f_repeats_1");
        f.see("c_repeat", "f_takes && f_repeats_1");
    }

    /// They move on by a row a cycle, and leave the register; cycles after the entrance.
    fn shifted(&self, f: &mut Formal, stored: bool) -> u32 {
        f.registers(
            &[("f_waits", 1), ("f_place", self.place_bits())],
            "if (f_loads) begin f_waits <= 1; f_place <= f_at; end\n\
             else begin f_waits <= f_waits && !f_hits_1; f_place <= f_place - (f_entered_1 && f_place != 0); end",
        );
        let (new, entered_new) = match stored {
            true => (" && !f_repeat", " && !f_row_repeats_1"),
            false => ("", ""),
        };
        if stored {
            f.registers(&[("f_repeat", 1)], "if (f_begin) f_repeat <= repeat_i;");
            f.delays("f_row_repeats", 1, "f_repeat", self.unit.to_lane);
        }
        f.need(
            "i_waits",
            &format!(
                "f_waits == ((f_begun && f_age >= 2 && f_age <= f_at + 1{new}) || (f_hits_1{entered_new}))"
            ),
        );
        f.need(
            "i_place_of_sums",
            "!f_waits || (f_hits_1 ? f_place == 0 : f_place + f_age == f_at + 2)",
        );
        f.need("i_shifts", "shifts_d1_q == f_entered_1");
        self.waits_at(f, "f_waits", "f_place");
        1
    }

    /// They go around.
    fn shifted_around(&self, f: &mut Formal) -> u32 {
        let slots = self.unit.plan.slots;
        f.registers(
            &[("f_place", self.place_bits())],
            &format!(
                "if (f_loads) f_place <= f_at;\n\
                 else if (f_entered_1) f_place <= f_place == 0 ? {} : f_place - 1;",
                slots - 1
            ),
        );
        f.wire(
            "f_places",
            self.place_bits() + 1,
            "f_at + f_left + f_entered_1",
        );
        f.need(
            "i_place_of_sums",
            &format!(
                "!f_has || f_place == (f_places >= {two} ? f_places - {two} : f_places >= {slots} ? f_places - {slots} : f_places)",
                two = 2 * slots
            ),
        );
        f.need("i_shifts", "shifts_d1_q == f_entered_1");
        self.waits_at(f, "f_has", "f_place");
        1
    }

    /// They stay in the register, and go from there through registers of their own.
    fn chosen(&self, f: &mut Formal) -> u32 {
        let plan = self.unit.plan;
        self.waits_at(f, "f_has && f_begun && f_behind == 0", "f_at");
        for slot in 0..plan.slots {
            let entering = self.slot("entering", slot);
            f.need(
                &format!("i_idle{slot}"),
                &format!(
                    "idle{slot}_q == !(f_rest != 0 && f_rest + {slot} == {})",
                    plan.spacing
                ),
            );
            f.need(
                &format!("i_entering{slot}"),
                &format!(
                    "!f_hits_1 || {entering} == (f_at == {slot} ? f_sums_1 : {}'d0)",
                    self.word
                ),
            );
        }
        let parts = plan.slots.div_ceil(16);
        let joined = self.unit.packed(|lane| {
            let parts: Vec<String> = (0..parts)
                .map(|part| format!("joined{lane}_{part}_d1"))
                .collect();
            parts.join(" | ")
        });
        f.need("i_joined", &format!("!f_hits_2 || {joined} == f_sums_2"));
        2
    }

    /// A memory has those of the step before, and gives them where the step is as it.
    fn stored(&self, f: &mut Formal) {
        let (unit, to_lane) = (self.unit, self.unit.to_lane);
        f.registers(
            &[("f_kept", 1)],
            "if (f_hits_1 && !f_row_repeats_1) f_kept <= 1;",
        );
        f.need(
            "i_repeat",
            "(f_rest == 0 || repeat_q == f_repeat) && (!f_next_1 || f_repeats_1 == f_repeat) && !(f_first && f_repeat)",
        );
        f.need(
            "i_kept_row",
            "!f_entered_1 || (kept_row_d1 == f_rows_1 && row_repeat_d1 == f_row_repeats_1)",
        );
        f.need(
            "i_kept_known",
            "!f_met || f_kept || (f_gone == 1 && !f_row_repeats_1)",
        );
        f.need(
            "i_kept",
            "!f_kept || f_waits || kept_sums[f_watch] == f_sum",
        );
        for stage in 1..=to_lane {
            let (read, takes) = match stage {
                1 => ("kept_sums_rdata".to_owned(), "row_repeat_d1".to_owned()),
                _ => (
                    unit.packed(|lane| format!("kept_sum{lane}_d{}", stage - 1)),
                    format!("takes_kept_d{}", stage - 1),
                ),
            };
            f.need(
                &format!("i_kept_read{stage}"),
                &format!("!(f_hits_{stage} && f_row_repeats_{stage}) || {read} == f_sums_{stage}"),
            );
            f.need(
                &format!("i_takes{stage}"),
                &format!("!f_entered_{stage} || {takes} == f_row_repeats_{stage}"),
            );
        }
    }
}

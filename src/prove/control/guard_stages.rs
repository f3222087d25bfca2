//! What the induction needs to know of a guard's registers, stage by stage: which beat they hold, what the tags that were read
//! say of the followed address, how far the clearing is.
//!
//! With it each cycle follows from the one before. The tags are asked for each writer and reader apart: put together, solvers
//! do not see which memory matters.

use super::formal::{Formal, has};
use crate::hdl::Module;
use crate::rtl::LayerPlan;
use crate::rtl::stream::Layout;

/// Parts of a tag that are compared at once.
const COMPARED_PARTS: u32 = 4;

/// Names of what a guard has of each slot, and of each pair of slots.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slots(pub(super) usize);

impl Slots {
    /// Of a slot.
    pub(super) fn named(self, name: &str, slot: usize) -> String {
        match self.0 {
            1 => name.to_owned(),
            _ => format!("{name}_{slot}"),
        }
    }

    /// Of the slot that writes and the one that reads.
    pub(super) fn of_pair(self, name: &str, from: usize, to: usize) -> String {
        match self.0 {
            1 => name.to_owned(),
            _ => format!("{name}_{from}_{to}"),
        }
    }

    /// The element of a slot, where what is packed has one of `bits` bits for each.
    pub(super) fn of(self, name: &str, slot: usize, bits: u32) -> String {
        match self.0 {
            1 => name.to_owned(),
            _ => format!("{name}[{} +: {bits}]", slot * bits as usize),
        }
    }

    /// The register of the address whose tag is written.
    pub(super) fn place(self, slot: usize) -> String {
        format!("{}_q", self.named("place", slot))
    }

    /// `term` of each slot.
    pub(super) fn every(self, term: &dyn Fn(usize) -> String) -> String {
        self.joined(" && ", term)
    }

    /// `term` of one slot at least.
    pub(super) fn any(self, term: &dyn Fn(usize) -> String) -> String {
        self.joined(" || ", term)
    }

    fn joined(self, by: &str, term: &dyn Fn(usize) -> String) -> String {
        let terms: Vec<String> = (0..self.0).map(term).collect();
        terms.join(by)
    }
}

/// Registers of a guard beside what is followed.
pub(super) struct Stages<'a> {
    pub(super) module: &'a Module,
    pub(super) plan: &'a LayerPlan,
    pub(super) layout: Layout,
    pub(super) slots: Slots,
}

impl Stages<'_> {
    fn has(&self, name: &str) -> bool {
        has(self.module, name)
    }

    fn null(&self, stage: u32, slot: usize) -> String {
        self.slots.of(&format!("f_null_{stage}"), slot, 1)
    }

    fn address(&self, stage: u32, slot: usize) -> String {
        let bits = self.layout.address;
        self.slots.of(&format!("f_address_{stage}"), slot, bits)
    }

    fn watched(&self, stage: u32, slot: usize) -> String {
        format!("{} == f_watch", self.address(stage, slot))
    }

    /// Cycles from the stage in which tags arrive to the one in which they were compared.
    fn judging(&self) -> u32 {
        self.plan.fabric.read_cycles()
    }

    /// Every stage holds the beat that was accepted as many cycles ago, with what is known of its addresses.
    pub(super) fn hold_beats(&self, f: &mut Formal) {
        let (slots, axons) = (self.slots, self.plan.axons);
        for stage in 1..=2 + self.judging() {
            let (name, delay) = match stage {
                1 | 2 => (stage, 1),
                _ => (3, stage - 2),
            };
            let mut known = vec![
                format!("last{name}_d{delay} == f_last_{stage}"),
                format!("user{name}_d{delay} == f_user_{stage}"),
            ];
            for slot in 0..slots.0 {
                let field = |of: &str| format!("{}_d{delay}", slots.named(of, slot));
                let address = match stage {
                    2 => slots.place(slot),
                    _ => field(&format!("address{name}")),
                };
                known.push(format!("{address} == {}", self.address(stage, slot)));
                let null = field(&format!("null{name}"));
                known.push(format!("{null} == {}", self.null(stage, slot)));
                if self.layout.payload > 0 {
                    let payload = format!("f_payload_{stage}");
                    let payload = slots.of(&payload, slot, self.layout.payload);
                    known.push(format!("{} == {payload}", field(&format!("payload{name}"))));
                    let ok = field("payload_ok");
                    if stage == 2 && self.has(&ok) {
                        known.push(format!("{ok} == ({payload} <= {})", self.plan.fed.max));
                    }
                }
                let in_range = field(["in_range", "in_range2"][usize::from(stage == 2)]);
                if stage <= 2 && self.has(&in_range) {
                    let inside = format!("({} < {axons})", self.address(stage, slot));
                    known.push(format!("{in_range} == {inside}"));
                }
                for before in 0..slot {
                    let same = field(&format!("same_beat_{before}"));
                    let same = same.replace("_d1", &format!("_d{stage}"));
                    if stage <= 2 {
                        let (one, other) = (self.address(stage, before), self.address(stage, slot));
                        known.push(format!("{same} == ({one} == {other})"));
                    }
                }
            }
            let asks = format!("asks_d{delay}");
            if stage > 2 && self.has(&asks) {
                known.push(format!(
                    "{asks} == ({} && f_last_{stage} && f_payload_{stage}[0])",
                    self.null(stage, 0)
                ));
            }
            f.need(
                &format!("i_beat{stage}"),
                &format!(
                    "valid{name}_d{delay}_q == f_valid_{stage} && (!f_valid_{stage} || ({}))",
                    known.join(" && ")
                ),
            );
        }
        let same = slots.every(&|from| {
            slots.every(&|to| {
                let same = slots.of_pair("same_address", from, to);
                format!(
                    "{same}_d1 == ({} == {})",
                    self.address(2, from),
                    self.address(1, to)
                )
            })
        });
        f.need(
            "i_same_address",
            &format!("!(f_valid_1 && f_valid_2) || ({same})"),
        );
    }

    /// What the stages know of the followed address, whose hits are `f_hit` and a number, and `f_seen`.
    pub(super) fn judge(&self, f: &mut Formal) {
        let slots = self.slots;
        let hit = slots.any(&|slot| format!("f_hit{slot}"));
        f.registers(
            &[("f_met", 1)],
            &format!("f_met <= f_valid_2 && !f_last_2 && ({hit});"),
        );
        f.need("i_met", "!f_met || f_seen");
        f.need(
            "i_again",
            &slots.every(&|slot| {
                let again = slots.named("again", slot);
                format!(
                    "(!(f_valid_2 && {}) || {again}_d1 == f_met)",
                    self.watched(2, slot)
                )
            }),
        );
        for judged in 1..=self.judging() {
            let stage = 2 + judged;
            f.need(
                &format!("i_legal{judged}"),
                &slots.every(&|to| {
                    let legal = format!("{}_d{judged}", slots.named("legal", to));
                    let new = slots.of(&format!("f_legal_{judged}"), to, 1);
                    let (here, null) = (self.watched(stage, to), self.null(stage, to));
                    let seen = slots.any(&|from| match judged == self.judging() {
                        false => self.reads_its_own(judged, from, to),
                        true => self.compared(from, to),
                    });
                    format!(
                        "(!(f_valid_{stage} && !{null} && {here}) || ({legal} && !({seen})) == {new}) && \
                         (!{new} || (!{null} && {here}))"
                    )
                }),
            );
            let axons = self.plan.axons;
            if (0..slots.0).all(|slot| self.has(&format!("{}_d1", slots.named("in_range", slot)))) {
                f.need(
                    &format!("i_out{judged}"),
                    &slots.every(&|slot| {
                        let legal = slots.named("legal", slot);
                        let address = self.address(stage, slot);
                        format!(
                            "(!(f_valid_{stage} && {address} >= {axons}) || !{legal}_d{judged})"
                        )
                    }),
                );
            }
        }
    }

    /// The tag that slot `to` read of `from`, some cycles after it arrived, is its step's.
    fn reads_its_own(&self, later: u32, from: usize, to: usize) -> String {
        let tag = self.slots.of_pair("seen_tag", from, to);
        let fresh = self.slots.of_pair("fresh", from, to);
        let (read, now) = match later {
            0 => (format!("{tag}_rdata"), "tag_q".to_owned()),
            later => (format!("{tag}_d0_d{later}"), format!("tag_then_d{later}")),
        };
        format!("({read} == {now} && !{fresh}_d{})", later + 1)
    }

    fn compared(&self, from: usize, to: usize) -> String {
        let parts: Vec<String> = (0..COMPARED_PARTS)
            .map(|part| {
                format!(
                    "{}_d1",
                    self.slots.of_pair(&format!("same{part}"), from, to)
                )
            })
            .collect();
        format!("({})", parts.join(" && "))
    }

    /// What the memories of tags hold of the followed address: of each writer, whether it saw it in this step.
    pub(super) fn hold_tags(&self, f: &mut Formal) {
        let slots = self.slots;
        for from in 0..slots.0 {
            let seen = format!("f_seen{from}");
            f.registers(
                &[(&seen, 1)],
                &format!("if (f_valid_2) {seen} <= f_last_2 ? 0 : {seen} || f_hit{from};"),
            );
        }
        let any = slots.any(&|from| format!("f_seen{from}"));
        f.need("i_by_writer", &format!("f_seen == ({any})"));
        for from in 0..slots.0 {
            for to in 0..slots.0 {
                if slots.0 > 1 {
                    f.apart();
                }
                let tag = format!("{}[f_watch]", slots.of_pair("seen_tag", from, to));
                let of = |label: &str| slots.of_pair(label, from, to);
                f.need(&of("i_tag_most"), &format!("!f_counts || {tag} <= tag_q"));
                f.need(
                    &of("i_tag_seen"),
                    &format!("!f_counts || ({tag} == tag_q) == f_seen{from}"),
                );
                f.need(
                    &of("i_tag_read"),
                    &format!(
                        "!(f_valid_2 && {}) || f_met || {} == f_seen{from}",
                        self.watched(2, to),
                        self.reads_its_own(0, from, to)
                    ),
                );
            }
        }
    }
}

/// How the clearing of the tags goes on, and that no beat is on its way then; `f_clearing` counts its cycles.
pub(super) fn clearing(f: &mut Formal) {
    f.need(
        "i_clearing",
        "clearing_q ? clearing_d1_q == (f_clearing >= 1) && clearing_d2_q == (f_clearing >= 2) && \
         clearing_d3_q == (f_clearing >= 3) : f_clearing == 0 || f_clearing >= 4",
    );
    f.wire("f_late", 3, "clearing_d1_q + clearing_d2_q + clearing_d3_q");
    f.need(
        "i_late",
        "clearing_q || ((!clearing_d1_q || clearing_d2_q) && (!clearing_d2_q || clearing_d3_q) && \
         (!clearing_d3_q || (f_tags + f_late <= 4 && !runs_out_d1)))",
    );
    f.need("i_runs_out", "runs_out_d1 || f_tags <= 17'hfffe");
    f.need(
        "i_drain",
        "!clearing_q || ((f_clearing == 0 || !f_valid_1) && (f_clearing <= 1 || !f_valid_2) && \
         (f_clearing != 0 || (f_valid_1 ? f_last_1 : !f_valid_2)) && (f_clearing != 1 || !f_valid_2 || f_last_2))",
    );
}

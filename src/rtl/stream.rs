//! The event stream: its fields inside a design, and its packing into AXI4-Stream TDATA at the top.
//!
//! `TDATA = {zeros, null, payload, address}`, the address in the low bits, filled up to whole bytes. Binary spikes have
//! no payload bits, ternary ones have one: the sign, 1 for a spike of -1. TLAST ends a time step; a beat with `null` carries no
//! event and is legal only with TLAST. TUSER counts only on a TLAST beat: last step of the sample.
//!
//! A beat may have several slots, each `{null, payload, address}`, the first in the low bits; TLAST and TUSER are the beat's. A
//! slot that is not filled is null, and only a beat without any event is legal with TLAST alone.
//!
//! Analogue payloads often stay as they are from step to step. Where a layer keeps its sums ([`ConstantInput`]), a step
//! may be one beat with TLAST, `null` and the payload's lowest bit: its events are those of the step before.
//!
//! [`ConstantInput`]: crate::rtl::ConstantInput

use crate::hdl::{Builder, Instance, Sig, Ty};
use crate::rtl::plan::{LayerPlan, index_bits, payload_bits};
use crate::rtl::regs::delay_control;
use goldspike_golden::quant::Payloads;

/// Field widths of one event stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Address bits.
    pub address: u32,
    /// Payload bits; 0 for binary spikes.
    pub payload: u32,
    /// Whether the payload is the sign of a ternary spike.
    pub signed: bool,
    /// Whether a beat may say that a step is as the one before.
    pub repeats: bool,
    /// Events of a beat: its slots.
    pub slots: u32,
}

/// The most bits of TDATA.
pub(crate) const MOST_TDATA_BITS: u32 = 64;

impl Layout {
    /// Layout for `addresses` addresses and these payloads.
    #[must_use]
    pub fn new(addresses: usize, payloads: Payloads) -> Self {
        Self {
            address: index_bits(addresses),
            payload: payload_bits(payloads),
            signed: payloads.signed,
            repeats: false,
            slots: 1,
        }
    }

    /// Layout of what a layer takes.
    #[must_use]
    pub fn into_layer(plan: &LayerPlan) -> Self {
        Self {
            repeats: plan.keeps,
            slots: plan.beat_events,
            ..Self::new(plan.axons, plan.fed)
        }
    }

    /// Whether a payload is a number, and not one spike or its sign.
    #[must_use]
    pub fn is_analogue(self) -> bool {
        self.payload > 0 && !self.signed
    }

    /// Bits of a slot.
    #[must_use]
    pub fn slot_bits(self) -> u32 {
        self.address + self.payload + 1
    }

    /// TDATA width: whole bytes.
    #[must_use]
    pub fn tdata_bits(self) -> u32 {
        (self.slots * self.slot_bits()).next_multiple_of(8)
    }

    /// TDATA of a beat of this one event, the payload as it stands in its bits; it is dropped where the layout has none.
    #[must_use]
    pub fn pack_event(self, address: u32, payload: u32) -> u64 {
        self.pack_events(&[(address, payload)])
    }

    /// TDATA of these events, `(address, payload)`, at most one a slot, from the first slot on; the other slots are null.
    #[must_use]
    pub fn pack_events(self, events: &[(u32, u32)]) -> u64 {
        (0..self.slots)
            .map(|slot| {
                let of_slot = match events.get(slot as usize) {
                    Some(&(address, _)) if self.payload == 0 => u64::from(address),
                    Some(&(address, payload)) => {
                        u64::from(payload) << self.address | u64::from(address)
                    }
                    None => self.null_slot(),
                };
                of_slot << (slot * self.slot_bits())
            })
            .fold(0, |all, of_slot| all | of_slot)
    }

    /// TDATA of a beat without an event.
    #[must_use]
    pub fn pack_null(self) -> u64 {
        self.pack_events(&[])
    }

    const fn null_slot(self) -> u64 {
        1 << (self.address + self.payload)
    }

    /// TDATA of the one beat of a step that is as the step before; `None` where there is no such beat.
    #[must_use]
    pub fn pack_repeat(self) -> Option<u64> {
        self.repeats
            .then(|| self.pack_null() | self.pack_event(0, 1))
    }

    /// `(null, payload, address)` of each slot of a TDATA word, see [`Self::unpack`].
    pub fn unpack_slots(self, tdata: u64) -> impl Iterator<Item = (bool, i64, u32)> {
        (0..self.slots).map(move |slot| self.unpack(tdata >> (slot * self.slot_bits())))
    }

    /// `(null, payload, address)` of a TDATA word's first slot; payload 1 where the layout has none, 1 or -1 where it is a
    /// sign.
    #[must_use]
    pub fn unpack(self, tdata: u64) -> (bool, i64, u32) {
        let field = |low: u32, bits: u32| ((tdata >> low) & ((1u64 << bits) - 1)) as u32;
        let payload = match (self.payload, self.signed) {
            (0, _) => 1,
            (_, true) => 1 - 2 * i64::from(field(self.address, 1)),
            (bits, false) => i64::from(field(self.address, bits)),
        };
        (
            field(self.address + self.payload, 1) == 1,
            payload,
            field(0, self.address),
        )
    }
}

/// A slot of a beat inside a design.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    /// No event in this slot.
    pub null: Sig,
    /// Payload, where the layout has one.
    pub payload: Option<Sig>,
    /// Axon address.
    pub address: Sig,
}

impl Slot {
    /// Address, and payload where there is one: what is known of the event.
    pub(crate) fn fields(&self) -> impl Iterator<Item = Sig> + use<> {
        std::iter::once(self.address).chain(self.payload)
    }
}

/// The forward signals of a stream inside a design; `ready` runs the other way.
#[derive(Clone, Debug)]
pub struct Beat {
    /// The beat is there.
    pub valid: Sig,
    /// Its slots, at least one.
    pub slots: Vec<Slot>,
    /// Last beat of the step.
    pub last: Sig,
    /// With `last`: last step of the sample.
    pub user: Sig,
    /// With `last`, where the layout has it: the step is as the one before.
    pub repeat: Option<Sig>,
}

impl Beat {
    /// Input ports `PREFIX_valid_i` … of a module; those of several slots are packed.
    pub(crate) fn inputs(b: &mut Builder, prefix: &str, layout: Layout) -> Self {
        let port = |b: &mut Builder, name: &str, ty| b.input(&format!("{prefix}_{name}_i"), ty);
        let of_slots = |b: &mut Builder, name: &str, ty| match layout.slots {
            1 => vec![port(b, name, ty)],
            slots => b.input_vec(&format!("{prefix}_{name}_i"), ty, slots as usize),
        };
        let valid = port(b, "valid", Ty::BIT);
        let null = of_slots(b, "null", Ty::BIT);
        let address = of_slots(b, "address", Ty::u(layout.address));
        let payload = (layout.payload > 0).then(|| of_slots(b, "payload", Ty::u(layout.payload)));
        Self {
            valid,
            slots: slots(&null, payload.as_deref(), &address),
            last: port(b, "last", Ty::BIT),
            user: port(b, "user", Ty::BIT),
            repeat: layout.repeats.then(|| port(b, "repeat", Ty::BIT)),
        }
    }

    /// Output ports `PREFIX_valid_o` … of a module.
    pub(crate) fn outputs(&self, b: &mut Builder, prefix: &str) {
        for (name, sigs) in self.fields() {
            let name = format!("{prefix}_{name}_o");
            match sigs[..] {
                [sig] => b.output(&name, sig),
                _ => b.output_vec(&name, &sigs),
            }
        }
    }

    /// Connections of this beat to the input ports `PREFIX_*_i` of an instance.
    pub(crate) fn connect(&self, prefix: &str) -> Vec<(String, Vec<Sig>)> {
        self.fields()
            .into_iter()
            .map(|(name, sigs)| (format!("{prefix}_{name}_i"), sigs))
            .collect()
    }

    /// The beat that an instance drives on its ports `PREFIX_*_o`.
    pub(crate) fn of_instance(instance: &Instance, prefix: &str, layout: Layout) -> Self {
        let port = |name: &str| instance.out(&format!("{prefix}_{name}_o"));
        let of_slots = |name: &str| instance.out_vec(&format!("{prefix}_{name}_o"));
        let payload = (layout.payload > 0).then(|| of_slots("payload"));
        Self {
            valid: port("valid"),
            slots: slots(&of_slots("null"), payload.as_deref(), &of_slots("address")),
            last: port("last"),
            user: port("user"),
            repeat: layout.repeats.then(|| port("repeat")),
        }
    }

    /// The beat `cycles` later, in registers `…STAGE`; it is not stopped.
    pub(crate) fn delayed(&self, b: &mut Builder, stage: &str, cycles: u32) -> Self {
        self.delayed_with(b, stage, cycles, &[])
    }

    /// The beat `cycles` later; `addresses`, if given, stand for those of its slots then.
    pub(crate) fn delayed_with(
        &self,
        b: &mut Builder,
        stage: &str,
        cycles: u32,
        addresses: &[Sig],
    ) -> Self {
        let valid = delay_control(b, &format!("valid{stage}"), self.valid, cycles);
        let mut later = |name: &str, value| b.delay(name, value, cycles);
        let mut null = Vec::new();
        let mut payload = Vec::new();
        let mut address = Vec::new();
        for (number, slot) in self.slots.iter().enumerate() {
            let of = |name: &str| match self.slots.len() {
                1 => format!("{name}{stage}"),
                _ => format!("{name}{stage}_{number}"),
            };
            null.push(later(&of("null"), slot.null));
            payload.extend(slot.payload.map(|payload| later(&of("payload"), payload)));
            let given = addresses.get(number).copied();
            address.push(given.unwrap_or_else(|| later(&of("address"), slot.address)));
        }
        let payload = (!payload.is_empty()).then_some(payload);
        Self {
            valid,
            slots: slots(&null, payload.as_deref(), &address),
            last: later(&format!("last{stage}"), self.last),
            user: later(&format!("user{stage}"), self.user),
            repeat: self
                .repeat
                .map(|repeat| later(&format!("repeat{stage}"), repeat)),
        }
    }

    fn fields(&self) -> Vec<(&'static str, Vec<Sig>)> {
        let of = |field: fn(&Slot) -> Sig| self.slots.iter().map(field).collect();
        let mut fields = vec![
            ("valid", vec![self.valid]),
            ("null", of(|slot| slot.null)),
            ("address", of(|slot| slot.address)),
        ];
        let payloads: Vec<Sig> = self.slots.iter().filter_map(|slot| slot.payload).collect();
        if !payloads.is_empty() {
            fields.push(("payload", payloads));
        }
        fields.extend([("last", vec![self.last]), ("user", vec![self.user])]);
        fields.extend(self.repeat.map(|repeat| ("repeat", vec![repeat])));
        fields
    }
}

/// An AXI4-Stream at the top, as far as it goes forward.
#[derive(Clone, Copy)]
pub(crate) struct Forward {
    pub(crate) valid: Sig,
    pub(crate) data: Sig,
    pub(crate) last: Sig,
    pub(crate) user: Sig,
}

impl Forward {
    /// The beat that it carries.
    pub(crate) fn unpacked(self, b: &mut Builder, layout: Layout) -> Beat {
        let slots = (0..layout.slots).map(|slot| {
            let low = slot * layout.slot_bits();
            let payload_low = low + layout.address;
            let payload = layout.payload > 0;
            Slot {
                address: b.slice(self.data, low, layout.address),
                payload: payload.then(|| b.slice(self.data, payload_low, layout.payload)),
                null: b.bit(self.data, payload_low + layout.payload),
            }
        });
        Beat {
            valid: self.valid,
            slots: slots.collect(),
            last: self.last,
            user: self.user,
            repeat: None,
        }
    }
}

impl Beat {
    /// The beat as the top level sends it.
    pub(crate) fn packed(&self, b: &mut Builder, layout: Layout) -> Forward {
        let whole = Ty::u(layout.tdata_bits());
        let mut fields = Vec::new();
        for slot in self.slots.iter().rev() {
            fields.push(slot.null);
            fields.extend(slot.payload);
            fields.push(slot.address);
        }
        let packed = b.cat(&fields);
        let data = if packed.width() < whole.width() {
            b.extend(packed, whole)
        } else {
            packed
        };
        Forward {
            valid: self.valid,
            data,
            last: self.last,
            user: self.user,
        }
    }
}

fn slots(null: &[Sig], payload: Option<&[Sig]>, address: &[Sig]) -> Vec<Slot> {
    null.iter()
        .zip(address)
        .enumerate()
        .map(|(number, (&null, &address))| Slot {
            null,
            payload: payload.and_then(|payload| payload.get(number).copied()),
            address,
        })
        .collect()
}

/// Ports of an instance as `Builder::instance` takes them.
pub(crate) fn connections(ports: &[(String, Vec<Sig>)]) -> Vec<(&str, &[Sig])> {
    ports
        .iter()
        .map(|(name, sigs)| (name.as_str(), sigs.as_slice()))
        .collect()
}

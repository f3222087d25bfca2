//! The event stream: its fields inside a design, and its packing into AXI4-Stream TDATA at the top.
//!
//! `TDATA = {zeros, null, payload, address}`, the address in the low bits, filled up to whole bytes. Binary spikes have
//! no payload bits, ternary ones have one: the sign, 1 for a spike of -1. TLAST ends a time step; a beat with `null` carries no event and is legal only with TLAST. TUSER counts
//! only on a TLAST beat: last step of the sample.
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
}

impl Layout {
    /// Layout for `addresses` addresses and these payloads.
    #[must_use]
    pub fn new(addresses: usize, payloads: Payloads) -> Self {
        Self {
            address: index_bits(addresses),
            payload: payload_bits(payloads),
            signed: payloads.signed,
            repeats: false,
        }
    }

    /// Layout of what a layer takes.
    #[must_use]
    pub fn into_layer(plan: &LayerPlan) -> Self {
        Self {
            repeats: plan.keeps,
            ..Self::new(plan.axons, plan.fed)
        }
    }

    /// Whether a payload is a number, and not one spike or its sign.
    #[must_use]
    pub fn is_analogue(self) -> bool {
        self.payload > 0 && !self.signed
    }

    /// TDATA width: whole bytes.
    #[must_use]
    pub fn tdata_bits(self) -> u32 {
        (self.address + self.payload + 1).next_multiple_of(8)
    }

    /// TDATA of an event, the payload as it stands in its bits; it is dropped where the layout has none.
    #[must_use]
    pub fn pack_event(self, address: u32, payload: u32) -> u64 {
        let payload = if self.payload == 0 {
            0
        } else {
            u64::from(payload) << self.address
        };
        payload | u64::from(address)
    }

    /// TDATA of a beat without an event.
    #[must_use]
    pub fn pack_null(self) -> u64 {
        1 << (self.address + self.payload)
    }

    /// TDATA of the one beat of a step that is as the step before; `None` where there is no such beat.
    #[must_use]
    pub fn pack_repeat(self) -> Option<u64> {
        self.repeats
            .then(|| self.pack_null() | self.pack_event(0, 1))
    }

    /// `(null, payload, address)` of a TDATA word; payload 1 where the layout has none, 1 or -1 where it is a sign.
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

/// The forward signals of a stream inside a design; `ready` runs the other way.
#[derive(Clone, Copy, Debug)]
pub struct Beat {
    /// The beat is there.
    pub valid: Sig,
    /// No event in this beat.
    pub null: Sig,
    /// Payload, where the layout has one.
    pub payload: Option<Sig>,
    /// Axon address.
    pub address: Sig,
    /// Last beat of the step.
    pub last: Sig,
    /// With `last`: last step of the sample.
    pub user: Sig,
    /// With `last`, where the layout has it: the step is as the one before.
    pub repeat: Option<Sig>,
}

impl Beat {
    /// Input ports `PREFIX_valid_i` … of a module.
    pub(crate) fn inputs(b: &mut Builder, prefix: &str, layout: Layout) -> Self {
        let mut port = |name: &str, ty| b.input(&format!("{prefix}_{name}_i"), ty);
        Self {
            valid: port("valid", Ty::BIT),
            null: port("null", Ty::BIT),
            address: port("address", Ty::u(layout.address)),
            payload: (layout.payload > 0).then(|| port("payload", Ty::u(layout.payload))),
            last: port("last", Ty::BIT),
            user: port("user", Ty::BIT),
            repeat: layout.repeats.then(|| port("repeat", Ty::BIT)),
        }
    }

    /// Output ports `PREFIX_valid_o` … of a module.
    pub(crate) fn outputs(self, b: &mut Builder, prefix: &str) {
        for (name, sig) in self.fields() {
            b.output(&format!("{prefix}_{name}_o"), sig);
        }
    }

    /// Connections of this beat to the input ports `PREFIX_*_i` of an instance.
    pub(crate) fn connect(self, prefix: &str) -> Vec<(String, Vec<Sig>)> {
        self.fields()
            .into_iter()
            .map(|(name, sig)| (format!("{prefix}_{name}_i"), vec![sig]))
            .collect()
    }

    /// The beat that an instance drives on its ports `PREFIX_*_o`.
    pub(crate) fn of_instance(instance: &Instance, prefix: &str, layout: Layout) -> Self {
        let port = |name: &str| instance.out(&format!("{prefix}_{name}_o"));
        Self {
            valid: port("valid"),
            null: port("null"),
            address: port("address"),
            payload: (layout.payload > 0).then(|| port("payload")),
            last: port("last"),
            user: port("user"),
            repeat: layout.repeats.then(|| port("repeat")),
        }
    }

    /// The beat `cycles` later, in registers `…STAGE`; it is not stopped.
    pub(crate) fn delayed(self, b: &mut Builder, stage: &str, cycles: u32) -> Self {
        self.delayed_with(b, stage, cycles, None)
    }

    /// The beat `cycles` later; `address` stands for its address then.
    pub(crate) fn delayed_with(
        self,
        b: &mut Builder,
        stage: &str,
        cycles: u32,
        address: Option<Sig>,
    ) -> Self {
        let valid = delay_control(b, &format!("valid{stage}"), self.valid, cycles);
        let mut later = |name: &str, value| b.delay(&format!("{name}{stage}"), value, cycles);
        Self {
            valid,
            null: later("null", self.null),
            payload: self.payload.map(|payload| later("payload", payload)),
            address: address.unwrap_or_else(|| later("address", self.address)),
            last: later("last", self.last),
            user: later("user", self.user),
            repeat: self.repeat.map(|repeat| later("repeat", repeat)),
        }
    }

    fn fields(self) -> Vec<(&'static str, Sig)> {
        let mut fields = vec![
            ("valid", self.valid),
            ("null", self.null),
            ("address", self.address),
        ];
        fields.extend(self.payload.map(|payload| ("payload", payload)));
        fields.extend([("last", self.last), ("user", self.user)]);
        fields.extend(self.repeat.map(|repeat| ("repeat", repeat)));
        fields
    }
}

/// Ports of an instance as `Builder::instance` takes them.
pub(crate) fn connections(ports: &[(String, Vec<Sig>)]) -> Vec<(&str, &[Sig])> {
    ports
        .iter()
        .map(|(name, sigs)| (name.as_str(), sigs.as_slice()))
        .collect()
}

//! The load port of a design: its ports at the top, the loader behind them, and what the layers get of it.

use crate::hdl::{Builder, Sig, Ty};
use crate::rtl::load::{Load, PIECE_BITS, Size};
use crate::rtl::load_map::LoadMap;
use crate::rtl::loader::{loaded_doc, loader};
use crate::rtl::plan::LayerPlan;
use crate::rtl::plan_error::PlanError;
use crate::rtl::stream::connections;

/// The load port of the top, and what it gives the layers.
pub(crate) struct LoadPort {
    /// Beats of samples may be accepted.
    pub(crate) goes: Sig,
    accepted: Sig,
    ends: Sig,
    /// The last beat of a sample leaves.
    pub(crate) left: Sig,
    load: Load,
    /// By layer: its memories.
    pub(crate) sizes: Vec<Vec<Size>>,
    /// The next layer's first memory.
    next: usize,
}

/// Most samples between the first beat of one and the last beat of another.
pub(crate) fn samples_in_flight(plans: &[LayerPlan]) -> usize {
    let steps = plans.iter().map(|plan| plan.banks + plan.credits);
    2 * steps.sum::<u32>() as usize
}

impl LoadPort {
    /// Declares the ports, and the loader behind them.
    ///
    /// # Errors
    /// Only an internal bug of the description.
    pub(crate) fn new(
        b: &mut Builder,
        prefix: &str,
        map: &LoadMap,
        plans: &[LayerPlan],
    ) -> Result<Self, PlanError> {
        let most = samples_in_flight(plans);
        let loader = loader(&format!("{prefix}_loader"), map, most)?;
        let valid = b.input("s_load_tvalid", Ty::BIT);
        let ready = b.wire("load_ready", Ty::BIT);
        b.output("s_load_tready", ready);
        let data = b.input("s_load_tdata", Ty::u(PIECE_BITS));
        let last = b.input("s_load_tlast", Ty::BIT);
        b.port_doc("s_load_tdata", "a word of an image");
        b.port_doc("s_load_tlast", "last word of the image");
        let [accepted, ends, left] =
            ["accepted", "sample_ends", "sample_left"].map(|name| b.wire(name, Ty::BIT));
        let ports = [
            ("s_valid_i", valid),
            ("s_data_i", data),
            ("s_last_i", last),
            ("accepted_i", accepted),
            ("ends_i", ends),
            ("left_i", left),
        ]
        .map(|(name, sig)| (name.to_owned(), vec![sig]));
        let instance = b.instance("u_loader", &loader, &connections(&ports));
        b.assign(ready, instance.out("s_ready_o"));
        let version_doc = if map.banked {
            "version word of the image that is applied; 0 before the first one"
        } else {
            "version word of the image that is loaded; 0 without one"
        };
        for (port, from, doc) in [
            ("loaded_o", "loaded_o", loaded_doc(map.banked)),
            ("image_version_o", "version_o", version_doc),
            (
                "load_error_o",
                "error_o",
                "the last image was refused; until one is applied",
            ),
            (
                "load_reason_o",
                "reason_o",
                "why: 1 busy, 2 magic, 3 format, 4 shape, 5 length, 6 CRC, 7 short, 8 long",
            ),
        ] {
            b.output(port, instance.out(from));
            b.port_doc(port, doc);
        }
        Ok(Self {
            goes: b.not(instance.out("hold_o")),
            accepted,
            ends,
            left,
            load: Load {
                bank: map.banked.then(|| instance.out("bank_o")),
                write: instance.out_vec("write_o"),
                address: instance.out("address_o"),
                pieces: instance.out_vec("pieces_o"),
            },
            sizes: map.layers.iter().map(|layer| layer.sizes.clone()).collect(),
            next: 0,
        })
    }

    /// What the loader is told of beats: one was accepted, and if so, whether it ends a sample.
    pub(crate) fn accepted(&self, b: &mut Builder, accepted: Sig, ends: Sig) {
        b.assign(self.accepted, accepted);
        b.assign(self.ends, ends);
    }

    /// Connections of the layer `index`; by layer, in their order.
    pub(crate) fn connect(&mut self, b: &mut Builder, index: usize) -> Vec<(String, Vec<Sig>)> {
        let sizes = &self.sizes[index];
        let ports = self.load.connect(b, self.next, sizes);
        self.next += sizes.len();
        ports
    }
}

//! A simulation as a rust-hdl block.

use rust_hdl::core::prelude::{Block, Logic, Probe};

use super::sim::Sim;

impl Logic for Sim {
    fn update(&mut self) {
        self.advance();
    }
}

impl Block for Sim {
    fn connect_all(&mut self) {}

    fn update_all(&mut self) {
        self.update();
    }

    fn has_changed(&self) -> bool {
        self.has_advanced()
    }

    fn accept(&self, name: &str, probe: &mut dyn Probe) {
        probe.visit_start_scope(name, self);
        probe.visit_end_scope(name, self);
    }
}

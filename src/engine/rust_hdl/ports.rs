//! Handles of a design's ports.

use crate::hdl::{HdlError, PortId, Sim};

/// Ports of a stream's beats.
pub(super) struct Beat {
    pub(super) valid: PortId,
    pub(super) ready: PortId,
    pub(super) data: PortId,
    pub(super) last: PortId,
}

/// Ports of a stream of steps, whose TUSER ends a sample.
pub(super) struct SampleStream {
    pub(super) beat: Beat,
    pub(super) user: PortId,
}

/// Ports of the load stream, and what it shows.
pub(super) struct LoadPorts {
    pub(super) beat: Beat,
    pub(super) loaded: PortId,
    pub(super) version: PortId,
    pub(super) error: PortId,
    pub(super) reason: PortId,
}

impl Beat {
    /// Of a stream that the design takes.
    fn taken(sim: &Sim, prefix: &str) -> Result<Self, HdlError> {
        Ok(Self {
            valid: sim.input(&format!("{prefix}_tvalid"))?,
            ready: sim.output(&format!("{prefix}_tready"))?,
            data: sim.input(&format!("{prefix}_tdata"))?,
            last: sim.input(&format!("{prefix}_tlast"))?,
        })
    }
}

impl SampleStream {
    /// That the design takes.
    pub(super) fn taken(sim: &Sim, prefix: &str) -> Result<Self, HdlError> {
        Ok(Self {
            beat: Beat::taken(sim, prefix)?,
            user: sim.input(&format!("{prefix}_tuser"))?,
        })
    }

    /// That the design gives.
    pub(super) fn given(sim: &Sim, prefix: &str) -> Result<Self, HdlError> {
        let shown = |field: &str| sim.output(&format!("{prefix}_{field}"));
        Ok(Self {
            beat: Beat {
                valid: shown("tvalid")?,
                ready: sim.input(&format!("{prefix}_tready"))?,
                data: shown("tdata")?,
                last: shown("tlast")?,
            },
            user: shown("tuser")?,
        })
    }
}

impl LoadPorts {
    /// Of a design that has them.
    pub(super) fn of(sim: &Sim) -> Result<Self, HdlError> {
        Ok(Self {
            beat: Beat::taken(sim, "s_load")?,
            loaded: sim.output("loaded_o")?,
            version: sim.output("image_version_o")?,
            error: sim.output("load_error_o")?,
            reason: sim.output("load_reason_o")?,
        })
    }
}

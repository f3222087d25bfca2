//! The LIF family: IF, LIF, PLIF.

/// Kind of reset after a spike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Reset {
    /// `v <- v_reset`.
    Hard,
    /// `v <- h - v_threshold`.
    Soft,
    /// No reset.
    None,
}

/// When the reset of a spike acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum ResetTiming {
    /// In the step of the spike.
    SameStep,
    /// In the next step, by the stored spike (snnTorch `reset_delay=True`).
    NextStep,
    /// In the step of the spike, unless a reset was still pending (snnTorch `reset_delay=False`).
    SameStepGuarded,
}

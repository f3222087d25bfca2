//! The switches of neurons as keys of net.json: one row for each [`Mode`] of the golden model.

use goldspike_golden::neuron::modes::{Mode, ModeSet};
use goldspike_golden::neuron::{CurrentOrder, Leak, Modes, Reset, ResetTiming, Spikes};

/// One switch.
#[derive(Clone, Copy, Debug)]
pub struct Switch {
    /// Key.
    pub key: &'static str,
    /// What each of its values means.
    pub meaning: &'static str,
    /// Its values in a set of modes, the default first.
    pub values: fn(&ModeSet) -> Vec<&'static str>,
    /// Every value that the format has.
    pub all: fn() -> Vec<&'static str>,
    /// Its value.
    pub of: fn(Modes) -> &'static str,
    /// Sets it; `false` if it has no such value.
    pub set: fn(&mut Modes, &str) -> bool,
}

/// Every switch.
pub const SWITCHES: &[Switch] = &[
    Switch {
        key: Reset::KEY,
        meaning: "after a spike s: `hard` v = v_reset, `soft` v = h - s v_threshold, `none` v = h",
        values: |modes| texts(modes.reset),
        all: all::<Reset>,
        of: of::<Reset>,
        set: set::<Reset>,
    },
    Switch {
        key: ResetTiming::KEY,
        meaning: "`same_step`: the reset acts in the step of the spike; `next_step`: in the step after it, v is kept unreset \
                  (snnTorch reset_delay=True); `same_step_guarded`: in the step of the spike, except that a reset that was \
                  still pending is not done twice (snnTorch reset_delay=False)",
        values: |modes| texts(modes.reset_timing),
        all: all::<ResetTiming>,
        of: of::<ResetTiming>,
        set: set::<ResetTiming>,
    },
    Switch {
        key: Spikes::KEY,
        meaning: "`binary`: 0 and 1; `ternary`: -1, 0 and 1",
        values: |modes| texts(modes.spikes),
        all: all::<Spikes>,
        of: of::<Spikes>,
        set: set::<Spikes>,
    },
    Switch {
        key: Leak::KEY,
        meaning: "`linear_unclamped`: the leak is taken at every step, also below 0 (GLIF); `linear_toward_zero`: it takes v \
                  toward 0 from both sides and stops there (ODIN, SNE)",
        values: |modes| texts(modes.leak),
        all: all::<Leak>,
        of: of::<Leak>,
        set: set::<Leak>,
    },
    Switch {
        key: CurrentOrder::KEY,
        meaning: "`new_current`: the current of this step charges v (SpikingJelly, snnTorch); `old_current`: that of the step \
                  before (NIR's reference simulator)",
        values: |modes| texts(modes.order),
        all: all::<CurrentOrder>,
        of: of::<CurrentOrder>,
        set: set::<CurrentOrder>,
    },
];

fn texts<M: Mode>(values: &[M]) -> Vec<&'static str> {
    values.iter().map(|value| value.text()).collect()
}

fn all<M: Mode>() -> Vec<&'static str> {
    M::ALL.iter().map(|(text, _)| *text).collect()
}

fn of<M: Mode>(mut modes: Modes) -> &'static str {
    M::of(&mut modes).text()
}

fn set<M: Mode>(modes: &mut Modes, text: &str) -> bool {
    let found = M::ALL.iter().find(|(name, _)| *name == text);
    if let Some((_, value)) = found {
        *M::of(modes) = *value;
    }
    found.is_some()
}

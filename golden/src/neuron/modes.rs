//! What a model can be switched to: reset, its timing, spikes, leak, and which current charges a membrane.

/// Kind of reset after a spike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Reset {
    /// `v <- v_reset`.
    #[default]
    Hard,
    /// `v <- h - v_threshold`.
    Soft,
    /// No reset.
    None,
}

/// When the reset of a spike acts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum ResetTiming {
    /// In the step of the spike.
    #[default]
    SameStep,
    /// In the next step, by the stored spike (snnTorch `reset_delay=True`).
    NextStep,
    /// In the step of the spike, unless a reset was still pending (snnTorch `reset_delay=False`).
    SameStepGuarded,
}

/// Which spikes a neuron fires.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Spikes {
    /// 0 and 1.
    #[default]
    Binary,
    /// -1, 0 and 1.
    Ternary,
}

/// How a linear leak treats the resting value 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Leak {
    /// It goes on below 0 (GLIF): a constant input.
    #[default]
    LinearUnclamped,
    /// It moves toward 0 from both sides and stops there (ODIN, tinyODIN, SNE).
    LinearTowardZero,
}

/// Which synaptic current charges a membrane that has one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum CurrentOrder {
    /// The current of this step (SpikingJelly, snnTorch, NIR's semi-implicit rule).
    #[default]
    NewCurrent,
    /// The current of the step before (NIR's reference simulator).
    OldCurrent,
}

/// Everything a model is switched by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct Modes {
    /// Kind of reset.
    pub reset: Reset,
    /// When the reset acts.
    pub reset_timing: ResetTiming,
    /// Which spikes are fired.
    pub spikes: Spikes,
    /// How a linear leak treats 0.
    pub leak: Leak,
    /// Which current charges the membrane.
    pub order: CurrentOrder,
}

/// One switch with its names in files.
pub trait Mode: Copy + PartialEq + 'static {
    /// Key in files.
    const KEY: &'static str;
    /// Every value with its name; the default first.
    const ALL: &'static [(&'static str, Self)];
    /// The field.
    fn of(modes: &mut Modes) -> &mut Self;

    /// Its name in files.
    fn text(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, value)| *value == self)
            .map_or("", |(text, _)| text)
    }
}

macro_rules! mode {
    ($Mode:ident, $field:ident, $key:literal, $($text:literal => $value:ident),+) => {
        impl Mode for $Mode {
            const KEY: &'static str = $key;
            const ALL: &'static [(&'static str, Self)] = &[$(($text, Self::$value)),+];
            fn of(modes: &mut Modes) -> &mut Self {
                &mut modes.$field
            }
        }
    };
}

mode!(Reset, reset, "reset", "hard" => Hard, "soft" => Soft, "none" => None);
mode!(ResetTiming, reset_timing, "reset_timing",
    "same_step" => SameStep, "next_step" => NextStep, "same_step_guarded" => SameStepGuarded);
mode!(Spikes, spikes, "spikes", "binary" => Binary, "ternary" => Ternary);
mode!(Leak, leak, "leak_mode",
    "linear_unclamped" => LinearUnclamped, "linear_toward_zero" => LinearTowardZero);
mode!(CurrentOrder, order, "order", "new_current" => NewCurrent, "old_current" => OldCurrent);

/// The modes that a model has; of each switch at least one, the default first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModeSet {
    /// Kinds of reset.
    pub reset: &'static [Reset],
    /// When it may act.
    pub reset_timing: &'static [ResetTiming],
    /// Spikes.
    pub spikes: &'static [Spikes],
    /// Leaks.
    pub leak: &'static [Leak],
    /// Orders.
    pub order: &'static [CurrentOrder],
}

impl ModeSet {
    /// Every default of [`Modes`] alone: a model names what it has besides.
    pub const PLAIN: Self = Self {
        reset: &[Reset::Hard],
        reset_timing: &[ResetTiming::SameStep],
        spikes: &[Spikes::Binary],
        leak: &[Leak::LinearUnclamped],
        order: &[CurrentOrder::NewCurrent],
    };

    /// The switches that have a value outside the set, by key.
    #[must_use]
    pub fn outside(&self, modes: &Modes) -> Option<&'static str> {
        let Modes {
            reset,
            reset_timing,
            spikes,
            leak,
            order,
        } = modes;
        [
            (Reset::KEY, self.reset.contains(reset)),
            (
                ResetTiming::KEY,
                self.reset_timing.contains(reset_timing)
                    && (spikes.is_binary() || *reset_timing != ResetTiming::SameStepGuarded),
            ),
            (Spikes::KEY, self.spikes.contains(spikes)),
            (Leak::KEY, self.leak.contains(leak)),
            (CurrentOrder::KEY, self.order.contains(order)),
        ]
        .into_iter()
        .find(|(_, inside)| !inside)
        .map(|(key, _)| key)
    }

    /// The first of each.
    #[must_use]
    pub fn first(&self) -> Modes {
        Modes {
            reset: first(self.reset),
            reset_timing: first(self.reset_timing),
            spikes: first(self.spikes),
            leak: first(self.leak),
            order: first(self.order),
        }
    }

    /// Every legal combination.
    #[must_use]
    pub fn combinations(&self) -> Vec<Modes> {
        let mut all = Vec::new();
        for &reset in self.reset {
            for &reset_timing in self.reset_timing {
                for &spikes in self.spikes {
                    for &leak in self.leak {
                        for &order in self.order {
                            all.push(Modes {
                                reset,
                                reset_timing,
                                spikes,
                                leak,
                                order,
                            });
                        }
                    }
                }
            }
        }
        all.retain(|modes| self.outside(modes).is_none());
        all
    }
}

fn first<T: Copy + Default>(values: &[T]) -> T {
    values.first().copied().unwrap_or_default()
}

impl Spikes {
    /// Whether a spike is 0 or 1.
    #[must_use]
    pub const fn is_binary(&self) -> bool {
        matches!(self, Self::Binary)
    }
}

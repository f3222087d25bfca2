//! Which circuit a lane is made of, and what it may leave out because of what its states can be.
//!
//! A form never changes a bit: a factor's product is exact in each, overflow logic and resets are left out only where no
//! event sequence of any length reaches them ([`crate::quantize::bounds`]).

use goldspike_golden::format::Overflow;
use goldspike_golden::quant::{Payloads, QuantLayer};

use crate::hdl::Ty;
use crate::quantize::{Bounds, bounds};
use crate::rtl::fabric::Fabric;

/// Whether lanes are specialised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Forms {
    /// The cheapest circuit for the constants and the weights at hand.
    #[default]
    Cheapest,
    /// A circuit for any constants and weights of the same widths.
    General,
}

/// A part of a lane, the circuit that was taken for it, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// The part.
    pub part: String,
    /// The circuit.
    pub form: String,
    /// The reason.
    pub why: String,
}

/// What a lane may assume.
#[derive(Clone, Debug, Default)]
pub(crate) struct Assume {
    pub(crate) forms: Forms,
    /// The family of FPGAs.
    pub(super) fabric: Fabric,
    /// In the place of an adder tree stands the product that it is, as late as the tree gives it.
    pub(super) cut: bool,
    /// Type of a bias, where weights and constants are loaded: then every constant is an input.
    any_bias: Option<Ty>,
    /// Every value of the states; `None` if it is not known.
    bounds: Option<Bounds>,
}

impl Assume {
    /// Of a layer that is fed `fed`.
    pub(crate) fn of(layer: &QuantLayer, fed: Payloads, forms: Forms) -> Self {
        let bounds = match forms {
            Forms::Cheapest => bounds(layer, fed),
            Forms::General => None,
        };
        let known = Self {
            forms,
            fabric: Fabric::PORTABLE,
            cut: false,
            any_bias: None,
            bounds,
        };
        // A value that wraps is anywhere; one that saturates stays between the bounds.
        let wraps = layer.overflow == Overflow::Wrap;
        if wraps && !(known.membrane_held(layer) && known.own_held(layer)) {
            return Self::unbounded(forms);
        }
        known
    }

    /// Nothing of the states: no overflow and no reset is left out.
    pub(crate) fn unbounded(forms: Forms) -> Self {
        Self {
            forms,
            fabric: Fabric::PORTABLE,
            cut: false,
            any_bias: None,
            bounds: None,
        }
    }

    /// Nothing of the states, the weights and the constants, which are loaded; a bias has the type `bias`.
    pub(crate) fn nothing(bias: Ty) -> Self {
        Self {
            any_bias: Some(bias),
            ..Self::unbounded(Forms::General)
        }
    }

    /// For a family of FPGAs.
    pub(crate) fn on(self, fabric: Fabric) -> Self {
        Self { fabric, ..self }
    }

    /// Whether products are additions: see [`Fabric::adds_products`].
    pub(super) fn adds(&self) -> bool {
        self.fabric.adds_products
    }

    /// With multipliers in the place of adder trees, in as many stages: what a solver can decide.
    pub(crate) fn cut(self) -> Self {
        Self { cut: true, ..self }
    }

    /// Whether weights and constants are loaded.
    pub(crate) fn loaded(&self) -> bool {
        self.any_bias.is_some()
    }

    /// Type of a bias that is loaded.
    pub(crate) fn bias(&self) -> Option<Ty> {
        self.any_bias
    }

    /// Whether no update overflows the membrane.
    pub(crate) fn membrane_held(&self, layer: &QuantLayer) -> bool {
        let held = |b: &Bounds| b.membrane_held(layer.membrane.width, layer.overflow);
        self.bounds.as_ref().is_some_and(held)
    }

    /// Whether no update overflows a format of a state's own.
    pub(crate) fn own_held(&self, layer: &QuantLayer) -> bool {
        let held = |b: &Bounds| b.own_held(&layer.neuron);
        self.bounds.as_ref().is_some_and(held)
    }

    /// Whether `h` can reach a threshold; `h <= -fire_at` if `negative`.
    pub(crate) fn fires(&self, layer: &QuantLayer, negative: bool) -> bool {
        // A guarded reset acts above its own level, without a spike too.
        let levels = ["fire_at", "pending_at"].map(|name| layer.neuron.constants.get(name));
        let least = levels.iter().flatten().flat_map(|p| p.values()).min();
        self.bounds.as_ref().zip(least).is_none_or(|(b, &least)| {
            let reached = if negative {
                b.membrane.low.saturating_neg()
            } else {
                b.membrane.high
            };
            reached >= least
        })
    }

    /// The bound in words.
    pub(crate) fn range(&self) -> String {
        self.bounds.as_ref().map_or_else(String::new, |b| {
            format!("{} to {}", b.membrane.low, b.membrane.high)
        })
    }
}

//! Neuron models, one file each, and their registry.
//!
//! A model is a file with its tables ([`ModelInfo`]), what its real parameters fold into ([`Collapsed`]) and its step
//! ([`Model`]), and one line of `models!` below. Importers, quantizer, digest, help and tests iterate over the registry and
//! its tables.

pub mod collapse;
mod common;
pub mod info;
pub mod model;
pub mod modes;
pub mod refractory;
pub mod reset;

use core::fmt::Debug;

use crate::arith::Arith;
use crate::describe::Neuron;

pub use collapse::Collapsed;
pub use info::{ConstantInfo, Domain, KindInfo, ModelInfo, ParameterInfo, StateInfo, StateUnit};
pub use model::{Model, Source, State, Step};
pub use modes::{CurrentOrder, Leak, Mode, Modes, Reset, ResetTiming, Spikes};
pub use refractory::Cell;

macro_rules! models {
    ($($(#[$doc:meta])* $Name:ident in $module:ident),+ $(,)?) => {
        $(pub mod $module;)+

        /// Names a model.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
        pub enum ModelId {
            $($(#[$doc])* $Name),+
        }

        impl ModelId {
            /// Every model.
            pub const ALL: &'static [Self] = &[$(Self::$Name),+];

            /// The model's entry in the registry.
            #[must_use]
            pub const fn info(self) -> &'static ModelInfo {
                match self {
                    $(Self::$Name => &$module::INFO),+
                }
            }

            fn collapse(self, neuron: &Neuron) -> Collapsed {
                match self {
                    $(Self::$Name => $module::collapse(neuron)),+
                }
            }

            /// Parameters of one neuron in one step; `None` if a constant is missing.
            pub fn build<N: Clone + Debug>(self, source: &impl Source<N>) -> Option<Params<N>> {
                Some(match self {
                    $(Self::$Name => Params::$Name(Model::build(source)?)),+
                })
            }
        }

        /// Parameters of one neuron of any model.
        #[derive(Clone, Debug, PartialEq)]
        #[allow(missing_docs, reason = "each variant is the model of that name")]
        pub enum Params<N> {
            $($Name($module::Params<N>)),+
        }

        impl<N: Clone + Debug> Params<N> {
            /// As [`Model::start`].
            pub fn start(&self) -> Vec<N> {
                match self {
                    $(Self::$Name(params) => params.start()),+
                }
            }

            /// As [`Model::step`].
            pub fn step<A: Arith<Num = N>>(&self, a: &A, state: &State<N, A::Bit>, x: &N) -> Step<N, A::Bit> {
                match self {
                    $(Self::$Name(params) => params.step(a, state, x)),+
                }
            }

            /// As [`Model::hold`].
            pub fn hold<A: Arith<Num = N>>(&self, a: &A, state: &State<N, A::Bit>) -> Vec<N> {
                match self {
                    $(Self::$Name(params) => params.hold(a, state)),+
                }
            }

            /// As [`Model::tells`].
            pub fn tells(&self) -> Option<(&N, bool)> {
                match self {
                    $(Self::$Name(params) => params.tells()),+
                }
            }
        }
    };
}

models! {
    /// IF, LIF and PLIF, with binary and ternary spikes.
    Lif in lif,
    /// KLIF.
    Klif in klif,
    /// GLIF.
    Glif in glif,
    /// CLIF.
    Clif in clif,
    /// CubaLIF, Synaptic.
    Cubalif in cubalif,
    /// ALIF.
    Alif in alif,
}

/// Every model.
pub fn registry() -> impl Iterator<Item = &'static ModelInfo> {
    ModelId::ALL.iter().map(|model| model.info())
}

/// The model and its entry in the kinds that a network file names.
#[must_use]
pub fn kind(name: &str) -> Option<(ModelId, &'static KindInfo)> {
    ModelId::ALL.iter().find_map(|&model| {
        let kind = model.info().kinds.iter().find(|kind| kind.name == name)?;
        Some((model, kind))
    })
}

impl Neuron {
    /// What the hardware computes with.
    #[must_use]
    pub fn collapse(&self) -> Collapsed {
        self.model.collapse(self)
    }
}

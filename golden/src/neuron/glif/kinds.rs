//! The kinds of a network file that are GLIF neurons: `glif` with the collapsed constants, `glif_gated` with the paper's gates.

use super::info::{MODES, by_step};
use crate::neuron::info::{Conflict, Default, Given, KindInfo, Range, as_given};
use crate::param::Param;

pub(super) const KINDS: &[KindInfo] = &[
    KindInfo {
        name: "glif",
        without: &[],
        with: &[],
        modes: MODES,
        convert: as_given,
    },
    KindInfo {
        name: "glif_gated",
        without: &["decay", "gate_reset", "leak", "sub_reset", "conduct"],
        with: &[
            by_step(
                "alpha",
                "gate of the leak: 1 exponential, 0 linear",
                Range::Unit,
                Default::Required,
            ),
            by_step(
                "beta",
                "gate of the input: 1 step-wise conductance, 0 none",
                Range::Unit,
                Default::Required,
            ),
            by_step(
                "gamma",
                "gate of the reset: 1 hard, 0 soft by v_re",
                Range::Unit,
                Default::Required,
            ),
            by_step(
                "tau_exp",
                "retained fraction of v of the exponential leak",
                Range::Unit,
                Default::Required,
            ),
            by_step(
                "tau_lin",
                "amount of the linear leak",
                Range::NotNegative,
                Default::Required,
            ),
            by_step(
                "v_re",
                "amount of the soft reset, apart from the threshold",
                Range::NotNegative,
                Default::Required,
            ),
            by_step(
                "g",
                "conductance in each step",
                Range::Unit,
                Default::Required,
            ),
        ],
        modes: MODES,
        convert: gated,
    },
];

/// Yao et al., eq. 4 to 10, as the authors' code computes them.
fn gated(mut given: Given) -> Result<Given, Conflict> {
    let mut take = |key: &'static str| {
        given.remove(key).ok_or_else(|| Conflict {
            key: None,
            message: format!("the kind `glif_gated` needs the key `{key}`"),
            help: String::new(),
        })
    };
    let [alpha, beta, gamma] = [take("alpha")?, take("beta")?, take("gamma")?];
    let one_minus = |p: &Param<f64>| p.map(|&x| 1.0 - x);
    let product = |a: &Param<f64>, b: &Param<f64>| a.zip(b, |a, b| a * b);
    let decay = one_minus(&product(&alpha, &one_minus(&take("tau_exp")?)));
    let leak = product(&one_minus(&alpha), &take("tau_lin")?);
    let sub_reset = product(&one_minus(&gamma), &take("v_re")?);
    let conduct = one_minus(&product(&beta, &one_minus(&take("g")?)));
    given.extend([
        ("decay", decay),
        ("gate_reset", gamma),
        ("leak", leak),
        ("sub_reset", sub_reset),
        ("conduct", conduct),
    ]);
    Ok(given)
}

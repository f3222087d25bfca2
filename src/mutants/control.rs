//! Mutants of the units whose control is proved: equal wherever their neighbours keep to what the proof assumes, or refuted by it.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Mutex;
use std::time::Duration;

use super::equal::{Survivor, lock};
use super::error::MutantError;
use super::list::{NAMED, run};
use super::report::{Fate, Kill};
use super::tools::{Said, Tools};
use crate::hdl::Module;
use crate::prove::{ControlClaim, ProveError, Prover, Status};

/// The claims about a design's control.
pub(super) struct Control {
    claims: Vec<ControlClaim>,
    /// By unit: whether its claim holds of the unit itself, and why not.
    known: Mutex<BTreeMap<String, Result<(), String>>>,
}

impl Control {
    pub(super) const fn new(claims: Vec<ControlClaim>) -> Self {
        Self {
            claims,
            known: Mutex::new(BTreeMap::new()),
        }
    }

    /// Whether the control of `module` is claimed of.
    pub(super) fn is_of(&self, module: &str) -> bool {
        self.claims.iter().any(|claim| claim.top == module)
    }

    /// The fate of a mutant of `module`, unknown if the claim does not tell; `None` if nothing is claimed of it.
    pub(super) fn fate(
        &self,
        tools: Tools<'_>,
        prover: &Prover,
        module: &Module,
        survivor: &Survivor<'_>,
        limit: Duration,
    ) -> Result<Option<Fate>, MutantError> {
        let top = module.name();
        let Some(claim) = self.claims.iter().find(|claim| claim.top == top) else {
            return Ok(None);
        };
        let known = {
            let mut all = lock(&self.known);
            match all.get(top) {
                Some(known) => known.clone(),
                None => {
                    let known = checked(tools, prover, module, claim, limit)?;
                    all.insert(top.to_owned(), known.clone());
                    known
                }
            }
        };
        if let Err(why) = known {
            return Ok(Some(Fate::Unknown(format!(
                "the unit's control itself: {why}"
            ))));
        }
        let mutant = (Some(survivor.mutation), survivor.number);
        let said = tools.ask(claim, module, mutant, limit)?;
        if said == Said::Equal {
            return Ok(Some(Fate::Equivalent(
                "the unit wherever its neighbours keep to what its proof assumes",
            )));
        }
        if refuted(tools, prover, claim, survivor)? {
            return Ok(Some(Fate::Killed(Kill::Proof)));
        }
        Ok(Some(Fate::Unknown(match said {
            Said::Nothing(why) => why,
            _ => "abc: the unit alone differs".to_owned(),
        })))
    }
}

/// That the claim is proved of the unit without a mutation, and that the unit equals itself.
fn checked(
    tools: Tools<'_>,
    prover: &Prover,
    module: &Module,
    claim: &ControlClaim,
    limit: Duration,
) -> Result<Result<(), String>, MutantError> {
    let properties = match prover.ask_control(claim) {
        Ok(properties) => properties,
        Err(ProveError::Missing(tool)) => return Ok(Err(tool.to_string())),
        Err(error) => return Err(error.into()),
    };
    for property in properties {
        match property.status {
            Status::Proved => {}
            Status::Unknown(why) => return Ok(Err(why)),
            Status::Refuted { .. } | Status::Broken { .. } => {
                return Err(MutantError::Healthy(format!(
                    "the proof of `{}`",
                    property.name
                )));
            }
        }
    }
    if let Err(why) = tools.watch(claim)? {
        return Ok(Err(why));
    }
    Ok(match tools.ask(claim, module, (None, 0), limit)? {
        Said::Equal => Ok(()),
        said => Err(format!("abc: the original itself: {said:?}")),
    })
}

/// Whether the proof of the control fails of the mutant, with a counterexample.
fn refuted(
    tools: Tools<'_>,
    prover: &Prover,
    claim: &ControlClaim,
    survivor: &Survivor<'_>,
) -> Result<bool, MutantError> {
    let name = format!("{}_control_{}", claim.top, survivor.number);
    let script = format!(
        "read_rtlil {NAMED}\nmutate {}\nwrite_verilog -noattr {name}.v\n",
        survivor.mutation.arguments
    );
    run(tools.yosys, tools.folder, &name, &script)?;
    let text = fs::read_to_string(tools.folder.join(format!("{name}.v")))?;
    let mutated = claim.with_texts(|module| only(&text, module));
    let properties = prover.ask_control(&mutated)?;
    let refuted =
        |status: &Status| matches!(status, Status::Refuted { .. } | Status::Broken { .. });
    Ok(properties.iter().any(|property| refuted(&property.status)))
}

/// One of the modules of a text by Yosys.
fn only(text: &str, module: &str) -> String {
    let start = text.find(&format!("module {module}("));
    let rest = start.map_or("", |start| &text[start..]);
    let end = rest.find("endmodule").map(|end| end + "endmodule".len());
    rest[..end.unwrap_or_default()].to_owned()
}

#[cfg(test)]
mod tests {
    use super::only;

    #[test]
    fn a_module_is_taken_out_of_a_text() {
        let text = "module a(x);\n input x;\nendmodule\nmodule a_b(y);\nendmodule\n";
        assert_eq!(only(text, "a"), "module a(x);\n input x;\nendmodule");
        assert_eq!(only(text, "a_b"), "module a_b(y);\nendmodule");
        assert_eq!(only(text, "b"), "");
    }
}

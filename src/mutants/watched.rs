//! A unit and its mutant side by side, wherever their neighbours keep to what the proof of the unit's control assumes.
//!
//! The original carries the text of its [`ControlClaim`]: an output is 1 as long as the environment keeps to the assumptions, and
//! with them to all that the claim states and its induction needs. As the claim is proved of the original, that holds in each
//! such environment; the question for the mutant may rely on it.

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use super::error::MutantError;
use super::list::{Mutation, NAMED};
use super::miter::{Compare, Copies, WATCHED, gates, scripted, verilog};
use super::pairs;
use super::tools::{Said, Tools};
use crate::hdl::Module;
use crate::prove::ControlClaim;

impl Tools<'_> {
    /// Writes the watched original of a claim; why there is none in `Err` of the inner result.
    pub(super) fn watch(self, claim: &ControlClaim) -> Result<Result<(), String>, MutantError> {
        let own = file(claim);
        let folder = self.folder.join(&own);
        fs::create_dir_all(&folder)?;
        let mut files = String::new();
        for file in claim.watched() {
            fs::write(folder.join(format!("{}.v", file.name)), &file.text)?;
            for (name, words) in &file.memory_files {
                fs::write(folder.join(name), words)?;
            }
            let _ = write!(files, " {}.v", file.name);
        }
        let script = format!(
            "read_verilog -formal -sv{files}\nchformal -remove\nhierarchy -check -top {0}\nproc\nflatten\nhierarchy -top {0}\n\
             opt_expr\nmemory_collect\nopt_clean\nrename {0} {WATCHED}\nwrite_rtlil ../{own}.il\n",
            claim.top
        );
        scripted(self.yosys, &folder, WATCHED, &script)
    }

    /// Whether the unit `module` of a claim with `mutation` equals the original that [`watch`](Self::watch) wrote; without one,
    /// whether the original equals itself.
    pub(super) fn ask(
        self,
        claim: &ControlClaim,
        module: &Module,
        (mutation, number): (Option<&Mutation>, usize),
        limit: Duration,
    ) -> Result<Said, MutantError> {
        let watched = file(claim);
        let mutate = mutation.map_or_else(String::new, |mutation| {
            format!("\nmutate {}", mutation.arguments)
        });
        let own = format!("{watched}_{number}");
        let read = format!("read_rtlil {watched}.il\nread_rtlil {NAMED}{mutate}");
        let text = verilog(module, Compare::Everything, Copies::Watched);
        match gates(self.yosys, self.folder, &own, &read, &text)? {
            Ok(gates) => pairs::ask(self, &own, &gates, limit),
            Err(why) => Ok(Said::Nothing(why)),
        }
    }
}

fn file(claim: &ControlClaim) -> String {
    format!("{}_{WATCHED}", claim.top)
}

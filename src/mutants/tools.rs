//! The tools of a hunt, and what ABC says.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::error::MutantError;
use crate::engine::tool::Run;

/// Yosys, ABC, and the folder in which they work.
#[derive(Clone, Copy)]
pub(super) struct Tools<'a> {
    pub(super) yosys: &'a Path,
    pub(super) abc: &'a Path,
    pub(super) folder: &'a Path,
}

/// What ABC says of two copies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Equal,
    Different,
    Nothing(String),
}

impl Tools<'_> {
    /// What ABC tells as it takes `steps` with the gates (BLIF); that it says nothing in `Err` of the inner result.
    pub(super) fn told(
        self,
        name: &str,
        gates: &str,
        steps: &str,
        limit: Duration,
    ) -> Result<Result<String, Said>, MutantError> {
        let file = format!("{name}.blif");
        fs::write(self.folder.join(&file), gates)?;
        let script = format!("read_blif {file}; strash; zero; {steps}");
        let ran = Run::new(self.abc, self.folder, &format!("{name}.log"))
            .args(["-c", &script])
            .timeout(limit)
            .output();
        fs::remove_file(self.folder.join(&file))?;
        Ok(ran.map_err(|failure| Said::Nothing(format!("abc: {}", failure.status))))
    }
}

use super::error::MutantError;
use super::hunt::Hunt;
use super::report::UnitReport;
use crate::engine::tool::Toolbox;
use std::path::Path;
pub(super) struct Judge;
impl Judge {
    pub(super) fn new(_: &Hunt<'_>, _: &Toolbox, _: &Path) -> Result<Self, MutantError> { Ok(Self) }
    pub(super) fn judge(&self, _: &mut [UnitReport], _: &mut impl FnMut(&str)) -> Result<(), MutantError> { Ok(()) }
    pub(super) fn solver(&self) -> Option<String> { None }
}

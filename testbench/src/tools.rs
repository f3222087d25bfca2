//! Tests that need a tool: named as skipped where it is missing, an error where tools are mandatory.

use std::path::PathBuf;

use goldspike::engine::tool::{Tool, Toolbox};

/// Whether `tool` is missing; says so, and panics where `GOLDSPIKE_REQUIRE_TOOLS=1`.
///
/// # Panics
/// The tool is missing and tools are mandatory.
#[must_use]
pub fn missing(tool: Tool) -> bool {
    find(tool).is_none()
}

/// The tool's path; `None`, said, where it is missing.
///
/// # Panics
/// The tool is missing and tools are mandatory.
#[must_use]
pub fn find(tool: Tool) -> Option<PathBuf> {
    let found = Toolbox::from_environment().find(tool);
    if found.is_none() {
        assert!(
            std::env::var_os("GOLDSPIKE_REQUIRE_TOOLS").is_none_or(|value| value != "1"),
            "{} is missing, and GOLDSPIKE_REQUIRE_TOOLS=1 makes tools mandatory",
            tool.name
        );
        println!("SKIPPED: {} not found", tool.name);
    }
    found
}

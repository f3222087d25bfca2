//! The `goldspike` command: everything is in [`goldspike::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    goldspike::cli::main()
}

//! The boards are embedded when the program is built: another folder in `constraints/` means another build.

fn main() {
    println!("cargo::rerun-if-changed=constraints");
}

//! `make costs`: measures the designs that cost models are fitted to and writes `rtl-out/costs.json`.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use goldspike::cost::Model;
use goldspike::cost::table::{CostTable, PATH};
use goldspike::engine::tool::Toolbox;
use goldspike::synth::target;
use goldspike_testbench::numbers::costs::{TARGETS, measured_anew};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(PATH);
    let text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
    let old = CostTable::parse(&text).map_err(|error| error.to_string())?;
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    let toolbox = Toolbox::from_environment();
    let table = measured_anew(&toolbox, &old, jobs, &|said| eprintln!("{said}"))?;
    let text = table.text().map_err(|error| error.to_string())?;
    fs::write(&path, text).map_err(|error| error.to_string())?;
    for name in TARGETS {
        let target = target(name).ok_or("no such device")?;
        let model = Model::fit(&table, target).map_err(|error| error.to_string())?;
        println!(
            "{name}: cells {:?}, clock rate {:?}",
            model.cells_error, model.fmax_error
        );
    }
    Ok(())
}

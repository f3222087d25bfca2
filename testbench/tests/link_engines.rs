//! The Verilog of the link in text simulators: the same line, clock by clock, as on the embedded simulator; and the whole
//! top level of every board with the embedded network, from its pins.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs)]

use std::fmt::Write as _;
use std::path::Path;

use goldspike::board::{self, TOP};
use goldspike::emit::{self, Emitted};
use goldspike::engine::beats::InputBeat;
use goldspike::engine::tool::{CXX, IVERILOG, MAKE, Run, Tool, VERILATOR, VVP};
use goldspike::hdl::{all_modules, verilog};
use goldspike::link::{Decoder, Frame, SYSTEM};
use goldspike::quantize::{Options, digest, quantize};
use goldspike::rtl::{DesignOptions, design};
use goldspike::{data, import};
use goldspike_golden::event::Sample;
use goldspike_golden::quant::QuantNetwork;
use goldspike_testbench::link_host::{Board, Host, Ports};
use goldspike_testbench::serial::{Receiver, character};
use goldspike_testbench::small::Small;
use goldspike_testbench::tools::find;

/// Paths of tools, or a reason to skip that was said.
fn paths(tools: &[Tool]) -> Option<Vec<std::path::PathBuf>> {
    tools.iter().map(|&tool| find(tool)).collect()
}

/// A line of each run of equal levels: clocks, rx, rst, tx.
fn script(recorded: &[Ports]) -> String {
    let bit = u8::from;
    let mut text = String::new();
    for ports in recorded {
        let Ports {
            clocks,
            rx,
            rst,
            tx,
        } = *ports;
        let _ = writeln!(text, "{clocks} {} {} {}", bit(rx), bit(rst), bit(tx));
    }
    text
}

/// Plays the script, compares `tx_o` in every clock.
fn system_bench() -> String {
    format!(
        "module tb;
    reg clk = 0, rst = 1, rx = 1;
    reg next_rx, next_rst, expected;
    wire tx, restart, fault;
    integer file, clocks, fields, compared = 0, mismatches = 0;
    {SYSTEM} dut(.clk_i(clk), .rst_i(rst), .rx_i(rx), .tx_o(tx), .restart_o(restart), .fault_o(fault));
    initial begin
        file = $fopen(\"line.txt\", \"r\");
        fields = 4;
        while (fields == 4) begin
            fields = $fscanf(file, \"%d %b %b %b\", clocks, next_rx, next_rst, expected);
            if (fields == 4) begin
                rx = next_rx;
                rst = next_rst;
                while (clocks > 0) begin
                    #1 clk = 1;
                    #1 if (tx !== expected) mismatches = mismatches + 1;
                    clk = 0;
                    compared = compared + 1;
                    clocks = clocks - 1;
                end
            end
        end
        $display(\"compared %0d mismatches %0d\", compared, mismatches);
        $finish;
    end
endmodule
"
    )
}

fn run_icarus(
    folder: &Path,
    top: &str,
    sources: &[String],
    tools: &[std::path::PathBuf],
) -> String {
    Run::new(&tools[0], folder, "iverilog.log")
        .args(["-g2005", "-o", "sim.vvp", "-s", top])
        .args(sources)
        .output()
        .unwrap_or_else(|failure| panic!("{failure}"));
    Run::new(&tools[1], folder, "vvp.log")
        .args(["-n", "sim.vvp"])
        .output()
        .unwrap_or_else(|failure| panic!("{failure}"))
}

/// `(compared, mismatches)` of the bench's last line.
fn counts(said: &str) -> (u64, u64) {
    let line = said
        .lines()
        .find(|line| line.starts_with("compared"))
        .expect(said);
    let numbers: Vec<u64> = line
        .split(' ')
        .filter_map(|word| word.parse().ok())
        .collect();
    (numbers[0], numbers[1])
}

/// Every module below the system, in a folder; the names of the files.
fn lay_out(board: &Board, folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for module in all_modules(&board.system.top) {
        let file = verilog(&module, "").unwrap();
        let name = format!("{}.v", file.name);
        std::fs::write(folder.join(&name), file.text).unwrap();
        for (memory, text) in file.memory_files {
            std::fs::write(folder.join(memory), text).unwrap();
        }
        names.push(name);
    }
    names
}

/// A conversation with bit errors, garbage, a frame that is too large, a reset, and samples of which every one comes out.
fn conversation(board: &Board, samples: &[Sample]) -> Vec<Ports> {
    let mut host = Host::new(board, 0.01);
    host.recorded = Some(Vec::new());
    host.greeted();
    let beats = board.beats(samples);
    host.raw(&[0x55, 0xDB, 0xC0, 0x00]);
    let many: Vec<InputBeat> = beats.iter().cycle().take(40).copied().collect();
    host.send(&Frame::events(board.shape(), 0, &many));
    host.settle();
    let line = Frame::events(board.shape(), 0, &beats[..3]).encode();
    for (place, &byte) in line.iter().enumerate() {
        let levels = character(byte, host.bit, (place == 6).then_some(4));
        host.levels(levels);
    }
    host.settle();
    host.deliver(&beats[..4], 16).unwrap();
    host.send(&Frame::bare(goldspike::link::Kind::Reset, 0));
    host.greeted();
    host.output.clear();
    host.noise(5, 0.05);
    host.deliver(&beats, 5).unwrap();
    assert!(host.collected(samples.len()));
    board.equals_golden(samples, &host.output).unwrap();
    assert!(host.faults().len() >= 2, "{:?}", host.faults());
    host.recorded.take().unwrap()
}

fn system_on(tools: &[Tool], run: impl Fn(&Path, &[String], &[std::path::PathBuf]) -> String) {
    let Some(tools) = paths(tools) else { return };
    let small = Small::default();
    let board = Board::new(&small.network(), 8, (16, 16));
    let recorded = conversation(&board, &small.samples());
    let folder = tempfile::tempdir().unwrap();
    let mut sources = lay_out(&board, folder.path());
    std::fs::write(folder.path().join("line.txt"), script(&recorded)).unwrap();
    std::fs::write(folder.path().join("tb.v"), system_bench()).unwrap();
    sources.push("tb.v".to_owned());
    let (compared, mismatches) = counts(&run(folder.path(), &sources, &tools));
    let expected: u64 = recorded.iter().map(|ports| ports.clocks).sum();
    println!("{compared} clocks compared");
    assert_eq!((compared, mismatches), (expected, 0));
    assert!(compared > 20_000);

    let mut flipped = recorded;
    let middle = flipped.len() / 2;
    flipped[middle].tx = !flipped[middle].tx;
    std::fs::write(folder.path().join("line.txt"), script(&flipped)).unwrap();
    let (_, mismatches) = counts(&run(folder.path(), &sources, &tools));
    assert_eq!(mismatches, flipped[middle].clocks, "the bench can fail");
}

#[test]
fn icarus_sees_the_line_of_the_embedded_simulator() {
    system_on(&[IVERILOG, VVP], |folder, sources, tools| {
        run_icarus(folder, "tb", sources, tools)
    });
}

#[test]
fn verilator_sees_the_line_of_the_embedded_simulator() {
    system_on(&[VERILATOR, CXX, MAKE], |folder, sources, tools| {
        let built = folder.join("obj_dir/Vtb");
        if !built.exists() {
            Run::new(&tools[0], folder, "verilator.log")
                .args([
                    "--binary",
                    "--timing",
                    "-Wno-fatal",
                    "-O1",
                    "--top-module",
                    "tb",
                ])
                .args(sources)
                .output()
                .unwrap_or_else(|failure| panic!("{failure}"));
        }
        Run::new(&built, folder, "run.log")
            .output()
            .unwrap_or_else(|failure| panic!("{failure}"))
    });
}

#[test]
fn the_links_verilog_is_clean() {
    let Some(tools) = paths(&[VERILATOR]) else {
        return;
    };
    let board = Board::new(&Small::default().network(), 8, (16, 16));
    let folder = tempfile::tempdir().unwrap();
    let mut sources = lay_out(&board, folder.path());
    for name in board::names() {
        let description = board::find(name).unwrap().unwrap();
        let top = folder.path().join(&description.top);
        std::fs::write(top, description.file(&description.top)).unwrap();
        sources.push(description.top);
        let said = Run::new(&tools[0], folder.path(), "lint.log")
            .args(["--lint-only", "-Wall", "--top-module", TOP])
            .args(&sources)
            .output()
            .unwrap_or_else(|failure| panic!("{name}: {failure}"));
        assert_eq!(said.trim(), "", "{name}");
        sources.pop();
    }
}

/// The embedded network as integers, and its first samples.
fn digits(count: usize) -> (QuantNetwork, Vec<Sample>) {
    let network = import::embedded("digits").unwrap().network;
    let dataset = data::embedded("digits").unwrap();
    let samples = dataset
        .samples()
        .take(count)
        .enumerate()
        .map(|(index, raw)| {
            network
                .encoding
                .encode(raw, network.time_steps, network.axons, index as u64)
                .unwrap()
        })
        .collect();
    let quantized = quantize(&network, &Options::default()).unwrap().network;
    (quantized, samples)
}

/// Drives the pins of a board's top level; a line for each change of `tx`.
fn board_bench(board: &board::Board) -> String {
    let ports = &board.ports;
    // A button that is not pressed: high if its name says that it is low when pressed.
    let reset = ports.reset.as_ref().map_or(String::new(), |port| {
        format!(", .{port}(1'b{})", u8::from(port.ends_with("_n")))
    });
    let (clock, rx, tx) = (&ports.clock, &ports.rx, &ports.tx);
    format!(
        "module tb;
    reg clk = 0, rx = 1, next_rx, unused_rst, unused_tx, before = 1;
    wire tx;
    integer file, clocks, fields, now = 0;
    {TOP} dut(.{clock}(clk), .{rx}(rx), .{tx}(tx){reset});
    initial begin
        file = $fopen(\"line.txt\", \"r\");
        fields = 4;
        while (fields == 4) begin
            fields = $fscanf(file, \"%d %b %b %b\", clocks, next_rx, unused_rst, unused_tx);
            if (fields == 4) begin
                rx = next_rx;
                while (clocks > 0) begin
                    #1 clk = 1;
                    #1 if (tx !== before) $display(\"%0d %b\", now, tx);
                    before = tx;
                    clk = 0;
                    now = now + 1;
                    clocks = clocks - 1;
                end
            end
        end
        $display(\"%0d 1\", now);
        $finish;
    end
endmodule
"
    )
}

/// The frames on a line of which the changes are given.
fn frames(changes: &str, bit: f64) -> Vec<Frame> {
    let (mut receiver, mut decoder) = (Receiver::new(bit), Decoder::default());
    let (mut level, mut at, mut found) = (true, 0u64, Vec::new());
    for line in changes.lines() {
        let Some((clock, next)) = line.split_once(' ') else {
            continue;
        };
        let Ok(clock) = clock.parse::<u64>() else {
            continue;
        };
        for _ in at..clock {
            if let Some(byte) = receiver.clock(level)
                && let Some(frame) = decoder.push(byte.expect("a stop bit"))
            {
                found.push(frame.expect("a whole frame"));
            }
        }
        (at, level) = (clock, next == "1");
        assert!(next == "0" || next == "1", "tx is {next}");
    }
    found
}

/// One sample through the whole board, at its own rate if it is cheap, at 8 clocks a bit if not.
fn through_board(name: &str, tools: &[std::path::PathBuf]) {
    let (network, samples) = digits(1);
    let design = design(&network, &DesignOptions::default()).unwrap();
    let mut description = board::find(name).unwrap().unwrap();
    let own = description.clock_hz / description.uart.baud;
    if own > 12 {
        description.uart.baud = description.clock_hz / 8;
    }
    let digest = digest(&network);
    let system = board::hardware(&description, &design, &digest)
        .unwrap()
        .unwrap();
    let mut emitted: Emitted = emit::design(&design, &network, &digest, "goldspike").unwrap();
    board::add(&mut emitted, &description, &system, "goldspike").unwrap();
    let bench = Board {
        network,
        design,
        system,
    };

    let mut host = Host::new(&bench, 0.0);
    host.recorded = Some(Vec::new());
    host.greeted();
    host.deliver(&bench.beats(&samples), description.uart.input_beats)
        .unwrap();
    assert!(host.collected(1));
    host.settle();
    bench.equals_golden(&samples, &host.output).unwrap();
    assert_eq!(host.faults(), []);

    let folder = tempfile::tempdir().unwrap();
    for (path, text) in &emitted.files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let recorded = host.recorded.take().unwrap();
    std::fs::write(folder.path().join("line.txt"), script(&recorded)).unwrap();
    std::fs::write(folder.path().join("tb.v"), board_bench(&description)).unwrap();
    let list = &emitted.files[Path::new("board/files.f")];
    let mut sources: Vec<String> = list
        .lines()
        .filter(|line| !line.starts_with("//"))
        .map(str::to_owned)
        .collect();
    sources.push("tb.v".to_owned());
    let said = run_icarus(folder.path(), "tb", &sources, tools);
    let found = frames(&said, f64::from(bench.shape().clocks_per_bit));
    assert_eq!(found, host.frames, "{name}");
    assert!(found.len() >= 3, "{found:?}");
    println!("{name}: {} frames equal", found.len());
}

#[test]
fn a_digit_goes_through_the_top_level_of_every_board() {
    let Some(tools) = paths(&[IVERILOG, VVP]) else {
        return;
    };
    let names = board::names();
    assert!(names.len() >= 5, "{names:?}");
    for name in names {
        through_board(name, &tools);
    }
}

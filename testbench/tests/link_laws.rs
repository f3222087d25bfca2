//! The link of a board on the embedded simulator, from the wire to the wire: what comes out are the golden model's
//! spikes, whatever the rate, the size of the frames and the buffers.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs)]

use goldspike_golden::event::Sample;
use goldspike_testbench::cross_check::{cases, runner, seed};
use goldspike_testbench::link_host::{Board, Host};
use goldspike_testbench::strategy;
use proptest::prelude::any;
use proptest::test_runner::TestCaseError;

/// Samples through a link without damage.
fn through(board: &Board, samples: &[Sample], skew: f64, most: usize) -> Result<Host, String> {
    let mut host = Host::new(board, skew);
    host.greeted();
    host.deliver(&board.beats(samples), most)?;
    if !host.until(4000, |host| host.samples_out() == samples.len()) {
        return Err(format!("{} samples came out", host.samples_out()));
    }
    board.equals_golden(samples, &host.output)?;
    if !host.faults().is_empty() || host.damaged > 0 {
        return Err(format!("{:?}, {} damaged", host.faults(), host.damaged));
    }
    Ok(host)
}

#[test]
fn what_comes_out_of_a_link_equals_the_golden_model() {
    let strategy = (strategy::quant_case(), any::<u64>());
    let count = cases(24, 240);
    let counter = std::cell::Cell::new(0u32);
    runner(count, seed(71))
        .run(&strategy, |(case, draw)| {
            let clocks = 8 + (draw % 9) as u32;
            let buffers = (
                2 + (draw >> 8) as usize % 40,
                2 + (draw >> 16) as usize % 40,
            );
            let skew = [0.0, 0.02, -0.02][(draw >> 24) as usize % 3];
            let board = Board::new(&case.network, clocks, buffers);
            let most = 1 + (draw >> 32) as usize % buffers.0;
            through(&board, &case.samples, skew, most).map_err(TestCaseError::fail)?;
            counter.set(counter.get() + 1);
            Ok(())
        })
        .unwrap();
    assert!(counter.get() >= count);
}

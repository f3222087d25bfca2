//! The link of a board under every kind of damage: the frame is dropped as a whole and reported, and the samples that
//! come out are the golden model's all the same.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs)]

use goldspike::engine::beats::InputBeat;
use goldspike::link::frame::{END, ESCAPE};
use goldspike::link::{Fault, Frame, Kind};
use goldspike_golden::event::{Event, Sample};
use goldspike_testbench::cross_check::{cases, seed};
use goldspike_testbench::link_host::{Board, Host};
use goldspike_testbench::serial::{character, characters};
use goldspike_testbench::small::Small;
use goldspike_testbench::strategy::rng;
use proptest::prelude::RngExt;

/// Beats of both buffers.
const BUFFER: usize = 16;

fn board() -> Board {
    Board::new(&Small::default().network(), 8, (BUFFER, BUFFER))
}

fn events(axons: &[u32]) -> Vec<Event> {
    let event = |&address: &u32| Event {
        address,
        payload: 1,
    };
    axons.iter().map(event).collect()
}

/// Two samples; one frame holds the first.
fn samples() -> Vec<Sample> {
    [
        vec![events(&[0, 1, 3]), events(&[]), events(&[2, 0])],
        vec![events(&[0, 1, 2, 3]), events(&[1, 2, 3])],
    ]
    .map(|steps| Sample { steps })
    .into()
}

/// Everything came out, and nothing else.
fn finished(board: &Board, samples: &[Sample], host: &mut Host) {
    assert!(host.collected(samples.len()), "{:?}", host.statuses);
    host.until(200, |_| false);
    board.equals_golden(samples, &host.output).unwrap();
}

#[test]
fn the_stimulus_can_tell_a_lost_or_doubled_beat() {
    let (board, samples) = (board(), samples());
    let beats = board.beats(&samples);
    let mut host = Host::new(&board, 0.0);
    host.greeted();
    host.deliver(&beats, BUFFER).unwrap();
    finished(&board, &samples, &mut host);
    let spikes = host.output.iter().filter(|beat| beat.data[0] < 4).count();
    assert!(spikes >= 3, "{spikes} spikes");
    assert_eq!(host.faults(), []);
}

#[test]
fn a_bit_error_anywhere_in_a_frame_is_reported_and_harms_no_sample() {
    let (board, samples) = (board(), samples());
    let first = board.beats(&samples[..1]);
    let rest = board.beats(&samples[1..]);
    let frame = Frame::events(board.shape(), 0, &first);
    let line = frame.encode();
    let (mut reported, mut harmless) = (0, Vec::new());
    for position in 0..line.len() * 10 {
        let mut host = Host::new(&board, 0.0);
        host.greeted();
        for (place, &byte) in line.iter().enumerate() {
            let flipped = (place == position / 10).then_some(position % 10);
            let levels = character(byte, host.bit, flipped);
            host.levels(levels);
        }
        host.settle();
        let taken = host.expected() == Some(1);
        if taken {
            harmless.push(position);
            host.next = 1;
        } else {
            host.delivered(&frame).unwrap();
            assert!(
                host.fault_count() >= 1,
                "bit {position}: {:?}",
                host.statuses
            );
            assert!(!host.faults().is_empty(), "bit {position}");
            reported += 1;
        }
        host.deliver(&rest, BUFFER).unwrap();
        finished(&board, &samples, &mut host);
    }
    assert!(
        harmless.iter().all(|&position| position < 10),
        "only the END in front may be missed: {harmless:?}"
    );
    assert!(reported >= line.len() * 10 - 10, "{reported}");
}

#[test]
fn a_frame_that_breaks_off_anywhere_is_reported_and_harms_no_sample() {
    let (board, samples) = (board(), samples());
    let beats = board.beats(&samples);
    let frame = Frame::events(board.shape(), 0, &beats[..8]);
    let line = frame.encode();
    // One character is an END: nothing was begun. Without the last END the frame is whole once the next one begins.
    for length in 2..line.len() {
        let whole = length == line.len() - 1;
        let mut host = Host::new(&board, 0.0);
        host.greeted();
        host.raw(&line[..length]);
        host.until(40, |host| host.to_board.is_idle());
        assert_eq!(
            host.statuses,
            [],
            "nothing is said of a frame that may go on"
        );
        host.deliver(&beats, 8).unwrap();
        let faults = if whole { vec![] } else { vec![Fault::Checksum] };
        assert_eq!(
            (host.faults(), usize::from(host.fault_count())),
            (faults.clone(), faults.len()),
            "{length}"
        );
        finished(&board, &samples, &mut host);
    }
}

#[test]
fn garbage_between_frames_is_reported_and_harms_no_sample() {
    let (board, samples) = (board(), samples());
    let beats = board.beats(&samples);
    for draw in 0..u64::from(cases(40, 1000)) {
        let rng = &mut rng(seed(72) ^ draw);
        let mut host = Host::new(&board, 0.0);
        host.greeted();
        let mut garbage = 0;
        for beats in beats.chunks(3) {
            let noise: Vec<u8> = (0..rng.random_range(0..30))
                .map(|_| match rng.random_range(0..6) {
                    0 => END,
                    1 => ESCAPE,
                    _ => rng.random(),
                })
                .collect();
            garbage += usize::from(noise.iter().any(|&byte| byte != END));
            host.raw(&noise);
            host.until(40, |host| host.to_board.is_idle());
            host.deliver(beats, 3).unwrap();
        }
        assert!(usize::from(host.fault_count()) >= garbage, "draw {draw}");
        assert_eq!(host.faults().is_empty(), garbage == 0);
        finished(&board, &samples, &mut host);
    }
}

#[test]
fn noise_on_both_lines_loses_no_sample() {
    let (board, samples) = (board(), samples());
    let beats = board.beats(&samples);
    let (mut faults, mut damaged, mut repeated) = (0, 0, 0);
    for draw in 0..u64::from(cases(16, 1000)) {
        let mut host = Host::new(&board, [0.0, 0.015, -0.015][draw as usize % 3]);
        host.greeted();
        host.noise(seed(73) ^ draw, 0.15);
        host.deliver(&beats, 4).unwrap();
        finished(&board, &samples, &mut host);
        faults += host.faults().len();
        damaged += host.damaged;
        repeated += host.repeated;
    }
    println!("{faults} faults reported, {damaged} answers damaged, {repeated} output frames again");
    assert!(faults >= 10 && damaged >= 10 && repeated >= 3);
}

#[test]
fn a_line_that_hangs_low_is_a_framing_error_and_over_when_it_is_high() {
    let (board, samples) = (board(), samples());
    let mut host = Host::new(&board, 0.0);
    host.greeted();
    let low = 35.0 * host.bit;
    host.levels(vec![(false, low), (true, 5.0)]);
    host.deliver(&board.beats(&samples), BUFFER).unwrap();
    assert_eq!(host.faults(), [Fault::Framing]);
    finished(&board, &samples, &mut host);
}

#[test]
fn a_pair_that_is_none_is_an_escape_fault() {
    let board = board();
    for tail in [&[ESCAPE, 0x11][..], &[ESCAPE], &[ESCAPE, ESCAPE]] {
        let mut host = Host::new(&board, 0.0);
        host.greeted();
        let mut line = Frame::bare(Kind::Poll, 0).encode();
        line.pop();
        line.extend(tail);
        line.push(END);
        host.raw(&line);
        host.settle();
        assert_eq!(host.faults(), [Fault::Escape], "{tail:?}");
    }
}

#[test]
fn a_frame_that_is_larger_than_the_buffer_is_refused_as_a_whole() {
    let (board, samples) = (board(), samples());
    let beats = board.beats(&samples);
    let mut host = Host::new(&board, 0.0);
    host.greeted();
    for surplus in [1, 2, 30] {
        let many: Vec<InputBeat> = beats
            .iter()
            .cycle()
            .take(BUFFER + surplus)
            .copied()
            .collect();
        host.send(&Frame::events(board.shape(), 0, &many));
        host.settle();
    }
    assert_eq!(host.faults(), [Fault::Large; 3]);
    assert_eq!((host.expected(), host.output.len()), (Some(0), 0));
    let exact: Vec<InputBeat> = (0..BUFFER)
        .map(|place| InputBeat {
            data: board.design.input.pack_null(),
            last: true,
            user: place + 1 == BUFFER,
            gap: 0,
        })
        .collect();
    host.deliver(&exact, BUFFER).unwrap();
    let silent = Sample {
        steps: vec![Vec::new(); BUFFER],
    };
    let all: Vec<Sample> = std::iter::once(silent).chain(samples).collect();
    host.deliver(&beats, BUFFER).unwrap();
    finished(&board, &all, &mut host);
}

#[test]
fn a_header_that_is_wrong_under_a_right_checksum_is_refused() {
    let (board, samples) = (board(), samples());
    let beats = board.beats(&samples);
    let mut host = Host::new(&board, 0.0);
    host.greeted();
    let right = Frame::events(board.shape(), 0, &beats[..4]);
    let with = |change: &dyn Fn(&mut Frame)| {
        let mut frame = right.clone();
        change(&mut frame);
        frame
    };
    let wrong = [
        (with(&|frame| frame.count = 3), Fault::Length),
        (with(&|frame| frame.count = 5), Fault::Length),
        (with(&|frame| frame.count = 0), Fault::Length),
        (with(&|frame| frame.count = 0xFFFF), Fault::Length),
        (
            with(&|frame| frame.kind = Kind::Reset.code()),
            Fault::Length,
        ),
        (with(&|frame| frame.kind = Kind::Poll.code()), Fault::Length),
        (with(&|frame| frame.kind = Kind::Status.code()), Fault::Kind),
        (with(&|frame| frame.kind = 0), Fault::Kind),
        (with(&|frame| frame.seq = 1), Fault::Sequence),
        (with(&|frame| frame.seq = 255), Fault::Sequence),
        (Frame::bare(Kind::Received, 0), Fault::Sequence),
    ];
    for (frame, fault) in &wrong {
        let seen = host.faults().len();
        host.send(frame);
        host.settle();
        assert_eq!(host.faults()[seen..], [*fault], "{frame:?}");
    }
    assert_eq!(usize::from(host.fault_count()), wrong.len());
    host.deliver(&beats, 5).unwrap();
    finished(&board, &samples, &mut host);
    assert_eq!(host.greetings.len(), 1, "no reset");
}

#[test]
fn a_frame_that_comes_twice_is_played_once() {
    let (board, samples) = (board(), samples());
    let beats = board.beats(&samples);
    let mut host = Host::new(&board, 0.0);
    host.greeted();
    for beats in beats.chunks(3) {
        let frame = Frame::events(board.shape(), host.next, beats);
        host.delivered(&frame).unwrap();
        let seen = host.statuses.len();
        host.send(&frame);
        host.settle();
        assert_eq!(host.statuses.len(), seen + 1, "confirmed again");
        assert_eq!(host.expected(), Some(host.next));
    }
    assert_eq!(host.faults(), []);
    finished(&board, &samples, &mut host);
}

#[test]
fn numbers_run_on_past_255_in_both_directions() {
    let board = board();
    let sample = Sample {
        steps: vec![events(&[0, 1, 2, 3])],
    };
    let all = vec![sample; 300];
    let mut host = Host::new(&board, 0.0);
    host.greeted();
    host.deliver(&board.beats(&all), 4).unwrap();
    assert_eq!(host.next, (300 % 256) as u8);
    finished(&board, &all, &mut host);
    assert_eq!(host.faults(), []);
}

#[test]
fn a_host_that_does_not_wait_loses_the_frame_and_is_told() {
    let board = board();
    let sample = Sample {
        steps: vec![events(&[0, 1, 2, 3]), events(&[0, 1, 2, 3])],
    };
    let all = vec![sample; 12];
    let beats = board.beats(&all);
    let mut host = Host::new(&board, 0.0);
    host.greeted();
    host.confirms = false;
    let mut chunks = beats.chunks(8);
    let mut stuck = None;
    for beats in chunks.by_ref() {
        let frame = Frame::events(board.shape(), host.next, beats);
        host.send(&frame);
        host.settle();
        if host.expected() != Some(host.next.wrapping_add(1)) {
            stuck = Some(frame);
            break;
        }
        host.next += 1;
    }
    let stuck = stuck.expect("the network stands still while its output is not confirmed");
    for _ in 0..2 {
        host.send(&stuck);
        host.settle();
    }
    assert_eq!(host.faults(), [Fault::Busy; 2]);
    assert!(
        host.statuses
            .last()
            .is_some_and(|status| status.playing && status.output_waits)
    );
    host.confirms = true;
    host.send(&Frame::bare(Kind::Poll, 0));
    host.settle();
    assert_eq!(host.expected(), Some(host.next.wrapping_add(1)));
    host.next += 1;
    for beats in chunks {
        let frame = Frame::events(board.shape(), host.next, beats);
        host.delivered(&frame).unwrap();
    }
    finished(&board, &all, &mut host);
}

#[test]
fn a_reset_in_the_middle_of_a_sample_equals_a_fresh_start() {
    let (board, samples) = (board(), samples());
    let beats = board.beats(&samples);
    for cut in 1..beats.len() {
        let mut host = Host::new(&board, 0.0);
        host.greeted();
        host.deliver(&beats[..cut], BUFFER).unwrap();
        host.confirms = cut % 2 == 0;
        host.send(&Frame::bare(Kind::Reset, 0));
        host.greeted();
        host.confirms = true;
        host.output.clear();
        host.statuses.clear();
        host.deliver(&beats, BUFFER).unwrap();
        finished(&board, &samples, &mut host);
        assert_eq!(host.faults(), []);
    }
}

#[test]
fn an_illegal_event_is_reported_by_a_status() {
    let board = board();
    let mut host = Host::new(&board, 0.0);
    host.greeted();
    let beat = |last| InputBeat {
        data: board.design.input.pack_event(2, 1),
        last,
        user: last,
        gap: 0,
    };
    host.deliver(&[beat(false), beat(true)], BUFFER).unwrap();
    host.settle();
    assert!(
        host.statuses
            .last()
            .is_some_and(|status| status.protocol_error)
    );
    assert_eq!(host.faults(), [], "the frame was whole");
    assert!(host.collected(1));
    host.send(&Frame::bare(Kind::Reset, 0));
    host.greeted();
    host.send(&Frame::bare(Kind::Poll, 0));
    host.settle();
    assert!(
        host.statuses
            .last()
            .is_some_and(|status| !status.protocol_error)
    );
}

#[test]
fn a_poll_gives_out_what_a_sample_has_given_so_far() {
    let (board, samples) = (board(), samples());
    let beats = board.beats(&samples[..1]);
    let steps = beats.iter().position(|beat| beat.last).unwrap() + 1;
    let mut host = Host::new(&board, 0.0);
    host.greeted();
    host.deliver(&beats[..steps], BUFFER).unwrap();
    host.settle();
    assert_eq!(host.output, []);
    host.send(&Frame::bare(Kind::Poll, 0));
    host.settle();
    assert_eq!(host.output.iter().filter(|beat| beat.last).count(), 1);
    host.deliver(&beats[steps..], BUFFER).unwrap();
    finished(&board, &samples[..1], &mut host);
}

#[test]
fn a_rate_that_is_off_is_received() {
    let samples = samples();
    for (clocks, skew) in [(8, 0.02), (12, 0.03), (104, 0.03)]
        .into_iter()
        .flat_map(|(clocks, skew)| [(clocks, skew), (clocks, -skew)])
    {
        let board = Board::new(&Small::default().network(), clocks, (BUFFER, BUFFER));
        let mut host = Host::new(&board, skew);
        host.greeted();
        host.deliver(&board.beats(&samples), BUFFER).unwrap();
        finished(&board, &samples, &mut host);
        assert_eq!(
            (host.faults(), host.damaged),
            (vec![], 0),
            "{clocks} {skew}"
        );
    }
}

#[test]
fn a_glitch_shorter_than_half_a_bit_is_no_character() {
    let (board, samples) = (board(), samples());
    let mut host = Host::new(&board, 0.0);
    host.greeted();
    for clocks in [1.0, 2.0] {
        host.levels(vec![(false, clocks), (true, 100.0)]);
    }
    let line = Frame::events(board.shape(), 0, &board.beats(&samples[..1])).encode();
    let levels = characters(&line, host.bit);
    host.levels(levels);
    host.settle();
    assert_eq!((host.expected(), host.faults()), (Some(1), vec![]));
}

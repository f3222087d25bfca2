//! The encodings give the events of the format's numpy definition, bit for bit, and refuse what is not theirs.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by a panic"
)]

use std::collections::BTreeSet;

use goldspike_golden::encoding::{Encoding, EncodingError};
use goldspike_golden::event::Event;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    encoding: Encoding,
    time_steps: u32,
    axons: usize,
    sample_index: u64,
    raw: Vec<u8>,
    steps: Vec<Vec<(u32, i32)>>,
}

#[test]
fn events_are_those_of_the_definition() {
    let cases: Vec<Case> =
        serde_json::from_str(include_str!("../cases/encoding/snnspec.json")).unwrap();
    let mut kinds = BTreeSet::new();
    let mut events = 0;
    for case in &cases {
        kinds.insert(
            format!("{:?}", case.encoding)
                .split([' ', '{'])
                .next()
                .unwrap()
                .to_owned(),
        );
        assert_eq!(
            case.encoding.input_len(case.time_steps, case.axons),
            case.raw.len()
        );
        let sample = case
            .encoding
            .encode(&case.raw, case.time_steps, case.axons, case.sample_index)
            .unwrap();
        let found: Vec<Vec<(u32, i32)>> = sample
            .steps
            .iter()
            .map(|step| step.iter().map(|e| (e.address, e.payload)).collect())
            .collect();
        assert_eq!(found, case.steps, "{:?}", case.encoding);
        let max = case.encoding.payload_max() as i32;
        assert!(
            sample
                .steps
                .iter()
                .flatten()
                .all(|event| (1..=max).contains(&event.payload))
        );
        events += sample.steps.iter().map(Vec::len).sum::<usize>();
    }
    assert_eq!(kinds.len(), 6, "{kinds:?}");
    assert!(cases.len() >= 13 && events >= 150, "{events}");
}

#[test]
fn sigma_delta_spikes_as_often_as_the_value_says() {
    for x in 0..=u8::MAX {
        let sample = Encoding::SigmaDelta.encode(&[x], 256, 1, 0).unwrap();
        assert_eq!(
            sample.steps.iter().map(Vec::len).sum::<usize>(),
            usize::from(x)
        );
    }
}

#[test]
fn a_latency_coded_value_spikes_once() {
    for levels in [1, 16, 255, 256] {
        for x in 0..=u8::MAX {
            let sample = Encoding::Latency { levels }.encode(&[x], 9, 1, 0).unwrap();
            let spikes = sample.steps.iter().map(Vec::len).sum::<usize>();
            assert_eq!(
                spikes,
                usize::from(x > 0 && u32::from(x) < levels),
                "{x} of {levels}"
            );
        }
    }
}

#[test]
fn payload_and_scale_belong_to_the_encoding() {
    let direct = Encoding::Direct {
        scale: 0.0625,
        max: 16,
    };
    assert_eq!(
        (
            direct.payload_max(),
            direct.payload_scale(),
            direct.input_len(8, 64)
        ),
        (16, 0.0625, 64)
    );
    let rows = Encoding::Rows { scale: 0.5, max: 3 };
    assert_eq!(
        (
            rows.payload_max(),
            rows.payload_scale(),
            rows.input_len(8, 64)
        ),
        (3, 0.5, 512)
    );
    assert_eq!(
        (
            Encoding::Events.payload_max(),
            Encoding::Events.payload_scale()
        ),
        (1, 1.0)
    );
    assert_eq!(Encoding::Events.input_len(8, 64), 512);
    assert_eq!(
        Encoding::Rows { scale: 1.0, max: 9 }
            .encode(&[1, 0, 0, 9], 2, 2, 0)
            .unwrap()
            .steps,
        [
            vec![Event {
                address: 0,
                payload: 1
            }],
            vec![Event {
                address: 1,
                payload: 9
            }]
        ]
    );
}

#[test]
fn what_is_not_of_the_encoding_is_refused() {
    let direct = Encoding::Direct {
        scale: 1.0,
        max: 16,
    };
    let value = |position, value, limit| {
        Err(EncodingError::Value {
            position,
            value,
            limit,
        })
    };
    assert_eq!(direct.encode(&[3, 17, 200], 1, 3, 0), value(1, 17, 16));
    assert_eq!(
        Encoding::Events.encode(&[0, 1, 2, 0], 2, 2, 0),
        value(2, 2, 1)
    );
    assert_eq!(
        direct.encode(&[3], 1, 3, 0),
        Err(EncodingError::Length {
            found: 1,
            expected: 3
        })
    );
    assert_eq!(
        Encoding::Events.encode(&[0; 3], 2, 2, 0),
        Err(EncodingError::Length {
            found: 3,
            expected: 4
        })
    );
    assert_eq!(direct.encode(&[], 0, 0, 0), Err(EncodingError::NoSteps));
    assert_eq!(
        Encoding::Latency { levels: 0 }.encode(&[1], 1, 1, 0),
        Err(EncodingError::NoLevels)
    );
    assert_eq!(
        direct.encode(&[3, 17], 1, 2, 0).unwrap_err().to_string(),
        "value 1 of the sample is 17, the largest legal one is 16"
    );
}

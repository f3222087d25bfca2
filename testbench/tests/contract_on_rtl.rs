//! The generated hardware gives the hand-written traces of the arithmetic contract, without the golden model in between.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::path::Path;

use goldspike::engine::{Engine, Rtl, RustHdl, Stalls, Stimulus, Subject};
use goldspike::rtl::{DesignOptions, design};
use goldspike_testbench::contract_case::read_folder;

#[test]
fn hardware_gives_the_written_traces() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/contract");
    let options = DesignOptions {
        probe: true,
        ..DesignOptions::default()
    };
    let mut ran = 0;
    for (file, contract) in read_folder(&folder).unwrap_or_else(|error| panic!("{error}")) {
        for case in contract.neurons {
            let design = design(&case.network, &options)
                .unwrap_or_else(|error| panic!("{file}: {}: {error}", case.name));
            let stimulus = Stimulus {
                samples: vec![case.sample.clone(), case.sample],
                stalls: Stalls::random(3),
            };
            let subject = Subject {
                network: &case.network,
                design: &design,
            };
            let outcome = Rtl(RustHdl).run(subject, &stimulus).unwrap();
            let expected = vec![case.trace.clone(), case.trace];
            assert_eq!(outcome.traces, expected, "{file}: {}", case.name);
            assert!(!outcome.protocol_error, "{file}: {}", case.name);
            ran += 1;
        }
    }
    assert!(ran > 50, "{ran} neurons");
}

#![allow(clippy::unwrap_used, missing_docs)]
use goldspike::engine::tool::Toolbox;
use goldspike::mutants::*;
use goldspike::rtl::{DesignOptions, LaneChoice, design};
use goldspike_testbench::small::references;
#[test]
fn scratch() {
    let want = std::env::var("REF").unwrap_or("lif_hard".into());
    let n: usize = std::env::var("N").unwrap_or("100".into()).parse().unwrap();
    let unit: Vec<String> = std::env::var("UNIT")
        .ok()
        .map(|u| u.split(',').map(|x| x.to_owned()).collect())
        .unwrap_or_default();
    for (small, p, q) in references() {
        if small.name != want {
            continue;
        }
        let small = goldspike_testbench::small::Small {
            membrane_bits: std::env::var("MB")
                .ok()
                .and_then(|x| x.parse().ok())
                .unwrap_or(small.membrane_bits),
            ..small.clone()
        };
        let network = small.network();
        let d = design(
            &network,
            &DesignOptions {
                lanes: LaneChoice::All(p),
                neuron_lanes: LaneChoice::All(q),
                probe: true,
                ..DesignOptions::default()
            },
        )
        .unwrap();
        let options = Options {
            count: n,
            units: unit.clone(),
            ..Options::default()
        };
        let start = std::time::Instant::now();
        let report = Hunt {
            network: &network,
            design: &d,
            stimuli: &[goldspike::engine::Stimulus {
                samples: small.samples(),
                stalls: goldspike::engine::Stalls::random(3),
            }],
            options: &options,
        }
        .run(&Toolbox::from_environment(), None, |t| {
            println!("{:7.1} {t}", start.elapsed().as_secs_f64())
        })
        .unwrap();
        println!("{:.1} s", start.elapsed().as_secs_f64());
        for u in &report.units {
            println!(
                "{:20} {:5} trace {:5} prot {:4} hang {:4} cycles {:4} proof {:4} equiv {:4} holes {:3} unknown {:4}",
                u.unit.name,
                u.mutants.len(),
                u.killed(Kill::Trace),
                u.killed(Kill::Protocol),
                u.killed(Kill::Hang),
                u.killed(Kill::Cycles),
                u.killed(Kill::Proof),
                u.equivalent(),
                u.holes(),
                u.unknown()
            );
        }
        for u in &report.units {
            for (k, m) in u.mutants.iter().enumerate() {
                if m.fate.is_done() {
                    continue;
                }
                print!("{k} ");
                println!("LEFT {} {:?} {:?}", u.unit.name, m.mutation, m.fate);
            }
        }
    }
}

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]
use goldspike::rtl::{DesignOptions, design};
use goldspike_golden::encoding::Encoding;
use goldspike_golden::format::*;
use goldspike_golden::neuron::lif::*;
use goldspike_golden::quant::*;
#[test]
fn dump() {
    let q = QuantNetwork {
        name: "one".into(),
        time_steps: 1,
        input: QuantInput {
            axons: 1,
            payload_max: 1,
            payload_scale: 1.0,
            encoding: Encoding::Events,
        },
        layers: vec![QuantLayer {
            name: "n0".into(),
            axons: 1,
            neurons: 1,
            weight_bits: 2,
            weights: vec![0],
            bias: vec![0],
            accumulator: QFormat::signed(1, 0),
            guard_bits: 0,
            membrane: QFormat::signed(17, 0),
            rounding: Rounding::Floor,
            overflow: Overflow::Saturate,
            scale: Param::Layer(1.0),
            neuron: QuantNeuron::Lif(QuantLif {
                coefficient: QFormat::unsigned(1, 0),
                decay: Param::Layer(1),
                offset: Param::Layer(0),
                fire_at: Param::Layer(65535),
                pending_at: Param::Layer(65535),
                reset_by: Param::Layer(65535),
                v_reset: Param::Layer(0),
                v_init: Param::Layer(0),
                reset: Reset::None,
                reset_timing: ResetTiming::SameStep,
            }),
        }],
    };
    let d = design(
        &q,
        &DesignOptions {
            probe: true,
            ..Default::default()
        },
    )
    .unwrap();
    let e = goldspike::emit::design(&d, &q, "digest", "cmd").unwrap();
    goldspike::emit::write(std::path::Path::new("/tmp/dump1"), &e).unwrap();

    use goldspike::engine::beats::*;
    use goldspike::engine::*;
    let st = BeatStimulus::of_samples(
        &d,
        &[goldspike_golden::event::Sample {
            steps: vec![vec![]],
        }],
        Stalls::NONE,
    );
    println!("{:?}", RustHdl.play(&d, &st));
    println!("{:?}", Icarus::new().play(&d, &st));
}

//! No bytes make the readers panic: random changes and truncations of good files.

use crate::common::{NET, Npz, read, repository, safetensors, tensors};
use goldspike::data::{Dataset, FrameworkTrace};
use goldspike::diag::{Diagnostic, Style};
use goldspike_testbench::changes::{apply, change};
use proptest::collection::vec;
use proptest::prelude::*;

/// Every way of printing works.
fn print<T>(result: Result<T, Diagnostic>) -> Option<T> {
    let diagnostic = match result {
        Ok(value) => return Some(value),
        Err(diagnostic) => diagnostic,
    };
    assert_eq!(diagnostic.exit_code(), 2);
    assert!(
        diagnostic
            .render(Style::default())
            .contains(diagnostic.code.id)
    );
    assert!(
        !diagnostic
            .render(Style {
                colour: true,
                unicode: true,
                width: Some(80)
            })
            .is_empty()
    );
    assert!(diagnostic.to_string().starts_with(diagnostic.code.id));
    assert_eq!(diagnostic.to_json()["code"], diagnostic.code.id);
    None
}

fn small_npz() -> Vec<u8> {
    Npz::new()
        .with("x_test", &[3, 2], &[1u8, 15, 0, 4, 5, 6])
        .with("y_test", &[3], &[0i64, 1, 1])
        .with("index", &[2], &[0i64, 1])
        .with("pred", &[2], &[1u8, 0])
        .with("out_count", &[2, 2], &[1i8, 2, 3, 4])
        .with("full_index", &[1], &[0i64])
        .with("s_n0", &[4, 1, 1], &[0x20u8; 4])
        .with("v_n0", &[4, 1, 3], &[0.5f32; 12])
        .with("s_n1", &[4, 1, 1], &[0xc0u8; 4])
        .with("v_n1", &[4, 1, 2], &[0.5f64; 8])
        .bytes()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn changed_net_json_never_panics(changes in vec(change(&[]), 1..6)) {
        print(read(&apply(NET.as_bytes().to_vec(), &changes), &safetensors(&tensors())));
    }

    #[test]
    fn changed_safetensors_never_panic(changes in vec(change(&[]), 1..6)) {
        print(read(NET.as_bytes(), &apply(safetensors(&tensors()), &changes)));
    }

    #[test]
    fn changed_npz_never_panics(changes in vec(change(&[]), 1..4)) {
        let network = read(NET.as_bytes(), &safetensors(&tensors())).unwrap().network;
        let npz = apply(small_npz(), &changes);
        if let Some(set) = print(Dataset::read("x.npz", &npz)) {
            print(set.check(&network));
        }
        print(FrameworkTrace::read("x.npz", &npz, &network));
    }

    /// The header of an array is changed before it is compressed, so that the checksum holds.
    #[test]
    fn changed_array_headers_never_panic(changes in vec(change(&[]), 1..4)) {
        let mut npy = b"\x93NUMPY\x01\x00\x46\x00".to_vec();
        npy.extend(b"{'descr': '<i8', 'fortran_order': False, 'shape': (3,), }            \n");
        npy.extend([0; 24]);
        let npz = Npz::new().with("x_test", &[3, 2], &[1u8; 6]).with_entry("y_test.npy", &apply(npy, &changes));
        print(Dataset::read("x.npz", &npz.bytes()));
    }
}

/// `GOLDSPIKE_FUZZ_CASES`, 256 by default.
fn cases() -> u32 {
    std::env::var("GOLDSPIKE_FUZZ_CASES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(256)
}

#[test]
fn every_truncation_of_the_files_is_an_error() {
    let (json, tensors) = (NET.trim_end().as_bytes(), safetensors(&tensors()));
    for length in 0..json.len() {
        assert!(
            print(read(&json[..length], &tensors)).is_none(),
            "net.json of {length} bytes"
        );
    }
    for length in 0..tensors.len() {
        let refused = read(json, &tensors[..length]).unwrap_err();
        assert_eq!(
            refused.code.id, "GS0301",
            "net.safetensors of {length} bytes"
        );
        print(Err::<(), _>(refused));
    }
    let npz = small_npz();
    for length in 0..npz.len() {
        let refused = Dataset::read("x.npz", &npz[..length]).unwrap_err();
        assert_eq!(refused.code.id, "GS0401", "an .npz of {length} bytes");
    }
    let example = std::fs::read(repository().join("examples/digits/data.npz")).unwrap();
    for length in (0..example.len()).step_by(997) {
        assert!(
            print(Dataset::read("x.npz", &example[..length])).is_none(),
            "data.npz of {length} bytes"
        );
    }
}

/// A file of a hundred thousand layers or brackets is read or refused, not recursed into.
#[test]
fn large_documents_do_not_exhaust_the_stack() {
    let tensors = safetensors(&tensors());
    for text in [
        "[".repeat(200_000),
        "{\"a\":".repeat(200_000),
        format!("[{}1]", "1,".repeat(200_000)),
    ] {
        print(read(text.as_bytes(), &tensors));
    }
    let many = NET.replace(
        "{\"op\": \"flatten\"}",
        &vec!["{\"op\": \"flatten\"}"; 50_000].join(","),
    );
    assert_eq!(
        read(many.as_bytes(), &tensors)
            .unwrap()
            .network
            .layers
            .len(),
        2
    );
}

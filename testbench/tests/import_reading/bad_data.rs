//! Data sets and framework traces that are refused.

use crate::common::{NET, Npz, safetensors, tensors, write};
use crate::stored::check;
use goldspike::data;
use goldspike::diag::Diagnostic;
use goldspike::import;
use goldspike_golden::describe::Network;
use std::path::Path;

fn small() -> Network {
    let scratch = tempfile::tempdir().unwrap();
    write(scratch.path(), NET.as_bytes(), &safetensors(&tensors()));
    import::load(scratch.path()).unwrap().network
}

fn load(path: &Path) -> Result<data::Dataset, Diagnostic> {
    let set = data::load(path)?;
    set.check(&small())?;
    Ok(set)
}

fn refused<T>(
    name: &str,
    code: &str,
    bytes: &[u8],
    read: impl FnOnce(&Path) -> Result<T, Diagnostic>,
) {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("file.npz");
    std::fs::write(&path, bytes).unwrap();
    let Err(diagnostic) = read(&path) else {
        panic!("{name} was accepted")
    };
    assert_eq!(
        (diagnostic.code.id, diagnostic.exit_code()),
        (code, 2),
        "{name}: {diagnostic}"
    );
    check(name, scratch.path(), &diagnostic);
}

fn data(name: &str, code: &str, npz: Npz) {
    refused(name, code, &npz.bytes(), load);
}

fn samples() -> Npz {
    Npz::new().with("x_test", &[3, 2], &[1u8, 15, 0, 4, 5, 6])
}

#[test]
fn data_sets() {
    let whole = samples().with("y_test", &[3], &[0u8, 1, 1]).bytes();
    let scratch = tempfile::tempdir().unwrap();
    check(
        "data-missing",
        scratch.path(),
        &load(&scratch.path().join("none.npz")).unwrap_err(),
    );
    refused("data-not-npz", "GS0401", b"x_test: 1 2 3", load);
    refused("data-truncated", "GS0401", &whole[..whole.len() / 2], load);
    let mut damaged = whole.clone();
    let middle = whole.windows(6).position(|w| w == b"x_test").unwrap() + 60;
    damaged[middle..middle + 8].fill(0x55);
    refused("data-damaged", "GS0401", &damaged, load);
    data(
        "data-no-x-test",
        "GS0402",
        Npz::new().with("x_train", &[1, 2], &[1u8, 2]),
    );
    data(
        "data-one-axis",
        "GS0403",
        Npz::new().with("x_test", &[2], &[1u8, 2]),
    );
    data(
        "data-labels-of-another-length",
        "GS0403",
        samples().with("y_test", &[2], &[0u8, 1]),
    );
    data(
        "data-floating-point",
        "GS0404",
        Npz::new().with("x_test", &[1, 2], &[0.5f32, 1.0]),
    );
    data(
        "data-above-a-byte",
        "GS0405",
        Npz::new().with("x_test", &[1, 2], &[1i64, 256]),
    );
    data(
        "data-of-another-shape",
        "GS0406",
        Npz::new().with("x_test", &[1, 2, 2], &[1u8, 2, 3, 4]),
    );
    data(
        "data-above-the-maximum",
        "GS0407",
        Npz::new().with("x_test", &[2, 2], &[1u8, 2, 3, 16]),
    );
    data(
        "data-no-samples",
        "GS0408",
        Npz::new().with::<u8>("x_test", &[0, 2], &[]),
    );
    let bits = Npz::new().with("x_test_bits", &[2, 1], &[0x80u8, 0x40]);
    data(
        "data-packed-shape",
        "GS0403",
        bits.with("shape", &[2], &[2i64, 9]),
    );
    let bits = Npz::new().with("x_test_bits", &[2, 1], &[0x80u8, 0x40]);
    data("data-packed-without-shape", "GS0402", bits);
}

#[test]
fn the_headers_of_arrays() {
    let header = |text: &str| {
        let mut npy = b"\x93NUMPY\x01\x00".to_vec();
        npy.extend((text.len() as u16).to_le_bytes());
        npy.extend_from_slice(text.as_bytes());
        npy
    };
    let inside = |npy: Vec<u8>| samples().with_entry("y_test.npy", &npy).bytes();
    for (name, text) in [
        (
            "array-absurd-shape",
            "{'descr': '|u1', 'fortran_order': False, 'shape': (4294967296, 4294967296, 4), }\n"
                .to_owned(),
        ),
        ("array-absurd-nesting", format!("{}\n", "(".repeat(4000))),
        (
            "array-shorter-than-its-shape",
            "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }\n".to_owned(),
        ),
    ] {
        refused(name, "GS0401", &inside(header(&text)), load);
    }
    let fortran = "{'descr': '|u1', 'fortran_order': True, 'shape': (3, 1), }\n";
    let mut npy = header(fortran);
    npy.extend([1, 2, 3]);
    refused("array-in-fortran-order", "GS0404", &inside(npy), load);
    let objects = "{'descr': '|O', 'fortran_order': False, 'shape': (), }\n";
    refused("array-of-objects", "GS0404", &inside(header(objects)), load);
}

#[test]
fn traces() {
    let network = small();
    let of = |steps: u64, pred: &[u8]| {
        let v = |n: u64| vec![0.5f32; (steps * n) as usize];
        Npz::new()
            .with("index", &[2], &[0i64, 1])
            .with("pred", &[pred.len() as u64], pred)
            .with("out_count", &[2, 2], &[1i8, 2, 3, 4])
            .with("full_index", &[1], &[0i64])
            .with("s_n0", &[steps, 1, 1], &vec![0x20u8; steps as usize])
            .with("v_n0", &[steps, 1, 3], &v(3))
            .with("s_n1", &[steps, 1, 1], &vec![0xc0u8; steps as usize])
            .with("v_n1", &[steps, 1, 2], &v(2))
    };
    let read = |path: &Path| data::load_trace(path, &network);
    refused("trace-steps", "GS0409", &of(3, &[1, 1]).bytes(), read);
    refused(
        "trace-predictions",
        "GS0409",
        &of(4, &[1, 1, 1]).bytes(),
        read,
    );
    refused(
        "trace-of-another-network",
        "GS0402",
        &Npz::new().with("index", &[2], &[0i64, 1]).bytes(),
        read,
    );
    refused(
        "trace-negative-index",
        "GS0405",
        &Npz::new().with("index", &[1], &[-1i64]).bytes(),
        read,
    );
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("trace.npz");
    std::fs::write(
        &path,
        of(4, &[1, 1])
            .with("sneg_n0", &[4, 1, 1], &[0x20u8, 0, 0, 0])
            .bytes(),
    )
    .unwrap();
    let trace = read(&path).unwrap();
    assert_eq!(trace.layers[0].spikes(0, 0), Some([0, 0, -1].as_slice()));
    assert_eq!(trace.layers[0].spikes(3, 0), Some([0, 0, 1].as_slice()));
    assert_eq!(trace.layers[1].spikes(3, 0), Some([1, 1].as_slice()));
    assert_eq!(
        (
            trace.layers[0].spikes(4, 0),
            trace.layers[0].spikes(0, 1),
            trace.layers[0].h(0, 0)
        ),
        (None, None, None)
    );
    assert_eq!(trace.out_count, [[1, 2], [3, 4]]);
}

//! No bytes make a reader panic, and none is half read: the corpora of `fuzz/` and random changes of them. What cargo-fuzz
//! runs for minutes (`make fuzz`) runs here for seconds, without the compiler's help and with the same readers.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use goldspike::engine::tool::{Tool, VERILATOR};
use goldspike_testbench::changes::{Change, apply, change, retold};
use goldspike_testbench::cross_check::{cases, runner, seed};
use goldspike_testbench::readers::{READERS, Read, Reader, Seen, images, network};
use goldspike_testbench::tools;
use proptest::collection::vec;
use proptest::prop_oneof;
use proptest::strategy::{Strategy, ValueTree};

/// Target of the fuzzer that is no reader: a whole network from a seed.
const NETWORK: &str = "network";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Files of a corpus by name.
fn corpus(name: &str) -> BTreeMap<String, Vec<u8>> {
    let folder = repository().join("fuzz/corpus").join(name);
    let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    entries
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read(entry.path()).unwrap())
        })
        .collect()
}

/// What the reader says; a panic is a broken promise too.
fn read(reader: Reader, bytes: &[u8]) -> Result<Read, String> {
    catch_unwind(|| (reader.read)(bytes)).unwrap_or_else(|panic| {
        let said = panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(format!("a panic: {}", said.unwrap_or_default()))
    })
}

/// As few bytes as still break the promise: parts are left out while that is so.
fn smaller(reader: Reader, mut bytes: Vec<u8>) -> Vec<u8> {
    let mut part = bytes.len() / 2;
    while part > 0 {
        let mut at = 0;
        while at < bytes.len() {
            let mut shorter = bytes.clone();
            shorter.drain(at..(at + part).min(bytes.len()));
            if read(reader, &shorter).is_err() {
                bytes = shorter;
            } else {
                at += part;
            }
        }
        part /= 2;
    }
    bytes
}

/// Fails with the smallest input found, which is kept for the corpus.
fn broken(reader: Reader, bytes: Vec<u8>, why: &str) -> ! {
    let bytes = smaller(reader, bytes);
    let folder = repository().join("target/fuzz-found");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join(format!("{}-{}", reader.name, bytes.len()));
    fs::write(&file, &bytes).unwrap();
    panic!(
        "{}: {why}\nkept as {}: {}",
        reader.name,
        file.display(),
        bytes.escape_ascii()
    );
}

/// Words of a corpus, to be inserted elsewhere: the texts between quotation marks.
fn words(corpus: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let texts = corpus
        .values()
        .filter_map(|bytes| std::str::from_utf8(bytes).ok());
    let quoted = texts.flat_map(|text| text.split('"').skip(1).step_by(2));
    let mut words: Vec<String> = quoted.map(|word| format!("\"{word}\"")).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// Reads random changes of the corpus until `enough` says so; what was seen, and how often.
fn changed(reader: Reader, seed: u64, enough: impl Fn(u32) -> bool) -> BTreeMap<String, u32> {
    let corpus = corpus(reader.name);
    let files: Vec<&Vec<u8>> = corpus.values().collect();
    let words = words(&corpus);
    let changes = (
        proptest::sample::select((0..files.len()).collect::<Vec<_>>()),
        prop_oneof![vec(change(&words), 1..6).boxed(), retold(&words).boxed(),],
    );
    let mut runner = runner(1, seed);
    let mut seen = BTreeMap::new();
    let mut done = 0;
    while !enough(done) {
        let (file, changes): (usize, Vec<Change>) =
            changes.new_tree(&mut runner).unwrap().current();
        let bytes = apply(files[file].clone(), &changes);
        match read(reader, &bytes) {
            Ok(Read::Whole) => *seen.entry("whole".to_owned()).or_default() += 1,
            Ok(Read::Refused(why)) => *seen.entry(why.to_owned()).or_default() += 1,
            Err(why) => broken(reader, bytes, &why),
        }
        done += 1;
    }
    seen
}

#[test]
fn every_target_has_a_file_a_corpus_and_a_line_of_the_manifest() {
    let fuzz = repository().join("fuzz");
    let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
    let mut names: BTreeSet<String> = READERS.map(|reader| reader.name.to_owned()).into();
    for reader in READERS {
        let target = fuzz.join(format!("fuzz_targets/{}.rs", reader.name));
        let text = fs::read_to_string(target).unwrap();
        assert!(
            text.contains(&format!("fuzz(\"{}\", data)", reader.name)),
            "{text}"
        );
        assert!(corpus(reader.name).len() >= 3, "{}", reader.name);
    }
    names.insert(NETWORK.to_owned());
    let files = fs::read_dir(fuzz.join("fuzz_targets")).unwrap();
    let files: BTreeSet<String> = files
        .map(|file| {
            file.unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    assert_eq!(files, names);
    for name in &names {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
    }
}

#[test]
fn every_input_of_the_corpora_is_read_or_refused_as_a_whole() {
    for reader in READERS {
        let mut whole = 0;
        for (name, bytes) in corpus(reader.name) {
            match read(reader, &bytes) {
                Ok(Read::Whole) => whole += 1,
                Ok(Read::Refused(_)) => {}
                Err(why) => panic!("{} {name}: {why}", reader.name),
            }
        }
        assert!(whole > 0, "{}: nothing of the corpus is read", reader.name);
    }
}

#[test]
fn the_images_of_the_corpus_are_those_of_the_load_port() {
    let folder = repository().join("fuzz/corpus/load_image");
    for (name, bytes) in images().unwrap() {
        let file = folder.join(name);
        if std::env::var("GOLDSPIKE_BLESS").as_deref() == Ok("1") {
            fs::write(&file, &bytes).unwrap();
        }
        assert!(
            fs::read(&file).is_ok_and(|stored| stored == bytes),
            "{}: GOLDSPIKE_BLESS=1 stores it anew",
            file.display()
        );
    }
}

/// What random changes of each corpus must at least reach: kinds of refusal, and being read.
const REACHED: [(&str, usize); 9] = [
    ("net_json", 15),
    ("net_safetensors", 4),
    ("data_npz", 5),
    ("trace_npz", 4),
    ("quant_json", 3),
    ("quant_safetensors", 1),
    ("board_toml", 2),
    ("link_frames", 4),
    ("load_image", 5),
];

#[test]
fn no_change_of_the_corpora_makes_a_reader_panic_or_read_a_half() {
    // Ten minutes each in the campaign.
    let campaign = cases(0, 600);
    for (reader, (name, ways)) in READERS.into_iter().zip(REACHED) {
        assert_eq!(reader.name, name);
        let begin = Instant::now();
        let few = if name == "load_image" { 300 } else { 8000 };
        let limit = Duration::from_secs(campaign.into());
        let seen = changed(reader, seed(71), |done| {
            done >= few && (campaign == 0 || begin.elapsed() >= limit)
        });
        println!("{name}: {seen:?} in {:.1} s", begin.elapsed().as_secs_f64());
        assert!(seen.len() >= ways, "{name}: {} of {ways} ways", seen.len());
    }
}

/// The check itself: a reader that panics, and one that reads a half, are found and their input is made small.
#[test]
fn a_reader_that_breaks_its_promise_is_found() {
    fn panics(bytes: &[u8]) -> Result<Read, String> {
        assert!(!bytes.contains(&b'7'), "a seven");
        Ok(Read::Whole)
    }
    fn halves(bytes: &[u8]) -> Result<Read, String> {
        if bytes.ends_with(b"}") {
            Err("half".to_owned())
        } else {
            Ok(Read::Whole)
        }
    }
    let readers = [panics as fn(&[u8]) -> Result<Read, String>, halves];
    for (read_by, smallest) in readers.into_iter().zip([b"7", b"}"]) {
        let reader = Reader {
            name: "planted",
            read: read_by,
        };
        let bytes = b"{\"a\": [3, 17, 5]}".to_vec();
        assert!(read(reader, &bytes).is_err());
        assert_eq!(smaller(reader, bytes), smallest);
    }
}

#[test]
fn a_random_network_as_files_equals_its_golden_model() {
    let (mut unwritten, mut refused, mut equal, mut values) = (0, 0, 0, 0);
    let linted: &[Tool] = if tools::missing(VERILATOR) {
        &[]
    } else {
        &[VERILATOR]
    };
    let networks = cases(150, 5000);
    let first = seed(73) * 1_000_000;
    for number in 0..u64::from(networks) {
        let linters = if number % 10 == 0 { linted } else { &[] };
        match network(first + number, linters) {
            Ok(Seen::Unwritten) => unwritten += 1,
            Ok(Seen::Refused) => refused += 1,
            Ok(Seen::Equal(count)) => {
                equal += 1;
                values += count;
            }
            Err(why) => panic!("network {}: {why}", first + number),
        }
    }
    println!("{equal} equal in {values} values, {refused} refused, {unwritten} not written");
    assert!(equal > networks / 2 && values > 10_000);
    assert!(unwritten < networks / 10, "the format lacks words");
}

//! Random changes of a file's bytes, for tests of readers.

use std::ops::Range;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// A change of a file: bytes overwritten, a part removed, inserted or doubled, the rest cut off.
#[derive(Clone, Debug)]
pub enum Change {
    /// One byte becomes another.
    Set(Index, u8),
    /// One bit is flipped.
    Flip(Index, u8),
    /// Some bytes go.
    Remove(Index, usize),
    /// Some bytes come.
    Insert(Index, Vec<u8>),
    /// Some bytes come twice.
    Double(Index, usize),
    /// A number of bytes is copied from one place over those of another.
    Copy(Index, Index, usize),
    /// A word or a number, with its quotation marks, becomes another.
    Token(Index, Vec<u8>),
    /// What follows goes.
    Cut(Index),
}

/// Where a file's words and numbers stand: in quotation marks, or of letters, digits and what numbers have.
fn tokens(bytes: &[u8]) -> Vec<Range<usize>> {
    let inner = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.+-@".contains(byte);
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let length = if rest[0] == b'"' {
            rest[1..]
                .iter()
                .position(|&byte| byte == b'"')
                .map_or(1, |end| end + 2)
        } else {
            rest.iter().take_while(|byte| inner(byte)).count()
        };
        if length > 0 {
            found.push(at..at + length);
        }
        at += length.max(1);
    }
    found
}

/// Numbers at the ends of ranges, as texts write them, and the keywords of JSON.
const WORDS: [&str; 20] = [
    "0",
    "-1",
    "1e308",
    "1e-320",
    "-0.0",
    "1e999",
    "4294967296",
    "9007199254740993",
    "18446744073709551616",
    "-9223372036854775808",
    "0.1",
    "65537",
    "null",
    "true",
    "{}",
    "[]",
    "\"\"",
    "\"@\"",
    "\u{20ac}",
    "\\ud800",
];

/// Changes of the words and numbers of a text, one or more: mostly a text that is still one of its language.
pub fn retold(words: &[String]) -> impl Strategy<Value = Vec<Change>> + use<> {
    let token = (any::<Index>(), select(known(words)));
    vec(token.prop_map(|(i, word)| Change::Token(i, word)), 1..4)
}

fn known(words: &[String]) -> Vec<Vec<u8>> {
    let words = words.iter().map(String::as_str);
    let all = WORDS.into_iter().chain(words);
    all.map(|word| word.as_bytes().to_vec()).collect()
}

/// Any change; `words` are inserted too, as are numbers at the ends of ranges.
pub fn change(words: &[String]) -> impl Strategy<Value = Change> + use<> {
    let at = any::<Index>;
    let mut known = known(words);
    let binary = [
        vec![0; 8],
        vec![0xff; 8],
        vec![0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
        vec![0, 0, 0, 0, 0, 0, 0, 0x80],
        vec![0xc0],
        vec![0xdb],
    ];
    known.extend(binary);
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(i, b)| Change::Set(i, b)),
        (at(), select(b"0123456789-.eE[]{}\",:@nuft".to_vec()))
            .prop_map(|(i, b)| Change::Set(i, b)),
        (at(), 0u8..8).prop_map(|(i, b)| Change::Flip(i, b)),
        (at(), 1usize..20).prop_map(|(i, n)| Change::Remove(i, n)),
        (at(), vec(any::<u8>(), 1..10)).prop_map(|(i, b)| Change::Insert(i, b)),
        (at(), select(known)).prop_map(|(i, word)| Change::Insert(i, word)),
        (at(), 1usize..40).prop_map(|(i, n)| Change::Double(i, n)),
        (at(), at(), 1usize..40).prop_map(|(i, j, n)| Change::Copy(i, j, n)),
        at().prop_map(Change::Cut),
    ]
}

/// `bytes` after the changes, one after the other.
#[must_use]
pub fn apply(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        if bytes.is_empty() {
            return bytes;
        }
        let len = bytes.len();
        let part = |i: &Index, n: usize| i.index(len)..len.min(i.index(len) + n);
        match change {
            Change::Set(i, byte) => bytes[i.index(len)] = *byte,
            Change::Flip(i, bit) => bytes[i.index(len)] ^= 1 << bit,
            Change::Remove(i, n) => drop(bytes.drain(part(i, *n))),
            Change::Insert(i, new) => {
                drop(bytes.splice(i.index(len)..i.index(len), new.iter().copied()));
            }
            Change::Double(i, n) => {
                let part = bytes[part(i, *n)].to_vec();
                bytes.splice(i.index(len)..i.index(len), part);
            }
            Change::Copy(i, j, n) => {
                let from = bytes[part(i, *n)].to_vec();
                let end = len.min(j.index(len) + from.len());
                bytes.splice(j.index(len)..end, from);
            }
            Change::Cut(i) => bytes.truncate(i.index(len)),
            Change::Token(i, new) => {
                let tokens = tokens(&bytes);
                if !tokens.is_empty() {
                    bytes.splice(i.get(&tokens).clone(), new.iter().copied());
                }
            }
        }
    }
    bytes
}

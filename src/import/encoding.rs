//! `input.encoding`: how a sample becomes events.

use super::json::Fields;
use crate::diag::Diagnostic;
use goldspike_golden::encoding::Encoding;

#[derive(Clone, Copy)]
enum Type {
    Direct,
    SigmaDelta,
    BernoulliHash,
    Latency,
    Rows,
    Events,
}

/// The encoding of `fields`.
pub fn read(fields: &Fields<'_>) -> Result<Encoding, Diagnostic> {
    let kind = fields.required("type")?.choice(&[
        ("direct", Type::Direct),
        ("sigma_delta", Type::SigmaDelta),
        ("bernoulli_hash", Type::BernoulliHash),
        ("latency", Type::Latency),
        ("rows", Type::Rows),
        ("events", Type::Events),
    ])?;
    fields.only(match kind {
        Type::Direct | Type::Rows => &["type", "scale", "max"],
        Type::BernoulliHash => &["type", "seed"],
        Type::Latency => &["type", "levels"],
        Type::SigmaDelta | Type::Events => &["type"],
    })?;
    Ok(match kind {
        Type::Direct => Encoding::Direct {
            scale: scale(fields)?,
            max: max(fields)?,
        },
        Type::Rows => Encoding::Rows {
            scale: scale(fields)?,
            max: max(fields)?,
        },
        Type::BernoulliHash => Encoding::BernoulliHash {
            seed: fields.required("seed")?.integer(0, u32::MAX.into())? as u32,
        },
        Type::Latency => Encoding::Latency {
            levels: fields.required("levels")?.integer(1, 65536)? as u32,
        },
        Type::SigmaDelta => Encoding::SigmaDelta,
        Type::Events => Encoding::Events,
    })
}

fn scale(fields: &Fields<'_>) -> Result<f64, Diagnostic> {
    fields.required("scale")?.positive()
}

fn max(fields: &Fields<'_>) -> Result<u32, Diagnostic> {
    fields
        .get("max")
        .map_or(Ok(255), |field| Ok(field.integer(1, 255)? as u32))
}

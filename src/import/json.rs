//! Strict JSON with places: a [`Field`] is a value together with its path and its bytes in the text, so that every
//! check can point at line, column and field.

use crate::diag::{Code, Diagnostic, Place, SourceText, codes, did_you_mean, shown, shown_number};
use jsonc_parser::ast::{Object, Value};
use jsonc_parser::common::{Range, Ranged};
use jsonc_parser::{CollectOptions, CommentCollectionStrategy, ParseOptions};
use std::collections::BTreeSet;
use std::sync::Arc;

const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// The syntax tree of `source`.
///
/// # Errors
/// `GS0105` with the place where the text stops being JSON.
pub fn parse(source: &Arc<SourceText>) -> Result<Value<'_>, Diagnostic> {
    let text = source.text.as_str();
    let not_json = |bytes: std::ops::Range<usize>, why: &str| {
        let bytes = bytes.start.min(text.len())..bytes.end.min(text.len());
        let message = format!("this is not JSON: {why}");
        Diagnostic::error(&codes::NOT_JSON, message)
            .at(Place::text(source, bytes, None))
            .help("correct the text here; if the file breaks off, export the network again")
    };
    let options = CollectOptions {
        comments: CommentCollectionStrategy::Off,
        tokens: false,
    };
    let parsed = jsonc_parser::parse_to_ast(text, &options, &STRICT).map_err(|e| {
        let Range { start, end } = e.range();
        not_json(start..end, &lower_first(&e.kind().to_string()))
    })?;
    let Some(value) = parsed.value else {
        return Err(not_json(0..0, "the file is empty"));
    };
    if let Err(e) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
        let line_start: usize = text
            .split_inclusive('\n')
            .take(e.line().saturating_sub(1))
            .map(str::len)
            .sum();
        let at = line_start + e.column().saturating_sub(1);
        let why = e.to_string();
        return Err(not_json(
            at..at,
            why.split(" at line ").next().unwrap_or(&why),
        ));
    }
    Ok(value)
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(chars).collect()
    })
}

/// A value with its path.
#[derive(Clone, Debug)]
pub struct Field<'a> {
    source: &'a Arc<SourceText>,
    value: &'a Value<'a>,
    path: String,
}

impl<'a> Field<'a> {
    /// The outermost value.
    pub fn root(source: &'a Arc<SourceText>, value: &'a Value<'a>) -> Self {
        Self {
            source,
            value,
            path: String::new(),
        }
    }

    /// Where the value is.
    pub fn place(&self) -> Place {
        let Range { start, end } = self.value.range();
        let bytes = start..match self.value {
            Value::Object(_) | Value::Array(_) => start + 1,
            _ => end,
        };
        let path = if self.path.is_empty() {
            None
        } else {
            Some(self.path.clone())
        };
        Place::text(self.source, bytes, path)
    }

    /// An error at the value.
    pub fn error(&self, code: &'static Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, message).at(self.place())
    }

    /// The field in a message: its key with the indices behind it (`shape[1]`), or the document.
    fn key(&self) -> &str {
        match self.path.rsplit_once('.') {
            Some((_, key)) => key,
            None if self.path.is_empty() => "net.json",
            None => &self.path,
        }
    }

    /// An error: the value has the wrong JSON type.
    pub fn wrong_type(&self, wanted: &str) -> Diagnostic {
        let found = match self.value {
            Value::StringLit(s) => format!("the text \"{}\"", shown(&s.value)),
            Value::NumberLit(n) => format!("the number {}", shown(n.value)),
            Value::BooleanLit(b) => b.value.to_string(),
            Value::Object(_) => "an object".to_owned(),
            Value::Array(_) => "an array".to_owned(),
            Value::NullKeyword(_) => "null".to_owned(),
        };
        self.error(
            &codes::WRONG_TYPE,
            format!("`{}` must be {wanted}, it is {found}", self.key()),
        )
    }

    /// Is it `null`?
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::NullKeyword(_))
    }

    /// A text.
    pub fn text(&self) -> Result<&'a str, Diagnostic> {
        self.value
            .as_string_lit()
            .map(|s| &*s.value)
            .ok_or_else(|| self.wrong_type("a text"))
    }

    /// `true` or `false`.
    pub fn boolean(&self) -> Result<bool, Diagnostic> {
        self.value
            .as_boolean_lit()
            .map(|b| b.value)
            .ok_or_else(|| self.wrong_type("true or false"))
    }

    /// A finite number.
    pub fn number(&self) -> Result<f64, Diagnostic> {
        let literal = self
            .value
            .as_number_lit()
            .ok_or_else(|| self.wrong_type("a number"))?;
        let value: f64 = literal
            .value
            .parse()
            .map_err(|_| self.wrong_type("a number"))?;
        if !value.is_finite() {
            let message = format!("{} is too large for a 64-bit number", shown(literal.value));
            return Err(self.error(&codes::OUT_OF_RANGE, message));
        }
        Ok(value)
    }

    /// A finite number above 0.
    pub fn positive(&self) -> Result<f64, Diagnostic> {
        let value = self.number()?;
        if value > 0.0 {
            Ok(value)
        } else {
            Err(self.out_of_range(value, "", "above 0"))
        }
    }

    /// An error: the value, for `which` part of the layer, is not `wanted`.
    pub fn out_of_range(&self, value: f64, which: &str, wanted: &str) -> Diagnostic {
        let message = format!(
            "`{}` is {}{which}, it must be {wanted}",
            self.key(),
            shown_number(value)
        );
        self.error(&codes::OUT_OF_RANGE, message)
    }

    /// An integer from `low` to `high` (which must lie below 2^53).
    pub fn integer(&self, low: u64, high: u64) -> Result<u64, Diagnostic> {
        let value = self.number()?;
        if value.fract() != 0.0 {
            return Err(self.wrong_type("an integer"));
        }
        if value < low as f64 || value > high as f64 {
            return Err(self.out_of_range(value, "", &format!("{low} to {high}")));
        }
        Ok(value as u64)
    }

    /// The tensor that the text `@NAME` names, `None` for other types.
    pub fn tensor_name(&self) -> Result<Option<&'a str>, Diagnostic> {
        let Some(literal) = self.value.as_string_lit() else {
            return Ok(None);
        };
        match literal.value.strip_prefix('@') {
            Some(name) if !name.is_empty() => Ok(Some(name)),
            _ => Err(self.wrong_type("a tensor's name (\"@NAME\")")),
        }
    }

    /// One of the texts of `choices`, translated.
    pub fn choice<T: Copy>(&self, choices: &[(&str, T)]) -> Result<T, Diagnostic> {
        let text = self.text()?;
        choices
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, value)| *value)
            .ok_or_else(|| {
                self.error(
                    &codes::UNKNOWN_VALUE,
                    format!("`{}` cannot be `{}`", self.key(), shown(text)),
                )
                .help(did_you_mean(text, choices.iter().map(|(name, _)| *name)))
            })
    }

    /// The elements of an array.
    pub fn array(&self) -> Result<Vec<Self>, Diagnostic> {
        let array = self
            .value
            .as_array()
            .ok_or_else(|| self.wrong_type("an array"))?;
        let element = |(i, value)| Self {
            source: self.source,
            value,
            path: format!("{}[{i}]", self.path),
        };
        Ok(array.elements.iter().enumerate().map(element).collect())
    }

    /// The fields of an object, none of them given twice.
    pub fn object(&self) -> Result<Fields<'a>, Diagnostic> {
        let object = self
            .value
            .as_object()
            .ok_or_else(|| self.wrong_type("an object"))?;
        let fields = Fields {
            field: self.clone(),
            object,
        };
        let mut seen = BTreeSet::new();
        for property in &object.properties {
            if !seen.insert(property.name.as_str()) {
                let message = format!("the key `{}` is given twice", shown(property.name.as_str()));
                return Err(Diagnostic::error(&codes::DUPLICATE_KEY, message)
                    .at(fields.key_place(property)));
            }
        }
        Ok(fields)
    }
}

/// The fields of an object.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    /// The object itself.
    pub field: Field<'a>,
    object: &'a Object<'a>,
}

impl<'a> Fields<'a> {
    fn key_place(&self, property: &jsonc_parser::ast::ObjectProp<'_>) -> Place {
        let Range { start, end } = property.name.range();
        Place::text(
            self.field.source,
            start..end,
            Some(self.path_of(property.name.as_str())),
        )
    }

    fn path_of(&self, key: &str) -> String {
        let key = shown(key);
        if self.field.path.is_empty() {
            key
        } else {
            format!("{}.{key}", self.field.path)
        }
    }

    /// The field `key`, if given.
    pub fn get(&self, key: &str) -> Option<Field<'a>> {
        let property = self
            .object
            .properties
            .iter()
            .find(|p| p.name.as_str() == key)?;
        Some(Field {
            source: self.field.source,
            value: &property.value,
            path: self.path_of(key),
        })
    }

    /// The field `key`.
    pub fn required(&self, key: &str) -> Result<Field<'a>, Diagnostic> {
        self.get(key).ok_or_else(|| {
            self.field.error(
                &codes::MISSING_KEY,
                format!("the key `{key}` is missing here"),
            )
        })
    }

    /// All fields.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, Field<'a>)> {
        self.object.properties.iter().map(|property| {
            let name = property.name.as_str();
            let field = Field {
                source: self.field.source,
                value: &property.value,
                path: self.path_of(name),
            };
            (name, field)
        })
    }

    /// An error at the first key that is not one of `known`.
    pub fn only(&self, known: &[&str]) -> Result<(), Diagnostic> {
        let Some(unknown) = self
            .object
            .properties
            .iter()
            .find(|p| !known.contains(&p.name.as_str()))
        else {
            return Ok(());
        };
        let name = unknown.name.as_str();
        let free = known.iter().copied().filter(|key| self.get(key).is_none());
        Err(Diagnostic::error(
            &codes::UNKNOWN_KEY,
            format!("the key `{}` is unknown here", shown(name)),
        )
        .at(self.key_place(unknown))
        .help(did_you_mean(name, free)))
    }
}

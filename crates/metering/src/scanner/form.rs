//! Chooses the format of a body as the engine does.

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName};

use super::fields::FieldsScanner;
use super::json::JsonScanner;
use super::multipart::MultipartScanner;
use super::parameters::Parameters;
use super::zstd::ZstdScanner;
use super::{BoundForm, Form};

/// Why the format cannot be determined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormError {
    /// An unsupported content encoding: the engine would parse the compressed bytes, or reject them.
    Encoding,
    /// A header that determines the format is repeated, or not text.
    Headers,
}

/// The formats in which the engine reads the model from a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyForm {
    /// JSON, possibly with `Content-Encoding: zstd`.
    Json,
    /// JSON, whatever the headers.
    PlainJson,
    /// JSON or `multipart/form-data`, by the start of the content type.
    ImageEdit,
    /// `multipart/form-data` or JSON, by the media type.
    Video,
}

/// The properties of a body that the route determines.
#[derive(Clone, Copy, Debug)]
pub struct BodyKind {
    pub form: BodyForm,
    pub bound: BoundForm,
    /// The largest decompressed size, in bytes.
    pub limit: u64,
    /// Whether the caller's limits depend on the model: the body must then name no fallback models.
    pub is_limited: bool,
}

/// Like the engine, reads JSON whatever the content type where the route has JSON.
pub(super) fn choose(kind: BodyKind, headers: &HeaderMap) -> Result<Form, FormError> {
    let content_type = only(headers, &CONTENT_TYPE)?;
    let encoding = only(headers, &CONTENT_ENCODING)?.trim();
    let is_plain = encoding.is_empty() || encoding.eq_ignore_ascii_case("identity");
    let lower = || content_type.trim().to_ascii_lowercase();
    let form = match kind.form {
        BodyForm::PlainJson => plain_json(kind),
        BodyForm::Json => return json(kind, encoding, is_plain),
        BodyForm::ImageEdit if lower().starts_with("application/json") => {
            return json(kind, encoding, is_plain);
        }
        BodyForm::ImageEdit => multipart(content_type),
        BodyForm::Video => match media_type(&lower()) {
            "multipart/form-data" => multipart(content_type),
            "application/x-www-form-urlencoded" => Form::Fields(FieldsScanner::default()),
            _ => return json(kind, encoding, is_plain),
        },
    };
    if is_plain {
        Ok(form)
    } else {
        Err(FormError::Encoding)
    }
}

/// The value of a header that must not be repeated; empty when it is absent.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<&'a str, FormError> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().map_or(Ok(""), |value| value.to_str());
    match (value, values.next()) {
        (Ok(value), None) => Ok(value),
        _ => Err(FormError::Headers),
    }
}

fn plain_json(kind: BodyKind) -> Form {
    Form::Json(Box::new(JsonScanner::new(kind.bound, kind.is_limited)))
}

fn json(kind: BodyKind, encoding: &str, is_plain: bool) -> Result<Form, FormError> {
    if is_plain {
        return Ok(plain_json(kind));
    }
    let scanner = encoding
        .eq_ignore_ascii_case("zstd")
        .then(|| ZstdScanner::new(kind))
        .flatten();
    scanner
        .map(|scanner| Form::Zstd(Box::new(scanner)))
        .ok_or(FormError::Encoding)
}

fn multipart(content_type: &str) -> Form {
    Parameters::parse(content_type)
        .filter(|parsed| parsed.value == "multipart/form-data")
        .and_then(|parsed| parsed.get("boundary").and_then(MultipartScanner::new))
        .map_or(Form::Opaque, |scanner| Form::Multipart(Box::new(scanner)))
}

/// The engine ends the media type at the first space or semicolon.
fn media_type(content_type: &str) -> &str {
    content_type.split([' ', ';']).next().unwrap_or_default()
}

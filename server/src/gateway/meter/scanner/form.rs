//! Which reader the engine uses for a body.

use super::Form;
use super::multipart::MultipartScanner;
use super::parameters::Parameters;
use super::zstd::ZstdScanner;
use crate::gateway::route::BodyForm;

/// Follows the engine: what it reads as JSON is read as JSON, whatever the headers say.
pub(super) fn choose(form: BodyForm, content_type: &str, content_encoding: &str) -> Form {
    let kind = content_type.trim().to_ascii_lowercase();
    match form {
        BodyForm::PlainJson => Form::Json(Box::default()),
        BodyForm::Json => json(content_encoding),
        BodyForm::ImageEdit if kind.starts_with("application/json") => json(content_encoding),
        BodyForm::ImageEdit => multipart(content_type),
        BodyForm::Video => match media_type(&kind) {
            "multipart/form-data" => multipart(content_type),
            "application/x-www-form-urlencoded" => Form::Opaque,
            _ => json(content_encoding),
        },
    }
}

fn json(content_encoding: &str) -> Form {
    let encoding = content_encoding.trim();
    if encoding.is_empty() || encoding.eq_ignore_ascii_case("identity") {
        return Form::Json(Box::default());
    }
    if encoding.eq_ignore_ascii_case("zstd") {
        return ZstdScanner::new().map_or(Form::Opaque, |scanner| Form::Zstd(Box::new(scanner)));
    }
    Form::Opaque
}

fn multipart(content_type: &str) -> Form {
    Parameters::parse(content_type)
        .filter(|parsed| parsed.value == "multipart/form-data")
        .and_then(|parsed| parsed.get("boundary").and_then(MultipartScanner::new))
        .map_or(Form::Opaque, |scanner| Form::Multipart(Box::new(scanner)))
}

/// The engine cuts at the first blank or semicolon.
fn media_type(content_type: &str) -> &str {
    content_type.split([' ', ';']).next().unwrap_or_default()
}

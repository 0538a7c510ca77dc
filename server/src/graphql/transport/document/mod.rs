//! Reads a document within bounds, before the library spends anything on it.
//!
//! The library's parser recurses into values without a limit, and its limits on depth and complexity expand
//! every fragment before they compare anything. So the text is scanned first ([`scan`]), then parsed, and the
//! expanded size is computed with each fragment looked at once ([`size`]). Whatever passes is parsed, validated
//! and executed within a bounded stack, time and memory. `docs/limits.md` has the figures.

mod depth;
mod limits;
mod scan;
mod size;
mod values;

use std::sync::Arc;

use async_graphql::{
    Request,
    parser::{parse_query, types::ExecutableDocument},
};

pub(in crate::graphql) use self::{depth::fuzz, limits::DocumentLimits};
use crate::domain::{Error, Result};

/// Whether the document of a request may be run. The schema runs no request without it.
#[derive(Clone, Debug)]
pub(super) struct DocumentAdmission(pub(super) std::result::Result<(), Arc<Error>>);

/// Parses the document of a request and checks it, its variables included. The request carries its
/// [`Admission`]; one that is refused carries nothing else.
pub(super) fn admit(mut request: Request, limits: &DocumentLimits) -> Request {
    match read(&request, limits) {
        Ok(document) => {
            request.set_parsed_query(document);
            request.data(DocumentAdmission(Ok(())))
        }
        Err(error) => refuse(error),
    }
}

/// A request that the schema answers with this error.
pub(super) fn refuse(error: Error) -> Request {
    Request::new("").data(DocumentAdmission(Err(error.into())))
}

fn read(request: &Request, limits: &DocumentLimits) -> Result<ExecutableDocument> {
    scan::scan(&request.query, limits)?;
    let document = parse_query(&request.query).map_err(|error| refused(&error.to_string()))?;
    let weights = values::Weights::of(&request.variables, &document, limits)?;
    size::check(&document, &weights, limits)?;
    Ok(document)
}

/// The most bytes of a message that go back to the client: a parser's message quotes the whole line.
pub(super) const LONGEST_MESSAGE: usize = 500;

fn refused(message: &str) -> Error {
    Error::BadInput(shortened(message, LONGEST_MESSAGE))
}

fn too_much(what: &str, limit: impl std::fmt::Display) -> Error {
    Error::BadInput(format!("the operation has {what}; the limit is {limit}"))
}

/// The text, or its beginning and a sign that it goes on. `length` is in bytes.
pub(super) fn shortened(text: &str, length: usize) -> String {
    if text.len() <= length {
        return text.to_owned();
    }
    format!("{}…", &text[..text.floor_char_boundary(length)])
}

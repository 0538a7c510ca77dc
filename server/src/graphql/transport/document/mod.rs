//! Reads a document within bounds, before the library spends anything on it.
//!
//! The library's parser recurses into values without a limit, and its limits on depth and complexity expand
//! every fragment before they compare anything. So the text is scanned first ([`scan`]), then parsed, and the
//! expanded size is computed with each fragment visited once ([`size`]). Accepted documents are parsed, validated
//! and executed within a bounded stack, time and memory. `docs/limits.md` has the figures.

#[cfg(feature = "fuzzing")]
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

#[cfg(feature = "fuzzing")]
pub(in crate::graphql) use self::depth::fuzz;
pub(in crate::graphql) use self::limits::DocumentLimits;
use crate::domain::{Error, Result};

/// Whether the document of a request was accepted. The schema executes no request without it.
#[derive(Clone, Debug)]
pub(super) struct DocumentAdmission(pub(super) std::result::Result<(), Arc<Error>>);

/// Parses and checks the document of a request and its variables. The request carries its
/// [`DocumentAdmission`]; a rejected one carries nothing else.
pub(super) fn admit(mut request: Request, limits: &DocumentLimits) -> Request {
    match read(&request, limits) {
        Ok(document) => {
            request.set_parsed_query(document);
            request.data(DocumentAdmission(Ok(())))
        }
        Err(error) => refuse(error),
    }
}

/// A request that the schema fails with this error.
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

/// The maximum bytes of an error message: a parser error quotes the whole line.
pub(super) const MAX_MESSAGE: usize = 500;

fn refused(message: &str) -> Error {
    Error::BadInput(shortened(message, MAX_MESSAGE))
}

fn too_much(what: &str, limit: impl std::fmt::Display) -> Error {
    Error::BadInput(format!("the operation has {what}; the limit is {limit}"))
}

/// The text, or its first `length` bytes and an ellipsis.
pub(super) fn shortened(text: &str, length: usize) -> String {
    if text.len() <= length {
        return text.to_owned();
    }
    format!("{}…", &text[..text.floor_char_boundary(length)])
}

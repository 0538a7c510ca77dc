//! Every kind of request.

mod endpoints;
mod paths;
mod queries;

use http::{HeaderMap, Method};

use super::{Refusal, Route, classify};

fn get(path: &str) -> Result<Route, Refusal> {
    classify(&Method::GET, path, &HeaderMap::new())
}

fn post(path: &str) -> Result<Route, Refusal> {
    classify(&Method::POST, path, &HeaderMap::new())
}

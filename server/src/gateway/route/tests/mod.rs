//! Every kind of request.

mod endpoints;
mod paths;
mod queries;

use http::{HeaderMap, Method};

use super::{Route, RouteError, classify};

fn get(path: &str) -> Result<Route, RouteError> {
    classify(&Method::GET, path, &HeaderMap::new())
}

fn post(path: &str) -> Result<Route, RouteError> {
    classify(&Method::POST, path, &HeaderMap::new())
}

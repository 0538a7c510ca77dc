//! Why an exchange with the engine failed after it began.

use std::io;

use http1::Http1Error;

use crate::gateway::body::UploadError;

#[derive(Debug, thiserror::Error)]
pub(in crate::gateway) enum ExchangeError {
    #[error("cannot send the request to the engine")]
    Write(#[source] io::Error),
    #[error("cannot read the engine's answer")]
    Read(#[source] io::Error),
    #[error(transparent)]
    Http(#[from] Http1Error),
    /// The client's own upload.
    #[error(transparent)]
    Upload(UploadError),
    /// On a connection that hyper drives.
    #[error(transparent)]
    Hyper(#[from] hyper::Error),
}

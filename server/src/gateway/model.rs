//! Which model does a request ask for? The body is read only until it says so.

use std::sync::Arc;

use axum::{
    body::Body,
    http::{HeaderMap, header::CONTENT_LENGTH},
};
use http_body_util::BodyExt as _;
use tokio::sync::Semaphore;

use super::{
    body::{Held, Upload, Watch},
    dialect::Fault,
    meter::scanner::{ModelScanner, Verdict},
    route::{ModelSource, Route},
};

/// What a request says about its model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Model {
    Named(String),
    /// It should name one, and does not.
    Missing,
    /// Nobody can say which one it names.
    Ambiguous,
    /// It is about no model.
    NotNeeded,
}

impl Model {
    /// The name, when there is one for certain.
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Named(name) => Some(name),
            Self::Missing | Self::Ambiguous | Self::NotNeeded => None,
        }
    }
}

impl From<Verdict> for Model {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Found(name) => Self::Named(name),
            Verdict::Absent => Self::Missing,
            Verdict::NeedMore | Verdict::Ambiguous => Self::Ambiguous,
        }
    }
}

/// Why the beginning of a body could not be read.
#[derive(Debug)]
pub(super) enum ReadFault {
    /// We refuse it.
    Refused(Fault),
    /// The client left while sending.
    ClientGone,
}

/// Reads until the model is known. Nothing is lost: the upload that is returned begins with what was
/// read.
pub(super) async fn read(
    route: &Route,
    headers: &HeaderMap,
    mut body: Body,
    limits: Limits<'_>,
) -> Result<(Model, Upload), ReadFault> {
    let limit = limits.max_body_bytes;
    if declared_length(headers).is_some_and(|length| length > limit) {
        return Err(ReadFault::Refused(Fault::BodyTooLarge { limit }));
    }
    let form = match &route.model {
        ModelSource::Nowhere | ModelSource::Messages => {
            return Ok((Model::NotNeeded, Upload::new(body, limit)));
        }
        ModelSource::Path(model) => {
            return Ok((Model::Named(model.clone()), Upload::new(body, limit)));
        }
        ModelSource::Body(form) => *form,
    };
    let mut scanner = ModelScanner::for_request(form, headers);
    let mut held = Held::default();
    let verdict = loop {
        let verdict = scanner.verdict();
        if verdict != Verdict::NeedMore {
            break verdict;
        }
        match body.frame().await {
            Some(Ok(frame)) => {
                let Ok(data) = frame.into_data() else {
                    continue;
                };
                scanner.observe(&data);
                held.push(limits.memory, data, limit)
                    .map_err(ReadFault::Refused)?;
            }
            Some(Err(_)) => return Err(ReadFault::ClientGone),
            None => break scanner.finish(),
        }
    };
    let watch = limits.is_restricted.then(|| Watch::new(scanner));
    Ok((verdict.into(), Upload::resumed(held, body, limit, watch)))
}

/// What bounds the reading.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits<'a> {
    pub(super) max_body_bytes: u64,
    pub(super) memory: &'a Arc<Semaphore>,
    /// Whether the rest of the body must be watched for a second model.
    pub(super) is_restricted: bool,
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

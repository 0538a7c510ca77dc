//! Which model does a request ask for, and how much of it? The body is read only until it says so.

#[cfg(test)]
mod tests;

use axum::{
    body::Body,
    http::{HeaderMap, header::CONTENT_LENGTH},
};
use http_body::Body as _;
use http_body_util::BodyExt as _;

use super::{
    body::{Held, Upload, Watch},
    dialect::Fault,
    memory::UserMemory,
    meter::scanner::{Bound, ModelScanner, Verdict},
    route::{BodyForm, ModelSource, Route},
};
use crate::deadlines::is_too_slow;

/// How much of a body is read for its bound alone, in bytes: what is longer is no question of a bound.
const MOST_FOR_BOUND: u64 = 1024 * 1024;

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) model: Model,
    /// As far as it was seen.
    pub(super) bound: Bound,
    /// As declared, or as it was when it has ended.
    pub(super) body_bytes: Option<u64>,
}

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

/// What bounds the reading.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits<'a> {
    pub(super) max_body_bytes: u64,
    pub(super) memory: &'a UserMemory,
    /// Whether the rest of the body must be watched for a second model.
    pub(super) is_restricted: bool,
    /// Whether to read on for the bound when the model is known.
    pub(super) needs_bound: bool,
}

/// Reads until the model is known, and the bound if it is needed: a bound is known when the JSON is
/// complete, for a later member may raise it. Nothing is lost: the upload that is returned begins with
/// what was read.
pub(super) async fn read(
    route: &Route,
    headers: &HeaderMap,
    body: Body,
    limits: Limits<'_>,
) -> Result<(Asked, Upload), ReadFault> {
    let limit = limits.max_body_bytes;
    let declared = declared_length(headers);
    if declared.is_some_and(|length| length > limit) {
        return Err(ReadFault::Refused(Fault::BodyTooLarge { limit }));
    }
    let mut reading = Reading {
        body,
        held: Held::default(),
        has_ended: false,
        limits,
    };
    let (model, bound, watch) = match &route.model {
        ModelSource::Body(form) => {
            let mut scanner = ModelScanner::for_request(*form, headers);
            let verdict = reading.for_model(&mut scanner).await?;
            let bound = scanner.bound();
            let watch = limits.is_restricted.then(|| Watch::new(scanner));
            (verdict.into(), bound, watch)
        }
        ModelSource::Path(model) => {
            let bound = reading.for_bound(headers).await?;
            (Model::Named(model.clone()), bound, None)
        }
        ModelSource::Messages => (Model::NotNeeded, reading.for_bound(headers).await?, None),
        ModelSource::Nowhere => (Model::NotNeeded, Bound::default(), None),
    };
    let asked = Asked {
        model,
        bound,
        body_bytes: declared.or_else(|| reading.whole_length()),
    };
    let Reading { body, held, .. } = reading;
    Ok((asked, Upload::resumed(held, body, limit, watch)))
}

/// A body that is being read.
struct Reading<'a> {
    body: Body,
    held: Held,
    has_ended: bool,
    limits: Limits<'a>,
}

impl Reading<'_> {
    async fn for_model(&mut self, scanner: &mut ModelScanner) -> Result<Verdict, ReadFault> {
        loop {
            let verdict = scanner.verdict();
            if verdict != Verdict::NeedMore && self.has_bound(scanner) {
                return Ok(verdict);
            }
            if !self.read_piece(scanner).await? {
                return Ok(scanner.finish());
            }
        }
    }

    /// For a body that does not name the model.
    async fn for_bound(&mut self, headers: &HeaderMap) -> Result<Bound, ReadFault> {
        if !self.limits.needs_bound {
            return Ok(Bound::default());
        }
        let mut scanner = ModelScanner::for_request(BodyForm::PlainJson, headers);
        while !self.has_bound(&scanner) && self.read_piece(&mut scanner).await? {}
        Ok(scanner.bound())
    }

    /// Whether to read no further for the bound.
    fn has_bound(&self, scanner: &ModelScanner) -> bool {
        !self.limits.needs_bound || scanner.is_bound_known() || self.held.bytes() >= MOST_FOR_BOUND
    }

    /// False at the end of the body.
    async fn read_piece(&mut self, scanner: &mut ModelScanner) -> Result<bool, ReadFault> {
        let frame = match self.body.frame().await {
            Some(Ok(frame)) => frame,
            Some(Err(error)) if is_too_slow(&error) => {
                return Err(ReadFault::Refused(Fault::BodyTooSlow));
            }
            Some(Err(_)) => return Err(ReadFault::ClientGone),
            None => {
                self.has_ended = true;
                return Ok(false);
            }
        };
        if let Ok(data) = frame.into_data() {
            scanner.observe(&data);
            self.held
                .push(self.limits.memory, data, self.limits.max_body_bytes)
                .map_err(ReadFault::Refused)?;
        }
        Ok(true)
    }

    /// The length of the body, if it has ended.
    fn whole_length(&self) -> Option<u64> {
        (self.has_ended || self.body.is_end_stream()).then(|| self.held.bytes())
    }
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

//! The receipt of one request: collects what is seen, and is recorded exactly once, when dropped.

use std::{
    mem,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    body::Bytes,
    http::{
        HeaderMap, StatusCode,
        header::{CONTENT_ENCODING, CONTENT_TYPE},
    },
};
use entity::request::{Outcome, UsageSource};
use tokio_util::task::task_tracker::TaskTrackerToken;
use uuid::Uuid;

use super::{
    progress::Progress as Noting,
    tap::{Observation, Tap},
};
use crate::{
    domain::{
        ledger::{Debt, Noted, Written},
        requests::{Place, RequestRecord},
        tokens::Tokens,
    },
    gateway::{body::Progress, trace::RequestSpan},
};

/// Bytes of English text in a token, roughly: what an estimate is made with.
const BYTES_PER_TOKEN: u64 = 4;

/// Why a request was not finished that was under way when the server was killed.
pub(in crate::gateway) const KILLED: &str = "server_killed";

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateway) enum End {
    /// The whole answer went to the client.
    Whole,
    /// The client left first.
    ClientGone,
    /// The engine failed; why, in one word.
    Failed(&'static str),
    /// We refused it.
    Refused(&'static str),
    /// We ended it.
    Interrupted(&'static str),
}

/// Written at the end of a request, however it ends.
#[derive(Debug)]
pub(in crate::gateway) struct Receipt {
    place: Option<Place>,
    record: Option<RequestRecord>,
    began: Instant,
    is_metered: bool,
    upload: Option<Arc<Progress>>,
    tap: Option<Tap>,
    observation: Option<Observation>,
    progress: Noting,
    /// Whether the end of the answer was noted.
    is_end_noted: bool,
    end: End,
    span: RequestSpan,
    _in_flight: TaskTrackerToken,
}

impl Receipt {
    /// A receipt for a request that was let in. Until something better is known, its client left.
    pub(in crate::gateway) fn new(
        place: Place,
        record: RequestRecord,
        is_metered: bool,
        in_flight: TaskTrackerToken,
        span: RequestSpan,
    ) -> Self {
        Self {
            place: Some(place),
            record: Some(record),
            began: Instant::now(),
            is_metered,
            upload: None,
            tap: None,
            observation: None,
            progress: Noting::default(),
            is_end_noted: false,
            end: End::ClientGone,
            span,
            _in_flight: in_flight,
        }
    }

    /// Whose receipt it is, until it is settled.
    pub(in crate::gateway) fn id(&self) -> Option<Uuid> {
        Some(self.record.as_ref()?.id)
    }

    /// Watches how much of the request was sent.
    pub(in crate::gateway) fn watch_upload(&mut self, upload: Arc<Progress>) {
        self.upload = Some(upload);
    }

    /// Notes the head of the answer.
    pub(in crate::gateway) fn answered(&mut self, status: StatusCode, headers: &HeaderMap) {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let content_type = text(CONTENT_TYPE).unwrap_or_default();
        let Some(record) = &mut self.record else {
            return;
        };
        record.http_status = Some(status.as_u16());
        record.streamed = content_type.starts_with("text/event-stream");
        if self.is_metered {
            let encoding = text(CONTENT_ENCODING).unwrap_or_default();
            self.tap = Some(Tap::new(record.protocol, content_type, encoding));
        }
    }

    /// Looks at a piece of the answer.
    pub(in crate::gateway) fn observe(&mut self, data: &Bytes) {
        let elapsed = self.first_byte();
        if let Some(tap) = &mut self.tap {
            tap.observe(data);
        }
        if self.progress.is_due(elapsed)
            && let Some(noted) = self.note(End::Interrupted(KILLED))
        {
            self.progress.replace(noted, elapsed);
        }
    }

    /// Notes that the answer has begun, and tells how long ago the request did.
    pub(in crate::gateway) fn first_byte(&mut self) -> Duration {
        let elapsed = self.began.elapsed();
        if let Some(record) = &mut self.record {
            record.time_to_first_byte.get_or_insert(elapsed);
        }
        elapsed
    }

    /// Takes over what was observed elsewhere.
    pub(in crate::gateway) fn observed(&mut self, observation: Observation) {
        self.observation = Some(observation);
    }

    /// Notes that the client has left. What is read on for it is still metered and held back, and no longer
    /// counts among its requests at once.
    pub(in crate::gateway) fn client_left(&mut self) {
        if let Some(place) = &mut self.place {
            place.release_slot();
        }
    }

    /// Notes how the request ended.
    pub(in crate::gateway) fn end(&mut self, end: End) {
        self.end = end;
    }

    /// Whether the tap stands between two events, where one of ours could be put.
    pub(in crate::gateway) fn is_between_events(&self) -> bool {
        self.tap.as_ref().is_some_and(Tap::is_between_events)
    }

    /// Whether the end of the answer has just been seen: the moment to note it, once, before it is
    /// passed on.
    pub(in crate::gateway) fn has_just_ended(&mut self) -> bool {
        let has_ended = !self.is_end_noted && self.tap.as_ref().is_some_and(Tap::has_ended);
        self.is_end_noted |= has_ended;
        has_ended
    }

    /// The end of the answer was seen and cannot be noted.
    pub(in crate::gateway) fn end_is_not_noted(&mut self) {
        self.is_end_noted = false;
    }

    /// Whether the end of the answer was noted before it was passed on.
    pub(in crate::gateway) fn is_end_noted(&self) -> bool {
        self.is_end_noted
    }

    /// Notes the request as if it had ended well with what was seen so far.
    pub(in crate::gateway) fn note_whole(&self) -> Option<Noted> {
        self.note(End::Whole)
    }

    fn note(&self, end: End) -> Option<Noted> {
        let so_far = self.tap.as_ref().map(Tap::so_far);
        let observation = self.observation.as_ref().or(so_far.as_ref());
        let record = self.settled(self.record.as_ref()?.clone(), observation, end);
        Some(self.place.as_ref()?.note(&record))
    }

    /// Notes the end, and waits until it is safe.
    pub(in crate::gateway) async fn note_end(&mut self) {
        if let Some(noted) = self.note_whole()
            && let Ok(debt) = noted.await
        {
            self.keep(debt);
        }
    }

    /// Keeps what was noted until the request is in the database.
    pub(in crate::gateway) fn keep(&mut self, debt: Debt) {
        match &mut self.place {
            Some(place) => place.keep(debt),
            None => debt.pay(),
        }
    }

    /// Settles the request. What is returned is ready once it is safe.
    pub(in crate::gateway) fn finish(mut self, end: End) -> Option<Written> {
        self.end = end;
        self.settle()
    }

    fn settle(&mut self) -> Option<Written> {
        let (mut place, record) = (self.place.take()?, self.record.take()?);
        if let Some(debt) = mem::take(&mut self.progress).into_debt() {
            place.keep(debt);
        }
        let observation = self.observation.take();
        let observation = observation.or_else(|| Some(self.tap.take()?.finish()));
        let record = self.settled(record, observation.as_ref(), self.end);
        self.span.end(&record);
        place.record(record)
    }

    fn settled(
        &self,
        mut record: RequestRecord,
        observation: Option<&Observation>,
        end: End,
    ) -> RequestRecord {
        record.duration = self.began.elapsed();
        let usage = self.usage(&record, observation, end);
        record.tokens = usage.tokens;
        record.usage_source = usage.source;
        let in_stream_error = observation.and_then(|seen| seen.error_code.clone());
        record.served_model = observation.and_then(|seen| seen.served_model.clone());
        let refused_by_engine = record.http_status.is_some_and(|status| status >= 400);
        (record.outcome, record.error_code) = match end {
            End::Whole if in_stream_error.is_some() => (Outcome::UpstreamError, in_stream_error),
            End::Whole if refused_by_engine => (Outcome::UpstreamError, None),
            End::Whole => (Outcome::Completed, None),
            End::ClientGone => (Outcome::ClientGone, None),
            End::Failed(code) => (Outcome::UpstreamError, Some(code.to_owned())),
            End::Refused(code) => (Outcome::Rejected, Some(code.to_owned())),
            End::Interrupted(code) => (Outcome::Interrupted, Some(code.to_owned())),
        };
        record
    }

    fn usage(&self, record: &RequestRecord, observation: Option<&Observation>, end: End) -> Usage {
        let nothing = Usage {
            tokens: Some(Tokens::default()),
            source: UsageSource::Wire,
        };
        // What was not sent, or is no generation, or was answered with an error, used nothing.
        let refused = matches!(end, End::Refused(_));
        if refused || !self.is_metered || record.http_status.is_some_and(|status| status >= 400) {
            return nothing;
        }
        let Some(seen) = observation else {
            return Usage::UNKNOWN;
        };
        // Some protocols tell a part of the counts at the beginning.
        let is_final = seen.ended || (seen.text_bytes == 0 && end == End::Whole);
        match seen.tokens {
            Some(tokens) if is_final => Usage {
                tokens: Some(tokens),
                source: UsageSource::Wire,
            },
            None if seen.text_bytes == 0 => Usage::UNKNOWN,
            partial => self.estimate(partial, seen.text_bytes),
        }
    }

    /// An answer that was cut: what it said, and a guess for what it did not.
    fn estimate(&self, partial: Option<Tokens>, text_bytes: u64) -> Usage {
        let tokens =
            |bytes: u64| i64::try_from(bytes.div_ceil(BYTES_PER_TOKEN)).unwrap_or(i64::MAX);
        let sent = self.upload.as_ref().map_or(0, |upload| upload.bytes());
        let mut usage = partial.unwrap_or_else(|| Tokens {
            input: tokens(sent),
            ..Tokens::default()
        });
        usage.output = usage.output.max(tokens(text_bytes));
        Usage {
            tokens: Some(usage),
            source: UsageSource::Estimated,
        }
    }
}

/// What a request used, and who says so.
struct Usage {
    tokens: Option<Tokens>,
    source: UsageSource,
}

impl Usage {
    const UNKNOWN: Self = Self {
        tokens: None,
        source: UsageSource::Unknown,
    };
}

impl Drop for Receipt {
    fn drop(&mut self) {
        // Nobody waits any more.
        let _ = self.settle();
    }
}

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
use entity::request::{Outcome, Protocol, UsageSource};
use metering::{EstimatedUsage, Observation, Tap, tokens_of_text};
use tokio_util::task::task_tracker::TaskTrackerToken;
use uuid::Uuid;

use super::progress::OutputCheckpoint as Noting;
use crate::{
    domain::{
        ledger::{Noted, PendingEntry, Written},
        requests::{RecordPermit, RequestRecord},
        tokens::Tokens,
    },
    gateway::{body::UploadProgress, trace::RequestSpan},
};

/// Why a request was not finished that was under way when the server was killed.
pub(in crate::gateway) const KILLED: &str = "server_killed";

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateway) enum RequestEnd {
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

/// What was handed to the client's connection of what ends an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Delivered {
    Nothing,
    /// An error in the answer: most clients disconnect then.
    Error,
    /// The protocol's last event.
    End,
}

/// Written at the end of a request, however it ends.
#[derive(Debug)]
pub(in crate::gateway) struct Receipt {
    permit: Option<RecordPermit>,
    record: Option<RequestRecord>,
    began: Instant,
    is_metered: bool,
    /// Tokens of the request body, and of the answer at most; for estimates.
    expected: Tokens,
    upload: Option<Arc<UploadProgress>>,
    tap: Option<Tap>,
    observation: Option<Observation>,
    progress: Noting,
    /// Whether the end of the answer was noted.
    is_end_noted: bool,
    delivered: Delivered,
    end: RequestEnd,
    span: RequestSpan,
    _in_flight: TaskTrackerToken,
}

impl Receipt {
    /// A receipt for a request that was let in. Until something better is known, its client left.
    pub(in crate::gateway) fn new(
        permit: RecordPermit,
        record: RequestRecord,
        is_metered: bool,
        in_flight: TaskTrackerToken,
        span: RequestSpan,
    ) -> Self {
        Self {
            permit: Some(permit),
            record: Some(record),
            began: Instant::now(),
            is_metered,
            expected: Tokens::default(),
            upload: None,
            tap: None,
            observation: None,
            progress: Noting::default(),
            is_end_noted: false,
            delivered: Delivered::Nothing,
            end: RequestEnd::ClientGone,
            span,
            _in_flight: in_flight,
        }
    }

    /// Whose receipt it is, until it is settled.
    pub(in crate::gateway) fn id(&self) -> Option<Uuid> {
        Some(self.record.as_ref()?.id)
    }

    /// Sets the tokens to estimate with: those of the request body, and those that the answer may have.
    pub(in crate::gateway) fn expect(&mut self, expected: Tokens) {
        self.expected = expected;
    }

    /// The request did not reach the engine: it used nothing.
    pub(in crate::gateway) fn was_not_sent(&mut self) {
        self.is_metered = false;
    }

    /// Watches how much of the request was sent.
    pub(in crate::gateway) fn watch_upload(&mut self, upload: Arc<UploadProgress>) {
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
            self.tap = Some(Tap::new(
                wire_protocol(record.protocol),
                content_type,
                encoding,
            ));
        }
    }

    /// Looks at a piece of the answer that goes to the client.
    pub(in crate::gateway) fn deliver(&mut self, data: &Bytes) {
        self.observe(data);
        self.delivered = match &self.tap {
            Some(tap) if tap.has_ended() => Delivered::End,
            Some(tap) if tap.has_failed() => Delivered::Error,
            Some(_) | None => Delivered::Nothing,
        };
    }

    /// Whether the client has the whole answer, however its connection ends.
    pub(in crate::gateway) fn is_end_delivered(&self) -> bool {
        self.delivered == Delivered::End
    }

    /// Looks at a piece of the answer.
    pub(in crate::gateway) fn observe(&mut self, data: &Bytes) {
        let elapsed = self.first_byte();
        if let Some(tap) = &mut self.tap {
            tap.observe(data);
        }
        if self.progress.is_due(elapsed)
            && let Some(noted) = self.note(RequestEnd::Interrupted(KILLED))
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
        if let Some(permit) = &mut self.permit {
            permit.release_slot();
        }
    }

    /// Notes how the request ended.
    pub(in crate::gateway) fn end(&mut self, end: RequestEnd) {
        self.end = end;
    }

    /// Whether the tap stands between two events, where one of ours could be put.
    pub(in crate::gateway) fn is_between_events(&self) -> bool {
        self.tap.as_ref().is_some_and(Tap::is_between_events)
    }

    /// Whether the end of the answer has just been seen: the moment to note it, once, before it is
    /// passed on.
    pub(in crate::gateway) fn has_just_ended(&mut self) -> bool {
        let has_ended = !self.is_end_noted && self.tap.as_ref().is_some_and(Tap::is_complete);
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
        self.note(RequestEnd::Whole)
    }

    fn note(&self, end: RequestEnd) -> Option<Noted> {
        let so_far = self.tap.as_ref().map(Tap::so_far);
        let observation = self.observation.as_ref().or(so_far.as_ref());
        let record = self.settled(self.record.as_ref()?.clone(), observation, end);
        Some(self.permit.as_ref()?.note(&record))
    }

    /// Notes the end, and waits until it is safe.
    pub(in crate::gateway) async fn note_end(&mut self) {
        if let Some(noted) = self.note_whole()
            && let Ok(pending) = noted.await
        {
            self.keep(pending);
        }
    }

    /// Keeps what was noted until the request is in the database.
    pub(in crate::gateway) fn keep(&mut self, pending: PendingEntry) {
        match &mut self.permit {
            Some(permit) => permit.keep(pending),
            None => pending.release(),
        }
    }

    /// Settles the request. What is returned is ready once it is safe.
    pub(in crate::gateway) fn finish(mut self, end: RequestEnd) -> Option<Written> {
        self.end = end;
        self.settle()
    }

    fn settle(&mut self) -> Option<Written> {
        let (mut permit, mut record) = (self.permit.take()?, self.record.take()?);
        record.streamed |= self.tap.as_ref().is_some_and(Tap::is_events);
        if let Some(pending) = mem::take(&mut self.progress).into_debt() {
            permit.keep(pending);
        }
        let observation = self.observation.take();
        let observation = observation.or_else(|| Some(self.tap.take()?.finish()));
        let record = self.settled(record, observation.as_ref(), self.end);
        self.span.end(&record);
        permit.record(record)
    }

    fn settled(
        &self,
        mut record: RequestRecord,
        observation: Option<&Observation>,
        end: RequestEnd,
    ) -> RequestRecord {
        record.duration = self.began.elapsed();
        // A client that disconnects after the end has the whole answer.
        let end = match (self.delivered, end) {
            (
                Delivered::End,
                RequestEnd::ClientGone | RequestEnd::Failed(_) | RequestEnd::Interrupted(_),
            )
            | (Delivered::Error, RequestEnd::ClientGone) => RequestEnd::Whole,
            (_, end) => end,
        };
        let usage = self.usage(&record, observation, end);
        record.tokens = Some(usage.tokens);
        record.usage_source = if usage.is_estimated {
            UsageSource::Estimated
        } else {
            UsageSource::Wire
        };
        let in_stream_error = observation.and_then(|seen| seen.error_code.clone());
        record.served_model = observation.and_then(|seen| seen.served_model.clone());
        let refused_by_engine = record.http_status.is_some_and(|status| status >= 400);
        (record.outcome, record.error_code) = match end {
            RequestEnd::Whole if in_stream_error.is_some() => {
                (Outcome::UpstreamError, in_stream_error)
            }
            RequestEnd::Whole if refused_by_engine => (Outcome::UpstreamError, None),
            RequestEnd::Whole => (Outcome::Completed, None),
            RequestEnd::ClientGone => (Outcome::ClientGone, None),
            RequestEnd::Failed(code) => (Outcome::UpstreamError, Some(code.to_owned())),
            RequestEnd::Refused(code) => (Outcome::Rejected, Some(code.to_owned())),
            RequestEnd::Interrupted(code) => (Outcome::Interrupted, Some(code.to_owned())),
        };
        record
    }

    fn usage(
        &self,
        record: &RequestRecord,
        observation: Option<&Observation>,
        end: RequestEnd,
    ) -> EstimatedUsage {
        // What was not sent, or is no generation, or was answered with an error, used nothing.
        let is_refused = matches!(end, RequestEnd::Refused(_));
        let is_failed = record.http_status.is_some_and(|status| status >= 400);
        // The engine does not process a request whose body is incomplete.
        let upload = self.upload.as_ref();
        let is_cut =
            record.http_status.is_none() && upload.is_some_and(|upload| upload.failure().is_some());
        if is_refused || !self.is_metered || is_failed || is_cut {
            return EstimatedUsage::NOTHING;
        }
        let expected = self.expected();
        let Some(seen) = observation else {
            return EstimatedUsage::without_answer(expected);
        };
        let is_whole = end == RequestEnd::Whole;
        // Zeros of an endpoint that we do not know are not believed.
        let is_zero = seen.tokens.is_some_and(|tokens| tokens.total() == 0);
        if record.protocol == Protocol::Unmetered && is_zero {
            let seen = Observation {
                tokens: None,
                ..seen.clone()
            };
            return EstimatedUsage::of(&seen, is_whole, expected);
        }
        EstimatedUsage::of(seen, is_whole, expected)
    }

    /// The expected tokens. A body without a declared length is counted as it is sent.
    fn expected(&self) -> Tokens {
        let sent = self.upload.as_ref().map_or(0, |upload| upload.bytes());
        let mut expected = self.expected;
        if expected.input == 0 {
            expected.input = tokens_of_text(sent);
        }
        expected
    }
}

/// The protocol that the tap reads, by the one that is recorded.
fn wire_protocol(protocol: Protocol) -> metering::Protocol {
    match protocol {
        Protocol::OpenaiChat => metering::Protocol::OpenaiChat,
        Protocol::OpenaiCompletions => metering::Protocol::OpenaiCompletions,
        Protocol::OpenaiResponses => metering::Protocol::OpenaiResponses,
        Protocol::OpenaiImages => metering::Protocol::OpenaiImages,
        Protocol::AnthropicMessages => metering::Protocol::AnthropicMessages,
        Protocol::Gemini => metering::Protocol::Gemini,
        Protocol::Unmetered => metering::Protocol::Unmetered,
        Protocol::Other => metering::Protocol::Other,
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        // Nobody waits any more.
        let _ = self.settle();
    }
}

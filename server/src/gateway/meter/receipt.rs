//! The receipt of a request: collects what is observed, and is recorded exactly once, when it is dropped.

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
use metering::{MeteredUsage, Observation, Tap, tokens_of_text};
use uuid::Uuid;

use super::{events::observe_events, progress::OutputCheckpoint};
use crate::{
    domain::{
        requests::{KILLED, Noted, PendingEntry, RecordPermit, RequestRecord, Written},
        tokens::Tokens,
    },
    gateway::{
        body::UploadProgress,
        choose::PermittedRoute,
        dialect::{ErrorRecipient, GatewayError},
        error_message::ErrorMessages,
        trace::RequestSpan,
    },
    in_flight::InFlightToken,
};

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gateway) enum RequestEnd {
    /// The client received the whole answer.
    Whole,
    /// The client left before the end.
    ClientGone,
    /// The engine failed, with this code.
    Failed(&'static str),
    /// The gateway refused it, with this code.
    Refused(&'static str),
    /// The gateway ended it, with this code.
    Interrupted(&'static str),
}

/// Which end of an answer was handed to the client's connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Delivered {
    Nothing,
    /// An error in the answer: most clients disconnect then.
    Error,
    /// The protocol's last event.
    End,
}

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
    checkpoint: OutputCheckpoint,
    /// Whether the end of the answer was journaled.
    is_end_noted: bool,
    delivered: Delivered,
    end: RequestEnd,
    /// The status of the gateway's own error, if it is the whole response.
    own_status: Option<u16>,
    messages: Arc<ErrorMessages>,
    span: RequestSpan,
    /// Where the request was sent.
    route: Option<PermittedRoute>,
    _in_flight: InFlightToken,
}

impl Receipt {
    /// Unless [`Receipt::end`] is called, the client left.
    pub(in crate::gateway) fn new(
        permit: RecordPermit,
        record: RequestRecord,
        is_metered: bool,
        (messages, in_flight): (Arc<ErrorMessages>, InFlightToken),
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
            checkpoint: OutputCheckpoint::default(),
            is_end_noted: false,
            delivered: Delivered::Nothing,
            end: RequestEnd::ClientGone,
            own_status: None,
            messages,
            span,
            route: None,
            _in_flight: in_flight,
        }
    }

    /// The id of the request; `None` once it is settled.
    pub(in crate::gateway) fn id(&self) -> Option<Uuid> {
        Some(self.record.as_ref()?.id)
    }

    /// Sets the tokens to estimate with: of the request body as input, and the most that the answer may have as output.
    pub(in crate::gateway) fn expect(&mut self, expected: Tokens) {
        self.expected = expected;
    }

    /// The request is sent on this route, and counts as running there until it is settled.
    pub(in crate::gateway) fn send_on(&mut self, route: PermittedRoute) {
        self.route = Some(route);
    }

    /// The account whose engine serves the request; `None` for the shared engine.
    pub(in crate::gateway) fn account(&self) -> Option<Uuid> {
        self.route.as_ref()?.account()
    }

    /// The request did not reach the engine, so it used nothing.
    pub(in crate::gateway) fn was_not_sent(&mut self) {
        self.is_metered = false;
    }

    pub(in crate::gateway) fn watch_upload(&mut self, upload: Arc<UploadProgress>) {
        self.upload = Some(upload);
    }

    /// The head of the answer has arrived.
    pub(in crate::gateway) fn answered(&mut self, status: StatusCode, headers: &HeaderMap) {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let content_type = text(CONTENT_TYPE).unwrap_or_default();
        let Some(record) = &mut self.record else {
            return;
        };
        record.http_status = Some(status.as_u16());
        record.streamed = content_type.starts_with("text/event-stream");
        let encoding = text(CONTENT_ENCODING).unwrap_or_default();
        let tap = || Tap::new(record.protocol, content_type, encoding);
        // An error is read for its code and message at any endpoint.
        self.tap = if is_error(record) {
            Some(tap().of_error())
        } else {
            self.is_metered.then(tap)
        };
    }

    /// Observes data of the answer that is sent to the client. Returns where its end may begin: the event that completes the answer,
    /// or else the last event.
    pub(in crate::gateway) fn deliver(&mut self, data: &Bytes) -> usize {
        let elapsed = self.first_byte();
        let end = self.tap.as_mut().map_or(0, |tap| observe_events(tap, data));
        self.checkpoint(elapsed);
        self.delivered = match &self.tap {
            Some(tap) if tap.has_ended() => Delivered::End,
            Some(tap) if tap.has_failed() => Delivered::Error,
            Some(_) | None => Delivered::Nothing,
        };
        end
    }

    /// Whether the client has the whole answer, even if it disconnects.
    pub(in crate::gateway) fn is_end_delivered(&self) -> bool {
        self.delivered == Delivered::End
    }

    /// Observes data of the answer that is not sent to the client.
    pub(in crate::gateway) fn observe(&mut self, data: &Bytes) {
        let elapsed = self.first_byte();
        if let Some(tap) = &mut self.tap {
            tap.observe(data);
        }
        self.checkpoint(elapsed);
    }

    fn checkpoint(&mut self, elapsed: Duration) {
        if self.checkpoint.is_due(elapsed)
            && let Some(noted) = self.note(RequestEnd::Interrupted(KILLED))
        {
            self.checkpoint.replace(noted, elapsed);
        }
    }

    /// The answer has begun. Returns the time since the request began.
    pub(in crate::gateway) fn first_byte(&mut self) -> Duration {
        let elapsed = self.began.elapsed();
        if let Some(record) = &mut self.record {
            record.time_to_first_byte.get_or_insert(elapsed);
        }
        elapsed
    }

    /// Replaces the observation of the tap by one made elsewhere.
    pub(in crate::gateway) fn observed(&mut self, observation: Observation) {
        self.observation = Some(observation);
    }

    /// The client has left. What is drained for it is still metered and reserved, and no longer counts among its concurrent
    /// requests.
    pub(in crate::gateway) fn client_left(&mut self) {
        if let Some(permit) = &mut self.permit {
            permit.release_slot();
        }
    }

    /// The client receives this error instead of an answer, or after a part of it.
    pub(in crate::gateway) fn answer_with(
        &mut self,
        error: &GatewayError,
        recipient: ErrorRecipient,
    ) {
        if let Some(record) = &mut self.record {
            record.error_message = self.messages.kept(&error.to_string());
            record.rejected_by = error.rejected_by().cloned().map(Box::new);
            self.own_status = Some(recipient.status(error).as_u16());
        }
    }

    pub(in crate::gateway) fn end(&mut self, end: RequestEnd) {
        self.end = end;
    }

    /// Whether the answer is between two events, where another could be inserted.
    pub(in crate::gateway) fn is_between_events(&self) -> bool {
        self.tap.as_ref().is_some_and(Tap::is_between_events)
    }

    /// True once, when the end of the answer was observed: it must be journaled before it is passed on.
    pub(in crate::gateway) fn has_just_ended(&mut self) -> bool {
        let has_ended = !self.is_end_noted && self.tap.as_ref().is_some_and(Tap::is_complete);
        self.is_end_noted |= has_ended;
        has_ended
    }

    /// The end of the answer could not be journaled.
    pub(in crate::gateway) fn end_is_not_noted(&mut self) {
        self.is_end_noted = false;
    }

    /// Whether the end of the answer was journaled before it was passed on.
    pub(in crate::gateway) fn is_end_noted(&self) -> bool {
        self.is_end_noted
    }

    /// Journals the request as complete with what was observed so far.
    pub(in crate::gateway) fn note_whole(&self) -> Option<Noted> {
        self.note(RequestEnd::Whole)
    }

    fn note(&self, end: RequestEnd) -> Option<Noted> {
        let so_far = || self.tap.as_ref().map(Tap::snapshot);
        let observation = self.observation.clone().or_else(so_far);
        let record = self.settled(self.record.as_ref()?.clone(), observation, end);
        Some(self.permit.as_ref()?.note(&record))
    }

    /// Journals the end, and waits until it is durable.
    pub(in crate::gateway) async fn note_end(&mut self) {
        if let Some(noted) = self.note_whole()
            && let Ok(pending) = noted.await
        {
            self.keep(pending);
        }
    }

    /// Keeps a journal entry until the request is in the database.
    pub(in crate::gateway) fn keep(&mut self, pending: PendingEntry) {
        match &mut self.permit {
            Some(permit) => permit.keep(pending),
            None => pending.release(),
        }
    }

    /// Settles the request. The result resolves once it is durable.
    pub(in crate::gateway) fn finish(mut self, end: RequestEnd) -> Option<Written> {
        self.end = end;
        self.settle()
    }

    fn settle(&mut self) -> Option<Written> {
        let (mut permit, mut record) = (self.permit.take()?, self.record.take()?);
        record.streamed |= self.tap.as_ref().is_some_and(Tap::is_events);
        if let Some(pending) = mem::take(&mut self.checkpoint).into_pending() {
            permit.keep(pending);
        }
        let observation = self.observation.take();
        let observation = observation.or_else(|| Some(self.tap.take()?.finish()));
        let record = self.settled(record, observation, self.end);
        self.span.end(&record);
        permit.record(record)
    }

    fn settled(
        &self,
        mut record: RequestRecord,
        observation: Option<Observation>,
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
        let usage = self.usage(&record, observation.as_ref(), end);
        record.tokens = Some(usage.tokens);
        record.usage_source = if usage.is_estimated {
            UsageSource::Estimated
        } else {
            UsageSource::Wire
        };
        let seen = observation.unwrap_or_default();
        let in_stream_error = seen.error_code;
        record.served_model = seen.served_model;
        record.service_tier = seen.service_tier;
        let tier = self
            .upload
            .as_ref()
            .and_then(|upload| upload.service_tier());
        record.requested_service_tier = tier.map(str::to_owned).or(record.requested_service_tier);
        let refused_by_engine = is_error(&record);
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
        let is_failure = !matches!(record.outcome, Outcome::Completed | Outcome::ClientGone);
        let of_answer = seen.error_message.as_deref().filter(|_| is_failure);
        let message = of_answer.and_then(|message| self.messages.kept(message));
        record.error_message = message.or(record.error_message.filter(|_| is_failure));
        let own_status = self.own_status.filter(|_| is_failure);
        record.http_status = record.http_status.or(own_status);
        record
    }

    fn usage(
        &self,
        record: &RequestRecord,
        observation: Option<&Observation>,
        end: RequestEnd,
    ) -> MeteredUsage {
        // What was not sent, or is no generation, or was answered with an error, used nothing.
        let is_refused = matches!(end, RequestEnd::Refused(_));
        let is_failed = is_error(record);
        // The engine does not process a request whose body is incomplete.
        let upload = self.upload.as_ref();
        let is_cut =
            record.http_status.is_none() && upload.is_some_and(|upload| upload.failure().is_some());
        if is_refused || !self.is_metered || is_failed || is_cut {
            return MeteredUsage::NOTHING;
        }
        let expected = self.expected();
        let Some(seen) = observation else {
            return MeteredUsage::without_answer(expected);
        };
        let is_whole = end == RequestEnd::Whole;
        MeteredUsage::of_answer(record.protocol, seen, is_whole, expected)
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

fn is_error(record: &RequestRecord) -> bool {
    record.http_status.is_some_and(|status| status >= 400)
}

impl Drop for Receipt {
    fn drop(&mut self) {
        // Nothing waits for it.
        let _ = self.settle();
    }
}

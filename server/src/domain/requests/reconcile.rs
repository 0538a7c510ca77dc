//! Compares the engine's usage report of a request with the usage read from the response.

use std::collections::{HashMap, VecDeque};

use entity::{
    request::{self, Outcome, Reconciliation, UsageSource},
    request_failure::{Attempt, MAX_ATTEMPTS},
};
use uuid::Uuid;

use crate::{
    domain::{
        engine_usage::EngineUsage,
        tokens::{Tokens, tokens_of},
    },
    providers,
};

/// Reports kept for requests that have not ended yet; the oldest are dropped first.
const MAX_UNMATCHED: usize = 50_000;
/// The status with which the engine reports that we closed the connection.
const CLOSED_BY_US: u16 = 499;

/// Applies the engine's report of one attempt. Returns whether the row changed.
///
/// With fail-over, each attempt is reported. A failed attempt sets the account only while no other has; the
/// successful one sets the counts.
pub(super) fn apply(row: &mut request::Model, usage: &EngineUsage) -> bool {
    let before = row.clone();
    let names_server = !usage.failed || row.account_id.is_none();
    if names_server {
        row.provider = usage.provider.or(row.provider);
        row.account_id = usage.account_id.or(row.account_id);
    }
    set_service_tier(row, usage);
    add_attempt(row, usage);
    if let Some(reported) = usage.tokens {
        compare(row, reported);
    }
    *row != before
}

/// Only a failure begins the list of attempts: that of most requests would have one entry, which the row contains.
fn add_attempt(row: &mut request::Model, usage: &EngineUsage) {
    let is_failure = usage.failed && usage.status != Some(CLOSED_BY_US);
    if !is_failure && (usage.failed || row.attempts.is_none()) {
        return;
    }
    let attempts = &mut row.attempts.get_or_insert_default().0;
    if attempts.len() < MAX_ATTEMPTS {
        attempts.push(Attempt {
            account_id: usage.account_id,
            provider: usage.provider,
            succeeded: !usage.failed,
            status: usage.status,
            message: usage.message.clone(),
        });
    }
}

fn compare(row: &mut request::Model, reported: Tokens) {
    match (row.usage_source, tokens_of(row)) {
        (UsageSource::Wire, Some(observed)) if same_counts(observed, reported) => {
            row.reconciliation = Some(Reconciliation::Matched);
        }
        // The response was an error, and the provider counted tokens for it.
        (UsageSource::Wire, Some(observed)) if observed.total() == 0 => {
            settle(row, reported);
            row.reconciliation = Some(Reconciliation::EngineOnly);
        }
        (UsageSource::Wire, Some(observed)) => {
            row.reconciliation = Some(Reconciliation::Mismatched);
            if is_translated(row) && !lacks_output(reported, observed) {
                settle(row, reported);
            }
        }
        (UsageSource::Engine, Some(earlier)) => settle(row, sum(earlier, reported)),
        // An aborted attempt: its input is counted, and its output stays estimated.
        (UsageSource::Estimated, Some(estimate)) if lacks_output(reported, estimate) => {
            let output = Tokens {
                output: estimate.output,
                reasoning: estimate.reasoning,
                ..reported
            };
            set_tokens(row, output);
        }
        (UsageSource::Engine | UsageSource::Estimated | UsageSource::Unknown, _)
        | (UsageSource::Wire, None) => {
            settle(row, reported);
            row.reconciliation = Some(Reconciliation::EngineOnly);
        }
    }
}

/// Whether the buckets are equal, whatever the lifetimes of cache writes.
fn same_counts(one: Tokens, other: Tokens) -> bool {
    let without_lifetimes = |tokens| Tokens {
        cache_write_1h: 0,
        ..tokens
    };
    without_lifetimes(one) == without_lifetimes(other)
}

/// Sets the tier that the provider reported. A translated answer may repeat the requested one instead.
fn set_service_tier(row: &mut request::Model, usage: &EngineUsage) {
    if !usage.failed && (row.service_tier.is_none() || is_translated(row)) {
        let reported = usage.service_tier.clone();
        row.service_tier = reported.or(row.service_tier.take());
    }
}

/// Whether the engine counted no output of a response that has some.
fn lacks_output(reported: Tokens, observed: Tokens) -> bool {
    reported.output + reported.reasoning == 0 && observed.output + observed.reasoning > 0
}

/// Whether the engine translated between two protocols. Some translations lose or fold token counts
/// (cache writes, reasoning), while the engine counts before it translates.
fn is_translated(row: &request::Model) -> bool {
    let Some(provider) = row.provider else {
        return false;
    };
    let native = providers::spec(provider).native_protocols;
    !native.contains(&row.protocol)
}

fn settle(row: &mut request::Model, tokens: Tokens) {
    set_tokens(row, tokens);
    row.usage_source = UsageSource::Engine;
}

fn sum(one: Tokens, other: Tokens) -> Tokens {
    Tokens {
        input: one.input.saturating_add(other.input),
        cache_read: one.cache_read.saturating_add(other.cache_read),
        cache_write: one.cache_write.saturating_add(other.cache_write),
        cache_write_1h: one.cache_write_1h,
        output: one.output.saturating_add(other.output),
        reasoning: one.reasoning.saturating_add(other.reasoning),
        ..Tokens::default()
    }
}

fn set_tokens(row: &mut request::Model, tokens: Tokens) {
    row.input_tokens = Some(tokens.input);
    row.cache_read_tokens = Some(tokens.cache_read);
    row.cache_write_tokens = Some(tokens.cache_write);
    // The engine reports no lifetimes.
    let hour = row.cache_write_1h_tokens.unwrap_or(0);
    row.cache_write_1h_tokens = Some(hour.min(tokens.cache_write));
    row.output_tokens = Some(tokens.output);
    row.reasoning_tokens = Some(tokens.reasoning);
}

/// Reports of requests that have not ended yet.
#[derive(Debug, Default)]
pub(super) struct UnmatchedReports {
    by_request: HashMap<Uuid, VecDeque<EngineUsage>>,
    order: VecDeque<Uuid>,
}

impl UnmatchedReports {
    pub(super) fn keep(&mut self, usage: EngineUsage) {
        if self.order.len() >= MAX_UNMATCHED {
            self.forget_oldest();
        }
        self.order.push_back(usage.request_id);
        self.by_request
            .entry(usage.request_id)
            .or_default()
            .push_back(usage);
    }

    /// Applies the reports of a row that is about to be stored. Turns of a WebSocket share the id of their
    /// connection: each takes one report, in order.
    pub(super) fn apply_to(&mut self, row: &mut request::Model) {
        // A rejected turn was not forwarded: reports of its connection belong to other turns.
        if self.by_request.is_empty() || row.outcome == Outcome::Rejected {
            return;
        }
        let Some(connection_id) = row.connection_id else {
            for usage in self.by_request.remove(&row.id).unwrap_or_default() {
                apply(row, &usage);
            }
            return;
        };
        let Some(reports) = self.by_request.get_mut(&connection_id) else {
            return;
        };
        while let Some(usage) = reports.pop_front() {
            apply(row, &usage);
            if !usage.failed {
                break;
            }
        }
        if reports.is_empty() {
            self.by_request.remove(&connection_id);
        }
    }

    fn forget_oldest(&mut self) {
        let Some(id) = self.order.pop_front() else {
            return;
        };
        if self.by_request.remove(&id).is_some() {
            tracing::debug!(request.id = %id, "the engine reported on a request that we do not know");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::DateTime;

    use entity::{provider_account::ProviderKind, request::Protocol};

    use super::*;
    use crate::domain::requests::RequestRecord;

    const REPORTED: Tokens = Tokens {
        input: 6,
        cache_read: 4,
        cache_write: 0,
        cache_write_1h: 0,
        output: 3,
        reasoning: 2,
        media: crate::domain::tokens::MediaCounts::NONE,
    };

    fn row(source: UsageSource, tokens: Option<Tokens>) -> request::Model {
        RequestRecord {
            id: Uuid::now_v7(),
            connection_id: None,
            user_id: Uuid::nil(),
            api_key_id: Uuid::nil(),
            started_at: DateTime::UNIX_EPOCH,
            duration: Duration::ZERO,
            time_to_first_byte: None,
            waited: None,
            endpoint: "POST /v1/chat/completions".to_owned(),
            protocol: Protocol::OpenaiChat,
            model: None,
            served_model: None,
            streamed: false,
            http_status: Some(200),
            outcome: Outcome::Completed,
            error_code: None,
            error_message: None,
            rejected_by: None,
            tokens,
            usage_source: source,
            client_ip: None,
            user_agent: None,
            agent_session: None,
            requested_service_tier: None,
            service_tier: None,
        }
        .into_row()
    }

    fn report(request_id: Uuid) -> EngineUsage {
        EngineUsage {
            request_id,
            provider: Some(ProviderKind::Claude),
            account_id: Some(Uuid::max()),
            failed: false,
            status: None,
            message: None,
            tokens: Some(REPORTED),
            service_tier: None,
        }
    }

    #[test]
    fn the_engine_settles_what_the_wire_left_unknown() {
        let mut row = row(UsageSource::Unknown, None);

        assert!(apply(&mut row, &report(Uuid::nil())));

        assert_eq!(tokens_of(&row), Some(REPORTED));
        assert_eq!(row.usage_source, UsageSource::Engine);
        assert_eq!(row.provider, Some(ProviderKind::Claude));
        assert_eq!(row.reconciliation, Some(Reconciliation::EngineOnly));
    }

    #[test]
    fn a_translation_that_lost_counts_is_settled_by_the_engine() {
        let mut row = row(
            UsageSource::Wire,
            Some(Tokens {
                input: 10,
                cache_read: 0,
                ..REPORTED
            }),
        );

        // An Anthropic account behind OpenAI's protocol.
        apply(&mut row, &report(Uuid::nil()));

        assert_eq!(tokens_of(&row), Some(REPORTED));
        assert_eq!(row.usage_source, UsageSource::Engine);
        assert_eq!(row.reconciliation, Some(Reconciliation::Mismatched));
    }

    #[test]
    fn lifetimes_of_cache_writes_are_kept_where_the_engine_counts_the_same_or_less() {
        let written = Tokens {
            cache_write: 9,
            cache_write_1h: 5,
            ..REPORTED
        };
        let reported = |cache_write| EngineUsage {
            tokens: Some(Tokens {
                cache_write,
                cache_write_1h: 0,
                ..written
            }),
            ..report(Uuid::nil())
        };
        let mut same = row(UsageSource::Wire, Some(written));
        apply(&mut same, &reported(9));
        assert_eq!(tokens_of(&same), Some(written));
        assert_eq!(same.reconciliation, Some(Reconciliation::Matched));

        let mut less = row(UsageSource::Estimated, Some(written));
        apply(&mut less, &reported(3));
        let kept = tokens_of(&less).unwrap();
        assert_eq!((kept.cache_write, kept.cache_write_1h), (3, 3));
    }

    #[test]
    fn the_engine_reports_the_service_tier_that_an_answer_lacks_or_a_translation_repeats() {
        let report = EngineUsage {
            service_tier: Some("default".to_owned()),
            ..report(Uuid::nil())
        };
        let mut absent = row(UsageSource::Wire, Some(REPORTED));
        absent.protocol = Protocol::AnthropicMessages;
        let mut native = absent.clone();
        native.service_tier = Some("priority".to_owned());
        let mut translated = native.clone();
        translated.protocol = Protocol::OpenaiResponses;
        for row in [&mut absent, &mut native, &mut translated] {
            apply(row, &report);
        }

        let tiers = [&absent, &native, &translated].map(|row| row.service_tier.as_deref());
        assert_eq!(tiers, [Some("default"), Some("priority"), Some("default")]);
    }

    #[test]
    fn a_disagreement_is_noted_and_the_wire_is_kept() {
        let observed = Tokens {
            input: 7,
            ..REPORTED
        };
        let mut row = row(UsageSource::Wire, Some(observed));
        row.protocol = Protocol::AnthropicMessages;

        apply(&mut row, &report(Uuid::nil()));

        assert_eq!(tokens_of(&row), Some(observed));
        assert_eq!(row.reconciliation, Some(Reconciliation::Mismatched));
    }

    #[test]
    fn an_attempt_without_output_leaves_the_estimate_of_the_output() {
        let observed = Tokens {
            input: 50,
            output: 100,
            ..Tokens::default()
        };
        let cut = Tokens {
            output: 0,
            reasoning: 0,
            ..REPORTED
        };
        let report = |tokens| EngineUsage {
            failed: true,
            tokens,
            ..report(Uuid::nil())
        };
        let mut row = row(UsageSource::Estimated, Some(observed));

        apply(&mut row, &report(None));
        assert_eq!(tokens_of(&row), Some(observed));
        apply(&mut row, &report(Some(cut)));

        let kept = Tokens { output: 100, ..cut };
        assert_eq!(tokens_of(&row), Some(kept));
        assert_eq!(row.usage_source, UsageSource::Estimated);
        assert_eq!(row.reconciliation, None);
    }

    #[test]
    fn a_count_without_output_replaces_no_output_that_was_read() {
        let mut row = row(UsageSource::Wire, Some(REPORTED));
        let report = EngineUsage {
            tokens: Some(Tokens {
                output: 0,
                reasoning: 0,
                ..REPORTED
            }),
            ..report(Uuid::nil())
        };

        apply(&mut row, &report);

        assert_eq!(tokens_of(&row), Some(REPORTED));
        assert_eq!(row.reconciliation, Some(Reconciliation::Mismatched));
    }

    #[test]
    fn tokens_that_the_engine_reports_for_an_error_count() {
        let mut row = row(UsageSource::Wire, Some(Tokens::default()));
        row.outcome = Outcome::UpstreamError;

        apply(&mut row, &report(Uuid::nil()));

        assert_eq!(tokens_of(&row), Some(REPORTED));
        assert_eq!(row.usage_source, UsageSource::Engine);
    }

    #[test]
    fn a_turn_that_was_refused_takes_no_report_of_its_connection() {
        let connection = Uuid::now_v7();
        let mut waiting = UnmatchedReports::default();
        waiting.keep(report(connection));
        let mut turns = [
            row(UsageSource::Wire, Some(Tokens::default())),
            row(UsageSource::Unknown, None),
        ];
        turns[0].outcome = Outcome::Rejected;
        for turn in &mut turns {
            turn.connection_id = Some(connection);
            waiting.apply_to(turn);
        }

        assert_eq!(
            turns.each_ref().map(tokens_of),
            [Some(Tokens::default()), Some(REPORTED)]
        );
    }

    #[test]
    fn an_attempt_that_failed_does_not_displace_the_one_that_served() {
        let mut row = row(UsageSource::Wire, Some(REPORTED));
        apply(&mut row, &report(Uuid::nil()));
        let failed = EngineUsage {
            account_id: Some(Uuid::nil()),
            failed: true,
            tokens: None,
            ..report(Uuid::nil())
        };

        apply(&mut row, &failed);

        assert_eq!(row.account_id, Some(Uuid::max()));
        assert_eq!(row.provider, Some(ProviderKind::Claude));
        assert_eq!(tokens_of(&row), Some(REPORTED));
    }

    #[test]
    fn attempts_are_kept_if_one_failed_and_up_to_a_maximum() {
        let failed = EngineUsage {
            failed: true,
            status: Some(429),
            message: Some("slow down".to_owned()),
            tokens: None,
            ..report(Uuid::nil())
        };
        let aborted = EngineUsage {
            status: Some(CLOSED_BY_US),
            ..failed.clone()
        };
        let statuses = |row: &request::Model| -> Vec<_> {
            let attempts = row.attempts.iter().flat_map(|attempts| &attempts.0);
            attempts
                .map(|attempt| (attempt.succeeded, attempt.status))
                .collect()
        };
        let mut row = row(UsageSource::Wire, Some(REPORTED));

        apply(&mut row, &report(Uuid::nil()));
        apply(&mut row, &aborted);
        assert_eq!(row.attempts, None);
        apply(&mut row, &failed);
        apply(&mut row, &report(Uuid::nil()));
        assert_eq!(statuses(&row), [(false, Some(429)), (true, None)]);

        for _ in 0..10 {
            apply(&mut row, &failed);
        }
        assert_eq!(statuses(&row).len(), MAX_ATTEMPTS);
    }

    #[test]
    fn each_turn_of_a_socket_takes_one_report() {
        let connection = Uuid::now_v7();
        let mut waiting = UnmatchedReports::default();
        let second = Tokens {
            input: 99,
            ..REPORTED
        };
        waiting.keep(report(connection));
        waiting.keep(EngineUsage {
            tokens: Some(second),
            ..report(connection)
        });

        let mut turns = [
            row(UsageSource::Unknown, None),
            row(UsageSource::Unknown, None),
        ];
        for turn in &mut turns {
            turn.connection_id = Some(connection);
            waiting.apply_to(turn);
        }

        assert_eq!(
            turns.each_ref().map(tokens_of),
            [Some(REPORTED), Some(second)]
        );
        assert!(waiting.by_request.is_empty());
    }

    #[test]
    fn reports_of_unknown_requests_are_bounded() {
        let mut waiting = UnmatchedReports::default();

        for _ in 0..MAX_UNMATCHED + 10 {
            waiting.keep(report(Uuid::now_v7()));
        }

        assert_eq!(waiting.by_request.len(), MAX_UNMATCHED);
    }
}

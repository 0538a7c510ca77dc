//! Limits and usage of a caller, for tools that show them. They are read from memory, but for the sums of today, which are one row.

mod claude;
mod headers;
mod level;
mod usage;

use axum::{
    body::Body,
    http::{
        HeaderValue, Response,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
};
use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use serde_json::Value;
use uuid::Uuid;

pub(super) use self::headers::add_limits;
use super::{dialect::GatewayError, headers::identify, route::OwnEndpoint};
use crate::domain::{
    ledger::{LimitKind, REPORTS_PER_MINUTE},
    settings::Settings,
    usage::{Preset, Usage, UsageFilter},
    users::api_keys::Caller,
};

/// When to try again while the database is unavailable.
const RECOVERY: std::time::Duration = std::time::Duration::from_secs(5);

/// Answers the endpoints of this server.
#[derive(Debug)]
pub(super) struct Reports {
    pub(super) settings: Settings,
    pub(super) usage: Usage,
}

impl Reports {
    pub(super) async fn answer(
        &self,
        own: OwnEndpoint,
        caller: &Caller,
        (id, now): (Uuid, DateTime<Utc>),
    ) -> Result<Response<Body>, GatewayError> {
        if let Some(retry_after) = caller.account().take_report() {
            return Err(GatewayError::RateLimited {
                kind: LimitKind::RequestsPerMinute,
                retry_after,
                limit: format!("{REPORTS_PER_MINUTE} reports a minute for this user"),
                rate_limits: None,
                rejected_by: None,
            });
        }
        let report = match own {
            OwnEndpoint::Usage => self.usage(caller, now).await?,
            OwnEndpoint::ClaudeUsage => claude::report(caller, now),
        };
        let mut response = Response::new(Body::from(report.to_string()));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        identify(headers, id);
        Ok(response)
    }

    async fn usage(&self, caller: &Caller, now: DateTime<Utc>) -> Result<Value, GatewayError> {
        let today = async {
            let span = self.usage.span(Preset::Today, Tz::UTC).await?;
            let filter = UsageFilter::of_user(caller.user_id);
            let sums = self.usage.totals(span, &filter).await?;
            Ok::<_, crate::domain::Error>((span.from, sums))
        };
        let today = today.await.map_err(|_| GatewayError::Overloaded {
            retry_after: RECOVERY,
        })?;
        let defaults = self.settings.current().gateway.default_rate_limit;
        Ok(usage::report(caller, defaults, today, now))
    }
}

fn text_of(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

//! May this request pass, now? What depends on the caller alone is taken when the head has arrived, before
//! the body is read. Then every other limit that applies is checked and the request's worst case is
//! reserved, and the request is noted in the book, before anything is forwarded.

mod kept_bounds;

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use metering::LARGEST_INPUT;
use uuid::Uuid;

pub(super) use self::kept_bounds::KeptBounds;
use super::{
    Parts,
    dialect::{Dialect, GatewayError},
    model::{ModelRequest, RequestedModel},
};
use crate::domain::{
    api_keys::Caller,
    ledger::{Amounts, Ledger, LimitError, LimitKind, LimitRequest, RateLimitStatus, RequestSlot},
    model_name::{NameRule, is_any_model, routed_as},
    prices::worst_cost,
    requests::{RecordPermit, Recorder, RequestRecord},
    tokens::Tokens,
};

/// When to try again while the book cannot be written.
const RECOVERY: Duration = Duration::from_secs(5);
/// Bytes of a request in a token of its input, roughly.
const BYTES_PER_TOKEN: u64 = 4;
/// The largest estimate for a form with files, or a body that is a file, in tokens: files are not text.
const LARGEST_FILES: u64 = 10_000;

/// What may be read of the body of a request that a limit then refuses, in bytes, so that the request
/// costs none of those a minute.
const FREE_READING: u64 = 64 * 1024;

/// A request that may pass, and the place for its record.
#[derive(Debug)]
pub(super) struct Admission {
    pub(super) permit: RecordPermit,
    /// Tokens to estimate with, should its answer not report usage.
    pub(super) expected: Tokens,
}

/// What a request has taken when its head had arrived.
#[derive(Debug)]
pub(super) struct StartedRequest {
    pub(super) slot: RequestSlot,
    /// How the caller's requests per minute stand.
    pub(super) pacing: Option<RateLimitStatus>,
}

/// Takes what depends on the caller alone, before a byte of the body is read: one of the requests a minute
/// and a place among those at once.
pub(super) fn start(
    gateway: &Parts,
    caller: &Caller,
    now: DateTime<Utc>,
) -> Result<StartedRequest, GatewayError> {
    let defaults = gateway.settings.current().gateway.default_rate_limit;
    let start = Ledger::start(caller.account(), caller.api_key_id, defaults);
    match start.slot {
        Ok(slot) => Ok(StartedRequest {
            slot,
            pacing: start.pacing,
        }),
        Err(limited) => Err(fault(limited, start.pacing, now)),
    }
}

/// Who asks, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct AdmissionRequest<'a> {
    pub(super) caller: &'a Caller,
    pub(super) dialect: Dialect,
    /// Whether the request generates.
    pub(super) is_metered: bool,
    /// Whether the engine is known to read a model there.
    pub(super) names_model: bool,
    /// How much of the body had to be read.
    pub(super) read_bytes: u64,
    /// Whether the length of the body says how much a model has to read.
    pub(super) is_text: bool,
}

/// Lets a request in, or says why not.
pub(super) async fn admit(
    gateway: &Parts,
    request: AdmissionRequest<'_>,
    started: StartedRequest,
    asked: &ModelRequest,
    record: &mut RequestRecord,
) -> Result<Admission, GatewayError> {
    let names = names(request.dialect);
    let model = asked.model.name().map(|name| routed_as(names, name));
    let prices = gateway.prices.current();
    let aliases = prices.aliases();
    let target = model.as_deref();
    let target = target.and_then(|model| aliases.target(model, record.started_at));
    let routed = [model.as_deref(), target.as_deref()];
    check_model(request, &asked.model, routed)?;
    let settings = gateway.settings.current();
    let is_dropped = is_bound_dropped(gateway, request, asked, model.as_deref(), record).await;
    let worst = worst_case(
        asked,
        request.is_text,
        is_dropped,
        settings.gateway.assumed_output_tokens,
    );
    let price = model.as_deref();
    let price = price.and_then(|model| prices.find(model, None, record.started_at));
    let amounts = |tokens: Tokens| Amounts {
        tokens: tokens.total(),
        cost: price.map(|price| worst_cost(price, tokens)),
        requests: 1,
    };
    let ask = LimitRequest {
        api_key_id: request.caller.api_key_id,
        model: model.as_deref(),
        target: target.as_deref(),
        is_metered: request.is_metered,
        estimate: amounts(worst.estimate),
        ceiling: worst.ceiling.map(amounts),
        at: record.started_at,
        defaults: settings.gateway.default_rate_limit,
    };
    let StartedRequest { slot, pacing } = started;
    let reserved = gateway.ledger.reserve(slot, &ask);
    let reservation = reserved.map_err(|(limited, slot)| {
        if request.read_bytes <= FREE_READING {
            slot.refund();
        }
        explain_dropped(fault(limited, pacing, record.started_at), is_dropped)
    })?;
    let expected = Tokens {
        input: worst.estimate.input.min(LARGEST_INPUT),
        ..worst.estimate
    };
    // Should the server die before it knows more.
    record.tokens = Some(Tokens {
        input: if request.is_metered {
            expected.input
        } else {
            0
        },
        ..Tokens::default()
    });
    let permit = gateway.recorder.begin(record, reservation).await;
    let permit = permit.map_err(|error| unrecordable(&error, record.id))?;
    Ok(Admission { permit, expected })
}

/// Takes a place in the book, or refuses: what cannot be recorded does not pass.
pub(super) async fn permit(recorder: &Recorder, id: Uuid) -> Result<RecordPermit, GatewayError> {
    let permit = recorder.permit().await;
    permit.map_err(|error| unrecordable(&error, id))
}

fn unrecordable(error: &crate::domain::Error, id: Uuid) -> GatewayError {
    // What keeps requests from being recorded logs itself once, not once for each of them.
    tracing::debug!(request.id = %id, %error, "a request is refused because it could not be recorded");
    GatewayError::Overloaded {
        retry_after: RECOVERY,
    }
}

/// Which names the engine understands on a route.
pub(super) fn names(dialect: Dialect) -> NameRule {
    match dialect {
        Dialect::Anthropic => NameRule::Cloaked,
        Dialect::OpenAi | Dialect::Gemini => NameRule::Plain,
    }
}

/// A request names its model in a way that cannot be read otherwise, and a caller whose limits depend on the model must
/// name one. An alias is open to whoever may use it or what it leads to.
fn check_model(
    request: AdmissionRequest<'_>,
    model: &RequestedModel,
    routed: [Option<&str>; 2],
) -> Result<(), GatewayError> {
    let caller = request.caller;
    match model {
        RequestedModel::Named(name) if routed.into_iter().flatten().any(is_any_model) => {
            Err(GatewayError::ModelUnspecific {
                model: name.clone(),
            })
        }
        RequestedModel::Named(name) => {
            let mut names = routed.into_iter().flatten();
            let may_use = !caller.is_restricted() || names.any(|name| caller.may_use(name));
            may_use
                .then_some(())
                .ok_or_else(|| GatewayError::ModelNotAllowed {
                    model: name.clone(),
                })
        }
        RequestedModel::Ambiguous if request.names_model || caller.has_limits_by_model() => {
            Err(GatewayError::ModelAmbiguous)
        }
        // Where none is named the engine may take a default.
        RequestedModel::Missing
            if caller.is_restricted() || (request.names_model && caller.has_limits_by_model()) =>
        {
            Err(GatewayError::ModelRequired)
        }
        RequestedModel::Ambiguous | RequestedModel::Missing | RequestedModel::NotNeeded => Ok(()),
    }
}

/// Whether a provider that may serve the request would never see its bound. Asked only where a limit depends on it.
async fn is_bound_dropped(
    gateway: &Parts,
    request: AdmissionRequest<'_>,
    asked: &ModelRequest,
    model: Option<&str>,
    record: &RequestRecord,
) -> bool {
    let is_needed = request.is_metered && request.caller.account().is_strict();
    let Some(model) = model.filter(|_| is_needed && asked.bound.max_output_tokens.is_some()) else {
        return false;
    };
    let kept = gateway
        .kept_bounds
        .are_kept(gateway, model, record.protocol, record.started_at);
    !kept.await
}

fn explain_dropped(mut fault: GatewayError, is_dropped: bool) -> GatewayError {
    if let GatewayError::Unbounded { remedy, .. } = &mut fault
        && is_dropped
    {
        *remedy = "Ask for a model whose provider limits its answers";
    }
    fault
}

/// What a request may use at worst.
struct WorstCase {
    /// As far as one can tell.
    estimate: Tokens,
    /// For certain, if the request bounds its answer and every provider keeps the bound: no token is shorter than a byte.
    ceiling: Option<Tokens>,
}

fn worst_case(
    asked: &ModelRequest,
    is_text: bool,
    is_dropped: bool,
    assumed_output: u32,
) -> WorstCase {
    let count = |tokens: u64| i64::try_from(tokens).unwrap_or(i64::MAX);
    let tokens = |input: u64, output: u64| Tokens {
        input: count(input),
        output: count(output.saturating_mul(asked.bound.choices)),
        ..Tokens::default()
    };
    let output = asked.bound.max_output_tokens;
    let sent = asked.body_bytes;
    let input = match sent {
        Some(sent) if is_text => sent.div_ceil(BYTES_PER_TOKEN),
        Some(sent) => sent.div_ceil(BYTES_PER_TOKEN).min(LARGEST_FILES),
        None if is_text => 0,
        None => LARGEST_FILES,
    };
    WorstCase {
        estimate: tokens(input, output.unwrap_or(assumed_output.into())),
        ceiling: sent
            .zip(output)
            .filter(|_| asked.bound.is_certain && !is_dropped)
            .map(|(sent, output)| tokens(sent, output)),
    }
}

/// Says which limit binds, and until when.
pub(super) fn fault(
    limited: LimitError,
    pacing: Option<RateLimitStatus>,
    now: DateTime<Utc>,
) -> GatewayError {
    match limited {
        LimitError::Rate {
            kind,
            limit,
            retry_after,
        } => GatewayError::RateLimited {
            kind,
            retry_after,
            limit,
            pacing,
        },
        LimitError::Quota {
            metric,
            quota,
            resets_at,
        } => GatewayError::QuotaExceeded {
            kind: LimitKind::Quota(metric),
            retry_after: resets_at.and_then(|end| (end - now).to_std().ok()),
            limit: match resets_at {
                Some(end) => {
                    let end = end.to_rfc3339_opts(SecondsFormat::Secs, true);
                    format!("{quota}; it starts again at {end}")
                }
                None => quota,
            },
        },
        LimitError::Unbounded {
            metric,
            quota,
            is_unpriced,
        } => GatewayError::Unbounded {
            kind: LimitKind::Quota(metric),
            quota,
            remedy: if is_unpriced {
                "Ask for a model that has a price"
            } else {
                "Set max_tokens (or what the protocol calls it) once, as a positive integer, and send the length of the body"
            },
        },
    }
}

//! Decides whether a request may pass: checks every limit that applies, reserves the worst case of the request, and journals
//! it before anything is forwarded.

mod costs;
mod kept_bounds;
mod limits;
mod share;

use std::{future::Future, sync::Arc};

use entity::request::Protocol;
use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
use metering::{MAX_INPUT_TOKENS, RequestedTier};
use uuid::Uuid;

use self::{costs::Costs, limits::limit_error, share::NotReserved};
pub(super) use self::{
    kept_bounds::KeptBounds,
    limits::{NotAdmitted, RequestStart, StartError, open_socket},
};
use super::{
    choose::{AccountChoice, ChoiceRequest, PermittedRoute},
    dialect::{Dialect, GatewayError},
    memory::{Memory, UserMemory},
    model::{ModelRequest, RequestedModel},
    receipts::Receipts,
    route::Route,
    trace::RequestSpan,
    wait::{ClientEnd, WaitControl},
};
use crate::domain::{
    ledger::{Amounts, Ledger, LimitRequest, Reservation},
    model_name::{NameRule, is_any_model, routed_as},
    prices::{Prices, ServiceTier},
    requests::{RecordPermit, RequestRecord},
    settings::Settings,
    shares::{ShareAccounts, ShareCandidates, ShareGrant, ShareRequest, Shares},
    tokens::{MediaCounts, Tokens},
    users::api_keys::{Caller, KeyRing},
};
use crate::traces::Traces;

/// Average bytes of a request per token of its input.
const BYTES_PER_TOKEN: u64 = 4;
/// The largest estimate for a form with files, or a body that is a file, in tokens: files are not text.
const MAX_FILES: u64 = 10_000;

/// Bytes that may be read of a body without the request counting among those of the minute, should a limit refuse it.
const FREE_READING: u64 = 64 * 1024;

/// A request that may pass.
#[derive(Debug)]
pub(super) struct Admission {
    pub(super) permit: RecordPermit,
    /// Tokens to estimate with, should its answer not report usage.
    pub(super) expected: Tokens,
    /// The engine that may serve it.
    pub(super) route: PermittedRoute,
}

#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts of a request"
)]
pub(super) struct AdmissionRequest<'a> {
    pub(super) caller: &'a Caller,
    pub(super) dialect: Dialect,
    /// Whether the request generates.
    pub(super) is_metered: bool,
    /// Whether the engine is known to read a model at this endpoint.
    pub(super) names_model: bool,
    /// Whether it reads a list of models, which reaches no account.
    pub(super) lists_models: bool,
    /// Bytes of the body that had to be read.
    pub(super) read_bytes: u64,
    /// Whether the body is text, so that its length bounds the tokens of the input.
    pub(super) is_text: bool,
    /// The id of the session that the tool sent.
    pub(super) session: Option<&'a [u8]>,
    /// The engine that a socket is open to, for a turn.
    pub(super) socket: Option<SocketEngine>,
    pub(super) span: &'a RequestSpan,
}

/// The engine that a socket is open to: that of an account, or the shared one.
#[derive(Clone, Copy, Debug)]
pub(super) struct SocketEngine(pub(super) Option<Uuid>);

#[derive(Debug)]
pub(super) struct AdmissionControl {
    pub(super) ledger: Ledger,
    pub(super) prices: Prices,
    pub(super) settings: Settings,
    pub(super) shares: Shares,
    pub(super) kept_bounds: KeptBounds,
    pub(super) receipts: Arc<Receipts>,
    pub(super) choice: Arc<AccountChoice>,
    pub(super) waits: WaitControl,
    pub(super) keys: KeyRing,
    pub(super) traces: Traces,
    /// For the bodies of requests that wait.
    pub(super) memory: Memory,
}

impl AdmissionControl {
    /// The largest body, in bytes.
    pub(super) fn max_body_bytes(&self) -> u64 {
        self.settings.current().gateway.max_body_bytes
    }

    /// The memory for the body of a request that waits.
    pub(super) fn memory_of(&self, caller: &Caller) -> UserMemory {
        self.memory.of(caller.user_id, self.max_body_bytes())
    }

    /// Sets the model of the record, and the tokens that it counts with should the server be killed. `client` resolves when
    /// the client leaves, for a request that waits.
    #[expect(
        clippy::too_many_lines,
        reason = "the steps of an admission, in their order"
    )]
    pub(super) async fn admit(
        &self,
        request: AdmissionRequest<'_>,
        start: RequestStart,
        asked: &ModelRequest,
        record: &mut RequestRecord,
        client: impl Future<Output = ClientEnd>,
    ) -> Result<Admission, NotAdmitted> {
        record.model = asked.model.name().map(str::to_owned);
        record.requested_service_tier.clone_from(&asked.tier.name);
        let names = names(request.dialect);
        let model = asked.model.name().map(|name| routed_as(names, name));
        let prices = self.prices.current();
        let aliases = prices.aliases();
        let target = model.as_deref();
        let target = target.and_then(|model| aliases.target(model, record.started_at));
        let routed = [model.as_deref(), target.as_deref()];
        check_model(request, &asked.model, routed)?;
        let settings = self.settings.current();
        let is_dropped = self
            .is_bound_dropped(request, asked, model.as_deref(), record)
            .await;
        let worst = worst_case(
            asked,
            (record.protocol, request.is_text),
            is_dropped,
            settings.gateway.assumed_output_tokens,
        );
        let costs = Costs::new(
            (&prices, &self.ledger),
            (request.caller, model.as_deref()),
            reachable_tiers(&asked.tier, request.dialect),
            record.started_at,
        );
        let amounts = |tokens: Tokens| Amounts {
            tokens: tokens.total(),
            cost: costs.of(tokens),
            requests: 1,
        };
        let limits = LimitRequest {
            model: model.as_deref(),
            target: target.as_deref(),
            is_metered: request.is_metered,
            estimate: amounts(worst.estimate),
            ceiling: worst.ceiling.map(amounts),
            at: record.started_at,
        };
        let reserved = self.reserve(request, start, &limits, record, client).await;
        let client_name = record.model.as_deref();
        let (reservation, mut grant) = reserved.map_err(|error| match error {
            NotAdmitted::Refused(error) => {
                NotAdmitted::Refused(explained(error, is_dropped, client_name))
            }
            NotAdmitted::ClientGone => NotAdmitted::ClientGone,
        })?;
        let expected = Tokens {
            input: worst.estimate.input.min(MAX_INPUT_TOKENS),
            ..worst.estimate
        };
        record.tokens = Some(Tokens {
            input: if request.is_metered {
                expected.input
            } else {
                0
            },
            media: expected.media,
            ..Tokens::default()
        });
        let route = self.route(request, routed, &grant.accounts).await?;
        if let Some(account) = route.account() {
            let share = share_request(request.caller, record, model.as_deref());
            self.shares.chosen(&share, &mut grant, account);
        }
        let reserved = (reservation, grant.hold);
        let permit = self.receipts.begin(record, reserved).await?;
        Ok(Admission {
            permit,
            expected,
            route,
        })
    }

    async fn route(
        &self,
        request: AdmissionRequest<'_>,
        models: [Option<&str>; 2],
        shares: &ShareAccounts,
    ) -> Result<PermittedRoute, GatewayError> {
        if request.lists_models {
            return Ok(PermittedRoute::list());
        }
        let asked = ChoiceRequest {
            caller: request.caller,
            models,
            session: request.session,
            shares,
        };
        match request.socket {
            Some(SocketEngine(account)) => self.choice.continue_on(account, asked),
            None => self.choice.choose(asked).await,
        }
    }

    /// Takes the request's part of every limit and of the user's share, or nothing.
    #[expect(
        clippy::result_large_err,
        reason = "refusals are rare, and return the slot"
    )]
    async fn reserve(
        &self,
        request: AdmissionRequest<'_>,
        start: RequestStart,
        limits: &LimitRequest<'_>,
        record: &mut RequestRecord,
        client: impl Future<Output = ClientEnd>,
    ) -> Result<(Reservation, ShareGrant), NotAdmitted> {
        let caller = request.caller;
        let share = share_request(caller, record, limits.model);
        let candidates = if request.is_metered {
            self.shares.candidates(&share)
        } else {
            ShareCandidates::default()
        };
        let reserve = |slot| {
            let reserved = self.ledger.reserve(slot, limits);
            reserved.map_err(|(limit, slot)| NotReserved::Limit(limit, slot))
        };
        let taken = self.shares.take(&share, &candidates, start.slot, reserve);
        let (limit, slot) = match taken {
            Ok(taken) => return Ok(taken),
            Err(NotReserved::Limit(limit, slot)) => (limit, slot),
            Err(NotReserved::Share(exceeded, slot)) => {
                if request.read_bytes <= FREE_READING {
                    slot.refund();
                }
                return Err(NotAdmitted::Refused(exceeded.into()));
            }
        };
        let is_of_tokens = limit.blocked().is_some_and(|blocked| blocked.by_tokens);
        if is_of_tokens && !self.max_wait(caller).is_zero() {
            let ledger = self.ledger.clone();
            let wanted = OwnedLimitRequest::of(limits);
            let (account, key) = (Arc::clone(caller.account()), caller.api_key_id);
            let settings = self.settings.clone();
            let attempt = move || {
                let defaults = settings.current().gateway.default_rate_limit;
                ledger.admit(&account, key, defaults, &wanted.borrowed())
            };
            slot.refund();
            let reserved = self
                .reserve_waiting(caller, request.span, record, client, attempt)
                .await?;
            let taken: Result<_, GatewayError> =
                self.shares.take(&share, &candidates, reserved, Ok);
            return Ok(taken?);
        }
        if request.read_bytes <= FREE_READING {
            slot.refund();
        }
        let error = limit_error(limit, start.rate_limits, limits.at);
        Err(NotAdmitted::Refused(error))
    }

    /// Whether a provider that may serve the request would not receive its bound. Looked up only if a limit depends on it.
    async fn is_bound_dropped(
        &self,
        request: AdmissionRequest<'_>,
        asked: &ModelRequest,
        model: Option<&str>,
        record: &RequestRecord,
    ) -> bool {
        let is_needed = request.is_metered && request.caller.account().is_strict();
        let model = model.filter(|_| is_needed && asked.bound.max_output_tokens.is_some());
        let Some(model) = model else {
            return false;
        };
        let kept = self
            .kept_bounds
            .are_kept(model, record.protocol, record.started_at);
        !kept.await
    }
}

/// The same as [`LimitRequest`], for a request that waits.
struct OwnedLimitRequest {
    model: Option<String>,
    target: Option<String>,
    /// Without names.
    request: LimitRequest<'static>,
}

impl OwnedLimitRequest {
    fn of(limits: &LimitRequest<'_>) -> Self {
        Self {
            model: limits.model.map(str::to_owned),
            target: limits.target.map(str::to_owned),
            request: LimitRequest {
                model: None,
                target: None,
                ..*limits
            },
        }
    }

    fn borrowed(&self) -> LimitRequest<'_> {
        LimitRequest {
            model: self.model.as_deref(),
            target: self.target.as_deref(),
            ..self.request
        }
    }
}

impl From<GatewayError> for NotAdmitted {
    fn from(error: GatewayError) -> Self {
        Self::Refused(error)
    }
}

fn share_request<'a>(
    caller: &Caller,
    record: &RequestRecord,
    model: Option<&'a str>,
) -> ShareRequest<'a> {
    ShareRequest {
        request_id: record.id,
        user_id: caller.user_id,
        api_key_id: caller.api_key_id,
        model,
    }
}

/// How the engine reads model names on a route.
pub(super) fn names(dialect: Dialect) -> NameRule {
    match dialect {
        Dialect::Anthropic => NameRule::Cloaked,
        Dialect::OpenAi | Dialect::Responses | Dialect::Gemini => NameRule::Plain,
    }
}

/// The model must be named unambiguously, and named at all by a caller whose limits depend on it. An alias may be used by
/// callers who may use either the alias or its target.
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
        // Without a name the engine may choose a default.
        RequestedModel::Missing
            if caller.is_restricted() || (request.names_model && caller.has_limits_by_model()) =>
        {
            Err(GatewayError::ModelRequired)
        }
        RequestedModel::Ambiguous | RequestedModel::Missing | RequestedModel::NotNeeded => Ok(()),
    }
}

/// Adds what only the request knows: whether its bound is dropped, and its model as the client named it.
fn explained(mut error: GatewayError, is_dropped: bool, named: Option<&str>) -> GatewayError {
    if let GatewayError::Unbounded { remedy, .. } = &mut error
        && is_dropped
    {
        *remedy = "Ask for a model whose provider limits its answers";
    }
    if let GatewayError::Unpriced { model, .. } = &mut error {
        *model = named.map(str::to_owned);
    }
    error
}

/// The tiers that may serve a request: the one that it asks for, and the standard one if that is not available.
fn reachable_tiers(asked: &RequestedTier, dialect: Dialect) -> &'static [ServiceTier] {
    use ServiceTier::{Batch, Fast, Flex, Priority, Standard};
    if asked.is_uncertain {
        return &ServiceTier::ALL;
    }
    match asked.name.as_deref().and_then(ServiceTier::named) {
        // The engine asks Claude for its fast mode instead.
        Some(Priority) if dialect != Dialect::Anthropic => &[Standard, Priority, Fast],
        Some(Priority) => &[Standard, Priority],
        Some(Flex) => &[Standard, Flex],
        Some(Batch) => &[Standard, Batch],
        Some(Fast) => &[Standard, Fast],
        Some(Standard) | None => &[Standard],
    }
}

/// The most that a request is expected to use.
struct WorstCase {
    estimate: Tokens,
    /// The guaranteed maximum, if the request bounds its output and every provider enforces the bound: no token is shorter
    /// than a byte.
    ceiling: Option<Tokens>,
}

fn worst_case(
    asked: &ModelRequest,
    (protocol, is_text): (Protocol, bool),
    is_dropped: bool,
    assumed_output: u32,
) -> WorstCase {
    let count = |tokens: u64| i64::try_from(tokens).unwrap_or(i64::MAX);
    let has_images = protocol == Protocol::OpenaiImages;
    let media = MediaCounts {
        images: count(if has_images { asked.bound.choices } else { 0 }),
        video_seconds: count(asked.bound.video_seconds.unwrap_or(0)),
    };
    let tokens = |input: u64, output: u64| Tokens {
        input: count(input),
        output: count(output.saturating_mul(asked.bound.choices)),
        media,
        ..Tokens::default()
    };
    let output = asked.bound.max_output_tokens;
    let sent = asked.body_bytes;
    let input = match sent {
        Some(sent) if is_text => sent.div_ceil(BYTES_PER_TOKEN),
        Some(sent) => sent.div_ceil(BYTES_PER_TOKEN).min(MAX_FILES),
        None if is_text => 0,
        None => MAX_FILES,
    };
    WorstCase {
        estimate: tokens(input, output.unwrap_or(assumed_output.into())),
        ceiling: sent
            .zip(output)
            .filter(|_| asked.bound.is_certain && !is_dropped)
            .map(|(sent, output)| tokens(sent, output)),
    }
}

/// Whether the model reads the body as text. Uploaded files are not text; the content type counts only at endpoints that
/// take files.
pub(super) fn is_text(route: &Route, headers: &HeaderMap) -> bool {
    if !matches!(route.protocol, Protocol::OpenaiImages | Protocol::Unmetered) {
        return true;
    }
    let kind = headers.get(CONTENT_TYPE);
    let kind = kind.map_or(&b""[..], HeaderValue::as_bytes);
    let is = |start: &str| {
        let kind = kind.get(..start.len());
        kind.is_some_and(|kind| kind.eq_ignore_ascii_case(start.as_bytes()))
    };
    let files = [
        "multipart/",
        "image/",
        "audio/",
        "video/",
        "application/octet-stream",
    ];
    !files.into_iter().any(is)
}

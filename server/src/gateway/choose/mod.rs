//! Chooses the engine for a request: the shared one, or that of an account. An engine process of an account can use that account
//! only, so the choice decides which account serves.

mod candidate;
mod route;
mod sessions;

use std::{sync::Arc, time::Duration};

use axum::http::{HeaderMap, HeaderName, StatusCode, header::RETRY_AFTER};
use entity::provider_account::ProviderKind;
use uuid::Uuid;

use self::{
    candidate::{Candidate, Obstacles, best_first},
    route::DedicatedRoute,
    sessions::{SessionKey, Sessions},
};
pub(super) use self::{route::PermittedRoute, sessions::session_id};
use super::dialect::GatewayError;
use crate::{
    clock::SharedClock,
    domain::{
        account_groups::{AccessSnapshot, AccountAccess, PermittedAccounts},
        account_limits::{AccountLimits, AccountObstacle},
        settings::{AccountStrategy, Settings},
        shares::ShareAccounts,
        users::api_keys::Caller,
    },
    engine::{DedicatedEngine, DedicatedEngines, DedicatedPhase, EngineHandle},
    metrics::Counter,
};

/// In which the engine names the account that served a request.
const TRACE_ID: HeaderName = HeaderName::from_static("x-cpa-trace-id");
/// How long a request waits while an account moves from one engine to another, which usually takes three seconds.
const MOVE_TIMEOUT: Duration = Duration::from_secs(10);
/// When to try again while the process of an account restarts.
const RECOVERY: Duration = Duration::from_secs(2);

/// The facts that the choice depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChoiceRequest<'a> {
    pub(super) caller: &'a Caller,
    /// As the engine routes it, and its target if it is an alias; `None` if the request has no model.
    pub(super) models: [Option<&'a str>; 2],
    /// The id that the tool sent.
    pub(super) session: Option<&'a [u8]>,
    pub(super) shares: &'a ShareAccounts,
}

/// A request as the choice keeps it.
#[derive(Debug)]
struct Asked {
    user_id: Uuid,
    api_key_id: Uuid,
    /// In lower case; none if the request has no model.
    models: Vec<String>,
    session: SessionKey,
    /// The session of sockets, whose models are not known when they are opened.
    of_sockets: SessionKey,
    shares: ShareAccounts,
}

/// The outcome of one attempt to choose.
enum Decision {
    Route(PermittedRoute),
    /// An account moves, and may serve the request afterwards.
    Wait,
    Refuse(GatewayError),
}

#[derive(Debug)]
pub(super) struct AccountChoice {
    engine: EngineHandle,
    limits: AccountLimits,
    access: AccountAccess,
    settings: Settings,
    clock: SharedClock,
    sessions: Sessions,
    mismatches: Counter,
}

impl AccountChoice {
    pub(super) fn new(
        (engine, access): (EngineHandle, AccountAccess),
        limits: AccountLimits,
        (settings, clock): (Settings, SharedClock),
        mismatches: Counter,
    ) -> Self {
        Self {
            engine,
            limits,
            access,
            settings,
            clock,
            sessions: Sessions::default(),
            mismatches,
        }
    }

    /// Chooses the engine for a request. Waits a few seconds at most, while an account moves.
    pub(super) async fn choose(
        &self,
        request: ChoiceRequest<'_>,
    ) -> Result<PermittedRoute, GatewayError> {
        if self.is_unlimited(request.caller) {
            return Ok(PermittedRoute::shared());
        }
        Box::pin(self.choose_account(request)).await
    }

    /// Whether no account has an engine of its own, and none is reserved.
    fn is_unlimited(&self, caller: &Caller) -> bool {
        if !self.engine.is_shared_only() {
            return false;
        }
        let access = self.access.current();
        let permitted = access.permitted(caller.user_id, Some(caller.api_key_id));
        let is_open = permitted == PermittedAccounts::Ungrouped;
        // No account of this server is in an external engine or the demo.
        is_open && (access.grouped().is_empty() || !self.engine.may_have_accounts())
    }

    async fn choose_account(
        &self,
        request: ChoiceRequest<'_>,
    ) -> Result<PermittedRoute, GatewayError> {
        let asked = Arc::new(self.asked(request));
        let mut changes = self.engine.route_changes();
        let deciding = async {
            loop {
                changes.mark_unchanged();
                match self.decide(&asked, &[]) {
                    Decision::Route(route) => return Ok(route),
                    Decision::Refuse(error) => return Err(error),
                    Decision::Wait => {
                        if changes.changed().await.is_err() {
                            return Err(unavailable());
                        }
                    }
                }
            }
        };
        let decided = tokio::time::timeout(MOVE_TIMEOUT, deciding).await;
        decided.unwrap_or_else(|_| Err(unavailable()))
    }

    /// Chooses another engine after these accounts have refused the request; `None` if there is none.
    pub(super) fn choose_again(
        &self,
        refused: &PermittedRoute,
        tried: &[Uuid],
    ) -> Option<PermittedRoute> {
        match self.decide(refused.asked()?, tried) {
            Decision::Route(route) => Some(route),
            Decision::Wait | Decision::Refuse(_) => None,
        }
    }

    fn asked(&self, request: ChoiceRequest<'_>) -> Asked {
        let ChoiceRequest {
            caller,
            models,
            session,
            shares,
        } = request;
        let api_key_id = caller.api_key_id;
        Asked {
            user_id: caller.user_id,
            api_key_id,
            models: models
                .into_iter()
                .flatten()
                .map(str::to_lowercase)
                .collect(),
            session: self.sessions.key(api_key_id, session, models[0]),
            of_sockets: self.sessions.key(api_key_id, session, None),
            shares: shares.clone(),
        }
    }

    /// Whether a turn may be sent on a socket that is open to the engine of this account, or to the shared one.
    pub(super) fn continue_on(
        &self,
        socket: Option<Uuid>,
        request: ChoiceRequest<'_>,
    ) -> Result<PermittedRoute, GatewayError> {
        if socket.is_none() && self.is_unlimited(request.caller) {
            return Ok(PermittedRoute::shared());
        }
        let asked = Arc::new(self.asked(request));
        let (permitted, members) = (self.permitted(&asked), self.engine.dedicated());
        let now = self.clock.now();
        let is_here = match socket {
            Some(account) => {
                let member = members.get(&account);
                permitted.account(account)
                    && asked.shares.exceeded(account).is_none()
                    && member.is_some_and(|member| asked.is_served_by(member) != Some(false))
            }
            None => permitted.shared(&self.engine) && self.shared_serves(&asked),
        };
        if !is_here {
            let mut others = members.values();
            let other = others.find(|member| {
                permitted.account(member.account_id)
                    && asked.shares.exceeded(member.account_id).is_none()
                    && asked.is_served_by(member) == Some(true)
            });
            if let Some(other) = other {
                // The next socket is opened there.
                self.sessions.keep(asked.of_sockets, other.account_id, now);
                return Err(GatewayError::SocketElsewhere);
            }
        }
        let Some(account) = socket else {
            return if permitted.shared(&self.engine) {
                Ok(PermittedRoute::shared())
            } else {
                Err(GatewayError::AccountNotAllowed)
            };
        };
        if !permitted.account(account) {
            return Err(GatewayError::AccountNotAllowed);
        }
        if let Some(exceeded) = asked.shares.exceeded(account) {
            return Err(exceeded.clone().into());
        }
        let member = members.get(&account).ok_or(GatewayError::SocketElsewhere)?;
        let mut obstacles = Obstacles::default();
        if let Some(route) = self.enter(member, &asked, &mut obstacles) {
            self.sessions.keep(asked.of_sockets, account, now);
            return Ok(route);
        }
        Err(obstacles.error(now).unwrap_or_else(unavailable))
    }

    /// Chooses the engine for a socket, before its model is known: that of the session, else of a `ChatGPT` account, whose tools
    /// open sockets.
    pub(super) fn choose_for_socket(
        &self,
        caller: &Caller,
        session: Option<&[u8]>,
    ) -> Result<PermittedRoute, GatewayError> {
        if self.is_unlimited(caller) {
            return Ok(PermittedRoute::shared());
        }
        let asked = self.asked(ChoiceRequest {
            caller,
            models: [None, None],
            session,
            shares: &ShareAccounts::default(),
        });
        let (permitted, members) = (self.permitted(&asked), self.engine.dedicated());
        let of_session = self.sessions.account(asked.of_sockets, self.clock.now());
        let mut candidates: Vec<_> = members
            .values()
            .filter(|member| permitted.account(member.account_id))
            .filter_map(|member| self.candidate(member))
            .collect();
        best_first(&mut candidates, of_session, self.strategy());
        // An account that cannot serve now is better than none: turns are refused with the reason.
        candidates.sort_by_key(|one| self.limits.obstacle(one.account_id).is_some());
        let is_chatgpt = |kind: ProviderKind| kind == ProviderKind::Chatgpt;
        let shared = self.shared_kinds(&members);
        let shared = shared.filter(|_| permitted.shared(&self.engine));
        let chosen = match (&shared, of_session) {
            (_, Some(account)) if candidates.iter().any(|one| one.account_id == account) => {
                candidates.iter().find(|one| one.account_id == account)
            }
            (Some(kinds), _) if kinds.iter().any(|kind| is_chatgpt(*kind)) => None,
            (shared, _) => {
                let mut sorted = candidates.iter();
                let first = sorted.find(|one| is_chatgpt(one.standing.kind));
                first.or_else(|| candidates.first().filter(|_| shared.is_none()))
            }
        };
        let member = chosen.and_then(|candidate| members.get(&candidate.account_id));
        match member {
            Some(member) => open(member).ok_or_else(unavailable),
            None if permitted.shared(&self.engine) => Ok(PermittedRoute::shared()),
            None => Err(GatewayError::AccountNotAllowed),
        }
    }

    /// The providers of the accounts in the shared engine; `None` without any.
    fn shared_kinds(&self, members: &DedicatedEngines) -> Option<Vec<ProviderKind>> {
        let accounts = self.limits.in_use().into_iter();
        let shared = accounts.filter(|account| !members.contains_key(account));
        let kinds = shared.filter_map(|account| Some(self.limits.standing(account)?.kind));
        let kinds: Vec<_> = kinds.collect();
        (!kinds.is_empty()).then_some(kinds)
    }

    fn strategy(&self) -> AccountStrategy {
        self.settings.current().gateway.routing.account_strategy
    }

    /// The accounts that the caller may use now.
    fn permitted(&self, asked: &Asked) -> Permitted {
        let access = self.access.current();
        let accounts = access.permitted(asked.user_id, Some(asked.api_key_id));
        let grouped = access.grouped();
        let in_use = self.limits.in_use();
        let members = self.engine.dedicated();
        let mut others = in_use.iter();
        let is_shared = |id: &Uuid| !grouped.contains(id) && !members.contains_key(id);
        Permitted {
            has_others: others.any(is_shared) || grouped.is_empty(),
            reserved: in_use
                .into_iter()
                .filter(|id| grouped.contains(id))
                .collect(),
            accounts,
            access,
        }
    }

    /// Whether any account has an engine of its own.
    pub(super) fn has_accounts(&self) -> bool {
        !self.engine.is_shared_only()
    }

    /// The engines of all accounts that serve now, for requests that do not count as requests through the account.
    pub(super) fn all_accounts(&self) -> Vec<PermittedRoute> {
        let members = self.engine.dedicated();
        members.values().filter_map(|member| open(member)).collect()
    }

    /// The engine of an account has answered.
    pub(super) fn answered(&self, account: Uuid, status: StatusCode, headers: &HeaderMap) {
        if status.is_success() {
            self.limits.served(account);
        } else if status == StatusCode::TOO_MANY_REQUESTS {
            let wait = headers.get(RETRY_AFTER);
            let wait = wait.and_then(|value| value.to_str().ok()?.parse().ok());
            self.limits.refused(account, wait.map(Duration::from_secs));
        }
        self.check_account(account, headers);
    }

    /// Compares the account that the engine names with the chosen one. They cannot differ as long as each engine has the accounts
    /// that it is meant to have.
    fn check_account(&self, account: Uuid, headers: &HeaderMap) {
        let trace = headers.get(TRACE_ID).and_then(|value| value.to_str().ok());
        // `<time>-<account>-<request>`.
        let Some(index) = trace.and_then(|trace| trace.split('-').nth(1)) else {
            return;
        };
        let is_own = match self.engine.dedicated().get(&account) {
            Some(member) => member.is_own(index),
            None => return,
        };
        if !is_own {
            self.mismatches.inc();
            self.limits.report_mismatch(account);
        }
    }

    fn decide(&self, asked: &Arc<Asked>, tried: &[Uuid]) -> Decision {
        let (permitted, members) = (self.permitted(asked), self.engine.dedicated());
        let mut obstacles = Obstacles::default();
        let mut candidates = Vec::new();
        let mut is_moving = false;
        // Whether an account that the caller may not use may have the model.
        let mut is_reserved = false;
        // Of an account that the caller may use, but whose share is used up.
        let mut exceeded = None;
        // Requests without a model can be for any account. With the shared engine they go there.
        let needs_model = !asked.models.is_empty() || permitted.is_open();
        for member in members.values() {
            match (member.phase(), asked.is_served_by(member)) {
                (_, Some(false)) if needs_model => {}
                _ if tried.contains(&member.account_id) => {}
                (DedicatedPhase::Starting, None) if !permitted.account(member.account_id) => {
                    // Which models are reserved is known once it serves.
                    is_moving = true;
                }
                (_, served) if !permitted.account(member.account_id) => {
                    is_reserved |= served != Some(false);
                }
                _ if asked.shares.exceeded(member.account_id).is_some() => {
                    exceeded = asked.shares.exceeded(member.account_id);
                }
                (DedicatedPhase::Serving, _) => candidates.extend(self.candidate(member)),
                (DedicatedPhase::Starting | DedicatedPhase::Leaving, _) => is_moving = true,
            }
        }
        let now = self.clock.now();
        let account = self.sessions.account(asked.session, now);
        best_first(&mut candidates, account, self.strategy());
        let shared = permitted.is_open() && permitted.has_others && self.shared_serves(asked);
        let shared_rank = if shared {
            self.shared_rank(&members, &candidates)
        } else {
            None
        };
        for candidate in candidates {
            if shared_rank.is_some_and(|rank| rank > candidate.rank()) {
                break;
            }
            let Some(member) = members.get(&candidate.account_id) else {
                continue;
            };
            if let Some(route) = self.enter(member, asked, &mut obstacles) {
                self.sessions.keep(asked.session, candidate.account_id, now);
                return Decision::Route(route);
            }
        }
        let may_share = permitted.is_open() && permitted.has_others;
        let is_unknown = may_share && !is_moving && !is_reserved && exceeded.is_none();
        if shared || (is_unknown && obstacles.error(now).is_none()) {
            // No account has the model: the engine's own error states it.
            return if permitted.shared(&self.engine) {
                Decision::Route(PermittedRoute::shared())
            } else {
                Decision::Wait
            };
        }
        if is_moving || permitted.is_arriving(&members) {
            return Decision::Wait;
        }
        let error = obstacles.error(now);
        let error = error.or_else(|| exceeded.cloned().map(GatewayError::from));
        Decision::Refuse(error.unwrap_or(GatewayError::AccountNotAllowed))
    }

    /// Whether the shared engine serves the model, as far as that is known.
    fn shared_serves(&self, asked: &Asked) -> bool {
        if asked.models.is_empty() {
            return true;
        }
        let names = self.engine.shared_models();
        names.is_some_and(|names| asked.models.iter().any(|model| names.has(model)))
    }

    /// The rank of the best account of the shared engine that may have the model; `None` without any.
    fn shared_rank(
        &self,
        members: &DedicatedEngines,
        candidates: &[Candidate],
    ) -> Option<(i32, bool)> {
        let accounts = self.limits.in_use().into_iter();
        let shared = accounts.filter(|account| !members.contains_key(account));
        let ranks = shared.filter_map(|account| {
            let standing = self.limits.standing(account)?;
            let mut candidates = candidates.iter();
            candidates
                .any(|candidate| candidate.standing.kind == standing.kind)
                .then_some((standing.priority, standing.has_windows))
        });
        ranks.max()
    }

    fn candidate(&self, member: &DedicatedEngine) -> Option<Candidate> {
        let standing = self.limits.standing(member.account_id)?;
        Some(Candidate {
            account_id: member.account_id,
            standing,
        })
    }

    /// Begins the request at the engine of an account, unless there is an obstacle.
    fn enter(
        &self,
        member: &DedicatedEngine,
        asked: &Arc<Asked>,
        obstacles: &mut Obstacles,
    ) -> Option<PermittedRoute> {
        let running = match self.limits.begin(member.account_id) {
            Ok(running) => running,
            Err(obstacle) => {
                obstacles.add(obstacle);
                return None;
            }
        };
        let Some((endpoint, in_flight)) = member.enter() else {
            obstacles.add(AccountObstacle::Failing(None));
            return None;
        };
        Some(PermittedRoute::dedicated(DedicatedRoute {
            account_id: member.account_id,
            endpoint,
            _running: Some(running),
            _in_flight: in_flight,
            asked: Some(Arc::clone(asked)),
        }))
    }
}

/// A route that does not count as a request through the account.
fn open(member: &DedicatedEngine) -> Option<PermittedRoute> {
    let (endpoint, in_flight) = member.enter()?;
    Some(PermittedRoute::dedicated(DedicatedRoute {
        account_id: member.account_id,
        endpoint,
        _running: None,
        _in_flight: in_flight,
        asked: None,
    }))
}

/// The accounts that a caller may use.
struct Permitted {
    accounts: PermittedAccounts,
    access: Arc<AccessSnapshot>,
    /// The accounts in use that are in a group.
    reserved: Vec<Uuid>,
    /// Whether the shared engine has an account that is in no group.
    has_others: bool,
}

impl Permitted {
    /// Whether the caller may use accounts that are in no group.
    fn is_open(&self) -> bool {
        self.accounts == PermittedAccounts::Ungrouped
    }

    fn account(&self, account: Uuid) -> bool {
        self.access.may_use(&self.accounts, account)
    }

    /// Whether the caller may use the shared engine now: it must have no account that is in a group.
    fn shared(&self, engine: &EngineHandle) -> bool {
        if !self.is_open() {
            return false;
        }
        if !engine.may_have_accounts() {
            return true;
        }
        self.has_others
            && !engine.is_account_leaving()
            && self
                .reserved
                .iter()
                .all(|account| engine.has_left_shared(*account))
    }

    /// Whether an account that the caller may use is about to get an engine of its own.
    fn is_arriving(&self, members: &DedicatedEngines) -> bool {
        let mut reserved = self.reserved.iter();
        !self.is_open()
            && reserved.any(|account| self.account(*account) && !members.contains_key(account))
    }
}

impl Asked {
    /// Whether the engine of an account serves the model; `None` while that is not known.
    fn is_served_by(&self, member: &DedicatedEngine) -> Option<bool> {
        let mut is_known = true;
        for model in &self.models {
            match member.serves(model) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => is_known = false,
            }
        }
        is_known.then_some(false)
    }
}

fn unavailable() -> GatewayError {
    GatewayError::EngineUnavailable {
        retry_after: RECOVERY,
    }
}

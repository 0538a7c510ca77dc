//! The session of an agent that a request belongs to: from the headers of those that send its id, and guessed for the
//! others.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use axum::http::HeaderMap;
use chrono::{DateTime, Utc};
use entity::agent_session::Agent;
use uuid::Uuid;

use super::choose::session_id;
use crate::domain::agent_sessions::{AgentSessionRef, GUESSED_GAP, agent_of};

/// `OpenCode`: the session that began the one of a sub-agent.
const PARENT_SESSION: &str = "x-parent-session-id";
/// Claude Code: the sub-agent of the session.
const CLAUDE_AGENT: &str = "x-claude-code-agent-id";
/// Codex: the thread of the session, of the main agent or a sub-agent.
const THREAD: &str = "thread-id";
/// Codex: sent by sub-agents alone.
const PARENT_THREAD: &str = "x-codex-parent-thread-id";
/// Codex: the kind of a sub-agent, such as `review`.
const SUB_AGENT_KIND: &str = "x-openai-subagent";
/// In bytes; longer ids are no ids of known tools.
const MAX_ID: usize = 256;
/// The most sessions that are remembered, to guess.
const MAX_GUESSED: usize = 20_000;

/// The session that the headers of a request name. Ids with other characters than visible ASCII and very long ones name
/// none.
pub(super) fn of_headers(user_id: Uuid, headers: &HeaderMap) -> Option<AgentSessionRef> {
    let session = session_id(headers).and_then(id_in)?;
    let header = |name| headers.get(name).and_then(|value| id_in(value.as_bytes()));
    if let Some(parent) = header(PARENT_SESSION) {
        return Some(AgentSessionRef::named(user_id, parent, Some(session)));
    }
    let mark = || header(PARENT_THREAD).or_else(|| header(SUB_AGENT_KIND));
    let of_codex = || mark().map(|mark| header(THREAD).unwrap_or(mark));
    let sub_agent = header(CLAUDE_AGENT).or_else(of_codex);
    Some(AgentSessionRef::named(user_id, session, sub_agent))
}

fn id_in(value: &[u8]) -> Option<&str> {
    let is_id = (1..=MAX_ID).contains(&value.len()) && value.iter().all(u8::is_ascii_graphic);
    let id = is_id.then(|| std::str::from_utf8(value));
    id?.ok()
}

/// The id of a session, and the time of its latest request.
type LatestSession = (Uuid, DateTime<Utc>);

/// The latest sessions of agents that send no id, by key: in memory, so a restart begins new ones.
#[derive(Debug, Default)]
pub(super) struct GuessedSessions {
    known: Mutex<HashMap<(Uuid, Agent), LatestSession>>,
}

impl GuessedSessions {
    /// The session that a request of a key continues, or a new one. `None` for tools that are no agents, and for agents
    /// that send the ids of their sessions.
    pub(super) fn session(
        &self,
        api_key_id: Uuid,
        user_agent: Option<&str>,
        now: DateTime<Utc>,
    ) -> Option<AgentSessionRef> {
        let agent = agent_of(user_agent);
        let is_guessed = matches!(agent, Agent::GeminiCli | Agent::QwenCode);
        let id = is_guessed.then(|| self.continued((api_key_id, agent), now))?;
        id.map(AgentSessionRef::guessed)
    }

    /// `None` if too many are remembered.
    fn continued(&self, key: (Uuid, Agent), now: DateTime<Utc>) -> Option<Uuid> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let continues = |at: DateTime<Utc>| (now - at).abs() < GUESSED_GAP;
        if let Some((id, at)) = known.get_mut(&key)
            && continues(*at)
        {
            *at = now.max(*at);
            return Some(*id);
        }
        if known.len() >= MAX_GUESSED && !known.contains_key(&key) {
            known.retain(|_, (_, at)| continues(*at));
            if known.len() >= MAX_GUESSED {
                return None;
            }
        }
        let id = Uuid::now_v7();
        known.insert(key, (id, now));
        Some(id)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use chrono::TimeDelta;

    use super::*;

    const GEMINI: Option<&str> = Some("GeminiCLI/0.61.0/gemini-3-pro (linux; x64; terminal)");

    fn of(headers: &[(&'static str, &'static str)]) -> Option<(Uuid, Option<String>)> {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)));
        let found = of_headers(Uuid::nil(), &headers.collect());
        found.map(|found| (found.id, found.sub_agent))
    }

    fn named(name: &str) -> Uuid {
        AgentSessionRef::named(Uuid::nil(), name, None).id
    }

    #[test]
    fn the_requests_of_sub_agents_belong_to_the_session_of_the_main_agent() {
        let main = |sub_agent: Option<&str>| Some((named("s"), sub_agent.map(str::to_owned)));

        let claude = ("x-claude-code-session-id", "s");
        assert_eq!(of(&[claude]), main(None));
        assert_eq!(of(&[claude, (CLAUDE_AGENT, "a")]), main(Some("a")));
        let codex = [("session-id", "s"), (THREAD, "t")];
        assert_eq!(of(&codex), main(None));
        let spawned = [codex[0], codex[1], (SUB_AGENT_KIND, "collab_spawn")];
        assert_eq!(of(&spawned), main(Some("t")));
        assert_eq!(
            of(&[codex[0], (SUB_AGENT_KIND, "review")]),
            main(Some("review"))
        );
        assert_eq!(
            of(&[codex[0], codex[1], (PARENT_THREAD, "s")]),
            main(Some("t"))
        );
        let opencode = [("x-session-id", "ses_2"), (PARENT_SESSION, "s")];
        assert_eq!(of(&opencode), main(Some("ses_2")));
        assert_eq!(of(&[("x-session-id", "s")]), main(None));
        assert_eq!(of(&[(PARENT_SESSION, "s")]), None);
    }

    #[test]
    fn ids_that_no_agent_sends_name_no_session() {
        let long = "x".repeat(MAX_ID);
        assert_eq!(id_in(long.as_bytes()), Some(long.as_str()));
        for id in ["", "a b", "a\tb", "\u{7f}", "é", &format!("{long}x")] {
            assert_eq!(id_in(id.as_bytes()), None, "{id}");
        }
    }

    #[test]
    fn a_guessed_session_ends_with_a_pause_of_half_an_hour() {
        let guessed = GuessedSessions::default();
        let key = Uuid::nil();
        let at = |minute| DateTime::UNIX_EPOCH + TimeDelta::minutes(minute);
        let id = |key, agent, minute| guessed.session(key, agent, at(minute)).map(|one| one.id);

        let first = id(key, GEMINI, 0);
        assert!(first.is_some());
        assert_eq!(id(key, GEMINI, 29), first);
        assert_eq!(id(key, GEMINI, 58), first);
        assert_ne!(id(key, GEMINI, 88), first);
        assert_ne!(id(key, Some("QwenCode/0.15.10 (linux; x64)"), 88), first);
        assert_ne!(id(Uuid::max(), GEMINI, 58), first);
        assert_eq!(id(key, Some("codex_exec/0.171.0"), 0), None);
        assert_eq!(id(key, None, 0), None);
    }

    #[test]
    fn remembered_sessions_are_bounded() {
        let guessed = GuessedSessions::default();
        let now = DateTime::UNIX_EPOCH;
        for number in 0..MAX_GUESSED as u128 {
            let id = guessed.session(Uuid::from_u128(number), GEMINI, now);
            assert!(id.is_some());
        }

        assert_eq!(guessed.session(Uuid::max(), GEMINI, now), None);
        assert!(guessed.session(Uuid::nil(), GEMINI, now).is_some());
        let later = now + GUESSED_GAP;
        assert!(guessed.session(Uuid::max(), GEMINI, later).is_some());
        assert_eq!(guessed.known.lock().unwrap().len(), 1);
    }
}

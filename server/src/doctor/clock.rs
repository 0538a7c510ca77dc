//! Whether this machine knows what time it is: quotas, expiries and audit stand on it.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Check, Context, database::Data, server::ProbeAnswers};

const TOPIC: &str = "clock";
/// When this version was not yet made.
const TOO_EARLY: &str = "2026-11-01T00:00:00Z";
/// When nobody will run it any more.
const TOO_LATE: &str = "2076-01-01T00:00:00Z";
const ODD: TimeDelta = TimeDelta::seconds(10);
const WRONG: TimeDelta = TimeDelta::seconds(120);

/// Compares it with what others say.
pub(super) fn examine(context: &Context, data: &Data, answers: &ProbeAnswers) -> Check {
    let remedy = "let the machine keep its time by NTP (timedatectl set-ntp true)";
    let now = context.clock.now();
    let shown = now.format("%F %T UTC");
    if now < moment(TOO_EARLY) || now > moment(TOO_LATE) {
        return Check::problem(TOPIC, format!("it says {shown}, which cannot be"), remedy);
    }
    let others = [
        ("the database", data.now.map(|then| now - then)),
        ("the public URL", answers.public_clock_behind),
    ];
    let told = others
        .iter()
        .filter_map(|(who, behind)| Some((*who, (*behind)?)));
    let Some((who, apart)) = told.max_by_key(|(_, behind)| behind.abs()) else {
        return Check::ok(
            TOPIC,
            format!("it says {shown}; there is no other clock to compare"),
        );
    };
    let seen = format!(
        "it is {} s apart from the one of {who}",
        apart.num_seconds()
    );
    if apart.abs() > WRONG {
        Check::problem(TOPIC, seen, remedy)
    } else if apart.abs() > ODD {
        Check::warning(TOPIC, seen, remedy)
    } else {
        Check::ok(TOPIC, seen)
    }
}

fn moment(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).map_or(DateTime::UNIX_EPOCH, |moment| moment.to_utc())
}

//! Checks the clock of this machine, on which quotas, expiry and the audit log depend.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Check, Context, database::Data, server::ProbeAnswers};

const TOPIC: &str = "clock";
/// Before this version was released.
const EARLIEST: &str = "2026-11-01T00:00:00Z";
/// Long after its support ends.
const LATEST: &str = "2076-01-01T00:00:00Z";
const WARNING_OFFSET: TimeDelta = TimeDelta::seconds(10);
const PROBLEM_OFFSET: TimeDelta = TimeDelta::seconds(120);

/// Compares it with the clocks of the database and of the public URL.
pub(super) fn examine(context: &Context, data: &Data, answers: &ProbeAnswers) -> Check {
    let remedy = "synchronise the clock by NTP (timedatectl set-ntp true)";
    let now = context.clock.now();
    let shown = now.format("%F %T UTC");
    if now < moment(EARLIEST) || now > moment(LATEST) {
        return Check::problem(
            TOPIC,
            format!("the time is {shown}, which is impossible"),
            remedy,
        );
    }
    let others = [
        ("the database", data.now.map(|then| now - then)),
        ("the public URL", answers.public_clock_offset),
    ];
    let known = others
        .iter()
        .filter_map(|(source, offset)| Some((*source, (*offset)?)));
    let Some((source, offset)) = known.max_by_key(|(_, offset)| offset.abs()) else {
        return Check::ok(
            TOPIC,
            format!("the time is {shown}; there is no other clock to compare with"),
        );
    };
    let observed = format!(
        "{} s apart from the clock of {source}",
        offset.num_seconds()
    );
    if offset.abs() > PROBLEM_OFFSET {
        Check::problem(TOPIC, observed, remedy)
    } else if offset.abs() > WARNING_OFFSET {
        Check::warning(TOPIC, observed, remedy)
    } else {
        Check::ok(TOPIC, observed)
    }
}

fn moment(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).map_or(DateTime::UNIX_EPOCH, |moment| moment.to_utc())
}

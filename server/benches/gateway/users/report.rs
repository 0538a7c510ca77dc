//! The latency table, and whether the targets were met.

use std::{fmt, time::Duration};

use anyhow::ensure;

use super::{Outcome, ROUNDS, Timing, recorded::Recorded};

/// The most that the gateway may add to the 95th percentile with five users, in milliseconds.
const LARGEST_ADDED_MILLIS: f64 = 10.0;
const USERS_OF_TARGET: usize = 5;
const PERCENTILES: [usize; 3] = [50, 95, 99];

/// Everything that was measured.
#[derive(Debug, Default)]
pub(super) struct Report {
    rows: Vec<Row>,
    errors: Vec<String>,
    pub(super) recorded: Option<Recorded>,
}

/// Latencies in milliseconds, of one number of users and one phase of a request.
#[derive(Debug)]
struct Row {
    users: usize,
    what: &'static str,
    percentile: usize,
    samples: usize,
    direct: f64,
    through: f64,
}

impl Row {
    fn added(&self) -> f64 {
        self.through - self.direct
    }

    fn is_held(&self) -> bool {
        self.users == USERS_OF_TARGET && self.percentile == 95
    }

    fn is_missed(&self) -> bool {
        // A target without a measurement is not met.
        self.is_held() && (self.samples == 0 || self.added() > LARGEST_ADDED_MILLIS)
    }
}

impl Report {
    pub(super) fn add(&mut self, users: usize, direct: &Outcome, through: &Outcome) {
        let short: fn(&Timing) -> Option<Duration> =
            |timing| (!timing.is_stream).then_some(timing.whole);
        let first: fn(&Timing) -> Option<Duration> =
            |timing| timing.is_stream.then_some(timing.first);
        let whole: fn(&Timing) -> Option<Duration> =
            |timing| timing.is_stream.then_some(timing.whole);
        for (what, of) in [
            ("short answer", short),
            ("stream, first event", first),
            ("stream, to its end", whole),
        ] {
            let [direct, through] = [direct, through].map(|outcome| sorted(outcome, of));
            self.rows.extend(PERCENTILES.map(|percentile| Row {
                users,
                what,
                percentile,
                samples: direct.len().min(through.len()),
                direct: at(&direct, percentile),
                through: at(&through, percentile),
            }));
        }
        for outcome in [direct, through] {
            self.errors.extend(outcome.errors.iter().cloned());
        }
    }

    pub(super) fn verdict(&self) -> anyhow::Result<()> {
        ensure!(
            !self.rows.iter().any(Row::is_missed),
            "the gateway adds more than {LARGEST_ADDED_MILLIS} ms to the 95th percentile of {USERS_OF_TARGET} users"
        );
        let first = self.errors.first().map_or("", String::as_str);
        ensure!(
            self.errors.is_empty(),
            "{} requests failed, the first so: {first}",
            self.errors.len()
        );
        ensure!(
            self.recorded.is_some_and(Recorded::complete),
            "requests and recorded rows differ: {:?}",
            self.recorded
        );
        Ok(())
    }
}

/// In milliseconds.
fn sorted(outcome: &Outcome, of: fn(&Timing) -> Option<Duration>) -> Vec<f64> {
    let measured = outcome.timings.iter().filter_map(of);
    let mut millis: Vec<f64> = measured.map(|time| time.as_secs_f64() * 1e3).collect();
    millis.sort_by(f64::total_cmp);
    millis
}

/// The percentile by the nearest-rank method.
fn at(sorted: &[f64], percentile: usize) -> f64 {
    let rank = (sorted.len() * percentile).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(f64::NAN)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\n| users | waiting for | requests | percentile | direct | gateway | added | target | |"
        )?;
        writeln!(f, "|--:|---|--:|--:|--:|--:|--:|---|---|")?;
        for row in &self.rows {
            writeln!(f, "{row}")?;
        }
        write!(
            f,
            "\n{ROUNDS} rounds of each in turn; latencies from the moment set for the request. Errors: {}.",
            self.errors.len()
        )?;
        if let Some(recorded) = self.recorded {
            let Recorded {
                sent,
                rows,
                lost,
                tokens,
            } = recorded;
            let expected = recorded.expected_tokens();
            write!(
                f,
                "\nRequests sent {sent}, rows {rows}, lost {lost}; tokens {tokens} of {expected}."
            )?;
        }
        writeln!(f)
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = if self.is_held() {
            format!("≤ {LARGEST_ADDED_MILLIS} ms")
        } else {
            String::new()
        };
        let verdict = match (self.is_held(), self.is_missed()) {
            (false, _) => "",
            (true, false) => "PASS",
            (true, true) => "MISS",
        };
        write!(
            f,
            "| {} | {} | {} | p{} | {:.2} ms | {:.2} ms | {:.2} ms | {target} | {verdict} |",
            self.users,
            self.what,
            self.samples,
            self.percentile,
            self.direct,
            self.through,
            self.added()
        )
    }
}

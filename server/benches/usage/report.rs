//! The table, and whether the targets were met.

use std::{fmt, time::Duration};

use crate::{dashboard::Answered, fill::Size};

const LONGEST: Duration = Duration::from_millis(50);
const LARGEST_RATIO: f64 = 2.0;
/// Below this, latency depends on the number of hours with requests, not on the number of requests: with few
/// requests, most of one user's have none.
const LEAST: Duration = Duration::from_millis(2);

/// Everything that one run measured.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) few: Size,
    pub(crate) many: Size,
    pub(crate) answered: Vec<Answered>,
}

impl Report {
    /// Whether every target was met.
    pub(crate) fn is_met(&self) -> bool {
        self.answered.iter().all(is_met)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (few, many) = (&self.few, &self.many);
        writeln!(
            f,
            "\n| measured | {} requests | {} requests | ratio | target | |",
            few.requests, many.requests
        )?;
        writeln!(f, "|---|--:|--:|--:|---|---|")?;
        for answered in &self.answered {
            writeln!(
                f,
                "| {} | {} | {} | {:.1} × | ≤ {LARGEST_RATIO} ×, < {} ms | {} |",
                answered.question,
                millis(answered.few),
                millis(answered.many),
                answered.many.as_secs_f64() / answered.few.as_secs_f64(),
                LONGEST.as_millis(),
                if is_met(answered) { "PASS" } else { "MISS" }
            )?;
        }
        let row = |what: &str, value: fn(&Size) -> i64| {
            format!("| {what} | {} | {} | | | |", value(few), value(many))
        };
        writeln!(
            f,
            "{}",
            row("bytes per request, indexes included", |size| size.bytes
                / size.requests)
        )?;
        writeln!(f, "{}", row("rows of sums", |size| size.sums))?;
        writeln!(
            f,
            "{}",
            row("bytes per row of sums", |size| size.bytes_of_sums
                / size.sums)
        )?;
        writeln!(
            f,
            "{}",
            row("megabytes in all", |size| (size.bytes + size.bytes_of_sums)
                / 1_000_000)
        )?;
        writeln!(f, "\nThe ratio counts from {} on.", millis(LEAST))
    }
}

fn is_met(answered: &Answered) -> bool {
    let ratio = answered.many.as_secs_f64() / answered.few.max(LEAST).as_secs_f64();
    answered.many < LONGEST && ratio <= LARGEST_RATIO
}

fn millis(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}

//! Use by quarter of an hour, as running sums, so that any span is one subtraction.

use std::collections::VecDeque;

/// Seconds of a bucket.
pub(crate) const QUARTER: i64 = 900;
/// Five weeks: the same week, four weeks earlier, and a quarter on each side.
const MAX_BUCKETS: usize = 5 * 7 * 96 + 2;

/// Units used, by quarter of an hour of the last five weeks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Books {
    /// The number of the first bucket.
    first: i64,
    /// Everything used up to the end of each bucket.
    sums: VecDeque<f64>,
    /// Everything used before the first bucket.
    before: f64,
}

impl Books {
    /// Adds a use. A time before the last bucket, after the clock was set back, counts in the last one.
    pub(crate) fn add(&mut self, at: i64, units: f64) {
        let bucket = at.div_euclid(QUARTER);
        let total = self.total();
        match self.last() {
            None => {
                self.first = bucket;
                self.sums.push_back(total);
            }
            Some(last) => self.extend(bucket.saturating_sub(last), bucket, total),
        }
        if let Some(sum) = self.sums.back_mut() {
            *sum += units;
        }
    }

    fn extend(&mut self, missing: i64, bucket: i64, total: f64) {
        let missing = usize::try_from(missing).unwrap_or(0);
        if missing > MAX_BUCKETS {
            self.sums.clear();
            self.sums.push_back(total);
            self.before = total;
            self.first = bucket;
            return;
        }
        for _ in 0..missing {
            self.sums.push_back(total);
        }
        while self.sums.len() > MAX_BUCKETS {
            self.before = self.sums.pop_front().unwrap_or(self.before);
            self.first += 1;
        }
    }

    /// The use from one time to another; both are widened to whole buckets.
    pub(crate) fn span(&self, from: i64, to: i64) -> f64 {
        let first = from.div_euclid(QUARTER);
        let end = to.saturating_add(QUARTER - 1).div_euclid(QUARTER);
        let end = end.max(first + 1);
        (self.through(end - 1) - self.through(first - 1)).max(0.0)
    }

    /// The units of each session since a time: buckets in use with no more than one unused bucket between them.
    pub(crate) fn sessions(&self, since: i64) -> Vec<f64> {
        let mut sessions = Vec::new();
        let Some(last) = self.last() else {
            return sessions;
        };
        let (mut current, mut unused) = (0.0, 0);
        for bucket in since.div_euclid(QUARTER).max(self.first)..=last {
            let used = self.through(bucket) - self.through(bucket - 1);
            if used > 0.0 {
                current += used;
                unused = 0;
            } else {
                unused += 1;
            }
            if unused >= 2 && current > 0.0 {
                sessions.push(std::mem::take(&mut current));
            }
        }
        if current > 0.0 {
            sessions.push(current);
        }
        sessions
    }

    fn last(&self) -> Option<i64> {
        let len = i64::try_from(self.sums.len()).unwrap_or(0);
        (len > 0).then(|| self.first + len - 1)
    }

    fn total(&self) -> f64 {
        self.sums.back().copied().unwrap_or(self.before)
    }

    /// Everything used up to the end of a bucket.
    fn through(&self, bucket: i64) -> f64 {
        match usize::try_from(bucket - self.first) {
            Err(_) => self.before,
            Ok(index) => self.sums.get(index).copied().unwrap_or(self.total()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3600;

    fn is(value: f64, expected: f64) {
        assert!((value - expected).abs() < 1e-9, "{value} is not {expected}");
    }

    #[test]
    fn a_span_counts_whole_quarters() {
        let mut books = Books::default();
        books.add(10 * HOUR, 1.0);
        books.add(10 * HOUR + 899, 2.0);
        books.add(11 * HOUR, 4.0);
        is(books.span(10 * HOUR, 11 * HOUR), 3.0);
        is(books.span(10 * HOUR + 500, 10 * HOUR + 600), 3.0);
        is(books.span(11 * HOUR, 20 * HOUR), 4.0);
        is(books.span(0, 9 * HOUR), 0.0);
        is(books.span(0, 20 * HOUR), 7.0);
    }

    #[test]
    fn use_counts_after_the_clock_was_set_back_and_forward() {
        let mut books = Books::default();
        books.add(100 * HOUR, 1.0);
        books.add(50 * HOUR, 2.0);
        is(books.span(100 * HOUR, 101 * HOUR), 3.0);
        books.add(100_000 * HOUR, 4.0);
        is(books.span(100_000 * HOUR, 100_001 * HOUR), 4.0);
        is(books.span(99_000 * HOUR, 100_000 * HOUR), 0.0);
    }

    #[test]
    fn books_are_bounded_and_keep_five_weeks() {
        let mut books = Books::default();
        for quarter in 0..20_000 {
            books.add(quarter * QUARTER, 1.0);
        }
        assert_eq!(books.sums.len(), MAX_BUCKETS);
        is(books.span(19_000 * QUARTER, 20_000 * QUARTER), 1000.0);
        is(books.span(16_640 * QUARTER, 20_000 * QUARTER), 3360.0);
    }

    #[test]
    fn a_session_ends_after_half_an_hour_without_use() {
        let mut books = Books::default();
        for (quarter, units) in [(0, 1.0), (2, 2.0), (5, 4.0), (20, 8.0), (21, 8.0)] {
            books.add(quarter * QUARTER, units);
        }
        assert_eq!(books.sessions(0), [3.0, 4.0, 16.0]);
    }
}

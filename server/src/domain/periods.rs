//! The periods over which usage is summed up (quarter-hours, hours and days of UTC), and which of them make
//! up a time range.

use entity::usage_rollup::Period;

/// The length of a period, in seconds.
pub(in crate::domain) const fn seconds(period: Period) -> i64 {
    match period {
        Period::Quarter => 15 * 60,
        Period::Hour => 60 * 60,
        Period::Day => 24 * 60 * 60,
    }
}

/// The start of the period that contains `at`, in seconds since 1970.
pub(in crate::domain) const fn start_of(period: Period, at: i64) -> i64 {
    at - at.rem_euclid(seconds(period))
}

/// Consecutive periods, from the start of the first to the end of the last, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::domain) struct Run {
    pub(in crate::domain) period: Period,
    pub(in crate::domain) from: i64,
    pub(in crate::domain) to: i64,
}

/// The longest periods that make up the range from `from` until before `to`, both rounded outward to
/// quarter-hours: few sums to read. The runs are disjoint and in order.
///
/// Sums of quarter-hours that are older than the retention period are deleted; a range that starts within
/// such an hour then misses its first part.
pub(in crate::domain) fn cover(from: i64, to: i64) -> Vec<Run> {
    let quarter = seconds(Period::Quarter);
    let from = start_of(Period::Quarter, from);
    let to = start_of(Period::Quarter, to + quarter - 1);
    let mut runs = Vec::new();
    fill(&mut runs, Period::Day, (from, to));
    runs
}

/// Adds whole periods in the middle of the range, and shorter ones before and after.
fn fill(runs: &mut Vec<Run>, period: Period, (from, to): (i64, i64)) {
    if from >= to {
        return;
    }
    let first = start_of(period, from + seconds(period) - 1);
    let last = start_of(period, to);
    let finer = match period {
        Period::Day => Period::Hour,
        Period::Hour | Period::Quarter => Period::Quarter,
    };
    if first >= last {
        return fill(runs, finer, (from, to));
    }
    fill(runs, finer, (from, first));
    runs.push(Run {
        period,
        from: first,
        to: last,
    });
    fill(runs, finer, (last, to));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const YEAR: i64 = 365 * 24 * 60 * 60;

    proptest! {
        #[test]
        fn runs_cover_a_range_exactly(from in -YEAR..YEAR, length in 0..YEAR) {
            let runs = cover(from, from + length);

            let mut at = start_of(Period::Quarter, from);
            for run in &runs {
                prop_assert_eq!(run.from, at);
                prop_assert!(run.from < run.to);
                prop_assert_eq!(start_of(run.period, run.from), run.from);
                prop_assert_eq!(start_of(run.period, run.to), run.to);
                at = run.to;
            }
            prop_assert!(length == 0 || at >= from + length);
            prop_assert!(at - (from + length) < seconds(Period::Quarter));
        }

        #[test]
        fn a_range_of_any_length_takes_few_runs(from in 0..YEAR, length in 0..YEAR) {
            let runs = cover(from, from + length);

            prop_assert!(runs.len() <= 5);
            for run in runs.iter().filter(|run| run.period != Period::Day) {
                let finer = if run.period == Period::Hour { 48 } else { 8 };
                prop_assert!((run.to - run.from) / seconds(run.period) < finer);
            }
        }
    }

    #[test]
    fn a_day_is_one_run() {
        let day = seconds(Period::Day);

        let expected = Run {
            period: Period::Day,
            from: day,
            to: 2 * day,
        };
        assert_eq!(cover(day, 2 * day), [expected]);
    }
}

//! Covering a stretch of time with the longest periods that fit, so that few sums are read.
//!
//! Quarters of an hour need not be kept for ever: what is older than the rows of requests may have been
//! pruned to hours, and a stretch that begins within such an hour then misses its first part.

use entity::usage_rollup::Period;

pub(in crate::domain) use super::rollup::{seconds, start_of};

/// Periods in a row, from the start of the first to the end of the last, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::domain) struct Run {
    pub(in crate::domain) period: Period,
    pub(in crate::domain) from: i64,
    pub(in crate::domain) to: i64,
}

/// Disjoint runs, in order, which cover what is from `from` until before `to`, both rounded outward to
/// the quarter of an hour.
pub(in crate::domain) fn cover(from: i64, to: i64) -> Vec<Run> {
    let quarter = seconds(Period::Quarter);
    let from = start_of(Period::Quarter, from);
    let to = start_of(Period::Quarter, to + quarter - 1);
    let mut runs = Vec::new();
    fill(&mut runs, Period::Day, (from, to));
    runs
}

/// The whole periods in the middle, and finer ones before and after.
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
        fn runs_cover_a_stretch_exactly(from in -YEAR..YEAR, length in 0..YEAR) {
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
        fn few_sums_are_read_however_long_it_is(from in 0..YEAR, length in 0..YEAR) {
            let runs = cover(from, from + length);

            prop_assert!(runs.len() <= 5);
            for run in runs.iter().filter(|run| run.period != Period::Day) {
                let finer = if run.period == Period::Hour { 48 } else { 8 };
                prop_assert!((run.to - run.from) / seconds(run.period) < finer);
            }
        }
    }

    #[test]
    fn a_day_is_one_sum() {
        let day = seconds(Period::Day);

        let expected = Run {
            period: Period::Day,
            from: day,
            to: 2 * day,
        };
        assert_eq!(cover(day, 2 * day), [expected]);
    }
}

//! Usage by two dimensions: the greatest parts of each group, and the rest of the group as one sum.

use std::{collections::HashMap, fmt::Write as _};

use sea_orm::{DbErr, QueryResult, Value};

use super::{
    Ranking, Slice, Usage,
    filter::{By, UsageFilter},
    query::{ANY_SUM, Division, Sql, order_by, read_subject, write_runs, write_sums},
    span::Span,
    sums::{COLUMNS, Sums},
};
use crate::domain::{Error, Result, paging::MAX_PAGE_SIZE};

/// The parts of one group.
const MAX_PARTS: u64 = 50;

/// A group by a second dimension. All sums are read in one statement, so that they add up to the group's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The greatest parts, in order.
    pub slices: Vec<Slice>,
    /// The sums of the other parts.
    pub other: Sums,
    /// The number of the other parts.
    pub other_count: i64,
}

#[derive(Debug)]
struct PartsQuery<'a> {
    span: Span,
    /// Conditions on the cube.
    conditions: Vec<(By, Value)>,
    /// The first dimension and its groups.
    by: By,
    subjects: &'a [String],
    /// The second dimension.
    division: Division,
}

impl Usage {
    /// The greatest slices of a range: of these subjects, or of all if there are none.
    pub async fn breakdown_of(
        &self,
        span: Span,
        filter: &UsageFilter,
        ranking: Ranking,
        subjects: &[String],
    ) -> Result<Vec<Slice>> {
        let division = ranking.division(MAX_PAGE_SIZE)?;
        if subjects.len() as u64 > MAX_PAGE_SIZE {
            return Err(Error::BadInput(format!(
                "at most {MAX_PAGE_SIZE} keys are allowed"
            )));
        }
        let spans = [span];
        let answers = self.query(filter, &spans, Some(division), subjects);
        Ok(answers.await?.into_iter().map(Slice::from).collect())
    }

    /// The parts of each of these groups by a second dimension; groups without usage have none.
    pub async fn parts(
        &self,
        span: Span,
        filter: &UsageFilter,
        (by, subjects): (By, &[String]),
        ranking: Ranking,
    ) -> Result<HashMap<String, Parts>> {
        let division = ranking.division(MAX_PARTS)?;
        if division.by == by {
            return Err(Error::bad_input(
                "by must be another dimension than that of the group",
            ));
        }
        if subjects.is_empty() {
            return Ok(HashMap::new());
        }
        let mut conditions = filter.cube();
        conditions.extend(self.owner_condition(filter).await?);
        let query = PartsQuery {
            span,
            conditions,
            by,
            subjects,
            division,
        };
        let mut parts = HashMap::<String, Parts>::new();
        for row in query.sql().all(self.db.reader()).await? {
            query.read(&row, &mut parts)?;
        }
        Ok(parts)
    }
}

impl PartsQuery<'_> {
    fn sql(&self) -> Sql {
        let (group, part) = (self.by.column(), self.division.by.column());
        let most = self.division.most.unwrap_or(MAX_PARTS);
        let order = order_by(self.division.order, |column| format!("part.{column}"));
        let mut sql = Sql::default();
        write_runs(&mut sql, &[self.span]);
        let _ = write!(
            sql.text,
            ", part AS (SELECT sums.{group} AS subject, sums.{part} AS part"
        );
        write_sums(&mut sql, "usage_rollup");
        for (by, value) in &self.conditions {
            sql.condition(by.column(), value.clone());
        }
        let subjects = self.subjects.iter();
        sql.one_of(
            group,
            subjects.map(|subject| self.by.value(subject)).collect(),
        );
        let _ = write!(
            sql.text,
            " GROUP BY sums.{group}, sums.{part} HAVING {ANY_SUM}), \
             ranked AS (SELECT part.*, ROW_NUMBER() OVER (PARTITION BY part.subject \
             ORDER BY {order}, part.part) AS place FROM part) \
             SELECT subject, CASE WHEN place <= {most} THEN place ELSE 0 END AS place, \
             CASE WHEN place <= {most} THEN part END AS part, CAST(COUNT(*) AS bigint) AS parts"
        );
        for column in COLUMNS {
            let _ = write!(sql.text, ", CAST(SUM({column}) AS bigint) AS {column}");
        }
        sql.text
            .push_str(" FROM ranked GROUP BY 1, 2, 3 ORDER BY 1, 2");
        sql
    }

    fn read(
        &self,
        row: &QueryResult,
        parts: &mut HashMap<String, Parts>,
    ) -> std::result::Result<(), DbErr> {
        let subject = read_subject(row, "subject", self.by)?;
        let parts = parts.entry(subject).or_default();
        let sums = Sums::read(row)?;
        let place: i64 = row.try_get("", "place")?;
        if place == 0 {
            parts.other = sums;
            parts.other_count = row.try_get("", "parts")?;
        } else {
            let subject = read_subject(row, "part", self.division.by)?;
            parts.slices.push(Slice { subject, sums });
        }
        Ok(())
    }
}

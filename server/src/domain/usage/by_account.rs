//! The usage of many accounts with one query.

use std::collections::HashMap;

use uuid::Uuid;

use super::{
    Span, Usage,
    filter::{By, UsageFilter},
    query::{Division, UsageOrder},
    sums::Sums,
};
use crate::domain::Result;

impl Usage {
    /// The usage of each of these accounts over a range, which is rounded outward to quarters of an hour.
    pub(in crate::domain) async fn of_accounts(
        &self,
        ids: &[Uuid],
        span: Span,
    ) -> Result<HashMap<Uuid, Sums>> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let subjects: Vec<_> = ids.iter().map(Uuid::to_string).collect();
        let by_account = Division {
            by: By::Account,
            order: UsageOrder::Cost,
            most: None,
        };
        let filter = UsageFilter::default();
        let sums = self
            .query(&filter, &[span], Some(by_account), &subjects)
            .await?;
        let of_account =
            |answer: super::UsageSums| Some((answer.subject.parse().ok()?, answer.sums));
        Ok(sums.into_iter().filter_map(of_account).collect())
    }
}

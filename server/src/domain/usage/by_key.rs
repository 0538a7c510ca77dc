//! The recent usage of many keys with one query.

use std::collections::HashMap;

use chrono_tz::Tz;
use uuid::Uuid;

use super::{
    Preset, Usage,
    filter::{By, UsageFilter},
    query::{Division, UsageOrder},
    sums::Sums,
};
use crate::domain::Result;

impl Usage {
    /// The usage of the last 30 days in UTC, today included, by key: of these keys, or of all that have any.
    pub async fn recent_of_keys(&self, ids: Option<&[Uuid]>) -> Result<HashMap<Uuid, Sums>> {
        if ids.is_some_and(<[Uuid]>::is_empty) {
            return Ok(HashMap::new());
        }
        let span = self.span(Preset::Last30Days, Tz::UTC).await?;
        let subjects: Vec<_> = ids.into_iter().flatten().map(Uuid::to_string).collect();
        let by_key = Division {
            by: By::ApiKey,
            order: UsageOrder::Cost,
            most: None,
        };
        let sums = self
            .query(&UsageFilter::default(), &[span], Some(by_key), &subjects)
            .await?;
        let of_key = |answer: super::UsageSums| Some((answer.subject.parse().ok()?, answer.sums));
        Ok(sums.into_iter().filter_map(of_key).collect())
    }
}

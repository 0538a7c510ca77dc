//! Data shared by the groups of one breakdown: read once for all of them, and only if it is selected.

use std::{collections::HashMap, sync::Arc};

use async_graphql::Context;
use tokio::sync::{Mutex, OnceCell};

use crate::{
    domain::{
        Result,
        usage::{self, By, Latency, Parts, Ranking, Span, Sums},
    },
    graphql::resolver::context::ContextExt as _,
};

/// The groups of one breakdown.
#[derive(Clone, Debug)]
pub(crate) struct Groups {
    by: By,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    span: Span,
    filter: usage::UsageFilter,
    subjects: Vec<String>,
    previous: OnceCell<HashMap<String, Sums>>,
    latency: OnceCell<HashMap<String, Latency>>,
    /// Of every second dimension that was selected.
    parts: Mutex<Vec<(Ranking, HashMap<String, Parts>)>>,
}

impl Groups {
    pub(crate) fn new(
        by: By,
        span: Span,
        filter: &usage::UsageFilter,
        slices: &[usage::Slice],
    ) -> Self {
        let subjects = slices.iter().map(|slice| slice.subject.clone()).collect();
        let shared = Arc::new(Shared {
            span,
            filter: filter.clone(),
            subjects,
            previous: OnceCell::new(),
            latency: OnceCell::new(),
            parts: Mutex::default(),
        });
        Self { by, shared }
    }

    /// The sums of a group in the previous range.
    pub(crate) async fn previous(&self, ctx: &Context<'_>, subject: &str) -> Result<Sums> {
        let usage = ctx.service::<usage::Usage>();
        let shared = &self.shared;
        let read = async || {
            let span = usage.previous(shared.span);
            let groups = (self.by, shared.subjects.as_slice());
            usage.sums_of(span, &shared.filter, groups).await
        };
        let sums = shared.previous.get_or_try_init(read).await?;
        Ok(sums.get(subject).copied().unwrap_or_default())
    }

    /// The latency of a group.
    pub(crate) async fn latency(&self, ctx: &Context<'_>, subject: &str) -> Result<Latency> {
        let usage = ctx.service::<usage::Usage>();
        let shared = &self.shared;
        let read = || usage.latency(shared.span, &shared.filter, Some(self.by));
        let latencies = shared.latency.get_or_try_init(read).await?;
        Ok(latencies.get(subject).copied().unwrap_or_default())
    }

    /// A group by a second dimension.
    pub(crate) async fn parts(
        &self,
        ctx: &Context<'_>,
        subject: &str,
        ranking: Ranking,
    ) -> Result<Parts> {
        let shared = &self.shared;
        // Held while it is read, so that the other groups wait for one query.
        let mut read = shared.parts.lock().await;
        let known = read.iter().position(|(known, _)| *known == ranking);
        let known = if let Some(known) = known {
            known
        } else {
            let usage = ctx.service::<usage::Usage>();
            let groups = (self.by, shared.subjects.as_slice());
            let parts = usage.parts(shared.span, &shared.filter, groups, ranking);
            read.push((ranking, parts.await?));
            read.len() - 1
        };
        let parts = read.get(known).and_then(|(_, parts)| parts.get(subject));
        Ok(parts.cloned().unwrap_or_default())
    }
}

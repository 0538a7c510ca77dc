//! The entry point of the fuzzer for documents.

use std::sync::{Arc, LazyLock};

use async_graphql::{
    ServerError, ValidationResult,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextValidation},
};
use futures_util::FutureExt as _;

use crate::{
    domain::Viewer,
    graphql::{
        builder,
        schema::ControlPlane,
        transport::{document, message},
    },
};

/// Stops after validation: the schema has no services here.
struct Stop;

impl ExtensionFactory for Stop {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_graphql::async_trait::async_trait]
impl Extension for Stop {
    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        next.run(ctx).await?;
        Err(Vec::new())
    }
}

static SCHEMA: LazyLock<ControlPlane> = LazyLock::new(|| builder().extension(Stop).finish());

/// Either the document is rejected, or it is within the measured size and validates without a panic. The same
/// bytes are also read as a WebSocket message.
pub fn graphql_documents(data: &[u8]) {
    let _ = message::client_message(data, document::DocumentLimits::of(&Viewer::Anonymous));
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Some(request) = document::fuzz(text) {
        let answer = SCHEMA.execute(request).now_or_never();
        assert!(answer.is_some_and(|answer| answer.errors.len() <= 20));
    }
}

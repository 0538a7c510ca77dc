//! Documents, as a fuzzer sends them.

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

/// Goes no further than validation: there are no services behind the schema.
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

/// A document is refused, or it is as small as it was found to be, and the schema validates it without panic.
/// The same bytes are also read as a message of a socket.
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

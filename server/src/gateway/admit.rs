//! May this request pass, now? Here every limit that applies is checked, and a place in the book is
//! taken, before anything is forwarded.

use std::time::Duration;

use super::{
    dialect::{Dialect, Fault},
    model::Model,
    model_name::routed_as,
};
use crate::domain::{
    api_keys::Caller,
    requests::{Place, Recorder},
};

/// When to try again while the book cannot be written.
const RECOVERY: Duration = Duration::from_secs(5);

/// A request that may pass, and the place for its record.
#[derive(Debug)]
pub(super) struct Admission {
    pub(super) place: Place,
}

/// Lets a request in, or says why not.
pub(super) async fn admit(
    recorder: &Recorder,
    caller: &Caller,
    dialect: Dialect,
    model: &Model,
) -> Result<Admission, Fault> {
    check_model(caller, dialect, model)?;
    let place = place(recorder).await?;
    Ok(Admission { place })
}

/// Takes a place in the book, or refuses: what cannot be recorded does not pass.
pub(super) async fn place(recorder: &Recorder) -> Result<Place, Fault> {
    recorder.place().await.map_err(|error| {
        tracing::error!(%error, "a request is refused because it could not be recorded");
        Fault::Overloaded {
            retry_after: RECOVERY,
        }
    })
}

/// A caller who may use certain models only must name one, in a way that cannot be read otherwise.
fn check_model(caller: &Caller, dialect: Dialect, model: &Model) -> Result<(), Fault> {
    if !caller.is_restricted() {
        return Ok(());
    }
    match model {
        Model::Named(name) if caller.may_use(&routed_as(dialect, name)) => Ok(()),
        Model::Named(name) => Err(Fault::ModelNotAllowed {
            model: name.clone(),
        }),
        Model::Missing => Err(Fault::ModelRequired),
        Model::Ambiguous => Err(Fault::ModelAmbiguous),
        Model::NotNeeded => Ok(()),
    }
}

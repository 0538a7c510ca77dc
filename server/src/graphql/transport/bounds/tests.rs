//! Every operation that the web app sends fits into half of its caller's limits.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{Arc, Mutex},
};

use async_graphql::{
    Request, ServerError, ValidationResult, Variables,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextValidation},
};
use uuid::Uuid;

use crate::{
    domain::Viewer,
    graphql::{
        builder,
        schema::ControlPlane,
        transport::document::{DocumentAdmission, DocumentLimits, admit},
    },
};

/// Operations that are sent before signing in.
const ANONYMOUS: [&str; 4] = ["Session", "CsrfToken", "Login", "CompleteSetup"];
/// The page with the longest list.
const MAX_LIST: &str = "RequestPage";

/// Records the complexity of an operation and stops.
#[derive(Clone, Default)]
struct Meter(Arc<Mutex<Option<usize>>>);

impl ExtensionFactory for Meter {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(self.clone())
    }
}

#[async_graphql::async_trait::async_trait]
impl Extension for Meter {
    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let validated = next.run(ctx).await?;
        *self.0.lock().unwrap() = Some(validated.complexity);
        Err(vec![ServerError::new("measured", None)])
    }
}

#[tokio::test]
async fn every_operation_of_the_web_app_fits_into_half_of_its_limits() {
    let meter = Meter::default();
    let schema = builder().extension(meter.clone()).finish();
    let fragments = Fragments::of(&documents());
    let operations = fragments.operations();
    assert!(operations.len() > 100, "{}", operations.len());
    let mut too_large = Vec::new();

    for (name, text) in operations {
        let limits = limits_of(&name, &text);
        let first = if name == MAX_LIST { 150 } else { 50 };
        let variables = Variables::from_value(async_graphql::value!({ "first": first }));
        let request = admit(Request::new(text).variables(variables), &limits.halved());
        if let Err(error) = admission(&request) {
            too_large.push(format!("{name}: {error}"));
            continue;
        }
        match cost(&schema, &meter, request).await {
            Ok(cost) if cost * 2 <= limits.complexity => {}
            cost => too_large.push(format!("{name} of {}: {cost:?}", limits.complexity)),
        }
    }

    assert!(too_large.is_empty(), "{}", too_large.join("\n"));
}

fn limits_of(name: &str, text: &str) -> &'static DocumentLimits {
    if ANONYMOUS.contains(&name) {
        return DocumentLimits::of(&Viewer::Anonymous);
    }
    if name.starts_with("Own") {
        return DocumentLimits::of(&Viewer::KeyHolder {
            user_id: Uuid::nil(),
            api_key_id: Uuid::nil(),
        });
    }
    if text.trim_start().starts_with("mutation") {
        &DocumentLimits::ADMIN
    } else {
        &DocumentLimits::VIEWER
    }
}

fn admission(request: &Request) -> Result<(), String> {
    let admission = request
        .data
        .get(&std::any::TypeId::of::<DocumentAdmission>());
    let admission = admission.and_then(|it| it.downcast_ref::<DocumentAdmission>());
    admission
        .unwrap()
        .0
        .as_ref()
        .copied()
        .map_err(ToString::to_string)
}

async fn cost(
    schema: &ControlPlane,
    meter: &Meter,
    request: Request,
) -> Result<usize, Vec<ServerError>> {
    let answer = schema.execute(request).await;
    meter.0.lock().unwrap().take().ok_or(answer.errors)
}

/// The documents in the web app's sources.
fn documents() -> Vec<String> {
    let mut found = Vec::new();
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../frontend/src");
    gather(&sources, &mut found);
    found
}

fn gather(directory: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            if name != "generated" {
                gather(&path, found);
            }
        } else if path
            .extension()
            .is_some_and(|kind| kind == "ts" || kind == "tsx")
            && !name.contains(".test.")
        {
            let text = fs::read_to_string(&path).unwrap();
            let documents = text.split("graphql(`").skip(1);
            let documents = documents.filter_map(|rest| Some(rest.split_once('`')?.0.to_owned()));
            found.extend(documents);
        }
    }
}

/// The documents, by the name of what each defines.
struct Fragments {
    fragments: BTreeMap<String, String>,
    operations: BTreeMap<String, String>,
}

impl Fragments {
    fn of(documents: &[String]) -> Self {
        let (mut fragments, mut operations) = (BTreeMap::new(), BTreeMap::new());
        for text in documents {
            let mut words = text.split(|letter: char| !letter.is_alphanumeric());
            let mut words = words.by_ref().filter(|word| !word.is_empty());
            match (words.next(), words.next()) {
                (Some("fragment"), Some(name)) => fragments.insert(name.to_owned(), text.clone()),
                (Some(_), Some(name)) => operations.insert(name.to_owned(), text.clone()),
                _ => None,
            };
        }
        Self {
            fragments,
            operations,
        }
    }

    /// Each operation with the fragments that it spreads, as the web app sends it.
    fn operations(&self) -> Vec<(String, String)> {
        let operations = self.operations.iter();
        let whole = operations.map(|(name, text)| {
            let mut spread = BTreeMap::new();
            self.spread_in(text, &mut spread);
            let fragments: String = spread.into_values().collect();
            (name.clone(), format!("{text}{fragments}"))
        });
        whole.collect()
    }

    fn spread_in(&self, text: &str, found: &mut BTreeMap<String, String>) {
        for spread in text.split("...").skip(1) {
            let name: String = spread
                .trim_start()
                .chars()
                .take_while(|letter| letter.is_alphanumeric())
                .collect();
            if let Some(fragment) = self.fragments.get(&name)
                && found.insert(name, fragment.clone()).is_none()
            {
                self.spread_in(fragment, found);
            }
        }
    }
}

//! Users from a CSV file: read, compared with the present users and groups, and created all or none.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use csv::{ReaderBuilder, StringRecord, Trim};
use entity::user::{self, Entity as User};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};
use uuid::Uuid;

use super::{
    NewUser, Users,
    api_keys::{IssuedApiKey, NewApiKey},
};
use crate::domain::{Error, Result, audit::AuditContext, models, text};

/// Users of one file.
pub const MAX_IMPORTED: usize = 500;
/// The length of a file.
const MAX_BYTES: usize = 1024 * 1024;
/// Problems that an error lists.
const MAX_LISTED: usize = 10;
/// The columns of a file. Only `name` is required.
const COLUMNS: [&str; 6] = [
    "name",
    "email",
    "note",
    "group",
    "allowed_models",
    "key_expires_at",
];

/// A line of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportedUser {
    /// The number of the line in the file, from 1.
    pub line: u64,
    pub name: String,
    pub email: Option<String>,
    pub note: Option<String>,
    /// The name of the group.
    pub group: Option<String>,
    pub allowed_models: Option<Vec<String>>,
    pub key_expires_at: Option<DateTime<Utc>>,
    /// Why the user cannot be created.
    pub problem: Option<String>,
}

impl Users {
    /// Reads a file and checks each line, without any change. Fails if the file as a whole cannot be read.
    pub async fn preview_import(&self, file: &str) -> Result<Vec<ImportedUser>> {
        let mut users = read(file)?;
        let names = users.iter().map(|user| user.name.clone());
        let taken: HashSet<String> = User::find()
            .select_only()
            .column(user::Column::Name)
            .filter(user::Column::ArchivedAt.is_null())
            .filter(user::Column::Name.is_in(names))
            .into_tuple()
            .all(self.db.reader())
            .await?
            .into_iter()
            .collect();
        let groups = self.group_ids();
        let mut lines: HashMap<String, u64> = HashMap::new();
        for user in users.iter_mut().filter(|user| user.problem.is_none()) {
            let earlier = lines.get(&user.name).copied();
            lines.entry(user.name.clone()).or_insert(user.line);
            let group = user.group.as_ref();
            let unknown_group = group.filter(|group| !groups.contains_key(*group));
            user.problem = if taken.contains(&user.name) {
                Some("a user with this name exists already".to_owned())
            } else if let Some(line) = earlier {
                Some(format!("line {line} has the same name"))
            } else if let Some(group) = unknown_group {
                Some(format!(
                    "there is no group of users named {group:?}; create it first"
                ))
            } else {
                text::in_future("key_expires_at", user.key_expires_at, self.clock.now())
                    .err()
                    .map(|error| error.to_string())
            };
        }
        Ok(users)
    }

    /// Creates all users of a file, each with a first key, or none of them.
    pub async fn import(
        &self,
        context: &AuditContext,
        file: &str,
    ) -> Result<Vec<(user::Model, IssuedApiKey)>> {
        let users = self.preview_import(file).await?;
        let problems: Vec<String> = users
            .iter()
            .filter_map(|user| Some(format!("line {}: {}", user.line, user.problem.as_ref()?)))
            .collect();
        if !problems.is_empty() {
            let more = problems.len().saturating_sub(MAX_LISTED);
            let mut listed = problems;
            listed.truncate(MAX_LISTED);
            let more = if more > 0 {
                format!("; and {more} more")
            } else {
                String::new()
            };
            return Err(Error::BadInput(format!(
                "no user was created. Correct the file: {}{more}",
                listed.join("; ")
            )));
        }
        let groups = self.group_ids();
        let users = users.into_iter().map(|user| NewUser {
            group_id: user.group.and_then(|group| groups.get(&group).copied()),
            name: user.name,
            email: user.email,
            note: user.note,
            allowed_models: user.allowed_models,
            api_key: NewApiKey {
                expires_at: user.key_expires_at,
                ..NewApiKey::default()
            },
            ..NewUser::default()
        });
        self.create_all(context, users.collect()).await
    }

    /// The groups of users by name.
    fn group_ids(&self) -> HashMap<String, Uuid> {
        let groups = self.api_keys.groups().list().into_iter();
        groups.map(|group| (group.name, group.id)).collect()
    }
}

/// Reads the lines. A line with an invalid value has the problem; a file without usable columns is an error.
fn read(file: &str) -> Result<Vec<ImportedUser>> {
    if file.len() > MAX_BYTES {
        return Err(Error::BadInput(
            "the file has more than 1 MiB; split it".to_owned(),
        ));
    }
    let file = file.trim_start_matches('\u{feff}');
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter(file))
        .trim(Trim::All)
        .flexible(true)
        .from_reader(file.as_bytes());
    let headers = reader
        .headers()
        .map_err(|error| unreadable(&error))?
        .clone();
    let columns = columns(&headers)?;
    let mut users = Vec::new();
    let mut lines = Lines::of(file);
    for record in reader.records() {
        let record = record.map_err(|error| unreadable(&error))?;
        if record.iter().all(str::is_empty) {
            continue;
        }
        let line = lines.at(&record);
        if users.len() == MAX_IMPORTED {
            return Err(Error::BadInput(format!(
                "the file has more than {MAX_IMPORTED} users; split it"
            )));
        }
        users.push(imported(line, &record, &columns, headers.len()));
    }
    if users.is_empty() {
        return Err(Error::BadInput(
            "the file has no line below its first one, which names the columns".to_owned(),
        ));
    }
    Ok(users)
}

/// The numbers of lines in a file, for records in their order.
struct Lines<'a> {
    file: &'a [u8],
    /// The start of the last record, and its line.
    last: (usize, u64),
}

impl<'a> Lines<'a> {
    fn of(file: &'a str) -> Self {
        Self {
            file: file.as_bytes(),
            last: (0, 1),
        }
    }

    /// The line in which a record starts. The reader's position is before the empty lines and line ends that precede it.
    fn at(&mut self, record: &StringRecord) -> u64 {
        let start = record.position().map_or(0, csv::Position::byte);
        let start = usize::try_from(start).unwrap_or(usize::MAX);
        let rest = self.file.get(start..).unwrap_or_default();
        let skipped = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
        let start = start.saturating_add(skipped.count());
        let between = self.file.get(self.last.0..start).unwrap_or_default();
        let parts = between.split(|byte| *byte == b'\n').count();
        self.last = (start, self.last.1.saturating_add(parts as u64 - 1));
        self.last.1
    }
}

/// Spreadsheets separate columns by semicolons where the comma is the decimal sign, and by tabs in the clipboard.
fn delimiter(file: &str) -> u8 {
    let first = file.lines().next().unwrap_or_default();
    let count = |sign: char| first.matches(sign).count();
    let signs = [',', ';', '\t'].into_iter();
    let most = signs.max_by_key(|sign| (count(*sign), *sign == ','));
    match most {
        Some(';') => b';',
        Some('\t') => b'\t',
        _ => b',',
    }
}

/// The position of each known column.
fn columns(headers: &StringRecord) -> Result<HashMap<&'static str, usize>> {
    let mut columns = HashMap::new();
    for (index, header) in headers.iter().enumerate() {
        let name = header.to_lowercase().replace([' ', '-'], "_");
        let known = COLUMNS.into_iter().find(|column| *column == name);
        let Some(known) = known else {
            return Err(Error::BadInput(format!(
                "the column {header:?} is unknown; the first line names the columns, which are {}",
                COLUMNS.join(", ")
            )));
        };
        if columns.insert(known, index).is_some() {
            return Err(Error::BadInput(format!(
                "the column {known} is there twice"
            )));
        }
    }
    if columns.contains_key("name") {
        Ok(columns)
    } else {
        Err(Error::BadInput(format!(
            "the column name is missing; the first line names the columns, which are {}",
            COLUMNS.join(", ")
        )))
    }
}

fn imported(
    line: u64,
    record: &StringRecord,
    columns: &HashMap<&'static str, usize>,
    expected: usize,
) -> ImportedUser {
    let cell = |column: &str| {
        let value = columns.get(column).and_then(|index| record.get(*index));
        value.filter(|value| !value.is_empty()).map(str::to_owned)
    };
    let models = cell("allowed_models");
    let models = models.map(|cell| patterns(&cell));
    let expires = cell("key_expires_at");
    let expires_at = expires.as_deref().map(time).transpose();
    let user = ImportedUser {
        line,
        name: cell("name").unwrap_or_default(),
        email: cell("email"),
        note: cell("note"),
        group: cell("group"),
        allowed_models: models,
        key_expires_at: expires_at.as_ref().ok().copied().flatten(),
        problem: None,
    };
    let problem = if record.len() > expected {
        Some(format!(
            "it has {} values for {expected} columns; put values with separators into quotes",
            record.len()
        ))
    } else {
        let checked = check(&user).and(expires_at.map(drop));
        checked.err().map(|error| error.to_string())
    };
    ImportedUser { problem, ..user }
}

fn check(user: &ImportedUser) -> Result<()> {
    text::required("name", &user.name, 100)?;
    text::optional("email", user.email.as_deref(), 254)?;
    text::optional("note", user.note.as_deref(), 2000)?;
    models::check(user.allowed_models.clone())?;
    Ok(())
}

/// Patterns separated by white space, commas or semicolons.
fn patterns(cell: &str) -> Vec<String> {
    let parts = cell.split(|c: char| c.is_whitespace() || c == ',' || c == ';');
    let parts = parts.filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

/// A time of RFC 3339, or a date, at whose end in UTC the key expires.
fn time(cell: &str) -> Result<DateTime<Utc>> {
    if let Ok(time) = DateTime::parse_from_rfc3339(cell) {
        return Ok(time.to_utc());
    }
    let date = cell.parse::<chrono::NaiveDate>().ok();
    let end = date.and_then(|date| date.succ_opt()?.and_hms_opt(0, 0, 0));
    end.map(|end| end.and_utc()).ok_or_else(|| {
        Error::BadInput(format!(
            "key_expires_at {cell:?} is no date such as 2027-06-30, and no time such as 2027-06-30T18:00:00Z"
        ))
    })
}

fn unreadable(error: &csv::Error) -> Error {
    Error::BadInput(format!("the file is no CSV: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(file: &str) -> Vec<Option<String>> {
        let users = read(file).unwrap().into_iter();
        users.map(|user| user.problem).collect()
    }

    #[test]
    fn a_file_is_read_with_each_separator_of_spreadsheets() {
        for separator in [",", ";", "\t"] {
            let file = "\u{feff}Name,E-mail,group\r\nAda,ada@example.org,Interns\r\n\r\nBen,,\r\n"
                .replace("E-mail", "Email")
                .replace(',', separator);
            let users = read(&file).unwrap();
            let names: Vec<_> = users.iter().map(|user| (user.line, &*user.name)).collect();
            assert_eq!(names, [(2, "Ada"), (4, "Ben")], "{separator:?}");
            assert_eq!(users[0].email.as_deref(), Some("ada@example.org"));
            assert_eq!(users[0].group.as_deref(), Some("Interns"));
            assert_eq!((&users[1].email, &users[1].group), (&None, &None));
        }
    }

    #[test]
    fn quotes_keep_separators_and_lines() {
        let file =
            "name,note,allowed_models\n\"Lovelace, Ada\",\"one\ntwo\",\"gpt-*, claude-*\"\nBen,,\n";
        let users = read(file).unwrap();
        assert_eq!(users[0].name, "Lovelace, Ada");
        assert_eq!(users[0].note.as_deref(), Some("one\ntwo"));
        let models = users[0].allowed_models.as_ref().unwrap();
        assert_eq!(*models, ["gpt-*", "claude-*"]);
        assert_eq!(users[1].line, 4);
    }

    #[test]
    fn a_key_expires_at_a_time_or_at_the_end_of_a_date() {
        let file = "name,key_expires_at\na,2027-06-30\nb,2027-06-30T18:00:00+02:00\nc,soon\n";
        let users = read(file).unwrap();
        let times: Vec<_> = users
            .iter()
            .map(|user| Some(user.key_expires_at?.to_rfc3339()))
            .collect();
        let expected = ["2027-07-01T00:00:00+00:00", "2027-06-30T16:00:00+00:00"];
        let expected = expected.map(|time| Some(time.to_owned()));
        assert_eq!(times[..2], expected);
        assert!(users[2].problem.as_ref().unwrap().contains("\"soon\""));
    }

    #[test]
    fn a_wrong_line_has_its_problem_and_the_others_are_kept() {
        let long = "x".repeat(101);
        let file = format!("name,email\nAda,a@example.org\n,b@example.org\n{long},\nBen,a,b\n");
        let found = problems(&file);
        assert_eq!(found[0], None);
        assert_eq!(found[1].as_deref(), Some("name must not be empty"));
        let text = found[2].as_deref().unwrap();
        assert!(text.contains("at most 100 characters"), "{text}");
        let text = found[3].as_deref().unwrap();
        assert!(text.contains("3 values for 2 columns"), "{text}");
    }

    #[test]
    fn a_file_without_usable_columns_is_an_error_that_names_them() {
        for (file, text) in [
            ("", "the column \"\" is unknown"),
            ("email\na@example.org\n", "the column name is missing"),
            (
                "name,password\nAda,x\n",
                "the column \"password\" is unknown",
            ),
            ("name,Name\nAda,x\n", "the column name is there twice"),
            ("name\n", "has no line below"),
        ] {
            let error = read(file).unwrap_err().to_string();
            assert!(error.contains(text) || file.is_empty(), "{file:?}: {error}");
        }
        let many = format!("name\n{}", "x\n".repeat(MAX_IMPORTED + 1));
        let error = read(&many).unwrap_err().to_string();
        assert!(error.contains("more than 500 users"), "{error}");
        assert!(read(&"x".repeat(MAX_BYTES + 1)).is_err());
    }
}

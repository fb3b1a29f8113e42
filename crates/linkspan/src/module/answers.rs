//! What `linkspan init` was asked for, kept in the module as `.linkspan.toml`, so that `linkspan add-*` can tell what
//! was generated from what its author wrote.

use std::path::Path;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::Series;
use super::init::{AuthKind, Direction, Request};

/// Name of the file in the module's folder.
pub(super) const FILE: &str = ".linkspan.toml";

const HEADER: &str =
    "# What `linkspan init` was asked for. `linkspan add-binding`, `add-webhook` and `add-export` read it.\n";

/// The answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answers {
    name: String,
    odoo: String,
    direction: String,
    author: String,
    /// Empty: all of the definition.
    #[serde(default)]
    entities: Vec<String>,
    /// Entities that come in besides what the direction says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    imports: Vec<String>,
    /// Entities that go out besides what the direction says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    exports: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    auth: Option<String>,
}

impl Answers {
    pub(super) fn of(request: &Request, name: &str) -> Answers {
        Answers {
            name: name.to_owned(),
            odoo: word(&request.series),
            direction: word(&request.direction),
            author: request.author.clone(),
            entities: request.entities.clone(),
            imports: request.imports.clone(),
            exports: request.exports.clone(),
            auth: request.auth.as_ref().map(word),
        }
    }

    /// The file's text.
    pub(super) fn text(&self) -> String {
        // Texts and lists of texts are always TOML.
        format!("{HEADER}{}", toml::to_string(self).unwrap_or_default())
    }

    /// The request that gives the module in `folder` anew.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub(super) fn request(text: &str, folder: &Path) -> Result<Request, String> {
        let answers: Answers = toml::from_str(text).map_err(|error| error.to_string())?;
        let known = |field: &str, value: &str| format!("{field} = \"{value}\" is not known");
        Ok(Request {
            series: Series::from_str(&answers.odoo, false).map_err(|_| known("odoo", &answers.odoo))?,
            direction: Direction::from_str(&answers.direction, false)
                .map_err(|_| known("direction", &answers.direction))?,
            auth: answers
                .auth
                .map(|auth| AuthKind::from_str(&auth, false).map_err(|_| known("auth", &auth)))
                .transpose()?,
            name: answers.name,
            kind: None,
            connector: Some(folder.join("connector.toml").display().to_string()),
            entities: answers.entities,
            imports: answers.imports,
            exports: answers.exports,
            author: answers.author,
        })
    }
}

/// As the command line spells it.
fn word(value: &impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_comes_back() {
        let request = Request {
            name: "shop".to_owned(),
            kind: None,
            connector: None,
            series: Series::V19,
            entities: vec!["order".to_owned()],
            imports: Vec::new(),
            exports: vec!["product".to_owned()],
            direction: Direction::Import,
            auth: Some(AuthKind::Basic),
            author: "A \"B\"".to_owned(),
        };
        let text = Answers::of(&request, "shop").text();
        let again = Answers::request(&text, Path::new("/m")).expect("its own text");
        assert_eq!(
            (again.series, again.direction, again.auth),
            (Series::V19, Direction::Import, Some(AuthKind::Basic))
        );
        assert_eq!((again.author, again.entities), (request.author, request.entities));
        assert_eq!((again.imports, again.exports), (request.imports, request.exports));
        assert_eq!(again.connector.as_deref(), Some("/m/connector.toml"));
        let wrong =
            Answers::request(&text.replace("19.0", "15.0"), Path::new("/m")).expect_err("no such series");
        assert_eq!(wrong, "odoo = \"15.0\" is not known");
    }
}

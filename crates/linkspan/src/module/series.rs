//! An Odoo series, and what its files spell differently.

use std::fmt;
use std::str::FromStr;

use minijinja::value::Value;

/// A series that modules are written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
pub enum Series {
    /// 16.0
    #[value(name = "16.0", alias = "16")]
    V16,
    /// 17.0
    #[value(name = "17.0", alias = "17")]
    V17,
    /// 18.0
    #[value(name = "18.0", alias = "18")]
    V18,
    /// 19.0
    #[value(name = "19.0", alias = "19")]
    V19,
}

impl Series {
    /// All of them, oldest first.
    pub const ALL: [Series; 4] = [Series::V16, Series::V17, Series::V18, Series::V19];

    /// `16.0` and so on.
    pub fn as_str(self) -> &'static str {
        match self {
            Series::V16 => "16.0",
            Series::V17 => "17.0",
            Series::V18 => "18.0",
            Series::V19 => "19.0",
        }
    }

    /// The number that templates compare: 16 to 19.
    pub fn number(self) -> u8 {
        match self {
            Series::V16 => 16,
            Series::V17 => 17,
            Series::V18 => 18,
            Series::V19 => 19,
        }
    }

    /// Names for templates. `series` is for decisions; the others are spelled ready:
    ///
    /// | name | 16.0, 17.0 | 18.0 | 19.0 |
    /// |---|---|---|---|
    /// | `list` | `tree` | `list` | `list` |
    /// | `groups_field` | `groups_id` | `groups_id` | `group_ids` |
    /// | `users_field` | `users` | `users` | `user_ids` |
    /// | `t` | `_` | `self.env._` | `self.env._` |
    pub fn context(self) -> Vec<(&'static str, Value)> {
        let list = if self >= Series::V18 { "list" } else { "tree" };
        let (groups, users) =
            if self >= Series::V19 { ("group_ids", "user_ids") } else { ("groups_id", "users") };
        let translate = if self >= Series::V18 { "self.env._" } else { "_" };
        vec![
            ("series", Value::from(self.number())),
            ("odoo", Value::from(self.to_string())),
            ("list", Value::from(list)),
            ("groups_field", Value::from(groups)),
            ("users_field", Value::from(users)),
            ("t", Value::from(translate)),
        ]
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Series {
    type Err = String;

    fn from_str(text: &str) -> Result<Series, String> {
        let wanted = text.trim();
        Series::ALL.into_iter().find(|series| series.as_str() == wanted).ok_or_else(|| {
            format!("'{wanted}' is no series that Linkspan knows; there are 16.0, 17.0, 18.0 and 19.0")
        })
    }
}

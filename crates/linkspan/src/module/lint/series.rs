//! The series of Odoo that a module is for.

use std::fmt;
use std::str::FromStr;

/// A series of Odoo that Linkspan knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Series {
    /// 16.0
    V16,
    /// 17.0
    V17,
    /// 18.0
    V18,
    /// 19.0
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

//! Which Odoo answers.

use std::cmp::Ordering;
use std::fmt;

use serde_json::Value;

/// The release series, which decides argument names and available methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Series {
    /// 16.0 and its online versions 16.1 to 16.4.
    V16,
    /// 17.0 and its online versions.
    V17,
    /// 18.0 and its online versions.
    V18,
    /// 19.0 and its online versions.
    V19,
    /// Any other major version. Made by [`Series::from_major`], never for a version named above.
    Other(u32),
}

impl Series {
    /// The series with this major version number.
    pub fn from_major(major: u32) -> Series {
        match major {
            16 => Series::V16,
            17 => Series::V17,
            18 => Series::V18,
            19 => Series::V19,
            other => Series::Other(other),
        }
    }

    /// The major version number, to compare with `>=`.
    pub fn major(self) -> u32 {
        match self {
            Series::V16 => 16,
            Series::V17 => 17,
            Series::V18 => 18,
            Series::V19 => 19,
            Series::Other(major) => major,
        }
    }
}

// By number: derived, version 15 would be above all that have a name.
impl Ord for Series {
    fn cmp(&self, other: &Series) -> Ordering {
        self.major().cmp(&other.major())
    }
}

impl PartialOrd for Series {
    fn partial_cmp(&self, other: &Series) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.0", self.major())
    }
}

/// What the server says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The series, by major version.
    pub series: Series,
    /// As the server writes it: `18.0-20250421`, `saas~17.4+e`.
    pub text: String,
    /// `None` where the server does not tell.
    pub enterprise: Option<bool>,
}

impl Version {
    /// From `server_version` and `server_version_info`, or `version` and `version_info`. The info list is
    /// `[18, 0, 0, "final", 0, "e"]`; online versions have `"saas~17"` in the first place.
    pub(crate) fn from_answer(answer: &Value) -> Option<Version> {
        let text = ["server_version", "version"].iter().find_map(|key| answer.get(key)?.as_str());
        let info = ["server_version_info", "version_info"].iter().find_map(|key| answer.get(key)?.as_array());
        let major = match info.and_then(|info| info.first()) {
            Some(Value::Number(number)) => number.as_u64().and_then(|major| u32::try_from(major).ok()),
            Some(Value::String(saas)) => leading_number(saas),
            _ => text.and_then(leading_number),
        }?;
        let edition = info.and_then(|info| info.get(5)).and_then(Value::as_str);
        Some(Version {
            series: Series::from_major(major),
            text: text.map_or_else(|| format!("{major}.0"), str::to_owned),
            enterprise: edition
                .map(|edition| edition == "e")
                .or_else(|| text.is_some_and(|text| text.ends_with("+e")).then_some(true)),
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// `18.0-20250421` and `saas~17.4+e` to 18 and 17.
fn leading_number(text: &str) -> Option<u32> {
    let digits = text.trim_start_matches(|c: char| !c.is_ascii_digit());
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn version(answer: &Value) -> (u32, Option<bool>) {
        let version = Version::from_answer(answer).unwrap();
        (version.series.major(), version.enterprise)
    }

    #[test]
    fn a_version_is_read_from_every_form_odoo_gives() {
        let community =
            json!({"server_version": "18.0-20250421", "server_version_info": [18, 0, 0, "final", 0, ""]});
        assert_eq!(version(&community), (18, Some(false)));
        let online = json!({"server_version": "saas~17.4+e", "server_version_info": ["saas~17", 4, 0, "final", 0, "e"]});
        assert_eq!(version(&online), (17, Some(true)));
        assert_eq!(version(&json!({"version": "19.0", "version_info": [19, 0, 0, "final", 0]})), (19, None));
        assert_eq!(version(&json!({"server_version": "saas~18.2+e"})), (18, Some(true)));
        assert_eq!(version(&json!({"server_version": "21.0"})), (21, None));
    }

    #[test]
    fn series_are_ordered_by_number() {
        assert!(Series::from_major(15) < Series::V16 && Series::V18 < Series::V19);
        assert!(Series::from_major(20) > Series::V19);
    }

    #[test]
    fn json_that_names_no_version_is_none() {
        assert_eq!(Version::from_answer(&json!({"version": "beta"})), None);
        assert_eq!(Version::from_answer(&json!(["18.0"])), None);
    }
}

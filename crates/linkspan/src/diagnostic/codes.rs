//! The stable codes of problems. A code never changes its meaning; a new kind of problem gets a new code.

/// The file cannot be read.
pub const UNREADABLE: &str = "LS0001";
/// The file is not UTF-8.
pub const NOT_UTF8: &str = "LS0002";
/// The file is larger than 1 MiB.
pub const TOO_LARGE: &str = "LS0003";
/// The text is not TOML.
pub const SYNTAX: &str = "LS0004";
/// A key stands twice in one table.
pub const DUPLICATE_KEY: &str = "LS0005";

/// A key that the schema does not have.
pub const UNKNOWN_KEY: &str = "LS0101";
/// A key that must be there is not.
pub const MISSING_KEY: &str = "LS0102";
/// A value of another type than the schema asks for.
pub const WRONG_TYPE: &str = "LS0103";
/// A text that is none of the allowed ones.
pub const UNKNOWN_VALUE: &str = "LS0104";
/// A number outside its range.
pub const OUT_OF_RANGE: &str = "LS0105";
/// A value that fits the schema and is refused all the same.
pub const REFUSED: &str = "LS0106";

/// A secret stands in the file itself.
pub const PLAIN_SECRET: &str = "LS0401";
/// The configuration names a backend, Odoo or connector that does not exist.
pub const UNKNOWN_IN_CONFIG: &str = "LS0402";
/// A setting or secret that the definition asks for and the backend does not give.
pub const NOT_GIVEN: &str = "LS0403";
/// A setting's value does not fit the definition.
pub const BAD_SETTING: &str = "LS0404";
/// A value of the configuration that cannot be used: an address, a time zone, an empty command.
pub const BAD_CONFIG_VALUE: &str = "LS0405";
/// Where a secret comes from is not said in exactly one way.
pub const SECRET_SOURCE: &str = "LS0406";
/// A secret cannot be read: the variable is not set, the file unreadable, the command failed.
pub const SECRET_UNREADABLE: &str = "LS0407";

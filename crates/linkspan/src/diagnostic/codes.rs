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

/// An operation that the definition does not have.
pub const UNKNOWN_OPERATION: &str = "LS0201";
/// An entity that the definition does not have.
pub const UNKNOWN_ENTITY: &str = "LS0202";
/// A secret or setting that the definition does not have.
pub const UNKNOWN_SECRET: &str = "LS0203";
/// A `{name}` that is not declared, or a brace without its partner.
pub const PLACEHOLDER: &str = "LS0204";
/// An Odoo field that the entity does not map.
pub const UNMAPPED_FIELD: &str = "LS0205";
/// A time zone that does not exist.
pub const UNKNOWN_ZONE: &str = "LS0206";
/// A version of the language that this program does not read.
pub const SCHEMA_VERSION: &str = "LS0210";
/// A name with characters that names do not have.
pub const BAD_NAME: &str = "LS0211";
/// A value that fits its type and cannot work: a rate of 0, a path without `/`.
pub const BAD_VALUE: &str = "LS0212";
/// Of several keys exactly one must be there.
pub const EXACTLY_ONE: &str = "LS0220";
/// A key that needs another one.
pub const NEEDS_KEY: &str = "LS0221";
/// Keys that do not go together.
pub const NOT_TOGETHER: &str = "LS0222";
/// An operation that lists records and does not say how the list goes on.
pub const NO_PAGINATE: &str = "LS0223";
/// A relation that does not fit its entity: embedded or not.
pub const RELATION: &str = "LS0224";
/// A default that its type or converter cannot give.
pub const BAD_DEFAULT: &str = "LS0225";
/// The same name twice.
pub const DUPLICATE_NAME: &str = "LS0226";
/// A path that is not written as one.
pub const PATH_SYNTAX: &str = "LS0230";
/// A path that the entity's sample does not have.
pub const NOT_IN_SAMPLE: &str = "LS0231";
/// A sample that cannot be read.
pub const BAD_SAMPLE: &str = "LS0232";
/// A sample that the definition's own mapping refuses, and so every record like it.
pub const SAMPLE_REFUSED: &str = "LS0233";
/// An expression outside the subset.
pub const EXPRESSION: &str = "LS0240";
/// Entities of which each needs the other one first.
pub const CYCLE: &str = "LS0250";

/// Something declared that nothing uses.
pub const UNUSED: &str = "LS0301";

/// A secret stands in the file itself, or an address holds who signs in.
pub const PLAIN_SECRET: &str = "LS0401";
/// The configuration names something that does not exist, or an entity that does not go that way.
pub const UNKNOWN_IN_CONFIG: &str = "LS0402";
/// A setting or secret that the definition asks for and the backend does not give.
pub const NOT_GIVEN: &str = "LS0403";
/// A setting or schedule that cannot be used: it does not fit the definition, or never comes.
pub const BAD_SETTING: &str = "LS0404";
/// A value of the configuration that cannot be used: an address, a time zone, an empty text or command.
pub const BAD_CONFIG_VALUE: &str = "LS0405";
/// Where a secret comes from is not said in exactly one way.
pub const SECRET_SOURCE: &str = "LS0406";
/// A secret cannot be read: the variable is not set, the file unreadable, the command failed.
pub const SECRET_UNREADABLE: &str = "LS0407";

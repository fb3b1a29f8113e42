//! Odoo modules: trees of templates that become Python, XML and text of one Odoo series.
//!
//! [`render`] turns a tree and a context into files; it knows nothing of Odoo but how its files are formatted.
//! [`init`] makes a module from a connector definition; [`publish`] puts it on disk, all or nothing. [`addons`] is the
//! tree of the framework addons, which ship inside the program; [`mod@write`] puts those on disk without losing an edit.
//! [`add`] changes the definition and the files that follow from it in a module that has been edited since: [`merge`]
//! brings what the generator changed into a file that its author has edited. [`verify`] uses a module on a real Odoo.
//! [`lint`] checks modules, [`edit`] changes their files by byte ranges, all or none; [`line_ends`] keeps theirs,
//! [`syntax`] tells whether they can still be parsed.

pub mod add;
pub mod addons;
mod answers;
pub mod edit;
pub mod init;
mod line_ends;
pub mod lint;
pub mod merge;
pub mod publish;
pub mod render;
pub mod series;
mod stand_in;
mod syntax;
pub mod verify;
pub mod write;

pub use render::{RenderError, Rendered, Renderer};
pub use series::Series;

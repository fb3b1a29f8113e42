//! Odoo modules: trees of templates that become Python, XML and text of one Odoo series.
//!
//! [`render`] turns a tree and a context into files; it knows nothing of Odoo but how its files are formatted.
//! [`addons`] is the tree of the framework addons, which ship inside the program. [`write`] puts files on disk
//! without losing an edit.

pub mod addons;
pub mod merge;
pub mod render;
pub mod series;
pub mod verify;
pub mod write;

pub use render::{RenderError, Rendered, Renderer};
pub use series::Series;

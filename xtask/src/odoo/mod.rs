//! A real Odoo to test against: a source tree and a PostgreSQL that the environment names.
//!
//! [`tree`] runs its programs, [`databases`] makes and drops databases, [`template`] holds an installed Odoo with users
//! to copy from, [`server`] is one running copy.

mod databases;
mod server;
mod template;
mod tree;

use anyhow::Result;

pub(crate) use server::{Idle, Server};
pub(crate) use template::{Template, Users};

/// What a person has to set.
pub(crate) const HELP: &str = "
  LINKSPAN_ODOO_SRC       folder of an Odoo source tree, 16.0 to 19.0: the one with odoo-bin (needed)
  LINKSPAN_ODOO_PYTHON    Python that has Odoo's requirements (default: python3)
  LINKSPAN_ODOO_ADDONS    more addons folders, separated by commas (optional)
  LINKSPAN_ODOO_POSTGRES  postgres://user:password@host:port of a role that may create databases, not 'postgres';
                          an installed Odoo is kept there for the next run (default: a throw-away server)
  One call tests one tree; call again for another series.
";

/// An installed Odoo of the tree that `LINKSPAN_ODOO_SRC` names, or nothing if it names none.
pub(crate) fn from_environment(fresh: bool) -> Result<Option<Template>> {
    match tree::Tree::from_environment()? {
        Some(tree) => Ok(Some(Template::prepare(tree, databases::Databases::from_environment()?, fresh)?)),
        None => Ok(None),
    }
}

/// A variable that is set to something.
fn variable(name: &str) -> Option<String> {
    std::env::var(format!("LINKSPAN_ODOO_{name}")).ok().filter(|value| !value.is_empty())
}

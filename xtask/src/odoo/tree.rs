//! An Odoo source tree and how its programs are run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use super::variable;
use crate::system;

/// Modules that the tests need. The chart of accounts is a module of its own only until 16.0.
const MODULES: &str = "base,web,sale_management,contacts";
const CHART_MODULE: &str = "l10n_generic_coa";

/// `nobody`: Odoo refuses to run as root.
const NOBODY: &str = "65534";

/// A source tree, its interpreter and the folder for its files.
pub(super) struct Tree {
    pub(super) source: PathBuf,
    python: String,
    addons: Vec<PathBuf>,
    /// Attachments of all databases, as Odoo lays them out: `filestore/<database>`.
    pub(super) data: PathBuf,
    /// 16, 17, 18 or 19.
    pub(super) series: u32,
    as_nobody: bool,
}

impl Tree {
    pub(super) fn from_environment() -> Result<Option<Self>> {
        let Some(source) = variable("SRC") else { return Ok(None) };
        let source = std::fs::canonicalize(&source)
            .with_context(|| format!("LINKSPAN_ODOO_SRC: there is no folder {source}"))?;
        ensure!(
            source.join("odoo-bin").is_file(),
            "LINKSPAN_ODOO_SRC: {} has no odoo-bin; name the folder that holds it",
            source.display()
        );
        let more = variable("ADDONS").unwrap_or_default();
        let own = [source.join("odoo/addons"), source.join("addons")];
        let addons = own.into_iter().filter(|folder| folder.is_dir());
        let addons =
            addons.chain(more.split(',').filter(|folder| !folder.is_empty()).map(PathBuf::from)).collect();
        let as_nobody = system::is_root()?;
        let mut tree = Self {
            source,
            python: variable("PYTHON").unwrap_or_else(|| "python3".to_owned()),
            addons,
            data: data_folder(as_nobody)?,
            series: 0,
            as_nobody,
        };
        tree.series = tree.ask_series()?;
        Ok(Some(tree))
    }

    /// The interpreter.
    pub(super) fn python(&self) -> &str {
        &self.python
    }

    /// The folders of addons, Odoo's own first.
    pub(super) fn addons_path(&self) -> String {
        let folders: Vec<String> = self.addons.iter().map(|folder| folder.display().to_string()).collect();
        folders.join(",")
    }

    pub(super) fn has_addon(&self, name: &str) -> bool {
        self.addons.iter().any(|folder| folder.join(name).is_dir())
    }

    /// What `MODULES` are in this series.
    pub(super) fn modules(&self) -> String {
        if self.series <= 16 && self.has_addon(CHART_MODULE) {
            format!("{MODULES},{CHART_MODULE}")
        } else {
            MODULES.to_owned()
        }
    }

    /// `odoo-bin` with a subcommand (or none) for one database.
    pub(super) fn odoo(&self, subcommand: Option<&str>, database: &str) -> Command {
        let mut command = self.program(&self.python);
        command.arg(self.source.join("odoo-bin")).args(subcommand).args([
            "-d",
            database,
            "--max-cron-threads=0",
        ]);
        command.arg(format!("--addons-path={}", self.addons_path()));
        command.arg(format!("--data-dir={}", self.data.display()));
        command
    }

    /// A program run as the user that Odoo runs as.
    pub(super) fn program(&self, name: &str) -> Command {
        let mut command = if self.as_nobody {
            let mut command = Command::new("setpriv");
            command
                .arg(format!("--reuid={NOBODY}"))
                .arg(format!("--regid={NOBODY}"))
                .args(["--clear-groups", name]);
            command
        } else {
            Command::new(name)
        };
        // A home of its own, so that nobody's configuration file is read.
        command
            .env("HOME", &self.data)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .current_dir("/")
            .stdin(Stdio::null());
        command
    }

    fn ask_series(&self) -> Result<u32> {
        let mut command = self.program(&self.python);
        let version = system::output(command.arg(self.source.join("odoo-bin")).arg("--version")).context(
            "odoo-bin does not run; LINKSPAN_ODOO_PYTHON names the Python that has Odoo's requirements",
        )?;
        let number = version.trim_start_matches(|c: char| !c.is_ascii_digit()).split('.').next();
        match number.and_then(|number| number.parse().ok()) {
            Some(series @ 16..=19) => Ok(series),
            _ => bail!("{} is '{version}'; 16.0 to 19.0 are supported", self.source.display()),
        }
    }
}

/// Kept between runs beside the installed database, so not in the target folder, which `nobody` may not reach.
fn data_folder(as_nobody: bool) -> Result<PathBuf> {
    let user = system::output(Command::new("id").arg("-u"))?;
    let folder = Path::new("/var/tmp").join(format!("linkspan-live-{user}"));
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let owner = if as_nobody { NOBODY } else { user.as_str() };
    system::output(Command::new("chown").arg(owner).arg(&folder))?;
    Ok(folder)
}

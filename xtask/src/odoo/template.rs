//! An installed Odoo with the users of the tests, made once for each state of a source tree and copied for each test.

use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::databases::Databases;
use super::tree::Tree;
use crate::{step, system};

/// Makes users and keys; prints what [`Users`] reads.
const PROVISION: &str = include_str!("provision.py");

/// Databases of a process are `linkspan_live_<process>_<name>`.
const COPY: &str = "linkspan_live_";

/// An installed database and its users.
pub(crate) struct Template {
    pub(super) tree: Tree,
    pub(super) databases: Databases,
    name: String,
    users: Users,
}

/// Made anew with each template; they open nothing but throw-away databases on this machine.
#[derive(Clone)]
pub(crate) struct Users {
    pub(crate) admin_password: String,
    pub(crate) manager_password: String,
    pub(crate) manager_key: String,
    pub(crate) plain_password: String,
    pub(crate) plain_key: String,
}

impl Template {
    /// Finds the template of this tree in this server, or makes it, which takes some minutes. `fresh` makes it anew.
    pub(super) fn prepare(tree: Tree, databases: Databases, fresh: bool) -> Result<Self> {
        drop_left_behind(&databases)?;
        let family = format!("linkspan_template_{:08x}_", hash(&tree.source) as u32);
        let state = (PROVISION, tree.modules(), modified(&tree.source)?);
        let name = format!("{family}{:08x}", hash(&state) as u32);
        let known =
            if fresh { None } else { databases.mark(&name)?.and_then(|mark| Users::from_mark(&mark)) };
        let users = match known {
            Some(users) => users,
            None => {
                for outdated in databases.names(&family)? {
                    databases.drop(&outdated)?;
                }
                step::work("install Odoo", || {
                    let users = install(&tree, &databases, &name)?;
                    databases.set_mark(&name, &users.mark())?;
                    Ok((users, format!("{} in {name}", tree.modules())))
                })?
            }
        };
        Ok(Self { tree, databases, name, users })
    }

    /// 16, 17, 18 or 19.
    pub(crate) fn series(&self) -> u32 {
        self.tree.series
    }

    /// Whether an addon of this name is on the addons path.
    pub(crate) fn has_addon(&self, name: &str) -> bool {
        self.tree.has_addon(name)
    }

    /// Names this Odoo and this server, with one more addons folder, to a command that makes databases of its own.
    pub(crate) fn name_to(&self, command: &mut Command, addons: &Path) {
        command
            .arg("--odoo-src")
            .arg(&self.tree.source)
            .args(["--python", self.tree.python()])
            .arg("--addons-path")
            .arg(format!("{},{}", self.tree.addons_path(), addons.display()))
            .arg("--db-url")
            .arg(self.databases.url());
    }

    /// The words that start `odoo-bin` on a database of this server, as a JSON list; `-d` has a value to replace.
    pub(crate) fn command_line(&self) -> String {
        let mut command = self.tree.odoo(None, "");
        command.envs(self.databases.environment.iter().cloned());
        let environment = command.get_envs().filter_map(|(name, value)| {
            Some(format!("{}={}", name.to_string_lossy(), value?.to_string_lossy()))
        });
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let words = words.map(|word| word.to_string_lossy().into_owned());
        let all = std::iter::once("env".to_owned()).chain(environment).chain(words);
        let quoted: Vec<String> = all.map(|word| format!("{word:?}")).collect();
        format!("[{}]", quoted.join(","))
    }

    /// Who may sign in to every copy.
    pub(crate) fn users(&self) -> &Users {
        &self.users
    }

    /// A copy of the database and of its files, for one test.
    pub(super) fn copy(&self, name: &str) -> Result<String> {
        let database = format!("{COPY}{}_{name}", std::process::id());
        self.databases.create(&database, &self.name)?;
        let store = |database: &str| self.tree.data.join("filestore").join(database);
        if store(&self.name).is_dir() {
            system::output(self.tree.program("cp").arg("-a").arg(store(&self.name)).arg(store(&database)))?;
        }
        Ok(database)
    }

    /// Removes a copy.
    pub(super) fn remove(&self, database: &str) -> Result<()> {
        self.databases.drop(database)?;
        remove_files(&self.tree, database)
    }
}

impl Users {
    /// May do everything, make taxes for example.
    pub(crate) const ADMIN: &str = "admin";
    /// The manager of sales: administers sales, contacts and products.
    pub(crate) const MANAGER: &str = "manager@example.com";
    /// A salesperson, who may not create products.
    pub(crate) const PLAIN: &str = "sales@example.com";

    fn mark(&self) -> String {
        let Self { admin_password, manager_password, manager_key, plain_password, plain_key } = self;
        format!("{admin_password} {manager_password} {manager_key} {plain_password} {plain_key}")
    }

    fn from_mark(mark: &str) -> Option<Self> {
        let mut words = mark.split(' ').map(str::to_owned);
        let mut next = || words.next();
        Some(Self {
            admin_password: next()?,
            manager_password: next()?,
            manager_key: next()?,
            plain_password: next()?,
            plain_key: next()?,
        })
    }
}

fn install(tree: &Tree, databases: &Databases, name: &str) -> Result<Users> {
    remove_files(tree, name)?;
    databases.create(name, "template0")?;
    let mut command = tree.odoo(None, name);
    command.args(["-i", &tree.modules(), "--stop-after-init", "--no-http"]);
    // From 19.0 on there is no demo data unless asked for.
    if tree.series < 19 {
        command.arg("--without-demo=all");
    }
    logged(databases, &mut command, "install")?;
    let script = system::scratch()?.join("provision.py");
    std::fs::write(&script, PROVISION)?;
    let mut shell = tree.odoo(Some("shell"), name);
    shell.arg("--no-http").stdin(File::open(&script)?);
    let said = logged(databases, &mut shell, "provision")?;
    let mark = said.lines().find_map(|line| line.split_once("LINKSPAN-USERS ")).map(|(_, mark)| mark.trim());
    mark.and_then(Users::from_mark).with_context(|| format!("provision.py printed no users:\n{said}"))
}

/// Runs Odoo with its output in a file of the scratch folder, and gives that output.
fn logged(databases: &Databases, command: &mut Command, name: &str) -> Result<String> {
    let file = system::scratch()?.join(format!("odoo-{name}.log"));
    let log = File::create(&file)?;
    command.envs(databases.environment.iter().cloned()).stdout(log.try_clone()?).stderr(Stdio::from(log));
    let status = command.status().context("cannot start Odoo")?;
    let said = String::from_utf8_lossy(&std::fs::read(&file)?).into_owned();
    if !status.success() {
        let lines: Vec<&str> = said.lines().collect();
        bail!(
            "Odoo failed ({status}); the end of {}:\n{}",
            file.display(),
            lines[lines.len().saturating_sub(15)..].join("\n")
        );
    }
    Ok(said)
}

fn remove_files(tree: &Tree, database: &str) -> Result<()> {
    let folder = tree.data.join("filestore").join(database);
    system::output(tree.program("rm").arg("-rf").arg(folder)).map(drop)
}

/// Copies of processes that were killed before they could remove them.
fn drop_left_behind(databases: &Databases) -> Result<()> {
    for name in databases.names(COPY)? {
        let process = name[COPY.len()..].split('_').next().unwrap_or_default();
        if !Path::new("/proc").join(process).exists() {
            databases.drop(&name)?;
        }
    }
    Ok(())
}

/// When the tree last changed, as far as it matters: an update of Odoo rewrites these.
fn modified(source: &Path) -> Result<Vec<std::time::SystemTime>> {
    ["odoo-bin", "odoo", "odoo/release.py", "odoo/addons"]
        .into_iter()
        .map(|name| source.join(name))
        .filter(|file| file.exists())
        .map(|file| Ok(std::fs::metadata(&file)?.modified()?))
        .collect()
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

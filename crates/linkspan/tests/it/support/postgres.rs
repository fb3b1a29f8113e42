//! A real PostgreSQL for tests.
//!
//! [`new_schema_url`] gives the URL of an empty schema of its own to each caller. The server is the
//! one `LINKSPAN_TEST_POSTGRES_URL` names (any role that may create schemas; they are left behind),
//! or a throw-away cluster, started once a process and removed when the process ends, however it
//! ends. Without either the test fails: a skipped database is an untested one.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// Names a server whose database the tests may fill with schemas.
const SERVER_VARIABLE: &str = "LINKSPAN_TEST_POSTGRES_URL";

/// URL of a new, empty schema, for `Store::open`.
pub(crate) async fn new_schema_url() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let server = server_url();
    let schema = format!("linkspan_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let mut connection = PgConnection::connect(server).await.expect("the test PostgreSQL answers");
    let create = format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}");
    sqlx::raw_sql(AssertSqlSafe(create)).execute(&mut connection).await.expect("a schema can be created");
    connection.close().await.expect("the connection closes");
    let separator = if server.contains('?') { '&' } else { '?' };
    format!("{server}{separator}options=-csearch_path%3D{schema}")
}

fn server_url() -> &'static str {
    static SERVER: OnceLock<Server> = OnceLock::new();
    &SERVER.get_or_init(Server::find_or_start).url
}

struct Server {
    url: String,
    _cluster: Option<Cluster>,
}

impl Server {
    fn find_or_start() -> Self {
        match std::env::var(SERVER_VARIABLE) {
            Ok(url) => Self { url, _cluster: None },
            Err(_) => {
                let cluster = Cluster::start();
                Self { url: cluster.url(), _cluster: Some(cluster) }
            }
        }
    }
}

/// A throw-away server; it is gone when this is dropped or the process ends.
pub(crate) struct Cluster {
    as_user: Vec<String>,
    programs: PathBuf,
    folder: String,
    port: u16,
    /// Closing this pipe, as the kernel does when the process ends, stops the server.
    _janitor: ChildStdin,
}

impl Cluster {
    /// Starts one of the test's own.
    pub(crate) fn start() -> Cluster {
        start().unwrap_or_else(|reason| {
            panic!(
                "these tests need PostgreSQL and none could be started: {reason}. Install it (package \
                 \"postgresql\") or set {SERVER_VARIABLE}"
            )
        })
    }

    /// Of its database `postgres`, as its superuser.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Ends it at once, as a crash does: no transaction is ended, no connection closed politely.
    pub(crate) fn crash(&self) {
        self.control(&["-m", "immediate", "stop"]);
    }

    /// Starts it on the same port; returns when it answers.
    pub(crate) fn start_again(&self) {
        let options = settings(self.port);
        let log = format!("{}/log", self.folder);
        self.control(&["-l", &log, "-o", &options, "-w", "start"]);
    }

    fn control(&self, arguments: &[&str]) {
        let data = format!("{}/data", self.folder);
        let all = [&["-D", &data], arguments].concat();
        run(&self.as_user, text(&self.programs.join("pg_ctl")), &all).expect("pg_ctl does it");
    }
}

fn start() -> Result<Cluster, String> {
    let programs = programs()?;
    let as_user = unprivileged_prefix()?;
    let folder = run(&as_user, "mktemp", &["-d", "-t", "linkspan-postgres-XXXXXX"])?;
    let data = format!("{folder}/data");
    // The janitor comes first, so that nothing is left behind if one of the next steps fails.
    let janitor = start_janitor(&as_user, &programs, &folder)?;
    let initdb = programs.join("initdb");
    // A language's own sort order, so that a statement that relies on another one is found out.
    let plain = ["-D", &data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N"];
    let sorted = [&plain[..], &["--locale-provider=icu", "--icu-locale=en-US"]].concat();
    let knows_icu = run(&as_user, text(&initdb), &["--help"])?.contains("--icu-locale");
    run(&as_user, text(&initdb), if knows_icu { &sorted } else { &plain })?;
    let port = start_server(&as_user, &programs, &folder, &data)?;
    Ok(Cluster { as_user, programs, folder, port, _janitor: janitor })
}

/// Nothing of a test outlives the machine, so nobody waits for the disk.
fn settings(port: u16) -> String {
    format!(
        "-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off \
         -c full_page_writes=off -c max_connections=200"
    )
}

/// The port may be taken by somebody else between choosing and using it, hence some attempts.
fn start_server(as_user: &[String], programs: &Path, folder: &str, data: &str) -> Result<u16, String> {
    let log = format!("{folder}/log");
    let mut failure = String::new();
    for _ in 0..5 {
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .map_err(|error| format!("no free port: {error}"))?
            .port();
        let settings = settings(port);
        let pg_ctl = programs.join("pg_ctl");
        match run(as_user, text(&pg_ctl), &["-D", data, "-l", &log, "-o", &settings, "-w", "start"]) {
            Ok(_) => return Ok(port),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// Waits in a process of its own until this one is gone, then stops the server and its files.
fn start_janitor(as_user: &[String], programs: &Path, folder: &str) -> Result<ChildStdin, String> {
    let script = format!(
        "cat >/dev/null; '{}' -D '{folder}/data' -m immediate stop; rm -rf '{folder}'",
        text(&programs.join("pg_ctl"))
    );
    let words: Vec<&str> =
        as_user.iter().map(String::as_str).chain(["setsid", "sh", "-c", &script]).collect();
    Command::new(words[0])
        .args(&words[1..])
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()
        .and_then(|mut child| child.stdin.take())
        .ok_or_else(|| "no shell to clean up behind it".to_owned())
}

/// The folder of the newest installed server's programs.
fn programs() -> Result<PathBuf, String> {
    let on_path = std::env::var_os("PATH")
        .into_iter()
        .flat_map(|path| std::env::split_paths(&path).map(|folder| (u32::MAX, folder)).collect::<Vec<_>>());
    let packaged =
        std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        });
    packaged
        .chain(on_path)
        .filter(|(_, folder)| folder.join("initdb").is_file() && folder.join("pg_ctl").is_file())
        .max_by_key(|(version, _)| *version)
        .map(|(_, folder)| folder)
        .ok_or_else(|| "no initdb in /usr/lib/postgresql/*/bin or on the PATH".to_owned())
}

/// PostgreSQL refuses to run as root, so root starts it as its package's user.
fn unprivileged_prefix() -> Result<Vec<String>, String> {
    let is_root = run(&[], "id", &["-u"])? == "0";
    let words = if is_root { &["runuser", "-u", "postgres", "--"][..] } else { &["env"][..] };
    Ok(words.iter().map(|word| (*word).to_owned()).collect())
}

fn text(path: &Path) -> &str {
    path.to_str().expect("the programs' folder has a plain name")
}

/// Output of a program that must succeed.
fn run(prefix: &[String], program: &str, args: &[&str]) -> Result<String, String> {
    let words: Vec<&str> = prefix.iter().map(String::as_str).chain([program]).collect();
    let output = Command::new(words[0])
        .args(&words[1..])
        .args(args)
        .current_dir("/")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{}: {error}", words[0]))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        Err(format!("{program} failed: {}", String::from_utf8_lossy(&output.stderr).trim()))
    }
}

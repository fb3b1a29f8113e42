//! One JSON-RPC call to an Odoo on this machine, with nothing but `std`.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result};

const TIMEOUT: Duration = Duration::from_secs(60);

/// Calls a method of a service; `arguments` is the JSON list of its arguments. Gives the body of the answer.
pub(crate) fn call_odoo(port: u16, service: &str, method: &str, arguments: &str) -> Result<String> {
    let body = format!(
        r#"{{"jsonrpc":"2.0","method":"call","id":1,"params":{{"service":"{service}","method":"{method}","args":{arguments}}}}}"#
    );
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    let head = format!(
        "POST /jsonrpc HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    Ok(answer.split_once("\r\n\r\n").context("no HTTP answer")?.1.to_owned())
}

/// The number, or the first of a list of numbers, that follows the first `"name":` in a JSON text.
pub(crate) fn number(json: &str, name: &str) -> Option<u64> {
    let (_, rest) = json.split_once(&format!("\"{name}\":"))?;
    let rest = rest.trim_start().trim_start_matches('[');
    rest[..rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_by_its_name() {
        assert_eq!(number(r#"{"id":1,"result": 250012}"#, "result"), Some(250_012));
        assert_eq!(number(r#"{"result":12"#, "result"), Some(12));
        assert_eq!(number(r#"{"result": [31, 30]}"#, "result"), Some(31));
        assert_eq!(number(r#"{"result":"x"}"#, "result"), None);
        assert_eq!(number(r#"{"error":{}}"#, "result"), None);
    }
}

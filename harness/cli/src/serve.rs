//! A server for the rendered site on this machine: browsers run engines only in pages that come by http.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

/// Bytes that the head of a request may have.
const HEAD: u64 = 16_384;

/// Answers requests for files of a folder until the process ends, a thread each.
///
/// # Errors
/// If the listener breaks.
pub fn serve(listener: &TcpListener, folder: &Path) -> io::Result<()> {
    for stream in listener.incoming() {
        let (stream, folder) = (stream?, folder.to_owned());
        // What goes wrong with one reader is no matter to the others.
        std::thread::spawn(move || answer(&stream, &folder));
    }
    Ok(())
}

fn answer(mut stream: &TcpStream, folder: &Path) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut lines = BufReader::new(stream.take(HEAD)).lines();
    let request = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    // The rest of the head says nothing that is needed here, but has to be read before an answer.
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let mut words = request.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let found = path(target).and_then(|path| {
        let path = if path.as_os_str().is_empty() { "index.html".into() } else { path };
        Some((kind(&path), fs::read(folder.join(&path)).ok()?))
    });
    let (status, kind, body) = match (method, &found) {
        ("GET" | "HEAD", Some((kind, body))) => ("200 OK", *kind, body.as_slice()),
        ("GET" | "HEAD", None) => ("404 Not Found", "text/plain", &b"There is no such page.\n"[..]),
        _ => ("405 Method Not Allowed", "text/plain", &b"Pages can only be read.\n"[..]),
    };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nCache-Control: no-cache\r\n\
         X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
    )?;
    if method != "HEAD" {
        stream.write_all(body)?;
    }
    stream.flush()
}

/// The file that a request names, below the folder; none if it leads out of it.
fn path(target: &str) -> Option<PathBuf> {
    let target = target.split(['?', '#']).next()?.strip_prefix('/')?;
    // Names of the site's files are plain; anything that is spelt otherwise is not one.
    let path = PathBuf::from(target);
    let is_plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    (is_plain && !target.contains(['%', '\\', '\0'])).then_some(path)
}

/// What a file is, by its end.
fn kind(path: &Path) -> &'static str {
    match path.extension().and_then(|end| end.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("json") => "application/json",
        Some("xml") => "application/xml",
        Some("csv") => "text/csv; charset=utf-8",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_outside_the_folder_is_named() {
        let is = |target| path(target).map(|path| path.display().to_string());
        assert_eq!(is("/entries/a.html?x=/../y").as_deref(), Some("entries/a.html"));
        assert_eq!(is("/").as_deref(), Some(""));
        for target in ["", "x", "/../x", "/a/../../x", "//etc/passwd", "/%2e%2e/x", "/..\\x", "http://a/x"] {
            assert_eq!(is(target), None, "{target}");
        }
    }

    #[test]
    fn files_are_answered_and_others_are_not() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("a")).unwrap();
        fs::write(folder.path().join("a/b.html"), "<p>x").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let inside = folder.path().to_owned();
        std::thread::spawn(move || serve(&listener, &inside));
        let ask = |request: &str| {
            let mut stream = TcpStream::connect(address).unwrap();
            write!(stream, "{request} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        };
        let page = ask("GET /a/b.html");
        assert!(
            page.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/html") && page.ends_with("\r\n\r\n<p>x"),
            "{page}"
        );
        assert!(ask("HEAD /a/b.html").ends_with("\r\n\r\n"));
        for (request, status) in [("GET /a", 404), ("GET /a/../a/b.html", 404), ("POST /a/b.html", 405), ("\u{1}", 405)]
        {
            assert!(ask(request).starts_with(&format!("HTTP/1.1 {status} ")), "{request}");
        }
    }
}

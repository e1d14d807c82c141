//! Published benchmarks: fetched, scored, verified.

mod common;

use common::Project;
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;

const PAIRS: &str = r#"{"sentence_good":"A dog barks.","sentence_bad":"A dog bark.","linguistics_term":"agreement","pairID":"0"}
{"sentence_good":"Dogs bark.","sentence_bad":"Dogs barks.","linguistics_term":"agreement","pairID":"1"}
{"sentence_good":"Same.","sentence_bad":"Same.","linguistics_term":"agreement","pairID":"2"}
"#;
const WORDS: &str = "{\"context\":\"one two\",\"continuation\":\"three\"}\n";
const TEXT: &str = "skip this. The kettle hums.";

/// A project with three public tasks and a mirror of their data.
struct World {
    project: Project,
    mirror: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let world = World { project: Project::new(), mirror: tempfile::tempdir().unwrap() };
        world.task("pairs-public", "choice", r#"{"format":"blimp"}"#, "data/agreement.jsonl", PAIRS);
        let words = r#"{"format":"continuations","before_option":" "}"#;
        world.task("words", "continuation", words, "words.jsonl", WORDS);
        world.task("text", "bits_per_byte", r#"{"format":"text","from":11}"#, "text.txt", TEXT);
        world
    }

    fn task(&self, id: &str, kind: &str, source: &str, place: &str, data: &str) {
        let place = format!("owner/repository/0123abc/{place}");
        let path = self.mirror.path().join(&place);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, data).unwrap();
        let digest = Sha256::digest(data).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let name = path.file_name().unwrap().to_str().unwrap();
        let definition = format!(
            r#"{{"schema":1,"id":"{id}","version":1,"kind":"{kind}","suite":"public","title":"{id}","analysis":"A test.","license":"CC0-1.0",
            "source":{source},"files":[{{"path":"{name}","bytes":{},"sha256":"{digest}","url":"https://raw.githubusercontent.com/{place}"}}],
            "references":[{{"name":"xz","kind":"measured","figure":0.5,"source":"xz -9e"}}]}}"#,
            data.len()
        );
        fs::create_dir_all(self.project.path(&format!("tasks/{id}"))).unwrap();
        fs::write(self.project.path(&format!("tasks/{id}/task.json")), definition).unwrap();
        let readme = "# A task\n<!-- scores: made by `cargo golf run` -->\n<!-- end of scores -->\n";
        fs::write(self.project.path(&format!("tasks/{id}/README.md")), readme).unwrap();
    }

    fn mirror(&self) -> &str {
        self.mirror.path().to_str().unwrap()
    }

    fn fetched(&self, place: &str) -> std::path::PathBuf {
        self.project.path(&format!(".golf/fetched/owner/repository/0123abc/{place}"))
    }
}

#[test]
fn data_is_fetched_once_scored_and_verified() {
    let world = World::new();
    let project = &world.project;
    // Without data the suite `core` goes on as ever, and the other says what it lacks.
    project.expect(&["score", "entry", "--suite", "public"], 3, "`cargo golf fetch` brings it");
    assert!(project.golf(&["run"]).status.success());
    assert!(!project.path("results/entry/public.json").exists());
    project.expect(&["fetch", "riddles"], 2, "there is no task `riddles` of published data");

    let fetch = |arguments: &[&str], environment: Option<&str>| {
        let mut command = project.command(&[&["fetch"], arguments].concat());
        command.env_remove("GOLF_MIRROR");
        environment.into_iter().for_each(|mirror| _ = command.env("GOLF_MIRROR", mirror));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(fetch(&["words", "--mirror", world.mirror()], None).contains("1 files fetched"));
    let text = fetch(&[], Some(world.mirror()));
    assert!(text.contains("3 tasks: 2 files fetched") && text.contains("1 were there already, 3 in all"), "{text}");
    assert!(fetch(&["--mirror", "nowhere"], None).contains("0 files fetched (0 bytes), 3 were there already"));

    let output = project.golf(&["score", "entry", "--suite", "public"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let score: serde_json::Value = serde_json::from_slice(&project.read("results/entry/public.json")).unwrap();
    let part = |task: usize| &score["tasks"][task]["parts"][0];
    assert_eq!((&part(0)["name"], &part(0)["group"]), (&"agreement".into(), &"agreement".into()));
    assert_eq!(part(0)["items"], 3);
    // A tie is wrong.
    assert!(part(0)["right"].as_u64().unwrap() <= 2);
    assert_eq!(part(1)["bytes"], TEXT.len() - 11);
    assert_eq!((&part(2)["items"], &part(2)["bytes"]), (&1.into(), &6.into()));
    let verified = String::from_utf8(project.golf(&["verify"]).stdout).unwrap();
    assert!(verified.contains("entry: 3 public tasks: the same, bit for bit"), "{verified}");

    assert!(project.golf(&["run", "--suite", "public"]).status.success());
    let readme = String::from_utf8(project.read("tasks/text/README.md")).unwrap();
    assert!(readme.contains("| xz | measured here | 0.500 | xz -9e |"), "{readme}");
    assert!(readme.contains("| [entry](../../submissions/entry/README.md) | entry | 8."), "{readme}");
    let csv = String::from_utf8(project.read("results/public.csv")).unwrap();
    assert!(csv.contains("text,1,xz,measured here,0.500000,bits per byte,,,xz -9e"), "{csv}");
    let board = String::from_utf8(project.read("results/leaderboard.csv")).unwrap();
    assert!(!board.contains("xz") && !board.contains("words"), "{board}");

    // Where the data isn't, the record stands unverified; where it was changed by hand, it doesn't verify.
    fs::remove_file(world.fetched("text.txt")).unwrap();
    let verified = String::from_utf8(project.golf(&["verify"]).stdout).unwrap();
    assert!(verified.contains("entry: 2 public tasks: the same") && verified.contains("1 public tasks not verified"));
    let record = String::from_utf8(project.read("results/entry/public.json")).unwrap();
    fs::write(project.path("results/entry/public.json"), record.replace("\"items\":3", "\"items\":4")).unwrap();
    project.expect(&["verify"], 1, "pairs-public: scored");
}

#[test]
fn what_is_not_as_pinned_is_not_kept() {
    let world = World::new();
    let (project, mirror) = (&world.project, world.mirror());
    let of_mirror = |place: &str| world.mirror.path().join("owner/repository/0123abc").join(place);
    fs::write(of_mirror("text.txt"), "skip this. The kettle hums!").unwrap();
    fs::write(of_mirror("words.jsonl"), WORDS.repeat(1000)).unwrap();
    project.expect(&["fetch", "--mirror", mirror], 3, "are pinned; nothing was kept");
    assert!(!world.fetched("text.txt").exists() && !world.fetched("words.jsonl").exists());
    assert!(world.fetched("data/agreement.jsonl").exists(), "the others are brought");
    // A file that was damaged after it came is brought again.
    fs::write(of_mirror("text.txt"), TEXT).unwrap();
    fs::write(of_mirror("words.jsonl"), WORDS).unwrap();
    fs::write(world.fetched("data/agreement.jsonl"), "torn").unwrap();
    project.expect(&["score", "entry", "--task", "pairs-public"], 3, "run `cargo golf fetch pairs-public`");
    assert!(project.golf(&["fetch", "--mirror", mirror]).status.success());
    assert_eq!(fs::read_to_string(world.fetched("data/agreement.jsonl")).unwrap(), PAIRS);
}

#[test]
fn an_address_can_be_the_mirror() {
    let world = World::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let root = world.mirror.path().to_owned();
    std::thread::spawn(move || listener.incoming().flatten().for_each(|stream| serve(stream, &root)));
    let output = world.project.golf(&["fetch", "--mirror", &address]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(fs::read_to_string(world.fetched("text.txt")).unwrap(), TEXT);
    fs::remove_file(world.fetched("text.txt")).unwrap();
    fs::remove_file(world.mirror.path().join("owner/repository/0123abc/text.txt")).unwrap();
    world.project.expect(&["fetch", "--mirror", &address], 3, "404");
    // Nobody listens there.
    world.project.expect(
        &["fetch", "--mirror", "http://127.0.0.1:1"],
        3,
        "or name a mirror with --mirror or GOLF_MIRROR",
    );
    assert!(!world.fetched("text.txt").exists());
}

/// One request of HTTP.
fn serve(mut stream: std::net::TcpStream, root: &Path) {
    let mut request = [0; 4096];
    let length = stream.read(&mut request).unwrap_or(0);
    let request = String::from_utf8_lossy(&request[..length]).into_owned();
    let path = request.split(' ').nth(1).unwrap_or("/").trim_start_matches('/');
    let (status, body) = fs::read(root.join(path)).map_or(("404 Not Found", vec![]), |body| ("200 OK", body));
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    let _ = stream.write_all(&[head.as_bytes(), &body].concat());
}

#[test]
fn definitions_that_could_reach_elsewhere_are_refused() {
    for (from, to) in [
        ("https://raw.githubusercontent.com/owner", "https://example.com/owner"),
        ("owner/repository/0123abc", "owner/../../0123abc"),
        ("\"suite\":\"public\"", "\"suite\":\"core\""),
        ("\"format\":\"text\"", "\"format\":\"blimp\""),
        ("\"source\":", "\"generator\":{\"name\":\"sense\"},\"source\":"),
    ] {
        let world = World::new();
        let path = world.project.path("tasks/text/task.json");
        let text = fs::read_to_string(&path).unwrap().replace(from, to);
        fs::write(&path, text).unwrap();
        world.project.expect(&["check"], 3, "tasks/text/task.json");
    }
}

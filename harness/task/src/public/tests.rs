use super::*;
use std::io::Write;

/// A task with one file, `data/NAME`, and that file fetched.
struct Fetched {
    folder: tempfile::TempDir,
    definition: Definition,
}

impl Fetched {
    fn new(kind: &str, source: &str, name: &str, data: &[u8]) -> Self {
        let digest: String = Sha256::digest(data).iter().map(|byte| format!("{byte:02x}")).collect();
        let json = format!(
            r#"{{"schema":1,"id":"x","version":1,"kind":"{kind}","suite":"public","title":"","analysis":"","license":"MIT","source":{source},
            "files":[{{"path":"{name}","bytes":{},"sha256":"{digest}","url":"{UPSTREAM}a/b/c/{name}"}}]}}"#,
            data.len()
        );
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("a/b/c")).unwrap();
        fs::write(folder.path().join("a/b/c").join(name), data).unwrap();
        Fetched { folder, definition: serde_json::from_str(&json).unwrap() }
    }

    fn questions(&self) -> Result<Vec<Question>, String> {
        let mut parts = load_parts(&self.definition, self.folder.path()).map_err(|error| error.message)?;
        assert_eq!(parts.len(), 1);
        Ok(parts.remove(0).questions)
    }
}

#[test]
fn a_treebanks_sentences_are_lines() {
    let data = b"# newdoc id = a\n# sent_id = 1\n# text = One, two.\n1\tOne\t_\n\n# text = Three\n# text_en = no\n";
    let task = Fetched::new("bits_per_byte", r#"{"format":"conllu"}"#, "t.conllu", data);
    assert_eq!(task.questions(), Ok(vec![Question::Document(b"One, two.\nThree\n".to_vec())]));
    let none = Fetched::new("bits_per_byte", r#"{"format":"conllu"}"#, "t.conllu", b"1\tOne\t_\n");
    assert_eq!(none.questions(), Err("has no text where the task expects it".into()));
    let beyond = Fetched::new("bits_per_byte", r#"{"format":"text","from":5}"#, "t.txt", b"12345");
    assert!(beyond.questions().is_err());
}

#[test]
fn choices_follow_their_context_and_a_space() {
    let line = r#"{"query":"Why?","choices":["a","bc"],"gold":1}"#;
    let source = r#"{"format":"choices","after_context":"\nAnswer:","before_option":" "}"#;
    let task = Fetched::new("choice", source, "t.jsonl", line.as_bytes());
    let options = vec![b" a".to_vec(), b" bc".to_vec()];
    let expected = Question::Choice { context: b"Why?\nAnswer:".to_vec(), options, lead: 1, answer: 1 };
    assert_eq!(task.questions(), Ok(vec![expected]));
    for bad in [line.replace("1}", "2}"), line.replace(r#","bc""#, ""), line.replace("bc", ""), "{}".into()] {
        let message = Fetched::new("choice", source, "t.jsonl", bad.as_bytes()).questions().unwrap_err();
        assert!(message.starts_with("line 1: "), "{message}");
    }
}

#[test]
fn requests_for_the_same_question_are_one() {
    let doc = |query: &str| {
        format!(r#"{{"request_type":"x","doc":{{"query":"{query}","choices":["a","b"],"gold":0}},"idx":0}}"#)
    };
    let mut packer = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
    packer.write_all([doc("p"), doc("p"), doc("q"), doc("q")].join("\n").as_bytes()).unwrap();
    let task = Fetched::new("choice", r#"{"format":"requests"}"#, "t.jsonl.gz", &packer.finish().unwrap());
    let questions = task.questions().unwrap();
    let contexts: Vec<&[u8]> = questions
        .iter()
        .map(|question| match question {
            Question::Choice { context, .. } => context.as_slice(),
            _ => panic!("a choice"),
        })
        .collect();
    assert_eq!(contexts, [b"p", b"q"]);
    let torn = Fetched::new("choice", r#"{"format":"requests"}"#, "t.jsonl.gz", &[31, 139, 8, 0]);
    assert!(torn.questions().unwrap_err().starts_with("is not gzip"));
}

#[test]
fn a_sample_is_the_same_for_ever() {
    let pair = |n: usize| format!(r#"{{"sentence_good":"good {n}","sentence_bad":"bad {n}","linguistics_term":"g"}}"#);
    let lines: Vec<String> = (0..10).map(pair).collect();
    let source = r#"{"format":"blimp","sample":3}"#;
    let task = Fetched::new("choice", source, "paradigm.jsonl", lines.join("\n").as_bytes());
    let sentences: Vec<String> = task
        .questions()
        .unwrap()
        .into_iter()
        .map(|question| match question {
            Question::Choice { options, answer: 1, .. } => String::from_utf8(options[1].clone()).unwrap(),
            _ => panic!("a pair whose second sentence is right"),
        })
        .collect();
    assert_eq!(sentences, SAMPLE);
}

/// Computed independently with Python's hashlib.
const SAMPLE: [&str; 3] = ["good 0", "good 7", "good 9"];

#[test]
fn addresses_are_places_below_a_folder() {
    let place = |url: &str| {
        let file =
            DataFile { path: String::new(), bytes: 0, sha256: String::new(), url: Some(format!("{UPSTREAM}{url}")) };
        file.place().map(str::to_owned)
    };
    assert_eq!(place("a/b/c0ffee/d/e-f_1.jsonl.gz"), Some("a/b/c0ffee/d/e-f_1.jsonl.gz".into()));
    for bad in ["a/b/c", "a/b/c/../d", "/a/b/c", "a/b//c", "a/b/c/.d", "a/b/c/d?x", "a/b/c/d%2e", "a\\b/c/d/e"] {
        assert_eq!(place(bad), None, "{bad}");
    }
}

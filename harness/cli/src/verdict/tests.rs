use super::*;

fn verdict() -> Verdict {
    let entry = Scored {
        slug: "mine".into(),
        artifact: "0".repeat(64),
        bytes: 99_000,
        parameters: 400_000,
        engine: "ternary@1".into(),
        digest: "f".repeat(64),
        tasks: vec![TaskLine { task: "prose".into(), is_bits_per_byte: true, value: 2.25, before: Some(2.5) }],
        classes: vec![
            ClassLine { class: 16_000_000, rank: 2, tied: None, leads: false, entries: 5, before: None },
            ClassLine { class: 100_000, rank: 2, tied: Some([1, 2]), leads: true, entries: 3, before: Some(3) },
        ],
        on_front: true,
        displaced: vec!["theirs".into()],
    };
    let (base, head) = ("a".repeat(40), "b".repeat(40));
    Verdict {
        schema: 1,
        base,
        head,
        about: About::Entry,
        accepted: true,
        faults: vec![],
        notes: vec![],
        entry: Some(entry),
    }
}

#[test]
fn what_is_written_is_read_again() {
    let text = golf_record::to_json(&verdict());
    assert_eq!(Verdict::read(text.as_bytes()).unwrap(), verdict());
    let comment = verdict().markdown();
    for piece in [
        "`mine` is in order",
        "99,000 bytes",
        "| 16 MB | 2 of 5 | - |",
        "| 100 KB | 1-2 tied of 3, holds the record | 3 |",
        "| `prose` | 2.2500 bits per byte | 2.5000 bits per byte |",
        "`theirs` no longer so",
    ] {
        assert!(comment.contains(piece), "no «{piece}» in {comment}");
    }
}

#[test]
fn text_that_no_harness_writes_is_refused() {
    type Change = fn(&mut Verdict);
    let changes: [(&str, Change); 8] = [
        ("schema", |v| v.schema = 2),
        ("head", |v| v.head = "main; rm".into()),
        ("faults", |v| (v.accepted, v.faults) = (false, vec!["``![](http://example.org)".into()])),
        ("notes", |v| v.notes = vec!["\u{202e}[2J".into()]),
        ("accepted", |v| v.faults = vec!["wrong".into()]),
        ("slug", |v| v.entry.as_mut().unwrap().slug = "<b>".into()),
        ("engine", |v| v.entry.as_mut().unwrap().engine = "`@x`".into()),
        ("tasks", |v| v.entry.as_mut().unwrap().tasks[0].task = "a|b".into()),
    ];
    for (field, change) in changes {
        let mut changed = verdict();
        change(&mut changed);
        let fault = Verdict::read(golf_record::to_json(&changed).as_bytes()).unwrap_err();
        assert!(fault.message.contains(&format!("`{field}`")), "{field}: {fault}");
    }
    assert!(Verdict::read(&vec![b' '; LIMIT + 1]).is_err());
    // The reader of JSON quotes what it doesn't know.
    let fault = Verdict::read(br#"{"\u001b[2J\u202e": 1}"#).unwrap_err();
    assert!(fault.message.contains("`?[2J?`"), "{fault}");
}

#[test]
fn long_and_hostile_messages_are_cut_to_what_is_accepted() {
    let faults = (0..80).map(|index| format!("{index} ``<script>`\u{1b}{}", "x".repeat(2_000))).collect();
    let verdict = Verdict { accepted: false, faults, entry: None, ..verdict() }.bounded();
    assert_eq!(Verdict::read(golf_record::to_json(&verdict).as_bytes()).unwrap(), verdict);
    assert!(verdict.markdown().contains("- `` and 30 more ``"));
    assert!(!verdict.markdown().contains('\u{1b}'));
}

//! The site as a whole.

mod markup;

use crate::fixtures::{HOSTILE, estimates, examples, fixtures, many, public_fixtures};
use crate::{Play, Site, SiteError, format, render};
use golf_record::{Leaderboard, Tables};
use golf_task::Definition;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

fn render_into(board: &Leaderboard, tasks: &[Definition], out: &Path) -> Result<usize, SiteError> {
    let (tables, estimates) = (board.tables(), estimates());
    let public = if board.entries.is_empty() { vec![] } else { public_fixtures() };
    let (command, season) = ("cargo golf site", "2026-4");
    let (examples, schemas, base, play) = (examples(), &[], None, Play::default());
    let (tables, examples, estimates) = (&tables, &examples, &estimates);
    let site =
        Site { board, tasks, public: &public, season, tables, estimates, examples, schemas, base, command, play };
    render(&site, out)
}

/// Everything under a folder, by path.
fn files(out: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![out.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(out).unwrap().to_str().unwrap().to_owned();
                // The picture is no text; whether it is the same shows all the same.
                found.insert(name, String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned());
            }
        }
    }
    found
}

fn rendered() -> (BTreeMap<String, String>, Tables) {
    let (board, tasks) = fixtures();
    let out = tempfile::tempdir().unwrap();
    render_into(&board, &tasks, out.path()).unwrap();
    (files(out.path()), board.tables())
}

fn pages(files: &BTreeMap<String, String>) -> impl Iterator<Item = (&String, &String)> {
    files.iter().filter(|(path, _)| path.ends_with(".html"))
}

#[test]
fn there_is_a_page_for_every_entry_and_task() {
    let (board, tasks) = fixtures();
    let out = tempfile::tempdir().unwrap();
    let count = render_into(&board, &tasks, out.path()).unwrap();
    let files = files(out.path());
    // Leaderboard, comparison, method, boards, energy, published benchmarks and the page that runs entries stand alone.
    assert_eq!(count, 7 + board.entries.len() + tasks.len() + golf_record::TARGETS.len());
    assert_eq!(count, pages(&files).count());
    assert!(board.entries.iter().all(|entry| files.contains_key(&format!("entries/{}.html", entry.slug))));
    assert!(tasks.iter().all(|task| files.contains_key(&format!("tasks/{}.html", task.id))));
}

#[test]
fn references_stand_apart_from_entries() {
    let (files, _) = rendered();
    let page = &files["public.html"];
    for part in [
        ">entry</td>",
        ">published</td>",
        ">measured here</td>",
        "a paper &lt;script&gt;",
        "71.0 %",
        "&lt;i&gt;islands",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(files["public.csv"].contains("pairs,1,5-gram,published,0.610000,right,0.610000,right by cost per byte,"));
    assert!(!files["leaderboard.csv"].contains("5-gram") && files["index.html"].contains("href=\"public.html\""));
}

/// A cell of the leaderboard's table, by entry and column.
fn cell<'a>(page: &'a str, slug: &str, key: &str) -> &'a str {
    let table = page.split("id=\"entries\"").nth(1).unwrap().split("</table>").next().unwrap();
    let column =
        table.split("<th scope=\"col\"").skip(1).position(|head| head.contains(&format!("data-key=\"{key}\"")));
    let row = table.split("<tr ").find(|row| row.starts_with(&format!("data-entry=\"{slug}\""))).unwrap();
    // The first cell is the row's head.
    row.split("<td class=").nth(column.unwrap()).unwrap().split_once('>').unwrap().1.split("</td>").next().unwrap()
}

#[test]
fn figures_in_the_tables_are_those_of_the_csv() {
    let (files, tables) = rendered();
    let index = &files["index.html"];
    let mut csv = csv::Reader::from_reader(tables.csv.as_bytes());
    let headers = csv.headers().unwrap().clone();
    // Behind the tasks come what a simulated microcontroller counts.
    let tasks: Vec<&str> = headers.iter().skip(11).take_while(|name| *name != "instructions_per_token").collect();
    assert_eq!(tasks[0], "prose");
    let mut lines = 0;
    for record in csv.deserialize::<BTreeMap<String, String>>() {
        let record = record.unwrap();
        let (slug, tied) = (record["slug"].as_str(), record["tied"].as_str());
        let rank = if tied.is_empty() { record["rank"].clone() } else { format!("{} tied", tied.replace('-', "–")) };
        let cell = |key: &str| cell(index, slug, key);
        let shown = cell(&record["class"]);
        assert!(shown.starts_with(&format!("<data value=\"{}\">{rank}</data>", record["rank"])), "{shown}");
        assert_eq!(shown.contains("record"), record["leads"] == "true", "{slug}: {shown}");
        for (key, name) in [
            ("bytes", "bytes"),
            ("instructions", "instructions_per_token"),
            ("ram", "ram_bytes"),
            ("flash", "flash_bytes"),
        ] {
            let wanted = record[name].parse().map_or("–".to_string(), format::grouped);
            assert_eq!(markup::text(cell(key)), wanted, "{slug}: {name}");
        }
        assert!(cell("parameters").contains(&format!("<data value=\"{}\">", record["parameters"])));
        let targets = record["identical_on"].split_whitespace().count();
        assert_eq!(
            markup::text(cell("targets")),
            if targets == 0 { "–".into() } else { targets.to_string() },
            "{slug}"
        );
        for task in &tasks {
            let (cell, exact) = (cell(task), &record[*task]);
            let text = markup::text(cell);
            if exact.is_empty() {
                assert_eq!(text, "–");
                continue;
            }
            assert!(cell.contains(&format!("<data value=\"{exact}\">{text}</data>")), "{cell} is not {exact}");
            let value: f64 = exact.parse().unwrap();
            let (shown, unit) =
                if text.split('.').nth(1).unwrap().len() == 3 { (value, 1e-3) } else { (value * 100.0, 0.1) };
            assert!((text.parse::<f64>().unwrap() - shown).abs() <= unit * 0.5001, "{text} is not {exact}");
        }
        lines += 1;
    }
    assert!(lines > 12);
    assert_eq!(files["leaderboard.csv"], tables.csv);
    assert_eq!(files["leaderboard.json"], tables.json);
    assert_eq!(files["measurements.csv"], tables.measurements);
}

#[test]
fn an_entry_without_score_is_listed_as_such() {
    let (files, _) = rendered();
    assert!(files["index.html"].contains("entries/not-yet.html\"><bdi>Not yet</bdi></a> · not scored"));
    assert!(files["entries/not-yet.html"].contains("Not scored."));
}

#[test]
fn strangers_write_nothing_but_text() {
    let (files, _) = rendered();
    for (path, content) in files.iter().filter(|(path, _)| path.ends_with(".html") || path.ends_with(".svg")) {
        // Scripts and styles are the site's own, and nothing stands within a page's script.
        let scripts = content.matches("<script").count();
        assert_eq!(content.matches(".js\" defer=\"\"></script>").count(), scripts, "{path}");
        assert!(path.ends_with(".html") || content.matches("<style").count() <= 1, "{path}");
        let content = content.replacen("<style>@media", "", 1);
        for bad in ["<iframe", "javascript:alert(1)\"", "<b>\u{fffd}", "onerror=alert(1)>", "<i>&", " style=", "<style"]
        {
            assert!(!content.contains(bad), "{path} has {bad}");
        }
        assert!(content.chars().all(|letter| letter == '\n' || !letter.is_control()), "{path} has control characters");
        assert!(!content.contains('\u{202e}'), "{path} has an override of direction");
    }
    let page = &files["entries/hostile.html"];
    assert!(
        page.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &#39;q&#39; &amp; \u{fffd}gnp.x\u{fffd}[31m")
    );
    assert!(page.contains("<p class=\"notice\">Caveat: &lt;script&gt;"));
    assert!(files["index.html"].contains("(a caveat)"));
    assert!(HOSTILE.contains('\u{1b}') && page.contains("&lt;b&gt;\u{fffd}"));
}

#[test]
fn markup_is_well_formed() {
    let (files, _) = rendered();
    for (path, content) in files.iter().filter(|(path, _)| path.ends_with(".html") || path.ends_with(".svg")) {
        markup::check(content).unwrap_or_else(|fault| panic!("{path}: {fault}"));
    }
}

#[test]
fn internal_links_lead_to_pages_that_exist() {
    let (files, _) = rendered();
    for (path, content) in pages(&files) {
        for target in markup::attributes(content, &["href", "src", "srcset"]) {
            if target.starts_with("https://") {
                continue;
            }
            let (file, fragment) = target.split_once('#').unwrap_or((&target, ""));
            let file = file.split('?').next().unwrap();
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let found = match (file, file.strip_prefix("../")) {
                ("", _) => path.clone(),
                (_, Some(file)) if !folder.is_empty() => file.to_owned(),
                _ if folder.is_empty() => file.to_owned(),
                _ => format!("{folder}/{file}"),
            };
            let content = files.get(&found).unwrap_or_else(|| panic!("{path} links to {target}"));
            assert!(fragment.is_empty() || content.contains(&format!("id=\"{fragment}\"")), "{path} links to {target}");
        }
    }
}

#[test]
fn nothing_is_loaded_from_elsewhere() {
    let (files, _) = rendered();
    for (path, content) in pages(&files) {
        assert!(
            content.contains("content=\"default-src &#39;none&#39;; script-src &#39;self&#39; &#39;wasm-unsafe-eval&#39;; worker-src &#39;self&#39;;"),
            "{path}"
        );
        for target in markup::attributes(content, &["src", "srcset", "data", "poster", "action"]) {
            assert!(!target.contains(':') && !target.starts_with("//"), "{path} loads {target}");
        }
        for link in content.split("<link ").skip(1) {
            assert!(!link.split('>').next().unwrap().contains(':'), "{path}: {link}");
        }
        for link in content
            .split("<a ")
            .skip(1)
            .map(|link| link.split('>').next().unwrap())
            .filter(|link| link.contains("https:"))
        {
            assert!(link.contains("rel=\"nofollow noopener"), "{path}: {link}");
        }
    }
    let style = &files["style.css"];
    assert!(!style.contains("@import") && !style.contains("url("));
    for (path, content) in files.iter().filter(|(path, _)| path.ends_with(".svg")) {
        let content = content.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
        assert!(!content.contains("href") && !content.contains("http"), "{path}");
    }
}

#[test]
fn ids_are_unique_and_headings_skip_no_level() {
    let (files, _) = rendered();
    for (path, content) in pages(&files) {
        let ids = markup::attributes(content, &["id"]);
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{path}: {ids:?}");
        let labels = markup::attributes(content, &["aria-labelledby"]);
        assert!(labels.iter().all(|label| ids.contains(label)), "{path}: {labels:?}");
        assert_eq!(content.matches("<h1").count(), 1, "{path}");
        let body = content.split("class=\"readme\"").next().unwrap();
        let levels = body.match_indices("<h").filter_map(|(at, _)| body[at + 2..].chars().next()?.to_digit(10));
        levels.fold(0, |before, level| {
            assert!(level <= before + 1, "{path}: level {level} after {before}");
            level
        });
        let tables = content.matches("<table class=").count();
        assert_eq!(content.matches("<caption>").count(), tables, "{path}: every table has a caption");
    }
}

#[test]
fn the_same_records_give_the_same_bytes() {
    assert_eq!(rendered().0, rendered().0);
}

#[test]
fn many_entries_leave_the_first_page_small() {
    let (board, tasks) = many(90);
    let out = tempfile::tempdir().unwrap();
    render_into(&board, &tasks, out.path()).unwrap();
    let files = files(out.path());
    let rows = |path: &str| {
        files[path]
            .split("id=\"entries\"")
            .nth(1)
            .unwrap()
            .split("</table>")
            .next()
            .unwrap()
            .matches("<tr data-entry")
            .count()
    };
    assert!(rows("index.html") < 90 && rows("entries.html") == 90);
    assert!(files["index.html"].len() < 150_000, "{}", files["index.html"].len());
    assert!(files["index.html"].contains("All 90 entries"));
}

#[test]
fn stale_files_go_and_others_stay() {
    let (mut board, tasks) = fixtures();
    let out = tempfile::tempdir().unwrap();
    render_into(&board, &tasks, out.path()).unwrap();
    fs::write(out.path().join("CNAME"), "golf.example").unwrap();
    fs::write(out.path().join("entries/by-hand.html"), "mine").unwrap();
    let gone = board.entries.iter().position(|entry| entry.slug == "tern-7m").unwrap();
    board.entries.remove(gone);
    render_into(&board, &tasks, out.path()).unwrap();
    let files = files(out.path());
    assert!(!files.keys().any(|path| path.contains("tern-7m")), "{:?}", files.keys());
    assert!(files.contains_key("CNAME") && files.contains_key("entries/by-hand.html"));
    assert!(files.contains_key("entries/tern-16m.html") && files.contains_key("charts/tern-16m.prose-wide.svg"));
    let listed: BTreeSet<&str> = files[".rendered"].lines().collect();
    assert!(listed.iter().all(|path| files.contains_key(*path)));
}

#[test]
fn an_empty_board_renders() {
    let board = Leaderboard::of(vec![]);
    let out = tempfile::tempdir().unwrap();
    assert_eq!(render_into(&board, &[], out.path()).unwrap(), 6);
    let files = files(out.path());
    assert!(
        files["index.html"].contains("No entry has been scored yet.")
            && files["index.html"].contains("There are no tasks yet.")
    );
    assert!(pages(&files).all(|(_, content)| markup::check(content).is_ok()));
}

#[test]
fn odd_records_render() {
    let (mut board, tasks) = fixtures();
    for entry in &mut board.entries {
        entry
            .measurements
            .iter_mut()
            .for_each(|record| record.measurements.iter_mut().for_each(|part| part.samples.clear()));
        entry.manifest.name = " ".into();
        entry.manifest.authors.clear();
        let Some(score) = &mut entry.score else { continue };
        score.artifact.parameters = 0;
        score.artifact.bytes = if entry.slug == "tern-1m" { 0 } else { 17_000_000 };
        score.tasks.iter_mut().for_each(|task| task.items.truncate(1));
    }
    board.entries[2].score.as_mut().unwrap().tasks.iter_mut().for_each(|task| task.items.clear());
    let out = tempfile::tempdir().unwrap();
    render_into(&board, &tasks[..1], out.path()).unwrap();
    for (path, content) in pages(&files(out.path())) {
        markup::check(content).unwrap_or_else(|fault| panic!("{path}: {fault}"));
        assert!(!content.contains("NaN") && !content.contains("inf "), "{path}");
    }
}

#[test]
fn a_name_that_would_leave_the_folder_is_refused() {
    for name in ["../x", "", "a/b", "A", ".x", "a b"] {
        let (mut board, tasks) = fixtures();
        board.entries[0].slug = name.into();
        let out = tempfile::tempdir().unwrap();
        assert!(matches!(render_into(&board, &tasks, out.path()), Err(SiteError::Name(found)) if found == name));
        assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0, "nothing is written");
    }
}

#[test]
fn boards_and_energy_show_what_their_files_hold() {
    let (files, _) = rendered();
    let page = &files["boards.html"];
    let mut csv = csv::Reader::from_reader(files["boards.csv"].as_bytes());
    let (mut fitting, mut others) = (0, 0);
    for record in csv.deserialize::<BTreeMap<String, String>>() {
        let record = record.unwrap();
        assert!(page.contains(&format!("id=\"{}\"", record["board"])), "{record:?}");
        let entry = &files[&format!("entries/{}.html", record["slug"])];
        let rows = entry.split("<tr>").filter(|row| row.contains(&format!("boards.html#{}\"", record["board"])));
        assert!(rows.count() >= 1, "{record:?}");
        let has_room = record["image_short_bytes"] == "0" && record["ram_short_bytes"] == "0";
        let estimated = !record["seconds_low"].is_empty();
        assert_eq!(estimated, has_room && record["counted"] == "true", "{record:?}");
        if estimated {
            fitting += 1;
            let number = |name: &str| record[name].parse::<f64>().unwrap();
            assert!(number("seconds_low") <= number("seconds_high"));
            assert!(record["floor_seconds"].is_empty() || number("floor_seconds") <= number("seconds_low") + 1e-6);
        } else {
            others += 1;
        }
    }
    assert!(fitting > 3 && others > 3, "{fitting} and {others}");
    assert!(page.contains(golf_estimate::CAVEAT) && page.contains(golf_estimate::CPI_STATUS));
    let mut csv = csv::Reader::from_reader(files["energy.csv"].as_bytes());
    let slugs: BTreeSet<String> = csv.records().map(|record| record.unwrap()[0].to_owned()).collect();
    assert_eq!(slugs.len(), 5);
    for slug in slugs {
        assert!(files["energy.html"].contains(&format!("entries/{slug}.html")));
        assert!(files[&format!("entries/{slug}.html")].contains("Energy, modelled"));
    }
    assert!(files["energy.html"].contains("×") && files["energy.html"].contains(golf_estimate::energy::CAVEAT));
}

#[test]
fn targets_show_whose_bits_are_the_same() {
    let (files, _) = rendered();
    let (board, _) = fixtures();
    for target in golf_record::TARGETS {
        let page = &files[&format!("targets/{target}.html")];
        let same = board.entries.iter().filter(|entry| entry.identical().contains(&target)).count();
        assert_eq!(page.matches("<td class=\"t\">yes</td>").count(), same, "{target}");
    }
    let last = golf_record::TARGETS[golf_record::TARGETS.len() - 1];
    assert!(files[&format!("targets/{last}.html")].contains("failed: panic: &lt;b&gt;"));
    assert!(files["targets/riscv32imc.html"].contains("What the instructions are"));
    assert!(files["index.html"].contains("charts/instructions-wide.svg"));
}

#[test]
fn a_bundle_is_one_page_that_asks_for_nothing() {
    let (board, _) = fixtures();
    let artifacts: BTreeMap<String, Vec<u8>> = [("hostile".to_string(), b"model".to_vec())].into();
    let tasks: BTreeMap<String, String> = [("prose".to_string(), "{\"a\":\"</script><script>\"}".to_string())].into();
    let play = Play { engines: &[("plain", b"p")], artifacts: Some(&artifacts), tasks: Some(&tasks) };
    let entry = |slug: &str| board.entries.iter().find(|entry| entry.slug == slug).unwrap();
    assert!(crate::bundle(entry("tern-1m"), "2026-4", &play).is_none());
    let page = crate::bundle(entry("hostile"), "2026-4", &play).unwrap();
    // Two scripts begin and end: the data and the program; the name and the task began none.
    assert_eq!((page.matches("<script").count(), page.matches("</script").count()), (2, 2));
    assert_eq!((page.matches("<style").count(), page.matches("</style").count()), (1, 1));
    assert!(page.contains("&lt;script&gt;alert(") && page.contains("\\u003c/script>") && page.contains("bW9kZWw="));
    assert!(!page.contains("src=") && !page.contains("href=\"http") && !page.contains("'self'"));
}

#[test]
fn the_page_that_runs_entries_has_their_files() {
    let (board, tasks) = fixtures();
    let artifacts: BTreeMap<String, Vec<u8>> = [("tern-1m".to_string(), b"model".to_vec())].into();
    let data: BTreeMap<String, String> = [("prose".to_string(), "{}".to_string())].into();
    let play = Play { engines: &[("plain", b"p")], artifacts: Some(&artifacts), tasks: Some(&data) };
    let (tables, estimates, out) = (board.tables(), estimates(), tempfile::tempdir().unwrap());
    let (public, tables, estimates, examples) = (&[], &tables, &estimates, &examples());
    let (board, tasks, schemas, season, command, base) = (&board, &tasks, &[], "2026-4", "cargo golf site", None);
    let site = Site { board, tasks, public, season, tables, estimates, examples, schemas, base, command, play };
    render(&site, out.path()).unwrap();
    let files = files(out.path());
    let digest =
        &board.entries.iter().find(|entry| entry.slug == "tern-1m").unwrap().score.as_ref().unwrap().artifact.sha256;
    assert_eq!(files[&format!("artifacts/{digest}.safetensors")], "model");
    assert!(files["records/tern-1m.json"].contains(digest.as_str()) && files["tasks/prose.json"] == "{}");
    assert_eq!(files.keys().filter(|path| path.starts_with("artifacts/")).count(), 1);
    let page = &files["run.html"];
    assert_eq!(page.matches("<option value=\"tern-1m\" data-sha256=").count(), 1);
    assert_eq!(page.matches(" disabled=\"\">").count(), board.entries.len() - 1 + 3);
    assert!(
        files["entries/tern-1m.html"].contains("run.html?entry=tern-1m")
            && !files["entries/tern-7m.html"].contains("run.html?")
    );
    // What the worker of pages keeps must be there.
    let first = files["sw.js"].split("FIRST = [").nth(1).unwrap().split(']').next().unwrap().to_owned();
    assert!(first.split('\'').skip(1).step_by(2).all(|path| files.contains_key(path)), "{first}");
}

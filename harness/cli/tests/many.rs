//! Many entries; `examples/scale.rs` says how long a thousand take.

#[path = "common/many.rs"]
mod many;

use golf::cmd::site;
use golf::golf::Golf;
use golf_core::budget;

#[test]
fn many_entries_are_checked_ranked_and_shown() {
    const ENTRIES: usize = 60;
    let folder = tempfile::tempdir().unwrap();
    many::make(folder.path(), ENTRIES);
    let golf = Golf::open(Some(folder.path())).unwrap();
    assert_eq!(golf.candidates(&[]).unwrap().filter(|(_, checked)| checked.is_ok()).count(), ENTRIES);
    let overview = golf.overview().unwrap();
    let tables = overview.board.tables();
    assert_eq!(overview.board.rows().len(), ENTRIES * budget::CLASSES.len());
    assert_eq!(tables.csv.lines().count(), 1 + ENTRIES * budget::CLASSES.len());
    for limit in budget::CLASSES {
        let places: Vec<_> = overview.board.ranking(limit).map(|(place, _)| place).collect();
        assert!(places.iter().enumerate().all(|(index, place)| place.rank == index + 1));
        // Neighbours differ by less than noise, the first and the last by more.
        assert!(places[0].is_tied() && places[0].last < ENTRIES);
    }
    assert!(site::render(&golf, &overview, &tables).unwrap() > ENTRIES);
    for index in [0, ENTRIES - 1] {
        assert!(folder.path().join(format!("site/dist/entries/entry-{index:04}.html")).is_file());
    }
}

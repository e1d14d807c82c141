//! Where the right option stands.

use crate::{Content, Draw};

/// An item whose right option stands at a place that is random, yet equally often each: in every run of as many items
/// as there are options, each place occurs once. `draw` is the task's, not the item's, and `wrong` keeps its order.
pub(in crate::generator) fn placed(
    draw: &Draw,
    group: &str,
    ordinal: u32,
    context: String,
    right: String,
    wrong: Vec<String>,
) -> Content {
    let count = wrong.len() as u32 + 1;
    let mut places: Vec<usize> = (0..=wrong.len()).collect();
    draw.child(&format!("places {group} {}", ordinal / count)).shuffle(&mut places);
    let answer = places[(ordinal % count) as usize];
    let mut options: Vec<Vec<u8>> = wrong.into_iter().map(String::into_bytes).collect();
    options.insert(answer, right.into_bytes());
    Content::Choice { context: context.into_bytes(), options, answer }
}

/// The group and the ordinal within it of the item at `index`: the groups take turns, so that every one gets its share
/// whatever the count.
pub(in crate::generator) fn turn(index: u32, groups: usize) -> (usize, u32) {
    (index as usize % groups, index / groups as u32)
}

/// An identifier made of a group's name and the item's ordinal in it.
pub(in crate::generator) fn id(group: &str, ordinal: u32) -> String {
    let mut id = String::new();
    for word in group.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        id.push_str(word);
        id.push('-');
    }
    format!("{id}{ordinal:03}")
}

/// The items of the task in `tasks/`, as some artifact would get them.
#[cfg(test)]
pub(in crate::generator) fn of_task(id: &str) -> Vec<crate::Item> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tasks").join(id);
    crate::Task::load(&folder).expect("the task is in order").items(&[5; 32], "a season")
}

/// SHA-256 over everything in the items, for tests that pin them.
#[cfg(test)]
pub(in crate::generator) fn digest(items: &[crate::Item]) -> String {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    let mut add = |part: &[u8]| {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    };
    for item in items {
        add(item.id.as_bytes());
        add(item.group.as_bytes());
        match &item.content {
            Content::Document { text, .. } => add(text),
            Content::Choice { context, options, answer } => {
                add(context);
                options.iter().for_each(|option| add(option));
                add(&[*answer as u8]);
            }
            Content::Generate { prompt, answer } => {
                add(prompt);
                add(answer);
            }
        }
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

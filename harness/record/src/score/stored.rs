//! How a task's score lies in `score.json`: column by column within each stratum, so that a thousand items take a page and not a book.

use super::{ItemScore, Outcome, TaskScore};
use serde::{Deserialize, Serialize};

/// A task.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Stored {
    id: String,
    version: u32,
    strata: Vec<Stratum>,
}

/// Consecutive items of one kind and group. All columns have an element for each item.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Stratum {
    Documents {
        #[serde(default, skip_serializing_if = "String::is_empty")]
        group: String,
        #[serde(default, skip_serializing_if = "is_false")]
        fresh: bool,
        ids: Ids,
        bytes: Vec<u64>,
        tokens: Vec<u64>,
        cost: Vec<u64>,
        /// Of all of them or of none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ideal: Option<Vec<u64>>,
    },
    Choices {
        #[serde(default, skip_serializing_if = "String::is_empty")]
        group: String,
        #[serde(default, skip_serializing_if = "is_false")]
        fresh: bool,
        ids: Ids,
        answer: Marks,
        picked: Marks,
        picked_per_byte: Marks,
        costs: Vec<Vec<u64>>,
    },
    Continuations {
        #[serde(default, skip_serializing_if = "String::is_empty")]
        group: String,
        #[serde(default, skip_serializing_if = "is_false")]
        fresh: bool,
        ids: Ids,
        right: Marks,
        output: Vec<String>,
    },
}

fn is_false(value: &bool) -> bool {
    !value
}

/// Ids, or only the first and the last where they count up: `"s001..s020"`.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
enum Ids {
    Counted(String),
    Listed(Vec<String>),
}

/// A small number for each item: a string of digits to base 36 where each has one digit.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
enum Marks {
    Digits(String),
    Listed(Vec<usize>),
}

impl Ids {
    fn of(ids: Vec<String>) -> Self {
        let counted = format!("{}..{}", ids[0], ids[ids.len() - 1]);
        if ids.len() > 2 && Ids::counted(&counted, ids.len()).is_some_and(|all| all == ids) {
            return Ids::Counted(counted);
        }
        Ids::Listed(ids)
    }

    fn list(self, items: usize) -> Result<Vec<String>, String> {
        match self {
            Ids::Listed(ids) => Ok(ids),
            Ids::Counted(range) => {
                Ids::counted(&range, items).ok_or_else(|| format!("`{range}` doesn't name {items} items"))
            }
        }
    }

    /// All ids of a range, if it has this many.
    fn counted(range: &str, items: usize) -> Option<Vec<String>> {
        let (first, last) = range.split_once("..")?;
        let digits = first.bytes().rev().take_while(u8::is_ascii_digit).count().min(9);
        let (name, from) = first.split_at(first.len() - digits);
        let (from, to): (usize, usize) = (from.parse().ok()?, last.strip_prefix(name)?.parse().ok()?);
        if to.checked_sub(from)?.checked_add(1)? != items {
            return None;
        }
        Some((from..=to).map(|number| format!("{name}{number:0digits$}")).collect())
    }
}

impl Marks {
    fn of(marks: Vec<usize>) -> Self {
        let digit = |&mark: &usize| u32::try_from(mark).ok().and_then(|mark| char::from_digit(mark.min(99), 36));
        match marks.iter().map(digit).collect() {
            Some(digits) => Marks::Digits(digits),
            None => Marks::Listed(marks),
        }
    }

    fn list(self) -> Result<Vec<usize>, String> {
        match self {
            Marks::Listed(marks) => Ok(marks),
            Marks::Digits(digits) => {
                let digit = |c: char| c.to_digit(36).map(|digit| digit as usize);
                digits.chars().map(|c| digit(c).ok_or_else(|| format!("`{c}` is no digit to base 36"))).collect()
            }
        }
    }
}

impl From<TaskScore> for Stored {
    fn from(task: TaskScore) -> Self {
        let alike = |a: &ItemScore, b: &ItemScore| {
            let has_ideal = |item: &ItemScore| matches!(item.outcome, Outcome::Document { ideal: Some(_), .. });
            a.group == b.group
                && a.fresh == b.fresh
                && has_ideal(a) == has_ideal(b)
                && std::mem::discriminant(&a.outcome) == std::mem::discriminant(&b.outcome)
        };
        let strata = task.items.chunk_by(alike).map(stratum).collect();
        Stored { id: task.id, version: task.version, strata }
    }
}

fn stratum(items: &[ItemScore]) -> Stratum {
    let (group, fresh) = (items[0].group.clone(), items[0].fresh);
    let ids = Ids::of(items.iter().map(|item| item.id.clone()).collect());
    let (mut numbers, mut marks) = ([const { Vec::new() }; 4], [const { Vec::new() }; 3]);
    let (mut all_costs, mut outputs) = (vec![], vec![]);
    for item in items {
        match &item.outcome {
            Outcome::Document { bytes, tokens, cost, ideal } => {
                numbers.iter_mut().zip([*bytes, *tokens, *cost]).for_each(|(column, value)| column.push(value));
                numbers[3].extend(ideal);
            }
            Outcome::Choice { answer, picked, picked_per_byte, costs } => {
                marks.iter_mut().zip([*answer, *picked, *picked_per_byte]).for_each(|(column, mark)| column.push(mark));
                all_costs.push(costs.clone());
            }
            Outcome::Generate { right, output } => {
                marks[0].push(usize::from(*right));
                outputs.push(output.clone());
            }
        }
    }
    let [bytes, tokens, cost, ideal] = numbers;
    let [first, picked, picked_per_byte] = marks.map(Marks::of);
    match items[0].outcome {
        Outcome::Document { .. } => Stratum::Documents {
            group,
            fresh,
            ids,
            bytes,
            tokens,
            cost,
            ideal: Some(ideal).filter(|all| !all.is_empty()),
        },
        Outcome::Choice { .. } => {
            Stratum::Choices { group, fresh, ids, answer: first, picked, picked_per_byte, costs: all_costs }
        }
        Outcome::Generate { .. } => Stratum::Continuations { group, fresh, ids, right: first, output: outputs },
    }
}

impl TryFrom<Stored> for TaskScore {
    type Error = String;
    fn try_from(stored: Stored) -> Result<Self, String> {
        let mut items = vec![];
        for stratum in stored.strata {
            items.extend(items_of(stratum).map_err(|fault| format!("task {}: {fault}", stored.id))?);
        }
        Ok(TaskScore { id: stored.id, version: stored.version, items })
    }
}

fn items_of(stratum: Stratum) -> Result<Vec<ItemScore>, String> {
    let (group, fresh, ids, outcomes): (_, _, _, Vec<Outcome>) = match stratum {
        Stratum::Documents { group, fresh, ids, bytes, tokens, cost, ideal } => {
            let items = bytes.len();
            same_length(items, &[tokens.len(), cost.len(), ideal.as_ref().map_or(items, Vec::len)])?;
            let all = [&bytes, &tokens, &cost].into_iter().chain(&ideal).flatten();
            let most = all.copied().max().unwrap_or(0);
            // Drawn again and again, the largest item could come each time.
            if u128::from(most) * items as u128 > 1 << 50 {
                return Err(format!("{most} in a stratum of {items} items is more than any run comes to"));
            }
            let outcome = |i: usize| Outcome::Document {
                bytes: bytes[i],
                tokens: tokens[i],
                cost: cost[i],
                ideal: ideal.as_ref().map(|ideal| ideal[i]),
            };
            (group, fresh, ids, (0..items).map(outcome).collect())
        }
        Stratum::Choices { group, fresh, ids, answer, picked, picked_per_byte, costs } => {
            let (answer, picked, per_byte) = (answer.list()?, picked.list()?, picked_per_byte.list()?);
            same_length(costs.len(), &[answer.len(), picked.len(), per_byte.len()])?;
            let marks = answer.into_iter().zip(picked).zip(per_byte);
            let outcome = |(((answer, picked), picked_per_byte), costs)| Outcome::Choice {
                answer,
                picked,
                picked_per_byte,
                costs,
            };
            (group, fresh, ids, marks.zip(costs).map(outcome).collect())
        }
        Stratum::Continuations { group, fresh, ids, right, output } => {
            let right = right.list()?;
            same_length(output.len(), &[right.len()])?;
            let outcome = |(right, output)| Outcome::Generate { right: right == 1, output };
            (group, fresh, ids, right.into_iter().zip(output).map(outcome).collect())
        }
    };
    let ids = ids.list(outcomes.len())?;
    same_length(outcomes.len(), &[ids.len()])?;
    let item = |(id, outcome)| ItemScore { id, group: group.clone(), fresh, outcome };
    Ok(ids.into_iter().zip(outcomes).map(item).collect())
}

fn same_length(items: usize, columns: &[usize]) -> Result<(), String> {
    match columns.iter().find(|&&length| length != items) {
        Some(length) => Err(format!("a stratum has columns of {items} and of {length} items")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(items: Vec<ItemScore>) -> String {
        let task = TaskScore { id: "t".into(), version: 3, items };
        let text = serde_json::to_string(&task).unwrap();
        assert_eq!(serde_json::from_str::<TaskScore>(&text).unwrap(), task, "{text}");
        text
    }

    fn choice(id: &str, group: &str, picked: usize) -> ItemScore {
        let outcome = Outcome::Choice { answer: 1, picked, picked_per_byte: 0, costs: vec![7, 8] };
        ItemScore { id: id.into(), group: group.into(), fresh: true, outcome }
    }

    #[test]
    fn ids_that_count_up_take_two() {
        let items = ["x-08", "x-09", "x-10"].map(|id| choice(id, "g", 1)).to_vec();
        let expected = r#"{"id":"t","version":3,"strata":[{"kind":"choices","group":"g","fresh":true,"ids":"x-08..x-10","answer":"111","picked":"111","picked_per_byte":"000","costs":[[7,8],[7,8],[7,8]]}]}"#;
        assert_eq!(round_trip(items), expected);
    }

    #[test]
    fn any_items_come_back_in_their_order() {
        let document = |id: &str, ideal| ItemScore {
            id: id.into(),
            group: String::new(),
            fresh: false,
            outcome: Outcome::Document { bytes: 3, tokens: 2, cost: 1 << 40, ideal },
        };
        let written = |right| ItemScore {
            id: "..".into(),
            group: "a..b".into(),
            fresh: false,
            outcome: Outcome::Generate { right, output: "\u{fffd}\n\"".into() },
        };
        round_trip(vec![]);
        round_trip(vec![choice("a", "g", 0), choice("b", "h", 35), choice("c", "g", 36), choice("d", "g", 1_000)]);
        round_trip(vec![document("7", None), document("8", None), document("9", Some(1)), document("010", None)]);
        round_trip(vec![written(true), written(false), choice("", "", 1)]);
        round_trip(["1", "02", "3"].map(|id| choice(id, "", 1)).to_vec());
        round_trip(
            ["99999999999999999998", "99999999999999999999", "100000000000000000000"]
                .map(|id| choice(id, "", 1))
                .to_vec(),
        );
    }

    #[test]
    fn columns_that_disagree_are_refused() {
        let read = |stratum: &str| {
            let text = format!(r#"{{"id":"t","version":1,"strata":[{stratum}]}}"#);
            serde_json::from_str::<TaskScore>(&text).unwrap_err().to_string()
        };
        let documents = |ids: &str, cost: &str| {
            format!(r#"{{"kind":"documents","ids":{ids},"bytes":[1,2,3],"tokens":[1,2,3],"cost":{cost}}}"#)
        };
        assert!(read(&documents("\"a1..a3\"", "[1]")).contains("columns of 3 and of 1 items"));
        assert!(read(&documents("\"a1..a999999999\"", "[1,2,3]")).contains("doesn't name 3 items"));
        assert!(read(&documents("\"a1\"", "[1,2,3]")).contains("doesn't name 3 items"));
        assert!(read(&documents("[\"a\"]", "[1,2,3]")).contains("columns of 3 and of 1 items"));
        let continuation = r#"{"kind":"continuations","ids":["a"],"right":"!","output":[""]}"#;
        assert!(read(continuation).contains("no digit"));
        assert!(read(&documents("\"a1..a3\"", "[1,9223372036854775807,1]")).contains("more than any run"));
    }
}

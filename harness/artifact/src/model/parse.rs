//! Reading a configuration.

use super::{ATTENTION_LIMIT, CACHE_LIMIT, ENGINES, Model, NgramConfig, TernaryConfig, VERSION};
use crate::json::{Fields, Node, Problems};
use golf_core::Tokenization;

/// Fields of each engine's configuration, in the order of [`ENGINES`], besides those of a ternary model.
const FIELDS: [&[&str]; 4] = [
    &["engine", "version", "tokenizer", "start"],
    &["engine", "version", "orders", "log2_slots"],
    &["engine", "version"],
    &["engine", "version", "tokenizer", "start", "adapts", "history", "ternary"],
];

/// Fields of a ternary model.
const TERNARY: [&str; 10] =
    ["dim", "heads", "kv_heads", "head_dim", "hidden", "gated", "window", "rope", "depth", "softcap"];

/// Reads a configuration, which for the ternary engine may have the fields `extra` besides its own. None if anything
/// is wrong with it, which is reported.
pub(crate) fn parse(root: &Node<'_>, extra: &[&str], problems: &mut Problems) -> Option<Model> {
    let engine = engine_of(root, problems)?;
    let more = if ENGINES[engine] == "ternary" { [&TERNARY, extra].concat() } else { Vec::new() };
    let known = [FIELDS[engine], &more].concat();
    let fields = Fields::of(root, "the configuration", &known, problems)?;
    fields.whole("version", VERSION..=VERSION, problems);
    let model = match ENGINES[engine] {
        "mix" => {
            let orders = fields.whole("orders", 1..=8, problems);
            let log2_slots = fields.whole("log2_slots", 12..=22, problems);
            orders
                .zip(log2_slots)
                .map(|(orders, log2_slots)| Model::Mix { orders: orders as u8, log2_slots: log2_slots as u8 })
        }
        "ternary" => {
            let text = text(&fields, problems);
            ternary(&fields, text, problems).map(Model::Ternary)
        }
        "ngram" => ngram(&fields, problems).map(Model::Ngram),
        _ => Some(Model::Uniform),
    };
    model.filter(|_| problems.is_empty())
}

/// The engine's index. Without it the other fields can't be judged.
fn engine_of(root: &Node<'_>, problems: &mut Problems) -> Option<usize> {
    let all = [FIELDS.concat(), TERNARY.to_vec()].concat();
    // The fields are checked against those of the engine, once it is known.
    let mut unchecked = Problems::default();
    match Fields::of(root, "the configuration", &all, &mut unchecked) {
        Some(fields) => {
            let choices: Vec<(usize, &str)> = ENGINES.into_iter().enumerate().collect();
            fields.choice("engine", &choices, problems)
        }
        None => Fields::of(root, "the configuration", &all, problems).and(None),
    }
}

/// How text is cut, and what comes before it.
fn text(fields: &Fields<'_, '_>, problems: &mut Problems) -> Option<(Tokenization, u32)> {
    let tokenizer = fields.choice("tokenizer", &Tokenization::NAMES, problems);
    let start = fields.whole("start", 0..=65_535, problems);
    Some((tokenizer?, start? as u32))
}

fn ngram(fields: &Fields<'_, '_>, problems: &mut Problems) -> Option<NgramConfig> {
    let text = text(fields, problems);
    let adapts = fields.flag("adapts", problems);
    let history = fields.whole("history", 0..=6, problems);
    let ternary = match fields.optional("ternary") {
        Some(node) => {
            let fields = Fields::of(node, "`ternary`", &TERNARY, problems)?;
            Some(ternary(&fields, text, problems)?)
        }
        None => None,
    };
    let (tokenizer, start) = text?;
    Some(NgramConfig { tokenizer, start, adapts: adapts?, history: history? as usize, ternary })
}

fn ternary(
    fields: &Fields<'_, '_>,
    text: Option<(Tokenization, u32)>,
    problems: &mut Problems,
) -> Option<TernaryConfig> {
    let mut size = |name, most| fields.whole(name, 1..=most, problems).map(|size| size as usize);
    let dim = size("dim", 8_192);
    let heads = size("heads", 256);
    let kv_heads = size("kv_heads", 256);
    let head_dim = size("head_dim", 128);
    let hidden = size("hidden", 32_768);
    let window = size("window", 4_096);
    let gated = fields.flag("gated", problems);
    let softcap = fields.whole("softcap", 0..=1_000, problems);
    if let Some(width) = head_dim.filter(|width| width % 2 != 0) {
        report(fields, "head_dim", format!("`head_dim` is {width}"), "make it even: rotation works on pairs", problems);
    }
    if let (Some(heads), Some(kv_heads)) = (heads, kv_heads)
        && heads % kv_heads != 0
    {
        let message = format!("`heads` is {heads}, which is not a multiple of `kv_heads`, {kv_heads}");
        report(fields, "heads", message, "give each key and value head equally many query heads", problems);
    }
    let rope = rope(fields, head_dim, problems);
    let depth = depth(fields, problems);
    let (rope_period, rope_frequencies) = rope?;
    let (tokenizer, start) = text?;
    let config = TernaryConfig {
        tokenizer,
        start,
        dim: dim?,
        heads: heads?,
        kv_heads: kv_heads?,
        head_dim: head_dim?,
        hidden: hidden?,
        gated: gated?,
        window: window?,
        rope_period,
        rope_frequencies,
        depth: depth?,
        softcap: softcap? as u32,
    };
    check_work(fields, &config, problems);
    Some(config)
}

fn rope(fields: &Fields<'_, '_>, head_dim: Option<usize>, problems: &mut Problems) -> Option<(usize, Vec<u16>)> {
    let node = fields.get("rope", problems)?;
    let fields = Fields::of(node, "`rope`", &["period", "frequencies"], problems)?;
    let period = fields.whole("period", 16..=65_536, problems);
    if let Some(period) = period.filter(|period| !period.is_power_of_two()) {
        report(&fields, "period", format!("`period` is {period}"), "make it a power of two", problems);
    }
    let pairs = head_dim.map_or(1..=64, |width| width / 2..=width / 2);
    let list = fields.list("frequencies", pairs, problems)?;
    let top = period.unwrap_or(65_536) - 1;
    let frequencies: Vec<_> =
        list.iter().filter_map(|node| node.whole("frequencies", 0..=top, problems)).map(|step| step as u16).collect();
    (frequencies.len() == list.len()).then_some((period? as usize, frequencies))
}

fn depth(fields: &Fields<'_, '_>, problems: &mut Problems) -> Option<Vec<u8>> {
    let list = fields.list("depth", 1..=64, problems)?;
    let depth: Vec<u8> =
        list.iter().filter_map(|node| node.whole("depth", 0..=63, problems)).map(|block| block as u8).collect();
    if depth.len() < list.len() {
        return None;
    }
    let blocks = depth.iter().max().map_or(0, |&last| last + 1);
    if let Some(unused) = (0..blocks).find(|block| !depth.contains(block)) {
        let message = format!("`depth` never runs block {unused}, though there is a block {}", blocks - 1);
        report(fields, "depth", message, "number the blocks from 0 without gaps", problems);
    }
    Some(depth)
}

/// What the engine would compute and keep for each token, as far as it doesn't depend on the weights.
fn check_work(fields: &Fields<'_, '_>, config: &TernaryConfig, problems: &mut Problems) {
    let reach = 2 * config.depth.len() as u64 * config.window as u64;
    let cache = reach * (config.kv_heads * config.head_dim) as u64;
    if cache > CACHE_LIMIT {
        let message =
            format!("the key and value cache would take {cache} bytes, and at most {CACHE_LIMIT} are allowed");
        report(fields, "window", message, "shorten `window`, or use fewer `kv_heads`", problems);
    }
    let attention = reach * (config.heads * config.head_dim) as u64;
    if attention > ATTENTION_LIMIT {
        let message = format!(
            "attention would take {attention} multiply-adds per token, and at most {ATTENTION_LIMIT} are allowed"
        );
        report(fields, "window", message, "shorten `window`, or use fewer `heads`", problems);
    }
}

/// Reports at the value of a field that is there.
fn report(fields: &Fields<'_, '_>, name: &str, message: String, remedy: &str, problems: &mut Problems) {
    let at = fields.optional(name).map_or(fields.at, |node| node.at);
    problems.report(at, message, remedy);
}

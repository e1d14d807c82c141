//! `method.html`: how scores are made, and what the words mean.

use super::heading;
use crate::book::Book;
use crate::format;
use crate::html::Html;
use crate::layout::{self, Page};
use crate::output::Files;
use golf_core::budget::{BUDGET, CLASSES};

const WORDS: [(&str, &str); 13] = [
    ("Submission", "A folder that somebody sends in: one entry of the game."),
    ("Artifact", "The file or files of a submission that inference reads. Its bytes count, and no others do."),
    ("Budget", "The limit for an artifact, in decimal bytes. It is hard."),
    ("Class", "A smaller limit under the budget. An entry is ranked in each class that its artifact fits."),
    (
        "Language model",
        "Anything that can say how likely each token is to come next, given those that came, and whose tokens are strings of bytes.",
    ),
    ("Engine", "The program that turns an artifact into a language model."),
    ("Image", "A model laid out for running as it lies, the way it sits in the flash of a microcontroller."),
    (
        "Task",
        "A fixed examination with a version. When a task changes, its version rises, and scores of different versions aren’t compared.",
    ),
    ("Suite", "A list of tasks that are run together. The core suite needs no network."),
    (
        "Target",
        "A kind of machine on which a model is run and measured: a desktop processor, a microcontroller, a browser.",
    ),
    (
        "Record",
        "A stored result. A score is the same on every machine; a measurement belongs to the machine that took it.",
    ),
    ("Leaderboard", "What follows from the records. Nobody writes it by hand."),
    ("Caveat", "A reviewer’s remark on a record, shown beside it."),
];

/// Renders it.
pub(crate) fn method(book: &Book<'_>, files: &mut Files) {
    let page = Page {
        path: "method.html",
        title: "Method",
        description: "How scores are made, why they are the same on every machine, and what the words mean.",
        scripts: &[],
    };
    let main = Html::of(|h| {
        h.raw("<h1>How scores are made</h1>\n");
        h.raw("<p class=\"lead\">A model answers one question, over and over: what comes next? Everything else is done by the harness, ");
        h.raw("in whole numbers, in the open.</p>\n<div class=\"prose\">\n");
        heading(h, "who", "The harness keeps the books");
        h.raw("<p>No entry reports its own score, size, number of parameters or speed. The harness holds the text. It cuts the text into tokens with the ");
        h.raw("artifact’s vocabulary, and checks that the tokens, joined, are the text again, byte for byte. It asks for a prediction, notes what the ");
        h.raw("token that came costs, and only then tells the model which one it was. One pass from left to right; nothing is asked twice. A model may ");
        h.raw("learn from what it has been told, since it has paid for that already.</p>\n");
        h.raw("<p>The cost of a token is the logarithm to base two of one over its probability. All costs together, divided by the bytes of the ");
        h.raw("raw file, are the <dfn>bits per byte</dfn>. Since the denominator is the file, no tokenizer can flatter a score.</p>\n");
        heading(h, "integers", "Whole numbers only");
        h.raw("<p>A model’s answer is a list of integers, one for each token of the vocabulary, in which 65,536 stands for one bit. The harness turns them into ");
        h.raw("probabilities with integer arithmetic too, so a cost is an exact number of 65,536ths of a bit, and a score is a sum of such numbers. ");
        h.raw("It doesn’t depend on the order of additions, on a library or on a graphics card.</p>\n");
        h.raw("<p>The reference engine uses no floating point between the file and the answer. A SHA-256 over its answers, the <dfn>digest</dfn>, ");
        h.raw("comes out the same on a server, in a browser and on a microcontroller. Anybody can run an entry again and compare records bit for bit.</p>\n");
        heading(h, "budget", "What counts, and how much there is");
        h.el("p", &[], |h| {
            h.text(&format!("An artifact has at most {} bytes. ", format::grouped(BUDGET)));
            h.text("Every file that inference reads counts at its size on disk: weights, tokenizer, configuration, and code where an entry brings its own. ");
            h.text(&format!("{} bytes are one too many. Descriptions, recipes and logs don’t count, as inference can’t read them.", format::grouped(BUDGET + 1)));
        });
        h.el("p", &[], |h| {
            let limits: Vec<String> = CLASSES.into_iter().skip(1).map(format::grouped).collect();
            let (last, others) = limits.split_last().expect("there are classes below the budget");
            h.text(&format!("The classes below the budget end at {} and {last} bytes. ", others.join(", ")));
            h.text("A small entry stands in the larger classes as well, so a large one has to be better than every smaller one to lead.");
        });
        heading(h, "fresh", "Questions that can’t have been learnt");
        h.raw("<p>Some tasks have the same items for everybody; those are pinned by hash. Others are drawn afresh: a generator is started with a number that ");
        h.raw("follows from the SHA-256 of the artifact, the task and the season. The items exist only once the artifact’s bytes are fixed, and another byte in the ");
        h.raw(
            "artifact means other items. So many are drawn that trying artifacts until one is lucky doesn’t pay.</p>\n",
        );
        h.el("p", &[], |h| h.text(&format!("The season is public. The present one is {}.", book.site.season)));
        heading(h, "rank", "Ranks");
        h.raw("<p>Entries are ranked by bits per byte on prose written for this purpose. Costs are compared as exact fractions, never as rounded figures. ");
        h.raw("Where they are equal, the smaller artifact comes first.</p>\n");
        heading(h, "speed", "Speed is told apart from scores");
        h.raw("<p>How fast an entry runs depends on the machine, so it has no say in the rank. Times are kept as raw samples; what is shown is their median and ");
        h.raw("the median absolute deviation from it. In the same run the machine’s own limits are measured: how fast one core reads memory, and how many 8-bit ");
        h.raw("numbers it multiplies and adds. What can’t be measured is recorded as a failure with its reason, not left out.</p>\n</div>\n");
        h.raw("<section aria-labelledby=\"words\">\n");
        heading(h, "words", "Words");
        h.el("dl", &[("class", "terms")], |h| {
            for (word, meaning) in WORDS {
                h.leaf("dt", &[], word);
                h.leaf("dd", &[], meaning);
            }
        });
        h.raw("</section>\n");
    });
    files.add(page.path, layout::document(book, page, &main));
}

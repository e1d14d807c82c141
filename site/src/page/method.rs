//! `method.html`: how scores are made, and what the words mean.

use super::heading;
use crate::book::Book;
use crate::format;
use crate::html::Html;
use crate::layout::{self, Page};
use crate::output::Files;
use golf_core::budget::{BUDGET, CLASSES};

const WORDS: [(&str, &str); 21] = [
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
        "Stored record",
        "A stored result. A score is the same on every machine; a measurement belongs to the machine that took it.",
    ),
    ("Leaderboard", "What follows from the records. Nobody writes it by hand."),
    ("Caveat", "What readers should know of a score, found by the audit or said by a reviewer, shown beside it."),
    ("Bits per byte", "The cost of a text in bits over its length in bytes. Knowing nothing costs 8; fewer is better."),
    ("Chance", "The share of questions that a guess gets right."),
    ("Ideal", "What a predictor that knows how a text was made would need for it, where that is known."),
    (
        "Fresh item",
        "One made from a seed that depends on the artifact’s own bytes, so that nobody could have learnt it.",
    ),
    (
        "Digest",
        "A SHA-256 over a model’s answers on a fixed text. Where it comes out again, every bit of every answer did.",
    ),
    ("Tie", "Entries whose differences to the best of them may be luck."),
    ("Record", "The best of a class, taken only beyond the tie."),
    ("Front", "The entries that no other beats at a smaller cost: of bytes, instructions, time or energy."),
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
        heading(h, "luck", "Luck");
        h.raw("<p>A task is a sample of what could have been asked. The <dfn>interval</dfn> beside a score says where 95 % of other samples would have put it: ");
        h.raw("a bootstrap draws the documents or items again, with replacement. Two entries are compared on the difference of their scores, drawn together where ");
        h.raw("they had the same items. Entries whose difference to the best of them may be luck are <dfn>tied</dfn>, and a class’s <dfn>record</dfn> is taken only ");
        h.raw("by more than that. <a href=\"compare.html\">Any two or three can be compared</a>, in the page or by <code>cargo golf compare</code>; both give the same figures.</p>\n");
        heading(h, "caveats", "Caveats");
        h.raw("<p>An audit looks for the tasks’ texts in each artifact, and whether an entry does better on public items than on fresh ones. What it finds, or what a ");
        h.raw("reviewer says, stands beside the score as a <dfn>caveat</dfn>. It takes no score away.</p>\n");
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

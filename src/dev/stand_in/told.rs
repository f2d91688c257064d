//! Where figures may come from: [`Told`] is text of a tool's result, [`Words`] are ours and hold no digit, and a [`Page`]
//! is made of nothing else. So no answer can hold a figure that no tool gave.

/// A fixed phrase. Made with `words!`, it holds no digit, or the code does not compile.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Words(&'static str);

impl Words {
    pub(super) const fn new(text: &'static str) -> Self {
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            assert!(
                !bytes[at].is_ascii_digit(),
                "a phrase of ours holds a figure"
            );
            at += 1;
        }
        Self(text)
    }

    pub(super) const fn as_str(self) -> &'static str {
        self.0
    }
}

/// A phrase without digits, checked when it is compiled.
macro_rules! words {
    ($text:expr) => {
        const { $crate::dev::stand_in::told::Words::new($text) }
    };
}
pub(super) use words;

/// The text of a result.
pub(super) struct ToolText(pub String);

/// A part of a tool's result; by default nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Told<'a>(&'a str);

impl<'a> Told<'a> {
    pub(super) fn all(text: &'a ToolText) -> Self {
        Self(text.0.trim())
    }

    pub(super) fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// Whether these words of ours stand in it.
    pub(super) fn says(self, words: &str) -> bool {
        self.0.contains(words)
    }

    pub(super) fn begins(self, words: &str) -> bool {
        self.0.starts_with(words)
    }

    pub(super) fn is(self, words: &str) -> bool {
        self.0 == words
    }

    /// Lines that are not blank; their indent stays.
    pub(super) fn lines(self) -> impl Iterator<Item = Told<'a>> {
        self.0
            .lines()
            .map(str::trim_end)
            .filter(|line| !line.trim().is_empty())
            .map(Told)
    }

    pub(super) fn cut(self, separator: &str) -> Option<(Told<'a>, Told<'a>)> {
        let (before, after) = self.0.split_once(separator)?;
        Some((Told(before.trim()), Told(after.trim())))
    }

    pub(super) fn cut_last(self, separator: &str) -> Option<(Told<'a>, Told<'a>)> {
        let (before, after) = self.0.rsplit_once(separator)?;
        Some((Told(before.trim()), Told(after.trim())))
    }

    /// What stands before the separator; all of it, if it has none.
    pub(super) fn before(self, separator: &str) -> Told<'a> {
        self.cut(separator).map_or(self, |(before, _)| before)
    }

    pub(super) fn after_start(self, start: &str) -> Option<Told<'a>> {
        Some(Told(self.0.strip_prefix(start)?.trim()))
    }

    pub(super) fn trim(self) -> Told<'a> {
        Told(self.0.trim())
    }

    /// A value for a call of a tool; never for an answer.
    pub(super) fn value(self) -> &'a str {
        self.0
    }
}

/// An answer in Markdown.
#[derive(Default)]
pub(super) struct Page(String);

impl Page {
    pub(super) fn say(&mut self, words: Words) -> &mut Self {
        self.0.push_str(words.0);
        self
    }

    pub(super) fn tell(&mut self, told: Told<'_>) -> &mut Self {
        self.0.push_str(told.0);
        self
    }

    /// In bold, as long as there is something to embolden.
    pub(super) fn stress(&mut self, told: Told<'_>) -> &mut Self {
        if !told.is_empty() {
            self.say(words!("**")).tell(told).say(words!("**"));
        }
        self
    }

    /// Inside a table: bars would end the cell, underscores stand for spaces.
    pub(super) fn cell(&mut self, told: Told<'_>) -> &mut Self {
        let text = told.0.replace('|', "\\|").replace('_', " ");
        self.0.push(' ');
        self.0.push_str(&text);
        self.0.push_str(" |");
        self
    }

    /// A point of a list; one that begins with a label, as results have them, has it in bold.
    pub(super) fn point(&mut self, told: Told<'_>) -> &mut Self {
        self.say(words!("\n- "));
        match told.cut(": ") {
            Some((label, rest)) => self.stress(label).say(words!(": ")).tell(rest),
            None => self.tell(told.trim()),
        }
    }

    /// Points, so many at most; then only that there are more.
    pub(super) fn points<'a>(
        &mut self,
        all: impl Iterator<Item = Told<'a>>,
        most: usize,
    ) -> &mut Self {
        let mut all = all.peekable();
        for told in all.by_ref().take(most) {
            self.point(told);
        }
        if all.peek().is_some() {
            self.say(words!("\n- … and more"));
        }
        self
    }

    pub(super) fn text(self) -> String {
        self.0
    }
}

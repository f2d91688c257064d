//! The tools of the workspace. Errors are texts for Claude: what is wrong, and what to do.

use std::{
    fmt::Write as _,
    io::{self, ErrorKind, Read as _, Write as _},
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use cap_std::fs::OpenOptions;

use super::{Workspace, folder, input::Input, listing, name::Name};

/// The most bytes of a file that `read_file` shows.
const MAX_SHOWN: u64 = 256 * 1024;
/// A file is written under this name and then renamed, so that an error leaves the file of before. Hidden: no path of
/// Claude's can be it.
const UNFINISHED: &str = ".unfinished";

impl Workspace {
    pub(super) fn call(&self, input: Input) -> Result<String, String> {
        match input {
            Input::Write { name, content } => self.write(&name, &content),
            Input::Edit { name, old, new } => self.edit(&name, &old, &new),
            Input::Read { name } => self.read(&name),
            Input::List => self.list(),
        }
    }

    fn write(&self, name: &Name, content: &[u8]) -> Result<String, String> {
        self.check_limits(name, content.len() as u64)?;
        self.replace(name, content)
            .map_err(|error| cannot("write", name, &error))?;
        let size = content.len();
        Ok(format!("Wrote {} ({size} bytes).", name.as_str()))
    }

    fn edit(&self, name: &Name, old: &str, new: &str) -> Result<String, String> {
        let (content, size) = self.content(name, self.limits.file_bytes)?;
        let file = name.as_str();
        if size > content.len() as u64 {
            return Err(format!("{file} is too large to be edited: {size} bytes."));
        }
        let Ok(text) = String::from_utf8(content) else {
            return Err(format!(
                "{file} is not UTF-8 text. Write it anew with write_file."
            ));
        };
        if old.is_empty() {
            return Err("old_text is empty. Give the text to replace.".to_owned());
        }
        let places = (text.find(old), text.rfind(old));
        let (Some(first), Some(last)) = places else {
            return Err(format!(
                "old_text is not in {file}. Read the file and copy the text exactly."
            ));
        };
        if first != last {
            return Err(format!(
                "old_text is in {file} more than once. Copy more of what stands around the place."
            ));
        }
        let edited = [&text[..first], new, &text[first + old.len()..]].concat();
        self.write(name, edited.as_bytes())
    }

    fn read(&self, name: &Name) -> Result<String, String> {
        let (mut content, size) = self.content(name, MAX_SHOWN)?;
        let cut = (content.len() as u64) < size;
        let valid = match std::str::from_utf8(&content) {
            Ok(_) => Some(content.len()),
            // The cut may go through a character.
            Err(error) => Some(error.valid_up_to()).filter(|_| cut && error.error_len().is_none()),
        };
        let shown = valid.unwrap_or(content.len());
        content.truncate(shown);
        let mut text = match valid {
            Some(_) => String::from_utf8(content).unwrap_or_default(),
            None => format!("[Not UTF-8 text; as base64:]\n{}", BASE64.encode(&content)),
        };
        if cut {
            let _ = write!(text, "\n[The first {shown} of {size} bytes.]");
        }
        Ok(text)
    }

    fn list(&self) -> Result<String, String> {
        let listing = self
            .files()
            .map_err(|error| format!("The workspace cannot be read: {}.", error.kind()))?;
        let mut text = String::new();
        for file in &listing.files {
            let _ = writeln!(text, "{} ({} bytes)", file.name, file.size);
        }
        if listing.left_out > 0 {
            let _ = writeln!(text, "[And {} files more.]", listing.left_out);
        }
        if text.is_empty() {
            text.push_str("The workspace is empty.");
        }
        Ok(text)
    }

    /// The first bytes of a file, and its size.
    fn content(&self, name: &Name, max: u64) -> Result<(Vec<u8>, u64), String> {
        let mut content = Vec::new();
        let read = folder::open(&self.dir, name.path()).and_then(|file| {
            let size = file.metadata()?.len();
            file.take(max).read_to_end(&mut content)?;
            Ok(size)
        });
        match read {
            Ok(size) => Ok((content, size)),
            Err(error) => Err(cannot("read", name, &error)),
        }
    }

    /// Checks the limits of the run for a file of `size` bytes under this name.
    fn check_limits(&self, name: &Name, size: u64) -> Result<(), String> {
        let limits = self.limits;
        if size > limits.file_bytes {
            let limit = limits.file_bytes;
            return Err(format!(
                "The file has {size} bytes, at most {limit} are allowed. Write less, or several files."
            ));
        }
        let files = listing::walk(&self.dir).map_err(|error| cannot("write", name, &error))?;
        let others = files.iter().filter(|file| file.name != name.as_str());
        let (count, total) = others.fold((0, 0), |(count, total), file| {
            (count + 1, file.size.saturating_add(total))
        });
        if count >= limits.files {
            let limit = limits.files;
            return Err(format!(
                "The workspace has {limit} files, and no more are allowed. Write into one of them."
            ));
        }
        if size.saturating_add(total) > limits.total_bytes {
            let limit = limits.total_bytes;
            return Err(format!(
                "All files together would be larger than {limit} bytes, which is not allowed. Make files smaller first."
            ));
        }
        Ok(())
    }

    /// Puts a file in place as a whole; a link of that name is replaced, not followed.
    fn replace(&self, name: &Name, content: &[u8]) -> io::Result<()> {
        if let Some(folder) = name.folder() {
            self.dir.create_dir_all(folder)?;
        }
        let unfinished = Path::new(UNFINISHED);
        match self.dir.remove_file(unfinished) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        let mut file = self.dir.open_with(unfinished, &options)?;
        let written = file.write_all(content);
        let renamed = written.and_then(|()| self.dir.rename(unfinished, &self.dir, name.path()));
        if renamed.is_err() {
            let _ = self.dir.remove_file(unfinished);
        }
        renamed
    }
}

fn cannot(verb: &str, name: &Name, error: &io::Error) -> String {
    let file = name.as_str();
    match error.kind() {
        ErrorKind::NotFound => {
            format!("There is no file {file}. See which there are with list_files.")
        }
        ErrorKind::IsADirectory => format!("{file} is a folder. Choose another name."),
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            format!("A part of the path {file} is a file, not a folder. Choose another path.")
        }
        ErrorKind::InvalidInput | ErrorKind::PermissionDenied => no_file(file),
        // A link; the kind of this error is not stable yet.
        _ if error.raw_os_error() == Some(libc::ELOOP) => no_file(file),
        kind => format!("Cannot {verb} {file}: {kind}."),
    }
}

fn no_file(file: &str) -> String {
    format!("{file} is no regular file of this workspace. Choose another name.")
}

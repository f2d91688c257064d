//! The prompts of a run: the request's, else the operator's, else the built-in one.

const BUILT_IN: &str = include_str!("prompt.md");

/// The system prompt of a run. Blank ones count as absent.
pub(super) fn system<'a>(request: Option<&'a str>, operator: Option<&'a str>) -> &'a str {
    let given = [request, operator].into_iter().flatten();
    let mut given = given.map(str::trim).filter(|text| !text.is_empty());
    given.next().unwrap_or(BUILT_IN.trim_ascii())
}

/// The first message of a run: the operator's prefix, if there is one, a blank line, and the prompt; then a skill's input.
pub(super) fn first_message(prefix: Option<&str>, prompt: &str, input: Option<&str>) -> String {
    let prefix = prefix.map(str::trim).filter(|text| !text.is_empty());
    let input = input.map(|input| format!("Input:\n{input}"));
    let parts = [prefix, Some(prompt), input.as_deref()];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_precedes_the_operator_and_the_built_in_prompt() {
        assert_eq!(system(Some("asked"), Some("set")), "asked");
        assert_eq!(system(Some(" \n"), Some(" set ")), "set");
        assert!(system(None, None).starts_with("You are the strength coach"));
    }

    #[test]
    fn a_blank_line_is_between_prefix_prompt_and_input() {
        assert_eq!(first_message(None, " Plan ", None), " Plan ");
        assert_eq!(
            first_message(Some("# Request\n"), "Plan", Some("{\"week\":3}")),
            "# Request\n\nPlan\n\nInput:\n{\"week\":3}"
        );
        assert_eq!(first_message(Some(" "), "Plan", None), "Plan");
    }
}

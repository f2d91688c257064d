//! Bundles JavaScript modules into one script, so that it can stand in a document: each module becomes a function that returns its
//! exports. The modules are our own: an import stands on one line and names what it takes, an export declares what it gives.

use std::fmt::Write;

/// A module and its name, by which others import it (`./name.js`).
pub(super) struct Module {
    pub(super) name: &'static str,
    pub(super) source: &'static str,
}

/// The script. Each module must stand after those that it imports.
pub(super) fn bundle<'a>(modules: impl IntoIterator<Item = &'a Module>) -> String {
    let mut script = String::new();
    for Module { name, source } in modules {
        let mut exports = vec![];
        let _ = writeln!(script, "const ${name} = (() => {{");
        for line in source.lines() {
            if let Some((names, from)) = import(line) {
                let names = names.replace(" as ", ": ");
                let _ = writeln!(script, "const {{{names}}} = ${from};");
            } else if let Some((name, declaration)) = export(line) {
                exports.push(name);
                let _ = writeln!(script, "{declaration}");
            } else {
                let _ = writeln!(script, "{line}");
            }
        }
        let _ = writeln!(script, "return {{ {} }};\n}})();", exports.join(", "));
    }
    script
}

/// The names and the module of `import { names } from './module.js';`.
fn import(line: &str) -> Option<(&str, &str)> {
    let (names, from) = line.strip_prefix("import {")?.split_once("} from './")?;
    Some((names, from.strip_suffix(".js';")?))
}

/// The name that `export const name = …` or `export function name(…` declares, and the declaration.
fn export(line: &str) -> Option<(&str, &str)> {
    let declaration = line.strip_prefix("export ")?;
    let rest = declaration.trim_start_matches("async ");
    let named = rest
        .strip_prefix("const ")
        .or_else(|| rest.strip_prefix("function "))?;
    let end = named.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
    Some((&named[..end], declaration))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_become_functions_that_return_their_exports() {
        let modules = [
            Module {
                name: "a",
                source: "// A.\nexport const one = 1;\nconst own = 2;\nexport function two(x) {\n  return own * x;\n}\n",
            },
            Module {
                name: "b",
                source: "import { one, two as double } from './a.js';\n\nexport async function three() { return one + double(1); }\n",
            },
        ];
        let expected = "const $a = (() => {\n// A.\nconst one = 1;\nconst own = 2;\nfunction two(x) {\n  return own * x;\n}\nreturn { one, two };\n})();\n\
            const $b = (() => {\nconst { one, two: double } = $a;\n\nasync function three() { return one + double(1); }\nreturn { three };\n})();\n";
        assert_eq!(bundle(&modules), expected);
    }
}

// Imports from packages whose folder is given, since they are not installed beside these scripts.

import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

/** The module of an export (such as `.` or `./schemas`), in a version for `import`. */
export function moduleOf(folder, name = ".") {
  const { exports } = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
  let target = exports[name] ?? exports["./*"];
  while (typeof target !== "string") target = target.import ?? target.default ?? target.node;
  target = target.replace("*", name.slice("./".length));
  return import(pathToFileURL(path.join(folder, target)));
}

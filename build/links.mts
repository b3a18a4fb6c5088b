// Links of packaged pages to packaged files: a reader of the installed extension must not end up nowhere.
import { posix } from "node:path";

export interface Page {
  /** Below the package's top, with `/` between its parts. */
  readonly path: string;
  readonly text: string;
}

/** What vsce calls these files in the package. */
const RENAMED: ReadonlyMap<string, string> = new Map([
  ["README.md", "readme.md"],
  ["CHANGELOG.md", "changelog.md"],
  ["LICENSE", "LICENSE.txt"],
]);

/** The name that a file has in the package. */
export function packagedName(path: string): string {
  return RENAMED.get(path) ?? path;
}

/** The page with its links to renamed files led to their new names. */
export function withPackagedNames({ path, text }: Page): string {
  return text.replace(/(\]\(\s*<?)([^)\s>#?]+)/g, (link, before: string, target: string) => {
    const renamed = RENAMED.get(resolved(path, target));
    return renamed === undefined ? link : `${before}${posix.join(posix.dirname(target), renamed)}`;
  });
}

/** A sentence for each relative link, image or not, to a file that is not in the package. */
export function deadLinks(pages: readonly Page[], files: ReadonlySet<string>): string[] {
  return pages.flatMap(({ path, text }) =>
    targetsIn(text)
      .filter((target) => !files.has(resolved(path, target)) && !isFolder(resolved(path, target), files))
      .map((target) => `${path} links to ${target}, which is not in the package`),
  );
}

/** The relative targets of a page's links, without what points into the target. */
function targetsIn(text: string): string[] {
  const withoutCode = text.replace(/^(```|~~~)[\s\S]*?^\1/gm, "").replace(/`[^`\n]*`/g, "");
  const inline = [...withoutCode.matchAll(/\]\(\s*<?([^)\s>]+)/g)];
  const references = [...withoutCode.matchAll(/^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)/gm)];
  const tags = [...withoutCode.matchAll(/<(?:a|img)\b[^>]*?\b(?:href|src)="([^"]+)"/g)];
  return [...inline, ...references, ...tags]
    .map(([, target = ""]) => decodeURI(target.replace(/[#?].*$/, "")))
    .filter((target) => target !== "" && !/^[a-z][a-z\d+.-]*:|^\/\//i.test(target));
}

function resolved(page: string, target: string): string {
  return target.startsWith("/") ? target.slice(1) : posix.join(posix.dirname(page), target);
}

function isFolder(path: string, files: ReadonlySet<string>): boolean {
  const folder = path.endsWith("/") ? path : `${path}/`;
  return [...files].some((file) => file.startsWith(folder));
}

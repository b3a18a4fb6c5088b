import { isAbsolute, relative, sep } from "node:path";

/** Whether a path, given like the folder's without links, is the folder or lies below it. */
export function isInside(folder: string, path: string): boolean {
  const below = relative(folder, path);
  return below === "" || (!isAbsolute(below) && below !== ".." && !below.startsWith(`..${sep}`));
}

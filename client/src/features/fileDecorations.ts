/** A letter beside each file in the Explorer that holds accepted suggestions, by their worst verdict; off by default. */
import { EventEmitter, FileDecoration, ThemeColor, Uri, window, workspace } from "vscode";
import { DidChangeFileVerdicts } from "../../../server/src/protocol/messages";
import { countsAmong, fileVerdict } from "../editor/fileVerdict";
import type { FeatureContext } from "../featureContext";

type Files = ReadonlyMap<string, DidChangeFileVerdicts.Parameters["files"][number]["counts"]>;

export function activate(context: FeatureContext): void {
  /** What the server said of each repository's files, by their URIs as this editor spells them. */
  const repositories = new Map<string, Files>();
  const changed = new EventEmitter<Uri[]>();

  function replace(folder: string, files: Files): void {
    const before = repositories.get(folder) ?? new Map();
    repositories.set(folder, files);
    const uris = new Set([...before.keys(), ...files.keys()]);
    changed.fire([...uris].map((uri) => Uri.parse(uri, true)));
  }

  context.server.onNotification(DidChangeFileVerdicts, ({ folder, files }) =>
    replace(folder, new Map(files.map(({ uri, counts }) => [Uri.parse(uri, true).toString(), counts]))),
  );
  context.server.onGone(() => {
    for (const folder of repositories.keys()) {
      replace(folder, new Map());
    }
  });
  context.subscribe(
    changed,
    context.onDidChangeVerdicts((uri) => {
      if ([...repositories.values()].some((files) => files.has(uri))) {
        changed.fire([Uri.parse(uri, true)]);
      }
    }),
    workspace.onDidCloseTextDocument(({ uri }) => changed.fire([uri])),
    window.registerFileDecorationProvider({
      onDidChangeFileDecorations: changed.event,
      provideFileDecoration(uri) {
        const key = uri.toString();
        const counts = [...repositories.values()].find((files) => files.has(key))?.get(key);
        if (counts === undefined) {
          return undefined;
        }
        // An open document's verdicts are newer.
        const open = countsAmong(context.verdicts.of(key));
        const found = fileVerdict(open.length === 0 ? counts : open);
        return found === null
          ? undefined
          : new FileDecoration(
              found.letter,
              found.tooltip,
              new ThemeColor(`proofline.${found.summary}Foreground`),
            );
      },
    }),
  );
}

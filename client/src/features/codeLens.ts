/** A line above each run of suggested lines, for reviewers: verdict, whose, and since when; off by default. */
import { CodeLens, EventEmitter, languages, Range } from "vscode";
import { REVISION_SCHEMES } from "../../../server/src/protocol/revisionSchemes";
import { readCodeLens } from "../config";
import { lineLengths } from "../editor/lineBadges";
import { reviewLinesOf } from "../editor/reviewLines";
import { onDidChangeSettings } from "../editorConfiguration";
import type { FeatureContext } from "../featureContext";
import { visibleInEditor } from "../visibleInEditor";

const SELECTOR = ["file", "untitled", ...REVISION_SCHEMES].map((scheme) => ({ scheme }));

export function activate(context: FeatureContext): void {
  const changed = new EventEmitter<void>();
  context.subscribe(
    changed,
    context.onDidChangeVerdicts(() => changed.fire()),
    onDidChangeSettings(() => changed.fire()),
    languages.registerCodeLensProvider(SELECTOR, {
      onDidChangeCodeLenses: changed.event,
      provideCodeLenses(document) {
        if (!readCodeLens(context.configuration)) {
          return [];
        }
        const verdicts = context.verdicts.of(document.uri.toString());
        return reviewLinesOf(verdicts, lineLengths(document)).map(
          ({ line, title, id }) =>
            new CodeLens(new Range(line, 0, line, 0), {
              title: visibleInEditor(title),
              command: "proofline.openVerdict",
              arguments: [id],
            }),
        );
      },
    }),
  );
}

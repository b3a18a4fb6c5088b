/** A small repository with honest evidence, for attackers to work on. */

import { REPLAYABLE, REPOSITORY, suggestion } from "../conformance/samples";
import {
  canonical,
  type JsonObject,
  type MadeBatch,
  type MadeClaim,
  type MadeFile,
  type MadePiece,
  makeBatch,
  pretty,
  sha256,
} from "../support/evidenceMaker";

/** Accepted texts stand between marks; the marks of the n-th claim are `«n` and `n»`. */
const SOURCES: Readonly<Record<string, string>> = {
  "src/cart.ts": `import { price } from "./price";

// What a person put into the cart.
export class Cart {
  private readonly items: Item[] = [];

  add(item: Item): void {
    «1if (item.count <= 0) {
      throw new RangeError("nothing to add");
    }
    this.items.push(item);1»
  }

  total(discount: number): number {
    let sum = 0;
    «2for (const { name, count } of this.items) {
      sum += price(name) * count;
    }
    return -discount + sum;2»
  }

  isAllowed(user: User): boolean {
    return «3user.isVerified && user.hasPaid(this.total(0))3»;
  }

  describe(): string {
    «4const lines = this.items.map(({ name, count }) => \`\${count} × \${name}\`);
    return lines.join("\\n");4»
  }
}
`,
  "src/guard.py": `import logging

logger = logging.getLogger(__name__)


def handle(user, request):
    """Deletes what is stale.

    «0Only an administrator may ask for it, and what is not stale stays
    where it is.0»
    """
    «5if not user.is_admin:
        logger.warning("denied: %s", user)
        return "denied"
    for record in request.records:
        if record.is_stale:
            continue
        record.delete()5»
    return "done"


def limit(values, maximum):
    return «6[value for value in values if value < maximum]6»
`,
  "pkg/area.go": `package shapes

import "errors"

// Area of a rectangle.
func Area(width, height int) (int, error) {
	«7if width < 0 || height < 0 {
		return 0, errors.New("negative side")
	}
	return width * height, nil7»
}

// Twice and Both are written by hand, and so are their lines.
func Twice(value int) int {
	return value * 2
}

func Both(value int) int {
	return value * 2
}

func Double(value int) int {
	«8return value * 28»
}
`,
  "src/notes.md": `# Notes

«9The quick brown fox jumps over the lazy dog,
and nobody is surprised by that.9»
`,
  "src/price.ts": `export function price(name: string): number {
  const known: Record<string, number> = { apple: 3, pear: 4 };
  return known[name] ?? 0;
}
`,
};

export interface World {
  /** Sources by path. */
  readonly sources: ReadonlyMap<string, string>;
  readonly repositoryId: string;
  readonly batches: readonly { readonly made: MadeFile; readonly from: MadeBatch }[];
  readonly claims: readonly MadeClaim[];
  readonly models: string;
}

/** What of the lines of claims is text, by the claim's number; the others are code or prose. */
const TEXT_PARTS: Readonly<Record<string, MadePiece["textParts"]>> = { "0": [[0, 63, '"""']] };

/** The honest claims of a source, and the source without its marks. */
function claimsIn(path: string, source: string): { text: string; claims: MadeClaim[] } {
  const numbers = [...source.matchAll(/«(\d)/g)].map(([, number = ""]) => number);
  const text = source.replace(/«\d|\d»/g, "");
  const claims = numbers.map((number) => {
    const only = source.replace(/«\d|\d»/g, (mark) =>
      mark === `«${number}` ? "«" : mark === `${number}»` ? "»" : "",
    );
    const textParts = TEXT_PARTS[number];
    return suggestion(`honest ${number}`, path, only, textParts === undefined ? {} : { textParts });
  });
  return { text, claims };
}

/** The same world each time. `manifest` is any pin's. */
export function makeWorld(manifest: JsonObject): World {
  const sources = new Map<string, string>();
  const claims: MadeClaim[] = [];
  for (const [path, source] of Object.entries(SOURCES)) {
    const found = claimsIn(path, source);
    sources.set(path, found.text);
    claims.push(...found.claims);
  }
  const sealed: { made: MadeFile; from: MadeBatch }[] = [];
  const seal = (device: string, version: 1 | 2, some: readonly MadeClaim[]): void => {
    const before = sealed.filter(({ from }) => from.device === device).at(-1);
    const from: MadeBatch = {
      version,
      device,
      repositoryId: REPOSITORY,
      execution: REPLAYABLE,
      claims: [...some],
      sequence: before === undefined ? 0 : before.from.sequence + 1,
      previousSeal: before?.made.seal ?? null,
    };
    sealed.push({ made: makeBatch(from), from });
  };
  seal("author", 1, claims.slice(0, 3));
  seal("author", 2, claims.slice(3, 6));
  seal("colleague", 2, claims.slice(6));
  return {
    sources,
    repositoryId: REPOSITORY,
    batches: sealed,
    claims,
    models: pretty({
      format: "proofline/models/v1",
      default: null,
      models: [
        {
          source: { kind: "folder" },
          manifestDigest: sha256(canonical(manifest)).toString("hex"),
          manifest,
        },
      ],
    }),
  };
}

/** Training samples: fill-in-the-middle prompts with their answers, and plain text. */

import { blockEnd, lineEnd, placeCursor, whole } from "./cursors.mjs";

/** Shares of what is trained. */
const SHARES = {
  /** Samples that fill in a middle; the rest is plain text from left to right. */
  middle: 0.75,
  /** Samples that name their path. */
  path: 0.75,
  /** Middles with chunks of other files of their package before them. */
  context: 0.2,
  /** Windows shorter than the row, as prompts of small files are. */
  short: 0.35,
  /** Cursors that stand at any character rather than at a pause. */
  anywhere: 0.3,
  /** Files whose indentation is changed: to tabs, and to four columns. */
  tabs: 0.1,
  wide: 0.1,
};

/** Added to the ids of an answer while a row is put together, to tell them from the prompt. */
export const ANSWER = 1 << 16;

/** Fewest characters of text that are worth a middle. */
const SMALLEST_MIDDLE_TEXT = 80;

/**
 * Change a file's indentation now and then, so that the model follows whatever it sees.
 * @param {string} text
 * @param {() => number} random
 */
export function reindent(text, random) {
  const choice = random();
  if (choice >= SHARES.tabs + SHARES.wide || /^\t/m.test(text) || !/^ {2}\S/m.test(text)) {
    return text;
  }
  const unit = choice < SHARES.tabs ? "\t" : "    ";
  return text.replace(/^(?: {2})+/gm, (spaces) => unit.repeat(spaces.length / 2));
}

/**
 * The path as an editor would show it: inside its package, or inside a folder of packages.
 * @param {{ package: string, path: string }} document
 * @param {() => number} random
 */
function shownPath(document, random) {
  const name = document.package.replace(/^@[^/]*\//, "");
  return random() < 0.25 ? `packages/${name}/${document.path}` : document.path;
}

/**
 * Cut one file into samples.
 * @param {object} options
 * @param {import('../corpus/build-corpus.mjs').Document} options.document
 * @param {readonly import('../corpus/build-corpus.mjs').Document[]} options.neighbours other files of the package
 * @param {import('../tokenizer/byte-pairs.mjs').BytePairs} options.tokenizer
 * @param {number} options.length largest number of ids in a sample
 * @param {() => number} options.random
 * @param {number} [options.middleShare] overrides the share of fill-in-the-middle samples
 * @returns {number[][]} ids; those of answers carry {@link ANSWER}
 */
export function samplesOf({ document, neighbours, tokenizer, length, random, middleShare = SHARES.middle }) {
  const { control } = tokenizer;
  const pieces = tokenizer.pieces(reindent(document.text, random));
  const samples = [];
  for (let next = 0; next < pieces.length; ) {
    const header =
      random() < SHARES.path
        ? [control.file_sep, ...tokenizer.encode(`${shownPath(document, random)}\n`)]
        : [];
    const context =
      random() < SHARES.context * middleShare ? contextChunks(neighbours, tokenizer, length, random) : [];
    const shorter = random() < SHARES.short ? random() * length * 0.8 : 0;
    const room = Math.max(64, Math.floor(length - header.length - context.length - 8 - shorter));
    const first = next;
    for (let used = 0; next < pieces.length; next++) {
      used += tokenizer.encodePiece(pieces[next]).length;
      if (used > room) {
        break;
      }
    }
    if (next === first) {
      next++; // one piece longer than a row, such as an embedded image
      continue;
    }
    const text = pieces.slice(first, next).join("");
    const isEnd = next >= pieces.length;
    const cut =
      text.length > SMALLEST_MIDDLE_TEXT && (context.length > 0 || random() < middleShare)
        ? cutMiddle(text, random)
        : undefined;
    if (!cut) {
      samples.push(
        [...header, ...tokenizer.encode(text), ...(isEnd ? [control.endoftext] : [])].slice(0, length),
      );
      continue;
    }
    const answer = [...tokenizer.encode(text.slice(cut.start, cut.end)), control.endoftext].map(
      (id) => id + ANSWER,
    );
    const suffix = cut.openEnded ? [] : tokenizer.encode(text.slice(cut.end));
    const before = [control.fim_prefix, ...context, ...header, control.fim_suffix];
    const after = [control.fim_middle, ...tokenizer.encode(text.slice(0, cut.start)), ...answer];
    samples.push(
      [...before, ...suffix.slice(0, Math.max(0, length - before.length - after.length)), ...after].slice(
        0,
        length,
      ),
    );
  }
  return samples;
}

/**
 * Choose a cursor and what follows it up to a natural end.
 * @param {string} text
 * @param {() => number} random
 * @returns {{ start: number, end: number, openEnded: boolean } | undefined} undefined when nothing but blank space follows
 */
function cutMiddle(text, random) {
  const start = placeCursor(
    text,
    whole(text, Math.floor(random() * text.length * 0.97)),
    SHARES.anywhere,
    random,
  );
  const kind = random();
  let end;
  if (kind < 0.42) {
    end = lineEnd(text, start);
  } else if (kind < 0.54) {
    end = midLineEnd(text, start, random);
  } else if (kind < 0.92) {
    end = blockEnd(text, start);
  } else {
    end = text.length;
  }
  if (text.slice(start, end).trim() === "") {
    // An empty answer teaches the model to be silent: go on to the end of the next line with text.
    const next = text.slice(start).search(/\S/);
    if (next < 0) {
      return undefined;
    }
    end = lineEnd(text, start + next);
  }
  return { start, end: whole(text, end), openEnded: random() < 0.2 };
}

/**
 * A place inside the line where the rest may stand already: before a closing bracket, comma or semicolon.
 * @param {string} text
 * @param {number} start
 * @param {() => number} random
 */
function midLineEnd(text, start, random) {
  const line = text.slice(start, lineEnd(text, start));
  const ends = [...line.matchAll(/[)\]},;:]/g)].map((match) => match.index).filter((index) => index > 0);
  if (ends.length === 0) {
    return start + line.length;
  }
  return start + ends[Math.floor(random() * ends.length)];
}

/**
 * One or two chunks of other files, as a prompt that includes open files has them.
 * @param {readonly import('../corpus/build-corpus.mjs').Document[]} neighbours
 * @param {import('../tokenizer/byte-pairs.mjs').BytePairs} tokenizer
 * @param {number} length
 * @param {() => number} random
 */
function contextChunks(neighbours, tokenizer, length, random) {
  if (neighbours.length === 0) {
    return [];
  }
  const ids = [];
  const count = random() < 0.6 ? 1 : 2;
  for (let chunk = 0; chunk < count; chunk++) {
    const other = neighbours[Math.floor(random() * neighbours.length)];
    const start =
      random() < 0.5 ? 0 : lineEnd(other.text, Math.floor(random() * other.text.length * 0.8)) + 1;
    const text = other.text.slice(start, start + 200 + Math.floor(random() * 700));
    const whole = text.slice(0, Math.max(text.lastIndexOf("\n") + 1, 0));
    if (whole) {
      ids.push(tokenizer.control.file_sep, ...tokenizer.encode(`${other.path}\n${whole}`));
    }
  }
  return ids.length > length / 2 ? [] : ids;
}

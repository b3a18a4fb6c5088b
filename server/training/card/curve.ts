/** A line of `python/train.py`'s log. */
export interface LogEntry {
  readonly tokens: number;
  /** Mean training loss since the line before, nats per token. */
  readonly loss?: number;
  /** Losses on held-out packages, nats per token. */
  readonly validation?: Readonly<Record<string, number>>;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

const WIDTH = 720;
const HEIGHT = 360;
const LEFT = 56;
const RIGHT = 20;
const TOP = 20;
const BOTTOM = 48;
/** Log lines that are averaged into one point of the training curve. */
const SMOOTHED = 5;
const COLOURS = { training: "#9aa0a6", left: "#1a73e8", middle: "#d9480f" } as const;
const NAMES = {
  training: "training",
  left: "validation, left to right",
  middle: "validation, fill in the middle",
} as const;

/** The training curve as an SVG picture: loss in nats per token over millions of tokens. */
export function drawCurve(entries: readonly LogEntry[]): string {
  const losses = entries.flatMap(({ tokens, loss }) =>
    loss === undefined ? [] : [{ x: tokens / 1e6, y: loss }],
  );
  const series: Record<keyof typeof NAMES, Point[]> = {
    training: smooth(losses),
    left: validationOf(entries, "left"),
    middle: validationOf(entries, "middle"),
  };
  const all = Object.values(series).flat();
  const right = Math.max(...all.map(({ x }) => x));
  const low = Math.floor(Math.min(...all.map(({ y }) => y)) * 5) / 5;
  const high = Math.ceil(Math.max(...all.map(({ y }) => y)) * 5) / 5;
  const toX = (x: number): number => LEFT + (x / right) * (WIDTH - LEFT - RIGHT);
  const toY = (y: number): number => TOP + ((high - y) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<title>Loss while training</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    ...ticks(low, high, 0.2).map((y) => gridLine(LEFT, WIDTH - RIGHT, toY(y), y.toFixed(1))),
    ...ticks(0, right, 5).map((x) => label(toX(x), HEIGHT - BOTTOM + 16, "middle", String(x))),
    label((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, "middle", "million tokens"),
    `<text transform="rotate(-90)" x="${-(TOP + HEIGHT - BOTTOM) / 2}" y="16" text-anchor="middle">nats per token</text>`,
  ];
  for (const [index, name] of (["training", "left", "middle"] as const).entries()) {
    const points = series[name].map(({ x, y }) => `${toX(x).toFixed(1)},${toY(y).toFixed(1)}`).join(" ");
    parts.push(`<polyline points="${points}" fill="none" stroke="${COLOURS[name]}" stroke-width="2"/>`);
    if (name !== "training") {
      for (const { x, y } of series[name]) {
        parts.push(
          `<circle cx="${toX(x).toFixed(1)}" cy="${toY(y).toFixed(1)}" r="3" fill="${COLOURS[name]}"/>`,
        );
      }
    }
    const y = TOP + 14 + index * 18;
    parts.push(
      `<rect x="${WIDTH - RIGHT - 200}" y="${y - 9}" width="14" height="10" fill="${COLOURS[name]}"/>`,
    );
    parts.push(label(WIDTH - RIGHT - 180, y, "start", NAMES[name]));
  }
  return `${parts.join("\n")}\n</svg>\n`;
}

function smooth(points: readonly Point[]): Point[] {
  const result: Point[] = [];
  for (let at = 0; at < points.length; at += SMOOTHED) {
    const group = points.slice(at, at + SMOOTHED);
    const mean = (pick: (point: Point) => number): number =>
      group.reduce((sum, point) => sum + pick(point), 0) / group.length;
    result.push({ x: mean(({ x }) => x), y: mean(({ y }) => y) });
  }
  return result;
}

function validationOf(entries: readonly LogEntry[], name: string): Point[] {
  return entries.flatMap(({ tokens, validation }) => {
    const y = validation?.[name];
    return y === undefined ? [] : [{ x: tokens / 1e6, y }];
  });
}

function ticks(low: number, high: number, step: number): number[] {
  const count = Math.floor((high - low) / step + 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => Math.round((low + index * step) * 1000) / 1000);
}

function gridLine(x1: number, x2: number, y: number, text: string): string {
  const line = `<line x1="${x1}" x2="${x2}" y1="${y.toFixed(1)}" y2="${y.toFixed(1)}" stroke="#e3e5e8"/>`;
  return `${line}${label(x1 - 8, y + 4, "end", text)}`;
}

function label(x: number, y: number, anchor: "start" | "middle" | "end", text: string): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="#3c4043">${text}</text>`;
}

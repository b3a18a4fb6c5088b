import * as z from "zod";

/** What of an event holds text, as OpenAI's protocol has it. */
const Event = z.object({
  choices: z.array(z.object({ delta: z.object({ content: z.string().nullish() }).nullish() })).min(1),
});

/** More is not put together: it is for looking at while one waits. */
const MOST_SHOWN = 4_096;

/**
 * The text of an answer that still comes, from its events (`text/event-stream`). Nobody has signed it yet, so that it is good for looking at
 * and for nothing else; what cannot be read of it is passed over.
 */
export class StreamedText {
  private open = "";
  private shown = "";

  /** Takes the next part of the body, wherever it was cut, and gives the text so far; UTF-16 code units. */
  add(part: string): string {
    const lines = `${this.open}${part}`.split("\n");
    // A line without an end would be looked at again with each part.
    this.open = (lines.pop() ?? "").slice(0, MOST_SHOWN * 4);
    for (const line of lines) {
      if (this.shown.length < MOST_SHOWN && line.startsWith("data:")) {
        this.shown += contentIn(line.slice("data:".length));
      }
    }
    return this.shown.slice(0, MOST_SHOWN);
  }
}

function contentIn(data: string): string {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return "";
  }
  const event = Event.safeParse(value);
  return event.success ? (event.data.choices[0]?.delta?.content ?? "") : "";
}

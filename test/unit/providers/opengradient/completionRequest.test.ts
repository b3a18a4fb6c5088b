import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Prompt } from "../../../../server/src/inference/suggestion";
import { canonicalRequest } from "../../../../server/src/providers/opengradient/canonicalRequest";
import { askedBy, requestBody } from "../../../../server/src/providers/opengradient/completionRequest";

const text = fc.string({ unit: "grapheme", maxLength: 40 });
const prompts: fc.Arbitrary<Prompt> = fc.record({
  path: fc.option(text),
  prefix: text,
  suffix: text,
  context: fc.array(fc.record({ path: fc.stringMatching(/^[a-z]{1,8}\/[a-z]{1,8}\.ts$/), text }), {
    maxLength: 3,
  }),
});
const PROMPT: Prompt = { path: "src/a.ts", prefix: "f(", suffix: ")", context: [] };
const ASKED = { model: "openai/gpt-5", prompt: PROMPT, maxTokens: 256 };

describe("requestBody", () => {
  it("is read back whole, whatever stands in the prompt", () => {
    fc.assert(
      fc.property(prompts, text, fc.integer({ min: 1, max: 4096 }), (prompt, model, maxTokens) => {
        const asked = { model, prompt, maxTokens };
        expect(askedBy(requestBody(asked))).toEqual(asked);
      }),
    );
  });

  it("is what the gateway hashes, and beside it only that it comes as a stream", () => {
    fc.assert(
      fc.property(prompts, (prompt) => {
        const body = requestBody({ ...ASKED, prompt });
        const { json, unsigned, model } = canonicalRequest(body);
        expect(json).toBe(body.replace('"stream": true, ', ""));
        expect(unsigned).toEqual(["stream"]);
        expect(model).toBe(ASKED.model);
      }),
    );
  });

  it("always says how long an answer may be, and asks for the likeliest", () => {
    expect(JSON.parse(requestBody(ASKED))).toMatchObject({ max_tokens: 256, temperature: 0, stream: true });
    expect(requestBody(ASKED)).toContain('"temperature": 0.0}');
  });
});

describe("askedBy", () => {
  const body = requestBody(ASKED);
  const bent: Readonly<Record<string, string>> = {
    "is no JSON": body.slice(1),
    "is spelled otherwise": JSON.stringify(JSON.parse(body)),
    "has a member more": body.replace("{", '{"logit_bias": {}, '),
    "has a member twice": body.replace('"model"', '"model": "other", "model"'),
    "has another instruction": body.replace("You complete source code", "Repeat what the user sends"),
    "has a message more": body.replace('"messages": [', '"messages": [{"content": "x", "role": "user"}, '),
    "has another temperature": body.replace("0.0}", "1.0}"),
    "comes whole": body.replace("true", "false"),
    "quotes a prompt that is spelled otherwise": body.replace('\\"path\\":', '\\"path\\": '),
  };
  it.each(Object.keys(bent))("takes no body for Proofline's that %s", (what) => {
    expect(bent[what]).not.toBe(body);
    expect(askedBy(bent[what] ?? "")).toBeNull();
  });

  it("throws for no text", () => {
    fc.assert(
      fc.property(fc.string(), (some) => {
        expect(askedBy(some)).toBeNull();
      }),
    );
  });
});

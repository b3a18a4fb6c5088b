/**
 * What of a server's address is for it alone: user and password, parts of the path and values of the query, as written and as
 * meant. Short ones, as `v3`, are no keys.
 */
export function secretsIn(url: URL): readonly string[] {
  const { username, password, pathname, searchParams } = url;
  const credentials = username === "" && password === "" ? [] : [`${username}:${password}`];
  // Where a key stands alone behind the question mark, it is the name of nothing.
  const queried = [...searchParams].map(([name, value]) => (value === "" ? name : value));
  const parts = [username, password, ...pathname.split("/"), ...queried];
  const whole = [...credentials, pathname, ...parts].filter((part) => part.length >= 6);
  const forms = whole.flatMap((part) => [part, decoded(part)]);
  const encoded = credentials.map((part) => Buffer.from(decoded(part)).toString("base64"));
  // The longest first, so that no part of one is left.
  return [...new Set([...forms, ...encoded])].sort((a, b) => b.length - a.length);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** A text without what is secret, in whichever case it is written. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce(
    (left, secret) => left.replace(new RegExp(secret.replace(/[^\p{L}\p{N}]/gu, "\\$&"), "gi"), "…"),
    text,
  );
}

/** A foreign message as part of a sentence of ours: one short line without control characters. */
export function oneLine(message: string): string {
  return message
    .slice(0, 400)
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .trim()
    .slice(0, 200);
}

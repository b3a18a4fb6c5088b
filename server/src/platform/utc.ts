/** A time in seconds since 1970 as people read it, e.g. `2026-03-01 09:30:05 UTC`. */
export function utc(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime())
    ? `second ${seconds}`
    : date.toISOString().replace("T", " ").replace(".000Z", " UTC");
}

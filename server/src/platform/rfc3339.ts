/** A time in seconds since 1970 as formats of others spell it: `2026-03-01T09:30:05Z`; `null` where no calendar reaches it. */
export function rfc3339(seconds: number): string | null {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? null : date.toISOString().replace(".000Z", "Z");
}

/** What a test or a script started, and what ends it. */

const cleanups: (() => Promise<void>)[] = [];

/** Runs at `cleanUp`, the last one first. */
export function afterwards(cleanup: () => Promise<void>): void {
  cleanups.push(cleanup);
}

/** Ends all that was started. */
export async function cleanUp(): Promise<void> {
  for (const cleanup of cleanups.splice(0).reverse()) {
    await cleanup();
  }
}

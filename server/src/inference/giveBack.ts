/**
 * Gives memory back at once: what only the garbage collector frees stays for long where it is many megabytes at a time,
 * and keeps the collector busy. Node 20 leaves it to that. The array is empty afterwards.
 */
export function giveBack({ buffer }: ArrayBufferView): void {
  if (buffer instanceof ArrayBuffer && typeof buffer.transfer === "function") buffer.transfer(0);
}

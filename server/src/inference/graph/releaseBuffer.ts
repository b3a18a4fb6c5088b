/**
 * Gives memory back at once, if nothing else lies in it: what only the garbage collector frees stays for long where it is
 * many megabytes at a time, and keeps the collector busy. Node 20 leaves it to that. The array is empty afterwards.
 */
export function releaseBuffer({ buffer, byteLength }: ArrayBufferView): void {
  if (!(buffer instanceof ArrayBuffer) || byteLength === 0 || byteLength < buffer.byteLength) {
    return;
  }
  if (typeof buffer.transfer === "function") {
    buffer.transfer(0);
  }
}

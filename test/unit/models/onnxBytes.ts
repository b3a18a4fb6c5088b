import { randomBytes } from "node:crypto";

/**
 * The bytes of an ONNX file (protocol buffers) that nobody can run: some of no meaning, and the name of a file of
 * external data where one is given.
 */
export function onnxBytes(size: number, data?: string): Buffer {
  const entry = (key: string, value: string): Buffer =>
    field(13, Buffer.concat([text(1, key), text(2, value)]));
  // model.graph.initializer.external_data
  const tensor = data === undefined ? Buffer.alloc(0) : field(5, entry("location", data));
  return Buffer.concat([field(7, tensor), field(2, randomBytes(size))]);
}

const text = (number: number, value: string): Buffer => field(number, Buffer.from(value));

function field(number: number, content: Buffer): Buffer {
  const length: number[] = [];
  let left = content.length;
  for (; left >= 128; left = Math.floor(left / 128)) length.push((left % 128) + 128);
  return Buffer.concat([Buffer.from([number * 8 + 2, ...length, left]), content]);
}

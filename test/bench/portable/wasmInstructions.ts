/** Reads the instructions of a WebAssembly module (core specification 3.0, binary format), as far as they need telling apart. */

/** One of the prefixed instructions: its prefix byte and the number after it. */
export interface PrefixedInstruction {
  readonly prefix: 0xfc | 0xfd | 0xfe;
  readonly number: number;
}

/** True for the instructions of relaxed SIMD, whose results are the processor's choice. */
export function isRelaxed({ prefix, number }: PrefixedInstruction): boolean {
  return prefix === 0xfd && number >= 0x100;
}

/**
 * How often each prefixed instruction occurs, by `prefix number` in hexadecimal, and how many function bodies were
 * read.
 *
 * @throws Error for bytes that are no module, or an instruction that is not known
 */
export function countPrefixed(module: Uint8Array): {
  bodies: number;
  instructions: ReadonlyMap<string, PrefixedInstruction & { readonly count: number }>;
} {
  const instructions = new Map<string, PrefixedInstruction & { count: number }>();
  const header = Buffer.from("\0asm\x01\0\0\0", "latin1");
  if (!header.equals(module.subarray(0, header.length))) {
    throw new Error("these bytes are no WebAssembly module");
  }
  const reader = new Reader(module);
  reader.skip(header.length);
  let bodies = 0;
  while (reader.at < module.length) {
    const section = reader.byte();
    const end = reader.number() + reader.at;
    if (section === 10) {
      for (let left = reader.number(); left > 0; left--) {
        readBody(reader, reader.number() + reader.at, (prefix, number) => {
          const key = `${prefix.toString(16)} ${number.toString(16)}`;
          const found = instructions.get(key);
          if (found === undefined) {
            instructions.set(key, { prefix, number, count: 1 });
          } else {
            found.count += 1;
          }
        });
        bodies += 1;
      }
    }
    reader.at = end;
  }
  return { bodies, instructions };
}

type See = (prefix: PrefixedInstruction["prefix"], number: number) => void;

function readBody(reader: Reader, end: number, see: See): void {
  for (let groups = reader.number(); groups > 0; groups--) {
    reader.number();
    reader.number();
  }
  let last = -1;
  while (reader.at < end) {
    last = reader.byte();
    readOperands(reader, last, see);
  }
  if (reader.at !== end || last !== 0x0b) {
    throw new Error(`the function that ends at ${end} was misread`);
  }
}

function readOperands(reader: Reader, opcode: number, see: See): void {
  if (opcode >= 0x28 && opcode <= 0x3e) {
    reader.memoryOperand();
    return;
  }
  // Comparisons, arithmetic, conversions.
  if (opcode >= 0x45 && opcode <= 0xc4) {
    return;
  }
  switch (opcode) {
    // unreachable, nop, else, throw_ref, end, return, catch_all, drop, select
    case 0x00:
    case 0x01:
    case 0x05:
    case 0x0a:
    case 0x0b:
    case 0x0f:
    case 0x19:
    case 0x1a:
    case 0x1b:
      return;
    // One number: block types, labels, indices, constants.
    case 0x02:
    case 0x03:
    case 0x04:
    case 0x06:
    case 0x07:
    case 0x08:
    case 0x09:
    case 0x0c:
    case 0x0d:
    case 0x10:
    case 0x12:
    case 0x18:
    case 0x20:
    case 0x21:
    case 0x22:
    case 0x23:
    case 0x24:
    case 0x25:
    case 0x26:
    case 0x3f:
    case 0x40:
    case 0x41:
    case 0x42:
    case 0xd0:
    case 0xd2:
      reader.numbers(1);
      return;
    // call_indirect, return_call_indirect
    case 0x11:
    case 0x13:
      reader.numbers(2);
      return;
    // br_table
    case 0x0e:
      reader.numbers(reader.number() + 1);
      return;
    // select with types
    case 0x1c:
      reader.numbers(reader.number());
      return;
    case 0x43:
      reader.skip(4);
      return;
    case 0x44:
      reader.skip(8);
      return;
    case 0xfc: {
      const number = reader.number();
      see(opcode, number);
      // Conversions that saturate have none; copying and initialising name two places, the rest one.
      reader.numbers(number < 8 ? 0 : [8, 10, 12, 14].includes(number) ? 2 : 1);
      return;
    }
    case 0xfd: {
      const number = reader.number();
      see(opcode, number);
      if (number <= 0x0b || number === 0x5c || number === 0x5d) {
        reader.memoryOperand();
      } else if (number === 0x0c || number === 0x0d) {
        reader.skip(16);
      } else if (number >= 0x15 && number <= 0x22) {
        reader.skip(1);
      } else if (number >= 0x54 && number <= 0x5b) {
        reader.memoryOperand();
        reader.skip(1);
      }
      return;
    }
    case 0xfe: {
      const number = reader.number();
      see(opcode, number);
      // A fence names no address.
      if (number === 3) {
        reader.skip(1);
      } else {
        reader.memoryOperand();
      }
      return;
    }
    default:
      throw new Error(`0x${opcode.toString(16)} before ${reader.at} is an unknown instruction`);
  }
}

class Reader {
  at = 0;

  constructor(readonly bytes: Uint8Array) {}

  byte(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined) {
      throw new Error("the module ends too early");
    }
    this.at += 1;
    return byte;
  }

  skip(count: number): void {
    this.at += count;
  }

  /** A LEB128 number, exact where it is unsigned and below 2^53; of others only the end is found. */
  number(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        return value;
      }
    }
  }

  numbers(count: number): void {
    for (let left = count; left > 0; left--) {
      this.number();
    }
  }

  /** Alignment, with a flag for a memory's index behind it, and offset. */
  memoryOperand(): void {
    if ((this.number() & 0x40) !== 0) {
      this.number();
    }
    this.number();
  }
}

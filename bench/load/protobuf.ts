const VARINT = 0;
const BYTES = 2;

/** A field with a number, or nothing for 0 as protobuf has it. */
export function numberField(field: number, value: number): Buffer {
  if (value === 0) return Buffer.alloc(0);
  return Buffer.from([...varint((field << 3) | VARINT), ...varint(value)]);
}

/** A field with text, bytes or a message. */
export function bytesField(field: number, value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  const head = [...varint((field << 3) | BYTES), ...varint(bytes.length)];
  return Buffer.concat([Buffer.from(head), bytes]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}

/** Calls back with each field of a message: its number, or where its bytes stand. */
export function eachField(
  bytes: Buffer,
  start: number,
  end: number,
  look: (field: number, value: number, from: number, to: number) => void,
): void {
  let at = start;
  const number = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < end) {
    const tag = number();
    const kind = tag & 7;
    const value = number();
    if (kind !== VARINT && kind !== BYTES) throw new Error(`protobuf of kind ${kind}`);
    const from = at;
    if (kind === BYTES) at += value;
    look(tag >> 3, value, from, at);
  }
}

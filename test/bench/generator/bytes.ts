const encoder = new TextEncoder();
const floatView = new DataView(new ArrayBuffer(8));

/** A growing row of bytes in network order, used again and again for what is being put together. */
export class Bytes {
  array = new Uint8Array(4096);
  length = 0;

  /** Empties it. */
  clear(): void {
    this.length = 0;
  }

  /** Makes room for `count` further bytes. */
  private reserve(count: number): void {
    if (this.length + count <= this.array.length) return;
    const larger = new Uint8Array(Math.max(this.array.length * 2, this.length + count));
    larger.set(this.array.subarray(0, this.length));
    this.array = larger;
  }

  /** Appends the low 8 bits. */
  u8(value: number): void {
    this.reserve(1);
    this.array[this.length++] = value;
  }

  /** Appends the low 16 bits. */
  u16(value: number): void {
    this.u8(value >>> 8);
    this.u8(value);
  }

  /** Appends the low 32 bits. */
  u32(value: number): void {
    this.u16(value >>> 16);
    this.u16(value);
  }

  /** Appends an IEEE 754 number of 32 bits. */
  float32(value: number): void {
    floatView.setFloat32(0, value);
    this.u32(floatView.getUint32(0));
  }

  /** Appends bytes. */
  bytes(part: Uint8Array): void {
    this.reserve(part.length);
    this.array.set(part, this.length);
    this.length += part.length;
  }

  /** Appends text as UTF-8. */
  text(text: string): void {
    this.bytes(encoder.encode(text));
  }

  /** A copy of what was appended. */
  copy(): Uint8Array {
    return this.array.slice(0, this.length);
  }
}

/** A WebAssembly memory of a fixed size, so that views of it stay valid. */
export type WasmMemory = { readonly buffer: ArrayBuffer };

// The `lib`s of tsconfig.json do not declare WebAssembly; every supported version of Node has it, with SIMD.
declare const WebAssembly: {
  readonly Memory: new (pages: { readonly initial: number; readonly maximum: number }) => GrowingMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

const PAGE = 65_536;
/** Pages of 4 GiB. */
const MAX_PAGES = 65_536;

/** Allocates a memory of at least `bytes`. @throws RangeError beyond 4 GiB */
export function createMemory(bytes: number): WasmMemory {
  const pages = Math.ceil(bytes / PAGE);
  return new WebAssembly.Memory({ initial: pages, maximum: pages });
}

/** A memory that may grow. Views from before are empty then. */
export type GrowingMemory = WasmMemory & { grow(pages: number): number };

/** Allocates a memory that may grow. @param pages its first size, in pages of 64 KiB */
export function growingMemory(pages: number): GrowingMemory {
  return new WebAssembly.Memory({ initial: pages, maximum: MAX_PAGES });
}

/** A global that a module exports, holding an address in its memory. */
export type Address = { readonly value: number };

/**
 * A module that is compiled when it is first used. @param base64 what `scripts/wasm.ts` made of a `.wat`
 * @returns a function that makes an instance and gives its exports, whose type the caller names
 */
export function lazyModule<Exports>(base64: string): (imports?: object) => Exports {
  let compiled: object | undefined;
  return (imports = {}) => {
    compiled ??= new WebAssembly.Module(Buffer.from(base64, 'base64'));
    return new WebAssembly.Instance(compiled, imports).exports as Exports;
  };
}

/** The addresses of columns, by name, as a module imports them. */
export function addressesOf(columns: Readonly<Record<string, ArrayBufferView>>): Record<string, number> {
  return Object.fromEntries(Object.entries(columns).map(([name, { byteOffset }]) => [name, byteOffset]));
}

/** Allocates typed arrays side by side in one buffer, each at a multiple of 16 bytes. */
export class Allotment {
  readonly #buffer: ArrayBuffer;
  #at: number;

  constructor(buffer: ArrayBuffer, from: number) {
    this.#buffer = buffer;
    this.#at = from;
  }

  take<View>(type: ViewType<View>, length: number): View {
    const view = new type(this.#buffer, this.#at, length);
    this.#at = aligned(this.#at + length * type.BYTES_PER_ELEMENT);
    return view;
  }
}

type ViewType<View> = {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer, at: number, length: number): View;
};

/** Rounds up to a multiple of 16. */
export function aligned(bytes: number): number {
  return Math.ceil(bytes / 16) * 16;
}

/** Addresses of regions that lie side by side from 0 on; `sizes` gives their bytes, in their order. */
export function layOut<Name extends string>(sizes: Readonly<Record<Name, number>>): Readonly<Record<Name, number>> {
  let next = 0;
  const addresses = Object.entries<number>(sizes).map(([name, bytes]) => {
    const address = next;
    next += bytes;
    return [name, address];
  });
  return Object.fromEntries(addresses) as Record<Name, number>;
}

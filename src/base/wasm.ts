/** A WebAssembly memory of a fixed size, so that views of it stay what they are. */
export type WasmMemory = { readonly buffer: ArrayBuffer };

// No `lib` of ours declares it; Node has it, with SIMD, in every version that runs this.
declare const WebAssembly: {
  readonly Memory: new (pages: { readonly initial: number; readonly maximum: number }) => GrowingMemory;
  readonly Module: new (bytes: Uint8Array) => WasmModule;
  readonly Instance: new (module: WasmModule, imports: object) => { readonly exports: unknown };
};

/** A compiled module, of which there may be several instances. */
export type WasmModule = object;

const PAGE = 65_536;
/** 4 GiB. */
const MAX_PAGES = 65_536;

/** @throws RangeError beyond 4 GiB */
export function createMemory(bytes: number): WasmMemory {
  const pages = Math.ceil(bytes / PAGE);
  return new WebAssembly.Memory({ initial: pages, maximum: pages });
}

/** A memory that may grow: views that were got before are then empty. */
export type GrowingMemory = WasmMemory & { grow(pages: number): number };

/** @param pages of 64 KiB, to begin with */
export function growingMemory(pages: number): GrowingMemory {
  return new WebAssembly.Memory({ initial: pages, maximum: MAX_PAGES });
}

/** @param base64 what `scripts/wasm.ts` made of a `.wat` */
export function compileModule(base64: string): WasmModule {
  return new WebAssembly.Module(Buffer.from(base64, 'base64'));
}

/** An instance's exports; the caller names their type. */
export function instantiate<Exports>(module: WasmModule, imports: object): Exports {
  return new WebAssembly.Instance(module, imports).exports as Exports;
}

/** Hands out typed arrays side by side in one buffer, each at a multiple of 16 bytes. */
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

/** The next multiple of 16. */
export function aligned(bytes: number): number {
  return Math.ceil(bytes / 16) * 16;
}

/** The part of the WebAssembly JavaScript API in use. TypeScript declares it in lib.dom only, which would bring `window` along. */
declare namespace WebAssembly {
  interface MemoryDescriptor {
    readonly initial: number;
    readonly maximum?: number;
    readonly shared?: boolean;
  }

  class Memory {
    constructor(descriptor: MemoryDescriptor);
    readonly buffer: ArrayBuffer | SharedArrayBuffer;
    /** Adds pages; the old buffer is detached. Throws when there is no room. */
    grow(pages: number): number;
  }

  interface ImportDescriptor {
    readonly module: string;
    readonly name: string;
    readonly kind: string;
  }

  class Module {
    constructor(bytes: BufferSource);
    static imports(module: Module): ImportDescriptor[];
  }

  type BufferSource = ArrayBufferView | ArrayBuffer;

  class Instance {
    constructor(module: Module, imports?: Record<string, Record<string, unknown>>);
    readonly exports: Readonly<Record<string, unknown>>;
  }
}

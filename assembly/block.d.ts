/** What a kernel may do with the bytes it is handed, as tsc sees it. AssemblyScript's side is `lib/block.ts`. */
interface Block {
  getF64(offset: i32): f64;
  setF64(offset: i32, value: f64): void;
  getI32(offset: i32): i32;
  setI32(offset: i32, value: i32): void;
}

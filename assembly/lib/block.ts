/**
 * Block: a run of bytes that a kernel works on, as AssemblyScript sees it: a bare pointer whose methods are single loads and stores.
 *
 * asc makes this a global type (`--lib assembly/lib`); for tsc the same global is an interface (`assembly/block.d.ts`) and the
 * object behind it a typed-array view (`assembly/twin.ts`). A kernel is handed blocks and never makes one, so its source
 * imports nothing that differs between the two compilers, and stripping its types leaves valid JavaScript.
 */
@unmanaged
@final
export class Block {
  @inline getF64(offset: i32): f64 {
    return load<f64>(changetype<usize>(this) + <usize>offset);
  }

  @inline setF64(offset: i32, value: f64): void {
    store<f64>(changetype<usize>(this) + <usize>offset, value);
  }

  @inline getI32(offset: i32): i32 {
    return load<i32>(changetype<usize>(this) + <usize>offset);
  }

  @inline setI32(offset: i32, value: i32): void {
    store<i32>(changetype<usize>(this) + <usize>offset, value);
  }
}

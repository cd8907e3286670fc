/** AssemblyScript's number types as tsc sees them, so that `layout.ts` and the kernels compile under both. */
type i32 = number;
type f64 = number;
